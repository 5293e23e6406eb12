/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "oom.h"
#include "profile/schema.h"
#include "wire/json.h"

/* What the official suite does not ask (tests/py/test_jsonschema.py runs that). */

#define URI "https://example.org/top"

static struct stk_span span(const char *text)
{
    return stk_span_of(text, strlen(text));
}

struct fixture {
    struct stk_library *library;
    struct stk_schema *schema;
    struct stk_validation *validation;
    struct stk_arena arena;
    enum stk_validity validity;
    const struct stk_violation *violations;
    size_t n;
};

static void release(struct fixture *f)
{
    stk_validation_free(f->validation);
    stk_schema_free(f->schema);
    stk_library_free(f->library);
    stk_arena_release(&f->arena);
}

static enum stk_status compile(struct fixture *f, const struct stk_alloc *alloc,
                               const char *schema, struct stk_schema_error *error)
{
    struct stk_schema_options options = {.assert_formats = true};
    *f = (struct fixture){0};
    stk_arena_init(&f->arena, alloc, SIZE_MAX);
    STK_TRY(stk_library_new(alloc, &f->library));
    STK_TRY(stk_library_add(f->library, span(URI), span(schema), error));
    return stk_schema_new(f->library, span(URI), &options, &f->schema, error);
}

static enum stk_status explain(struct fixture *f, const struct stk_alloc *alloc,
                               const char *instance)
{
    struct stk_json_options options = STK_JSON_OPTIONS_DEFAULT;
    struct stk_json_error error;
    struct stk_value value;
    STK_TRY(stk_json_decode(&f->arena, span(instance), &options, &value, &error));
    if (f->validation == NULL) {
        STK_TRY(stk_validation_new(alloc, &f->validation));
    }
    return stk_validate_explain(f->validation, f->schema, value, 10, &f->validity,
                                &f->violations, &f->n);
}

static void open(struct fixture *f, const char *schema, const char *instance)
{
    struct stk_schema_error error;
    assert_int_equal(compile(f, &stk_alloc_libc, schema, &error), STK_OK);
    assert_int_equal(explain(f, &stk_alloc_libc, instance), STK_OK);
}

static void expect_violation(const struct fixture *f, size_t i, const char *instance,
                             const char *keyword, uint64_t off)
{
    assert_true(i < f->n);
    assert_string_equal(f->violations[i].instance, instance);
    assert_string_equal(f->violations[i].keyword, keyword);
    assert_true(f->violations[i].off == off);
}

static void violations_have_places(void **state)
{
    (void)state;
    struct fixture f;
    open(&f,
         "{\"properties\":{\"a/b\":{\"items\":{\"type\":\"string\"}},"
         "\"c\":{\"const\":1}},\"required\":[\"d\"]}",
         "{\"a/b\":[\"x\",2],\"c\":2}");
    assert_int_equal(f.validity, STK_INVALID);
    assert_int_equal(f.n, 3);
    expect_violation(&f, 0, "/a~1b/1", URI "#/properties/a~1b/items/type", 12);
    expect_violation(&f, 1, "/c", URI "#/properties/c/const", 19);
    expect_violation(&f, 2, "", URI "#/required", 0);
    release(&f);
}

static void branches_say_why(void **state)
{
    (void)state;
    struct fixture f;
    open(&f, "{\"anyOf\":[{\"type\":\"null\"},{\"minimum\":3}]}", "2");
    assert_int_equal(f.n, 3);
    expect_violation(&f, 0, "", URI "#/anyOf", 0);
    expect_violation(&f, 1, "", URI "#/anyOf/0/type", 0);
    expect_violation(&f, 2, "", URI "#/anyOf/1/minimum", 0);
    release(&f);
}

static void nothing_is_said_of_what_is_only_tried(void **state)
{
    (void)state;
    struct fixture f;
    open(&f,
         "{\"not\":{\"type\":\"null\"},\"if\":{\"type\":\"string\"},"
         "\"oneOf\":[{\"minimum\":3},{\"maximum\":9}],\"contains\":false}",
         "10");
    assert_int_equal(f.validity, STK_VALID);
    assert_int_equal(f.n, 0);
    release(&f);
}

static void endless_references_give_up(void **state)
{
    (void)state;
    struct fixture f;
    open(&f, "{\"$ref\":\"#\"}", "1");
    assert_int_equal(f.validity, STK_VALIDITY_UNKNOWN);
    release(&f);
    open(&f, "{\"anyOf\":[{\"$ref\":\"#\"},{\"$ref\":\"#\"}]}", "1");
    assert_int_equal(f.validity, STK_VALIDITY_UNKNOWN);
    release(&f);
}

/* What gives up inside a `not` must not come out as a match. */
static void giving_up_is_no_answer(void **state)
{
    (void)state;
    struct fixture f;
    open(&f, "{\"not\":{\"pattern\":\"^(a+)+$\"}}",
         "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\"");
    assert_int_not_equal(f.validity, STK_INVALID);
    release(&f);
    open(&f,
         "{\"not\":{\"$ref\":\"#/$defs/a\"},\"$defs\":{\"a\":{\"$ref\":\"#/$defs/a\"}}}",
         "1");
    assert_int_equal(f.validity, STK_VALIDITY_UNKNOWN);
    release(&f);
}

