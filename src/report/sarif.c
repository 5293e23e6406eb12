/* SPDX-License-Identifier: Apache-2.0
 *
 * SARIF 2.1.0 (OASIS, 27 March 2020). One run; each finding is a result. Offsets in a
 * file are byteOffset regions of its artifact; offsets in a member of an archive cannot
 * be (3.30.11: counted from the start of the artifact), so they are properties, and the
 * member is a logical location.
 */
#include <stdio.h>
#include <stockade/version.h>
#include <string.h>

#include "base/checked.h"
#include "report/escape.h"
#include "report/json.h"
#include "report/report.h"

static const char *level(const struct stk_rule_info *rule)
{
    switch (rule->severity) {
    case STK_SEVERITY_LOW:
        return "note";
    case STK_SEVERITY_MEDIUM:
        return "warning";
    case STK_SEVERITY_HIGH:
    case STK_SEVERITY_CRITICAL:
        break;
    }
    return "error";
}

/* What code hosts sort by: 9 and above is critical, 7 high, 4 medium. */
static const char *score(const struct stk_rule_info *rule)
{
    static const char *const scores[] = {"2.0", "5.0", "8.0", "9.5"};
    return scores[rule->severity];
}

/* DANGEROUS_CALL as DangerousCall, which is how 3.49.7 would have it. */
static void put_pascal(struct stk_jsonw *json, const char *name)
{
    char pascal[64];
    size_t n = 0;
    bool upper = true;
    for (const char *p = name; *p != '\0' && n < sizeof(pascal); p++) {
        if (*p == '_') {
            upper = true;
            continue;
        }
        bool lower = !upper && *p >= 'A' && *p <= 'Z';
        pascal[n++] = lower ? (char)(*p - 'A' + 'a') : *p;
        upper = false;
    }
    stk_jsonw_span(json, stk_span_of(pascal, n));
}

static void put_message(struct stk_jsonw *json, const char *key, const char *text)
{
    stk_jsonw_key(json, key);
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "text");
    stk_jsonw_str(json, text);
    stk_jsonw_end(json, '}');
}

static void put_rule(struct stk_jsonw *json, const struct stk_rule_info *rule)
{
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "id");
    stk_jsonw_str(json, rule->id);
    stk_jsonw_key(json, "name");
    put_pascal(json, rule->name);
    put_message(json, "shortDescription", rule->text);
    stk_jsonw_key(json, "defaultConfiguration");
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "level");
    stk_jsonw_str(json, level(rule));
    stk_jsonw_end(json, '}');
    stk_jsonw_key(json, "properties");
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "tags");
    stk_jsonw_begin(json, '[');
    stk_jsonw_str(json, "security");
    stk_jsonw_end(json, ']');
    stk_jsonw_key(json, "security-severity");
    stk_jsonw_str(json, score(rule));
    stk_jsonw_key(json, "verdict");
    stk_jsonw_str(json, stk_verdict_name(rule->verdict));
    stk_jsonw_end(json, '}');
    stk_jsonw_end(json, '}');
}

static void sarif_head(struct stk_buf *out)
{
    struct stk_jsonw json;
    stk_buf_str(out, "{\"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n"
                     " \"version\": \"2.1.0\",\n"
                     " \"runs\": [{\"tool\": {\"driver\": {\"name\": \"stockade\", "
                     "\"version\": \"" STOCKADE_VERSION "\", "
                     "\"semanticVersion\": \"" STOCKADE_VERSION "\", \"rules\": [");
    for (size_t i = 0; i < STK_RULE_COUNT; i++) {
        stk_buf_str(out, i == 0 ? "\n  " : ",\n  ");
        stk_jsonw_init(&json, out);
        put_rule(&json, &stk_rules[i]);
    }
    stk_buf_str(out, "]}},\n \"results\": [");
}

/* One finding and where it is. */
struct place {
    const struct stk_file_result *result;
    const struct stk_finding *finding;
    const char *member; /* NULL: the file itself */
    uint64_t off;       /* in the member or the file */
    enum stk_verdict verdict;
};

