/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"
#include "pickle/state.h"

#define EXPECT_FILE(bytes, text) EXPECT_READING("C over a file", bytes, text)

/* Offsets are those of the source, whatever was dropped before them. */
static void what_is_left_of_a_frame_is_dropped(void **state)
{
    (void)state;
    EXPECT_FILE("\x95\3\0\0\0\0\0\0\0cxxos\nsystem\n.",
                "9 import os.system\nquirk FRAME_STRADDLE at 9\nstop 23\n");
    EXPECT_FILE(
        "\x95\3\0\0\0\0\0\0\0cxxos\nsystem\nca\nb\n.",
        "9 import os.system\n22 import a.b\nquirk FRAME_STRADDLE at 9\nstop 28\n");
    /* The second line alone. */
    EXPECT_FILE("\x95\5\0\0\0\0\0\0\0ca\nxxb\n.",
                "9 import a.b\nquirk FRAME_STRADDLE at 9\nstop 17\n");
    /* An argument of a fixed length: from behind the frame as a whole. */
    EXPECT_FILE("\x95\2\0\0\0\0\0\0\0M!\1\0Q.",
                "13 persistent 1\nquirk FRAME_STRADDLE at 9\nstop 15\n");
    /* Text; bytes are joined instead. */
    EXPECT_FILE("\x95\3\0\0\0\0\0\0\0\x8c\2xosQ.",
                "14 persistent 'os'\nquirk FRAME_STRADDLE at 9\nstop 16\n");
    EXPECT_FILE("\x95\3\0\0\0\0\0\0\0C\2osQ.",
                "13 persistent b'os'\nquirk FRAME_STRADDLE at 9\nstop 15\n");
}

static void nothing_is_dropped_at_an_end_that_is_kept(void **state)
{
    (void)state;
    EXPECT_FILE("\x95\x0c\0\0\0\0\0\0\0cos\nsystem\n.", "9 import os.system\nstop 21\n");
    EXPECT_FILE("\x95\1\0\0\0\0\0\0\0cos\nsystem\n.", "9 import os.system\nstop 21\n");
    EXPECT_FILE("\x95\4\0\0\0\0\0\0\0cos\nsystem\n.", "9 import os.system\nstop 21\n");
}

static void frames_inside_frames(void **state)
{
    (void)state;
    /* It fits into what is left: it changes nothing. */
    EXPECT_FILE("\x95\x0d\0\0\0\0\0\0\0N0\x95\1\0\0\0\0\0\0\0N.",
                "quirk FRAME_STRADDLE at 11\nstop 22\n");
    /* It does not: what is left of the outer frame is dropped, and it begins behind. */
    EXPECT_FILE("\x95\x0b\0\0\0\0\0\0\0\x95\3\0\0\0\0\0\0\0!!ca\nb\n.",
                "20 import a.b\nquirk FRAME_STRADDLE at 9\nstop 26\n");
}

static void values_before_and_behind_a_cut(void **state)
{
    (void)state;
    EXPECT_FILE("\x8c\1aq\0"
                "0\x95\3\0\0\0\0\0\0\0\x8c\2xbbh\0\x86Q.",
                "23 persistent ('bb', 'a')\nquirk FRAME_STRADDLE at 15\nstop 25\n");
}

static void several_cuts(void **state)
{
    (void)state;
    struct stk_buf stream;
    struct stk_buf want;
    build_init(&stream);
    build_init(&want);
    for (unsigned i = 0; i < 50; i++) {
        PUT(&stream, "\x95\3\0\0\0\0\0\0\0");
        stk_buf_printf(&want, "%zu import m.n%u\n", stream.len, i);
        stk_buf_printf(&stream, "cxxm\nn%u\n0", i);
    }
    PUT(&stream, "N.");
    stk_buf_printf(&want, "quirk FRAME_STRADDLE at 9\nstop %zu\n", stream.len);
    stk_buf_byte(&want, 0);
    expect_follow(reading_named("C over a file"), NULL, stream.data, stream.len,
                  (const char *)want.data);
    stk_buf_release(&stream);
    stk_buf_release(&want);
}

