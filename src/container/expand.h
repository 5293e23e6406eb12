/* SPDX-License-Identifier: Apache-2.0
 *
 * Decompressors, one library a file. Each reads the source front to back, follows
 * concatenated members or frames as the Python modules do, and appends to `out`, which
 * grows as bytes arrive and never from a size that the input declares. What was expanded
 * before a failure stays in `out`, since a loader may have seen it as well.
 *
 * STK_OK           the source was expanded to its end
 * STK_E_TRUNCATED  it ends inside a member
 * STK_E_MALFORMED  it breaks the format, or other bytes follow the last member
 * STK_E_UNSUPPORTED a dictionary or an option that is not there
 * STK_E_LIMIT      visitor->expand_left (which is counted down) or out->max was reached,
 *                  or more memory is asked for than these formats need
 * or an environment failure.
 */
#pragma once

#include "base/buf.h"
#include "container/container.h"

STK_MUST_USE enum stk_status stk_expand_zlib(const struct stk_visitor *v,
                                             const struct stk_source *in,
                                             struct stk_buf *out);
STK_MUST_USE enum stk_status stk_expand_gzip(const struct stk_visitor *v,
                                             const struct stk_source *in,
                                             struct stk_buf *out);
STK_MUST_USE enum stk_status stk_expand_bz2(const struct stk_visitor *v,
                                            const struct stk_source *in,
                                            struct stk_buf *out);
STK_MUST_USE enum stk_status stk_expand_xz(const struct stk_visitor *v,
                                           const struct stk_source *in,
                                           struct stk_buf *out);
STK_MUST_USE enum stk_status stk_expand_lzma(const struct stk_visitor *v,
                                             const struct stk_source *in,
                                             struct stk_buf *out);
STK_MUST_USE enum stk_status stk_expand_zstd(const struct stk_visitor *v,
                                             const struct stk_source *in,
                                             struct stk_buf *out);
STK_MUST_USE enum stk_status stk_expand_lz4(const struct stk_visitor *v,
                                            const struct stk_source *in,
                                            struct stk_buf *out);
