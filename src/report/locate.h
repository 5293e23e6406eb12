/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds again the bytes of a stream that a report names. What lay in an archive is gone
 * when the scan is over, so the way to it is walked once more: through the same formats,
 * and only into the members on the path to it.
 */
#pragma once

#include "report/inspection.h"

struct stk_locate_options {
    const struct stk_alloc *alloc;     /* borrowed, as all here */
    const struct stk_limits *limits;   /* */
    const struct stk_reading *reading; /* NULL: the reference */
    /* Gets the stream, which is good until it returns. */
    enum stk_status (*use)(void *ctx, struct stk_inspection *in);
    void *ctx;
};

/* Opens streams[index] of the report of this source and hands it to use(). *ret_found:
 * whether it was there. Status: the environment's, or what use() returned. */
STK_MUST_USE enum stk_status stk_locate(const struct stk_source *source,
                                        const struct stk_report *report, size_t index,
                                        const struct stk_locate_options *options,
                                        bool *ret_found);

/* The same for the bytes at off of the source, whatever they are. */
STK_MUST_USE enum stk_status stk_locate_raw(const struct stk_source *source, uint64_t off,
                                            const struct stk_report *report,
                                            const struct stk_locate_options *options);
