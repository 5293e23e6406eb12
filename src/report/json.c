/* SPDX-License-Identifier: Apache-2.0 */
#include "report/json.h"

#include <string.h>

#include "report/escape.h"

void stk_jsonw_init(struct stk_jsonw *json, struct stk_buf *out)
{
    *json = (struct stk_jsonw){.out = out};
}

static void separate(struct stk_jsonw *json)
{
    if (json->comma) {
        stk_buf_put(json->out, ", ", 2);
    }
    json->comma = true;
}

void stk_jsonw_begin(struct stk_jsonw *json, char bracket)
{
    separate(json);
    stk_buf_byte(json->out, (uint8_t)bracket);
    json->comma = false;
}

void stk_jsonw_end(struct stk_jsonw *json, char bracket)
{
    stk_buf_byte(json->out, (uint8_t)bracket);
    json->comma = true;
}

void stk_jsonw_key(struct stk_jsonw *json, const char *key)
{
    separate(json);
    stk_buf_byte(json->out, '"');
    stk_buf_str(json->out, key);
    stk_buf_put(json->out, "\": ", 3);
    json->comma = false;
}

static void put_unit(struct stk_buf *out, uint32_t unit)
{
    stk_buf_printf(out, "\\u%04x", unit);
}

static void put_control(struct stk_buf *out, uint32_t code)
{
    switch (code) {
    case '"':
        stk_buf_put(out, "\\\"", 2);
        break;
    case '\\':
        stk_buf_put(out, "\\\\", 2);
        break;
    case '\n':
        stk_buf_put(out, "\\n", 2);
        break;
    case '\r':
        stk_buf_put(out, "\\r", 2);
        break;
    case '\t':
        stk_buf_put(out, "\\t", 2);
        break;
    default:
        put_unit(out, code);
        break;
    }
}

static void put_code(struct stk_buf *out, uint32_t code)
{
    if (code < 0x80) {
        put_control(out, code);
    } else if (code >= 0xd800 && code <= 0xdfff) {
        stk_buf_printf(out, "\\\\u%04x", code);
    } else if (code < 0x10000) {
        put_unit(out, code);
    } else {
        put_unit(out, 0xd800 + ((code - 0x10000) >> 10));
        put_unit(out, 0xdc00 + ((code - 0x10000) & 0x3ff));
    }
}

/* Bytes from the front that stand for themselves in a JSON string. */
static size_t plain_prefix(struct stk_span text)
{
    size_t n = 0;
    while (n < text.len && text.data[n] >= 0x20 && text.data[n] < 0x7f &&
           text.data[n] != '"' && text.data[n] != '\\') {
        n++;
    }
    return n;
}

void stk_jsonw_span(struct stk_jsonw *json, struct stk_span text)
{
    separate(json);
    stk_buf_byte(json->out, '"');
    while (text.len > 0) {
        uint32_t code = 0;
        size_t len = plain_prefix(text);
        stk_buf_put(json->out, text.data, len);
        if (len == 0) {
            len = stk_escape_decode(text, &code);
            if (len == 0) {
                stk_buf_printf(json->out, "\\\\x%02x", text.data[0]);
                len = 1;
            } else {
                put_code(json->out, code);
            }
        }
        text = stk_span_of(text.data + len, text.len - len);
    }
    stk_buf_byte(json->out, '"');
}

void stk_jsonw_str(struct stk_jsonw *json, const char *text)
{
    stk_jsonw_span(json, stk_span_of(text, strlen(text)));
}

void stk_jsonw_uint(struct stk_jsonw *json, uint64_t value)
{
    char digits[20];
    size_t n = sizeof(digits);
    separate(json);
    do {
        digits[--n] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    stk_buf_put(json->out, digits + n, sizeof(digits) - n);
}

void stk_jsonw_int(struct stk_jsonw *json, int64_t value)
{
    if (value >= 0) {
        stk_jsonw_uint(json, (uint64_t)value);
        return;
    }
    separate(json);
    stk_buf_printf(json->out, "%lld", (long long)value);
}

void stk_jsonw_bool(struct stk_jsonw *json, bool value)
{
    separate(json);
    stk_buf_str(json->out, value ? "true" : "false");
}

void stk_jsonw_null(struct stk_jsonw *json)
{
    separate(json);
    stk_buf_str(json->out, "null");
}

void stk_jsonw_seconds(struct stk_jsonw *json, double seconds)
{
    separate(json);
    stk_buf_printf(json->out, "%.3f", seconds);
}

void stk_jsonw_base64(struct stk_jsonw *json, struct stk_span bytes)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    separate(json);
    stk_buf_byte(json->out, '"');
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t n = bytes.len - i < 3 ? bytes.len - i : 3;
        uint32_t bits = (uint32_t)bytes.data[i] << 16;
        bits |= n > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0;
        bits |= n > 2 ? bytes.data[i + 2] : 0;
        for (size_t k = 0; k < 4; k++) {
            char letter = letters[(bits >> (18 - 6 * k)) & 0x3f];
            stk_buf_byte(json->out, (uint8_t)(k <= n ? letter : '='));
        }
    }
    stk_buf_byte(json->out, '"');
}
