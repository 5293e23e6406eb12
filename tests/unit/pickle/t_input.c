/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"
#include "pickle/state.h"

enum { WINDOW = STK_WINDOW_SIZE };

static void frames(void **state)
{
    (void)state;
    EXPECT("\x95\2\0\0\0\0\0\0\0N..", "stop 11\n");
    EXPECT("\x95\0\0\0\0\0\0\0\0N.", "stop 11\n"); /* of length 0 */
    EXPECT("\x95\1\0\0\0\0\0\0\0N\x95\1\0\0\0\0\0\0\0.", "stop 20\n");
    EXPECT("\x80\1\x95\1\0\0\0\0\0\0\0N.", "stop 13\n"); /* whatever the protocol */
    EXPECT("\x95\0\0\0\0\0\0\0\x80N.",
           "fault \"a length that no unpickler accepts\" at 0\n");
    EXPECT("\x95\xff\xff\xff\xff\xff\xff\xff\xffN.",
           "fault \"a length that no unpickler accepts\" at 0\n");
    EXPECT("\x95\xff\xff\xff\xff\xff\xff\xff\x7fN.", "quirk FRAME_SHORT at 0\nstop 11\n");
    EXPECT("\x95\3\0\0\0\0\0\0\0N.", "quirk FRAME_SHORT at 0\nstop 11\n");
    EXPECT("\x95\1\0\0\0\0\0\0", "fault \"the bytes end inside an argument\" at 0\n");
}

/* What crosses the end of a frame of n bytes; an element that begins right behind it does
 * not. */
static void elements_across_the_end_of_a_frame(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        size_t len;
        unsigned whole; /* frame lengths below this, down to 1, cut the first element */
    } cases[] = {
        {"K\7.", 3, 1},
        {"M\7\0.", 4, 3},
        {"J\7\0\0\0.", 6, 5},
        {"G\0\0\0\0\0\0\0\0.", 10, 9},
        {"C\3abc.", 6, 5},
        {"\x8c\3"
         "abc.",
         6, 5},
        {"\x8a\2\1\1.", 5, 4},
        {"I12\n.", 5, 4},
        {"S'x'\n.", 6, 5},
        {"ca\nbc\n.", 7, 6},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        for (uint8_t frame = 1; frame <= cases[i].len; frame++) {
            struct stk_buf stream;
            struct follow f;
            build_init(&stream);
            PUT(&stream, "\x95");
            stk_buf_byte(&stream, frame);
            PUT(&stream, "\0\0\0\0\0\0\0");
            stk_buf_put(&stream, cases[i].bytes, cases[i].len);
            follow_init(&f);
            follow_open(&f);
            follow_bytes(&f, reading_named("C"), stream.data, stream.len);
            assert_true(f.run.stopped); /* frames mean nothing to it */
            follow_bytes(&f, reading_named("Python"), stream.data, stream.len);
            bool cut = (f.run.quirks & 1 << STK_QUIRK_FRAME_STRADDLE) != 0;
            assert_true(f.run.stopped == !cut);
            if (frame >= cases[i].whole) {
                assert_false(cut);
            }
            follow_close(&f);
            stk_buf_release(&stream);
        }
    }
}

static void elements_that_begin_at_the_end_of_a_frame(void **state)
{
    (void)state;
    /* The opcode alone in its frame: the argument begins behind it. */
    EXPECT("\x95\1\0\0\0\0\0\0\0K\7.", "stop 12\n");
    EXPECT("\x95\1\0\0\0\0\0\0\0M\7\0.", "stop 13\n");
    EXPECT("\x95\2\0\0\0\0\0\0\0M\7\0.", "quirk FRAME_STRADDLE at 9\nstop 13\n");
    EXPECT("\x95\1\0\0\0\0\0\0\0ca\nb\n.", "9 import a.b\nstop 15\n");
    EXPECT("\x95\3\0\0\0\0\0\0\0ca\nb\n.", "9 import a.b\nstop 15\n");
    EXPECT("\x95\2\0\0\0\0\0\0\0C\2ab.", "stop 14\n");
    EXPECT("\x95\3\0\0\0\0\0\0\0C\2ab.", "quirk FRAME_STRADDLE at 9\nstop 14\n");
    EXPECT("\x95\2\0\0\0\0\0\0\0C\0.", "stop 12\n"); /* nothing is read of it */
}

