/* SPDX-License-Identifier: Apache-2.0 */
#include "base/checked.h"
#include "decode/state.h"

enum stk_status stk_decode_refuse(struct stk_decoder *d, struct stk_value *inout_value,
                                  const char *reason)
{
    if (d->reason == NULL) {
        d->reason = reason;
        d->reason_off = inout_value->off;
    }
    inout_value->kind = STK_VALUE_REFUSED;
    return STK_OK;
}

/* ---- numbers ---- */

/* No dimension and no offset is longer than the bytes of a message could be. */
#define LENGTH_MAX INT64_C(4503599627370496)

static bool take_length(struct stk_value value, uint64_t *ret_length)
{
    if (value.kind != STK_VALUE_INT || value.integer < 0 || value.integer > LENGTH_MAX) {
        return false;
    }
    *ret_length = (uint64_t)value.integer;
    return true;
}

/* A tuple of lengths; torch.Size is made of one. */
static const struct stk_items *lengths_of(struct stk_value value)
{
    static const struct stk_items none;
    if (value.kind == STK_VALUE_OBJECT && value.object->type != NULL &&
        stk_span_is(value.object->type->qualified, "Size")) {
        struct stk_value args = value.object->args;
        bool empty = args.kind == STK_VALUE_TUPLE && args.items->n == 0;
        value = empty ? args : stk_item(args, 0);
        return value.kind == STK_VALUE_TUPLE ? value.items : &none;
    }
    return value.kind == STK_VALUE_TUPLE ? value.items : NULL;
}

#define RANK_MAX 64

/* STK_OK and *ret_list NULL where the value is no such tuple. */
static enum stk_status take_lengths(struct stk_arena *arena, struct stk_value value,
                                    size_t *ret_n, const uint64_t **ret_list)
{
    const struct stk_items *items = lengths_of(value);
    *ret_list = NULL;
    if (items == NULL || items->n > RANK_MAX) {
        return STK_OK;
    }
    uint64_t *list = stk_arena_array(arena, items->n, sizeof *list);
    if (list == NULL) {
        return STK_E_NOMEM;
    }
    for (size_t i = 0; i < items->n; i++) {
        if (!take_length(items->list[i], &list[i])) {
            return STK_OK;
        }
    }
    *ret_n = items->n;
    *ret_list = list;
    return STK_OK;
}

static bool product(const uint64_t *shape, size_t rank, uint64_t *ret_n)
{
    *ret_n = 1;
    for (size_t i = 0; i < rank; i++) {
        if (!stk_mul(*ret_n, shape[i], ret_n)) {
            return false;
        }
    }
    return true;
}

/* ---- types ---- */

struct named_type {
    const char *name;
    enum stk_dtype dtype;
    uint8_t size;
};

/* torch/storage.py and torch/__init__.py, 1.13 and 2.4: the classes of storages. */
static const struct named_type storages[] = {
    {"UntypedStorage", STK_DTYPE_UINT8, 1},
    {"_UntypedStorage", STK_DTYPE_UINT8, 1},
    {"ByteStorage", STK_DTYPE_UINT8, 1},
    {"CharStorage", STK_DTYPE_INT8, 1},
    {"BoolStorage", STK_DTYPE_BOOL, 1},
    {"ShortStorage", STK_DTYPE_INT16, 2},
    {"IntStorage", STK_DTYPE_INT32, 4},
    {"LongStorage", STK_DTYPE_INT64, 8},
    {"HalfStorage", STK_DTYPE_FLOAT16, 2},
    {"BFloat16Storage", STK_DTYPE_BFLOAT16, 2},
    {"FloatStorage", STK_DTYPE_FLOAT32, 4},
    {"DoubleStorage", STK_DTYPE_FLOAT64, 8},
    {"ComplexFloatStorage", STK_DTYPE_COMPLEX64, 8},
    {"ComplexDoubleStorage", STK_DTYPE_COMPLEX128, 16},
    {"QUInt8Storage", STK_DTYPE_NONE, 1},
    {"QInt8Storage", STK_DTYPE_NONE, 1},
    {"QUInt4x2Storage", STK_DTYPE_NONE, 1},
    {"QUInt2x4Storage", STK_DTYPE_NONE, 1},
    {"QInt32Storage", STK_DTYPE_NONE, 4},
    {"quint8", STK_DTYPE_NONE, 1},
    {"qint8", STK_DTYPE_NONE, 1},
    {"quint4x2", STK_DTYPE_NONE, 1},
    {"quint2x4", STK_DTYPE_NONE, 1},
    {"qint32", STK_DTYPE_NONE, 4},
    {"half", STK_DTYPE_FLOAT16, 2},
    {"float", STK_DTYPE_FLOAT32, 4},
    {"double", STK_DTYPE_FLOAT64, 8},
    {"short", STK_DTYPE_INT16, 2},
    {"int", STK_DTYPE_INT32, 4},
    {"long", STK_DTYPE_INT64, 8},
    {"cfloat", STK_DTYPE_COMPLEX64, 8},
    {"cdouble", STK_DTYPE_COMPLEX128, 16},
};

