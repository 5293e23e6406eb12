/* SPDX-License-Identifier: Apache-2.0
 *
 * Values of numbers and texts.
 */
#include "base/utf8.h"
#include "pickle/build.h"
#include "pickle/state.h"
#include "value/decimal.h"
#include "value/limbs.h"

/* ---- numbers ---- */

/* Two's complement, least significant byte first. */
STK_WRAPS bool stk_build_long(struct stk_machine *m, const uint8_t *bytes, size_t len)
{
    struct stk_value *value = stk_build_top(m);
    if (stk_slot_kind(m->sp[-1]) == STK_INT) {
        *value = stk_value_int(m->off, stk_slot_int_value(m->sp[-1]));
        return true;
    }
    size_t n = len / 8 + 1;
    bool negative = bytes[len - 1] >= 0x80;
    uint64_t *limbs = stk_arena_array(m->build->arena, n, sizeof *limbs);
    if (limbs == NULL) {
        return stk_build_no_memory(m);
    }
    for (size_t i = 0; i < n * 8; i++) {
        uint64_t byte = i < len ? bytes[i] : negative ? 0xff : 0;
        limbs[i / 8] |= byte << (i % 8 * 8);
    }
    uint64_t carry = negative;
    for (size_t i = 0; negative && i < n; i++) {
        limbs[i] = ~limbs[i] + carry;
        carry = carry != 0 && limbs[i] == 0;
    }
    enum stk_status status =
        stk_value_big(m->build->arena, m->off, negative, limbs, n, value);
    return status == STK_OK || stk_failed(m, status);
}

/* The line of a text opcode as it lies in memory; m->next is behind it. */
static struct stk_span line_of(const struct stk_machine *m)
{
    const uint8_t *p = m->source.mem + m->off + 1;
    return stk_span_of(p, (size_t)(m->next - m->off) - 2);
}

/* Digits at the beginning of the rest of a line, taken off it. */
static struct stk_span take_digits(struct stk_span *line)
{
    size_t n = 0;
    while (n < line->len && line->data[n] >= '0' && line->data[n] <= '9') {
        n++;
    }
    struct stk_span digits = stk_span_of(line->data, n);
    *line = stk_span_of(line->data + n, line->len - n);
    return digits;
}

static bool take_byte(struct stk_span *line, const char *bytes)
{
    if (line->len == 0 || __builtin_strchr(bytes, line->data[0]) == NULL ||
        line->data[0] == 0) {
        return false;
    }
    *line = stk_span_of(line->data + 1, line->len - 1);
    return true;
}

static bool take_minus(struct stk_span *line)
{
    bool negative = line->len > 0 && line->data[0] == '-';
    (void)take_byte(line, "+-");
    return negative;
}

/* Up to 4,300 digits: longer ones are a quirk. */
static bool big_of_line(struct stk_machine *m, struct stk_span line)
{
    bool negative = take_minus(&line);
    struct stk_span digits = take_digits(&line);
    (void)take_byte(&line, "L");
    if (digits.len == 0 || line.len > 0 || digits.len > 4300) {
        return stk_build_fault(m, "an integer as no pickler writes it");
    }
    uint64_t limbs[4300 / 19 + 2];
    size_t n = 0;
    for (size_t i = 0; i < digits.len; i++) {
        n = stk_limbs_muladd(limbs, n, 10, (uint64_t)(digits.data[i] - '0'));
    }
    enum stk_status status =
        stk_value_big(m->build->arena, m->off, negative, limbs, n, stk_build_top(m));
    return status == STK_OK || stk_failed(m, status);
}

/* A number of at most nine digits. */
static bool small_number(struct stk_span digits, int64_t *ret_number)
{
    *ret_number = 0;
    for (size_t i = 0; i < digits.len; i++) {
        *ret_number = *ret_number * 10 + (digits.data[i] - '0');
    }
    return digits.len > 0 && digits.len <= 9;
}

static bool float_of_line(struct stk_machine *m, struct stk_span line)
{
    bool negative = take_minus(&line);
    double number = __builtin_nan("");
    if (stk_span_is(line, "inf")) {
        number = __builtin_inf();
    } else if (!stk_span_is(line, "nan")) {
        int64_t exponent = 0;
        struct stk_span whole = take_digits(&line);
        struct stk_span fraction = {0};
        if (take_byte(&line, ".")) {
            fraction = take_digits(&line);
        }
        if (take_byte(&line, "eE")) {
            bool below = take_minus(&line);
            if (!small_number(take_digits(&line), &exponent)) {
                return stk_build_fault(m, "a float as no pickler writes it");
            }
            exponent = below ? -exponent : exponent;
        }
        if (line.len > 0) {
            return stk_build_fault(m, "a float as no pickler writes it");
        }
        number = stk_decimal_read(whole, fraction, exponent);
    }
    *stk_build_top(m) = stk_value_float(m->off, negative ? -number : number);
    return true;
}

bool stk_build_number_text(struct stk_machine *m)
{
    stk_slot slot = m->sp[-1];
    enum stk_kind kind = stk_slot_kind(slot);
    if (kind == STK_BOOL) {
        *stk_build_top(m) = stk_value_bool(m->off, stk_slot_payload(slot) != 0);
        return true;
    }
    if (kind == STK_INT) {
        *stk_build_top(m) = stk_value_int(m->off, stk_slot_int_value(slot));
        return true;
    }
    return kind == STK_FLOAT ? float_of_line(m, line_of(m)) : big_of_line(m, line_of(m));
}

/* ---- text ---- */

/* STRING and UNICODE, escapes resolved. */
bool stk_build_line(struct stk_machine *m)
{
    struct stk_span text = {0};
    enum stk_status status = stk_slot_text(m, m->sp[-1], UINT64_MAX, &text);
    if (status != STK_OK) {
        return stk_failed(m, status);
    }
    if (m->op == STK_OP_STRING) {
        return stk_build_string8(m, text);
    }
    uint8_t *copy = stk_arena_alloc(m->build->arena, text.len);
    if (copy == NULL) {
        return stk_build_no_memory(m);
    }
    stk_copy(copy, text.data, text.len);
    return stk_build_text(m, STK_VALUE_STR, stk_span_of(copy, text.len));
}

/* A string of Python 2: pickle.loads decodes it as ASCII unless it is told otherwise. */
bool stk_build_string8(struct stk_machine *m, struct stk_span bytes)
{
    if (!stk_is_ascii(bytes)) {
        return stk_build_fault(
            m, "an 8-bit string, whose characters depend on the loader's encoding");
    }
    uint8_t *copy = stk_build_own(bytes.data);
    if (m->op == STK_OP_STRING) {
        copy = stk_arena_alloc(m->build->arena, bytes.len);
        if (copy == NULL) {
            return stk_build_no_memory(m);
        }
        stk_copy(copy, bytes.data, bytes.len);
    }
    return stk_build_text(m, STK_VALUE_STR, stk_span_of(copy, bytes.len));
}
