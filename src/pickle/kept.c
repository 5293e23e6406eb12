/* SPDX-License-Identifier: Apache-2.0 */
#include "pickle/state.h"

/* Blocks: a tuple is [header, items…]; a dict is [header, identity, key, value, …].
 * header: bits 0-7 the kind all items have (STK_KINDS: mixed), bit 8 whether the items
 * follow, bits 16-63 their number (pairs for a dict). */
#define HEADER_ITEMS UINT64_C(0x100)
#define FIRST_CAP ((size_t)1 << 10)
#define NO_IDENTITY UINT64_C(0)

/* A position that no block has: nothing is known of the tuple. */
#define NO_BLOCK (STK_PAYLOAD_MAX - 1)

static uint64_t header_make(uint64_t n, enum stk_kind uniform, bool items)
{
    return (n << 16) | (items ? HEADER_ITEMS : 0) | (uint64_t)uniform;
}

static bool grow(struct stk_machine *m, size_t need)
{
    struct stk_kept *kept = &m->kept;
    size_t cap = kept->cap == 0 ? FIRST_CAP : kept->cap;
    while (cap < need && cap < kept->max) {
        cap *= 2;
    }
    void *slots =
        m->alloc->resize(m->alloc->ctx, kept->slots, kept->cap * sizeof *kept->slots,
                         cap * sizeof *kept->slots);
    if (slots == NULL) {
        return stk_failed(m, STK_E_NOMEM);
    }
    kept->slots = slots;
    kept->cap = cap;
    return true;
}

/* Room for a block of len slots in one piece; its position. Until the window has its full
 * size it grows, so positions below the old capacity keep their place. */
static bool place(struct stk_machine *m, size_t len, uint64_t *ret_pos)
{
    struct stk_kept *kept = &m->kept;
    if (kept->head + len > kept->cap && kept->cap < kept->max &&
        !grow(m, (size_t)kept->head + len)) {
        return false;
    }
    uint64_t in = kept->head & (kept->cap - 1);
    if (in + len > kept->cap) {
        kept->head += kept->cap - in; /* blocks do not wrap */
    }
    *ret_pos = kept->head;
    kept->head += len;
    return true;
}

static stk_slot *block_at(const struct stk_machine *m, uint64_t pos)
{
    return m->kept.slots + (pos & (m->kept.cap - 1));
}

/* The block at pos, or NULL when it was overwritten. */
static const stk_slot *block(const struct stk_machine *m, uint64_t pos)
{
    const struct stk_kept *kept = &m->kept;
    if (pos >= kept->head || kept->head - pos > kept->cap) {
        return NULL;
    }
    return block_at(m, pos);
}

static enum stk_kind uniform_kind(const stk_slot *items, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        if (stk_slot_kind(items[i]) != stk_slot_kind(items[0])) {
            return STK_KINDS;
        }
    }
    return n > 0 ? stk_slot_kind(items[0]) : STK_KINDS;
}

bool stk_kept_tuple(struct stk_machine *m, const stk_slot *items, size_t n,
                    stk_slot *ret_slot)
{
    bool whole = n <= m->limits->kept_items && n < m->kept.max;
    uint64_t pos = 0;
    stk_slot unheld = stk_any_unheld(m, items, n) ? STK_SLOT_UNHELD : 0;
    if (m->kept.max == 0) {
        *ret_slot = stk_slot_make(STK_TUPLE, NO_BLOCK) | unheld;
        return true;
    }
    if (!place(m, 1 + (whole ? n : 0), &pos)) {
        return false;
    }
    stk_slot *to = block_at(m, pos);
    to[0] = header_make(n, uniform_kind(items, n), whole);
    for (size_t i = 0; whole && i < n; i++) {
        to[1 + i] = items[i];
    }
    *ret_slot = stk_slot_make(STK_TUPLE, pos) | unheld;
    return true;
}

/* What names the dict: the offset of the opcode that made it, which runs once. */
static uint64_t identity(const struct stk_machine *m, stk_slot dict)
{
    if (stk_slot_kind(dict) == STK_DICT) {
        return stk_slot_payload(dict);
    }
    const stk_slot *b = block(m, stk_slot_payload(dict));
    return b != NULL ? b[1] : NO_IDENTITY;
}

stk_slot stk_kept_alias(struct stk_machine *m, stk_slot slot)
{
    if (stk_slot_kind(slot) == STK_DICT_KEPT) {
        uint64_t id = identity(m, slot);
        m->all_dirty = m->all_dirty || id == NO_IDENTITY;
        slot = stk_slot_make(STK_DICT, id);
    }
    return slot | STK_SLOT_ALIAS;
}

