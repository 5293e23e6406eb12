/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that are one compressed stream. What comes out is handed out as a part in which
 * any format may follow, also when the stream breaks off: a loader that reads as it goes
 * has acted on those bytes by then.
 */
#include <inttypes.h>
#include <string.h>

#include "container/expand.h"
#include "container/formats.h"
#include "container/lzma_head.h"

typedef enum stk_status expand_fn(const struct stk_visitor *v,
                                  const struct stk_source *in, struct stk_buf *out);

/* zlib and lzma have no magic number, and other data begins like them. Where that little
 * comes out before an error, the bytes may be something else: what follows their first
 * one, from which the visitor looks anyway, is handed out as it is. */
#define WEAK_MIN 512

struct method {
    const char *name;
    expand_fn *expand;
    bool weak; /* has no magic number */
};

static enum stk_status note_failure(const struct stk_visitor *v, const char *name,
                                    enum stk_status status)
{
    switch (status) {
    case STK_E_TRUNCATED:
        return stk_visitor_note(v, STK_NOTE_MALFORMED, 0, "%s data ends early", name);
    case STK_E_UNSUPPORTED:
        return stk_visitor_note(v, STK_NOTE_UNSUPPORTED, 0,
                                "%s data needs a dictionary or option that is not there",
                                name);
    case STK_E_LIMIT:
        return stk_visitor_note(v, STK_NOTE_LIMIT, 0,
                                "%s data expands past expand-max (%" PRIu64 " bytes)",
                                name, v->limits->expand_max);
    case STK_E_MALFORMED:
        return stk_visitor_note(v, STK_NOTE_MALFORMED, 0,
                                "%s data is corrupt or followed by other bytes", name);
    case STK_OK:
    case STK_E_IO:
    case STK_E_SHRUNK:
    case STK_E_NOMEM:
    case STK_E_BUG:
        break;
    }
    return status;
}

static enum stk_status hand_rest(const struct stk_source *source,
                                 const struct stk_visitor *v)
{
    struct stk_part part = {
        .source = stk_source_part(source, 1, UINT64_MAX),
        .off = 1,
        .role = STK_ROLE_ANY,
        .in_file = true,
    };
    return v->part(v->ctx, &part);
}

static enum stk_status report(const struct stk_source *source,
                              const struct stk_visitor *v, const struct method *method,
                              enum stk_status status, const struct stk_buf *out)
{
    if (stk_status_is_environment(status)) {
        return status;
    }
    bool noise = method->weak && out->len < WEAK_MIN && status != STK_E_LIMIT;
    if (status != STK_OK && noise) {
        STK_TRY(hand_rest(source, v));
    } else if (status != STK_OK) {
        STK_TRY(note_failure(v, method->name, status));
    }
    if (out->len == 0) {
        return STK_OK;
    }
    struct stk_part part = {
        .source = stk_source_of(stk_buf_span(out)),
        .role = STK_ROLE_ANY,
    };
    return v->part(v->ctx, &part);
}

static enum stk_status walk(const struct stk_source *source, const struct stk_visitor *v,
                            const struct method *method)
{
    struct stk_buf out;
    stk_buf_init(&out, v->alloc, SIZE_MAX);
    enum stk_status status = method->expand(v, source, &out);
    status = report(source, v, method, status, &out);
    stk_buf_release(&out);
    return status;
}

static bool is_gzip(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    return stk_span_starts(head, "\x1f\x8b\x08", 3);
}

static bool is_bz2(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    /* "BZh", the level, and the mark of a block or of an empty file. */
    return head.len >= 10 && stk_span_starts(head, "BZh", 3) && head.data[3] >= '1' &&
           head.data[3] <= '9' &&
           (stk_span_starts(stk_span_of(head.data + 4, 6), "\x31\x41\x59\x26\x53\x59",
                            6) ||
            stk_span_starts(stk_span_of(head.data + 4, 6), "\x17\x72\x45\x38\x50\x90",
                            6));
}

static bool is_xz(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    static const uint8_t magic[] = {0xfd, '7', 'z', 'X', 'Z', 0};
    return stk_span_starts(head, magic, sizeof(magic));
}

static bool is_lzma(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    return stk_lzma_head(head);
}

/* A first deflate block that could be one (RFC 1951 3.2.3 to 3.2.7). */
static bool is_deflate(const uint8_t *p)
{
    switch (p[0] >> 1 & 3) {
    case 0:
        return (stk_le16(p + 1) ^ stk_le16(p + 3)) == 0xffff;
    case 1:
        return true;
    case 2:
        return p[0] >> 3 <= 29 && (p[1] & 31) <= 29;
    default:
        return false;
    }
}

