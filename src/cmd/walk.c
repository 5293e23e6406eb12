/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/console.h"

/* Levels of directories; each holds a descriptor open. */
#define DEPTH_MAX 200

/* Bytes of names in one directory, and of a path. */
#define NAMES_MAX ((size_t)1 << 31)
#define PATH_MAX_BYTES ((size_t)1 << 20)

static const struct stk_alloc *const alloc = &stk_alloc_libc;

static struct stk_dir *dir_new(int fd)
{
    struct stk_dir *dir = stk_new(alloc, sizeof(*dir));
    if (dir == NULL) {
        return NULL;
    }
    atomic_init(&dir->refs, 1);
    dir->fd = fd;
    stk_buf_init(&dir->path, alloc, PATH_MAX_BYTES);
    stk_buf_init(&dir->names, alloc, NAMES_MAX);
    return dir;
}

void stk_dir_release(struct stk_dir *dir)
{
    if (dir == NULL || atomic_fetch_sub(&dir->refs, 1) > 1) {
        return;
    }
    (void)close(dir->fd);
    stk_buf_release(&dir->path);
    stk_buf_release(&dir->names);
    stk_free(alloc, dir, sizeof(*dir));
}

/* A copy with its NUL; freed by stk_item_release. */
static char *copy_text(const char *text)
{
    size_t len = strlen(text) + 1;
    char *copy = stk_new(alloc, len);
    if (copy != NULL) {
        stk_copy(copy, text, len);
    }
    return copy;
}

static void free_text(const char *text)
{
    stk_free(alloc, (void *)(uintptr_t)text, strlen(text) + 1);
}

void stk_item_release(struct stk_item *item)
{
    if (item->dir != NULL) {
        stk_dir_release(item->dir);
    } else if (item->name != NULL) {
        free_text(item->name);
    }
    *item = (struct stk_item){0};
}

static void put_joined(struct stk_buf *out, struct stk_span dir, const char *name)
{
    stk_buf_put(out, dir.data, dir.len);
    if (dir.len > 0 && dir.data[dir.len - 1] != '/') {
        stk_buf_byte(out, '/');
    }
    stk_buf_str(out, name);
}

void stk_item_path(const struct stk_item *item, struct stk_buf *out)
{
    if (item->dir == NULL) {
        stk_buf_str(out, item->name);
    } else {
        put_joined(out, stk_buf_span(&item->dir->path), item->name);
    }
}

bool stk_walk_glob(const struct stk_texts *globs, const char *relative)
{
    const char *slash = strrchr(relative, '/');
    const char *name = slash == NULL ? relative : slash + 1;
    for (size_t i = 0; i < globs->n; i++) {
        const char *glob = globs->items[i];
        const char *subject = strchr(glob, '/') == NULL ? name : relative;
        if (fnmatch(glob, subject, FNM_PATHNAME) == 0) {
            return true;
        }
    }
    return false;
}

struct entry {
    size_t name;        /* offset in dir->names */
    unsigned char type; /* DT_REG and so on */
};

/* One level of the walk. */
struct level {
    struct stk_dir *dir;
    struct entry *entries; /* owned; sorted */
    size_t n;
    size_t cap;
    size_t next;
    size_t relative_len; /* of the path below the named directory */
};

/* The walk of one named directory. */
struct tree {
    struct stk_walk *walk;
    struct level levels[DEPTH_MAX];
    size_t depth;
    struct stk_buf relative; /* path below the named directory, with NUL */
};

static const char *entry_name(const struct level *level, const struct entry *entry)
{
    return (const char *)level->dir->names.data + entry->name;
}

static int by_bytes(const void *a, const void *b, void *names)
{
    const struct entry *left = a;
    const struct entry *right = b;
    return strcmp((const char *)names + left->name, (const char *)names + right->name);
}

static enum stk_status add_entry(struct level *level, const struct dirent *found)
{
    struct stk_buf *names = &level->dir->names;
    void *entries = level->entries;
    STK_TRY(stk_grow(alloc, &entries, &level->cap, sizeof(*level->entries), level->n + 1,
                     SIZE_MAX / sizeof(*level->entries)));
    level->entries = entries;
    level->entries[level->n++] =
        (struct entry){.name = names->len, .type = found->d_type};
    stk_buf_put(names, found->d_name, strlen(found->d_name) + 1);
    return names->status;
}

