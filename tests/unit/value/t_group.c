/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "graph.h"
#include "oom.h"

#define MANY 100000

static void lists_are_copied(void **state)
{
    (void)state;
    struct stk_value list[] = {integer(1), integer(1), str("x")};
    struct stk_value value = items_of(STK_VALUE_LIST, list, 3);
    list[0] = integer(9);
    assert_int_equal(value.kind, STK_VALUE_LIST);
    assert_int_equal(value.items->n, 3);
    assert_true(value.items->list[0].integer == 1);
    assert_int_equal(items_of(STK_VALUE_TUPLE, NULL, 0).items->n, 0);
}

static void of_equal_members_the_first_stays(void **state)
{
    (void)state;
    const struct stk_value list[] = {boolean(true), integer(2), number(1.0), str("1"),
                                     number(2.5),   integer(1), str("1"),    number(2.5)};
    struct stk_value value = items_of(STK_VALUE_SET, list, 8);
    assert_int_equal(value.items->n, 4);
    assert_int_equal(value.items->list[0].kind, STK_VALUE_BOOL);
    assert_int_equal(value.items->list[1].kind, STK_VALUE_INT);
    assert_int_equal(value.items->list[2].kind, STK_VALUE_STR);
    assert_int_equal(value.items->list[3].kind, STK_VALUE_FLOAT);
}

static struct stk_pair *text_pairs(size_t n)
{
    struct stk_pair *list = calloc(n, sizeof *list);
    char name[32];
    for (size_t i = 0; i < n; i++) {
        snprintf(name, sizeof name, "key %zu", i);
        list[i] = (struct stk_pair){.key = str(name), .value = integer((int64_t)i)};
    }
    return list;
}

static const struct stk_value *get(struct stk_value dict, const char *key)
{
    struct stk_span span = stk_span_of(key, strlen(key));
    return stk_value_get(dict.pairs, span, stk_text_hash(span));
}

/* Few pairs without, many with an index. */
static void text_keys_are_found(void **state)
{
    (void)state;
    static const size_t sizes[] = {0, 1, 2, 7, 8, 9, 16, 17, 1000, MANY};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        size_t n = sizes[s];
        struct stk_pair *list = text_pairs(n);
        struct stk_value dict;
        size_t duplicate = 0;
        assert_int_equal(stk_value_pairs(&arena, 3, list, n, &dict, &duplicate), STK_OK);
        assert_int_equal(duplicate, n);
        assert_true(dict.off == 3);
        assert_int_equal(dict.pairs->n, n);
        assert_true((dict.pairs->index != NULL) == (n > 8));
        for (size_t i = 0; i < n; i++) {
            struct stk_span key = list[i].key.text->bytes;
            const struct stk_value *value =
                stk_value_get(dict.pairs, key, stk_text_hash(key));
            assert_true(value != NULL && value->integer == (int64_t)i);
        }
        assert_null(get(dict, "key"));
        assert_null(get(dict, ""));
        free(list);
    }
}

static void a_repeated_text_key(void **state)
{
    (void)state;
    static const size_t sizes[] = {3, 8, 9, 1000};
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        size_t n = sizes[s];
        struct stk_pair *list = text_pairs(n);
        struct stk_value dict;
        size_t duplicate = 0;
        list[n - 2].key = str("key 0"); /* equal, elsewhere */
        list[n - 1].key = str("key 0");
        assert_int_equal(stk_value_pairs(&arena, 0, list, n, &dict, &duplicate), STK_OK);
        assert_int_equal(duplicate, n - 2);
        assert_int_equal(dict.pairs->n, n - 2);
        assert_true(stk_span_is(dict.pairs->list[0].key.text->bytes, "key 0"));
        assert_true(dict.pairs->list[0].value.integer == (int64_t)n - 1);
        assert_true(get(dict, "key 0")->integer == (int64_t)n - 1);
        free(list);
    }
}

