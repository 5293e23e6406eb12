#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every test of stockade and counts them in one line.

usage: tests/run.py [SUITE[/NAME]…]     names may hold globs: cli/scan-*

`make check` builds first and calls this. Environment:
  STOCKADE_TIER         check (default), all, nightly: how much to do; tests read it too
  STOCKADE_BUILD        the packager's build, default build
  STOCKADE_CHECK_BUILD  the sanitised build, default build-check
  UPDATE=1              rewrite expectations of golden tests that no longer match
  CI=true               a skip that says "missing: …" counts as a failure
"""

import concurrent.futures
import fnmatch
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
TIER = os.environ.get("STOCKADE_TIER", "check")
BUILD = TOP / os.environ.get("STOCKADE_BUILD", "build")
CHECK_BUILD = TOP / os.environ.get("STOCKADE_CHECK_BUILD", "build-check")
CI = os.environ.get("CI") == "true"
UPDATE = os.environ.get("UPDATE") == "1"
JOBS = 2
TIMEOUT_S = {"check": 540, "all": 4200, "nightly": 12 * 3600}[TIER]
FUZZ_SECONDS = {"all": 60, "nightly": 3600}.get(TIER, 0)
OUTPUT_LINES_MAX = 30
FAILURES_MAX = 10  # shown of one program; all are counted

SANITIZER_ENV = {
    "ASAN_OPTIONS": "detect_leaks=1:detect_stack_use_after_return=1:exitcode=99",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "exitcode=99",
    "MSAN_OPTIONS": "exit_code=99",
}


class Result:
    """What one job did: tests passed, failures (name, text) and skips (name, reason)."""

    def __init__(self):
        self.passed = 0
        self.failed = []
        self.skipped = []

    def ok(self):
        self.passed += 1

    def fail(self, name, text=""):
        self.failed.append((name, text))

    def skip(self, name, reason):
        if CI and reason.startswith("missing:"):
            self.fail(name, reason)
        else:
            self.skipped.append((name, reason))


class Job:
    """One program to run; name is unique, `suite/…`."""

    def __init__(self, name, run):
        self.name = name
        self.run = run

    @property
    def suite(self):
        return self.name.split("/")[0]


def environment(**more):
    env = dict(os.environ)
    env.update(SANITIZER_ENV)
    env.update(STOCKADE_TIER=TIER, TOP=str(TOP), BUILD=str(BUILD),
               CHECK_BUILD=str(CHECK_BUILD), LC_ALL="C.UTF-8", TZ="UTC",
               PYTHONDONTWRITEBYTECODE="1")
    env.update({k: str(v) for k, v in more.items()})
    return env


def execute(argv, cwd=TOP, stdin=subprocess.DEVNULL, timeout=TIMEOUT_S, **env):
    """(status, stdout, stderr) as bytes; the whole process group ends with the job."""
    with subprocess.Popen([str(a) for a in argv], cwd=cwd, env=environment(**env),
                          stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          start_new_session=True) as process:
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
            err += b"\ntimed out after %d s\n" % timeout
        return process.returncode, out, err


def tail(*outputs):
    lines = []
    for output in outputs:
        lines += output.decode("utf-8", "backslashreplace").rstrip().splitlines()
    if len(lines) > OUTPUT_LINES_MAX:
        half = OUTPUT_LINES_MAX // 2
        lines = lines[:half] + ["[…]"] + lines[-half:]
    return "\n".join(lines)


TAP_LINE = re.compile(r"\s*(not )?ok\b\s*\d*\s*(?:- )?(.*)")
TAP_PLAN = re.compile(r"\s*1\.\.(\d+)(?:\s*# SKIP\s*(.*))?", re.I)
TAP_SKIP = re.compile(r"(.*?)\s*# SKIP\b\s*(.*)", re.I)


def read_tap(status, out, err):
    """A program's TAP. A plan that is not kept and a bad exit are failures too."""
    result = Result()
    planned = None
    failing = False
    for line in out.decode("utf-8", "replace").splitlines():
        plan = TAP_PLAN.fullmatch(line)
        test = TAP_LINE.fullmatch(line)
        if plan:
            planned = (planned or 0) + int(plan[1])
            if plan[2]:
                result.skip("all", plan[2])
        elif test:
            failing = tap_test(result, test[1], test[2])
        elif failing:
            name, text = result.failed[-1]
            result.failed[-1] = (name, text + line + "\n")
    count = result.passed + len(result.failed) + len(result.skipped)
    if status != 0 and not result.failed:
        result.fail("exit status %d" % status, tail(out, err))
    elif planned is None:
        result.fail("no plan", tail(out, err))
    elif planned and planned != count:
        result.fail("%d tests planned, %d ran" % (planned, count), tail(err))
    elif result.failed and err.strip():
        name, text = result.failed[-1]
        result.failed[-1] = (name, "\n".join(filter(None, [text, tail(err)])))
    return result


