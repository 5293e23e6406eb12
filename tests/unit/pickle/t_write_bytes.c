/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "built.h"
#include "pickle/write_state.h"

static struct stk_arena arena;
static struct stk_pickle_writer writer;
static struct stk_buf out;
static struct stk_write_error error;

static int set_up(void **state)
{
    (void)state;
    stk_arena_init(&arena, &stk_alloc_libc, (size_t)1 << 28);
    stk_pickle_writer_init(&writer, &stk_alloc_libc);
    stk_buf_init(&out, &stk_alloc_libc, (size_t)1 << 28);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    stk_buf_release(&out);
    stk_pickle_writer_release(&writer);
    stk_arena_release(&arena);
    return 0;
}

static enum stk_status put_all(struct stk_value value, int protocol)
{
    stk_buf_clear(&out);
    return stk_pickle_write(&writer, value, protocol, &out, &error);
}

static void expect_out(const char *file, int line, enum stk_status status,
                       const void *want, size_t len)
{
    if (status != STK_OK || out.len != len || memcmp(out.data, want, len) != 0) {
        print_error("status %d, %zu bytes, not %zu\n", (int)status, out.len, len);
        _fail(file, line);
    }
}

#define WRITES(value, protocol, want)                                                    \
    expect_out(__FILE__, __LINE__, put_all((value), (protocol)), (want), sizeof(want) - 1)

static struct stk_value text_of(enum stk_value_kind kind, const char *bytes, size_t len)
{
    struct stk_value value;
    assert_int_equal(stk_value_text(&arena, 0, kind, stk_span_of(bytes, len), &value),
                     STK_OK);
    return value;
}

static void texts(void **state)
{
    (void)state;
    struct stk_value a = text_of(STK_VALUE_STR, "a", 1);
    WRITES(a, 2, "\x80\2X\1\0\0\0a.");
    WRITES(a, 3, "\x80\3X\1\0\0\0a.");
    WRITES(a, 4, "\x80\4\x8c\1a.");
    WRITES(text_of(STK_VALUE_STR, "\xed\xa0\x80", 3), 4, "\x80\4\x8c\3\xed\xa0\x80.");
}

static void bytes(void **state)
{
    (void)state;
    struct stk_value b = text_of(STK_VALUE_BYTES, "a\xff", 2);
    WRITES(b, 2,
           "\x80\2"
           "c_codecs\nencode\nX\3\0\0\0a\xc3\xbfX\6\0\0\0latin1\x86R.");
    WRITES(b, 3,
           "\x80\3"
           "C\2a\xff.");
    WRITES(b, 5,
           "\x80\5"
           "C\2a\xff.");
    struct stk_value c = text_of(STK_VALUE_BYTEARRAY, "a", 1);
    WRITES(c, 3,
           "\x80\3"
           "cbuiltins\nbytearray\nC\1a\x85R.");
    WRITES(c, 4,
           "\x80\4\x8c\x08"
           "builtins\x8c\x09"
           "bytearray\x93"
           "C\1a\x85R.");
    WRITES(c, 5, "\x80\5\x96\1\0\0\0\0\0\0\0a.");
    WRITES(text_of(STK_VALUE_BYTEARRAY, "", 0), 3,
           "\x80\3"
           "cbuiltins\nbytearray\n)R.");
}

/* Where one length byte is not enough any more; every length near those of a copy. */
static void lengths(void **state)
{
    (void)state;
    char data[300];
    memset(data, 'x', sizeof data);
    for (size_t len = 0; len <= sizeof data; len++) {
        struct stk_value str = text_of(STK_VALUE_STR, data, len);
        struct stk_value raw = text_of(STK_VALUE_BYTES, data, len);
        size_t head = len < 256 ? 2 : 5;
        assert_int_equal(put_all(str, 4), STK_OK);
        assert_int_equal(out.len, 2 + head + len + 1);
        assert_memory_equal(out.data + 2 + head, data, len);
        assert_int_equal(put_all(raw, 3), STK_OK);
        assert_int_equal(out.len, 2 + head + len + 1);
        assert_memory_equal(out.data + 2 + head, data, len);
    }
}

static struct stk_value name_of(const char *module, const char *qualified)
{
    const struct stk_name *name =
        stk_name_new(&arena, stk_span_of(module, strlen(module)),
                     stk_span_of(qualified, strlen(qualified)));
    assert_non_null(name);
    return (struct stk_value){.kind = STK_VALUE_GLOBAL, .off = 5, .name = name};
}

static void names(void **state)
{
    (void)state;
    WRITES(name_of("m.n", "C"), 2,
           "\x80\2"
           "cm.n\nC\n.");
    WRITES(name_of("m.n", "C.D"), 4, "\x80\4\x8c\3m.n\x8c\3C.D\x93.");
    static const char *const only_4[][2] = {{"m", "C.D"}, {"m\n", "C"}, {"m", "C\nD"}};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(put_all(name_of(only_4[i][0], only_4[i][1]), 3),
                         STK_E_UNSUPPORTED);
        assert_string_equal(error.reason, "a name of this kind needs protocol 4");
        assert_int_equal(error.off, 5);
        assert_int_equal(put_all(name_of(only_4[i][0], only_4[i][1]), 4), STK_OK);
    }
}

/* Loaders of protocol 2 would import another name. */
static void names_of_python_2(void **state)
{
    (void)state;
    assert_int_equal(put_all(name_of("copy_reg", "C"), 2), STK_E_UNSUPPORTED);
    assert_string_equal(error.reason, "a name that Python 2 has needs protocol 3");
    WRITES(name_of("copy_reg", "C"), 3,
           "\x80\3"
           "ccopy_reg\nC\n.");
    WRITES(name_of("copyreg", "C"), 2,
           "\x80\2"
           "ccopyreg\nC\n.");
}

static void storages_without_bytes(void **state)
{
    (void)state;
    struct stk_array array = {.present = false};
    struct stk_object object = {.call = STK_CALL_REDUCE, .array = &array};
    struct stk_value value = {.kind = STK_VALUE_STORAGE, .off = 9, .object = &object};
    assert_int_equal(put_all(value, 4), STK_E_UNSUPPORTED);
    assert_string_equal(error.reason, "a storage without its bytes");
    object.array = NULL;
    assert_int_equal(put_all(value, 4), STK_E_UNSUPPORTED);
    assert_int_equal(error.off, 9);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(texts),
        TEST(bytes),
        TEST(lengths),
        TEST(names),
        TEST(names_of_python_2),
        TEST(storages_without_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
