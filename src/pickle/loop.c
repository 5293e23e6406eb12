/* SPDX-License-Identifier: Apache-2.0
 *
 * The loop, and all opcodes without effects. It is compiled twice: to rate, and to build
 * the values of the graph beside the slots (build.c).
 */
#include "base/utf8.h"
#include "pickle/build.h"
#include "pickle/state.h"

/* ---- stack and marks ---- */

bool stk_stack_grow(struct stk_machine *m)
{
    size_t used = (size_t)(m->sp - m->stack);
    size_t floor = (size_t)(m->floor - m->stack);
    size_t cap = (size_t)(m->stack_end - m->stack);
    void *array = m->stack;
    enum stk_status status = stk_grow(m->alloc, &array, &cap, sizeof *m->stack, used + 1,
                                      (size_t)m->limits->stack_max);
    if (status != STK_OK) {
        return status == STK_E_LIMIT ? stk_fault(m, STK_FAULT_LIMIT_STACK)
                                     : stk_failed(m, status);
    }
    m->stack = array;
    m->stack_end = m->stack + cap;
    m->sp = m->stack + used;
    m->floor = m->stack + floor;
    return m->build == NULL || stk_build_room(m);
}

static bool grow_marks(struct stk_machine *m)
{
    void *array = m->marks;
    enum stk_status status = stk_grow(m->alloc, &array, &m->cap_marks, sizeof *m->marks,
                                      m->n_marks + 1, (size_t)m->limits->mark_max);
    m->marks = array;
    if (status != STK_OK) {
        return status == STK_E_LIMIT ? stk_fault(m, STK_FAULT_LIMIT_MARK)
                                     : stk_failed(m, status);
    }
    return true;
}

static inline bool op_mark(struct stk_machine *m)
{
    if (STK_UNLIKELY(m->n_marks == m->cap_marks) && !grow_marks(m)) {
        return false;
    }
    m->marks[m->n_marks++] = (size_t)(m->floor - m->stack);
    m->floor = m->sp;
    return true;
}

static inline bool pop_mark(struct stk_machine *m, stk_slot **ret_items, size_t *ret_n)
{
    if (STK_UNLIKELY(m->n_marks == m->mark_base)) {
        return stk_fault(m, STK_FAULT_MARK);
    }
    *ret_items = m->floor;
    *ret_n = (size_t)(m->sp - m->floor);
    m->sp = m->floor;
    m->floor = m->stack + m->marks[--m->n_marks];
    return true;
}

bool stk_pop_mark(struct stk_machine *m, stk_slot **ret_items, size_t *ret_n)
{
    return pop_mark(m, ret_items, ret_n);
}

/* POP: takes a value, or the mark where no value lies above it. */
static bool op_pop(struct stk_machine *m)
{
    stk_slot *items = NULL;
    size_t n = 0;
    if (m->sp > m->floor) {
        m->sp--;
        return true;
    }
    return m->n_marks > m->mark_base ? pop_mark(m, &items, &n)
                                     : stk_fault(m, STK_FAULT_UNDERFLOW);
}

static bool op_pop_mark(struct stk_machine *m)
{
    stk_slot *items = NULL;
    size_t n = 0;
    return pop_mark(m, &items, &n);
}

static bool op_dup(struct stk_machine *m)
{
    if (!stk_has(m, 1)) {
        return false;
    }
    enum stk_kind kind = stk_slot_kind(m->sp[-1]);
    if (kind == STK_DICT || kind == STK_DICT_KEPT) {
        m->sp[-1] = stk_kept_alias(m, m->sp[-1]);
    }
    if (kind == STK_LIST || kind == STK_SET) {
        m->sp[-1] |= STK_SLOT_ALIAS;
    }
    return stk_push(m, m->sp[-1]);
}

/* ---- containers ---- */

static inline bool is_unhashable(stk_slot slot)
{
    const uint32_t kinds = UINT32_C(1) << STK_LIST | UINT32_C(1) << STK_DICT |
                           UINT32_C(1) << STK_DICT_KEPT | UINT32_C(1) << STK_SET |
                           UINT32_C(1) << STK_BYTEARRAY;
    return (kinds >> (slot & 0x1f)) & 1;
}

