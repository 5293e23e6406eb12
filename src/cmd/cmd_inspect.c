/* SPDX-License-Identifier: Apache-2.0
 *
 * stockade inspect: what the streams of one file say, opcode by opcode or as a trace.
 */
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <string.h>

#include "cmd/commands.h"
#include "cmd/console.h"
#include "cmd/exitcode.h"
#include "cmd/filesource.h"
#include "report/contents.h"
#include "report/disasm.h"
#include "report/locate.h"
#include "report/trace.h"

enum format {
    FORMAT_TEXT,
    FORMAT_JSON,
};

struct inspect_options {
    int format;
    bool trace;
    bool all;
    const char *member;
    uint64_t stream; /* from 1; 0: not given */
    uint64_t offset; /* UINT64_MAX: not given */
    int reading;
    uint64_t lines_max;
    int fail_on;
    int color;
    struct stk_limits limits;
};

#define FIELD(name) offsetof(struct inspect_options, name)
#define LIMITS_FIELD FIELD(limits)

/* Choices of --reading behind "any". */
static const char *const readings[] = {NULL, "C", "C over a file", "Python"};

static const struct stk_option options[] = {
    {.name = "format",
     .letter = 'f',
     .kind = STK_OPTION_CHOICE,
     .field = FIELD(format),
     .arg = "FORMAT",
     .choices = "text|json",
     .fallback = "text",
     .help = "text or json"},
    {.name = "trace",
     .letter = 't',
     .kind = STK_OPTION_FLAG,
     .field = FIELD(trace),
     .help = "what the stream does, as pseudo-Python"},
    {.name = "all",
     .letter = 'a',
     .kind = STK_OPTION_FLAG,
     .field = FIELD(all),
     .help = "every stream, not the outermost one"},
    {.name = "stream",
     .letter = 's',
     .kind = STK_OPTION_COUNT,
     .field = FIELD(stream),
     .arg = "N",
     .help = "the N-th stream, as the list at the end has them"},
    {.name = "member",
     .letter = 'm',
     .kind = STK_OPTION_TEXT,
     .field = FIELD(member),
     .arg = "NAME",
     .help = "the streams in that member of an archive"},
    {.name = "offset",
     .kind = STK_OPTION_SIZE,
     .field = FIELD(offset),
     .arg = "N",
     .zero = true,
     .help = "read the bytes from N on, whatever they are"},
    {.name = "reading",
     .kind = STK_OPTION_CHOICE,
     .field = FIELD(reading),
     .arg = "WHOSE",
     .choices = "any|c|c-file|python",
     .fallback = "any",
     .help = "whose way to follow: any, c, c-file or python"},
    {.name = "limit",
     .letter = 'n',
     .kind = STK_OPTION_COUNT,
     .field = FIELD(lines_max),
     .arg = "N",
     .help = "at most N opcodes or statements of a stream"},
    STK_OPTION_FAIL_ON(FIELD(fail_on)),
    STK_OPTION_COLOR(FIELD(color)),
    STK_OPTIONS_LIMITS STK_OPTIONS_COMMON,
};

/* What one run of the command holds. */
struct inspect {
    const struct stk_command *command;
    const struct inspect_options *options;
    const char *path;
    struct stk_filesource file;
    struct stk_scanner *scanner; /* owned */
    const struct stk_report *report;
    bool *shown; /* owned; one a stream */
    struct stk_listing_options listing;
    bool separate; /* something was listed before */
    enum stk_verdict worst;
    bool review;  /* some stream is to be reviewed */
    bool failed;  /* a stream could not be shown */
    bool written; /* stdout still takes something */
};

static enum stk_status write_out(void *ctx, struct stk_span bytes)
{
    struct inspect *i = ctx;
    if (!i->written) {
        return STK_E_IO;
    }
    if (!stk_console_write(bytes)) {
        stk_console_lost(errno);
        i->written = false;
        return STK_E_IO;
    }
    return STK_OK;
}

static const struct stk_reading *find_reading(int choice)
{
    for (size_t i = 0; i < stk_n_readings && readings[choice] != NULL; i++) {
        if (strcmp(stk_readings[i].name, readings[choice]) == 0) {
            return &stk_readings[i];
        }
    }
    return NULL;
}

/* ---- streams ---- */

static void count(struct inspect *i, enum stk_verdict verdict)
{
    i->worst = verdict > i->worst ? verdict : i->worst;
    i->review = i->review || verdict == STK_VERDICT_REVIEW;
}

