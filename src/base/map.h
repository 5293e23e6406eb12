/* SPDX-License-Identifier: Apache-2.0
 *
 * A hash table from 64-bit keys to 64-bit values: open addressing, linear probing,
 * geometric growth up to a maximum. Keys come from attackers, so each table mixes in a
 * seed; a table costs memory for the entries it has, never for the keys they have.
 */
#pragma once

#include <stdbool.h>

#include "base/alloc.h"
#include "base/span.h"

struct stk_map_slot {
    uint64_t key;
    uint64_t value;
};

struct stk_map {
    const struct stk_alloc *alloc; /* borrowed */
    struct stk_map_slot *slots;    /* owned */
    uint8_t *used;                 /* owned; one byte a slot */
    size_t n_slots;                /* power of two, or 0 */
    size_t n_entries;
    size_t max_entries;
    uint64_t seed;
};

void stk_map_init(struct stk_map *map, const struct stk_alloc *alloc, size_t max_entries,
                  uint64_t seed);
void stk_map_release(struct stk_map *map);
void stk_map_clear(struct stk_map *map); /* keeps the memory of a small table */

bool stk_map_get(const struct stk_map *map, uint64_t key, uint64_t *ret_value);

/* Adds or overwrites. STK_E_NOMEM; STK_E_LIMIT past max_entries. */
STK_MUST_USE enum stk_status stk_map_put(struct stk_map *map, uint64_t key,
                                         uint64_t value, bool *ret_added);

/* A 64-bit hash of bytes, for keys made from text. */
uint64_t stk_hash(struct stk_span bytes, uint64_t seed);
