/* SPDX-License-Identifier: Apache-2.0
 *
 * Bytes that somebody else owns, and little-endian reads from them. A span never owns;
 * whoever stores one says until when it is good.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stk_span {
    const uint8_t *data; /* borrowed; may be NULL when len is 0 */
    size_t len;
};

static inline struct stk_span stk_span_of(const void *data, size_t len)
{
    return (struct stk_span){.data = data, .len = len};
}

static inline uint16_t stk_le16(const uint8_t *p)
{
    return (uint16_t)(p[0] | (p[1] << 8));
}

static inline uint32_t stk_le32(const uint8_t *p)
{
    return (uint32_t)p[0] | ((uint32_t)p[1] << 8) | ((uint32_t)p[2] << 16) |
           ((uint32_t)p[3] << 24);
}

static inline uint64_t stk_le64(const uint8_t *p)
{
    return (uint64_t)stk_le32(p) | ((uint64_t)stk_le32(p + 4) << 32);
}

static inline uint32_t stk_be32(const uint8_t *p)
{
    return (uint32_t)p[3] | ((uint32_t)p[2] << 8) | ((uint32_t)p[1] << 16) |
           ((uint32_t)p[0] << 24);
}

bool stk_span_equal(struct stk_span a, struct stk_span b);

/* The span begins with these bytes. */
bool stk_span_starts(struct stk_span span, const void *prefix, size_t len);

/* Offset of the first occurrence of needle, or SIZE_MAX. */
size_t stk_span_find(struct stk_span span, const void *needle, size_t len);

/* Offset of the last occurrence, or SIZE_MAX. */
size_t stk_span_find_last(struct stk_span span, const void *needle, size_t len);

/* Equal to a NUL-terminated string of ours. */
bool stk_span_is(struct stk_span span, const char *text);

/* Copies len bytes; regions must not overlap. The only memcpy outside base/. */
static inline void stk_copy(void *dst, const void *src, size_t len)
{
    if (len > 0) { /* memcpy's pointers must be valid even for no bytes */
        __builtin_memcpy(dst, src, len);
    }
}
