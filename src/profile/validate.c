/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/regex_ecma.h"
#include "profile/state.h"

/* Which items or members of one instance some keyword has looked at: what `unevaluated…`
 * leaves alone. NULL where nobody asks. */
struct seen {
    uint64_t *bits;
    size_t n;
};

static size_t n_parts(struct stk_value value)
{
    switch (stk_value_kind(value)) {
    case STK_VALUE_LIST:
    case STK_VALUE_TUPLE:
        return value.items->n;
    case STK_VALUE_DICT:
        return value.pairs->n;
    case STK_VALUE_NONE:
    case STK_VALUE_BOOL:
    case STK_VALUE_INT:
    case STK_VALUE_BIGINT:
    case STK_VALUE_FLOAT:
    case STK_VALUE_STR:
    case STK_VALUE_BYTES:
    case STK_VALUE_BYTEARRAY:
    case STK_VALUE_SET:
    case STK_VALUE_FROZENSET:
    case STK_VALUE_GLOBAL:
    case STK_VALUE_OBJECT:
    case STK_VALUE_ENUM:
    case STK_VALUE_TENSOR:
    case STK_VALUE_NDARRAY:
    case STK_VALUE_STORAGE:
    case STK_VALUE_PERSISTENT:
    case STK_VALUE_BUFFER:
    case STK_VALUE_REFUSED:
    case STK_VALUE_KINDS:
        break;
    }
    return 0;
}

static bool give_up(struct stk_validation *v)
{
    v->gave_up = true;
    return false;
}

static bool seen_init(struct stk_validation *v, struct seen *seen, struct stk_value value)
{
    seen->n = n_parts(value);
    seen->bits = NULL;
    if (seen->n > 0) {
        seen->bits = stk_arena_array(&v->arena, (seen->n + 63) / 64, sizeof *seen->bits);
        if (seen->bits == NULL) {
            v->status = STK_E_NOMEM;
            return give_up(v);
        }
    }
    return true;
}

static void seen_add(struct seen *seen, size_t i)
{
    if (seen != NULL) {
        seen->bits[i / 64] |= UINT64_C(1) << (i % 64);
    }
}

static bool seen_has(const struct seen *seen, size_t i)
{
    return ((seen->bits[i / 64] >> (i % 64)) & 1) != 0;
}

static void seen_join(struct seen *to, const struct seen *from)
{
    for (size_t i = 0; to != NULL && i < (from->n + 63) / 64; i++) {
        to->bits[i] |= from->bits[i];
    }
}

/* An instance, and where it is looked at from. */
struct look {
    struct stk_value value;
    const struct stk_scope *scope;
    const struct stk_step *way;
    struct seen *seen;
    const struct stk_node *node;
};

static bool check(struct stk_validation *v, uint32_t node, struct stk_value value,
                  const struct stk_scope *scope, const struct stk_step *way,
                  struct seen *seen);

/* A part of the instance. */
static bool check_part(struct stk_validation *v, const struct look *l, uint32_t node,
                       struct stk_value part, const struct stk_value *key, size_t index)
{
    struct stk_step step;
    if (STK_LIKELY(v->most == 0)) {
        return check(v, node, part, l->scope, NULL, NULL);
    }
    step = (struct stk_step){.up = l->way, .key = key, .index = index};
    return check(v, node, part, l->scope, &step, NULL);
}

/* The same without a word about why not. */
static bool check_quietly(struct stk_validation *v, const struct look *l, uint32_t node,
                          struct stk_value value, struct seen *seen)
{
    size_t most = v->most;
    v->most = 0;
    bool valid = check(v, node, value, l->scope, NULL, seen);
    v->most = most;
    return valid;
}

/* The instance itself, by another schema. */
static bool check_here(struct stk_validation *v, const struct look *l, uint32_t node)
{
    return check(v, node, l->value, l->scope, l->way, l->seen);
}

