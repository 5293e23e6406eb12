/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/state.h"

/* ---- nodes ---- */

static enum stk_status add_node(struct stk_compiler *c, uint32_t *ret_node)
{
    struct stk_schema *schema = c->schema;
    void *nodes = schema->nodes;
    STK_TRY(stk_grow(schema->alloc, &nodes, &schema->cap_nodes, sizeof *schema->nodes,
                     schema->n_nodes + 1, STK_NO_NODE - 1));
    schema->nodes = nodes;
    *ret_node = (uint32_t)schema->n_nodes++;
    schema->nodes[*ret_node] = (struct stk_node){0};
    return STK_OK;
}

/* URI, # and pointer. */
const char *stk_schema_where(struct stk_compiler *c, uint32_t resource,
                             const char *pointer)
{
    struct stk_span uri = c->library->resources[resource].uri;
    size_t len = __builtin_strlen(pointer);
    char *text = stk_arena_alloc(&c->schema->arena, uri.len + 2 + len);
    if (text != NULL) {
        stk_copy(text, uri.data, uri.len);
        text[uri.len] = '#';
        stk_copy(text + uri.len + 1, pointer, len);
    }
    return text;
}

static const struct stk_node *blank(struct stk_node *node, uint32_t resource)
{
    *node = (struct stk_node){.types = STK_TYPE_ANY, .resource = resource};
    for (int group = 0; group < STK_GROUPS; group++) {
        node->ops[group].unevaluated = STK_NO_NODE;
    }
    return node;
}

/* The types of the instances of a group. */
static uint32_t types_of(enum stk_op_group group)
{
    switch (group) {
    case STK_GROUP_NUMBER:
        return STK_TYPE_INTEGER | STK_TYPE_NUMBER;
    case STK_GROUP_STRING:
        return STK_TYPE_STRING;
    case STK_GROUP_ARRAY:
        return STK_TYPE_ARRAY;
    case STK_GROUP_OBJECT: /* with names that are no texts it is none to JSON */
        return STK_TYPE_OBJECT | STK_TYPE_OTHER;
    case STK_GROUP_OTHER:
        return STK_TYPE_OTHER;
    case STK_GROUP_ANY:
    case STK_GROUPS:
        break;
    }
    return STK_TYPE_NULL | STK_TYPE_BOOLEAN;
}

/* Takes over those that are, or are not, assertions. */
static struct stk_op *take(const struct stk_reading_schema *s, enum stk_op_group group,
                           bool assertions, struct stk_op *to)
{
    for (size_t i = 0; i < s->n_ops[group]; i++) {
        if ((s->ops[group][i].holds != NULL) == assertions) {
            *to++ = s->ops[group][i];
        }
    }
    return to;
}

/* The operations of one group, and those of any, in the schema's arena. */
static enum stk_status settle_group(struct stk_reading_schema *s, enum stk_op_group group)
{
    struct stk_ops *ops = &s->node.ops[group];
    bool has_own = group != STK_GROUP_ANY;
    size_t n = s->n_ops[STK_GROUP_ANY] + (has_own ? s->n_ops[group] : 0);
    struct stk_op *list = stk_arena_array(&s->c->schema->arena, n, sizeof *list);
    if (list == NULL) {
        return STK_E_NOMEM;
    }
    struct stk_op *to = has_own ? take(s, group, true, list) : list;
    ops->list = list;
    to = take(s, STK_GROUP_ANY, true, to);
    ops->applicators = to;
    to = has_own ? take(s, group, false, to) : to;
    ops->end = take(s, STK_GROUP_ANY, false, to);
    ops->applies = ops->applicators != ops->end || ops->unevaluated != STK_NO_NODE;
    return STK_OK;
}

/* The types that a branch of an anyOf takes without a question, where nothing else is
 * asked. Not of those whose parts other branches may have looked at. */
static uint32_t settled_by_any_of(const struct stk_reading_schema *s)
{
    const struct stk_op *op = &s->ops[STK_GROUP_ANY][0];
    uint32_t types = 0;
    if (s->n_ops[STK_GROUP_ANY] != 1 || op->kind != STK_KEYWORD_ANY_OF) {
        return 0;
    }
    for (size_t i = 0; i < op->branches.n; i++) {
        types |= s->c->schema->nodes[op->branches.list[i]].settled;
    }
    return types & ~(uint32_t)(STK_TYPE_ARRAY | STK_TYPE_OBJECT);
}

