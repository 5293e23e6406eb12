# SPDX-License-Identifier: Apache-2.0
"""src/pickle/fiximports.def against _compat_pickle of every CPython found.

The table is the union over all versions: a pair that a version dropped is known by
name, and no two versions may give one name two meanings, since the machine reports one
mapping beside the name itself.
"""

import json
import re
import subprocess

import tap

DUMP = """
import json, _compat_pickle
print(json.dumps([[[*old, *new] for old, new in _compat_pickle.NAME_MAPPING.items()],
                  [[*pair] for pair in _compat_pickle.IMPORT_MAPPING.items()]]))
"""

NAME = re.compile(r'STK_FIX_NAME\("([^"]+)", "([^"]+)", "([^"]+)", "([^"]+)"\)')
MODULE = re.compile(r'STK_FIX_MODULE\("([^"]+)", "([^"]+)"\)')

# module -> the version that dropped it: from there on the name itself is imported.
DROPPED = {"Tix": (3, 13)}


def read_def():
    text = (tap.TOP / "src/pickle/fiximports.def").read_text(encoding="ascii")
    lines = [line for line in text.splitlines() if line.startswith("STK_FIX_")]
    names = [found.groups() for found in map(NAME.fullmatch, lines) if found]
    modules = [found.groups() for found in map(MODULE.fullmatch, lines) if found]
    tap.ok(lines and len(lines) == len(names) + len(modules),
           "every line of the table has one of two forms")
    tap.equal(lines[:len(names)], [line for line in lines if NAME.fullmatch(line)],
              "names come before modules")
    tap.equal([row[:2] for row in names], sorted({row[:2] for row in names}),
              "names are sorted, none twice")
    tap.equal([row[0] for row in modules], sorted({row[0] for row in modules}),
              "modules are sorted, none twice")
    return set(names), set(modules)


def main():
    names, modules = read_def()
    pythons = tap.pythons()
    tap.skip_versions_without_python(pythons)
    seen = [set(), set()]
    for python in pythons:
        out = python.run("-c", DUMP, stdout=subprocess.PIPE).stdout
        theirs = [set(map(tuple, rows)) for rows in json.loads(out)]
        dropped = {row for row in modules if python.version >= DROPPED.get(row[0], (99,))}
        tap.equal(names ^ theirs[0], set(), "names as %s has them" % python)
        tap.equal(modules ^ theirs[1], dropped, "modules as %s has them" % python)
        seen = [before | now for before, now in zip(seen, theirs)]
    tap.equal(len({row[:2] for row in seen[0]}), len(seen[0]),
              "no name has two meanings in two versions")
    tap.equal(len({row[0] for row in seen[1]}), len(seen[1]),
              "no module has two meanings in two versions")
    tap.done()


if __name__ == "__main__":
    main()
