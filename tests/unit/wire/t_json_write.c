/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "json_case.h"
#include "json_graph.h"
#include "oom.h"

static const struct stk_json_write_options usual = STK_JSON_WRITE_OPTIONS_DEFAULT;

static char text[1 << 16]; /* what was written last */

static enum stk_status write_to(struct stk_value value,
                                const struct stk_json_write_options *options,
                                struct stk_json_error *ret_error)
{
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, sizeof text - 1);
    enum stk_status status = stk_json_write(&out, value, options, ret_error);
    if (out.len > 0) {
        memcpy(text, out.data, out.len);
    }
    text[out.len] = '\0';
    assert_true(status == STK_OK || out.len == 0);
    stk_buf_release(&out);
    return status;
}

static void written(struct stk_value value, const char *expected)
{
    struct stk_json_error error = {0, "no memory"};
    if (write_to(value, &usual, &error) != STK_OK) {
        print_error("%s at %llu\n", error.reason, (unsigned long long)error.off);
        fail();
    }
    assert_string_equal(text, expected);
}

static void not_written(struct stk_value value,
                        const struct stk_json_write_options *options,
                        enum stk_status status, uint64_t off, const char *reason)
{
    struct stk_json_error error = {UINT64_MAX, ""};
    assert_int_equal(write_to(value, options, &error), status);
    if (strstr(error.reason, reason) == NULL) {
        print_error("%s\n", error.reason);
        fail();
    }
    assert_true(error.off == off);
}

static void words_and_integers(void **state)
{
    (void)state;
    static const struct {
        int64_t number;
        const char *text;
    } table[] = {
        {0, "0"},
        {7, "7"},
        {-1, "-1"},
        {10, "10"},
        {99, "99"},
        {100, "100"},
        {-12345, "-12345"},
        {INT64_MAX, "9223372036854775807"},
        {INT64_MIN, "-9223372036854775808"},
    };
    written(stk_value_none(0), "null");
    written(stk_value_bool(0, true), "true");
    written(stk_value_bool(0, false), "false");
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        written(integer(table[i].number), table[i].text);
    }
}

