/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/message.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmd/console.h"
#include "pickle/opcode.h"
#include "wire/json.h"
#include "wire/json_tags.h"
#include "wire/msgpack.h"

const char *stk_wire_name(enum stk_wire wire)
{
    static const char *const names[] = {
        [STK_WIRE_AUTO] = "auto",
        [STK_WIRE_PICKLE] = "pickle",
        [STK_WIRE_JSON] = "json",
        [STK_WIRE_MSGPACK] = "msgpack",
    };
    return names[wire];
}

void stk_messages_init(struct stk_messages *m, uint64_t memory_max)
{
    *m = (struct stk_messages){.memory_max = memory_max};
    m->limits = (struct stk_limits)STK_LIMITS_DEFAULT;
    stk_filesource_init(&m->file, memory_max);
    stk_arena_init(&m->arena, &stk_alloc_libc, (size_t)memory_max);
    stk_pickle_writer_init(&m->writer, &stk_alloc_libc);
}

void stk_messages_release(struct stk_messages *m)
{
    stk_pickle_writer_release(&m->writer);
    stk_decoder_free(m->decoder);
    stk_decoder_free(m->nested);
    stk_arena_release(&m->arena);
    stk_filesource_release(&m->file);
}

/* All bytes of the file that is open, in the arena where they are not in memory yet. */
static enum stk_status load(struct stk_messages *m, struct stk_span *ret_bytes)
{
    const struct stk_source *source = &m->file.source;
    if (source->mem != NULL) {
        *ret_bytes = stk_span_of(source->mem, (size_t)source->size);
        return STK_OK;
    }
    if (source->size > m->memory_max) {
        return STK_E_LIMIT;
    }
    uint8_t *copy = stk_arena_alloc(&m->arena, (size_t)source->size);
    *ret_bytes = stk_span_of(copy, (size_t)source->size);
    return copy == NULL ? STK_E_NOMEM
                        : stk_source_read(source, 0, copy, (size_t)source->size);
}

/* JSON begins with white space or one of these; no opcode that a stream can begin with
 * does. */
static bool looks_like_json(struct stk_span bytes)
{
    size_t i = 0;
    while (i < bytes.len && strchr(" \t\r\n", bytes.data[i]) != NULL &&
           bytes.data[i] != 0) {
        i++;
    }
    return i < bytes.len && bytes.data[i] != 0 &&
           strchr("{[\"-0123456789tfn", bytes.data[i]) != NULL;
}

/* PROTO and a protocol; or an opcode that a stream of protocol 0 or 1 begins with. */
static bool looks_like_pickle(struct stk_span bytes)
{
    if (bytes.len > 1 && bytes.data[0] == STK_OP_PROTO) {
        return bytes.data[1] <= 5;
    }
    return bytes.len > 0 && bytes.data[0] != 0 &&
           strchr("(])}cIFGKJMLNSTUVXP", bytes.data[0]) != NULL;
}

static enum stk_wire recognise(struct stk_span bytes)
{
    if (looks_like_json(bytes)) {
        return STK_WIRE_JSON;
    }
    return looks_like_pickle(bytes) ? STK_WIRE_PICKLE : STK_WIRE_MSGPACK;
}

__attribute__((format(printf, 3, 4))) static void refuse(struct stk_message *message,
                                                         uint64_t off, const char *format,
                                                         ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message->error.reason, sizeof message->error.reason, format, args);
    va_end(args);
    message->refused = true;
    message->error.verdict = STK_VERDICT_UNDECIDED;
    message->error.off = off;
}

/* What the bytes are to blame for. */
static enum stk_status take(struct stk_message *message, enum stk_status status,
                            uint64_t off, const char *reason)
{
    if (status != STK_OK && !stk_status_is_environment(status)) {
        refuse(message, off, "%s", reason);
        return STK_OK;
    }
    return status;
}

static enum stk_status decode_bytes(struct stk_messages *m, struct stk_span bytes,
                                    struct stk_message *message)
{
    size_t end = 0;
    if (m->decoder == NULL) {
        STK_TRY(stk_decoder_new(&stk_alloc_libc, &m->limits, &m->decoder));
    }
    enum stk_status status = stk_decode_pickle(m->decoder, &m->arena, bytes, &m->decode,
                                               &message->value, &end, &message->error);
    message->refused = status == STK_E_MALFORMED;
    return status == STK_E_MALFORMED ? STK_OK : status;
}

