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

/* picklescan's malicious1_central_directory.zip. */
static void another_name(void **state)
{
    (void)state;
    const struct zb_member *m = zb_add(&zb, "data.pkl", "hello");
    zb_finish(&zb);
    memcpy(zb.data + m->local + 30, "datap.kl", 8);
    zb_expect(&zb, "! ambiguous 0 the local header has another name than the directory: "
                   "'data.pkl'\n"
                   "data.pkl 38+5 any: hello\n");
}

/* Names of other lengths: the data begins behind the local one. */
static void a_longer_name(void **state)
{
    (void)state;
    struct zb_member *m = zb_add(&zb, "longer.name", "hello");
    m->name = "a";
    zb_finish(&zb);
    zb_expect(&zb,
              "! ambiguous 0 the local header has another name than the directory: 'a'\n"
              "a 41+5 any: hello\n");
}

static void another_size(void **state)
{
    (void)state;
    const struct zb_member *m = zb_add(&zb, "a.txt", "hello");
    zb_finish(&zb);
    zb_poke(&zb, m->local + 18, 3, 4);
    zb_poke(&zb, m->local + 22, 3, 4);
    zb_expect(&zb,
              "! ambiguous 0 the local header describes other data than the directory: "
              "'a.txt'\n"
              "a.txt 35+5 any: hello\n"
              "! ambiguous 40 wrong size or checksum: 'a.txt'\n"
              "a.txt 35+3 any: hel\n");
}

static void another_checksum(void **state)
{
    (void)state;
    const struct zb_member *m = zb_add(&zb, "a.txt", "hello");
    zb_finish(&zb);
    zb_poke(&zb, m->local + 14, 3, 4);
    zb_expect(&zb, "! ambiguous 0 the local header has another size or checksum than the "
                   "directory: 'a.txt'\n"
                   "a.txt 35+5 any: hello\n");
}

static void another_method(void **state)
{
    (void)state;
    const struct zb_member *m = zb_add_deflated(&zb, "a.txt", "hellohellohello", 15);
    zb_finish(&zb);
    zb_poke(&zb, m->central + 10, 0, 2);
    zb_expect(&zb,
              "! ambiguous 0 the local header describes other data than the directory: "
              "'a.txt'\n"
              "! ambiguous 44 stored, but of two sizes: 'a.txt'\n"
              "! ambiguous 44 wrong size or checksum: 'a.txt'\n"
              "a.txt 35+15 any\n"
              "a.txt 0+15 any expanded: hellohellohello\n");
}

static void encrypted_in_one_header_only(void **state)
{
    (void)state;
    const struct zb_member *m = zb_add(&zb, "a.txt", "hello");
    zb_finish(&zb);
    zb_poke(&zb, m->central + 8, 1, 2);
    zb_expect(&zb, "! ambiguous 0 the local header has other flags than the directory: "
                   "'a.txt'\n"
                   "! encrypted 40 encrypted: 'a.txt'\n"
                   "! ambiguous 40 not encrypted, but says so: 'a.txt'\n"
                   "a.txt 35+5 any: hello\n");
}

static void no_local_header(void **state)
{
    (void)state;
    const struct zb_member *m = zb_add(&zb, "a.txt", "hello");
    zb_finish(&zb);
    zb_poke(&zb, m->central + 42, 0x7fffffff, 4);
    zb_expect(&zb, "! malformed 40 no local header where the directory says: 'a.txt'\n"
                   "! ambiguous 0 a member that no directory lists: 'a.txt'\n"
                   "! ambiguous 0 two members of one name: 'a.txt'\n"
                   "a.txt 35+5 any: hello\n");
}

/* Sizes and checksum behind the data, with and without their signature. */
static void data_descriptors(void **state)
{
    (void)state;
    for (int bare = 0; bare < 2; bare++) {
        zb_clear(&zb);
        struct zb_member *m = zb_add(&zb, "a.txt", "hello");
        m->flags = 8;
        zb_poke(&zb, m->local + 6, 8, 2);
        zb_poke(&zb, m->local + 14, 0, 8);
        zb_poke(&zb, m->local + 22, 0, 4);
        zb_raw(&zb, "PK\7\10", bare ? 0 : 4);
        zb_num(&zb, m->crc, 4);
        zb_num(&zb, 5, 4);
        zb_num(&zb, 5, 4);
        zb_add(&zb, "b.txt", "other");
        zb_finish(&zb);
        zb_expect(&zb, bare ? "a.txt 35+5 any: hello\nb.txt 87+5 any: other\n"
                            : "a.txt 35+5 any: hello\nb.txt 91+5 any: other\n");
    }
}

