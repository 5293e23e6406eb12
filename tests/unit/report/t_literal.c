/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "common.h"

/* The argument of the opcode at the front of the bytes. */
static void check_literal(struct stk_span bytes, bool utf8, const char *want)
{
    struct stk_peek peek;
    struct stk_source source = stk_source_of(bytes);
    struct stk_show show = {.peek = &peek, .utf8 = utf8};
    struct stk_buf out;
    stk_peek_init(&peek, &source);
    stk_buf_init(&out, &stk_alloc_libc, 1 << 16);
    stk_literal_put(&out, &show, 0, 40);
    stk_buf_byte(&out, 0);
    assert_string_equal((const char *)out.data, want);
    stk_buf_release(&out);
}

static void numbers(void **state)
{
    (void)state;
    check_literal(BYTES("K\xff"), true, "255");
    check_literal(BYTES("M\xff\xff"), true, "65535");
    check_literal(BYTES("J\xff\xff\xff\xff"), true, "-1");
    check_literal(BYTES("r\xff\xff\xff\xff"), true, "4294967295");
    check_literal(BYTES("\x95\xff\xff\xff\xff\xff\xff\xff\xff"), true,
                  "18446744073709551615");
    check_literal(BYTES("I0x1F\n"), true, "0x1F");
    check_literal(BYTES("L-5L\n"), true, "-5L");
    check_literal(BYTES("\x8a\x00"), true, "0");
    check_literal(BYTES("\x8a\x01\xff"), true, "-1");
    check_literal(BYTES("\x8a\x01\x80"), true, "-128");
    check_literal(BYTES("\x8a\x02\x00\x01"), true, "256");
    check_literal(BYTES("\x8a\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00"), true,
                  "4722366482869645213695");
    check_literal(BYTES("\x8a\x09\0\0\0\0\0\0\0\0\xff"), true, "-18446744073709551616");
    check_literal(BYTES("\x8a\x05\x01"), true, "<int of 5 bytes>");
}

static void floats_are_as_repr_has_them(void **state)
{
    (void)state;
    check_literal(BYTES("G\x40\x04\0\0\0\0\0\0"), true, "2.5");
    check_literal(BYTES("G\x3f\xf0\0\0\0\0\0\0"), true, "1.0");
    check_literal(BYTES("G\x3f\xb9\x99\x99\x99\x99\x99\x9a"), true, "0.1");
    check_literal(BYTES("G\x7f\xf0\0\0\0\0\0\0"), true, "inf");
    check_literal(BYTES("G\x7f\xf8\0\0\0\0\0\0"), true, "nan");
    check_literal(BYTES("G\x80\0\0\0\0\0\0\0"), true, "-0.0");
    check_literal(BYTES("F1e5\n"), true, "1e5");
}

static void text_is_quoted_and_cut(void **state)
{
    (void)state;
    char text[210] = "X\xc8\0\0\0";
    memset(text + 5, 'a', 200);
    check_literal(stk_span_of(text, 205), true,
                  "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'...(200 bytes)");
    check_literal(BYTES("\x8c\x03i't"), true, "\"i't\"");
    check_literal(BYTES("\x8c\x03'\"\\"), true, "'\\'\"\\\\'");
    check_literal(BYTES("\x8c\x02\xc3\xa9"), true, "'\xc3\xa9'");
    check_literal(BYTES("\x8c\x02\xc3\xa9"), false, "'\\xe9'");
    check_literal(BYTES("\x8c\x03\xe2\x80\xae"), true, "'\\u202e'");
    check_literal(BYTES("C\x02\xc3\xa9"), true, "b'\\xc3\\xa9'");
    check_literal(BYTES("U\x02\xc3\xa9"), true, "'\\xc3\\xa9'");
    check_literal(BYTES("X\xff\xff\xff\xff"
                        "ab"),
                  true, "'ab'<cut short: 4294967295 bytes announced, 2 left>");
    check_literal(BYTES("X\x01"), true, "<cut short>");
}

static void lines_are_escaped(void **state)
{
    (void)state;
    check_literal(BYTES("c\033[2Jos\nsys\xfftem\nrest"), true, "\\x1b[2Jos sys\\xfftem");
    check_literal(BYTES("S'a\\n\t'\n"), true, "'a\\n\\t'");
    check_literal(BYTES("V\\u202ex\n"), true, "'\\u202ex'");
    check_literal(BYTES("Pno newline"), true, "no newline");
    check_literal(BYTES("N"), true, "");
    check_literal(BYTES(""), true, "");
}

static enum stk_status read_nothing(void *ctx, uint64_t off, void *buf, size_t len)
{
    (void)ctx;
    (void)off;
    (void)buf;
    (void)len;
    return STK_E_SHRUNK;
}

static void a_source_that_fails_is_told_once(void **state)
{
    (void)state;
    struct stk_peek peek;
    struct stk_source source = {.size = 100, .read_at = read_nothing};
    stk_peek_init(&peek, &source);
    assert_int_equal(stk_peek_at(&peek, 3, 9).len, 0);
    assert_int_equal(peek.status, STK_E_SHRUNK);
    assert_int_equal(stk_peek_at(&peek, 4, 9).len, 0);
}

struct file {
    const uint8_t *data;
    uint64_t n_reads;
};

static enum stk_status read_file(void *ctx, uint64_t off, void *buf, size_t len)
{
    struct file *file = ctx;
    file->n_reads++;
    memcpy(buf, file->data + off, len);
    return STK_OK;
}

static void neighbours_are_read_once(void **state)
{
    (void)state;
    static uint8_t data[3 * 4 * STK_PEEK_MAX];
    struct stk_peek peek;
    struct file file = {.data = data};
    struct stk_source source = {.size = sizeof(data), .read_at = read_file, .ctx = &file};
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)(i * 7 >> 3);
    }
    stk_peek_init(&peek, &source);
    for (uint64_t off = 0; off < sizeof(data); off++) {
        struct stk_span span = stk_peek_at(&peek, off, 9);
        size_t left = sizeof(data) - (size_t)off;
        assert_int_equal(span.len, left < 9 ? left : 9);
        assert_memory_equal(span.data, data + off, span.len);
    }
    assert_in_range(file.n_reads, 3, 5);
}

static void values_on_the_stack(void **state)
{
    (void)state;
    struct list_job job = {.bytes = BYTES("\x80\x05](NI1\n\x8a\x08\0\0\0\0\0\0\0\x7f"
                                          "e."),
                           .raw = true,
                           .trace = true};
    (void)list_text(&job);
    check_holds(&job, "list_2.extend([None, 1, 9151314442816847872])\n");
    stk_buf_release(&job.out);
    job.bytes = BYTES("\x80\x05(NI01\n\x89"
                      "K\x01\x85\x85\x85\x85]\x8f\x97\x96\x01\0\0\0\0\0\0\0zt.");
    (void)list_text(&job);
    check_holds(&job, "return (None, True, False, (((...),),), list_15, set_16, "
                      "buffer_0, bytearray(b'z'))\n");
    stk_buf_release(&job.out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers),
        cmocka_unit_test(floats_are_as_repr_has_them),
        cmocka_unit_test(text_is_quoted_and_cut),
        cmocka_unit_test(lines_are_escaped),
        cmocka_unit_test(a_source_that_fails_is_told_once),
        cmocka_unit_test(neighbours_are_read_once),
        cmocka_unit_test(values_on_the_stack),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
