/* SPDX-License-Identifier: Apache-2.0
 *
 * The tokens of RFC 8259 from a reader: what a format needs that has a little JSON of a
 * fixed shape in its header. Failures stick in the reader as STK_E_MALFORMED.
 */
#pragma once

#include "container/reader.h"

#define STK_JSON_TEXT_MAX 1024

/* A string, hashed and cut. Escapes are validated and stay as they are written. */
struct stk_json_text {
    uint64_t hash; /* of all its bytes */
    size_t len;    /* of text: at most STK_JSON_TEXT_MAX bytes of the string */
    uint8_t text[STK_JSON_TEXT_MAX];
    size_t block_len; /* bytes that are not in hash yet */
    uint8_t block[64];
};

/* Consumes the byte if it is next, behind white space. */
bool stk_json_accept(struct stk_reader *r, char byte);
void stk_json_expect(struct stk_reader *r, char byte);
void stk_json_text(struct stk_reader *r, struct stk_json_text *text);
uint64_t stk_json_number(struct stk_reader *r); /* no sign, fraction or exponent */
