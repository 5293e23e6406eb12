/* SPDX-License-Identifier: Apache-2.0 */
#include "report/contents.h"

#include <stockade/version.h>

#include "report/escape.h"
#include "report/report.h"

/* Streams listed for people. */
#define LISTED_MAX 20

static void json_head(struct stk_buf *out, const struct stk_contents *contents)
{
    struct stk_jsonw json;
    stk_jsonw_init(&json, out);
    stk_buf_str(out, "{\"stockade\": \"" STOCKADE_VERSION "\",\n ");
    stk_jsonw_key(&json, "path");
    stk_jsonw_span(&json, contents->path);
    stk_jsonw_key(&json, "verdict");
    stk_jsonw_str(&json, stk_verdict_name(contents->report->verdict));
    stk_jsonw_key(&json, "format");
    stk_jsonw_str(&json, contents->report->format);
    stk_jsonw_key(&json, "size");
    stk_jsonw_uint(&json, contents->report->size);
    stk_buf_str(out, ",\n \"streams\": [");
}

void stk_contents_head(struct stk_buf *out, const struct stk_listing_options *options,
                       const struct stk_contents *contents)
{
    if (options->json) {
        json_head(out, contents);
        return;
    }
    stk_buf_str(out, "# ");
    stk_escape_put(out, contents->path, options->utf8);
    stk_buf_str(out, " (");
    stk_escape_again(out, contents->report->format);
    stk_buf_str(out, ", ");
    stk_report_size(out, contents->report->size);
    stk_buf_printf(out, "): %s\n", stk_verdict_name(contents->report->verdict));
}

static void json_stream(struct stk_jsonw *json, const struct stk_contents *contents,
                        size_t index)
{
    const struct stk_stream_report *stream = &contents->report->streams[index];
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "stream");
    stk_jsonw_uint(json, index + 1);
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
    stk_jsonw_key(json, "verdict");
    stk_jsonw_str(json, stk_verdict_name(stream->verdict));
    stk_jsonw_key(json, "shown");
    stk_jsonw_bool(json, contents->shown[index]);
    stk_jsonw_end(json, '}');
}

static void json_note(struct stk_jsonw *json, const struct stk_note *note)
{
    const struct stk_rule_info *rule = &stk_rules[note->finding.rule];
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "rule");
    stk_jsonw_str(json, rule->id);
    stk_jsonw_key(json, "severity");
    stk_jsonw_str(json, stk_severity_name(rule->severity));
    if (note->member != NULL) {
        stk_jsonw_key(json, "member");
        stk_jsonw_str(json, note->member);
    }
    stk_jsonw_key(json, "offset");
    stk_jsonw_uint(json, note->finding.off);
    stk_jsonw_key(json, "message");
    stk_jsonw_str(json, note->finding.message);
    stk_jsonw_end(json, '}');
}

static void json_tail(struct stk_buf *out, const struct stk_contents *contents)
{
    const struct stk_report *report = contents->report;
    struct stk_jsonw json;
    stk_jsonw_init(&json, out);
    stk_buf_str(out, "],\n ");
    stk_jsonw_key(&json, "contents");
    stk_jsonw_begin(&json, '[');
    for (size_t i = 0; i < report->n_streams; i++) {
        json_stream(&json, contents, i);
    }
    stk_jsonw_end(&json, ']');
    stk_jsonw_key(&json, "findings");
    stk_jsonw_begin(&json, '[');
    for (size_t i = 0; i < report->n_notes; i++) {
        json_note(&json, &report->notes[i]);
    }
    stk_jsonw_end(&json, ']');
    stk_buf_str(out, "}\n");
}

static void text_stream(struct stk_buf *out, const struct stk_stream_report *stream,
                        size_t index)
{
    stk_buf_printf(out, "#   --stream %-3llu ", (unsigned long long)index + 1);
    if (stream->member != NULL) {
        stk_escape_again(out, stream->member);
        stk_buf_str(out, ", ");
    }
    stk_buf_printf(out, "byte %llu, ", (unsigned long long)stream->off);
    stk_report_size(out, stream->len);
    stk_buf_printf(out, ", %s\n", stk_verdict_name(stream->verdict));
}

/* The worst first, so that the list is not cut before it. Returns how many. */
static size_t text_hidden(struct stk_buf *out, const struct stk_contents *contents)
{
    const struct stk_report *report = contents->report;
    size_t listed = 0;
    for (int verdict = STK_VERDICT_DANGEROUS; verdict >= STK_VERDICT_CLEAN; verdict--) {
        for (size_t i = 0; i < report->n_streams && listed < LISTED_MAX; i++) {
            if (!contents->shown[i] && (int)report->streams[i].verdict == verdict) {
                text_stream(out, &report->streams[i], i);
                listed++;
            }
        }
    }
    return listed;
}

static void text_tail(struct stk_buf *out, const struct stk_contents *contents)
{
    const struct stk_report *report = contents->report;
    size_t hidden = 0;
    for (size_t i = 0; i < report->n_streams; i++) {
        hidden += !contents->shown[i];
    }
    if (hidden > 0) {
        stk_buf_printf(out, "# not shown: %llu more stream%s (--all shows every one)\n",
                       (unsigned long long)hidden, hidden == 1 ? "" : "s");
    }
    size_t listed = text_hidden(out, contents);
    if (hidden > listed) {
        stk_buf_printf(out, "#   and %llu more\n", (unsigned long long)(hidden - listed));
    }
    for (size_t i = 0; i < report->n_notes; i++) {
        const struct stk_note *note = &report->notes[i];
        stk_buf_printf(out, "# %s: ", stk_rules[note->finding.rule].id);
        if (note->member != NULL) {
            stk_escape_again(out, note->member);
            stk_buf_str(out, ", ");
        }
        stk_buf_printf(out, "byte %llu: ", (unsigned long long)note->finding.off);
        stk_escape_again(out, note->finding.message);
        stk_buf_byte(out, '\n');
    }
}

void stk_contents_tail(struct stk_buf *out, const struct stk_listing_options *options,
                       const struct stk_contents *contents)
{
    if (options->json) {
        json_tail(out, contents);
    } else {
        text_tail(out, contents);
    }
}
