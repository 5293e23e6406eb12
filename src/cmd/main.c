/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <stockade/version.h>

#include "cmd/commands.h"
#include "cmd/console.h"
#include "cmd/exitcode.h"

static int dump_all(void)
{
    stk_options_dump(&stk_command_main, stdout);
    for (size_t i = 0; i < stk_n_commands; i++) {
        stk_options_dump(stk_commands[i], stdout);
    }
    return STK_EXIT_OK;
}

static int main_option(const char *arg)
{
    static const char *const names[] = {"--help", "--version"};
    if (strcmp(arg, "-h") == 0) {
        stk_command_list(stdout);
        return STK_EXIT_OK;
    }
    if (strcmp(arg, "--help") == 0) {
        if (!stk_options_manual(&stk_command_main)) {
            stk_command_list(stdout);
        }
        return STK_EXIT_OK;
    }
    if (strcmp(arg, "--version") == 0 || strcmp(arg, "-V") == 0) {
        (void)printf("stockade %s\n", STOCKADE_VERSION);
        return STK_EXIT_OK;
    }
    if (strcmp(arg, "--dump-options") == 0) {
        return dump_all();
    }
    const char *near = stk_nearest(arg, names, sizeof(names) / sizeof(names[0]));
    if (near == NULL) {
        return stk_usage(&stk_command_main, "unknown option '%s'", arg);
    }
    return stk_usage(&stk_command_main, "unknown option '%s'; did you mean '%s'?", arg,
                     near);
}

/* What stdio holds must reach its reader, or the status must say that it did not. */
static int flushed(int status)
{
    if (fflush(stdout) != 0 || ferror(stdout)) {
        stk_console_lost(errno);
        return status == STK_EXIT_OK ? STK_EXIT_UNREADABLE : status;
    }
    return status;
}

int main(int argc, char **argv)
{
    stk_console_init();
    if (argc < 2) {
        stk_command_list(stderr);
        return STK_EXIT_USAGE;
    }
    if (argv[1][0] == '-') {
        return flushed(main_option(argv[1]));
    }
    const struct stk_command *command = stk_command_find(argv[1]);
    if (command == NULL) {
        return stk_command_unknown(argv[1]);
    }
    return flushed(command->run(command, argc - 1, argv + 1));
}
