# SPDX-License-Identifier: Apache-2.0
"""What streams of the differential test are made of: odd values of every kind, and the
ways in which a value can be written. Each write_… returns the bytes of whole opcodes."""
import importlib.machinery
import importlib.util
import os
import struct

HERE = os.path.dirname(os.path.abspath(__file__))

INT_TEXTS = (
    b"0", b"1", b"00", b"01", b"02", b"7", b"-1", b"+5", b" 5", b"5 ", b"\t5\r", b"1_000",
    b"1__0", b"_1", b"1_", b"0x1f", b"0X1F", b"0x", b"0b11", b"0o17", b"017", b"09",
    b"0_7",
    b"-0", b"--1", b"+-1", b"", b" ", b"\0", b"1\0", b"1\0junk", b"2147483648",
    b"-2147483649", b"9223372036854775807", b"9223372036854775808",
    b"-9223372036854775809", b"340282366920938463463374607431768211456", b"1e3", b"1.0",
    b"True", b"\xd9\xa1", b"\xc2\xa05", b"5\x0b", b"\x0c5", b"0x1_f", b"0_0", b"000",
    b"1L", b"5l", b"0x1fL", b"10" * 2200, b"-" + b"9" * 4300, b"0x" + b"f" * 5000,
    b"+0", b" 0", b"0 ", b"0\0", b"\x005", b"\x1c5",
)
LONG_TEXTS = tuple(text + b"L" for text in INT_TEXTS) + INT_TEXTS + (
    b"L", b"5LL", b"5 L", b"\0L", b"5\0L")
FLOAT_TEXTS = (
    b"0", b"1.5", b"-1.5e10", b"1e400", b"-1e400", b"1e-400", b"nan", b"NaN", b"-nan",
    b"inf", b"-Infinity", b"infinit", b" 1.5", b"1.5 ", b"1_0.5", b"1.5\0", b"1\0x", b"",
    b" ", b".", b".5", b"5.", b"1e", b"1e+5", b"0x1p3", b"1,5", b"1.5\r", b"+1", b"--1",
    b"\t1", b"1_", b"1__0", b"\xd9\xa1", b"e5", b"1.5f",
)
MEMO_TEXTS = (
    b"0", b"1", b"7", b"00", b"007", b" 7", b"7 ", b"+7", b"-0", b"-1", b"1_0", b"1__0",
    b"0x7", b"7L", b"", b" ", b"7\0", b"7\0z", b"\0", b"7\r", b"300", b"2147483647",
    b"2147483648", b"4294967296", b"9223372036854775807", b"9223372036854775808",
    b"99999999999999999999999", b"7.0", b"seven", b"\t7", b"1" * 4400, b"0" * 4400 + b"7",
)
OLD_NAMES = (
    ("__builtin__", "eval"), ("copy_reg", "_reconstructor"), ("os", "system"),
    ("cPickle", "loads"), ("exceptions", "ValueError"), ("urllib2", "urlopen"),
    ("__builtin__", "xrange"), ("commands", "getoutput"), ("itertools", "izip"),
)
ODD_NAMES = ("", " ", "a b", "a.b.c", "\u00e9", "\u4e2d\u6587", "a\r", "a\0b", "\ud800",
             ".",
             "a.", "<locals>", "\U0001f40d", "a\tb", "\x7f", "x" * 300, "'", '"', "\\")
SIZES = (0, 1, 2, 5, 127, 128, 255, 256, 65535, 1 << 16, 0x7fffffff, 0x80000000,
         0xffffffff)
BIG_SIZES = SIZES + (1 << 32, (1 << 63) - 1, 1 << 63, (1 << 64) - 1)
MEMO_KEYS = (0, 1, 2, 3, 5, 100, 254, 255, 256, 257, 1000, 2000, 0x10000000, 0x7fffffff,
             0x80000000, 0xffffffff)
EXTENSIONS = (1, 2, 127, 128, 255, 256, 65535, 65536, 0x7fffffff)


def u32(value):
    return struct.pack("<I", value & 0xffffffff)


def u64(value):
    return struct.pack("<Q", value & 0xffffffffffffffff)


def load_pka():
    path = os.path.join(HERE, "..", "..", "tools", "pka")
    loader = importlib.machinery.SourceFileLoader("pka", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("pka",
                                                                             loader))
    loader.exec_module(module)
    return module


PKA = load_pka()
OPCODES = sorted(PKA.BY_BYTE)
SIMPLE = [bytes([byte]) for byte in OPCODES if PKA.BY_BYTE[byte][1] == "NONE"]