static inline bool hashable_keys(struct stk_machine *m, const stk_slot *items, size_t n,
                                 size_t step)
{
    for (size_t i = 0; i < n; i += step) {
        if (STK_UNLIKELY(is_unhashable(items[i]))) {
            return stk_fault(m, STK_FAULT_UNHASHABLE);
        }
    }
    return true;
}

static bool op_tuple(struct stk_machine *m)
{
    stk_slot *items = NULL;
    size_t n = 0;
    stk_slot slot = stk_slot_make(STK_TUPLE, STK_PAYLOAD_MAX);
    return pop_mark(m, &items, &n) && (n == 0 || stk_kept_tuple(m, items, n, &slot)) &&
           stk_push(m, slot);
}

static inline bool op_tuple_n(struct stk_machine *m, size_t n)
{
    stk_slot slot = 0;
    if (!stk_has(m, n) || !stk_kept_tuple(m, m->sp - n, n, &slot)) {
        return false;
    }
    m->sp -= n;
    *m->sp++ = slot;
    return true;
}

/* Items that go into a list, dict or set of the stream's own: no effect, but for what the
 * judge wants in none, since whoever is given the container would call it. Before the
 * first effect there is plain data only. */
static inline bool hold(struct stk_machine *m, stk_slot target, const stk_slot *items,
                        size_t n)
{
    if (STK_LIKELY(m->run.effects == 0)) {
        return true;
    }
    if (!stk_kept_hold(m, target, items, n)) {
        return false;
    }
    if (STK_LIKELY(!stk_any_unheld(m, items, n))) {
        return true;
    }
    struct stk_effect effect = {
        .kind = STK_EFFECT_ITEMS, .target = target, .items = items, .n_items = n};
    struct stk_outcome outcome = {.result = target};
    return stk_effect(m, &effect, &outcome);
}

static bool op_list(struct stk_machine *m)
{
    stk_slot *items = NULL;
    size_t n = 0;
    stk_slot slot = stk_slot_make(STK_LIST, m->off);
    return pop_mark(m, &items, &n) && hold(m, slot, items, n) && stk_push(m, slot);
}

static bool op_frozenset(struct stk_machine *m)
{
    stk_slot *items = NULL;
    size_t n = 0;
    stk_slot slot = stk_slot_make(STK_FROZENSET, m->off);
    return pop_mark(m, &items, &n) && hashable_keys(m, items, n, 1) &&
           hold(m, slot, items, n) && stk_push(m, slot);
}

static inline bool append(struct stk_machine *m, const stk_slot *items, size_t n)
{
    enum stk_kind kind = stk_slot_kind(m->sp[-1]);
    if (STK_LIKELY(kind == STK_LIST)) {
        return hold(m, m->sp[-1], items, n);
    }
    if (kind == STK_BYTEARRAY) {
        return true; /* it has append and extend as well */
    }
    return stk_effect_items(m, m->sp - 1, items, n);
}

static bool op_append(struct stk_machine *m)
{
    if (!stk_has(m, 2)) {
        return false;
    }
    m->sp--;
    return append(m, m->sp, 1);
}

static bool op_appends(struct stk_machine *m)
{
    stk_slot *items = NULL;
    size_t n = 0;
    return pop_mark(m, &items, &n) && stk_has(m, 1) && append(m, items, n);
}

/* n pairs from `items` on go into the dict on top. */
static bool set_dict(struct stk_machine *m, const stk_slot *items, size_t n)
{
    stk_slot *dict = m->sp - 1;
    if (!hashable_keys(m, items, 2 * n, 2) || !hold(m, *dict, items, 2 * n)) {
        return false;
    }
    if (*dict & (STK_SLOT_ALIAS | STK_SLOT_LARGE)) {
        return (*dict & STK_SLOT_ALIAS) == 0 || stk_kept_dirty(m, *dict);
    }
    return stk_kept_pairs(m, *dict, items, n, dict);
}

