#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`stockade convert X.pt X.safetensors`: every tensor as torch.load gives it, bit by bit.

The header is read here, with json alone.
"""

import collections
import json
import os
import struct
import sys
import tempfile

import tap

torch = tap.need("torch")
if torch is None:
    tap.done()

NAMES = {torch.bool: "BOOL", torch.uint8: "U8", torch.int8: "I8", torch.int16: "I16",
         torch.int32: "I32", torch.int64: "I64", torch.float16: "F16",
         torch.bfloat16: "BF16", torch.float32: "F32", torch.float64: "F64",
         torch.complex64: "C64"}


class Marked:
    """A tensor with the metadata that torch 2 saves for its conj and neg bits."""

    def __init__(self, tensor, marks):
        self.tensor = tensor
        self.marks = marks

    def __reduce_ex__(self, protocol):
        function, args = self.tensor.__reduce_ex__(protocol)[:2]
        return function, args + (self.marks,)


def read(path):
    """({name: (dtype, shape, bytes)}, metadata) of a file without holes."""
    data = path_bytes(path)
    size = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:8 + size])
    metadata = header.pop("__metadata__", {})
    body = data[8 + size:]
    tensors, end = {}, 0
    for name, entry in sorted(header.items(), key=lambda x: x[1]["data_offsets"]):
        start, stop = entry["data_offsets"]
        if start != end:
            raise ValueError("a hole or an overlap before " + name)
        end = stop
        tensors[name] = (entry["dtype"], entry["shape"], body[start:stop])
    if end != len(body) or size % 8:
        raise ValueError("the data does not end with the file, or the header is odd")
    return tensors, metadata


def path_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def raw(tensor):
    tensor = tensor.detach().resolve_conj().resolve_neg().contiguous()
    if tensor.is_complex():
        tensor = torch.view_as_real(tensor)
    if tensor.numel() == 0:
        return b""
    return tensor.reshape(-1).view(torch.uint8).numpy().tobytes()


def flat(value, name=()):
    if isinstance(value, torch.Tensor):
        yield ".".join(name), value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from flat(item, name + (str(key),))
    elif isinstance(value, (list, tuple)):
        for i, item in enumerate(value):
            yield from flat(item, name + (str(i),))


def random(dtype, *shape):
    if dtype == torch.bool:
        return torch.rand(*shape) < 0.5
    if dtype.is_floating_point or dtype.is_complex:
        return torch.randn(*shape, dtype=torch.complex64 if dtype.is_complex
                           else torch.float32).to(dtype)
    return torch.randint(0, 100, shape).to(dtype)


def layouts(base):
    tied = base[1]
    return collections.OrderedDict([
        ("whole", base), ("transposed", base.permute(2, 0, 1)), ("t", base[2].t()),
        ("sliced", base[1:, ::2, 3:]), ("row", base[3, 1]), ("column", base[:, :, 2]),
        ("expanded", base[:1, :1].expand(3, 4, 7)), ("tied", {"a": tied, "b": tied}),
        ("list", [base[0], (base[1, 1], base[2, 2])]), ("scalar", base[0, 0, 0]),
        ("empty", base[:0]), ("none", base[:, 5:]), ("one", base[:1, :1, :1])])


def save(folder, name, value, archive):
    path = os.path.join(folder, "%s-%s.pt" % (name, "zip" if archive else "legacy"))
    torch.save(value, path, _use_new_zipfile_serialization=archive)
    return path


def agree(path, name):
    out = path + ".safetensors"
    run = tap.stockade("convert", path, out)
    if not tap.ok(run.returncode == 0, name + ": converted", run.stderr.decode()):
        return
    got, _ = read(out)
    want = {key: (NAMES[tensor.dtype], list(tensor.shape), raw(tensor))
            for key, tensor in flat(torch.load(path))}
    wrong = [key for key in sorted(want) if got.get(key) != want[key]]
    tap.ok(not wrong and len(got) == len(want) > 0,
           name + ": each tensor as torch.load gives it", "%r of %r" % (wrong, list(got)))


def refused(path, name, reason):
    """An old file stays as it was, and there is no new one."""
    folder = os.path.dirname(path)
    out = path + ".safetensors"
    before = sorted(os.listdir(folder))
    run = tap.stockade("convert", path, out)
    said = run.stderr.decode()
    tap.ok(run.returncode not in (0, 2) and reason in said, name + ": refused",
           "%d %s" % (run.returncode, said))
    tap.equal(sorted(os.listdir(folder)), before, name + ": no file is left")
    with open(out, "wb") as file:
        file.write(b"old")
    tap.stockade("convert", path, out)
    tap.equal(path_bytes(out), b"old", name + ": an old file is as it was")
    os.unlink(out)


def check_dtypes(folder):
    for dtype in NAMES:
        value = layouts(random(dtype, 4, 5, 7))
        for archive in (True, False):
            path = save(folder, NAMES[dtype], value, archive)
            agree(path, os.path.basename(path))


def check_shapes(folder):
    large = torch.arange(3000 * 1100, dtype=torch.float32).reshape(3000, 1100)
    module = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4))
    values = {
        "large": {"t": large.t(), "stepped": large[::7, ::3], "same": large},
        "module": module.state_dict(),
        "parameter": {"p": torch.nn.Parameter(torch.randn(3, 2).t())},
        "names": {"caf\u00e9 \"\\\n": torch.ones(2), 7: torch.zeros(1)},
    }
    alone = torch.randn(2, 3)
    for archive in (True, False):
        for name, value in values.items():
            path = save(folder, name, value, archive)
            agree(path, os.path.basename(path))
        path = save(folder, "alone", alone, archive)
        run = tap.stockade("convert", path, path + ".safetensors")
        if tap.ok(run.returncode == 0, "a tensor alone", run.stderr.decode()):
            tap.equal(read(path + ".safetensors")[0],
                      {"tensor": ("F32", [2, 3], raw(alone))},
                      "a tensor alone has a name")


def check_bits(folder):
    """Torch before 2 loses the bits as it saves: what it loads is what is converted."""
    pairs = torch.view_as_complex(torch.randn(3, 2))
    for archive in (True, False):
        views = {"conj": pairs.conj(), "neg": pairs.conj().imag, "imag": pairs.imag}
        for name, view in views.items():
            path = save(folder, "bit-" + name, {"a": view}, archive)
            agree(path, os.path.basename(path))
        path = save(folder, "unmarked", {"a": Marked(pairs, {})}, archive)
        run = tap.stockade("convert", path, path + ".safetensors")
        if tap.ok(run.returncode == 0, "no marks", run.stderr.decode()):
            tap.equal(read(path + ".safetensors")[0], {"a": ("C64", [3], raw(pairs))},
                      "no marks: the items")
        for marks in ({"conj": True}, {"neg": True}, {"conj": True, "neg": True}):
            name = "-".join(marks)
            path = save(folder, name, {"a": Marked(pairs, marks)}, archive)
            refused(path, os.path.basename(path), "conj or neg bit")


def check_refusals(folder):
    one = torch.ones(2)
    values = {
        "collision": ({"a": {"b": one}, "a.b": one}, "two entries would have this name"),
        "number": ({1: one, "1": one}, "two entries would have this name"),
        "reserved": ({"__metadata__": one}, "safetensors reserves"),
        "sparse": ({"s": torch.sparse_coo_tensor([[0, 2]], [1.0, 2.0], (4,))},
                   "safetensors carries no object"),
        "complex128": ({"c": torch.ones(2, dtype=torch.complex128)},
                       "safetensors has no complex128"),
    }
    for name, (value, reason) in values.items():
        for archive in (True, False):
            path = save(folder, name, value, archive)
            refused(path, os.path.basename(path), reason)


def main():
    torch.manual_seed(1)
    for check in (check_dtypes, check_shapes, check_bits, check_refusals):
        with tempfile.TemporaryDirectory() as folder:
            check(folder)
    tap.done()


if __name__ == "__main__":
    sys.exit(main())