/* A graph that a text has made up: nothing in it is taken at its word. */
static enum stk_status vet(struct stk_messages *m, struct stk_message *message)
{
    struct stk_write_error error = {0};
    struct stk_buf stream;
    stk_buf_init(&stream, &stk_alloc_libc, (size_t)m->memory_max);
    enum stk_status status =
        stk_pickle_write(&m->writer, message->value, 5, &stream, &error);
    uint8_t *copy = stk_arena_alloc(&m->arena, stream.len);
    if (status == STK_OK && copy == NULL) {
        status = STK_E_NOMEM;
    }
    if (status == STK_OK) {
        stk_copy(copy, stream.data, stream.len);
        status = decode_bytes(m, stk_span_of(copy, stream.len), message);
    } else {
        status = take(message, status, error.off, error.reason);
    }
    stk_buf_release(&stream);
    return status;
}

static enum stk_status decode_json(struct stk_messages *m, struct stk_message *message)
{
    struct stk_json_options options = STK_JSON_OPTIONS_DEFAULT;
    struct stk_json_restore_options restore = {.complete = NULL};
    struct stk_json_error error = {0};
    struct stk_value decoded;
    options.take_surrogates = m->tags;
    enum stk_status status =
        stk_json_decode(&m->arena, message->bytes, &options, &decoded, &error);
    if (status == STK_OK && m->tags) {
        status = stk_json_restore(&m->arena, decoded, &restore, &message->value, &error);
    } else {
        message->value = decoded;
    }
    STK_TRY(take(message, status, error.off, error.reason));
    return message->refused || !m->tags ? STK_OK : vet(m, message);
}

static enum stk_status decode_msgpack(struct stk_messages *m, struct stk_message *message)
{
    struct stk_msgpack_options options = STK_MSGPACK_OPTIONS_DEFAULT;
    struct stk_msgpack_error error = {0};
    options.take_tags = m->tags;
    options.take_surrogates = m->tags;
    enum stk_status status =
        stk_msgpack_decode(&m->arena, message->bytes, &options, &message->value, &error);
    STK_TRY(take(message, status, error.off, error.reason));
    return message->refused || !m->tags ? STK_OK : vet(m, message);
}

static enum stk_status decode(struct stk_messages *m, enum stk_wire wire,
                              struct stk_message *message)
{
    message->wire = wire == STK_WIRE_AUTO ? recognise(message->bytes) : wire;
    switch (message->wire) {
    case STK_WIRE_JSON:
        return decode_json(m, message);
    case STK_WIRE_MSGPACK:
        return decode_msgpack(m, message);
    case STK_WIRE_PICKLE:
    case STK_WIRE_AUTO:
    case STK_WIRES:
        break;
    }
    return decode_bytes(m, message->bytes, message);
}

enum stk_status stk_messages_read(struct stk_messages *m, const char *path,
                                  enum stk_wire wire, struct stk_message *ret_message)
{
    *ret_message = (struct stk_message){.wire = wire};
    stk_filesource_close(&m->file);
    stk_arena_clear(&m->arena);
    enum stk_status status = stk_filesource_open(&m->file, AT_FDCWD, path);
    if (status == STK_OK) {
        status = load(m, &ret_message->bytes);
    }
    if (status == STK_E_LIMIT) {
        refuse(ret_message, 0, "longer than --memory-max");
        return STK_OK;
    }
    if (status == STK_OK) {
        status = decode(m, wire, ret_message);
    }
    if (status != STK_OK) {
        stk_complain(path == NULL ? "-" : path, stk_filesource_text(&m->file, status));
    }
    return status;
}

enum stk_status stk_messages_unpickle(void *ctx, struct stk_arena *arena,
                                      struct stk_span bytes, struct stk_value *ret_value,
                                      const char **ret_reason)
{
    struct stk_messages *m = ctx;
    size_t end = 0;
    if (m->nested == NULL) {
        STK_TRY(stk_decoder_new(&stk_alloc_libc, &m->limits, &m->nested));
    }
    *ret_reason = m->nested_error.reason;
    return stk_decode_pickle(m->nested, arena, bytes, &m->decode, ret_value, &end,
                             &m->nested_error);
}
