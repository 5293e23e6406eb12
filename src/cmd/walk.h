/* SPDX-License-Identifier: Apache-2.0
 *
 * Finds the files under the paths that the user named: directory by directory, entries in
 * the order of their bytes, so that the same tree gives the same list everywhere. Each
 * name is opened relative to its directory, which no swap of a parent can redirect.
 *
 * Symbolic links: those that the user named are followed; in a tree, links to files are
 * (whoever loads them does as well), links to directories are not, and are counted. So no
 * loop is possible. FIFOs, devices and sockets are counted and never opened.
 */
#pragma once

#include <stdatomic.h>

#include "base/buf.h"
#include "cmd/options.h"

/* A directory whose entries are waiting to be scanned. Counted references: the walk holds
 * one, each item one. */
struct stk_dir {
    atomic_uint refs;
    int fd;
    struct stk_buf path;  /* as shown: "models/2024"; not NUL-terminated */
    struct stk_buf names; /* the entries' names, each with its NUL */
};

void stk_dir_release(struct stk_dir *dir);

/* What no errno says. */
enum {
    STK_WALK_NOT_REGULAR = -1, /* a FIFO, device or socket that the user named */
    STK_WALK_TOO_DEEP = -2,    /* a directory below too many others, or too large */
};

/* Something found, in its place in the order. */
struct stk_item {
    struct stk_dir *dir; /* referenced; NULL: name is a path by itself */
    const char *name;    /* in dir->names, or owned by stk_item_release */
    int error;           /* why it cannot be read: errno or one of the above; else 0 */
    bool is_stdin;       /* dir is NULL, name "-" */
};

void stk_item_release(struct stk_item *item);

/* The path to show, appended. */
void stk_item_path(const struct stk_item *item, struct stk_buf *out);

struct stk_walk {
    const struct stk_texts *include; /* globs; none: everything; borrowed */
    const struct stk_texts *exclude;
    /* Takes the item over. A status other than OK ends the walk and is returned. */
    enum stk_status (*emit)(void *ctx, const struct stk_item *item);
    void *ctx;
    uint64_t n_special; /* what was passed over */
    uint64_t n_symlinks;
    uint64_t n_excluded;
};

/* Walks one path that the user named. STK_E_NOMEM, or what emit returned. What cannot be
 * read is emitted with its error. */
STK_MUST_USE enum stk_status stk_walk_path(struct stk_walk *walk, const char *path);
STK_MUST_USE enum stk_status stk_walk_stdin(struct stk_walk *walk);

/* A glob without '/' is held against the name, one with '/' against the path below the
 * named directory. */
bool stk_walk_glob(const struct stk_texts *globs, const char *relative);