static inline bool set_items(struct stk_machine *m, const stk_slot *items, size_t n)
{
    enum stk_kind kind = stk_slot_kind(m->sp[-1]);
    if (n % 2 != 0) {
        /* The Python reader sets the pairs before it misses the last value. */
        bool seen = n == 1 || stk_is_literal(m->sp[-1]) ||
                    stk_effect_items(m, m->sp - 1, items, n - 1);
        return seen && stk_fault(m, STK_FAULT_ODD);
    }
    if (n == 0) {
        return true;
    }
    if (STK_LIKELY(kind == STK_DICT || kind == STK_DICT_KEPT)) {
        return set_dict(m, items, n / 2);
    }
    if (kind == STK_LIST || kind == STK_BYTEARRAY) {
        return hold(m, m->sp[-1], items, n); /* list[i] = x: the index may be right */
    }
    return stk_effect_items(m, m->sp - 1, items, n);
}

static bool op_setitem(struct stk_machine *m)
{
    if (!stk_has(m, 3)) {
        return false;
    }
    m->sp -= 2;
    return set_items(m, m->sp, 2);
}

static bool op_setitems(struct stk_machine *m)
{
    stk_slot *items = NULL;
    size_t n = 0;
    return pop_mark(m, &items, &n) && stk_has(m, 1) && set_items(m, items, n);
}

static bool op_additems(struct stk_machine *m)
{
    stk_slot *items = NULL;
    size_t n = 0;
    if (!pop_mark(m, &items, &n) || !stk_has(m, 1)) {
        return false;
    }
    if (stk_slot_kind(m->sp[-1]) == STK_SET) {
        return hashable_keys(m, items, n, 1) && hold(m, m->sp[-1], items, n);
    }
    return stk_effect_items(m, m->sp - 1, items, n);
}

static bool op_dict(struct stk_machine *m)
{
    stk_slot *items = NULL;
    size_t n = 0;
    if (!pop_mark(m, &items, &n)) {
        return false;
    }
    if (n % 2 != 0) {
        return stk_fault(m, STK_FAULT_ODD);
    }
    stk_slot slot = stk_slot_make(STK_DICT, m->off);
    if (!hashable_keys(m, items, n, 2) || !hold(m, slot, items, n) ||
        (n > 0 && !stk_kept_pairs(m, slot, items, n / 2, &slot))) {
        return false;
    }
    return stk_push(m, slot);
}

/* ---- numbers and text ---- */

/* LONG1 and LONG4: two's complement of len bytes. */
static bool op_long_n(struct stk_machine *m, uint64_t len)
{
    if (!stk_input_piece(m, m->next, len)) {
        return false;
    }
    uint64_t bits = 0;
    if (len > 0 && len <= 8) {
        const uint8_t *p = stk_input_bytes(m, m->next, len);
        if (p == NULL) {
            return false;
        }
        bits = p[len - 1] & 0x80 ? UINT64_MAX : 0;
        for (uint64_t i = len; i-- > 0;) {
            bits = (bits << 8) | p[i];
        }
    }
    m->next += len;
    return stk_push(m, stk_int_slot(m, len <= 8, (int64_t)bits));
}

static inline bool op_bytes(struct stk_machine *m, enum stk_kind kind, uint64_t len)
{
    uint64_t begin = m->next;
    if (STK_UNLIKELY(len > m->soft_len || begin - m->win_off > m->soft_len - len)) {
        if (len > (uint64_t)INT64_MAX) {
            return stk_fault(m, STK_FAULT_LENGTH);
        }
        if (!stk_input_piece(m, begin, len)) {
            return false;
        }
    }
    m->next = begin + len;
    return stk_push(m, stk_slot_make(kind, m->off));
}

/* BINSTRING: the C reader takes the length as unsigned, the Python reader as signed. */
static bool op_binstring(struct stk_machine *m, uint32_t len)
{
    if (len > INT32_MAX && !stk_quirk(m, STK_QUIRK_LENGTH_SIGN, true)) {
        return false;
    }
    return op_bytes(m, STK_STR, len);
}

