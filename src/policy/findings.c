/* SPDX-License-Identifier: Apache-2.0 */
#include "base/checked.h"
#include "policy/state.h"

#define FIRST_FINDINGS 16

STK_WRAPS static size_t subject_hash(const struct stk_subject *s)
{
    uint64_t hash = s->off * UINT64_C(0x9e3779b97f4a7c15);
    hash ^= (s->order + ((uint64_t)s->rule << 32)) * UINT64_C(0xc2b2ae3d27d4eb4f);
    return (size_t)(hash ^ (hash >> 29));
}

static bool same_subject(const struct stk_subject *a, const struct stk_subject *b)
{
    return a->rule == b->rule && a->off == b->off && a->order == b->order;
}

size_t stk_findings_at(const struct stk_policy *policy, const struct stk_subject *subject)
{
    if (policy->n_index == 0) {
        return SIZE_MAX;
    }
    size_t mask = policy->n_index - 1;
    for (size_t i = subject_hash(subject) & mask; policy->index[i] != 0;
         i = (i + 1) & mask) {
        size_t at = policy->index[i] - 1;
        if (same_subject(&policy->subjects[at], subject)) {
            return at;
        }
    }
    return SIZE_MAX;
}

bool stk_findings_wants(struct stk_policy *policy, const struct stk_subject *subject)
{
    enum stk_verdict verdict = stk_rules[subject->rule].verdict;
    policy->verdict = verdict > policy->verdict ? verdict : policy->verdict;
    return policy->n_findings < policy->options.limits->findings_max &&
           stk_findings_at(policy, subject) == SIZE_MAX;
}

static void index_add(struct stk_policy *policy, size_t at)
{
    size_t mask = policy->n_index - 1;
    size_t i = subject_hash(&policy->subjects[at]) & mask;
    while (policy->index[i] != 0) {
        i = (i + 1) & mask;
    }
    policy->index[i] = (uint32_t)(at + 1);
    policy->n_indexed++;
}

/* At most half full, so that a search ends. */
static enum stk_status index_grow(struct stk_policy *policy)
{
    if (2 * (policy->n_indexed + 1) <= policy->n_index) {
        return STK_OK;
    }
    size_t n = policy->n_index == 0 ? 4 * (size_t)FIRST_FINDINGS : 2 * policy->n_index;
    uint32_t *index = stk_arena_array(policy->arena, n, sizeof *index);
    if (index == NULL) {
        return STK_E_NOMEM;
    }
    policy->index = index;
    policy->n_index = n;
    policy->n_indexed = 0;
    for (size_t i = 0; i < policy->n_findings; i++) {
        index_add(policy, i);
    }
    return STK_OK;
}

static enum stk_status list_grow(struct stk_policy *policy)
{
    if (policy->n_findings < policy->cap) {
        return STK_OK;
    }
    size_t cap = policy->cap == 0 ? FIRST_FINDINGS : 2 * policy->cap;
    struct stk_finding *findings = stk_arena_array(policy->arena, cap, sizeof *findings);
    struct stk_subject *subjects = stk_arena_array(policy->arena, cap, sizeof *subjects);
    if (findings == NULL || subjects == NULL) {
        return STK_E_NOMEM;
    }
    if (policy->n_findings > 0) {
        stk_copy(findings, policy->findings, policy->n_findings * sizeof *findings);
        stk_copy(subjects, policy->subjects, policy->n_findings * sizeof *subjects);
    }
    policy->findings = findings;
    policy->subjects = subjects;
    policy->cap = cap;
    return STK_OK;
}

enum stk_status stk_findings_put(struct stk_policy *policy,
                                 const struct stk_subject *subject, const char *message,
                                 const char *reason)
{
    STK_TRY(list_grow(policy));
    STK_TRY(index_grow(policy));
    char *copy =
        stk_arena_text(policy->arena, stk_span_of(message, __builtin_strlen(message)));
    if (copy == NULL) {
        return STK_E_NOMEM;
    }
    size_t at = policy->n_findings++;
    policy->findings[at] = (struct stk_finding){
        .rule = subject->rule, .off = subject->off, .message = copy, .reason = reason};
    policy->subjects[at] = *subject;
    index_add(policy, at);
    return STK_OK;
}

enum stk_status stk_findings_replace(struct stk_policy *policy, size_t at,
                                     const struct stk_subject *subject,
                                     const char *message)
{
    STK_TRY(index_grow(policy));
    char *copy =
        stk_arena_text(policy->arena, stk_span_of(message, __builtin_strlen(message)));
    if (copy == NULL) {
        return STK_E_NOMEM;
    }
    /* The old subject's place in the index stays and matches nothing any more. */
    policy->findings[at].rule = subject->rule;
    policy->findings[at].off = subject->off;
    policy->findings[at].message = copy;
    policy->subjects[at] = *subject;
    index_add(policy, at);
    return STK_OK;
}
