/* SPDX-License-Identifier: Apache-2.0 */
#include "container/protobuf.h"

#include "base/checked.h"

struct stk_pb stk_pb_of(struct stk_reader *reader)
{
    return (struct stk_pb){.reader = reader, .next = 0, .end = reader->source.size};
}

struct stk_pb stk_pb_sub(const struct stk_pb *message, const struct stk_pb_field *field)
{
    return (struct stk_pb){
        .reader = message->reader,
        .next = field->off,
        .end = field->off + field->len,
    };
}

static uint64_t read_varint(struct stk_reader *r)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 70; shift += 7) {
        uint8_t byte = stk_reader_u8(r);
        value |= shift < 64 ? (uint64_t)(byte & 0x7f) << shift : 0;
        if ((byte & 0x80) == 0) {
            return value;
        }
    }
    stk_reader_fail(r, STK_E_MALFORMED);
    return 0;
}

static void read_contents(struct stk_reader *r, struct stk_pb_field *field)
{
    switch (field->wire) {
    case STK_PB_VARINT:
        field->value = read_varint(r);
        break;
    case STK_PB_FIXED64:
        stk_reader_skip(r, 8);
        break;
    case STK_PB_BYTES:
        field->len = read_varint(r);
        field->off = r->pos;
        stk_reader_skip(r, field->len);
        break;
    case STK_PB_FIXED32:
        stk_reader_skip(r, 4);
        break;
    default:
        stk_reader_fail(r, STK_E_MALFORMED);
    }
}

bool stk_pb_next(struct stk_pb *message, struct stk_pb_field *ret_field)
{
    struct stk_reader *r = message->reader;
    struct stk_pb_field field = {.number = 0};
    if (message->next >= message->end || r->status != STK_OK) {
        return false;
    }
    stk_reader_seek(r, message->next);
    uint64_t tag = read_varint(r);
    field.number = tag >> 3;
    field.wire = tag & 7;
    read_contents(r, &field);
    if (field.number == 0 || r->pos > message->end) {
        stk_reader_fail(r, STK_E_MALFORMED);
    }
    message->next = r->pos;
    *ret_field = field;
    return r->status == STK_OK;
}

struct stk_span stk_pb_bytes(const struct stk_pb *message,
                             const struct stk_pb_field *field, uint8_t *buf, size_t max)
{
    size_t len = field->len < max ? (size_t)field->len : max;
    stk_reader_seek(message->reader, field->off);
    stk_reader_get(message->reader, buf, len);
    return stk_span_of(buf, message->reader->status == STK_OK ? len : 0);
}
