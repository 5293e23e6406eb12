/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "json_case.h"

static void text_is(const char *text, const char *expected, size_t n_codes)
{
    struct stk_value value = decode(text);
    assert_int_equal(value.kind, STK_VALUE_STR);
    assert_true(stk_span_is(value.text->bytes, expected));
    assert_int_equal(value.text->n_codes, n_codes);
    assert_true(value.text->hash == stk_text_hash(value.text->bytes));
}

static void texts_of_all_sorts(void **state)
{
    (void)state;
    text_is("\"\"", "", 0);
    text_is("\"abc\"", "abc", 3);
    text_is("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\b\f\n\r\t", 8);
    text_is("\"\\u0041\\u00e9\\u20AC\\ud83d\\uDE00\"",
            "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 4);
    text_is("\"A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"",
            "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 4);
    text_is("\"\\\\u0041\"", "\\u0041", 6);
    text_is("\"x\\u00e9y\xc3\xa9z\"", "x\xc3\xa9y\xc3\xa9z", 5);
    text_is("\"\x7f /\"", "\x7f /", 3);
    text_is("\"\\uffff\\udbff\\udfff\"", "\xef\xbf\xbf\xf4\x8f\xbf\xbf", 2);
    struct stk_value nul = decode("\"a\\u0000b\"");
    assert_int_equal(nul.text->bytes.len, 3);
    assert_memory_equal(nul.text->bytes.data, "a\0b", 3);
}

static void plain_strings_are_not_copied(void **state)
{
    (void)state;
    struct stk_value value = decode("[\"abc\"]");
    assert_ptr_equal(value.items->list[0].text->bytes.data, blocks[n_blocks - 1] + 2);
}

/* Each special byte at each place of strings of any length around the words that are
 * looked at at once, among bytes of all sorts. */
static void a_special_byte_anywhere(void **state)
{
    (void)state;
    static const char specials[] = {'"', '\\', '\n', '\x01', '\x1f', '\x00', '\x80'};
    struct stk_json_options options = STK_JSON_OPTIONS_DEFAULT;
    for (size_t len = 1; len < 36; len++) {
        for (size_t at = 0; at < len; at++) {
            char text[64];
            memset(text, 'a' + (int)(at % 3), sizeof text);
            memcpy(text + 1 + (len > 4 ? len - 3 : 0), "#]!", 3);
            text[0] = '"';
            text[1 + len] = '"';
            size_t kind = (len + at) % sizeof specials;
            text[1 + at] = specials[kind];
            const char *reason = kind == 0   ? "something behind"
                                 : kind == 1 ? "an escape"
                                 : kind == 6 ? "not UTF-8"
                                             : "a control character";
            if (kind == 1 && at + 1 < len) {
                text[2 + at] = 'x';
            } else if (kind == 1) {
                continue;
            }
            refused_with(&options, text, len + 2, STK_E_MALFORMED, 1 + at + (kind == 0),
                         reason);
        }
    }
}

static void lengths_and_alignments(void **state)
{
    (void)state;
    char text[128];
    for (size_t before = 0; before < 17; before++) {
        for (size_t len = 0; len < 50; len++) {
            memset(text, ' ', before);
            text[before] = '"';
            memset(text + before + 1, 'x', len);
            text[before + 1 + len] = '"';
            text[before + 2 + len] = '\0';
            struct stk_value value = decode(text);
            assert_int_equal(value.text->bytes.len, len);
            assert_int_equal(value.text->n_codes, len);
            assert_true(value.off == before);
        }
    }
}

static void what_is_no_string(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t off;
        const char *reason;
    } table[] = {
        {"\"\\x41\"", 1, "an escape that JSON does not have"},
        {"\"\\'\"", 1, "an escape that JSON does not have"},
        {"\"\\U0041\"", 1, "an escape that JSON does not have"},
        {"\"\\u004g\"", 6, "\\u without four hexadecimal digits"},
        {"\"\\u\"", 3, "\\u without four hexadecimal digits"},
        {"\"\\u12\"", 5, "\\u without four hexadecimal digits"},
        {"\"a\tb\"", 2, "a control character"},
        {"\"\xff\"", 1, "not UTF-8"},
        {"\"ab\xc0\x80\"", 3, "not UTF-8"},
        {"\"\xc3\"", 1, "not UTF-8"},
        {"\"\xed\xa0\x80\"", 1, "not UTF-8"},
        {"\"\xf4\x90\x80\x80\"", 1, "not UTF-8"},
        {"\"\xe2\x82", 0, ""},
        {"\"\xff\n\"", 1, "not UTF-8"},
        {"\"\n\xff\"", 1, "a control character"},
        {"\"\\q\xff\"", 1, "an escape"},
        {"\"\xff\\q\"", 1, "not UTF-8"},
        {"\"\xff", 1, "not UTF-8"},
        {"\"\xe0\x9f", 1, "not UTF-8"},
        {"\"\xc3\xa9\xf4\x90", 3, "not UTF-8"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (table[i].off > 0) {
            refused(table[i].text, STK_E_MALFORMED, table[i].off, table[i].reason);
        } else {
            refused(table[i].text, STK_E_TRUNCATED, strlen(table[i].text),
                    "the text ends");
        }
    }
}

static void lone_surrogates(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *bytes;
        uint64_t off;
    } table[] = {
        {"\"\\ud800\"", "\xed\xa0\x80", 1},
        {"\"x\\udfff\"", "x\xed\xbf\xbf", 2},
        {"\"\\ud800\\u0041\"",
         "\xed\xa0\x80"
         "A",
         1},
        {"\"\\ud800\\n\"", "\xed\xa0\x80\n", 1},
        {"\"\\ud800\\ud83d\\ude00\"", "\xed\xa0\x80\xf0\x9f\x98\x80", 1},
        {"\"\\ude00\\ud83d\"", "\xed\xb8\x80\xed\xa0\xbd", 1},
    };
    struct stk_json_options lenient = STK_JSON_OPTIONS_DEFAULT;
    lenient.take_surrogates = true;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct stk_json_error error;
        struct stk_value value;
        refused(table[i].text, STK_E_MALFORMED, table[i].off, "a lone surrogate");
        assert_int_equal(
            decode_with(&lenient, table[i].text, strlen(table[i].text), &value, &error),
            STK_OK);
        assert_true(stk_span_is(value.text->bytes, table[i].bytes));
    }
    /* Encoded ones are not UTF-8, escapes that are no escapes stay so. */
    refused_with(&lenient, "\"\xed\xa0\x80\"", 5, STK_E_MALFORMED, 1, "not UTF-8");
    refused_with(&lenient, "\"\\ud800\\u12\"", 12, STK_E_MALFORMED, 11,
                 "\\u without four hexadecimal digits");
    refused("\"\\ud800\\u12\"", STK_E_MALFORMED, 1, "a lone surrogate");
    refused("\"\\ud83d\\ud", STK_E_TRUNCATED, 10, "the text ends");
}

