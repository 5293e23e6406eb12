/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bytes_build.h"
#include "walk.h"

static struct bb b;

static void add_string(const char *text)
{
    bb_number(&b, strlen(text), 8);
    bb_text(&b, text);
}

static int start(void **state)
{
    (void)state;
    b.len = 0;
    return 0;
}

static void add_head(uint32_t version, uint64_t n_tensors, uint64_t n_pairs)
{
    bb_text(&b, "GGUF");
    bb_number(&b, version, 4);
    bb_number(&b, n_tensors, version == 1 ? 4 : 8);
    bb_number(&b, n_pairs, version == 1 ? 4 : 8);
}

static void add_tensor(uint64_t off)
{
    add_string("blk.0");
    bb_number(&b, 1, 4);
    bb_number(&b, 8, 8);
    bb_number(&b, 0, 4);
    bb_number(&b, off, 8);
}

static void expect(const char *want)
{
    walk_expect(&stk_format_gguf, b.data, b.len, want);
}

static void every_type_of_value(void **state)
{
    (void)state;
    static const uint8_t sizes[] = {1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8};
    add_head(3, 0, 15);
    for (uint32_t type = 0; type < 13; type++) {
        add_string("key");
        bb_number(&b, type, 4);
        if (type == 8) {
            add_string("{{ messages }}");
        } else if (type == 9) {
            bb_number(&b, 8, 4);
            bb_number(&b, 2, 8);
            add_string("one");
            add_string("two");
        } else {
            bb_number(&b, 0, sizes[type]);
        }
    }
    add_string("numbers");
    bb_number(&b, 9, 4);
    bb_number(&b, 6, 4);
    bb_number(&b, 3, 8);
    bb_number(&b, 0, 12);
    add_string("arrays");
    bb_number(&b, 9, 4);
    bb_number(&b, 9, 4);
    bb_number(&b, 1, 8);
    bb_number(&b, 0, 4);
    bb_number(&b, 5, 8);
    bb_number(&b, 0, 5);
    expect("");
}

static void tensors(void **state)
{
    (void)state;
    add_head(2, 2, 1);
    add_string("general.alignment");
    bb_number(&b, 4, 4);
    bb_number(&b, 64, 4);
    add_tensor(0);
    add_tensor(64);
    while (b.len % 64 != 0) {
        bb_number(&b, 0, 1);
    }
    bb_number(&b, 0, 65);
    expect("");
    b.len--;
    expect("! malformed 131 GGUF header or tensor leaves the file\n");
}

static void an_unaligned_tensor(void **state)
{
    (void)state;
    add_head(3, 1, 0);
    add_tensor(8);
    bb_number(&b, 0, 8);
    expect("! malformed 61 GGUF header is malformed\n");
}

/* Counts that no file has end with the file, or at once. */
static void counts_that_lie(void **state)
{
    (void)state;
    add_head(3, UINT64_MAX, 0);
    expect("! malformed 24 GGUF header or tensor leaves the file\n");
    start(state);
    add_head(3, 0, 1);
    add_string("k");
    bb_number(&b, 9, 4);
    bb_number(&b, 8, 4);
    bb_number(&b, UINT64_MAX, 8);
    expect("! malformed 49 GGUF header or tensor leaves the file\n");
    b.len -= 12;
    bb_number(&b, 10, 4);
    bb_number(&b, UINT64_MAX / 4, 8);
    expect("! malformed 49 GGUF header is malformed\n");
}

static void arrays_inside_arrays(void **state)
{
    (void)state;
    add_head(3, 0, 1);
    add_string("k");
    bb_number(&b, 9, 4);
    for (int i = 0; i < 1000; i++) {
        bb_number(&b, 9, 4);
        bb_number(&b, 1, 8);
    }
    expect("! malformed 97 GGUF header is malformed\n");
}

static void an_unknown_type(void **state)
{
    (void)state;
    add_head(3, 0, 1);
    add_string("k");
    bb_number(&b, 13, 4);
    expect("! malformed 37 GGUF header is malformed\n");
}

static void no_alignment(void **state)
{
    (void)state;
    add_head(3, 0, 1);
    add_string("general.alignment");
    bb_number(&b, 4, 4);
    bb_number(&b, 0, 4);
    expect("! malformed 57 GGUF header is malformed\n");
}

static void versions(void **state)
{
    (void)state;
    add_head(1, 0, 0);
    expect("");
    start(state);
    add_head(4, 0, 0);
    expect("! unsupported 4 GGUF version is not 1, 2 or 3, or big-endian\n");
    b.len = 7;
    assert_false(walk_recognises(&stk_format_gguf, b.data, b.len));
}

static void environment(void **state)
{
    (void)state;
    add_head(3, 1, 0);
    add_tensor(0);
    walk_expect_shrunk(&stk_format_gguf, b.data, b.len, 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(every_type_of_value, start),
        cmocka_unit_test_setup(tensors, start),
        cmocka_unit_test_setup(an_unaligned_tensor, start),
        cmocka_unit_test_setup(counts_that_lie, start),
        cmocka_unit_test_setup(arrays_inside_arrays, start),
        cmocka_unit_test_setup(an_unknown_type, start),
        cmocka_unit_test_setup(no_alignment, start),
        cmocka_unit_test_setup(versions, start),
        cmocka_unit_test_setup(environment, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
