/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "msgpack_case.h"

static void moment_is(const char *bytes, int64_t seconds, int64_t nanoseconds)
{
    struct stk_value value = decode(bytes);
    assert_int_equal(value.kind, STK_VALUE_OBJECT);
    const struct stk_object *object = value.object;
    assert_int_equal(object->call, STK_CALL_REDUCE);
    assert_int_equal(object->callee.kind, STK_VALUE_GLOBAL);
    assert_ptr_equal(object->type, object->callee.name);
    assert_true(stk_span_is(object->type->module, "msgpack.ext"));
    assert_true(stk_span_is(object->type->qualified, "Timestamp"));
    assert_int_equal(object->args.items->n, 2);
    assert_true(object->args.items->list[0].integer == seconds);
    assert_true(object->args.items->list[1].integer == nanoseconds);
    bytes_are(written(value), bytes); /* they are all in their shortest form */
}

static void timestamps(void **state)
{
    (void)state;
    moment_is("d6 ff 00000000", 0, 0);
    moment_is("d6 ff ffffffff", UINT32_MAX, 0);
    moment_is("d7 ff 00000001 00000000", INT64_C(1) << 32, 0);
    moment_is("d7 ff ee6b27fc 00000000", 0, 999999999);
    moment_is("d7 ff 00000007 ffffffff", (INT64_C(1) << 34) - 1, 1);
    moment_is("c7 0c ff 00000000 0000000400000000", INT64_C(1) << 34, 0);
    moment_is("c7 0c ff 3b9ac9ff ffffffffffffffff", -1, 999999999);
    moment_is("c7 0c ff 00000000 8000000000000000", INT64_MIN, 0);
    assert_int_equal(decode("c7 04 ff 00000001").kind, STK_VALUE_OBJECT);
    assert_int_equal(decode("c8 0004 ff 00000001").kind, STK_VALUE_OBJECT);
    refused("d4 ff 00", STK_E_MALFORMED, 0, "neither 4, 8 nor 12");
    refused("91 c7 00 ff", STK_E_MALFORMED, 1, "neither 4, 8 nor 12");
    refused("d7 ff ee6b2800 00000000", STK_E_MALFORMED, 0, "999999999");
    refused("c7 0c ff 3b9aca00 0000000000000000", STK_E_MALFORMED, 0, "999999999");
    struct stk_value value = decode("92 d6 ff 00000000 d6 ff 00000001");
    const struct stk_value *list = value.items->list;
    assert_ptr_equal(list[0].object->type, list[1].object->type);
}

static void codes_that_are_not_taken(void **state)
{
    (void)state;
    static const char *const heads[] = {"d4 xx 00", "d5 xx 0000", "d6 xx 00000000"};
    char bytes[32];
    char reason[32];
    for (int code = -128; code < 128; code++) {
        if (code == -1) {
            continue;
        }
        memcpy(bytes, heads[(unsigned)code % 3], strlen(heads[(unsigned)code % 3]) + 1);
        (void)snprintf(reason, sizeof reason, "%02x", (unsigned)code & 0xff);
        memcpy(strstr(bytes, "xx"), reason, 2);
        (void)snprintf(reason, sizeof reason, "ext type %d", code);
        struct stk_msgpack_error error = {9, ""};
        struct stk_value value;
        struct stk_span message = hex(bytes);
        assert_int_equal(stk_msgpack_decode(&arena, message, &strict, &value, &error),
                         STK_E_UNSUPPORTED);
        assert_true(error.off == 0);
        assert_string_equal(error.reason, reason);
    }
    refused("92 00 d8 03 00000000000000000000000000000000", STK_E_UNSUPPORTED, 2,
            "ext type 3");
    refused_tagged("d4 3f 00", STK_E_UNSUPPORTED, 0, "ext type 63");
    refused_tagged("d4 50 00", STK_E_UNSUPPORTED, 0, "ext type 80");
}

static void codes_as_bytes(void **state)
{
    (void)state;
    static const int8_t codes[] = {3, -7};
    struct stk_msgpack_options options = STK_MSGPACK_OPTIONS_DEFAULT;
    options.bytes_codes = codes;
    options.n_bytes_codes = 2;
    struct stk_span message = hex("93 c70303 'abc' d4f9 00 c70003");
    struct stk_value value = decode_span(&options, message);
    const struct stk_value *list = value.items->list;
    assert_int_equal(list[0].kind, STK_VALUE_BYTES);
    assert_true(stk_span_is(list[0].text->bytes, "abc"));
    assert_ptr_equal(list[0].text->bytes.data, message.data + 4);
    assert_int_equal(list[1].text->bytes.len, 1);
    assert_int_equal(list[2].text->bytes.len, 0);
    refused_span(&options, hex("d4 01 00"), STK_E_UNSUPPORTED, 0, "ext type 1");
}

