/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>

#include "base/assert.h"
#include "container/container.h"

#define NOTE_MAX 512

enum stk_status stk_visitor_note(const struct stk_visitor *visitor,
                                 enum stk_note_kind kind, uint64_t off,
                                 const char *format, ...)
{
    char message[NOTE_MAX];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    return len < 0 ? STK_E_BUG : visitor->note(visitor->ctx, kind, off, message);
}

/* Writes the escaped form of a byte, at most four characters, and returns its length. */
static size_t escape_byte(char out[4], uint8_t byte)
{
    static const char digits[] = "0123456789abcdef";
    static const char plain[] = "\tt\nn\rr\\\\";
    for (const char *p = plain; *p != '\0'; p += 2) {
        if (byte == (uint8_t)*p) {
            out[0] = '\\';
            out[1] = p[1];
            return 2;
        }
    }
    if (byte >= 0x20 && byte < 0x7f) {
        out[0] = (char)byte;
        return 1;
    }
    out[0] = '\\';
    out[1] = 'x';
    out[2] = digits[byte >> 4];
    out[3] = digits[byte & 0xf];
    return 4;
}

char *stk_escape(char *out, size_t size, struct stk_span text)
{
    STK_ASSERT(size >= 4);
    size_t len = 0;
    size_t cut = 0; /* the last place where "..." still fits behind whole characters */
    for (size_t i = 0; i < text.len; i++) {
        char piece[4];
        size_t n = escape_byte(piece, text.data[i]);
        cut = len + 4 <= size ? len : cut;
        if (n > size - 1 - len) {
            stk_copy(out + cut, "...", 3);
            len = cut + 3;
            break;
        }
        stk_copy(out + len, piece, n);
        len += n;
    }
    out[len] = '\0';
    return out;
}
