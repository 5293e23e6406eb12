/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/state.h"
#include "profile/uri.h"

static struct stk_span span_of(const char *text)
{
    return stk_span_of(text, __builtin_strlen(text));
}

enum stk_status stk_keyword_fail(struct stk_reading_schema *s, const char *keyword,
                                 struct stk_value value, const char *reason)
{
    return stk_schema_fail(s->c->library, s->c->error, s->resource, s->pointer, value.off,
                           "%s %s", keyword, reason);
}

struct stk_op *stk_add_op(struct stk_reading_schema *s, enum stk_op_group group,
                          enum stk_op_kind kind, const char *keyword)
{
    size_t n = s->n_ops[group]++;
    STK_ASSERT(n < sizeof s->ops[0] / sizeof s->ops[0][0]);
    struct stk_op *op = &s->ops[group][n];
    *op = (struct stk_op){
        .kind = kind, .keyword = keyword, .holds = stk_assertion_of(kind)};
    return op;
}

enum stk_status stk_subschema(struct stk_reading_schema *s, const char *keyword,
                              struct stk_span token, struct stk_value value,
                              uint32_t *ret_node)
{
    struct stk_arena *arena = &s->c->schema->arena;
    const char *pointer = stk_pointer_join(arena, s->pointer, span_of(keyword));
    if (pointer != NULL && token.data != NULL) {
        pointer = stk_pointer_join(arena, pointer, token);
    }
    return pointer == NULL ? STK_E_NOMEM
                           : stk_compile(s->c, value, s->resource, pointer, ret_node);
}

static enum stk_status branches(struct stk_reading_schema *s, const char *keyword,
                                struct stk_value value, struct stk_branches *ret_branches)
{
    if (stk_value_kind(value) != STK_VALUE_LIST || value.items->n == 0) {
        return stk_keyword_fail(s, keyword, value,
                                "must be an array of at least one schema");
    }
    size_t n = value.items->n;
    uint32_t *list = stk_arena_array(&s->c->schema->arena, n, sizeof *list);
    if (list == NULL) {
        return STK_E_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        char digits[24];
        size_t at = sizeof digits;
        size_t left = i;
        do {
            digits[--at] = (char)('0' + left % 10);
            left /= 10;
        } while (left > 0);
        STK_TRY(stk_subschema(s, keyword, stk_span_of(digits + at, sizeof digits - at),
                              value.items->list[i], &list[i]));
    }
    *ret_branches = (struct stk_branches){.n = n, .list = list};
    return STK_OK;
}

/* A count: a whole number from 0 on; 2.0 is one. */
static enum stk_status count_of(struct stk_reading_schema *s, const char *keyword,
                                struct stk_value value, uint64_t *ret_count)
{
    enum stk_value_kind kind = stk_value_kind(value);
    if (kind == STK_VALUE_INT && value.integer >= 0) {
        *ret_count = (uint64_t)value.integer;
        return STK_OK;
    }
    if (kind == STK_VALUE_FLOAT && stk_value_is_whole(value) && value.number >= 0) {
        *ret_count = value.number < 1e18 ? (uint64_t)value.number : UINT64_MAX;
        return STK_OK;
    }
    if (kind == STK_VALUE_BIGINT && !value.big->negative) {
        *ret_count = UINT64_MAX;
        return STK_OK;
    }
    return stk_keyword_fail(s, keyword, value, "must be a whole number, not negative");
}

static bool is_number(struct stk_value value)
{
    enum stk_value_kind kind = stk_value_kind(value);
    return kind == STK_VALUE_INT || kind == STK_VALUE_BIGINT || kind == STK_VALUE_FLOAT;
}

