/* SPDX-License-Identifier: Apache-2.0
 *
 * The catalogue as const tables, made from the .cat files by tools/catalogue-gen
 * (grammar: docs/catalogue.md), and the look-up of globals in it. An entry is vetted
 * under exact (module, qualified name) pairs only; a danger is found however module and
 * name are split and whatever module leads to it. Nothing is decided from the dangers but
 * the wording. Patterns refer to each other by index and form no cycles; their depth is
 * bounded by the generator, so that evaluation may recurse.
 */
#pragma once

#include "base/span.h"
#include "pickle/slot.h"
#include "policy/verdict.h"

#define STK_ENTRY_NONE 0xffff

enum stk_entry_kind {
    STK_ENTRY_VALUE,
    STK_ENTRY_CALL,
    STK_ENTRY_CLASS,
    STK_ENTRY_PLAIN,
    STK_ENTRY_ENUM,
    STK_ENTRY_FLAG,
    STK_ENTRY_PERSISTENT, /* no global: what a loader takes as persistent id */
};

enum stk_pattern_kind {
    STK_PATTERN_TYPE,     /* at: 1 << enum stk_kind, or-ed */
    STK_PATTERN_BOOL,     /* at: 0 or 1 */
    STK_PATTERN_RANGE,    /* at: index into ints of the least, the greatest behind it */
    STK_PATTERN_TEXT,     /* at: text */
    STK_PATTERN_GLOB,     /* at: text */
    STK_PATTERN_TUPLE,    /* at: n children, patterns; OPEN */
    STK_PATTERN_TUPLE_OF, /* at: pattern */
    STK_PATTERN_LIST_OF,  /* at: pattern of all that is not plain data, however deep */
    STK_PATTERN_DICT,     /* at: n pairs of children, text and pattern; OPEN, or REST:
                             one more pattern behind them */
    STK_PATTERN_ATTRS,    /* a dict of what becomes an instance's attributes */
    STK_PATTERN_SLOTS,
    STK_PATTERN_KINDS, /* at: 1 << enum stk_entry_kind, or-ed: a vetted global of these */
    STK_PATTERN_GLOBAL, /* at: n children, entries in order */
    STK_PATTERN_OBJECT, /* the same; tag, or 0 for any */
    STK_PATTERN_STREAM,
    STK_PATTERN_EITHER, /* at: n children, patterns */
};

/* Flags of a pattern. */
#define STK_PATTERN_OPEN 1 /* further items are allowed */
#define STK_PATTERN_REST                                                                 \
    2 /* further items must match the pattern behind the children                        \
       */
#define STK_PATTERN_IN_BYTES 4 /* the text is one of bytes */

/* On a child: it may be missing. */
#define STK_CHILD_OPTIONAL UINT32_C(0x80000000)

/* Instead of a pattern's index. */
#define STK_NO_PATTERN UINT32_MAX

struct stk_pattern {
    uint8_t kind; /* enum stk_pattern_kind */
    uint8_t flags;
    uint8_t tag;
    uint8_t spare;
    uint32_t n;
    uint32_t at;
};

enum stk_result_kind {
    STK_RESULT_SELF,  /* object of the entry's class; of a state: the target as it is */
    STK_RESULT_CLASS, /* value: entry; one that is called makes a callable */
    STK_RESULT_INDEX, /* object of the class in argument `value` */
    STK_RESULT_KEY,   /* object of the class under key `value` (a text) of the state */
    STK_RESULT_TYPE,  /* value: enum stk_kind; nothing else is known of it */
    STK_RESULT_ARG,   /* argument `value` */
    STK_RESULT_NEW, /* NEWOBJ of argument 0 and the arguments behind it; value 1: and none
                     */
    STK_RESULT_MEMBER, /* member argument 1 of the enum in argument 0 */
};

enum stk_follows {
    STK_FOLLOWS_NOTHING,
    STK_FOLLOWS_ARRAY,  /* joblib: raw items */
    STK_FOLLOWS_NESTED, /* joblib: another stream */
};

enum stk_size_kind {
    STK_SIZE_NOTHING,
    STK_SIZE_NUMBER, /* size: bytes */
    STK_SIZE_INDEX,  /* size: which argument, or item of the state, says it */
};

