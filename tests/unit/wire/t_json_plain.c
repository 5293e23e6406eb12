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
#include "oom.h"
#include "wire/json_plain.h"

static const struct stk_json_plain_options usual = STK_JSON_PLAIN_OPTIONS_DEFAULT;

static char text[1 << 16]; /* what was written last */
static struct stk_json_lost lost;

static enum stk_status write_to(struct stk_value value,
                                const struct stk_json_plain_options *options,
                                struct stk_json_error *ret_error)
{
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, sizeof text - 1);
    memset(&lost, 0, sizeof lost);
    enum stk_status status =
        stk_json_write_plain(&out, &arena, value, options, &lost, ret_error);
    if (out.len > 0) {
        memcpy(text, out.data, out.len);
    }
    text[out.len] = '\0';
    assert_true(status == STK_OK || out.len == 0);
    stk_buf_release(&out);
    return status;
}

/* "BYTES 1 $.a, …", in the order of the losses. */
static void describe(char *out, size_t size)
{
    size_t len = 0;
    out[0] = '\0';
    for (int i = 0; i < STK_JSON_LOSSES; i++) {
        assert_true((lost.list[i].count == 0) == (lost.list[i].first == NULL));
        if (lost.list[i].count > 0) {
            len += (size_t)snprintf(
                out + len, size - len, "%s%s: %llu, %s", len == 0 ? "" : "; ",
                stk_json_loss_text((enum stk_json_loss)i),
                (unsigned long long)lost.list[i].count, lost.list[i].first);
        }
    }
}

static void written(struct stk_value value, const char *expected, const char *losses)
{
    struct stk_json_error error = {0, "no memory"};
    char said[4000];
    if (write_to(value, &usual, &error) != STK_OK) {
        print_error("%s at %llu\n", error.reason, (unsigned long long)error.off);
        fail();
    }
    describe(said, sizeof said);
    assert_string_equal(text, expected);
    assert_string_equal(said, losses);
    decode(text); /* strictly */
}

static void not_written(struct stk_value value,
                        const struct stk_json_plain_options *options,
                        enum stk_status status, uint64_t off, const char *reason)
{
    struct stk_json_error error = {UINT64_MAX, ""};
    assert_int_equal(write_to(value, options, &error), status);
    if (strstr(error.reason, reason) == NULL) {
        print_error("%s\n", error.reason);
        fail();
    }
    assert_true(error.off == off);
    assert_null(lost.list[0].first);
}

static void nothing_is_lost(void **state)
{
    (void)state;
    static const char *const same[] = {
        "null",
        "[1,-2.5,true,\"a\\n\",{\"a\":{},\"b\":[]}]",
        "-0.0",
        "18446744073709551616",
        "{\"$id\":1,\"$ref\":2}",
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        written(decode(same[i]), same[i], "");
    }
    struct stk_value once = shared(LIST(integer(1)));
    struct stk_value twice = shared(str("a"));
    written(LIST(once, twice, twice), "[[1],\"a\",\"a\"]", "");
}

static void groups(void **state)
{
    (void)state;
    written(DICT(str("a"), LIST(TUPLE(integer(1), TUPLE(integer(2))), integer(3))),
            "{\"a\":[[1,[2]],3]}", "tuple written as array: 2, $.a[0]");
    written(LIST(ITEMS(STK_VALUE_SET, integer(1)), none_of(STK_VALUE_FROZENSET)),
            "[[1],[]]", "set written as array: 2, $[0]");
}

