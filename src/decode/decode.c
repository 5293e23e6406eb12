/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/decode.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/source.h"
#include "decode/state.h"

enum stk_status stk_decoder_new(const struct stk_alloc *alloc,
                                const struct stk_limits *limits,
                                struct stk_decoder **ret_decoder)
{
    struct stk_decoder *d = stk_new(alloc, sizeof *d);
    if (d == NULL) {
        return STK_E_NOMEM;
    }
    d->alloc = alloc;
    d->limits = limits;
    stk_arena_init(&d->policy_arena, alloc, (size_t)limits->arena_max);
    d->machine = stk_machine_new(alloc, limits);
    if (d->machine == NULL) {
        stk_decoder_free(d);
        return STK_E_NOMEM;
    }
    *ret_decoder = d;
    return STK_OK;
}

void stk_decoder_free(struct stk_decoder *d)
{
    if (d == NULL) {
        return;
    }
    stk_decoder_free(d->inner);
    stk_machine_free(d->machine);
    stk_arena_release(&d->policy_arena);
    stk_free(d->alloc, d, sizeof *d);
}

/* ---- the judge ---- */

static enum stk_status effect(void *ctx, struct stk_machine *machine,
                              const struct stk_effect *effect,
                              struct stk_outcome *outcome)
{
    struct stk_decoder *d = ctx;
    d->has_storage = false;
    d->operands = effect->operands;
    d->off = effect->off;
    STK_TRY(d->policy_judge->effect(d->policy_judge->ctx, machine, effect, outcome));
    return stk_decode_effect(d, machine, effect, outcome);
}

static enum stk_status object(void *ctx, struct stk_arena *arena,
                              struct stk_object *object, struct stk_value *inout_value)
{
    struct stk_decoder *d = ctx;
    const char *reason = NULL;
    STK_TRY(stk_object_mean(d, arena, object, inout_value, &reason));
    if (reason != NULL && d->reason == NULL) {
        d->reason = reason;
        d->reason_off = inout_value->off;
    }
    return STK_OK;
}

/* The bytes that torch.storage._load_from_bytes got: a storage, and nothing else. */
static enum stk_status nested_storage(struct stk_decoder *d, struct stk_span bytes,
                                      enum stk_verdict *ret_verdict)
{
    const char *reason = "storages that share their bytes";
    if (stk_decode_may_copy(d, bytes.len)) {
        reason = NULL;
        STK_TRY(stk_decode_storage(d, d->arena, bytes, &d->storage, &reason));
    }
    d->has_storage = reason == NULL;
    *ret_verdict = reason == NULL ? STK_VERDICT_CLEAN : STK_VERDICT_UNDECIDED;
    if (reason != NULL && d->reason == NULL) {
        d->reason = reason;
        d->reason_off = d->off;
    }
    return STK_OK;
}

static enum stk_status nested(void *ctx, const char *how, uint64_t off, uint64_t len,
                              enum stk_verdict *ret_verdict)
{
    struct stk_decoder *d = ctx;
    (void)how;
    const struct stk_source *source = stk_machine_source(d->machine);
    return nested_storage(d, stk_span_of(source->mem + off, (size_t)len), ret_verdict);
}

/* Bytes that were written as text: the value of the argument has them. */
static enum stk_status encoded(void *ctx, const char *how, enum stk_writing writing,
                               uint64_t off, uint64_t len, enum stk_verdict *ret_verdict)
{
    struct stk_decoder *d = ctx;
    (void)how;
    (void)writing;
    (void)off;
    (void)len;
    struct stk_value carrier = stk_item(d->operands->args, 0);
    if (carrier.kind != STK_VALUE_BYTES) {
        *ret_verdict = STK_VERDICT_UNDECIDED;
        return STK_OK;
    }
    return nested_storage(d, carrier.text->bytes, ret_verdict);
}

/* ---- why not ---- */

static bool is_refused(const void *ctx, struct stk_value value)
{
    const uint64_t *off = ctx;
    return value.kind == STK_VALUE_REFUSED && (*off == UINT64_MAX || value.off == *off);
}

static void find_path(struct stk_decoder *d, const struct stk_run *run,
                      struct stk_value root, uint64_t off,
                      struct stk_decode_error *ret_error)
{
    uint64_t any = UINT64_MAX;
    ret_error->path[0] = 0;
    if (run->stopped && !stk_value_path(d->alloc, root, is_refused, &off, ret_error->path,
                                        sizeof ret_error->path)) {
        (void)stk_value_path(d->alloc, root, is_refused, &any, ret_error->path,
                             sizeof ret_error->path);
    }
}

