/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"
#include "policy/state.h"

/* The value that a stream leaves, looked at as contracts do. */
static stk_slot value_of(struct rated *r, const void *bytes, size_t len)
{
    rated_init(r, STK_LOADER_PICKLE);
    rated_run(r, &stk_alloc_libc, bytes, len);
    assert_true(r->run.stopped);
    r->policy->machine = r->machine;
    return r->run.value;
}

/* How contracts look at the stream rated last. */
#define V (&r.policy->values)

#define VALUE(r, bytes) value_of((r), (bytes), sizeof(bytes) - 1)

static void numbers(void **state)
{
    (void)state;
    struct rated r;
    int64_t number = 0;
    stk_slot slot = VALUE(&r, "I-7\n.");
    assert_int_equal(stk_slot_seen_kind(slot), STK_INT);
    assert_true(stk_slot_number(slot, &number));
    assert_int_equal(number, -7);
    rated_release(&r);
    slot = VALUE(&r, "I01\n.");
    assert_int_equal(stk_slot_seen_kind(slot), STK_BOOL);
    assert_true(stk_slot_number(slot, &number));
    assert_int_equal(number, 1);
    rated_release(&r);
    slot = VALUE(&r, "I99999999999999999999\n.");
    assert_false(stk_slot_number(slot, &number));
    rated_release(&r);
}

static void tuples(void **state)
{
    (void)state;
    struct rated r;
    stk_slot item = 0;
    stk_slot slot = VALUE(&r, "(I1\nNt.");
    struct stk_arguments items = stk_arguments_of(V, slot);
    assert_int_equal(items.n, 2);
    assert_true(stk_arguments_get(&items, 1, &item));
    assert_int_equal(stk_slot_seen_kind(item), STK_NONE);
    assert_false(stk_arguments_get(&items, 2, &item));
    assert_int_equal(V->uniform(V->ctx, slot), STK_KINDS);
    items = stk_arguments_of(V, stk_slot_int(1));
    assert_true(items.n == UINT64_MAX);
    assert_false(stk_arguments_get(&items, 0, &item));
    rated_release(&r);
    slot = VALUE(&r, "(I1\nI2\nt.");
    assert_int_equal(V->uniform(V->ctx, slot), STK_INT);
    rated_release(&r);
}

static void dicts(void **state)
{
    (void)state;
    struct rated r;
    uint64_t n = 0;
    struct stk_span text = {0};
    stk_slot slot = VALUE(&r, "}S'a'\nI1\ns.");
    const stk_slot *pairs = V->pairs(V->ctx, slot, &n);
    assert_non_null(pairs);
    assert_int_equal(n, 1);
    assert_int_equal(V->text(V->ctx, pairs[0], 100, &text), STK_OK);
    assert_true(stk_span_is(text, "a"));
    assert_int_equal(V->text(V->ctx, pairs[0], 0, &text), STK_E_LIMIT);
    assert_int_equal(V->text(V->ctx, pairs[1], 100, &text), STK_E_UNSUPPORTED);
    rated_release(&r);
}

static void globals_and_objects(void **state)
{
    (void)state;
    struct rated r;
    stk_slot slot = VALUE(&r, "cx\ny\n.");
    assert_int_equal(V->entry(V->ctx, slot), STK_ENTRY_NONE);
    rated_release(&r);
    slot = VALUE(&r, "cos\nsystem\n.");
    assert_int_equal(V->entry(V->ctx, slot), STK_ENTRY_NONE);
    rated_release(&r);
    slot = VALUE(&r, "cc\nSized\n.");
    uint32_t entry = V->entry(V->ctx, slot);
    assert_int_not_equal(entry, STK_ENTRY_NONE);
    rated_release(&r);
    slot = VALUE(&r, "cc\nSized\n(I2\ntR.");
    assert_int_equal(stk_slot_class(slot), entry);
    assert_int_equal(stk_slot_tag(slot), 2);
    rated_release(&r);
}

/* Seen as their type, with nothing known of them. */
static void typed_results(void **state)
{
    (void)state;
    struct rated r;
    uint64_t n = 0;
    int64_t number = 0;
    struct stk_span text = {0};
    stk_slot slot = VALUE(&r, "cbuiltins\nstr\n(I1\ntR.");
    assert_int_equal(stk_slot_seen_kind(slot), STK_STR);
    assert_int_equal(V->text(V->ctx, slot, 100, &text), STK_E_UNSUPPORTED);
    rated_release(&r);
    slot = VALUE(&r, "cbuiltins\ndict\n)R.");
    assert_int_equal(stk_slot_seen_kind(slot), STK_DICT);
    assert_null(V->pairs(V->ctx, slot, &n));
    rated_release(&r);
    slot = VALUE(&r, "ct\nnumber\n)R.");
    assert_int_equal(stk_slot_seen_kind(slot), STK_BIGINT);
    assert_false(stk_slot_number(slot, &number));
    rated_release(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),       cmocka_unit_test(tuples),
        cmocka_unit_test(dicts),         cmocka_unit_test(globals_and_objects),
        cmocka_unit_test(typed_results),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
