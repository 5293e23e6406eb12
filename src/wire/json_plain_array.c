/* SPDX-License-Identifier: Apache-2.0
 *
 * Tensors and arrays: {"dtype", "shape", "data"}. Few items are lists inside each other,
 * as tolist() gives them; many are the base64 of their bytes in the order of their
 * places, least significant first.
 */
#include <math.h>

#include "base/assert.h"
#include "base/checked.h"
#include "base/utf8.h"
#include "wire/json_plain_state.h"

#define RANK_MAX 64 /* as numpy */
#define ITEM_MAX 16 /* bytes of the largest item with a known dtype */

/* An array whose items are known to lie in its bytes. */
struct view {
    const struct stk_array *array;
    struct stk_span bytes;
    uint64_t item_size;
    uint64_t n;
    uint32_t rank;
    const uint64_t *shape;
    int64_t stride[RANK_MAX];
    bool plain; /* no gaps, the last dimension closest */
};

/* ---- where items are ---- */

static enum stk_status bad_array(struct stk_plain *p, struct stk_value value)
{
    return stk_plain_refuse(p, STK_E_UNSUPPORTED, value,
                            "an array that does not fit its bytes");
}

/* The product of the shape is n_items; strides as they are, or those without gaps. */
static bool measure(struct view *v)
{
    const struct stk_array *array = v->array;
    uint64_t product = 1;
    bool empty = false;
    v->plain = true;
    for (uint32_t i = v->rank; i-- > 0;) {
        int64_t close = product <= INT64_MAX ? (int64_t)product : INT64_MAX;
        v->stride[i] = array->stride == NULL ? close : array->stride[i];
        v->stride[i] = v->shape[i] == 1 ? 0 : v->stride[i];
        v->plain &= v->stride[i] == close || v->shape[i] == 1;
        empty |= v->shape[i] == 0;
        if (v->shape[i] != 0 && !stk_mul(product, v->shape[i], &product)) {
            return false;
        }
    }
    v->n = empty ? 0 : product;
    return v->n == array->n_items;
}

__extension__ typedef __int128 wide;

/* The lowest and the highest item lie in the bytes. */
static bool fits(const struct view *v)
{
    wide low = v->array->offset;
    wide high = v->array->offset;
    wide end = v->bytes.len / v->item_size;
    bool inside = v->n == 0 || high < end;
    for (uint32_t i = 0; i < v->rank && v->n > 0 && inside; i++) {
        if (v->shape[i] > (uint64_t)INT64_MAX) {
            return false;
        }
        wide span = (wide)(v->shape[i] - 1) * v->stride[i];
        low += span < 0 ? span : 0;
        high += span > 0 ? span : 0;
        inside = low >= 0 && high < end;
    }
    return inside;
}

/* ---- items ---- */

/* Floats that C does not have. */
struct small_float {
    uint8_t exponent; /* bits */
    uint8_t mantissa;
    uint8_t bias;
    bool infinity;    /* the largest exponent is for it and for NaN */
    bool zero_is_nan; /* -0 is the one NaN; else, without infinity, all bits set are */
};

static double read_small(uint32_t bits, struct small_float f)
{
    uint32_t mantissa = bits & ((1u << f.mantissa) - 1);
    uint32_t top = (1u << f.exponent) - 1;
    uint32_t exponent = bits >> f.mantissa & top;
    bool negative = (bits >> (f.mantissa + f.exponent) & 1) != 0;
    double number = 0;
    if (f.zero_is_nan && negative && exponent == 0 && mantissa == 0) {
        return (double)NAN;
    }
    if (f.infinity && exponent == top) {
        number = mantissa == 0 ? HUGE_VAL : (double)NAN;
    } else if (!f.infinity && !f.zero_is_nan && exponent == top &&
               mantissa == (1u << f.mantissa) - 1) {
        number = (double)NAN;
    } else {
        int scale = (int)(exponent == 0 ? 1 : exponent) - f.bias - f.mantissa;
        uint32_t whole = exponent == 0 ? mantissa : mantissa | 1u << f.mantissa;
        number = __builtin_ldexp(whole, scale);
    }
    return negative ? -number : number;
}

static double read_float(const uint8_t *p, enum stk_dtype dtype)
{
    float single = 0;
    double number = 0;
    switch ((int)dtype) {
    case STK_DTYPE_FLOAT16:
    case STK_DTYPE_COMPLEX32:
        return read_small(stk_le16(p), (struct small_float){5, 10, 15, true, false});
    case STK_DTYPE_BFLOAT16:
        return read_small(stk_le16(p), (struct small_float){8, 7, 127, true, false});
    case STK_DTYPE_FLOAT8_E4M3FN:
        return read_small(*p, (struct small_float){4, 3, 7, false, false});
    case STK_DTYPE_FLOAT8_E5M2:
        return read_small(*p, (struct small_float){5, 2, 15, true, false});
    case STK_DTYPE_FLOAT8_E4M3FNUZ:
        return read_small(*p, (struct small_float){4, 3, 8, false, true});
    case STK_DTYPE_FLOAT8_E5M2FNUZ:
        return read_small(*p, (struct small_float){5, 2, 16, false, true});
    case STK_DTYPE_FLOAT32:
    case STK_DTYPE_COMPLEX64:
        stk_copy(&single, p, sizeof single);
        return (double)single;
    default:
        stk_copy(&number, p, sizeof number);
        return number;
    }
}

