# SPDX-License-Identifier: Apache-2.0
"""The catalogue's text (docs/catalogue.md): lines, tokens and patterns."""

import re
from dataclasses import dataclass

TYPES = {
    "none": ["NONE"], "bool": ["BOOL"], "int": ["INT", "BIGINT"], "float": ["FLOAT"],
    "str": ["STR"], "bytes": ["BYTES"], "bytearray": ["BYTEARRAY"], "buffer": ["BUFFER"],
    "list": ["LIST"], "dict": ["DICT", "DICT_KEPT"], "set": ["SET"],
    "frozenset": ["FROZENSET"], "tuple": ["TUPLE"], "persistent": ["PERSISTENT"],
}
ANY = sorted({k for n, ks in TYPES.items() if n != "persistent" for k in ks} |
             {"GLOBAL", "OBJECT"})
RESULT_TYPES = [name for name in TYPES if name != "buffer"]
KINDS = ["value", "call", "class", "plain", "enum", "flag", "persistent"]

# Entries that are no global's: what a loader gives, and what a profile grants by name.
NAMELESS = ("persistent", "granted")
CLAUSES = ["args", "new", "state", "pairs", "each", "add"]
CLASSES = {"class", "plain", "enum", "flag", "value"}
DEPTH_MAX = 16
GLOB_MAX = 63
KEYS_MAX = 128
TAGS_MAX = 255
ENTRIES_MAX = 0xfeff  # classes above are those of typed results
INT_MAX = (1 << 63) - 1
NAME = r"[A-Za-z_][A-Za-z0-9_]*"
DOTTED = rf"{NAME}(?:\.{NAME})*"
TOKEN = re.compile(rf"""
    (?P<space>\s+)
  | (?P<text>b?~?"(?:[^"\\]|\\.)*")
  | (?P<name>{DOTTED}(?::{NAME}(?:\.{NAME})+)?)
  | (?P<range>-?\d+\.\.-?\d+)
  | (?P<int>-?\d+)
  | (?P<ref>\$(?:\d+|{NAME}))
  | (?P<punct>->|\.\.\.|[(){{}}<>|,?:&\#@=*])
""", re.X)


class Mistake(Exception):
    def __init__(self, where, text):
        super().__init__(f"{where}: {text}")


# ---- lines and tokens ----

@dataclass
class Line:
    where: str
    text: str
    indented: bool


def strip_comment(text):
    quoted = False
    for i, c in enumerate(text):
        if c == '"' and (i == 0 or text[i - 1] != "\\"):
            quoted = not quoted
        alone = (i == 0 or text[i - 1].isspace()) and text[i + 1:i + 2].strip() == ""
        if c == "#" and not quoted and (alone or i == 0):
            return text[:i]
    return text


def read_lines(path, content):
    lines, held, begun = [], "", 0
    for number, raw in enumerate(content.split("\n"), 1):
        text = strip_comment(raw).rstrip()
        begun = begun if held else number
        if text.endswith("\\"):
            held += text[:-1] + " "
            continue
        text, held = held + text, ""
        if text.strip():
            lines.append(Line(f"{path}:{begun}", text, text[0].isspace()))
    if held:
        raise Mistake(f"{path}:{begun}", "the file ends in a continued line")
    return lines


def join_lists(lines):
    """A set or pattern has no clauses: its indented lines are more of it."""
    joined = []
    for line in lines:
        last = joined[-1] if joined else None
        if line.indented and last and last.text.split()[0] in ("set", "pattern"):
            last.text += " " + line.text.strip()
        else:
            joined.append(line)
    return joined


class Tokens:
    def __init__(self, where, text):
        self.where, self.text, self.items, self.at = where, text, [], 0
        pos = 0
        while pos < len(text):
            m = TOKEN.match(text, pos)
            if not m:
                raise Mistake(where, f"cannot read {text[pos:pos + 20]!r}")
            if m.lastgroup != "space":
                self.items.append((m.lastgroup, m.group(), pos))
            pos = m.end()

    def fail(self, text):
        found = repr(self.items[self.at][1]) if not self.done() else "the end of the line"
        raise Mistake(self.where, f"{text}, found {found}")

    def done(self):
        return self.at >= len(self.items)

    def kind(self):
        return self.items[self.at][0] if not self.done() else None

    def peek(self, value):
        return not self.done() and self.items[self.at][1] == value and \
            self.kind() != "text"

    def accept(self, value):
        if self.peek(value):
            self.at += 1
            return True
        return False

    def expect(self, value):
        if not self.accept(value):
            self.fail(f"expected {value!r}")

    def take(self, kind, what):
        if self.kind() != kind:
            self.fail(f"expected {what}")
        self.at += 1
        return self.items[self.at - 1][1]

    def since(self, at):
        """The source text of the tokens from number at on to here."""
        first, last = self.items[at], self.items[self.at - 1]
        text = self.text[first[2]:last[2] + len(last[1])].strip()
        # Continued lines bring the white space that they begin with.
        return re.sub(r'("(?:[^"\\]|\\.)*")|\s+', lambda m: m[1] or " ", text)


