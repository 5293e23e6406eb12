/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "common.h"
#include "pickle/state.h"

static void run(struct follow *f, const void *bytes, size_t len)
{
    struct stk_source source = stk_source_of(stk_span_of(bytes, len));
    follow_run(f, &source, &stk_reading_reference);
    assert_int_equal(f->status, STK_OK);
}

#define RUN(f, bytes) run((f), (bytes), sizeof(bytes) - 1)

static void open(struct follow *f)
{
    follow_init(f);
    follow_open(f);
}

static void tuples(void **state)
{
    (void)state;
    struct follow f;
    uint64_t n = 0;
    open(&f);
    RUN(&f, ").");
    assert_non_null(stk_slot_items(f.machine, f.run.value, &n));
    assert_int_equal(n, 0);
    RUN(&f, "(t.");
    assert_non_null(stk_slot_items(f.machine, f.run.value, &n));
    assert_int_equal(n, 0);
    RUN(&f, "(K\1K\2K\3K\4t.");
    const stk_slot *items = stk_slot_items(f.machine, f.run.value, &n);
    assert_int_equal(n, 4);
    assert_true(items[0] == stk_slot_int(1) && items[3] == stk_slot_int(4));
    RUN(&f, "K\1N\x86\x85.");
    items = stk_slot_items(f.machine, f.run.value, &n);
    assert_int_equal(n, 1);
    items = stk_slot_items(f.machine, items[0], &n);
    assert_int_equal(n, 2);
    assert_true(items[0] == stk_slot_int(1) && items[1] == STK_NONE);
    RUN(&f, "].");
    assert_null(stk_slot_items(f.machine, f.run.value, &n));
    assert_true(n == UINT64_MAX);
    follow_close(&f);
}

static void kinds_of_items(void **state)
{
    (void)state;
    struct follow f;
    open(&f);
    RUN(&f, "(K\1K\2t.");
    assert_int_equal(stk_slot_uniform(f.machine, f.run.value), STK_INT);
    RUN(&f, "(K\1Nt.");
    assert_int_equal(stk_slot_uniform(f.machine, f.run.value), STK_KINDS);
    RUN(&f, ").");
    assert_int_equal(stk_slot_uniform(f.machine, f.run.value), STK_KINDS);
    RUN(&f, "].");
    assert_int_equal(stk_slot_uniform(f.machine, f.run.value), STK_KINDS);
    follow_close(&f);
}

/* A tuple of n numbers under a limit of items: known, or its length and kind only. */
static void limit_of_items(void **state)
{
    (void)state;
    for (size_t n = 7; n <= 9; n++) {
        struct follow f;
        struct stk_buf stream;
        uint64_t len = 0;
        follow_init(&f);
        f.limits.kept_items = 8;
        follow_open(&f);
        build_init(&stream);
        PUT(&stream, "(");
        PUT_REPEAT(&stream, "K\1", n);
        PUT(&stream, "t.");
        run(&f, stream.data, stream.len);
        assert_true((stk_slot_items(f.machine, f.run.value, &len) != NULL) == (n <= 8));
        assert_int_equal(len, n);
        assert_int_equal(stk_slot_uniform(f.machine, f.run.value), STK_INT);
        stk_buf_release(&stream);
        follow_close(&f);
    }
}

static void limit_of_pairs(void **state)
{
    (void)state;
    for (size_t n = 3; n <= 5; n++) {
        struct follow f;
        struct stk_buf stream;
        uint64_t len = 0;
        follow_init(&f);
        f.limits.kept_items = 8; /* keys and values are items */
        follow_open(&f);
        build_init(&stream);
        PUT(&stream, "}(");
        PUT_REPEAT(&stream, "K\1K\2", n - 1);
        PUT(&stream, "uK\1K\2s.");
        run(&f, stream.data, stream.len);
        const stk_slot *pairs = stk_slot_pairs(f.machine, f.run.value, &len);
        assert_true((pairs != NULL) == (n <= 4));
        assert_true(len == (n <= 4 ? n : UINT64_MAX));
        assert_true(((f.run.value & STK_SLOT_LARGE) != 0) == (n > 4));
        stk_buf_release(&stream);
        follow_close(&f);
    }
}

