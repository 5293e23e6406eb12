/* SPDX-License-Identifier: Apache-2.0
 *
 * LZ4 frames through liblz4. The custom allocator is part of its static API, which
 * Debian's shared library exports.
 */
#define LZ4F_STATIC_LINKING_ONLY
#include <lz4frame.h>

#include "container/codec.h"

#define MAGIC UINT32_C(0x184D2204)
#define MAGIC_SKIPPABLE UINT32_C(0x184D2A50)

static void *heap_alloc(void *heap, size_t len)
{
    return stk_codec_alloc(heap, len);
}

static void heap_free(void *heap, void *block)
{
    stk_codec_free(heap, block);
}

static enum stk_status of_code(size_t code)
{
    if (!LZ4F_isError(code)) {
        return STK_OK;
    }
    /* Error codes are negated enumerators, see LZ4F_getErrorCode. */
    return LZ4F_getErrorCode(code) == LZ4F_ERROR_allocation_failed ? STK_E_NOMEM
                                                                   : STK_E_MALFORMED;
}

struct decoder {
    LZ4F_dctx *dctx;
    size_t hint; /* input that the library asked for */
};

/* Given no more than it asks for, the library decodes one block a call. Given more, it
 * forgets to tell of the blocks before a broken one. */
static enum stk_status step(void *state, struct stk_codec_step *step)
{
    struct decoder *d = state;
    size_t read = step->in.len < d->hint ? step->in.len : d->hint;
    size_t written = step->out_len;
    size_t code =
        LZ4F_decompress(d->dctx, step->out, &written, step->in.data, &read, NULL);
    if (LZ4F_isError(code)) {
        return of_code(code); /* the counts are not set then */
    }
    d->hint = code > 0 ? code : LZ4F_MIN_SIZE_TO_KNOW_HEADER_LENGTH;
    step->in.data = read > 0 ? step->in.data + read : step->in.data;
    step->in.len -= read;
    step->written = written;
    step->end = code == 0;
    return STK_OK;
}

static enum stk_status restart(void *state)
{
    struct decoder *d = state;
    LZ4F_resetDecompressionContext(d->dctx);
    return STK_OK;
}

static bool starts(struct stk_span head)
{
    return head.len >= 4 && (stk_le32(head.data) == MAGIC ||
                             (stk_le32(head.data) & ~UINT32_C(15)) == MAGIC_SKIPPABLE);
}

enum stk_status stk_expand_lz4(const struct stk_visitor *v, const struct stk_source *in,
                               struct stk_buf *out)
{
    static const struct stk_codec codec = {step, restart, starts};
    struct stk_codec_heap heap = {v->alloc};
    LZ4F_CustomMem memory = {
        .customAlloc = heap_alloc, .customFree = heap_free, .opaqueState = &heap};
    struct decoder d = {
        .dctx = LZ4F_createDecompressionContext_advanced(memory, LZ4F_VERSION),
        .hint = LZ4F_MIN_SIZE_TO_KNOW_HEADER_LENGTH,
    };
    if (d.dctx == NULL) {
        return STK_E_NOMEM;
    }
    enum stk_status status = stk_codec_run(&codec, &d, v, in, out);
    (void)LZ4F_freeDecompressionContext(d.dctx);
    return status;
}
