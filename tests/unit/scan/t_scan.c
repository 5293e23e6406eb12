/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "container/zip_build.h"
#include "samples.h"
#include "scan_check.h"

#define EVIL "cos\nsystem\n(S'id'\ntR."

static const struct stk_limits defaults = STK_LIMITS_DEFAULT;
static struct zb zip;
static struct zb outer;

static void add_bytes(struct zb *zb, const char *name, const void *data, size_t len)
{
    (void)zb_add_packed(zb, name, 0, data, len, data, len);
}

/* An archive of one member. */
static void pack(struct zb *zb, const char *name, const void *data, size_t len)
{
    zb_clear(zb);
    add_bytes(zb, name, data, len);
    zb_finish(zb);
}

/* ---- what a file is ---- */

static void kinds_of_files(void **state)
{
    (void)state;
    CHECK("", 0, "data clean\n");
    CHECK("\0", 1, "data clean\n");
    CHECK("hello\n", 6, "data clean\n");
    CHECK("N.", 2, "pickle clean\n- 0+2 p- clean\n");
    pack(&zip, "a.txt", "hello", 5);
    CHECK(zip.data, zip.len, "zip clean\n");
}

static void streams_in_members(void **state)
{
    (void)state;
    zb_clear(&zip);
    (void)zb_add(&zip, "a.pkl", EVIL);
    (void)zb_add_deflated(&zip, "b.pkl", "I1\n.", 4);
    zb_finish(&zip);
    CHECK(zip.data, zip.len,
          "zip dangerous\n"
          "a.pkl 0+21 p- dangerous os.system\n"
          "  STK101 0\n"
          "b.pkl 0+4 p- clean\n");
}

static void containers_in_containers(void **state)
{
    (void)state;
    pack(&zip, "a.pkl", EVIL, 21);
    pack(&outer, "inner.zip", zip.data, zip.len);
    pack(&zip, "outer.zip", outer.data, outer.len);
    CHECK(zip.data, zip.len,
          "zip dangerous\n"
          "outer.zip!/inner.zip!/a.pkl 0+21 p- dangerous os.system\n"
          "  STK101 0\n");
}

/* A loader may unpickle a file from its first byte on, whatever else it is. */
static void a_stream_in_front_of_an_archive(void **state)
{
    (void)state;
    zb_clear(&zip);
    zb_text(&zip, EVIL);
    zip.base = zip.len;
    (void)zb_add(&zip, "b.pkl", "I1\n.");
    zb_finish(&zip);
    const char *report = check_report(NULL, zip.data, zip.len);
    assert_memory_equal(report, "zip dangerous\n", 14);
    assert_non_null(strstr(report, "\nb.pkl 0+4 p- clean\n"));
    assert_non_null(strstr(report, "\n- 0+21 p- dangerous os.system\n"));
}

/* ---- notes ---- */

static void notes_name_their_member(void **state)
{
    (void)state;
    zb_clear(&zip);
    struct zb_member *m = zb_add(&zip, "a.pkl", "N.");
    m->flags = 1; /* the directory says encrypted */
    zb_finish(&zip);
    pack(&outer, "inner.zip", zip.data, zip.len);
    const char *report = check_report(NULL, outer.data, outer.len);
    assert_memory_equal(report, "zip undecided\n", 14);
    assert_non_null(strstr(report, "\n! inner.zip STK20"));
    assert_null(strstr(report, "\n! - "));
    report = check_report(NULL, zip.data, zip.len);
    assert_non_null(strstr(report, "\n! - STK20"));
}

static void notes_have_a_limit(void **state)
{
    struct stk_limits limits = defaults;
    (void)state;
    zb_clear(&zip);
    for (size_t i = 0; i < 5; i++) {
        struct zb_member *m = zb_add(&zip, "a.bin", "no stream");
        m->flags = 1;
    }
    zb_finish(&zip);
    limits.findings_max = 2;
    const char *report = check_report(&limits, zip.data, zip.len);
    size_t n_notes = 0;
    for (const char *p = report; (p = strstr(p, "\n! ")) != NULL; p++) {
        n_notes++;
    }
    assert_int_equal(n_notes, 2);
    limits.findings_max = 0;
    CHECK_WITH(&limits, zip.data, zip.len, "zip undecided\n");
}