static enum stk_status regex_of(struct stk_reading_schema *s, const char *keyword,
                                struct stk_value text, const struct stk_regex **ret_regex)
{
    struct stk_schema *schema = s->c->schema;
    struct stk_regex_error error = {0};
    struct stk_regex *regex = NULL;
    void *list = schema->regexes;
    STK_TRY(stk_grow(schema->alloc, &list, &schema->cap_regexes, sizeof *schema->regexes,
                     schema->n_regexes + 1, SIZE_MAX / sizeof *schema->regexes));
    schema->regexes = list;
    enum stk_status status =
        stk_regex_new(schema->alloc, stk_text_of(text), &regex, &error);
    if (status == STK_E_MALFORMED || status == STK_E_UNSUPPORTED) {
        return stk_schema_fail(s->c->library, s->c->error, s->resource, s->pointer,
                               text.off, "%s: regular expression, at %zu: %s", keyword,
                               error.off, error.reason);
    }
    STK_TRY(status);
    schema->regexes[schema->n_regexes++] = regex;
    *ret_regex = regex;
    return STK_OK;
}

/* ---- core ---- */

static enum stk_status check_text(struct stk_reading_schema *s, const char *keyword,
                                  struct stk_value value)
{
    return stk_value_kind(value) == STK_VALUE_STR
               ? STK_OK
               : stk_keyword_fail(s, keyword, value, "must be a string");
}

static enum stk_status check_defs(struct stk_reading_schema *s, const char *keyword,
                                  struct stk_value value)
{
    return stk_value_kind(value) == STK_VALUE_DICT
               ? STK_OK
               : stk_keyword_fail(s, keyword, value, "must be an object");
}

static enum stk_status resolve(struct stk_reading_schema *s, const char *keyword,
                               struct stk_value value, struct stk_target *ret_target,
                               uint32_t *ret_node)
{
    if (stk_value_kind(value) != STK_VALUE_STR) {
        return stk_keyword_fail(s, keyword, value, "must be a string");
    }
    enum stk_status status = stk_library_resolve(
        s->c->library, s->resource, stk_text_of(value), ret_target, s->c->error);
    if (status == STK_E_MALFORMED) {
        struct stk_schema_error inner = *s->c->error;
        return stk_schema_fail(s->c->library, s->c->error, s->resource, s->pointer,
                               value.off, "%s: %s", keyword, inner.reason);
    }
    STK_TRY(status);
    return stk_compile(s->c, ret_target->schema, ret_target->resource,
                       ret_target->pointer, ret_node);
}

static enum stk_status read_ref(struct stk_reading_schema *s, const char *keyword,
                                struct stk_value value)
{
    struct stk_target target;
    uint32_t node = 0;
    STK_TRY(resolve(s, keyword, value, &target, &node));
    stk_add_op(s, STK_GROUP_ANY, STK_KEYWORD_REF, keyword)->node = node;
    return STK_OK;
}

static enum stk_status dynamic_of(struct stk_compiler *c, struct stk_span name,
                                  const struct stk_dynamic **ret_dynamic)
{
    for (size_t i = 0; i < c->n_dynamics; i++) {
        if (stk_span_equal(c->dynamics[i]->name, name)) {
            *ret_dynamic = c->dynamics[i];
            return STK_OK;
        }
    }
    void *list = c->dynamics;
    STK_TRY(stk_grow(c->schema->alloc, &list, &c->cap_dynamics, sizeof *c->dynamics,
                     c->n_dynamics + 1, SIZE_MAX / sizeof *c->dynamics));
    c->dynamics = list;
    struct stk_dynamic *dynamic = stk_arena_alloc(&c->schema->arena, sizeof *dynamic);
    if (dynamic == NULL) {
        return STK_E_NOMEM;
    }
    dynamic->name = name;
    c->dynamics[c->n_dynamics++] = dynamic;
    *ret_dynamic = dynamic;
    return STK_OK;
}

/* Core, 8.2.3.2: dynamic only if what it names from here is a dynamic anchor. */
static enum stk_status read_dynamic_ref(struct stk_reading_schema *s, const char *keyword,
                                        struct stk_value value)
{
    struct stk_target target;
    struct stk_dynamic_ref ref = {0};
    STK_TRY(resolve(s, keyword, value, &target, &ref.first));
    if (target.anchor == NULL || !target.anchor->dynamic) {
        stk_add_op(s, STK_GROUP_ANY, STK_KEYWORD_REF, keyword)->node = ref.first;
        return STK_OK;
    }
    STK_TRY(dynamic_of(s->c, target.anchor->name, &ref.names));
    stk_add_op(s, STK_GROUP_ANY, STK_KEYWORD_DYNAMIC_REF, keyword)->dynamic = ref;
    return STK_OK;
}

