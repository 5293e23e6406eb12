/* SPDX-License-Identifier: Apache-2.0
 *
 * uniqueItems: items are sorted by a hash that equal values share, and only those of one
 * hash are compared.
 */
#include <stdlib.h>

#include "base/checked.h"
#include "profile/state.h"

/* Below this, each is compared with each. */
#define FEW 12

/* How far into nested values the hash looks: what differs deeper collides, and is
 * compared. */
#define HASH_DEPTH 8
#define HASH_ITEMS 64

struct hashed {
    uint64_t hash;
    size_t index;
};

STK_WRAPS static uint64_t mix(uint64_t hash, uint64_t more)
{
    hash = (hash ^ more) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ (hash >> 29);
}

/* 1, 1.0 and 10e-1 are equal, so that all numbers go by their double. */
static uint64_t hash_number(struct stk_value value)
{
    double number = value.number;
    uint64_t bits = 0;
    if (stk_value_kind(value) == STK_VALUE_INT) {
        number = (double)value.integer;
    } else if (stk_value_kind(value) == STK_VALUE_BIGINT) {
        number = 0; /* exact where some double is equal to it */
        for (size_t i = value.big->n; i > 0; i--) {
            number = number * 0x1p64 + (double)value.big->limbs[i - 1];
        }
        number = value.big->negative ? -number : number;
    }
    number += 0.0; /* -0.0 is 0.0 */
    __builtin_memcpy(&bits, &number, sizeof bits);
    bool past = stk_value_kind(value) == STK_VALUE_BIGINT && __builtin_isinf(number);
    return mix(5, past ? bits ^ value.big->limbs[0] : bits);
}

STK_WRAPS static uint64_t hash_value(struct stk_value value, int depth)
{
    uint64_t hash = 0;
    switch (stk_value_kind(value)) {
    case STK_VALUE_NONE:
        return 1;
    case STK_VALUE_BOOL:
        return value.boolean ? 3 : 2;
    case STK_VALUE_INT:
    case STK_VALUE_FLOAT:
    case STK_VALUE_BIGINT:
        return hash_number(value);
    case STK_VALUE_STR:
        return mix(11, value.text->hash);
    case STK_VALUE_BYTES:
    case STK_VALUE_BYTEARRAY:
        return mix(value.kind, stk_hash(value.text->bytes, 0));
    case STK_VALUE_LIST:
    case STK_VALUE_TUPLE:
        hash = mix(value.kind, value.items->n);
        for (size_t i = 0; depth > 0 && i < value.items->n && i < HASH_ITEMS; i++) {
            hash = mix(hash, hash_value(value.items->list[i], depth - 1));
        }
        return hash;
    case STK_VALUE_DICT: /* whatever the order */
        for (size_t i = 0; depth > 0 && i < value.pairs->n && i < HASH_ITEMS &&
                           value.pairs->n <= HASH_ITEMS;
             i++) {
            const struct stk_pair *pair = &value.pairs->list[i];
            hash +=
                mix(hash_value(pair->key, depth - 1), hash_value(pair->value, depth - 1));
        }
        return mix(hash, value.pairs->n);
    case STK_VALUE_SET:
    case STK_VALUE_FROZENSET:
        return mix(value.kind, value.items->n);
    case STK_VALUE_GLOBAL:
        return mix(value.kind, value.name->hash);
    case STK_VALUE_ENUM:
    case STK_VALUE_OBJECT:
    case STK_VALUE_TENSOR:
    case STK_VALUE_NDARRAY:
    case STK_VALUE_STORAGE:
    case STK_VALUE_PERSISTENT:
    case STK_VALUE_BUFFER:
        return value.kind;
    case STK_VALUE_REFUSED:
    case STK_VALUE_KINDS:
        break;
    }
    return 0;
}

static int by_hash(const void *a, const void *b)
{
    const struct hashed *x = a;
    const struct hashed *y = b;
    if (x->hash != y->hash) {
        return x->hash < y->hash ? -1 : 1;
    }
    return x->index < y->index ? -1 : x->index > y->index;
}

/* false: different, or v gave up. */
static bool are_equal(struct stk_validation *v, const struct stk_items *items, size_t a,
                      size_t b)
{
    if (v->steps == 0) {
        v->gave_up = true;
        return false;
    }
    v->steps--;
    return stk_value_equal(items->list[a], items->list[b], &v->gave_up);
}

static bool find_among_few(struct stk_validation *v, const struct stk_items *items,
                           size_t *ret_first, size_t *ret_second)
{
    for (size_t i = 1; i < items->n; i++) {
        for (size_t j = 0; j < i && !v->gave_up; j++) {
            if (are_equal(v, items, j, i)) {
                *ret_first = j;
                *ret_second = i;
                return true;
            }
        }
    }
    return false;
}

bool stk_find_twins(struct stk_validation *v, const struct stk_items *items,
                    size_t *ret_first, size_t *ret_second)
{
    if (items->n <= FEW) {
        return find_among_few(v, items, ret_first, ret_second);
    }
    struct hashed *list = stk_arena_array(&v->arena, items->n, sizeof *list);
    if (list == NULL) {
        v->status = STK_E_NOMEM;
        v->gave_up = true;
        return false;
    }
    for (size_t i = 0; i < items->n; i++) {
        list[i] = (struct hashed){hash_value(items->list[i], HASH_DEPTH), i};
    }
    qsort(list, items->n, sizeof *list, by_hash);
    for (size_t i = 1; i < items->n; i++) {
        for (size_t j = i; j > 0 && list[j - 1].hash == list[i].hash && !v->gave_up;
             j--) {
            if (are_equal(v, items, list[j - 1].index, list[i].index)) {
                *ret_first = list[j - 1].index;
                *ret_second = list[i].index;
                return true;
            }
        }
    }
    return false;
}
