/* SPDX-License-Identifier: Apache-2.0
 *
 * Protocol Buffers (protobuf.dev, "Encoding") decoded straight into values and written
 * from them again, by the descriptors that protoc makes: `protoc --include_imports
 * --descriptor_set_out=FILE`. A message is a DICT from field names to values; what is not
 * in the message is not in the DICT. What the wire leaves open is decided here and
 * written down in docs/design/protobuf.md: unknown fields, singular fields that come
 * twice, two members of one oneof and numbers that their type cannot hold are refused.
 * Memory is linear in the message, whatever lengths it claims. Nothing recurses over the
 * depth of a message. Depends on base and value.
 */
#pragma once

#include "base/buf.h"
#include "base/map.h"
#include "value/value.h"

#define STK_PROTOBUF_PATH_MAX ((size_t)128)

/* Where a message, set or value could not be followed, and why: one line, static. */
struct stk_protobuf_error {
    uint64_t off;
    const char *reason;
    char path[STK_PROTOBUF_PATH_MAX]; /* names of fields, "a.b"; its end, if it is long;
                                         of a set: of what it defines; may be empty */
};

/* ---- descriptors ---- */

struct stk_protobuf_schema; /* a compiled set; does not change: any thread may read it */
struct stk_protobuf_type;   /* a message type of one */

/* Compiles a FileDescriptorSet of proto2 and proto3 files. set: borrowed for the call.
 * *ret_schema: owned, freed with stk_protobuf_schema_free(). memory_max: bytes it may
 * take. STK_E_TRUNCATED, STK_E_MALFORMED, STK_E_UNSUPPORTED (an edition) and STK_E_LIMIT
 * with *ret_error; STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_protobuf_schema_new(
    const struct stk_alloc *alloc, struct stk_span set, size_t memory_max,
    struct stk_protobuf_schema **ret_schema, struct stk_protobuf_error *ret_error);

void stk_protobuf_schema_free(struct stk_protobuf_schema *schema);

/* The message type of a full name, "pkg.Outer.Inner", or NULL. Good as long as the
 * schema is. */
const struct stk_protobuf_type *stk_protobuf_type(
    const struct stk_protobuf_schema *schema, struct stk_span name);

/* ---- both ways ---- */

/* Where unknown fields are kept; no field can have this name. */
#define STK_PROTOBUF_UNKNOWN "$unknown"

struct stk_protobuf_options {
    uint32_t depth_max;   /* messages inside each other, the outermost included */
    bool json_names;      /* keys are the JSON names of fields */
    bool take_duplicates; /* singular fields, map keys and members of a oneof may come
                             again: the last counts, messages are merged */
    bool take_unknown;    /* STK_PROTOBUF_UNKNOWN: LIST of TUPLE (field number, wire type,
                             BYTES without tag and length) */
    bool take_numbers;    /* an enum's number without a name is an INT */
};

#define STK_PROTOBUF_DEPTH_MAX 100

#define STK_PROTOBUF_OPTIONS_DEFAULT                                                     \
    {                                                                                    \
        .depth_max = STK_PROTOBUF_DEPTH_MAX                                              \
    }

/* The DICT that the message is. message: borrowed for the life of the arena, since texts
 * and bytes are not copied; keys and names of enums lie in the schema, which has to live
 * as long. STK_E_TRUNCATED, STK_E_MALFORMED and STK_E_UNSUPPORTED (a group) with
 * *ret_error, whose offset is that of the field's tag, or of the element or byte that is
 * wrong; STK_E_LIMIT (depth, the arena's cap) the same; STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_protobuf_decode(
    struct stk_arena *arena, struct stk_span message,
    const struct stk_protobuf_type *type, const struct stk_protobuf_options *options,
    struct stk_value *ret_value, struct stk_protobuf_error *ret_error);

struct stk_protobuf_frame;
struct stk_protobuf_item;

/* What writing needs besides its output; reused from message to message. */
struct stk_protobuf_writer {
    const struct stk_alloc *alloc; /* borrowed */
    uint8_t *data;                 /* owned: the message, written from its end */
    size_t cap;
    size_t len;
    struct stk_protobuf_frame *frames; /* owned: messages that are being written */
    size_t n_frames;
    size_t cap_frames;
    struct stk_protobuf_item *items; /* owned: their fields, map entries */
    size_t n_items;
    size_t cap_items;
};

void stk_protobuf_writer_init(struct stk_protobuf_writer *writer,
                              const struct stk_alloc *alloc);
void stk_protobuf_writer_release(struct stk_protobuf_writer *writer);

/* Appends the message in its canonical form: fields and map keys ascending, packed as
 * declared, everything in its shortest form, unknown fields last. STK_E_MALFORMED for a
 * value that its field cannot take, an unknown member, a missing required one, two
 * members of a oneof; STK_E_UNSUPPORTED for a group; STK_E_LIMIT past depth_max (which a
 * value that contains itself is), the maximum of out, and 2 GiB; all with *ret_error,
 * whose offset is that of the value in its own message. STK_E_NOMEM. On failure out has
 * what it had. */
STK_MUST_USE enum stk_status stk_protobuf_write(
    struct stk_protobuf_writer *writer, struct stk_value value,
    const struct stk_protobuf_type *type, const struct stk_protobuf_options *options,
    struct stk_buf *out, struct stk_protobuf_error *ret_error);
