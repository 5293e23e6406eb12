# SPDX-License-Identifier: Apache-2.0
"""Random and mutated streams for the differential test, the same ones for the same seed.

  python3 generate.py SEED FIRST COUNT     length-prefixed streams FIRST … of that seed

A third are probes: one odd construct, then an import of a name that nothing else has, so
that it shows who went on. A third are programs over all opcodes that mostly keep stack
discipline. The rest are real pickles and fixtures, mutated or not.
"""
import collections
import datetime
import decimal
import fractions
import glob
import importlib.machinery
import importlib.util
import os
import pickle
import random
import struct
import sys
import uuid

HERE = os.path.dirname(os.path.abspath(__file__))
SIZE_MAX = 65536

INT_TEXTS = (
    b"0", b"1", b"00", b"01", b"02", b"7", b"-1", b"+5", b" 5", b"5 ", b"\t5\r", b"1_000",
    b"1__0", b"_1", b"1_", b"0x1f", b"0X1F", b"0x", b"0b11", b"0o17", b"017", b"09", b"0_7",
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
ODD_NAMES = ("", " ", "a b", "a.b.c", "\u00e9", "\u4e2d\u6587", "a\r", "a\0b", "\ud800", ".",
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
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("pka", loader))
    loader.exec_module(module)
    return module


PKA = load_pka()
OPCODES = sorted(PKA.BY_BYTE)
SIMPLE = [bytes([byte]) for byte in OPCODES if PKA.BY_BYTE[byte][1] == "NONE"]


# How a value can be written. Each returns the bytes of one or more opcodes.

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
            (b"\\u12", b"\\U00110000", b"\\N{DASH}", b"\\x41", b"\\", b"\\\\u0041", b"\xff",
             b"\r", b"\\ud800", b"\\U0000d800", b"\\u00e", b"\\uD83D\\uDC0D")))
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
            (b"\\x1", b"\\q", b"\\400", b"\\777", b"\\", b"\xe9", b"'", b'"', b"\\a\\v", b"\\8",
             b"\\1", b"\\\r", b"\\x", b"\\u0041")))
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
    op = r.choice((b"C", b"U", b"\x8c", b"\x8a", b"T", b"B", b"X", b"\x8b", b"\x8e", b"\x8d",
                   b"\x96"))
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