static void leaves(void **state)
{
    (void)state;
    written(LIST(integer(0), text_of(STK_VALUE_BYTES, "ab", 2),
                 text_of(STK_VALUE_BYTEARRAY, "\xff", 1)),
            "[0,\"YWI=\",\"/w==\"]", "bytes written as base64 text: 2, $[1]");
    written(LIST(number_of((double)NAN), number_of(HUGE_VAL), number_of(-HUGE_VAL)),
            "[null,null,null]", "NaN or infinity written as null: 3, $[0]");
    written(DICT(str("a b"), str("\xed\xa0\xbd\xed\xb8\x80"
                                 "c")),
            "{\"a b\":\"\xef\xbf\xbd\xef\xbf\xbd"
            "c\"}",
            "text with lone surrogates written with U+FFFD: 1, $[\"a b\"]");
    written(LIST(name_of("torch", "nn.Module")), "[\"torch.nn.Module\"]",
            "global written as its name: 1, $[0]");
    struct stk_json_plain_options few = usual;
    struct stk_json_error error;
    few.write.digits_max = 19;
    const uint64_t limbs[] = {1, 1};
    assert_int_equal(write_to(big_of(true, limbs, 2), &few, &error), STK_OK);
    assert_string_equal(text, "\"-0x10000000000000001\"");
    assert_int_equal(lost.list[STK_JSON_LOSS_INTEGER].count, 1);
    assert_string_equal(lost.list[STK_JSON_LOSS_INTEGER].first, "$");
}

static void keys(void **state)
{
    (void)state;
    struct stk_object *object;
    struct stk_value color =
        object_of(STK_VALUE_ENUM, name_of("m", "E"), TUPLE(str("red")), &object);
    object->member = str("red");
    written(DICT(integer(1), integer(0), stk_value_bool(0, false), integer(1),
                 stk_value_none(0), integer(2), number_of(1.5), integer(3),
                 TUPLE(integer(1), str("a")), integer(4),
                 text_of(STK_VALUE_BYTES, "ab", 2), integer(5), name_of("os", "sep"),
                 integer(6), color, integer(7), str("s"), integer(8)),
            "{\"1\":0,\"false\":1,\"null\":2,\"1.5\":3,\"[1,\\\"a\\\"]\":4,\"YWI=\":5,"
            "\"os.sep\":6,\"red\":7,\"s\":8}",
            "tuple written as array: 1, $; bytes written as base64 text: 1, $; "
            "key other than text written as text: 8, $; "
            "global written as its name: 1, $; "
            "enum member written as its value or name: 1, $");
    written(LIST(DICT(str("\xed\xa0\x80"), text_of(STK_VALUE_BYTES, "", 0))),
            "[{\"\xef\xbf\xbd\":\"\"}]",
            "bytes written as base64 text: 1, $[0][\"\xef\xbf\xbd\"]; "
            "text with lone surrogates written with U+FFFD: 1, $[0]");
    written(DICT(TUPLE(integer(1)), TUPLE(integer(2))), "{\"[1]\":[2]}",
            "tuple written as array: 2, $; key other than text written as text: 1, $");
}

static void keys_that_become_one(void **state)
{
    (void)state;
    struct stk_value key = integer(1);
    key.off = 7;
    not_written(DICT(str("1"), integer(0), key, integer(0)), &usual, STK_E_UNSUPPORTED, 7,
                "one name in JSON");
    struct stk_value text_key = str("null");
    text_key.off = 9;
    not_written(LIST(DICT(stk_value_none(0), integer(0), text_key, integer(0))), &usual,
                STK_E_UNSUPPORTED, 9, "one name in JSON");
    not_written(DICT(number_of((double)NAN), integer(0), stk_value_none(0), integer(0)),
                &usual, STK_E_UNSUPPORTED, 0, "one name in JSON");
    not_written(DICT(str("\xed\xa0\x80"), integer(0), str("\xef\xbf\xbd"), integer(0)),
                &usual, STK_E_UNSUPPORTED, 0, "one name in JSON");
    struct stk_value deep = integer(1);
    for (int i = 0; i < 4; i++) {
        deep = TUPLE(DICT(deep, integer(1)), integer(i));
    }
    struct stk_json_error error;
    assert_int_equal(write_to(deep, &usual, &error), STK_OK);
    deep = DICT(TUPLE(deep), integer(1));
    not_written(LIST(DICT(TUPLE(deep), integer(1))), &usual, STK_E_LIMIT, 0,
                "keys lie too deep");
}