static enum stk_status show(void *ctx, struct stk_inspection *in)
{
    struct inspect *i = ctx;
    const char *between = i->options->format == FORMAT_JSON ? ",\n  " : "\n";
    const char *first = i->options->format == FORMAT_JSON ? "\n  " : "";
    const char *lead = i->separate ? between : first;
    STK_TRY(write_out(i, stk_span_of(lead, strlen(lead))));
    i->separate = true;
    count(i, stk_inspection_verdict(in));
    return i->options->trace ? stk_trace(in, &i->listing) : stk_disasm(in, &i->listing);
}

static enum stk_status show_streams(struct inspect *i)
{
    struct stk_locate_options locate = {
        .alloc = &stk_alloc_libc,
        .limits = &i->options->limits,
        .reading = find_reading(i->options->reading),
        .use = show,
        .ctx = i,
    };
    if (i->options->offset != UINT64_MAX || i->report->n_streams == 0) {
        uint64_t off = i->options->offset != UINT64_MAX ? i->options->offset : 0;
        return stk_locate_raw(&i->file.source, off, i->report, &locate);
    }
    size_t n_streams = i->report->n_streams;
    bool *left = stk_new(&stk_alloc_libc, n_streams);
    if (left == NULL) {
        return STK_E_NOMEM;
    }
    stk_copy(left, i->shown, n_streams);
    enum stk_status status = stk_locate(&i->file.source, i->report, left, &locate);
    for (size_t n = 0; n < n_streams && status == STK_OK; n++) {
        if (left[n]) {
            count(i, i->report->streams[n].verdict);
            stk_complain(i->path, "a stream could not be found again");
            i->failed = true;
        }
    }
    stk_free(&stk_alloc_libc, left, n_streams);
    return status;
}

/* ---- which of them ---- */

/* How deep a stream lies in others: the outermost one is what a loader begins with. */
static size_t nesting(const struct stk_stream_report *stream)
{
    size_t n = stream->member == NULL ? 0 : 1;
    for (const char *p = stream->member; p != NULL && *p != '\0'; p++) {
        n += *p == '!';
    }
    return n;
}

static size_t outermost(const struct stk_report *report)
{
    size_t best = 0;
    for (size_t i = 1; i < report->n_streams; i++) {
        if (nesting(&report->streams[i]) < nesting(&report->streams[best])) {
            best = i;
        }
    }
    return best;
}

static bool in_member(const struct stk_stream_report *stream, const char *member)
{
    return stream->member != NULL && strcmp(stream->member, member) == 0;
}

/* Marks what was asked for. STK_EXIT_USAGE: there is no such stream. */
static int choose(struct inspect *i)
{
    const struct stk_report *report = i->report;
    size_t n = 0;
    if (i->options->stream > report->n_streams) {
        return stk_usage(i->command, "--stream %llu: the file has %llu",
                         (unsigned long long)i->options->stream,
                         (unsigned long long)report->n_streams);
    }
    for (size_t k = 0; k < report->n_streams; k++) {
        bool named = i->options->member == NULL ||
                     in_member(&report->streams[k], i->options->member);
        bool numbered = i->options->stream == 0 || i->options->stream == k + 1;
        i->shown[k] = named && numbered;
        n += i->shown[k];
    }
    if (i->options->member != NULL && n == 0) {
        return stk_usage(i->command, "--member: no stream in a member of that name");
    }
    bool asked = i->options->all || i->options->member != NULL || i->options->stream > 0;
    for (size_t k = 0; k < report->n_streams && !asked; k++) {
        i->shown[k] = k == outermost(report);
    }
    return STK_EXIT_OK;
}

/* ---- the file ---- */

static enum stk_status print(struct inspect *i,
                             void (*put)(struct stk_buf *,
                                         const struct stk_listing_options *,
                                         const struct stk_contents *))
{
    struct stk_contents contents = {
        .path = stk_span_of(i->path, strlen(i->path)),
        .report = i->report,
        .shown = i->shown,
    };
    struct stk_buf text;
    stk_buf_init(&text, &stk_alloc_libc, SIZE_MAX / 2);
    put(&text, &i->listing, &contents);
    enum stk_status status = text.status;
    if (status == STK_OK) {
        status = write_out(i, stk_buf_span(&text));
    }
    stk_buf_release(&text);
    return status;
}

static int exit_status(const struct inspect *i)
{
    struct stk_rated rated = {
        .dangerous = i->worst == STK_VERDICT_DANGEROUS,
        .review = i->review,
        .undecided = i->worst == STK_VERDICT_UNDECIDED,
        .unreadable = i->failed,
    };
    return (int)stk_exit_of(&rated, i->options->fail_on);
}