class Program:
    """Opcodes, and what they leave on the stack, roughly: one letter a value."""

    def __init__(self, r, wild, quiet=False):
        self.r = r
        self.wild = wild    # how often discipline is broken
        self.quiet = quiet  # without imports
        self.out = []
        self.stack = []
        self.marks = []
        self.memo = {}
        self.serial = 0

    def put(self, data, kind=None):
        self.out.append(data)
        if kind:
            self.stack.append(kind)

    def floor(self):
        return self.marks[-1] if self.marks else 0

    def depth(self):
        return len(self.stack) - self.floor()

    def want(self, count):
        """Makes sure that so many values lie above the mark, most of the time."""
        if self.depth() < count and self.r.random() >= self.wild:
            while self.depth() < count:
                self.value()
        return self.depth() >= count

    def drop(self, count):
        count = min(count, self.depth())
        if count > 0:
            del self.stack[-count:]

    def name(self):
        r = self.r
        self.serial += 1
        pick = r.random()
        if pick < 0.06:
            return r.choice(OLD_NAMES)
        if pick < 0.14:
            return r.choice(ODD_NAMES), "n%d" % self.serial
        if pick < 0.2:
            return "m%d" % self.serial, r.choice(ODD_NAMES)
        return "m%d" % self.serial, "n%d" % self.serial

    # values

    def value(self):
        self.r.choice(VALUES)(self)

    def text(self):
        r = self.r
        self.serial += 1
        text = r.choice(ODD_NAMES) if r.random() < 0.1 else "s%d" % self.serial
        self.put(write_str(r, text, self.wild), "s")

    def integer(self):
        self.put(write_int(self.r), "i")

    def real(self):
        self.put(write_float(self.r), "f")

    def blob(self):
        data = bytes(self.r.choice(b"ab.c\n\x80\x95") for _ in range(self.r.randrange(9)))
        self.put(write_bytes(self.r, data), "b")

    def atom(self):
        op, kind = self.r.choice((
            (b"N", "n"), (b"\x88", "i"), (b"\x89", "i"), (b")", "t"), (b"]", "l"),
            (b"}", "d"), (b"\x8f", "e"), (b"\x97", "u")))
        self.put(op, kind)

    def imported(self):
        if self.quiet:
            self.text()
            return
        r = self.r
        module, name = self.name()
        if r.random() < 0.5:
            self.put(write_str(r, module, 0))
            if r.random() < 0.3:
                self.put(b"\x94")
                self.memo[len(self.memo)] = "s"
            self.put(write_str(r, name, 0))
            self.put(b"\x93", "o")
            return
        line = (module + "\n" + name + "\n").encode("utf-8", "surrogatepass")
        self.put(b"c" + line, "o")

    def got(self):
        if not self.memo or self.r.random() < self.wild / 3:
            if self.r.random() < self.wild:
                self.put(write_get(self.r, self.r.choice(MEMO_KEYS)), "o")
            else:
                self.text()
            return
        key = self.r.choice(list(self.memo))
        self.put(write_get(self.r, key), self.memo[key])

    # actions

    def remember(self):
        r = self.r
        if not self.want(1):
            return
        kind = self.stack[-1] if self.stack else "o"
        pick = r.random()
        if pick < 0.4:
            self.memo.setdefault(len(self.memo), kind)
            self.put(b"\x94")
        elif pick < 0.95:
            key = r.choice(MEMO_KEYS[:12])
            self.memo[key] = kind
            self.put(write_put(r, key))
        else:
            self.put(write_put(r, r.choice(MEMO_KEYS)))

    def duplicate(self):
        self.want(1)
        self.put(b"2", self.stack[-1] if self.stack else "o")

    def pop(self):
        if self.marks and self.depth() == 0:
            self.marks.pop()
            self.put(b"0")
        elif self.depth() or self.r.random() < self.wild:
            self.put(b"0")
            self.drop(1)

    def mark(self):
        self.put(b"(")
        self.marks.append(len(self.stack))

    def close(self, op, kind, keep):
        """An opcode that takes all above the mark, and needs `keep` values below it."""
        r = self.r
        if not self.marks or (keep and self.marks[-1] < 1):
            if r.random() < self.wild:
                self.put(op)
                return
            if keep:
                self.want(1)
            self.mark()
            for _ in range(r.randrange(5)):
                self.value()
        if op in b"du" and self.depth() % 2 and r.random() >= self.wild:
            self.value()
        at = self.marks.pop()
        del self.stack[at:]
        self.put(op, kind)

    def collect(self):
        op, kind = self.r.choice(((b"t", "t"), (b"l", "l"), (b"d", "d"), (b"\x91", "e"),
                                  (b"1", None)))
        self.close(op, kind, False)

    def fill(self):
        op, kind = self.r.choice(((b"e", "l"), (b"u", "d"), (b"\x90", "e")))
        if (not self.stack or self.stack[-1] not in kind + "o") and not self.marks:
            self.put(dict(l=b"]", d=b"}", e=b"\x8f")[kind], kind)
        self.close(op, None, True)

    def small_tuple(self):
        count = self.r.randrange(1, 4)
        self.want(count)
        self.drop(count)
        self.put(b"?\x85\x86\x87"[count:count + 1], "t")

    def item(self):
        if self.r.random() < 0.5:
            if not self.stack or self.stack[-1] != "l":
                self.put(b"]", "l")
            self.value()
            self.put(b"a")
            self.drop(1)
            return
        if not self.stack or self.stack[-1] != "d":
            self.put(b"}", "d")
        self.text()
        self.value()
        self.put(b"s")
        self.drop(2)

    def arguments(self):
        """A tuple most of the time, or what only some unpicklers take for one."""
        r = self.r
        pick = r.random()
        if pick < 0.75:
            if pick < 0.4:
                self.put(b")", "t")
            else:
                self.value()
                self.drop(1)
                self.put(b"\x85", "t")
        else:
            self.value()

    def call(self):
        r = self.r
        if not self.stack or self.stack[-1] != "o" or r.random() < 0.3:
            self.imported()
        self.arguments()
        pick = r.random()
        if pick < 0.5:
            self.put(b"R")
            self.drop(2)
        elif pick < 0.8:
            self.put(b"\x81")
            self.drop(2)
        else:
            if r.random() < 0.8:
                self.put(b"}", "d")
            else:
                self.value()
            self.put(b"\x92")
            self.drop(3)
        self.stack.append("o")

    def instance(self):
        r = self.r
        if r.random() >= self.wild:
            self.mark()
        else:
            self.marks.append(len(self.stack))
        module, name = self.name()
        if r.random() < 0.5:
            for _ in range(r.randrange(3)):
                self.value()
            line = (module + "\n" + name + "\n").encode("utf-8", "surrogatepass")
            self.put(b"i" + line)
        else:
            if r.random() >= self.wild:
                self.imported()
            for _ in range(r.randrange(3)):
                self.value()
            self.put(b"o")
        at = self.marks.pop()
        del self.stack[at:]
        self.stack.append("o")

    def build(self):
        r = self.r
        if r.random() < 0.8:
            self.imported()
        else:
            self.value()
        pick = r.random()
        if pick < 0.4:
            self.put(b"}", "d")
        elif pick < 0.6:
            self.put(b"N}\x86", "t")
        else:
            self.value()
        self.put(b"b")
        self.drop(1)

    def persistent(self):
        if self.r.random() < 0.5:
            self.put(b"P" + self.r.choice((b"", b"id", b"a b", b"\xe9", b"1\r")) + b"\n", "o")
        else:
            self.want(1)
            self.drop(1)
            self.put(b"Q", "o")

    def extension(self):
        r = self.r
        code = r.choice(EXTENSIONS if r.random() > self.wild else (0, 3, -1, -2147483648))
        if 0 <= code < 256 and r.random() < 0.7:
            self.put(b"\x82" + bytes([code]), "o")
        elif 0 <= code < 65536 and r.random() < 0.7:
            self.put(b"\x83" + struct.pack("<H", code), "o")
        else:
            self.put(b"\x84" + u32(code), "o")

    def buffer(self):
        self.put(b"\x97\x98" if self.r.random() < 0.8 else b"\x98", "u")

    def protocol(self):
        version = self.r.choice((0, 1, 2, 3, 4, 5)) if self.r.random() > self.wild else \
            self.r.randrange(256)
        self.put(b"\x80" + bytes([version]))

    def anything(self):
        """Any opcode, whatever the stack is."""
        if self.r.random() > self.wild * 4:
            return
        pick = self.r.randrange(6)
        if pick < 4:
            self.put(self.r.choice(SIMPLE))
        elif pick < 5:
            self.put(write_lie(self.r))
        else:
            self.put(bytes([self.r.randrange(256)]))

    def run(self, length):
        choice = self.r.choice
        actions = QUIET_ACTIONS if self.quiet else ACTIONS
        if self.r.random() < 0.7:
            self.protocol()
        for _ in range(length):
            choice(actions)(self)
        if self.r.random() >= self.wild:
            self.want(1)
            self.put(b".")
        return self.out


