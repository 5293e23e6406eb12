/* SPDX-License-Identifier: Apache-2.0 */
#include "report/literal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "report/escape.h"

/* Deeper than this a tuple or dict is shown as its outline. */
#define SHOW_DEPTH 3

/* Longest integer that is written in decimal, in bytes. */
#define DECIMAL_MAX 64

/* ---- bytes ---- */

void stk_peek_init(struct stk_peek *peek, const struct stk_source *source)
{
    peek->source = *source;
    peek->off = 0;
    peek->len = 0;
    peek->status = STK_OK;
}

struct stk_span stk_peek_at(struct stk_peek *peek, uint64_t off, size_t len)
{
    if (off >= peek->source.size || peek->status != STK_OK) {
        return stk_span_of(NULL, 0);
    }
    uint64_t left = peek->source.size - off;
    len = left < len ? (size_t)left : len;
    if (peek->source.mem != NULL) {
        return stk_span_of(peek->source.mem + off, len);
    }
    if (off < peek->off || off - peek->off > peek->len ||
        len > peek->len - (off - peek->off)) {
        size_t room = left < sizeof(peek->data) ? (size_t)left : sizeof(peek->data);
        peek->status = stk_source_read(&peek->source, off, peek->data, room);
        if (peek->status != STK_OK) {
            peek->len = 0;
            return stk_span_of(NULL, 0);
        }
        peek->off = off;
        peek->len = room;
    }
    return stk_span_of(peek->data + (off - peek->off), len);
}

/* The line at off without its newline, cut to what may be looked at. */
static struct stk_span line_at(const struct stk_show *show, uint64_t off)
{
    struct stk_span text = stk_peek_at(show->peek, off, STK_PEEK_MAX);
    size_t end = stk_span_find(text, "\n", 1);
    return stk_span_of(text.data, end < text.len ? end : text.len);
}

/* ---- text ---- */

/* What was written behind `start` is cut to about max bytes, not inside a character. */
static void cut(struct stk_buf *out, size_t start, size_t max)
{
    if (out->len < start || out->len - start <= max) {
        return;
    }
    size_t end = start + (max > 3 ? max - 3 : 0);
    while (end > start && (out->data[end] & 0xc0) == 0x80) {
        end--;
    }
    out->len = end;
    stk_buf_str(out, "...");
}

static void put_byte(struct stk_buf *out, uint8_t byte)
{
    if (byte >= 0x80) {
        stk_buf_printf(out, "\\x%02x", byte);
    } else {
        stk_escape_put(out, stk_span_of(&byte, 1), false);
    }
}

/* The quote that needs no escape, as repr chooses it. */
static uint8_t choose_quote(struct stk_span text)
{
    bool single = stk_span_find(text, "'", 1) < text.len;
    bool twin = stk_span_find(text, "\"", 1) < text.len;
    return single && !twin ? '"' : '\'';
}

/* text: it is UTF-8; else each byte stands for itself. Stops behind about max characters;
 * returns how many bytes are shown. */
static size_t put_quoted(struct stk_buf *out, struct stk_span span, bool text, bool utf8,
                         size_t max)
{
    uint8_t quote = choose_quote(span);
    size_t start = out->len;
    size_t i = 0;
    stk_buf_byte(out, quote);
    while (i < span.len && out->len - start < max) {
        uint32_t code = 0;
        struct stk_span rest = stk_span_of(span.data + i, span.len - i);
        size_t len = text ? stk_escape_decode(rest, &code) : 0;
        if (span.data[i] == quote) {
            stk_buf_byte(out, '\\');
            stk_buf_byte(out, quote);
            len = 1;
        } else if (len == 0) {
            put_byte(out, span.data[i]);
            len = 1;
        } else {
            stk_escape_put(out, stk_span_of(rest.data, len), utf8);
        }
        i += len;
    }
    stk_buf_byte(out, quote);
    return i;
}

