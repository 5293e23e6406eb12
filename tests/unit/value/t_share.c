/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graph.h"
#include "oom.h"
#include "value/share.h"

static void mark(struct stk_value value)
{
    ((struct stk_head *)(uintptr_t)value.node)->shared = true;
}

static bool has(struct stk_value root, struct stk_value value)
{
    struct stk_shares shares;
    stk_shares_init(&shares, &stk_alloc_libc);
    assert_int_equal(stk_shares_find(&shares, root), STK_OK);
    bool is = stk_shares_has(&shares, value);
    stk_shares_release(&shares);
    return is;
}

/* Only what is marked and met twice. */
static void marked_and_met_twice(void **state)
{
    (void)state;
    static const enum stk_value_kind kinds[] = {STK_VALUE_LIST, STK_VALUE_TUPLE,
                                                STK_VALUE_SET, STK_VALUE_FROZENSET};
    for (size_t i = 0; i < 4; i++) {
        struct stk_value inner = items_of(kinds[i], NULL, 0);
        struct stk_value once = pair_of(STK_VALUE_LIST, inner, integer(1));
        struct stk_value twice = pair_of(STK_VALUE_LIST, inner, inner);
        assert_false(has(twice, inner));
        mark(inner);
        assert_false(has(once, inner));
        assert_true(has(twice, inner));
        assert_false(has(twice, twice));
    }
    struct stk_value text = str("a");
    mark(text);
    assert_true(has(pair_of(STK_VALUE_TUPLE, text, text), text));
    assert_false(has(pair_of(STK_VALUE_TUPLE, text, str("a")), text));
    assert_false(has(pair_of(STK_VALUE_TUPLE, integer(1), integer(1)), integer(1)));
}

static void in_dicts_and_objects(void **state)
{
    (void)state;
    struct stk_value shared = str("k");
    mark(shared);
    struct stk_pair pair = {.key = shared, .value = shared};
    assert_true(has(dict_of(&pair, 1), shared));
    struct stk_value none = stk_value_none(0);
    for (int i = 0; i < 7; i++) {
        struct stk_object object = {
            .callee = none, .args = none, .kwargs = none, .state = none};
        if (i == 6) {
            object.callee = shared;
        } else if (i == 0) {
            object.args = shared;
        } else if (i == 1) {
            object.kwargs = shared;
        } else if (i == 2) {
            object.state = shared;
        } else if (i == 3) {
            object.items = (struct stk_items){.n = 1, .list = &shared};
        } else if (i == 4) {
            object.members = (struct stk_items){.n = 1, .list = &shared};
        } else {
            object.pairs = (struct stk_pairs){.n = 1, .list = &pair};
        }
        struct stk_value made = {.kind = STK_VALUE_OBJECT, .object = &object};
        assert_true(has(pair_of(STK_VALUE_LIST, made, shared), shared));
        assert_int_equal(has(made, shared), i == 5);
    }
}

static void cycles_end(void **state)
{
    (void)state;
    struct stk_value slot;
    struct stk_items items = {.n = 1, .list = &slot};
    struct stk_value list = {.kind = STK_VALUE_LIST, .items = &items};
    slot = list;
    mark(list);
    assert_true(has(list, list));
    assert_true(has(pair_of(STK_VALUE_TUPLE, integer(1), list), list));
}

/* A struct forgets the graph before. */
static void reused(void **state)
{
    (void)state;
    struct stk_shares shares;
    struct stk_value text = str("a");
    mark(text);
    stk_shares_init(&shares, &stk_alloc_libc);
    assert_int_equal(stk_shares_find(&shares, pair_of(STK_VALUE_LIST, text, text)),
                     STK_OK);
    assert_true(stk_shares_has(&shares, text));
    assert_int_equal(stk_shares_find(&shares, text), STK_OK);
    assert_false(stk_shares_has(&shares, text));
    stk_shares_release(&shares);
}

static void deep(void **state)
{
    (void)state;
    struct stk_value value = stk_value_none(0);
    for (int i = 0; i < 1000000; i++) {
        value = items_of(STK_VALUE_LIST, &value, 1);
    }
    assert_false(has(value, value));
}

static enum stk_status find_all(const struct stk_alloc *alloc, void *arg)
{
    struct stk_shares shares;
    stk_shares_init(&shares, alloc);
    enum stk_status status = stk_shares_find(&shares, *(const struct stk_value *)arg);
    stk_shares_release(&shares);
    return status;
}

static void without_memory(void **state)
{
    (void)state;
    struct stk_value list[100];
    for (size_t i = 0; i < 100; i++) {
        list[i] = items_of(STK_VALUE_LIST, NULL, 0);
        mark(list[i]);
    }
    struct stk_value root = items_of(STK_VALUE_LIST, list, 100);
    STK_OOM_LOOP(find_all, &root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(marked_and_met_twice),
        TEST(in_dicts_and_objects),
        TEST(cycles_end),
        TEST(reused),
        TEST(deep),
        TEST(without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
