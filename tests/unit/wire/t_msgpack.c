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
        const char *bytes;
        int64_t integer;
    } table[] = {
        {"00", 0},
        {"7f", 127},
        {"e0", -32},
        {"ff", -1},
        {"cc 00", 0},
        {"cc ff", 255},
        {"cd 0000", 0},
        {"cd ffff", 65535},
        {"ce 00000000", 0},
        {"ce ffffffff", UINT32_MAX},
        {"cf 0000000000000000", 0},
        {"cf 7fffffffffffffff", INT64_MAX},
        {"d0 7f", 127},
        {"d0 80", -128},
        {"d1 7fff", 32767},
        {"d1 8000", -32768},
        {"d2 7fffffff", INT32_MAX},
        {"d2 80000000", INT32_MIN},
        {"d3 7fffffffffffffff", INT64_MAX},
        {"d3 8000000000000000", INT64_MIN},
        {"d3 ffffffffffffffff", -1},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        struct stk_value value = decode(table[i].bytes);
        assert_int_equal(value.kind, STK_VALUE_INT);
        assert_true(value.integer == table[i].integer);
    }
    struct stk_value value = decode("cf 8000000000000000");
    assert_int_equal(value.kind, STK_VALUE_BIGINT);
    assert_true(value.big->n == 1 && value.big->limbs[0] == UINT64_C(1) << 63);
    value = decode("cf ffffffffffffffff");
    assert_true(value.big->limbs[0] == UINT64_MAX && !value.big->negative);
}

static void other_scalars(void **state)
{
    (void)state;
    assert_int_equal(decode("c0").kind, STK_VALUE_NONE);
    assert_int_equal(decode("c2").kind, STK_VALUE_BOOL);
    assert_false(decode("c2").boolean);
    assert_true(decode("c3").boolean);
    assert_true(decode("ca 3f800000").number == 1.0);
    assert_true(decode("ca 00000001").number == 0x1p-149);
    assert_true(decode("ca ff7fffff").number == -0x1.fffffep127);
    assert_true(decode("ca 3dcccccd").number == 0x1.99999ap-4);
    assert_true(decode("cb 3fb999999999999a").number == 0.1);
    assert_true(decode("cb 0000000000000001").number == 0x1p-1074);
    struct stk_value value = decode("cb 8000000000000000");
    assert_true(value.number == 0 && __builtin_signbit(value.number));
    assert_true(__builtin_isnan(decode("cb 7ff8000000000001").number));
    assert_true(__builtin_isnan(decode("ca 7fc00000").number));
    assert_true(__builtin_isinf(decode("ca ff800000").number));
}

static void text_is(struct stk_value value, enum stk_value_kind kind, size_t len,
                    size_t n_codes)
{
    assert_int_equal(value.kind, kind);
    assert_int_equal(value.text->bytes.len, len);
    assert_int_equal(value.text->n_codes, n_codes);
    assert_false(value.text->head.shared);
    if (kind == STK_VALUE_STR) {
        assert_true(value.text->hash == stk_text_hash(value.text->bytes));
    }
}

/* A head and len bytes of 'x'. */
static struct stk_span long_text(const char *head, size_t len)
{
    struct stk_span first = hex(head);
    uint8_t *bytes = malloc(first.len + len);
    assert_non_null(bytes);
    memcpy(bytes, first.data, first.len);
    memset(bytes + first.len, 'x', len);
    struct stk_span span = stk_span_of(block_of(bytes, first.len + len), first.len + len);
    free(bytes);
    return span;
}