static bool is_dot(const char *name)
{
    return name[0] == '.' && (name[1] == '\0' || (name[1] == '.' && name[2] == '\0'));
}

/* All names of the level's directory, sorted. STK_E_IO: errno says why. */
static enum stk_status list(struct level *level)
{
    int fd = fcntl(level->dir->fd, F_DUPFD_CLOEXEC, 0); /* closedir closes its own */
    DIR *stream = fd < 0 ? NULL : fdopendir(fd);
    enum stk_status status = STK_OK;
    if (stream == NULL) {
        int error = errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        errno = error;
        return STK_E_IO;
    }
    int error = 0;
    for (;;) {
        errno = 0;
        const struct dirent *found = readdir(stream);
        error = errno;
        if (found == NULL || status != STK_OK) {
            break;
        }
        status = is_dot(found->d_name) ? STK_OK : add_entry(level, found);
    }
    (void)closedir(stream);
    if (level->n > 1) {
        qsort_r(level->entries, level->n, sizeof(*level->entries), by_bytes,
                level->dir->names.data);
    }
    errno = error;
    return status == STK_OK && error != 0 ? STK_E_IO : status;
}

static void leave(struct tree *tree)
{
    struct level *level = &tree->levels[--tree->depth];
    if (level->entries != NULL) {
        stk_free(alloc, level->entries, level->cap * sizeof(*level->entries));
    }
    stk_dir_release(level->dir);
    tree->relative.len = level->relative_len;
    *level = (struct level){0};
}

/* An item below the level's directory; name lies in its names. */
static enum stk_status emit_entry(struct tree *tree, const struct level *level,
                                  const char *name, int error)
{
    struct stk_item item = {.dir = level->dir, .name = name, .error = error};
    atomic_fetch_add(&level->dir->refs, 1);
    return tree->walk->emit(tree->walk->ctx, &item);
}

static enum stk_status emit_named(struct stk_walk *walk, const char *path, int error,
                                  bool is_stdin)
{
    struct stk_item item = {
        .name = copy_text(path),
        .error = error,
        .is_stdin = is_stdin,
    };
    if (item.name == NULL) {
        return STK_E_NOMEM;
    }
    return walk->emit(walk->ctx, &item);
}

static enum stk_status fill(struct tree *tree, struct level *level, const char *name)
{
    struct stk_span above = stk_span_of(NULL, 0);
    if (tree->depth > 1) {
        above = stk_buf_span(&tree->levels[tree->depth - 2].dir->path);
    }
    put_joined(&level->dir->path, above, name);
    STK_TRY(level->dir->path.status);
    return list(level);
}

/* Opens a level and lists it; leaving it cuts the relative path to relative_len. On
 * failure nothing was entered: STK_E_IO (errno says why), STK_E_LIMIT, STK_E_NOMEM. */
static enum stk_status enter(struct tree *tree, int dirfd, const char *name, int flags,
                             size_t relative_len)
{
    if (tree->depth == DEPTH_MAX) {
        return STK_E_LIMIT;
    }
    int fd = openat(dirfd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | flags);
    if (fd < 0) {
        return STK_E_IO;
    }
    struct level *level = &tree->levels[tree->depth];
    *level = (struct level){.dir = dir_new(fd), .relative_len = relative_len};
    if (level->dir == NULL) {
        (void)close(fd);
        return STK_E_NOMEM;
    }
    tree->depth++;
    enum stk_status status = fill(tree, level, name);
    if (status != STK_OK) {
        int error = errno;
        leave(tree);
        errno = error;
    }
    return status;
}

/* The error of an item for a directory that could not be entered. */
static int error_of(enum stk_status status)
{
    return status == STK_E_IO ? errno : STK_WALK_TOO_DEEP;
}

static unsigned char type_of(mode_t mode)
{
    if (S_ISREG(mode)) {
        return DT_REG;
    }
    if (S_ISDIR(mode)) {
        return DT_DIR;
    }
    return S_ISLNK(mode) ? DT_LNK : DT_FIFO;
}

/* What the entry is, asking the file system only where the listing did not say. A link to
 * a file counts as that file; a link that leads nowhere stays a link. */
