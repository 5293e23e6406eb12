/* SPDX-License-Identifier: Apache-2.0
 *
 * Elements of MessagePack, in their shortest form. What a head cannot say fails the
 * buffer with STK_E_LIMIT.
 */
#pragma once

#include "base/buf.h"
#include "value/value.h"
#include "wire/msgpack_state.h"

/* What is being written. */
struct stk_msgpack_frame {
    const struct stk_value *list; /* values still to be written are behind `at` */
    size_t n;
    size_t at;
    const struct stk_object *object; /* the fields of an object are, instead */
    uint32_t flags;                  /* of the object */
    uint8_t kind;                    /* of the object */
    uint8_t stage;                   /* its next field */
    bool is_ext;                     /* its head is at `head`, and lacks the length */
    bool again;                      /* written before, elsewhere */
    size_t head;
    uint64_t node; /* that is open while this is; 0: none needs to know */
};

/* Forgets the message before; *error becomes what a failure of the output means. */
void stk_msgpack_writer_begin(struct stk_msgpack_writer *writer, struct stk_value value,
                              struct stk_msgpack_error *error);

STK_MUST_USE static inline enum stk_status stk_msgpack_push_frame(
    struct stk_msgpack_writer *w, struct stk_msgpack_frame frame)
{
    if (STK_UNLIKELY(w->n_frames == w->cap_frames)) {
        void *array = w->frames;
        STK_TRY(stk_grow(w->alloc, &array, &w->cap_frames, sizeof w->frames[0],
                         w->n_frames + 1, SIZE_MAX / sizeof w->frames[0]));
        w->frames = array;
    }
    w->frames[w->n_frames++] = frame;
    return STK_OK;
}

static inline enum stk_status stk_msgpack_refuse(struct stk_msgpack_error *error,
                                                 enum stk_status status,
                                                 struct stk_value value,
                                                 const char *reason)
{
    *error = (struct stk_msgpack_error){.off = value.off, .reason = reason};
    return status;
}

static inline void stk_put_be(uint8_t *p, uint64_t number, unsigned width)
{
    for (unsigned i = 0; i < width; i++) {
        p[i] = (uint8_t)(number >> (8 * (width - 1 - i)));
    }
}

static inline void stk_put_8(struct stk_buf *out, uint8_t code, uint64_t number)
{
    uint8_t bytes[2] = {code, (uint8_t)number};
    stk_buf_put(out, bytes, sizeof bytes);
}

static inline void stk_put_16(struct stk_buf *out, uint8_t code, uint64_t number)
{
    uint8_t bytes[3] = {code};
    stk_put_be(bytes + 1, number, 2);
    stk_buf_put(out, bytes, sizeof bytes);
}

static inline void stk_put_32(struct stk_buf *out, uint8_t code, uint64_t number)
{
    uint8_t bytes[5] = {code};
    stk_put_be(bytes + 1, number, 4);
    stk_buf_put(out, bytes, sizeof bytes);
}

static inline void stk_put_64(struct stk_buf *out, uint8_t code, uint64_t number)
{
    uint8_t bytes[9] = {code};
    stk_put_be(bytes + 1, number, 8);
    stk_buf_put(out, bytes, sizeof bytes);
}

static inline void stk_put_uint(struct stk_buf *out, uint64_t number)
{
    if (number < 0x80) {
        stk_buf_byte(out, (uint8_t)number);
    } else if (number <= UINT8_MAX) {
        stk_put_8(out, 0xcc, number);
    } else if (number <= UINT16_MAX) {
        stk_put_16(out, 0xcd, number);
    } else if (number <= UINT32_MAX) {
        stk_put_32(out, 0xce, number);
    } else {
        stk_put_64(out, 0xcf, number);
    }
}

static inline void stk_put_int(struct stk_buf *out, int64_t number)
{
    if (number >= 0) {
        stk_put_uint(out, (uint64_t)number);
    } else if (number >= -32) {
        stk_buf_byte(out, (uint8_t)(number & 0xff));
    } else if (number >= INT8_MIN) {
        stk_put_8(out, 0xd0, (uint64_t)number & 0xff);
    } else if (number >= INT16_MIN) {
        stk_put_16(out, 0xd1, (uint64_t)number);
    } else if (number >= INT32_MIN) {
        stk_put_32(out, 0xd2, (uint64_t)number);
    } else {
        stk_put_64(out, 0xd3, (uint64_t)number);
    }
}

static inline void stk_put_float(struct stk_buf *out, double number)
{
    uint64_t bits = 0;
    __builtin_memcpy(&bits, &number, sizeof bits);
    stk_put_64(out, 0xcb, bits);
}

static inline void stk_put_bool(struct stk_buf *out, bool boolean)
{
    stk_buf_byte(out, boolean ? 0xc3 : 0xc2);
}

static inline void stk_put_nil(struct stk_buf *out)
{
    stk_buf_byte(out, 0xc0);
}

static inline bool stk_is_scalar(struct stk_value value)
{
    return value.kind <= STK_VALUE_INT || value.kind == STK_VALUE_FLOAT;
}

/* NONE, BOOL, INT or FLOAT. */
static inline void stk_put_scalar(struct stk_buf *out, struct stk_value value)
{
    if (value.kind == STK_VALUE_INT) {
        stk_put_int(out, value.integer);
    } else if (value.kind == STK_VALUE_FLOAT) {
        stk_put_float(out, value.number);
    } else if (value.kind == STK_VALUE_BOOL) {
        stk_put_bool(out, value.boolean);
    } else {
        stk_put_nil(out);
    }
}

/* A length that the element's first byte has no room for, in 8 bits (code, if there is
 * such a form), 16 (code + 1) or 32 (code + 2). */
void stk_put_long(struct stk_buf *out, bool has_8, uint8_t code, uint64_t len);

static inline void stk_put_str_head(struct stk_buf *out, uint64_t len)
{
    if (len < 32) {
        stk_buf_byte(out, (uint8_t)(0xa0 | len));
    } else {
        stk_put_long(out, true, 0xd9, len);
    }
}

static inline void stk_put_str(struct stk_buf *out, struct stk_span text)
{
    stk_put_str_head(out, text.len);
    stk_buf_put(out, text.data, text.len);
}

static inline void stk_put_bin(struct stk_buf *out, struct stk_span bytes)
{
    stk_put_long(out, true, 0xc4, bytes.len);
    stk_buf_put(out, bytes.data, bytes.len);
}

static inline void stk_put_array(struct stk_buf *out, uint64_t n)
{
    if (n < 16) {
        stk_buf_byte(out, (uint8_t)(0x90 | n));
    } else {
        stk_put_long(out, false, 0xdb, n);
    }
}

static inline void stk_put_map(struct stk_buf *out, uint64_t n)
{
    if (n < 16) {
        stk_buf_byte(out, (uint8_t)(0x80 | n));
    } else {
        stk_put_long(out, false, 0xdd, n);
    }
}

/* Everything before the payload of an ext type. */
void stk_put_ext(struct stk_buf *out, int8_t code, uint64_t len);

/* The magnitude of a non-negative BIGINT that a uint64 holds. */
static inline bool stk_big_is_uint64(const struct stk_big *big)
{
    return !big->negative && big->n == 1;
}

/* The object is a timestamp of MessagePack's, and is written as one. */
bool stk_msgpack_is_timestamp(struct stk_value value);
void stk_put_timestamp(struct stk_buf *out, const struct stk_object *object);
