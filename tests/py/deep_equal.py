#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Loads pairs of pickles and says where their objects differ.

    deep_equal.py FOLDER OTHER

Each file of FOLDER is held against the file of its name in OTHER: types, values, what is
shared with what, arrays and tensors by their bytes. Prints a line for each difference and
"compared N" at the end. Runs on any CPython from 3.6 on.
"""

import os
import pickle
import sys
import warnings

PLAIN = (type(None), bool, int, float, complex, str, bytes, type(Ellipsis),
         type(NotImplemented), range)


class Differ(Exception):
    pass


def bits(number):
    return repr(number) if number == number else "nan"


class Comparison:
    """One pair of graphs. Work is a list, so that depth does not matter."""

    def __init__(self):
        self.there = {}  # id here: id there
        self.here = {}
        self.keep = []  # what __reduce_ex__ made lives as long as its id counts
        self.todo = []

    def run(self, a, b):
        self.todo.append((a, b, "$"))
        while self.todo:
            self.one(*self.todo.pop())

    def add(self, a, b, path):
        if len(path) > 400:  # of deep graphs
            path = "$..." + path[-300:]
        self.todo.append((a, b, path))

    def fail(self, path, a, b):
        raise Differ("%s: %.200r is not %.200r" % (path, a, b))

    def one(self, a, b, path):
        if type(a) is not type(b):
            self.fail(path, type(a), type(b))
        if isinstance(a, type) or callable(a) and hasattr(a, "__qualname__"):
            if a is not b and getattr(a, "__self__", None) is None:
                self.fail(path, a, b)
        if type(a) in PLAIN:
            if (bits(a) if isinstance(a, (float, complex)) else a) != \
                    (bits(b) if isinstance(b, (float, complex)) else b):
                self.fail(path, a, b)
            return
        if self.there.get(id(a), id(b)) != id(b) or self.here.get(id(b), id(a)) != id(a):
            self.fail(path + " (sharing)", a, b)
        if id(a) in self.there:
            return
        self.there[id(a)], self.here[id(b)] = id(b), id(a)
        self.keep.append((a, b))
        self.inside(a, b, path)

    def inside(self, a, b, path):
        kind = type(a)
        if kind in (list, tuple):
            self.items(a, b, path)
        elif kind is dict:
            self.pairs(a, b, path)
        elif kind in (set, frozenset):
            if a != b and sorted(map(repr, a)) != sorted(map(repr, b)):
                self.fail(path, a, b)
        elif kind is bytearray:
            if a != b:
                self.fail(path, a, b)
        elif kind.__module__ == "numpy" and hasattr(a, "tobytes"):
            self.array(a, b, path)
        elif kind.__module__.startswith("torch") and hasattr(a, "untyped_storage") | \
                hasattr(a, "storage") and hasattr(a, "stride"):
            self.tensor(a, b, path)
        elif not isinstance(a, type) and not (callable(a) and hasattr(a, "__qualname__")):
            self.reduced(a, b, path)

    def items(self, a, b, path):
        if len(a) != len(b):
            self.fail(path + " (length)", len(a), len(b))
        for i, pair in enumerate(zip(a, b)):
            self.add(pair[0], pair[1], "%s[%d]" % (path, i))

    def pairs(self, a, b, path):
        if len(a) != len(b):
            self.fail(path + " (length)", len(a), len(b))
        for (key, value), (other_key, other) in zip(a.items(), b.items()):
            self.add(key, other_key, path + "<key>")
            self.add(value, other, "%s[%.60r]" % (path, key))

    def array(self, a, b, path):
        if a.dtype != b.dtype or getattr(a, "shape", ()) != getattr(b, "shape", ()):
            self.fail(path, a, b)
        if a.dtype.hasobject:
            self.add(a.tolist(), b.tolist(), path)
        elif a.tobytes() != b.tobytes():
            self.fail(path, a, b)

    def tensor(self, a, b, path):
        import torch
        if a.dtype != b.dtype or a.shape != b.shape or a.layout != b.layout or \
                a.requires_grad != b.requires_grad:
            self.fail(path, a, b)
        if a.layout == torch.strided and not a.is_quantized:
            if a.stride() != b.stride() or a.storage_offset() != b.storage_offset():
                self.fail(path, a.stride(), b.stride())
            if bytes(a.storage().tolist().__repr__(), "utf8") != \
                    bytes(b.storage().tolist().__repr__(), "utf8"):
                self.fail(path, a, b)
        elif repr(a) != repr(b):
            self.fail(path, a, b)

    def reduced(self, a, b, path):
        try:
            one = a.__reduce_ex__(4)
        except Exception:
            one = None
        if one is None or isinstance(one, str):
            if isinstance(one, str) and a is not b:
                self.fail(path, a, b)
            if repr(a).split(" at 0x")[0] != repr(b).split(" at 0x")[0]:
                self.fail(path, a, b)
            return
        other = b.__reduce_ex__(4)
        one, other = [list(x) + [None] * (6 - len(x)) for x in (one, other)]
        for part in (3, 4):
            one[part] = None if one[part] is None else list(one[part])
            other[part] = None if other[part] is None else list(other[part])
        self.keep.append((one, other))
        for part, name in enumerate(("callee", "args", "state", "items", "pairs")):
            # What is made for each call is no object of the graph.
            if type(one[part]) in (list, tuple) and type(other[part]) is type(one[part]):
                self.items(one[part], other[part], "%s.%s" % (path, name))
            elif type(one[part]) is dict and type(other[part]) is dict:
                self.pairs(one[part], other[part], "%s.%s" % (path, name))
            else:
                self.add(one[part], other[part], "%s.%s" % (path, name))


def load(path):
    with open(path, "rb") as f:
        return pickle.load(f)


def main():
    warnings.simplefilter("ignore")
    folder, others = sys.argv[1:]
    n = 0
    for name in sorted(os.listdir(folder)):
        path, other = os.path.join(folder, name), os.path.join(others, name)
        if not os.path.exists(other):
            continue
        try:
            a = load(path)
        except Exception as e:
            print("%s: cannot be loaded itself: %r" % (name, e))
            continue
        try:
            Comparison().run(a, load(other))
        except Differ as e:
            print("%s: differs: %s" % (name, e))
        except Exception as e:
            print("%s: fails: %r" % (name, e))
        n += 1
    print("compared %d" % n)


main()