static void long_member_names_are_cut(void **state)
{
    static char name[60000];
    (void)state;
    memset(name, 'n', sizeof(name) - 1);
    zb_clear(&zip);
    (void)zb_add(&zip, name, "N.");
    zb_finish(&zip);
    const char *report = check_report(NULL, zip.data, zip.len);
    assert_true(strlen(report) < 8192);
    assert_non_null(strstr(report, "... 0+2 p- clean\n"));
}

/* ---- torch ---- */

/* The stream's storage is data/0, of 32 bytes. */
static void pack_torch(const char *weights, const char *more_name, const char *more)
{
    char storage[32] = {0};
    memcpy(storage, weights, strlen(weights));
    zb_clear(&zip);
    add_bytes(&zip, "archive/data.pkl", torch_data_pkl, sizeof(torch_data_pkl));
    add_bytes(&zip, "archive/data/0", storage, sizeof(storage));
    if (more_name != NULL) {
        (void)zb_add(&zip, more_name, more);
    }
    (void)zb_add(&zip, "archive/version", "3\n");
    zb_finish(&zip);
}

static void storages_are_not_searched(void **state)
{
    (void)state;
    pack_torch(EVIL, NULL, NULL);
    const char *report = check_report(NULL, zip.data, zip.len);
    assert_memory_equal(report, "torch-zip clean\narchive/data.pkl 0+", 35);
    assert_null(strstr(report, "data/0"));
}

static void what_no_stream_names_is_searched(void **state)
{
    (void)state;
    pack_torch("", "archive/data/1", EVIL);
    const char *report = check_report(NULL, zip.data, zip.len);
    assert_memory_equal(report, "torch-zip dangerous\n", 20);
    assert_non_null(strstr(report, "\narchive/data/1 0+21 p- dangerous os.system\n"));
}

/* The loader unpickles data.pkl, whatever is in it. */
static void a_data_pkl_that_is_no_stream(void **state)
{
    (void)state;
    zb_clear(&zip);
    (void)zb_add(&zip, "archive/data.pkl", "hello");
    (void)zb_add(&zip, "archive/version", "3\n");
    zb_finish(&zip);
    const char *report = check_report(NULL, zip.data, zip.len);
    assert_non_null(strstr(report, "archive/data.pkl 0+0 p- undecided cut\n"));
}

/* ---- limits ---- */

static void containers_to_the_depth_limit(void **state)
{
    struct stk_limits limits = defaults;
    (void)state;
    pack(&zip, "a.pkl", "N.", 2);
    pack(&outer, "inner.zip", zip.data, zip.len);
    limits.depth_max = 2;
    CHECK_WITH(&limits, outer.data, outer.len,
               "zip clean\ninner.zip!/a.pkl 0+2 p- clean\n");
    limits.depth_max = 1;
    CHECK_WITH(&limits, outer.data, outer.len,
               "zip undecided\n! inner.zip!/a.pkl STK203 0 containers and streams nested "
               "deeper than depth-max\n");
    limits.depth_max = 0;
    assert_string_equal(check_verdict(&limits, outer.data, outer.len), "undecided");
    CHECK_WITH(&limits, "N.", 2, "pickle clean\n- 0+2 p- clean\n");
}

static void expansion_is_limited(void **state)
{
    static uint8_t zeros[100000];
    struct stk_limits limits = defaults;
    (void)state;
    zb_clear(&zip);
    (void)zb_add_deflated(&zip, "a.bin", zeros, sizeof(zeros));
    (void)zb_add_deflated(&zip, "b.bin", zeros, sizeof(zeros));
    zb_finish(&zip);
    limits.expand_max = 2 * sizeof(zeros);
    CHECK_WITH(&limits, zip.data, zip.len, "zip clean\n");
    limits.expand_max = sizeof(zeros) + 50000; /* enough for the first */
    const char *report = check_report(&limits, zip.data, zip.len);
    assert_memory_equal(report, "zip undecided\n! - STK203 ", 25);
}

/* A limit that is reached gives undecided and never clean, and dangerous stays so if it
 * was seen before. */
