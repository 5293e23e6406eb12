/* SPDX-License-Identifier: Apache-2.0
 *
 * What a message means, whatever its wire: an immutable graph in one arena. A value is 16
 * bytes that are passed by value; what does not fit in them lies behind it, in the arena
 * or in bytes that the arena's owner vouches for, and two values that lead to the same
 * place are the same object, so that sharing and cycles are kept. Each value knows where
 * in its message it was written. Decoders of src/wire and src/decode build graphs,
 * profiles judge them, encoders write them again. Depends on base only.
 *
 * Built once, by a decoder; after that nothing changes, and any number of threads may
 * read. Nothing here allocates but the functions that take an arena.
 */
#pragma once

#include "base/arena.h"
#include "base/span.h"
#include "base/status.h"

enum stk_value_kind {
    STK_VALUE_NONE,
    STK_VALUE_BOOL,
    STK_VALUE_INT,    /* fits 64 bits */
    STK_VALUE_BIGINT, /* does not */
    STK_VALUE_FLOAT,
    STK_VALUE_STR,
    STK_VALUE_BYTES,
    STK_VALUE_BYTEARRAY,
    STK_VALUE_LIST,
    STK_VALUE_TUPLE,
    STK_VALUE_SET,
    STK_VALUE_FROZENSET,
    STK_VALUE_DICT,
    STK_VALUE_GLOBAL,     /* a class, function or constant by its name; not called */
    STK_VALUE_OBJECT,     /* what a call made; this kind and the next: see object.h */
    STK_VALUE_ENUM,       /* a member of an enum */
    STK_VALUE_TENSOR,     /* torch */
    STK_VALUE_NDARRAY,    /* numpy */
    STK_VALUE_STORAGE,    /* torch: the bytes behind tensors */
    STK_VALUE_PERSISTENT, /* what a loader gives for an id that it alone understands */
    STK_VALUE_BUFFER,     /* bytes that travel beside the message (PEP 574) */
    STK_VALUE_REFUSED,    /* a call that nobody vetted: shows the way to it, no more */
    STK_VALUE_KINDS,
};

/* Offsets have 48 bits: a message is shorter than 256 TiB. */
#define STK_VALUE_OFF_MAX ((UINT64_C(1) << 48) - 1)

/* What all that lies behind a value begins with. */
struct stk_head {
    bool shared; /* may be met more than once in its graph */
};

struct stk_value {
    uint64_t kind : 8; /* enum stk_value_kind */
    uint64_t spare : 8;
    uint64_t off : 48; /* of its first byte in the message */
    union {
        bool boolean;
        int64_t integer;
        double number;
        const struct stk_head *node;     /* BIGINT and all that follow but FLOAT */
        const struct stk_big *big;       /* BIGINT */
        const struct stk_text *text;     /* STR, BYTES, BYTEARRAY */
        const struct stk_items *items;   /* LIST, TUPLE, SET, FROZENSET */
        const struct stk_pairs *pairs;   /* DICT */
        const struct stk_name *name;     /* GLOBAL */
        const struct stk_object *object; /* OBJECT to PERSISTENT */
        const struct stk_buffer *buffer; /* BUFFER */
    };
};

/* Does not hold for values without a place of their own: none, bool, int, float. */
static inline bool stk_value_is_node(struct stk_value value)
{
    return value.kind >= STK_VALUE_BIGINT && value.kind != STK_VALUE_FLOAT &&
           value.kind < STK_VALUE_REFUSED;
}

/* An integer of more than 64 bits: sign and magnitude. */
struct stk_big {
    struct stk_head head;
    bool negative;
    size_t n;         /* limbs; the last is not 0 */
    uint64_t limbs[]; /* least significant first */
};

/* STR is UTF-8; lone surrogates of Python are kept as the three bytes of their code
 * ("surrogatepass"). */
struct stk_text {
    struct stk_head head;
    struct stk_span bytes; /* in the arena, or borrowed from the message */
    uint64_t hash;         /* of a STR; see stk_text_hash() */
    size_t n_codes;        /* of a STR: code points */
};

struct stk_items {
    struct stk_head head;
    size_t n;
    const struct stk_value *list;
};

struct stk_pair {
    struct stk_value key;
    struct stk_value value;
};

/* In the order in which they were written; no two keys are equal. */
struct stk_pairs {
    struct stk_head head;
    size_t n;
    const struct stk_pair *list;
    const uint32_t *index; /* open addressing over STR keys by hash: pair + 1, 0 is free;
                              NULL of few pairs */
    size_t index_mask;
    bool texts_only; /* all keys are STR */
};

/* What is imported, as CPython 3 names it. In one graph, one name has one struct. */
struct stk_name {
    struct stk_head head;
    struct stk_span module;
    struct stk_span qualified; /* name in the module, dots and all */
    uint64_t hash;             /* stk_name_hash() of both */
};

/* An out-of-band buffer, by its number in its message. */
struct stk_buffer {
    struct stk_head head;
    uint64_t ordinal;
    bool readonly;
    bool present; /* bytes are those of the buffer; else nobody has given them */
    struct stk_span bytes;
};

/* "list", "str", …: as messages and docs call it. */
const char *stk_value_kind_name(enum stk_value_kind kind);

static inline enum stk_value_kind stk_value_kind(struct stk_value value)
{
    return (enum stk_value_kind)value.kind;
}

/* ---- making ---- */

static inline struct stk_value stk_value_none(uint64_t off)
{
    return (struct stk_value){.kind = STK_VALUE_NONE, .off = off & STK_VALUE_OFF_MAX};
}

