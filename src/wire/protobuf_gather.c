/* SPDX-License-Identifier: Apache-2.0
 *
 * From what was read of a message to its DICT: the items of each field are linked to each
 * other, and then become its value.
 */
#include "wire/protobuf_decode.h"

/* ---- linking ---- */

static enum stk_status need_marks(struct stk_protobuf_decoder *d,
                                  const struct stk_protobuf_type *type)
{
    size_t need = (size_t)type->n + 1 + type->n_oneofs;
    size_t before = d->cap_marks;
    if (need <= before) {
        return STK_OK;
    }
    void *array = d->marks;
    STK_TRY(stk_protobuf_grow(d, &array, &d->cap_marks, sizeof d->marks[0], need));
    d->marks = array;
    for (size_t i = before; i < d->cap_marks; i++) {
        d->marks[i] = (struct stk_protobuf_mark){0};
    }
    return STK_OK;
}

/* The items of a field, from first on, do not count. */
static void drop(struct stk_protobuf_decoder *d, size_t first)
{
    d->items[first].dropped = true;
    for (size_t i = first; i != SIZE_MAX; i = d->items[i].next) {
        d->items[i].n = 0;
    }
}

/* Another member of its oneof came before. */
static enum stk_status link_oneof(struct stk_protobuf_decoder *d,
                                  const struct stk_protobuf_open *top, size_t i)
{
    struct stk_protobuf_read_item *item = &d->items[i];
    const struct stk_protobuf_field *field = item->field;
    struct stk_protobuf_mark *mark = &d->marks[(size_t)top->type->n + 1 + field->oneof];
    if (mark->round == d->round && mark->last != field->at) {
        if (!d->options.take_duplicates) {
            return stk_protobuf_malformed(d, item->at, field, "two members of one oneof");
        }
        struct stk_protobuf_mark *other = &d->marks[mark->last];
        drop(d, other->first);
        other->round = 0;
    }
    *mark = (struct stk_protobuf_mark){.round = d->round, .last = field->at};
    return STK_OK;
}

/* Puts an item behind the others of its field. */
static enum stk_status link_item(struct stk_protobuf_decoder *d,
                                 const struct stk_protobuf_open *top, size_t i)
{
    struct stk_protobuf_read_item *item = &d->items[i];
    const struct stk_protobuf_field *field = item->field;
    struct stk_protobuf_mark *mark = &d->marks[field == NULL ? top->type->n : field->at];
    item->next = SIZE_MAX;
    item->n = 1;
    if (field != NULL && field->oneof != STK_PB_NONE) {
        STK_TRY(link_oneof(d, top, i));
    }
    if (mark->round != d->round) {
        *mark = (struct stk_protobuf_mark){.round = d->round, .first = i, .last = i};
        d->required += field != NULL && field->required;
        return STK_OK;
    }
    bool singular = field != NULL && !field->repeated;
    if (singular && !d->options.take_duplicates) {
        return stk_protobuf_malformed(d, item->at, field,
                                      "a singular field that comes twice");
    }
    if (singular && !item->waits) {
        d->items[mark->first].value = item->value;
        d->items[mark->first].at = item->at;
        item->n = 0;
        return STK_OK;
    }
    d->items[mark->last].next = i;
    d->items[mark->first].n++;
    item->n = 0;
    mark->last = i;
    return STK_OK;
}

static enum stk_status need_required(struct stk_protobuf_decoder *d,
                                     const struct stk_protobuf_open *top)
{
    const struct stk_protobuf_type *type = top->type;
    for (uint32_t i = 0; d->required < type->n_required && i < type->n; i++) {
        if (type->fields[i].required && d->marks[i].round != d->round) {
            return stk_protobuf_malformed(d, top->at, &type->fields[i],
                                          "a required field is missing");
        }
    }
    return STK_OK;
}

enum stk_status stk_protobuf_link_items(struct stk_protobuf_decoder *d,
                                        struct stk_protobuf_open *top)
{
    STK_TRY(need_marks(d, top->type));
    d->round++;
    d->required = 0;
    for (size_t i = top->first; i < d->n; i++) {
        STK_TRY(link_item(d, top, i));
    }
    STK_TRY(need_required(d, top));
    top->ended = true;
    return STK_OK;
}

/* ---- gathering ---- */

/* The elements of a repeated field, in the arena. */
static enum stk_status gather_list(struct stk_protobuf_decoder *d, size_t first,
                                   struct stk_value *ret_value)
{
    const struct stk_protobuf_read_item *item = &d->items[first];
    size_t n = 0;
    if (item->n == 1 && item->list) {
        *ret_value = item->value;
        return STK_OK;
    }
    for (size_t i = first; i != SIZE_MAX; i = d->items[i].next) {
        n += d->items[i].list ? d->items[i].value.items->n : 1;
    }
    struct stk_value *list = stk_arena_array(d->arena, n, sizeof *list);
    if (list == NULL) {
        return stk_protobuf_no_memory(d, item->at, n * sizeof *list);
    }
    n = 0;
    for (size_t i = first; i != SIZE_MAX; i = d->items[i].next) {
        const struct stk_value *value = &d->items[i].value;
        size_t more = d->items[i].list ? value->items->n : 1;
        stk_copy(list + n, d->items[i].list ? value->items->list : value,
                 more * sizeof *list);
        n += more;
    }
    return stk_protobuf_list(d, item->at, list, n, ret_value);
}

