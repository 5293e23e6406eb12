/* SPDX-License-Identifier: Apache-2.0
 *
 * URI and their references by RFC 3986, appendix A; IRI by RFC 3987, 2.2; templates by
 * RFC 6570, 2.
 */
#include <string.h>

#include "profile/format_parts.h"
#include "profile/text.h"
#include "profile/uri.h"

#define SUB_DELIMS "!$&'()*+,;="

enum dialect { URI, IRI };

static bool one_of(uint32_t c, const char *set)
{
    return c != 0 && c < 0x80 && strchr(set, (int)c) != NULL;
}

static bool is_unreserved(uint32_t c)
{
    return stk_char_is_letter(c) || stk_char_is_digit(c) || one_of(c, "-._~");
}

/* RFC 3987: ucschar. All planes but the last three, without non-characters. */
static bool is_ucs(uint32_t c)
{
    if (c < 0x10000) {
        return (c >= 0xa0 && c <= 0xd7ff) || (c >= 0xf900 && c <= 0xfdcf) ||
               (c >= 0xfdf0 && c <= 0xffef);
    }
    return c <= 0xefffd && (c & 0xffff) <= 0xfffd && (c < 0xe0000 || c >= 0xe1000);
}

/* RFC 3987: iprivate. */
static bool is_private(uint32_t c)
{
    return (c >= 0xe000 && c <= 0xf8ff) || (c >= 0xf0000 && (c & 0xffff) <= 0xfffd);
}

/* %XX at pos, of which the % was read. */
static bool triplet(struct stk_span text, size_t *pos)
{
    if (text.len - *pos < 2 || stk_char_hex(text.data[*pos]) < 0 ||
        stk_char_hex(text.data[*pos + 1]) < 0) {
        return false;
    }
    *pos += 2;
    return true;
}

/* All of it is unreserved, escaped, or one of `more`; in an IRI also beyond ASCII. */
static bool made_of(struct stk_span text, const char *more, enum dialect dialect,
                    bool private)
{
    size_t pos = 0;
    while (pos < text.len) {
        uint32_t c = stk_char_next(text, &pos);
        bool wide = dialect == IRI && (is_ucs(c) || (private && is_private(c)));
        if (c == '%' ? !triplet(text, &pos)
                     : !is_unreserved(c) && !one_of(c, more) && !wide) {
            return false;
        }
    }
    return true;
}

/* "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" ) */
static bool is_future_address(struct stk_span text)
{
    size_t n = 1;
    if (text.len == 0 || (text.data[0] != 'v' && text.data[0] != 'V')) {
        return false;
    }
    while (n < text.len && stk_char_hex(text.data[n]) >= 0) {
        n++;
    }
    if (n == 1 || n + 1 >= text.len || text.data[n] != '.') {
        return false;
    }
    struct stk_span rest = stk_span_of(text.data + n + 1, text.len - n - 1);
    return memchr(rest.data, '%', rest.len) == NULL &&
           made_of(rest, SUB_DELIMS ":", URI, false);
}

static bool is_port(struct stk_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (!stk_char_is_digit(text.data[i])) {
            return false;
        }
    }
    return true;
}

/* host [":" port]; a name ends where the port begins, an address has brackets. */
static bool is_host_port(struct stk_span text, enum dialect dialect)
{
    size_t end = stk_span_find(text, ":", 1);
    bool literal = text.len > 0 && text.data[0] == '[';
    if (literal) {
        size_t close = stk_span_find(text, "]", 1);
        if (close == SIZE_MAX) {
            return false;
        }
        struct stk_span address = stk_span_of(text.data + 1, close - 1);
        if (!stk_format_ipv6(address) && !is_future_address(address)) {
            return false;
        }
        end = close + 1;
    }
    end = end == SIZE_MAX ? text.len : end;
    if (!literal && !made_of(stk_span_of(text.data, end), SUB_DELIMS, dialect, false)) {
        return false;
    }
    if (end == text.len) {
        return true;
    }
    return text.data[end] == ':' &&
           is_port(stk_span_of(text.data + end + 1, text.len - end - 1));
}

