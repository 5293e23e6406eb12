/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON (RFC 8259) decoded straight into values: no tree in between, each value with the
 * offset of its first byte, integers of any size kept exactly. What the RFC leaves open
 * is decided here and written down in docs/design/values.md: a byte order mark is
 * refused; two members of one name are refused, or the last one counts; an escaped lone
 * surrogate is refused, or kept as Python keeps it; a number with a fraction or an
 * exponent is the nearest double, and one that is too large for a double is refused.
 * Memory is linear in the text. Depends on base and value.
 */
#pragma once

#include "value/value.h"

struct stk_json_options {
    uint32_t depth_max;   /* arrays and objects inside each other */
    bool take_duplicates; /* of members of one name the last one counts */
    bool take_surrogates; /* "\ud800" alone is a text */
};

#define STK_JSON_DEPTH_MAX 512

#define STK_JSON_OPTIONS_DEFAULT                                                         \
    {                                                                                    \
        .depth_max = STK_JSON_DEPTH_MAX                                                  \
    }

/* Where a text could not be decoded, and why: one line, static. */
struct stk_json_error {
    uint64_t off;
    const char *reason;
};

/* The one value that the text is, white space around it allowed. text: borrowed for the
 * life of the arena, since plain strings are not copied. STK_E_TRUNCATED and
 * STK_E_MALFORMED with *ret_error; STK_E_LIMIT (depth, an integer of more than 4,300
 * digits, a number past the doubles, or the arena's cap) the same; STK_E_NOMEM. Does not
 * recurse. */
STK_MUST_USE enum stk_status stk_json_decode(struct stk_arena *arena,
                                             struct stk_span text,
                                             const struct stk_json_options *options,
                                             struct stk_value *ret_value,
                                             struct stk_json_error *ret_error);
