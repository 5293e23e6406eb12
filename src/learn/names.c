/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/state.h"

/* Decodings of one sample that look for enums. */
#define TRIALS_MAX 4096

struct stk_learn_named {
    struct stk_span module;
    struct stk_span name;
    enum stk_grant grant;
    uint64_t sample; /* the last one that had it */
};

const size_t stk_learn_named_size = sizeof(struct stk_learn_named);

void stk_learner_begin(struct stk_learner *l)
{
    l->sample++;
    l->trial = 0;
    l->n_trials = 0;
}

static struct stk_learn_named *find(struct stk_learner *l, struct stk_span module,
                                    struct stk_span name)
{
    uint64_t at = 0;
    if (!stk_map_get(&l->by_name, stk_name_hash(module, name), &at)) {
        return NULL;
    }
    struct stk_learn_named *n = &l->names[at];
    bool same = stk_span_equal(n->module, module) && stk_span_equal(n->name, name);
    return same ? n : NULL;
}

static struct stk_learn_named *add(struct stk_learner *l, struct stk_span module,
                                   struct stk_span name)
{
    const char *reason = NULL;
    bool added = false;
    struct stk_span copies[2] = {stk_learn_copy(l, module), stk_learn_copy(l, name)};
    void *array = l->names;
    if (l->status != STK_OK ||
        stk_grow(l->alloc, &array, &l->cap_names, sizeof *l->names, l->n_names + 1,
                 SIZE_MAX / sizeof *l->names) != STK_OK) {
        return NULL;
    }
    l->names = array;
    enum stk_status status =
        stk_grants_add(&l->dangers, copies[0], copies[1], STK_GRANT_CLASS, &reason);
    bool good = status == STK_OK && stk_grants_find(&l->dangers, module, name) != 0;
    struct stk_learn_named *n = &l->names[l->n_names];
    *n = (struct stk_learn_named){.module = copies[0],
                                  .name = copies[1],
                                  .grant = good ? STK_GRANT_CLASS : STK_GRANT_NONE};
    status = stk_map_put(&l->by_name, stk_name_hash(module, name), l->n_names, &added);
    l->n_names += status == STK_OK ? 1 : 0;
    return status == STK_OK ? n : NULL;
}

enum stk_grant stk_learner_grant(void *ctx, struct stk_span module, struct stk_span name)
{
    struct stk_learner *l = ctx;
    struct stk_learn_named *n = find(l, module, name);
    if (n == NULL) {
        n = add(l, module, name);
    }
    if (n == NULL) {
        return STK_GRANT_NONE;
    }
    n->sample = l->sample;
    return n->grant;
}

/* The last name in front of `before` that this sample has as a class. */
static size_t candidate(const struct stk_learner *l, size_t before)
{
    while (before > 0 && (l->names[before - 1].sample != l->sample ||
                          l->names[before - 1].grant != STK_GRANT_CLASS)) {
        before--;
    }
    return before;
}

bool stk_learner_retry(struct stk_learner *l, const struct stk_decode_error *error,
                       const struct stk_decode_error **ret_error)
{
    size_t before = l->n_names;
    if (l->trial == 0 || error->off > l->best.off) {
        l->best = *error;
    } else {
        before = l->trial - 1;
        l->names[before].grant = STK_GRANT_CLASS;
    }
    l->trial = l->n_trials++ < TRIALS_MAX ? candidate(l, before) : 0;
    if (l->trial > 0) {
        l->names[l->trial - 1].grant = STK_GRANT_ENUM;
    }
    *ret_error = &l->best;
    return l->trial > 0;
}
