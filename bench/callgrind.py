# SPDX-License-Identifier: Apache-2.0
"""Counts the instructions that small fixed inputs cost, and compares them with the
committed baseline. Counts hardly depend on the machine, but do on compiler and flags."""

import hashlib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

import corpora

BASELINE = pathlib.Path(__file__).resolve().parent / "callgrind.baseline"
TOLERANCE = 0.03
HEAD = """\
# SPDX-License-Identifier: Apache-2.0
# Instructions of one run: bench/run callgrind; written by bench/run callgrind --update.
"""
# What, the function whose cost is counted, inputs.
WORKS = (
    ("machine", "stk_machine_run", ("dense.pkl", "text.pkl", "standard.pkl")),
    ("scan", "stk_scan", ("dense.pkl", "text.pkl", "standard.pkl", "message.pkl",
                          "prose.txt", "noise.bin")),
)


def instructions(program, what, function, path):
    with tempfile.TemporaryDirectory() as scratch:
        run = subprocess.run(
            ["valgrind", "--tool=callgrind", "--toggle-collect=" + function,
             "--callgrind-out-file=%s/out" % scratch, str(program), what, str(path), "1"],
            capture_output=True, text=True, timeout=300, check=False)
    found = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or found is None or int(found[1]) == 0:
        sys.exit("bench: callgrind failed on %s:\n%s" % (path.name, run.stderr))
    return int(found[1])


def count(program):
    """{"scan dense.pkl 1a2b3c4d": instructions}: the digest tells inputs apart."""
    folder = corpora.make("fixed")
    counts = {}
    for what, function, names in WORKS:
        for name in names:
            digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()[:8]
            key = "%s %s %s" % (what, name, digest)
            counts[key] = instructions(program, what, function, folder / name)
    return counts


def read():
    """The compiler and the counts of the baseline."""
    compiler = ""
    counts = {}
    for line in BASELINE.read_text().splitlines():
        if line.startswith("compiler "):
            compiler = line.split(" ", 1)[1]
        elif line and not line.startswith("#"):
            key, number = line.rsplit(" ", 1)
            counts[key] = int(number)
    return compiler, counts


def write(compiler, counts):
    lines = ["%s %d\n" % item for item in counts.items()]
    BASELINE.write_text(HEAD + "compiler %s\n" % compiler + "".join(lines))
    print("wrote %s" % BASELINE.name)


def compare(program, compiler, update):
    """0; 1 where an input costs more than the tolerance allows; 3 where nothing can be
    compared."""
    if not shutil.which("valgrind"):
        print("no valgrind, skipped")
        return 3
    counts = count(program)
    if update:
        write(compiler, counts)
        return 0
    known_compiler, known = read()
    if compiler != known_compiler:
        print("the baseline is of %s and this build of %s: shown, not judged"
              % (known_compiler, compiler))
    worse = 0
    for key, number in counts.items():
        if key not in known:
            print("%-34s %12d  not in the baseline" % (key, number))
            worse += 1
            continue
        change = number / known[key] - 1
        worse += change > TOLERANCE
        print("%-34s %12d  %+6.2f %%%s"
              % (key, number, 100 * change, "  WORSE" if change > TOLERANCE else ""))
    return 3 if compiler != known_compiler else 1 if worse else 0
