/* SPDX-License-Identifier: Apache-2.0
 *
 * Deflate through zlib, bare and in zlib's and gzip's wrappers. gzip's header and trailer
 * are read here, by RFC 1952: zlib refuses a file whose header checksum or reserved flags
 * are wrong, Python's gzip module reads it, and so must we.
 */
#define ZLIB_CONST 1
#include <zlib.h>

#include "base/checked.h"
#include "container/codec.h"
#include "container/inflate.h"

#define RAW (-15) /* window bits: 32 KiB, no wrapper */
#define ZLIB 15

/* RFC 1952, 2.3.1 */
#define FLAG_HCRC 0x02
#define FLAG_EXTRA 0x04
#define FLAG_NAME 0x08
#define FLAG_COMMENT 0x10

struct decoder {
    z_stream stream;
    struct stk_codec_heap heap;
    bool ended; /* of the last member, the end was seen */
};

static void *heap_alloc(void *heap, unsigned count, unsigned size)
{
    uint64_t len = 0;
    if (!stk_mul(count, size, &len)) {
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
    case Z_OK:
    case Z_STREAM_END:
    case Z_BUF_ERROR: /* no progress, which the loop sees */
        return STK_OK;
    case Z_MEM_ERROR:
        return STK_E_NOMEM;
    case Z_NEED_DICT:
        return STK_E_UNSUPPORTED;
    case Z_DATA_ERROR:
        return STK_E_MALFORMED;
    default:
        return STK_E_BUG;
    }
}

static enum stk_status decoder_init(struct decoder *d, const struct stk_alloc *alloc,
                                    int bits)
{
    *d = (struct decoder){.heap = {alloc}};
    d->stream.zalloc = heap_alloc;
    d->stream.zfree = heap_free;
    d->stream.opaque = &d->heap;
    return of_code(inflateInit2(&d->stream, bits));
}

static enum stk_status restart(void *state)
{
    struct decoder *d = state;
    d->ended = false;
    return of_code(inflateReset(&d->stream));
}

static enum stk_status step(void *state, struct stk_codec_step *step)
{
    struct decoder *d = state;
    z_stream *s = &d->stream;
    s->next_in = step->in.data;
    s->avail_in = (unsigned)step->in.len; /* both at most 1 MiB, see codec.c */
    s->next_out = step->out;
    s->avail_out = (unsigned)step->out_len;
    int code = inflate(s, Z_NO_FLUSH);
    size_t used = step->in.len - s->avail_in;
    step->in.data = used > 0 ? step->in.data + used : step->in.data;
    step->in.len -= used;
    step->written = step->out_len - s->avail_out;
    step->end = code == Z_STREAM_END;
    d->ended = step->end;
    return of_code(code);
}

static bool never_starts(struct stk_span head)
{
    (void)head;
    return false;
}

static const struct stk_codec single = {step, restart, never_starts};

enum stk_status stk_expand_deflate_used(const struct stk_visitor *v,
                                        const struct stk_source *in, struct stk_buf *out,
                                        uint64_t *ret_used)
{
    struct decoder d;
    STK_TRY(decoder_init(&d, v->alloc, RAW));
    enum stk_status status = stk_codec_run(&single, &d, v, in, out);
    if (d.ended && status == STK_E_MALFORMED) {
        status = STK_OK; /* only bytes that follow */
    }
    *ret_used = d.stream.total_in;
    (void)inflateEnd(&d.stream);
    return status;
}

uint32_t stk_crc32(uint32_t crc, const uint8_t *bytes, size_t len)
{
    return (uint32_t)crc32_z(crc, bytes, len);
}

static enum stk_status expand_single(const struct stk_visitor *v,
                                     const struct stk_source *in, struct stk_buf *out,
                                     int bits)
{
    struct decoder d;
    STK_TRY(decoder_init(&d, v->alloc, bits));
    enum stk_status status = stk_codec_run(&single, &d, v, in, out);
    (void)inflateEnd(&d.stream);
    return status;
}

enum stk_status stk_expand_zlib(const struct stk_visitor *v, const struct stk_source *in,
                                struct stk_buf *out)
{
    return expand_single(v, in, out, ZLIB);
}

enum phase {
    PHASE_HEAD,      /* ten bytes */
    PHASE_EXTRA_LEN, /* two */
    PHASE_EXTRA,
    PHASE_NAME, /* to a NUL */
    PHASE_COMMENT,
    PHASE_HCRC, /* two, not checked, as Python does */
    PHASE_BODY,
    PHASE_TRAILER, /* checksum and length */
};

struct gzip {
    struct decoder inner;
    enum phase phase;
    uint8_t bytes[10]; /* of the element that is being read */
    size_t n_bytes;
    uint8_t flags;
    uint32_t extra_left;
    uint32_t crc;
    uint32_t len;
    bool wrong; /* a trailer did not fit; the content stands */
};

