/* SPDX-License-Identifier: Apache-2.0 */
#include "pickle/state.h"
#include "pickle/text.h"

/* Where the payload or line of the opcode at off lies. */
struct place {
    uint8_t op;
    uint64_t off;
    uint64_t len;
    bool line; /* up to the newline, or the end of the bytes less one */
};

static uint64_t length_field(const uint8_t *p, uint8_t fixed)
{
    return fixed == 1 ? p[0] : fixed == 4 ? stk_le32(p) : stk_le64(p);
}

static enum stk_status line_place(struct stk_machine *m, uint64_t off, struct place *p)
{
    uint8_t chunk[256];
    p->line = true;
    p->off = off;
    for (uint64_t at = off; at < m->source.size;) {
        uint64_t left = m->source.size - at;
        size_t len = left < sizeof chunk ? (size_t)left : sizeof chunk;
        STK_TRY(stk_input_copy(m, at, chunk, len));
        size_t found = stk_span_find(stk_span_of(chunk, len), "\n", 1);
        if (found < len) {
            p->len = at + found - off;
            return STK_OK;
        }
        at += len;
    }
    p->len = m->source.size > off ? m->source.size - off - 1 : 0;
    return STK_OK;
}

bool stk_is_string8(struct stk_machine *m, stk_slot slot)
{
    uint8_t op = 0;
    return stk_slot_kind(slot) == STK_STR &&
           stk_input_copy(m, stk_slot_payload(slot), &op, 1) == STK_OK &&
           (op == STK_OP_STRING || op == STK_OP_BINSTRING ||
            op == STK_OP_SHORT_BINSTRING);
}

static enum stk_status find_place(struct stk_machine *m, stk_slot slot, struct place *p)
{
    enum stk_kind kind = stk_slot_kind(slot);
    if (kind != STK_STR && kind != STK_BYTES && kind != STK_BYTEARRAY) {
        return STK_E_UNSUPPORTED;
    }
    uint64_t off = stk_slot_payload(slot);
    uint8_t copy[9] = {0};
    const uint8_t *head = copy;
    uint64_t left = m->source.size - off;
    if (m->source.mem != NULL && off <= m->source.size && left >= sizeof copy) {
        head = m->source.mem + off;
    } else {
        STK_TRY(stk_input_copy(m, off, copy,
                               left < sizeof copy ? (size_t)left : sizeof copy));
    }
    p->op = head[0];
    uint8_t fixed = stk_opcodes[head[0]].fixed;
    if (fixed == 0) {
        return line_place(m, off + 1, p);
    }
    p->line = false;
    p->off = off + 1 + fixed;
    p->len = length_field(head + 1, fixed);
    return stk_range_ok(p->off, p->len, m->source.size) ? STK_OK : STK_E_TRUNCATED;
}

/* The escapes of a line were checked when it was read. */
static enum stk_status decode(struct stk_machine *m, uint8_t op, struct stk_span raw,
                              struct stk_span *ret_text)
{
    struct stk_buf buf;
    stk_buf_init(&buf, m->alloc, 4 * raw.len + 1);
    if (op == STK_OP_STRING) {
        (void)stk_text_quoted(raw, &buf);
    } else if (op == STK_OP_UNICODE) {
        (void)stk_text_raw_unicode(raw, &buf);
    } else {
        stk_text_latin1(raw, &buf);
    }
    uint8_t *copy = stk_arena_alloc(&m->arena, buf.len);
    enum stk_status status = copy == NULL ? STK_E_NOMEM : buf.status;
    if (status == STK_OK) {
        stk_copy(copy, buf.data, buf.len);
        *ret_text = stk_span_of(copy, buf.len);
    }
    stk_buf_release(&buf);
    return status;
}

/* The content lies in the source as it is. */
static bool is_plain(uint8_t op)
{
    switch (stk_opcodes[op].arg) {
    case STK_ARG_TEXT1:
    case STK_ARG_TEXT4:
    case STK_ARG_TEXT8:
    case STK_ARG_LINE:
        return true;
    case STK_ARG_BYTES1:
    case STK_ARG_BYTES4:
    case STK_ARG_BYTES8:
        return op != STK_OP_SHORT_BINSTRING;
    default:
        return false;
    }
}

