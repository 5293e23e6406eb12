/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"

static void calls(void **state)
{
    (void)state;
    EXPECT("cos\nsystem\n(S'id'\ntR.", "0 import os.system\n19 call os.system ('id',)\n"
                                       "stop 21\n");
    EXPECT("\x80\2"
           "cos\nsystem\nS'id'\n\x85R.",
           "2 import os.system\n20 call os.system ('id',)\nstop 22\n");
    EXPECT("(S'id'\nios\nsystem\n.",
           "7 import os.system\n7 call os.system ['id']\nstop 19\n");
    EXPECT("(cos\nsystem\nS'id'\no.",
           "1 import os.system\n18 call os.system ['id']\nstop 20\n");
    EXPECT("ca\nb\nN\x85\x81.", "0 import a.b\n7 call a.b (None,)\nstop 9\n");
    EXPECT("ca\nb\nN\x85}\x92.", "0 import a.b\n8 call a.b (None,) kw {}\nstop 10\n");
    EXPECT("ca\nb\n)}K\1K\2s\x92.", "0 import a.b\n12 call a.b () kw {1: 2}\nstop 14\n");
    /* What a call gives can be called. */
    EXPECT("ca\nb\n)R)R.", "0 import a.b\n6 call a.b ()\n8 call <result of a.b> ()\n"
                           "stop 10\n");
    EXPECT("Px\n)R.", "0 persistent 'x'\n4 call <persistent object> ()\nstop 6\n");
    EXPECT("\x82\1)R.", "0 extension 1\n3 call <extension object> ()\nstop 5\n");
    EXPECT("\x97)R.", "2 call <buffer> ()\nstop 4\n");
}

static void calls_of_what_cannot_be_called(void **state)
{
    (void)state;
    const char *at_2 =
        "fault \"an opcode applied to a value that cannot take it\" at 2\n";
    EXPECT("N)R.", at_2);
    EXPECT("N)\x81.", at_2);
    EXPECT("N)}\x92.",
           "fault \"an opcode applied to a value that cannot take it\" at 3\n");
    EXPECT("(No.", at_2);
    EXPECT("(o.", "fault \"too few values on the stack\" at 1\n");
    EXPECT("o.", "fault \"no mark on the stack\" at 0\n");
    EXPECT(")R.", "fault \"too few values on the stack\" at 1\n");
    EXPECT(")}\x92.", "fault \"too few values on the stack\" at 2\n");
    EXPECT("ca\nb\n()R.", "0 import a.b\nfault \"too few values on the stack\" at 7\n");
}

static void arguments_that_are_no_tuple(void **state)
{
    (void)state;
    static const char *const ops[] = {"R", "\x81", "}\x92"};
    static const struct {
        const char *args;
        bool refused; /* by both readers */
    } cases[] = {
        {"N", true},      {"K\1", true},
        {"\x88", true},   {"L99999999999999999999\n", true},
        {"F1\n", true},   {"]", false},
        {"}", false},     {"\x8f", false},
        {"Vx\n", false},  {"C\1x", false},
        {"(\x91", false}, {"cc\nd\n", false},
        {"\x97", false},  {"\x82\1", false},
        {"Px\n", false},
    };
    for (size_t op = 0; op < 3; op++) {
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            struct follow f;
            char bytes[64];
            int len =
                snprintf(bytes, sizeof bytes, "ca\nb\n%s%s.", cases[i].args, ops[op]);
            follow_init(&f);
            follow_open(&f);
            follow_bytes(&f, &stk_reading_reference, bytes, (size_t)len);
            assert_true(f.run.stopped == !cases[i].refused);
            assert_int_equal(f.run.quirks,
                             cases[i].refused ? 0 : 1 << STK_QUIRK_ARGS_TYPE);
            assert_true((f.run.effects >> STK_EFFECT_CALL & 1) == !cases[i].refused);
            assert_int_equal(f.run.fault.code, cases[i].refused ? STK_FAULT_TYPE : 0);
            follow_bytes(&f, reading_named("C"), bytes, (size_t)len);
            assert_false(f.run.stopped);
            follow_close(&f);
        }
    }
}

static void instances(void **state)
{
    (void)state;
    EXPECT("(ia\nb\n.", "1 import a.b\n1 call a.b []\nstop 7\n");
    EXPECT("(K\1K\2ia\nb\n.", "5 import a.b\n5 call a.b [1, 2]\nstop 11\n");
    EXPECT("(i\xc3\xa9\nb\n.", "fault \"text that cannot be decoded\" at 1\n");
    EXPECT("(ia\n\xc3\xa9\n.", "fault \"text that cannot be decoded\" at 1\n");
    EXPECT("(ia\n\n.", "1 import a.\n1 call a. []\nquirk LINE_EMPTY at 1\nstop 6\n");
}

