/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lz4frame.h>

#include "expand_check.h"

static void all_that_a_decompressor_must_do(void **state)
{
    (void)state;
    static uint8_t packed[2 * EXPAND_PLAIN];
    struct stk_span plain = expand_plain();
    LZ4F_preferences_t how = LZ4F_INIT_PREFERENCES;
    how.frameInfo.blockSizeID = LZ4F_max64KB;
    how.frameInfo.contentChecksumFlag = LZ4F_contentChecksumEnabled;
    how.frameInfo.blockChecksumFlag = LZ4F_blockChecksumEnabled;
    size_t len = LZ4F_compressFrame(packed, sizeof(packed), plain.data, plain.len, &how);
    assert_false(LZ4F_isError(len));
    expand_all(
        (struct expand_case){stk_expand_lz4, plain, stk_span_of(packed, len), true});
}

static void no_frame(void **state)
{
    (void)state;
    struct expand_case c = {.expand = stk_expand_lz4, .plain = expand_plain()};
    expand_expect(&c, stk_span_of("PK\3\4PK\3\4", 8), UINT64_MAX, STK_E_MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_a_decompressor_must_do),
        cmocka_unit_test(no_frame),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
