/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds again the bytes of streams that a report names. What lay in an archive is gone
 * when the scan is over, so the file is scanned once more, and the streams that are
 * wanted are handed out on the way.
 */
#pragma once

#include "report/inspection.h"

struct stk_locate_options {
    const struct stk_alloc *alloc;     /* borrowed, as all here */
    const struct stk_limits *limits;   /* as the report was made with */
    const struct stk_reading *reading; /* NULL: the reference */
    /* Gets a stream, which is good until it returns. A status other than OK ends it. */
    enum stk_status (*use)(void *ctx, struct stk_inspection *in);
    void *ctx;
};

/* Hands each stream i of the report of this source for which wanted[i] is set to use(),
 * in the report's order, and unsets it: what is left set was not there again. Status: the
 * environment's, or what use() returned. */
STK_MUST_USE enum stk_status stk_locate(const struct stk_source *source,
                                        const struct stk_report *report, bool *wanted,
                                        const struct stk_locate_options *options);

/* The same for the bytes at off of the source, whatever they are. */
STK_MUST_USE enum stk_status stk_locate_raw(const struct stk_source *source, uint64_t off,
                                            const struct stk_report *report,
                                            const struct stk_locate_options *options);