static void each_limit_is_undecided(void **state)
{
    static const struct {
        size_t field; /* offset in struct stk_limits */
        uint64_t value;
        const char *bytes;
        size_t len;
    } cases[] = {
        {offsetof(struct stk_limits, stack_max), 2, LIT("NNNN000.")},
        {offsetof(struct stk_limits, mark_max), 2, LIT("((((tttt.")},
        {offsetof(struct stk_limits, memo_max), 2, LIT("Nq\x00q\x01q\x02q\x03.")},
        {offsetof(struct stk_limits, globals_max), 1,
         LIT("cbuiltins\nlist\n0cbuiltins\nset\n0N.")},
        {offsetof(struct stk_limits, name_max), 4, LIT("cbuiltins\nlist\n.")},
        {offsetof(struct stk_limits, streams_max), 1, LIT("N.N.")},
        {offsetof(struct stk_limits, depth_max), 0,
         LIT("ctorch.storage\n_load_from_bytes\n(C\x02N.tR.")},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stk_limits limits = defaults;
        const char *report = check_report(&limits, cases[i].bytes, cases[i].len);
        assert_null(strstr(report, "STK203"));
        memcpy((uint8_t *)&limits + cases[i].field, &cases[i].value, sizeof(uint64_t));
        report = check_report(&limits, cases[i].bytes, cases[i].len);
        if (strstr(report, "STK203") == NULL ||
            strncmp(report, "pickle undecided\n", 17) != 0) {
            fail_msg("case %zu: %s", i, report);
        }
    }
}

static void memory_is_limited(void **state)
{
    struct stk_limits limits = defaults;
    const struct stk_report *report = NULL;
    struct stk_source source = stk_source_of(stk_span_of(EVIL, 21));
    (void)state;
    limits.arena_max = 16;
    struct stk_scanner *s = stk_scanner_new(&stk_alloc_libc, &limits);
    assert_non_null(s);
    assert_int_equal(stk_scan(s, &source, &report), STK_E_NOMEM);
    assert_null(report);
    stk_scanner_free(s);
}

/* ---- life ---- */

static void a_scanner_is_used_again(void **state)
{
    static struct check_log log;
    static char first[4096];
    const struct stk_report *report = NULL;
    (void)state;
    pack_torch("", "archive/data/1", EVIL);
    struct stk_source torch = stk_source_of(stk_span_of(zip.data, zip.len));
    pack(&outer, "data/0", EVIL, 21); /* a storage of the file before */
    struct stk_source other = stk_source_of(stk_span_of(outer.data, outer.len));
    struct stk_scanner *s = stk_scanner_new(&stk_alloc_libc, &defaults);
    assert_non_null(s);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(stk_scan(s, &torch, &report), STK_OK);
        check_write(&log, report);
        if (i == 0) {
            assert_true(log.len < sizeof(first));
            memcpy(first, log.text, log.len + 1);
        }
        assert_string_equal(log.text, first);
        assert_int_equal(stk_scan(s, &other, &report), STK_OK);
        check_write(&log, report);
        assert_string_equal(log.text, "zip dangerous\n"
                                      "data/0 0+21 p- dangerous os.system\n"
                                      "  STK101 0\n");
    }
    stk_scanner_free(s);
    stk_scanner_free(NULL);
}

/* ---- the environment ---- */

static enum stk_status scan_with(const struct stk_alloc *alloc, void *arg)
{
    const struct stk_span *bytes = arg;
    const struct stk_report *report = NULL;
    struct check_file file = {.data = bytes->data, .fail_from = UINT64_MAX};
    struct stk_source source = check_source(&file, bytes->len);
    struct stk_scanner *s = stk_scanner_new(alloc, &defaults);
    enum stk_status status = s == NULL ? STK_E_NOMEM : stk_scan(s, &source, &report);
    assert_int_equal(status == STK_OK, report != NULL);
    stk_scanner_free(s);
    return status;
}

static const uint8_t gzip_of_stream[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0xf3,
    0xd3, 0x03, 0x00, 0xbb, 0x7d, 0xf5, 0xf3, 0x02, 0x00, 0x00, 0x00,
};

