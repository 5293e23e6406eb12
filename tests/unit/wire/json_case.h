/* SPDX-License-Identifier: Apache-2.0
 *
 * A JSON text decoded from a block of its exact size, so that AddressSanitizer sees a
 * read behind it. Include behind cmocka.h.
 */
#pragma once

#include <stdlib.h>
#include <string.h>

#include "wire/json.h"

static struct stk_arena arena;
static uint8_t *blocks[20000]; /* borrowed by the arena's values */
static size_t n_blocks;

static inline int set_up(void **state)
{
    (void)state;
    stk_arena_init(&arena, &stk_alloc_libc, (size_t)1 << 28);
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

static inline enum stk_status decode_with(const struct stk_json_options *options,
                                          const char *text, size_t len,
                                          struct stk_value *ret_value,
                                          struct stk_json_error *ret_error)
{
    uint8_t *block = malloc(len > 0 ? len : 1);
    assert_non_null(block);
    assert_true(n_blocks < sizeof blocks / sizeof blocks[0]);
    blocks[n_blocks++] = block;
    if (len > 0) {
        memcpy(block, text, len);
    }
    return stk_json_decode(&arena, stk_span_of(block, len), options, ret_value,
                           ret_error);
}

static inline struct stk_value decode(const char *text)
{
    struct stk_json_options options = STK_JSON_OPTIONS_DEFAULT;
    struct stk_json_error error = {0, ""};
    struct stk_value value = stk_value_none(0);
    enum stk_status status = decode_with(&options, text, strlen(text), &value, &error);
    if (status != STK_OK) {
        print_error("%.60s: %s at %llu\n", text, error.reason,
                    (unsigned long long)error.off);
        fail();
    }
    return value;
}

static inline void refused_with(const struct stk_json_options *options, const char *text,
                                size_t len, enum stk_status status, uint64_t off,
                                const char *reason)
{
    struct stk_json_error error = {UINT64_MAX, ""};
    struct stk_value value = stk_value_int(1, 42);
    enum stk_status got = decode_with(options, text, len, &value, &error);
    if (got != status || error.off != off || strstr(error.reason, reason) == NULL) {
        print_error("%.60s: status %d, %s at %llu\n", text, (int)got, error.reason,
                    (unsigned long long)error.off);
        fail();
    }
    assert_true(value.kind == STK_VALUE_INT && value.integer == 42);
}

static inline void refused(const char *text, enum stk_status status, uint64_t off,
                           const char *reason)
{
    struct stk_json_options options = STK_JSON_OPTIONS_DEFAULT;
    refused_with(&options, text, strlen(text), status, off, reason);
}

static inline bool same(struct stk_value a, struct stk_value b)
{
    bool gave_up = false;
    return stk_value_equal(a, b, &gave_up) && !gave_up;
}
