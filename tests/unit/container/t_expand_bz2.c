/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <bzlib.h>

#include "expand_check.h"

static void all_that_a_decompressor_must_do(void **state)
{
    (void)state;
    struct stk_span plain = expand_plain();
    static char in[EXPAND_PLAIN];
    static char out[2 * EXPAND_PLAIN];
    unsigned len = sizeof(out);
    memcpy(in, plain.data, plain.len);
    assert_int_equal(
        BZ2_bzBuffToBuffCompress(out, &len, in, (unsigned)plain.len, 1, 0, 0), BZ_OK);
    expand_all((struct expand_case){stk_expand_bz2, plain, stk_span_of(out, len), true});
}

static void no_bzip2(void **state)
{
    (void)state;
    struct expand_case c = {.expand = stk_expand_bz2, .plain = expand_plain()};
    expand_expect(&c, stk_span_of("PK\3\4", 4), UINT64_MAX, STK_E_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_a_decompressor_must_do),
        cmocka_unit_test(no_bzip2),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
