/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/span.h"

static void compares(void **state)
{
    (void)state;
    struct stk_span a = stk_span_of("abc", 3);
    struct stk_span none = stk_span_of(NULL, 0);
    assert_true(stk_span_equal(a, stk_span_of("abcd", 3)));
    assert_false(stk_span_equal(a, stk_span_of("abd", 3)));
    assert_false(stk_span_equal(a, stk_span_of("abc", 2)));
    assert_true(stk_span_equal(none, stk_span_of("x", 0)));
    assert_true(stk_span_starts(a, "ab", 2));
    assert_false(stk_span_starts(a, "abcd", 4));
    assert_false(stk_span_starts(a, "b", 1));
    assert_true(stk_span_starts(none, NULL, 0));
    assert_true(stk_span_is(a, "abc"));
    assert_false(stk_span_is(a, "ab"));
    assert_true(stk_span_is(none, ""));
}

static void finds_the_first(void **state)
{
    (void)state;
    struct stk_span span = stk_span_of("aab\0aab", 7);
    assert_int_equal(stk_span_find(span, "ab", 2), 1);
    assert_int_equal(stk_span_find(span, "\0a", 2), 3);
    assert_int_equal(stk_span_find(span, "b", 1), 2);
    assert_true(stk_span_find(span, "ba", 2) == SIZE_MAX);
    assert_true(stk_span_find(span, "aab\0aabc", 8) == SIZE_MAX);
    assert_int_equal(stk_span_find(span, NULL, 0), 0);
    assert_true(stk_span_find(stk_span_of(NULL, 0), "a", 1) == SIZE_MAX);
}

static void reads_both_byte_orders(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6, 0xf7, 0xf8};
    assert_int_equal(stk_le16(bytes), 0xf2f1);
    assert_true(stk_le32(bytes) == UINT32_C(0xf4f3f2f1));
    assert_true(stk_le64(bytes) == UINT64_C(0xf8f7f6f5f4f3f2f1));
    assert_true(stk_be32(bytes) == UINT32_C(0xf1f2f3f4));
}

static void copies(void **state)
{
    (void)state;
    char to[4] = "xyz";
    stk_copy(to, "ab", 2);
    assert_string_equal(to, "abz");
    stk_copy(to, NULL, 0);
    assert_string_equal(to, "abz");
}

static void finds_the_last(void **state)
{
    (void)state;
    struct stk_span span = stk_span_of("aab\0aab", 7);
    assert_int_equal(stk_span_find_last(span, "ab", 2), 5);
    assert_int_equal(stk_span_find_last(span, "aa", 2), 4);
    assert_int_equal(stk_span_find_last(span, "\0", 1), 3);
    assert_int_equal(stk_span_find_last(span, "aab\0aab", 7), 0);
    assert_true(stk_span_find_last(span, "ba", 2) == SIZE_MAX);
    assert_true(stk_span_find_last(span, "aab\0aabc", 8) == SIZE_MAX);
    assert_int_equal(stk_span_find_last(span, NULL, 0), 7);
    assert_true(stk_span_find_last(stk_span_of(NULL, 0), "a", 1) == SIZE_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compares),       cmocka_unit_test(finds_the_first),
        cmocka_unit_test(finds_the_last), cmocka_unit_test(reads_both_byte_orders),
        cmocka_unit_test(copies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
