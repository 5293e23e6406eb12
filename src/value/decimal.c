/* SPDX-License-Identifier: Apache-2.0 */
#include "value/decimal.h"

#include <math.h>
#include <stdio.h>

#include "value/limbs.h"

/* More digits never decide by their value, only by not being zero: the middle between two
 * doubles has at most 767. */
#define DIGITS_MAX 800

/* DIGITS_MAX + 1 digits are 42 limbs, with the largest power of five on top 54. */
#define LIMBS 64

/* 10^19 and 5^27 are the largest powers that fit a limb. */
#define CHUNK 19
#define FIVES 27
#define FIVE_27 UINT64_C(7450580596923828125)

/* Nothing outside 10^±these is a double other than 0 and infinity. */
#define EXP10_MAX 310
#define EXP10_MIN (-330)

static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                              1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                              1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
#define TENS_MAX 22

static uint64_t power(uint64_t base, unsigned exponent)
{
    uint64_t result = 1;
    for (; exponent > 0; exponent--) {
        result *= base;
    }
    return result;
}

static double from_bits(uint64_t bits)
{
    double number = 0;
    __builtin_memcpy(&number, &bits, sizeof number);
    return number;
}

/* q × 2^exp2, q > 0, a little more when sticky, as the nearest double. */
STK_WRAPS static double assemble(uint64_t q, bool sticky, int exp2)
{
    int zeros = __builtin_clzll(q);
    q <<= zeros;
    exp2 += 63 - zeros; /* of the leading bit */
    if (exp2 > 1023) {
        return HUGE_VAL;
    }
    int drop = exp2 < -1022 ? 11 + (-1022 - exp2) : 11;
    if (drop > 64) {
        return 0;
    }
    uint64_t keep = drop == 64 ? 0 : q >> drop;
    uint64_t half = UINT64_C(1) << (drop - 1);
    uint64_t rest = q & (half | (half - 1));
    keep += rest > half || (rest == half && (sticky || (keep & 1) != 0));
    /* The leading bit of a normal number, and a carry out of the mantissa, count up the
     * exponent. */
    return from_bits((exp2 < -1022 ? 0 : (uint64_t)(exp2 + 1022) << 52) + keep);
}

/* limbs × 5^n */
static size_t times_fives(uint64_t *limbs, size_t n, unsigned fives)
{
    for (; fives > FIVES; fives -= FIVES) {
        n = stk_limbs_muladd(limbs, n, FIVE_27, 0);
    }
    return stk_limbs_muladd(limbs, n, power(5, fives), 0);
}

/* num × 10^exp10, num > 0: its first 63 or 64 bits by one step of a long division of
 * num × 5^exp10, or of num by 5^-exp10. */
static double divide(uint64_t num[LIMBS], size_t n_num, int exp10)
{
    uint64_t den[LIMBS] = {1};
    size_t n_den = 1;
    if (exp10 >= 0) {
        n_num = times_fives(num, n_num, (unsigned)exp10);
    } else {
        n_den = times_fives(den, 1, (unsigned)-exp10);
    }
    size_t num_bits = stk_limbs_bits(num, n_num);
    size_t den_bits = stk_limbs_bits(den, n_den);
    size_t n = num_bits <= 64 ? 1 : num_bits / 64; /* num_bits <= 64 n + 63 */
    n = n < n_den ? n_den : n;
    STK_ASSERT(n + 1 <= LIMBS);
    size_t num_shift = 64 * n + 63 - num_bits;
    size_t den_shift = 64 * n - den_bits;
    stk_limbs_shift(num, n_num, n + 1, num_shift);
    stk_limbs_shift(den, n_den, n, den_shift);
    uint64_t q = stk_limbs_reduce(num, den, n);
    bool sticky = stk_limbs_trim(num, n) > 0;
    return assemble(q, sticky, exp10 + (int)den_shift - (int)num_shift);
}

/* |exp10| <= FIVES: one multiplication, or one division, of 128 bits is exact. */
STK_WRAPS static double near_one(uint64_t mantissa, int exp10)
{
    int zeros = __builtin_clzll(mantissa);
    uint64_t m = mantissa << zeros;
    uint64_t five = power(5, (unsigned)(exp10 < 0 ? -exp10 : exp10));
    if (exp10 >= 0) {
        stk_wide product = (stk_wide)m * five;
        uint64_t high = (uint64_t)(product >> 64);
        uint64_t low = (uint64_t)product;
        if (high == 0) {
            return assemble(low, false, exp10 - zeros);
        }
        int up = __builtin_clzll(high);
        uint64_t q = (uint64_t)((product << up) >> 64);
        bool sticky = (uint64_t)(product << up) != 0;
        return assemble(q, sticky, exp10 - zeros + 64 - up);
    }
    int up = __builtin_clzll(five);
    stk_wide top = (stk_wide)m << 63;
    uint64_t den = five << up;
    uint64_t q = (uint64_t)(top / den);
    return assemble(q, top % den != 0, exp10 - zeros - 63 + up);
}

/* Both operands exact, so that the one rounding is the right one (Clinger 1990). */
static bool is_exact(uint64_t mantissa, int64_t exp10)
{
    return mantissa <= UINT64_C(1) << 53 && exp10 >= -TENS_MAX && exp10 <= TENS_MAX;
}

