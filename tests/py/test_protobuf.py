#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""protobuf_pipe against Debian's protoc and Python's protobuf: what Python writes is read
as the same values and written in the same bytes; what we refuse alone is known."""

import os
import pathlib
import random
import shutil
import struct
import subprocess
import tempfile

import tap

PROGRAM = pathlib.Path(tap.STOCKADE_CHECKED).parent / "tests/unit/wire/protobuf_pipe"
SEED = int(os.environ.get("STOCKADE_PROTOBUF_SEED", "20240611"))
MESSAGES = {"check": 300, "all": 3000, "nightly": 20000}[tap.TIER]
DAMAGED = MESSAGES * 5
OK = 0

PROTO3 = """
syntax = "proto3";
package three;
import "two.proto";
enum Colour { NONE = 0; RED = 1; GREEN = 5; BELOW = -3; }
message All {
  double f_double = 1; float f_float = 2; int32 f_int32 = 3; int64 f_int64 = 4;
  uint32 f_uint32 = 5; uint64 f_uint64 = 6; sint32 f_sint32 = 7; sint64 f_sint64 = 8;
  fixed32 f_fixed32 = 9; fixed64 f_fixed64 = 10; sfixed32 f_sfixed32 = 11;
  sfixed64 f_sfixed64 = 12; bool f_bool = 13; string f_string = 14; bytes f_bytes = 15;
  Colour f_enum = 16; All f_all = 17; optional int32 f_present = 18;
  repeated double r_double = 31; repeated float r_float = 32; repeated int32 r_int32 = 33;
  repeated int64 r_int64 = 34; repeated uint32 r_uint32 = 35;
  repeated uint64 r_uint64 = 36;
  repeated sint32 r_sint32 = 37; repeated sint64 r_sint64 = 38;
  repeated fixed32 r_fixed32 = 39; repeated fixed64 r_fixed64 = 40;
  repeated sfixed32 r_sfixed32 = 41; repeated sfixed64 r_sfixed64 = 42;
  repeated bool r_bool = 43; repeated string r_string = 44; repeated bytes r_bytes = 45;
  repeated Colour r_enum = 46; repeated All r_all = 47;
  repeated int32 r_apart = 48 [packed = false];
  map<string, int32> m_string = 51; map<int64, string> m_int64 = 52;
  map<uint64, All> m_uint64 = 53; map<bool, Colour> m_bool = 54;
  map<sint32, bytes> m_sint32 = 55;
  map<fixed32, double> m_fixed32 = 56; map<string, two.Old> m_old = 57;
  oneof one {
    int32 o_int = 61; string o_string = 62; All o_all = 63; Colour o_enum = 64;
  }
  two.Old f_old = 536870911;
  message Inner { int32 x = 1; }
  Inner f_inner = 70;
}
"""

PROTO2 = """
syntax = "proto2";
package two;
message Old {
  required int32 id = 1;
  optional string name = 2 [default = "x"];
  repeated int32 apart = 3;
  repeated int32 packed = 4 [packed = true];
  optional Old inner = 5;
  enum Kind { A = 1; B = 2; }
  optional Kind kind = 6 [default = B];
  extensions 100 to 199;
}
"""

GROUPS = """
syntax = "proto2";
package groups;
message Old { optional group Part = 1 { optional int32 x = 1; } optional int32 y = 2; }
"""


def pipe(descriptors, name, messages, *options):
    stdin = b"".join(struct.pack(">I", len(m)) + m for m in messages)
    run = subprocess.run([PROGRAM, *options, descriptors, name], input=stdin,
                         stdout=subprocess.PIPE, check=True)
    answers, at = [], 0
    for _ in messages:
        status, n, m = struct.unpack_from(">III", run.stdout, at)
        at += 12
        answers.append((status, run.stdout[at:at + n], run.stdout[at + n:at + n + m]))
        at += n + m
    return answers


# ---- values of a Python message ----

def plain(field, value):
    if field.type == field.TYPE_MESSAGE:
        return values(value)
    if field.type == field.TYPE_ENUM:
        found = field.enum_type.values_by_number.get(value)
        return value if found is None else found.name
    return value


def one_field(field, value):
    if field.label != field.LABEL_REPEATED:
        return plain(field, value)
    if field.message_type and field.message_type.GetOptions().map_entry:
        kind = field.message_type.fields_by_name["value"]
        return {k: plain(kind, value[k]) for k in value}
    return [plain(field, v) for v in value]


def values(message):
    return {field.name: one_field(field, value) for field, value in message.ListFields()}


def same(a, b):
    """Types as well, NaN like NaN, whatever the order of keys."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[k], b[k]) for k in a) and (
            sorted(map(repr, a)) == sorted(map(repr, b)))
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    return struct.pack("d", a) == struct.pack("d", b) if isinstance(a, float) else a == b


def canonical(message):
    """The bytes that ours are held against. The C++ backend keeps a map of a message that
    it read as a list of entries, the same key in it twice, until somebody looks at it."""
    values(message)
    return message.SerializeToString(deterministic=True)


