/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of a boundary.
 */
#pragma once

#include "boundary/boundary.h"

struct stk_boundary_frame {
    struct stk_span bytes; /* as it came */
    struct stk_span body;  /* without its HMAC */
    const struct stk_frame_rule *rule;
    enum stk_frame_wire wire;
    struct stk_value value; /* of a pickle, JSON or msgpack */
};

struct stk_boundary {
    const struct stk_alloc *alloc; /* borrowed */
    struct stk_boundary_options options;
    struct stk_decode_options decode;
    struct stk_decoder *decoder;
    struct stk_decoder *nested; /* made when it is needed */
    struct stk_validation *validation;
    struct stk_hmac *hmac; /* NULL: no key, or no library for it */
    struct stk_pickle_writer pickle;
    struct stk_msgpack_writer msgpack;
    struct stk_arena arena; /* of one message */
    struct stk_buf out;     /* frames that were written again */
    struct stk_decode_error error;
    struct stk_decode_error nested_error;
    struct stk_boundary_frame *frames; /* arena */
    size_t n_frames;
};
