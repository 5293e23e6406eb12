/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/console.h"

#include <errno.h>
#include <fcntl.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "report/escape.h"

/* Longest line of diagnostics: several PATH_MAX of escapes. */
#define LINE_MAX_BYTES 65536

/* A file that was opened as descriptor 1 would get our results. What is closed becomes a
 * descriptor that fails to write, or to read. */
static void fill_standard(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0) {
            (void)open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
        }
    }
}

void stk_console_init(void)
{
    fill_standard();
    (void)signal(SIGPIPE, SIG_IGN); /* EPIPE says the same, and results are flushed */
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

void stk_complain_into(struct stk_buf *lines, struct stk_span path, const char *text)
{
    stk_buf_str(lines, "stockade: ");
    if (path.len > 0) {
        stk_escape_put(lines, path, stk_console_utf8());
        stk_buf_str(lines, ": ");
    }
    stk_escape_put(lines, stk_span_of(text, strlen(text)), stk_console_utf8());
    stk_buf_byte(lines, '\n');
}

void stk_console_errors(struct stk_span lines)
{
    (void)write_all(STDERR_FILENO, lines);
}

void stk_complain_span(struct stk_span path, const char *text)
{
    struct stk_buf line;
    stk_buf_init(&line, &stk_alloc_libc, LINE_MAX_BYTES);
    stk_complain_into(&line, path, text);
    stk_console_errors(stk_buf_span(&line));
    stk_buf_release(&line);
}

void stk_complain(const char *path, const char *text)
{
    stk_complain_span(stk_span_of(path, path == NULL ? 0 : strlen(path)), text);
}

void stk_complain_lines(const char *path, struct stk_span lines)
{
    char text[2048];
    while (lines.len > 0) {
        size_t end = stk_span_find(lines, "\n", 1);
        size_t len = end == SIZE_MAX ? lines.len : end;
        size_t shown = len < sizeof text - 1 ? len : sizeof text - 1;
        stk_copy(text, lines.data, shown);
        text[shown] = '\0';
        stk_complain(path, text);
        len += end == SIZE_MAX ? 0 : 1;
        lines = stk_span_of(lines.data + len, lines.len - len);
    }
}

bool stk_console_write(struct stk_span bytes)
{
    return write_all(STDOUT_FILENO, bytes);
}

void stk_console_lost(int error)
{
    const char *text = strerrordesc_np(error);
    if (error != EPIPE) {
        stk_complain("standard output", text == NULL ? "cannot be written" : text);
    }
}

static atomic_bool interrupted;

static void on_interrupt(int signal)
{
    (void)signal;
    atomic_store(&interrupted, true);
}

void stk_interrupt_catch(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    struct sigaction before;
    action.sa_flags = (int)SA_RESETHAND;
    (void)sigemptyset(&action.sa_mask);
    if (sigaction(SIGINT, NULL, &before) == 0 && before.sa_handler != SIG_IGN) {
        (void)sigaction(SIGINT, &action, NULL);
    }
}

bool stk_interrupted(void)
{
    return atomic_load_explicit(&interrupted, memory_order_relaxed);
}