/* A container of a known kind without any stream in it: nothing to show. */
static bool has_nothing(const struct inspect *i)
{
    return i->report->n_streams == 0 && i->options->offset == UINT64_MAX &&
           strcmp(i->report->format, "data") != 0;
}

/* Asked for a part of the file, one gets the status of that part. */
static bool is_part(const struct inspect *i)
{
    return i->options->stream > 0 || i->options->member != NULL ||
           i->options->offset != UINT64_MAX;
}

static void count_file(struct inspect *i)
{
    count(i, i->report->verdict);
    for (size_t n = 0; n < i->report->n_streams; n++) {
        count(i, i->report->streams[n].verdict);
    }
}

static enum stk_status show_file(struct inspect *i)
{
    if (!is_part(i)) {
        count_file(i);
    }
    for (size_t n = 0; n < i->report->n_notes; n++) {
        count(i, stk_rules[i->report->notes[n].finding.rule].verdict);
    }
    STK_TRY(print(i, stk_contents_head));
    if (has_nothing(i)) {
        stk_complain(i->path, "there is no stream in it");
    } else {
        STK_TRY(show_streams(i));
    }
    return print(i, stk_contents_tail);
}

static void complain(struct inspect *i, enum stk_status status)
{
    if (i->written) {
        stk_complain(i->path, stk_filesource_text(&i->file, status));
    }
    i->failed = true;
}

static int inspect_file(struct inspect *i)
{
    enum stk_status status = STK_E_NOMEM;
    i->scanner = stk_scanner_new(&stk_alloc_libc, &i->options->limits);
    if (i->scanner != NULL) {
        status = stk_scan(i->scanner, &i->file.source, &i->report);
    }
    if (status == STK_OK) {
        i->shown = stk_new(&stk_alloc_libc, i->report->n_streams + 1);
        status = i->shown == NULL ? STK_E_NOMEM : STK_OK;
    }
    if (status != STK_OK) {
        complain(i, status);
        return STK_EXIT_UNREADABLE;
    }
    int code = i->options->offset == UINT64_MAX ? choose(i) : STK_EXIT_OK;
    if (code == STK_EXIT_OK) {
        status = show_file(i);
        if (status != STK_OK) {
            complain(i, status);
        }
        code = exit_status(i);
    }
    stk_free(&stk_alloc_libc, i->shown, i->report->n_streams + 1);
    return code;
}

static int inspect(const struct stk_command *command, const struct inspect_options *opts,
                   const char *path)
{
    struct inspect i = {
        .command = command,
        .options = opts,
        .path = path,
        .written = true,
        .listing = {.json = opts->format == FORMAT_JSON,
                    .utf8 = stk_console_utf8(),
                    .color = opts->format == FORMAT_TEXT &&
                             stk_console_color((enum stk_color)opts->color),
                    .lines_max = opts->lines_max,
                    .write = write_out},
    };
    int code = STK_EXIT_UNREADABLE;
    i.listing.ctx = &i;
    stk_filesource_init(&i.file, opts->limits.arena_max);
    enum stk_status status =
        stk_filesource_open(&i.file, AT_FDCWD, strcmp(path, "-") == 0 ? NULL : path);
    if (status == STK_OK) {
        code = inspect_file(&i);
    } else {
        complain(&i, status);
    }
    stk_scanner_free(i.scanner);
    stk_filesource_release(&i.file);
    return code;
}

static int check(const struct stk_command *command, const struct inspect_options *opts)
{
    int n = (opts->all ? 1 : 0) + (opts->stream > 0 ? 1 : 0) +
            (opts->member != NULL ? 1 : 0) + (opts->offset != UINT64_MAX ? 1 : 0);
    return n > 1 ? stk_usage(command, "--all, --stream, --member and --offset exclude "
                                      "each other")
                 : STK_EXIT_OK;
}

static int run(const struct stk_command *command, int argc, char **argv)
{
    struct inspect_options opts = {.limits = STK_LIMITS_DEFAULT, .offset = UINT64_MAX};
    struct stk_texts operands = {0};
    int status = STK_EXIT_OK;
    switch (stk_options_parse(command, argc, argv, &opts, &operands)) {
    case STK_PARSE_RUN:
        status = check(command, &opts);
        if (status == STK_EXIT_OK) {
            status = inspect(command, &opts, operands.items[0]);
        }
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

const struct stk_command stk_command_inspect = {
    .name = "inspect",
    .group = "look at files",
    .summary = "show what a stream does, opcode by opcode",
    .operands = "[--] FILE",
    .n_operands_min = 1,
    .n_operands_max = 1,
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .run = run,
};
