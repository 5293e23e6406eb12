/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/state.h"

struct stk_value stk_put_text(struct stk_learner *l, struct stk_span text)
{
    struct stk_value value = stk_value_none(0);
    struct stk_span copy = stk_learn_copy(l, text);
    if (l->status != STK_OK) {
        return value;
    }
    enum stk_status status = stk_value_text(&l->arena, 0, STK_VALUE_STR, copy, &value);
    if (status != STK_OK && l->status == STK_OK) {
        l->status = status;
    }
    return value;
}

void stk_put_named(struct stk_put *put, struct stk_span key, struct stk_value value)
{
    if (put->n == put->cap) {
        size_t cap = put->cap == 0 ? 8 : put->cap * 2;
        struct stk_pair *list = stk_learn_alloc(put->l, cap * sizeof *list);
        if (list == NULL) {
            return;
        }
        stk_copy(list, put->list, put->n * sizeof *list);
        put->list = list;
        put->cap = cap;
    }
    put->list[put->n].key = stk_put_text(put->l, key);
    put->list[put->n].value = value;
    put->n++;
}

void stk_put_value(struct stk_put *put, const char *key, struct stk_value value)
{
    stk_put_named(put, stk_span_of(key, strlen(key)), value);
}

void stk_put_str(struct stk_put *put, const char *key, const char *text)
{
    stk_put_value(put, key, stk_put_text(put->l, stk_span_of(text, strlen(text))));
}

void stk_put_count(struct stk_put *put, const char *key, uint64_t n)
{
    bool fits = n <= INT64_MAX;
    stk_put_value(put, key, stk_value_int(0, fits ? (int64_t)n : INT64_MAX));
}

void stk_put_bool(struct stk_put *put, const char *key, bool value)
{
    stk_put_value(put, key, stk_value_bool(0, value));
}

static void fail(struct stk_learner *l, enum stk_status status)
{
    if (status != STK_OK && l->status == STK_OK) {
        l->status = status;
    }
}

struct stk_value stk_put_done(struct stk_put *put)
{
    struct stk_value value = stk_value_none(0);
    size_t duplicate = 0;
    if (put->l->status == STK_OK) {
        fail(put->l,
             stk_value_pairs(&put->l->arena, 0, put->list, put->n, &value, &duplicate));
    }
    return value;
}

struct stk_value stk_put_list(struct stk_put *put)
{
    struct stk_value value = stk_value_none(0);
    struct stk_value *list = stk_learn_alloc(put->l, put->n * sizeof *list);
    for (size_t i = 0; list != NULL && i < put->n; i++) {
        list[i] = put->list[i].value;
    }
    if (put->l->status == STK_OK) {
        fail(put->l,
             stk_value_items(&put->l->arena, 0, STK_VALUE_LIST, list, put->n, &value));
    }
    return value;
}

struct stk_value stk_put_one_or_list(struct stk_put *put)
{
    return put->n == 1 ? put->list[0].value : stk_put_list(put);
}
