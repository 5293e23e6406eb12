/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "zip_build.h"

static struct zb zb;
static struct recorder recorder;

static int start(void **state)
{
    (void)state;
    zb_clear(&zb);
    return 0;
}

static void two_members(void **state)
{
    (void)state;
    zb_add(&zb, "a.txt", "hello");
    zb_add_deflated(&zb, "b.txt", "worldworldworld", 15);
    zb_add(&zb, "dir/", "");
    zb_finish(&zb);
    zb_expect(&zb, "a.txt 35+5 any: hello\n"
                   "b.txt 0+15 any expanded: worldworldworld\n");
}

static void an_empty_archive(void **state)
{
    (void)state;
    zb_finish(&zb);
    zb_expect(&zb, "");
}

/* A self-extractor: zipfile and libarchive count offsets from where the archive begins.
 */
static void bytes_before_the_archive(void **state)
{
    (void)state;
    zb_text(&zb, "#!/bin/sh\nexec x\n");
    zb_next(&zb);
    zb_add(&zb, "a.txt", "hello");
    zb_finish(&zb);
    zb_expect(&zb, "a.txt 52+5 any: hello\n"
                   "(before the archive) 0+17 any\n");
}

/* The same, with offsets that count from the start of the file. */
static void bytes_before_an_archive_that_counts_them(void **state)
{
    (void)state;
    zb_text(&zb, "#!/bin/sh\nexec x\n");
    zb_add(&zb, "a.txt", "hello");
    zb_finish(&zb);
    zb_expect(&zb, "a.txt 52+5 any: hello\n"
                   "(before the archive) 0+17 any\n");
}

static void bytes_behind_the_archive(void **state)
{
    (void)state;
    zb_add(&zb, "a.txt", "hello");
    zb_finish(&zb);
    zb_text(&zb, "cos\nsystem\n.");
    zb_expect(&zb, "a.txt 35+5 any: hello\n"
                   "(behind the archive) 113+12 any\n");
}

static bool recognised(void)
{
    struct stk_source source = stk_source_of(stk_span_of(zb.data, zb.len));
    size_t head = zb.len < STK_HEAD_MAX ? zb.len : STK_HEAD_MAX;
    return stk_format_zip.recognise(&source, stk_span_of(zb.data, head));
}

static void is_recognised_by_front_or_end(void **state)
{
    (void)state;
    assert_false(recognised());
    zb_raw(&zb, "PK\3\4", 4);
    assert_true(recognised()); /* streaming readers need no more */
    zb_clear(&zb);
    zb_raw(&zb, "\x80\x02N.", 4);
    assert_false(recognised());
    zb_next(&zb);
    zb_add(&zb, "a", "hello");
    zb_finish(&zb);
    assert_true(recognised()); /* a pickle in front: zipfile opens it */
    char comment[60000] = {0};
    zb_raw(&zb, comment, sizeof(comment));
    assert_true(recognised());
    zb_raw(&zb, comment, 10000); /* farther from the end than any loader looks */
    assert_false(recognised());
}

/* Four bytes by chance are no archive. */
static void a_signature_alone_is_not_recognised(void **state)
{
    (void)state;
    zb_text(&zb, "0123456789PK\5\6 some text, no record, nothing");
    assert_false(recognised());
}

static void what_the_visitor_returns_ends_the_walk(void **state)
{
    (void)state;
    zb_add(&zb, "a.txt", "hello");
    zb_add(&zb, "b.txt", "hello");
    zb_finish(&zb);
    recorder_init(&recorder, &stk_alloc_libc);
    recorder.answer = STK_E_IO;
    assert_int_equal(zb_walk_memory(&zb, &recorder), STK_E_IO);
    assert_string_equal(recorder.log, "a.txt 35+5 any: hello\n");
}

static enum stk_status shrunk(void *ctx, uint64_t off, void *buf, size_t len)
{
    return off + len > 60 ? STK_E_SHRUNK : zb_read_at(ctx, off, buf, len);
}

