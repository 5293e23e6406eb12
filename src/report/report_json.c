/* SPDX-License-Identifier: Apache-2.0
 *
 * The JSON of docs/schema/scan.json. Its members keep their names and meaning; new ones
 * may be added.
 */
#include <stockade/version.h>

#include "base/utf8.h"
#include "report/json.h"
#include "report/report.h"

static void put_finding(struct stk_jsonw *json, const struct stk_finding *finding,
                        const char *member)
{
    const struct stk_rule_info *rule = &stk_rules[finding->rule];
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "rule");
    stk_jsonw_str(json, rule->id);
    stk_jsonw_key(json, "severity");
    stk_jsonw_str(json, stk_severity_name(rule->severity));
    if (member != NULL) {
        stk_jsonw_key(json, "member");
        stk_jsonw_str(json, member);
    }
    stk_jsonw_key(json, "offset");
    stk_jsonw_uint(json, finding->off);
    stk_jsonw_key(json, "message");
    stk_jsonw_str(json, finding->message);
    stk_jsonw_end(json, '}');
}

static void put_mapped(struct stk_jsonw *json, const struct stk_global *global)
{
    if (stk_span_equal(global->module, global->mapped_module) &&
        stk_span_equal(global->name, global->mapped_name)) {
        return;
    }
    stk_jsonw_key(json, "mapped");
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "module");
    stk_jsonw_span(json, global->mapped_module);
    stk_jsonw_key(json, "name");
    stk_jsonw_span(json, global->mapped_name);
    stk_jsonw_end(json, '}');
}

static void put_global(struct stk_jsonw *json, const struct stk_global *global)
{
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "module");
    stk_jsonw_span(json, global->module);
    stk_jsonw_key(json, "name");
    stk_jsonw_span(json, global->name);
    stk_jsonw_key(json, "rating");
    stk_jsonw_str(json, stk_rating_name((enum stk_rating)global->rating));
    stk_jsonw_key(json, "offset");
    stk_jsonw_uint(json, global->off);
    stk_jsonw_key(json, "called");
    stk_jsonw_bool(json, global->called);
    if (global->computed) {
        stk_jsonw_key(json, "computed");
        stk_jsonw_bool(json, true);
    }
    put_mapped(json, global);
    stk_jsonw_end(json, '}');
}

static void put_place(struct stk_jsonw *json, const struct stk_stream_report *stream)
{
    stk_jsonw_key(json, "member");
    if (stream->member == NULL) {
        stk_jsonw_null(json);
    } else {
        stk_jsonw_str(json, stream->member);
    }
    stk_jsonw_key(json, "offset");
    stk_jsonw_uint(json, stream->off);
    stk_jsonw_key(json, "length");
    stk_jsonw_uint(json, stream->len);
    stk_jsonw_key(json, "protocol");
    if (stream->protocol < 0) {
        stk_jsonw_null(json);
    } else {
        stk_jsonw_int(json, stream->protocol);
    }
}

static void put_stream(struct stk_jsonw *json, const struct stk_stream_report *stream)
{
    stk_jsonw_begin(json, '{');
    put_place(json, stream);
    stk_jsonw_key(json, "verdict");
    stk_jsonw_str(json, stk_verdict_name(stream->verdict));
    stk_jsonw_key(json, "complete");
    stk_jsonw_bool(json, stream->complete);
    stk_jsonw_key(json, "globals");
    stk_jsonw_begin(json, '[');
    for (size_t i = 0; i < stream->n_globals; i++) {
        put_global(json, &stream->globals[i]);
    }
    stk_jsonw_end(json, ']');
    stk_jsonw_key(json, "findings");
    stk_jsonw_begin(json, '[');
    for (size_t i = 0; i < stream->n_findings; i++) {
        put_finding(json, &stream->findings[i], NULL);
    }
    stk_jsonw_end(json, ']');
    stk_jsonw_end(json, '}');
}

/* path_base64: a path that is no UTF-8 cannot be had back from "path". */
static void put_path(struct stk_jsonw *json, struct stk_span path)
{
    stk_jsonw_key(json, "path");
    stk_jsonw_span(json, path);
    if (stk_utf8_valid(path, false) != path.len) {
        stk_jsonw_key(json, "path_base64");
        stk_jsonw_base64(json, path);
    }
}

static void put_report(struct stk_jsonw *json, const struct stk_report *report)
{
    stk_jsonw_key(json, "streams");
    stk_jsonw_begin(json, '[');
    for (size_t i = 0; i < report->n_streams; i++) {
        put_stream(json, &report->streams[i]);
    }
    stk_jsonw_end(json, ']');
    stk_jsonw_key(json, "findings");
    stk_jsonw_begin(json, '[');
    for (size_t i = 0; i < report->n_notes; i++) {
        put_finding(json, &report->notes[i].finding, report->notes[i].member);
    }
    stk_jsonw_end(json, ']');
}

