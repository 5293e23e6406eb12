/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "wire/json_restore.h"

static bool is_tag_name(struct stk_span name)
{
    return name.len > 0 && name.data[0] == '$' && (name.len == 1 || name.data[1] != '$');
}

static enum stk_json_tag tag_named(struct stk_span name)
{
    for (int i = STK_JSON_TAG_NONE + 1; i < STK_JSON_TAGS; i++) {
        if (stk_span_is(name, stk_json_tags[i].name)) {
            return (enum stk_json_tag)i;
        }
    }
    return STK_JSON_TAG_NONE;
}

enum stk_status stk_restore_read_tag(struct stk_restore *r, struct stk_value dict,
                                     struct stk_restore_tag *ret_tag)
{
    struct stk_restore_tag t = {.tag = STK_JSON_TAG_NONE};
    for (size_t i = 0; i < dict.pairs->n; i++) {
        const struct stk_pair *pair = &dict.pairs->list[i];
        struct stk_span name = pair->key.text->bytes;
        if (!is_tag_name(name)) {
            continue;
        }
        if (stk_span_is(name, "$id")) {
            t.id = &pair->value;
        } else if (t.pair != NULL) {
            return stk_restore_fail(r, pair->key.off, "a second tag");
        } else {
            t.pair = pair;
            t.tag = tag_named(name);
        }
    }
    if (t.pair != NULL && t.tag == STK_JSON_TAG_NONE) {
        return stk_restore_fail(r, t.pair->key.off, "a tag that does not exist");
    }
    if (t.pair != NULL && dict.pairs->n != (t.id == NULL ? 1u : 2u)) {
        return stk_restore_fail(r, dict.off, "members beside a tag");
    }
    if (t.id != NULL && !stk_json_tags[t.tag].node) {
        return stk_restore_fail(r, t.id->off, "an id of a value that cannot have one");
    }
    *ret_tag = t;
    return STK_OK;
}

/* ---- nodes for ids ---- */

static size_t node_size(enum stk_value_kind kind)
{
    if (kind <= STK_VALUE_BYTEARRAY) {
        return sizeof(struct stk_text);
    }
    if (kind <= STK_VALUE_FROZENSET) {
        return sizeof(struct stk_items);
    }
    if (kind == STK_VALUE_DICT) {
        return sizeof(struct stk_pairs);
    }
    return kind == STK_VALUE_BUFFER ? sizeof(struct stk_buffer)
                                    : sizeof(struct stk_object);
}

static bool is_number(struct stk_value value)
{
    return value.kind == STK_VALUE_INT && value.integer >= 0;
}

static bool is_load(struct stk_value body)
{
    const char *name = stk_json_fields[STK_JSON_FIELD_CALL];
    struct stk_span key = stk_span_of(name, strlen(name));
    const struct stk_value *call =
        body.kind != STK_VALUE_DICT ? NULL
                                    : stk_value_get(body.pairs, key, stk_text_hash(key));
    return call != NULL && call->kind == STK_VALUE_STR &&
           stk_span_is(call->text->bytes, stk_json_calls[STK_CALL_LOAD]);
}

enum stk_value_kind stk_restore_kind(const struct stk_restore *r,
                                     enum stk_value_kind kind, bool load)
{
    if ((kind != STK_VALUE_TENSOR && kind != STK_VALUE_NDARRAY &&
         kind != STK_VALUE_STORAGE) ||
        r->options->complete != NULL) {
        return kind;
    }
    return load ? STK_VALUE_PERSISTENT : STK_VALUE_OBJECT;
}

static enum stk_status add_id(struct stk_restore *r, struct stk_value dict,
                              const struct stk_restore_tag *t)
{
    struct stk_restore_id id = {.value = {.off = dict.off}};
    bool added = false;
    void *node = NULL;
    void *array = r->ids;
    enum stk_value_kind kind = stk_json_tags[t->tag].kind;
    if (!is_number(*t->id)) {
        return stk_restore_fail(r, t->id->off, "an id that is not a number");
    }
    STK_TRY(stk_map_put(&r->by_id, (uint64_t)t->id->integer, r->n_ids, &added));
    if (!added) {
        return stk_restore_fail(r, t->id->off, "an id that another value has");
    }
    STK_TRY(stk_restore_array(r, dict.off, 1, node_size(kind), &node));
    STK_TRY(stk_grow(r->alloc, &array, &r->cap_ids, sizeof *r->ids, r->n_ids + 1,
                     SIZE_MAX / sizeof *r->ids));
    r->ids = array;
    id.value.kind =
        stk_restore_kind(r, kind, t->pair != NULL && is_load(t->pair->value)) & 0xff;
    id.value.items = node;
    r->ids[r->n_ids++] = id;
    return STK_OK;
}

enum stk_status stk_restore_id_at(struct stk_restore *r, struct stk_value number,
                                  size_t *ret_at)
{
    uint64_t at = 0;
    if (!is_number(number) || !stk_map_get(&r->by_id, (uint64_t)number.integer, &at)) {
        return stk_restore_fail(r, number.off, "a reference to nothing");
    }
    *ret_at = (size_t)at;
    return STK_OK;
}

/* ---- walking the text's values ---- */

/* What may hold ids. Pushed from the last to the first, and so walked in the order of the
 * text. */
static enum stk_status push_value(struct stk_restore *r, struct stk_value value)
{
    return value.kind == STK_VALUE_LIST || value.kind == STK_VALUE_DICT
               ? stk_restore_put(r, value)
               : STK_OK;
}

static enum stk_status push_members(struct stk_restore *r, struct stk_value dict,
                                    const struct stk_value *but, const char *but_name)
{
    for (size_t i = dict.pairs->n; i-- > 0;) {
        const struct stk_pair *pair = &dict.pairs->list[i];
        bool named = but_name != NULL && stk_span_is(pair->key.text->bytes, but_name);
        if (&pair->value != but && !named) {
            STK_TRY(push_value(r, pair->value));
        }
    }
    return STK_OK;
}

static enum stk_status walk_dict(struct stk_restore *r, struct stk_value dict)
{
    struct stk_restore_tag t;
    STK_TRY(stk_restore_read_tag(r, dict, &t));
    if (t.id != NULL) {
        STK_TRY(add_id(r, dict, &t));
    }
    if (t.pair == NULL) {
        return push_members(r, dict, t.id, NULL);
    }
    struct stk_value inside = t.pair->value;
    if (stk_json_is_object(stk_json_tags[t.tag].kind) && inside.kind == STK_VALUE_DICT) {
        return push_members(r, inside, NULL, stk_json_fields[STK_JSON_FIELD_ABOUT]);
    }
    return inside.kind == STK_VALUE_LIST ? stk_restore_put(r, inside) : STK_OK;
}

enum stk_status stk_restore_find_ids(struct stk_restore *r, struct stk_value root)
{
    STK_TRY(push_value(r, root));
    while (r->n_values > 0) {
        struct stk_value value = r->values[--r->n_values];
        if (value.kind == STK_VALUE_DICT) {
            STK_TRY(walk_dict(r, value));
            continue;
        }
        for (size_t i = value.items->n; i-- > 0;) {
            STK_TRY(push_value(r, value.items->list[i]));
        }
    }
    return STK_OK;
}
