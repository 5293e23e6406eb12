/* SPDX-License-Identifier: Apache-2.0
 *
 * The builder: values beside the machine's slots. Its stack has a value for each slot of
 * the machine's, at the same place, its memo one for each entry; so all checks (marks,
 * depth, memo, types) are the machine's, and this only makes what the opcodes make.
 * Lists, dicts, sets and objects grow while the stream runs and are finished at its end.
 */
#pragma once

#include "base/arena.h"
#include "base/map.h"
#include "pickle/state.h"
#include "value/object.h"

/* Containers that can still grow; the value's node comes first. */
struct stk_growing_list { /* LIST, SET, FROZENSET */
    struct stk_items items;
    size_t cap;
    struct stk_growing_list *next; /* of the sets */
    bool given;                    /* to a call, or as a state: may not grow any more */
};

struct stk_growing_dict {
    struct stk_pairs pairs;
    size_t cap;
    struct stk_growing_dict *next;
    bool given;
};

/* Does not grow, but what it holds may. */
struct stk_made_tuple {
    struct stk_items items;
    bool given;
};

struct stk_growing_object { /* OBJECT, TENSOR, NDARRAY that the builder made */
    struct stk_object object;
    bool given;
    size_t cap_items;
    size_t cap_members;
    size_t cap_pairs;
    struct stk_growing_object *next;
};

struct stk_build {
    const struct stk_alloc *alloc; /* borrowed, as the arena is for a run */
    struct stk_arena *arena;
    struct stk_value *stack; /* owned, as all arrays here; as long as the machine's */
    size_t cap_stack;
    struct stk_value *memo; /* kind STK_VALUE_KINDS: not made */
    size_t n_memo;
    size_t cap_memo;
    struct stk_map far; /* indices that are far from all others: place in far_list */
    struct stk_value *far_list;
    size_t n_far;
    size_t cap_far;
    const struct stk_name **names; /* of the machine's globals */
    size_t n_names;
    size_t cap_names;
    struct stk_map by_name; /* hash: name; once two globals may be one name */
    bool is_mapped;
    struct stk_growing_list *sets; /* to be finished */
    struct stk_growing_dict *dicts;
    struct stk_growing_object *objects;
    struct stk_operands operands; /* of the effect that the judge sees */
    struct stk_value made;        /* what the judge made of it */
    const struct stk_name *type;  /* and of which class it says that it is */
    bool has_made;
    const char *reason; /* of STK_FAULT_VALUE; static */
};

void stk_build_init(struct stk_build *build, const struct stk_alloc *alloc);
void stk_build_release(struct stk_build *build);
void stk_build_begin(struct stk_build *build, struct stk_arena *arena);

/* What the builder itself made, before the graph is handed out. */
static inline void *stk_build_own(const void *node)
{
    return (void *)(uintptr_t)node;
}

static inline bool stk_build_no_memory(struct stk_machine *m)
{
    return stk_failed(m, STK_E_NOMEM);
}

/* The value at the top of the stack. */
static inline struct stk_value *stk_build_top(struct stk_machine *m)
{
    return m->build->stack + (m->sp - m->stack) - 1;
}

/* As many values as the machine has slots. */
bool stk_build_room(struct stk_machine *m);

/* What the effect in execution is about, and what the judge said. */
bool stk_build_operands(struct stk_machine *m, const struct stk_effect *effect);
void stk_build_outcome(struct stk_machine *m, const struct stk_outcome *outcome);

/* No value stands for this; always false. reason: static. */
bool stk_build_fault(struct stk_machine *m, const char *reason);

/* Eight bytes, big-endian. */
static inline double stk_build_double(const uint8_t *p)
{
    uint64_t bits = 0;
    double number = 0;
    __builtin_memcpy(&bits, p, sizeof bits);
    bits = __builtin_bswap64(bits);
    __builtin_memcpy(&number, &bits, sizeof number);
    return number;
}

/* What one opcode makes; it was executed already. depth: of the stack before it;
 * n_memo: entries before it. False as in state.h. */
bool stk_build_number_text(struct stk_machine *m);
bool stk_build_long(struct stk_machine *m, const uint8_t *bytes, size_t len);
bool stk_build_line(struct stk_machine *m);
bool stk_build_string8(struct stk_machine *m, struct stk_span bytes);
bool stk_build_list(struct stk_machine *m, enum stk_value_kind kind, size_t n);
bool stk_build_tuple(struct stk_machine *m, size_t n);
bool stk_build_dict(struct stk_machine *m, size_t n);
bool stk_build_append(struct stk_machine *m, size_t n);
bool stk_build_set_items(struct stk_machine *m, size_t n);
bool stk_build_add_items(struct stk_machine *m, size_t n);
bool stk_build_put_slow(struct stk_machine *m, uint64_t index);
bool stk_build_get(struct stk_machine *m, uint64_t index);
bool stk_build_dup(struct stk_machine *m);
bool stk_build_global(struct stk_machine *m);
bool stk_build_call(struct stk_machine *m);
bool stk_build_state(struct stk_machine *m);
bool stk_build_made(struct stk_machine *m);
bool stk_build_buffer(struct stk_machine *m);
bool stk_build_readonly(struct stk_machine *m);

/* Groups what the dicts and sets hold. */
STK_MUST_USE enum stk_status stk_build_finish(struct stk_build *build);

/* Whoever writes a stream numbers from 0 on. */
static inline bool stk_build_put(struct stk_machine *m, uint64_t index)
{
    struct stk_build *b = m->build;
    if (STK_LIKELY(index == b->n_memo && index < b->cap_memo)) {
        b->memo[b->n_memo++] = *stk_build_top(m);
        return true;
    }
    return stk_build_put_slow(m, index);
}

/* A text that the machine has found valid. */
static inline bool stk_build_text(struct stk_machine *m, enum stk_value_kind kind,
                                  struct stk_span bytes)
{
    enum stk_status status =
        stk_value_text(m->build->arena, m->off, kind, bytes, stk_build_top(m));
    return status == STK_OK || stk_failed(m, status);
}

static inline bool stk_build_str(struct stk_machine *m, struct stk_span bytes)
{
    if (!m->text_is_ascii) {
        return stk_build_text(m, STK_VALUE_STR, bytes);
    }
    enum stk_status status = stk_value_text_of(m->build->arena, m->off, STK_VALUE_STR,
                                               bytes, bytes.len, stk_build_top(m));
    return status == STK_OK || stk_failed(m, status);
}
