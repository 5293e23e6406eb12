/* SPDX-License-Identifier: Apache-2.0 */
#include "base/checked.h"
#include "policy/state.h"

/* Steps that contracts have before the length of the stream counts. */
#define STEPS_FIRST (UINT64_C(1) << 20)

/* ---- evaluation ---- */

static uint64_t steps_allowed(const struct stk_policy *policy,
                              const struct stk_effect *effect)
{
    uint64_t way = effect->off > policy->begin ? effect->off - policy->begin : 0;
    uint64_t steps = 0;
    if (!stk_mul(way, policy->options.limits->contract_steps, &steps) ||
        !stk_add(steps, STEPS_FIRST, &steps)) {
        steps = UINT64_MAX;
    }
    return steps > policy->steps_used ? steps - policy->steps_used : 0;
}

struct stk_check stk_check_begin(struct stk_policy *policy,
                                 const struct stk_effect *effect)
{
    uint64_t steps = steps_allowed(policy, effect);
    return (struct stk_check){.catalogue = policy->catalogue,
                              .values = &policy->values,
                              .steps = steps,
                              .steps_begin = steps};
}

enum stk_status stk_check_end(struct stk_policy *policy, const struct stk_check *check)
{
    policy->steps_used += check->steps_begin - check->steps;
    return check->status;
}

const struct stk_alternative *stk_check_clause(struct stk_check *check, uint32_t entry,
                                               enum stk_clause clause,
                                               stk_alternative_match matches,
                                               const void *what,
                                               enum stk_match *ret_match)
{
    size_t n = 0;
    const struct stk_alternative *a =
        stk_entry_clause(check->catalogue, entry, clause, &n);
    size_t n_streams = check->n_streams;
    for (size_t i = 0; i < n; i++) {
        *ret_match = matches(check, &a[i], what);
        if (*ret_match != STK_MATCH_NO) {
            return &a[i];
        }
        check->n_streams = n_streams;
    }
    *ret_match = STK_MATCH_NO;
    return NULL;
}

enum stk_rule stk_check_rule(const struct stk_check *check, enum stk_match match)
{
    if (match == STK_MATCH_UNKNOWN) {
        return check->exhausted ? STK_RULE_LIMIT : STK_RULE_CONTRACT_UNKNOWN;
    }
    /* What did not match is the result of something that was reported already. */
    return check->tainted ? STK_RULE_COUNT : STK_RULE_CONTRACT;
}

/* ---- arguments ---- */

static bool is_listed(const struct stk_effect *effect)
{
    return effect->op == STK_OP_INST || effect->op == STK_OP_OBJ;
}

bool stk_effect_arguments(const struct stk_policy *policy,
                          const struct stk_effect *effect, struct stk_arguments *ret_args)
{
    static const stk_slot none;
    if (is_listed(effect)) {
        *ret_args = (struct stk_arguments){
            .items = effect->n_items > 0 ? effect->items : &none, .n = effect->n_items};
        return true;
    }
    *ret_args = stk_arguments_of(&policy->values, effect->args);
    return stk_slot_kind(effect->args) == STK_TUPLE;
}

/* A call as a contract sees it. */
struct call {
    const struct stk_arguments *args;
    const struct stk_effect *effect;
    bool is_new;       /* __new__ alone runs, not __init__ */
    bool has_keywords; /* kwargs of the effect are given to it */
};

static enum stk_match match_keywords(struct stk_check *check,
                                     const struct stk_alternative *a,
                                     const struct call *call)
{
    uint64_t n = 0;
    stk_slot kwargs = call->effect->kwargs;
    bool takes = a->keywords != STK_NO_PATTERN;
    if (!call->has_keywords) {
        return takes && stk_contract_requires(check, a->keywords) ? STK_MATCH_NO
                                                                  : STK_MATCH_YES;
    }
    if (takes) {
        return stk_contract_value(check, a->keywords, kwargs);
    }
    enum stk_kind kind = stk_slot_seen_kind(kwargs);
    if (kind != STK_DICT && kind != STK_DICT_KEPT) {
        return STK_MATCH_NO;
    }
    if (check->values->pairs(check->values->ctx, kwargs, &n) == NULL) {
        return STK_MATCH_UNKNOWN;
    }
    return n == 0 ? STK_MATCH_YES : STK_MATCH_NO;
}