static void objects(void **state)
{
    (void)state;
    struct stk_object *object;
    struct stk_value value = object_of(STK_VALUE_OBJECT, name_of("m", "C"),
                                       TUPLE(integer(1), str("x")), &object);
    const char *class = "object written without its class: 1, $";
    written(value, "[1,\"x\"]", class);
    object->call = STK_CALL_NEW_EX;
    object->kwargs = DICT(str("k"), integer(2));
    written(value, "{\"args\":[1,\"x\"],\"kwargs\":{\"k\":2}}", class);
    object->kwargs = stk_value_none(0);
    object->args = none_of(STK_VALUE_TUPLE);
    written(value, "[]", class);
    object->has_state = true;
    object->state = DICT(str("a"), integer(1));
    written(value, "{\"a\":1}", class);
    object->args = TUPLE(integer(5));
    written(value, "{\"a\":1}",
            "object written without its class: 1, $; "
            "object written without its arguments: 1, $");
    object->args = none_of(STK_VALUE_TUPLE);
    object->state = TUPLE(stk_value_none(0), DICT(str("slot"), integer(2)));
    written(value, "{\"slot\":2}", class);
    object->state = TUPLE(DICT(str("a"), integer(1)), DICT(str("slot"), integer(2)));
    written(value, "{\"a\":1,\"slot\":2}", class);
    struct stk_value again = str("a");
    again.off = 3;
    object->state = TUPLE(DICT(str("a"), integer(1)), DICT(again, integer(2)));
    not_written(value, &usual, STK_E_UNSUPPORTED, 3, "one name in JSON");
    object->state = integer(7);
    written(value, "7", class);
    struct stk_value items = LIST(integer(1));
    object->items = *items.items;
    written(value, "{\"state\":7,\"items\":[1]}", class);
    object->has_state = false;
    written(value, "[1]", class);
    struct stk_value pairs = DICT(str("k"), TUPLE(integer(1)));
    object->pairs = *pairs.pairs;
    object->members = *items.items;
    written(value, "{\"items\":[1],\"members\":[1],\"pairs\":{\"k\":[1]}}",
            "tuple written as array: 1, $.pairs.k; "
            "object written without its class: 1, $");
    struct stk_value around = LIST(integer(0), value);
    object->members.n = 0;
    object->items.n = 0;
    written(around, "[0,{\"k\":[1]}]",
            "tuple written as array: 1, $[1].k; "
            "object written without its class: 1, $[1]");
}

static void enums_loads_and_buffers(void **state)
{
    (void)state;
    struct stk_object *object;
    struct stk_value value =
        object_of(STK_VALUE_ENUM, name_of("m", "E"), TUPLE(integer(1)), &object);
    object->member = integer(1);
    written(LIST(value), "[1]", "enum member written as its value or name: 1, $[0]");
    object->member = TUPLE(integer(1), integer(2));
    written(DICT(str("e"), value), "{\"e\":[1,2]}",
            "tuple written as array: 1, $.e; "
            "enum member written as its value or name: 1, $.e");
    written(LIST(object_of(STK_VALUE_PERSISTENT, stk_value_none(0), str("id"), NULL)),
            "[\"id\"]", "persistent id written as a value: 1, $[0]");
    struct stk_buffer buffer = {.ordinal = 1};
    struct stk_value bytes = {.kind = STK_VALUE_BUFFER, .buffer = &buffer};
    written(bytes, "null", "bytes that are not in the message written as null: 1, $");
    buffer.present = true;
    buffer.bytes = stk_span_of("ab", 2);
    written(bytes, "\"YWI=\"", "out-of-band buffer written as base64 text: 1, $");
}

/* ---- tensors and arrays ---- */

static struct stk_value array_of(enum stk_value_kind kind, struct stk_array *array)
{
    struct stk_object *object;
    struct stk_value value =
        object_of(kind, name_of("numpy", "ndarray"), none_of(STK_VALUE_TUPLE), &object);
    object->array = array;
    return value;
}

static void has_items(enum stk_dtype dtype, const char *bytes, size_t len,
                      const char *items)
{
    struct stk_array array = {.dtype = dtype, .rank = 1, .present = true};
    uint64_t n = len / stk_dtype_item_size(dtype);
    char expected[400];
    array.shape = &n;
    array.n_items = n;
    array.bytes = stk_span_of(bytes, len);
    (void)snprintf(expected, sizeof expected,
                   "{\"dtype\":\"%s\",\"shape\":[%llu],"
                   "\"data\":[%s]}",
                   stk_dtype_name(dtype), (unsigned long long)n, items);
    struct stk_json_error error;
    assert_int_equal(write_to(array_of(STK_VALUE_NDARRAY, &array), &usual, &error),
                     STK_OK);
    assert_string_equal(text, expected);
}

