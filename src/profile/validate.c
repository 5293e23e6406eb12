/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/run.h"

static size_t n_parts(const struct stk_value *value)
{
    switch (stk_value_kind(*value)) {
    case STK_VALUE_LIST:
    case STK_VALUE_TUPLE:
        return value->items->n;
    case STK_VALUE_DICT:
        return value->pairs->n;
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

static bool seen_init(struct stk_validation *v, struct stk_seen *seen,
                      const struct stk_value *value)
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

static bool seen_has(const struct stk_seen *seen, size_t i)
{
    return ((seen->bits[i / 64] >> (i % 64)) & 1) != 0;
}

static void seen_join(struct stk_seen *to, const struct stk_seen *from)
{
    for (size_t i = 0; to != NULL && i < (from->n + 63) / 64; i++) {
        to->bits[i] |= from->bits[i];
    }
}

const struct stk_shown stk_shown[STK_VALUE_KINDS] = {
    [STK_VALUE_NONE] = {STK_TYPE_NULL, STK_GROUP_ANY},
    [STK_VALUE_BOOL] = {STK_TYPE_BOOLEAN, STK_GROUP_ANY},
    [STK_VALUE_INT] = {STK_TYPE_INTEGER, STK_GROUP_NUMBER},
    [STK_VALUE_BIGINT] = {STK_TYPE_INTEGER, STK_GROUP_NUMBER},
    [STK_VALUE_FLOAT] = {STK_TYPE_NUMBER, STK_GROUP_NUMBER},
    [STK_VALUE_STR] = {STK_TYPE_STRING, STK_GROUP_STRING},
    [STK_VALUE_BYTES] = {STK_TYPE_OTHER, STK_GROUP_OTHER},
    [STK_VALUE_BYTEARRAY] = {STK_TYPE_OTHER, STK_GROUP_OTHER},
    [STK_VALUE_LIST] = {STK_TYPE_ARRAY, STK_GROUP_ARRAY},
    [STK_VALUE_TUPLE] = {STK_TYPE_ARRAY, STK_GROUP_ARRAY},
    [STK_VALUE_SET] = {STK_TYPE_OTHER, STK_GROUP_OTHER},
    [STK_VALUE_FROZENSET] = {STK_TYPE_OTHER, STK_GROUP_OTHER},
    [STK_VALUE_DICT] = {STK_TYPE_OBJECT, STK_GROUP_OBJECT},
    [STK_VALUE_GLOBAL] = {STK_TYPE_OTHER, STK_GROUP_OTHER},
    [STK_VALUE_OBJECT] = {STK_TYPE_OTHER, STK_GROUP_OTHER},
    [STK_VALUE_ENUM] = {STK_TYPE_OTHER, STK_GROUP_OTHER},
    [STK_VALUE_TENSOR] = {STK_TYPE_OTHER, STK_GROUP_OTHER},
    [STK_VALUE_NDARRAY] = {STK_TYPE_OTHER, STK_GROUP_OTHER},
    [STK_VALUE_STORAGE] = {STK_TYPE_OTHER, STK_GROUP_OTHER},
    [STK_VALUE_PERSISTENT] = {STK_TYPE_OTHER, STK_GROUP_OTHER},
    [STK_VALUE_BUFFER] = {STK_TYPE_OTHER, STK_GROUP_OTHER},
    [STK_VALUE_REFUSED] = {STK_TYPE_OTHER, STK_GROUP_OTHER},
};

/* Work that does not show in the number of schemas that are run. */
static bool charge(struct stk_validation *v, size_t n)
{
    if (n > v->steps) {
        v->steps = 0;
        return give_up(v);
    }
    v->steps -= n;
    return true;
}

/* The same without a word about why not. */
static bool check_quietly(struct stk_validation *v, const struct stk_look *l,
                          uint32_t node, const struct stk_value *value,
                          struct stk_seen *seen)
{
    struct stk_view at = {.scope = l->here->scope, .seen = seen};
    size_t most = v->most;
    if (seen == NULL && most == 0) {
        return stk_check(v, node, value, l->parts);
    }
    v->most = 0;
    bool valid = stk_check(v, node, value, &at);
    v->most = most;
    return valid;
}

/* The instance itself, by another schema. */
static bool check_here(struct stk_validation *v, const struct stk_look *l, uint32_t node)
{
    return stk_check(v, node, l->value, l->here);
}

/* Nobody pays for words that are not asked for. */
#define VIOLATED(...)                                                                    \
    ((v->most > 0)                                                                       \
         ? stk_violated(v, l->node, op->keyword, *l->value, l->here->way, __VA_ARGS__)   \
         : (void)0)

/* ---- any instance ---- */

/* Core, 8.2.3.2: the outermost resource on the way that has the anchor. */
static bool run_dynamic_ref(struct stk_validation *v, const struct stk_look *l,
                            const struct stk_op *op)
{
    const struct stk_dynamic *names = op->dynamic.names;
    uint32_t node = op->dynamic.first;
    for (const struct stk_scope *s = l->here->scope; s != NULL; s = s->outer) {
        for (size_t i = 0; i < names->n; i++) {
            node = names->list[i].resource == s->resource ? names->list[i].node : node;
        }
    }
    return check_here(v, l, node);
}

static bool run_all_of(struct stk_validation *v, const struct stk_look *l,
                       const struct stk_op *op)
{
    bool valid = true;
    for (size_t i = 0; i < op->branches.n && stk_goes_on(v, valid); i++) {
        valid = check_here(v, l, op->branches.list[i]) && valid;
    }
    return valid;
}

/* One branch, whose marks count only if it matches. */
static bool try_branch(struct stk_validation *v, const struct stk_look *l, uint32_t node)
{
    struct stk_seen seen;
    if (l->here->seen == NULL) {
        return check_quietly(v, l, node, l->value, NULL);
    }
    if (!seen_init(v, &seen, l->value) || !check_quietly(v, l, node, l->value, &seen)) {
        return false;
    }
    seen_join(l->here->seen, &seen);
    return true;
}

/* Why each branch does not match. */
static void explain_branches(struct stk_validation *v, const struct stk_look *l,
                             const struct stk_op *op)
{
    struct stk_view at = {.scope = l->here->scope, .way = l->here->way};
    for (size_t i = 0; i < op->branches.n && v->most > 0 && !v->gave_up; i++) {
        (void)stk_check(v, op->branches.list[i], l->value, &at);
    }
}

static bool run_any_of(struct stk_validation *v, const struct stk_look *l,
                       const struct stk_op *op)
{
    bool valid = false;
    /* Most branches are told by the type alone. */
    for (size_t i = 0; l->here->seen == NULL && i < op->branches.n; i++) {
        if ((v->nodes[op->branches.list[i]].settled & stk_type_of(l->value)) != 0) {
            return true;
        }
    }
    for (size_t i = 0;
         i < op->branches.n && !v->gave_up && (!valid || l->here->seen != NULL); i++) {
        valid = try_branch(v, l, op->branches.list[i]) || valid;
    }
    if (!valid) {
        VIOLATED("matches none of %zu schemas", op->branches.n);
        explain_branches(v, l, op);
    }
    return valid;
}

static bool run_one_of(struct stk_validation *v, const struct stk_look *l,
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

static bool run_not(struct stk_validation *v, const struct stk_look *l,
                    const struct stk_op *op)
{
    if (!check_quietly(v, l, op->node, l->value, NULL)) {
        return true;
    }
    VIOLATED("matches what it must not match");
    return false;
}

static bool run_if(struct stk_validation *v, const struct stk_look *l,
                   const struct stk_op *op)
{
    uint32_t node = try_branch(v, l, op->cases.test) ? op->cases.then : op->cases.other;
    return !v->gave_up && (node == STK_NO_NODE || check_here(v, l, node));
}

/* ---- arrays ---- */

static bool run_items(struct stk_validation *v, const struct stk_look *l,
                      const struct stk_op *op)
{
    const struct stk_items_rule *rule = &op->items;
    const struct stk_items *items = l->value->items;
    size_t n_prefix = rule->prefix.n < items->n ? rule->prefix.n : items->n;
    size_t n = rule->rest == STK_NO_NODE ? n_prefix : items->n;
    bool valid = charge(v, n);
    for (size_t i = 0; i < n_prefix && stk_goes_on(v, valid); i++) {
        valid =
            stk_check_part(v, l, rule->prefix.list[i], &items->list[i], NULL, i) && valid;
    }
    for (size_t i = n_prefix; i < n && stk_goes_on(v, valid); i++) {
        valid = stk_check_part(v, l, rule->rest, &items->list[i], NULL, i) && valid;
    }
    for (size_t i = 0; l->here->seen != NULL && i < n; i++) {
        stk_seen_add(l->here->seen, i);
    }
    return valid;
}

static bool run_contains(struct stk_validation *v, const struct stk_look *l,
                         const struct stk_op *op)
{
    const struct stk_contains_rule *rule = &op->contains;
    uint64_t n = 0;
    (void)charge(v, l->value->items->n);
    for (size_t i = 0; i < l->value->items->n && !v->gave_up; i++) {
        if (check_quietly(v, l, rule->node, &l->value->items->list[i], NULL)) {
            n++;
            stk_seen_add(l->here->seen, i);
        }
    }
    if (n >= rule->least && n <= rule->most) {
        return true;
    }
    VIOLATED("contains %llu items that match; %s are asked for", (unsigned long long)n,
             n < rule->least ? "more" : "fewer");
    return false;
}

/* ---- objects ---- */

/* A member by the patterns that its name matches, and by what properties says of it;
 * without either, by additionalProperties. *ret_matched: by any of them. */
static bool run_patterns(struct stk_validation *v, const struct stk_look *l,
                         const struct stk_properties_rule *rule,
                         const struct stk_pair *pair, uint32_t node, bool *ret_matched)
{
    bool matched = node != STK_NO_NODE;
    bool valid = true;
    for (size_t i = 0; i < rule->n_patterns && stk_goes_on(v, valid); i++) {
        const struct stk_pattern_rule *p = &rule->patterns[i];
        if (pair->key.kind == STK_VALUE_STR &&
            stk_matches(v, p->regex, stk_text_of(pair->key))) {
            matched = true;
            valid = stk_check_part(v, l, p->node, &pair->value, &pair->key, 0) && valid;
        }
    }
    node = matched ? node : rule->rest;
    if (node != STK_NO_NODE && stk_goes_on(v, valid)) {
        valid = stk_check_part(v, l, node, &pair->value, &pair->key, 0) && valid;
    }
    *ret_matched = matched || node != STK_NO_NODE;
    return valid;
}

static void explain_missing(struct stk_validation *v, const struct stk_look *l,
                            const struct stk_properties_rule *rule)
{
    for (size_t i = 0; i < rule->names.n; i++) {
        const struct stk_property *p = &rule->names.list[i];
        if (p->required && stk_value_get(l->value->pairs, p->name, p->hash) == NULL) {
            stk_violated(v, l->node, "required", *l->value, l->here->way,
                         "has no member %.*s", (int)(p->name.len < 99 ? p->name.len : 99),
                         (const char *)p->name.data);
        }
    }
}

static bool run_properties(struct stk_validation *v, const struct stk_look *l,
                           const struct stk_op *op)
{
    const struct stk_properties_rule *rule = op->properties;
    const struct stk_pairs *pairs = l->value->pairs;
    const struct stk_pair *end = pairs->list + pairs->n;
    size_t n_required = 0;
    bool valid = charge(v, pairs->n);
    for (const struct stk_pair *pair = pairs->list; pair < end && stk_goes_on(v, valid);
         pair++) {
        const struct stk_property *p = pair->key.kind == STK_VALUE_STR
                                           ? stk_names_find(&rule->names, pair->key.text)
                                           : NULL;
        uint32_t node = p != NULL ? p->node : rule->others;
        bool matched = node != STK_NO_NODE;
        n_required += p != NULL && p->required ? 1 : 0;
        if (rule->n_patterns > 0) {
            valid = run_patterns(v, l, rule, pair, node, &matched) && valid;
        } else if (matched) {
            valid = stk_check_part(v, l, node, &pair->value, &pair->key, 0) && valid;
        }
        if (l->here->seen != NULL && matched) {
            stk_seen_add(l->here->seen, (size_t)(pair - pairs->list));
        }
    }
    if (n_required >= rule->n_required || !stk_goes_on(v, valid)) {
        return valid;
    }
    if (v->most > 0) {
        explain_missing(v, l, rule);
    }
    return false;
}

static bool run_property_names(struct stk_validation *v, const struct stk_look *l,
                               const struct stk_op *op)
{
    bool valid = charge(v, l->value->pairs->n);
    for (size_t i = 0; i < l->value->pairs->n && stk_goes_on(v, valid); i++) {
        const struct stk_value *key = &l->value->pairs->list[i].key;
        valid = stk_check_part(v, l, op->node, key, key, 0) && valid;
    }
    return valid;
}

static bool run_dependent_schemas(struct stk_validation *v, const struct stk_look *l,
                                  const struct stk_op *op)
{
    bool valid = true;
    for (size_t i = 0; i < op->dependents.n && stk_goes_on(v, valid); i++) {
        const struct stk_dependent *d = &op->dependents.list[i];
        if (stk_value_get(l->value->pairs, d->name, d->hash) != NULL) {
            valid = check_here(v, l, d->node) && valid;
        }
    }
    return valid;
}

/* ---- one schema ---- */

static bool run_op(struct stk_validation *v, const struct stk_look *l,
                   const struct stk_op *op)
{
    switch (op->kind) {
    case STK_KEYWORD_REF:
        return check_here(v, l, op->node);
    case STK_KEYWORD_DYNAMIC_REF:
        return run_dynamic_ref(v, l, op);
    case STK_KEYWORD_ALL_OF:
        return run_all_of(v, l, op);
    case STK_KEYWORD_ANY_OF:
        return run_any_of(v, l, op);
    case STK_KEYWORD_ONE_OF:
        return run_one_of(v, l, op);
    case STK_KEYWORD_NOT:
        return run_not(v, l, op);
    case STK_KEYWORD_IF:
        return run_if(v, l, op);
    case STK_KEYWORD_ITEMS:
        return run_items(v, l, op);
    case STK_KEYWORD_CONTAINS:
        return run_contains(v, l, op);
    case STK_KEYWORD_PROPERTIES:
        return run_properties(v, l, op);
    case STK_KEYWORD_PROPERTY_NAMES:
        return run_property_names(v, l, op);
    case STK_KEYWORD_DEPENDENT_SCHEMAS:
        return run_dependent_schemas(v, l, op);
    case STK_KEYWORD_CLASS:
        return stk_run_class(v, l, op);
    case STK_KEYWORD_ELEMENTS:
        return stk_run_elements(v, l, op);
    case STK_KEYWORD_NESTED:
        return stk_run_nested(v, l, op);
    case STK_KEYWORD_KEYS:
        return stk_run_keys(v, l, op);
    case STK_KEYWORD_VALUES:
        return stk_run_values(v, l, op);
    case STK_KEYWORD_CONST:
    case STK_KEYWORD_ENUM:
    case STK_KEYWORD_MINIMUM:
    case STK_KEYWORD_MAXIMUM:
    case STK_KEYWORD_EXCLUSIVE_MINIMUM:
    case STK_KEYWORD_EXCLUSIVE_MAXIMUM:
    case STK_KEYWORD_MULTIPLE_OF:
    case STK_KEYWORD_MIN_LENGTH:
    case STK_KEYWORD_MAX_LENGTH:
    case STK_KEYWORD_PATTERN:
    case STK_KEYWORD_FORMAT:
    case STK_KEYWORD_FORMAT_REGEX:
    case STK_KEYWORD_MIN_ITEMS:
    case STK_KEYWORD_MAX_ITEMS:
    case STK_KEYWORD_UNIQUE_ITEMS:
    case STK_KEYWORD_MIN_PROPERTIES:
    case STK_KEYWORD_MAX_PROPERTIES:
    case STK_KEYWORD_DEPENDENT_REQUIRED:
    case STK_KEYWORD_KIND:
    case STK_KEYWORD_GLOBAL:
    case STK_KEYWORD_REFUSE:
    case STK_KEYWORD_MIN_BYTES:
    case STK_KEYWORD_MAX_BYTES:
    case STK_KEYWORD_DTYPE:
    case STK_KEYWORD_SHAPE:
    case STK_KEYWORD_MIN_RANK:
    case STK_KEYWORD_MAX_RANK:
    case STK_KEYWORD_MAX_DIMENSION:
    case STK_KEYWORD_DEVICE:
    case STK_KEYWORD_CONTIGUOUS:
    case STK_KEYWORD_PATH:
        break;
    }
    return true;
}

static inline bool run_ops(struct stk_validation *v, const struct stk_look *l,
                           const struct stk_ops *ops)
{
    bool valid = true;
    for (const struct stk_op *op = ops->applicators;
         op < ops->end && stk_goes_on(v, valid); op++) {
        valid = run_op(v, l, op) && valid;
    }
    return valid;
}

static bool run_unevaluated(struct stk_validation *v, const struct stk_look *l,
                            uint32_t node)
{
    bool valid = charge(v, l->here->seen->n);
    for (size_t i = 0; i < l->here->seen->n && stk_goes_on(v, valid); i++) {
        if (seen_has(l->here->seen, i)) {
            continue;
        }
        if (stk_value_kind(*l->value) == STK_VALUE_DICT) {
            const struct stk_pair *pair = &l->value->pairs->list[i];
            valid = stk_check_part(v, l, node, &pair->value, &pair->key, 0) && valid;
        } else {
            valid =
                stk_check_part(v, l, node, &l->value->items->list[i], NULL, i) && valid;
        }
        stk_seen_add(l->here->seen, i);
    }
    return valid;
}

/* A schema that says what is to become of the parts that no other keyword looks at. */
__attribute__((noinline)) static bool run_with_unevaluated(struct stk_validation *v,
                                                           struct stk_look *l,
                                                           const struct stk_ops *ops)
{
    const struct stk_view *outside = l->here;
    struct stk_seen own;
    struct stk_view here = {.scope = outside->scope, .way = outside->way, .seen = &own};
    if (!seen_init(v, &own, l->value)) {
        return false;
    }
    l->here = &here;
    bool valid = run_ops(v, l, ops);
    valid =
        stk_goes_on(v, valid) ? run_unevaluated(v, l, ops->unevaluated) && valid : valid;
    seen_join(outside->seen, &own);
    return valid;
}

/* What lies behind the assertions. The instance and its parts are looked at from the same
 * place, unless the resource is entered here, or there are marks or a way to keep from
 * the parts. */
__attribute__((noinline)) static bool apply(struct stk_validation *v,
                                            const struct stk_node *node,
                                            const struct stk_value *value,
                                            const struct stk_ops *ops,
                                            const struct stk_view *at)
{
    struct stk_scope inner;
    struct stk_view here;
    struct stk_view parts;
    struct stk_look l = {.value = value, .node = node, .here = at, .parts = at};
    bool is_inside = at->scope != NULL && at->scope->resource == node->resource;
    if (STK_UNLIKELY(!is_inside || at->way != NULL || at->seen != NULL)) {
        inner = (struct stk_scope){.outer = at->scope, .resource = node->resource};
        parts = (struct stk_view){.scope = is_inside ? at->scope : &inner};
        here = (struct stk_view){.scope = parts.scope, .way = at->way, .seen = at->seen};
        l.here = &here;
        l.parts = &parts;
    }
    if (v->steps == 0 || v->depth >= STK_VALIDATION_DEPTH_MAX) {
        return give_up(v);
    }
    v->steps--;
    v->depth++;
    bool valid = ops->unevaluated == STK_NO_NODE ? run_ops(v, &l, ops)
                                                 : run_with_unevaluated(v, &l, ops);
    v->depth--;
    return valid && !v->gave_up;
}

/* An assertion that does not hold, and, if somebody listens, those behind it. */
__attribute__((noinline)) static bool refuse(
    struct stk_validation *v, const struct stk_node *node, const struct stk_value *value,
    const struct stk_ops *ops, const struct stk_op *broken, const struct stk_view *at)
{
    for (const struct stk_op *op = broken; op < ops->applicators && stk_goes_on(v, false);
         op++) {
        if (op == broken || !op->holds(v, op, value)) {
            stk_violated_assertion(v, node, op, *value, at->way);
        }
    }
    if (ops->applies && stk_goes_on(v, false)) {
        (void)apply(v, node, value, ops, at);
    }
    return false;
}

/* A type that is not taken, unless it is a whole number's: 1.0 is an integer. */
__attribute__((noinline)) static bool takes_whole(struct stk_validation *v,
                                                  const struct stk_node *node,
                                                  const struct stk_value *value,
                                                  const struct stk_view *at)
{
    char types[STK_TYPE_LIST_MAX];
    if (value->kind == STK_VALUE_FLOAT && (node->types & STK_TYPE_INTEGER) != 0 &&
        stk_value_is_whole(*value)) {
        return true;
    }
    if (v->most > 0 && node->types == 0) {
        stk_violated(v, node, NULL, *value, at->way, "is not allowed here");
    } else if (v->most > 0) {
        stk_violated(v, node, "type", *value, at->way, "is %s and not %s",
                     stk_type_words(*value), stk_type_list(node->types, types));
    }
    return false;
}

bool stk_check_asked(struct stk_validation *v, const struct stk_node *node,
                     const struct stk_value *value, const struct stk_view *at)
{
    const struct stk_ops *ops = &node->ops[stk_shown[value->kind].group];
    if ((node->types & stk_type_of(value)) == 0 && !takes_whole(v, node, value, at)) {
        return false;
    }
    for (const struct stk_op *op = ops->list; op < ops->applicators; op++) {
        if (!op->holds(v, op, value)) {
            return refuse(v, node, value, ops, op, at);
        }
    }
    return !ops->applies || apply(v, node, value, ops, at);
}

bool stk_check_root(struct stk_validation *v, uint32_t node, struct stk_value value)
{
    static const struct stk_view nowhere;
    return stk_check(v, node, &value, &nowhere);
}
