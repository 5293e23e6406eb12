/* SPDX-License-Identifier: Apache-2.0
 *
 * Recursion here goes down places, which are STK_LEARN_DEPTH levels at most.
 */
#include "learn/state.h"

static void merge(struct stk_learner *l, struct stk_learn_node *to,
                  struct stk_learn_node *from);

/* from is of no more use. */
static void merge_at(struct stk_learner *l, struct stk_learn_node **to,
                     struct stk_learn_node *from)
{
    if (*to == NULL) {
        *to = from;
    } else if (from != NULL && from != *to) {
        merge(l, *to, from);
    }
}

static uint64_t larger(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void merge_numbers(struct stk_learner *l, struct stk_learn_node *to,
                          const struct stk_learn_numbers *from)
{
    if (from->any) {
        stk_learn_number(l, to, from->min);
        stk_learn_number(l, to, from->max);
    } else if (to->numbers == NULL) {
        to->numbers = stk_learn_alloc(l, sizeof *to->numbers);
    }
    if (to->numbers != NULL) {
        to->numbers->unbounded = to->numbers->unbounded || from->unbounded;
        to->numbers->fraction = to->numbers->fraction || from->fraction;
    }
}

static void merge_texts(struct stk_learner *l, struct stk_learn_node *to,
                        const struct stk_learn_texts *from)
{
    for (size_t i = 0; i < from->n_list; i++) {
        stk_learn_text(l, to, from->list[i].bytes, 0, from->list[i].n);
    }
    if (to->texts == NULL) {
        to->texts = stk_learn_alloc(l, sizeof *to->texts);
    }
    if (to->texts != NULL) {
        to->texts->many = to->texts->many || from->many;
        to->texts->codes_max = larger(to->texts->codes_max, from->codes_max);
    }
}

static void merge_items(struct stk_learner *l, struct stk_learn_items **place,
                        const struct stk_learn_items *from)
{
    struct stk_learn_items *to = stk_learn_items(l, place);
    if (to == NULL) {
        return;
    }
    bool same =
        to->n_min == UINT64_MAX || (to->n_min == from->n_min && to->n_max == from->n_max);
    to->alike = to->alike && from->alike && same;
    to->n_min = smaller(to->n_min, from->n_min);
    to->n_max = larger(to->n_max, from->n_max);
    merge_at(l, &to->item, from->item);
    for (size_t i = 0; i < STK_LEARN_PREFIX; i++) {
        merge_at(l, &to->prefix[i], from->prefix[i]);
    }
}

static void merge_dict(struct stk_learner *l, struct stk_learn_node *to,
                       const struct stk_learn_dict *from)
{
    struct stk_learn_dict *dict = stk_learn_dict(l, to);
    if (dict == NULL) {
        return;
    }
    dict->n += from->n;
    dict->n_min = smaller(dict->n_min, from->n_min);
    dict->n_max = larger(dict->n_max, from->n_max);
    dict->key_codes_max = larger(dict->key_codes_max, from->key_codes_max);
    merge_at(l, &dict->keys, from->keys);
    merge_at(l, &dict->values, from->values);
    for (struct stk_learn_field *f = from->fields; f != NULL && l->status == STK_OK;
         f = f->next) {
        if (to == l->deep) {
            merge_at(l, &dict->values, f->node);
            continue;
        }
        struct stk_learn_field *field = stk_learn_field(l, to, f->name);
        if (field != NULL) {
            field->n += f->n;
            merge_at(l, &field->node, f->node);
        }
    }
}

static void merge_array(struct stk_learner *l, struct stk_learn_node *to,
                        const struct stk_learn_array *from)
{
    if (to->array == NULL) {
        to->array = stk_learn_alloc(l, sizeof *to->array);
    }
    struct stk_learn_array *a = to->array;
    if (a == NULL) {
        return;
    }
    if (from->shaped) {
        bool first = !a->shaped;
        a->rank_min =
            first || from->rank_min < a->rank_min ? from->rank_min : a->rank_min;
        a->rank_max = from->rank_max > a->rank_max ? from->rank_max : a->rank_max;
    }
    a->shaped = a->shaped || from->shaped;
    a->dtypes |= from->dtypes;
    a->gaps = a->gaps || from->gaps;
    a->placeless = a->placeless || from->placeless;
    a->dimension_max = larger(a->dimension_max, from->dimension_max);
    a->bytes_max = larger(a->bytes_max, from->bytes_max);
    for (const struct stk_learn_name *d = from->devices; d != NULL; d = d->next) {
        stk_learn_name(l, &a->devices, d->text);
    }
}

static void merge(struct stk_learner *l, struct stk_learn_node *to,
                  struct stk_learn_node *from)
{
    if (l->status != STK_OK) {
        return;
    }
    to->kinds |= from->kinds;
    to->bytes_max = larger(to->bytes_max, from->bytes_max);
    if (from->numbers != NULL) {
        merge_numbers(l, to, from->numbers);
    }
    if (from->texts != NULL) {
        merge_texts(l, to, from->texts);
    }
    if (from->items != NULL) {
        merge_items(l, &to->items, from->items);
    }
    if (from->elements != NULL) {
        merge_items(l, &to->elements, from->elements);
    }
    if (from->dict != NULL) {
        merge_dict(l, to, from->dict);
    }
    if (from->array != NULL) {
        merge_array(l, to, from->array);
    }
    for (const struct stk_learn_name *g = from->globals; g != NULL; g = g->next) {
        stk_learn_name(l, &to->globals, g->text);
    }
    for (const struct stk_learn_use *use = from->classes; use != NULL; use = use->next) {
        stk_learn_use(l, to, use->type);
    }
}

/* ---- settling ---- */

static void settle(struct stk_learner *l, struct stk_learn_node *node);

static void settle_items(struct stk_learner *l, struct stk_learn_items *items)
{
    if (items == NULL) {
        return;
    }
    for (size_t i = 0; i < STK_LEARN_PREFIX; i++) {
        if (items->alike) {
            settle(l, items->prefix[i]);
        } else {
            merge_at(l, &items->item, items->prefix[i]);
            items->prefix[i] = NULL;
        }
    }
    settle(l, items->item);
}

static bool is_digits(struct stk_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.data[i] < '0' || name.data[i] > '9') {
            return false;
        }
    }
    return name.len > 0;
}