static void items_of_all_types(void **state)
{
    (void)state;
    has_items(STK_DTYPE_BOOL, "\0\1\2", 3, "false,true,true");
    has_items(STK_DTYPE_UINT8, "\0\xff", 2, "0,255");
    has_items(STK_DTYPE_UINT16, "\1\2\xff\xff", 4, "513,65535");
    has_items(STK_DTYPE_UINT32, "\xff\xff\xff\xff", 4, "4294967295");
    has_items(STK_DTYPE_UINT64, "\xff\xff\xff\xff\xff\xff\xff\xff", 8,
              "18446744073709551615");
    has_items(STK_DTYPE_INT8, "\x7f\xff", 2, "127,-1");
    has_items(STK_DTYPE_INT16, "\0\x80", 2, "-32768");
    has_items(STK_DTYPE_INT32, "\xfe\xff\xff\xff", 4, "-2");
    has_items(STK_DTYPE_INT64, "\0\0\0\0\0\0\0\x80", 8, "-9223372036854775808");
    has_items(STK_DTYPE_FLOAT16, "\0\x3c\0\xc0\1\0\xff\x7b\0\x7c\0\xfe\0\x80", 14,
              "1.0,-2.0,5.960464477539063e-08,65504.0,null,null,-0.0");
    has_items(STK_DTYPE_BFLOAT16, "\x80\x3f\x49\x40\x80\x7f\xc0\x7f\1\0", 10,
              "1.0,3.140625,null,null,9.183549615799121e-41");
    has_items(STK_DTYPE_FLOAT32, "\xdb\x0f\x49\x40\0\0\x80\xff", 8,
              "3.1415927410125732,null");
    has_items(STK_DTYPE_FLOAT64, "\x9a\x99\x99\x99\x99\x99\xb9\x3f", 8, "0.1");
    has_items(STK_DTYPE_FLOAT8_E4M3FN, "\x38\x7e\x7f\xff\x01\x80\xb8", 7,
              "1.0,448.0,null,null,0.001953125,-0.0,-1.0");
    has_items(STK_DTYPE_FLOAT8_E5M2, "\x3c\x7b\x7c\x7d\x01", 5,
              "1.0,57344.0,null,null,1.52587890625e-05");
    has_items(STK_DTYPE_FLOAT8_E4M3FNUZ, "\x40\x7f\x80\x01\xc0", 5,
              "1.0,240.0,null,0.0009765625,-1.0");
    has_items(STK_DTYPE_FLOAT8_E5M2FNUZ, "\x40\x7f\x80\x01", 4,
              "1.0,57344.0,null,7.62939453125e-06");
    has_items(STK_DTYPE_COMPLEX32, "\0\x3c\0\xc0", 4, "[1.0,-2.0]");
    has_items(STK_DTYPE_COMPLEX64, "\0\0\x80\x3f\0\0\0\xc0", 8, "[1.0,-2.0]");
    has_items(STK_DTYPE_COMPLEX128, "\0\0\0\0\0\0\xf0\x3f\0\0\0\0\0\0\xf0\x7f", 16,
              "[1.0,null]");
}

