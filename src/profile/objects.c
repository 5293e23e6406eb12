/* SPDX-License-Identifier: Apache-2.0
 *
 * stockade's applicators: objects of classes, dicts of any keys, sets, and messages that
 * texts and bytes carry.
 */
#include <stdarg.h>
#include <stdio.h>

#include "profile/run.h"
#include "wire/base64.h"
#include "wire/json.h"
#include "wire/msgpack.h"

/* ---- reading ---- */

static enum stk_status read_subschema(struct stk_reading_schema *s, const char *keyword,
                                      uint32_t *ret_node)
{
    const struct stk_value *value = stk_schema_get(s->pairs, keyword);
    *ret_node = STK_NO_NODE;
    return value == NULL
               ? STK_OK
               : stk_subschema(s, keyword, (struct stk_span){0}, *value, ret_node);
}

enum stk_status stk_read_keys(struct stk_reading_schema *s, const char *keyword,
                              struct stk_value value)
{
    uint32_t node = STK_NO_NODE;
    STK_TRY(stk_subschema(s, keyword, (struct stk_span){0}, value, &node));
    stk_add_op(s, STK_GROUP_OBJECT, STK_KEYWORD_KEYS, keyword)->node = node;
    return STK_OK;
}

enum stk_status stk_read_values(struct stk_reading_schema *s, const char *keyword,
                                struct stk_value value)
{
    uint32_t node = STK_NO_NODE;
    STK_TRY(stk_subschema(s, keyword, (struct stk_span){0}, value, &node));
    stk_add_op(s, STK_GROUP_OBJECT, STK_KEYWORD_VALUES, keyword)->node = node;
    return STK_OK;
}

/* Beside `class` it belongs to that. */
enum stk_status stk_read_elements(struct stk_reading_schema *s, const char *keyword,
                                  struct stk_value value)
{
    uint32_t node = STK_NO_NODE;
    if (stk_schema_get(s->pairs, "class") != NULL) {
        return STK_OK;
    }
    STK_TRY(stk_subschema(s, keyword, (struct stk_span){0}, value, &node));
    stk_add_op(s, STK_GROUP_OTHER, STK_KEYWORD_ELEMENTS, keyword)->node = node;
    return STK_OK;
}

static enum stk_status read_call(struct stk_reading_schema *s, uint32_t *ret_calls)
{
    const struct stk_value *value = stk_schema_get(s->pairs, "call");
    uint32_t new = 1u << STK_CALL_NEW | 1u << STK_CALL_NEW_EX;
    *ret_calls = value == NULL ? new : 0;
    if (value == NULL) {
        return STK_OK;
    }
    const struct stk_items one = {.n = 1, .list = value};
    const struct stk_items *items = value->kind == STK_VALUE_LIST ? value->items : &one;
    if (items->n == 0) {
        return stk_keyword_fail(s, "call", *value, "names nothing");
    }
    for (size_t i = 0; i < items->n; i++) {
        bool reduce = stk_text_is(items->list[i], "reduce");
        if (!reduce && !stk_text_is(items->list[i], "new")) {
            return stk_keyword_fail(s, "call", items->list[i],
                                    "must be \"new\", \"reduce\" or both");
        }
        *ret_calls |= reduce ? 1u << STK_CALL_REDUCE : new;
    }
    return STK_OK;
}

static enum stk_status read_members(struct stk_reading_schema *s,
                                    struct stk_class_rule *rule)
{
    const struct stk_value *value = stk_schema_get(s->pairs, "members");
    rule->is_enum = value != NULL;
    if (value == NULL) {
        return STK_OK;
    }
    if (value->kind != STK_VALUE_DICT || value->pairs->n == 0) {
        return stk_keyword_fail(s, "members", *value,
                                "must be an object of names and values");
    }
    struct stk_member_rule *list =
        stk_arena_array(&s->c->schema->arena, value->pairs->n, sizeof *list);
    if (list == NULL) {
        return STK_E_NOMEM;
    }
    for (size_t i = 0; i < value->pairs->n; i++) {
        const struct stk_pair *pair = &value->pairs->list[i];
        list[i] = (struct stk_member_rule){.name = stk_text_of(pair->key),
                                           .value = pair->value};
    }
    rule->members = list;
    rule->n_members = value->pairs->n;
    return STK_OK;
}

