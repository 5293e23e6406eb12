# SPDX-License-Identifier: Apache-2.0
"""Probes: an odd construct or a few, then an import of a name that nothing else has, so
that it shows who went on. Each odd_… aims at one place where unpicklers could differ, or
where a scanner that guesses would lose its way, and leaves the stack about as it was."""
import struct

from pieces import (BIG_SIZES, FLOAT_TEXTS, INT_TEXTS, LONG_TEXTS, MEMO_KEYS, MEMO_TEXTS,
                    ODD_NAMES, OLD_NAMES, SIMPLE, u32, u64, write_bytes, write_get,
                    write_lie,
                    write_put, write_str)
from programs import Program


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
                   b"(K\x01\x90", b"K\x01a", b"K\x00K\x01s", b"(N\x90", b"(Nu", b"NNs",
                   b"Na", b"(C\x01aK\x01u", b"C\x01aa", b"(]\x90", b"]Ns"))
    return b"".join(p.out) + op + b"0"


def odd_build(r, p):
    p.value()
    state = r.choice((b"N", b"}", b")", b"]", b"K\x00", b"\x89", b"\x8c\x00", b"NN\x86",
                      b"N}\x86", b"}N\x86", b"}}\x86", b"}K\x00\x86", b"NK\x01\x86",
                      b"K\x00}\x86", b"NNN\x87", b"C\x00", b"\x8f", b"(\x91", b"}NNs",
                      b"N}\x8c\x01aNs\x86", b"G" +
                      bytes(8), b"]]\x86", b"]Na", b"K\x01", b"I00\n", b"L0L\n", b"F0\n"))
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
    names = (b"os", b"", b" ", b"\r", b"\0", b"\xff", b"\xc3\xa9", b"\xed\xa0\x80",
             b"a b", b"a.b")
    return r.choice((b"c", b"c",
                     b"(i")) + r.choice(names) + b"\n" + r.choice(names) + b"\n"


def odd_stack_global(r, p):
    p.value()
    p.value()
    return b"".join(p.out) + b"\x93"


def odd_frame(r, p):
    """Frames whose ends fall inside opcodes and arguments."""
    pieces = [write_str(r, "abc", 0) + b"0", b"N0", b"cq\nr\n0", b"K\x010",
              b"X\x01\0\0\0a0", b"B\x03\0\0\0xyz0", b"\x96\x02\0\0\0\0\0\0\0yz0",
              b"I5\n0", b"(i a\nb\n0",
              b"G" + bytes(8) + b"0"]
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


def odd_end(r, p):
    """Nothing of note: the end is cut instead."""
    return b""


# Numbers as text with any byte anywhere: each class of byte means something to one of
# strtol, PyLong_FromString, int() and float().

NUMBERS = (b"0", b"1", b"00", b"01", b"5", b"17", b"017", b"0x1f", b"0o17", b"0b11",
           b"1_0", b"-7", b"+7", b"9223372036854775807", b"1.5", b"1e5", b"inf", b"nan",
           b"", b"7L")
DIGITS = b"0123456789abcdefxXoObBlLeE+-_. \t\r\x0b\x0c\0"


def any_byte(r):
    """Never a newline: it would end the line."""
    byte = r.randrange(256) if r.random() < 0.5 else r.choice(DIGITS)
    return b"" if byte == 10 else bytes([byte])


def number_text(r):
    if r.random() < 0.2:
        return bytes(r.choice(DIGITS) for _ in range(r.randrange(6)))
    text = r.choice(NUMBERS)
    for _ in range(r.choice((1, 1, 2))):
        at = r.choice((0, len(text), r.randrange(len(text) + 1)))
        text = text[:at] + any_byte(r) + text[at + (r.random() < 0.2):]
    if r.random() < 0.02:
        text += r.choice((b"1", b"0")) * r.choice((4295, 4299, 4300, 4301))
    return text


def odd_digits(r, p):
    op = r.choice((b"I", b"I", b"L", b"F", b"Np", b"N\x940g"))
    return op + number_text(r) + b"\n0"


# Protocol 0: quotes, escapes, lines.

QUOTED = (b"'", b"'", b'"', b'"', b"\\", b"\\", b"x", b"4", b"1", b"0", b"7", b"a", b"n",
          b" ", b"\r", b"\0", b"\xe9", b"\\x41", b"\\101", b"u0041", b"\\\\")
