/* SPDX-License-Identifier: Apache-2.0
 *
 * Patterns of ECMA-262 with the `u` flag, checked by its grammar and written as PCRE2
 * reads them. One difference is left: PCRE2 keeps what a group caught when the loop
 * around it goes round again, where ECMA forgets it, as in (?:(a)|b)*\1.
 */
#pragma once

#include "base/buf.h"
#include "profile/regex.h"

#define STK_REGEX_PATTERN_MAX 65536u /* bytes */
#define STK_REGEX_OUTPUT_MAX ((size_t)1 << 20)
#define STK_REGEX_DEPTH_MAX 200u /* groups in groups */
#define STK_REGEX_GROUPS_MAX 1000u
#define STK_REGEX_REPEAT_MAX 65535u /* PCRE2's */

/* What the matcher may expect. */
struct stk_regex_traits {
    bool loops;     /* something repeats without a bound, or with one that is large */
    bool looks_far; /* so does something in a lookahead */
    bool backrefs;  /* no automaton can match it */
};

/* Appends the pattern for PCRE2, with PCRE2_UTF, PCRE2_DOLLAR_ENDONLY and
 * PCRE2_MATCH_UNSET_BACKREF, all ASCII. STK_E_MALFORMED for what ECMA refuses and
 * STK_E_UNSUPPORTED for what PCRE2 cannot do, with *ret_error; STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_regex_ecma(struct stk_buf *out, struct stk_span pattern,
                                            struct stk_regex_traits *ret_traits,
                                            struct stk_regex_error *ret_error);

/* The offset in the pattern of what stands at `at` in the output; 0 if memory lacks. */
size_t stk_regex_ecma_origin(const struct stk_alloc *alloc, struct stk_span pattern,
                             size_t at);

/* What stands in the braces of \p{…}, or \P{…} if negated, as PCRE2 writes the whole;
 * false where ECMA has no such property. A script is left for PCRE2 to know. */
bool stk_regex_property(struct stk_span body, bool negated, char *out, size_t size);
