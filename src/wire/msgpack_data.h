/* SPDX-License-Identifier: Apache-2.0
 *
 * Tensors, arrays and storages as maps of dtype, shape and data: their items in C order,
 * little-endian.
 */
#pragma once

#include "wire/msgpack_put.h"

/* Where the items of an array are, as far as they are there. */
struct stk_array_data {
    const struct stk_array *array; /* borrowed, as the source */
    bool is_storage;
    bool present; /* all of them */
    bool big_endian;
    struct stk_span source;
    uint64_t len; /* bytes that all items take */
};

/* value: TENSOR, NDARRAY or STORAGE. */
void stk_array_data(struct stk_value value, struct stk_array_data *ret_data);

/* STK_E_LIMIT, STK_E_NOMEM; STK_E_MALFORMED for an item that lies outside its bytes. */
STK_MUST_USE enum stk_status stk_put_array_map(struct stk_buf *out,
                                               const struct stk_array_data *data);
