/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_tag.h"

const struct stk_json_tag_info stk_json_tags[STK_JSON_TAGS] = {
    [STK_JSON_TAG_NONE] = {"", STK_VALUE_DICT, true},
    [STK_JSON_TAG_REF] = {"$ref", STK_VALUE_KINDS, false},
    [STK_JSON_TAG_FLOAT] = {"$float", STK_VALUE_FLOAT, false},
    [STK_JSON_TAG_INT] = {"$int", STK_VALUE_BIGINT, false},
    [STK_JSON_TAG_STR] = {"$str", STK_VALUE_STR, true},
    [STK_JSON_TAG_STR64] = {"$str64", STK_VALUE_STR, true},
    [STK_JSON_TAG_BYTES] = {"$bytes", STK_VALUE_BYTES, true},
    [STK_JSON_TAG_BYTEARRAY] = {"$bytearray", STK_VALUE_BYTEARRAY, true},
    [STK_JSON_TAG_LIST] = {"$list", STK_VALUE_LIST, true},
    [STK_JSON_TAG_TUPLE] = {"$tuple", STK_VALUE_TUPLE, true},
    [STK_JSON_TAG_SET] = {"$set", STK_VALUE_SET, true},
    [STK_JSON_TAG_FROZENSET] = {"$frozenset", STK_VALUE_FROZENSET, true},
    [STK_JSON_TAG_DICT] = {"$dict", STK_VALUE_DICT, true},
    [STK_JSON_TAG_GLOBAL] = {"$global", STK_VALUE_GLOBAL, false},
    [STK_JSON_TAG_OBJECT] = {"$object", STK_VALUE_OBJECT, true},
    [STK_JSON_TAG_ENUM] = {"$enum", STK_VALUE_ENUM, true},
    [STK_JSON_TAG_TENSOR] = {"$tensor", STK_VALUE_TENSOR, true},
    [STK_JSON_TAG_NDARRAY] = {"$ndarray", STK_VALUE_NDARRAY, true},
    [STK_JSON_TAG_STORAGE] = {"$storage", STK_VALUE_STORAGE, true},
    [STK_JSON_TAG_PERSISTENT] = {"$persistent", STK_VALUE_PERSISTENT, true},
    [STK_JSON_TAG_BUFFER] = {"$buffer", STK_VALUE_BUFFER, true},
};

const char *const stk_json_fields[STK_JSON_FIELDS] = {
    [STK_JSON_FIELD_CALL] = "call",
    [STK_JSON_FIELD_TYPE] = "type",
    [STK_JSON_FIELD_MEMBER] = "member",
    [STK_JSON_FIELD_MEMBER_ARG] = "member_arg",
    [STK_JSON_FIELD_BY_NAME] = "by_name",
    [STK_JSON_FIELD_ABOUT] = "about",
    [STK_JSON_FIELD_CALLEE] = "callee",
    [STK_JSON_FIELD_ARGS] = "args",
    [STK_JSON_FIELD_KWARGS] = "kwargs",
    [STK_JSON_FIELD_STATE] = "state",
    [STK_JSON_FIELD_STATE_FIRST] = "state_first",
    [STK_JSON_FIELD_ITEMS] = "items",
    [STK_JSON_FIELD_MEMBERS] = "members",
    [STK_JSON_FIELD_PAIRS] = "pairs",
};

const char *const stk_json_calls[4] = {
    [STK_CALL_REDUCE] = "reduce",
    [STK_CALL_NEW] = "new",
    [STK_CALL_NEW_EX] = "new_ex",
    [STK_CALL_LOAD] = "load",
};
