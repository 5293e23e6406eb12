/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "container/safetensors_write.h"
#include "walk.h"

#define SPAN(literal) stk_span_of((literal), sizeof(literal) - 1)

static const uint64_t two_three[] = {2, 3};
static const uint64_t none[] = {0, 3};

/* The reader finds nothing to say about what was written. */
static void read_back(const struct stk_buf *header, uint64_t data_len)
{
    uint8_t *file = calloc(header->len + (size_t)data_len, 1);
    assert_non_null(file);
    memcpy(file, header->data, header->len);
    walk_expect(&stk_format_safetensors, file, header->len + (size_t)data_len, "");
    free(file);
}

static void every_type(void **state)
{
    (void)state;
    struct stk_buf out;
    size_t n = 0;
    stk_buf_init(&out, &stk_alloc_libc, 1 << 16);
    for (int dtype = 0; dtype < STK_DTYPES; dtype++) {
        struct stk_safetensor tensor = {
            .name = SPAN("a"), .dtype = (enum stk_dtype)dtype, .rank = 2};
        uint64_t size = 0;
        tensor.shape = two_three;
        if (stk_safetensors_dtype(tensor.dtype) == NULL) {
            continue;
        }
        stk_buf_clear(&out);
        assert_int_equal(stk_safetensors_place(&tensor, 1, &size), STK_OK);
        assert_int_equal(size, 6 * stk_dtype_item_size(tensor.dtype));
        assert_int_equal(stk_safetensors_header(&tensor, 1, NULL, 0, &out), STK_OK);
        read_back(&out, size);
        n++;
    }
    assert_int_equal(n, 16);
    stk_buf_release(&out);
}

static void order_and_text(void **state)
{
    (void)state;
    static const char want[] =
        "{\"__metadata__\":{\"k\\\"\":\"\\u000a\\\\\"},"
        "\"d\":{\"dtype\":\"F64\",\"shape\":[],\"data_offsets\":[0,8]},"
        "\"b\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[8,32]},"
        "\"bb\":{\"dtype\":\"I32\",\"shape\":[0,3],\"data_offsets\":[32,32]},"
        "\"\\u007f\\u0001\":{\"dtype\":\"U8\",\"shape\":[2,3],\"data_offsets\":[32,38]}}";
    struct stk_safetensor list[] = {
        {SPAN("\x7f\1"), STK_DTYPE_UINT8, 2, two_three, 0, 0, 0},
        {SPAN("bb"), STK_DTYPE_INT32, 2, none, 1, 0, 0},
        {SPAN("b"), STK_DTYPE_FLOAT32, 2, two_three, 2, 0, 0},
        {SPAN("d"), STK_DTYPE_FLOAT64, 0, NULL, 3, 0, 0},
    };
    const struct stk_safetensors_entry entry = {SPAN("k\""), SPAN("\n\\")};
    struct stk_buf out;
    uint64_t size = 0;
    stk_buf_init(&out, &stk_alloc_libc, 1 << 16);
    assert_int_equal(stk_safetensors_place(list, 4, &size), STK_OK);
    assert_int_equal(size, 38);
    assert_int_equal(list[0].tag, 3);
    assert_int_equal(stk_safetensors_header(list, 4, &entry, 1, &out), STK_OK);
    assert_int_equal(out.len % 8, 0);
    assert_int_equal(out.data[0] + 256 * out.data[1], out.len - 8);
    assert_memory_equal(out.data + 8, want, sizeof want - 1);
    for (size_t i = 8 + sizeof want - 1; i < out.len; i++) {
        assert_int_equal(out.data[i], ' ');
    }
    read_back(&out, size);
    stk_buf_release(&out);
}

static void nothing(void **state)
{
    (void)state;
    struct stk_buf out;
    uint64_t size = 1;
    stk_buf_init(&out, &stk_alloc_libc, 1 << 16);
    assert_int_equal(stk_safetensors_place(NULL, 0, &size), STK_OK);
    assert_int_equal(size, 0);
    assert_int_equal(stk_safetensors_header(NULL, 0, NULL, 0, &out), STK_OK);
    read_back(&out, 0);
    stk_buf_release(&out);
}

static void limits(void **state)
{
    (void)state;
    static const uint64_t wide[] = {UINT64_C(1) << 62, 2};
    struct stk_safetensor list[] = {
        {SPAN("a"), STK_DTYPE_UINT8, 2, wide, 0, 0, 0},
        {SPAN("b"), STK_DTYPE_UINT8, 2, wide, 0, 0, 0},
    };
    struct stk_buf out;
    uint64_t size = 0;
    assert_int_equal(stk_safetensors_place(list, 1, &size), STK_OK);
    assert_int_equal(stk_safetensors_place(list, 2, &size), STK_E_LIMIT);
    list[0].dtype = STK_DTYPE_INT16;
    assert_int_equal(stk_safetensors_place(list, 1, &size), STK_E_LIMIT);
    stk_buf_init(&out, &stk_alloc_libc, 16);
    assert_int_not_equal(stk_safetensors_header(list, 1, NULL, 0, &out), STK_OK);
    stk_buf_release(&out);
    assert_true(stk_safetensors_text_ok(SPAN("\xc3\xa9")));
    assert_false(stk_safetensors_text_ok(SPAN("\xed\xa0\x80")));
    assert_false(stk_safetensors_text_ok(SPAN("\xff")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type),
        cmocka_unit_test(order_and_text),
        cmocka_unit_test(nothing),
        cmocka_unit_test(limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
