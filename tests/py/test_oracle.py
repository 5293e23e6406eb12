# SPDX-License-Identifier: Apache-2.0
"""The differential test: what CPython's unpicklers would import, and what stockade says.

Random and mutated streams (tests/oracle/generate.py) go through the C unpickler, in memory
and over a file, and the Python unpickler of every CPython found (record.py: nothing is
imported), and through the machine (oracle-report). For each stream:

  1. every name that any unpickler would import is among the globals of the union, and an
     extension code that it would look up is an effect;
  2. each reading imports what the unpickler of that name imports, in that order; where the
     unpickler loads the stream, the reading reaches STOP and imports nothing more;
  3. a stream that all unpicklers load without an import has neither fault nor quirk;
  4. bytes read in pieces, as from a file, give the same report.

A stream that breaks one of them is written to build-check/oracle-miss/.

  STOCKADE_ORACLE_SEED     seed (default: the same one every time; nightly: the clock)
  STOCKADE_ORACLE_STREAMS  how many
  STOCKADE_ORACLE_SECONDS  how long at most, in the nightly tier
"""

import collections
import concurrent.futures
import hashlib
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import re
import subprocess
import sys
import time

import tap

ORACLE = tap.TOP / "tests/oracle"
MISSES = tap.TOP / "build-check/oracle-miss"
BATCH = 2500
STREAMS = {"check": 100_000, "all": 1_000_000, "nightly": 1 << 62}[tap.TIER]
STREAMS = int(os.environ.get("STOCKADE_ORACLE_STREAMS", STREAMS))
SECONDS = float(os.environ.get("STOCKADE_ORACLE_SECONDS", 8 * 3600))
SEED = int(os.environ.get("STOCKADE_ORACLE_SEED",
                          time.time() if tap.TIER == "nightly" else 1))
TIMEOUT = 600
SHOWN = 3
EXTENSION = "extension"  # the module that record.py gives to extension codes
# Which reading of the machine is which of record.py's unpicklers.
READINGS = {"memory": "C", "file": "C over a file", "python": "Python"}
ENCODINGS = ("latin1", "bytes", "utf-8")


def load_source(name, path):
    loader = importlib.machinery.SourceFileLoader(name, str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(name, loader))
    loader.exec_module(module)
    return module


generate = load_source("generate", ORACLE / "generate.py")
pka = generate.PKA


def report_program():
    """The sanitised one where it is built."""
    for program in (tap.STOCKADE_CHECKED, tap.STOCKADE):
        path = pathlib.Path(program).parent / "tests/oracle/oracle-report"
        if path.exists():
            return str(path)
    return None


# Quirks of an integer that all of these unpicklers load, each in its way.
INTEGER = {"INT_TEXT", "INT_BASE"}
ODD_INTEGER = re.compile(r"^(INT|LONG|GET|PUT) (?!(-?[1-9]\d*|0|00|01)L?$)", re.M)


def prefixed(streams):
    return b"".join(len(data).to_bytes(4, "little") + data for data in streams)


def start_record(python, streams, *options):
    run = python.run("-W", "ignore", ORACLE / "record.py", *options,
                     input=prefixed(streams), stdout=subprocess.PIPE,
                     stderr=subprocess.DEVNULL, timeout=TIMEOUT, check=False)
    return run.stdout.split(b"\n")[:-1]


def run_record(python, streams, encoding):
    """One line a stream. A stream that ends the unpickler's process counts as out of
    memory, and the rest goes on in a new one."""
    lines = start_record(python, streams, "encoding=" + encoding)
    while len(lines) < len(streams):
        rest = streams[len(lines):]
        lines += start_record(python, rest, "encoding=" + encoding, "flush")
        if len(lines) < len(streams):
            lines.append(b'[["m", []], null, null]')
    return lines


def run_report(program, streams, mode):
    run = subprocess.run([program, mode], input=prefixed(streams), timeout=TIMEOUT,
                         stdout=subprocess.PIPE, check=False)
    lines = run.stdout.split(b"\n")[:-1]
    if run.returncode != 0 or len(lines) != len(streams):
        save(streams[min(len(lines), len(streams) - 1)])
        raise RuntimeError("oracle-report ended with %d at stream %d of its batch" %
                           (run.returncode, len(lines)))
    return lines


def pairs(names):
    return list(zip(names[::2], names[1::2]))


def decode(names):
    return pairs([None if name is None else
                  bytes.fromhex(name).decode("utf-8", "surrogatepass") for name in names])


def save(data):
    MISSES.mkdir(parents=True, exist_ok=True)
    path = MISSES / (hashlib.sha256(data).hexdigest()[:16] + ".bin")
    path.write_bytes(data)
    return path


