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
    assert_int_equal(V->kind(V->ctx, slot), STK_INT);
    assert_true(V->number(V->ctx, slot, &number));
    assert_int_equal(number, -7);
    rated_release(&r);
    slot = VALUE(&r, "I01\n.");
    assert_int_equal(V->kind(V->ctx, slot), STK_BOOL);
    assert_true(V->number(V->ctx, slot, &number));
    assert_int_equal(number, 1);
    rated_release(&r);
    slot = VALUE(&r, "I99999999999999999999\n.");
    assert_false(V->number(V->ctx, slot, &number));
    rated_release(&r);
}

static void tuples(void **state)
{
    (void)state;
    struct rated r;
    uint64_t n = 0;
    uint64_t item = 0;
    stk_slot slot = VALUE(&r, "(I1\nNt.");
    assert_true(V->length(V->ctx, slot, &n));
    assert_int_equal(n, 2);
    assert_true(V->item(V->ctx, slot, 1, &item));
    assert_int_equal(V->kind(V->ctx, item), STK_NONE);
    assert_false(V->item(V->ctx, slot, 2, &item));
    assert_false(V->uniform(V->ctx, slot, STK_INT));
    assert_false(V->length(V->ctx, stk_slot_int(1), &n));
    rated_release(&r);
}

static void dicts(void **state)
{
    (void)state;
    struct rated r;
    uint64_t n = 0;
    uint64_t key = 0;
    uint64_t item = 0;
    struct stk_span text = {0};
    stk_slot slot = VALUE(&r, "}S'a'\nI1\ns.");
    assert_true(V->n_pairs(V->ctx, slot, &n));
    assert_int_equal(n, 1);
    assert_true(V->pair(V->ctx, slot, 0, &key, &item));
    assert_int_equal(V->text(V->ctx, key, 100, &text), STK_OK);
    assert_true(stk_span_is(text, "a"));
    assert_int_equal(V->text(V->ctx, key, 0, &text), STK_E_LIMIT);
    assert_int_equal(V->text(V->ctx, item, 100, &text), STK_E_UNSUPPORTED);
    assert_false(V->pair(V->ctx, slot, 1, &key, &item));
    rated_release(&r);
}

static void globals_and_objects(void **state)
{
    (void)state;
    struct rated r;
    uint32_t entry = 0;
    uint8_t tag = 0;
    stk_slot slot = VALUE(&r, "cx\ny\n.");
    assert_int_equal(V->entry(V->ctx, slot), STK_ENTRY_NONE);
    rated_release(&r);
    slot = VALUE(&r, "cos\nsystem\n.");
    assert_int_equal(V->entry(V->ctx, slot), STK_ENTRY_NONE);
    rated_release(&r);
    slot = VALUE(&r, "cc\nSized\n.");
    entry = V->entry(V->ctx, slot);
    assert_int_not_equal(entry, STK_ENTRY_NONE);
    rated_release(&r);
    uint32_t made = 0;
    slot = VALUE(&r, "cc\nSized\n(I2\ntR.");
    V->object(V->ctx, slot, &made, &tag);
    assert_int_equal(made, entry);
    assert_int_equal(tag, 2);
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
    assert_int_equal(V->kind(V->ctx, slot), STK_STR);
    assert_int_equal(V->text(V->ctx, slot, 100, &text), STK_E_UNSUPPORTED);
    rated_release(&r);
    slot = VALUE(&r, "cbuiltins\ndict\n)R.");
    assert_int_equal(V->kind(V->ctx, slot), STK_DICT);
    assert_false(V->n_pairs(V->ctx, slot, &n));
    rated_release(&r);
    slot = VALUE(&r, "ct\nnumber\n)R.");
    assert_int_equal(V->kind(V->ctx, slot), STK_BIGINT);
    assert_false(V->number(V->ctx, slot, &number));
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