static bool is_authority(struct stk_span text, enum dialect dialect)
{
    size_t at = stk_span_find(text, "@", 1);
    if (at == SIZE_MAX) {
        return is_host_port(text, dialect);
    }
    return made_of(stk_span_of(text.data, at), SUB_DELIMS ":", dialect, false) &&
           is_host_port(stk_span_of(text.data + at + 1, text.len - at - 1), dialect);
}

/* Without a scheme a colon in the first segment would have made one. */
static bool is_path(const struct stk_uri *uri, enum dialect dialect)
{
    if (uri->scheme.data == NULL && uri->authority.data == NULL) {
        size_t colon = stk_span_find(uri->path, ":", 1);
        size_t slash = stk_span_find(uri->path, "/", 1);
        if (colon < slash) {
            return false;
        }
    }
    return made_of(uri->path, SUB_DELIMS ":@/", dialect, false);
}

static bool is_reference(struct stk_span text, enum dialect dialect, bool absolute)
{
    /* No part may have a NUL, where splitting would stop. */
    if (text.len > 0 && memchr(text.data, 0, text.len) != NULL) {
        return false;
    }
    struct stk_uri uri = stk_uri_split(text);
    if (absolute && uri.scheme.data == NULL) {
        return false;
    }
    return (uri.authority.data == NULL || is_authority(uri.authority, dialect)) &&
           is_path(&uri, dialect) &&
           made_of(uri.query, SUB_DELIMS ":@/?", dialect, true) &&
           made_of(uri.fragment, SUB_DELIMS ":@/?", dialect, false);
}

bool stk_format_uri(struct stk_span text)
{
    return is_reference(text, URI, true);
}

bool stk_format_uri_reference(struct stk_span text)
{
    return is_reference(text, URI, false);
}

bool stk_format_iri(struct stk_span text)
{
    return is_reference(text, IRI, true);
}

bool stk_format_iri_reference(struct stk_span text)
{
    return is_reference(text, IRI, false);
}

/* ---- templates ---- */

/* varname: characters and escapes, with single dots between them. */
static bool variable_name(struct stk_span text, size_t *pos)
{
    bool dot = true; /* none may come now */
    while (*pos < text.len) {
        uint8_t c = text.data[*pos];
        if (c == '.' && dot) {
            return false;
        }
        if (c != '.' && c != '_' && c != '%' && !stk_char_is_letter(c) &&
            !stk_char_is_digit(c)) {
            break;
        }
        (*pos)++;
        if (c == '%' && !triplet(text, pos)) {
            return false;
        }
        dot = c == '.';
    }
    return !dot;
}

/* "*", or ":" and a number from 1 to 9999. */
static bool modifier(struct stk_span text, size_t *pos)
{
    if (*pos < text.len && text.data[*pos] == '*') {
        (*pos)++;
    } else if (*pos < text.len && text.data[*pos] == ':') {
        size_t first = ++*pos;
        while (*pos < text.len && stk_char_is_digit(text.data[*pos])) {
            (*pos)++;
        }
        return *pos > first && *pos - first <= 4 && text.data[first] != '0';
    }
    return true;
}

/* Behind the {. */
static bool expression(struct stk_span text, size_t *pos)
{
    if (*pos < text.len && one_of(text.data[*pos], "+#./;?&=,!@|")) {
        (*pos)++;
    }
    for (;;) {
        if (!variable_name(text, pos) || !modifier(text, pos) || *pos == text.len) {
            return false;
        }
        uint8_t c = text.data[(*pos)++];
        if (c != ',') {
            return c == '}';
        }
    }
}

bool stk_format_uri_template(struct stk_span text)
{
    size_t pos = 0;
    while (pos < text.len) {
        uint32_t c = stk_char_next(text, &pos);
        bool good = c > 0x20 && c < 0x7f && !one_of(c, "\"%<>\\^`{|}");
        if (c == '{') {
            good = expression(text, &pos);
        } else if (c == '%') {
            good = triplet(text, &pos);
        }
        if (!good && !is_ucs(c) && !is_private(c)) {
            return false;
        }
    }
    return true;
}
