/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cmd/console.h"

static bool complain_errno(const char *path)
{
    const char *text = strerrordesc_np(errno);
    stk_complain(path, text == NULL ? "unknown error" : text);
    return false;
}

static bool write_all(int fd, struct stk_span bytes)
{
    while (bytes.len > 0) {
        ssize_t n = write(fd, bytes.data, bytes.len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return false;
        }
        bytes = stk_span_of(bytes.data + n, bytes.len - (size_t)n);
    }
    return true;
}

/* The permissions that a new file gets. */
static mode_t new_mode(void)
{
    mode_t mask = umask(0);
    (void)umask(mask);
    return 0666 & ~mask;
}

/* ---- begin ---- */

/* DIR of DIR/NAME. */
static bool folder_of(const char *path, char *folder, size_t size)
{
    const char *slash = strrchr(path, '/');
    int len = slash == NULL ? 1 : slash == path ? 1 : (int)(slash - path);
    int n = snprintf(folder, size, "%.*s", len, slash == NULL ? "." : path);
    return n > 0 && (size_t)n < size;
}

static int open_named(struct stk_output *output)
{
    int n =
        snprintf(output->temporary, sizeof output->temporary, "%s.XXXXXX", output->path);
    if (n < 0 || (size_t)n >= sizeof output->temporary) {
        errno = ENAMETOOLONG;
        return -1;
    }
    int fd = mkostemp(output->temporary, O_CLOEXEC);
    output->named = fd >= 0;
    return fd;
}

bool stk_output_begin(struct stk_output *output, const char *path)
{
    *output = (struct stk_output){.path = path, .fd = -1};
    if (strcmp(path, "-") == 0) {
        output->standard = true;
        output->fd = STDOUT_FILENO;
        return true;
    }
    if (!folder_of(path, output->temporary, sizeof output->temporary)) {
        errno = ENAMETOOLONG;
        return complain_errno(path);
    }
    output->fd = open(output->temporary, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
    if (output->fd < 0) {
        output->fd = open_named(output);
    }
    return output->fd >= 0 || complain_errno(path);
}

/* ---- content ---- */

bool stk_output_write(struct stk_output *output, struct stk_span bytes)
{
    return write_all(output->fd, bytes) ||
           complain_errno(output->standard ? "standard output" : output->path);
}

/* Where the kernel does not copy from file to file: a pipe, another file system. */
static bool copy_through(struct stk_output *output, int from, uint64_t off, uint64_t len)
{
    static uint8_t piece[1 << 18];
    while (len > 0) {
        size_t want = len < sizeof piece ? (size_t)len : sizeof piece;
        ssize_t n = pread(from, piece, want, (off_t)off);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            errno = n == 0 ? ENODATA : errno;
            return complain_errno("the input");
        }
        if (!stk_output_write(output, stk_span_of(piece, (size_t)n))) {
            return false;
        }
        off += (uint64_t)n;
        len -= (uint64_t)n;
    }
    return true;
}

bool stk_output_copy(struct stk_output *output, int from, uint64_t off, uint64_t len)
{
    while (len > 0) {
        off_t at = (off_t)off;
        ssize_t n = copy_file_range(from, &at, output->fd, NULL, (size_t)len, 0);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && (errno == ENOSPC || errno == EDQUOT || errno == EIO)) {
            return complain_errno(output->path);
        }
        if (n <= 0) {
            return copy_through(output, from, off, len);
        }
        off += (uint64_t)n;
        len -= (uint64_t)n;
    }
    return true;
}

/* ---- end ---- */

/* A name for a file that has none: that of the descriptor leads to it. */
static bool name_it(struct stk_output *output)
{
    char self[64];
    (void)snprintf(self, sizeof self, "/proc/self/fd/%d", output->fd);
    for (unsigned i = 0; i < 100; i++) {
        int n = snprintf(output->temporary, sizeof output->temporary, "%s.%d-%u",
                         output->path, (int)getpid(), i);
        if (n < 0 || (size_t)n >= sizeof output->temporary) {
            errno = ENAMETOOLONG;
            return false;
        }
        if (linkat(AT_FDCWD, self, AT_FDCWD, output->temporary, AT_SYMLINK_FOLLOW) == 0) {
            output->named = true;
            return true;
        }
        if (errno != EEXIST) {
            return false;
        }
    }
    return false;
}

bool stk_output_commit(struct stk_output *output)
{
    if (output->standard) {
        return true;
    }
    bool good = fchmod(output->fd, new_mode()) == 0 && (output->named || name_it(output));
    int error = errno;
    good = close(output->fd) == 0 && good;
    output->fd = -1;
    if (good && rename(output->temporary, output->path) == 0) {
        output->named = false;
        return true;
    }
    errno = good ? errno : error;
    (void)complain_errno(output->path);
    stk_output_abandon(output);
    return false;
}

void stk_output_abandon(struct stk_output *output)
{
    if (output->fd >= 0 && !output->standard) {
        (void)close(output->fd);
    }
    if (output->named) {
        (void)unlink(output->temporary);
    }
    output->fd = -1;
    output->named = false;
}

bool stk_output_put(const char *path, struct stk_span bytes)
{
    struct stk_output output;
    if (!stk_output_begin(&output, path)) {
        return false;
    }
    if (!stk_output_write(&output, bytes)) {
        stk_output_abandon(&output);
        return false;
    }
    return stk_output_commit(&output);
}
