/* SPDX-License-Identifier: Apache-2.0
 *
 * Texts are copied eight bytes at a time as long as nothing in them has to be escaped.
 */
#include "wire/json_emit.h"

#include <math.h>

#include "base/assert.h"
#include "base/checked.h"
#include "base/utf8.h"
#include "value/decimal.h"
#include "value/limbs.h"
#include "wire/base64.h"

#define ONES UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)
#define SURROGATE_LEAD 0xedu /* begins U+D000 to U+DFFF */
#define DEL 0x7fu            /* escaped with what is past ASCII, as in CPython */

/* Room that is asked for in one piece with a text: two quotation marks and a word. */
#define SLACK 16

void stk_json_emit_line(struct stk_json_emit *e)
{
    static const char spaces[] = "                                ";
    size_t n = (size_t)e->indent * e->depth;
    stk_buf_byte(e->out, '\n');
    for (; n > sizeof spaces - 1; n -= sizeof spaces - 1) {
        stk_buf_put(e->out, spaces, sizeof spaces - 1);
    }
    stk_buf_put(e->out, spaces, n);
}

/* ---- texts ---- */

/* The high bit of each byte that may need an escape, perhaps of one behind it too. */
STK_WRAPS static inline uint64_t specials(uint64_t w, uint64_t past_ascii)
{
    uint64_t quote = w ^ (ONES * '"');
    uint64_t backslash = w ^ (ONES * '\\');
    uint64_t lead = w ^ (ONES * SURROGATE_LEAD);
    return (((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash) |
            ((lead - ONES) & ~lead) | ((w - ONES * 0x20) & ~w) |
            ((w | (w + (past_ascii >> 7))) & past_ascii)) &
           HIGHS;
}

static inline bool is_special(const struct stk_json_emit *e, uint8_t c)
{
    return c == '"' || c == '\\' || c < 0x20 || c == SURROGATE_LEAD ||
           (c >= DEL && e->ascii);
}

/* How many bytes at p need no escape. */
static size_t count_plain(const struct stk_json_emit *e, const uint8_t *p, size_t len)
{
    size_t n = 0;
    for (; len - n >= 8; n += 8) {
        uint64_t special = specials(stk_le64(p + n), e->ascii ? HIGHS : 0);
        if (special != 0) {
            return n + (unsigned)__builtin_ctzll(special) / 8;
        }
    }
    while (n < len && !is_special(e, p[n])) {
        n++;
    }
    return n;
}

static void put_hex_escape(struct stk_json_emit *e, uint32_t unit)
{
    static const char hex[] = "0123456789abcdef";
    const char text[] = {
        '\\',          'u', hex[unit >> 12], hex[unit >> 8 & 15], hex[unit >> 4 & 15],
        hex[unit & 15]};
    stk_buf_put(e->out, text, sizeof text);
}

static void put_control(struct stk_json_emit *e, uint8_t c)
{
    static const char *const names[] = {
        ['\b'] = "\\b", ['\t'] = "\\t", ['\n'] = "\\n",  ['\f'] = "\\f",
        ['\r'] = "\\r", ['"'] = "\\\"", ['\\'] = "\\\\",
    };
    if (c < sizeof names / sizeof names[0] && names[c] != NULL) {
        stk_buf_put(e->out, names[c], 2);
    } else {
        put_hex_escape(e, c);
    }
}

/* The code point at p and its length. */
static uint32_t code_at(const uint8_t *p, size_t left, size_t *ret_len)
{
    size_t len = *p < 0xe0 ? 2 : *p < 0xf0 ? 3 : 4;
    STK_ASSERT(*p >= 0xc2 && len <= left);
    uint32_t code = *p & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        code = code << 6 | (p[i] & 0x3fu);
    }
    *ret_len = len;
    return code;
}

static bool is_surrogate(uint32_t code)
{
    return code >= 0xd800 && code <= 0xdfff;
}