static enum stk_status gzip_restart(void *state)
{
    struct gzip *g = state;
    g->phase = PHASE_HEAD;
    g->n_bytes = 0;
    g->crc = 0;
    g->len = 0;
    return restart(&g->inner);
}

/* The next phase for which the header has bytes. */
static enum phase phase_after(const struct gzip *g, enum phase phase)
{
    if (phase < PHASE_EXTRA_LEN && (g->flags & FLAG_EXTRA) != 0) {
        return PHASE_EXTRA_LEN;
    }
    if (phase == PHASE_EXTRA_LEN && g->extra_left > 0) {
        return PHASE_EXTRA;
    }
    if (phase < PHASE_NAME && (g->flags & FLAG_NAME) != 0) {
        return PHASE_NAME;
    }
    if (phase < PHASE_COMMENT && (g->flags & FLAG_COMMENT) != 0) {
        return PHASE_COMMENT;
    }
    return phase < PHASE_HCRC && (g->flags & FLAG_HCRC) != 0 ? PHASE_HCRC : PHASE_BODY;
}

static enum stk_status read_head(struct gzip *g)
{
    if (g->bytes[0] != 0x1f || g->bytes[1] != 0x8b || g->bytes[2] != Z_DEFLATED) {
        return STK_E_MALFORMED;
    }
    g->flags = g->bytes[3];
    g->phase = phase_after(g, PHASE_HEAD);
    return STK_OK;
}

/* One more byte of an element of n; true when it is complete in g->bytes. */
static bool collect(struct gzip *g, uint8_t byte, size_t n)
{
    g->bytes[g->n_bytes++] = byte;
    if (g->n_bytes < n) {
        return false;
    }
    g->n_bytes = 0;
    return true;
}

static enum stk_status header_byte(struct gzip *g, uint8_t byte)
{
    switch (g->phase) {
    case PHASE_HEAD:
        return collect(g, byte, 10) ? read_head(g) : STK_OK;
    case PHASE_EXTRA_LEN:
        if (collect(g, byte, 2)) {
            g->extra_left = stk_le16(g->bytes);
            g->phase = phase_after(g, PHASE_EXTRA_LEN);
        }
        return STK_OK;
    case PHASE_EXTRA:
        if (--g->extra_left == 0) {
            g->phase = phase_after(g, PHASE_EXTRA);
        }
        return STK_OK;
    case PHASE_NAME:
    case PHASE_COMMENT:
        g->phase = byte == 0 ? phase_after(g, g->phase) : g->phase;
        return STK_OK;
    case PHASE_HCRC:
        g->phase = collect(g, byte, 2) ? PHASE_BODY : PHASE_HCRC;
        return STK_OK;
    case PHASE_BODY:
    case PHASE_TRAILER:
        break;
    }
    return STK_E_BUG;
}

/* The length in the trailer is modulo 2^32. */
STK_WRAPS static enum stk_status body(struct gzip *g, struct stk_codec_step *gzip_step)
{
    enum stk_status status = step(&g->inner, gzip_step);
    g->crc = stk_crc32(g->crc, gzip_step->out, gzip_step->written);
    g->len += (uint32_t)gzip_step->written;
    if (gzip_step->end) {
        g->phase = PHASE_TRAILER;
        gzip_step->end = false;
    }
    return status;
}

static bool trailer_byte(struct gzip *g, uint8_t byte)
{
    if (!collect(g, byte, 8)) {
        return false;
    }
    g->wrong |= stk_le32(g->bytes) != g->crc || stk_le32(g->bytes + 4) != g->len;
    return true;
}

static enum stk_status gzip_step(void *state, struct stk_codec_step *step)
{
    struct gzip *g = state;
    while (step->in.len > 0 && g->phase != PHASE_BODY && !step->end) {
        uint8_t byte = *step->in.data++;
        step->in.len--;
        if (g->phase == PHASE_TRAILER) {
            step->end = trailer_byte(g, byte);
        } else {
            STK_TRY(header_byte(g, byte));
        }
    }
    return g->phase == PHASE_BODY ? body(g, step) : STK_OK;
}

static bool gzip_starts(struct stk_span head)
{
    return stk_span_starts(head, "\x1f\x8b", 2);
}

enum stk_status stk_expand_gzip(const struct stk_visitor *v, const struct stk_source *in,
                                struct stk_buf *out)
{
    static const struct stk_codec codec = {gzip_step, gzip_restart, gzip_starts};
    struct gzip g = {.phase = PHASE_HEAD};
    STK_TRY(decoder_init(&g.inner, v->alloc, RAW));
    enum stk_status status = stk_codec_run(&codec, &g, v, in, out);
    (void)inflateEnd(&g.inner.stream);
    return status == STK_OK && g.wrong ? STK_E_MALFORMED : status;
}
