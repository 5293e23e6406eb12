/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "built.h"

static void small_integers(void **state)
{
    (void)state;
    BUILT("K\xff.", "255");
    BUILT("M\xff\xff.", "65535");
    BUILT("J\xff\xff\xff\xff.", "-1");
    BUILT("J\0\0\0\x80.", "-2147483648");
    BUILT("N.", "None");
    BUILT("\x88.", "True");
    BUILT("\x89.", "False");
    BUILT("I01\n.", "True");
    BUILT("I00\n.", "False");
    BUILT("I1\n.", "1");
    BUILT("I-12\n.", "-12");
    BUILT("L-12L\n.", "-12");
    BUILT("L12\n.", "12");
}

/* Around each width: what fits 64 bits is an integer, everything else is big. */
static void long_integers(void **state)
{
    (void)state;
    BUILT("\x8a\0.", "0");
    BUILT("\x8a\1\x80.", "-128");
    BUILT("\x8a\2\xff\0.", "255");
    BUILT("\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f.", "9223372036854775807");
    BUILT("\x8a\x08\0\0\0\0\0\0\0\x80.", "-9223372036854775808");
    BUILT("\x8a\x09\0\0\0\0\0\0\0\x80\0.", "0x8000000000000000");
    BUILT("\x8a\x09\xff\xff\xff\xff\xff\xff\xff\x7f\xff.", "-0x8000000000000001");
    BUILT("\x8a\x09\0\0\0\0\0\0\0\x80\xff.", "-9223372036854775808");
    BUILT("\x8a\x09\0\0\0\0\0\0\0\0\x80.", "-0x800000000000000000");
    BUILT("\x8a\x10\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80.",
          "-0x80000000000000000000000000000000");
    BUILT("\x8a\x10\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff.",
          "-1");
    BUILT("\x8a\x11\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff.",
          "-0x100000000000000000000000000000000");
    BUILT("\x8b\2\0\0\0\1\2.", "513");
    BUILT("\x8b\x0a\0\0\0\1\0\0\0\0\0\0\0\0\1.", "0x1000000000000000001");
}

static void integers_as_text(void **state)
{
    (void)state;
    BUILT("I18446744073709551616\n.", "0x10000000000000000");
    BUILT("L18446744073709551615L\n.", "0xffffffffffffffff");
    BUILT("L-9223372036854775808L\n.", "-9223372036854775808");
    BUILT("L-9223372036854775809L\n.", "-0x8000000000000001");
    BUILT("L000000000000000000000000000000000000000000000007L\n.", "7");
}

static void the_longest_text(void **state)
{
    (void)state;
    struct stk_buf s;
    struct built b;
    stk_buf_init(&s, &stk_alloc_libc, 1 << 20);
    PUT(&s, "L");
    put_n(&s, "9", 4300);
    PUT(&s, "L\n.");
    built_init(&b, &stk_alloc_libc);
    built_run(&b, s.data, s.len);
    assert_true(b.run.stopped);
    assert_int_equal(b.root.kind, STK_VALUE_BIGINT);
    assert_int_equal(b.root.big->n, 224); /* log2(10^4300) / 64 */
    stk_buf_clear(&s);
    PUT(&s, "L");
    put_n(&s, "9", 4301);
    PUT(&s, "L\n.");
    built_run(&b, s.data, s.len);
    assert_true(b.run.quirks != 0 || !b.run.stopped);
    built_release(&b);
    stk_buf_release(&s);
}

static void floats(void **state)
{
    (void)state;
    BUILT("G\x3f\xf8\0\0\0\0\0\0.", "1.5f");
    BUILT("G\x80\0\0\0\0\0\0\0.", "-0f");
    BUILT("F1.5\n.", "1.5f");
    BUILT("F-0.0\n.", "-0f");
    BUILT("F1e22\n.", "1e+22f");
    BUILT("F-1.25e-3\n.", "-0.00125f");
    BUILT("F1e+3\n.", "1000f");
    BUILT("F0.1\n.", "0.10000000000000001f");
    BUILT("F5e-324\n.", "4.9406564584124654e-324f");
    BUILT("F1e400\n.", "inff");
    BUILT("Finf\n.", "inff");
    BUILT("F-inf\n.", "-inff");
    BUILT("Fnan\n.", "nanf");
    BUILT("F7\n.", "7f");
}