struct stk_result {
    uint8_t kind;      /* enum stk_result_kind */
    uint8_t tag;       /* of the object */
    uint8_t follows;   /* enum stk_follows */
    uint8_t size_kind; /* enum stk_size_kind */
    uint32_t value;
    uint32_t size;
};

struct stk_alternative {
    uint32_t pattern;
    uint32_t keywords; /* pattern, or STK_NO_PATTERN: none may be given */
    struct stk_result result;
    uint32_t text;    /* as the .cat file has it */
    uint8_t new_only; /* NEWOBJ and NEWOBJ_EX */
};

/* The clauses of an entry; the alternatives of one follow those of the one before. */
enum stk_clause {
    STK_CLAUSE_ARGS,
    STK_CLAUSE_STATE,
    STK_CLAUSE_PAIRS,
    STK_CLAUSE_EACH,
    STK_CLAUSE_ADD,
    STK_CLAUSES,
};

struct stk_entry {
    uint32_t module; /* texts, here and below */
    uint32_t name;
    uint8_t kind;   /* enum stk_entry_kind */
    uint8_t unheld; /* not to be kept as a value, see `any` */
    uint16_t n_alternatives[STK_CLAUSES];
    uint32_t first; /* alternative */
    uint32_t member;
    uint32_t n_members;
    uint32_t write;  /* how a rebuild writes it; empty: as it came */
    uint32_t source; /* what it was read from */
};

enum stk_member_kind {
    STK_MEMBER_NOTHING, /* no value by which it could be made */
    STK_MEMBER_NONE,
    STK_MEMBER_INT,
    STK_MEMBER_TEXT,
};

struct stk_member {
    uint32_t name;
    uint8_t kind; /* enum stk_member_kind */
    uint32_t text;
    int64_t number;
};

struct stk_catalogue_name {
    uint32_t module;
    uint32_t name;
    uint16_t entry;
};

struct stk_danger {
    uint32_t key;    /* dotted; ".name": that component anywhere */
    uint32_t reason; /* ASCII */
    uint8_t wild;    /* only what is below the key */
    uint8_t stream;  /* loads what its text and bytes arguments carry */
};

struct stk_catalogue {
    const uint8_t *texts; /* each with a NUL behind it */
    const uint32_t *text_at;
    const int64_t *ints;
    const uint32_t *children;
    const struct stk_pattern *patterns;
    const struct stk_alternative *alternatives;
    const struct stk_member *members;
    const struct stk_entry *entries;
    const struct stk_catalogue_name *names;
    const uint16_t *name_slots; /* open addressing; sizes are powers of two */
    const struct stk_danger *dangers;
    const uint16_t *danger_slots;
    uint32_t n_entries;
    uint32_t n_names;
    uint32_t n_name_slots;
    uint32_t n_dangers;
    uint32_t n_danger_slots;
    uint32_t danger_max;    /* length of the longest key */
    uint32_t torch;         /* entry of torch's persistent ids, or STK_ENTRY_NONE */
    uint32_t granted_value; /* entries of what is granted by name, or STK_ENTRY_NONE */
    uint32_t granted_class;
    uint32_t granted_enum;
};

/* The one that is compiled into the library. */
extern const struct stk_catalogue stk_catalogue;

/* Static; a NUL follows. */
struct stk_span stk_catalogue_text(const struct stk_catalogue *catalogue, uint32_t text);

/* The entry that vets exactly this pair, or STK_ENTRY_NONE. */
uint32_t stk_catalogue_entry(const struct stk_catalogue *catalogue,
                             struct stk_span module, struct stk_span name);

/* The danger that this pair is or leads to, or NULL. Does not look at vetted entries. */
const struct stk_danger *stk_catalogue_danger(const struct stk_catalogue *catalogue,
                                              struct stk_span module,
                                              struct stk_span name);

/* The first of an entry's alternatives for a clause, and their number. */
const struct stk_alternative *stk_entry_clause(const struct stk_catalogue *catalogue,
                                               uint32_t entry, enum stk_clause clause,
                                               size_t *ret_n);

/* The entry has a class as Python means it: BUILD and items may be given to its objects.
 */
bool stk_entry_is_class(const struct stk_catalogue *catalogue, uint32_t entry);