/* A character past ASCII. *high: the one before was a lone high surrogate. */
static size_t put_code(struct stk_json_emit *e, const uint8_t *p, size_t left, bool *high)
{
    size_t len = 0;
    uint32_t code = code_at(p, left, &len);
    if (is_surrogate(code)) {
        e->lone = true;
        e->paired |= *high && code >= 0xdc00;
        *high = code < 0xdc00;
        code = e->replace ? 0xfffd : code;
    } else {
        *high = false;
    }
    if (code > 0xffff && e->ascii) {
        put_hex_escape(e, 0xd800 + ((code - 0x10000) >> 10));
        put_hex_escape(e, 0xdc00 + (code & 0x3ff));
    } else if (e->ascii || is_surrogate(code)) {
        put_hex_escape(e, code);
    } else {
        uint8_t bytes[4];
        stk_buf_put(e->out, bytes, stk_utf8_put(code, bytes));
    }
    return len;
}

/* What is left of a text from the first byte that may need an escape on. */
static void put_escaped(struct stk_json_emit *e, const uint8_t *p, size_t left)
{
    bool high = false;
    while (left > 0) {
        size_t n = count_plain(e, p, left);
        high &= n == 0;
        stk_buf_put(e->out, p, n);
        if (n == left) {
            break;
        }
        size_t len = 1;
        if (p[n] < 0x80) {
            high = false;
            put_control(e, p[n]);
        } else {
            len = put_code(e, p + n, left - n, &high);
        }
        p += n + len;
        left -= n + len;
    }
    stk_buf_byte(e->out, '"');
}

/* Room for len bytes, without failing where there can be none. */
static inline uint8_t *spare_room(struct stk_buf *out, size_t len)
{
    if (STK_LIKELY(out->status == STK_OK && out->data != NULL &&
                   out->cap - out->len >= len)) {
        return out->data + out->len;
    }
    return out->max - out->len < len ? NULL : stk_buf_room(out, len);
}

/* As much as needs no escape, by the word; the place behind it. */
static inline const uint8_t *copy_plain(const struct stk_json_emit *e, const uint8_t *p,
                                        const uint8_t *end, uint8_t *to)
{
    uint64_t past_ascii = e->ascii ? HIGHS : 0;
    const uint8_t *first = p;
    for (; end - p >= 8; p += 8) {
        uint64_t word = stk_le64(p);
        if (specials(word, past_ascii) != 0) {
            return p;
        }
        stk_copy(to + (p - first), p, 8);
    }
    if (p < end && end - first >= 8) {
        if (specials(stk_le64(end - 8), past_ascii) != 0) {
            return p;
        }
        stk_copy(to + (end - 8 - first), end - 8, 8);
        return end;
    }
    for (; p < end && !is_special(e, *p); p++) {
        to[p - first] = *p;
    }
    return p;
}

void stk_json_emit_quoted(struct stk_json_emit *e, struct stk_span text)
{
    if (text.len == 0) {
        stk_buf_put(e->out, "\"\"", 2);
        return;
    }
    uint8_t *to =
        text.len > SIZE_MAX - SLACK ? NULL : spare_room(e->out, text.len + SLACK);
    if (STK_UNLIKELY(to == NULL)) {
        stk_buf_byte(e->out, '"');
        put_escaped(e, text.data, text.len);
        return;
    }
    const uint8_t *end = text.data + text.len;
    *to++ = '"';
    const uint8_t *p = copy_plain(e, text.data, end, to);
    to += p - text.data;
    if (STK_LIKELY(p == end)) {
        *to++ = '"';
    }
    e->out->len = (size_t)(to - e->out->data);
    if (p != end) {
        put_escaped(e, p, (size_t)(end - p));
    }
}

void stk_json_emit_word(struct stk_json_emit *e, const char *text)
{
    stk_json_emit_text(e, stk_span_of(text, strlen(text)));
}

void stk_json_emit_member(struct stk_json_emit *e, const char *name)
{
    stk_json_emit_name(e, stk_span_of(name, strlen(name)));
}

void stk_json_emit_name_behind(struct stk_json_emit *e, char first, struct stk_span name)
{
    const char opening[] = {'"', first};
    stk_json_emit_begin(e);
    stk_buf_put(e->out, opening, sizeof opening);
    put_escaped(e, name.data, name.len);
    stk_buf_put(e->out, ": ", e->indent != 0 ? 2 : 1);
    e->named = true;
}

