/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"

static uint32_t bit(enum stk_quirk quirk)
{
    return UINT32_C(1) << quirk;
}

static void quirks_have_texts(void **state)
{
    (void)state;
    assert_true(STK_QUIRK_COUNT <= 32);
    for (unsigned i = 0; i < STK_QUIRK_COUNT; i++) {
        assert_true(strlen(stk_quirk_text((enum stk_quirk)i)) > 0);
    }
    assert_string_equal(stk_quirk_text(STK_QUIRK_LINE_END),
                        "a text line ends with the bytes, without a newline");
    assert_string_equal(stk_quirk_text(STK_QUIRK_COUNT), "");
}

static void readings_are_distinct(void **state)
{
    (void)state;
    const uint32_t all = (UINT32_C(1) << (STK_QUIRK_COUNT - 1) << 1) - 1;
    for (size_t i = 0; i < stk_n_readings; i++) {
        assert_true((stk_readings[i].choice & ~all) == 0);
        for (size_t k = 0; k < i; k++) {
            assert_string_not_equal(stk_readings[i].name, stk_readings[k].name);
        }
    }
    uint32_t differ = reading_named("C")->choice ^ reading_named("Python")->choice;
    assert_true((differ & bit(STK_QUIRK_LINE_END)) != 0);
    assert_true((differ & bit(STK_QUIRK_INT_DIGITS)) == 0); /* goes by version */
}

/* A stream touches each quirk; what the C and the Python reader do there. */
static void frame_straddle(void **state)
{
    (void)state;
    EXPECT_BOTH(
        "\x80\4\x95\3\0\0\0\0\0\0\0cxxos\nsystem\n.",
        "11 import xxos.system\nquirk FRAME_STRADDLE at 11\nstop 25\n",
        "quirk FRAME_STRADDLE at 11\nfault \"this unpickler stops here\" at 11\n");
}

static void frame_short(void **state)
{
    (void)state;
    EXPECT_BOTH("\x95\xff\0\0\0\0\0\0\0cos\nsystem\n.",
                "quirk FRAME_SHORT at 0\nfault \"this unpickler stops here\" at 0\n",
                "9 import os.system\nquirk FRAME_SHORT at 0\nstop 21\n");
}

static void line_end(void **state)
{
    (void)state;
    EXPECT_BOTH("cos\nsystemX",
                "quirk LINE_END at 0\nfault \"this unpickler stops here\" at 0\n",
                "0 import os.system\nquirk LINE_END at 0\n"
                "fault \"the bytes end before STOP\" at 11\n");
    EXPECT_UNION("cos\nsystemX", "import os.system\nquirk LINE_END at 0\n"
                                 "fault \"the bytes end before STOP\" at 11\n");
}

static void line_empty(void **state)
{
    (void)state;
    EXPECT_BOTH("c\nsystem\n.",
                "quirk LINE_EMPTY at 0\nfault \"this unpickler stops here\" at 0\n",
                "0 import .system\nquirk LINE_EMPTY at 0\nstop 10\n");
    EXPECT_BOTH("cos\n\n.",
                "quirk LINE_EMPTY at 0\nfault \"this unpickler stops here\" at 0\n",
                "0 import os.\nquirk LINE_EMPTY at 0\nstop 6\n");
}

static void int_text(void **state)
{
    (void)state;
    EXPECT_BOTH("I017\ncos\nsystem\n.",
                "5 import os.system\nquirk INT_TEXT at 0\nquirk INT_BASE at 0\nstop 17\n",
                "quirk INT_TEXT at 0\nquirk INT_BASE at 0\n"
                "fault \"this unpickler stops here\" at 0\n");
}

static void int_base(void **state)
{
    (void)state;
    static const char hex[] = "I0x1f\ncos\nsystem\n.";
    static const char nine[] = "I09\ncos\nsystem\n.";
    static const char *const names[] = {"C", "Python", "C 3.14", "Python 3.14"};
    for (size_t i = 0; i < 4; i++) {
        bool is_new = i >= 2;
        const struct stk_reading *reading = reading_named(names[i]);
        expect_follow(reading, NULL, hex, sizeof hex - 1,
                      is_new ? "quirk INT_BASE at 0\n"
                               "fault \"this unpickler stops here\" at 0\n"
                             : "6 import os.system\nquirk INT_BASE at 0\nstop 18\n");
        expect_follow(reading, NULL, nine, sizeof nine - 1,
                      is_new ? "4 import os.system\nquirk INT_BASE at 0\nstop 16\n"
                             : "quirk INT_BASE at 0\n"
                               "fault \"this unpickler stops here\" at 0\n");
    }
}

