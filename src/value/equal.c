/* SPDX-License-Identifier: Apache-2.0 */
#include "value/equal.h"

#include "base/checked.h"
#include "base/map.h"
#include "value/number.h"
#include "value/object.h"

struct equality {
    uint64_t steps; /* left */
    bool bool_is_number;
    bool gave_up;
};

static bool same(struct equality *e, struct stk_value a, struct stk_value b,
                 unsigned depth);

static bool is_set(struct stk_value value)
{
    return value.kind == STK_VALUE_SET || value.kind == STK_VALUE_FROZENSET;
}

static bool same_lists(struct equality *e, const struct stk_items *a,
                       const struct stk_items *b, unsigned depth)
{
    if (a->n != b->n) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        if (!same(e, a->list[i], b->list[i], depth)) {
            return false;
        }
    }
    return true;
}

/* Looks first where it would be if both were written in one order. */
static bool is_member(struct equality *e, const struct stk_items *set,
                      struct stk_value value, size_t near, unsigned depth)
{
    for (size_t i = 0; i < set->n && !e->gave_up; i++) {
        size_t at = near + i < set->n ? near + i : near + i - set->n;
        if (same(e, set->list[at], value, depth)) {
            return true;
        }
    }
    return false;
}

static bool same_sets(struct equality *e, const struct stk_items *a,
                      const struct stk_items *b, unsigned depth)
{
    if (a->n != b->n) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        if (!is_member(e, b, a->list[i], i, depth)) {
            return false;
        }
    }
    return true;
}

/* The value of a key of any kind, near which it may be. */
static const struct stk_value *look_up(struct equality *e, const struct stk_pairs *pairs,
                                       struct stk_value key, size_t near, unsigned depth)
{
    if (key.kind == STK_VALUE_STR &&
        (pairs->index != NULL || pairs->list[near].key.kind != STK_VALUE_STR)) {
        return stk_value_get(pairs, key.text->bytes, key.text->hash);
    }
    for (size_t i = 0; i < pairs->n && !e->gave_up; i++) {
        size_t at = near + i < pairs->n ? near + i : near + i - pairs->n;
        if (same(e, pairs->list[at].key, key, depth)) {
            return &pairs->list[at].value;
        }
    }
    return NULL;
}

static bool same_dicts(struct equality *e, const struct stk_pairs *a,
                       const struct stk_pairs *b, unsigned depth)
{
    if (a->n != b->n) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        const struct stk_value *value = look_up(e, b, a->list[i].key, i, depth);
        if (value == NULL || !same(e, a->list[i].value, *value, depth)) {
            return false;
        }
    }
    return true;
}

/* Long texts are counted by what a comparison of them costs. */
#define STEP_BYTES 64

static bool same_texts(struct equality *e, struct stk_span a, struct stk_span b)
{
    if (a.len != b.len || a.data == b.data) {
        return a.len == b.len;
    }
    uint64_t cost = a.len / STEP_BYTES;
    if (cost > e->steps) {
        e->gave_up = true;
        return false;
    }
    e->steps -= cost;
    return stk_span_equal(a, b);
}

/* Two of one kind that holds others, at different places. */
static bool same_inside(struct equality *e, struct stk_value a, struct stk_value b,
                        unsigned depth)
{
    if (depth == STK_EQUAL_DEPTH) {
        e->gave_up = true;
        return false;
    }
    if (a.kind == STK_VALUE_DICT) {
        return a.pairs == b.pairs || same_dicts(e, a.pairs, b.pairs, depth + 1);
    }
    return a.items == b.items || (is_set(a) ? same_sets(e, a.items, b.items, depth + 1)
                                            : same_lists(e, a.items, b.items, depth + 1));
}

static bool same_members(struct equality *e, const struct stk_object *a,
                         const struct stk_object *b, unsigned depth)
{
    if (a == b) {
        return true;
    }
    if (depth == STK_EQUAL_DEPTH) {
        e->gave_up = true;
        return false;
    }
    return a->type != NULL && b->type != NULL && stk_name_equal(a->type, b->type) &&
           a->by_name == b->by_name && same(e, a->member, b->member, depth + 1);
}

static bool same(struct equality *e, struct stk_value a, struct stk_value b,
                 unsigned depth)
{
    if (e->gave_up || e->steps == 0) {
        e->gave_up = true;
        return false;
    }
    e->steps--;
    if (e->bool_is_number) {
        a = a.kind == STK_VALUE_BOOL ? stk_value_int(a.off, a.boolean) : a;
        b = b.kind == STK_VALUE_BOOL ? stk_value_int(b.off, b.boolean) : b;
    }
    if (stk_number_is(a) && stk_number_is(b)) {
        return stk_value_compare_numbers(a, b) == 0;
    }
    if (a.kind != b.kind) {
        return false;
    }
    switch (stk_value_kind(a)) {
    case STK_VALUE_BOOL:
        return a.boolean == b.boolean;
    case STK_VALUE_STR:
        return a.text->hash == b.text->hash &&
               same_texts(e, a.text->bytes, b.text->bytes);
    case STK_VALUE_BYTES:
    case STK_VALUE_BYTEARRAY:
        return same_texts(e, a.text->bytes, b.text->bytes);
    case STK_VALUE_LIST:
    case STK_VALUE_TUPLE:
    case STK_VALUE_SET:
    case STK_VALUE_FROZENSET:
    case STK_VALUE_DICT:
        return same_inside(e, a, b, depth);
    case STK_VALUE_GLOBAL:
        return stk_name_equal(a.name, b.name);
    case STK_VALUE_ENUM:
        return same_members(e, a.object, b.object, depth);
    case STK_VALUE_OBJECT:
    case STK_VALUE_TENSOR:
    case STK_VALUE_NDARRAY:
    case STK_VALUE_STORAGE:
    case STK_VALUE_PERSISTENT:
        return a.object == b.object;
    case STK_VALUE_BUFFER:
        return a.buffer == b.buffer;
    case STK_VALUE_REFUSED:
        return false;
    case STK_VALUE_NONE:
    case STK_VALUE_INT:
    case STK_VALUE_BIGINT:
    case STK_VALUE_FLOAT:
    case STK_VALUE_KINDS:
        break;
    }
    return true;
}