static enum stk_status gather_map(struct stk_protobuf_decoder *d, size_t first,
                                  struct stk_value *ret_value)
{
    const struct stk_protobuf_read_item *item = &d->items[first];
    struct stk_pairs *pairs = stk_arena_alloc(d->arena, sizeof *pairs);
    struct stk_pair *list = stk_arena_array(d->arena, item->n, sizeof *list);
    size_t n = 0;
    if (pairs == NULL || list == NULL) {
        return stk_protobuf_no_memory(d, item->at,
                                      sizeof *pairs + item->n * sizeof *list);
    }
    for (size_t i = first; i != SIZE_MAX; i = d->items[i].next) {
        list[n++] = (struct stk_pair){d->items[i].key, d->items[i].value};
    }
    *pairs = (struct stk_pairs){
        .n = n, .list = list, .texts_only = list[0].key.kind == STK_VALUE_STR};
    enum stk_status status = stk_pairs_group(d->arena, pairs);
    if (status == STK_E_LIMIT) {
        return stk_protobuf_failed(d, status, item->at, item->field,
                                   "keys that are too many and too alike");
    }
    if (status != STK_OK) {
        return stk_protobuf_no_memory(d, item->at, n * sizeof *list);
    }
    if (pairs->n < n && !d->options.take_duplicates) {
        return stk_protobuf_malformed(d, item->at, item->field,
                                      "a map that has a key twice");
    }
    *ret_value =
        (struct stk_value){.kind = STK_VALUE_DICT,
                           .off = stk_protobuf_off(d, item->at) & STK_VALUE_OFF_MAX,
                           .pairs = pairs};
    return STK_OK;
}

static enum stk_status name_unknown(struct stk_protobuf_decoder *d)
{
    struct stk_value name;
    struct stk_span text =
        stk_span_of(STK_PROTOBUF_UNKNOWN, sizeof STK_PROTOBUF_UNKNOWN - 1);
    if (d->unknown != NULL) {
        return STK_OK;
    }
    if (stk_value_text(d->arena, 0, STK_VALUE_STR, text, &name) != STK_OK) {
        return stk_protobuf_no_memory(d, d->at, sizeof *name.text);
    }
    ((struct stk_text *)(uintptr_t)name.text)->head.shared = true;
    d->unknown = name.text;
    return STK_OK;
}

static enum stk_status gather_field(struct stk_protobuf_decoder *d, size_t first,
                                    struct stk_pair *ret_pair)
{
    const struct stk_protobuf_read_item *item = &d->items[first];
    const struct stk_protobuf_field *field = item->field;
    if (field == NULL) {
        STK_TRY(name_unknown(d));
    }
    ret_pair->key = (struct stk_value){
        .kind = STK_VALUE_STR,
        .off = stk_protobuf_off(d, item->at) & STK_VALUE_OFF_MAX,
        .text = field == NULL ? d->unknown : field->names[d->options.json_names]};
    if (field != NULL && field->map) {
        return gather_map(d, first, &ret_pair->value);
    }
    if (field == NULL || field->repeated) {
        return gather_list(d, first, &ret_pair->value);
    }
    ret_pair->value = item->value;
    return STK_OK;
}

/* So few pairs need no index. */
#define PAIRS_FEW 8

enum stk_status stk_protobuf_gather_dict(struct stk_protobuf_decoder *d,
                                         const struct stk_protobuf_open *top,
                                         struct stk_value *ret_value)
{
    size_t n = 0;
    for (size_t i = top->first; i < d->n; i++) {
        n += d->items[i].n > 0;
    }
    struct stk_pairs *pairs = stk_arena_alloc(d->arena, sizeof *pairs);
    struct stk_pair *list = stk_arena_array(d->arena, n, sizeof *list);
    if (pairs == NULL || list == NULL) {
        return stk_protobuf_no_memory(d, top->at, sizeof *pairs + n * sizeof *list);
    }
    *pairs = (struct stk_pairs){.list = list, .texts_only = true};
    for (size_t i = top->first; i < d->n; i++) {
        if (d->items[i].n > 0) {
            STK_TRY(gather_field(d, i, &list[pairs->n++]));
        }
    }
    if (n > PAIRS_FEW && stk_pairs_group(d->arena, pairs) != STK_OK) {
        return stk_protobuf_no_memory(d, top->at, n * sizeof(uint32_t) * 4);
    }
    *ret_value =
        (struct stk_value){.kind = STK_VALUE_DICT,
                           .off = stk_protobuf_off(d, top->at) & STK_VALUE_OFF_MAX,
                           .pairs = pairs};
    return STK_OK;
}
