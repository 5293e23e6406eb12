/* SPDX-License-Identifier: Apache-2.0
 *
 * xz and .lzma through liblzma, the library that Python's lzma module uses.
 */
#include <lzma.h>

#include "base/checked.h"
#include "container/codec.h"
#include "container/lzma_head.h"

/* `xz -9` needs 65 MiB; the library takes a declared dictionary at once, so a stream
 * that declares more than a quarter of a gigabyte is not followed. */
#define MEMORY_MAX (UINT64_C(1) << 28)

struct decoder {
    lzma_stream stream;
    lzma_allocator allocator;
    struct stk_codec_heap heap;
    bool alone;
};

static void *heap_alloc(void *heap, size_t count, size_t size)
{
    size_t len = 0;
    return __builtin_mul_overflow(count, size, &len) ? NULL : stk_codec_alloc(heap, len);
}

static void heap_free(void *heap, void *block)
{
    stk_codec_free(heap, block);
}

static enum stk_status of_code(lzma_ret code)
{
    switch (code) {
    case LZMA_OK:
    case LZMA_STREAM_END:
    case LZMA_NO_CHECK:
    case LZMA_GET_CHECK:
    case LZMA_BUF_ERROR: /* no progress, which the caller sees as well */
        return STK_OK;
    case LZMA_MEM_ERROR:
        return STK_E_NOMEM;
    case LZMA_MEMLIMIT_ERROR:
        return STK_E_LIMIT;
    case LZMA_UNSUPPORTED_CHECK:
    case LZMA_OPTIONS_ERROR:
        return STK_E_UNSUPPORTED;
    case LZMA_FORMAT_ERROR:
    case LZMA_DATA_ERROR:
        return STK_E_MALFORMED;
    case LZMA_PROG_ERROR:
    case LZMA_SEEK_NEEDED:
    case LZMA_RET_INTERNAL1:
    case LZMA_RET_INTERNAL2:
    case LZMA_RET_INTERNAL3:
    case LZMA_RET_INTERNAL4:
    case LZMA_RET_INTERNAL5:
    case LZMA_RET_INTERNAL6:
    case LZMA_RET_INTERNAL7:
    case LZMA_RET_INTERNAL8:
        break;
    }
    return STK_E_BUG;
}

static enum stk_status restart(void *state)
{
    struct decoder *d = state;
    d->stream.allocator = &d->allocator;
    if (d->alone) {
        return of_code(lzma_alone_decoder(&d->stream, MEMORY_MAX));
    }
    return of_code(lzma_stream_decoder(&d->stream, MEMORY_MAX, 0));
}

static enum stk_status step(void *state, struct stk_codec_step *step)
{
    lzma_stream *s = &((struct decoder *)state)->stream;
    s->next_in = step->in.data;
    s->avail_in = step->in.len;
    s->next_out = step->out;
    s->avail_out = step->out_len;
    lzma_ret code = lzma_code(s, step->last ? LZMA_FINISH : LZMA_RUN);
    step->in = stk_span_of(s->next_in, s->avail_in);
    step->written = step->out_len - s->avail_out;
    step->end = code == LZMA_STREAM_END;
    return of_code(code);
}

static bool xz_starts(struct stk_span head)
{
    return stk_span_starts(head,
                           "\xfd"
                           "7zXZ\0",
                           6);
}

/* liblzma's test that a number is 2^n or 2^n + 2^(n-1). */
static bool is_usual_dictionary(uint32_t size)
{
    if (size == UINT32_MAX) {
        return true;
    }
    uint32_t top = size == 0 ? 0 : UINT32_C(1) << (31 - __builtin_clz(size));
    return size != 0 && (size == top || size == top + top / 2);
}

bool stk_lzma_head(struct stk_span head)
{
    if (head.len < 14 || head.data[0] >= 9 * 5 * 5 || head.data[13] != 0) {
        return false;
    }
    uint64_t size = stk_le64(head.data + 5);
    /* lc + lp <= 4; the byte is (pb * 5 + lp) * 9 + lc. */
    bool settings = head.data[0] % 9 + head.data[0] / 9 % 5 <= 4;
    return settings && is_usual_dictionary(stk_le32(head.data + 1)) &&
           (size == UINT64_MAX || size < UINT64_C(1) << 38);
}

static enum stk_status expand(const struct stk_visitor *v, const struct stk_source *in,
                              struct stk_buf *out, const struct stk_codec *codec,
                              bool alone)
{
    struct decoder d = {
        .stream = LZMA_STREAM_INIT,
        .allocator = {heap_alloc, heap_free, &d.heap},
        .heap = {v->alloc},
        .alone = alone,
    };
    enum stk_status status = restart(&d);
    if (status == STK_OK) {
        status = stk_codec_run(codec, &d, v, in, out);
    }
    lzma_end(&d.stream);
    return status;
}

enum stk_status stk_expand_xz(const struct stk_visitor *v, const struct stk_source *in,
                              struct stk_buf *out)
{
    static const struct stk_codec codec = {step, restart, xz_starts};
    return expand(v, in, out, &codec, false);
}

enum stk_status stk_expand_lzma(const struct stk_visitor *v, const struct stk_source *in,
                                struct stk_buf *out)
{
    static const struct stk_codec codec = {step, restart, stk_lzma_head};
    return expand(v, in, out, &codec, true);
}