bool stk_value_equal(struct stk_value a, struct stk_value b, bool *ret_gave_up)
{
    struct equality e = {.steps = STK_EQUAL_STEPS};
    bool equal = same(&e, a, b, 0);
    if (e.gave_up) {
        *ret_gave_up = true;
    }
    return equal && !e.gave_up;
}

bool stk_value_same_key(struct stk_value a, struct stk_value b, uint64_t *steps)
{
    struct equality e = {.steps = *steps, .bool_is_number = true};
    bool equal = same(&e, a, b, 0);
    *steps = e.gave_up ? 0 : e.steps;
    return equal && !e.gave_up;
}

/* ---- hashes ---- */

/* Items of a tuple, and of a tuple in it, that are looked at. */
static const size_t items_looked_at[] = {64, 8, 0};

/* Limbs of a big integer, the least significant first. */
#define LIMBS ((size_t)64)

/* Bytes at either end of BYTES. */
#define ENDS 256

STK_WRAPS static uint64_t hash_of(enum stk_value_kind kind, const void *data, size_t len)
{
    return stk_hash(stk_span_of(data, len), stk_value_seed() + (unsigned)kind);
}

static uint64_t hash_word(enum stk_value_kind kind, uint64_t word)
{
    return hash_of(kind, &word, sizeof word);
}

static uint64_t hash_double(double number)
{
    int64_t integer = 0;
    uint64_t bits = 0;
    if (stk_number_is_integer(number, &integer)) {
        return hash_word(STK_VALUE_INT, (uint64_t)integer);
    }
    __builtin_memcpy(&bits, &number, sizeof bits);
    return hash_word(STK_VALUE_FLOAT, bits);
}

static uint64_t hash_big(const struct stk_big *big)
{
    double number = 0;
    if (stk_number_big_is_double(big, &number)) {
        return hash_double(number);
    }
    size_t n = big->n < LIMBS ? big->n : LIMBS; /* those that tell integers apart */
    return hash_of(STK_VALUE_BIGINT, big->limbs, n * sizeof big->limbs[0]);
}

static uint64_t hash_bytes(struct stk_value value)
{
    struct stk_span bytes = value.text->bytes;
    if (bytes.len <= ENDS) {
        return hash_of(stk_value_kind(value), bytes.data, bytes.len);
    }
    uint64_t hash = hash_word(stk_value_kind(value), bytes.len) ^
                    hash_of(STK_VALUE_BYTES, bytes.data, ENDS);
    return hash_word(STK_VALUE_BYTES, hash) ^
           hash_of(STK_VALUE_BYTES, bytes.data + bytes.len - ENDS, ENDS);
}

static uint64_t hash_value(struct stk_value value, unsigned depth);

STK_WRAPS static uint64_t hash_items(struct stk_value value, unsigned depth)
{
    const struct stk_items *items = value.items;
    size_t n = items_looked_at[depth];
    uint64_t hash = hash_word(stk_value_kind(value), items->n);
    if (is_set(value)) { /* whatever the order: all or none */
        n = items->n > n ? 0 : items->n;
    }
    for (size_t i = 0; i < n && i < items->n; i++) {
        uint64_t item = hash_value(items->list[i], depth + 1);
        hash = is_set(value) ? hash + item : hash_word(STK_VALUE_TUPLE, hash ^ item);
    }
    return hash;
}

static uint64_t hash_value(struct stk_value value, unsigned depth)
{
    switch (stk_value_kind(value)) {
    case STK_VALUE_BOOL:
        return hash_word(STK_VALUE_INT, value.boolean);
    case STK_VALUE_INT:
        return hash_word(STK_VALUE_INT, (uint64_t)value.integer);
    case STK_VALUE_BIGINT:
        return hash_big(value.big);
    case STK_VALUE_FLOAT:
        return hash_double(value.number);
    case STK_VALUE_STR:
        return value.text->hash;
    case STK_VALUE_BYTES:
    case STK_VALUE_BYTEARRAY:
        return hash_bytes(value);
    case STK_VALUE_LIST:
    case STK_VALUE_TUPLE:
    case STK_VALUE_SET:
    case STK_VALUE_FROZENSET:
        return hash_items(value, depth);
    case STK_VALUE_DICT:
        return hash_word(STK_VALUE_DICT, value.pairs->n);
    case STK_VALUE_GLOBAL:
        return value.name->hash;
    case STK_VALUE_ENUM: /* members of one enum that are keys are few */
        return hash_word(STK_VALUE_ENUM,
                         value.object->type != NULL ? value.object->type->hash : 0);
    case STK_VALUE_OBJECT:
    case STK_VALUE_TENSOR:
    case STK_VALUE_NDARRAY:
    case STK_VALUE_STORAGE:
    case STK_VALUE_PERSISTENT:
        return hash_word(STK_VALUE_OBJECT, (uint64_t)(uintptr_t)value.object);
    case STK_VALUE_BUFFER:
        return hash_word(STK_VALUE_BUFFER, value.buffer->ordinal);
    case STK_VALUE_REFUSED:
    case STK_VALUE_NONE:
    case STK_VALUE_KINDS:
        break;
    }
    return hash_word(STK_VALUE_NONE, 0);
}

uint64_t stk_value_hash(struct stk_value value)
{
    return hash_value(value, 0);
}
