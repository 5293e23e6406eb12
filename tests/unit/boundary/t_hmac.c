/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "boundary/hmac.h"

/* RFC 4231, 4.2, 4.3 and 4.7. */
static void known_answers(void **state)
{
    uint8_t short_key[20];
    uint8_t long_key[131];
    uint8_t mac[STK_HMAC_SIZE];
    memset(short_key, 0x0b, sizeof short_key);
    memset(long_key, 0xaa, sizeof long_key);
    const struct {
        struct stk_span key;
        const char *text;
        const char *mac;
    } cases[] = {
        {stk_span_of(short_key, sizeof short_key), "Hi There",
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {stk_span_of("Jefe", 4), "what do ya want for nothing?",
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {stk_span_of(long_key, sizeof long_key),
         "Test Using Larger Than Block-Size Key - Hash Key First",
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    };
    (void)state;
    struct stk_hmac *hmac = stk_hmac_new(&stk_alloc_libc);
    assert_non_null(hmac);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stk_span text = stk_span_of(cases[i].text, strlen(cases[i].text));
        char hex[2 * STK_HMAC_SIZE + 1];
        assert_true(stk_hmac_of(hmac, cases[i].key, text, mac));
        for (size_t k = 0; k < sizeof mac; k++) {
            (void)snprintf(hex + 2 * k, 3, "%02x", mac[k]);
        }
        assert_string_equal(hex, cases[i].mac);
    }
    stk_hmac_free(hmac);
}

static void every_bit_counts(void **state)
{
    uint8_t a[STK_HMAC_SIZE] = {0};
    uint8_t b[STK_HMAC_SIZE] = {0};
    (void)state;
    assert_true(stk_hmac_equal(a, b));
    for (size_t i = 0; i < 8 * sizeof b; i++) {
        b[i / 8] = (uint8_t)(1U << (i % 8));
        assert_false(stk_hmac_equal(a, b));
        b[i / 8] = 0;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_answers),
        cmocka_unit_test(every_bit_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
