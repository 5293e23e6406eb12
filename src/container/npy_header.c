/* SPDX-License-Identifier: Apache-2.0 */
#include "container/npy_header.h"

#include <string.h>

#include "base/checked.h"
#include "base/cursor.h"

#define DEPTH_MAX 16 /* records inside records */

struct dtype {
    uint64_t size;
    bool has_object;
};

static uint8_t peek(const struct stk_cursor *c)
{
    return stk_cursor_left(c) > 0 ? c->span.data[c->pos] : 0;
}

static void skip_spaces(struct stk_cursor *c)
{
    while (peek(c) == ' ' || peek(c) == '\n' || peek(c) == '\t' || peek(c) == '\r') {
        (void)stk_cursor_u8(c);
    }
}

/* Consumes the byte if it is next, behind spaces. */
static bool accept(struct stk_cursor *c, char byte)
{
    skip_spaces(c);
    if (peek(c) != (uint8_t)byte) {
        return false;
    }
    (void)stk_cursor_u8(c);
    return true;
}

static void expect(struct stk_cursor *c, char byte)
{
    if (!accept(c, byte)) {
        stk_cursor_fail(c, STK_E_MALFORMED);
    }
}

/* A quoted text without escapes. */
static struct stk_span read_text(struct stk_cursor *c)
{
    char quote = accept(c, '\'') ? '\'' : '"';
    if (quote == '"') {
        expect(c, '"');
    }
    size_t start = c->pos;
    while (stk_cursor_left(c) > 0 && peek(c) != (uint8_t)quote) {
        if (peek(c) == '\\' || peek(c) == '\n') {
            stk_cursor_fail(c, STK_E_MALFORMED);
        }
        (void)stk_cursor_u8(c);
    }
    size_t end = c->pos;
    expect(c, quote);
    return c->status == STK_OK ? stk_span_of(c->span.data + start, end - start)
                               : stk_span_of(NULL, 0);
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Decimal; Python 2 wrote an L behind it. */
static uint64_t read_int(struct stk_cursor *c)
{
    uint64_t value = 0;
    skip_spaces(c);
    if (!is_digit(peek(c))) {
        stk_cursor_fail(c, STK_E_MALFORMED);
    }
    while (is_digit(peek(c))) {
        uint64_t digit = (uint64_t)(stk_cursor_u8(c) - '0');
        if (!stk_mul(value, 10, &value) || !stk_add(value, digit, &value)) {
            stk_cursor_fail(c, STK_E_MALFORMED);
        }
    }
    if (peek(c) == 'L') {
        (void)stk_cursor_u8(c);
    }
    return value;
}

/* (3,), (3, 4), (): the product of the numbers. A bare number is taken where numpy's
 * dtype takes one. */
static uint64_t read_shape(struct stk_cursor *c)
{
    uint64_t product = 1;
    if (!accept(c, '(')) {
        return read_int(c);
    }
    while (c->status == STK_OK && !accept(c, ')')) {
        if (!stk_mul(product, read_int(c), &product)) {
            stk_cursor_fail(c, STK_E_MALFORMED);
        }
        if (!accept(c, ',')) {
            expect(c, ')');
            break;
        }
    }
    return product;
}

/* Bytes that a digit in a type text stands for, 0 for letters that need no size. */
static bool unit_of(uint8_t kind, uint64_t *ret_unit)
{
    *ret_unit = kind == 'U' ? 4 : 1;
    return strchr("biufcSaUVMm", kind) != NULL && kind != 0;
}

/* What numpy itself writes, as "<f8"; numpy.dtype takes much more, and every text for an
 * object type that it takes contains an O or "object". */
static void read_type_text(struct stk_cursor *c, struct dtype *type)
{
    struct stk_span text = read_text(c);
    if (c->status != STK_OK) {
        return;
    }
    if (stk_span_find(text, "O", 1) != SIZE_MAX ||
        stk_span_find(text, "object", 6) != SIZE_MAX) {
        type->has_object = true;
        return;
    }
    struct stk_cursor t;
    stk_cursor_init(&t, text);
    if (peek(&t) == '<' || peek(&t) == '>' || peek(&t) == '|' || peek(&t) == '=') {
        (void)stk_cursor_u8(&t);
    }
    uint8_t kind = stk_cursor_u8(&t);
    uint64_t unit = 1;
    if (kind == '?') {
        type->size = 1;
    } else if (!unit_of(kind, &unit) || !stk_mul(read_int(&t), unit, &type->size)) {
        stk_cursor_fail(&t, STK_E_MALFORMED);
    }
    if ((kind == 'M' || kind == 'm') && accept(&t, '[')) {
        while (stk_cursor_left(&t) > 1) {
            (void)stk_cursor_u8(&t); /* the unit, as in [ns] */
        }
        expect(&t, ']');
    }
    if (t.status != STK_OK || stk_cursor_left(&t) > 0) {
        stk_cursor_fail(c, STK_E_MALFORMED);
    }
}

static void read_dtype(struct stk_cursor *c, unsigned depth, struct dtype *type);

static void scale(struct stk_cursor *c, struct dtype *type, uint64_t count)
{
    if (!stk_mul(type->size, count, &type->size)) {
        stk_cursor_fail(c, STK_E_MALFORMED);
    }
}

/* What may stand between the comma behind a field's type and the closing bracket. */
static void read_field_shape(struct stk_cursor *c, struct dtype *field)
{
    if (!accept(c, ')')) {
        scale(c, field, read_shape(c));
        (void)accept(c, ',');
        expect(c, ')');
    }
}

/* ('name', type) or (('title', 'name'), type), and perhaps a shape. */
static void read_field(struct stk_cursor *c, unsigned depth, struct dtype *record)
{
    struct dtype field = {.size = 0};
    expect(c, '(');
    if (accept(c, '(')) {
        (void)read_text(c);
        expect(c, ',');
        (void)read_text(c);
        expect(c, ')');
    } else {
        (void)read_text(c);
    }
    expect(c, ',');
    read_dtype(c, depth, &field);
    if (!accept(c, ')')) {
        expect(c, ',');
        read_field_shape(c, &field);
    }
    record->has_object |= field.has_object;
    if (!stk_add(record->size, field.size, &record->size)) {
        stk_cursor_fail(c, STK_E_MALFORMED);
    }
}

static void read_record(struct stk_cursor *c, unsigned depth, struct dtype *type)
{
    while (c->status == STK_OK && !accept(c, ']')) {
        read_field(c, depth, type);
        if (!accept(c, ',')) {
            expect(c, ']');
            break;
        }
    }
}

/* A text, a list of fields, or (type, shape). */
static void read_dtype(struct stk_cursor *c, unsigned depth, struct dtype *type)
{
    if (depth == 0) {
        stk_cursor_fail(c, STK_E_MALFORMED);
    } else if (accept(c, '[')) {
        read_record(c, depth - 1, type);
    } else if (accept(c, '(')) {
        read_dtype(c, depth - 1, type);
        expect(c, ',');
        scale(c, type, read_shape(c));
        (void)accept(c, ',');
        expect(c, ')');
    } else {
        read_type_text(c, type);
    }
}

static void read_bool(struct stk_cursor *c)
{
    skip_spaces(c);
    const char *word = peek(c) == 'T' ? "True" : "False";
    for (; *word != '\0'; word++) {
        if (stk_cursor_u8(c) != (uint8_t)*word) {
            stk_cursor_fail(c, STK_E_MALFORMED);
        }
    }
}

/* Each key once: numpy refuses another set, and of two equal ones takes the last. */
static void read_item(struct stk_cursor *c, struct dtype *type, uint64_t *n_items,
                      unsigned *seen)
{
    struct stk_span key = read_text(c);
    unsigned bit = 0;
    expect(c, ':');
    if (stk_span_is(key, "descr")) {
        bit = 1;
        read_dtype(c, DEPTH_MAX, type);
    } else if (stk_span_is(key, "fortran_order")) {
        bit = 2;
        read_bool(c);
    } else if (stk_span_is(key, "shape")) {
        bit = 4;
        skip_spaces(c);
        if (peek(c) != '(') {
            stk_cursor_fail(c, STK_E_MALFORMED);
        }
        *n_items = read_shape(c);
    }
    if (bit == 0 || (*seen & bit) != 0) {
        stk_cursor_fail(c, STK_E_MALFORMED);
    }
    *seen |= bit;
}

enum stk_status stk_npy_header_read(struct stk_span text,
                                    struct stk_npy_header *ret_header)
{
    struct stk_cursor c;
    struct dtype type = {.size = 0};
    struct stk_npy_header header = {.n_items = 0};
    unsigned seen = 0;
    stk_cursor_init(&c, text);
    expect(&c, '{');
    while (c.status == STK_OK && !accept(&c, '}')) {
        read_item(&c, &type, &header.n_items, &seen);
        if (!accept(&c, ',')) {
            expect(&c, '}');
            break;
        }
    }
    skip_spaces(&c);
    if (c.status != STK_OK || seen != 7 || stk_cursor_left(&c) > 0) {
        return STK_E_MALFORMED;
    }
    header.has_object = type.has_object;
    header.item_size = type.size;
    if (!header.has_object && !stk_mul(header.n_items, type.size, &header.len)) {
        return STK_E_MALFORMED;
    }
    *ret_header = header;
    return STK_OK;
}
