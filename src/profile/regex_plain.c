/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/regex_plain.h"

#include "profile/text.h"

/* Larger bounds are for PCRE2 to refuse or to run. */
#define BOUND_MAX 65535u

struct reading {
    struct stk_span text;
    size_t pos;
    struct stk_regex_plain *plain;
};

/* The next byte, or 0 at the end; a pattern that has one of 0 is not plain. */
static uint8_t peek(const struct reading *r)
{
    return r->pos < r->text.len ? r->text.data[r->pos] : 0;
}

static bool take(struct reading *r, uint8_t byte)
{
    bool found = peek(r) == byte;
    r->pos += found ? 1 : 0;
    return found;
}

static bool is_in(uint8_t byte, const char *set)
{
    return byte != 0 && byte < 0x80 && __builtin_strchr(set, byte) != NULL;
}

/* An escaped character that stands for itself. */
static bool take_escaped(struct reading *r, uint8_t *ret_byte)
{
    if (!is_in(peek(r), "^$\\.*+?()[]{}|/-")) {
        return false;
    }
    *ret_byte = r->text.data[r->pos++];
    return true;
}

/* One character of a class. */
static bool take_member(struct reading *r, uint8_t *ret_byte)
{
    uint8_t byte = peek(r);
    r->pos++;
    if (byte == '\\') {
        return take_escaped(r, ret_byte);
    }
    *ret_byte = byte;
    return byte >= ' ' && byte < 0x7f && byte != '[' && byte != ']';
}

/* Behind its bracket. */
static bool take_class(struct reading *r, uint8_t bit)
{
    if (peek(r) == '^' || peek(r) == ']') {
        return false;
    }
    while (!take(r, ']')) {
        uint8_t first = 0;
        if (!take_member(r, &first)) {
            return false;
        }
        uint8_t last = first;
        bool is_range =
            peek(r) == '-' && r->pos + 1 < r->text.len && r->text.data[r->pos + 1] != ']';
        if (is_range) {
            r->pos++;
            if (!take_member(r, &last)) {
                return false;
            }
        }
        for (unsigned c = first; c <= last; c++) {
            r->plain->classes[c] |= bit;
        }
    }
    return true;
}

static bool take_number(struct reading *r, uint32_t *ret_number)
{
    uint32_t number = 0;
    size_t start = r->pos;
    while (stk_char_is_digit(peek(r)) && number <= BOUND_MAX) {
        number = number * 10 + (uint32_t)(r->text.data[r->pos++] - '0');
    }
    *ret_number = number;
    return r->pos > start && number <= BOUND_MAX;
}

/* {2}, {2,} and {2,3}, behind the brace. */
static bool take_bounds(struct reading *r, uint32_t *ret_least, uint32_t *ret_most)
{
    if (!take_number(r, ret_least)) {
        return false;
    }
    *ret_most = *ret_least;
    if (take(r, ',')) {
        *ret_most = UINT32_MAX;
        if (peek(r) != '}' && !take_number(r, ret_most)) {
            return false;
        }
    }
    return take(r, '}') && *ret_least <= *ret_most;
}

static bool take_count(struct reading *r, uint32_t *ret_least, uint32_t *ret_most)
{
    *ret_least = 1;
    *ret_most = 1;
    if (take(r, '*')) {
        *ret_least = 0;
        *ret_most = UINT32_MAX;
    } else if (take(r, '+')) {
        *ret_most = UINT32_MAX;
    } else if (take(r, '?')) {
        *ret_least = 0;
    } else if (take(r, '{') && !take_bounds(r, ret_least, ret_most)) {
        return false;
    }
    return !is_in(peek(r), "*+?{"); /* lazy ones are not plain */
}

static bool take_piece(struct reading *r)
{
    struct stk_regex_plain *plain = r->plain;
    size_t i = plain->n++;
    if (i == STK_REGEX_PLAIN_PIECES) {
        return false;
    }
    uint8_t byte = peek(r);
    r->pos++;
    if (byte == '[') {
        if (plain->n_classes == STK_REGEX_PLAIN_CLASSES) {
            return false;
        }
        plain->pieces[i].set = (uint8_t)(1u << plain->n_classes++);
        if (!take_class(r, plain->pieces[i].set)) {
            return false;
        }
    } else if (byte == '\\') {
        if (!take_escaped(r, &plain->pieces[i].byte)) {
            return false;
        }
    } else if (byte >= ' ' && byte < 0x7f && !is_in(byte, "^$.*+?()]{}|")) {
        plain->pieces[i].byte = byte;
    } else {
        return false;
    }
    return take_count(r, &plain->pieces[i].least, &plain->pieces[i].most);
}

static bool takes(const struct stk_regex_plain *plain, size_t piece, uint8_t byte)
{
    uint8_t set = plain->pieces[piece].set;
    return set != 0 ? (plain->classes[byte] & set) != 0
                    : plain->pieces[piece].byte == byte;
}

/* A character that one piece may go on with and that a later one may begin with: which of
 * them has it, only going back could tell. */
static bool is_ambiguous(const struct stk_regex_plain *plain, size_t piece)
{
    if (plain->pieces[piece].least == plain->pieces[piece].most) {
        return false;
    }
    for (size_t next = piece + 1; next < plain->n; next++) {
        for (unsigned c = 0; c < 0x80; c++) {
            if (takes(plain, piece, (uint8_t)c) && takes(plain, next, (uint8_t)c)) {
                return true;
            }
        }
        if (plain->pieces[next].least > 0) {
            break;
        }
    }
    return false;
}

bool stk_regex_plain(struct stk_span pattern, struct stk_regex_plain *ret_plain)
{
    struct stk_regex_plain plain = {0};
    struct reading r = {.text = pattern, .plain = &plain};
    if (!take(&r, '^')) {
        return false;
    }
    while (r.pos < pattern.len && !plain.ends) {
        plain.ends = take(&r, '$');
        if (!plain.ends && !take_piece(&r)) {
            return false;
        }
    }
    for (size_t i = 0; i < plain.n; i++) {
        if (is_ambiguous(&plain, i)) {
            return false;
        }
    }
    *ret_plain = plain;
    return r.pos == pattern.len;
}

bool stk_regex_plain_matches(const struct stk_regex_plain *plain, struct stk_span text)
{
    const uint8_t *at = text.data;
    size_t left = text.len;
    for (size_t i = 0; i < plain->n; i++) {
        uint8_t set = plain->pieces[i].set;
        size_t most = plain->pieces[i].most < left ? plain->pieces[i].most : left;
        size_t n = 0;
        if (set != 0) {
            while (n < most && (plain->classes[at[n]] & set) != 0) {
                n++;
            }
        } else {
            while (n < most && at[n] == plain->pieces[i].byte) {
                n++;
            }
        }
        if (n < plain->pieces[i].least) {
            return false;
        }
        at += n;
        left -= n;
    }
    return left == 0 || !plain->ends;
}