/* ---- any instance ---- */

static uint32_t type_bits(struct stk_value name)
{
    static const struct {
        const char *name;
        uint32_t bits;
    } types[] = {
        {"null", STK_TYPE_NULL},       {"boolean", STK_TYPE_BOOLEAN},
        {"integer", STK_TYPE_INTEGER}, {"number", STK_TYPE_INTEGER | STK_TYPE_NUMBER},
        {"string", STK_TYPE_STRING},   {"array", STK_TYPE_ARRAY},
        {"object", STK_TYPE_OBJECT},
    };
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        if (stk_text_is(name, types[i].name)) {
            return types[i].bits;
        }
    }
    return 0;
}

static enum stk_status read_type(struct stk_reading_schema *s, const char *keyword,
                                 struct stk_value value)
{
    bool list = stk_value_kind(value) == STK_VALUE_LIST;
    size_t n = list ? value.items->n : 1;
    uint32_t bits = 0;
    for (size_t i = 0; i < n; i++) {
        struct stk_value name = list ? value.items->list[i] : value;
        uint32_t one = type_bits(name);
        if (one == 0) {
            return stk_keyword_fail(s, keyword, name, "must name one of JSON's types");
        }
        bits |= one;
    }
    s->node.types = bits;
    return STK_OK;
}

static enum stk_status read_const(struct stk_reading_schema *s, const char *keyword,
                                  struct stk_value value)
{
    stk_add_op(s, STK_GROUP_ANY, STK_KEYWORD_CONST, keyword)->value = value;
    return STK_OK;
}

static enum stk_status read_enum(struct stk_reading_schema *s, const char *keyword,
                                 struct stk_value value)
{
    if (stk_value_kind(value) != STK_VALUE_LIST) {
        return stk_keyword_fail(s, keyword, value, "must be an array");
    }
    struct stk_enum_rule *rule = stk_arena_alloc(&s->c->schema->arena, sizeof *rule);
    if (rule == NULL) {
        return STK_E_NOMEM;
    }
    STK_TRY(stk_names_init(&rule->texts, &s->c->schema->arena, value.items->n));
    *rule = (struct stk_enum_rule){
        .texts = rule->texts, .values = value.items, .texts_only = true};
    for (size_t i = 0; i < value.items->n; i++) {
        if (stk_value_kind(value.items->list[i]) == STK_VALUE_STR) {
            (void)stk_names_add(&rule->texts, value.items->list[i]);
        } else {
            rule->texts_only = false;
        }
    }
    stk_names_spread(&rule->texts);
    stk_add_op(s, STK_GROUP_ANY, STK_KEYWORD_ENUM, keyword)->one_of = rule;
    return STK_OK;
}

static enum stk_status read_branches(struct stk_reading_schema *s, const char *keyword,
                                     struct stk_value value, enum stk_op_kind kind)
{
    struct stk_branches found;
    STK_TRY(branches(s, keyword, value, &found));
    stk_add_op(s, STK_GROUP_ANY, kind, keyword)->branches = found;
    return STK_OK;
}

static enum stk_status read_all_of(struct stk_reading_schema *s, const char *keyword,
                                   struct stk_value value)
{
    return read_branches(s, keyword, value, STK_KEYWORD_ALL_OF);
}

static enum stk_status read_any_of(struct stk_reading_schema *s, const char *keyword,
                                   struct stk_value value)
{
    return read_branches(s, keyword, value, STK_KEYWORD_ANY_OF);
}

static enum stk_status read_one_of(struct stk_reading_schema *s, const char *keyword,
                                   struct stk_value value)
{
    return read_branches(s, keyword, value, STK_KEYWORD_ONE_OF);
}

static enum stk_status read_not(struct stk_reading_schema *s, const char *keyword,
                                struct stk_value value)
{
    uint32_t node = 0;
    STK_TRY(stk_subschema(s, keyword, stk_span_of(NULL, 0), value, &node));
    stk_add_op(s, STK_GROUP_ANY, STK_KEYWORD_NOT, keyword)->node = node;
    return STK_OK;
}