static struct named_type torch_type(struct stk_span name)
{
    for (size_t i = 0; i < sizeof storages / sizeof storages[0]; i++) {
        if (stk_span_is(name, storages[i].name)) {
            return storages[i];
        }
    }
    enum stk_dtype dtype = stk_dtype_of(name);
    return (struct named_type){.dtype = dtype,
                               .size = (uint8_t)stk_dtype_item_size(dtype)};
}

static const struct named_type arrays[] = {
    {"b1", STK_DTYPE_BOOL, 1},      {"i1", STK_DTYPE_INT8, 1},
    {"i2", STK_DTYPE_INT16, 2},     {"i4", STK_DTYPE_INT32, 4},
    {"i8", STK_DTYPE_INT64, 8},     {"u1", STK_DTYPE_UINT8, 1},
    {"u2", STK_DTYPE_UINT16, 2},    {"u4", STK_DTYPE_UINT32, 4},
    {"u8", STK_DTYPE_UINT64, 8},    {"f2", STK_DTYPE_FLOAT16, 2},
    {"f4", STK_DTYPE_FLOAT32, 4},   {"f8", STK_DTYPE_FLOAT64, 8},
    {"c8", STK_DTYPE_COMPLEX64, 8}, {"c16", STK_DTYPE_COMPLEX128, 16},
};

/* numpy.dtype(text, …), and the state that says its byte order and size. */
static void take_dtype(struct stk_value value, struct stk_array *array)
{
    struct stk_value text = {.kind = STK_VALUE_NONE};
    if (value.kind == STK_VALUE_OBJECT) {
        text = stk_item(value.object->args, 0);
    }
    if (text.kind != STK_VALUE_STR) {
        return;
    }
    struct stk_span name = text.text->bytes;
    array->type = name;
    if (name.len > 0 && __builtin_strchr("<>=|", name.data[0]) != NULL) {
        array->big_endian = name.data[0] == '>';
        name = stk_span_of(name.data + 1, name.len - 1);
    }
    for (size_t i = 0; i < sizeof arrays / sizeof arrays[0]; i++) {
        if (stk_span_is(name, arrays[i].name)) {
            array->dtype = arrays[i].dtype;
            array->item_size = arrays[i].size;
        }
    }
    struct stk_value order = stk_item(value.object->state, 1);
    if (order.kind == STK_VALUE_STR) {
        array->big_endian = stk_span_is(order.text->bytes, ">");
    }
}

/* ---- storages ---- */

/* ("storage", class, key, location, items, view) */
enum id_item { ID_CLASS = 1, ID_KEY, ID_LOCATION, ID_ITEMS, ID_VIEW };

enum stk_status stk_storage_array(struct stk_arena *arena, struct stk_value id,
                                  const struct stk_array **ret_array,
                                  const char **ret_reason)
{
    struct stk_array *array = stk_arena_alloc(arena, sizeof *array);
    struct stk_value type = stk_item(id, ID_CLASS);
    struct stk_value key = stk_item(id, ID_KEY);
    struct stk_value location = stk_item(id, ID_LOCATION);
    if (array == NULL) {
        return STK_E_NOMEM;
    }
    bool named = key.kind == STK_VALUE_STR || key.kind == STK_VALUE_BYTES;
    if (type.kind != STK_VALUE_GLOBAL || !named || location.kind != STK_VALUE_STR ||
        !take_length(stk_item(id, ID_ITEMS), &array->n_items)) {
        *ret_reason = "no storage that torch.load knows";
        return STK_OK;
    }
    if (stk_item(id, ID_VIEW).kind != STK_VALUE_NONE) {
        *ret_reason = "a view of a storage, as releases before 0.4 wrote it";
        return STK_OK;
    }
    struct named_type t = torch_type(type.name->qualified);
    if (t.size == 0) {
        *ret_reason = "a storage of an unknown type";
        return STK_OK;
    }
    array->dtype = t.dtype;
    array->item_size = t.size;
    array->type = type.name->qualified;
    array->key = key.text->bytes;
    array->class_name = type.name;
    array->location = location.text->bytes;
    *ret_array = array;
    return STK_OK;
}

/* ---- tensors ---- */

/* All items lie in the storage. */
static bool lies_within(const struct stk_array *array, uint64_t available)
{
    uint64_t last = array->offset;
    for (uint32_t i = 0; i < array->rank; i++) {
        uint64_t way = 0;
        if (array->shape[i] == 0) {
            return true;
        }
        if (!stk_mul(array->shape[i] - 1, (uint64_t)array->stride[i], &way) ||
            !stk_add(last, way, &last)) {
            return false;
        }
    }
    return last < available;
}

