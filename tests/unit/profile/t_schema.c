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

static void expect_validity(const char *schema, const char *instance,
                            enum stk_validity validity)
{
    struct fixture f;
    open(&f, schema, instance);
    if (f.validity != validity) {
        fail_msg("%s of %s: %d", instance, schema, (int)f.validity);
    }
    release(&f);
}

static void bounds_are_exact(void **state)
{
    (void)state;
    expect_validity("{\"minimum\":1}", "1.0", STK_VALID);
    expect_validity("{\"minimum\":1}", "0.9999999999999999", STK_INVALID);
    expect_validity("{\"exclusiveMinimum\":0.5}", "1", STK_VALID);
    expect_validity("{\"exclusiveMinimum\":0.5}", "0.5", STK_INVALID);
    expect_validity("{\"exclusiveMaximum\":0.5}", "0", STK_VALID);
    expect_validity("{\"exclusiveMaximum\":-3}", "-3", STK_INVALID);
    expect_validity("{\"maximum\":9007199254740993}", "9007199254740994.0", STK_INVALID);
    expect_validity("{\"minimum\":9007199254740993}", "9007199254740992.0", STK_INVALID);
    expect_validity("{\"maximum\":9007199254740992.0}", "9007199254740993", STK_INVALID);
    expect_validity("{\"maximum\":9223372036854775807}", "9223372036854775808",
                    STK_INVALID);
    expect_validity("{\"minimum\":-1e30}", "-100000000000000000000", STK_VALID);
}

static void enums_hold_texts_and_others(void **state)
{
    static const char schema[] = "{\"enum\":[\"a\",1,null,[\"x\"],\"a\"]}";
    (void)state;
    expect_validity(schema, "\"a\"", STK_VALID);
    expect_validity(schema, "\"b\"", STK_INVALID);
    expect_validity(schema, "1.0", STK_VALID);
    expect_validity(schema, "true", STK_INVALID);
    expect_validity(schema, "[\"x\"]", STK_VALID);
    expect_validity("{\"enum\":[]}", "\"a\"", STK_INVALID);
    expect_validity("{\"enum\":[\"a\"]}", "1", STK_INVALID);
}

/* Names of all lengths, more than are spread over the table. */
static void all_properties_are_found(void **state)
{
    struct fixture f;
    struct stk_buf schema;
    struct stk_buf text;
    (void)state;
    stk_buf_init(&schema, &stk_alloc_libc, SIZE_MAX / 2);
    stk_buf_init(&text, &stk_alloc_libc, SIZE_MAX / 2);
    for (int n = 1; n < 200; n += 40) {
        stk_buf_clear(&schema);
        stk_buf_clear(&text);
        stk_buf_str(&schema, "{\"additionalProperties\":false,\"properties\":{\"\":{}");
        stk_buf_str(&text, "{\"\":0");
        for (int i = 0; i < n; i++) {
            stk_buf_printf(&schema, ",\"%0*d\":{\"const\":%d}", i % 20, i, i);
            stk_buf_printf(&text, ",\"%0*d\":%d", i % 20, i, i == n - 1 ? -1 : i);
        }
        stk_buf_str(&schema, "}}");
        stk_buf_str(&text, ",\"00000000000000000000000\":1}");
        stk_buf_byte(&schema, '\0');
        stk_buf_byte(&text, '\0');
        open(&f, (const char *)schema.data, (const char *)text.data);
        assert_int_equal(f.n, 2);
        release(&f);
    }
    stk_buf_release(&schema);
    stk_buf_release(&text);
}

static void references_are_followed(void **state)
{
    struct fixture f;
    (void)state;
    open(&f,
         "{\"items\":{\"$ref\":\"#/$defs/a\"},\"$defs\":{\"a\":{\"$ref\":\"#/$defs/b\"},"
         "\"b\":{\"type\":\"string\",\"$ref\":\"#/$defs/c\"},\"c\":{\"minLength\":2}}}",
         "[\"ab\",1,\"a\"]");
    assert_int_equal(f.n, 2);
    expect_violation(&f, 0, "/1", URI "#/$defs/b/type", 6);
    expect_violation(&f, 1, "/2", URI "#/$defs/c/minLength", 8);
    release(&f);
}

static void all_reasons_are_said(void **state)
{
    struct fixture f;
    (void)state;
    open(&f,
         "{\"minProperties\":3,\"maxProperties\":1,\"required\":[\"c\"],"
         "\"properties\":{\"a\":{\"minimum\":3,\"multipleOf\":2}}}",
         "{\"a\":1,\"b\":2}");
    assert_int_equal(f.n, 5);
    expect_violation(&f, 0, "/a", URI "#/properties/a/minimum", 5);
    expect_violation(&f, 1, "/a", URI "#/properties/a/multipleOf", 5);
    assert_string_equal(f.violations[2].message, "has 2, fewer than 3");
    assert_string_equal(f.violations[3].message, "has 2, more than 1");
    expect_violation(&f, 4, "", URI "#/required", 0);
    release(&f);
}

/* Items that their type decides are work all the same. */
static void work_is_bounded(void **state)
{
    struct stk_buf schema;
    struct stk_buf text;
    (void)state;
    stk_buf_init(&schema, &stk_alloc_libc, SIZE_MAX / 2);
    stk_buf_init(&text, &stk_alloc_libc, SIZE_MAX / 2);
    stk_buf_str(&schema, "{\"$ref\":\"#/$defs/20\",\"$defs\":{\"0\":{\"items\":{}}");
    for (int i = 1; i <= 20; i++) {
        stk_buf_printf(&schema, ",\"%d\":{\"allOf\":[{\"$ref\":\"#/$defs/%d\"},", i,
                       i - 1);
        stk_buf_printf(&schema, "{\"$ref\":\"#/$defs/%d\"}]}", i - 1);
    }
    stk_buf_str(&schema, "}}");
    stk_buf_str(&text, "[1");
    for (int i = 0; i < 100000; i++) {
        stk_buf_str(&text, ",1");
    }
    stk_buf_str(&text, "]");
    stk_buf_byte(&schema, '\0');
    stk_buf_byte(&text, '\0');
    expect_validity((const char *)schema.data, (const char *)text.data,
                    STK_VALIDITY_UNKNOWN);
    stk_buf_release(&schema);
    stk_buf_release(&text);
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
                "{\"properties\":{\"a\":{\"pattern\":\"^x\",\"enum\":[\"x\",\"y\"]}},\"$"
                "dynamicAnchor\":\"n\","
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
        cmocka_unit_test(bounds_are_exact),
        cmocka_unit_test(enums_hold_texts_and_others),
        cmocka_unit_test(all_properties_are_found),
        cmocka_unit_test(references_are_followed),
        cmocka_unit_test(all_reasons_are_said),
        cmocka_unit_test(work_is_bounded),
        cmocka_unit_test(errors_have_places),
        cmocka_unit_test(memory_may_lack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
