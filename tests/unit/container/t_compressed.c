/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "walk.h"

/* "hello", as Python's modules and the zstd and lz4 programs pack it. */
static const uint8_t gzip[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xcb, 0x48, 0xcd,
    0xc9, 0xc9, 0x07, 0x00, 0x86, 0xa6, 0x10, 0x36, 0x05, 0x00, 0x00, 0x00,
};
static const uint8_t bz2[] = {
    0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0x19, 0x31, 0x65, 0x3d,
    0x00, 0x00, 0x00, 0x81, 0x00, 0x02, 0x44, 0xa0, 0x00, 0x21, 0x9a, 0x68, 0x33, 0x4d,
    0x07, 0x33, 0x8b, 0xb9, 0x22, 0x9c, 0x28, 0x48, 0x0c, 0x98, 0xb2, 0x9e, 0x80,
};
static const uint8_t xz[] = {
    0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02,
    0x00, 0x21, 0x01, 0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0x01, 0x00,
    0x04, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x00, 0x00, 0x00, 0x00, 0xb1, 0x37, 0xb9,
    0xdb, 0xe5, 0xda, 0x1e, 0x9b, 0x00, 0x01, 0x1d, 0x05, 0xb8, 0x2d, 0x80, 0xaf,
    0x1f, 0xb6, 0xf3, 0x7d, 0x01, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a,
};
static const uint8_t lzma_alone[] = {
    0x5d, 0x00, 0x00, 0x80, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x00,
    0x34, 0x19, 0x49, 0xee, 0x8e, 0x68, 0x21, 0xff, 0xff, 0xff, 0xb9, 0xe0, 0x00, 0x00,
};
static const uint8_t zlib_9[] = {
    0x78, 0xda, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x06, 0x2c, 0x02, 0x15,
};
static const uint8_t zlib_0[] = {
    0x78, 0x01, 0x01, 0x05, 0x00, 0xfa, 0xff, 0x68,
    0x65, 0x6c, 0x6c, 0x6f, 0x06, 0x2c, 0x02, 0x15,
};
static const uint8_t zstd[] = {
    0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x29, 0x00, 0x00,
    0x68, 0x65, 0x6c, 0x6c, 0x6f, 0xa3, 0x6d, 0x9f, 0x88,
};
static const uint8_t lz4[] = {
    0x04, 0x22, 0x4d, 0x18, 0x64, 0x40, 0xa7, 0x05, 0x00, 0x00, 0x80, 0x68,
    0x65, 0x6c, 0x6c, 0x6f, 0x00, 0x00, 0x00, 0x00, 0xf9, 0x77, 0x00, 0xfb,
};

#define HELLO "(null) 0+5 any expanded: hello\n"

/* Only the given format takes the bytes. */
static void expect_only(const struct stk_format *format, const void *data, size_t len)
{
    for (size_t i = 0; stk_formats[i] != NULL; i++) {
        if (walk_recognises(stk_formats[i], data, len) != (stk_formats[i] == format)) {
            fail_msg("%s", stk_formats[i]->name);
        }
    }
    walk_expect(format, data, len, HELLO);
}

static void each_method(void **state)
{
    (void)state;
    expect_only(&stk_format_gzip, gzip, sizeof(gzip));
    expect_only(&stk_format_bz2, bz2, sizeof(bz2));
    expect_only(&stk_format_xz, xz, sizeof(xz));
    expect_only(&stk_format_lzma, lzma_alone, sizeof(lzma_alone));
    expect_only(&stk_format_zlib, zlib_9, sizeof(zlib_9));
    expect_only(&stk_format_zlib, zlib_0, sizeof(zlib_0));
    expect_only(&stk_format_zstd, zstd, sizeof(zstd));
    expect_only(&stk_format_lz4, lz4, sizeof(lz4));
}

static void a_file_that_breaks_off(void **state)
{
    (void)state;
    walk_expect(&stk_format_gzip, gzip, sizeof(gzip) - 1,
                "! malformed 0 gzip data ends early\n" HELLO);
    walk_expect(&stk_format_zstd, zstd, sizeof(zstd) - 1,
                "! malformed 0 zstd data ends early\n" HELLO);
    walk_expect(&stk_format_bz2, bz2, 10, "! malformed 0 bzip2 data ends early\n");
}

static void bytes_behind_the_end(void **state)
{
    (void)state;
    uint8_t copy[sizeof(xz) + 4];
    memcpy(copy, xz, sizeof(xz));
    memcpy(copy + sizeof(xz), "more", 4);
    walk_expect(&stk_format_xz, copy, sizeof(copy),
                "! malformed 0 xz data is corrupt or followed by other bytes\n" HELLO);
}

static void the_cap(void **state)
{
    (void)state;
    walk_expect_capped(&stk_format_gzip, gzip, sizeof(gzip), 3,
                       "! limit 0 gzip data expands past expand-max (3 bytes)\n"
                       "(null) 0+3 any expanded: hel\n");
    walk_expect_capped(&stk_format_zlib, zlib_9, sizeof(zlib_9), 0,
                       "! limit 0 zlib data expands past expand-max (0 bytes)\n");
}

/* Text may begin as zlib data does. What comes out of it is searched, and so is the text,
 * but a few bytes that lead nowhere say nothing about the file. */
