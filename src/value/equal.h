/* SPDX-License-Identifier: Apache-2.0
 *
 * Keys of dicts and members of sets: equal as Python means it, where a bool is a number,
 * and a hash that equal keys share. Both take bounded time, whatever the graph.
 */
#pragma once

#include "value/value.h"

/* The seed of all hashes of this process: nobody can prepare keys that share one. */
uint64_t stk_value_seed(void);

/* Looks at so much of a value as tells ordinary keys apart. */
uint64_t stk_value_hash(struct stk_value value);

/* Counts *steps down by what it compares; false at 0, where nothing is known. */
bool stk_value_same_key(struct stk_value a, struct stk_value b, uint64_t *steps);
