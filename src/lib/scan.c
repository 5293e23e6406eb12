/* SPDX-License-Identifier: Apache-2.0 */
#include <stockade/scan.h>

#include "scan/scan.h"

/* A stream with what lies behind its numbers. */
struct stream {
    struct stockade_stream shown;
    const struct stockade_global *globals;   /* arena */
    const struct stockade_finding *findings; /* arena */
};

/* All that is shown is made at once, so that threads can share a report. Texts stay in
 * the scanner's memory: a copy for every mention could be far larger than the input. */
struct stockade_report {
    const struct stk_alloc *alloc; /* borrowed */
    struct stk_limits limits;
    struct stk_scanner *scanner; /* owned */
    struct stk_arena arena;
    const struct stk_report *found;       /* borrowed from the scanner */
    const struct stream *streams;         /* arena */
    const struct stockade_finding *notes; /* arena */
};

_Static_assert((int)STOCKADE_CLEAN == (int)STK_VERDICT_CLEAN &&
                   (int)STOCKADE_DANGEROUS == (int)STK_VERDICT_DANGEROUS &&
                   (int)STOCKADE_UNDECIDED == (int)STK_VERDICT_UNDECIDED &&
                   (int)STOCKADE_REVIEW == (int)STK_VERDICT_REVIEW,
               "public and internal verdicts have the same order");

static enum stockade_rating to_rating(enum stk_rating rating)
{
    switch (rating) {
    case STK_RATING_VETTED:
        return STOCKADE_RATING_VETTED;
    case STK_RATING_DANGEROUS:
        return STOCKADE_RATING_DANGEROUS;
    case STK_RATING_NONE:
    case STK_RATING_UNKNOWN:
        break;
    }
    return STOCKADE_RATING_UNKNOWN;
}

static enum stockade_severity to_severity(enum stk_severity severity)
{
    switch (severity) {
    case STK_SEVERITY_LOW:
        return STOCKADE_SEVERITY_LOW;
    case STK_SEVERITY_MEDIUM:
        return STOCKADE_SEVERITY_MEDIUM;
    case STK_SEVERITY_HIGH:
        return STOCKADE_SEVERITY_HIGH;
    case STK_SEVERITY_CRITICAL:
        break;
    }
    return STOCKADE_SEVERITY_CRITICAL;
}

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

/* ---- what a report shows ---- */

static void show_global(const struct stk_global *global, struct stockade_global *shown)
{
    *shown = (struct stockade_global){
        .module = (const char *)global->mapped_module.data,
        .module_len = global->mapped_module.len,
        .name = (const char *)global->mapped_name.data,
        .name_len = global->mapped_name.len,
        .offset = global->off,
        .rating = to_rating((enum stk_rating)global->rating),
        .called = global->called,
        .computed = global->computed,
    };
}

static void show_finding(const struct stk_finding *finding, const char *member,
                         struct stockade_finding *shown)
{
    const struct stk_rule_info *rule = &stk_rules[finding->rule];
    *shown = (struct stockade_finding){
        .rule = rule->id,
        .summary = rule->text,
        .message = finding->message,
        .member = member,
        .offset = finding->off,
        .severity = to_severity(rule->severity),
    };
}

static bool show_stream(struct stk_arena *arena, const struct stk_stream_report *found,
                        struct stream *stream)
{
    struct stockade_global *globals =
        stk_arena_array(arena, found->n_globals, sizeof *globals);
    struct stockade_finding *findings =
        stk_arena_array(arena, found->n_findings, sizeof *findings);
    if (globals == NULL || findings == NULL) {
        return false;
    }
    for (size_t i = 0; i < found->n_globals; i++) {
        show_global(&found->globals[i], &globals[i]);
    }
    for (size_t i = 0; i < found->n_findings; i++) {
        show_finding(&found->findings[i], found->member, &findings[i]);
    }
    stream->globals = globals;
    stream->findings = findings;
    stream->shown = (struct stockade_stream){
        .member = found->member,
        .offset = found->off,
        .length = found->len,
        .n_globals = found->n_globals,
        .n_findings = found->n_findings,
        .verdict = (enum stockade_verdict)found->verdict,
        .protocol = found->protocol,
        .complete = found->complete,
    };
    return true;
}

