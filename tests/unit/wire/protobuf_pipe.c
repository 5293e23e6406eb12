/* SPDX-License-Identifier: Apache-2.0
 *
 * protobuf-pipe [OPTION...] SET TYPE: what tests/py/test_protobuf.py holds against
 * Python's protobuf. Reads messages from stdin, each behind its length (32 bits,
 * big-endian), and answers each with a status and two lengths (the same), the message
 * written again and its values as MessagePack, or the reason of the error and nothing.
 * With `bench N` as options, decodes and writes the first message N times and prints
 * MB/s.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "wire/msgpack.h"
#include "wire/protobuf.h"

struct pipe {
    const struct stk_protobuf_type *type;
    struct stk_protobuf_options options;
    struct stk_protobuf_writer writer;
    struct stk_msgpack_writer values;
};

static void put_number(uint32_t number)
{
    for (int shift = 24; shift >= 0; shift -= 8) {
        putchar((int)(number >> shift & 0xff));
    }
}

static void answer(enum stk_status status, struct stk_span message,
                   struct stk_span values)
{
    put_number((uint32_t)status);
    put_number((uint32_t)message.len);
    put_number((uint32_t)values.len);
    if (message.len > 0) {
        fwrite(message.data, 1, message.len, stdout);
    }
    if (values.len > 0) {
        fwrite(values.data, 1, values.len, stdout);
    }
}

static enum stk_status convert(struct pipe *p, struct stk_value value,
                               struct stk_buf *message, struct stk_buf *values,
                               struct stk_protobuf_error *error)
{
    struct stk_msgpack_losses losses;
    struct stk_msgpack_error lost = {0, ""};
    STK_TRY(stk_protobuf_write(&p->writer, value, p->type, &p->options, message, error));
    return stk_msgpack_write_plain(&p->values, value, STK_MSGPACK_AGAIN_MAX, values,
                                   &losses, &lost);
}

static void serve(struct pipe *p, struct stk_span bytes)
{
    struct stk_arena arena;
    struct stk_buf message;
    struct stk_buf values;
    struct stk_value value;
    struct stk_protobuf_error error = {0, "", ""};
    stk_arena_init(&arena, &stk_alloc_libc, (size_t)1 << 30);
    stk_buf_init(&message, &stk_alloc_libc, (size_t)1 << 30);
    stk_buf_init(&values, &stk_alloc_libc, (size_t)1 << 30);
    enum stk_status status =
        stk_protobuf_decode(&arena, bytes, p->type, &p->options, &value, &error);
    if (status == STK_OK) {
        status = convert(p, value, &message, &values, &error);
    }
    if (status == STK_OK) {
        answer(status, stk_buf_span(&message), stk_buf_span(&values));
    } else {
        answer(status, stk_span_of(error.reason, strlen(error.reason)),
               stk_span_of("", 0));
    }
    stk_buf_release(&message);
    stk_buf_release(&values);
    stk_arena_release(&arena);
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void bench(struct pipe *p, struct stk_span bytes, unsigned long rounds)
{
    struct stk_arena arena;
    struct stk_buf out;
    struct stk_value value = stk_value_none(0);
    struct stk_protobuf_error error = {0, "", ""};
    stk_arena_init(&arena, &stk_alloc_libc, (size_t)1 << 30);
    stk_buf_init(&out, &stk_alloc_libc, (size_t)1 << 30);
    double begin = seconds();
    for (unsigned long i = 0; i < rounds; i++) {
        stk_arena_clear(&arena);
        if (stk_protobuf_decode(&arena, bytes, p->type, &p->options, &value, &error) !=
            STK_OK) {
            puts(error.reason);
            return;
        }
    }
    double middle = seconds();
    for (unsigned long i = 0; i < rounds; i++) {
        stk_buf_clear(&out);
        if (stk_protobuf_write(&p->writer, value, p->type, &p->options, &out, &error) !=
            STK_OK) {
            puts(error.reason);
            return;
        }
    }
    double mb = (double)bytes.len * (double)rounds / 1e6;
    printf("decode %.0f MB/s, write %.0f MB/s\n", mb / (middle - begin),
           mb / (seconds() - middle));
    stk_arena_release(&arena);
    stk_buf_release(&out);
}

static uint8_t *read_file(const char *path, size_t *ret_len)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc((size_t)1 << 22);
    if (file == NULL || bytes == NULL) {
        exit(2);
    }
    *ret_len = fread(bytes, 1, (size_t)1 << 22, file);
    fclose(file);
    return bytes;
}

static unsigned long take_options(struct pipe *p, int argc, char **argv)
{
    unsigned long rounds = 0;
    for (int i = 1; i < argc - 2; i++) {
        p->options.json_names |= strcmp(argv[i], "json") == 0;
        p->options.take_duplicates |= strcmp(argv[i], "duplicates") == 0;
        p->options.take_unknown |= strcmp(argv[i], "unknown") == 0;
        p->options.take_numbers |= strcmp(argv[i], "numbers") == 0;
        if (strcmp(argv[i], "bench") == 0) {
            rounds = strtoul(argv[i + 1], NULL, 10);
        }
    }
    return rounds;
}

static int serve_all(struct pipe *p, unsigned long rounds)
{
    uint8_t head[4];
    while (fread(head, 1, sizeof head, stdin) == sizeof head) {
        size_t len = stk_be32(head);
        uint8_t *bytes = malloc(len > 0 ? len : 1);
        if (bytes == NULL || fread(bytes, 1, len, stdin) != len) {
            fputs("protobuf-pipe: a message that is not there\n", stderr);
            free(bytes);
            return 1;
        }
        if (rounds > 0) {
            bench(p, stk_span_of(bytes, len), rounds);
        } else {
            serve(p, stk_span_of(bytes, len));
        }
        free(bytes);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct stk_protobuf_schema *schema = NULL;
    struct stk_protobuf_error error = {0, "", ""};
    struct pipe p = {.options = STK_PROTOBUF_OPTIONS_DEFAULT};
    size_t len = 0;
    if (argc < 3) {
        return 2;
    }
    uint8_t *set = read_file(argv[argc - 2], &len);
    enum stk_status status = stk_protobuf_schema_new(
        &stk_alloc_libc, stk_span_of(set, len), (size_t)1 << 28, &schema, &error);
    free(set);
    if (status != STK_OK) {
        printf("%d %s: %s\n", (int)status, error.path, error.reason);
        return 3;
    }
    p.type =
        stk_protobuf_type(schema, stk_span_of(argv[argc - 1], strlen(argv[argc - 1])));
    if (p.type == NULL) {
        stk_protobuf_schema_free(schema);
        return 4;
    }
    stk_protobuf_writer_init(&p.writer, &stk_alloc_libc);
    stk_msgpack_writer_init(&p.values, &stk_alloc_libc);
    int code = serve_all(&p, take_options(&p, argc, argv));
    stk_protobuf_writer_release(&p.writer);
    stk_msgpack_writer_release(&p.values);
    stk_protobuf_schema_free(schema);
    return code;
}
