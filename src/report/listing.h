/* SPDX-License-Identifier: Apache-2.0
 *
 * What the listings of one stream (disasm.h, trace.h) have in common: where lines go, the
 * head and the end of a listing, and effects as pseudo-Python. Lines are handed on as
 * they are made, so that a listing needs the memory of a few lines and of what is said in
 * machine.h.
 */
#pragma once

#include "report/inspection.h"
#include "report/json.h"

struct stk_listing_options {
    bool json;          /* an object of the list "streams"; else text */
    bool utf8;          /* text: the reader shows UTF-8 */
    bool color;         /* text: with terminal colours */
    uint64_t lines_max; /* lines or opcodes of one stream; 0: all */
    /* Gets what was written. A status other than OK ends the listing. */
    enum stk_status (*write)(void *ctx, struct stk_span bytes);
    void *ctx;
};

struct stk_listing {
    const struct stk_inspection *in;           /* borrowed */
    const struct stk_listing_options *options; /* borrowed */
    struct stk_buf out;
    struct stk_jsonw json;
    struct stk_peek *peek; /* owned */
    struct stk_show show;
    uint64_t n_lines;
    bool cut;        /* lines_max was reached */
    uint64_t number; /* of the next result */
    struct stk_run run;
    const struct stk_finding *findings; /* borrowed from the inspection */
    size_t *by_off;                     /* owned; findings by offset */
    size_t n_findings;
};

/* machine: the one that will follow the stream; owned by the caller. STK_E_NOMEM. Release
 * in any case. */
STK_MUST_USE enum stk_status stk_listing_init(struct stk_listing *l,
                                              const struct stk_inspection *in,
                                              const struct stk_listing_options *options,
                                              struct stk_machine *machine);
void stk_listing_release(struct stk_listing *l);

/* Follows the stream with a judge and writes head, what the judge writes, and end. last:
 * called with the judge's ctx behind the last opcode; key: names the list in JSON. */
STK_MUST_USE enum stk_status stk_listing_run(struct stk_listing *l,
                                             const struct stk_judge *judge,
                                             enum stk_status (*last)(void *ctx),
                                             const char *key);

/* Counts a line. STK_E_LIMIT where it is one too many. */
STK_MUST_USE enum stk_status stk_listing_line(struct stk_listing *l);

/* Hands on what was written, if it is much. */
STK_MUST_USE enum stk_status stk_listing_flush(struct stk_listing *l);

/* The findings at an offset: the index in by_off of the first, and their number. */
size_t stk_listing_findings(const struct stk_listing *l, uint64_t off, size_t *ret_n);

/* Why an import or a call is dangerous, by what it imports or calls; NULL: the catalogue
 * does not say. */
const char *stk_listing_reason(const struct stk_listing *l,
                               const struct stk_effect *effect);

/* Why a run ended, for people; "" where each unpickler has its own reason. */
const char *stk_listing_why(const struct stk_run *run);

/* Pads to a column, counted from `start` in characters; at least one space. */
void stk_listing_pad(struct stk_buf *out, size_t start, size_t column);

/* Text between colours, where there are any. */
void stk_listing_color(struct stk_listing *l, enum stk_verdict verdict);
void stk_listing_plain(struct stk_listing *l);

/* The rating that an effect has by what it imports or calls; NONE: nothing rates it. */
enum stk_rating stk_effect_rating(const struct stk_inspection *in,
                                  struct stk_machine *machine,
                                  const struct stk_effect *effect);
enum stk_verdict stk_rating_verdict(enum stk_rating rating);

/* "import", "call", …: as in JSON. */
const char *stk_effect_name(enum stk_effect_kind kind);

/* x0 = os.system('id'). number: of its result. */
void stk_effect_put(struct stk_buf *out, const struct stk_show *show,
                    const struct stk_effect *effect, uint64_t number);
