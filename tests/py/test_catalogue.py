#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tools/catalogue: what it proposes for a library's source, which it must not import."""

import pathlib
import subprocess
import sys
import tempfile

import tap

TOOL = tap.TOP / "tools/catalogue"
GENERATOR = tap.TOP / "tools/catalogue-gen"

LIBRARY = {
    "__init__.py": "from .models import Plain as Shown\nraise RuntimeError('imported')\n",
    "models.py": """
import abc, collections, enum, os
from . import base
from .base import Hooked, Base as Renamed

class Plain: pass
class Child(Renamed): pass
class Abstract(abc.ABC): pass
class Slotless:
    __slots__ = ()
class Slotted:
    __slots__ = ("a",)
class FromHooked(Hooked): pass
class Foreign(collections.OrderedDict): pass
class Made(metaclass=base.Meta): pass
class Color(enum.Enum):
    RED = 1
    NAME = "green"
    ODD = object()
    _ignored = 2
class Bits(enum.IntFlag):
    A = 1
    B = 2
class Failed(ValueError): pass
if os.name == "posix":
    class Conditional: pass
""",
    "base.py": """
class Meta(type): pass
class Base: pass
class Hooked:
    def __setstate__(self, state):
        open(state)
class Getattr:
    def __getattr__(self, name): return name
class Deleted(Hooked):
    def __del__(self): pass
class Around:
    __reduce__ = None
""",
    "tests/__init__.py": "class InTests: pass\n",
    "broken.py": "class :\n",
}


def propose(folder, *args):
    run = subprocess.run([sys.executable, TOOL, "lib", folder, *args],
                         capture_output=True,
                         text=True, check=False)
    return run.stdout.splitlines(), run


def check_plain(lines):
    for name in ("Plain", "Child", "Abstract", "Slotless", "Conditional"):
        tap.ok(f"plain lib.models.{name}" in lines, f"{name} is plain", lines)
    tap.ok("plain lib.base.Base" in lines, "Base is plain", lines)
    for name in ("models.Slotted", "models.FromHooked", "models.Foreign", "models.Made",
                 "base.Hooked", "base.Getattr", "base.Deleted", "base.Around"):
        tap.ok(f"plain lib.{name}" not in lines, f"{name} is not plain", lines)
    tap.ok(not any("InTests" in line for line in lines), "tests are left out", lines)
    tap.ok(not any("Failed" in line for line in lines), "exceptions are left out", lines)


def comment(lines, name):
    """What is to be read before the class of this name is vetted."""
    at = lines.index(f"# read before vetting: lib.{name}")
    found = []
    for line in lines[at + 1:]:
        if not line.startswith("#     "):
            break
        found.append(line[6:])
    return found


def check_hooks(folder, lines):
    where = f"__setstate__ at {folder}/lib/base.py:5"
    tap.equal(comment(lines, "models.FromHooked"), [where], "a hook names its line")
    tap.equal(comment(lines, "base.Deleted"), [f"__del__ at {folder}/lib/base.py:10",
                                               where],
              "hooks of the class and of those above it")
    tap.equal(comment(lines, "models.Foreign"),
              ["base collections.OrderedDict is not in the library"],
              "a base from outside")
    tap.ok(comment(lines, "models.Made")[0].startswith("metaclass base.Meta"),
           "a metaclass")
    tap.ok(comment(lines, "models.Slotted")[0].startswith("__slots__"), "slots")
    tap.ok(comment(lines, "base.Around")[0].startswith("__reduce__"), "an attribute")


def check_options(folder):
    lines, _ = propose(folder, "--under", "lib.base", "--plain-only")
    tap.equal([line for line in lines if line],
              ["source lib unknown", "plain lib.base.Base", *failures(lines)],
              "--under and --plain-only")
    lines, _ = propose(folder, "--reviewed", "lib.base.Hooked")
    tap.ok("plain lib.models.FromHooked" in lines, "--reviewed takes a hook away", lines)
    tap.ok("plain lib.base.Deleted" not in lines, "and no other")
    lines, _ = propose(folder, "--reviewed", "collections.OrderedDict")
    tap.ok("plain lib.models.Foreign" in lines, "--reviewed of a class from outside")


def failures(lines):
    return [line for line in lines if line.startswith("# not parsed: ")]


def check_generator(folder, lines):
    """What is proposed can be compiled as it stands."""
    proposal = pathlib.Path(folder) / "lib.cat"
    proposal.write_text("\n".join(lines) + "\n", encoding="utf-8")
    run = subprocess.run([sys.executable, GENERATOR, "--check", proposal],
                         capture_output=True, text=True, check=False)
    tap.equal((run.returncode, run.stderr), (0, ""), "the generator takes the proposal")


def main():
    with tempfile.TemporaryDirectory() as folder:
        for name, text in LIBRARY.items():
            path = pathlib.Path(folder) / "lib" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        info = pathlib.Path(folder) / "lib-1.2.dist-info"
        lines, run = propose(folder)
        tap.equal((run.returncode, run.stderr), (0, ""), "the library is not imported")
        check_plain(lines)
        check_hooks(folder, lines)
        tap.ok('enum lib.models.Color RED=1 NAME="green" ODD' in lines, "an enum", lines)
        tap.ok("flag lib.models.Bits A=1 B=2" in lines, "a flag", lines)
        tap.equal(len(failures(lines)), 1, "what cannot be parsed is named")
        check_options(folder)
        check_generator(folder, lines)
        info.mkdir()
        (info / "METADATA").write_text("Name: lib\nVersion: 1.2\n", encoding="utf-8")
        tap.equal(propose(folder)[0][0], "source lib 1.2", "its version")
        run = subprocess.run([sys.executable, TOOL, "lib", folder + "/none"],
                             capture_output=True, text=True, check=False)
        tap.equal(run.returncode, 2, "no source is a usage error")
    tap.done()


main()