__attribute__((format(printf, 3, 4))) static enum stk_status refuse(
    struct stk_decode_error *ret_error, uint64_t off, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(ret_error->reason, sizeof ret_error->reason, format, args);
    va_end(args);
    ret_error->off = off;
    ret_error->path[0] = 0;
    ret_error->verdict = STK_VERDICT_UNDECIDED;
    return STK_E_MALFORMED;
}

/* The finding that decides the verdict. */
static const struct stk_finding *worst_finding(const struct stk_policy *policy)
{
    size_t n = 0;
    const struct stk_finding *list = stk_policy_findings(policy, &n);
    const struct stk_finding *worst = NULL;
    for (size_t i = 0; i < n; i++) {
        if (worst == NULL ||
            stk_rules[list[i].rule].verdict > stk_rules[worst->rule].verdict) {
            worst = &list[i];
        }
    }
    return worst;
}

static enum stk_status judge_run(struct stk_decoder *d, const struct stk_policy *policy,
                                 const struct stk_run *run, struct stk_value root,
                                 struct stk_decode_error *ret_error)
{
    const struct stk_finding *worst = worst_finding(policy);
    if (d->reason != NULL &&
        (worst == NULL || stk_rules[worst->rule].verdict < STK_VERDICT_DANGEROUS)) {
        (void)refuse(ret_error, d->reason_off, "%s", d->reason);
        find_path(d, run, root, d->reason_off, ret_error);
        return STK_E_MALFORMED;
    }
    if (run->fault.code == STK_FAULT_VALUE && worst == NULL) {
        return refuse(ret_error, run->fault.off, "%s", stk_machine_reason(d->machine));
    }
    if (stk_policy_verdict(policy) != STK_VERDICT_CLEAN) {
        (void)refuse(ret_error, worst != NULL ? worst->off : run->begin, "%s",
                     worst != NULL ? worst->message : "not clean");
        ret_error->verdict = stk_policy_verdict(policy);
        find_path(d, run, root, ret_error->off, ret_error);
        return STK_E_MALFORMED;
    }
    return run->stopped
               ? STK_OK
               : refuse(ret_error, run->fault.off, "%s", stk_fault_text(run->fault.code));
}

/* ---- one stream ---- */

enum stk_status stk_decode_pickle(struct stk_decoder *d, struct stk_arena *arena,
                                  struct stk_span bytes,
                                  const struct stk_decode_options *options,
                                  struct stk_value *ret_value, size_t *ret_end,
                                  struct stk_decode_error *ret_error)
{
    struct stk_policy_options policy_options = {.loader = options->loader,
                                                .limits = d->limits,
                                                .nested = nested,
                                                .encoded = encoded,
                                                .ctx = d,
                                                .grant = options->grant,
                                                .grant_ctx = options->grant_ctx};
    struct stk_source source = stk_source_of(bytes);
    struct stk_value root = stk_value_none(0);
    struct stk_run run = {0};
    stk_arena_clear(&d->policy_arena);
    struct stk_policy *policy = stk_policy_new(&d->policy_arena, &policy_options);
    if (policy == NULL) {
        return STK_E_NOMEM;
    }
    d->options = options;
    d->arena = arena;
    d->reason = NULL;
    d->copies_left = 2 * (uint64_t)bytes.len; /* text, and the storage that it holds */
    d->policy_judge = stk_policy_judge(policy);
    d->judge = (struct stk_judge){.effect = effect,
                                  .object = object,
                                  .ctx = d,
                                  .buffers = options->buffers,
                                  .n_buffers = options->n_buffers};
    enum stk_status status =
        stk_machine_decode(d->machine, &source, 0, &d->judge, arena, &run, &root);
    if (status == STK_E_LIMIT) {
        return refuse(ret_error, run.begin,
                      "keys or members too many and too alike to be told apart");
    }
    STK_TRY(status);
    STK_TRY(stk_policy_finish(policy, &run));
    STK_TRY(judge_run(d, policy, &run, root, ret_error));
    if (!options->trailing && run.end != bytes.len) {
        return refuse(ret_error, run.end, "%llu bytes behind the stream",
                      (unsigned long long)(bytes.len - run.end));
    }
    *ret_value = root;
    *ret_end = (size_t)run.end;
    return STK_OK;
}
