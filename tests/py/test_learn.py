#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""stockade learn: profiles proposed from pickles of several CPythons and from JSON.

A profile takes its samples and what varies within its bounds, and refuses what does not.
"""

import itertools
import json
import pathlib
import pickle
import subprocess
import sys
import tempfile

import tap

MAKER = r"""
import collections, datetime, enum, pickle, sys, types
m = types.ModuleType("serve.messages")
sys.modules["serve"] = types.ModuleType("serve")
sys.modules["serve.messages"] = m
class Mode(enum.Enum):
    IMAGE = "image"
    VIDEO = "video"
class Level(enum.IntEnum):
    LOW = 1
    HIGH = 9
class Req:
    pass
class Node:
    pass
class Slots:
    __slots__ = ("a", "b")
class Sub(dict):
    pass
Point = collections.namedtuple("Point", "x y")
for c in (Mode, Level, Req, Node, Slots, Sub, Point):
    c.__module__ = "serve.messages"
    c.__qualname__ = c.__name__
    setattr(m, c.__name__, c)

def req(i, **more):
    r = Req()
    r.prompt = "a prompt %d" % i
    r.height = 480 + 60 * i
    r.guidance = 0.5 + i
    r.mode = Mode.IMAGE
    r.level = Level.LOW if i % 2 else Level.HIGH
    r.tags = ["a", i, None]
    r.size = (1, "x")
    r.data = b"x" * (i + 1)
    r.at = datetime.datetime(2020, 1, 1, i)
    r.by_id = {i: "one", i + 1: "two"}
    r.names = {"n%d" % i, "m"}
    s = Slots()
    s.a, s.b = i, None
    r.slots = s
    r.sub = Sub(k=i)
    r.point = Point(1, i)
    n = Node()
    n.next = Node()
    n.next.value = n.value = i
    n.next.next = None
    r.node = n
    r.seed = None if i == 0 else i
    r.__dict__.update(more)
    return r

def put(name, value):
    with open(name, "wb") as f:
        pickle.dump(value, f, int(sys.argv[1]))
for i in range(4):
    put("s%d.pkl" % i, req(i))
