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
    recorder_init(&recorder, &stk_alloc_libc);
    return 0;
}

static const uint8_t bzip2[] = {
    0x42, 0x5a, 0x68, 0x39, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59, 0xac, 0x9b, 0x0c, 0x6d,
    0x00, 0x00, 0x02, 0x81, 0x00, 0x02, 0x44, 0xa0, 0x00, 0x21, 0xb4, 0x68, 0x33, 0x4d,
    0x28, 0x98, 0x61, 0xc5, 0xdc, 0x91, 0x4e, 0x14, 0x24, 0x2b, 0x26, 0xc3, 0x1b, 0x40};
static const uint8_t lzma[] = {0x09, 0x04, 0x05, 0x00, 0x5d, 0x00, 0x00, 0x80, 0x00,
                               0x00, 0x34, 0x19, 0x49, 0xee, 0x8e, 0x86, 0xf5, 0x51,
                               0xfb, 0xbf, 0xff, 0xfe, 0xf0, 0x40, 0x00};
static const uint8_t xz[] = {
    0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x01, 0x69, 0x22, 0xde, 0x36, 0x02, 0x00,
    0x21, 0x01, 0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0xe0, 0x00, 0x0e, 0x00,
    0x0a, 0x5d, 0x00, 0x34, 0x19, 0x49, 0xee, 0x8e, 0x86, 0xf3, 0x10, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x0b, 0xb4, 0x21, 0x3e, 0x00, 0x01, 0x22, 0x0f, 0x9a, 0xee, 0x8b, 0x17,
    0x90, 0x42, 0x99, 0x0d, 0x01, 0x00, 0x00, 0x00, 0x00, 0x01, 0x59, 0x5a};
static const uint8_t zstd[] = {0x28, 0xb5, 0x2f, 0xfd, 0x04, 0x58, 0x5d, 0x00,
                               0x00, 0x28, 0x68, 0x65, 0x6c, 0x6c, 0x6f, 0x01,
                               0x00, 0xd8, 0x8a, 0x16, 0x89, 0xac, 0x8f, 0x38};

static const char text[] = "hellohellohello";

static struct zb_member *add(uint16_t method, const void *packed, size_t len)
{
    return zb_add_packed(&zb, "a", method, packed, len, text, 15);
}

static void finish_with_flags(struct zb_member *m, uint16_t flags)
{
    m->flags = flags;
    zb_poke(&zb, m->local + 6, flags, 2);
    zb_finish(&zb);
}

static void every_method(void **state)
{
    (void)state;
    static const struct {
        uint16_t method;
        const void *packed;
        size_t len;
        uint16_t flags;
    } cases[] = {
        {12, bzip2, sizeof(bzip2), 0}, {14, lzma, sizeof(lzma), 2},
        {14, lzma, sizeof(lzma), 0},   {95, xz, sizeof(xz), 0},
        {93, zstd, sizeof(zstd), 0},   {20, zstd, sizeof(zstd), 0},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        zb_clear(&zb);
        struct zb_member *m = add(cases[i].method, cases[i].packed, cases[i].len);
        finish_with_flags(m, cases[i].flags);
        zb_expect(&zb, "a 0+15 any expanded: hellohellohello\n");
    }
}

/* A window of almost 4 GiB, for 15 bytes: zipfile reads it. */
static void an_lzma_window_without_need(void **state)
{
    (void)state;
    uint8_t packed[sizeof(lzma)];
    memcpy(packed, lzma, sizeof(lzma));
    memset(packed + 5, 0xfe, 4);
    finish_with_flags(add(14, packed, sizeof(packed)), 2);
    zb_expect(&zb, "a 0+15 any expanded: hellohellohello\n");
}

/* Not known to us, perhaps to somebody: named, and its bytes are looked at as they are.
 */
static void an_unknown_method(void **state)
{
    (void)state;
    add(9, "????", 4);
    zb_finish(&zb);
    zb_expect(&zb, "! unsupported 35 an unknown compression method: 'a'\n"
                   "a 31+4 any: ????\n");
}

/* picklescan's malicious1_crc.zip: zipfile raises at the end, other loaders do not check.
 */
static void a_wrong_checksum(void **state)
{
    (void)state;
    struct zb_member *m = zb_add(&zb, "data.pkl", "hello");
    m->crc ^= 1;
    zb_poke(&zb, m->local + 14, m->crc, 4);
    zb_finish(&zb);
    zb_expect(&zb, "! ambiguous 43 wrong size or checksum: 'data.pkl'\n"
                   "data.pkl 38+5 any: hello\n");
}

static void a_wrong_checksum_of_deflated_data(void **state)
{
    (void)state;
    struct zb_member *m = zb_add_deflated(&zb, "a", text, 15);
    m->crc ^= 1;
    zb_poke(&zb, m->local + 14, m->crc, 4);
    zb_finish(&zb);
    zb_expect(&zb, "! ambiguous 40 wrong size or checksum: 'a'\n"
                   "a 0+15 any expanded: hellohellohello\n");
}

