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

static void what_json_has(void **state)
{
    (void)state;
    round_trip(stk_value_none(0), "null");
    round_trip(LIST(stk_value_bool(0, true), integer(-5), number_of(1.0), str("a")),
               "[true,-5,1.0,\"a\"]");
    round_trip(number_of(-0.0), "-0.0");
    round_trip(DICT(str("a"), none_of(STK_VALUE_LIST), str(""), DICT(str("b"), str("c"))),
               "{\"a\":[],\"\":{\"b\":\"c\"}}");
    const uint64_t limbs[] = {0, 1};
    round_trip(big_of(true, limbs, 2), "-18446744073709551616");
    round_trip(str("\xed\xa0\x80"), "\"\\ud800\"");
}

static void numbers(void **state)
{
    (void)state;
    double strange = 0;
    uint64_t bits = UINT64_C(0xfff8000000000001);
    memcpy(&strange, &bits, sizeof strange);
    round_trip(number_of((double)NAN), "{\"$float\":\"nan\"}");
    round_trip(number_of(HUGE_VAL), "{\"$float\":\"inf\"}");
    round_trip(number_of(-HUGE_VAL), "{\"$float\":\"-inf\"}");
    round_trip(number_of(strange), "{\"$float\":\"fff8000000000001\"}");
    struct stk_json_write_options few = usual;
    const uint64_t limbs[] = {0xabc, 0x12};
    few.digits_max = 19;
    char *text = tagged_with(big_of(true, limbs, 2), &few);
    assert_string_equal(text, "{\"$int\":\"-0x120000000000000abc\"}");
    assert_same(restored(text), big_of(true, limbs, 2));
    assert_true(restored("{\"$int\":\"-0x7b\"}").integer == -123);
    uint64_t huge[300];
    memset(huge, 0x5a, sizeof huge);
    assert_same(restored(tagged_with(big_of(false, huge, 300), &usual)),
                big_of(false, huge, 300));
}

static void texts_and_bytes(void **state)
{
    (void)state;
    round_trip(text_of(STK_VALUE_BYTES, "\0ab\xff", 4), "{\"$bytes\":\"AGFi/w==\"}");
    round_trip(text_of(STK_VALUE_BYTES, "", 0), "{\"$bytes\":\"\"}");
    round_trip(text_of(STK_VALUE_BYTEARRAY, "ab", 2), "{\"$bytearray\":\"YWI=\"}");
    round_trip(str("\xed\xa0\xbd\xed\xb8\x80"), "{\"$str64\":\"7aC97biA\"}");
    struct stk_value once = shared(text_of(STK_VALUE_BYTEARRAY, "ab", 2));
    round_trip(LIST(once, once), "[{\"$id\":1,\"$bytearray\":\"YWI=\"},{\"$ref\":1}]");
    char many[200];
    memset(many, 'm', sizeof many);
    char expected[1000];
    struct stk_value long_text = shared(text_of(STK_VALUE_STR, many, sizeof many));
    (void)snprintf(expected, sizeof expected,
                   "[{\"$id\":1,\"$str\":\"%.200s\"},{\"$ref\":1},"
                   "{\"$dict\":[[{\"$ref\":1},1]]}]",
                   many);
    round_trip(LIST(long_text, long_text, DICT(long_text, integer(1))), expected);
    struct stk_value short_text = shared(str("ab"));
    round_trip(LIST(short_text, short_text), "[\"ab\",\"ab\"]");
}

