/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bytes_build.h"
#include "walk.h"

static struct bb model;
static struct bb part;

static int start(void **state)
{
    (void)state;
    model.len = 0;
    bb_int_field(&model, 1, 8); /* ir_version */
    bb_text_field(&model, 2, "pytorch");
    bb_text_field(&model, 7, ""); /* graph */
    return 0;
}

static void add_opset(const char *domain)
{
    part.len = 0;
    if (domain[0] != '\0') {
        bb_text_field(&part, 1, domain);
    }
    bb_int_field(&part, 2, 17);
    bb_message(&model, 8, &part);
}

static void add_function(const char *domain)
{
    part.len = 0;
    bb_text_field(&part, 1, "f");
    bb_text_field(&part, 10, domain);
    bb_message(&model, 25, &part);
}

static void expect(const char *want)
{
    walk_expect(&stk_format_onnx, model.data, model.len, want);
}

static void standard_operators(void **state)
{
    (void)state;
    add_opset("");
    add_opset("ai.onnx.ml");
    add_opset("com.microsoft");
    expect("");
}

static void custom_operators(void **state)
{
    (void)state;
    add_opset("");
    add_opset("my\x1b.ops");
    expect("! code 19 ONNX custom operators of my\\x1b.ops\n");
}

/* The exporter of recent torch puts functions of its own into the model. */
static void functions_of_the_model(void **state)
{
    (void)state;
    add_opset("");
    add_opset("pkg.onnxscript.torch_lib");
    add_function("pkg.other");
    add_function("pkg.onnxscript.torch_lib");
    expect("");
}

/* Parsers skip a field that they do not know, or of another type. */
static void unknown_fields(void **state)
{
    (void)state;
    add_opset("my.ops");
    bb_int_field(&model, 999, 1);
    bb_int_field(&model, 25, 1);
    bb_int_field(&model, 8, 1);
    expect("! code 15 ONNX custom operators of my.ops\n");
}

/* Of two domains in one entry the last counts. */
static void a_domain_said_twice(void **state)
{
    (void)state;
    part.len = 0;
    bb_text_field(&part, 1, "ai.onnx");
    bb_text_field(&part, 1, "my.ops");
    bb_int_field(&part, 2, 17);
    bb_message(&model, 8, &part);
    expect("! code 15 ONNX custom operators of my.ops\n");
}

static void a_long_domain(void **state)
{
    (void)state;
    char domain[301];
    static struct recorder r;
    memset(domain, 'x', sizeof(domain) - 1);
    domain[300] = '\0';
    add_opset(domain);
    struct stk_source source = stk_source_of(stk_span_of(model.data, model.len));
    walk_init(&r, &stk_alloc_libc);
    assert_int_equal(stk_format_onnx.walk(&source, &r.visitor), STK_OK);
    assert_non_null(strstr(r.log, "ONNX custom operators of xxx"));
}

static void many_domains(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++) {
        add_opset("my.ops");
    }
    static struct recorder r;
    size_t n = 0;
    struct stk_source source = stk_source_of(stk_span_of(model.data, model.len));
    walk_init(&r, &stk_alloc_libc);
    assert_int_equal(stk_format_onnx.walk(&source, &r.visitor), STK_OK);
    for (const char *p = r.log; (p = strstr(p, "my.ops")) != NULL; p++) {
        n++;
    }
    assert_int_equal(n, 17);
}

static void what_is_no_model(void **state)
{
    (void)state;
    const struct stk_format *f = &stk_format_onnx;
    assert_false(walk_recognises(f, model.data, model.len)); /* no opset */
    add_opset("");
    assert_true(walk_recognises(f, model.data, model.len));
    assert_false(walk_recognises(f, model.data, model.len - 1));
    bb_number(&model, 0, 1);
    assert_false(walk_recognises(f, model.data, model.len)); /* a byte more */
    model.len--;
    bb_text_field(&model, 8, "text");
    assert_false(walk_recognises(f, model.data, model.len));
}

static void environment(void **state)
{
    (void)state;
    add_opset("my.ops");
    walk_expect_shrunk(&stk_format_onnx, model.data, model.len, 20);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(standard_operators, start),
        cmocka_unit_test_setup(custom_operators, start),
        cmocka_unit_test_setup(functions_of_the_model, start),
        cmocka_unit_test_setup(unknown_fields, start),
        cmocka_unit_test_setup(a_domain_said_twice, start),
        cmocka_unit_test_setup(a_long_domain, start),
        cmocka_unit_test_setup(many_domains, start),
        cmocka_unit_test_setup(what_is_no_model, start),
        cmocka_unit_test_setup(environment, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