static void texts(void **state)
{
    (void)state;
    text_is(decode("a0"), STK_VALUE_STR, 0, 0);
    text_is(decode("a3 'abc'"), STK_VALUE_STR, 3, 3);
    text_is(decode("aa 61 c3a4 e282ac f09f9880"), STK_VALUE_STR, 10, 4);
    text_is(decode("d9 00"), STK_VALUE_STR, 0, 0);
    text_is(decode("da 0001 'a'"), STK_VALUE_STR, 1, 1);
    text_is(decode("db 00000001 'a'"), STK_VALUE_STR, 1, 1);
    text_is(decode("c4 00"), STK_VALUE_BYTES, 0, 0);
    text_is(decode("c4 02 ff00"), STK_VALUE_BYTES, 2, 0);
    text_is(decode("c5 0001 ff"), STK_VALUE_BYTES, 1, 0);
    text_is(decode("c6 00000001 ff"), STK_VALUE_BYTES, 1, 0);
    text_is(decode_span(&strict, long_text("bf", 31)), STK_VALUE_STR, 31, 31);
    text_is(decode_span(&strict, long_text("d9 ff", 255)), STK_VALUE_STR, 255, 255);
    text_is(decode_span(&strict, long_text("da ffff", 65535)), STK_VALUE_STR, 65535,
            65535);
    text_is(decode_span(&strict, long_text("db 00010000", 65536)), STK_VALUE_STR, 65536,
            65536);
    text_is(decode_span(&strict, long_text("c4 ff", 255)), STK_VALUE_BYTES, 255, 0);
    text_is(decode_span(&strict, long_text("c5 ffff", 65535)), STK_VALUE_BYTES, 65535, 0);
    struct stk_span bytes = long_text("c6 00010000", 65536);
    struct stk_value value = decode_span(&strict, bytes);
    assert_ptr_equal(value.text->bytes.data, bytes.data + 5); /* not copied */
}

static void texts_that_are_not_utf8(void **state)
{
    (void)state;
    struct stk_msgpack_options options = STK_MSGPACK_OPTIONS_DEFAULT;
    refused("a2 'a' ff", STK_E_MALFORMED, 2, "not UTF-8");
    refused("a2 c3 28", STK_E_MALFORMED, 1, "not UTF-8");
    refused("a2 c0 80", STK_E_MALFORMED, 1, "not UTF-8");
    refused("a4 f4 90 80 80", STK_E_MALFORMED, 1, "not UTF-8");
    refused("a1 e2", STK_E_MALFORMED, 1, "not UTF-8");
    refused("d9 03 ed a0 80", STK_E_MALFORMED, 2, "not UTF-8");
    options.take_surrogates = true;
    text_is(decode_span(&options, hex("a3 eda080")), STK_VALUE_STR, 3, 1);
    refused_span(&options, hex("a1 ff"), STK_E_MALFORMED, 1, "not UTF-8");
    options.take_surrogates = false;
    options.take_raw = true;
    text_is(decode_span(&options, hex("a1 ff")), STK_VALUE_BYTES, 1, 0);
    text_is(decode_span(&options, hex("a1 'a'")), STK_VALUE_STR, 1, 1);
}

static void arrays(void **state)
{
    (void)state;
    assert_int_equal(decode("90").items->n, 0);
    assert_int_equal(decode("dc 0000").items->n, 0);
    assert_int_equal(decode("dd 00000000").items->n, 0);
    struct stk_value value = decode("93 01 92 cd0102 90 a1 'x'");
    assert_int_equal(value.kind, STK_VALUE_LIST);
    assert_int_equal(value.items->n, 3);
    assert_true(value.off == 0 && value.spare == 0);
    const struct stk_value *list = value.items->list;
    assert_true(list[0].integer == 1 && list[0].off == 1);
    assert_true(list[1].off == 2 && list[1].items->n == 2);
    assert_true(list[1].items->list[0].integer == 258);
    assert_true(list[1].items->list[0].off == 3);
    assert_true(list[1].items->list[1].off == 6);
    assert_true(list[2].off == 7);
    value = decode("dc 0003 cc80 ce00010000 d0ff");
    assert_true(value.items->list[0].integer == 128);
    assert_true(value.items->list[1].integer == 65536);
    assert_true(value.items->list[2].integer == -1);
    value = decode_span(&strict, long_text("dd 00010000", 65536));
    assert_int_equal(value.items->n, 65536);
    assert_true(value.items->list[65535].integer == 'x');
    assert_true(value.items->list[65535].off == 65540);
}

