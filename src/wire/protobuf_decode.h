/* SPDX-License-Identifier: Apache-2.0
 *
 * What reading a message and gathering its fields share: the decoder's state.
 */
#pragma once

#include "wire/protobuf_state.h"

/* What was read of a message. */
struct stk_protobuf_read_item {
    struct stk_value value;
    const struct stk_protobuf_field *field; /* NULL: not known */
    const uint8_t *at;                      /* its tag */
    union {
        struct stk_span later; /* of a message that waits */
        struct stk_value key;  /* of a map's entry */
    };
    size_t next; /* the item of the same field behind it; SIZE_MAX: none */
    size_t n;    /* of the first: items of its field; 0: it is not the first */
    bool list;   /* value is a LIST of elements: a packed part */
    bool waits;
    bool dropped; /* the first of a field that does not count: if it waits, it is read
                     all the same, since it may be malformed */
};

struct stk_protobuf_open {
    const struct stk_protobuf_type *type;
    const struct stk_protobuf_field *field; /* that it is; NULL of the outermost */
    const uint8_t *at;                      /* its tag, or the message's first byte */
    const uint8_t *resume;                  /* where what it lies in goes on */
    const uint8_t *resume_end;
    size_t first; /* its first item */
    size_t part;  /* of a message that waited: the next part, or SIZE_MAX */
    size_t item;  /* of one that waited: where it goes; SIZE_MAX: behind all others */
    size_t walk;  /* items that may wait, looked at so far */
    bool ended;
};

/* Which item of a field is its last, for the message that is gathered now. */
struct stk_protobuf_mark {
    uint64_t round;
    size_t first;
    size_t last;
};

struct stk_protobuf_decoder {
    const uint8_t *at;
    const uint8_t *end; /* of what is open last */
    const uint8_t *start;
    const uint8_t *last;
    struct stk_arena *arena;
    struct stk_protobuf_options options;
    bool drop_unknown;
    struct stk_protobuf_read_item *items; /* owned, as all arrays here */
    size_t n;
    size_t cap;
    struct stk_protobuf_open *opened;
    size_t n_open;
    size_t cap_open;
    struct stk_protobuf_mark *marks; /* by a field's place in its type; then by oneof */
    size_t cap_marks;
    uint64_t round;
    uint32_t required;              /* fields of this round that are */
    const struct stk_text *unknown; /* the key; NULL until it is needed */
    struct stk_protobuf_error error;
};

static inline uint64_t stk_protobuf_off(const struct stk_protobuf_decoder *d,
                                        const uint8_t *p)
{
    return (uint64_t)(p - d->start);
}

/* Notes the error, at p, with the path of what is open and of field; NULL: none. */
enum stk_status stk_protobuf_failed(struct stk_protobuf_decoder *d,
                                    enum stk_status status, const uint8_t *p,
                                    const struct stk_protobuf_field *field,
                                    const char *reason);

static inline enum stk_status stk_protobuf_malformed(
    struct stk_protobuf_decoder *d, const uint8_t *p,
    const struct stk_protobuf_field *field, const char *reason)
{
    return stk_protobuf_failed(d, STK_E_MALFORMED, p, field, reason);
}

/* An allocation of len bytes in the arena failed: STK_E_LIMIT for its cap, or
 * STK_E_NOMEM. */
enum stk_status stk_protobuf_no_memory(struct stk_protobuf_decoder *d, const uint8_t *p,
                                       size_t len);

STK_MUST_USE enum stk_status stk_protobuf_grow(struct stk_protobuf_decoder *d,
                                               void **array, size_t *cap, size_t element,
                                               size_t need);

/* A LIST; list: in the arena. */
STK_MUST_USE enum stk_status stk_protobuf_list(struct stk_protobuf_decoder *d,
                                               const uint8_t *at,
                                               const struct stk_value *list, size_t n,
                                               struct stk_value *ret_value);

/* All bytes of top, which is open last, are read: links the items of each field, drops
 * those that later ones replace, refuses what may not come twice. */
STK_MUST_USE enum stk_status stk_protobuf_link_items(struct stk_protobuf_decoder *d,
                                                     struct stk_protobuf_open *top);

/* Of linked items, none of which waits any more. */
STK_MUST_USE enum stk_status stk_protobuf_gather_dict(struct stk_protobuf_decoder *d,
                                                      const struct stk_protobuf_open *top,
                                                      struct stk_value *ret_value);