static void groups(void **state)
{
    (void)state;
    round_trip(none_of(STK_VALUE_TUPLE), "{\"$tuple\":[]}");
    round_trip(TUPLE(integer(1), TUPLE(integer(2))), "{\"$tuple\":[1,{\"$tuple\":[2]}]}");
    round_trip(ITEMS(STK_VALUE_SET, integer(1), str("a")), "{\"$set\":[1,\"a\"]}");
    round_trip(ITEMS(STK_VALUE_FROZENSET, TUPLE(integer(1), str("a")),
                     ITEMS(STK_VALUE_FROZENSET, integer(2))),
               "{\"$frozenset\":[{\"$tuple\":[1,\"a\"]},{\"$frozenset\":[2]}]}");
    round_trip(DICT(integer(1), str("a"), str("b"), integer(2)),
               "{\"$dict\":[[1,\"a\"],[\"b\",2]]}");
    round_trip(DICT(str("$a"), integer(1), str("$"), integer(2), str("$$id"), integer(3),
                    str("a$"), integer(4), str("$\"\n"), integer(5)),
               "{\"$$a\":1,\"$$\":2,\"$$$id\":3,\"a$\":4,\"$$\\\"\\n\":5}");
    round_trip(DICT(str("\xed\xa0\xbd\xed\xb8\x80"), integer(1)),
               "{\"$dict\":[[{\"$str64\":\"7aC97biA\"},1]]}");
    round_trip(
        DICT(number_of((double)NAN), integer(1), number_of((double)NAN), integer(2)),
        "{\"$dict\":[[{\"$float\":\"nan\"},1],[{\"$float\":\"nan\"},2]]}");
}

static void sharing_and_cycles(void **state)
{
    (void)state;
    struct stk_value list = shared(LIST(integer(1)));
    round_trip(TUPLE(list, list),
               "{\"$tuple\":[{\"$id\":1,\"$list\":[1]},{\"$ref\":1}]}");
    struct stk_value dict = shared(DICT(str("a"), integer(1)));
    round_trip(LIST(dict, dict, dict), "[{\"$id\":1,\"a\":1},{\"$ref\":1},{\"$ref\":1}]");
    struct stk_value empty = shared(dict_of(NULL, 0));
    round_trip(LIST(empty, empty), "[{\"$id\":1},{\"$ref\":1}]");
    struct stk_value mixed = shared(DICT(integer(1), integer(2)));
    round_trip(LIST(mixed, mixed), "[{\"$id\":1,\"$dict\":[[1,2]]},{\"$ref\":1}]");
    struct stk_value self = shared(LIST(integer(0), integer(1)));
    set_item(self, 0, self);
    round_trip(self, "{\"$id\":1,\"$list\":[{\"$ref\":1},1]}");
    /* A tuple inside itself, by way of a list. */
    struct stk_value inner = LIST(integer(0));
    struct stk_value tuple = shared(TUPLE(inner));
    set_item(inner, 0, tuple);
    round_trip(tuple, "{\"$id\":1,\"$tuple\":[[{\"$ref\":1}]]}");
}

/* Marked, but met once: no id, and not marked once it is back. */
static void marks(void **state)
{
    (void)state;
    struct stk_value list = shared(LIST(integer(1)));
    assert_string_equal(tagged_with(list, &usual), "[1]");
    assert_false(restored("{\"$id\":7,\"$list\":[1]}").items->head.shared);
    struct stk_value back =
        restored("[{\"$id\":7,\"$list\":[1]},{\"$ref\":7},{\"$id\":3,\"$bytes\":\"\"}]");
    assert_true(back.items->list[0].items->head.shared);
    assert_ptr_equal(back.items->list[0].items, back.items->list[1].items);
    assert_true(back.items->list[1].off == 23);
    assert_false(back.items->list[2].text->head.shared);
    assert_false(back.items->head.shared);
}

static void names_are_one(void **state)
{
    (void)state;
    struct stk_value name = name_of("torch", "bfloat16");
    round_trip(LIST(name, name), "[{\"$global\":[\"torch\",\"bfloat16\"]},"
                                 "{\"$global\":[\"torch\",\"bfloat16\"]}]");
    struct stk_value back =
        restored("[{\"$global\":[\"a\",\"b.c\"]},{\"$global\":[\"a.b\",\"c\"]},"
                 "{\"$global\":[\"a\",\"b.c\"]}]");
    assert_ptr_equal(back.items->list[0].name, back.items->list[2].name);
    assert_ptr_not_equal(back.items->list[0].name, back.items->list[1].name);
}