/* Each tag, as the writer has it. */
static struct stk_value restored(const char *bytes)
{
    struct stk_value value = decode_tagged(bytes);
    bytes_are(written(value), bytes);
    return value;
}

static void groups(void **state)
{
    (void)state;
    struct stk_value value = restored("c70042");
    assert_true(value.kind == STK_VALUE_TUPLE && value.items->n == 0);
    value = restored("d542 01 02");
    assert_true(value.kind == STK_VALUE_TUPLE && value.items->n == 2);
    assert_true(value.items->list[1].off == 3 && value.spare == 0);
    value = restored("c70343 01 02 03");
    assert_true(value.kind == STK_VALUE_SET && value.items->n == 3);
    value = restored("d444 01");
    assert_true(value.kind == STK_VALUE_FROZENSET && value.items->n == 1);
    value = restored("c70542 01 d542 02 03");
    assert_true(value.items->list[1].items->list[1].integer == 3);
    value = restored("82 d542 01 02 03  d444 01 c0");
    assert_int_equal(value.pairs->list[0].key.kind, STK_VALUE_TUPLE);
    value = restored("c70342 91 91 01");
    assert_true(value.items->list[0].kind == STK_VALUE_LIST);
    assert_true(value.items->list[0].spare == 0);
    assert_int_equal(decode_tagged("c8 0002 42 01 02").items->n, 2);
    assert_int_equal(decode_tagged("c9 00000000 43").items->n, 0);
}

static void leaves(void **state)
{
    (void)state;
    struct stk_value value = restored("d545 0102");
    assert_true(value.kind == STK_VALUE_BYTEARRAY && value.text->bytes.len == 2);
    value = restored("c70347 eda080");
    assert_true(value.kind == STK_VALUE_STR && value.text->n_codes == 1);
    value = restored("c70b48 a6'module' a3'a.b'");
    assert_true(value.kind == STK_VALUE_GLOBAL && value.off == 0);
    assert_true(stk_span_is(value.name->module, "module"));
    assert_true(stk_span_is(value.name->qualified, "a.b"));
    value = decode_tagged("92 d648 a1'm' a1'n' d648 a1'm' a1'n'");
    assert_ptr_equal(value.items->list[0].name, value.items->list[1].name);
    value = restored("d549 05 c3");
    assert_true(value.kind == STK_VALUE_BUFFER && value.buffer->ordinal == 5);
    assert_true(value.buffer->readonly && !value.buffer->present);
    value = restored("c70649 cc80 c2 c401 ff");
    assert_true(value.buffer->ordinal == 128 && value.buffer->present);
    assert_true(value.buffer->bytes.len == 1 && value.buffer->bytes.data[0] == 0xff);
}

static void big_is(const char *bytes, bool negative, uint64_t high, uint64_t low)
{
    struct stk_value value = restored(bytes);
    assert_int_equal(value.kind, STK_VALUE_BIGINT);
    assert_true(value.big->negative == negative && value.big->limbs[0] == low);
    assert_true((value.big->n > 1 ? value.big->limbs[1] : 0) == high);
    assert_true(value.big->n == (high != 0 ? 2 : 1));
}

static void big_integers(void **state)
{
    (void)state;
    big_is("c70946 010000000000000000", false, 1, 0);
    big_is("c70946 ff7fffffffffffffff", true, 0, (UINT64_C(1) << 63) + 1);
    big_is("c70946 ff0000000000000000", true, 1, 0);
    big_is("c70946 800000000000000000", true, 128, 0);
    big_is("c70946 7fffffffffffffffff", false, 127, UINT64_MAX);
    big_is("c70a46 00800000000000000000", false, 128, 0);
    big_is("d846 80000000000000000000000000000000", true, UINT64_C(1) << 63, 0);
    big_is("c71146 0080000000000000000000000000000000", false, UINT64_C(1) << 63, 0);
    big_is("c70946 feffffffffffffffff", true, 1, 1);
    assert_true(decode_tagged("d446 ff").integer == -1);
    assert_true(decode_tagged("d546 0080").integer == 128);
    assert_true(decode_tagged("d746 8000000000000000").integer == INT64_MIN);
    assert_true(decode_tagged("c70346 000000").integer == 0);
    refused_tagged("c70046", STK_E_MALFORMED, 0, "no bytes");
}

