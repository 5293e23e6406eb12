/* SPDX-License-Identifier: Apache-2.0
 *
 * stockade learn: a profile proposed from samples.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cmd/commands.h"
#include "cmd/console.h"
#include "cmd/exitcode.h"
#include "cmd/message.h"
#include "cmd/output.h"
#include "decode/grants.h"
#include "learn/learn.h"
#include "profile/schema.h"
#include "wire/json.h"

struct learn_options {
    const char *output;
    const char *title;
    const char *release;
    int wire;
    bool quiet;
    uint64_t memory_max;
};

#define FIELD(name) offsetof(struct learn_options, name)
#define MEMORY_MAX (UINT64_C(1) << 31)

static const struct stk_option options[] = {
    {.name = "output",
     .letter = 'o',
     .kind = STK_OPTION_TEXT,
     .field = FIELD(output),
     .arg = "FILE",
     .help = "where the profile goes; - is standard output"},
    {.name = "title",
     .letter = 't',
     .kind = STK_OPTION_TEXT,
     .field = FIELD(title),
     .arg = "TEXT",
     .help = "the title of the profile"},
    {.name = "release",
     .letter = 'r',
     .kind = STK_OPTION_TEXT,
     .field = FIELD(release),
     .arg = "TEXT",
     .help = "what the samples come from, for madeFrom"},
    STK_OPTION_WIRE("wire", FIELD(wire), "what the samples are in"),
    {.name = "quiet",
     .letter = 'q',
     .kind = STK_OPTION_FLAG,
     .field = FIELD(quiet),
     .help = "do not list what is generalised"},
    {.name = "memory-max",
     .kind = STK_OPTION_SIZE,
     .field = FIELD(memory_max),
     .arg = "N",
     .fallback = "2G",
     .help = "bytes for a sample, and for what is gathered"},
    STK_OPTIONS_COMMON,
};

struct learning {
    const struct learn_options *options;
    struct stk_learner *learner;
    struct stk_messages messages;
    struct stk_buf profile; /* its text */
};

/* ---- samples ---- */

static int complain(const char *path, const char *text, int code)
{
    stk_complain(path, text);
    return code;
}

/* Exit statuses: OK, FINDING for what is dangerous, UNDECIDED, UNREADABLE. */
static int refused(const char *path, const struct stk_decode_error *error)
{
    char text[sizeof error->reason + sizeof error->path + 64];
    (void)snprintf(text, sizeof text, "%s%s%s, at byte %llu", error->reason,
                   error->path[0] == '\0' ? "" : ", at ", error->path,
                   (unsigned long long)error->off);
    return complain(path, text,
                    error->verdict == STK_VERDICT_UNDECIDED ? STK_EXIT_UNDECIDED
                                                            : STK_EXIT_FINDING);
}

/* Reads a sample, again and again while that makes another of its names an enum. */
static int read_sample(struct learning *c, const char *path, struct stk_message *message)
{
    const struct stk_decode_error *error = NULL;
    stk_learner_begin(c->learner);
    do {
        if (stk_messages_read(&c->messages, path, (enum stk_wire)c->options->wire,
                              message) != STK_OK) {
            return STK_EXIT_UNREADABLE;
        }
    } while (message->refused && stk_learner_retry(c->learner, &message->error, &error));
    return message->refused ? refused(path, error) : STK_EXIT_OK;
}

static int take_sample(struct learning *c, const char *path)
{
    struct stk_message message;
    const char *reason = "";
    int code = read_sample(c, path, &message);
    if (code != STK_EXIT_OK) {
        return code;
    }
    enum stk_status status = stk_learner_observe(c->learner, message.value, &reason);
    if (status == STK_E_UNSUPPORTED) {
        return complain(path, reason, STK_EXIT_UNDECIDED);
    }
    return status == STK_OK
               ? STK_EXIT_OK
               : complain(path, stk_status_text(status), STK_EXIT_UNREADABLE);
}

/* ---- the profile holds what it was made from ---- */

#define URI "urn:stockade:learned"
#define DIALECT "urn:stockade:profile:1"

struct proof {
    struct stk_library *library;
    struct stk_schema *schema;
    struct stk_schema *dialect;
    struct stk_grants grants;
    struct stk_validation *validation;
};

static bool bug(const char *path, const char *what)
{
    char text[700];
    (void)snprintf(text, sizeof text, "a bug of stockade, please report it: %s", what);
    stk_complain(path, text);
    return false;
}