void stk_json_emit_base64(struct stk_json_emit *e, struct stk_span bytes)
{
    stk_json_emit_begin(e);
    stk_buf_byte(e->out, '"');
    stk_base64_encode(e->out, bytes);
    stk_buf_byte(e->out, '"');
}

/* ---- numbers ---- */

#define TEN_19 UINT64_C(10000000000000000000)
#define CHUNK 19
#define NUMBER_MAX 40 /* characters of an integer of 64 bits, or of a double */

static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                            "25262728293031323334353637383940414243444546474849"
                            "50515253545556575859606162636465666768697071727374"
                            "75767778798081828384858687888990919293949596979899";

/* The digits in front of end; the first of them. */
static char *digits_before(uint64_t value, char *end)
{
    while (value >= 100) {
        end -= 2;
        stk_copy(end, pairs + value % 100 * 2, 2);
        value /= 100;
    }
    if (value >= 10) {
        end -= 2;
        stk_copy(end, pairs + value * 2, 2);
        return end;
    }
    *--end = (char)('0' + value);
    return end;
}

void stk_json_emit_bool(struct stk_json_emit *e, bool value)
{
    stk_json_emit_raw(e, value ? "true" : "false");
}

static void put_integer(struct stk_json_emit *e, bool negative, uint64_t magnitude)
{
    char text[NUMBER_MAX];
    char *end = text + sizeof text;
    char *p = digits_before(magnitude, end);
    if (negative) {
        *--p = '-';
    }
    stk_json_emit_begin(e);
    stk_buf_put(e->out, p, (size_t)(end - p));
}

STK_WRAPS void stk_json_emit_int(struct stk_json_emit *e, int64_t value)
{
    put_integer(e, value < 0, value < 0 ? 0 - (uint64_t)value : (uint64_t)value);
}

void stk_json_emit_uint(struct stk_json_emit *e, uint64_t value)
{
    put_integer(e, false, value);
}

/* d.ddde±xx */
static char *put_scientific(char *to, const char *digits, size_t n, int exponent)
{
    char text[NUMBER_MAX];
    char *end = text + sizeof text;
    unsigned magnitude = (unsigned)(exponent < 0 ? -exponent : exponent);
    char *p = digits_before(magnitude, end);
    if (magnitude < 10) {
        *--p = '0';
    }
    *to++ = digits[0];
    if (n > 1) {
        *to++ = '.';
        stk_copy(to, digits + 1, n - 1);
        to += n - 1;
    }
    *to++ = 'e';
    *to++ = exponent < 0 ? '-' : '+';
    stk_copy(to, p, (size_t)(end - p));
    return to + (end - p);
}

/* The point lies behind `whole` digits, -4 < whole <= 16. */
static char *put_fixed(char *to, const char *digits, int n, int whole)
{
    if (whole <= 0) {
        stk_copy(to, "0.000", 5);
        to += 2 - whole;
        stk_copy(to, digits, (size_t)n);
        return to + n;
    }
    int front = n < whole ? n : whole;
    stk_copy(to, digits, (size_t)front);
    to += front;
    for (int i = front; i < whole; i++) {
        *to++ = '0';
    }
    *to++ = '.';
    if (n <= whole) {
        *to++ = '0';
        return to;
    }
    stk_copy(to, digits + whole, (size_t)(n - whole));
    return to + (n - whole);
}

/* As CPython's repr(): fixed from 1e-4 to 1e16. */
static char *put_double(char *to, double number)
{
    char text[NUMBER_MAX];
    char *end = text + sizeof text;
    struct stk_decimal decimal = stk_decimal_shortest(number);
    while (decimal.mantissa != 0 && decimal.mantissa % 10 == 0) {
        decimal.mantissa /= 10;
        decimal.exp10++;
    }
    char *digits = digits_before(decimal.mantissa, end);
    int n = (int)(end - digits);
    int exponent = decimal.mantissa == 0 ? 0 : decimal.exp10 + n - 1;
    if (signbit(number)) {
        *to++ = '-';
    }
    return exponent < -4 || exponent >= 16
               ? put_scientific(to, digits, (size_t)n, exponent)
               : put_fixed(to, digits, n, exponent + 1);
}

