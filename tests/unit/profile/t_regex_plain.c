/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/regex.h"
#include "profile/regex_plain.h"

static struct stk_span span_of(const char *text)
{
    return stk_span_of(text, strlen(text));
}

/* The text lies in a block of its exact size, so that ASan sees reads past it. */
static bool matches(const char *pattern, const char *text)
{
    struct stk_regex_plain plain;
    size_t len = strlen(text);
    uint8_t *copy = malloc(len + 1);
    assert_non_null(copy);
    stk_copy(copy + 1, text, len);
    if (!stk_regex_plain(span_of(pattern), &plain)) {
        fail_msg("%s is not plain", pattern);
    }
    bool found = stk_regex_plain_matches(&plain, stk_span_of(copy + 1, len));
    free(copy);
    return found;
}

static void names_and_digests(void **state)
{
    (void)state;
    assert_true(matches("^[a-zA-Z_][a-zA-Z0-9_-]{0,3}$", "a-9_"));
    assert_false(matches("^[a-zA-Z_][a-zA-Z0-9_-]{0,3}$", "a-9_x"));
    assert_false(matches("^[a-zA-Z_][a-zA-Z0-9_-]{0,3}$", "9"));
    assert_false(matches("^[a-zA-Z_][a-zA-Z0-9_-]{0,3}$", ""));
    assert_true(matches("^call_[0-9a-f]{2,}$", "call_0f"));
    assert_false(matches("^call_[0-9a-f]{2,}$", "call_0"));
    assert_false(matches("^call_[0-9a-f]{2,}$", "call_0g"));
    assert_true(matches("^\\.\\/[.\\]-]+$", "./.-]"));
    assert_true(matches("^a", "abc"));
    assert_false(matches("^a$", "a\n"));
    assert_true(matches("^", ""));
    assert_false(matches("^$", "x"));
    assert_false(matches("^[a-z]*$", "caf\xc3\xa9"));
    assert_true(matches("^https?:", "http:") && matches("^https?:", "https:"));
}

/* What needs more than one look at each character is left to PCRE2. */
static void the_rest_is_not_plain(void **state)
{
    static const char *const patterns[] = {
        "",
        "a",
        "a$",
        "^a|b",
        "^(a)",
        "^.",
        "^\\d",
        "^[^a]",
        "^[]",
        "^[\\d]",
        "^a*?b",
        "^a+a",
        "^a?b?a$",
        "^[ab]{1,2}b$",
        "^a$b",
        "^a{1,",
        "^\xc3\xa9",
        "^[\xc3\xa9]",
        "^^a",
        "^[a-\\d]",
        "^a{70000}",
        "^a?b*[ab]",
        "^\\",
        "^[a",
        "^[\\",
        "^a{2}{3}",
        "^\\u0041",
        "^\x01",
        "^abcdefghijklmnopq",
        "^[a][b][c][d][e][f][g][h][i]",
    };
    (void)state;
    for (size_t i = 0; i < sizeof patterns / sizeof patterns[0]; i++) {
        struct stk_regex_plain plain;
        if (stk_regex_plain(span_of(patterns[i]), &plain)) {
            fail_msg("%s is not plain", patterns[i]);
        }
    }
}

static unsigned dice(uint64_t *seed, unsigned n)
{
    *seed = *seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (unsigned)(*seed >> 33) % n;
}

static void random_pattern(uint64_t *seed, char *pattern, size_t size)
{
    static const char *const atoms[] = {"a",    "b",     "c",    "\\.",
                                        "[ab]", "[a-c]", "[.c]", "[c-]"};
    static const char *const counts[] = {"",  "",    "",     "*",    "+",
                                         "?", "{2}", "{1,}", "{0,2}"};
    size_t len = (size_t)snprintf(pattern, size, "^");
    for (unsigned n = dice(seed, 5); n > 0; n--) {
        len += (size_t)snprintf(pattern + len, size - len, "%s%s", atoms[dice(seed, 8)],
                                counts[dice(seed, 9)]);
    }
    (void)snprintf(pattern + len, size - len, "%s", dice(seed, 2) == 0 ? "$" : "");
}

static enum stk_regex_answer by_pcre2(struct stk_regex_scratch *scratch,
                                      const char *pattern, const char *text)
{
    char inside[80];
    struct stk_regex *regex = NULL;
    struct stk_regex_error error;
    (void)snprintf(inside, sizeof inside, "(?:%s)", pattern);
    assert_int_equal(stk_regex_new(&stk_alloc_libc, span_of(inside), &regex, &error),
                     STK_OK);
    enum stk_regex_answer answer = stk_regex_search(regex, scratch, span_of(text));
    stk_regex_free(regex);
    return answer;
}

static void agrees_with_pcre2(void **state)
{
    uint64_t seed = 7;
    size_t n_plain = 0;
    size_t n_yes = 0;
    struct stk_regex_scratch *scratch = NULL;
    (void)state;
    assert_int_equal(stk_regex_scratch_new(&stk_alloc_libc, &scratch), STK_OK);
    for (int i = 0; i < 3000; i++) {
        char pattern[64];
        char text[8] = "";
        struct stk_regex_plain plain;
        random_pattern(&seed, pattern, sizeof pattern);
        for (unsigned n = dice(&seed, 7), at = 0; at < n; at++) {
            text[at] = "abc.-\n"[dice(&seed, 6)];
        }
        if (!stk_regex_plain(span_of(pattern), &plain)) {
            continue;
        }
        bool found = matches(pattern, text);
        n_plain++;
        n_yes += found ? 1 : 0;
        if (found != (by_pcre2(scratch, pattern, text) == STK_REGEX_YES)) {
            fail_msg("%s of %s", pattern, text);
        }
    }
    assert_true(n_plain > 500 && n_yes > 100 && n_yes < n_plain - 100);
    stk_regex_scratch_free(scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_digests),
        cmocka_unit_test(the_rest_is_not_plain),
        cmocka_unit_test(agrees_with_pcre2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
