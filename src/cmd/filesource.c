/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/filesource.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/checked.h"
#include "cmd/console.h"

/* Up to this size a file is read whole: one read costs less than two. */
#define SMALL_MAX (UINT64_C(1) << 20)

/* Room for each read of what has no size. */
#define CHUNK ((size_t)65536)

void stk_filesource_init(struct stk_filesource *file, uint64_t max)
{
    size_t cap = max > SIZE_MAX ? SIZE_MAX : (size_t)max;
    *file = (struct stk_filesource){.fd = -1};
    stk_buf_init(&file->small, &stk_alloc_libc, cap < SMALL_MAX ? SMALL_MAX : cap);
}

void stk_filesource_release(struct stk_filesource *file)
{
    stk_filesource_close(file);
    stk_buf_release(&file->small);
}

void stk_filesource_close(struct stk_filesource *file)
{
    if (file->fd > STDERR_FILENO) {
        (void)close(file->fd);
    }
    file->fd = -1;
    file->error = 0;
    /* What was read from a pipe may be large; a worker keeps what small files need. */
    if (file->small.cap > 2 * SMALL_MAX) {
        stk_buf_release(&file->small);
    }
}

static enum stk_status failed(struct stk_filesource *file)
{
    file->error = errno;
    return STK_E_IO;
}

static enum stk_status read_at(void *ctx, uint64_t off, void *buf, size_t len)
{
    struct stk_filesource *file = ctx;
    uint8_t *to = buf;
    while (len > 0) {
        if (stk_interrupted()) {
            file->error = EINTR;
            return STK_E_IO;
        }
        ssize_t n = pread(file->fd, to, len, (off_t)off);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n == 0 ? STK_E_SHRUNK : failed(file);
        }
        to += n;
        off += (uint64_t)n;
        len -= (size_t)n;
    }
    return STK_OK;
}

static enum stk_status read_small(struct stk_filesource *file, size_t size)
{
    stk_buf_clear(&file->small);
    uint8_t *to = stk_buf_room(&file->small, size);
    if (to == NULL) {
        return file->small.status;
    }
    while (file->small.len < size) {
        ssize_t n = read(file->fd, to + file->small.len, size - file->small.len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return n == 0 ? STK_E_SHRUNK : failed(file);
        }
        file->small.len += (size_t)n;
    }
    file->source = stk_source_of(stk_buf_span(&file->small));
    return STK_OK;
}

/* Bytes are there, or the end is. A pipe may stay silent for ever, and the signal that
 * interrupts may reach another thread. */
static enum stk_status wait_readable(struct stk_filesource *file)
{
    struct pollfd poll_fd = {.fd = file->fd, .events = POLLIN};
    while (!stk_interrupted()) {
        int n = poll(&poll_fd, 1, 100);
        if (n > 0) {
            return STK_OK;
        }
        if (n < 0 && errno != EINTR) {
            return failed(file);
        }
    }
    file->error = EINTR;
    return STK_E_IO;
}

static enum stk_status read_to_end(struct stk_filesource *file)
{
    stk_buf_clear(&file->small);
    for (;;) {
        uint8_t *to = stk_buf_room(&file->small, CHUNK);
        if (to == NULL) {
            return file->small.status;
        }
        STK_TRY(wait_readable(file));
        ssize_t n = read(file->fd, to, CHUNK);
        if (n < 0 && (errno == EINTR || errno == EAGAIN)) {
            continue;
        }
        if (n < 0) {
            return failed(file);
        }
        if (n == 0) {
            file->source = stk_source_of(stk_buf_span(&file->small));
            return STK_OK;
        }
        file->small.len += (size_t)n;
    }
}

/* The rest of a regular file from where its descriptor stands: 0 but for stdin. */
static enum stk_status use_regular(struct stk_filesource *file, uint64_t size)
{
    off_t at = 0;
    if (file->fd == STDIN_FILENO) {
        at = lseek(file->fd, 0, SEEK_CUR);
        at = at < 0 ? 0 : at;
        size = size < (uint64_t)at ? 0 : size - (uint64_t)at;
    }
    /* A file of /proc says 0 and has content all the same. */
    if (size == 0) {
        return read_to_end(file);
    }
    if (size <= SMALL_MAX) {
        return read_small(file, (size_t)size);
    }
    file->source = (struct stk_source){
        .size = size,
        .base = (uint64_t)at,
        .read_at = read_at,
        .ctx = file,
    };
    return STK_OK;
}

enum stk_status stk_filesource_open(struct stk_filesource *file, int dirfd,
                                    const char *name)
{
    struct stat info;
    file->error = 0;
    /* O_NONBLOCK: a FIFO that took the name of a file must not hold us. */
    file->fd = name == NULL
                   ? STDIN_FILENO
                   : openat(dirfd, name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (file->fd < 0 || fstat(file->fd, &info) != 0) {
        return failed(file);
    }
    if (S_ISREG(info.st_mode)) {
        return use_regular(file, (uint64_t)info.st_size);
    }
    if (name != NULL || S_ISDIR(info.st_mode)) {
        return STK_E_UNSUPPORTED;
    }
    return read_to_end(file);
}

const char *stk_filesource_text(const struct stk_filesource *file, enum stk_status status)
{
    if (status == STK_E_IO && file->error != 0) {
        const char *text = strerrordesc_np(file->error);
        return text == NULL ? "unknown error" : text;
    }
    if (status == STK_E_UNSUPPORTED) {
        return "not a regular file";
    }
    if (status == STK_E_LIMIT) {
        return "longer than --limit-memory-max, and not a regular file";
    }
    return stk_status_text(status);
}

bool stk_file_read(const char *path, uint64_t max, struct stk_buf *text)
{
    struct stk_filesource file;
    stk_filesource_init(&file, max);
    enum stk_status status = stk_filesource_open(&file, AT_FDCWD, path);
    if (status == STK_OK && file.source.size > max) {
        status = STK_E_LIMIT;
    }
    if (status == STK_OK) {
        uint8_t *to = stk_buf_room(text, (size_t)file.source.size);
        status = to == NULL
                     ? text->status
                     : stk_source_read(&file.source, 0, to, (size_t)file.source.size);
        text->len += status == STK_OK ? (size_t)file.source.size : 0;
    }
    if (status != STK_OK) {
        stk_complain(path == NULL ? "-" : path, stk_filesource_text(&file, status));
    }
    stk_filesource_release(&file);
    return status == STK_OK;
}
