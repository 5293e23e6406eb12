/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/commands.h"
#include "cmd/exitcode.h"

struct help_options {
    char unused;
};

static const struct stk_option options[] = {STK_OPTIONS_COMMON};

static int show(const struct stk_texts *operands)
{
    if (operands->n == 0) {
        stk_command_list(stdout);
        return STK_EXIT_OK;
    }
    const struct stk_command *command = stk_command_find(operands->items[0]);
    if (command == NULL) {
        return stk_command_unknown(operands->items[0]);
    }
    stk_options_manual_or_help(command, stdout);
    return STK_EXIT_OK;
}

static int run(const struct stk_command *command, int argc, char **argv)
{
    struct help_options fields = {0};
    struct stk_texts operands = {0};
    int status = STK_EXIT_OK;
    switch (stk_options_parse(command, argc, argv, &fields, &operands)) {
    case STK_PARSE_RUN:
        status = show(&operands);
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

const struct stk_command stk_command_help = {
    .name = "help",
    .group = "about stockade",
    .summary = "show the manual of a command",
    .operands = "[COMMAND]",
    .n_operands_max = 1,
    .options = options,
    .n_options = sizeof(options) / sizeof(options[0]),
    .run = run,
};
