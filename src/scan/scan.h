/* SPDX-License-Identifier: Apache-2.0
 *
 * Rates one object: recognises formats, walks containers, runs every stream through the
 * machine under the policy's judge, and searches the rest. The report lies in one arena.
 * A scanner is reused from file to file; one per thread.
 */
#pragma once

#include "base/arena.h"
#include "base/limits.h"
#include "base/source.h"
#include "pickle/machine.h"
#include "policy/judge.h"

struct stk_stream_report {
    const char *member; /* "archive/data.pkl", "outer.zip!/inner.pkl"; NULL: the file */
    uint64_t off;       /* in the member (or the file) */
    uint64_t len;       /* bytes up to and with STOP, or to the fault */
    int protocol;       /* -1: no PROTO */
    enum stk_verdict verdict;
    bool complete; /* STOP was reached */
    const struct stk_global *globals;
    size_t n_globals;
    const struct stk_finding *findings;
    size_t n_findings;
};

struct stk_report {
    const char
        *format; /* of the outermost container; "pickle"; "data": no stream in it */
    uint64_t size;
    enum stk_verdict verdict;
    const struct stk_stream_report *streams;
    size_t n_streams;
    /* About the containers, not one stream. off is in `member`. */
    const struct stk_note {
        const char *member; /* NULL: the file */
        struct stk_finding finding;
    } * notes;
    size_t n_notes;
};

struct stk_scanner;

/* Both borrowed for the scanner's life. NULL: no memory. */
struct stk_scanner *stk_scanner_new(const struct stk_alloc *alloc,
                                    const struct stk_limits *limits);
void stk_scanner_free(struct stk_scanner *scanner);

/* A stream that was just added to the report, while its bytes are at hand: what lay in an
 * archive is gone when the scan is over. */
struct stk_scan_found {
    size_t index; /* in the report; a later stream takes its place if it is dropped */
    const struct stk_stream_report *stream;
    const struct stk_source *source; /* what it lies in, as the next until the return */
    uint64_t off;                    /* in the source */
    enum stk_loader loader;
};

/* From the next scan on, each stream is shown to found(). A status other than OK ends the
 * scan and is returned. NULL: to nobody. */
void stk_scanner_watch(struct stk_scanner *scanner,
                       enum stk_status (*found)(void *ctx,
                                                const struct stk_scan_found *found),
                       void *ctx);

/* Rates the object. *ret_report is borrowed from the scanner until its next scan. Status:
 * OK whatever the bytes are; STK_E_IO, STK_E_SHRUNK, STK_E_NOMEM otherwise, or what a
 * watcher returned. */
STK_MUST_USE enum stk_status stk_scan(struct stk_scanner *scanner,
                                      const struct stk_source *source,
                                      const struct stk_report **ret_report);
