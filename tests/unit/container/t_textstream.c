/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "container/textstream.h"
#include "walk.h"

/* What the text decodes to; NULL if it is no stream. */
static const char *decode(const char *text)
{
    static char decoded[4096];
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, SIZE_MAX);
    bool found =
        stk_textstream_decode(stk_span_of(text, strlen(text)), &stk_alloc_libc, &out);
    assert_int_equal(out.status, STK_OK);
    if (found) {
        memcpy(decoded, out.data, out.len);
    } else {
        assert_int_equal(out.len, 0);
    }
    decoded[out.len] = '\0';
    stk_buf_release(&out);
    return found ? decoded : NULL;
}

/* Made with Python's base64 and bytes.hex of b"cos\nsystem\n(tR." */
static void each_code(void **state)
{
    (void)state;
    static const char want[] = "cos\nsystem\n(tR.";
    assert_string_equal(decode("Y29zCnN5c3RlbQoodFIu"), want);
    assert_string_equal(decode("636f730a73797374656d0a287452"
                               "2e"),
                        want);
    assert_string_equal(decode("63 6F 73 0A 73797374656D0A28\n74522E"), want);
}

/* Python skips what is not of the alphabet, and stops at the padding. */
static void loose_base64(void **state)
{
    (void)state;
    assert_string_equal(decode("Y29z\nCnN5\r\nc3Rl!bQoo*dFIu"), "cos\nsystem\n(tR.");
    assert_string_equal(decode("KHQ=KHQ="), "(t");
    assert_string_equal(decode("KHQxKA==KA=="), "(t1(");
    assert_string_equal(decode("K=HQx="), "(t1");
}

static void both_alphabets(void **state)
{
    (void)state;
    assert_string_equal(decode("KPv_"), "(\xfb\xff");
    assert_string_equal(decode("KPv/"), "(\xfb\xff");
    assert_string_equal(decode("KD4-"), "(>>");
}

static void what_is_no_stream(void **state)
{
    (void)state;
    assert_null(decode(""));
    assert_null(decode("KA"));
    assert_null(decode("=========="));
    assert_null(decode("////")); /* no opcode */
}

/* Hex digits are base64's too; whichever gives a stream is taken. */
static void hex_that_is_base64(void **state)
{
    (void)state;
    assert_string_equal(decode("28742e"), "(t.");
    assert_non_null(decode("H4sIAAAAAAAAA6tWAADzWuxLAgAAAA"));
    const char *found = decode("fe28");
    assert_true(found == NULL || found[0] != '\xfe');
}

static void the_cap(void **state)
{
    (void)state;
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, 4);
    assert_false(
        stk_textstream_decode(stk_span_of("28742e2e2e2e", 12), &stk_alloc_libc, &out));
    assert_int_equal(out.status, STK_E_LIMIT);
    stk_buf_release(&out);
}

static enum stk_status decode_with(const struct stk_alloc *alloc, void *arg)
{
    struct stk_buf out;
    stk_buf_init(&out, alloc, SIZE_MAX);
    (void)stk_textstream_decode(stk_span_of(arg, strlen(arg)), alloc, &out);
    enum stk_status status = out.status;
    stk_buf_release(&out);
    return status;
}

static void no_memory(void **state)
{
    (void)state;
    char text[] = "Y29zCnN5c3RlbQoodFIu";
    STK_OOM_LOOP(decode_with, text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_code),          cmocka_unit_test(loose_base64),
        cmocka_unit_test(both_alphabets),     cmocka_unit_test(what_is_no_stream),
        cmocka_unit_test(hex_that_is_base64), cmocka_unit_test(the_cap),
        cmocka_unit_test(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
