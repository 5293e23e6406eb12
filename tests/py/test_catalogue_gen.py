#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""tools/catalogue-gen: what it takes, and that each mistake is named with its line."""

import importlib.machinery
import importlib.util
import pathlib
import re
import subprocess
import sys
import tempfile

import tap

TOOL = tap.TOP / "tools/catalogue-gen"


def load_tool():
    loader = importlib.machinery.SourceFileLoader("catalogue_gen", str(TOOL))
    spec = importlib.util.spec_from_loader("catalogue_gen", loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules["catalogue_gen"] = module  # dataclasses look their module up
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


GEN = load_tool()
TABLES = sys.modules["catalogue_tables"]


def mistakes(*texts):
    return GEN.build([(f"{n}.cat", text) for n, text in enumerate(texts, 1)])[1]


GOOD = {
    "an empty file": "",
    "comments": "# one\nvalue a.B   # two\n",
    "a class behind a hash is no comment": "class a.B\n args (#a.B, int)\n",
    "a continued line": "class a.B\n args (int, \\\n   str)\n",
    "a set on two lines": "value a.B\nvalue a.C\nset @s = &a.B,\n    &a.C\n"
                          "call a.f\n args (&@s) -> none\n",
    "sets of sets":
        "value a.B\nset @s = &a.B\nset @t = &@s\ncall a.f\n args (&@t) -> none\n",
    "a pattern used before it is given":
        "call a.f\n args (@p) -> none\npattern @p = int|str\n",
    "every pattern":
        'class a.B\n args (any, none|bool|float, "x", ~"[ab]#", b"\\x00", b~"?", -3, '
        "0..7, true, tuple<int>, (int, str?), attrs, slots, persistent, stream, &any, "
        "&@plain, #a.B:tag, ...)\n"
        ' state {"a": int, "b"?: str, *: any}|{...}\n',
    "keywords": 'class a.B\n new () {"k"?: int}\n',
    "every result":
        "class a.B\n args () -> self:t size(8)\n args (1) -> a.B size($0)\n"
        " state (1, int) -> self size($1)\n"
        ' state {"k": &a.B} -> $k array\n state none -> self nested\n'
        "call a.f\n args (&any) -> $0\n args (int) -> arg 0\n args (str) -> bytes\n"
        " args (&any, ...) -> new $0\n args (&any, none) -> new $0 ()\n"
        " args (&@enum, str) -> member\nenum a.E X=1\n",
    "an enum on more lines": 'enum a.E A=1 B="b"\n    C=none D\n',
    "dotted qualified names": "class a.b:C.D\n args (&a.b:C.D, #a.b:C.D:tag)\n",
    "dangers": 'danger a.f "x" stream\ndanger a.* "y"\ndanger *.__globals__ "z"\n',
    "vetted below a wildcard": 'danger a.* "y"\nvalue a.B\n',
    "alias of a module and of a name": "alias b = a\nalias c.X = a.B\nvalue a.B\n",
    "plain with a state of its own": 'plain a.B\n    state {"x": int}\n',
    "persistent ids": 'persistent torch\n args ("storage", str)\n',
    "what is not to be kept":
        "value a.B\nvalue a.C\nset @unheld = &a.B, &@t\nset @t = &a.C\n",
    "clauses of items": "class a.B\n args ()\n items pairs (str, any)\n items each int\n"
                        " items add any\n write reduce () items\n",
}

BAD = {
    "a clause without a statement": ("  args ()\n", 1, "belongs to no statement"),
    "an unknown statement": ("klass a.B\n", 1, "unknown statement 'klass'"),
    "an unknown clause": ("class a.B\n  argz ()\n", 2, "unknown clause 'argz'"),
    "no module": ("value B\n", 1, "has no module"),
    "no name": ("value a.1\n", 1, "is no name"),
    "more behind the name": ("value a.B c\n", 1, "behind the name"),
    "twice": ("value a.B\nvalue a.B\n", 2, "was given at 1.cat:1 already"),
    "args of a value": ("value a.B\n args ()\n", 2, "takes no `args`"),
    "args of a plain": ("plain a.B\n args ()\n", 2, "takes no `args`"),
    "state of a call":
        ("call a.f\n args () -> none\n state dict\n", 3, "takes no `state`"),
    "a call without args": ("call a.f\n", 1, "without `args`"),
    "self of a call": ("call a.f\n args ()\n", 2, "has no `self`"),
    "args that are no tuple": ("class a.B\n args int\n", 2, "arguments are a tuple"),
    "an unknown pattern": ("class a.B\n args (integer)\n", 2, "expected a pattern"),
    "an open tuple": ("class a.B\n args (int\n", 2, "expected ')'"),
    "required behind optional": ("class a.B\n args (int?, str)\n", 2, "must be optional"),
    "an empty range": ("class a.B\n args (3..1)\n", 2, "3..1 is empty"),
    "a number too large": ("class a.B\n args (99999999999999999999)\n", 2,
                           "does not fit 64 bits"),
    "a character": ("class a.B\n args (%)\n", 2, "cannot read"),
    "an open text": ('class a.B\n args ("x)\n', 2, "cannot read"),
    "an escape": ('class a.B\n args ("\\q")\n', 2, "unknown escape"),
    "a set in a glob": ('class a.B\n args (~"[ab")\n', 2, "has no end"),
    "a long glob": ('class a.B\n args (~"%s")\n' % ("x" * 64), 2, "more than 63"),
    "a key twice": ('class a.B\n state {"a": int, "a": str}\n', 2, "given twice"),
    "a key that is a glob": ('class a.B\n state {~"a": int}\n', 2, "plain text"),
    "an unknown name": ("class a.B\n args (&c.D)\n", 2, "no entry for c.D"),
    "an unknown set": ("class a.B\n args (&@s)\n", 2, "no set @s"),
    "a set in itself":
        ("set @s = &@s\nclass a.B\n args (&@s)\n", 1, "itself as a member"),
    "an unknown pattern's name": ("class a.B\n args (@p)\n", 2, "no pattern @p"),
    "a pattern in itself":
        ("pattern @p = (@p)\nclass a.B\n args (@p)\n", 3, "itself inside"),
    "a set twice": ("value a.B\nset @s = &a.B\nset @s = &a.B\n", 3, "given twice"),
    "a set's own name": ("set @plain = &a.B\n", 1, "given twice"),
    "an unheld name that is not there": ("set @unheld = &a.B\n", 1, "no entry for a.B"),
    "an unknown result": ("call a.f\n args () -> c.D\n", 2, "no entry for c.D"),
    "a key outside a state": ("class a.B\n args () -> $k\n", 2, "cannot give"),
    "an array outside a state": ("class a.B\n args () -> self array\n", 2, "cannot give"),
    "a type from a state": ("class a.B\n state dict -> bytes\n", 2, "cannot give"),
    "a tag on a type": ("call a.f\n args () -> bytes:t\n", 2, "belongs to an object"),
    "a result and more": ("call a.f\n args () -> none none\n", 2, "expected the end"),
    "pairs that are none": ("class a.B\n items pairs any\n", 2, "(key, value)"),
    "items of no kind": ("class a.B\n items some any\n", 2, "pairs, each or add"),
    "an alias of nothing": ("alias a = b\n", 1, "nothing is named b"),
    "an alias on another": ("value a.B\nvalue c.B\nalias a = c\n", 3, "another entry"),
    "a danger without a reason": ("danger a.f\n", 1, "expected: danger"),
    "an empty reason": ('danger a.f ""\n', 1, "ASCII text"),
    "a danger twice": ('danger a.f "x"\ndanger a.f "y"\n', 2, "was given at 1.cat:1"),
    "vetted and dangerous": ('danger a.f "x"\nvalue a.f\n', 2, "a.f is dangerous"),
    "vetted below a danger": ('danger a.f "x"\nvalue a.f.g\n', 2, "a.f is dangerous"),
    "an enum without members": ("enum a.E\n", 1, "without members"),
    "a member twice": ("enum a.E A=1 A=2\n", 1, "given twice"),
    "a flag without a value": ("flag a.F A\n", 1, "needs a value"),
    "a negative flag": ("flag a.F A=-1\n", 1, "needs a value"),
    "an unknown loader": ("persistent keras\n args (int)\n", 1, "no loader"),
    "a size out of range":
        ("class a.B\n args () -> self size(99999999)\n", 2, "out of range"),
    "a file that ends in a backslash": ("value a.B \\", 1, "continued line"),
}


def good_samples():
    for name, text in GOOD.items():
        tap.equal(mistakes(text), [], name)


def bad_samples():
    for name, (text, line, words) in BAD.items():
        found = mistakes(text)
        named = any(m.startswith(f"1.cat:{line}: ") and words in m for m in found)
        tap.ok(named, name, found)


def several_mistakes():
    found = mistakes("value a.1\nvalue a.B\n", "klass a.C\nvalue a.B\n")
    tap.equal([m.split(": ")[0] for m in found], ["1.cat:1", "2.cat:1", "2.cat:2"],
              "every mistake of every file is named")


def deep_patterns():
    found = mistakes("class a.B\n args %sint%s\n" % ("(" * 40, ")" * 40))
    tap.ok(any("deep" in m for m in found), "patterns have a greatest depth", found)


def command():
    with tempfile.TemporaryDirectory() as folder:
        source = pathlib.Path(folder) / "a.cat"
        output = pathlib.Path(folder) / "a.c"

        def run(*args):
            return subprocess.run([sys.executable, TOOL, *args, source],
                                  capture_output=True, text=True, check=False)

        source.write_text("value a.1\n")
        result = run("-o", output)
        tap.equal(result.returncode, 1, "a mistake is exit status 1")
        tap.equal(result.stderr, f"{source}:1: 'a.1' is no name\n", "and one line")
        tap.ok(not output.exists(), "nothing is written then")
        tap.equal(run().returncode, 2, "no output named is a usage error")
        source.write_text("value a.B\n")
        tap.equal(run("--check").returncode, 0, "--check")
        tap.ok(not output.exists(), "--check writes nothing")
        result = run("--symbol", "mine", "-o", output)
        tap.equal(result.returncode, 0, "tables are written")
        first = output.read_text()
        tap.ok("const struct stk_catalogue mine = {" in first, "under the symbol given")
        run("--symbol", "mine", "-o", output)
        tap.equal(output.read_text(), first, "the same files give the same bytes")


def tables_are_what_was_said():
    text, _ = GEN.build([("a.cat", 'class a.B\n args (0..7, "x"|int)\n'
                          ' state {"k"?: (int, str?)}\n')])
    tap.ok("{STK_PATTERN_RANGE, 0, 0, 0, 0, 0}," in text, "a range")
    tap.ok("INT64_C(0), INT64_C(7)," in text, "and its ends")
    tap.ok("{STK_PATTERN_TYPE, 0, 0, 0, 0, 1u << STK_BIGINT | 1u << STK_INT}," in text,
           "int takes big ones")
    tap.ok(re.search(r"\{STK_PATTERN_EITHER, 0, 0, 0, 2, \d+\},", text), "either")
    tap.ok(re.search(r"children\[\] = \{\n.*0x8000000", text), "what may be missing")


def what_is_not_kept():
    text, _ = GEN.build([("a.cat", "value a.A\nvalue a.B\nset @unheld = &a.B\n"
                          "call a.f\n args () -> none\nplain a.P\n")])
    rows = re.findall(r"STK_ENTRY_(\w+), ([01]), \{", text)
    tap.equal(rows, [("VALUE", "0"), ("VALUE", "1"), ("CALL", "1"), ("PLAIN", "0")],
              "functions and what @unheld names are not to be kept")


def texts_of_clauses():
    text, _ = GEN.build([("a.cat", 'class a.B\n args (int, \\\n      "a  b",\tstr)\n')])
    blob = bytes(int(n) for n in re.search(r"texts\[\] = \{([^}]*)\}", text)[1].split(",")
                 if n.strip())
    tap.ok(b'\0(int, "a  b", str)\0' in blob,
           "white space of continued lines is one space",
           blob)


def standard_library_only():
    files = sorted((tap.TOP / "src/policy/catalogue").glob("*.cat"))
    run = subprocess.run([sys.executable, "-I", "-S", TOOL, "--check", *files],
                         capture_output=True, text=True, check=False)
    tap.equal((run.returncode, run.stderr), (0, ""), "no packages are needed")


def hashes():
    tap.equal(TABLES.fnv(b""), 0x811C9DC5, "FNV-1a of nothing")
    tap.equal(TABLES.fnv(b"foobar"), 0xBF9CF968, "FNV-1a of foobar")
    slots = TABLES.open_table([5, 5, 13, 7])
    used = sorted(s for s in slots if s != 0xFFFF)
    tap.equal(used, [0, 1, 2, 3], "every name has a slot")
    tap.equal([slots[5], slots[6], slots[7], slots[0]], [0, 1, 2, 3], "probed in order")


def the_catalogue_itself():
    files = sorted((tap.TOP / "src/policy/catalogue").glob("*.cat"))
    tap.ok(len(files) > 0, "there is a catalogue")
    listed = (tap.TOP / "src/policy/meson.build").read_text()
    for path in files:
        tap.ok(f"'catalogue/{path.name}'" in listed, f"meson.build lists {path.name}")
    found = GEN.build([(path.name, path.read_text()) for path in files])[1]
    tap.equal(found, [], "the catalogue has no mistakes")


good_samples()
bad_samples()
several_mistakes()
deep_patterns()
command()
tables_are_what_was_said()
what_is_not_kept()
texts_of_clauses()
standard_library_only()
hashes()
the_catalogue_itself()
tap.done()
