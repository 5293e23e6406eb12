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

/* zipfile stops by size, others by count: whatever one of them sees is handed out. */
static void a_count_that_is_too_small(void **state)
{
    (void)state;
    zb_add(&zb, "a.txt", "hello");
    zb_add(&zb, "b.txt", "other");
    zb_finish(&zb);
    zb_poke(&zb, zb.end + 10, 1, 2);
    zb_expect(&zb,
              "! ambiguous 182 the central directory has another size or count than its "
              "end record says\n"
              "a.txt 35+5 any: hello\n"
              "b.txt 75+5 any: other\n");
}

static void a_count_that_is_too_large(void **state)
{
    (void)state;
    zb_add(&zb, "a.txt", "hello");
    zb_finish(&zb);
    zb_poke(&zb, zb.end + 10, 9, 2);
    zb_expect(&zb,
              "! ambiguous 91 the central directory has another size or count than its "
              "end record says\n"
              "a.txt 35+5 any: hello\n");
}

static void a_size_that_is_too_small(void **state)
{
    (void)state;
    zb_add(&zb, "a.txt", "hello");
    zb_add(&zb, "b.txt", "other");
    size_t len = zb_dir(&zb);
    zb_end(&zb, 2, len - 51, 0); /* one header less: by size, it begins with the second */
    zb_expect(&zb,
              "! ambiguous 182 the central directory's offset and size name two places\n"
              "! ambiguous 182 the central directory has another size or count than its "
              "end record says\n"
              "! ambiguous 131 two members of one name: 'b.txt'\n"
              "! ambiguous 182 the central directory has another size or count than its "
              "end record says\n"
              "! malformed 131 no local header where the directory says: 'b.txt'\n"
              "a.txt 35+5 any: hello\n"
              "b.txt 75+5 any: other\n");
}

static void two_members_of_one_name(void **state)
{
    (void)state;
    zb_add(&zb, "a.txt", "hello");
    zb_add(&zb, "a.txt", "other");
    zb_finish(&zb);
    zb_expect(&zb, "! ambiguous 131 two members of one name: 'a.txt'\n"
                   "a.txt 35+5 any: hello\n"
                   "a.txt 75+5 any: other\n");
}

/* The same header twice says nothing new. */
static void the_same_header_twice(void **state)
{
    (void)state;
    zb_add(&zb, "a.txt", "hello");
    zb.members[1] = zb.members[0];
    zb.n = 2;
    zb_finish(&zb);
    zb_expect(&zb, "a.txt 35+5 any: hello\n");
}

/* zipfile ends a name at its NUL, others compare all of it. */
static void a_name_with_nul(void **state)
{
    (void)state;
    const struct zb_member *m = zb_add(&zb, "a.pkl_txt", "hello");
    zb_finish(&zb);
    zb_poke(&zb, m->local + 30 + 5, 0, 1);
    zb_poke(&zb, m->central + 46 + 5, 0, 1);
    zb_expect(&zb, "! ambiguous 44 a name with NUL in it: 'a.pkl\\x00txt'\n"
                   "a.pkl\\x00txt 39+5 any: hello\n");
}

/* picklescan's malicious1_0x20.zip and _0x40.zip: zipfile raises, other readers do not.
 */
static void flags_that_zipfile_refuses(void **state)
{
    (void)state;
    static const uint16_t flags[] = {0x20, 0x40, 0x2000};
    for (size_t i = 0; i < 3; i++) {
        zb_clear(&zb);
        struct zb_member *m = zb_add(&zb, "a.txt", "hello");
        m->flags = flags[i];
        zb_finish(&zb);
        zb_poke(&zb, m->local + 6, flags[i], 2);
        zb_expect(&zb, "! ambiguous 40 flags that some loaders refuse: 'a.txt'\n"
                       "a.txt 35+5 any: hello\n");
    }
}

static void a_version_that_zipfile_refuses(void **state)
{
    (void)state;
    const struct zb_member *m = zb_add(&zb, "a.txt", "hello");
    zb_finish(&zb);
    zb_poke(&zb, m->central + 6, 64, 1);
    zb_expect(&zb, "! ambiguous 40 a version that some loaders refuse: 'a.txt'\n"
                   "a.txt 35+5 any: hello\n");
}

/* A directory of one member with an extra field. */
static void with_extra(const void *extra, size_t len)
{
    const struct zb_member *m = zb_add(&zb, "a.txt", "hello");
    size_t dir_len = zb_dir(&zb);
    zb_poke(&zb, m->central + 30, len, 2);
    zb_raw(&zb, extra, len);
    zb_end(&zb, 1, dir_len + len, 0);
}

