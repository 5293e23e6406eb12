/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds ZIP archives byte by byte, right ones; a test then bends the bytes it is about.
 * Include behind cmocka.h.
 */
#pragma once

#include <stdint.h>
#include <string.h>
#include <zlib.h>

#include "container/formats.h"
#include "oom.h"
#include "recorder.h"

#define ZB_MEMBERS 64

struct zb_member {
    const char *name;
    uint16_t method;
    uint16_t flags;
    uint32_t crc;
    uint32_t packed;
    uint32_t size;
    size_t local;   /* offset of the local header */
    size_t data;    /* offset of the data */
    size_t central; /* offset of the directory's header, after zb_finish() */
};

struct zb {
    uint8_t data[1 << 18];
    size_t len;
    size_t base; /* where the archive begins: offsets count from here */
    struct zb_member members[ZB_MEMBERS];
    size_t n;
    size_t dir; /* offset of the directory */
    size_t end; /* offset of the end record */
};

static inline void zb_raw(struct zb *zb, const void *bytes, size_t len)
{
    assert_true(len <= sizeof(zb->data) - zb->len);
    memcpy(zb->data + zb->len, bytes, len);
    zb->len += len;
}

static inline void zb_text(struct zb *zb, const char *text)
{
    zb_raw(zb, text, strlen(text));
}

static inline void zb_poke(struct zb *zb, size_t at, uint64_t value, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        zb->data[at + i] = (uint8_t)(value >> (8 * i));
    }
}

static inline void zb_num(struct zb *zb, uint64_t value, size_t len)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(value >> (8 * i));
    }
    zb_raw(zb, bytes, len);
}

static inline void zb_fields(struct zb *zb, const struct zb_member *m)
{
    zb_num(zb, 20, 2);
    zb_num(zb, m->flags, 2);
    zb_num(zb, m->method, 2);
    zb_num(zb, 0x58210000, 4); /* 2024-01-01 */
    zb_num(zb, m->crc, 4);
    zb_num(zb, m->packed, 4);
    zb_num(zb, m->size, 4);
    zb_num(zb, strlen(m->name), 2);
}

static inline void zb_local(struct zb *zb, struct zb_member *m)
{
    m->local = zb->len;
    zb_raw(zb, "PK\3\4", 4);
    zb_fields(zb, m);
    zb_num(zb, 0, 2);
    zb_raw(zb, m->name, strlen(m->name));
    m->data = zb->len;
}

static inline size_t zb_pack(const void *content, size_t len, uint8_t *out, size_t max)
{
    z_stream s = {0};
    assert_int_equal(deflateInit2(&s, 9, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY), Z_OK);
    s.next_in = (Bytef *)(uintptr_t)content;
    s.avail_in = (unsigned)len;
    s.next_out = out;
    s.avail_out = (unsigned)max;
    assert_int_equal(deflate(&s, Z_FINISH), Z_STREAM_END);
    size_t packed = s.total_out;
    (void)deflateEnd(&s);
    return packed;
}

/* A member with data that is packed already, for any method. */
static inline struct zb_member *zb_add_packed(struct zb *zb, const char *name,
                                              uint16_t method, const void *packed,
                                              size_t packed_len, const void *content,
                                              size_t len)
{
    assert_true(zb->n < ZB_MEMBERS);
    struct zb_member *m = &zb->members[zb->n++];
    *m = (struct zb_member){
        .name = name,
        .method = method,
        .crc = (uint32_t)crc32(crc32(0, NULL, 0), content, (unsigned)len),
        .packed = (uint32_t)packed_len,
        .size = (uint32_t)len,
    };
    zb_local(zb, m);
    zb_raw(zb, packed, packed_len);
    return m;
}

static inline struct zb_member *zb_add(struct zb *zb, const char *name, const char *text)
{
    size_t len = strlen(text);
    return zb_add_packed(zb, name, 0, text, len, text, len);
}

static inline struct zb_member *zb_add_deflated(struct zb *zb, const char *name,
                                                const void *content, size_t len)
{
    static uint8_t packed[1 << 17];
    size_t packed_len = zb_pack(content, len, packed, sizeof(packed));
    return zb_add_packed(zb, name, 8, packed, packed_len, content, len);
}

static inline void zb_central(struct zb *zb, struct zb_member *m)
{
    m->central = zb->len;
    zb_raw(zb, "PK\1\2", 4);
    zb_num(zb, 20, 2);
    zb_fields(zb, m);
    zb_num(zb, 0, 8); /* lengths of extra and comment, disk, attributes */
    zb_num(zb, 0, 4);
    zb_num(zb, m->local - zb->base, 4);
    zb_raw(zb, m->name, strlen(m->name));
}

static inline void zb_end(struct zb *zb, size_t n, size_t dir_len, size_t comment)
{
    zb->end = zb->len;
    zb_raw(zb, "PK\5\6", 4);
    zb_num(zb, 0, 4);
    zb_num(zb, n, 2);
    zb_num(zb, n, 2);
    zb_num(zb, dir_len, 4);
    zb_num(zb, zb->dir - zb->base, 4);
    zb_num(zb, comment, 2);
}

/* The directory, without the end record. */
static inline size_t zb_dir(struct zb *zb)
{
    zb->dir = zb->len;
    for (size_t i = 0; i < zb->n; i++) {
        zb_central(zb, &zb->members[i]);
    }
    return zb->len - zb->dir;
}

static inline void zb_finish(struct zb *zb)
{
    size_t len = zb_dir(zb);
    zb_end(zb, zb->n, len, 0);
}

/* Starts a further archive behind what is there. */
static inline void zb_next(struct zb *zb)
{
    zb->base = zb->len;
    zb->n = 0;
}

static inline void zb_clear(struct zb *zb)
{
    zb->len = 0;
    zb->base = 0;
    zb->n = 0;
}

/* Reads through a function, as from a file. */
static inline enum stk_status zb_read_at(void *ctx, uint64_t off, void *buf, size_t len)
{
    const struct zb *zb = ctx;
    memcpy(buf, zb->data + off, len);
    return STK_OK;
}

static inline struct stk_source zb_file(struct zb *zb)
{
    return (struct stk_source){.size = zb->len, .read_at = zb_read_at, .ctx = zb};
}

/* In a block of the exact size, so that ASan sees one byte over. */
static inline enum stk_status zb_walk_memory(struct zb *zb, struct recorder *r)
{
    uint8_t *copy = malloc(zb->len > 0 ? zb->len : 1);
    assert_non_null(copy);
    memcpy(copy, zb->data, zb->len);
    struct stk_source source = stk_source_of(stk_span_of(copy, zb->len));
    enum stk_status status = stk_format_zip.walk(&source, &r->visitor);
    free(copy);
    return status;
}

/* The walk must read as expected, from memory and from a file. */
static inline void zb_expect_with(struct zb *zb, struct recorder *r, const char *expected)
{
    struct stk_source file = zb_file(zb);
    uint64_t expand = r->expand_left;
    assert_int_equal(zb_walk_memory(zb, r), STK_OK);
    assert_string_equal(r->log, expected);
    r->len = 0;
    r->log[0] = '\0';
    r->expand_left = expand;
    assert_int_equal(stk_format_zip.walk(&file, &r->visitor), STK_OK);
    assert_string_equal(r->log, expected);
}

static inline void zb_expect(struct zb *zb, const char *expected)
{
    static struct recorder r;
    recorder_init(&r, &stk_alloc_libc);
    zb_expect_with(zb, &r, expected);
}
