/* SPDX-License-Identifier: Apache-2.0 */
#include "pickle/text.h"

#include "base/utf8.h"

static void put_code(struct stk_buf *out, uint32_t code)
{
    uint8_t utf8[4];
    if (out != NULL) {
        stk_buf_put(out, utf8, stk_utf8_put(code, utf8));
    }
}

void stk_text_latin1(struct stk_span bytes, struct stk_buf *out)
{
    for (size_t i = 0; i < bytes.len; i++) {
        put_code(out, bytes.data[i]);
    }
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    uint8_t lower = (uint8_t)(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* n hexadecimal digits; false where there are fewer. */
static bool take_hex(struct stk_cursor *c, size_t n, uint32_t *ret_code)
{
    uint32_t code = 0;
    struct stk_span digits = stk_cursor_take(c, n);
    for (size_t i = 0; i < digits.len; i++) {
        int value = hex_value(digits.data[i]);
        if (value < 0) {
            return false;
        }
        code = (code << 4) | (uint32_t)value;
    }
    *ret_code = code;
    return digits.len == n;
}

static uint32_t take_octal(struct stk_cursor *c, uint32_t code)
{
    for (int i = 0; i < 2 && stk_cursor_left(c) > 0; i++) {
        uint8_t next = c->span.data[c->pos];
        if (next < '0' || next > '7') {
            break;
        }
        code = code * 8 + (uint32_t)(stk_cursor_u8(c) - '0');
    }
    return code & 0xff;
}

/* What stands behind a backslash in a string of Python 2. */
static bool take_escape(struct stk_cursor *c, struct stk_buf *out)
{
    static const char plain[] = "\\\\''\"\"b\bf\ft\tn\nr\rv\va\a";
    if (stk_cursor_left(c) == 0) {
        return false;
    }
    uint8_t letter = stk_cursor_u8(c);
    for (size_t i = 0; i < sizeof plain - 1; i += 2) {
        if ((uint8_t)plain[i] == letter) {
            put_code(out, (uint8_t)plain[i + 1]);
            return true;
        }
    }
    uint32_t code = letter;
    if (letter >= '0' && letter <= '7') {
        code = take_octal(c, (uint32_t)letter - '0');
    } else if (letter == 'x') {
        if (!take_hex(c, 2, &code)) {
            return false;
        }
    } else {
        put_code(out, '\\'); /* an unknown escape stays as it is */
    }
    put_code(out, code);
    return true;
}

bool stk_text_quoted(struct stk_span line, struct stk_buf *out)
{
    if (line.len < 2 || line.data[0] != line.data[line.len - 1] ||
        (line.data[0] != '\'' && line.data[0] != '"')) {
        return false;
    }
    struct stk_cursor c;
    stk_cursor_init(&c, stk_span_of(line.data + 1, line.len - 2));
    while (stk_cursor_left(&c) > 0) {
        uint8_t byte = stk_cursor_u8(&c);
        if (byte != '\\') {
            put_code(out, byte);
        } else if (!take_escape(&c, out)) {
            return false;
        }
    }
    return true;
}

bool stk_text_raw_unicode(struct stk_span line, struct stk_buf *out)
{
    struct stk_cursor c;
    stk_cursor_init(&c, line);
    while (stk_cursor_left(&c) > 0) {
        uint8_t byte = stk_cursor_u8(&c);
        if (byte != '\\' || stk_cursor_left(&c) == 0) {
            put_code(out, byte);
            continue;
        }
        uint8_t letter = stk_cursor_u8(&c);
        uint32_t code = 0;
        if (letter != 'u' && letter != 'U') {
            put_code(out, byte);
            put_code(out, letter);
        } else if (!take_hex(&c, letter == 'u' ? 4 : 8, &code) || code > 0x10ffff) {
            return false;
        } else {
            put_code(out, code);
        }
    }
    return true;
}
