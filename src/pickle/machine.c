/* SPDX-License-Identifier: Apache-2.0 */
#include "pickle/machine.h"

#include "base/utf8.h"
#include "pickle/state.h"

const char *stk_fault_text(enum stk_fault_code code)
{
    static const char *const texts[STK_FAULTS] = {
        [STK_FAULT_NONE] = "no fault",
        [STK_FAULT_END] = "the bytes end before STOP",
        [STK_FAULT_TRUNCATED] = "the bytes end inside an argument",
        [STK_FAULT_OPCODE] = "no such opcode",
        [STK_FAULT_UNDERFLOW] = "too few values on the stack",
        [STK_FAULT_MARK] = "no mark on the stack",
        [STK_FAULT_MEMO] = "a memo entry that was never made",
        [STK_FAULT_PROTOCOL] = "a protocol above 5",
        [STK_FAULT_NUMBER] = "text that is no number",
        [STK_FAULT_TEXT] = "text that cannot be decoded",
        [STK_FAULT_LENGTH] = "a length that no unpickler accepts",
        [STK_FAULT_ODD] = "a key without a value",
        [STK_FAULT_UNHASHABLE] = "a key or set member that cannot be hashed",
        [STK_FAULT_TYPE] = "an opcode applied to a value that cannot take it",
        [STK_FAULT_EXTENSION] = "an extension code below 1",
        [STK_FAULT_READINGS] = "this unpickler stops here",
        [STK_FAULT_JUDGE] = "ended by the judge",
        [STK_FAULT_LIMIT_STACK] = "more values on the stack than stack-max",
        [STK_FAULT_LIMIT_MARK] = "more open marks than mark-max",
        [STK_FAULT_LIMIT_MEMO] = "more memo entries than memo-max",
        [STK_FAULT_LIMIT_CUTS] = "more bytes dropped at frames than cuts-max",
        [STK_FAULT_LIMIT_GLOBAL] = "more imports than globals-max",
        [STK_FAULT_LIMIT_NAME] = "a name longer than name-max",
        [STK_FAULT_LIMIT_DEPTH] = "streams nested deeper than depth-max",
        [STK_FAULT_READ] = "the source could not be read",
    };
    return code < STK_FAULTS ? texts[code] : "";
}

bool stk_fault(struct stk_machine *m, enum stk_fault_code code)
{
    if (m->run.fault.code == STK_FAULT_NONE) {
        m->run.fault.code = code;
        m->run.fault.off = stk_cuts_real(m, m->off);
        m->run.fault.op = m->op;
        m->run.fault.depth = m->n_marks;
    }
    return false;
}

bool stk_failed(struct stk_machine *m, enum stk_status status)
{
    m->status = m->status == STK_OK ? status : m->status;
    return stk_fault(m, STK_FAULT_READ);
}

void stk_quirk_note(struct stk_machine *m, enum stk_quirk quirk)
{
    if (m->run.quirks == 0) {
        m->run.quirk_off = stk_cuts_real(m, m->off);
    }
    m->run.quirks |= UINT32_C(1) << quirk;
}

