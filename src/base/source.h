/* SPDX-License-Identifier: Apache-2.0
 *
 * Where bytes are read from: a file, a memory block, or a part of either. Random access
 * and no mapping, so that a file that shrinks while it is read is a status and not a
 * signal. A source is a small value; copying it copies no bytes.
 */
#pragma once

#include "base/span.h"
#include "base/status.h"

struct stk_source {
    uint64_t size;      /* bytes, as it was when opened */
    uint64_t base;      /* added to each offset before read_at is called */
    const uint8_t *mem; /* all the bytes when they lie in memory, else NULL; borrowed */
    /* Reads exactly len bytes at off (base already added, range already checked).
     * NULL when mem is set. STK_E_IO, STK_E_SHRUNK. Called from one thread at a time. */
    enum stk_status (*read_at)(void *ctx, uint64_t off, void *buf, size_t len);
    void *ctx; /* borrowed while the source or a part of it is used */
};

struct stk_source stk_source_of(struct stk_span span);

/* The part [off, off + len); cut to what the source has. */
struct stk_source stk_source_part(const struct stk_source *source, uint64_t off,
                                  uint64_t len);

/* Copies exactly len bytes at off. STK_E_TRUNCATED where the range leaves the source. */
STK_MUST_USE enum stk_status stk_source_read(const struct stk_source *source,
                                             uint64_t off, void *buf, size_t len);
