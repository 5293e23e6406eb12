/* SPDX-License-Identifier: Apache-2.0
 *
 * stockade convert: messages written again, from their values only.
 */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cmd/commands.h"
#include "cmd/console.h"
#include "cmd/convert_safetensors.h"
#include "cmd/exitcode.h"
#include "cmd/library.h"
#include "cmd/message.h"
#include "cmd/output.h"
#include "cmd/rewrite.h"

struct convert_options {
    const char *profile;
    struct stk_texts library;
    int from;
    int to;
    const char *at;
    bool plain;
    bool untagged;
    uint64_t indent;
    uint64_t protocol;
    bool drop_other;
    const char *into;
    uint64_t memory_max;
};

#define FIELD(name) offsetof(struct convert_options, name)

static const struct stk_option options[] = {
    {.name = "to",
     .letter = 't',
     .kind = STK_OPTION_CHOICE,
     .field = FIELD(to),
     .arg = "FORMAT",
     .choices = "auto|json|jsonl|msgpack|pickle|safetensors",
     .fallback = "auto",
     .help = "of the output; auto: by its extension"},
    STK_OPTION_WIRE("from", FIELD(from), "what the input is in"),
    {.name = "profile",
     .letter = 'p',
     .kind = STK_OPTION_TEXT,
     .field = FIELD(profile),
     .arg = "FILE",
     .help = "what the input must match; grants its classes"},
    {.name = "library",
     .letter = 'l',
     .kind = STK_OPTION_LIST,
     .field = FIELD(library),
     .arg = "MAP",
     .help = "URI=PATH: documents that profiles may refer to"},
    {.name = "at",
     .kind = STK_OPTION_TEXT,
     .field = FIELD(at),
     .arg = "POINTER",
     .help = "write only this part of the input: /requests"},
    {.name = "plain",
     .kind = STK_OPTION_FLAG,
     .field = FIELD(plain),
     .help = "JSON or msgpack for any tool; says what is lost"},
    {.name = "untagged",
     .kind = STK_OPTION_FLAG,
     .field = FIELD(untagged),
     .help = "JSON and msgpack that are read have no tags of ours"},
    {.name = "indent",
     .kind = STK_OPTION_COUNT,
     .field = FIELD(indent),
     .arg = "N",
     .fallback = "0",
     .zero = true,
     .help = "spaces a level of JSON; 0: one line"},
    {.name = "protocol",
     .kind = STK_OPTION_COUNT,
     .field = FIELD(protocol),
     .arg = "N",
     .fallback = "4",
     .help = "of a pickle that is written: 2 to 5"},
    {.name = "drop-other",
     .kind = STK_OPTION_FLAG,
     .field = FIELD(drop_other),
     .help = "leave out what safetensors cannot carry; says what"},
    {.name = "into",
     .kind = STK_OPTION_TEXT,
     .field = FIELD(into),
     .arg = "DIR",
     .help = "convert each IN to a file of its name in DIR"},
    {.name = "memory-max",
     .kind = STK_OPTION_SIZE,
     .field = FIELD(memory_max),
     .arg = "N",
     .fallback = "2G",
     .help = "bytes for one message and what it decodes to"},
    STK_OPTIONS_COMMON,
};

struct convert {
    const struct convert_options *options;
    enum stk_target to;
    struct stk_profile *profile; /* NULL: none was given */
    struct stk_validation *validation;
    struct stk_messages messages;
    struct stk_rewrite rewrite;
    struct stk_buf out;
    struct stk_rated rated;
};

/* "PATH: REASON, at $.a[0], byte 12" */
static void complain_refused(const char *path, const struct stk_decode_error *error)
{
    char text[sizeof error->reason + sizeof error->path + 64];
    bool placed = error->path[0] != '\0';
    (void)snprintf(text, sizeof text, "%s: %s%s%s, at byte %llu",
                   stk_verdict_name(error->verdict), error->reason, placed ? ", at " : "",
                   error->path, (unsigned long long)error->off);
    stk_complain(path, text);
}

static void rate(struct convert *c, enum stk_verdict verdict)
{
    c->rated.dangerous = c->rated.dangerous || verdict == STK_VERDICT_DANGEROUS;
    c->rated.review = c->rated.review || verdict == STK_VERDICT_REVIEW;
    c->rated.undecided = c->rated.undecided || verdict == STK_VERDICT_UNDECIDED;
}