enum stk_status stk_read_class(struct stk_reading_schema *s, const char *keyword,
                               struct stk_value value)
{
    struct stk_class_rule *rule = stk_arena_alloc(&s->c->schema->arena, sizeof *rule);
    if (rule == NULL) {
        return STK_E_NOMEM;
    }
    STK_TRY(stk_read_names(s, keyword, value, &rule->names));
    STK_TRY(read_call(s, &rule->calls));
    STK_TRY(read_members(s, rule));
    STK_TRY(read_subschema(s, "state", &rule->state));
    STK_TRY(read_subschema(s, "arguments", &rule->arguments));
    STK_TRY(read_subschema(s, "keywords", &rule->keywords));
    STK_TRY(read_subschema(s, "elements", &rule->elements));
    STK_TRY(read_subschema(s, "entries", &rule->entries));
    STK_TRY(stk_schema_name(s->c, &rule->names,
                            rule->is_enum ? STK_NAMED_ENUM : STK_NAMED_CLASS));
    stk_add_op(s, STK_GROUP_ANY, STK_KEYWORD_CLASS, keyword)->class_rule = rule;
    return STK_OK;
}

static bool take_choice(const struct stk_value *value, const char *const *names, size_t n,
                        size_t *ret)
{
    for (*ret = 0; *ret < n; ++*ret) {
        if (stk_text_is(*value, names[*ret])) {
            return true;
        }
    }
    return false;
}

enum stk_status stk_read_nested(struct stk_reading_schema *s, const char *keyword,
                                struct stk_value value)
{
    static const char *const encodings[] = {"none", "base64", "hex"};
    static const char *const wires[] = {"pickle", "json", "msgpack"};
    struct stk_nested_rule *rule = stk_arena_alloc(&s->c->schema->arena, sizeof *rule);
    size_t choice = 0;
    if (rule == NULL) {
        return STK_E_NOMEM;
    }
    if (value.kind != STK_VALUE_DICT) {
        return stk_keyword_fail(s, keyword, value, "must be an object");
    }
    rule->most = UINT64_MAX;
    rule->node = STK_NO_NODE;
    bool has_wire = false;
    for (size_t i = 0; i < value.pairs->n; i++) {
        const struct stk_pair *pair = &value.pairs->list[i];
        bool good = false;
        if (stk_text_is(pair->key, "encoding")) {
            good = take_choice(&pair->value, encodings, 3, &choice);
            rule->encoding = (enum stk_nested_encoding)choice;
        } else if (stk_text_is(pair->key, "wire")) {
            has_wire = good = take_choice(&pair->value, wires, 3, &choice);
            rule->wire = (enum stk_nested_wire)choice;
        } else if (stk_text_is(pair->key, "maxBytes")) {
            good = pair->value.kind == STK_VALUE_INT && pair->value.integer >= 0;
            rule->most = good ? (uint64_t)pair->value.integer : 0;
        } else if (stk_text_is(pair->key, "schema")) {
            good = true;
            STK_TRY(stk_subschema(s, keyword, stk_span_of("schema", 6), pair->value,
                                  &rule->node));
        }
        if (!good) {
            return stk_keyword_fail(s, keyword, pair->value,
                                    "has encoding, wire, schema and maxBytes");
        }
    }
    if (!has_wire || rule->node == STK_NO_NODE) {
        return stk_keyword_fail(s, keyword, value, "needs wire and schema");
    }
    stk_add_op(s, STK_GROUP_STRING, STK_KEYWORD_NESTED, keyword)->nested = rule;
    stk_add_op(s, STK_GROUP_OTHER, STK_KEYWORD_NESTED, keyword)->nested = rule;
    return STK_OK;
}

/* ---- dicts and sets ---- */

bool stk_run_keys(struct stk_validation *v, const struct stk_look *l,
                  const struct stk_op *op)
{
    const struct stk_pairs *pairs = l->value->pairs;
    bool valid = true;
    for (size_t i = 0; i < pairs->n && stk_goes_on(v, valid); i++) {
        const struct stk_value *key = &pairs->list[i].key;
        valid = stk_check_part(v, l, op->node, key, key, 0) && valid;
    }
    return valid;
}

bool stk_run_values(struct stk_validation *v, const struct stk_look *l,
                    const struct stk_op *op)
{
    const struct stk_pairs *pairs = l->value->pairs;
    bool valid = true;
    for (size_t i = 0; i < pairs->n && stk_goes_on(v, valid); i++) {
        const struct stk_pair *pair = &pairs->list[i];
        valid = stk_check_part(v, l, op->node, &pair->value, &pair->key, 0) && valid;
        stk_seen_add(l->here->seen, i);
    }
    return valid;
}