/* All code points as they are and escaped. */
static void every_code_point(void **state)
{
    (void)state;
    char text[64];
    for (unsigned code = 0x20; code < 0x110000; code += code < 0x3000 ? 1 : 97) {
        if ((code >= 0xd800 && code < 0xe000) || code == '"' || code == '\\') {
            continue;
        }
        if (code < 0x10000) {
            snprintf(text, sizeof text, "\"\\u%04x\"", code);
        } else {
            snprintf(text, sizeof text, "\"\\u%04x\\u%04X\"",
                     0xd800 + ((code - 0x10000) >> 10), 0xdc00 + (code & 0x3ff));
        }
        struct stk_value escaped = decode(text);
        assert_int_equal(escaped.text->n_codes, 1);
        snprintf(text, sizeof text, "\"%.*s\"", (int)escaped.text->bytes.len,
                 (const char *)escaped.text->bytes.data);
        struct stk_value plain = decode(text);
        assert_true(same(plain, escaped));
        assert_int_equal(plain.text->n_codes, 1);
        if (n_blocks > 10000) {
            tear_down(NULL);
            set_up(NULL);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(texts_of_all_sorts),      TEST(plain_strings_are_not_copied),
        TEST(a_special_byte_anywhere), TEST(lengths_and_alignments),
        TEST(what_is_no_string),       TEST(lone_surrogates),
        TEST(every_code_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
