/* SPDX-License-Identifier: Apache-2.0 */
#include "base/alloc.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"

/* The least that a growing array starts with, in bytes. */
#define GROW_FIRST 64u

static void *libc_resize(void *ctx, void *block, size_t old, size_t len)
{
    (void)ctx;
    (void)old;
    if (len == 0) {
        free(block);
        return NULL;
    }
    return realloc(block, len);
}

const struct stk_alloc stk_alloc_libc = {.resize = libc_resize, .ctx = NULL};

/* A block of no bytes has an address of its own, so that NULL always means refusal. */
static size_t block_len(size_t len)
{
    return len > 0 ? len : 1;
}

void *stk_new_buffer(const struct stk_alloc *alloc, size_t len)
{
    return alloc->resize(alloc->ctx, NULL, 0, block_len(len));
}

void *stk_new(const struct stk_alloc *alloc, size_t len)
{
    void *block = stk_new_buffer(alloc, len);
    if (block != NULL) {
        memset(block, 0, block_len(len));
    }
    return block;
}

void stk_free(const struct stk_alloc *alloc, void *block, size_t len)
{
    if (block != NULL) {
        (void)alloc->resize(alloc->ctx, block, block_len(len), 0);
    }
}

/* Doubled, at least `need` and GROW_FIRST bytes, at most max; need <= max. */
static size_t grown(size_t capacity, size_t element, size_t need, size_t max)
{
    size_t least = element < GROW_FIRST ? GROW_FIRST / element : 1;
    size_t next = capacity > max / 2 ? max : capacity * 2;
    next = next < least ? least : next;
    next = next < need ? need : next;
    return next > max ? max : next;
}

enum stk_status stk_grow(const struct stk_alloc *alloc, void **array, size_t *capacity,
                         size_t element, size_t need, size_t max)
{
    STK_ASSERT(element > 0);
    if (need <= *capacity) {
        return STK_OK;
    }
    if (need > max) {
        return STK_E_LIMIT;
    }
    size_t next = grown(*capacity, element, need, max);
    size_t len = 0;
    if (__builtin_mul_overflow(next, element, &len)) {
        return STK_E_NOMEM;
    }
    /* The caller's pointer has the element's type: it is read and written as bytes. */
    void *block = NULL;
    memcpy(&block, array, sizeof(block));
    block = alloc->resize(alloc->ctx, block, *capacity * element, len);
    if (block == NULL) {
        return STK_E_NOMEM;
    }
    memcpy(array, &block, sizeof(block));
    *capacity = next;
    return STK_OK;
}
