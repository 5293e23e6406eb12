/* SPDX-License-Identifier: Apache-2.0
 *
 * The five streams of a legacy torch file (torch/serialization.py, _legacy_save): magic
 * number, protocol version, facts of the machine, the object, the keys of its storages.
 * Behind them, for each key, the number of items in eight bytes and the items.
 */
#pragma once

#include "base/map.h"
#include "base/source.h"
#include "decode/decode.h"

struct stk_legacy {
    struct stk_value value;
    const struct stk_items *keys; /* each a STR; arena */
};

/* bytes: exactly the five streams, borrowed for the life of the values. Statuses and
 * *ret_error as of stk_decode_pickle. */
STK_MUST_USE enum stk_status stk_legacy_decode(struct stk_decoder *decoder,
                                               struct stk_arena *arena,
                                               struct stk_span bytes,
                                               struct stk_legacy *ret_legacy,
                                               struct stk_decode_error *ret_error);

/* Finds the items of each storage, which begin at `at`. index gets the hash of each key
 * (stk_text_hash) with its index in keys; *ret_places (arena) is where they begin. */
STK_MUST_USE enum stk_status stk_legacy_places(
    const struct stk_alloc *alloc, struct stk_arena *arena,
    const struct stk_source *source, uint64_t at, const struct stk_legacy *legacy,
    struct stk_map *index, const uint64_t **ret_places,
    struct stk_decode_error *ret_error);
