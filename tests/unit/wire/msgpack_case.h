/* SPDX-License-Identifier: Apache-2.0
 *
 * MessagePack decoded from a block of its exact size, so that AddressSanitizer sees a
 * read behind it, and graphs compared node by node. Include behind cmocka.h.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "wire/msgpack.h"

static struct stk_arena arena;
static uint8_t *blocks[200000]; /* borrowed by the arena's values */
static size_t n_blocks;

static inline int set_up(void **state)
{
    (void)state;
    stk_arena_init(&arena, &stk_alloc_libc, (size_t)1 << 30);
    return 0;
}

static inline int tear_down(void **state)
{
    (void)state;
    stk_arena_release(&arena);
    while (n_blocks > 0) {
        free(blocks[--n_blocks]);
    }
    return 0;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

static inline uint8_t *block_of(const void *data, size_t len)
{
    uint8_t *block = malloc(len > 0 ? len : 1);
    assert_non_null(block);
    assert_true(n_blocks < sizeof blocks / sizeof blocks[0]);
    blocks[n_blocks++] = block;
    if (len > 0) {
        memcpy(block, data, len);
    }
    return block;
}

/* "81 a1 61 01": blanks between bytes do not count; 'text' is its bytes. */
static inline struct stk_span hex(const char *text)
{
    uint8_t bytes[1024];
    size_t n = 0;
    while (*text != '\0') {
        char pair[3] = {text[0], text[1], 0};
        if (*text == ' ') {
            text++;
        } else if (*text == '\'') {
            for (text++; *text != '\''; text++) {
                bytes[n++] = (uint8_t)*text;
            }
            text++;
        } else {
            bytes[n++] = (uint8_t)strtoul(pair, NULL, 16);
            text += 2;
        }
    }
    return stk_span_of(block_of(bytes, n), n);
}

static const struct stk_msgpack_options strict = STK_MSGPACK_OPTIONS_DEFAULT;
static const struct stk_msgpack_options tagged = {.depth_max = STK_MSGPACK_DEPTH_MAX,
                                                  .take_tags = true};

static inline struct stk_value decode_span(const struct stk_msgpack_options *options,
                                           struct stk_span message)
{
    struct stk_msgpack_error error = {0, ""};
    struct stk_value value = stk_value_none(0);
    enum stk_status status = stk_msgpack_decode(&arena, message, options, &value, &error);
    if (status != STK_OK) {
        print_error("status %d: %s at %llu\n", (int)status, error.reason,
                    (unsigned long long)error.off);
        fail();
    }
    return value;
}

static inline struct stk_value decode(const char *text)
{
    return decode_span(&strict, hex(text));
}

static inline struct stk_value decode_tagged(const char *text)
{
    return decode_span(&tagged, hex(text));
}

static inline void refused_span(const struct stk_msgpack_options *options,
                                struct stk_span message, enum stk_status status,
                                uint64_t off, const char *reason)
{
    struct stk_msgpack_error error = {UINT64_MAX, ""};
    struct stk_value value = stk_value_int(1, 42);
    enum stk_status got = stk_msgpack_decode(&arena, message, options, &value, &error);
    if (got != status || error.off != off || strstr(error.reason, reason) == NULL) {
        print_error("status %d, %s at %llu; not %d, %s at %llu\n", (int)got, error.reason,
                    (unsigned long long)error.off, (int)status, reason,
                    (unsigned long long)off);
        fail();
    }
    assert_true(value.kind == STK_VALUE_INT && value.integer == 42);
}

static inline void refused(const char *text, enum stk_status status, uint64_t off,
                           const char *reason)
{
    refused_span(&strict, hex(text), status, off, reason);
}

static inline void refused_tagged(const char *text, enum stk_status status, uint64_t off,
                                  const char *reason)
{
    refused_span(&tagged, hex(text), status, off, reason);
}

/* ---- graphs ---- */

/* Which node of one graph is which of another, in both directions. */
struct matching {
    struct stk_map there;
    struct stk_map back;
};

static inline bool same_value(struct matching *m, struct stk_value a, struct stk_value b);

static inline bool same_list(struct matching *m, const struct stk_items *a,
                             const struct stk_items *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++) {
        same = same_value(m, a->list[i], b->list[i]);
    }
    return same;
}