/* As CPython's json.dumps() writes them. */
static void floats(void **state)
{
    (void)state;
    static const struct {
        double number;
        const char *text;
    } table[] = {
        {0.0, "0.0"},
        {-0.0, "-0.0"},
        {1.0, "1.0"},
        {-1.5, "-1.5"},
        {0.1, "0.1"},
        {100.0, "100.0"},
        {1234.5678, "1234.5678"},
        {0.0001, "0.0001"},
        {0.00012, "0.00012"},
        {0.00001, "1e-05"},
        {0.000012, "1.2e-05"},
        {1e15, "1000000000000000.0"},
        {9007199254740993.0, "9007199254740992.0"},
        {9999999999999998.0, "9999999999999998.0"},
        {1e16, "1e+16"},
        {-1.5e16, "-1.5e+16"},
        {1e22, "1e+22"},
        {1e100, "1e+100"},
        {1.7976931348623157e308, "1.7976931348623157e+308"},
        {2.2250738585072014e-308, "2.2250738585072014e-308"},
        {5e-324, "5e-324"},
        {0.30000000000000004, "0.30000000000000004"},
        {123456789012345680.0, "1.2345678901234568e+17"},
        {3.0e-7, "3e-07"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        written(number_of(table[i].number), table[i].text);
    }
    not_written(stk_value_float(9, (double)NAN), &usual, STK_E_UNSUPPORTED, 9, "NaN");
    not_written(stk_value_float(9, HUGE_VAL), &usual, STK_E_UNSUPPORTED, 9, "infinity");
    not_written(stk_value_float(9, -HUGE_VAL), &usual, STK_E_UNSUPPORTED, 9, "infinity");
}

static uint64_t random_state;

static uint64_t next_random(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return random_state >> 33 ^ random_state << 31;
}

static void floats_come_back(void **state)
{
    (void)state;
    random_state = 1;
    for (int i = 0; i < 5000; i++) {
        uint64_t bits = next_random();
        uint64_t back = 0;
        double number = 0;
        bits = i % 3 == 0 ? bits >> 11 << 11 : bits; /* few digits, or many */
        memcpy(&number, &bits, sizeof number);
        if (!isfinite(number)) {
            continue;
        }
        struct stk_json_error error;
        assert_int_equal(write_to(number_of(number), &usual, &error), STK_OK);
        assert_true(strlen(text) <= 24);
        assert_non_null(strpbrk(text, ".e"));
        struct stk_value value = decode(text);
        assert_int_equal(value.kind, STK_VALUE_FLOAT);
        memcpy(&back, &value.number, sizeof back);
        assert_true(back == bits);
        if (i % 200 == 199) {
            tear_down(NULL);
            set_up(NULL);
        }
    }
}

/* Schoolbook: limbs to decimal, digit by digit. */
static void digits_of(const uint64_t *limbs, size_t n, char *out, size_t size)
{
    uint32_t *halves = malloc(2 * n * sizeof *halves);
    char *p = out + size;
    bool more = true;
    memcpy(halves, limbs, n * sizeof *limbs);
    *--p = '\0';
    while (more) {
        uint64_t rest = 0;
        more = false;
        for (size_t i = 2 * n; i-- > 0;) {
            uint64_t part = rest << 32 | halves[i];
            halves[i] = (uint32_t)(part / 10);
            rest = part % 10;
            more |= halves[i] != 0;
        }
        assert_true(p > out);
        *--p = (char)('0' + rest);
    }
    memmove(out, p, strlen(p) + 1);
    free(halves);
}

static void big_integers(void **state)
{
    (void)state;
    static char expected[6000];
    struct stk_json_error error;
    written(decode("18446744073709551616"), "18446744073709551616");
    written(decode("-9223372036854775809"), "-9223372036854775809");
    written(decode("100000000000000000000000000000000000000"),
            "100000000000000000000000000000000000000");
    random_state = 2;
    for (size_t n = 2; n < 224; n += n < 10 ? 1 : 71) {
        for (int round = 0; round < 4; round++) {
            uint64_t limbs[224];
            for (size_t i = 0; i < n; i++) {
                limbs[i] = round == 0 ? UINT64_MAX : round == 1 ? 0 : next_random();
            }
            limbs[n - 1] |= round == 1;
            digits_of(limbs, n, expected + 1, sizeof expected - 1);
            assert_int_equal(write_to(big_of(false, limbs, n), &usual, &error), STK_OK);
            assert_string_equal(text, expected + 1);
            expected[0] = '-';
            assert_int_equal(write_to(big_of(true, limbs, n), &usual, &error), STK_OK);
            assert_string_equal(text, expected);
        }
    }
}

/* 10^n - 1 has n digits, and one more is one too many. */
static void digits_are_limited(void **state)
{
    (void)state;
    static char nines[4301];
    memset(nines, '9', 4300);
    written(decode(nines), nines);
    struct stk_json_write_options few = usual;
    for (size_t n = 20; n < 4300; n += 107) {
        nines[n] = '\0';
        struct stk_value value = decode(nines);
        nines[n] = '9';
        struct stk_json_error error;
        few.digits_max = n;
        assert_int_equal(write_to(value, &few, &error), STK_OK);
        assert_int_equal(strlen(text), n);
        few.digits_max = n - 1;
        not_written(value, &few, STK_E_LIMIT, 0, "too many digits");
    }
    few.digits_max = 19264;
    uint64_t limbs[1000];
    memset(limbs, 0xff, sizeof limbs); /* 19,266 digits */
    not_written(big_of(false, limbs, 1000), &few, STK_E_LIMIT, 0, "too many digits");
    few.digits_max = 19266;
    struct stk_json_error error;
    char *expected = malloc(20000);
    digits_of(limbs, 1000, expected, 20000);
    assert_int_equal(write_to(big_of(false, limbs, 1000), &few, &error), STK_OK);
    assert_string_equal(text, expected);
    free(expected);
}

static void texts(void **state)
{
    (void)state;
    written(str(""), "\"\"");
    written(str("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
    written(text_of(STK_VALUE_STR, "\0\1\b\t\n\v\f\r\x1f\x7f", 10),
            "\"\\u0000\\u0001\\b\\t\\n\\u000b\\f\\r\\u001f\x7f\"");
    written(str("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xed\x9f\xbf\xee\x80\x80"),
            "\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xed\x9f\xbf\xee\x80\x80\"");
    written(str("\xed\xa0\x80"), "\"\\ud800\"");
    written(str("\xed\xb0\x80\xed\xa0\x80x\xed\xbf\xbf"), "\"\\udc00\\ud800x\\udfff\"");
    struct stk_json_write_options ascii = usual;
    struct stk_json_error error;
    ascii.ascii = true;
    struct stk_value value =
        str("\xc3\xa9\x7f\xe2\x82\xac\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf\xed\xa0\x80");
    assert_int_equal(write_to(value, &ascii, &error), STK_OK);
    assert_string_equal(text,
                        "\"\\u00e9\\u007f\\u20ac\\ud83d\\ude00\\udbff\\udfff\\ud800\"");
    value = str("\xed\xa0\xbd\xed\xb8\x80");
    value.off = 5;
    not_written(value, &usual, STK_E_UNSUPPORTED, 5, "one character");
    not_written(value, &ascii, STK_E_UNSUPPORTED, 5, "one character");
    not_written(DICT(value, integer(1)), &usual, STK_E_UNSUPPORTED, 5, "one character");
    written(str("\xed\xa0\xbd \xed\xb8\x80"), "\"\\ud83d \\ude00\"");
    written(str("\xed\xa0\xbd\n\xed\xb8\x80"), "\"\\ud83d\\n\\ude00\"");
    written(str("\xed\xa0\xbd\xc3\xa9\xed\xb8\x80"), "\"\\ud83d\xc3\xa9\\ude00\"");
}

/* A part between letters and digits, in a block of its exact size. */
static struct stk_value text_with(const char *part, size_t at, size_t len, char *block)
{
    struct stk_value value;
    size_t n = strlen(part);
    for (size_t i = 0; i < len; i++) {
        block[i < at ? i : i + n] = (char)('0' + i);
    }
    memcpy(block + at, part, n);
    assert_int_equal(
        stk_value_text(&arena, 0, STK_VALUE_STR, stk_span_of(block, len + n), &value),
        STK_OK);
    return value;
}

/* Something to escape at each place of texts of each length around a word's. */
static void every_place(void **state)
{
    (void)state;
    static const char *const parts[][3] = {
        {"\"", "\\\"", "\\\""},
        {"\n", "\\n", "\\n"},
        {"\xed\xa0\x80", "\\ud800", "\\ud800"},
        {"\xc3\xa9", "\xc3\xa9", "\\u00e9"},
        {"\xed\x9f\xbf", "\xed\x9f\xbf", "\\ud7ff"},
        {"\x7f", "\x7f", "\\u007f"},
        {"~", "~", "~"},
        {"", "", ""},
    };
    struct stk_json_error error;
    for (size_t i = 0; i < 36 * 36 * 16; i++) {
        size_t len = i % 36;
        size_t at = i / 36 % 36;
        const char *const *part = parts[i / (36 * 36) % 8];
        struct stk_json_write_options options = usual;
        char expected[64] = "\"";
        if (at > len) {
            continue;
        }
        options.ascii = i / (36 * 36) >= 8;
        size_t size = len + strlen(part[0]);
        char *block = malloc(size > 0 ? size : 1);
        struct stk_value value = text_with(part[0], at, len, block);
        memcpy(expected + 1, block, at);
        memcpy(expected + 1 + at, part[1 + options.ascii],
               strlen(part[1 + options.ascii]));
        for (size_t k = at; k < len; k++) {
            expected[strlen(expected)] = (char)('0' + k);
        }
        expected[strlen(expected)] = '"';
        assert_int_equal(write_to(value, &options, &error), STK_OK);
        assert_string_equal(text, expected);
        free(block);
    }
}

static void groups(void **state)
{
    (void)state;
    written(decode("[]"), "[]");
    written(decode("{}"), "{}");
    written(decode(" [ 1 , [ 2 , [ ] ] , { \"a\" : { } , \"b\" : [ null ] } ] "),
            "[1,[2,[]],{\"a\":{},\"b\":[null]}]");
    struct stk_json_write_options indented = usual;
    struct stk_json_error error;
    indented.indent = 2;
    assert_int_equal(
        write_to(decode("[1,[],{\"a\":{},\"b\":[true,2]}]"), &indented, &error), STK_OK);
    assert_string_equal(text, "[\n"
                              "  1,\n"
                              "  [],\n"
                              "  {\n"
                              "    \"a\": {},\n"
                              "    \"b\": [\n"
                              "      true,\n"
                              "      2\n"
                              "    ]\n"
                              "  }\n"
                              "]");
    indented.indent = 40;
    assert_int_equal(write_to(decode("[[1]]"), &indented, &error), STK_OK);
    assert_int_equal(strlen(text), 7 + 4 + 40 + 80 + 40 - 2);
}

static void other_kinds_are_refused(void **state)
{
    (void)state;
    struct stk_value kinds[] = {
        text_of(STK_VALUE_BYTES, "a", 1),
        text_of(STK_VALUE_BYTEARRAY, "a", 1),
        TUPLE(integer(1)),
        none_of(STK_VALUE_SET),
        none_of(STK_VALUE_FROZENSET),
        name_of("os", "system"),
        object_of(STK_VALUE_OBJECT, name_of("a", "b"), none_of(STK_VALUE_TUPLE), NULL),
        {.kind = STK_VALUE_REFUSED},
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        kinds[i].off = (3 + i) & STK_VALUE_OFF_MAX;
        struct stk_value around = LIST(integer(1), DICT(str("a"), kinds[i]));
        not_written(around, &usual, STK_E_UNSUPPORTED, 3 + i, "a kind that JSON lacks");
    }
    struct stk_value key = integer(1);
    key.off = 8;
    not_written(DICT(str("a"), integer(1), key, integer(2)), &usual, STK_E_UNSUPPORTED, 8,
                "not a str");
}

static void depth_is_limited(void **state)
{
    (void)state;
    struct stk_json_write_options shallow = usual;
    struct stk_json_error error;
    shallow.depth_max = 2;
    assert_int_equal(write_to(decode("[{\"a\":1}]"), &shallow, &error), STK_OK);
    not_written(decode("[{\"a\":[]}]"), &shallow, STK_E_LIMIT, 6, "too deep");
    shallow.depth_max = 0;
    not_written(decode(" []"), &shallow, STK_E_LIMIT, 1, "too deep");
    assert_int_equal(write_to(integer(1), &shallow, &error), STK_OK);
}

static void a_million_arrays(void **state)
{
    (void)state;
    size_t n = 1000000;
    char *deep = malloc(2 * n);
    memset(deep, '[', n);
    memset(deep + n, ']', n);
    struct stk_json_options read = {.depth_max = UINT32_MAX};
    struct stk_json_write_options write = {.depth_max = UINT32_MAX};
    struct stk_json_error error;
    struct stk_value value;
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, SIZE_MAX);
    assert_int_equal(decode_with(&read, deep, 2 * n, &value, &error), STK_OK);
    assert_int_equal(stk_json_write(&out, value, &write, &error), STK_OK);
    assert_int_equal(out.len, 2 * n);
    assert_memory_equal(out.data, deep, 2 * n);
    stk_buf_release(&out);
    free(deep);
}

static void cycles_are_refused(void **state)
{
    (void)state;
    struct stk_value inner = shared(LIST(integer(1), integer(2)));
    inner.off = 4;
    struct stk_value outer = LIST(inner, DICT(str("a"), inner));
    written(outer, "[[1,2],{\"a\":[1,2]}]");
    set_item(inner, 1, outer);
    not_written(outer, &usual, STK_E_UNSUPPORTED, 4, "holds itself");
    struct stk_value self = shared(LIST(integer(1)));
    set_item(self, 0, self);
    not_written(self, &usual, STK_E_UNSUPPORTED, 0, "holds itself");
}

static void out_has_a_maximum(void **state)
{
    (void)state;
    static const char *const whole = "{\"key\":[1,2.5,\"some text\\n\",null,true,[]]}";
    struct stk_value value = decode(whole);
    size_t len = strlen(whole);
    for (size_t max = 0; max <= len; max++) {
        struct stk_buf out;
        struct stk_json_error error = {7, ""};
        stk_buf_init(&out, &stk_alloc_libc, max + 2);
        stk_buf_str(&out, "# ");
        enum stk_status status = stk_json_write(&out, value, &usual, &error);
        assert_int_equal(status, max < len ? STK_E_LIMIT : STK_OK);
        assert_int_equal(out.len, max < len ? 2 : 2 + len);
        assert_memory_equal(out.data, "# ", 2);
        if (max < len) {
            assert_string_equal(error.reason, "the text is longer than it may be");
        }
        stk_buf_release(&out);
    }
}

/* 2^40 lists, but for the maximum: an end is reached at once. */
static void sharing_does_not_hang(void **state)
{
    (void)state;
    struct stk_value value = LIST(integer(1));
    for (int i = 0; i < 40; i++) {
        value = LIST(shared(value), value);
    }
    not_written(value, &usual, STK_E_LIMIT, 0, "longer than it may be");
}

static enum stk_status write_once(const struct stk_alloc *alloc, void *arg)
{
    const struct stk_value *value = arg;
    struct stk_json_error error;
    struct stk_buf out;
    stk_buf_init(&out, alloc, SIZE_MAX);
    enum stk_status status = stk_json_write(&out, *value, &usual, &error);
    assert_true((status == STK_OK) == (out.len > 0));
    stk_buf_release(&out);
    return status;
}

static void survives_refusals(void **state)
{
    (void)state;
    struct stk_value inner = shared(decode("[[[[[[[[1]]]]]]]]"));
    uint64_t limbs[300] = {0};
    limbs[200] = 1;
    struct stk_value value =
        LIST(inner, inner, big_of(false, limbs, 201), str("a text\n that is long enough"),
             shared(LIST(inner)));
    STK_OOM_LOOP(write_once, &value);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(words_and_integers),
        TEST(floats),
        TEST(floats_come_back),
        TEST(big_integers),
        TEST(digits_are_limited),
        TEST(texts),
        TEST(every_place),
        TEST(groups),
        TEST(other_kinds_are_refused),
        TEST(depth_is_limited),
        TEST(a_million_arrays),
        TEST(cycles_are_refused),
        TEST(out_has_a_maximum),
        TEST(sharing_does_not_hang),
        TEST(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
