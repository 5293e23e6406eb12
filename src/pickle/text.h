/* SPDX-License-Identifier: Apache-2.0
 *
 * Escapes of the text opcodes. Sources: CPython Objects/bytesobject.c
 * PyBytes_DecodeEscape; Objects/unicodeobject.c PyUnicode_DecodeRawUnicodeEscape; the
 * STRING rules of Modules/_pickle.c load_string and Lib/pickle.py.
 */
#pragma once

#include "base/buf.h"
#include "base/cursor.h"
#include "base/span.h"

/* STRING: the line is quoted and its escapes are right. out may be NULL (check only);
 * else gets the content, each byte above 0x7f as the code point of Latin-1. */
bool stk_text_quoted(struct stk_span line, struct stk_buf *out);

/* UNICODE: raw-unicode-escape; out gets UTF-8, surrogates kept. */
bool stk_text_raw_unicode(struct stk_span line, struct stk_buf *out);

/* Bytes as Latin-1, to UTF-8. */
void stk_text_latin1(struct stk_span bytes, struct stk_buf *out);
