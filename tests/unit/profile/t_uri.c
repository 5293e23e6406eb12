/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/uri.h"

static struct stk_span span(const char *text)
{
    return stk_span_of(text, strlen(text));
}

static void expect(const char *base, const char *ref, const char *want)
{
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, 1000);
    stk_uri_resolve(&out, span(base), span(ref));
    stk_buf_byte(&out, '\0');
    assert_int_equal(out.status, STK_OK);
    assert_string_equal((char *)out.data, want);
    stk_buf_release(&out);
}

/* RFC 3986, 5.4, without the fragments, which are left out. */
static void references_of_the_rfc(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"g:h", "g:h"},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q"},
        {"g#s", "http://a/b/c/g"},
        {";x", "http://a/b/c/;x"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../g", "http://a/g"},
        {"../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"http:g", "http:g"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        expect("http://a/b/c/d;p?q", cases[i][0], cases[i][1]);
    }
}

static void other_bases(void **state)
{
    (void)state;
    expect("http://a", "g", "http://a/g");
    expect("urn:x:y", "#z", "urn:x:y");
    expect("urn:x:y", "", "urn:x:y");
    expect("file:folder/a.json", "b.json", "file:folder/b.json");
    expect("", "a/b", "a/b");
}

static void percent_signs(void **state)
{
    (void)state;
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, 1000);
    assert_true(stk_uri_decode(&out, span("a%2Fb%25%c3%A9")));
    assert_true(stk_span_is(stk_buf_span(&out), "a/b%\xc3\xa9"));
    assert_false(stk_uri_decode(&out, span("%")));
    assert_false(stk_uri_decode(&out, span("%4")));
    assert_false(stk_uri_decode(&out, span("%4x")));
    stk_buf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(references_of_the_rfc),
        cmocka_unit_test(other_bases),
        cmocka_unit_test(percent_signs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