/* The directory leaves out what readers of streams find. */
static void a_member_that_is_not_listed(void **state)
{
    (void)state;
    zb_add(&zb, "hidden", "evil");
    zb.n = 0;
    zb_add(&zb, "a.txt", "hello");
    zb_finish(&zb);
    zb_expect(&zb, "! ambiguous 0 a member that no directory lists: 'hidden'\n"
                   "a.txt 75+5 any: hello\n"
                   "hidden 36+4 any: evil\n");
}

static void a_member_that_is_not_listed_behind_junk(void **state)
{
    (void)state;
    zb_add(&zb, "a.txt", "hello");
    zb_text(&zb, "some junk, ");
    zb_add(&zb, "hidden", "evil");
    zb_text(&zb, "PK\3\4 is no header here");
    zb.n = 1;
    zb_finish(&zb);
    zb_expect(&zb, "! ambiguous 51 a member that no directory lists: 'hidden'\n"
                   "a.txt 35+5 any: hello\n"
                   "hidden 87+4 any: evil\n"
                   "(between members) 40+11 any: some junk, \n"
                   "(between members) 91+22 any\n");
}

/* A hidden member whose length stands behind its data: deflate ends by itself. */
static void a_hidden_member_of_unknown_length(void **state)
{
    (void)state;
    const struct zb_member *m = zb_add_deflated(&zb, "hidden", "evilevilevil", 12);
    zb_poke(&zb, m->local + 6, 8, 2);
    zb_poke(&zb, m->local + 14, 0, 8);
    zb_poke(&zb, m->local + 22, 0, 4);
    zb.n = 0;
    zb_add(&zb, "a.txt", "hello");
    zb_finish(&zb);
    zb_expect(&zb, "! ambiguous 0 a member that no directory lists: 'hidden'\n"
                   "a.txt 79+5 any: hello\n"
                   "hidden 0+12 any expanded: evilevilevil\n"
                   "(between members) 36+8 any\n");
}

/* As in a bomb: the data of the first holds the header of the second. */
static void members_that_overlap(void **state)
{
    (void)state;
    struct zb_member *a = zb_add(&zb, "a", "");
    zb_add(&zb, "b", "hello");
    a->packed = a->size = 36;
    zb_poke(&zb, a->local + 18, 36, 4);
    zb_poke(&zb, a->local + 22, 36, 4);
    a->crc = (uint32_t)crc32(0, zb.data + 31, 36);
    zb_poke(&zb, a->local + 14, a->crc, 4);
    zb_finish(&zb);
    zb_expect(&zb, "! ambiguous 31 members overlap each other or the directory\n"
                   "a 31+36 any\n"
                   "b 62+5 any: hello\n");
}

static void directory_in_any_order(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    for (size_t i = 0; i < 8; i++) {
        zb_add(&zb, names[i], "hello");
    }
    for (size_t i = 0; i < 4; i++) { /* out of order, with no overlap and no gap */
        struct zb_member t = zb.members[i];
        zb.members[i] = zb.members[7 - (i * 3 + 1) % 8];
        zb.members[7 - (i * 3 + 1) % 8] = t;
    }
    zb_finish(&zb);
    static struct recorder r;
    recorder_init(&r, &stk_alloc_libc);
    assert_int_equal(zb_walk_memory(&zb, &r), STK_OK);
    assert_null(strchr(r.log, '!'));
    assert_null(strstr(r.log, "between"));
    assert_non_null(strstr(r.log, "h 283+5 any: hello\n"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(another_name, start),
        cmocka_unit_test_setup(a_longer_name, start),
        cmocka_unit_test_setup(another_size, start),
        cmocka_unit_test_setup(another_checksum, start),
        cmocka_unit_test_setup(another_method, start),
        cmocka_unit_test_setup(encrypted_in_one_header_only, start),
        cmocka_unit_test_setup(no_local_header, start),
        cmocka_unit_test_setup(data_descriptors, start),
        cmocka_unit_test_setup(a_member_that_is_not_listed, start),
        cmocka_unit_test_setup(a_member_that_is_not_listed_behind_junk, start),
        cmocka_unit_test_setup(a_hidden_member_of_unknown_length, start),
        cmocka_unit_test_setup(members_that_overlap, start),
        cmocka_unit_test_setup(directory_in_any_order, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
