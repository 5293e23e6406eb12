/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cursor.h"

#include <string.h>

#include "base/assert.h"

void stk_cursor_init(struct stk_cursor *c, struct stk_span span)
{
    *c = (struct stk_cursor){.span = span, .pos = 0, .status = STK_OK};
}

bool stk_cursor_valid(const struct stk_cursor *c)
{
    return c->pos <= c->span.len && (c->span.data != NULL || c->span.len == 0);
}

size_t stk_cursor_left(const struct stk_cursor *c)
{
    STK_ASSERT(stk_cursor_valid(c));
    return c->status == STK_OK ? c->span.len - c->pos : 0;
}

void stk_cursor_fail(struct stk_cursor *c, enum stk_status status)
{
    if (c->status == STK_OK) {
        c->status = status;
    }
}

/* The next len bytes, or NULL and a failure that leaves pos at their beginning. */
static const uint8_t *advance(struct stk_cursor *c, uint64_t len)
{
    if (len > stk_cursor_left(c) || c->status != STK_OK) {
        stk_cursor_fail(c, STK_E_TRUNCATED);
        return NULL;
    }
    if (len == 0) { /* no address to compute when the span is NULL */
        return c->span.data;
    }
    const uint8_t *p = c->span.data + c->pos;
    c->pos += (size_t)len;
    return p;
}

uint8_t stk_cursor_u8(struct stk_cursor *c)
{
    const uint8_t *p = advance(c, 1);
    return p == NULL ? 0 : *p;
}

uint16_t stk_cursor_u16(struct stk_cursor *c)
{
    const uint8_t *p = advance(c, 2);
    return p == NULL ? 0 : stk_le16(p);
}

uint32_t stk_cursor_u32(struct stk_cursor *c)
{
    const uint8_t *p = advance(c, 4);
    return p == NULL ? 0 : stk_le32(p);
}

uint64_t stk_cursor_u64(struct stk_cursor *c)
{
    const uint8_t *p = advance(c, 8);
    return p == NULL ? 0 : stk_le64(p);
}

struct stk_span stk_cursor_take(struct stk_cursor *c, uint64_t len)
{
    const uint8_t *p = advance(c, len);
    return stk_span_of(p, p == NULL ? 0 : (size_t)len);
}

struct stk_span stk_cursor_line(struct stk_cursor *c)
{
    size_t left = stk_cursor_left(c);
    const uint8_t *begin = left == 0 ? NULL : c->span.data + c->pos;
    const uint8_t *end = left == 0 ? NULL : memchr(begin, '\n', left);
    if (end == NULL) {
        stk_cursor_fail(c, STK_E_TRUNCATED);
        return stk_span_of(NULL, 0);
    }
    size_t len = (size_t)(end - begin);
    c->pos += len + 1;
    return stk_span_of(begin, len);
}
