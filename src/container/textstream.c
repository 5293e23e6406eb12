/* SPDX-License-Identifier: Apache-2.0 */
#include "container/textstream.h"

#include <string.h>

#include "pickle/opcode.h"

#define LEN_MIN 4 /* characters; the shortest stream that imports is longer */

static bool is_space(uint8_t byte)
{
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

/* 16 for what is not a digit. */
static uint8_t hex_value(uint8_t byte)
{
    uint8_t lower = byte | 0x20;
    if (byte >= '0' && byte <= '9') {
        return (uint8_t)(byte - '0');
    }
    return lower >= 'a' && lower <= 'f' ? (uint8_t)(lower - 'a' + 10) : 16;
}

/* False if it is not hex; white space may stand between bytes, as for bytes.fromhex. */
static bool decode_hex(struct stk_span text, struct stk_buf *out)
{
    for (size_t i = 0; i < text.len; i++) {
        if (is_space(text.data[i])) {
            continue;
        }
        if (i + 1 >= text.len || hex_value(text.data[i]) == 16 ||
            hex_value(text.data[i + 1]) == 16) {
            return false;
        }
        uint8_t high = hex_value(text.data[i]);
        stk_buf_byte(out, (uint8_t)(high << 4 | hex_value(text.data[++i])));
    }
    return out->status == STK_OK;
}

/* 64 for what is in neither alphabet (RFC 4648 4 and 5). */
static uint8_t base64_value(uint8_t byte)
{
    if (byte >= 'A' && byte <= 'Z') {
        return (uint8_t)(byte - 'A');
    }
    if (byte >= 'a' && byte <= 'z') {
        return (uint8_t)(byte - 'a' + 26);
    }
    if (byte >= '0' && byte <= '9') {
        return (uint8_t)(byte - '0' + 52);
    }
    if (byte == '+' || byte == '-') {
        return 62;
    }
    return byte == '/' || byte == '_' ? 63 : 64;
}

/* Until the padding that completes a group; binascii.a2b_base64 stops there as well. */
static bool decode_base64(struct stk_span text, struct stk_buf *out)
{
    uint32_t group = 0;
    unsigned n = 0;
    unsigned n_pads = 0;
    for (size_t i = 0; i < text.len; i++) {
        uint8_t value = base64_value(text.data[i]);
        if (text.data[i] == '=' && n >= 2 && n + ++n_pads >= 4) {
            break;
        }
        if (value == 64) {
            continue;
        }
        n_pads = 0;
        group = (group << 6 | value) & 0xffffff;
        n = (n + 1) % 4;
        if (n == 0) {
            uint8_t bytes[] = {(uint8_t)(group >> 16), (uint8_t)(group >> 8),
                               (uint8_t)group};
            stk_buf_put(out, bytes, sizeof(bytes));
        }
    }
    if (n >= 2) {
        group <<= 6 * (4 - n);
        uint8_t bytes[] = {(uint8_t)(group >> 16), (uint8_t)(group >> 8)};
        stk_buf_put(out, bytes, n - 1);
    }
    return out->status == STK_OK;
}

/* An opcode, or the mark of a compressed stream. */
static bool begins_stream(struct stk_span span)
{
    static const char *const marks[] = {"\x1f\x8b", "BZh",         "\xfd\x37zXZ",
                                        "\x78\x01", "\x78\x5e",    "\x78\x9c",
                                        "\x78\xda", "\x28\xb5\x2f"};
    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
        if (stk_span_starts(span, marks[i], strlen(marks[i]))) {
            return true;
        }
    }
    return span.len >= 2 && stk_opcodes[span.data[0]].name != NULL;
}

bool stk_textstream_decode(struct stk_span text, const struct stk_alloc *alloc,
                           struct stk_buf *out)
{
    struct stk_buf bytes;
    if (text.len < LEN_MIN) {
        return false;
    }
    stk_buf_init(&bytes, alloc, out->max - out->len);
    bool found = decode_hex(text, &bytes) && begins_stream(stk_buf_span(&bytes));
    if (!found && bytes.status == STK_OK) {
        stk_buf_clear(&bytes);
        found = decode_base64(text, &bytes) && begins_stream(stk_buf_span(&bytes));
    }
    if (bytes.status != STK_OK) {
        out->status = out->status == STK_OK ? bytes.status : out->status;
    } else if (found) {
        stk_buf_put(out, bytes.data, bytes.len);
        found = out->status == STK_OK;
    }
    stk_buf_release(&bytes);
    return found;
}
