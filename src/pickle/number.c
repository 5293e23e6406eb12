/* SPDX-License-Identifier: Apache-2.0 */
#include "pickle/number.h"

#include <limits.h>

/* Py_ISSPACE and isspace in the C locale agree on these. */
static bool is_space(uint8_t c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int digit_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    uint8_t lower = (uint8_t)(c | 0x20);
    return lower >= 'a' && lower <= 'z' ? lower - 'a' + 10 : 99;
}

static uint8_t at(struct stk_span s, size_t i)
{
    return i < s.len ? s.data[i] : 0;
}

/* Adds a digit to a magnitude that may have left the range already. */
static void add_digit(struct stk_integer *n, uint64_t *magnitude, int base, int digit)
{
    uint64_t grown = 0;
    if (__builtin_mul_overflow(*magnitude, (uint64_t)base, &grown) ||
        __builtin_add_overflow(grown, (uint64_t)digit, &grown) ||
        grown > (uint64_t)INT64_MAX) {
        n->fits = false;
        return;
    }
    *magnitude = grown;
}

/* Digits of one base with single underscores between them; the index behind them, or 0
 * where there is none. */
static size_t scan_digits(struct stk_span s, size_t i, int base, bool underscores,
                          struct stk_integer *n)
{
    uint64_t magnitude = 0;
    uint64_t count = 0;
    bool last_was_digit = false;
    n->fits = true;
    for (; i < s.len; i++) {
        if (underscores && s.data[i] == '_' && last_was_digit) {
            last_was_digit = false;
            continue;
        }
        int digit = digit_value(s.data[i]);
        if (digit >= base) {
            break;
        }
        add_digit(n, &magnitude, base, digit);
        last_was_digit = true;
        count++;
    }
    n->value = n->negative ? -(int64_t)magnitude : (int64_t)magnitude;
    n->digits = base == 10 ? count : 0;
    return last_was_digit ? i : 0;
}

/* The base that a prefix announces, its length written to *ret_skip. */
static int prefix_base(struct stk_span s, size_t i, size_t *ret_skip)
{
    *ret_skip = 0;
    if (at(s, i) != '0') {
        return 10;
    }
    uint8_t letter = (uint8_t)(at(s, i + 1) | 0x20);
    int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
    if (base == 0) {
        return 0; /* "0": no other digit than zeros may follow */
    }
    *ret_skip = at(s, i + 2) == '_' ? 3 : 2;
    return base;
}

/* What the C reader hands over as a C string. */
static struct stk_span up_to_nul(struct stk_span s)
{
    size_t nul = stk_span_find(s, "", 1);
    return stk_span_of(s.data, nul < s.len ? nul : s.len);
}

/* PyLong_FromString with base 0 or 10. */
static struct stk_integer parse_long(struct stk_span s, int base)
{
    struct stk_integer n = {0};
    struct stk_integer refused = {0};
    size_t i = 0;
    while (i < s.len && is_space(s.data[i])) {
        i++;
    }
    if (at(s, i) == '+' || at(s, i) == '-') {
        n.negative = s.data[i] == '-';
        i++;
    }
    bool only_zeros = false;
    if (base == 0) {
        size_t skip = 0;
        base = prefix_base(s, i, &skip);
        i += skip;
        only_zeros = base == 0;
        base = only_zeros ? 10 : base;
    }
    i = scan_digits(s, i, base, true, &n);
    while (i != 0 && i < s.len && is_space(s.data[i])) {
        i++;
    }
    if (i == 0 || i != s.len || (only_zeros && (n.value != 0 || !n.fits))) {
        return refused;
    }
    n.ok = true;
    return n;
}

/* C's strtol with base 0 or 10, where it reads the whole line. */
static struct stk_integer parse_strtol(struct stk_span s, int base)
{
    struct stk_integer n = {0};
    size_t i = 0;
    while (i < s.len && is_space(s.data[i])) {
        i++;
    }
    if (at(s, i) == '+' || at(s, i) == '-') {
        n.negative = s.data[i] == '-';
        i++;
    }
    bool prefixed = base == 0 && at(s, i) == '0';
    base = 10;
    if (prefixed) {
        bool hex = (at(s, i + 1) | 0x20) == 'x' && digit_value(at(s, i + 2)) < 16;
        base = hex ? 16 : 8;
        i += hex ? 2 : 0;
    }
    i = scan_digits(s, i, base, false, &n);
    n.ok = i != 0 && i == s.len && n.fits;
    return n;
}

/* 00 and 01 are how protocol 0 writes bools. */
static bool is_bool_text(struct stk_span line)
{
    return stk_span_is(line, "00") || stk_span_is(line, "01");
}

struct stk_integer stk_integer_int_c(struct stk_span line, int base)
{
    struct stk_span text = up_to_nul(line);
    struct stk_integer n = parse_strtol(text, base);
    if (line.len > 0 && text.len == 0) {
        n = (struct stk_integer){.ok = true, .fits = true}; /* strtol stops on the NUL */
    }
    if (!n.ok) {
        return parse_long(text, base);
    }
    /* gh-135241: before 3.14, any two characters that are worth 0 or 1. */
    n.is_bool =
        base == 10 ? is_bool_text(line) : line.len == 2 && (n.value == 0 || n.value == 1);
    return n;
}

struct stk_integer stk_integer_int_python(struct stk_span line, int base)
{
    if (is_bool_text(line)) {
        return (struct stk_integer){.ok = true,
                                    .is_bool = true,
                                    .fits = true,
                                    .value = line.data[1] - '0',
                                    .digits = 2};
    }
    return parse_long(line, base);
}

