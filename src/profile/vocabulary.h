/* SPDX-License-Identifier: Apache-2.0
 *
 * stockade's own keywords (docs/profiles.md): what they are compiled to.
 */
#pragma once

#include "value/object.h"

/* Exact names of classes or globals, or of kinds, dtypes and devices. */
struct stk_name_list {
    size_t n;
    const struct stk_name *list;
};

struct stk_shape_rule {
    size_t n;
    struct stk_shape_range {
        uint64_t least;
        uint64_t most;
    } * list;
};

struct stk_path_rule {
    bool relative;
    size_t n;
    const struct stk_span *within; /* absolute folders, no slash at the end */
};

struct stk_member_rule {
    struct stk_span name;
    struct stk_value value;
};

/* Nodes, or STK_NO_NODE: there must be none. */
struct stk_class_rule {
    struct stk_name_list names;
    uint32_t calls; /* 1 << enum stk_object_call, or-ed */
    uint32_t state;
    uint32_t arguments;
    uint32_t keywords;
    uint32_t elements;
    uint32_t entries;
    bool is_enum;
    size_t n_members;
    const struct stk_member_rule *members;
};

struct stk_nested_rule {
    enum stk_nested_encoding {
        STK_NESTED_NONE,
        STK_NESTED_BASE64,
        STK_NESTED_HEX,
    } encoding;
    enum stk_nested_wire {
        STK_NESTED_PICKLE,
        STK_NESTED_JSON,
        STK_NESTED_MSGPACK,
    } wire;
    uint32_t node;
    uint64_t most; /* bytes */
};
