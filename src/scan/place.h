/* SPDX-License-Identifier: Apache-2.0
 *
 * What the parts of a file are called in its report, and how a loader reads them. The
 * scanner names them, and whoever looks for one again must come to the same name.
 */
#pragma once

#include "base/buf.h"
#include "container/container.h"
#include "policy/judge.h"

/* Appends "outer!/part". part is escaped already, as in stk_part, and cut if it is long;
 * outer NULL: the file itself. */
void stk_member_part(struct stk_buf *out, const char *outer, const char *part);

/* Appends "outer!how@off": the bytes at off that the callable `how` loads. */
void stk_member_nested(struct stk_buf *out, const char *outer, const char *how,
                       uint64_t off);

enum stk_loader stk_loader_of(enum stk_role role);

/* Decodes a source that is base64 or hex, as stk_textstream_decode. ret_out is
 * initialised and left empty where the source carries no stream, or is too long to be
 * text that anybody loads; the caller releases it in any case. */
STK_MUST_USE enum stk_status stk_text_expand(const struct stk_source *source,
                                             const struct stk_alloc *alloc,
                                             struct stk_buf *ret_out);
