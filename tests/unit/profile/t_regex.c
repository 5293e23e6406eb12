/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oom.h"
#include "profile/regex.h"
#include "profile/regex_ecma.h"

#define LITERAL(text) stk_span_of(text, sizeof(text) - 1)
#define TEXT(text) (text), sizeof(text) - 1

static struct stk_span span_of(const char *text)
{
    return stk_span_of(text, strlen(text));
}

static int set_up(void **state)
{
    struct stk_regex_scratch *scratch = NULL;
    if (stk_regex_scratch_new(&stk_alloc_libc, &scratch) != STK_OK) {
        return -1;
    }
    *state = scratch;
    return 0;
}

static int tear_down(void **state)
{
    stk_regex_scratch_free(*state);
    return 0;
}

static struct stk_regex *make(const char *pattern)
{
    struct stk_regex *regex = NULL;
    struct stk_regex_error error;
    if (stk_regex_new(&stk_alloc_libc, span_of(pattern), &regex, &error) != STK_OK) {
        fail_msg("%s: at %zu: %s", pattern, error.off, error.reason);
    }
    return regex;
}

/* The text lies in a block of its exact size, so that ASan sees reads past it. */
static enum stk_regex_answer search(void **state, const char *pattern, const char *text,
                                    size_t len)
{
    struct stk_regex *regex = make(pattern);
    char *copy = malloc(len + 1);
    assert_non_null(copy);
    memcpy(copy + 1, text, len);
    enum stk_regex_answer answer =
        stk_regex_search(regex, *state, stk_span_of(copy + 1, len));
    free(copy);
    stk_regex_free(regex);
    return answer;
}

/* ---- what matches ---- */

struct match {
    const char *pattern;
    const char *text;
    size_t len;
    bool yes;
};

static void check_matches(void **state, const struct match *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        enum stk_regex_answer answer =
            search(state, cases[i].pattern, cases[i].text, cases[i].len);
        if (answer != (cases[i].yes ? STK_REGEX_YES : STK_REGEX_NO)) {
            fail_msg("case %zu: %s on %s: %d", i, cases[i].pattern, cases[i].text,
                     (int)answer);
        }
    }
}

#define CHECK(state, cases) check_matches(state, cases, sizeof(cases) / sizeof(cases[0]))

static void anchors_know_no_lines(void **state)
{
    static const struct match cases[] = {
        {"^x$", TEXT("x"), true},
        {"^x$", TEXT("x\n"), false},
        {"^x$", TEXT("\nx"), false},
        {"x", TEXT("a\nxb"), true},
        {"", TEXT(""), true},
        {"^$", TEXT(""), true},
        {"^$", TEXT("\n"), false},
        {"a|^b", TEXT("cb"), false},
        {"\\bfoo\\b", TEXT("a foo."), true},
        {"\\bfoo\\b", TEXT("éfooé"), true},
        {"\\Boo", TEXT("foo"), true},
        {"\\Bfoo", TEXT("foo"), false},
    };
    CHECK(state, cases);
}

static void a_dot_is_no_line_end(void **state)
{
    static const struct match cases[] = {
        {"^.$", TEXT("\n"), false},
        {"^.$", TEXT("\r"), false},
        {"^.$", TEXT("\xe2\x80\xa8"), false},
        {"^.$", TEXT("\xe2\x80\xa9"), false},
        {"^.$", TEXT("\xc2\x85"), true},
        {"^.$", TEXT("\x0b"), true},
        {"^.$", TEXT("\0"), true},
        {"^.$", TEXT("\xf0\x9f\x98\x80"), true},
    };
    CHECK(state, cases);
}

static void classes_are_ascii(void **state)
{
    static const struct match cases[] = {
        {"^\\d$", TEXT("7"), true},
        {"^\\d$", TEXT("\xd9\xa3"), false}, /* U+0663 */
        {"^[\\d]$", TEXT("\xd9\xa3"), false},
        {"^[^\\d]$", TEXT("\xd9\xa3"), true},
        {"^\\w+$", TEXT("aZ_9"), true},
        {"^\\w$", TEXT("é"), false},
        {"^\\W$", TEXT("é"), true},
        {"^[\\W]$", TEXT("é"), true},
        {"^[^\\W]$", TEXT("é"), false},
        {"^[\\D]$", TEXT("é"), true},
    };
    CHECK(state, cases);
}

