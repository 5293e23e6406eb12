# SPDX-License-Identifier: Apache-2.0
"""The differential test: what CPython's unpicklers would import, and what stockade says.

Random and mutated streams (tests/oracle/generate.py) go through the C unpickler, in
memory and over a file, and the Python unpickler of every CPython found (record.py:
nothing is imported), and through the machine (oracle-report). For each stream:

  1. every name that any unpickler would import is among the globals of the union, and an
     extension code that it would look up is an effect;
  2. each reading imports what the unpickler of that name imports, in that order; where
     the unpickler loads the stream, the reading reaches STOP and imports nothing more;
  3. a stream that all unpicklers load without an import has neither fault nor quirk, and
     the program does not call it undecided;
  4. a stream that one unpickler loads and another refuses has a quirk;
  5. the optimised machine over bytes in memory and the sanitised one over bytes that it
     reads in pieces, as from a file, give the same report.

Over all streams, every quirk of src/pickle/reading.h is met. A stream that breaks one of
the properties is made smaller and written to build-check/oracle-miss/.

  STOCKADE_ORACLE_SEED     seed (default: the same one every time; nightly: the clock)
  STOCKADE_ORACLE_STREAMS  how many
  STOCKADE_ORACLE_SECONDS  how long at most, in the nightly tier
"""

import collections
import concurrent.futures
import hashlib
import itertools
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

import tap

ORACLE = tap.TOP / "tests/oracle"
sys.path.insert(0, str(ORACLE))
import generate  # noqa: E402 (its folder had to be named first)

pka = generate.PKA
CHECK_BUILD = pathlib.Path(tap.STOCKADE_CHECKED).parent
BUILD = pathlib.Path(tap.STOCKADE).parent
MISSES = tap.TOP / "build-check/oracle-miss"
BATCH = 5000  # long enough that starting interpreters costs nothing
JOBS = 2
STREAMS = {"check": 100_000, "all": 1_000_000, "nightly": 1 << 62}[tap.TIER]
STREAMS = int(os.environ.get("STOCKADE_ORACLE_STREAMS", STREAMS))
SECONDS = float(os.environ.get("STOCKADE_ORACLE_SECONDS", 8 * 3600))
SEED = int(os.environ.get("STOCKADE_ORACLE_SEED",
                          time.time() if tap.TIER == "nightly" else 1))
TIMEOUT = 600
SHOWN = 3
KEPT = 50       # failing streams of one kind that a batch hands on
PLAIN_MAX = 1500  # streams that the program scans as well
EXTENSION = "extension"  # the module that record.py gives to extension codes
# Which reading of the machine is which of record.py's unpicklers.
READINGS = {"memory": "C", "file": "C over a file", "python": "Python"}
ENCODINGS = ("latin1", "bytes", "utf-8")
# What only the loader knows: if its buffers, or what a call gave as keywords, will do.
UNKNOWN = re.compile(r"^(NEXT_BUFFER|NEWOBJ_EX)$", re.M)
# Quirks of an integer that all of these unpicklers load, each in its way.
INTEGER = {"INT_TEXT", "INT_BASE"}
ODD_INTEGER = re.compile(r"^(INT|LONG|GET|PUT) (?!(-?[1-9]\d*|0|00|01)L?$)", re.M)


def quirks():
    """The names in src/pickle/reading.h."""
    text = (tap.TOP / "src/pickle/reading.h").read_text(encoding="ascii")
    return re.findall(r"^ +Q\((\w+), ", text, re.M)


class Programs:
    """oracle-report twice: as users' builds have the machine, and sanitised."""

    def __init__(self, folder):
        self.checked = str(CHECK_BUILD / "tests/oracle/oracle-report")
        self.fast = str(pathlib.Path(folder) / "oracle-report")
        libraries = [BUILD / f"src/lib{name}.a" for name in ("pickle", "value", "base")]
        if all(path.exists() for path in libraries):
            subprocess.run(["cc", "-std=gnu17", "-O2", "-DNDEBUG", "-I", tap.TOP / "src",
                            ORACLE / "report.c", *libraries, "-o", self.fast], check=True)
        else:
            self.fast = self.checked


def prefixed(streams):
    return b"".join(len(data).to_bytes(4, "little") + data for data in streams)


def start_record(python, streams, *options):
    run = python.run("-E", "-S", "-W", "ignore", ORACLE / "record.py", *options,
                     input=streams, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                     timeout=TIMEOUT, check=False)
    return run.stdout.split(b"\n")[:-1]


def run_record(python, streams, encoding="ASCII"):
    """One line a stream. A stream that ends the unpickler's process counts as out of
    memory, and the rest goes on in a new one."""
    lines = start_record(python, prefixed(streams), "encoding=" + encoding)
    while len(lines) < len(streams):
        rest = prefixed(streams[len(lines):])
        lines += start_record(python, rest, "encoding=" + encoding, "flush")
        if len(lines) < len(streams):
            lines.append(b'[["m", []], null, null]')
    return lines


