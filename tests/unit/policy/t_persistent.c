/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"
#include "oom.h"

#define STORAGE(class, key) "(S'storage'\nc" class "\nS'" key "'\nS'cpu'\nI6\ntQ"

#define EXPECT_TORCH(bytes, verdict, findings)                                           \
    expect_rated(STK_LOADER_TORCH, (bytes), sizeof(bytes) - 1, STK_VERDICT_##verdict,    \
                 (findings))

static void storages_are_reported(void **state)
{
    (void)state;
    struct rated r;
    static const char bytes[] = "ct\npersist\n(" STORAGE("c\nFloatStorage", "12") "tR.";
    rated_init(&r, STK_LOADER_TORCH);
    rated_run(&r, &stk_alloc_libc, bytes, sizeof bytes - 1);
    assert_string_equal(rated_text(&r), "");
    assert_int_equal(stk_policy_verdict(r.policy), STK_VERDICT_CLEAN);
    assert_int_equal(r.n_storages, 1);
    assert_string_equal(r.key, "12");
    assert_int_equal(r.items, 6);
    assert_int_equal(r.item_size, 4);
    rated_release(&r);
}

static void ids_that_are_no_storage(void **state)
{
    (void)state;
    EXPECT_TORCH(STORAGE("c\nPlain", "1") ".", REVIEW,
                 "STK304 37 asks the loader for ('storage', c.Plain, '1', 'cpu', 6)\n");
    EXPECT_TORCH("I1\nQ.", REVIEW, "STK304 3 asks the loader for 1\n");
    EXPECT_TORCH("Pabc\n.", REVIEW, "STK304 0 asks the loader for 'abc'\n");
    EXPECT_TORCH("(S'module'\ncc\nPlain\ntQ)R.", REVIEW,
                 "STK303 23 calls c.Plain(); its contract asks for ()\n");
}

static void other_loaders_vet_no_ids(void **state)
{
    (void)state;
    EXPECT(STORAGE("c\nFloatStorage", "1") ".", REVIEW,
           "STK304 44 asks the loader for ('storage', c.FloatStorage, '1', 'cpu', 6)\n");
    expect_rated(STK_LOADER_JOBLIB, "I1\nQ.", 5, STK_VERDICT_REVIEW,
                 "STK304 3 asks the loader for 1\n");
    /* What it gives is no persistent object to a contract, and is not reported again. */
    EXPECT("ct\npersist\n(I1\nQtR.", REVIEW, "STK304 15 asks the loader for 1\n");
}

static void extensions(void **state)
{
    (void)state;
    EXPECT("\x80\x02\x83\x00\x01.", REVIEW,
           "STK305 2 imports extension 256 of the registry\n");
    EXPECT("\x80\x02\x82\x01)R.", REVIEW,
           "STK305 2 imports extension 1 of the registry\n"
           "STK302 5 calls <extension object>()\n");
}

static void expect_nested(enum stk_verdict nested, enum stk_verdict verdict,
                          const char *findings)
{
    struct rated r;
    static const char bytes[] = "\x80\x03"
                                "ct\nload\n(C\x01NtR.";
    rated_init(&r, STK_LOADER_PICKLE);
    r.nested_verdict = nested;
    rated_run(&r, &stk_alloc_libc, bytes, sizeof bytes - 1);
    assert_string_equal(rated_text(&r), findings);
    assert_int_equal(stk_policy_verdict(r.policy), verdict);
    rated_release(&r);
}

static void nested_verdicts(void **state)
{
    (void)state;
    expect_nested(STK_VERDICT_CLEAN, STK_VERDICT_CLEAN, "");
    expect_nested(STK_VERDICT_REVIEW, STK_VERDICT_REVIEW,
                  "STK303 15 gives t.load a stream that is review\n");
    expect_nested(STK_VERDICT_UNDECIDED, STK_VERDICT_UNDECIDED,
                  "STK208 15 gives t.load a stream that is undecided\n");
    expect_nested(STK_VERDICT_DANGEROUS, STK_VERDICT_DANGEROUS,
                  "STK105 15 gives t.load a stream that is dangerous\n");
}

static void nobody_looks_inside(void **state)
{
    (void)state;
    struct rated r;
    static const char bytes[] = "\x80\x03"
                                "ct\nload\n(C\x01NtR.";
    rated_init(&r, STK_LOADER_PICKLE);
    r.options.nested = NULL;
    rated_run(&r, &stk_alloc_libc, bytes, sizeof bytes - 1);
    assert_int_equal(stk_policy_verdict(r.policy), STK_VERDICT_UNDECIDED);
    rated_release(&r);
}

/* A dangerous loader is dangerous; what it is given may add to that. */
static void dangerous_loaders(void **state)
{
    (void)state;
    struct rated r;
    static const char bytes[] = "\x80\x03"
                                "cpickle\nloads\n(C\x01NtR.";
    rated_init(&r, STK_LOADER_PICKLE);
    r.nested_verdict = STK_VERDICT_DANGEROUS;
    rated_run(&r, &stk_alloc_libc, bytes, sizeof bytes - 1);
    assert_string_equal(rated_text(&r),
                        "STK101 2 calls pickle.loads(b'N')\n"
                        "STK105 21 gives pickle.loads a stream that is dangerous\n");
    rated_release(&r);
    rated_init(&r, STK_LOADER_PICKLE);
    r.nested_verdict = STK_VERDICT_UNDECIDED;
    rated_run(&r, &stk_alloc_libc, bytes, sizeof bytes - 1);
    assert_string_equal(rated_text(&r), "STK101 2 calls pickle.loads(b'N')\n");
    rated_release(&r);
}

static enum stk_status rate_all(const struct stk_alloc *alloc, void *arg)
{
    static const char bytes[] =
        "ct\npersist\n(" STORAGE("c\nFloatStorage", "12") "tR0"
                                                          "I1\nQ0\x80\x02\x82\x07"
                                                          "0ct\nload\n(C\x01NtR.";
    struct rated r;
    (void)arg;
    rated_init(&r, STK_LOADER_TORCH);
    r.nested_verdict = STK_VERDICT_DANGEROUS;
    rated_run(&r, alloc, bytes, sizeof bytes - 1);
    enum stk_status status = r.status;
    rated_release(&r);
    return status;
}

static void memory_may_fail(void **state)
{
    (void)state;
    STK_OOM_LOOP(rate_all, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(storages_are_reported),
        cmocka_unit_test(ids_that_are_no_storage),
        cmocka_unit_test(other_loaders_vet_no_ids),
        cmocka_unit_test(extensions),
        cmocka_unit_test(nested_verdicts),
        cmocka_unit_test(nobody_looks_inside),
        cmocka_unit_test(dangerous_loaders),
        cmocka_unit_test(memory_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
