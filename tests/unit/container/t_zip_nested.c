/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "zip_build.h"

static struct zb zb; /* the outer file, with archives in it */
static struct recorder recorder;
static size_t header; /* of the member at hand */

static int start(void **state)
{
    (void)state;
    zb_clear(&zb);
    return 0;
}

static void zeros(size_t n)
{
    static const uint8_t none[2048];
    zb_raw(&zb, none, n);
}

/* ---- tar ---- */

static void open_member(const char *name)
{
    header = zb.len;
    zeros(512);
    memcpy(zb.data + header, name, strlen(name));
    zb_next(&zb);
}

static void seal(size_t len)
{
    unsigned sum = 0;
    uint8_t *block = zb.data + header;
    (void)snprintf((char *)block + 124, 12, "%011zo", len);
    memset(block + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++) {
        sum += block[i];
    }
    (void)snprintf((char *)block + 148, 8, "%06o", sum);
}

static void close_member(void)
{
    seal(zb.len - header - 512);
    zeros((512 - zb.len % 512) % 512);
}

static void add_file(const char *name, const char *text)
{
    open_member(name);
    zb_text(&zb, text);
    close_member();
}

/* A member that is an archive, as torch.save and numpy.savez write them. */
static void add_archive(const char *name, const char *first, const char *second)
{
    open_member(name);
    zb_add(&zb, first, "hello");
    zb_add(&zb, second, "other");
    zb_finish(&zb);
    close_member();
}

static void add_end(void)
{
    zeros(1024);
}

static bool says(const char *what)
{
    return strstr(recorder.log, what) != NULL;
}

/* As ZIP, from memory and from a file. */
static void walk(void)
{
    recorder_init(&recorder, &stk_alloc_libc);
    assert_int_equal(zb_walk_memory(&zb, &recorder), STK_OK);
    static char want[sizeof(recorder.log)];
    memcpy(want, recorder.log, recorder.len + 1);
    zb_expect(&zb, want);
}

/* zipfile opens it, and there is nothing in it that the outer format does not show. */
static void expect_nothing_more(void)
{
    struct stk_source source = stk_source_of(stk_span_of(zb.data, zb.len));
    assert_true(stk_format_zip.recognise(&source, stk_span_of(zb.data, STK_HEAD_MAX)));
    zb_expect(&zb, "");
}

static void one_archive_in_a_tar(void **state)
{
    (void)state;
    add_archive("sd.pt", "archive/data.pkl", "archive/data/0");
    add_end();
    expect_nothing_more();
}

static void two_archives_in_a_tar(void **state)
{
    (void)state;
    add_archive("sd.pt", "archive/data.pkl", "archive/data/0");
    add_file("notes.txt", "hello");
    add_archive("a.npz", "x.npy", "y.npy");
    add_file("more.txt", "hello");
    add_end();
    expect_nothing_more();
}

static void a_tar_in_a_tar(void **state)
{
    (void)state;
    open_member("inner.tar");
    size_t outer = header;
    add_archive("sd.pt", "archive/data.pkl", "archive/data/0");
    add_end();
    header = outer;
    close_member();
    add_end();
    expect_nothing_more();
}

/* What miniz writes, and torch with it. */
static void an_archive_with_zip64_records(void **state)
{
    (void)state;
    open_member("sd.pt");
    zb_add(&zb, "archive/data.pkl", "hello");
    size_t len = zb_dir(&zb);
    size_t end64 = zb.len;
    zb_raw(&zb, "PK\6\6", 4);
    zb_num(&zb, 44, 8);
    zb_num(&zb, 45, 2);
    zb_num(&zb, 45, 2);
    zb_num(&zb, 0, 8);
    zb_num(&zb, 1, 8);
    zb_num(&zb, 1, 8);
    zb_num(&zb, len, 8);
    zb_num(&zb, zb.dir - zb.base, 8);
    zb_raw(&zb, "PK\6\7", 4);
    zb_num(&zb, 0, 4);
    zb_num(&zb, end64 - zb.base, 8);
    zb_num(&zb, 1, 4);
    zb_end(&zb, 1, len, 0);
    close_member();
    add_end();
    expect_nothing_more();
}

/* A self-extractor's offsets count from behind its script, or from the script. */
static void an_archive_behind_a_script(void **state)
{
    (void)state;
    for (int counted = 0; counted < 2; counted++) {
        zb_clear(&zb);
        open_member("run");
        zb_text(&zb, "#!/bin/sh\nexec x\n");
        zb.base = counted ? zb.base : zb.len;
        zb_add(&zb, "a.txt", "hello");
        zb_finish(&zb);
        close_member();
        add_end();
        expect_nothing_more();
    }
}