/* All that have not been refused are asked, so that all reasons are said; without anybody
 * to hear them, the first decides. */
static bool goes_on(const struct stk_validation *v, bool valid)
{
    return !v->gave_up && (valid || v->most > 0);
}

#define VIOLATED(...) stk_violated(v, l->node, op->keyword, l->value, l->way, __VA_ARGS__)

/* ---- any instance ---- */

static bool run_const(struct stk_validation *v, const struct look *l,
                      const struct stk_op *op)
{
    if (stk_value_equal(l->value, op->value, &v->gave_up)) {
        return true;
    }
    VIOLATED("is not the one value that is allowed");
    return false;
}

static bool run_enum(struct stk_validation *v, const struct look *l,
                     const struct stk_op *op)
{
    for (size_t i = 0; i < op->values->n && !v->gave_up; i++) {
        if (stk_value_equal(l->value, op->values->list[i], &v->gave_up)) {
            return true;
        }
    }
    VIOLATED("is none of the %zu values that are allowed", op->values->n);
    return false;
}

/* Core, 8.2.3.2: the outermost resource on the way that has the anchor. */
static bool run_dynamic_ref(struct stk_validation *v, const struct look *l,
                            const struct stk_op *op)
{
    const struct stk_dynamic *names = op->dynamic.names;
    uint32_t node = op->dynamic.first;
    for (const struct stk_scope *s = l->scope; s != NULL; s = s->outer) {
        for (size_t i = 0; i < names->n; i++) {
            node = names->list[i].resource == s->resource ? names->list[i].node : node;
        }
    }
    return check_here(v, l, node);
}

static bool run_all_of(struct stk_validation *v, const struct look *l,
                       const struct stk_op *op)
{
    bool valid = true;
    for (size_t i = 0; i < op->branches.n && goes_on(v, valid); i++) {
        valid = check_here(v, l, op->branches.list[i]) && valid;
    }
    return valid;
}

/* One branch, whose marks count only if it matches. */
static bool try_branch(struct stk_validation *v, const struct look *l, uint32_t node)
{
    struct seen seen;
    if (l->seen == NULL) {
        return check_quietly(v, l, node, l->value, NULL);
    }
    if (!seen_init(v, &seen, l->value) || !check_quietly(v, l, node, l->value, &seen)) {
        return false;
    }
    seen_join(l->seen, &seen);
    return true;
}

/* Why each branch does not match. */
static void explain_branches(struct stk_validation *v, const struct look *l,
                             const struct stk_op *op)
{
    for (size_t i = 0; i < op->branches.n && v->most > 0 && !v->gave_up; i++) {
        (void)check(v, op->branches.list[i], l->value, l->scope, l->way, NULL);
    }
}

static bool run_any_of(struct stk_validation *v, const struct look *l,
                       const struct stk_op *op)
{
    bool valid = false;
    for (size_t i = 0; i < op->branches.n && !v->gave_up && (!valid || l->seen != NULL);
         i++) {
        valid = try_branch(v, l, op->branches.list[i]) || valid;
    }
    if (!valid) {
        VIOLATED("matches none of %zu schemas", op->branches.n);
        explain_branches(v, l, op);
    }
    return valid;
}

static bool run_one_of(struct stk_validation *v, const struct look *l,
                       const struct stk_op *op)
{
    size_t n = 0;
    for (size_t i = 0; i < op->branches.n && !v->gave_up && n < 2; i++) {
        n += try_branch(v, l, op->branches.list[i]) ? 1 : 0;
    }
    if (n == 1) {
        return true;
    }
    if (n > 1) {
        VIOLATED("matches more than one of %zu schemas", op->branches.n);
    } else {
        VIOLATED("matches none of %zu schemas", op->branches.n);
        explain_branches(v, l, op);
    }
    return false;
}

static bool run_not(struct stk_validation *v, const struct look *l,
                    const struct stk_op *op)
{
    if (!check_quietly(v, l, op->node, l->value, NULL)) {
        return true;
    }
    VIOLATED("matches what it must not match");
    return false;
}

