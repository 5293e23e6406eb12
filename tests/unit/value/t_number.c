/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <string.h>

#include "value/limbs.h"
#include "value/value.h"

static struct stk_arena arena;

static int set_up(void **state)
{
    (void)state;
    stk_arena_init(&arena, &stk_alloc_libc, (size_t)1 << 24);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stk_arena_release(&arena);
    return 0;
}

/* A decimal integer of any size. */
static struct stk_value integer(const char *text)
{
    static uint64_t limbs[2048];
    struct stk_value value;
    bool negative = *text == '-';
    size_t n = 0;
    for (text += negative; *text != '\0'; text++) {
        n = stk_limbs_muladd(limbs, n, 10, (uint64_t)(*text - '0'));
    }
    assert_int_equal(stk_value_big(&arena, 0, negative, limbs, n, &value), STK_OK);
    return value;
}

/* 10^n */
static struct stk_value ten_to(size_t n)
{
    static char text[20000];
    memset(text, '0', n + 1);
    text[0] = '1';
    text[n + 1] = '\0';
    return integer(text);
}

static struct stk_value number(double value)
{
    return stk_value_float(0, value);
}

static int sign(int order)
{
    return (order > 0) - (order < 0);
}

/* Each is less than the next; all pairs are compared both ways. */
static void one_order(void **state)
{
    (void)state;
    const struct stk_value ascending[] = {
        number(-HUGE_VAL),
        number(-1e300),
        integer("-100000000000000000000000000000000000001"),
        integer("-100000000000000000000000000000000000000"),
        number(-0x1.0000000000001p64),
        integer("-18446744073709551616"),
        number(-0x1.fffffffffffffp63),
        integer("-9223372036854775809"),
        integer("-9223372036854775808"),
        integer("-9223372036854775807"),
        number(-2.5),
        integer("-2"),
        number(-5e-324),
        integer("0"),
        number(0.5),
        integer("1"),
        number(1.0000000000000002),
        number(9007199254740992.0),
        integer("9007199254740993"),
        number(9007199254740994.0),
        number(0x1.fffffffffffffp62),
        integer("9223372036854775807"),
        number(0x1p63),
        integer("9223372036854775809"),
        integer("18446744073709551615"),
        number(0x1p64),
        integer("18446744073709551617"),
        number(0x1.0000000000001p64),
        ten_to(299),
        number(1e300), /* 10^300 + 5e283 */
        ten_to(301),
        number(1.7976931348623157e308),
        ten_to(309),
        number(HUGE_VAL),
        number((double)NAN),
    };
    size_t n = sizeof ascending / sizeof ascending[0];
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < n; k++) {
            int expected = i < k ? -1 : i > k ? 1 : i == n - 1 ? 1 : 0;
            int order = stk_value_compare_numbers(ascending[i], ascending[k]);
            if (sign(order) != expected) {
                print_error("%zu, %zu: %d\n", i, k, order);
                fail();
            }
        }
    }
}

static void equal_numbers(void **state)
{
    (void)state;
    const struct stk_value pairs[][2] = {
        {number(0.0), number(-0.0)},
        {number(-0.0), integer("0")},
        {number(1.0), integer("1")},
        {number(-0x1p63), integer("-9223372036854775808")},
        {number(0x1p63), integer("9223372036854775808")},
        {number(-0x1p64), integer("-18446744073709551616")},
        {number(1e22), ten_to(22)},
        {number(9007199254740992.0), integer("9007199254740992")},
        {ten_to(100), ten_to(100)},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        assert_int_equal(stk_value_compare_numbers(pairs[i][0], pairs[i][1]), 0);
        assert_int_equal(stk_value_compare_numbers(pairs[i][1], pairs[i][0]), 0);
    }
    assert_true(stk_value_compare_numbers(number(1e300), ten_to(300)) > 0);
    assert_true(stk_value_compare_numbers(number(1e23), ten_to(23)) < 0);
}

static void whole_numbers(void **state)
{
    (void)state;
    static const double whole[] = {0, -0.0, 1, -1, 1e300, 9007199254740993.0, 0x1p63};
    static const double others[] = {0.5, -1.5, 5e-324, 4503599627370495.5};
    assert_true(stk_value_is_whole(integer("7")));
    assert_true(stk_value_is_whole(ten_to(30)));
    assert_false(stk_value_is_whole(stk_value_bool(0, true)));
    assert_false(stk_value_is_whole(stk_value_none(0)));
    assert_false(stk_value_is_whole(number((double)NAN)));
    assert_false(stk_value_is_whole(number(HUGE_VAL)));
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        assert_true(stk_value_is_whole(number(whole[i])));
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(stk_value_is_whole(number(others[i])));
    }
}

