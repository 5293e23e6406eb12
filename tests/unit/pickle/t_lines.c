/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"

static stk_slot value_of(const char *reading, const void *bytes, size_t len)
{
    struct follow f;
    follow_init(&f);
    follow_open(&f);
    follow_bytes(&f, reading_named(reading), bytes, len);
    assert_true(f.run.stopped);
    stk_slot value = f.run.value;
    follow_close(&f);
    return value;
}

#define C(bytes) value_of("C", (bytes), sizeof(bytes) - 1)
#define PYTHON(bytes) value_of("Python", (bytes), sizeof(bytes) - 1)

static void integers(void **state)
{
    (void)state;
    assert_true(C("I-7\n.") == stk_slot_int(-7));
    assert_true(C("I01\n.") == stk_slot_make(STK_BOOL, 1));
    assert_true(PYTHON("I00\n.") == stk_slot_make(STK_BOOL, 0));
    assert_true(C("I 1\n.") == stk_slot_make(STK_BOOL, 1));
    assert_true(PYTHON("I 1\n.") == stk_slot_int(1));
    assert_true(C("L7L\n.") == stk_slot_int(7));
    assert_true(C("L36028797018963967L\n.") == stk_slot_int(STK_INT_MAX));
    assert_true(C("N0L36028797018963968L\n.") == stk_slot_make(STK_BIGINT, 2));
    assert_true(C("L-36028797018963968L\n.") == stk_slot_int(STK_INT_MIN));
    assert_true(C("L-36028797018963969L\n.") == stk_slot_make(STK_BIGINT, 0));
    assert_true(C("I99999999999999999999\n.") == stk_slot_make(STK_BIGINT, 0));
}

static void readers_that_agree_leave_no_quirk(void **state)
{
    (void)state;
    EXPECT("I7\n.", "stop 4\n");
    EXPECT("I01\n.", "stop 5\n");
    EXPECT("L7L\n.", "stop 5\n");
    EXPECT("F1.5\n.", "stop 6\n");
    EXPECT("Np7\ng7\n.", "stop 8\n");
}

static void values_that_differ(void **state)
{
    (void)state;
    EXPECT("I 1\n.", "quirk INT_TEXT at 0\nquirk INT_BASE at 0\nstop 5\n");
    EXPECT_BOTH("I7\0x\n.", "quirk INT_TEXT at 0\nstop 6\n",
                "quirk INT_TEXT at 0\nfault \"this unpickler stops here\" at 0\n");
    EXPECT_BOTH("I\0x\n.", "quirk INT_TEXT at 0\nquirk INT_BASE at 0\nstop 5\n",
                "quirk INT_TEXT at 0\nquirk INT_BASE at 0\n"
                "fault \"this unpickler stops here\" at 0\n");
    EXPECT_BOTH("I0x1f\n.", "quirk INT_BASE at 0\nstop 7\n",
                "quirk INT_BASE at 0\nstop 7\n");
    EXPECT_BOTH("L017L\n.",
                "quirk INT_BASE at 0\nfault \"this unpickler stops here\" at 0\n",
                "quirk INT_BASE at 0\nfault \"this unpickler stops here\" at 0\n");
    EXPECT_BOTH("L7\0L\n.", "quirk INT_TEXT at 0\nstop 6\n",
                "quirk INT_TEXT at 0\nfault \"this unpickler stops here\" at 0\n");
}

static void numbers_that_nobody_reads(void **state)
{
    (void)state;
    EXPECT("NIx\n.", "fault \"text that is no number\" at 1\n");
    EXPECT("NI\n.", "fault \"text that is no number\" at 1\n");
    EXPECT("NI1.5\n.", "fault \"text that is no number\" at 1\n");
    EXPECT("NLx\n.", "fault \"text that is no number\" at 1\n");
    EXPECT("NFx\n.", "fault \"text that is no number\" at 1\n");
    EXPECT("NF\n.", "fault \"text that is no number\" at 1\n");
    EXPECT("Npx\n.", "fault \"text that is no number\" at 1\n");
    EXPECT("Ngx\n.", "fault \"text that is no number\" at 1\n");
    EXPECT("NI\xff\n.", "fault \"text that is no number\" at 1\n");
}

/* A first byte that no number has: the line is not looked for, however long it is. */
static void hopeless_lines_cost_nothing(void **state)
{
    (void)state;
    struct stk_buf stream;
    build_init(&stream);
    PUT(&stream, "Iz");
    PUT_REPEAT(&stream, "z", 1000000);
    struct follow f;
    follow_init(&f);
    follow_open(&f);
    follow_bytes(&f, &stk_reading_reference, stream.data, stream.len);
    assert_int_equal(f.run.n_looked, 0);
    assert_int_equal(f.run.fault.code, STK_FAULT_NUMBER);
    stream.data[0] = 'S';
    follow_bytes(&f, &stk_reading_reference, stream.data, stream.len);
    assert_int_equal(f.run.n_looked, 0);
    assert_int_equal(f.run.fault.code, STK_FAULT_TEXT);
    stream.data[1] = '\'';
    follow_bytes(&f, &stk_reading_reference, stream.data, stream.len);
    assert_int_equal(f.run.n_looked, stream.len - 1);
    follow_close(&f);
    stk_buf_release(&stream);
}

