/* SPDX-License-Identifier: Apache-2.0 */
#include "container/reader.h"

#include <string.h>

#include "base/assert.h"
#include "base/checked.h"

#define CHUNK_MAX ((size_t)1 << 20) /* some codecs count their input in 32 bits */
#define NEEDLE_MAX 64

void stk_reader_init(struct stk_reader *r, const struct stk_source *source)
{
    r->source = *source;
    r->pos = 0;
    r->win = 0;
    r->win_len = 0;
    r->status = STK_OK;
}

void stk_reader_fail(struct stk_reader *r, enum stk_status status)
{
    if (r->status == STK_OK) {
        r->status = status;
    }
}

uint64_t stk_reader_left(const struct stk_reader *r)
{
    return r->status == STK_OK ? r->source.size - r->pos : 0;
}

void stk_reader_seek(struct stk_reader *r, uint64_t pos)
{
    if (pos > r->source.size) {
        stk_reader_fail(r, STK_E_TRUNCATED);
    }
    if (r->status == STK_OK) {
        r->pos = pos;
    }
}

void stk_reader_skip(struct stk_reader *r, uint64_t len)
{
    if (len > stk_reader_left(r)) {
        stk_reader_fail(r, STK_E_TRUNCATED);
        return;
    }
    r->pos += len;
}

/* Makes the window begin at pos. */
static void fill(struct stk_reader *r)
{
    uint64_t left = stk_reader_left(r);
    size_t len = left < sizeof(r->buf) ? (size_t)left : sizeof(r->buf);
    r->win_len = 0;
    stk_reader_fail(r, stk_source_read(&r->source, r->pos, r->buf, len));
    if (r->status == STK_OK) {
        r->win = r->pos;
        r->win_len = len;
    }
}

/* What the window, or the memory, has from pos on. */
static struct stk_span at_hand(struct stk_reader *r)
{
    uint64_t left = stk_reader_left(r);
    if (left == 0) {
        return stk_span_of(NULL, 0);
    }
    if (r->source.mem != NULL) {
        return stk_span_of(r->source.mem + r->pos,
                           left < CHUNK_MAX ? (size_t)left : CHUNK_MAX);
    }
    if (r->pos < r->win || r->pos - r->win >= r->win_len) {
        fill(r);
    }
    if (r->status != STK_OK) {
        return stk_span_of(NULL, 0);
    }
    size_t skip = (size_t)(r->pos - r->win);
    return stk_span_of(r->buf + skip, r->win_len - skip);
}

struct stk_span stk_reader_chunk(struct stk_reader *r)
{
    struct stk_span span = at_hand(r);
    r->pos += span.len;
    return span;
}

void stk_reader_get(struct stk_reader *r, void *to, size_t len)
{
    uint8_t *out = to;
    if (len > stk_reader_left(r)) {
        stk_reader_fail(r, STK_E_TRUNCATED);
    }
    while (len > 0 && r->status == STK_OK) {
        struct stk_span span = at_hand(r);
        size_t n = span.len < len ? span.len : len;
        stk_copy(out, span.data, n);
        r->pos += n;
        out += n;
        len -= n;
    }
    if (len > 0) {
        memset(out, 0, len);
    }
}

uint8_t stk_reader_u8(struct stk_reader *r)
{
    uint8_t byte = 0;
    /* Most calls come from text that is read byte by byte. */
    if (r->status == STK_OK && r->pos >= r->win && r->pos - r->win < r->win_len) {
        return r->buf[r->pos++ - r->win];
    }
    if (r->status == STK_OK && r->source.mem != NULL && r->pos < r->source.size) {
        return r->source.mem[r->pos++];
    }
    stk_reader_get(r, &byte, 1);
    return byte;
}

uint32_t stk_reader_u32(struct stk_reader *r)
{
    uint8_t bytes[4];
    stk_reader_get(r, bytes, sizeof(bytes));
    return stk_le32(bytes);
}

uint64_t stk_reader_u64(struct stk_reader *r)
{
    uint8_t bytes[8];
    stk_reader_get(r, bytes, sizeof(bytes));
    return stk_le64(bytes);
}

static uint32_t find_all(struct stk_span span, const char *const *needles, size_t n,
                         uint32_t found)
{
    for (size_t i = 0; i < n; i++) {
        if ((found & (UINT32_C(1) << i)) == 0 &&
            stk_span_find(span, needles[i], strlen(needles[i])) != SIZE_MAX) {
            found |= UINT32_C(1) << i;
        }
    }
    return found;
}

/* Through windows that overlap by one byte less than the longest needle. */
static enum stk_status search_windows(const struct stk_source *source,
                                      const char *const *needles, size_t n, uint32_t all,
                                      uint32_t *found)
{
    uint8_t buf[STK_READER_WINDOW];
    size_t keep = 0;
    uint64_t pos = 0;
    while (pos < source->size && *found != all) {
        size_t len = sizeof(buf) - keep;
        len = source->size - pos < len ? (size_t)(source->size - pos) : len;
        STK_TRY(stk_source_read(source, pos, buf + keep, len));
        *found = find_all(stk_span_of(buf, keep + len), needles, n, *found);
        pos += len;
        len += keep;
        keep = len < NEEDLE_MAX - 1 ? len : NEEDLE_MAX - 1;
        memmove(buf, buf + (len - keep), keep);
    }
    return STK_OK;
}

enum stk_status stk_search(const struct stk_source *source, uint64_t most,
                           const char *const *needles, size_t n_needles,
                           uint32_t *ret_found)
{
    STK_ASSERT(n_needles > 0 && n_needles <= 32);
    struct stk_source head = stk_source_part(source, 0, most);
    uint32_t all = UINT32_MAX >> (32 - n_needles);
    uint32_t found = 0;
    if (head.mem != NULL) {
        found = find_all(stk_span_of(head.mem, (size_t)head.size), needles, n_needles, 0);
    } else {
        STK_TRY(search_windows(&head, needles, n_needles, all, &found));
    }
    *ret_found = found;
    return STK_OK;
}
