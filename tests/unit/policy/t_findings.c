/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"
#include "oom.h"
#include "policy/state.h"

static enum stk_status add(struct stk_policy *policy, enum stk_rule rule, uint64_t off,
                           const char *message)
{
    struct stk_line line = {0};
    stk_line_add(&line, "%s", message);
    return stk_policy_note(policy, rule, off, &line);
}

static void duplicates_are_dropped(void **state)
{
    (void)state;
    struct rated r;
    rated_init(&r, STK_LOADER_PICKLE);
    rated_run(&r, &stk_alloc_libc, "N.", 2);
    assert_int_equal(add(r.policy, STK_RULE_CONTAINER, 7, "one"), STK_OK);
    assert_int_equal(add(r.policy, STK_RULE_CONTAINER, 7, "two"), STK_OK);
    assert_int_equal(add(r.policy, STK_RULE_CONTAINER, 8, "three"), STK_OK);
    assert_int_equal(add(r.policy, STK_RULE_ENCRYPTED, 7, "four"), STK_OK);
    assert_string_equal(rated_text(&r), "STK205 7 one\nSTK205 8 three\nSTK207 7 four\n");
    rated_release(&r);
}

static void many_are_found_again(void **state)
{
    (void)state;
    struct rated r;
    size_t n = 0;
    rated_init(&r, STK_LOADER_PICKLE);
    rated_run(&r, &stk_alloc_libc, "N.", 2);
    for (int round = 0; round < 2; round++) {
        for (uint64_t off = 0; off < 900; off++) {
            assert_int_equal(add(r.policy, STK_RULE_PERSISTENT, off << 20, "x"), STK_OK);
        }
    }
    (void)stk_policy_findings(r.policy, &n);
    assert_int_equal(n, 900);
    rated_release(&r);
}

/* What is not listed any more still counts. */
static void the_cap_hides_no_verdict(void **state)
{
    (void)state;
    struct rated r;
    size_t n = 0;
    static const char bytes[] = "ca\na\n0cb\nb\n0cc\nc\n0cos\nsystem\n.";
    rated_init(&r, STK_LOADER_PICKLE);
    r.limits.findings_max = 2;
    rated_run(&r, &stk_alloc_libc, bytes, sizeof bytes - 1);
    (void)stk_policy_findings(r.policy, &n);
    assert_int_equal(n, 2);
    assert_int_equal(stk_policy_verdict(r.policy), STK_VERDICT_DANGEROUS);
    rated_release(&r);
}

/* Unpicklers that read an import differently import two names at one offset. */
static void names_at_one_offset(void **state)
{
    (void)state;
    struct rated r;
    size_t n = 0;
    static const char bytes[] = "\x95\x09\x00\x00\x00\x00\x00\x00\x00"
                                "cx\ny\ncz\nw\n.";
    rated_init(&r, STK_LOADER_PICKLE);
    rated_run(&r, &stk_alloc_libc, bytes, sizeof bytes - 1);
    (void)stk_policy_findings(r.policy, &n);
    assert_true(n >= 2);
    rated_release(&r);
}

static enum stk_status put_many(const struct stk_alloc *alloc, void *arg)
{
    struct rated r;
    (void)arg;
    rated_init(&r, STK_LOADER_PICKLE);
    rated_run(&r, alloc, "N.", 2);
    enum stk_status status = r.status;
    for (uint64_t off = 0; status == STK_OK && off < 100; off++) {
        status = add(r.policy, STK_RULE_PERSISTENT, off, "a message");
    }
    rated_release(&r);
    return status;
}

static void memory_may_fail(void **state)
{
    (void)state;
    STK_OOM_LOOP(put_many, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(duplicates_are_dropped),
        cmocka_unit_test(many_are_found_again),
        cmocka_unit_test(the_cap_hides_no_verdict),
        cmocka_unit_test(names_at_one_offset),
        cmocka_unit_test(memory_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