static bool run_if(struct stk_validation *v, const struct look *l,
                   const struct stk_op *op)
{
    uint32_t node = try_branch(v, l, op->cases.test) ? op->cases.then : op->cases.other;
    return !v->gave_up && (node == STK_NO_NODE || check_here(v, l, node));
}

static bool run_any(struct stk_validation *v, const struct look *l,
                    const struct stk_op *op)
{
    if (op->kind == STK_KEYWORD_REF) {
        return check_here(v, l, op->node);
    }
    if (op->kind == STK_KEYWORD_CONST) {
        return run_const(v, l, op);
    }
    if (op->kind == STK_KEYWORD_ENUM) {
        return run_enum(v, l, op);
    }
    if (op->kind == STK_KEYWORD_DYNAMIC_REF) {
        return run_dynamic_ref(v, l, op);
    }
    if (op->kind == STK_KEYWORD_ALL_OF) {
        return run_all_of(v, l, op);
    }
    if (op->kind == STK_KEYWORD_ANY_OF) {
        return run_any_of(v, l, op);
    }
    if (op->kind == STK_KEYWORD_ONE_OF) {
        return run_one_of(v, l, op);
    }
    return op->kind == STK_KEYWORD_NOT ? run_not(v, l, op) : run_if(v, l, op);
}

/* ---- numbers ---- */

/* NaN keeps no bound. */
static bool keeps_bound(const struct stk_op *op, struct stk_value value)
{
    if (stk_value_kind(value) == STK_VALUE_FLOAT && __builtin_isnan(value.number)) {
        return false;
    }
    int order = stk_value_compare_numbers(value, op->value);
    if (op->kind == STK_KEYWORD_MINIMUM) {
        return order >= 0;
    }
    if (op->kind == STK_KEYWORD_MAXIMUM) {
        return order <= 0;
    }
    return op->kind == STK_KEYWORD_EXCLUSIVE_MINIMUM ? order > 0 : order < 0;
}

static bool is_finite(struct stk_value value)
{
    return stk_value_kind(value) != STK_VALUE_FLOAT || __builtin_isfinite(value.number);
}

static bool run_number(struct stk_validation *v, const struct look *l,
                       const struct stk_op *op)
{
    if (op->kind == STK_KEYWORD_MULTIPLE_OF) {
        if (is_finite(l->value) && stk_value_is_multiple(l->value, op->value)) {
            return true;
        }
        VIOLATED("is no multiple of what it must be one of");
        return false;
    }
    if (keeps_bound(op, l->value)) {
        return true;
    }
    VIOLATED("is beyond the bound");
    return false;
}

/* ---- strings ---- */

static bool matches_regex(struct stk_validation *v, const struct stk_regex *regex,
                          struct stk_span text)
{
    enum stk_regex_answer answer = stk_regex_search(regex, v->scratch, text);
    return answer == STK_REGEX_GAVE_UP ? give_up(v) : answer == STK_REGEX_YES;
}

/* By ECMA's grammar alone: what PCRE2 cannot run is a regular expression all the same. */
static bool is_regex(struct stk_validation *v, struct stk_span text)
{
    struct stk_regex_error error;
    struct stk_regex_traits traits;
    struct stk_buf out;
    stk_buf_init(&out, v->alloc, STK_REGEX_OUTPUT_MAX);
    enum stk_status status = stk_regex_ecma(&out, text, &traits, &error);
    stk_buf_release(&out);
    if (status == STK_E_NOMEM) {
        v->status = status;
        return give_up(v);
    }
    return status == STK_OK || status == STK_E_UNSUPPORTED;
}

