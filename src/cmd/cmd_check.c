/* SPDX-License-Identifier: Apache-2.0
 *
 * stockade check: messages held against a profile.
 */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include <stockade/version.h>

#include "boundary/boundary.h"
#include "cmd/commands.h"
#include "cmd/console.h"
#include "cmd/exitcode.h"
#include "cmd/library.h"
#include "cmd/message.h"
#include "report/escape.h"
#include "report/json.h"

enum format {
    FORMAT_TEXT,
    FORMAT_JSON,
    FORMAT_JSONL,
};

struct check_options {
    const char *profile;
    int format;
    int wire;
    bool frames;
    const char *hmac_key;
    struct stk_texts library;
    bool assert_formats;
    uint64_t violations_max;
    uint64_t memory_max;
};

#define FIELD(name) offsetof(struct check_options, name)
#define KEY_MAX ((size_t)64 << 10)
#define MEMORY_MAX (UINT64_C(1) << 31)

static const struct stk_option options[] = {
    {.name = "profile",
     .letter = 'p',
     .kind = STK_OPTION_TEXT,
     .field = FIELD(profile),
     .arg = "FILE",
     .help = "the JSON Schema that the messages must match"},
    {.name = "format",
     .letter = 'f',
     .kind = STK_OPTION_CHOICE,
     .field = FIELD(format),
     .arg = "FORMAT",
     .choices = "text|json|jsonl",
     .fallback = "text",
     .help = "text, json or jsonl"},
    STK_OPTION_WIRE("wire", FIELD(wire), "what the messages are in"),
    {.name = "frames",
     .kind = STK_OPTION_FLAG,
     .field = FIELD(frames),
     .help = "the files are the frames of one message"},
    {.name = "hmac-key",
     .kind = STK_OPTION_TEXT,
     .field = FIELD(hmac_key),
     .arg = "FILE",
     .help = "the key of frames that end in an HMAC"},
    {.name = "library",
     .letter = 'l',
     .kind = STK_OPTION_LIST,
     .field = FIELD(library),
     .arg = "MAP",
     .help = "URI=PATH: documents that schemas may refer to"},
    {.name = "assert-formats",
     .kind = STK_OPTION_FLAG,
     .field = FIELD(assert_formats),
     .help = "refuse what lacks the format a schema names"},
    {.name = "violations-max",
     .letter = 'n',
     .kind = STK_OPTION_COUNT,
     .field = FIELD(violations_max),
     .arg = "N",
     .fallback = "100",
     .help = "at most N violations of a message"},
    {.name = "memory-max",
     .kind = STK_OPTION_SIZE,
     .field = FIELD(memory_max),
     .arg = "N",
     .fallback = "2G",
     .help = "bytes for one message and what it decodes to"},
    STK_OPTIONS_COMMON,
};

/* What became of one message. */
struct outcome {
    const char *path;
    enum stk_validity validity;
    const struct stk_violation *violations;
    size_t n_violations;
    const char *reason; /* why it was not decoded; NULL: it was, or a limit was reached */
    const char *where;  /* the way to what the reason is about; may be empty */
    uint64_t off;       /* where that is in the message */
    enum stk_verdict verdict;
};

struct check {
    const struct check_options *options;
    const struct stk_schema *schema;
    struct stk_validation *validation;
    struct stk_messages messages;
    struct stk_boundary *boundary; /* NULL: the profile says nothing of frames */
    struct stk_buf key;
    struct stk_buf out;
    struct stk_jsonw json;
    struct stk_rated rated;
    size_t n[STK_VALIDITY_UNKNOWN + 1];
    bool lost; /* stdout takes no more */
};

/* ---- output ---- */

static void flush(struct check *c)
{
    if (!c->lost && !stk_console_write(stk_buf_span(&c->out))) {
        stk_console_lost(errno);
        c->lost = true;
        c->rated.unreadable = true;
    }
    stk_buf_clear(&c->out);
}

static void put_escaped(struct check *c, const char *text)
{
    stk_escape_put(&c->out, stk_span_of(text, strlen(text)), stk_console_utf8());
}

static const char *const validities[] = {
    [STK_INVALID] = "does not match",
    [STK_VALID] = "matches",
    [STK_VALIDITY_UNKNOWN] = "undecided",
};