static void put_uri(struct stk_jsonw *json, struct stk_span path)
{
    stk_jsonw_key(json, "artifactLocation");
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "uri");
    stk_buf_byte(json->out, '"');
    stk_buf_str(json->out, path.len > 0 && path.data[0] == '/' ? "file://" : "");
    stk_escape_uri(json->out, path);
    stk_buf_byte(json->out, '"');
    stk_jsonw_end(json, '}');
}

/* The region is the opcode, one byte. */
static void put_region(struct stk_jsonw *json, uint64_t off)
{
    stk_jsonw_key(json, "region");
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "byteOffset");
    stk_jsonw_uint(json, off);
    stk_jsonw_key(json, "byteLength");
    stk_jsonw_uint(json, 1);
    stk_jsonw_end(json, '}');
}

static void put_member(struct stk_jsonw *json, const char *member)
{
    stk_jsonw_key(json, "logicalLocations");
    stk_jsonw_begin(json, '[');
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "fullyQualifiedName");
    stk_jsonw_str(json, member);
    stk_jsonw_key(json, "kind");
    stk_jsonw_str(json, "member");
    stk_jsonw_end(json, '}');
    stk_jsonw_end(json, ']');
}

static void put_locations(struct stk_jsonw *json, const struct place *place)
{
    stk_jsonw_key(json, "locations");
    stk_jsonw_begin(json, '[');
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "physicalLocation");
    stk_jsonw_begin(json, '{');
    put_uri(json, place->result->path);
    if (place->member == NULL && place->off < place->result->report->size) {
        put_region(json, place->off);
    }
    stk_jsonw_end(json, '}');
    if (place->member != NULL) {
        put_member(json, place->member);
    }
    stk_jsonw_end(json, '}');
    stk_jsonw_end(json, ']');
}

/* FNV-1a, and the NUL as well. Not base's hash: that one may change, fingerprints may
 * not. */
STK_WRAPS static uint64_t fingerprint(uint64_t hash, const char *text)
{
    size_t len = strlen(text) + 1;
    for (size_t i = 0; i < len; i++) {
        hash = (hash ^ (uint8_t)text[i]) * UINT64_C(0x100000001b3);
    }
    return hash;
}

/* Names the finding across runs and moves of the file: what was found, in which member;
 * neither path nor offset. */
static void put_fingerprint(struct stk_jsonw *json, const struct place *place)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    char digits[17];
    hash = fingerprint(hash, stk_rules[place->finding->rule].id);
    hash = fingerprint(hash, place->member == NULL ? "" : place->member);
    hash = fingerprint(hash, place->finding->message);
    (void)snprintf(digits, sizeof(digits), "%016llx", (unsigned long long)hash);
    stk_jsonw_key(json, "partialFingerprints");
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "stockade/v1");
    stk_jsonw_str(json, digits);
    stk_jsonw_end(json, '}');
}

static void put_properties(struct stk_jsonw *json, const struct place *place)
{
    stk_jsonw_key(json, "properties");
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "verdict");
    stk_jsonw_str(json, stk_verdict_name(place->verdict));
    stk_jsonw_key(json, "format");
    stk_jsonw_str(json, place->result->report->format);
    if (place->member != NULL) {
        stk_jsonw_key(json, "member");
        stk_jsonw_str(json, place->member);
    }
    stk_jsonw_key(json, "offset");
    stk_jsonw_uint(json, place->off);
    if (place->result->sha256 != NULL) {
        stk_jsonw_key(json, "sha256");
        stk_jsonw_str(json, place->result->sha256);
    }
    stk_jsonw_end(json, '}');
}

/* In a message's text, braces are doubled (3.11.5), and what would be a link (3.11.6) is
 * none: an attacker's text must not become something to click on. */