#define NO_FLOAT "fault a float as no pickler writes it at 0"
#define NO_INTEGER "fault an integer as no pickler writes it at 0"

/* Python reads all of these; nobody writes them. */
static void numbers_that_nobody_writes(void **state)
{
    (void)state;
    static const char *const floats[] = {"Finfinity\n.", "FINF\n.", "F1_0.5\n.",
                                         "F1.5 \n.", "F1e99999999999\n."};
    static const char *const integers[] = {"L1_8446744073709551616L\n.",
                                           "L 18446744073709551616L\n.",
                                           "I0x10000000000000000\n."};
    struct built b;
    built_init(&b, &stk_alloc_libc);
    for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++) {
        const char *text = built_text(&b, floats[i], strlen(floats[i]));
        assert_true(strcmp(text, NO_FLOAT) == 0 || b.run.quirks != 0);
    }
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++) {
        const char *text = built_text(&b, integers[i], strlen(integers[i]));
        assert_true(strcmp(text, NO_INTEGER) == 0 || b.run.quirks != 0 ||
                    strncmp(text, "fault", 5) == 0);
    }
    built_release(&b);
}

static void texts(void **state)
{
    (void)state;
    BUILT("X\2\0\0\0ab.", "'ab'");
    BUILT("\x8c\2\xc3\xa9.", "'\\xc3\\xa9'");
    BUILT("\x8d\1\0\0\0\0\0\0\0a.", "'a'");
    BUILT("\x8c\3\xed\xa0\x80.", "'\\xed\\xa0\\x80'");
    BUILT("\x8c\0.", "''");
    BUILT("Va\\u00e9\\U0001f600\n.", "'a\\xc3\\xa9\\xf0\\x9f\\x98\\x80'");
    BUILT("V\\ud800\n.", "'\\xed\\xa0\\x80'");
    BUILT("V\n.", "''");
    BUILT("C\2\0\xff.", "b'\\x00\\xff'");
    BUILT("B\1\0\0\0a.", "b'a'");
    BUILT("\x8e\1\0\0\0\0\0\0\0a.", "b'a'");
    BUILT("\x96\1\0\0\0\0\0\0\0a.", "bytearray 'a'");
}

/* 8-bit strings are text only where every encoding has the same characters. */
static void strings_of_python_2(void **state)
{
    (void)state;
    BUILT("U\2ab.", "'ab'");
    BUILT("T\2\0\0\0ab.", "'ab'");
    BUILT("S'a\\x62\\n'\n.", "'ab\\x0a'");
    BUILT("S\"it's\"\n.", "'it\\x27s'");
#define EIGHT_BIT                                                                        \
    "fault an 8-bit string, whose characters depend on the loader's encoding at 0"
    BUILT("U\1\xe9.", EIGHT_BIT);
    BUILT("T\1\0\0\0\xe9.", EIGHT_BIT);
    BUILT("S'\\xe9'\n.", EIGHT_BIT);
}

/* Counted and hashed when they are made, whatever opcode they are written with. */
static void texts_know_their_length(void **state)
{
    (void)state;
    struct built b;
    built_init(&b, &stk_alloc_libc);
    (void)built_text(&b, "\x8c\5\xc3\xa9\xf0\x9f\x98V\xc3\n.", 7);
    static const char s[] = "(\x8c\3\xc3\xa9zV\\u00e9z\nt.";
    (void)built_text(&b, s, sizeof s - 1);
    const struct stk_value *list = b.root.items->list;
    assert_int_equal(list[0].text->n_codes, 2);
    assert_int_equal(list[1].text->n_codes, 2);
    assert_true(list[0].text->hash == list[1].text->hash);
    built_release(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(small_integers),
        cmocka_unit_test(long_integers),
        cmocka_unit_test(integers_as_text),
        cmocka_unit_test(the_longest_text),
        cmocka_unit_test(floats),
        cmocka_unit_test(numbers_that_nobody_writes),
        cmocka_unit_test(texts),
        cmocka_unit_test(strings_of_python_2),
        cmocka_unit_test(texts_know_their_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
