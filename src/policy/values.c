/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/state.h"

static const stk_slot *items(void *ctx, stk_slot tuple, uint64_t *ret_n)
{
    const struct stk_policy *policy = ctx;
    return stk_slot_items(policy->machine, tuple, ret_n);
}

static const stk_slot *pairs(void *ctx, stk_slot dict, uint64_t *ret_n)
{
    const struct stk_policy *policy = ctx;
    return stk_slot_pairs(policy->machine, dict, ret_n);
}

static enum stk_kind uniform(void *ctx, stk_slot tuple)
{
    const struct stk_policy *policy = ctx;
    return stk_slot_uniform(policy->machine, tuple);
}

static enum stk_status text(void *ctx, stk_slot slot, uint64_t max,
                            struct stk_span *ret_text)
{
    struct stk_policy *policy = ctx;
    return stk_slot_text(policy->machine, slot, max, ret_text);
}

/* A list that a call gave is not known. */
static bool held(void *ctx, stk_slot list, stk_slot ret_samples[STK_HELD_MAX],
                 size_t *ret_n)
{
    const struct stk_policy *policy = ctx;
    return stk_slot_kind(list) == STK_LIST &&
           stk_slot_held(policy->machine, list, ret_samples, ret_n);
}

static uint32_t entry(void *ctx, stk_slot slot)
{
    const struct stk_policy *policy = ctx;
    const struct stk_global *global = stk_slot_global(policy->machine, slot);
    return global != NULL && global->rating == STK_RATING_VETTED ? global->entry
                                                                 : STK_ENTRY_NONE;
}

struct stk_values stk_policy_values(struct stk_policy *policy)
{
    return (struct stk_values){
        .ctx = policy,
        .items = items,
        .pairs = pairs,
        .uniform = uniform,
        .text = text,
        .held = held,
        .entry = entry,
    };
}
