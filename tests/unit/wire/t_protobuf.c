/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "msgpack_case.h"
#include "oom.h"
#include "protobuf_set.h"
#include "wire/protobuf.h"

static const struct stk_protobuf_options plainly = STK_PROTOBUF_OPTIONS_DEFAULT;
static struct stk_protobuf_schema *schema;

static int compile_sample(void **state)
{
    (void)state;
    struct stk_protobuf_error error;
    return stk_protobuf_schema_new(&stk_alloc_libc,
                                   stk_span_of(sample_set, sizeof sample_set),
                                   (size_t)1 << 24, &schema, &error) == STK_OK
               ? 0
               : -1;
}

static int release_sample(void **state)
{
    (void)state;
    stk_protobuf_schema_free(schema);
    return 0;
}

static const struct stk_protobuf_type *type_of(const char *name)
{
    return stk_protobuf_type(schema, stk_span_of(name, strlen(name)));
}

static struct stk_value take(const char *type, const struct stk_protobuf_options *options,
                             struct stk_span message)
{
    struct stk_protobuf_error error = {0, "", ""};
    struct stk_value value = stk_value_none(0);
    if (stk_protobuf_decode(&arena, message, type_of(type), options, &value, &error) !=
        STK_OK) {
        print_error("%s: %s at %llu\n", error.path, error.reason,
                    (unsigned long long)error.off);
        fail();
    }
    return value;
}

static void refuses(const char *type, const struct stk_protobuf_options *options,
                    const char *bytes, enum stk_status status, uint64_t off,
                    const char *path, const char *reason)
{
    struct stk_protobuf_error error = {UINT64_MAX, "", ""};
    struct stk_value value = stk_value_int(1, 42);
    enum stk_status got =
        stk_protobuf_decode(&arena, hex(bytes), type_of(type), options, &value, &error);
    if (got != status || error.off != off || strcmp(error.path, path) != 0 ||
        strstr(error.reason, reason) == NULL) {
        print_error("%s: status %d, %s: %s at %llu\n", bytes, (int)got, error.path,
                    error.reason, (unsigned long long)error.off);
        fail();
    }
    assert_true(value.kind == STK_VALUE_INT && value.integer == 42);
}

static const struct stk_value *get(struct stk_value dict, const char *name)
{
    struct stk_span key = stk_span_of(name, strlen(name));
    assert_int_equal(dict.kind, STK_VALUE_DICT);
    const struct stk_value *value = stk_value_get(dict.pairs, key, stk_text_hash(key));
    assert_non_null(value);
    return value;
}

static enum stk_status write(struct stk_value value, const char *type,
                             const struct stk_protobuf_options *options,
                             struct stk_buf *out, struct stk_protobuf_error *error)
{
    struct stk_protobuf_writer writer;
    stk_protobuf_writer_init(&writer, &stk_alloc_libc);
    enum stk_status status =
        stk_protobuf_write(&writer, value, type_of(type), options, out, error);
    stk_protobuf_writer_release(&writer);
    return status;
}

/* bytes are read, and written as `canonical`. */
static struct stk_value becomes(const struct stk_protobuf_options *options,
                                const char *bytes, const char *canonical)
{
    struct stk_protobuf_error error = {0, "", ""};
    struct stk_buf out;
    struct stk_value value = take("t.M", options, hex(bytes));
    stk_buf_init(&out, &stk_alloc_libc, 1 << 20);
    assert_int_equal(write(value, "t.M", options, &out, &error), STK_OK);
    assert_true(stk_span_equal(stk_buf_span(&out), hex(canonical)));
    stk_buf_release(&out);
    return value;
}