bool stk_quirk(struct stk_machine *m, enum stk_quirk quirk, bool c_goes_on)
{
    stk_quirk_note(m, quirk);
    if (m->reading == &stk_reading_reference || stk_goes_python(m, quirk) != c_goes_on) {
        return true;
    }
    return stk_fault(m, STK_FAULT_READINGS);
}

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
    return true;
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
        if (STK_UNLIKELY(!stk_is_ascii(text)) && stk_utf8_valid(text, true) != text.len) {
            return stk_fault(m, STK_FAULT_TEXT);
        }
    } else if (len > (uint64_t)INT64_MAX) {
        return stk_fault(m, STK_FAULT_LENGTH);
    } else if (!stk_input_text(m, begin, len)) {
        return false;
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

/* Each opcode is a case of its own that knows how many fixed bytes it has. So the
 * processor, which guesses the case, has the place of the next opcode at once; looked up
 * in the table, each opcode would wait for the one before. */
__attribute__((always_inline)) static inline bool dispatch(struct stk_machine *m,
                                                           const uint8_t *p)
{
    m->op = *p;
    switch (*p) {
#define X(byte, name, arg, proto, before, after, risk)                                   \
    case (byte):                                                                         \
        m->next = m->off + 1 + STK_FIXED_##arg;                                          \
        return execute(m, STK_OP_##name, p);
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

void stk_machine_loop(struct stk_machine *m)
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
        on = (!announced || announce(m, *p)) && dispatch(m, p);
        n_ops++;
    }
    m->run.n_ops += n_ops;
    m->run.end = stk_cuts_real(m, m->run.stopped ? m->next : m->off);
    m->run.frame_end = m->run.end;
    if (m->frame_end != STK_NO_FRAME && m->frame_end > m->next) {
        m->run.frame_end = stk_cuts_real(m, m->frame_end);
    }
}

/* ---- life ---- */

struct stk_machine *stk_machine_new(const struct stk_alloc *alloc,
                                    const struct stk_limits *limits)
{
    struct stk_machine *m = stk_new(alloc, sizeof *m);
    if (m == NULL) {
        return NULL;
    }
    m->alloc = alloc;
    m->limits = limits;
    m->kept.max = (size_t)limits->kept_slots;
    stk_memo_init(&m->memo, alloc, limits);
    stk_map_init(&m->dirty, alloc, m->memo.max, 1);
    stk_map_init(&m->held, alloc, m->memo.max, 2);
    stk_map_init(&m->by_name, alloc, SIZE_MAX, 2);
    stk_arena_init(&m->arena, alloc, (size_t)limits->arena_max);
    return m;
}

void stk_machine_free(struct stk_machine *m)
{
    if (m == NULL) {
        return;
    }
    const struct stk_alloc *alloc = m->alloc;
    stk_memo_release(&m->memo, alloc);
    stk_map_release(&m->dirty);
    stk_map_release(&m->held);
    stk_map_release(&m->by_name);
    stk_arena_release(&m->arena);
    stk_free(alloc, m->kept.slots, m->kept.cap * sizeof *m->kept.slots);
    stk_free(alloc, m->stack, (size_t)(m->stack_end - m->stack) * sizeof *m->stack);
    stk_free(alloc, m->marks, m->cap_marks * sizeof *m->marks);
    stk_free(alloc, m->globals, m->cap_globals * sizeof *m->globals);
    stk_free(alloc, m->cuts.list, m->cuts.cap * sizeof *m->cuts.list);
    stk_free(alloc, m->win_buf, STK_WINDOW_SIZE);
    stk_free(alloc, m->pages.bytes, STK_PAGES * STK_PAGE_SIZE);
    stk_free(alloc, m, sizeof *m);
}

void stk_machine_forget(struct stk_machine *m)
{
    m->source = (struct stk_source){0};
    stk_input_forget(m);
}

/* Forgets the stream before; keeps its memory. */
static void forget_globals(struct stk_machine *m)
{
    m->n_globals = 0;
    stk_map_clear(&m->by_name);
    stk_arena_clear(&m->arena);
}

static enum stk_status run(struct stk_machine *m, const struct stk_source *source,
                           uint64_t off, const struct stk_reading *reading,
                           const struct stk_judge *judge, struct stk_run *ret_run)
{
    m->judge = judge;
    m->reading = reading;
    m->sp = m->stack;
    m->floor = m->stack;
    m->n_marks = 0;
    m->mark_base = 0;
    m->nesting = 0;
    m->kept.head = 0;
    stk_memo_clear(&m->memo);
    stk_map_clear(&m->dirty);
    m->all_dirty = false;
    stk_map_clear(&m->held);
    m->all_held = false;
    m->any_unheld = false;
    m->protocol = 0;
    m->n_buffers = 0;
    m->status = STK_OK;
    m->run = (struct stk_run){.begin = off, .end = off, .protocol = -1};
    m->next = off;
    stk_input_open(m, source, off);
    if (m->stack != NULL || stk_stack_grow(m)) {
        stk_machine_loop(m);
    }
    *ret_run = m->run;
    return m->status;
}

enum stk_status stk_machine_run(struct stk_machine *m, const struct stk_source *source,
                                uint64_t off, const struct stk_reading *reading,
                                const struct stk_judge *judge, struct stk_run *ret_run)
{
    forget_globals(m);
    return run(m, source, off, reading, judge, ret_run);
}

enum stk_status stk_machine_run_all(
    struct stk_machine *m, const struct stk_source *source, uint64_t off,
    const struct stk_judge *judge,
    void (*also)(void *ctx, const struct stk_reading *reading, const struct stk_run *run),
    void *also_ctx, struct stk_run *ret_run)
{
    struct stk_run first;
    forget_globals(m);
    STK_TRY(run(m, source, off, &stk_reading_reference, judge, &first));
    uint64_t n_runs = 1;
    for (size_t i = 0; i < stk_n_readings && first.quirks != 0; i++) {
        if (n_runs >= m->limits->readings_max || !stk_reading_is_new(i, first.quirks)) {
            continue;
        }
        struct stk_run other;
        STK_TRY(run(m, source, off, &stk_readings[i], judge, &other));
        n_runs++;
        first.quirks |= other.quirks;
        first.effects |= other.effects;
        if (also != NULL) {
            also(also_ctx, &stk_readings[i], &other);
        }
    }
    *ret_run = first;
    return STK_OK;
}
