/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "value/limbs.h"

static void multiplies_and_adds(void **state)
{
    (void)state;
    uint64_t limbs[3] = {UINT64_MAX, UINT64_MAX, 7};
    assert_int_equal(stk_limbs_muladd(limbs, 0, 10, 0), 0);
    assert_int_equal(stk_limbs_muladd(limbs, 2, UINT64_MAX, UINT64_MAX), 3);
    /* (2^128 - 1) (2^64 - 1) + 2^64 - 1 = (2^64 - 1) 2^128 */
    assert_true(limbs[0] == 0 && limbs[1] == 0 && limbs[2] == UINT64_MAX);
    assert_int_equal(stk_limbs_trim(limbs, 2), 0);
    assert_int_equal(stk_limbs_trim(limbs, 3), 3);
    assert_int_equal(stk_limbs_bits(limbs, 3), 192);
}

static void shifts(void **state)
{
    (void)state;
    static const size_t bits[] = {0, 1, 63, 64, 65, 100, 128};
    for (size_t i = 0; i < sizeof bits / sizeof bits[0]; i++) {
        uint64_t limbs[4] = {0x8000000000000001, 99, 99, 99};
        stk_limbs_shift(limbs, 1, 4, bits[i]);
        stk_wide low = (stk_wide)limbs[1] << 64 | limbs[0];
        stk_wide high = (stk_wide)limbs[3] << 64 | limbs[2];
        stk_wide number = 0x8000000000000001;
        if (bits[i] < 128) {
            assert_true(low == number << bits[i]);
            assert_true(high == (bits[i] <= 64 ? 0 : number >> (128 - bits[i])));
        } else {
            assert_true(low == 0 && high == number);
        }
    }
}

/* The quotient's estimate is right, one too large and two too large. */
static void divides(void **state)
{
    (void)state;
    static const uint64_t divisors[][3] = {
        {0, 0, UINT64_C(1) << 63},
        {UINT64_MAX, UINT64_MAX, UINT64_C(1) << 63},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX},
        {1, 0, UINT64_MAX},
        {0, UINT64_MAX, UINT64_C(1) << 63},
    };
    static const uint64_t quotients[] = {
        0, 1, 2, UINT64_C(1) << 63, UINT64_MAX - 1, UINT64_MAX};
    for (size_t i = 0; i < sizeof divisors / sizeof divisors[0]; i++) {
        for (size_t k = 0; k < sizeof quotients / sizeof quotients[0]; k++) {
            uint64_t rem[4];
            memcpy(rem, divisors[i], sizeof divisors[i]);
            size_t n = stk_limbs_muladd(rem, 3, quotients[k], 12345);
            memset(rem + n, 0, (4 - n) * sizeof rem[0]);
            assert_true(stk_limbs_reduce(rem, divisors[i], 3) == quotients[k]);
            assert_true(rem[0] == 12345 && rem[1] == 0 && rem[2] == 0 && rem[3] == 0);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(multiplies_and_adds),
        cmocka_unit_test(shifts),
        cmocka_unit_test(divides),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
