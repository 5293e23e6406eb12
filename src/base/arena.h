/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory of one scanned object: handed out in order, given back whole. The cap counts
 * every byte taken from the allocator and is set at creation, so that nothing an input
 * says can make an arena grow without end.
 */
#pragma once

#include "base/alloc.h"
#include "base/span.h"

struct stk_arena_chunk;

struct stk_arena {
    const struct stk_alloc *alloc; /* borrowed for the arena's life */
    struct stk_arena_chunk *head;  /* newest first; owned */
    size_t cap;                    /* most bytes to take from alloc */
    size_t taken;
};

void stk_arena_init(struct stk_arena *arena, const struct stk_alloc *alloc, size_t cap);
void stk_arena_release(struct stk_arena *arena);

/* Forgets all that was handed out, keeps one chunk for reuse. */
void stk_arena_clear(struct stk_arena *arena);

/* Zeroed memory aligned for any type, or NULL (cap reached or refused). Good until the
 * arena is cleared or released. A len of 0 gives a valid pointer. */
void *stk_arena_alloc(struct stk_arena *arena, size_t len);

/* count elements of size bytes each; NULL also when the product overflows. */
void *stk_arena_array(struct stk_arena *arena, size_t count, size_t size);

/* A NUL-terminated copy, or NULL. */
char *stk_arena_text(struct stk_arena *arena, struct stk_span text);
