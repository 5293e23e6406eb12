/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/utf8.h"
#include "oom.h"
#include "report/escape.h"

#define BYTES(text) stk_span_of(text, sizeof(text) - 1)

static void check_put(struct stk_span text, bool utf8, const char *want)
{
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, 1 << 16);
    stk_escape_put(&out, text, utf8);
    assert_int_equal(out.status, STK_OK);
    stk_buf_byte(&out, 0);
    assert_string_equal((const char *)out.data, want);
    stk_buf_release(&out);
}

static void ascii_stays(void **state)
{
    (void)state;
    check_put(BYTES("a b~!\"'{}"), false, "a b~!\"'{}");
    check_put(BYTES(""), true, "");
    check_put(BYTES("a\\n"), true, "a\\\\n");
}

static void terminals_obey_nothing(void **state)
{
    (void)state;
    for (int utf8 = 0; utf8 < 2; utf8++) {
        check_put(BYTES("\033[2J"), utf8, "\\x1b[2J");
        check_put(BYTES("\033]0;title\a"), utf8, "\\x1b]0;title\\x07");
        check_put(BYTES("\xc2\x9b"
                        "31m"),
                  utf8, "\\x9b31m"); /* CSI as one C1 control */
        check_put(BYTES("\x9b"), utf8, "\\x9b");
        check_put(BYTES("a\0b\x7f"), utf8, "a\\x00b\\x7f");
        check_put(BYTES("\n\r\t\b"), utf8, "\\n\\r\\t\\x08");
    }
}

static void hidden_and_bidi_are_shown(void **state)
{
    (void)state;
    for (int utf8 = 0; utf8 < 2; utf8++) {
        check_put(BYTES("\xe2\x80\xae"), utf8, "\\u202e"); /* right-to-left override */
        check_put(BYTES("\xe2\x81\xa6"), utf8, "\\u2066"); /* isolate */
        check_put(BYTES("\xe2\x80\x8b"), utf8, "\\u200b"); /* zero width space */
        check_put(BYTES("\xef\xbb\xbf"), utf8, "\\ufeff"); /* byte order mark */
        check_put(BYTES("\xe2\x80\xa8"), utf8, "\\u2028"); /* line separator */
        check_put(BYTES("\xf3\xa0\x81\x81"), utf8, "\\U000e0041"); /* tag letter */
        check_put(BYTES("\xc2\xad\xc2\xa0"), utf8, "\\xad\\xa0");
    }
}

static void letters_stay_where_they_can_be_read(void **state)
{
    (void)state;
    check_put(BYTES("\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80"), true,
              "\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80");
    check_put(BYTES("\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80"), false,
              "\\xe9\\u65e5\\U0001f600");
}

static void what_is_no_utf8_is_bytes(void **state)
{
    (void)state;
    check_put(BYTES("\xff\xfe"), true, "\\xff\\xfe");
    check_put(BYTES("\xc0\xaf"), true, "\\xc0\\xaf");  /* overlong */
    check_put(BYTES("\xe6\x97"), true, "\\xe6\\x97");  /* cut short */
    check_put(BYTES("\xed\xa0\x80"), true, "\\ud800"); /* lone surrogate */
    check_put(BYTES("\xf4\x90\x80\x80"), true, "\\xf4\\x90\\x80\\x80"); /* too large */
}

/* Whatever the bytes: printable text comes out, and nothing is left of C1 or bidi. */
static void every_code_point_is_safe(void **state)
{
    (void)state;
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, 1 << 16);
    for (uint32_t code = 0; code <= 0x10ffff; code++) {
        uint8_t text[4];
        uint32_t back = 0;
        size_t len = stk_utf8_put(code, text);
        stk_buf_clear(&out);
        stk_escape_put(&out, stk_span_of(text, len), true);
        assert_int_equal(stk_escape_decode(stk_span_of(text, len), &back), len);
        assert_int_equal(back, code);
        bool whole = out.len == len && memcmp(out.data, text, len) == 0;
        assert_true(whole || out.data[0] == '\\');
        assert_false(whole && (code < 0x20 || (code >= 0x7f && code < 0xa1) ||
                               (code >= 0x200b && code <= 0x200f) ||
                               (code >= 0x2028 && code <= 0x202e) ||
                               (code >= 0x2066 && code <= 0x2069) ||
                               (code >= 0xd800 && code <= 0xdfff)));
    }
    stk_buf_release(&out);
}

static void decode_needs_a_whole_character(void **state)
{
    (void)state;
    uint32_t code = 7;
    assert_int_equal(stk_escape_decode(BYTES(""), &code), 0);
    assert_int_equal(stk_escape_decode(BYTES("\xe6\x97"), &code), 0);
    assert_int_equal(stk_escape_decode(BYTES("\x80"), &code), 0);
    assert_int_equal(code, 7);
    assert_int_equal(stk_escape_decode(BYTES("\xc3\xa9x"), &code), 2);
    assert_int_equal(code, 0xe9);
}

static void escaped_text_is_not_escaped_twice(void **state)
{
    (void)state;
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, 1 << 16);
    stk_escape_again(&out, "a\\x1b\033\xc3\n");
    stk_buf_byte(&out, 0);
    assert_string_equal((const char *)out.data, "a\\x1b\\x1b\\xc3\\x0a");
    stk_buf_release(&out);
}

static void uris_hold_any_path(void **state)
{
    (void)state;
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, 1 << 16);
    stk_escape_uri(&out, BYTES("a/b c%?#\xff\0~"));
    stk_buf_byte(&out, 0);
    assert_string_equal((const char *)out.data, "a/b%20c%25%3F%23%FF%00~");
    stk_buf_release(&out);
}

static enum stk_status escape_all(const struct stk_alloc *alloc, void *arg)
{
    (void)arg;
    uint8_t bytes[256];
    struct stk_buf out;
    for (size_t i = 0; i < sizeof(bytes); i++) {
        bytes[i] = (uint8_t)i;
    }
    stk_buf_init(&out, alloc, 1 << 16);
    stk_escape_put(&out, stk_span_of(bytes, sizeof(bytes)), true);
    stk_escape_uri(&out, stk_span_of(bytes, sizeof(bytes)));
    enum stk_status status = out.status;
    stk_buf_release(&out);
    return status;
}

static void survives_refusals(void **state)
{
    (void)state;
    STK_OOM_LOOP(escape_all, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ascii_stays),
        cmocka_unit_test(terminals_obey_nothing),
        cmocka_unit_test(hidden_and_bidi_are_shown),
        cmocka_unit_test(letters_stay_where_they_can_be_read),
        cmocka_unit_test(what_is_no_utf8_is_bytes),
        cmocka_unit_test(every_code_point_is_safe),
        cmocka_unit_test(decode_needs_a_whole_character),
        cmocka_unit_test(escaped_text_is_not_escaped_twice),
        cmocka_unit_test(uris_hold_any_path),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