static inline bool op_text(struct stk_machine *m, uint64_t len)
{
    uint64_t begin = m->next;
    uint64_t rel = begin - m->win_off;
    if (STK_LIKELY(len <= m->soft_len && rel <= m->soft_len - len)) {
        struct stk_span text = stk_span_of(m->win + rel, (size_t)len);
        m->text_is_ascii = stk_is_ascii(text);
        if (STK_UNLIKELY(!m->text_is_ascii) && stk_utf8_valid(text, true) != text.len) {
            return stk_fault(m, STK_FAULT_TEXT);
        }
    } else if (len > (uint64_t)INT64_MAX) {
        return stk_fault(m, STK_FAULT_LENGTH);
    } else if (!stk_input_text(m, begin, len)) {
        return false;
    } else {
        m->text_is_ascii = false; /* not known */
    }
    m->next = begin + len;
    m->run.n_looked += len;
    return stk_push(m, stk_slot_make(STK_STR, m->off));
}

/* ---- memo ---- */

static inline bool put(struct stk_machine *m, uint64_t index)
{
    return stk_has(m, 1) && stk_memo_put(m, index, m->sp[-1]);
}

static inline bool get(struct stk_machine *m, uint64_t index)
{
    stk_slot slot = 0;
    return stk_memo_get(m, index, &slot) && stk_push(m, slot);
}

/* ---- the rest ---- */

static bool op_proto(struct stk_machine *m, uint8_t protocol)
{
    if (protocol > STK_PROTOCOL_MAX) {
        return stk_fault(m, STK_FAULT_PROTOCOL);
    }
    m->protocol = protocol;
    m->run.protocol = m->run.protocol > protocol ? m->run.protocol : protocol;
    return true;
}

static bool op_stop(struct stk_machine *m)
{
    if (!stk_has(m, 1)) {
        return false;
    }
    m->run.value = *--m->sp;
    m->run.stopped = true;
    return false;
}

static bool op_readonly_buffer(struct stk_machine *m)
{
    if (!stk_has(m, 1)) {
        return false;
    }
    enum stk_kind kind = stk_slot_kind(m->sp[-1]);
    /* An 8-bit string is bytes where the loader says encoding='bytes'. */
    if (kind == STK_BYTEARRAY || stk_is_string8(m, m->sp[-1])) {
        m->sp[-1] = stk_slot_make(STK_BUFFER, m->n_buffers++);
        return true;
    }
    return kind == STK_BYTES || kind == STK_BUFFER || !stk_is_literal(m->sp[-1]) ||
           stk_fault(m, STK_FAULT_TYPE);
}

