/* SPDX-License-Identifier: Apache-2.0
 *
 * MessagePack, read with and without our own ext types. What must hold: what the strict
 * decoder takes, the others take as well; what is read is written, and read again as what
 * is written in the same bytes; the plain form has no ext types but timestamps; an error
 * lies within the message.
 */
#include <stdlib.h>

#include "base/utf8.h"
#include "wire/msgpack.h"

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

struct pair {
    struct stk_buf once;
    struct stk_buf twice;
};

/* read -> write -> read -> write. */
static void round_trip(struct stk_msgpack_writer *writer, struct stk_value value,
                       struct stk_msgpack_options options, struct pair *pair)
{
    struct stk_arena arena;
    struct stk_value again;
    struct stk_msgpack_error error = {0, ""};
    stk_arena_init(&arena, &stk_alloc_libc, (size_t)1 << 30);
    options.take_tags = true;
    options.depth_max = UINT32_MAX;
    require(stk_msgpack_write(writer, value, &pair->once, &error) == STK_OK);
    struct stk_span message = stk_buf_span(&pair->once);
    require(stk_msgpack_decode(&arena, message, &options, &again, &error) == STK_OK);
    require(stk_msgpack_write(writer, again, &pair->twice, &error) == STK_OK);
    require(stk_span_equal(stk_buf_span(&pair->once), stk_buf_span(&pair->twice)));
    stk_arena_release(&arena);
}

/* For other tools: our strict decoder is one of them. */
static void plain_form(struct stk_msgpack_writer *writer, struct stk_value value)
{
    struct stk_arena arena;
    struct stk_buf out;
    struct stk_value again;
    struct stk_msgpack_losses losses;
    struct stk_msgpack_error error = {0, ""};
    struct stk_msgpack_options options = {.depth_max = UINT32_MAX};
    stk_buf_init(&out, &stk_alloc_libc, (size_t)1 << 24);
    stk_arena_init(&arena, &stk_alloc_libc, (size_t)1 << 30);
    if (stk_msgpack_write_plain(writer, value, 1 << 20, &out, &losses, &error) ==
        STK_OK) {
        require(stk_msgpack_decode(&arena, stk_buf_span(&out), &options, &again,
                                   &error) == STK_OK);
    } else {
        require(error.reason != NULL && out.len == 0);
    }
    stk_arena_release(&arena);
    stk_buf_release(&out);
}

static void read_and_write(struct stk_span message,
                           const struct stk_msgpack_options *options, bool *ret_taken)
{
    struct stk_arena arena;
    struct stk_value value;
    struct stk_msgpack_error error = {UINT64_MAX, NULL};
    struct stk_msgpack_writer writer;
    struct pair pair;
    stk_arena_init(&arena, &stk_alloc_libc, (size_t)1 << 30);
    stk_msgpack_writer_init(&writer, &stk_alloc_libc);
    stk_buf_init(&pair.once, &stk_alloc_libc, (size_t)1 << 30);
    stk_buf_init(&pair.twice, &stk_alloc_libc, (size_t)1 << 30);
    enum stk_status status = stk_msgpack_decode(&arena, message, options, &value, &error);
    *ret_taken = status == STK_OK;
    if (*ret_taken) {
        round_trip(&writer, value, *options, &pair);
        plain_form(&writer, value);
    } else {
        require(error.off <= message.len && error.reason != NULL);
    }
    stk_buf_release(&pair.once);
    stk_buf_release(&pair.twice);
    stk_msgpack_writer_release(&writer);
    stk_arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const int8_t codes[] = {1, 2, 3};
    struct stk_span message = stk_span_of(data, len);
    struct stk_msgpack_options strict = STK_MSGPACK_OPTIONS_DEFAULT;
    struct stk_msgpack_options tags = {.depth_max = STK_MSGPACK_DEPTH_MAX,
                                       .take_tags = true};
    struct stk_msgpack_options lenient = {.depth_max = STK_MSGPACK_DEPTH_MAX,
                                          .take_duplicates = true,
                                          .take_surrogates = true,
                                          .take_raw = true,
                                          .take_tags = true,
                                          .bytes_codes = codes,
                                          .n_bytes_codes = 3};
    bool by_strict = false;
    bool by_tags = false;
    bool by_lenient = false;
    read_and_write(message, &strict, &by_strict);
    read_and_write(message, &tags, &by_tags);
    read_and_write(message, &lenient, &by_lenient);
    require(!by_strict || by_tags);
    require(!by_tags || by_lenient);
    return 0;
}
