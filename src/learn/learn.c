/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/learn.h"

#include <stdarg.h>
#include <stdio.h>

#include "learn/state.h"

enum stk_status stk_learner_new(const struct stk_alloc *alloc, uint64_t memory_max,
                                struct stk_learner **ret_learner)
{
    struct stk_learner *l = stk_new(alloc, sizeof *l);
    if (l == NULL) {
        return STK_E_NOMEM;
    }
    l->alloc = alloc;
    stk_arena_init(&l->arena, alloc, (size_t)memory_max);
    stk_grants_init(&l->dangers, alloc);
    stk_map_init(&l->by_name, alloc, SIZE_MAX, 5);
    stk_map_init(&l->seen, alloc, SIZE_MAX, 6);
    stk_map_init(&l->fields, alloc, SIZE_MAX, 7);
    stk_map_init(&l->by_class, alloc, SIZE_MAX, 8);
    l->root = stk_learn_alloc(l, sizeof *l->root);
    l->deep = stk_learn_alloc(l, sizeof *l->deep);
    if (l->status != STK_OK) {
        stk_learner_free(l);
        return STK_E_NOMEM;
    }
    l->deep->depth = STK_LEARN_DEPTH;
    *ret_learner = l;
    return STK_OK;
}

void stk_learner_free(struct stk_learner *l)
{
    if (l == NULL) {
        return;
    }
    stk_map_release(&l->by_class);
    stk_map_release(&l->fields);
    stk_map_release(&l->seen);
    stk_map_release(&l->by_name);
    stk_grants_release(&l->dangers);
    stk_free(l->alloc, l->tasks, l->cap_tasks * sizeof *l->tasks);
    stk_free(l->alloc, l->names, l->cap_names * stk_learn_named_size);
    stk_arena_release(&l->arena);
    stk_free(l->alloc, l, sizeof *l);
}

void *stk_learn_alloc(struct stk_learner *l, size_t len)
{
    void *p = l->status == STK_OK ? stk_arena_alloc(&l->arena, len) : NULL;
    if (p == NULL && l->status == STK_OK) {
        l->status = STK_E_NOMEM;
    }
    return p;
}

struct stk_span stk_learn_copy(struct stk_learner *l, struct stk_span bytes)
{
    uint8_t *copy = stk_learn_alloc(l, bytes.len);
    if (copy == NULL) {
        return (struct stk_span){0};
    }
    stk_copy(copy, bytes.data, bytes.len);
    return stk_span_of(copy, bytes.len);
}

void stk_learn_refuse(struct stk_learner *l, const char *format, ...)
{
    va_list args;
    if (l->status != STK_OK) {
        return;
    }
    l->status = STK_E_UNSUPPORTED;
    va_start(args, format);
    (void)vsnprintf(l->reason, sizeof l->reason, format, args);
    va_end(args);
}

int stk_learn_compare(struct stk_span a, struct stk_span b)
{
    size_t least = a.len < b.len ? a.len : b.len;
    int order = least == 0 ? 0 : memcmp(a.data, b.data, least);
    return order != 0 ? order : (a.len > b.len) - (a.len < b.len);
}
