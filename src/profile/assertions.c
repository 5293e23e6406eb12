/* SPDX-License-Identifier: Apache-2.0
 *
 * Assertions: keywords that a value alone decides. How a refusal is worded is in
 * explain.c.
 */
#include "profile/regex_ecma.h"
#include "profile/state.h"

static bool give_up(struct stk_validation *v)
{
    v->gave_up = true;
    return false;
}

/* ---- any instance ---- */

static bool is_const(struct stk_validation *v, const struct stk_op *op,
                     const struct stk_value *value)
{
    const struct stk_value *constant = &op->value;
    if (value->kind == STK_VALUE_STR && constant->kind == STK_VALUE_STR) {
        return value->text->hash == constant->text->hash &&
               stk_span_same(value->text->bytes, constant->text->bytes);
    }
    return stk_value_equal(*value, *constant, &v->gave_up);
}

static bool is_in_enum(struct stk_validation *v, const struct stk_op *op,
                       const struct stk_value *value)
{
    const struct stk_enum_rule *rule = op->one_of;
    if (value->kind == STK_VALUE_STR) {
        return stk_names_find(&rule->texts, value->text) != NULL;
    }
    for (size_t i = 0; i < rule->values->n && !rule->texts_only && !v->gave_up; i++) {
        if (stk_value_equal(*value, rule->values->list[i], &v->gave_up)) {
            return true;
        }
    }
    return false;
}

/* ---- numbers ---- */

static bool is_nan(const struct stk_value *value)
{
    return value->kind == STK_VALUE_FLOAT && __builtin_isnan(value->number);
}

/* Integers and doubles are compared here, the rest elsewhere. NaN keeps no bound. */
#define BOUND(name, keeps)                                                               \
    static bool name(struct stk_validation *v, const struct stk_op *op,                  \
                     const struct stk_value *value)                                      \
    {                                                                                    \
        const struct stk_bound *bound = &op->bound;                                      \
        (void)v;                                                                         \
        if (value->kind == STK_VALUE_INT && bound->is_int) {                             \
            return value->integer keeps bound->value.integer;                            \
        }                                                                                \
        if (value->kind == STK_VALUE_FLOAT && bound->is_exact) {                         \
            return value->number keeps bound->number;                                    \
        }                                                                                \
        return !is_nan(value) && stk_value_compare_numbers(*value, bound->value)         \
                                     keeps 0;                                            \
    }
BOUND(keeps_minimum, >=)
BOUND(keeps_maximum, <=)
BOUND(keeps_exclusive_minimum, >)
BOUND(keeps_exclusive_maximum, <)
#undef BOUND

static bool is_multiple(struct stk_validation *v, const struct stk_op *op,
                        const struct stk_value *value)
{
    bool is_finite = value->kind != STK_VALUE_FLOAT || __builtin_isfinite(value->number);
    (void)v;
    return is_finite && stk_value_is_multiple(*value, op->value);
}

/* ---- counts ---- */

#define COUNT(name, n, keeps)                                                            \
    static bool name(struct stk_validation *v, const struct stk_op *op,                  \
                     const struct stk_value *value)                                      \
    {                                                                                    \
        (void)v;                                                                         \
        return value->n keeps op->count;                                                 \
    }
COUNT(keeps_min_length, text->n_codes, >=)
COUNT(keeps_max_length, text->n_codes, <=)
COUNT(keeps_min_items, items->n, >=)
COUNT(keeps_max_items, items->n, <=)
COUNT(keeps_min_properties, pairs->n, >=)
COUNT(keeps_max_properties, pairs->n, <=)
#undef COUNT

/* ---- strings ---- */

bool stk_matches(struct stk_validation *v, const struct stk_regex *regex,
                 struct stk_span text)
{
    enum stk_regex_answer answer = stk_regex_search(regex, v->scratch, text);
    return answer == STK_REGEX_GAVE_UP ? give_up(v) : answer == STK_REGEX_YES;
}

static bool matches(struct stk_validation *v, const struct stk_op *op,
                    const struct stk_value *value)
{
    return stk_matches(v, op->regex, value->text->bytes);
}

static bool has_format(struct stk_validation *v, const struct stk_op *op,
                       const struct stk_value *value)
{
    (void)v;
    return op->format(value->text->bytes);
}

/* By ECMA's grammar alone: what PCRE2 cannot run is a regular expression all the same. */
static bool is_regex(struct stk_validation *v, const struct stk_op *op,
                     const struct stk_value *value)
{
    struct stk_regex_error error;
    struct stk_regex_traits traits;
    struct stk_buf out;
    (void)op;
    stk_buf_init(&out, v->alloc, STK_REGEX_OUTPUT_MAX);
    enum stk_status status = stk_regex_ecma(&out, value->text->bytes, &traits, &error);
    stk_buf_release(&out);
    if (status == STK_E_NOMEM) {
        v->status = status;
        return give_up(v);
    }
    return status == STK_OK || status == STK_E_UNSUPPORTED;
}

/* ---- arrays and objects ---- */

static bool is_unique(struct stk_validation *v, const struct stk_op *op,
                      const struct stk_value *value)
{
    size_t first = 0;
    size_t second = 0;
    (void)op;
    return !stk_find_twins(v, value->items, &first, &second) && !v->gave_up;
}

static bool has_dependents(struct stk_validation *v, const struct stk_op *op,
                           const struct stk_value *value)
{
    (void)v;
    for (size_t i = 0; i < op->dependents.n; i++) {
        const struct stk_dependent *d = &op->dependents.list[i];
        bool asks = stk_value_get(value->pairs, d->name, d->hash) != NULL;
        for (size_t k = 0; asks && k < d->n_names; k++) {
            const struct stk_property *p = &d->names[k];
            if (stk_value_get(value->pairs, p->name, p->hash) == NULL) {
                return false;
            }
        }
    }
    return true;
}

/* ---- all ---- */

stk_assertion stk_assertion_of(enum stk_op_kind kind)
{
    static const stk_assertion assertions[STK_ASSERTIONS] = {
        [STK_KEYWORD_CONST] = is_const,
        [STK_KEYWORD_ENUM] = is_in_enum,
        [STK_KEYWORD_MINIMUM] = keeps_minimum,
        [STK_KEYWORD_MAXIMUM] = keeps_maximum,
        [STK_KEYWORD_EXCLUSIVE_MINIMUM] = keeps_exclusive_minimum,
        [STK_KEYWORD_EXCLUSIVE_MAXIMUM] = keeps_exclusive_maximum,
        [STK_KEYWORD_MULTIPLE_OF] = is_multiple,
        [STK_KEYWORD_MIN_LENGTH] = keeps_min_length,
        [STK_KEYWORD_MAX_LENGTH] = keeps_max_length,
        [STK_KEYWORD_PATTERN] = matches,
        [STK_KEYWORD_FORMAT] = has_format,
        [STK_KEYWORD_FORMAT_REGEX] = is_regex,
        [STK_KEYWORD_MIN_ITEMS] = keeps_min_items,
        [STK_KEYWORD_MAX_ITEMS] = keeps_max_items,
        [STK_KEYWORD_UNIQUE_ITEMS] = is_unique,
        [STK_KEYWORD_MIN_PROPERTIES] = keeps_min_properties,
        [STK_KEYWORD_MAX_PROPERTIES] = keeps_max_properties,
        [STK_KEYWORD_DEPENDENT_REQUIRED] = has_dependents,
    };
    return kind >= STK_ASSERTIONS || assertions[kind] == NULL
               ? stk_vocabulary_assertion(kind)
               : assertions[kind];
}