/* One opcode whose fixed bytes are at p; m->next is behind them. */
__attribute__((always_inline)) static inline bool execute(struct stk_machine *m,
                                                          enum stk_opcode op,
                                                          const uint8_t *p)
{
    switch (op) {
    case STK_OP_MARK:
        return op_mark(m);
    case STK_OP_EMPTY_TUPLE:
        return stk_push(m, stk_slot_make(STK_TUPLE, STK_PAYLOAD_MAX));
    case STK_OP_STOP:
        return op_stop(m);
    case STK_OP_POP:
        return op_pop(m);
    case STK_OP_POP_MARK:
        return op_pop_mark(m);
    case STK_OP_DUP:
        return op_dup(m);
    case STK_OP_BINBYTES:
        return op_bytes(m, STK_BYTES, stk_le32(p + 1));
    case STK_OP_SHORT_BINBYTES:
        return op_bytes(m, STK_BYTES, p[1]);
    case STK_OP_FLOAT:
        return stk_op_float(m);
    case STK_OP_BINFLOAT:
        return stk_push(m, stk_slot_make(STK_FLOAT, m->off));
    case STK_OP_INT:
        return stk_op_int(m);
    case STK_OP_BININT:
        return stk_push(m, stk_slot_int((int32_t)stk_le32(p + 1)));
    case STK_OP_BININT1:
        return stk_push(m, stk_slot_int(p[1]));
    case STK_OP_LONG:
        return stk_op_long(m);
    case STK_OP_BININT2:
        return stk_push(m, stk_slot_int(stk_le16(p + 1)));
    case STK_OP_NONE:
        return stk_push(m, STK_NONE);
    case STK_OP_PERSID:
        return stk_op_persid(m);
    case STK_OP_BINPERSID:
        return stk_op_binpersid(m);
    case STK_OP_REDUCE:
        return stk_op_reduce(m);
    case STK_OP_STRING:
        return stk_op_string(m);
    case STK_OP_BINSTRING:
        return op_binstring(m, stk_le32(p + 1));
    case STK_OP_SHORT_BINSTRING:
        return op_bytes(m, STK_STR, p[1]);
    case STK_OP_UNICODE:
        return stk_op_unicode(m);
    case STK_OP_BINUNICODE:
        return op_text(m, stk_le32(p + 1));
    case STK_OP_EMPTY_LIST:
        return stk_push(m, stk_slot_make(STK_LIST, m->off));
    case STK_OP_APPEND:
        return op_append(m);
    case STK_OP_BUILD:
        return stk_op_build(m);
    case STK_OP_GLOBAL:
        return stk_op_global(m);
    case STK_OP_DICT:
        return op_dict(m);
    case STK_OP_APPENDS:
        return op_appends(m);
    case STK_OP_GET:
        return stk_op_get(m);
    case STK_OP_BINGET:
        return get(m, p[1]);
    case STK_OP_INST:
        return stk_op_inst(m);
    case STK_OP_LONG_BINGET:
        return get(m, stk_le32(p + 1));
    case STK_OP_LIST:
        return op_list(m);
    case STK_OP_OBJ:
        return stk_op_obj(m);
    case STK_OP_PUT:
        return stk_op_put(m);
    case STK_OP_BINPUT:
        return put(m, p[1]);
    case STK_OP_LONG_BINPUT:
        return put(m, stk_le32(p + 1));
    case STK_OP_SETITEM:
        return op_setitem(m);
    case STK_OP_TUPLE:
        return op_tuple(m);
    case STK_OP_SETITEMS:
        return op_setitems(m);
    case STK_OP_EMPTY_DICT:
        return stk_push(m, stk_slot_make(STK_DICT, m->off));
    case STK_OP_PROTO:
        return op_proto(m, p[1]);
    case STK_OP_NEWOBJ:
        return stk_op_newobj(m, false);
    case STK_OP_EXT1:
        return stk_op_ext(m, p[1]);
    case STK_OP_EXT2:
        return stk_op_ext(m, stk_le16(p + 1));
    case STK_OP_EXT4:
        return stk_op_ext(m, (int32_t)stk_le32(p + 1));
    case STK_OP_TUPLE1:
        return op_tuple_n(m, 1);
    case STK_OP_TUPLE2:
        return op_tuple_n(m, 2);
    case STK_OP_TUPLE3:
        return op_tuple_n(m, 3);
    case STK_OP_NEWTRUE:
        return stk_push(m, stk_slot_make(STK_BOOL, 1));
    case STK_OP_NEWFALSE:
        return stk_push(m, stk_slot_make(STK_BOOL, 0));
    case STK_OP_LONG1:
        return op_long_n(m, p[1]);
    case STK_OP_LONG4:
        return stk_le32(p + 1) <= INT32_MAX ? op_long_n(m, stk_le32(p + 1))
                                            : stk_fault(m, STK_FAULT_LENGTH);
    case STK_OP_SHORT_BINUNICODE:
        return op_text(m, p[1]);
    case STK_OP_BINUNICODE8:
        return op_text(m, stk_le64(p + 1));
    case STK_OP_BINBYTES8:
        return op_bytes(m, STK_BYTES, stk_le64(p + 1));
    case STK_OP_EMPTY_SET:
        return stk_push(m, stk_slot_make(STK_SET, m->off));
    case STK_OP_ADDITEMS:
        return op_additems(m);
    case STK_OP_FROZENSET:
        return op_frozenset(m);
    case STK_OP_NEWOBJ_EX:
        return stk_op_newobj(m, true);
    case STK_OP_STACK_GLOBAL:
        return stk_op_stack_global(m);
    case STK_OP_MEMOIZE:
        return put(m, m->memo.n_entries);
    case STK_OP_FRAME:
        return stk_input_frame(m, m->next, stk_le64(p + 1));
    case STK_OP_BYTEARRAY8:
        return op_bytes(m, STK_BYTEARRAY, stk_le64(p + 1));
    case STK_OP_NEXT_BUFFER:
        return stk_push(m, stk_slot_make(STK_BUFFER, m->n_buffers++));
    case STK_OP_READONLY_BUFFER:
        return op_readonly_buffer(m);
    }
    return false;
}