static void white_space_is_ecma_s(void **state)
{
    static const char *const spaces[] = {
        "\t",           "\n",           "\v",
        "\f",           "\r",           " ",
        "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\x80",
        "\xe2\x80\x8a", "\xe2\x80\xa8", "\xe2\x80\xa9",
        "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80",
        "\xef\xbb\xbf",
    };
    static const char *const others[] = {
        "\x08",
        "\x0e",
        "\x1f",
        "!",
        "\x7f",
        "a",
        "\xc2\x85",
        "\xe2\x80\x8b",
        "\xe2\x81\xa0",
        "\xe1\xa0\x8e",
        "é",
        "\xf0\x9f\x98\x80",
    };
    static const char *const yes[] = {"^\\s$", "^[\\s]$", "^[^\\S]$", "^[a\\s]$"};
    static const char *const no[] = {"^\\S$", "^[\\S]$", "^[^\\s]$", "^[ \\S]$"};
    for (size_t p = 0; p < 4; p++) {
        for (size_t i = 0; i < sizeof(spaces) / sizeof(spaces[0]); i++) {
            size_t len = strlen(spaces[i]);
            assert_int_equal(search(state, yes[p], spaces[i], len), STK_REGEX_YES);
            if (p < 3) {
                assert_int_equal(search(state, no[p], spaces[i], len), STK_REGEX_NO);
            }
        }
        for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
            size_t len = strlen(others[i]);
            assert_int_equal(search(state, no[p], others[i], len), STK_REGEX_YES);
            if (p < 3) {
                assert_int_equal(search(state, yes[p], others[i], len), STK_REGEX_NO);
            }
        }
    }
}

static void escapes(void **state)
{
    static const struct match cases[] = {
        {"^\\x41\\u0042\\u{43}$", TEXT("ABC"), true},
        {"^\\u{000043}$", TEXT("C"), true},
        {"^\\uD83D\\uDE00$", TEXT("\xf0\x9f\x98\x80"), true},
        {"^\\u{1F600}$", TEXT("\xf0\x9f\x98\x80"), true},
        {"^[\\uD83D\\uDE00-\\u{1F64F}]$", TEXT("\xf0\x9f\x98\x81"), true},
        {"^\\cj\\cA$", TEXT("\n\x01"), true},
        {"^\\0$", TEXT("\0"), true},
        {"^\\v\\f\\t\\r\\n$", TEXT("\v\f\t\r\n"), true},
        {"^[\\b]$", TEXT("\b"), true},
        {"^[\\-\\]\\^]+$", TEXT("-]^"), true},
        {"^\\/\\.\\{\\}\\[\\]\\(\\)\\|\\^\\$\\*\\+\\?\\\\$", TEXT("/.{}[]()|^$*+?\\"),
         true},
        {"^#x x$", TEXT("#x x"), true},
        {"^a\nb$", TEXT("a\nb"), true},
    };
    CHECK(state, cases);
}

static void class_syntax(void **state)
{
    static const struct match cases[] = {
        {"[]", TEXT("a"), false},          {"a[]*b", TEXT("ab"), true},
        {"^[^]$", TEXT("\n"), true},       {"[^]", TEXT(""), false},
        {"^[&&a]+$", TEXT("&a"), true},    {"^[a-]+$", TEXT("a-"), true},
        {"^[-a]+$", TEXT("a-"), true},     {"^[\\w-]+$", TEXT("a-"), true},
        {"^[^^]$", TEXT("^"), false},      {"^[.$*+?(){}|]+$", TEXT(".$*+?(){}|"), true},
        {"^[!--]+$", TEXT("#-"), true},    {"^[a-c-e]+$", TEXT("b-e"), true},
        {"^[\\\\E]+$", TEXT("\\E"), true}, {"^[[:a:]$", TEXT("["), true},
    };
    CHECK(state, cases);
}