static enum stk_status read_case(struct stk_reading_schema *s, const char *keyword,
                                 uint32_t *ret_node)
{
    const struct stk_value *value = stk_schema_get(s->pairs, keyword);
    *ret_node = STK_NO_NODE;
    return value == NULL
               ? STK_OK
               : stk_subschema(s, keyword, stk_span_of(NULL, 0), *value, ret_node);
}

static enum stk_status read_if(struct stk_reading_schema *s, const char *keyword,
                               struct stk_value value)
{
    struct stk_if cases;
    STK_TRY(stk_subschema(s, keyword, stk_span_of(NULL, 0), value, &cases.test));
    STK_TRY(read_case(s, "then", &cases.then));
    STK_TRY(read_case(s, "else", &cases.other));
    stk_add_op(s, STK_GROUP_ANY, STK_KEYWORD_IF, keyword)->cases = cases;
    return STK_OK;
}

/* ---- numbers ---- */

/* Integers up to here are doubles. */
#define EXACT_MAX (INT64_C(1) << 53)

static enum stk_status read_bound(struct stk_reading_schema *s, const char *keyword,
                                  struct stk_value value, enum stk_op_kind kind)
{
    if (!is_number(value)) {
        return stk_keyword_fail(s, keyword, value, "must be a number");
    }
    struct stk_bound bound = {.value = value};
    if (stk_value_kind(value) == STK_VALUE_FLOAT) {
        bound.number = value.number;
        bound.is_exact = true;
    } else if (stk_value_kind(value) == STK_VALUE_INT) {
        bound.is_int = true;
        bound.number = (double)value.integer;
        bound.is_exact = value.integer >= -EXACT_MAX && value.integer <= EXACT_MAX;
    }
    stk_add_op(s, STK_GROUP_NUMBER, kind, keyword)->bound = bound;
    return STK_OK;
}

static enum stk_status read_minimum(struct stk_reading_schema *s, const char *keyword,
                                    struct stk_value value)
{
    return read_bound(s, keyword, value, STK_KEYWORD_MINIMUM);
}

static enum stk_status read_maximum(struct stk_reading_schema *s, const char *keyword,
                                    struct stk_value value)
{
    return read_bound(s, keyword, value, STK_KEYWORD_MAXIMUM);
}

static enum stk_status read_exclusive_minimum(struct stk_reading_schema *s,
                                              const char *keyword, struct stk_value value)
{
    return read_bound(s, keyword, value, STK_KEYWORD_EXCLUSIVE_MINIMUM);
}

static enum stk_status read_exclusive_maximum(struct stk_reading_schema *s,
                                              const char *keyword, struct stk_value value)
{
    return read_bound(s, keyword, value, STK_KEYWORD_EXCLUSIVE_MAXIMUM);
}

static enum stk_status read_multiple_of(struct stk_reading_schema *s, const char *keyword,
                                        struct stk_value value)
{
    if (!is_number(value)) {
        return stk_keyword_fail(s, keyword, value, "must be a number");
    }
    if (stk_value_compare_numbers(value, stk_value_int(0, 0)) <= 0) {
        return stk_keyword_fail(s, keyword, value, "must be greater than 0");
    }
    stk_add_op(s, STK_GROUP_NUMBER, STK_KEYWORD_MULTIPLE_OF, keyword)->value = value;
    return STK_OK;
}

/* ---- counts ---- */

enum stk_status stk_read_count(struct stk_reading_schema *s, const char *keyword,
                               struct stk_value value, enum stk_op_group group,
                               enum stk_op_kind kind)
{
    uint64_t count = 0;
    STK_TRY(count_of(s, keyword, value, &count));
    stk_add_op(s, group, kind, keyword)->count = count;
    return STK_OK;
}

#define COUNT(function, group, kind)                                                     \
    static enum stk_status function(struct stk_reading_schema *s, const char *keyword,   \
                                    struct stk_value value)                              \
    {                                                                                    \
        return stk_read_count(s, keyword, value, group, kind);                           \
    }
