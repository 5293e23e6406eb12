/* SPDX-License-Identifier: Apache-2.0
 *
 * RFC 8259 §7. A string is looked through once, sixteen bytes at a time, and checked as
 * it goes; one without escapes stays where it is.
 */
#include "base/checked.h"
#include "base/utf8.h"
#include "wire/json_state.h"

#define ONES UINT64_C(0x0101010101010101)
#define HIGHS UINT64_C(0x8080808080808080)

/* The high bit of each byte that is a quotation mark, a backslash or a control character,
 * perhaps of one behind such a byte too. */
STK_WRAPS static inline uint64_t specials(uint64_t w)
{
    uint64_t quote = w ^ (ONES * '"');
    uint64_t backslash = w ^ (ONES * '\\');
    return (((quote - ONES) & ~quote) | ((backslash - ONES) & ~backslash) |
            ((w - ONES * 0x20) & ~w)) &
           HIGHS;
}

/* A string in the reading, between its quotation marks. */
struct string {
    const uint8_t *first;
    const uint8_t *last; /* the quotation mark */
    uint64_t high;       /* all its bytes or-ed, eight by eight */
    bool escaped;
};

/* The first byte at or behind p that is not plain. */
STK_WRAPS static inline const uint8_t *skip_plain(const uint8_t *p, const uint8_t *end,
                                                  uint64_t *high)
{
    while (end - p >= 16) {
        uint64_t a = stk_le64(p);
        uint64_t b = stk_le64(p + 8);
        uint64_t special = specials(a);
        if (special != 0) {
            unsigned n = (unsigned)__builtin_ctzll(special) / 8;
            *high |= n == 0 ? 0 : a << (64 - 8 * n);
            return p + n;
        }
        *high |= a;
        special = specials(b);
        if (special != 0) {
            unsigned n = (unsigned)__builtin_ctzll(special) / 8;
            *high |= n == 0 ? 0 : b << (64 - 8 * n);
            return p + 8 + n;
        }
        *high |= b;
        p += 16;
    }
    while (p < end && *p != '"' && *p != '\\' && *p >= 0x20) {
        *high |= *p++;
    }
    return p;
}

/* A hex digit's number plus 1, or 0. */
static const uint8_t hex_digits[256] = {
    ['0'] = 1,  ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,
    ['6'] = 7,  ['7'] = 8,  ['8'] = 9,  ['9'] = 10, ['a'] = 11, ['b'] = 12,
    ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16, ['A'] = 11, ['B'] = 12,
    ['C'] = 13, ['D'] = 14, ['E'] = 15, ['F'] = 16,
};

/* Four hex digits, which were checked. */
static uint32_t hex_code(const uint8_t *p)
{
    uint32_t code = 0;
    for (int i = 0; i < 4; i++) {
        code = code << 4 | (hex_digits[p[i]] - 1u);
    }
    return code;
}

static bool is_high_surrogate(uint32_t code)
{
    return code >= 0xd800 && code <= 0xdbff;
}

static bool is_low_surrogate(uint32_t code)
{
    return code >= 0xdc00 && code <= 0xdfff;
}

static enum stk_status ends_inside(struct stk_json *j)
{
    return stk_json_fail(j, STK_E_TRUNCATED, j->end, "the text ends inside a string");
}

/* The four digits at p. */
static enum stk_status check_hex(struct stk_json *j, const uint8_t *p)
{
    for (int i = 0; i < 4; i++) {
        if (p + i == j->end) {
            return ends_inside(j);
        }
        if (hex_digits[p[i]] == 0) {
            return stk_json_fail(j, STK_E_MALFORMED, p + i,
                                 "\\u without four hexadecimal digits");
        }
    }
    return STK_OK;
}

/* Behind a high surrogate: \u and a low one. *ret_ok: it is there. */
static enum stk_status check_low(struct stk_json *j, const uint8_t *p, bool *ret_ok)
{
    *ret_ok = false;
    for (size_t i = 0; i < 2; i++) {
        if (p + i == j->end) {
            return ends_inside(j);
        }
        if (p[i] != "\\u"[i]) {
            return STK_OK;
        }
    }
    STK_TRY(check_hex(j, p + 2));
    *ret_ok = is_low_surrogate(hex_code(p + 2));
    return STK_OK;
}

/* \uXXXX at p, with the low half of a pair if there is one; *ret_next is behind it. */
static enum stk_status check_code(struct stk_json *j, const uint8_t *p,
                                  const uint8_t **ret_next)
{
    STK_TRY(check_hex(j, p + 2));
    uint32_t code = hex_code(p + 2);
    bool paired = false;
    if (is_high_surrogate(code)) {
        enum stk_status status = check_low(j, p + 6, &paired);
        /* What is wrong behind a lone surrogate comes after it. */
        if (status == STK_E_TRUNCATED ||
            (status != STK_OK && j->options.take_surrogates)) {
            return status;
        }
    }
    if (!paired && (is_high_surrogate(code) || is_low_surrogate(code)) &&
        !j->options.take_surrogates) {
        return stk_json_fail(j, STK_E_MALFORMED, p, "a lone surrogate");
    }
    *ret_next = p + (paired ? 12 : 6);
    return STK_OK;
}

