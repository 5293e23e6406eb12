/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/state.h"

/* ---- imports ---- */

/* Under the name that is imported, and, for the danger, under the name that is written,
 * since fix_imports can be switched off. */
static const struct stk_danger *find_danger(const struct stk_catalogue *catalogue,
                                            const struct stk_global *global)
{
    const struct stk_danger *danger =
        stk_catalogue_danger(catalogue, global->mapped_module, global->mapped_name);
    if (danger == NULL && !stk_span_equal(global->module, global->mapped_module)) {
        danger = stk_catalogue_danger(catalogue, global->module, global->name);
    }
    return danger;
}

/* The entry that stands for what is granted; STK_ENTRY_NONE: it is not. */
static uint32_t find_grant(const struct stk_policy *policy,
                           const struct stk_global *global)
{
    const struct stk_catalogue *catalogue = policy->catalogue;
    const uint32_t entries[] = {
        [STK_GRANT_NONE] = STK_ENTRY_NONE,
        [STK_GRANT_VALUE] = catalogue->granted_value,
        [STK_GRANT_CLASS] = catalogue->granted_class,
        [STK_GRANT_ENUM] = catalogue->granted_enum,
    };
    return policy->options.grant == NULL
               ? STK_ENTRY_NONE
               : entries[policy->options.grant(policy->options.grant_ctx,
                                               global->mapped_module,
                                               global->mapped_name)];
}

static void rate(const struct stk_policy *policy, struct stk_global *global)
{
    const struct stk_catalogue *catalogue = policy->catalogue;
    global->entry = STK_ENTRY_NONE;
    global->rating = STK_RATING_DANGEROUS;
    if (global->computed) {
        return;
    }
    uint32_t entry = find_grant(policy, global);
    if (entry == STK_ENTRY_NONE) {
        entry =
            stk_catalogue_entry(catalogue, global->mapped_module, global->mapped_name);
    }
    if (entry != STK_ENTRY_NONE) {
        global->rating = STK_RATING_VETTED;
        global->entry = entry;
        /* Functions only: joblib keeps the class of a memory map in a dict. */
        global->unheld = catalogue->entries[entry].kind == STK_ENTRY_CALL;
        return;
    }
    const struct stk_danger *danger = find_danger(catalogue, global);
    if (danger == NULL) {
        global->rating = STK_RATING_UNKNOWN;
    } else {
        global->entry = (uint32_t)(danger - catalogue->dangers);
    }
}

const char *stk_policy_reason(const struct stk_policy *policy,
                              const struct stk_global *global)
{
    if (global->rating != STK_RATING_DANGEROUS || global->computed) {
        return NULL;
    }
    const struct stk_danger *danger = &policy->catalogue->dangers[global->entry];
    return (const char *)stk_catalogue_text(policy->catalogue, danger->reason).data;
}

/* A finding about the global, at its first import. */
static enum stk_status note_import(struct stk_policy *policy,
                                   const struct stk_global *global, enum stk_rule rule)
{
    struct stk_subject subject = {
        .rule = rule, .off = global->off, .order = global->order + 1};
    if (!stk_findings_wants(policy, &subject)) {
        return STK_OK;
    }
    struct stk_line line = {0};
    if (global->computed) {
        stk_line_add(&line, "imports a name that the stream computes");
    } else {
        stk_line_add(&line, "imports ");
        stk_line_global(&line, global);
    }
    return stk_findings_put(policy, &subject, line.text,
                            stk_policy_reason(policy, global));
}

static enum stk_status import(struct stk_policy *policy, struct stk_global *global)
{
    if (global->rating != STK_RATING_NONE) {
        return STK_OK; /* said at its first import */
    }
    rate(policy, global);
    if (global->computed) {
        return note_import(policy, global, STK_RULE_COMPUTED_NAME);
    }
    if (global->rating == STK_RATING_VETTED) {
        return STK_OK;
    }
    return note_import(policy, global,
                       global->rating == STK_RATING_UNKNOWN ? STK_RULE_UNKNOWN_IMPORT
                                                            : STK_RULE_DANGEROUS_IMPORT);
}

/* ---- effects ---- */

