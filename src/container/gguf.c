/* SPDX-License-Identifier: Apache-2.0
 *
 * GGUF: counts, key-value pairs, tensor descriptions, and the tensors (ggml,
 * docs/gguf.md). The header is walked to its end with every length checked, and each
 * tensor must begin inside the file. Nothing in it is loaded as an object: a chat
 * template is Jinja text that a server renders in a sandbox of its own.
 */
#include <inttypes.h>

#include "base/checked.h"
#include "container/formats.h"
#include "container/reader.h"

#define ARRAY_DEPTH_MAX 4
#define RANK_MAX 8
#define KEY_KEPT 32

enum gguf_type {
    GGUF_STRING = 8,
    GGUF_ARRAY = 9,
    GGUF_N_TYPES = 13,
};

/* Bytes of a value, by type: u8 i8 u16 i16 u32 i32 f32 bool - - u64 i64 f64. */
static const uint8_t type_size[GGUF_N_TYPES] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};

struct gguf {
    struct stk_reader reader;
    uint32_t version;
    uint32_t alignment;
    uint64_t max_off; /* where the last tensor begins, from the data on */
    bool has_tensor;
};

/* Version 1 counted in 32 bits. */
static uint64_t read_count(struct gguf *g)
{
    return g->version == 1 ? stk_reader_u32(&g->reader) : stk_reader_u64(&g->reader);
}

/* Skips a string; keeps its first bytes if there is a place for them. */
static struct stk_span read_string(struct gguf *g, uint8_t keep[KEY_KEPT])
{
    uint64_t len = read_count(g);
    size_t n = len < KEY_KEPT ? (size_t)len : KEY_KEPT;
    if (keep == NULL) {
        n = 0;
    }
    stk_reader_get(&g->reader, keep, n);
    stk_reader_skip(&g->reader, len - n);
    return stk_span_of(keep, len == n ? n : 0);
}

static void skip_value(struct gguf *g, uint32_t type, unsigned depth);

static void skip_array(struct gguf *g, unsigned depth)
{
    uint32_t type = stk_reader_u32(&g->reader);
    uint64_t count = read_count(g);
    uint64_t len = 0;
    if (depth == 0 || type >= GGUF_N_TYPES) {
        stk_reader_fail(&g->reader, STK_E_MALFORMED);
    } else if (type_size[type] > 0) {
        if (!stk_mul(count, type_size[type], &len)) {
            stk_reader_fail(&g->reader, STK_E_MALFORMED);
        }
        stk_reader_skip(&g->reader, len);
    } else {
        /* Each element takes at least four bytes, so the file's end ends this. */
        for (uint64_t i = 0; i < count && g->reader.status == STK_OK; i++) {
            skip_value(g, type, depth - 1);
        }
    }
}

static void skip_value(struct gguf *g, uint32_t type, unsigned depth)
{
    if (type >= GGUF_N_TYPES) {
        stk_reader_fail(&g->reader, STK_E_MALFORMED);
    } else if (type == GGUF_STRING) {
        (void)read_string(g, NULL);
    } else if (type == GGUF_ARRAY) {
        skip_array(g, depth);
    } else {
        stk_reader_skip(&g->reader, type_size[type]);
    }
}

static void read_pair(struct gguf *g)
{
    uint8_t keep[KEY_KEPT];
    struct stk_span key = read_string(g, keep);
    uint32_t type = stk_reader_u32(&g->reader);
    if (stk_span_is(key, "general.alignment") && type == 4) {
        uint32_t alignment = stk_reader_u32(&g->reader);
        if (alignment == 0 || alignment % 8 != 0) {
            stk_reader_fail(&g->reader, STK_E_MALFORMED);
            return;
        }
        g->alignment = alignment; /* never 0: it is divided by */
        return;
    }
    skip_value(g, type, ARRAY_DEPTH_MAX);
}

static void read_tensor(struct gguf *g)
{
    struct stk_reader *r = &g->reader;
    (void)read_string(g, NULL);
    uint32_t rank = stk_reader_u32(r);
    uint64_t n_items = 1;
    if (rank > RANK_MAX) {
        stk_reader_fail(r, STK_E_MALFORMED);
        return;
    }
    for (uint32_t i = 0; i < rank; i++) {
        if (!stk_mul(n_items, read_count(g), &n_items)) {
            stk_reader_fail(r, STK_E_MALFORMED);
        }
    }
    (void)stk_reader_u32(r); /* its ggml type */
    uint64_t off = stk_reader_u64(r);
    if (off % g->alignment != 0) {
        stk_reader_fail(r, STK_E_MALFORMED);
    }
    g->max_off = off > g->max_off ? off : g->max_off;
    g->has_tensor = g->has_tensor || n_items > 0;
}

static void read_header(struct gguf *g)
{
    struct stk_reader *r = &g->reader;
    uint64_t n_tensors = read_count(g);
    uint64_t n_pairs = read_count(g);
    for (uint64_t i = 0; i < n_pairs && r->status == STK_OK; i++) {
        read_pair(g);
    }
    for (uint64_t i = 0; i < n_tensors && r->status == STK_OK; i++) {
        read_tensor(g);
    }
    uint64_t past = r->pos % g->alignment;
    uint64_t start = past == 0 ? r->pos : r->pos + (g->alignment - past);
    uint64_t last = 0;
    if (g->has_tensor && (!stk_add(start, g->max_off, &last) || last >= r->source.size)) {
        stk_reader_fail(r, STK_E_TRUNCATED);
    }
}

static bool is_gguf(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    return head.len >= 8 && stk_span_starts(head, "GGUF", 4);
}

static enum stk_status walk(const struct stk_source *source, const struct stk_visitor *v)
{
    struct gguf g = {.alignment = 32};
    stk_reader_init(&g.reader, source);
    stk_reader_skip(&g.reader, 4);
    g.version = stk_reader_u32(&g.reader);
    if (g.version == 0 || g.version > 3) {
        STK_TRY(g.reader.status);
        return stk_visitor_note(v, STK_NOTE_UNSUPPORTED, 4,
                                "GGUF version is not 1, 2 or 3, or big-endian");
    }
    read_header(&g);
    if (g.reader.status == STK_OK || stk_status_is_environment(g.reader.status)) {
        return g.reader.status;
    }
    return stk_visitor_note(v, STK_NOTE_MALFORMED, g.reader.pos,
                            g.reader.status == STK_E_TRUNCATED
                                ? "GGUF header or tensor leaves the file"
                                : "GGUF header is malformed");
}

const struct stk_format stk_format_gguf = {"gguf", "GGUF", is_gguf, walk};