static enum stk_status check_escape(struct stk_json *j, const uint8_t *p,
                                    const uint8_t **ret_next)
{
    if (p + 1 == j->end) {
        return ends_inside(j);
    }
    switch (p[1]) {
    case '"':
    case '\\':
    case '/':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
        *ret_next = p + 2;
        return STK_OK;
    case 'u':
        return check_code(j, p, ret_next);
    default:
        return stk_json_fail(j, STK_E_MALFORMED, p, "an escape that JSON does not have");
    }
}

/* One to three bytes begin a character of UTF-8 that the text's end cuts off. */
static bool is_cut_off(struct stk_span rest)
{
    uint8_t whole[4] = {0};
    uint8_t lead = rest.data[0];
    size_t len = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (lead < 0xc2 || lead > 0xf4 || rest.len >= len) {
        return false;
    }
    if (rest.len == 1) {
        return true;
    }
    memset(whole, 0x80, sizeof whole);
    stk_copy(whole, rest.data, rest.len);
    return stk_utf8_valid(stk_span_of(whole, len), false) == len;
}

static enum stk_status check_utf8(struct stk_json *j, const uint8_t *first,
                                  const uint8_t *end)
{
    struct stk_span text = stk_span_of(first, (size_t)(end - first));
    size_t valid = stk_utf8_valid(text, false);
    if (valid == text.len) {
        return STK_OK;
    }
    const uint8_t *at = first + valid;
    if (end == j->end && is_cut_off(stk_span_of(at, text.len - valid))) {
        return ends_inside(j);
    }
    return stk_json_fail(j, STK_E_MALFORMED, at, "bytes that are not UTF-8");
}

/* Up to the closing quotation mark. Of several errors the first counts. */
static enum stk_status find_end(struct stk_json *j, struct string *s)
{
    enum stk_status status = STK_OK;
    const uint8_t *p = s->first;
    while (status == STK_OK) {
        p = skip_plain(p, j->end, &s->high);
        if (p == j->end) {
            status = ends_inside(j);
        } else if (*p == '"') {
            break;
        } else if (*p == '\\') {
            s->escaped = true;
            status = check_escape(j, p, &p);
        } else {
            status = stk_json_fail(j, STK_E_MALFORMED, p,
                                   "a control character inside a string");
        }
    }
    if ((s->high & HIGHS) != 0) {
        STK_TRY(check_utf8(j, s->first, p));
    }
    s->last = p;
    return status;
}

static uint8_t short_escape(uint8_t c)
{
    switch (c) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return c;
    }
}

/* The escape at p, which was checked, written to out; *ret_next is behind it. */
static size_t put_escape(const uint8_t *p, const uint8_t *last, uint8_t *out,
                         const uint8_t **ret_next)
{
    uint8_t bytes[4];
    if (p[1] != 'u') {
        *ret_next = p + 2;
        *out = short_escape(p[1]);
        return 1;
    }
    uint32_t code = hex_code(p + 2);
    p += 6;
    if (is_high_surrogate(code) && last - p >= 6 && p[0] == '\\' && p[1] == 'u' &&
        is_low_surrogate(hex_code(p + 2))) {
        code = 0x10000 + ((code & 0x3ff) << 10) + (hex_code(p + 2) & 0x3ff);
        p += 6;
    }
    *ret_next = p;
    size_t len = stk_utf8_put(code, bytes);
    stk_copy(out, bytes, len);
    return len;
}

/* out has room for the string as it is written, which is never shorter. */
static size_t unescape(const struct string *s, uint8_t *out)
{
    uint8_t *q = out;
    const uint8_t *p = s->first;
    while (p < s->last) {
        const uint8_t *next = memchr(p, '\\', (size_t)(s->last - p));
        size_t plain = (size_t)((next == NULL ? s->last : next) - p);
        stk_copy(q, p, plain);
        q += plain;
        p += plain;
        if (p < s->last) {
            q += put_escape(p, s->last, q, &p);
        }
    }
    return (size_t)(q - out);
}

static size_t count_codes(struct stk_span bytes)
{
    size_t n = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        n += (bytes.data[i] & 0xc0) != 0x80;
    }
    return n;
}

enum stk_status stk_json_string(struct stk_json *j, struct stk_value *ret_value)
{
    struct string s = {.first = j->at + 1};
    STK_TRY(find_end(j, &s));
    struct stk_span bytes = stk_span_of(s.first, (size_t)(s.last - s.first));
    struct stk_text *text = stk_arena_alloc(j->arena, sizeof *text);
    if (text == NULL) {
        return stk_json_no_memory(j, j->at, sizeof *text);
    }
    bool plain = !s.escaped && (s.high & HIGHS) == 0;
    if (s.escaped) {
        uint8_t *copy = stk_arena_alloc(j->arena, bytes.len);
        if (copy == NULL) {
            return stk_json_no_memory(j, j->at, bytes.len);
        }
        bytes = stk_span_of(copy, unescape(&s, copy));
    }
    text->bytes = bytes;
    text->hash = stk_text_hash(bytes);
    text->n_codes = plain ? bytes.len : count_codes(bytes);
    *ret_value = (struct stk_value){.kind = STK_VALUE_STR,
                                    .off = stk_json_off(j, j->at) & STK_VALUE_OFF_MAX,
                                    .text = text};
    j->at = s.last + 1;
    return STK_OK;
}
