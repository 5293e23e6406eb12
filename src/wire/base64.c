/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/base64.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Bytes that are encoded with one request for room. */
#define PART ((size_t)3 << 12)

static uint8_t *encode_groups(const uint8_t *p, size_t n, uint8_t *to)
{
    for (; n >= 3; n -= 3, p += 3, to += 4) {
        uint32_t group = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
        to[0] = (uint8_t)alphabet[group >> 18];
        to[1] = (uint8_t)alphabet[group >> 12 & 63];
        to[2] = (uint8_t)alphabet[group >> 6 & 63];
        to[3] = (uint8_t)alphabet[group & 63];
    }
    if (n > 0) {
        uint32_t group = (uint32_t)p[0] << 16 | (n == 2 ? (uint32_t)p[1] << 8 : 0);
        to[0] = (uint8_t)alphabet[group >> 18];
        to[1] = (uint8_t)alphabet[group >> 12 & 63];
        to[2] = n == 2 ? (uint8_t)alphabet[group >> 6 & 63] : '=';
        to[3] = '=';
        to += 4;
    }
    return to;
}

void stk_base64_encode(struct stk_buf *out, struct stk_span bytes)
{
    for (size_t at = 0; at < bytes.len; at += PART) {
        size_t n = bytes.len - at < PART ? bytes.len - at : PART;
        uint8_t *to = stk_buf_room(out, stk_base64_len(n));
        if (to == NULL) {
            return;
        }
        out->len += (size_t)(encode_groups(bytes.data + at, n, to) - to);
    }
}

/* A character's number plus 1, or 0. */
static const uint8_t digits[256] = {
    ['A'] = 1,  ['B'] = 2,  ['C'] = 3,  ['D'] = 4,  ['E'] = 5,  ['F'] = 6,  ['G'] = 7,
    ['H'] = 8,  ['I'] = 9,  ['J'] = 10, ['K'] = 11, ['L'] = 12, ['M'] = 13, ['N'] = 14,
    ['O'] = 15, ['P'] = 16, ['Q'] = 17, ['R'] = 18, ['S'] = 19, ['T'] = 20, ['U'] = 21,
    ['V'] = 22, ['W'] = 23, ['X'] = 24, ['Y'] = 25, ['Z'] = 26, ['a'] = 27, ['b'] = 28,
    ['c'] = 29, ['d'] = 30, ['e'] = 31, ['f'] = 32, ['g'] = 33, ['h'] = 34, ['i'] = 35,
    ['j'] = 36, ['k'] = 37, ['l'] = 38, ['m'] = 39, ['n'] = 40, ['o'] = 41, ['p'] = 42,
    ['q'] = 43, ['r'] = 44, ['s'] = 45, ['t'] = 46, ['u'] = 47, ['v'] = 48, ['w'] = 49,
    ['x'] = 50, ['y'] = 51, ['z'] = 52, ['0'] = 53, ['1'] = 54, ['2'] = 55, ['3'] = 56,
    ['4'] = 57, ['5'] = 58, ['6'] = 59, ['7'] = 60, ['8'] = 61, ['9'] = 62, ['+'] = 63,
    ['/'] = 64,
};

/* The first of n characters that is not of the alphabet, or n; *group gets their bits. */
static size_t read_group(const uint8_t *p, size_t n, uint32_t *group)
{
    *group = 0;
    for (size_t i = 0; i < n; i++) {
        if (digits[p[i]] == 0) {
            return i;
        }
        *group = *group << 6 | (digits[p[i]] - 1u);
    }
    return n;
}

/* The last four: one or two of them may be padding. */
static bool read_last(const uint8_t *p, uint8_t *out, size_t *ret_len, size_t *ret_at)
{
    uint32_t group = 0;
    size_t n = p[3] != '=' ? 4 : p[2] != '=' ? 3 : 2;
    size_t good = read_group(p, n, &group);
    if (good < n) {
        *ret_at = good;
        return false;
    }
    group <<= 6 * (4 - n);
    if ((n == 3 && (group & 0xff) != 0) || (n == 2 && (group & 0xffff) != 0)) {
        *ret_at = n - 1;
        return false;
    }
    for (size_t i = 0; i < n - 1; i++) {
        out[i] = (uint8_t)(group >> (16 - 8 * i));
    }
    *ret_len = n - 1;
    return true;
}

bool stk_base64_decode(struct stk_span text, uint8_t *out, size_t *ret_len,
                       size_t *ret_at)
{
    const uint8_t *p = text.data;
    uint8_t *to = out;
    size_t left = text.len;
    for (; left > 4; left -= 4, p += 4, to += 3) {
        uint32_t group = 0;
        size_t good = read_group(p, 4, &group);
        if (good < 4) {
            *ret_at = (size_t)(p - text.data) + good;
            return false;
        }
        to[0] = (uint8_t)(group >> 16);
        to[1] = (uint8_t)(group >> 8);
        to[2] = (uint8_t)group;
    }
    size_t n = 0;
    size_t at = left; /* the end comes too early */
    if (left > 0 && (left < 4 || !read_last(p, to, &n, &at))) {
        *ret_at = (size_t)(p - text.data) + at;
        return false;
    }
    *ret_len = (size_t)(to - out) + n;
    return true;
}
