/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages by descriptors, and descriptors. What must hold: what the strict decoder
 * takes, the lenient one takes; what is read is written, and read again as what is
 * written in the same bytes; an error lies within the message; a damaged set compiles or
 * is refused.
 */
#include <stdlib.h>
#include <string.h>

#include "../tests/unit/wire/protobuf_set.h"
#include "wire/protobuf.h"

static void require(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void write_once(struct stk_value value, const struct stk_protobuf_type *type,
                       const struct stk_protobuf_options *options, struct stk_buf *out)
{
    struct stk_protobuf_writer writer;
    struct stk_protobuf_error error = {0, NULL, ""};
    stk_protobuf_writer_init(&writer, &stk_alloc_libc);
    require(stk_protobuf_write(&writer, value, type, options, out, &error) == STK_OK);
    stk_protobuf_writer_release(&writer);
}

static bool read_and_write(struct stk_span message, const struct stk_protobuf_type *type,
                           const struct stk_protobuf_options *options)
{
    struct stk_arena arena;
    struct stk_value value;
    struct stk_buf once;
    struct stk_buf twice;
    struct stk_protobuf_error error = {UINT64_MAX, NULL, ""};
    stk_arena_init(&arena, &stk_alloc_libc, (size_t)1 << 30);
    stk_buf_init(&once, &stk_alloc_libc, (size_t)1 << 30);
    stk_buf_init(&twice, &stk_alloc_libc, (size_t)1 << 30);
    enum stk_status status =
        stk_protobuf_decode(&arena, message, type, options, &value, &error);
    if (status == STK_OK) {
        write_once(value, type, options, &once);
        status = stk_protobuf_decode(&arena, stk_buf_span(&once), type, options, &value,
                                     &error);
        require(status == STK_OK);
        write_once(value, type, options, &twice);
        require(stk_span_equal(stk_buf_span(&once), stk_buf_span(&twice)));
    } else {
        require(error.off <= message.len && error.reason != NULL);
    }
    stk_buf_release(&once);
    stk_buf_release(&twice);
    stk_arena_release(&arena);
    return status == STK_OK;
}

static void by_schema(struct stk_protobuf_schema *schema, struct stk_span message,
                      const char *name)
{
    struct stk_protobuf_options strict = STK_PROTOBUF_OPTIONS_DEFAULT;
    struct stk_protobuf_options lenient = {.depth_max = STK_PROTOBUF_DEPTH_MAX,
                                           .json_names = true,
                                           .take_duplicates = true,
                                           .take_unknown = true,
                                           .take_numbers = true};
    const struct stk_protobuf_type *type =
        stk_protobuf_type(schema, stk_span_of(name, strlen(name)));
    if (type != NULL) {
        bool by_strict = read_and_write(message, type, &strict);
        bool by_lenient = read_and_write(message, type, &lenient);
        require(!by_strict || by_lenient);
    }
}

static void compile(struct stk_span set, struct stk_span message)
{
    struct stk_protobuf_schema *schema = NULL;
    struct stk_protobuf_error error = {UINT64_MAX, NULL, ""};
    enum stk_status status =
        stk_protobuf_schema_new(&stk_alloc_libc, set, (size_t)1 << 28, &schema, &error);
    if (status == STK_OK) {
        by_schema(schema, message, "t.M");
        by_schema(schema, message, "two.R");
        stk_protobuf_schema_free(schema);
    } else {
        require(error.off <= set.len && error.reason != NULL);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct stk_span input = stk_span_of(data, len);
    compile(stk_span_of(sample_set, sizeof sample_set), input);
    compile(input, stk_span_of(data, len < 64 ? len : 64));
    return 0;
}