/* What was not decoded is called by its verdict. */
static const char *outcome_word(const struct outcome *o)
{
    bool judged = o->reason == NULL || o->verdict == STK_VERDICT_CLEAN ||
                  o->verdict == STK_VERDICT_UNDECIDED;
    return judged ? validities[o->validity] : stk_verdict_name(o->verdict);
}

static void put_text(struct check *c, const struct outcome *o)
{
    put_escaped(c, o->path);
    stk_buf_printf(&c->out, ": %s", outcome_word(o));
    if (o->reason != NULL) {
        bool placed = o->where[0] != '\0';
        stk_buf_printf(&c->out, ": %s%s", o->reason, placed ? ", at " : "");
        put_escaped(c, o->where);
        stk_buf_printf(&c->out, ", at byte %llu", (unsigned long long)o->off);
    }
    stk_buf_str(&c->out, "\n");
    for (size_t i = 0; i < o->n_violations; i++) {
        const struct stk_violation *v = &o->violations[i];
        stk_buf_str(&c->out, "  ");
        put_escaped(c, v->instance[0] == '\0' ? "(all of it)" : v->instance);
        stk_buf_str(&c->out, ": ");
        put_escaped(c, v->message);
        stk_buf_printf(&c->out, "\n    byte %llu, by ", (unsigned long long)v->off);
        put_escaped(c, v->keyword);
        stk_buf_str(&c->out, "\n");
    }
}

static void put_json(struct check *c, const struct outcome *o)
{
    struct stk_jsonw *json = &c->json;
    stk_jsonw_begin(json, '{');
    stk_jsonw_key(json, "path");
    stk_jsonw_str(json, o->path);
    stk_jsonw_key(json, "matches");
    if (o->reason != NULL && o->verdict != STK_VERDICT_UNDECIDED) {
        stk_jsonw_bool(json, false);
    } else if (o->validity == STK_VALIDITY_UNKNOWN) {
        stk_jsonw_null(json);
    } else {
        stk_jsonw_bool(json, o->validity == STK_VALID);
    }
    if (o->reason != NULL) {
        stk_jsonw_key(json, "reason");
        stk_jsonw_str(json, o->reason);
        if (o->verdict != STK_VERDICT_CLEAN) {
            stk_jsonw_key(json, "verdict");
            stk_jsonw_str(json, stk_verdict_name(o->verdict));
        }
        stk_jsonw_key(json, "instance");
        stk_jsonw_str(json, o->where);
        stk_jsonw_key(json, "offset");
        stk_jsonw_uint(json, o->off);
    }
    stk_jsonw_key(json, "violations");
    stk_jsonw_begin(json, '[');
    for (size_t i = 0; i < o->n_violations; i++) {
        const struct stk_violation *v = &o->violations[i];
        stk_jsonw_begin(json, '{');
        stk_jsonw_key(json, "instance");
        stk_jsonw_str(json, v->instance);
        stk_jsonw_key(json, "keyword");
        stk_jsonw_str(json, v->keyword);
        stk_jsonw_key(json, "offset");
        stk_jsonw_uint(json, v->off);
        stk_jsonw_key(json, "message");
        stk_jsonw_str(json, v->message);
        stk_jsonw_end(json, '}');
    }
    stk_jsonw_end(json, ']');
    stk_jsonw_end(json, '}');
}

static void put(struct check *c, const struct outcome *o)
{
    bool refused = o->validity == STK_INVALID ||
                   (o->reason != NULL && o->verdict != STK_VERDICT_UNDECIDED);
    c->n[refused ? STK_INVALID : o->validity]++;
    c->rated.dangerous = c->rated.dangerous || refused;
    c->rated.undecided =
        c->rated.undecided || (!refused && o->validity == STK_VALIDITY_UNKNOWN);
    if (c->options->format == FORMAT_TEXT) {
        put_text(c, o);
    } else if (c->options->format == FORMAT_JSONL) {
        stk_jsonw_init(&c->json, &c->out);
        put_json(c, o);
        stk_buf_str(&c->out, "\n");
    } else {
        put_json(c, o);
    }
    flush(c);
}

static void put_head(struct check *c)
{
    if (c->options->format == FORMAT_JSON) {
        stk_jsonw_init(&c->json, &c->out);
        stk_jsonw_begin(&c->json, '{');
        stk_jsonw_key(&c->json, "stockade");
        stk_jsonw_str(&c->json, STOCKADE_VERSION);
        stk_jsonw_key(&c->json, "files");
        stk_jsonw_begin(&c->json, '[');
    }
}

