/* SPDX-License-Identifier: Apache-2.0 */
#include "pickle/state.h"

/* Blocks: a tuple is [header, items…]; a dict is [header, identity, key, value, …].
 * header: bits 0-7 the kind all items have (STK_KINDS: mixed), bit 8 whether the items
 * follow, bits 16-63 their number (pairs for a dict). */
#define HEADER_ITEMS UINT64_C(0x100)
#define FIRST_CAP ((size_t)1 << 10)
#define NO_IDENTITY STK_PAYLOAD_MAX

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

/* Numbers, text and bytes are the kinds below TUPLE: the rest has one of these bits. */
#define NOT_PLAIN UINT64_C(0x38)
_Static_assert(STK_TUPLE == 8 && STK_KINDS <= 0x3f, "kinds from 8 on have these bits");

static bool is_plain_data(const stk_slot *items, size_t n)
{
    stk_slot any = 0;
    for (size_t i = 0; i < n; i++) {
        any |= items[i];
    }
    return (any & NOT_PLAIN) == 0;
}

/* ---- what containers hold ---- */

/* In 16 bits each, the class of an object plus 1; HELD_OTHER alone: not known. */
#define HELD_BITS 16
#define HELD_OTHER UINT64_C(0xffff)

static uint64_t lane_at(uint64_t held, unsigned i)
{
    return (held >> (i * HELD_BITS)) & HELD_OTHER;
}

static uint64_t held_join(uint64_t held, uint64_t more)
{
    for (; more != 0; more >>= HELD_BITS) {
        uint64_t lane = lane_at(more, 0);
        unsigned i = 0;
        while (i < STK_HELD_MAX && lane_at(held, i) != 0 && lane_at(held, i) != lane) {
            i++;
        }
        if (held == HELD_OTHER || lane == HELD_OTHER || i == STK_HELD_MAX) {
            return HELD_OTHER;
        }
        held |= lane << (i * HELD_BITS);
    }
    return held;
}

/* What names a container: the offset of the opcode that made it, which runs once. */
static uint64_t identity(const struct stk_machine *m, stk_slot slot)
{
    if (stk_slot_kind(slot) != STK_DICT_KEPT) {
        return stk_slot_payload(slot);
    }
    const stk_slot *b = block(m, stk_slot_payload(slot));
    return b != NULL ? b[1] : NO_IDENTITY;
}

static uint64_t held_by(const struct stk_machine *m, stk_slot container)
{
    uint64_t held = 0;
    uint64_t id = identity(m, container);
    if (m->all_held || id == NO_IDENTITY) {
        return HELD_OTHER;
    }
    return m->held.n_entries > 0 && stk_map_get(&m->held, id, &held) ? held : 0;
}

/* What a container holds when it gets this. */
static uint64_t held_of(const struct stk_machine *m, stk_slot slot)
{
    enum stk_kind kind = stk_slot_kind(slot);
    if (kind < STK_TUPLE || kind == STK_BUFFER) {
        return 0;
    }
    if (kind == STK_TUPLE) {
        return slot & STK_SLOT_HOLDS ? HELD_OTHER : 0;
    }
    if (kind <= STK_FROZENSET) {
        return held_by(m, slot);
    }
    return kind == STK_OBJECT ? (uint64_t)stk_slot_class(slot) + 1 : HELD_OTHER;
}

static uint64_t held_of_all(const struct stk_machine *m, const stk_slot *items, size_t n)
{
    uint64_t held = 0;
    for (size_t i = 0; i < n && held != HELD_OTHER; i++) {
        uint64_t more = held_of(m, items[i]);
        if (STK_UNLIKELY(more != 0)) {
            held = held_join(held, more);
        }
    }
    return held;
}

bool stk_kept_hold(struct stk_machine *m, stk_slot target, const stk_slot *items,
                   size_t n)
{
    bool added = false;
    if (m->all_held || is_plain_data(items, n) ||
        stk_slot_kind(target) == STK_BYTEARRAY) {
        return true;
    }
    uint64_t held = held_of_all(m, items, n);
    if (held == 0) {
        return true;
    }
    uint64_t id = identity(m, target);
    if ((target & STK_SLOT_ALIAS) != 0 || id == NO_IDENTITY) {
        m->all_held = true; /* nobody knows where it is already */
        return true;
    }
    enum stk_status status =
        stk_map_put(&m->held, id, held_join(held_by(m, target), held), &added);
    m->all_held = status == STK_E_LIMIT;
    return status == STK_OK || status == STK_E_LIMIT || stk_failed(m, status);
}

bool stk_slot_held(const struct stk_machine *m, stk_slot slot,
                   stk_slot ret_samples[STK_HELD_MAX], size_t *ret_n)
{
    uint64_t held = held_of(m, slot);
    *ret_n = 0;
    for (unsigned i = 0; i < STK_HELD_MAX && lane_at(held, i) != 0; i++) {
        ret_samples[i] = stk_slot_object((uint16_t)(lane_at(held, i) - 1), 0, 0);
        ++*ret_n;
    }
    return held != HELD_OTHER;
}

/* ---- tuples and dicts ---- */

static stk_slot tuple_bits(const struct stk_machine *m, const stk_slot *items, size_t n)
{
    stk_slot bits = stk_any_unheld(m, items, n) ? STK_SLOT_UNHELD : 0;
    bool holds = m->run.effects != 0 && held_of_all(m, items, n) != 0;
    return bits | (holds ? STK_SLOT_HOLDS : 0);
}

bool stk_kept_tuple(struct stk_machine *m, const stk_slot *items, size_t n,
                    stk_slot *ret_slot)
{
    bool whole = n <= m->limits->kept_items && n < m->kept.max;
    uint64_t pos = NO_BLOCK;
    stk_slot any = 0;
    stk_slot differs = 0;
    for (size_t i = 0; i < n; i++) {
        any |= items[i];
        differs |= items[i] ^ items[0];
    }
    /* Before a block is placed, which may overwrite that of an item. */
    stk_slot bits = (any & NOT_PLAIN) != 0 ? tuple_bits(m, items, n) : 0;
    if (m->kept.max > 0) {
        if (!place(m, 1 + (whole ? n : 0), &pos)) {
            return false;
        }
        enum stk_kind uniform =
            n > 0 && stk_slot_kind(differs) == 0 ? stk_slot_kind(items[0]) : STK_KINDS;
        stk_slot *to = block_at(m, pos);
        to[0] = header_make(n, uniform, whole);
        for (size_t i = 0; whole && i < n; i++) {
            to[1 + i] = items[i];
        }
    }
    *ret_slot = stk_slot_make(STK_TUPLE, pos) | bits;
    return true;
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

enum stk_kind stk_slot_uniform(const struct stk_machine *m, stk_slot slot)
{
    if (stk_slot_kind(slot) != STK_TUPLE || stk_slot_payload(slot) == STK_PAYLOAD_MAX) {
        return STK_KINDS;
    }
    const stk_slot *b = block(m, stk_slot_payload(slot));
    return b != NULL ? (enum stk_kind)(b[0] & 0xff) : STK_KINDS;
}
