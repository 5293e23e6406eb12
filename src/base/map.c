/* SPDX-License-Identifier: Apache-2.0
 *
 * The place of a key depends on the table's seed and on the address of its slots, which
 * changes with each growth and, under address space randomisation, with each process:
 * nobody can prepare keys that all land in one row.
 */
#include "base/map.h"

#include <string.h>

#include "base/assert.h"
#include "base/checked.h"

#define FIRST_SLOTS 16u
#define KEPT_SLOTS 4096u /* stk_map_clear() keeps a table of up to so many */

/* Odd constants with an even mix of bits (SplitMix64's and MurmurHash3's). */
#define MIX_1 UINT64_C(0x9e3779b97f4a7c15)
#define MIX_2 UINT64_C(0xbf58476d1ce4e5b9)
#define MIX_3 UINT64_C(0xff51afd7ed558ccd)

__extension__ typedef unsigned __int128 wide;

/* Both halves of the product folded into one: each bit of a and b reaches the result. */
STK_WRAPS static inline uint64_t fold(uint64_t a, uint64_t b)
{
    wide product = (wide)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline size_t place_of(const struct stk_map *map, uint64_t key)
{
    uint64_t secret = map->seed ^ (uint64_t)(uintptr_t)map->slots;
    uint64_t hash = fold(key ^ secret ^ MIX_1, (secret ^ MIX_2) | 1);
    return (size_t)fold(hash ^ MIX_3, MIX_2) & (map->n_slots - 1);
}

/* The slot of the key, or the free one where it belongs. There is always a free one. */
static inline size_t find(const struct stk_map *map, uint64_t key)
{
    size_t at = place_of(map, key);
    while (map->used[at] && map->slots[at].key != key) {
        at = (at + 1) & (map->n_slots - 1);
    }
    return at;
}

void stk_map_init(struct stk_map *map, const struct stk_alloc *alloc, size_t max_entries,
                  uint64_t seed)
{
    *map = (struct stk_map){.alloc = alloc, .max_entries = max_entries, .seed = seed};
}

static void tables_free(struct stk_map *map)
{
    if (map->slots != NULL) {
        stk_free(map->alloc, map->slots, map->n_slots * sizeof(map->slots[0]));
    }
    if (map->used != NULL) {
        stk_free(map->alloc, map->used, map->n_slots);
    }
}

void stk_map_release(struct stk_map *map)
{
    tables_free(map);
    stk_map_init(map, map->alloc, map->max_entries, map->seed);
}

void stk_map_clear(struct stk_map *map)
{
    if (map->n_slots > KEPT_SLOTS) {
        stk_map_release(map);
    } else if (map->n_entries > 0) {
        memset(map->used, 0, map->n_slots);
        map->n_entries = 0;
    }
}

bool stk_map_get(const struct stk_map *map, uint64_t key, uint64_t *ret_value)
{
    if (map->n_entries == 0) {
        return false;
    }
    size_t at = find(map, key);
    if (!map->used[at]) {
        return false;
    }
    *ret_value = map->slots[at].value;
    return true;
}

static void insert(struct stk_map *map, uint64_t key, uint64_t value)
{
    size_t at = find(map, key);
    STK_ASSERT(!map->used[at]);
    map->used[at] = 1;
    map->slots[at] = (struct stk_map_slot){.key = key, .value = value};
    map->n_entries++;
}

/* Moves all entries into tables of n_slots; the map is as it was on failure. */
static enum stk_status resize(struct stk_map *map, size_t n_slots)
{
    size_t len = 0;
    if (__builtin_mul_overflow(n_slots, sizeof(map->slots[0]), &len)) {
        return STK_E_NOMEM;
    }
    struct stk_map next = *map;
    next.n_slots = n_slots;
    next.n_entries = 0;
    next.slots = map->alloc->resize(map->alloc->ctx, NULL, 0, len);
    next.used = next.slots == NULL ? NULL : stk_new(map->alloc, n_slots);
    if (next.used == NULL) {
        tables_free(&next);
        return STK_E_NOMEM;
    }
    for (size_t i = 0; i < map->n_slots; i++) {
        if (map->used[i]) {
            insert(&next, map->slots[i].key, map->slots[i].value);
        }
    }
    tables_free(map);
    *map = next;
    return STK_OK;
}

/* At most three quarters of the slots are used. */
static enum stk_status make_room(struct stk_map *map)
{
    if (map->n_entries >= map->max_entries) {
        return STK_E_LIMIT;
    }
    if (map->n_entries < map->n_slots - map->n_slots / 4) {
        return STK_OK;
    }
    if (map->n_slots > SIZE_MAX / 2) {
        return STK_E_NOMEM;
    }
    return resize(map, map->n_slots == 0 ? FIRST_SLOTS : map->n_slots * 2);
}

enum stk_status stk_map_put(struct stk_map *map, uint64_t key, uint64_t value,
                            bool *ret_added)
{
    if (map->n_entries > 0) {
        size_t at = find(map, key);
        if (map->used[at]) {
            map->slots[at].value = value;
            *ret_added = false;
            return STK_OK;
        }
    }
    STK_TRY(make_room(map));
    insert(map, key, value);
    *ret_added = true;
    return STK_OK;
}

/* Up to 16 bytes as two words that may overlap: most names are that short. The seed is in
 * both factors, so that no text makes one of them 0 but by chance. */
static uint64_t hash_short(struct stk_span bytes, uint64_t seed)
{
    const uint8_t *p = bytes.data;
    size_t len = bytes.len;
    uint64_t a = 0;
    uint64_t b = 0;
    if (len >= 8) {
        a = stk_le64(p);
        b = stk_le64(p + len - 8);
    } else if (len >= 4) {
        a = stk_le32(p);
        b = stk_le32(p + len - 4);
    } else if (len > 0) {
        a = (uint64_t)p[0] << 16 | (uint64_t)p[len / 2] << 8 | p[len - 1];
    }
    uint64_t hash = fold(a ^ seed ^ MIX_1, b ^ (seed << 32 | seed >> 32) ^ MIX_2 ^ len);
    return fold(hash ^ seed ^ MIX_3, MIX_1 ^ len);
}

uint64_t stk_hash(struct stk_span bytes, uint64_t seed)
{
    if (bytes.len <= 16) {
        return hash_short(bytes, seed);
    }
    uint64_t turned = seed << 32 | seed >> 32;
    uint64_t hash = seed ^ MIX_1 ^ bytes.len;
    for (size_t at = 0; at + 16 < bytes.len; at += 16) {
        hash = fold(hash ^ stk_le64(bytes.data + at),
                    stk_le64(bytes.data + at + 8) ^ turned ^ MIX_2);
    }
    /* The last 16 bytes, some of which may have been read already. */
    const uint8_t *last = bytes.data + bytes.len - 16;
    hash = fold(hash ^ stk_le64(last), stk_le64(last + 8) ^ turned ^ MIX_2);
    return fold(hash ^ seed ^ MIX_3, MIX_1 ^ bytes.len);
}
