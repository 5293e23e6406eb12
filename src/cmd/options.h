/* SPDX-License-Identifier: Apache-2.0
 *
 * Options of commands, as tables. One table drives parsing, -h, and --dump-options, from
 * which the manual's OPTIONS section and the shell completions are generated, so that the
 * four cannot drift.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/status.h"

enum stk_option_kind {
    STK_OPTION_FLAG,   /* bool, set to true */
    STK_OPTION_CHOICE, /* int, index into choices */
    STK_OPTION_COUNT,  /* uint64_t, at least 1 */
    STK_OPTION_SIZE,   /* uint64_t, may end in K, M or G (powers of 1024) */
    STK_OPTION_TEXT,   /* const char *, borrowed from argv */
    STK_OPTION_LIST,   /* struct stk_texts, may be given again */
    STK_OPTION_HELP,   /* -h is the screen, --help the manual, or --dump-options */
};

struct stk_option {
    const char *name; /* without dashes */
    char letter;      /* 0: none */
    enum stk_option_kind kind;
    size_t field;         /* offset in the command's options struct */
    const char *arg;      /* what -h calls the value; NULL: takes none */
    const char *choices;  /* CHOICE: "text|json" */
    const char *fallback; /* the default, for people; NULL: none */
    const char *help;     /* one lower-case line */
    const char *why;      /* limits: why that default; NULL otherwise */
};

/* A list of borrowed strings that grows. */
struct stk_texts {
    const char **items; /* owned */
    size_t n;
    size_t cap;
};

STK_MUST_USE enum stk_status stk_texts_add(struct stk_texts *texts, const char *text);
void stk_texts_release(struct stk_texts *texts);

struct stk_command {
    const char *name;
    const char *group;    /* of the list that stockade alone prints */
    const char *summary;  /* one lower-case line */
    const char *operands; /* "[--] PATH..."; "" for none */
    size_t n_operands_min;
    size_t n_operands_max;
    const struct stk_option *options;
    size_t n_options;
    /* Runs the command; argv[0] is its name. Returns an exit status. */
    int (*run)(const struct stk_command *command, int argc, char **argv);
};

/* The last rows of every command's table. */
#define STK_OPTIONS_COMMON                                                               \
    {.name = "help",                                                                     \
     .letter = 'h',                                                                      \
     .kind = STK_OPTION_HELP,                                                            \
     .help = "this screen; --help opens the manual"},                                    \
    {                                                                                    \
        .name = "dump-options", .kind = STK_OPTION_HELP,                                 \
        .help = "print this table for generators"                                        \
    }

/* What a parse asks of the command. */
enum stk_parse {
    STK_PARSE_RUN,
    STK_PARSE_DONE,  /* help was printed: exit 0 */
    STK_PARSE_USAGE, /* a message was printed: exit 2 */
};

/* Fills the command's options struct (initialised by the caller) from argv, and collects
 * operands. Prints what is wrong, or the help that was asked for. */
enum stk_parse stk_options_parse(const struct stk_command *command, int argc, char **argv,
                                 void *fields, struct stk_texts *ret_operands);

/* One line about what is wrong and one that says where help is. Returns STK_EXIT_USAGE.
 */
__attribute__((format(printf, 2, 3))) int stk_usage(const struct stk_command *command,
                                                    const char *format, ...);

/* The one screen of -h, and the machine-readable table. */
void stk_options_help(const struct stk_command *command, FILE *to);
void stk_options_dump(const struct stk_command *command, FILE *to);

/* Opens the manual of a command. False: there is none here, or no man to show it. */
bool stk_options_manual(const struct stk_command *command);

/* A number with an optional K, M or G. False: not one, or past 2^64 - 1. */
bool stk_parse_size(const char *text, bool suffix, uint64_t *ret_value);

/* How many insertions, deletions, replacements and swaps make a into b. */
size_t stk_edit_distance(const char *a, const char *b);

/* The table of all commands, for help and completions. */
extern const struct stk_command *const stk_commands[];
extern const size_t stk_n_commands;

/* The nearest name, or NULL when none is near. */
const char *stk_nearest(const char *name, const char *const *names, size_t n);
