/* SPDX-License-Identifier: Apache-2.0
 *
 * json-pipe: what tests/py/test_json_write.py holds against Python's json. Reads texts
 * from stdin, each behind its length (32 bits, big-endian), the spaces to indent by and
 * whether to write ASCII (a byte each), and answers with a length and the text written
 * again; a length of 0 is a refusal.
 */
#include <stdio.h>
#include <stdlib.h>

#include "wire/json_write.h"

static void serve(struct stk_span text, uint8_t indent, bool ascii)
{
    struct stk_arena arena;
    struct stk_buf out;
    struct stk_value value;
    struct stk_json_error error;
    struct stk_json_options read = {.depth_max = STK_JSON_DEPTH_MAX,
                                    .take_surrogates = true};
    struct stk_json_write_options write = STK_JSON_WRITE_OPTIONS_DEFAULT;
    write.indent = indent;
    write.ascii = ascii;
    stk_arena_init(&arena, &stk_alloc_libc, (size_t)1 << 30);
    stk_buf_init(&out, &stk_alloc_libc, (size_t)1 << 30);
    if (stk_json_decode(&arena, text, &read, &value, &error) == STK_OK &&
        stk_json_write(&out, value, &write, &error) != STK_OK) {
        stk_buf_clear(&out);
    }
    for (int shift = 24; shift >= 0; shift -= 8) {
        putchar((int)(out.len >> shift & 0xff));
    }
    if (out.len > 0) {
        fwrite(out.data, 1, out.len, stdout);
    }
    stk_buf_release(&out);
    stk_arena_release(&arena);
}

int main(void)
{
    uint8_t head[6];
    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        size_t len = stk_be32(head);
        uint8_t *bytes = malloc(len > 0 ? len : 1);
        if (bytes == NULL || fread(bytes, 1, len, stdin) != len) {
            fputs("json-pipe: a text that is not there\n", stderr);
            free(bytes);
            return 1;
        }
        serve(stk_span_of(bytes, len), head[4], head[5] != 0);
        free(bytes);
    }
    return 0;
}