/* A 2×3 array of bytes 0 to 5, seen in several ways. */
static void shapes(void **state)
{
    (void)state;
    static const uint64_t dims[] = {2, 3, 1, 0};
    static const uint64_t three[] = {1, 3, 2};
    static const int64_t turned[] = {1, 2};
    static const int64_t back[] = {-3, -1};
    static const int64_t repeated[] = {0, 1};
    struct stk_array array = {.dtype = STK_DTYPE_UINT8,
                              .rank = 2,
                              .shape = dims,
                              .n_items = 6,
                              .present = true,
                              .bytes = {(const uint8_t *)"\0\1\2\3\4\5", 6}};
    struct stk_value value = array_of(STK_VALUE_NDARRAY, &array);
    const char *said = "tensor or array written as dtype, shape and data: 1, $";
    written(value, "{\"dtype\":\"uint8\",\"shape\":[2,3],\"data\":[[0,1,2],[3,4,5]]}",
            said);
    array.stride = turned;
    written(value, "{\"dtype\":\"uint8\",\"shape\":[2,3],\"data\":[[0,2,4],[1,3,5]]}",
            said);
    array.stride = back;
    array.offset = 5;
    written(value, "{\"dtype\":\"uint8\",\"shape\":[2,3],\"data\":[[5,4,3],[2,1,0]]}",
            said);
    array.stride = repeated;
    array.offset = 3;
    written(value, "{\"dtype\":\"uint8\",\"shape\":[2,3],\"data\":[[3,4,5],[3,4,5]]}",
            said);
    array.stride = NULL;
    array.offset = 0;
    array.shape = three;
    array.rank = 3;
    written(value,
            "{\"dtype\":\"uint8\",\"shape\":[1,3,2],\"data\":[[[0,1],[2,3],[4,5]]]}",
            said);
    array.rank = 0;
    array.n_items = 1;
    array.offset = 4;
    written(value, "{\"dtype\":\"uint8\",\"shape\":[],\"data\":4}", said);
    array.rank = 4;
    array.shape = dims;
    array.n_items = 0;
    written(value, "{\"dtype\":\"uint8\",\"shape\":[2,3,1,0],\"data\":[]}", said);
}

static void tensors_and_storages(void **state)
{
    (void)state;
    static const uint64_t dims[] = {2, 1};
    struct stk_array storage_array = {.dtype = STK_DTYPE_INT16,
                                      .n_items = 3,
                                      .present = true,
                                      .bytes = {(const uint8_t *)"\1\0\2\0\3\0", 6}};
    struct stk_value storage = array_of(STK_VALUE_STORAGE, &storage_array);
    struct stk_array array = {.dtype = STK_DTYPE_INT16,
                              .rank = 2,
                              .shape = dims,
                              .n_items = 2,
                              .offset = 1,
                              .storage = storage};
    struct stk_value tensor = array_of(STK_VALUE_TENSOR, &array);
    written(LIST(tensor, storage),
            "[{\"dtype\":\"int16\",\"shape\":[2,1],\"data\":[[2],[3]]},"
            "{\"dtype\":\"int16\",\"shape\":[3],\"data\":[1,2,3]}]",
            "tensor or array written as dtype, shape and data: 2, $[0]");
    storage_array.present = false;
    written(tensor, "{\"dtype\":\"int16\",\"shape\":[2,1],\"data\":null}",
            "tensor or array written as dtype, shape and data: 1, $; "
            "bytes that are not in the message written as null: 1, $");
    array.storage = stk_value_none(0);
    written(tensor, "{\"dtype\":\"int16\",\"shape\":[2,1],\"data\":null}",
            "tensor or array written as dtype, shape and data: 1, $; "
            "bytes that are not in the message written as null: 1, $");
}

