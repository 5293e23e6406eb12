/* SPDX-License-Identifier: Apache-2.0
 *
 * Finding fields and values of enums, and the descriptors of descriptors: with these a
 * set is read as any other message is.
 */
#include "wire/protobuf_state.h"

void stk_protobuf_path_put(struct stk_protobuf_error *error, struct stk_span name)
{
    size_t have = strlen(error->path);
    size_t dot = have > 0;
    size_t room = sizeof error->path - 1 - have;
    if (name.len + dot > room) {
        return;
    }
    __builtin_memmove(error->path + name.len + dot, error->path, have + 1);
    stk_copy(error->path, name.data, name.len);
    if (dot > 0) {
        error->path[name.len] = '.';
    }
}

/* ---- fields ---- */

const struct stk_protobuf_field *stk_protobuf_field(const struct stk_protobuf_type *type,
                                                    uint32_t number)
{
    if (number < type->n_dense) {
        uint32_t at = type->dense[number];
        return at == 0 ? NULL : &type->fields[at - 1];
    }
    size_t low = 0;
    size_t high = type->n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (type->fields[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < type->n && type->fields[low].number == number ? &type->fields[low]
                                                               : NULL;
}

static bool same_text(const struct stk_text *a, const struct stk_text *b)
{
    return a == b || (a->hash == b->hash && stk_span_equal(a->bytes, b->bytes));
}

const struct stk_protobuf_field *stk_protobuf_field_named(
    const struct stk_protobuf_type *type, bool json, const struct stk_text *name)
{
    const uint32_t *index = type->by_name[json];
    size_t at = (size_t)name->hash & type->mask;
    for (; index[at] != 0; at = (at + 1) & type->mask) {
        const struct stk_protobuf_field *field = &type->fields[index[at] - 1];
        if (same_text(field->names[json], name)) {
            return field;
        }
    }
    return NULL;
}

/* A power of two with room for n and something free. */
static size_t slots_for(size_t n)
{
    size_t slots = 2;
    while (slots / 2 < n) {
        slots *= 2;
    }
    return slots;
}

static bool add_name(struct stk_protobuf_type *type, bool json, uint32_t field)
{
    const struct stk_text *name = type->fields[field].names[json];
    uint32_t *index = type->by_name[json];
    if (stk_protobuf_field_named(type, json, name) != NULL) {
        return false;
    }
    size_t at = (size_t)name->hash & type->mask;
    while (index[at] != 0) {
        at = (at + 1) & type->mask;
    }
    index[at] = field + 1;
    return true;
}

static enum stk_status index_numbers(struct stk_arena *arena,
                                     struct stk_protobuf_type *type)
{
    uint32_t limit = type->n * 4 + 16;
    uint32_t last = type->n == 0 ? 0 : type->fields[type->n - 1].number;
    type->n_dense = last < limit ? last + 1 : limit;
    type->dense = stk_arena_array(arena, type->n_dense, sizeof type->dense[0]);
    if (type->dense == NULL) {
        return STK_E_NOMEM;
    }
    for (uint32_t i = 0; i < type->n && type->fields[i].number < type->n_dense; i++) {
        type->dense[type->fields[i].number] = i + 1;
    }
    return STK_OK;
}

enum stk_status stk_protobuf_index(struct stk_arena *arena,
                                   struct stk_protobuf_type *type,
                                   const struct stk_text **ret_twice)
{
    size_t slots = slots_for(type->n);
    STK_TRY(index_numbers(arena, type));
    type->mask = slots - 1;
    for (int json = 0; json < 2; json++) {
        type->by_name[json] = stk_arena_array(arena, slots, sizeof(uint32_t));
        if (type->by_name[json] == NULL) {
            return STK_E_NOMEM;
        }
    }
    for (uint32_t i = 0; i < type->n; i++) {
        if (!add_name(type, false, i)) {
            *ret_twice = type->fields[i].names[0];
        }
        type->ambiguous = !add_name(type, true, i) || type->ambiguous;
    }
    return STK_OK;
}

/* ---- enums ---- */

const struct stk_protobuf_enum_value *stk_protobuf_enum_number(
    const struct stk_protobuf_enum *values, int32_t number)
{
    size_t low = 0;
    size_t high = values->n;
    int64_t direct = (int64_t)number - values->values[0].number;
    if (direct >= 0 && (uint64_t)direct < high &&
        values->values[direct].number == number &&
        (direct == 0 || values->values[direct - 1].number != number)) {
        return &values->values[direct];
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (values->values[middle].number < number) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < values->n && values->values[low].number == number ? &values->values[low]
                                                                   : NULL;
}

const struct stk_protobuf_enum_value *stk_protobuf_enum_name(
    const struct stk_protobuf_enum *values, const struct stk_text *name)
{
    size_t at = (size_t)name->hash & values->mask;
    for (; values->names[at] != 0; at = (at + 1) & values->mask) {
        if (same_text(values->values[values->names[at] - 1].name, name)) {
            return &values->values[values->names[at] - 1];
        }
    }
    return NULL;
}

enum stk_status stk_protobuf_enum_index(struct stk_arena *arena,
                                        struct stk_protobuf_enum *values,
                                        const struct stk_text **ret_twice)
{
    size_t slots = slots_for(values->n);
    values->mask = slots - 1;
    values->names = stk_arena_array(arena, slots, sizeof values->names[0]);
    if (values->names == NULL) {
        return STK_E_NOMEM;
    }
    for (size_t i = 0; i < values->n; i++) {
        const struct stk_text *name = values->values[i].name;
        if (stk_protobuf_enum_name(values, name) != NULL) {
            *ret_twice = name;
            continue;
        }
        size_t at = (size_t)name->hash & values->mask;
        while (values->names[at] != 0) {
            at = (at + 1) & values->mask;
        }
        values->names[at] = (uint32_t)i + 1;
    }
    return STK_OK;
}

/* ---- descriptors of descriptors ---- */

enum bootstrap {
    BOOT_SET,
    BOOT_FILE,
    BOOT_MESSAGE,
    BOOT_FIELD,
    BOOT_ONEOF,
    BOOT_ENUM,
    BOOT_ENUM_VALUE,
    BOOT_MESSAGE_OPTIONS,
    BOOT_FIELD_OPTIONS,
    BOOT_TYPES,
};

/* descriptor.proto, in the order of their types and numbers. Types and labels are enums
 * there; as numbers they are looked at here. */
static const struct boot_field {
    enum bootstrap in;
    uint32_t number;
    enum stk_protobuf_kind kind;
    bool repeated;
    enum bootstrap message;
    const char *name;
} boot_fields[] = {
    {BOOT_SET, 1, STK_PB_MESSAGE, true, BOOT_FILE, "file"},
    {BOOT_FILE, 1, STK_PB_STRING, false, 0, "name"},
    {BOOT_FILE, 2, STK_PB_STRING, false, 0, "package"},
    {BOOT_FILE, 4, STK_PB_MESSAGE, true, BOOT_MESSAGE, "message_type"},
    {BOOT_FILE, 5, STK_PB_MESSAGE, true, BOOT_ENUM, "enum_type"},
    {BOOT_FILE, 12, STK_PB_STRING, false, 0, "syntax"},
    {BOOT_FILE, 14, STK_PB_INT32, false, 0, "edition"},
    {BOOT_MESSAGE, 1, STK_PB_STRING, false, 0, "name"},
    {BOOT_MESSAGE, 2, STK_PB_MESSAGE, true, BOOT_FIELD, "field"},
    {BOOT_MESSAGE, 3, STK_PB_MESSAGE, true, BOOT_MESSAGE, "nested_type"},
    {BOOT_MESSAGE, 4, STK_PB_MESSAGE, true, BOOT_ENUM, "enum_type"},
    {BOOT_MESSAGE, 7, STK_PB_MESSAGE, false, BOOT_MESSAGE_OPTIONS, "options"},
    {BOOT_MESSAGE, 8, STK_PB_MESSAGE, true, BOOT_ONEOF, "oneof_decl"},
    {BOOT_FIELD, 1, STK_PB_STRING, false, 0, "name"},
    {BOOT_FIELD, 3, STK_PB_INT32, false, 0, "number"},
    {BOOT_FIELD, 4, STK_PB_INT32, false, 0, "label"},
    {BOOT_FIELD, 5, STK_PB_INT32, false, 0, "type"},
    {BOOT_FIELD, 6, STK_PB_STRING, false, 0, "type_name"},
    {BOOT_FIELD, 8, STK_PB_MESSAGE, false, BOOT_FIELD_OPTIONS, "options"},
    {BOOT_FIELD, 9, STK_PB_INT32, false, 0, "oneof_index"},
    {BOOT_FIELD, 10, STK_PB_STRING, false, 0, "json_name"},
    {BOOT_FIELD, 17, STK_PB_BOOL, false, 0, "proto3_optional"},
    {BOOT_ONEOF, 1, STK_PB_STRING, false, 0, "name"},
    {BOOT_ENUM, 1, STK_PB_STRING, false, 0, "name"},
    {BOOT_ENUM, 2, STK_PB_MESSAGE, true, BOOT_ENUM_VALUE, "value"},
    {BOOT_ENUM_VALUE, 1, STK_PB_STRING, false, 0, "name"},
    {BOOT_ENUM_VALUE, 2, STK_PB_INT32, false, 0, "number"},
    {BOOT_MESSAGE_OPTIONS, 7, STK_PB_BOOL, false, 0, "map_entry"},
    {BOOT_FIELD_OPTIONS, 2, STK_PB_BOOL, false, 0, "packed"},
};

#define N_BOOT_FIELDS (sizeof boot_fields / sizeof boot_fields[0])

static bool boot_field(struct stk_arena *arena, struct stk_protobuf_type *types,
                       const struct boot_field *from, struct stk_protobuf_field *field)
{
    struct stk_value name;
    if (stk_value_text(arena, 0, STK_VALUE_STR,
                       stk_span_of(from->name, strlen(from->name)), &name) != STK_OK) {
        return false;
    }
    struct stk_protobuf_type *type = &types[from->in];
    *field = (struct stk_protobuf_field){
        .number = from->number,
        .kind = (uint8_t)from->kind,
        .wire = from->kind == STK_PB_INT32 || from->kind == STK_PB_BOOL ? STK_PB_VARINT
                                                                        : STK_PB_LEN,
        .repeated = from->repeated,
        .oneof = STK_PB_NONE,
        .at = type->n,
        .names = {name.text, name.text},
        .message = from->kind == STK_PB_MESSAGE ? &types[from->message] : NULL,
    };
    if (type->n++ == 0) {
        type->fields = field;
    }
    return true;
}

const struct stk_protobuf_type *stk_protobuf_bootstrap(struct stk_arena *arena)
{
    struct stk_protobuf_type *types = stk_arena_array(arena, BOOT_TYPES, sizeof *types);
    struct stk_protobuf_field *fields =
        stk_arena_array(arena, N_BOOT_FIELDS, sizeof *fields);
    const struct stk_text *twice = NULL;
    if (types == NULL || fields == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < N_BOOT_FIELDS; i++) {
        if (!boot_field(arena, types, &boot_fields[i], &fields[i])) {
            return NULL;
        }
    }
    for (size_t i = 0; i < BOOT_TYPES; i++) {
        if (stk_protobuf_index(arena, &types[i], &twice) != STK_OK) {
            return NULL;
        }
    }
    STK_ASSERT(twice == NULL);
    return &types[BOOT_SET];
}
