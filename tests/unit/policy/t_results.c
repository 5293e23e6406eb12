/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"
#include "policy/state.h"

static bool size_of(const char *text, uint64_t *ret_size)
{
    return stk_dtype_size(stk_span_of(text, strlen(text)), ret_size);
}

static void expect_size(const char *text, uint64_t expected)
{
    uint64_t size = 0;
    assert_true(size_of(text, &size));
    assert_int_equal(size, expected);
}

static void dtype_sizes(void **state)
{
    (void)state;
    uint64_t size = 77;
    expect_size("f8", 8);
    expect_size("<f8", 8);
    expect_size("|b1", 1);
    expect_size("U5", 20);
    expect_size("S5", 5);
    expect_size("V0", 0);
    expect_size("c16", 16);
    expect_size("M8[ns]", 8);
    expect_size("<m8[25s]", 8);
    static const char *const bad[] = {"",     "<",   "f", "x8",  "f8x",
                                      "<<f8", "f8[", "8", "f-8", "f99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(size_of(bad[i], &size));
    }
    assert_int_equal(size, 77);
}

static void expect_made(const char *bytes, size_t len, uint8_t tag, bool has_size,
                        uint64_t expected)
{
    struct rated r;
    uint64_t size = 0;
    rated_init(&r, STK_LOADER_PICKLE);
    rated_run(&r, &stk_alloc_libc, bytes, len);
    assert_string_equal(rated_text(&r), "");
    assert_true(r.run.stopped);
    assert_int_equal(stk_slot_kind(r.run.value), STK_OBJECT);
    assert_int_equal(stk_slot_tag(r.run.value), tag);
    assert_int_equal(stk_slot_item_size(r.run.value, &size), has_size);
    assert_int_equal(size, expected);
    rated_release(&r);
}

#define EXPECT_VALUE(bytes, tag, has_size, size)                                         \
    expect_made((bytes), sizeof(bytes) - 1, (tag), (has_size), (size))

/* Tags are numbered as test.cat names them: one, two. */
static void tags_and_sizes(void **state)
{
    (void)state;
    EXPECT_VALUE("cc\nSized\n(I1\ntR.", 1, true, 4);
    EXPECT_VALUE("cc\nSized\n(I2\ntR.", 2, false, 0);
    EXPECT_VALUE("cc\nSized\n(S'<U3'\ntR.", 0, true, 12);
    EXPECT_VALUE("cc\nSized\n(S'what'\ntR.", 0, false, 0);
}

/* The memo has the object as it was: what a state says may be new, but not other. */
static void states_add_but_do_not_change(void **state)
{
    (void)state;
    EXPECT_VALUE("cc\nSized\n(I1\ntR(I1\nI4\ntb.", 1, true, 4);
    EXPECT_VALUE("cc\nSized\n(I2\ntR(I2\nI4\ntb.", 2, false, 0);
    EXPECT_VALUE("cc\nSized\n(S'f8'\ntR(I1\nI8\ntb.", 1, true, 8);
    EXPECT_VALUE("cc\nSized\n(I1\ntR(I3\ntb.", 1, true, 4);
    EXPECT(
        "cc\nSized\n(I1\ntR(I1\nI8\ntb.", REVIEW,
        "STK303 23 gives <c.Sized> the state (1, 8); its contract asks for (1, int) or "
        "(2, int) or (3)\n");
    EXPECT(
        "cc\nSized\n(I1\ntR(I2\nI4\ntb.", REVIEW,
        "STK303 23 gives <c.Sized> the state (2, 4); its contract asks for (1, int) or "
        "(2, int) or (3)\n");
    EXPECT(
        "cc\nSized\n(I1\ntR(I1\nI-1\ntb.", REVIEW,
        "STK303 24 gives <c.Sized> the state (1, -1); its contract asks for (1, int) or "
        "(2, int) or (3)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dtype_sizes),
        cmocka_unit_test(tags_and_sizes),
        cmocka_unit_test(states_add_but_do_not_change),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
