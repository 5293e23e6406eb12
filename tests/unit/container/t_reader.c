/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "container/reader.h"
#include "walk.h"

static uint8_t bytes[10000];

static int fill(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)(i * 7 + i / 256);
    }
    return 0;
}

static void numbers_across_a_window(void **state)
{
    (void)state;
    struct walk_file file = {bytes, UINT64_MAX};
    struct stk_source source = walk_source(&file, sizeof(bytes));
    struct stk_reader r;
    stk_reader_init(&r, &source);
    assert_int_equal(stk_reader_u8(&r), bytes[0]);
    stk_reader_seek(&r, STK_READER_WINDOW - 2);
    assert_int_equal(stk_reader_u32(&r), stk_le32(bytes + STK_READER_WINDOW - 2));
    assert_int_equal(stk_reader_u64(&r), stk_le64(bytes + STK_READER_WINDOW + 2));
    stk_reader_seek(&r, 3);
    assert_int_equal(stk_reader_u8(&r), bytes[3]);
    assert_int_equal(r.pos, 4);
    stk_reader_skip(&r, sizeof(bytes) - 4);
    assert_int_equal(stk_reader_left(&r), 0);
    assert_int_equal(r.status, STK_OK);
}

static void failures_stick(void **state)
{
    (void)state;
    struct stk_source source = stk_source_of(stk_span_of(bytes, 10));
    struct stk_reader r;
    stk_reader_init(&r, &source);
    stk_reader_skip(&r, 7);
    assert_int_equal(stk_reader_u32(&r), 0);
    assert_int_equal(r.status, STK_E_TRUNCATED);
    assert_int_equal(r.pos, 7);
    assert_int_equal(stk_reader_u8(&r), 0);
    assert_int_equal(stk_reader_left(&r), 0);
    assert_int_equal(stk_reader_chunk(&r).len, 0);
    stk_reader_init(&r, &source);
    stk_reader_seek(&r, 11);
    assert_int_equal(r.status, STK_E_TRUNCATED);
    stk_reader_init(&r, &source);
    stk_reader_skip(&r, UINT64_MAX);
    assert_int_equal(r.status, STK_E_TRUNCATED);
    assert_int_equal(r.pos, 0);
}

static void a_source_that_shrinks(void **state)
{
    (void)state;
    struct walk_file file = {bytes, 5000};
    struct stk_source source = walk_source(&file, sizeof(bytes));
    struct stk_reader r;
    stk_reader_init(&r, &source);
    assert_int_equal(stk_reader_chunk(&r).len, STK_READER_WINDOW);
    assert_int_equal(stk_reader_chunk(&r).len, 0);
    assert_int_equal(r.status, STK_E_SHRUNK);
    static const char *const needles[] = {"needle"};
    uint32_t found = 7;
    assert_int_equal(stk_search(&source, UINT64_MAX, needles, 1, &found), STK_E_SHRUNK);
    assert_int_equal(found, 7);
}

/* Found wherever it lies, also across two windows, and not past the given length. */
static void search(void **state)
{
    (void)state;
    static const char *const needles[] = {"needle", "hay"};
    static uint8_t text[3 * STK_READER_WINDOW];
    for (size_t at = 0; at + 6 <= sizeof(text); at += at % 64 == 60 ? 1 : 4) {
        memset(text, '.', sizeof(text));
        memcpy(text + at, "needle", 6);
        struct walk_file file = {text, UINT64_MAX};
        struct stk_source pieces = walk_source(&file, sizeof(text));
        struct stk_source memory = stk_source_of(stk_span_of(text, sizeof(text)));
        uint32_t found = 0;
        assert_int_equal(stk_search(&pieces, UINT64_MAX, needles, 2, &found), STK_OK);
        assert_int_equal(found, 1);
        assert_int_equal(stk_search(&memory, at + 6, needles, 2, &found), STK_OK);
        assert_int_equal(found, 1);
        assert_int_equal(stk_search(&pieces, at + 5, needles, 2, &found), STK_OK);
        assert_int_equal(found, 0);
        assert_int_equal(stk_search(&memory, at + 5, needles, 2, &found), STK_OK);
        assert_int_equal(found, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(numbers_across_a_window, fill),
        cmocka_unit_test_setup(failures_stick, fill),
        cmocka_unit_test_setup(a_source_that_shrinks, fill),
        cmocka_unit_test(search),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
