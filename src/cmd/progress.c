/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/progress.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define INTERVAL 0.1
#define BAR_WIDTH 20

/* What is done sooner than this needs no bar. */
#define DELAY 0.5

double stk_now(void)
{
    struct timespec now = {0};
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

void stk_progress_init(struct stk_progress *progress, bool wanted)
{
    double now = stk_now();
    *progress = (struct stk_progress){
        .shown = wanted && isatty(STDERR_FILENO) == 1,
        .began = now,
        .last = now + DELAY - INTERVAL,
    };
}

/* How much is known only when all was found. */
static void put_bar(struct stk_buf *line, const struct stk_progress *progress,
                    uint64_t done)
{
    if (!progress->complete || progress->total == 0) {
        return;
    }
    double part = (double)done / (double)progress->total;
    stk_buf_byte(line, '[');
    for (int i = 0; i < BAR_WIDTH; i++) {
        stk_buf_byte(line, (double)i < part * BAR_WIDTH ? '#' : '.');
    }
    stk_buf_printf(line, "] %3d%%  ", (int)(part * 100));
}

static void put_line(struct stk_buf *line, const struct stk_progress *progress,
                     uint64_t done, const struct stk_summary *summary)
{
    stk_buf_byte(line, '\r');
    put_bar(line, progress, done);
    stk_report_count(line, summary->files);
    stk_buf_str(line, " files, ");
    stk_report_size(line, summary->bytes);
    stk_buf_str(line, ", ");
    stk_report_count(line, summary->verdicts[STK_VERDICT_DANGEROUS]);
    stk_buf_str(line, " dangerous\033[K");
}

static bool is_due(const struct stk_progress *progress)
{
    return progress->shown && stk_now() - progress->last >= INTERVAL;
}

static void show_line(struct stk_progress *progress, struct stk_buf *line)
{
    if (line->status == STK_OK) {
        (void)fwrite(line->data, 1, line->len, stderr);
        (void)fflush(stderr);
    }
    progress->last = stk_now();
    progress->drawn = true;
}

void stk_progress_draw(struct stk_progress *progress, uint64_t done,
                       const struct stk_summary *summary)
{
    if (!is_due(progress)) {
        return;
    }
    struct stk_buf line;
    stk_buf_init(&line, &stk_alloc_libc, 4096);
    put_line(&line, progress, done, summary);
    show_line(progress, &line);
    stk_buf_release(&line);
}

void stk_progress_bytes(struct stk_progress *progress, uint64_t done)
{
    if (!is_due(progress)) {
        return;
    }
    struct stk_buf line;
    stk_buf_init(&line, &stk_alloc_libc, 4096);
    stk_buf_byte(&line, '\r');
    put_bar(&line, progress, done);
    stk_report_size(&line, done);
    stk_buf_str(&line, " of ");
    stk_report_size(&line, progress->total);
    stk_buf_str(&line, "\033[K");
    show_line(progress, &line);
    stk_buf_release(&line);
}

void stk_progress_clear(struct stk_progress *progress)
{
    if (progress->drawn) {
        (void)fputs("\r\033[K", stderr);
        (void)fflush(stderr);
        progress->drawn = false;
    }
}