static void maps(void **state)
{
    (void)state;
    assert_int_equal(decode("80").pairs->n, 0);
    assert_int_equal(decode("de 0000").pairs->n, 0);
    assert_int_equal(decode("df 00000000").pairs->n, 0);
    struct stk_value value =
        decode("85 a1'a' 01  02 c0  c0 03  c401ff 04  cb3ff8000000000000 81 c3 05");
    assert_int_equal(value.kind, STK_VALUE_DICT);
    assert_int_equal(value.pairs->n, 5);
    const struct stk_pair *pairs = value.pairs->list;
    assert_true(pairs[0].key.off == 1 && pairs[0].value.off == 3);
    assert_int_equal(pairs[1].key.kind, STK_VALUE_INT);
    assert_int_equal(pairs[2].key.kind, STK_VALUE_NONE);
    assert_int_equal(pairs[3].key.kind, STK_VALUE_BYTES);
    assert_int_equal(pairs[4].key.kind, STK_VALUE_FLOAT);
    assert_int_equal(pairs[4].value.pairs->list[0].value.integer, 5);
    struct stk_span name = stk_span_of("a", 1);
    assert_ptr_equal(stk_value_get(value.pairs, name, stk_text_hash(name)),
                     &pairs[0].value);
}

static void keys(void **state)
{
    (void)state;
    struct stk_msgpack_options options = STK_MSGPACK_OPTIONS_DEFAULT;
    refused("82 a1'a' 01 a1'a' 02", STK_E_MALFORMED, 4, "a key that the map has already");
    refused("82 a1'a' 01 d901'a' 02", STK_E_MALFORMED, 4, "a key that the map has");
    refused("82 01 01 cb3ff0000000000000 02", STK_E_MALFORMED, 3, "a key that the map");
    refused("82 01 01 c3 02", STK_E_MALFORMED, 3, "a key that the map has already");
    refused("81 90 01", STK_E_MALFORMED, 1, "a value that cannot be a key");
    refused("82 01 01 80 01", STK_E_MALFORMED, 3, "a value that cannot be a key");
    assert_int_equal(decode("82 a1'a' 01 c401'a' 02").pairs->n, 2);
    options.take_duplicates = true;
    struct stk_value value = decode_span(&options, hex("82 a1'a' 01 a1'a' 02"));
    assert_int_equal(value.pairs->n, 1);
    assert_true(value.pairs->list[0].value.integer == 2);
}

static void hostile(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        enum stk_status status;
        uint64_t off;
        const char *reason;
    } table[] = {
        {"", STK_E_TRUNCATED, 0, "ends inside a value"},
        {"c1", STK_E_MALFORMED, 0, "c1"},
        {"92 c0 c1", STK_E_MALFORMED, 2, "c1"},
        {"c0 c0", STK_E_MALFORMED, 1, "something behind the value"},
        {"90 00", STK_E_MALFORMED, 1, "something behind the value"},
        {"dd ffffffff", STK_E_TRUNCATED, 0, "ends inside a value"},
        {"dd ffffffff 00 00", STK_E_TRUNCATED, 0, "ends inside a value"},
        {"df ffffffff", STK_E_TRUNCATED, 0, "ends inside a value"},
        {"df 7fffffff 00", STK_E_TRUNCATED, 0, "ends inside a value"},
        {"82 00 00 00", STK_E_TRUNCATED, 0, "ends inside a value"},
        {"92 91 91 00", STK_E_TRUNCATED, 2, "ends inside a value"},
        {"91 92 00", STK_E_TRUNCATED, 1, "ends inside a value"},
        {"db ffffffff 'abc'", STK_E_TRUNCATED, 0, "ends inside a value"},
        {"c6 ffffffff", STK_E_TRUNCATED, 0, "ends inside a value"},
        {"91 c9 ffffffff 01 00", STK_E_TRUNCATED, 1, "ends inside a value"},
        {"92 a3 'ab'", STK_E_TRUNCATED, 1, "ends inside a value"},
        {"d6 ff 0000", STK_E_TRUNCATED, 0, "ends inside a value"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        refused(table[i].bytes, table[i].status, table[i].off, table[i].reason);
    }
}

