/* SPDX-License-Identifier: Apache-2.0
 *
 * The names of the lossless projection, shared by its writer and its reader.
 */
#pragma once

#include "value/object.h"

enum stk_json_tag {
    STK_JSON_TAG_NONE, /* a dict */
    STK_JSON_TAG_REF,
    STK_JSON_TAG_FLOAT,
    STK_JSON_TAG_INT,
    STK_JSON_TAG_STR,
    STK_JSON_TAG_STR64,
    STK_JSON_TAG_BYTES,
    STK_JSON_TAG_BYTEARRAY,
    STK_JSON_TAG_LIST,
    STK_JSON_TAG_TUPLE,
    STK_JSON_TAG_SET,
    STK_JSON_TAG_FROZENSET,
    STK_JSON_TAG_DICT,
    STK_JSON_TAG_GLOBAL,
    STK_JSON_TAG_OBJECT,
    STK_JSON_TAG_ENUM,
    STK_JSON_TAG_TENSOR,
    STK_JSON_TAG_NDARRAY,
    STK_JSON_TAG_STORAGE,
    STK_JSON_TAG_PERSISTENT,
    STK_JSON_TAG_BUFFER,
    STK_JSON_TAGS,
};

/* What an object's call is made of. */
enum stk_json_field {
    STK_JSON_FIELD_CALL,
    STK_JSON_FIELD_TYPE,
    STK_JSON_FIELD_MEMBER,
    STK_JSON_FIELD_MEMBER_ARG, /* its place among the arguments */
    STK_JSON_FIELD_BY_NAME,
    STK_JSON_FIELD_ABOUT, /* for people; not read */
    STK_JSON_FIELD_CALLEE,
    STK_JSON_FIELD_ARGS,
    STK_JSON_FIELD_KWARGS,
    STK_JSON_FIELD_STATE,
    STK_JSON_FIELD_STATE_FIRST,
    STK_JSON_FIELD_ITEMS,
    STK_JSON_FIELD_MEMBERS,
    STK_JSON_FIELD_PAIRS,
    STK_JSON_FIELDS,
};

struct stk_json_tag_info {
    const char *name;
    enum stk_value_kind kind; /* of what it makes */
    bool node;                /* which may have an $id */
};

extern const struct stk_json_tag_info stk_json_tags[STK_JSON_TAGS];
extern const char *const stk_json_fields[STK_JSON_FIELDS];
extern const char *const stk_json_calls[4]; /* by enum stk_object_call */

/* Of OBJECT to PERSISTENT. */
static inline bool stk_json_is_object(enum stk_value_kind kind)
{
    return kind >= STK_VALUE_OBJECT && kind <= STK_VALUE_PERSISTENT;
}

/* A value that an enum's member can have as it is: it leads to no other. */
static inline bool stk_json_is_leaf(enum stk_value_kind kind)
{
    return kind <= STK_VALUE_BYTES || kind == STK_VALUE_GLOBAL;
}
