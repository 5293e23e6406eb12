/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "msgpack_case.h"
#include "oom.h"

static void integers(void **state)
{
    (void)state;
    static const struct {
        int64_t integer;
        const char *bytes;
    } table[] = {
        {0, "00"},
        {127, "7f"},
        {128, "cc80"},
        {255, "ccff"},
        {256, "cd0100"},
        {65535, "cdffff"},
        {65536, "ce00010000"},
        {UINT32_MAX, "ceffffffff"},
        {INT64_C(1) << 32, "cf0000000100000000"},
        {INT64_MAX, "cf7fffffffffffffff"},
        {-1, "ff"},
        {-32, "e0"},
        {-33, "d0df"},
        {-128, "d080"},
        {-129, "d1ff7f"},
        {-32768, "d18000"},
        {-32769, "d2ffff7fff"},
        {INT32_MIN, "d280000000"},
        {(int64_t)INT32_MIN - 1, "d3ffffffff7fffffff"},
        {INT64_MIN, "d38000000000000000"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        bytes_are(written(stk_value_int(0, table[i].integer)), table[i].bytes);
    }
    bytes_are(written(decode("cf8000000000000000")), "cf8000000000000000");
    bytes_are(written(decode("cfffffffffffffffff")), "cfffffffffffffffff");
}

static void scalars(void **state)
{
    (void)state;
    bytes_are(written(stk_value_none(0)), "c0");
    bytes_are(written(stk_value_bool(0, false)), "c2");
    bytes_are(written(stk_value_bool(0, true)), "c3");
    bytes_are(written(stk_value_float(0, 1.0)), "cb3ff0000000000000");
    bytes_are(written(stk_value_float(0, -0.0)), "cb8000000000000000");
    bytes_are(written(decode("cbfff0000000000001")), "cbfff0000000000001"); /* a NaN */
}

/* The head that a text or group of n gets. */
static void head_is(struct stk_value value, const char *head)
{
    struct stk_span bytes = written(value);
    struct stk_span want = hex(head);
    assert_true(bytes.len >= want.len);
    bytes_are(stk_span_of(bytes.data, want.len), head);
    struct stk_value again = decode_span(&tagged, bytes);
    assert_true(same_graph(value, again));
}

static void lengths(void **state)
{
    (void)state;
    static char text[70000];
    static struct stk_value list[140000];
    static const struct {
        size_t n;
        const char *str, *bin, *array, *map, *bytearray, *tuple;
    } table[] = {
        {0, "a0", "c400", "90", "80", "c70045", "c70042"},
        {1, "a1", "c401", "91", "81", "d445", "d442"},
        {15, "af", "c40f", "9f", "8f", "c70f45", "c70f42"},
        {16, "b0", "c410", "dc0010", "de0010", "d845", "d842"},
        {31, "bf", "c41f", "dc001f", "de001f", "c71f45", "c71f42"},
        {32, "d920", "c420", "dc0020", "de0020", "c72045", "c72042"},
        {255, "d9ff", "c4ff", "dc00ff", "de00ff", "c7ff45", "c7ff42"},
        {256, "da0100", "c50100", "dc0100", "de0100", "c8010045", "c90000010042"},
        {65535, "daffff", "c5ffff", "dcffff", "deffff", "c8ffff45", "c90000ffff42"},
        {65536, "db00010000", "c600010000", "dd00010000", "df00010000", "c90001000045",
         "c90001000042"},
    };
    memset(text, 'x', sizeof text - 1);
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++) {
        list[i] = i % 2 == 0 ? stk_value_int(0, (int64_t)i) : stk_value_none(0);
    }
    static struct stk_value ones[65536];
    for (size_t i = 0; i < 65536; i++) {
        ones[i] = stk_value_int(0, 1);
    }
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct stk_value value;
        struct stk_span span = stk_span_of(text, table[i].n);
        const struct stk_pair *pairs = (const struct stk_pair *)(const void *)list;
        assert_int_equal(stk_value_text(&arena, 0, STK_VALUE_STR, span, &value), STK_OK);
        head_is(value, table[i].str);
        value.kind = STK_VALUE_BYTES;
        head_is(value, table[i].bin);
        value.kind = STK_VALUE_BYTEARRAY;
        head_is(value, table[i].bytearray);
        head_is(items_of(STK_VALUE_LIST, ones, table[i].n), table[i].array);
        head_is(items_of(STK_VALUE_TUPLE, ones, table[i].n), table[i].tuple);
        head_is(dict_of(pairs, table[i].n), table[i].map);
    }
}

