/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "oom.h"

static void new_is_zeroed_and_given_back(void **state)
{
    (void)state;
    struct stk_oom oom;
    stk_oom_init(&oom, 0, false);
    uint8_t *block = stk_new(&oom.alloc, 100);
    assert_non_null(block);
    for (size_t i = 0; i < 100; i++) {
        assert_int_equal(block[i], 0);
    }
    void *empty = stk_new(&oom.alloc, 0);
    assert_non_null(empty);
    stk_free(&oom.alloc, empty, 0);
    stk_free(&oom.alloc, block, 100);
    stk_free(&oom.alloc, NULL, 0);
    assert_int_equal(oom.blocks, 0);
    assert_false(oom.wrong_size);
}

static void libc_allocates_grows_and_frees(void **state)
{
    (void)state;
    uint8_t *block = stk_new(&stk_alloc_libc, 8);
    assert_non_null(block);
    memset(block, 7, 8);
    block = stk_alloc_libc.resize(NULL, block, 8, 4096);
    assert_non_null(block);
    assert_int_equal(block[7], 7);
    assert_null(stk_alloc_libc.resize(NULL, block, 4096, 0));
}

static void growth_is_geometric_and_bounded(void **state)
{
    (void)state;
    struct stk_oom oom;
    stk_oom_init(&oom, 0, false);
    void *array = NULL;
    size_t capacity = 0;
    for (size_t need = 1; need <= 100000; need++) {
        assert_int_equal(
            stk_grow(&oom.alloc, &array, &capacity, sizeof(uint32_t), need, 100000),
            STK_OK);
        assert_in_range(capacity, need, 100000);
        uint32_t *items = array;
        items[need - 1] = (uint32_t)need;
    }
    assert_in_range(oom.requests, 1, 20);
    for (uint32_t i = 0; i < 100000; i++) {
        assert_int_equal(((uint32_t *)array)[i], i + 1);
    }
    size_t before = capacity;
    assert_int_equal(
        stk_grow(&oom.alloc, &array, &capacity, sizeof(uint32_t), 100001, 100000),
        STK_E_LIMIT);
    assert_int_equal(capacity, before);
    stk_free(&oom.alloc, array, capacity * sizeof(uint32_t));
    assert_int_equal(oom.blocks, 0);
    assert_false(oom.wrong_size);
}

static void a_size_that_overflows_is_refused(void **state)
{
    (void)state;
    void *array = NULL;
    size_t capacity = 0;
    assert_int_equal(
        stk_grow(&stk_alloc_libc, &array, &capacity, 16, SIZE_MAX / 8, SIZE_MAX),
        STK_E_NOMEM);
    assert_null(array);
    assert_int_equal(capacity, 0);
}

static enum stk_status grow_twice(const struct stk_alloc *alloc, void *arg)
{
    (void)arg;
    void *array = NULL;
    size_t capacity = 0;
    enum stk_status status = stk_grow(alloc, &array, &capacity, 8, 1, 1000);
    if (status == STK_OK) {
        size_t before = capacity;
        status = stk_grow(alloc, &array, &capacity, 8, 900, 1000);
        assert_true(status == STK_OK ? capacity >= 900 : capacity == before);
    }
    stk_free(alloc, array, capacity * 8);
    return status;
}

static void refused_growth_leaves_the_array(void **state)
{
    (void)state;
    STK_OOM_LOOP(grow_twice, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_is_zeroed_and_given_back),
        cmocka_unit_test(libc_allocates_grows_and_frees),
        cmocka_unit_test(growth_is_geometric_and_bounded),
        cmocka_unit_test(a_size_that_overflows_is_refused),
        cmocka_unit_test(refused_growth_leaves_the_array),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
