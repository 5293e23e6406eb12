/* SPDX-License-Identifier: Apache-2.0 */
#include "value/number.h"

#include <math.h>

#include "value/decimal.h"
#include "value/limbs.h"

#define TWO_63 0x1p63
#define MANTISSA ((UINT64_C(1) << 52) - 1)
#define TEN_19 UINT64_C(10000000000000000000)

static int sign_of(bool less, bool greater)
{
    return (int)greater - (int)less;
}

static int order_of(uint64_t a, uint64_t b)
{
    return sign_of(b > a, a > b);
}

bool stk_number_is_integer(double number, int64_t *ret_integer)
{
    if (!(number >= -TWO_63 && number < TWO_63)) {
        return false;
    }
    int64_t integer = (int64_t)number;
    if ((double)integer != number) {
        return false;
    }
    *ret_integer = integer;
    return true;
}

/* The 53 bits of a number of at least 2^63, and the exponent of the lowest. */
static uint64_t split(double number, int *ret_exponent)
{
    uint64_t bits = 0;
    __builtin_memcpy(&bits, &number, sizeof bits);
    *ret_exponent = (int)((bits >> 52) & 0x7ff) - 1075;
    return (bits & MANTISSA) | (MANTISSA + 1);
}

/* The first 53 bits of a magnitude of at least 64, and whether any behind them is set. */
STK_WRAPS static uint64_t first_bits(const struct stk_big *big, bool *ret_rest)
{
    uint64_t top = big->limbs[big->n - 1];
    uint64_t next = big->n > 1 ? big->limbs[big->n - 2] : 0;
    unsigned zeros = (unsigned)__builtin_clzll(top);
    uint64_t word = top << zeros;
    if (zeros > 0) {
        word |= next >> (64 - zeros);
        next <<= zeros;
    }
    bool rest = (word & 0x7ff) != 0 || next != 0;
    for (size_t i = 0; !rest && i + 2 < big->n; i++) {
        rest = big->limbs[i] != 0;
    }
    *ret_rest = rest;
    return word >> 11;
}

bool stk_number_big_is_double(const struct stk_big *big, double *ret_number)
{
    bool rest = false;
    size_t bits = stk_limbs_bits(big->limbs, big->n);
    uint64_t mantissa = first_bits(big, &rest);
    if (rest || bits > 1024) {
        return false;
    }
    uint64_t word = (mantissa & MANTISSA) | (uint64_t)(bits + 1022) << 52;
    double number = 0;
    __builtin_memcpy(&number, &word, sizeof number);
    *ret_number = big->negative ? -number : number;
    return true;
}

static int compare_int_double(int64_t a, double b)
{
    if (!(b < TWO_63)) { /* NaN too */
        return -1;
    }
    if (b < -TWO_63) {
        return 1;
    }
    int64_t whole = (int64_t)b; /* towards 0 */
    double fraction = b - (double)whole;
    return a != whole ? sign_of(whole > a, a > whole)
                      : sign_of(fraction > 0, fraction < 0);
}

static int compare_magnitude_double(const struct stk_big *a, double b)
{
    int exponent = 0;
    bool rest = false;
    uint64_t mb = split(b, &exponent);
    uint64_t ma = first_bits(a, &rest);
    size_t a_bits = stk_limbs_bits(a->limbs, a->n);
    size_t b_bits = 53 + (size_t)exponent;
    if (a_bits != b_bits) {
        return order_of(a_bits, b_bits);
    }
    return ma != mb ? order_of(ma, mb) : (int)rest;
}

static int compare_big_double(const struct stk_big *a, double b)
{
    if (isnan(b) || (isinf(b) && b > 0)) {
        return -1;
    }
    if (isinf(b)) {
        return 1;
    }
    if (a->negative) {
        return b > -TWO_63 ? -1 : -compare_magnitude_double(a, -b);
    }
    return b < TWO_63 ? 1 : compare_magnitude_double(a, b);
}

static int compare_magnitudes(const struct stk_big *a, const struct stk_big *b)
{
    if (a->n != b->n) {
        return order_of(a->n, b->n);
    }
    size_t i = a->n - 1;
    while (i > 0 && a->limbs[i] == b->limbs[i]) {
        i--;
    }
    return order_of(a->limbs[i], b->limbs[i]);
}

static int compare_bigs(const struct stk_big *a, const struct stk_big *b)
{
    if (a->negative != b->negative) {
        return a->negative ? -1 : 1;
    }
    int order = compare_magnitudes(a, b);
    return a->negative ? -order : order;
}

static int compare_doubles(double a, double b)
{
    if (isnan(a) || isnan(b)) {
        return isnan(a) ? 1 : -1;
    }
    return sign_of(b > a, a > b);
}

/* A number and a FLOAT. */
static int compare_with_double(struct stk_value a, double b)
{
    switch (stk_value_kind(a)) {
    case STK_VALUE_INT:
        return compare_int_double(a.integer, b);
    case STK_VALUE_BIGINT:
        return compare_big_double(a.big, b);
    case STK_VALUE_FLOAT:
    case STK_VALUE_NONE:
    case STK_VALUE_BOOL:
    case STK_VALUE_STR:
    case STK_VALUE_BYTES:
    case STK_VALUE_BYTEARRAY:
    case STK_VALUE_LIST:
    case STK_VALUE_TUPLE:
    case STK_VALUE_SET:
    case STK_VALUE_FROZENSET:
    case STK_VALUE_DICT:
    case STK_VALUE_GLOBAL:
    case STK_VALUE_OBJECT:
    case STK_VALUE_ENUM:
    case STK_VALUE_TENSOR:
    case STK_VALUE_NDARRAY:
    case STK_VALUE_STORAGE:
    case STK_VALUE_PERSISTENT:
    case STK_VALUE_BUFFER:
    case STK_VALUE_REFUSED:
    case STK_VALUE_KINDS:
        break;
    }
    return compare_doubles(a.number, b);
}

