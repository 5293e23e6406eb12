/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"

struct content {
    enum stk_status text_status;
    char text[64];
    size_t text_len;
    enum stk_status place_status;
    uint64_t off;
    uint64_t len;
};

/* The value of a stream, read from memory or in pieces. */
static struct content content_of(const void *bytes, size_t len, uint64_t max,
                                 bool in_pieces)
{
    struct follow f;
    struct content c = {0};
    struct stk_span text = {0};
    struct pieces pieces = {.data = bytes, .len = len};
    struct stk_source source =
        in_pieces ? pieces_source(&pieces) : stk_source_of(stk_span_of(bytes, len));
    follow_init(&f);
    follow_open(&f);
    follow_run(&f, &source, &stk_reading_reference);
    assert_true(f.run.stopped);
    c.text_status = stk_slot_text(f.machine, f.run.value, max, &text);
    assert_true(text.len < sizeof c.text);
    memcpy(c.text, text.len > 0 ? text.data : (const uint8_t *)"", text.len);
    c.text_len = text.len;
    c.place_status = stk_slot_place(f.machine, f.run.value, &c.off, &c.len);
    follow_close(&f);
    return c;
}

static void expect_content(const void *bytes, size_t len, const char *want,
                           size_t want_len, uint64_t off)
{
    for (int in_pieces = 0; in_pieces < 2; in_pieces++) {
        struct content c = content_of(bytes, len, 1000, in_pieces != 0);
        assert_int_equal(c.text_status, STK_OK);
        assert_int_equal(c.text_len, want_len);
        assert_memory_equal(c.text, want, want_len);
        assert_int_equal(c.place_status, off > 0 ? STK_OK : STK_E_UNSUPPORTED);
        assert_int_equal(c.off, off);
    }
}

/* off 0: the content does not lie in the source as it is. */
#define CONTENT(bytes, want, off)                                                        \
    expect_content((bytes), sizeof(bytes) - 1, (want), sizeof(want) - 1, (off))

static void content_that_lies_in_the_source(void **state)
{
    (void)state;
    CONTENT("\x8c\2os.", "os", 2);
    CONTENT("N0\x8c\2os.", "os", 4);
    CONTENT("X\2\0\0\0os.", "os", 5);
    CONTENT("\x8d\2\0\0\0\0\0\0\0os.", "os", 9);
    CONTENT("C\2\xff\0.", "\xff\0", 2);
    CONTENT("B\1\0\0\0x.", "x", 5);
    CONTENT("\x8e\1\0\0\0\0\0\0\0x.", "x", 9);
    CONTENT("\x96\1\0\0\0\0\0\0\0x.", "x", 9);
    CONTENT("C\0.", "", 2);
}

static void content_that_is_decoded(void **state)
{
    (void)state;
    CONTENT("S'\\x6fs'\n.", "os", 0);
    CONTENT("V\\u006fs\n.", "os", 0);
    CONTENT("V\n.", "", 0);
    CONTENT("V\xe9\n.", "\xc3\xa9", 0);
    CONTENT("S'\xe9'\n.", "\xc3\xa9", 0);
    /* 8-bit strings: as text in Latin-1, as bytes where they lie. */
    CONTENT("U\1\xe9.", "\xc3\xa9", 2);
    CONTENT("T\1\0\0\0\xe9.", "\xc3\xa9", 5);
}

static void other_values_have_none(void **state)
{
    (void)state;
    static const char *const streams[] = {"N.", "K\1.", ").", "].", "ca\nb\n.", "F1\n."};
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
        struct content c = content_of(streams[i], strlen(streams[i]), 10, false);
        assert_int_equal(c.text_status, STK_E_UNSUPPORTED);
        assert_int_equal(c.place_status, STK_E_UNSUPPORTED);
    }
}

static void content_has_a_maximum(void **state)
{
    (void)state;
    for (int in_pieces = 0; in_pieces < 2; in_pieces++) {
        assert_int_equal(content_of("C\3abc.", 6, 2, in_pieces).text_status, STK_E_LIMIT);
        assert_int_equal(content_of("C\3abc.", 6, 3, in_pieces).text_status, STK_OK);
        assert_int_equal(content_of("C\3abc.", 6, 4, in_pieces).text_status, STK_OK);
        assert_int_equal(content_of("Vabc\n.", 6, 2, in_pieces).text_status, STK_E_LIMIT);
        assert_int_equal(content_of("Vabc\n.", 6, 3, in_pieces).text_status, STK_OK);
    }
}

/* A line is measured again when it is asked for, also past the pieces it is read in. */
static void long_lines(void **state)
{
    (void)state;
    for (size_t n = 254; n <= 258; n++) {
        struct follow f;
        struct stk_buf stream;
        struct stk_span text = {0};
        build_init(&stream);
        PUT(&stream, "V");
        PUT_REPEAT(&stream, "x", n);
        PUT(&stream, "\n.");
        struct pieces pieces = {.data = stream.data, .len = stream.len};
        struct stk_source source = pieces_source(&pieces);
        follow_init(&f);
        follow_open(&f);
        follow_run(&f, &source, &stk_reading_reference);
        assert_int_equal(stk_slot_text(f.machine, f.run.value, 1000, &text), STK_OK);
        assert_int_equal(text.len, n);
        follow_close(&f);
        stk_buf_release(&stream);
    }
}

