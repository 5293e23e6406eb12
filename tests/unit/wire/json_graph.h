/* SPDX-License-Identifier: Apache-2.0
 *
 * Short ways to make values of every kind, and to write them. Include behind cmocka.h and
 * json_case.h.
 */
#pragma once

#include "value/object.h"
#include "wire/json_write.h"

static inline struct stk_value text_of(enum stk_value_kind kind, const char *bytes,
                                       size_t len)
{
    struct stk_value value;
    struct stk_span copy =
        stk_span_of(stk_arena_text(&arena, stk_span_of(bytes, len)), len);
    assert_int_equal(stk_value_text(&arena, 0, kind, copy, &value), STK_OK);
    return value;
}

static inline struct stk_value str(const char *text)
{
    return text_of(STK_VALUE_STR, text, strlen(text));
}

static inline struct stk_value items_of(enum stk_value_kind kind,
                                        const struct stk_value *list, size_t n)
{
    struct stk_value value;
    assert_int_equal(stk_value_items(&arena, 0, kind, list, n, &value), STK_OK);
    return value;
}

#define ITEMS(kind, ...)                                                                 \
    items_of(kind, (const struct stk_value[]){__VA_ARGS__},                              \
             sizeof((const struct stk_value[]){__VA_ARGS__}) / sizeof(struct stk_value))
#define LIST(...) ITEMS(STK_VALUE_LIST, __VA_ARGS__)
#define TUPLE(...) ITEMS(STK_VALUE_TUPLE, __VA_ARGS__)

static inline struct stk_value none_of(enum stk_value_kind kind)
{
    return items_of(kind, NULL, 0);
}

/* Keys and values in turn. */
static inline struct stk_value dict_of(const struct stk_value *list, size_t n)
{
    struct stk_value value;
    size_t duplicate = n / 2;
    const struct stk_pair *pairs = (const struct stk_pair *)(const void *)list;
    assert_int_equal(stk_value_pairs(&arena, 0, pairs, n / 2, &value, &duplicate),
                     STK_OK);
    assert_int_equal(duplicate, n / 2);
    return value;
}

#define DICT(...)                                                                        \
    dict_of((const struct stk_value[]){__VA_ARGS__},                                     \
            sizeof((const struct stk_value[]){__VA_ARGS__}) / sizeof(struct stk_value))

static inline struct stk_value integer(int64_t number)
{
    return stk_value_int(0, number);
}

static inline struct stk_value number_of(double number)
{
    return stk_value_float(0, number);
}

static inline struct stk_value big_of(bool negative, const uint64_t *limbs, size_t n)
{
    struct stk_value value;
    assert_int_equal(stk_value_big(&arena, 0, negative, limbs, n, &value), STK_OK);
    return value;
}

static inline struct stk_value name_of(const char *module, const char *qualified)
{
    const struct stk_name *name =
        stk_name_new(&arena, stk_span_of(module, strlen(module)),
                     stk_span_of(qualified, strlen(qualified)));
    assert_non_null(name);
    return (struct stk_value){.kind = STK_VALUE_GLOBAL, .name = name};
}

/* callee(*args); *ret_object is to be changed. */
static inline struct stk_value object_of(enum stk_value_kind kind,
                                         struct stk_value callee, struct stk_value args,
                                         struct stk_object **ret_object)
{
    struct stk_object *object = stk_arena_alloc(&arena, sizeof *object);
    assert_non_null(object);
    object->call = callee.kind == STK_VALUE_NONE ? STK_CALL_LOAD : STK_CALL_REDUCE;
    object->callee = callee;
    object->args = args;
    if (ret_object != NULL) {
        *ret_object = object;
    }
    return (struct stk_value){.kind = kind & 0xff, .object = object};
}

/* Nodes are made once and changed by tests only, to close cycles and mark sharing. */
static inline void *node_of(struct stk_value value)
{
    return (void *)(uintptr_t)(const void *)value.items;
}

static inline struct stk_value shared(struct stk_value value)
{
    ((struct stk_head *)node_of(value))->shared = true;
    return value;
}

/* Puts a value in the place of an item. */
static inline void set_item(struct stk_value list, size_t at, struct stk_value value)
{
    struct stk_value *items = (void *)(uintptr_t)(const void *)list.items->list;
    items[at] = value;
}
