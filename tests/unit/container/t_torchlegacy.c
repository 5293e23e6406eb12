/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "walk.h"

/* The five streams as torch writes them, with nothing in the object. */
static const uint8_t magic[] = {0x80, 2,    0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46,
                                0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};
static const uint8_t version[] = {0x80, 2, 'M', 0xe9, 3, '.'};
static const uint8_t facts[] = {0x80, 2, '}', 'q', 0, '.'};
static const uint8_t object[] = {0x80, 2, 'N', '.'};
static const uint8_t keys[] = {0x80, 2, ']', 'q', 0, '(', 'X', 1,   0,   0, 0,   '0',
                               'q',  1, 'X', 1,   0, 0,   0,   '1', 'q', 2, 'e', '.'};

#define KEYS_AT (sizeof(magic) + sizeof(version) + sizeof(facts) + sizeof(object))
#define STORAGES_AT (KEYS_AT + sizeof(keys))

static uint64_t lens[] = {sizeof(magic), sizeof(version), sizeof(facts), sizeof(object),
                          sizeof(keys)};

/* What recorder.h writes of a whole file of that many bytes. */
#define STREAMS(a, b, c, d, e)                                                           \
    "stream of (null) 0+" #a " torch\nstream of (null) 15+" #b " torch\n"                \
    "stream of (null) 21+" #c " torch\nstream of (null) 27+" #d " torch\n"               \
    "stream of (null) 31+" #e " torch\n"

static uint8_t file[4096];
static size_t len;

static void add(const void *data, size_t n)
{
    memcpy(file + len, data, n);
    len += n;
}

static void add_storage(uint8_t count, size_t bytes)
{
    uint8_t head[8] = {count};
    add(head, 8);
    memset(file + len, '.', bytes);
    len += bytes;
}

static void add_streams(void)
{
    add(magic, sizeof(magic));
    add(version, sizeof(version));
    add(facts, sizeof(facts));
    add(object, sizeof(object));
    add(keys, sizeof(keys));
}

static int start(void **state)
{
    (void)state;
    len = 0;
    lens[4] = sizeof(keys);
    walk_streams = (struct walk_streams){lens, 5, 0};
    return 0;
}

static void expect(const char *want)
{
    walk_expect(&stk_format_torch_legacy, file, len, want);
}

static void a_whole_file(void **state)
{
    (void)state;
    add_streams();
    add_storage(3, 12);
    add_storage(2, 16);
    assert_int_equal(len, 99);
    expect(STREAMS(99, 84, 78, 72, 68));
}

/* A second file, or anything else, behind the storages. */
static void bytes_behind_the_storages(void **state)
{
    (void)state;
    add_streams();
    add_storage(3, 12);
    add_storage(2, 16);
    add("cos\nsystem\n", 11);
    expect(STREAMS(110, 95, 89, 83, 79) "(null) 99+11 any\n");
}

/* A count other than the persistent id's would move all that follows. */
static void another_count(void **state)
{
    (void)state;
    add_streams();
    add_storage(3, 12);
    add_storage(1, 16);
    expect(STREAMS(99, 84, 78, 72, 68) "! malformed 75 storages are not where the torch "
                                       "file says\n(null) 75+24 any\n");
}

static void storages_that_leave_the_file(void **state)
{
    (void)state;
    add_streams();
    add_storage(3, 12);
    add_storage(2, 15);
    expect(STREAMS(98, 83, 77, 71, 67) "! malformed 75 storages are not where the torch "
                                       "file says\n(null) 75+23 any\n");
    len = STORAGES_AT + 20 + 4; /* inside of the count */
    expect(STREAMS(79, 64, 58, 52, 48) "! malformed 75 storages are not where the torch "
                                       "file says\n(null) 75+4 any\n");
}

static void a_key_that_no_stream_named(void **state)
{
    (void)state;
    add_streams();
    file[KEYS_AT + 19] = '7';
    add_storage(3, 12);
    add_storage(2, 16);
    expect(STREAMS(99, 84, 78, 72, 68) "! malformed 75 storages are not where the torch "
                                       "file says\n(null) 75+24 any\n");
}

