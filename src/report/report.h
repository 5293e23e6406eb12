/* SPDX-License-Identifier: Apache-2.0
 *
 * Results of a scan as text, JSON, JSON lines or SARIF. Pure: everything is written into
 * buffers. A document is a head, what each file adds, in order, and a tail; since files
 * are rendered by several threads, each adds to its own outputs, and only whoever joins
 * them knows which one comes first. An element of a list is therefore written with its
 * separator in front, and the joiner drops the first `separator` bytes of the first one.
 */
#pragma once

#include "base/buf.h"
#include "scan/scan.h"

#define STK_VERDICTS 4

/* One file's outcome. All borrowed. */
struct stk_file_result {
    struct stk_span path;            /* as it was named or found; any bytes */
    const struct stk_report *report; /* NULL: it could not be read */
    const char *error;               /* why; ours, NULL where report is set */
    const char *sha256;              /* 64 hex digits, or NULL */
};

struct stk_summary {
    uint64_t files; /* that were rated */
    uint64_t streams;
    uint64_t verdicts[STK_VERDICTS]; /* files, by enum stk_verdict */
    uint64_t review_streams;         /* also in files of a worse verdict */
    uint64_t bytes;
    uint64_t unreadable;
    uint64_t skipped_special; /* FIFOs, devices, sockets */
    uint64_t skipped_symlinks;
    uint64_t skipped_excluded;
    double seconds;
};

struct stk_report_options {
    bool utf8;    /* text: the reader shows UTF-8 */
    bool color;   /* text: with terminal colours */
    bool verbose; /* text: clean files and all findings as well */
    bool quiet;   /* text: nothing */
};

/* Where one thread's files go. */
struct stk_outputs {
    /* By verdict where the format sorts by it, the worst printed first; else [0] only. */
    struct stk_buf results[STK_VERDICTS];
    struct stk_buf errors; /* elements of the list of files that could not be read */
};

void stk_outputs_init(struct stk_outputs *out, const struct stk_alloc *alloc, size_t max);
void stk_outputs_release(struct stk_outputs *out);
void stk_outputs_clear(struct stk_outputs *out);
/* The first failure of any buffer. */
enum stk_status stk_outputs_status(const struct stk_outputs *out);

struct stk_report_format {
    const char *name;
    size_t separator; /* bytes in front of an element */
    bool sorted;      /* results are held back and printed by verdict */
    void (*head)(struct stk_buf *out);
    void (*file)(struct stk_outputs *out, const struct stk_report_options *options,
                 const struct stk_file_result *result);
    /* errors: the joined elements, the first without separator. */
    void (*tail)(struct stk_buf *out, const struct stk_report_options *options,
                 const struct stk_summary *summary, struct stk_span errors);
};

extern const struct stk_report_format stk_format_text;
extern const struct stk_report_format stk_format_json;
extern const struct stk_report_format stk_format_jsonl;
extern const struct stk_report_format stk_format_sarif;

/* Adds a file to the counts. */
void stk_summary_count(struct stk_summary *summary, const struct stk_file_result *result);
void stk_summary_add(struct stk_summary *sum, const struct stk_summary *part);

/* 12345678 as "12,345,678"; 1234567 as "1.2 MB". */
void stk_report_count(struct stk_buf *out, uint64_t value);
void stk_report_size(struct stk_buf *out, uint64_t bytes);