static inline bool same_dict(struct matching *m, const struct stk_pairs *a,
                             const struct stk_pairs *b)
{
    bool same = a->n == b->n;
    for (size_t i = 0; same && i < a->n; i++) {
        same = same_value(m, a->list[i].key, b->list[i].key) &&
               same_value(m, a->list[i].value, b->list[i].value);
    }
    return same;
}

static inline bool same_name(const struct stk_name *a, const struct stk_name *b)
{
    return (a == NULL) == (b == NULL) && (a == NULL || stk_name_equal(a, b));
}

static inline bool same_object(struct matching *m, const struct stk_object *a,
                               const struct stk_object *b)
{
    return a->call == b->call && a->has_state == b->has_state &&
           a->state_first == b->state_first && a->by_name == b->by_name &&
           same_value(m, a->callee, b->callee) && same_value(m, a->args, b->args) &&
           same_value(m, a->kwargs, b->kwargs) && same_value(m, a->state, b->state) &&
           same_list(m, &a->items, &b->items) && same_list(m, &a->members, &b->members) &&
           same_dict(m, &a->pairs, &b->pairs) && same_name(a->type, b->type) &&
           same_value(m, a->member, b->member);
}

static inline bool same_buffer(const struct stk_buffer *a, const struct stk_buffer *b)
{
    return a->ordinal == b->ordinal && a->readonly == b->readonly &&
           a->present == b->present && stk_span_equal(a->bytes, b->bytes);
}

/* A node is met again in both graphs or in none. Texts may be copied. */
static inline bool match(struct matching *m, struct stk_value a, struct stk_value b,
                         bool *ret_met)
{
    uint64_t x = (uint64_t)(uintptr_t)a.items;
    uint64_t y = (uint64_t)(uintptr_t)b.items;
    uint64_t there = 0;
    uint64_t back = 0;
    *ret_met = stk_map_get(&m->there, x, &there);
    if (*ret_met != stk_map_get(&m->back, y, &back)) {
        return false;
    }
    if (*ret_met) {
        return there == y && back == x && stk_value_is_marked(b);
    }
    bool added = false;
    assert_int_equal(stk_map_put(&m->there, x, y, &added), STK_OK);
    assert_int_equal(stk_map_put(&m->back, y, x, &added), STK_OK);
    return true;
}

static inline bool same_value(struct matching *m, struct stk_value a, struct stk_value b)
{
    bool met = false;
    if (a.kind != b.kind || b.spare != 0) {
        return false;
    }
    if (stk_value_is_node(a) && a.kind != STK_VALUE_STR && a.kind != STK_VALUE_BIGINT) {
        if (!match(m, a, b, &met) || met) {
            return met;
        }
    }
    switch (stk_value_kind(a)) {
    case STK_VALUE_NONE:
        return true;
    case STK_VALUE_BOOL:
        return a.boolean == b.boolean;
    case STK_VALUE_INT:
        return a.integer == b.integer;
    case STK_VALUE_BIGINT:
        return stk_value_compare_numbers(a, b) == 0;
    case STK_VALUE_FLOAT:
        return memcmp(&a.number, &b.number, sizeof a.number) == 0;
    case STK_VALUE_STR:
        return stk_span_equal(a.text->bytes, b.text->bytes) &&
               a.text->hash == b.text->hash && a.text->n_codes == b.text->n_codes;
    case STK_VALUE_BYTES:
    case STK_VALUE_BYTEARRAY:
        return stk_span_equal(a.text->bytes, b.text->bytes);
    case STK_VALUE_LIST:
    case STK_VALUE_TUPLE:
    case STK_VALUE_SET:
    case STK_VALUE_FROZENSET:
        return same_list(m, a.items, b.items);
    case STK_VALUE_DICT:
        return same_dict(m, a.pairs, b.pairs);
    case STK_VALUE_GLOBAL:
        return same_name(a.name, b.name);
    case STK_VALUE_OBJECT:
    case STK_VALUE_ENUM:
    case STK_VALUE_TENSOR:
    case STK_VALUE_NDARRAY:
    case STK_VALUE_STORAGE:
    case STK_VALUE_PERSISTENT:
        return same_object(m, a.object, b.object);
    case STK_VALUE_BUFFER:
        return same_buffer(a.buffer, b.buffer);
    case STK_VALUE_REFUSED:
    case STK_VALUE_KINDS:
        break;
    }
    return false;
}