/* The window forgets the oldest; nothing that it forgot is taken for something else. */
static void limit_of_the_window(void **state)
{
    (void)state;
    for (size_t filler = 340; filler <= 342; filler++) {
        struct follow f;
        struct stk_buf stream;
        uint64_t len = 0;
        follow_init(&f);
        f.limits.kept_slots = 1024;
        follow_open(&f);
        build_init(&stream);
        PUT(&stream, "K\7\x85"); /* 2 slots of 1024 */
        PUT_REPEAT(&stream,
                   "NN\x86"
                   "0",
                   filler); /* 3 each */
        PUT(&stream, ".");
        run(&f, stream.data, stream.len);
        const stk_slot *items = stk_slot_items(f.machine, f.run.value, &len);
        if (filler == 340) { /* 2 + 1020 */
            assert_true(items != NULL && items[0] == stk_slot_int(7) && len == 1);
        } else { /* the 341st does not fit behind the others and overwrites the first */
            assert_null(items);
            assert_true(len == UINT64_MAX);
            assert_int_equal(stk_slot_uniform(f.machine, f.run.value), STK_KINDS);
        }
        stk_buf_release(&stream);
        follow_close(&f);
    }
}

/* Windows smaller than one tuple, and none at all. */
static void small_windows(void **state)
{
    (void)state;
    static const uint64_t sizes[] = {0, 1, 16, 1000, 1024, 1500};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct follow f;
        struct stk_buf stream;
        uint64_t len = 0;
        follow_init(&f);
        f.limits.kept_slots = sizes[i];
        f.limits.kept_items = 100000;
        follow_open(&f);
        build_init(&stream);
        PUT(&stream, "(");
        PUT_REPEAT(&stream, "K\1", 5000);
        PUT(&stream, "t}(");
        PUT_REPEAT(&stream, "K\1K\2", 5000);
        PUT(&stream, "u\x86.");
        run(&f, stream.data, stream.len);
        assert_true(f.run.stopped);
        const stk_slot *items = stk_slot_items(f.machine, f.run.value, &len);
        if (items != NULL) {
            assert_null(stk_slot_items(f.machine, items[0], &len));
            assert_null(stk_slot_pairs(f.machine, items[1], &len));
        }
        stk_buf_release(&stream);
        follow_close(&f);
    }
}

/* The entries of the stream's value, a dict; -1 where they are not known. */
static int entries(const void *bytes, size_t len)
{
    struct follow f;
    uint64_t n = 0;
    open(&f);
    run(&f, bytes, len);
    assert_true(f.run.stopped);
    int got = stk_slot_pairs(f.machine, f.run.value, &n) != NULL ? (int)n : -1;
    follow_close(&f);
    return got;
}

#define ENTRIES(bytes) entries((bytes), sizeof(bytes) - 1)

static void dicts(void **state)
{
    (void)state;
    struct follow f;
    uint64_t n = 0;
    assert_int_equal(ENTRIES("}."), 0);
    assert_int_equal(ENTRIES("(d."), 0);
    assert_int_equal(ENTRIES("}(u."), 0);
    assert_int_equal(ENTRIES("}K\1Ns."), 1);
    assert_int_equal(ENTRIES("}(K\1NK\1Nu."), 2); /* as given, the same key twice too */
    assert_int_equal(ENTRIES("(K\1NK\2Nd."), 2);
    assert_int_equal(ENTRIES("]."), -1);
    open(&f);
    RUN(&f, "}K\1K\2s(K\3K\4u.");
    const stk_slot *pairs = stk_slot_pairs(f.machine, f.run.value, &n);
    assert_int_equal(n, 2);
    for (int i = 0; i < 4; i++) {
        assert_true(pairs[i] == stk_slot_int(i + 1));
    }
    follow_close(&f);
}

/* What another slot refers to may be changed through it: its entries are vouched for only
 * through the first, and only until that happens. */
static void aliases(void **state)
{
    (void)state;
    assert_int_equal(ENTRIES("}q\0."), 0);
    assert_int_equal(ENTRIES("}q\0K\1Ns."), 1); /* memoized, then filled */
    assert_int_equal(ENTRIES("}q\0h\0."), -1);  /* the alias itself */
    assert_int_equal(ENTRIES("}2."), -1);       /* DUP: both are */
    assert_int_equal(ENTRIES("}20."), -1);
    assert_int_equal(ENTRIES("}K\1Ns20."), -1);
    assert_int_equal(ENTRIES("}q\0h\0K\1Ns0."), -1); /* changed through the alias */
    assert_int_equal(ENTRIES("}K\1Nsq\0h\0K\2Ns0."), -1);
    assert_int_equal(ENTRIES("}q\0K\1Nsh\0K\2Ns0."), -1);
    assert_int_equal(ENTRIES("}q\0h\0(u0."), 0);      /* not changed */
    assert_int_equal(ENTRIES("N}q\0}h\0K\1Ns0."), 0); /* another dict */
    assert_int_equal(ENTRIES("N}q\0}h\0K\1Ns00."), -1);
}

