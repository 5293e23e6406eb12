/* SPDX-License-Identifier: Apache-2.0
 *
 * Regular expressions that need no matcher: from the start of the text on, characters and
 * classes of ASCII, each so many times that the next one is told by its first character.
 * Names, identifiers and digests are asked for in this form, and one look at each
 * character decides. Whatever else a pattern is, regex.c has PCRE2 run it.
 */
#pragma once

#include "base/span.h"

#define STK_REGEX_PLAIN_PIECES 16
#define STK_REGEX_PLAIN_CLASSES 8

struct stk_regex_plain {
    struct {
        uint8_t set; /* the bit of its class; 0: `byte` */
        uint8_t byte;
        uint32_t least;
        uint32_t most;
    } pieces[STK_REGEX_PLAIN_PIECES];
    size_t n;
    size_t n_classes;
    bool ends;            /* with $ */
    uint8_t classes[256]; /* bits of those that a byte is in */
};

/* Reads a pattern that ECMA's grammar allows; false: it is not of this form. */
bool stk_regex_plain(struct stk_span pattern, struct stk_regex_plain *ret_plain);

bool stk_regex_plain_matches(const struct stk_regex_plain *plain, struct stk_span text);
