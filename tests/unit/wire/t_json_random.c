/* SPDX-License-Identifier: Apache-2.0
 *
 * Random graphs of all kinds, shared and cyclic: written, read, restored and written
 * again, the text is the same, and so is the graph.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json_case.h"
#include "json_graph.h"
#include "json_same.h"

#define GRAPHS 3000
#define POOL 64
#define DEEP 100000

static uint64_t random_state;
static struct stk_value pool[POOL]; /* nodes that may be met again */
static size_t n_pool;
static size_t left; /* nodes to make */
static bool honest; /* types and members are those that find_meaning() finds */

static uint64_t next_random(void)
{
    random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return random_state >> 33;
}

static size_t below(size_t n)
{
    return (size_t)(next_random() % n);
}

static bool one_in(size_t n)
{
    return below(n) == 0;
}

static struct stk_value keep(struct stk_value value)
{
    pool[n_pool < POOL ? n_pool++ : below(POOL)] = value;
    return value;
}

/* ---- leaves ---- */

static struct stk_value random_text(enum stk_value_kind kind)
{
    static const char *const parts[] = {
        "a",
        "$",
        "$id",
        "\"",
        "\\",
        "\n",
        "\x01",
        "\xc3\xa9",
        "\xf0\x9f\x98\x80",
        "0",
        "\xed\xa0\xbd",
        "\xed\xb8\x80",
        "the quick brown fox jumps over it ",
        "\xed\x9f\xbf",
        "/",
        " ",
    };
    char text[1000] = "";
    size_t n = one_in(8) ? 8 + below(20) : below(4);
    for (size_t i = 0; i < n; i++) {
        const char *part = parts[below(sizeof parts / sizeof parts[0])];
        memcpy(text + strlen(text), part, strlen(part) + 1);
    }
    return text_of(kind, text, strlen(text));
}

static struct stk_value random_number(void)
{
    static const double numbers[] = {0.0, -0.0, 1.0, 0.1, 1e300, 5e-324, -1.5, 1e16};
    double number = 0;
    uint64_t bits = next_random() << 32 | next_random();
    switch (below(4)) {
    case 0:
        return number_of(numbers[below(sizeof numbers / sizeof numbers[0])]);
    case 1:
        bits = UINT64_C(0x7ff0000000000000) | (bits & UINT64_C(0x8008000000000001));
        break;
    case 2:
        bits &= UINT64_C(0xffffff0000000000);
        break;
    default:
        break;
    }
    memcpy(&number, &bits, sizeof number);
    return number_of(number);
}

static struct stk_value random_big(void)
{
    uint64_t limbs[230];
    size_t n = one_in(20) ? 230 : 1 + below(4);
    for (size_t i = 0; i < n; i++) {
        limbs[i] = next_random() << 32 | next_random();
    }
    return big_of(one_in(2), limbs, n);
}

/* One struct for one name. */
static struct stk_value names_made[3];

static struct stk_value random_scalar(void)
{
    switch (below(7)) {
    case 0:
        return stk_value_none(0);
    case 1:
        return stk_value_bool(0, one_in(2));
    case 2:
        return integer((int64_t)(next_random() << 32 | next_random()) >> below(64));
    case 3:
        return random_big();
    case 4:
        return random_number();
    case 5:
        return names_made[below(3)];
    default:
        return random_text(one_in(3) ? STK_VALUE_BYTES : STK_VALUE_STR);
    }
}

/* ---- groups ---- */

static struct stk_value random_value(unsigned depth);
static struct stk_value random_object(unsigned depth);

/* Only what can be hashed, and leads nowhere but to objects. */
static struct stk_value random_key(unsigned depth)
{
    struct stk_value list[3];
    size_t n = below(4);
    if (depth == 0 || left == 0 || !one_in(4)) {
        return random_scalar();
    }
    if (one_in(3)) {
        return random_object(depth - 1);
    }
    left--;
    for (size_t i = 0; i < n; i++) {
        list[i] = random_key(depth - 1);
    }
    return keep(items_of(one_in(2) ? STK_VALUE_TUPLE : STK_VALUE_FROZENSET, list, n));
}

static struct stk_value random_items(enum stk_value_kind kind, unsigned depth)
{
    struct stk_value list[5];
    size_t n = below(6);
    bool set = kind == STK_VALUE_SET || kind == STK_VALUE_FROZENSET;
    for (size_t i = 0; i < n; i++) {
        list[i] = set ? random_key(depth) : random_value(depth);
    }
    return items_of(kind, list, n);
}

static struct stk_value random_dict(unsigned depth, bool names)
{
    struct stk_pair list[12];
    struct stk_value dict;
    size_t n = one_in(6) ? 12 : below(5);
    size_t duplicate = 0;
    for (size_t i = 0; i < n; i++) {
        list[i].key = names ? random_text(STK_VALUE_STR) : random_key(depth);
        list[i].value = random_value(depth);
    }
    assert_int_equal(stk_value_pairs(&arena, 0, list, n, &dict, &duplicate), STK_OK);
    return dict;
}

