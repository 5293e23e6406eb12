/* SPDX-License-Identifier: Apache-2.0 */
#include <stockade/scan.h>

#include "scan/scan.h"

/* A report keeps its scanner, in whose memory everything lies. */
struct stockade_report {
    struct stk_limits limits;
    struct stk_scanner *scanner; /* owned */
    const struct stk_report *report;
};

_Static_assert((int)STOCKADE_DANGEROUS == (int)STK_VERDICT_DANGEROUS &&
                   (int)STOCKADE_UNDECIDED == (int)STK_VERDICT_UNDECIDED &&
                   (int)STOCKADE_REVIEW == (int)STK_VERDICT_REVIEW,
               "public and internal verdicts have the same order");
_Static_assert((int)STOCKADE_VETTED == (int)STK_RATING_VETTED &&
                   (int)STOCKADE_RATED_DANGEROUS == (int)STK_RATING_DANGEROUS,
               "public and internal ratings have the same order");

static enum stockade_status to_public(enum stk_status status)
{
    switch (status) {
    case STK_OK:
        return STOCKADE_OK;
    case STK_E_IO:
        return STOCKADE_E_IO;
    case STK_E_SHRUNK:
        return STOCKADE_E_SHRUNK;
    case STK_E_NOMEM:
        return STOCKADE_E_NOMEM;
    case STK_E_TRUNCATED:
    case STK_E_MALFORMED:
    case STK_E_UNSUPPORTED:
    case STK_E_LIMIT:
    case STK_E_BUG:
        break;
    }
    return STOCKADE_E_BUG;
}

static enum stockade_status set_limits(struct stk_limits *limits,
                                       const struct stockade_scan_options *options)
{
    *limits = (struct stk_limits)STK_LIMITS_DEFAULT;
    if (options == NULL) {
        return STOCKADE_OK;
    }
    if (options->size != sizeof *options) {
        return STOCKADE_E_INVALID;
    }
    limits->arena_max = options->memory_max ? options->memory_max : limits->arena_max;
    limits->expand_max = options->expand_max ? options->expand_max : limits->expand_max;
    limits->depth_max = options->depth_max ? options->depth_max : limits->depth_max;
    return STOCKADE_OK;
}

static enum stockade_status scan(const struct stk_source *source,
                                 const struct stockade_scan_options *options,
                                 struct stockade_report **ret_report)
{
    struct stk_limits limits;
    enum stockade_status status = set_limits(&limits, options);
    if (status != STOCKADE_OK) {
        return status;
    }
    struct stockade_report *report = stk_new(&stk_alloc_libc, sizeof *report);
    if (report == NULL) {
        return STOCKADE_E_NOMEM;
    }
    report->limits = limits;
    report->scanner = stk_scanner_new(&stk_alloc_libc, &report->limits);
    status = report->scanner == NULL
                 ? STOCKADE_E_NOMEM
                 : to_public(stk_scan(report->scanner, source, &report->report));
    if (status != STOCKADE_OK) {
        stockade_report_free(report);
        return status;
    }
    *ret_report = report;
    return STOCKADE_OK;
}

enum stockade_status stockade_scan_bytes(const void *data, size_t len,
                                         const struct stockade_scan_options *options,
                                         struct stockade_report **ret_report)
{
    if ((data == NULL && len > 0) || ret_report == NULL) {
        return STOCKADE_E_INVALID;
    }
    struct stk_source source = stk_source_of(stk_span_of(data, len));
    return scan(&source, options, ret_report);
}

static enum stk_status read_public(void *ctx, uint64_t off, void *buf, size_t len)
{
    const struct stockade_source *source = ctx;
    switch (source->read_at(source->ctx, off, buf, len)) {
    case STOCKADE_OK:
        return STK_OK;
    case STOCKADE_E_SHRUNK:
        return STK_E_SHRUNK;
    case STOCKADE_E_NOMEM:
        return STK_E_NOMEM;
    case STOCKADE_E_IO:
    case STOCKADE_E_INVALID:
    case STOCKADE_E_BUG:
        break;
    }
    return STK_E_IO;
}

