/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "pickle/state.h"

/* Opcode byte and the longest fixed part (BINFLOAT, FRAME, the 8-byte lengths). */
#define OPCODE_MAX 9

#define WINDOW_FIRST ((size_t)16 << 10)

void stk_input_bounds(struct stk_machine *m)
{
    uint64_t soft = m->win_len;
    if (m->frame_end != STK_NO_FRAME && m->frame_end - m->win_off < soft) {
        soft = m->frame_end - m->win_off;
    }
    m->soft_len = soft;
    m->fast_len = soft > OPCODE_MAX ? soft - OPCODE_MAX : 0;
}

void stk_input_forget(struct stk_machine *m)
{
    m->win_len = 0;
    for (size_t i = 0; i < STK_PAGES; i++) {
        m->pages.held[i] = 0;
    }
}

/* The window still holds what the source has: streams of one file follow each other. */
static bool same_source(const struct stk_source *a, const struct stk_source *b)
{
    return a->mem == NULL && b->mem == NULL && a->ctx == b->ctx &&
           a->read_at == b->read_at && a->base == b->base && a->size == b->size;
}

void stk_input_open(struct stk_machine *m, const struct stk_source *source, uint64_t off)
{
    bool same = same_source(&m->source, source) && off >= m->win_off;
    m->source = *source;
    m->cuts.n = 0;
    m->frame_end = STK_NO_FRAME;
    if (source->mem != NULL) {
        m->win = source->mem;
        m->win_off = 0;
        m->win_len = source->size;
    } else if (!same) {
        stk_input_forget(m);
        m->win_off = off;
    }
    stk_input_bounds(m);
}

/* How much to read at off: twice as much as before where one window follows the other,
 * little where bytes were skipped in between, since more may be skipped soon. */
static size_t window_size(const struct stk_machine *m, uint64_t off, uint64_t need)
{
    bool follows = m->win_len > 0 && off >= m->win_off && off - m->win_off <= m->win_len;
    uint64_t size = follows ? 2 * m->win_len : WINDOW_FIRST;
    size = size < WINDOW_FIRST ? WINDOW_FIRST : size;
    size = size < need ? need : size;
    size = size < STK_WINDOW_SIZE ? size : STK_WINDOW_SIZE;
    uint64_t left = m->source.size - off;
    return (size_t)(left < size ? left : size);
}

/* Moves the window of a file so that it begins at off and holds `need` bytes, if there
 * are so many and a window can be that long. */
static bool load_window(struct stk_machine *m, uint64_t off, uint64_t need)
{
    if (m->win_buf == NULL) {
        m->win_buf = stk_new_buffer(m->alloc, STK_WINDOW_SIZE);
        if (m->win_buf == NULL) {
            return stk_failed(m, STK_E_NOMEM);
        }
    }
    size_t len = window_size(m, off, need);
    enum stk_status status = stk_source_read(&m->source, off, m->win_buf, len);
    if (status != STK_OK) {
        return stk_failed(m, status);
    }
    m->win = m->win_buf;
    m->win_off = off;
    m->win_len = len;
    return true;
}

/* [off, off + len) lies in the window already. */
static bool in_window(const struct stk_machine *m, uint64_t off, uint64_t len)
{
    return off >= m->win_off && stk_range_ok(off - m->win_off, len, m->win_len);
}

/* The same range once the window was moved, where it is short enough. */
static bool to_window(struct stk_machine *m, uint64_t off, uint64_t len)
{
    if (in_window(m, off, len)) {
        return true;
    }
    if (m->source.mem != NULL || !load_window(m, off, len)) {
        return false;
    }
    stk_input_bounds(m);
    return in_window(m, off, len);
}

static bool in_frame(const struct stk_machine *m, uint64_t off)
{
    return m->frame_end != STK_NO_FRAME && off < m->frame_end;
}

static bool straddles(const struct stk_machine *m, uint64_t off, uint64_t len)
{
    return in_frame(m, off) && len > m->frame_end - off;
}

/* One read of the unpickler, at off, crosses the end of the frame. The Python unframer
 * refuses it (Lib/pickle.py, _Unframer.read); C reads on, or from behind the frame: other
 * bytes lie at off then, and no frame is in force. */
static bool leave_frame(struct stk_machine *m, uint64_t off)
{
    if (!stk_quirk(m, STK_QUIRK_FRAME_STRADDLE, true)) {
        return false;
    }
    if (!m->reading->drops_frames) {
        return true;
    }
    uint64_t end = m->frame_end;
    m->frame_end = STK_NO_FRAME;
    bool done = stk_cuts_drop(m, off, end);
    stk_input_bounds(m);
    return done;
}

