/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks one format over bytes and compares what recorder.h wrote down: once from memory,
 * once from a source that is read piece by piece. The bytes are in a heap block of their
 * exact size. Include behind cmocka.h.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "container/formats.h"
#include "oom.h"
#include "recorder.h"

struct walk_file {
    const uint8_t *data;
    uint64_t fail_from; /* reads that reach this offset fail; UINT64_MAX: none */
};

static inline enum stk_status walk_read_at(void *ctx, uint64_t off, void *buf, size_t len)
{
    const struct walk_file *file = ctx;
    if (off + len > file->fail_from) {
        return STK_E_SHRUNK;
    }
    memcpy(buf, file->data + off, len);
    return STK_OK;
}

static inline struct stk_source walk_source(struct walk_file *file, size_t len)
{
    return (struct stk_source){.size = len, .read_at = walk_read_at, .ctx = file};
}

/* One more stream of r->streams ended: recorder_stream() below. */
struct walk_streams {
    const uint64_t *lens; /* of the streams in the order in which they come */
    size_t n;
    size_t next;
};

/* Set by a test whose format walks streams. */
static struct walk_streams walk_streams;

/* Writes the part down and says where its stream ends: 0 behind the last one. */
static inline enum stk_status walk_stream(void *ctx, const struct stk_part *part,
                                          uint64_t *ret_end)
{
    recorder_add(ctx, "stream of ");
    *ret_end =
        walk_streams.next < walk_streams.n ? walk_streams.lens[walk_streams.next++] : 0;
    return recorder_part(ctx, part);
}

/* Each storage has three items of four bytes, but "1", which has two of eight. */
static inline bool walk_storage_size(void *ctx, struct stk_span key, uint64_t *ret_items,
                                     uint64_t *ret_item_size)
{
    bool one = stk_span_is(key, "1");
    *ret_items = one ? 2 : 3;
    *ret_item_size = one ? 8 : 4;
    return recorder_is_storage(ctx, key);
}

static inline void walk_init(struct recorder *r, const struct stk_alloc *alloc)
{
    recorder_init(r, alloc);
    r->visitor.stream = walk_stream;
    r->visitor.storage_size = walk_storage_size;
    r->storages = " 0 1 ";
    walk_streams.next = 0;
}

static inline struct stk_span walk_head(const uint8_t *data, size_t len)
{
    return stk_span_of(data, len < STK_HEAD_MAX ? len : STK_HEAD_MAX);
}

static inline bool walk_recognises(const struct stk_format *format, const void *data,
                                   size_t len)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, data, len);
    struct walk_file file = {copy, UINT64_MAX};
    struct stk_source memory = stk_source_of(stk_span_of(copy, len));
    struct stk_source pieces = walk_source(&file, len);
    bool yes = format->recognise(&memory, walk_head(copy, len));
    assert_int_equal(format->recognise(&pieces, walk_head(copy, len)), yes);
    free(copy);
    return yes;
}

static inline void walk_expect_in(const struct stk_format *format,
                                  const struct stk_source *source, uint64_t expand_left,
                                  const char *want)
{
    static struct recorder r;
    walk_init(&r, &stk_alloc_libc);
    r.expand_left = expand_left;
    r.limits.expand_max = expand_left;
    assert_int_equal(format->walk(source, &r.visitor), STK_OK);
    assert_string_equal(r.log, want);
}

static inline void walk_expect_capped(const struct stk_format *format, const void *data,
                                      size_t len, uint64_t expand_left, const char *want)
{
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, data, len);
    struct walk_file file = {copy, UINT64_MAX};
    struct stk_source memory = stk_source_of(stk_span_of(copy, len));
    struct stk_source pieces = walk_source(&file, len);
    walk_expect_in(format, &memory, expand_left, want);
    walk_expect_in(format, &pieces, expand_left, want);
    free(copy);
}

static inline void walk_expect(const struct stk_format *format, const void *data,
                               size_t len, const char *want)
{
    assert_true(walk_recognises(format, data, len));
    walk_expect_capped(format, data, len, UINT64_C(1) << 29, want);
}

/* What a source says that fails at the byte is what the walk says. */
static inline void walk_expect_shrunk(const struct stk_format *format, const void *data,
                                      size_t len, uint64_t fail_from)
{
    static struct recorder r;
    union {
        const void *in;
        const uint8_t *out;
    } bytes = {data};
    struct walk_file file = {bytes.out, fail_from};
    struct stk_source source = walk_source(&file, len);
    walk_init(&r, &stk_alloc_libc);
    assert_int_equal(format->walk(&source, &r.visitor), STK_E_SHRUNK);
}

struct walk_job {
    const struct stk_format *format;
    struct stk_span bytes;
};

static inline enum stk_status walk_job_run(const struct stk_alloc *alloc, void *arg)
{
    static struct recorder r;
    const struct walk_job *job = arg;
    struct stk_source source = stk_source_of(job->bytes);
    walk_init(&r, alloc);
    return job->format->walk(&source, &r.visitor);
}

static inline void walk_oom(const struct stk_format *format, const void *data, size_t len)
{
    struct walk_job job = {format, stk_span_of(data, len)};
    STK_OOM_LOOP(walk_job_run, &job);
}