COUNT(read_min_length, STK_GROUP_STRING, STK_KEYWORD_MIN_LENGTH)
COUNT(read_max_length, STK_GROUP_STRING, STK_KEYWORD_MAX_LENGTH)
COUNT(read_min_items, STK_GROUP_ARRAY, STK_KEYWORD_MIN_ITEMS)
COUNT(read_max_items, STK_GROUP_ARRAY, STK_KEYWORD_MAX_ITEMS)
COUNT(read_min_properties, STK_GROUP_OBJECT, STK_KEYWORD_MIN_PROPERTIES)
COUNT(read_max_properties, STK_GROUP_OBJECT, STK_KEYWORD_MAX_PROPERTIES)
#undef COUNT

/* ---- strings ---- */

static enum stk_status read_pattern(struct stk_reading_schema *s, const char *keyword,
                                    struct stk_value value)
{
    const struct stk_regex *regex = NULL;
    STK_TRY(check_text(s, keyword, value));
    STK_TRY(regex_of(s, keyword, value, &regex));
    stk_add_op(s, STK_GROUP_STRING, STK_KEYWORD_PATTERN, keyword)->regex = regex;
    return STK_OK;
}

static enum stk_status read_format(struct stk_reading_schema *s, const char *keyword,
                                   struct stk_value value)
{
    STK_TRY(check_text(s, keyword, value));
    if (!s->c->assert_formats &&
        (s->vocabularies & STK_VOCABULARY_FORMAT_ASSERTION) == 0) {
        return STK_OK;
    }
    if (stk_text_is(value, "regex")) {
        (void)stk_add_op(s, STK_GROUP_STRING, STK_KEYWORD_FORMAT_REGEX, keyword);
        return STK_OK;
    }
    stk_format_check check = stk_format_find(stk_text_of(value));
    if (check != NULL) {
        stk_add_op(s, STK_GROUP_STRING, STK_KEYWORD_FORMAT, keyword)->format = check;
    }
    return STK_OK;
}

/* ---- arrays ---- */

static enum stk_status read_unique_items(struct stk_reading_schema *s,
                                         const char *keyword, struct stk_value value)
{
    if (stk_value_kind(value) != STK_VALUE_BOOL) {
        return stk_keyword_fail(s, keyword, value, "must be a boolean");
    }
    if (value.boolean) {
        (void)stk_add_op(s, STK_GROUP_ARRAY, STK_KEYWORD_UNIQUE_ITEMS, keyword);
    }
    return STK_OK;
}

/* Both keywords at whichever comes first. */
static enum stk_status read_items(struct stk_reading_schema *s, const char *keyword,
                                  struct stk_value value)
{
    const struct stk_value *prefix = stk_schema_get(s->pairs, "prefixItems");
    struct stk_items_rule rule = {0};
    (void)value;
    if (prefix != NULL && __builtin_strcmp(keyword, "items") == 0) {
        return STK_OK; /* read with prefixItems */
    }
    if (prefix != NULL) {
        STK_TRY(branches(s, "prefixItems", *prefix, &rule.prefix));
    }
    STK_TRY(read_case(s, "items", &rule.rest));
    stk_add_op(s, STK_GROUP_ARRAY, STK_KEYWORD_ITEMS, keyword)->items = rule;
    return STK_OK;
}

static enum stk_status read_contains(struct stk_reading_schema *s, const char *keyword,
                                     struct stk_value value)
{
    struct stk_contains_rule rule = {.least = 1, .most = UINT64_MAX};
    const struct stk_value *least = stk_schema_get(s->pairs, "minContains");
    const struct stk_value *most = stk_schema_get(s->pairs, "maxContains");
    bool counts = (s->vocabularies & STK_VOCABULARY_VALIDATION) != 0;
    STK_TRY(stk_subschema(s, keyword, stk_span_of(NULL, 0), value, &rule.node));
    if (least != NULL && counts) {
        STK_TRY(count_of(s, "minContains", *least, &rule.least));
    }
    if (most != NULL && counts) {
        STK_TRY(count_of(s, "maxContains", *most, &rule.most));
    }
    stk_add_op(s, STK_GROUP_ARRAY, STK_KEYWORD_CONTAINS, keyword)->contains = rule;
    return STK_OK;
}