static void a_file_that_shrinks(void **state)
{
    (void)state;
    zb_add(&zb, "a.txt", "hello");
    zb_finish(&zb);
    struct stk_source source = {.size = zb.len, .read_at = shrunk, .ctx = &zb};
    recorder_init(&recorder, &stk_alloc_libc);
    assert_int_equal(stk_format_zip.walk(&source, &recorder.visitor), STK_E_SHRUNK);
}

/* A nested archive that is stored ends near the end of the outer one: its end record is
 * not one of the outer archive. */
static void a_stored_archive_inside(void **state)
{
    (void)state;
    static uint8_t inner[4096];
    zb_add(&zb, "a.txt", "hello");
    zb_finish(&zb);
    size_t len = zb.len;
    memcpy(inner, zb.data, len);
    zb_clear(&zb);
    zb_add(&zb, "first", "hello");
    zb_add_packed(&zb, "inner.zip", 0, inner, len, inner, len);
    zb_finish(&zb);
    zb_expect(&zb, "first 35+5 any: hello\n"
                   "inner.zip 79+113 any\n");
}

static void members_are_limited(void **state)
{
    (void)state;
    zb_add(&zb, "a", "hello");
    zb_add(&zb, "b", "hello");
    zb_add(&zb, "c", "hello");
    zb_finish(&zb);
    recorder_init(&recorder, &stk_alloc_libc);
    recorder.limits.members_max = 2;
    zb_expect_with(&zb, &recorder,
                   "! limit 202 more than 2 members\n"
                   "a 31+5 any: hello\n"
                   "b 67+5 any: hello\n"
                   "(between members) 72+36 any\n");
}

static enum stk_status walk_with(const struct stk_alloc *alloc, void *arg)
{
    (void)arg;
    struct stk_source file = zb_file(&zb);
    recorder_init(&recorder, alloc);
    return stk_format_zip.walk(&file, &recorder.visitor);
}

static void survives_refused_memory(void **state)
{
    (void)state;
    static const char text[] = "{\"class_name\": \"Dense\"}";
    zb_text(&zb, "#!/bin/sh\nexec x\n");
    zb_next(&zb);
    zb_add(&zb, "config.json", text);
    zb_add_deflated(&zb, "b.txt", "worldworldworld", 15);
    zb_text(&zb, "a gap between members, PK\3\4 in it");
    zb_add(&zb, "config.json", text);
    zb_finish(&zb);
    STK_OOM_LOOP(walk_with, NULL);
}

/* Every cut and every changed byte: an answer, no crash. */
static void any_cut_and_any_changed_byte(void **state)
{
    (void)state;
    zb_add(&zb, "p/data.pkl", "\x80\x02N.");
    zb_add_deflated(&zb, "p/data/0", "worldworldworld", 15);
    zb_finish(&zb);
    size_t len = zb.len;
    for (zb.len = 0; zb.len < len; zb.len++) {
        recorder_init(&recorder, &stk_alloc_libc);
        assert_int_equal(zb_walk_memory(&zb, &recorder), STK_OK);
    }
    for (size_t i = 0; i < len; i++) {
        for (unsigned bit = 0; bit < 8; bit++) {
            zb.data[i] ^= (uint8_t)(1u << bit);
            recorder_init(&recorder, &stk_alloc_libc);
            assert_int_equal(zb_walk_memory(&zb, &recorder), STK_OK);
            zb.data[i] ^= (uint8_t)(1u << bit);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(two_members, start),
        cmocka_unit_test_setup(an_empty_archive, start),
        cmocka_unit_test_setup(bytes_before_the_archive, start),
        cmocka_unit_test_setup(bytes_before_an_archive_that_counts_them, start),
        cmocka_unit_test_setup(bytes_behind_the_archive, start),
        cmocka_unit_test_setup(is_recognised_by_front_or_end, start),
        cmocka_unit_test_setup(a_signature_alone_is_not_recognised, start),
        cmocka_unit_test_setup(what_the_visitor_returns_ends_the_walk, start),
        cmocka_unit_test_setup(a_file_that_shrinks, start),
        cmocka_unit_test_setup(a_stored_archive_inside, start),
        cmocka_unit_test_setup(members_are_limited, start),
        cmocka_unit_test_setup(survives_refused_memory, start),
        cmocka_unit_test_setup(any_cut_and_any_changed_byte, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
