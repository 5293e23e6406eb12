/* SPDX-License-Identifier: Apache-2.0
 *
 * What a profile says of the frames of a message (`message`, docs/profiles.md). Compiled
 * with its schema, lives as long, immutable.
 */
#pragma once

#include "profile/schema.h"

enum stk_frame_wire {
    STK_FRAME_ANY, /* no `message`: one frame, whatever its wire */
    STK_FRAME_PICKLE,
    STK_FRAME_JSON,
    STK_FRAME_MSGPACK,
    STK_FRAME_RAW,
    STK_FRAME_LITERAL,
    STK_FRAME_DELIMITER,
};

/* Bytes of an HMAC-SHA256. */
#define STK_FRAME_HMAC 32

struct stk_frame_rule {
    enum stk_frame_wire wire;
    uint32_t node;        /* of the schema for its value */
    struct stk_span text; /* LITERAL */
    bool hmac;
    uint64_t least; /* bytes, an HMAC included */
    uint64_t most;
    uint64_t repeat_least;
    uint64_t repeat_most;
};

/* The frame has as many bytes as the items of a shape. Frames are counted by rules, and
 * `of` is none that repeats. */
struct stk_frame_relation {
    size_t frame;
    size_t of;
    const char *shape; /* JSON pointers */
    const char *dtype;
};

struct stk_frame_list {
    size_t n;
    const struct stk_frame_rule *list;
    size_t n_relations;
    const struct stk_frame_relation *relations;
    const char *where; /* URI, # and JSON pointer */
};

/* Alternatives; at least one. */
struct stk_message_rule {
    size_t n;
    const struct stk_frame_list *list;
};

const struct stk_message_rule *stk_schema_message(const struct stk_schema *schema);

/* As stk_validate_explain(), by the schema of one frame. */
STK_MUST_USE enum stk_status stk_validate_frame(
    struct stk_validation *validation, const struct stk_schema *schema, uint32_t node,
    struct stk_value value, size_t most, enum stk_validity *ret_validity,
    const struct stk_violation **ret_list, size_t *ret_n);