static enum stk_status read_unevaluated_items(struct stk_reading_schema *s,
                                              const char *keyword, struct stk_value value)
{
    return stk_subschema(s, keyword, stk_span_of(NULL, 0), value,
                         &s->node.ops[STK_GROUP_ARRAY].unevaluated);
}

/* ---- objects ---- */

static enum stk_status read_unevaluated_properties(struct stk_reading_schema *s,
                                                   const char *keyword,
                                                   struct stk_value value)
{
    return stk_subschema(s, keyword, stk_span_of(NULL, 0), value,
                         &s->node.ops[STK_GROUP_OBJECT].unevaluated);
}

static enum stk_status read_property_names(struct stk_reading_schema *s,
                                           const char *keyword, struct stk_value value)
{
    uint32_t node = 0;
    STK_TRY(stk_subschema(s, keyword, stk_span_of(NULL, 0), value, &node));
    stk_add_op(s, STK_GROUP_OBJECT, STK_KEYWORD_PROPERTY_NAMES, keyword)->node = node;
    return STK_OK;
}

static enum stk_status fill_properties(struct stk_reading_schema *s,
                                       const struct stk_value *properties,
                                       struct stk_properties_rule *rule)
{
    for (size_t i = 0; properties != NULL && i < properties->pairs->n; i++) {
        const struct stk_pair *pair = &properties->pairs->list[i];
        uint32_t node = 0;
        STK_TRY(
            stk_subschema(s, "properties", stk_text_of(pair->key), pair->value, &node));
        stk_names_add(&rule->names, pair->key)->node = node;
    }
    return STK_OK;
}

static enum stk_status check_names(struct stk_reading_schema *s, const char *keyword,
                                   struct stk_value value)
{
    bool good = stk_value_kind(value) == STK_VALUE_LIST;
    for (size_t i = 0; good && i < value.items->n; i++) {
        good = stk_value_kind(value.items->list[i]) == STK_VALUE_STR;
    }
    return good ? STK_OK
                : stk_keyword_fail(s, keyword, value, "must be an array of strings");
}

static void fill_required(const struct stk_value *required,
                          struct stk_properties_rule *rule)
{
    for (size_t i = 0; required != NULL && i < required->items->n; i++) {
        struct stk_property *p = stk_names_add(&rule->names, required->items->list[i]);
        rule->n_required += p->required ? 0 : 1;
        p->required = true;
    }
}

static enum stk_status fill_patterns(struct stk_reading_schema *s,
                                     const struct stk_value *patterns,
                                     struct stk_properties_rule *rule)
{
    if (patterns == NULL) {
        return STK_OK;
    }
    size_t n = patterns->pairs->n;
    rule->patterns = stk_arena_array(&s->c->schema->arena, n, sizeof *rule->patterns);
    if (rule->patterns == NULL) {
        return STK_E_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        const struct stk_pair *pair = &patterns->pairs->list[i];
        struct stk_pattern_rule *p = &rule->patterns[rule->n_patterns++];
        STK_TRY(regex_of(s, "patternProperties", pair->key, &p->regex));
        STK_TRY(stk_subschema(s, "patternProperties", stk_text_of(pair->key), pair->value,
                              &p->node));
    }
    return STK_OK;
}

static const struct stk_value *applicator(struct stk_reading_schema *s,
                                          const char *keyword, uint32_t vocabulary)
{
    return (s->vocabularies & vocabulary) != 0 ? stk_schema_get(s->pairs, keyword) : NULL;
}

