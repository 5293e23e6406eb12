/* SPDX-License-Identifier: Apache-2.0
 *
 * Rates bytes before anybody makes objects of them: every pickle in them, in whatever
 * container they lie. Nothing is executed and nothing imported. A verdict other than
 * STOCKADE_CLEAN must not be treated as safe.
 *
 * The structs of a report are made by the library, and read through pointers that the
 * report owns. A later release may append members to them, so that their size is not
 * fixed, and values to the enums: treat a value that you do not know as the worst.
 *
 * Threads: scans share nothing, and any thread may start one. A report never changes once
 * it is made; any number of threads may read it until one frees it.
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

/* Of a global. */
enum stockade_rating {
    STOCKADE_RATING_VETTED = 1,   /* a constructor with a contract on its arguments */
    STOCKADE_RATING_UNKNOWN = 2,  /* not in the catalogue */
    STOCKADE_RATING_DANGEROUS = 3 /* runs code, reads, writes or connects */
};

/* Of a rule; the greater is the worse. */
enum stockade_severity {
    STOCKADE_SEVERITY_LOW = 1,
    STOCKADE_SEVERITY_MEDIUM = 2,
    STOCKADE_SEVERITY_HIGH = 3,
    STOCKADE_SEVERITY_CRITICAL = 4
};

/* Where bytes are read from when they do not lie in memory. Initialise with
 * STOCKADE_SOURCE_INIT. */
struct stockade_source {
    size_t size;     /* sizeof(struct stockade_source) */
    uint64_t length; /* bytes that can be read */
    /* Copies exactly len bytes at off (off + len <= length) to buf, and returns
     * STOCKADE_OK, or else STOCKADE_E_IO, STOCKADE_E_SHRUNK or STOCKADE_E_NOMEM, which
     * ends the scan with that status. Called by the scanning thread only, during the scan
     * only. Never NULL. */
    enum stockade_status (*read_at)(void *ctx, uint64_t off, void *buf, size_t len);
    void *ctx; /* borrowed during the scan, passed to read_at; may be NULL */
};

#define STOCKADE_SOURCE_INIT                                                             \
    {                                                                                    \
        sizeof(struct stockade_source), 0, NULL, NULL                                    \
    }

/* Limits; 0 means the default of `stockade scan`. Initialise with
 * STOCKADE_SCAN_OPTIONS_INIT. */
struct stockade_scan_options {
    size_t size;         /* sizeof(struct stockade_scan_options) */
    uint64_t memory_max; /* bytes for what is found and expanded, and for the report */
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
    const char *module; /* after the mapping of Python 2 names; never NULL */
    size_t module_len;  /* bytes, without the NUL at the end */
    const char *name;   /* qualified, dots and all; never NULL */
    size_t name_len;    /* bytes */
    uint64_t offset;    /* bytes, of the opcode, in the stream's member */
    enum stockade_rating rating;
    int called;   /* not 0: some call had it as callee */
    int computed; /* not 0: the stream computes a name; module and name are empty */
};

/* What a rule found at one place. */
struct stockade_finding {
    const char *rule;    /* "STK101"; a number never changes its meaning */
    const char *summary; /* what the rule means, for any finding of it: one line */
    const char *message; /* what was found: one line of ASCII, safe to show */
    const char *member;  /* what it is about, as stockade_stream.member; may be NULL */
    uint64_t offset;     /* bytes, in the member */
    enum stockade_severity severity;
};

/* One pickle. */
struct stockade_stream {
    /* "archive/data.pkl", "outer.zip!/inner.pkl", escaped to ASCII; NULL: the scanned
     * bytes themselves. */
    const char *member;
    uint64_t offset; /* bytes, in the member */
    uint64_t length; /* bytes up to and with STOP, or to the fault */
    size_t n_globals;
    size_t n_findings;
    enum stockade_verdict verdict;
    int protocol; /* highest PROTO value; -1 without one */
    int complete; /* not 0: STOP was reached */
};

