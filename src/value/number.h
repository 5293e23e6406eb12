/* SPDX-License-Identifier: Apache-2.0
 *
 * What equality and hashes need to know of numbers. Pure.
 */
#pragma once

#include "value/value.h"

static inline bool stk_number_is(struct stk_value value)
{
    return value.kind == STK_VALUE_INT || value.kind == STK_VALUE_BIGINT ||
           value.kind == STK_VALUE_FLOAT;
}

/* The double is an integer of 64 bits. */
bool stk_number_is_integer(double number, int64_t *ret_integer);

/* The integer is a double, exactly. */
bool stk_number_big_is_double(const struct stk_big *big, double *ret_number);
