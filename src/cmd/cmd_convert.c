/* SPDX-License-Identifier: Apache-2.0
 *
 * stockade convert: messages written again, from their values only.
 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "cmd/commands.h"
#include "cmd/console.h"
#include "cmd/exitcode.h"
#include "cmd/message.h"
#include "cmd/output.h"
#include "pickle/write.h"

enum target {
    TARGET_AUTO,
    TARGET_PICKLE,
    TARGETS,
};

struct convert_options {
    int from;
    int to;
    uint64_t protocol;
    const char *into;
    uint64_t memory_max;
};

#define FIELD(name) offsetof(struct convert_options, name)

static const struct stk_option options[] = {
    STK_OPTION_WIRE("from", FIELD(from), "what the input is: auto, pickle or json"),
    {.name = "to",
     .letter = 't',
     .kind = STK_OPTION_CHOICE,
     .field = FIELD(to),
     .arg = "FORMAT",
     .choices = "auto|pickle",
     .fallback = "auto",
     .help = "pickle; auto: by the output's extension"},
    {.name = "protocol",
     .kind = STK_OPTION_COUNT,
     .field = FIELD(protocol),
     .arg = "N",
     .fallback = "4",
     .help = "of a pickle that is written: 2 to 5"},
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
    struct stk_messages messages;
    struct stk_pickle_writer writer;
    struct stk_buf out;
    struct stk_rated rated;
};

static const char *const extensions[TARGETS] = {
    [TARGET_PICKLE] = "pkl",
};

static bool has_extension(const char *path, const char *extension)
{
    const char *dot = strrchr(path, '.');
    return dot != NULL && strcmp(dot + 1, extension) == 0;
}

static enum target target_of(const char *path)
{
    if (has_extension(path, "pickle")) {
        return TARGET_PICKLE;
    }
    for (int i = TARGET_AUTO + 1; i < TARGETS; i++) {
        if (has_extension(path, extensions[i])) {
            return (enum target)i;
        }
    }
    return TARGET_AUTO;
}

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

static enum stk_status write_value(struct convert *c, const char *in,
                                   const struct stk_message *message)
{
    struct stk_write_error error = {0};
    stk_buf_clear(&c->out);
    enum stk_status status = stk_pickle_write(&c->writer, message->value,
                                              (int)c->options->protocol, &c->out, &error);
    if (status == STK_E_UNSUPPORTED) {
        struct stk_decode_error refused = {.verdict = STK_VERDICT_UNDECIDED,
                                           .off = error.off};
        (void)snprintf(refused.reason, sizeof refused.reason, "%s", error.reason);
        complain_refused(in, &refused);
        rate(c, STK_VERDICT_UNDECIDED);
    } else if (status != STK_OK) {
        stk_complain(in, stk_status_text(status));
        c->rated.unreadable = true;
    }
    return status;
}

static void convert_file(struct convert *c, const char *in, const char *out)
{
    struct stk_message message;
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
    if (write_value(c, in, &message) == STK_OK &&
        !stk_output_put(out, stk_buf_span(&c->out))) {
        c->rated.unreadable = true;
    }
}

/* DIR/NAME of the input, with the extension of the target instead of its own. */
static bool path_into(const struct convert_options *opts, const char *in, enum target to,
                      char *path, size_t size)
{
    const char *slash = strrchr(in, '/');
    const char *name = slash == NULL ? in : slash + 1;
    const char *dot = strrchr(name, '.');
    int stem = dot == NULL || dot == name ? (int)strlen(name) : (int)(dot - name);
    int n = snprintf(path, size, "%s/%.*s.%s", opts->into, stem, name, extensions[to]);
    return n > 0 && (size_t)n < size;
}

static void convert_all(struct convert *c, const struct stk_texts *operands,
                        enum target to)
{
    char path[4096];
    if (c->options->into == NULL) {
        convert_file(c, operands->items[0], operands->items[1]);
        return;
    }
    for (size_t i = 0; i < operands->n && !stk_interrupted(); i++) {
        if (path_into(c->options, operands->items[i], to, path, sizeof path)) {
            convert_file(c, operands->items[i], path);
        } else {
            stk_complain(operands->items[i], "the path of the output is too long");
            c->rated.unreadable = true;
        }
    }
}

static int convert(const struct convert_options *opts, const struct stk_texts *operands,
                   enum target to)
{
    struct convert c = {.options = opts};
    stk_messages_init(&c.messages, opts->memory_max);
    stk_pickle_writer_init(&c.writer, &stk_alloc_libc);
    stk_buf_init(&c.out, &stk_alloc_libc, SIZE_MAX / 2);
    convert_all(&c, operands, to);
    stk_buf_release(&c.out);
    stk_pickle_writer_release(&c.writer);
    stk_messages_release(&c.messages);
    return stk_interrupted() ? STK_EXIT_INTERRUPTED
                             : (int)stk_exit_of(&c.rated, STK_FAIL_ON_REVIEW);
}

static int start(const struct stk_command *command, const struct convert_options *opts,
                 const struct stk_texts *operands)
{
    enum target to = (enum target)opts->to;
    if (opts->protocol < STK_PICKLE_PROTOCOL_LEAST || opts->protocol > 5) {
        return stk_usage(command, "--protocol is 2 to 5");
    }
    if (opts->into == NULL && operands->n != 2) {
        return stk_usage(command, "expected IN and OUT, or --into DIR");
    }
    if (to == TARGET_AUTO && opts->into == NULL) {
        to = target_of(operands->items[1]);
    }
    if (to == TARGET_AUTO) {
        return stk_usage(command, "--to is missing, and no extension says it");
    }
    return convert(opts, operands, to);
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