static void random_call(struct stk_object *object, unsigned depth)
{
    object->call = (uint8_t)below(3);
    object->callee = names_made[below(3)];
    object->args = keep(random_items(STK_VALUE_TUPLE, depth));
    if (object->call == STK_CALL_NEW_EX && one_in(2)) {
        object->kwargs = random_dict(depth, true);
    }
    if (honest) {
        object->type = object->callee.name;
    } else if (one_in(2)) {
        object->type = names_made[below(3)].name;
    }
}

/* What is found in honest graphs: one class is an enum, and the first argument its value.
 */
static bool is_enum(const struct stk_object *object)
{
    return stk_span_is(object->callee.name->qualified, "E") && object->args.items->n > 0;
}

static struct stk_value random_enum(struct stk_object *object)
{
    const struct stk_items *args = object->args.items;
    object->by_name = !honest && one_in(2);
    object->member =
        args->n == 0 ? random_scalar() : args->list[honest ? 0 : below(args->n)];
    return (struct stk_value){.kind = STK_VALUE_ENUM, .object = object};
}

static struct stk_value random_object(unsigned depth)
{
    struct stk_object *object = stk_arena_alloc(&arena, sizeof *object);
    struct stk_value value = {.kind = STK_VALUE_OBJECT, .object = object};
    left -= left > 0;
    random_call(object, depth);
    if (honest ? is_enum(object) : one_in(4)) {
        value = random_enum(object);
    } else if (one_in(6)) {
        object->call = STK_CALL_LOAD;
        object->type = honest ? NULL : object->type;
        object->callee = stk_value_none(0);
        object->kwargs = stk_value_none(0);
        object->args = one_in(2) ? object->args : random_value(depth);
        value.kind = STK_VALUE_PERSISTENT;
    }
    if (one_in(2)) {
        object->has_state = true;
        object->state_first = one_in(3);
        object->state = random_value(depth);
    }
    if (one_in(3)) {
        object->items = *random_items(STK_VALUE_LIST, depth).items;
        object->members = *random_items(STK_VALUE_SET, depth).items;
        object->pairs = *random_dict(depth, one_in(2)).pairs;
    }
    return keep(value);
}

static struct stk_value random_buffer(void)
{
    struct stk_buffer *buffer = stk_arena_alloc(&arena, sizeof *buffer);
    buffer->ordinal = next_random();
    buffer->readonly = one_in(2);
    buffer->present = one_in(2);
    if (buffer->present) {
        buffer->bytes = random_text(STK_VALUE_BYTES).text->bytes;
    }
    return keep((struct stk_value){.kind = STK_VALUE_BUFFER, .buffer = buffer});
}

static struct stk_value random_value(unsigned depth)
{
    if (n_pool > 0 && one_in(6)) {
        return shared(pool[below(n_pool)]);
    }
    if (depth == 0 || left == 0 || one_in(3)) {
        return random_scalar();
    }
    left--;
    depth--;
    switch (below(8)) {
    case 0:
        return keep(random_items(STK_VALUE_TUPLE, depth));
    case 1:
        return keep(random_items(STK_VALUE_SET, depth));
    case 2:
        return keep(random_items(STK_VALUE_FROZENSET, depth));
    case 3:
        return keep(random_dict(depth, one_in(2)));
    case 4:
        return random_object(depth);
    case 5:
        return one_in(2) ? random_buffer() : keep(random_text(STK_VALUE_BYTEARRAY));
    case 6:
        return keep(random_text(one_in(2) ? STK_VALUE_STR : STK_VALUE_BYTES));
    default:
        return keep(random_items(STK_VALUE_LIST, depth));
    }
}

/* Mutable nodes get a node of the pool in the place of something. */
static void close_cycles(void)
{
    for (size_t i = 0; i < n_pool; i++) {
        struct stk_value value = pool[i];
        struct stk_value other = pool[below(n_pool)];
        if (!one_in(3)) {
            continue;
        }
        if (value.kind == STK_VALUE_LIST && value.items->n > 0) {
            set_item(value, below(value.items->n), shared(other));
        } else if (value.kind == STK_VALUE_DICT && value.pairs->n > 0) {
            struct stk_pair *list = (void *)(uintptr_t)(const void *)value.pairs->list;
            list[below(value.pairs->n)].value = shared(other);
        } else if (value.kind >= STK_VALUE_OBJECT && value.kind != STK_VALUE_BUFFER) {
            struct stk_object *object = node_of(value);
            object->has_state = true;
            object->state = shared(other);
        }
    }
}

static struct stk_value random_graph(uint64_t seed)
{
    random_state = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    n_pool = 0;
    left = 4 + below(60);
    names_made[0] = name_of("m", "C");
    names_made[1] = name_of("m.\xc3\xa9", "E");
    names_made[2] = name_of("", "");
    struct stk_value list[3];
    for (size_t i = 0; i < 3; i++) {
        list[i] = random_value(5);
    }
    struct stk_value value = keep(items_of(STK_VALUE_LIST, list, 3));
    close_cycles();
    return value;
}

