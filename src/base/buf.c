/* SPDX-License-Identifier: Apache-2.0 */
#include "base/buf.h"

#include <stdio.h>

void stk_buf_init(struct stk_buf *buf, const struct stk_alloc *alloc, size_t max)
{
    *buf = (struct stk_buf){.alloc = alloc, .max = max, .status = STK_OK};
}

void stk_buf_release(struct stk_buf *buf)
{
    if (buf->data != NULL) {
        stk_free(buf->alloc, buf->data, buf->cap);
    }
    stk_buf_init(buf, buf->alloc, buf->max);
}

void stk_buf_clear(struct stk_buf *buf)
{
    buf->len = 0;
    buf->status = STK_OK;
}

uint8_t *stk_buf_room(struct stk_buf *buf, size_t len)
{
    size_t need = 0;
    if (buf->status != STK_OK) {
        return NULL;
    }
    if (__builtin_add_overflow(buf->len, len > 0 ? len : 1, &need)) {
        buf->status = STK_E_LIMIT;
        return NULL;
    }
    void *data = buf->data;
    buf->status = stk_grow(buf->alloc, &data, &buf->cap, 1, need, buf->max);
    if (buf->status != STK_OK) {
        return NULL;
    }
    buf->data = data;
    return buf->data + buf->len;
}

void stk_buf_put_grown(struct stk_buf *buf, const void *data, size_t len)
{
    uint8_t *to = len == 0 ? NULL : stk_buf_room(buf, len);
    if (to != NULL) {
        memcpy(to, data, len);
        buf->len += len;
    }
}

void stk_buf_printf(struct stk_buf *buf, const char *format, ...)
{
    char small[256];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(small, sizeof(small), format, args);
    va_end(args);
    if (len < 0) {
        buf->status = buf->status == STK_OK ? STK_E_BUG : buf->status;
        return;
    }
    size_t n = (size_t)len;
    if (n < sizeof(small)) {
        stk_buf_put(buf, small, n);
        return;
    }
    char *to = (char *)stk_buf_room(buf, n + 1); /* vsnprintf ends it with NUL */
    if (to == NULL) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(to, n + 1, format, args);
    va_end(args);
    buf->len += n;
}

struct stk_span stk_buf_span(const struct stk_buf *buf)
{
    return stk_span_of(buf->data, buf->len);
}