enum stockade_status stockade_scan_source(const struct stockade_source *source,
                                          const struct stockade_scan_options *options,
                                          struct stockade_report **ret_report)
{
    if (source == NULL || source->read_at == NULL || ret_report == NULL) {
        return STOCKADE_E_INVALID;
    }
    struct stockade_source copy = *source;
    struct stk_source inner = {.size = copy.size, .read_at = read_public, .ctx = &copy};
    return scan(&inner, options, ret_report);
}

void stockade_report_free(struct stockade_report *report)
{
    if (report == NULL) {
        return;
    }
    stk_scanner_free(report->scanner);
    stk_free(&stk_alloc_libc, report, sizeof *report);
}

enum stockade_verdict stockade_report_verdict(const struct stockade_report *report)
{
    return (enum stockade_verdict)report->report->verdict;
}

const char *stockade_report_format(const struct stockade_report *report)
{
    return report->report->format;
}

size_t stockade_report_n_streams(const struct stockade_report *report)
{
    return report->report->n_streams;
}

size_t stockade_report_n_notes(const struct stockade_report *report)
{
    return report->report->n_notes;
}

static const struct stk_stream_report *stream_at(const struct stockade_report *report,
                                                 size_t stream)
{
    return stream < report->report->n_streams ? &report->report->streams[stream] : NULL;
}

enum stockade_status stockade_report_stream(const struct stockade_report *report,
                                            size_t stream,
                                            struct stockade_stream *ret_stream)
{
    const struct stk_stream_report *s = stream_at(report, stream);
    if (s == NULL) {
        return STOCKADE_E_INVALID;
    }
    *ret_stream = (struct stockade_stream){
        .member = s->member,
        .offset = s->off,
        .length = s->len,
        .protocol = s->protocol,
        .verdict = (enum stockade_verdict)s->verdict,
        .complete = s->complete,
        .n_globals = s->n_globals,
        .n_findings = s->n_findings,
    };
    return STOCKADE_OK;
}

enum stockade_status stockade_report_global(const struct stockade_report *report,
                                            size_t stream, size_t global,
                                            struct stockade_global *ret_global)
{
    const struct stk_stream_report *s = stream_at(report, stream);
    if (s == NULL || global >= s->n_globals) {
        return STOCKADE_E_INVALID;
    }
    const struct stk_global *g = &s->globals[global];
    *ret_global = (struct stockade_global){
        .module = (const char *)g->mapped_module.data,
        .module_len = g->mapped_module.len,
        .name = (const char *)g->mapped_name.data,
        .name_len = g->mapped_name.len,
        .rating = (enum stockade_rating)g->rating,
        .offset = g->off,
        .called = g->called,
    };
    return STOCKADE_OK;
}

static void to_finding(const struct stk_finding *finding, struct stockade_finding *ret)
{
    *ret = (struct stockade_finding){.rule = stk_rules[finding->rule].id,
                                     .message = finding->message,
                                     .offset = finding->off};
}

enum stockade_status stockade_report_finding(const struct stockade_report *report,
                                             size_t stream, size_t finding,
                                             struct stockade_finding *ret_finding)
{
    const struct stk_stream_report *s = stream_at(report, stream);
    if (s == NULL || finding >= s->n_findings) {
        return STOCKADE_E_INVALID;
    }
    to_finding(&s->findings[finding], ret_finding);
    return STOCKADE_OK;
}

enum stockade_status stockade_report_note(const struct stockade_report *report,
                                          size_t note,
                                          struct stockade_finding *ret_finding)
{
    if (note >= report->report->n_notes) {
        return STOCKADE_E_INVALID;
    }
    to_finding(&report->report->notes[note].finding, ret_finding);
    return STOCKADE_OK;
}

const char *stockade_verdict_name(enum stockade_verdict verdict)
{
    return stk_verdict_name((enum stk_verdict)verdict);
}