static void objects(void **state)
{
    (void)state;
    struct stk_object *object;
    struct stk_value value =
        object_of(STK_VALUE_OBJECT, name_of("m", "C"), TUPLE(integer(1)), &object);
    round_trip(value, "{\"$object\":{\"call\":\"reduce\","
                      "\"callee\":{\"$global\":[\"m\",\"C\"]},\"args\":[1]}}");
    struct stk_value items = LIST(integer(1), integer(2));
    struct stk_value members = LIST(integer(3));
    struct stk_value pairs = DICT(str("k"), integer(4), integer(5), integer(6));
    object->call = STK_CALL_NEW_EX;
    object->kwargs = DICT(str("x"), stk_value_bool(0, true));
    object->has_state = true;
    object->state_first = true;
    object->state = LIST(str("s"));
    object->items = *items.items;
    object->members = *members.items;
    object->pairs = *pairs.pairs;
    object->type = name_of("m", "T").name;
    round_trip(value, "{\"$object\":{\"call\":\"new_ex\",\"type\":[\"m\",\"T\"],"
                      "\"callee\":{\"$global\":[\"m\",\"C\"]},\"args\":[1],"
                      "\"kwargs\":{\"x\":true},\"state\":[\"s\"],\"state_first\":true,"
                      "\"items\":[1,2],\"members\":[3],\"pairs\":[[\"k\",4],[5,6]]}}");
    struct stk_value twice = shared(object_of(STK_VALUE_OBJECT, name_of("m", "C"),
                                              none_of(STK_VALUE_TUPLE), &object));
    object->call = STK_CALL_NEW;
    object->has_state = true;
    object->state = DICT(str("me"), twice);
    struct stk_value args = shared(none_of(STK_VALUE_TUPLE));
    object->args = args;
    round_trip(LIST(args, twice),
               "[{\"$id\":1,\"$tuple\":[]},{\"$id\":2,\"$object\":{\"call\":\"new\","
               "\"callee\":{\"$global\":[\"m\",\"C\"]},\"args\":{\"$ref\":1},"
               "\"state\":{\"me\":{\"$ref\":2}}}}]");
}

static void enums_and_loads(void **state)
{
    (void)state;
    struct stk_object *object;
    struct stk_value value =
        object_of(STK_VALUE_ENUM, name_of("m", "E"), TUPLE(integer(2)), &object);
    object->type = name_of("m", "E").name;
    object->member = integer(2);
    round_trip(value, "{\"$enum\":{\"call\":\"reduce\",\"type\":[\"m\",\"E\"],"
                      "\"member\":2,\"callee\":{\"$global\":[\"m\",\"E\"]},"
                      "\"args\":[2]}}");
    object->args = TUPLE(str("x"), TUPLE(integer(1)));
    object->member = object->args.items->list[1];
    object->by_name = true;
    round_trip(value, "{\"$enum\":{\"call\":\"reduce\",\"type\":[\"m\",\"E\"],"
                      "\"member_arg\":1,\"by_name\":true,"
                      "\"callee\":{\"$global\":[\"m\",\"E\"]},"
                      "\"args\":[\"x\",{\"$tuple\":[1]}]}}");
    round_trip(object_of(STK_VALUE_PERSISTENT, stk_value_none(0),
                         TUPLE(str("storage"), integer(1)), NULL),
               "{\"$persistent\":{\"call\":\"load\",\"args\":[\"storage\",1]}}");
    round_trip(object_of(STK_VALUE_PERSISTENT, stk_value_none(0), LIST(integer(1)), NULL),
               "{\"$persistent\":{\"call\":\"load\",\"args\":{\"$list\":[1]}}}");
    round_trip(object_of(STK_VALUE_PERSISTENT, stk_value_none(0), str("id"), NULL),
               "{\"$persistent\":{\"call\":\"load\",\"args\":\"id\"}}");
}

