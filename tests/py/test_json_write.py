#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""JSON as it is written, against Python's json: the same bytes for random values.

Shortest floats, integers of any size, escapes, indentation. Python gives lone surrogates
as they are unless it writes ASCII; no UTF-8 has them, so that they are escaped here.
"""

import json
import math
import os
import pathlib
import random
import struct
import subprocess

import tap

PROGRAM = pathlib.Path(tap.STOCKADE_CHECKED).parent / "tests/unit/wire/json_pipe"
SEED = int(os.environ.get("STOCKADE_JSON_SEED", "30"))
VALUES = {"check": 2000, "all": 20000, "nightly": 200000}[tap.TIER]
BATCH = 500

PARTS = ["a", "b c", '"', "\\", "/", "\n", "\0", "\x1f", "\x7f", "é", "€", "😀", "\ud7ff",
         "\ue000", "\u2028", "\ud800 ", " \udfff", "0123456789"]


def serve(requests):
    """The text of each (value's text, spaces, ASCII)."""
    stdin = b"".join(struct.pack(">IBB", len(text), indent, ascii) + text
                     for text, indent, ascii in requests)
    run = subprocess.run([PROGRAM], input=stdin, stdout=subprocess.PIPE, check=True)
    answers, at = [], 0
    for _ in requests:
        length, = struct.unpack_from(">I", run.stdout, at)
        answers.append(run.stdout[at + 4:at + 4 + length])
        at += 4 + length
    return answers


def text(rng):
    return "".join(rng.choice(PARTS) for _ in range(rng.randrange(12)))


def number(rng):
    value = rng.choice([
        lambda: struct.unpack("d", rng.randbytes(8))[0],
        lambda: round(rng.uniform(-1e6, 1e6), rng.randrange(8)),
        lambda: rng.choice([1, -1]) * 10.0 ** rng.randrange(-30, 30),
        lambda: float(rng.randrange(1 << 60)),
        lambda: rng.randrange(10 ** rng.randrange(1, 60)) * rng.choice([1, -1]),
    ])()
    return value if math.isfinite(value) else -0.0


def value(rng, depth):
    kinds = [lambda: None, lambda: rng.random() < 0.5, lambda: number(rng),
             lambda: number(rng), lambda: text(rng)]
    if depth > 0:
        kinds += [lambda: [value(rng, depth - 1) for _ in range(rng.randrange(5))],
                  lambda: {text(rng): value(rng, depth - 1)
                           for _ in range(rng.randrange(5))}]
    return rng.choice(kinds)()


def python_text(item, indent, ascii):
    separators = (",", ": " if indent else ":")
    result = json.dumps(item, ensure_ascii=bool(ascii), indent=indent or None,
                        separators=separators)
    return "".join("\\u%04x" % ord(c) if 0xd800 <= ord(c) <= 0xdfff else c
                   for c in result).encode()


def first_difference(rng):
    for _ in range(VALUES // BATCH):
        items = [[value(rng, 4) for _ in range(8)] for _ in range(BATCH)]
        styles = [(rng.choice([0, 0, 1, 2, 4]), rng.randrange(2)) for _ in items]
        answers = serve([(json.dumps(item).encode(), *style)
                         for item, style in zip(items, styles)])
        for item, style, got in zip(items, styles, answers):
            want = python_text(item, *style)
            if got != want:
                return "%r %r\ngot  %r\nwant %r" % (item, style, got, want)
    return None


def main():
    rng = random.Random(SEED)
    difference = first_difference(rng)
    tap.ok(difference is None, "%d values are written as Python does" % VALUES,
           difference)
    pair = json.dumps("\ud83d")[:-1].encode() + b"\\" + b"ude00\""
    tap.equal(serve([(pair, 0, 0)]), ["\"😀\"".encode()], "two halves are one character")
    tap.equal(serve([(b"[1", 0, 0), (b"1", 0, 0)]), [b"", b"1"], "what is no JSON is not")
    tap.done()


main()