/* len bytes of payload at off, of which the first are shown. */
static void put_payload(struct stk_buf *out, const struct stk_show *show, uint64_t off,
                        uint64_t len, bool text, size_t max)
{
    size_t want = max < STK_PEEK_MAX ? max : STK_PEEK_MAX;
    want = len < want ? (size_t)len : want;
    struct stk_span span = stk_peek_at(show->peek, off, want);
    if (text && span.len < len) {
        size_t whole = stk_utf8_valid(span, true);
        span.len = span.len - whole < 4 ? whole : span.len;
    }
    size_t shown = put_quoted(out, span, text, show->utf8, max);
    uint64_t size = show->peek->source.size;
    uint64_t left = off < size ? size - off : 0;
    if (len > left) {
        stk_buf_printf(out, "<cut short: %llu bytes announced, %llu left>",
                       (unsigned long long)len, (unsigned long long)left);
    } else if (shown < len) {
        stk_buf_printf(out, "...(%llu bytes)", (unsigned long long)len);
    }
}

/* A line as it stands there. Its backslashes are the stream's. */
static void put_line(struct stk_buf *out, struct stk_span line)
{
    for (size_t i = 0; i < line.len; i++) {
        if (line.data[i] == '\\') {
            stk_buf_byte(out, '\\');
        } else {
            put_byte(out, line.data[i]);
        }
    }
}

/* ---- numbers ---- */

/* The shortest text that reads back as the same double, as repr gives it. */
static void put_double(struct stk_buf *out, const uint8_t *p)
{
    uint64_t bits = ((uint64_t)stk_be32(p) << 32) | stk_be32(p + 4);
    double value = 0;
    char text[40];
    stk_copy(&value, &bits, sizeof(value));
    for (int digits = 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, value);
        double back = strtod(text, NULL);
        if (memcmp(&back, &value, sizeof(back)) == 0) {
            break;
        }
    }
    stk_buf_str(out, text);
    if (strpbrk(text, ".en") == NULL) {
        stk_buf_str(out, ".0");
    }
}

/* Two's complement of len bytes, little-endian. */
static void put_long(struct stk_buf *out, struct stk_span bytes, uint64_t len)
{
    uint8_t number[DECIMAL_MAX];
    char digits[3 * DECIMAL_MAX];
    size_t n = 0;
    if (len > DECIMAL_MAX || bytes.len < len) {
        stk_buf_printf(out, "<int of %llu bytes>", (unsigned long long)len);
        return;
    }
    bool negative = bytes.len > 0 && (bytes.data[bytes.len - 1] & 0x80) != 0;
    unsigned carry = negative ? 1 : 0;
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned byte = negative ? (bytes.data[i] ^ 0xffu) + carry : bytes.data[i];
        number[i] = (uint8_t)(byte & 0xff);
        carry = negative ? byte >> 8 : 0;
    }
    size_t used = bytes.len;
    do {
        unsigned rest = 0;
        for (size_t i = used; i-- > 0;) {
            unsigned part = (rest << 8) | number[i];
            number[i] = (uint8_t)(part / 10);
            rest = part % 10;
        }
        digits[n++] = (char)('0' + rest);
        while (used > 0 && number[used - 1] == 0) {
            used--;
        }
    } while (used > 0);
    stk_buf_str(out, negative ? "-" : "");
    while (n > 0) {
        stk_buf_byte(out, (uint8_t)digits[--n]);
    }
}

/* ---- arguments ---- */

/* An argument that counts its own bytes: where the payload lies. */
static uint64_t counted(struct stk_span head, uint8_t fixed)
{
    const uint8_t *p = head.data + 1;
    return fixed == 1 ? p[0] : fixed == 4 ? stk_le32(p) : stk_le64(p);
}

static void put_pair(struct stk_buf *out, const struct stk_show *show, uint64_t off)
{
    struct stk_span module = line_at(show, off + 1);
    uint64_t next = off + 2 + module.len;
    put_line(out, module);
    stk_buf_byte(out, ' ');
    put_line(out, line_at(show, next));
}