static void a_wrong_size_of_deflated_data(void **state)
{
    (void)state;
    struct zb_member *m = zb_add_deflated(&zb, "a", text, 15);
    m->size = 3;
    zb_poke(&zb, m->local + 22, 3, 4);
    zb_finish(&zb);
    zb_expect(&zb, "! ambiguous 40 wrong size or checksum: 'a'\n"
                   "a 0+15 any expanded: hellohellohello\n");
}

/* A stored member with two sizes: the longer one shows what either loader sees. */
static void two_sizes_of_stored_data(void **state)
{
    (void)state;
    struct zb_member *m = zb_add(&zb, "a", text);
    m->packed = 5;
    zb_poke(&zb, m->local + 18, 5, 4);
    zb_finish(&zb);
    zb_expect(&zb, "! ambiguous 46 stored, but of two sizes: 'a'\n"
                   "a 31+15 any: hellohellohello\n"
                   "(between members) 36+10 any: hellohello\n");
}

/* picklescan's malicious1_0x1.zip. */
static void says_encrypted_but_is_not(void **state)
{
    (void)state;
    finish_with_flags(zb_add(&zb, "a", text), 1);
    zb_expect(&zb, "! encrypted 46 encrypted: 'a'\n"
                   "! ambiguous 46 not encrypted, but says so: 'a'\n"
                   "a 31+15 any: hellohellohello\n");
    zb_clear(&zb);
    finish_with_flags(zb_add_deflated(&zb, "a", text, 15), 1);
    zb_expect(&zb, "! encrypted 40 encrypted: 'a'\n"
                   "! ambiguous 40 not encrypted, but says so: 'a'\n"
                   "a 0+15 any expanded: hellohellohello\n");
}

static void encrypted(void **state)
{
    (void)state;
    finish_with_flags(add(0, "twelve bytes+the cipher text", 27), 1);
    zb_expect(&zb, "! encrypted 58 encrypted: 'a'\n"
                   "a 31+27 any\n");
    zb_clear(&zb);
    finish_with_flags(add(8, "\xff\xff twelve bytes+cipher", 21), 1);
    zb_expect(&zb, "! encrypted 52 encrypted: 'a'\n");
    zb_clear(&zb);
    finish_with_flags(add(99, "aes aes aes", 11), 1);
    zb_expect(&zb, "! encrypted 42 encrypted: 'a'\n"
                   "a 31+11 any: aes aes aes\n");
}

/* A loader that streams has seen what precedes the fault. */
static void broken_data_is_handed_out_up_to_the_fault(void **state)
{
    (void)state;
    uint8_t packed[64] = {0, 5, 0, 0xfa, 0xff, 'h', 'e', 'l', 'l', 'o', 0xff, 0xff};
    add(8, packed, 12);
    zb_finish(&zb);
    zb_expect(&zb, "! malformed 43 broken compressed data: 'a'\n"
                   "a 0+5 any expanded: hello\n");
}

static void data_that_leaves_the_file(void **state)
{
    (void)state;
    struct zb_member *m = zb_add(&zb, "a", text);
    m->packed = m->size = 1000;
    zb_poke(&zb, m->local + 18, 1000, 4);
    zb_poke(&zb, m->local + 22, 1000, 4);
    zb_finish(&zb);
    zb_expect(&zb, "! ambiguous 46 members overlap each other or the directory\n"
                   "! malformed 46 runs past the end of the archive: 'a'\n"
                   "! ambiguous 46 wrong size or checksum: 'a'\n"
                   "a 31+84 any\n");
}

static void expansion_is_limited(void **state)
{
    (void)state;
    static uint8_t zeros[100000];
    zb_add_deflated(&zb, "a", zeros, sizeof(zeros));
    zb_add_deflated(&zb, "b", zeros, sizeof(zeros) - 1);
    zb_finish(&zb);
    recorder.expand_left = 150000;
    zb_expect_with(&zb, &recorder,
                   "a 0+100000 any expanded\n"
                   "! limit 337 expands to more than the limit: 'b'\n"
                   "b 0+50000 any expanded\n");
    assert_int_equal(recorder.expand_left, 0);
}

/* Members that each span almost the whole file: handing out is linear in its size. */
static void overlapping_members_are_limited(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c", "d", "e", "f", "g", "h"};
    for (size_t i = 0; i < 8; i++) {
        zb_add(&zb, names[i], "");
    }
    zb_text(&zb,
            "the kernel of a bomb, which each of the members claims as its own: "
            "........................................................................");
    size_t end = zb.len;
    for (size_t i = 0; i < 8; i++) {
        struct zb_member *m = &zb.members[i];
        m->packed = m->size = (uint32_t)(end - m->data);
        zb_poke(&zb, m->local + 18, m->packed, 4);
        zb_poke(&zb, m->local + 22, m->packed, 4);
    }
    zb_finish(&zb);
    recorder.limits.search_factor = 1;
    assert_int_equal(zb_walk_memory(&zb, &recorder), STK_OK);
    assert_non_null(strstr(recorder.log, "a 31+"));
    assert_null(strstr(recorder.log, "\nh 248+"));
    assert_non_null(
        strstr(recorder.log, "members add up to more than 1 times the file\n"));
}

