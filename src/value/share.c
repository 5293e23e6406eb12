/* SPDX-License-Identifier: Apache-2.0 */
#include "value/share.h"

void stk_shares_init(struct stk_shares *shares, const struct stk_alloc *alloc)
{
    *shares = (struct stk_shares){.alloc = alloc};
    stk_map_init(&shares->met, alloc, SIZE_MAX, stk_value_seed());
}

void stk_shares_release(struct stk_shares *shares)
{
    stk_map_release(&shares->met);
    stk_free(shares->alloc, shares->stack, shares->cap_stack * sizeof *shares->stack);
    shares->stack = NULL;
    shares->cap_stack = 0;
}

static inline bool holds_others(struct stk_value value)
{
    return value.kind >= STK_VALUE_LIST && value.kind < STK_VALUE_BUFFER &&
           value.kind != STK_VALUE_GLOBAL;
}

/* What cannot be met again and holds nothing is not walked to. */
static inline enum stk_status push(struct stk_shares *s, struct stk_value value)
{
    if (!stk_value_is_node(value) ||
        (!holds_others(value) && !stk_value_is_marked(value))) {
        return STK_OK;
    }
    if (s->n_stack == s->cap_stack) {
        void *array = s->stack;
        STK_TRY(stk_grow(s->alloc, &array, &s->cap_stack, sizeof *s->stack,
                         s->n_stack + 1, SIZE_MAX / sizeof *s->stack));
        s->stack = array;
    }
    s->stack[s->n_stack++] = value;
    return STK_OK;
}

static enum stk_status push_items(struct stk_shares *s, const struct stk_items *items)
{
    for (size_t i = items->n; i-- > 0;) {
        STK_TRY(push(s, items->list[i]));
    }
    return STK_OK;
}

static enum stk_status push_pairs(struct stk_shares *s, const struct stk_pairs *pairs)
{
    for (size_t i = pairs->n; i-- > 0;) {
        STK_TRY(push(s, pairs->list[i].value));
        STK_TRY(push(s, pairs->list[i].key));
    }
    return STK_OK;
}

static enum stk_status push_object(struct stk_shares *s, const struct stk_object *object)
{
    STK_TRY(push(s, object->state));
    STK_TRY(push_pairs(s, &object->pairs));
    STK_TRY(push_items(s, &object->members));
    STK_TRY(push_items(s, &object->items));
    STK_TRY(push(s, object->kwargs));
    STK_TRY(push(s, object->args));
    return push(s, object->callee);
}

static enum stk_status push_inside(struct stk_shares *s, struct stk_value value)
{
    if (value.kind == STK_VALUE_DICT) {
        return push_pairs(s, value.pairs);
    }
    return value.kind <= STK_VALUE_FROZENSET ? push_items(s, value.items)
                                             : push_object(s, value.object);
}

static enum stk_status walk(struct stk_shares *s)
{
    while (s->n_stack > 0) {
        struct stk_value value = s->stack[--s->n_stack];
        if (stk_value_is_marked(value)) {
            uint64_t key = (uint64_t)(uintptr_t)value.items;
            uint64_t again = 0;
            bool met = stk_map_get(&s->met, key, &again);
            if (!met || again == 0) {
                STK_TRY(stk_map_put(&s->met, key, met, &(bool){false}));
            }
            if (met) {
                continue;
            }
        }
        if (holds_others(value)) {
            STK_TRY(push_inside(s, value));
        }
    }
    return STK_OK;
}

enum stk_status stk_shares_find(struct stk_shares *s, struct stk_value root)
{
    s->n_stack = 0;
    stk_map_clear(&s->met);
    STK_TRY(push(s, root));
    return walk(s);
}
