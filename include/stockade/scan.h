/* SPDX-License-Identifier: Apache-2.0
 *
 * Rates bytes before anybody makes objects of them: every pickle in them, in whatever
 * container they lie. Nothing is executed and nothing imported. A verdict other than
 * STOCKADE_CLEAN must not be treated as safe.
 */
#ifndef STOCKADE_SCAN_H
#define STOCKADE_SCAN_H

#include <stddef.h>
#include <stdint.h>
#include <stockade/api.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a function could not do. Whatever the bytes are, they give a verdict, not one of
 * these. */
enum stockade_status {
    STOCKADE_OK = 0,
    STOCKADE_E_IO,      /* the source could not be read */
    STOCKADE_E_SHRUNK,  /* the source became shorter while it was read */
    STOCKADE_E_NOMEM,   /* no memory, or stockade_scan_options.memory_max reached */
    STOCKADE_E_INVALID, /* an argument breaks what this header says */
    STOCKADE_E_BUG      /* an invariant of the library did not hold */
};

/* The first that applies, from the greatest down. */
enum stockade_verdict {
    STOCKADE_CLEAN = 0,     /* data and vetted calls only, contracts kept */
    STOCKADE_REVIEW = 1,    /* imports what the catalogue does not know */
    STOCKADE_UNDECIDED = 2, /* malformed, unsupported, ambiguous, or over a limit */
    STOCKADE_DANGEROUS = 3  /* runs code, reads, writes or connects */
};

enum stockade_rating {
    STOCKADE_VETTED = 1,
    STOCKADE_UNKNOWN = 2,
    STOCKADE_RATED_DANGEROUS = 3
};

/* Where bytes are read from when they do not lie in memory. */
struct stockade_source {
    uint64_t size; /* bytes */
    /* Copies exactly len bytes at off (off + len <= size) to buf. STOCKADE_OK,
     * STOCKADE_E_IO or STOCKADE_E_SHRUNK. Called from the scanning thread only. */
    enum stockade_status (*read_at)(void *ctx, uint64_t off, void *buf, size_t len);
    void *ctx; /* borrowed during the scan; passed through */
};

/* Limits; 0 means the default of `stockade scan`. Initialise with
 * STOCKADE_SCAN_OPTIONS_INIT. */
struct stockade_scan_options {
    size_t size;         /* sizeof(struct stockade_scan_options) */
    uint64_t memory_max; /* bytes for the report and what was expanded */
    uint64_t expand_max; /* bytes that compressed parts may expand to, added up */
    uint64_t depth_max;  /* containers and streams inside each other */
};

#define STOCKADE_SCAN_OPTIONS_INIT                                                       \
    {                                                                                    \
        sizeof(struct stockade_scan_options), 0, 0, 0                                    \
    }

/* The result of one scan. */
struct stockade_report;

/* A global that a stream imports. Text is NUL-terminated; bytes are as the stream has
 * them (escape them before showing), and may contain a NUL: see the lengths. */
struct stockade_global {
    const char *module; /* after the mapping of Python 2 names */
    size_t module_len;  /* bytes */
    const char *name;
    size_t name_len; /* bytes */
    enum stockade_rating rating;
    uint64_t offset; /* of the opcode, in the stream's member */
    int called;      /* not 0: some call had it as callee */
};

struct stockade_finding {
    const char *rule;    /* "STK101" */
    const char *message; /* one line of ASCII, safe to show */
    uint64_t offset;     /* bytes, in the stream's member */
};

/* One pickle. Everything in it is borrowed from the report. */
struct stockade_stream {
    const char
        *member; /* "archive/data.pkl", escaped to ASCII; NULL: the bytes themselves */
    uint64_t offset; /* in the member */
    uint64_t length; /* up to and with STOP, or to the fault */
    int protocol;    /* highest PROTO value; -1 without one */
    enum stockade_verdict verdict;
    int complete; /* not 0: STOP was reached */
    size_t n_globals;
    size_t n_findings;
};

/* Rates len bytes at data, which stay the caller's. options may be NULL. *ret_report is
 * owned by the caller (stockade_report_free) and written on success only. Any thread.
 * Since 0.1.0. */
STOCKADE_API enum stockade_status stockade_scan_bytes(
    const void *data, size_t len, const struct stockade_scan_options *options,
    struct stockade_report **ret_report);

/* The same for a source, which is read piece by piece and never whole. Since 0.1.0. */
STOCKADE_API enum stockade_status stockade_scan_source(
    const struct stockade_source *source, const struct stockade_scan_options *options,
    struct stockade_report **ret_report);

/* NULL is fine. Since 0.1.0. */
STOCKADE_API void stockade_report_free(struct stockade_report *report);

/* The worst verdict of all streams and containers. Since 0.1.0. */
STOCKADE_API enum stockade_verdict stockade_report_verdict(
    const struct stockade_report *report);

/* The outermost format ("torch-zip", "pickle", "data": no stream found). Since 0.1.0. */
STOCKADE_API const char *stockade_report_format(const struct stockade_report *report);

/* Streams in the order in which they were found. Since 0.1.0. */
STOCKADE_API size_t stockade_report_n_streams(const struct stockade_report *report);

/* Each of the next four: STOCKADE_E_INVALID where an index is out of range; the output is
 * written on success only and borrowed from the report. Since 0.1.0. */
STOCKADE_API enum stockade_status stockade_report_stream(
    const struct stockade_report *report, size_t stream,
    struct stockade_stream *ret_stream);
STOCKADE_API enum stockade_status stockade_report_global(
    const struct stockade_report *report, size_t stream, size_t global,
    struct stockade_global *ret_global);
STOCKADE_API enum stockade_status stockade_report_finding(
    const struct stockade_report *report, size_t stream, size_t finding,
    struct stockade_finding *ret_finding);

/* Findings about containers rather than one stream: a lying checksum, encryption, a
 * format that carries code. */
STOCKADE_API size_t stockade_report_n_notes(const struct stockade_report *report);
STOCKADE_API enum stockade_status stockade_report_note(
    const struct stockade_report *report, size_t note,
    struct stockade_finding *ret_finding);

/* "clean", "review", "undecided", "dangerous"; static storage. Since 0.1.0. */
STOCKADE_API const char *stockade_verdict_name(enum stockade_verdict verdict);

#ifdef __cplusplus
}
#endif

#endif