/* Another value that stands in the same place: what an object is made of. */
static bool check_as(struct stk_validation *v, const struct stk_look *l, uint32_t node,
                     const struct stk_value *value)
{
    struct stk_view at = {.scope = l->here->scope, .way = l->here->way};
    return stk_check(v, node, value, &at);
}

bool stk_run_elements(struct stk_validation *v, const struct stk_look *l,
                      const struct stk_op *op)
{
    struct stk_value list = *l->value;
    if (list.kind != STK_VALUE_SET && list.kind != STK_VALUE_FROZENSET) {
        return true;
    }
    list.kind = STK_VALUE_LIST;
    return check_as(v, l, op->node, &list);
}

/* ---- objects ---- */

__attribute__((format(printf, 4, 5))) static bool refused(struct stk_validation *v,
                                                          const struct stk_look *l,
                                                          const struct stk_op *op,
                                                          const char *format, ...)
{
    char text[200];
    va_list args;
    if (v->most > 0) {
        va_start(args, format);
        (void)vsnprintf(text, sizeof text, format, args);
        va_end(args);
        stk_violated(v, l->node, op->keyword, *l->value, l->here->way, "%s", text);
    }
    return false;
}

static bool is_member(const struct stk_class_rule *rule, struct stk_value value,
                      bool by_name)
{
    bool gave_up = false;
    for (size_t i = 0; i < rule->n_members; i++) {
        const struct stk_member_rule *m = &rule->members[i];
        if (by_name ? value.kind == STK_VALUE_STR &&
                          stk_span_equal(stk_text_of(value), m->name)
                    : stk_value_equal(value, m->value, &gave_up)) {
            return true;
        }
    }
    return false;
}

static bool is_dunder(struct stk_span name)
{
    return name.len > 4 && name.data[name.len - 1] == '_' && name.data[0] == '_' &&
           name.data[1] == '_' && name.data[name.len - 2] == '_';
}

static const struct stk_pairs *pairs_of(const struct stk_value *value)
{
    return value->kind == STK_VALUE_DICT     ? value->pairs
           : value->kind == STK_VALUE_OBJECT ? &value->object->pairs
                                             : NULL;
}

/* A state is given to the instance's __dict__, of a pair the first, and the second to its
 * attributes: a name like __class__ would change what it is. */
static bool check_state_keys(struct stk_validation *v, const struct stk_look *l,
                             const struct stk_op *op, const struct stk_value *state)
{
    bool pair = state->kind == STK_VALUE_TUPLE && state->items->n == 2;
    const struct stk_value *parts = pair ? state->items->list : state;
    bool valid = true;
    for (size_t part = 0; part < (pair ? 2 : 1); part++) {
        const struct stk_pairs *pairs = pairs_of(&parts[part]);
        if (parts[part].kind == STK_VALUE_OBJECT &&
            parts[part].object->args.kind == STK_VALUE_TUPLE &&
            parts[part].object->args.items->n > 0) {
            /* OrderedDict([('__class__', …)]): keys that do not show. */
            valid = refused(v, l, op, "has a state that is called with arguments");
        }
        for (size_t i = 0; pairs != NULL && i < pairs->n; i++) {
            struct stk_value key = pairs->list[i].key;
            if (key.kind != STK_VALUE_STR) {
                valid = (state->kind != STK_VALUE_DICT ||
                         refused(v, l, op, "has a state with a key that is no text")) &&
                        valid;
            } else if (is_dunder(stk_text_of(key))) {
                struct stk_span name = stk_text_of(key);
                valid = refused(v, l, op, "has a state with the key %.*s",
                                (int)(name.len < 60 ? name.len : 60),
                                (const char *)name.data);
            }
        }
    }
    return valid;
}

/* Of (None, dict) and (dict, None) the dict. */
static const struct stk_value *state_of(const struct stk_object *object)
{
    const struct stk_value *state = &object->state;
    if (state->kind == STK_VALUE_TUPLE && state->items->n == 2) {
        const struct stk_value *pair = state->items->list;
        if (pair[0].kind == STK_VALUE_NONE && pair[1].kind == STK_VALUE_DICT) {
            return &pair[1];
        }
        if (pair[1].kind == STK_VALUE_NONE && pair[0].kind == STK_VALUE_DICT) {
            return &pair[0];
        }
    }
    return state;
}

static bool is_nothing(const struct stk_value *value)
{
    return value->kind == STK_VALUE_NONE ||
           (value->kind == STK_VALUE_DICT && value->pairs->n == 0) ||
           ((value->kind == STK_VALUE_LIST || value->kind == STK_VALUE_TUPLE) &&
            value->items->n == 0);
}