/* ---- the property ---- */

static struct stk_span written(struct stk_value value,
                               const struct stk_json_write_options *options)
{
    struct stk_json_error error = {0, "no memory"};
    struct stk_buf out;
    stk_buf_init(&out, &stk_alloc_libc, SIZE_MAX);
    enum stk_status status = stk_json_write_tagged(&out, value, options, &error);
    if (status != STK_OK) {
        print_error("%s\n", error.reason);
        fail();
    }
    size_t len = out.len;
    struct stk_span text = stk_span_of(stk_arena_text(&arena, stk_buf_span(&out)), len);
    stk_buf_release(&out);
    return text;
}

static enum stk_status find_meaning(void *ctx, struct stk_arena *own,
                                    struct stk_object *object, struct stk_value *inout)
{
    size_t *calls = ctx;
    (void)own;
    ++*calls;
    if (object->call == STK_CALL_LOAD) {
        return STK_OK;
    }
    object->type = object->callee.name;
    if (is_enum(object)) {
        object->member = object->args.items->list[0];
        inout->kind = STK_VALUE_ENUM;
    }
    return STK_OK;
}

static size_t calls; /* that find_meaning() was asked about */

static struct stk_value read_back(struct stk_span text)
{
    struct stk_json_options read = {.depth_max = DEEP, .take_surrogates = true};
    struct stk_json_restore_options ask = {find_meaning, &calls};
    struct stk_json_error error = {0, "no memory"};
    struct stk_value value = stk_value_none(0);
    if (stk_json_decode(&arena, text, &read, &value, &error) != STK_OK ||
        stk_json_restore(&arena, value, honest ? &ask : &no_questions, &value, &error) !=
            STK_OK) {
        print_error("%.*s: %s at %llu\n", (int)text.len, (const char *)text.data,
                    error.reason, (unsigned long long)error.off);
        fail();
    }
    return value;
}

static void comes_back(struct stk_value value,
                       const struct stk_json_write_options *options)
{
    struct pairing pairing;
    struct stk_span text = written(value, options);
    struct stk_value back = read_back(text);
    struct stk_span again = written(back, options);
    if (!stk_span_equal(text, again)) {
        print_error("%.*s\n%.*s\n", (int)text.len, (const char *)text.data,
                    (int)again.len, (const char *)again.data);
        fail();
    }
    pairing_init(&pairing);
    if (!same_graph(&pairing, value, back)) {
        print_error("%.*s\n", (int)text.len, (const char *)text.data);
        fail();
    }
    pairing_release(&pairing);
}

static void graphs_come_back(void **state)
{
    (void)state;
    size_t with_refs = 0;
    for (uint64_t seed = 0; seed < GRAPHS; seed++) {
        struct stk_json_write_options options = {.depth_max = DEEP,
                                                 .digits_max = 4300,
                                                 .ascii = seed % 3 == 1,
                                                 .indent = seed % 5 == 1 ? 2 : 0};
        honest = seed % 2 == 0;
        struct stk_value value = random_graph(seed);
        comes_back(value, &options);
        with_refs += stk_span_find(written(value, &options), "\"$ref\"", 6) != SIZE_MAX;
        (void)tear_down(NULL);
        (void)set_up(NULL);
    }
    assert_true(with_refs > GRAPHS / 3 && calls > GRAPHS / 2);
    honest = false;
}

/* The comparison sees each of these differences. */
static void comparison_can_fail(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"0.0", "-0.0"},
        {"1", "1.0"},
        {"1", "true"},
        {"[1,2]", "[2,1]"},
        {"{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}"},
        {"[{\"$id\":1,\"$list\":[]},{\"$ref\":1}]", "[[],[]]"},
        {"[[],[]]", "[{\"$id\":1,\"$list\":[]},{\"$ref\":1}]"},
        {"{\"$tuple\":[]}", "[]"},
        {"{\"$bytes\":\"\"}", "{\"$bytearray\":\"\"}"},
        {"{\"$global\":[\"a\",\"b\"]}", "{\"$global\":[\"a\",\"c\"]}"},
        {"{\"$persistent\":{\"call\":\"load\",\"args\":[]}}",
         "{\"$persistent\":{\"call\":\"load\",\"args\":[],\"state\":null}}"},
        {"{\"$persistent\":{\"call\":\"load\",\"args\":[],\"items\":[1]}}",
         "{\"$persistent\":{\"call\":\"load\",\"args\":[],\"members\":[1]}}"},
        {"{\"$buffer\":{\"ordinal\":1}}", "{\"$buffer\":{\"ordinal\":1,\"data\":\"\"}}"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct pairing pairing;
        struct stk_value a = read_back(stk_span_of(texts[i][0], strlen(texts[i][0])));
        struct stk_value b = read_back(stk_span_of(texts[i][1], strlen(texts[i][1])));
        pairing_init(&pairing);
        assert_false(same_graph(&pairing, a, b));
        pairing_release(&pairing);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(graphs_come_back),
        TEST(comparison_can_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
