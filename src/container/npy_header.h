/* SPDX-License-Identifier: Apache-2.0
 *
 * The header of a .npy file (NEP 1; numpy/lib/format.py) is a Python dict literal, which
 * numpy gives to ast.literal_eval. This reads the literals that numpy writes, and calls
 * anything else malformed: an escape in a type text could spell an object type.
 */
#pragma once

#include "base/span.h"
#include "base/status.h"

struct stk_npy_header {
    bool has_object;    /* an object type anywhere: the data is a pickle */
    uint64_t item_size; /* bytes; not set if has_object */
    uint64_t n_items;
    uint64_t len; /* bytes of the array's data; not set if has_object */
};

/* text is the header without its magic and length. STK_E_MALFORMED if it is not one. */
STK_MUST_USE enum stk_status stk_npy_header_read(struct stk_span text,
                                                 struct stk_npy_header *ret_header);
