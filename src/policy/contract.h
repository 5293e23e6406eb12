/* SPDX-License-Identifier: Apache-2.0
 *
 * Contracts evaluated: patterns of the catalogue over values that somebody else keeps.
 * The rating machine's slots and decoded values are both looked at through struct
 * stk_values, so that one contract means the same in either. An answer has three values:
 * it matches, it does not, or it cannot be known, because what the pattern must look at
 * is not kept any more or the work for it is used up; who asks must take that for
 * undecided. Evaluation has no side effects: streams to look into are collected for the
 * caller.
 */
#pragma once

#include "base/status.h"
#include "policy/catalogue.h"

enum stk_match {
    STK_MATCH_NO,
    STK_MATCH_YES,
    STK_MATCH_UNKNOWN,
};

/* How values are looked at. A value is a number that only its owner understands. The
 * functions that return bool return false where the answer is not known. */
struct stk_values {
    void *ctx;
    enum stk_kind (*kind)(void *ctx, uint64_t value);
    /* Of BOOL and INT; false where it does not fit 64 bits. */
    bool (*number)(void *ctx, uint64_t value, int64_t *ret_number);
    /* Of STR, BYTES and BYTEARRAY, at most max bytes. STK_E_LIMIT where it is longer,
     * STK_E_UNSUPPORTED where it is not known, failures of the environment. The text is
     * good until the next call. */
    enum stk_status (*text)(void *ctx, uint64_t value, uint64_t max,
                            struct stk_span *ret_text);
    bool (*length)(void *ctx, uint64_t tuple, uint64_t *ret_n);
    bool (*item)(void *ctx, uint64_t tuple, uint64_t index, uint64_t *ret_item);
    /* All items are of this kind; may be known where the items are not. */
    bool (*uniform)(void *ctx, uint64_t tuple, enum stk_kind kind);
    /* A TUPLE that has a function which is not to be kept among its items, however deep.
     */
    bool (*unheld)(void *ctx, uint64_t tuple);
    /* An object of each class in a LIST and in what it holds, plain data left out. */
    bool (*held)(void *ctx, uint64_t list, uint64_t ret_samples[STK_HELD_MAX],
                 size_t *ret_n);
    bool (*n_pairs)(void *ctx, uint64_t dict, uint64_t *ret_n);
    bool (*pair)(void *ctx, uint64_t dict, uint64_t index, uint64_t *ret_key,
                 uint64_t *ret_item);
    /* Of a GLOBAL: its entry, or STK_ENTRY_NONE. */
    uint32_t (*entry)(void *ctx, uint64_t global);
    /* Of an OBJECT. */
    void (*object)(void *ctx, uint64_t object, uint32_t *ret_entry, uint8_t *ret_tag);
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
    uint64_t streams[STK_STREAMS_MAX]; /* values that `stream` matched */
    size_t n_streams;
    enum stk_status status; /* failure of the environment; sticky */
};

/* A tuple's items: those of a value, or listed (INST, OBJ, and parts of a tuple). */
struct stk_arguments {
    uint64_t tuple; /* the value; looked at where items is NULL */
    const uint64_t *items;
    size_t n;
    size_t skip; /* items of the tuple that are left out at its front */
};

/* False where they are not known. */
bool stk_arguments_count(const struct stk_check *check, const struct stk_arguments *args,
                         uint64_t *ret_n);
bool stk_arguments_get(const struct stk_check *check, const struct stk_arguments *args,
                       uint64_t index, uint64_t *ret_item);

enum stk_match stk_contract_value(struct stk_check *check, uint32_t pattern,
                                  uint64_t value);
enum stk_match stk_contract_arguments(struct stk_check *check, uint32_t pattern,
                                      const struct stk_arguments *args);

/* One pair of a dict held against a DICT pattern; seen: a bit set for each key of it that
 * was met. */
enum stk_match stk_contract_pair(struct stk_check *check, const struct stk_pattern *p,
                                 uint64_t key, uint64_t value,
                                 uint64_t seen[STK_KEYS_MAX / 64]);

/* One pair of what ATTRS and SLOTS take. */
enum stk_match stk_contract_attribute(struct stk_check *check, uint64_t key,
                                      uint64_t value);

/* A dict pattern that an empty dict does not match. */
bool stk_contract_requires(const struct stk_check *check, uint32_t pattern);

/* The member of an enum that a value names; NULL, and NO or UNKNOWN, where there is none.
 */
const struct stk_member *stk_contract_member(struct stk_check *check, uint32_t entry,
                                             uint64_t name, enum stk_match *ret_match);

/* A member of the enum, or bits of the flag, has this value. */
enum stk_match stk_contract_member_value(struct stk_check *check, uint32_t entry,
                                         uint64_t value);

/* The value of a key in a dict all of whose keys are known; false otherwise. */
bool stk_contract_key(struct stk_check *check, uint64_t dict, struct stk_span key,
                      uint64_t *ret_item);

/* A text matches a glob of at most 63 bytes: ? * [abc] [a-z] [!…] and #, digits. */
bool stk_glob(struct stk_span glob, struct stk_span text);
