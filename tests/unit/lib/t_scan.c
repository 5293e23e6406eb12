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
    (void)state;
    struct stockade_report *report = scan(EVIL, EVIL_LEN);
    assert_int_equal(stockade_report_verdict(report), STOCKADE_DANGEROUS);
    assert_string_equal(stockade_report_format(report), "pickle");
    assert_int_equal(stockade_report_n_streams(report), 1);
    assert_int_equal(stockade_report_n_notes(report), 0);
    const struct stockade_stream *stream = stockade_report_stream(report, 0);
    assert_null(stream->member);
    assert_int_equal(stream->offset, 0);
    assert_int_equal(stream->length, EVIL_LEN);
    assert_int_equal(stream->protocol, -1);
    assert_int_equal(stream->verdict, STOCKADE_DANGEROUS);
    assert_true(stream->complete);
    assert_int_equal(stream->n_globals, 2);
    assert_int_equal(stream->n_findings, 1);
    stockade_report_free(report);
}

static void globals(void **state)
{
    (void)state;
    struct stockade_report *report = scan(EVIL, EVIL_LEN);
    const struct stockade_global *list = stockade_report_global(report, 0, 0);
    const struct stockade_global *call = stockade_report_global(report, 0, 1);
    assert_string_equal(list->module, "builtins");
    assert_string_equal(list->name, "list");
    assert_int_equal(list->rating, STOCKADE_RATING_VETTED);
    assert_int_equal(list->offset, 0);
    assert_false(list->called);
    assert_string_equal(call->module, "os");
    assert_int_equal(call->module_len, 2);
    assert_string_equal(call->name, "system");
    assert_int_equal(call->name_len, 6);
    assert_int_equal(call->rating, STOCKADE_RATING_DANGEROUS);
    assert_int_equal(call->offset, 16);
    assert_true(call->called);
    assert_false(call->computed);
    stockade_report_free(report);
}

static void findings(void **state)
{
    (void)state;
    struct stockade_report *report = scan(EVIL, EVIL_LEN);
    const struct stockade_finding *finding = stockade_report_finding(report, 0, 0);
    assert_string_equal(finding->rule, "STK101");
    assert_string_equal(finding->summary,
                        "calls what runs code, or reads, writes or connects");
    assert_non_null(strstr(finding->message, "os.system"));
    assert_null(finding->member);
    assert_int_equal(finding->offset, 16);
    assert_int_equal(finding->severity, STOCKADE_SEVERITY_CRITICAL);
    stockade_report_free(report);
}

/* The same pointers for the same numbers: nothing is made by reading. */
static void a_report_does_not_change(void **state)
{
    (void)state;
    struct stockade_report *report = scan(EVIL, EVIL_LEN);
    assert_ptr_equal(stockade_report_stream(report, 0),
                     stockade_report_stream(report, 0));
    assert_ptr_equal(stockade_report_global(report, 0, 1),
                     stockade_report_global(report, 0, 1));
    assert_ptr_equal(stockade_report_finding(report, 0, 0),
                     stockade_report_finding(report, 0, 0));
    stockade_report_free(report);
}

/* Each stream has its own. */
static void several_streams(void **state)
{
    static const char row[] = EVIL "cfoo\nbar\n." EVIL;
    static const struct {
        uint64_t offset;
        enum stockade_verdict verdict;
        const char *rule;
        enum stockade_severity severity;
    } want[] = {
        {0, STOCKADE_DANGEROUS, "STK101", STOCKADE_SEVERITY_CRITICAL},
        {EVIL_LEN, STOCKADE_REVIEW, "STK301", STOCKADE_SEVERITY_LOW},
        {EVIL_LEN + 10, STOCKADE_DANGEROUS, "STK101", STOCKADE_SEVERITY_CRITICAL},
    };
    (void)state;
    struct stockade_report *report = scan(row, sizeof(row) - 1);
    assert_int_equal(stockade_report_n_streams(report), 3);
    for (size_t i = 0; i < 3; i++) {
        const struct stockade_stream *stream = stockade_report_stream(report, i);
        const struct stockade_finding *finding = stockade_report_finding(report, i, 0);
        assert_int_equal(stream->offset, want[i].offset);
        assert_int_equal(stream->verdict, want[i].verdict);
        assert_string_equal(finding->rule, want[i].rule);
        assert_int_equal(finding->severity, want[i].severity);
        assert_true(finding->offset >= stream->offset &&
                    finding->offset < stream->offset + stream->length);
    }
    stockade_report_free(report);
}

