/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks the fields of Protocol Buffers messages in a source, without a schema and without
 * copies (protobuf.dev, Encoding). Groups, which no format here uses, are malformed.
 */
#pragma once

#include "container/reader.h"

enum stk_pb_wire {
    STK_PB_VARINT = 0,
    STK_PB_FIXED64 = 1,
    STK_PB_BYTES = 2,
    STK_PB_FIXED32 = 5,
};

/* A message, or a field of one that holds another. */
struct stk_pb {
    struct stk_reader *reader; /* shared by the messages inside each other */
    uint64_t next;             /* of the next field */
    uint64_t end;
};

struct stk_pb_field {
    uint64_t number;
    uint64_t wire;  /* enum stk_pb_wire */
    uint64_t value; /* of a varint */
    uint64_t off;   /* of the contents, for STK_PB_BYTES */
    uint64_t len;
};

/* The whole source as a message. */
struct stk_pb stk_pb_of(struct stk_reader *reader);
struct stk_pb stk_pb_sub(const struct stk_pb *message, const struct stk_pb_field *field);

/* The next field; false at the end and on a failure, which sticks in the reader. */
bool stk_pb_next(struct stk_pb *message, struct stk_pb_field *ret_field);

/* The contents of a field, at most max bytes of them. */
struct stk_span stk_pb_bytes(const struct stk_pb *message,
                             const struct stk_pb_field *field, uint8_t *buf, size_t max);
