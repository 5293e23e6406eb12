/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <zstd.h>

#include "expand_check.h"

static uint8_t packed[2 * EXPAND_PLAIN];

static size_t pack(struct stk_span plain)
{
    ZSTD_CCtx *ctx = ZSTD_createCCtx();
    assert_false(ZSTD_isError(ZSTD_CCtx_setParameter(ctx, ZSTD_c_checksumFlag, 1)));
    size_t len = ZSTD_compress2(ctx, packed, sizeof(packed), plain.data, plain.len);
    assert_false(ZSTD_isError(len));
    (void)ZSTD_freeCCtx(ctx);
    return len;
}

static void all_that_a_decompressor_must_do(void **state)
{
    (void)state;
    struct stk_span plain = expand_plain();
    size_t len = pack(plain);
    expand_all(
        (struct expand_case){stk_expand_zstd, plain, stk_span_of(packed, len), true});
}

static void a_window_of_two_gigabytes(void **state)
{
    (void)state;
    struct expand_case c = {.expand = stk_expand_zstd, .plain = expand_plain()};
    static const uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0x00, 0xa8, 0x01, 0x00, 0x00};
    expand_expect(&c, stk_span_of(frame, sizeof(frame)), UINT64_MAX, STK_E_LIMIT);
}

static void a_dictionary_that_is_not_there(void **state)
{
    (void)state;
    struct expand_case c = {.expand = stk_expand_zstd, .plain = expand_plain()};
    static const uint8_t frame[] = {0x28, 0xb5, 0x2f, 0xfd, 0x21, 0x07,
                                    0x01, 0x09, 0,    0,    'a'};
    expand_expect(&c, stk_span_of(frame, sizeof(frame)), UINT64_MAX, STK_E_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_that_a_decompressor_must_do),
        cmocka_unit_test(a_window_of_two_gigabytes),
        cmocka_unit_test(a_dictionary_that_is_not_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