int stk_value_compare_numbers(struct stk_value a, struct stk_value b)
{
    STK_ASSERT(stk_number_is(a) && stk_number_is(b));
    if (b.kind == STK_VALUE_FLOAT) {
        return compare_with_double(a, b.number);
    }
    if (a.kind == STK_VALUE_FLOAT) {
        return isnan(a.number) ? 1 : -compare_with_double(b, a.number);
    }
    if (a.kind == STK_VALUE_INT && b.kind == STK_VALUE_INT) {
        return sign_of(b.integer > a.integer, a.integer > b.integer);
    }
    if (a.kind == STK_VALUE_INT) {
        return b.big->negative ? 1 : -1;
    }
    if (b.kind == STK_VALUE_INT) {
        return a.big->negative ? -1 : 1;
    }
    return compare_bigs(a.big, b.big);
}

bool stk_value_is_whole(struct stk_value value)
{
    if (value.kind != STK_VALUE_FLOAT) {
        return value.kind == STK_VALUE_INT || value.kind == STK_VALUE_BIGINT;
    }
    int64_t integer = 0;
    return isfinite(value.number) && (fabs(value.number) >= TWO_63 ||
                                      stk_number_is_integer(value.number, &integer));
}

/* A number's magnitude: limbs × 10^exp10. */
struct magnitude {
    const uint64_t *limbs;
    size_t n; /* 0 of zero */
    int exp10;
    uint64_t one[1]; /* limbs of INT and FLOAT */
};

STK_WRAPS static void magnitude_of(struct stk_value value, struct magnitude *m)
{
    m->exp10 = 0;
    m->limbs = m->one;
    if (value.kind == STK_VALUE_BIGINT) {
        m->limbs = value.big->limbs;
        m->n = value.big->n;
        return;
    }
    if (value.kind == STK_VALUE_INT) {
        m->one[0] =
            value.integer < 0 ? 0 - (uint64_t)value.integer : (uint64_t)value.integer;
    } else {
        struct stk_decimal decimal = stk_decimal_shortest(value.number);
        m->one[0] = decimal.mantissa;
        m->exp10 = decimal.exp10;
    }
    m->n = m->one[0] != 0;
}

/* rem = rem × factor mod d */
static void multiply(uint64_t *rem, const uint64_t *d, size_t n, uint64_t factor)
{
    rem[n] = 0;
    (void)stk_limbs_muladd(rem, n, factor, 0);
    (void)stk_limbs_reduce(rem, d, n);
}

static uint64_t ten_to(unsigned exponent)
{
    uint64_t result = 1;
    for (; exponent > 0; exponent--) {
        result *= 10;
    }
    return result;
}

/* A FLOAT's mantissa times the power of ten of the other number: at most 308 + 324 + 17
 * digits more. */
#define DIVISOR_SIZE (STK_DIVISOR_LIMBS + 40)

/* a × 10^up is a multiple of d, which has n limbs. */
static bool divides(uint64_t *d, size_t n, const struct magnitude *a, unsigned up)
{
    uint64_t rem[DIVISOR_SIZE + 1] = {0};
    unsigned shift = (unsigned)__builtin_clzll(d[n - 1]);
    stk_limbs_shift(d, n, n, shift);
    for (size_t i = a->n; i > 0; i--) {
        for (size_t k = n; k > 0; k--) {
            rem[k] = rem[k - 1];
        }
        rem[0] = a->limbs[i - 1];
        (void)stk_limbs_reduce(rem, d, n);
    }
    multiply(rem, d, n, UINT64_C(1) << shift); /* as d was */
    for (; up >= 19; up -= 19) {
        multiply(rem, d, n, TEN_19);
    }
    multiply(rem, d, n, ten_to(up));
    return stk_limbs_trim(rem, n) == 0;
}

static bool is_finite(struct stk_value value)
{
    return value.kind != STK_VALUE_FLOAT || isfinite(value.number);
}

bool stk_value_is_multiple(struct stk_value a, struct stk_value b)
{
    STK_ASSERT(stk_number_is(a) && stk_number_is(b));
    if (a.kind == STK_VALUE_INT && b.kind == STK_VALUE_INT) {
        return b.integer > 0 && a.integer % b.integer == 0;
    }
    if (!is_finite(a) || !is_finite(b)) {
        return false;
    }
    struct magnitude ma;
    struct magnitude mb;
    magnitude_of(a, &ma);
    magnitude_of(b, &mb);
    if (ma.n == 0 || mb.n == 0 || mb.n > STK_DIVISOR_LIMBS) {
        return ma.n == 0 && mb.n > 0;
    }
    uint64_t d[DIVISOR_SIZE];
    size_t n = mb.n;
    stk_copy(d, mb.limbs, n * sizeof d[0]);
    for (int down = mb.exp10 - ma.exp10; down > 0; down -= 19) {
        n = stk_limbs_muladd(d, n, ten_to(down < 19 ? (unsigned)down : 19), 0);
    }
    return divides(d, n, &ma, ma.exp10 > mb.exp10 ? (unsigned)(ma.exp10 - mb.exp10) : 0);
}
