/* SPDX-License-Identifier: Apache-2.0
 *
 * Exit status of every command; stockade(1) says the same, and a test compares them. Two
 * comes before any work; of the others the first that applies wins. Undecided is not 0:
 * a gate that asks for nothing but the status fails closed.
 */
#pragma once

#include <stdbool.h>

enum stk_exit {
    STK_EXIT_OK = 0,
    STK_EXIT_FINDING = 1,    /* a finding reaches --fail-on */
    STK_EXIT_USAGE = 2,      /* nothing was done */
    STK_EXIT_UNDECIDED = 3,  /* malformed, unsupported, ambiguous or over a limit */
    STK_EXIT_UNREADABLE = 4, /* an input could not be read, or a result not be written */
    STK_EXIT_INTERRUPTED = 130, /* SIGINT, as shells count it; results are not complete */
};

/* The choices of --fail-on, in the order of STK_OPTION_FAIL_ON. */
enum stk_fail_on {
    STK_FAIL_ON_REVIEW,
    STK_FAIL_ON_DANGEROUS,
};

/* What a command that rates files came upon. */
struct stk_rated {
    bool dangerous;
    bool review; /* also where something worse was found besides */
    bool undecided;
    bool unreadable;
};

static inline enum stk_exit stk_exit_of(const struct stk_rated *rated, int fail_on)
{
    if (rated->dangerous || (rated->review && fail_on == STK_FAIL_ON_REVIEW)) {
        return STK_EXIT_FINDING;
    }
    if (rated->unreadable) {
        return STK_EXIT_UNREADABLE;
    }
    return rated->undecided ? STK_EXIT_UNDECIDED : STK_EXIT_OK;
}