static void sharing(void **state)
{
    (void)state;
    struct stk_value value = restored("92 d540 91 01 d441 00");
    const struct stk_value *list = value.items->list;
    assert_ptr_equal(list[0].items, list[1].items);
    assert_true(list[0].items->head.shared && !value.items->head.shared);
    value = restored("c70540 92 d44100 c0");
    assert_ptr_equal(value.items, value.items->list[0].items);
    value = restored("c70640 81 a1'a' d44100");
    assert_ptr_equal(value.pairs, value.pairs->list[0].value.pairs);
    value = restored("92 c70340 c40161 d44100");
    assert_ptr_equal(value.items->list[0].text, value.items->list[1].text);
    value = restored("92 d640 d542 0102 d44100");
    assert_int_equal(value.items->list[1].kind, STK_VALUE_TUPLE);
    assert_ptr_equal(value.items->list[0].items, value.items->list[1].items);
    /* Two nodes: numbers in the order in which they begin. */
    value = restored("94 c70540 91 d540 9101 d44101 d44100 d44101");
    list = value.items->list;
    assert_ptr_equal(list[0].items->list[0].items, list[1].items);
    assert_ptr_equal(list[0].items, list[2].items);
    value = decode_tagged("d440 05"); /* no identity to keep */
    assert_int_equal(value.integer, 5);
}

static const struct {
    const char *bytes;
    uint64_t off;
    const char *reason;
} malformed[] = {
    {"d441 00", 0, "a reference to no value before it"},
    {"92 d441 00 d440 05", 1, "a reference to no value before it"},
    {"d540 d441", 2, "a value passes the end"},
    {"c70340 d441 00", 3, "a reference to no value before it"},
    {"92 d540 91 01 d441 01", 5, "a reference to no value before it"},
    {"92 d440 05 d741 ffffffffffffffff", 4, "lacks its number"},
    {"c70041", 0, "lacks its number"},
    {"d441 cc", 0, "lacks its number"},
    {"d441 ff", 0, "lacks its number"},
    {"92 d440 05 d541 0000", 4, "not one number"},
    {"c70040", 0, "a shared value that is not one"},
    {"d540 0101", 0, "a shared value that is not one"},
    {"d640 d540 9100", 2, "a shared value that is only another"},
    {"d442 91", 2, "a value passes the end"},
    {"d442 cd", 2, "a value passes the end"},
    {"d542 a2 'a'", 2, "a value passes the end"},
    {"92 d542 a2 'a' 00", 3, "a value passes the end"},
    {"92 d442 92 c0 c0", 3, "a value passes the end"},
    {"d543 90 00", 2, "cannot be a key"},
    {"d443 80", 2, "cannot be a key"},
    {"81 d542 90 01 02", 1, "cannot be a key"},
    {"81 c70442 d442 90 01 02", 1, "cannot be a key"},
    {"81 c70342 d44500 02", 1, "cannot be a key"},
    {"81 d445 01 02", 1, "cannot be a key"},
    {"81 d443 01 02", 1, "cannot be a key"},
    {"92 c70340 d442 90 81 d441 00 01", 4, "cannot be a key"},
    {"d543 01 01", 0, "two equal members"},
    {"c70343 c2 01 00", 0, "two equal members"},
    {"d447 ff", 2, "not UTF-8"},
    {"d448 a1", 2, "a value passes the end"},
    {"d448 01", 0, "a name that is not two texts"},
    {"d548 a0 01", 0, "a name that is not two texts"},
    {"c70348 a0 a0 a0", 0, "a name that is not two texts"},
    {"d449 00", 0, "a buffer that is not"},
    {"d549 c2 00", 0, "a buffer that is not"},
    {"d549 ff c2", 0, "a buffer that is not"},
    {"c70a49 cfffffffffffffffff c2", 0, "a buffer that is not"},
    {"c70349 00 c2 a0", 0, "a buffer that is not"},
    {"c7004a", 0, "lacks its number"},
    {"d44a 00", 0, "fewer fields"},
    {"c7034a cd1000", 0, "unknown fields"},
    {"c7034a cd0208", 0, "unknown fields"},
    {"c7034a cd0800", 0, "unknown fields"},
    {"c7054a 00 01 c70042", 4, "no global or object made"},
    {"c7084a 00 d648a1'm'a1'n' 90", 10, "arguments that are no tuple"},
    {"c70b4a 00 d648a1'm'a1'n' c70042 00", 13, "more fields"},
    {"c70b4a 40 d648a1'm'a1'n' c70042 00", 13, "no map"},
    {"c70b4a 10 d648a1'm'a1'n' c70042 80", 13, "items that are no array"},
    {"c70f4a cc80 d648a1'm'a1'n' c70042 d54091 01", 16, "items that are no array"},
    {"c70b4a 20 d648a1'm'a1'n' c70042 90", 13, "pairs that are no map"},
    {"c70d4a 20 d648a1'm'a1'n' c70042 d44080", 15, "pairs that are no map"},
    {"c7044f 03 c0 c0 c0", 5, "more fields"},
    {"c7054f cd0803 00 01", 7, "a storage's bytes that are none"},
    {"c7054f cd0203 00 01", 7, "a type that is no name"},
    {"d54f 0b 00", 0, "a type that is no name"},
};

