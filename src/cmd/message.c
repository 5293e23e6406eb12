/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/message.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cmd/console.h"
#include "wire/json.h"

const char *stk_wire_name(enum stk_wire wire)
{
    static const char *const names[] = {
        [STK_WIRE_AUTO] = "auto",
        [STK_WIRE_PICKLE] = "pickle",
        [STK_WIRE_JSON] = "json",
    };
    return names[wire];
}

void stk_messages_init(struct stk_messages *m, uint64_t memory_max)
{
    *m = (struct stk_messages){.memory_max = memory_max};
    m->limits = (struct stk_limits)STK_LIMITS_DEFAULT;
    stk_filesource_init(&m->file, memory_max);
    stk_arena_init(&m->arena, &stk_alloc_libc, (size_t)memory_max);
}

void stk_messages_release(struct stk_messages *m)
{
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

static enum stk_wire recognise(struct stk_span bytes)
{
    return looks_like_json(bytes) ? STK_WIRE_JSON : STK_WIRE_PICKLE;
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

static enum stk_status decode_json(struct stk_messages *m, struct stk_message *message)
{
    struct stk_json_options options = STK_JSON_OPTIONS_DEFAULT;
    struct stk_json_error error = {0};
    enum stk_status status =
        stk_json_decode(&m->arena, message->bytes, &options, &message->value, &error);
    if (status != STK_OK && !stk_status_is_environment(status)) {
        refuse(message, error.off, "%s", error.reason);
        return STK_OK;
    }
    return status;
}

static enum stk_status decode_pickle(struct stk_messages *m, struct stk_message *message)
{
    size_t end = 0;
    if (m->decoder == NULL) {
        STK_TRY(stk_decoder_new(&stk_alloc_libc, &m->limits, &m->decoder));
    }
    enum stk_status status =
        stk_decode_pickle(m->decoder, &m->arena, message->bytes, &m->decode,
                          &message->value, &end, &message->error);
    message->refused = status == STK_E_MALFORMED;
    return status == STK_E_MALFORMED ? STK_OK : status;
}

static enum stk_status decode(struct stk_messages *m, enum stk_wire wire,
                              struct stk_message *message)
{
    message->wire = wire == STK_WIRE_AUTO ? recognise(message->bytes) : wire;
    return message->wire == STK_WIRE_JSON ? decode_json(m, message)
                                          : decode_pickle(m, message);
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
