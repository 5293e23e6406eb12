/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the judge, shared by the files of this module only:
 *
 *   judge.c       imports, and which file gets which effect
 *   calls.c       callees held against their contracts
 *   results.c     what a matched contract leaves on the stack, and item sizes
 *   builds.c      BUILD and items
 *   cause.c       which part of a state breaks its contract
 *   arrays.c      joblib's arrays behind a BUILD
 *   persistent.c  persistent ids, extensions, nested streams
 *   findings.c    the list of findings
 *   messages.c    how they are worded
 *   values.c      what contracts find behind the machine's slots
 */
#pragma once

#include "base/assert.h"
#include "policy/contract.h"
#include "policy/judge.h"

/* What a finding is about: dedup goes by rule, offset and global. */
struct stk_subject {
    enum stk_rule rule;
    uint64_t off;      /* as reported */
    uint64_t call_off; /* of the call, where off is that of the import */
    uint64_t order;    /* of the global, plus 1; 0: none */
};

struct stk_policy {
    struct stk_arena *arena; /* borrowed */
    struct stk_policy_options options;
    const struct stk_catalogue *catalogue;
    struct stk_judge judge;
    struct stk_values values;
    struct stk_machine *machine; /* of the effect that is judged */
    uint32_t encode;             /* entry of _codecs.encode, or STK_ENTRY_NONE */

    enum stk_verdict verdict;
    struct stk_finding *findings; /* arena, as the next two; n_findings are used */
    struct stk_subject *subjects;
    uint32_t *index; /* open addressing; finding + 1, 0: free */
    size_t n_findings;
    size_t cap;
    size_t n_index;
    size_t n_indexed;

    uint64_t steps_used; /* on contracts */
    uint64_t begin;      /* offset of the first effect */
    bool begun;
};

static inline stk_slot stk_slot_opaque(const struct stk_effect *effect)
{
    bool named = stk_slot_kind(effect->target) == STK_GLOBAL;
    return stk_slot_make(STK_OPAQUE, named ? stk_slot_payload(effect->target) + 1 : 0);
}

/* ---- values.c ---- */

/* What lies behind the slots of the machine of the effect that is judged. */
struct stk_values stk_policy_values(struct stk_policy *policy);

/* ---- findings.c ---- */

/* Counts the finding in the verdict; true if it must be worded and put. */
bool stk_findings_wants(struct stk_policy *policy, const struct stk_subject *subject);

/* The finding with this rule, offset and global, or SIZE_MAX. */
size_t stk_findings_at(const struct stk_policy *policy,
                       const struct stk_subject *subject);

/* Lists what was wanted. reason may be NULL, else static. */
STK_MUST_USE enum stk_status stk_findings_put(struct stk_policy *policy,
                                              const struct stk_subject *subject,
                                              const char *message, const char *reason);

/* A finding becomes another one in its place. */
STK_MUST_USE enum stk_status stk_findings_replace(struct stk_policy *policy, size_t at,
                                                  const struct stk_subject *subject,
                                                  const char *message);

/* ---- messages.c ---- */

/* One line of a message, cut where it is full. */
struct stk_line {
    char text[512];
    size_t len;
};

__attribute__((format(printf, 2, 3))) void stk_line_add(struct stk_line *line,
                                                        const char *format, ...);

/* os.system */
void stk_line_global(struct stk_line *line, const struct stk_global *global);

/* What is called: a global, or the result of another call. */
void stk_line_callee(struct stk_policy *policy, struct stk_line *line, stk_slot callee);

/* A value; None, 'text', (1, 2). */
void stk_line_slot(struct stk_policy *policy, struct stk_line *line, stk_slot slot);

/* ('id'): a call's arguments. */
void stk_line_arguments(struct stk_policy *policy, struct stk_line *line,
                        const struct stk_effect *effect);

/* "; its contract asks for a or b", from the alternatives of a clause; nothing for the
 * class of a typed result. cause: what breaks it, NULL or empty where that is not known.
 */
void stk_line_contract(struct stk_policy *policy, struct stk_line *line, uint32_t entry,
                       enum stk_clause clause, const char *cause);

/* ---- cause.c ---- */

/* Names the part of a state that breaks the contract of its object's class: "key
 * '__class__' of item 2"; nothing where no part alone does. Only for the wording: it may
 * give up. */
STK_MUST_USE enum stk_status stk_cause_state(struct stk_policy *policy,
                                             const struct stk_effect *effect,
                                             struct stk_line *ret_cause);

/* Lists a finding about an effect at its offset, unless it is not wanted. */
STK_MUST_USE enum stk_status stk_policy_note(struct stk_policy *policy,
                                             enum stk_rule rule, uint64_t off,
                                             const struct stk_line *line);

/* ---- judge.c ---- */