static void cpio_header(size_t at, unsigned name_len, unsigned len)
{
    char text[111];
    (void)snprintf(text, sizeof(text), "070701%048d%08x%032d%08x%08d", 0, len, 0,
                   name_len, 0);
    memcpy(zb.data + at, text, 110);
}

static void an_archive_in_a_cpio_file(void **state)
{
    (void)state;
    zeros(110);
    zb_raw(&zb, "a.npz", 6);
    zb_next(&zb);
    zb_add(&zb, "x.npy", "hello");
    zb_finish(&zb);
    cpio_header(0, 6, (unsigned)(zb.len - zb.base));
    zeros((4 - zb.len % 4) % 4);
    size_t trailer = zb.len;
    zeros(110);
    cpio_header(trailer, 11, 0);
    zb_raw(&zb, "TRAILER!!!", 11);
    expect_nothing_more();
}

/* By chance, a directory's offset in its archive is where another one is in the file:
 * what that one says of its members is true from its own archive's start only. */
static void a_directory_at_the_absolute_offset_by_chance(void **state)
{
    (void)state;
    add_archive("a.npz", "x.npy", "y.npy");
    size_t met = zb.dir;
    open_member("b.npz");
    zb_add(&zb, "x.npy", "hello");
    zeros(met - (zb.len - zb.base));
    zb_finish(&zb);
    assert_int_equal(zb.dir - zb.base, met);
    close_member();
    add_archive("c.npz", "x.npy", "y.npy");
    add_end();
    expect_nothing_more();
}

/* ---- what the outer format does not show ---- */

/* Readers that go by the offset find the first directory, others the second. */
static void a_directory_at_the_absolute_offset(void **state)
{
    (void)state;
    open_member("planted");
    zb_add(&zb, "evil", "hello");
    zb.base = 0;
    size_t planted = zb.len;
    (void)zb_dir(&zb);
    close_member();
    open_member("a.npz");
    zb_add(&zb, "x.npy", "hello");
    zeros(planted - (zb.len - zb.base));
    zb_finish(&zb);
    assert_int_equal(zb.dir - zb.base, planted);
    close_member();
    add_end();
    walk();
    assert_true(says("offset and size name two places"));
    assert_true(says("evil 546+5 any: hello\n"));
}

/* The archive's own offsets lead in front of the member. */
static void an_archive_that_begins_before_its_member(void **state)
{
    (void)state;
    open_member("evil");
    size_t base = zb.base;
    zb_add(&zb, "evil", "hello");
    close_member();
    open_member("a.npz");
    zb.base = base;
    zb.n = 1;
    zb_finish(&zb);
    close_member();
    add_end();
    walk();
    assert_true(says("evil 546+5 any: hello\n"));
}

/* The directory lies in one member, its record in the next. */
static void a_record_in_another_member(void **state)
{
    (void)state;
    open_member("a.npz");
    zb_add(&zb, "x.npy", "hello");
    (void)zb_dir(&zb);
    size_t dir = zb.dir;
    close_member();
    open_member("record");
    zb_end(&zb, 1, zb.len - dir, 0);
    close_member();
    add_end();
    walk();
    assert_true(says("x.npy 547+5 any: hello\n"));
}

/* Behind the end, in the zeros of a last block, and in a header's unused bytes. */
static void a_record_in_no_member(void **state)
{
    (void)state;
    add_file("a.txt", "hello");
    add_end();
    zb_next(&zb);
    zb_add(&zb, "evil", "hello");
    zb_finish(&zb);
    zeros(1024);
    walk();
    assert_true(says("evil 2082+5 any: hello\n"));

    zb_clear(&zb);
    add_archive("a.npz", "x.npy", "y.npy");
    seal(zb.end + 10 - header - 512);
    add_end();
    walk();
    assert_true(says("x.npy 547+5 any: hello\n"));
}

/* The member's own walk would not see the record that reaches to the end of the file. */
static void a_comment_that_covers_what_follows(void **state)
{
    (void)state;
    open_member("a.zip");
    zb_text(&zb, "#!/bin/sh\nexec x\n");
    zb_next(&zb);
    zb_add(&zb, "evil", "hello");
    zb_finish(&zb);
    size_t exact = zb.end;
    zb_next(&zb);
    zb_add(&zb, "x.npy", "hello");
    zb_finish(&zb);
    close_member();
    add_end();
    zb_poke(&zb, exact + 20, zb.len - exact - 22, 2);
    walk();
    assert_true(says("more than one end of central directory record"));
    assert_true(says("evil 563+5 any: hello\n"));
    assert_true(says("x.npy "));
}

