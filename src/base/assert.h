/* SPDX-License-Identifier: Apache-2.0
 *
 * A broken invariant is a bug of ours, whatever the bytes were. Debug and fuzz builds
 * stop at once; in a release build the expression is still evaluated and the caller
 * turns its falsehood into STK_E_BUG, which no gate takes for clean.
 */
#pragma once

#include <stdlib.h>

#ifdef NDEBUG
#define STK_ASSERT(expr) ((void)(expr))
#else
#define STK_ASSERT(expr) ((expr) ? (void)0 : abort())
#endif

#define STK_LIKELY(x) __builtin_expect(!!(x), 1)
#define STK_UNLIKELY(x) __builtin_expect(!!(x), 0)
