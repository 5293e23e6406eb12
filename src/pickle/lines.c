/* SPDX-License-Identifier: Apache-2.0
 *
 * Opcodes whose argument is a line of text: the numbers, strings and memo keys of
 * protocol 0.
 */
#include "pickle/number.h"
#include "pickle/state.h"
#include "pickle/text.h"

/* The line of the opcode in execution; m->next is behind it. A line whose first byte is
 * none of `first` is read by no unpickler, and not looked at further, except in a frame,
 * where it may not be the first byte for all. */
static bool argument_line(struct stk_machine *m, struct stk_span first,
                          enum stk_fault_code code, struct stk_span *ret_line)
{
    uint64_t next = 0;
    int byte = stk_input_peek(m, m->off + 1);
    bool framed = m->frame_end != STK_NO_FRAME && m->off + 1 < m->frame_end;
    if (byte >= 0 && first.len > 0 && !framed &&
        stk_span_find(first, &(uint8_t){(uint8_t)byte}, 1) == SIZE_MAX) {
        return stk_fault(m, code);
    }
    if (!stk_input_line(m, m->off + 1, UINT64_MAX, ret_line, &next)) {
        return false;
    }
    m->next = next;
    return true;
}

static bool number_line(struct stk_machine *m, struct stk_span *ret_line)
{
    /* With the NUL at its end: to strtol a line that starts with one is 0. */
    static const uint8_t first[] = "0123456789+-.iInNlL \t\n\v\f\r";
    return argument_line(m, stk_span_of(first, sizeof first), STK_FAULT_NUMBER, ret_line);
}

/* Releases since 3.11 (and the last ones of 3.8 to 3.10) refuse longer decimal text
 * (sys.int_info.default_max_str_digits). */
#define MAX_STR_DIGITS 4300

static bool same_integer(struct stk_integer a, struct stk_integer b)
{
    return a.ok == b.ok &&
           (!a.ok || (a.is_bool == b.is_bool && a.fits == b.fits && a.value == b.value &&
                      (a.digits > MAX_STR_DIGITS) == (b.digits > MAX_STR_DIGITS)));
}

/* One text as four readers understand it. */
struct ways {
    struct stk_integer c;
    struct stk_integer python;
    struct stk_integer c_3_14;
    struct stk_integer python_3_14;
};

/* The reading of this run, and the first that accepts for the one that goes on wherever
 * any does. */
static struct stk_integer own_way(const struct stk_machine *m, const struct ways *w)
{
    if (m->reading == &stk_reading_reference) {
        return w->c.ok        ? w->c
               : w->python.ok ? w->python
               : w->c_3_14.ok ? w->c_3_14
                              : w->python_3_14;
    }
    bool python = stk_goes_python(m, STK_QUIRK_INT_TEXT);
    if (stk_goes_python(m, STK_QUIRK_INT_BASE)) {
        return python ? w->python_3_14 : w->c_3_14;
    }
    return python ? w->python : w->c;
}

/* Picks what the reading of this run makes of an integer, noting where they differ. */
static bool choose_integer(struct stk_machine *m, const struct ways *w,
                           struct stk_integer *ret)
{
    if (!w->c.ok && !w->python.ok && !w->c_3_14.ok && !w->python_3_14.ok) {
        return stk_fault(m, STK_FAULT_NUMBER);
    }
    if (!same_integer(w->c, w->python) || !same_integer(w->c_3_14, w->python_3_14)) {
        stk_quirk_note(m, STK_QUIRK_INT_TEXT);
    }
    if (!same_integer(w->c, w->c_3_14) || !same_integer(w->python, w->python_3_14)) {
        stk_quirk_note(m, STK_QUIRK_INT_BASE);
    }
    *ret = own_way(m, w);
    if (!ret->ok) {
        return stk_fault(m, STK_FAULT_READINGS);
    }
    return ret->digits <= MAX_STR_DIGITS || stk_quirk(m, STK_QUIRK_INT_DIGITS, true);
}

static bool push_integer(struct stk_machine *m, struct stk_integer n)
{
    return stk_push(m, n.is_bool ? stk_slot_make(STK_BOOL, (uint64_t)n.value)
                                 : stk_int_slot(m, n.fits, n.value));
}

