/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/span.h"
#include "pickle/number.h"

typedef struct stk_integer (*integer_reader)(struct stk_span line, int base);

/* want: "-", refused; else "17", "bool 1" or "large" (does not fit). */
static void expect_integer(integer_reader read, int base, struct stk_span line,
                           const char *want)
{
    char got[64] = "-";
    struct stk_integer n = read(line, base);
    if (n.ok && !n.fits) {
        snprintf(got, sizeof got, "large");
    } else if (n.ok) {
        snprintf(got, sizeof got, "%s%lld", n.is_bool ? "bool " : "", (long long)n.value);
    }
    if (strcmp(got, want) != 0) {
        print_error("'%.*s': ", (int)line.len, (const char *)line.data);
    }
    assert_string_equal(got, want);
}

static struct stk_integer index_c(struct stk_span line, int base)
{
    (void)base;
    return stk_integer_index_c(line);
}

static struct stk_integer index_python(struct stk_span line, int base)
{
    (void)base;
    return stk_integer_index_python(line);
}

static void expect_both(integer_reader read_c, integer_reader read_python, int base,
                        struct stk_span line, const char *c, const char *python)
{
    expect_integer(read_c, base, line, c);
    expect_integer(read_python, base, line, python);
}

#define BOTH(read_c, read_python, base, line, c, python)                                 \
    expect_both(read_c, read_python, base, stk_span_of(line, sizeof(line) - 1), c, python)

#define INT(line, c, python)                                                             \
    BOTH(stk_integer_int_c, stk_integer_int_python, 0, line, c, python)
#define INT_3_14(line, c, python)                                                        \
    BOTH(stk_integer_int_c, stk_integer_int_python, 10, line, c, python)
#define LONG(line, c, python)                                                            \
    BOTH(stk_integer_long_c, stk_integer_long_python, 0, line, c, python)
#define LONG_3_14(line, c, python)                                                       \
    BOTH(stk_integer_long_c, stk_integer_long_python, 10, line, c, python)
#define INDEX(line, c, python) BOTH(index_c, index_python, 0, line, c, python)

static void int_that_both_read(void **state)
{
    (void)state;
    INT("0", "0", "0");
    INT("7", "7", "7");
    INT("-12", "-12", "-12");
    INT("+5", "5", "5");
    INT("00", "bool 0", "bool 0");
    INT("01", "bool 1", "bool 1");
    INT("000", "0", "0");
    INT("0x1f", "31", "31");
    INT("-0X1F", "-31", "-31");
    INT("0o17", "15", "15");
    INT("0b11", "3", "3");
    INT("1_000", "1000", "1000");
    INT("0x_f", "15", "15");
    INT("\t5\r", "5", "5");
    INT("9223372036854775807", "9223372036854775807", "9223372036854775807");
    INT("9223372036854775808", "large", "large");
    INT("-9223372036854775809", "large", "large");
    INT("340282366920938463463374607431768211456", "large", "large");
}

static void int_that_nobody_reads(void **state)
{
    (void)state;
    INT("", "-", "-");
    INT(" ", "-", "-");
    INT("x", "-", "-");
    INT("1x", "-", "-");
    INT("1__0", "-", "-");
    INT("_1", "-", "-");
    INT("1_", "-", "-");
    INT("0x", "-", "-");
    INT("0b2", "-", "-");
    INT("--1", "-", "-");
    INT("+-1", "-", "-");
    INT("1.0", "-", "-");
    INT("1L", "-", "-");
    INT("1 2", "-", "-");
    INT("\xd9\xa1", "-", "-"); /* an Arabic digit: bytes are not decoded */
}

static void int_that_one_reads(void **state)
{
    (void)state;
    INT("017", "15", "-");
    INT("-017", "-15", "-");
    INT(" 1", "bool 1", "1");
    INT("+0", "bool 0", "0");
    INT("-0", "bool 0", "0");
    INT("7\0junk", "7", "-");
    INT("1\0", "bool 1", "-");
    INT("\0", "0", "-");
    INT("\0x", "bool 0", "-");
    INT("\0junk", "0", "-");
    INT(" \0", "-", "-");
}

/* gh-126992: decimal digits only; gh-135241: bools as Python reads them. */
static void integers_since_3_14(void **state)
{
    (void)state;
    INT_3_14("017", "17", "17");
    INT_3_14("09", "9", "9");
    INT_3_14("0x1f", "-", "-");
    INT_3_14("0b1", "-", "-");
    INT_3_14("01", "bool 1", "bool 1");
    INT_3_14(" 1", "1", "1");
    INT_3_14("1_0", "10", "10");
    INT_3_14("7\0junk", "7", "-");
    INT_3_14("\0junk", "0", "-");
    INT_3_14("99999999999999999999", "large", "large");
    LONG_3_14("0x1fL", "-", "-");
    LONG_3_14("017L", "17", "17");
}

static void plain_integers(void **state)
{
    (void)state;
    static const char *const plain[] = {"7", "-7", "10", "999999999999999999"};
    static const char *const others[] = {"",   "-",  "0",   "+7",  "07",
                                         " 7", "7 ", "1_0", "0x1", "1000000000000000000"};
    struct stk_integer n = {0};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        struct stk_span line = stk_span_of(plain[i], strlen(plain[i]));
        struct stk_integer same = stk_integer_int_python(line, 0);
        assert_true(stk_integer_plain(line, &n));
        assert_true(n.ok && n.fits && !n.is_bool);
        assert_int_equal(n.value, same.value);
        assert_int_equal(n.digits, same.digits);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        assert_false(stk_integer_plain(stk_span_of(others[i], strlen(others[i])), &n));
    }
}

