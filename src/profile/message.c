/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/message.h"

#include "profile/state.h"

#define FRAMES_MAX 64

/* A place of the message rule, for errors and subschemas. */
struct spot {
    struct stk_compiler *c;
    uint32_t resource;
    const char *pointer;
};

static enum stk_status fail(const struct spot *at, struct stk_value value,
                            const char *reason)
{
    return stk_schema_fail(at->c->library, at->c->error, at->resource, at->pointer,
                           value.off, "%s", reason);
}

static enum stk_status enter(const struct spot *at, const char *token, struct spot *ret)
{
    *ret = *at;
    ret->pointer = stk_pointer_join(&at->c->schema->arena, at->pointer,
                                    stk_span_of(token, __builtin_strlen(token)));
    return ret->pointer == NULL ? STK_E_NOMEM : STK_OK;
}

static enum stk_status enter_item(const struct spot *at, size_t i, struct spot *ret)
{
    *ret = *at;
    ret->pointer = stk_pointer_index(&at->c->schema->arena, at->pointer, i);
    return ret->pointer == NULL ? STK_E_NOMEM : STK_OK;
}

static bool take_number(struct stk_value value, uint64_t *ret_number)
{
    *ret_number =
        value.kind == STK_VALUE_INT && value.integer >= 0 ? (uint64_t)value.integer : 0;
    return value.kind == STK_VALUE_INT && value.integer >= 0;
}

/* ---- frames ---- */

static enum stk_status read_wire(const struct spot *at, struct stk_value value,
                                 struct stk_frame_rule *rule)
{
    static const struct {
        const char *name;
        enum stk_frame_wire wire;
    } wires[] = {
        {"pickle", STK_FRAME_PICKLE},   {"json", STK_FRAME_JSON},
        {"msgpack", STK_FRAME_MSGPACK}, {"raw", STK_FRAME_RAW},
        {"literal", STK_FRAME_LITERAL}, {"delimiter", STK_FRAME_DELIMITER},
    };
    for (size_t i = 0; i < sizeof wires / sizeof wires[0]; i++) {
        if (stk_text_is(value, wires[i].name)) {
            rule->wire = wires[i].wire;
            return STK_OK;
        }
    }
    return fail(at, value, "no such wire");
}

static enum stk_status read_repeat(const struct spot *at, struct stk_value value,
                                   struct stk_frame_rule *rule)
{
    bool good = value.kind == STK_VALUE_LIST && value.items->n == 2 &&
                take_number(value.items->list[0], &rule->repeat_least) &&
                take_number(value.items->list[1], &rule->repeat_most) &&
                rule->repeat_least <= rule->repeat_most;
    return good ? STK_OK : fail(at, value, "must be [least, most]");
}

static enum stk_status read_member(const struct spot *at, struct stk_pair pair,
                                   struct stk_frame_rule *rule)
{
    struct spot inner;
    if (stk_text_is(pair.key, "wire")) {
        return read_wire(at, pair.value, rule);
    }
    if (stk_text_is(pair.key, "schema")) {
        STK_TRY(enter(at, "schema", &inner));
        return stk_compile(at->c, pair.value, inner.resource, inner.pointer, &rule->node);
    }
    if (stk_text_is(pair.key, "repeat")) {
        return read_repeat(at, pair.value, rule);
    }
    if (stk_text_is(pair.key, "text") && pair.value.kind == STK_VALUE_STR) {
        rule->text = stk_text_of(pair.value);
        return STK_OK;
    }
    if (stk_text_is(pair.key, "hmac")) {
        rule->hmac = stk_text_is(pair.value, "sha256");
        return rule->hmac ? STK_OK : fail(at, pair.value, "must be \"sha256\"");
    }
    bool known =
        (stk_text_is(pair.key, "minBytes") && take_number(pair.value, &rule->least)) ||
        (stk_text_is(pair.key, "maxBytes") && take_number(pair.value, &rule->most));
    return known ? STK_OK : fail(at, pair.value, "a frame has no such member");
}