/* Four keywords in one rule, read at whichever comes first. */
static enum stk_status read_properties(struct stk_reading_schema *s)
{
    const struct stk_value *properties =
        applicator(s, "properties", STK_VOCABULARY_APPLICATOR);
    const struct stk_value *patterns =
        applicator(s, "patternProperties", STK_VOCABULARY_APPLICATOR);
    const struct stk_value *rest =
        applicator(s, "additionalProperties", STK_VOCABULARY_APPLICATOR);
    const struct stk_value *required =
        applicator(s, "required", STK_VOCABULARY_VALIDATION);
    if (properties == NULL && patterns == NULL && rest == NULL && required == NULL) {
        return STK_OK;
    }
    if (properties != NULL) {
        STK_TRY(check_defs(s, "properties", *properties));
    }
    if (patterns != NULL) {
        STK_TRY(check_defs(s, "patternProperties", *patterns));
    }
    if (required != NULL) {
        STK_TRY(check_names(s, "required", *required));
    }
    struct stk_properties_rule *rule =
        stk_arena_alloc(&s->c->schema->arena, sizeof *rule);
    if (rule == NULL) {
        return STK_E_NOMEM;
    }
    size_t n = (properties != NULL ? properties->pairs->n : 0) +
               (required != NULL ? required->items->n : 0);
    STK_TRY(stk_names_init(&rule->names, &s->c->schema->arena, n));
    STK_TRY(fill_properties(s, properties, rule));
    fill_required(required, rule);
    stk_names_spread(&rule->names);
    STK_TRY(fill_patterns(s, patterns, rule));
    rule->rest = STK_NO_NODE;
    if (rest != NULL) {
        STK_TRY(stk_subschema(s, "additionalProperties", stk_span_of(NULL, 0), *rest,
                              &rule->rest));
    }
    rule->others = rule->n_patterns == 0 ? rule->rest : STK_NO_NODE;
    for (size_t i = 0; i < rule->names.n; i++) {
        struct stk_property *p = &rule->names.list[i];
        p->node = p->node == STK_NO_NODE ? rule->others : p->node;
    }
    stk_add_op(s, STK_GROUP_OBJECT, STK_KEYWORD_PROPERTIES, "properties")->properties =
        rule;
    return STK_OK;
}

static enum stk_status names_of(struct stk_reading_schema *s, struct stk_value value,
                                struct stk_dependent *dependent)
{
    STK_TRY(check_names(s, "dependentRequired", value));
    dependent->n_names = value.items->n;
    dependent->names = stk_arena_array(&s->c->schema->arena, dependent->n_names,
                                       sizeof *dependent->names);
    if (dependent->names == NULL) {
        return STK_E_NOMEM;
    }
    for (size_t i = 0; i < dependent->n_names; i++) {
        struct stk_value name = value.items->list[i];
        dependent->names[i] =
            (struct stk_property){.name = stk_text_of(name), .hash = name.text->hash};
    }
    return STK_OK;
}

static enum stk_status read_dependents(struct stk_reading_schema *s, const char *keyword,
                                       struct stk_value value, enum stk_op_kind kind)
{
    struct stk_dependents found = {0};
    STK_TRY(check_defs(s, keyword, value));
    found.list =
        stk_arena_array(&s->c->schema->arena, value.pairs->n, sizeof *found.list);
    if (found.list == NULL) {
        return STK_E_NOMEM;
    }
    for (size_t i = 0; i < value.pairs->n; i++) {
        const struct stk_pair *pair = &value.pairs->list[i];
        struct stk_dependent *d = &found.list[found.n++];
        d->name = stk_text_of(pair->key);
        d->hash = pair->key.text->hash;
        STK_TRY(kind == STK_KEYWORD_DEPENDENT_SCHEMAS
                    ? stk_subschema(s, keyword, d->name, pair->value, &d->node)
                    : names_of(s, pair->value, d));
    }
    stk_add_op(s, STK_GROUP_OBJECT, kind, keyword)->dependents = found;
    return STK_OK;
}

static enum stk_status read_dependent_required(struct stk_reading_schema *s,
                                               const char *keyword,
                                               struct stk_value value)
{
    return read_dependents(s, keyword, value, STK_KEYWORD_DEPENDENT_REQUIRED);
}

static enum stk_status read_dependent_schemas(struct stk_reading_schema *s,
                                              const char *keyword, struct stk_value value)
{
    return read_dependents(s, keyword, value, STK_KEYWORD_DEPENDENT_SCHEMAS);
}

/* ---- the table ---- */

