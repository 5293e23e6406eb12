/* SPDX-License-Identifier: Apache-2.0
 *
 * Text from files on its way to a terminal. A file name or a member name is whatever an
 * attacker likes: control sequences, text that runs right to left, bytes that are no
 * text. What these functions write is obeyed by no terminal and cannot be taken for other
 * text: escapes are those of Python's repr, and the backslash itself is doubled.
 */
#pragma once

#include "base/buf.h"
#include "base/span.h"

/* The code point at the front of text (surrogates included) and its length in bytes; a
 * length of 0 where no UTF-8 starts. */
size_t stk_escape_decode(struct stk_span text, uint32_t *ret_code);

/* Appends text. utf8: the reader shows UTF-8, so that letters beyond ASCII may stay;
 * what controls or hides (C1, bidi, zero width, tags) is escaped all the same. */
void stk_escape_put(struct stk_buf *out, struct stk_span text, bool utf8);

/* The same for text of ours that is escaped already: backslashes stay as they are. */
void stk_escape_again(struct stk_buf *out, const char *text);

/* Appends text as part of a URI's path (RFC 3986 section 2): all but unreserved
 * characters and the slash as %XX. */
void stk_escape_uri(struct stk_buf *out, struct stk_span text);
