/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>

#include "graph.h"
#include "value/equal.h"

static void scalars(void **state)
{
    (void)state;
    const struct stk_value same[][2] = {
        {integer(1), number(1.0)},
        {number(-0.0), integer(0)},
        {boolean(true), boolean(true)},
        {stk_value_none(0), stk_value_none(9)},
        {str("\xc3\xa9"), str("\xc3\xa9")},
        {text_of(STK_VALUE_BYTES, "a"), text_of(STK_VALUE_BYTES, "a")},
    };
    const struct stk_value differ[][2] = {
        {integer(1), integer(2)},
        {integer(9007199254740993), number(9007199254740992.0)},
        {integer(1), boolean(true)},
        {boolean(false), integer(0)},
        {boolean(false), boolean(true)},
        {stk_value_none(0), boolean(false)},
        {str("a"), str("b")},
        {str("a"), str("ab")},
        {str("1"), integer(1)},
        {str("a"), text_of(STK_VALUE_BYTES, "a")},
        {text_of(STK_VALUE_BYTEARRAY, "a"), text_of(STK_VALUE_BYTES, "a")},
        {number((double)NAN), number((double)NAN)},
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        assert_int_equal(equal(same[i][0], same[i][1]), 1);
        assert_int_equal(equal(same[i][1], same[i][0]), 1);
    }
    for (size_t i = 0; i < sizeof differ / sizeof differ[0]; i++) {
        assert_int_equal(equal(differ[i][0], differ[i][1]), 0);
        assert_int_equal(equal(differ[i][1], differ[i][0]), 0);
    }
}

static void lists_have_an_order(void **state)
{
    (void)state;
    struct stk_value ab = pair_of(STK_VALUE_LIST, str("a"), str("b"));
    assert_int_equal(equal(ab, pair_of(STK_VALUE_LIST, str("a"), str("b"))), 1);
    assert_int_equal(equal(ab, pair_of(STK_VALUE_LIST, str("b"), str("a"))), 0);
    assert_int_equal(equal(ab, pair_of(STK_VALUE_TUPLE, str("a"), str("b"))), 0);
    assert_int_equal(equal(ab, items_of(STK_VALUE_LIST, ab.items->list, 1)), 0);
}

static void sets_have_none(void **state)
{
    (void)state;
    struct stk_value inner = pair_of(STK_VALUE_FROZENSET, integer(1), integer(2));
    struct stk_value other = pair_of(STK_VALUE_FROZENSET, integer(2), integer(1));
    struct stk_value a = pair_of(STK_VALUE_SET, inner, str("b"));
    assert_int_equal(equal(a, pair_of(STK_VALUE_SET, str("b"), other)), 1);
    assert_int_equal(equal(a, pair_of(STK_VALUE_FROZENSET, str("b"), other)), 0);
    assert_int_equal(equal(a, pair_of(STK_VALUE_SET, str("c"), other)), 0);
    assert_true(stk_value_hash(inner) == stk_value_hash(other));
}

static void dicts_have_none(void **state)
{
    (void)state;
    struct stk_pair list[30];
    struct stk_pair turned[30];
    for (int step = 1; step <= 10; step += 9) { /* with and without an index */
        size_t n = (size_t)(3 * step);
        for (size_t i = 0; i < n; i++) {
            char name[2] = {(char)('A' + i), '\0'};
            list[i].key = i % 3 == 2 ? integer((int64_t)i) : str(name);
            list[i].value = integer((int64_t)i);
            turned[n - 1 - i] = list[i];
        }
        struct stk_value a = dict_of(list, n);
        assert_int_equal(equal(a, dict_of(turned, n)), 1);
        assert_int_equal(equal(a, dict_of(turned, n - 1)), 0);
        turned[n - 1].value = str("other");
        assert_int_equal(equal(a, dict_of(turned, n)), 0);
        turned[n - 1] = list[0];
        turned[0].key = str("other");
        assert_int_equal(equal(a, dict_of(turned, n)), 0);
        assert_int_equal(equal(dict_of(turned, n), a), 0);
    }
    assert_int_equal(equal(dict_of(NULL, 0), dict_of(NULL, 0)), 1);
    assert_int_equal(equal(dict_of(NULL, 0), items_of(STK_VALUE_LIST, NULL, 0)), 0);
}

static struct stk_value nested(size_t depth, int64_t inside)
{
    struct stk_value value = integer(inside);
    for (size_t i = 0; i < depth; i++) {
        value = items_of(STK_VALUE_LIST, &value, 1);
    }
    return value;
}

