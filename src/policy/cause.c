/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/state.h"

/* Parts inside each other that are named. */
#define LEVELS_MAX 4

/* Looks at values that the wording of one finding may take. */
#define STEPS_MAX 4096

/* Room for one key. */
#define KEY_MAX 48

/* A part that breaks a pattern: a key of a dict, or an item of a tuple. */
struct part {
    bool is_key;
    bool missing; /* the key is the pattern's */
    stk_slot key;
    struct stk_span name;
    uint64_t item; /* from 1 */
};

/* The way to it, the outermost first. */
struct cause {
    struct part parts[LEVELS_MAX];
    size_t n;
    uint64_t way; /* how many parts on the first level keep the pattern */
};

static bool find(struct stk_check *check, uint32_t pattern, stk_slot value, size_t level,
                 struct cause *cause);

static bool found(struct cause *cause, size_t level, const struct part *part)
{
    cause->parts[level] = *part;
    cause->n = level + 1;
    return true;
}

static bool goes_on(struct stk_check *check, uint32_t pattern, stk_slot value,
                    size_t level, struct cause *cause)
{
    return level + 1 < LEVELS_MAX && find(check, pattern, value, level + 1, cause);
}

/* So many items can keep the pattern. */
static bool fits(const struct stk_check *check, const struct stk_pattern *p, uint64_t n)
{
    bool open = p->kind == STK_PATTERN_TUPLE_OF || (p->flags & STK_PATTERN_OPEN) != 0;
    bool more = p->kind == STK_PATTERN_TUPLE && n < p->n &&
                (check->catalogue->children[p->at + n] & STK_CHILD_OPTIONAL) == 0;
    return !more && (open || n <= p->n);
}

static bool find_item(struct stk_check *check, const struct stk_pattern *p,
                      stk_slot tuple, size_t level, struct cause *cause)
{
    struct stk_arguments args = stk_arguments_of(check->values, tuple);
    stk_slot item = 0;
    for (size_t i = 0;
         fits(check, p, args.n) && (i < p->n || p->kind == STK_PATTERN_TUPLE_OF) &&
         stk_arguments_get(&args, i, &item);
         i++) {
        uint32_t child =
            p->kind == STK_PATTERN_TUPLE_OF
                ? p->at
                : check->catalogue->children[p->at + i] & ~STK_CHILD_OPTIONAL;
        if (stk_contract_value(check, child, item) == STK_MATCH_NO) {
            struct part part = {.item = i + 1};
            cause->way = level == 0 ? i : cause->way;
            (void)found(cause, level, &part);
            (void)goes_on(check, child, item, level, cause);
            return true;
        }
    }
    return false;
}

/* The pattern for the values of a key; STK_NO_PATTERN: it has none of its own. */
static uint32_t pattern_of_key(struct stk_check *check, const struct stk_pattern *p,
                               stk_slot key)
{
    struct stk_span text = {0};
    for (size_t i = 0; i < p->n; i++) {
        const uint32_t *child = check->catalogue->children + p->at + 2 * i;
        struct stk_span name =
            stk_catalogue_text(check->catalogue, child[0] & ~STK_CHILD_OPTIONAL);
        if (stk_slot_seen_kind(key) == STK_STR &&
            check->values->text(check->values->ctx, key, name.len, &text) == STK_OK &&
            stk_span_equal(text, name)) {
            return child[1];
        }
    }
    return STK_NO_PATTERN;
}

static bool find_missing(struct stk_check *check, const struct stk_pattern *p,
                         const uint64_t *seen, size_t level, struct cause *cause)
{
    for (size_t i = 0; i < p->n; i++) {
        uint32_t key = check->catalogue->children[p->at + 2 * i];
        if ((key & STK_CHILD_OPTIONAL) == 0 && ((seen[i / 64] >> (i % 64)) & 1) == 0) {
            struct part part = {.is_key = true,
                                .missing = true,
                                .name = stk_catalogue_text(check->catalogue, key)};
            return found(cause, level, &part);
        }
    }
    return false;
}

/* p: a DICT; NULL: attributes. */
static bool find_key(struct stk_check *check, const struct stk_pattern *p, stk_slot dict,
                     size_t level, struct cause *cause)
{
    uint64_t seen[STK_KEYS_MAX / 64] = {0};
    struct part part = {.is_key = true};
    uint64_t n = 0;
    enum stk_kind kind = stk_slot_seen_kind(dict);
    const stk_slot *pairs = check->values->pairs(check->values->ctx, dict, &n);
    if ((kind != STK_DICT && kind != STK_DICT_KEPT) || pairs == NULL) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        stk_slot value = pairs[2 * i + 1];
        part.key = pairs[2 * i];
        enum stk_match match = p == NULL
                                   ? stk_contract_attribute(check, part.key, value)
                                   : stk_contract_pair(check, p, part.key, value, seen);
        if (match == STK_MATCH_NO) {
            uint32_t inner =
                p == NULL ? STK_NO_PATTERN : pattern_of_key(check, p, part.key);
            (void)found(cause, level, &part);
            (void)(inner != STK_NO_PATTERN && goes_on(check, inner, value, level, cause));
            return true;
        }
    }
    return p != NULL && find_missing(check, p, seen, level, cause);
}

