/* SPDX-License-Identifier: Apache-2.0 */
#include "report/escape.h"

#include "base/utf8.h"

static size_t sequence_len(uint8_t lead)
{
    if (lead < 0x80) {
        return 1;
    }
    if (lead < 0xe0) {
        return 2;
    }
    return lead < 0xf0 ? 3 : 4;
}

size_t stk_escape_decode(struct stk_span text, uint32_t *ret_code)
{
    if (text.len == 0) {
        return 0;
    }
    size_t len = sequence_len(text.data[0]);
    if (len > text.len || stk_utf8_valid(stk_span_of(text.data, len), true) != len) {
        return 0;
    }
    uint32_t code = len == 1 ? text.data[0] : text.data[0] & (0x7fu >> len);
    for (size_t i = 1; i < len; i++) {
        code = (code << 6) | (text.data[i] & 0x3fu);
    }
    *ret_code = code;
    return len;
}

struct range {
    uint32_t first;
    uint32_t last;
};

/* Beyond ASCII, what a terminal obeys or does not show: Unicode's Cc, Cf, Cs, Co, Zl, Zp,
 * and the separators and fillers that look like nothing. */
static const struct range hidden[] = {
    {0x7f, 0xa0},       {0xad, 0xad},       {0x34f, 0x34f},     {0x600, 0x605},
    {0x61c, 0x61c},     {0x6dd, 0x6dd},     {0x70f, 0x70f},     {0x890, 0x891},
    {0x8e2, 0x8e2},     {0x115f, 0x1160},   {0x17b4, 0x17b5},   {0x180b, 0x180f},
    {0x2000, 0x200f},   {0x2028, 0x202f},   {0x205f, 0x206f},   {0x3000, 0x3000},
    {0x3164, 0x3164},   {0xd800, 0xf8ff},   {0xfe00, 0xfe0f},   {0xfeff, 0xfeff},
    {0xffa0, 0xffa0},   {0xfff0, 0xffff},   {0x110bd, 0x110bd}, {0x110cd, 0x110cd},
    {0x13430, 0x1345f}, {0x1bca0, 0x1bca3}, {0x1d173, 0x1d17a}, {0xe0000, 0x10ffff},
};

static bool is_hidden(uint32_t code)
{
    for (size_t i = 0; i < sizeof(hidden) / sizeof(hidden[0]); i++) {
        if (code >= hidden[i].first && code <= hidden[i].last) {
            return true;
        }
    }
    return false;
}

static void put_code(struct stk_buf *out, uint32_t code)
{
    if (code == '\n' || code == '\r' || code == '\t') {
        stk_buf_str(out, code == '\n' ? "\\n" : code == '\r' ? "\\r" : "\\t");
    } else if (code < 0x100) {
        stk_buf_printf(out, "\\x%02x", code);
    } else if (code < 0x10000) {
        stk_buf_printf(out, "\\u%04x", code);
    } else {
        stk_buf_printf(out, "\\U%08x", code);
    }
}

/* Bytes from the front that need no escape. */
static size_t plain_prefix(struct stk_span text, bool utf8)
{
    size_t i = 0;
    while (i < text.len) {
        uint32_t code = text.data[i];
        size_t len = 1;
        if (code >= 0x80 && utf8) {
            len = stk_escape_decode(stk_span_of(text.data + i, text.len - i), &code);
        }
        if (len == 0 || code < 0x20 || code == '\\' || code == 0x7f ||
            (code >= 0x80 && (!utf8 || is_hidden(code)))) {
            break;
        }
        i += len;
    }
    return i;
}

void stk_escape_put(struct stk_buf *out, struct stk_span text, bool utf8)
{
    while (text.len > 0) {
        size_t plain = plain_prefix(text, utf8);
        stk_buf_put(out, text.data, plain);
        text = stk_span_of(text.data + plain, text.len - plain);
        if (text.len == 0) {
            break;
        }
        uint32_t code = 0;
        size_t len = stk_escape_decode(text, &code);
        if (text.data[0] == '\\') {
            stk_buf_str(out, "\\\\");
        } else if (len == 0) {
            stk_buf_printf(out, "\\x%02x", text.data[0]);
        } else {
            put_code(out, code);
        }
        len = len == 0 ? 1 : len;
        text = stk_span_of(text.data + len, text.len - len);
    }
}

void stk_escape_again(struct stk_buf *out, const char *text)
{
    for (const char *p = text; *p != '\0'; p++) {
        uint8_t byte = (uint8_t)*p;
        if (byte < 0x20 || byte >= 0x7f) {
            stk_buf_printf(out, "\\x%02x", byte);
        } else {
            stk_buf_byte(out, byte);
        }
    }
}

static bool is_unreserved(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           c == '-' || c == '.' || c == '_' || c == '~';
}

void stk_escape_uri(struct stk_buf *out, struct stk_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_unreserved(text.data[i]) || text.data[i] == '/') {
            stk_buf_byte(out, text.data[i]);
        } else {
            stk_buf_printf(out, "%%%02X", text.data[i]);
        }
    }
}
