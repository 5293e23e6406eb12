/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/commands.h"

#include <string.h>

#include "cmd/exitcode.h"

const struct stk_command *const stk_commands[] = {
    &stk_command_scan,    &stk_command_inspect, &stk_command_check,
    &stk_command_convert, &stk_command_learn,   &stk_command_help,
};
const size_t stk_n_commands = sizeof(stk_commands) / sizeof(stk_commands[0]);

static const struct stk_option main_options[] = {
    {.name = "version",
     .letter = 'V',
     .kind = STK_OPTION_HELP,
     .help = "print the version"},
    STK_OPTIONS_COMMON,
};

const struct stk_command stk_command_main = {
    .name = "",
    .summary = "the deserialization firewall for AI serving",
    .operands = "<command>",
    .options = main_options,
    .n_options = sizeof(main_options) / sizeof(main_options[0]),
};

const struct stk_command *stk_command_find(const char *name)
{
    for (size_t i = 0; i < stk_n_commands; i++) {
        if (strcmp(stk_commands[i]->name, name) == 0) {
            return stk_commands[i];
        }
    }
    return NULL;
}

int stk_command_unknown(const char *name)
{
    const char *names[sizeof(stk_commands) / sizeof(stk_commands[0])];
    for (size_t i = 0; i < stk_n_commands; i++) {
        names[i] = stk_commands[i]->name;
    }
    const char *near = stk_nearest(name, names, stk_n_commands);
    if (near == NULL) {
        return stk_usage(&stk_command_main, "unknown command '%s'", name);
    }
    return stk_usage(&stk_command_main, "unknown command '%s'; did you mean '%s'?", name,
                     near);
}

void stk_command_list(FILE *to)
{
    const char *group = NULL;
    (void)fprintf(to, "Usage: stockade <command> [options] [--] [operands]\n"
                      "The deserialization firewall for AI serving.\n");
    for (size_t i = 0; i < stk_n_commands; i++) {
        const struct stk_command *command = stk_commands[i];
        if (group == NULL || strcmp(group, command->group) != 0) {
            group = command->group;
            (void)fprintf(to, "\n%s\n", group);
        }
        (void)fprintf(to, "  %-10s %s\n", command->name, command->summary);
    }
    (void)fprintf(to, "\n'stockade <command> -h' is one screen, --help the manual; "
                      "'stockade --version'.\n");
}
