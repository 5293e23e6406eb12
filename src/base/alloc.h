/* SPDX-License-Identifier: Apache-2.0
 *
 * Where all memory of the library comes from. One function serves allocation, growth and
 * release, so that a test can fail the n-th request and count what is still held, and so
 * that a cap can be put on everything that one input may cost.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

struct stk_alloc {
    /* Grows or shrinks the block from old to len bytes, as realloc does. A NULL block
     * with old 0 allocates; len 0 frees and returns NULL. NULL for len > 0 is a refusal,
     * and the block is as it was. */
    void *(*resize)(void *ctx, void *block, size_t old, size_t len);
    void *ctx;
};

/* The C library's allocator. */
extern const struct stk_alloc stk_alloc_libc;

/* Zeroed memory or NULL; *owned*, freed with stk_free. */
void *stk_new(const struct stk_alloc *alloc, size_t len);

/* The same with undefined content: for buffers that are written before they are read, of
 * which often only the front is used. */
void *stk_new_buffer(const struct stk_alloc *alloc, size_t len);
void stk_free(const struct stk_alloc *alloc, void *block, size_t len);

/* Makes room for at least `need` elements in a growing array. Growth is geometric and
 * never past max elements (STK_E_LIMIT). The array and its capacity change only on
 * success; the new part is not initialised. */
STK_MUST_USE enum stk_status stk_grow(const struct stk_alloc *alloc, void **array,
                                      size_t *capacity, size_t element, size_t need,
                                      size_t max);