static bool is_complex(enum stk_dtype dtype)
{
    return dtype == STK_DTYPE_COMPLEX32 || dtype == STK_DTYPE_COMPLEX64 ||
           dtype == STK_DTYPE_COMPLEX128;
}

/* Numbers of an item that lie one behind the other, each in the byte order. */
static uint64_t unit_of(const struct view *v)
{
    return is_complex(v->array->dtype) ? v->item_size / 2 : v->item_size;
}

/* An item with its least significant byte first. */
static void load(const struct view *v, const uint8_t *from, uint8_t *to)
{
    uint64_t unit = unit_of(v);
    for (uint64_t i = 0; i < v->item_size; i++) {
        uint64_t at = v->array->big_endian ? i / unit * unit + unit - 1 - i % unit : i;
        to[i] = from[at];
    }
}

static void write_float(struct stk_plain *p, double number, uint64_t *n_lost)
{
    if (isfinite(number)) {
        stk_json_emit_float(&p->emit, number);
    } else {
        stk_json_emit_raw(&p->emit, "null");
        ++*n_lost;
    }
}

static void write_item(struct stk_plain *p, const struct view *v, const uint8_t *at,
                       uint64_t *n_lost)
{
    uint8_t item[ITEM_MAX] = {0};
    enum stk_dtype dtype = v->array->dtype;
    load(v, at, item);
    switch ((int)dtype) {
    case STK_DTYPE_BOOL:
        stk_json_emit_bool(&p->emit, *item != 0);
        break;
    case STK_DTYPE_UINT8:
        stk_json_emit_uint(&p->emit, *item);
        break;
    case STK_DTYPE_UINT16:
        stk_json_emit_uint(&p->emit, stk_le16(item));
        break;
    case STK_DTYPE_UINT32:
        stk_json_emit_uint(&p->emit, stk_le32(item));
        break;
    case STK_DTYPE_UINT64:
        stk_json_emit_uint(&p->emit, stk_le64(item));
        break;
    case STK_DTYPE_INT8:
        stk_json_emit_int(&p->emit, (int8_t)*item);
        break;
    case STK_DTYPE_INT16:
        stk_json_emit_int(&p->emit, (int16_t)stk_le16(item));
        break;
    case STK_DTYPE_INT32:
        stk_json_emit_int(&p->emit, (int32_t)stk_le32(item));
        break;
    case STK_DTYPE_INT64:
        stk_json_emit_int(&p->emit, (int64_t)stk_le64(item));
        break;
    case STK_DTYPE_COMPLEX32:
    case STK_DTYPE_COMPLEX64:
    case STK_DTYPE_COMPLEX128:
        stk_json_emit_open(&p->emit, '[');
        write_float(p, read_float(item, dtype), n_lost);
        write_float(p, read_float(item + unit_of(v), dtype), n_lost);
        stk_json_emit_close(&p->emit, ']');
        break;
    default:
        write_float(p, read_float(item, dtype), n_lost);
        break;
    }
}

/* ---- data ---- */

/* Steps through the places of an array, the last dimension fastest. */
struct walk {
    uint64_t index[RANK_MAX];
    int64_t at; /* in items */
};

/* How many dimensions begin anew, from the last. */
static uint32_t step(const struct view *v, struct walk *w)
{
    for (uint32_t i = v->rank; i-- > 0;) {
        w->at += v->stride[i];
        if (++w->index[i] < v->shape[i]) {
            return v->rank - 1 - i;
        }
        w->at -= (int64_t)v->shape[i] * v->stride[i];
        w->index[i] = 0;
    }
    return v->rank;
}

static const uint8_t *item_at(const struct view *v, const struct walk *w)
{
    return v->bytes.data + (uint64_t)w->at * v->item_size;
}

static void write_lists(struct stk_plain *p, const struct view *v, uint64_t *n_lost)
{
    struct walk w = {.at = (int64_t)v->array->offset};
    uint32_t anew = v->rank;
    for (uint64_t i = 0; i < v->n; i++) {
        for (; anew > 0; anew--) {
            stk_json_emit_open(&p->emit, '[');
        }
        write_item(p, v, item_at(v, &w), n_lost);
        anew = step(v, &w);
        for (uint32_t k = 0; k < anew; k++) {
            stk_json_emit_close(&p->emit, ']');
        }
    }
}

