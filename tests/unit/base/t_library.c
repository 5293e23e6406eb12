/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/library.h"

static void calls_what_it_loaded(void **state)
{
    (void)state;
    static const char *const names[] = {"zlibVersion", "crc32"};
    union {
        void (*all[2])(void);
        struct {
            const char *(*version)(void);
            unsigned long (*crc32)(unsigned long, const unsigned char *, unsigned);
        } f;
    } zlib;
    struct stk_library *library = stk_library_open("libz.so.1", names, 2, zlib.all);
    assert_non_null(library);
    assert_non_null(zlib.f.version());
    assert_int_equal(zlib.f.crc32(0, (const unsigned char *)"123456789", 9), 0xcbf43926);
    stk_library_close(library);
}

static void says_what_is_not_there(void **state)
{
    (void)state;
    static const char *const names[] = {"zlibVersion", "no_such_function"};
    void (*functions[2])(void);
    assert_null(stk_library_open("libnosuch.so.0", names, 1, functions));
    assert_null(stk_library_open("libz.so.1", names, 2, functions));
    stk_library_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_what_it_loaded),
        cmocka_unit_test(says_what_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
