/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json_case.h"
#include "oom.h"

static void words(void **state)
{
    (void)state;
    assert_int_equal(decode("null").kind, STK_VALUE_NONE);
    assert_true(decode("true").boolean);
    assert_int_equal(decode("false").kind, STK_VALUE_BOOL);
    assert_false(decode("false").boolean);
    struct stk_value value = decode(" \t\r\n true \t\r\n ");
    assert_true(value.off == 5);
}

static void arrays(void **state)
{
    (void)state;
    assert_int_equal(decode("[]").items->n, 0);
    assert_int_equal(decode(" [ ] ").items->n, 0);
    struct stk_value value = decode("[1, [2,[ ]] ,\"x\"]");
    assert_int_equal(value.kind, STK_VALUE_LIST);
    assert_int_equal(value.items->n, 3);
    assert_true(value.off == 0);
    assert_true(value.items->list[0].integer == 1 && value.items->list[0].off == 1);
    assert_int_equal(value.items->list[1].items->n, 2);
    assert_true(value.items->list[1].off == 4);
    assert_true(value.items->list[1].items->list[1].off == 7);
    assert_true(value.items->list[2].off == 13);
}

static void objects(void **state)
{
    (void)state;
    assert_int_equal(decode("{}").pairs->n, 0);
    struct stk_value value = decode("{ \"a\" : 1 , \"b\":{\"c\":[]},\"\":null}");
    assert_int_equal(value.kind, STK_VALUE_DICT);
    assert_int_equal(value.pairs->n, 3);
    assert_true(stk_span_is(value.pairs->list[1].key.text->bytes, "b"));
    assert_true(value.pairs->list[0].key.off == 2);
    assert_true(value.pairs->list[0].value.off == 8);
    assert_true(value.pairs->list[1].key.off == 12);
    assert_true(value.pairs->list[1].value.pairs->list[0].key.off == 17);
    struct stk_span name = stk_span_of("b", 1);
    assert_ptr_equal(stk_value_get(value.pairs, name, stk_text_hash(name)),
                     &value.pairs->list[1].value);
}

static void one_name_twice(void **state)
{
    (void)state;
    struct stk_json_options options = STK_JSON_OPTIONS_DEFAULT;
    struct stk_json_error error;
    struct stk_value value;
    const char *text = "{\"a\":1,\"b\":2,\"\\u0061\":3,\"b\":4}";
    refused(text, STK_E_MALFORMED, 13, "a second member of one name");
    options.take_duplicates = true;
    assert_int_equal(decode_with(&options, text, strlen(text), &value, &error), STK_OK);
    assert_true(same(value, decode("{\"a\":3,\"b\":4}")));
}

static void what_is_not_json(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t off;
        const char *reason;
    } table[] = {
        {"\xef\xbb\xbf[]", 0, "a byte order mark"},
        {"[1,]", 3, "no value begins like this"},
        {"[,1]", 1, "no value begins like this"},
        {"[1 2]", 3, "neither , nor ] behind an item"},
        {"[1}", 2, "neither , nor ]"},
        {"[1:2]", 2, "neither , nor ]"},
        {"{\"a\":1]", 6, "neither , nor }"},
        {"{\"a\":1,}", 7, "a member's name is missing"},
        {"{,}", 1, "a member's name is missing"},
        {"{a:1}", 1, "a member's name is missing"},
        {"{1:1}", 1, "a member's name is missing"},
        {"{\"a\" 1}", 5, "no colon"},
        {"{\"a\",1}", 4, "no colon"},
        {"{\"a\":}", 5, "no value begins like this"},
        {"{]", 1, "a member's name is missing"},
        {"[}", 1, "no value begins like this"},
        {"]", 0, "no value begins like this"},
        {"NaN", 0, "no value begins like this"},
        {"-Infinity", 1, "a number lacks a digit"},
        {"nul1", 3, "a word other than"},
        {"nan", 1, "a word other than"},
        {"TRUE", 0, "no value begins like this"},
        {"truex", 4, "something behind the value"},
        {"1 2", 2, "something behind the value"},
        {"[] []", 3, "something behind the value"},
        {"// c\n1", 0, "no value begins like this"},
        {"[1]/**/", 3, "something behind the value"},
        {"'a'", 0, "no value begins like this"},
        {"\f1", 0, "no value begins like this"},
        {"\xa0", 0, "no value begins like this"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        refused(table[i].text, STK_E_MALFORMED, table[i].off, table[i].reason);
    }
    struct stk_json_options options = STK_JSON_OPTIONS_DEFAULT;
    refused_with(&options, "[]\0", 3, STK_E_MALFORMED, 2, "something behind the value");
    refused_with(&options, "\0", 1, STK_E_MALFORMED, 0, "no value begins like this");
}

