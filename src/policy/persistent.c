/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/state.h"

/* Longest key of a storage; torch writes decimal numbers. */
#define KEY_MAX 1024

/* ("storage", class, key, location, number of items) */
#define CLASS_ITEM 1
#define KEY_ITEM 2
#define SIZE_ITEM 4

/* ---- persistent ids ---- */

static enum stk_match match_id(struct stk_check *check, const struct stk_alternative *a,
                               const void *what)
{
    return stk_contract_value(check, a->pattern, *(const stk_slot *)what);
}

struct item_size {
    const char *name;
    uint64_t size;
};

/* torch/storage.py and torch/__init__.py, 1.13 and 2.4: storage classes, and the dtypes
 * that stand for them since 2.0. */
static const struct item_size item_sizes[] = {
    {"UntypedStorage", 1},
    {"ByteStorage", 1},
    {"CharStorage", 1},
    {"BoolStorage", 1},
    {"QUInt8Storage", 1},
    {"QInt8Storage", 1},
    {"QUInt4x2Storage", 1},
    {"QUInt2x4Storage", 1},
    {"ShortStorage", 2},
    {"HalfStorage", 2},
    {"BFloat16Storage", 2},
    {"IntStorage", 4},
    {"FloatStorage", 4},
    {"QInt32Storage", 4},
    {"LongStorage", 8},
    {"DoubleStorage", 8},
    {"ComplexFloatStorage", 8},
    {"ComplexDoubleStorage", 16},
    {"uint8", 1},
    {"int8", 1},
    {"bool", 1},
    {"quint8", 1},
    {"qint8", 1},
    {"float8_e4m3fn", 1},
    {"float8_e5m2", 1},
    {"int16", 2},
    {"uint16", 2},
    {"float16", 2},
    {"bfloat16", 2},
    {"int32", 4},
    {"uint32", 4},
    {"float32", 4},
    {"qint32", 4},
    {"complex32", 4},
    {"int64", 8},
    {"uint64", 8},
    {"float64", 8},
    {"complex64", 8},
    {"complex128", 16},
};

/* 0: not one of torch's. The pattern has seen that the class is vetted. */
static uint64_t item_size(const struct stk_global *global)
{
    for (size_t i = 0; global != NULL && i < sizeof item_sizes / sizeof item_sizes[0];
         i++) {
        if (stk_span_is(global->mapped_name, item_sizes[i].name)) {
            return item_sizes[i].size;
        }
    }
    return 0;
}

/* Tells the caller of a storage that the loader will read. */
static enum stk_status report_storage(struct stk_policy *policy,
                                      const struct stk_effect *effect)
{
    uint64_t n = 0;
    struct stk_span key = {0};
    const stk_slot *items = stk_slot_items(policy->machine, effect->target, &n);
    if (policy->options.storage == NULL || items == NULL || n <= SIZE_ITEM ||
        stk_slot_kind(items[SIZE_ITEM]) != STK_INT ||
        stk_slot_int_value(items[SIZE_ITEM]) < 0) {
        return STK_OK;
    }
    enum stk_status status =
        stk_slot_text(policy->machine, items[KEY_ITEM], KEY_MAX, &key);
    if (status != STK_OK) {
        return stk_status_is_environment(status) ? status : STK_OK;
    }
    return policy->options.storage(
        policy->options.ctx, key, (uint64_t)stk_slot_int_value(items[SIZE_ITEM]),
        item_size(stk_slot_global(policy->machine, items[CLASS_ITEM])));
}

static enum stk_status note_id(struct stk_policy *policy, const struct stk_effect *effect,
                               enum stk_rule rule)
{
    struct stk_subject subject = {.rule = rule, .off = effect->off};
    if (!stk_findings_wants(policy, &subject)) {
        return STK_OK;
    }
    struct stk_line line = {0};
    stk_line_add(&line, "asks the loader for ");
    stk_line_slot(policy, &line, effect->target);
    return stk_findings_put(policy, &subject, line.text, NULL);
}

static bool make_persistent(struct stk_check *check, const struct stk_alternative *a,
                            uint32_t entry, const struct stk_arguments *args,
                            stk_slot *ret_slot)
{
    struct stk_made made = {.result = &a->result, .entry = entry, .args = args};
    return stk_result_make(check, &made, ret_slot);
}

enum stk_status stk_policy_persistent(struct stk_policy *policy,
                                      const struct stk_effect *effect,
                                      struct stk_outcome *outcome)
{
    uint32_t entry = policy->catalogue->torch;
    enum stk_match match = STK_MATCH_NO;
    outcome->result = stk_slot_make(STK_OPAQUE, 0);
    if (policy->options.loader != STK_LOADER_TORCH || entry == STK_ENTRY_NONE) {
        return note_id(policy, effect, STK_RULE_PERSISTENT);
    }
    stk_slot result = 0;
    struct stk_arguments args = stk_arguments_of(&policy->values, effect->target);
    struct stk_check check = stk_check_begin(policy, effect);
    const struct stk_alternative *a = stk_check_clause(&check, entry, STK_CLAUSE_ARGS,
                                                       match_id, &effect->target, &match);
    bool made =
        match == STK_MATCH_YES && make_persistent(&check, a, entry, &args, &result);
    STK_TRY(stk_check_end(policy, &check));
    if (!made) {
        return note_id(policy, effect,
                       match == STK_MATCH_UNKNOWN ? stk_check_rule(&check, match)
                                                  : STK_RULE_PERSISTENT);
    }
    outcome->result = result;
    return stk_slot_kind(result) == STK_PERSISTENT ? report_storage(policy, effect)
                                                   : STK_OK;
}

