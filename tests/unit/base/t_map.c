/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/map.h"
#include "oom.h"

static void put_get_overwrite(void **state)
{
    (void)state;
    struct stk_map map;
    uint64_t value = 5;
    bool added = false;
    stk_map_init(&map, &stk_alloc_libc, 100, 1);
    assert_false(stk_map_get(&map, 0, &value));
    assert_int_equal(value, 5);
    assert_int_equal(stk_map_put(&map, 0, 10, &added), STK_OK);
    assert_true(added);
    assert_int_equal(stk_map_put(&map, UINT64_MAX, 11, &added), STK_OK);
    assert_int_equal(stk_map_put(&map, 0, 12, &added), STK_OK);
    assert_false(added);
    assert_true(stk_map_get(&map, 0, &value));
    assert_int_equal(value, 12);
    assert_true(stk_map_get(&map, UINT64_MAX, &value));
    assert_int_equal(value, 11);
    assert_int_equal(map.n_entries, 2);
    stk_map_release(&map);
}

/* Strides that would fill one row of a table that takes low or high bits of the key. */
static void many_keys_of_any_stride(void **state)
{
    (void)state;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        struct stk_map map;
        bool added = false;
        stk_map_init(&map, &stk_alloc_libc, 100000, shift);
        uint64_t n = shift > 48 ? UINT64_C(1) << (63 - shift) : 20000;
        for (uint64_t i = 0; i < n; i++) {
            assert_int_equal(stk_map_put(&map, i << shift, i, &added), STK_OK);
            assert_true(added);
        }
        for (uint64_t i = 0; i < n; i++) {
            uint64_t value = 0;
            assert_true(stk_map_get(&map, i << shift, &value));
            assert_true(value == i);
        }
        uint64_t value = 0;
        assert_false(stk_map_get(&map, (n << shift) + 1, &value));
        stk_map_release(&map);
    }
}

static void entries_are_limited_but_may_be_overwritten(void **state)
{
    (void)state;
    struct stk_map map;
    bool added = false;
    stk_map_init(&map, &stk_alloc_libc, 2, 3);
    assert_int_equal(stk_map_put(&map, 1, 1, &added), STK_OK);
    assert_int_equal(stk_map_put(&map, 2, 2, &added), STK_OK);
    assert_int_equal(stk_map_put(&map, 3, 3, &added), STK_E_LIMIT);
    assert_int_equal(stk_map_put(&map, 2, 4, &added), STK_OK);
    assert_int_equal(map.n_entries, 2);
    stk_map_release(&map);
}

static void clear_forgets_all(void **state)
{
    (void)state;
    struct stk_oom oom;
    stk_oom_init(&oom, 0, false);
    struct stk_map map;
    bool added = false;
    uint64_t value = 0;
    stk_map_init(&map, &oom.alloc, 100000, 3);
    assert_int_equal(stk_map_put(&map, 1, 1, &added), STK_OK);
    stk_map_clear(&map);
    assert_false(stk_map_get(&map, 1, &value));
    assert_int_equal(oom.blocks, 2); /* a small table is kept */
    for (uint64_t i = 0; i < 50000; i++) {
        assert_int_equal(stk_map_put(&map, i, i, &added), STK_OK);
    }
    stk_map_clear(&map);
    assert_int_equal(oom.blocks, 0); /* a large one is not */
    assert_int_equal(stk_map_put(&map, 1, 1, &added), STK_OK);
    stk_map_release(&map);
    assert_int_equal(oom.blocks, 0);
    assert_false(oom.wrong_size);
}

static enum stk_status fill(const struct stk_alloc *alloc, void *arg)
{
    (void)arg;
    struct stk_map map;
    bool added = false;
    enum stk_status status = STK_OK;
    stk_map_init(&map, alloc, 1000, 9);
    uint64_t n = 0;
    for (; n < 500 && status == STK_OK; n++) {
        status = stk_map_put(&map, n * 3, n, &added);
    }
    for (uint64_t i = 0; i + 1 < n; i++) { /* what was put before a refusal is there */
        uint64_t value = 0;
        assert_true(stk_map_get(&map, i * 3, &value));
        assert_true(value == i);
    }
    stk_map_release(&map);
    return status;
}

static void survives_refusals(void **state)
{
    (void)state;
    STK_OOM_LOOP(fill, NULL);
}

static void hashes_differ(void **state)
{
    (void)state;
    static const uint8_t zeros[64];
    for (size_t a = 0; a < 64; a++) {
        for (size_t b = a + 1; b < 64; b++) {
            assert_true(stk_hash(stk_span_of(zeros, a), 1) !=
                        stk_hash(stk_span_of(zeros, b), 1));
        }
    }
    struct stk_span text = stk_span_of("os.system", 9);
    assert_true(stk_hash(text, 1) == stk_hash(text, 1));
    assert_true(stk_hash(text, 1) != stk_hash(text, 2));
    assert_true(stk_hash(text, 1) != stk_hash(stk_span_of("os.systen", 9), 1));
    assert_true(stk_hash(stk_span_of("abcdefgh1", 9), 1) !=
                stk_hash(stk_span_of("1bcdefgha", 9), 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_get_overwrite),
        cmocka_unit_test(many_keys_of_any_stride),
        cmocka_unit_test(entries_are_limited_but_may_be_overwritten),
        cmocka_unit_test(clear_forgets_all),
        cmocka_unit_test(survives_refusals),
        cmocka_unit_test(hashes_differ),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
