/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"

/* The statements of the bytes' trace hold this text. */
static void check_statement(struct stk_span bytes, const char *want)
{
    struct list_job job = {.bytes = bytes, .trace = true, .raw = true};
    (void)list_text(&job);
    check_holds(&job, want);
    stk_buf_release(&job.out);
}

static void calls_of_each_opcode(void **state)
{
    (void)state;
    check_statement(BYTES("\x80\x02"
                          "cm\nf\n(K\x01K\x02tR."),
                    "x0 = m.f(1, 2) ");
    check_statement(BYTES("\x80\x02"
                          "cm\nf\n)\x81."),
                    "x0 = m.f.__new__() ");
    check_statement(BYTES("\x80\x04"
                          "cm\nf\nK\x01\x85}\x8c\x01kNs\x92."),
                    "x0 = m.f.__new__(1, **{'k': None}) ");
    check_statement(BYTES("(K\x01im\nf\n."), "x0 = m.f(1) ");
    check_statement(BYTES("(cm\nf\no."), "x0 = m.f() ");
    check_statement(BYTES("cm\nf\n]R."), "x0 = m.f(*list_5) ");
    check_statement(BYTES("cm\nf\n)R)R."), "x1 = x0()\n");
}

static void imports(void **state)
{
    (void)state;
    check_statement(BYTES("\x80\x02"
                          "c__builtin__\neval\n."),
                    "from builtins import eval ");
    check_statement(BYTES("\x80\x04"
                          "cm\nf\n)R\x8c\x01n\x93."),
                    "import <computed name> ");
}

static void states_items_ids_and_codes(void **state)
{
    (void)state;
    check_statement(BYTES("cm\nf\n)RNb."), "x0.__setstate__(None)\n");
    check_statement(BYTES("cm\nf\n)RNa."), "x0.append(None)\n");
    check_statement(BYTES("cm\nf\n)R(NNe."), "x0.extend([None, None])\n");
    check_statement(BYTES("cm\nf\n)RK\x01Ns."), "x0[1] = None\n");
    check_statement(BYTES("cm\nf\n)R(K\x01NK\x02Nu."), "x0.update({1: None, 2: None})\n");
    check_statement(BYTES("\x80\x04"
                          "cm\nf\n)R(N\x90."),
                    "x0.update([None])\n");
    check_statement(BYTES("NQ."), "x0 = persistent_load(None)\n");
    check_statement(BYTES("\x82\x05."), "x0 = get_extension(5)\n");
}

static void names_and_verdicts(void **state)
{
    (void)state;
    assert_string_equal(stk_effect_name(STK_EFFECT_IMPORT), "import");
    assert_string_equal(stk_effect_name(STK_EFFECT_EXTENSION), "extension");
    assert_int_equal(stk_rating_verdict(STK_RATING_DANGEROUS), STK_VERDICT_DANGEROUS);
    assert_int_equal(stk_rating_verdict(STK_RATING_UNKNOWN), STK_VERDICT_REVIEW);
    assert_int_equal(stk_rating_verdict(STK_RATING_VETTED), STK_VERDICT_CLEAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_of_each_opcode),
        cmocka_unit_test(imports),
        cmocka_unit_test(states_items_ids_and_codes),
        cmocka_unit_test(names_and_verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