static struct stk_span without_l(struct stk_span line)
{
    if (line.len > 0 && line.data[line.len - 1] == 'L') {
        line.len--;
    }
    return line;
}

struct stk_integer stk_integer_long_c(struct stk_span line, int base)
{
    return parse_long(up_to_nul(without_l(line)), base);
}

struct stk_integer stk_integer_long_python(struct stk_span line, int base)
{
    return parse_long(without_l(line), base);
}

bool stk_integer_plain(struct stk_span line, struct stk_integer *ret)
{
    struct stk_integer n = {.negative = at(line, 0) == '-', .fits = true, .ok = true};
    size_t from = n.negative ? 1 : 0;
    n.digits = line.len - from;
    if (line.len <= from || n.digits > 18 || line.data[from] == '0') {
        return false;
    }
    for (size_t i = from; i < line.len; i++) {
        if (line.data[i] < '0' || line.data[i] > '9') {
            return false;
        }
        n.value = n.value * 10 + (line.data[i] - '0');
    }
    n.value = n.negative ? -n.value : n.value;
    *ret = n;
    return true;
}

struct stk_integer stk_integer_index_c(struct stk_span line)
{
    return parse_long(up_to_nul(line), 10);
}

struct stk_integer stk_integer_index_python(struct stk_span line)
{
    return parse_long(line, 10);
}

/* A run of digits from i on, with single underscores inside where they are allowed; the
 * index behind it. */
static size_t float_digits(struct stk_span s, size_t i, bool underscores)
{
    size_t start = i;
    while (i < s.len) {
        bool digit = s.data[i] >= '0' && s.data[i] <= '9';
        bool joint = underscores && s.data[i] == '_' && i > start &&
                     at(s, i + 1) >= '0' && at(s, i + 1) <= '9';
        if (!digit && !joint) {
            break;
        }
        i++;
    }
    return i;
}

static bool is_word(struct stk_span s, size_t i, const char *word)
{
    for (; *word != '\0'; word++, i++) {
        if ((at(s, i) | 0x20) != *word) {
            return false;
        }
    }
    return i == s.len;
}

/* The decimal exponent as text, capped where it cannot matter any more. */
static int64_t exponent_value(struct stk_span s, size_t from, size_t to)
{
    int64_t value = 0;
    bool negative = at(s, from) == '-';
    for (size_t i = from; i < to; i++) {
        if (s.data[i] >= '0' && s.data[i] <= '9' && value < INT_MAX) {
            value = value * 10 + (s.data[i] - '0');
        }
    }
    return negative ? -value : value;
}

/* The number is past the largest double: its digits, first to last, are held against the
 * shortest text that rounds to infinity, 1.797693134862315807937…e308. */
static bool overflows(struct stk_span s, size_t from, size_t to, int64_t exponent)
{
    static const char bound[] = "17976931348623158079372";
    int64_t point = 0; /* digits before the point, from the first that is not zero */
    bool seen_point = false;
    bool seen_digit = false;
    size_t n = 0;
    int order = 0;
    for (size_t i = from; i < to; i++) {
        if (s.data[i] == '.') {
            seen_point = true;
        } else if (s.data[i] != '_') {
            seen_digit = seen_digit || s.data[i] != '0';
            point += seen_point ? (seen_digit ? 0 : -1) : (seen_digit ? 1 : 0);
            if (seen_digit && order == 0 && n < sizeof bound - 1) {
                order = s.data[i] - bound[n];
                n++;
            }
        }
    }
    int64_t magnitude = point + exponent;
    return seen_digit && (magnitude > 309 || (magnitude == 309 && order > 0));
}

/* The grammar that PyOS_string_to_double reads to the last byte. */
static bool parse_float(struct stk_span s, bool underscores, bool *ret_overflow)
{
    *ret_overflow = false;
    size_t i = at(s, 0) == '+' || at(s, 0) == '-' ? 1 : 0;
    if (is_word(s, i, "inf") || is_word(s, i, "infinity") || is_word(s, i, "nan")) {
        return true;
    }
    size_t from = i;
    i = float_digits(s, i, underscores);
    size_t n_digits = i - from;
    if (at(s, i) == '.') {
        size_t fraction = i + 1;
        i = float_digits(s, fraction, underscores);
        n_digits += i - fraction;
    }
    if (n_digits == 0) {
        return false;
    }
    size_t to = i;
    int64_t exponent = 0;
    if ((at(s, i) | 0x20) == 'e') {
        size_t sign = at(s, i + 1) == '+' || at(s, i + 1) == '-' ? 1 : 0;
        size_t end = float_digits(s, i + 1 + sign, underscores);
        if (end == i + 1 + sign) {
            return false;
        }
        exponent = exponent_value(s, i + 1, end);
        i = end;
    }
    *ret_overflow = overflows(s, from, to, exponent);
    return i == s.len;
}

bool stk_float_c(struct stk_span line)
{
    bool overflow = false;
    return parse_float(up_to_nul(line), false, &overflow) && !overflow;
}

bool stk_float_python(struct stk_span line)
{
    while (line.len > 0 && is_space(line.data[0])) {
        line = stk_span_of(line.data + 1, line.len - 1);
    }
    while (line.len > 0 && is_space(line.data[line.len - 1])) {
        line.len--;
    }
    bool overflow = false;
    return parse_float(line, true, &overflow);
}