static void globals(void **state)
{
    (void)state;
    EXPECT("c\xc3\xa9\nb\n.", "0 import \xc3\xa9.b\nstop 7\n");
    EXPECT("c\xe9\nb\n.", "fault \"text that cannot be decoded\" at 0\n");
    EXPECT("ca\n\xed\xa0\x80\n.", "fault \"text that cannot be decoded\" at 0\n");
    EXPECT("c\n\n.", "0 import .\nquirk LINE_EMPTY at 0\nstop 4\n");
    EXPECT("ca b\nc.d\n.", "0 import a b.c.d\nstop 10\n");
}

static void names_from_the_stack(void **state)
{
    (void)state;
    static const char want[] = "import os.system";
    static const char *const module[] = {"\x8c\2os", "Vos\n", "V\\u006fs\n", "S'os'\n",
                                         "S'\\x6f\\163'\n"};
    static const char *const name[] = {"\x8c\6system", "Vsyste\\u006d\n", "U\6system",
                                       "S\"system\"\n"};
    for (size_t i = 0; i < 5; i++) {
        for (size_t k = 0; k < 4; k++) {
            struct follow f;
            char bytes[64];
            int len = snprintf(bytes, sizeof bytes, "%s%s\x93.", module[i], name[k]);
            follow_init(&f);
            follow_open(&f);
            follow_bytes(&f, &stk_reading_reference, bytes, (size_t)len);
            assert_non_null(strstr(follow_text(&f), want));
            assert_true(f.run.stopped);
            follow_close(&f);
        }
    }
    EXPECT("X\2\0\0\0os\x8d\6\0\0\0\0\0\0\0system\x93.",
           "22 import os.system\nstop 24\n");
    EXPECT("T\2\0\0\0osT\6\0\0\0system\x93.", "18 import os.system\nstop 20\n");
    EXPECT("\x8c\6systemq\0"
           "0\x8c\2osh\0\x93.",
           "17 import os.system\nstop 19\n");
    EXPECT("\x8c\2os\x8c\3\xed\xa0\x80\x93.", "9 import os.\xed\xa0\x80\nstop 11\n");
    EXPECT("\x8c\2os(\x93.", "fault \"too few values on the stack\" at 5\n");
    EXPECT("\x8c\2os\x93.", "fault \"too few values on the stack\" at 4\n");
    EXPECT("\x8c\2osN\x93.",
           "fault \"an opcode applied to a value that cannot take it\" at 5\n");
    EXPECT("C\2os\x8c\1x\x93.",
           "fault \"an opcode applied to a value that cannot take it\" at 7\n");
    EXPECT("ca\nb\nN\x93.", "0 import a.b\nfault \"an opcode applied to a value that "
                            "cannot take it\" at 6\n");
    /* An import may give a str as well. */
    EXPECT("ca\nb\n\x8c\1x\x93.", "0 import a.b\n8 import (computed)\nstop 10\n");
    EXPECT("Px\n\x8c\1x\x93.", "0 persistent 'x'\n6 import (computed)\nstop 8\n");
    EXPECT("\x8c\1x\x82\1\x93.", "3 extension 1\n5 import (computed)\nstop 7\n");
    EXPECT("\x97\x8c\1x\x93.",
           "fault \"an opcode applied to a value that cannot take it\" at 4\n");
}

static void builds(void **state)
{
    (void)state;
    EXPECT("ca\nb\n)R}b.",
           "0 import a.b\n6 call a.b ()\n8 build <result of a.b> {}\nstop 10\n");
    EXPECT("ca\nb\nNb.", "0 import a.b\n6 build a.b None\nstop 8\n");
    EXPECT("ca\nb\nN}K\1K\2s\x86"
           "b.",
           "0 import a.b\n13 build a.b (None, {1: 2})\n"
           "stop 15\n");
    EXPECT("Nb.", "fault \"too few values on the stack\" at 1\n");
    EXPECT("N(Nb.", "fault \"too few values on the stack\" at 3\n");
}

