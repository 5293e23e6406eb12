/* SPDX-License-Identifier: Apache-2.0
 *
 * How a function says that it could not do its work. Three of the four outcomes of
 * stockade never pass through here: a verdict is a result, undecided is one of the
 * verdicts, and a bug is an assertion. What is left is the environment (I/O, memory) and
 * bytes that a parser could not follow, which its caller turns into a verdict.
 */
#pragma once

enum stk_status {
    STK_OK = 0,
    STK_E_IO,          /* the source could not be read */
    STK_E_SHRUNK,      /* the source is shorter than it was when it was opened */
    STK_E_NOMEM,       /* the allocator refused */
    STK_E_TRUNCATED,   /* the bytes end inside an element */
    STK_E_MALFORMED,   /* the bytes break the rules of their format */
    STK_E_UNSUPPORTED, /* a feature of the format that stockade does not analyse */
    STK_E_LIMIT,       /* a limit of limits.h was reached */
    STK_E_BUG,         /* an invariant did not hold; release builds only */
};

#define STK_MUST_USE __attribute__((warn_unused_result))

/* The one macro that hides a return: pass a failure on to the caller. */
#define STK_TRY(expr)                                                                    \
    do {                                                                                 \
        enum stk_status stk_try_ = (expr);                                               \
        if (stk_try_ != STK_OK) {                                                        \
            return stk_try_;                                                             \
        }                                                                                \
    } while (0)

/* One lower-case line for a status, static storage. */
const char *stk_status_text(enum stk_status status);

/* The environment failed, as opposed to the bytes. */
static inline int stk_status_is_environment(enum stk_status status)
{
    return status == STK_E_IO || status == STK_E_SHRUNK || status == STK_E_NOMEM ||
           status == STK_E_BUG;
}