static void put_argument(struct stk_buf *out, const struct stk_show *show, uint64_t off,
                         struct stk_span head, size_t max)
{
    const struct stk_opinfo *info = &stk_opcodes[head.data[0]];
    const uint8_t *p = head.data + 1;
    uint64_t len = 0;
    switch ((enum stk_arg)info->arg) {
    case STK_ARG_NONE:
        break;
    case STK_ARG_U1:
        stk_buf_printf(out, "%u", p[0]);
        break;
    case STK_ARG_U2:
        stk_buf_printf(out, "%u", stk_le16(p));
        break;
    case STK_ARG_I4:
        stk_buf_printf(out, "%d", (int32_t)stk_le32(p));
        break;
    case STK_ARG_U4:
        stk_buf_printf(out, "%u", stk_le32(p));
        break;
    case STK_ARG_U8:
        stk_buf_printf(out, "%llu", (unsigned long long)stk_le64(p));
        break;
    case STK_ARG_F8:
        put_double(out, p);
        break;
    case STK_ARG_LONG1:
    case STK_ARG_LONG4:
        len = counted(head, info->fixed);
        put_long(out,
                 stk_peek_at(show->peek, off + 1 + info->fixed,
                             len < DECIMAL_MAX ? (size_t)len : DECIMAL_MAX),
                 len);
        break;
    case STK_ARG_BYTES1:
    case STK_ARG_BYTES4:
    case STK_ARG_BYTES4S:
    case STK_ARG_BYTES8:
        len = counted(head, info->fixed);
        stk_buf_str(out, strcmp(info->after, "bytes_or_str") == 0 ? "" : "b");
        put_payload(out, show, off + 1 + info->fixed, len, false, max);
        break;
    case STK_ARG_TEXT1:
    case STK_ARG_TEXT4:
    case STK_ARG_TEXT8:
        len = counted(head, info->fixed);
        put_payload(out, show, off + 1 + info->fixed, len, true, max);
        break;
    case STK_ARG_LINE_PAIR:
        put_pair(out, show, off);
        break;
    case STK_ARG_LINE:
    case STK_ARG_LINE_INT:
    case STK_ARG_LINE_LONG:
    case STK_ARG_LINE_FLOAT:
    case STK_ARG_LINE_QUOTED:
        put_line(out, line_at(show, off + 1));
        break;
    case STK_ARG_LINE_RAW_UNICODE:
        stk_buf_byte(out, '\'');
        put_line(out, line_at(show, off + 1));
        stk_buf_byte(out, '\'');
        break;
    }
}

void stk_literal_put(struct stk_buf *out, const struct stk_show *show, uint64_t off,
                     size_t max)
{
    uint8_t copy[9];
    size_t start = out->len;
    struct stk_span head = stk_peek_at(show->peek, off, sizeof(copy));
    if (head.len == 0) {
        return;
    }
    stk_copy(copy, head.data, head.len);
    if (head.len < (size_t)stk_opcodes[copy[0]].fixed + 1) {
        stk_buf_str(out, "<cut short>");
        return;
    }
    put_argument(out, show, off, stk_span_of(copy, head.len), max);
    cut(out, start, max + 48); /* room for what is said about the length */
}

/* ---- values ---- */

static void put_slot(struct stk_buf *out, const struct stk_show *show, stk_slot slot,
                     size_t max, int depth);

/* A list of values, or of pairs (step 2). */
static void put_items(struct stk_buf *out, const struct stk_show *show,
                      const stk_slot *items, uint64_t n, size_t step, size_t max,
                      int depth)
{
    size_t start = out->len;
    for (uint64_t i = 0; i < n; i++) {
        if (i > 0) {
            stk_buf_str(out, ", ");
        }
        if (out->len - start >= max && i + 1 < n) {
            stk_buf_printf(out, "...(%llu more)", (unsigned long long)(n - i));
            return;
        }
        put_slot(out, show, items[i * step], max, depth);
        if (step == 2) {
            stk_buf_str(out, ": ");
            put_slot(out, show, items[i * step + 1], max, depth);
        }
    }
}

static void put_tuple(struct stk_buf *out, const struct stk_show *show, stk_slot slot,
                      size_t max, int depth)
{
    uint64_t n = 0;
    const stk_slot *items = stk_slot_items(show->machine, slot, &n);
    stk_buf_byte(out, '(');
    if (items == NULL && n != UINT64_MAX) {
        stk_buf_printf(out, "...%llu items", (unsigned long long)n);
    } else if (items == NULL || (n > 0 && depth >= SHOW_DEPTH)) {
        stk_buf_str(out, "...");
    } else {
        put_items(out, show, items, n, 1, max, depth + 1);
        stk_buf_str(out, n == 1 ? "," : "");
    }
    stk_buf_byte(out, ')');
}