static inline bool same_graph(struct stk_value a, struct stk_value b)
{
    struct matching m;
    stk_map_init(&m.there, &stk_alloc_libc, SIZE_MAX, 1);
    stk_map_init(&m.back, &stk_alloc_libc, SIZE_MAX, 2);
    bool same = same_value(&m, a, b);
    stk_map_release(&m.there);
    stk_map_release(&m.back);
    return same;
}

/* ---- making ---- */

static inline struct stk_value text_of(enum stk_value_kind kind, const char *text)
{
    struct stk_value value;
    struct stk_span bytes = stk_span_of(text, strlen(text));
    assert_int_equal(stk_value_text(&arena, 0, kind, bytes, &value), STK_OK);
    return value;
}

static inline struct stk_value str(const char *text)
{
    return text_of(STK_VALUE_STR, text);
}

static inline struct stk_value items_of(enum stk_value_kind kind,
                                        const struct stk_value *list, size_t n)
{
    struct stk_value value;
    assert_int_equal(stk_value_items(&arena, 0, kind, list, n, &value), STK_OK);
    return value;
}

static inline struct stk_value dict_of(const struct stk_pair *list, size_t n)
{
    struct stk_value value;
    size_t duplicate = n;
    assert_int_equal(stk_value_pairs(&arena, 0, list, n, &value, &duplicate), STK_OK);
    return value;
}

static inline struct stk_value global_of(const char *module, const char *qualified)
{
    const struct stk_name *name =
        stk_name_new(&arena, stk_span_of(module, strlen(module)),
                     stk_span_of(qualified, strlen(qualified)));
    assert_non_null(name);
    return (struct stk_value){.kind = STK_VALUE_GLOBAL, .name = name};
}

static inline struct stk_object *object_new(void)
{
    struct stk_object *object = stk_arena_alloc(&arena, sizeof *object);
    assert_non_null(object);
    object->args = items_of(STK_VALUE_TUPLE, NULL, 0);
    return object;
}

static inline struct stk_value object_value(enum stk_value_kind kind,
                                            const struct stk_object *object)
{
    return (struct stk_value){.kind = kind & 0xff, .object = object};
}

/* Appended to out, all memory given back. */
static inline enum stk_status write_lossless(struct stk_value value, struct stk_buf *out,
                                             struct stk_msgpack_error *error)
{
    struct stk_msgpack_writer writer;
    stk_msgpack_writer_init(&writer, out->alloc);
    enum stk_status status = stk_msgpack_write(&writer, value, out, error);
    stk_msgpack_writer_release(&writer);
    return status;
}

static inline struct stk_span written(struct stk_value value)
{
    struct stk_buf out;
    struct stk_msgpack_error error = {0, ""};
    stk_buf_init(&out, &stk_alloc_libc, SIZE_MAX);
    enum stk_status status = write_lossless(value, &out, &error);
    if (status != STK_OK) {
        print_error("status %d: %s\n", (int)status, error.reason);
        fail();
    }
    struct stk_span span = stk_span_of(block_of(out.data, out.len), out.len);
    stk_buf_release(&out);
    return span;
}

static inline void bytes_are(struct stk_span got, const char *expected)
{
    struct stk_span want = hex(expected);
    if (!stk_span_equal(got, want)) {
        for (size_t i = 0; i < got.len && i < 200; i++) {
            print_error("%02x ", got.data[i]);
        }
        print_error("\nis not %s\n", expected);
        fail();
    }
}