static void scalars(void **state)
{
    (void)state;
    struct stk_value value = becomes(&plainly, "08 ffffffffffffffffff01 10 05 1a 02 'ab'",
                                     "08 ffffffffffffffffff01 10 05 1a 02 'ab'");
    assert_true(get(value, "i")->integer == -1 && get(value, "i")->off == 0);
    assert_true(get(value, "u")->integer == 5 && get(value, "u")->off == 11);
    assert_int_equal(get(value, "s")->off, 13);
    value = becomes(&plainly, "10 ffffffffffffffffff01", "10 ffffffffffffffffff01");
    assert_int_equal(get(value, "u")->kind, STK_VALUE_BIGINT);
    assert_true(get(value, "u")->big->limbs[0] == UINT64_MAX);
    value = becomes(&plainly, "28 02", "28 02");
    assert_true(stk_span_is(get(value, "e")->text->bytes, "UNO"));
    value = becomes(&plainly, "6d 0000803f 70 01 79 0000000000000080",
                    "6d 0000803f 70 01 79 0000000000000080");
    assert_true(get(value, "f")->number == 1.0 && get(value, "o")->boolean);
    assert_int_equal(get(value, "q")->kind, STK_VALUE_BIGINT);
    /* longer than it needs, out of order, a default that says nothing, and one that does
     */
    becomes(&plainly, "10 8500 8800 8100 70 00 800100", "08 01 10 05 800100");
    value = becomes(&plainly, "", "");
    assert_int_equal(value.pairs->n, 0);
}

static void groups_of_values(void **state)
{
    (void)state;
    struct stk_value value =
        becomes(&plainly, "38 02 3a 03 010403 38 04", "3a 05 0201040304");
    assert_int_equal(get(value, "p")->items->n, 5);
    assert_true(get(value, "p")->items->list[1].integer == -1);
    assert_int_equal(get(value, "p")->items->list[2].off, 5);
    value = becomes(&plainly, "3a 00", "");
    assert_int_equal(get(value, "p")->items->n, 0);
    value =
        becomes(&plainly, "42 02 0801 8a01 01 'x' 42 00", "42 02 0801 42 00 8a01 01 'x'");
    assert_int_equal(get(value, "r")->items->n, 2);
    value = becomes(&plainly, "4a 03 0a01'b' 4a 07 12 02 0801 0a01'a' 52 02 0801 52 00",
                    "4a 07 0a01'a' 12 02 0801 4a 05 0a01'b' 12 00 52 04 0800 1000 "
                    "52 04 0801 1000");
    assert_int_equal(get(value, "t")->pairs->n, 2);
    assert_true(get(*get(*get(value, "t"), "a"), "i")->integer == 1);
    assert_int_equal(get(value, "k")->pairs->list[0].key.kind, STK_VALUE_BOOL);
}

static void refused_by_default(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        uint64_t off;
        const char *path;
        const char *reason;
    } table[] = {
        {"08 01 08 02", 2, "i", "comes twice"},
        {"32 00 10 01 32 00", 4, "m", "comes twice"},
        {"32 04 0801 0802", 4, "m.i", "comes twice"},
        {"58 01 62 00", 2, "y", "one oneof"},
        {"52 02 0801 52 02 0801", 0, "k", "key twice"},
        {"a006 01", 0, "", "does not have"},
        {"4a 02 1801", 2, "t", "does not have"},
        {"28 03", 0, "e", "enum does not have"},
        {"28 8080808010", 0, "e", "out of the range"},
        {"08 ffffffff0f", 0, "i", "out of the range"},
        {"08 80808080808080808002", 0, "i", "more than 64 bits"},
        {"08 8080808080808080808000", 0, "i", "more than 64 bits"},
        {"10 ffffffffffffffffff03", 0, "u", "more than 64 bits"},
        {"70 02", 0, "o", "neither 0 nor 1"},
        {"1a 02 'a' ff", 3, "s", "not UTF-8"},
        {"1a 03 eda080", 2, "s", "not UTF-8"},
        {"09 0000000000000000", 0, "i", "wire type"},
        {"0a 00", 0, "i", "wire type"},
        {"0f", 0, "i", "wire type"},
        {"18 01", 0, "s", "wire type"},
        {"00 00", 0, "", "number 0"},
        {"8880808010 00", 0, "", "more than 32 bits"},
        {"888080808000 00", 0, "", "more than 32 bits"},
        {"1a 818080808000 'a'", 0, "s", "more than 5 bytes"},
        {"32 01 08 0801", 2, "m.i", "passes the end"},
        {"32 02 1a05 'abcde'", 2, "m.s", "passes the end"},
        {"3a 02 0180", 3, "p", "ends inside a number"},
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {

        refuses("t.M", &plainly, table[i].bytes, STK_E_MALFORMED, table[i].off,
                table[i].path, table[i].reason);
    }
    refuses("t.M", &plainly, "0b", STK_E_UNSUPPORTED, 0, "i", "group");
    refuses("t.M", &plainly, "0c", STK_E_UNSUPPORTED, 0, "i", "group");
    refuses("two.R", &plainly, "08 01 23 24", STK_E_UNSUPPORTED, 2, "g", "group");
    refuses("two.R", &plainly, "", STK_E_MALFORMED, 0, "id", "required");
    refuses("two.R", &plainly, "0801 1a 00", STK_E_MALFORMED, 2, "in.id", "required");
    refuses("t.M", &plainly, "1a ffffffff0f", STK_E_TRUNCATED, 0, "s", "ends inside");
    refuses("t.M", &plainly, "08", STK_E_TRUNCATED, 0, "i", "ends inside");
}