def run_report(program, streams, mode="readings"):
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


def spellings(name):
    """How the machine may show it: 8-bit strings as latin-1, whatever the encoding is."""
    forms = [{text, text.encode("utf-8", "surrogatepass").decode("latin-1")}
             for text in name]
    return itertools.product(*forms)


def save(data):
    MISSES.mkdir(parents=True, exist_ok=True)
    path = MISSES / (hashlib.sha256(data).hexdigest()[:16] + ".bin")
    path.write_bytes(data)
    return path


class Checker:
    """Holds streams' reports against what unpicklers recorded of them."""

    def __init__(self):
        self.failures = collections.defaultdict(list)
        self.counts = collections.Counter()
        self.quirks = collections.Counter()
        self.plain_streams = []

    def fail(self, kind, data, detail):
        self.failures[kind].append((len(data), data, detail))

    def add(self, other):
        self.counts += other.counts
        self.quirks += other.quirks
        self.plain_streams = (self.plain_streams + other.plain_streams)[:PLAIN_MAX]
        for kind, found in other.failures.items():
            self.counts["failed " + kind] += len(found)
            self.failures[kind] = sorted(self.failures[kind] + found)[:KEPT]

    def union(self, who, data, report, record):
        names = pairs(record[1])
        missing = {name for name in names if name[0] != EXTENSION and
                   not any(form in report["globals"] for form in spellings(name))}
        if missing:
            self.fail("union", data, "%s imports %r" % (who, sorted(missing)))
        if any(name[0] == EXTENSION for name in names) and not report["extension"]:
            self.fail("union", data, "%s looks up an extension" % who)

    def reading(self, who, kind, data, report, record):
        """Property 2. The machine may go on where an unpickler stopped: what it does not
        know of a value (a call's result, whether it has a hash), it takes for right."""
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
        """Property 3. An oddly written integer is a quirk although all load: its value,
        or its type, differs from one to the other, or 3.14 refuses it."""
        if any(record[0] != "." or record[1] for record in records):
            return
        self.counts["plain"] += 1
        met = set(report["quirks"])
        if met & INTEGER and ODD_INTEGER.search(pka.disassemble(data)):
            return
        if report["end"] == len(data):  # else the program looks at what follows, too
            self.plain_streams.append(data)
        if not report["stopped"] or met:
            self.fail("plain", data, "stopped %s, %s, quirks %s" % (
                report["stopped"], report["fault"], report["quirks"]))

    def differing(self, data, report, records):
        """Property 4. Without a quirk the stream could be clean to the one and not to the
        other."""
        outcomes = {record[0] for record in records}
        if outcomes >= {".", "x"} and not report["quirks"]:
            if not UNKNOWN.search(pka.disassemble(data)):
                self.fail("differ", data, "%s, %s" % (
                    "".join(record[0] for record in records), report["fault"]))

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
            self.differing(data, report, records)
        self.counts["imports"] += bool(report["globals"])
        self.counts["stopped"] += report["stopped"]
        self.counts["quirks"] += bool(report["quirks"])
        self.quirks.update(report["quirks"])


def check_streams(pythons, programs, streams, encoding="ASCII"):
    """Where interpreters agree, which is almost always, their lines are equal bytes and
    decoded once."""
    checker = Checker()
    reports = run_report(programs.fast, streams)
    checked = run_report(programs.checked, streams, "file")
    columns = [(python, run_record(python, streams, encoding)) for python in pythons]
    for index, data in enumerate(streams):
        distinct = {}
        for python, lines in columns:
            distinct.setdefault(lines[index], python)
        recorded = [(python, json.loads(line)) for line, python in distinct.items()]
        checker.stream(data, json.loads(reports[index]), recorded, encoding == "ASCII")
        checker.counts["split"] += len(distinct) > 1
        if checked[index] != reports[index]:
            checker.fail("same", data, "in memory:\n%s\nin pieces:\n%s" % (
                reports[index].decode(), checked[index].decode()))
    return checker


def check_batch(pythons, programs, seed, first, count, encoding="ASCII"):
    """In a process of its own, which keeps its generator."""
    generator = GENERATORS.setdefault(seed, generate.Generator(seed))
    streams = [generator.stream(index) for index in range(first, first + count)]
    part = Checker()
    part.add(check_streams(pythons, programs, streams, encoding))
    return part


GENERATORS = {}


def batches(count):
    end = time.monotonic() + (SECONDS if tap.TIER == "nightly" else 1e9)
    for first in range(0, count, BATCH):
        if time.monotonic() > end:
            return
        yield first, min(BATCH, count - first)


def check_all(jobs):
    """A batch a core; jobs are argument tuples of check_batch."""
    total = Checker()
    with concurrent.futures.ProcessPoolExecutor(JOBS) as pool:
        waiting = collections.deque()
        for job in jobs:
            waiting.append((job, pool.submit(check_batch, *job)))
            while len(waiting) > JOBS + 1:
                collect(total, *waiting.popleft())
        while waiting:
            collect(total, *waiting.popleft())
    return total


