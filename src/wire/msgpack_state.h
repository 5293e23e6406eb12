/* SPDX-License-Identifier: Apache-2.0
 *
 * What the files of MessagePack share: our ext types, and the decoder's state. Values
 * that are read lie on one stack, what is open on another: an array, a map, or an ext
 * type of ours that holds values, which ends where its bytes do.
 */
#pragma once

#include "base/assert.h"
#include "wire/msgpack.h"

#define STK_MSGPACK_TIMESTAMP (-1)

/* The class that Python's msgpack has for them. */
#define STK_TIMESTAMP_MODULE "msgpack.ext"
#define STK_TIMESTAMP_NAME "Timestamp"

/* docs/design/msgpack.md has their payloads. */
enum stk_msgpack_tag {
    STK_TAG_NONE = 0, /* an array or map */
    STK_TAG_SHARED = 64,
    STK_TAG_REF,
    STK_TAG_TUPLE,
    STK_TAG_SET,
    STK_TAG_FROZENSET,
    STK_TAG_BYTEARRAY,
    STK_TAG_INT,
    STK_TAG_STR,
    STK_TAG_GLOBAL,
    STK_TAG_BUFFER,
    STK_TAG_OBJECT,
    STK_TAG_ENUM,
    STK_TAG_TENSOR,
    STK_TAG_NDARRAY,
    STK_TAG_STORAGE,
    STK_TAG_PERSISTENT,
    STK_TAGS,
};

/* The number before an object's fields: its call, and which fields there are. */
#define STK_OBJECT_CALL UINT32_C(3)
#define STK_OBJECT_STATE (UINT32_C(1) << 2)
#define STK_OBJECT_TYPE_CALLEE (UINT32_C(1) << 3) /* its type is its callee */
#define STK_OBJECT_ITEMS (UINT32_C(1) << 4)
#define STK_OBJECT_PAIRS (UINT32_C(1) << 5)
#define STK_OBJECT_KWARGS (UINT32_C(1) << 6)
#define STK_OBJECT_MEMBERS (UINT32_C(1) << 7)
#define STK_OBJECT_STATE_FIRST (UINT32_C(1) << 8)
#define STK_OBJECT_TYPE (UINT32_C(1) << 9)
#define STK_OBJECT_BY_NAME (UINT32_C(1) << 10)
#define STK_OBJECT_BYTES (UINT32_C(1) << 11)
#define STK_OBJECT_FLAGS ((UINT32_C(1) << 12) - 1)

struct stk_msgpack_open {
    enum stk_msgpack_tag tag;
    enum stk_value_kind kind; /* that it becomes */
    uint64_t left;            /* values still to come; UINT64_MAX of an ext type */
    const uint8_t *at;        /* its first byte */
    const uint8_t *end;       /* of the ext type that it is or lies in, or the message */
    size_t first;             /* its first value, stack index */
    size_t number;            /* of SHARED, and of what lies in one; else SIZE_MAX */
    void *node;               /* what is to be filled, if others may lead to it */
    uint32_t flags;           /* of an object */
    const struct stk_value *list; /* all its values, if they lie in the arena already */
    size_t n_list;
};

/* A value that has a number. */
struct stk_msgpack_ref {
    struct stk_value value; /* kind STK_VALUE_KINDS: there is none yet */
    bool open;
    bool given; /* while it was open */
};

struct stk_msgpack {
    const uint8_t *at;
    const uint8_t *end; /* of what is open */
    const uint8_t *start;
    const uint8_t *last; /* the message's end */
    struct stk_arena *arena;
    struct stk_msgpack_options options;
    struct stk_value *stack; /* owned, as all arrays here */
    size_t n;
    size_t cap;
    struct stk_msgpack_open *opened;
    size_t n_open;
    size_t cap_open;
    size_t depth;
    uint64_t promised; /* values that arrays and maps say are still to begin */
    struct stk_msgpack_ref *refs;
    size_t n_refs;
    size_t cap_refs;
    struct stk_map names; /* hash of a name: its struct */
    struct stk_msgpack_error error;
};

static inline uint64_t stk_msgpack_off(const struct stk_msgpack *m, const uint8_t *p)
{
    return (uint64_t)(p - m->start);
}

static inline enum stk_status stk_msgpack_fail(struct stk_msgpack *m,
                                               enum stk_status status, const uint8_t *p,
                                               const char *reason)
{
    m->error = (struct stk_msgpack_error){.off = stk_msgpack_off(m, p), .reason = reason};
    return status;
}

static inline enum stk_status stk_msgpack_malformed(struct stk_msgpack *m,
                                                    const uint8_t *p, const char *reason)
{
    return stk_msgpack_fail(m, STK_E_MALFORMED, p, reason);
}

static inline uint16_t stk_msgpack_be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint64_t stk_msgpack_be64(const uint8_t *p)
{
    return (uint64_t)stk_be32(p) << 32 | stk_be32(p + 4);
}

/* What is open last. */
static inline struct stk_msgpack_open *stk_msgpack_top(struct stk_msgpack *m)
{
    return &m->opened[m->n_open - 1];
}

/* What is read of it so far; NULL at first. */
static inline struct stk_value *stk_msgpack_values(struct stk_msgpack *m,
                                                   const struct stk_msgpack_open *open)
{
    return m->stack == NULL ? NULL : m->stack + open->first;
}

/* The value that is read now is the one that a number is for. */
static inline bool stk_msgpack_is_shared(const struct stk_msgpack *m)
{
    return m->n_open > 0 && m->opened[m->n_open - 1].tag == STK_TAG_SHARED;
}

/* What to say when the arena did not give len bytes for what is written at p. */
enum stk_status stk_msgpack_no_memory(struct stk_msgpack *m, const uint8_t *p,
                                      size_t len);

/* What to say when the element at p has fewer bytes than it needs. */
enum stk_status stk_msgpack_short(struct stk_msgpack *m, const uint8_t *p);

STK_MUST_USE enum stk_status stk_msgpack_push(struct stk_msgpack *m,
                                              struct stk_value value);

/* Opens a group; number and node are found out. */
STK_MUST_USE enum stk_status stk_msgpack_begin(struct stk_msgpack *m,
                                               struct stk_msgpack_open open);

/* A STR, BYTES or BYTEARRAY on the stack; codes: code points of a STR. */
STK_MUST_USE enum stk_status stk_msgpack_push_text(struct stk_msgpack *m,
                                                   const uint8_t *p,
                                                   enum stk_value_kind kind,
                                                   struct stk_span bytes);

/* A LIST, TUPLE, SET, FROZENSET or DICT of what lies above its first value. */
STK_MUST_USE enum stk_status stk_msgpack_make_items(struct stk_msgpack *m,
                                                    const struct stk_msgpack_open *open,
                                                    struct stk_value *ret_value);
STK_MUST_USE enum stk_status stk_msgpack_make_pairs(struct stk_msgpack *m,
                                                    const struct stk_msgpack_open *open,
                                                    struct stk_value *ret_value);

/* The ext type at p, its payload in the message. *ret_opened: it is open now. */
STK_MUST_USE enum stk_status stk_msgpack_ext(struct stk_msgpack *m, const uint8_t *p,
                                             int8_t code, struct stk_span payload,
                                             bool *ret_opened);

/* The value of an ext type, all of whose payload is read. */
STK_MUST_USE enum stk_status stk_msgpack_close_ext(struct stk_msgpack *m,
                                                   struct stk_value *ret_value);
