/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pickle/opcode.h"

static void the_table(void **state)
{
    (void)state;
    unsigned n = 0;
    for (unsigned byte = 0; byte < 256; byte++) {
        const struct stk_opinfo *info = &stk_opcodes[byte];
        if (info->name == NULL) {
            assert_int_equal(info->fixed, 0);
            assert_int_equal(info->risk, STK_RISK_NONE);
            continue;
        }
        n++;
        assert_true(info->proto <= STK_PROTOCOL_MAX);
        assert_true(info->fixed <= 8);
        assert_non_null(info->before);
        assert_non_null(info->after);
        assert_true((info->fixed > 0) ==
                    (info->arg != STK_ARG_NONE && info->arg < STK_ARG_LINE));
    }
    assert_int_equal(n, 68);
}

static void expect_opcode(enum stk_opcode op, const char *name, enum stk_arg arg,
                          unsigned fixed, unsigned risk)
{
    const struct stk_opinfo *info = &stk_opcodes[op];
    assert_string_equal(info->name, name);
    assert_int_equal(info->arg, arg);
    assert_int_equal(info->fixed, fixed);
    assert_int_equal(info->risk, risk);
}

static void rows(void **state)
{
    (void)state;
    assert_int_equal(STK_OP_GLOBAL, 'c');
    expect_opcode(STK_OP_GLOBAL, "GLOBAL", STK_ARG_LINE_PAIR, 0, STK_RISK_IMPORT);
    expect_opcode(STK_OP_INST, "INST", STK_ARG_LINE_PAIR, 0,
                  STK_RISK_IMPORT | STK_RISK_CALL);
    expect_opcode(STK_OP_REDUCE, "REDUCE", STK_ARG_NONE, 0, STK_RISK_CALL);
    expect_opcode(STK_OP_BUILD, "BUILD", STK_ARG_NONE, 0, STK_RISK_BUILD);
    expect_opcode(STK_OP_APPENDS, "APPENDS", STK_ARG_NONE, 0, STK_RISK_ITEMS);
    expect_opcode(STK_OP_BINPERSID, "BINPERSID", STK_ARG_NONE, 0, STK_RISK_PERSIST);
    expect_opcode(STK_OP_EXT1, "EXT1", STK_ARG_U1, 1, STK_RISK_EXTEND);
    expect_opcode(STK_OP_EXT2, "EXT2", STK_ARG_U2, 2, STK_RISK_EXTEND);
    expect_opcode(STK_OP_EXT4, "EXT4", STK_ARG_I4, 4, STK_RISK_EXTEND);
    expect_opcode(STK_OP_LONG1, "LONG1", STK_ARG_LONG1, 1, 0);
    expect_opcode(STK_OP_LONG4, "LONG4", STK_ARG_LONG4, 4, 0);
    expect_opcode(STK_OP_BINSTRING, "BINSTRING", STK_ARG_BYTES4S, 4, 0);
    expect_opcode(STK_OP_BINUNICODE8, "BINUNICODE8", STK_ARG_TEXT8, 8, 0);
    expect_opcode(STK_OP_BINFLOAT, "BINFLOAT", STK_ARG_F8, 8, 0);
    expect_opcode(STK_OP_FRAME, "FRAME", STK_ARG_U8, 8, 0);
    expect_opcode(STK_OP_LONG_BINPUT, "LONG_BINPUT", STK_ARG_U4, 4, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table),
        cmocka_unit_test(rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
