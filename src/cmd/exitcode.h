/* SPDX-License-Identifier: Apache-2.0
 *
 * Exit status of every command; stockade(1) says the same, and a test compares them. Two
 * comes before any work; of the others the first that applies wins. Undecided is not 0:
 * a gate that asks for nothing but the status fails closed.
 */
#pragma once

enum stk_exit {
    STK_EXIT_OK = 0,
    STK_EXIT_FINDING = 1,    /* a finding reaches --fail-on */
    STK_EXIT_USAGE = 2,      /* nothing was done */
    STK_EXIT_UNDECIDED = 3,  /* malformed, unsupported, ambiguous or over a limit */
    STK_EXIT_UNREADABLE = 4, /* an input could not be read, or a result not be written */
    STK_EXIT_INTERRUPTED = 130, /* SIGINT, as shells count it; results are not complete */
};
