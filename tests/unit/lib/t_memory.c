/* SPDX-License-Identifier: Apache-2.0
 *
 * The library's scan with an allocator of the test's: libstockade.so offers no way to
 * choose one, so that its source is compiled in here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/scan.c"
#include "oom.h"

struct input {
    const char *bytes;
    size_t len;
    size_t n_streams;
    bool notes;
};

/* Globals and findings in two streams. */
#define TWO "cbuiltins\nlist\n0cos\nsystem\n(S'id'\ntR.cfoo\nbar\n."
static const struct input two = {TWO, sizeof(TWO) - 1, 2, false};

/* The end record of a ZIP archive that says more members than there are. */
#define END "PK\5\6\0\0\0\0\x09\0\x09\0\0\0\0\0\0\0\0\0\0\0"
static const struct input end = {END, sizeof(END) - 1, 0, true};

static enum stk_status scan_and_read(const struct stk_alloc *alloc, void *arg)
{
    const struct input *const *input = arg;
    struct stk_source source = stk_source_of(stk_span_of((*input)->bytes, (*input)->len));
    struct stockade_report *report = NULL;
    enum stockade_status status = scan(alloc, &source, NULL, &report);
    if (status != STOCKADE_OK) {
        assert_int_equal(status, STOCKADE_E_NOMEM);
        assert_null(report);
        return STK_E_NOMEM;
    }
    assert_int_equal(stockade_report_n_streams(report), (*input)->n_streams);
    assert_int_equal(stockade_report_n_notes(report) > 0, (*input)->notes);
    for (size_t i = 0; i < (*input)->n_streams; i++) {
        assert_non_null(stockade_report_global(report, i, 0)->name);
        assert_non_null(stockade_report_finding(report, i, 0)->message);
    }
    stockade_report_free(report);
    return STK_OK;
}

static void each_failure_is_answered(void **state)
{
    const struct input *inputs[] = {&two, &end};
    (void)state;
    STK_OOM_LOOP(scan_and_read, &inputs[0]);
    STK_OOM_LOOP(scan_and_read, &inputs[1]);
}

/* The report's own part is capped as well, and answers alike. */
static void any_memory_limit(void **state)
{
    struct stockade_scan_options options = STOCKADE_SCAN_OPTIONS_INIT;
    size_t refused = 0;
    size_t scanned = 0;
    (void)state;
    for (options.memory_max = 1; options.memory_max < 20000; options.memory_max += 61) {
        struct stk_oom oom;
        struct stockade_report *report = NULL;
        struct stk_source source = stk_source_of(stk_span_of(two.bytes, two.len));
        stk_oom_init(&oom, 0, false);
        enum stockade_status status = scan(&oom.alloc, &source, &options, &report);
        assert_true(status == STOCKADE_OK || status == STOCKADE_E_NOMEM);
        assert_true((status == STOCKADE_OK) == (report != NULL));
        refused += status == STOCKADE_E_NOMEM;
        scanned += status == STOCKADE_OK;
        stockade_report_free(report);
        assert_int_equal(oom.blocks, 0);
        assert_false(oom.wrong_size);
    }
    assert_true(refused > 0);
    assert_true(scanned > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_failure_is_answered),
        cmocka_unit_test(any_memory_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
