/* SPDX-License-Identifier: Apache-2.0
 *
 * Values to a canonical pickle: a fresh stream that has nothing of the sender's but what
 * its values mean. One graph gives one stream: the shortest opcodes of the protocol, no
 * frames, memo entries only for what is met again, in the order of the graph. CPython
 * loads it to an object equal to that of the stream which the values came from. Does not
 * recurse. A writer is reused from message to message; one thread's.
 */
#pragma once

#include "base/buf.h"
#include "value/share.h"

#define STK_PICKLE_PROTOCOL_LEAST 2
#define STK_PICKLE_PROTOCOL_DEFAULT 4 /* of CPython 3.8 to 3.13 */

/* Why a graph has no such stream: one line, static, and where the value was written. */
struct stk_write_error {
    uint64_t off;
    const char *reason;
};

struct stk_pickle_task;

struct stk_pickle_writer {
    const struct stk_alloc *alloc; /* borrowed */
    struct stk_shares shares;
    struct stk_map memo; /* node: index, or one that is being written */
    uint64_t n_memo;
    struct stk_pickle_task *tasks; /* owned */
    size_t n_tasks;
    size_t cap_tasks;
    bool met_itself;    /* a tuple or the like contains itself: */
    bool memoize_all;   /* then all nodes get memo entries */
    size_t n_reentered; /* items of values that were met in themselves */
    uint64_t n_buffers;

    /* The message that is being written. */
    int protocol;
    struct stk_buf *out;
    struct stk_write_error *error;
};

void stk_pickle_writer_init(struct stk_pickle_writer *writer,
                            const struct stk_alloc *alloc);
void stk_pickle_writer_release(struct stk_pickle_writer *writer);

/* Appends the stream of root to out. protocol: 2 to 5. STK_E_UNSUPPORTED with *ret_error:
 * a value that the protocol cannot carry, out-of-band buffers in another order than their
 * numbers, a REFUSED value; values that contain themselves
 * too often; STK_E_LIMIT: out is full; STK_E_NOMEM. What was appended before a failure is
 * worth nothing. */
STK_MUST_USE enum stk_status stk_pickle_write(struct stk_pickle_writer *writer,
                                              struct stk_value root, int protocol,
                                              struct stk_buf *out,
                                              struct stk_write_error *ret_error);