static void long_integers(void **state)
{
    (void)state;
    LONG("5L", "5", "5");
    LONG("5", "5", "5");
    LONG("-5L", "-5", "-5");
    LONG("0x1fL", "31", "31");
    LONG("00L", "0", "0");
    LONG("01L", "-", "-");
    LONG("L", "-", "-");
    LONG("", "-", "-");
    LONG("5l", "-", "-");
    LONG("5LL", "-", "-");
    LONG("5 L", "5", "5");
    LONG("5\0L", "5", "-");
    LONG("5\0", "5", "-");
    LONG("\0L", "-", "-");
    LONG("99999999999999999999L", "large", "large");
}

static void memo_indices(void **state)
{
    (void)state;
    INDEX("0", "0", "0");
    INDEX("007", "7", "7");
    INDEX(" 7 ", "7", "7");
    INDEX("1_0", "10", "10");
    INDEX("-1", "-1", "-1");
    INDEX("9223372036854775807", "9223372036854775807", "9223372036854775807");
    INDEX("9223372036854775808", "large", "large");
    INDEX("0x7", "-", "-");
    INDEX("7L", "-", "-");
    INDEX("", "-", "-");
    INDEX("7\0z", "7", "-");
    INDEX("\0", "-", "-");
}

static void digits_are_counted(void **state)
{
    (void)state;
    static char line[5000];
    memset(line, '7', sizeof line);
    assert_int_equal(stk_integer_int_c(stk_span_of(line, 4300), 0).digits, 4300);
    assert_int_equal(stk_integer_int_python(stk_span_of(line, 4301), 0).digits, 4301);
    assert_int_equal(stk_integer_long_c(stk_span_of(line, 5000), 0).digits, 5000);
    line[0] = '0';
    line[1] = 'x';
    struct stk_integer n = stk_integer_int_python(stk_span_of(line, 5000), 0);
    assert_true(n.ok && !n.fits);
    assert_int_equal(n.digits, 0); /* bases that are powers of two have no limit */
    line[0] = '1';
    line[1] = '_';
    assert_int_equal(stk_integer_index_python(stk_span_of(line, 4302)).digits, 4301);
}

static void expect_float(const char *line, size_t len, bool c, bool python)
{
    if (stk_float_c(stk_span_of(line, len)) != c ||
        stk_float_python(stk_span_of(line, len)) != python) {
        fail_msg("'%.*s'", (int)len, line);
    }
}

#define FLOAT(line, c, python) expect_float((line), sizeof(line) - 1, (c), (python))

static void floats(void **state)
{
    (void)state;
    FLOAT("0", true, true);
    FLOAT("1.5", true, true);
    FLOAT("-1.5e10", true, true);
    FLOAT("+1", true, true);
    FLOAT(".5", true, true);
    FLOAT("5.", true, true);
    FLOAT("1e+5", true, true);
    FLOAT("1E-5", true, true);
    FLOAT("nan", true, true);
    FLOAT("-NaN", true, true);
    FLOAT("inf", true, true);
    FLOAT("-Infinity", true, true);
    FLOAT("1e-400", true, true);
    FLOAT("", false, false);
    FLOAT(" ", false, false);
    FLOAT(".", false, false);
    FLOAT("1e", false, false);
    FLOAT("e5", false, false);
    FLOAT("infinit", false, false);
    FLOAT("0x1p3", false, false);
    FLOAT("1,5", false, false);
    FLOAT("--1", false, false);
    FLOAT("1_", false, false);
    FLOAT("1__0", false, false);
    FLOAT("1._5", false, false);
    FLOAT("\xd9\xa1", false, false);
    FLOAT(" 1.5", false, true);
    FLOAT("1.5 ", false, true);
    FLOAT("1.5\r", false, true);
    FLOAT("1_0.5", false, true);
    FLOAT("1e1_0", false, true);
    FLOAT("1.5\0x", true, false);
    FLOAT("\0", false, false);
}

static void floats_past_the_largest(void **state)
{
    (void)state;
    FLOAT("1e400", false, true);
    FLOAT("-1e400", false, true);
    FLOAT("1e99999999999999999999", false, true);
    FLOAT("0e99999999999999999999", true, true);
    FLOAT("1e308", true, true);
    FLOAT("1e309", false, true);
    FLOAT("1.7976931348623157e308", true, true);
    FLOAT("1.797693134862315807e308", true, true);
    FLOAT("1.797693134862315808e308", false, true);
    FLOAT("0.00001e313", true, true);
    FLOAT("0.00001e314", false, true);
    FLOAT("17976931348623157e292", true, true);
    FLOAT("17976931348623159e292", false, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(int_that_both_read),
        cmocka_unit_test(int_that_nobody_reads),
        cmocka_unit_test(int_that_one_reads),
        cmocka_unit_test(integers_since_3_14),
        cmocka_unit_test(plain_integers),
        cmocka_unit_test(long_integers),
        cmocka_unit_test(memo_indices),
        cmocka_unit_test(digits_are_counted),
        cmocka_unit_test(floats),
        cmocka_unit_test(floats_past_the_largest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
