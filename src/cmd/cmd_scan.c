/* SPDX-License-Identifier: Apache-2.0
 *
 * stockade scan: rates every pickle in files, folders, archives and checkpoints.
 */
#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "cmd/commands.h"
#include "cmd/console.h"
#include "cmd/exitcode.h"
#include "cmd/workers.h"

/* Threads; more than any disk feeds. */
#define JOBS_MAX 256

/* Longest path of a list. */
#define PATH_MAX_BYTES ((size_t)65536)

/* Files that the walk and the workers hold open, at the least. */
#define FILES_OPEN 4096

struct scan_options {
    int format;
    int fail_on;
    struct stk_texts include;
    struct stk_texts exclude;
    const char *files_from;
    bool null;
    uint64_t jobs;
    bool digest;
    bool quiet;
    bool verbose;
    int color;
    int progress;
    struct stk_limits limits;
};

#define FIELD(name) offsetof(struct scan_options, name)
#define LIMITS_FIELD FIELD(limits)

static const struct stk_report_format *const formats[] = {
    &stk_format_text, &stk_format_json, &stk_format_jsonl, &stk_format_sarif};

enum progress_choice {
    PROGRESS_AUTO,
    PROGRESS_NEVER,
};

static const struct stk_option options[] = {
    {.name = "format",
     .letter = 'f',
     .kind = STK_OPTION_CHOICE,
     .field = FIELD(format),
     .arg = "FORMAT",
     .choices = "text|json|jsonl|sarif",
     .fallback = "text",
     .help = "text, json, jsonl or sarif"},
    STK_OPTION_FAIL_ON(FIELD(fail_on)),
    {.name = "include",
     .kind = STK_OPTION_LIST,
     .field = FIELD(include),
     .arg = "GLOB",
     .help = "in folders, only files that match"},
    {.name = "exclude",
     .kind = STK_OPTION_LIST,
     .field = FIELD(exclude),
     .arg = "GLOB",
     .help = "in folders, no files or folders that match"},
    {.name = "files-from",
     .kind = STK_OPTION_TEXT,
     .field = FIELD(files_from),
     .arg = "FILE",
     .help = "scan the paths that FILE lists; - is stdin"},
    {.name = "null",
     .letter = 'z',
     .kind = STK_OPTION_FLAG,
     .field = FIELD(null),
     .help = "paths in that list end in NUL, not newline"},
    {.name = "jobs",
     .letter = 'j',
     .kind = STK_OPTION_COUNT,
     .field = FIELD(jobs),
     .arg = "N",
     .fallback = "processors",
     .help = "files scanned at the same time"},
    {.name = "digest",
     .kind = STK_OPTION_FLAG,
     .field = FIELD(digest),
     .help = "add the SHA-256 of each file"},
    {.name = "quiet",
     .letter = 'q',
     .kind = STK_OPTION_FLAG,
     .field = FIELD(quiet),
     .help = "text: print no results, only errors"},
    {.name = "verbose",
     .letter = 'v',
     .kind = STK_OPTION_FLAG,
     .field = FIELD(verbose),
     .help = "text: also clean files, and all findings"},
    STK_OPTION_COLOR(FIELD(color)),
    {.name = "progress",
     .kind = STK_OPTION_CHOICE,
     .field = FIELD(progress),
     .arg = "WHEN",
     .choices = "auto|never",
     .fallback = "auto",
     .help = "a line on a terminal: auto or never"},
    STK_OPTIONS_LIMITS STK_OPTIONS_COMMON,
};

/* What one run of the command holds. */
struct scan {
    const struct scan_options *options;
    const struct stk_report_format *format;
    struct stk_report_options report;
    struct stk_progress progress;
    struct stk_summary summary;
    struct stk_walk walk;
    struct stk_pool *pool; /* owned */
    bool failed;           /* an input was not found or read, or a result not printed */
};

static uint64_t processors(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof(set), &set) != 0) {
        return 1;
    }
    return (uint64_t)CPU_COUNT(&set);
}

