/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"
#include "oom.h"

#define STRICT                                                                           \
    "\x80\x02"                                                                           \
    "cc\nStrict\n)\x81"
#define STRICT_ASKS " breaks its contract, which asks for {\"a\": 1..3, \"b\"?: str}\n"

#define SIZED "cc\nSized\n(I1\ntR"
#define SIZED_ASKS " breaks its contract, which asks for (1, int) or (2, int) or (3)\n"

#define ATTRS "cc\nAttrs\n(}tR"
#define ATTRS_ASKS " breaks its contract, which asks for none|attrs|slots\n"

static void keys(void **state)
{
    (void)state;
    EXPECT(STRICT "}b.", REVIEW,
           "STK303 15 gives <c.Strict> the state {}; the missing key 'a'" STRICT_ASKS);
    EXPECT(STRICT "}S'a'\nI1\nsS'b'\nI2\nsb.", REVIEW,
           "STK303 33 gives <c.Strict> the state {'a': 1, 'b': 2}; key 'b'" STRICT_ASKS);
    EXPECT(STRICT "}S'a'\nI1\nsS'__class__'\nI1\nsb.", REVIEW,
           "STK303 41 gives <c.Strict> the state {'a': 1, '__class__': 1}; key "
           "'__class__'" STRICT_ASKS);
    EXPECT(ATTRS "(}S'x'\nI1\ns}S'y'\nI1\nsS'__class__'\nNstb.", REVIEW,
           "STK303 50 gives <c.Attrs> the state ({'x': 1}, {'y': 1, '__class__': None}); "
           "key '__class__' of item 2" ATTRS_ASKS);
}

/* Of the alternatives the one that is kept furthest says which item. */
static void items(void **state)
{
    (void)state;
    EXPECT(SIZED "(I1\nS'x'\ntb.", REVIEW,
           "STK303 25 gives <c.Sized> the state (1, 'x'); item 2" SIZED_ASKS);
    EXPECT(SIZED "(I2\nS'x'\ntb.", REVIEW,
           "STK303 25 gives <c.Sized> the state (2, 'x'); item 2" SIZED_ASKS);
    EXPECT(SIZED "(S'x'\nI1\ntb.", REVIEW,
           "STK303 25 gives <c.Sized> the state ('x', 1); item 1" SIZED_ASKS);
}

/* Of another kind, or of another length: no part of it is the reason. */
static void nothing_to_name(void **state)
{
    (void)state;
    EXPECT(STRICT "Nb.", REVIEW,
           "STK303 15 gives <c.Strict> the state None; its contract asks for {\"a\": "
           "1..3, \"b\"?: str}\n");
    EXPECT(SIZED "(I1\nI2\nI3\ntb.", REVIEW,
           "STK303 26 gives <c.Sized> the state (1, 2, 3); its contract asks for (1, "
           "int) or (2, int) or (3)\n");
}

static void a_key_is_cut(void **state)
{
    (void)state;
    EXPECT(ATTRS "}S'__aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                 "__'\nNsb.",
           REVIEW,
           "STK303 88 gives <c.Attrs> the state {'__aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
           "aaaaaaaaaaaaaaaaaaaaaaaaaaaa__': None}; key "
           "'__aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa...'" ATTRS_ASKS);
}

static enum stk_status rate(const struct stk_alloc *alloc, void *arg)
{
    static const char bytes[] = ATTRS "(N}S'__class__'\nNstb.";
    struct rated r;
    (void)arg;
    rated_init(&r, STK_LOADER_PICKLE);
    rated_run(&r, alloc, bytes, sizeof bytes - 1);
    enum stk_status status = r.status;
    rated_release(&r);
    return status;
}

static void memory_may_fail(void **state)
{
    (void)state;
    STK_OOM_LOOP(rate, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys),
        cmocka_unit_test(items),
        cmocka_unit_test(nothing_to_name),
        cmocka_unit_test(a_key_is_cut),
        cmocka_unit_test(memory_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