static void text_that_begins_like_zlib(void **state)
{
    (void)state;
    static const char text[] = "x^2 + y^2 = z^2 has solutions in integers";
    static struct recorder r;
    struct stk_source source = stk_source_of(stk_span_of(text, sizeof(text) - 1));
    walk_init(&r, &stk_alloc_libc);
    assert_int_equal(stk_format_zlib.walk(&source, &r.visitor), STK_OK);
    assert_null(strstr(r.log, "!"));
    static const uint8_t stored[] = {0x78, 0x01, 0x01, 5, 0, 0xfa, 0xfe, 'h', 'e'};
    assert_false(walk_recognises(&stk_format_zlib, stored, sizeof(stored)));
}

static void skippable_frames_first(void **state)
{
    (void)state;
    uint8_t copy[8 + 3 + sizeof(zstd)] = {0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3};
    memcpy(copy + 11, zstd, sizeof(zstd));
    walk_expect(&stk_format_zstd, copy, sizeof(copy), HELLO);
    assert_false(walk_recognises(&stk_format_lz4, copy, sizeof(copy)));
    assert_false(walk_recognises(&stk_format_zstd, copy, 11 + 4));
}

static void more_skippable_frames_than_are_followed(void **state)
{
    (void)state;
    static uint8_t copy[8 * 100 + sizeof(zstd)];
    for (size_t i = 0; i < 100; i++) {
        memcpy(copy + 8 * i, "\x50\x2a\x4d\x18\0\0\0", 8);
    }
    memcpy(copy + 800, zstd, sizeof(zstd));
    walk_expect(&stk_format_zstd, copy, sizeof(copy), HELLO);
}

/* joblib before 0.10; Python 2 padded the length by one more. */
static void zfile(void **state)
{
    (void)state;
    uint8_t copy[22 + sizeof(zlib_9)];
    memcpy(copy, "ZF0x5                 ", 22);
    memcpy(copy + 21, zlib_9, sizeof(zlib_9));
    walk_expect(&stk_format_zfile, copy, 21 + sizeof(zlib_9), HELLO);
    copy[21] = ' ';
    memcpy(copy + 22, zlib_9, sizeof(zlib_9));
    walk_expect(&stk_format_zfile, copy, sizeof(copy), HELLO);
    walk_expect(&stk_format_zfile, copy, 25, "! malformed 0 zlib data ends early\n");
    assert_false(walk_recognises(&stk_format_zfile, copy, 21));
}

static void environment(void **state)
{
    (void)state;
    walk_expect_shrunk(&stk_format_gzip, gzip, sizeof(gzip), 12);
    walk_oom(&stk_format_gzip, gzip, sizeof(gzip));
    walk_oom(&stk_format_xz, xz, sizeof(xz));
    walk_oom(&stk_format_zstd, zstd, sizeof(zstd));
}

/* The visitor's answer is the walk's. */
static void a_visitor_that_stops(void **state)
{
    (void)state;
    static struct recorder r;
    struct stk_source source = stk_source_of(stk_span_of(gzip, sizeof(gzip)));
    walk_init(&r, &stk_alloc_libc);
    r.answer = STK_E_LIMIT;
    assert_int_equal(stk_format_gzip.walk(&source, &r.visitor), STK_E_LIMIT);
}

/* A small stream that a loader could read as well, and one behind it: what is no LZMA
 * data must not hide it. */
static void a_stream_that_begins_like_lzma(void **state)
{
    (void)state;
    uint8_t file[2 + 128 + 1 + 4] = {0x8a, 0x80};
    memcpy(file + 130, ".cos\n", 5);
    walk_expect(&stk_format_lzma, file, sizeof(file), "(null) 1+134 any\n");
}

/* zlib.decompress takes any window that is not larger than 32 KiB. */
static void zlib_of_every_window(void **state)
{
    (void)state;
    uint8_t copy[sizeof(zlib_9)];
    memcpy(copy, zlib_9, sizeof(copy));
    for (uint8_t window = 0; window < 8; window++) {
        copy[0] = (uint8_t)(window << 4 | 8);
        copy[1] = (uint8_t)(31 - (copy[0] << 8) % 31);
        walk_expect(&stk_format_zlib, copy, sizeof(copy), HELLO);
    }
    copy[0] = 0x88;
    copy[1] = (uint8_t)(31 - (copy[0] << 8) % 31);
    assert_false(walk_recognises(&stk_format_zlib, copy, sizeof(copy)));
}

/* joblib gives the length to int(text, 16). */
static void lengths_of_a_zfile(void **state)
{
    (void)state;
    static const char *const lengths[] = {"5", "+5", " 0X05", "0_5", "-0x5"};
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        uint8_t copy[21 + sizeof(zlib_9)];
        memset(copy, ' ', 21);
        memcpy(copy, "ZF", 2);
        memcpy(copy + 2, lengths[i], strlen(lengths[i]));
        memcpy(copy + 21, zlib_9, sizeof(zlib_9));
        walk_expect(&stk_format_zfile, copy, sizeof(copy), HELLO);
        copy[12] = 'g';
        assert_false(walk_recognises(&stk_format_zfile, copy, sizeof(copy)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_method),
        cmocka_unit_test(a_file_that_breaks_off),
        cmocka_unit_test(bytes_behind_the_end),
        cmocka_unit_test(the_cap),
        cmocka_unit_test(text_that_begins_like_zlib),
        cmocka_unit_test(skippable_frames_first),
        cmocka_unit_test(more_skippable_frames_than_are_followed),
        cmocka_unit_test(zfile),
        cmocka_unit_test(environment),
        cmocka_unit_test(a_visitor_that_stops),
        cmocka_unit_test(a_stream_that_begins_like_lzma),
        cmocka_unit_test(zlib_of_every_window),
        cmocka_unit_test(lengths_of_a_zfile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
