/* SPDX-License-Identifier: Apache-2.0
 *
 * The C library's strtod is the oracle: exact since glibc 2.17, and the locale here is C.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "value/decimal.h"

static uint64_t random_state = 88172645463325252;

static uint64_t random_word(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static uint64_t bits_of(double number)
{
    uint64_t bits = 0;
    memcpy(&bits, &number, sizeof bits);
    return bits;
}

static double from_bits(uint64_t bits)
{
    double number = 0;
    memcpy(&number, &bits, sizeof number);
    return number;
}

/* Any finite double that is not negative, all exponents alike. */
static double random_double(void)
{
    double number = from_bits(random_word() >> 1);
    return isfinite(number) ? number : random_double();
}

/* text: digits with or without a point, then perhaps e and an exponent. */
static double read(const char *text)
{
    size_t whole = strspn(text, "0123456789");
    const char *fraction = text + whole + (text[whole] == '.');
    size_t len = text[whole] == '.' ? strspn(fraction, "0123456789") : 0;
    const char *e = strchr(text, 'e');
    return stk_decimal_read(stk_span_of(text, whole), stk_span_of(fraction, len),
                            e == NULL ? 0 : strtol(e + 1, NULL, 10));
}

static void check(const char *text)
{
    double expected = strtod(text, NULL);
    double got = read(text);
    if (bits_of(expected) != bits_of(got)) {
        print_error("%s: %a, not %a\n", text, got, expected);
        fail();
    }
}

static void known_decimals(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0",
        "0.0",
        "0e400",
        "1",
        "0.1",
        "0.3",
        "1e22",
        "1e23",
        "9007199254740993",
        "9007199254740992.5",
        "9007199254740993.0000000000000000000000000000000000001",
        "18446744073709551615",
        "18446744073709551616",
        "123456789012345678901234567890",
        "4.9406564584124654e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "2.2250738585072011e-308",
        "2.2250738585072012e-308",
        "2.2250738585072014e-308",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "179769313486231580793728971405301e276",
        "1e309",
        "1e310",
        "1e-323",
        "1e-324",
        "1e-400",
        "100000000000000000000000e-400",
        "0.000000000000000000000001e330",
        "8.98846567431158e307",
        "6929495644600919.5",
        "1448997445238699",
        "3.2378839133029012895883524125015321748630094438e15",
        "1e1000000",
        "1e-1000000",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        check(texts[i]);
    }
    assert_true(isinf(stk_decimal_double(1, INT64_MAX)));
    assert_true(stk_decimal_double(1, INT64_MIN) == 0);
    assert_true(stk_decimal_double(UINT64_MAX, 0) == 0x1p64);
}

/* Few digits, many digits, and as many as a double has. */
static void written_doubles(void **state)
{
    (void)state;
    char text[1200];
    for (int i = 0; i < 20000; i++) {
        double number = random_double();
        int digits = (int)(random_word() % 20);
        snprintf(text, sizeof text, "%.*e", digits, number);
        check(text);
        snprintf(text, sizeof text, "%.17g", number);
        check(text);
        assert_true(read(text) == number);
    }
    for (int i = 0; i < 300; i++) {
        snprintf(text, sizeof text, "%.800e", random_double());
        check(text);
        snprintf(text, sizeof text, "%.*f", (int)(random_word() % 500), random_double());
        check(text);
    }
}

/* Exponents near 0, where other ways are taken. */
static void small_exponents(void **state)
{
    (void)state;
    char text[64];
    for (int i = 0; i < 200000; i++) {
        uint64_t mantissa = random_word() >> (random_word() % 64);
        int exp10 = (int)(random_word() % 70) - 35;
        snprintf(text, sizeof text, "%llue%d", (unsigned long long)mantissa, exp10);
        double expected = strtod(text, NULL);
        assert_true(stk_decimal_double(mantissa, exp10) == expected);
        assert_true(read(text) == expected);
    }
}