static void put_dict(struct stk_buf *out, const struct stk_show *show, stk_slot slot,
                     size_t max, int depth)
{
    uint64_t n = 0;
    const stk_slot *pairs = stk_slot_pairs(show->machine, slot, &n);
    if (stk_slot_kind(slot) == STK_DICT && pairs == NULL) {
        stk_buf_printf(out, "dict_%llu", (unsigned long long)stk_slot_payload(slot));
        return;
    }
    stk_buf_byte(out, '{');
    if (pairs == NULL || (n > 0 && depth >= SHOW_DEPTH)) {
        stk_buf_str(out, "...");
    } else {
        put_items(out, show, pairs, n, 2, max, depth + 1);
    }
    stk_buf_byte(out, '}');
}

/* A persistent id of a line has no quotes of its own. */
static void put_text(struct stk_buf *out, const struct stk_show *show, uint64_t off,
                     size_t max)
{
    struct stk_span head = stk_peek_at(show->peek, off, 1);
    bool bare = head.len > 0 && stk_opcodes[head.data[0]].arg == STK_ARG_LINE;
    stk_buf_str(out, bare ? "'" : "");
    stk_literal_put(out, show, off, max);
    stk_buf_str(out, bare ? "'" : "");
}

void stk_global_put(struct stk_buf *out, const struct stk_show *show,
                    const struct stk_global *global)
{
    if (global == NULL || global->computed) {
        stk_buf_str(out, "<computed name>");
        return;
    }
    stk_escape_put(out, global->mapped_module, show->utf8);
    stk_buf_byte(out, '.');
    stk_escape_put(out, global->mapped_name, show->utf8);
}

static void put_made(struct stk_buf *out, const char *what, stk_slot slot)
{
    stk_buf_printf(out, "%s_%llu", what, (unsigned long long)stk_slot_payload(slot));
}

static void put_slot(struct stk_buf *out, const struct stk_show *show, stk_slot slot,
                     size_t max, int depth)
{
    uint64_t payload = stk_slot_payload(slot);
    enum stk_kind kind = stk_slot_kind(slot);
    switch (kind) {
    case STK_NONE:
        stk_buf_str(out, "None");
        break;
    case STK_BOOL:
        stk_buf_str(out, payload != 0 ? "True" : "False");
        break;
    case STK_INT:
        stk_buf_printf(out, "%lld", (long long)stk_slot_int_value(slot));
        break;
    case STK_BYTEARRAY:
        stk_buf_str(out, "bytearray(");
        stk_literal_put(out, show, payload, max);
        stk_buf_byte(out, ')');
        break;
    case STK_BIGINT:
    case STK_FLOAT:
    case STK_STR:
    case STK_BYTES:
        put_text(out, show, payload, max);
        break;
    case STK_TUPLE:
        put_tuple(out, show, slot, max, depth);
        break;
    case STK_DICT:
    case STK_DICT_KEPT:
        put_dict(out, show, slot, max, depth);
        break;
    case STK_GLOBAL:
        stk_global_put(out, show, stk_slot_global(show->machine, slot));
        break;
    case STK_PERSISTENT:
        stk_buf_printf(out, "x%llu", (unsigned long long)payload);
        break;
    case STK_LIST:
    case STK_SET:
    case STK_FROZENSET:
    case STK_BUFFER:
        put_made(out, stk_kind_name(kind), slot);
        break;
    case STK_OBJECT:
    case STK_OPAQUE:
    case STK_EXTENSION:
    case STK_KINDS:
        stk_buf_printf(out, "<%s>", stk_kind_name(kind));
        break;
    }
}

void stk_value_put(struct stk_buf *out, const struct stk_show *show, stk_slot slot,
                   size_t max)
{
    size_t start = out->len;
    put_slot(out, show, slot, max, 0);
    cut(out, start, 2 * max + 48);
}

void stk_values_put(struct stk_buf *out, const struct stk_show *show,
                    const stk_slot *items, uint64_t n, size_t max)
{
    put_items(out, show, items, n, 1, max, 0);
}

void stk_pairs_put(struct stk_buf *out, const struct stk_show *show,
                   const stk_slot *items, uint64_t n, size_t max)
{
    put_items(out, show, items, n, 2, max, 0);
}