# ---- random messages ----

BITS = {"int32": (-2**31, 2**31 - 1), "sint32": (-2**31, 2**31 - 1),
        "sfixed32": (-2**31, 2**31 - 1), "int64": (-2**63, 2**63 - 1),
        "sint64": (-2**63, 2**63 - 1), "sfixed64": (-2**63, 2**63 - 1),
        "uint32": (0, 2**32 - 1), "fixed32": (0, 2**32 - 1), "uint64": (0, 2**64 - 1),
        "fixed64": (0, 2**64 - 1)}
KINDS = ["", "double", "float", "int64", "uint64", "int32", "fixed64", "fixed32", "bool",
         "string", "group", "message", "bytes", "uint32", "enum", "sfixed32", "sfixed64",
         "sint32", "sint64"]


def scalar(rng, field):
    kind = KINDS[field.type]
    if kind in BITS:
        low, high = BITS[kind]
        return rng.choice([low, high, 0, 1, 127, 128, rng.randint(low, high),
                           rng.randint(max(low, -300), 300)])
    if kind == "double":
        return rng.choice([0.0, -0.0, 0.1, 1e308, float("inf"), float("nan"),
                           rng.random()])
    if kind == "float":
        return struct.unpack("<f", struct.pack("<f", rng.choice([0, -0.0, 0.1, 3e38,
                                                                 rng.random()])))[0]
    if kind == "bool":
        return rng.random() < 0.5
    if kind == "string":
        return rng.choice(["", "a", "ä€😀", "\0", "x" * 127, "x" * 128, "y" * 20000])
    if kind == "bytes":
        return rng.randbytes(rng.choice([0, 1, 5, 127, 128]))
    return rng.choice(field.enum_type.values).number


def fill(rng, message, depth=0):
    for field in message.DESCRIPTOR.fields:
        name = field.name
        must = field.label == field.LABEL_REQUIRED
        if not must and rng.random() > (0.5 if depth == 0 else 0.15):
            continue
        if field.label == field.LABEL_REPEATED:
            fill_many(rng, field, getattr(message, name), depth)
        elif field.type == field.TYPE_MESSAGE:
            if depth < 4:
                getattr(message, name).SetInParent()
                fill(rng, getattr(message, name), depth + 1)
        else:
            setattr(message, name, scalar(rng, field))
    return message


def fill_many(rng, field, into, depth):
    n = rng.choice([0, 1, 2, 3, 20]) if depth < 2 else rng.randrange(2)
    parts = field.message_type and field.message_type.fields_by_name
    if field.message_type is None:
        into.extend(scalar(rng, field) for _ in range(n))
    elif not field.message_type.GetOptions().map_entry:
        for _ in range(n if depth < 3 else 0):
            fill(rng, into.add(), depth + 1)
    elif parts["value"].type == field.TYPE_MESSAGE:
        for _ in range(n if depth < 3 else 0):
            fill(rng, into[scalar(rng, parts["key"])], depth + 1)
    else:
        for _ in range(n):
            into[scalar(rng, parts["key"])] = scalar(rng, parts["value"])


# ---- tests ----

def random_messages(folder, cls):
    rng = random.Random(SEED)
    messages = [cls(), cls(f_all=cls())] + [fill(rng, cls()) for _ in range(MESSAGES)]
    wires = [m.SerializeToString(deterministic=True) for m in messages]
    answers = pipe(folder / "three.set", "three.All", wires)
    bad = [(w[:200], a[0], a[1][:200]) for w, a in zip(wires, answers)
           if a[:2] != (OK, w)]
    tap.ok(not bad, "what Python writes is written in the same bytes", bad[:2])
    bad = [(values(m), msgpack.unpackb(a[2], strict_map_key=False))
           for m, a in zip(messages, answers) if a[0] == OK and
           not same(values(m), msgpack.unpackb(a[2], strict_map_key=False))]
    tap.ok(not bad, "it is read as the values that Python has", repr(bad[:1])[:3000])
    answers = pipe(folder / "three.set", "three.All", wires, "duplicates")
    bad = [a[0] for w, a in zip(wires, answers) if a[:2] != (OK, w)]
    tap.ok(not bad, "the same where messages are merged", bad[:2])


def merged(folder, cls):
    """Two messages one behind the other are one, merged."""
    rng = random.Random(SEED + 1)
    wires = [fill(rng, cls()).SerializeToString() + fill(rng, cls()).SerializeToString()
             for _ in range(MESSAGES)]
    want = [canonical(cls.FromString(w)) for w in wires]
    answers = pipe(folder / "three.set", "three.All", wires, "duplicates")
    bad = [(w, a[:2]) for w, a in zip(want, answers) if a[:2] != (OK, w)]
    tap.ok(not bad, "messages are merged as Python merges them", repr(bad[:1])[:2000])
    answers = pipe(folder / "three.set", "three.All", wires)
    tap.ok(sum(a[0] != OK for a in answers) > MESSAGES // 2, "they are refused without")


def damage(rng, wire):
    wire = bytearray(wire)
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(wire) + 1)
        wire[at:at + rng.randrange(2)] = rng.randbytes(rng.randrange(3))
    return bytes(wire)