/* A part of the object, by its schema; without one there must be nothing. */
static bool check_piece(struct stk_validation *v, const struct stk_look *l,
                        const struct stk_op *op, uint32_t node,
                        const struct stk_value *value, const char *what)
{
    if (node == STK_NO_NODE) {
        return is_nothing(value) || refused(v, l, op, "has %s", what);
    }
    return check_as(v, l, node, value);
}

static bool check_state(struct stk_validation *v, const struct stk_look *l,
                        const struct stk_op *op, const struct stk_object *object)
{
    static const struct stk_pairs no_pairs = {.texts_only = true};
    struct stk_value none = {
        .kind = STK_VALUE_DICT, .off = l->value->off, .pairs = &no_pairs};
    const struct stk_value *state = object->has_state ? state_of(object) : &none;
    return check_state_keys(v, l, op, state) &&
           check_piece(v, l, op, op->class_rule->state, state, "a state");
}

static bool check_contents(struct stk_validation *v, const struct stk_look *l,
                           const struct stk_op *op, const struct stk_object *object)
{
    const struct stk_class_rule *rule = op->class_rule;
    const struct stk_items *elements =
        object->members.n > 0 ? &object->members : &object->items;
    struct stk_value list = {
        .kind = STK_VALUE_LIST, .off = l->value->off, .items = elements};
    struct stk_value dict = {
        .kind = STK_VALUE_DICT, .off = l->value->off, .pairs = &object->pairs};
    if (object->members.n > 0 && object->items.n > 0) {
        return refused(v, l, op, "has both items and members");
    }
    bool valid = check_piece(v, l, op, rule->elements, &list, "elements");
    return stk_goes_on(v, valid) &&
           check_piece(v, l, op, rule->entries, &dict, "entries") && valid;
}

static bool check_made(struct stk_validation *v, const struct stk_look *l,
                       const struct stk_op *op, const struct stk_object *object)
{
    const struct stk_class_rule *rule = op->class_rule;
    if ((rule->calls >> object->call & 1) == 0) {
        return refused(v, l, op, "was made by %s",
                       object->call == STK_CALL_REDUCE ? "calling its class"
                                                       : "another call than is allowed");
    }
    bool valid =
        check_piece(v, l, op, rule->arguments, &object->args, "constructor arguments");
    return stk_goes_on(v, valid) &&
           check_piece(v, l, op, rule->keywords, &object->kwargs, "keyword arguments") &&
           valid;
}

static bool run_object(struct stk_validation *v, const struct stk_look *l,
                       const struct stk_op *op)
{
    const struct stk_object *object = l->value->object;
    const struct stk_class_rule *rule = op->class_rule;
    const struct stk_name *type = object->type;
    if (!stk_names_have(&rule->names, type)) {
        return type == NULL
                   ? refused(v, l, op, "is an object of another class")
                   : refused(v, l, op, "is of the class %.*s.%.*s",
                             (int)(type->module.len < 80 ? type->module.len : 80),
                             (const char *)type->module.data,
                             (int)(type->qualified.len < 40 ? type->qualified.len : 40),
                             (const char *)type->qualified.data);
    }
    if (rule->is_enum) {
        return (l->value->kind == STK_VALUE_ENUM &&
                is_member(rule, object->member, object->by_name)) ||
               refused(v, l, op, "is none of the members that are allowed");
    }
    if (l->value->kind == STK_VALUE_ENUM) {
        return refused(v, l, op, "is a member, and no `members` are named");
    }
    bool valid = check_made(v, l, op, object);
    valid = stk_goes_on(v, valid) && check_state(v, l, op, object) && valid;
    return stk_goes_on(v, valid) && check_contents(v, l, op, object) && valid;
}

/* On a wire without classes the value is what the object is made of. */
static bool run_plain(struct stk_validation *v, const struct stk_look *l,
                      const struct stk_op *op)
{
    const struct stk_class_rule *rule = op->class_rule;
    uint32_t nodes[] = {rule->state, rule->entries, rule->elements, rule->arguments};
    if (rule->is_enum) {
        return is_member(rule, *l->value, true) || is_member(rule, *l->value, false) ||
               refused(v, l, op, "is none of the members that are allowed");
    }
    for (size_t i = 0; i < sizeof nodes / sizeof nodes[0]; i++) {
        if (nodes[i] != STK_NO_NODE) {
            return check_state_keys(v, l, op, l->value) &&
                   check_as(v, l, nodes[i], l->value);
        }
    }
    return is_nothing(l->value) ||
           refused(v, l, op, "has contents, and none are allowed");
}

