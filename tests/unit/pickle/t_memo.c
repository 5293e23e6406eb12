/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"
#include "pickle/state.h"

static void put_and_get(void **state)
{
    (void)state;
    EXPECT("Nq\0h\0.", "stop 6\n");
    EXPECT("Nr\0\0\0\0j\0\0\0\0.", "stop 12\n");
    EXPECT("Np0\ng0\n.", "stop 8\n");
    EXPECT("N\x94h\0.", "stop 5\n");
    EXPECT("h\0.", "fault \"a memo entry that was never made\" at 0\n");
    EXPECT("Nq\1h\0.", "fault \"a memo entry that was never made\" at 3\n");
    EXPECT("Nq\1h\2.", "fault \"a memo entry that was never made\" at 3\n");
    EXPECT("q\0.", "fault \"too few values on the stack\" at 0\n");
    EXPECT("\x94.", "fault \"too few values on the stack\" at 0\n");
    EXPECT("N(\x94.", "fault \"too few values on the stack\" at 2\n");
}

static stk_slot value_of(const void *bytes, size_t len)
{
    struct follow f;
    follow_init(&f);
    follow_open(&f);
    follow_bytes(&f, &stk_reading_reference, bytes, len);
    assert_true(f.run.stopped);
    stk_slot value = f.run.value;
    follow_close(&f);
    return value;
}

#define VALUE(bytes) value_of((bytes), sizeof(bytes) - 1)

static void the_last_put_counts(void **state)
{
    (void)state;
    assert_true(VALUE("K\1q\0K\2q\0h\0.") == stk_slot_int(2));
    assert_true(VALUE("K\1r\0\0\0\x80K\2r\0\0\0\x80j\0\0\0\x80.") == stk_slot_int(2));
    assert_true(VALUE("K\1p5\nK\2q\5h\5.") == stk_slot_int(2)); /* one key, two opcodes */
}

/* MEMOIZE counts entries, not indices. */
static void memoize_counts_entries(void **state)
{
    (void)state;
    assert_true(VALUE("K\1q\5K\2\x94h\1.") == stk_slot_int(2));
    assert_true(VALUE("K\1q\1K\2\x94h\1.") == stk_slot_int(2)); /* over the first */
    assert_true(VALUE("K\1q\0q\0K\2\x94h\1.") == stk_slot_int(2));
    assert_true(VALUE("K\1r\0\0\0\x80K\2\x94h\1.") == stk_slot_int(2));
}

static void far_indices_cost_an_entry(void **state)
{
    (void)state;
    struct stk_buf stream;
    struct follow f;
    build_init(&stream);
    PUT(&stream, "K\7");
    for (uint32_t i = 0; i < 1000; i++) {
        PUT(&stream, "r");
        put_u32(&stream, UINT32_C(0x80000000) + i * 4001);
    }
    PUT(&stream, "j\0\0\0\x80.");
    follow_init(&f);
    follow_open(&f);
    follow_bytes(&f, &stk_reading_reference, stream.data, stream.len);
    assert_true(f.run.value == stk_slot_int(7));
    assert_int_equal(f.machine->memo.n_entries, 1000);
    assert_int_equal(f.machine->memo.n_dense, 0);
    FOLLOW(&f, "Nr\0\0\0\x80.");
    assert_int_equal(f.machine->memo.n_entries, 1);
    assert_true(f.oom.peak < 1000000);
    follow_close(&f);
    stk_buf_release(&stream);
}

/* Indices with holes between them cost little more than the entries that were made. */
static void holes_cost_little(void **state)
{
    (void)state;
    struct stk_buf stream;
    struct follow f;
    enum { N = 20000, STRIDE = 63 };
    build_init(&stream);
    PUT(&stream, "N");
    for (uint32_t i = 0; i < N; i++) {
        PUT(&stream, "r");
        put_u32(&stream, i * STRIDE);
    }
    PUT(&stream, ".");
    follow_init(&f);
    follow_open(&f);
    struct stk_source source = stk_source_of(stk_buf_span(&stream));
    follow_run(&f, &source, &stk_reading_reference);
    assert_true(f.run.stopped);
    assert_int_equal(f.machine->memo.n_entries, N);
    assert_true(f.oom.peak < N * 100);
    follow_close(&f);
    stk_buf_release(&stream);
}

