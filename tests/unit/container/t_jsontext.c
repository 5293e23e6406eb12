/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "container/jsontext.h"
#include "walk.h"

static struct stk_reader reader_of(const char *text, size_t len)
{
    struct stk_source source = stk_source_of(stk_span_of(text, len));
    struct stk_reader r;
    stk_reader_init(&r, &source);
    return r;
}

/* The text without quotes; NULL if it is malformed. */
static const char *text_of(const char *json, struct stk_json_text *text)
{
    struct stk_reader r = reader_of(json, strlen(json));
    stk_json_text(&r, text);
    if (r.status != STK_OK) {
        return NULL;
    }
    assert_int_equal(r.pos, strlen(json));
    text->text[text->len] = '\0';
    return (const char *)text->text;
}

static void texts(void **state)
{
    (void)state;
    struct stk_json_text t;
    assert_string_equal(text_of("\"\"", &t), "");
    assert_string_equal(text_of(" \t\r\n\"name\"", &t), "name");
    assert_string_equal(text_of("\"a\\n\\u00e9\\\"\"", &t), "a\\n\\u00e9\\\"");
    assert_string_equal(text_of("\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"", &t),
                        "\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
}

static void malformed_texts(void **state)
{
    (void)state;
    static const char *const bad[] = {"",
                                      "x",
                                      "\"",
                                      "\"a",
                                      "\"\n\"",
                                      "\"\\x\"",
                                      "\"\\u12\"",
                                      "\"\\u12g4\"",
                                      "\"\xff\"",
                                      "\"\xc3\"",
                                      "\"\xed\xa0\x80\"",
                                      "\"\xc0\x80\""};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct stk_json_text t;
        if (text_of(bad[i], &t) != NULL) {
            fail_msg("%s", bad[i]);
        }
    }
}

/* A long string is cut, its hash is of all of it. */
static void hashes(void **state)
{
    (void)state;
    static char json[5003];
    static struct stk_json_text a;
    static struct stk_json_text b;
    memset(json, 'x', sizeof(json));
    json[0] = json[5001] = '"';
    struct stk_reader r = reader_of(json, 5002);
    stk_json_text(&r, &a);
    assert_int_equal(r.status, STK_OK);
    assert_int_equal(a.len, STK_JSON_TEXT_MAX);
    json[5000] = 'y';
    r = reader_of(json, 5002);
    stk_json_text(&r, &b);
    assert_true(a.hash != b.hash);
    json[5000] = 'x';
    r = reader_of(json, 5002);
    stk_json_text(&r, &b);
    assert_true(a.hash == b.hash);
}

static void numbers(void **state)
{
    (void)state;
    static const struct {
        const char *json;
        enum stk_status status;
        uint64_t value;
    } cases[] = {
        {"0", STK_OK, 0},
        {" 12", STK_OK, 12},
        {"18446744073709551615", STK_OK, UINT64_MAX},
        {"18446744073709551616", STK_E_MALFORMED, 0},
        {"01", STK_E_MALFORMED, 0},
        {"-1", STK_E_MALFORMED, 0},
        {"", STK_E_MALFORMED, 0},
        {"x", STK_E_MALFORMED, 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct stk_reader r = reader_of(cases[i].json, strlen(cases[i].json));
        uint64_t value = stk_json_number(&r);
        assert_int_equal(r.status, cases[i].status);
        if (r.status == STK_OK) {
            assert_true(value == cases[i].value);
        }
    }
}

static void marks(void **state)
{
    (void)state;
    struct stk_reader r = reader_of(" { }", 4);
    assert_false(stk_json_accept(&r, '['));
    assert_true(stk_json_accept(&r, '{'));
    stk_json_expect(&r, '}');
    assert_int_equal(r.status, STK_OK);
    stk_json_expect(&r, '}');
    assert_int_equal(r.status, STK_E_MALFORMED);
    assert_int_equal(r.pos, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts),  cmocka_unit_test(malformed_texts),
        cmocka_unit_test(hashes), cmocka_unit_test(numbers),
        cmocka_unit_test(marks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
