/* SPDX-License-Identifier: Apache-2.0
 *
 * SHA-256 of a file, by OpenSSL's libcrypto.
 */
#pragma once

#include "base/source.h"

#define STK_DIGEST_TEXT 65

struct stk_digest; /* one per thread, used again from file to file */

struct stk_digest *stk_digest_new(void); /* NULL: no memory, or no libcrypto */
void stk_digest_free(struct stk_digest *digest);

/* Writes 64 hex digits and a NUL. STK_E_IO, STK_E_SHRUNK; STK_E_BUG: libcrypto refused.
 */
STK_MUST_USE enum stk_status stk_digest_source(struct stk_digest *digest,
                                               const struct stk_source *source,
                                               char ret_text[STK_DIGEST_TEXT]);
