/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <lzma.h>

#include "container/lzma_head.h"
#include "expand_check.h"

static uint8_t packed[2 * EXPAND_PLAIN];

static size_t pack(struct stk_span plain, bool alone, uint32_t preset)
{
    lzma_stream s = LZMA_STREAM_INIT;
    lzma_options_lzma options;
    assert_false(lzma_lzma_preset(&options, preset));
    assert_int_equal(alone ? lzma_alone_encoder(&s, &options)
                           : lzma_easy_encoder(&s, preset, LZMA_CHECK_CRC64),
                     LZMA_OK);
    s.next_in = plain.data;
    s.avail_in = plain.len;
    s.next_out = packed;
    s.avail_out = sizeof(packed);
    assert_int_equal(lzma_code(&s, LZMA_FINISH), LZMA_STREAM_END);
    size_t len = sizeof(packed) - s.avail_out;
    lzma_end(&s);
    return len;
}

static void xz(void **state)
{
    (void)state;
    struct stk_span plain = expand_plain();
    size_t len = pack(plain, false, 0);
    expand_all(
        (struct expand_case){stk_expand_xz, plain, stk_span_of(packed, len), true});
}

static void lzma_alone(void **state)
{
    (void)state;
    struct stk_span plain = expand_plain();
    size_t len = pack(plain, true, 0);
    expand_all(
        (struct expand_case){stk_expand_lzma, plain, stk_span_of(packed, len), true});
}

/* Four gigabytes are not taken because a header says so. */
static void a_huge_dictionary(void **state)
{
    (void)state;
    struct expand_case c = {.expand = stk_expand_lzma, .plain = expand_plain()};
    size_t len = pack(c.plain, true, 0);
    memset(packed + 1, 0xff, 4);
    expand_expect(&c, stk_span_of(packed, len), UINT64_MAX, STK_E_LIMIT);
}

static void the_head_of_lzma_alone(void **state)
{
    (void)state;
    uint8_t head[14] = {0x5d, 0,    0,    0x80, 0,    0xff, 0xff,
                        0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct stk_span span = stk_span_of(head, sizeof(head));
    assert_true(stk_lzma_head(span));
    assert_false(stk_lzma_head(stk_span_of(head, 13)));
    head[13] = 1; /* the range coder's first byte */
    assert_false(stk_lzma_head(span));
    head[13] = 0;
    head[0] = 225; /* no such settings */
    assert_false(stk_lzma_head(span));
    head[0] = 0x5d;
    head[1] = 1; /* 2^23 + 1 */
    assert_false(stk_lzma_head(span));
    head[1] = 0;
    head[3] = 0xc0; /* 2^23 + 2^22 */
    assert_true(stk_lzma_head(span));
    memset(head + 5, 0, 8);
    head[9] = 0x40; /* 2^38 bytes */
    assert_false(stk_lzma_head(span));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(xz),
        cmocka_unit_test(lzma_alone),
        cmocka_unit_test(a_huge_dictionary),
        cmocka_unit_test(the_head_of_lzma_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