/* Thousands of directory entries for the same data. */
static void the_same_data_is_handed_out_once(void **state)
{
    (void)state;
    zb_add(&zb, "a", text);
    zb.members[1] = zb.members[0];
    zb.members[1].name = "b";
    zb.n = 2;
    zb_finish(&zb);
    zb_expect(&zb,
              "! ambiguous 0 the local header has another name than the directory: 'b'\n"
              "a 31+15 any: hellohellohello\n");
}

static void notes_are_limited(void **state)
{
    (void)state;
    static char names[ZB_MEMBERS][4];
    for (unsigned round = 0; round < 2; round++) {
        zb_clear(&zb);
        for (size_t i = 0; i < ZB_MEMBERS; i++) {
            (void)snprintf(names[i], sizeof(names[i]), "%zu", i);
            struct zb_member *m = zb_add(&zb, names[i], "x");
            m->flags = 0x20; /* noted twice: here, and since the local header differs */
        }
        zb_finish(&zb);
    }
    assert_int_equal(zb_walk_memory(&zb, &recorder), STK_OK);
    size_t n = 0;
    for (const char *p = recorder.log; (p = strstr(p, "! ambiguous")) != NULL; p++) {
        n++;
    }
    assert_int_equal(n, 100);
}

/* Large stored members are not read to check them. */
static uint64_t bytes_read;

static enum stk_status count_reads(void *ctx, uint64_t off, void *buf, size_t len)
{
    bytes_read += len;
    const struct zb *z = ctx;
    uint64_t hole = UINT64_C(1) << 27; /* behind the first header lies a large hole */
    for (size_t i = 0; i < len; i++) {
        uint64_t at = off + i;
        uint8_t byte = 0;
        if (at < z->dir) {
            byte = z->data[at];
        } else if (at >= z->dir + hole) {
            byte = z->data[at - hole];
        }
        ((uint8_t *)buf)[i] = byte;
    }
    return STK_OK;
}

static void large_members_are_not_read(void **state)
{
    (void)state;
    uint32_t hole = UINT32_C(1) << 27;
    struct zb_member *m = zb_add(&zb, "a", "");
    m->packed = m->size = hole;
    zb_poke(&zb, m->local + 18, hole, 4);
    zb_poke(&zb, m->local + 22, hole, 4);
    zb_finish(&zb);
    zb_poke(&zb, zb.end + 16, zb.dir + hole, 4);
    struct stk_source source = {
        .size = zb.len + (uint64_t)hole, .read_at = count_reads, .ctx = &zb};
    bytes_read = 0;
    assert_int_equal(stk_format_zip.walk(&source, &recorder.visitor), STK_OK);
    assert_string_equal(recorder.log, "a 31+134217728 any\n");
    assert_in_range(bytes_read, 1, 80000); /* the tail in which end records may lie */
}

/* Readers refuse it, or take what lies there for data. */
static void an_empty_member_with_a_checksum(void **state)
{
    (void)state;
    struct zb_member *m = zb_add(&zb, "a", "");
    m->crc = 1;
    zb_poke(&zb, m->local + 14, 1, 4);
    zb_finish(&zb);
    zb_expect(&zb, "! ambiguous 31 wrong size or checksum: 'a'\n");
    zb_clear(&zb);
    zb_add(&zb, "a", "");
    zb_finish(&zb);
    zb_expect(&zb, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_method, start),
        cmocka_unit_test_setup(an_lzma_window_without_need, start),
        cmocka_unit_test_setup(an_unknown_method, start),
        cmocka_unit_test_setup(a_wrong_checksum, start),
        cmocka_unit_test_setup(a_wrong_checksum_of_deflated_data, start),
        cmocka_unit_test_setup(a_wrong_size_of_deflated_data, start),
        cmocka_unit_test_setup(two_sizes_of_stored_data, start),
        cmocka_unit_test_setup(says_encrypted_but_is_not, start),
        cmocka_unit_test_setup(encrypted, start),
        cmocka_unit_test_setup(broken_data_is_handed_out_up_to_the_fault, start),
        cmocka_unit_test_setup(data_that_leaves_the_file, start),
        cmocka_unit_test_setup(expansion_is_limited, start),
        cmocka_unit_test_setup(overlapping_members_are_limited, start),
        cmocka_unit_test_setup(the_same_data_is_handed_out_once, start),
        cmocka_unit_test_setup(notes_are_limited, start),
        cmocka_unit_test_setup(large_members_are_not_read, start),
        cmocka_unit_test_setup(an_empty_member_with_a_checksum, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
