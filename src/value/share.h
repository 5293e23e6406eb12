/* SPDX-License-Identifier: Apache-2.0
 *
 * Which nodes of a graph are met more than once: what a writer must name in order to keep
 * sharing and cycles. Decoders mark what may be (`shared`), so that only marked nodes
 * cost a look-up; whoever builds a graph marks every node that two values lead to. Does
 * not recurse. A struct is reused from graph to graph.
 */
#pragma once

#include "base/map.h"
#include "value/equal.h"
#include "value/object.h"

struct stk_shares {
    const struct stk_alloc *alloc; /* borrowed */
    struct stk_map met;            /* address of a marked node: met again */
    struct stk_value *stack;       /* owned: what is left to walk */
    size_t n_stack;
    size_t cap_stack;
};

void stk_shares_init(struct stk_shares *shares, const struct stk_alloc *alloc);
void stk_shares_release(struct stk_shares *shares);

/* Walks the graph below root. STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_shares_find(struct stk_shares *shares,
                                             struct stk_value root);

/* Where a value's node lies: its identity; NULL for values without one. */
static inline const void *stk_value_node(struct stk_value value)
{
    return stk_value_is_node(value) ? value.node : NULL;
}

/* The node is marked as one that may be met again. */
static inline bool stk_value_is_marked(struct stk_value value)
{
    return stk_value_is_node(value) && value.node->shared;
}

/* It was met again in the graph that was walked last. */
static inline bool stk_shares_has(const struct stk_shares *shares, struct stk_value value)
{
    uint64_t again = 0;
    return shares->met.n_entries > 0 && stk_value_is_marked(value) &&
           stk_map_get(&shares->met, (uint64_t)(uintptr_t)value.node, &again) &&
           again != 0;
}
