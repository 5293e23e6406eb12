/* SPDX-License-Identifier: Apache-2.0
 *
 * For people. Files that are not clean, the worst first, each with what it would do,
 * where and why; clean files are counted. A file's findings, the worst first, are cut to
 * what matters most unless all were asked for.
 */
#include <string.h>

#include "report/escape.h"
#include "report/report.h"

/* Findings of one file that are shown without --verbose. */
#define SHOWN_MAX 3

static const char *color_of(enum stk_verdict verdict)
{
    switch (verdict) {
    case STK_VERDICT_CLEAN:
        return "\033[32m";
    case STK_VERDICT_REVIEW:
        return "\033[33m";
    case STK_VERDICT_UNDECIDED:
        return "\033[35m";
    case STK_VERDICT_DANGEROUS:
        break;
    }
    return "\033[1;31m";
}

static void put_verdict(struct stk_buf *out, const struct stk_report_options *options,
                        enum stk_verdict verdict)
{
    stk_buf_str(out, options->color ? color_of(verdict) : "");
    stk_buf_printf(out, "%-9s", stk_verdict_name(verdict));
    stk_buf_str(out, options->color ? "\033[0m" : "");
}

static void put_header(struct stk_buf *out, const struct stk_report_options *options,
                       const struct stk_file_result *result)
{
    put_verdict(out, options, result->report->verdict);
    stk_buf_str(out, "  ");
    stk_escape_put(out, result->path, options->utf8);
    stk_buf_str(out, " (");
    stk_escape_again(out, result->report->format);
    stk_buf_str(out, ", ");
    stk_report_size(out, result->report->size);
    stk_buf_str(out, ")\n");
    if (result->sha256 != NULL) {
        stk_buf_printf(out, "  sha256 %s\n", result->sha256);
    }
}

/* The findings of a file one after the other: those of its streams, then its notes. */
struct walk {
    const struct stk_report *report;
    size_t stream;
    size_t index;
    const char *member; /* of the finding that next() returned */
};

static const struct stk_finding *next(struct walk *walk)
{
    const struct stk_report *report = walk->report;
    while (walk->stream < report->n_streams) {
        const struct stk_stream_report *stream = &report->streams[walk->stream];
        if (walk->index < stream->n_findings) {
            walk->member = stream->member;
            return &stream->findings[walk->index++];
        }
        walk->stream++;
        walk->index = 0;
    }
    if (walk->index < report->n_notes) {
        walk->member = report->notes[walk->index].member;
        return &report->notes[walk->index++].finding;
    }
    return NULL;
}

/* Where, and why it is rated so: the catalogue's reason, or what the rule means. */
static void put_why(struct stk_buf *out, const struct stk_report_options *options,
                    const struct stk_finding *finding, const char *member)
{
    const struct stk_rule_info *rule = &stk_rules[finding->rule];
    stk_buf_str(out, options->color ? "    \033[2m" : "    ");
    if (member != NULL) {
        stk_buf_str(out, "in ");
        stk_escape_again(out, member);
        stk_buf_byte(out, ' ');
    }
    stk_buf_printf(out, "at byte %llu", (unsigned long long)finding->off);
    if (finding->reason != NULL) {
        stk_buf_printf(out, ": %s", finding->reason);
    } else if (strcmp(finding->message, rule->text) != 0) {
        stk_buf_printf(out, ": %s", rule->text);
    }
    stk_buf_printf(out, " [%s]", rule->id);
    stk_buf_str(out, options->color ? "\033[0m\n" : "\n");
}

/* All findings of this verdict and severity, up to *left. Returns how many there are. */
static uint64_t put_findings(struct stk_buf *out,
                             const struct stk_report_options *options,
                             const struct stk_report *report, enum stk_verdict verdict,
                             enum stk_severity severity, uint64_t *left)
{
    struct walk walk = {.report = report};
    const struct stk_finding *finding;
    uint64_t n = 0;
    while ((finding = next(&walk)) != NULL) {
        const struct stk_rule_info *rule = &stk_rules[finding->rule];
        if (rule->verdict != verdict || rule->severity != severity) {
            continue;
        }
        n++;
        if (*left > 0) {
            stk_buf_str(out, "  ");
            stk_escape_again(out, finding->message);
            stk_buf_byte(out, '\n');
            put_why(out, options, finding, walk.member);
            (*left)--;
        }
    }
    return n;
}

static void put_block(struct stk_buf *out, const struct stk_report_options *options,
                      const struct stk_file_result *result)
{
    uint64_t left = options->verbose ? UINT64_MAX : SHOWN_MAX;
    uint64_t n = 0;
    put_header(out, options, result);
    for (int v = STK_VERDICT_DANGEROUS; v >= STK_VERDICT_CLEAN; v--) {
        for (int s = STK_SEVERITY_CRITICAL; s >= STK_SEVERITY_LOW; s--) {
            n += put_findings(out, options, result->report, (enum stk_verdict)v,
                              (enum stk_severity)s, &left);
        }
    }
    if (!options->verbose && n > SHOWN_MAX) {
        stk_buf_str(out, "  and ");
        stk_report_count(out, n - SHOWN_MAX);
        stk_buf_printf(out, " more finding%s (--verbose lists all)\n",
                       n - SHOWN_MAX == 1 ? "" : "s");
    }
}

static void text_head(struct stk_buf *out)
{
    (void)out;
}

static void text_file(struct stk_outputs *out, const struct stk_report_options *options,
                      const struct stk_file_result *result)
{
    if (result->report == NULL || options->quiet) {
        return;
    }
    if (result->report->verdict != STK_VERDICT_CLEAN || options->verbose) {
        put_block(&out->results[result->report->verdict], options, result);
    }
}

static void put_count(struct stk_buf *out, uint64_t n, const char *one, const char *many)
{
    stk_report_count(out, n);
    stk_buf_printf(out, " %s", n == 1 ? one : many);
}

static void put_skipped(struct stk_buf *out, const struct stk_summary *summary)
{
    const struct {
        uint64_t n;
        const char *one;
        const char *many;
    } kinds[] = {
        {summary->unreadable, "unreadable", "unreadable"},
        {summary->skipped_special, "special file skipped", "special files skipped"},
        {summary->skipped_symlinks, "symbolic link skipped", "symbolic links skipped"},
        {summary->skipped_excluded, "excluded", "excluded"},
    };
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].n > 0) {
            stk_buf_str(out, ", ");
            put_count(out, kinds[i].n, kinds[i].one, kinds[i].many);
        }
    }
}

static void text_tail(struct stk_buf *out, const struct stk_report_options *options,
                      const struct stk_summary *summary, struct stk_span errors)
{
    (void)errors;
    if (options->quiet) {
        return;
    }
    put_count(out, summary->files, "file", "files");
    stk_buf_str(out, ", ");
    put_count(out, summary->streams, "stream", "streams");
    for (int v = STK_VERDICT_DANGEROUS; v >= STK_VERDICT_CLEAN; v--) {
        stk_buf_str(out, v == STK_VERDICT_DANGEROUS ? ": " : ", ");
        stk_report_count(out, summary->verdicts[v]);
        stk_buf_printf(out, " %s", stk_verdict_name((enum stk_verdict)v));
    }
    put_skipped(out, summary);
    stk_buf_str(out, " (");
    stk_report_size(out, summary->bytes);
    stk_buf_printf(out, " in %.3f s)\n", summary->seconds);
}

const struct stk_report_format stk_format_text = {
    .name = "text",
    .sorted = true,
    .head = text_head,
    .file = text_file,
    .tail = text_tail,
};