static enum stk_status read_frame(const struct spot *at, struct stk_value value,
                                  uint32_t root, struct stk_frame_rule *rule)
{
    *rule = (struct stk_frame_rule){
        .node = root, .most = UINT64_MAX, .repeat_least = 1, .repeat_most = 1};
    if (value.kind != STK_VALUE_DICT) {
        return fail(at, value, "must be an object");
    }
    for (size_t i = 0; i < value.pairs->n; i++) {
        STK_TRY(read_member(at, value.pairs->list[i], rule));
    }
    if (rule->wire == STK_FRAME_ANY) {
        return fail(at, value, "has no `wire`");
    }
    if (rule->wire == STK_FRAME_LITERAL && stk_schema_get(value.pairs, "text") == NULL) {
        return fail(at, value, "a literal without its `text`");
    }
    if (rule->hmac && rule->wire != STK_FRAME_PICKLE && rule->wire != STK_FRAME_JSON &&
        rule->wire != STK_FRAME_MSGPACK && rule->wire != STK_FRAME_RAW) {
        return fail(at, value, "an HMAC of a frame that says itself what it is");
    }
    return STK_OK;
}

/* ---- relations ---- */

static enum stk_status read_pointer(const struct spot *at, struct stk_value object,
                                    const char *name, const char **ret_pointer)
{
    const struct stk_value *value = stk_schema_get(object.pairs, name);
    if (value == NULL || value->kind != STK_VALUE_STR) {
        return fail(at, object, "needs frame, shape and dtype");
    }
    *ret_pointer = stk_arena_text(&at->c->schema->arena, stk_text_of(*value));
    return *ret_pointer == NULL ? STK_E_NOMEM : STK_OK;
}

static bool frame_of(const struct stk_frame_list *list, struct stk_value object,
                     size_t *ret_frame)
{
    uint64_t number = 0;
    const struct stk_value *value = stk_schema_get(object.pairs, "frame");
    bool good = value != NULL && take_number(*value, &number) && number < list->n;
    *ret_frame = good ? (size_t)number : 0;
    return good;
}

static enum stk_status read_relation(const struct spot *at, struct stk_value value,
                                     const struct stk_frame_list *list,
                                     struct stk_frame_relation *relation)
{
    const struct stk_value *of =
        value.kind == STK_VALUE_DICT ? stk_schema_get(value.pairs, "lengthOf") : NULL;
    if (of == NULL || of->kind != STK_VALUE_DICT || value.pairs->n != 2 ||
        of->pairs->n != 3 || !frame_of(list, value, &relation->frame) ||
        !frame_of(list, *of, &relation->of)) {
        return fail(at, value, "needs frame and lengthOf, which name frames of the list");
    }
    if (list->list[relation->frame].repeat_most != 1 ||
        list->list[relation->of].repeat_most != 1 ||
        list->list[relation->frame].repeat_least != 1 ||
        list->list[relation->of].repeat_least != 1) {
        return fail(at, value, "is about a frame that repeats");
    }
    STK_TRY(read_pointer(at, *of, "shape", &relation->shape));
    return read_pointer(at, *of, "dtype", &relation->dtype);
}

/* ---- messages ---- */