static void zip64_sizes_and_offset(void **state)
{
    (void)state;
    static const uint8_t extra[28] = {1, 0, 24, 0, 5, 0, 0, 0, 0, 0, 0, 0, 5};
    with_extra(extra, sizeof(extra));
    zb_poke(&zb, zb.members[0].central + 20, UINT32_MAX, 4);
    zb_poke(&zb, zb.members[0].central + 24, UINT32_MAX, 4);
    zb_poke(&zb, zb.members[0].central + 42, UINT32_MAX, 4);
    zb_expect(&zb, "a.txt 35+5 any: hello\n");
}

static void a_zip64_field_that_is_cut(void **state)
{
    (void)state;
    static const uint8_t extra[8] = {1, 0, 4, 0, 5, 0, 0, 0};
    with_extra(extra, sizeof(extra));
    zb_poke(&zb, zb.members[0].central + 24, UINT32_MAX, 4);
    zb_expect(&zb, "! ambiguous 40 a broken extra field: 'a.txt'\n"
                   "! ambiguous 0 the local header has another size or checksum than the "
                   "directory: 'a.txt'\n"
                   "! ambiguous 40 stored, but of two sizes: 'a.txt'\n"
                   "! malformed 40 runs past the end of the archive: 'a.txt'\n"
                   "! ambiguous 40 wrong size or checksum: 'a.txt'\n"
                   "a.txt 35+86 any\n");
}

static void an_extra_field_longer_than_its_room(void **state)
{
    (void)state;
    static const uint8_t extra[4] = {0x99, 0x99, 1, 0};
    with_extra(extra, sizeof(extra));
    zb_expect(&zb, "! ambiguous 40 a broken extra field: 'a.txt'\n"
                   "a.txt 35+5 any: hello\n");
}

/* zipfile reads the directory as a file of its own, whose last header may be cut. */
static void a_last_header_that_is_cut(void **state)
{
    (void)state;
    const struct zb_member *m = zb_add(&zb, "a.txt", "hello");
    zb_finish(&zb);
    zb_poke(&zb, m->central + 30, 0x9401, 2);
    zb_expect(&zb,
              "! ambiguous 40 a broken extra field: 'a.txt'\n"
              "! ambiguous 113 the central directory has another size or count than its "
              "end record says\n"
              "a.txt 35+5 any: hello\n");
}

static void more_than_65535_members_without_zip64(void **state)
{
    (void)state;
    static struct recorder r;
    static const size_t n = 65536 + 2;
    size_t max = n * 48 + 200;
    uint8_t *big = calloc(1, max);
    assert_non_null(big);
    memcpy(big, "PK\3\4\24\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0x", 31);
    size_t at = 31;
    for (size_t i = 0; i < n; i++, at += 47) { /* all the same */
        memcpy(big + at, "PK\1\2\24\0\24\0", 8);
        big[at + 28] = 1;
        big[at + 46] = 'x';
    }
    memcpy(big + at, "PK\5\6\0\0\0\0\2\0\2\0", 12);
    size_t len = at - 31;
    for (size_t i = 0; i < 4; i++) {
        big[at + 12 + i] = (uint8_t)(len >> (8 * i));
    }
    big[at + 16] = 31;
    struct stk_source source = stk_source_of(stk_span_of(big, at + 22));
    recorder_init(&r, &stk_alloc_libc);
    assert_int_equal(stk_format_zip.walk(&source, &r.visitor), STK_OK);
    assert_string_equal(r.log, "");
    free(big);
}

/* The header's comment is said to go on behind the end of the file. */
static void a_comment_that_leaves_the_file(void **state)
{
    (void)state;
    struct zb_member *m = zb_add(&zb, "a", "hello");
    zb_finish(&zb);
    zb_poke(&zb, m->central + 32, 0xffff, 2);
    zb_expect(&zb, "! ambiguous 105 the central directory has another size or count than "
                   "its end record says\n"
                   "a 31+5 any: hello\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_count_that_is_too_small, start),
        cmocka_unit_test_setup(a_count_that_is_too_large, start),
        cmocka_unit_test_setup(a_size_that_is_too_small, start),
        cmocka_unit_test_setup(two_members_of_one_name, start),
        cmocka_unit_test_setup(the_same_header_twice, start),
        cmocka_unit_test_setup(a_name_with_nul, start),
        cmocka_unit_test_setup(flags_that_zipfile_refuses, start),
        cmocka_unit_test_setup(a_version_that_zipfile_refuses, start),
        cmocka_unit_test_setup(zip64_sizes_and_offset, start),
        cmocka_unit_test_setup(a_zip64_field_that_is_cut, start),
        cmocka_unit_test_setup(an_extra_field_longer_than_its_room, start),
        cmocka_unit_test_setup(a_last_header_that_is_cut, start),
        cmocka_unit_test_setup(more_than_65535_members_without_zip64, start),
        cmocka_unit_test_setup(a_comment_that_leaves_the_file, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
