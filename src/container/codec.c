/* SPDX-License-Identifier: Apache-2.0 */
#include "container/codec.h"

#include <stddef.h>

#include "base/checked.h"
#include "container/reader.h"

#define WINDOW_MIN ((size_t)4096)
#define WINDOW_MAX ((size_t)1 << 20)
#define HEAD_MAX 16

/* The size of a block, kept in front of it. */
union block {
    size_t len;
    max_align_t align;
};

void *stk_codec_alloc(struct stk_codec_heap *heap, size_t len)
{
    size_t all = 0;
    if (__builtin_add_overflow(len, sizeof(union block), &all)) {
        return NULL;
    }
    union block *block = heap->alloc->resize(heap->alloc->ctx, NULL, 0, all);
    if (block == NULL) {
        return NULL;
    }
    block->len = all;
    return block + 1;
}

void stk_codec_free(struct stk_codec_heap *heap, void *data)
{
    if (data != NULL) {
        union block *block = (union block *)data - 1;
        stk_free(heap->alloc, block, block->len);
    }
}

enum stk_status stk_codec_room(struct stk_codec_out *out)
{
    struct stk_buf *buf = out->buf;
    uint64_t left = *out->visitor->expand_left;
    size_t most = buf->max - buf->len;
    most = left < most ? (size_t)left : most;
    size_t want = buf->len < WINDOW_MIN ? WINDOW_MIN : buf->len;
    want = want < WINDOW_MAX ? want : WINDOW_MAX;
    want = want < most ? want : most;
    if (want == 0) {
        out->window = out->spill;
        out->window_len = sizeof(out->spill);
        return STK_OK;
    }
    out->window = stk_buf_room(buf, want);
    out->window_len = want;
    return out->window != NULL ? STK_OK : buf->status;
}

enum stk_status stk_codec_took(struct stk_codec_out *out, size_t len)
{
    if (out->window == out->spill) {
        return len > 0 ? STK_E_LIMIT : STK_OK;
    }
    out->buf->len += len;
    *out->visitor->expand_left -= len;
    return STK_OK;
}

/* The rest of the source, of which `span` is at hand, is padding to its end. */
static bool skip_zeros(struct stk_reader *r, struct stk_span *span)
{
    for (;;) {
        while (span->len > 0 && span->data[0] == 0) {
            span->data++;
            span->len--;
        }
        if (span->len > 0) {
            return false;
        }
        *span = stk_reader_chunk(r);
        if (span->len == 0) {
            return true;
        }
    }
}

/* After the end of a member. gzip and xz allow zero padding there. */
static enum stk_status next_member(const struct stk_codec *codec, void *state,
                                   struct stk_reader *r, struct stk_span *in,
                                   bool *ret_done)
{
    *ret_done = skip_zeros(r, in);
    if (*ret_done) {
        return r->status;
    }
    uint8_t head[HEAD_MAX];
    uint64_t pos = r->pos - in->len;
    uint64_t left = r->source.size - pos;
    size_t len = left < sizeof(head) ? (size_t)left : sizeof(head);
    STK_TRY(stk_source_read(&r->source, pos, head, len));
    if (!codec->starts(stk_span_of(head, len))) {
        return STK_E_MALFORMED;
    }
    return codec->restart(state);
}

static enum stk_status run(const struct stk_codec *codec, void *state,
                           struct stk_codec_out *out, struct stk_reader *r)
{
    struct stk_codec_step step = {.last = false};
    for (bool done = false; !done;) {
        if (step.in.len == 0) {
            step.in = stk_reader_chunk(r);
        }
        STK_TRY(r->status);
        STK_TRY(stk_codec_room(out));
        size_t before = step.in.len;
        step.last = stk_reader_left(r) == 0;
        step.out = out->window;
        step.out_len = out->window_len;
        step.written = 0;
        step.end = false;
        enum stk_status status = codec->step(state, &step);
        STK_TRY(stk_codec_took(out, step.written));
        STK_TRY(status);
        if (step.end) {
            STK_TRY(next_member(codec, state, r, &step.in, &done));
        } else if (step.written == 0 && step.in.len == before) {
            return step.last ? STK_E_TRUNCATED : STK_E_MALFORMED;
        }
    }
    return STK_OK;
}

enum stk_status stk_codec_run(const struct stk_codec *codec, void *state,
                              const struct stk_visitor *visitor,
                              const struct stk_source *in, struct stk_buf *out)
{
    struct stk_codec_out window = {.visitor = visitor, .buf = out};
    struct stk_reader reader;
    stk_reader_init(&reader, in);
    return run(codec, state, &window, &reader);
}