bool stk_kept_dirty(struct stk_machine *m, stk_slot slot)
{
    bool added = false;
    uint64_t id = identity(m, slot);
    if (id == NO_IDENTITY || stk_map_put(&m->dirty, id, 1, &added) == STK_E_LIMIT) {
        m->all_dirty = true;
        return true;
    }
    return stk_map_get(&m->dirty, id, &id) || stk_failed(m, STK_E_NOMEM);
}

/* The dict once its entries are too many or lost. */
static stk_slot unknown_dict(stk_slot dict, uint64_t id)
{
    return stk_slot_make(STK_DICT, id) | STK_SLOT_LARGE | (dict & STK_SLOT_ALIAS);
}

bool stk_kept_pairs(struct stk_machine *m, stk_slot dict, const stk_slot *pairs, size_t n,
                    stk_slot *ret_slot)
{
    uint64_t old_n = 0;
    uint64_t id = identity(m, dict);
    const stk_slot *old = stk_slot_pairs(m, dict, &old_n);
    if (old == NULL || old_n + n > m->limits->kept_items / 2 ||
        2 + 2 * (old_n + n) > m->kept.max) {
        *ret_slot = unknown_dict(dict, id);
        return true;
    }
    uint64_t pos = 0;
    size_t kept_n = (size_t)old_n;
    if (!place(m, 2 + 2 * (kept_n + n), &pos)) {
        return false;
    }
    /* place() may have moved or overwritten the old block: look again. */
    old = stk_slot_pairs(m, dict, &old_n);
    if (old == NULL) {
        *ret_slot = unknown_dict(dict, id);
        return true;
    }
    stk_slot *to = block_at(m, pos);
    for (size_t i = 0; i < 2 * kept_n; i++) {
        to[2 + i] = old[i];
    }
    stk_copy(to + 2 + 2 * kept_n, pairs, 2 * n * sizeof *pairs);
    to[0] = header_make(kept_n + n, STK_KINDS, true);
    to[1] = id;
    *ret_slot = stk_slot_make(STK_DICT_KEPT, pos);
    return true;
}

const stk_slot *stk_slot_items(const struct stk_machine *m, stk_slot slot,
                               uint64_t *ret_n)
{
    static const stk_slot none;
    *ret_n = UINT64_MAX;
    if (stk_slot_kind(slot) != STK_TUPLE) {
        return NULL;
    }
    if (stk_slot_payload(slot) == STK_PAYLOAD_MAX) {
        *ret_n = 0;
        return &none;
    }
    const stk_slot *b = block(m, stk_slot_payload(slot));
    if (b == NULL) {
        return NULL;
    }
    *ret_n = b[0] >> 16;
    return b[0] & HEADER_ITEMS ? b + 1 : NULL;
}

static bool is_dirty(const struct stk_machine *m, uint64_t id)
{
    uint64_t value = 0;
    return m->all_dirty || (m->dirty.n_entries > 0 && stk_map_get(&m->dirty, id, &value));
}

const stk_slot *stk_slot_pairs(const struct stk_machine *m, stk_slot slot,
                               uint64_t *ret_n)
{
    static const stk_slot none;
    *ret_n = UINT64_MAX;
    if (stk_slot_kind(slot) == STK_DICT) {
        /* Fresh: no opcode has given it an entry, and nobody else refers to it. */
        bool fresh = (slot & (STK_SLOT_ALIAS | STK_SLOT_LARGE)) == 0 &&
                     !is_dirty(m, stk_slot_payload(slot));
        *ret_n = fresh ? 0 : UINT64_MAX;
        return fresh ? &none : NULL;
    }
    const stk_slot *b =
        stk_slot_kind(slot) == STK_DICT_KEPT ? block(m, stk_slot_payload(slot)) : NULL;
    if (b == NULL || is_dirty(m, b[1])) {
        return NULL;
    }
    *ret_n = b[0] >> 16;
    return b + 2;
}

bool stk_slot_all_kind(const struct stk_machine *m, stk_slot slot, enum stk_kind kind)
{
    if (stk_slot_kind(slot) != STK_TUPLE) {
        return false;
    }
    if (stk_slot_payload(slot) == STK_PAYLOAD_MAX) {
        return true;
    }
    const stk_slot *b = block(m, stk_slot_payload(slot));
    return b != NULL && ((b[0] & 0xff) == (uint64_t)kind || b[0] >> 16 == 0);
}
