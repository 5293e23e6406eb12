/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/status.h"

static void each_status_has_its_own_text(void **state)
{
    (void)state;
    for (int a = STK_OK; a <= STK_E_BUG; a++) {
        const char *text = stk_status_text((enum stk_status)a);
        assert_non_null(text);
        assert_string_not_equal(text, "unknown status");
        for (int b = STK_OK; b < a; b++) {
            assert_string_not_equal(text, stk_status_text((enum stk_status)b));
        }
    }
    assert_string_equal(stk_status_text((enum stk_status)99), "unknown status");
}

static void environment_and_bytes_are_told_apart(void **state)
{
    (void)state;
    assert_true(stk_status_is_environment(STK_E_IO));
    assert_true(stk_status_is_environment(STK_E_SHRUNK));
    assert_true(stk_status_is_environment(STK_E_NOMEM));
    assert_true(stk_status_is_environment(STK_E_BUG));
    assert_false(stk_status_is_environment(STK_OK));
    assert_false(stk_status_is_environment(STK_E_TRUNCATED));
    assert_false(stk_status_is_environment(STK_E_MALFORMED));
    assert_false(stk_status_is_environment(STK_E_UNSUPPORTED));
    assert_false(stk_status_is_environment(STK_E_LIMIT));
}

static enum stk_status tries(enum stk_status first, int *ret_reached)
{
    STK_TRY(first);
    *ret_reached = 1;
    return STK_OK;
}

static void try_passes_failures_on(void **state)
{
    (void)state;
    int reached = 0;
    assert_int_equal(tries(STK_E_LIMIT, &reached), STK_E_LIMIT);
    assert_int_equal(reached, 0);
    assert_int_equal(tries(STK_OK, &reached), STK_OK);
    assert_int_equal(reached, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_status_has_its_own_text),
        cmocka_unit_test(environment_and_bytes_are_told_apart),
        cmocka_unit_test(try_passes_failures_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