/* Each beginning of a text is cut off, not malformed, and says so at its end. */
static void beginnings(void **state)
{
    (void)state;
    static const char *const wholes[] = {
        "{\"a\" : [ 1, -2.5e+10 , true,false , null,{}, [ ] ],\"b\":{\"c\":\"d\"}}",
        "[\"\\u00e9\\ud83d\\ude00\\n\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80 and more\"]",
        "[\"\xe0\xa0\x80\xed\x9f\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"]",
        " \"a\\\\b\\\"c\"",
    };
    struct stk_json_options options = STK_JSON_OPTIONS_DEFAULT;
    for (size_t i = 0; i < sizeof wholes / sizeof wholes[0]; i++) {
        decode(wholes[i]);
        for (size_t len = 0; len < strlen(wholes[i]); len++) {
            refused_with(&options, wholes[i], len, STK_E_TRUNCATED, len, "the text ");
        }
    }
    refused("", STK_E_TRUNCATED, 0, "the text has no value");
    refused(" \n", STK_E_TRUNCATED, 2, "the text has no value");
    refused("[", STK_E_TRUNCATED, 1, "the text ends inside an array or object");
    refused("nul", STK_E_TRUNCATED, 3, "the text ends inside a word");
    struct stk_json_error error = {.off = 1};
    struct stk_value value;
    assert_int_equal(
        stk_json_decode(&arena, stk_span_of(NULL, 0), &options, &value, &error),
        STK_E_TRUNCATED);
    assert_true(error.off == 0);
}

static void depth_is_limited(void **state)
{
    (void)state;
    struct stk_json_options options = {.depth_max = 3};
    struct stk_json_error error;
    struct stk_value value;
    assert_int_equal(decode_with(&options, "[{\"a\":[]},[[]]]", 15, &value, &error),
                     STK_OK);
    refused_with(&options, "[{\"a\":[[]]}]", 12, STK_E_LIMIT, 7, "too deep");
    refused_with(&options, "[[[{}]]]", 8, STK_E_LIMIT, 3, "too deep");
    options.depth_max = 0;
    refused_with(&options, " []", 3, STK_E_LIMIT, 1, "too deep");
    assert_int_equal(decode_with(&options, "1", 1, &value, &error), STK_OK);
}

/* Depth costs no stack of ours. */
static void a_million_arrays(void **state)
{
    (void)state;
    size_t n = 1000000;
    char *text = malloc(2 * n);
    struct stk_json_options options = {.depth_max = UINT32_MAX};
    struct stk_json_error error;
    struct stk_value value;
    memset(text, '[', n);
    memset(text + n, ']', n);
    refused_with(&options, text, n, STK_E_TRUNCATED, n, "the text ends");
    assert_int_equal(decode_with(&options, text, 2 * n, &value, &error), STK_OK);
    for (size_t depth = 1; depth < n; depth++) {
        assert_true(value.items->n == 1 && value.off == depth - 1);
        value = value.items->list[0];
    }
    assert_int_equal(value.items->n, 0);
    struct stk_json_options usual = STK_JSON_OPTIONS_DEFAULT;
    refused_with(&usual, text, 2 * n, STK_E_LIMIT, STK_JSON_DEPTH_MAX, "too deep");
    free(text);
}

