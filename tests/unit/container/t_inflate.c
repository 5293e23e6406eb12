/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <zlib.h>

#include "container/inflate.h"
#include "oom.h"
#include "recorder.h"

static uint8_t plain[100000];
static uint8_t packed[200000];
static size_t packed_len;
static struct recorder recorder;

typedef enum stk_status (*expander)(const struct stk_visitor *, const struct stk_source *,
                                    struct stk_buf *);

static enum stk_status expand_bare(const struct stk_visitor *v,
                                   const struct stk_source *in, struct stk_buf *out)
{
    uint64_t used = 0;
    return stk_expand_deflate_used(v, in, out, &used);
}

static int start(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(plain); i++) {
        plain[i] = (uint8_t)((i * i) >> 7);
    }
    packed_len = 0;
    recorder_init(&recorder, &stk_alloc_libc);
    return 0;
}

/* Appends a compressed form of the first len bytes of plain. */
static void pack(int bits, size_t len)
{
    z_stream s = {0};
    assert_int_equal(deflateInit2(&s, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    s.next_in = plain;
    s.avail_in = (unsigned)len;
    s.next_out = packed + packed_len;
    s.avail_out = (unsigned)(sizeof(packed) - packed_len);
    assert_int_equal(deflate(&s, Z_FINISH), Z_STREAM_END);
    packed_len += s.total_out;
    (void)deflateEnd(&s);
}

/* The status, and that exactly the first want bytes of plain came out. */
static enum stk_status expand(expander f, size_t len, size_t want)
{
    struct stk_source in = stk_source_of(stk_span_of(packed, len));
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, SIZE_MAX);
    enum stk_status status = f(&recorder.visitor, &in, &out);
    assert_int_equal(out.len, want);
    assert_true(want == 0 || memcmp(out.data, plain, want) == 0);
    stk_buf_release(&out);
    return status;
}

static void each_wrapper(void **state)
{
    (void)state;
    pack(-15, sizeof(plain));
    assert_int_equal(expand(expand_bare, packed_len, sizeof(plain)), STK_OK);
    packed_len = 0;
    pack(15, sizeof(plain));
    assert_int_equal(expand(stk_expand_zlib, packed_len, sizeof(plain)), STK_OK);
    packed_len = 0;
    pack(31, sizeof(plain));
    assert_int_equal(expand(stk_expand_gzip, packed_len, sizeof(plain)), STK_OK);
    assert_true(recorder.expand_left == recorder.limits.expand_max - 3 * sizeof(plain));
}

static void cut_anywhere(void **state)
{
    (void)state;
    static const struct {
        expander f;
        int bits;
    } cases[] = {{expand_bare, -15}, {stk_expand_zlib, 15}, {stk_expand_gzip, 31}};
    for (size_t i = 0; i < 3; i++) {
        packed_len = 0;
        pack(cases[i].bits, 300);
        for (size_t len = 0; len < packed_len; len++) {
            struct stk_source in = stk_source_of(stk_span_of(packed, len));
            struct stk_buf out;
            stk_buf_init(&out, &stk_alloc_libc, SIZE_MAX);
            assert_int_equal(cases[i].f(&recorder.visitor, &in, &out), STK_E_TRUNCATED);
            stk_buf_release(&out);
        }
    }
}

static void other_bytes_behind(void **state)
{
    (void)state;
    pack(15, 100);
    memcpy(packed + packed_len, "more", 4);
    assert_int_equal(expand(stk_expand_zlib, packed_len + 4, 100), STK_E_MALFORMED);
}

static void how_much_was_used(void **state)
{
    (void)state;
    struct stk_buf out;
    uint64_t used = 0;
    pack(-15, 100);
    memcpy(packed + packed_len, "more", 4);
    struct stk_source in = stk_source_of(stk_span_of(packed, packed_len + 4));
    stk_buf_init(&out, &stk_alloc_libc, SIZE_MAX);
    assert_int_equal(stk_expand_deflate_used(&recorder.visitor, &in, &out, &used),
                     STK_OK);
    assert_int_equal(used, packed_len);
    assert_int_equal(out.len, 100);
    stk_buf_release(&out);
    memset(packed, 0xff, 4); /* a block type that does not exist */
    assert_int_equal(expand(expand_bare, packed_len, 0), STK_E_MALFORMED);
}

/* Python's gzip module reads one member after another, with zeros in between. */
static void gzip_members(void **state)
{
    (void)state;
    pack(31, 0);
    packed[packed_len++] = 0;
    packed[packed_len++] = 0;
    pack(31, 300);
    packed[packed_len++] = 0;
    assert_int_equal(expand(stk_expand_gzip, packed_len, 300), STK_OK);
    packed[packed_len++] = 'x';
    assert_int_equal(expand(stk_expand_gzip, packed_len, 300), STK_E_MALFORMED);
}

/* All optional fields, a wrong header checksum and reserved flags: Python reads it. */
static void gzip_header_fields(void **state)
{
    (void)state;
    static const uint8_t head[] = {0x1f, 0x8b, 8,   0xfe, 0,   0, 0,   0, 0,    3,   3, 0,
                                   'x',  'y',  'z', 'n',  'a', 0, 'c', 0, 0xba, 0xd1};
    memcpy(packed, head, sizeof(head));
    packed_len = sizeof(head);
    pack(-15, 200);
    uint32_t trailer[2] = {(uint32_t)crc32(0, plain, 200), 200};
    for (size_t i = 0; i < 8; i++) {
        packed[packed_len++] = (uint8_t)(trailer[i / 4] >> (8 * (i % 4)));
    }
    assert_int_equal(expand(stk_expand_gzip, packed_len, 200), STK_OK);
    packed[packed_len - 5] ^= 1; /* checksum: the content stands, and is not right */
    assert_int_equal(expand(stk_expand_gzip, packed_len, 200), STK_E_MALFORMED);
    packed[packed_len - 5] ^= 1;
    packed[packed_len - 1] ^= 1; /* length */
    assert_int_equal(expand(stk_expand_gzip, packed_len, 200), STK_E_MALFORMED);
    packed[2] = 7; /* method */
    assert_int_equal(expand(stk_expand_gzip, packed_len, 0), STK_E_MALFORMED);
}

static void expansion_stops_at_the_limit(void **state)
{
    (void)state;
    pack(31, 5000);
    recorder.expand_left = 5000;
    assert_int_equal(expand(stk_expand_gzip, packed_len, 5000), STK_OK);
    assert_int_equal(recorder.expand_left, 0);
    recorder.expand_left = 4999;
    assert_int_equal(expand(stk_expand_gzip, packed_len, 4999), STK_E_LIMIT);
    assert_int_equal(recorder.expand_left, 0);
}

static void a_preset_dictionary(void **state)
{
    (void)state;
    static const uint8_t head[] = {0x78, 0xbb, 1, 2, 3, 4, 5, 6};
    memcpy(packed, head, sizeof(head));
    assert_int_equal(expand(stk_expand_zlib, sizeof(head), 0), STK_E_UNSUPPORTED);
}

static enum stk_status expand_with(const struct stk_alloc *alloc, void *arg)
{
    (void)arg;
    struct stk_source in = stk_source_of(stk_span_of(packed, packed_len));
    struct stk_buf out;
    recorder_init(&recorder, alloc);
    stk_buf_init(&out, alloc, SIZE_MAX);
    enum stk_status status = stk_expand_gzip(&recorder.visitor, &in, &out);
    stk_buf_release(&out);
    return status;
}

static void survives_refused_memory(void **state)
{
    (void)state;
    pack(31, sizeof(plain));
    STK_OOM_LOOP(expand_with, NULL);
}

/* CRC-32 of ISO 3309, its check value, in two pieces. */
static void checksums(void **state)
{
    (void)state;
    static const uint8_t digits[] = "123456789";
    assert_int_equal(stk_crc32(0, digits, 9), 0xcbf43926);
    assert_int_equal(stk_crc32(stk_crc32(0, digits, 4), digits + 4, 5), 0xcbf43926);
    assert_int_equal(stk_crc32(7, digits, 0), 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_wrapper, start),
        cmocka_unit_test_setup(cut_anywhere, start),
        cmocka_unit_test_setup(other_bytes_behind, start),
        cmocka_unit_test_setup(how_much_was_used, start),
        cmocka_unit_test_setup(gzip_members, start),
        cmocka_unit_test_setup(gzip_header_fields, start),
        cmocka_unit_test_setup(expansion_stops_at_the_limit, start),
        cmocka_unit_test_setup(a_preset_dictionary, start),
        cmocka_unit_test_setup(survives_refused_memory, start),
        cmocka_unit_test_setup(checksums, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
