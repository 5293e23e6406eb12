# SPDX-License-Identifier: Apache-2.0
"""Random and mutated streams for the differential test, the same ones for the same seed.

  python3 generate.py SEED FIRST COUNT     length-prefixed streams FIRST … of that seed

Two fifths are probes (probes.py), a third are programs (programs.py). The rest are real
pickles and fixtures, mutated or not.
"""
import collections
import datetime
import decimal
import fractions
import glob
import os
import pickle
import random
import struct
import sys
import uuid

from pieces import HERE, OPCODES, PKA
from probes import odd, probe
from programs import program

SIZE_MAX = 65536

# Real pickles and fixtures, and what becomes of them.

Point = collections.namedtuple("Point", "x y")
Point.__module__ = "__main__"


class Plain:
    def __init__(self, **kw):
        self.__dict__.update(kw)


Plain.__module__ = "__main__"


def real_objects():
    shared = ["shared", 1.5]
    loop = [1]
    loop.append(loop)
    # pickle looks classes up by name
    sys.modules["__main__"].Point = Point
    sys.modules["__main__"].Plain = Plain
    return [
        None, True, 0, -1, 255, 256, 65536, -(1 << 40), 1 << 200, 1.5, "text",
        "\u00e9\u4e2d",
        "back\\slash\nline", b"", b"bytes\xff", bytearray(b"array"), [], {}, (), set(),
        frozenset((1, 2)), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [1, [2, [3]]],
        {"a": 1, "b": [1, 2], 3: {"c": None}}, [shared, shared], loop, set(range(20)),
        list(range(1100)), {str(i): i for i in range(1100)}, "x" * 300, b"y" * 70000,
        Point(1, 2), Plain(a=1, b="two"), collections.OrderedDict(a=1), range(5),
        collections.deque([1]), collections.Counter("aab"), complex(1, 2), slice(1, 2),
        datetime.datetime(2020, 1, 2), decimal.Decimal("1.5"), fractions.Fraction(1, 3),
        uuid.UUID(int=5), collections.defaultdict(list), ValueError("x"), len, dict,
        pickle.PickleBuffer(b"buffer"), [pickle.PickleBuffer(bytearray(b"w"))] * 2,
    ]


def fixtures():
    found = []
    for path in sorted(glob.glob(os.path.join(HERE, "..", "data", "*.pka"))):
        with open(path, encoding="utf-8") as file:
            found.append(PKA.assemble(file.read()))
    return [data for data in found if len(data) < 4096]


def bases():
    out = []
    for value in real_objects():
        for version in range(6):
            try:
                out.append(pickle.dumps(value, version))
            except pickle.PicklingError:
                continue
            if version == 5:
                out.append(pickle.dumps(value, 5, buffer_callback=lambda _: None))
    small = [data for data in out if len(data) < 4096]
    return out, small + fixtures()


def mutate(r, data, pool):
    data = bytearray(data)
    for _ in range(r.choice((1, 1, 1, 2, 3, 5))):
        if not data:
            break
        at = r.randrange(len(data))
        pick = r.randrange(9)
        if pick == 0:
            data[at] ^= 1 << r.randrange(8)
        elif pick == 1:
            data[at] = r.randrange(256)
        elif pick == 2:
            del data[at:]
        elif pick == 3:
            del data[at:at + r.randrange(1, 6)]
        elif pick == 4:
            other = r.choice(pool)
            data[at:] = other[r.randrange(len(other) + 1):]
        elif pick == 5:
            data[at:at] = data[at:at + r.randrange(1, 20)]
        elif pick == 6:
            data[at:at] = bytes([r.choice(OPCODES)])
        elif pick == 7:
            data[at:at] = odd(r)
        else:
            data[at:at + 1] = b"cmut\nant%d\n" % r.randrange(1000)
    return bytes(data)


class Generator:
    """Stream number i of a seed is the same whatever else is asked for."""

    def __init__(self, seed):
        self.seed = seed
        self.whole, self.pool = bases()

    def stream(self, index):
        r = random.Random(self.seed * 0x9E3779B97F4A7C15 + index)
        pick = r.random()
        if pick < 0.37:
            data = probe(r)
        elif pick < 0.70:
            data = program(r)
        elif pick < 0.78:
            data = mutate(r, program(r), self.pool)
        elif pick < 0.98:
            data = mutate(r, r.choice(self.pool), self.pool)
        else:
            data = r.choice(self.whole)
        return data[:SIZE_MAX]


def main():
    seed, first, count = map(int, sys.argv[1:4])
    generator = Generator(seed)
    out = sys.stdout.buffer
    for index in range(first, first + count):
        data = generator.stream(index)
        out.write(struct.pack("<I", len(data)) + data)


if __name__ == "__main__":
    main()
