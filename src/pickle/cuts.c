/* SPDX-License-Identifier: Apache-2.0 */
#include "pickle/state.h"

/* How many cuts begin at or before off. */
static size_t cuts_before(const struct stk_cuts *cuts, uint64_t off)
{
    size_t low = 0;
    size_t high = cuts->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (cuts->list[mid].at <= off) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

uint64_t stk_cuts_real(const struct stk_machine *m, uint64_t off)
{
    size_t n = cuts_before(&m->cuts, off);
    return n == 0 ? off : off + m->cuts.list[n - 1].dropped;
}

static enum stk_status read_around(void *ctx, uint64_t off, void *buf, size_t len)
{
    const struct stk_cuts *cuts = ctx;
    uint8_t *to = buf;
    size_t i = cuts_before(cuts, off);
    while (len > 0) {
        uint64_t dropped = i == 0 ? 0 : cuts->list[i - 1].dropped;
        size_t part = len;
        if (i < cuts->n && cuts->list[i].at - off < part) {
            part = (size_t)(cuts->list[i].at - off);
        }
        STK_TRY(stk_source_read(&cuts->whole, off + dropped, to, part));
        to += part;
        off += part;
        len -= part;
        i++;
    }
    return STK_OK;
}

bool stk_cuts_drop(struct stk_machine *m, uint64_t from, uint64_t to)
{
    struct stk_cuts *cuts = &m->cuts;
    void *array = cuts->list;
    enum stk_status status = stk_grow(m->alloc, &array, &cuts->cap, sizeof *cuts->list,
                                      cuts->n + 1, (size_t)m->limits->cuts_max);
    cuts->list = array;
    if (status != STK_OK) {
        return status == STK_E_LIMIT ? stk_fault(m, STK_FAULT_LIMIT_CUTS)
                                     : stk_failed(m, status);
    }
    uint64_t before = cuts->n == 0 ? 0 : cuts->list[cuts->n - 1].dropped;
    if (cuts->n == 0) {
        cuts->whole = m->source;
    }
    cuts->list[cuts->n++] = (struct stk_cut){.at = from, .dropped = before + (to - from)};
    m->source = (struct stk_source){
        .size = m->source.size - (to - from), .read_at = read_around, .ctx = cuts};
    stk_input_forget(m);
    m->win_off = from;
    return true;
}
