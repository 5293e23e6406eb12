/* SPDX-License-Identifier: Apache-2.0
 *
 * A growing byte buffer with a maximum given at creation (there is no growable thing
 * without one). After a failure the buffer keeps what it had and remembers the failure,
 * so that a writer checks once at its end.
 */
#pragma once

#include <stdarg.h>
#include <string.h>

#include "base/alloc.h"
#include "base/span.h"

struct stk_buf {
    const struct stk_alloc *alloc; /* borrowed */
    uint8_t *data;                 /* owned; NULL while empty; not NUL-terminated */
    size_t len;
    size_t cap;
    size_t max;
    enum stk_status status; /* first failure, sticky */
};

void stk_buf_init(struct stk_buf *buf, const struct stk_alloc *alloc, size_t max);
void stk_buf_release(struct stk_buf *buf);
void stk_buf_clear(struct stk_buf *buf); /* keeps the memory, forgets the failure */

/* Room for len more bytes without changing len; the place to write, or NULL. */
uint8_t *stk_buf_room(struct stk_buf *buf, size_t len);

/* What does not fit what is there. */
void stk_buf_put_grown(struct stk_buf *buf, const void *data, size_t len);

static inline void stk_buf_put(struct stk_buf *buf, const void *data, size_t len)
{
    if (len == 0 || len > buf->cap - buf->len || buf->status != STK_OK) {
        stk_buf_put_grown(buf, data, len);
        return;
    }
    stk_copy(buf->data + buf->len, data, len);
    buf->len += len;
}

static inline void stk_buf_byte(struct stk_buf *buf, uint8_t byte)
{
    stk_buf_put(buf, &byte, 1);
}

static inline void stk_buf_str(struct stk_buf *buf, const char *text)
{
    stk_buf_put(buf, text, strlen(text));
}

__attribute__((format(printf, 2, 3))) void stk_buf_printf(struct stk_buf *buf,
                                                          const char *format, ...);
struct stk_span stk_buf_span(const struct stk_buf *buf);