static void refuse(struct convert *c, const char *in, enum stk_verdict verdict,
                   uint64_t off, const char *reason)
{
    struct stk_decode_error error = {.verdict = verdict, .off = off};
    (void)snprintf(error.reason, sizeof error.reason, "%s", reason);
    complain_refused(in, &error);
    rate(c, verdict);
}

/* Only what matches is written. */
static bool matches(struct convert *c, const char *in, const struct stk_message *message)
{
    enum stk_validity validity = STK_INVALID;
    const struct stk_violation *list = NULL;
    char reason[1024];
    size_t n = 0;
    if (c->profile == NULL) {
        return true;
    }
    stk_validation_size(c->validation, message->bytes.len);
    stk_validation_plain(c->validation, message->wire != STK_WIRE_PICKLE);
    enum stk_status status = stk_validate_explain(
        c->validation, c->profile->schema, message->value, 1, &validity, &list, &n);
    if (status != STK_OK) {
        stk_complain(in, stk_status_text(status));
        c->rated.unreadable = true;
        return false;
    }
    if (validity == STK_VALIDITY_UNKNOWN) {
        refuse(c, in, STK_VERDICT_UNDECIDED, 0, "the profile needs too much work");
    } else if (validity == STK_INVALID) {
        (void)snprintf(reason, sizeof reason, "does not match: %s: %s",
                       n == 0 || list[0].instance[0] == '\0' ? "(all of it)"
                                                             : list[0].instance,
                       n == 0 ? "" : list[0].message);
        stk_complain(in, reason);
        c->rated.dangerous = true;
    }
    return validity == STK_VALID;
}

static void write_value(struct convert *c, const char *in, const char *out,
                        struct stk_value value)
{
    struct stk_write_error error = {0};
    stk_buf_clear(&c->out);
    enum stk_status status = stk_rewrite(&c->rewrite, value, c->to, &c->out, &error);
    if (status != STK_OK && !stk_status_is_environment(status)) {
        refuse(c, in, STK_VERDICT_UNDECIDED, error.off,
               error.reason != NULL ? error.reason : stk_status_text(status));
        return;
    }
    if (status != STK_OK) {
        stk_complain(in, stk_status_text(status));
    }
    if (status != STK_OK || !stk_output_put(out, stk_buf_span(&c->out))) {
        c->rated.unreadable = true;
        return;
    }
    stk_complain_lines(in, stk_buf_span(&c->rewrite.notes));
}

static void convert_checkpoint(struct convert *c, const char *in, const char *out)
{
    const struct stk_to_safetensors to = {.drop_other = c->options->drop_other,
                                          .memory_max = c->options->memory_max};
    struct stk_decode_error error;
    enum stk_status status = stk_convert_safetensors(&to, in, out, &error);
    if (status == STK_E_MALFORMED) {
        complain_refused(in, &error);
        rate(c, error.verdict);
    } else if (status != STK_OK) {
        c->rated.unreadable = true;
    }
}

static void convert_file(struct convert *c, const char *in, const char *out)
{
    struct stk_message message;
    struct stk_value part;
    if (c->to == STK_TARGET_SAFETENSORS) {
        convert_checkpoint(c, in, out);
        return;
    }
    if (stk_messages_read(&c->messages, strcmp(in, "-") == 0 ? NULL : in,
                          (enum stk_wire)c->options->from, &message) != STK_OK) {
        c->rated.unreadable = true;
        return;
    }
    if (message.refused) {
        complain_refused(in, &message.error);
        rate(c, message.error.verdict);
        return;
    }
    if (!matches(c, in, &message)) {
        return;
    }
    if (!stk_value_at(message.value, c->options->at, &part)) {
        refuse(c, in, STK_VERDICT_UNDECIDED, message.value.off, "has no part at --at");
        return;
    }
    write_value(c, in, out, part);
}

/* DIR/NAME of the input, with the extension of the target instead of its own. */
static bool path_into(const struct convert *c, const char *in, char *path, size_t size)
{
    const char *slash = strrchr(in, '/');
    const char *name = slash == NULL ? in : slash + 1;
    const char *dot = strrchr(name, '.');
    int stem = dot == NULL || dot == name ? (int)strlen(name) : (int)(dot - name);
    int n = snprintf(path, size, "%s/%.*s.%s", c->options->into, stem, name,
                     stk_target_extension(c->to));
    return n > 0 && (size_t)n < size;
}