/* In the order in which they are asked, the cheap ones first. */
static const struct {
    const char *keyword;
    uint32_t vocabulary;
    enum stk_status (*read)(struct stk_reading_schema *s, const char *keyword,
                            struct stk_value value);
} keywords[] = {
    {"$id", STK_VOCABULARY_CORE, check_text},
    {"$schema", STK_VOCABULARY_CORE, check_text},
    {"$anchor", STK_VOCABULARY_CORE, check_text},
    {"$dynamicAnchor", STK_VOCABULARY_CORE, check_text},
    {"$comment", STK_VOCABULARY_CORE, check_text},
    {"$vocabulary", STK_VOCABULARY_CORE, check_defs},
    {"$defs", STK_VOCABULARY_CORE, check_defs},
    {"type", STK_VOCABULARY_VALIDATION, read_type},
    {"const", STK_VOCABULARY_VALIDATION, read_const},
    {"enum", STK_VOCABULARY_VALIDATION, read_enum},
    {"minimum", STK_VOCABULARY_VALIDATION, read_minimum},
    {"maximum", STK_VOCABULARY_VALIDATION, read_maximum},
    {"exclusiveMinimum", STK_VOCABULARY_VALIDATION, read_exclusive_minimum},
    {"exclusiveMaximum", STK_VOCABULARY_VALIDATION, read_exclusive_maximum},
    {"multipleOf", STK_VOCABULARY_VALIDATION, read_multiple_of},
    {"minLength", STK_VOCABULARY_VALIDATION, read_min_length},
    {"maxLength", STK_VOCABULARY_VALIDATION, read_max_length},
    {"pattern", STK_VOCABULARY_VALIDATION, read_pattern},
    {"format", STK_VOCABULARY_FORMAT_ANNOTATION | STK_VOCABULARY_FORMAT_ASSERTION,
     read_format},
    {"minItems", STK_VOCABULARY_VALIDATION, read_min_items},
    {"maxItems", STK_VOCABULARY_VALIDATION, read_max_items},
    {"uniqueItems", STK_VOCABULARY_VALIDATION, read_unique_items},
    {"prefixItems", STK_VOCABULARY_APPLICATOR, read_items},
    {"items", STK_VOCABULARY_APPLICATOR, read_items},
    {"contains", STK_VOCABULARY_APPLICATOR, read_contains},
    {"minProperties", STK_VOCABULARY_VALIDATION, read_min_properties},
    {"maxProperties", STK_VOCABULARY_VALIDATION, read_max_properties},
    {"propertyNames", STK_VOCABULARY_APPLICATOR, read_property_names},
    {"dependentRequired", STK_VOCABULARY_VALIDATION, read_dependent_required},
    {"dependentSchemas", STK_VOCABULARY_APPLICATOR, read_dependent_schemas},
    {"$ref", STK_VOCABULARY_CORE, read_ref},
    {"$dynamicRef", STK_VOCABULARY_CORE, read_dynamic_ref},
    {"allOf", STK_VOCABULARY_APPLICATOR, read_all_of},
    {"anyOf", STK_VOCABULARY_APPLICATOR, read_any_of},
    {"oneOf", STK_VOCABULARY_APPLICATOR, read_one_of},
    {"not", STK_VOCABULARY_APPLICATOR, read_not},
    {"if", STK_VOCABULARY_APPLICATOR, read_if},
    {"unevaluatedItems", STK_VOCABULARY_UNEVALUATED, read_unevaluated_items},
    {"unevaluatedProperties", STK_VOCABULARY_UNEVALUATED, read_unevaluated_properties},
};

enum stk_status stk_compile_keywords(struct stk_reading_schema *s)
{
    STK_TRY(read_properties(s));
    for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++) {
        const struct stk_value *value = stk_schema_get(s->pairs, keywords[i].keyword);
        if (value != NULL && (s->vocabularies & keywords[i].vocabulary) != 0) {
            STK_TRY(keywords[i].read(s, keywords[i].keyword, *value));
        }
    }
    return (s->vocabularies & STK_VOCABULARY_VALUES) != 0 ? stk_compile_vocabulary(s)
                                                          : STK_OK;
}
