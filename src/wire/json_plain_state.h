/* SPDX-License-Identifier: Apache-2.0
 *
 * The state of the plain projection, shared by its files.
 */
#pragma once

#include "value/share.h"
#include "wire/json_emit.h"
#include "wire/json_plain.h"

/* A value that is being written. */
struct stk_plain_frame {
    char bracket;                  /* that closes it; 0: it is the value inside */
    const struct stk_span *names;  /* of members; NULL: the keys are */
    const struct stk_value *keys;  /* of pairs, one in front of each value */
    const struct stk_value *first; /* of n */
    size_t step;                   /* from one value to the next: 1, or 2 of pairs */
    size_t n;
    size_t at;        /* the next one */
    const void *node; /* of what it was written from, if it is met again; else NULL */
    bool copy;        /* it was written before */
};

static inline struct stk_span stk_plain_member(const struct stk_plain_frame *frame,
                                               size_t at)
{
    return frame->names != NULL ? frame->names[at]
                                : frame->keys[at * frame->step].text->bytes;
}

struct stk_plain {
    struct stk_json_emit emit;
    const struct stk_json_plain_options *options;
    struct stk_arena *arena;   /* for places */
    struct stk_arena *scratch; /* for names */
    struct stk_shares *shares;
    struct stk_map *seen; /* nodes that are met again: 1 open, 2 written */
    struct stk_json_lost *lost;
    const struct stk_plain *around; /* whose key is written; NULL: none */
    unsigned keys;                  /* inside each other */
    uint64_t copied;                /* bytes, but for the copy that is being written */
    size_t copies;                  /* open */
    size_t copy_start;              /* of the outermost one, in out */
    struct stk_plain_frame *frames; /* owned */
    size_t n;
    size_t cap;
    struct stk_value last; /* the value begun last */
    struct stk_json_error error;
};

static inline enum stk_status stk_plain_refuse(struct stk_plain *p,
                                               enum stk_status status,
                                               struct stk_value value, const char *reason)
{
    p->error = (struct stk_json_error){.off = value.off, .reason = reason};
    return status;
}

/* json_plain_lost.c: counts a loss at the place where the writer is. */
STK_MUST_USE enum stk_status stk_plain_lose(struct stk_plain *p, enum stk_json_loss loss,
                                            uint64_t count);

/* json_plain_array.c: TENSOR, NDARRAY and STORAGE whose array is known. */
STK_MUST_USE enum stk_status stk_plain_array(struct stk_plain *p, struct stk_value value);

/* json_plain_name.c: the text of a key, or of a global. */
STK_MUST_USE enum stk_status stk_plain_name(struct stk_plain *p, struct stk_value key,
                                            struct stk_span *ret_text);

/* The names of pairs, all different; NULL where the keys are names as they are. merged:
 * the pairs are those of two dicts. */
STK_MUST_USE enum stk_status stk_plain_names(struct stk_plain *p,
                                             const struct stk_pair *list, size_t n,
                                             bool merged,
                                             const struct stk_span **ret_names);

/* json_plain.c: a key as a text of its own. */
STK_MUST_USE enum stk_status stk_plain_key(struct stk_plain *p, struct stk_value key,
                                           struct stk_span *ret_text);
