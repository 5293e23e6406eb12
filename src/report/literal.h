/* SPDX-License-Identifier: Apache-2.0
 *
 * Arguments of opcodes and values on the stack as Python would write them, abbreviated.
 * What a value is made of is read again from the source, a few bytes at a time, so that
 * a stream of any size is shown in the memory of one line. Whatever the stream holds,
 * what is written is safe on a terminal (escape.h).
 */
#pragma once

#include "base/buf.h"
#include "base/source.h"
#include "pickle/machine.h"

/* Most bytes of one argument that are looked at. */
#define STK_PEEK_MAX 1024

/* A source, and the piece of it that was read last. */
struct stk_peek {
    struct stk_source source;
    uint64_t off;
    size_t len;
    enum stk_status status; /* first failure, sticky */
    uint8_t data[4 * STK_PEEK_MAX];
};

void stk_peek_init(struct stk_peek *peek, const struct stk_source *source);

/* Up to len bytes at off, len at most STK_PEEK_MAX; fewer where the source ends, none
 * after a failure. Borrowed until the next call. */
struct stk_span stk_peek_at(struct stk_peek *peek, uint64_t off, size_t len);

/* How values are shown, and what the machine does not say of them. */
struct stk_show {
    struct stk_machine *machine; /* borrowed */
    struct stk_peek *peek;       /* borrowed */
    bool utf8;                   /* the reader shows UTF-8 */
};

/* The argument of the opcode at off; nothing where it has none. About max bytes. */
void stk_literal_put(struct stk_buf *out, const struct stk_show *show, uint64_t off,
                     size_t max);

/* A value: 'text', 42, (1, 2), os.system, list_12 (made at byte 12), x0 (a result that
 * carries the number 0: STK_PERSISTENT with that payload). About max bytes. */
void stk_value_put(struct stk_buf *out, const struct stk_show *show, stk_slot slot,
                   size_t max);

/* "a, b, c": n values of about max bytes together. */
void stk_values_put(struct stk_buf *out, const struct stk_show *show,
                    const stk_slot *items, uint64_t n, size_t max);

/* "k: v, k: v": n pairs. */
void stk_pairs_put(struct stk_buf *out, const struct stk_show *show,
                   const stk_slot *items, uint64_t n, size_t max);

/* The name under which it is imported, "a name that the stream computes" where there is
 * none. */
void stk_global_put(struct stk_buf *out, const struct stk_show *show,
                    const struct stk_global *global);
