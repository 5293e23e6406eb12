/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON texts, read strictly and leniently. What must hold: what the strict decoder takes,
 * the lenient one takes as well, as an equal value; an error lies within the text, and a
 * text that was cut off there was cut off at its end; the text before an error is the
 * beginning of something, so that it has no earlier error.
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "wire/json.h"

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void check_value(struct stk_value value, size_t len, unsigned depth)
{
    require(value.off < len);
    if (value.kind == STK_VALUE_STR) {
        struct stk_span bytes = value.text->bytes;
        require(stk_utf8_valid(bytes, true) == bytes.len);
        require(value.text->n_codes <= bytes.len);
        require(value.text->hash == stk_text_hash(bytes));
    } else if (value.kind == STK_VALUE_LIST) {
        for (size_t i = 0; i < value.items->n; i++) {
            check_value(value.items->list[i], len, depth + 1);
        }
    } else if (value.kind == STK_VALUE_DICT) {
        for (size_t i = 0; i < value.pairs->n; i++) {
            const struct stk_pair *pair = &value.pairs->list[i];
            check_value(pair->key, len, depth + 1);
            check_value(pair->value, len, depth + 1);
            require(stk_value_get(value.pairs, pair->key.text->bytes,
                                  pair->key.text->hash) == &pair->value);
        }
    } else if (value.kind == STK_VALUE_INT || value.kind == STK_VALUE_BIGINT ||
               value.kind == STK_VALUE_FLOAT) {
        require(stk_value_compare_numbers(value, value) == 0);
        (void)stk_value_is_multiple(value, stk_value_float(0, 0.01));
    }
    require(depth <= STK_JSON_DEPTH_MAX);
}

static void check_error(struct stk_arena *arena, struct stk_span text,
                        const struct stk_json_options *options, enum stk_status status,
                        struct stk_json_error error)
{
    struct stk_value value;
    struct stk_json_error before;
    require(error.off <= text.len && error.reason != NULL);
    require(status != STK_E_TRUNCATED || error.off == text.len);
    struct stk_span beginning = stk_span_of(text.data, (size_t)error.off);
    if (status == STK_E_MALFORMED && beginning.len > 0) {
        status = stk_json_decode(arena, beginning, options, &value, &before);
        require(status != STK_E_MALFORMED);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct stk_arena arena;
    struct stk_span text = stk_span_of(data, len);
    struct stk_json_options strict = STK_JSON_OPTIONS_DEFAULT;
    struct stk_json_options lenient = {.depth_max = STK_JSON_DEPTH_MAX,
                                       .take_duplicates = true,
                                       .take_surrogates = true};
    struct stk_value value;
    struct stk_value other;
    struct stk_json_error error;
    stk_arena_init(&arena, &stk_alloc_libc, (size_t)1 << 30);
    enum stk_status status = stk_json_decode(&arena, text, &strict, &value, &error);
    enum stk_status second = stk_json_decode(&arena, text, &lenient, &other, &error);
    if (status == STK_OK) {
        bool gave_up = false;
        require(second == STK_OK);
        require(stk_value_equal(value, other, &gave_up) || gave_up);
        check_value(value, len, 0);
    } else if (second == STK_OK) {
        check_value(other, len, 0);
    } else {
        check_error(&arena, text, &lenient, second, error);
    }
    stk_arena_release(&arena);
    return 0;
}