/* The arguments that C fills from the frame and from behind it (_Unpickler_ReadInto). */
static bool is_joined(uint8_t op)
{
    return op == STK_OP_BINBYTES || op == STK_OP_SHORT_BINBYTES ||
           op == STK_OP_BINBYTES8 || op == STK_OP_BYTEARRAY8;
}

bool stk_input_piece(struct stk_machine *m, uint64_t off, uint64_t len)
{
    if (!stk_range_ok(off, len, m->source.size)) {
        return stk_fault(m, STK_FAULT_TRUNCATED);
    }
    if (!straddles(m, off, len)) {
        return true;
    }
    if (is_joined(m->op)) {
        return stk_quirk(m, STK_QUIRK_FRAME_STRADDLE, true);
    }
    return leave_frame(m, off) &&
           (stk_range_ok(off, len, m->source.size) || stk_fault(m, STK_FAULT_TRUNCATED));
}

const uint8_t *stk_input_opcode(struct stk_machine *m)
{
    uint64_t off = m->off;
    if (off >= m->source.size) {
        m->op = 0;
        stk_fault(m, STK_FAULT_END);
        return NULL;
    }
    if (m->frame_end != STK_NO_FRAME && off >= m->frame_end) {
        m->frame_end = STK_NO_FRAME;
        stk_input_bounds(m);
    }
    uint64_t left = m->source.size - off;
    if (!to_window(m, off, left < OPCODE_MAX ? left : OPCODE_MAX)) {
        return NULL;
    }
    const uint8_t *p = m->win + (off - m->win_off);
    const struct stk_opinfo *info = &stk_opcodes[*p];
    m->op = *p;
    if (info->fixed + UINT64_C(1) > left) {
        stk_fault(m, STK_FAULT_TRUNCATED);
        return NULL;
    }
    if (straddles(m, off + 1, info->fixed)) {
        if (!leave_frame(m, off + 1)) {
            return NULL;
        }
        if (m->frame_end == STK_NO_FRAME) {
            return stk_input_opcode(m);
        }
    }
    stk_copy(m->bounce, p, (size_t)info->fixed + 1);
    return m->bounce;
}

const uint8_t *stk_input_bytes(struct stk_machine *m, uint64_t off, uint64_t len)
{
    if (len <= STK_WINDOW_SIZE || m->source.mem != NULL) {
        if (!to_window(m, off, len)) {
            if (m->status == STK_OK) {
                stk_fault(m, STK_FAULT_TRUNCATED);
            }
            return NULL;
        }
        return m->win + (off - m->win_off);
    }
    size_t size = 0;
    uint8_t *copy = stk_to_size(len, &size) ? stk_arena_alloc(&m->arena, size) : NULL;
    if (copy == NULL) {
        stk_failed(m, STK_E_NOMEM);
        return NULL;
    }
    enum stk_status status = stk_source_read(&m->source, off, copy, size);
    if (status != STK_OK) {
        stk_failed(m, status);
        return NULL;
    }
    return copy;
}

/* The page that holds off, read if it is not there. */
static enum stk_status page_at(struct stk_machine *m, uint64_t off, const uint8_t **ret)
{
    struct stk_pages *pages = &m->pages;
    if (pages->bytes == NULL) {
        pages->bytes = stk_new_buffer(m->alloc, STK_PAGES * STK_PAGE_SIZE);
        if (pages->bytes == NULL) {
            return STK_E_NOMEM;
        }
    }
    uint64_t page = off / STK_PAGE_SIZE;
    size_t slot = (size_t)(page % STK_PAGES);
    uint8_t *bytes = pages->bytes + slot * STK_PAGE_SIZE;
    if (pages->held[slot] != page + 1) {
        uint64_t left = m->source.size - page * STK_PAGE_SIZE;
        size_t len = left < STK_PAGE_SIZE ? (size_t)left : STK_PAGE_SIZE;
        pages->held[slot] = 0;
        STK_TRY(stk_source_read(&m->source, page * STK_PAGE_SIZE, bytes, len));
        pages->held[slot] = page + 1;
    }
    *ret = bytes;
    return STK_OK;
}

enum stk_status stk_input_copy(struct stk_machine *m, uint64_t off, void *buf, size_t len)
{
    if (in_window(m, off, len)) {
        stk_copy(buf, m->win + (off - m->win_off), len);
        return STK_OK;
    }
    if (len > STK_PAGE_SIZE || !stk_range_ok(off, len, m->source.size)) {
        return stk_source_read(&m->source, off, buf, len);
    }
    uint8_t *to = buf;
    while (len > 0) {
        const uint8_t *page = NULL;
        STK_TRY(page_at(m, off, &page));
        size_t at = (size_t)(off % STK_PAGE_SIZE);
        size_t part = STK_PAGE_SIZE - at < len ? STK_PAGE_SIZE - at : len;
        stk_copy(to, page + at, part);
        to += part;
        off += part;
        len -= part;
    }
    return STK_OK;
}

