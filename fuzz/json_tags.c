/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON texts, written again as they are, restored as graphs and written as such. What
 * must hold: what was decoded is written as an equal value; what was restored is written,
 * and the text restores as the same text; the plain projection of it is JSON that the
 * strict decoder takes. An error lies within the text.
 */
#include <stdlib.h>

#include "wire/json_plain.h"
#include "wire/json_tags.h"

#define DEEP 3000 /* a text that is written may be deeper than the one that was read */
#define TEXT_MAX ((size_t)1 << 24)

static const struct stk_json_write_options deep = {.depth_max = DEEP,
                                                   .digits_max = STK_JSON_DIGITS_MAX};

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

/* false: some limit was reached. */
static bool decode(struct stk_arena *arena, const struct stk_buf *text,
                   struct stk_value *ret_value)
{
    struct stk_json_options read = {.depth_max = DEEP, .take_surrogates = true};
    struct stk_json_error error;
    enum stk_status status =
        stk_json_decode(arena, stk_buf_span(text), &read, ret_value, &error);
    require(status == STK_OK || status == STK_E_LIMIT);
    return status == STK_OK;
}

/* Pretty or not, by a bit of the text. */
static void check_write(struct stk_arena *arena, struct stk_value value, uint8_t bits)
{
    struct stk_json_write_options options = deep;
    struct stk_json_error error;
    struct stk_value back;
    struct stk_buf out;
    bool gave_up = false;
    options.indent = bits & 1;
    options.ascii = (bits & 2) != 0;
    stk_buf_init(&out, &stk_alloc_libc, TEXT_MAX);
    enum stk_status status = stk_json_write(&out, value, &options, &error);
    require(status == STK_OK || status == STK_E_LIMIT);
    if (status == STK_OK && decode(arena, &out, &back)) {
        require(stk_value_equal(value, back, &gave_up) || gave_up);
    }
    stk_buf_release(&out);
}

static void check_plain(struct stk_arena *arena, struct stk_value graph)
{
    struct stk_json_plain_options options = STK_JSON_PLAIN_OPTIONS_DEFAULT;
    struct stk_json_options strict = {.depth_max = DEEP};
    struct stk_json_lost lost;
    struct stk_json_error error;
    struct stk_value value;
    struct stk_buf out;
    options.copied_max = 1 << 16;
    stk_buf_init(&out, &stk_alloc_libc, TEXT_MAX);
    enum stk_status status =
        stk_json_write_plain(&out, arena, graph, &options, &lost, &error);
    if (status == STK_OK) {
        status = stk_json_decode(arena, stk_buf_span(&out), &strict, &value, &error);
        require(status == STK_OK || status == STK_E_LIMIT);
        for (int i = 0; i < STK_JSON_LOSSES; i++) {
            require((lost.list[i].count > 0) == (lost.list[i].first != NULL));
        }
    }
    stk_buf_release(&out);
}

/* Restores a value of `len` bytes of text and writes the graph; false: refused. */
static bool restore_and_write(struct stk_arena *arena, struct stk_value *value,
                              size_t len, struct stk_buf *out)
{
    struct stk_json_restore_options no_questions = {NULL, NULL};
    struct stk_json_error error = {0, NULL};
    enum stk_status status =
        stk_json_restore(arena, *value, &no_questions, value, &error);
    if (status != STK_OK) {
        require(error.reason != NULL && error.off < len);
        return false;
    }
    status = stk_json_write_tagged(out, *value, &deep, &error);
    require(status == STK_OK || status == STK_E_LIMIT);
    return status == STK_OK;
}

static void check_graph(struct stk_arena *arena, struct stk_value value, size_t len)
{
    struct stk_buf first;
    struct stk_buf second;
    stk_buf_init(&first, &stk_alloc_libc, TEXT_MAX);
    stk_buf_init(&second, &stk_alloc_libc, TEXT_MAX);
    if (restore_and_write(arena, &value, len, &first)) {
        check_plain(arena, value);
        if (decode(arena, &first, &value)) {
            require(restore_and_write(arena, &value, first.len, &second));
            require(stk_span_equal(stk_buf_span(&first), stk_buf_span(&second)));
        }
    }
    stk_buf_release(&first);
    stk_buf_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct stk_arena arena;
    struct stk_json_options read = {.depth_max = STK_JSON_DEPTH_MAX,
                                    .take_surrogates = true};
    struct stk_value value;
    struct stk_json_error error;
    stk_arena_init(&arena, &stk_alloc_libc, (size_t)1 << 30);
    if (stk_json_decode(&arena, stk_span_of(data, len), &read, &value, &error) ==
        STK_OK) {
        check_write(&arena, value, data[len - 1] ^ (uint8_t)len);
        check_graph(&arena, value, len);
    }
    stk_arena_release(&arena);
    return 0;
}
