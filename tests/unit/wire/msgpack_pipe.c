/* SPDX-License-Identifier: Apache-2.0
 *
 * msgpack-pipe: what tests/py/test_msgpack.py holds against Python's msgpack. Reads
 * messages from stdin, each behind its length (32 bits, big-endian), and answers each
 * with a status and a length (the same) and the message written again, in the form for
 * other tools, or the offset of the error in decimal.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "wire/msgpack.h"

static void put_number(uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        putchar((int)(number >> shift & 0xff));
    }
}

static void answer(enum stk_status status, struct stk_span bytes)
{
    put_number((uint32_t)status);
    put_number((uint32_t)bytes.len);
    fwrite(bytes.data, 1, bytes.len, stdout);
}

static void answer_error(enum stk_status status, struct stk_msgpack_error error)
{
    char text[32];
    int len = snprintf(text, sizeof text, "%llu", (unsigned long long)error.off);
    answer(status, stk_span_of(text, (size_t)len));
}

static void serve(struct stk_span message)
{
    struct stk_arena arena;
    struct stk_buf out;
    struct stk_value value;
    struct stk_msgpack_writer writer;
    struct stk_msgpack_losses losses;
    struct stk_msgpack_error error = {0, ""};
    struct stk_msgpack_options options = STK_MSGPACK_OPTIONS_DEFAULT;
    stk_arena_init(&arena, &stk_alloc_libc, (size_t)1 << 30);
    stk_buf_init(&out, &stk_alloc_libc, (size_t)1 << 30);
    stk_msgpack_writer_init(&writer, &stk_alloc_libc);
    enum stk_status status =
        stk_msgpack_decode(&arena, message, &options, &value, &error);
    if (status == STK_OK) {
        status = stk_msgpack_write_plain(&writer, value, STK_MSGPACK_AGAIN_MAX, &out,
                                         &losses, &error);
    }
    if (status == STK_OK) {
        answer(status, stk_buf_span(&out));
    } else {
        answer_error(status, error);
    }
    stk_msgpack_writer_release(&writer);
    stk_buf_release(&out);
    stk_arena_release(&arena);
}

int main(void)
{
    uint8_t head[4];
    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        size_t len = stk_be32(head);
        uint8_t *bytes = malloc(len > 0 ? len : 1);
        if (bytes == NULL || fread(bytes, 1, len, stdin) != len) {
            fputs("msgpack-pipe: a message that is not there\n", stderr);
            free(bytes);
            return 1;
        }
        serve(stk_span_of(bytes, len));
        free(bytes);
    }
    return 0;
}