static void keys_of_other_kinds(void **state)
{
    (void)state;
    uint64_t limbs[] = {0, 1};
    struct stk_value big;
    assert_int_equal(stk_value_big(&arena, 0, false, limbs, 2, &big), STK_OK);
    const struct stk_value same[][2] = {
        {integer(1), boolean(true)},
        {number(0.0), boolean(false)},
        {number(-0.0), integer(0)},
        {number(0x1p64), big},
        {stk_value_none(1), stk_value_none(2)},
        {text_of(STK_VALUE_BYTES, "ab"), text_of(STK_VALUE_BYTES, "ab")},
        {pair_of(STK_VALUE_TUPLE, integer(1), str("a")),
         pair_of(STK_VALUE_TUPLE, boolean(true), str("a"))},
        {pair_of(STK_VALUE_FROZENSET, integer(1), str("a")),
         pair_of(STK_VALUE_FROZENSET, str("a"), number(1))},
    };
    const struct stk_value differ[][2] = {
        {integer(1), str("1")},
        {text_of(STK_VALUE_BYTES, "a"), str("a")},
        {text_of(STK_VALUE_BYTES, "a"), text_of(STK_VALUE_BYTES, "b")},
        {number((double)NAN), number((double)NAN)},
        {stk_value_none(0), boolean(false)},
        {integer(INT64_MAX), number(0x1p63)},
        {pair_of(STK_VALUE_TUPLE, integer(1), integer(2)),
         pair_of(STK_VALUE_TUPLE, integer(2), integer(1))},
    };
    size_t duplicate = 0;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        const struct stk_pair list[] = {{same[i][0], integer(1)},
                                        {same[i][1], integer(2)}};
        struct stk_value dict;
        assert_int_equal(stk_value_pairs(&arena, 0, list, 2, &dict, &duplicate), STK_OK);
        assert_int_equal(dict.pairs->n, 1);
        assert_int_equal(duplicate, 1);
        assert_int_equal(dict.pairs->list[0].key.kind, same[i][0].kind);
        assert_true(dict.pairs->list[0].value.integer == 2);
    }
    for (size_t i = 0; i < sizeof differ / sizeof differ[0]; i++) {
        const struct stk_pair list[] = {{differ[i][0], integer(1)},
                                        {differ[i][1], integer(2)}};
        assert_int_equal(dict_of(list, 2).pairs->n, 2);
    }
}

/* Linear, whatever the kinds: these take milliseconds, a square would take minutes. */
static void many_keys_of_any_kind(void **state)
{
    (void)state;
    struct stk_pair *list = calloc(MANY, sizeof *list);
    for (unsigned kind = 0; kind < 6; kind++) {
        for (size_t i = 0; i < MANY; i++) {
            uint64_t limbs[] = {i, 0, i % 2 + 1};
            char name[16];
            snprintf(name, sizeof name, "%zu", i);
            list[i].value = integer((int64_t)i);
            if (kind < 2) {
                list[i].key =
                    kind == 0 ? integer((int64_t)i << 32) : number((double)i / 2);
            } else if (kind == 2) {
                assert_int_equal(stk_value_big(&arena, 0, true, limbs, 3, &list[i].key),
                                 STK_OK);
            } else if (kind == 3) {
                list[i].key = number((double)NAN);
            } else if (kind == 4) {
                list[i].key = pair_of(STK_VALUE_TUPLE, integer((int64_t)i), str("a"));
            } else {
                list[i].key = text_of(STK_VALUE_BYTES, name);
            }
        }
        assert_int_equal(dict_of(list, MANY).pairs->n, MANY);
    }
    free(list);
}

/* Tuples that differ far behind only: given up, and not compared for hours. */
static void keys_that_cannot_be_told_apart_in_time(void **state)
{
    (void)state;
    struct stk_pair *list = calloc(MANY, sizeof *list);
    struct stk_value members[400];
    struct stk_value value = integer(5);
    size_t duplicate = 77;
    for (size_t i = 0; i < 400; i++) {
        members[i] = integer(0);
    }
    for (size_t i = 0; i < 2000; i++) {
        members[399] = integer((int64_t)i);
        list[i].key = items_of(STK_VALUE_TUPLE, members, 400);
    }
    assert_int_equal(stk_value_pairs(&arena, 0, list, 2000, &value, &duplicate),
                     STK_E_LIMIT);
    assert_true(value.integer == 5 && duplicate == 77);
    free(list);
}

static void texts_among_other_keys(void **state)
{
    (void)state;
    struct stk_pair list[20];
    for (int i = 0; i < 20; i++) {
        list[i] = (struct stk_pair){.key = integer(i), .value = integer(i)};
    }
    assert_null(get(dict_of(list, 20), "a"));
    list[11].key = str("a");
    struct stk_value dict = dict_of(list, 20);
    assert_true(get(dict, "a")->integer == 11);
    assert_null(get(dict, "b"));
}

static enum stk_status make(const struct stk_alloc *alloc, void *arg)
{
    struct stk_arena own;
    struct stk_value value;
    struct stk_value members[100];
    size_t duplicate = 0;
    stk_arena_init(&own, alloc, (size_t)1 << 20);
    enum stk_status status = stk_value_pairs(&own, 0, arg, 100, &value, &duplicate);
    for (int i = 0; i < 100; i++) {
        members[i] = integer(i);
    }
    if (status == STK_OK) {
        status = stk_value_items(&own, 0, STK_VALUE_SET, members, 100, &value);
    }
    stk_arena_release(&own);
    return status;
}

static void survives_refusals(void **state)
{
    (void)state;
    struct stk_pair *list = text_pairs(100);
    for (int i = 0; i < 50; i++) {
        list[i].key = integer(i);
    }
    STK_OOM_LOOP(make, list);
    free(list);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(lists_are_copied),
        TEST(of_equal_members_the_first_stays),
        TEST(text_keys_are_found),
        TEST(a_repeated_text_key),
        TEST(keys_of_other_kinds),
        TEST(many_keys_of_any_kind),
        TEST(keys_that_cannot_be_told_apart_in_time),
        TEST(texts_among_other_keys),
        TEST(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
