/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the pickle writer, shared by its files only:
 *
 *   write.c        the graph: containers, objects, memo, tasks
 *   write_bytes.c  names and bytes, whose form depends on the protocol, and storages
 */
#pragma once

#include "base/assert.h"
#include "pickle/opcode.h"
#include "pickle/write.h"

static inline enum stk_status unsupported(struct stk_pickle_writer *w,
                                          struct stk_value value, const char *reason)
{
    *w->error = (struct stk_write_error){.off = value.off, .reason = reason};
    return STK_E_UNSUPPORTED;
}

/* ---- opcodes ---- */

static inline void put(struct stk_pickle_writer *w, enum stk_opcode op)
{
    stk_buf_byte(w->out, (uint8_t)op);
}

/* An opcode and the low bytes of a number. */
static inline void put_number(struct stk_pickle_writer *w, enum stk_opcode op,
                              uint64_t number, size_t width)
{
    uint8_t bytes[9] = {(uint8_t)op};
    for (size_t i = 0; i < width; i++) {
        bytes[1 + i] = (uint8_t)(number >> (8 * i));
    }
    stk_buf_put(w->out, bytes, 1 + width);
}

/* Bytes of which most are few: two words that may overlap. */
static inline void copy_short(uint8_t *to, struct stk_span text)
{
    size_t len = text.len;
    if (len >= 8 && len <= 16) {
        __builtin_memcpy(to, text.data, 8);
        __builtin_memcpy(to + len - 8, text.data + len - 8, 8);
    } else if (len >= 4 && len < 8) {
        __builtin_memcpy(to, text.data, 4);
        __builtin_memcpy(to + len - 4, text.data + len - 4, 4);
    } else {
        stk_copy(to, text.data, len);
    }
}

static inline enum stk_status put_str(struct stk_pickle_writer *w, struct stk_value value,
                                      struct stk_span text)
{
    struct stk_buf *out = w->out;
    if (text.len < 256 && w->protocol >= 4) {
        if (STK_LIKELY(out->cap - out->len >= text.len + 2 && out->status == STK_OK)) {
            uint8_t *to = out->data + out->len;
            to[0] = STK_OP_SHORT_BINUNICODE;
            to[1] = text.len & 0xff;
            copy_short(to + 2, text);
            out->len += text.len + 2;
            return STK_OK;
        }
        put_number(w, STK_OP_SHORT_BINUNICODE, text.len, 1);
    } else if (text.len <= UINT32_MAX) {
        put_number(w, STK_OP_BINUNICODE, text.len, 4);
    } else if (w->protocol >= 4) {
        put_number(w, STK_OP_BINUNICODE8, text.len, 8);
    } else {
        return unsupported(w, value, "a text of 4 GiB needs protocol 4");
    }
    stk_buf_put(w->out, text.data, text.len);
    return STK_OK;
}

/* ---- write_bytes.c ---- */

/* The import of a name. */
STK_MUST_USE enum stk_status stk_write_name(struct stk_pickle_writer *w,
                                            struct stk_value value,
                                            struct stk_span module,
                                            struct stk_span qualified);
STK_MUST_USE enum stk_status stk_write_builtin(struct stk_pickle_writer *w,
                                               const char *module, const char *name);
STK_MUST_USE enum stk_status stk_write_bytes(struct stk_pickle_writer *w,
                                             struct stk_value value,
                                             struct stk_span bytes);
STK_MUST_USE enum stk_status stk_write_bytearray(struct stk_pickle_writer *w,
                                                 struct stk_value value);

/* A storage as the file that torch.storage._load_from_bytes reads. */
STK_MUST_USE enum stk_status stk_write_storage(struct stk_pickle_writer *w,
                                               struct stk_value value);