UNICODE = (b"\\", b"\\", b"u", b"U", b"u", b"0041", b"0000", b"00", b"4", b"1", b"d83d",
           b"DC0D", b"0010ffff", b"00110000", b"g", b"\xe9", b"\r", b"\0", b"\xc3\xa9",
           b"N{DASH}", b" ")
LINES = (b"a", b"os", b".", b" ", b"\r", b"\0", b"\x7f", b"\x80", b"\xff", b"\xc3\xa9",
         b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe4\xb8", b"\xef\xbb\xbf",
         b"\xc2\x85", b"\xe2\x80\xa8", b"\x1c", b"<locals>", b"__class__")


def several(r, parts, most):
    return b"".join(r.choice(parts) for _ in range(r.randrange(most)))


def odd_quotes(r, p):
    text = several(r, QUOTED, 6)
    mark = r.choice((b"'", b'"', b""))
    return b"S" + r.choice((b"", b" ", mark, mark)) + mark + text + mark + \
        r.choice((b"", b"", b"", b" ", b"\r", b"\0", b"\\")) + b"\n0"


def odd_escapes(r, p):
    return b"V" + several(r, UNICODE, 6) + b"\n0"


def odd_name_bytes(r, p):
    """Lines of names and ids in any encoding."""
    one, two = several(r, LINES, 4), several(r, LINES, 4)
    return r.choice((b"c" + one + b"\n" + two + b"\n0", b"(i" + one + b"\n" + two +
                     b"\n0", b"P" + one + b"\n0"))


def odd_text_bytes(r, p):
    """The same as counted text, used as a name."""
    def text():
        data = several(r, LINES, 4)
        return r.choice((b"\x8c" + bytes([len(data)]) + data, b"X" + u32(len(data)) +
                         data,
                         b"\x8d" + u64(len(data)) + data, b"U" + bytes([len(data)]) +
                         data,
                         b"T" + u32(len(data)) + data))
    return text() + text() + r.choice((b"\x930", b"00"))


def line_end(r):
    """The bytes end inside a line."""
    return r.choice((b"cos\nsystem", b"cos", b"(ios\nsystem", b"I5", b"L5L", b"F1.5",
                     b"S'a'", b"Va", b"Pid", b"Np1", b"N\x940g0", b"c\n", b"cos\n", b"I",
                     b"S"))


# Names.