static enum stk_match match_call(struct stk_check *check, const struct stk_alternative *a,
                                 const void *what)
{
    const struct call *call = what;
    if (a->new_only && !call->is_new) {
        return STK_MATCH_NO;
    }
    enum stk_match args = stk_contract_arguments(check, a->pattern, call->args);
    if (args == STK_MATCH_NO) {
        return args;
    }
    enum stk_match keywords = match_keywords(check, a, call);
    return args == STK_MATCH_UNKNOWN && keywords != STK_MATCH_NO ? args : keywords;
}

/* ---- callees ---- */

static enum stk_match judge_entry(struct stk_check *check, uint32_t entry,
                                  const struct call *call, stk_slot *ret_slot);

/* HTTPStatus(200) */
static enum stk_match judge_enum(struct stk_check *check, uint32_t entry,
                                 const struct call *call, stk_slot *ret_slot)
{
    stk_slot value = 0;
    if (call->is_new) {
        return STK_MATCH_NO;
    }
    if (call->args->n == UINT64_MAX) {
        return STK_MATCH_UNKNOWN;
    }
    if (call->args->n != 1) {
        return STK_MATCH_NO;
    }
    if (!stk_arguments_get(call->args, 0, &value)) {
        return STK_MATCH_UNKNOWN;
    }
    *ret_slot = stk_slot_object((uint16_t)entry, 0, 0);
    return stk_contract_member_value(check, entry, value);
}

/* The entry of the global that is argument 0, or STK_ENTRY_NONE. */
static uint32_t first_entry(const struct stk_check *check, const struct call *call)
{
    stk_slot value = 0;
    if (!stk_arguments_get(call->args, 0, &value) || stk_slot_kind(value) != STK_GLOBAL) {
        return STK_ENTRY_NONE;
    }
    return check->values->entry(check->values->ctx, value);
}

/* getattr(HTTPStatus, 'OK') */
static enum stk_match judge_member(struct stk_check *check, const struct call *call,
                                   stk_slot *ret_slot)
{
    stk_slot name = 0;
    enum stk_match match = STK_MATCH_NO;
    uint32_t entry = first_entry(check, call);
    if (entry == STK_ENTRY_NONE || !stk_arguments_get(call->args, 1, &name)) {
        return STK_MATCH_NO;
    }
    *ret_slot = stk_slot_object((uint16_t)entry, 0, 0);
    (void)stk_contract_member(check, entry, name, &match);
    return match;
}

/* copyreg.__newobj__(cls, *args); bare: object.__new__(cls) */
static enum stk_match judge_new(struct stk_check *check, const struct call *call,
                                bool bare, stk_slot *ret_slot)
{
    static const stk_slot none;
    uint32_t entry = first_entry(check, call);
    if (entry == STK_ENTRY_NONE || !stk_entry_is_class(check->catalogue, entry)) {
        return STK_MATCH_NO;
    }
    struct stk_arguments rest = *call->args;
    rest.items++;
    rest.n--;
    if (bare) {
        rest = (struct stk_arguments){.items = &none};
    }
    struct call inner = {.args = &rest, .effect = call->effect, .is_new = true};
    return judge_entry(check, entry, &inner, ret_slot);
}

static enum stk_match judge_result(struct stk_check *check, uint32_t entry,
                                   const struct stk_alternative *a,
                                   const struct call *call, stk_slot *ret_slot)
{
    if (a->result.kind == STK_RESULT_NEW) {
        return judge_new(check, call, a->result.value != 0, ret_slot);
    }
    if (a->result.kind == STK_RESULT_MEMBER) {
        return judge_member(check, call, ret_slot);
    }
    struct stk_made made = {.result = &a->result, .entry = entry, .args = call->args};
    return stk_result_make(check, &made, ret_slot) ? STK_MATCH_YES : STK_MATCH_NO;
}

