/* SPDX-License-Identifier: Apache-2.0
 *
 * Graphs written with tags and read again, and how two are compared. They are the same:
 * kinds, contents, order, and which values are one object. Short texts may lose their
 * identity, and what is beside an object's call (its array) is not looked at. Recursive:
 * for graphs of tests. Include behind json_graph.h.
 */
#pragma once

#include "base/map.h"
#include "wire/json_tags.h"

struct pairing {
    struct stk_map forth; /* node of a: node of b */
    struct stk_map back;
};

static inline void pairing_init(struct pairing *p)
{
    stk_map_init(&p->forth, &stk_alloc_libc, SIZE_MAX, 1);
    stk_map_init(&p->back, &stk_alloc_libc, SIZE_MAX, 2);
}

static inline void pairing_release(struct pairing *p)
{
    stk_map_release(&p->forth);
    stk_map_release(&p->back);
}

static inline bool same_graph(struct pairing *p, struct stk_value a, struct stk_value b);

static inline bool same_items(struct pairing *p, const struct stk_items *a,
                              const struct stk_items *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++) {
        same = same_graph(p, a->list[i], b->list[i]);
    }
    return same;
}

static inline bool same_pairs(struct pairing *p, const struct stk_pairs *a,
                              const struct stk_pairs *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++) {
        same = same_graph(p, a->list[i].key, b->list[i].key) &&
               same_graph(p, a->list[i].value, b->list[i].value);
        if (same && b->list[i].key.kind == STK_VALUE_STR) {
            const struct stk_text *key = b->list[i].key.text;
            same = stk_value_get(b, key->bytes, key->hash) == &b->list[i].value;
        }
    }
    return same;
}

static inline bool same_objects(struct pairing *p, const struct stk_object *a,
                                const struct stk_object *b)
{
    return a->call == b->call && a->has_state == b->has_state &&
           a->state_first == b->state_first && a->by_name == b->by_name &&
           (a->type == NULL ? b->type == NULL
                            : b->type != NULL && stk_name_equal(a->type, b->type)) &&
           same_graph(p, a->callee, b->callee) && same_graph(p, a->args, b->args) &&
           same_graph(p, a->kwargs, b->kwargs) && same_graph(p, a->state, b->state) &&
           same_items(p, &a->items, &b->items) &&
           same_items(p, &a->members, &b->members) &&
           same_pairs(p, &a->pairs, &b->pairs) && same_graph(p, a->member, b->member);
}

/* *ret_met: the pair was met before. */
static inline bool same_identity(struct pairing *p, struct stk_value a,
                                 struct stk_value b, bool *ret_met)
{
    uint64_t key_a = (uint64_t)(uintptr_t)a.items;
    uint64_t key_b = (uint64_t)(uintptr_t)b.items;
    uint64_t other = 0;
    *ret_met = stk_map_get(&p->forth, key_a, &other);
    if (*ret_met) {
        return other == key_b;
    }
    if (stk_map_get(&p->back, key_b, &other)) {
        return false;
    }
    assert_int_equal(stk_map_put(&p->forth, key_a, key_b, &(bool){false}), STK_OK);
    assert_int_equal(stk_map_put(&p->back, key_b, key_a, &(bool){false}), STK_OK);
    return true;
}

static inline bool same_text(struct pairing *p, struct stk_value a, struct stk_value b)
{
    bool met = false;
    bool same = stk_span_equal(a.text->bytes, b.text->bytes) &&
                a.text->hash == b.text->hash && a.text->n_codes == b.text->n_codes;
    if (a.kind == STK_VALUE_STR && a.text->bytes.len <= STK_JSON_TEXT_SHARED_MIN) {
        return same;
    }
    return same && (!a.text->head.shared || same_identity(p, a, b, &met));
}

static inline bool same_buffers(const struct stk_buffer *a, const struct stk_buffer *b)
{
    return a->ordinal == b->ordinal && a->readonly == b->readonly &&
           a->present == b->present && stk_span_equal(a->bytes, b->bytes);
}

