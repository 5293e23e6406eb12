/* SPDX-License-Identifier: Apache-2.0 */
#include "base/checked.h"
#include "policy/state.h"

/* How joblib's loader takes an array from between the opcodes: NumpyUnpickler.load_build
 * calls NumpyArrayWrapper.read_array, joblib/numpy_pickle.py, 1.2 and 1.4. */

#define KEY(text) stk_span_of((text), sizeof(text) - 1)

bool stk_policy_is_joblib(const struct stk_policy *policy)
{
    /* Arrays of objects are read by pickle.load. */
    return policy->options.loader == STK_LOADER_JOBLIB &&
           stk_machine_nesting(policy->machine) == 0;
}

bool stk_entry_has_array(const struct stk_catalogue *catalogue, uint32_t entry)
{
    size_t n = 0;
    const struct stk_alternative *a =
        stk_entry_clause(catalogue, entry, STK_CLAUSE_STATE, &n);
    for (size_t i = 0; i < n; i++) {
        if (a[i].result.follows != STK_FOLLOWS_NOTHING) {
            return true;
        }
    }
    return false;
}

enum stk_status stk_policy_array_lost(struct stk_policy *policy,
                                      const struct stk_effect *effect,
                                      struct stk_outcome *outcome)
{
    struct stk_line line = {0};
    stk_line_add(&line, "an array follows, and where it ends is not known");
    outcome->stop = true;
    return stk_policy_note(policy, STK_RULE_CONTRACT_UNKNOWN, effect->off, &line);
}

/* The product of the shape's numbers; 1 for (). */
static bool count_items(struct stk_check *check, stk_slot state, uint64_t *ret_count)
{
    stk_slot shape = 0;
    uint64_t count = 1;
    if (!stk_contract_key(check, state, KEY("shape"), &shape)) {
        return false;
    }
    struct stk_arguments items = stk_arguments_of(check->values, shape);
    if (items.items == NULL) {
        return false;
    }
    for (size_t i = 0; i < items.n; i++) {
        int64_t number = 0;
        if (!stk_slot_number(items.items[i], &number) || number < 0 ||
            !stk_mul(count, (uint64_t)number, &count) || count > INT64_MAX) {
            return false;
        }
    }
    *ret_count = count;
    return true;
}

/* Since joblib 1.2 a byte says how much padding stands before the items. */
static enum stk_status padding(struct stk_policy *policy, struct stk_check *check,
                               const struct stk_effect *effect, uint64_t *ret_len)
{
    stk_slot alignment = 0;
    uint8_t len = 0;
    *ret_len = 0;
    if (!stk_contract_key(check, effect->args, KEY("numpy_array_alignment_bytes"),
                          &alignment) ||
        stk_slot_seen_kind(alignment) == STK_NONE) {
        return STK_OK;
    }
    STK_TRY(
        stk_source_read(stk_machine_source(policy->machine), effect->off + 1, &len, 1));
    *ret_len = 1 + (uint64_t)len;
    return STK_OK;
}

static bool array_len(struct stk_check *check, const struct stk_effect *effect,
                      uint64_t *ret_len)
{
    stk_slot dtype = 0;
    uint64_t count = 0;
    uint64_t size = 0;
    return stk_contract_key(check, effect->args, KEY("dtype"), &dtype) &&
           stk_slot_item_size(dtype, &size) && count_items(check, effect->args, &count) &&
           stk_mul(count, size, ret_len);
}

enum stk_status stk_policy_array(struct stk_policy *policy, struct stk_check *check,
                                 const struct stk_effect *effect,
                                 enum stk_follows follows, struct stk_outcome *outcome)
{
    uint64_t len = 0;
    uint64_t before = 0;
    if (follows == STK_FOLLOWS_NESTED) {
        outcome->nested = true;
        return STK_OK;
    }
    enum stk_status status = padding(policy, check, effect, &before);
    if (stk_status_is_environment(status)) {
        return status;
    }
    if (status != STK_OK || !array_len(check, effect, &len) ||
        !stk_add(before, len, &len)) {
        return stk_policy_array_lost(policy, effect, outcome);
    }
    outcome->skip = len;
    return STK_OK;
}
