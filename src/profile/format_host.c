/* SPDX-License-Identifier: Apache-2.0
 *
 * Host names by RFC 1123, 2.1, and RFC 5891; mail addresses by RFC 5321, 4.1.2, and
 * RFC 6531, 3.3.
 */
#include <string.h>

#include "base/utf8.h"
#include "profile/format_idna.h"
#include "profile/format_parts.h"
#include "profile/text.h"

#define NAME_MAX 253u /* bytes, in ASCII form */
#define LOCAL_MAX 64u /* RFC 5321, 4.5.3.1.1 */

/* What was seen of a name so far. */
struct host {
    bool wide;   /* may have other characters than ASCII */
    size_t len;  /* of its ASCII form */
    bool rtl;    /* has a label from right to left */
    bool broken; /* has a label that no such name may have */
};

/* Letters, digits and inner dashes. */
static bool is_plain_label(struct stk_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (!stk_char_is_letter(c) && !stk_char_is_digit(c) && c != '-') {
            return false;
        }
    }
    return text.len > 0 && text.len <= STK_LABEL_MAX && text.data[0] != '-' &&
           text.data[text.len - 1] != '-';
}

static bool is_encoded(struct stk_span text)
{
    return text.len >= 4 && (text.data[0] | 0x20) == 'x' &&
           (text.data[1] | 0x20) == 'n' && text.data[2] == '-' && text.data[3] == '-';
}

static bool ascii_label(struct stk_span text, struct stk_label *ret_label)
{
    if (!is_plain_label(text)) {
        return false;
    }
    if (!is_encoded(text)) {
        return stk_label_read(text, ret_label);
    }
    return stk_label_decode(stk_span_of(text.data + 4, text.len - 4), ret_label) &&
           stk_label_is_valid(ret_label);
}

static bool wide_label(struct stk_span text, struct stk_label *ret_label)
{
    return stk_label_read(text, ret_label) && stk_label_is_valid(ret_label) &&
           stk_label_encoded_len(ret_label) != SIZE_MAX;
}

static bool add_label(struct host *host, struct stk_span text)
{
    struct stk_label label;
    bool ascii = stk_is_ascii(text);
    if (ascii ? !ascii_label(text, &label) : !host->wide || !wide_label(text, &label)) {
        return false;
    }
    host->len +=
        (host->len > 0 ? 1 : 0) + (ascii ? text.len : stk_label_encoded_len(&label));
    host->rtl |= stk_label_is_rtl(&label);
    host->broken |= !stk_label_keeps_bidi_rule(&label);
    return host->len <= NAME_MAX;
}

/* The length of the dot here, or 0: IDNA2003's three others are dots too in a name that
 * people write (RFC 5895, 2). */
static size_t dot_at(struct stk_span text, size_t at, bool wide)
{
    static const char others[3][4] = {"\u3002", "\uff0e", "\uff61"};
    struct stk_span rest = stk_span_of(text.data + at, text.len - at);
    if (rest.data[0] == '.') {
        return 1;
    }
    for (size_t i = 0; wide && i < 3; i++) {
        if (stk_span_starts(rest, others[i], 3)) {
            return 3;
        }
    }
    return 0;
}

static bool is_host(struct stk_span text, bool wide)
{
    struct host host = {.wide = wide};
    size_t first = 0;
    for (size_t at = 0; at < text.len;) {
        size_t dot = dot_at(text, at, wide);
        if (dot > 0) {
            if (!add_label(&host, stk_span_of(text.data + first, at - first))) {
                return false;
            }
            first = at + dot;
        }
        at += dot > 0 ? dot : 1;
    }
    return text.len > 0 &&
           add_label(&host, stk_span_of(text.data + first, text.len - first)) &&
           !(host.rtl && host.broken);
}

bool stk_format_hostname(struct stk_span text)
{
    return is_host(text, false);
}

bool stk_format_idn_hostname(struct stk_span text)
{
    return is_host(text, true);
}

/* ---- mail ---- */

static bool is_atom_char(uint8_t c, bool wide)
{
    return stk_char_is_letter(c) || stk_char_is_digit(c) || (wide && c >= 0x80) ||
           (c != 0 && strchr("!#$%&'*+-/=?^_`{|}~", c) != NULL);
}

static bool is_quotable(uint8_t c, bool wide)
{
    return (c >= 0x20 && c <= 0x7e) || (wide && c >= 0x80);
}

/* From the opening quote to behind the closing one, or SIZE_MAX. */
static size_t quoted_end(struct stk_span text, bool wide)
{
    size_t at = 1;
    while (at < text.len && text.data[at] != '"') {
        at += text.data[at] == '\\' ? 1 : 0;
        if (at == text.len || !is_quotable(text.data[at], wide)) {
            return SIZE_MAX;
        }
        at++;
    }
    return at < text.len ? at + 1 : SIZE_MAX;
}

/* Atoms with single dots between them. */
static size_t dotted_end(struct stk_span text, bool wide)
{
    size_t at = 0;
    bool dot = true; /* none may come now */
    while (at < text.len && text.data[at] != '@') {
        if (text.data[at] == '.' ? dot : !is_atom_char(text.data[at], wide)) {
            return SIZE_MAX;
        }
        dot = text.data[at++] == '.';
    }
    return dot ? SIZE_MAX : at;
}

/* Standardized-tag ":" 1*dcontent */
static bool is_general_literal(struct stk_span text)
{
    size_t colon = stk_span_find(text, ":", 1);
    if (colon == SIZE_MAX || colon + 1 == text.len ||
        !is_plain_label(stk_span_of(text.data, colon))) {
        return false;
    }
    for (size_t i = colon + 1; i < text.len; i++) {
        uint8_t c = text.data[i];
        if (c < 0x21 || c > 0x7e || (c >= '[' && c <= ']')) {
            return false;
        }
    }
    return true;
}

/* Between the brackets. */
static bool is_address_literal(struct stk_span text)
{
    static const char tag[5] = "ipv6:";
    bool v6 = text.len >= sizeof(tag);
    for (size_t i = 0; v6 && i < sizeof(tag); i++) {
        uint8_t c = text.data[i];
        v6 = (stk_char_is_letter(c) ? c | 0x20 : c) == tag[i];
    }
    if (v6) {
        return stk_format_ipv6(stk_span_of(text.data + 5, text.len - 5));
    }
    return stk_format_ipv4(text) || is_general_literal(text);
}

static bool is_mail(struct stk_span text, bool wide)
{
    if (stk_utf8_valid(text, false) != text.len) {
        return false;
    }
    bool quoted = text.len > 0 && text.data[0] == '"';
    size_t at = quoted ? quoted_end(text, wide) : dotted_end(text, wide);
    if (at == SIZE_MAX || at > LOCAL_MAX || at == text.len || text.data[at] != '@') {
        return false;
    }
    struct stk_span domain = stk_span_of(text.data + at + 1, text.len - at - 1);
    if (domain.len >= 2 && domain.data[0] == '[' && domain.data[domain.len - 1] == ']') {
        return is_address_literal(stk_span_of(domain.data + 1, domain.len - 2));
    }
    return is_host(domain, wide);
}

bool stk_format_email(struct stk_span text)
{
    return is_mail(text, false);
}

bool stk_format_idn_email(struct stk_span text)
{
    return is_mail(text, true);
}
