/* SPDX-License-Identifier: Apache-2.0
 *
 * Text that carries a stream: the argument of a callable that decodes base64 or hex and
 * loads the result.
 */
#pragma once

#include "base/buf.h"

/* Decodes as bytes.fromhex, binascii.unhexlify, base64.b64decode and urlsafe_b64decode
 * would (what is not of base64's alphabet is skipped, as they do unless told to
 * validate). True if the bytes begin as a stream or a compressed one does; then they
 * have been appended to out. False also when out refuses them: its status tells. */
bool stk_textstream_decode(struct stk_span text, const struct stk_alloc *alloc,
                           struct stk_buf *out);
