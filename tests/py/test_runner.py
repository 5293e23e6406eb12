#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The runner itself, and the driver of fuzz targets: a test that cannot fail is none."""

import contextlib
import importlib.util
import io
import pathlib
import re
import subprocess
import tempfile
import time

import tap


def load_runner():
    spec = importlib.util.spec_from_file_location("run", tap.TOP / "tests/run.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


RUN = load_runner()


def counts(result):
    return result.passed, len(result.failed), len(result.skipped)


def tap_programs():
    def read(text, status=0):
        return counts(RUN.read_tap(status, text, b""))

    tap.equal(read(b"1..2\nok 1 - a\nok 2 - b\n"), (2, 0, 0), "two pass")
    tap.equal(read(b"1..2\nok 1 - a\nnot ok 2 - b\n# why\n", 1), (1, 1, 0), "one fails")
    tap.equal(read(b"1..2\nok 1 - a\n"), (1, 1, 0), "a plan that is not kept fails")
    tap.equal(read(b"ok 1 - a\n"), (1, 1, 0), "no plan fails")
    tap.equal(read(b""), (0, 1, 0), "no output fails")
    tap.equal(read(b"1..1\nok 1 - a\n", 99), (1, 1, 0), "a bad exit status fails")
    tap.equal(read(b"1..1\nok 1 - a\n", -11), (1, 1, 0), "a signal fails")
    tap.equal(read(b"ok 1 - a # SKIP why\n1..1\n"), (0, 0, 1), "a skip")
    tap.equal(read(b"1..2\nnot ok 1 # SKIP a\nok 2 - b\n"), (1, 0, 1), "cmocka's skip")
    tap.equal(read(b"1..0 # SKIP nothing here\n"), (0, 0, 1), "all skipped")
    failed = RUN.read_tap(1, b"1..1\nnot ok 1 - b\n# why\n", b"").failed
    tap.ok("# why" in failed[0][1], "what follows a failure is shown with it")


def skips_in_ci():
    result = RUN.Result()
    RUN.CI = True
    result.skip("numpy", "missing: python3-numpy")
    result.skip("3.14", "no interpreter")
    RUN.CI = False
    result.skip("numpy", "missing: python3-numpy")
    tap.equal(counts(result), (0, 1, 2), "what is missing fails in CI only")


def jobs_that_cannot_run():
    def broken():
        raise ValueError("no")

    result, _ = RUN.timed(RUN.Job("unit/broken", broken))
    tap.equal(result.failed, [("cannot be run", "ValueError: no")],
              "a job that raises is a failure of its own")
    started = []

    def together():
        started.append(1)
        deadline = time.monotonic() + 20
        while len(started) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        result = RUN.Result()
        if len(started) == 2:
            result.ok()
        return result

    with contextlib.redirect_stdout(io.StringIO()) as out:
        total = RUN.run_jobs([RUN.Job("unit/a", together), RUN.Job("py/b", together),
                              RUN.Job("cli/c", broken)])
    tap.equal(total, [2, 1, 0], "two jobs run at a time, all are counted")
    lines = out.getvalue().splitlines()
    tap.ok(all(any(re.match(suite + r" +\d passed.* \d+\.\d s$", line) for line in lines)
               for suite in ("unit", "py", "cli")), "each suite has a line and a time",
           lines)
    tap.ok("FAIL cli/c: cannot be run" in lines, "a failure is named", lines)


def golden_outputs():
    match = RUN.golden_match
    tap.ok(match(["a", "b"], ["a", "b"]), "equal lines")
    tap.ok(not match(["a", "b"], ["a"]), "a missing line")
    tap.ok(not match(["a"], ["a", "b"]), "a line too many")
    tap.ok(match(["a *s", "b"], ["a 0.1 s", "b"]), "a glob")
    tap.ok(not match(["a *s"], ["b 0.1 s"]), "a glob that does not match")
    tap.ok(not match(["a?[x]"], ["ab[x]"]) and match(["a?[x]"], ["a?[x]"]),
           "no other special characters")
    tap.ok(match(["a", "...", "z"], ["a", "z"]), "... is no line")
    tap.ok(match(["a", "...", "z"], ["a", "b", "c", "z"]), "... is many")
    tap.ok(not match(["a", "...", "z"], ["a", "b"]), "... ends before z")
    tap.ok(not match([], ["a"]) and match([], []), "empty is empty")


def run_cases():
    with tempfile.TemporaryDirectory() as folder:
        script = pathlib.Path(folder) / "x-y.sh"
        script.write_text('echo out; echo err >&2; pwd | grep -q stockade-cli; exit 3\n')

        def run():
            return counts(RUN.run_cli(("/bin/sh", script), script, "none"))

        tap.equal(run(), (0, 1, 0), "no expectation means no output and status 0")
        RUN.UPDATE = True
        tap.equal(run(), (1, 0, 0), "UPDATE writes expectations")
        RUN.UPDATE = False
        tap.equal(run(), (1, 0, 0), "which then match")
        for suffix, text in {".stdout": "o", ".stderr": "e\n", ".exit": "1\n"}.items():
            path = script.with_suffix(suffix)
            before = path.read_text()
            path.write_text(text)
            tap.equal(run(), (0, 1, 0), "a wrong %s is seen" % suffix)
            path.write_text(before)


def run_checks():
    with tempfile.TemporaryDirectory() as folder:
        tool = pathlib.Path(folder) / "check-x"
        tool.write_text("#!/bin/sh\nexit 0\n")
        tool.chmod(0o755)
        result = RUN.run_check(tool, "layers")
        tap.ok(result.failed and all("bad-" in name for name, _ in result.failed),
               "a check that passes everything is found out by its bad samples")
        result = RUN.run_check(tool, "no-such-rule")
        tap.equal(counts(result)[1], 1, "a check without samples fails")


def selection():
    jobs = [RUN.Job("unit/base/t_map", None), RUN.Job("cli/scan-one", None)]

    def names(*patterns):
        return [job.name for job in jobs if RUN.selected(job, patterns)]

    tap.equal(len(names()), 2, "all without a pattern")
    tap.equal(names("unit/base"), ["unit/base/t_map"], "by folder")
    tap.equal(names("cli/scan-*"), ["cli/scan-one"], "by glob")
    run = subprocess.run([tap.TOP / "tests/run.py", "no-such-suite"], check=False,
                         stdout=subprocess.PIPE)
    said = run.stdout.startswith(b"nothing is called no-such-suite")
    tap.ok(run.returncode == 1 and said, "no test at all is a failure", run.stdout)


TARGET = """
#include <stdint.h>
#include <stdlib.h>
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    return len > 3 && data[len] ? 1 : 0;
}
"""


def driver():
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "x.c").write_text(TARGET)
        subprocess.run(["cc", "-g", "-fsanitize=address", folder / "x.c",
                        tap.TOP / "fuzz/driver.c", "-o", folder / "x"], check=True)

        def run(*paths):
            return subprocess.run([folder / "x", *paths], check=False, stdout=-3,
                                  stderr=-3).returncode

        corpus = folder / "corpus"
        tap.equal(run(corpus), 2, "a corpus that is missing")
        corpus.mkdir()
        tap.equal(run(corpus), 2, "a corpus that is empty")
        (corpus / "empty").write_bytes(b"")
        (corpus / "short").write_bytes(b"abc")
        tap.equal(run(corpus), 0, "inputs that pass")
        (corpus / "long").write_bytes(b"abcd")
        tap.ok(run(corpus) not in (0, 2), "one byte read behind the input is seen")
        tap.equal(run(), 2, "no corpus named")


for test in (tap_programs, skips_in_ci, jobs_that_cannot_run, golden_outputs, run_cases,
             run_checks, selection, driver):
    test()
tap.done()
