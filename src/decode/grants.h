/* SPDX-License-Identifier: Apache-2.0
 *
 * What a profile grants by exact name, beyond the catalogue. Made once; then any number
 * of threads may look up.
 */
#pragma once

#include "base/map.h"
#include "policy/judge.h"

struct stk_granted;

struct stk_grants {
    const struct stk_alloc *alloc; /* borrowed */
    struct stk_map by_name;        /* hash: place in list */
    struct stk_granted *list;      /* owned; spans borrowed */
    size_t n;
    size_t cap;
};

void stk_grants_init(struct stk_grants *grants, const struct stk_alloc *alloc);
void stk_grants_release(struct stk_grants *grants);

/* module and name: borrowed. What the catalogue vets needs no grant and gets none, since
 * its contract is the stricter one. STK_E_UNSUPPORTED: the name is dangerous, *ret_reason
 * says why (static); or it is granted already as something else (NULL). STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_grants_add(struct stk_grants *grants,
                                            struct stk_span module, struct stk_span name,
                                            enum stk_grant grant,
                                            const char **ret_reason);

/* For stk_decode_options.grant; ctx is the grants. */
enum stk_grant stk_grants_find(void *ctx, struct stk_span module, struct stk_span name);