static void many_items_are_bytes(void **state)
{
    (void)state;
    static const uint64_t dims[] = {2, 2};
    static const int64_t turned[] = {1, 2};
    struct stk_json_plain_options few = usual;
    struct stk_json_error error;
    few.items_max = 3;
    struct stk_array array = {.dtype = STK_DTYPE_INT16,
                              .rank = 2,
                              .shape = dims,
                              .n_items = 4,
                              .present = true,
                              .bytes = {(const uint8_t *)"\1\2\3\4\5\6\7\x08", 8}};
    struct stk_value value = array_of(STK_VALUE_NDARRAY, &array);
    assert_int_equal(write_to(value, &few, &error), STK_OK);
    assert_string_equal(
        text, "{\"dtype\":\"int16\",\"shape\":[2,2],\"data\":\"AQIDBAUGBwg=\"}");
    assert_int_equal(lost.list[STK_JSON_LOSS_ITEMS].count, 1);
    array.big_endian = true;
    assert_int_equal(write_to(value, &few, &error), STK_OK);
    assert_string_equal(
        text, "{\"dtype\":\"int16\",\"shape\":[2,2],\"data\":\"AgEEAwYFCAc=\"}");
    array.stride = turned;
    assert_int_equal(write_to(value, &few, &error), STK_OK);
    assert_string_equal(
        text, "{\"dtype\":\"int16\",\"shape\":[2,2],\"data\":\"AgEGBQQDCAc=\"}");
    array.stride = NULL;
    array.big_endian = false;
    array.dtype = STK_DTYPE_NONE;
    array.type = stk_span_of("<U1", 3);
    array.item_size = 2;
    assert_int_equal(write_to(value, &usual, &error), STK_OK);
    assert_string_equal(text,
                        "{\"dtype\":\"<U1\",\"shape\":[2,2],\"data\":\"AQIDBAUGBwg=\"}");
    array.item_size = 0;
    assert_int_equal(write_to(value, &usual, &error), STK_OK);
    assert_string_equal(text, "{\"dtype\":\"<U1\",\"shape\":[2,2],\"data\":null}");
    /* Complex numbers are two, each in its byte order. */
    struct stk_array complex = {
        .dtype = STK_DTYPE_COMPLEX32,
        .rank = 1,
        .shape = dims,
        .n_items = 2,
        .big_endian = true,
        .present = true,
        .bytes = {(const uint8_t *)"\x3c\0\xc0\0\x3c\0\x3c\0", 8}};
    assert_int_equal(write_to(array_of(STK_VALUE_NDARRAY, &complex), &usual, &error),
                     STK_OK);
    assert_string_equal(
        text, "{\"dtype\":\"complex32\",\"shape\":[2],\"data\":[[1.0,-2.0],[1.0,1.0]]}");
}

static void arrays_that_lie(void **state)
{
    (void)state;
    static const uint64_t huge[] = {UINT64_C(1) << 32, UINT64_C(1) << 32};
    static const uint64_t large[] = {UINT64_MAX, 1};
    static const uint64_t dims[] = {2, 2};
    static const uint64_t many[] = {1000, 1000};
    static const int64_t still[] = {0, 0};
    static const int64_t far[] = {INT64_MAX, INT64_MAX};
    static const int64_t before[] = {INT64_MIN, 1};
    struct stk_array arrays[] = {
        {.n_items = 5, .shape = dims},
        {.n_items = 4, .shape = dims, .offset = 5},
        {.n_items = 4, .shape = dims, .offset = UINT64_MAX},
        {.n_items = 0, .shape = huge},
        {.n_items = UINT64_MAX, .shape = large},
        {.n_items = UINT64_MAX, .shape = large, .stride = still},
        {.n_items = 4, .shape = dims, .stride = far},
        {.n_items = 4, .shape = dims, .stride = before},
    };
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        arrays[i].dtype = STK_DTYPE_UINT8;
        arrays[i].rank = 2;
        arrays[i].present = true;
        arrays[i].bytes = stk_span_of("\0\1\2\3\4\5\6\7", 8);
        not_written(array_of(STK_VALUE_NDARRAY, &arrays[i]), &usual, STK_E_UNSUPPORTED, 0,
                    "does not fit its bytes");
    }
    struct stk_array array = {.dtype = STK_DTYPE_UINT8,
                              .rank = 2,
                              .shape = many,
                              .stride = still,
                              .n_items = 1000000,
                              .present = true,
                              .bytes = {(const uint8_t *)"\0", 1}};
    not_written(array_of(STK_VALUE_NDARRAY, &array), &usual, STK_E_LIMIT, 0,
                "more items than it has bytes for");
    array.rank = UINT32_MAX;
    not_written(array_of(STK_VALUE_NDARRAY, &array), &usual, STK_E_LIMIT, 0,
                "too many dimensions");
}

/* ---- sharing ---- */

static void shared_values(void **state)
{
    (void)state;
    struct stk_value list = shared(LIST(integer(1)));
    written(LIST(list, DICT(str("a"), list), list), "[[1],{\"a\":[1]},[1]]",
            "shared value written out again: 2, $[1].a");
    struct stk_object *object;
    struct stk_value value = shared(object_of(STK_VALUE_OBJECT, name_of("m", "C"),
                                              none_of(STK_VALUE_TUPLE), &object));
    object->has_state = true;
    object->state = integer(1);
    written(LIST(value, value), "[1,1]",
            "object written without its class: 2, $[0]; "
            "shared value written out again: 1, $[1]");
}