static void int_digits(void **state)
{
    (void)state;
    struct stk_buf stream;
    build_init(&stream);
    PUT(&stream, "I");
    PUT_REPEAT(&stream, "7", 4301);
    PUT(&stream, "\ncos\nsystem\n.");
    expect_follow(reading_named("C"), NULL, stream.data, stream.len,
                  "quirk INT_DIGITS at 0\nfault \"this unpickler stops here\" at 0\n");
    expect_follow(reading_named("Python"), NULL, stream.data, stream.len,
                  "quirk INT_DIGITS at 0\nfault \"this unpickler stops here\" at 0\n");
    expect_follow(reading_named("C before 3.11"), NULL, stream.data, stream.len,
                  "4303 import os.system\nquirk INT_DIGITS at 0\nstop 4315\n");
    expect_follow(reading_named("Python before 3.11"), NULL, stream.data, stream.len,
                  "4303 import os.system\nquirk INT_DIGITS at 0\nstop 4315\n");
    stk_buf_release(&stream);
}

static void float_text(void **state)
{
    (void)state;
    EXPECT_BOTH("F1_0\ncos\nsystem\n.",
                "quirk FLOAT_TEXT at 0\nfault \"this unpickler stops here\" at 0\n",
                "5 import os.system\nquirk FLOAT_TEXT at 0\nstop 17\n");
    EXPECT_BOTH("F1\0x\ncos\nsystem\n.",
                "5 import os.system\nquirk FLOAT_TEXT at 0\nstop 17\n",
                "quirk FLOAT_TEXT at 0\nfault \"this unpickler stops here\" at 0\n");
}

static void memo_key(void **state)
{
    (void)state;
    EXPECT_BOTH("Np9223372036854775808\ng9223372036854775808\n.",
                "quirk MEMO_KEY at 1\nfault \"this unpickler stops here\" at 1\n",
                "quirk MEMO_KEY at 1\nstop 44\n");
}

static void length_sign(void **state)
{
    (void)state;
    EXPECT_BOTH("T\0\0\0\x80",
                "quirk LENGTH_SIGN at 0\n"
                "fault \"the bytes end inside an argument\" at 0\n",
                "quirk LENGTH_SIGN at 0\nfault \"this unpickler stops here\" at 0\n");
}

static void args_type(void **state)
{
    (void)state;
    EXPECT_BOTH("cos\nsystem\n]R.",
                "0 import os.system\nquirk ARGS_TYPE at 12\n"
                "fault \"this unpickler stops here\" at 12\n",
                "0 import os.system\n12 call os.system [...]\n"
                "quirk ARGS_TYPE at 12\nstop 14\n");
}

static void inst_order(void **state)
{
    (void)state;
    EXPECT_BOTH("ios\nsystem\n.",
                "quirk INST_ORDER at 0\nfault \"this unpickler stops here\" at 0\n",
                "0 import os.system\nquirk INST_ORDER at 0\n"
                "fault \"no mark on the stack\" at 0\n");
}

static void empty_items(void **state)
{
    (void)state;
    EXPECT_BOTH("N(e.", "quirk EMPTY_ITEMS at 2\nstop 4\n",
                "quirk EMPTY_ITEMS at 2\nfault \"this unpickler stops here\" at 2\n");
    EXPECT_BOTH("](\x90.", "quirk EMPTY_ITEMS at 2\nstop 4\n",
                "quirk EMPTY_ITEMS at 2\nfault \"this unpickler stops here\" at 2\n");
}

static void build_state(void **state)
{
    (void)state;
    EXPECT_BOTH("]}b.",
                "2 build [...] {}\nquirk BUILD_STATE at 2\n"
                "fault \"this unpickler stops here\" at 2\n",
                "2 build [...] {}\nquirk BUILD_STATE at 2\nstop 4\n");
}

/* The first run goes on wherever any reader does, and the union has what each imports. */
static void the_first_run_goes_on(void **state)
{
    (void)state;
    EXPECT("\x95\xff\0\0\0\0\0\0\0"
           "c\nx\nF1_0\nI017\n]}bcos\nsystem\n]R.",
           "9 import .x\n25 build [...] {}\n26 import os.system\n"
           "38 call os.system [...]\nquirk FRAME_SHORT at 0\nquirk LINE_EMPTY at 0\n"
           "quirk INT_TEXT at 0\nquirk INT_BASE at 0\nquirk FLOAT_TEXT at 0\n"
           "quirk ARGS_TYPE at 0\n"
           "quirk BUILD_STATE at 0\nstop 40\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quirks_have_texts),
        cmocka_unit_test(readings_are_distinct),
        cmocka_unit_test(frame_straddle),
        cmocka_unit_test(frame_short),
        cmocka_unit_test(line_end),
        cmocka_unit_test(line_empty),
        cmocka_unit_test(int_text),
        cmocka_unit_test(int_base),
        cmocka_unit_test(int_digits),
        cmocka_unit_test(float_text),
        cmocka_unit_test(memo_key),
        cmocka_unit_test(length_sign),
        cmocka_unit_test(args_type),
        cmocka_unit_test(inst_order),
        cmocka_unit_test(empty_items),
        cmocka_unit_test(build_state),
        cmocka_unit_test(the_first_run_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