static void properties(void **state)
{
    static const struct match cases[] = {
        {"^\\p{Letter}\\p{L}\\p{gc=Lu}$", TEXT("aéÉ"), true},
        {"^\\p{General_Category=Decimal_Number}$", TEXT("\xd9\xa3"), true},
        {"^\\p{digit}\\p{punct}$", TEXT("1!"), true},
        {"^\\P{Lu}$", TEXT("A"), false},
        {"^\\p{LC}$", TEXT("A"), true},
        {"^\\p{LC}$", TEXT("\xe4\xb8\x80"), false},
        {"^\\p{Script=Greek}\\p{sc=Grek}$", TEXT("\xce\xb1\xce\xb2"), true},
        {"^\\p{Script=Greek}$", TEXT("a"), false},
        {"^\\p{Script_Extensions=Hira}$", TEXT("\xe3\x83\xbc"), true},
        {"^\\p{Script=Hiragana}$", TEXT("\xe3\x83\xbc"), false},
        {"^[\\p{Nd}_]+$", TEXT("1_\xd9\xa3"), true},
        {"^[^\\P{L}]$", TEXT("é"), true},
        {"^\\p{ASCII}$", TEXT("\x7f"), true},
        {"^\\P{ASCII}$", TEXT("\x7f"), false},
        {"^[\\P{ASCII}]$", TEXT("é"), true},
        {"^\\p{Any}$", TEXT("\n"), true},
        {"^\\p{Assigned}$", TEXT("a"), true},
        {"^\\P{Assigned}$", TEXT("a"), false},
        {"^\\p{Emoji_Presentation}$", TEXT("\xf0\x9f\x98\x80"), true},
        {"^\\p{White_Space}\\p{XIDS}$", TEXT(" a"), true},
    };
    CHECK(state, cases);
}

static void groups_and_references(void **state)
{
    static const struct match cases[] = {
        {"^(?<n>a|b)\\k<n>$", TEXT("bb"), true},
        {"^(?<n>a|b)\\k<n>$", TEXT("ab"), false},
        {"^\\k<n>(?<n>a)$", TEXT("a"), true}, /* not set yet: empty */
        {"^\\2(a)(b)\\2$", TEXT("abb"), true},
        {"^(?:b|(a))\\1{2}$", TEXT("b"), true},
        {"^(a\\1)$", TEXT("a"), true},
        {"^(?<\\u0061>x)\\k<a>$", TEXT("xx"), true},
        {"^(?<$\xc3\xa9_1>x)\\k<$\xc3\xa9_1>$", TEXT("xx"), true},
        {"^(?=a)\\w(?!c)$", TEXT("a"), true},
        {"(?<=a)b", TEXT("ab"), true},
        {"(?<!a)b", TEXT("ab"), false},
        {"(?<=aa|b)c", TEXT("bc"), true},
        {"^(a)(b)(c)(d)(e)(f)(g)(h)(i)(j)\\10$", TEXT("abcdefghijj"), true},
        {"^a{2}b{1,}c{0,2}d{1,2}?$", TEXT("aabbbcdd"), true},
        {"^(?:ab){2,}$", TEXT("ababab"), true},
        {"^(?:ab){2,}$", TEXT("ab"), false},
        {"^x{2,}$", TEXT("xxx"), true},
        {"^x{2,}$", TEXT("x"), false},
        {"^x+?y*?$", TEXT("xxy"), true},
    };
    CHECK(state, cases);
}

/* Lone surrogates, as surrogatepass writes them, are characters. */
static void surrogates(void **state)
{
    static const struct match cases[] = {
        {"^.$", TEXT("\xed\xa0\x80"), true},
        {"^.$", TEXT("\xed\xbf\xbf"), true},
        {"^..$", TEXT("\xed\xa0\xbd\xed\xb8\x80"), true}, /* two, not one pair */
        {"^[^a]$", TEXT("\xed\xa0\x80"), true},
        {"^\\W\\S\\D$", TEXT("\xed\xa0\x80\xed\xa0\x80\xed\xa0\x80"), true},
        {"^\\uD800$", TEXT("\xed\xa0\x80"), true},
        {"^[\\uD800-\\uDFFF]$", TEXT("\xed\xb0\x80"), true},
        {"^\\p{Cs}$", TEXT("\xed\xb0\x80"), true},
        {"^\\p{L}$", TEXT("\xed\xb0\x80"), false},
        {"[\\uD800-\\uDFFF]", TEXT("\xf0\x9f\x98\x80"), false},
        {"a\\b", TEXT("\xed\xa0\x80\x61\xed\xa0\x80"), true},
        {"^\xed\xa0\x80$", TEXT("\xed\xa0\x80"), true},
        {"(?<=\\uD800)b", TEXT("\xed\xa0\x80\x62"), true},
    };
    CHECK(state, cases);
}

