/* SPDX-License-Identifier: Apache-2.0
 *
 * Short ways to make values in tests. Include behind cmocka.h.
 */
#pragma once

#include <string.h>

#include "value/value.h"

static struct stk_arena arena;

static inline int set_up(void **state)
{
    (void)state;
    stk_arena_init(&arena, &stk_alloc_libc, (size_t)1 << 28);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    stk_arena_release(&arena);
    return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static inline struct stk_value integer(int64_t number)
{
    return stk_value_int(0, number);
}

static inline struct stk_value number(double value)
{
    return stk_value_float(0, value);
}

static inline struct stk_value boolean(bool value)
{
    return stk_value_bool(0, value);
}

static inline struct stk_value text_of(enum stk_value_kind kind, const char *text)
{
    struct stk_value value;
    size_t len = strlen(text);
    struct stk_span copy =
        stk_span_of(stk_arena_text(&arena, stk_span_of(text, len)), len);
    assert_int_equal(stk_value_text(&arena, 0, kind, copy, &value), STK_OK);
    return value;
}

static inline struct stk_value str(const char *text)
{
    return text_of(STK_VALUE_STR, text);
}

static inline struct stk_value items_of(enum stk_value_kind kind,
                                        const struct stk_value *list, size_t n)
{
    struct stk_value value;
    assert_int_equal(stk_value_items(&arena, 0, kind, list, n, &value), STK_OK);
    return value;
}

static inline struct stk_value pair_of(enum stk_value_kind kind, struct stk_value a,
                                       struct stk_value b)
{
    const struct stk_value list[] = {a, b};
    return items_of(kind, list, 2);
}

static inline struct stk_value dict_of(const struct stk_pair *list, size_t n)
{
    struct stk_value value;
    size_t duplicate = 0;
    assert_int_equal(stk_value_pairs(&arena, 0, list, n, &value, &duplicate), STK_OK);
    return value;
}

/* 1 yes, 0 no, -1 gave up. */
static inline int equal(struct stk_value a, struct stk_value b)
{
    bool gave_up = false;
    bool is = stk_value_equal(a, b, &gave_up);
    assert_false(is && gave_up);
    return gave_up ? -1 : is;
}
