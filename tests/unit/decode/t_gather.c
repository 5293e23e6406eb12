/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "decode/gather.h"

#define STORAGE 4096

static uint8_t storage[STORAGE];

/* Item by item, as the indices say. */
static size_t plainly(const struct stk_array *a, uint8_t *out)
{
    for (uint64_t n = 0; n < a->n_items; n++) {
        uint64_t rest = n;
        uint64_t at = a->offset;
        for (uint32_t i = a->rank; i-- > 0;) {
            at += rest % a->shape[i] * (uint64_t)a->stride[i];
            rest /= a->shape[i];
        }
        memcpy(out + n * a->item_size, storage + at * a->item_size, a->item_size);
    }
    return (size_t)(a->n_items * a->item_size);
}

static void expect_gathered(const struct stk_array *a, size_t room_len, size_t window_len)
{
    static uint8_t want[STORAGE * 4];
    static uint8_t got[STORAGE * 4];
    static uint8_t room[STORAGE * 4];
    static uint8_t window[STORAGE];
    struct stk_source source = stk_source_of(stk_span_of(storage, sizeof storage));
    struct stk_gather g;
    size_t want_len = plainly(a, want);
    size_t n = 0;
    size_t len = 0;
    stk_gather_init(&g, a, &source, window, window_len);
    do {
        assert_int_equal(stk_gather_next(&g, room, room_len, &len), STK_OK);
        assert_true(len <= room_len && n + len <= want_len);
        memcpy(got + n, room, len);
        n += len;
    } while (len > 0);
    assert_int_equal(n, want_len);
    assert_memory_equal(got, want, want_len);
}

static const struct stk_array views[] = {
    {.rank = 0, .shape = (uint64_t[]){0}, .stride = (int64_t[]){0}, .offset = 5},
    {.rank = 2, .shape = (uint64_t[]){7, 5}, .stride = (int64_t[]){1, 7}},
    {.rank = 2, .shape = (uint64_t[]){3, 4}, .stride = (int64_t[]){20, 2}, .offset = 3},
    {.rank = 3, .shape = (uint64_t[]){3, 4, 2}, .stride = (int64_t[]){0, 1, 9}},
    {.rank = 3, .shape = (uint64_t[]){4, 5, 6}, .stride = (int64_t[]){6, 24, 1}},
    {.rank = 3, .shape = (uint64_t[]){4, 1, 6}, .stride = (int64_t[]){1, 99, 4}},
    {.rank = 1, .shape = (uint64_t[]){0}, .stride = (int64_t[]){1}},
};

static void views_of_all_sizes(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {1, 2, 4, 8, 16};
    for (size_t i = 0; i < sizeof storage; i++) {
        storage[i] = (uint8_t)(i * 31 + i / 256);
    }
    for (size_t v = 0; v < sizeof views / sizeof views[0]; v++) {
        for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
            struct stk_array a = views[v];
            size_t size = (size_t)sizes[s];
            a.item_size = size;
            a.n_items = 1;
            for (uint32_t i = 0; i < a.rank; i++) {
                a.n_items *= a.shape[i];
            }
            expect_gathered(&a, size, size);
            expect_gathered(&a, 3 * size + 1, 5 * size);
            expect_gathered(&a, STORAGE * 4, STORAGE);
        }
    }
}

static void behind_the_storage(void **state)
{
    (void)state;
    struct stk_array a = views[1];
    uint8_t room[64];
    uint8_t window[8];
    struct stk_source source = stk_source_of(stk_span_of(storage, 34));
    struct stk_gather g;
    size_t len = 0;
    a.item_size = 1;
    a.n_items = 35;
    stk_gather_init(&g, &a, &source, window, sizeof window);
    assert_int_equal(stk_gather_next(&g, room, sizeof room, &len), STK_E_TRUNCATED);
}

static void in_one_piece(void **state)
{
    (void)state;
    static const uint64_t shape[] = {2, 1, 3};
    struct stk_array a = {.rank = 3, .shape = shape, .n_items = 6};
    assert_true(stk_array_in_one_piece(&a));
    a.stride = (int64_t[]){3, 77, 1};
    assert_true(stk_array_in_one_piece(&a));
    a.stride = (int64_t[]){1, 1, 2};
    assert_false(stk_array_in_one_piece(&a));
    a.stride = (int64_t[]){0, 3, 1};
    assert_false(stk_array_in_one_piece(&a));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views_of_all_sizes),
        cmocka_unit_test(behind_the_storage),
        cmocka_unit_test(in_one_piece),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
