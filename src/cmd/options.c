/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/options.h"

#include <string.h>

#include "base/alloc.h"

enum stk_status stk_texts_add(struct stk_texts *texts, const char *text)
{
    void *items = texts->items;
    STK_TRY(stk_grow(&stk_alloc_libc, &items, &texts->cap, sizeof(*texts->items),
                     texts->n + 1, SIZE_MAX / sizeof(*texts->items)));
    texts->items = items;
    texts->items[texts->n++] = text;
    return STK_OK;
}

void stk_texts_release(struct stk_texts *texts)
{
    if (texts->items != NULL) {
        stk_free(&stk_alloc_libc, texts->items, texts->cap * sizeof(*texts->items));
    }
    *texts = (struct stk_texts){0};
}

bool stk_parse_size(const char *text, bool suffix, uint64_t *ret_value)
{
    static const char units[] = "KMG";
    uint64_t value = 0;
    const char *p = text;
    for (; *p >= '0' && *p <= '9'; p++) {
        if (__builtin_mul_overflow(value, UINT64_C(10), &value) ||
            __builtin_add_overflow(value, (uint64_t)(*p - '0'), &value)) {
            return false;
        }
    }
    if (p == text) {
        return false;
    }
    const char *unit = suffix && *p != '\0' ? strchr(units, *p) : NULL;
    if (unit != NULL) {
        p++;
        if (__builtin_mul_overflow(value, UINT64_C(1024) << (10 * (unit - units)),
                                   &value)) {
            return false;
        }
    }
    if (*p != '\0') {
        return false;
    }
    *ret_value = value;
    return true;
}

const char *stk_size_text(uint64_t value, char text[STK_SIZE_TEXT])
{
    static const char *const units[] = {"", "K", "M", "G"};
    size_t unit = 0;
    while (unit < 3 && value != 0 && value % 1024 == 0) {
        value /= 1024;
        unit++;
    }
    (void)snprintf(text, STK_SIZE_TEXT, "%llu%s", (unsigned long long)value, units[unit]);
    return text;
}

/* The state of one parse. */
struct parse {
    const struct stk_command *command;
    char **argv; /* what is left; NULL at the end */
    void *fields;
    struct stk_texts *operands;
};

static const struct stk_option *by_name(const struct stk_command *command,
                                        const char *name, size_t len)
{
    for (size_t i = 0; i < command->n_options; i++) {
        const char *other = command->options[i].name;
        if (strlen(other) == len && memcmp(other, name, len) == 0) {
            return &command->options[i];
        }
    }
    return NULL;
}

static const struct stk_option *by_letter(const struct stk_command *command, char letter)
{
    for (size_t i = 0; i < command->n_options; i++) {
        if (command->options[i].letter == letter) {
            return &command->options[i];
        }
    }
    return NULL;
}

/* The index of a choice, or -1. */
static int find_choice(const char *choices, const char *value)
{
    size_t len = strlen(value);
    int index = 0;
    for (const char *p = choices;; index++) {
        size_t n = strcspn(p, "|");
        if (n == len && memcmp(p, value, n) == 0) {
            return index;
        }
        if (p[n] == '\0') {
            return -1;
        }
        p += n + 1;
    }
}

static enum stk_parse bad_value(struct parse *parse, const struct stk_option *option,
                                const char *value, const char *want)
{
    stk_usage(parse->command, "--%s takes %s, not '%s'", option->name, want, value);
    return STK_PARSE_USAGE;
}

static enum stk_parse set_choice(struct parse *parse, const struct stk_option *option,
                                 int *field, const char *value)
{
    int index = find_choice(option->choices, value);
    if (index < 0) {
        return bad_value(parse, option, value, option->choices);
    }
    *field = index;
    return STK_PARSE_RUN;
}

static enum stk_parse set_number(struct parse *parse, const struct stk_option *option,
                                 uint64_t *field, const char *value)
{
    bool suffix = option->kind == STK_OPTION_SIZE;
    uint64_t number = 0;
    if (!stk_parse_size(value, suffix, &number)) {
        return bad_value(parse, option, value,
                         suffix ? "a number, with K, M or G behind it" : "a number");
    }
    if (number == 0 && !option->zero) {
        return bad_value(parse, option, value, "a number above 0");
    }
    if (option->max != 0 && number > option->max) {
        char want[64];
        char most[STK_SIZE_TEXT];
        (void)snprintf(want, sizeof(want), "at most %s",
                       stk_size_text(option->max, most));
        return bad_value(parse, option, value, want);
    }
    *field = number;
    return STK_PARSE_RUN;
}

/* --help and --dump-options; -h never comes here. */
static enum stk_parse help(struct parse *parse, const struct stk_option *option)
{
    if (strcmp(option->name, "dump-options") == 0) {
        stk_options_dump(parse->command, stdout);
        return STK_PARSE_DONE;
    }
    stk_options_manual_or_help(parse->command, stdout);
    return STK_PARSE_DONE;
}

