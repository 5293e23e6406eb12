/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/buf.h"
#include "oom.h"

static void holds_what_is_put(void **state)
{
    (void)state;
    struct stk_buf buf;
    stk_buf_init(&buf, &stk_alloc_libc, 4096);
    assert_int_equal(stk_buf_span(&buf).len, 0);
    stk_buf_put(&buf, NULL, 0);
    stk_buf_put(&buf, "abc", 3);
    stk_buf_byte(&buf, 'd');
    stk_buf_str(&buf, "ef");
    stk_buf_printf(&buf, "%d-%s", 42, "x");
    struct stk_span got = stk_buf_span(&buf);
    assert_int_equal(got.len, 10);
    assert_memory_equal(got.data, "abcdef42-x", 10);
    stk_buf_release(&buf);
}

static void prints_more_than_fits_on_the_stack(void **state)
{
    (void)state;
    struct stk_buf buf;
    char text[1001];
    memset(text, 'y', 1000);
    text[1000] = '\0';
    stk_buf_init(&buf, &stk_alloc_libc, 4096);
    stk_buf_printf(&buf, "<%s>", text);
    assert_int_equal(buf.status, STK_OK);
    assert_int_equal(buf.len, 1002);
    assert_int_equal(buf.data[0], '<');
    assert_int_equal(buf.data[1001], '>');
    stk_buf_release(&buf);
}

static void past_the_maximum_it_keeps_what_it_had(void **state)
{
    (void)state;
    struct stk_buf buf;
    stk_buf_init(&buf, &stk_alloc_libc, 10);
    stk_buf_put(&buf, "0123456789", 10);
    assert_int_equal(buf.status, STK_OK);
    stk_buf_byte(&buf, 'a');
    assert_int_equal(buf.status, STK_E_LIMIT);
    assert_int_equal(buf.len, 10);
    assert_null(stk_buf_room(&buf, 0));
    buf.len = 5;
    stk_buf_byte(&buf, 'a'); /* the failure sticks */
    assert_int_equal(buf.len, 5);
    stk_buf_clear(&buf);
    assert_int_equal(buf.status, STK_OK);
    stk_buf_str(&buf, "again");
    assert_memory_equal(buf.data, "again", 5);
    stk_buf_release(&buf);
}

static void room_for_a_size_that_overflows(void **state)
{
    (void)state;
    struct stk_buf buf;
    stk_buf_init(&buf, &stk_alloc_libc, SIZE_MAX);
    stk_buf_byte(&buf, 1);
    assert_null(stk_buf_room(&buf, SIZE_MAX));
    assert_int_equal(buf.status, STK_E_LIMIT);
    stk_buf_release(&buf);
}

static void room_does_not_change_the_length(void **state)
{
    (void)state;
    struct stk_buf buf;
    stk_buf_init(&buf, &stk_alloc_libc, 1000);
    uint8_t *room = stk_buf_room(&buf, 500);
    assert_non_null(room);
    memset(room, 3, 500);
    assert_int_equal(buf.len, 0);
    stk_buf_release(&buf);
    assert_null(buf.data);
}

static enum stk_status write_much(const struct stk_alloc *alloc, void *arg)
{
    (void)arg;
    struct stk_buf buf;
    stk_buf_init(&buf, alloc, 1 << 20);
    for (int i = 0; i < 3000; i++) {
        stk_buf_printf(&buf, "%d ", i);
    }
    enum stk_status status = buf.status;
    stk_buf_release(&buf);
    return status;
}

static void survives_refusals(void **state)
{
    (void)state;
    STK_OOM_LOOP(write_much, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(holds_what_is_put),
        cmocka_unit_test(prints_more_than_fits_on_the_stack),
        cmocka_unit_test(past_the_maximum_it_keeps_what_it_had),
        cmocka_unit_test(room_for_a_size_that_overflows),
        cmocka_unit_test(room_does_not_change_the_length),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