bool stk_op_int(struct stk_machine *m)
{
    struct stk_span line = {0};
    struct stk_integer n = {0};
    if (!number_line(m, &line)) {
        return false;
    }
    if (stk_integer_plain(line, &n)) {
        return push_integer(m, n);
    }
    struct ways w = {
        .c = stk_integer_int_c(line, 0),
        .python = stk_integer_int_python(line, 0),
        .c_3_14 = stk_integer_int_c(line, 10),
        .python_3_14 = stk_integer_int_python(line, 10),
    };
    return choose_integer(m, &w, &n) && push_integer(m, n);
}

bool stk_op_long(struct stk_machine *m)
{
    struct stk_span line = {0};
    struct stk_integer n = {0};
    if (!number_line(m, &line)) {
        return false;
    }
    struct ways w = {
        .c = stk_integer_long_c(line, 0),
        .python = stk_integer_long_python(line, 0),
        .c_3_14 = stk_integer_long_c(line, 10),
        .python_3_14 = stk_integer_long_python(line, 10),
    };
    return choose_integer(m, &w, &n) && push_integer(m, n);
}

bool stk_op_float(struct stk_machine *m)
{
    struct stk_span line = {0};
    if (!number_line(m, &line)) {
        return false;
    }
    bool c = stk_float_c(line);
    bool python = stk_float_python(line);
    if (!c && !python) {
        return stk_fault(m, STK_FAULT_NUMBER);
    }
    return (c == python || stk_quirk(m, STK_QUIRK_FLOAT_TEXT, c)) &&
           stk_push(m, stk_slot_make(STK_FLOAT, m->off));
}

bool stk_op_string(struct stk_machine *m)
{
    struct stk_span line = {0};
    if (!argument_line(m, stk_span_of("'\"", 2), STK_FAULT_TEXT, &line)) {
        return false;
    }
    return stk_text_quoted(line, NULL) ? stk_push(m, stk_slot_make(STK_STR, m->off))
                                       : stk_fault(m, STK_FAULT_TEXT);
}

bool stk_op_unicode(struct stk_machine *m)
{
    struct stk_span line = {0};
    if (!argument_line(m, (struct stk_span){0}, STK_FAULT_TEXT, &line)) {
        return false;
    }
    return stk_text_raw_unicode(line, NULL) ? stk_push(m, stk_slot_make(STK_STR, m->off))
                                            : stk_fault(m, STK_FAULT_TEXT);
}

/* A key for a number that is past what the C reader can hold, the same for each way to
 * write it: signs, spaces, underscores and leading zeros do not count. */
static uint64_t large_index(struct stk_span line)
{
    uint64_t key = 0;
    bool started = false;
    for (size_t i = 0; i < line.len; i++) {
        uint8_t c = line.data[i];
        started = started || (c >= '1' && c <= '9');
        if (started && c >= '0' && c <= '9') {
            key = stk_hash(stk_span_of(&c, 1), key);
        }
    }
    return key | UINT64_C(1) << 63;
}

/* The index of a text GET or PUT. One past what the C reader can hold is a key like any
 * other to the Python reader. */
static bool memo_line(struct stk_machine *m, bool is_put, uint64_t *ret_index)
{
    struct stk_span line = {0};
    struct stk_integer n = {0};
    if (!number_line(m, &line)) {
        return false;
    }
    struct ways w = {
        .c = stk_integer_index_c(line),
        .python = stk_integer_index_python(line),
        .c_3_14 = stk_integer_index_c(line),
        .python_3_14 = stk_integer_index_python(line),
    };
    if (!stk_integer_plain(line, &n) && !choose_integer(m, &w, &n)) {
        return false;
    }
    if (n.negative && (n.value != 0 || !n.fits)) {
        return stk_fault(m, is_put ? STK_FAULT_NUMBER : STK_FAULT_MEMO);
    }
    *ret_index = (uint64_t)n.value;
    m->memo_line = *ret_index;
    if (n.fits) {
        return true;
    }
    *ret_index = large_index(line);
    m->memo_line = *ret_index;
    return stk_quirk(m, STK_QUIRK_MEMO_KEY, false);
}

bool stk_op_get(struct stk_machine *m)
{
    uint64_t index = 0;
    stk_slot slot = 0;
    return memo_line(m, false, &index) && stk_memo_get(m, index, &slot) &&
           stk_push(m, slot);
}

bool stk_op_put(struct stk_machine *m)
{
    uint64_t index = 0;
    return stk_has(m, 1) && memo_line(m, true, &index) &&
           stk_memo_put(m, index, m->sp[-1]);
}
