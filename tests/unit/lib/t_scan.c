/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <pthread.h>

#include <stockade/scan.h>

/* Imports builtins.list, which it drops, and calls os.system. */
#define EVIL "cbuiltins\nlist\n0cos\nsystem\n(S'id'\ntR."
#define EVIL_LEN (sizeof(EVIL) - 1)

static struct stockade_report *scan(const void *data, size_t len)
{
    struct stockade_report *report = NULL;
    assert_int_equal(stockade_scan_bytes(data, len, NULL, &report), STOCKADE_OK);
    assert_non_null(report);
    return report;
}

static void what_a_report_says(void **state)
{
    struct stockade_stream stream;
    struct stockade_global global;
    struct stockade_finding finding;
    (void)state;
    struct stockade_report *report = scan(EVIL, EVIL_LEN);
    assert_int_equal(stockade_report_verdict(report), STOCKADE_DANGEROUS);
    assert_string_equal(stockade_report_format(report), "pickle");
    assert_int_equal(stockade_report_n_streams(report), 1);
    assert_int_equal(stockade_report_n_notes(report), 0);
    assert_int_equal(stockade_report_stream(report, 0, &stream), STOCKADE_OK);
    assert_null(stream.member);
    assert_int_equal(stream.offset, 0);
    assert_int_equal(stream.length, EVIL_LEN);
    assert_int_equal(stream.protocol, -1);
    assert_int_equal(stream.verdict, STOCKADE_DANGEROUS);
    assert_true(stream.complete);
    assert_int_equal(stream.n_globals, 2);
    assert_int_equal(stream.n_findings, 1);
    assert_int_equal(stockade_report_global(report, 0, 0, &global), STOCKADE_OK);
    assert_string_equal(global.module, "builtins");
    assert_string_equal(global.name, "list");
    assert_int_equal(global.rating, STOCKADE_VETTED);
    assert_int_equal(global.offset, 0);
    assert_false(global.called);
    assert_int_equal(stockade_report_global(report, 0, 1, &global), STOCKADE_OK);
    assert_string_equal(global.module, "os");
    assert_int_equal(global.module_len, 2);
    assert_string_equal(global.name, "system");
    assert_int_equal(global.name_len, 6);
    assert_int_equal(global.rating, STOCKADE_RATED_DANGEROUS);
    assert_int_equal(global.offset, 16);
    assert_true(global.called);
    assert_int_equal(stockade_report_finding(report, 0, 0, &finding), STOCKADE_OK);
    assert_string_equal(finding.rule, "STK101");
    assert_int_equal(finding.offset, 16);
    assert_non_null(strstr(finding.message, "os.system"));
    stockade_report_free(report);
}

/* Names of Python 2 as Python 3 imports them; a NUL in a name is in its length. */
static void names_as_imported(void **state)
{
    static const char stream[] = "\x80\x02"
                                 "c__builtin__\neval\n0ca\0b\nc\n.";
    struct stockade_global global;
    (void)state;
    struct stockade_report *report = scan(stream, sizeof(stream) - 1);
    assert_int_equal(stockade_report_global(report, 0, 0, &global), STOCKADE_OK);
    assert_string_equal(global.module, "builtins");
    assert_string_equal(global.name, "eval");
    assert_int_equal(stockade_report_global(report, 0, 1, &global), STOCKADE_OK);
    assert_int_equal(global.module_len, 3);
    assert_memory_equal(global.module, "a\0b", 4);
    stockade_report_free(report);
}

static void indices_out_of_range(void **state)
{
    struct stockade_stream stream = {.offset = 77};
    struct stockade_global global = {.offset = 77};
    struct stockade_finding finding = {.offset = 77};
    (void)state;
    struct stockade_report *report = scan(EVIL, EVIL_LEN);
    static const size_t streams[] = {1, 2, SIZE_MAX};
    for (size_t i = 0; i < 3; i++) {
        size_t n = streams[i];
        assert_int_equal(stockade_report_stream(report, n, &stream), STOCKADE_E_INVALID);
        assert_int_equal(stockade_report_global(report, n, 0, &global),
                         STOCKADE_E_INVALID);
        assert_int_equal(stockade_report_finding(report, n, 0, &finding),
                         STOCKADE_E_INVALID);
        assert_int_equal(stockade_report_global(report, 0, n < 2 ? 2 : n, &global),
                         STOCKADE_E_INVALID);
        assert_int_equal(stockade_report_finding(report, 0, n, &finding),
                         STOCKADE_E_INVALID);
        assert_int_equal(stockade_report_note(report, n, &finding), STOCKADE_E_INVALID);
    }
    assert_int_equal(stockade_report_note(report, 0, &finding), STOCKADE_E_INVALID);
    assert_int_equal(stream.offset, 77);
    assert_int_equal(global.offset, 77);
    assert_int_equal(finding.offset, 77);
    stockade_report_free(report);
}