static inline bool same_inside(struct pairing *p, struct stk_value a, struct stk_value b)
{
    if (a.kind == STK_VALUE_BUFFER) {
        return same_buffers(a.buffer, b.buffer);
    }
    if (a.kind == STK_VALUE_DICT) {
        return same_pairs(p, a.pairs, b.pairs);
    }
    return a.kind < STK_VALUE_DICT ? same_items(p, a.items, b.items)
                                   : same_objects(p, a.object, b.object);
}

static inline bool same_graph(struct pairing *p, struct stk_value a, struct stk_value b)
{
    bool met = false;
    if (a.kind != b.kind) {
        return false;
    }
    if (a.kind <= STK_VALUE_FLOAT && a.kind != STK_VALUE_BIGINT) {
        uint64_t bits_a = 0;
        uint64_t bits_b = 0;
        size_t len = a.kind == STK_VALUE_NONE ? 0 : a.kind == STK_VALUE_BOOL ? 1 : 8;
        memcpy(&bits_a, &a.boolean, len);
        memcpy(&bits_b, &b.boolean, len);
        return bits_a == bits_b;
    }
    switch ((int)a.kind) {
    case STK_VALUE_BIGINT:
        return stk_value_compare_numbers(a, b) == 0;
    case STK_VALUE_STR:
    case STK_VALUE_BYTES:
    case STK_VALUE_BYTEARRAY:
        return same_text(p, a, b);
    case STK_VALUE_GLOBAL:
        return stk_name_equal(a.name, b.name) && same_identity(p, a, b, &met);
    default:
        return same_identity(p, a, b, &met) && (met || same_inside(p, a, b));
    }
}

/* ---- there and back ---- */

static const struct stk_json_write_options usual = STK_JSON_WRITE_OPTIONS_DEFAULT;
static const struct stk_json_restore_options no_questions = {NULL, NULL};

/* The text, in the arena. */
static inline char *tagged_with(struct stk_value value,
                                const struct stk_json_write_options *options)
{
    struct stk_json_error error = {0, "no memory"};
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, SIZE_MAX);
    if (stk_json_write_tagged(&out, value, options, &error) != STK_OK) {
        print_error("%s at %llu\n", error.reason, (unsigned long long)error.off);
        fail();
    }
    char *text = stk_arena_text(&arena, stk_buf_span(&out));
    assert_non_null(text);
    stk_buf_release(&out);
    return text;
}

static inline struct stk_value restored_with(
    const char *text, const struct stk_json_restore_options *options)
{
    struct stk_json_options read = {.depth_max = 100000, .take_surrogates = true};
    struct stk_json_error error = {0, "no memory"};
    struct stk_value value = stk_value_none(0);
    if (decode_with(&read, text, strlen(text), &value, &error) != STK_OK ||
        stk_json_restore(&arena, value, options, &value, &error) != STK_OK) {
        print_error("%.200s: %s at %llu\n", text, error.reason,
                    (unsigned long long)error.off);
        fail();
    }
    return value;
}

static inline struct stk_value restored(const char *text)
{
    return restored_with(text, &no_questions);
}

static inline void assert_same(struct stk_value a, struct stk_value b)
{
    struct pairing pairing;
    pairing_init(&pairing);
    assert_true(same_graph(&pairing, a, b));
    pairing_release(&pairing);
}

/* There and back. */
static inline void round_trip(struct stk_value value, const char *expected)
{
    char *text = tagged_with(value, &usual);
    assert_string_equal(text, expected);
    struct stk_value back = restored(text);
    assert_same(value, back);
    assert_string_equal(tagged_with(back, &usual), expected);
}

/* The beginning of a call: m.callee(*args) */
#define CALL(callee, args)                                                               \
    "{\"call\":\"reduce\",\"callee\":{\"$global\":[\"m\",\"" callee "\"]},"              \
    "\"args\":" args