static void what_is_not_utf8_is_refused(void **state)
{
    static const char *const texts[] = {"\x80", "a\xff", "\xc3", "\xf0\x9f", "\xc0\x80"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(search(state, "", texts[i], strlen(texts[i])),
                         STK_REGEX_GAVE_UP);
    }
    struct stk_regex *regex = make("^$");
    assert_int_equal(stk_regex_search(regex, *state, stk_span_of(NULL, 0)),
                     STK_REGEX_YES);
    stk_regex_free(regex);
}

/* ---- what is refused ---- */

struct refused {
    const char *pattern;
    size_t off;
    enum stk_status status;
};

static void check_refused(const struct refused *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct stk_regex *regex = NULL;
        struct stk_regex_error error = {.off = 999};
        enum stk_status status =
            stk_regex_new(&stk_alloc_libc, span_of(cases[i].pattern), &regex, &error);
        if (status != cases[i].status || error.off != cases[i].off ||
            error.reason[0] == '\0' || regex != NULL) {
            fail_msg("%s: status %d at %zu: %s", cases[i].pattern, (int)status, error.off,
                     error.reason);
        }
    }
}

static const struct refused ecma_refuses[] = {
    {"a\\", 1, STK_E_MALFORMED},
    {"\\a", 0, STK_E_MALFORMED},
    {"x\\z", 1, STK_E_MALFORMED},
    {"\\A", 0, STK_E_MALFORMED},
    {"\\Z", 0, STK_E_MALFORMED},
    {"\\Qa\\E", 0, STK_E_MALFORMED},
    {"\\-", 0, STK_E_MALFORMED},
    {"\\_", 0, STK_E_MALFORMED},
    {"\\é", 0, STK_E_MALFORMED},
    {"\\01", 0, STK_E_MALFORMED},
    {"\\c1", 0, STK_E_MALFORMED},
    {"\\x4", 0, STK_E_MALFORMED},
    {"\\u12", 0, STK_E_MALFORMED},
    {"\\u{}", 0, STK_E_MALFORMED},
    {"\\u{110000}", 0, STK_E_MALFORMED},
    {"\\R", 0, STK_E_MALFORMED},
    {"\\1", 1, STK_E_MALFORMED},
    {"(a)\\2", 4, STK_E_MALFORMED},
    {"\\k", 2, STK_E_MALFORMED},
    {"(?<a>x)\\k<b>", 9, STK_E_MALFORMED},
    {"(?<a>x)(?<a>y)", 10, STK_E_MALFORMED},
    {"(?<1>x)", 3, STK_E_MALFORMED},
    {"(?<>x)", 3, STK_E_MALFORMED},
    {"(?<a", 3, STK_E_MALFORMED},
    {"(?P<a>x)", 0, STK_E_MALFORMED},
    {"(?i)a", 0, STK_E_MALFORMED},
    {"(?i:a)", 0, STK_E_MALFORMED},
    {"(?>a)", 0, STK_E_MALFORMED},
    {"(?#a)", 0, STK_E_MALFORMED},
    {"(?R)", 0, STK_E_MALFORMED},
    {"(?C1)", 0, STK_E_MALFORMED},
    {"(?|a)", 0, STK_E_MALFORMED},
    {"(*UTF)a", 1, STK_E_MALFORMED},
    {"a(", 1, STK_E_MALFORMED},
    {"a)", 1, STK_E_MALFORMED},
    {"[a", 0, STK_E_MALFORMED},
    {"a]", 1, STK_E_MALFORMED},
    {"a}", 1, STK_E_MALFORMED},
    {"a{", 1, STK_E_MALFORMED},
    {"a{,2}", 1, STK_E_MALFORMED},
    {"a{2,1}", 1, STK_E_MALFORMED},
    {"*a", 0, STK_E_MALFORMED},
    {"a**", 2, STK_E_MALFORMED},
    {"a++", 2, STK_E_MALFORMED},
    {"a{2}+", 4, STK_E_MALFORMED},
    {"^*", 1, STK_E_MALFORMED},
    {"\\b+", 2, STK_E_MALFORMED},
    {"(?=a)*", 5, STK_E_MALFORMED},
    {"|*", 1, STK_E_MALFORMED},
    {"[b-a]", 1, STK_E_MALFORMED},
    {"[a-\\d]", 1, STK_E_MALFORMED},
    {"[\\w-z]", 1, STK_E_MALFORMED},
    {"[\\1]", 1, STK_E_MALFORMED},
    {"[\\B]", 1, STK_E_MALFORMED},
    {"[[:alpha:]]", 10, STK_E_MALFORMED},
    {"\\p{letter}", 2, STK_E_MALFORMED},
    {"\\pL", 2, STK_E_MALFORMED},
    {"\\p{Greek}", 2, STK_E_MALFORMED},
    {"\\p{^L}", 2, STK_E_MALFORMED},
    {"\\p{sc=L}x", 0, STK_E_MALFORMED},
    {"a\\p{Script=Nowhere}", 1, STK_E_MALFORMED},
    {"\\p{sc=}", 2, STK_E_MALFORMED},
    {"a\xff", 1, STK_E_MALFORMED},
};

