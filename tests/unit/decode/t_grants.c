/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "decode/grants.h"
#include "oom.h"

static struct stk_span span(const char *text)
{
    return stk_span_of(text, strlen(text));
}

static void what_is_granted(void **state)
{
    struct stk_grants grants;
    const char *reason = "";
    (void)state;
    stk_grants_init(&grants, &stk_alloc_libc);
    assert_int_equal(stk_grants_find(&grants, span("m"), span("C")), STK_GRANT_NONE);
    assert_int_equal(
        stk_grants_add(&grants, span("m"), span("C"), STK_GRANT_CLASS, &reason), STK_OK);
    assert_null(reason);
    assert_int_equal(
        stk_grants_add(&grants, span("m"), span("E"), STK_GRANT_ENUM, &reason), STK_OK);
    assert_int_equal(
        stk_grants_add(&grants, span("m.n"), span("V"), STK_GRANT_VALUE, &reason),
        STK_OK);
    assert_int_equal(stk_grants_find(&grants, span("m"), span("C")), STK_GRANT_CLASS);
    assert_int_equal(stk_grants_find(&grants, span("m"), span("E")), STK_GRANT_ENUM);
    assert_int_equal(stk_grants_find(&grants, span("m.n"), span("V")), STK_GRANT_VALUE);
    assert_int_equal(stk_grants_find(&grants, span("m"), span("n.V")), STK_GRANT_NONE);
    assert_int_equal(stk_grants_find(&grants, span("m"), span("c")), STK_GRANT_NONE);
    assert_int_equal(stk_grants_find(&grants, span("m"), span("C.D")), STK_GRANT_NONE);
    stk_grants_release(&grants);
}

static void vetted_names_need_none(void **state)
{
    static const char *const names[][2] = {
        {"collections", "OrderedDict"},
        {"torch", "float32"},
        {"torch._utils", "_rebuild_tensor_v2"},
    };
    struct stk_grants grants;
    const char *reason = "";
    (void)state;
    stk_grants_init(&grants, &stk_alloc_libc);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct stk_span module = span(names[i][0]);
        struct stk_span name = span(names[i][1]);
        assert_int_equal(stk_grants_add(&grants, module, name, STK_GRANT_CLASS, &reason),
                         STK_OK);
        assert_null(reason);
        assert_int_equal(stk_grants_find(&grants, module, name), STK_GRANT_NONE);
    }
    stk_grants_release(&grants);
}

static void dangerous_names_get_none(void **state)
{
    static const char *const names[][2] = {
        {"os", "system"},
        {"builtins", "eval"},
        {"subprocess", "Popen"},
    };
    struct stk_grants grants;
    (void)state;
    stk_grants_init(&grants, &stk_alloc_libc);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct stk_span module = span(names[i][0]);
        struct stk_span name = span(names[i][1]);
        for (int grant = STK_GRANT_VALUE; grant <= STK_GRANT_ENUM; grant++) {
            const char *reason = NULL;
            assert_int_equal(
                stk_grants_add(&grants, module, name, (enum stk_grant)grant, &reason),
                STK_E_UNSUPPORTED);
            assert_non_null(reason);
            assert_true(reason[0] != '\0');
            assert_int_equal(stk_grants_find(&grants, module, name), STK_GRANT_NONE);
        }
    }
    stk_grants_release(&grants);
}

static void granted_twice(void **state)
{
    struct stk_grants grants;
    const char *reason = "";
    (void)state;
    stk_grants_init(&grants, &stk_alloc_libc);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            stk_grants_add(&grants, span("m"), span("C"), STK_GRANT_CLASS, &reason),
            STK_OK);
    }
    assert_int_equal(grants.n, 1);
    reason = "";
    assert_int_equal(
        stk_grants_add(&grants, span("m"), span("C"), STK_GRANT_ENUM, &reason),
        STK_E_UNSUPPORTED);
    assert_null(reason);
    assert_int_equal(stk_grants_find(&grants, span("m"), span("C")), STK_GRANT_CLASS);
    stk_grants_release(&grants);
}

static enum stk_status grant_many(const struct stk_alloc *alloc, void *arg)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    struct stk_grants grants;
    enum stk_status status = STK_OK;
    const char *reason = NULL;
    (void)arg;
    stk_grants_init(&grants, alloc);
    for (size_t i = 0; status == STK_OK && i < 26; i++) {
        status = stk_grants_add(&grants, span("m"), stk_span_of(letters + i, 1),
                                STK_GRANT_CLASS, &reason);
    }
    for (size_t i = 0; status == STK_OK && i < 26; i++) {
        assert_int_equal(stk_grants_find(&grants, span("m"), stk_span_of(letters + i, 1)),
                         STK_GRANT_CLASS);
    }
    stk_grants_release(&grants);
    return status;
}

static void memory_may_lack(void **state)
{
    (void)state;
    STK_OOM_LOOP(grant_many, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_granted),
        cmocka_unit_test(vetted_names_need_none),
        cmocka_unit_test(dangerous_names_get_none),
        cmocka_unit_test(granted_twice),
        cmocka_unit_test(memory_may_lack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
