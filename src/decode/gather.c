/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/gather.h"

#include "base/checked.h"

/* Bytes that are cheaper to read than to jump over. */
#define GAP_MAX UINT64_C(4096)

bool stk_array_in_one_piece(const struct stk_array *array)
{
    uint64_t step = 1;
    if (array->stride == NULL || array->n_items == 0) {
        return true;
    }
    for (uint32_t i = array->rank; i-- > 0;) {
        if (array->shape[i] != 1 && (uint64_t)array->stride[i] != step) {
            return false;
        }
        step *= array->shape[i];
    }
    return true;
}

void stk_gather_init(struct stk_gather *g, const struct stk_array *array,
                     const struct stk_source *storage, uint8_t *window, size_t window_len)
{
    *g = (struct stk_gather){.array = array,
                             .storage = storage,
                             .item_size = array->item_size,
                             .window = window,
                             .window_len = window_len};
}

/* One dimension of a block: how far its items lie apart, there and here. */
struct axis {
    uint64_t extent;
    uint64_t from; /* bytes of the storage */
    size_t to;     /* bytes of the block */
};

struct block {
    struct axis axes[STK_GATHER_RANK_MAX];
    size_t n;
    uint64_t start; /* bytes of the storage */
    uint64_t n_items;
    uint64_t ahead; /* bytes worth reading at once */
};

static void add_axis(struct block *b, struct axis axis)
{
    size_t at = b->n++;
    while (at > 0 && b->axes[at - 1].from > axis.from) {
        b->axes[at] = b->axes[at - 1];
        at--;
    }
    b->axes[at] = axis;
}

/* Takes as many of the last dimensions as fit whole, and what fits of the one before. */
static void choose(const struct stk_gather *g, uint64_t items_max, struct block *b)
{
    const struct stk_array *a = g->array;
    uint64_t inner = 1;
    uint32_t p = a->rank;
    *b = (struct block){.start = a->offset * g->item_size, .n_items = 1};
    while (p > 0 && inner * a->shape[p - 1] <= items_max) {
        inner *= a->shape[--p];
        add_axis(b, (struct axis){.extent = a->shape[p],
                                  .from = (uint64_t)a->stride[p] * g->item_size,
                                  .to = (size_t)(inner / a->shape[p] * g->item_size)});
    }
    b->n_items = inner;
    uint64_t outer = g->done / inner;
    for (uint32_t i = p; i-- > 0;) {
        uint64_t index = outer % a->shape[i];
        outer /= a->shape[i];
        b->start += index * (uint64_t)a->stride[i] * g->item_size;
        if (i + 1 == p) {
            uint64_t left = a->shape[i] - index;
            uint64_t fit = items_max / inner;
            fit = fit < left ? fit : left;
            b->n_items *= fit;
            add_axis(b, (struct axis){.extent = fit,
                                      .from = (uint64_t)a->stride[i] * g->item_size,
                                      .to = (size_t)(inner * g->item_size)});
        }
    }
}

/* How long a piece is whose gaps are all small. */
static void look_ahead(const struct stk_gather *g, struct block *b)
{
    uint64_t span = g->item_size;
    for (size_t i = 0; i < b->n; i++) {
        const struct axis *axis = &b->axes[i];
        if (axis->from > span && axis->from - span > GAP_MAX) {
            break;
        }
        span += (axis->extent - 1) * axis->from;
        if (span > g->window_len) {
            break;
        }
    }
    b->ahead = span < g->window_len ? span : g->window_len;
}

static enum stk_status fetch(struct stk_gather *g, const struct block *b, uint64_t off)
{
    if (!stk_range_ok(off, g->item_size, g->storage->size)) {
        return STK_E_TRUNCATED;
    }
    uint64_t left = g->storage->size - off;
    size_t len = (size_t)(b->ahead < left ? b->ahead : left);
    g->window_used = 0;
    STK_TRY(stk_source_read(g->storage, off, g->window, len));
    g->window_off = off;
    g->window_used = len;
    return STK_OK;
}

static inline void copy_item(uint8_t *to, const uint8_t *from, uint64_t size)
{
    switch (size) {
    case 1:
        *to = *from;
        return;
    case 2:
        __builtin_memcpy(to, from, 2);
        return;
    case 4:
        __builtin_memcpy(to, from, 4);
        return;
    case 8:
        __builtin_memcpy(to, from, 8);
        return;
    default:
        stk_copy(to, from, (size_t)size);
    }
}

/* Items along the closest dimension, and where they go. */
static enum stk_status copy_row(struct stk_gather *g, const struct block *b, uint64_t off,
                                uint8_t *to)
{
    const struct axis one = {.extent = 1};
    const struct axis *axis = b->n > 0 ? &b->axes[0] : &one;
    for (uint64_t i = 0; i < axis->extent; i++) {
        bool held = off >= g->window_off &&
                    stk_range_ok(off - g->window_off, g->item_size, g->window_used);
        if (!held) {
            STK_TRY(fetch(g, b, off));
        }
        copy_item(to, g->window + (off - g->window_off), g->item_size);
        off += axis->from;
        to += axis->to;
    }
    return STK_OK;
}

/* Row after row, the closest ones first. */
static enum stk_status copy_block(struct stk_gather *g, const struct block *b,
                                  uint8_t *room)
{
    uint64_t index[STK_GATHER_RANK_MAX] = {0};
    uint64_t off = b->start;
    size_t to = 0;
    for (;;) {
        STK_TRY(copy_row(g, b, off, room + to));
        size_t i = 1;
        while (i < b->n && index[i] + 1 == b->axes[i].extent) {
            off -= index[i] * b->axes[i].from;
            to -= (size_t)(index[i] * b->axes[i].to);
            index[i++] = 0;
        }
        if (i >= b->n) {
            return STK_OK;
        }
        index[i]++;
        off += b->axes[i].from;
        to += b->axes[i].to;
    }
}

enum stk_status stk_gather_next(struct stk_gather *g, uint8_t *room, size_t room_len,
                                size_t *ret_len)
{
    struct block b;
    if (g->done == g->array->n_items) {
        *ret_len = 0;
        return STK_OK;
    }
    choose(g, room_len / g->item_size, &b);
    look_ahead(g, &b);
    STK_TRY(copy_block(g, &b, room));
    g->done += b.n_items;
    *ret_len = (size_t)(b.n_items * g->item_size);
    return STK_OK;
}
