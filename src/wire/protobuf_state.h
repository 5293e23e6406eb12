/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of Protocol Buffers share: compiled descriptors.
 */
#pragma once

#include "base/assert.h"
#include "wire/protobuf.h"

/* Wire types. */
enum {
    STK_PB_VARINT = 0,
    STK_PB_FIXED64 = 1,
    STK_PB_LEN = 2,
    STK_PB_GROUP = 3,
    STK_PB_END_GROUP = 4,
    STK_PB_FIXED32 = 5,
};

/* FieldDescriptorProto.Type, descriptor.proto. */
enum stk_protobuf_kind {
    STK_PB_DOUBLE = 1,
    STK_PB_FLOAT,
    STK_PB_INT64,
    STK_PB_UINT64,
    STK_PB_INT32,
    STK_PB_FIXED_64,
    STK_PB_FIXED_32,
    STK_PB_BOOL,
    STK_PB_STRING,
    STK_PB_GROUP_TYPE,
    STK_PB_MESSAGE,
    STK_PB_BYTES,
    STK_PB_UINT32,
    STK_PB_ENUM,
    STK_PB_SFIXED32,
    STK_PB_SFIXED64,
    STK_PB_SINT32,
    STK_PB_SINT64,
    STK_PB_KINDS,
};

#define STK_PB_NUMBER_MAX UINT32_C(0x1fffffff) /* of a field */
#define STK_PB_NONE UINT32_MAX

struct stk_protobuf_enum_value {
    const struct stk_text *name;
    int32_t number;
};

struct stk_protobuf_enum {
    struct stk_span name;
    struct stk_protobuf_enum_value *values; /* by number; of equal ones the first that was
                                               declared comes first */
    size_t n;
    int32_t first;   /* the default */
    uint32_t *names; /* open addressing by hash: value + 1, 0 is free */
    size_t mask;
};

struct stk_protobuf_field {
    uint32_t number;
    uint8_t kind; /* enum stk_protobuf_kind */
    uint8_t wire;
    bool repeated;
    bool map; /* repeated entries, as one DICT */
    bool required;
    bool packed;
    bool implicit;                   /* its default is the same as nothing */
    uint32_t oneof;                  /* of its type, or STK_PB_NONE */
    uint32_t at;                     /* index in its type */
    const struct stk_text *names[2]; /* its own, JSON's */
    const struct stk_protobuf_type *message;
    const struct stk_protobuf_enum *values;
};

struct stk_protobuf_type {
    struct stk_span name;
    struct stk_protobuf_field *fields; /* by number */
    uint32_t n;
    uint32_t n_required;
    uint32_t n_oneofs;
    bool is_entry;        /* of a map */
    bool ambiguous;       /* two fields have one JSON name */
    uint32_t *dense;      /* field + 1 of small numbers, 0: none */
    uint32_t n_dense;     /* numbers below */
    uint32_t *by_name[2]; /* open addressing by hash: field + 1, 0 is free */
    size_t mask;
};

/* NULL: there is none. */
const struct stk_protobuf_field *stk_protobuf_field(const struct stk_protobuf_type *type,
                                                    uint32_t number);
const struct stk_protobuf_field *stk_protobuf_field_named(
    const struct stk_protobuf_type *type, bool json, const struct stk_text *name);

/* What it needs to be found in: dense and by_name. The fields are there, sorted; of two
 * of one name *ret_twice is one. STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_protobuf_index(struct stk_arena *arena,
                                                struct stk_protobuf_type *type,
                                                const struct stk_text **ret_twice);

/* The first value of a number, or NULL. */
const struct stk_protobuf_enum_value *stk_protobuf_enum_number(
    const struct stk_protobuf_enum *values, int32_t number);
const struct stk_protobuf_enum_value *stk_protobuf_enum_name(
    const struct stk_protobuf_enum *values, const struct stk_text *name);

STK_MUST_USE enum stk_status stk_protobuf_enum_index(struct stk_arena *arena,
                                                     struct stk_protobuf_enum *values,
                                                     const struct stk_text **ret_twice);

/* The types of descriptor.proto, as far as they matter here; NULL: no memory. */
const struct stk_protobuf_type *stk_protobuf_bootstrap(struct stk_arena *arena);

/* The same as stk_protobuf_decode(); with drop_unknown, unknown fields are nothing. */
STK_MUST_USE enum stk_status stk_protobuf_decode_dropping(
    struct stk_arena *arena, struct stk_span message,
    const struct stk_protobuf_type *type, struct stk_value *ret_value,
    struct stk_protobuf_error *ret_error);

static inline bool stk_protobuf_is_text(enum stk_protobuf_kind kind)
{
    return kind == STK_PB_STRING || kind == STK_PB_BYTES;
}

/* Puts a name in front of a path, behind which there may be one already. */
void stk_protobuf_path_put(struct stk_protobuf_error *error, struct stk_span name);
