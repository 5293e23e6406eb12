/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"

/* A rule's number says its verdict: 1xx dangerous, 2xx undecided, 3xx review. */
static void rules(void **state)
{
    (void)state;
    static const enum stk_verdict verdicts[] = {STK_VERDICT_CLEAN, STK_VERDICT_DANGEROUS,
                                                STK_VERDICT_UNDECIDED,
                                                STK_VERDICT_REVIEW};
    for (int i = 0; i < STK_RULE_COUNT; i++) {
        assert_memory_equal(stk_rules[i].id, "STK", 3);
        assert_int_equal(strlen(stk_rules[i].id), 6);
        assert_in_range(stk_rules[i].id[3], '1', '3');
        assert_int_equal(stk_rules[i].verdict, verdicts[stk_rules[i].id[3] - '0']);
        assert_true(strlen(stk_rules[i].text) > 10);
        assert_true(i == 0 || strcmp(stk_rules[i - 1].id, stk_rules[i].id) < 0);
    }
}

static void names(void **state)
{
    (void)state;
    assert_string_equal(stk_verdict_name(STK_VERDICT_CLEAN), "clean");
    assert_string_equal(stk_verdict_name(STK_VERDICT_REVIEW), "review");
    assert_string_equal(stk_verdict_name(STK_VERDICT_UNDECIDED), "undecided");
    assert_string_equal(stk_verdict_name(STK_VERDICT_DANGEROUS), "dangerous");
    assert_string_equal(stk_rating_name(STK_RATING_NONE), "unknown");
    assert_string_equal(stk_rating_name(STK_RATING_VETTED), "vetted");
    assert_string_equal(stk_rating_name(STK_RATING_UNKNOWN), "unknown");
    assert_string_equal(stk_rating_name(STK_RATING_DANGEROUS), "dangerous");
    assert_string_equal(stk_severity_name(STK_SEVERITY_LOW), "low");
    assert_string_equal(stk_severity_name(STK_SEVERITY_MEDIUM), "medium");
    assert_string_equal(stk_severity_name(STK_SEVERITY_HIGH), "high");
    assert_string_equal(stk_severity_name(STK_SEVERITY_CRITICAL), "critical");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules),
        cmocka_unit_test(names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
