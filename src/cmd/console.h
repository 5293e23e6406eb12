/* SPDX-License-Identifier: Apache-2.0
 *
 * stdout and stderr: results on one, diagnostics on the other. What comes from a file or
 * from the command line is escaped on its way.
 */
#pragma once

#include <stdbool.h>

#include "base/buf.h"
#include "base/span.h"

enum stk_color {
    STK_COLOR_AUTO,
    STK_COLOR_ALWAYS,
    STK_COLOR_NEVER,
};

/* Prepares the three standard descriptors and looks once at the environment: whether the
 * locale is UTF-8. Call first. */
void stk_console_init(void);

/* The reader of the terminal shows UTF-8. */
bool stk_console_utf8(void);

/* Colours on stdout: never with NO_COLOR (no-color.org) unless asked for. */
bool stk_console_color(enum stk_color wanted);

/* "stockade: PATH: TEXT" on stderr in one write. path may be NULL. */
void stk_complain(const char *path, const char *text);
void stk_complain_span(struct stk_span path, const char *text);

/* Each of several lines, with path. */
void stk_complain_lines(const char *path, struct stk_span lines);

/* The same line, appended to lines that are written later by stk_console_errors. */
void stk_complain_into(struct stk_buf *lines, struct stk_span path, const char *text);
void stk_console_errors(struct stk_span lines);

/* Writes all of it to stdout, past stdio. False: it could not be written; errno. */
bool stk_console_write(struct stk_span bytes);

/* Says that stdout could not be written. A reader that went away needs no telling. */
void stk_console_lost(int error);

/* SIGINT, unless it is ignored, sets a flag from now on, once: a second one ends the
 * program as usual. */
void stk_interrupt_catch(void);
bool stk_interrupted(void);
