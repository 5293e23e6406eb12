/* SPDX-License-Identifier: Apache-2.0
 *
 * What the decompressors of expand.h share: the loop over members, the output window
 * with its cap, and an allocator for libraries that free a block without its size.
 */
#pragma once

#include "container/expand.h"

/* The allocator, for libraries that want a pointer that is not const. */
struct stk_codec_heap {
    const struct stk_alloc *alloc;
};

/* Not initialised; NULL when refused. The block is aligned for any type. */
void *stk_codec_alloc(struct stk_codec_heap *heap, size_t len);
void stk_codec_free(struct stk_codec_heap *heap, void *block);

/* Where a codec writes next. */
struct stk_codec_out {
    const struct stk_visitor *visitor;
    struct stk_buf *buf;
    uint8_t *window; /* room for window_len bytes */
    size_t window_len;
    uint8_t
        spill[16]; /* the window once the cap is reached: one byte in it is too many */
};

STK_MUST_USE enum stk_status stk_codec_room(struct stk_codec_out *out);

/* len bytes were written to the window. STK_E_LIMIT past the cap. */
STK_MUST_USE enum stk_status stk_codec_took(struct stk_codec_out *out, size_t len);

struct stk_codec_step {
    struct stk_span in; /* what to read; the step moves its front */
    bool last;          /* nothing follows `in` */
    uint8_t *out;
    size_t out_len;
    size_t written; /* set by the step */
    bool end;       /* set by the step: a member ended */
};

struct stk_codec {
    /* Expands some; reads or writes at least one byte where it can. */
    enum stk_status (*step)(void *state, struct stk_codec_step *step);
    /* Makes the state ready for the next member. */
    enum stk_status (*restart)(void *state);
    /* A further member may begin with these bytes (at most 16). */
    bool (*starts)(struct stk_span head);
};

STK_MUST_USE enum stk_status stk_codec_run(const struct stk_codec *codec, void *state,
                                           const struct stk_visitor *visitor,
                                           const struct stk_source *in,
                                           struct stk_buf *out);