static void frames_inside_frames(void **state)
{
    (void)state;
    EXPECT("\x95\x0c\0\0\0\0\0\0\0N\x95\1\0\0\0\0\0\0\0N.",
           "quirk FRAME_STRADDLE at 10\nstop 21\n");
    EXPECT_READING("Python", "\x95\x0c\0\0\0\0\0\0\0N\x95\1\0\0\0\0\0\0\0N.",
                   "quirk FRAME_STRADDLE at 10\n"
                   "fault \"this unpickler stops here\" at 10\n");
    /* The opcode FRAME may be the last element of one. */
    EXPECT("\x95\x09\0\0\0\0\0\0\0\x95\1\0\0\0\0\0\0\0N.", "stop 20\n");
}

/* C over a file drops the rest of a frame, where C over one buffer reads on. */
static void a_file_drops_the_rest_of_a_frame(void **state)
{
    (void)state;
    EXPECT_UNION("\x80\4\x95\3\0\0\0\0\0\0\0cxxos\nsystem\n.",
                 "import xxos.system\nimport os.system\nquirk FRAME_STRADDLE at 11\n"
                 "stop 25\n");
    EXPECT_UNION("\x95\3\0\0\0\0\0\0\0\x8c\2xos\x8c\6system\x93.",
                 "import os.system\nquirk FRAME_STRADDLE at 9\n"
                 "fault \"too few values on the stack\" at 13\n");
}

static void lines_without_an_end(void **state)
{
    (void)state;
    EXPECT("cos\n", "0 import os.\nquirk LINE_END at 0\nquirk LINE_EMPTY at 0\n"
                    "fault \"the bytes end before STOP\" at 4\n");
    EXPECT_READING("Python", "cos\nx",
                   "0 import os.\nquirk LINE_END at 0\nquirk LINE_EMPTY at 0\n"
                   "fault \"the bytes end before STOP\" at 5\n");
    /* Inside a frame both readers stop. */
    struct follow f;
    follow_init(&f);
    follow_open(&f);
    FOLLOW(&f, "\x95\3\0\0\0\0\0\0\0cos");
    assert_int_equal(f.run.fault.code, STK_FAULT_TRUNCATED);
    assert_int_equal(f.run.fault.off, 9);
    assert_int_equal(f.n_effects, 0);
    follow_close(&f);
    EXPECT("\x95\1\0\0\0\0\0\0\0cos",
           "9 import o.\nquirk LINE_END at 9\nquirk LINE_EMPTY at 9\n"
           "fault \"the bytes end before STOP\" at 12\n");
}

/* Elements of all kinds at every place around the end of the window. */
static void around_the_end_of_the_window(void **state)
{
    (void)state;
    enum { TAIL = 76 };
    for (size_t at = WINDOW - TAIL - 4; at <= WINDOW + 4; at++) {
        struct stk_buf stream;
        char want[300];
        build_init(&stream);
        PUT(&stream, "B");
        put_u32(&stream, (uint32_t)at - 5);
        put_repeat(&stream, "x", 1, at - 5);
        PUT(&stream, "K\1M\2\0J\3\0\0\0G\0\0\0\0\0\0\0\0\x8c\2\xc3\xa9"
                     "C\3abcI12\nVx\ncos\nsystem\n\x8c\2os\x8c\6system\x93"
                     "(Vid\nios\npopen\n.");
        snprintf(want, sizeof want,
                 "%zu import os.system\n%zu import os.system\n%zu import os.popen\n"
                 "%zu call os.popen ['id']\nstop %zu\n",
                 at + 35, at + 58, at + 64, at + 64, stream.len);
        expect_built(&stream, want);
    }
}

/* Opcodes one by one across several windows, with a fault at the very end. */
static void many_windows(void **state)
{
    (void)state;
    struct stk_buf stream;
    char want[100];
    build_init(&stream);
    PUT(&stream, "]");
    while (stream.len < 3 * (size_t)WINDOW + 5) {
        PUT(&stream, "J\1\2\3\4a");
    }
    snprintf(want, sizeof want, "fault \"no such opcode\" at %zu\n", stream.len);
    PUT(&stream, "!");
    expect_built(&stream, want);
}

