/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/arena.h"
#include "oom.h"

static void blocks_are_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct stk_oom oom;
    stk_oom_init(&oom, 0, false);
    struct stk_arena arena;
    stk_arena_init(&arena, &oom.alloc, 1 << 20);
    uint8_t *last = NULL;
    for (size_t len = 0; len < 600; len++) {
        uint8_t *p = stk_arena_alloc(&arena, len);
        assert_non_null(p);
        assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
        assert_ptr_not_equal(p, last);
        for (size_t i = 0; i < len; i++) {
            assert_int_equal(p[i], 0);
        }
        memset(p, 0xff, len);
        last = p;
    }
    assert_in_range(oom.requests, 1, 12);
    assert_int_equal(oom.bytes, arena.taken);
    stk_arena_release(&arena);
    assert_int_equal(oom.blocks, 0);
    assert_int_equal(arena.taken, 0);
    assert_false(oom.wrong_size);
}

static void the_cap_counts_all_that_is_taken(void **state)
{
    (void)state;
    struct stk_oom oom;
    stk_oom_init(&oom, 0, false);
    struct stk_arena arena;
    stk_arena_init(&arena, &oom.alloc, 100000);
    size_t got = 0;
    while (stk_arena_alloc(&arena, 100) != NULL) {
        got += 100;
    }
    assert_in_range(got, 85000, 100000); /* near the cap, chunks get as small as needed */
    assert_in_range(oom.peak, 0, 100000);
    assert_null(stk_arena_alloc(&arena, 100000));
    assert_null(stk_arena_alloc(&arena, SIZE_MAX));
    assert_null(stk_arena_alloc(&arena, SIZE_MAX - 40));
    stk_arena_release(&arena);
}

static void a_large_block_leaves_the_chunk_in_use(void **state)
{
    (void)state;
    struct stk_arena arena;
    stk_arena_init(&arena, &stk_alloc_libc, SIZE_MAX);
    uint8_t *a = stk_arena_alloc(&arena, 16);
    uint8_t *large = stk_arena_alloc(&arena, 5 << 20);
    uint8_t *b = stk_arena_alloc(&arena, 16);
    assert_non_null(large);
    large[(5 << 20) - 1] = 1;
    assert_ptr_equal(b, a + 16);
    stk_arena_release(&arena);
}

static void clear_keeps_one_chunk(void **state)
{
    (void)state;
    struct stk_oom oom;
    stk_oom_init(&oom, 0, false);
    struct stk_arena arena;
    stk_arena_init(&arena, &oom.alloc, SIZE_MAX);
    for (int i = 0; i < 1000; i++) {
        memset(stk_arena_alloc(&arena, 100), 0xff, 100);
    }
    stk_arena_clear(&arena);
    assert_int_equal(oom.blocks, 1);
    uint64_t requests = oom.requests;
    uint8_t *p = stk_arena_alloc(&arena, 100);
    assert_int_equal(oom.requests, requests);
    assert_int_equal(p[0], 0);
    stk_arena_clear(&arena);
    assert_non_null(stk_arena_alloc(&arena, 1));
    stk_arena_release(&arena);
    stk_arena_clear(&arena);
    assert_non_null(stk_arena_alloc(&arena, 8 << 20));
    stk_arena_clear(&arena); /* a chunk that large is not kept */
    assert_int_equal(oom.blocks, 0);
    stk_arena_release(&arena);
}

static void array_and_text(void **state)
{
    (void)state;
    struct stk_arena arena;
    stk_arena_init(&arena, &stk_alloc_libc, 1 << 16);
    assert_null(stk_arena_array(&arena, SIZE_MAX / 2, 4));
    uint32_t *numbers = stk_arena_array(&arena, 10, sizeof(uint32_t));
    assert_non_null(numbers);
    assert_int_equal(numbers[9], 0);
    assert_string_equal(stk_arena_text(&arena, stk_span_of("socket", 4)), "sock");
    assert_string_equal(stk_arena_text(&arena, stk_span_of(NULL, 0)), "");
    stk_arena_release(&arena);
}

static enum stk_status use_arena(const struct stk_alloc *alloc, void *arg)
{
    (void)arg;
    struct stk_arena arena;
    stk_arena_init(&arena, alloc, SIZE_MAX);
    enum stk_status status = STK_OK;
    for (size_t i = 0; i < 200 && status == STK_OK; i++) {
        status = stk_arena_alloc(&arena, i * 40) == NULL ? STK_E_NOMEM : STK_OK;
    }
    stk_arena_release(&arena);
    return status;
}

static void survives_refusals(void **state)
{
    (void)state;
    STK_OOM_LOOP(use_arena, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_are_zeroed_aligned_and_apart),
        cmocka_unit_test(the_cap_counts_all_that_is_taken),
        cmocka_unit_test(a_large_block_leaves_the_chunk_in_use),
        cmocka_unit_test(clear_keeps_one_chunk),
        cmocka_unit_test(array_and_text),
        cmocka_unit_test(survives_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
