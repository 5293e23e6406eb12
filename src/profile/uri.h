/* SPDX-License-Identifier: Apache-2.0
 *
 * References resolved against a base, RFC 3986, 5: what $id, $ref and $schema name.
 */
#pragma once

#include "base/buf.h"

/* A URI reference in its parts. Those that are not there have data NULL. */
struct stk_uri {
    struct stk_span scheme;
    struct stk_span authority;
    struct stk_span path; /* may be empty, is always there */
    struct stk_span query;
    struct stk_span fragment;
};

/* Splits a reference; takes any text. */
struct stk_uri stk_uri_split(struct stk_span text);

/* Appends the target of `ref` seen from `base`, without its fragment. */
void stk_uri_resolve(struct stk_buf *out, struct stk_span base, struct stk_span ref);

/* Appends the text with %XX decoded; false where a % is not followed by two digits. */
bool stk_uri_decode(struct stk_buf *out, struct stk_span text);
