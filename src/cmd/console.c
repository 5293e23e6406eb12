/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/console.h"

#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/escape.h"

/* Longest line of diagnostics: several PATH_MAX of escapes. */
#define LINE_MAX_BYTES 65536

void stk_console_init(void)
{
    (void)setlocale(LC_CTYPE, "");
}

bool stk_console_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

bool stk_console_color(enum stk_color wanted)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    switch (wanted) {
    case STK_COLOR_ALWAYS:
        return true;
    case STK_COLOR_NEVER:
        return false;
    case STK_COLOR_AUTO:
        break;
    }
    return (no_color == NULL || *no_color == '\0') && isatty(STDOUT_FILENO) == 1 &&
           term != NULL && strcmp(term, "dumb") != 0;
}

static bool write_all(int fd, struct stk_span bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.data, bytes.len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return false;
        }
        bytes = stk_span_of(bytes.data + n, bytes.len - (size_t)n);
    }
    return true;
}

void stk_complain_span(struct stk_span path, const char *text)
{
    struct stk_buf line;
    stk_buf_init(&line, &stk_alloc_libc, LINE_MAX_BYTES);
    stk_buf_str(&line, "stockade: ");
    if (path.len > 0) {
        stk_escape_put(&line, path, stk_console_utf8());
        stk_buf_str(&line, ": ");
    }
    stk_escape_put(&line, stk_span_of(text, strlen(text)), stk_console_utf8());
    stk_buf_byte(&line, '\n');
    (void)write_all(STDERR_FILENO, stk_buf_span(&line));
    stk_buf_release(&line);
}

void stk_complain(const char *path, const char *text)
{
    stk_complain_span(stk_span_of(path, path == NULL ? 0 : strlen(path)), text);
}

bool stk_console_write(struct stk_span bytes)
{
    return write_all(STDOUT_FILENO, bytes);
}
