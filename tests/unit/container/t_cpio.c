/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "walk.h"

static uint8_t file[4096];
static size_t len;

static int start(void **state)
{
    (void)state;
    memset(file, 0, sizeof(file));
    len = 0;
    return 0;
}

static void add(const char *text, size_t n)
{
    assert_true(n <= sizeof(file) - len);
    memcpy(file + len, text, n);
    len += n;
}

static void pad(void)
{
    len = (len + 3) / 4 * 4;
}

static void add_newc(const char *magic, const char *name, const char *data)
{
    char head[128];
    int n = snprintf(head, sizeof(head), "%s%048x%08zx%032x%08zx%08x", magic, 0u,
                     strlen(data), 0u, strlen(name) + 1, 0u);
    add(head, (size_t)n);
    add(name, strlen(name) + 1);
    pad();
    add(data, strlen(data));
    pad();
}

static void add_odc(const char *name, const char *data)
{
    char head[128];
    int n = snprintf(head, sizeof(head), "070707%053o%06zo%011zo", 0u, strlen(name) + 1,
                     strlen(data));
    add(head, (size_t)n);
    add(name, strlen(name) + 1);
    add(data, strlen(data));
}

static void expect(const char *want)
{
    walk_expect(&stk_format_cpio, file, len, want);
}

static void each_form(void **state)
{
    add_newc("070701", "a.pkl", "hello");
    add_newc("070702", "b\n", "there");
    add_newc("070701", "folder", "");
    add_newc("070701", "TRAILER!!!", "");
    len += 512;
    expect("a.pkl 116+5 any: hello\nb\\n 240+5 any: there\n");
    start(state);
    add_odc("a.pkl", "hello");
    add_odc("b", "there");
    add_odc("TRAILER!!!", "");
    expect("a.pkl 82+5 any: hello\nb 165+5 any: there\n");
}

static void no_trailer(void **state)
{
    (void)state;
    add_odc("a", "hello");
    expect("a 78+5 any: hello\n");
}

static void bytes_behind_the_trailer(void **state)
{
    (void)state;
    add_odc("TRAILER!!!", "");
    len += 5;
    add("more", 4);
    expect("! ambiguous 92 bytes follow the end of the cpio archive\n"
           "(null) 87+9 any\n");
}

static void what_breaks_off(void **state)
{
    add_newc("070701", "a", "hello");
    len = 114;
    expect("a 112+2 any: he\n! malformed 0 cpio member ends early: 2 of 5 bytes\n");
    len = 111;
    expect("! malformed 0 cpio header is malformed or ends early\n(null) 0+111 any\n");
    start(state);
    add_odc("a", "hello");
    add("070709", 6);
    expect("a 78+5 any: hello\n! malformed 83 cpio header is malformed or ends early\n"
           "(null) 83+6 any: 070709\n");
}

/* Nothing is taken from the heap for it. */
static void a_name_that_is_said_to_be_long(void **state)
{
    (void)state;
    add_newc("070701", "a", "hello");
    memset(file + 94, 'f', 8);
    expect("! malformed 0 cpio header is malformed or ends early\n(null) 0+120 any\n");
    memset(file + 94, '0', 8);
    expect("! malformed 0 cpio header is malformed or ends early\n(null) 0+120 any\n");
}

static void what_is_no_cpio(void **state)
{
    add_newc("070701", "a", "hello");
    assert_false(walk_recognises(&stk_format_cpio, file, 109));
    file[54] = 'g';
    assert_false(walk_recognises(&stk_format_cpio, file, len));
    file[54] = '0';
    file[5] = '3';
    assert_false(walk_recognises(&stk_format_cpio, file, len));
    start(state);
    add_odc("a", "hello");
    assert_false(walk_recognises(&stk_format_cpio, file, 75));
    file[60] = '8';
    assert_false(walk_recognises(&stk_format_cpio, file, len));
}

static void members_are_limited(void **state)
{
    (void)state;
    static struct recorder r;
    add_odc("a", "hello");
    add_odc("b", "there");
    struct stk_source source = stk_source_of(stk_span_of(file, len));
    walk_init(&r, &stk_alloc_libc);
    r.limits.members_max = 1;
    assert_int_equal(stk_format_cpio.walk(&source, &r.visitor), STK_OK);
    assert_string_equal(r.log, "a 78+5 any: hello\n"
                               "! limit 83 cpio archive has more members than "
                               "members-max\n");
}

static void environment(void **state)
{
    (void)state;
    add_odc("a", "hello");
    walk_expect_shrunk(&stk_format_cpio, file, len, 70);
    walk_oom(&stk_format_cpio, file, len);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_form, start),
        cmocka_unit_test_setup(no_trailer, start),
        cmocka_unit_test_setup(bytes_behind_the_trailer, start),
        cmocka_unit_test_setup(what_breaks_off, start),
        cmocka_unit_test_setup(a_name_that_is_said_to_be_long, start),
        cmocka_unit_test_setup(what_is_no_cpio, start),
        cmocka_unit_test_setup(members_are_limited, start),
        cmocka_unit_test_setup(environment, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