static enum stk_status read_list(const struct spot *at, struct stk_value value,
                                 uint32_t root, struct stk_frame_list *list)
{
    struct stk_arena *arena = &at->c->schema->arena;
    const struct stk_value *frames =
        value.kind == STK_VALUE_DICT ? stk_schema_get(value.pairs, "frames") : NULL;
    const struct stk_value *relations =
        frames == NULL ? NULL : stk_schema_get(value.pairs, "relations");
    struct spot inner;
    struct spot item;
    if (frames == NULL || frames->kind != STK_VALUE_LIST || frames->items->n == 0 ||
        frames->items->n > FRAMES_MAX ||
        value.pairs->n != 1 + (size_t)(relations != NULL)) {
        return fail(at, value, "has `frames`, 1 to 64 of them, and `relations`");
    }
    struct stk_frame_rule *rules =
        stk_arena_array(arena, frames->items->n, sizeof *rules);
    if (rules == NULL) {
        return STK_E_NOMEM;
    }
    *list = (struct stk_frame_list){.n = frames->items->n, .list = rules};
    list->where = stk_schema_where(at->c, at->resource, at->pointer);
    STK_TRY(list->where == NULL ? STK_E_NOMEM : enter(at, "frames", &inner));
    for (size_t i = 0; i < list->n; i++) {
        STK_TRY(enter_item(&inner, i, &item));
        STK_TRY(read_frame(&item, frames->items->list[i], root, &rules[i]));
    }
    if (relations == NULL) {
        return STK_OK;
    }
    STK_TRY(enter(at, "relations", &inner));
    if (relations->kind != STK_VALUE_LIST) {
        return fail(&inner, *relations, "must be an array");
    }
    struct stk_frame_relation *made =
        stk_arena_array(arena, relations->items->n, sizeof *made);
    if (made == NULL) {
        return STK_E_NOMEM;
    }
    list->relations = made;
    list->n_relations = relations->items->n;
    for (size_t i = 0; i < list->n_relations; i++) {
        STK_TRY(enter_item(&inner, i, &item));
        STK_TRY(read_relation(&item, relations->items->list[i], list, &made[i]));
    }
    return STK_OK;
}

static enum stk_status read_any_of(const struct spot *at, struct stk_value value,
                                   uint32_t root, struct stk_message_rule *rule)
{
    const struct stk_value *any_of = stk_schema_get(value.pairs, "anyOf");
    struct spot inner;
    struct spot item;
    if (any_of->kind != STK_VALUE_LIST || any_of->items->n == 0 || value.pairs->n != 1) {
        return fail(at, value, "`anyOf` is an array, and stands alone");
    }
    struct stk_frame_list *lists =
        stk_arena_array(&at->c->schema->arena, any_of->items->n, sizeof *lists);
    if (lists == NULL) {
        return STK_E_NOMEM;
    }
    STK_TRY(enter(at, "anyOf", &inner));
    for (size_t i = 0; i < any_of->items->n; i++) {
        STK_TRY(enter_item(&inner, i, &item));
        STK_TRY(read_list(&item, any_of->items->list[i], root, &lists[i]));
    }
    *rule = (struct stk_message_rule){.n = any_of->items->n, .list = lists};
    return STK_OK;
}

enum stk_status stk_compile_message(struct stk_compiler *c, struct stk_value root,
                                    uint32_t resource, uint32_t node)
{
    struct stk_message_rule *rule = stk_arena_alloc(&c->schema->arena, sizeof *rule);
    struct stk_frame_list *list = stk_arena_alloc(&c->schema->arena, sizeof *list);
    struct stk_frame_rule *frame = stk_arena_alloc(&c->schema->arena, sizeof *frame);
    struct spot at = {.c = c, .resource = resource, .pointer = "/message"};
    uint32_t vocabularies = 0;
    if (rule == NULL || list == NULL || frame == NULL) {
        return STK_E_NOMEM;
    }
    *frame = (struct stk_frame_rule){.wire = STK_FRAME_ANY,
                                     .node = node,
                                     .most = UINT64_MAX,
                                     .repeat_least = 1,
                                     .repeat_most = 1};
    *list = (struct stk_frame_list){.n = 1, .list = frame};
    *rule = (struct stk_message_rule){.n = 1, .list = list};
    c->schema->message = rule;
    const struct stk_value *value =
        root.kind == STK_VALUE_DICT ? stk_schema_get(root.pairs, "message") : NULL;
    STK_TRY(stk_dialect_of(c->library, resource, &vocabularies, c->error));
    if (value == NULL || (vocabularies & STK_VOCABULARY_VALUES) == 0) {
        return STK_OK;
    }
    if (value->kind != STK_VALUE_DICT) {
        return fail(&at, *value, "must be an object");
    }
    return stk_schema_get(value->pairs, "anyOf") != NULL
               ? read_any_of(&at, *value, node, rule)
               : read_list(&at, *value, node, list);
}

const struct stk_message_rule *stk_schema_message(const struct stk_schema *schema)
{
    return schema->message;
}
