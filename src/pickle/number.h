/* SPDX-License-Identifier: Apache-2.0
 *
 * Numbers as text, as the C and the Python unpickler read them. Sources: CPython
 * Modules/_pickle.c load_int, load_long, load_float, load_get, load_put; Lib/pickle.py
 * the same; Objects/longobject.c PyLong_FromString; Python/pystrtod.c. Pure: no memory,
 * no locale.
 */
#pragma once

#include "base/span.h"

struct stk_integer {
    bool ok;      /* accepted */
    bool is_bool; /* the reader makes a bool of it */
    bool fits;    /* value holds it */
    bool negative;
    int64_t value;
    uint64_t digits; /* decimal digits, for the limit of newer releases; 0: other base */
};

/* Integers in INT and LONG: releases before 3.14 take the base from the prefix (0), later
 * ones read decimal digits only (10). */

/* The line of INT, without its newline. */
struct stk_integer stk_integer_int_c(struct stk_span line, int base);
struct stk_integer stk_integer_int_python(struct stk_span line, int base);

/* The line of LONG, without newline, with its optional L. */
struct stk_integer stk_integer_long_c(struct stk_span line, int base);
struct stk_integer stk_integer_long_python(struct stk_span line, int base);

/* A line as picklers write it, which all read alike. */
bool stk_integer_plain(struct stk_span line, struct stk_integer *ret);

/* The line of GET and PUT, without newline. */
struct stk_integer stk_integer_index_c(struct stk_span line);
struct stk_integer stk_integer_index_python(struct stk_span line);

/* The line of FLOAT, without newline. */
bool stk_float_c(struct stk_span line);
bool stk_float_python(struct stk_span line);
