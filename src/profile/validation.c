/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "profile/message.h"
#include "profile/state.h"

/* Violations among which the deepest are looked for, however few are asked for. */
#define COLLECTED 1000

enum stk_status stk_validation_new(const struct stk_alloc *alloc,
                                   struct stk_validation **ret_validation)
{
    struct stk_validation *v = stk_new(alloc, sizeof *v);
    if (v == NULL) {
        return STK_E_NOMEM;
    }
    v->alloc = alloc;
    v->steps_max = STK_VALIDATION_STEPS_MAX;
    stk_arena_init(&v->arena, alloc, SIZE_MAX);
    enum stk_status status = stk_regex_scratch_new(alloc, &v->scratch);
    if (status != STK_OK) {
        stk_validation_free(v);
        return status;
    }
    *ret_validation = v;
    return STK_OK;
}

void stk_validation_free(struct stk_validation *validation)
{
    if (validation == NULL) {
        return;
    }
    stk_regex_scratch_free(validation->scratch);
    stk_arena_release(&validation->arena);
    stk_free(validation->alloc, validation, sizeof *validation);
}

void stk_validation_size(struct stk_validation *validation, uint64_t bytes)
{
    const uint64_t first = UINT64_C(1) << 20;
    uint64_t most = (STK_VALIDATION_STEPS_MAX - first) / 64;
    validation->steps_max = first + 64 * (bytes < most ? bytes : most);
}

void stk_validation_plain(struct stk_validation *validation, bool plain)
{
    validation->plain = plain;
}

void stk_validation_unpickle(struct stk_validation *validation, stk_unpickle unpickle,
                             void *ctx)
{
    validation->unpickle = unpickle;
    validation->unpickle_ctx = ctx;
}

static enum stk_status run(struct stk_validation *v, const struct stk_schema *schema,
                           uint32_t node, struct stk_value value,
                           enum stk_validity *ret_validity)
{
    v->nodes = schema->nodes;
    v->steps = v->steps_max;
    v->depth = 0;
    v->gave_up = false;
    v->status = STK_OK;
    bool valid = stk_check_root(v, node, value);
    STK_TRY(v->status);
    *ret_validity = v->gave_up ? STK_VALIDITY_UNKNOWN : valid ? STK_VALID : STK_INVALID;
    return STK_OK;
}

enum stk_status stk_validate(struct stk_validation *validation,
                             const struct stk_schema *schema, struct stk_value value,
                             enum stk_validity *ret_validity)
{
    stk_arena_clear(&validation->arena);
    validation->most = 0;
    return run(validation, schema, schema->root, value, ret_validity);
}

static int deepest_first(const void *a, const void *b)
{
    const struct stk_noted *x = a;
    const struct stk_noted *y = b;
    if (x->depth != y->depth) {
        return x->depth > y->depth ? -1 : 1;
    }
    return x->violation.off < y->violation.off ? -1 : x->violation.off > y->violation.off;
}

enum stk_status stk_validate_explain(struct stk_validation *validation,
                                     const struct stk_schema *schema,
                                     struct stk_value value, size_t most,
                                     enum stk_validity *ret_validity,
                                     const struct stk_violation **ret_list, size_t *ret_n)
{
    return stk_validate_frame(validation, schema, schema->root, value, most, ret_validity,
                              ret_list, ret_n);
}

enum stk_status stk_validate_frame(struct stk_validation *validation,
                                   const struct stk_schema *schema, uint32_t node,
                                   struct stk_value value, size_t most,
                                   enum stk_validity *ret_validity,
                                   const struct stk_violation **ret_list, size_t *ret_n)
{
    struct stk_validation *v = validation;
    enum stk_validity validity = STK_INVALID;
    size_t collected = most < COLLECTED ? COLLECTED : most;
    stk_arena_clear(&v->arena);
    v->most = 0;
    *ret_n = 0;
    STK_TRY(run(v, schema, node, value, ret_validity));
    if (*ret_validity == STK_VALID || most == 0) {
        return STK_OK; /* most messages: nobody pays for reasons */
    }
    stk_arena_clear(&v->arena);
    v->noted = stk_arena_array(&v->arena, collected, sizeof *v->noted);
    v->list = stk_arena_array(&v->arena, most, sizeof *v->list);
    if (v->noted == NULL || v->list == NULL) {
        return STK_E_NOMEM;
    }
    v->most = collected;
    v->n_noted = 0;
    STK_TRY(run(v, schema, node, value, &validity));
    qsort(v->noted, v->n_noted, sizeof *v->noted, deepest_first);
    size_t n = v->n_noted < most ? v->n_noted : most;
    for (size_t i = 0; i < n; i++) {
        v->list[i] = v->noted[i].violation;
    }
    *ret_validity = validity;
    *ret_list = v->list;
    *ret_n = n;
    return STK_OK;
}
