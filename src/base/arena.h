/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory of one scanned object: handed out in order, given back whole. The cap counts
 * every byte taken from the allocator and is set at creation, so that nothing an input
 * says can make an arena grow without end.
 */
#pragma once

#include <stddef.h>

#include "base/alloc.h"
#include "base/span.h"

struct stk_arena_chunk;

#define STK_ARENA_ALIGN (_Alignof(max_align_t))

/* Up to so many bytes are handed out without a call. */
#define STK_ARENA_SMALL_MAX ((size_t)4096)

struct stk_arena {
    const struct stk_alloc *alloc; /* borrowed for the arena's life */
    struct stk_arena_chunk *head;  /* newest first; owned */
    uint8_t *at;                   /* what is free of the newest */
    uint8_t *end;
    size_t cap; /* most bytes to take from alloc */
    size_t taken;
};

void stk_arena_init(struct stk_arena *arena, const struct stk_alloc *alloc, size_t cap);
void stk_arena_release(struct stk_arena *arena);

/* Forgets all that was handed out, keeps one chunk for reuse. */
void stk_arena_clear(struct stk_arena *arena);

/* Where what is free does not do. */
void *stk_arena_alloc_slow(struct stk_arena *arena, size_t len);

/* Zeroed memory aligned for any type, or NULL (cap reached or refused). Good until the
 * arena is cleared or released. A len of 0 gives a valid pointer. */
static inline void *stk_arena_alloc(struct stk_arena *arena, size_t len)
{
    size_t free = (size_t)(arena->end - arena->at);
    if (len == 0 || len > free || len > STK_ARENA_SMALL_MAX) {
        return stk_arena_alloc_slow(arena, len);
    }
    /* Chunks end aligned, so that what is free has room for the padding. */
    void *p = arena->at;
    arena->at += (len + STK_ARENA_ALIGN - 1) / STK_ARENA_ALIGN * STK_ARENA_ALIGN;
    return __builtin_memset(p, 0, len);
}

/* The same without zeroes, for what is written whole at once. */
static inline void *stk_arena_take(struct stk_arena *arena, size_t len)
{
    size_t free = (size_t)(arena->end - arena->at);
    if (len == 0 || len > free || len > STK_ARENA_SMALL_MAX) {
        return stk_arena_alloc_slow(arena, len);
    }
    void *p = arena->at;
    arena->at += (len + STK_ARENA_ALIGN - 1) / STK_ARENA_ALIGN * STK_ARENA_ALIGN;
    return p;
}

/* count elements of size bytes each; NULL also when the product overflows. */
void *stk_arena_array(struct stk_arena *arena, size_t count, size_t size);

/* A NUL-terminated copy, or NULL. */
char *stk_arena_text(struct stk_arena *arena, struct stk_span text);