double stk_decimal_double(uint64_t mantissa, int64_t exp10)
{
    if (is_exact(mantissa, exp10)) {
        double number = (double)mantissa;
        return exp10 < 0 ? number / tens[-exp10] : number * tens[exp10];
    }
    if (mantissa == 0 || exp10 < EXP10_MIN - CHUNK) {
        return 0;
    }
    if (exp10 > EXP10_MAX) {
        return HUGE_VAL;
    }
    if (exp10 >= -FIVES && exp10 <= FIVES) {
        return near_one(mantissa, (int)exp10);
    }
    uint64_t num[LIMBS] = {mantissa};
    return divide(num, 1, (int)exp10);
}

/* Digits read into limbs: DIGITS_MAX of them from the first that is not 0. */
struct digits {
    uint64_t limbs[LIMBS];
    size_t n_limbs;
    size_t n;       /* digits taken */
    size_t dropped; /* behind them */
    bool sticky;    /* one of those is not 0 */
    uint64_t chunk; /* taken, and not in limbs yet */
    unsigned n_chunk;
};

static void flush(struct digits *d)
{
    d->n_limbs = stk_limbs_muladd(d->limbs, d->n_limbs, power(10, d->n_chunk), d->chunk);
    d->chunk = 0;
    d->n_chunk = 0;
}

static void take(struct digits *d, struct stk_span span)
{
    for (size_t i = 0; i < span.len; i++) {
        unsigned digit = span.data[i] - (unsigned)'0';
        if (d->n == DIGITS_MAX) {
            d->dropped++;
            d->sticky |= digit != 0;
        } else if (d->n > 0 || digit != 0) {
            d->chunk = d->chunk * 10 + digit;
            d->n++;
            if (++d->n_chunk == CHUNK) {
                flush(d);
            }
        }
    }
}

double stk_decimal_read(struct stk_span whole, struct stk_span fraction, int64_t exp10)
{
    struct digits d = {.n = 0};
    take(&d, whole);
    take(&d, fraction);
    flush(&d);
    exp10 += (int64_t)d.dropped - (int64_t)fraction.len;
    if (d.n == 0 || exp10 + (int64_t)d.n < EXP10_MIN) {
        return 0;
    }
    if (exp10 + (int64_t)d.n > EXP10_MAX) {
        return HUGE_VAL;
    }
    if (d.sticky) {
        d.n_limbs = stk_limbs_muladd(d.limbs, d.n_limbs, 10, 1);
        exp10--;
    }
    return d.n_limbs == 1 ? stk_decimal_double(d.limbs[0], exp10)
                          : divide(d.limbs, d.n_limbs, (int)exp10);
}

/* The decimal of n digits nearest to the number. The point is whatever the locale has. */
static struct stk_decimal round_to(double number, int n)
{
    char text[64];
    struct stk_decimal decimal = {.exp10 = 1 - n};
    int len = snprintf(text, sizeof text, "%.*e", n - 1, number);
    STK_ASSERT(len > 0 && (size_t)len < sizeof text);
    const char *p = text;
    for (; *p != 'e' && *p != '\0'; p++) {
        if (*p >= '0' && *p <= '9') {
            decimal.mantissa = decimal.mantissa * 10 + (unsigned)(*p - '0');
        }
    }
    int exponent = 0;
    for (const char *q = p; *q != '\0'; q++) {
        if (*q >= '0' && *q <= '9') {
            exponent = exponent * 10 + (*q - '0');
        }
    }
    decimal.exp10 += *p != '\0' && p[1] == '-' ? -exponent : exponent;
    return decimal;
}

/* Reads as the number, perhaps after a step away from it: below a power of two doubles
 * lie twice as close as above, and what is nearest may not be near enough. */
static bool reads_as(struct stk_decimal *decimal, double number)
{
    const uint64_t nearest = decimal->mantissa;
    const uint64_t tries[] = {nearest, nearest + 1, nearest - 1};
    for (size_t i = 0; i < sizeof tries / sizeof tries[0]; i++) {
        uint64_t mantissa = tries[i];
        if (stk_decimal_double(mantissa, decimal->exp10) == number) {
            decimal->mantissa = mantissa;
            return true;
        }
    }
    return false;
}

/* Up to 15 digits and a small exponent, which no two doubles share: what people write. */
static bool is_short(double number, struct stk_decimal *ret_decimal)
{
    for (int n = 0; n <= TENS_MAX && number * tens[n] < 1e15; n++) {
        uint64_t mantissa = (uint64_t)(number * tens[n] + 0.5);
        if ((double)mantissa / tens[n] == number) {
            *ret_decimal = (struct stk_decimal){.mantissa = mantissa, .exp10 = -n};
            return true;
        }
    }
    return false;
}

struct stk_decimal stk_decimal_shortest(double number)
{
    struct stk_decimal decimal = {.mantissa = 0};
    number = fabs(number);
    if (is_short(number, &decimal)) {
        return decimal;
    }
    /* Normal doubles lie closer than decimals of 15 digits, others may be few digits. */
    for (int n = number < 0x1p-1022 ? 1 : 15; n <= 17; n++) {
        decimal = round_to(number, n);
        if (reads_as(&decimal, number)) {
            break;
        }
    }
    while (decimal.mantissa > 0 && decimal.mantissa % 10 == 0) {
        decimal.mantissa /= 10;
        decimal.exp10++;
    }
    return decimal;
}
