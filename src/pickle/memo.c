/* SPDX-License-Identifier: Apache-2.0 */
#include "pickle/state.h"

/* How far past the entries made so far an index may lie and still be put into the array:
 * holes cost no more than entries do. */
#define DENSE_SLACK UINT64_C(64)

/* Spreads keys; a stream cannot choose them so that all collide. */
#define MEMO_SEED UINT64_C(0x9e3779b97f4a7c15)

void stk_memo_init(struct stk_memo *memo, const struct stk_alloc *alloc,
                   const struct stk_limits *limits)
{
    *memo = (struct stk_memo){.max = (size_t)limits->memo_max};
    stk_map_init(&memo->sparse, alloc, memo->max, MEMO_SEED);
}

void stk_memo_clear(struct stk_memo *memo)
{
    memo->n_dense = 0;
    memo->n_entries = 0;
    stk_map_clear(&memo->sparse);
}

void stk_memo_release(struct stk_memo *memo, const struct stk_alloc *alloc)
{
    stk_free(alloc, memo->dense, memo->cap * sizeof *memo->dense);
    stk_map_release(&memo->sparse);
}

/* Extends the array up to and with index, holes between. */
static enum stk_status extend_dense(struct stk_machine *m, uint64_t index)
{
    struct stk_memo *memo = &m->memo;
    void *array = memo->dense;
    STK_TRY(stk_grow(m->alloc, &array, &memo->cap, sizeof *memo->dense, (size_t)index + 1,
                     memo->max));
    memo->dense = array;
    for (size_t i = memo->n_dense; i <= index; i++) {
        memo->dense[i] = STK_MEMO_HOLE;
    }
    memo->n_dense = (size_t)index + 1;
    return STK_OK;
}

static bool put_failed(struct stk_machine *m, enum stk_status status)
{
    return status == STK_E_LIMIT ? stk_fault(m, STK_FAULT_LIMIT_MEMO)
                                 : stk_failed(m, status);
}

static bool put_sparse(struct stk_machine *m, uint64_t index, stk_slot slot)
{
    bool added = false;
    uint64_t old = 0;
    if (m->memo.n_entries >= m->memo.max && !stk_map_get(&m->memo.sparse, index, &old)) {
        return stk_fault(m, STK_FAULT_LIMIT_MEMO);
    }
    enum stk_status status = stk_map_put(&m->memo.sparse, index, slot, &added);
    m->memo.n_entries += added ? 1 : 0;
    return status == STK_OK || put_failed(m, status);
}

/* An index that is neither in the array nor right behind it. An entry that went to the
 * table stays there: the array never grows over an index that the table may have. */
static bool put_far(struct stk_machine *m, uint64_t index, stk_slot slot)
{
    struct stk_memo *memo = &m->memo;
    uint64_t old = 0;
    bool near = index < memo->max && index < 2 * memo->n_entries + DENSE_SLACK;
    if (!near ||
        (memo->sparse.n_entries > 0 && stk_map_get(&memo->sparse, index, &old))) {
        return put_sparse(m, index, slot);
    }
    if (memo->n_entries >= memo->max) {
        return stk_fault(m, STK_FAULT_LIMIT_MEMO);
    }
    enum stk_status status = extend_dense(m, index);
    if (status != STK_OK) {
        return put_failed(m, status);
    }
    memo->dense[index] = slot;
    memo->n_entries++;
    return true;
}

/* An index within the array. */
static bool put_again(struct stk_machine *m, uint64_t index, stk_slot slot)
{
    struct stk_memo *memo = &m->memo;
    bool hole = memo->dense[index] == STK_MEMO_HOLE;
    uint64_t old = 0;
    if (hole && memo->sparse.n_entries > 0 && stk_map_get(&memo->sparse, index, &old)) {
        return put_sparse(m, index, slot);
    }
    if (hole && memo->n_entries >= memo->max) {
        return stk_fault(m, STK_FAULT_LIMIT_MEMO);
    }
    memo->n_entries += hole ? 1 : 0;
    memo->dense[index] = slot;
    return true;
}

bool stk_memo_put_at(struct stk_machine *m, uint64_t index, stk_slot slot)
{
    return index < m->memo.n_dense ? put_again(m, index, slot) : put_far(m, index, slot);
}

bool stk_memo_get(struct stk_machine *m, uint64_t index, stk_slot *ret_slot)
{
    struct stk_memo *memo = &m->memo;
    if (STK_LIKELY(index < memo->n_dense) && memo->dense[index] != STK_MEMO_HOLE) {
        *ret_slot = memo->dense[index];
        return true;
    }
    if (memo->sparse.n_entries > 0 && stk_map_get(&memo->sparse, index, ret_slot)) {
        return true;
    }
    return stk_fault(m, STK_FAULT_MEMO);
}
