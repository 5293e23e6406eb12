#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the first inputs and the dictionary of the machine target:

    fuzz/machine_corpus.py [folder [dictionary]]

The inputs are the streams of tests/data/*.pka, those of at most 4 kB, assembled by
tools/pka. What fuzzing finds later is added by hand, under a name that says what it was.
"""
import glob
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
SIZE_MAX = 4096

# Arguments that opcodes of text are read from, and names that are mapped or walked.
TEXTS = ("os\nsystem\n", "__builtin__\neval\n", "\n", "0\n", "01\n", "017\n", "1L\n",
         "0x1f\n", "7\0x\n", "1e400\n", "9223372036854775808\n", "'\\x41'\n",
         "\\u0041", "\xed\xa0\x80")


def literal(data):
    return '"%s"' % "".join("\\x%02x" % byte for byte in data)


def dictionary():
    yield "# Made by machine_corpus.py from opcodes.def."
    with open(os.path.join(TOP, "src/pickle/opcodes.def"), encoding="ascii") as table:
        rows = re.findall(r"^X\((0x..), (\w+),", table.read(), re.M)
    for byte, name in rows:
        yield '%s=%s' % (name.lower(), literal([int(byte, 16)]))
    for frame in range(1, 9):
        yield 'frame_%d=%s' % (frame, literal(bytes([0x95, frame, 0, 0, 0, 0, 0, 0, 0])))
    for number, text in enumerate(TEXTS):
        yield 'text_%d=%s' % (number, literal(text.encode("latin-1")))


def assemble(path):
    pka = os.path.join(TOP, "tools/pka")
    return subprocess.run([sys.executable, pka, "asm", path], check=True,
                          stdout=subprocess.PIPE).stdout


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "machine")
    words = sys.argv[2] if len(sys.argv) > 2 else os.path.join(HERE, "machine.dict")
    os.makedirs(folder, exist_ok=True)
    for path in sorted(glob.glob(os.path.join(TOP, "tests/data/*.pka"))):
        data = assemble(path)
        name = os.path.basename(path)[:-len(".pka")]
        if 0 < len(data) <= SIZE_MAX:
            with open(os.path.join(folder, name), "wb") as file:
                file.write(data)
    with open(words, "w", encoding="ascii") as file:
        file.writelines(line + "\n" for line in dictionary())


if __name__ == "__main__":
    main()