static void convert_all(struct convert *c, const struct stk_texts *operands)
{
    char path[4096];
    if (c->options->into == NULL) {
        convert_file(c, operands->items[0], operands->items[1]);
        return;
    }
    for (size_t i = 0; i < operands->n && !stk_interrupted(); i++) {
        if (path_into(c, operands->items[i], path, sizeof path)) {
            convert_file(c, operands->items[i], path);
        } else {
            stk_complain(operands->items[i], "the path of the output is too long");
            c->rated.unreadable = true;
        }
    }
}

static int convert(struct convert *c, const struct stk_texts *operands)
{
    const struct convert_options *opts = c->options;
    if (stk_validation_new(&stk_alloc_libc, &c->validation) != STK_OK) {
        stk_complain(NULL, stk_status_text(STK_E_NOMEM));
        return STK_EXIT_UNREADABLE;
    }
    stk_messages_init(&c->messages, opts->memory_max);
    c->messages.tags = !opts->untagged;
    if (c->profile != NULL) {
        c->messages.decode.grant = stk_grants_find;
        c->messages.decode.grant_ctx = &c->profile->grants;
    }
    stk_validation_unpickle(c->validation, stk_messages_unpickle, &c->messages);
    stk_rewrite_init(&c->rewrite, opts->memory_max);
    c->rewrite.protocol = (int)opts->protocol;
    c->rewrite.plain = opts->plain;
    c->rewrite.indent = (uint32_t)opts->indent;
    stk_buf_init(&c->out, &stk_alloc_libc, SIZE_MAX / 2);
    convert_all(c, operands);
    stk_buf_release(&c->out);
    stk_rewrite_release(&c->rewrite);
    stk_messages_release(&c->messages);
    stk_validation_free(c->validation);
    return stk_interrupted() ? STK_EXIT_INTERRUPTED
                             : (int)stk_exit_of(&c->rated, STK_FAIL_ON_REVIEW);
}

static int start(const struct stk_command *command, const struct convert_options *opts,
                 const struct stk_texts *operands)
{
    struct convert c = {.options = opts, .to = (enum stk_target)opts->to};
    struct stk_schema_options schema = {.assert_formats = false};
    struct stk_profile profile;
    if (opts->protocol < STK_PICKLE_PROTOCOL_LEAST || opts->protocol > 5) {
        return stk_usage(command, "--protocol is 2 to 5");
    }
    if (opts->indent > 16) {
        return stk_usage(command, "--indent is at most 16");
    }
    if (opts->into == NULL && operands->n != 2) {
        return stk_usage(command, "expected IN and OUT, or --into DIR");
    }
    if (c.to == STK_TARGET_AUTO && opts->into == NULL) {
        c.to = stk_target_of(operands->items[1]);
    }
    if (c.to == STK_TARGET_AUTO) {
        return stk_usage(command, "--to is missing, and no extension says it");
    }
    if (c.to == STK_TARGET_SAFETENSORS && (opts->profile != NULL || opts->at != NULL)) {
        return stk_usage(command, "--profile and --at do not go with safetensors");
    }
    if (opts->profile == NULL) {
        return convert(&c, operands);
    }
    bool good = stk_profile_read(&profile, opts->profile, &opts->library, &schema,
                                 opts->memory_max);
    c.profile = &profile;
    int code = good ? convert(&c, operands) : STK_EXIT_USAGE;
    stk_profile_release(&profile);
    return code;
}

static int run(const struct stk_command *command, int argc, char **argv)
{
    struct convert_options opts = {.protocol = STK_PICKLE_PROTOCOL_DEFAULT,
                                   .memory_max = UINT64_C(1) << 31};
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
    stk_texts_release(&opts.library);
    stk_texts_release(&operands);
    return status;
}

const struct stk_command stk_command_convert = {
    .name = "convert",
    .group = "check messages",
    .summary = "write messages again, from their values only",
    .operands = "[--] IN... [OUT]",
    .n_operands_min = 1,
    .n_operands_max = SIZE_MAX,
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .run = run,
};