static void what_is_shared(void **state)
{
    (void)state;
    struct stk_value inner = items_of(STK_VALUE_LIST, NULL, 0);
    struct stk_value pair[] = {inner, inner};
    /* Not marked: nobody said that it may be met again. */
    bytes_are(written(items_of(STK_VALUE_LIST, pair, 2)), "92 90 90");
    ((struct stk_items *)(uintptr_t)inner.items)->head.shared = true;
    bytes_are(written(items_of(STK_VALUE_LIST, pair, 2)), "92 d440 90 d441 00");
    bytes_are(written(items_of(STK_VALUE_LIST, pair, 1)), "91 90");
    struct stk_value text = str("a");
    ((struct stk_text *)(uintptr_t)text.text)->head.shared = true;
    struct stk_value twice[] = {text, text};
    bytes_are(written(items_of(STK_VALUE_LIST, twice, 2)), "92 a1'a' a1'a'");
    struct stk_value name = global_of("m", "n");
    struct stk_value names[] = {name, name, name};
    bytes_are(written(items_of(STK_VALUE_LIST, names, 3)),
              "93 c70640 d648 a1'm' a1'n' d441 00 d441 00");
}

static void refusals(void **state)
{
    (void)state;
    struct stk_buf out;
    struct stk_msgpack_error error = {0, ""};
    struct stk_value value = {.kind = STK_VALUE_REFUSED, .off = 77};
    stk_buf_init(&out, &stk_alloc_libc, 8);
    stk_buf_byte(&out, 0xaa);
    assert_int_equal(write_lossless(items_of(STK_VALUE_LIST, &value, 1), &out, &error),
                     STK_E_UNSUPPORTED);
    assert_true(error.off == 77 && out.len == 1 && out.data[0] == 0xaa);
    assert_string_equal(error.reason, "the result of a call that is not vetted");
    value = str("too long");
    assert_int_equal(write_lossless(value, &out, &error), STK_E_LIMIT);
    assert_string_equal(error.reason, "the message grows too large");
    assert_int_equal(out.len, 1);
    stk_buf_release(&out);
}

/* ---- any graph comes back ---- */

#define POOL 64

struct making {
    uint64_t seed;
    struct stk_value pool[POOL]; /* that others may lead to */
    bool open[POOL];
    size_t n_pool;
    size_t budget;
};

static uint64_t next(struct making *m)
{
    m->seed ^= m->seed << 13;
    m->seed ^= m->seed >> 7;
    m->seed ^= m->seed << 17;
    return m->seed >> 11;
}

static size_t below(struct making *m, size_t n)
{
    return (size_t)(next(m) % n);
}

static struct stk_value random_text(struct making *m)
{
    static const char *const texts[] = {
        "", "a", "\xc3\xa4", "key", "\xed\xa0\x80", "\xf0\x9f\x98\x80", "a longer text"};
    static char long_text[300];
    static const enum stk_value_kind kinds[] = {STK_VALUE_STR, STK_VALUE_STR,
                                                STK_VALUE_BYTES, STK_VALUE_BYTEARRAY};
    memset(long_text, 'l', sizeof long_text - 1);
    const char *text = below(m, 8) == 0 ? long_text : texts[below(m, 7)];
    return text_of(kinds[below(m, 4)], text);
}

static struct stk_value random_big(struct making *m)
{
    struct stk_value value;
    uint64_t limbs[4];
    size_t n = 1 + below(m, 4);
    for (size_t i = 0; i < n; i++) {
        limbs[i] = below(m, 3) == 0 ? 0 : next(m) << below(m, 60);
    }
    limbs[n - 1] |= below(m, 2) == 0 ? UINT64_C(1) << below(m, 64) : 0;
    assert_int_equal(stk_value_big(&arena, 0, below(m, 2) == 0, limbs, n, &value),
                     STK_OK);
    return value;
}

static struct stk_value random_leaf(struct making *m)
{
    static const double numbers[] = {0.0, -0.0, 1.5, 1e300, 5e-324};
    switch (below(m, 8)) {
    case 0:
        return stk_value_none(0);
    case 1:
        return stk_value_bool(0, below(m, 2) == 0);
    case 2:
        return stk_value_float(0, below(m, 9) == 0 ? __builtin_nan("")
                                                   : numbers[below(m, 5)]);
    case 3:
        return random_big(m);
    case 4:
    case 5:
        return random_text(m);
    default:
        return stk_value_int(0, (int64_t)(next(m) << below(m, 64)) >> below(m, 64));
    }
}

static struct stk_value random_name(struct making *m)
{
    static const char *const names[] = {"A", "B.c", "d"};
    const char *name = names[below(m, 3)];
    for (size_t i = 0; i < m->n_pool; i++) { /* one name has one struct */
        if (m->pool[i].kind == STK_VALUE_GLOBAL &&
            stk_span_is(m->pool[i].name->qualified, name)) {
            return m->pool[i];
        }
    }
    struct stk_value value = global_of("module", name);
    if (m->n_pool == POOL) {
        return stk_value_none(0);
    }
    m->open[m->n_pool] = false;
    m->pool[m->n_pool++] = value;
    return value;
}