/* What lengths claim is not paid for: the arena holds what its chunk does. */
static void claims_cost_nothing(void **state)
{
    (void)state;
    static const char *const claims[] = {"dd ffffffff", "df ffffffff", "db ffffffff",
                                         "c9 ffffffff 00", "dd 00ffffff 00"};
    for (size_t i = 0; i < sizeof claims / sizeof claims[0]; i++) {
        struct stk_oom oom;
        struct stk_arena small;
        struct stk_value value;
        struct stk_msgpack_error error;
        stk_oom_init(&oom, 0, false);
        stk_arena_init(&small, &oom.alloc, (size_t)1 << 20);
        assert_int_equal(
            stk_msgpack_decode(&small, hex(claims[i]), &strict, &value, &error),
            STK_E_TRUNCATED);
        assert_int_equal(oom.requests, 0);
        stk_arena_release(&small);
    }
    /* Each array claims all that is left: memory stays linear in what is there. */
    enum { N = 100000 };
    uint8_t *bytes = malloc(N);
    assert_non_null(bytes);
    for (size_t i = 0; i < N; i += 5) {
        memcpy(bytes + i, "\xdd\x00\x00\x00\x00", 5);
        uint32_t left = (uint32_t)(N - i - 5);
        bytes[i + 1] = (uint8_t)(left >> 24);
        bytes[i + 2] = (uint8_t)(left >> 16);
        bytes[i + 3] = (uint8_t)(left >> 8);
        bytes[i + 4] = (uint8_t)left;
    }
    struct stk_msgpack_options options = {.depth_max = UINT32_MAX};
    struct stk_oom oom;
    struct stk_arena small;
    struct stk_value value;
    struct stk_msgpack_error error;
    stk_oom_init(&oom, 0, false);
    stk_arena_init(&small, &oom.alloc, SIZE_MAX);
    assert_int_equal(
        stk_msgpack_decode(&small, stk_span_of(bytes, N), &options, &value, &error),
        STK_E_TRUNCATED);
    assert_true(oom.peak < (uint64_t)N * 64);
    stk_arena_release(&small);
    assert_int_equal(oom.blocks, 0);
    free(bytes);
}

/* Numbers of a long list are not moved. */
static void long_lists(void **state)
{
    (void)state;
    struct stk_oom oom;
    struct stk_arena own;
    struct stk_value value;
    struct stk_msgpack_error error;
    struct stk_span message = long_text("dd 00100000", (size_t)1 << 20);
    stk_oom_init(&oom, 0, false);
    stk_arena_init(&own, &oom.alloc, SIZE_MAX);
    assert_int_equal(stk_msgpack_decode(&own, message, &strict, &value, &error), STK_OK);
    assert_true(oom.peak < ((size_t)1 << 20) * (sizeof value + 4));
    stk_arena_release(&own);
    /* A number of each format, and what ends them. */
    value = decode("dc 0010 01 cc80 cd0100 ce00010000 cb3ff8000000000000 ff d0df 05"
                   " a1'x' 90 01 02 03 04 05 06");
    static const int64_t want[] = {1, 128, 256, 65536, 0, -1, -33, 5};
    for (size_t i = 0; i < 8; i++) {
        assert_true(i == 4 ? value.items->list[i].number == 1.5
                           : value.items->list[i].integer == want[i]);
    }
    assert_true(value.items->list[8].kind == STK_VALUE_STR);
    assert_true(value.items->list[15].integer == 6 && value.items->list[15].off == 35);
    value = decode("98 01 02 03 04 05 06 07 cd0100");
    assert_true(value.items->n == 8 && value.items->list[7].integer == 256);
    refused("98 01 02 03 04 05 06 07 cd01", STK_E_TRUNCATED, 8, "ends inside a value");
    value = decode_tagged("92 c70940 98 0102030405060708 d44100");
    assert_ptr_equal(value.items->list[0].items, value.items->list[1].items);
    assert_true(value.items->list[0].items->head.shared);
}