static bool run_string(struct stk_validation *v, const struct look *l,
                       const struct stk_op *op)
{
    const struct stk_text *text = l->value.text;
    if (op->kind == STK_KEYWORD_MIN_LENGTH) {
        if (text->n_codes >= op->count) {
            return true;
        }
        VIOLATED("has %zu characters, fewer than %llu", text->n_codes,
                 (unsigned long long)op->count);
        return false;
    }
    if (op->kind == STK_KEYWORD_MAX_LENGTH) {
        if (text->n_codes <= op->count) {
            return true;
        }
        VIOLATED("has %zu characters, more than %llu", text->n_codes,
                 (unsigned long long)op->count);
        return false;
    }
    if (op->kind == STK_KEYWORD_PATTERN) {
        if (matches_regex(v, op->regex, text->bytes)) {
            return true;
        }
        VIOLATED("does not match the pattern");
        return false;
    }
    if (op->kind == STK_KEYWORD_FORMAT ? op->format(text->bytes)
                                       : is_regex(v, text->bytes)) {
        return true;
    }
    VIOLATED("does not have the format");
    return false;
}

/* ---- arrays ---- */

static bool run_items(struct stk_validation *v, const struct look *l,
                      const struct stk_op *op)
{
    const struct stk_items_rule *rule = &op->items;
    bool valid = true;
    for (size_t i = 0; i < l->value.items->n && goes_on(v, valid); i++) {
        uint32_t node = i < rule->prefix.n ? rule->prefix.list[i] : rule->rest;
        if (node == STK_NO_NODE) {
            break;
        }
        valid = check_part(v, l, node, l->value.items->list[i], NULL, i) && valid;
        seen_add(l->seen, i);
    }
    return valid;
}

static bool run_contains(struct stk_validation *v, const struct look *l,
                         const struct stk_op *op)
{
    const struct stk_contains_rule *rule = &op->contains;
    uint64_t n = 0;
    for (size_t i = 0; i < l->value.items->n && !v->gave_up; i++) {
        if (check_quietly(v, l, rule->node, l->value.items->list[i], NULL)) {
            n++;
            seen_add(l->seen, i);
        }
    }
    if (n >= rule->least && n <= rule->most) {
        return true;
    }
    VIOLATED("contains %llu items that match; %s are asked for", (unsigned long long)n,
             n < rule->least ? "more" : "fewer");
    return false;
}

static bool run_unique(struct stk_validation *v, const struct look *l,
                       const struct stk_op *op)
{
    size_t first = 0;
    size_t second = 0;
    if (!stk_find_twins(v, l->value.items, &first, &second)) {
        return !v->gave_up;
    }
    VIOLATED("items %zu and %zu are equal", first, second);
    return false;
}

/* How many there are, against a least or a most. */
static bool run_count(struct stk_validation *v, const struct look *l,
                      const struct stk_op *op, size_t n, bool least)
{
    if (least ? n >= op->count : n <= op->count) {
        return true;
    }
    VIOLATED("has %zu, %s than %llu", n, least ? "fewer" : "more",
             (unsigned long long)op->count);
    return false;
}

static bool run_array(struct stk_validation *v, const struct look *l,
                      const struct stk_op *op)
{
    if (op->kind == STK_KEYWORD_ITEMS) {
        return run_items(v, l, op);
    }
    if (op->kind == STK_KEYWORD_CONTAINS) {
        return run_contains(v, l, op);
    }
    if (op->kind == STK_KEYWORD_UNIQUE_ITEMS) {
        return run_unique(v, l, op);
    }
    return run_count(v, l, op, l->value.items->n, op->kind == STK_KEYWORD_MIN_ITEMS);
}

/* ---- objects ---- */

static const struct stk_property *find_property(const struct stk_properties_rule *rule,
                                                struct stk_value key)
{
    if (stk_value_kind(key) != STK_VALUE_STR) {
        return NULL;
    }
    uint64_t hash = key.text->hash;
    for (size_t at = hash & rule->mask; rule->slots[at] != 0;
         at = (at + 1) & rule->mask) {
        const struct stk_property *p = &rule->list[rule->slots[at] - 1];
        if (p->hash == hash && stk_span_equal(p->name, stk_text_of(key))) {
            return p;
        }
    }
    return NULL;
}

