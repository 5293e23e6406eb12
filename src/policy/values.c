/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/state.h"

static enum stk_kind value_kind(void *ctx, uint64_t value)
{
    (void)ctx;
    return stk_slot_seen_kind(value);
}

static bool value_number(void *ctx, uint64_t value, int64_t *ret_number)
{
    (void)ctx;
    if (stk_slot_kind(value) == STK_INT) {
        *ret_number = stk_slot_int_value(value);
        return true;
    }
    *ret_number = stk_slot_payload(value) != 0;
    return stk_slot_kind(value) == STK_BOOL;
}

static enum stk_status value_text(void *ctx, uint64_t value, uint64_t max,
                                  struct stk_span *ret_text)
{
    struct stk_policy *policy = ctx;
    return stk_slot_text(policy->machine, value, max, ret_text);
}

static bool value_length(void *ctx, uint64_t tuple, uint64_t *ret_n)
{
    struct stk_policy *policy = ctx;
    (void)stk_slot_items(policy->machine, tuple, ret_n);
    return *ret_n != UINT64_MAX;
}

static bool value_item(void *ctx, uint64_t tuple, uint64_t index, uint64_t *ret_item)
{
    struct stk_policy *policy = ctx;
    uint64_t n = 0;
    const stk_slot *items = stk_slot_items(policy->machine, tuple, &n);
    if (items == NULL || index >= n) {
        return false;
    }
    *ret_item = items[index];
    return true;
}

static bool value_uniform(void *ctx, uint64_t tuple, enum stk_kind kind)
{
    struct stk_policy *policy = ctx;
    return stk_slot_all_kind(policy->machine, tuple, kind);
}

static bool value_unheld(void *ctx, uint64_t tuple)
{
    (void)ctx;
    return stk_slot_is_unheld(tuple);
}

/* A list that a call gave is not known. */
static bool value_held(void *ctx, uint64_t list, uint64_t ret_samples[STK_HELD_MAX],
                       size_t *ret_n)
{
    struct stk_policy *policy = ctx;
    return stk_slot_kind(list) == STK_LIST &&
           stk_slot_held(policy->machine, list, ret_samples, ret_n);
}

static bool value_n_pairs(void *ctx, uint64_t dict, uint64_t *ret_n)
{
    struct stk_policy *policy = ctx;
    return stk_slot_pairs(policy->machine, dict, ret_n) != NULL;
}

static bool value_pair(void *ctx, uint64_t dict, uint64_t index, uint64_t *ret_key,
                       uint64_t *ret_item)
{
    struct stk_policy *policy = ctx;
    uint64_t n = 0;
    const stk_slot *pairs = stk_slot_pairs(policy->machine, dict, &n);
    if (pairs == NULL || index >= n) {
        return false;
    }
    *ret_key = pairs[2 * index];
    *ret_item = pairs[2 * index + 1];
    return true;
}

static uint32_t value_entry(void *ctx, uint64_t value)
{
    struct stk_policy *policy = ctx;
    const struct stk_global *global = stk_slot_global(policy->machine, value);
    return global != NULL && global->rating == STK_RATING_VETTED ? global->entry
                                                                 : STK_ENTRY_NONE;
}

static void value_object(void *ctx, uint64_t value, uint32_t *ret_entry, uint8_t *ret_tag)
{
    (void)ctx;
    *ret_entry = stk_slot_class(value);
    *ret_tag = stk_slot_tag(value);
}

struct stk_values stk_policy_values(struct stk_policy *policy)
{
    return (struct stk_values){
        .ctx = policy,
        .kind = value_kind,
        .number = value_number,
        .text = value_text,
        .length = value_length,
        .item = value_item,
        .uniform = value_uniform,
        .unheld = value_unheld,
        .held = value_held,
        .n_pairs = value_n_pairs,
        .pair = value_pair,
        .entry = value_entry,
        .object = value_object,
    };
}
