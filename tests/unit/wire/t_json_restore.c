/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "json_case.h"
#include "json_graph.h"
#include "json_same.h"
#include "oom.h"

static const struct {
    const char *text;
    uint64_t off;
    const char *reason;
} no_graphs[] = {
    {"{\"$nothing\":1}", 1, "a tag that does not exist"},
    {"{\"$\":1}", 1, "a tag that does not exist"},
    {"[{\"$Tuple\":[]}]", 2, "a tag that does not exist"},
    {"{\"$tuple\":[],\"$list\":[]}", 13, "a second tag"},
    {"{\"$tuple\":[],\"a\":1}", 0, "beside a tag"},
    {"{\"$id\":1,\"$tuple\":[],\"a\":1}", 0, "beside a tag"},
    {"{\"$id\":1,\"$float\":\"nan\"}", 7, "cannot have one"},
    {"{\"$id\":1,\"$ref\":1}", 7, "cannot have one"},
    {"{\"$id\":1,\"$global\":[\"a\",\"b\"]}", 7, "cannot have one"},
    {"{\"$id\":\"1\"}", 7, "not a number"},
    {"{\"$id\":-1}", 7, "not a number"},
    {"{\"$id\":1.0}", 7, "not a number"},
    {"{\"$id\":18446744073709551616}", 7, "not a number"},
    {"[{\"$id\":1},{\"$id\":1}]", 18, "another value has"},
    {"{\"$ref\":1}", 8, "a reference to nothing"},
    {"[{\"$id\":1},{\"$ref\":2}]", 19, "a reference to nothing"},
    {"{\"$ref\":\"1\"}", 8, "a reference to nothing"},
    {"{\"$ref\":-1}", 8, "a reference to nothing"},
    {"{\"$float\":\"NaN\"}", 10, "neither nan"},
    {"{\"$float\":1.5}", 10, "no text"},
    {"{\"$float\":\"3ff0000000000000\"}", 10, "that JSON has"},
    {"{\"$float\":\"7ff800000000000\"}", 10, "neither nan"},
    {"{\"$float\":\"7FF8000000000000\"}", 10, "neither nan"},
    {"{\"$int\":\"12\"}", 8, "begin with 0x"},
    {"{\"$int\":\"0x\"}", 8, "begin with 0x"},
    {"{\"$int\":\"--0x1\"}", 8, "begin with 0x"},
    {"{\"$int\":\"\"}", 8, "begin with 0x"},
    {"{\"$int\":\"0x1g\"}", 8, "other than hex"},
    {"{\"$int\":12}", 8, "no text"},
    {"{\"$str\":[]}", 8, "no text"},
    {"{\"$str64\":\"gA==\"}", 10, "not UTF-8"},
    {"{\"$bytes\":\"AB==\"}", 10, "not base64"},
    {"{\"$bytes\":\"A\"}", 10, "not base64"},
    {"{\"$bytes\":\"AAAA AAAA\"}", 10, "not base64"},
    {"{\"$bytes\":\"\\u00e9AAA\"}", 10, "not base64"},
    {"{\"$bytes\":null}", 10, "no text"},
    {"{\"$tuple\":{}}", 10, "no array"},
    {"{\"$list\":1}", 9, "no array"},
    {"{\"$dict\":[[1]]}", 10, "an array of two"},
    {"{\"$dict\":[1]}", 10, "an array of two"},
    {"{\"$dict\":[[1,2,3]]}", 10, "an array of two"},
    {"{\"$dict\":[{}]}", 10, "an array of two"},
    {"{\"$dict\":{}}", 9, "no array"},
    {"{\"$dict\":[[1,2],[1.0,3]]}", 0, "two keys of a dict"},
    {"[{\"$dict\":[[\"a\",2],[\"a\",3]]}]", 1, "two keys of a dict"},
    {"{\"$set\":[1,true]}", 0, "two members of a set"},
    {"{\"$frozenset\":[{\"$tuple\":[]},{\"$tuple\":[]}]}", 0, "two members of a set"},
    {"{\"$set\":[[]]}", 9, "cannot be hashed"},
    {"{\"$set\":[{\"$set\":[]}]}", 9, "cannot be hashed"},
    {"{\"$set\":[{\"$bytearray\":\"\"}]}", 9, "cannot be hashed"},
    {"{\"$dict\":[[{},1]]}", 11, "cannot be hashed"},
    {"{\"$dict\":[[{\"$tuple\":[1,{\"$tuple\":[[]]}]},1]]}", 35, "cannot be hashed"},
    {"[{\"$id\":1,\"$list\":[]},{\"$set\":[{\"$ref\":1}]}]", 31, "cannot be hashed"},
    {"{\"$id\":1,\"$dict\":[[{\"$ref\":1},1]]}", 19, "cannot be hashed"},
    {"{\"$id\":1,\"$set\":[{\"$tuple\":[{\"$ref\":1}]}]}", 28, "cannot be hashed"},
    {"{\"$id\":1,\"$frozenset\":[{\"$tuple\":[{\"$ref\":1}]}]}", 23, "cannot be hashed"},
    {"{\"$dict\":[[{\"$id\":1,\"$tuple\":[{\"$ref\":1}]},1]]}", 30, "cannot be hashed"},
    {"{\"$global\":[\"a\"]}", 11, "a name other than"},
    {"{\"$global\":\"a.b\"}", 11, "a name other than"},
    {"{\"$global\":[\"a\",1]}", 16, "no text"},
    {"{\"$global\":[\"a\",\"\\ud800\"]}", 16, "surrogates"},
    {"{\"$buffer\":[]}", 11, "not an object"},
    {"{\"$buffer\":{}}", 11, "without an ordinal"},
    {"{\"$buffer\":{\"ordinal\":-1}}", 22, "an ordinal that"},
    {"{\"$buffer\":{\"ordinal\":18446744073709551616}}", 22, "an ordinal that"},
    {"{\"$buffer\":{\"ordinal\":1,\"readonly\":1}}", 24, "buffers do not have"},
    {"{\"$buffer\":{\"ordinal\":1,\"bytes\":1}}", 24, "buffers do not have"},
    {"{\"$buffer\":{\"ordinal\":1,\"data\":\"A\"}}", 31, "not base64"},
    {"{\"$object\":[]}", 11, "not an object"},
    {"{\"$object\":{}}", 0, "without all its parts"},
    {"{\"$object\":{\"call\":\"apply\"}}", 19, "a call that does not exist"},
    {"{\"$object\":{\"call\":1}}", 19, "a call that does not exist"},
    {"{\"$object\":{\"args\":[]}}", 0, "without all its parts"},
    {"{\"$object\":{\"call\":\"reduce\",\"args\":[]}}", 0, "without all its parts"},
    {"{\"$object\":{\"call\":\"load\",\"args\":[]}}", 0, "does not make such"},
    {"{\"$persistent\":" CALL("C", "[]") "}}", 0, "does not make such"},
    {"{\"$tensor\":{\"call\":\"load\",\"args\":[]}}", 0, "does not make such"},
    {"{\"$object\":" CALL("C", "[]") ",\"size\":1}}", 69, "calls do not have"},
    {"{\"$object\":" CALL("C", "1") "}}", 66, "no tuple"},
    {"{\"$object\":" CALL("C", "{\"$list\":[]}") "}}", 66, "no tuple"},
    {"{\"$object\":{\"call\":\"new\",\"callee\":1,\"args\":[]}}", 34, "be called"},
    {"{\"$object\":" CALL("C", "[]") ",\"kwargs\":[]}}", 78, "no dict"},
    {"{\"$object\":" CALL("C", "[]") ",\"kwargs\":{}}}", 78, "of such a call"},
    {"{\"$object\":" CALL("C", "[]") ",\"state_first\":true}}", 0, "no state"},
    {"{\"$object\":" CALL("C", "[]") ",\"state_first\":1}}", 83, "neither true"},
    {"{\"$object\":" CALL("C", "[]") ",\"items\":{}}}", 77, "no array"},
    {"{\"$object\":" CALL("C", "[]") ",\"pairs\":[1]}}", 78, "array of two"},
    {"{\"$object\":" CALL("C", "[]") ",\"pairs\":[[1,1],[1,2]]}}", 77, "two keys"},
    {"{\"$object\":" CALL("C", "[]") ",\"type\":\"C\"}}", 76, "a name other than"},
    {"{\"$object\":" CALL("C", "[]") ",\"member\":1}}", 0, "what is no enum"},
    {"{\"$object\":" CALL("C", "[]") ",\"by_name\":true}}", 0, "what is no enum"},
    {"{\"$enum\":" CALL("C", "[]") "}}", 0, "without one value"},
    {"{\"$enum\":" CALL("C", "[1]") ",\"member\":1,\"member_arg\":0}}", 0,
     "without one value"},
    {"{\"$enum\":" CALL("C", "[1]") ",\"member_arg\":1}}", 81, "behind the arguments"},
    {"{\"$enum\":" CALL("C", "[1]") ",\"member_arg\":-1}}", 81, "not a number"},
    {"{\"$enum\":" CALL("C", "[1]") ",\"member\":[]}}", 77, "holds others"},
    {"{\"$object\":" CALL("C", "[]") ",\"state\":{\"$x\":1}}}", 78, "does not exist"},
    {"{\"$object\":" CALL("C",
                          "[]") ",\"about\":{\"$id\":1}},\"$id\":1,\"a\":{\"$ref\":2}}",
     0, "beside a tag"},
    {"[{\"$object\":" CALL("C", "[]") ",\"about\":{\"$id\":1}}},{\"$ref\":1}]", 98,
     "a reference to nothing"},
};

