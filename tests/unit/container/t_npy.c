/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "walk.h"

static uint8_t file[4096];
static size_t len;

static int start(void **state)
{
    (void)state;
    len = 0;
    return 0;
}

static void add(const void *data, size_t n)
{
    memcpy(file + len, data, n);
    len += n;
}

/* An array of version 1, its header padded to 128 bytes in all as numpy does. */
static void add_array(const char *descr, const char *shape, size_t data)
{
    char text[119];
    int n =
        snprintf(text, sizeof(text),
                 "{'descr': %s, 'fortran_order': False, 'shape': %s, }", descr, shape);
    memset(text + n, ' ', sizeof(text) - (size_t)n);
    text[117] = '\n';
    add("\x93NUMPY\x01\0\x76\0", 10);
    add(text, 118);
    memset(file + len, 7, data);
    len += data;
}

static void numbers(void **state)
{
    (void)state;
    add_array("'<i8'", "(3,)", 24);
    walk_expect(&stk_format_npy, file, len, "");
}

static void objects(void **state)
{
    (void)state;
    add_array("'|O'", "(3,)", 0);
    add("\x80\x04N.", 4);
    walk_expect(&stk_format_npy, file, len, "(null) 128+4 stream\n");
}

static void several_arrays(void **state)
{
    (void)state;
    add_array("'<i8'", "(3,)", 24);
    add_array("'<i4'", "()", 4);
    add_array("'|O'", "()", 4);
    walk_expect(&stk_format_npy, file, len, "(null) 412+4 stream\n");
}

static void bytes_behind_the_array(void **state)
{
    (void)state;
    add_array("'<i8'", "(3,)", 24);
    add("cos\nsystem\n", 11);
    walk_expect(&stk_format_npy, file, len, "(null) 152+11 any\n");
    len = 155;
    walk_expect(&stk_format_npy, file, len, "(null) 152+3 any: cos\n");
}

static void data_that_ends_early(void **state)
{
    (void)state;
    add_array("'<i8'", "(3,)", 23);
    walk_expect(&stk_format_npy, file, len,
                "! malformed 128 npy data ends early: 23 of 24 bytes\n");
}

static void malformed_headers(void **state)
{
    (void)state;
    add_array("'<\\x4f'", "(3,)", 2);
    walk_expect(&stk_format_npy, file, len,
                "! malformed 0 npy header is malformed\n(null) 128+2 any\n");
    len = 60; /* inside of the text */
    walk_expect(&stk_format_npy, file, len,
                "! malformed 0 npy header is malformed\n(null) 10+50 any\n");
    len = 7;
    walk_expect(&stk_format_npy, file, len,
                "! malformed 0 npy header is malformed\n(null) 6+1 any\n");
    file[6] = 4; /* no such version */
    len = 12;
    walk_expect(&stk_format_npy, file, len,
                "! malformed 0 npy header is malformed\n(null) 6+6 any\n");
}

/* Version 2 has four bytes of length, which are not taken as a size to allocate. */
static void version_2(void **state)
{
    (void)state;
    static const char text[] = "{'descr': '|O', 'fortran_order': False, 'shape': ()}\n";
    add("\x93NUMPY\x02\0", 8);
    add("\x35\0\0\0", 4);
    add(text, sizeof(text) - 1);
    add("N.", 2);
    walk_expect(&stk_format_npy, file, len, "(null) 65+2 stream: N.\n");
    memset(file + 8, 0xff, 4);
    walk_expect(&stk_format_npy, file, len,
                "! malformed 0 npy header is malformed\n(null) 12+55 any\n");
}

static void environment(void **state)
{
    (void)state;
    add_array("'|O'", "(3,)", 8);
    walk_expect_shrunk(&stk_format_npy, file, len, 5);
    walk_expect_shrunk(&stk_format_npy, file, len, 100);
    walk_oom(&stk_format_npy, file, len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(numbers, start),
        cmocka_unit_test_setup(objects, start),
        cmocka_unit_test_setup(several_arrays, start),
        cmocka_unit_test_setup(bytes_behind_the_array, start),
        cmocka_unit_test_setup(data_that_ends_early, start),
        cmocka_unit_test_setup(malformed_headers, start),
        cmocka_unit_test_setup(version_2, start),
        cmocka_unit_test_setup(environment, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
