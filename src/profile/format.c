/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/format.h"

#include "profile/format_parts.h"
#include "profile/text.h"

/* ---- addresses ---- */

/* 0 to 255 without leading zeros (RFC 3986: dec-octet); how many bytes, or 0. */
static size_t octet(struct stk_span text, size_t at)
{
    unsigned value = 0;
    size_t n = 0;
    while (n < 3 && at + n < text.len && stk_char_is_digit(text.data[at + n])) {
        value = value * 10 + (unsigned)(text.data[at + n] - '0');
        n++;
    }
    return value > 255 || (n > 1 && text.data[at] == '0') ? 0 : n;
}

bool stk_format_ipv4(struct stk_span text)
{
    size_t at = 0;
    for (size_t i = 0; i < 4; i++) {
        if (i > 0 && (at >= text.len || text.data[at++] != '.')) {
            return false;
        }
        size_t n = octet(text, at);
        if (n == 0) {
            return false;
        }
        at += n;
    }
    return at == text.len;
}

/* How many hexadecimal digits stand here, at most five. */
static size_t hex_run(struct stk_span text, size_t at)
{
    size_t n = 0;
    while (n < 5 && at + n < text.len && stk_char_hex(text.data[at + n]) >= 0) {
        n++;
    }
    return n;
}

/* RFC 4291, 2.2: groups of four digits, one run of them left out as ::, the last two
 * perhaps as IPv4. */
bool stk_format_ipv6(struct stk_span text)
{
    size_t groups = 0;
    bool gap = false;
    size_t at = 0;
    while (at < text.len) {
        if (stk_span_starts(stk_span_of(text.data + at, text.len - at), "::", 2)) {
            if (gap) {
                return false;
            }
            gap = true;
            at += 2;
            if (at == text.len) {
                break;
            }
        } else if (groups > 0 && text.data[at++] != ':') {
            return false;
        }
        size_t n = hex_run(text, at);
        if (n == 0 || n > 4) {
            return false;
        }
        if (at + n < text.len && text.data[at + n] == '.') {
            groups += 2;
            at += stk_format_ipv4(stk_span_of(text.data + at, text.len - at))
                      ? text.len - at
                      : n;
        } else {
            groups++;
            at += n;
        }
    }
    return at == text.len && (gap ? groups < 8 : groups == 8);
}

/* ---- UUID and JSON pointers ---- */

/* RFC 4122, 3: any version and variant. */
static bool uuid(struct stk_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash ? text.data[i] != '-' : stk_char_hex(text.data[i]) < 0) {
            return false;
        }
    }
    return text.len == 36;
}

/* RFC 6901, 3. */
static bool json_pointer(struct stk_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        bool escape = text.data[i] == '~';
        bool known =
            i + 1 < text.len && (text.data[i + 1] == '0' || text.data[i + 1] == '1');
        if (escape && !known) {
            return false;
        }
    }
    return text.len == 0 || text.data[0] == '/';
}

/* draft-bhutton-relative-json-pointer-00, 3, without index manipulation: levels up, then
 * # or a pointer. */
static bool relative_json_pointer(struct stk_span text)
{
    size_t n = 0;
    while (n < text.len && stk_char_is_digit(text.data[n])) {
        n++;
    }
    if (n == 0 || (n > 1 && text.data[0] == '0')) {
        return false;
    }
    struct stk_span rest = stk_span_of(text.data + n, text.len - n);
    return stk_span_is(rest, "#") || json_pointer(rest);
}

/* ---- all of them ---- */

static const struct {
    const char *name;
    stk_format_check check;
} formats[] = {
    {"date-time", stk_format_date_time},
    {"date", stk_format_date},
    {"time", stk_format_time},
    {"duration", stk_format_duration},
    {"email", stk_format_email},
    {"idn-email", stk_format_idn_email},
    {"hostname", stk_format_hostname},
    {"idn-hostname", stk_format_idn_hostname},
    {"ipv4", stk_format_ipv4},
    {"ipv6", stk_format_ipv6},
    {"uri", stk_format_uri},
    {"uri-reference", stk_format_uri_reference},
    {"iri", stk_format_iri},
    {"iri-reference", stk_format_iri_reference},
    {"uri-template", stk_format_uri_template},
    {"uuid", uuid},
    {"json-pointer", json_pointer},
    {"relative-json-pointer", relative_json_pointer},
};

stk_format_check stk_format_find(struct stk_span name)
{
    for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        if (stk_span_is(name, formats[i].name)) {
            return formats[i].check;
        }
    }
    return NULL;
}
