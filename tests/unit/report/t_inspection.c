/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"

struct opened {
    struct stk_inspection in;
    struct stk_source source;
};

static enum stk_status open_stream(const struct stk_alloc *alloc, struct opened *o,
                                   struct stk_span bytes)
{
    struct stk_inspection_options options = {.alloc = alloc, .limits = &test_limits};
    o->source = stk_source_of(bytes);
    STK_TRY(stk_inspection_open(&o->in, &options, &o->source, 0));
    return stk_inspection_compare(&o->in, &options);
}

static void ratings_are_the_judges(void **state)
{
    (void)state;
    struct opened o;
    struct stk_span bytes = BYTES("cos\nsystem\ncm\nn\nccollections\nOrderedDict\n\x87.");
    static const enum stk_rating want[] = {STK_RATING_DANGEROUS, STK_RATING_UNKNOWN,
                                           STK_RATING_VETTED};
    assert_int_equal(open_stream(&stk_alloc_libc, &o, bytes), STK_OK);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(stk_inspection_rating(&o.in, stk_machine_global(o.in.rated, i)),
                         want[i]);
    }
    struct stk_global other = {.module = BYTES("os"), .name = BYTES("read")};
    assert_int_equal(stk_inspection_rating(&o.in, &other), STK_RATING_UNKNOWN);
    assert_int_equal(stk_inspection_verdict(&o.in), STK_VERDICT_DANGEROUS);
    size_t n = 0;
    assert_int_equal(stk_inspection_findings(&o.in, &n)[0].rule,
                     STK_RULE_DANGEROUS_IMPORT);
    stk_inspection_release(&o.in);
}

static void results_are_numbered(void **state)
{
    (void)state;
    struct opened o;
    uint64_t number = 7;
    struct stk_effect effect = {.kind = STK_EFFECT_CALL, .off = 3};
    struct stk_outcome outcome = {0};
    assert_int_equal(open_stream(&stk_alloc_libc, &o, BYTES("N.")), STK_OK);
    stk_inspection_outcome(&o.in, &effect, &number, &outcome);
    assert_int_equal(outcome.result, stk_slot_make(STK_PERSISTENT, 7));
    effect.kind = STK_EFFECT_BUILD;
    outcome.result = STK_NONE;
    stk_inspection_outcome(&o.in, &effect, &number, &outcome);
    assert_int_equal(outcome.result, STK_NONE);
    assert_int_equal(number, 8);
    stk_inspection_release(&o.in);
}

static void other_readings_are_compared(void **state)
{
    (void)state;
    struct opened o;
    /* The frame ends inside the name; only the C unpickler imports. */
    struct stk_span bytes = BYTES("\x80\x04\x95\x03\0\0\0\0\0\0\0cmm\nn\n.");
    assert_int_equal(open_stream(&stk_alloc_libc, &o, bytes), STK_OK);
    const struct stk_other_reading *python = NULL;
    for (size_t i = 0; i < o.in.n_others; i++) {
        if (strcmp(o.in.others[i].reading->name, "Python") == 0) {
            python = &o.in.others[i];
        }
    }
    assert_non_null(python);
    assert_int_equal(python->run.fault.code, STK_FAULT_READINGS);
    assert_int_equal(python->run.fault.off, 11);
    assert_null(python->new_global);
    stk_inspection_release(&o.in);
    assert_int_equal(open_stream(&stk_alloc_libc, &o, BYTES(EVIL)), STK_OK);
    assert_int_equal(o.in.n_others, 0);
    stk_inspection_release(&o.in);
}

static enum stk_status open_and_drop(const struct stk_alloc *alloc, void *arg)
{
    struct opened o;
    struct stk_span *bytes = arg;
    enum stk_status status = open_stream(alloc, &o, *bytes);
    stk_inspection_release(&o.in);
    return status;
}

static void survives_refusals(void **state)
{
    (void)state;
    struct stk_span bytes = BYTES("\x80\x04\x95\x03\0\0\0\0\0\0\0cmm\nn\n.");
    STK_OOM_LOOP(open_and_drop, &bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ratings_are_the_judges),
        cmocka_unit_test(results_are_numbered),
        cmocka_unit_test(other_readings_are_compared),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
