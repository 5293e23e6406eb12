# SPDX-License-Identifier: Apache-2.0
"""The catalogue as const C tables; what they mean is in src/policy/catalogue.h."""

from catalogue_grammar import NAMELESS, TAGS_MAX, TYPES, Mistake


def fnv(data, h=0x811c9dc5):
    """FNV-1a, 32 bits; the same in src/policy/catalogue.c."""
    for c in data:
        h = ((h ^ c) * 0x01000193) & 0xffffffff
    return h


class Tables:
    def __init__(self, catalogue):
        self.c = catalogue
        self.texts, self.text_number = [b""], {b"": 0}
        self.patterns, self.pattern_number = [], {}
        self.children, self.ints = [], []
        self.tags = {None: 0}
        self.entries, self.alternatives, self.members = [], [], []

    def text(self, value):
        data = value if isinstance(value, bytes) else value.encode()
        if data not in self.text_number:
            self.text_number[data] = len(self.texts)
            self.texts.append(data)
        return self.text_number[data]

    def tag(self, where, name):
        if name not in self.tags:
            if len(self.tags) > TAGS_MAX:
                raise Mistake(where, f"more than {TAGS_MAX} tags")
            self.tags[name] = len(self.tags)
        return self.tags[name]

    def add(self, kind, flags="0", tag=0, n=0, at=0):
        self.patterns.append(f"{{STK_PATTERN_{kind}, {flags}, {tag}, 0, {n}, {at}}}")
        return len(self.patterns) - 1

    def list_children(self, numbers):
        at = len(self.children)
        self.children += numbers
        return at

    def pattern(self, where, p):
        if p not in self.pattern_number:
            self.pattern_number[p] = getattr(self, "put_" + p[0])(where, *p[1:])
        return self.pattern_number[p]

    def put_mask(self, where, kinds):
        return self.add("TYPE", at=" | ".join(f"1u << STK_{k}" for k in kinds))

    def put_bool(self, where, value):
        return self.add("BOOL", at=int(value))

    def put_range(self, where, low, high):
        self.ints += [low, high]
        return self.add("RANGE", at=len(self.ints) - 2)

    def put_text(self, where, data, is_bytes):
        flags = "STK_PATTERN_IN_BYTES" if is_bytes else "0"
        return self.add("TEXT", flags, n=len(data), at=self.text(data))

    def put_glob(self, where, data, is_bytes):
        flags = "STK_PATTERN_IN_BYTES" if is_bytes else "0"
        return self.add("GLOB", flags, n=len(data), at=self.text(data))

    def put_tuple(self, where, items, more):
        numbers = [self.pattern(where, q) | (o and 0x80000000) for q, o in items]
        return self.add("TUPLE", "STK_PATTERN_OPEN" if more else "0", n=len(numbers),
                        at=self.list_children(numbers))

    def put_tuple_of(self, where, item):
        return self.add("TUPLE_OF", at=self.pattern(where, item))

    def put_list_of(self, where, item):
        return self.add("LIST_OF", at=self.pattern(where, item))

    def put_dict(self, where, keys, rest, more):
        numbers = []
        for key, q, optional in keys:
            numbers += [self.text(key) | (optional and 0x80000000),
                        self.pattern(where, q)]
        flags = "STK_PATTERN_OPEN" if more else "STK_PATTERN_REST" if rest else "0"
        if rest:
            numbers.append(self.pattern(where, rest))
        return self.add("DICT", flags, n=len(keys), at=self.list_children(numbers))

    def put_attrs(self, where):
        return self.add("ATTRS")

    def put_slots(self, where):
        return self.add("SLOTS")

    def put_stream(self, where):
        return self.add("STREAM")

    def put_kinds(self, where, kinds):
        mask = " | ".join(f"1u << STK_ENTRY_{k.upper()}" for k in kinds)
        return self.add("KINDS", at=mask)

    def put_global(self, where, numbers):
        return self.add("GLOBAL", n=len(numbers), at=self.list_children(list(numbers)))

    def put_object(self, where, numbers, tag):
        return self.add("OBJECT", tag=self.tag(where, tag), n=len(numbers),
                        at=self.list_children(list(numbers)))

    def put_either(self, where, options):
        numbers = [self.pattern(where, q) for q in options]
        return self.add("EITHER", n=len(numbers), at=self.list_children(numbers))

    def result(self, where, r):
        value = {"self": lambda: 0, "member": lambda: 0, "new": lambda: r.value,
                 "index": lambda: r.value, "arg": lambda: r.value,
                 "key": lambda: self.text(r.value),
                 "type": lambda: "STK_" + TYPES[r.value][0],
                 "class": lambda: self.c.number_of(where, r.value)}[r.kind]()
        if r.kind == "type" and r.value == "int":
            value = "STK_BIGINT"  # of unknown value
        size_kind, size = r.size or ("nothing", 0)
        return (f"{{STK_RESULT_{r.kind.upper()}, {self.tag(where, r.tag)}, "
                f"STK_FOLLOWS_{r.follows.upper()}, STK_SIZE_{size_kind.upper()}, "
                f"{value}, {size}}}")

    def alternative(self, a):
        pattern = self.pattern(a.where, self.c.settle(a.where, a.pattern))
        keywords = 0xffffffff
        if a.keywords:
            keywords = self.pattern(a.where, self.c.settle(a.where, a.keywords))
        self.alternatives.append(
            f"{{{pattern}, {keywords:#x}, {self.result(a.where, a.result)}, "
            f"{self.text(a.text)}, {int(a.new)}}}")

    def entry(self, e):
        first, first_member = len(self.alternatives), len(self.members)
        calls = e.clauses["args"] + e.clauses["new"]
        groups = [calls, e.clauses["state"], e.clauses["pairs"], e.clauses["each"],
                  e.clauses["add"]]
        for group in groups:
            for a in group:
                self.alternative(a)
        for name, value in e.members:
            kind = "NOTHING" if value is None else "NONE" if value == "none" else \
                "INT" if isinstance(value, int) else "TEXT"
            self.members.append(
                f"{{{self.text(name)}, STK_MEMBER_{kind}, "
                f"{self.text(value) if kind == 'TEXT' else 0}, "
                f"INT64_C({value if kind == 'INT' else 0})}}")
        counts = ", ".join(str(len(g)) for g in groups)
        self.entries.append(
            f"{{{self.text(e.module)}, {self.text(e.name)}, STK_ENTRY_{e.kind.upper()}, "
            f"{int(e.unheld)}, {{{counts}}}, {first}, {first_member}, {len(e.members)}, "
            f"{self.text(e.write)}, {self.text(e.source)}}}")