static void what_is_no_graph(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof no_graphs / sizeof no_graphs[0]; i++) {
        struct stk_json_options read = {.depth_max = 100, .take_surrogates = true};
        struct stk_json_error error = {0, ""};
        struct stk_value value;
        assert_int_equal(decode_with(&read, no_graphs[i].text, strlen(no_graphs[i].text),
                                     &value, &error),
                         STK_OK);
        struct stk_value back = integer(42);
        enum stk_status status =
            stk_json_restore(&arena, value, &no_questions, &back, &error);
        if (status != STK_E_MALFORMED || error.off != no_graphs[i].off ||
            strstr(error.reason, no_graphs[i].reason) == NULL) {
            print_error("%s: %d, %s at %llu\n", no_graphs[i].text, (int)status,
                        error.reason, (unsigned long long)error.off);
            fail();
        }
        assert_int_equal(back.integer, 42);
    }
    struct stk_json_error error = {0, ""};
    struct stk_value value = TUPLE(integer(1));
    assert_int_equal(stk_json_restore(&arena, value, &no_questions, &value, &error),
                     STK_E_MALFORMED);
    assert_string_equal(error.reason, "a value that is not from JSON");
}

/* Other tools sort members: a reference may come first, whatever its value is. */
static void references_may_come_first(void **state)
{
    (void)state;
    struct stk_value back = restored(
        "{\"a\":{\"$ref\":1},\"b\":{\"$dict\":[[{\"$ref\":2},{\"$ref\":3}]]},"
        "\"c\":{\"$list\":[{\"$ref\":1}],\"$id\":1},\"d\":{\"$str\":\"text\",\"$id\":2},"
        "\"e\":{\"$tuple\":[{\"$ref\":2}],\"$id\":3}}");
    const struct stk_pair *pairs = back.pairs->list;
    assert_ptr_equal(pairs[0].value.items, pairs[2].value.items);
    assert_ptr_equal(pairs[2].value.items->list[0].items, pairs[2].value.items);
    assert_true(stk_span_is(pairs[1].value.pairs->list[0].key.text->bytes, "text"));
    assert_ptr_equal(pairs[1].value.pairs->list[0].value.items, pairs[4].value.items);
    /* Two keys that are equal only once they are known. */
    struct stk_json_error error;
    struct stk_value value = decode("{\"a\":{\"$dict\":[[{\"$ref\":2},1],[\"x\",1]]},"
                                    "\"b\":{\"$id\":2,\"$str\":\"x\"}}");
    assert_int_equal(stk_json_restore(&arena, value, &no_questions, &value, &error),
                     STK_E_MALFORMED);
    assert_string_equal(error.reason, "two keys of a dict are equal");
    assert_true(error.off == 5);
}

