/* SPDX-License-Identifier: Apache-2.0
 *
 * One message at one boundary: its frames are decoded without executing them, held
 * against a profile, and written again from their values. The one place that knows the
 * order of these steps; the guard, the commands and the library stand on it. A boundary
 * is one thread's and is reused from message to message; profiles may be shared.
 */
#pragma once

#include "decode/decode.h"
#include "decode/grants.h"
#include "pickle/write.h"
#include "profile/message.h"
#include "wire/msgpack.h"

/* Borrowed for the boundary's life. */
struct stk_boundary_options {
    const struct stk_schema *schema;
    const struct stk_grants *grants; /* of the schema's names */
    const struct stk_limits *limits;
    struct stk_span hmac_key; /* empty: frames that have an HMAC are refused */
    size_t memory_max;        /* for what one message decodes to */
    size_t violations_max;
};

struct stk_boundary;

/* STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_boundary_new(const struct stk_alloc *alloc,
                                              const struct stk_boundary_options *options,
                                              struct stk_boundary **ret_boundary);
void stk_boundary_free(struct stk_boundary *boundary);

/* What became of a message. Everything in it is good until the boundary's next use. */
struct stk_judgement {
    enum stk_validity validity; /* UNKNOWN: undecided */
    enum stk_verdict verdict;   /* where a frame was not decoded; else CLEAN */
    size_t frame;               /* that the rest is about */
    uint64_t off;               /* in it */
    const char *reason; /* why it was not decoded, or fits no frame; NULL where the
                           violations say it */
    const char *path;   /* of that reason; may be empty */
    const struct stk_violation *violations;
    size_t n_violations;
};

/* frames: borrowed until the message has been dealt with. STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_boundary_judge(struct stk_boundary *boundary,
                                                const struct stk_span *frames, size_t n,
                                                struct stk_judgement *ret_judgement);

/* The value of a frame of the message that was judged, or NULL: raw bytes. */
const struct stk_value *stk_boundary_value(const struct stk_boundary *boundary,
                                           size_t frame);

/* Writes the message that was judged VALID again: *ret_frames has as many frames, raw
 * ones where the sender's lie. protocol: of pickles. STK_E_UNSUPPORTED with *ret_error
 * and the frame, STK_E_LIMIT, STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_boundary_rebuild(struct stk_boundary *boundary,
                                                  int protocol,
                                                  const struct stk_span **ret_frames,
                                                  size_t *ret_frame,
                                                  struct stk_write_error *ret_error);
