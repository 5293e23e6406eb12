/* SPDX-License-Identifier: Apache-2.0
 *
 * bzip2 through libbz2, the library that Python's bz2 module uses.
 */
#include <bzlib.h>

#include "base/checked.h"
#include "container/codec.h"

struct decoder {
    bz_stream stream;
    struct stk_codec_heap heap;
};

static void *heap_alloc(void *heap, int count, int size)
{
    uint64_t len = 0;
    if (count < 0 || size < 0 || !stk_mul((uint64_t)count, (uint64_t)size, &len)) {
        return NULL;
    }
    return stk_codec_alloc(heap, len);
}

static void heap_free(void *heap, void *block)
{
    stk_codec_free(heap, block);
}

static enum stk_status of_code(int code)
{
    switch (code) {
    case BZ_OK:
    case BZ_STREAM_END:
        return STK_OK;
    case BZ_MEM_ERROR:
        return STK_E_NOMEM;
    case BZ_PARAM_ERROR:
    case BZ_CONFIG_ERROR:
    case BZ_SEQUENCE_ERROR:
        return STK_E_BUG;
    default:
        return STK_E_MALFORMED;
    }
}

static enum stk_status restart(void *state)
{
    struct decoder *d = state;
    (void)BZ2_bzDecompressEnd(&d->stream);
    return of_code(BZ2_bzDecompressInit(&d->stream, 0, 0));
}

static enum stk_status step(void *state, struct stk_codec_step *step)
{
    bz_stream *s = &((struct decoder *)state)->stream;
    char in[4096]; /* libbz2 wants bytes that it could write to */
    size_t n = step->in.len < sizeof(in) ? step->in.len : sizeof(in);
    stk_copy(in, step->in.data, n);
    s->next_in = in;
    s->avail_in = (unsigned)n;
    s->next_out = (char *)step->out;
    s->avail_out = (unsigned)step->out_len; /* at most 1 MiB, see codec.c */
    int code = BZ2_bzDecompress(s);
    size_t used = n - s->avail_in;
    step->in.data = used > 0 ? step->in.data + used : step->in.data;
    step->in.len -= used;
    step->written = step->out_len - s->avail_out;
    step->end = code == BZ_STREAM_END;
    return of_code(code);
}

static bool starts(struct stk_span head)
{
    return head.len >= 4 && stk_span_starts(head, "BZh", 3) && head.data[3] >= '1' &&
           head.data[3] <= '9';
}

enum stk_status stk_expand_bz2(const struct stk_visitor *v, const struct stk_source *in,
                               struct stk_buf *out)
{
    static const struct stk_codec codec = {step, restart, starts};
    struct decoder d = {.heap = {v->alloc}};
    d.stream.bzalloc = heap_alloc;
    d.stream.bzfree = heap_free;
    d.stream.opaque = &d.heap;
    STK_TRY(of_code(BZ2_bzDecompressInit(&d.stream, 0, 0)));
    enum stk_status status = stk_codec_run(&codec, &d, v, in, out);
    (void)BZ2_bzDecompressEnd(&d.stream);
    return status;
}
