/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "zip_build.h"

static struct zb zb;

static int start(void **state)
{
    (void)state;
    zb_clear(&zb);
    return 0;
}

/* The zip64 records of a directory at zb.dir, then an end record with sentinels. */
static void end64(size_t n, size_t dir_len, size_t locator_says)
{
    size_t at = zb.len;
    zb_raw(&zb, "PK\6\6", 4);
    zb_num(&zb, 44, 8);
    zb_num(&zb, 45, 2);
    zb_num(&zb, 45, 2);
    zb_num(&zb, 0, 8); /* disks */
    zb_num(&zb, n, 8);
    zb_num(&zb, n, 8);
    zb_num(&zb, dir_len, 8);
    zb_num(&zb, zb.dir - zb.base, 8);
    zb_raw(&zb, "PK\6\7", 4);
    zb_num(&zb, 0, 4);
    zb_num(&zb, locator_says == 0 ? at - zb.base : locator_says, 8);
    zb_num(&zb, 1, 4);
    zb_end(&zb, UINT16_MAX, UINT32_MAX, 0);
    zb_poke(&zb, zb.end + 16, UINT32_MAX, 4);
}

static void zip64_records(void **state)
{
    (void)state;
    zb_add(&zb, "a.txt", "hello");
    end64(1, zb_dir(&zb), 0);
    zb_expect(&zb, "a.txt 35+5 any: hello\n");
}

static void zip64_records_behind_a_prefix(void **state)
{
    (void)state;
    zb_text(&zb, "#!/bin/sh\nexec x\n");
    zb_next(&zb);
    zb_add(&zb, "a.txt", "hello");
    end64(1, zb_dir(&zb), 0);
    zb_expect(&zb, "a.txt 52+5 any: hello\n"
                   "(before the archive) 0+17 any\n");
}

/* The end record's own values name another directory: readers that do not know zip64, and
 * those that look at it only behind sentinels, open that one. */
static void zip64_that_contradicts_the_end_record(void **state)
{
    (void)state;
    zb_add(&zb, "a.txt", "hello");
    size_t first_len = zb_dir(&zb);
    size_t first = zb.dir;
    zb.n = 0;
    zb_add(&zb, "b.txt", "other");
    end64(1, zb_dir(&zb), 0);
    zb_poke(&zb, zb.end + 8, 1, 2);
    zb_poke(&zb, zb.end + 10, 1, 2);
    zb_poke(&zb, zb.end + 12, first_len, 4);
    zb_poke(&zb, zb.end + 16, first, 4);
    zb_expect(&zb, "! ambiguous 182 the zip64 end record contradicts the end record\n"
                   "b.txt 126+5 any: other\n"
                   "a.txt 35+5 any: hello\n");
}

static void a_zip64_locator_that_points_away(void **state)
{
    (void)state;
    zb_add(&zb, "a.txt", "hello");
    size_t len = zb_dir(&zb);
    end64(1, len, 0);
    size_t away = 91; /* the record that end64() just made */
    zb.n = 0;
    zb.len = zb.end;
    zb_add(&zb, "b.txt", "other");
    end64(1, zb_dir(&zb), away);
    zb_expect(&zb,
              "! ambiguous 314 the zip64 locator points away from the record before it\n"
              "b.txt 202+5 any: other\n"
              "a.txt 35+5 any: hello\n");
}

/* CPython takes the last record, whatever follows; others the one whose comment ends the
 * file. Here the last one lies in the comment of the other. */
static void a_second_end_record_in_the_comment(void **state)
{
    (void)state;
    zb_add(&zb, "a.txt", "hello");
    size_t len = zb_dir(&zb);
    zb_end(&zb, 1, len, 113);
    zb_next(&zb);
    zb.base = 0;
    zb_add(&zb, "b.txt", "other");
    len = zb_dir(&zb);
    zb_end(&zb, 1, len, 0);
    zb_expect(&zb, "! ambiguous 91 more than one end of central directory record\n"
                   "b.txt 148+5 any: other\n"
                   "a.txt 35+5 any: hello\n");
}

/* Two archives in a row. The offsets of the first count from the start of the file: who
 * reads from the front sees it, who reads from the end sees the other. */
static void two_archives_in_a_row(void **state)
{
    (void)state;
    zb_add(&zb, "a.txt", "hello");
    zb_finish(&zb);
    zb_next(&zb);
    zb_add(&zb, "b.txt", "other");
    zb_finish(&zb);
    zb_expect(&zb,
              "! ambiguous 204 the central directory's offset and size name two places\n"
              "! ambiguous 91 more than one end of central directory record\n"
              "b.txt 148+5 any: other\n"
              "a.txt 35+5 any: hello\n");
}