/* Rates len bytes.
 *
 *   data        borrowed during the call; NULL only with a len of 0
 *   len         bytes
 *   options     borrowed during the call; NULL: defaults
 *   ret_report  not NULL; owned by the caller, who frees it with stockade_report_free
 *
 * STOCKADE_OK whatever the bytes are; STOCKADE_E_NOMEM; STOCKADE_E_INVALID for arguments
 * other than these or a size of options that this library does not know;
 * STOCKADE_E_BUG. *ret_report is written only with STOCKADE_OK. Any thread.
 * Since 0.1.0. */
STOCKADE_API enum stockade_status stockade_scan_bytes(
    const void *data, size_t len, const struct stockade_scan_options *options,
    struct stockade_report **ret_report);

/* Rates a source, which is read piece by piece and never whole.
 *
 *   source      borrowed during the call; neither it nor its read_at is NULL
 *   options     borrowed during the call; NULL: defaults
 *   ret_report  as above
 *
 * Statuses are those of stockade_scan_bytes, and STOCKADE_E_IO or STOCKADE_E_SHRUNK as
 * read_at says; another status of read_at counts as STOCKADE_E_IO. *ret_report is written
 * only with STOCKADE_OK. Any thread. Since 0.1.0. */
STOCKADE_API enum stockade_status stockade_scan_source(
    const struct stockade_source *source, const struct stockade_scan_options *options,
    struct stockade_report **ret_report);

/* Frees a report and all that was borrowed from it. report: NULL is fine. Any thread,
 * once no other uses the report. Since 0.1.0. */
STOCKADE_API void stockade_report_free(struct stockade_report *report);

/* For each of the functions below: report is not NULL, and what a returned pointer shows
 * is borrowed until stockade_report_free. They cannot fail. Any thread. */

/* The worst verdict of all streams and containers. Since 0.1.0. */
STOCKADE_API enum stockade_verdict stockade_report_verdict(
    const struct stockade_report *report);

/* The outermost format ("torch-zip", "pickle", "data": no stream found); never NULL.
 * Since 0.1.0. */
STOCKADE_API const char *stockade_report_format(const struct stockade_report *report);

/* How many streams were found. Since 0.1.0. */
STOCKADE_API size_t stockade_report_n_streams(const struct stockade_report *report);

/* A stream, by its number from 0 in the order in which they were found; NULL when out of
 * range. Since 0.1.0. */
STOCKADE_API const struct stockade_stream *stockade_report_stream(
    const struct stockade_report *report, size_t stream);

/* A global of a stream, by number from 0 (stockade_stream.n_globals), in the order in
 * which they are imported; NULL when either number is out of range. Since 0.1.0. */
STOCKADE_API const struct stockade_global *stockade_report_global(
    const struct stockade_report *report, size_t stream, size_t global);

/* A finding about a stream, by number from 0 (stockade_stream.n_findings); NULL when
 * either number is out of range. Since 0.1.0. */
STOCKADE_API const struct stockade_finding *stockade_report_finding(
    const struct stockade_report *report, size_t stream, size_t finding);

/* How many notes there are: findings about a container rather than one stream, such as a
 * lying checksum, encryption, a format that carries code. Since 0.1.0. */
STOCKADE_API size_t stockade_report_n_notes(const struct stockade_report *report);

/* A note, by number from 0; NULL when out of range. Its member is the container or the
 * part that it is about. Since 0.1.0. */
STOCKADE_API const struct stockade_finding *stockade_report_note(
    const struct stockade_report *report, size_t note);

/* "clean", "review", "undecided", "dangerous"; "undecided" for any other value. Static
 * storage, never NULL. Any thread. Since 0.1.0. */
STOCKADE_API const char *stockade_verdict_name(enum stockade_verdict verdict);

/* "low", "medium", "high", "critical"; "critical" for any other value. Static storage,
 * never NULL. Any thread. Since 0.1.0. */
STOCKADE_API const char *stockade_severity_name(enum stockade_severity severity);

#ifdef __cplusplus
}
#endif

#endif
