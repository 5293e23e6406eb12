/* SPDX-License-Identifier: Apache-2.0
 *
 * HMAC-SHA256 (RFC 2104, FIPS 180-4) by OpenSSL, which is loaded when it is needed.
 */
#pragma once

#include "base/alloc.h"
#include "base/span.h"

#define STK_HMAC_SIZE 32

struct stk_hmac;

/* *owned*. NULL: OpenSSL 3 is not here, or there is no memory. */
struct stk_hmac *stk_hmac_new(const struct stk_alloc *alloc);
void stk_hmac_free(struct stk_hmac *hmac);

/* False: the library refused. */
bool stk_hmac_of(const struct stk_hmac *hmac, struct stk_span key, struct stk_span bytes,
                 uint8_t ret_mac[STK_HMAC_SIZE]);

/* Takes the same time whatever differs. */
bool stk_hmac_equal(const uint8_t a[STK_HMAC_SIZE], const uint8_t b[STK_HMAC_SIZE]);