static void deep(void **state)
{
    (void)state;
    enum { N = 1000000 };
    struct stk_msgpack_options options = STK_MSGPACK_OPTIONS_DEFAULT;
    uint8_t *bytes = malloc(N);
    assert_non_null(bytes);
    memset(bytes, 0x91, N);
    refused_span(&options, stk_span_of(bytes, N), STK_E_LIMIT, STK_MSGPACK_DEPTH_MAX,
                 "too deep");
    bytes[STK_MSGPACK_DEPTH_MAX] = 0xc0;
    (void)decode_span(&options, stk_span_of(bytes, STK_MSGPACK_DEPTH_MAX + 1));
    memset(bytes, 0x91, N);
    bytes[N - 1] = 0x90;
    options.depth_max = N;
    struct stk_value value = decode_span(&options, stk_span_of(bytes, N));
    for (size_t i = 0; i + 1 < N; i++) {
        assert_true(value.off == i && value.items->n == 1);
        value = value.items->list[0];
    }
    assert_int_equal(value.items->n, 0);
    for (size_t i = 0; i < N; i++) {
        bytes[i] = i % 2 == 0 ? 0x81 : 0x00; /* maps */
    }
    options.depth_max = 1000;
    refused_span(&options, stk_span_of(bytes, N), STK_E_LIMIT, 2000, "too deep");
    free(bytes);
}

static void memory_limit(void **state)
{
    (void)state;
    struct stk_arena small;
    struct stk_value value;
    struct stk_msgpack_error error;
    struct stk_span message = long_text("dd 00010000", 65536);
    stk_arena_init(&small, &stk_alloc_libc, 100000);
    assert_int_equal(stk_msgpack_decode(&small, message, &strict, &value, &error),
                     STK_E_LIMIT);
    assert_non_null(strstr(error.reason, "too much memory"));
    stk_arena_release(&small);
}

/* No beginning of a message is one, and none crashes. */
static void cut_off(void **state)
{
    (void)state;
    static const char *const messages[] = {
        "93 01 92 cd0102 90 a1 'x'",
        "83 a1'a' cf8000000000000000 c403010203 ca00000000 d90162 dd00000001 df00000000",
        "dc 0003 c704ff00000000 d6ff00000000 d7ff0000000000000000",
        "92 c8000cff 000000000000000000000000 c90000000cff 000000010000000000000000",
        "96 d0ff d1ffff d2ffffffff d3ffffffffffffffff da000141 db0000000141",
    };
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        struct stk_span whole = hex(messages[i]);
        (void)decode_span(&strict, whole);
        for (size_t len = 0; len < whole.len; len++) {
            struct stk_value value;
            struct stk_msgpack_error error = {UINT64_MAX, NULL};
            struct stk_span cut = stk_span_of(block_of(whole.data, len), len);
            assert_int_equal(stk_msgpack_decode(&arena, cut, &strict, &value, &error),
                             STK_E_TRUNCATED);
            assert_true(error.off <= len && error.reason != NULL);
        }
    }
}

static enum stk_status decode_all(const struct stk_alloc *alloc, void *arg)
{
    struct stk_arena small;
    struct stk_value value;
    struct stk_msgpack_error error;
    struct stk_msgpack_options options = {.depth_max = 100, .take_tags = true};
    stk_arena_init(&small, alloc, (size_t)1 << 20);
    enum stk_status status =
        stk_msgpack_decode(&small, *(struct stk_span *)arg, &options, &value, &error);
    stk_arena_release(&small);
    return status;
}

static void no_memory(void **state)
{
    (void)state;
    struct stk_span plain =
        hex("93 8a 01 01 02 02 03 03 04 04 05 05 06 06 07 07 08 08 a1'a' 01 a1'b' 02"
            " cfffffffffffffffff 93 a1'x' c401ff d6ff00000000");
    struct stk_span tags = hex("94 c70640 93 d44100 01 02"
                               " c70948 a3'abc' a4'defg'"
                               " c70b4a 08 c70448 a1'm' a1'n' c70042"
                               " c70443 01 02 03 a0");
    (void)decode_span(&tagged, plain);
    STK_OOM_LOOP(decode_all, &plain);
    (void)decode_span(&tagged, tags);
    STK_OOM_LOOP(decode_all, &tags);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(integers),
        TEST(other_scalars),
        TEST(texts),
        TEST(texts_that_are_not_utf8),
        TEST(arrays),
        TEST(maps),
        TEST(keys),
        TEST(hostile),
        TEST(claims_cost_nothing),
        TEST(long_lists),
        TEST(deep),
        TEST(memory_limit),
        TEST(cut_off),
        TEST(no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