static void buffers(void **state)
{
    (void)state;
    struct stk_buffer *buffer = stk_arena_alloc(&arena, sizeof *buffer);
    buffer->ordinal = 3;
    struct stk_value value = {.kind = STK_VALUE_BUFFER, .buffer = buffer};
    round_trip(value, "{\"$buffer\":{\"ordinal\":3,\"readonly\":false}}");
    buffer->ordinal = UINT64_MAX;
    buffer->readonly = true;
    buffer->present = true;
    buffer->bytes = stk_span_of("ab", 2);
    round_trip(value, "{\"$buffer\":{\"ordinal\":18446744073709551615,\"readonly\":true,"
                      "\"data\":\"YWI=\"}}");
}

/* ---- tensors, and who says what they are ---- */

static const uint64_t shape[] = {2, 3};
static const struct stk_array tensor_array = {
    .dtype = STK_DTYPE_FLOAT32,
    .type = {(const uint8_t *)"float32", 7},
    .rank = 2,
    .shape = shape,
    .n_items = 6,
};
static const struct stk_array storage_array = {
    .dtype = STK_DTYPE_FLOAT32,
    .type = {(const uint8_t *)"FloatStorage", 12},
    .n_items = 6,
    .location = {(const uint8_t *)"cpu", 3},
    .key = {(const uint8_t *)"0", 1},
};

/* What a decoder of pickles would find, of one class, one enum, one tensor. */
static enum stk_status complete(void *ctx, struct stk_arena *own,
                                struct stk_object *object, struct stk_value *inout)
{
    size_t *calls = ctx;
    (void)own;
    ++*calls;
    assert_null(object->type);
    assert_int_equal(object->member.kind, STK_VALUE_NONE);
    if (object->call == STK_CALL_LOAD) {
        assert_int_equal(inout->kind, STK_VALUE_PERSISTENT);
        if (object->args.kind == STK_VALUE_TUPLE) {
            object->array = &storage_array;
            inout->kind = STK_VALUE_STORAGE;
        }
        return STK_OK;
    }
    assert_int_equal(inout->kind, STK_VALUE_OBJECT);
    struct stk_span name = object->callee.name->qualified;
    if (stk_span_is(name, "E")) {
        object->type = object->callee.name;
        object->member = object->args.items->list[0];
        inout->kind = STK_VALUE_ENUM;
    } else if (stk_span_is(name, "T")) {
        assert_int_equal(object->args.items->list[0].kind, STK_VALUE_STORAGE);
        object->array = &tensor_array;
        inout->kind = STK_VALUE_TENSOR;
    } else if (stk_span_is(name, "system")) {
        return STK_E_UNSUPPORTED;
    } else {
        object->type = object->callee.name;
    }
    return STK_OK;
}

static struct stk_value a_tensor(void)
{
    struct stk_object *object;
    struct stk_value storage = object_of(STK_VALUE_STORAGE, stk_value_none(0),
                                         TUPLE(str("storage"), str("0")), &object);
    object->array = &storage_array;
    struct stk_value value = object_of(STK_VALUE_TENSOR, name_of("torch", "T"),
                                       TUPLE(shared(storage), storage), &object);
    object->array = &tensor_array;
    return value;
}

static const char *const a_tensor_text =
    "{\"$tensor\":{\"call\":\"reduce\",\"about\":{\"dtype\":\"float32\","
    "\"type\":\"float32\",\"shape\":[2,3]},\"callee\":{\"$global\":[\"torch\",\"T\"]},"
    "\"args\":[{\"$id\":1,\"$storage\":{\"call\":\"load\","
    "\"about\":{\"dtype\":\"float32\",\"type\":\"FloatStorage\",\"items\":6,"
    "\"location\":\"cpu\",\"key\":\"0\"},\"args\":[\"storage\",\"0\"]}},"
    "{\"$ref\":1}]}}";

