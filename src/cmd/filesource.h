/* SPDX-License-Identifier: Apache-2.0
 *
 * Files as sources. A small one is read whole, with one read, into memory that is used
 * again for the next; a large one is read where somebody looks, by pread. Never mapped: a
 * file that shrinks is a status then, and not a signal. What cannot be sought in (a pipe
 * on stdin, a file of /proc without a size) is read to its end, up to a maximum.
 */
#pragma once

#include "base/buf.h"
#include "base/source.h"

struct stk_filesource {
    struct stk_buf small;     /* content of a file that was read whole */
    struct stk_source source; /* of the file that is open */
    int fd;                   /* -1: none */
    int error;                /* errno of the last failure, 0 where none fits */
};

/* max: most bytes of what must be read to its end. */
void stk_filesource_init(struct stk_filesource *file, uint64_t max);
void stk_filesource_release(struct stk_filesource *file);

/* Opens `name` relative to the directory dirfd, or standard input where name is NULL.
 * STK_OK: file->source is good until close. STK_E_UNSUPPORTED: no regular file.
 * STK_E_IO (errno in file->error), STK_E_SHRUNK, STK_E_LIMIT, STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_filesource_open(struct stk_filesource *file, int dirfd,
                                                 const char *name);
void stk_filesource_close(struct stk_filesource *file);

/* Appends all of a file, of at most max bytes, to text; NULL: standard input. Says on
 * stderr what is wrong. */
bool stk_file_read(const char *path, uint64_t max, struct stk_buf *text);

/* What to tell the user about a failure; static storage. */
const char *stk_filesource_text(const struct stk_filesource *file,
                                enum stk_status status);
