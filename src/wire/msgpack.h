/* SPDX-License-Identifier: Apache-2.0
 *
 * MessagePack decoded straight into values and written from them again: the formats of
 * the specification (github.com/msgpack/msgpack, spec.md) with its timestamps, and ext
 * types of our own, by which any graph of values survives. What the specification leaves
 * open is decided here and written down, with the ext types, in docs/design/msgpack.md:
 * a str is UTF-8; of two equal keys none is right; numbers and lengths may be written
 * longer than they need. Memory is linear in the message, whatever lengths it claims.
 * Nothing recurses. Depends on base and value.
 */
#pragma once

#include "base/buf.h"
#include "base/map.h"
#include "value/object.h"
#include "value/share.h"

/* Where a message could not be decoded, or which value could not be written, and why: one
 * line, static. A refused ext type is "ext type 1". */
struct stk_msgpack_error {
    uint64_t off;
    const char *reason;
};

/* ---- decoding ---- */

/* Says what a call made, once all that it was made from is there. object: in the arena,
 * to be given type, array, member and by_name, which are empty, save that array has the
 * bytes of a storage if the message brings them. *inout leads to it, with kind OBJECT, or
 * PERSISTENT for STK_CALL_LOAD; its kind is to be changed, nothing else of it. A status
 * other than STK_OK refuses the message. Where the message claims a type, a member or a
 * kind other than OBJECT, the answer has to be the same. */
typedef enum stk_status (*stk_msgpack_complete)(void *ctx, struct stk_arena *arena,
                                                struct stk_object *object,
                                                struct stk_value *inout);

struct stk_msgpack_options {
    uint32_t depth_max;        /* arrays, maps and tags inside each other */
    bool take_duplicates;      /* of equal keys the last one counts */
    bool take_surrogates;      /* a str may hold lone surrogates, as their codes' bytes */
    bool take_raw;             /* a str that is not UTF-8 is BYTES */
    bool take_tags;            /* our own ext types */
    const int8_t *bytes_codes; /* ext types that are BYTES; borrowed for the call */
    size_t n_bytes_codes;
    stk_msgpack_complete complete; /* NULL: claims stand; tensors, arrays and storages are
                                      objects or persistent ids */
    void *complete_ctx;            /* borrowed for the call */
};

#define STK_MSGPACK_DEPTH_MAX 512

#define STK_MSGPACK_OPTIONS_DEFAULT                                                      \
    {                                                                                    \
        .depth_max = STK_MSGPACK_DEPTH_MAX                                               \
    }

/* The one value that the message is; nothing may be behind it. message: borrowed for the
 * life of the arena, since texts and bytes are not copied. STK_E_TRUNCATED,
 * STK_E_MALFORMED and STK_E_UNSUPPORTED (an ext type that is not taken) with *ret_error,
 * whose offset is that of the element's first byte; STK_E_LIMIT (depth, keys too many and
 * too alike, the arena's cap) and what `complete` answered the same; STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_msgpack_decode(struct stk_arena *arena,
                                                struct stk_span message,
                                                const struct stk_msgpack_options *options,
                                                struct stk_value *ret_value,
                                                struct stk_msgpack_error *ret_error);

/* ---- writing ---- */

struct stk_msgpack_frame;

/* What writing needs besides its output; reused from message to message. */
struct stk_msgpack_writer {
    const struct stk_alloc *alloc; /* borrowed */
    struct stk_shares shares;
    struct stk_map numbers;           /* node: what is known of it */
    struct stk_msgpack_frame *frames; /* owned: what is being written */
    size_t n_frames;
    size_t cap_frames;
};

void stk_msgpack_writer_init(struct stk_msgpack_writer *writer,
                             const struct stk_alloc *alloc);
void stk_msgpack_writer_release(struct stk_msgpack_writer *writer);

/* A shared str of more bytes keeps its identity. */
#define STK_MSGPACK_TEXT_SHARED_MIN 128

/* Appends the value so that stk_msgpack_decode() with take_tags makes the same graph of
 * it: kinds, sharing, cycles. One graph has one form. STK_E_LIMIT past the maximum of
 * out, and for a text, group or object that 32 bits cannot count; STK_E_UNSUPPORTED for a
 * REFUSED value; both with *ret_error, whose offset is that of the value in its own
 * message. STK_E_NOMEM. On failure out has what it had. */
STK_MUST_USE enum stk_status stk_msgpack_write(struct stk_msgpack_writer *writer,
                                               struct stk_value value,
                                               struct stk_buf *out,
                                               struct stk_msgpack_error *ret_error);

/* What plain MessagePack cannot say. */
enum stk_msgpack_loss {
    STK_MSGPACK_LOSS_TUPLE,
    STK_MSGPACK_LOSS_SET,
    STK_MSGPACK_LOSS_BYTEARRAY,
    STK_MSGPACK_LOSS_SURROGATE,
    STK_MSGPACK_LOSS_GLOBAL,
    STK_MSGPACK_LOSS_CLASS,
    STK_MSGPACK_LOSS_PART,
    STK_MSGPACK_LOSS_ENUM,
    STK_MSGPACK_LOSS_ARRAY,
    STK_MSGPACK_LOSS_DATA,
    STK_MSGPACK_LOSS_PERSISTENT,
    STK_MSGPACK_LOSS_BUFFER,
    STK_MSGPACK_LOSS_SHARED,
    STK_MSGPACK_LOSSES,
};

/* "tuples written as arrays". */
const char *stk_msgpack_loss_text(enum stk_msgpack_loss loss);

struct stk_msgpack_losses {
    uint64_t count[STK_MSGPACK_LOSSES];
};

/* Bytes that shared values, and tensors that repeat their items, may take again. */
#define STK_MSGPACK_AGAIN_MAX (UINT64_C(1) << 26)

/* Appends the value for readers that know none of our ext types, and counts what that
 * loses. again_max: see STK_MSGPACK_AGAIN_MAX. Statuses as above; STK_E_UNSUPPORTED also
 * for a value that contains itself, an integer of more than 64 bits, and a key that other
 * tools cannot read; STK_E_MALFORMED for an array whose items lie outside its bytes;
 * STK_E_LIMIT also past again_max. */
STK_MUST_USE enum stk_status stk_msgpack_write_plain(
    struct stk_msgpack_writer *writer, struct stk_value value, uint64_t again_max,
    struct stk_buf *out, struct stk_msgpack_losses *ret_losses,
    struct stk_msgpack_error *ret_error);
