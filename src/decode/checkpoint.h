/* SPDX-License-Identifier: Apache-2.0
 *
 * A checkpoint as a flat list: dicts and lists inside each other become dotted names,
 * "model.layers.0.weight". A part that holds only numbers, texts and the like is one
 * entry. What shares its storage with others is an entry of its own all the same.
 */
#pragma once

#include "base/map.h"
#include "decode/decode.h"

#define STK_CHECKPOINT_DEPTH_MAX 100
#define STK_CHECKPOINT_NAMES_MAX ((uint64_t)32 << 20)

enum stk_checkpoint_kind {
    STK_CHECKPOINT_TENSOR,
    STK_CHECKPOINT_PLAIN, /* none, bools, numbers, texts; lists and dicts of such */
    STK_CHECKPOINT_OTHER,
};

struct stk_checkpoint_entry {
    struct stk_span name; /* arena; UTF-8 without surrogates */
    struct stk_value value;
    enum stk_checkpoint_kind kind;
};

struct stk_checkpoint {
    const struct stk_alloc *alloc;        /* borrowed */
    struct stk_arena *arena;              /* borrowed */
    struct stk_checkpoint_entry *entries; /* owned */
    size_t n_entries;
    size_t cap_entries;
    uint64_t n_attributes; /* dicts that have attributes, which are not in the list */
    struct stk_map kinds;  /* address of a list or dict: plain or not */
    struct stk_map names;  /* hash of a name: its entry */
    uint64_t names_left;
};

void stk_checkpoint_init(struct stk_checkpoint *checkpoint, const struct stk_alloc *alloc,
                         struct stk_arena *arena);
void stk_checkpoint_release(struct stk_checkpoint *checkpoint);

/* Lists what is in value. STK_E_MALFORMED with *ret_error: two entries of one name, a
 * name that is no text, a value inside itself, or too much of it; STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_checkpoint_list(struct stk_checkpoint *checkpoint,
                                                 struct stk_value value,
                                                 struct stk_decode_error *ret_error);

/* NULL: the tensor's items are numbers as they stand in its storage; else why not. */
const char *stk_tensor_refused(struct stk_value tensor);
