/* SPDX-License-Identifier: Apache-2.0 */
#include "pickle/state.h"

/* Deeper than this a tuple or dict is shown as its outline. */
#define SHOW_DEPTH 3

/* Longest text that is looked at in order to show a part of it. */
#define SHOW_TEXT_MAX UINT64_C(65536)

struct writer {
    char *out;
    size_t len;
    size_t max; /* room without the NUL */
};

static void put_char(struct writer *w, char c)
{
    if (w->len < w->max) {
        w->out[w->len++] = c;
    }
}

static void put_str(struct writer *w, const char *text)
{
    while (*text != '\0') {
        put_char(w, *text++);
    }
}

static void put_number(struct writer *w, int64_t value)
{
    char digits[24];
    size_t n = 0;
    uint64_t magnitude = value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value;
    do {
        digits[n++] = (char)('0' + magnitude % 10);
        magnitude /= 10;
    } while (magnitude > 0);
    if (value < 0) {
        put_char(w, '-');
    }
    while (n > 0) {
        put_char(w, digits[--n]);
    }
}

static void put_escaped(struct writer *w, uint8_t c)
{
    static const char hex[] = "0123456789abcdef";
    if (c == '\n') {
        put_str(w, "\\n");
    } else if (c == '\\' || c == '\'') {
        put_char(w, '\\');
        put_char(w, (char)c);
    } else if (c < 0x20 || c >= 0x7f) {
        put_str(w, "\\x");
        put_char(w, hex[c >> 4]);
        put_char(w, hex[c & 15]);
    } else {
        put_char(w, (char)c);
    }
}

static void put_name(struct writer *w, struct stk_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        put_escaped(w, name.data[i]);
    }
}

/* Text shorter than the room that is left is shown whole, longer text is cut. */
static void put_text(struct stk_machine *m, struct writer *w, stk_slot slot)
{
    struct stk_span text = {0};
    enum stk_kind kind = stk_slot_kind(slot);
    if (kind != STK_STR) {
        put_str(w, kind == STK_BYTES ? "b" : "bytearray(b");
    }
    if (stk_slot_text(m, slot, SHOW_TEXT_MAX, &text) != STK_OK) {
        put_str(w, "'...'");
    } else {
        size_t room = w->max - w->len;
        size_t shown = text.len + 2 <= room ? text.len : room > 8 ? room - 8 : 0;
        put_char(w, '\'');
        put_name(w, stk_span_of(text.data, shown));
        put_str(w, shown < text.len ? "...'" : "'");
    }
    if (kind == STK_BYTEARRAY) {
        put_char(w, ')');
    }
}

static void put_global(struct stk_machine *m, struct writer *w, stk_slot slot)
{
    struct stk_global *g = stk_slot_global(m, slot);
    if (g == NULL || g->computed) {
        put_str(w, "<computed name>");
        return;
    }
    put_name(w, g->mapped_module);
    put_char(w, '.');
    put_name(w, g->mapped_name);
}

static void put_slot(struct stk_machine *m, struct writer *w, stk_slot slot, int depth);

static void put_tuple(struct stk_machine *m, struct writer *w, stk_slot slot, int depth)
{
    uint64_t n = 0;
    const stk_slot *items = stk_slot_items(m, slot, &n);
    put_char(w, '(');
    if (items == NULL || depth >= SHOW_DEPTH) {
        put_str(w, n == 0 ? "" : "...");
        n = 0;
    }
    for (uint64_t i = 0; i < n && w->len < w->max; i++) {
        put_str(w, i > 0 ? ", " : "");
        put_slot(m, w, items[i], depth + 1);
    }
    put_str(w, n == 1 ? ",)" : ")");
}

static void put_dict(struct stk_machine *m, struct writer *w, stk_slot slot, int depth)
{
    uint64_t n = 0;
    const stk_slot *pairs = stk_slot_pairs(m, slot, &n);
    put_char(w, '{');
    if (pairs == NULL || depth >= SHOW_DEPTH) {
        put_str(w, n == 0 ? "" : "...");
        n = 0;
    }
    for (uint64_t i = 0; i < n && w->len < w->max; i++) {
        put_str(w, i > 0 ? ", " : "");
        put_slot(m, w, pairs[2 * i], depth + 1);
        put_str(w, ": ");
        put_slot(m, w, pairs[2 * i + 1], depth + 1);
    }
    put_char(w, '}');
}

static void put_opaque(struct stk_machine *m, struct writer *w, stk_slot slot)
{
    uint64_t callee = stk_slot_payload(slot);
    if (callee == 0) {
        put_str(w, "<result of a call>");
        return;
    }
    put_str(w, "<result of ");
    put_global(m, w, stk_slot_make(STK_GLOBAL, callee - 1));
    put_char(w, '>');
}

static void put_slot(struct stk_machine *m, struct writer *w, stk_slot slot, int depth)
{
    enum stk_kind kind = stk_slot_kind(slot);
    switch (kind) {
    case STK_BOOL:
        put_str(w, stk_slot_payload(slot) != 0 ? "True" : "False");
        break;
    case STK_INT:
        put_number(w, stk_slot_int_value(slot));
        break;
    case STK_STR:
    case STK_BYTES:
    case STK_BYTEARRAY:
        put_text(m, w, slot);
        break;
    case STK_TUPLE:
        put_tuple(m, w, slot, depth);
        break;
    case STK_LIST:
        put_str(w, "[...]");
        break;
    case STK_DICT:
    case STK_DICT_KEPT:
        put_dict(m, w, slot, depth);
        break;
    case STK_GLOBAL:
        put_global(m, w, slot);
        break;
    case STK_OPAQUE:
        put_opaque(m, w, slot);
        break;
    case STK_NONE:
    case STK_BIGINT:
    case STK_FLOAT:
    case STK_SET:
    case STK_FROZENSET:
    case STK_OBJECT:
    case STK_PERSISTENT:
    case STK_EXTENSION:
    case STK_BUFFER:
    case STK_KINDS:
        put_str(w, kind == STK_NONE ? "" : "<");
        put_str(w, stk_kind_name(kind));
        put_str(w, kind == STK_NONE ? "" : ">");
        break;
    }
}

const char *stk_slot_show(struct stk_machine *m, stk_slot slot, size_t max)
{
    static const char cut[] = "...";
    char *out = stk_arena_alloc(&m->arena, max + sizeof cut);
    if (out == NULL) {
        return "...";
    }
    struct writer w = {.out = out, .max = max};
    put_slot(m, &w, slot, 0);
    if (w.len == max) {
        stk_copy(out + max, cut, sizeof cut);
    } else {
        out[w.len] = '\0';
    }
    return out;
}