/* Distance from off to the next newline before end, or to the end. */
static bool find_newline(struct stk_machine *m, uint64_t off, uint64_t end, uint64_t max,
                         uint64_t *ret_len, bool *ret_found)
{
    uint64_t at = off;
    while (at < end) {
        if (at - off > max) {
            return stk_fault(m, STK_FAULT_LIMIT_NAME);
        }
        if (!to_window(m, at, 1)) {
            return false;
        }
        size_t rel = (size_t)(at - m->win_off);
        uint64_t rest_len = m->win_len - rel;
        rest_len = rest_len <= end - at ? rest_len : end - at;
        rest_len = rest_len <= max - (at - off) ? rest_len : max - (at - off) + 1;
        struct stk_span rest = stk_span_of(m->win + rel, (size_t)rest_len);
        size_t found = stk_span_find(rest, "\n", 1);
        m->run.n_looked += found < rest.len ? found : rest.len;
        if (found < rest.len) {
            *ret_len = at + found - off;
            *ret_found = true;
            return true;
        }
        at += rest.len;
    }
    *ret_len = end - off;
    *ret_found = false;
    return true;
}

/* A line that ends with the bytes: the C reader stops; the Python reader takes it and
 * chops the last character where the newline should be, unless a frame ends here too. */
static bool unended_line(struct stk_machine *m, uint64_t off, uint64_t *len)
{
    if (in_frame(m, off) && *len > 0) {
        return stk_fault(m, STK_FAULT_TRUNCATED);
    }
    if (!stk_quirk(m, STK_QUIRK_LINE_END, false)) {
        return false;
    }
    *len -= *len > 0 ? 1 : 0;
    return true;
}

bool stk_input_line(struct stk_machine *m, uint64_t off, uint64_t max,
                    struct stk_span *ret_line, uint64_t *ret_next)
{
    uint64_t len = 0;
    bool ended = false;
    if (in_frame(m, off) && (!find_newline(m, off, m->frame_end, max, &len, &ended) ||
                             (!ended && !leave_frame(m, off)))) {
        return false;
    }
    if (!ended && !find_newline(m, off, m->source.size, max, &len, &ended)) {
        return false;
    }
    uint64_t next = off + len + (ended ? 1 : 0);
    if (!ended && !unended_line(m, off, &len)) {
        return false;
    }
    const uint8_t *data = stk_input_bytes(m, off, len);
    if (data == NULL) {
        return false;
    }
    *ret_line = stk_span_of(data, (size_t)len);
    *ret_next = next;
    return true;
}

int stk_input_peek(struct stk_machine *m, uint64_t off)
{
    return off < m->source.size && to_window(m, off, 1) ? m->win[off - m->win_off] : -1;
}

bool stk_input_text(struct stk_machine *m, uint64_t off, uint64_t len)
{
    if (!stk_input_piece(m, off, len)) {
        return false;
    }
    while (len > 0) {
        uint64_t chunk =
            len < STK_WINDOW_SIZE || m->source.mem != NULL ? len : STK_WINDOW_SIZE;
        const uint8_t *data = stk_input_bytes(m, off, chunk);
        if (data == NULL) {
            return false;
        }
        size_t valid = stk_utf8_valid(stk_span_of(data, (size_t)chunk), true);
        /* A sequence of up to four bytes may be cut by the end of the chunk. */
        if (valid != chunk && (chunk == len || chunk - valid > 3)) {
            return stk_fault(m, STK_FAULT_TEXT);
        }
        off += valid;
        len -= valid;
    }
    return true;
}

bool stk_input_frame(struct stk_machine *m, uint64_t begin, uint64_t len)
{
    if (len > (uint64_t)INT64_MAX) {
        return stk_fault(m, STK_FAULT_LENGTH);
    }
    /* Lib/pickle.py, load_frame: the frame before must have been read to its end. To C
     * over a file, a frame that fits into what is left of another is part of it. */
    if (in_frame(m, begin)) {
        bool fits = len <= m->frame_end - begin;
        if (fits && m->reading->drops_frames) {
            return stk_quirk(m, STK_QUIRK_FRAME_STRADDLE, true);
        }
        if (!leave_frame(m, begin)) {
            return false;
        }
    }
    if (!stk_range_ok(begin, len, m->source.size)) {
        if (!stk_quirk(m, STK_QUIRK_FRAME_SHORT, false)) {
            return false;
        }
        len = m->source.size - begin;
    }
    m->frame_end = begin + len;
    stk_input_bounds(m);
    return true;
}
