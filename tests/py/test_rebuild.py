#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Rebuilt pickles: `stockade convert --to pickle` of all that is clean.

Two sets: pickles of what the catalogue vets, made from the libraries of this machine
(vetted_corpus.py), and of built-in objects, made by each CPython found (plain_corpus.py).
CPython loads each rebuilt stream to an object deeply equal to that of the first
(deep_equal.py), rebuilding it again changes no byte, and it scans clean.
"""

import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import tap

HERE = pathlib.Path(__file__).resolve().parent
LIBRARIES = ["numpy", "scipy", "pandas", "sklearn", "torch", "PIL", "networkx", "xarray",
             "dateutil"]
PACKAGES = {"sklearn": "python3-sklearn", "PIL": "python3-pil"}
PROTOCOLS = [2, 3, 4, 5]
SHOWN = 40
BATCH = 400

# What a protocol cannot say, and what no value stands for.
EXPECTED = [
    (5, "an 8-bit string, whose characters depend on the loader's encoding"),
    (3, "keyword arguments need protocol 4"),
    (3, "a name of this kind needs protocol 4"),
    (3, "an object with members needs protocol 4"),
]


def convert(paths, folder, protocol):
    """Messages of what was refused, {path: reason}."""
    os.makedirs(folder, exist_ok=True)
    refused, other = {}, []
    for i in range(0, len(paths), BATCH):
        run = tap.stockade("convert", "--to", "pickle", "--protocol", protocol,
                           "--from", "pickle", "--into", folder, "--",
                           *paths[i:i + BATCH])
        for line in run.stderr.decode("utf-8", "replace").splitlines():
            found = re.match(r"stockade: (.*?): (undecided|review|dangerous): (.*)", line)
            if found:
                refused[found[1]] = found[3]
            else:
                other.append(line)
    return refused, other


def compare(python, folder, other):
    run = python.run("-B", HERE / "deep_equal.py", folder, other, capture_output=True,
                     text=True, check=False)
    lines = run.stdout.splitlines()
    count = re.fullmatch(r"compared (\d+)", lines[-1]) if lines else None
    if run.returncode != 0 or not count:
        return 0, lines + run.stderr.splitlines()[-5:] + ["exit %d" % run.returncode]
    return int(count[1]), lines[:-1]


def show(lines):
    return "\n".join(list(lines)[:SHOWN] + ["%d in all" % len(lines)])


def is_expected(reason, protocol):
    return any(protocol <= most and reason.startswith(text) for most, text in EXPECTED)


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in pathlib.Path(folder).iterdir()}


def scanned(folder):
    """Names that do not scan clean, with their verdict."""
    return ["%s: %s" % (pathlib.Path(r["path"]).name, r["verdict"])
            for r in tap.scan(folder)[1]["files"] if r["verdict"] != "clean"]


def rebuild(python, name, folder, protocol, scratch, least, which=""):
    """Rebuilds all files of a folder that end so; yields what tap.ok() gets."""
    title = "%s, protocol %d" % (name, protocol)
    once, twice = scratch / ("once%d" % protocol), scratch / ("twice%d" % protocol)
    paths = sorted(str(path) for path in pathlib.Path(folder).iterdir()
                   if path.name.endswith(which))
    refused, other = convert(paths, once, protocol)
    wrong = ["%s: %s" % (pathlib.Path(path).name, reason)
             for path, reason in refused.items() if not is_expected(reason, protocol)]
    yield (not wrong and not other, title + ": all are rebuilt", show(wrong + other))
    again, other = convert(sorted(map(str, once.iterdir())), twice, protocol)
    yield (not again and not other, title + ": and once more", show(list(again.items())
                                                                    + other))
    first, second = bytes_of(once), bytes_of(twice)
    changed = [n for n in first if first[n] != second.get(n)]
    yield (not changed, title + ": the second time changes nothing", show(changed))
    dirty = scanned(once)
    yield (not dirty, title + ": they scan clean", show(dirty))
    n, lines = compare(python, folder, once)
    # Some classes of libraries pickle what they cannot load.
    lines = [line for line in lines if ": cannot be loaded itself: " not in line]
    yield (not lines and len(first) - 4 <= n <= len(first) and n >= least,
           title + ": %d are loaded to equal objects" % n,
           show(lines + ["%d rebuilt, %d wanted" % (len(first), least)]))


def clean_pickles(folder, flat):
    """Links all clean pickles of a tree into one folder."""
    os.makedirs(flat)
    for report in tap.scan(folder)[1]["files"]:
        path = pathlib.Path(report["path"])
        if report["verdict"] == "clean" and path.suffix == ".pkl":
            name = str(path.relative_to(folder)).replace("/", "--").replace("..", "-")
            os.link(path, os.path.join(flat, name))


def check_vetted(scratch):
    corpus, flat = scratch / "vetted", scratch / "flat"
    made = subprocess.run([sys.executable, "-B", HERE / "vetted_corpus.py", corpus],
                          stdout=subprocess.DEVNULL, check=False, timeout=300)
    yield made.returncode == 0, "the vetted set is made", made.returncode
    clean_pickles(corpus, flat)
    yield from rebuild(tap.pythons()[0], "the vetted set", flat, 4, scratch / "v", 4000)


def check_plain(python, scratch):
    folder = scratch / "plain"
    made = python.run("-B", HERE / "plain_corpus.py", folder, capture_output=True,
                      text=True, check=False)
    yield made.returncode == 0, "%s makes its set" % python, made.stderr
    dirty = scanned(folder)
    yield not dirty, "%s: its set is clean" % python, show(dirty)
    for protocol in PROTOCOLS:
        which, least = ("", 400) if protocol == 4 else (".4.pkl", 80)
        yield from rebuild(python, str(python), folder, protocol, scratch, least, which)


def check_deep_equal(scratch):
    """What compares says where two differ, and nothing where they do not."""
    python = tap.pythons()[0]
    made = python.run("-B", HERE / "plain_corpus.py", "--differences", scratch,
                      capture_output=True, text=True, check=False)
    tap.equal((made.returncode, made.stderr), (0, ""), "pairs that differ are made")
    n, lines = compare(python, scratch / "one", scratch / "other")
    named = {line.split(":")[0] for line in lines if ": differs: " in line}
    want = {path.name for path in (scratch / "one").iterdir()}
    tap.ok(len(want) >= 12 and n == len(want), "there are pairs", n)
    tap.equal(sorted(want - named), [], "each difference is seen")
    n, lines = compare(python, scratch / "one", scratch / "one")
    tap.equal((n, lines), (len(want), []), "and nothing else")


def main():
    found = tap.pythons()
    here = None not in [tap.need(name, PACKAGES.get(name)) for name in LIBRARIES]
    with tempfile.TemporaryDirectory(prefix="stockade-rebuild-") as folder, \
            concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        scratch = pathlib.Path(folder)
        check_deep_equal(scratch / "differences")
        jobs = [check_vetted(scratch)] if here else []
        jobs += [check_plain(python, scratch / ("%d.%d.%d" % python.version))
                 for python in found]
        for results in pool.map(list, jobs):
            for result in results:
                tap.ok(*result)
    tap.skip_versions_without_python(found)
    tap.done()


main()