static void what_cannot_be(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        refused_tagged(malformed[i].bytes, STK_E_MALFORMED, malformed[i].off,
                       malformed[i].reason);
    }
    struct stk_msgpack_options options = tagged;
    options.take_duplicates = true;
    assert_int_equal(decode_span(&options, hex("d543 01 01")).items->n, 1);
    options.depth_max = 2;
    refused_span(&options, hex("c70442 d54291 00"), STK_E_LIMIT, 5, "too deep");
    (void)decode_span(&options, hex("c70640 c70342 d440 90"));
}

/* ---- objects ---- */

#define CALLEE "d648 a1'm' a1'n'"
#define TENSOR "d648 a1'm' a1't'"
#define MEMBER "d648 a1'm' a1'e'"
#define BAD "d648 a1'm' a1'b'"

static void objects(void **state)
{
    (void)state;
    struct stk_value value = restored("c70e4a 0d " CALLEE " d44201 81 a1'x' 05");
    const struct stk_object *o = value.object;
    assert_true(value.kind == STK_VALUE_OBJECT && o->call == STK_CALL_NEW);
    assert_true(o->has_state && !o->state_first && o->state.kind == STK_VALUE_DICT);
    assert_ptr_equal(o->type, o->callee.name);
    assert_true(o->kwargs.kind == STK_VALUE_NONE && o->member.kind == STK_VALUE_NONE);
    value = restored("c71d4a cd03f6 " CALLEE
                     " d44201 810102 03 9104 9105 810607 d648a1'm'a1't'");
    o = value.object;
    assert_true(o->call == STK_CALL_NEW_EX && o->state_first && !o->by_name);
    assert_true(o->kwargs.pairs->n == 1 && o->state.integer == 3);
    assert_true(o->items.n == 1 && o->items.list[0].integer == 4);
    assert_true(o->members.n == 1 && o->members.list[0].integer == 5);
    assert_true(o->pairs.n == 1 && o->pairs.list[0].value.integer == 7);
    assert_true(stk_span_is(o->type->qualified, "t") && o->array == NULL);
    value = restored("c70b4b 08 " CALLEE " d44207 07");
    assert_true(value.kind == STK_VALUE_ENUM && value.object->member.integer == 7);
    value = restored("c70f4b cd0408 " CALLEE " d44207 a2'on'");
    assert_true(value.object->by_name);
    value = restored("d54f 03 05");
    assert_true(value.kind == STK_VALUE_PERSISTENT && value.object->args.integer == 5);
    value = restored("c7074f cd0803 05 c401ff");
    assert_true(value.object->array->present && value.object->array->bytes.len == 1);
    /* Arguments that hold a list are no key, and that leaves no trace. */
    value = restored("c70a4a 00 " CALLEE " d44290");
    assert_true(value.object->args.spare == 0);
}

/* What is known without knowing the class. */
static void nobody_completes(void **state)
{
    (void)state;
    assert_int_equal(decode_tagged("c70a4c 00 " CALLEE " c70042").kind, STK_VALUE_OBJECT);
    assert_int_equal(decode_tagged("c70a4d 00 " CALLEE " c70042").kind, STK_VALUE_OBJECT);
    assert_int_equal(decode_tagged("c70a4e 00 " CALLEE " c70042").kind, STK_VALUE_OBJECT);
    assert_int_equal(decode_tagged("d54e 03 05").kind, STK_VALUE_PERSISTENT);
    assert_int_equal(decode_tagged("d54a 03 05").kind, STK_VALUE_PERSISTENT);
}

