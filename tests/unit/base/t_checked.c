/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/checked.h"

static void sums_and_products(void **state)
{
    (void)state;
    uint64_t got = 7;
    assert_true(stk_add(UINT64_MAX - 1, 1, &got));
    assert_true(got == UINT64_MAX);
    got = 7;
    assert_false(stk_add(UINT64_MAX, 1, &got));
    assert_int_equal(got, 7); /* untouched */
    assert_true(stk_mul(UINT64_C(1) << 32, UINT64_C(1) << 31, &got));
    assert_true(got == UINT64_C(1) << 63);
    got = 7;
    assert_false(stk_mul(UINT64_C(1) << 32, UINT64_C(1) << 32, &got));
    assert_int_equal(got, 7);
    size_t size = 0;
    assert_true(stk_to_size(UINT64_MAX, &size) == (SIZE_MAX >= UINT64_MAX));
}

static void ranges(void **state)
{
    (void)state;
    assert_true(stk_range_ok(0, 0, 0));
    assert_true(stk_range_ok(3, 7, 10));
    assert_true(stk_range_ok(10, 0, 10));
    assert_false(stk_range_ok(3, 8, 10));
    assert_false(stk_range_ok(11, 0, 10));
    assert_false(stk_range_ok(2, UINT64_MAX, 10)); /* the sum would wrap to 1 */
    assert_false(stk_range_ok(UINT64_MAX, 2, 10));
    assert_true(stk_range_ok(0, UINT64_MAX, UINT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_and_products),
        cmocka_unit_test(ranges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