/* The middle between two doubles, written out, and a little more or less than it. */
static void middles(void **state)
{
    (void)state;
    char text[1500];
    for (int i = 0; i < 2000; i++) {
        uint64_t bits = bits_of(random_double());
        long double middle =
            ((long double)from_bits(bits) + (long double)from_bits(bits + 1)) / 2;
        if (!isfinite((double)middle)) {
            continue;
        }
        int len = snprintf(text, sizeof text, "%.1100Lf", middle);
        check(text);
        assert_true(bits_of(read(text)) == bits + (bits & 1));
        text[len - 1] = '1'; /* behind the digits that are taken */
        check(text);
        assert_true(bits_of(read(text)) == bits + 1);
        text[len - 1] = '0';
        for (int k = len - 1; k > 0; k--) { /* one less in the last place */
            if (text[k] == '.' || text[k] == '0') {
                text[k] = text[k] == '.' ? '.' : '9';
                continue;
            }
            text[k]--;
            break;
        }
        check(text);
        assert_true(bits_of(read(text)) == bits);
    }
}

static void leading_and_trailing_zeroes(void **state)
{
    (void)state;
    static char text[10000];
    memset(text, '0', sizeof text - 1);
    text[0] = '1';
    memcpy(text + sizeof text - 8, "e-9000", 7);
    check(text); /* 1e991 */
    memcpy(text + sizeof text - 8, "e-9991", 7);
    check(text); /* 1 */
    assert_true(read(text) == 1);
    memset(text, '0', sizeof text - 1);
    text[1] = '.';
    memcpy(text + sizeof text - 8, "7e9990", 7);
    assert_true(read(text) == strtod(text, NULL));
}

static void known_shortest(void **state)
{
    (void)state;
    static const struct {
        double number;
        uint64_t mantissa;
        int exp10;
    } table[] = {
        {0, 0, 0},
        {0.1, 1, -1},
        {-0.0075, 75, -4},
        {1e-8, 1, -8},
        {0x1p-44, 5684341886080802, -29}, /* not what is nearest in 16 digits */
        {5e-324, 5, -324},
        {1e23, 1, 23},
        {9.5367431640625e-07, 95367431640625, -20},
        {2.2250738585072014e-308, 22250738585072014, -324},
        {2.225073858507201e-308, 2225073858507201, -323},
        {1.7976931348623157e308, 17976931348623157, 292},
        {1e308, 1, 308},
        {0.30000000000000004, 30000000000000004, -17},
        {9007199254740992.0, 9007199254740992, 0},
        {9007199254740994.0, 9007199254740994, 0},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct stk_decimal decimal = stk_decimal_shortest(table[i].number);
        while (decimal.mantissa > 0 && decimal.mantissa % 10 == 0) {
            decimal.mantissa /= 10;
            decimal.exp10++;
        }
        assert_true(decimal.mantissa == table[i].mantissa);
        assert_int_equal(decimal.mantissa == 0 ? 0 : decimal.exp10, table[i].exp10);
    }
}

static int count_digits(uint64_t number)
{
    while (number > 0 && number % 10 == 0) {
        number /= 10;
    }
    int n = 0;
    for (; number > 0; number /= 10) {
        n++;
    }
    return n;
}

/* Reads back, and no shorter rounding does. */
static void check_shortest(double number)
{
    char text[64];
    struct stk_decimal decimal = stk_decimal_shortest(number);
    snprintf(text, sizeof text, "%llue%d", (unsigned long long)decimal.mantissa,
             decimal.exp10);
    assert_true(strtod(text, NULL) == number);
    for (int n = 1; n < count_digits(decimal.mantissa); n++) {
        snprintf(text, sizeof text, "%.*e", n - 1, number);
        assert_true(strtod(text, NULL) != number);
    }
}

static void shortest_reads_back(void **state)
{
    (void)state;
    for (int i = 0; i < 10000; i++) {
        check_shortest(random_double());
        check_shortest((double)(random_word() % 1000000) / 1000);
        check_shortest((double)(random_word() >> (random_word() % 60)) / 1e5);
        check_shortest(from_bits(random_word() >> (12 + random_word() % 50)));
    }
    for (uint64_t exponent = 1; exponent < 2047; exponent++) {
        check_shortest(from_bits(exponent << 52)); /* powers of two */
        check_shortest(from_bits((exponent << 52) - 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_decimals),
        cmocka_unit_test(written_doubles),
        cmocka_unit_test(small_exponents),
        cmocka_unit_test(middles),
        cmocka_unit_test(leading_and_trailing_zeroes),
        cmocka_unit_test(known_shortest),
        cmocka_unit_test(shortest_reads_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