def collect(total, job, future):
    total.add(future.result())
    total.counts["streams"] += job[4]


# Failing streams, made smaller.

def shorter(data):
    """The stream without one run of bytes: any run of a short one, else longest first."""
    size = len(data) // 2
    found = []
    if len(data) < 36:
        return [data[:at] + data[end:] for at in range(len(data))
                for end in range(at + 1, len(data) + 1)]
    while size and len(found) < 600:
        found += [data[:at] + data[at + size:] for at in range(0, len(data) - size + 1,
                                                               max(1, size // 2))]
        size //= 2
    return found


def minimise(kind, data, pythons, programs, encoding):
    """The shortest stream found that fails in the same way, and why."""
    detail = None
    for _ in range(20):
        part = check_streams(pythons, programs, shorter(data), encoding)
        if not part.failures.get(kind):
            break
        _, data, detail = min(part.failures[kind])
    return data, detail


def explain(total, kind, pythons, programs, encoding="ASCII"):
    """The shortest streams: where they were written, what differs, and what they are."""
    found = total.failures[kind]
    lines = ["%d failures, the shortest:" % total.counts["failed " + kind]]
    shown = set()
    for _, data, detail in found[:SHOWN + 2]:
        data, smaller = minimise(kind, data, pythons, programs, encoding)
        if data in shown:
            continue
        shown.add(data)
        path = save(data)
        lines += ["", str(path.relative_to(tap.TOP)), smaller or detail]
        lines += pka.disassemble(data).splitlines()[:60]
        if len(shown) == SHOWN:
            break
    return "\n".join(lines)


PROPERTIES = (("union", "what any unpickler imports is reported"),
              ("reading", "each reading imports what its unpickler imports"),
              ("plain", "what all load without imports has no fault and no quirk"),
              ("differ", "what one loads and another refuses has a quirk"),
              ("same", "in memory, optimised, and in pieces, sanitised: one report"))


def scan_plain(streams):
    """Property 3 as users see it: the program's verdicts."""
    with tempfile.TemporaryDirectory() as folder:
        for index, data in enumerate(streams):
            (pathlib.Path(folder) / ("%d.bin" % index)).write_bytes(data)
        _, result = tap.scan(folder, program=tap.STOCKADE_CHECKED)
    verdicts = collections.Counter(report["verdict"] for report in result["files"])
    wrong = [(len(streams[index]), streams[index], report)
             for report in result["files"] if report["verdict"] in ("undecided",
                                                                    "dangerous")
             for index in [int(pathlib.Path(report["path"]).stem)]]
    detail = ""
    for _, data, report in sorted(wrong, key=lambda entry: entry[:2])[:SHOWN]:
        detail += "%s\n%s\n%s" % (save(data), report, pka.disassemble(data))
    tap.ok(len(result["files"]) == len(streams) and not wrong,
           "nor is it undecided to the program: %s" % dict(verdicts), detail)


def check_coverage(total):
    done = total.counts["streams"]
    tap.ok(total.counts["imports"] > done / 4 and total.counts["plain"] > done / 50,
           "the generator reaches imports and whole streams", repr(total.counts))
    for name in quirks():
        tap.ok(total.quirks[name], "quirk %s is met: %d streams" %
               (name, total.quirks[name]))
    unknown = set(total.quirks) - set(quirks())
    tap.ok(not unknown, "no other quirk is met", sorted(unknown))


def run(pythons, programs):
    begin = time.monotonic()
    total = check_all((pythons, programs, SEED, first, count)
                      for first, count in batches(STREAMS))
    for kind, name in PROPERTIES:
        failed = total.failures.get(kind)
        tap.ok(not failed, name, failed and explain(total, kind, pythons, programs))
    check_coverage(total)
    scan_plain(total.plain_streams)
    other = check_all((pythons[:1], programs, SEED, first, BATCH, encoding)
                      for first, encoding in zip(range(0, 1 << 30, BATCH), ENCODINGS))
    failed = other.failures.get("union")
    tap.ok(not failed,
           "what is imported with other encodings of 8-bit strings is reported",
           failed and explain(other, "union", pythons[:1], programs, ENCODINGS[0]))
    print("# seed %d, %d pythons, %.0f s; %s" % (
        SEED, len(pythons), time.monotonic() - begin,
        ", ".join("%s %d" % item for item in sorted(total.counts.items()))))


def main():
    pythons = tap.pythons()
    tap.skip_versions_without_python(pythons)
    with tempfile.TemporaryDirectory() as folder:
        programs = Programs(folder)
        if tap.ok(os.path.exists(programs.checked), "oracle-report is built"):
            run(pythons, programs)
    tap.done()


if __name__ == "__main__":
    main()
