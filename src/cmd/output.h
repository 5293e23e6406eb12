/* SPDX-License-Identifier: Apache-2.0
 *
 * Files that are written whole or not at all: to a temporary name in the same folder,
 * then renamed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* Writes bytes to path, or to standard output where it is "-". Says on stderr what went
 * wrong; then there is no new file, and an old one is as it was. */
bool stk_output_put(const char *path, struct stk_span bytes);

/* A file that is written piece by piece. It has no name until it is complete, where the
 * file system can do that: nothing is left of it however the program ends. */
struct stk_output {
    const char *path; /* borrowed */
    int fd;           /* -1: none */
    bool standard;    /* standard output */
    bool named;       /* temporary is a file */
    char temporary[4096 + 16];
};

/* All say on stderr what went wrong, and return false. What was begun ends with commit or
 * abandon. */
bool stk_output_begin(struct stk_output *output, const char *path);
bool stk_output_write(struct stk_output *output, struct stk_span bytes);

/* len bytes of another file, at most 1 GiB. */
bool stk_output_copy(struct stk_output *output, int from, uint64_t off, uint64_t len);

/* The file gets its name, in place of one that has it. */
bool stk_output_commit(struct stk_output *output);
void stk_output_abandon(struct stk_output *output);
