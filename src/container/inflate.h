/* SPDX-License-Identifier: Apache-2.0
 *
 * What zip needs of zlib beyond expand.h.
 */
#pragma once

#include "container/expand.h"

/* Bare deflate, as in expand.h, but bytes that follow the end are no failure: *ret_used
 * is how many bytes of `in` the stream took. Also written on failure. */
STK_MUST_USE enum stk_status stk_expand_deflate_used(const struct stk_visitor *v,
                                                     const struct stk_source *in,
                                                     struct stk_buf *out,
                                                     uint64_t *ret_used);

/* The checksum of zip and gzip, continued from `crc`, which is 0 at first. */
uint32_t stk_crc32(uint32_t crc, const uint8_t *bytes, size_t len);
