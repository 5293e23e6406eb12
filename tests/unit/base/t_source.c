/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/source.h"

static const char text[] = "0123456789";

/* A "file" of 1000 bytes, byte i being i & 0xff, that shrinks to what ctx says. */
static enum stk_status read_at(void *ctx, uint64_t off, void *buf, size_t len)
{
    const uint64_t *size = ctx;
    if (off + len > *size) {
        return STK_E_SHRUNK;
    }
    for (size_t i = 0; i < len; i++) {
        ((uint8_t *)buf)[i] = (uint8_t)(off + i);
    }
    return STK_OK;
}

static void reads_memory_within_range_only(void **state)
{
    (void)state;
    struct stk_source source = stk_source_of(stk_span_of(text, 10));
    char got[11] = "..........";
    assert_int_equal(stk_source_read(&source, 3, got, 4), STK_OK);
    assert_memory_equal(got, "3456......", 10);
    assert_int_equal(stk_source_read(&source, 7, got, 4), STK_E_TRUNCATED);
    assert_int_equal(stk_source_read(&source, UINT64_MAX, got, 2), STK_E_TRUNCATED);
    assert_memory_equal(got, "3456......", 10);
    assert_int_equal(stk_source_read(&source, 10, got, 0), STK_OK);
}

static void an_empty_source(void **state)
{
    (void)state;
    struct stk_source source = stk_source_of(stk_span_of(NULL, 0));
    char got = 0;
    assert_non_null(source.mem);
    assert_int_equal(stk_source_read(&source, 0, &got, 0), STK_OK);
    assert_int_equal(stk_source_read(&source, 0, &got, 1), STK_E_TRUNCATED);
    struct stk_source part = stk_source_part(&source, 5, 5);
    assert_int_equal(part.size, 0);
    assert_ptr_equal(part.mem, source.mem);
}

static void parts_of_memory_stay_in_range(void **state)
{
    (void)state;
    struct stk_source source = stk_source_of(stk_span_of(text, 10));
    struct stk_source part = stk_source_part(&source, 4, 100);
    assert_int_equal(part.size, 6);
    assert_ptr_equal(part.mem, (const uint8_t *)text + 4);
    part = stk_source_part(&part, 2, 3);
    assert_int_equal(part.size, 3);
    assert_int_equal(part.mem[0], '6');
    part = stk_source_part(&source, UINT64_MAX, UINT64_MAX);
    assert_int_equal(part.size, 0);
    assert_ptr_equal(part.mem, (const uint8_t *)text + 10);
}

static void parts_of_a_file_add_their_base(void **state)
{
    (void)state;
    uint64_t size = 1000;
    struct stk_source file = {.size = 1000, .read_at = read_at, .ctx = &size};
    struct stk_source part = stk_source_part(&file, 100, 50);
    part = stk_source_part(&part, 20, UINT64_MAX);
    assert_int_equal(part.size, 30);
    uint8_t got[2] = {0, 0};
    assert_int_equal(stk_source_read(&part, 1, got, 2), STK_OK);
    assert_int_equal(got[0], 121);
    assert_int_equal(stk_source_read(&part, 29, got, 2), STK_E_TRUNCATED);
    part = stk_source_part(&file, 2000, 1);
    assert_int_equal(part.size, 0);
    assert_int_equal(stk_source_read(&part, 0, got, 0), STK_OK);
}

static void a_file_that_shrinks_is_a_status(void **state)
{
    (void)state;
    uint64_t size = 500;
    struct stk_source file = {.size = 1000, .read_at = read_at, .ctx = &size};
    uint8_t got[2];
    assert_int_equal(stk_source_read(&file, 498, got, 2), STK_OK);
    assert_int_equal(stk_source_read(&file, 499, got, 2), STK_E_SHRUNK);
}

static void a_base_that_overflows_is_not_read(void **state)
{
    (void)state;
    uint64_t size = 1000;
    struct stk_source file = {
        .size = 1000, .base = UINT64_MAX - 5, .read_at = read_at, .ctx = &size};
    uint8_t got = 0;
    assert_int_equal(stk_source_read(&file, 6, &got, 1), STK_E_BUG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_memory_within_range_only),
        cmocka_unit_test(an_empty_source),
        cmocka_unit_test(parts_of_memory_stay_in_range),
        cmocka_unit_test(parts_of_a_file_add_their_base),
        cmocka_unit_test(a_file_that_shrinks_is_a_status),
        cmocka_unit_test(a_base_that_overflows_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
