/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "pickle/state.h"

/* Deeper than this a tuple or dict is shown as its outline. */
#define SHOW_DEPTH 3

/* Longest text that is looked at in order to show a part of it. */
#define SHOW_TEXT_MAX UINT64_C(65536)

/* Of text that is longer than that, the bytes at each end that are looked at. */
#define SHOW_END_MAX 512

/* Less room than this has no place for the end of a text. */
#define SHOW_BOTH_ENDS 64

/* ''...( more)...'' with a number */
#define SHOW_AROUND 30

/* Least room for one of several values. */
#define SHOW_SHARE_MIN 24

struct writer {
    char *out;
    size_t len;
    size_t max;   /* room without the NUL */
    size_t share; /* where the value that is written should end */
    bool full;    /* something had no room */
};

static void put_char(struct writer *w, char c)
{
    if (w->len < w->max) {
        w->out[w->len++] = c;
    } else {
        w->full = true;
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

/* ---- text ---- */

/* The code point at the front and its length; 0 where no UTF-8 starts. */
static size_t decode(struct stk_span text, uint32_t *ret_code)
{
    uint8_t lead = text.data[0];
    size_t len = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (len > text.len || stk_utf8_valid(stk_span_of(text.data, len), true) != len) {
        return 0;
    }
    uint32_t code = len == 1 ? lead : lead & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        code = (code << 6) | (text.data[i] & 0x3fu);
    }
    *ret_code = code;
    return len;
}

/* \xe9, \u202e, \U0001f600 */
static void escape_code(uint32_t code, char *out)
{
    static const char hex[] = "0123456789abcdef";
    size_t digits = code < 0x100 ? 2 : code < 0x10000 ? 4 : 8;
    *out++ = '\\';
    *out++ = digits == 2 ? 'x' : digits == 4 ? 'u' : 'U';
    while (digits > 0) {
        *out++ = hex[(code >> (4 * --digits)) & 15];
    }
    *out = '\0';
}

size_t stk_show_char(struct stk_span text, bool utf8, char ret_shown[STK_SHOWN_CHAR])
{
    uint32_t code = 0;
    size_t len = utf8 ? decode(text, &code) : 0;
    if (len == 0) {
        code = text.data[0];
        len = 1;
    }
    ret_shown[0] = '\\';
    ret_shown[2] = '\0';
    if (code == '\n' || code == '\r' || code == '\t') {
        ret_shown[1] = code == '\n' ? 'n' : code == '\r' ? 'r' : 't';
    } else if (code == '\\') {
        ret_shown[1] = '\\';
    } else if (code < 0x20 || code >= 0x7f) {
        escape_code(code, ret_shown);
    } else {
        ret_shown[0] = (char)code;
        ret_shown[1] = '\0';
    }
    return len;
}

/* The same between quotes. */
static size_t show_quoted(struct stk_span text, bool utf8, char shown[STK_SHOWN_CHAR])
{
    size_t len = stk_show_char(text, utf8, shown);
    if (shown[0] == '\'') {
        stk_copy(shown, "\\'", 3);
    }
    return len;
}

static struct stk_span behind(struct stk_span text, size_t n)
{
    return stk_span_of(text.data + n, text.len - n);
}

/* Writes as much of the front as has room; returns how many bytes that is. */
static size_t put_front(struct writer *w, struct stk_span text, bool utf8, size_t room)
{
    size_t taken = 0;
    while (taken < text.len) {
        char shown[STK_SHOWN_CHAR];
        size_t len = show_quoted(behind(text, taken), utf8, shown);
        size_t width = __builtin_strlen(shown);
        if (width > room) {
            break;
        }
        put_str(w, shown);
        room -= width;
        taken += len;
    }
    return taken;
}

static size_t width_of(struct stk_span text, bool utf8)
{
    size_t width = 0;
    for (size_t i = 0; i < text.len;) {
        char shown[STK_SHOWN_CHAR];
        i += show_quoted(behind(text, i), utf8, shown);
        width += __builtin_strlen(shown);
    }
    return width;
}

/* As much of the end as has room: no byte takes less than one. */
static struct stk_span last_part(struct stk_span text, bool utf8, size_t room)
{
    struct stk_span part = behind(text, text.len > room ? text.len - room : 0);
    while (utf8 && part.len > 0 && (part.data[0] & 0xc0) == 0x80) {
        part = behind(part, 1);
    }
    for (size_t width = width_of(part, utf8); width > room;) {
        char shown[STK_SHOWN_CHAR];
        part = behind(part, show_quoted(part, utf8, shown));
        width -= __builtin_strlen(shown);
    }
    return part;
}

/* A text as far as it is at hand: all of it in both spans, or its ends. */
struct ends {
    struct stk_span head;
    struct stk_span tail;
    uint64_t len;
    uint8_t head_bytes[SHOW_END_MAX];
    uint8_t tail_bytes[SHOW_END_MAX];
};

static bool read_ends(struct stk_machine *m, stk_slot slot, struct ends *e)
{
    uint64_t off = 0;
    enum stk_status status = stk_slot_text(m, slot, SHOW_TEXT_MAX, &e->head);
    if (status == STK_OK) {
        e->tail = e->head;
        e->len = e->head.len;
        return true;
    }
    if (status != STK_E_LIMIT || stk_slot_payload_at(m, slot, &off, &e->len) != STK_OK ||
        stk_input_copy(m, off, e->head_bytes, SHOW_END_MAX) != STK_OK ||
        stk_input_copy(m, off + e->len - SHOW_END_MAX, e->tail_bytes, SHOW_END_MAX) !=
            STK_OK) {
        return false;
    }
    e->head = stk_span_of(e->head_bytes, SHOW_END_MAX);
    e->tail = stk_span_of(e->tail_bytes, SHOW_END_MAX);
    return true;
}

/* 'head'...(57 more)...'tail' */
static void put_ends(struct writer *w, const struct ends *e, bool utf8, size_t room)
{
    bool both = room >= SHOW_BOTH_ENDS;
    size_t text_room = room - (both ? SHOW_AROUND : room < 8 ? room : 8);
    size_t head_room = both ? text_room - text_room / 3 : text_room;
    put_char(w, '\'');
    size_t shown = put_front(w, e->head, utf8, head_room);
    if (!both) {
        put_str(w, "...'");
        return;
    }
    struct stk_span tail = last_part(e->tail, utf8, text_room / 3);
    put_str(w, "'...(");
    put_number(w, (int64_t)(e->len - shown - tail.len));
    put_str(w, " more)...'");
    (void)put_front(w, tail, utf8, SIZE_MAX);
    put_char(w, '\'');
}

/* Text shorter than the room that is left is shown whole, of longer text the ends. */
static void put_text(struct stk_machine *m, struct writer *w, stk_slot slot)
{
    struct ends e = {0};
    enum stk_kind kind = stk_slot_kind(slot);
    bool utf8 = kind == STK_STR;
    if (!utf8) {
        put_str(w, kind == STK_BYTES ? "b" : "bytearray(b");
    }
    size_t room = w->share > w->len ? w->share - w->len : 0;
    if (!read_ends(m, slot, &e)) {
        put_str(w, "'...'");
    } else if (e.len == e.head.len && width_of(e.head, utf8) + 2 <= room) {
        put_char(w, '\'');
        (void)put_front(w, e.head, utf8, SIZE_MAX);
        put_char(w, '\'');
    } else {
        put_ends(w, &e, utf8, room);
    }
    if (kind == STK_BYTEARRAY) {
        put_char(w, ')');
    }
}

static void put_name(struct writer *w, struct stk_span name)
{
    (void)put_front(w, name, true, SIZE_MAX);
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

/* The next of `left` values that end at `end` gets a part of the room, so that a long one
 * does not hide those behind it. */
static void put_shared(struct stk_machine *m, struct writer *w, stk_slot slot, int depth,
                       size_t end, uint64_t left)
{
    uint64_t room = end > w->len ? end - w->len : 0;
    uint64_t part = room / left < SHOW_SHARE_MIN ? SHOW_SHARE_MIN : room / left;
    w->share = w->len + (size_t)(part < room ? part : room);
    put_slot(m, w, slot, depth);
    w->share = end;
}

static void put_tuple(struct stk_machine *m, struct writer *w, stk_slot slot, int depth)
{
    uint64_t n = 0;
    const stk_slot *items = stk_slot_items(m, slot, &n);
    size_t end = w->share > 2 ? w->share - 2 : 0;
    put_char(w, '(');
    if (items == NULL || depth >= SHOW_DEPTH) {
        put_str(w, n == 0 ? "" : "...");
        n = 0;
    }
    for (uint64_t i = 0; i < n && w->len < w->max; i++) {
        put_str(w, i > 0 ? ", " : "");
        put_shared(m, w, items[i], depth + 1, end, n - i);
    }
    put_str(w, n == 1 ? ",)" : ")");
}

static void put_dict(struct stk_machine *m, struct writer *w, stk_slot slot, int depth)
{
    uint64_t n = 0;
    const stk_slot *pairs = stk_slot_pairs(m, slot, &n);
    size_t end = w->share > 1 ? w->share - 1 : 0;
    put_char(w, '{');
    if (pairs == NULL || depth >= SHOW_DEPTH) {
        put_str(w, n == 0 ? "" : "...");
        n = 0;
    }
    for (uint64_t i = 0; i < n && w->len < w->max; i++) {
        put_str(w, i > 0 ? ", " : "");
        put_shared(m, w, pairs[2 * i], depth + 1, end, 2 * (n - i));
        put_str(w, ": ");
        put_shared(m, w, pairs[2 * i + 1], depth + 1, end, 2 * (n - i) - 1);
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
    struct writer w = {.out = out, .max = max, .share = max};
    put_slot(m, &w, slot, 0);
    if (w.full) {
        stk_copy(out + max, cut, sizeof cut);
    } else {
        out[w.len] = '\0';
    }
    return out;
}