/* The values of what an opcode has made; values of its operands still lie above. */
__attribute__((always_inline)) static inline bool build(struct stk_machine *m,
                                                        enum stk_opcode op,
                                                        const uint8_t *p, size_t fixed,
                                                        size_t had, uint64_t n_memo)
{
    size_t depth = (size_t)(m->sp - m->stack);
    struct stk_value *top = m->build->stack + depth - 1;
    struct stk_span rest = stk_span_of(m->source.mem + m->off + 1 + fixed,
                                       (size_t)(m->next - m->off) - 1 - fixed);
    switch (op) {
    case STK_OP_MARK:
    case STK_OP_STOP:
    case STK_OP_POP:
    case STK_OP_POP_MARK:
    case STK_OP_PROTO:
    case STK_OP_FRAME:
        return true;
    case STK_OP_DUP:
        return stk_build_dup(m);
    case STK_OP_NONE:
        *top = stk_value_none(m->off);
        return true;
    case STK_OP_NEWTRUE:
    case STK_OP_NEWFALSE:
        *top = stk_value_bool(m->off, op == STK_OP_NEWTRUE);
        return true;
    case STK_OP_BININT:
    case STK_OP_BININT1:
    case STK_OP_BININT2:
        *top = stk_value_int(m->off, stk_slot_int_value(m->sp[-1]));
        return true;
    case STK_OP_BINFLOAT:
        *top = stk_value_float(m->off, stk_build_double(p + 1));
        return true;
    case STK_OP_LONG1:
    case STK_OP_LONG4:
        return stk_build_long(m, rest.data, rest.len);
    case STK_OP_FLOAT:
    case STK_OP_INT:
    case STK_OP_LONG:
        return stk_build_number_text(m);
    case STK_OP_STRING:
    case STK_OP_UNICODE:
        return stk_build_line(m);
    case STK_OP_BINSTRING:
    case STK_OP_SHORT_BINSTRING:
        return stk_build_string8(m, rest);
    case STK_OP_BINUNICODE:
    case STK_OP_SHORT_BINUNICODE:
    case STK_OP_BINUNICODE8:
        return stk_build_str(m, rest);
    case STK_OP_BINBYTES:
    case STK_OP_SHORT_BINBYTES:
    case STK_OP_BINBYTES8:
        return stk_build_text(m, STK_VALUE_BYTES, rest);
    case STK_OP_BYTEARRAY8:
        return stk_build_text(m, STK_VALUE_BYTEARRAY, rest);
    case STK_OP_EMPTY_TUPLE:
        return stk_build_tuple(m, 0);
    case STK_OP_TUPLE1:
        return stk_build_tuple(m, 1);
    case STK_OP_TUPLE2:
        return stk_build_tuple(m, 2);
    case STK_OP_TUPLE3:
        return stk_build_tuple(m, 3);
    case STK_OP_TUPLE:
        return stk_build_tuple(m, had - depth + 1);
    case STK_OP_EMPTY_LIST:
        return stk_build_list(m, STK_VALUE_LIST, 0);
    case STK_OP_LIST:
        return stk_build_list(m, STK_VALUE_LIST, had - depth + 1);
    case STK_OP_EMPTY_SET:
        return stk_build_list(m, STK_VALUE_SET, 0);
    case STK_OP_FROZENSET:
        return stk_build_list(m, STK_VALUE_FROZENSET, had - depth + 1);
    case STK_OP_EMPTY_DICT:
        return stk_build_dict(m, 0);
    case STK_OP_DICT:
        return stk_build_dict(m, had - depth + 1);
    case STK_OP_APPEND:
    case STK_OP_APPENDS:
        return stk_build_append(m, had - depth);
    case STK_OP_SETITEM:
    case STK_OP_SETITEMS:
        return stk_build_set_items(m, had - depth);
    case STK_OP_ADDITEMS:
        return stk_build_add_items(m, had - depth);
    case STK_OP_PUT:
    case STK_OP_GET:
        return op == STK_OP_PUT ? stk_build_put(m, m->memo_line)
                                : stk_build_get(m, m->memo_line);
    case STK_OP_BINPUT:
        return stk_build_put(m, p[1]);
    case STK_OP_LONG_BINPUT:
        return stk_build_put(m, stk_le32(p + 1));
    case STK_OP_MEMOIZE:
        return stk_build_put(m, n_memo);
    case STK_OP_BINGET:
        return stk_build_get(m, p[1]);
    case STK_OP_LONG_BINGET:
        return stk_build_get(m, stk_le32(p + 1));
    case STK_OP_GLOBAL:
    case STK_OP_STACK_GLOBAL:
        return stk_build_global(m);
    case STK_OP_REDUCE:
    case STK_OP_NEWOBJ:
    case STK_OP_NEWOBJ_EX:
    case STK_OP_INST:
    case STK_OP_OBJ:
        return stk_build_call(m);
    case STK_OP_BUILD:
        return stk_build_state(m);
    case STK_OP_PERSID:
    case STK_OP_BINPERSID:
    case STK_OP_EXT1:
    case STK_OP_EXT2:
    case STK_OP_EXT4:
        return stk_build_made(m);
    case STK_OP_NEXT_BUFFER:
        return stk_build_buffer(m);
    case STK_OP_READONLY_BUFFER:
        return stk_build_readonly(m);
    }
    return false;
}