bool stk_run_class(struct stk_validation *v, const struct stk_look *l,
                   const struct stk_op *op)
{
    if (l->value->kind >= STK_VALUE_OBJECT && l->value->kind <= STK_VALUE_PERSISTENT) {
        return run_object(v, l, op);
    }
    return v->plain ? run_plain(v, l, op)
                    : refused(v, l, op, "is %s and no object of the class",
                              stk_type_words(*l->value));
}

/* ---- nested messages ---- */

static int hex_digit(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    uint8_t lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* In the arena; false and *ret_reason set, or NULL where there is no memory. */
static bool decode_text(struct stk_validation *v, const struct stk_nested_rule *rule,
                        struct stk_span text, struct stk_span *ret_bytes,
                        const char **ret_reason)
{
    *ret_bytes = text;
    if (rule->encoding == STK_NESTED_NONE) {
        return true;
    }
    uint8_t *out = stk_arena_alloc(&v->arena, text.len);
    size_t n = 0;
    *ret_reason = NULL;
    if (out == NULL) {
        v->status = STK_E_NOMEM;
        v->gave_up = true;
        return false;
    }
    if (rule->encoding == STK_NESTED_BASE64) {
        size_t at = 0;
        *ret_reason = "no base64";
        bool good = stk_base64_decode(text, out, &n, &at);
        *ret_bytes = stk_span_of(out, n);
        return good;
    }
    *ret_reason = "no hex digits";
    for (size_t i = 0; i + 1 < text.len; i += 2) {
        int high = hex_digit(text.data[i]);
        int low = hex_digit(text.data[i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[n++] = (uint8_t)(high << 4 | low);
    }
    *ret_bytes = stk_span_of(out, n);
    return text.len % 2 == 0;
}

static enum stk_status decode_message(struct stk_validation *v,
                                      const struct stk_nested_rule *rule,
                                      struct stk_span bytes, struct stk_value *ret_value,
                                      const char **ret_reason)
{
    struct stk_json_options json = STK_JSON_OPTIONS_DEFAULT;
    struct stk_msgpack_options msgpack = STK_MSGPACK_OPTIONS_DEFAULT;
    struct stk_json_error json_error = {0};
    struct stk_msgpack_error msgpack_error = {0};
    enum stk_status status = STK_E_UNSUPPORTED;
    *ret_reason = "nobody here can look into it";
    switch (rule->wire) {
    case STK_NESTED_JSON:
        status = stk_json_decode(&v->arena, bytes, &json, ret_value, &json_error);
        *ret_reason = json_error.reason;
        break;
    case STK_NESTED_MSGPACK:
        status =
            stk_msgpack_decode(&v->arena, bytes, &msgpack, ret_value, &msgpack_error);
        *ret_reason = msgpack_error.reason;
        break;
    case STK_NESTED_PICKLE:
        if (v->unpickle != NULL) {
            status =
                v->unpickle(v->unpickle_ctx, &v->arena, bytes, ret_value, ret_reason);
        }
        break;
    }
    return status;
}

bool stk_run_nested(struct stk_validation *v, const struct stk_look *l,
                    const struct stk_op *op)
{
    const struct stk_nested_rule *rule = op->nested;
    const struct stk_value *value = l->value;
    struct stk_span bytes;
    struct stk_value inner;
    const char *reason = NULL;
    if (value->kind != STK_VALUE_STR && value->kind != STK_VALUE_BYTES &&
        value->kind != STK_VALUE_BYTEARRAY) {
        return true;
    }
    if (value->text->bytes.len > rule->most) {
        return refused(v, l, op, "carries a message that is too long");
    }
    if (!decode_text(v, rule, value->text->bytes, &bytes, &reason)) {
        return refused(v, l, op, "carries a message that is %s", reason);
    }
    enum stk_status status = decode_message(v, rule, bytes, &inner, &reason);
    if (status == STK_E_NOMEM) {
        v->status = status;
        v->gave_up = true;
        return false;
    }
    if (status != STK_OK) {
        return refused(v, l, op, "carries a message that is refused: %s",
                       reason != NULL ? reason : stk_status_text(status));
    }
    bool plain = v->plain;
    v->plain = rule->wire != STK_NESTED_PICKLE;
    bool valid = check_as(v, l, rule->node, &inner);
    v->plain = plain;
    return valid;
}