static void options_take(void **state)
{
    (void)state;
    struct stk_protobuf_options options = STK_PROTOBUF_OPTIONS_DEFAULT;
    options.take_duplicates = true;
    struct stk_value value = becomes(&options, "08 01 08 02", "08 02");
    assert_int_equal(get(value, "i")->off, 2);
    becomes(&options, "32 04 0801 3a00 32 02 1005 32 02 3200", "32 06 0801 1005 3200");
    becomes(&options, "58 01 62 02 0801 58 05 62 02 1005", "62 02 1005");
    becomes(&options, "62 02 0801 62 02 1001 58 05", "58 05");
    refuses("t.M", &options, "62 02 0a00 58 05", STK_E_MALFORMED, 2, "y.i", "wire type");
    refuses("t.M", &options, "62 02 0801 62 02 0a00 58 05", STK_E_MALFORMED, 6, "y.i",
            "wire type");
    becomes(&options, "52 02 0801 52 04 0801 1007", "52 04 0801 1007");
    options = (struct stk_protobuf_options)STK_PROTOBUF_OPTIONS_DEFAULT;
    options.take_unknown = true;
    value = becomes(&options, "a006 8100 08 01 aa06 02 'xy' 32 06 a506 01020304",
                    "08 01 32 06 a506 01020304 a006 01 aa06 02 'xy'");
    const struct stk_items *unknown = get(value, STK_PROTOBUF_UNKNOWN)->items;
    assert_true(unknown->n == 2 && unknown->list[1].items->list[0].integer == 101 &&
                unknown->list[1].items->list[1].integer == 2);
    options = (struct stk_protobuf_options)STK_PROTOBUF_OPTIONS_DEFAULT;
    options.take_numbers = true;
    options.json_names = true;
    value = becomes(&options, "28 07 8001 01", "28 07 8001 01");
    assert_true(get(value, "e")->integer == 7 && get(value, "hasIt")->integer == 1);
}

/* A dict of one member is refused. */
static void cannot_be(const char *name, struct stk_value value, const char *reason)
{
    struct stk_protobuf_error error = {0, "", ""};
    struct stk_buf out;
    struct stk_pair pair = {.value = value};
    struct stk_value dict;
    size_t duplicate = 0;
    stk_buf_init(&out, &stk_alloc_libc, 1 << 20);
    assert_int_equal(stk_value_text(&arena, 0, STK_VALUE_STR,
                                    stk_span_of(name, strlen(name)), &pair.key),
                     STK_OK);
    assert_int_equal(stk_value_pairs(&arena, 0, &pair, 1, &dict, &duplicate), STK_OK);
    assert_int_equal(write(dict, "t.M", &plainly, &out, &error), STK_E_MALFORMED);
    if (strstr(error.reason, reason) == NULL) {
        print_error("%s: %s, not %s\n", name, error.reason, reason);
        fail();
    }
    assert_int_equal(out.len, 0);
    stk_buf_release(&out);
}

