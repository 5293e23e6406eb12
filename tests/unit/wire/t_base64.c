/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "wire/base64.h"

static void encodes_to(const char *bytes, size_t len, const char *text)
{
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, SIZE_MAX);
    stk_base64_encode(&out, stk_span_of(bytes, len));
    assert_int_equal(out.len, strlen(text));
    assert_int_equal(out.len, stk_base64_len(len));
    assert_memory_equal(out.data == NULL ? (const uint8_t *)"" : out.data, text, out.len);
    stk_buf_release(&out);
}

/* RFC 4648 §10, and the ends of the alphabet. */
static void known_texts(void **state)
{
    (void)state;
    encodes_to("", 0, "");
    encodes_to("f", 1, "Zg==");
    encodes_to("fo", 2, "Zm8=");
    encodes_to("foo", 3, "Zm9v");
    encodes_to("foob", 4, "Zm9vYg==");
    encodes_to("fooba", 5, "Zm9vYmE=");
    encodes_to("foobar", 6, "Zm9vYmFy");
    encodes_to("\xff\xff\xfe\xfb\xef\xbe", 6, "///+++++");
    encodes_to("\0\0\0\0", 4, "AAAAAA==");
}

static void all_lengths_come_back(void **state)
{
    (void)state;
    for (size_t len = 0; len < 30000; len = len < 50 ? len + 1 : len * 3 / 2) {
        uint8_t *bytes = malloc(len + 1);
        struct stk_buf out;
        for (size_t i = 0; i < len; i++) {
            bytes[i] = (uint8_t)(i * 151 + len);
        }
        stk_buf_init(&out, &stk_alloc_libc, SIZE_MAX);
        stk_base64_encode(&out, stk_span_of(bytes, len));
        /* Blocks of the exact size, for AddressSanitizer. */
        uint8_t *text = malloc(out.len + 1);
        uint8_t *back = malloc(out.len / 4 * 3 + 1);
        size_t n = 0;
        size_t at = 0;
        memcpy(text + 1, out.len == 0 ? (const uint8_t *)"" : out.data, out.len);
        assert_true(stk_base64_decode(stk_span_of(text + 1, out.len), back, &n, &at));
        assert_int_equal(n, len);
        assert_memory_equal(back, bytes, len);
        free(bytes);
        free(text);
        free(back);
        stk_buf_release(&out);
    }
}

static void what_is_not_base64(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t at;
    } table[] = {
        {"A", 1},
        {"AA", 2},
        {"AAA", 3},
        {"AAAAA", 5},
        {"=", 1},
        {"====", 0},
        {"A===", 1},
        {"AB==", 1},
        {"AAB=", 2},
        {"AA=A", 2},
        {"A=AA", 1},
        {"AA==AAAA", 2},
        {"AAAA====", 4},
        {"AA A", 2},
        {"AAA\n", 3},
        {"AA-_", 2},
        {"AAAA\nAAA", 4},
        {"Zm9vYg=", 7},
        {"AA=\xff", 2},
        {"\x80"
         "AAA",
         0},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        uint8_t out[16];
        size_t n = 99;
        size_t at = 99;
        struct stk_span text = stk_span_of(table[i].text, strlen(table[i].text));
        assert_false(stk_base64_decode(text, out, &n, &at));
        assert_int_equal(n, 99);
        if (at != table[i].at) {
            print_error("%s: at %zu\n", table[i].text, at);
            fail();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts),
        cmocka_unit_test(all_lengths_come_back),
        cmocka_unit_test(what_is_not_base64),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