void stk_json_emit_float(struct stk_json_emit *e, double number)
{
    char text[NUMBER_MAX];
    char *end = put_double(text, number);
    stk_json_emit_begin(e);
    stk_buf_put(e->out, text, (size_t)(end - text));
}

/* ---- big integers ---- */

#define SMALL_LIMBS 240 /* 4,300 digits are 224 */

/* limbs / 10^19 in place, by the reciprocal of it (Möller and Granlund 2011, algorithm
 * 4); the remainder. 10^19 has its top bit set. */
STK_WRAPS static uint64_t divide_chunk(uint64_t *limbs, size_t n)
{
    const uint64_t reciprocal = (uint64_t)(~(stk_wide)0 / TEN_19);
    uint64_t rest = 0;
    for (size_t i = n; i-- > 0;) {
        stk_wide q = (stk_wide)reciprocal * rest + ((stk_wide)rest << 64 | limbs[i]);
        uint64_t high = (uint64_t)(q >> 64) + 1;
        uint64_t r = limbs[i] - high * TEN_19;
        if (r > (uint64_t)q) {
            high--;
            r += TEN_19;
        }
        if (STK_UNLIKELY(r >= TEN_19)) {
            high++;
            r -= TEN_19;
        }
        limbs[i] = high;
        rest = r;
    }
    return rest;
}

/* The digits of n limbs, which are used up, in front of end; the first of them. */
static char *big_before(uint64_t *limbs, size_t n, char *end)
{
    while (n > 0) {
        uint64_t chunk = divide_chunk(limbs, n);
        char *p = digits_before(chunk, end);
        n = stk_limbs_trim(limbs, n);
        end -= CHUNK;
        while (n > 0 && p > end) {
            *--p = '0';
        }
        end = p;
    }
    return end;
}

/* limbs: a copy. */
static bool put_big(struct stk_json_emit *e, bool negative, uint64_t *limbs, size_t n,
                    size_t digits_max)
{
    size_t len = 0;
    if (__builtin_mul_overflow(n, (size_t)CHUNK + 1, &len) ||
        __builtin_add_overflow(len, (size_t)CHUNK + 1, &len)) {
        e->out->status = STK_E_LIMIT;
        return true;
    }
    char *text = stk_new_buffer(e->out->alloc, len);
    if (text == NULL) {
        e->out->status = e->out->status == STK_OK ? STK_E_NOMEM : e->out->status;
        return true;
    }
    char *end = text + len;
    char *p = big_before(limbs, n, end);
    bool fits = (size_t)(end - p) <= digits_max;
    if (fits) {
        stk_json_emit_begin(e);
        stk_buf_put(e->out, "-", negative);
        stk_buf_put(e->out, p, (size_t)(end - p));
    }
    stk_free(e->out->alloc, text, len);
    return fits;
}

bool stk_json_emit_big(struct stk_json_emit *e, const struct stk_big *big,
                       size_t digits_max)
{
    uint64_t small[SMALL_LIMBS];
    size_t len = big->n * sizeof big->limbs[0];
    if (big->n > digits_max / CHUNK + 1) { /* 19 digits fit a limb */
        return false;
    }
    if (big->n <= SMALL_LIMBS) {
        stk_copy(small, big->limbs, len);
        return put_big(e, big->negative, small, big->n, digits_max);
    }
    uint64_t *copy = stk_new_buffer(e->out->alloc, len);
    if (copy == NULL) {
        e->out->status = e->out->status == STK_OK ? STK_E_NOMEM : e->out->status;
        return true;
    }
    stk_copy(copy, big->limbs, len);
    bool fits = put_big(e, big->negative, copy, big->n, digits_max);
    stk_free(e->out->alloc, copy, len);
    return fits;
}

void stk_json_emit_hex(struct stk_json_emit *e, const struct stk_big *big)
{
    stk_json_emit_begin(e);
    stk_buf_printf(e->out, "\"%s0x%llx", big->negative ? "-" : "",
                   (unsigned long long)big->limbs[big->n - 1]);
    for (size_t i = big->n - 1; i-- > 0;) {
        stk_buf_printf(e->out, "%016llx", (unsigned long long)big->limbs[i]);
    }
    stk_buf_byte(e->out, '"');
}