/* Items in the order of their places. */
static void gather(const struct view *v, struct stk_buf *out)
{
    struct walk w = {.at = (int64_t)v->array->offset};
    for (uint64_t i = 0; i < v->n && out->status == STK_OK; i++) {
        uint8_t item[ITEM_MAX] = {0};
        if (v->array->dtype == STK_DTYPE_NONE) { /* of any size */
            stk_buf_put(out, item_at(v, &w), (size_t)v->item_size);
        } else {
            load(v, item_at(v, &w), item);
            stk_buf_put(out, item, (size_t)v->item_size);
        }
        (void)step(v, &w);
    }
}

static enum stk_status write_bytes(struct stk_plain *p, const struct view *v,
                                   struct stk_value value)
{
    uint64_t unit = unit_of(v);
    bool swapped = v->array->big_endian && unit > 1 && v->array->dtype != STK_DTYPE_NONE;
    STK_TRY(stk_plain_lose(p, STK_JSON_LOSS_ITEMS, 1));
    if (v->plain && !swapped) {
        stk_json_emit_base64(&p->emit,
                             stk_span_of(v->bytes.data + v->array->offset * v->item_size,
                                         (size_t)(v->n * v->item_size)));
        return STK_OK;
    }
    if (v->n > v->bytes.len / v->item_size) {
        return stk_plain_refuse(p, STK_E_LIMIT, value,
                                "an array with more items than it has bytes for");
    }
    struct stk_buf bytes;
    stk_buf_init(&bytes, p->emit.out->alloc, SIZE_MAX);
    gather(v, &bytes);
    enum stk_status status = bytes.status;
    if (status == STK_OK) {
        stk_json_emit_base64(&p->emit, stk_buf_span(&bytes));
    }
    stk_buf_release(&bytes);
    return status;
}

static enum stk_status write_data(struct stk_plain *p, const struct view *v,
                                  struct stk_value value)
{
    uint64_t n_lost = 0;
    if (v->n == 0) {
        stk_json_emit_open(&p->emit, '[');
        stk_json_emit_close(&p->emit, ']');
        return STK_OK;
    }
    if (v->array->dtype == STK_DTYPE_NONE || v->n > p->options->items_max ||
        v->rank + 2 > p->options->write.depth_max - p->n) {
        return write_bytes(p, v, value);
    }
    write_lists(p, v, &n_lost);
    return stk_plain_lose(p, STK_JSON_LOSS_NUMBER, n_lost);
}

/* ---- the whole ---- */

/* The bytes that the items lie in; false: they are not there, or nobody knows how long an
 * item is. */
static bool find_bytes(struct stk_value value, struct view *v)
{
    const struct stk_array *array = v->array;
    const struct stk_array *holder = array;
    if (value.kind == STK_VALUE_TENSOR) {
        holder = array->storage.kind == STK_VALUE_STORAGE ? array->storage.object->array
                                                          : NULL;
    }
    if (holder == NULL || !holder->present) {
        return false;
    }
    v->bytes = holder->bytes;
    v->item_size = array->dtype == STK_DTYPE_NONE ? array->item_size
                                                  : stk_dtype_item_size(array->dtype);
    return v->item_size > 0;
}

static void write_dtype(struct stk_plain *p, const struct stk_array *array)
{
    struct stk_span type = array->type;
    stk_json_emit_member(&p->emit, "dtype");
    if (array->dtype == STK_DTYPE_NONE && type.len > 0 &&
        stk_utf8_valid(type, true) == type.len) {
        stk_json_emit_text(&p->emit, type);
    } else {
        stk_json_emit_word(&p->emit, stk_dtype_name(array->dtype));
    }
}

static void write_shape(struct stk_plain *p, const struct view *v)
{
    stk_json_emit_member(&p->emit, "shape");
    stk_json_emit_open(&p->emit, '[');
    for (uint32_t i = 0; i < v->rank; i++) {
        stk_json_emit_uint(&p->emit, v->shape[i]);
    }
    stk_json_emit_close(&p->emit, ']');
}

enum stk_status stk_plain_array(struct stk_plain *p, struct stk_value value)
{
    struct view v = {.array = value.object->array};
    bool storage = value.kind == STK_VALUE_STORAGE;
    v.rank = storage ? 1 : v.array->rank;
    v.shape = storage ? &v.array->n_items : v.array->shape;
    if (v.rank > RANK_MAX || p->n + 2 > p->options->write.depth_max) {
        return stk_plain_refuse(p, STK_E_LIMIT, value, "an array of too many dimensions");
    }
    STK_TRY(stk_plain_lose(p, STK_JSON_LOSS_ARRAY, 1));
    stk_json_emit_open(&p->emit, '{');
    write_dtype(p, v.array);
    write_shape(p, &v);
    stk_json_emit_member(&p->emit, "data");
    if (!find_bytes(value, &v)) {
        stk_json_emit_raw(&p->emit, "null");
        STK_TRY(stk_plain_lose(p, STK_JSON_LOSS_ABSENT, 1));
    } else {
        if (!measure(&v) || !fits(&v)) {
            return bad_array(p, value);
        }
        STK_TRY(write_data(p, &v, value));
    }
    stk_json_emit_close(&p->emit, '}');
    return STK_OK;
}