static void put_file(struct stk_buf *out, const struct stk_file_result *result)
{
    const struct stk_report *report = result->report;
    struct stk_jsonw json;
    stk_jsonw_init(&json, out);
    stk_jsonw_begin(&json, '{');
    put_path(&json, result->path);
    stk_jsonw_key(&json, "verdict");
    stk_jsonw_str(&json, stk_verdict_name(report->verdict));
    stk_jsonw_key(&json, "format");
    stk_jsonw_str(&json, report->format);
    stk_jsonw_key(&json, "size");
    stk_jsonw_uint(&json, report->size);
    if (result->sha256 != NULL) {
        stk_jsonw_key(&json, "sha256");
        stk_jsonw_str(&json, result->sha256);
    }
    put_report(&json, report);
    stk_jsonw_end(&json, '}');
}

static void put_error(struct stk_buf *out, const struct stk_file_result *result)
{
    struct stk_jsonw json;
    stk_jsonw_init(&json, out);
    stk_jsonw_begin(&json, '{');
    put_path(&json, result->path);
    stk_jsonw_key(&json, "error");
    stk_jsonw_str(&json, result->error);
    stk_jsonw_end(&json, '}');
}

static void json_head(struct stk_buf *out)
{
    stk_buf_str(out, "{\"stockade\": \"" STOCKADE_VERSION "\",\n \"files\": [");
}

static void json_file(struct stk_outputs *out, const struct stk_report_options *options,
                      const struct stk_file_result *result)
{
    (void)options;
    struct stk_buf *to = result->report == NULL ? &out->errors : &out->results[0];
    stk_buf_str(to, ",\n  ");
    if (result->report == NULL) {
        put_error(to, result);
    } else {
        put_file(to, result);
    }
}

static void put_skipped(struct stk_jsonw *json, const struct stk_summary *summary)
{
    stk_jsonw_key(json, "unreadable");
    stk_jsonw_uint(json, summary->unreadable);
    stk_jsonw_key(json, "skipped");
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "special");
    stk_jsonw_uint(json, summary->skipped_special);
    stk_jsonw_key(json, "symlinks");
    stk_jsonw_uint(json, summary->skipped_symlinks);
    stk_jsonw_key(json, "excluded");
    stk_jsonw_uint(json, summary->skipped_excluded);
    stk_jsonw_end(json, '}');
}

static void put_summary(struct stk_jsonw *json, const struct stk_summary *summary)
{
    static const enum stk_verdict order[] = {STK_VERDICT_CLEAN, STK_VERDICT_REVIEW,
                                             STK_VERDICT_DANGEROUS,
                                             STK_VERDICT_UNDECIDED};
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "files");
    stk_jsonw_uint(json, summary->files);
    stk_jsonw_key(json, "streams");
    stk_jsonw_uint(json, summary->streams);
    for (size_t i = 0; i < STK_VERDICTS; i++) {
        stk_jsonw_key(json, stk_verdict_name(order[i]));
        stk_jsonw_uint(json, summary->verdicts[order[i]]);
    }
    put_skipped(json, summary);
    stk_jsonw_key(json, "bytes");
    stk_jsonw_uint(json, summary->bytes);
    stk_jsonw_key(json, "seconds");
    stk_jsonw_seconds(json, summary->seconds);
    stk_jsonw_end(json, '}');
}

static void json_tail(struct stk_buf *out, const struct stk_report_options *options,
                      const struct stk_summary *summary, struct stk_span errors)
{
    (void)options;
    struct stk_jsonw json;
    stk_buf_str(out, "],\n \"errors\": [");
    stk_buf_put(out, errors.data, errors.len);
    stk_buf_str(out, "],\n \"summary\": ");
    stk_jsonw_init(&json, out);
    put_summary(&json, summary);
    stk_buf_str(out, "}\n");
}

static void jsonl_head(struct stk_buf *out)
{
    (void)out;
}

/* A file that could not be read has its line as well, in its place. */
static void jsonl_file(struct stk_outputs *out, const struct stk_report_options *options,
                       const struct stk_file_result *result)
{
    (void)options;
    if (result->report == NULL) {
        put_error(&out->results[0], result);
    } else {
        put_file(&out->results[0], result);
    }
    stk_buf_byte(&out->results[0], '\n');
}

static void jsonl_tail(struct stk_buf *out, const struct stk_report_options *options,
                       const struct stk_summary *summary, struct stk_span errors)
{
    (void)out;
    (void)options;
    (void)summary;
    (void)errors;
}

const struct stk_report_format stk_format_json = {
    .name = "json",
    .separator = 1,
    .head = json_head,
    .file = json_file,
    .tail = json_tail,
};

const struct stk_report_format stk_format_jsonl = {
    .name = "jsonl",
    .head = jsonl_head,
    .file = jsonl_file,
    .tail = jsonl_tail,
};
