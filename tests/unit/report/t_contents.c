/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "report/contents.h"
#include "results.h"

static void check_contents(bool json, const bool *shown, const char *want)
{
    struct stk_stream_report streams[2] = {sample_stream, {.off = 44, .len = 1}};
    struct stk_report report = sample_report;
    struct stk_listing_options options = {.json = json};
    struct stk_contents contents = {
        .path = SPAN("a\033b"), .report = &report, .shown = shown};
    struct stk_buf out;
    report.streams = streams;
    report.n_streams = 2;
    stk_buf_init(&out, &stk_alloc_libc, 1 << 16);
    stk_contents_head(&out, &options, &contents);
    stk_contents_tail(&out, &options, &contents);
    stk_buf_byte(&out, 0);
    const char *text = (const char *)out.data;
    assert_string_equal(json ? strchr(text, '\n') : text, want);
    stk_buf_release(&out);
}

static void what_is_not_shown_is_listed(void **state)
{
    (void)state;
    check_contents(false, (const bool[]){false, false},
                   "# a\\x1bb (zip, 1.2 kB): dangerous\n"
                   "# not shown: 2 more streams (--all shows every one)\n"
                   "#   --stream 1   archive/data.pkl, byte 4, 40 bytes, dangerous\n"
                   "#   --stream 2   byte 44, 1 byte, clean\n"
                   "# STK205: byte 7: two members \\x1b\n");
    check_contents(false, (const bool[]){true, true},
                   "# a\\x1bb (zip, 1.2 kB): dangerous\n"
                   "# STK205: byte 7: two members \\x1b\n");
}

/* A file of many streams does not push the dangerous one off the end of the list. */
static void the_worst_is_listed_first(void **state)
{
    (void)state;
    struct stk_stream_report streams[30] = {0};
    const bool shown[30] = {0};
    struct stk_report report = {.format = "pickle", .streams = streams, .n_streams = 30};
    struct stk_listing_options options = {0};
    struct stk_contents contents = {.path = SPAN("a"), .report = &report, .shown = shown};
    struct stk_buf out;
    streams[25].verdict = STK_VERDICT_DANGEROUS;
    streams[3].verdict = STK_VERDICT_REVIEW;
    stk_buf_init(&out, &stk_alloc_libc, 1 << 16);
    stk_contents_tail(&out, &options, &contents);
    stk_buf_byte(&out, 0);
    static const char want[] = "# not shown: 30 more streams (--all shows every one)\n"
                               "#   --stream 26  byte 0, 0 bytes, dangerous\n"
                               "#   --stream 4   byte 0, 0 bytes, review\n"
                               "#   --stream 1   byte 0, 0 bytes, clean\n";
    assert_memory_equal(out.data, want, sizeof want - 1);
    assert_non_null(strstr((const char *)out.data, "#   and 10 more\n"));
    stk_buf_release(&out);
}

static void json_lists_all(void **state)
{
    (void)state;
    check_contents(
        true, (const bool[]){true, false},
        "\n \"path\": \"a\\u001bb\", \"verdict\": \"dangerous\", \"format\": \"zip\", "
        "\"size\": 1234,\n \"streams\": [],\n \"contents\": [{\"stream\": 1, "
        "\"member\": \"archive/data.pkl\", \"offset\": 4, \"length\": 40, \"verdict\": "
        "\"dangerous\", \"shown\": true}, {\"stream\": 2, \"member\": null, \"offset\": "
        "44, \"length\": 1, \"verdict\": \"clean\", \"shown\": false}], \"findings\": "
        "[{\"rule\": \"STK205\", \"severity\": \"medium\", \"offset\": 7, \"message\": "
        "\"two members \\\\x1b\"}]}\n");
}

static enum stk_status write_contents(const struct stk_alloc *alloc, void *arg)
{
    const struct stk_listing_options *options = arg;
    const bool shown = false;
    struct stk_contents contents = {
        .path = SPAN("a"), .report = &sample_report, .shown = &shown};
    struct stk_buf out;
    stk_buf_init(&out, alloc, 1 << 16);
    stk_contents_head(&out, options, &contents);
    stk_contents_tail(&out, options, &contents);
    enum stk_status status = out.status;
    stk_buf_release(&out);
    return status;
}

static void survives_refusals(void **state)
{
    (void)state;
    struct stk_listing_options options = {.json = true};
    STK_OOM_LOOP(write_contents, &options);
    options.json = false;
    STK_OOM_LOOP(write_contents, &options);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_not_shown_is_listed),
        cmocka_unit_test(the_worst_is_listed_first),
        cmocka_unit_test(json_lists_all),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
