/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_restore.h"

/* It can be hashed, whatever it leads to. */
static bool is_plain(struct stk_value key)
{
    return key.kind <= STK_VALUE_BYTES || key.kind >= STK_VALUE_GLOBAL;
}

/* ---- what can be hashed ---- */

static enum stk_status unhashable(struct stk_restore *r, struct stk_value value)
{
    return stk_restore_fail(r, value.off, "a key that cannot be hashed");
}

/* Its members are put on the stack of values, above itself as a mark: where that comes up
 * they were looked at. */
static enum stk_status enter(struct stk_restore *r, struct stk_value value)
{
    uint64_t key = (uint64_t)(uintptr_t)value.items;
    uint64_t state = 0;
    if (stk_map_get(&r->hashable, key, &state)) {
        return state == 2 ? STK_OK : unhashable(r, value);
    }
    struct stk_value mark = value;
    mark.spare = 1;
    STK_TRY(stk_map_put(&r->hashable, key, 1, &(bool){false}));
    STK_TRY(stk_restore_put(r, mark));
    for (size_t i = 0; i < value.items->n; i++) {
        STK_TRY(stk_restore_put(r, value.items->list[i]));
    }
    return STK_OK;
}

static enum stk_status check_hashable(struct stk_restore *r, struct stk_value key)
{
    size_t base = r->n_values;
    STK_TRY(stk_restore_put(r, key));
    while (r->n_values > base) {
        struct stk_value value = r->values[--r->n_values];
        if (value.spare == 1) {
            STK_TRY(stk_map_put(&r->hashable, (uint64_t)(uintptr_t)value.items, 2,
                                &(bool){false}));
        } else if (value.kind == STK_VALUE_TUPLE || value.kind == STK_VALUE_FROZENSET) {
            STK_TRY(enter(r, value));
        } else if (!is_plain(value)) {
            return unhashable(r, value);
        }
    }
    return STK_OK;
}

static enum stk_status check_all_hashable(struct stk_restore *r,
                                          const struct stk_restore_late *late)
{
    const struct stk_items *items = late->node;
    const struct stk_pairs *pairs = late->node;
    size_t n = late->pairs ? pairs->n : items->n;
    for (size_t i = 0; i < n; i++) {
        struct stk_value key = late->pairs ? pairs->list[i].key : items->list[i];
        if (!is_plain(key)) {
            STK_TRY(check_hashable(r, key));
        }
    }
    return STK_OK;
}

/* ---- what is equal ---- */

static enum stk_status group(struct stk_restore *r, const struct stk_restore_late *late)
{
    struct stk_items *items = late->node;
    struct stk_pairs *pairs = late->node;
    size_t n = late->pairs ? pairs->n : items->n;
    enum stk_status status =
        late->pairs ? stk_pairs_group(r->arena, pairs) : stk_items_group(r->arena, items);
    if (status == STK_E_LIMIT) {
        r->error = (struct stk_json_error){.off = late->off,
                                           .reason = "keys that are too much alike"};
        return status;
    }
    if (status != STK_OK) {
        return stk_restore_no_memory(r, late->off, n * 4 * sizeof(uint32_t));
    }
    return n == (late->pairs ? pairs->n : items->n)
               ? STK_OK
               : stk_restore_fail(r, late->off,
                                  late->pairs ? "two keys of a dict are equal"
                                              : "two members of a set are equal");
}

static enum stk_status compare(struct stk_restore *r, const struct stk_restore_late *late)
{
    if (late->hashed) {
        STK_TRY(check_all_hashable(r, late));
    }
    return group(r, late);
}

enum stk_status stk_restore_keys(struct stk_restore *r, struct stk_restore_late late,
                                 bool incomplete)
{
    if (!incomplete) {
        return compare(r, &late);
    }
    void *array = r->late;
    STK_TRY(stk_grow(r->alloc, &array, &r->cap_late, sizeof *r->late, r->n_late + 1,
                     SIZE_MAX / sizeof *r->late));
    r->late = array;
    r->late[r->n_late++] = late;
    return STK_OK;
}

enum stk_status stk_restore_late_keys(struct stk_restore *r)
{
    for (size_t i = 0; i < r->n_late; i++) {
        STK_TRY(compare(r, &r->late[i]));
    }
    return STK_OK;
}