static void put_tail(struct check *c)
{
    if (c->options->format == FORMAT_JSON) {
        stk_jsonw_end(&c->json, ']');
        stk_jsonw_key(&c->json, "summary");
        stk_jsonw_begin(&c->json, '{');
        stk_jsonw_key(&c->json, "match");
        stk_jsonw_uint(&c->json, c->n[STK_VALID]);
        stk_jsonw_key(&c->json, "do not match");
        stk_jsonw_uint(&c->json, c->n[STK_INVALID]);
        stk_jsonw_key(&c->json, "undecided");
        stk_jsonw_uint(&c->json, c->n[STK_VALIDITY_UNKNOWN]);
        stk_jsonw_end(&c->json, '}');
        stk_jsonw_end(&c->json, '}');
        stk_buf_str(&c->out, "\n");
        flush(c);
    }
}

/* ---- one message ---- */

static enum stk_status judge(struct check *c, const struct stk_message *message,
                             struct outcome *o)
{
    if (message->refused) {
        o->validity = STK_VALIDITY_UNKNOWN;
        o->reason = message->error.reason;
        o->where = message->error.path;
        o->off = message->error.off;
        o->verdict = message->error.verdict;
        return STK_OK;
    }
    stk_validation_size(c->validation, message->bytes.len);
    stk_validation_plain(c->validation, message->wire != STK_WIRE_PICKLE);
    return stk_validate_explain(c->validation, c->schema, message->value,
                                (size_t)c->options->violations_max, &o->validity,
                                &o->violations, &o->n_violations);
}

/* Frames are read one behind the other; the buffer moves while it grows. */
static bool read_frames(struct check *c, const char *const *paths, size_t n,
                        struct stk_buf *bytes, struct stk_span *frames)
{
    for (size_t i = 0; i < n; i++) {
        size_t begin = bytes->len;
        if (!stk_file_read(strcmp(paths[i], "-") == 0 ? NULL : paths[i],
                           c->options->memory_max, bytes)) {
            return false;
        }
        frames[i].len = bytes->len - begin;
    }
    size_t at = 0;
    for (size_t i = 0; i < n; i++) {
        frames[i].data = bytes->data == NULL ? (const uint8_t *)"" : bytes->data + at;
        at += frames[i].len;
    }
    return true;
}

static void check_frames(struct check *c, const char *const *paths, size_t n)
{
    struct stk_judgement j = {.path = ""};
    struct stk_buf bytes;
    stk_buf_init(&bytes, &stk_alloc_libc, (size_t)c->options->memory_max);
    struct stk_span *frames = stk_new(&stk_alloc_libc, n * sizeof *frames);
    enum stk_status status = frames == NULL ? STK_E_NOMEM : STK_OK;
    bool read = status == STK_OK && read_frames(c, paths, n, &bytes, frames);
    if (read) {
        status = stk_boundary_judge(c->boundary, frames, n, &j);
    }
    if (status != STK_OK) {
        stk_complain(paths[0], stk_status_text(status));
    }
    if (!read || status != STK_OK) {
        c->rated.unreadable = true;
    } else {
        struct outcome o = {.path = paths[j.frame],
                            .validity = j.validity,
                            .violations = j.violations,
                            .n_violations = j.n_violations,
                            .reason = j.reason,
                            .where = j.path,
                            .off = j.off,
                            .verdict = j.verdict};
        put(c, &o);
    }
    stk_free(&stk_alloc_libc, frames, n * sizeof *frames);
    stk_buf_release(&bytes);
}

static void check_file(struct check *c, const char *path)
{
    struct outcome o = {.path = path};
    struct stk_message message;
    enum stk_status status =
        stk_messages_read(&c->messages, strcmp(path, "-") == 0 ? NULL : path,
                          (enum stk_wire)c->options->wire, &message);
    if (status != STK_OK) {
        c->rated.unreadable = true;
        return;
    }
    status = judge(c, &message, &o);
    if (status != STK_OK) {
        stk_complain(path, stk_status_text(status));
        c->rated.unreadable = true;
        return;
    }
    put(c, &o);
}

/* ---- the command ---- */

