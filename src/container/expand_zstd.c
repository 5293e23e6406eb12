/* SPDX-License-Identifier: Apache-2.0
 *
 * Zstandard through libzstd. The custom allocator is part of its static API, which
 * Debian's shared library exports.
 */
#define ZSTD_STATIC_LINKING_ONLY
#include <zstd.h>
#include <zstd_errors.h>

#include "container/codec.h"

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
    if (!ZSTD_isError(code)) {
        return STK_OK;
    }
    ZSTD_ErrorCode error = ZSTD_getErrorCode(code);
    if (error == ZSTD_error_memory_allocation) {
        return STK_E_NOMEM;
    }
    /* The default maximum is a window of 128 MiB, as for `zstd -d`. */
    if (error == ZSTD_error_frameParameter_windowTooLarge) {
        return STK_E_LIMIT;
    }
    bool unsupported = error == ZSTD_error_dictionary_wrong ||
                       error == ZSTD_error_dictionary_corrupted ||
                       error == ZSTD_error_version_unsupported ||
                       error == ZSTD_error_frameParameter_unsupported;
    return unsupported ? STK_E_UNSUPPORTED : STK_E_MALFORMED;
}

struct decoder {
    ZSTD_DCtx *dctx;
    size_t hint; /* input that the library asked for */
};

/* Given no more than it asks for, the library decodes one block a call. Given more, it
 * forgets to tell of the blocks before a broken one. */
static enum stk_status step(void *state, struct stk_codec_step *step)
{
    struct decoder *d = state;
    size_t len = step->in.len < d->hint ? step->in.len : d->hint;
    ZSTD_inBuffer in = {step->in.data, len, 0};
    ZSTD_outBuffer out = {step->out, step->out_len, 0};
    size_t code = ZSTD_decompressStream(d->dctx, &out, &in);
    d->hint =
        !ZSTD_isError(code) && code > 0 ? code : ZSTD_FRAMEHEADERSIZE_MIN(ZSTD_f_zstd1);
    step->in.data = in.pos > 0 ? step->in.data + in.pos : step->in.data;
    step->in.len -= in.pos;
    step->written = out.pos;
    step->end = code == 0;
    return of_code(code);
}

static enum stk_status restart(void *state)
{
    struct decoder *d = state;
    return of_code(ZSTD_DCtx_reset(d->dctx, ZSTD_reset_session_only));
}

static bool starts(struct stk_span head)
{
    /* A frame, or a skippable one (RFC 8878 3.1.2). */
    return head.len >= 4 && (stk_le32(head.data) == ZSTD_MAGICNUMBER ||
                             (stk_le32(head.data) & ZSTD_MAGIC_SKIPPABLE_MASK) ==
                                 ZSTD_MAGIC_SKIPPABLE_START);
}

enum stk_status stk_expand_zstd(const struct stk_visitor *v, const struct stk_source *in,
                                struct stk_buf *out)
{
    static const struct stk_codec codec = {step, restart, starts};
    struct stk_codec_heap heap = {v->alloc};
    struct decoder d = {
        .dctx = ZSTD_createDCtx_advanced((ZSTD_customMem){heap_alloc, heap_free, &heap}),
        .hint = ZSTD_FRAMEHEADERSIZE_MIN(ZSTD_f_zstd1),
    };
    if (d.dctx == NULL) {
        return STK_E_NOMEM;
    }
    enum stk_status status = stk_codec_run(&codec, &d, v, in, out);
    (void)ZSTD_freeDCtx(d.dctx);
    return status;
}