static void cycles_are_refused(void **state)
{
    (void)state;
    struct stk_object *object;
    struct stk_value self = shared(LIST(integer(1)));
    self.off = 6;
    set_item(self, 0, self);
    not_written(self, &usual, STK_E_UNSUPPORTED, 6, "holds itself");
    not_written(LIST(self), &usual, STK_E_UNSUPPORTED, 6, "holds itself");
    struct stk_value value = shared(object_of(STK_VALUE_OBJECT, name_of("m", "C"),
                                              none_of(STK_VALUE_TUPLE), &object));
    object->has_state = true;
    object->state = value;
    not_written(value, &usual, STK_E_UNSUPPORTED, 0, "holds itself");
    object->state = DICT(str("me"), value);
    not_written(value, &usual, STK_E_UNSUPPORTED, 0, "holds itself");
    /* An enum member that is its own value is not even walked to. */
    value = shared(
        object_of(STK_VALUE_ENUM, name_of("m", "E"), none_of(STK_VALUE_TUPLE), &object));
    object->member = value;
    not_written(value, &usual, STK_E_LIMIT, 0, "too deep");
}

static void copies_are_limited(void **state)
{
    (void)state;
    struct stk_json_plain_options few = usual;
    struct stk_json_error error;
    struct stk_value list = shared(LIST(integer(12345678)));
    struct stk_value thrice = LIST(list, list, list);
    few.copied_max = 22; /* a comma counts, and brackets */
    assert_int_equal(write_to(thrice, &few, &error), STK_OK);
    few.copied_max = 21;
    not_written(thrice, &few, STK_E_LIMIT, 0, "values that are shared");
    struct stk_value bytes = shared(text_of(STK_VALUE_BYTES, "abcdef", 6));
    few.copied_max = 11;
    assert_int_equal(write_to(LIST(bytes, bytes), &few, &error), STK_OK);
    few.copied_max = 10;
    not_written(LIST(bytes, bytes), &few, STK_E_LIMIT, 0, "values that are shared");
    /* 2^60 of them. */
    struct stk_value value = LIST(integer(1));
    struct stk_value key = TUPLE(integer(1));
    for (int i = 0; i < 60; i++) {
        value = LIST(shared(value), value);
        key = TUPLE(shared(key), key);
    }
    struct stk_json_plain_options large = usual;
    large.copied_max = 10000;
    not_written(value, &large, STK_E_LIMIT, 0, "values that are shared");
    not_written(DICT(key, integer(1)), &large, STK_E_LIMIT, 0, "values that are shared");
    not_written(value, &usual, STK_E_LIMIT, 0, "longer than it may be");
}

static void depth_is_limited(void **state)
{
    (void)state;
    struct stk_json_plain_options shallow = usual;
    struct stk_json_error error;
    shallow.write.depth_max = 2;
    assert_int_equal(write_to(decode("[[1]]"), &shallow, &error), STK_OK);
    not_written(decode("[[[]]]"), &shallow, STK_E_LIMIT, 2, "too deep");
    struct stk_value refused_call = {.kind = STK_VALUE_REFUSED, .off = 12};
    not_written(LIST(refused_call), &usual, STK_E_UNSUPPORTED, 12, "refused");
    not_written(name_of("\xff", "a"), &usual, STK_E_UNSUPPORTED, 0, "not UTF-8");
}

