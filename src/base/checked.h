/* SPDX-License-Identifier: Apache-2.0
 *
 * Arithmetic on numbers that came from input. Each function reports overflow instead of
 * wrapping, and writes its result only when there is one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/status.h"

/* Marks a function whose unsigned arithmetic wraps on purpose. */
#if defined(__clang__)
#define STK_WRAPS                                                                        \
    __attribute__((no_sanitize("unsigned-integer-overflow", "unsigned-shift-base")))
#else
#define STK_WRAPS
#endif

STK_MUST_USE static inline bool stk_add(uint64_t a, uint64_t b, uint64_t *ret_sum)
{
    uint64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) {
        return false;
    }
    *ret_sum = sum;
    return true;
}

STK_MUST_USE static inline bool stk_mul(uint64_t a, uint64_t b, uint64_t *ret_product)
{
    uint64_t product = 0;
    if (__builtin_mul_overflow(a, b, &product)) {
        return false;
    }
    *ret_product = product;
    return true;
}

STK_MUST_USE static inline bool stk_to_size(uint64_t value, size_t *ret_size)
{
    size_t size = 0;
    if (__builtin_add_overflow(value, (uint64_t)0, &size)) {
        return false;
    }
    *ret_size = size;
    return true;
}

/* [off, off + len) lies within [0, size): written so that nothing can overflow. */
static inline bool stk_range_ok(uint64_t off, uint64_t len, uint64_t size)
{
    return off <= size && len <= size - off;
}
