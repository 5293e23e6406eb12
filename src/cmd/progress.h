/* SPDX-License-Identifier: Apache-2.0
 *
 * One line on stderr that says how far a scan or a copy is; only where stderr is a
 * terminal.
 */
#pragma once

#include <stdbool.h>

#include "report/report.h"

struct stk_progress {
    bool shown;     /* wanted, and stderr is a terminal */
    bool drawn;     /* a line stands there now */
    double began;   /* monotonic seconds */
    double last;    /* when it was drawn */
    uint64_t total; /* items found so far */
    bool complete;  /* no more will be found */
};

/* Monotonic seconds. */
double stk_now(void);

void stk_progress_init(struct stk_progress *progress, bool wanted);

/* Draws if a tenth of a second has gone by. done: items that are finished. */
void stk_progress_draw(struct stk_progress *progress, uint64_t done,
                       const struct stk_summary *summary);

/* The same for work that is bytes, of which there are total. */
void stk_progress_bytes(struct stk_progress *progress, uint64_t done);

/* Takes the line away, before anything else is printed. */
void stk_progress_clear(struct stk_progress *progress);