/* Where the profile says which frames there are, or several are given. */
static bool open_boundary(struct check *c, const struct stk_profile *profile)
{
    const struct stk_message_rule *rule = stk_schema_message(profile->schema);
    struct stk_boundary_options boundary = {.schema = profile->schema,
                                            .grants = &profile->grants,
                                            .limits = &c->messages.limits,
                                            .memory_max = (size_t)c->options->memory_max,
                                            .violations_max =
                                                (size_t)c->options->violations_max};
    bool plain = rule->n == 1 && rule->list[0].n == 1 &&
                 rule->list[0].list[0].wire == STK_FRAME_ANY;
    if (plain && !c->options->frames) {
        return true;
    }
    if (c->options->hmac_key != NULL &&
        !stk_file_read(c->options->hmac_key, KEY_MAX, &c->key)) {
        return false;
    }
    boundary.hmac_key = stk_buf_span(&c->key);
    if (stk_boundary_new(&stk_alloc_libc, &boundary, &c->boundary) != STK_OK) {
        stk_complain(NULL, stk_status_text(STK_E_NOMEM));
        return false;
    }
    return true;
}

static void close_all(struct check *c)
{
    stk_boundary_free(c->boundary);
    stk_buf_release(&c->key);
    stk_buf_release(&c->out);
    stk_messages_release(&c->messages);
    stk_validation_free(c->validation);
}

static int check_files(const struct check_options *opts, struct stk_profile *profile,
                       const struct stk_texts *paths)
{
    struct check c = {.options = opts, .schema = profile->schema};
    if (stk_validation_new(&stk_alloc_libc, &c.validation) != STK_OK) {
        stk_complain(NULL, stk_status_text(STK_E_NOMEM));
        return STK_EXIT_UNREADABLE;
    }
    stk_messages_init(&c.messages, opts->memory_max);
    c.messages.decode.grant = stk_grants_find;
    c.messages.decode.grant_ctx = &profile->grants;
    stk_validation_unpickle(c.validation, stk_messages_unpickle, &c.messages);
    stk_buf_init(&c.key, &stk_alloc_libc, KEY_MAX);
    stk_buf_init(&c.out, &stk_alloc_libc, SIZE_MAX / 2);
    if (!open_boundary(&c, profile)) {
        close_all(&c);
        return STK_EXIT_USAGE;
    }
    put_head(&c);
    if (opts->frames) {
        check_frames(&c, paths->items, paths->n);
    }
    for (size_t i = 0; !opts->frames && i < paths->n && !c.lost && !stk_interrupted();
         i++) {
        if (c.boundary != NULL) {
            check_frames(&c, &paths->items[i], 1);
        } else {
            check_file(&c, paths->items[i]);
        }
    }
    put_tail(&c);
    close_all(&c);
    return stk_interrupted() ? STK_EXIT_INTERRUPTED
                             : (int)stk_exit_of(&c.rated, STK_FAIL_ON_REVIEW);
}

static int check(const struct check_options *opts, const struct stk_texts *paths)
{
    struct stk_profile profile;
    struct stk_schema_options schema_options = {.assert_formats = opts->assert_formats};
    bool good = stk_profile_read(&profile, opts->profile, &opts->library, &schema_options,
                                 opts->memory_max);
    int code = good ? check_files(opts, &profile, paths) : STK_EXIT_USAGE;
    stk_profile_release(&profile);
    return code;
}

static int run(const struct stk_command *command, int argc, char **argv)
{
    struct check_options opts = {.violations_max = 100, .memory_max = MEMORY_MAX};
    struct stk_texts operands = {0};
    int status = STK_EXIT_OK;
    switch (stk_options_parse(command, argc, argv, &opts, &operands)) {
    case STK_PARSE_RUN:
        status = opts.profile == NULL ? stk_usage(command, "--profile is missing")
                                      : check(&opts, &operands);
        break;
    case STK_PARSE_USAGE:
        status = STK_EXIT_USAGE;
        break;
    case STK_PARSE_DONE:
        break;
    }
    stk_texts_release(&opts.library);
    stk_texts_release(&operands);
    return status;
}

const struct stk_command stk_command_check = {
    .name = "check",
    .group = "check messages",
    .summary = "hold messages against a profile, a JSON Schema",
    .operands = "[--] FILE...",
    .n_operands_min = 1,
    .n_operands_max = SIZE_MAX,
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .run = run,
};
