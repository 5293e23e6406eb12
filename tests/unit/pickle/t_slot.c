/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "pickle/slot.h"

static void slots_are_small(void **state)
{
    (void)state;
    assert_true(sizeof(stk_slot) <= 16);
    assert_true(STK_KINDS <= 32);            /* sets of kinds are bits of 32 */
    assert_true(STK_GLOBAL > STK_FROZENSET); /* literals come first */
}

static void kind_and_payload(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < STK_KINDS; kind++) {
        stk_slot slot = stk_slot_make((enum stk_kind)kind, STK_PAYLOAD_MAX);
        assert_int_equal(stk_slot_kind(slot), kind);
        assert_true(stk_slot_payload(slot) == STK_PAYLOAD_MAX);
        slot = slot | STK_SLOT_ALIAS | STK_SLOT_LARGE;
        assert_int_equal(stk_slot_kind(slot), kind);
        assert_true(stk_slot_payload(slot) == STK_PAYLOAD_MAX);
        slot = stk_slot_make((enum stk_kind)kind, 0);
        assert_true(stk_slot_payload(slot) == 0);
    }
}

static void integers_keep_their_sign(void **state)
{
    (void)state;
    const int64_t values[] = {0, 1, -1, 255, INT32_MIN, STK_INT_MAX, STK_INT_MIN};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        stk_slot slot = stk_slot_int(values[i]);
        assert_int_equal(stk_slot_kind(slot), STK_INT);
        assert_true(stk_slot_int_value(slot) == values[i]);
    }
    assert_true(STK_INT_MAX == (INT64_C(1) << 55) - 1);
    assert_true(STK_INT_MIN == -(INT64_C(1) << 55));
}

static void objects_have_three_parts(void **state)
{
    (void)state;
    stk_slot slot = stk_slot_object(0xfedc, 0xba, 0x98765432);
    assert_int_equal(stk_slot_kind(slot), STK_OBJECT);
    assert_int_equal(stk_slot_class(slot), 0xfedc);
    assert_int_equal(stk_slot_tag(slot), 0xba);
    assert_true(stk_slot_aux(slot) == 0x98765432);
}

static void kinds_have_names(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < STK_KINDS; kind++) {
        assert_true(strlen(stk_kind_name((enum stk_kind)kind)) > 0);
    }
    assert_string_equal(stk_kind_name(STK_BIGINT), "int");
    assert_string_equal(stk_kind_name(STK_DICT_KEPT), "dict");
    assert_string_equal(stk_kind_name(STK_OPAQUE), "result of a call");
    assert_string_equal(stk_kind_name(STK_KINDS), "nothing");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slots_are_small),
        cmocka_unit_test(kind_and_payload),
        cmocka_unit_test(integers_keep_their_sign),
        cmocka_unit_test(objects_have_three_parts),
        cmocka_unit_test(kinds_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