/* One file of each kind that takes another way through the scanner. */
static void for_each_kind(void (*check)(struct stk_span bytes))
{
    static const char npy[] = "\x93NUMPY\x01\x00\x46\x00{'descr': '|O', "
                              "'fortran_order': False, 'shape': (1,), }          "
                              "    \n\x80\x03]Na.";
    static const char joined[] = "N.\0\0\0" EVIL "\0\0";
    static const char nested[] = "cpickle\nloads\n(C\x15" EVIL "tR.";
    static const char text[] = "ctorch.storage\n_load_from_bytes\n"
                               "(C\x1cY29zCnN5c3RlbQooUydpZCcKdFIutR.";
    check(stk_span_of(joined, sizeof(joined) - 1));
    check(stk_span_of(nested, sizeof(nested) - 1));
    check(stk_span_of(text, sizeof(text) - 1));
    check(stk_span_of(npy, sizeof(npy) - 1));
    check(stk_span_of(joblib_array, sizeof(joblib_array)));
    check(stk_span_of(joblib_opcodes, sizeof(joblib_opcodes)));
    check(stk_span_of(torch_legacy, sizeof(torch_legacy)));
    check(stk_span_of(gzip_of_stream, sizeof(gzip_of_stream)));
    pack_torch("", "archive/data/1", EVIL);
    check(stk_span_of(zip.data, zip.len));
    zb_clear(&zip);
    (void)zb_add_deflated(&zip, "a.pkl", EVIL, 21);
    (void)zb_add(&zip, "b.txt", "text");
    zb_finish(&zip);
    pack(&outer, "inner.zip", zip.data, zip.len);
    check(stk_span_of(outer.data, outer.len));
}

static void check_refusals(struct stk_span bytes)
{
    STK_OOM_LOOP(scan_with, &bytes);
}

static void survives_refusals(void **state)
{
    (void)state;
    for_each_kind(check_refusals);
}

static enum stk_status scan_file(struct check_file *file, size_t len)
{
    const struct stk_report *report = NULL;
    struct stk_source source = check_source(file, len);
    struct stk_scanner *s = stk_scanner_new(&stk_alloc_libc, &defaults);
    assert_non_null(s);
    enum stk_status status = stk_scan(s, &source, &report);
    assert_int_equal(status == STK_OK, report != NULL);
    stk_scanner_free(s);
    return status;
}

/* Whichever read fails, the scan says what it said. */
static void check_failing_reads(struct stk_span bytes)
{
    for (uint64_t n = 1;; n++) {
        struct check_file file = {
            .data = bytes.data,
            .fail_from = UINT64_MAX,
            .fail_read = n,
            .fail = n % 2 == 0 ? STK_E_IO : STK_E_SHRUNK,
        };
        enum stk_status status = scan_file(&file, bytes.len);
        if (file.reads < n) {
            assert_int_equal(status, STK_OK);
            return;
        }
        assert_int_equal(status, file.fail);
    }
}

static void reads_that_fail(void **state)
{
    (void)state;
    for_each_kind(check_failing_reads);
}

static void check_shrinking(struct stk_span bytes)
{
    for (uint64_t at = 0; at < bytes.len; at++) {
        struct check_file file = {
            .data = bytes.data, .fail_from = at, .fail = STK_E_SHRUNK};
        enum stk_status status = scan_file(&file, bytes.len);
        assert_true(status == STK_E_SHRUNK);
    }
}

static void sources_that_shrink(void **state)
{
    (void)state;
    for_each_kind(check_shrinking);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_of_files),
        cmocka_unit_test(streams_in_members),
        cmocka_unit_test(containers_in_containers),
        cmocka_unit_test(a_stream_in_front_of_an_archive),
        cmocka_unit_test(notes_name_their_member),
        cmocka_unit_test(notes_have_a_limit),
        cmocka_unit_test(long_member_names_are_cut),
        cmocka_unit_test(storages_are_not_searched),
        cmocka_unit_test(what_no_stream_names_is_searched),
        cmocka_unit_test(a_data_pkl_that_is_no_stream),
        cmocka_unit_test(containers_to_the_depth_limit),
        cmocka_unit_test(expansion_is_limited),
        cmocka_unit_test(each_limit_is_undecided),
        cmocka_unit_test(memory_is_limited),
        cmocka_unit_test(a_scanner_is_used_again),
        cmocka_unit_test(survives_refusals),
        cmocka_unit_test(reads_that_fail),
        cmocka_unit_test(sources_that_shrink),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