static void builds_on_literals(void **state)
{
    (void)state;
    EXPECT("]Nb.", "stop 4\n");
    EXPECT("]N}\x86"
           "b.",
           "stop 6\n");
    EXPECT("]NN\x86"
           "b.",
           "4 build [...] (None, None)\nquirk BUILD_STATE at 4\nstop 6\n");
    EXPECT("])b.", "2 build [...] ()\nquirk BUILD_STATE at 2\nstop 4\n");
    EXPECT("]K\0b.", "3 build [...] 0\nquirk BUILD_STATE at 3\nstop 5\n");
    EXPECT("]N}K\1Ns\x86"
           "b.",
           "8 build [...] (None, {1: None})\nquirk BUILD_STATE at 8\nstop 10\n");
    /* A dict that another slot changed is not known to be empty. */
    EXPECT("]N}q\0\x86h\0K\1Ns0b.",
           "13 build [...] (None, {...})\nquirk BUILD_STATE at 13\nstop 15\n");
}

static void items(void **state)
{
    (void)state;
    EXPECT("ca\nb\nNa.", "0 import a.b\n6 items a.b [None]\nstop 8\n");
    EXPECT("ca\nb\n(K\1K\2e.", "0 import a.b\n10 items a.b [1, 2]\nstop 12\n");
    EXPECT("ca\nb\nK\1K\2s.", "0 import a.b\n9 items a.b [1, 2]\nstop 11\n");
    EXPECT("ca\nb\n(K\1K\2u.", "0 import a.b\n10 items a.b [1, 2]\nstop 12\n");
    EXPECT("ca\nb\n(K\1\x90.", "0 import a.b\n8 items a.b [1]\nstop 10\n");
    EXPECT("ca\nb\n(]K\1u.", "0 import a.b\n9 items a.b [[...], 1]\nstop 11\n");
    EXPECT("ca\nb\n(u.", "0 import a.b\nstop 8\n");
    EXPECT("](K\1K\2e.", "stop 8\n"); /* the stream's own list */
}

static void persistent_ids(void **state)
{
    (void)state;
    EXPECT("P\n.", "0 persistent ''\nstop 3\n");
    EXPECT("Pa b\n.", "0 persistent 'a b'\nstop 6\n");
    EXPECT("P\xc3\xa9\n.", "fault \"text that cannot be decoded\" at 0\n");
    EXPECT("K\1N\x86Q.", "4 persistent (1, None)\nstop 6\n");
    EXPECT("Q.", "fault \"too few values on the stack\" at 0\n");
    EXPECT_BOTH("Pxy", "quirk LINE_END at 0\nfault \"this unpickler stops here\" at 0\n",
                "0 persistent 'x'\nquirk LINE_END at 0\n"
                "fault \"the bytes end before STOP\" at 3\n");
}

static void extensions(void **state)
{
    (void)state;
    EXPECT("\x82\1.", "0 extension 1\nstop 3\n");
    EXPECT("\x82\xff.", "0 extension 255\nstop 3\n");
    EXPECT("\x83\xff\xff.", "0 extension 65535\nstop 4\n");
    EXPECT("\x84\xff\xff\xff\x7f.", "0 extension 2147483647\nstop 6\n");
    EXPECT("\x82\0.", "fault \"an extension code below 1\" at 0\n");
    EXPECT("\x83\0\0.", "fault \"an extension code below 1\" at 0\n");
    EXPECT("\x84\xff\xff\xff\xff.", "fault \"an extension code below 1\" at 0\n");
}

static void effects_come_before_the_fault(void **state)
{
    (void)state;
    EXPECT("cos\nsystem\nVid\n\x85R!", "0 import os.system\n16 call os.system ('id',)\n"
                                       "fault \"no such opcode\" at 17\n");
}

static void the_judge_decides_on_results(void **state)
{
    (void)state;
    static const struct answer answers[] = {{"five", {.result = (5 << 8) | STK_INT}},
                                            {0}};
    EXPECT_ANSWERED(answers, "ca\nfive\n)R\x85.",
                    "0 import a.five\n9 call a.five ()\nstop 12\n");
    EXPECT_ANSWERED(answers, "ca\nfive\n)Rcb\nc\n\x87.",
                    "0 import a.five\n9 call a.five ()\n10 import b.c\n"
                    "fault \"too few values on the stack\" at 15\n");
    EXPECT_ANSWERED(answers, "cb\nc\nca\nfive\n)R\x85R.",
                    "0 import b.c\n5 import a.five\n14 call a.five ()\n16 call b.c (5,)\n"
                    "stop 18\n");
}