/* Names of Python 2 as Python 3 imports them; a NUL in a name is in its length. */
static void names_as_imported(void **state)
{
    static const char stream[] = "\x80\x02"
                                 "c__builtin__\neval\n0ca\0b\nc\n.";
    (void)state;
    struct stockade_report *report = scan(stream, sizeof(stream) - 1);
    const struct stockade_global *global = stockade_report_global(report, 0, 0);
    assert_string_equal(global->module, "builtins");
    assert_string_equal(global->name, "eval");
    global = stockade_report_global(report, 0, 1);
    assert_int_equal(global->rating, STOCKADE_RATING_UNKNOWN);
    assert_int_equal(global->module_len, 3);
    assert_memory_equal(global->module, "a\0b", 4);
    stockade_report_free(report);
}

/* The module is what str() returns. */
static void a_computed_name(void **state)
{
    static const char stream[] = "\x80\x04"
                                 "cbuiltins\nstr\n)R\x8c\x01x\x93.";
    (void)state;
    struct stockade_report *report = scan(stream, sizeof(stream) - 1);
    const struct stockade_global *global = stockade_report_global(report, 0, 1);
    assert_non_null(global);
    assert_true(global->computed);
    assert_string_equal(global->module, "");
    assert_int_equal(global->module_len, 0);
    assert_string_equal(global->name, "");
    assert_int_equal(global->name_len, 0);
    stockade_report_free(report);
}

static void indices_out_of_range(void **state)
{
    static const size_t past[] = {1, 2, SIZE_MAX};
    (void)state;
    struct stockade_report *report = scan(EVIL, EVIL_LEN);
    for (size_t i = 0; i < 3; i++) {
        size_t n = past[i];
        assert_null(stockade_report_stream(report, n));
        assert_null(stockade_report_global(report, n, 0));
        assert_null(stockade_report_finding(report, n, 0));
        assert_null(stockade_report_global(report, 0, n < 2 ? 2 : n));
        assert_null(stockade_report_finding(report, 0, n));
        assert_null(stockade_report_note(report, n));
    }
    assert_null(stockade_report_note(report, 0));
    stockade_report_free(report);
}

/* Just the end record of a ZIP archive that says more members than there are. */
#define LYING_END "PK\5\6\0\0\0\0\x09\0\x09\0\0\0\0\0\0\0\0\0\0\0"
#define LYING_END_LEN (sizeof(LYING_END) - 1)

static void notes_about_containers(void **state)
{
    (void)state;
    struct stockade_report *report = scan(LYING_END, LYING_END_LEN);
    assert_int_equal(stockade_report_verdict(report), STOCKADE_UNDECIDED);
    assert_string_equal(stockade_report_format(report), "zip");
    assert_int_equal(stockade_report_n_streams(report), 0);
    assert_true(stockade_report_n_notes(report) > 0);
    const struct stockade_finding *note = stockade_report_note(report, 0);
    assert_memory_equal(note->rule, "STK20", 5);
    assert_int_equal(note->severity, STOCKADE_SEVERITY_MEDIUM);
    assert_true(strlen(note->summary) > 0);
    assert_true(strlen(note->message) > 0);
    assert_null(note->member);
    stockade_report_free(report);
}

/* The octal numbers of a tar header, and its sum, which counts itself as spaces. */
static void octal(uint8_t *field, size_t digits, size_t value)
{
    for (size_t i = digits; i > 0; i--, value /= 8) {
        field[i - 1] = (uint8_t)('0' + value % 8);
    }
}

static void put_member(uint8_t *block, const char *name, const void *data, size_t len)
{
    size_t sum = 0;
    memcpy(block, name, strlen(name));
    memcpy(block + 100, "0000644\0000000000\0000000000", 24);
    octal(block + 124, 11, len);
    octal(block + 136, 11, 0);
    memset(block + 148, ' ', 8);
    memcpy(block + 156, "0", 1);
    memcpy(block + 257, "ustar\00000", 8);
    for (size_t i = 0; i < 512; i++) {
        sum += block[i];
    }
    octal(block + 148, 6, sum);
    block[154] = 0;
    memcpy(block + 512, data, len);
}