static void text_longer_than_the_window(void **state)
{
    (void)state;
    /* Sequences of two, three and four bytes, cut by the end of the window or not. */
    static const char *const units[] = {"\xc3\xa9", "\xe4\xb8\xad", "\xf0\x9f\x90\x8d",
                                        "\xed\xa0\x80"};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        for (uint32_t lead = 0; lead < 4; lead++) {
            struct stk_buf stream;
            char want[100];
            size_t unit = strlen(units[i]);
            size_t n = 2 * (size_t)WINDOW / unit;
            build_init(&stream);
            PUT(&stream, "X");
            put_u32(&stream, lead + (uint32_t)(n * unit));
            put_repeat(&stream, "x", 1, lead);
            put_repeat(&stream, units[i], unit, n);
            PUT(&stream, ".");
            snprintf(want, sizeof want, "stop %zu\n", stream.len);
            struct follow f;
            follow_init(&f);
            follow_open(&f);
            follow_bytes(&f, &stk_reading_reference, stream.data, stream.len);
            assert_string_equal(follow_text(&f), want);
            stream.data[5 + WINDOW + 2] = 0xff;
            follow_bytes(&f, &stk_reading_reference, stream.data, stream.len);
            assert_int_equal(f.run.fault.code, STK_FAULT_TEXT);
            follow_close(&f);
            stk_buf_release(&stream);
        }
    }
    /* Cut at the end of the text, not only of a piece. */
    struct stk_buf stream;
    build_init(&stream);
    PUT(&stream, "NX");
    put_u32(&stream, WINDOW + 2);
    PUT_REPEAT(&stream, "x", WINDOW);
    PUT(&stream, "\xe4\xb8.");
    expect_built(&stream, "fault \"text that cannot be decoded\" at 1\n");
}

static void lines_longer_than_the_window(void **state)
{
    (void)state;
    struct stk_buf stream;
    char want[100];
    build_init(&stream);
    PUT(&stream, "V");
    PUT_REPEAT(&stream, "x", 2 * (size_t)WINDOW);
    PUT(&stream, "\\u0041\ncos\nsystem\n.");
    snprintf(want, sizeof want, "%zu import os.system\nstop %zu\n", stream.len - 12,
             stream.len);
    expect_built(&stream, want);
    build_init(&stream);
    PUT(&stream, "Nca\n");
    PUT_REPEAT(&stream, "x", 2 * (size_t)WINDOW);
    PUT(&stream, "\n.");
    expect_built(&stream, "fault \"a name longer than name-max\" at 1\n");
}

/* A blob is passed over: its bytes are not read, so that a checkpoint costs no weights.
 */
static void blobs_are_not_read(void **state)
{
    (void)state;
    struct stk_buf stream;
    struct follow f;
    build_init(&stream);
    PUT(&stream, "\x8e");
    put_u64(&stream, 16 * (uint64_t)WINDOW);
    PUT_REPEAT(&stream, "x", 16 * (size_t)WINDOW);
    PUT(&stream, "cos\nsystem\n.");
    struct pieces pieces = {.data = stream.data, .len = stream.len};
    struct stk_source source = pieces_source(&pieces);
    follow_init(&f);
    follow_open(&f);
    follow_run(&f, &source, &stk_reading_reference);
    assert_true(f.run.stopped);
    assert_int_equal(pieces.reads, 2);
    assert_true(f.oom.peak < 2 * (size_t)WINDOW);
    follow_close(&f);
    stk_buf_release(&stream);
}