def write_str(r, text, odd=0.03):
    """A str by any opcode that gives one."""
    how = r.randrange(12)
    data = text.encode("utf-8", "surrogatepass")
    if r.random() < odd:
        data += r.choice((b"\xff", b"\xc0\x80", b"\xed\xa0", b"\xf5\x80\x80\x80", b"\n"))
    if how < 4 and len(data) < 256:
        return b"\x8c" + bytes([len(data)]) + data
    if how < 6:
        return b"X" + u32(len(data)) + data
    if how < 7:
        return b"\x8d" + u64(len(data)) + data
    if how < 9 or not text.isascii():
        return b"V" + raw_escape(r, text, odd) + b"\n"
    if how < 10:
        return b"S" + string_escape(r, data, odd) + b"\n"
    if how < 11 and len(data) < 256:
        return b"U" + bytes([len(data)]) + data
    return b"T" + u32(len(data)) + data


def raw_escape(r, text, odd):
    out = []
    for char in text:
        code = ord(char)
        if code > 0xffff:
            out.append(b"\\U%08x" % code)
        elif code > 0xff or char in "\\\n" or r.random() < 0.2:
            out.append(b"\\u%04x" % code)
        else:
            out.append(bytes([code]))
    if r.random() < odd:
        out.insert(r.randrange(len(out) + 1), r.choice(
            (b"\\u12", b"\\U00110000", b"\\N{DASH}", b"\\x41", b"\\", b"\\\\u0041",
             b"\xff", b"\r", b"\\ud800", b"\\U0000d800", b"\\u00e", b"\\uD83D\\uDC0D")))
    return b"".join(out)


def string_escape(r, data, odd):
    out = []
    for byte in data:
        pick = r.random()
        if byte in b"\\'\"\n" or pick < 0.15:
            out.append(b"\\x%02x" % byte if pick < 0.1 else b"\\%03o" % byte)
        else:
            out.append(bytes([byte]))
    if r.random() < odd:
        out.insert(r.randrange(len(out) + 1), r.choice(
            (b"\\x1", b"\\q", b"\\400", b"\\777", b"\\", b"\xe9", b"'", b'"', b"\\a\\v",
             b"\\8", b"\\1", b"\\\r", b"\\x", b"\\u0041")))
    mark = r.choice((b"'", b'"'))
    if r.random() < odd:
        return r.choice((b"", mark)) + b"".join(out) + r.choice((b"", mark, mark + b" "))
    return mark + b"".join(out) + mark


def write_int(r):
    how = r.randrange(8)
    if how < 2:
        return b"K" + bytes([r.randrange(256)])
    if how < 3:
        return b"M" + struct.pack("<H", r.randrange(65536))
    if how < 4:
        return b"J" + u32(r.choice(SIZES))
    if how < 5:
        return b"I" + r.choice(INT_TEXTS) + b"\n"
    if how < 6:
        return b"L" + r.choice(LONG_TEXTS) + b"\n"
    data = bytes(r.randrange(256) for _ in range(r.randrange(12)))
    if how < 7:
        return b"\x8a" + bytes([len(data)]) + data
    return b"\x8b" + u32(len(data)) + data


def write_float(r):
    if r.random() < 0.6:
        return b"F" + r.choice(FLOAT_TEXTS) + b"\n"
    return b"G" + bytes(r.randrange(256) for _ in range(8))


def write_bytes(r, data):
    how = r.randrange(4)
    if how == 0 and len(data) < 256:
        return b"C" + bytes([len(data)]) + data
    if how == 1:
        return b"B" + u32(len(data)) + data
    return (b"\x8e" if how == 2 else b"\x96") + u64(len(data)) + data


def write_lie(r):
    """A counted argument whose length is not true."""
    op = r.choice((b"C", b"U", b"\x8c", b"\x8a", b"T", b"B", b"X", b"\x8b", b"\x8e",
                   b"\x8d", b"\x96"))
    data = b"payload"[:r.randrange(8)]
    if op in b"CU\x8c\x8a":
        return op + bytes([r.choice((0, 1, len(data) + 1, 255))]) + data
    size = r.choice(BIG_SIZES) if r.random() < 0.5 else len(data) + r.randrange(-2, 40)
    return op + (u32(size) if op in b"TBX\x8b" else u64(size)) + data


def write_put(r, key):
    if key < 256 and r.random() < 0.6:
        return b"q" + bytes([key])
    if r.random() < 0.5:
        return b"r" + u32(key)
    return b"p%d\n" % key


def write_get(r, key):
    if key < 256 and r.random() < 0.6:
        return b"h" + bytes([key])
    if r.random() < 0.5:
        return b"j" + u32(key)
    return b"g%d\n" % key