static void members_of_findings_and_notes(void **state)
{
    static uint8_t tar[512 * 6];
    (void)state;
    put_member(tar, "a.pkl", EVIL, EVIL_LEN);
    put_member(tar + 1024, "b.zip", LYING_END, LYING_END_LEN);
    struct stockade_report *report = scan(tar, sizeof(tar));
    assert_string_equal(stockade_report_format(report), "tar");
    assert_string_equal(stockade_report_stream(report, 0)->member, "a.pkl");
    assert_string_equal(stockade_report_finding(report, 0, 0)->member, "a.pkl");
    assert_int_equal(stockade_report_finding(report, 0, 0)->offset, 16);
    assert_true(stockade_report_n_notes(report) > 0);
    assert_string_equal(stockade_report_note(report, 0)->member, "b.zip");
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
    struct stockade_source source = STOCKADE_SOURCE_INIT;
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
static void sizes_of_sources(void **state)
{
    static const size_t wrong[] = {0, 1, sizeof(struct stockade_source) - 1,
                                   sizeof(struct stockade_source) + 8, SIZE_MAX};
    enum stockade_status read_status = STOCKADE_OK;
    struct stockade_source source = STOCKADE_SOURCE_INIT;
    struct stockade_report *report = NULL;
    (void)state;
    source.length = 4;
    source.read_at = read_nothing;
    source.ctx = &read_status;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        source.size = wrong[i];
        assert_int_equal(stockade_scan_source(&source, NULL, &report),
                         STOCKADE_E_INVALID);
        assert_null(report);
    }
    source.size = sizeof(source);
    assert_int_equal(stockade_scan_source(&source, NULL, &report), STOCKADE_OK);
    stockade_report_free(report);
}

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

static struct stockade_source source_of(struct file *file)
{
    struct stockade_source source = STOCKADE_SOURCE_INIT;
    source.length = EVIL_LEN;
    source.read_at = read_file;
    source.ctx = file;
    return source;
}

static void a_source(void **state)
{
    struct file file = {.bytes = EVIL, .fail_from = EVIL_LEN};
    struct stockade_source source = source_of(&file);
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
        struct stockade_source source = source_of(&file);
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
        if (stockade_scan_bytes(bytes, strlen(bytes), NULL, &report) != STOCKADE_OK ||
            stockade_report_stream(report, 0)->length != strlen(bytes)) {
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

static void *read_often(void *arg)
{
    const struct stockade_report *report = arg;
    for (size_t i = 0; i < 20000; i++) {
        if (stockade_report_global(report, 0, 1)->name_len != 6 ||
            stockade_report_finding(report, 0, 0)->offset != 16) {
            return NULL;
        }
    }
    return arg;
}

static void two_threads_read_one_report(void **state)
{
    struct stockade_report *report = scan(EVIL, EVIL_LEN);
    pthread_t threads[2];
    void *done[2] = {NULL, NULL};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, read_often, report), 0);
    }
    for (size_t i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], &done[i]), 0);
        assert_non_null(done[i]);
    }
    stockade_report_free(report);
}

static void names_of_verdicts(void **state)
{
    (void)state;
    assert_string_equal(stockade_verdict_name(STOCKADE_CLEAN), "clean");
    assert_string_equal(stockade_verdict_name(STOCKADE_REVIEW), "review");
    assert_string_equal(stockade_verdict_name(STOCKADE_UNDECIDED), "undecided");
    assert_string_equal(stockade_verdict_name(STOCKADE_DANGEROUS), "dangerous");
    assert_string_equal(stockade_verdict_name((enum stockade_verdict)77), "undecided");
}

static void names_of_severities(void **state)
{
    (void)state;
    assert_string_equal(stockade_severity_name(STOCKADE_SEVERITY_LOW), "low");
    assert_string_equal(stockade_severity_name(STOCKADE_SEVERITY_MEDIUM), "medium");
    assert_string_equal(stockade_severity_name(STOCKADE_SEVERITY_HIGH), "high");
    assert_string_equal(stockade_severity_name(STOCKADE_SEVERITY_CRITICAL), "critical");
    assert_string_equal(stockade_severity_name((enum stockade_severity)77), "critical");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_report_says),
        cmocka_unit_test(globals),
        cmocka_unit_test(findings),
        cmocka_unit_test(a_report_does_not_change),
        cmocka_unit_test(several_streams),
        cmocka_unit_test(names_as_imported),
        cmocka_unit_test(a_computed_name),
        cmocka_unit_test(indices_out_of_range),
        cmocka_unit_test(notes_about_containers),
        cmocka_unit_test(members_of_findings_and_notes),
        cmocka_unit_test(arguments_that_break_the_header),
        cmocka_unit_test(sizes_of_sources),
        cmocka_unit_test(sizes_of_options),
        cmocka_unit_test(limits_are_used),
        cmocka_unit_test(limits_of_any_value),
        cmocka_unit_test(a_source),
        cmocka_unit_test(a_source_that_fails),
        cmocka_unit_test(two_threads),
        cmocka_unit_test(two_threads_read_one_report),
        cmocka_unit_test(names_of_verdicts),
        cmocka_unit_test(names_of_severities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