/* Just the end record of a ZIP archive that says more members than there are. */
static void notes_about_containers(void **state)
{
    static const uint8_t zip[] = {'P', 'K', 5, 6, 0, 0, 0, 0, 9, 0, 9,
                                  0,   0,   0, 0, 0, 0, 0, 0, 0, 0, 0};
    struct stockade_finding finding;
    (void)state;
    struct stockade_report *report = scan(zip, sizeof(zip));
    assert_int_equal(stockade_report_verdict(report), STOCKADE_UNDECIDED);
    assert_string_equal(stockade_report_format(report), "zip");
    assert_int_equal(stockade_report_n_streams(report), 0);
    assert_true(stockade_report_n_notes(report) > 0);
    assert_int_equal(stockade_report_note(report, 0, &finding), STOCKADE_OK);
    assert_memory_equal(finding.rule, "STK20", 5);
    assert_true(strlen(finding.message) > 0);
    stockade_report_free(report);
}

/* ---- arguments ---- */

static enum stockade_status read_nothing(void *ctx, uint64_t off, void *buf, size_t len)
{
    (void)off;
    memset(buf, 0, len);
    return *(enum stockade_status *)ctx;
}

static void arguments_that_break_the_header(void **state)
{
    struct stockade_report *report = NULL;
    struct stockade_source source = {.size = 4};
    (void)state;
    assert_int_equal(stockade_scan_bytes(NULL, 1, NULL, &report), STOCKADE_E_INVALID);
    assert_int_equal(stockade_scan_bytes("N.", 2, NULL, NULL), STOCKADE_E_INVALID);
    assert_int_equal(stockade_scan_source(NULL, NULL, &report), STOCKADE_E_INVALID);
    assert_int_equal(stockade_scan_source(&source, NULL, &report), STOCKADE_E_INVALID);
    source.read_at = read_nothing;
    assert_int_equal(stockade_scan_source(&source, NULL, NULL), STOCKADE_E_INVALID);
    assert_null(report);
    stockade_report_free(NULL);
    assert_int_equal(stockade_scan_bytes(NULL, 0, NULL, &report), STOCKADE_OK);
    assert_int_equal(stockade_report_verdict(report), STOCKADE_CLEAN);
    assert_string_equal(stockade_report_format(report), "data");
    stockade_report_free(report);
}

/* A struct of another version of the header is refused, not misread. */
static void sizes_of_options(void **state)
{
    struct stockade_scan_options options = STOCKADE_SCAN_OPTIONS_INIT;
    struct stockade_report *report = NULL;
    (void)state;
    static const size_t wrong[] = {0, 1, sizeof(options) - 1, sizeof(options) + 8,
                                   SIZE_MAX};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        options.size = wrong[i];
        assert_int_equal(stockade_scan_bytes("N.", 2, &options, &report),
                         STOCKADE_E_INVALID);
        assert_null(report);
    }
    options.size = sizeof(options);
    assert_int_equal(stockade_scan_bytes("N.", 2, &options, &report), STOCKADE_OK);
    stockade_report_free(report);
}

static enum stockade_verdict verdict_with(const struct stockade_scan_options *options,
                                          const void *data, size_t len)
{
    struct stockade_report *report = NULL;
    assert_int_equal(stockade_scan_bytes(data, len, options, &report), STOCKADE_OK);
    enum stockade_verdict verdict = stockade_report_verdict(report);
    stockade_report_free(report);
    return verdict;
}

static void limits_are_used(void **state)
{
    /* of "N." */
    static const uint8_t gzip[] = {
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xf3,
        0xd3, 0x03, 0x00, 0xbb, 0x7d, 0xf5, 0xf3, 0x02, 0x00, 0x00, 0x00,
    };
    struct stockade_scan_options options = STOCKADE_SCAN_OPTIONS_INIT;
    struct stockade_report *report = NULL;
    (void)state;
    assert_int_equal(verdict_with(&options, gzip, sizeof(gzip)), STOCKADE_CLEAN);
    options.expand_max = 1;
    assert_int_equal(verdict_with(&options, gzip, sizeof(gzip)), STOCKADE_UNDECIDED);
    options.expand_max = 0;
    options.memory_max = 16;
    assert_int_equal(stockade_scan_bytes(EVIL, EVIL_LEN, &options, &report),
                     STOCKADE_E_NOMEM);
    assert_null(report);
}