/* Keys that are data: too many, numbers, or each seen in few of the dicts. */
static bool is_map(const struct stk_learn_dict *dict)
{
    uint64_t uses = 0;
    size_t n_digits = 0;
    for (const struct stk_learn_field *f = dict->fields; f != NULL; f = f->next) {
        uses += f->n;
        n_digits += is_digits(f->name) ? 1 : 0;
    }
    return dict->keys != NULL || dict->n_fields > STK_LEARN_FIELDS ||
           (dict->n_fields >= 2 && n_digits == dict->n_fields) ||
           (dict->n_fields >= 8 && uses / dict->n_fields < dict->n / 4);
}

static struct stk_learn_field *sorted(struct stk_learn_field *list)
{
    struct stk_learn_field *out = NULL;
    while (list != NULL) {
        struct stk_learn_field *field = list;
        struct stk_learn_field **at = &out;
        list = list->next;
        while (*at != NULL && stk_learn_compare((*at)->name, field->name) < 0) {
            at = &(*at)->next;
        }
        field->next = *at;
        *at = field;
    }
    return out;
}

static void settle_dict(struct stk_learner *l, const struct stk_learn_node *node)
{
    struct stk_learn_dict *dict = node->dict;
    if (dict == NULL) {
        return;
    }
    if (is_map(dict)) {
        for (struct stk_learn_field *f = dict->fields; f != NULL; f = f->next) {
            merge_at(l, &dict->values, f->node);
            if (dict->keys != NULL) {
                dict->keys->kinds |= 1u << STK_VALUE_STR;
                stk_learn_text(l, dict->keys, f->name, dict->key_codes_max, 1);
            }
        }
        if (dict->keys != NULL && dict->keys->texts != NULL) {
            dict->keys->texts->many = true;
        }
        dict->fields = NULL;
    } else {
        dict->fields = sorted(dict->fields);
    }
    for (struct stk_learn_field *f = dict->fields; f != NULL; f = f->next) {
        settle(l, f->node);
    }
    settle(l, dict->keys);
    settle(l, dict->values);
}

static void settle(struct stk_learner *l, struct stk_learn_node *node)
{
    if (node != NULL && node != l->deep) {
        settle_items(l, node->items);
        settle_items(l, node->elements);
        settle_dict(l, node);
    }
}

/* Whatever is below is at the same place. */
static void settle_deep(struct stk_learner *l)
{
    struct stk_learn_node *deep = l->deep;
    if (deep->items != NULL) {
        deep->items->alike = false;
        deep->items->item = deep->items->n_max > 0 ? deep : NULL;
        for (size_t i = 0; i < STK_LEARN_PREFIX; i++) {
            deep->items->prefix[i] = NULL;
        }
    }
    if (deep->dict != NULL) {
        deep->dict->values = deep->dict->n_max > 0 ? deep : NULL;
    }
}

void stk_learn_settle(struct stk_learner *l)
{
    settle(l, l->root);
    for (struct stk_learn_class *c = l->classes; c != NULL; c = c->next) {
        settle(l, c->state);
        settle(l, c->arguments);
        settle(l, c->keywords);
        settle(l, c->elements);
        settle(l, c->entries);
    }
    settle_deep(l);
}
