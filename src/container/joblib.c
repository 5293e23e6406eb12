/* SPDX-License-Identifier: Apache-2.0
 *
 * joblib.dump without compression: a pickle in which each array is a NumpyArrayWrapper
 * object followed, in the middle of the stream, by the array's bytes
 * (joblib/numpy_pickle.py). Such a file has no mark but the module's name in the stream.
 */
#include "container/formats.h"
#include "container/reader.h"

/* How far into a stream the first wrapper is looked for: what comes before it are the
 * attributes of the objects around it, such as a vocabulary. */
#define SEARCH_MAX ((uint64_t)1 << 20)

static bool begins_stream(struct stk_span head)
{
    return head.len >= 2 && head.data[0] == 0x80 && head.data[1] <= 5;
}

/* Protocols 0 and 1 begin with any opcode; then the name must be near. */
static bool is_joblib(const struct stk_source *source, struct stk_span head)
{
    static const char *const names[] = {"joblib.numpy_pickle"};
    uint32_t found = 0;
    uint64_t most = begins_stream(head) ? SEARCH_MAX : STK_READER_WINDOW;
    bool texty = head.len > 0 && (head.data[0] == '(' || head.data[0] == ']' ||
                                  head.data[0] == '}' || head.data[0] == 'c');
    return (begins_stream(head) || texty) &&
           stk_search(source, most, names, 1, &found) == STK_OK && found == 1;
}

static enum stk_status walk(const struct stk_source *source,
                            const struct stk_visitor *visitor)
{
    struct stk_part part = {
        .source = *source,
        .role = STK_ROLE_JOBLIB,
        .in_file = true,
    };
    return visitor->part(visitor->ctx, &part);
}

const struct stk_format stk_format_joblib = {"joblib", "joblib, uncompressed", is_joblib,
                                             walk};
