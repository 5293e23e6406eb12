/* SPDX-License-Identifier: Apache-2.0
 *
 * Builds files byte by byte: little-endian numbers, texts, and Protocol Buffers fields.
 * Include behind cmocka.h.
 */
#pragma once

#include <stdint.h>
#include <string.h>

struct bb {
    uint8_t data[1 << 16];
    size_t len;
};

static inline void bb_raw(struct bb *b, const void *data, size_t len)
{
    assert_true(len <= sizeof(b->data) - b->len);
    memcpy(b->data + b->len, data, len);
    b->len += len;
}

static inline void bb_number(struct bb *b, uint64_t value, size_t width)
{
    for (size_t i = 0; i < width; i++) {
        uint8_t byte = (uint8_t)(i < 8 ? value >> (8 * i) : 0);
        bb_raw(b, &byte, 1);
    }
}

static inline void bb_text(struct bb *b, const char *text)
{
    bb_raw(b, text, strlen(text));
}

static inline void bb_varint(struct bb *b, uint64_t value)
{
    do {
        uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        bb_raw(b, &byte, 1);
        value >>= 7;
    } while (value > 0);
}

static inline void bb_int_field(struct bb *b, uint64_t number, uint64_t value)
{
    bb_varint(b, number << 3);
    bb_varint(b, value);
}

static inline void bb_bytes_field(struct bb *b, uint64_t number, const void *data,
                                  size_t len)
{
    bb_varint(b, number << 3 | 2);
    bb_varint(b, len);
    bb_raw(b, data, len);
}

static inline void bb_text_field(struct bb *b, uint64_t number, const char *text)
{
    bb_bytes_field(b, number, text, strlen(text));
}

static inline void bb_message(struct bb *b, uint64_t number, const struct bb *message)
{
    bb_bytes_field(b, number, message->data, message->len);
}
