/* SPDX-License-Identifier: Apache-2.0
 *
 * Natural numbers as 64-bit limbs, least significant first, in arrays of the caller's.
 * What numbers and decimals need of them, no more. Pure.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/assert.h"
#include "base/checked.h"

__extension__ typedef unsigned __int128 stk_wide;

/* limbs × factor + plus, in place; the new count of limbs, at most n + 1. */
static inline size_t stk_limbs_muladd(uint64_t *limbs, size_t n, uint64_t factor,
                                      uint64_t plus)
{
    uint64_t carry = plus;
    for (size_t i = 0; i < n; i++) {
        stk_wide sum = (stk_wide)limbs[i] * factor + carry;
        limbs[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
    if (carry != 0) {
        limbs[n++] = carry;
    }
    return n;
}

/* Without leading zeroes. */
static inline size_t stk_limbs_trim(const uint64_t *limbs, size_t n)
{
    while (n > 0 && limbs[n - 1] == 0) {
        n--;
    }
    return n;
}

/* n > 0, the last limb not 0. */
static inline size_t stk_limbs_bits(const uint64_t *limbs, size_t n)
{
    return n * 64 - (size_t)__builtin_clzll(limbs[n - 1]);
}

/* Shifts n limbs up to the left within an array of size limbs, the new ones written. */
void stk_limbs_shift(uint64_t *limbs, size_t n, size_t size, size_t bits);

/* One step of a long division (Knuth 4.3.1 D3 to D6): rem has n + 1 limbs and is less
 * than d × 2^64, the top bit of d's n limbs is set. Returns the quotient and leaves the
 * remainder, the last limb 0. */
uint64_t stk_limbs_reduce(uint64_t *rem, const uint64_t *d, size_t n);