/* An id whose line ends with the bytes loses its last one. */
static void see_id(struct follow *f, const struct stk_effect *effect)
{
    struct stk_span text = {0};
    assert_int_equal(stk_slot_text(f->machine, effect->target, 100, &text), STK_OK);
    put_text(f, text);
    stk_buf_str(&f->text, "\n");
}

static void persistent_ids(void **state)
{
    (void)state;
    struct follow f;
    follow_init(&f);
    f.look = see_id;
    follow_open(&f);
    FOLLOW(&f, "Pab\n.");
    assert_string_equal(follow_text(&f), "0 persistent 'ab'\nab\nstop 5\n");
    FOLLOW(&f, "Pabc");
    assert_string_equal(follow_text(&f), "0 persistent 'ab'\nab\nquirk LINE_END at 0\n"
                                         "fault \"the bytes end before STOP\" at 4\n");
    follow_close(&f);
}

static void sources_that_fail(void **state)
{
    (void)state;
    struct follow f;
    struct stk_span text = {0};
    uint64_t off = 0;
    uint64_t len = 0;
    struct stk_buf stream;
    build_init(&stream);
    PUT(&stream, "\x8c\2os\x8e");
    put_u64(&stream, 1000000);
    PUT_REPEAT(&stream, "x", 1000000);
    PUT(&stream, "0.");
    struct pieces pieces = {.data = stream.data, .len = stream.len};
    struct stk_source source = pieces_source(&pieces);
    follow_init(&f);
    follow_open(&f);
    follow_run(&f, &source, &stk_reading_reference);
    assert_true(f.run.stopped);
    pieces.fail_at = pieces.reads + 1;
    pieces.failure = STK_E_SHRUNK;
    assert_int_equal(stk_slot_text(f.machine, f.run.value, 10, &text), STK_E_SHRUNK);
    assert_int_equal(stk_slot_place(f.machine, f.run.value, &off, &len), STK_E_SHRUNK);
    assert_null(text.data);
    pieces.fail_at = 0;
    assert_int_equal(stk_slot_text(f.machine, f.run.value, 10, &text), STK_OK);
    assert_true(stk_span_is(text, "os"));
    size_t reads = pieces.reads;
    assert_int_equal(stk_slot_text(f.machine, f.run.value, 10, &text), STK_OK);
    assert_int_equal(pieces.reads, reads); /* its page is kept */
    follow_close(&f);
    stk_buf_release(&stream);
}

static void globals(void **state)
{
    (void)state;
    struct follow f;
    follow_init(&f);
    follow_open(&f);
    FOLLOW(&f, "ca\nb\n.");
    assert_ptr_equal(stk_slot_global(f.machine, f.run.value),
                     stk_machine_global(f.machine, 0));
    assert_null(stk_slot_global(f.machine, stk_slot_make(STK_GLOBAL, 1)));
    assert_null(stk_slot_global(f.machine, stk_slot_int(0)));
    assert_int_equal(stk_machine_nesting(f.machine), 0);
    follow_close(&f);
}

static void see_nesting(struct follow *f, const struct stk_effect *effect)
{
    stk_buf_printf(&f->text, "%llu in %llu\n", (unsigned long long)effect->off,
                   (unsigned long long)stk_machine_nesting(f->machine));
}

static void nesting(void **state)
{
    (void)state;
    static const struct answer answers[] = {{"array", {.nested = true}}, {0}};
    struct follow f;
    follow_init(&f);
    f.look = see_nesting;
    f.answers = answers;
    follow_open(&f);
    FOLLOW(&f, "ca\narray\nNb\x82\1.\x82\2.");
    assert_string_equal(follow_text(&f),
                        "0 import a.array\n0 in 0\n10 build a.array None\n10 in 0\n"
                        "11 extension 1\n11 in 1\n14 extension 2\n14 in 0\nstop 17\n");
    follow_close(&f);
}

static enum stk_status read_text(const struct stk_alloc *alloc, void *arg)
{
    struct pieces *p = arg;
    struct stk_limits limits = STK_LIMITS_DEFAULT;
    struct stk_source source = pieces_source(p);
    struct stk_judge judge = {.effect = ignore_effect};
    struct stk_run run = {0};
    struct stk_span text = {0};
    struct stk_machine *m = stk_machine_new(alloc, &limits);
    enum stk_status status = STK_E_NOMEM;
    if (m != NULL) {
        status = stk_machine_run(m, &source, 0, &stk_reading_reference, &judge, &run);
    }
    if (status == STK_OK) {
        status = stk_slot_text(m, run.value, 1 << 20, &text);
        assert_true(status != STK_OK || text.len == 100001);
    }
    stk_machine_free(m);
    return status;
}

static void survives_refusals(void **state)
{
    (void)state;
    struct stk_buf stream;
    build_init(&stream);
    PUT(&stream, "V");
    PUT_REPEAT(&stream, "x", 100000);
    PUT(&stream, "\\u0041\n.");
    struct pieces pieces = {.data = stream.data, .len = stream.len};
    STK_OOM_LOOP(read_text, &pieces);
    stk_buf_release(&stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(content_that_lies_in_the_source),
        cmocka_unit_test(content_that_is_decoded),
        cmocka_unit_test(other_values_have_none),
        cmocka_unit_test(content_has_a_maximum),
        cmocka_unit_test(long_lines),
        cmocka_unit_test(persistent_ids),
        cmocka_unit_test(sources_that_fail),
        cmocka_unit_test(globals),
        cmocka_unit_test(nesting),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
