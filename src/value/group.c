/* SPDX-License-Identifier: Apache-2.0
 *
 * Values that hold others. Equal STR keys are found in the index that the dict keeps, by
 * their whole hash; other keys and members of sets in a table that is dropped again.
 */
#include <math.h>

#include "base/alloc.h"
#include "value/equal.h"

/* Up to so many pairs are looked through one by one. */
#define LIST_MAX 8

/* What comparing keys may cost: honest keys are equal or have different hashes, so that
 * each is compared about once. */
#define STEPS_FIRST 4096
#define STEPS_EACH 256

struct key_slot {
    uint64_t hash;
    struct stk_value *key; /* NULL: free */
};

#define SMALL_SLOTS 32

struct keys {
    const struct stk_alloc *alloc;
    struct key_slot *slots; /* owned unless small */
    size_t n_slots;         /* power of two, at least twice the keys */
    uint64_t steps;         /* left */
    struct key_slot small[SMALL_SLOTS];
};

/* A power of two of at least twice n; 0 if there is none. */
static size_t slots_for(size_t n)
{
    size_t slots = 1;
    while (slots != 0 && slots / 2 < n) {
        slots *= 2;
    }
    return slots;
}

static enum stk_status keys_init(struct keys *keys, const struct stk_alloc *alloc,
                                 size_t n)
{
    size_t n_slots = slots_for(n);
    size_t len = 0;
    *keys = (struct keys){.alloc = alloc, .n_slots = SMALL_SLOTS};
    keys->slots = keys->small;
    keys->steps = STEPS_FIRST + n * STEPS_EACH;
    if (n_slots != 0 && n_slots <= SMALL_SLOTS) {
        return STK_OK;
    }
    if (n_slots == 0 || __builtin_mul_overflow(n_slots, sizeof keys->slots[0], &len)) {
        return STK_E_NOMEM;
    }
    struct key_slot *slots = stk_new(alloc, len);
    if (slots == NULL) {
        return STK_E_NOMEM;
    }
    keys->slots = slots;
    keys->n_slots = n_slots;
    return STK_OK;
}

static void keys_release(struct keys *keys)
{
    if (keys->slots != keys->small) {
        stk_free(keys->alloc, keys->slots, keys->n_slots * sizeof keys->slots[0]);
    }
}

/* The equal key that was seen before, or NULL after adding this one. */
static enum stk_status keys_add(struct keys *keys, struct stk_value *key,
                                struct stk_value **ret_before)
{
    *ret_before = NULL;
    if (key->kind == STK_VALUE_FLOAT && isnan(key->number)) {
        return STK_OK; /* equal to nothing */
    }
    uint64_t hash = stk_value_hash(*key);
    size_t at = (size_t)hash & (keys->n_slots - 1);
    for (; keys->slots[at].key != NULL; at = (at + 1) & (keys->n_slots - 1)) {
        if (keys->slots[at].hash == hash &&
            stk_value_same_key(*keys->slots[at].key, *key, &keys->steps)) {
            *ret_before = keys->slots[at].key;
            return STK_OK;
        }
        if (keys->steps == 0) {
            return STK_E_LIMIT;
        }
    }
    keys->slots[at] = (struct key_slot){.hash = hash, .key = key};
    return STK_OK;
}

/* ---- lists, tuples, sets ---- */

static enum stk_status add_members(struct stk_arena *arena, const struct stk_value *list,
                                   size_t n, struct stk_value *out, size_t *ret_n)
{
    struct keys keys;
    size_t n_out = 0;
    STK_TRY(keys_init(&keys, arena->alloc, n));
    enum stk_status status = STK_OK;
    for (size_t i = 0; i < n && status == STK_OK; i++) {
        struct stk_value *before = NULL;
        out[n_out] = list[i];
        status = keys_add(&keys, &out[n_out], &before);
        n_out += before == NULL;
    }
    keys_release(&keys);
    *ret_n = n_out;
    return status;
}

enum stk_status stk_value_items(struct stk_arena *arena, uint64_t off,
                                enum stk_value_kind kind, const struct stk_value *list,
                                size_t n, struct stk_value *ret_value)
{
    struct stk_items *items = stk_arena_alloc(arena, sizeof *items);
    struct stk_value *copy = stk_arena_array(arena, n, sizeof *copy);
    if (items == NULL || copy == NULL) {
        return STK_E_NOMEM;
    }
    if (kind == STK_VALUE_SET || kind == STK_VALUE_FROZENSET) {
        STK_TRY(add_members(arena, list, n, copy, &n));
    } else {
        stk_copy(copy, list, n * sizeof *copy);
    }
    *items = (struct stk_items){.n = n, .list = copy};
    *ret_value = (struct stk_value){
        .kind = kind & 0xff, .off = off & STK_VALUE_OFF_MAX, .items = items};
    return STK_OK;
}

enum stk_status stk_items_group(struct stk_arena *arena, struct stk_items *items)
{
    struct stk_value *list = (struct stk_value *)(uintptr_t)(const void *)items->list;
    return items->n < 2 ? STK_OK
                        : add_members(arena, items->list, items->n, list, &items->n);
}

/* ---- dicts ---- */

/* A dict in the making. */
struct building {
    struct stk_pair *list;
    size_t n;
    uint32_t *index; /* NULL of few pairs */
    size_t index_mask;
    struct keys *keys; /* all but STR; NULL where there is no other */
};

static bool is_key(const struct stk_pair *pair, struct stk_span text, uint64_t hash)
{
    return pair->key.kind == STK_VALUE_STR && pair->key.text->hash == hash &&
           stk_span_equal(pair->key.text->bytes, text);
}

