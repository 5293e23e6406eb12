/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared libraries that few inputs need, loaded when one does: linking libarchive or
 * libcrypto costs each start of the program several milliseconds.
 */
#pragma once

#include <stddef.h>

struct stk_library;

/* Opens the library of this soname ("libarchive.so.13") and looks up `n` functions by
 * name; ret_functions gets their addresses in that order. *owned*, closed with
 * stk_library_close after the last call into it. NULL: it is not installed, or lacks one
 * of them. */
struct stk_library *stk_library_open(const char *soname, const char *const *names,
                                     size_t n, void (**ret_functions)(void));
void stk_library_close(struct stk_library *library);
