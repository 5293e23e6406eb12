/* SPDX-License-Identifier: Apache-2.0
 *
 * Reads a span front to back. The first failed read sticks: later reads return zero and
 * leave the position of that failure, so that a parser checks once at each decision and
 * reports the offset that mattered. Invariant: pos <= span.len, see stk_cursor_valid().
 */
#pragma once

#include "base/span.h"
#include "base/status.h"

struct stk_cursor {
    struct stk_span span; /* borrowed while the cursor is used */
    size_t pos;
    enum stk_status status; /* first failure, or STK_OK */
};

void stk_cursor_init(struct stk_cursor *c, struct stk_span span);
bool stk_cursor_valid(const struct stk_cursor *c);

/* Bytes not read yet; 0 after a failure. */
size_t stk_cursor_left(const struct stk_cursor *c);

/* Records a failure unless one is recorded already. */
void stk_cursor_fail(struct stk_cursor *c, enum stk_status status);

uint8_t stk_cursor_u8(struct stk_cursor *c);
uint16_t stk_cursor_u16(struct stk_cursor *c); /* little-endian, as the next two */
uint32_t stk_cursor_u32(struct stk_cursor *c);
uint64_t stk_cursor_u64(struct stk_cursor *c);

/* The next len bytes, borrowed from the span; empty after a failure. */
struct stk_span stk_cursor_take(struct stk_cursor *c, uint64_t len);

/* The bytes up to a newline, which is consumed and not part of the result. */
struct stk_span stk_cursor_line(struct stk_cursor *c);
