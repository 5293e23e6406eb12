/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "walk.h"

static uint8_t file[65536];
static size_t len;

static int start(void **state)
{
    (void)state;
    memset(file, 0, sizeof(file));
    len = 0;
    return 0;
}

/* Writes the sum of the header at the offset. */
static void seal(size_t at)
{
    unsigned sum = 0;
    memset(file + at + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++) {
        sum += file[at + i];
    }
    (void)snprintf((char *)file + at + 148, 8, "%06o", sum);
}

static size_t add_header(const char *name, char type, const char *size)
{
    size_t at = len;
    memcpy(file + at, name, strlen(name));
    memcpy(file + at + 124, size, strlen(size));
    file[at + 156] = (uint8_t)type;
    memcpy(file + at + 257,
           "ustar\0"
           "00",
           8);
    seal(at);
    len += 512;
    return at;
}

static void add_data(const char *data)
{
    memcpy(file + len, data, strlen(data));
    len += (strlen(data) + 511) / 512 * 512;
}

static size_t add_member(const char *name, char type, const char *data)
{
    char size[24];
    (void)snprintf(size, sizeof(size), "%011zo", strlen(data));
    size_t at = add_header(name, type, size);
    add_data(data);
    return at;
}

static void add_end(void)
{
    len += 1024;
}

static void expect(const char *want)
{
    walk_expect(&stk_format_tar, file, len, want);
}

static void plain_members(void **state)
{
    (void)state;
    add_member("dir/", '5', "");
    add_member("dir/a.pkl", '0', "hello");
    add_member("link", '2', "");
    add_member("old", '\0', "there");
    add_end();
    expect("dir/a.pkl 1024+5 any: hello\nold 2560+5 any: there\n");
}

static void a_prefix_and_strange_bytes_in_names(void **state)
{
    (void)state;
    size_t at = add_member("a\x1b[2J", '0', "hello");
    memcpy(file + at + 345, "some/dir", 8);
    seal(at);
    expect("some/dir/a\\x1b[2J 512+5 any: hello\n");
    memcpy(file + at + 257, "ustar  \0", 8); /* GNU's form has no prefix */
    seal(at);
    expect("a\\x1b[2J 512+5 any: hello\n");
}

static void v7(void **state)
{
    (void)state;
    size_t at = add_member("a", '\0', "hello");
    memset(file + at + 257, 0, 8);
    seal(at);
    expect("a 512+5 any: hello\n");
}

static void long_names(void **state)
{
    (void)state;
    char name[300];
    char want[1024];
    memset(name, 'n', sizeof(name) - 1);
    name[sizeof(name) - 1] = '\0';
    add_member("././@LongLink", 'L', name);
    add_member("cut", '0', "hello");
    add_member("././@LongLink", 'K', "target");
    add_member("b", '0', "there");
    (void)snprintf(want, sizeof(want), "%.256s 1536+5 any: hello\nb 3584+5 any: there\n",
                   name);
    expect(want);
}

static void pax_headers(void **state)
{
    (void)state;
    add_member("x", 'x', "28 mtime=1700000000.1234567\n12 path=p/q\n");
    add_member("short", '0', "hello");
    add_member("next", '0', "there");
    expect("p/q 1536+5 any: hello\nnext 2560+5 any: there\n");
}

/* A header and its pax header that disagree move all that follows. */
static void pax_and_header_sizes_differ(void **state)
{
    (void)state;
    add_member("x", 'x', "12 size=600\n");
    add_member("a", '0', "hello");
    add_data("there");
    expect("! ambiguous 1024 tar header and pax header differ in a member's size\n"
           "a 1536+600 any\n");
}

static void a_global_header_that_renames(void **state)
{
    (void)state;
    add_member("g", 'g', "12 path=p/q\n");
    add_member("a", '0', "hello");
    expect("! ambiguous 512 global pax header renames or resizes what follows\n"
           "a 1536+5 any: hello\n");
}

static void malformed_pax_headers(void **state)
{
    static const char *const bad[] = {"x path=a\n", "99 path=a\n", "0 path=a\n",
                                      "00000000000000000005 \n", "10 size=1x\n"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        static struct recorder r;
        start(state);
        add_member("x", 'x', bad[i]);
        add_member("a", '0', "hello");
        struct stk_source source = stk_source_of(stk_span_of(file, len));
        walk_init(&r, &stk_alloc_libc);
        assert_int_equal(stk_format_tar.walk(&source, &r.visitor), STK_OK);
        assert_non_null(strstr(r.log, "pax header is malformed\n"));
    }
}

static void large_numbers(void **state)
{
    (void)state;
    add_header("a", '0', "\x80\0\0\0\0\0\0\0\0\0\0\x05");
    memcpy(file + 124, "\x80\0\0\0\0\0\0\0\0\0\0\x05", 12);
    seal(0);
    add_data("hello");
    expect("a 512+5 any: hello\n");
    memset(file + 124, 0xff, 12); /* negative */
    seal(0);
    expect("! malformed 0 tar member's size is not a number\n(null) 512+512 any\n");
    memcpy(file + 124, "\x80\x01", 2);
    seal(0);
    expect("! malformed 0 tar member's size is not a number\n(null) 512+512 any\n");
    memcpy(file + 124, "\x80\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff", 12);
    seal(0);
    expect("a 512+512 any\n! malformed 512 tar member ends early: 512 of "
           "18446744073709551615 bytes\n");
}