static enum stk_status settle(struct stk_reading_schema *s)
{
    struct stk_node *node = &s->node;
    uint32_t any_of = settled_by_any_of(s);
    uint32_t more = 0;
    for (int group = 0; group < STK_GROUPS; group++) {
        STK_TRY(settle_group(s, (enum stk_op_group)group));
        bool asks = node->ops[group].list != node->ops[group].applicators ||
                    node->ops[group].applies;
        bool alone = group == STK_GROUP_ANY || s->n_ops[group] == 0;
        uint32_t types = asks ? types_of((enum stk_op_group)group) : 0;
        more |= alone ? types & ~any_of : types;
    }
    node->settled = node->types & ~more;
    return STK_OK;
}

/* A schema that only refers to another one of its resource is that other one. */
static void follow_alias(const struct stk_reading_schema *s, uint32_t *node)
{
    const struct stk_op *op = &s->ops[STK_GROUP_ANY][0];
    bool is_alias = s->node.types == STK_TYPE_ANY && s->n_ops[STK_GROUP_ANY] == 1 &&
                    op->kind == STK_KEYWORD_REF &&
                    s->c->schema->nodes[op->node].resource == s->resource;
    for (int group = 0; group < STK_GROUPS; group++) {
        is_alias = is_alias && (group == STK_GROUP_ANY || s->n_ops[group] == 0) &&
                   s->node.ops[group].unevaluated == STK_NO_NODE;
    }
    *node = is_alias ? op->node : *node;
}

static enum stk_status compile_object(struct stk_compiler *c, struct stk_value schema,
                                      uint32_t resource, const char *pointer,
                                      uint32_t *node)
{
    struct stk_reading_schema *s = stk_new(c->schema->alloc, sizeof *s);
    if (s == NULL) {
        return STK_E_NOMEM;
    }
    *s = (struct stk_reading_schema){
        .c = c, .pairs = schema.pairs, .resource = resource, .pointer = pointer};
    (void)blank(&s->node, resource);
    s->node.where = stk_schema_where(c, resource, pointer);
    enum stk_status status = s->node.where == NULL ? STK_E_NOMEM : STK_OK;
    if (status == STK_OK) {
        status = stk_dialect_of(c->library, resource, &s->vocabularies, c->error);
    }
    if (status == STK_OK) {
        status = stk_compile_keywords(s);
    }
    if (status == STK_OK) {
        status = settle(s);
    }
    if (status == STK_OK) {
        c->schema->nodes[*node] = s->node;
        follow_alias(s, node);
    }
    stk_free(c->schema->alloc, s, sizeof *s);
    return status;
}

enum stk_status stk_compile(struct stk_compiler *c, struct stk_value schema,
                            uint32_t resource, const char *pointer, uint32_t *ret_node)
{
    uint64_t known = 0;
    bool added = false;
    if (stk_value_kind(schema) == STK_VALUE_BOOL) {
        STK_TRY(add_node(c, ret_node));
        struct stk_node *node = &c->schema->nodes[*ret_node];
        (void)blank(node, resource);
        node->types = node->settled = schema.boolean ? STK_TYPE_ANY : 0;
        node->where = stk_schema_where(c, resource, pointer);
        return node->where == NULL ? STK_E_NOMEM : STK_OK;
    }
    if (stk_value_kind(schema) != STK_VALUE_DICT) {
        return stk_schema_fail(c->library, c->error, resource, pointer, schema.off,
                               "a schema is an object or a boolean, not %s",
                               stk_type_words(schema));
    }
    uint64_t key = (uint64_t)(uintptr_t)schema.pairs;
    if (stk_map_get(&c->by_pairs, key, &known)) {
        *ret_node = (uint32_t)known;
        return STK_OK;
    }
    const struct stk_place *place = stk_library_place(c->library, schema);
    if (place != NULL) {
        resource = place->resource;
        pointer = place->pointer;
    }
    STK_TRY(add_node(c, ret_node));
    c->schema->nodes[*ret_node].resource = resource;
    STK_TRY(stk_map_put(&c->by_pairs, key, *ret_node, &added));
    STK_TRY(stk_map_put(&c->entered, resource, 1, &added));
    uint32_t node = *ret_node;
    STK_TRY(compile_object(c, schema, resource, pointer, ret_node));
    return *ret_node == node ? STK_OK : stk_map_put(&c->by_pairs, key, *ret_node, &added);
}

/* ---- dynamic references ---- */

/* The anchor may be in the dynamic scope: its resource is entered by some schema. */
static bool may_lead_to(const struct stk_compiler *c, const struct stk_anchor *anchor,
                        const struct stk_dynamic *dynamic)
{
    uint64_t value = 0;
    return anchor->dynamic && stk_span_equal(anchor->name, dynamic->name) &&
           stk_map_get(&c->entered, anchor->resource, &value);
}

/* The places of one name in all resources that have it. Compiling one may lead to other
 * resources: asked again until nothing is new. */
