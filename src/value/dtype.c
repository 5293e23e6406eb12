/* SPDX-License-Identifier: Apache-2.0 */
#include "value/object.h"

static const struct {
    const char *name;
    uint8_t size;
} dtypes[STK_DTYPES] = {
    [STK_DTYPE_NONE] = {"other", 0},
    [STK_DTYPE_BOOL] = {"bool", 1},
    [STK_DTYPE_UINT8] = {"uint8", 1},
    [STK_DTYPE_UINT16] = {"uint16", 2},
    [STK_DTYPE_UINT32] = {"uint32", 4},
    [STK_DTYPE_UINT64] = {"uint64", 8},
    [STK_DTYPE_INT8] = {"int8", 1},
    [STK_DTYPE_INT16] = {"int16", 2},
    [STK_DTYPE_INT32] = {"int32", 4},
    [STK_DTYPE_INT64] = {"int64", 8},
    [STK_DTYPE_FLOAT16] = {"float16", 2},
    [STK_DTYPE_FLOAT32] = {"float32", 4},
    [STK_DTYPE_FLOAT64] = {"float64", 8},
    [STK_DTYPE_BFLOAT16] = {"bfloat16", 2},
    [STK_DTYPE_FLOAT8_E4M3FN] = {"float8_e4m3fn", 1},
    [STK_DTYPE_FLOAT8_E5M2] = {"float8_e5m2", 1},
    [STK_DTYPE_FLOAT8_E4M3FNUZ] = {"float8_e4m3fnuz", 1},
    [STK_DTYPE_FLOAT8_E5M2FNUZ] = {"float8_e5m2fnuz", 1},
    [STK_DTYPE_COMPLEX32] = {"complex32", 4},
    [STK_DTYPE_COMPLEX64] = {"complex64", 8},
    [STK_DTYPE_COMPLEX128] = {"complex128", 16},
};

const char *stk_dtype_name(enum stk_dtype dtype)
{
    return dtypes[dtype].name;
}

uint64_t stk_dtype_item_size(enum stk_dtype dtype)
{
    return dtypes[dtype].size;
}

enum stk_dtype stk_dtype_of(struct stk_span name)
{
    for (int i = STK_DTYPE_NONE + 1; i < STK_DTYPES; i++) {
        if (stk_span_is(name, dtypes[i].name)) {
            return (enum stk_dtype)i;
        }
    }
    return STK_DTYPE_NONE;
}