static void digits_at_their_limit(void **state)
{
    (void)state;
    for (size_t n = 4299; n <= 4301; n++) {
        static const char *const ops[] = {"I", "L", "Np"};
        for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++) {
            struct stk_buf stream;
            char want[160];
            build_init(&stream);
            stk_buf_str(&stream, ops[i]);
            put_repeat(&stream, i == 2 ? "0" : "7", 1, n - 1);
            PUT(&stream, "5\n.");
            snprintf(want, sizeof want, "stop %zu\n", stream.len);
            if (n > 4300) {
                snprintf(want, sizeof want, "quirk INT_DIGITS at %zu\nstop %zu\n",
                         strlen(ops[i]) - 1, stream.len);
            }
            expect_built(&stream, want);
        }
    }
}

/* Zeros are digits too: to the C reader they are octal, which has no limit. */
static void zeros_are_digits(void **state)
{
    (void)state;
    struct stk_buf stream;
    build_init(&stream);
    PUT(&stream, "I");
    PUT_REPEAT(&stream, "0", 4301);
    PUT(&stream, "\n.");
    struct follow f;
    follow_init(&f);
    follow_open(&f);
    follow_bytes(&f, reading_named("C"), stream.data, stream.len);
    assert_true(f.run.stopped);
    assert_int_not_equal(f.run.quirks, 0);
    follow_bytes(&f, reading_named("Python"), stream.data, stream.len);
    assert_int_equal(f.run.fault.code, STK_FAULT_READINGS);
    follow_close(&f);
    stk_buf_release(&stream);
}

static void memo_lines(void **state)
{
    (void)state;
    EXPECT("Np-1\n.", "fault \"text that is no number\" at 1\n");
    EXPECT("Np-0\ng0\n.", "stop 9\n");
    EXPECT("Ng-1\n.", "fault \"a memo entry that was never made\" at 1\n");
    EXPECT("Np7\ng8\n.", "fault \"a memo entry that was never made\" at 4\n");
    EXPECT("p7\n.", "fault \"too few values on the stack\" at 0\n");
    EXPECT("(p7\n.", "fault \"too few values on the stack\" at 1\n");
    EXPECT("Np-9223372036854775808\n.", "fault \"text that is no number\" at 1\n");
    EXPECT("Np9223372036854775807\ng9223372036854775807\n.", "stop 44\n");
    /* Another text for the same large key; a key that was not put. */
    EXPECT("Np9223372036854775808\ng9223372036854775809\n.",
           "quirk MEMO_KEY at 1\nfault \"a memo entry that was never made\" at 22\n");
    EXPECT_BOTH("K\5p9223372036854775808\n0g9223372036854775808\n.",
                "quirk MEMO_KEY at 2\nfault \"this unpickler stops here\" at 2\n",
                "quirk MEMO_KEY at 2\nstop 46\n");
}

static void a_large_key_in_another_spelling(void **state)
{
    (void)state;
    EXPECT_READING("Python", "Np9223372036854775808\ng+9_223372036854775808\n.",
                   "quirk MEMO_KEY at 1\nstop 46\n");
    EXPECT_READING("Python", "Np9223372036854775808\ng 09223372036854775808 \n.",
                   "quirk MEMO_KEY at 1\nstop 47\n");
}

static void floats(void **state)
{
    (void)state;
    EXPECT("F1e400\n.", "quirk FLOAT_TEXT at 0\nstop 8\n");
    EXPECT("F1.5\0x\n.", "quirk FLOAT_TEXT at 0\nstop 8\n");
    assert_true(C("NF1.5\n.") == stk_slot_make(STK_FLOAT, 1));
    assert_true(PYTHON("F 1.5\n.") == stk_slot_make(STK_FLOAT, 0));
}

static void strings(void **state)
{
    (void)state;
    EXPECT("S'x'\n.", "stop 6\n");
    EXPECT("NS'x\n.", "fault \"text that cannot be decoded\" at 1\n");
    EXPECT("NS\n.", "fault \"text that cannot be decoded\" at 1\n");
    EXPECT("NSx\n.", "fault \"text that cannot be decoded\" at 1\n");
    EXPECT("NS'\\x'\n.", "fault \"text that cannot be decoded\" at 1\n");
    EXPECT("V\n.", "stop 3\n");
    EXPECT("Vx\\u0041\xff\n.", "stop 11\n");
    EXPECT("NV\\u004\n.", "fault \"text that cannot be decoded\" at 1\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers),
        cmocka_unit_test(readers_that_agree_leave_no_quirk),
        cmocka_unit_test(values_that_differ),
        cmocka_unit_test(numbers_that_nobody_reads),
        cmocka_unit_test(hopeless_lines_cost_nothing),
        cmocka_unit_test(digits_at_their_limit),
        cmocka_unit_test(zeros_are_digits),
        cmocka_unit_test(memo_lines),
        cmocka_unit_test(a_large_key_in_another_spelling),
        cmocka_unit_test(floats),
        cmocka_unit_test(strings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
