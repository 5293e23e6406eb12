/* SPDX-License-Identifier: Apache-2.0 */
#include "report/locate.h"

#include <string.h>

#include "scan/place.h"

struct search {
    const struct stk_locate_options *options;
    const struct stk_report *report;
    bool *wanted;
    size_t n_wanted;
};

/* What the question of the judge needs to know. */
struct asked {
    const struct stk_report *report;
    const struct stk_alloc *alloc;
    const char *member;
};

static bool same_member(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The report has what the scan made of the bytes that a member names: the worst of the
 * streams in them. */
static enum stk_verdict reported(const struct stk_report *report, const char *member)
{
    enum stk_verdict worst = STK_VERDICT_UNDECIDED;
    bool any = false;
    for (size_t i = 0; i < report->n_streams; i++) {
        const struct stk_stream_report *stream = &report->streams[i];
        if (same_member(stream->member, member)) {
            worst = !any || stream->verdict > worst ? stream->verdict : worst;
            any = true;
        }
    }
    return worst;
}

static enum stk_status nested(void *ctx, const char *how, uint64_t off, uint64_t len,
                              enum stk_verdict *ret_verdict)
{
    const struct asked *asked = ctx;
    struct stk_buf name;
    (void)len;
    stk_buf_init(&name, asked->alloc, SIZE_MAX / 2);
    stk_member_nested(&name, asked->member, how, off);
    stk_buf_byte(&name, 0);
    enum stk_status status = name.status;
    if (status == STK_OK) {
        *ret_verdict = reported(asked->report, (const char *)name.data);
    }
    stk_buf_release(&name);
    return status;
}

/* Follows the stream and hands it out. stream: its entry in the report; NULL: none. */
static enum stk_status hand_out(const struct stk_locate_options *options,
                                const struct stk_report *report,
                                const struct stk_stream_report *stream,
                                const struct stk_scan_found *found)
{
    struct asked asked = {.report = report,
                          .alloc = options->alloc,
                          .member = stream == NULL ? NULL : stream->member};
    struct stk_inspection_options open = {
        .alloc = options->alloc,
        .limits = options->limits,
        .reading = options->reading,
        .loader = found->loader,
        .nested = stream == NULL ? NULL : nested,
        .ctx = &asked,
    };
    struct stk_inspection in;
    enum stk_status status = stk_inspection_open(&in, &open, found->source, found->off);
    if (status == STK_OK) {
        status = stk_inspection_compare(&in, &open);
    }
    in.report = report;
    in.stream = stream;
    if (status == STK_OK) {
        status = options->use(options->ctx, &in);
    }
    stk_inspection_release(&in);
    return status;
}

/* The file may have changed, and a reading of it may have been dropped again. */
static bool is_same(const struct stk_stream_report *a, const struct stk_stream_report *b)
{
    return same_member(a->member, b->member) && a->off == b->off && a->len == b->len &&
           a->complete == b->complete && a->verdict == b->verdict;
}

/* Ends the scan with a status of the environment, which every container passes on, when
 * nothing is wanted any more. */
static enum stk_status look_at(void *ctx, const struct stk_scan_found *found)
{
    struct search *s = ctx;
    size_t i = found->index;
    if (i >= s->report->n_streams || !s->wanted[i] ||
        !is_same(&s->report->streams[i], found->stream)) {
        return STK_OK;
    }
    s->wanted[i] = false;
    STK_TRY(hand_out(s->options, s->report, &s->report->streams[i], found));
    return --s->n_wanted == 0 ? STK_E_IO : STK_OK;
}

enum stk_status stk_locate(const struct stk_source *source,
                           const struct stk_report *report, bool *wanted,
                           const struct stk_locate_options *options)
{
    struct search s = {.options = options, .report = report, .wanted = wanted};
    const struct stk_report *again = NULL;
    for (size_t i = 0; i < report->n_streams; i++) {
        s.n_wanted += wanted[i];
    }
    if (s.n_wanted == 0) {
        return STK_OK;
    }
    struct stk_scanner *scanner = stk_scanner_new(options->alloc, options->limits);
    if (scanner == NULL) {
        return STK_E_NOMEM;
    }
    stk_scanner_watch(scanner, look_at, &s);
    enum stk_status status = stk_scan(scanner, source, &again);
    stk_scanner_free(scanner);
    return s.n_wanted == 0 ? STK_OK : status;
}

enum stk_status stk_locate_raw(const struct stk_source *source, uint64_t off,
                               const struct stk_report *report,
                               const struct stk_locate_options *options)
{
    const struct stk_scan_found found = {
        .source = source, .off = off, .loader = STK_LOADER_PICKLE};
    return hand_out(options, report, NULL, &found);
}
