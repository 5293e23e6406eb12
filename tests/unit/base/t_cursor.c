/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cursor.h"

static const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08,
                                0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f, 0x10};

static void reads_little_endian(void **state)
{
    (void)state;
    struct stk_cursor c;
    stk_cursor_init(&c, stk_span_of(bytes, sizeof(bytes)));
    assert_int_equal(stk_cursor_u8(&c), 0x01);
    assert_int_equal(stk_cursor_u16(&c), 0x0302);
    assert_int_equal(stk_cursor_u32(&c), 0x07060504);
    assert_true(stk_cursor_u64(&c) == UINT64_C(0x0f0e0d0c0b0a0908));
    assert_int_equal(stk_cursor_left(&c), 1);
    assert_int_equal(c.status, STK_OK);
}

static void the_first_failure_sticks_with_its_offset(void **state)
{
    (void)state;
    struct stk_cursor c;
    stk_cursor_init(&c, stk_span_of(bytes, 5));
    (void)stk_cursor_u16(&c);
    assert_int_equal(stk_cursor_u32(&c), 0);
    assert_int_equal(c.status, STK_E_TRUNCATED);
    assert_int_equal(c.pos, 2);
    assert_int_equal(stk_cursor_u8(&c), 0); /* a byte is there, but the cursor failed */
    assert_int_equal(stk_cursor_left(&c), 0);
    assert_int_equal(stk_cursor_take(&c, 0).len, 0);
    assert_int_equal(c.pos, 2);
    stk_cursor_fail(&c, STK_E_LIMIT);
    assert_int_equal(c.status, STK_E_TRUNCATED);
    assert_true(stk_cursor_valid(&c));
}

static void take_borrows_and_checks_64_bits(void **state)
{
    (void)state;
    struct stk_cursor c;
    stk_cursor_init(&c, stk_span_of(bytes, sizeof(bytes)));
    struct stk_span got = stk_cursor_take(&c, 3);
    assert_ptr_equal(got.data, bytes);
    assert_int_equal(got.len, 3);
    assert_int_equal(stk_cursor_take(&c, 0).len, 0);
    assert_int_equal(c.status, STK_OK);
    assert_int_equal(stk_cursor_take(&c, UINT64_MAX).len, 0);
    assert_int_equal(c.status, STK_E_TRUNCATED);
    assert_int_equal(c.pos, 3);
}

static void nothing_to_read(void **state)
{
    (void)state;
    struct stk_cursor c;
    stk_cursor_init(&c, stk_span_of(NULL, 0));
    assert_int_equal(stk_cursor_take(&c, 0).len, 0);
    assert_int_equal(c.status, STK_OK);
    assert_int_equal(stk_cursor_u8(&c), 0);
    assert_int_equal(c.status, STK_E_TRUNCATED);
    assert_int_equal(c.pos, 0);
}

static void lines(void **state)
{
    (void)state;
    struct stk_cursor c;
    stk_cursor_init(&c, stk_span_of("os\n\nsystem", 10));
    assert_true(stk_span_is(stk_cursor_line(&c), "os"));
    assert_int_equal(stk_cursor_line(&c).len, 0);
    assert_int_equal(c.status, STK_OK);
    assert_int_equal(c.pos, 4);
    assert_int_equal(stk_cursor_line(&c).len, 0);
    assert_int_equal(c.status, STK_E_TRUNCATED);
    assert_int_equal(c.pos, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_little_endian),
        cmocka_unit_test(the_first_failure_sticks_with_its_offset),
        cmocka_unit_test(take_borrows_and_checks_64_bits),
        cmocka_unit_test(nothing_to_read),
        cmocka_unit_test(lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