static inline struct stk_value stk_value_bool(uint64_t off, bool boolean)
{
    return (struct stk_value){
        .kind = STK_VALUE_BOOL, .off = off & STK_VALUE_OFF_MAX, .boolean = boolean};
}

static inline struct stk_value stk_value_int(uint64_t off, int64_t integer)
{
    return (struct stk_value){
        .kind = STK_VALUE_INT, .off = off & STK_VALUE_OFF_MAX, .integer = integer};
}

static inline struct stk_value stk_value_float(uint64_t off, double number)
{
    return (struct stk_value){
        .kind = STK_VALUE_FLOAT, .off = off & STK_VALUE_OFF_MAX, .number = number};
}

/* The hash of a key's bytes; the same in every graph of this process. */
uint64_t stk_text_hash(struct stk_span bytes);

/* The same of a name; ("a", "b.c") is not ("a.b", "c"). */
uint64_t stk_name_hash(struct stk_span module, struct stk_span qualified);

static inline bool stk_name_equal(const struct stk_name *a, const struct stk_name *b)
{
    return a == b || (a->hash == b->hash && stk_span_equal(a->module, b->module) &&
                      stk_span_equal(a->qualified, b->qualified));
}

/* Both spans are borrowed for the life of the graph. NULL: no memory. */
const struct stk_name *stk_name_new(struct stk_arena *arena, struct stk_span module,
                                    struct stk_span qualified);

/* kind: STR, BYTES or BYTEARRAY. bytes: borrowed for the life of the graph; a STR must be
 * valid UTF-8 (surrogatepass). STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_value_text(struct stk_arena *arena, uint64_t off,
                                            enum stk_value_kind kind,
                                            struct stk_span bytes,
                                            struct stk_value *ret_value);

/* The same of a text whose code points were counted; 0 of bytes. */
STK_MUST_USE enum stk_status stk_value_text_of(struct stk_arena *arena, uint64_t off,
                                               enum stk_value_kind kind,
                                               struct stk_span bytes, size_t n_codes,
                                               struct stk_value *ret_value);

/* limbs, least significant first, are copied; leading zeroes may be among them. What fits
 * 64 bits becomes an INT. STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_value_big(struct stk_arena *arena, uint64_t off,
                                           bool negative, const uint64_t *limbs, size_t n,
                                           struct stk_value *ret_value);

/* kind: LIST, TUPLE, SET or FROZENSET. The list is copied; of equal members of a set the
 * first stays, as in Python, where 1, 1.0 and True are equal. STK_E_NOMEM; STK_E_LIMIT
 * for members of a set that are too many and too alike to be told apart in time. */
STK_MUST_USE enum stk_status stk_value_items(struct stk_arena *arena, uint64_t off,
                                             enum stk_value_kind kind,
                                             const struct stk_value *list, size_t n,
                                             struct stk_value *ret_value);

/* A DICT; the list is copied. Of pairs with equal keys (1, 1.0 and True are) the last
 * one's value stays, in the place of the first, as in Python; *ret_duplicate is then the
 * first pair of the list that repeats a key, else n. STK_E_NOMEM; STK_E_LIMIT for keys
 * that are too many and too alike to be told apart in time, which STR and numbers never
 * are. */
STK_MUST_USE enum stk_status stk_value_pairs(struct stk_arena *arena, uint64_t off,
                                             const struct stk_pair *list, size_t n,
                                             struct stk_value *ret_value,
                                             size_t *ret_duplicate);

/* The same in place, for whoever lets a list grow: equal members of a set, pairs of equal
 * keys become one. The lists are the caller's to change. Errors as above. */
STK_MUST_USE enum stk_status stk_items_group(struct stk_arena *arena,
                                             struct stk_items *items);
STK_MUST_USE enum stk_status stk_pairs_group(struct stk_arena *arena,
                                             struct stk_pairs *pairs);

/* ---- reading ---- */

/* The value of a STR key, or NULL. hash: stk_text_hash(key). */
const struct stk_value *stk_value_get(const struct stk_pairs *pairs, struct stk_span key,
                                      uint64_t hash);

/* INT, BIGINT and FLOAT in one order, exactly: an integer is never rounded to a float.
 * < 0, 0, > 0; NaN is greater than everything and equal to nothing, itself included. */
int stk_value_compare_numbers(struct stk_value a, struct stk_value b);

/* a is a whole multiple of b, as the decimal numbers that they are written as: a FLOAT
 * stands for the shortest decimal that reads as it. b > 0; both numbers. false where one
 * is not finite, and for a BIGINT b of more than STK_DIVISOR_LIMBS. */
#define STK_DIVISOR_LIMBS ((size_t)256) /* JSON's 4,300 digits are 224 */

bool stk_value_is_multiple(struct stk_value a, struct stk_value b);

/* A number without a fraction, however written: 1.0 is one. Not NaN, not infinite. */
bool stk_value_is_whole(struct stk_value value);

/* Equal as JSON Schema means it: numbers by value, no bool is a number, texts by code
 * points, lists in order, dicts whatever the order. Kinds that JSON does not have are
 * equal to their own kind only; an object is equal to itself. false for a pair deeper
 * than STK_EQUAL_DEPTH, and past STK_EQUAL_STEPS comparisons, where *ret_gave_up is set;
 * it is left alone otherwise. */
#define STK_EQUAL_DEPTH 512
#define STK_EQUAL_STEPS UINT64_C(10000000)

bool stk_value_equal(struct stk_value a, struct stk_value b, bool *ret_gave_up);
