/* SPDX-License-Identifier: Apache-2.0
 *
 * A file's outcome as reports get it, and a whole document of one format. Include behind
 * cmocka.h.
 */
#pragma once

#include <string.h>

#include "oom.h"
#include "report/report.h"

#define SPAN(text) stk_span_of(text, sizeof(text) - 1)

static const struct stk_global sample_global = {
    .module = {(const uint8_t *)"__builtin__", 11},
    .name = {(const uint8_t *)"eval", 4},
    .mapped_module = {(const uint8_t *)"builtins", 8},
    .mapped_name = {(const uint8_t *)"eval", 4},
    .off = 2,
    .called = true,
    .rating = STK_RATING_DANGEROUS,
};

static const struct stk_finding sample_findings[] = {
    {.rule = STK_RULE_UNKNOWN_IMPORT, .off = 30, .message = "imports a.b"},
    {.rule = STK_RULE_DANGEROUS_CALL,
     .off = 2,
     .message = "calls builtins.eval('{x}[a](http://b)')"},
};

static const struct stk_stream_report sample_stream = {
    .member = "archive/data.pkl",
    .off = 4,
    .len = 40,
    .protocol = 2,
    .verdict = STK_VERDICT_DANGEROUS,
    .complete = true,
    .globals = &sample_global,
    .n_globals = 1,
    .findings = sample_findings,
    .n_findings = 2,
};

static const struct stk_note sample_note = {
    .finding = {.rule = STK_RULE_CONTAINER, .off = 7, .message = "two members \\x1b"},
};

static const struct stk_report sample_report = {
    .format = "zip",
    .size = 1234,
    .verdict = STK_VERDICT_DANGEROUS,
    .streams = &sample_stream,
    .n_streams = 1,
    .notes = &sample_note,
    .n_notes = 1,
};

static const struct stk_report clean_report = {.format = "data", .size = 3};

/* A dangerous file, a clean one, and one that cannot be read, with hostile names. */
static const struct stk_file_result sample_results[] = {
    {.path = {(const uint8_t *)"a\033[2J\xff", 6},
     .report = &sample_report,
     .sha256 = "00"},
    {.path = {(const uint8_t *)"b", 1}, .report = &clean_report},
    {.path = {(const uint8_t *)"c", 1}, .error = "Permission denied"},
};

struct document {
    const struct stk_report_format *format;
    struct stk_report_options options;
    struct stk_buf text;
};

/* Head, the files and tail, as a program with one thread would join them. */
static inline enum stk_status write_document(const struct stk_alloc *alloc, void *arg)
{
    struct document *d = arg;
    struct stk_outputs out;
    struct stk_summary summary = {.seconds = 0.25};
    stk_outputs_init(&out, alloc, 1 << 20);
    stk_buf_init(&d->text, alloc, 1 << 20);
    d->format->head(&d->text);
    for (size_t i = 0; i < 3; i++) {
        d->format->file(&out, &d->options, &sample_results[i]);
        stk_summary_count(&summary, &sample_results[i]);
    }
    size_t skip = d->format->separator;
    for (int v = STK_VERDICTS - 1; v >= 0; v--) {
        const struct stk_buf *part = &out.results[v];
        size_t drop = part->len < skip ? part->len : skip;
        stk_buf_put(&d->text, part->data + drop, part->len - drop);
    }
    size_t drop = out.errors.len < skip ? out.errors.len : skip;
    d->format->tail(&d->text, &d->options, &summary,
                    stk_span_of(out.errors.data + drop, out.errors.len - drop));
    stk_buf_byte(&d->text, 0);
    enum stk_status status = stk_outputs_status(&out);
    status = status == STK_OK ? d->text.status : status;
    stk_outputs_release(&out);
    return status;
}

static inline enum stk_status write_and_drop(const struct stk_alloc *alloc, void *arg)
{
    struct document *d = arg;
    enum stk_status status = write_document(alloc, arg);
    stk_buf_release(&d->text);
    return status;
}

static inline void check_document(const struct stk_report_format *format,
                                  struct stk_report_options options,
                                  const char *const *parts, const char *without)
{
    struct document d = {.format = format, .options = options};
    assert_int_equal(write_document(&stk_alloc_libc, &d), STK_OK);
    const char *text = (const char *)d.text.data;
    for (size_t i = 0; parts[i] != NULL; i++) {
        if (strstr(text, parts[i]) == NULL) {
            print_error("no '%s' in:\n%s\n", parts[i], text);
            fail();
        }
    }
    if (without != NULL && strstr(text, without) != NULL) {
        print_error("'%s' in:\n%s\n", without, text);
        fail();
    }
    for (const char *p = text; *p != '\0'; p++) {
        assert_true(*p == '\n' || (*p >= ' ' && *p <= '~') ||
                    (options.color && *p == '\033'));
    }
    stk_buf_release(&d.text);
}
