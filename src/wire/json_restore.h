/* SPDX-License-Identifier: Apache-2.0
 *
 * The reader of the lossless projection, shared by its files. A value that holds others
 * is a frame while they are read; what was read waits on a stack of values. Whatever has
 * an id got its node before the reading began, so that references may come first.
 *
 * What is read may lead to nodes that are still empty, in a cycle. Keys that do, and
 * objects that do, are looked at again when all nodes are filled.
 */
#pragma once

#include "base/assert.h"
#include "base/map.h"
#include "value/equal.h"
#include "wire/json_tag.h"
#include "wire/json_tags.h"

/* A node that others refer to. */
struct stk_restore_id {
    struct stk_value value; /* as references give it */
    bool filled;
    bool incomplete; /* it was filled, but leads to nodes that were not */
    bool handed;     /* a reference was read before that */
};

enum stk_restore_shape {
    STK_RESTORE_LIST,  /* values of a list */
    STK_RESTORE_NAMED, /* members of an object */
    STK_RESTORE_PAIRS, /* arrays of two */
    STK_RESTORE_OBJECT,
};

#define STK_RESTORE_NO_ARG SIZE_MAX

struct stk_restore_frame {
    enum stk_restore_shape shape;
    enum stk_value_kind kind; /* of the value that it makes */
    bool incomplete;          /* something in it leads to an empty node */
    size_t id;                /* place among ids, plus 1; 0: none */
    size_t at;                /* next of n, of PAIRS two for each */
    size_t n;
    size_t base; /* of its values on the stack */
    union {
        const struct stk_value *list; /* LIST, PAIRS */
        const struct stk_pair *pairs; /* NAMED; OBJECT: its fields */
    };
    void *node;
    uint64_t off;
    /* Of an OBJECT. */
    size_t field; /* whose value comes back, of enum stk_json_field; else not 0: the
                     frame is part of an object */
    uint32_t seen;
    size_t member_arg;
    uint64_t member_off;
};

/* A set or dict whose keys are compared at the end. */
struct stk_restore_late {
    void *node; /* stk_items or stk_pairs */
    bool pairs;
    bool hashed; /* its keys must be hashable */
    uint64_t off;
};

struct stk_restore {
    struct stk_arena *arena;
    const struct stk_json_restore_options *options;
    const struct stk_alloc *alloc;
    struct stk_restore_frame *frames; /* owned, as all arrays here */
    size_t n_frames;
    size_t cap_frames;
    struct stk_value *values;
    size_t n_values;
    size_t cap_values;
    struct stk_restore_id *ids;
    size_t n_ids;
    size_t cap_ids;
    struct stk_map by_id; /* number: place among ids */
    struct stk_restore_late *late;
    size_t n_late;
    size_t cap_late;
    struct stk_restore_frame *objects; /* incomplete when they were read */
    size_t n_objects;
    size_t cap_objects;
    const struct stk_name **names;
    size_t n_names;
    size_t cap_names;
    struct stk_map by_name;  /* hash of a name, or a number behind it: place in names */
    struct stk_map hashable; /* tuples and frozensets: 1 being looked at, 2 they are */
    struct stk_json_error error;
};

/* The tag of an object, if it has one, and its id. */
struct stk_restore_tag {
    enum stk_json_tag tag;
    const struct stk_value *id;
    const struct stk_pair *pair; /* of the tag */
};

static inline enum stk_status stk_restore_fail(struct stk_restore *r, uint64_t off,
                                               const char *reason)
{
    r->error = (struct stk_json_error){.off = off, .reason = reason};
    return STK_E_MALFORMED;
}

/* What to answer when the arena did not give len bytes. */
enum stk_status stk_restore_no_memory(struct stk_restore *r, uint64_t off, size_t len);

/* Of the arena. */
STK_MUST_USE enum stk_status stk_restore_array(struct stk_restore *r, uint64_t off,
                                               size_t n, size_t size, void **ret_array);

/* json_restore_ids.c: tags, and nodes for all ids. */
STK_MUST_USE enum stk_status stk_restore_read_tag(struct stk_restore *r,
                                                  struct stk_value dict,
                                                  struct stk_restore_tag *ret_tag);
STK_MUST_USE enum stk_status stk_restore_find_ids(struct stk_restore *r,
                                                  struct stk_value root);

/* What an object is as long as nobody has looked at its call. */
enum stk_value_kind stk_restore_kind(const struct stk_restore *r,
                                     enum stk_value_kind kind, bool load);

/* The place among ids that a value names. */
STK_MUST_USE enum stk_status stk_restore_id_at(struct stk_restore *r,
                                               struct stk_value number, size_t *ret_at);

/* json_restore_leaf.c: what holds no others; node: NULL or what an id has. */
STK_MUST_USE enum stk_status stk_restore_leaf(struct stk_restore *r, uint64_t off,
                                              enum stk_json_tag tag,
                                              struct stk_value from, void *node,
                                              struct stk_value *ret_value);

/* [module, name] */
STK_MUST_USE enum stk_status stk_restore_name(struct stk_restore *r,
                                              struct stk_value from,
                                              const struct stk_name **ret_name);

/* json_restore_object.c: a field's value was read; the next one that needs reading is
 * pushed, or the object is done. */
STK_MUST_USE enum stk_status stk_restore_object(struct stk_restore *r);

/* Members of enums that were incomplete, by their place; then all incomplete objects. */
STK_MUST_USE enum stk_status stk_restore_late_members(struct stk_restore *r);
STK_MUST_USE enum stk_status stk_restore_late_objects(struct stk_restore *r);

/* json_restore_keys.c: compares the keys of a set or dict, or notes it for later where
 * they may lead to an empty node. */
STK_MUST_USE enum stk_status stk_restore_keys(struct stk_restore *r,
                                              struct stk_restore_late late,
                                              bool incomplete);
STK_MUST_USE enum stk_status stk_restore_late_keys(struct stk_restore *r);

/* json_restore.c: reads a value onto the stack of values, or pushes its frame. */
STK_MUST_USE enum stk_status stk_restore_value(struct stk_restore *r,
                                               struct stk_value from);

/* An array as a list, tuple or dict (of pairs); node: part of an object, which need not
 * be hashable, or NULL. */
STK_MUST_USE enum stk_status stk_restore_group(struct stk_restore *r,
                                               enum stk_value_kind kind, void *node,
                                               struct stk_value from);
STK_MUST_USE enum stk_status stk_restore_push(struct stk_restore *r,
                                              struct stk_restore_frame frame);
STK_MUST_USE enum stk_status stk_restore_put(struct stk_restore *r,
                                             struct stk_value value);

/* The frame on top is done and made this value. */
STK_MUST_USE enum stk_status stk_restore_pop(struct stk_restore *r,
                                             struct stk_value value);