/* A member by the patterns that its name matches; *matched: by one at least. */
static bool run_patterns(struct stk_validation *v, const struct look *l,
                         const struct stk_properties_rule *rule,
                         const struct stk_pair *pair, bool *matched)
{
    bool valid = true;
    for (size_t i = 0; i < rule->n_patterns && goes_on(v, valid); i++) {
        const struct stk_pattern_rule *p = &rule->patterns[i];
        if (stk_value_kind(pair->key) == STK_VALUE_STR &&
            matches_regex(v, p->regex, stk_text_of(pair->key))) {
            *matched = true;
            valid = check_part(v, l, p->node, pair->value, &pair->key, 0) && valid;
        }
    }
    return valid;
}

static bool run_member(struct stk_validation *v, const struct look *l,
                       const struct stk_properties_rule *rule,
                       const struct stk_property *p, size_t i)
{
    const struct stk_pair *pair = &l->value.pairs->list[i];
    bool matched = p != NULL && p->node != STK_NO_NODE;
    bool valid = !matched || check_part(v, l, p->node, pair->value, &pair->key, 0);
    if (rule->n_patterns > 0 && goes_on(v, valid)) {
        valid = run_patterns(v, l, rule, pair, &matched) && valid;
    }
    if (!matched && rule->rest != STK_NO_NODE) {
        matched = true;
        valid = check_part(v, l, rule->rest, pair->value, &pair->key, 0) && valid;
    }
    if (matched) {
        seen_add(l->seen, i);
    }
    return valid;
}

static void explain_missing(struct stk_validation *v, const struct look *l,
                            const struct stk_properties_rule *rule)
{
    for (size_t i = 0; i < rule->n; i++) {
        const struct stk_property *p = &rule->list[i];
        if (p->required && stk_value_get(l->value.pairs, p->name, p->hash) == NULL) {
            stk_violated(v, l->node, "required", l->value, l->way, "has no member %.*s",
                         (int)(p->name.len < 99 ? p->name.len : 99),
                         (const char *)p->name.data);
        }
    }
}

static bool run_properties(struct stk_validation *v, const struct look *l,
                           const struct stk_op *op)
{
    const struct stk_properties_rule *rule = op->properties;
    size_t n_required = 0;
    bool valid = true;
    for (size_t i = 0; i < l->value.pairs->n && goes_on(v, valid); i++) {
        const struct stk_property *p = find_property(rule, l->value.pairs->list[i].key);
        n_required += p != NULL && p->required ? 1 : 0;
        valid = run_member(v, l, rule, p, i) && valid;
    }
    if (n_required >= rule->n_required || !goes_on(v, valid)) {
        return valid;
    }
    if (v->most > 0) {
        explain_missing(v, l, rule);
    }
    return false;
}

static bool run_property_names(struct stk_validation *v, const struct look *l,
                               const struct stk_op *op)
{
    bool valid = true;
    for (size_t i = 0; i < l->value.pairs->n && goes_on(v, valid); i++) {
        const struct stk_value *key = &l->value.pairs->list[i].key;
        valid = check_part(v, l, op->node, *key, key, 0) && valid;
    }
    return valid;
}

static bool run_dependent_required(struct stk_validation *v, const struct look *l,
                                   const struct stk_op *op)
{
    const struct stk_pairs *pairs = l->value.pairs;
    bool valid = true;
    for (size_t i = 0; i < op->dependents.n; i++) {
        const struct stk_dependent *d = &op->dependents.list[i];
        if (stk_value_get(pairs, d->name, d->hash) == NULL) {
            continue;
        }
        for (size_t k = 0; k < d->n_names; k++) {
            const struct stk_property *p = &d->names[k];
            if (stk_value_get(pairs, p->name, p->hash) == NULL) {
                valid = false;
                VIOLATED("has a member %.*s, and no member %.*s that belongs to it",
                         (int)(d->name.len < 60 ? d->name.len : 60),
                         (const char *)d->name.data,
                         (int)(p->name.len < 60 ? p->name.len : 60),
                         (const char *)p->name.data);
            }
        }
    }
    return valid;
}