/* Streams of one file share the window; another file, or forget(), does not. */
static void the_window_is_kept_for_the_same_file(void **state)
{
    (void)state;
    struct follow f;
    struct pieces pieces = {.data = (const uint8_t *)"N.ca\nb\n.", .len = 8};
    struct pieces other = {.data = (const uint8_t *)"!!cd\ne\n.", .len = 8};
    struct stk_source source = pieces_source(&pieces);
    struct stk_source second = pieces_source(&other);
    follow_init(&f);
    follow_open(&f);
    follow_run(&f, &source, &stk_reading_reference);
    assert_int_equal(f.run.end, 2);
    assert_int_equal(
        stk_machine_run(f.machine, &source, 2, &stk_reading_reference, &f.judge, &f.run),
        STK_OK);
    assert_int_equal(f.run.begin, 2);
    assert_int_equal(f.run.end, 8);
    assert_int_equal(pieces.reads, 1);
    assert_int_equal(
        stk_machine_run(f.machine, &source, 0, &stk_reading_reference, &f.judge, &f.run),
        STK_OK);
    assert_int_equal(f.run.end, 2);
    assert_int_equal(
        stk_machine_run(f.machine, &second, 2, &stk_reading_reference, &f.judge, &f.run),
        STK_OK);
    assert_int_equal(f.run.end, 8);
    assert_true(stk_span_is(stk_machine_global(f.machine, 0)->module, "d"));
    uint64_t reads = other.reads;
    stk_machine_forget(f.machine);
    assert_int_equal(
        stk_machine_run(f.machine, &second, 2, &stk_reading_reference, &f.judge, &f.run),
        STK_OK);
    assert_int_equal(other.reads, reads + 1);
    follow_close(&f);
}

static void a_part_of_a_source(void **state)
{
    (void)state;
    struct follow f;
    struct pieces pieces = {.data = (const uint8_t *)"!!!ca\nb\n.!!", .len = 11};
    struct stk_source whole = pieces_source(&pieces);
    struct stk_source part = stk_source_part(&whole, 3, 6);
    follow_init(&f);
    follow_open(&f);
    follow_run(&f, &part, &stk_reading_reference);
    assert_string_equal(follow_text(&f), "0 import a.b\nstop 6\n");
    part = stk_source_part(&whole, 3, 5);
    follow_run(&f, &part, &stk_reading_reference);
    assert_string_equal(follow_text(&f),
                        "0 import a.b\nfault \"the bytes end before STOP\" at 5\n");
    follow_close(&f);
}

/* The n-th read fails, for each n: its status is returned, and nothing is made up. */
static void sources_that_fail(void **state)
{
    (void)state;
    static const enum stk_status failures[] = {STK_E_IO, STK_E_SHRUNK};
    struct stk_buf stream;
    build_init(&stream);
    PUT(&stream, "\x8c\2os\x8e");
    put_u64(&stream, 2 * (uint64_t)WINDOW);
    PUT_REPEAT(&stream, "x", 2 * (size_t)WINDOW);
    PUT(&stream, "0\x8c\6system\x93X");
    put_u32(&stream, 2 * WINDOW);
    PUT_REPEAT(&stream, "x", 2 * (size_t)WINDOW);
    PUT(&stream, "V");
    PUT_REPEAT(&stream, "x", 2 * (size_t)WINDOW);
    PUT(&stream, "\ncos\nsystem\nUid\n\x85R.");
    for (size_t i = 0; i < 2; i++) {
        bool passed = false;
        for (uint64_t n = 1; !passed; n++) {
            struct follow f;
            struct pieces pieces = {.data = stream.data,
                                    .len = stream.len,
                                    .fail_at = n,
                                    .failure = failures[i]};
            struct stk_source source = pieces_source(&pieces);
            follow_init(&f);
            follow_open(&f);
            follow_run(&f, &source, &stk_reading_reference);
            passed = pieces.reads < n;
            assert_int_equal(f.status, passed ? STK_OK : failures[i]);
            assert_true(passed || f.run.fault.code == STK_FAULT_READ);
            assert_int_equal(pieces.reads, passed ? n - 1 : n); /* not tried again */
            assert_true(n < 1000);
            follow_close(&f);
        }
    }
    stk_buf_release(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames),
        cmocka_unit_test(elements_across_the_end_of_a_frame),
        cmocka_unit_test(elements_that_begin_at_the_end_of_a_frame),
        cmocka_unit_test(frames_inside_frames),
        cmocka_unit_test(a_file_drops_the_rest_of_a_frame),
        cmocka_unit_test(lines_without_an_end),
        cmocka_unit_test(around_the_end_of_the_window),
        cmocka_unit_test(many_windows),
        cmocka_unit_test(text_longer_than_the_window),
        cmocka_unit_test(lines_longer_than_the_window),
        cmocka_unit_test(blobs_are_not_read),
        cmocka_unit_test(the_window_is_kept_for_the_same_file),
        cmocka_unit_test(a_part_of_a_source),
        cmocka_unit_test(sources_that_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