static void places(void **state)
{
    (void)state;
    static const struct {
        const char *key;
        const char *place;
    } table[] = {
        {"a", "$.a[0]"},
        {"_a9", "$._a9[0]"},
        {"9a", "$[\"9a\"][0]"},
        {"", "$[\"\"][0]"},
        {"a.b", "$[\"a.b\"][0]"},
        {"a\"\n", "$[\"a\\\"\\n\"][0]"},
        {"\xc3\xa9", "$[\"\xc3\xa9\"][0]"},
    };
    struct stk_json_error error;
    struct stk_value bytes = text_of(STK_VALUE_BYTES, "", 0);
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        assert_int_equal(write_to(DICT(str(table[i].key), LIST(bytes)), &usual, &error),
                         STK_OK);
        assert_string_equal(lost.list[STK_JSON_LOSS_BYTES].first, table[i].place);
    }
    /* A long one is cut between characters. */
    char many[5000];
    for (size_t i = 0; i < sizeof many - 2; i += 2) {
        memcpy(many + i, "\xc3\xa9", 3);
    }
    assert_int_equal(write_to(DICT(str(many), LIST(bytes)), &usual, &error), STK_OK);
    const char *first = lost.list[STK_JSON_LOSS_BYTES].first;
    size_t len = strlen(first);
    assert_true(len <= STK_JSON_PLACE_MAX + strlen("…"));
    assert_string_equal(first + len - 5, "\xc3\xa9…");
    for (int i = 0; i < STK_JSON_LOSSES; i++) {
        assert_non_null(stk_json_loss_text((enum stk_json_loss)i));
    }
}

static void options_of_text(void **state)
{
    (void)state;
    struct stk_json_plain_options options = usual;
    struct stk_json_error error;
    options.write.indent = 1;
    options.write.ascii = true;
    struct stk_value value = DICT(str("\xc3\xa9"), TUPLE(integer(1), str("\xed\xa0\x80")),
                                  integer(1), dict_of(NULL, 0));
    assert_int_equal(write_to(value, &options, &error), STK_OK);
    assert_string_equal(text,
                        "{\n \"\\u00e9\": [\n  1,\n  \"\\ufffd\"\n ],\n \"1\": {}\n}");
}

static enum stk_status write_once(const struct stk_alloc *alloc, void *arg)
{
    const struct stk_value *value = arg;
    struct stk_json_error error;
    struct stk_json_lost own_lost = {.list = {{7, NULL}}};
    struct stk_arena own;
    struct stk_buf out;
    stk_arena_init(&own, alloc, SIZE_MAX);
    stk_buf_init(&out, alloc, SIZE_MAX);
    enum stk_status status =
        stk_json_write_plain(&out, &own, *value, &usual, &own_lost, &error);
    assert_true((status == STK_OK) == (out.len > 0));
    assert_true(status == STK_OK || own_lost.list[0].count == 7);
    stk_buf_release(&out);
    stk_arena_release(&own);
    return status;
}

static void survives_refusals(void **state)
{
    (void)state;
    static const uint64_t n = 2000;
    static const uint8_t zeroes[4000];
    struct stk_array array = {.dtype = STK_DTYPE_INT16,
                              .rank = 1,
                              .shape = &n,
                              .n_items = 2000,
                              .big_endian = true,
                              .present = true,
                              .bytes = {zeroes, sizeof zeroes}};
    struct stk_object *object;
    struct stk_value value = shared(
        object_of(STK_VALUE_OBJECT, name_of("m", "C"), TUPLE(integer(1)), &object));
    object->has_state = true;
    object->state =
        TUPLE(DICT(str("a"), integer(1)), DICT(str("\xed\xa0\x80"), str("b")));
    struct stk_value all =
        LIST(value, value, array_of(STK_VALUE_NDARRAY, &array),
             DICT(TUPLE(integer(1), TUPLE(str("x"))), text_of(STK_VALUE_BYTES, "ab", 2),
                  name_of("a", "b"), number_of((double)NAN)),
             ITEMS(STK_VALUE_SET, integer(1)));
    STK_OOM_LOOP(write_once, &all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_is_lost),
        TEST(groups),
        TEST(leaves),
        TEST(keys),
        TEST(keys_that_become_one),
        TEST(objects),
        TEST(enums_loads_and_buffers),
        TEST(items_of_all_types),
        TEST(shapes),
        TEST(tensors_and_storages),
        TEST(many_items_are_bytes),
        TEST(arrays_that_lie),
        TEST(shared_values),
        TEST(cycles_are_refused),
        TEST(copies_are_limited),
        TEST(depth_is_limited),
        TEST(places),
        TEST(options_of_text),
        TEST(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