class Checker:
    """Holds one stream's report against what unpicklers recorded of it."""

    def __init__(self):
        self.failures = collections.defaultdict(list)
        self.counts = collections.Counter()

    def fail(self, kind, data, detail):
        self.failures[kind].append((len(data), data, detail))

    def union(self, who, data, report, record):
        names = pairs(record[1])
        missing = {name for name in names if name[0] != EXTENSION} - report["globals"]
        if missing:
            self.fail("union", data, "%s imports %r" % (who, sorted(missing)))
        if any(name[0] == EXTENSION for name in names) and not report["extension"]:
            self.fail("union", data, "%s looks up an extension" % who)

    def reading(self, who, kind, data, report, record):
        """Property 2. The machine may go on where an unpickler stopped: what it does not
        know of a value (a call's result, whether it can be hashed) it assumes to be right."""
        mine = report["readings"].get(READINGS[kind])
        if mine is None or record[0] in "mr":
            return
        his = [name for name in pairs(record[1]) if name[0] != EXTENSION]
        imports = mine["imports"]
        if imports[:len(his)] != his:
            self.fail("reading", data, "%s: %r, the reading %s: %r, %s" %
                      (who, his, READINGS[kind], imports, mine["fault"]))
        elif record[0] == "." and (len(imports) > len(his) or not mine["stopped"]):
            self.fail("reading", data, "%s loads it; the reading %s: %r, %s" %
                      (who, READINGS[kind], imports[len(his):], mine["fault"]))
        self.counts["longer"] += len(imports) > len(his)
        self.counts["readings"] += 1

    def plain(self, data, report, records):
        """Property 3. An oddly written integer is a quirk although all load: its value, or
        its type, differs from one to the other, or 3.14 refuses it."""
        if any(record[0] != "." or record[1] for record in records):
            return
        self.counts["plain"] += 1
        quirks = set(report["quirks"])
        if quirks & INTEGER and ODD_INTEGER.search(pka.disassemble(data)):
            quirks -= INTEGER
        if not report["stopped"] or quirks:
            self.fail("plain", data, "stopped %s, %s, quirks %s" % (
                report["stopped"], report["fault"], report["quirks"]))

    def stream(self, data, report, recorded, exact):
        """recorded: [(interpreter, [memory, file, python])], equal ones only once."""
        report["globals"] = set(decode(report["globals"]))
        for reading in report["readings"].values():
            reading["imports"] = decode(reading["imports"])
        records = []
        for python, lines in recorded:
            for kind, record in zip(READINGS, lines):
                record = record or lines[0]
                who = "%s, %s" % (python, kind)
                records.append(record)
                self.union(who, data, report, record)
                if exact:
                    self.reading(who, kind, data, report, record)
        if exact:
            self.plain(data, report, records)
        self.counts["imports"] += bool(report["globals"])
        self.counts["stopped"] += report["stopped"]
        self.counts["quirks"] += bool(report["quirks"])


def check_batch(pythons, program, seed, first, count, encoding="ASCII"):
    """Both programs over streams first … of the seed. Where interpreters agree, which is
    almost always, their lines are equal bytes and decoded once."""
    generator = GENERATORS.setdefault(seed, generate.Generator(seed))
    streams = [generator.stream(index) for index in range(first, first + count)]
    reports = run_report(program, streams, "readings")
    if run_report(program, streams, "file") != reports:
        FROM_FILE.append(first)
    columns = [(python, run_record(python, streams, encoding)) for python in pythons]
    checker = Checker()
    for index, data in enumerate(streams):
        distinct = {}
        for python, lines in columns:
            distinct.setdefault(lines[index], python)
        recorded = [(python, json.loads(line)) for line, python in distinct.items()]
        checker.stream(data, json.loads(reports[index]), recorded, encoding == "ASCII")
        checker.counts["split"] += len(distinct) > 1
    return checker


GENERATORS = {}
FROM_FILE = []


def batches(count):
    end = time.monotonic() + (SECONDS if tap.TIER == "nightly" else 1e9)
    for first in range(0, count, BATCH):
        if time.monotonic() > end:
            return
        yield first, min(BATCH, count - first)


def check_all(jobs):
    """Two batches at a time; jobs are argument tuples of check_batch."""
    total = Checker()
    done = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        waiting = collections.deque()
        for job in jobs:
            waiting.append((job, pool.submit(check_batch, *job)))
            while len(waiting) > 3:
                done += collect(total, *waiting.popleft())
        while waiting:
            done += collect(total, *waiting.popleft())
    return total, done


def collect(total, job, future):
    part = future.result()
    total.counts += part.counts
    for kind, found in part.failures.items():
        total.failures[kind] = sorted(total.failures[kind] + found)[:1000]
    return job[4]


def explain(found):
    """The shortest streams: where they were written, what differs, and what they are."""
    lines = ["%d streams, the shortest:" % len(found)]
    shown = set()
    for _, data, detail in sorted(found):
        if data in shown:
            continue
        shown.add(data)
        path = save(data)
        lines += ["", str(path.relative_to(tap.TOP)), detail]
        lines += pka.disassemble(data).splitlines()[:60]
        if len(shown) == SHOWN:
            break
    return "\n".join(lines)


PROPERTIES = (("union", "what any unpickler imports is reported"),
              ("reading", "each reading imports what its unpickler imports"),
              ("plain", "what all load without imports has no fault and no quirk"))


def main():
    pythons = tap.pythons()
    tap.skip_versions_without_python(pythons)
    program = report_program()
    if not tap.ok(program, "oracle-report is built"):
        tap.done()
    begin = time.monotonic()
    total, done = check_all((pythons, program, SEED, first, count)
                            for first, count in batches(STREAMS))
    for kind, name in PROPERTIES:
        found = total.failures.get(kind)
        tap.ok(not found, name, found and explain(found))
    tap.ok(not FROM_FILE, "bytes read in pieces give the same report",
           "first streams of the batches: %r" % FROM_FILE)
    tap.ok(total.counts["imports"] > done / 4 and total.counts["plain"] > done / 50,
           "the generator reaches imports and whole streams", repr(total.counts))
    other, more = check_all((pythons[:1], program, SEED, first, BATCH, encoding)
                            for first, encoding in zip(range(0, 1 << 30, BATCH), ENCODINGS))
    found = other.failures.get("union")
    tap.ok(not found, "the same with other encodings of 8-bit strings",
           found and explain(found))
    print("# seed %d, %d streams, %d pythons, %.0f s; %s" % (
        SEED, done + more, len(pythons), time.monotonic() - begin,
        ", ".join("%s %d" % item for item in sorted(total.counts.items()))))
    tap.done()


if __name__ == "__main__":
    sys.path.insert(0, str(ORACLE))
    main()
