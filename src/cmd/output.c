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

bool stk_output_put(const char *path, struct stk_span bytes)
{
    char temporary[4096 + 16];
    if (strcmp(path, "-") == 0) {
        return stk_console_write(bytes) || complain_errno("standard output");
    }
    int n = snprintf(temporary, sizeof temporary, "%s.XXXXXX", path);
    if (n < 0 || (size_t)n >= sizeof temporary) {
        errno = ENAMETOOLONG;
        return complain_errno(path);
    }
    int fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0) {
        return complain_errno(path);
    }
    bool written = write_all(fd, bytes) && fchmod(fd, new_mode()) == 0;
    int error = errno;
    written = close(fd) == 0 && written;
    if (!written || rename(temporary, path) != 0) {
        error = written ? errno : error;
        (void)unlink(temporary);
        errno = error;
        return complain_errno(path);
    }
    return true;
}