/* What only Python's int() takes for octal. */
static void pythons_octal(void **state)
{
    (void)state;
    add_header("a", '0', " +0o5");
    add_data("hello");
    expect("a 512+5 any: hello\n");
}

static void a_link_with_a_size(void **state)
{
    (void)state;
    add_header("l", '2', "00000000005");
    add_member("a", '0', "hello");
    expect("! ambiguous 0 tar member that is no file has a size\na 1024+5 any: hello\n");
}

static void sparse_members(void **state)
{
    (void)state;
    size_t at = add_header("s", 'S', "00000000005");
    file[at + 482] = 1;
    seal(at);
    len += 512; /* one more block of the map */
    add_data("hello");
    add_member("a", '0', "there");
    expect("! unsupported 0 tar member is sparse: its holes are not filled in\n"
           "s 1024+5 any: hello\na 2048+5 any: there\n");
}

static void a_broken_header(void **state)
{
    (void)state;
    add_member("a", '0', "hello");
    size_t at = add_member("b", '0', "there");
    file[at] = 'c';
    expect("a 512+5 any: hello\n! malformed 1024 tar header is malformed\n"
           "(null) 1024+1024 any\n");
    len = at + 100;
    expect("a 512+5 any: hello\n! malformed 1024 tar header is malformed\n"
           "(null) 1024+100 any\n");
}

static void a_member_that_ends_early(void **state)
{
    (void)state;
    add_header("a", '0', "00000000010");
    add_data("hello");
    len = 517;
    expect("a 512+5 any: hello\n! malformed 512 tar member ends early: 5 of 8 bytes\n");
}

static void bytes_behind_the_end(void **state)
{
    (void)state;
    add_member("a", '0', "hello");
    add_end();
    len += 8000;
    len = len / 512 * 512;
    size_t at = add_member("b", '0', "there");
    char want[256];
    (void)snprintf(
        want, sizeof(want),
        "a 512+5 any: hello\n! ambiguous %zu bytes follow the end of the archive\n"
        "(null) %zu+1024 any\n",
        at, at);
    expect(want);
}

static void torch_tar(void **state)
{
    (void)state;
    add_member("sys_info", '0', "N.");
    add_member("pickle", '0', "]a.");
    add_member("tensors", '0', "K\1.");
    add_member("storages", '0', "K\2.");
    add_end();
    expect("format torch-tar\nsys_info 512+2 torch: N.\npickle 1536+3 torch: ]a.\n"
           "tensors 2560+3 any\nstorages 3584+3 any\n");
}

static void more_members_than_are_listed(void **state)
{
    (void)state;
    static struct recorder r;
    add_member("a", '0', "hello");
    add_member("b", '0', "there");
    struct stk_source source = stk_source_of(stk_span_of(file, len));
    walk_init(&r, &stk_alloc_libc);
    r.limits.members_max = 1;
    assert_int_equal(stk_format_tar.walk(&source, &r.visitor), STK_OK);
    assert_string_equal(r.log,
                        "a 512+5 any: hello\n! limit 1024 tar has more members than "
                        "members-max (1)\n");
}

static void what_is_no_tar(void **state)
{
    (void)state;
    len = 1024;
    assert_false(walk_recognises(&stk_format_tar, file, len));
    add_member("a", '0', "hello");
    assert_false(walk_recognises(&stk_format_tar, file + 1024, 511));
    file[1024 + 257] = 'x';
    assert_false(walk_recognises(&stk_format_tar, file + 1024, 1024));
}

static void environment(void **state)
{
    (void)state;
    add_member("x", 'x', "12 path=p/q\n");
    add_member("a", '0', "hello");
    add_end();
    for (size_t at = 100; at < len; at += 512) {
        if (at != 1636) { /* data of a member is not read */
            walk_expect_shrunk(&stk_format_tar, file, len, at);
        }
    }
}

/* tarfile opens it all the same. */
static void a_first_member_without_a_name(void **state)
{
    (void)state;
    add_member("", '0', "hello");
    add_end();
    expect(" 512+5 any: hello\n");
    memset(file, 0, 512);
    assert_false(walk_recognises(&stk_format_tar, file, len));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(plain_members, start),
        cmocka_unit_test_setup(a_prefix_and_strange_bytes_in_names, start),
        cmocka_unit_test_setup(v7, start),
        cmocka_unit_test_setup(long_names, start),
        cmocka_unit_test_setup(pax_headers, start),
        cmocka_unit_test_setup(pax_and_header_sizes_differ, start),
        cmocka_unit_test_setup(a_global_header_that_renames, start),
        cmocka_unit_test_setup(malformed_pax_headers, start),
        cmocka_unit_test_setup(large_numbers, start),
        cmocka_unit_test_setup(pythons_octal, start),
        cmocka_unit_test_setup(a_link_with_a_size, start),
        cmocka_unit_test_setup(sparse_members, start),
        cmocka_unit_test_setup(a_broken_header, start),
        cmocka_unit_test_setup(a_member_that_ends_early, start),
        cmocka_unit_test_setup(bytes_behind_the_end, start),
        cmocka_unit_test_setup(torch_tar, start),
        cmocka_unit_test_setup(more_members_than_are_listed, start),
        cmocka_unit_test_setup(what_is_no_tar, start),
        cmocka_unit_test_setup(environment, start),
        cmocka_unit_test_setup(a_first_member_without_a_name, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
