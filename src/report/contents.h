/* SPDX-License-Identifier: Apache-2.0
 *
 * What stands around the listings of a file's streams: the file, and the list of all its
 * streams, each with the number by which it is asked for.
 */
#pragma once

#include "report/listing.h"

/* The streams that were chosen: a bool each. */
struct stk_contents {
    struct stk_span path; /* as it was named; any bytes */
    const struct stk_report *report;
    const bool *shown; /* by index; NULL where there are no streams */
};

/* The first line, with the file's verdict, or the head of the JSON document up to its
 * list "streams". */
void stk_contents_head(struct stk_buf *out, const struct stk_listing_options *options,
                       const struct stk_contents *contents);

/* Streams that were not shown, the worst first, and findings about the containers, or all
 * of them and the end of the document. */
void stk_contents_tail(struct stk_buf *out, const struct stk_listing_options *options,
                       const struct stk_contents *contents);