def open_table(hashes):
    """Slots of an open-addressing table, at most half full; 0xffff: free."""
    size = 8
    while size < 2 * len(hashes):
        size *= 2
    slots = [0xffff] * size
    for number, h in enumerate(hashes):
        at = h & (size - 1)
        while slots[at] != 0xffff:
            at = (at + 1) & (size - 1)
        slots[at] = number
    return slots


def rows(name, c_type, items, per_line=1):
    """A static const array; never empty, since C has no empty ones."""
    out = [f"static const {c_type} {name}[] = {{"]
    items = list(items) or ["{0}" if c_type.startswith("struct") else "0"]
    for i in range(0, len(items), per_line):
        out.append("    " + ", ".join(str(x) for x in items[i:i + per_line]) + ",")
    return out + ["};", ""]


def text_rows(texts):
    at, offsets, blob = 0, [], []
    for data in texts:
        offsets.append(at)
        blob += list(data) + [0]
        at += len(data) + 1
    return rows("texts", "uint8_t", blob, 24) + rows("text_at", "uint32_t",
                                                     offsets + [at], 12)


def write_tables(catalogue, symbol):
    t = Tables(catalogue)
    for e in catalogue.entries:
        catalogue.attempt(t.entry, e)
    names = sorted(catalogue.names.items())
    name_rows = [f"{{{t.text(m)}, {t.text(n)}, {number}}}" for (m, n), number in names
                 if m not in NAMELESS]
    name_slots = open_table([fnv(n.encode(), fnv(b"\xff", fnv(m.encode())))
                             for (m, n), _ in names if m not in NAMELESS])
    # The wildcard behind the exact entry of the same key, so that the exact one is found.
    dangers = sorted(catalogue.dangers, key=lambda d: (d.key, d.wild))
    danger_rows = [f"{{{t.text(d.key)}, {t.text(d.reason)}, {int(d.wild)}, "
                   f"{int(d.stream)}}}" for d in dangers]
    danger_slots = open_table([fnv(d.key.encode()) for d in dangers])
    persistent = [i for i, e in enumerate(catalogue.entries) if e.kind == "persistent"]
    granted = {e.name: i for i, e in enumerate(catalogue.entries)
               if e.module == "granted"}
    longest = max([len(d.key) for d in dangers], default=0)
    out = ["/* SPDX-License-Identifier: Apache-2.0 */",
           "/* Made by tools/catalogue-gen; edit the .cat files instead. */",
           '#include "policy/catalogue.h"', ""]
    out += text_rows(t.texts)
    out += rows("ints", "int64_t", (f"INT64_C({v})" for v in t.ints), 6)
    out += rows("children", "uint32_t", (f"{v:#x}" for v in t.children), 10)
    out += rows("patterns", "struct stk_pattern", t.patterns)
    out += rows("alternatives", "struct stk_alternative", t.alternatives)
    out += rows("members", "struct stk_member", t.members)
    out += rows("entries", "struct stk_entry", t.entries)
    out += rows("names", "struct stk_catalogue_name", name_rows)
    out += rows("name_slots", "uint16_t", name_slots, 16)
    out += rows("dangers", "struct stk_danger", danger_rows)
    out += rows("danger_slots", "uint16_t", danger_slots, 16)
    out += [f"const struct stk_catalogue {symbol} = {{"]
    for key, value in [
            ("texts", "texts"), ("text_at", "text_at"), ("ints", "ints"),
            ("children", "children"), ("patterns", "patterns"),
            ("alternatives", "alternatives"), ("members", "members"),
            ("entries", "entries"), ("names", "names"), ("name_slots", "name_slots"),
            ("dangers", "dangers"), ("danger_slots", "danger_slots"),
            ("n_entries", len(t.entries)), ("n_names", len(name_rows)),
            ("n_name_slots", len(name_slots)), ("n_dangers", len(danger_rows)),
            ("n_danger_slots", len(danger_slots)), ("danger_max", longest),
            ("torch", persistent[0] if persistent else "STK_ENTRY_NONE"),
            *((f"granted_{kind}", granted.get(kind, "STK_ENTRY_NONE"))
              for kind in ("value", "class", "enum"))]:
        out.append(f"    .{key} = {value},")
    return "\n".join(out + ["};", ""])