/* The end record is cut off: readers of streams do not miss it. */
static void no_end_record(void **state)
{
    (void)state;
    zb_add(&zb, "a.txt", "hello");
    zb_add(&zb, "b.txt", "other");
    zb_expect(&zb, "! malformed 80 no end of central directory record\n"
                   "! ambiguous 0 a member that no directory lists: 'a.txt'\n"
                   "! ambiguous 40 a member that no directory lists: 'b.txt'\n"
                   "a.txt 35+5 any: hello\n"
                   "b.txt 75+5 any: other\n");
}

static void an_end_record_that_leads_nowhere(void **state)
{
    (void)state;
    zb_add(&zb, "a.txt", "hello");
    zb_end(&zb, 1, 7, 0);
    zb_expect(&zb, "! malformed 40 no central directory where the end record says\n"
                   "! ambiguous 0 a member that no directory lists: 'a.txt'\n"
                   "a.txt 35+5 any: hello\n"
                   "(behind the archive) 40+22 any\n");
}

/* zipfile goes by the size, miniz by the offset. */
static void offset_and_size_name_two_directories(void **state)
{
    (void)state;
    zb_add(&zb, "a.txt", "hello");
    (void)zb_dir(&zb);
    size_t first = zb.dir;
    zb.n = 0;
    zb_add(&zb, "b.txt", "other");
    size_t len = zb_dir(&zb);
    zb_end(&zb, 1, len, 0);
    zb_poke(&zb, zb.end + 16, first, 4);
    zb_expect(&zb,
              "! ambiguous 182 the central directory's offset and size name two places\n"
              "! malformed 131 no local header where the directory says: 'b.txt'\n"
              "! ambiguous 91 a member that no directory lists: 'b.txt'\n"
              "! ambiguous 91 two members of one name: 'b.txt'\n"
              "a.txt 35+5 any: hello\n"
              "b.txt 126+5 any: other\n");
}

static void several_disks(void **state)
{
    (void)state;
    zb_add(&zb, "a.txt", "hello");
    zb_finish(&zb);
    zb_poke(&zb, zb.end + 4, 1, 2);
    zb_expect(&zb, "! ambiguous 91 an archive of several disks\n"
                   "a.txt 35+5 any: hello\n");
}

/* 65535 bytes may follow the record, and no more. */
static void a_comment_of_the_greatest_length(void **state)
{
    (void)state;
    static const uint8_t comment[65536];
    zb_add(&zb, "a.txt", "hello");
    size_t len = zb_dir(&zb);
    zb_end(&zb, 1, len, 65535);
    zb_raw(&zb, comment, 65535);
    zb_expect(&zb, "a.txt 35+5 any: hello\n"
                   "(behind the archive) 113+65535 any\n");
    zb_raw(&zb, comment, 1);
    zb_expect(&zb, "! malformed 65649 no end of central directory record\n"
                   "! ambiguous 0 a member that no directory lists: 'a.txt'\n"
                   "a.txt 35+5 any: hello\n"
                   "(behind the archive) 40+65609 any\n");
}

/* Thousands of records that all could be meant: bounded work, and a note. */
static void more_records_than_are_followed(void **state)
{
    (void)state;
    static struct recorder r;
    zb_add(&zb, "a.txt", "hello");
    size_t len = zb_dir(&zb);
    for (int i = 0; i < 2900; i++) {
        zb_end(&zb, 1, len, 0);
    }
    recorder_init(&r, &stk_alloc_libc);
    assert_int_equal(zb_walk_memory(&zb, &r), STK_OK);
    assert_non_null(strstr(r.log, "a.txt 35+5 any: hello\n"));
    assert_non_null(strstr(r.log, "! limit 63891 more end of central directory records "
                                  "than are followed\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(zip64_records, start),
        cmocka_unit_test_setup(zip64_records_behind_a_prefix, start),
        cmocka_unit_test_setup(zip64_that_contradicts_the_end_record, start),
        cmocka_unit_test_setup(a_zip64_locator_that_points_away, start),
        cmocka_unit_test_setup(a_second_end_record_in_the_comment, start),
        cmocka_unit_test_setup(two_archives_in_a_row, start),
        cmocka_unit_test_setup(no_end_record, start),
        cmocka_unit_test_setup(an_end_record_that_leads_nowhere, start),
        cmocka_unit_test_setup(offset_and_size_name_two_directories, start),
        cmocka_unit_test_setup(several_disks, start),
        cmocka_unit_test_setup(a_comment_of_the_greatest_length, start),
        cmocka_unit_test_setup(more_records_than_are_followed, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
