#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""MessagePack against Python's msgpack, in both directions.

What Python packs, the decoder reads and the plain writer writes in the same bytes: both
use the shortest forms. What the decoder takes of damaged messages is what Python takes,
save what `Stricter` names.
"""

import os
import pathlib
import random
import struct
import subprocess

import tap

PROGRAM = pathlib.Path(tap.STOCKADE_CHECKED).parent / "tests/unit/wire/msgpack_pipe"
SEED = int(os.environ.get("STOCKADE_MSGPACK_SEED", "20"))
VALUES = {"check": 3000, "all": 30000, "nightly": 300000}[tap.TIER]
DAMAGED = VALUES * 5
OK = 0
REFUSED = object()

INTEGERS = [0, 1, 127, 128, 255, 256, 65535, 65536, 2**32 - 1, 2**32, 2**63 - 1, 2**63,
            2**64 - 1, -1, -32, -33, -128, -129, -32768, -32769, -2**31, -2**31 - 1,
            -2**63]
FLOATS = [0.0, -0.0, 1.5, 0.1, 1e308, 5e-324, float("inf"), float("-inf")]
TEXTS = ["", "a", "ä€😀", "x" * 31, "x" * 32, "x" * 255, "x" * 256, "\0", "x" * 65536]

HEADS = b"\xc0\xc1\xc7\xca\xcc\xd4\xd6\xd9\xdc\xde\x81\x91\xa1\xff"


def serve(messages):
    """(status, bytes) of each."""
    stdin = b"".join(struct.pack(">I", len(m)) + m for m in messages)
    run = subprocess.run([PROGRAM], input=stdin, stdout=subprocess.PIPE, check=True)
    answers, at = [], 0
    for _ in messages:
        status, length = struct.unpack_from(">II", run.stdout, at)
        answers.append((status, run.stdout[at + 8:at + 8 + length]))
        at += 8 + length
    return answers


def scalar(rng):
    return rng.choice([
        lambda: None, lambda: rng.random() < 0.5,
        lambda: rng.choice(INTEGERS), lambda: rng.getrandbits(rng.randrange(1, 64)),
        lambda: -rng.getrandbits(rng.randrange(1, 63)),
        lambda: rng.choice(FLOATS), lambda: struct.unpack("d", rng.randbytes(8))[0],
        lambda: rng.choice(TEXTS[:-1]), lambda: rng.randbytes(rng.randrange(40)),
        lambda: msgpack.Timestamp(rng.choice([0, 5, 2**32, 2**34, -1, 2**40]),
                                  rng.choice([0, 1, 999999999])),
    ])()


def key(rng):
    value = scalar(rng)
    return None if isinstance(value, (float, msgpack.Timestamp)) else value


def value(rng, depth=0):
    kind = rng.randrange(6)
    if kind > 1 and depth > 0 or depth > 4:
        return scalar(rng)
    n = rng.choice([0, 1, 2, 3, 15, 16, 17]) if depth < 3 else rng.randrange(3)
    if kind % 2:
        return [value(rng, depth + 1) for _ in range(n)]
    return {key(rng): value(rng, depth + 1) for _ in range(n)}


def damage(rng, message):
    message = bytearray(message)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(message) + 1)
        action = rng.randrange(3)
        if action == 0:
            message[at:at + 1] = rng.randbytes(1)
        elif action == 1:
            del message[at:at + rng.randrange(1, 4)]
        else:
            message[at:at] = bytes([rng.choice(HEADS)])
    return bytes(message)


class Stricter(Exception):
    """Python takes what we refuse: equal keys, unknown ext types; a timestamp as a key is
    read by us, and not written for other tools."""


def pairs(items):
    result = {}
    for k, v in items:
        if isinstance(k, msgpack.Timestamp):
            raise Stricter("a timestamp as a key")
        if k in result:
            raise Stricter("equal keys")
        result[k] = v
    return result


def ext(code, data):
    raise Stricter("ext type")


def unpack(message):
    try:
        return msgpack.unpackb(message, raw=False, strict_map_key=False,
                               object_pairs_hook=pairs, ext_hook=ext)
    except (ValueError, msgpack.UnpackException):
        return REFUSED
    except TypeError as error:
        if "unhashable" not in str(error):
            raise
        return REFUSED


def both_ways():
    rng = random.Random(SEED)
    values = [[n] for n in INTEGERS + FLOATS + TEXTS] + INTEGERS + TEXTS
    values += [list(range(n)) for n in (0, 15, 16, 65535, 65536)]
    values += [dict.fromkeys(range(n)) for n in (0, 15, 16, 65535, 65536)]
    values += [b"x" * n for n in (0, 1, 255, 256, 65535, 65536)]
    values += [value(rng) for _ in range(VALUES)]
    packed = [msgpack.packb(v) for v in values]
    bad = [(p, a) for p, a in zip(packed, serve(packed)) if a != (OK, p)]
    tap.ok(not bad, "what Python packs is written in the same bytes", bad[:3])

    single = [msgpack.packb(v, use_single_float=True)
              for v in ([1.5, 0.1, -0.0, float("inf"), 1e-45], 3.4028234663852886e38)]
    widened = [msgpack.packb(msgpack.unpackb(p)) for p in single]
    tap.equal(serve(single), [(OK, p) for p in widened], "float32 is widened exactly")


def damaged():
    rng = random.Random(SEED + 1)
    messages = [damage(rng, msgpack.packb(value(rng, 2))) for _ in range(DAMAGED)]
    taken, refused, stricter, wrong = 0, 0, 0, []
    for message, (status, out) in zip(messages, serve(messages)):
        try:
            want = unpack(message)
        except Stricter:
            stricter += 1
            if status == OK:
                wrong.append((message, "taken"))
            continue
        if want is REFUSED:
            refused += 1
            if status == OK:
                wrong.append((message, "taken"))
            continue
        taken += 1
        if status != OK or msgpack.packb(want) != out:
            wrong.append((message, status, out))
    tap.ok(not wrong, "damaged messages are taken or refused as by Python", wrong[:5])
    print("# %d taken, %d refused, %d refused by us alone" % (taken, refused, stricter))
    tap.ok(min(taken, refused, stricter) > 20, "each of these was met")


def main():
    if not tap.ok(PROGRAM.exists(), "msgpack_pipe is built"):
        tap.done()
    both_ways()
    damaged()
    tap.done()


msgpack = tap.need("msgpack")
if msgpack is None:
    tap.done()
main()