/* Where the index has the pair of this key, or has room for it. */
static size_t find_in_index(const struct stk_pair *list, const uint32_t *index,
                            size_t mask, struct stk_span text, uint64_t hash)
{
    size_t at = (size_t)hash & mask;
    while (index[at] != 0 && !is_key(&list[index[at] - 1], text, hash)) {
        at = (at + 1) & mask;
    }
    return at;
}

/* The equal key among those before, or NULL after adding the one at list[n]. */
static struct stk_pair *add_text(struct building *b)
{
    const struct stk_text *text = b->list[b->n].key.text;
    if (b->index == NULL) {
        for (size_t i = 0; i < b->n; i++) {
            if (is_key(&b->list[i], text->bytes, text->hash)) {
                return &b->list[i];
            }
        }
        return NULL;
    }
    size_t at = find_in_index(b->list, b->index, b->index_mask, text->bytes, text->hash);
    if (b->index[at] != 0) {
        return &b->list[b->index[at] - 1];
    }
    b->index[at] = (uint32_t)b->n + 1;
    return NULL;
}

static enum stk_status add_pairs(struct building *b, const struct stk_pair *list,
                                 size_t n, size_t *ret_duplicate)
{
    size_t duplicate = n;
    for (size_t i = 0; i < n; i++) {
        struct stk_pair *before = NULL;
        b->list[b->n] = list[i];
        if (list[i].key.kind == STK_VALUE_STR) {
            before = add_text(b);
        } else {
            struct stk_value *key = NULL;
            STK_TRY(keys_add(b->keys, &b->list[b->n].key, &key));
            before = (struct stk_pair *)key; /* its first member */
        }
        if (before != NULL) {
            before->value = list[i].value;
            duplicate = duplicate == n ? i : duplicate;
        } else {
            b->n++;
        }
    }
    *ret_duplicate = duplicate;
    return STK_OK;
}

/* Apart, since a table takes room that most dicts do not need. */
__attribute__((noinline)) static enum stk_status add_mixed_pairs(
    struct building *b, const struct stk_alloc *alloc, const struct stk_pair *list,
    size_t n, size_t n_texts, size_t *ret_duplicate)
{
    struct keys keys;
    STK_TRY(keys_init(&keys, alloc, n - n_texts));
    b->keys = &keys;
    enum stk_status status = add_pairs(b, list, n, ret_duplicate);
    b->keys = NULL;
    keys_release(&keys);
    return status;
}

static size_t count_texts(const struct stk_pair *list, size_t n)
{
    size_t texts = 0;
    for (size_t i = 0; i < n; i++) {
        texts += list[i].key.kind == STK_VALUE_STR;
    }
    return texts;
}

static enum stk_status building_init(struct building *b, struct stk_arena *arena,
                                     size_t n, size_t n_texts)
{
    if (n > UINT32_MAX / 2) { /* an index has 32 bits */
        return STK_E_LIMIT;
    }
    if (n > LIST_MAX) {
        size_t slots = slots_for(n_texts);
        b->index = stk_arena_array(arena, slots, sizeof b->index[0]);
        b->index_mask = slots - 1;
    }
    return n > LIST_MAX && b->index == NULL ? STK_E_NOMEM : STK_OK;
}

/* Groups n pairs of a list into `into`, which may be the same. */
static enum stk_status group(struct stk_arena *arena, const struct stk_pair *list,
                             size_t n, struct stk_pair *into, struct stk_pairs *pairs,
                             size_t *ret_duplicate)
{
    struct building b = {.list = into};
    size_t n_texts = count_texts(list, n);
    STK_TRY(building_init(&b, arena, n, n_texts));
    if (n_texts < n) {
        STK_TRY(add_mixed_pairs(&b, arena->alloc, list, n, n_texts, ret_duplicate));
    } else {
        STK_TRY(add_pairs(&b, list, n, ret_duplicate));
    }
    pairs->n = b.n;
    pairs->list = b.list;
    pairs->index = b.index;
    pairs->index_mask = b.index_mask;
    pairs->texts_only = n_texts == n;
    return STK_OK;
}

enum stk_status stk_value_pairs(struct stk_arena *arena, uint64_t off,
                                const struct stk_pair *list, size_t n,
                                struct stk_value *ret_value, size_t *ret_duplicate)
{
    struct stk_pairs *pairs = stk_arena_alloc(arena, sizeof *pairs);
    struct stk_pair *into = stk_arena_array(arena, n, sizeof *into);
    if (pairs == NULL || into == NULL) {
        return STK_E_NOMEM;
    }
    STK_TRY(group(arena, list, n, into, pairs, ret_duplicate));
    *ret_value = (struct stk_value){
        .kind = STK_VALUE_DICT, .off = off & STK_VALUE_OFF_MAX, .pairs = pairs};
    return STK_OK;
}

enum stk_status stk_pairs_group(struct stk_arena *arena, struct stk_pairs *pairs)
{
    struct stk_pair *list = (struct stk_pair *)(uintptr_t)(const void *)pairs->list;
    size_t duplicate = 0;
    if (pairs->n < 2) { /* nothing to compare */
        pairs->texts_only = pairs->n == 0 || list[0].key.kind == STK_VALUE_STR;
        return STK_OK;
    }
    return group(arena, pairs->list, pairs->n, list, pairs, &duplicate);
}

const struct stk_value *stk_value_get(const struct stk_pairs *pairs, struct stk_span key,
                                      uint64_t hash)
{
    if (pairs->index != NULL) {
        size_t at =
            find_in_index(pairs->list, pairs->index, pairs->index_mask, key, hash);
        return pairs->index[at] == 0 ? NULL : &pairs->list[pairs->index[at] - 1].value;
    }
    for (size_t i = 0; i < pairs->n; i++) {
        if (is_key(&pairs->list[i], key, hash)) {
            return &pairs->list[i].value;
        }
    }
    return NULL;
}
