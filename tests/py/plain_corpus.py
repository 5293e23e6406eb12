#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes pickles of built-in objects and of the standard library's, at all protocols.

    plain_corpus.py FOLDER
    plain_corpus.py --differences FOLDER

The second writes FOLDER/one and FOLDER/other, files of one name that differ: what
deep_equal.py must see. Runs on any CPython from 3.8 on.
"""

import array
import collections
import datetime
import decimal
import fractions
import io
import itertools
import os
import pathlib
import pickle
import random
import sys
import types
import uuid

DEEP = 100000
RANDOM = 30


def atoms():
    yield from {
        "none": None, "true": True, "false": False, "ellipsis": ..., "zero": 0,
        "ints": [sign * (1 << bits) + by for bits in (7, 8, 15, 16, 31, 32, 55, 56, 63,
                                                      64, 127, 128, 1023, 1024, 2047)
                 for sign in (1, -1) for by in (-1, 0, 1)],
        "big": [(1 << 2040) - 1, 3 ** 3000, -(3 ** 3000)],
        "floats": [0.0, -0.0, 0.1, 1e300, 5e-324, float("inf"), float("-inf"),
                   float("nan"), 1.7976931348623157e308, -2.5],
        "complex": [1 + 2j, complex("nan"), -0j],
        "texts": ["", "a", "\u00e9", "\u20ac", "\U0001f600", "\0", "a\nb\r\\", "x" * 255,
                  "x" * 256, "\u00ff" * 300, "'\"", "\x1a"],
        "surrogates": ["\ud800", "a\udfffb", "\udc80" * 3, "\ud83d\ude00"],
        "bytes": [b"", b"a", bytes(range(256)), b"x" * 255, b"x" * 256, b"\n\\'"],
        "bytearrays": [bytearray(), bytearray(b"a"), bytearray(range(256))],
        "ranges": [range(3), range(1, 9, 2), slice(1, None, 2)],
    }.items()


def containers():
    yield from {
        "lists": [[], [1], [1, 2], [[[]]], list(range(999)), list(range(1000)),
                  list(range(1001)), list(range(2001))],
        "tuples": [(), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), ((),), tuple(range(300))],
        "dicts": [{}, {1: 2}, {1: 2, "a": None}, {i: str(i) for i in range(2001)},
                  {(1, (2,)): 3, None: 4, 1.5: 5, b"x": 6, frozenset([1]): 7}],
        "numbers": {1: "a", 2.5: "b", True + 1: "c", -1: "d", 1 << 70: "e",
                    float(1 << 80): "f"},
        "sets": [set(), {1}, {1, "a", None, 2.5, (1, 2)}, set(range(1001))],
        "frozensets": [frozenset(), frozenset([1]), frozenset(range(1001)),
                       frozenset([frozenset([frozenset()])])],
    }.items()


def shared():
    text, data, big = "shared text", b"shared bytes", 1 << 90
    items, pairs, member = [1], {"a": 1}, frozenset([5])
    row = (items, pairs)
    yield from {
        "list": [items, items], "dict": [pairs, pairs], "tuple": [row, row, items],
        "text": [text, text, {text: text}], "bytes": (data, data), "big": [big, big],
        "set": [member, member, {member}], "bytearray": [bytearray(b"x")] * 2,
        "many": [[[i] for i in range(300)]] * 2,
        "crossed": [[items, pairs], [pairs, items]],
    }.items()


def cycles():
    a = []
    a.append(a)
    yield "list", a
    b = {}
    b["self"] = b
    yield "dict", b
    c = ([],)
    c[0].append(c)
    yield "tuple", c
    yield "in-tuple", c[0]
    d = ({}, 1, 2, 3, 4)
    d[0][1] = d
    yield "tuple-dict", d
    e, f = [], []
    e.append((f, 1))
    f.append((e, 2))
    yield "two", [e, f]
    g = types.SimpleNamespace()
    g.me, g.items = g, [g]
    yield "object", g
    h = collections.OrderedDict()
    h["x"] = {"up": h}
    yield "ordered", h
    i = collections.deque([1])
    i.append([i])
    yield "deque", i
    j = ([], [], 3)
    j[0].append(j)
    j[1].append((j, j[0]))
    yield "tuple-twice", j
    k = collections.defaultdict(list)
    k[1].append(k)
    yield "defaultdict", k
    left = types.SimpleNamespace()
    right = types.SimpleNamespace(other=left)
    left.other = right
    yield "mutual", {"left": left, "right": right}


def nested():
    a = None
    for _ in range(DEEP):
        a = [a]
    yield "lists", a
    d = None
    for i in range(DEEP):
        d = [d, 1] if i % 3 == 0 else (d, 2, 3, 4, 5) if i % 3 == 1 else {i: d, "x": 0}
    yield "mixed", d


def library():
    yield from {
        "ordered": collections.OrderedDict([("b", 1), ("a", 2)]),
        "default": collections.defaultdict(int, {"a": 1}),
        "counter": collections.Counter("abca"),
        "deques": [collections.deque(), collections.deque([1, 2], 5)],
        "times": [datetime.datetime(2020, 1, 2, 3, 4, 5, 6), datetime.date(1, 1, 1),
                  datetime.time(1, 2), datetime.timedelta(1, 2, 3),
                  datetime.timezone.utc,
                  datetime.datetime(2020, 1, 2, tzinfo=datetime.timezone.utc)],
        "decimals": [decimal.Decimal("1.50"), decimal.Decimal("NaN"),
                     decimal.Decimal("-Infinity")],
        "fractions": fractions.Fraction(1, 3),
        "uuid": uuid.UUID(int=5),
        "namespace": types.SimpleNamespace(a=1, b=[2]),
        "classes": [int, dict, OSError, collections.OrderedDict, list, type(None)],
        "errors": [ValueError("a", 1), KeyError("k"), OSError(2, "no"),
                   StopIteration(3)],
        "path": pathlib.PurePosixPath("a/b"),
        "array": array.array("i", [1, 2, 3]),
        "keys": {datetime.date(2020, 1, 1): 1, decimal.Decimal(1): 2,
                 uuid.UUID(int=1): 3},
        "function": [len, sorted],
    }.items()


def random_value(rng, pool, depth):
    if pool and rng.random() < 0.2:
        return rng.choice(pool)
    kind = rng.randrange(12 if depth < 6 else 7)
    if kind < 7:
        return (None, rng.random() < 0.5, rng.randrange(-5, 70000), rng.random(),
                "".join(chr(rng.choice([97, 233, 8364, 0xd800])) for _ in range(
                    rng.randrange(5))),
                bytes(rng.randrange(256) for _ in range(rng.randrange(5))),
                rng.getrandbits(90) - (1 << 89))[kind]
    n = rng.randrange(6)
    if kind == 7:
        made = tuple(random_value(rng, pool, depth + 1) for _ in range(n))
    elif kind == 8:
        made = {rng.randrange(50): random_value(rng, pool, depth + 1) for _ in range(n)}
        pool.append(made)
    elif kind == 9:
        made = {rng.choice("abcdef") for _ in range(n)}
    elif kind == 10:
        made = collections.OrderedDict(
            (str(i), random_value(rng, pool, depth + 1)) for i in range(n))
    else:
        made = []
        pool.append(made)  # before it has its items: cycles
        made.extend(random_value(rng, pool, depth + 1) for _ in range(n))
    pool.append(made)
    return made


def random_values():
    rng = random.Random(7)
    for i in range(RANDOM):
        yield str(i), [random_value(rng, [], 0) for _ in range(4)]


GROUPS = (atoms, containers, shared, cycles, nested, library, random_values)
PYTHON_ONLY = {"nested"}  # deeper than a pickler goes


def deep_pickle(thing, protocol):
    """A pickle of what picklers cannot walk: each level holds one that is deeper."""
    if protocol < 2:
        return None
    out, closing = io.BytesIO(), []
    out.write(b"\x80" + bytes([protocol]))
    while thing is not None:
        if type(thing) is list:
            out.write(b"]")
            closing.append(b"a" if len(thing) == 1 else b"aK\x01a")
            thing = thing[0]
        elif type(thing) is dict:
            (key, inner), *rest = thing.items()
            out.write(b"}" + pickle.dumps(key, 2)[2:-1])
            closing.append(b"s" if not rest else b"sX\x01\0\0\0xK\0s")
            thing = inner
        elif len(thing) == 1:
            closing.append(b"\x85")
            thing = thing[0]
        else:
            out.write(b"(")
            closing.append(b"K\x02K\x03K\x04K\x05t")
            thing = thing[0]
    out.write(b"N" + b"".join(reversed(closing)) + b".")
    return out.getvalue()


def dump(thing, protocol, group):
    if group in PYTHON_ONLY:
        return deep_pickle(thing, protocol)
    return pickle.dumps(thing, protocol)


def write(folder):
    os.makedirs(folder)
    for group in GROUPS:
        for name, thing in group():
            for protocol in range(6):
                data = dump(thing, protocol, group.__name__)
                if data is None or group is nested and protocol != 3:
                    continue
                path = os.path.join(folder, "%s-%s.%d.pkl" % (group.__name__, name,
                                                              protocol))
                with open(path, "wb") as f:
                    f.write(data)


# ---- what deep_equal.py must see ----

def pairs():
    shared_list = [1]
    text = bytearray(b"x")
    cycle = []
    cycle.append(cycle)
    yield "type-int-bool", [1], [True]
    yield "type-int-float", [1], [1.0]
    yield "type-list-tuple", [[1]], [(1,)]
    yield "type-dict", {"a": 1}, collections.OrderedDict(a=1)
    yield "type-bytes", b"a", bytearray(b"a")
    yield "value-int", [1], [2]
    yield "value-zero", [0.0], [-0.0]
    yield "value-text", {"a": "x"}, {"a": "y"}
    yield "value-key", {"a": 1}, {"b": 1}
    yield "value-order", {"a": 1, "b": 2}, {"b": 2, "a": 1}
    yield "value-set", {1, 2}, {1, 3}
    yield "value-bytearray", bytearray(b"a"), bytearray(b"b")
    yield "value-object", types.SimpleNamespace(a=1), types.SimpleNamespace(a=2)
    yield "value-deque", collections.deque([1]), collections.deque([1, 2])
    yield "value-class", [OSError], [ValueError]
    yield "length", [1, 2], [1]
    yield "sharing-lost", [shared_list, shared_list], [[1], [1]]
    yield "sharing-new", [[1], [1]], [shared_list, shared_list]
    yield "sharing-bytearray", [text, text], [bytearray(b"x"), bytearray(b"x")]
    yield "sharing-cycle", cycle, [[[]]]
    yield "sharing-crossed", [[shared_list, [1]], shared_list], [[[1], shared_list],
                                                                 shared_list]
    try:
        import numpy
    except ImportError:
        return
    yield "array-bytes", numpy.array([1, 2]), numpy.array([1, 3])
    yield "array-dtype", numpy.array([1], "i4"), numpy.array([1], "i8")
    yield "array-shape", numpy.zeros((2, 3)), numpy.zeros((3, 2))
    yield "array-objects", numpy.array([None, "a"]), numpy.array([None, "b"])
    yield "array-sharing", [numpy.ones(2)] * 2, [numpy.ones(2), numpy.ones(2)]
    yield "scalar", numpy.float32(1), numpy.float64(1)


def tensor_pairs():
    try:
        import torch
    except ImportError:
        return
    one = torch.arange(6.0)
    yield "tensor-bytes", one, one + 1
    yield "tensor-dtype", one, one.double()
    yield "tensor-stride", one.reshape(2, 3).t(), one.reshape(3, 2)
    yield "tensor-gradient", one, one.clone().requires_grad_()


def write_differences(folder):
    for part in ("one", "other"):
        os.makedirs(os.path.join(folder, part))
    for name, *both in itertools.chain(pairs(), tensor_pairs()):
        for part, thing in zip(("one", "other"), both):
            with open(os.path.join(folder, part, name), "wb") as f:
                pickle.dump(thing, f, 4)


def main():
    if sys.argv[1] == "--differences":
        write_differences(sys.argv[2])
    else:
        write(sys.argv[1])


main()