/* (storage, offset, size, stride, …) */
static enum stk_status mean_tensor(struct stk_decoder *d, struct stk_arena *arena,
                                   struct stk_value args, struct stk_value dtype,
                                   struct stk_object *object,
                                   struct stk_value *inout_value)
{
    struct stk_value storage = stk_item(args, 0);
    struct stk_array *array = stk_arena_alloc(arena, sizeof *array);
    const uint64_t *stride = NULL;
    size_t rank = 0;
    size_t n_stride = 0;
    if (array == NULL) {
        return STK_E_NOMEM;
    }
    if (storage.kind != STK_VALUE_STORAGE || storage.object->array == NULL) {
        return stk_decode_refuse(d, inout_value, "a tensor whose storage is none");
    }
    STK_TRY(take_lengths(arena, stk_item(args, 2), &rank, &array->shape));
    STK_TRY(take_lengths(arena, stk_item(args, 3), &n_stride, &stride));
    if (array->shape == NULL || stride == NULL || rank != n_stride ||
        !take_length(stk_item(args, 1), &array->offset) ||
        !product(array->shape, rank, &array->n_items)) {
        return stk_decode_refuse(d, inout_value, "a tensor with an impossible shape");
    }
    const struct stk_array *held = storage.object->array;
    array->dtype = held->dtype;
    array->item_size = held->item_size;
    array->type = held->type;
    uint64_t available = held->n_items;
    if (dtype.kind == STK_VALUE_GLOBAL) { /* of an untyped storage */
        struct named_type t = torch_type(dtype.name->qualified);
        array->dtype = t.dtype;
        array->item_size = t.size;
        array->type = dtype.name->qualified;
        available = t.size == 0 ? 0 : held->n_items * held->item_size / t.size;
    }
    array->rank = (uint32_t)rank;
    array->stride = (const int64_t *)(const void *)stride;
    array->storage = storage;
    if (!lies_within(array, available)) {
        return stk_decode_refuse(d, inout_value,
                                 "a tensor that reaches past the end of its storage");
    }
    object->array = array;
    inout_value->kind = STK_VALUE_TENSOR;
    return STK_OK;
}

/* (tensor, …): a parameter, or a view of another class, of a tensor that exists. */
static enum stk_status mean_wrapped(struct stk_value tensor, struct stk_object *object,
                                    struct stk_value *inout_value)
{
    if (tensor.kind == STK_VALUE_TENSOR) {
        object->array = tensor.object->array;
        inout_value->kind = STK_VALUE_TENSOR;
    }
    return STK_OK;
}

/* ---- arrays ---- */

static enum stk_status finish_array(struct stk_decoder *d, struct stk_arena *arena,
                                    struct stk_value shape, struct stk_array *array,
                                    struct stk_object *object,
                                    struct stk_value *inout_value)
{
    size_t rank = 0;
    uint64_t size = 0;
    STK_TRY(take_lengths(arena, shape, &rank, &array->shape));
    if (array->shape == NULL || !product(array->shape, rank, &array->n_items)) {
        return stk_decode_refuse(d, inout_value, "an array with an impossible shape");
    }
    if (array->present && array->item_size > 0 &&
        (!stk_mul(array->n_items, array->item_size, &size) || size != array->bytes.len)) {
        return stk_decode_refuse(d, inout_value,
                                 "an array whose shape and bytes do not agree");
    }
    array->rank = (uint32_t)rank;
    object->array = array;
    inout_value->kind = STK_VALUE_NDARRAY;
    return STK_OK;
}

/* Fortran's order: the first dimension is the closest. */
static enum stk_status set_fortran(struct stk_arena *arena, struct stk_array *array)
{
    int64_t *stride = stk_arena_array(arena, array->rank, sizeof *stride);
    uint64_t step = 1;
    if (stride == NULL) {
        return STK_E_NOMEM;
    }
    for (uint32_t i = 0; i < array->rank; i++) {
        stride[i] = (int64_t)step;
        step *= array->shape[i]; /* their product was looked at */
    }
    array->stride = stride;
    return STK_OK;
}

/* The bytes of an array; false: it is made of objects. */
static void take_bytes(struct stk_value value, struct stk_array *array)
{
    if (value.kind == STK_VALUE_BYTES || value.kind == STK_VALUE_BYTEARRAY) {
        array->bytes = value.text->bytes;
        array->present = true;
    } else if (value.kind == STK_VALUE_BUFFER && value.buffer->present) {
        array->bytes = value.buffer->bytes;
        array->present = true;
    }
}

