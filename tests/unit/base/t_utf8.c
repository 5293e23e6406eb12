/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static size_t valid(const char *text, size_t len, bool surrogatepass)
{
    return stk_utf8_valid(stk_span_of(text, len), surrogatepass);
}

static void ascii_of_any_length(void **state)
{
    (void)state;
    char text[80];
    memset(text, 'a', sizeof(text));
    for (size_t len = 0; len <= sizeof(text); len++) {
        assert_int_equal(valid(text, len, false), len);
    }
    for (size_t bad = 0; bad < sizeof(text); bad++) {
        text[bad] = (char)0x80;
        assert_int_equal(valid(text, sizeof(text), false), bad);
        text[bad] = 'a';
    }
    assert_int_equal(stk_utf8_valid(stk_span_of(NULL, 0), false), 0);
}

/* Prefix lengths as bytes.decode('utf-8') of CPython 3.11 reports them. */
static void rejects_what_cpython_rejects(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        size_t strict;
        size_t pass;
    } cases[] = {
        {"\x7f", 1, 1, 1},
        {"\xc2\x80", 2, 2, 2},
        {"\xc1\xbf", 2, 0, 0},
        {"\xc0\x80", 2, 0, 0},
        {"\xdf\xbf", 2, 2, 2},
        {"\xe0\x9f\xbf", 3, 0, 0},
        {"\xe0\xa0\x80", 3, 3, 3},
        {"\xed\x9f\xbf", 3, 3, 3},
        {"\xed\xa0\x80", 3, 0, 3},
        {"\xed\xbf\xbf", 3, 0, 3},
        {"\xee\x80\x80", 3, 3, 3},
        {"\xef\xbf\xbf", 3, 3, 3},
        {"\xf0\x8f\xbf\xbf", 4, 0, 0},
        {"\xf0\x90\x80\x80", 4, 4, 4},
        {"\xf4\x8f\xbf\xbf", 4, 4, 4},
        {"\xf4\x90\x80\x80", 4, 0, 0},
        {"\xf5\x80\x80\x80", 4, 0, 0},
        {"\xff", 1, 0, 0},
        {"ab\xe2\x82", 4, 2, 2},
        {"ab\xe2\x82\xac", 5, 5, 5},
        {"ab\xf0\x9f\x98", 5, 2, 2},
        {"\xc3\xa9\xc3", 3, 2, 2},
        {"\xc3\x28", 2, 0, 0},
        {"\xe2\x82\x28", 3, 0, 0},
        {"\xf0\x9f\x98\x28", 4, 0, 0},
        {"\xed\xa0", 2, 0, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(valid(cases[i].text, cases[i].len, false), cases[i].strict);
        assert_int_equal(valid(cases[i].text, cases[i].len, true), cases[i].pass);
    }
}

/* A bad or long sequence anywhere in Latin-1, which is counted eight bytes at a time. */
static void latin_of_any_length(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t len;
        bool ok;
    } inserts[] = {
        {"\xc2\xa0", 2, true}, {"a", 1, true},         {"\xe2\x82\xac", 3, true},
        {"\xdf\xbf", 2, true}, {"\xc1\xbf", 2, false}, {"\xc3", 1, false},
        {"\xa9", 1, false},    {"\xff", 1, false},     {"\xc3\xc3\xa9", 3, false},
    };
    for (size_t i = 0; i < sizeof(inserts) / sizeof(inserts[0]); i++) {
        for (size_t before = 0; before < 20; before++) {
            char text[80];
            size_t len = 0;
            for (size_t j = 0; j < 30; j++) {
                if (j == before) {
                    memcpy(text + len, inserts[i].text, inserts[i].len);
                    len += inserts[i].len;
                }
                memcpy(text + len, "\xc3\xa9", 2);
                len += 2;
            }
            size_t want = inserts[i].ok ? len : 2 * before;
            assert_int_equal(valid(text, len, false), want);
        }
    }
}

static void every_code_point_comes_back(void **state)
{
    (void)state;
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        uint8_t out[4];
        size_t len = stk_utf8_put(code, out);
        bool surrogate = code >= 0xd800 && code <= 0xdfff;
        if (stk_utf8_valid(stk_span_of(out, len), true) != len ||
            stk_utf8_valid(stk_span_of(out, len), false) != (surrogate ? 0 : len) ||
            stk_utf8_valid(stk_span_of(out, len - 1), true) != 0) {
            fail_msg("U+%04X", (unsigned)code);
        }
    }
}

static void every_pair_of_bytes(void **state)
{
    (void)state;
    for (unsigned a = 0; a < 256; a++) {
        for (unsigned b = 0; b < 256; b++) {
            const char text[2] = {(char)a, (char)b};
            size_t want =
                a < 0x80 ? (b < 0x80 ? 2 : 1)
                         : (a >= 0xc2 && a <= 0xdf && b >= 0x80 && b <= 0xbf ? 2 : 0);
            assert_int_equal(valid(text, 2, false), want);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ascii_of_any_length),
        cmocka_unit_test(rejects_what_cpython_rejects),
        cmocka_unit_test(latin_of_any_length),
        cmocka_unit_test(every_code_point_comes_back),
        cmocka_unit_test(every_pair_of_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
