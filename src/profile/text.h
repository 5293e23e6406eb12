/* SPDX-License-Identifier: Apache-2.0
 *
 * Characters, for the parsers of patterns and formats. Nothing here asks the locale.
 */
#pragma once

#include "base/span.h"

static inline bool stk_char_is_digit(uint32_t c)
{
    return c >= '0' && c <= '9';
}

static inline bool stk_char_is_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The value of a hexadecimal digit, or -1. */
static inline int stk_char_hex(uint32_t c)
{
    if (stk_char_is_digit(c)) {
        return (int)(c - '0');
    }
    if (c >= 'a' && c <= 'f') {
        return (int)(c - 'a') + 10;
    }
    return c >= 'A' && c <= 'F' ? (int)(c - 'A') + 10 : -1;
}

/* The code point at *pos, which must lie in the text, and *pos behind it. The text is
 * valid UTF-8, with or without lone surrogates. */
static inline uint32_t stk_char_next(struct stk_span text, size_t *pos)
{
    uint32_t c = text.data[(*pos)++];
    size_t more = c < 0xc0 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
    if (more > 0) {
        c &= 0x3fu >> more;
    }
    while (more-- > 0 && *pos < text.len) {
        c = (c << 6) | (text.data[(*pos)++] & 0x3fu);
    }
    return c;
}
