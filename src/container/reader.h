/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a source through a small window, front to back with jumps, so that headers are
 * parsed without loading the file and without a call for every byte. Failures stick, as
 * in base/cursor.h: later reads return zero, and pos stays where it went wrong.
 */
#pragma once

#include "base/source.h"

#define STK_READER_WINDOW 4096

struct stk_reader {
    struct stk_source source;
    uint64_t pos;   /* of the next byte */
    uint64_t win;   /* offset of buf[0] */
    size_t win_len; /* bytes of buf that are filled */
    enum stk_status status;
    uint8_t buf[STK_READER_WINDOW];
};

void stk_reader_init(struct stk_reader *r, const struct stk_source *source);
void stk_reader_fail(struct stk_reader *r, enum stk_status status);

/* Bytes from pos to the end; 0 after a failure. */
uint64_t stk_reader_left(const struct stk_reader *r);

/* Jumps; STK_E_TRUNCATED sticks where the target leaves the source. */
void stk_reader_seek(struct stk_reader *r, uint64_t pos);
void stk_reader_skip(struct stk_reader *r, uint64_t len);

/* Copies exactly len bytes; zeroes them after a failure. */
void stk_reader_get(struct stk_reader *r, void *to, size_t len);
uint8_t stk_reader_u8(struct stk_reader *r);
uint32_t stk_reader_u32(struct stk_reader *r); /* little-endian */
uint64_t stk_reader_u64(struct stk_reader *r);

/* The next bytes, as many as are at hand, which are consumed; empty at the end and after
 * a failure. Borrowed until the next call. */
struct stk_span stk_reader_chunk(struct stk_reader *r);

/* Sets bit i of *ret_found for each needle i that occurs in the first `most` bytes.
 * Needles are NUL-terminated, 1 to 64 bytes; at most 32 of them. Stops when all are
 * found. */
STK_MUST_USE enum stk_status stk_search(const struct stk_source *source, uint64_t most,
                                        const char *const *needles, size_t n_needles,
                                        uint32_t *ret_found);