static bool compile(struct proof *p, struct stk_span text)
{
    struct stk_schema_error error = {0};
    const struct stk_schema_options none = {.assert_formats = false};
    char where[600];
    enum stk_status status = stk_library_new(&stk_alloc_libc, &p->library);
    if (status == STK_OK) {
        status =
            stk_library_add(p->library, stk_span_of(URI, sizeof URI - 1), text, &error);
    }
    if (status == STK_OK) {
        status = stk_schema_new(p->library, stk_span_of(URI, sizeof URI - 1), &none,
                                &p->schema, &error);
    }
    if (status == STK_OK) {
        status = stk_schema_new(p->library, stk_span_of(DIALECT, sizeof DIALECT - 1),
                                &none, &p->dialect, &error);
    }
    if (status == STK_OK) {
        status = stk_validation_new(&stk_alloc_libc, &p->validation);
    }
    (void)snprintf(where, sizeof where, "%s, at %s", error.reason, error.pointer);
    return status == STK_OK ||
           bug(NULL, error.reason[0] == '\0' ? stk_status_text(status) : where);
}

static enum stk_grant grant_of(enum stk_named named)
{
    switch (named) {
    case STK_NAMED_GLOBAL:
        return STK_GRANT_VALUE;
    case STK_NAMED_CLASS:
        return STK_GRANT_CLASS;
    case STK_NAMED_ENUM:
        return STK_GRANT_ENUM;
    }
    return STK_GRANT_NONE;
}

/* Names what is granted on stderr. */
static bool grant(struct proof *p, bool quiet)
{
    size_t n = 0;
    const struct stk_schema_name *names = stk_schema_names(p->schema, &n);
    static const char *const words[] = {
        [STK_NAMED_GLOBAL] = "itself",
        [STK_NAMED_CLASS] = "its objects: it is called or made when a message is loaded",
        [STK_NAMED_ENUM] = "its members",
    };
    for (size_t i = 0; i < n; i++) {
        const char *reason = NULL;
        char text[400];
        size_t before = p->grants.n;
        enum stk_status status =
            stk_grants_add(&p->grants, names[i].module, names[i].qualified,
                           grant_of(names[i].named), &reason);
        bool good = status == STK_OK;
        (void)snprintf(text, sizeof text, "%.*s.%.*s: %s%s",
                       (int)(names[i].module.len < 120 ? names[i].module.len : 120),
                       (const char *)names[i].module.data,
                       (int)(names[i].qualified.len < 80 ? names[i].qualified.len : 80),
                       (const char *)names[i].qualified.data,
                       good             ? "granted, "
                       : reason != NULL ? reason
                                        : "met both as itself and as what is called; a "
                                          "profile grants one",
                       good ? words[names[i].named] : "");
        if (!good || (!quiet && p->grants.n > before)) {
            stk_complain(NULL, text);
        }
        if (!good) {
            return false;
        }
    }
    return true;
}

static bool holds(struct proof *p, const struct stk_schema *schema, const char *path,
                  struct stk_value value)
{
    enum stk_validity validity = STK_VALIDITY_UNKNOWN;
    const struct stk_violation *list = NULL;
    size_t n = 0;
    char text[512];
    if (stk_validate_explain(p->validation, schema, value, 1, &validity, &list, &n) !=
        STK_OK) {
        stk_complain(path, stk_status_text(STK_E_NOMEM));
        return false;
    }
    if (validity == STK_VALIDITY_UNKNOWN) {
        stk_complain(path, "too deep, or it contains itself: no profile can judge it");
        return false;
    }
    (void)snprintf(text, sizeof text,
                   "the profile does not take its sample: %s: %s, by %s",
                   n == 0 ? "" : list[0].instance, n == 0 ? "" : list[0].message,
                   n == 0 ? "" : list[0].keyword);
    return validity == STK_VALID || bug(path, text);
}

/* The text as a value, held against the dialect. */
static bool is_in_dialect(struct proof *p, struct stk_span text)
{
    struct stk_json_options json = STK_JSON_OPTIONS_DEFAULT;
    struct stk_json_error error = {0};
    struct stk_arena arena;
    struct stk_value value;
    stk_arena_init(&arena, &stk_alloc_libc, (size_t)MEMORY_MAX);
    bool good = stk_json_decode(&arena, text, &json, &value, &error) == STK_OK;
    good = good ? holds(p, p->dialect, NULL, value) : bug(NULL, "no JSON was written");
    stk_arena_release(&arena);
    return good;
}

static int prove_sample(struct learning *c, struct proof *p, const char *path)
{
    struct stk_message message;
    if (stk_messages_read(&c->messages, path, (enum stk_wire)c->options->wire,
                          &message) != STK_OK) {
        return STK_EXIT_UNREADABLE;
    }
    if (message.refused) {
        (void)bug(path, message.error.reason);
        return STK_EXIT_UNDECIDED;
    }
    stk_validation_plain(p->validation, message.wire != STK_WIRE_PICKLE);
    return holds(p, p->schema, path, message.value) ? STK_EXIT_OK : STK_EXIT_UNDECIDED;
}

