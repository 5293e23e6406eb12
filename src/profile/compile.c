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
static const char *where(struct stk_compiler *c, uint32_t resource, const char *pointer)
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
    *node = (struct stk_node){.types = STK_TYPE_ANY,
                              .resource = resource,
                              .unevaluated_items = STK_NO_NODE,
                              .unevaluated_properties = STK_NO_NODE};
    return node;
}

/* The operations, group after group, in the schema's arena. */
static enum stk_status settle(struct stk_reading_schema *s)
{
    size_t n = 0;
    for (int group = 0; group < STK_GROUPS; group++) {
        n += s->node.n_ops[group];
    }
    struct stk_op *ops = stk_arena_array(&s->c->schema->arena, n, sizeof *ops);
    if (ops == NULL) {
        return STK_E_NOMEM;
    }
    s->node.ops = ops;
    for (int group = 0; group < STK_GROUPS; group++) {
        for (size_t i = 0; i < s->node.n_ops[group]; i++) {
            *ops++ = s->ops[group][i];
        }
    }
    return STK_OK;
}

static enum stk_status compile_object(struct stk_compiler *c, struct stk_value schema,
                                      uint32_t resource, const char *pointer,
                                      uint32_t node)
{
    struct stk_reading_schema *s = stk_new(c->schema->alloc, sizeof *s);
    if (s == NULL) {
        return STK_E_NOMEM;
    }
    *s = (struct stk_reading_schema){
        .c = c, .pairs = schema.pairs, .resource = resource, .pointer = pointer};
    (void)blank(&s->node, resource);
    s->node.where = where(c, resource, pointer);
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
        c->schema->nodes[node] = s->node;
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
        node->is_false = !schema.boolean;
        node->where = where(c, resource, pointer);
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
    STK_TRY(stk_map_put(&c->by_pairs, key, *ret_node, &added));
    STK_TRY(stk_map_put(&c->entered, resource, 1, &added));
    return compile_object(c, schema, resource, pointer, *ret_node);
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
    stk_free(alloc, schema->nodes, schema->cap_nodes * sizeof *schema->nodes);
    stk_arena_release(&schema->arena);
    stk_free(alloc, schema, sizeof *schema);
}
