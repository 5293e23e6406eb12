/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "walk.h"

static uint8_t file[1 << 20];

static size_t build(const char *json, size_t data)
{
    size_t len = strlen(json);
    memset(file, 0, sizeof(file));
    file[0] = (uint8_t)len;
    file[1] = (uint8_t)(len >> 8);
    memcpy(file + 8, json, len);
    return 8 + len + data;
}

static void expect(const char *json, size_t data, const char *want)
{
    size_t len = build(json, data);
    walk_expect(&stk_format_safetensors, file, len, want);
}

#define A "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}"
#define B "\"b\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[8,16]}"
#define NONE "\"n\":{\"dtype\":\"U8\",\"shape\":[0,3],\"data_offsets\":[8,8]}"

static void well_formed(void **state)
{
    (void)state;
    expect("{}", 0, "");
    expect("{" A "}", 8, "");
    expect("{" B "," NONE "," A "}      ", 16, "");
    expect("{\"__metadata__\":{\"format\":\"pt\",\"x\":\"\\u00e9\"}," A "}", 8, "");
    expect("{ \"a\" : { \"data_offsets\" : [ 0 , 3 ] , \"shape\" : [ 2 , 3 ] , "
           "\"dtype\" : \"F4\" } }",
           3, "");
}

/* Each with the offset at which it is seen and what is said. */
static const struct bad {
    const char *json;
    size_t data;
    const char *want;
} bad[] = {
    {"{" A, 8, "! malformed 61 safetensors header: is not the JSON that is due there\n"},
    {"{" A ",}", 8,
     "! malformed 62 safetensors header: is not the JSON that is due there\n"},
    {"{" A "} x", 8,
     "! malformed 64 safetensors header: bytes follow the header's JSON\n"},
    {"{" A "," A "}", 8,
     "! malformed 65 safetensors header: two tensors have one name\n"},
    {"{" A "," B "}", 15,
     "! malformed 114 safetensors header: tensor lies outside the file\n"},
    {"{" A "," B "}", 17,
     "! malformed 115 safetensors header: tensors overlap or leave holes\n"},
    {"{" B "}", 16,
     "! malformed 62 safetensors header: tensors overlap or leave holes\n"},
    {"{" A ",\"c\":{\"dtype\":\"U8\",\"shape\":[8],\"data_offsets\":[0,8]}}", 8,
     "! malformed 113 safetensors header: tensors overlap\n"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,8]}}", 8,
     "! malformed 61 safetensors header: tensor's size is not that of its shape\n"},
    {"{\"a\":{\"dtype\":\"F4\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1,
     "! malformed 60 safetensors header: tensor's size is not that of its shape\n"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,8]}"
     "}",
     8, "! malformed 58 safetensors header: shape overflows\n"},
    {"{\"a\":{\"dtype\":\"O\",\"shape\":[],\"data_offsets\":[0,8]}}", 8,
     "! malformed 25 safetensors header: unknown element type\n"},
    {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8,
     "! malformed 40 safetensors header: tensor lacks a field\n"},
    {"{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\"}}", 8,
     "! malformed 41 safetensors header: tensor has an unknown or repeated field\n"},
    {"{\"a\":{\"d\":\"F32\"}}", 8,
     "! malformed 18 safetensors header: tensor has an unknown or repeated field\n"},
    {"{\"__metadata__\":{\"a\":1}}", 0,
     "! malformed 29 safetensors header: is not the JSON that is due there\n"},
};

static void malformed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        expect(bad[i].json, bad[i].data, bad[i].want);
    }
}

static void a_length_that_lies(void **state)
{
    (void)state;
    size_t len = build("{" A "}", 8);
    file[2] = 1;
    walk_expect(&stk_format_safetensors, file, len,
                "! malformed 0 safetensors header of 65590 bytes leaves the file\n");
    file[3] = 6; /* past what any reader takes */
    assert_false(walk_recognises(&stk_format_safetensors, file, len));
}

static void what_is_no_safetensors(void **state)
{
    (void)state;
    size_t len = build("{a}", 8);
    assert_false(walk_recognises(&stk_format_safetensors, file, len));
    len = build("[]", 8);
    assert_false(walk_recognises(&stk_format_safetensors, file, len));
    assert_false(walk_recognises(&stk_format_safetensors, file, 9));
}

static void more_tensors_than_are_listed(void **state)
{
    (void)state;
    static struct recorder r;
    size_t len = build("{" A "," B "}", 16);
    struct stk_source source = stk_source_of(stk_span_of(file, len));
    walk_init(&r, &stk_alloc_libc);
    r.limits.members_max = 1;
    assert_int_equal(stk_format_safetensors.walk(&source, &r.visitor), STK_OK);
    assert_string_equal(r.log, "! limit 65 safetensors header: names too many tensors\n");
}

static void environment(void **state)
{
    (void)state;
    size_t len = build("{" A "," B "}", 16);
    walk_expect_shrunk(&stk_format_safetensors, file, len, 4);
    walk_expect_shrunk(&stk_format_safetensors, file, len, 40);
    walk_oom(&stk_format_safetensors, file, len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(well_formed),
        cmocka_unit_test(malformed),
        cmocka_unit_test(a_length_that_lies),
        cmocka_unit_test(what_is_no_safetensors),
        cmocka_unit_test(more_tensors_than_are_listed),
        cmocka_unit_test(environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
