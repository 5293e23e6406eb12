/* SPDX-License-Identifier: Apache-2.0
 *
 * Values written in the formats of convert.
 */
#pragma once

#include "pickle/write.h"
#include "wire/msgpack.h"

enum stk_target {
    STK_TARGET_AUTO,
    STK_TARGET_JSON,
    STK_TARGET_JSONL, /* items of a list, a line each; any other value is one line */
    STK_TARGET_MSGPACK,
    STK_TARGET_PICKLE,
    STK_TARGET_SAFETENSORS, /* checkpoints only: convert_safetensors.h */
    STK_TARGETS,
};

/* The target of a path's extension, or AUTO; and the extension of a target. */
enum stk_target stk_target_of(const char *path);
const char *stk_target_extension(enum stk_target target);

struct stk_rewrite {
    int protocol;    /* of pickles */
    bool plain;      /* JSON and msgpack without our tags */
    uint32_t indent; /* of JSON */
    struct stk_pickle_writer pickle;
    struct stk_msgpack_writer msgpack;
    struct stk_arena arena; /* of one message */
    struct stk_buf notes;   /* what the plain form dropped, a line each */
};

void stk_rewrite_init(struct stk_rewrite *rewrite, uint64_t memory_max);
void stk_rewrite_release(struct stk_rewrite *rewrite);

/* Appends the value to out. notes is cleared first. *ret_error: off and reason where the
 * format cannot carry the value; statuses as of the writers. */
STK_MUST_USE enum stk_status stk_rewrite(struct stk_rewrite *rewrite,
                                         struct stk_value value, enum stk_target target,
                                         struct stk_buf *out,
                                         struct stk_write_error *ret_error);
