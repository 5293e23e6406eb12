/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "scan_check.h"

#define EVIL "cos\nsystem\n(S'id'\ntR."
#define EVIL_LEN 21

/* What search.c reads of a file at a time. */
#define CHUNK 65536

#define BUF_MAX ((size_t)1 << 19)

static uint8_t buf[BUF_MAX];

static const struct stk_limits defaults = STK_LIMITS_DEFAULT;

/* ---- what is found ---- */

/* Behind bytes that are no stream. */
static void expect_found(const char *stream, size_t len, const char *global)
{
    memcpy(buf, "\0\0\0\1plain.", 10);
    memcpy(buf + 10, stream, len);
    memcpy(buf + 10 + len, "\0\0\0\0", 4);
    const char *report = check_report(NULL, buf, len + 14);
    if (strstr(report, "\n- 10+") == NULL || strstr(report, global) == NULL) {
        fail_msg("%s", report);
    }
}

static void streams_of_every_beginning(void **state)
{
    (void)state;
    expect_found(LIT("\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R."),
                 "os.system");
    expect_found(LIT("\x80\x02" EVIL), "os.system");
    expect_found(LIT(EVIL), "os.system");
    expect_found(LIT("(S'id'\nios\nsystem\n."), "os.system");
    expect_found(LIT("(cos\nsystem\nS'id'\no."), "os.system");
    expect_found(LIT("]cos\nsystem\n(S'id'\ntRa."), "os.system");
    expect_found(LIT("}S'k'\ncos\nsystem\n(S'id'\ntRs."), "os.system");
    expect_found(LIT("\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R."), "os.system");
    expect_found(LIT("\x80\x04\x82\x05)R."), "STK305");
}

/* An import or a call counts although no STOP follows. */
static void streams_without_an_end(void **state)
{
    (void)state;
    expect_found(LIT("\x80\x02"
                     "cos\nsystem\n"),
                 "os.system");
    expect_found(LIT("cos\nsystem\n(S'id'\ntR"), "os.system");
    expect_found(LIT("cos\nsystem\n(S'id'\ntR\xff"), "os.system");
}

/* Each place relative to the end of a piece that is read at once. check_report compares
 * with a search of the whole in memory. */
static void across_the_ends_of_pieces(void **state)
{
    (void)state;
    for (size_t at = CHUNK - 560; at < CHUNK + 40; at += 13) {
        memset(buf, 0, CHUNK + 200);
        memcpy(buf + at, EVIL, EVIL_LEN);
        const char *report = check_report(NULL, buf, CHUNK + 200);
        char want[64];
        (void)snprintf(want, sizeof(want), "\n- %zu+21 p- dangerous os.system", at);
        if (strstr(report, want) == NULL) {
            fail_msg("at %zu: %s", at, report);
        }
    }
}

/* Long names near the end of a piece: a file gives what memory gives. */
static void long_names_at_the_ends_of_pieces(void **state)
{
    (void)state;
    for (size_t len = 50; len < 1200; len += 50) {
        memset(buf, 0, CHUNK + 4000);
        uint8_t *p = buf + CHUNK - 520;
        *p++ = 'c';
        memset(p, 'm', len);
        p += len;
        *p++ = '\n';
        memset(p, 'n', len);
        p += len;
        memcpy(p, "\n)R.", 4);
        (void)check_report(NULL, buf, CHUNK + 4000);
    }
}

static void the_search_goes_on_behind(void **state)
{
    (void)state;
    memset(buf, 0, 4096);
    for (size_t i = 0; i < 10; i++) {
        memcpy(buf + 100 + i * 300, EVIL, EVIL_LEN);
    }
    const char *report = check_report(NULL, buf, 4096);
    for (size_t i = 0; i < 10; i++) {
        char want[64];
        (void)snprintf(want, sizeof(want), "\n- %zu+21 ", 100 + i * 300);
        assert_non_null(strstr(report, want));
    }
}

/* ---- what is not ---- */

static uint64_t next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void nothing_in_random_bytes(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        uint64_t random = seed * UINT64_C(0x9e3779b97f4a7c15);
        for (size_t i = 0; i < BUF_MAX / 4; i++) {
            buf[i] = (uint8_t)(next_random(&random) >> 32);
        }
        CHECK(buf, BUF_MAX / 4, "data clean\n");
    }
}

/* Floats near 1, as in weights. */
static void nothing_in_numbers(void **state)
{
    (void)state;
    uint64_t random = 7;
    for (size_t i = 0; i < BUF_MAX / 4; i += sizeof(float)) {
        float value = (float)(next_random(&random) % 20000) / 10000.0F - 1.0F;
        memcpy(buf + i, &value, sizeof(value));
    }
    CHECK(buf, BUF_MAX / 4, "data clean\n");
}

/* Lines of a kind: W is a word, N a number. */
static size_t write_lines(const char *line, size_t len, uint64_t random)
{
    static const char *const words[] = {
        "class",    "import", "in",     "if",   "const", "int",   "char",
        "continue", "return", "case",   "the",  "cats",  "ideas", "object",
        "Note",     "Test",   "Result", "i",    "c",     "call",  "index",
        "copy",     "ignore", "cross",  "None", "True",  "Iowa",
    };
    const size_t n_words = sizeof(words) / sizeof(words[0]);
    size_t at = 1;
    buf[0] = '#'; /* no loader begins here */
    while (at + 200 < len) {
        for (const char *p = line; *p != '\0'; p++) {
            uint64_t r = next_random(&random);
            int n = 1;
            if (p[0] == 'W') {
                n = snprintf((char *)buf + at, 100, "%s", words[r % n_words]);
            } else if (p[0] == 'N') {
                n = snprintf((char *)buf + at, 100, "%u", (unsigned)(r % 1000));
            } else {
                buf[at] = (uint8_t)*p;
            }
            at += (size_t)n;
        }
    }
    return at;
}

