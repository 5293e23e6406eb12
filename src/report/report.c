/* SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"

void stk_outputs_init(struct stk_outputs *out, const struct stk_alloc *alloc, size_t max)
{
    for (size_t i = 0; i < STK_VERDICTS; i++) {
        stk_buf_init(&out->results[i], alloc, max);
    }
    stk_buf_init(&out->errors, alloc, max);
}

void stk_outputs_release(struct stk_outputs *out)
{
    for (size_t i = 0; i < STK_VERDICTS; i++) {
        stk_buf_release(&out->results[i]);
    }
    stk_buf_release(&out->errors);
}

void stk_outputs_clear(struct stk_outputs *out)
{
    for (size_t i = 0; i < STK_VERDICTS; i++) {
        stk_buf_clear(&out->results[i]);
    }
    stk_buf_clear(&out->errors);
}

enum stk_status stk_outputs_status(const struct stk_outputs *out)
{
    for (size_t i = 0; i < STK_VERDICTS; i++) {
        if (out->results[i].status != STK_OK) {
            return out->results[i].status;
        }
    }
    return out->errors.status;
}

void stk_summary_count(struct stk_summary *summary, const struct stk_file_result *result)
{
    const struct stk_report *report = result->report;
    if (report == NULL) {
        summary->unreadable++;
        return;
    }
    summary->files++;
    summary->bytes += report->size;
    summary->streams += report->n_streams;
    summary->verdicts[report->verdict]++;
    for (size_t i = 0; i < report->n_streams; i++) {
        summary->review_streams += report->streams[i].verdict == STK_VERDICT_REVIEW;
    }
}

void stk_summary_add(struct stk_summary *sum, const struct stk_summary *part)
{
    sum->files += part->files;
    sum->streams += part->streams;
    for (size_t i = 0; i < STK_VERDICTS; i++) {
        sum->verdicts[i] += part->verdicts[i];
    }
    sum->review_streams += part->review_streams;
    sum->bytes += part->bytes;
    sum->unreadable += part->unreadable;
    sum->skipped_special += part->skipped_special;
    sum->skipped_symlinks += part->skipped_symlinks;
    sum->skipped_excluded += part->skipped_excluded;
}

void stk_report_count(struct stk_buf *out, uint64_t value)
{
    if (value >= 1000) {
        stk_report_count(out, value / 1000);
        stk_buf_printf(out, ",%03u", (unsigned)(value % 1000));
    } else {
        stk_buf_printf(out, "%u", (unsigned)value);
    }
}

void stk_report_size(struct stk_buf *out, uint64_t bytes)
{
    static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
    double value = (double)bytes / 1000;
    size_t unit = 0;
    if (bytes < 1000) {
        stk_buf_printf(out, "%u byte%s", (unsigned)bytes, bytes == 1 ? "" : "s");
        return;
    }
    while (value >= 999.95) {
        value /= 1000;
        unit++;
    }
    stk_buf_printf(out, "%.1f %s", value, units[unit]);
}