static void depth_is_bounded(void **state)
{
    (void)state;
    assert_int_equal(equal(nested(STK_EQUAL_DEPTH, 1), nested(STK_EQUAL_DEPTH, 1)), 1);
    assert_int_equal(equal(nested(STK_EQUAL_DEPTH, 1), nested(STK_EQUAL_DEPTH, 2)), 0);
    assert_int_equal(
        equal(nested(STK_EQUAL_DEPTH + 1, 1), nested(STK_EQUAL_DEPTH + 1, 1)), -1);
    assert_int_equal(equal(nested(100000, 1), nested(100000, 1)), -1);
}

/* A list that holds itself twice. */
static struct stk_value cycle(void)
{
    struct stk_value *list = stk_arena_array(&arena, 2, sizeof *list);
    struct stk_items *items = stk_arena_alloc(&arena, sizeof *items);
    *items = (struct stk_items){.n = 2, .list = list};
    struct stk_value value = {.kind = STK_VALUE_LIST, .items = items};
    list[0] = value;
    list[1] = value;
    return value;
}

static void cycles_end(void **state)
{
    (void)state;
    struct stk_value a = cycle();
    assert_int_equal(equal(a, cycle()), -1);
    assert_int_equal(equal(a, a), 1);
    assert_int_equal(equal(a, integer(1)), 0);
}

/* 2^60 paths, in 60 lists that are each shared. */
static struct stk_value doubling(void)
{
    struct stk_value value = integer(1);
    for (int i = 0; i < 60; i++) {
        value = pair_of(STK_VALUE_LIST, value, value);
    }
    return value;
}

static void steps_are_bounded(void **state)
{
    (void)state;
    struct stk_value a = doubling();
    assert_int_equal(equal(a, doubling()), -1);
    assert_int_equal(equal(a, a), 1);
    assert_true(stk_value_hash(a) == stk_value_hash(doubling()));
}

static void giving_up_is_told_and_else_left_alone(void **state)
{
    (void)state;
    bool gave_up = true;
    assert_true(stk_value_equal(integer(1), integer(1), &gave_up));
    assert_true(gave_up);
}

static void keys_are_equal_as_in_python(void **state)
{
    (void)state;
    const struct stk_value same[][2] = {
        {integer(1), boolean(true)},
        {number(1.0), boolean(true)},
        {pair_of(STK_VALUE_TUPLE, integer(0), number(2)),
         pair_of(STK_VALUE_TUPLE, boolean(false), integer(2))},
        {number(1e300), number(1e300)},
    };
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        uint64_t steps = 100;
        assert_true(stk_value_same_key(same[i][0], same[i][1], &steps));
        assert_true(steps > 0 && steps < 100);
        assert_true(stk_value_hash(same[i][0]) == stk_value_hash(same[i][1]));
    }
    uint64_t steps = 2;
    assert_false(stk_value_same_key(same[2][0], same[2][1], &steps));
    assert_true(steps == 0);
}

static void hashes_differ(void **state)
{
    (void)state;
    struct stk_value values[64];
    size_t n = 0;
    static char long_bytes[600];
    memset(long_bytes, 'x', sizeof long_bytes - 1);
    for (int i = -8; i < 8; i++) {
        values[n++] = integer(i);
        values[n++] = number(i + 0.5);
    }
    values[n++] = stk_value_none(0);
    values[n++] = str("a");
    values[n++] = text_of(STK_VALUE_BYTES, "a");
    values[n++] = text_of(STK_VALUE_BYTES, long_bytes);
    long_bytes[598] = 'y';
    values[n++] = text_of(STK_VALUE_BYTES, long_bytes);
    long_bytes[0] = 'y';
    values[n++] = text_of(STK_VALUE_BYTES, long_bytes);
    values[n++] = pair_of(STK_VALUE_TUPLE, integer(1), integer(2));
    values[n++] = pair_of(STK_VALUE_TUPLE, integer(2), integer(1));
    values[n] = pair_of(STK_VALUE_TUPLE, values[n - 1], integer(1));
    n++;
    values[n++] = pair_of(STK_VALUE_LIST, integer(1), integer(2));
    values[n++] = dict_of(NULL, 0);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = i + 1; k < n; k++) {
            assert_true(stk_value_hash(values[i]) != stk_value_hash(values[k]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(scalars),
        TEST(lists_have_an_order),
        TEST(sets_have_none),
        TEST(dicts_have_none),
        TEST(depth_is_bounded),
        TEST(cycles_end),
        TEST(steps_are_bounded),
        TEST(giving_up_is_told_and_else_left_alone),
        TEST(keys_are_equal_as_in_python),
        TEST(hashes_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