enum stk_status stk_slot_text(struct stk_machine *m, stk_slot slot, uint64_t max,
                              struct stk_span *ret_text)
{
    struct place p = {0};
    size_t len = 0;
    STK_TRY(find_place(m, slot, &p));
    if (p.len > max || !stk_to_size(p.len, &len)) {
        return STK_E_LIMIT;
    }
    if (is_plain(p.op) && m->source.mem != NULL) {
        *ret_text = stk_span_of(m->source.mem + p.off, len);
        return STK_OK;
    }
    uint8_t *raw = stk_arena_alloc(&m->arena, len);
    if (raw == NULL) {
        return STK_E_NOMEM;
    }
    STK_TRY(stk_input_copy(m, p.off, raw, len));
    struct stk_span text = stk_span_of(raw, len);
    if (is_plain(p.op)) {
        *ret_text = text;
        return STK_OK;
    }
    return decode(m, p.op, text, ret_text);
}

enum stk_status stk_slot_payload_at(struct stk_machine *m, stk_slot slot,
                                    uint64_t *ret_off, uint64_t *ret_len)
{
    struct place p = {0};
    STK_TRY(find_place(m, slot, &p));
    *ret_off = p.off;
    *ret_len = p.len;
    return STK_OK;
}

enum stk_status stk_slot_written(struct stk_machine *m, stk_slot slot,
                                 enum stk_opcode *ret_op, uint64_t *ret_off,
                                 uint64_t *ret_len)
{
    struct place p = {0};
    STK_TRY(find_place(m, slot, &p));
    uint64_t off = stk_cuts_real(m, p.off);
    if (p.len > 0 && stk_cuts_real(m, p.off + p.len - 1) - off != p.len - 1) {
        return STK_E_UNSUPPORTED;
    }
    *ret_op = (enum stk_opcode)p.op;
    *ret_off = off;
    *ret_len = p.len;
    return STK_OK;
}

enum stk_status stk_slot_place(struct stk_machine *m, stk_slot slot, uint64_t *ret_off,
                               uint64_t *ret_len)
{
    enum stk_opcode op = STK_OP_STOP;
    uint64_t off = 0;
    uint64_t len = 0;
    STK_TRY(stk_slot_written(m, slot, &op, &off, &len));
    /* An 8-bit string is bytes to whoever loads it with encoding='bytes'. */
    bool eight_bit = op == STK_OP_BINSTRING || op == STK_OP_SHORT_BINSTRING;
    if (!is_plain((uint8_t)op) && !eight_bit) {
        return STK_E_UNSUPPORTED;
    }
    *ret_off = off;
    *ret_len = len;
    return STK_OK;
}

struct stk_global *stk_slot_global(const struct stk_machine *m, stk_slot slot)
{
    if (stk_slot_kind(slot) != STK_GLOBAL || stk_slot_payload(slot) >= m->n_globals) {
        return NULL;
    }
    return m->globals[stk_slot_payload(slot)];
}

const struct stk_source *stk_machine_source(const struct stk_machine *m)
{
    return m->cuts.n > 0 ? &m->cuts.whole : &m->source;
}

uint64_t stk_machine_nesting(const struct stk_machine *m)
{
    return m->nesting;
}

size_t stk_machine_n_globals(const struct stk_machine *m)
{
    return m->n_globals;
}

struct stk_global *stk_machine_global(const struct stk_machine *m, size_t index)
{
    return index < m->n_globals ? m->globals[index] : NULL;
}

size_t stk_machine_depth(const struct stk_machine *m)
{
    return (size_t)(m->sp - m->stack);
}

bool stk_machine_peek(const struct stk_machine *m, size_t n, stk_slot *ret_slot)
{
    if (n >= stk_machine_depth(m)) {
        return false;
    }
    *ret_slot = m->sp[-1 - (ptrdiff_t)n];
    return true;
}