/* _reconstruct(…) and its state: (version, shape, dtype, fortran, bytes) */
static enum stk_status mean_reconstructed(struct stk_decoder *d, struct stk_arena *arena,
                                          struct stk_object *object,
                                          struct stk_value *inout_value)
{
    struct stk_array *array = stk_arena_alloc(arena, sizeof *array);
    if (array == NULL) {
        return STK_E_NOMEM;
    }
    if (!object->has_state) { /* (class, shape, type): nothing in it yet */
        struct stk_value type = stk_item(object->args, 2);
        bool typed = type.kind == STK_VALUE_STR || type.kind == STK_VALUE_BYTES;
        array->type = typed ? type.text->bytes : (struct stk_span){0};
        return finish_array(d, arena, stk_item(object->args, 1), array, object,
                            inout_value);
    }
    struct stk_value fortran = stk_item(object->state, 3);
    take_dtype(stk_item(object->state, 2), array);
    take_bytes(stk_item(object->state, 4), array);
    STK_TRY(
        finish_array(d, arena, stk_item(object->state, 1), array, object, inout_value));
    return inout_value->kind == STK_VALUE_NDARRAY && fortran.kind == STK_VALUE_BOOL &&
                   fortran.boolean
               ? set_fortran(arena, array)
               : STK_OK;
}

/* _frombuffer(bytes, dtype, shape, order) */
static enum stk_status mean_buffer(struct stk_decoder *d, struct stk_arena *arena,
                                   struct stk_object *object,
                                   struct stk_value *inout_value)
{
    struct stk_array *array = stk_arena_alloc(arena, sizeof *array);
    struct stk_value order = stk_item(object->args, 3);
    if (array == NULL) {
        return STK_E_NOMEM;
    }
    take_dtype(stk_item(object->args, 1), array);
    take_bytes(stk_item(object->args, 0), array);
    STK_TRY(
        finish_array(d, arena, stk_item(object->args, 2), array, object, inout_value));
    return inout_value->kind == STK_VALUE_NDARRAY && order.kind == STK_VALUE_STR &&
                   stk_span_is(order.text->bytes, "F")
               ? set_fortran(arena, array)
               : STK_OK;
}

/* ---- who rebuilds what ---- */

static bool is_numpy(struct stk_span module)
{
    return stk_span_starts(module, "numpy.core.", 11) ||
           stk_span_starts(module, "numpy._core.", 12);
}

static enum stk_status mean_torch(struct stk_decoder *d, struct stk_arena *arena,
                                  struct stk_object *object,
                                  struct stk_value *inout_value)
{
    struct stk_value callee = object->callee;
    struct stk_value args = object->args;
    struct stk_value none = stk_value_none(0);
    if (stk_value_names(callee, "torch._utils", "_rebuild_tensor_v2") ||
        stk_value_names(callee, "torch._utils", "_rebuild_tensor")) {
        return mean_tensor(d, arena, args, none, object, inout_value);
    }
    if (stk_value_names(callee, "torch._utils", "_rebuild_tensor_v3")) {
        return mean_tensor(d, arena, args, stk_item(args, 6), object, inout_value);
    }
    if (stk_value_names(callee, "torch._utils", "_rebuild_parameter") ||
        stk_value_names(callee, "torch._utils", "_rebuild_parameter_with_state")) {
        return mean_wrapped(stk_item(args, 0), object, inout_value);
    }
    if (stk_value_names(callee, "torch._tensor", "_rebuild_from_type_v2")) {
        struct stk_value inner = stk_item(args, 2);
        return stk_value_names(stk_item(args, 0), "torch._utils", "_rebuild_parameter")
                   ? mean_wrapped(stk_item(inner, 0), object, inout_value)
                   : mean_tensor(d, arena, inner, none, object, inout_value);
    }
    return STK_OK;
}

enum stk_status stk_object_mean(struct stk_decoder *d, struct stk_arena *arena,
                                struct stk_object *object, struct stk_value *inout_value,
                                const char **ret_reason)
{
    struct stk_value callee = object->callee;
    enum stk_status status = STK_OK;
    const char *before = d->reason;
    d->reason = NULL;
    if (callee.kind == STK_VALUE_GLOBAL && object->call == STK_CALL_REDUCE) {
        if (stk_span_starts(callee.name->module, "torch.", 6)) {
            status = mean_torch(d, arena, object, inout_value);
        } else if (is_numpy(callee.name->module)) {
            if (stk_span_is(callee.name->qualified, "_reconstruct")) {
                status = mean_reconstructed(d, arena, object, inout_value);
            } else if (stk_span_is(callee.name->qualified, "_frombuffer")) {
                status = mean_buffer(d, arena, object, inout_value);
            }
        }
    }
    if (ret_reason != NULL && d->reason != NULL) {
        *ret_reason = d->reason;
    }
    d->reason = before != NULL ? before : d->reason;
    return status;
}