VALUES = (Program.text, Program.text, Program.text, Program.integer, Program.real,
          Program.blob, Program.atom, Program.atom, Program.imported, Program.got,
          Program.got)
ACTIONS = (Program.value, Program.value, Program.value, Program.remember,
           Program.remember, Program.got, Program.duplicate, Program.pop, Program.mark,
           Program.collect, Program.collect, Program.fill, Program.small_tuple,
           Program.item, Program.call, Program.call, Program.instance, Program.build,
           Program.persistent, Program.extension, Program.buffer, Program.protocol,
           Program.anything, Program.imported)
IMPORTING = (Program.call, Program.instance, Program.build, Program.imported)
QUIET_ACTIONS = tuple(action for action in ACTIONS if action not in IMPORTING)


# Frames: laid over a finished program, between its opcodes or across them.

def frame(r, chunks):
    """The program with FRAMEs put in: right, short, long, straddling, nested."""
    if r.random() < 0.4:
        return b"\x80\x04" + proper_frames(r, chunks)
    out = list(chunks)
    for _ in range(r.randrange(1, 4)):
        at = r.randrange(len(out) + 1)
        end = min(len(out), at + r.randrange(12))
        size = sum(map(len, out[at:end]))
        pick = r.random()
        if pick < 0.35:
            size += r.choice((-3, -2, -1, 1, 2, 3, 5, 8, 9, 10))
        elif pick < 0.45:
            size = r.choice(BIG_SIZES)
        out.insert(at, b"\x95" + u64(size))
    return b"".join(out)