/* Each opcode is a case of its own that knows how many fixed bytes it has. So the
 * processor, which guesses the case, has the place of the next opcode at once; looked up
 * in the table, each opcode would wait for the one before. */
__attribute__((always_inline)) static inline bool dispatch(struct stk_machine *m,
                                                           const uint8_t *p,
                                                           const bool builds)
{
    size_t had = builds ? (size_t)(m->sp - m->stack) : 0;
    uint64_t n_memo = m->memo.n_entries;
    m->op = *p;
    switch (*p) {
#define X(byte, name, arg, proto, before, after, risk)                                   \
    case (byte):                                                                         \
        m->next = m->off + 1 + STK_FIXED_##arg;                                          \
        return execute(m, STK_OP_##name, p) &&                                           \
               (!builds || build(m, STK_OP_##name, p, STK_FIXED_##arg, had, n_memo));
#include "pickle/opcodes.def"
#undef X
    default:
        m->next = m->off + 1;
        return stk_fault(m, STK_FAULT_OPCODE);
    }
}

/* The disassembler sees an opcode before it runs; its extent is known only behind it, so
 * that lines are measured here. */
static bool announce(struct stk_machine *m, uint8_t op)
{
    enum stk_status status =
        m->judge->opcode(m->judge->ctx, m, op, stk_cuts_real(m, m->off),
                         1 + (uint64_t)stk_opcodes[op].fixed);
    return status == STK_OK || stk_failed(m, status);
}

__attribute__((always_inline)) static inline uint64_t loop(struct stk_machine *m,
                                                           const bool builds)
{
    bool announced = m->judge->opcode != NULL;
    uint64_t n_ops = 0;
    bool on = true;
    while (on) {
        m->off = m->next;
        uint64_t rel = m->off - m->win_off;
        const uint8_t *p =
            STK_LIKELY(rel < m->fast_len) ? m->win + rel : stk_input_opcode(m);
        if (STK_UNLIKELY(p == NULL)) {
            break;
        }
        on = (!announced || announce(m, *p)) && dispatch(m, p, builds);
        n_ops++;
    }
    return n_ops;
}

__attribute__((noinline)) static uint64_t loop_and_build(struct stk_machine *m)
{
    return loop(m, true);
}

void stk_machine_loop(struct stk_machine *m)
{
    m->run.n_ops += m->build == NULL ? loop(m, false) : loop_and_build(m);
    m->run.end = stk_cuts_real(m, m->run.stopped ? m->next : m->off);
    m->run.frame_end = m->run.end;
    if (m->frame_end != STK_NO_FRAME && m->frame_end > m->next) {
        m->run.frame_end = stk_cuts_real(m, m->frame_end);
    }
}
