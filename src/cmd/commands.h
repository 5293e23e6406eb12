/* SPDX-License-Identifier: Apache-2.0
 *
 * One definition a command, each in its own cmd_<name>.c.
 */
#pragma once

#include "cmd/options.h"

extern const struct stk_command stk_command_scan;
extern const struct stk_command stk_command_inspect;
extern const struct stk_command stk_command_check;
extern const struct stk_command stk_command_convert;
extern const struct stk_command stk_command_learn;
extern const struct stk_command stk_command_help;

/* `stockade` itself; its name is empty. */
extern const struct stk_command stk_command_main;

/* The command of that name, or NULL. */
const struct stk_command *stk_command_find(const char *name);

/* Says that there is no such command, and which is near. Returns STK_EXIT_USAGE. */
int stk_command_unknown(const char *name);

/* The list of commands by group. */
void stk_command_list(FILE *to);