/* The alias lies in the memo while the dict is inside a tuple. */
static void aliases_inside_tuples(void **state)
{
    (void)state;
    struct follow f;
    uint64_t n = 0;
    open(&f);
    RUN(&f, "}q\0\x85h\0K\1Ns0.");
    const stk_slot *items = stk_slot_items(f.machine, f.run.value, &n);
    assert_int_equal(n, 1);
    assert_null(stk_slot_pairs(f.machine, items[0], &n));
    RUN(&f, "}q\0\x85h\0(u0.");
    items = stk_slot_items(f.machine, f.run.value, &n);
    assert_non_null(stk_slot_pairs(f.machine, items[0], &n));
    assert_int_equal(n, 0);
    RUN(&f, "}q\0\x85."); /* nothing of the run before is remembered */
    items = stk_slot_items(f.machine, f.run.value, &n);
    assert_non_null(stk_slot_pairs(f.machine, items[0], &n));
    follow_close(&f);
}

/* A dict whose entries left the window has no identity any more: once it is changed
 * through an alias, no dict is vouched for. */
static void a_lost_dict_makes_all_dirty(void **state)
{
    (void)state;
    struct follow f;
    struct stk_buf stream;
    uint64_t n = 0;
    follow_init(&f);
    f.limits.kept_slots = 1024;
    follow_open(&f);
    build_init(&stream);
    PUT(&stream, "}K\1Ns");
    PUT_REPEAT(&stream,
               "NN\x86"
               "0",
               400);
    PUT(&stream, "2K\1Ns00}.");
    run(&f, stream.data, stream.len);
    assert_true(f.run.stopped);
    assert_null(stk_slot_pairs(f.machine, f.run.value, &n));
    assert_true(f.machine->all_dirty);
    RUN(&f, "}.");
    assert_non_null(stk_slot_pairs(f.machine, f.run.value, &n));
    stk_buf_release(&stream);
    follow_close(&f);
}

/* Past the entries that the table of changed dicts can have. */
static void too_many_dirty_dicts(void **state)
{
    (void)state;
    struct follow f;
    uint64_t n = 0;
    follow_init(&f);
    f.limits.memo_max = 2;
    follow_open(&f);
    RUN(&f, "N}2K\1Ns00}2K\1Ns00}.");
    assert_non_null(stk_slot_pairs(f.machine, f.run.value, &n));
    RUN(&f, "N}2K\1Ns00}2K\1Ns00}2K\1Ns00}.");
    assert_null(stk_slot_pairs(f.machine, f.run.value, &n));
    follow_close(&f);
}

/* How many classes of objects the stream's value holds; -1: not known. c.a to c.e give
 * objects of classes 1 to 5. */
static int held(const void *bytes, size_t len)
{
    static const struct answer answers[] = {{"a", {.result = (1 << 8) | STK_OBJECT}},
                                            {"b", {.result = (2 << 8) | STK_OBJECT}},
                                            {"c", {.result = (3 << 8) | STK_OBJECT}},
                                            {"d", {.result = (4 << 8) | STK_OBJECT}},
                                            {"e", {.result = (5 << 8) | STK_OBJECT}},
                                            {0}};
    struct follow f;
    stk_slot samples[STK_HELD_MAX];
    size_t n = 0;
    open(&f);
    f.answers = answers;
    run(&f, bytes, len);
    assert_true(f.run.stopped);
    bool known = stk_slot_held(f.machine, f.run.value, samples, &n);
    for (size_t i = 0; known && i < n; i++) {
        assert_int_equal(stk_slot_kind(samples[i]), STK_OBJECT);
        assert_in_range(stk_slot_class(samples[i]), 1, 5);
    }
    follow_close(&f);
    return known ? (int)n : -1;
}

#define HELD(bytes) held((bytes), sizeof(bytes) - 1)
#define MADE(name) "cc\n" name "\n)R"