static enum stk_status effect(void *ctx, struct stk_machine *machine,
                              const struct stk_effect *effect,
                              struct stk_outcome *outcome)
{
    struct stk_policy *policy = ctx;
    policy->machine = machine;
    if (!policy->begun) {
        policy->begun = true;
        policy->begin = effect->off;
    }
    switch (effect->kind) {
    case STK_EFFECT_IMPORT:
        return import(policy, effect->global);
    case STK_EFFECT_CALL:
        return stk_policy_call(policy, effect, outcome);
    case STK_EFFECT_BUILD:
        return stk_policy_build(policy, effect, outcome);
    case STK_EFFECT_ITEMS:
        return stk_policy_items(policy, effect);
    case STK_EFFECT_PERSISTENT:
        return stk_policy_persistent(policy, effect, outcome);
    case STK_EFFECT_EXTENSION:
        return stk_policy_extension(policy, effect);
    }
    return STK_E_BUG;
}

struct stk_policy *stk_policy_new(struct stk_arena *arena,
                                  const struct stk_policy_options *options)
{
    struct stk_policy *policy = stk_arena_alloc(arena, sizeof *policy);
    if (policy == NULL) {
        return NULL;
    }
    policy->arena = arena;
    policy->options = *options;
    policy->catalogue = options->catalogue != NULL ? options->catalogue : &stk_catalogue;
    policy->encode = stk_catalogue_entry(policy->catalogue, stk_span_of("_codecs", 7),
                                         stk_span_of("encode", 6));
    policy->judge = (struct stk_judge){.effect = effect, .ctx = policy};
    policy->values = stk_policy_values(policy);
    return policy;
}

const struct stk_judge *stk_policy_judge(struct stk_policy *policy)
{
    return &policy->judge;
}

enum stk_verdict stk_policy_verdict(const struct stk_policy *policy)
{
    return policy->verdict;
}

const struct stk_finding *stk_policy_findings(const struct stk_policy *policy,
                                              size_t *ret_n)
{
    *ret_n = policy->n_findings;
    return policy->findings;
}

/* ---- the end of a run ---- */

static enum stk_rule fault_rule(enum stk_fault_code code)
{
    switch (code) {
    case STK_FAULT_LIMIT_STACK:
    case STK_FAULT_LIMIT_MARK:
    case STK_FAULT_LIMIT_MEMO:
    case STK_FAULT_LIMIT_GLOBAL:
    case STK_FAULT_LIMIT_NAME:
    case STK_FAULT_LIMIT_DEPTH:
    case STK_FAULT_LIMIT_CUTS:
        return STK_RULE_LIMIT;
    case STK_FAULT_NONE:
    case STK_FAULT_JUDGE: /* the judge has said why */
    case STK_FAULT_VALUE: /* whoever decodes says why */
        return STK_RULE_COUNT;
    case STK_FAULT_END:
    case STK_FAULT_TRUNCATED:
    case STK_FAULT_OPCODE:
    case STK_FAULT_UNDERFLOW:
    case STK_FAULT_MARK:
    case STK_FAULT_MEMO:
    case STK_FAULT_PROTOCOL:
    case STK_FAULT_NUMBER:
    case STK_FAULT_TEXT:
    case STK_FAULT_LENGTH:
    case STK_FAULT_ODD:
    case STK_FAULT_UNHASHABLE:
    case STK_FAULT_TYPE:
    case STK_FAULT_EXTENSION:
    case STK_FAULT_READINGS:
    case STK_FAULT_READ:
    case STK_FAULTS:
        break;
    }
    return STK_RULE_MALFORMED;
}

static enum stk_status note_quirks(struct stk_policy *policy, const struct stk_run *run)
{
    struct stk_line line = {0};
    const char *between = "";
    for (int i = 0; i < STK_QUIRK_COUNT; i++) {
        if (((run->quirks >> i) & 1) != 0) {
            stk_line_add(&line, "%s%s", between, stk_quirk_text((enum stk_quirk)i));
            between = "; ";
        }
    }
    return stk_policy_note(policy, STK_RULE_AMBIGUOUS, run->quirk_off, &line);
}

enum stk_status stk_policy_finish(struct stk_policy *policy, const struct stk_run *run)
{
    if (run->quirks != 0) {
        STK_TRY(note_quirks(policy, run));
    }
    enum stk_rule rule = fault_rule(run->fault.code);
    if (rule == STK_RULE_COUNT) {
        return STK_OK;
    }
    struct stk_line line = {0};
    stk_line_add(&line, "%s", stk_fault_text(run->fault.code));
    return stk_policy_note(policy, rule, run->fault.off, &line);
}