put("good.pkl", req(2, height=900, prompt="another prompt"))
put("tall.pkl", req(1, height=5000))
put("long.pkl", req(1, prompt="x" * 4000))
put("extra.pkl", req(1, other=1))
put("kind.pkl", req(1, height="480"))
put("video.pkl", req(1, mode=Mode.VIDEO))
put("cls.pkl", req(1, slots=Node()))
put("bytes.pkl", req(1, data=b"x" * 5000))
gone = req(1)
del gone.height
put("gone.pkl", gone)
"""
BAD = ["tall", "long", "extra", "kind", "video", "cls", "bytes", "gone"]


def run(folder, *args):
    return subprocess.run([tap.STOCKADE, *args], cwd=folder, capture_output=True,
                          text=True, timeout=60, check=False)


def learn(folder, samples, *args):
    return run(folder, "learn", "-o", "profile.json", *args, *samples)


def accepts(folder, path):
    return run(folder, "check", "-p", "profile.json", path).returncode == 0


def check_pickles(python, protocol):
    label = "%s, protocol %d" % (python, protocol)
    samples = ["s%d.pkl" % i for i in range(4)]
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        made = subprocess.run([python.path, "-c", MAKER, str(protocol)], cwd=folder,
                              capture_output=True, text=True, timeout=60, check=False)
        if not tap.ok(made.returncode == 0, label + ": samples", made.stderr):
            return
        done = learn(folder, samples)
        if not tap.ok(done.returncode == 0, label + ": learns", done.stderr):
            return
        refused = [s for s in samples + ["good.pkl"] if not accepts(folder, s)]
        tap.equal(refused, [], label + ": samples and a variation are taken")
        taken = [b for b in BAD if accepts(folder, b + ".pkl")]
        tap.equal(taken, [], label + ": others are refused")
        tap.ok("serve.messages.Req.height: 480..660 seen, 1..1024 allowed"
               in done.stderr, label + ": says what it generalised", done.stderr)
        profile = (folder / "profile.json").read_text(encoding="utf-8")
        orders = set()
        for order in itertools.islice(itertools.permutations(samples), 0, 24, 7):
            learn(folder, order)
            orders.add((folder / "profile.json").read_text(encoding="utf-8"))
        tap.equal(orders, {profile}, label + ": the same in any order")
        mode = json.loads(profile)["$defs"]["serve.messages.Mode"]
        tap.ok("members" in mode and len(mode["members"]) == 1, label + ": an enum", mode)


def check_plain():
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for i in range(40):
            value = {"mode": "ab"[i % 2], "n": i * 100, "share": i / 40, "list": [1, "x"],
                     "byKey": {str(i): {"v": i}, str(i + 1): {"v": 2}}}
            if i % 3 == 0:
                value["opt"] = None if i % 2 else True
            (folder / ("%02d.json" % i)).write_text(json.dumps(value))
        samples = ["%02d.json" % i for i in range(40)]
        done = learn(folder, samples, "--title", "T", "--release", "R 1")
        tap.equal(done.returncode, 0, "JSON: learns")
        profile = json.loads((folder / "profile.json").read_text())
        tap.equal([profile[k] for k in (
            "$schema", "title", "madeFrom", "kind", "required",
                                        "additionalProperties")],
                  ["urn:stockade:profile:1", "T", "R 1", "dict",
                   ["byKey", "list", "mode", "n", "share"], False], "JSON: its head")
        tap.equal(profile["properties"]["mode"], {"kind": "str", "enum": ["a", "b"]},
                  "JSON: few texts that are often met are the only ones")
        tap.equal(profile["properties"]["n"], {"kind": "int", "minimum": 0,
                                               "maximum": 4096}, "JSON: a range")
        tap.equal(profile["properties"]["share"], {"kind": "float", "minimum": 0,
                                                   "maximum": 1}, "JSON: a share")
        tap.equal(profile["properties"]["opt"], {"kind": ["none", "bool"]}, "JSON: kinds")
        tap.ok("values" in profile["properties"]["byKey"], "JSON: keys that are numbers")
        shown = run(folder, "learn", "-q", "-o", "-", *samples)
        tap.equal((shown.returncode, shown.stderr), (0, ""), "standard output, quietly")
        deep = "[" * 100 + "1" + "]" * 100
        (folder / "deep.json").write_text(deep)
        done = learn(folder, ["deep.json"])
        tap.ok(done.returncode == 0 and accepts(folder, "deep.json"),
               "lists in lists are one place past 32", done.stderr)
        (folder / "text.json").write_text(deep.replace("1", '"x"'))
        tap.ok(not accepts(folder, "text.json"), "and what is not there is refused")


def check_odd():
    ring = []
    ring.append(ring)
    values = {"empty": [[], {}, (), set(), b"", ""],
              "big": [1 << 70, -(1 << 90), 1e300, float("nan")],
              "mixed": [1, "a", None, (1, 2), {"a": 1}, {1: 2}, b"x", {3}, 1.5, True],
              "tuples": [(1, "a"), (2, "b")], "min": -1,
              "edge": [(1 << 63) - 1, -1 << 63]}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for label, value in values.items():
            (folder / label).write_bytes(pickle.dumps(value, 4))
            done = learn(folder, [label])
            tap.ok(done.returncode == 0 and accepts(folder, label), "a sample: " + label,
                   done.stderr)
        done = learn(folder, values)
        tap.ok(done.returncode == 0 and all(accepts(folder, v) for v in values),
               "all of them at one place", done.stderr)
        before = (folder / "profile.json").read_bytes()
        for module, attr in (("os", "system"), ("builtins", "eval")):
            text = ("c%s\n%s\n(S'true'\ntR." % (module, attr)).encode()
            (folder / "bad").write_bytes(text)
            done = learn(folder, ["min", "bad"])
            tap.ok(done.returncode == 1 and attr in done.stderr,
                   "a sample that calls %s is refused" % attr, done.stderr)
        (folder / "ring").write_bytes(pickle.dumps(ring, 4))
        tap.equal(learn(folder, ["ring"]).returncode, 3, "a sample that holds itself")
        (folder / "cut").write_bytes(b"\x80\x04]")
        tap.equal(learn(folder, ["cut"]).returncode, 3, "a sample that is cut off")
        tap.equal(learn(folder, ["missing"]).returncode, 4, "a sample that is not there")
        tap.equal(learn(folder, ["-"]).returncode, 2, "samples are files")
        tap.equal((folder / "profile.json").read_bytes(), before,
                  "then the old profile stays")


def check_arrays():
    numpy = tap.need("numpy")
    if numpy is None:
        return
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)

        def put(path, value):
            (folder / path).write_bytes(pickle.dumps(value, 4))

        put("a", {"x": numpy.zeros((3, 4), "float32")})
        put("b", {"x": numpy.zeros((7, 2), "int64")})
        put("near", {"x": numpy.zeros((9, 9), "int64")})
        put("rank", {"x": numpy.zeros((3,), "int64")})
        put("type", {"x": numpy.zeros((3, 4), "int8")})
        put("size", {"x": numpy.zeros((16, 100), "int64")})
        done = learn(folder, ["a", "b"])
        tap.equal(done.returncode, 0, "arrays: learns")
        names = ("a", "b", "near", "rank", "type", "size")
        tap.equal([accepts(folder, v) for v in names],
                  [True, True, True, False, False, False], "arrays: bounds")


def main():
    for python in tap.pythons():
        for protocol in (2, 4):
            check_pickles(python, protocol)
    check_plain()
    check_odd()
    check_arrays()
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
