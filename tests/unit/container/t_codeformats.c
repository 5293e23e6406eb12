/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "walk.h"

/* The first bytes of `import os`, compiled by CPython 2.7, 3.6, 3.8 and 3.13. */
static const uint8_t modules[][48] = {
    /* 2.7 */
    {0x03, 0xf3, 0x0d, 0x0a, 0xaf, 0x57, 0x05, 0x6b, 0x63, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00,
     0x00, 0x73, 0x10, 0x00, 0x00, 0x00, 0x64, 0x00, 0x00, 0x64, 0x01, 0x00,
     0x6c, 0x00, 0x00, 0x5a, 0x00, 0x00, 0x64, 0x01, 0x00, 0x53, 0x28, 0x02},
    /* 3.6 */
    {0x33, 0x0d, 0x0d, 0x0a, 0xaf, 0x57, 0x05, 0x6b, 0x0a, 0x00, 0x00, 0x00,
     0xe3, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x02, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0x73, 0x0c, 0x00,
     0x00, 0x00, 0x64, 0x00, 0x64, 0x01, 0x6c, 0x00, 0x5a, 0x00, 0x64, 0x01},
    /* 3.8 */
    {0x55, 0x0d, 0x0d, 0x0a, 0x00, 0x00, 0x00, 0x00, 0xaf, 0x57, 0x05, 0x6b,
     0x0a, 0x00, 0x00, 0x00, 0xe3, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00,
     0x00, 0x40, 0x00, 0x00, 0x00, 0x73, 0x0c, 0x00, 0x00, 0x00, 0x64, 0x00},
    /* 3.13 */
    {0xf3, 0x0d, 0x0d, 0x0a, 0x00, 0x00, 0x00, 0x00, 0xaf, 0x57, 0x05, 0x6b,
     0x0a, 0x00, 0x00, 0x00, 0xe3, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
     0x00, 0xf3, 0x0c, 0x00, 0x00, 0x00, 0x95, 0x00, 0x53, 0x00, 0x53, 0x01},
};
/* Where the code object begins in them. */
static const size_t code_at[] = {8, 12, 16, 16};

static void compiled_modules(void **state)
{
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        walk_expect(&stk_format_pyc, modules[i], 48, "! code 0 compiled Python module\n");
        walk_expect(&stk_format_marshal, modules[i] + code_at[i], 48 - code_at[i],
                    "! code 0 marshalled Python code object\n");
        assert_false(walk_recognises(&stk_format_pyc, modules[i], 47));
    }
}

/* An opcode that begins as a code object does. */
static void streams_are_no_code(void **state)
{
    (void)state;
    static const char stream[] = "cos\nsystem\n(S'sssssssssssssssssssssss'\ntR.";
    assert_false(walk_recognises(&stk_format_marshal, stream, sizeof(stream)));
    static const uint8_t zeros[64] = {'c'};
    assert_false(walk_recognises(&stk_format_marshal, zeros, sizeof(zeros)));
}

static void java(void **state)
{
    (void)state;
    static const uint8_t object[] = {0xac, 0xed, 0, 5, 's', 'r', 0, 1};
    walk_expect(&stk_format_java, object, sizeof(object),
                "! code 0 Java serialized object\n");
    static const uint8_t other[] = {0xac, 0xed, 0, 5, 'a', 'r'};
    assert_false(walk_recognises(&stk_format_java, other, sizeof(other)));
}

static void r(void **state)
{
    (void)state;
    static const char rds[] = "X\n\0\0\0\3\0\4\2\3\0\3\5\0";
    static const char rda[] = "RDX3\nX\n\0\0\0\3\0\4\2\3\0\3\5\0";
    walk_expect(&stk_format_rds, rds, sizeof(rds), "! code 0 R serialized object\n");
    walk_expect(&stk_format_rds, rda, sizeof(rda), "! code 0 R serialized object\n");
    assert_false(walk_recognises(&stk_format_rds, "X\n\0\0\0\4\0\4\2\3\0\3\5\0", 14));
    assert_false(walk_recognises(&stk_format_rds, "RDX3\nX\n", 7));
}

static void tensorrt(void **state)
{
    (void)state;
    static const uint8_t engine[32] = "ftrt";
    walk_expect(&stk_format_tensorrt, engine, 32, "! code 0 TensorRT engine\n");
    assert_false(walk_recognises(&stk_format_tensorrt, engine, 31));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(compiled_modules),
        cmocka_unit_test(streams_are_no_code),
        cmocka_unit_test(java),
        cmocka_unit_test(r),
        cmocka_unit_test(tensorrt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
