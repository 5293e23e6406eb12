/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "value/object.h"

static enum stk_dtype of(const char *name)
{
    return stk_dtype_of(stk_span_of(name, strlen(name)));
}

static void names_and_types_lead_to_each_other(void **state)
{
    (void)state;
    for (int i = STK_DTYPE_NONE + 1; i < STK_DTYPES; i++) {
        const char *name = stk_dtype_name((enum stk_dtype)i);
        assert_non_null(name);
        assert_int_equal(of(name), i);
        assert_true(stk_dtype_item_size((enum stk_dtype)i) > 0);
    }
}

static void sizes(void **state)
{
    (void)state;
    assert_true(stk_dtype_item_size(of("bool")) == 1);
    assert_true(stk_dtype_item_size(of("int64")) == 8);
    assert_true(stk_dtype_item_size(of("bfloat16")) == 2);
    assert_true(stk_dtype_item_size(of("float8_e5m2fnuz")) == 1);
    assert_true(stk_dtype_item_size(of("complex128")) == 16);
}

static void others(void **state)
{
    (void)state;
    assert_string_equal(stk_dtype_name(STK_DTYPE_NONE), "other");
    assert_true(stk_dtype_item_size(STK_DTYPE_NONE) == 0);
    assert_int_equal(of("other"), STK_DTYPE_NONE);
    assert_int_equal(of(""), STK_DTYPE_NONE);
    assert_int_equal(of("int"), STK_DTYPE_NONE);
    assert_int_equal(of("int642"), STK_DTYPE_NONE);
    assert_int_equal(of("Int64"), STK_DTYPE_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_types_lead_to_each_other),
        cmocka_unit_test(sizes),
        cmocka_unit_test(others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