/* An array and a table hold the entries; from outside there is one memo. */
static void array_and_table_are_one_memo(void **state)
{
    (void)state;
    enum { N = 600 };
    struct follow f;
    uint64_t expected[N];
    bool made[N] = {0};
    uint64_t seed = 1;
    follow_init(&f);
    follow_open(&f);
    FOLLOW(&f, "N.");
    uint64_t n = 0;
    for (int i = 0; i < 20000; i++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        size_t index = (size_t)(seed >> 33) % N;
        if (i < 10000) {
            index = index / 7 * 7; /* first with holes, then the holes too */
        }
        n += made[index] ? 0 : 1;
        made[index] = true;
        expected[index] = stk_slot_int(i);
        assert_true(stk_memo_put(f.machine, index, expected[index]));
        assert_true(f.machine->memo.n_entries == n);
    }
    for (size_t i = 0; i < N; i++) {
        stk_slot slot = 0;
        if (made[i]) {
            assert_true(stk_memo_get(f.machine, i, &slot));
            assert_true(slot == expected[i]);
        }
    }
    stk_slot slot = 9;
    assert_false(stk_memo_get(f.machine, N + 1, &slot));
    assert_true(slot == 9);
    assert_int_equal(f.machine->run.fault.code, STK_FAULT_MEMO);
    follow_close(&f);
}

static void limit_of_entries(void **state)
{
    (void)state;
    static const char *const ends[] = {
        "stop 6\n", "stop 8\n", "fault \"more memo entries than memo-max\" at 7\n"};
    static const char stream[] = "Nq\0q\1q\2q\3";
    for (size_t n = 2; n <= 4; n++) {
        struct follow f;
        char bytes[16];
        follow_init(&f);
        f.limits.memo_max = 3;
        follow_open(&f);
        memcpy(bytes, stream, 1 + 2 * n);
        bytes[1 + 2 * n] = '.';
        follow_bytes(&f, &stk_reading_reference, bytes, 2 + 2 * n);
        assert_string_equal(follow_text(&f), ends[n - 2]);
        /* Over an entry that is there costs nothing. */
        FOLLOW(&f, "Nq\0q\1q\2q\2q\1.");
        assert_string_equal(follow_text(&f), "stop 12\n");
        follow_close(&f);
    }
}

static void limit_of_entries_anywhere(void **state)
{
    (void)state;
    struct follow f;
    follow_init(&f);
    f.limits.memo_max = 3;
    follow_open(&f);
    FOLLOW(&f, "Nr\0\0\0\x10r\0\0\0\x20r\0\0\0\x30.");
    assert_string_equal(follow_text(&f), "stop 17\n");
    FOLLOW(&f, "Nr\0\0\0\x10r\0\0\0\x20r\0\0\0\x30r\0\0\0\x40.");
    assert_string_equal(follow_text(&f),
                        "fault \"more memo entries than memo-max\" at 16\n");
    /* Near and far entries add up, and the index alone is no reason to refuse. */
    FOLLOW(&f, "Nq\0q\1r\0\0\0\x20r\0\0\0\x30.");
    assert_string_equal(follow_text(&f),
                        "fault \"more memo entries than memo-max\" at 10\n");
    FOLLOW(&f, "Nq\x20q\x21h\x20.");
    assert_string_equal(follow_text(&f), "stop 8\n");
    follow_close(&f);
}

static void containers_in_the_memo_are_aliases(void **state)
{
    (void)state;
    stk_slot slot = VALUE("}q\0.");
    assert_true((slot & STK_SLOT_ALIAS) == 0);
    slot = VALUE("}q\0h\0.");
    assert_int_equal(slot, stk_slot_make(STK_DICT, 0) | STK_SLOT_ALIAS);
    slot = VALUE("]q\0h\0.");
    assert_int_equal(slot, stk_slot_make(STK_LIST, 0) | STK_SLOT_ALIAS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(put_and_get),
        cmocka_unit_test(the_last_put_counts),
        cmocka_unit_test(memoize_counts_entries),
        cmocka_unit_test(far_indices_cost_an_entry),
        cmocka_unit_test(holes_cost_little),
        cmocka_unit_test(array_and_table_are_one_memo),
        cmocka_unit_test(limit_of_entries),
        cmocka_unit_test(limit_of_entries_anywhere),
        cmocka_unit_test(containers_in_the_memo_are_aliases),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
