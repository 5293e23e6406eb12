/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "graph.h"
#include "oom.h"

static void every_kind_has_a_name(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < STK_VALUE_KINDS; kind++) {
        assert_true(strlen(stk_value_kind_name((enum stk_value_kind)kind)) >= 3);
    }
    assert_string_equal(stk_value_kind_name(STK_VALUE_BIGINT), "int");
    assert_string_equal(stk_value_kind_name(STK_VALUE_FROZENSET), "frozenset");
}

static void a_value_is_small_and_knows_its_place(void **state)
{
    (void)state;
    assert_int_equal(sizeof(struct stk_value), 16);
    struct stk_value value = stk_value_int(STK_VALUE_OFF_MAX, -5);
    assert_true(value.off == STK_VALUE_OFF_MAX && value.integer == -5);
    assert_int_equal(stk_value_kind(value), STK_VALUE_INT);
    assert_int_equal(stk_value_kind(stk_value_none(7)), STK_VALUE_NONE);
    assert_true(stk_value_bool(9, true).boolean);
}

static void texts_count_code_points(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t n_codes;
    } table[] = {
        {"", 0},
        {"abc", 3},
        {"a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 4},
        {"\xed\xa0\x80", 1},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct stk_value value = str(table[i].text);
        assert_int_equal(value.text->n_codes, table[i].n_codes);
        assert_true(stk_span_is(value.text->bytes, table[i].text));
        assert_true(value.text->hash == stk_text_hash(value.text->bytes));
    }
}

static void text_is_borrowed(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {1, 0, 255};
    struct stk_value value;
    assert_int_equal(
        stk_value_text(&arena, 3, STK_VALUE_BYTES, stk_span_of(bytes, 3), &value),
        STK_OK);
    assert_int_equal(value.kind, STK_VALUE_BYTES);
    assert_true(value.off == 3);
    assert_ptr_equal(value.text->bytes.data, bytes);
}

static struct stk_value big(bool negative, const uint64_t *limbs, size_t n)
{
    struct stk_value value;
    assert_int_equal(stk_value_big(&arena, 5, negative, limbs, n, &value), STK_OK);
    assert_true(value.off == 5);
    return value;
}

static void integers_that_fit_become_small(void **state)
{
    (void)state;
    const uint64_t limbs[] = {7, 0, 0};
    const uint64_t top[] = {UINT64_C(1) << 63};
    const uint64_t most[] = {INT64_MAX};
    const uint64_t past[] = {(UINT64_C(1) << 63) + 1, 0};
    const uint64_t large[] = {1, 2, 0};
    assert_true(big(true, limbs, 3).integer == -7);
    assert_true(big(false, limbs, 0).integer == 0);
    assert_true(big(false, most, 1).integer == INT64_MAX);
    struct stk_value least = big(true, top, 1);
    assert_int_equal(least.kind, STK_VALUE_INT);
    assert_true(least.integer == INT64_MIN);
    assert_int_equal(big(false, top, 1).kind, STK_VALUE_BIGINT);
    assert_int_equal(big(true, past, 2).kind, STK_VALUE_BIGINT);
    struct stk_value value = big(true, large, 3);
    assert_int_equal(value.kind, STK_VALUE_BIGINT);
    assert_true(value.big->negative);
    assert_int_equal(value.big->n, 2);
    assert_true(value.big->limbs[0] == 1 && value.big->limbs[1] == 2);
}

static enum stk_status make(const struct stk_alloc *alloc, void *arg)
{
    (void)arg;
    struct stk_arena own;
    struct stk_value value = integer(1);
    const uint64_t limbs[1000] = {[999] = 1};
    stk_arena_init(&own, alloc, (size_t)1 << 20);
    enum stk_status status =
        stk_value_text(&own, 0, STK_VALUE_STR, stk_span_of("abc", 3), &value);
    assert_true((value.kind == STK_VALUE_STR) == (status == STK_OK));
    if (status == STK_OK) {
        status = stk_value_big(&own, 0, false, limbs, 1000, &value);
        assert_true((value.kind == STK_VALUE_BIGINT) == (status == STK_OK));
    }
    stk_arena_release(&own);
    return status;
}

static void survives_refusals(void **state)
{
    (void)state;
    STK_OOM_LOOP(make, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_kind_has_a_name),          TEST(a_value_is_small_and_knows_its_place),
        TEST(texts_count_code_points),        TEST(text_is_borrowed),
        TEST(integers_that_fit_become_small), TEST(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
