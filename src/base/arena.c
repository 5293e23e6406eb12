/* SPDX-License-Identifier: Apache-2.0
 *
 * Chunks of doubling size, newest first. A request that would waste much of a chunk gets
 * one of its own, which is put behind the newest so that this one stays in use.
 */
#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

#include "base/assert.h"

#define CHUNK_FIRST ((size_t)4096)
#define CHUNK_MAX ((size_t)1 << 20)
struct stk_arena_chunk {
    struct stk_arena_chunk *next; /* owned */
    size_t size;                  /* bytes in data: whole alignments */
    alignas(max_align_t) uint8_t data[];
};

void stk_arena_init(struct stk_arena *arena, const struct stk_alloc *alloc, size_t cap)
{
    *arena = (struct stk_arena){.alloc = alloc, .cap = cap};
}

static void chunk_free(struct stk_arena *arena, struct stk_arena_chunk *chunk)
{
    size_t len = sizeof(*chunk) + chunk->size;
    STK_ASSERT(arena->taken >= len);
    arena->taken -= len;
    stk_free(arena->alloc, chunk, len);
}

static void chunks_free(struct stk_arena *arena, struct stk_arena_chunk *chunk)
{
    while (chunk != NULL) {
        struct stk_arena_chunk *next = chunk->next;
        chunk_free(arena, chunk);
        chunk = next;
    }
}

void stk_arena_release(struct stk_arena *arena)
{
    chunks_free(arena, arena->head);
    arena->head = NULL;
    arena->at = NULL;
    arena->end = NULL;
}

/* The newest chunk, all of it free. */
static void use_chunk(struct stk_arena *arena, struct stk_arena_chunk *chunk)
{
    arena->head = chunk;
    arena->at = chunk->data;
    arena->end = chunk->data + chunk->size;
}

void stk_arena_clear(struct stk_arena *arena)
{
    struct stk_arena_chunk *head = arena->head;
    if (head == NULL || head->size > CHUNK_MAX) {
        stk_arena_release(arena);
        return;
    }
    chunks_free(arena, head->next);
    head->next = NULL;
    use_chunk(arena, head);
}

/* A chunk with room for size bytes, not linked yet; NULL past the cap or refused. */
static struct stk_arena_chunk *chunk_new(struct stk_arena *arena, size_t size)
{
    size_t len = 0;
    if (__builtin_add_overflow(size, sizeof(struct stk_arena_chunk), &len) ||
        len > arena->cap - arena->taken) {
        return NULL;
    }
    struct stk_arena_chunk *chunk = arena->alloc->resize(arena->alloc->ctx, NULL, 0, len);
    if (chunk == NULL) {
        return NULL;
    }
    chunk->next = NULL;
    chunk->size = size;
    arena->taken += len;
    return chunk;
}

static size_t next_size(const struct stk_arena *arena)
{
    if (arena->head == NULL) {
        return CHUNK_FIRST - sizeof(struct stk_arena_chunk);
    }
    size_t size = arena->head->size;
    return size >= CHUNK_MAX / 2 ? CHUNK_MAX : size * 2;
}

/* A request of more than half a chunk: its own, behind the one in use. */
static uint8_t *alloc_own(struct stk_arena *arena, size_t len)
{
    struct stk_arena_chunk *chunk = chunk_new(arena, len);
    if (chunk == NULL) {
        return NULL;
    }
    if (arena->head == NULL) {
        use_chunk(arena, chunk);
        arena->at = arena->end;
    } else {
        chunk->next = arena->head->next;
        arena->head->next = chunk;
    }
    return chunk->data;
}

/* From a chunk for len bytes and more to come; near the cap, for len bytes only. */
static uint8_t *alloc_chunk(struct stk_arena *arena, size_t len)
{
    size_t size = next_size(arena);
    if (len > size / 2) {
        return alloc_own(arena, len);
    }
    struct stk_arena_chunk *chunk = chunk_new(arena, size);
    if (chunk == NULL) {
        chunk = chunk_new(arena, len);
    }
    if (chunk == NULL) {
        return NULL;
    }
    chunk->next = arena->head;
    use_chunk(arena, chunk);
    arena->at += len;
    return chunk->data;
}

void *stk_arena_alloc_slow(struct stk_arena *arena, size_t len)
{
    size_t need = 0;
    if (__builtin_add_overflow(len > 0 ? len : 1, STK_ARENA_ALIGN - 1, &need)) {
        return NULL;
    }
    need -= need % STK_ARENA_ALIGN;
    uint8_t *p = arena->at;
    if (need > (size_t)(arena->end - arena->at)) {
        p = alloc_chunk(arena, need);
    } else {
        arena->at += need;
    }
    return p == NULL ? NULL : memset(p, 0, need);
}

void *stk_arena_array(struct stk_arena *arena, size_t count, size_t size)
{
    size_t len = 0;
    if (__builtin_mul_overflow(count, size, &len)) {
        return NULL;
    }
    return stk_arena_alloc(arena, len);
}

char *stk_arena_text(struct stk_arena *arena, struct stk_span text)
{
    size_t len = 0;
    if (__builtin_add_overflow(text.len, (size_t)1, &len)) {
        return NULL;
    }
    char *copy = stk_arena_alloc(arena, len);
    if (copy != NULL) {
        stk_copy(copy, text.data, text.len);
    }
    return copy;
}