static char *repeated(const char *part, size_t n)
{
    size_t len = strlen(part);
    char *text = malloc(n * len + 3);
    text[0] = '[';
    for (size_t i = 0; i < n; i++) {
        memcpy(text + 1 + i * len, part, len);
    }
    text[n * len] = ']'; /* in place of the last comma */
    text[n * len + 1] = '\0';
    return text;
}

static void memory_is_linear(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "1,",      "\"\",", "{},", "[],", "{\"\":0},", "[[]],", "9999999999999999999,",
        "\"\\n\","};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char *text = repeated(parts[i], 20000);
        struct stk_oom oom;
        struct stk_arena own;
        struct stk_json_options options = STK_JSON_OPTIONS_DEFAULT;
        struct stk_json_error error;
        struct stk_value value;
        stk_oom_init(&oom, 0, false);
        stk_arena_init(&own, &oom.alloc, SIZE_MAX);
        assert_int_equal(stk_json_decode(&own, stk_span_of(text, strlen(text)), &options,
                                         &value, &error),
                         STK_OK);
        assert_true(oom.peak <= 60 * strlen(text) + 100000);
        stk_arena_release(&own);
        assert_int_equal(oom.blocks, 0);
        free(text);
    }
}

static void the_arena_has_a_cap(void **state)
{
    (void)state;
    static const char *const parts[] = {"1,",          "\"a\",",
                                        "[1],",        "{\"a\":2},",
                                        "\"\\nabc\",", "123456789012345678901234567890,"};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        char *text = repeated(parts[i], 10000);
        for (size_t cap = 0; cap < 200000; cap = cap * 2 + 5000) {
            struct stk_arena own;
            struct stk_json_options options = STK_JSON_OPTIONS_DEFAULT;
            struct stk_json_error error = {0, NULL};
            struct stk_value value;
            stk_arena_init(&own, &stk_alloc_libc, cap);
            enum stk_status status = stk_json_decode(
                &own, stk_span_of(text, strlen(text)), &options, &value, &error);
            assert_int_equal(status, STK_E_LIMIT);
            assert_string_equal(error.reason, "the values take too much memory");
            stk_arena_release(&own);
            if (cap > 80000 && i == 0) { /* 10,000 small values fit soon */
                break;
            }
        }
        free(text);
    }
}

static enum stk_status decode_all(const struct stk_alloc *alloc, void *arg)
{
    struct stk_arena own;
    struct stk_json_options options = STK_JSON_OPTIONS_DEFAULT;
    struct stk_json_error error;
    struct stk_value value = stk_value_none(0);
    stk_arena_init(&own, alloc, SIZE_MAX);
    enum stk_status status =
        stk_json_decode(&own, stk_span_of(arg, strlen(arg)), &options, &value, &error);
    assert_int_equal(value.kind, status == STK_OK ? STK_VALUE_LIST : STK_VALUE_NONE);
    stk_arena_release(&own);
    return status;
}

static void survives_refusals(void **state)
{
    (void)state;
    char *text =
        repeated("{\"a\":[1,2.5],\"\\u00e9\":{\"b\":null},\"c\":123456789012345678901"
                 ",\"d\":1,\"e\":2,\"f\":3,\"g\":4,\"h\":5,\"i\":6},",
                 100);
    STK_OOM_LOOP(decode_all, text);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(words),
        TEST(arrays),
        TEST(objects),
        TEST(one_name_twice),
        TEST(what_is_not_json),
        TEST(beginnings),
        TEST(depth_is_limited),
        TEST(a_million_arrays),
        TEST(memory_is_linear),
        TEST(the_arena_has_a_cap),
        TEST(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
