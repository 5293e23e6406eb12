/* SPDX-License-Identifier: Apache-2.0
 *
 * The judge of one stream: takes the machine's effects, holds them against the contracts
 * of the catalogue, and keeps ratings and findings. No decision to accept rests on the
 * list of dangers. Used once per stream; thread-compatible.
 */
#pragma once

#include "base/arena.h"
#include "pickle/machine.h"
#include "policy/verdict.h"

/* Which loader the stream is meant for, since that decides what a persistent id or the
 * bytes behind a BUILD mean. */
enum stk_loader {
    STK_LOADER_PICKLE, /* pickle.load and all that wrap it */
    STK_LOADER_TORCH,  /* torch.load: persistent ids name storages */
    STK_LOADER_JOBLIB, /* joblib.load: raw arrays behind the BUILD of their wrapper */
};

/* How the source has the bytes that a loading callable got. Protocols 0 to 2 carry bytes
 * as the text of which they are the Latin-1 form. */
enum stk_writing {
    STK_WRITTEN_BYTES,   /* as they are */
    STK_WRITTEN_UTF8,    /* as text */
    STK_WRITTEN_UNICODE, /* as text with the escapes of UNICODE */
    STK_WRITTEN_STRING,  /* as text in the quotes and with the escapes of STRING */
};

/* What a profile grants by name, of what the catalogue does not vet. */
enum stk_grant {
    STK_GRANT_NONE,
    STK_GRANT_VALUE, /* the global itself, not to be called */
    STK_GRANT_CLASS, /* its objects, whatever they are given */
    STK_GRANT_ENUM,  /* its members, by name or value */
};

struct stk_policy;    /* one judge's state */
struct stk_catalogue; /* catalogue.h */

struct stk_policy_options {
    enum stk_loader loader;
    const struct stk_limits *limits;       /* borrowed */
    const struct stk_catalogue *catalogue; /* borrowed; NULL: the one compiled in */
    /* Nested load: a loading callable got a bytes or text argument that lies at
     * [off, off + len) of the stream's source. `how` names the loader. The scanner looks
     * into it and answers with the worst verdict found. NULL: undecided. */
    enum stk_status (*nested)(void *ctx, const char *how, uint64_t off, uint64_t len,
                              enum stk_verdict *ret_verdict);
    /* The same for an argument that _codecs.encode made of the text that lies there.
     * NULL: undecided. */
    enum stk_status (*encoded)(void *ctx, const char *how, enum stk_writing writing,
                               uint64_t off, uint64_t len, enum stk_verdict *ret_verdict);
    /* TORCH: a storage is named by a persistent id: its key (borrowed), how many items it
     * has, and how many bytes each (0: a type that is not one of torch's). May be NULL.
     */
    enum stk_status (*storage)(void *ctx, struct stk_span key, uint64_t items,
                               uint64_t item_size);
    void *ctx;
    /* Asked about each global first; NULL: nothing is granted. Whoever answers has seen
     * to it that nothing is that is vetted or dangerous (decode/grants.h). */
    enum stk_grant (*grant)(void *ctx, struct stk_span module, struct stk_span name);
    void *grant_ctx;
};

/* Everything the judge keeps comes from arena. NULL: no memory. */
struct stk_policy *stk_policy_new(struct stk_arena *arena,
                                  const struct stk_policy_options *options);

/* The table to give to the machine; borrowed from the policy. */
const struct stk_judge *stk_policy_judge(struct stk_policy *policy);

/* Adds what the end of a run says: fault, quirks, limits. Call once per run. */
STK_MUST_USE enum stk_status stk_policy_finish(struct stk_policy *policy,
                                               const struct stk_run *run);

enum stk_verdict stk_policy_verdict(const struct stk_policy *policy);

/* Findings in the order of discovery, duplicates (rule and offset) dropped; at most
 * limits.findings_max are kept, all are counted in the verdict. Arena. */
const struct stk_finding *stk_policy_findings(const struct stk_policy *policy,
                                              size_t *ret_n);
