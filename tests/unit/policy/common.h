/* SPDX-License-Identifier: Apache-2.0
 *
 * Rates byte streams under the test catalogue (test.cat). Include behind cmocka.h.
 */
#pragma once

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "policy/catalogue.h"
#include "policy/judge.h"

extern const struct stk_catalogue test_catalogue;

struct rated {
    struct stk_limits limits;
    struct stk_arena arena;
    struct stk_machine *machine;
    struct stk_policy *policy;
    struct stk_policy_options options;
    struct stk_run run;
    enum stk_status status;
    /* What the callbacks were given, and what they answer. */
    char how[64];
    uint64_t nested_off;
    uint64_t nested_len;
    unsigned n_nested;
    enum stk_verdict nested_verdict;
    char key[64];
    uint64_t items;
    uint64_t item_size;
    unsigned n_storages;
};

static inline enum stk_status rated_nested(void *ctx, const char *how, uint64_t off,
                                           uint64_t len, enum stk_verdict *ret_verdict)
{
    struct rated *r = ctx;
    snprintf(r->how, sizeof r->how, "%s", how);
    r->nested_off = off;
    r->nested_len = len;
    r->n_nested++;
    *ret_verdict = r->nested_verdict;
    return STK_OK;
}

static inline enum stk_status rated_storage(void *ctx, struct stk_span key,
                                            uint64_t items, uint64_t item_size)
{
    struct rated *r = ctx;
    snprintf(r->key, sizeof r->key, "%.*s", (int)key.len, (const char *)key.data);
    r->items = items;
    r->item_size = item_size;
    r->n_storages++;
    return STK_OK;
}

static inline void rated_init(struct rated *r, enum stk_loader loader)
{
    memset(r, 0, sizeof *r);
    r->limits = (struct stk_limits)STK_LIMITS_DEFAULT;
    r->options = (struct stk_policy_options){.loader = loader,
                                             .limits = &r->limits,
                                             .catalogue = &test_catalogue,
                                             .nested = rated_nested,
                                             .storage = rated_storage,
                                             .ctx = r};
}

static inline enum stk_status rated_finish(struct rated *r)
{
    return r->status == STK_OK ? stk_policy_finish(r->policy, &r->run) : r->status;
}

static inline void rated_run(struct rated *r, const struct stk_alloc *alloc,
                             const void *bytes, size_t len)
{
    struct stk_source source = stk_source_of(stk_span_of(bytes, len));
    stk_arena_init(&r->arena, alloc, (size_t)1 << 24);
    r->machine = stk_machine_new(alloc, &r->limits);
    r->policy = stk_policy_new(&r->arena, &r->options);
    r->status = STK_E_NOMEM;
    if (r->machine != NULL && r->policy != NULL) {
        r->status = stk_machine_run_all(r->machine, &source, 0,
                                        stk_policy_judge(r->policy), NULL, NULL, &r->run);
    }
    r->status = rated_finish(r);
}

static inline void rated_release(struct rated *r)
{
    stk_machine_free(r->machine);
    stk_arena_release(&r->arena);
}

/* The findings as one text: "STK101 0 calls os.system('id')\n…". */
static inline const char *rated_text(struct rated *r)
{
    static char text[8192];
    size_t n = 0;
    size_t len = 0;
    const struct stk_finding *f = stk_policy_findings(r->policy, &n);
    text[0] = '\0';
    for (size_t i = 0; i < n && len < sizeof text; i++) {
        len += (size_t)snprintf(text + len, sizeof text - len, "%s %llu %s\n",
                                stk_rules[f[i].rule].id, (unsigned long long)f[i].off,
                                f[i].message);
    }
    return text;
}

static inline void expect_rated(enum stk_loader loader, const void *bytes, size_t len,
                                enum stk_verdict verdict, const char *findings)
{
    struct rated r;
    rated_init(&r, loader);
    rated_run(&r, &stk_alloc_libc, bytes, len);
    assert_int_equal(r.status, STK_OK);
    assert_string_equal(rated_text(&r), findings);
    assert_int_equal(stk_policy_verdict(r.policy), verdict);
    rated_release(&r);
}

/* A stream given as a literal, under pickle.load. */
#define EXPECT(bytes, verdict, findings)                                                 \
    expect_rated(STK_LOADER_PICKLE, (bytes), sizeof(bytes) - 1, STK_VERDICT_##verdict,   \
                 (findings))
#define EXPECT_CLEAN(bytes) EXPECT(bytes, CLEAN, "")
