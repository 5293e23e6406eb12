/* SPDX-License-Identifier: Apache-2.0 */
#include "container/jsontext.h"

#include <string.h>

#include "base/checked.h"
#include "base/map.h"
#include "base/utf8.h"

/* The next byte, not consumed; 0 at the end. */
static uint8_t peek(struct stk_reader *r)
{
    uint64_t pos = r->pos;
    if (stk_reader_left(r) == 0) {
        return 0;
    }
    uint8_t byte = stk_reader_u8(r);
    r->pos = r->status == STK_OK ? pos : r->pos;
    return byte;
}

static void skip_spaces(struct stk_reader *r)
{
    uint8_t byte = peek(r);
    while (byte == ' ' || byte == '\n' || byte == '\t' || byte == '\r') {
        (void)stk_reader_u8(r);
        byte = peek(r);
    }
}

bool stk_json_accept(struct stk_reader *r, char byte)
{
    skip_spaces(r);
    if (peek(r) != (uint8_t)byte) {
        return false;
    }
    (void)stk_reader_u8(r);
    return true;
}

void stk_json_expect(struct stk_reader *r, char byte)
{
    if (!stk_json_accept(r, byte)) {
        stk_reader_fail(r, STK_E_MALFORMED);
    }
}

static bool is_hex(uint8_t byte)
{
    return (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f');
}

/* Block by block, so that a long string costs no memory. */
static void fold(struct stk_json_text *t)
{
    t->hash = stk_hash(stk_span_of(t->block, t->block_len), t->hash);
    t->block_len = 0;
}

static void collect(struct stk_json_text *t, uint8_t byte)
{
    if (t->block_len == sizeof(t->block)) {
        fold(t);
    }
    t->block[t->block_len++] = byte;
    if (t->len < sizeof(t->text)) {
        t->text[t->len++] = byte;
    }
}

static void read_escape(struct stk_reader *r, struct stk_json_text *t)
{
    uint8_t kind = stk_reader_u8(r);
    collect(t, kind);
    if (kind == 'u') {
        for (int i = 0; i < 4; i++) {
            uint8_t digit = stk_reader_u8(r);
            collect(t, digit);
            if (!is_hex(digit)) {
                stk_reader_fail(r, STK_E_MALFORMED);
            }
        }
    } else if (kind == 0 || strchr("\"\\/bfnrt", kind) == NULL) {
        stk_reader_fail(r, STK_E_MALFORMED);
    }
}

/* The rest of a character whose first byte is not ASCII. */
static void read_utf8(struct stk_reader *r, struct stk_json_text *t, uint8_t first)
{
    uint8_t bytes[4] = {first};
    size_t len = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    for (size_t i = 1; i < len; i++) {
        bytes[i] = stk_reader_u8(r);
        collect(t, bytes[i]);
    }
    if (stk_utf8_valid(stk_span_of(bytes, len), false) != len) {
        stk_reader_fail(r, STK_E_MALFORMED);
    }
}

void stk_json_text(struct stk_reader *r, struct stk_json_text *t)
{
    t->hash = 0;
    t->len = 0;
    t->block_len = 0;
    stk_json_expect(r, '"');
    while (r->status == STK_OK) {
        uint8_t byte = stk_reader_u8(r);
        if (byte == '"' || r->status != STK_OK) {
            break;
        }
        collect(t, byte);
        if (byte < 0x20) {
            stk_reader_fail(r, STK_E_MALFORMED);
        } else if (byte == '\\') {
            read_escape(r, t);
        } else if (byte >= 0x80) {
            read_utf8(r, t, byte);
        }
    }
    fold(t);
}

uint64_t stk_json_number(struct stk_reader *r)
{
    uint64_t value = 0;
    skip_spaces(r);
    uint8_t first = peek(r);
    uint8_t byte = first;
    size_t n = 0;
    for (; byte >= '0' && byte <= '9'; byte = peek(r), n++) {
        (void)stk_reader_u8(r);
        if (!stk_mul(value, 10, &value) ||
            !stk_add(value, (uint64_t)(byte - '0'), &value)) {
            stk_reader_fail(r, STK_E_MALFORMED);
        }
    }
    if (n == 0 || (n > 1 && first == '0')) {
        stk_reader_fail(r, STK_E_MALFORMED);
    }
    return value;
}
