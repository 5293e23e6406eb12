/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON (RFC 8259), written front to back into a buffer. The output is pure ASCII, so that
 * it is safe on a terminal and in any log. Strings that are valid UTF-8 come back exactly
 * from any parser. What JSON cannot carry is written as Python would show it, so that
 * every parser accepts it: a byte that is no UTF-8 as the four characters \xNN, a lone
 * surrogate as the six characters \uNNNN.
 *
 * The caller keeps to the grammar: a key before each member of an object.
 */
#pragma once

#include "base/buf.h"

struct stk_jsonw {
    struct stk_buf *out; /* borrowed */
    bool comma;          /* something stands before in this object or array */
};

void stk_jsonw_init(struct stk_jsonw *json, struct stk_buf *out);

/* '{' or '[', and '}' or ']'. */
void stk_jsonw_begin(struct stk_jsonw *json, char bracket);
void stk_jsonw_end(struct stk_jsonw *json, char bracket);

/* key is text of ours: ASCII that needs no escape. */
void stk_jsonw_key(struct stk_jsonw *json, const char *key);

void stk_jsonw_span(struct stk_jsonw *json, struct stk_span text);
void stk_jsonw_str(struct stk_jsonw *json, const char *text);
void stk_jsonw_uint(struct stk_jsonw *json, uint64_t value);
void stk_jsonw_int(struct stk_jsonw *json, int64_t value);
void stk_jsonw_bool(struct stk_jsonw *json, bool value);
void stk_jsonw_null(struct stk_jsonw *json);

/* Seconds with three decimals. */
void stk_jsonw_seconds(struct stk_jsonw *json, double seconds);

/* A string of base64 (RFC 4648 section 4), for bytes that must come back exactly. */
void stk_jsonw_base64(struct stk_jsonw *json, struct stk_span bytes);