static struct stk_value random_key(struct making *m, unsigned depth)
{
    struct stk_value list[3];
    size_t n = below(m, 3);
    size_t choice = below(m, 10);
    if (depth > 2 || choice < 6) {
        struct stk_value value = random_leaf(m);
        return value.kind == STK_VALUE_BYTEARRAY ? stk_value_none(0) : value;
    }
    for (size_t i = 0; i < n; i++) {
        list[i] = random_key(m, depth + 1);
    }
    return items_of(choice < 8 ? STK_VALUE_TUPLE : STK_VALUE_FROZENSET, list, n);
}

static struct stk_value random_value(struct making *m, unsigned depth);

static struct stk_value random_items(struct making *m, enum stk_value_kind kind,
                                     unsigned depth)
{
    struct stk_value list[6];
    size_t n = below(m, 6);
    bool is_set = kind == STK_VALUE_SET || kind == STK_VALUE_FROZENSET;
    for (size_t i = 0; i < n; i++) {
        list[i] = is_set ? random_key(m, 0) : random_value(m, depth + 1);
    }
    return items_of(kind, list, n);
}

static struct stk_value random_dict(struct making *m, unsigned depth)
{
    struct stk_pair list[12];
    size_t n = below(m, 12);
    for (size_t i = 0; i < n; i++) {
        list[i].key = random_key(m, 0);
        list[i].value = random_value(m, depth + 1);
    }
    return dict_of(list, n);
}

static void fill_object(struct making *m, struct stk_object *o, enum stk_value_kind kind,
                        unsigned depth)
{
    bool load = kind == STK_VALUE_PERSISTENT;
    o->call = load ? STK_CALL_LOAD : (uint8_t)below(m, 3);
    o->callee = load ? stk_value_none(0) : random_name(m);
    if (!load && o->callee.kind != STK_VALUE_GLOBAL) {
        o->callee = global_of("other", "name");
    }
    o->args =
        load ? random_value(m, depth + 1) : random_items(m, STK_VALUE_TUPLE, depth + 1);
    o->kwargs = below(m, 4) == 0 ? random_dict(m, depth + 1) : stk_value_none(0);
    o->has_state = below(m, 2) == 0;
    o->state = o->has_state ? random_value(m, depth + 1) : stk_value_none(0);
    o->state_first = below(m, 5) == 0;
    o->items = below(m, 4) == 0 ? *random_items(m, STK_VALUE_LIST, depth + 1).items
                                : (struct stk_items){.n = 0};
    o->members = below(m, 4) == 0 ? *random_items(m, STK_VALUE_LIST, depth + 1).items
                                  : (struct stk_items){.n = 0};
    o->pairs =
        below(m, 4) == 0 ? *random_dict(m, depth + 1).pairs : (struct stk_pairs){.n = 0};
    o->type =
        o->callee.kind == STK_VALUE_GLOBAL && below(m, 2) == 0 ? o->callee.name : NULL;
    o->by_name = kind == STK_VALUE_ENUM && below(m, 2) == 0;
    o->member = kind == STK_VALUE_ENUM ? random_leaf(m) : stk_value_none(0);
}

/* A node that is in the pool while it is filled, so that cycles come to be. */
static struct stk_value random_node(struct making *m, unsigned depth)
{
    static const enum stk_value_kind kinds[] = {
        STK_VALUE_LIST,      STK_VALUE_LIST, STK_VALUE_TUPLE,     STK_VALUE_SET,
        STK_VALUE_FROZENSET, STK_VALUE_DICT, STK_VALUE_DICT,      STK_VALUE_OBJECT,
        STK_VALUE_OBJECT,    STK_VALUE_ENUM, STK_VALUE_PERSISTENT};
    enum stk_value_kind kind = kinds[below(m, sizeof kinds / sizeof kinds[0])];
    struct stk_value value = {.kind = kind & 0xff};
    bool pooled = m->n_pool < POOL;
    size_t place = m->n_pool;
    void *node = stk_arena_alloc(&arena, sizeof(struct stk_object));
    assert_non_null(node);
    value.items = node;
    if (pooled) {
        m->open[place] = true;
        m->pool[m->n_pool++] = value;
    }
    if (kind >= STK_VALUE_OBJECT) {
        struct stk_object *object = node;
        fill_object(m, object, kind, depth);
        object->head.shared = pooled;
    } else if (kind == STK_VALUE_DICT) {
        struct stk_pairs *pairs = node;
        *pairs = *random_dict(m, depth).pairs;
        pairs->head.shared = pooled;
    } else {
        struct stk_items *items = node;
        *items = *random_items(m, kind, depth).items;
        items->head.shared = pooled;
    }
    if (pooled) {
        m->open[place] = false;
    }
    return value;
}