static enum stk_status complete(void *ctx, struct stk_arena *at,
                                struct stk_object *object, struct stk_value *inout)
{
    static const struct stk_array array = {.dtype = STK_DTYPE_INT8};
    size_t *calls = ctx;
    ++*calls;
    assert_ptr_equal(at, &arena);
    assert_ptr_equal(inout->object, object);
    assert_null(object->type);
    assert_false(object->by_name);
    assert_int_equal(object->member.kind, STK_VALUE_NONE);
    if (object->call == STK_CALL_LOAD) {
        assert_int_equal(inout->kind, STK_VALUE_PERSISTENT);
        return STK_OK;
    }
    assert_int_equal(inout->kind, STK_VALUE_OBJECT);
    object->type = object->callee.name;
    switch (object->type->qualified.data[0]) {
    case 't':
        inout->kind = STK_VALUE_TENSOR;
        object->array = &array;
        return STK_OK;
    case 'e':
        inout->kind = STK_VALUE_ENUM;
        object->member = object->args.items->list[0];
        return STK_OK;
    case 'b':
        return STK_E_UNSUPPORTED;
    default:
        return STK_OK;
    }
}

static void somebody_completes(void **state)
{
    (void)state;
    size_t calls = 0;
    struct stk_msgpack_options options = tagged;
    options.complete = complete;
    options.complete_ctx = &calls;
    static const struct {
        const char *bytes;
        enum stk_value_kind kind;
    } good[] = {
        {"c70a4a 00 " CALLEE " c70042", STK_VALUE_OBJECT},
        {"c70a4a 08 " CALLEE " c70042", STK_VALUE_OBJECT},
        {"c70a4c 00 " TENSOR " c70042", STK_VALUE_TENSOR},
        {"c70a4a 00 " TENSOR " c70042", STK_VALUE_TENSOR},
        {"c70b4b 08 " MEMBER " d44207 07", STK_VALUE_ENUM},
        {"c70a4a 08 " MEMBER " d44207", STK_VALUE_ENUM},
        {"d54f 03 05", STK_VALUE_PERSISTENT},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        calls = 0;
        assert_int_equal(decode_span(&options, hex(good[i].bytes)).kind, good[i].kind);
        assert_int_equal(calls, 1);
    }
    static const char *const bad[] = {
        "c70a4c 00 " CALLEE " c70042",             /* no tensor */
        "c70a4d 00 " TENSOR " c70042",             /* no ndarray */
        "c70b4b 08 " CALLEE " d44207 07",          /* no member */
        "c70b4b 08 " MEMBER " d44207 08",          /* another member */
        "c70d4b cd0408 " MEMBER " d44207 07",      /* not by its name */
        "c7124a cd0200 " CALLEE " c70042 " TENSOR, /* another class */
        "d54e 03 05",                              /* no storage */
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        refused_span(&options, hex(bad[i]), STK_E_MALFORMED, 0,
                     "an object that is not what it says");
    }
    refused_span(&options, hex("91 c70a4a 00 " BAD " c70042"), STK_E_UNSUPPORTED, 1,
                 "an object that is not taken");
    calls = 0;
    (void)decode_span(&options, hex("d6 ff 00000000"));
    assert_int_equal(calls, 0); /* what a timestamp is, is known */
}

/* What leads to an object that is not complete yet leads to it as its tag says. */
static void within_itself(void **state)
{
    (void)state;
    size_t calls = 0;
    struct stk_msgpack_options options = tagged;
    options.complete = complete;
    options.complete_ctx = &calls;
    struct stk_value value =
        decode_span(&options, hex("d840 c70d4c 04 " TENSOR " c70042 d44100"));
    assert_int_equal(value.kind, STK_VALUE_TENSOR);
    assert_int_equal(value.object->state.kind, STK_VALUE_TENSOR);
    assert_ptr_equal(value.object->state.object, value.object);
    assert_true(value.object->head.shared);
    refused_span(&options, hex("d840 c70d4a 04 " TENSOR " c70042 d44100"),
                 STK_E_MALFORMED, 2, "an object that is not what it says");
    value = restored("d840 c70d4a 04 " TENSOR " c70042 d44100");
    assert_int_equal(value.object->state.kind, STK_VALUE_OBJECT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(timestamps),
        TEST(codes_that_are_not_taken),
        TEST(codes_as_bytes),
        TEST(groups),
        TEST(leaves),
        TEST(big_integers),
        TEST(sharing),
        TEST(what_cannot_be),
        TEST(objects),
        TEST(nobody_completes),
        TEST(somebody_completes),
        TEST(within_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
