/* SPDX-License-Identifier: Apache-2.0
 *
 * Decodes streams under the real catalogue, with a few names granted. Include behind
 * cmocka.h.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "decode/decode.h"
#include "oom.h"
#include "show_value.h"

struct decoded {
    struct stk_limits limits;
    struct stk_decoder *decoder;
    struct stk_arena arena;
    struct stk_decode_options options;
    struct stk_value value;
    size_t end;
    struct stk_decode_error error;
    enum stk_status status;
};

/* g.C, g.Outer.Inner: classes. g.E: an enum. g.V: a value. */
static inline enum stk_grant decoded_grant(void *ctx, struct stk_span module,
                                           struct stk_span name)
{
    (void)ctx;
    if (!stk_span_is(module, "g")) {
        return STK_GRANT_NONE;
    }
    if (stk_span_is(name, "C") || stk_span_is(name, "Outer.Inner")) {
        return STK_GRANT_CLASS;
    }
    return stk_span_is(name, "E")   ? STK_GRANT_ENUM
           : stk_span_is(name, "V") ? STK_GRANT_VALUE
                                    : STK_GRANT_NONE;
}

static inline void decoded_init(struct decoded *d, const struct stk_alloc *alloc)
{
    memset(d, 0, sizeof *d);
    d->limits = (struct stk_limits)STK_LIMITS_DEFAULT;
    d->options.grant = decoded_grant;
    stk_arena_init(&d->arena, alloc, (size_t)1 << 31);
    d->status = stk_decoder_new(alloc, &d->limits, &d->decoder);
}

static inline void decoded_release(struct decoded *d)
{
    stk_decoder_free(d->decoder);
    stk_arena_release(&d->arena);
}

static inline void decoded_run(struct decoded *d, const void *bytes, size_t len)
{
    stk_arena_clear(&d->arena);
    memset(&d->error, 0, sizeof d->error);
    d->value = (struct stk_value){.kind = STK_VALUE_KINDS};
    d->status = stk_decode_pickle(d->decoder, &d->arena, stk_span_of(bytes, len),
                                  &d->options, &d->value, &d->end, &d->error);
}

static inline const char *decoded_text(struct decoded *d, const void *bytes, size_t len)
{
    static char text[1024];
    decoded_run(d, bytes, len);
    if (d->status == STK_OK) {
        return show_value(d->value);
    }
    assert_int_equal(d->status, STK_E_MALFORMED);
    assert_int_not_equal(d->error.verdict, STK_VERDICT_CLEAN);
    (void)snprintf(text, sizeof text, "%s: %s, at %s, byte %llu",
                   stk_verdict_name(d->error.verdict), d->error.reason, d->error.path,
                   (unsigned long long)d->error.off);
    return text;
}

static inline void expect_decoded(const char *file, int line, enum stk_loader loader,
                                  const void *bytes, size_t len, const char *want)
{
    struct decoded d;
    uint8_t *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, len);
    decoded_init(&d, &stk_alloc_libc);
    d.options.loader = loader;
    const char *got = decoded_text(&d, exact, len);
    if (strcmp(got, want) != 0) {
        print_error("got  %s\nwant %s\n", got, want);
        _fail(file, line);
    }
    decoded_release(&d);
    free(exact);
}

/* The value of a stream given as a literal, or "VERDICT: REASON, at PATH, byte N". */
#define DECODES(bytes, want)                                                             \
    expect_decoded(__FILE__, __LINE__, STK_LOADER_PICKLE, (bytes), sizeof(bytes) - 1,    \
                   (want))
#define DECODES_TORCH(bytes, want)                                                       \
    expect_decoded(__FILE__, __LINE__, STK_LOADER_TORCH, (bytes), sizeof(bytes) - 1,     \
                   (want))

#define PUT(buf, literal) stk_buf_put((buf), (literal), sizeof(literal) - 1)

static inline void put_n(struct stk_buf *buf, const char *text, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        stk_buf_str(buf, text);
    }
}

static inline void put_le(struct stk_buf *buf, uint64_t number, size_t width)
{
    for (size_t i = 0; i < width; i++) {
        stk_buf_byte(buf, (uint8_t)(number >> (8 * i)));
    }
}

/* ---- a storage as torch.storage._load_from_bytes gets it, part by part ---- */

struct parts {
    const char *magic;
    const char *version;
    const char *facts;
    const char *id; /* the whole stream */
    const char *keys;
    uint64_t n_items;
    size_t n_bytes;
};

#define TORCH_MAGIC "\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."

/* Four float32. Texts of literals without NUL bytes. */
#define PARTS_GOOD                                                                       \
    (struct parts)                                                                       \
    {                                                                                    \
        .magic = TORCH_MAGIC, .version = "I1001\n.",                                     \
        .facts = "(S'little_endian'\nI01\nd.",                                           \
        .id = "(S'storage'\nctorch\nFloatStorage\nS'7'\nS'cpu'\nK\4NtQ.",                \
        .keys = "(S'7'\nl.", .n_items = 4, .n_bytes = 16                                 \
    }

static inline void put_parts(struct stk_buf *buf, const struct parts *parts)
{
    const char *const texts[] = {parts->magic, parts->version, parts->facts, parts->id,
                                 parts->keys};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        stk_buf_str(buf, texts[i]);
    }
    put_le(buf, parts->n_items, 8);
    for (size_t i = 0; i < parts->n_bytes; i++) {
        stk_buf_byte(buf, (uint8_t)i);
    }
}

/* torch.storage._load_from_bytes(…), without PROTO and STOP. */
static inline void put_storage_call(struct stk_buf *buf, const struct parts *parts)
{
    struct stk_buf inner;
    stk_buf_init(&inner, &stk_alloc_libc, 1 << 20);
    put_parts(&inner, parts);
    PUT(buf, "ctorch.storage\n_load_from_bytes\nB");
    put_le(buf, inner.len, 4);
    stk_buf_put(buf, inner.data, inner.len);
    PUT(buf, "\x85R");
    stk_buf_release(&inner);
}
