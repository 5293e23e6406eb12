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

struct stk_json {
    struct stk_buf *out; /* borrowed */
    bool comma;          /* something stands before in this object or array */
};

void stk_json_init(struct stk_json *json, struct stk_buf *out);

/* '{' or '[', and '}' or ']'. */
void stk_json_begin(struct stk_json *json, char bracket);
void stk_json_end(struct stk_json *json, char bracket);

/* key is text of ours: ASCII that needs no escape. */
void stk_json_key(struct stk_json *json, const char *key);

void stk_json_span(struct stk_json *json, struct stk_span text);
void stk_json_str(struct stk_json *json, const char *text);
void stk_json_uint(struct stk_json *json, uint64_t value);
void stk_json_int(struct stk_json *json, int64_t value);
void stk_json_bool(struct stk_json *json, bool value);
void stk_json_null(struct stk_json *json);

/* Seconds with three decimals. */
void stk_json_seconds(struct stk_json *json, double seconds);

/* A string of base64 (RFC 4648 section 4), for bytes that must come back exactly. */
void stk_json_base64(struct stk_json *json, struct stk_span bytes);