def tap_test(result, failed, description):
    """True if the lines that follow say why it failed."""
    skip = TAP_SKIP.fullmatch(description)
    if skip:  # cmocka writes "not ok" before them
        result.skip(skip[1], skip[2])
        return False
    if failed:
        result.fail(description)
        return True
    result.ok()
    return False


# --- unit: cmocka programs


def unit_jobs(suite, build, expect_all):
    for source in sorted((TOP / "tests/unit").glob("*/t_*.c")):
        name = "%s/%s/%s" % (suite, source.parent.name, source.stem)
        program = build / "tests/unit" / (source.parent.name + "-" + source.stem)
        if program.exists():
            yield Job(name, lambda program=program: run_unit(program))
        elif expect_all:
            yield Job(name, lambda source=source: not_built(source))


def run_unit(program):
    with tempfile.TemporaryDirectory(prefix="stockade-unit-") as empty:
        return read_tap(*execute([program], cwd=empty, CMOCKA_MESSAGE_OUTPUT="TAP"))


def not_built(source):
    result = Result()
    result.fail("not built",
                "%s is in no meson.build, or the build is old: run make check"
                % source.relative_to(TOP))
    return result


# --- fuzz: corpora replayed; in the long tiers, libFuzzer too


def fuzz_sources():
    return [source for source in sorted((TOP / "fuzz").glob("*.c"))
            if source.stem != "driver"]


def fuzz_jobs(suite, build, expect_all):
    for source in fuzz_sources():
        program = build / "fuzz" / ("fuzz_" + source.stem)
        corpus = TOP / "fuzz" / source.stem
        name = "%s/%s" % (suite, source.stem)
        if program.exists():
            yield Job(name, lambda argv=(program, corpus): run_plain(argv))
        elif expect_all:
            yield Job(name, lambda source=source: not_built(source))


def run_plain(argv, timeout=TIMEOUT_S, **env):
    """A program that passes by its exit status."""
    result = Result()
    status, out, err = execute(argv, timeout=timeout, **env)
    if status == 0:
        result.ok()
    else:
        result.fail("exit status %d" % status, tail(out, err))
    return result


def libfuzzer_jobs():
    for source in fuzz_sources():
        argv = (TOP / "tools/fuzz", source.stem)
        yield Job("libfuzzer/" + source.stem,
                  lambda argv=argv: run_plain(argv, FUZZ_SECONDS * 2 + 600,
                                              FUZZ_SECONDS=FUZZ_SECONDS))


# --- cli: golden tests


def cli_jobs(suite, program, prefix=()):
    for script in sorted((TOP / "tests/cli").glob("*.sh")):
        argv = (*prefix, "/bin/sh", script)
        yield Job("%s/%s" % (suite, script.stem),
                  lambda argv=argv, script=script: run_cli(argv, script, program))


def run_cli(argv, script, program):
    result = Result()
    with tempfile.TemporaryDirectory(prefix="stockade-cli-") as empty:
        status, out, err = execute(argv, cwd=empty, STOCKADE=program, HOME=empty,
                                   COLUMNS=80)
    actual = {".stdout": out, ".stderr": err, ".exit": b"%d\n" % status}
    wrong = []
    for suffix, got in actual.items():
        path = script.with_suffix(suffix)
        default = b"0\n" if suffix == ".exit" else b""
        want = path.read_bytes() if path.exists() else default
        if golden_match(want.decode().splitlines(),
                        got.decode("utf-8", "backslashreplace").splitlines()):
            continue
        if UPDATE:
            golden_write(path, got, default)
        else:
            wrong.append("%s expected:\n%s\n%s is:\n%s" % (suffix, tail(want), suffix,
                                                           tail(got)))
    if wrong:
        result.fail("output differs", "\n".join(wrong))
    else:
        result.ok()
    return result


def golden_write(path, got, default):
    if got == default:
        path.unlink(missing_ok=True)
    else:
        path.write_bytes(got)