static void limit_of_cuts(void **state)
{
    (void)state;
    for (size_t n = 2; n <= 4; n++) {
        struct follow f;
        struct stk_buf stream;
        build_init(&stream);
        PUT_REPEAT(&stream, "\x95\2\0\0\0\0\0\0\0M!\1\0", n);
        PUT(&stream, ".");
        follow_init(&f);
        f.limits.cuts_max = 3;
        follow_open(&f);
        follow_bytes(&f, reading_named("C over a file"), stream.data, stream.len);
        assert_true(f.run.stopped == (n <= 3));
        assert_int_equal(f.run.fault.code, n <= 3 ? 0 : STK_FAULT_LIMIT_CUTS);
        assert_int_equal(f.run.fault.off, n <= 3 ? 0 : 3 * 13 + 9);
        follow_close(&f);
        stk_buf_release(&stream);
    }
}

/* A run leaves nothing of its cuts to the next. */
static void the_next_run_sees_the_source_whole(void **state)
{
    (void)state;
    static const char stream[] = "\x95\3\0\0\0\0\0\0\0cxxos\nsystem\n.";
    struct follow f;
    struct pieces pieces = {.data = (const uint8_t *)stream, .len = sizeof stream - 1};
    struct stk_source source = pieces_source(&pieces);
    follow_init(&f);
    follow_open(&f);
    for (int i = 0; i < 3; i++) {
        follow_run(&f, &source, reading_named("C over a file"));
        assert_string_equal(follow_text(&f),
                            "9 import os.system\nquirk FRAME_STRADDLE at 9\nstop 23\n");
        follow_run(&f, &source, reading_named("C"));
        assert_string_equal(follow_text(&f),
                            "9 import xxos.system\nquirk FRAME_STRADDLE at 9\nstop 23\n");
    }
    follow_close(&f);
}

static enum stk_status see_op(void *ctx, struct stk_machine *machine, uint8_t op,
                              uint64_t off, uint64_t len)
{
    const uint8_t *stream = ctx;
    (void)machine;
    (void)len;
    assert_int_equal(stream[off], op);
    return STK_OK;
}

static void opcodes_are_announced_where_they_lie(void **state)
{
    (void)state;
    static const char stream[] = "\x95\3\0\0\0\0\0\0\0cxxos\nsystem\nN0.";
    struct follow f;
    follow_init(&f);
    follow_open(&f);
    struct stk_source source = stk_source_of(stk_span_of(stream, sizeof stream - 1));
    union {
        const char *from;
        void *to;
    } ctx = {stream};
    struct stk_judge judge = {.effect = ignore_effect, .opcode = see_op, .ctx = ctx.to};
    assert_int_equal(stk_machine_run(f.machine, &source, 0,
                                     reading_named("C over a file"), &judge, &f.run),
                     STK_OK);
    assert_true(f.run.stopped);
    follow_close(&f);
}

static enum stk_status run_cuts(const struct stk_alloc *alloc, void *arg)
{
    static const char stream[] =
        "\x95\3\0\0\0\0\0\0\0cxxos\nsystem\nVid\n\x95\2\0\0\0\0\0\0\0"
        "M!\1\0\x86.";
    struct pieces pieces = {.data = (const uint8_t *)stream, .len = sizeof stream - 1};
    struct stk_source source = pieces_source(&pieces);
    struct stk_limits limits = STK_LIMITS_DEFAULT;
    struct stk_judge judge = {.effect = ignore_effect};
    struct stk_run run = {0};
    struct stk_machine *m = stk_machine_new(alloc, &limits);
    enum stk_status status = STK_E_NOMEM;
    (void)arg;
    if (m != NULL) {
        status =
            stk_machine_run(m, &source, 0, reading_named("C over a file"), &judge, &run);
        assert_true(status != STK_OK || run.stopped);
    }
    stk_machine_free(m);
    return status;
}

static void survives_refusals(void **state)
{
    (void)state;
    STK_OOM_LOOP(run_cuts, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_left_of_a_frame_is_dropped),
        cmocka_unit_test(nothing_is_dropped_at_an_end_that_is_kept),
        cmocka_unit_test(frames_inside_frames),
        cmocka_unit_test(values_before_and_behind_a_cut),
        cmocka_unit_test(several_cuts),
        cmocka_unit_test(limit_of_cuts),
        cmocka_unit_test(the_next_run_sees_the_source_whole),
        cmocka_unit_test(opcodes_are_announced_where_they_lie),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