/* ---- extensions ---- */

enum stk_status stk_policy_extension(struct stk_policy *policy,
                                     const struct stk_effect *effect)
{
    struct stk_line line = {0};
    stk_line_add(&line, "imports extension %llu of the registry",
                 (unsigned long long)stk_slot_payload(effect->target));
    return stk_policy_note(policy, STK_RULE_EXTENSION, effect->off, &line);
}

/* ---- nested streams ---- */

static enum stk_rule nested_rule(enum stk_verdict verdict)
{
    switch (verdict) {
    case STK_VERDICT_CLEAN:
        return STK_RULE_COUNT;
    case STK_VERDICT_REVIEW:
        return STK_RULE_CONTRACT;
    case STK_VERDICT_UNDECIDED:
        return STK_RULE_CONTRACT_UNKNOWN;
    case STK_VERDICT_DANGEROUS:
        return STK_RULE_NESTED_DANGEROUS;
    }
    return STK_RULE_CONTRACT_UNKNOWN;
}

static enum stk_writing writing_of(enum stk_opcode op)
{
    if (op == STK_OP_UNICODE) {
        return STK_WRITTEN_UNICODE;
    }
    if (op == STK_OP_STRING) {
        return STK_WRITTEN_STRING;
    }
    bool binary = op == STK_OP_BINSTRING || op == STK_OP_SHORT_BINSTRING;
    return binary ? STK_WRITTEN_BYTES : STK_WRITTEN_UTF8;
}

/* Which bytes a string of Python 2 gives depends on the loader's encoding; they are
 * looked into as Latin-1, and no verdict on that will do. */
static enum stk_status look_encoded(struct stk_policy *policy, const char *how,
                                    stk_slot text, enum stk_verdict *ret_verdict)
{
    enum stk_opcode op = STK_OP_STOP;
    uint64_t off = 0;
    uint64_t len = 0;
    enum stk_status status = stk_slot_written(policy->machine, text, &op, &off, &len);
    if (stk_status_is_environment(status)) {
        return status;
    }
    *ret_verdict = STK_VERDICT_UNDECIDED;
    if (status != STK_OK || policy->options.encoded == NULL) {
        return STK_OK;
    }
    enum stk_writing writing = writing_of(op);
    enum stk_verdict verdict = STK_VERDICT_UNDECIDED;
    STK_TRY(
        policy->options.encoded(policy->options.ctx, how, writing, off, len, &verdict));
    bool python2 = writing == STK_WRITTEN_BYTES || writing == STK_WRITTEN_STRING;
    if (verdict > STK_VERDICT_UNDECIDED || !python2) {
        *ret_verdict = verdict;
    }
    return STK_OK;
}

/* The carrier's bytes cannot be had as they are, or nobody looks into them: undecided. */
static enum stk_status look(struct stk_policy *policy, const char *how, stk_slot carrier,
                            enum stk_verdict *ret_verdict)
{
    uint64_t off = 0;
    uint64_t len = 0;
    stk_slot text = 0;
    if (stk_slot_encoded_text(carrier, &text)) {
        return look_encoded(policy, how, text, ret_verdict);
    }
    enum stk_status status = stk_slot_place(policy->machine, carrier, &off, &len);
    if (stk_status_is_environment(status)) {
        return status;
    }
    if (status != STK_OK || policy->options.nested == NULL) {
        *ret_verdict = STK_VERDICT_UNDECIDED;
        return STK_OK;
    }
    return policy->options.nested(policy->options.ctx, how, off, len, ret_verdict);
}

enum stk_status stk_policy_nested(struct stk_policy *policy,
                                  const struct stk_effect *effect, stk_slot carrier,
                                  bool vetted)
{
    enum stk_verdict verdict = STK_VERDICT_UNDECIDED;
    struct stk_line how = {0};
    stk_line_callee(policy, &how, effect->target);
    STK_TRY(look(policy, how.text, carrier, &verdict));
    enum stk_rule rule = nested_rule(verdict);
    if (rule == STK_RULE_COUNT || (!vetted && rule != STK_RULE_NESTED_DANGEROUS)) {
        return STK_OK;
    }
    struct stk_line line = {0};
    stk_line_add(&line, "gives %s a stream that is %s", how.text,
                 stk_verdict_name(verdict));
    return stk_policy_note(policy, rule, effect->off, &line);
}
