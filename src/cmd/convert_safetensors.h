/* SPDX-License-Identifier: Apache-2.0
 *
 * Checkpoints of torch as safetensors: the header from the decoded object, the items
 * copied from file to file.
 */
#pragma once

#include <stdbool.h>

#include "decode/decode.h"

struct stk_to_safetensors {
    bool drop_other; /* leave out what safetensors cannot carry, and say so */
    uint64_t memory_max;
};

/* Writes the checkpoint at `in` to `out`. STK_E_MALFORMED with *ret_error: it is refused;
 * any other failure has been complained about. Nothing is left of a file that was not
 * finished. */
STK_MUST_USE enum stk_status stk_convert_safetensors(
    const struct stk_to_safetensors *options, const char *in, const char *out,
    struct stk_decode_error *ret_error);
