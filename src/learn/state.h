/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of learning, shared by the files of this module only:
 *
 *   learn.c    a learner's life
 *   names.c    what is granted while samples are decoded
 *   observe.c  values to places
 *   merge.c    places that turn out to be one
 *   bounds.c   what was seen to what is allowed
 *   propose.c  places to a profile
 *   put.c      JSON, member by member
 */
#pragma once

#include "base/map.h"
#include "decode/grants.h"
#include "learn/learn.h"

/* Places deeper than this below the root, or below a class, are one. */
#define STK_LEARN_DEPTH 32
/* Up to so many texts are told apart at a place, */
#define STK_LEARN_TEXTS 8
/* of up to so many bytes; */
#define STK_LEARN_TEXT_BYTES 64
/* they become the only ones if each was met so often, and all together so often. */
#define STK_LEARN_TEXT_EACH 4
#define STK_LEARN_TEXT_ALL 32
/* Tuples of one length up to this have a schema for each item. */
#define STK_LEARN_PREFIX 16
/* A dict with more keys is a map. */
#define STK_LEARN_FIELDS 64
/* A class with more values is no enum. */
#define STK_LEARN_MEMBERS 64

struct stk_learn_node;

struct stk_learn_numbers {
    bool unbounded; /* NaN or infinite was met */
    bool fraction;  /* a float was met */
    bool any;       /* min and max are set */
    struct stk_value min;
    struct stk_value max;
};

struct stk_learn_text {
    struct stk_span bytes;
    uint64_t n;
};

struct stk_learn_texts {
    uint64_t n;
    uint64_t codes_max;
    bool many; /* more than the list holds, or too long for it */
    size_t n_list;
    struct stk_learn_text list[STK_LEARN_TEXTS];
};

/* Lists and tuples; of sets, item and the lengths. */
struct stk_learn_items {
    uint64_t n_min;
    uint64_t n_max;
    bool alike; /* all are tuples of n_max items */
    struct stk_learn_node *item;
    struct stk_learn_node *prefix[STK_LEARN_PREFIX]; /* of tuples */
};

struct stk_learn_field {
    struct stk_learn_field *next;      /* of the dict */
    struct stk_learn_field *same_hash; /* of all dicts */
    const struct stk_learn_dict *dict;
    struct stk_span name;
    uint64_t n;
    struct stk_learn_node *node;
};

struct stk_learn_dict {
    uint64_t n;
    uint64_t n_min;
    uint64_t n_max;
    uint64_t key_codes_max;
    struct stk_learn_field *fields;
    size_t n_fields;
    struct stk_learn_node *keys; /* where some are no text */
    struct stk_learn_node *values;
};

struct stk_learn_array {
    uint32_t dtypes; /* 1 << enum stk_dtype */
    bool gaps;       /* not contiguous */
    bool placeless;  /* one has no device */
    bool shaped;     /* there is more than storages */
    uint32_t rank_min;
    uint32_t rank_max;
    uint64_t dimension_max;
    uint64_t bytes_max;
    struct stk_learn_name *devices;
};

/* A list of names, each once, in their order. */
struct stk_learn_name {
    struct stk_learn_name *next;
    struct stk_span text;
};

struct stk_learn_class;

struct stk_learn_use {
    struct stk_learn_use *next;
    struct stk_learn_class *type;
};

/* A place: what stands there in all samples. */
struct stk_learn_node {
    uint32_t kinds; /* 1 << enum stk_value_kind; of INT and BIGINT: INT */
    uint32_t depth;
    uint64_t bytes_max; /* bytes, bytearray, buffer */
    struct stk_learn_numbers *numbers;
    struct stk_learn_texts *texts;
    struct stk_learn_items *items;
    struct stk_learn_items *elements;
    struct stk_learn_dict *dict;
    struct stk_learn_array *array;
    struct stk_learn_name *globals;
    struct stk_learn_use *classes; /* by name */
};

struct stk_learn_member {
    struct stk_learn_member *next;
    bool by_name;
    struct stk_value value;
};

struct stk_learn_class {
    struct stk_learn_class *next; /* by name */
    struct stk_learn_class *same_hash;
    struct stk_span name; /* as a profile has it */
    uint32_t calls;       /* 1 << enum stk_object_call */
    bool called_more;     /* with something else than one scalar: no enum */
    bool by_getattr;      /* an enum for certain */
    struct stk_learn_member *members;
    size_t n_members;
    struct stk_learn_node *state;
    struct stk_learn_node *arguments;
    struct stk_learn_node *keywords;
    struct stk_learn_node *elements;
    struct stk_learn_node *entries;
};

