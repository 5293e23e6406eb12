/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bytes_build.h"
#include "walk.h"

static struct bb b;

/* A model with one operator code that has a custom name:
 *   0 offset of the model, "TFL3"
 *   8 the model's fields: their size, its size, version, operator_codes
 *  16 the model: distance to its fields, where the codes are
 *  24 the codes: one
 *  32 the code's fields: their size, its size, builtin, custom_code
 *  40 the code
 *  48 the name */
static int start(void **state)
{
    (void)state;
    b.len = 0;
    bb_number(&b, 16, 4);
    bb_text(&b, "TFL3");
    bb_number(&b, 8, 2);
    bb_number(&b, 8, 2);
    bb_number(&b, 0, 2);
    bb_number(&b, 4, 2);
    bb_number(&b, 8, 4);
    bb_number(&b, 4, 4);
    bb_number(&b, 1, 4);
    bb_number(&b, 40 - 28, 4);
    bb_number(&b, 8, 2);
    bb_number(&b, 8, 2);
    bb_number(&b, 0, 2);
    bb_number(&b, 4, 2);
    bb_number(&b, 8, 4);
    bb_number(&b, 48 - 44, 4);
    bb_number(&b, 13, 4);
    bb_text(&b, "FlexWriteFile");
    return 0;
}

static void expect(const char *want)
{
    walk_expect(&stk_format_tflite, b.data, b.len, want);
}

static void a_custom_operator(void **state)
{
    (void)state;
    expect("! code 48 TensorFlow Lite custom operator FlexWriteFile\n");
}

static void operators_that_are_built_in(void **state)
{
    (void)state;
    b.data[38] = 0; /* no custom_code */
    expect("");
    b.data[32] = 6; /* nor a place for one */
    expect("");
    start(state);
    b.data[14] = 0; /* no operator codes */
    expect("");
    start(state);
    b.data[48] = 0; /* an empty name */
    expect("");
}

static void offsets_that_leave_the_file(void **state)
{
    (void)state;
    memset(b.data, 0xff, 4);
    expect("! malformed 4 TensorFlow Lite model is malformed\n");
    start(state);
    b.data[16] = 17; /* the fields would lie before the file */
    expect("! malformed 20 TensorFlow Lite model is malformed\n");
    start(state);
    memset(b.data + 24, 0x7f, 4);
    expect("! malformed 28 TensorFlow Lite model is malformed\n");
    start(state);
    memset(b.data + 28, 0xff, 4);
    expect("! malformed 32 TensorFlow Lite model is malformed\n");
}

/* Fields may lie behind their table. */
static void a_negative_distance(void **state)
{
    (void)state;
    static const uint8_t fields[] = {8, 0, 8, 0, 0, 0, 4, 0};
    memset(b.data + 8, 0, 8);
    b.data[16] = (uint8_t)(16 - b.len);
    memset(b.data + 17, 0xff, 3);
    bb_raw(&b, fields, sizeof(fields));
    expect("! code 48 TensorFlow Lite custom operator FlexWriteFile\n");
}

/* The same code forty times: each entry leads further back to it. */
static void many_operators(void **state)
{
    (void)state;
    static struct recorder r;
    size_t n = 0;
    size_t at = 64 + 4 + 4 * 40; /* of a copy of the code and its name, behind the list */
    bb_number(&b, 0, 400);
    memcpy(b.data + at, b.data + 32, 33);
    b.data[20] = 64 - 20;
    b.data[64] = 40;
    for (size_t i = 0; i < 40; i++) {
        b.data[68 + 4 * i] = (uint8_t)(at + 8 - (68 + 4 * i));
    }
    struct stk_source source = stk_source_of(stk_span_of(b.data, b.len));
    walk_init(&r, &stk_alloc_libc);
    assert_int_equal(stk_format_tflite.walk(&source, &r.visitor), STK_OK);
    for (const char *p = r.log; (p = strstr(p, "FlexWriteFile")) != NULL; p++) {
        n++;
    }
    assert_int_equal(n, 16);
}

static void environment(void **state)
{
    (void)state;
    walk_expect_shrunk(&stk_format_tflite, b.data, b.len, 30);
    assert_false(walk_recognises(&stk_format_tflite, b.data, 7));
}

/* They all are built in: nothing is noted but that there are too many. */
static void more_operators_than_are_looked_at(void **state)
{
    (void)state;
    b.data[38] = 0; /* no custom_code */
    b.data[20] = (uint8_t)(b.len + 3 - 20);
    bb_number(&b, 0, 3);
    size_t at = b.len;
    bb_number(&b, 4097, 4);
    size_t code = b.len + 4 * (size_t)4097;
    while (b.len < code) {
        bb_number(&b, code - b.len, 4);
    }
    bb_number(&b, code - 32, 4);
    bb_number(&b, 0, 4);
    char want[128];
    (void)snprintf(want, sizeof(want),
                   "! limit %zu TensorFlow Lite model has more operators than are looked "
                   "at\n",
                   at);
    expect(want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_custom_operator, start),
        cmocka_unit_test_setup(operators_that_are_built_in, start),
        cmocka_unit_test_setup(offsets_that_leave_the_file, start),
        cmocka_unit_test_setup(a_negative_distance, start),
        cmocka_unit_test_setup(many_operators, start),
        cmocka_unit_test_setup(environment, start),
        cmocka_unit_test_setup(more_operators_than_are_looked_at, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
