/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

#include <string.h>

#include "base/assert.h"
#include "base/checked.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* How many ASCII bytes p begins with, at most len; sixteen at a time. */
static size_t ascii_run(const uint8_t *p, size_t len)
{
    size_t n = 0;
    while (len - n >= 16) {
        uint64_t a = 0;
        uint64_t b = 0;
        memcpy(&a, p + n, 8);
        memcpy(&b, p + n + 8, 8);
        if (((a | b) & HIGH_BITS) != 0) {
            break;
        }
        n += 16;
    }
    while (n < len && p[n] < 0x80) {
        n++;
    }
    return n;
}

/* How many bytes of ASCII and of whole two-byte sequences that begin with C2 or C3 (all
 * of Latin-1) p begins with, counted eight at a time: what arrays look like in protocol
 * 2, where a branch a byte would be mispredicted every other time. */
STK_WRAPS static size_t latin_run(const uint8_t *p, size_t len)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t open = 0; /* the eight before ended with a lead byte */
    size_t n = 0;
    while (len - n >= 8) {
        uint64_t w = stk_le64(p + n);
        uint64_t lead = (w >> 7) & (w >> 6) & ones;
        uint64_t tail = (w >> 7) & ~(w >> 6) & ones;
        uint64_t other = ((w >> 5) | (w >> 4) | (w >> 3) | (w >> 2) | ~(w >> 1)) & lead;
        if (other != 0 || tail != ((lead << 8) | open)) {
            break;
        }
        open = lead >> 56;
        n += 8;
    }
    return n - open;
}

static bool is_tail(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* The second byte that a lead byte of three allows (Unicode, table 3-7): E0 keeps out
 * forms that are not the shortest, ED keeps out surrogates. */
static bool second_of_3_ok(uint8_t lead, uint8_t second, bool surrogatepass)
{
    uint8_t low = lead == 0xe0 ? 0xa0 : 0x80;
    uint8_t high = lead == 0xed && !surrogatepass ? 0x9f : 0xbf;
    return second >= low && second <= high;
}

/* The same for four bytes: F0 shortest forms, F4 nothing past U+10FFFF. */
static bool second_of_4_ok(uint8_t lead, uint8_t second)
{
    uint8_t low = lead == 0xf0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xf4 ? 0x8f : 0xbf;
    return second >= low && second <= high;
}

/* Length of the multi-byte sequence at p, or 0 where there is no valid one. */
static size_t sequence(const uint8_t *p, size_t len, bool surrogatepass)
{
    uint8_t lead = p[0];
    if (lead < 0xc2 || lead > 0xf4 || len < 2) {
        return 0;
    }
    if (lead < 0xe0) {
        return is_tail(p[1]) ? 2 : 0;
    }
    if (lead < 0xf0) {
        return len >= 3 && second_of_3_ok(lead, p[1], surrogatepass) && is_tail(p[2]) ? 3
                                                                                      : 0;
    }
    return len >= 4 && second_of_4_ok(lead, p[1]) && is_tail(p[2]) && is_tail(p[3]) ? 4
                                                                                    : 0;
}

size_t stk_utf8_valid(struct stk_span text, bool surrogatepass)
{
    size_t at = 0;
    while (at < text.len) {
        at += ascii_run(text.data + at, text.len - at);
        at += latin_run(text.data + at, text.len - at);
        while (at < text.len && text.data[at] >= 0x80) {
            size_t len = sequence(text.data + at, text.len - at, surrogatepass);
            if (len == 0) {
                return at;
            }
            at += len;
        }
    }
    return at;
}

size_t stk_utf8_put(uint32_t code, uint8_t out[4])
{
    STK_ASSERT(code <= 0x10ffff);
    if (code < 0x80) {
        out[0] = (uint8_t)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (uint8_t)(0xc0 | (code >> 6));
        out[1] = (uint8_t)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (uint8_t)(0xe0 | (code >> 12));
        out[1] = (uint8_t)(0x80 | ((code >> 6) & 0x3f));
        out[2] = (uint8_t)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | ((code >> 18) & 0x07));
    out[1] = (uint8_t)(0x80 | ((code >> 12) & 0x3f));
    out[2] = (uint8_t)(0x80 | ((code >> 6) & 0x3f));
    out[3] = (uint8_t)(0x80 | (code & 0x3f));
    return 4;
}