static void what_ecma_refuses(void **state)
{
    (void)state;
    check_refused(ecma_refuses, sizeof(ecma_refuses) / sizeof(ecma_refuses[0]));
}

static void what_pcre2_cannot_do(void **state)
{
    (void)state;
    static const struct refused cases[] = {
        {"x(?<=a+)b", 1, STK_E_UNSUPPORTED},
        {"é+(?<!\\s|aa*)b", 3, STK_E_UNSUPPORTED},
        {"a{65536}", 1, STK_E_UNSUPPORTED},
        {"a{1,99999999999999999999}", 1, STK_E_UNSUPPORTED},
    };
    check_refused(cases, sizeof(cases) / sizeof(cases[0]));
    struct stk_regex *regex = NULL;
    struct stk_regex_error error;
    assert_int_equal(stk_regex_new(&stk_alloc_libc,
                                   span_of("(?:(?:a{1000}b){1000}c){1000}"), &regex,
                                   &error),
                     STK_E_UNSUPPORTED);
}

static char *repeated(const char *what, size_t n, const char *tail)
{
    size_t len = strlen(what);
    char *text = malloc(len * n + strlen(tail) + 1);
    assert_non_null(text);
    for (size_t i = 0; i < n; i++) {
        memcpy(text + i * len, what, len);
    }
    memcpy(text + len * n, tail, strlen(tail) + 1);
    return text;
}

static void patterns_have_limits(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t fits;
    } cases[] = {{"(?:", STK_REGEX_DEPTH_MAX}, {"()", STK_REGEX_GROUPS_MAX}};
    for (size_t i = 0; i < 2; i++) {
        struct stk_regex *regex = NULL;
        struct stk_regex_error error;
        char *text = repeated(cases[i].what, cases[i].fits + 1, "");
        assert_int_equal(stk_regex_new(&stk_alloc_libc, span_of(text), &regex, &error),
                         STK_E_UNSUPPORTED);
        assert_int_equal(error.off, cases[i].fits * strlen(cases[i].what));
        free(text);
    }
    char *groups = repeated("()", STK_REGEX_GROUPS_MAX, "");
    stk_regex_free(make(groups));
    free(groups);
    char *open = repeated("(?:", STK_REGEX_DEPTH_MAX, "a");
    char *nested = repeated(")", STK_REGEX_DEPTH_MAX, "");
    char both[4 * STK_REGEX_DEPTH_MAX + 2];
    (void)snprintf(both, sizeof(both), "%s%s", open, nested);
    stk_regex_free(make(both));
    free(open);
    free(nested);
    char *longer = repeated("a", STK_REGEX_PATTERN_MAX, "b");
    char *spaces = repeated("\\s", STK_REGEX_PATTERN_MAX / 2, "");
    struct stk_regex *regex = NULL;
    struct stk_regex_error error;
    assert_int_equal(stk_regex_new(&stk_alloc_libc, span_of(longer), &regex, &error),
                     STK_E_UNSUPPORTED);
    assert_int_equal(stk_regex_new(&stk_alloc_libc, span_of(spaces), &regex, &error),
                     STK_E_UNSUPPORTED);
    free(longer);
    free(spaces);
}