def proper_frames(r, chunks):
    out, at = [], 0
    while at < len(chunks):
        end = min(len(chunks), at + r.randrange(1, 20))
        content = b"".join(chunks[at:end])
        out += [b"\x95", u64(len(content)), content]
        at = end
    return b"".join(out)


def program(r):
    # most streams break no rule, or few: what is broken early ends all
    wild = r.choice((0, 0, 0.01, 0.03, 0.1))
    chunks = Program(r, wild, r.random() < 0.15).run(r.randrange(2, 30))
    if r.random() < 0.3:
        return frame(r, chunks)
    return b"".join(chunks)


# Probes: something odd, then an import that shows who went on.

def odd(r):
    """(bytes, how many values they leave on the stack)."""
    p = Program(r, 0)
    return r.choice(ODDITIES)(r, p)


def odd_number(r, p):
    return r.choice((b"I" + r.choice(INT_TEXTS), b"L" + r.choice(LONG_TEXTS),
                     b"F" + r.choice(FLOAT_TEXTS))) + b"\n0"


def odd_memo(r, p):
    put = b"Np" + r.choice(MEMO_TEXTS) + b"\n0"
    if r.random() < 0.4:
        put = b"N" + write_put(r, r.choice(MEMO_KEYS)) + b"0"
    pick = r.random()
    if pick < 0.3:
        return put
    if pick < 0.6:
        return put + b"g" + r.choice(MEMO_TEXTS) + b"\n0"
    return put + b"\x8c\x02os\x94" + write_get(r, r.choice((0, 1, 2, 7))) + b"0" + b"0"


def odd_text(r, p):
    return write_str(r, r.choice(ODD_NAMES + ("abc",)), 0.7) + b"0"


def odd_lie(r, p):
    return write_lie(r) + b"0"


def odd_call(r, p):
    p.imported()
    p.value()
    pick = r.random()
    if pick < 0.4:
        p.put(b"R")
    elif pick < 0.7:
        p.put(b"\x81")
    else:
        p.value()
        p.put(b"\x92")
    return b"".join(p.out) + b"0"


def odd_callee(r, p):
    """Something else than a global is called."""
    p.value()
    op = r.choice((b")R", b")\x81", b")}\x92"))
    if r.random() < 0.3:
        return b"(" + b"".join(p.out) + b"o0"
    return b"".join(p.out) + op + b"0"


def odd_items(r, p):
    p.value()
    op = r.choice((b"(e", b"(u", b"(\x90", b"(Ke\x01e", b"(K\x01e", b"(K\x00K\x05u",
                   b"(K\x01\x90", b"K\x01a", b"K\x00K\x01s", b"(N\x90", b"(Nu", b"NNs", b"Na",
                   b"(C\x01aK\x01u", b"C\x01aa", b"(]\x90", b"]Ns"))
    return b"".join(p.out) + op + b"0"


def odd_build(r, p):
    p.value()
    state = r.choice((b"N", b"}", b")", b"]", b"K\x00", b"\x89", b"\x8c\x00", b"NN\x86", b"N}\x86",
                      b"}N\x86", b"}}\x86", b"}K\x00\x86", b"NK\x01\x86", b"K\x00}\x86", b"NNN\x87",
                      b"C\x00", b"\x8f", b"(\x91", b"}NNs", b"N}\x8c\x01aNs\x86", b"G" + bytes(8),
                      b"]]\x86", b"]Na", b"K\x01", b"I00\n", b"L0L\n", b"F0\n"))
    if r.random() < 0.2:
        p.value()
        state = b""
    return b"".join(p.out) + state + b"b0"