/* A deep tree with a file a folder holds many folders open at a time. */
static void raise_open_files(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < FILES_OPEN) {
        limit.rlim_cur = limit.rlim_max < FILES_OPEN ? limit.rlim_max : FILES_OPEN;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static enum stk_status emit(void *ctx, const struct stk_item *item)
{
    struct stk_pool *pool = ctx;
    return stk_pool_push(pool, item);
}

static bool start(struct scan *scan, const struct scan_options *opts)
{
    uint64_t jobs = opts->jobs == 0 ? processors() : opts->jobs;
    scan->options = opts;
    scan->format = formats[opts->format];
    scan->report = (struct stk_report_options){
        .utf8 = stk_console_utf8(),
        .color = stk_console_color((enum stk_color)opts->color),
        .verbose = opts->verbose,
        .quiet = opts->quiet,
    };
    stk_progress_init(&scan->progress, opts->progress == PROGRESS_AUTO);
    const struct stk_pool_options pool = {
        .jobs = jobs < JOBS_MAX ? (size_t)jobs : JOBS_MAX,
        .digest = opts->digest,
        .limits = &opts->limits,
        .format = scan->format,
        .report = &scan->report,
        .progress = &scan->progress,
    };
    scan->pool = stk_pool_new(&pool);
    scan->walk = (struct stk_walk){
        .include = &opts->include,
        .exclude = &opts->exclude,
        .emit = emit,
        .ctx = scan->pool,
    };
    return scan->pool != NULL;
}

/* ---- what to scan ---- */

static enum stk_status scan_operands(struct scan *scan, const struct stk_texts *operands)
{
    for (size_t i = 0; i < operands->n && !stk_interrupted(); i++) {
        const char *path = operands->items[i];
        if (strcmp(path, "-") == 0) {
            STK_TRY(stk_walk_stdin(&scan->walk));
        } else {
            STK_TRY(stk_walk_path(&scan->walk, path));
        }
    }
    return STK_OK;
}

/* Says which list could not be read, and why. */
static void list_failed(struct scan *scan, const char *name)
{
    const char *text = strerrordesc_np(errno);
    stk_complain(name, text == NULL ? "cannot be read" : text);
    scan->failed = true;
}

/* The next path of the list, with its NUL. False: there is none. */
static bool next_path(FILE *list, int end, struct stk_buf *path)
{
    int c = 0;
    stk_buf_clear(path);
    while ((c = getc_unlocked(list)) != EOF && c != end) {
        stk_buf_byte(path, (uint8_t)c);
    }
    bool found = path->len > 0 || c != EOF;
    stk_buf_byte(path, '\0');
    return found;
}

static enum stk_status scan_paths(struct scan *scan, FILE *list, int end)
{
    enum stk_status status = STK_OK;
    struct stk_buf path;
    stk_buf_init(&path, &stk_alloc_libc, PATH_MAX_BYTES);
    while (status == STK_OK && !stk_interrupted() && next_path(list, end, &path)) {
        if (path.status != STK_OK) {
            stk_complain(scan->options->files_from, "holds a path that is too long");
            scan->failed = true;
        } else if (path.len > 1) {
            status = stk_walk_path(&scan->walk, (const char *)path.data);
        }
    }
    stk_buf_release(&path);
    return status;
}

static enum stk_status scan_list(struct scan *scan, const char *name)
{
    bool is_stdin = strcmp(name, "-") == 0;
    FILE *list = is_stdin ? stdin : fopen(name, "re");
    if (list == NULL) {
        list_failed(scan, name);
        return STK_OK;
    }
    enum stk_status status = scan_paths(scan, list, scan->options->null ? '\0' : '\n');
    if (ferror(list) && !stk_interrupted()) {
        list_failed(scan, name);
    }
    if (!is_stdin) {
        (void)fclose(list);
    }
    return status;
}

/* ---- the document ---- */

static void print(struct scan *scan, const struct stk_buf *text)
{
    if (text->status != STK_OK) {
        stk_complain(NULL, stk_status_text(text->status));
        scan->failed = true;
    } else if (!stk_console_write(stk_buf_span(text))) {
        stk_console_lost(errno);
        scan->failed = true;
    }
}

static void print_head(struct scan *scan)
{
    struct stk_buf text;
    stk_buf_init(&text, &stk_alloc_libc, SIZE_MAX / 2);
    scan->format->head(&text);
    print(scan, &text);
    stk_buf_release(&text);
}

static void print_tail(struct scan *scan)
{
    struct stk_buf text;
    stk_buf_init(&text, &stk_alloc_libc, SIZE_MAX / 2);
    scan->summary.skipped_special += scan->walk.n_special;
    scan->summary.skipped_symlinks += scan->walk.n_symlinks;
    scan->summary.skipped_excluded += scan->walk.n_excluded;
    scan->summary.seconds = stk_now() - scan->progress.began;
    scan->format->tail(&text, &scan->report, &scan->summary, stk_pool_errors(scan->pool));
    print(scan, &text);
    stk_buf_release(&text);
}

static int exit_status(const struct scan *scan)
{
    const struct stk_summary *summary = &scan->summary;
    if (stk_interrupted()) {
        return STK_EXIT_INTERRUPTED;
    }
    struct stk_rated rated = {
        .dangerous = summary->verdicts[STK_VERDICT_DANGEROUS] > 0,
        .review =
            summary->verdicts[STK_VERDICT_REVIEW] > 0 || summary->review_streams > 0,
        .undecided = summary->verdicts[STK_VERDICT_UNDECIDED] > 0,
        .unreadable = scan->failed || summary->unreadable > 0,
    };
    return (int)stk_exit_of(&rated, scan->options->fail_on);
}

/* Results that cannot be printed end the scan; what was found still sets the status. */
static int scan_all(const struct scan_options *opts, const struct stk_texts *operands)
{
    struct scan scan = {0};
    enum stk_status status = STK_OK;
    if (!start(&scan, opts)) {
        stk_complain(NULL, stk_status_text(STK_E_NOMEM));
        return STK_EXIT_UNREADABLE;
    }
    raise_open_files();
    stk_interrupt_catch();
    print_head(&scan);
    bool headless = scan.failed;
    if (!headless) {
        status = scan_operands(&scan, operands);
        if (status == STK_OK && opts->files_from != NULL) {
            status = scan_list(&scan, opts->files_from);
        }
    }
    enum stk_status finished = stk_pool_finish(scan.pool, &scan.summary);
    if (status == STK_E_NOMEM || finished == STK_E_NOMEM) {
        stk_complain(NULL, stk_status_text(STK_E_NOMEM));
    }
    scan.failed = scan.failed || status != STK_OK || finished != STK_OK;
    if (stk_interrupted()) {
        stk_complain(NULL, "interrupted: the results are not complete");
    }
    if (!headless && finished != STK_E_IO) {
        print_tail(&scan);
    }
    stk_pool_free(scan.pool);
    return exit_status(&scan);
}

static int check(const struct stk_command *command, const struct scan_options *opts,
                 const struct stk_texts *operands)
{
    size_t n_stdin = opts->files_from != NULL && strcmp(opts->files_from, "-") == 0;
    for (size_t i = 0; i < operands->n; i++) {
        n_stdin += strcmp(operands->items[i], "-") == 0;
    }
    if (operands->n == 0 && opts->files_from == NULL) {
        return stk_usage(command, "missing operand: stockade scan %s", command->operands);
    }
    if (n_stdin > 1) {
        return stk_usage(command, "standard input can be read once only");
    }
    if (opts->null && opts->files_from == NULL) {
        return stk_usage(command, "--null is about the list of --files-from");
    }
    if (opts->quiet && opts->verbose) {
        return stk_usage(command, "--quiet and --verbose exclude each other");
    }
    return STK_EXIT_OK;
}

static int run(const struct stk_command *command, int argc, char **argv)
{
    struct scan_options opts = {.limits = STK_LIMITS_DEFAULT};
    struct stk_texts operands = {0};
    int status = STK_EXIT_OK;
    switch (stk_options_parse(command, argc, argv, &opts, &operands)) {
    case STK_PARSE_RUN:
        status = check(command, &opts, &operands);
        if (status == STK_EXIT_OK) {
            status = scan_all(&opts, &operands);
        }
        break;
    case STK_PARSE_USAGE:
        status = STK_EXIT_USAGE;
        break;
    case STK_PARSE_DONE:
        break;
    }
    stk_texts_release(&opts.include);
    stk_texts_release(&opts.exclude);
    stk_texts_release(&operands);
    return status;
}

const struct stk_command stk_command_scan = {
    .name = "scan",
    .group = "look at files",
    .summary = "rate every pickle in files, folders, archives and checkpoints",
    .operands = "[--] PATH...",
    .n_operands_max = SIZE_MAX,
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .run = run,
};
