/* SPDX-License-Identifier: Apache-2.0 */
#include "value/limbs.h"

STK_WRAPS void stk_limbs_shift(uint64_t *limbs, size_t n, size_t size, size_t bits)
{
    size_t whole = bits / 64;
    unsigned part = (unsigned)(bits % 64);
    for (size_t k = size; k > 0; k--) {
        size_t i = k - 1;
        uint64_t high = i >= whole && i - whole < n ? limbs[i - whole] : 0;
        uint64_t low = i > whole && i - whole - 1 < n ? limbs[i - whole - 1] : 0;
        limbs[i] = part == 0 ? high : (high << part) | (low >> (64 - part));
    }
}

/* rem -= q × d, modulo 2^(64 (n + 1)). */
STK_WRAPS static void subtract(uint64_t *rem, const uint64_t *d, size_t n, uint64_t q)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < n; i++) {
        stk_wide product = (stk_wide)q * d[i] + carry;
        uint64_t low = (uint64_t)product;
        carry = (uint64_t)(product >> 64) + (rem[i] < low);
        rem[i] -= low;
    }
    rem[n] -= carry;
}

STK_WRAPS static void add(uint64_t *rem, const uint64_t *d, size_t n)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < n; i++) {
        stk_wide sum = (stk_wide)rem[i] + d[i] + carry;
        rem[i] = (uint64_t)sum;
        carry = (uint64_t)(sum >> 64);
    }
    rem[n] += carry;
}

uint64_t stk_limbs_reduce(uint64_t *rem, const uint64_t *d, size_t n)
{
    uint64_t top = d[n - 1];
    STK_ASSERT(top >> 63 == 1 && rem[n] <= top);
    uint64_t q = UINT64_MAX;
    if (rem[n] < top) {
        q = (uint64_t)((((stk_wide)rem[n] << 64) | rem[n - 1]) / top);
    }
    subtract(rem, d, n, q);
    while (rem[n] != 0) { /* negative: q was one or two too large */
        add(rem, d, n);
        q--;
    }
    return q;
}