static void the_judge_stops(void **state)
{
    (void)state;
    static const struct answer answers[] = {{"end", {.stop = true}}, {0}};
    EXPECT_ANSWERED(
        answers, "ca\nend\n)R)Rcos\nsystem\n.",
        "0 import a.end\n8 call a.end ()\nfault \"ended by the judge\" at 8\n");
}

static void the_judge_fails(void **state)
{
    (void)state;
    struct follow f;
    follow_init(&f);
    f.judge_status = STK_E_IO;
    follow_open(&f);
    struct stk_source source = stk_source_of(stk_span_of("ca\nb\nca\nb\n.", 11));
    follow_run(&f, &source, &stk_reading_reference);
    assert_int_equal(f.status, STK_E_IO);
    assert_int_equal(f.n_effects, 1);
    assert_int_equal(f.run.fault.code, STK_FAULT_READ);
    follow_close(&f);
}

static void the_judge_skips(void **state)
{
    (void)state;
    static const struct answer answers[] = {{"raw", {.skip = 4}}, {0}};
    EXPECT_ANSWERED(answers, "ca\nraw\n)Rcx\nycos\nsystem\n.",
                    "0 import a.raw\n8 call a.raw ()\n13 import os.system\nstop 25\n");
    EXPECT_ANSWERED(answers, "ca\nraw\n}b????.",
                    "0 import a.raw\n8 build a.raw {}\nstop 14\n");
    EXPECT_ANSWERED(answers, "ca\nraw\n)R???",
                    "0 import a.raw\n8 call a.raw ()\n"
                    "fault \"the bytes end inside an argument\" at 8\n");
    EXPECT_ANSWERED(answers, "ca\nraw\n)R????",
                    "0 import a.raw\n8 call a.raw ()\n"
                    "fault \"the bytes end before STOP\" at 13\n");
    static const struct answer all[] = {{"raw", {.skip = UINT64_MAX}}, {0}};
    EXPECT_ANSWERED(all, "ca\nraw\n)R????",
                    "0 import a.raw\n8 call a.raw ()\n"
                    "fault \"the bytes end inside an argument\" at 8\n");
}

/* The Python reader has read its frame to the end when raw bytes are to be read. */
static void raw_bytes_inside_a_frame(void **state)
{
    (void)state;
    static const struct answer raw[] = {{"raw", {.skip = 4}}, {0}};
    EXPECT_ANSWERED(raw, "\x95\x0e\0\0\0\0\0\0\0ca\nraw\n}b????.",
                    "9 import a.raw\n17 build a.raw {}\nquirk FRAME_STRADDLE at 17\n"
                    "stop 23\n");
    EXPECT_ANSWERED(raw, "\x95\x09\0\0\0\0\0\0\0ca\nraw\n}b????.",
                    "9 import a.raw\n17 build a.raw {}\nstop 23\n");
    static const struct answer nested[] = {{"array", {.nested = true}}, {0}};
    EXPECT_ANSWERED(nested, "\x95\x0e\0\0\0\0\0\0\0ca\narray\n}bN..",
                    "9 import a.array\n19 build a.array {}\nquirk FRAME_STRADDLE at 19\n"
                    "stop 23\n");
    EXPECT_ANSWERED(nested, "\x95\x0b\0\0\0\0\0\0\0ca\narray\n}bN..",
                    "9 import a.array\n19 build a.array {}\nstop 23\n");
}

/* Nor does the frame of a stream in place reach past its STOP. */
static void a_nested_stream_ends_inside_its_frame(void **state)
{
    (void)state;
    static const struct answer nested[] = {{"array", {.nested = true}}, {0}};
    EXPECT_ANSWERED(nested, "ca\narray\n}b\x95\2\0\0\0\0\0\0\0N..",
                    "0 import a.array\n10 build a.array {}\nstop 23\n");
    EXPECT_ANSWERED(nested, "ca\narray\n}b\x95\3\0\0\0\0\0\0\0N..",
                    "0 import a.array\n10 build a.array {}\n"
                    "quirk FRAME_STRADDLE at 21\nstop 23\n");
}

