/* SPDX-License-Identifier: Apache-2.0 */
#include "base/source.h"

#include <string.h>

#include "base/assert.h"
#include "base/checked.h"

/* Stands for the bytes of an empty source, so that mem says "in memory" there too. */
static const uint8_t nothing[1];

struct stk_source stk_source_of(struct stk_span span)
{
    return (struct stk_source){
        .size = span.len,
        .mem = span.data == NULL ? nothing : span.data,
    };
}

struct stk_source stk_source_part(const struct stk_source *source, uint64_t off,
                                  uint64_t len)
{
    struct stk_source part = *source;
    off = off < source->size ? off : source->size;
    uint64_t left = source->size - off;
    part.size = len < left ? len : left;
    if (source->mem != NULL) {
        part.mem = source->mem + off; /* at most one past the end */
    } else {
        part.base = source->base + off;
    }
    return part;
}

enum stk_status stk_source_read(const struct stk_source *source, uint64_t off, void *buf,
                                size_t len)
{
    if (!stk_range_ok(off, len, source->size)) {
        return STK_E_TRUNCATED;
    }
    if (len == 0) {
        return STK_OK;
    }
    if (source->mem != NULL) {
        memcpy(buf, source->mem + off, len);
        return STK_OK;
    }
    STK_ASSERT(source->read_at != NULL);
    uint64_t at = 0;
    if (source->read_at == NULL || !stk_add(source->base, off, &at)) {
        return STK_E_BUG;
    }
    return source->read_at(source->ctx, at, buf, len);
}
