# SPDX-License-Identifier: Apache-2.0
"""What the Python tests share: TAP, the program under test, the CPythons of this machine.

A test is a program tests/py/test_<name>.py:

    import tap

    tap.ok(1 + 1 == 2, "sums")
    numpy = tap.need("numpy")
    tap.done()
"""

import glob
import importlib
import json
import os
import pathlib
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
DATA = TOP / "tests/data"
TIER = os.environ.get("STOCKADE_TIER", "check")
STOCKADE = os.environ.get("STOCKADE", str(TOP / "build/stockade"))
# The same with ASan, UBSan and assertions: slower, notices more.
STOCKADE_CHECKED = os.environ.get("STOCKADE_CHECKED", str(TOP / "build-check/stockade"))
VERSIONS = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]

_count = 0
_failed = 0


def ok(condition, name, detail=None):
    """One test. detail, text or anything with a repr, is shown if it fails."""
    global _count, _failed
    _count += 1
    if not condition:
        _failed += 1
    print("%sok %d - %s" % ("" if condition else "not ", _count, name))
    if not condition and detail is not None:
        text = detail if isinstance(detail, str) else repr(detail)
        for line in text.splitlines():
            print("# " + line)
    sys.stdout.flush()
    return bool(condition)


def equal(got, want, name):
    return ok(got == want, name, "got  %r\nwant %r" % (got, want))


def skip(name, reason):
    """A reason that begins with "missing:" is a failure in CI."""
    global _count
    _count += 1
    print("ok %d - %s # SKIP %s" % (_count, name, reason), flush=True)


def done():
    print("1..%d" % _count)
    sys.exit(1 if _failed or not _count else 0)


def need(module, package=None):
    """The module, or None after a skip that names Debian's package."""
    try:
        return importlib.import_module(module)
    except ImportError:
        skip(module, "missing: " + (package or "python3-" + module.split(".")[0]))
        return None


class Python:
    """A CPython: path, version as (3, 11, 2)."""

    def __init__(self, path, version):
        self.path = path
        self.version = version

    def __str__(self):
        return "CPython %d.%d.%d" % self.version

    def run(self, *args, **options):
        options.setdefault("check", True)
        return subprocess.run([self.path, *map(str, args)], **options)


def _version(path):
    code = "import sys; print(*sys.version_info[:3])"
    try:
        out = subprocess.run([path, "-c", code], check=True, capture_output=True).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    return tuple(map(int, out.split()))


def pythons():
    """Every CPython 3.8 to 3.14 found, Debian's first: one a version."""
    paths = ["/usr/bin/python3"]
    paths += sorted(glob.glob("/usr/local/bin/python3.[0-9]*[0-9]"))
    paths += sorted(glob.glob(os.path.expanduser("~/.pyenv/versions/3.*/bin/python")))
    found = {}
    for path in paths:
        version = _version(path)
        if version and "%d.%d" % version[:2] in VERSIONS:
            found.setdefault(version, Python(path, version))
    return list(found.values())


def skip_versions_without_python(found):
    """Says by name which versions this run knows nothing of."""
    have = {"%d.%d" % python.version[:2] for python in found}
    for version in VERSIONS:
        if version not in have:
            skip("CPython " + version, "no interpreter of this version here")


def stockade(*args, stdin=None, program=None, cwd=None):
    """CompletedProcess with bytes; an input given as bytes goes to stdin."""
    return subprocess.run([program or STOCKADE, *map(str, args)], input=stdin, cwd=cwd,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)


def scan(*paths, **options):
    """`stockade scan --format json` as (exit status, decoded object)."""
    run = stockade("scan", "--format", "json", *paths, **options)
    if run.returncode == 2 or not run.stdout:
        raise RuntimeError(run.stderr.decode("utf-8", "replace"))
    return run.returncode, json.loads(run.stdout)