static void put_text(struct stk_jsonw *json, struct stk_buf *scratch, const char *text)
{
    bool link = strstr(text, "](") != NULL;
    stk_buf_clear(scratch);
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '{' || *p == '}') {
            stk_buf_byte(scratch, (uint8_t)*p);
        } else if (link && (*p == '[' || *p == ']')) {
            stk_buf_byte(scratch, '\\');
        }
        stk_buf_byte(scratch, (uint8_t)*p);
    }
    if (scratch->status != STK_OK) {
        json->out->status = scratch->status;
    }
    stk_jsonw_key(json, "message");
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "text");
    stk_jsonw_span(json, stk_buf_span(scratch));
    stk_jsonw_end(json, '}');
}

static void put_result(struct stk_buf *out, const struct place *place)
{
    const struct stk_rule_info *rule = &stk_rules[place->finding->rule];
    struct stk_buf scratch;
    struct stk_jsonw json;
    stk_buf_init(&scratch, out->alloc, out->max);
    stk_jsonw_init(&json, out);
    stk_buf_str(out, ",\n  ");
    stk_jsonw_begin(&json, '{');
    stk_jsonw_key(&json, "ruleId");
    stk_jsonw_str(&json, rule->id);
    stk_jsonw_key(&json, "ruleIndex");
    stk_jsonw_uint(&json, place->finding->rule);
    stk_jsonw_key(&json, "level");
    stk_jsonw_str(&json, level(rule));
    put_text(&json, &scratch, place->finding->message);
    put_locations(&json, place);
    put_fingerprint(&json, place);
    put_properties(&json, place);
    stk_jsonw_end(&json, '}');
    stk_buf_release(&scratch);
}

static void put_error(struct stk_buf *out, const struct stk_file_result *result)
{
    struct stk_jsonw json;
    stk_jsonw_init(&json, out);
    stk_buf_str(out, ",\n  ");
    stk_jsonw_begin(&json, '{');
    stk_jsonw_key(&json, "level");
    stk_jsonw_str(&json, "error");
    put_message(&json, "message", result->error);
    stk_jsonw_key(&json, "locations");
    stk_jsonw_begin(&json, '[');
    stk_jsonw_begin(&json, '{');
    stk_jsonw_key(&json, "physicalLocation");
    stk_jsonw_begin(&json, '{');
    put_uri(&json, result->path);
    stk_jsonw_end(&json, '}');
    stk_jsonw_end(&json, '}');
    stk_jsonw_end(&json, ']');
    stk_jsonw_end(&json, '}');
}

static void put_stream(struct stk_buf *out, const struct stk_file_result *result,
                       const struct stk_stream_report *stream)
{
    for (size_t i = 0; i < stream->n_findings; i++) {
        struct place place = {
            .result = result,
            .finding = &stream->findings[i],
            .member = stream->member,
            .off = stream->findings[i].off,
            .verdict = stream->verdict,
        };
        put_result(out, &place);
    }
}

static void sarif_file(struct stk_outputs *out, const struct stk_report_options *options,
                       const struct stk_file_result *result)
{
    (void)options;
    const struct stk_report *report = result->report;
    if (report == NULL) {
        put_error(&out->errors, result);
        return;
    }
    for (size_t i = 0; i < report->n_streams; i++) {
        put_stream(&out->results[0], result, &report->streams[i]);
    }
    for (size_t i = 0; i < report->n_notes; i++) {
        struct place place = {
            .result = result,
            .finding = &report->notes[i].finding,
            .member = report->notes[i].member,
            .off = report->notes[i].finding.off,
            .verdict = report->verdict,
        };
        put_result(&out->results[0], &place);
    }
}

static void sarif_tail(struct stk_buf *out, const struct stk_report_options *options,
                       const struct stk_summary *summary, struct stk_span errors)
{
    (void)options;
    stk_buf_str(out, "],\n \"invocations\": [{\"executionSuccessful\": ");
    stk_buf_str(out, summary->unreadable == 0 ? "true" : "false");
    stk_buf_str(out, ", \"toolExecutionNotifications\": [");
    stk_buf_put(out, errors.data, errors.len);
    stk_buf_str(out, "]}]}]}\n");
}

const struct stk_report_format stk_format_sarif = {
    .name = "sarif",
    .separator = 1,
    .head = sarif_head,
    .file = sarif_file,
    .tail = sarif_tail,
};
