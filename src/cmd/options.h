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

#include "base/limits.h"
#include "base/status.h"

enum stk_option_kind {
    STK_OPTION_FLAG,   /* bool, set to true */
    STK_OPTION_CHOICE, /* int, index into choices */
    STK_OPTION_COUNT,  /* uint64_t, at least 1 */
    STK_OPTION_SIZE,   /* as COUNT; may end in K, M or G (powers of 1024) */
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
    uint64_t value;       /* limits: the default */
    uint64_t max;         /* SIZE: the largest value; 0: none */
    bool zero;            /* COUNT, SIZE: 0 is a value like others */
};

/* Rows for every limit. Whoever uses it defines LIMITS_FIELD, the offset of a struct
 * stk_limits in the command's options struct. The maximum is past any machine, and sums
 * below it cannot overflow; levels cost stack, so that theirs is lower. */
#define STK_OPTIONS_LIMITS STK_LIMITS(STK_OPTION_LIMIT)
#define STK_OPTION_LIMIT(field_, option, value_, unit, why_)                             \
    {.name = "limit-" option,                                                            \
     .kind = STK_OPTION_SIZE,                                                            \
     .field = (LIMITS_FIELD) + offsetof(struct stk_limits, field_),                      \
     .arg = "N",                                                                         \
     .help = unit,                                                                       \
     .why = (why_),                                                                      \
     .value = (value_),                                                                  \
     .max =                                                                              \
         offsetof(struct stk_limits, field_) == offsetof(struct stk_limits, depth_max)   \
             ? STK_LIMIT_DEPTH_HIGHEST                                                   \
             : STK_LIMIT_HIGHEST},
#define STK_LIMIT_HIGHEST (UINT64_C(1) << 40)
#define STK_LIMIT_DEPTH_HIGHEST 64

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

/* Rows that several commands have; `at` is the field's offset. */
#define STK_OPTION_FAIL_ON(at)                                                           \
    {                                                                                    \
        .name = "fail-on", .kind = STK_OPTION_CHOICE, .field = (at), .arg = "VERDICT",   \
        .choices = "review|dangerous", .fallback = "review",                             \
        .help = "the least that gives exit status 1"                                     \
    }

#define STK_OPTION_COLOR(at)                                                             \
    {                                                                                    \
        .name = "color", .kind = STK_OPTION_CHOICE, .field = (at), .arg = "WHEN",        \
        .choices = "auto|always|never", .fallback = "auto",                              \
        .help = "text: auto, always or never"                                            \
    }

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

/* The one screen of -h: true if the command has limits, which it does not list. And the
 * machine-readable table. */
bool stk_options_help(const struct stk_command *command, FILE *to);
void stk_options_dump(const struct stk_command *command, FILE *to);

/* Opens the manual of a command. False: there is none here, or no man to show it. */
bool stk_options_manual(const struct stk_command *command);

/* The manual; where there is none the screen of -h, and the limits. */
void stk_options_manual_or_help(const struct stk_command *command, FILE *to);

/* A number with an optional K, M or G. False: not one, or past 2^64 - 1. */
bool stk_parse_size(const char *text, bool suffix, uint64_t *ret_value);

/* The reverse: 65536 as "64K". Returns text. */
#define STK_SIZE_TEXT 24
const char *stk_size_text(uint64_t value, char text[STK_SIZE_TEXT]);

/* How many insertions, deletions, replacements and swaps make a into b. */
size_t stk_edit_distance(const char *a, const char *b);

/* The table of all commands, for help and completions. */
extern const struct stk_command *const stk_commands[];
extern const size_t stk_n_commands;

/* The nearest name, or NULL when none is near. */
const char *stk_nearest(const char *name, const char *const *names, size_t n);