/* None or attributes, and attributes. */
static bool find_slot(struct stk_check *check, stk_slot tuple, size_t level,
                      struct cause *cause)
{
    struct stk_arguments args = stk_arguments_of(check->values, tuple);
    stk_slot item = 0;
    for (size_t i = 0; args.n == 2 && stk_arguments_get(&args, i, &item); i++) {
        struct part part = {.item = i + 1};
        if (level + 1 < LEVELS_MAX && find_key(check, NULL, item, level + 1, cause)) {
            size_t n_parts = cause->n;
            (void)found(cause, level, &part);
            cause->n = n_parts;
            return true;
        }
    }
    return false;
}

/* Of several, the one that goes furthest is most likely what was meant. */
static void keep_better(struct cause *best, const struct cause *next)
{
    if (best->n == 0 || next->way > best->way) {
        *best = *next;
    }
}

static bool find_either(struct stk_check *check, const struct stk_pattern *p,
                        stk_slot value, size_t level, struct cause *cause)
{
    struct cause best = {0};
    for (size_t i = 0; i < p->n; i++) {
        struct cause next = *cause;
        if (find(check, check->catalogue->children[p->at + i], value, level, &next)) {
            keep_better(&best, &next);
        }
    }
    if (best.n > 0) {
        *cause = best;
    }
    return best.n > 0;
}

static bool find(struct stk_check *check, uint32_t pattern, stk_slot value, size_t level,
                 struct cause *cause)
{
    const struct stk_pattern *p = &check->catalogue->patterns[pattern];
    bool is_tuple = stk_slot_seen_kind(value) == STK_TUPLE;
    switch ((enum stk_pattern_kind)p->kind) {
    case STK_PATTERN_TUPLE:
    case STK_PATTERN_TUPLE_OF:
        return is_tuple && find_item(check, p, value, level, cause);
    case STK_PATTERN_DICT:
        return find_key(check, p, value, level, cause);
    case STK_PATTERN_ATTRS:
        return find_key(check, NULL, value, level, cause);
    case STK_PATTERN_SLOTS:
        return is_tuple && find_slot(check, value, level, cause);
    case STK_PATTERN_EITHER:
        return find_either(check, p, value, level, cause);
    case STK_PATTERN_LIST_OF:
    case STK_PATTERN_TYPE:
    case STK_PATTERN_BOOL:
    case STK_PATTERN_RANGE:
    case STK_PATTERN_TEXT:
    case STK_PATTERN_GLOB:
    case STK_PATTERN_KINDS:
    case STK_PATTERN_GLOBAL:
    case STK_PATTERN_OBJECT:
    case STK_PATTERN_STREAM:
        break;
    }
    return false;
}

static void word_part(struct stk_policy *policy, const struct part *part,
                      struct stk_line *line)
{
    if (part->missing) {
        stk_line_add(line, "the missing key '%.*s'", (int)part->name.len,
                     (const char *)part->name.data);
    } else if (part->is_key) {
        stk_line_add(line, "key %s", stk_slot_show(policy->machine, part->key, KEY_MAX));
    } else {
        stk_line_add(line, "item %llu", (unsigned long long)part->item);
    }
}

enum stk_status stk_cause_state(struct stk_policy *policy,
                                const struct stk_effect *effect,
                                struct stk_line *ret_cause)
{
    struct stk_check check = stk_check_begin(policy, effect);
    struct cause best = {0};
    size_t n = 0;
    const struct stk_alternative *a = stk_entry_clause(
        policy->catalogue, stk_slot_class(effect->target), STK_CLAUSE_STATE, &n);
    check.steps = STEPS_MAX;
    for (size_t i = 0; i < n; i++) {
        struct cause next = {0};
        if (stk_contract_value(&check, a[i].pattern, effect->args) == STK_MATCH_YES) {
            return check.status; /* refused for what it would make, not for a part */
        }
        if (find(&check, a[i].pattern, effect->args, 0, &next)) {
            keep_better(&best, &next);
        }
    }
    for (size_t i = best.n; i > 0; i--) {
        stk_line_add(ret_cause, "%s", i < best.n ? " of " : "");
        word_part(policy, &best.parts[i - 1], ret_cause);
    }
    return check.status;
}
