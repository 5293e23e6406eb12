/* SPDX-License-Identifier: Apache-2.0
 *
 * UTF-8 as CPython decodes it (Objects/unicodeobject.c): the shortest form only, up to
 * U+10FFFF. Pickles use two error handlers: strict, and surrogatepass, which also takes
 * encoded surrogates (ED A0 80 to ED BF BF).
 */
#pragma once

#include <string.h>

#include "base/span.h"

/* The length of the longest valid prefix; equal to text.len when all of it is valid. */
size_t stk_utf8_valid(struct stk_span text, bool surrogatepass);

/* Writes the UTF-8 form of a code point (surrogates included) and returns its length. */
size_t stk_utf8_put(uint32_t code, uint8_t out[4]);

/* All bytes below 0x80. Inline, since most strings of a pickle are short; the builtin,
 * since memcpy is banned where this is included. */
static inline bool stk_is_ascii(struct stk_span text)
{
    const uint8_t *p = text.data;
    const uint64_t high = UINT64_C(0x8080808080808080);
    uint64_t a = 0;
    uint64_t b = 0;
    if (text.len >= 8) {
        size_t last = text.len - 8;
        uint64_t any = 0;
        for (size_t i = 0; i < last; i += 8) {
            __builtin_memcpy(&a, p + i, 8);
            any |= a;
        }
        __builtin_memcpy(&b, p + last, 8);
        return ((any | b) & high) == 0;
    }
    for (size_t i = 0; i < text.len; i++) {
        a |= p[i];
    }
    return (a & 0x80) == 0;
}