# ---- patterns: tuples ("kind", ...), hashable, so that equal ones are written once ----

def unquote(where, token):
    body = token[token.index('"') + 1:-1]
    out = bytearray()
    i = 0
    while i < len(body):
        if body[i] != "\\":
            out += body[i].encode()
            i += 1
            continue
        m = re.compile(r'\\(?:x([0-9a-fA-F]{2})|(["\\nt]))').match(body, i)
        if not m:
            raise Mistake(where, f"unknown escape in {token}")
        out += bytes([int(m[1], 16)]) if m[1] else \
            {'"': b'"', "\\": b"\\", "n": b"\n", "t": b"\t"}[m[2]]
        i = m.end()
    return bytes(out)


def to_int(where, text):
    value = int(text)
    if not -INT_MAX <= value <= INT_MAX:
        raise Mistake(where, f"{text} does not fit 64 bits")
    return value


def parse_text(t):
    token = t.take("text", "a text")
    data = unquote(t.where, token)
    is_bytes, is_glob = token.startswith("b"), "~" in token[:2]
    if is_glob and len(data) > GLOB_MAX:
        raise Mistake(t.where, f"a glob of more than {GLOB_MAX} bytes")
    if is_glob and re.search(rb"\[!?\]|\[[^\]]*$", data):
        raise Mistake(t.where, "a set in a glob that is empty or has no end")
    return ("glob" if is_glob else "text", data, is_bytes)


def parse_tuple(t):
    t.expect("(")
    items, more, optional = [], False, False
    while not t.peek(")"):
        if t.accept("..."):
            more = True
            break
        item = parse_pattern(t)
        is_optional = t.accept("?")
        if optional and not is_optional:
            t.fail("an item behind an optional one must be optional")
        optional = is_optional
        items.append((item, is_optional))
        if not t.accept(","):
            break
    t.expect(")")
    return ("tuple", tuple(items), more)


def parse_dict(t):
    t.expect("{")
    keys, rest, more = [], None, False
    while not t.peek("}"):
        if t.accept("..."):
            more = True
            break
        if t.accept("*"):
            t.expect(":")
            rest = parse_pattern(t)
            break
        key = parse_text(t)
        if key[0] != "text" or key[2]:
            t.fail("a key must be a plain text")
        optional = t.accept("?")
        t.expect(":")
        if key[1] in [k for k, _, _ in keys]:
            t.fail(f"key {key[1].decode()!r} given twice")
        keys.append((key[1], parse_pattern(t), optional))
        if not t.accept(","):
            break
    t.expect("}")
    if len(keys) > KEYS_MAX:
        raise Mistake(t.where, f"more than {KEYS_MAX} keys")
    return ("dict", tuple(keys), rest, more)


def parse_reference(t, kind):
    """Behind & or #: a name or a set; # also a tag."""
    is_set = t.accept("@")
    if kind == "global" and not is_set and t.accept("any"):
        return ("kinds", tuple(k for k in KINDS if k != "persistent"))
    name = t.take("name", "a name")
    tag = None
    if kind == "object" and t.accept(":"):
        tag = t.take("name", "a tag")
    names = ("@" + name,) if is_set else (name,)
    return (kind, names) if kind == "global" else (kind, names, tag)


def parse_word(t):
    word = t.take("name", "a pattern")
    if word == "any":
        return ("mask", tuple(ANY))
    if word in ("true", "false"):
        return ("bool", word == "true")
    if word in ("attrs", "slots", "stream"):
        return (word,)
    if word == "tuple" and t.accept("<"):
        item = parse_pattern(t)
        t.expect(">")
        return ("tuple_of", item)
    if word == "list" and t.accept("<"):
        item = parse_pattern(t)
        t.expect(">")
        return ("list_of", item)
    if word in TYPES:
        return ("mask", tuple(TYPES[word]))
    t.at -= 1
    t.fail("expected a pattern")


def parse_one(t):
    if t.kind() == "text":
        return parse_text(t)
    if t.kind() == "int":
        value = to_int(t.where, t.take("int", "a number"))
        return ("range", value, value)
    if t.kind() == "range":
        low, high = (to_int(t.where, v) for v in t.take("range", "a range").split(".."))
        if low > high:
            raise Mistake(t.where, f"{low}..{high} is empty")
        return ("range", low, high)
    if t.peek("("):
        return parse_tuple(t)
    if t.peek("{"):
        return parse_dict(t)
    if t.accept("&"):
        return parse_reference(t, "global")
    if t.accept("#"):
        return parse_reference(t, "object")
    if t.accept("@"):
        return ("named", t.take("name", "a pattern's name"), t.where)
    return parse_word(t)


def parse_pattern(t):
    options = [parse_one(t)]
    while t.accept("|"):
        options.append(parse_one(t))
    return options[0] if len(options) == 1 else ("either", tuple(options))
