/* SPDX-License-Identifier: Apache-2.0
 *
 * Between decimals and doubles, exactly: the nearest double of a decimal, ties to even
 * (IEEE 754 §4.3.1), and the shortest decimal that reads as a double, the nearest to it
 * among the shortest. No locale, no memory.
 */
#pragma once

#include "base/span.h"

/* mantissa × 10^exp10 */
struct stk_decimal {
    uint64_t mantissa;
    int exp10;
};

/* Infinity where it is too large. */
double stk_decimal_double(uint64_t mantissa, int64_t exp10);

/* The same for whole.fraction × 10^exp10, spans of any number of ASCII digits. */
double stk_decimal_read(struct stk_span whole, struct stk_span fraction, int64_t exp10);

/* Of a finite number's absolute value. */
struct stk_decimal stk_decimal_shortest(double number);
