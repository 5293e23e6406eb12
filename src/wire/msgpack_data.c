/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/msgpack_data.h"

#include <string.h>

#include "base/checked.h"

static bool is_product(const struct stk_array *array)
{
    uint64_t n = 1;
    for (uint32_t i = 0; i < array->rank; i++) {
        if (!stk_mul(n, array->shape[i], &n)) {
            return false;
        }
    }
    return n == array->n_items;
}

void stk_array_data(struct stk_value value, struct stk_array_data *ret_data)
{
    const struct stk_array *array = value.object->array;
    const struct stk_array *bytes = array;
    bool is_storage = value.kind == STK_VALUE_STORAGE;
    *ret_data = (struct stk_array_data){.array = array, .is_storage = is_storage};
    if (array->storage.kind == STK_VALUE_STORAGE) {
        bytes = array->storage.object->array;
    }
    if (!bytes->present || array->item_size == 0 || !(is_storage || is_product(array)) ||
        !stk_mul(array->n_items, array->item_size, &ret_data->len)) {
        return;
    }
    ret_data->present = true;
    ret_data->source = bytes->bytes;
    ret_data->big_endian = array->big_endian || bytes->big_endian;
}

/* The first item and those behind it, with no gaps. */
static bool is_whole(const struct stk_array *array)
{
    uint64_t step = 1;
    if (array->stride == NULL || array->n_items == 0) {
        return true;
    }
    for (uint32_t i = array->rank; i-- > 0;) {
        if (array->shape[i] != 1 && (uint64_t)array->stride[i] != step) {
            return false;
        }
        if (!stk_mul(step, array->shape[i], &step)) {
            return false;
        }
    }
    return true;
}

/* Where item number i of the C order lies; any number, if strides are wild. */
STK_WRAPS static uint64_t place_of(const struct stk_array *array, uint64_t i)
{
    uint64_t place = array->offset;
    for (uint32_t d = array->rank; d-- > 0;) {
        place += i % array->shape[d] * (uint64_t)array->stride[d];
        i /= array->shape[d];
    }
    return place;
}

static enum stk_status gather(const struct stk_array_data *data, uint8_t *to)
{
    const struct stk_array *array = data->array;
    size_t size = (size_t)array->item_size;
    uint64_t n_source = data->source.len / size;
    for (uint64_t i = 0; i < array->n_items; i++) {
        uint64_t place = place_of(array, i);
        if (place >= n_source) {
            return STK_E_MALFORMED;
        }
        stk_copy(to + i * size, data->source.data + place * size, size);
    }
    return STK_OK;
}

/* Bytes of what has a byte order: a half of a complex number. */
static size_t word_size(const struct stk_array *array)
{
    bool is_complex = array->dtype == STK_DTYPE_COMPLEX32 ||
                      array->dtype == STK_DTYPE_COMPLEX64 ||
                      array->dtype == STK_DTYPE_COMPLEX128;
    return (size_t)array->item_size / (is_complex ? 2 : 1);
}

static void swap_words(uint8_t *p, size_t len, size_t size)
{
    for (; len >= size; p += size, len -= size) {
        for (size_t i = 0; i < size / 2; i++) {
            uint8_t byte = p[i];
            p[i] = p[size - 1 - i];
            p[size - 1 - i] = byte;
        }
    }
}

static enum stk_status copy_items(const struct stk_array_data *data, uint8_t *to)
{
    const struct stk_array *array = data->array;
    uint64_t start = 0;
    if (!is_whole(array)) {
        return gather(data, to);
    }
    if (data->len > 0) {
        if (!stk_mul(array->offset, array->item_size, &start) ||
            !stk_range_ok(start, data->len, data->source.len)) {
            return STK_E_MALFORMED;
        }
        stk_copy(to, data->source.data + start, (size_t)data->len);
    }
    return STK_OK;
}

static enum stk_status put_data(struct stk_buf *out, const struct stk_array_data *data)
{
    size_t len = 0;
    stk_put_str(out, stk_span_of("data", 4));
    stk_put_long(out, true, 0xc4, data->len);
    if (!stk_to_size(data->len, &len)) {
        return STK_E_LIMIT;
    }
    uint8_t *to = stk_buf_room(out, len);
    if (to == NULL) {
        return out->status;
    }
    STK_TRY(copy_items(data, to));
    /* What a dtype's name does not say, the text of another type does. */
    if (data->big_endian && data->array->dtype != STK_DTYPE_NONE) {
        swap_words(to, len, word_size(data->array));
    }
    out->len += len;
    return STK_OK;
}

static void put_dtype(struct stk_buf *out, const struct stk_array *array)
{
    const char *name = stk_dtype_name(array->dtype);
    stk_put_str(out, stk_span_of("dtype", 5));
    stk_put_str(out, array->dtype == STK_DTYPE_NONE ? array->type
                                                    : stk_span_of(name, strlen(name)));
}

static void put_shape(struct stk_buf *out, const struct stk_array_data *data)
{
    const struct stk_array *array = data->array;
    stk_put_str(out, stk_span_of("shape", 5));
    if (data->is_storage) {
        stk_put_array(out, 1);
        stk_put_uint(out, array->n_items);
        return;
    }
    stk_put_array(out, array->rank);
    for (uint32_t i = 0; i < array->rank; i++) {
        stk_put_uint(out, array->shape[i]);
    }
}

enum stk_status stk_put_array_map(struct stk_buf *out, const struct stk_array_data *data)
{
    stk_put_map(out, data->present ? 3 : 2);
    put_dtype(out, data->array);
    put_shape(out, data);
    return data->present ? put_data(out, data) : STK_OK;
}