static int prove(struct learning *c, const struct stk_texts *paths)
{
    struct proof p = {.library = NULL};
    struct stk_span text = stk_buf_span(&c->profile);
    stk_grants_init(&p.grants, &stk_alloc_libc);
    int code =
        compile(&p, text) && grant(&p, c->options->quiet) && is_in_dialect(&p, text)
            ? STK_EXIT_OK
            : STK_EXIT_UNDECIDED;
    c->messages.decode.grant = stk_grants_find;
    c->messages.decode.grant_ctx = &p.grants;
    for (size_t i = 0; code == STK_EXIT_OK && i < paths->n; i++) {
        code = stk_interrupted() ? STK_EXIT_INTERRUPTED
                                 : prove_sample(c, &p, paths->items[i]);
    }
    stk_validation_free(p.validation);
    stk_schema_free(p.dialect);
    stk_schema_free(p.schema);
    stk_library_free(p.library);
    stk_grants_release(&p.grants);
    return code;
}

/* ---- the command ---- */

static void note(void *ctx, struct stk_span place, struct stk_span text)
{
    char line[400];
    (void)ctx;
    (void)snprintf(line, sizeof line, "%.*s",
                   (int)(text.len < sizeof line ? text.len : sizeof line - 1),
                   (const char *)text.data);
    stk_complain_span(place, line);
}

static int propose(struct learning *c, const struct stk_texts *paths)
{
    const char *reason = NULL;
    struct stk_propose_options how = {
        .title = c->options->title,
        .made_from = c->options->release,
        .note = c->options->quiet ? NULL : note,
    };
    enum stk_status status = stk_learner_propose(c->learner, &how, &c->profile, &reason);
    if (status != STK_OK) {
        return complain(NULL, reason[0] == '\0' ? stk_status_text(status) : reason,
                        STK_EXIT_UNDECIDED);
    }
    int code = prove(c, paths);
    if (code == STK_EXIT_OK &&
        !stk_output_put(c->options->output, stk_buf_span(&c->profile))) {
        return STK_EXIT_UNREADABLE;
    }
    return code;
}

static int learn(const struct learn_options *opts, const struct stk_texts *paths)
{
    struct learning c = {.options = opts};
    int code = STK_EXIT_OK;
    if (stk_learner_new(&stk_alloc_libc, opts->memory_max, &c.learner) != STK_OK) {
        return complain(NULL, stk_status_text(STK_E_NOMEM), STK_EXIT_UNREADABLE);
    }
    stk_messages_init(&c.messages, opts->memory_max);
    stk_buf_init(&c.profile, &stk_alloc_libc, (size_t)opts->memory_max);
    c.messages.decode.grant = stk_learner_grant;
    c.messages.decode.grant_ctx = c.learner;
    for (size_t i = 0; code == STK_EXIT_OK && i < paths->n; i++) {
        code =
            stk_interrupted() ? STK_EXIT_INTERRUPTED : take_sample(&c, paths->items[i]);
    }
    code = code == STK_EXIT_OK ? propose(&c, paths) : code;
    stk_buf_release(&c.profile);
    stk_messages_release(&c.messages);
    stk_learner_free(c.learner);
    return code;
}

static int start(const struct stk_command *command, const struct learn_options *opts,
                 const struct stk_texts *paths)
{
    if (opts->output == NULL) {
        return stk_usage(command, "--output is missing");
    }
    for (size_t i = 0; i < paths->n; i++) {
        if (strcmp(paths->items[i], "-") == 0) {
            return stk_usage(command, "samples are read twice: they must be files");
        }
    }
    return learn(opts, paths);
}

static int run(const struct stk_command *command, int argc, char **argv)
{
    struct learn_options opts = {.memory_max = MEMORY_MAX};
    struct stk_texts operands = {0};
    int status = STK_EXIT_OK;
    switch (stk_options_parse(command, argc, argv, &opts, &operands)) {
    case STK_PARSE_RUN:
        status = start(command, &opts, &operands);
        break;
    case STK_PARSE_USAGE:
        status = STK_EXIT_USAGE;
        break;
    case STK_PARSE_DONE:
        break;
    }
    stk_texts_release(&operands);
    return status;
}

const struct stk_command stk_command_learn = {
    .name = "learn",
    .group = "check messages",
    .summary = "propose a profile from samples that are trusted",
    .operands = "[--] SAMPLE...",
    .n_operands_min = 1,
    .n_operands_max = SIZE_MAX,
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .run = run,
};
