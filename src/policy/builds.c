/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/state.h"

/* ---- BUILD ---- */

static void word_build(struct stk_policy *policy, const struct stk_effect *effect,
                       struct stk_line *line)
{
    stk_line_add(line, "gives ");
    stk_line_callee(policy, line, effect->target);
    stk_line_add(line, " the state ");
    stk_line_slot(policy, line, effect->args);
}

static enum stk_status note_build(struct stk_policy *policy,
                                  const struct stk_effect *effect, enum stk_rule rule)
{
    struct stk_subject subject = {.rule = rule, .off = effect->off};
    if (rule == STK_RULE_COUNT || !stk_findings_wants(policy, &subject)) {
        return STK_OK;
    }
    struct stk_line line = {0};
    struct stk_line cause = {0};
    word_build(policy, effect, &line);
    if (stk_slot_kind(effect->target) == STK_OBJECT) {
        if (rule == STK_RULE_CONTRACT) {
            STK_TRY(stk_cause_state(policy, effect, &cause));
        }
        stk_line_contract(policy, &line, stk_slot_class(effect->target), STK_CLAUSE_STATE,
                          cause.text);
    }
    if (rule == STK_RULE_CONTRACT_UNKNOWN || rule == STK_RULE_LIMIT) {
        stk_line_add(&line, ", and the state is not known any more");
    }
    return stk_findings_put(policy, &subject, line.text, NULL);
}

static enum stk_match match_state(struct stk_check *check,
                                  const struct stk_alternative *a, const void *what)
{
    return stk_contract_value(check, a->pattern, *(const stk_slot *)what);
}

/* A state that the contract allows. */
static enum stk_status build_allowed(struct stk_policy *policy, struct stk_check *check,
                                     const struct stk_effect *effect,
                                     const struct stk_result *result,
                                     struct stk_outcome *outcome)
{
    struct stk_made made = {.result = result,
                            .entry = stk_slot_class(effect->target),
                            .self = effect->target,
                            .state = effect->args};
    enum stk_follows follows = (enum stk_follows)result->follows;
    if (follows != STK_FOLLOWS_NOTHING && !stk_policy_is_joblib(policy)) {
        return STK_OK; /* the wrapper stays what it is */
    }
    if (!stk_result_make(check, &made, &outcome->result)) {
        outcome->result = stk_slot_make(STK_OPAQUE, 0);
        return note_build(policy, effect, STK_RULE_CONTRACT);
    }
    return follows == STK_FOLLOWS_NOTHING
               ? STK_OK
               : stk_policy_array(policy, check, effect, follows, outcome);
}

static enum stk_status build_object(struct stk_policy *policy,
                                    const struct stk_effect *effect,
                                    struct stk_outcome *outcome)
{
    uint32_t entry = stk_slot_class(effect->target);
    enum stk_match match = STK_MATCH_NO;
    struct stk_check check = stk_check_begin(policy, effect);
    const struct stk_alternative *a = stk_check_clause(
        &check, entry, STK_CLAUSE_STATE, match_state, &effect->args, &match);
    if (match == STK_MATCH_YES) {
        STK_TRY(build_allowed(policy, &check, effect, &a->result, outcome));
        return stk_check_end(policy, &check);
    }
    STK_TRY(stk_check_end(policy, &check));
    STK_TRY(note_build(policy, effect, stk_check_rule(&check, match)));
    outcome->result = stk_slot_make(STK_OPAQUE, 0);
    return stk_policy_is_joblib(policy) && stk_entry_has_array(policy->catalogue, entry)
               ? stk_policy_array_lost(policy, effect, outcome)
               : STK_OK;
}

enum stk_status stk_policy_build(struct stk_policy *policy,
                                 const struct stk_effect *effect,
                                 struct stk_outcome *outcome)
{
    enum stk_kind kind = stk_slot_kind(effect->target);
    if (kind == STK_GLOBAL) {
        return note_build(policy, effect, STK_RULE_BUILD_TARGET);
    }
    if (kind == STK_OPAQUE) {
        return STK_OK; /* what made it was reported */
    }
    if (kind == STK_OBJECT && !stk_slot_is_typed(effect->target)) {
        return build_object(policy, effect, outcome);
    }
    return note_build(policy, effect, STK_RULE_BUILD_LITERAL);
}

/* ---- items ---- */

static enum stk_clause items_clause(enum stk_opcode op)
{
    if (op == STK_OP_SETITEM || op == STK_OP_SETITEMS || op == STK_OP_DICT) {
        return STK_CLAUSE_PAIRS;
    }
    return op == STK_OP_ADDITEMS ? STK_CLAUSE_ADD : STK_CLAUSE_EACH;
}