static enum stk_match judge_entry(struct stk_check *check, uint32_t entry,
                                  const struct call *call, stk_slot *ret_slot)
{
    enum stk_entry_kind kind = (enum stk_entry_kind)check->catalogue->entries[entry].kind;
    enum stk_match match = STK_MATCH_NO;
    if (kind == STK_ENTRY_ENUM || kind == STK_ENTRY_FLAG) {
        return judge_enum(check, entry, call, ret_slot);
    }
    const struct stk_alternative *a =
        stk_check_clause(check, entry, STK_CLAUSE_ARGS, match_call, call, &match);
    return match == STK_MATCH_YES ? judge_result(check, entry, a, call, ret_slot) : match;
}

/* ---- findings ---- */

enum stk_status stk_policy_note_use(struct stk_policy *policy,
                                    const struct stk_effect *effect,
                                    const struct stk_global *global,
                                    const struct stk_line *line)
{
    bool dangerous = global->rating == STK_RATING_DANGEROUS;
    struct stk_subject used = {.rule = dangerous ? STK_RULE_DANGEROUS_CALL
                                                 : STK_RULE_UNKNOWN_CALL,
                               .off = global->off,
                               .call_off = effect->off,
                               .order = global->order + 1};
    struct stk_subject imported = used;
    imported.rule = dangerous ? STK_RULE_DANGEROUS_IMPORT : STK_RULE_UNKNOWN_IMPORT;
    size_t first = stk_findings_at(policy, &used);
    if (first != SIZE_MAX) {
        /* Of what is unknown the first use will do; each use of a danger is listed. */
        if (!dangerous || policy->subjects[first].call_off == effect->off) {
            return STK_OK;
        }
        used.off = effect->off;
    }
    bool wanted = stk_findings_wants(policy, &used);
    size_t at = first == SIZE_MAX ? stk_findings_at(policy, &imported) : SIZE_MAX;
    if (at != SIZE_MAX) {
        return stk_findings_replace(policy, at, &used, line->text);
    }
    return wanted ? stk_findings_put(policy, &used, line->text,
                                     stk_policy_reason(policy, global))
                  : STK_OK;
}

static void word_call(struct stk_policy *policy, const struct stk_effect *effect,
                      struct stk_line *line)
{
    stk_line_add(line, "calls ");
    stk_line_callee(policy, line, effect->target);
    stk_line_arguments(policy, line, effect);
}

/* The arguments of a loader that is dangerous anyway, so that the report shows what is
 * inside. */
static enum stk_status look_inside(struct stk_policy *policy,
                                   const struct stk_effect *effect)
{
    struct stk_arguments args = {0};
    stk_slot item = 0;
    if (!stk_effect_arguments(policy, effect, &args)) {
        return STK_OK;
    }
    for (size_t i = 0; i < STK_STREAMS_MAX && stk_arguments_get(&args, i, &item); i++) {
        enum stk_kind kind = stk_slot_seen_kind(item);
        if (kind == STK_BYTES || kind == STK_BYTEARRAY || kind == STK_STR) {
            STK_TRY(stk_policy_nested(policy, effect, item, false));
        }
    }
    return STK_OK;
}

static bool is_loader(const struct stk_policy *policy, const struct stk_global *global)
{
    return !global->computed && global->rating == STK_RATING_DANGEROUS &&
           policy->catalogue->dangers[global->entry].stream != 0;
}

static enum stk_status call_unvetted(struct stk_policy *policy,
                                     const struct stk_effect *effect,
                                     const struct stk_global *global)
{
    struct stk_line line = {0};
    word_call(policy, effect, &line);
    STK_TRY(stk_policy_note_use(policy, effect, global, &line));
    return is_loader(policy, global) ? look_inside(policy, effect) : STK_OK;
}

