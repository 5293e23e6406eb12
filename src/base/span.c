/* SPDX-License-Identifier: Apache-2.0 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1 /* memmem, memrchr */
#endif
#include "base/span.h"

#include <string.h>

bool stk_span_equal(struct stk_span a, struct stk_span b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

bool stk_span_starts(struct stk_span span, const void *prefix, size_t len)
{
    return len <= span.len && (len == 0 || memcmp(span.data, prefix, len) == 0);
}

size_t stk_span_find(struct stk_span span, const void *needle, size_t len)
{
    if (len == 0) {
        return 0;
    }
    if (len > span.len) {
        return SIZE_MAX;
    }
    const uint8_t *found = len == 1
                               ? memchr(span.data, *(const uint8_t *)needle, span.len)
                               : memmem(span.data, span.len, needle, len);
    return found == NULL ? SIZE_MAX : (size_t)(found - span.data);
}

size_t stk_span_find_last(struct stk_span span, const void *needle, size_t len)
{
    if (len == 0) {
        return span.len;
    }
    const uint8_t *first = needle;
    size_t n = len > span.len ? 0 : span.len - len + 1; /* places where it may begin */
    while (n > 0) {
        const uint8_t *found = memrchr(span.data, first[0], n);
        if (found == NULL) {
            break;
        }
        n = (size_t)(found - span.data);
        if (memcmp(found, needle, len) == 0) {
            return n;
        }
    }
    return SIZE_MAX;
}

bool stk_span_is(struct stk_span span, const char *text)
{
    return stk_span_equal(span, stk_span_of(text, strlen(text)));
}