def golden_match(want, got):
    """Lines are equal, but `...` alone stands for any lines and `*` for any text."""
    if "..." not in want:
        return len(want) == len(got) and all(map(line_match, want, got))
    cut = want.index("...")
    head, rest = want[:cut], want[cut + 1:]
    if len(got) < cut or not golden_match(head, got[:cut]):
        return False
    return any(golden_match(rest, got[skip:]) for skip in range(cut, len(got) + 1))


def line_match(want, got):
    pattern = ".*".join(re.escape(part) for part in want.split("*"))
    return re.fullmatch(pattern, got, re.S) is not None


# --- py: programs that print TAP


def py_jobs():
    """The differential test first: it is the longest."""
    paths = (TOP / "tests/py").glob("test_*.py")
    for path in sorted(paths, key=lambda path: (path.stem != "test_oracle", path.stem)):
        yield Job("py/" + path.stem[len("test_"):], lambda path=path: run_py(path))


def run_py(path):
    with tempfile.TemporaryDirectory(prefix="stockade-py-") as empty:
        return read_tap(*execute(
            ["/usr/bin/python3", path], cwd=empty, STOCKADE=BUILD / "stockade",
            STOCKADE_CHECKED=CHECK_BUILD / "stockade", PYTHONPATH=TOP / "tests/py"))


# --- checks: house rules, each tried on its samples first


def check_jobs():
    for tool in sorted((TOP / "tools").glob("check-*")):
        name = tool.name[len("check-"):]
        if TIER == "check" and "# tier: all" in tool.read_text().splitlines():
            continue
        yield Job("checks/" + name, lambda tool=tool, name=name: run_check(tool, name))


def run_check(tool, name):
    """A check that passes a bad sample, or fails a good one, says nothing of the tree."""
    result = Result()
    samples = sorted((TOP / "tests/checks" / name).glob("*"))
    kinds = {sample.name.split("-")[0] for sample in samples}
    if kinds != {"good", "bad"}:
        result.fail("samples", "tests/checks/%s needs good-* and bad-* folders" % name)
    for sample in samples:
        run_sample(result, tool, sample)
    if result.failed:
        return result
    status, out, err = execute([tool])
    skipped = re.fullmatch(rb"SKIP (.*)\n", out)
    if status == 0 and skipped:
        result.skip(name, skipped[1].decode())
    elif status == 0:
        result.ok()
    else:
        result.fail("the tree", tail(out, err))
    return result


def run_sample(result, tool, sample):
    """A bad sample's file `expect` holds text that the complaint must contain."""
    status, out, err = execute([tool, sample])
    if re.fullmatch(rb"SKIP .*\n", out):
        return
    want = 0 if sample.name.startswith("good") else 1
    expected = sample / "expect"
    lines = expected.read_text().splitlines() if expected.exists() else []
    absent = [line for line in lines if line.encode() not in out + err]
    if status == want and not absent:
        result.ok()
    else:
        result.fail("sample " + sample.name,
                    "exit status %d, expected %d; not said: %s\n%s" %
                    (status, want, absent, tail(out, err)))


# --- builds: other compilers than dev.ini's, with -Werror


def build_jobs():
    yield Job("builds/gcc", lambda: run_build("gcc", "-Dwerror=true"))
    yield Job("builds/clang", lambda: run_build("clang", "-Dwerror=true", "-Dtests=true"))
    if TIER == "all":
        yield Job("builds/analyzer",
                  lambda: run_build("gcc", "-Dwerror=true", "-Danalyzer=true"))
        yield Job("builds/release",
                  lambda: run_build("gcc", "--native-file", "release.ini"))


def run_build(compiler, *options):
    if not shutil.which(compiler):
        result = Result()
        result.skip(compiler, "missing: " + compiler)
        return result
    words = [compiler] + [word for word in options if "werror" not in word]
    folder = "build-warn-" + re.sub(r"\W+", "-", "-".join(words))
    if not (TOP / folder / "build.ninja").exists():
        setup = run_plain(("meson", "setup", folder, *options), CC=compiler)
        if setup.failed:
            return setup
    status, out, err = execute(("ninja", "-C", folder, "-j", "1"))
    result = Result()
    if status == 0:
        result.ok()
    else:
        result.fail("exit status %d" % status, tail(only_errors(out + err)))
    return result