/* The largest values are limits like others. */
static void limits_of_any_value(void **state)
{
    static const uint64_t values[] = {
        1,
        64,
        UINT64_C(1) << 31,
        UINT64_C(1) << 60,
        UINT64_C(1) << 61,
        INT64_MAX,
        UINT64_MAX - 1,
        UINT64_MAX,
    };
    (void)state;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        struct stockade_scan_options options = STOCKADE_SCAN_OPTIONS_INIT;
        struct stockade_report *report = NULL;
        options.depth_max = values[i];
        options.expand_max = values[i];
        enum stockade_status status =
            stockade_scan_bytes(EVIL, EVIL_LEN, &options, &report);
        assert_true(status == STOCKADE_OK || status == STOCKADE_E_NOMEM ||
                    status == STOCKADE_E_INVALID);
        assert_true(status != STOCKADE_OK ||
                    stockade_report_verdict(report) == STOCKADE_DANGEROUS);
        stockade_report_free(report);
    }
}

/* ---- sources ---- */

struct file {
    const char *bytes;
    size_t fail_from;
    enum stockade_status fail;
};

static enum stockade_status read_file(void *ctx, uint64_t off, void *buf, size_t len)
{
    const struct file *file = ctx;
    assert_true(off <= EVIL_LEN && len <= EVIL_LEN - off);
    if (off + len > file->fail_from) {
        return file->fail;
    }
    memcpy(buf, file->bytes + off, len);
    return STOCKADE_OK;
}

static void a_source(void **state)
{
    struct file file = {.bytes = EVIL, .fail_from = EVIL_LEN};
    struct stockade_source source = {
        .size = EVIL_LEN, .read_at = read_file, .ctx = &file};
    struct stockade_report *report = NULL;
    (void)state;
    assert_int_equal(stockade_scan_source(&source, NULL, &report), STOCKADE_OK);
    memset(&source, 0xff, sizeof(source)); /* needed during the scan only */
    assert_int_equal(stockade_report_verdict(report), STOCKADE_DANGEROUS);
    stockade_report_free(report);
}

static void a_source_that_fails(void **state)
{
    static const struct {
        enum stockade_status said;
        enum stockade_status want;
    } cases[] = {
        {STOCKADE_E_IO, STOCKADE_E_IO},       {STOCKADE_E_SHRUNK, STOCKADE_E_SHRUNK},
        {STOCKADE_E_NOMEM, STOCKADE_E_NOMEM}, {STOCKADE_E_INVALID, STOCKADE_E_IO},
        {STOCKADE_E_BUG, STOCKADE_E_IO},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct file file = {.bytes = EVIL, .fail_from = 10, .fail = cases[i].said};
        struct stockade_source source = {
            .size = EVIL_LEN, .read_at = read_file, .ctx = &file};
        struct stockade_report *report = NULL;
        assert_int_equal(stockade_scan_source(&source, NULL, &report), cases[i].want);
        assert_null(report);
    }
}

/* ---- threads ---- */

static void *scan_often(void *arg)
{
    const char *bytes = arg;
    for (size_t i = 0; i < 200; i++) {
        struct stockade_report *report = NULL;
        struct stockade_stream stream;
        if (stockade_scan_bytes(bytes, strlen(bytes), NULL, &report) != STOCKADE_OK ||
            stockade_report_stream(report, 0, &stream) != STOCKADE_OK ||
            stream.length != strlen(bytes)) {
            return NULL;
        }
        stockade_report_free(report);
    }
    return arg;
}

static void two_threads(void **state)
{
    static char evil[] = EVIL;
    static char list[] = "(lp0\nI1\naI2\na.";
    pthread_t threads[2];
    void *done[2] = {NULL, NULL};
    (void)state;
    assert_int_equal(pthread_create(&threads[0], NULL, scan_often, evil), 0);
    assert_int_equal(pthread_create(&threads[1], NULL, scan_often, list), 0);
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], &done[i]), 0);
        assert_non_null(done[i]);
    }
}

static void names_of_verdicts(void **state)
{
    (void)state;
    assert_string_equal(stockade_verdict_name(STOCKADE_CLEAN), "clean");
    assert_string_equal(stockade_verdict_name(STOCKADE_REVIEW), "review");
    assert_string_equal(stockade_verdict_name(STOCKADE_UNDECIDED), "undecided");
    assert_string_equal(stockade_verdict_name(STOCKADE_DANGEROUS), "dangerous");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_report_says),
        cmocka_unit_test(names_as_imported),
        cmocka_unit_test(indices_out_of_range),
        cmocka_unit_test(notes_about_containers),
        cmocka_unit_test(arguments_that_break_the_header),
        cmocka_unit_test(sizes_of_options),
        cmocka_unit_test(limits_are_used),
        cmocka_unit_test(limits_of_any_value),
        cmocka_unit_test(a_source),
        cmocka_unit_test(a_source_that_fails),
        cmocka_unit_test(two_threads),
        cmocka_unit_test(names_of_verdicts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
