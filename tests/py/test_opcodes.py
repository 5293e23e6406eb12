# SPDX-License-Identifier: Apache-2.0
"""src/pickle/opcodes.def against the table of pickletools, of every CPython found: bytes,
names, arguments, protocols, what each opcode takes from the stack and leaves there."""

import json
import re
import subprocess

import tap

# pickletools' name of an argument -> ours. Where one of theirs is two of ours, the opcode
# decides: the same text reader serves lines that mean different things.
ARGUMENTS = {
    None: "NONE", "uint1": "U1", "uint2": "U2", "int4": "I4", "uint4": "U4",
    "uint8": "U8",
    "float8": "F8", "long1": "LONG1", "long4": "LONG4", "bytes1": "BYTES1",
    "bytes4": "BYTES4", "bytes8": "BYTES8", "bytearray8": "BYTES8", "string1": "BYTES1",
    "string4": "BYTES4S", "unicodestring1": "TEXT1", "unicodestring4": "TEXT4",
    "unicodestring8": "TEXT8", "stringnl_noescape": "LINE",
    "stringnl_noescape_pair": "LINE_PAIR", "decimalnl_short": "LINE_INT",
    "decimalnl_long": "LINE_LONG", "floatnl": "LINE_FLOAT", "stringnl": "LINE_QUOTED",
    "unicodestringnl": "LINE_RAW_UNICODE",
}

DUMP = """
import json, pickletools
print(json.dumps([[ord(op.code), op.name, op.arg and op.arg.name, op.proto,
                   [item.name for item in op.stack_before],
                   [item.name for item in op.stack_after]]
                  for op in pickletools.opcodes]))
"""

# What an opcode can make an unpickler do is ours to say; the test keeps it from changing
# unnoticed.
RISKS = {
    "GLOBAL": "IMPORT", "STACK_GLOBAL": "IMPORT", "INST": "IMPORT|CALL", "OBJ": "CALL",
    "REDUCE": "CALL", "NEWOBJ": "CALL", "NEWOBJ_EX": "CALL", "BUILD": "BUILD",
    "APPEND": "ITEMS", "APPENDS": "ITEMS", "SETITEM": "ITEMS", "SETITEMS": "ITEMS",
    "ADDITEMS": "ITEMS", "PERSID": "PERSIST", "BINPERSID": "PERSIST", "EXT1": "EXTEND",
    "EXT2": "EXTEND", "EXT4": "EXTEND",
}


def read_def():
    row = re.compile(r'X\((0x[0-9a-f]{2}), (\w+), (\w+), (\d), "([^"]*)", "([^"]*)", '
                     r'([\w| ]+)\)')
    text = (tap.TOP / "src/pickle/opcodes.def").read_text(encoding="ascii")
    lines = [line for line in text.splitlines() if line.startswith("X(")]
    rows = [row.fullmatch(line) for line in lines]
    tap.ok(all(rows), "every line of the table has the same form",
           [line for line, found in zip(lines, rows) if not found])
    return [found.groups() for found in rows if found]


def risks(text):
    return "|".join(risk.replace("STK_RISK_", "") for risk in text.split(" | "))


def differing(ours, theirs):
    """[(byte, ours, theirs)] where a row differs or is missing."""
    return [(byte, ours.get(byte), theirs.get(byte)) for byte in sorted({*ours, *theirs})
            if ours.get(byte) != theirs.get(byte)]


def main():
    rows = read_def()
    ours = {int(byte, 16): (name, arg, int(proto), before.split(), after.split())
            for byte, name, arg, proto, before, after, _ in rows}
    tap.equal(len(ours), len(rows), "no byte twice")
    tap.equal([int(row[0], 16) for row in rows], sorted(ours),
              "in the order of their bytes")
    risky = {row[1]: risks(row[6]) for row in rows if risks(row[6]) != "NONE"}
    tap.equal(risky, RISKS, "risks")
    pythons = tap.pythons()
    tap.skip_versions_without_python(pythons)
    for python in pythons:
        out = python.run("-c", DUMP, stdout=subprocess.PIPE).stdout
        theirs = {code: (name, ARGUMENTS[arg], proto, before, after)
                  for code, name, arg, proto, before, after in json.loads(out)}
        tap.equal(differing(ours, theirs), [], "as pickletools of %s" % python)
    tap.done()


if __name__ == "__main__":
    main()