/* Why a global is dangerous, static; NULL where the catalogue does not say. */
const char *stk_policy_reason(const struct stk_policy *policy,
                              const struct stk_global *global);

/* ---- calls.c ---- */

STK_MUST_USE enum stk_status stk_policy_call(struct stk_policy *policy,
                                             const struct stk_effect *effect,
                                             struct stk_outcome *outcome);

/* The arguments of a call; false where they are no tuple. */
bool stk_effect_arguments(const struct stk_policy *policy,
                          const struct stk_effect *effect,
                          struct stk_arguments *ret_args);

/* A dangerous or unknown global is called, or given items: takes the place of the finding
 * about its import. */
STK_MUST_USE enum stk_status stk_policy_note_use(struct stk_policy *policy,
                                                 const struct stk_effect *effect,
                                                 const struct stk_global *global,
                                                 const struct stk_line *line);

/* Begins an evaluation with what is left of the steps, and ends it. */
struct stk_check stk_check_begin(struct stk_policy *policy,
                                 const struct stk_effect *effect);
STK_MUST_USE enum stk_status stk_check_end(struct stk_policy *policy,
                                           const struct stk_check *check);

/* The first alternative of a clause that is not ruled out; NULL where all are. For a
 * state the value is wrapped by the caller. */
typedef enum stk_match (*stk_alternative_match)(struct stk_check *check,
                                                const struct stk_alternative *alternative,
                                                const void *what);
const struct stk_alternative *stk_check_clause(struct stk_check *check, uint32_t entry,
                                               enum stk_clause clause,
                                               stk_alternative_match matches,
                                               const void *what,
                                               enum stk_match *ret_match);

/* The rule for an answer that is not YES; STK_RULE_COUNT: nothing to say. */
enum stk_rule stk_check_rule(const struct stk_check *check, enum stk_match match);

/* ---- results.c ---- */

/* The object that a result names. args: the call's arguments, or the state as such. */
struct stk_made {
    const struct stk_result *result;
    uint32_t entry; /* that the contract belongs to */
    stk_slot self;  /* BUILD: the target; else NONE */
    stk_slot state; /* BUILD: the state */
    const struct stk_arguments *args;
};

/* False where what the result refers to is not there or not what it must be. */
bool stk_result_make(struct stk_check *check, const struct stk_made *made,
                     stk_slot *ret_slot);

/* Bytes of an item by a numpy dtype text ("<f8", "U5"); false where it does not say. */
bool stk_dtype_size(struct stk_span text, uint64_t *ret_size);

/* The item size noted in an object; false: none. */
bool stk_slot_item_size(stk_slot slot, uint64_t *ret_size);

/* The bytes that are the Latin-1 form of a value: of a text that the stream wrote, they
 * say which. */
stk_slot stk_slot_encoded(stk_slot value);

/* That text; false: none is noted. */
bool stk_slot_encoded_text(stk_slot slot, stk_slot *ret_text);

/* ---- builds.c ---- */

STK_MUST_USE enum stk_status stk_policy_build(struct stk_policy *policy,
                                              const struct stk_effect *effect,
                                              struct stk_outcome *outcome);
STK_MUST_USE enum stk_status stk_policy_items(struct stk_policy *policy,
                                              const struct stk_effect *effect);

/* ---- arrays.c ---- */

/* The loader is joblib's, here. */
bool stk_policy_is_joblib(const struct stk_policy *policy);

/* Some state of the class is followed by an array. */
bool stk_entry_has_array(const struct stk_catalogue *catalogue, uint32_t entry);

/* What follows the BUILD of an array's wrapper: how much to skip, or a stream. The run
 * ends where that is not known. */
STK_MUST_USE enum stk_status stk_policy_array(struct stk_policy *policy,
                                              struct stk_check *check,
                                              const struct stk_effect *effect,
                                              enum stk_follows follows,
                                              struct stk_outcome *outcome);

/* The place of an array's bytes is not known: undecided, and the run ends. */
STK_MUST_USE enum stk_status stk_policy_array_lost(struct stk_policy *policy,
                                                   const struct stk_effect *effect,
                                                   struct stk_outcome *outcome);

/* ---- persistent.c ---- */

STK_MUST_USE enum stk_status stk_policy_persistent(struct stk_policy *policy,
                                                   const struct stk_effect *effect,
                                                   struct stk_outcome *outcome);
STK_MUST_USE enum stk_status stk_policy_extension(struct stk_policy *policy,
                                                  const struct stk_effect *effect);

/* A stream in bytes or text, given to the loading callable of the effect. vetted: its
 * verdict decides on the call as well. */
STK_MUST_USE enum stk_status stk_policy_nested(struct stk_policy *policy,
                                               const struct stk_effect *effect,
                                               stk_slot carrier, bool vetted);
