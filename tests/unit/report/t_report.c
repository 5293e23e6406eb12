/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "results.h"

static void counts_are_grouped(void **state)
{
    (void)state;
    static const struct {
        uint64_t value;
        const char *count;
        const char *size;
    } cases[] = {
        {0, "0", "0 bytes"},
        {1, "1", "1 byte"},
        {999, "999", "999 bytes"},
        {1000, "1,000", "1.0 kB"},
        {1002003, "1,002,003", "1.0 MB"},
        {999949, "999,949", "999.9 kB"},
        {999950, "999,950", "1.0 MB"},
        {UINT64_MAX, "18,446,744,073,709,551,615", "18.4 EB"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stk_buf out;
        stk_buf_init(&out, &stk_alloc_libc, 1 << 10);
        stk_report_count(&out, cases[i].value);
        stk_buf_byte(&out, 0);
        assert_string_equal((const char *)out.data, cases[i].count);
        stk_buf_clear(&out);
        stk_report_size(&out, cases[i].value);
        stk_buf_byte(&out, 0);
        assert_string_equal((const char *)out.data, cases[i].size);
        stk_buf_release(&out);
    }
}

static void summaries_add_up(void **state)
{
    (void)state;
    struct stk_stream_report review = {.verdict = STK_VERDICT_REVIEW};
    struct stk_report report = sample_report;
    struct stk_file_result result = {.report = &report};
    struct stk_summary part = {0};
    struct stk_summary sum = {.skipped_special = 1};
    report.streams = &review;
    stk_summary_count(&part, &result);
    for (size_t i = 0; i < 3; i++) {
        stk_summary_count(&part, &sample_results[i]);
    }
    part.skipped_symlinks = 3;
    part.skipped_excluded = 5;
    stk_summary_add(&sum, &part);
    stk_summary_add(&sum, &part);
    assert_int_equal(sum.files, 6);
    assert_int_equal(sum.streams, 4);
    assert_int_equal(sum.verdicts[STK_VERDICT_DANGEROUS], 4);
    assert_int_equal(sum.verdicts[STK_VERDICT_CLEAN], 2);
    assert_int_equal(sum.review_streams, 2);
    assert_int_equal(sum.bytes, 2 * (1234 + 1234 + 3));
    assert_int_equal(sum.unreadable, 2);
    assert_int_equal(sum.skipped_special, 1);
    assert_int_equal(sum.skipped_symlinks, 6);
    assert_int_equal(sum.skipped_excluded, 10);
}

static void the_first_failure_of_an_output_is_told(void **state)
{
    (void)state;
    struct stk_outputs out;
    stk_outputs_init(&out, &stk_alloc_libc, 4);
    assert_int_equal(stk_outputs_status(&out), STK_OK);
    stk_buf_str(&out.errors, "12345");
    assert_int_equal(stk_outputs_status(&out), STK_E_LIMIT);
    stk_outputs_clear(&out);
    assert_int_equal(stk_outputs_status(&out), STK_OK);
    stk_buf_str(&out.results[STK_VERDICT_DANGEROUS], "12345");
    assert_int_equal(stk_outputs_status(&out), STK_E_LIMIT);
    stk_outputs_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_are_grouped),
        cmocka_unit_test(summaries_add_up),
        cmocka_unit_test(the_first_failure_of_an_output_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