/* RFC 1950 with a window of any size, as zlib.decompress takes it, and no dictionary. */
static bool is_zlib(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    return head.len >= 8 && (head.data[0] & 0x8f) == 8 && (head.data[1] & 0x20) == 0 &&
           (head.data[0] << 8 | head.data[1]) % 31 == 0 && is_deflate(head.data + 2);
}

#define SKIPPED_MAX 64

/* zstd (RFC 8878 3.1.2) and LZ4 share their skippable frames, which may come first. */
static bool first_frame_is(const struct stk_source *source, struct stk_span head,
                           uint32_t magic)
{
    if (head.len < 8) {
        return false;
    }
    uint8_t frame[8];
    stk_copy(frame, head.data, sizeof(frame));
    uint64_t pos = 0;
    for (int i = 0; (stk_le32(frame) & ~UINT32_C(15)) == 0x184D2A50; i++) {
        if (i == SKIPPED_MAX) {
            return true; /* let the decompressor find out */
        }
        pos += 8 + (uint64_t)stk_le32(frame + 4);
        if (stk_source_read(source, pos, frame, sizeof(frame)) != STK_OK) {
            return false;
        }
    }
    return stk_le32(frame) == magic;
}

static bool is_zstd(const struct stk_source *source, struct stk_span head)
{
    return first_frame_is(source, head, 0xFD2FB528);
}

static bool is_lz4(const struct stk_source *source, struct stk_span head)
{
    return first_frame_is(source, head, 0x184D2204);
}

/* joblib before 0.10 (numpy_pickle_compat.py): "ZF", the expanded length in 19 characters
 * that Python's int(text, 16) takes, and a zlib stream; one space more for what Python 2
 * wrote. */
#define ZFILE_HEAD 21

static bool is_zfile(const struct stk_source *source, struct stk_span head)
{
    static const char of_numbers[] = "0123456789abcdefABCDEFxX_+- \t\n\v\f\r";
    (void)source;
    if (head.len <= ZFILE_HEAD || !stk_span_starts(head, "ZF", 2)) {
        return false;
    }
    for (size_t i = 2; i < ZFILE_HEAD; i++) {
        if (memchr(of_numbers, head.data[i], sizeof(of_numbers) - 1) == NULL) {
            return false;
        }
    }
    return true;
}

static enum stk_status walk_gzip(const struct stk_source *source,
                                 const struct stk_visitor *v)
{
    return walk(source, v, &(struct method){"gzip", stk_expand_gzip, false});
}

static enum stk_status walk_bz2(const struct stk_source *source,
                                const struct stk_visitor *v)
{
    return walk(source, v, &(struct method){"bzip2", stk_expand_bz2, false});
}

static enum stk_status walk_xz(const struct stk_source *source,
                               const struct stk_visitor *v)
{
    return walk(source, v, &(struct method){"xz", stk_expand_xz, false});
}

static enum stk_status walk_lzma(const struct stk_source *source,
                                 const struct stk_visitor *v)
{
    return walk(source, v, &(struct method){"lzma", stk_expand_lzma, true});
}

static enum stk_status walk_zlib(const struct stk_source *source,
                                 const struct stk_visitor *v)
{
    return walk(source, v, &(struct method){"zlib", stk_expand_zlib, true});
}

static enum stk_status walk_zstd(const struct stk_source *source,
                                 const struct stk_visitor *v)
{
    return walk(source, v, &(struct method){"zstd", stk_expand_zstd, false});
}

static enum stk_status walk_lz4(const struct stk_source *source,
                                const struct stk_visitor *v)
{
    return walk(source, v, &(struct method){"lz4", stk_expand_lz4, false});
}

static enum stk_status walk_zfile(const struct stk_source *source,
                                  const struct stk_visitor *v)
{
    uint8_t next = 0;
    STK_TRY(stk_source_read(source, ZFILE_HEAD, &next, 1));
    struct stk_source data =
        stk_source_part(source, next == ' ' ? ZFILE_HEAD + 1 : ZFILE_HEAD, UINT64_MAX);
    return walk(&data, v, &(struct method){"zlib", stk_expand_zlib, false});
}

const struct stk_format stk_format_gzip = {"gzip", "gzip", is_gzip, walk_gzip};
const struct stk_format stk_format_bz2 = {"bz2", "bzip2", is_bz2, walk_bz2};
const struct stk_format stk_format_xz = {"xz", "xz", is_xz, walk_xz};
const struct stk_format stk_format_lzma = {"lzma", "LZMA alone", is_lzma, walk_lzma};
const struct stk_format stk_format_zlib = {"zlib", "zlib", is_zlib, walk_zlib};
const struct stk_format stk_format_zstd = {"zstd", "Zstandard", is_zstd, walk_zstd};
const struct stk_format stk_format_lz4 = {"lz4", "LZ4 frame", is_lz4, walk_lz4};
const struct stk_format stk_format_zfile = {
    "joblib-zfile", "joblib before 0.10, compressed", is_zfile, walk_zfile};
