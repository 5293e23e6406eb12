/* SPDX-License-Identifier: Apache-2.0 */
#include "report/inspection.h"

#include <string.h>

#include "report/escape.h"

/* The judge of the run that notes answers: asks the policy and keeps what it says. */
static enum stk_status note_answer(void *ctx, struct stk_machine *machine,
                                   const struct stk_effect *effect,
                                   struct stk_outcome *outcome)
{
    struct stk_inspection *in = ctx;
    const struct stk_judge *judge = stk_policy_judge(in->policy);
    stk_slot before = outcome->result;
    STK_TRY(judge->effect(judge->ctx, machine, effect, outcome));
    bool literal =
        outcome->result != before && stk_slot_kind(outcome->result) < STK_GLOBAL;
    if (outcome->skip == 0 && !outcome->nested && !outcome->stop && !literal) {
        return STK_OK;
    }
    void *array = in->answers;
    enum stk_status status =
        stk_grow(in->alloc, &array, &in->cap_answers, sizeof(*in->answers),
                 in->n_answers + 1, SIZE_MAX / sizeof(*in->answers));
    in->answers = array;
    if (status == STK_OK) {
        in->answers[in->n_answers++] = (struct stk_answer){
            .off = effect->off,
            .skip = outcome->skip,
            .result = outcome->result,
            .literal = literal,
            .nested = outcome->nested,
            .stop = outcome->stop,
        };
    }
    return status;
}

enum stk_status stk_inspection_open(struct stk_inspection *in,
                                    const struct stk_inspection_options *options,
                                    const struct stk_source *source, uint64_t off)
{
    *in = (struct stk_inspection){
        .alloc = options->alloc,
        .limits = options->limits,
        .reading = options->reading != NULL ? options->reading : &stk_reading_reference,
        .source = *source,
        .off = off,
        .loader = options->loader,
    };
    stk_arena_init(&in->arena, in->alloc, (size_t)in->limits->arena_max);
    struct stk_policy_options policy = {
        .loader = options->loader,
        .limits = options->limits,
        .nested = options->nested,
        .ctx = options->ctx,
    };
    in->policy = stk_policy_new(&in->arena, &policy);
    in->rated = stk_machine_new(in->alloc, in->limits);
    if (in->policy == NULL || in->rated == NULL) {
        return STK_E_NOMEM;
    }
    struct stk_judge judge = {.effect = note_answer, .ctx = in};
    STK_TRY(stk_machine_run(in->rated, &in->source, off, in->reading, &judge, &in->run));
    return stk_policy_finish(in->policy, &in->run);
}

void stk_inspection_release(struct stk_inspection *in)
{
    stk_machine_free(in->rated);
    stk_free(in->alloc, in->answers, in->cap_answers * sizeof(*in->answers));
    stk_arena_release(&in->arena);
    in->rated = NULL;
    in->answers = NULL;
    in->cap_answers = 0;
}

/* ---- other readings ---- */

static const struct stk_global *find_global(const struct stk_machine *machine,
                                            const struct stk_global *global)
{
    for (size_t i = 0; i < stk_machine_n_globals(machine); i++) {
        const struct stk_global *other = stk_machine_global(machine, i);
        if (other->computed == global->computed &&
            stk_span_equal(other->module, global->module) &&
            stk_span_equal(other->name, global->name) &&
            stk_span_equal(other->mapped_module, global->mapped_module)) {
            return other;
        }
    }
    return NULL;
}

/* "os.system", as it is imported. */
static char *global_text(struct stk_inspection *in, const struct stk_global *global)
{
    struct stk_buf name;
    stk_buf_init(&name, in->alloc, (size_t)1 << 22);
    if (global->computed) {
        stk_buf_str(&name, "a computed name");
    } else {
        stk_escape_put(&name, global->mapped_module, false);
        stk_buf_byte(&name, '.');
        stk_escape_put(&name, global->mapped_name, false);
    }
    char *text =
        name.status == STK_OK ? stk_arena_text(&in->arena, stk_buf_span(&name)) : NULL;
    stk_buf_release(&name);
    return text;
}

static enum stk_status note_new_global(struct stk_inspection *in,
                                       const struct stk_machine *machine,
                                       struct stk_other_reading *other)
{
    size_t n = stk_machine_n_globals(machine);
    for (size_t i = 0; i < n; i++) {
        const struct stk_global *global = stk_machine_global(machine, i);
        const struct stk_global *same = stk_machine_global(in->rated, i);
        bool known = same != NULL && stk_span_equal(same->module, global->module) &&
                     stk_span_equal(same->name, global->name);
        if (!known && find_global(in->rated, global) == NULL) {
            other->new_global = global_text(in, global);
            other->new_global_off = global->off;
            return other->new_global == NULL ? STK_E_NOMEM : STK_OK;
        }
    }
    return STK_OK;
}