struct multiple {
    struct stk_value a;
    struct stk_value b;
    bool is;
};

static void check_multiples(const struct multiple *table, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (stk_value_is_multiple(table[i].a, table[i].b) != table[i].is) {
            print_error("row %zu\n", i);
            fail();
        }
    }
}

static void multiples(void **state)
{
    (void)state;
    const struct multiple table[] = {
        {integer("6"), integer("3"), true},
        {integer("-6"), integer("3"), true},
        {integer("7"), integer("3"), false},
        {integer("-9223372036854775808"), integer("2"), true},
        {integer("-9223372036854775808"), number(2), true},
        {number(0), number(0.3), true},
        {integer("0"), ten_to(400), true},
        {number(0.0075), number(0.0001), true},
        {number(0.00751), number(0.0001), false},
        {number(-4.5), number(1.5), true},
        {number(4.5), integer("2"), false},
        {number(35), number(1.5), false},
        {number(0.3), number(0.1), true},
        {number(1.1), number(0.1), true},
        {number(19.99), number(0.01), true},
        {number(0.30000000000000004), number(0.1), false},
        {number(1e308), number(0.123456789), false},
        {number(1e308), number(0.5), true},
        {number(1e308), number(5e-324), true},
        {number(5e-324), number(1e308), false},
        {number(5e-324), number(5e-324), true},
        {number(5e-324), number(2.5e-320), false},
        {integer("12391239123"), number(1e-8), true},
        {number(12391239123.5), number(1e-8), true},
        {integer("12391239123"), number(1e-320), true},
        {integer("1"), number(3e-320), false},
        {integer("100"), number(1e3), false},
        {integer("1000"), number(1e3), true},
        {number(1e22), number(1e21), true},
        {number(1e21), number(1e22), false},
        {number(3e22), number(2e21), true},
        {number(3e21), number(2e21), false},
    };
    check_multiples(table, sizeof table / sizeof table[0]);
}

static void multiples_of_big_numbers(void **state)
{
    (void)state;
    const struct multiple table[] = {
        {ten_to(100), integer("8"), true},
        {ten_to(100), integer("3"), false},
        {ten_to(100), number(0.03125), true},
        {ten_to(100), number(0.3), false},
        {ten_to(100), number(1e100), true},
        {ten_to(99), number(1e100), false},
        {integer("-999999999999999999999999999"), integer("999999999"), true},
        {integer("999999999999999999999999999"), integer("1000000001"), false},
        {integer("121932631356500531591068431581771069347203169112635269"),
         integer("123456789123456789123456789"), true},
        {integer("121932631356500531591068431581771069347203169112635270"),
         integer("123456789123456789123456789"), false},
        {number(1e40), ten_to(20), true},
        {number(1e20), ten_to(20), true},
        {number(1.5e20), ten_to(20), false},
        {number(0.5), ten_to(20), false},
        {integer("5"), ten_to(20), false},
        {ten_to(19000), integer("1024"), true},
        {ten_to(19000), integer("7"), false},
        {ten_to(4300), ten_to(4299), true},
        {ten_to(4299), ten_to(4300), false},
        {ten_to(5000), ten_to(5000), false}, /* more than STK_DIVISOR_LIMBS */
        {number((double)NAN), integer("1"), false},
        {number(HUGE_VAL), integer("1"), false},
        {number(1), number(HUGE_VAL), false},
    };
    check_multiples(table, sizeof table / sizeof table[0]);
}

/* Against 64-bit arithmetic: k/1000 is a multiple of d/1000 where k is one of d. */
static void small_decimals(void **state)
{
    (void)state;
    for (int64_t k = -3000; k < 3000; k += 7) {
        for (int64_t d = 1; d < 100; d++) {
            bool is = k % d == 0;
            struct stk_value a = number((double)k / 1000);
            assert_true(stk_value_is_multiple(a, number((double)d / 1000)) == is);
            assert_true(stk_value_is_multiple(number((double)k), number((double)d)) ==
                        is);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(equal_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(whole_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(multiples, set_up, tear_down),
        cmocka_unit_test_setup_teardown(multiples_of_big_numbers, set_up, tear_down),
        cmocka_unit_test_setup_teardown(small_decimals, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
