#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the first inputs of the targets over containers.

    fuzz/container_corpus.py [folder]

Each is a file as its library writes it, or one with a single thing bent. numpy, joblib,
torch, zstandard, lz4 and the program 7z have to be there. The zip target has a script of
its own. What fuzzing finds later is added by hand, under a name that says what it was.
"""
import bz2
import gzip
import io
import lzma
import marshal
import os
import pickle
import struct
import subprocess
import sys
import tarfile
import tempfile
import zlib

import joblib
import lz4.frame
import numpy
import torch
import zstandard

TEXT = b"hello, hello, hello"
PICKLE = pickle.dumps({"a": 1, "b": [2.5, None]}, protocol=2)


def poke(data, at, new):
    return data[:at] + new + data[at + len(new):]


# ---- tar ----

def tar(kind, name="member", members=1, data=TEXT, **fields):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=kind) as t:
        for i in range(members):
            info = tarfile.TarInfo(name + "i" * i)
            info.size = len(data)
            for key, value in fields.items():
                setattr(info, key, value)
            t.addfile(info, io.BytesIO(data))
    return out.getvalue()[:512 * (4 + 6 * members)]


def summed(block):
    """The header with its checksum right."""
    block = poke(block, 148, b" " * 8)
    return poke(block, 148, b"%06o\0 " % sum(block))


def bent(data, at, new):
    return summed(poke(data[:512], at, new)) + data[512:]


def torch_tar():
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as t:
        for name in ("sys_info", "pickle", "tensors", "storages"):
            info = tarfile.TarInfo(name)
            info.size = len(PICKLE)
            t.addfile(info, io.BytesIO(PICKLE))
    return out.getvalue()[:512 * 9]


def tars():
    ustar = tar(tarfile.USTAR_FORMAT)
    yield "ustar", ustar
    yield "gnu", tar(tarfile.GNU_FORMAT, members=2)
    yield "pax", tar(tarfile.PAX_FORMAT, pax_headers={"comment": "x"})
    yield "gnu-long-name", tar(tarfile.GNU_FORMAT, "n" * 150)
    yield "pax-long-name", tar(tarfile.PAX_FORMAT, "n" * 150)
    yield "ustar-prefix", tar(tarfile.USTAR_FORMAT, "d" * 90 + "/" + "n" * 50)
    yield "torch", torch_tar()
    yield "old-v7", bent(ustar, 257, bytes(8))
    yield "size-base-256", bent(ustar, 124, b"\x80" + bytes(10) + b"\x13")
    yield "size-negative", bent(ustar, 124, b"\xff" * 12)
    yield "size-of-python", bent(ustar, 124, b" +0o2_3 \0\0\0\0")
    yield "size-past-the-end", bent(ustar, 124, b"77777777777\0")
    yield "link-with-size", bent(ustar, 156, b"2")
    yield "sparse", bent(ustar, 156, b"S")
    yield "sparse-goes-on", bent(bent(ustar, 156, b"S"), 482, b"\1")
    yield "no-name", bent(ustar, 0, bytes(6))
    yield "signed-checksum", signed(ustar)
    yield "wrong-checksum", poke(ustar, 148, b"000000")
    yield "pax-size", pax(b"11 size=19\n") + ustar
    yield "pax-other-size", pax(b"12 size=512\n") + ustar
    yield "pax-length-lies", pax(b"99 path=x\n") + ustar
    yield "global-path", pax(b"10 path=x\n", b"g") + ustar
    yield "two-archives", ustar + tar(tarfile.GNU_FORMAT, "second")
    yield "cut-in-data", ustar[:520]


def pax(record, kind=b"x"):
    head = bent(tar(tarfile.USTAR_FORMAT, data=record), 156, kind)
    return head[:1024]


def signed(data):
    """As writers summed that took bytes for signed."""
    block = poke(poke(data[:512], 0, b"\xc3\xa9"), 148, b" " * 8)
    total = sum(b - 256 if b > 127 else b for b in block)
    return poke(block, 148, b"%06o\0 " % total) + data[512:]


# ---- one compressed stream ----

def gzip_with(flags, fields):
    packed = gzip.compress(TEXT, mtime=0)
    return packed[:3] + bytes([flags]) + packed[4:10] + fields + packed[10:]


def compressed():
    gz = gzip.compress(TEXT, mtime=0)
    xz = lzma.compress(TEXT)
    alone = lzma.compress(TEXT, format=lzma.FORMAT_ALONE)
    zs = zstandard.ZstdCompressor(write_checksum=True).compress(TEXT)
    l4 = lz4.frame.compress(TEXT, content_checksum=True)
    skip = struct.pack("<II", 0x184D2A53, 3) + b"abc"
    yield "gzip", gz
    yield "gzip-two-members", gz + gzip.compress(b"two", mtime=0)
    yield "gzip-zeros-between", gz + bytes(9) + gz
    yield "gzip-junk-behind", gz + b"junk"
    yield "gzip-every-field", gzip_with(0x1e, b"\2\0abname\0comment\0\0\0")
    yield "gzip-wrong-checksum", poke(gz, len(gz) - 8, b"\0\0\0\0")
    yield "gzip-cut", gz[:-9]
    yield "bz2", bz2.compress(TEXT)
    yield "bz2-two-streams", bz2.compress(TEXT) + bz2.compress(b"two")
    yield "bz2-empty", bz2.compress(b"")
    yield "xz", xz
    yield "xz-two-streams", xz + bytes(8) + xz
    yield "xz-crc32", lzma.compress(TEXT, check=lzma.CHECK_CRC32)
    yield "xz-sha256", lzma.compress(TEXT, check=lzma.CHECK_SHA256)
    yield "xz-delta", lzma.compress(TEXT, filters=[
        {"id": lzma.FILTER_DELTA, "dist": 2}, {"id": lzma.FILTER_LZMA2, "preset": 0}])
    yield "lzma", alone
    yield "lzma-known-size", poke(alone, 5, struct.pack("<Q", len(TEXT)))
    yield "lzma-that-is-a-pickle", b"\x8a\x80" + bytes(128) + b"." + PICKLE
    yield "zlib", zlib.compress(TEXT)
    yield "zlib-stored", zlib.compress(TEXT, 0)
    yield "zlib-small-window", small_window(TEXT)
    yield "zlib-text", b"x^2 + y^2 = z^2"
    yield "zstd", zs
    yield "zstd-skippable-first", skip + zs
    yield "zstd-two-frames", zs + zs
    yield "lz4", l4
    yield "lz4-linked-blocks", lz4.frame.compress(TEXT * 9, block_linked=True)
    yield "lz4-skippable-between", l4 + skip + l4
    yield "zfile", zfile(TEXT, b"0x13")
    yield "zfile-python-2", zfile(TEXT, b"0x13", b" ")
    yield "zfile-bare-number", zfile(TEXT, b"+1_3")
    yield "gzip-in-bz2", bz2.compress(gz)


def small_window(data):
    c = zlib.compressobj(9, zlib.DEFLATED, 9)
    return c.compress(data) + c.flush()


def zfile(data, length, more=b""):
    return b"ZF" + length.ljust(19) + more + zlib.compress(data)


# ---- archives that libarchive reads ----

def seven(*options, names=("a", "b")):
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            with open(os.path.join(folder, name), "wb") as f:
                f.write(TEXT + name.encode())
            os.utime(f.name, (0, 0))
        subprocess.run(["7z", "a", *options, "-bso0", "-bsp0", "x.7z", *names],
                       cwd=folder, check=True)
        with open(os.path.join(folder, "x.7z"), "rb") as f:
            return f.read()


def cabinet(data, method=0):
    """One folder, one block, one file (MS-CAB 2)."""
    packed = data
    if method == 1:
        c = zlib.compressobj(9, zlib.DEFLATED, -15)
        packed = b"CK" + c.compress(data) + c.flush()
    name = b"a\0"
    files_at = 36 + 8
    data_at = files_at + 16 + len(name)
    size = data_at + 8 + len(packed)
    head = struct.pack("<4sIIIIIBBHHHHH", b"MSCF", 0, size, 0, files_at, 0, 3, 1, 1, 1,
                       0, 0, 0)
    folder = struct.pack("<IHH", data_at, 1, method)
    entry = struct.pack("<IIHHHH", len(data), 0, 0, 0, 0, 0x20) + name
    return head + folder + entry + struct.pack("<IHH", 0, len(packed), len(data)) + packed


def cpio(magic, data=TEXT):
    if magic == b"070707":
        def one(name, content):
            return (magic + b"%06o" * 7 % (0, 1, 0o100644, 0, 0, 1, 0) + b"%011o" % 0
                    + b"%06o%011o" % (len(name) + 1, len(content)) + name + b"\0"
                    + content)
    else:
        def one(name, content):
            head = magic + b"%08x" * 13 % (1, 0o100644, 0, 0, 1, 0, len(content),
                                           0, 0, 0, 0, len(name) + 1,
                                           sum(content) if magic == b"070702" else 0)
            return padded(head + name + b"\0") + padded(content)
    return one(b"a", data) + one(b"TRAILER!!!", b"")


def padded(data):
    return data + bytes(-len(data) % 4)


def archives():
    yield "7z-lzma2", seven()
    yield "7z-lzma", seven("-m0=lzma")
    yield "7z-ppmd", seven("-m0=ppmd")
    yield "7z-bzip2", seven("-m0=bzip2")
    yield "7z-deflate", seven("-m0=deflate")
    yield "7z-stored", seven("-m0=copy")
    yield "7z-plain-header", seven("-mhc=off")
    yield "7z-bcj", seven("-m0=bcj", "-m1=lzma")
    yield "7z-not-solid", seven("-ms=off")
    yield "7z-encrypted", seven("-psecret")
    yield "7z-encrypted-names", seven("-psecret", "-mhe=on")
    yield "7z-cut", seven()[:60]
    yield "cab-stored", cabinet(TEXT)
    yield "cab-mszip", cabinet(TEXT, 1)
    yield "cab-unknown-method", cabinet(TEXT, 9)
    yield "cpio-newc", cpio(b"070701")
    yield "cpio-crc", cpio(b"070702")
    yield "cpio-odc", cpio(b"070707")
    yield "cpio-cut", cpio(b"070701")[:120]
    yield "rar", b"Rar!\x1a\x07\x01\x00" + bytes(40)
    yield "xar", b"xar!" + struct.pack(">HHQQI", 28, 1, 0, 0, 1)


# ---- arrays and models ----

def saved(save, value, **options):
    out = io.BytesIO()
    save(out, value, **options)
    return out.getvalue()


def npy_head(text, version=1):
    length = struct.pack("<H" if version == 1 else "<I", len(text))
    return b"\x93NUMPY" + bytes([version, 0]) + length + text


def npy_of(descr, shape=b"(1,)"):
    return npy_head(b"{'descr': " + descr + b", 'fortran_order': False, 'shape': " + shape
                    + b"}\n")


def npys():
    plain = saved(numpy.save, numpy.arange(3))
    objects = numpy.array([{"a": 1}, None], dtype=object)
    record = numpy.zeros(2, dtype=[("a", "<i4"), ("b", "O")])
    nested = numpy.zeros(1, dtype=[("a", [("b", "<f8", (2, 2))]), (("t", "c"), "S3")])
    yield "numbers", plain
    yield "fortran", saved(numpy.save, numpy.zeros((2, 3), order="F"))
    yield "objects", saved(numpy.save, objects, allow_pickle=True)
    yield "record-with-object", saved(numpy.save, record, allow_pickle=True)
    yield "nested-record", saved(numpy.save, nested)
    yield "dates", saved(numpy.save, numpy.array(["2024-01-01"], "datetime64[D]"))
    yield "two-arrays", plain + saved(numpy.save, objects, allow_pickle=True)
    yield "stream-behind", plain + PICKLE
    yield "version-2", npy_head(plain[10:128], 2) + plain[128:]
    yield "version-3", npy_head(plain[10:128], 3) + plain[128:]
    yield "python-2-shape", npy_of(b"'<i8'", b"(3L,)") + bytes(24)
    yield "escape-in-type", npy_of(b"'\\x4f'") + PICKLE
    yield "two-types", npy_of(b"'<i8', 'descr': 'O'") + PICKLE
    yield "joined-texts", npy_of(b"'<i' '8'") + bytes(8)
    yield "shape-overflows", npy_of(b"'<i8'", b"(4294967296, 4294967296)")
    yield "cut", plain[:-1]


def joblibs():
    def dump(value, **options):
        out = io.BytesIO()
        joblib.dump(value, out, **options)
        return out.getvalue()
    arrays = {"w": numpy.arange(4.0), "o": numpy.array([None, "x"], dtype=object)}
    yield "arrays", dump(arrays)
    yield "protocol-2", dump(arrays, protocol=2)
    yield "protocol-0", dump(numpy.arange(2), protocol=0)
    yield "no-array", dump({"a": 1})
    yield "name-only", b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n."
    yield "zfile", zfile(dump(arrays), b"0x100")


def torches():
    def save(value, **options):
        out = io.BytesIO()
        torch.save(value, out, _use_new_zipfile_serialization=False, **options)
        return out.getvalue()
    yield "tensor", save(torch.arange(3))
    yield "state-dict", save({"w": torch.zeros(2), "b": torch.ones(1)})
    yield "views", save([torch.zeros(4)[1:3], torch.zeros(2)])
    yield "no-tensor", save({"a": 1})
    yield "protocol-4", save(torch.zeros(2), pickle_protocol=4)
    yield "cut-in-streams", save(torch.zeros(2))[:60]
    yield "cut-in-storage", save(torch.zeros(8))[:-4]
    yield "stream-behind", save(torch.zeros(2)) + PICKLE
    yield "magic-only", save(None)[:15]
    yield "text-magic", b"L119547037146038801333356L\n." + save(None)[15:]


def safetensors():
    def file(header, data=b""):
        return struct.pack("<Q", len(header)) + header + data
    one = b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}'
    yield "one-tensor", file(one, bytes(8))
    yield "padded-header", file(one + b"   ", bytes(8))
    yield "metadata", file(b'{"__metadata__":{"format":"pt"},' + one[1:], bytes(8))
    yield "no-tensor", file(b"{}")
    yield "empty-tensor", file(b'{"e":{"dtype":"I8","shape":[0,3],"data_offsets":[0,0]}}')
    four = b'{"q":{"dtype":"F4","shape":[4],"data_offsets":[0,2]}}'
    yield "four-bits", file(four, b"ab")
    yield "hole", file(one, bytes(9))
    yield "overlap", file(one[:-1] + b',"b":' + one[5:], bytes(8))
    yield "two-of-one-name", file(one[:-1] + b"," + one[1:], bytes(8))
    yield "escaped-name", file(one.replace(b'"a"', b'"\\u0061\\n"'), bytes(8))
    yield "unknown-type", file(one.replace(b"F32", b"C99"), bytes(8))
    vast = one.replace(b"[2]", b"[4294967296,4294967296]")
    yield "shape-overflows", file(vast, bytes(8))
    yield "long-header", struct.pack("<Q", 1000) + one
    yield "bytes-behind-json", file(one + b" x", bytes(8))


def gguf_text(text, width):
    return len(text).to_bytes(width, "little") + text


def gguf(version=3, width=8, pairs=(), tensors=(), data=b""):
    out = b"GGUF" + struct.pack("<I", version)
    out += len(tensors).to_bytes(width, "little") + len(pairs).to_bytes(width, "little")
    for key, kind, value in pairs:
        out += gguf_text(key, width) + struct.pack("<I", kind) + value
    for name, shape, off in tensors:
        out += gguf_text(name, width) + struct.pack("<I", len(shape))
        out += b"".join(n.to_bytes(width, "little") for n in shape)
        out += struct.pack("<IQ", 0, off)
    return out + bytes(-len(out) % 32) + data


def ggufs():
    words = struct.pack("<IQ", 8, 2) + gguf_text(b"a", 8) + gguf_text(b"bc", 8)
    deep = struct.pack("<IQ", 9, 1) + struct.pack("<IQ", 4, 1) + struct.pack("<I", 7)
    name = (b"general.name", 8, gguf_text(b"tiny", 8))
    yield "model", gguf(pairs=[name, (b"tokens", 9, words), (b"n", 4, bytes(4))],
                        tensors=[(b"w", (2, 2), 0), (b"b", (2,), 32)], data=bytes(64))
    yield "version-1", gguf(1, 4, [(b"general.name", 8, gguf_text(b"x", 4))],
                            [(b"w", (2,), 0)], bytes(32))
    yield "version-2", gguf(2, 8, [name], [(b"w", (2,), 0)], bytes(32))
    yield "array-of-arrays", gguf(pairs=[(b"deep", 9, deep)])
    yield "alignment", gguf(pairs=[(b"general.alignment", 4, struct.pack("<I", 64))])
    yield "alignment-zero", gguf(pairs=[(b"general.alignment", 4, bytes(4))])
    yield "big-endian", b"GGUF" + struct.pack(">IQQ", 3, 0, 0)
    yield "tensor-outside", gguf(tensors=[(b"w", (2,), 1 << 40)])
    yield "count-past-the-end", b"GGUF" + struct.pack("<IQQ", 3, 1 << 62, 1 << 62)
    yield "string-past-the-end", gguf(pairs=[(b"k", 8, struct.pack("<Q", 1 << 63))])


def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def onnx(*domains, more=b""):
    node = field(1, b"x") + field(2, b"y") + field(4, b"Relu")
    opsets = b"".join(field(8, (field(1, d) if d else b"") + field(2, 17))
                      for d in domains)
    return field(1, 8) + field(2, b"maker") + field(7, field(1, node)) + opsets + more


def graph(op):
    return field(1, field(1, b"n") + field(2, op) + field(3, b"input"))


def tflite(custom):
    """Root, a table of fields, and one operator code; see tflite.c."""
    name = struct.pack("<I", len(custom)) + custom + b"\0"
    fields = struct.pack("<HHHH", 8, 8, 0, 4)
    root = struct.pack("<iI", 8, 4)
    codes = struct.pack("<II", 1, 12)
    code = struct.pack("<HHHH", 8, 8, 0, 4) + struct.pack("<iI", 8, 4)
    return struct.pack("<I4s", 16, b"TFL3") + fields + root + codes + code + name


def graphs():
    node = field(1, b"n") + field(2, b"WriteFile")
    function = field(1, field(1, b"sig") + field(3, node))
    yield "onnx", onnx(b"")
    yield "onnx-custom-operator", onnx(b"", b"evil.domain")
    yield "onnx-own-function", onnx(b"", b"mine", more=field(25, field(10, b"mine")))
    yield "onnx-microsoft", onnx(b"", b"com.microsoft")
    yield "savedmodel", field(1, 1) + field(2, field(2, graph(b"Add")))
    yield "savedmodel-reads-files", field(1, 1) + field(2, field(2, graph(b"ReadFile")))
    yield "graph", graph(b"Const") + graph(b"MatMul")
    yield "graph-calls-python", graph(b"PyFunc")
    yield "graph-library", graph(b"Add") + field(2, function)
    yield "group", graph(b"Add") + b"\x1b\x1c"
    yield "long-varint", graph(b"Add") + b"\x18" + b"\x80" * 10 + b"\0"
    yield "field-past-the-end", graph(b"Add") + b"\x0a" + b"\xff" * 8 + b"\x7f"
    yield "keras-metadata", field(1, field(1, b"root") + field(4, b"_tf_keras_layer")
                                  + field(5, b'{"class_name": "Lambda"}'))
    yield "tflite", tflite(b"")
    yield "tflite-custom-operator", tflite(b"FlexWriteFile")


def code_formats():
    code = marshal.dumps(compile("import os", "x", "exec"))
    keras = b'{"class_name": "Sequential", "config": {"class_name": "Lambda"}}'
    hdf5 = b"\x89HDF\r\n\x1a\n" + bytes(24) + b"model_config" + bytes(4)
    yield "pyc", b"\xa7\r\r\n" + bytes(12) + code + bytes(40)
    yield "marshal", code
    yield "java", b"\xac\xed\0\5sr\0\1x"
    yield "rds", b"X\n\0\0\0\3\0\4\2\3\0\3\5\0" + bytes(8)
    yield "rda", b"RDX3\nX\n\0\0\0\3\0\4\2\3\0\3\5\0" + bytes(8)
    yield "tensorrt", b"ftrt" + bytes(40)
    yield "hdf5", hdf5
    yield "hdf5-at-512", bytes(512) + hdf5
    yield "hdf5-lambda", hdf5 + keras
    yield "hdf5-escaped-letters", hdf5 + keras.replace(b"Lambda", b"\\u004cambda")


def texts():
    import base64
    yield "base64", base64.b64encode(PICKLE)
    yield "base64-no-padding", base64.b64encode(PICKLE).rstrip(b"=")
    yield "base64-urlsafe", base64.urlsafe_b64encode(b"\x80\x02\xfb\xff\xfe.")
    yield "base64-lines", base64.encodebytes(PICKLE * 3)
    yield "base64-of-zlib", base64.b64encode(zlib.compress(PICKLE))
    yield "base64-padded-twice", base64.b64encode(b"N.") + base64.b64encode(PICKLE)
    yield "hex", PICKLE.hex().encode()
    yield "hex-spaced", PICKLE.hex(" ").upper().encode()
    yield "hex-odd", PICKLE.hex().encode()[:-1]
    yield "json-tokens", b':"text\\u0041\\n",:"",1 12,1 0, 1 18446744073709551616'
    yield "json-utf8", ':"\u00e9\u20ac\U0001f600",'.encode()
    yield "json-bad-utf8", b':"\xed\xa0\x80"'
    yield "json-leading-zero", b"1 01"
    yield "escapes", b"'\\\"\n\r\t\x1b[31m\xff" * 9


def layouts():
    """Members of archives: the number of a name in torchzip.c, a length, the content."""
    def members(*items):
        return b"".join(bytes([name, len(content)]) + content for name, content in items)
    yield "torch", members((0, PICKLE), (1, bytes(16)), (3, b"3"))
    yield "torch-two-prefixes", members((0, PICKLE), (6, PICKLE), (5, b"N."),
                                        (1, bytes(9)))
    yield "torch-other-case", members((4, PICKLE), (7, bytes(16)), (0, b"N."))
    yield "torch-twins", members((0, PICKLE), (1, b"one"), (1, b"two"))
    yield "torchscript", members((0, PICKLE), (8, b"N."), (9, b"def f(): pass"),
                                 (10, b"N."))
    yield "torch-package", members((0, PICKLE), (11, b"os"))
    yield "torch-no-folder", members((12, PICKLE), (13, b"3"), (14, bytes(8)))
    yield "keras", members((15, b'{"class_name": "Dense"}'), (16, b"{}"), (17, b"h5"))
    yield "keras-lambda", members((15, b'{"class_name": "L\\u0061mbda"}'), (16, b"{}"))
    yield "npz", members((18, npy_head(b"{}")), (19, b"x"))
    yield "folders", members((20, b""), (21, b""), (0, PICKLE))


TARGETS = {
    "archive": archives, "codeformats": code_formats, "compressed": compressed,
    "gguf": ggufs, "joblib": joblibs, "npy": npys, "protobuf": graphs,
    "safetensors": safetensors, "tar": tars, "textstream": texts, "torchlegacy": torches,
    "torchzip": layouts,
}


def main():
    top = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    for target, inputs in TARGETS.items():
        folder = os.path.join(top, target)
        os.makedirs(folder, exist_ok=True)
        for name, data in inputs():
            with open(os.path.join(folder, name), "wb") as f:
                f.write(data)


if __name__ == "__main__":
    main()
