/* SPDX-License-Identifier: Apache-2.0
 *
 * Regular expressions as JSON Schema means them: the dialect of ECMA-262 with the `u`
 * flag (JSON Schema 2020-12 Core, 6.4), run by PCRE2. The pattern is rewritten where the
 * two dialects differ: `$` is the end of the text and not before a last newline, `\d` and
 * `\w` are ASCII, `\s` is ECMA's white space, `\cX`, `\uXXXX`, `\u{X}`, `[^]`, `[]`,
 * `\p{…}` with ECMA's names, and what ECMA refuses (possessive quantifiers, inline
 * options,
 * `\A`, `\Z`, `\Q`, recursion, callouts, verbs) is refused with its offset. The only file
 * that includes pcre2.h is regex.c.
 */
#pragma once

#include "base/alloc.h"
#include "base/span.h"
#include "base/status.h"

struct stk_regex; /* immutable once made; any number of threads may match */

struct stk_regex_error {
    size_t off; /* in the pattern */
    char reason[120];
};

/* Room that one match at a time needs; one for each thread. */
struct stk_regex_scratch;

enum stk_regex_answer {
    STK_REGEX_NO,
    STK_REGEX_YES,
    STK_REGEX_GAVE_UP, /* the match limit was reached: whoever asks must refuse */
};

/* What PCRE2 counts in a match; a pattern that needs more on a text is hostile or broken.
 */
#define STK_REGEX_MATCH_LIMIT 1000000u
#define STK_REGEX_DEPTH_LIMIT 10000u

/* pattern: UTF-8. STK_E_MALFORMED, or STK_E_UNSUPPORTED for what ECMA allows and PCRE2
 * cannot run, with *ret_error; STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_regex_new(const struct stk_alloc *alloc,
                                           struct stk_span pattern,
                                           struct stk_regex **ret_regex,
                                           struct stk_regex_error *ret_error);
void stk_regex_free(struct stk_regex *regex);

STK_MUST_USE enum stk_status stk_regex_scratch_new(
    const struct stk_alloc *alloc, struct stk_regex_scratch **ret_scratch);
void stk_regex_scratch_free(struct stk_regex_scratch *scratch);

/* The text (valid UTF-8, lone surrogates as surrogatepass writes them) has a match
 * somewhere. Allocates nothing after the first match of a scratch. */
enum stk_regex_answer stk_regex_search(const struct stk_regex *regex,
                                       struct stk_regex_scratch *scratch,
                                       struct stk_span text);