/* ---- work ---- */

/* Without a linear form the limit answers. */
static void hostile_references_are_given_up(void **state)
{
    static const char *const patterns[] = {
        "^(?:(a+)+)+\\1$",
        "^(?:(a|a)*)*\\1b$",
        "^(a?){40}\\1b$",
        "(a*)*\\1b",
    };
    char *text = repeated("a", 60, "!");
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        enum stk_regex_answer answer = search(state, patterns[i], text, strlen(text));
        if (answer == STK_REGEX_YES) {
            fail_msg("%s", patterns[i]);
        }
        if (i == 0) {
            assert_int_equal(answer, STK_REGEX_GAVE_UP);
        }
    }
    free(text);
}

/* Patterns on which backtracking takes exponential, cubic or quadratic time are answered
 * in linear time; a test that backtracks would not end. */
static void hostile_patterns_are_answered(void **state)
{
    static const char *const patterns[] = {
        "(a+)+$",      "^(a+)+$",    "(a|aa)+$",     "(?:a|a)*c",
        "[a-z]+[0-9]", "\\w+@\\w+",  "a*a*a*a*[bc]", "^[a-z]*[a-z0-9]*[a-z0-9]*X$",
        "a{2,}[bc]$",  "(x+x+)+y|b", "[^\\s]+ $",    "^(([a-z])+.)+[A-Z]([a-z])+$",
    };
    static const size_t lengths[] = {30, 1000, 5000, 300000};
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        for (size_t j = 0; j < sizeof(lengths) / sizeof(lengths[0]); j++) {
            char *text = repeated("a", lengths[j], "!");
            enum stk_regex_answer answer = search(state, patterns[i], text, strlen(text));
            if (answer != STK_REGEX_NO) {
                fail_msg("%s, %zu: %d", patterns[i], lengths[j], (int)answer);
            }
            free(text);
        }
    }
}

/* The same answers on both sides of the length from which the automaton is asked. */
static void long_texts_match_as_short_ones(void **state)
{
    static const struct {
        const char *pattern;
        const char *tail;
        bool yes;
    } cases[] = {
        {"[a-z]+[0-9]", "x7", true},
        {"[a-z]+[0-9]$", "x7!", false},
        {"\\s+$", "  ", true},
        {"^.*END$", "END", true},
        {"^.*END$", "END\n", false},
        {"^[^]*END$", "\nEND", true},
        {"(?<=b)c+$", "abccc", true},
        {"(?<=b)c+$", "acccd", false},
        {"\\bx+\\b", " xx ", true},
        {"^\\P{Lu}+$", "é", true},
        {"^\\P{Lu}+$", "É", false},
        {"^(?=.*\\d)(?=.*[!?]).*$", "1!", true},
        {"\xed\xa0\x80+!", "\xed\xa0\x80!", true},
    };
    static const size_t lengths[] = {1, 4000, 4096, 4097, 10000};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (size_t j = 0; j < sizeof(lengths) / sizeof(lengths[0]); j++) {
            char *text = repeated("-", lengths[j], cases[i].tail);
            enum stk_regex_answer answer =
                search(state, cases[i].pattern, text, strlen(text));
            if (answer != (cases[i].yes ? STK_REGEX_YES : STK_REGEX_NO)) {
                fail_msg("%s, %zu: %d", cases[i].pattern, lengths[j], (int)answer);
            }
            free(text);
        }
    }
}

static void long_loops_are_not_given_up(void **state)
{
    char *text = repeated("QUJD", 500000, "");
    assert_int_equal(search(state, "^(?:[A-Za-z0-9+/]{4})*$", text, strlen(text)),
                     STK_REGEX_YES);
    text[strlen(text) - 1] = '!';
    assert_int_equal(search(state, "^(?:[A-Za-z0-9+/]{4})*$", text, strlen(text)),
                     STK_REGEX_NO);
    free(text);
}

