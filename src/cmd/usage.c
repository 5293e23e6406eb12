/* SPDX-License-Identifier: Apache-2.0
 *
 * What commands say about themselves: -h, the table for generators, the manual, and what
 * is wrong with a command line.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "cmd/console.h"
#include "cmd/exitcode.h"
#include "cmd/options.h"

/* Column at which the help of an option begins. */
#define HELP_COLUMN 26

static const char *label(const struct stk_command *command)
{
    return command->name[0] == '\0' ? "" : " ";
}

int stk_usage(const struct stk_command *command, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    stk_complain(command->name[0] == '\0' ? NULL : command->name, text);
    (void)fprintf(stderr, "Try 'stockade%s%s -h'.\n", label(command), command->name);
    return STK_EXIT_USAGE;
}

static void put_option(const struct stk_option *option, FILE *to)
{
    char left[64];
    int n = snprintf(left, sizeof(left), "  %c%c%c --%s%s%s", option->letter ? '-' : ' ',
                     option->letter ? option->letter : ' ', option->letter ? ',' : ' ',
                     option->name, option->arg == NULL ? "" : " ",
                     option->arg == NULL ? "" : option->arg);
    if (n < HELP_COLUMN) {
        (void)fprintf(to, "%-*s%s", HELP_COLUMN, left, option->help);
    } else {
        (void)fprintf(to, "%s  %s", left, option->help);
    }
    if (option->fallback != NULL) {
        (void)fprintf(to, " [%s]", option->fallback);
    }
    (void)fputc('\n', to);
}

static void put_limits(const struct stk_command *command, FILE *to)
{
    (void)fprintf(to, "\nLimits, with their defaults; N may end in K, M or G:\n");
    for (size_t i = 0; i < command->n_options; i++) {
        const struct stk_option *option = &command->options[i];
        char left[64];
        char value[STK_SIZE_TEXT];
        if (option->why != NULL) {
            (void)snprintf(left, sizeof(left), "      --%s N", option->name);
            (void)fprintf(to, "%-*s  %s [%s]\n", HELP_COLUMN + 4, left, option->help,
                          stk_size_text(option->value, value));
        }
    }
}

/* Limits are many: one line stands for all of them. */
bool stk_options_help(const struct stk_command *command, FILE *to)
{
    bool limits = false;
    (void)fprintf(to, "Usage: stockade%s%s [options]%s%s\n%c%s.\n\n", label(command),
                  command->name, command->operands[0] == '\0' ? "" : " ",
                  command->operands, command->summary[0] - 'a' + 'A',
                  command->summary + 1);
    for (size_t i = 0; i < command->n_options; i++) {
        const struct stk_option *option = &command->options[i];
        if (option->why != NULL) {
            limits = true;
        } else if (strcmp(option->name, "dump-options") != 0) {
            put_option(option, to);
        }
    }
    if (limits) {
        (void)fprintf(to, "%-*s%s\n", HELP_COLUMN, "      --limit-NAME N",
                      "change a limit; --help lists them");
    }
    return limits;
}

void stk_options_manual_or_help(const struct stk_command *command, FILE *to)
{
    if (!stk_options_manual(command) && stk_options_help(command, to)) {
        put_limits(command, to);
    }
}

static const char *kind_name(enum stk_option_kind kind)
{
    switch (kind) {
    case STK_OPTION_FLAG:
        return "flag";
    case STK_OPTION_CHOICE:
        return "choice";
    case STK_OPTION_COUNT:
        return "count";
    case STK_OPTION_SIZE:
        return "size";
    case STK_OPTION_TEXT:
        return "text";
    case STK_OPTION_LIST:
        return "list";
    case STK_OPTION_HELP:
        break;
    }
    return "help";
}

/* One line a command and one an option, fields between tabs; empty fields are "-". */
void stk_options_dump(const struct stk_command *command, FILE *to)
{
    const char *name = command->name[0] == '\0' ? "-" : command->name;
    (void)fprintf(to, "command\t%s\t%s\t%s\n", name,
                  command->operands[0] == '\0' ? "-" : command->operands,
                  command->summary);
    for (size_t i = 0; i < command->n_options; i++) {
        const struct stk_option *option = &command->options[i];
        char number[STK_SIZE_TEXT];
        const char *fallback =
            option->why == NULL ? option->fallback : stk_size_text(option->value, number);
        if (strcmp(option->name, "dump-options") == 0) {
            continue;
        }
        (void)fprintf(to, "option\t%s\t%c\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", name,
                      option->letter ? option->letter : '-', option->name,
                      kind_name(option->kind), option->arg ? option->arg : "-",
                      option->choices ? option->choices : "-", fallback ? fallback : "-",
                      option->help, option->why ? option->why : "-");
    }
}

/* True when a manual was shown. */
static bool run_man(const char *page)
{
    char man[] = "man";
    char copy[64];
    char *argv[] = {man, copy, NULL};
    pid_t pid = 0;
    int status = 0;
    (void)snprintf(copy, sizeof(copy), "%s", page);
    posix_spawn_file_actions_t actions;
    if (posix_spawn_file_actions_init(&actions) != 0) {
        return false;
    }
    /* "No manual entry" is not for our reader: other help follows. */
    (void)posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    bool spawned = posix_spawnp(&pid, man, &actions, NULL, argv, environ) == 0;
    (void)posix_spawn_file_actions_destroy(&actions);
    if (!spawned) {
        return false;
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return false;
        }
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool stk_options_manual(const struct stk_command *command)
{
    char page[64];
    bool main_page = command->name[0] == '\0';
    (void)snprintf(page, sizeof(page), "stockade%s%s", main_page ? "" : "-",
                   command->name);
    (void)fflush(stdout);
    return run_man(page);
}

static size_t min3(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Longest name that is compared; what is longer is no name of ours. */
#define NAME_MAX_LEN 40

/* Optimal string alignment, three rows of the usual table. */
size_t stk_edit_distance(const char *a, const char *b)
{
    size_t rows[3][NAME_MAX_LEN + 1];
    size_t n = strlen(a);
    size_t m = strlen(b);
    if (n > NAME_MAX_LEN || m > NAME_MAX_LEN) {
        return SIZE_MAX;
    }
    for (size_t j = 0; j <= m; j++) {
        rows[0][j] = j;
    }
    for (size_t i = 1; i <= n; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3];
        const size_t *above2 = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            row[j] =
                min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                above2[j - 2] + 1 < row[j]) {
                row[j] = above2[j - 2] + 1;
            }
        }
    }
    return rows[n % 3][m];
}

/* A name that this one begins is near; else one in three letters may be wrong. */
const char *stk_nearest(const char *name, const char *const *names, size_t n)
{
    const char *best = NULL;
    size_t best_distance = SIZE_MAX;
    size_t len = strlen(name);
    for (size_t i = 0; i < n; i++) {
        bool prefix = len >= 2 && strncmp(names[i], name, len) == 0;
        size_t distance = prefix ? 1 : stk_edit_distance(name, names[i]);
        if (distance < best_distance && distance <= 1 + len / 3) {
            best = names[i];
            best_distance = distance;
        }
    }
    return best;
}
