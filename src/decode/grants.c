/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/grants.h"

#include "policy/catalogue.h"
#include "value/value.h"

struct stk_granted {
    struct stk_span module;
    struct stk_span name;
    enum stk_grant grant;
};

void stk_grants_init(struct stk_grants *grants, const struct stk_alloc *alloc)
{
    *grants = (struct stk_grants){.alloc = alloc};
    stk_map_init(&grants->by_name, alloc, SIZE_MAX, 4);
}

void stk_grants_release(struct stk_grants *grants)
{
    stk_map_release(&grants->by_name);
    stk_free(grants->alloc, grants->list, grants->cap * sizeof *grants->list);
    grants->list = NULL;
}

static const struct stk_granted *find(const struct stk_grants *grants,
                                      struct stk_span module, struct stk_span name)
{
    uint64_t at = 0;
    if (!stk_map_get(&grants->by_name, stk_name_hash(module, name), &at)) {
        return NULL;
    }
    const struct stk_granted *g = &grants->list[at];
    bool same = stk_span_equal(g->module, module) && stk_span_equal(g->name, name);
    return same ? g : NULL;
}

enum stk_status stk_grants_add(struct stk_grants *grants, struct stk_span module,
                               struct stk_span name, enum stk_grant grant,
                               const char **ret_reason)
{
    const struct stk_danger *danger = stk_catalogue_danger(&stk_catalogue, module, name);
    const struct stk_granted *before = find(grants, module, name);
    bool added = false;
    *ret_reason = NULL;
    if (stk_catalogue_entry(&stk_catalogue, module, name) != STK_ENTRY_NONE) {
        return STK_OK;
    }
    if (danger != NULL) {
        *ret_reason =
            (const char *)stk_catalogue_text(&stk_catalogue, danger->reason).data;
        return STK_E_UNSUPPORTED;
    }
    if (before != NULL) {
        return before->grant == grant ? STK_OK : STK_E_UNSUPPORTED;
    }
    void *array = grants->list;
    STK_TRY(stk_grow(grants->alloc, &array, &grants->cap, sizeof *grants->list,
                     grants->n + 1, SIZE_MAX / sizeof *grants->list));
    grants->list = array;
    grants->list[grants->n] =
        (struct stk_granted){.module = module, .name = name, .grant = grant};
    return stk_map_put(&grants->by_name, stk_name_hash(module, name), grants->n++,
                       &added);
}

enum stk_grant stk_grants_find(void *ctx, struct stk_span module, struct stk_span name)
{
    const struct stk_granted *g = find(ctx, module, name);
    return g == NULL ? STK_GRANT_NONE : g->grant;
}