/* The name of the first member makes it an archive for readers of streams. */
static void a_tar_that_begins_as_an_archive(void **state)
{
    (void)state;
    add_file("PK\3\4", "hello");
    add_archive("a.npz", "x.npy", "y.npy");
    add_end();
    walk();
    assert_true(says("(before the archive) 0+1536 any\n"));
}

/* The walk of the outer file is not to be relied on. */
static void an_odd_tar(void **state)
{
    (void)state;
    add_archive("a.npz", "x.npy", "y.npy");
    add_end();
    zb_text(&zb, "something");
    walk();
    assert_true(says("x.npy 547+5 any: hello\n"));
}

/* torch reads the member `pickle` as a stream, and nobody there as an archive. */
static void a_member_that_is_a_stream(void **state)
{
    (void)state;
    add_file("storages", "hello");
    add_file("tensors", "hello");
    add_archive("pickle", "x.npy", "y.npy");
    add_end();
    walk();
    assert_true(says("x.npy 2595+5 any: hello\n"));
}

static void other_files_are_no_outer_ones(void **state)
{
    (void)state;
    zb_text(&zb, "#!/bin/sh\nexec x\n");
    zb_next(&zb);
    zb_add(&zb, "a.txt", "hello");
    zb_finish(&zb);
    walk();
    assert_true(says("a.txt 52+5 any: hello\n"));
}

static enum stk_status shrunk(void *ctx, uint64_t off, void *buf, size_t len)
{
    return off + len > 512 && off < 1024 ? STK_E_SHRUNK : zb_read_at(ctx, off, buf, len);
}

static void a_file_that_shrinks(void **state)
{
    (void)state;
    add_file("a.txt", "hello");
    add_archive("a.npz", "x.npy", "y.npy");
    add_end();
    struct stk_source source = {.size = zb.len, .read_at = shrunk, .ctx = &zb};
    recorder_init(&recorder, &stk_alloc_libc);
    assert_int_equal(stk_format_zip.walk(&source, &recorder.visitor), STK_E_SHRUNK);
}

/* Every changed byte: where there is nothing to say, the tar's own walk hands the member
 * out, and finds nothing odd. */
static void any_changed_byte(void **state)
{
    (void)state;
    size_t n_quiet = 0;
    char want[64];
    add_archive("a.npz", "x.npy", "y.npy");
    (void)snprintf(want, sizeof(want), "a.npz 512+%zu any\n", zb.end + 22 - 512);
    add_end();
    struct stk_source file = zb_file(&zb);
    for (size_t i = 0; i < zb.len; i++) {
        zb.data[i] ^= 0x10;
        recorder_init(&recorder, &stk_alloc_libc);
        assert_int_equal(zb_walk_memory(&zb, &recorder), STK_OK);
        if (recorder.len == 0) {
            n_quiet++;
            assert_int_equal(stk_format_tar.walk(&file, &recorder.visitor), STK_OK);
            assert_string_equal(recorder.log, want);
        }
        zb.data[i] ^= 0x10;
    }
    assert_true(n_quiet > 100 && n_quiet < zb.len - 512);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_archive_in_a_tar, start),
        cmocka_unit_test_setup(two_archives_in_a_tar, start),
        cmocka_unit_test_setup(a_tar_in_a_tar, start),
        cmocka_unit_test_setup(an_archive_with_zip64_records, start),
        cmocka_unit_test_setup(an_archive_behind_a_script, start),
        cmocka_unit_test_setup(an_archive_in_a_cpio_file, start),
        cmocka_unit_test_setup(a_directory_at_the_absolute_offset_by_chance, start),
        cmocka_unit_test_setup(a_directory_at_the_absolute_offset, start),
        cmocka_unit_test_setup(an_archive_that_begins_before_its_member, start),
        cmocka_unit_test_setup(a_record_in_another_member, start),
        cmocka_unit_test_setup(a_record_in_no_member, start),
        cmocka_unit_test_setup(a_comment_that_covers_what_follows, start),
        cmocka_unit_test_setup(a_tar_that_begins_as_an_archive, start),
        cmocka_unit_test_setup(an_odd_tar, start),
        cmocka_unit_test_setup(a_member_that_is_a_stream, start),
        cmocka_unit_test_setup(other_files_are_no_outer_ones, start),
        cmocka_unit_test_setup(a_file_that_shrinks, start),
        cmocka_unit_test_setup(any_changed_byte, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