static unsigned char resolve(int dirfd, const char *name, unsigned char type)
{
    struct stat info;
    if (type == DT_UNKNOWN && fstatat(dirfd, name, &info, AT_SYMLINK_NOFOLLOW) == 0) {
        type = type_of(info.st_mode);
    }
    if (type == DT_LNK && fstatat(dirfd, name, &info, 0) == 0 && !S_ISDIR(info.st_mode)) {
        type = type_of(info.st_mode);
    }
    return type;
}

static enum stk_status visit_dir(struct tree *tree, const struct level *level,
                                 const char *name)
{
    size_t len = tree->relative.len;
    stk_buf_str(&tree->relative, name);
    stk_buf_byte(&tree->relative, '/');
    STK_TRY(tree->relative.status);
    enum stk_status status = enter(tree, level->dir->fd, name, O_NOFOLLOW, len);
    if (status == STK_OK || status == STK_E_NOMEM) {
        return status;
    }
    tree->relative.len = len;
    return emit_entry(tree, level, name, error_of(status));
}

/* The entry's path below the named directory, NUL-terminated until the next call. */
static const char *relative_path(struct tree *tree, const char *name)
{
    size_t len = tree->relative.len;
    stk_buf_put(&tree->relative, name, strlen(name) + 1);
    tree->relative.len = len;
    return tree->relative.status == STK_OK ? (const char *)tree->relative.data : name;
}

static enum stk_status visit(struct tree *tree, const struct level *level,
                             const struct entry *entry)
{
    struct stk_walk *walk = tree->walk;
    const char *name = entry_name(level, entry);
    unsigned char type = resolve(level->dir->fd, name, entry->type);
    if (type == DT_LNK) {
        walk->n_symlinks++;
        return STK_OK;
    }
    const char *relative = relative_path(tree, name);
    if ((walk->exclude->n > 0 && stk_walk_glob(walk->exclude, relative)) ||
        (type != DT_DIR && walk->include->n > 0 &&
         !stk_walk_glob(walk->include, relative))) {
        walk->n_excluded++;
        return STK_OK;
    }
    if (type == DT_DIR) {
        return visit_dir(tree, level, name);
    }
    if (type != DT_REG && type != DT_UNKNOWN) {
        walk->n_special++;
        return STK_OK;
    }
    return emit_entry(tree, level, name, 0);
}

static enum stk_status run(struct tree *tree)
{
    while (tree->depth > 0 && !stk_interrupted()) {
        struct level *level = &tree->levels[tree->depth - 1];
        if (level->next == level->n) {
            leave(tree);
        } else {
            STK_TRY(visit(tree, level, &level->entries[level->next++]));
        }
    }
    return STK_OK;
}

static enum stk_status walk_dir(struct stk_walk *walk, const char *path)
{
    struct tree *tree = stk_new(alloc, sizeof(*tree));
    if (tree == NULL) {
        return STK_E_NOMEM;
    }
    tree->walk = walk;
    stk_buf_init(&tree->relative, alloc, PATH_MAX_BYTES);
    enum stk_status status = enter(tree, AT_FDCWD, path, 0, 0);
    if (status == STK_OK) {
        status = run(tree);
    } else if (status != STK_E_NOMEM) {
        status = emit_named(walk, path, error_of(status), false);
    }
    while (tree->depth > 0) {
        leave(tree);
    }
    stk_buf_release(&tree->relative);
    stk_free(alloc, tree, sizeof(*tree));
    return status;
}

/* Opening a FIFO or a device can wait for ever, or do something: what is neither file nor
 * directory is looked at and left alone, but the user, who named it, is told. */
enum stk_status stk_walk_path(struct stk_walk *walk, const char *path)
{
    struct stat info;
    if (fstatat(AT_FDCWD, path, &info, 0) != 0) {
        return emit_named(walk, path, errno, false);
    }
    if (S_ISDIR(info.st_mode)) {
        return walk_dir(walk, path);
    }
    int error = S_ISREG(info.st_mode) ? 0 : STK_WALK_NOT_REGULAR;
    return emit_named(walk, path, error, false);
}

enum stk_status stk_walk_stdin(struct stk_walk *walk)
{
    return emit_named(walk, "-", 0, true);
}
