/* SPDX-License-Identifier: Apache-2.0
 *
 * Scans files in parallel and prints their results in the order in which they were found.
 *
 * Items wait in a ring. A worker takes a run of neighbours (many when many wait, one when
 * few do, so that a few large files spread over all workers), renders them into buffers
 * of its own, and hands the run back; whoever completes the oldest run prints it and
 * those behind it. The ring bounds memory and open directories: a walk that is faster
 * than the workers waits. One lock, held for bookkeeping only.
 */
#pragma once

#include "base/limits.h"
#include "cmd/progress.h"
#include "cmd/walk.h"
#include "report/report.h"

struct stk_pool_options {
    size_t jobs;
    bool digest;
    const struct stk_limits *limits; /* borrowed, as all here */
    const struct stk_report_format *format;
    const struct stk_report_options *report;
    struct stk_progress *progress;
};

struct stk_pool;

struct stk_pool *stk_pool_new(const struct stk_pool_options *options);

/* Takes the item over; waits while the ring is full. STK_E_NOMEM: no worker could be
 * started. STK_E_IO: stdout cannot be written, no use in going on. */
STK_MUST_USE enum stk_status stk_pool_push(struct stk_pool *pool,
                                           const struct stk_item *item);

/* Waits for all that was pushed, prints what is held back, and ends the workers. summary
 * gets the counts added. STK_E_IO as above; STK_E_NOMEM: something could not be rated or
 * printed for want of memory. */
STK_MUST_USE enum stk_status stk_pool_finish(struct stk_pool *pool,
                                             struct stk_summary *summary);

/* The joined elements of files that could not be read. Borrowed until free. */
struct stk_span stk_pool_errors(const struct stk_pool *pool);
void stk_pool_free(struct stk_pool *pool);
