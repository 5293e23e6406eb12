/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes scanned, and one of their streams listed into a buffer. Include behind cmocka.h.
 */
#pragma once

#include <string.h>

#include "base/buf.h"
#include "oom.h"
#include "report/disasm.h"
#include "report/locate.h"
#include "report/trace.h"

/* A literal with NULs in it. */
#define BYTES(text) stk_span_of(text, sizeof(text) - 1)

/* os.system('id'), protocol 4. */
#define EVIL "\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R."

static const struct stk_limits test_limits = STK_LIMITS_DEFAULT;

/* Streams of a test's bytes. */
#define LISTED_MAX 16

struct list_job {
    struct stk_span bytes;
    bool trace;
    bool raw; /* from byte 0 on, unscanned */
    size_t index;
    struct stk_listing_options options;
    const struct stk_reading *reading;
    struct stk_buf out;
    bool found;
    enum stk_status write_status;
};

static inline enum stk_status list_write(void *ctx, struct stk_span bytes)
{
    struct list_job *job = ctx;
    stk_buf_put(&job->out, bytes.data, bytes.len);
    return job->write_status == STK_OK ? job->out.status : job->write_status;
}

static inline enum stk_status list_use(void *ctx, struct stk_inspection *in)
{
    struct list_job *job = ctx;
    job->options.write = list_write;
    job->options.ctx = job;
    return job->trace ? stk_trace(in, &job->options) : stk_disasm(in, &job->options);
}

/* All memory but the output's comes from alloc. */
static inline enum stk_status list_with(const struct stk_alloc *alloc, void *arg)
{
    struct list_job *job = arg;
    struct stk_source source = stk_source_of(job->bytes);
    struct stk_locate_options options = {
        .alloc = alloc,
        .limits = &test_limits,
        .reading = job->reading,
        .use = list_use,
        .ctx = job,
    };
    const struct stk_report *report = NULL;
    struct stk_scanner *scanner = stk_scanner_new(alloc, &test_limits);
    enum stk_status status =
        scanner == NULL ? STK_E_NOMEM : stk_scan(scanner, &source, &report);
    stk_buf_init(&job->out, &stk_alloc_libc, 1 << 24);
    if (status == STK_OK && job->raw) {
        status = stk_locate_raw(&source, 0, report, &options);
    } else if (status == STK_OK) {
        assert_true(job->index < report->n_streams);
        bool wanted[LISTED_MAX] = {false};
        assert_true(report->n_streams <= LISTED_MAX);
        wanted[job->index] = true;
        status = stk_locate(&source, report, wanted, &options);
        job->found = !wanted[job->index];
    }
    stk_scanner_free(scanner);
    stk_buf_byte(&job->out, 0);
    return status;
}

/* The same for the allocation loop: the output is given back. */
static inline enum stk_status list_and_drop(const struct stk_alloc *alloc, void *arg)
{
    struct list_job *job = arg;
    enum stk_status status = list_with(alloc, arg);
    stk_buf_release(&job->out);
    return status;
}

/* The text without its NUL. Released by the caller: job->out. */
static inline const char *list_text(struct list_job *job)
{
    assert_int_equal(list_with(&stk_alloc_libc, job), STK_OK);
    assert_true(job->raw || job->found);
    return (const char *)job->out.data;
}

/* The listing of the bytes is exactly this. */
static inline void check_list(struct stk_span bytes, bool trace, const char *want)
{
    struct list_job job = {.bytes = bytes, .trace = trace};
    assert_string_equal(list_text(&job), want);
    stk_buf_release(&job.out);
}

static inline void check_holds(struct list_job *job, const char *part)
{
    if (strstr((const char *)job->out.data, part) == NULL) {
        print_error("no '%s' in:\n%s\n", part, (const char *)job->out.data);
        fail();
    }
}
