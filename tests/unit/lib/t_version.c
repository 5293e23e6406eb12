/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include <stockade/version.h>

static void header_library_and_build_agree(void **state)
{
    (void)state;
    assert_string_equal(stockade_version(), STOCKADE_VERSION);
    assert_string_equal(stockade_version(), STK_MESON_VERSION);
}

static void numbers_spell_the_text(void **state)
{
    (void)state;
    char text[32];
    snprintf(text, sizeof text, "%d.%d.%d", STOCKADE_VERSION_MAJOR,
             STOCKADE_VERSION_MINOR, STOCKADE_VERSION_PATCH);
    assert_string_equal(text, STOCKADE_VERSION);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(header_library_and_build_agree),
        cmocka_unit_test(numbers_spell_the_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
