/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdio.h>

#include "json_case.h"

static uint64_t random_state = 88172645463325252;

static uint64_t random_word(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void integer_is(const char *text, int64_t expected)
{
    struct stk_value value = decode(text);
    assert_int_equal(value.kind, STK_VALUE_INT);
    assert_true(value.integer == expected);
}

static void integers(void **state)
{
    (void)state;
    char text[64];
    integer_is("0", 0);
    integer_is("-0", 0);
    integer_is("9223372036854775807", INT64_MAX);
    integer_is("-9223372036854775808", INT64_MIN);
    integer_is("1000000000000000000", 1000000000000000000);
    for (int i = 0; i < 3000; i++) { /* any length, any place of the text's end */
        int64_t number = (int64_t)random_word() >> (random_word() % 64);
        snprintf(text, sizeof text, "%lld", (long long)number);
        integer_is(text, number);
        snprintf(text, sizeof text, "[%lld,%-20lld]", (long long)number,
                 (long long)number);
        struct stk_value list = decode(text);
        assert_true(list.items->list[0].integer == number);
        assert_true(list.items->list[1].integer == number);
    }
}

static void big_is(const char *text, bool negative, uint64_t high, uint64_t low)
{
    struct stk_value value = decode(text);
    assert_int_equal(value.kind, STK_VALUE_BIGINT);
    assert_true(value.big->negative == negative);
    assert_int_equal(value.big->n, high == 0 ? 1 : 2);
    assert_true(value.big->limbs[0] == low);
    assert_true(high == 0 || value.big->limbs[1] == high);
}

static void big_integers(void **state)
{
    (void)state;
    big_is("9223372036854775808", false, 0, UINT64_C(1) << 63);
    big_is("-9223372036854775809", true, 0, (UINT64_C(1) << 63) + 1);
    big_is("18446744073709551615", false, 0, UINT64_MAX);
    big_is("18446744073709551616", false, 1, 0);
    big_is("-340282366920938463463374607431768211455", true, UINT64_MAX, UINT64_MAX);
    big_is("100000000000000000000", false, 5, UINT64_C(7766279631452241920));
}

static void integers_have_a_limit(void **state)
{
    (void)state;
    size_t len = 1000000;
    char *text = malloc(len + 1);
    memset(text, '9', len);
    text[4300] = '\0';
    assert_int_equal(decode(text).big->n, 224);
    text[4300] = '9';
    text[4301] = '\0';
    refused(text, STK_E_LIMIT, 0, "an integer of more than 4300 digits");
    text[4301] = '9';
    text[len] = '\0';
    text[0] = '[';
    refused(text, STK_E_LIMIT, 1, "an integer of more than 4300 digits");
    text[0] = '-';
    refused(text, STK_E_LIMIT, 0, "an integer of more than 4300 digits");
    free(text);
}

/* With strtod as the oracle: the locale here is C. */
static void float_is(const char *text)
{
    struct stk_value value = decode(text);
    double expected = strtod(text, NULL);
    assert_int_equal(value.kind, STK_VALUE_FLOAT);
    if (memcmp(&value.number, &expected, sizeof expected) != 0) {
        print_error("%s: %a, not %a\n", text, value.number, expected);
        fail();
    }
}

static void floats(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "0.0",
        "-0.0",
        "0e0",
        "-0E5",
        "1.0",
        "1e5",
        "1E+5",
        "1e-5",
        "1.5e0",
        "12.375",
        "0.1",
        "3.141592653589793",
        "1e22",
        "1e23",
        "123456789012345678901234.5",
        "1.7976931348623157e308",
        "5e-324",
        "2e-324",
        "1e-400",
        "1e-99999999999999999999",
        "0e99999999999999999999",
        "0.0e400",
        "1e0000000000000000000000000000000000002",
        "0.00000000000000000000000000000000000000000000012345678901234567890123",
        "9007199254740993.0",
        "18446744073709551615.0",
        "1234567890123456789.0e-19",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        float_is(texts[i]);
    }
}

static void random_floats(void **state)
{
    (void)state;
    char text[64];
    for (int i = 0; i < 4000; i++) {
        uint64_t bits = random_word();
        double number = 0;
        memcpy(&number, &bits, sizeof number);
        if (!isfinite(number)) {
            continue;
        }
        snprintf(text, sizeof text, "%.*e", 1 + (int)(random_word() % 20), number);
        float_is(text);
        number = (double)(int64_t)random_word() / 9.3e18;
        snprintf(text, sizeof text, "%.17g", number);
        float_is(text);
    }
}

static void too_large(void **state)
{
    (void)state;
    static const char *const texts[] = {"1e309", "-1.8e308", "1e400",
                                        "1e99999999999999999999",
                                        "1797693134862315900000000000000000000e272"};
    char text[64];
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        snprintf(text, sizeof text, "[%s]", texts[i]);
        refused(text, STK_E_LIMIT, 1, "a number too large for a double");
    }
}

static void what_is_no_number(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t off;
        const char *reason;
    } table[] = {
        {"01", 1, "leading 0"},
        {"-01", 2, "leading 0"},
        {"00", 1, "leading 0"},
        {"00000000000000000000", 1, "leading 0"},
        {"01.5", 1, "leading 0"},
        {"[-]", 2, "lacks a digit"},
        {"[1.]", 3, "lacks a digit"},
        {"[1.e5]", 3, "lacks a digit"},
        {"[1e]", 3, "lacks a digit"},
        {"[1e+]", 4, "lacks a digit"},
        {"[1E-a]", 4, "lacks a digit"},
        {"--1", 1, "lacks a digit"},
        {"-.5", 1, "lacks a digit"},
        {".5", 0, "no value begins like this"},
        {"+1", 0, "no value begins like this"},
        {"1.5.5", 3, "something behind the value"},
        {"1e5e5", 3, "something behind the value"},
        {"0x10", 1, "something behind the value"},
        {"1_000", 1, "something behind the value"},
        {"12345678a", 8, "something behind the value"},
        {"1234567\xb1", 7, "something behind the value"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        refused(table[i].text, STK_E_MALFORMED, table[i].off, table[i].reason);
    }
    refused("-", STK_E_TRUNCATED, 1, "the text ends inside a number");
    refused("1.", STK_E_TRUNCATED, 2, "the text ends inside a number");
    refused("1e", STK_E_TRUNCATED, 2, "the text ends inside a number");
    refused("1e-", STK_E_TRUNCATED, 3, "the text ends inside a number");
}

/* Every byte behind up to nine digits: none but digits is taken for one. */
static void any_byte_behind_digits(void **state)
{
    (void)state;
    struct stk_json_options options = STK_JSON_OPTIONS_DEFAULT;
    for (size_t n = 1; n <= 9; n++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            char text[] = "123456789                ";
            struct stk_json_error error;
            struct stk_value value;
            memset(text + n, ' ', sizeof text - 1 - n);
            text[n] = (char)byte;
            if (byte >= '0' && byte <= '9') {
                continue;
            }
            enum stk_status status = decode_with(&options, text, n + 10, &value, &error);
            bool space = byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
            assert_true((status == STK_OK) == space);
            if (space) {
                text[n] = '\0';
                assert_true(value.integer == strtoll(text, NULL, 10));
            } else {
                bool more = byte == '.' || byte == 'e' || byte == 'E';
                assert_true(error.off == n + more);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(integers),
        TEST(big_integers),
        TEST(integers_have_a_limit),
        TEST(floats),
        TEST(random_floats),
        TEST(too_large),
        TEST(what_is_no_number),
        TEST(any_byte_behind_digits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