def odd_dots(r, p):
    name = ".".join(r.choice(("a", "b", "", "__init__", "<locals>", "system"))
                    for _ in range(r.randrange(1, 5)))
    module = r.choice(("torch", "a.b", "", ".a", "a.", "os.path"))
    version = r.choice((b"", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"))
    line = (module + "\n" + name + "\n").encode()
    return version + r.choice((
        b"c" + line, b"(i" + line, write_str(r, module, 0) + write_str(r, name, 0) +
        b"\x93")) + b"0"


def odd_old_name(r, p):
    module, name = r.choice(OLD_NAMES)
    version = b"\x80" + bytes([r.randrange(6)])
    line = (module + "\n" + name + "\n").encode()
    return r.choice((b"", version)) + r.choice((
        b"c" + line, b"(i" + line, write_str(r, module, 0) + write_str(r, name, 0) +
        b"\x93")) + \
        r.choice((b"", version)) + b"0"


def odd_computed_name(r, p):
    """Operands of STACK_GLOBAL that were not written next to it."""
    def operand():
        return r.choice((
            b"\x8c\x02os", b"X\x02\0\0\0os\x94", b"V\\u006fs\n", b"S'\\x6fs'\n",
            b"U\x02os", b"C\x02os", b"cx\ny\n", b"cx\ny\n)R", b"Pos\n", b"\x8c\x02osQ",
            b"K\x05", b"N", b"\x8c\x02os\x85", b"\x82\x01", b"\x97",
            b"\x96\x02\0\0\0\0\0\0\0os",
            b"\x8c\x02os2", b"\x8c\x02osq\x070h\x07", b"\x8c\x02osp7\n0g7\n",
            b"\x8c\x02osr\0\1\0\0" b"0j\0\1\0\0",
            b"N0\x8c\x02os", b"(K\x01K\x021\x8c\x02os",
            b"\x8c\x02os\x95\0\0\0\0\0\0\0\0"))
    between = r.choice((b"", b"", b"", b"N0", b"(1", b"(K\x011", b"\x94", b"q\x05", b"20",
                        b"\x80\x04", b"(0"))
    return operand() + between + operand() + between + b"\x930"


# Persistent ids, extensions, buffers.

def odd_persistent(r, p):
    if r.random() < 0.5:
        return b"P" + several(r, LINES, 4) + b"\n" + r.choice((b"0", b")R0", b"}b0",
                                                               b"Na0"))
    p.value()
    return b"".join(p.out) + b"Q" + r.choice((b"0", b")R0", b"}b0", b"N\x86" b"0"))


def odd_extension(r, p):
    p.wild = 0.5
    p.extension()
    return b"".join(p.out) + r.choice((b"0", b")R0", b")\x810", b"}b0", b"\x85" b"0"))


def odd_buffer(r, p):
    p.value()
    return r.choice((b"".join(p.out) + b"\x980", b"\x97" + r.choice((b"", b"\x98")) * 2 +
                     b"0", b"\x98", b"(\x981", b"\x97(e0", b"\x97(K\x01e0",
                     b"\x97N\x85R0", b"\x97}b0", b"}\x97Ns0", b"\x8f(\x97\x900",
                     b"\x97\x98(K\x00K\x01u0"))


# Calls with odd arguments; items on odd targets.

def odd_keywords(r, p):
    """NEWOBJ_EX: keywords that are none, and arguments that are no tuple."""
    key = r.choice((b"\x8c\x01k", b"Vk\n", b"S'k'\n", b"C\x01k", b"K\x01", b"N", b")",
                    b"\x8c\x01k\x85"))
    words = r.choice((b"}", b"}" + key + b"Ns", b"(" + key + b"Nd", b"}(" + key + b"Nu",
                      b"N", b")", b"]", b"\x8c\x00", b"K\0", b"\x8f", b"ca\nb\n",
                      b"ca\nb\n)R"))
    args = r.choice((b")", b")", b"N\x85", b"]", b"N", b"\x8c\x01a", b"}", b"(t",
                     b"(K\x01t"))
    callee = r.choice((b"cm\nn\n", b"cm\nn\n", b"cm\nn\n)R", b"\x82\x01", b"Pid\n", b"N",
                       b"]", b"\x8c\x01a"))
    return callee + args + words + b"\x920"


def odd_target(r, p):
    """APPEND(S), ADDITEMS, SETITEM(S) on anything, with any number of items."""
    target = r.choice((b"]", b"}", b"\x8f", b")", b"N", b"K\x01", b"\x8c\x01a", b"C\x01a",
                       b"(\x91", b"\x96\x01\0\0\0\0\0\0\0a", b"\x97", b"cm\nn\n",
                       b"cm\nn\n)R", b"\x82\x01", b"Pid\n", b"\x88", b"G" + bytes(8),
                       b"V\n", b"S''\n", b"]2", b"]\x940h\0"))
    item = r.choice((b"N", b"K\0", b"K\x01", b"]", b"\x8c\x01k", b")", b"C\x01a",
                     b"I01\n", b"}\x85"))
    count = r.choice((0, 0, 1, 2, 3))
    op = r.choice((b"e", b"u", b"\x90", b"a", b"s"))
    if op == b"a":
        return target + item + b"a0"
    if op == b"s":
        return target + item + b"Ns0"
    return target + b"(" + item * count + op + b"0"


# Stack, marks, memo.

def odd_marks(r, p):
    """Opcodes that look for a mark, or for values across one."""
    ops = (b"(", b"(", b"0", b"1", b"2", b"N", b"t", b"l", b"]", b")", b"e", b"\x85",
           b"\x86", b"\x87", b"\x94", b"q\x01", b"h\x01", b"a", b"}", b"d", b"\x91")
    return several(r, ops, 7)


def odd_empty(r, p):
    """An opcode that needs values over a stack, or a mark, without any."""
    op = r.choice((b"0", b"1", b"2", b".", b"R", b"b", b"a", b"s", b"e", b"u", b"\x90",
                   b"Q", b"o", b"\x81", b"\x92", b"\x93", b"\x85", b"\x86", b"\x87", b"t",
                   b"l", b"d", b"\x91", b"q\0", b"r\0\0\0\0", b"p0\n", b"\x94", b"\x98",
                   b"ia\nb\n"))
    return r.choice((b"", b"(", b"N(", b"N", b"((", b"NN(")) + op


def odd_memo_order(r, p):
    """The same keys put and got in every way, with MEMOIZE, which counts."""
    out = []
    for _ in range(r.randrange(2, 6)):
        key = r.choice((0, 1, 2, 3, 255, 256))
        put = r.choice((b"\x94", write_put(r, key), b"p%d\n" % key, b"p+%d\n" % key,
                        b"p0%d\n" % key))
        out.append(write_str(r, "v%d" % r.randrange(4), 0) + put + b"0")
    key = r.choice((0, 1, 2, 3, 255, 256))
    get = r.choice((write_get(r, key), b"g%d\n" % key, b"g %d\n" % key))
    return b"".join(out) + get + get + b"\x930"


def odd_frame_edge(r, p):
    """A frame that ends at, or one beside, the edge of an element."""
    element = r.choice((b"cq\nr\n0", b"\x8c\x03abc0", b"X\x02\0\0\0ab0", b"I12\n0",
                        b"Vabc\n0", b"C\x02xy0", b"B\x02\0\0\0xy0", b"G" + bytes(8) +
                        b"0", b"(ia\nb\n0", b"\x96\x02\0\0\0\0\0\0\0xy0", b"S'ab'\n0",
                        b"Pid\n0", b"J\1\0\0\0" b"0", b"Nq\x050", b"\x8a\x01\x050",
                        b"U\x02ab0", b"T\x02\0\0\0ab0", b"\x80\x04",
                        b"\x8e\x02\0\0\0\0\0\0\0xy0",
                        b"L5L\n0", b"F1.5\n0", b"Np9\n0"))
    before = r.choice((b"", b"N0", b"K\x010"))
    size = len(before) + r.randrange(len(element) + 2)
    inner = b"\x95" + u64(r.choice((0, 1, len(element)))) if r.random() < 0.2 else b""
    return b"\x95" + u64(size) + before + inner + element


def odd_sign(r, p):
    """Lengths with their sign bit, and one more or less than there is."""
    op = r.choice((b"T", b"T", b"X", b"B", b"\x8b"))
    data = b"abc"
    size = r.choice((len(data), len(data) + 1, len(data) - 1, 0x80000000 | len(data),
                     0x80000000,
                     0x7fffffff, 0xffffffff))
    return op + u32(size) + data + b"0"


ODDITIES = (
    odd_number, odd_digits, odd_digits, odd_digits, odd_memo, odd_memo, odd_memo_order,
    odd_text, odd_quotes, odd_escapes, odd_name_bytes, odd_text_bytes,
    odd_dots, odd_old_name, odd_computed_name, odd_computed_name, odd_lie, odd_sign,
    odd_call, odd_callee, odd_keywords, odd_items, odd_target, odd_target, odd_build,
    odd_build, odd_hash, odd_stack, odd_marks, odd_marks, odd_empty, odd_instance,
    odd_lines,
    odd_stack_global, odd_frame, odd_frame, odd_frame_edge, odd_frame_edge, odd_protocol,
    odd_extension, odd_persistent, odd_buffer, odd_end)


def probe(r):
    out = []
    if r.random() < 0.5:
        out.append(b"\x80" + bytes([r.randrange(6)]))
    if r.random() < 0.3:
        out.append(b"cfirst\nimport\n" + r.choice((b"0", b"")))
    for _ in range(r.choice((1, 1, 1, 2, 3))):
        out.append(odd(r))
    if r.random() < 0.04:
        return b"".join(out) + line_end(r)
    out.append(r.choice((b"cafter\nmark%d\n.", b"cafter\nmark%d\n)R.",
                         b"(iafter\nmark%d\n.",
                         b"\x8c\x05afterV\\u006dark%d\n\x93.")) % r.randrange(1000))
    if r.random() < 0.1:
        out.append(r.choice((b"junk", b"cbehind\nstop\n.", b"\x80\x04N.")))
    data = b"".join(out)
    if r.random() < 0.1:
        return data[:r.randrange(len(data) + 1)]
    if r.random() < 0.05:
        return b"\x95" + u64(len(data) + r.choice((0, -1, 1, 50))) + data
    return data