/* A tuple that is a key of a dict in the state of an object in that tuple. */
static void keys_in_a_cycle(void **state)
{
    (void)state;
    struct stk_object *object;
    struct stk_value value =
        object_of(STK_VALUE_OBJECT, name_of("m", "C"), none_of(STK_VALUE_TUPLE), &object);
    struct stk_value tuple = shared(TUPLE(value));
    struct stk_value set = shared(ITEMS(STK_VALUE_FROZENSET, tuple, integer(1)));
    object->has_state = true;
    object->state = DICT(tuple, integer(1), set, integer(2));
    round_trip(LIST(tuple, set),
               "[{\"$id\":1,\"$tuple\":[{\"$object\":{\"call\":\"reduce\","
               "\"callee\":{\"$global\":[\"m\",\"C\"]},\"args\":[],\"state\":{\"$dict\":"
               "[[{\"$ref\":1},1],[{\"$id\":2,\"$frozenset\":[{\"$ref\":1},1]},2]]}}}]},"
               "{\"$ref\":2}]");
}

static void the_arena_has_a_cap(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "[1,2,3]",
        "{\"a\":1}",
        "{\"$bytes\":\"AAAAAAAAAAAAAAAAAAAAAAAA\"}",
        "{\"$object\":" CALL("C", "[1]") "}}",
        "{\"$int\":\"0x10000000000000000000\"}",
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        struct stk_buf text;
        stk_buf_init(&text, &stk_alloc_libc, SIZE_MAX);
        stk_buf_byte(&text, '[');
        for (int k = 0; k < 2000; k++) {
            stk_buf_printf(&text, "%s,", parts[i]);
        }
        stk_buf_printf(&text, "1]");
        struct stk_json_options read = STK_JSON_OPTIONS_DEFAULT;
        struct stk_json_error error = {0, NULL};
        struct stk_value value;
        assert_int_equal(
            decode_with(&read, (const char *)text.data, text.len, &value, &error),
            STK_OK);
        struct stk_arena own;
        stk_arena_init(&own, &stk_alloc_libc, 40000);
        assert_int_equal(stk_json_restore(&own, value, &no_questions, &value, &error),
                         STK_E_LIMIT);
        assert_string_equal(error.reason, "the values take too much memory");
        stk_arena_release(&own);
        stk_buf_release(&text);
    }
}