def alike(a, b):
    """A float NaN that signals is quiet once it is a double, in Python as well."""
    return canonical(a) == canonical(b) or "nan" in str(a) and same(values(a), values(b))


def damaged(folder, cls):
    """What we take, Python takes, and understands the same."""
    rng = random.Random(SEED + 2)
    wires = [damage(rng, fill(rng, cls(), 2).SerializeToString()) for _ in range(DAMAGED)]
    options = ("duplicates", "unknown", "numbers")
    taken, refused, wrong = 0, 0, []
    answers = pipe(folder / "three.set", "three.All", wires, *options)
    for wire, answer in zip(wires, answers):
        if answer[0] != OK:
            refused += 1
            continue
        taken += 1
        try:
            if not alike(cls.FromString(wire), cls.FromString(answer[1])):
                wrong.append((wire, answer[1]))
        except message.DecodeError:
            wrong.append((wire, "taken"))
    tap.ok(not wrong, "damaged messages that are taken mean the same to Python",
           wrong[:1])
    print("# %d taken, %d refused" % (taken, refused))
    tap.ok(min(taken, refused) > 50, "each of these was met")


def schemas(folder, pool):
    name = "google.protobuf.FileDescriptorSet"
    run = subprocess.run([PROGRAM, folder / "google.set", name],
                         input=b"", stdout=subprocess.PIPE, check=False)
    tap.ok(run.returncode == 0, "protoc's own descriptors compile", run.stdout)
    files = [(folder / name).read_bytes() for name in ("three.set", "google.set")]
    cls = message_factory.MessageFactory(pool).GetPrototype(
        pool.FindMessageTypeByName("google.protobuf.FileDescriptorSet"))
    want = [cls.FromString(f).SerializeToString(deterministic=True) for f in files]
    answers = pipe(folder / "google.set", "google.protobuf.FileDescriptorSet", files)
    tap.equal([a[:2] for a in answers], [(OK, w) for w in want],
              "sets are messages of the types that they define")
    answers = pipe(folder / "groups.set", "groups.Old",
                   [b"\x10\x01", b"\x0b\x08\x01\x0c"])
    tap.equal([a[0] for a in answers], [OK, 6], "groups are refused where they are met")
    run = subprocess.run([PROGRAM, folder / "alone.set", "three.All"], input=b"",
                         stdout=subprocess.PIPE, check=False)
    tap.ok(run.returncode == 3 and b"does not define" in run.stdout,
           "a set without what it imports is refused", run.stdout)


def json_names(folder, cls):
    answer = pipe(folder / "three.set", "three.All", [cls(f_int32=5).SerializeToString()],
                  "json")[0]
    tap.equal(msgpack.unpackb(answer[2]), {"fInt32": 5}, "keys may be JSON names")


def protoc(folder, *args):
    subprocess.run(["protoc", "-I", folder, "-I", "/usr/include", *args], check=True)


def main():
    if not tap.ok(PROGRAM.exists(), "protobuf_pipe is built"):
        tap.done()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for file, text in (("three", PROTO3), ("two", PROTO2), ("groups", GROUPS)):
            (folder / (file + ".proto")).write_text(text)
        proto = descriptor_pb2.FileDescriptorProto()
        descriptor_pb2.DESCRIPTOR.CopyToProto(proto)
        own = descriptor_pb2.FileDescriptorSet(file=[proto])
        (folder / "google.set").write_bytes(own.SerializeToString())
        protoc(folder, "--include_imports", "--include_source_info",
               "-o", folder / "three.set", "three.proto")
        protoc(folder, "-o", folder / "alone.set", "three.proto")
        protoc(folder, "-o", folder / "groups.set", "groups.proto")
        pool = descriptor_pool.DescriptorPool()
        pool.Add(proto)
        for file in descriptor_pb2.FileDescriptorSet.FromString(
                (folder / "three.set").read_bytes()).file:
            pool.Add(file)
        cls = message_factory.MessageFactory(pool).GetPrototype(
            pool.FindMessageTypeByName("three.All"))
        random_messages(folder, cls)
        merged(folder, cls)
        damaged(folder, cls)
        schemas(folder, pool)
        json_names(folder, cls)
    tap.done()


protobuf = tap.need("google.protobuf", "python3-protobuf")
msgpack = tap.need("msgpack")
if protobuf is None or msgpack is None:
    tap.done()
if shutil.which("protoc") is None:
    tap.skip("protoc", "missing: protobuf-compiler")
    tap.done()
from google.protobuf import descriptor_pb2, descriptor_pool  # noqa: E402
from google.protobuf import message, message_factory  # noqa: E402
main()