static struct stk_value random_value(struct making *m, unsigned depth)
{
    size_t choice = below(m, 10);
    if (m->budget == 0 || depth > 12 || choice < 3) {
        return random_leaf(m);
    }
    m->budget--;
    if (choice < 5 && m->n_pool > 0) {
        return m->pool[below(m, m->n_pool)];
    }
    if (choice == 5) {
        struct stk_value name = random_name(m);
        return name;
    }
    return random_node(m, depth);
}

static void any_graph(void **state)
{
    (void)state;
    size_t n_shared = 0;
    for (uint64_t seed = 1; seed <= 20000; seed++) {
        struct making m = {.seed = seed * UINT64_C(0x9e3779b97f4a7c15), .budget = 60};
        struct stk_value value = random_node(&m, 0);
        struct stk_span bytes = written(value);
        struct stk_value again = decode_span(&tagged, bytes);
        if (!same_graph(value, again)) {
            print_error("seed %llu\n", (unsigned long long)seed);
            fail();
        }
        struct stk_span second = written(again);
        if (!stk_span_equal(bytes, second)) {
            print_error("seed %llu: other bytes\n", (unsigned long long)seed);
            fail();
        }
        n_shared += stk_span_find(bytes, "\xd4\x41", 2) != SIZE_MAX;
        if (seed % 500 == 0) {
            assert_int_equal(tear_down(state), 0);
            assert_int_equal(set_up(state), 0);
        }
    }
    assert_true(n_shared > 1000);
}

/* Beginnings and single changed bytes of what was written: no crash, and what is still a
 * message has a form of its own. */
static void damaged(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct making m = {.seed = seed * UINT64_C(0x9e3779b97f4a7c15), .budget = 30};
        struct stk_span bytes = written(random_node(&m, 0));
        for (size_t i = 0; i < bytes.len && i < 400; i++) {
            struct stk_value value;
            struct stk_msgpack_error error = {UINT64_MAX, NULL};
            struct stk_span cut = stk_span_of(block_of(bytes.data, i), i);
            assert_int_equal(stk_msgpack_decode(&arena, cut, &tagged, &value, &error),
                             STK_E_TRUNCATED);
            assert_true(error.off <= i && error.reason != NULL);
            uint8_t *changed = block_of(bytes.data, bytes.len);
            changed[i] = (uint8_t)next(&m);
            enum stk_status status = stk_msgpack_decode(
                &arena, stk_span_of(changed, bytes.len), &tagged, &value, &error);
            if (status == STK_OK) {
                struct stk_span once = written(value);
                assert_true(stk_span_equal(once, written(decode_span(&tagged, once))));
            } else {
                assert_true(error.off <= bytes.len && error.reason != NULL);
            }
        }
    }
}

static void deep(void **state)
{
    (void)state;
    enum { N = 200000 };
    static const enum stk_value_kind kinds[] = {STK_VALUE_LIST, STK_VALUE_TUPLE};
    struct stk_msgpack_options options = {.depth_max = N + 1, .take_tags = true};
    struct stk_value value = stk_value_none(0);
    for (size_t i = 0; i < N; i++) {
        value = items_of(kinds[i % 2], &value, 1);
    }
    struct stk_value again = decode_span(&options, written(value));
    for (size_t i = 0; i < N; i++) {
        assert_true(again.kind == value.kind && again.items->n == 1);
        again = again.items->list[0];
        value = value.items->list[0];
    }
    assert_int_equal(again.kind, STK_VALUE_NONE);
}

static enum stk_status write_it(const struct stk_alloc *alloc, void *arg)
{
    struct stk_buf out;
    struct stk_msgpack_error error;
    stk_buf_init(&out, alloc, (size_t)1 << 20);
    enum stk_status status = write_lossless(*(struct stk_value *)arg, &out, &error);
    stk_buf_release(&out);
    return status;
}

static enum stk_status read_it(const struct stk_alloc *alloc, void *arg)
{
    struct stk_arena small;
    struct stk_value value;
    struct stk_msgpack_error error;
    stk_arena_init(&small, alloc, (size_t)1 << 20);
    enum stk_status status =
        stk_msgpack_decode(&small, *(struct stk_span *)arg, &tagged, &value, &error);
    stk_arena_release(&small);
    return status;
}

static void no_memory(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct making m = {.seed = seed * UINT64_C(0x9e3779b97f4a7c15), .budget = 60};
        struct stk_value value = random_node(&m, 0);
        STK_OOM_LOOP(write_it, &value);
        struct stk_span bytes = written(value);
        STK_OOM_LOOP(read_it, &bytes);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(integers),       TEST(scalars),  TEST(lengths),
        TEST(what_is_shared), TEST(refusals), TEST(any_graph),
        TEST(damaged),        TEST(deep),     TEST(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