static void many_items_are_told_apart(void **state)
{
    (void)state;
    struct fixture f;
    struct stk_buf text;
    stk_buf_init(&text, &stk_alloc_libc, SIZE_MAX / 2);
    stk_buf_str(&text, "[");
    for (int i = 0; i < 20000; i++) {
        stk_buf_printf(&text, "{\"a\":[%d,\"x\"]},", i);
    }
    stk_buf_str(&text, "0]");
    stk_buf_byte(&text, '\0');
    open(&f, "{\"uniqueItems\":true}", (const char *)text.data);
    assert_int_equal(f.validity, STK_VALID);
    release(&f);
    text.len -= 3;
    stk_buf_str(&text, "{\"a\":[7.0,\"x\"]}]");
    stk_buf_byte(&text, '\0');
    open(&f, "{\"uniqueItems\":true}", (const char *)text.data);
    assert_int_equal(f.validity, STK_INVALID);
    assert_string_equal(f.violations[0].message, "items 7 and 20000 are equal");
    release(&f);
    stk_buf_release(&text);
}

/* However it is written, a number is the same item. */
static void big_numbers_are_told_apart(void **state)
{
    (void)state;
    struct fixture f;
    open(&f, "{\"uniqueItems\":true}",
         "[0,1,2,3,4,5,6,7,8,9,10,11,1e22,13,10000000000000000000000]");
    assert_int_equal(f.validity, STK_INVALID);
    release(&f);
    open(&f, "{\"uniqueItems\":true}",
         "[0,1,2,3,4,5,6,7,8,9,10,11,-1e22,13,10000000000000000000000]");
    assert_int_equal(f.validity, STK_VALID);
    release(&f);
}

static void a_context_serves_many(void **state)
{
    (void)state;
    struct fixture f;
    open(&f, "{\"unevaluatedProperties\":false,\"properties\":{\"a\":true}}",
         "{\"a\":1}");
    for (int i = 0; i < 50; i++) {
        assert_int_equal(explain(&f, &stk_alloc_libc, "{\"a\":1,\"b\":2}"), STK_OK);
        assert_int_equal(f.validity, STK_INVALID);
        assert_int_equal(f.n, 1);
        expect_violation(&f, 0, "/b", URI "#/unevaluatedProperties", 11);
        assert_int_equal(explain(&f, &stk_alloc_libc, "{\"a\":1}"), STK_OK);
        assert_int_equal(f.validity, STK_VALID);
    }
    release(&f);
}

static void expect_error(const char *schema, const char *pointer, uint64_t off)
{
    struct fixture f;
    struct stk_schema_error error = {0};
    enum stk_status status = compile(&f, &stk_alloc_libc, schema, &error);
    assert_true(status == STK_E_MALFORMED || status == STK_E_UNSUPPORTED);
    assert_string_equal(error.pointer, pointer);
    assert_true(error.off == off);
    assert_true(error.reason[0] != '\0');
    release(&f);
}

static void errors_have_places(void **state)
{
    (void)state;
    expect_error("{\"type\":\"strin\"}", "", 8);
    expect_error("{\"properties\":{\"a\":{\"minimum\":\"3\"}}}", "/properties/a", 30);
    expect_error("{\"items\":7}", "/items", 9);
    expect_error("{\"anyOf\":[]}", "", 9);
    expect_error("{\"multipleOf\":0}", "", 14);
    expect_error("{\"minLength\":-1}", "", 13);
    expect_error("{\"required\":[1]}", "", 12);
    expect_error("{\"$ref\":\"#/x\"}", "", 8);
    expect_error("{\"$id\":\"a#b\"}", "", 7);
    expect_error("{\"pattern\":\"(\"}", "", 11);
    expect_error("{,}", "", 1);
    expect_error("3", "", 0);
}

static enum stk_status use_once(const struct stk_alloc *alloc, void *arg)
{
    struct fixture f;
    struct stk_schema_error error;
    (void)arg;
    enum stk_status status =
        compile(&f, alloc,
                "{\"properties\":{\"a\":{\"pattern\":\"^x\"}},\"$dynamicAnchor\":\"n\","
                "\"additionalProperties\":{\"$dynamicRef\":\"#n\"},"
                "\"unevaluatedProperties\":false,\"dependentRequired\":{\"a\":[\"b\"]}}",
                &error);
    if (status == STK_OK) {
        status = explain(&f, alloc, "{\"a\":\"y\",\"c\":{\"a\":\"x\"}}");
    }
    if (status == STK_OK) {
        assert_int_equal(f.validity, STK_INVALID);
    }
    release(&f);
    return status;
}

static void memory_may_lack(void **state)
{
    (void)state;
    STK_OOM_LOOP(use_once, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(violations_have_places),
        cmocka_unit_test(branches_say_why),
        cmocka_unit_test(nothing_is_said_of_what_is_only_tried),
        cmocka_unit_test(endless_references_give_up),
        cmocka_unit_test(giving_up_is_no_answer),
        cmocka_unit_test(many_items_are_told_apart),
        cmocka_unit_test(big_numbers_are_told_apart),
        cmocka_unit_test(a_context_serves_many),
        cmocka_unit_test(errors_have_places),
        cmocka_unit_test(memory_may_lack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