static bool run_dependent_schemas(struct stk_validation *v, const struct look *l,
                                  const struct stk_op *op)
{
    bool valid = true;
    for (size_t i = 0; i < op->dependents.n && goes_on(v, valid); i++) {
        const struct stk_dependent *d = &op->dependents.list[i];
        if (stk_value_get(l->value.pairs, d->name, d->hash) != NULL) {
            valid = check_here(v, l, d->node) && valid;
        }
    }
    return valid;
}

static bool run_object(struct stk_validation *v, const struct look *l,
                       const struct stk_op *op)
{
    if (op->kind == STK_KEYWORD_PROPERTIES) {
        return run_properties(v, l, op);
    }
    if (op->kind == STK_KEYWORD_PROPERTY_NAMES) {
        return run_property_names(v, l, op);
    }
    if (op->kind == STK_KEYWORD_DEPENDENT_REQUIRED) {
        return run_dependent_required(v, l, op);
    }
    if (op->kind == STK_KEYWORD_DEPENDENT_SCHEMAS) {
        return run_dependent_schemas(v, l, op);
    }
    return run_count(v, l, op, l->value.pairs->n, op->kind == STK_KEYWORD_MIN_PROPERTIES);
}

/* ---- one schema ---- */

static uint32_t type_of(struct stk_value value)
{
    static const uint32_t types[] = {
        [STK_VALUE_NONE] = STK_TYPE_NULL,    [STK_VALUE_BOOL] = STK_TYPE_BOOLEAN,
        [STK_VALUE_INT] = STK_TYPE_INTEGER,  [STK_VALUE_BIGINT] = STK_TYPE_INTEGER,
        [STK_VALUE_FLOAT] = STK_TYPE_NUMBER, [STK_VALUE_STR] = STK_TYPE_STRING,
        [STK_VALUE_BYTES] = STK_TYPE_OTHER,  [STK_VALUE_BYTEARRAY] = STK_TYPE_OTHER,
        [STK_VALUE_LIST] = STK_TYPE_ARRAY,   [STK_VALUE_TUPLE] = STK_TYPE_ARRAY,
        [STK_VALUE_SET] = STK_TYPE_OTHER,    [STK_VALUE_FROZENSET] = STK_TYPE_OTHER,
        [STK_VALUE_DICT] = STK_TYPE_OBJECT,
    };
    return value.kind > STK_VALUE_DICT ? STK_TYPE_OTHER : types[value.kind];
}

static bool takes_type(const struct stk_node *node, struct stk_value value, uint32_t type)
{
    return (node->types & type) != 0 ||
           (type == STK_TYPE_NUMBER && (node->types & STK_TYPE_INTEGER) != 0 &&
            stk_value_is_whole(value));
}

static enum stk_op_group group_of(uint32_t type)
{
    switch (type) {
    case STK_TYPE_INTEGER:
    case STK_TYPE_NUMBER:
        return STK_GROUP_NUMBER;
    case STK_TYPE_STRING:
        return STK_GROUP_STRING;
    case STK_TYPE_ARRAY:
        return STK_GROUP_ARRAY;
    case STK_TYPE_OBJECT:
        return STK_GROUP_OBJECT;
    default:
        return STK_GROUP_ANY;
    }
}

typedef bool (*run_op)(struct stk_validation *v, const struct look *l,
                       const struct stk_op *op);

