/* SPDX-License-Identifier: Apache-2.0
 *
 * A profile (docs/profiles.md) proposed from samples that are trusted. Samples are
 * decoded one after the other, and what stands at each place of them is gathered: kinds,
 * ranges, lengths, fields, classes. Then a profile is written that takes all of it and a
 * little more: bounds are powers of two, names are exact. What a class is made of is
 * gathered for the class, wherever its objects stand. The same samples in any order give
 * the same profile. Depends on base, value, wire, policy and decode; one thread.
 */
#pragma once

#include "base/buf.h"
#include "decode/decode.h"
#include "value/object.h"

struct stk_learner;

/* memory_max: bytes for what is gathered. STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_learner_new(const struct stk_alloc *alloc,
                                             uint64_t memory_max,
                                             struct stk_learner **ret_learner);
void stk_learner_free(struct stk_learner *learner);

/* ---- decoding samples ---- */

/* Before each sample. */
void stk_learner_begin(struct stk_learner *learner);

/* For stk_decode_options.grant; ctx is the learner. Grants whatever is met but what is
 * dangerous. */
enum stk_grant stk_learner_grant(void *ctx, struct stk_span module, struct stk_span name);

/* The sample was refused. True: decode it once more, another of its names is now taken
 * for an enum. False: nothing helps, and *ret_error, borrowed until the next sample, is
 * why the best attempt failed. */
bool stk_learner_retry(struct stk_learner *learner, const struct stk_decode_error *error,
                       const struct stk_decode_error **ret_error);

/* ---- gathering ---- */

/* Takes in a sample. STK_E_UNSUPPORTED: it has what no profile can take, *ret_reason says
 * what (good until the next call); what was gathered is then of no use. STK_E_NOMEM,
 * STK_E_LIMIT. */
STK_MUST_USE enum stk_status stk_learner_observe(struct stk_learner *learner,
                                                 struct stk_value value,
                                                 const char **ret_reason);

/* ---- proposing ---- */

struct stk_propose_options {
    const char *title;     /* NULL: none */
    const char *made_from; /* NULL: the number of samples */
    /* Told what was generalised: place and words; NULL: nobody is. */
    void (*note)(void *ctx, struct stk_span place, struct stk_span text);
    void *note_ctx;
};

/* Appends the profile to out, as JSON. Ends the gathering. STK_E_UNSUPPORTED with
 * *ret_reason as above; STK_E_NOMEM, STK_E_LIMIT. */
STK_MUST_USE enum stk_status stk_learner_propose(
    struct stk_learner *learner, const struct stk_propose_options *options,
    struct stk_buf *out, const char **ret_reason);
