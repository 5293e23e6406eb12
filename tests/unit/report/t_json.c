/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "oom.h"
#include "report/json.h"

#define BYTES(text) stk_span_of(text, sizeof(text) - 1)

static void check_span(struct stk_span text, const char *want)
{
    struct stk_buf out;
    struct stk_jsonw json;
    stk_buf_init(&out, &stk_alloc_libc, 1 << 16);
    stk_jsonw_init(&json, &out);
    stk_jsonw_span(&json, text);
    stk_buf_byte(&out, 0);
    assert_string_equal((const char *)out.data, want);
    stk_buf_release(&out);
}

static void strings_are_ascii(void **state)
{
    (void)state;
    check_span(BYTES("a\"b\\c/"), "\"a\\\"b\\\\c/\"");
    check_span(BYTES("\n\r\t\b\0\x7f"), "\"\\n\\r\\t\\u0008\\u0000\\u007f\"");
    check_span(BYTES("\xc3\xa9\xe2\x80\xae"), "\"\\u00e9\\u202e\"");
    check_span(BYTES("\xf0\x9f\x98\x80"), "\"\\ud83d\\ude00\"");
    check_span(BYTES("\033[2J"), "\"\\u001b[2J\"");
    check_span(BYTES(""), "\"\"");
}

static void what_json_cannot_carry_is_text(void **state)
{
    (void)state;
    check_span(BYTES("\xff\xc0\xaf"), "\"\\\\xff\\\\xc0\\\\xaf\"");
    check_span(BYTES("\xed\xa0\x80x"), "\"\\\\ud800x\"");
    check_span(BYTES("\xe6\x97"), "\"\\\\xe6\\\\x97\"");
}

static void write_document(struct stk_buf *out)
{
    struct stk_jsonw json;
    stk_jsonw_init(&json, out);
    stk_jsonw_begin(&json, '{');
    stk_jsonw_key(&json, "numbers");
    stk_jsonw_begin(&json, '[');
    stk_jsonw_uint(&json, 0);
    stk_jsonw_uint(&json, UINT64_MAX);
    stk_jsonw_int(&json, INT64_MIN);
    stk_jsonw_int(&json, 12);
    stk_jsonw_seconds(&json, 1.5);
    stk_jsonw_end(&json, ']');
    stk_jsonw_key(&json, "empty");
    stk_jsonw_begin(&json, '{');
    stk_jsonw_end(&json, '}');
    stk_jsonw_key(&json, "flags");
    stk_jsonw_begin(&json, '[');
    stk_jsonw_bool(&json, true);
    stk_jsonw_bool(&json, false);
    stk_jsonw_null(&json);
    stk_jsonw_str(&json, "x");
    stk_jsonw_end(&json, ']');
    stk_jsonw_end(&json, '}');
}

static void commas_stand_between(void **state)
{
    (void)state;
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, 1 << 16);
    write_document(&out);
    stk_buf_byte(&out, 0);
    assert_string_equal((const char *)out.data,
                        "{\"numbers\": [0, 18446744073709551615, -9223372036854775808, "
                        "12, 1.500], \"empty\": {}, \"flags\": [true, false, null, "
                        "\"x\"]}");
    stk_buf_release(&out);
}

static void check_base64(struct stk_span bytes, const char *want)
{
    struct stk_buf out;
    struct stk_jsonw json;
    stk_buf_init(&out, &stk_alloc_libc, 1 << 16);
    stk_jsonw_init(&json, &out);
    stk_jsonw_base64(&json, bytes);
    stk_buf_byte(&out, 0);
    assert_string_equal((const char *)out.data, want);
    stk_buf_release(&out);
}

/* RFC 4648 section 10. */
static void base64(void **state)
{
    (void)state;
    check_base64(BYTES(""), "\"\"");
    check_base64(BYTES("f"), "\"Zg==\"");
    check_base64(BYTES("fo"), "\"Zm8=\"");
    check_base64(BYTES("foo"), "\"Zm9v\"");
    check_base64(BYTES("foobar"), "\"Zm9vYmFy\"");
    check_base64(BYTES("\xff\xfe\0"), "\"//4A\"");
}

static enum stk_status use_json(const struct stk_alloc *alloc, void *arg)
{
    (void)arg;
    struct stk_buf out;
    stk_buf_init(&out, alloc, 1 << 16);
    for (int i = 0; i < 20; i++) {
        write_document(&out);
    }
    enum stk_status status = out.status;
    stk_buf_release(&out);
    return status;
}

static void survives_refusals(void **state)
{
    (void)state;
    STK_OOM_LOOP(use_json, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(strings_are_ascii),
        cmocka_unit_test(what_json_cannot_carry_is_text),
        cmocka_unit_test(commas_stand_between),
        cmocka_unit_test(base64),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