/* value is NULL for an option without one. */
static enum stk_parse set(struct parse *parse, const struct stk_option *option,
                          const char *value)
{
    void *field = (char *)parse->fields + option->field;
    switch (option->kind) {
    case STK_OPTION_FLAG:
        *(bool *)field = true;
        return STK_PARSE_RUN;
    case STK_OPTION_CHOICE:
        return set_choice(parse, option, field, value);
    case STK_OPTION_COUNT:
    case STK_OPTION_SIZE:
        return set_number(parse, option, field, value);
    case STK_OPTION_TEXT:
        *(const char **)field = value;
        return STK_PARSE_RUN;
    case STK_OPTION_LIST:
        if (stk_texts_add(field, value) != STK_OK) {
            stk_usage(parse->command, "out of memory");
            return STK_PARSE_USAGE;
        }
        return STK_PARSE_RUN;
    case STK_OPTION_HELP:
        break;
    }
    return help(parse, option);
}

static enum stk_parse unknown_option(struct parse *parse, const char *name)
{
    const char *names[64];
    size_t n = 0;
    for (size_t i = 0; i < parse->command->n_options && n < 64; i++) {
        names[n++] = parse->command->options[i].name;
    }
    const char *near = stk_nearest(name, names, n);
    if (near != NULL) {
        stk_usage(parse->command, "unknown option '--%s'; did you mean '--%s'?", name,
                  near);
    } else {
        stk_usage(parse->command, "unknown option '--%s'", name);
    }
    return STK_PARSE_USAGE;
}

/* arg is what stands behind the dashes. */
static enum stk_parse parse_long(struct parse *parse, char *arg)
{
    char *equals = strchr(arg, '=');
    size_t len = equals == NULL ? strlen(arg) : (size_t)(equals - arg);
    const struct stk_option *option = by_name(parse->command, arg, len);
    if (option == NULL) {
        arg[len] = '\0';
        return unknown_option(parse, arg);
    }
    if (option->arg == NULL) {
        if (equals != NULL) {
            stk_usage(parse->command, "--%s takes no value", option->name);
            return STK_PARSE_USAGE;
        }
        return set(parse, option, NULL);
    }
    if (equals != NULL) {
        return set(parse, option, equals + 1);
    }
    if (*parse->argv == NULL) {
        stk_usage(parse->command, "--%s needs a value", option->name);
        return STK_PARSE_USAGE;
    }
    return set(parse, option, *parse->argv++);
}

/* Letters may stand together; the value of one is the rest, or the next argument. */
static enum stk_parse parse_short(struct parse *parse, const char *letters)
{
    for (const char *p = letters; *p != '\0'; p++) {
        const struct stk_option *option = by_letter(parse->command, *p);
        if (option == NULL) {
            stk_usage(parse->command, "unknown option '-%c'", *p);
            return STK_PARSE_USAGE;
        }
        if (option->kind == STK_OPTION_HELP) {
            (void)stk_options_help(parse->command, stdout);
            return STK_PARSE_DONE;
        }
        if (option->arg == NULL) {
            enum stk_parse result = set(parse, option, NULL);
            if (result != STK_PARSE_RUN) {
                return result;
            }
            continue;
        }
        if (p[1] != '\0') {
            return set(parse, option, p + 1);
        }
        if (*parse->argv == NULL) {
            stk_usage(parse->command, "-%c needs a value", *p);
            return STK_PARSE_USAGE;
        }
        return set(parse, option, *parse->argv++);
    }
    return STK_PARSE_RUN;
}

static enum stk_parse add_operand(struct parse *parse, const char *operand)
{
    if (stk_texts_add(parse->operands, operand) != STK_OK) {
        stk_usage(parse->command, "out of memory");
        return STK_PARSE_USAGE;
    }
    return STK_PARSE_RUN;
}

static enum stk_parse check_operands(const struct stk_command *command, size_t n)
{
    if (n < command->n_operands_min) {
        stk_usage(command, "missing operand: stockade %s %s", command->name,
                  command->operands);
        return STK_PARSE_USAGE;
    }
    if (n > command->n_operands_max) {
        stk_usage(command, "too many operands");
        return STK_PARSE_USAGE;
    }
    return STK_PARSE_RUN;
}

enum stk_parse stk_options_parse(const struct stk_command *command, int argc, char **argv,
                                 void *fields, struct stk_texts *ret_operands)
{
    struct parse parse = {
        .command = command,
        .argv = argv + (argc > 0 ? 1 : 0),
        .fields = fields,
        .operands = ret_operands,
    };
    bool only_operands = false;
    while (*parse.argv != NULL) {
        char *arg = *parse.argv++;
        enum stk_parse result = STK_PARSE_RUN;
        if (only_operands || arg[0] != '-' || arg[1] == '\0') {
            result = add_operand(&parse, arg);
        } else if (arg[1] != '-') {
            result = parse_short(&parse, arg + 1);
        } else if (arg[2] == '\0') {
            only_operands = true;
        } else {
            result = parse_long(&parse, arg + 2);
        }
        if (result != STK_PARSE_RUN) {
            return result;
        }
    }
    return check_operands(command, ret_operands->n);
}
