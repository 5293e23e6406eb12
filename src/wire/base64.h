/* SPDX-License-Identifier: Apache-2.0
 *
 * Base64 (RFC 4648 §4), strictly: padded, no other characters, no bits left over, so that
 * bytes have one text.
 */
#pragma once

#include "base/buf.h"

/* What n bytes take; 0 < n only where the result fits size_t. */
static inline size_t stk_base64_len(size_t n)
{
    return n / 3 * 4 + (n % 3 != 0 ? 4 : 0);
}

void stk_base64_encode(struct stk_buf *out, struct stk_span bytes);

/* Into out, which has room for text.len / 4 * 3 bytes. false: not base64; *ret_at is
 * then the place of the first character that cannot stand there. */
bool stk_base64_decode(struct stk_span text, uint8_t *out, size_t *ret_len,
                       size_t *ret_at);
