# SPDX-License-Identifier: Apache-2.0
"""Programs over all opcodes that mostly keep stack discipline, with frames or without."""
import struct

from pieces import (BIG_SIZES, EXTENSIONS, MEMO_KEYS, ODD_NAMES, OLD_NAMES, SIMPLE, u32,
                    u64,
                    write_bytes, write_float, write_get, write_int, write_lie, write_put,
                    write_str)


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
            self.put(b"P" + self.r.choice((b"", b"id", b"a b", b"\xe9", b"1\r")) + b"\n",
                     "o")
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