static enum stockade_status show(struct stockade_report *report)
{
    const struct stk_report *found = report->found;
    struct stk_arena *arena = &report->arena;
    struct stream *streams = stk_arena_array(arena, found->n_streams, sizeof *streams);
    struct stockade_finding *notes =
        stk_arena_array(arena, found->n_notes, sizeof *notes);
    if (streams == NULL || notes == NULL) {
        return STOCKADE_E_NOMEM;
    }
    for (size_t i = 0; i < found->n_streams; i++) {
        if (!show_stream(arena, &found->streams[i], &streams[i])) {
            return STOCKADE_E_NOMEM;
        }
    }
    for (size_t i = 0; i < found->n_notes; i++) {
        show_finding(&found->notes[i].finding, found->notes[i].member, &notes[i]);
    }
    report->streams = streams;
    report->notes = notes;
    return STOCKADE_OK;
}

/* ---- scanning ---- */

static enum stockade_status fill(struct stockade_report *report,
                                 const struct stk_source *source)
{
    report->scanner = stk_scanner_new(report->alloc, &report->limits);
    if (report->scanner == NULL) {
        return STOCKADE_E_NOMEM;
    }
    enum stockade_status status =
        to_public(stk_scan(report->scanner, source, &report->found));
    return status == STOCKADE_OK ? show(report) : status;
}

static enum stockade_status scan(const struct stk_alloc *alloc,
                                 const struct stk_source *source,
                                 const struct stockade_scan_options *options,
                                 struct stockade_report **ret_report)
{
    struct stk_limits limits;
    enum stockade_status status = set_limits(&limits, options);
    if (status != STOCKADE_OK) {
        return status;
    }
    struct stockade_report *report = stk_new(alloc, sizeof *report);
    if (report == NULL) {
        return STOCKADE_E_NOMEM;
    }
    report->alloc = alloc;
    report->limits = limits;
    stk_arena_init(&report->arena, alloc, (size_t)limits.arena_max);
    status = fill(report, source);
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
    return scan(&stk_alloc_libc, &source, options, ret_report);
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
    if (source == NULL || source->size != sizeof *source || source->read_at == NULL ||
        ret_report == NULL) {
        return STOCKADE_E_INVALID;
    }
    struct stockade_source copy = *source;
    struct stk_source inner = {.size = copy.length, .read_at = read_public, .ctx = &copy};
    return scan(&stk_alloc_libc, &inner, options, ret_report);
}

void stockade_report_free(struct stockade_report *report)
{
    if (report == NULL) {
        return;
    }
    stk_scanner_free(report->scanner);
    stk_arena_release(&report->arena);
    stk_free(report->alloc, report, sizeof *report);
}

/* ---- reading a report ---- */

enum stockade_verdict stockade_report_verdict(const struct stockade_report *report)
{
    return (enum stockade_verdict)report->found->verdict;
}

const char *stockade_report_format(const struct stockade_report *report)
{
    return report->found->format;
}

size_t stockade_report_n_streams(const struct stockade_report *report)
{
    return report->found->n_streams;
}

size_t stockade_report_n_notes(const struct stockade_report *report)
{
    return report->found->n_notes;
}

static const struct stream *stream_at(const struct stockade_report *report, size_t stream)
{
    return stream < report->found->n_streams ? &report->streams[stream] : NULL;
}

const struct stockade_stream *stockade_report_stream(const struct stockade_report *report,
                                                     size_t stream)
{
    const struct stream *s = stream_at(report, stream);
    return s == NULL ? NULL : &s->shown;
}

const struct stockade_global *stockade_report_global(const struct stockade_report *report,
                                                     size_t stream, size_t global)
{
    const struct stream *s = stream_at(report, stream);
    return s == NULL || global >= s->shown.n_globals ? NULL : &s->globals[global];
}

const struct stockade_finding *stockade_report_finding(
    const struct stockade_report *report, size_t stream, size_t finding)
{
    const struct stream *s = stream_at(report, stream);
    return s == NULL || finding >= s->shown.n_findings ? NULL : &s->findings[finding];
}

const struct stockade_finding *stockade_report_note(const struct stockade_report *report,
                                                    size_t note)
{
    return note < report->found->n_notes ? &report->notes[note] : NULL;
}

/* ---- names ---- */

const char *stockade_verdict_name(enum stockade_verdict verdict)
{
    return stk_verdict_name((enum stk_verdict)verdict);
}

const char *stockade_severity_name(enum stockade_severity severity)
{
    switch (severity) {
    case STOCKADE_SEVERITY_LOW:
        return "low";
    case STOCKADE_SEVERITY_MEDIUM:
        return "medium";
    case STOCKADE_SEVERITY_HIGH:
        return "high";
    case STOCKADE_SEVERITY_CRITICAL:
        break;
    }
    return "critical";
}