/* What a call made is called in turn. */
static enum stk_status call_made(struct stk_policy *policy,
                                 const struct stk_effect *effect)
{
    struct stk_line line = {0};
    word_call(policy, effect, &line);
    return stk_policy_note(policy, STK_RULE_UNKNOWN_CALL, effect->off, &line);
}

static enum stk_status note_contract(struct stk_policy *policy,
                                     const struct stk_effect *effect, uint32_t entry,
                                     enum stk_rule rule)
{
    struct stk_subject subject = {.rule = rule, .off = effect->off};
    if (rule == STK_RULE_COUNT || !stk_findings_wants(policy, &subject)) {
        return STK_OK;
    }
    struct stk_line line = {0};
    word_call(policy, effect, &line);
    if (policy->catalogue->entries[entry].kind == STK_ENTRY_VALUE) {
        stk_line_add(&line, ", which is vetted as a value only");
    }
    stk_line_contract(policy, &line, entry, STK_CLAUSE_ARGS, NULL);
    if (rule != STK_RULE_CONTRACT) {
        stk_line_add(&line, ", and the arguments are not known any more");
    }
    return stk_findings_put(policy, &subject, line.text, NULL);
}

/* _codecs.encode(text, 'latin1') */
static stk_slot encoded(const struct stk_arguments *args)
{
    stk_slot text = 0;
    return stk_arguments_get(args, 0, &text) ? stk_slot_encoded(text)
                                             : stk_slot_typed(STK_BYTES);
}

static enum stk_status call_vetted(struct stk_policy *policy,
                                   const struct stk_effect *effect, uint32_t entry,
                                   struct stk_outcome *outcome)
{
    struct stk_check check = stk_check_begin(policy, effect);
    struct stk_arguments args = {0};
    stk_slot result = stk_slot_opaque(effect);
    enum stk_match match = STK_MATCH_NO;
    struct call call = {.args = &args,
                        .effect = effect,
                        .is_new = effect->op == STK_OP_NEWOBJ ||
                                  effect->op == STK_OP_NEWOBJ_EX ||
                                  (is_listed(effect) && effect->n_items == 0),
                        .has_keywords = effect->op == STK_OP_NEWOBJ_EX};
    if (stk_effect_arguments(policy, effect, &args)) {
        match = judge_entry(&check, entry, &call, &result);
    }
    STK_TRY(stk_check_end(policy, &check));
    if (match != STK_MATCH_YES) {
        outcome->result = stk_slot_opaque(effect);
        return note_contract(policy, effect, entry, stk_check_rule(&check, match));
    }
    outcome->result = entry == policy->encode ? encoded(&args) : result;
    for (size_t i = 0; i < check.n_streams; i++) {
        STK_TRY(stk_policy_nested(policy, effect, check.streams[i], true));
    }
    return STK_OK;
}

/* A callable that a vetted call gave: getattr(ZoneInfo, '_unpickle'). */
static bool is_callable(const struct stk_policy *policy, stk_slot slot)
{
    return stk_slot_kind(slot) == STK_OBJECT && !stk_slot_is_typed(slot) &&
           policy->catalogue->entries[stk_slot_class(slot)].kind == STK_ENTRY_CALL;
}

enum stk_status stk_policy_call(struct stk_policy *policy,
                                const struct stk_effect *effect,
                                struct stk_outcome *outcome)
{
    struct stk_global *global = stk_slot_global(policy->machine, effect->target);
    outcome->result = stk_slot_opaque(effect);
    if (is_callable(policy, effect->target)) {
        return call_vetted(policy, effect, stk_slot_class(effect->target), outcome);
    }
    if (global == NULL) {
        return call_made(policy, effect);
    }
    if (global->rating == STK_RATING_VETTED) {
        return call_vetted(policy, effect, global->entry, outcome);
    }
    return call_unvetted(policy, effect, global);
}