static enum stk_status complete(struct stk_compiler *c, struct stk_dynamic *dynamic,
                                bool *ret_more)
{
    const struct stk_library *library = c->library;
    size_t n = 0;
    for (size_t i = 0; i < library->n_anchors; i++) {
        n += may_lead_to(c, &library->anchors[i], dynamic) ? 1 : 0;
    }
    if (n == dynamic->n) {
        return STK_OK;
    }
    dynamic->list = stk_arena_array(&c->schema->arena, n, sizeof *dynamic->list);
    if (dynamic->list == NULL) {
        return STK_E_NOMEM;
    }
    dynamic->n = 0;
    for (size_t i = 0; i < library->n_anchors && dynamic->n < n; i++) {
        struct stk_anchor a = library->anchors[i];
        if (may_lead_to(c, &a, dynamic)) {
            dynamic->list[dynamic->n].resource = a.resource;
            STK_TRY(stk_compile(c, a.schema, a.resource, "",
                                &dynamic->list[dynamic->n].node));
            dynamic->n++;
        }
    }
    *ret_more = true;
    return STK_OK;
}

static enum stk_status complete_all(struct stk_compiler *c)
{
    bool more = true;
    while (more) {
        more = false;
        for (size_t i = 0; i < c->n_dynamics; i++) {
            STK_TRY(complete(c, c->dynamics[i], &more));
        }
    }
    return STK_OK;
}

/* ---- life ---- */

static enum stk_status compile_root(struct stk_compiler *c, struct stk_span uri)
{
    struct stk_target target;
    /* The URI is absolute: whatever it is seen from, it names the same. */
    STK_TRY(stk_library_resolve(c->library, 0, uri, &target, c->error));
    STK_TRY(
        stk_compile(c, target.schema, target.resource, target.pointer, &c->schema->root));
    STK_TRY(stk_compile_message(c, target.schema, target.resource, c->schema->root));
    return complete_all(c);
}

enum stk_status stk_schema_new(struct stk_library *library, struct stk_span uri,
                               const struct stk_schema_options *options,
                               struct stk_schema **ret_schema,
                               struct stk_schema_error *ret_error)
{
    struct stk_schema *schema = stk_new(library->alloc, sizeof *schema);
    if (schema == NULL) {
        return STK_E_NOMEM;
    }
    schema->alloc = library->alloc;
    stk_arena_init(&schema->arena, library->alloc, SIZE_MAX);
    struct stk_compiler c = {.library = library,
                             .schema = schema,
                             .assert_formats = options->assert_formats,
                             .error = ret_error};
    stk_map_init(&c.by_pairs, library->alloc, SIZE_MAX, 4);
    stk_map_init(&c.entered, library->alloc, SIZE_MAX, 5);
    enum stk_status status = compile_root(&c, uri);
    stk_map_release(&c.by_pairs);
    stk_map_release(&c.entered);
    stk_free(library->alloc, c.dynamics, c.cap_dynamics * sizeof *c.dynamics);
    if (status != STK_OK) {
        stk_schema_free(schema);
        return status;
    }
    *ret_schema = schema;
    return STK_OK;
}

void stk_schema_free(struct stk_schema *schema)
{
    if (schema == NULL) {
        return;
    }
    const struct stk_alloc *alloc = schema->alloc;
    for (size_t i = 0; i < schema->n_regexes; i++) {
        stk_regex_free(schema->regexes[i]);
    }
    stk_free(alloc, schema->regexes, schema->cap_regexes * sizeof *schema->regexes);
    stk_free(alloc, schema->names, schema->cap_names * sizeof *schema->names);
    stk_free(alloc, schema->nodes, schema->cap_nodes * sizeof *schema->nodes);
    stk_arena_release(&schema->arena);
    stk_free(alloc, schema, sizeof *schema);
}

/* ---- names ---- */

enum stk_status stk_schema_name(struct stk_compiler *c, const struct stk_name_list *names,
                                enum stk_named named)
{
    struct stk_schema *schema = c->schema;
    void *array = schema->names;
    STK_TRY(stk_grow(schema->alloc, &array, &schema->cap_names, sizeof *schema->names,
                     schema->n_names + names->n, SIZE_MAX / sizeof *schema->names));
    schema->names = array;
    for (size_t i = 0; i < names->n; i++) {
        schema->names[schema->n_names++] =
            (struct stk_schema_name){.module = names->list[i].module,
                                     .qualified = names->list[i].qualified,
                                     .named = named};
    }
    return STK_OK;
}

const struct stk_schema_name *stk_schema_names(const struct stk_schema *schema,
                                               size_t *ret_n)
{
    *ret_n = schema->n_names;
    return schema->names;
}
