/* SPDX-License-Identifier: Apache-2.0
 *
 * Contracts evaluated: patterns of the catalogue over slots. What a slot says itself (its
 * kind, a small number, the class of an object) is read from it; what lies behind it is
 * asked of its owner through struct stk_values, so that one contract means the same over
 * the rating machine's slots and over any other's. An answer has three values: it
 * matches, it does not, or it cannot be known, because what the pattern must look at is
 * not kept any more or the work for it is used up; who asks must take that for undecided.
 * Evaluation has no side effects: streams to look into are collected for the caller.
 */
#pragma once

#include "base/status.h"
#include "policy/catalogue.h"

enum stk_match {
    STK_MATCH_NO,
    STK_MATCH_YES,
    STK_MATCH_UNKNOWN,
};

/* ---- slots as contracts see them ---- */

/* A result of a call of which only the type is known is an object of a class that no
 * entry has. So it is never taken for what the stream wrote itself: not as a name, not as
 * a dict whose entries were seen. */
#define STK_CLASS_TYPED 0xff00

static inline bool stk_slot_is_typed(stk_slot slot)
{
    return stk_slot_kind(slot) == STK_OBJECT && stk_slot_class(slot) >= STK_CLASS_TYPED;
}

static inline stk_slot stk_slot_typed(enum stk_kind kind)
{
    return stk_slot_object((uint16_t)(STK_CLASS_TYPED + kind), 0, 0);
}

/* The kind that contracts see. */
static inline enum stk_kind stk_slot_seen_kind(stk_slot slot)
{
    return stk_slot_is_typed(slot)
               ? (enum stk_kind)(stk_slot_class(slot) - STK_CLASS_TYPED)
               : stk_slot_kind(slot);
}

/* Of BOOL and INT; false of what does not fit a slot, or is not known. */
static inline bool stk_slot_number(stk_slot slot, int64_t *ret_number)
{
    if (stk_slot_kind(slot) == STK_INT) {
        *ret_number = stk_slot_int_value(slot);
        return true;
    }
    *ret_number = stk_slot_payload(slot) != 0;
    return stk_slot_kind(slot) == STK_BOOL;
}

/* What lies behind slots. Whatever is returned is good until the owner changes: not while
 * a contract is evaluated. */
struct stk_values {
    void *ctx;
    /* A tuple's items, or NULL where they are not known; *ret_n is their number,
     * UINT64_MAX where that is not known either. */
    const stk_slot *(*items)(void *ctx, stk_slot tuple, uint64_t *ret_n);
    /* A dict's keys and values in turn, *ret_n pairs; NULL where they are not known. */
    const stk_slot *(*pairs)(void *ctx, stk_slot dict, uint64_t *ret_n);
    /* The kind that all items of a tuple have, which may be known where the items are
     * not; STK_KINDS: several, none, or not known. */
    enum stk_kind (*uniform)(void *ctx, stk_slot tuple);
    /* Of STR, BYTES and BYTEARRAY, at most max bytes. STK_E_LIMIT where it is longer,
     * STK_E_UNSUPPORTED where it is not known, failures of the environment. */
    enum stk_status (*text)(void *ctx, stk_slot text, uint64_t max,
                            struct stk_span *ret_text);
    /* An object of each class in a LIST and in what it holds, plain data left out. */
    bool (*held)(void *ctx, stk_slot list, stk_slot ret_samples[STK_HELD_MAX],
                 size_t *ret_n);
    /* Of a GLOBAL: its entry, or STK_ENTRY_NONE. */
    uint32_t (*entry)(void *ctx, stk_slot global);
};

#define STK_STREAMS_MAX 4

/* Keys of one dict pattern; the generator knows the same number. */
#define STK_KEYS_MAX 128

/* One evaluation. Zero-initialise, set the first three members. */
struct stk_check {
    const struct stk_catalogue *catalogue;
    const struct stk_values *values;
    uint64_t steps;       /* work left; a step is one look at one value */
    uint64_t steps_begin; /* for whoever counts what was used */
    bool exhausted;       /* steps were used up: the reason of an UNKNOWN */
    bool tainted;         /* something did not match that no vetted call made */
    stk_slot streams[STK_STREAMS_MAX]; /* that `stream` matched */
    size_t n_streams;
    enum stk_status status; /* failure of the environment; sticky */
};

/* What a call gets: a tuple's items, or slots that are listed (INST, OBJ, and parts of a
 * tuple). */
struct stk_arguments {
    stk_slot tuple;        /* that they are items of; NONE: listed */
    const stk_slot *items; /* NULL: not known */
    uint64_t n;            /* UINT64_MAX: not known */
};

static inline struct stk_arguments stk_arguments_of(const struct stk_values *values,
                                                    stk_slot tuple)
{
    struct stk_arguments args = {.tuple = tuple};
    args.items = values->items(values->ctx, tuple, &args.n);
    return args;
}

/* False where there is no such item, or it is not known. */
static inline bool stk_arguments_get(const struct stk_arguments *args, uint64_t index,
                                     stk_slot *ret_item)
{
    if (args->items == NULL || index >= args->n) {
        return false;
    }
    *ret_item = args->items[index];
    return true;
}

enum stk_match stk_contract_value(struct stk_check *check, uint32_t pattern,
                                  stk_slot value);
enum stk_match stk_contract_arguments(struct stk_check *check, uint32_t pattern,
                                      const struct stk_arguments *args);

/* One pair of a dict held against a DICT pattern; seen: a bit set for each key of it that
 * was met. */
enum stk_match stk_contract_pair(struct stk_check *check, const struct stk_pattern *p,
                                 stk_slot key, stk_slot value,
                                 uint64_t seen[STK_KEYS_MAX / 64]);

/* One pair of what ATTRS and SLOTS take. */
enum stk_match stk_contract_attribute(struct stk_check *check, stk_slot key,
                                      stk_slot value);

/* A dict pattern that an empty dict does not match. */
bool stk_contract_requires(const struct stk_check *check, uint32_t pattern);

/* The member of an enum that a value names; NULL, and NO or UNKNOWN, where there is none.
 */
const struct stk_member *stk_contract_member(struct stk_check *check, uint32_t entry,
                                             stk_slot name, enum stk_match *ret_match);

/* A member of the enum, or bits of the flag, has this value. */
enum stk_match stk_contract_member_value(struct stk_check *check, uint32_t entry,
                                         stk_slot value);

/* The value of a key in a dict all of whose keys are known; false otherwise. */
bool stk_contract_key(struct stk_check *check, stk_slot dict, struct stk_span key,
                      stk_slot *ret_item);

/* A text matches a glob of at most 63 bytes: ? * [abc] [a-z] [!…] and #, digits. */
bool stk_glob(struct stk_span glob, struct stk_span text);