def odd_hash(r, p):
    """Keys and members that can or cannot be hashed."""
    p.value()
    wrap = r.choice((b"", b"", b"\x85", b"]\x86", b"N\x86"))
    key = b"".join(p.out) + wrap
    return r.choice((b"}" + key + b"Ns", b"(" + key + b"Nd", b"}(" + key + b"Nu",
                     b"\x8f(" + key + b"\x90", b"(" + key + b"\x91")) + b"0"


def odd_stack(r, p):
    return b"".join(r.choice(SIMPLE) for _ in range(r.randrange(1, 4)))


def odd_instance(r, p):
    line = b"i" + r.choice((b"os\nsystem\n", b"\nsystem\n", b"os\n\n", b"\xc3\xa9\nx\n",
                            b"o s\nx\r\n", b"os\n\xff\n"))
    return r.choice((b"", b"(", b"(N", b"N")) + line


def odd_lines(r, p):
    names = (b"os", b"", b" ", b"\r", b"\0", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80", b"a b", b"a.b")
    return r.choice((b"c", b"c", b"(i")) + r.choice(names) + b"\n" + r.choice(names) + b"\n"


def odd_stack_global(r, p):
    p.value()
    p.value()
    return b"".join(p.out) + b"\x93"


def odd_frame(r, p):
    """Frames whose ends fall inside opcodes and arguments."""
    pieces = [write_str(r, "abc", 0) + b"0", b"N0", b"cq\nr\n0", b"K\x010", b"X\x01\0\0\0a0",
              b"B\x03\0\0\0xyz0", b"\x96\x02\0\0\0\0\0\0\0yz0", b"I5\n0", b"(i a\nb\n0", b"G" + bytes(8) + b"0"]
    body = b"".join(r.choice(pieces) for _ in range(r.randrange(1, 5)))
    inner = b""
    if r.random() < 0.4:
        inner = b"\x95" + u64(r.randrange(0, len(body) + 6))
    size = r.randrange(0, len(body) + len(inner) + 4)
    if r.random() < 0.1:
        size = r.choice(BIG_SIZES)
    cut = r.randrange(len(body) + 1)
    return b"\x95" + u64(size) + body[:cut] + inner + body[cut:]


def odd_protocol(r, p):
    return b"\x80" + bytes([r.choice((0, 1, 2, 3, 4, 5, 6, 255))])


def odd_extension(r, p):
    p.wild = 0.5
    p.extension()
    return b"".join(p.out) + b"0"


def odd_buffer(r, p):
    p.value()
    return b"".join(p.out) + b"\x980"


def odd_end(r, p):
    """Nothing of note: the end is cut instead."""
    return b""


ODDITIES = (odd_number, odd_number, odd_memo, odd_memo, odd_text, odd_text, odd_lie,
            odd_call, odd_callee, odd_items, odd_build, odd_build, odd_hash, odd_stack,
            odd_instance, odd_lines, odd_stack_global, odd_frame, odd_frame, odd_frame,
            odd_protocol, odd_extension, odd_buffer, odd_end)


def probe(r):
    out = []
    if r.random() < 0.5:
        out.append(b"\x80" + bytes([r.randrange(6)]))
    if r.random() < 0.3:
        out.append(b"cfirst\nimport\n" + r.choice((b"0", b"")))
    for _ in range(r.choice((1, 1, 1, 2, 3))):
        out.append(odd(r))
    out.append(r.choice((b"cafter\nmark%d\n.", b"cafter\nmark%d\n)R.", b"(iafter\nmark%d\n.",
                         b"\x8c\x05afterV\\u006dark%d\n\x93.")) % r.randrange(1000))
    if r.random() < 0.1:
        out.append(r.choice((b"junk", b"cbehind\nstop\n.", b"\x80\x04N.")))
    data = b"".join(out)
    if r.random() < 0.1:
        return data[:r.randrange(len(data) + 1)]
    if r.random() < 0.05:
        return b"\x95" + u64(len(data) + r.choice((0, -1, 1, 50))) + data
    return data


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
        None, True, 0, -1, 255, 256, 65536, -(1 << 40), 1 << 200, 1.5, "text", "\u00e9\u4e2d",
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