def only_errors(output):
    """A compiler's page without command lines, if it names an error."""
    lines = [line for line in output.splitlines()
             if re.search(rb"error: |ERROR|undefined ", line)]
    return b"\n".join(lines) or output


# --- all of it


def all_jobs():
    # Longest first, so that the last minute is not one job on one core.
    yield from py_jobs()
    yield from build_jobs()
    yield from check_jobs()
    yield from cli_jobs("cli", CHECK_BUILD / "stockade")
    yield from fuzz_jobs("fuzz", CHECK_BUILD, True)
    yield from unit_jobs("unit", CHECK_BUILD, True)
    if TIER == "all":
        msan, tsan = TOP / "build-msan", TOP / "build-tsan"
        yield from unit_jobs("unit-msan", msan, False)
        yield from fuzz_jobs("fuzz-msan", msan, False)
        yield from cli_jobs("cli-tsan", tsan / "stockade", ("setarch", "-R"))
    if TIER != "check":
        yield from libfuzzer_jobs()


def selected(job, patterns):
    parts = job.name.split("/")
    prefixes = ["/".join(parts[:n]) for n in range(1, len(parts) + 1)]
    return not patterns or any(fnmatch.fnmatchcase(prefix, pattern)
                               for prefix in prefixes for pattern in patterns)


def timed(job):
    start = time.monotonic()
    try:
        result = job.run()
    except Exception as error:  # one job's trouble is no reason to lose the others
        result = Result()
        result.fail("cannot be run", "%s: %s" % (type(error).__name__, error))
    return result, time.monotonic() - start


def run_jobs(jobs):
    """Prints failures as they come and a line a suite; returns the three counts."""
    counts = {}
    left = {}
    skips = {}
    for job in jobs:
        left[job.suite] = left.get(job.suite, 0) + 1
    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        futures = {pool.submit(timed, job): job for job in jobs}
        for future in concurrent.futures.as_completed(futures):
            job = futures[future]
            result, seconds = future.result()
            show_failures(job, result)
            for name, reason in result.skipped:
                skips.setdefault(reason, []).append("%s: %s" % (job.name, name))
            numbers = (result.passed, len(result.failed), len(result.skipped), seconds)
            before = counts.get(job.suite, (0, 0, 0, 0.0))
            counts[job.suite] = tuple(map(sum, zip(before, numbers)))
            left[job.suite] -= 1
            if left[job.suite] == 0:
                show_suite(job.suite, counts[job.suite])
    for reason, names in sorted(skips.items()):
        more = " and %d more" % (len(names) - 1) if len(names) > 1 else ""
        print("skipped %s%s (%s)" % (names[0], more, reason))
    return [sum(column) for column in zip(*counts.values())][:3] or [0, 0, 0]


def show_failures(job, result):
    for name, text in result.failed[:FAILURES_MAX]:
        print("FAIL %s: %s" % (job.name, name))
        for line in tail(text.encode()).splitlines():
            print("     " + line)
    if len(result.failed) > FAILURES_MAX:
        print("     and %d more" % (len(result.failed) - FAILURES_MAX))
    if result.failed:
        tier = "" if TIER == "check" else "STOCKADE_TIER=%s " % TIER
        print("     rerun: %smake check ONLY=%s" % (tier, job.name), flush=True)


def show_suite(suite, numbers):
    passed, failed, skipped, seconds = numbers
    text = "%d passed" % passed
    text += ", %d failed" % failed if failed else ""
    text += ", %d skipped" % skipped if skipped else ""
    print("%-10s %-40s %6.1f s" % (suite, text, seconds), flush=True)


def main(patterns):
    if "-h" in patterns or "--help" in patterns:
        print(__doc__.strip())
        return 0
    shutil.rmtree(TOP / "tests/py/__pycache__", ignore_errors=True)
    start = time.monotonic()
    jobs = [job for job in all_jobs() if selected(job, patterns)]
    if not jobs:
        print("nothing is called %s; ONLY takes suite, suite/name, globs; suites: %s"
              % (" ".join(patterns), " ".join(sorted({job.suite for job in all_jobs()}))))
        return 1
    passed, failed, skipped = run_jobs(jobs)
    if len(jobs) > 1:
        print("%d programs on %d cores, %.0f s" % (len(jobs), JOBS,
                                                   time.monotonic() - start))
    print("%d passed, %d failed, %d skipped" % (passed, failed, skipped))
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