static void tensors_need_an_answer(void **state)
{
    (void)state;
    size_t calls = 0;
    struct stk_json_restore_options ask = {complete, &calls};
    assert_string_equal(tagged_with(a_tensor(), &usual), a_tensor_text);
    struct stk_value back = restored_with(a_tensor_text, &ask);
    assert_int_equal(calls, 2);
    assert_same(a_tensor(), back);
    assert_ptr_equal(back.object->array, &tensor_array);
    assert_ptr_equal(back.object->args.items->list[1].object->array, &storage_array);
    assert_string_equal(tagged_with(back, &usual), a_tensor_text);
    back = restored(a_tensor_text);
    assert_int_equal(back.kind, STK_VALUE_OBJECT);
    assert_int_equal(back.object->args.items->list[0].kind, STK_VALUE_PERSISTENT);
    assert_int_equal(back.object->args.items->list[1].kind, STK_VALUE_PERSISTENT);
    assert_null(back.object->array);
}

/* The same in a cycle, where a reference comes before the call is known. */
static void cycles_are_asked_about_last(void **state)
{
    (void)state;
    size_t calls = 0;
    struct stk_json_restore_options ask = {complete, &calls};
    static const char *const text =
        "{\"$id\":1,\"$object\":{\"call\":\"reduce\",\"type\":[\"m\",\"C\"],"
        "\"callee\":{\"$global\":[\"m\",\"C\"]},\"args\":[],\"state\":"
        "{\"e\":{\"$enum\":{\"call\":\"reduce\",\"type\":[\"m\",\"E\"],\"member\":1,"
        "\"callee\":{\"$global\":[\"m\",\"E\"]},\"args\":[1]}},\"me\":{\"$ref\":1}}}}";
    struct stk_value back = restored_with(text, &ask);
    assert_int_equal(calls, 2);
    assert_int_equal(back.kind, STK_VALUE_OBJECT);
    assert_ptr_equal(back.object->state.pairs->list[1].value.object, back.object);
    assert_string_equal(tagged_with(back, &usual), text);
    back = restored_with("{\"$id\":1,\"$storage\":{\"call\":\"load\",\"args\":"
                         "[\"storage\"],\"state\":{\"$ref\":1}}}",
                         &ask);
    assert_int_equal(back.kind, STK_VALUE_STORAGE);
    assert_int_equal(back.object->state.kind, STK_VALUE_STORAGE);
    back = restored("{\"$id\":1,\"$storage\":{\"call\":\"load\",\"args\":"
                    "[\"storage\"],\"state\":{\"$ref\":1}}}");
    assert_int_equal(back.kind, STK_VALUE_PERSISTENT);
    assert_int_equal(back.object->state.kind, STK_VALUE_PERSISTENT);
}