static void a_million_lists(void **state)
{
    (void)state;
    size_t n = 1000000;
    char *deep = malloc(2 * n);
    memset(deep, '[', n);
    memset(deep + n, ']', n);
    struct stk_json_options read = {.depth_max = UINT32_MAX};
    struct stk_json_write_options write = {.depth_max = UINT32_MAX};
    struct stk_json_error error;
    struct stk_value value;
    struct stk_buf out;
    stk_arena_release(&arena);
    stk_arena_init(&arena, &stk_alloc_libc, SIZE_MAX);
    stk_buf_init(&out, &stk_alloc_libc, SIZE_MAX);
    assert_int_equal(decode_with(&read, deep, 2 * n, &value, &error), STK_OK);
    assert_int_equal(stk_json_restore(&arena, value, &no_questions, &value, &error),
                     STK_OK);
    assert_int_equal(stk_json_write_tagged(&out, value, &write, &error), STK_OK);
    assert_int_equal(out.len, 2 * n);
    stk_buf_release(&out);
    free(deep);
}

/* ---- memory ---- */

static enum stk_status there_and_back(const struct stk_alloc *alloc, void *arg)
{
    const struct stk_value *value = arg;
    struct stk_json_options read = {.depth_max = 1000, .take_surrogates = true};
    struct stk_json_error error;
    struct stk_arena own;
    struct stk_buf out;
    struct stk_value back;
    stk_arena_init(&own, alloc, SIZE_MAX);
    stk_buf_init(&out, alloc, SIZE_MAX);
    enum stk_status status = stk_json_write_tagged(&out, *value, &usual, &error);
    if (status == STK_OK) {
        status = stk_json_decode(&own, stk_buf_span(&out), &read, &back, &error);
    } else {
        assert_int_equal(out.len, 0);
    }
    if (status == STK_OK) {
        status = stk_json_restore(&own, back, &no_questions, &back, &error);
    }
    stk_buf_release(&out);
    stk_arena_release(&own);
    return status;
}

static void survives_refusals(void **state)
{
    (void)state;
    struct stk_object *object;
    struct stk_value value =
        object_of(STK_VALUE_OBJECT, name_of("m", "C"), none_of(STK_VALUE_TUPLE), &object);
    struct stk_value tuple = shared(TUPLE(value, str("\xed\xa0\xbd\xed\xb8\x80")));
    struct stk_value pairs =
        DICT(tuple, integer(2), TUPLE(TUPLE(integer(1))), integer(3));
    object->has_state = true;
    object->state = DICT(tuple, integer(1), str("$a"), number_of((double)NAN));
    object->pairs = *pairs.pairs;
    uint64_t limbs[300] = {0};
    limbs[299] = 1;
    struct stk_value nested = integer(1);
    for (int i = 0; i < 20; i++) {
        nested = TUPLE(nested);
    }
    struct stk_value all =
        LIST(tuple, name_of("a", "d"), big_of(false, limbs, 300), nested,
             ITEMS(STK_VALUE_SET, nested, name_of("a", "b"), name_of("a", "c")),
             text_of(STK_VALUE_BYTEARRAY, "abc", 3));
    STK_OOM_LOOP(there_and_back, &all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_no_graph), TEST(references_may_come_first),
        TEST(keys_in_a_cycle),  TEST(the_arena_has_a_cap),
        TEST(a_million_lists),  TEST(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
