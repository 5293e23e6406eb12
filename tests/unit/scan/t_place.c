/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "scan/place.h"

static void check_text(struct stk_buf *buf, const char *want)
{
    assert_int_equal(buf->status, STK_OK);
    assert_true(stk_span_is(stk_buf_span(buf), want));
    stk_buf_clear(buf);
}

static void names(void **state)
{
    (void)state;
    struct stk_buf buf;
    stk_buf_init(&buf, &stk_alloc_libc, 1 << 16);
    stk_member_part(&buf, NULL, "a/b.pkl");
    check_text(&buf, "a/b.pkl");
    stk_member_part(&buf, "out.zip", "in.pkl");
    check_text(&buf, "out.zip!/in.pkl");
    stk_member_part(&buf, NULL, "\\xc3\\xa9.pkl"); /* escaped by the format, once */
    check_text(&buf, "\\xc3\\xa9.pkl");
    stk_member_nested(&buf, NULL, "pickle.loads", 0);
    check_text(&buf, "pickle.loads@0");
    stk_member_nested(&buf, "in.pkl", "a\nb", UINT64_MAX);
    check_text(&buf, "in.pkl!a\\nb@18446744073709551615");
    stk_buf_release(&buf);
}

static void long_names_are_cut(void **state)
{
    (void)state;
    char text[2001];
    struct stk_buf buf;
    for (size_t i = 0; i < sizeof(text) - 1; i++) {
        text[i] = 'x';
    }
    text[sizeof(text) - 1] = '\0';
    stk_buf_init(&buf, &stk_alloc_libc, 1 << 16);
    stk_member_part(&buf, "o", text);
    assert_int_equal(buf.len, 1 + 2 + 1024);
    stk_buf_clear(&buf);
    stk_member_nested(&buf, NULL, text, 7);
    assert_int_equal(buf.len, 103 + 2);
    stk_buf_release(&buf);
}

static void loaders(void **state)
{
    (void)state;
    assert_int_equal(stk_loader_of(STK_ROLE_ANY), STK_LOADER_PICKLE);
    assert_int_equal(stk_loader_of(STK_ROLE_STREAM), STK_LOADER_PICKLE);
    assert_int_equal(stk_loader_of(STK_ROLE_TORCH), STK_LOADER_TORCH);
    assert_int_equal(stk_loader_of(STK_ROLE_JOBLIB), STK_LOADER_JOBLIB);
}

static void text_that_carries_a_stream(void **state)
{
    (void)state;
    static const char hex[] = "80044e2e80044e2e80044e2e";
    struct stk_source source = stk_source_of(stk_span_of(hex, strlen(hex)));
    struct stk_buf out;
    assert_int_equal(stk_text_expand(&source, &stk_alloc_libc, &out), STK_OK);
    assert_int_equal(out.len, strlen(hex) / 2);
    stk_buf_release(&out);
    source = stk_source_of(stk_span_of("?", 1));
    assert_int_equal(stk_text_expand(&source, &stk_alloc_libc, &out), STK_OK);
    assert_int_equal(out.len, 0);
    stk_buf_release(&out);
}

static enum stk_status never(void *ctx, uint64_t off, void *buf, size_t len)
{
    (void)ctx;
    (void)off;
    (void)buf;
    return len == 0 ? STK_OK : STK_E_IO;
}

static void text_that_is_too_long_is_not_read(void **state)
{
    (void)state;
    struct stk_source source = {.size = (UINT64_C(64) << 20) + 1, .read_at = never};
    struct stk_buf out;
    assert_int_equal(stk_text_expand(&source, &stk_alloc_libc, &out), STK_OK);
    assert_int_equal(out.len, 0);
    stk_buf_release(&out);
    source.size--;
    assert_int_equal(stk_text_expand(&source, &stk_alloc_libc, &out), STK_E_IO);
    stk_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(long_names_are_cut),
        cmocka_unit_test(loaders),
        cmocka_unit_test(text_that_carries_a_stream),
        cmocka_unit_test(text_that_is_too_long_is_not_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