/* at: of the item, or of the key, that is shown. */
static void word_items(struct stk_policy *policy, const struct stk_effect *effect,
                       size_t at, struct stk_line *line)
{
    size_t end = at + 1;
    stk_line_add(line, "gives items to ");
    stk_line_callee(policy, line, effect->target);
    stk_line_add(line, ": %s", at > 0 ? "..., " : "");
    stk_line_slot(policy, line, effect->items[at]);
    if (items_clause(effect->op) == STK_CLAUSE_PAIRS && effect->n_items > end) {
        stk_line_add(line, ": ");
        stk_line_slot(policy, line, effect->items[end++]);
    }
    stk_line_add(line, "%s", effect->n_items > end ? ", ..." : "");
}

static enum stk_status note_items(struct stk_policy *policy,
                                  const struct stk_effect *effect, enum stk_rule rule,
                                  size_t at)
{
    struct stk_subject subject = {.rule = rule, .off = effect->off};
    if (rule == STK_RULE_COUNT || !stk_findings_wants(policy, &subject)) {
        return STK_OK;
    }
    struct stk_line line = {0};
    word_items(policy, effect, at, &line);
    if (stk_slot_kind(effect->target) == STK_OBJECT) {
        stk_line_contract(policy, &line, stk_slot_class(effect->target),
                          items_clause(effect->op), NULL);
    }
    return stk_findings_put(policy, &subject, line.text, NULL);
}

/* One item, or one pair where there is a second. */
struct items {
    const stk_slot *first;
    size_t n;
};

static enum stk_match match_items(struct stk_check *check,
                                  const struct stk_alternative *a, const void *what)
{
    const struct items *items = what;
    struct stk_arguments pair = {.items = items->first, .n = items->n};
    return items->n == 2 ? stk_contract_arguments(check, a->pattern, &pair)
                         : stk_contract_value(check, a->pattern, items->first[0]);
}

static enum stk_status items_object(struct stk_policy *policy,
                                    const struct stk_effect *effect)
{
    enum stk_clause clause = items_clause(effect->op);
    size_t step = clause == STK_CLAUSE_PAIRS ? 2 : 1;
    enum stk_match match = STK_MATCH_YES;
    size_t at = 0;
    struct stk_check check = stk_check_begin(policy, effect);
    for (size_t i = 0; i + step <= effect->n_items && match == STK_MATCH_YES; i += step) {
        struct items items = {.first = effect->items + i, .n = step};
        at = i;
        (void)stk_check_clause(&check, stk_slot_class(effect->target), clause,
                               match_items, &items, &match);
    }
    STK_TRY(stk_check_end(policy, &check));
    return match == STK_MATCH_YES
               ? STK_OK
               : note_items(policy, effect, stk_check_rule(&check, match), at);
}

/* What a call made of which the type alone is known: a list, dict or set takes anything.
 */
static enum stk_status items_typed(struct stk_policy *policy,
                                   const struct stk_effect *effect)
{
    enum stk_kind kind = stk_slot_seen_kind(effect->target);
    enum stk_clause clause = items_clause(effect->op);
    for (size_t i = 0; i < effect->n_items; i++) {
        if (stk_slot_is_unheld(effect->items[i])) {
            return note_items(policy, effect, STK_RULE_CONTRACT,
                              clause == STK_CLAUSE_PAIRS ? i - i % 2 : i);
        }
    }
    bool takes = (kind == STK_LIST && clause == STK_CLAUSE_EACH) ||
                 (kind == STK_DICT && clause == STK_CLAUSE_PAIRS) ||
                 (kind == STK_SET && clause == STK_CLAUSE_ADD);
    return takes ? STK_OK : note_items(policy, effect, STK_RULE_CONTRACT, 0);
}

/* os.environ, sys.modules, a class: its methods are called. */
static enum stk_status items_global(struct stk_policy *policy,
                                    const struct stk_effect *effect)
{
    const struct stk_global *global = stk_slot_global(policy->machine, effect->target);
    if (global == NULL || global->rating == STK_RATING_VETTED) {
        return note_items(policy, effect, STK_RULE_CONTRACT, 0);
    }
    struct stk_line line = {0};
    word_items(policy, effect, 0, &line);
    return stk_policy_note_use(policy, effect, global, &line);
}

enum stk_status stk_policy_items(struct stk_policy *policy,
                                 const struct stk_effect *effect)
{
    enum stk_kind kind = stk_slot_kind(effect->target);
    if (effect->n_items == 0 || kind == STK_OPAQUE) {
        return STK_OK;
    }
    if (kind == STK_GLOBAL) {
        return items_global(policy, effect);
    }
    if (stk_slot_is_typed(effect->target)) {
        return items_typed(policy, effect);
    }
    return kind == STK_OBJECT ? items_object(policy, effect)
                              : note_items(policy, effect, STK_RULE_CONTRACT, 0);
}
