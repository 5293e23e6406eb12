/* SPDX-License-Identifier: Apache-2.0
 *
 * The items of a tensor that does not lie in one piece, in the order of their indices: a
 * transposed or strided view of a storage that may be larger than memory. What is read is
 * read in the order of the storage and in pieces as long as what is wanted lies close.
 */
#pragma once

#include "base/source.h"
#include "value/object.h"

/* No message has more dimensions. */
#define STK_GATHER_RANK_MAX 64

struct stk_gather {
    const struct stk_array *array; /* borrowed, as the source */
    const struct stk_source *storage;
    uint64_t item_size;
    uint8_t *window; /* borrowed */
    size_t window_len;
    uint64_t window_off; /* what it holds: bytes of the storage */
    size_t window_used;
    uint64_t done; /* items that were given */
};

/* The items stand in the storage one after another. */
bool stk_array_in_one_piece(const struct stk_array *array);

/* storage: exactly its bytes; array: a tensor that lies within. window: at least an
 * item's bytes, for what is read. */
void stk_gather_init(struct stk_gather *gather, const struct stk_array *array,
                     const struct stk_source *storage, uint8_t *window,
                     size_t window_len);

/* The next items, as many as make a block of the tensor that fits room (at least an
 * item's bytes); *ret_len is 0 behind the last. STK_E_TRUNCATED where the array leaves
 * the storage, and failures of the source. */
STK_MUST_USE enum stk_status stk_gather_next(struct stk_gather *gather, uint8_t *room,
                                             size_t room_len, size_t *ret_len);
