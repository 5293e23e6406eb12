#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the first inputs of the zip target: fuzz/zip_corpus.py [folder].

Each file is an archive as zipfile makes it, or one with a single thing bent. What fuzzing
finds later is added by hand, under a name that says what it was.
"""
import io
import os
import struct
import sys
import tarfile
import warnings
import zipfile

TORCH = {
    "p/data.pkl": b"\x80\x02}q\x00X\x01\x00\x00\x00aq\x01K\x01s.",
    "p/version": b"3\n",
    "p/data/0": bytes(64),
    "p/data/1": bytes(range(64)),
}


class Stream(io.RawIOBase):
    """Cannot seek, so that zipfile writes data descriptors."""

    def __init__(self):
        super().__init__()
        self.data = b""

    def writable(self):
        return True

    def write(self, data):
        self.data += bytes(data)
        return len(data)


def archive(members, method=zipfile.ZIP_STORED, to=None):
    out = to or io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as z:
        for name, data in members.items():
            info = zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0))
            info.compress_type = method
            z.writestr(info, data)
    return out.data if to else out.getvalue()


def zip64():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as z:
        info = zipfile.ZipInfo("a", (2024, 1, 1, 0, 0, 0))
        with z.open(info, "w", force_zip64=True) as f:
            f.write(b"hello")
    return out.getvalue()


def zip64_end(data):
    """Moves the end record's numbers to a zip64 record."""
    end = data.rindex(b"PK\5\6")
    n, size, offset = struct.unpack("<HLL", data[end + 10 : end + 20])
    record = struct.pack("<4sQ2H2L4Q", b"PK\6\6", 44, 45, 45, 0, 0, n, n, size, offset)
    locator = struct.pack("<4sLQL", b"PK\6\7", 0, end, 1)
    last = struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 65535, 65535, 2**32 - 1, 2**32 - 1, 0)
    return data[:end] + record + locator + last


def poke(data, at, new):
    return data[:at] + new + data[at + len(new) :]


def duplicate():
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w") as z:
        warnings.simplefilter("ignore")
        for text in "12":
            z.writestr(zipfile.ZipInfo("a", (2024, 1, 1, 0, 0, 0)), text * 9)
    return out.getvalue()


def tar(*files):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as t:
        for i, data in enumerate(files):
            info = tarfile.TarInfo("member%d" % i)
            info.size = len(data)
            t.addfile(info, io.BytesIO(data))
    size = sum(512 + -(-len(data) // 512) * 512 for data in files)
    return out.getvalue()[: size + 1024]


def cpio(data):
    def header(name, size):
        fields = [0] * 6 + [size, 0, 0, 0, 0, len(name) + 1, 0]
        head = b"070701" + b"".join(b"%08x" % f for f in fields) + name + b"\0"
        return head + b"\0" * (-len(head) % 4)
    return (header(b"member", len(data)) + data + b"\0" * (-len(data) % 4)
            + header(b"TRAILER!!!", 0))


def planted():
    """Where the archive's directory would be if its offset counted from the file's start
    there is another one."""
    other = archive({"other": b"x" * 600})
    central = other.index(b"PK\1\2")
    first = other[:central] + poke(other[central:], 42, struct.pack("<L", 512))
    filler = archive({"a": b"y" * (512 + central - 31)})
    return tar(first, filler)


def inputs():
    torch = archive(TORCH)
    central = torch.index(b"PK\1\2")
    end = torch.rindex(b"PK\5\6")
    yield "torch", torch
    yield "deflate", archive(TORCH, zipfile.ZIP_DEFLATED)
    yield "bzip2", archive({"a": b"hello" * 9}, zipfile.ZIP_BZIP2)
    yield "lzma", archive({"a": b"hello" * 9}, zipfile.ZIP_LZMA)
    yield "stream", archive(TORCH, zipfile.ZIP_DEFLATED, Stream())
    yield "stream-stored", archive(TORCH, to=Stream())
    yield "empty", archive({})
    yield "nested", archive({"a.zip": torch, "b": b"x"})
    yield "npz", archive({"a.npy": b"\x93NUMPY\x01\x00", "b.npy": b"x"})
    yield "torchscript", archive({"p/code/a.py": b"x", "p/constants.pkl": b"N."})
    keras = {"config.json": b'{"class_name": "\\u004cambda"}', "metadata.json": b"{}"}
    yield "keras", archive(keras)
    yield "zip64-sizes", zip64()
    yield "zip64-end", zip64_end(torch)
    yield "prefix", b"#!/bin/sh\nexec x\n" + torch
    yield "prefix-zip64", b"#!/bin/sh\nexec x\n" + zip64_end(torch)
    yield "suffix", torch + b"some bytes behind it"
    yield "two-archives", torch + archive({"a": b"other"})
    yield "end-in-comment", poke(torch, end + 20, struct.pack("<H", 22)) + torch[end:]
    yield "cut", torch[:central]
    yield "duplicate", duplicate()
    yield "other-local-name", poke(torch, 30, b"q")
    yield "encrypted-flag", poke(poke(torch, 6, b"\1"), central + 8, b"\1")
    yield "wrong-crc", poke(torch, 14, b"\0\0\0\0")
    yield "other-method", poke(torch, 8, b"\x08")
    yield "unknown-method", poke(poke(torch, 8, b"\x09"), central + 10, b"\x09")
    yield "offset-outside", poke(torch, central + 42, b"\xff\xff\xff\x7f")
    yield "count-too-small", poke(torch, end + 10, b"\1")
    yield "in-tar", tar(torch)
    yield "in-tar-zip64", tar(b"x", torch, zip64_end(torch))
    yield "in-tar-of-tar", tar(tar(torch))
    yield "in-tar-and-planted", planted()
    yield "in-tar-cut", tar(torch, torch)[:-1600]
    yield "in-cpio", cpio(torch)
    yield "behind-tar", tar(b"x") + torch
    yield "unlisted-member", archive({"hidden": b"x"})[:37] + archive({"a": b"y"})


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, "zip")
    os.makedirs(folder, exist_ok=True)
    for name, data in inputs():
        with open(os.path.join(folder, name + ".zip"), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main()
