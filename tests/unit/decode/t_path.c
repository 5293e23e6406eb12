/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decoded.h"

static bool is_seven(const void *ctx, struct stk_value value)
{
    (void)ctx;
    return value.kind == STK_VALUE_INT && value.integer == 7;
}

static void expect_path(const char *file, int line, const void *bytes, size_t len,
                        const char *want, size_t size)
{
    char path[256] = "";
    struct decoded d;
    decoded_init(&d, &stk_alloc_libc);
    decoded_run(&d, bytes, len);
    assert_int_equal(d.status, STK_OK);
    bool found = stk_value_path(&stk_alloc_libc, d.value, is_seven, NULL, path, size);
    if (strcmp(path, want) != 0 || found != (want[0] != '\0')) {
        print_error("got  %s\nwant %s\n", path, want);
        _fail(file, line);
    }
    decoded_release(&d);
}

#define PATH(bytes, want)                                                                \
    expect_path(__FILE__, __LINE__, (bytes), sizeof(bytes) - 1, (want), 256)

static void ways(void **state)
{
    (void)state;
    PATH("K\7.", "$");
    PATH("K\1.", "");
    PATH("](K\1K\7e.", "$[1]");
    PATH("K\1K\7\x86.", "$[1]");
    PATH("}X\1\0\0\0aK\7s.", "$.a");
    PATH("}X\3\0\0\0a bK\7s.", "$['a b']");
    PATH("}X\0\0\0\0K\7s.", "$['']");
    PATH("}X\5\0\0\0'\\\n\xc3\xa9K\7s.", "$['\\x27\\x5c\\x0a\\xc3\\xa9']");
    PATH("}K\5K\7s.", "$[5]");
    PATH("}NK\7s.", "$[<none>]");
    PATH("}K\7Ns.", "$.<key>");
    PATH("cg\nC\nK\7\x85R.", "$.<args>[0]");
    PATH("cg\nC\n)\x81}X\1\0\0\0aK\7sb.", "$.a");
    PATH("cg\nC\n)RK\7a.", "$[0]");
    PATH("cg\nC\n)R(K\7\x90.", "$[0]");
    PATH("cg\nC\n)RX\1\0\0\0kK\7s.", "$.k");
    PATH("cg\nC\n)}X\1\0\0\0kK\7s\x92.", "$.<kwargs>.k");
    PATH("](]]K\7aK\7e.", "$[2]");  /* the shortest */
    PATH("]q\0h\0a]h\0a\x86.", ""); /* cycles end */
}

/* Of a long way its end is kept. */
static void long_ways(void **state)
{
    (void)state;
    expect_path(__FILE__, __LINE__, "]]]]]]]]]]K\7aaaaaaaaaa.", 23, "$...[0][0][0]", 16);
    char key[300];
    memset(key, 'k', sizeof key);
    struct stk_buf s;
    stk_buf_init(&s, &stk_alloc_libc, 4096);
    PUT(&s, "}X");
    put_le(&s, sizeof key, 4);
    stk_buf_put(&s, key, sizeof key);
    PUT(&s, "K\7s.");
    struct decoded d;
    char path[256];
    decoded_init(&d, &stk_alloc_libc);
    decoded_run(&d, s.data, s.len);
    assert_true(stk_value_path(&stk_alloc_libc, d.value, is_seven, NULL, path, 256));
    assert_int_equal(strncmp(path, "$.kkkk", 6), 0);
    assert_true(strlen(path) < 80);
    decoded_release(&d);
    stk_buf_release(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ways),
        cmocka_unit_test(long_ways),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