static enum stk_status compare_one(struct stk_inspection *in,
                                   const struct stk_inspection_options *options,
                                   const struct stk_reading *reading)
{
    struct stk_inspection_options again = *options;
    struct stk_inspection other;
    if (in->n_others == STK_OTHER_READINGS_MAX) {
        return STK_OK;
    }
    again.reading = reading;
    enum stk_status status = stk_inspection_open(&other, &again, &in->source, in->off);
    if (status == STK_OK) {
        struct stk_other_reading *to = &in->others[in->n_others++];
        *to = (struct stk_other_reading){.reading = reading, .run = other.run};
        status = note_new_global(in, other.rated, to);
    }
    stk_inspection_release(&other);
    return status;
}

enum stk_status stk_inspection_compare(struct stk_inspection *in,
                                       const struct stk_inspection_options *options)
{
    uint32_t quirks = in->run.quirks;
    if (quirks == 0) {
        return STK_OK;
    }
    if (in->reading != &stk_reading_reference) {
        STK_TRY(compare_one(in, options, &stk_reading_reference));
    }
    for (size_t i = 0; i < stk_n_readings; i++) {
        if (&stk_readings[i] != in->reading && stk_reading_is_new(i, quirks)) {
            STK_TRY(compare_one(in, options, &stk_readings[i]));
        }
    }
    return STK_OK;
}

/* ---- questions of whoever lists ---- */

enum stk_rating stk_inspection_rating(const struct stk_inspection *in,
                                      const struct stk_global *global)
{
    /* The same reading lists the same globals in the same order. */
    const struct stk_global *same = stk_machine_global(in->rated, (size_t)global->order);
    if (same == NULL || !stk_span_equal(same->module, global->module) ||
        !stk_span_equal(same->name, global->name)) {
        return STK_RATING_UNKNOWN;
    }
    return (enum stk_rating)same->rating;
}

static const struct stk_answer *find_answer(const struct stk_inspection *in, uint64_t off)
{
    size_t low = 0;
    size_t high = in->n_answers;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (in->answers[middle].off < off) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < in->n_answers && in->answers[low].off == off;
    return found ? &in->answers[low] : NULL;
}

void stk_inspection_outcome(const struct stk_inspection *in,
                            const struct stk_effect *effect, uint64_t *number,
                            struct stk_outcome *outcome)
{
    /* INST imports and calls at one offset; only the call has an answer. */
    const struct stk_answer *answer =
        effect->kind == STK_EFFECT_IMPORT ? NULL : find_answer(in, effect->off);
    if (answer != NULL) {
        outcome->skip = answer->skip;
        outcome->nested = answer->nested;
        outcome->stop = answer->stop;
    }
    if (effect->kind == STK_EFFECT_IMPORT || effect->kind == STK_EFFECT_BUILD ||
        effect->kind == STK_EFFECT_ITEMS) {
        return;
    }
    outcome->result = answer != NULL && answer->literal
                          ? answer->result
                          : stk_slot_make(STK_PERSISTENT, *number);
    (*number)++;
}

const struct stk_finding *stk_inspection_findings(const struct stk_inspection *in,
                                                  size_t *ret_n)
{
    if (in->stream != NULL) {
        *ret_n = in->stream->n_findings;
        return in->stream->findings;
    }
    return stk_policy_findings(in->policy, ret_n);
}

enum stk_verdict stk_inspection_verdict(const struct stk_inspection *in)
{
    return in->stream != NULL ? in->stream->verdict : stk_policy_verdict(in->policy);
}

/* "outer!how@123" is the name of what the bytes at 123 carry. */
static bool carries(const char *outer, const char *member, uint64_t off)
{
    size_t len = outer == NULL ? 0 : strlen(outer);
    if (member == NULL || strncmp(member, outer == NULL ? "" : outer, len) != 0 ||
        (outer != NULL && member[len] != '!')) {
        return false;
    }
    const char *rest = member + len + (outer == NULL ? 0 : 1);
    const char *at = strrchr(rest, '@');
    uint64_t value = 0;
    if (at == NULL || at[1] == '\0' || strpbrk(rest, "!/") != NULL) {
        return false;
    }
    for (const char *p = at + 1; *p >= '0' && *p <= '9'; p++) {
        value = value > (UINT64_MAX - 9) / 10 ? UINT64_MAX
                                              : value * 10 + (uint64_t)(*p - '0');
    }
    return value == off;
}

size_t stk_inspection_nested(const struct stk_inspection *in, struct stk_machine *machine,
                             stk_slot slot)
{
    uint64_t off = 0;
    uint64_t len = 0;
    if (in->report == NULL || in->report->n_streams < 2 ||
        stk_slot_place(machine, slot, &off, &len) != STK_OK) {
        return SIZE_MAX;
    }
    const char *outer = in->stream == NULL ? NULL : in->stream->member;
    for (size_t i = 0; i < in->report->n_streams; i++) {
        if (carries(outer, in->report->streams[i].member, off)) {
            return i;
        }
    }
    return SIZE_MAX;
}