static bool run_group(struct stk_validation *v, const struct look *l,
                      enum stk_op_group group)
{
    static const run_op runs[STK_GROUPS] = {run_any, run_number, run_string, run_array,
                                            run_object};
    const struct stk_op *op = l->node->ops;
    bool valid = true;
    for (int g = 0; g < (int)group; g++) {
        op += l->node->n_ops[g];
    }
    for (size_t i = 0; i < l->node->n_ops[group] && goes_on(v, valid); i++) {
        valid = runs[group](v, l, &op[i]) && valid;
    }
    return valid;
}

static bool run_unevaluated(struct stk_validation *v, const struct look *l, uint32_t node)
{
    bool valid = true;
    for (size_t i = 0; i < l->seen->n && goes_on(v, valid); i++) {
        if (seen_has(l->seen, i)) {
            continue;
        }
        if (stk_value_kind(l->value) == STK_VALUE_DICT) {
            const struct stk_pair *pair = &l->value.pairs->list[i];
            valid = check_part(v, l, node, pair->value, &pair->key, 0) && valid;
        } else {
            valid = check_part(v, l, node, l->value.items->list[i], NULL, i) && valid;
        }
        seen_add(l->seen, i);
    }
    return valid;
}

static bool run_groups(struct stk_validation *v, const struct look *l, uint32_t type)
{
    enum stk_op_group group = group_of(type);
    bool valid = group == STK_GROUP_ANY || run_group(v, l, group);
    return goes_on(v, valid) ? run_group(v, l, STK_GROUP_ANY) && valid : valid;
}

/* A schema that says what is to become of the parts that no other keyword looks at. */
static bool run_with_unevaluated(struct stk_validation *v, struct look *l, uint32_t type)
{
    struct seen *outside = l->seen;
    struct seen own;
    uint32_t node = type == STK_TYPE_OBJECT  ? l->node->unevaluated_properties
                    : type == STK_TYPE_ARRAY ? l->node->unevaluated_items
                                             : STK_NO_NODE;
    if (node == STK_NO_NODE) {
        return run_groups(v, l, type);
    }
    if (!seen_init(v, &own, l->value)) {
        return false;
    }
    l->seen = &own;
    bool valid = run_groups(v, l, type);
    valid = goes_on(v, valid) ? run_unevaluated(v, l, node) && valid : valid;
    seen_join(outside, &own);
    return valid;
}

static bool refuse_type(struct stk_validation *v, const struct look *l)
{
    char types[STK_TYPE_LIST_MAX];
    if (v->most > 0) {
        stk_violated(v, l->node, "type", l->value, l->way, "is %s and not %s",
                     stk_type_words(l->value), stk_type_list(l->node->types, types));
    }
    return false;
}

static bool refuse_all(struct stk_validation *v, const struct look *l)
{
    stk_violated(v, l->node, NULL, l->value, l->way, "is not allowed here");
    return false;
}

static bool check(struct stk_validation *v, uint32_t index, struct stk_value value,
                  const struct stk_scope *scope, const struct stk_step *way,
                  struct seen *seen)
{
    const struct stk_node *node = &v->nodes[index];
    struct stk_scope inner = {.outer = scope, .resource = node->resource};
    struct look l = {.value = value,
                     .scope = scope != NULL && scope->resource == node->resource ? scope
                                                                                 : &inner,
                     .way = way,
                     .seen = seen,
                     .node = node};
    uint32_t type = type_of(value);
    if (node->is_false) {
        return refuse_all(v, &l);
    }
    if (!takes_type(node, value, type)) {
        return refuse_type(v, &l);
    }
    if (v->steps == 0 || v->depth >= STK_VALIDATION_DEPTH_MAX) {
        return give_up(v);
    }
    v->steps--;
    v->depth++;
    bool valid = run_with_unevaluated(v, &l, type);
    v->depth--;
    return valid && !v->gave_up;
}

bool stk_check_root(struct stk_validation *v, uint32_t node, struct stk_value value)
{
    return check(v, node, value, NULL, NULL, NULL);
}