static void keys_that_are_no_list(void **state)
{
    (void)state;
    add_streams();
    file[KEYS_AT + 2] = 'c';
    expect(STREAMS(55, 40, 34, 28, 24) "! malformed 55 storages are not where the torch "
                                       "file says\n");
}

/* The forms of later protocols and of Python 2. */
static void other_lists_of_keys(void **state)
{
    (void)state;
    static const uint8_t four[] = {0x80, 4,   0x95, 7,    0, 0,   0,    0,   0,  0,
                                   0,    ']', 0x94, 0x8c, 1, '0', 0x94, 'a', '.'};
    static const uint8_t two[] = {0x80, 2, ']', 'r', 0, 0, 0, 0, 'U', 1, '0', 'a', '.'};
    add_streams();
    len = KEYS_AT;
    add(four, sizeof(four));
    lens[4] = sizeof(four);
    add_storage(3, 12);
    expect(STREAMS(70, 55, 49, 43, 39));
    len = KEYS_AT;
    add(two, sizeof(two));
    lens[4] = sizeof(two);
    add_storage(3, 12);
    expect(STREAMS(64, 49, 43, 37, 33));
}

static void fewer_streams(void **state)
{
    (void)state;
    add_streams();
    len = KEYS_AT;
    expect("stream of (null) 0+31 torch\nstream of (null) 15+16 torch\n"
           "stream of (null) 21+10 torch\nstream of (null) 27+4 torch\n"
           "! malformed 31 torch file ends after 4 of its 5 streams\n");
}

/* The loader stops there; what follows is searched. */
static void a_stream_without_an_end(void **state)
{
    (void)state;
    add_streams();
    walk_streams.n = 3;
    expect("stream of (null) 0+55 torch\nstream of (null) 15+40 torch\n"
           "stream of (null) 21+34 torch\nstream of (null) 27+28 torch\n"
           "(null) 27+28 any\n");
    walk_streams.n = 0;
    expect("stream of (null) 0+55 torch\n");
}

static void magic_numbers(void **state)
{
    (void)state;
    static const uint8_t four[] = {0x80, 4,    0x95, 13,   0,    0,    0,    0,
                                   0,    0,    0,    0x8a, 0x0a, 0x6c, 0xfc, 0x9c,
                                   0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};
    static const uint8_t long4[] = {0x80, 2,    0x8b, 0x0a, 0,    0,    0,    0x6c, 0xfc,
                                    0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, '.'};
    static const char zero[] = "L119547037146038801333356L\n.";
    const struct stk_format *f = &stk_format_torch_legacy;
    assert_true(walk_recognises(f, four, sizeof(four)));
    assert_true(walk_recognises(f, long4, sizeof(long4)));
    assert_true(walk_recognises(f, zero, sizeof(zero) - 1));
    assert_true(walk_recognises(f, magic, sizeof(magic)));
    assert_false(walk_recognises(f, magic, sizeof(magic) - 1));
    assert_false(walk_recognises(f, version, sizeof(version)));
}

static void environment(void **state)
{
    (void)state;
    add_streams();
    add_storage(3, 12);
    walk_expect_shrunk(&stk_format_torch_legacy, file, len, KEYS_AT + 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_whole_file, start),
        cmocka_unit_test_setup(bytes_behind_the_storages, start),
        cmocka_unit_test_setup(another_count, start),
        cmocka_unit_test_setup(storages_that_leave_the_file, start),
        cmocka_unit_test_setup(a_key_that_no_stream_named, start),
        cmocka_unit_test_setup(keys_that_are_no_list, start),
        cmocka_unit_test_setup(other_lists_of_keys, start),
        cmocka_unit_test_setup(fewer_streams, start),
        cmocka_unit_test_setup(a_stream_without_an_end, start),
        cmocka_unit_test_setup(magic_numbers, start),
        cmocka_unit_test_setup(environment, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
