/* SPDX-License-Identifier: Apache-2.0
 *
 * RFC 8259 §6. Digits are read eight at a time, as most numbers are shorter than that and
 * a branch a digit would be mispredicted once a number.
 */
#include "base/checked.h"
#include "value/decimal.h"
#include "value/limbs.h"
#include "wire/json_state.h"

#define INT_DIGITS_MAX 18 /* fit 63 bits */
#define U64_DIGITS_MAX 19 /* fit 64 bits */

/* As CPython's (sys.set_int_max_str_digits): more take time that grows with the square.
 */
#define DIGITS_MAX 4300
#define CHUNK 19
#define LIMBS_MAX (DIGITS_MAX / CHUNK + 2)

/* No exponent that is written out has an effect past this. */
#define EXPONENT_MAX (INT64_C(1) << 52)

struct digits {
    const uint8_t *first;
    size_t n;
};

/* Eight bytes of which the first n are digits. */
STK_WRAPS static unsigned count_digits(uint64_t word)
{
    uint64_t nibbles = word ^ UINT64_C(0x3030303030303030);
    uint64_t low = nibbles & UINT64_C(0x7f7f7f7f7f7f7f7f);
    uint64_t other =
        ((low + UINT64_C(0x7676767676767676)) | nibbles) & UINT64_C(0x8080808080808080);
    return other == 0 ? 8 : (unsigned)__builtin_ctzll(other) / 8;
}

/* The number that the first n of eight bytes are, 0 < n: pairs, fours, eights. */
STK_WRAPS static uint64_t read_digits(uint64_t word, unsigned n)
{
    uint64_t d = (word ^ UINT64_C(0x3030303030303030)) << (64 - 8 * n);
    d = d * 10 + (d >> 8);
    d = ((d & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x000f424000000064)) +
        (((d >> 16) & UINT64_C(0x000000ff000000ff)) * UINT64_C(0x0000271000000001));
    return d >> 32;
}

/* The digits at `at`; *value goes on with them, modulo 2^64. */
STK_WRAPS static inline struct digits take_digits(struct stk_json *j, uint64_t *value)
{
    static const uint64_t tens[] = {1,      10,      100,      1000,     10000,
                                    100000, 1000000, 10000000, 100000000};
    const uint8_t *p = j->at;
    uint64_t v = *value;
    unsigned n = 8;
    while (n == 8 && j->end - p >= 8) {
        uint64_t word = stk_le64(p);
        n = count_digits(word);
        if (n > 0) {
            v = v * tens[n] + read_digits(word, n);
        }
        p += n;
    }
    for (; n == 8 && p < j->end && *p >= '0' && *p <= '9'; p++) {
        v = v * 10 + (*p - (unsigned)'0');
    }
    struct digits digits = {.first = j->at, .n = (size_t)(p - j->at)};
    j->at = p;
    *value = v;
    return digits;
}

static enum stk_status no_digit(struct stk_json *j)
{
    return j->at == j->end
               ? stk_json_fail(j, STK_E_TRUNCATED, j->at, "the text ends inside a number")
               : stk_json_fail(j, STK_E_MALFORMED, j->at, "a number lacks a digit");
}

/* More digits than fit 64 bits for sure. */
static enum stk_status read_big(struct stk_json *j, const uint8_t *start, bool negative,
                                struct digits digits, struct stk_value *ret_value)
{
    uint64_t limbs[LIMBS_MAX];
    size_t n_limbs = 0;
    if (digits.n > DIGITS_MAX) {
        return stk_json_fail(j, STK_E_LIMIT, start,
                             "an integer of more than 4300 digits");
    }
    for (size_t i = 0; i < digits.n;) {
        uint64_t chunk = 0;
        uint64_t power = 1;
        for (size_t last = i + CHUNK; i < last && i < digits.n; i++) {
            chunk = chunk * 10 + (digits.first[i] - (unsigned)'0');
            power *= 10;
        }
        n_limbs = stk_limbs_muladd(limbs, n_limbs, power, chunk);
    }
    enum stk_status status = stk_value_big(j->arena, stk_json_off(j, start), negative,
                                           limbs, n_limbs, ret_value);
    return status == STK_OK ? STK_OK : stk_json_no_memory(j, start, n_limbs * 8);
}

/* At e or E, or not: what is written behind it, or 0. */
static enum stk_status take_exponent(struct stk_json *j, int64_t *ret_exponent)
{
    *ret_exponent = 0;
    if (j->at == j->end || (*j->at | 0x20) != 'e') {
        return STK_OK;
    }
    j->at++;
    bool negative = false;
    if (j->at < j->end && (*j->at == '+' || *j->at == '-')) {
        negative = *j->at++ == '-';
    }
    uint64_t value = 0;
    struct digits digits = take_digits(j, &value);
    if (digits.n == 0) {
        return no_digit(j);
    }
    while (digits.n > INT_DIGITS_MAX && *digits.first == '0') {
        digits.first++;
        digits.n--;
    }
    int64_t exponent = digits.n > INT_DIGITS_MAX || value > (uint64_t)EXPONENT_MAX
                           ? EXPONENT_MAX
                           : (int64_t)value;
    *ret_exponent = negative ? -exponent : exponent;
    return STK_OK;
}

/* Behind the whole part: a fraction, an exponent or both. */
static enum stk_status read_double(struct stk_json *j, const uint8_t *start,
                                   bool negative, struct digits whole, uint64_t mantissa,
                                   struct stk_value *ret_value)
{
    struct digits fraction = {.first = j->at};
    int64_t exponent = 0;
    if (*j->at == '.') {
        j->at++;
        fraction = take_digits(j, &mantissa);
        if (fraction.n == 0) {
            return no_digit(j);
        }
    }
    STK_TRY(take_exponent(j, &exponent));
    double number = 0;
    if (whole.n + fraction.n <= U64_DIGITS_MAX) {
        number = stk_decimal_double(mantissa, exponent - (int64_t)fraction.n);
    } else {
        number = stk_decimal_read(stk_span_of(whole.first, whole.n),
                                  stk_span_of(fraction.first, fraction.n), exponent);
    }
    if (__builtin_isinf(number)) {
        return stk_json_fail(j, STK_E_LIMIT, start, "a number too large for a double");
    }
    *ret_value = stk_value_float(stk_json_off(j, start), negative ? -number : number);
    return STK_OK;
}

enum stk_status stk_json_read_number(struct stk_json *j, struct stk_value *ret_value)
{
    const uint8_t *start = j->at;
    bool negative = *start == '-';
    uint64_t value = 0;
    j->at += negative;
    struct digits digits = take_digits(j, &value);
    if (digits.n == 0) {
        return no_digit(j);
    }
    if (*digits.first == '0' && digits.n > 1) {
        return stk_json_fail(j, STK_E_MALFORMED, digits.first + 1,
                             "a number goes on behind a leading 0");
    }
    if (j->at < j->end && (*j->at == '.' || (*j->at | 0x20) == 'e')) {
        return read_double(j, start, negative, digits, value, ret_value);
    }
    if (digits.n > INT_DIGITS_MAX) {
        return read_big(j, start, negative, digits, ret_value);
    }
    int64_t integer = negative ? -(int64_t)value : (int64_t)value;
    *ret_value = stk_value_int(stk_json_off(j, start), integer);
    return STK_OK;
}