static void values_that_fields_cannot_be(void **state)
{
    (void)state;
    struct stk_value text;
    assert_int_equal(
        stk_value_text(&arena, 7, STK_VALUE_STR, stk_span_of("\xed\xa0\x80", 3), &text),
        STK_OK);
    cannot_be("i", stk_value_int(7, (int64_t)INT32_MAX + 1), "out of the range");
    cannot_be("i", stk_value_float(7, 1.0), "not an integer");
    cannot_be("i", stk_value_bool(7, true), "not an integer");
    cannot_be("i", stk_value_none(7), "not an integer");
    cannot_be("u", stk_value_int(7, -1), "out of the range");
    cannot_be("s", text, "surrogate");
    cannot_be("b", text, "not bytes");
    cannot_be("e", text, "enum does not have");
    cannot_be("e", stk_value_int(7, 9), "enum does not have");
    cannot_be("o", stk_value_int(7, 1), "not a bool");
    cannot_be("f", stk_value_float(7, 1e300), "out of the range");
    cannot_be("f", stk_value_int(7, 16777217), "no such float");
    cannot_be("f", text, "not a number");
    cannot_be("m", stk_value_int(7, 1), "not a dict");
    cannot_be("t", stk_value_int(7, 1), "not a dict");
    cannot_be("r", stk_value_int(7, 1), "not a list");
    cannot_be("p", stk_value_int(7, 1), "not a list");
    cannot_be("none", stk_value_int(7, 1), "type does not have");
    cannot_be("$unknown", stk_value_int(7, 1), "type does not have");
}

static void deep(void **state)
{
    (void)state;
    enum { N = 200 };
    uint8_t bytes[3 * N];
    size_t at = sizeof bytes;
    struct stk_protobuf_error error = {0, "", ""};
    struct stk_value value;
    for (size_t i = 1; i <= N; i++) {
        size_t len = sizeof bytes - at;
        if (len >= 0x80) {
            bytes[--at] = (uint8_t)(len >> 7);
        }
        bytes[--at] = (uint8_t)((len & 0x7f) | (len >= 0x80 ? 0x80 : 0));
        bytes[--at] = 0x32;
        enum stk_status status =
            stk_protobuf_decode(&arena, stk_span_of(bytes + at, sizeof bytes - at),
                                type_of("t.M"), &plainly, &value, &error);
        assert_int_equal(status, i < STK_PROTOBUF_DEPTH_MAX ? STK_OK : STK_E_LIMIT);
    }
}

static const char everything[] =
    "08 01 1a 02 'ab' 28 01 32 04 0801 4200 3a 02 0102 42 02 0803 "
    "4a 07 0a01'a' 12 02 0801 52 04 0801 1005 6d 0000803f";

/* Ends inside something, or between fields: never more than there is. */
static void every_end(void **state)
{
    (void)state;
    struct stk_span whole = hex(everything);
    for (size_t n = 0; n < whole.len; n++) {
        struct stk_protobuf_error error = {0, NULL, ""};
        struct stk_value value;
        struct stk_span part = stk_span_of(block_of(whole.data, n), n);
        enum stk_status status =
            stk_protobuf_decode(&arena, part, type_of("t.M"), &plainly, &value, &error);
        assert_true(status == STK_OK || (status == STK_E_TRUNCATED && error.off < n));
    }
}

static void sets_that_end(void **state)
{
    (void)state;
    for (size_t n = 1; n < sizeof sample_set; n++) {
        struct stk_protobuf_error error = {0, NULL, ""};
        struct stk_protobuf_schema *part = NULL;
        enum stk_status status = stk_protobuf_schema_new(
            &stk_alloc_libc, stk_span_of(block_of(sample_set, n), n), (size_t)1 << 24,
            &part, &error);
        assert_true(status == STK_OK || error.reason != NULL);
        stk_protobuf_schema_free(part);
    }
}

