/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "oom.h"
#include "pickle/text.h"

typedef bool (*decoder)(struct stk_span line, struct stk_buf *out);

/* want NULL: refused. Both with and without a place for the content. */
static void expect_text(decoder decode, const char *line, size_t len, const char *want,
                        size_t want_len)
{
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, 1000);
    uint8_t *exact = malloc(len > 0 ? len : 1);
    assert_non_null(exact);
    memcpy(exact, line, len);
    struct stk_span span = stk_span_of(exact, len);
    assert_true(decode(span, NULL) == (want != NULL));
    assert_true(decode(span, &out) == (want != NULL));
    if (want != NULL) {
        assert_int_equal(out.len, want_len);
        if (want_len > 0) {
            assert_memory_equal(out.data, want, want_len);
        }
    }
    free(exact);
    stk_buf_release(&out);
}

#define QUOTED(line, want)                                                               \
    expect_text(stk_text_quoted, (line), sizeof(line) - 1, (want), sizeof(want) - 1)
#define NOT_QUOTED(line) expect_text(stk_text_quoted, (line), sizeof(line) - 1, NULL, 0)
#define RAW(line, want)                                                                  \
    expect_text(stk_text_raw_unicode, (line), sizeof(line) - 1, (want), sizeof(want) - 1)
#define NOT_RAW(line) expect_text(stk_text_raw_unicode, (line), sizeof(line) - 1, NULL, 0)

static void quotes(void **state)
{
    (void)state;
    QUOTED("'os'", "os");
    QUOTED("\"os\"", "os");
    QUOTED("''", "");
    QUOTED("'it's'", "it's"); /* only the outermost are looked at */
    QUOTED("'''", "'");
    NOT_QUOTED("");
    NOT_QUOTED("'");
    NOT_QUOTED("os");
    NOT_QUOTED("'os\"");
    NOT_QUOTED("'os' ");
    NOT_QUOTED("xosx");
}

static void escapes_of_python_2(void **state)
{
    (void)state;
    QUOTED("'\\x6fs'", "os");
    QUOTED("'\\x6Fs'", "os");
    QUOTED("'\\157s'", "os");
    QUOTED("'\\0'", "\0");
    QUOTED("'\\08'", "\0"
                     "8");
    QUOTED("'\\1234'", "S4");
    QUOTED("'\\400'", "\0"); /* above 0377 wraps */
    QUOTED("'\\777'", "\xc3\xbf");
    QUOTED("'\\\\\\'\\\"\\b\\f\\t\\n\\r\\v\\a'", "\\'\"\b\f\t\n\r\v\a");
    QUOTED("'\\q\\u0041\\8'", "\\q\\u0041\\8"); /* unknown ones stay */
    QUOTED("'\\xe9'", "\xc3\xa9");              /* bytes as Latin-1, written as UTF-8 */
    QUOTED("'\xe9'", "\xc3\xa9");
    NOT_QUOTED("'\\x'");
    NOT_QUOTED("'\\x1'");
    NOT_QUOTED("'\\xg1'");
    NOT_QUOTED("'\\'"); /* the quote is not the escape's */
}

static void raw_unicode(void **state)
{
    (void)state;
    RAW("", "");
    RAW("os", "os");
    RAW("\\u006fs", "os");
    RAW("\\U0000006fs", "os");
    RAW("\\u4e2d", "\xe4\xb8\xad");
    RAW("\\U0001f40d", "\xf0\x9f\x90\x8d");
    RAW("\\ud83d\\udc0d", "\xed\xa0\xbd\xed\xb0\x8d"); /* two surrogates stay two */
    RAW("\xe9", "\xc3\xa9");
    RAW("\\", "\\");
    RAW("\\x41\\n", "\\x41\\n");
    RAW("\\\\u0041", "\\\\u0041"); /* the second backslash belongs to the first */
    RAW("\\\\\\u0041", "\\\\A");
    RAW("\\U0010ffff", "\xf4\x8f\xbf\xbf");
    NOT_RAW("\\U00110000");
    NOT_RAW("\\u");
    NOT_RAW("\\u006");
    NOT_RAW("\\u006g");
    NOT_RAW("\\U0000006");
    NOT_RAW("\\Uffffffff");
}

static void latin1(void **state)
{
    (void)state;
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, 1000);
    stk_text_latin1(stk_span_of("a\x80\xff", 3), &out);
    assert_int_equal(out.len, 5);
    assert_memory_equal(out.data, "a\xc2\x80\xc3\xbf", 5);
    stk_buf_release(&out);
}

static enum stk_status decode_all(const struct stk_alloc *alloc, void *arg)
{
    (void)arg;
    struct stk_buf out;
    stk_buf_init(&out, alloc, 100000);
    for (int i = 0; i < 200; i++) {
        assert_true(stk_text_quoted(stk_span_of("'abcdef\\x41'", 12), &out));
        assert_true(stk_text_raw_unicode(stk_span_of("abcdef\\u0041", 12), &out));
        stk_text_latin1(stk_span_of("abcdefghijkl", 12), &out);
    }
    enum stk_status status = out.status;
    stk_buf_release(&out);
    return status;
}

static void survives_refusals(void **state)
{
    (void)state;
    STK_OOM_LOOP(decode_all, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quotes),
        cmocka_unit_test(escapes_of_python_2),
        cmocka_unit_test(raw_unicode),
        cmocka_unit_test(latin1),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