static void nothing_in_text(void **state)
{
    static const char *const lines[] = {
        "W\n",                            /* a dictionary */
        "W W, W W W (W) W. W W!\n",       /* prose */
        "    W W = W(W, N);\n",           /* C */
        "W(W)[N].W = {'W': N}\n",         /* Python */
        "N,N.N,W,,\"W\"\n",               /* tables */
        "{\"W\": [N, {\"W\": null}]},\n", /* JSON */
        "<W W=\"N\">W</W>\n",             /* markup */
        "(W\n",                           /* openings */
        "W.\nW\n",                        /* ends */
        "[W]\nW = N\n",                   /* settings */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        size_t len = write_lines(lines[i], BUF_MAX / 8, i + 1);
        const char *report = check_report(NULL, buf, len);
        if (strcmp(report, "data clean\n") != 0) {
            fail_msg("lines %s: %s", lines[i], report);
        }
    }
}

/* Data alone, found where no loader begins, says nothing. */
static void nothing_in_harmless_streams_between_bytes(void **state)
{
    (void)state;
    CHECK("\0\0\0\1plain.\x80\x04N.\0\0(lp0\n.", 21, "data clean\n");
}

/* ---- bounds ---- */

static double seconds_of(const uint8_t *data, size_t len)
{
    const struct stk_report *report = NULL;
    struct stk_source source = stk_source_of(stk_span_of(data, len));
    struct stk_scanner *s = stk_scanner_new(&stk_alloc_libc, &defaults);
    assert_non_null(s);
    clock_t start = clock();
    assert_int_equal(stk_scan(s, &source, &report), STK_OK);
    clock_t end = clock();
    stk_scanner_free(s);
    return (double)(end - start) / CLOCKS_PER_SEC;
}

static void fill(const char *pattern, size_t pattern_len, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        buf[i] = (uint8_t)pattern[i % pattern_len];
    }
    buf[0] = 0; /* no loader begins here */
}

/* Sixteen times the bytes take about sixteen times the time, and not its square. */
static void time_is_linear(void **state)
{
    static const struct {
        const char *pattern;
        size_t len;
    } cases[] = {
        {LIT("c")},
        {LIT("i")},
        {LIT("c_")},
        {LIT("(")},
        {LIT("]")},
        {LIT("\x80\x04")},
        {LIT("\x80\x04(")},
        {LIT("(]}N")},
        {LIT("]0N")},
        {LIT("\x8c\x01")},
        {LIT("\x8c\x01"
             "a0")},
        {LIT("cab\n")},
        {LIT("caaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n")},
        {LIT("(S'a'\nl")},
        {LIT("(I1\nI2\ndq\x00")},
    };
    const size_t small = BUF_MAX / 32;
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fill(cases[i].pattern, cases[i].len, 16 * small);
        double one = seconds_of(buf, small);
        double all = seconds_of(buf, 16 * small);
        one = one < 0.005 ? 0.005 : one;
        if (all > 48 * one) {
            fail_msg("case %zu: %.3f s, sixteen times as much %.3f s", i, one, all);
        }
    }
}

/* Past its budget the search says so. */
static void work_is_limited(void **state)
{
    struct stk_limits limits = defaults;
    (void)state;
    fill(LIT("cab\ncd\n"), BUF_MAX / 32);
    limits.search_factor = 1;
    const char *report = check_report(&limits, buf, BUF_MAX / 32);
    assert_memory_equal(report, "data undecided\n! - STK203 ", 26);
    assert_non_null(strstr(report, "search-factor"));
    limits.search_factor = UINT64_MAX;
    memset(buf, 0, 1000);
    CHECK_WITH(&limits, buf, 1000, "data clean\n");
}

/* Bytes that are read more than once are few. */
static void a_file_is_read_about_once(void **state)
{
    const struct stk_report *report = NULL;
    struct check_file file = {.data = buf, .fail_from = UINT64_MAX};
    struct stk_source source = check_source(&file, BUF_MAX);
    struct stk_scanner *s = stk_scanner_new(&stk_alloc_libc, &defaults);
    (void)state;
    assert_non_null(s);
    memset(buf, 0, BUF_MAX);
    assert_int_equal(stk_scan(s, &source, &report), STK_OK);
    stk_scanner_free(s);
    assert_true(file.bytes < 2 * BUF_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(streams_of_every_beginning),
        cmocka_unit_test(streams_without_an_end),
        cmocka_unit_test(across_the_ends_of_pieces),
        cmocka_unit_test(long_names_at_the_ends_of_pieces),
        cmocka_unit_test(the_search_goes_on_behind),
        cmocka_unit_test(nothing_in_random_bytes),
        cmocka_unit_test(nothing_in_numbers),
        cmocka_unit_test(nothing_in_text),
        cmocka_unit_test(nothing_in_harmless_streams_between_bytes),
        cmocka_unit_test(time_is_linear),
        cmocka_unit_test(work_is_limited),
        cmocka_unit_test(a_file_is_read_about_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