static void bad_set(const char *bytes, enum stk_status status, const char *path,
                    const char *reason)
{
    struct stk_protobuf_error error = {0, "", ""};
    struct stk_protobuf_schema *none = NULL;
    enum stk_status got = stk_protobuf_schema_new(&stk_alloc_libc, hex(bytes),
                                                  (size_t)1 << 24, &none, &error);
    if (got != status || strstr(error.reason, reason) == NULL ||
        strcmp(error.path, path) != 0) {
        print_error("%d %s: %s\n", (int)got, error.path, error.reason);
        fail();
    }
    assert_null(none);
}

static void bad_sets(void **state)
{
    (void)state;
    bad_set("0a 0a 62 08 'editions'", STK_E_UNSUPPORTED, "", "neither");
    bad_set("0a 02 7001", STK_E_UNSUPPORTED, "", "neither");
    bad_set("0a 0a 22 03 0a01'M' 22 03 0a01'M'", STK_E_MALFORMED, "M", "defined twice");
    bad_set("0a 05 22 03 0a01'$'", STK_E_MALFORMED, "$", "no identifier");
    bad_set("0a 05 2a 03 0a01'E'", STK_E_MALFORMED, "E", "without values");
    bad_set("0a 0e 22 0c 0a01'M' 12 07 0a01'f' 1800 2805", STK_E_MALFORMED, "M.f",
            "number out of range");
    bad_set("0a 0e 22 0c 0a01'M' 12 07 0a01'f' 1801 2813", STK_E_MALFORMED, "M.f",
            "type that does not exist");
    bad_set("0a 12 22 10 0a01'M' 12 0b 0a01'f' 1801 280b 3202'.N'", STK_E_MALFORMED,
            "M.f", "does not define");
    bad_set("0a 17 22 15 0a01'M' 12 07 0a01'f' 1801 2805 12 07 0a01'g' 1801 2805",
            STK_E_MALFORMED, "M.g", "used twice");
    bad_set("0a 09 22 07 0a01'M' 3a 02 3801", STK_E_MALFORMED, "M", "key and a value");
    assert_null(type_of("t.M.TEntry"));
    assert_null(type_of("t.E"));
    assert_null(type_of("t"));
    assert_null(type_of(""));
}

static enum stk_status without_memory(const struct stk_alloc *alloc, void *arg)
{
    const struct stk_protobuf_options *options = arg;
    struct stk_protobuf_schema *own = NULL;
    struct stk_protobuf_error error = {0, "", ""};
    struct stk_protobuf_writer writer;
    struct stk_arena values;
    struct stk_buf out;
    struct stk_value value;
    STK_TRY(stk_protobuf_schema_new(alloc, stk_span_of(sample_set, sizeof sample_set),
                                    (size_t)1 << 24, &own, &error));
    const struct stk_protobuf_type *type = stk_protobuf_type(own, stk_span_of("t.M", 3));
    stk_arena_init(&values, alloc, (size_t)1 << 24);
    stk_buf_init(&out, alloc, (size_t)1 << 20);
    stk_protobuf_writer_init(&writer, alloc);
    enum stk_status status =
        stk_protobuf_decode(&values, hex(everything), type, options, &value, &error);
    if (status == STK_OK) {
        status = stk_protobuf_write(&writer, value, type, options, &out, &error);
    }
    stk_protobuf_writer_release(&writer);
    stk_buf_release(&out);
    stk_arena_release(&values);
    stk_protobuf_schema_free(own);
    return status;
}

static void memory_fails(void **state)
{
    (void)state;
    struct stk_protobuf_options merging = {.depth_max = 100, .take_duplicates = true};
    struct stk_protobuf_options options = STK_PROTOBUF_OPTIONS_DEFAULT;
    STK_OOM_LOOP(without_memory, &options);
    STK_OOM_LOOP(without_memory, &merging);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(scalars),      TEST(groups_of_values),
        TEST(options_take), TEST(refused_by_default),
        TEST(deep),         TEST(values_that_fields_cannot_be),
        TEST(every_end),    TEST(sets_that_end),
        TEST(bad_sets),     TEST(memory_fails),
    };
    return cmocka_run_group_tests(tests, compile_sample, release_sample);
}
