/* SPDX-License-Identifier: Apache-2.0
 *
 * One stream made ready to be shown. It is followed once under the judge, as a scan
 * does, and what only the judge knows is noted: how each global is rated, and after which
 * effects the loader skips bytes. Then it can be followed again, by whoever lists it,
 * with each result of a call carrying a number, so that it can be named wherever it is
 * used.
 */
#pragma once

#include "base/arena.h"
#include "policy/judge.h"
#include "report/literal.h"
#include "scan/scan.h"

/* What the judge answered to an effect, where the answer was not the default. */
struct stk_answer {
    uint64_t off; /* of the effect's opcode */
    uint64_t skip;
    stk_slot result; /* a literal, where the call gives back what it was given */
    bool literal;
    bool nested;
    bool stop;
};

/* How another unpickler reads the stream. */
struct stk_other_reading {
    const struct stk_reading *reading;
    struct stk_run run;
    const char *new_global; /* the first import that the run shown does not have, escaped;
                               NULL: none; arena */
    uint64_t new_global_off;
};

/* At most as many as there are readings. */
#define STK_OTHER_READINGS_MAX 8

struct stk_inspection {
    const struct stk_alloc *alloc;   /* borrowed, as the next two */
    const struct stk_limits *limits; /* */
    const struct stk_reading *reading;
    struct stk_source source; /* what the stream lies in */
    uint64_t off;             /* where it begins in it */
    enum stk_loader loader;

    struct stk_machine *rated; /* owned; what the judged run left */
    struct stk_policy *policy; /* arena */
    struct stk_arena arena;
    struct stk_run run;
    struct stk_answer *answers; /* owned array, by offset */
    size_t n_answers;
    size_t cap_answers;
    struct stk_other_reading others[STK_OTHER_READINGS_MAX];
    size_t n_others;

    const struct stk_report *report;        /* of the file; NULL: not scanned */
    const struct stk_stream_report *stream; /* the entry; NULL: none */
};

struct stk_inspection_options {
    const struct stk_alloc *alloc;
    const struct stk_limits *limits;
    const struct stk_reading *reading; /* NULL: the reference */
    enum stk_loader loader;
    /* As in stk_policy_options; NULL: a nested stream is undecided. */
    enum stk_status (*nested)(void *ctx, const char *how, uint64_t off, uint64_t len,
                              enum stk_verdict *ret_verdict);
    void *ctx;
};

/* Follows the stream at off. The source is borrowed until release. STK_OK whatever the
 * bytes are; release in any case. */
STK_MUST_USE enum stk_status stk_inspection_open(
    struct stk_inspection *in, const struct stk_inspection_options *options,
    const struct stk_source *source, uint64_t off);
void stk_inspection_release(struct stk_inspection *in);

/* Follows it as the other unpicklers do, where the first run says that they differ. */
STK_MUST_USE enum stk_status stk_inspection_compare(
    struct stk_inspection *in, const struct stk_inspection_options *options);

/* STK_RATING_UNKNOWN where the judged run did not import it. */
enum stk_rating stk_inspection_rating(const struct stk_inspection *in,
                                      const struct stk_global *global);

/* The outcome of an effect in a run that lists the stream: the judge's, with results of
 * calls, persistent loads and extensions numbered from *number on. */
void stk_inspection_outcome(const struct stk_inspection *in,
                            const struct stk_effect *effect, uint64_t *number,
                            struct stk_outcome *outcome);

/* The findings: the report's, of all readings, where there is one; else those of the
 * judged run. */
const struct stk_finding *stk_inspection_findings(const struct stk_inspection *in,
                                                  size_t *ret_n);

/* The verdict: the report's where there is one. */
enum stk_verdict stk_inspection_verdict(const struct stk_inspection *in);

/* The stream of the report that lies in the bytes which the argument of an effect
 * carries: its index, or SIZE_MAX. */
size_t stk_inspection_nested(const struct stk_inspection *in, struct stk_machine *machine,
                             stk_slot slot);
