/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "walk.h"

static uint8_t file[3 << 20];

/* The name at an offset of a file whose other bytes are opcodes that do nothing. */
static bool recognised(const char *begin, size_t n_begin, size_t at, size_t len)
{
    memset(file, '0', len);
    memcpy(file, begin, n_begin);
    memcpy(file + at, "joblib.numpy_pickle", 19);
    return walk_recognises(&stk_format_joblib, file, len);
}

static void the_name_in_a_stream(void **state)
{
    (void)state;
    assert_true(recognised("\x80\x04", 2, 15, 34));
    assert_true(recognised("\x80\x05", 2, 100000, 200000));
    assert_true(recognised("\x80\x02", 2, (1 << 20) - 19, 2 << 20));
    assert_false(recognised("\x80\x02", 2, (1 << 20) - 18, 2 << 20));
    assert_true(recognised("c", 1, 1, 100));
    assert_true(recognised("(", 1, 4096 - 19, 8192));
    assert_false(recognised("(", 1, 4096 - 18, 8192));
}

static void no_stream(void **state)
{
    (void)state;
    assert_false(recognised("\x80\x06", 2, 15, 100));
    assert_false(recognised("the ", 4, 15, 100));
    assert_false(walk_recognises(&stk_format_joblib, "\x80\x04N.", 4));
    assert_false(walk_recognises(&stk_format_joblib, "", 0));
}

static void the_whole_is_handed_out(void **state)
{
    (void)state;
    assert_true(recognised("\x80\x04", 2, 15, 34));
    walk_expect(&stk_format_joblib, file, 34, "(null) 0+34 joblib\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_name_in_a_stream),
        cmocka_unit_test(no_stream),
        cmocka_unit_test(the_whole_is_handed_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
