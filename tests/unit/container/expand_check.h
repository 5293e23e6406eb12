/* SPDX-License-Identifier: Apache-2.0
 *
 * What each decompressor of expand.h has to do, tested with one packed text. Include
 * behind cmocka.h.
 */
#pragma once

#include "container/expand.h"
#include "walk.h"

struct expand_case {
    enum stk_status (*expand)(const struct stk_visitor *v, const struct stk_source *in,
                              struct stk_buf *out);
    struct stk_span plain;
    struct stk_span packed; /* one member with a checksum */
    bool joins;             /* members may follow one another */
};

/* A text whose packed form has more than one block and is not tiny. */
#define EXPAND_PLAIN 250000

static inline struct stk_span expand_plain(void)
{
    static uint8_t plain[EXPAND_PLAIN];
    uint32_t x = 1;
    for (size_t i = 0; i < sizeof(plain); i++) {
        x = (uint32_t)((uint64_t)x * 48271 % 2147483647);
        plain[i] = (uint8_t)("abcdefgh"[x % 8]);
    }
    return stk_span_of(plain, sizeof(plain));
}

static inline enum stk_status expand_from(const struct expand_case *c,
                                          struct stk_source source, uint64_t *left,
                                          struct stk_buf *out)
{
    static struct recorder r;
    recorder_init(&r, &stk_alloc_libc);
    r.expand_left = *left;
    stk_buf_init(out, &stk_alloc_libc, SIZE_MAX);
    enum stk_status status = c->expand(&r.visitor, &source, out);
    assert_int_equal(*left - r.expand_left, out->len);
    *left = r.expand_left;
    return status;
}

/* The status, and that what came out is a beginning of plain; its length. */
static inline size_t expand_expect(const struct expand_case *c, struct stk_span packed,
                                   uint64_t left, enum stk_status want)
{
    struct stk_buf out;
    struct walk_file file = {packed.data, UINT64_MAX};
    uint64_t left_too = left;
    assert_int_equal(expand_from(c, walk_source(&file, packed.len), &left_too, &out),
                     want);
    size_t len = out.len;
    stk_buf_release(&out);
    assert_int_equal(expand_from(c, stk_source_of(packed), &left, &out), want);
    assert_int_equal(out.len, len);
    for (size_t i = 0; i < len; i += c->plain.len) {
        size_t n = len - i < c->plain.len ? len - i : c->plain.len;
        assert_memory_equal(out.data + i, c->plain.data, n);
    }
    stk_buf_release(&out);
    return len;
}

static inline void expand_whole(const struct expand_case *c)
{
    assert_int_equal(expand_expect(c, c->packed, UINT64_MAX, STK_OK), c->plain.len);
}

static inline void expand_two_members(const struct expand_case *c)
{
    uint8_t *two = malloc(2 * c->packed.len);
    assert_non_null(two);
    memcpy(two, c->packed.data, c->packed.len);
    memcpy(two + c->packed.len, c->packed.data, c->packed.len);
    size_t len = expand_expect(c, stk_span_of(two, 2 * c->packed.len), UINT64_MAX,
                               c->joins ? STK_OK : STK_E_MALFORMED);
    assert_int_equal(len, c->joins ? 2 * c->plain.len : c->plain.len);
    free(two);
}

static inline void expand_truncated(const struct expand_case *c)
{
    size_t most = 0;
    for (size_t len = 0; len < c->packed.len; len += len < 64 ? 1 : 997) {
        size_t n = expand_expect(c, stk_span_of(c->packed.data, len), UINT64_MAX,
                                 STK_E_TRUNCATED);
        assert_true(n >= most);
        most = n;
    }
    assert_true(most > c->plain.len / 2);
}

static inline void expand_capped(const struct expand_case *c)
{
    static const size_t caps[] = {0, 1, 4095, 4096, 4097, EXPAND_PLAIN - 1};
    for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++) {
        assert_int_equal(expand_expect(c, c->packed, caps[i], STK_E_LIMIT), caps[i]);
    }
    assert_int_equal(expand_expect(c, c->packed, c->plain.len, STK_OK), c->plain.len);
}

/* Zeros are padding, other bytes are not. */
static inline void expand_followed(const struct expand_case *c)
{
    size_t room = c->packed.len + 5000;
    uint8_t *copy = calloc(1, room);
    assert_non_null(copy);
    memcpy(copy, c->packed.data, c->packed.len);
    struct stk_span all = stk_span_of(copy, room);
    assert_int_equal(expand_expect(c, all, UINT64_MAX, STK_OK), c->plain.len);
    copy[room - 1] = 'x';
    assert_int_equal(expand_expect(c, all, UINT64_MAX, STK_E_MALFORMED), c->plain.len);
    free(copy);
}

/* What comes before a broken byte comes out. */
static inline void expand_corrupt(const struct expand_case *c)
{
    uint8_t *copy = malloc(c->packed.len);
    assert_non_null(copy);
    memcpy(copy, c->packed.data, c->packed.len);
    memset(copy + c->packed.len / 10 * 9, 0xff, 64);
    struct stk_buf out;
    uint64_t left = UINT64_MAX;
    struct stk_source source = stk_source_of(stk_span_of(copy, c->packed.len));
    assert_int_equal(expand_from(c, source, &left, &out), STK_E_MALFORMED);
    assert_true(out.len > c->plain.len / 2);
    assert_memory_equal(out.data, c->plain.data, c->plain.len / 2);
    stk_buf_release(&out);
    free(copy);
}

static inline void expand_shrunk(const struct expand_case *c)
{
    struct stk_buf out;
    uint64_t left = UINT64_MAX;
    struct walk_file file = {c->packed.data, c->packed.len / 2};
    struct stk_source source = walk_source(&file, c->packed.len);
    assert_int_equal(expand_from(c, source, &left, &out), STK_E_SHRUNK);
    stk_buf_release(&out);
}

static inline enum stk_status expand_job(const struct stk_alloc *alloc, void *arg)
{
    static struct recorder r;
    const struct expand_case *c = arg;
    struct stk_buf out;
    struct stk_source source = stk_source_of(c->packed);
    recorder_init(&r, alloc);
    stk_buf_init(&out, alloc, SIZE_MAX);
    enum stk_status status = c->expand(&r.visitor, &source, &out);
    stk_buf_release(&out);
    return status;
}

static inline void expand_all(struct expand_case c)
{
    expand_whole(&c);
    expand_two_members(&c);
    expand_truncated(&c);
    expand_capped(&c);
    expand_followed(&c);
    expand_corrupt(&c);
    expand_shrunk(&c);
    STK_OOM_LOOP(expand_job, &c);
}