/* ---- memory ---- */

static void matching_allocates_once(void **state)
{
    (void)state;
    static const char *const patterns[] = {"^a+b?$", "(a|b)*c", "(.)\\1x", "a.*(?=b)"};
    struct stk_oom oom;
    struct stk_regex_scratch *scratch = NULL;
    char *text = repeated("ab", 4000, "");
    stk_oom_init(&oom, 0, false);
    assert_int_equal(stk_regex_scratch_new(&oom.alloc, &scratch), STK_OK);
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        struct stk_regex *regex = make(patterns[i]);
        (void)stk_regex_search(regex, scratch, span_of(text));
        uint64_t requests = oom.requests;
        for (size_t len = 0; len < 100; len++) {
            (void)stk_regex_search(regex, scratch, stk_span_of(text, len));
            (void)stk_regex_search(regex, scratch, stk_span_of(text, 80 * len));
        }
        assert_int_equal(oom.requests, requests);
        stk_regex_free(regex);
    }
    stk_regex_scratch_free(scratch);
    assert_int_equal(oom.blocks, 0);
    assert_false(oom.wrong_size);
    free(text);
}

static enum stk_status make_and_match(const struct stk_alloc *alloc, void *arg)
{
    const char *pattern = arg;
    struct stk_regex *regex = NULL;
    struct stk_regex_scratch *scratch = NULL;
    struct stk_regex_error error;
    enum stk_status status = stk_regex_new(alloc, span_of(pattern), &regex, &error);
    if (status == STK_OK) {
        status = stk_regex_scratch_new(alloc, &scratch);
    }
    if (status == STK_OK &&
        stk_regex_search(regex, scratch, LITERAL("xabab")) != STK_REGEX_YES) {
        status = STK_E_NOMEM; /* given up, since the interpreter got no memory */
    }
    stk_regex_free(regex);
    stk_regex_scratch_free(scratch);
    return status;
}

static enum stk_status make_refused(const struct stk_alloc *alloc, void *arg)
{
    struct stk_regex *regex = NULL;
    struct stk_regex_error error;
    enum stk_status status =
        stk_regex_new(alloc, span_of((const char *)arg), &regex, &error);
    return status == STK_E_UNSUPPORTED || status == STK_E_MALFORMED ? STK_OK : status;
}

static void memory_may_fail(void **state)
{
    (void)state;
    char names[] = "(?<n>[a-z])(?<m>b)\\k<n>\\k<m>?";
    char loops[] = "(ab)+\\p{L}*";
    char lookbehind[] = "(?<n>a)(?<=a+)";
    char unclosed[] = "(?<n>a)[";
    STK_OOM_LOOP(make_and_match, names);
    STK_OOM_LOOP(make_and_match, loops);
    STK_OOM_LOOP(make_refused, lookbehind);
    STK_OOM_LOOP(make_refused, unclosed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(anchors_know_no_lines, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dot_is_no_line_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(classes_are_ascii, set_up, tear_down),
        cmocka_unit_test_setup_teardown(white_space_is_ecma_s, set_up, tear_down),
        cmocka_unit_test_setup_teardown(escapes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(class_syntax, set_up, tear_down),
        cmocka_unit_test_setup_teardown(properties, set_up, tear_down),
        cmocka_unit_test_setup_teardown(groups_and_references, set_up, tear_down),
        cmocka_unit_test_setup_teardown(surrogates, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_utf8_is_refused, set_up, tear_down),
        cmocka_unit_test(what_ecma_refuses),
        cmocka_unit_test(what_pcre2_cannot_do),
        cmocka_unit_test(patterns_have_limits),
        cmocka_unit_test_setup_teardown(hostile_references_are_given_up, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(hostile_patterns_are_answered, set_up, tear_down),
        cmocka_unit_test_setup_teardown(long_texts_match_as_short_ones, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(long_loops_are_not_given_up, set_up, tear_down),
        cmocka_unit_test(matching_allocates_once),
        cmocka_unit_test(memory_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
