/* SPDX-License-Identifier: Apache-2.0
 *
 * Allocators for tests. STK_OOM_LOOP(test, arg) runs test(alloc, arg) again and again and
 * lets the n-th request for memory fail, once alone and once with all that follow, for
 * n = 1, 2, … until a run makes fewer than n requests and passes. Each run must give back
 * all it took, with the sizes that it took, and must answer STK_E_NOMEM when a failure
 * mattered. Include behind cmocka.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct stk_oom {
    struct stk_alloc alloc;
    uint64_t fail_at;  /* ordinal of the request that fails, from 1; 0: none */
    bool fail_after;   /* all requests after it fail too */
    uint64_t requests; /* for more memory */
    uint64_t blocks;   /* held now */
    uint64_t bytes;    /* held now */
    uint64_t peak;     /* most bytes held */
    bool wrong_size;   /* a block was given back with another size than it has */
};

/* In front of each block: its size. Keeps the block aligned for any type. */
union stk_oom_head {
    size_t len;
    max_align_t align;
};

static inline bool stk_oom_fails(struct stk_oom *oom)
{
    oom->requests++;
    if (oom->fail_at == 0) {
        return false;
    }
    return oom->requests == oom->fail_at ||
           (oom->fail_after && oom->requests > oom->fail_at);
}

static inline void stk_oom_drop(struct stk_oom *oom, union stk_oom_head *head)
{
    oom->blocks--;
    oom->bytes -= head->len;
    memset(head, 0xdd, sizeof(*head) + head->len);
    free(head);
}

/* Always moves the block, so that a pointer kept across growth is found by ASan. */
static inline void *stk_oom_resize(void *ctx, void *block, size_t old, size_t len)
{
    struct stk_oom *oom = ctx;
    union stk_oom_head *head = block == NULL ? NULL : (union stk_oom_head *)block - 1;
    oom->wrong_size |= (head == NULL ? 0 : head->len) != old;
    if (len == 0) {
        if (head != NULL) {
            stk_oom_drop(oom, head);
        }
        return NULL;
    }
    if (stk_oom_fails(oom)) {
        return NULL;
    }
    union stk_oom_head *next = malloc(sizeof(*next) + len);
    if (next == NULL) {
        return NULL;
    }
    next->len = len;
    memset(next + 1, 0xcd, len);
    oom->blocks++;
    oom->bytes += len;
    oom->peak = oom->bytes > oom->peak ? oom->bytes : oom->peak;
    if (head != NULL) {
        memcpy(next + 1, block, head->len < len ? head->len : len);
        stk_oom_drop(oom, head);
    }
    return next + 1;
}

/* The allocator's context is the struct itself: do not move it. */
static inline void stk_oom_init(struct stk_oom *oom, uint64_t fail_at, bool fail_after)
{
    memset(oom, 0, sizeof(*oom));
    oom->alloc.resize = stk_oom_resize;
    oom->alloc.ctx = oom;
    oom->fail_at = fail_at;
    oom->fail_after = fail_after;
}

typedef enum stk_status (*stk_oom_test)(const struct stk_alloc *alloc, void *arg);

static inline void stk_oom_loop(stk_oom_test test, void *arg, bool fail_after,
                                const char *file, int line)
{
    for (uint64_t n = 1;; n++) {
        struct stk_oom oom;
        stk_oom_init(&oom, n, fail_after);
        enum stk_status status = test(&oom.alloc, arg);
        bool reached = oom.requests >= n;
        if (oom.blocks != 0 || oom.wrong_size ||
            (status != STK_OK && !(reached && status == STK_E_NOMEM))) {
            print_error("request %llu failed (%s): status %d, %llu blocks left, %s\n",
                        (unsigned long long)n, fail_after ? "and all after" : "alone",
                        (int)status, (unsigned long long)oom.blocks,
                        oom.wrong_size ? "wrong size given back" : "sizes right");
            _fail(file, line);
        }
        if (!reached) {
            return;
        }
    }
}

#define STK_OOM_LOOP(test, arg)                                                          \
    do {                                                                                 \
        stk_oom_loop((test), (arg), false, __FILE__, __LINE__);                          \
        stk_oom_loop((test), (arg), true, __FILE__, __LINE__);                           \
    } while (0)