static void what_containers_hold(void **state)
{
    (void)state;
    assert_int_equal(HELD("]K\1a."), 0);
    assert_int_equal(HELD(MADE("a") "0](K\1](NeC\1xe."), 0);
    assert_int_equal(HELD("]" MADE("a") "a."), 1);
    assert_int_equal(HELD("](" MADE("a") MADE("a") MADE("b") "e."), 2);
    assert_int_equal(HELD("(" MADE("a") MADE("b") MADE("c") MADE("d") "l."), 4);
    assert_int_equal(HELD("(" MADE("a") MADE("b") MADE("c") MADE("d") MADE("e") "l."),
                     -1);
    assert_int_equal(HELD("}K\1" MADE("a") "s."), 1);
    assert_int_equal(HELD("(K\1" MADE("a") "d."), 1);
    assert_int_equal(HELD("(" MADE("a") "\x91."), 1);
    assert_int_equal(HELD("\x8f(" MADE("a") "\x90."), 1);
    assert_int_equal(HELD("](NeK\0" MADE("a") "s."), 1);
    assert_int_equal(HELD("]}K\1]" MADE("a") "asa."), 1); /* however deep */
    assert_int_equal(HELD("]" MADE("a") "\x85"
                                        "a."),
                     -1); /* in a tuple */
    assert_int_equal(HELD(MADE("a") "\x85)\x86\x85."), -1);
    assert_int_equal(HELD("]cc\na\na."), -1);
    assert_int_equal(HELD("]NQa."), -1);
}

/* It is in another container already, or may be. */
static void containers_changed_later(void **state)
{
    (void)state;
    assert_int_equal(HELD("]q\0" MADE("a") "a."), 1); /* memoized, then filled */
    assert_int_equal(HELD("]]q\0ah\0" MADE("a") "a0."), -1);
    assert_int_equal(HELD("]}q\0ah\0K\1" MADE("a") "s0."), -1);
    assert_int_equal(HELD("]\x8fq\0ah\0(" MADE("a") "\x90"
                                                    "0."),
                     -1);
    assert_int_equal(HELD("]]2q\0ah\0" MADE("a") "a0."), -1);
    assert_int_equal(HELD("]2" MADE("a") "a0."), -1);
    assert_int_equal(HELD("]]q\0ah\0K\1a0" MADE("a") "0."), 0); /* plain data only */
    assert_int_equal(HELD(MADE("a") "0]]p0\nag0\nK\1a0."), 0);
    assert_int_equal(HELD("]]p0\nag0\n" MADE("a") "a0."), -1);
}

/* Past the entries that the table can have. */
static void too_many_containers_that_hold(void **state)
{
    (void)state;
    struct follow f;
    size_t n = 0;
    stk_slot samples[STK_HELD_MAX];
    follow_init(&f);
    f.limits.memo_max = 2;
    follow_open(&f);
    RUN(&f, "]cc\na\na0](cc\na\ne0].");
    assert_true(stk_slot_held(f.machine, f.run.value, samples, &n));
    RUN(&f, "]cc\na\na0](cc\na\ne0]cc\na\na0].");
    assert_false(stk_slot_held(f.machine, f.run.value, samples, &n));
    RUN(&f, "].");
    assert_true(stk_slot_held(f.machine, f.run.value, samples, &n));
    follow_close(&f);
}

/* Memory follows the window's limit, whatever the stream has. */
static void the_window_is_bounded(void **state)
{
    (void)state;
    struct follow f;
    struct stk_buf stream;
    follow_init(&f);
    f.limits.kept_slots = 4096;
    follow_open(&f);
    build_init(&stream);
    PUT_REPEAT(&stream,
               "NN\x86"
               "0",
               100000);
    PUT(&stream, "N.");
    run(&f, stream.data, stream.len);
    assert_true(f.run.stopped);
    assert_true(f.oom.peak < 200000);
    stk_buf_release(&stream);
    follow_close(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tuples),
        cmocka_unit_test(kinds_of_items),
        cmocka_unit_test(limit_of_items),
        cmocka_unit_test(limit_of_pairs),
        cmocka_unit_test(limit_of_the_window),
        cmocka_unit_test(dicts),
        cmocka_unit_test(aliases),
        cmocka_unit_test(aliases_inside_tuples),
        cmocka_unit_test(a_lost_dict_makes_all_dirty),
        cmocka_unit_test(too_many_dirty_dicts),
        cmocka_unit_test(what_containers_hold),
        cmocka_unit_test(containers_changed_later),
        cmocka_unit_test(too_many_containers_that_hold),
        cmocka_unit_test(the_window_is_bounded),
        cmocka_unit_test(small_windows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