struct stk_learn_named; /* names.c */
extern const size_t stk_learn_named_size;

struct stk_learn_task {
    struct stk_learn_node *node;
    struct stk_value value;
};

struct stk_learner {
    const struct stk_alloc *alloc;
    struct stk_arena arena;
    enum stk_status status; /* the first failure; later work is none */
    char reason[512];
    uint64_t n_samples;

    /* names.c */
    struct stk_grants dangers;
    struct stk_map by_name;
    struct stk_learn_named *names; /* heap */
    size_t n_names;
    size_t cap_names;
    uint64_t sample;
    size_t trial; /* name + 1 that is taken for an enum on trial; 0: none */
    size_t n_trials;
    struct stk_decode_error best;

    /* observe.c */
    struct stk_learn_task *tasks; /* heap */
    size_t n_tasks;
    size_t cap_tasks;
    struct stk_map seen; /* place and value: nothing */
    struct stk_map fields;
    struct stk_map by_class;
    struct stk_learn_class *classes;
    struct stk_learn_node *root;
    struct stk_learn_node *deep; /* its own child, whatever the way */
};

/* Zeroed, or NULL and the learner's status. */
void *stk_learn_alloc(struct stk_learner *l, size_t len);
struct stk_span stk_learn_copy(struct stk_learner *l, struct stk_span bytes);

/* There is what no profile can take. */
__attribute__((format(printf, 2, 3))) void stk_learn_refuse(struct stk_learner *l,
                                                            const char *format, ...);

int stk_learn_compare(struct stk_span a, struct stk_span b);

/* ---- observe.c ---- */

/* The child in *place, which is made where it is none. */
struct stk_learn_node *stk_learn_child(struct stk_learner *l,
                                       const struct stk_learn_node *parent,
                                       struct stk_learn_node **place);
void stk_learn_name(struct stk_learner *l, struct stk_learn_name **list,
                    struct stk_span text);
void stk_learn_number(struct stk_learner *l, struct stk_learn_node *node,
                      struct stk_value value);
/* A text that was met n times. */
void stk_learn_text(struct stk_learner *l, struct stk_learn_node *node,
                    struct stk_span bytes, uint64_t n_codes, uint64_t n);
struct stk_learn_field *stk_learn_field(struct stk_learner *l,
                                        const struct stk_learn_node *node,
                                        struct stk_span name);
void stk_learn_use(struct stk_learner *l, struct stk_learn_node *node,
                   struct stk_learn_class *type);
/* The node's lists, sets or dicts, which are made where there are none. */
struct stk_learn_items *stk_learn_items(struct stk_learner *l,
                                        struct stk_learn_items **place);
struct stk_learn_dict *stk_learn_dict(struct stk_learner *l, struct stk_learn_node *node);

/* ---- merge.c ---- */

/* Settles what each place is: maps and fields, tuples and lists. */
void stk_learn_settle(struct stk_learner *l);

/* ---- bounds.c ---- */

/* Lengths: the power of two from twice as many on. */
uint64_t stk_learn_room(uint64_t n, uint64_t least);

/* NONE: no bound. */
struct stk_value stk_learn_least(struct stk_learner *l,
                                 const struct stk_learn_numbers *numbers);
struct stk_value stk_learn_most(struct stk_learner *l,
                                const struct stk_learn_numbers *numbers);

/* ---- put.c ---- */

struct stk_put {
    struct stk_learner *l;
    struct stk_pair *list; /* arena */
    size_t n;
    size_t cap;
};

struct stk_value stk_put_text(struct stk_learner *l, struct stk_span text);
void stk_put_value(struct stk_put *put, const char *key, struct stk_value value);
void stk_put_named(struct stk_put *put, struct stk_span key, struct stk_value value);
void stk_put_str(struct stk_put *put, const char *key, const char *text);
void stk_put_count(struct stk_put *put, const char *key, uint64_t n);
void stk_put_bool(struct stk_put *put, const char *key, bool value);
struct stk_value stk_put_done(struct stk_put *put); /* a DICT */
/* A LIST of the values that were put; keys do not count. */
struct stk_value stk_put_list(struct stk_put *put);
/* The list, or its one value. */
struct stk_value stk_put_one_or_list(struct stk_put *put);