static void nested_streams(void **state)
{
    (void)state;
    static const struct answer answers[] = {{"array", {.nested = true}}, {0}};
    EXPECT_ANSWERED(
        answers, "ca\narray\n}bcos\nsystem\n..",
        "0 import a.array\n10 build a.array {}\n11 import os.system\nstop 24\n");
    /* Its own stack, marks, memo and protocol; those around it come back. */
    EXPECT_ANSWERED(answers, "Nq\0(ca\narray\n}b\x80\2h\0.",
                    "4 import a.array\n14 build a.array {}\n"
                    "fault \"a memo entry that was never made\" at 17\n");
    EXPECT_ANSWERED(answers, "Nq\0(ca\narray\n}bNq\1.h\1.",
                    "4 import a.array\n14 build a.array {}\n"
                    "fault \"a memo entry that was never made\" at 19\n");
    EXPECT_ANSWERED(answers, "Nq\0(ca\narray\n}b0.",
                    "4 import a.array\n14 build a.array {}\n"
                    "fault \"too few values on the stack\" at 15\n");
    EXPECT_ANSWERED(answers, "(ca\narray\n}bt.",
                    "1 import a.array\n11 build a.array {}\n"
                    "fault \"no mark on the stack\" at 12\n");
    EXPECT_ANSWERED(answers, "K\5q\0(ca\narray\n}b((N.h\0tQ.",
                    "5 import a.array\n15 build a.array {}\n"
                    "23 persistent (None, 5)\nstop 25\n");
    EXPECT_ANSWERED(answers, "\x80\4ca\narray\n}b\x80\2N.c__builtin__\neval\n.",
                    "2 import a.array\n12 build a.array {}\n17 import __builtin__.eval\n"
                    "stop 36\n");
    EXPECT_ANSWERED(answers, "\x80\4ca\narray\n}bc__builtin__\neval\n..",
                    "2 import a.array\n12 build a.array {}\n"
                    "13 import __builtin__.eval as builtins.eval\nstop 33\n");
}

static void limit_of_depth(void **state)
{
    (void)state;
    static const struct answer answers[] = {{"array", {.nested = true}}, {0}};
    for (size_t n = 2; n <= 4; n++) {
        struct follow f;
        struct stk_buf stream;
        build_init(&stream);
        PUT_REPEAT(&stream, "ca\narray\nNb", n);
        PUT(&stream, "N");
        PUT_REPEAT(&stream, ".", n + 1);
        follow_init(&f);
        f.limits.depth_max = 3;
        f.answers = answers;
        follow_open(&f);
        follow_bytes(&f, &stk_reading_reference, stream.data, stream.len);
        assert_true(f.run.stopped == (n <= 3));
        assert_int_equal(f.run.fault.code, n <= 3 ? 0 : STK_FAULT_LIMIT_DEPTH);
        assert_int_equal(f.run.fault.off, n <= 3 ? 0 : 43);
        assert_int_equal(f.run.end, n <= 3 ? stream.len : 43);
        follow_close(&f);
        stk_buf_release(&stream);
    }
}

static enum stk_status run_nested(const struct stk_alloc *alloc, void *arg)
{
    static const struct answer answers[] = {
        {"array", {.nested = true}}, {"raw", {.skip = 2}}, {0}};
    static const char stream[] = "Nq\0ca\narray\nNbr\0\0\0\x10"
                                 "ca\narray\nNb((Nq\1.ca\nraw"
                                 "\n)R??.";
    struct pieces pieces = {.data = (const uint8_t *)stream, .len = sizeof stream - 1};
    struct stk_source source = pieces_source(&pieces);
    struct follow f;
    (void)arg;
    follow_init(&f);
    f.answers = answers;
    f.machine = stk_machine_new(alloc, &f.limits);
    f.status = STK_E_NOMEM;
    if (f.machine != NULL) {
        follow_run(&f, &source, &stk_reading_reference);
    }
    stk_machine_free(f.machine);
    stk_buf_release(&f.text);
    return f.status;
}

static void survives_refusals(void **state)
{
    (void)state;
    STK_OOM_LOOP(run_nested, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls),
        cmocka_unit_test(calls_of_what_cannot_be_called),
        cmocka_unit_test(arguments_that_are_no_tuple),
        cmocka_unit_test(instances),
        cmocka_unit_test(globals),
        cmocka_unit_test(names_from_the_stack),
        cmocka_unit_test(builds),
        cmocka_unit_test(builds_on_literals),
        cmocka_unit_test(items),
        cmocka_unit_test(persistent_ids),
        cmocka_unit_test(extensions),
        cmocka_unit_test(effects_come_before_the_fault),
        cmocka_unit_test(the_judge_decides_on_results),
        cmocka_unit_test(the_judge_stops),
        cmocka_unit_test(the_judge_fails),
        cmocka_unit_test(the_judge_skips),
        cmocka_unit_test(raw_bytes_inside_a_frame),
        cmocka_unit_test(a_nested_stream_ends_inside_its_frame),
        cmocka_unit_test(nested_streams),
        cmocka_unit_test(limit_of_depth),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
