/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON (RFC 8259) written from values of the kinds that JSON has: none, bool, int, float,
 * str, list, and dict with str keys. Anything else is refused, not bent: json_tags.h
 * writes every graph so that it can be read again, json_plain.h writes it for others and
 * says what was lost. A float stays a float, an integer is written in full, a lone
 * surrogate of Python is an escape. What is met twice is written twice. Depends on base
 * and value.
 */
#pragma once

#include "base/buf.h"
#include "value/value.h"
#include "wire/json.h"

/* What stk_json_decode reads. */
#define STK_JSON_DIGITS_MAX 4300

struct stk_json_write_options {
    uint32_t indent;    /* spaces a level; 0: all on one line */
    bool ascii;         /* \u escapes for DEL and all past ASCII; else UTF-8 */
    uint32_t depth_max; /* arrays and objects inside each other */
    size_t digits_max;  /* of an integer; time grows with their square */
};

#define STK_JSON_WRITE_OPTIONS_DEFAULT                                                   \
    {                                                                                    \
        .depth_max = STK_JSON_DEPTH_MAX, .digits_max = STK_JSON_DIGITS_MAX               \
    }

/* Appends the value to out, without a line end behind it; on failure out has what it had.
 * STK_E_UNSUPPORTED with *ret_error, whose offset is that of the value in its own
 * message: a kind that JSON does not have, NaN, infinity, a cycle, a high surrogate in
 * front of a low one (which would read as one character). STK_E_LIMIT the same: depth,
 * digits, out's maximum. STK_E_NOMEM. Does not recurse. */
STK_MUST_USE enum stk_status stk_json_write(struct stk_buf *out, struct stk_value value,
                                            const struct stk_json_write_options *options,
                                            struct stk_json_error *ret_error);
