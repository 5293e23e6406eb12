/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages in files: which wire they are in, and the values that they carry.
 */
#pragma once

#include "cmd/filesource.h"
#include "decode/decode.h"
#include "pickle/write.h"

/* In the order of STK_OPTION_WIRE. */
enum stk_wire {
    STK_WIRE_AUTO,
    STK_WIRE_PICKLE,
    STK_WIRE_JSON,
    STK_WIRE_MSGPACK,
    STK_WIRES,
};

#define STK_OPTION_WIRE(name_, at, help_)                                                \
    {                                                                                    \
        .name = (name_), .kind = STK_OPTION_CHOICE, .field = (at), .arg = "WIRE",        \
        .choices = "auto|pickle|json|msgpack", .fallback = "auto", .help = (help_)       \
    }

const char *stk_wire_name(enum stk_wire wire);

/* Reads message after message; what one has led to is good until the next. A graph that
 * came in tags is held to what a stream is held to: it is written as one and decoded. */
struct stk_messages {
    struct stk_limits limits;
    uint64_t memory_max;
    struct stk_decode_options decode; /* grants */
    bool tags; /* JSON and msgpack may carry what they lack in our tags */
    struct stk_filesource file;
    struct stk_arena arena;
    struct stk_decoder *decoder; /* made when it is needed */
    struct stk_pickle_writer writer;
    struct stk_decoder *nested; /* the same */
    struct stk_decode_error nested_error;
};

void stk_messages_init(struct stk_messages *messages, uint64_t memory_max);
void stk_messages_release(struct stk_messages *messages);

struct stk_message {
    enum stk_wire wire; /* as it was recognised */
    struct stk_span bytes;
    struct stk_value value;
    bool refused; /* no value: error says why */
    struct stk_decode_error error;
};

/* For `nested`: ctx is the messages. */
enum stk_status stk_messages_unpickle(void *ctx, struct stk_arena *arena,
                                      struct stk_span bytes, struct stk_value *ret_value,
                                      const char **ret_reason);

/* Reads and decodes the message in a file; NULL: standard input. A failure of the
 * environment is complained about and returned; anything else is in *ret_message. */
STK_MUST_USE enum stk_status stk_messages_read(struct stk_messages *messages,
                                               const char *path, enum stk_wire wire,
                                               struct stk_message *ret_message);