static void claims_have_to_hold(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum stk_status status;
        const char *reason;
    } table[] = {
        {"{\"$object\":" CALL("system", "[]") "}}", STK_E_UNSUPPORTED, "refused"},
        {"{\"$object\":" CALL("C", "[]") ",\"type\":[\"m\",\"Safe\"]}}", STK_E_MALFORMED,
         "not make what"},
        {"{\"$tensor\":" CALL("C", "[]") "}}", STK_E_MALFORMED, "not make what"},
        {"{\"$enum\":" CALL("C", "[1]") ",\"member\":1}}", STK_E_MALFORMED,
         "not make what"},
        {"{\"$enum\":" CALL("E", "[1]") ",\"member\":2}}", STK_E_MALFORMED,
         "not make what"},
        {"{\"$enum\":" CALL("E", "[1]") ",\"member\":1.0}}", STK_E_MALFORMED,
         "not make what"},
        {"{\"$enum\":" CALL("E", "[1]") ",\"member\":1,\"by_name\":true}}",
         STK_E_MALFORMED, "not make what"},
        {"{\"$enum\":" CALL("E", "[[1],[2]]") ",\"member_arg\":1}}", STK_E_MALFORMED,
         "not make what"},
        {"{\"$id\":1,\"$object\":" CALL("E", "[1]") ",\"state\":{\"$ref\":1}}}",
         STK_E_MALFORMED, "before its kind is known"},
        {"{\"$persistent\":{\"call\":\"load\",\"args\":[1]}}", STK_E_MALFORMED,
         "not make what"},
        {"{\"a\":{\"$ref\":1},\"b\":{\"$id\":1,\"$object\":" CALL("E", "[1]") "}}}",
         STK_E_MALFORMED, "before its kind is known"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        size_t calls = 0;
        struct stk_json_restore_options ask = {complete, &calls};
        struct stk_json_error error = {0, ""};
        struct stk_value value = decode(table[i].text);
        enum stk_status status = stk_json_restore(&arena, value, &ask, &value, &error);
        if (status != table[i].status || strstr(error.reason, table[i].reason) == NULL) {
            print_error("%s: %d, %s\n", table[i].text, (int)status, error.reason);
            fail();
        }
    }
    /* Less than it is may be claimed. */
    size_t calls = 0;
    struct stk_json_restore_options ask = {complete, &calls};
    struct stk_value value = restored_with("{\"$object\":" CALL("E", "[1]") "}}", &ask);
    assert_int_equal(value.kind, STK_VALUE_ENUM);
    value = restored_with("[{\"$id\":1,\"$object\":" CALL("E", "[1]") "}},{\"$ref\":1}]",
                          &ask);
    assert_int_equal(value.items->list[1].kind, STK_VALUE_ENUM);
}

/* ---- what is refused ---- */

static void not_written(struct stk_value value, enum stk_status status, uint64_t off,
                        const char *reason)
{
    struct stk_json_error error = {UINT64_MAX, ""};
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, 10000);
    assert_int_equal(stk_json_write_tagged(&out, value, &usual, &error), status);
    assert_non_null(strstr(error.reason, reason));
    assert_true(error.off == off);
    assert_int_equal(out.len, 0);
    stk_buf_release(&out);
}

static void what_cannot_be_written(void **state)
{
    (void)state;
    struct stk_object *object;
    struct stk_value refused_call = {.kind = STK_VALUE_REFUSED, .off = 12};
    not_written(LIST(refused_call), STK_E_UNSUPPORTED, 12, "refused");
    struct stk_value name = name_of("m\xff", "a");
    name.off = 3;
    not_written(LIST(name), STK_E_UNSUPPORTED, 3, "not UTF-8");
    name = name_of("m", "\xed\xa0\x80");
    not_written(name, STK_E_UNSUPPORTED, 0, "not UTF-8");
    struct stk_value value =
        object_of(STK_VALUE_ENUM, name_of("m", "E"), TUPLE(LIST(integer(1))), &object);
    object->member = LIST(integer(1));
    not_written(value, STK_E_UNSUPPORTED, 0, "not among its arguments");
    struct stk_value deep = integer(1);
    for (int i = 0; i < 256; i++) {
        deep = TUPLE(deep);
    }
    assert_non_null(tagged_with(deep, &usual));
    not_written(LIST(deep), STK_E_LIMIT, 0, "too deep");
    char many[8000] = {0};
    not_written(text_of(STK_VALUE_BYTES, many, sizeof many), STK_E_LIMIT, 0, "longer");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_json_has),          TEST(numbers),
        TEST(texts_and_bytes),        TEST(groups),
        TEST(sharing_and_cycles),     TEST(marks),
        TEST(names_are_one),          TEST(objects),
        TEST(enums_and_loads),        TEST(buffers),
        TEST(tensors_need_an_answer), TEST(cycles_are_asked_about_last),
        TEST(claims_have_to_hold),    TEST(what_cannot_be_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
