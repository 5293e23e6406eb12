/* SPDX-License-Identifier: Apache-2.0
 *
 * The lossless form. An ext type that holds values is begun with room for its longest
 * head, and gets its length when all of it is written.
 */
#include <string.h>

#include "base/utf8.h"
#include "value/limbs.h"
#include "wire/msgpack_put.h"

#define EXT_HEAD_MAX 6 /* c9, 32 bits, code */

void stk_put_long(struct stk_buf *out, bool has_8, uint8_t code, uint64_t len)
{
    if (has_8 && len <= UINT8_MAX) {
        stk_put_8(out, code, len);
    } else if (len <= UINT16_MAX) {
        stk_put_16(out, (uint8_t)(code + 1), len);
    } else if (len <= UINT32_MAX) {
        stk_put_32(out, (uint8_t)(code + 2), len);
    } else if (out->status == STK_OK) {
        out->status = STK_E_LIMIT;
    }
}

void stk_put_ext(struct stk_buf *out, int8_t code, uint64_t len)
{
    if (len <= 16 && len != 0 && (len & (len - 1)) == 0) {
        stk_buf_byte(out, (uint8_t)(0xd4 + __builtin_ctz((unsigned)len)));
    } else {
        stk_put_long(out, true, 0xc7, len);
    }
    stk_buf_byte(out, (uint8_t)code);
}

/* ---- timestamps ---- */

bool stk_msgpack_is_timestamp(struct stk_value value)
{
    const struct stk_object *o = value.object;
    if (value.kind != STK_VALUE_OBJECT || o->call != STK_CALL_REDUCE || o->has_state ||
        o->items.n + o->members.n + o->pairs.n > 0 || o->kwargs.kind != STK_VALUE_NONE ||
        o->state_first || o->callee.kind != STK_VALUE_GLOBAL ||
        o->type != o->callee.name || o->args.kind != STK_VALUE_TUPLE ||
        o->args.items->n != 2 || o->args.items->head.shared) {
        return false;
    }
    const struct stk_value *args = o->args.items->list;
    return stk_span_is(o->type->module, STK_TIMESTAMP_MODULE) &&
           stk_span_is(o->type->qualified, STK_TIMESTAMP_NAME) &&
           args[0].kind == STK_VALUE_INT && args[1].kind == STK_VALUE_INT &&
           args[1].integer >= 0 && args[1].integer < 1000000000;
}

void stk_put_timestamp(struct stk_buf *out, const struct stk_object *object)
{
    uint8_t bytes[12];
    uint64_t seconds = (uint64_t)object->args.items->list[0].integer;
    uint64_t nanoseconds = (uint64_t)object->args.items->list[1].integer;
    unsigned len = 12;
    if (seconds >> 34 != 0) {
        stk_put_be(bytes, nanoseconds, 4);
        stk_put_be(bytes + 4, seconds, 8);
    } else if (nanoseconds != 0 || seconds > UINT32_MAX) {
        len = 8;
        stk_put_be(bytes, nanoseconds << 34 | seconds, 8);
    } else {
        len = 4;
        stk_put_be(bytes, seconds, 4);
    }
    stk_put_ext(out, STK_MSGPACK_TIMESTAMP, len);
    stk_buf_put(out, bytes, len);
}

/* ---- values without others in them ---- */

/* Two's complement, no byte more than it needs. */
static void put_big(struct stk_buf *out, const struct stk_big *big)
{
    size_t bytes = stk_limbs_bits(big->limbs, big->n) / 8 + 1;
    bool power = false; /* of two: -2^(8k-1) fits k bytes */
    if (big->negative) {
        size_t bits = stk_limbs_bits(big->limbs, big->n);
        power = (big->limbs[big->n - 1] & (big->limbs[big->n - 1] - 1)) == 0;
        for (size_t i = 0; power && i + 1 < big->n; i++) {
            power = big->limbs[i] == 0;
        }
        bytes -= power && bits % 8 == 0;
    }
    stk_put_ext(out, STK_TAG_INT, bytes);
    uint8_t *to = stk_buf_room(out, bytes);
    if (to == NULL) {
        return;
    }
    unsigned carry = big->negative;
    for (size_t i = 0; i < bytes; i++) {
        uint64_t limb = i / 8 < big->n ? big->limbs[i / 8] : 0;
        unsigned byte = (unsigned)(limb >> (i % 8 * 8)) & 0xff;
        byte = (big->negative ? byte ^ 0xff : byte) + carry;
        carry = byte >> 8;
        to[bytes - 1 - i] = (uint8_t)(byte & 0xff);
    }
    out->len += bytes;
}

static void put_integer(struct stk_buf *out, const struct stk_big *big)
{
    if (stk_big_is_uint64(big)) {
        stk_put_uint(out, big->limbs[0]);
    } else {
        put_big(out, big);
    }
}

static void put_payload(struct stk_buf *out, enum stk_msgpack_tag tag,
                        struct stk_span bytes)
{
    stk_put_ext(out, (int8_t)tag, bytes.len);
    stk_buf_put(out, bytes.data, bytes.len);
}

static void put_text(struct stk_buf *out, struct stk_span text)
{
    if (stk_is_ascii(text) || stk_utf8_valid(text, false) == text.len) {
        stk_put_str(out, text);
    } else {
        put_payload(out, STK_TAG_STR, text);
    }
}

/* ---- ext types that hold values ---- */

static enum stk_status begin_ext(struct stk_msgpack_writer *w, struct stk_buf *out,
                                 enum stk_msgpack_tag tag, struct stk_msgpack_frame frame)
{
    const uint8_t head[EXT_HEAD_MAX] = {0xc9, 0, 0, 0, 0, (uint8_t)tag};
    frame.is_ext = true;
    frame.head = out->len;
    stk_buf_put(out, head, sizeof head);
    return stk_msgpack_push_frame(w, frame);
}

/* A short payload moves down to its shorter head; of a long one that would cost too much
 * where many lie inside each other. */
static void end_ext(struct stk_buf *out, size_t head)
{
    if (out->status != STK_OK) {
        return;
    }
    uint8_t *p = out->data + head;
    size_t len = out->len - head - EXT_HEAD_MAX;
    if (len > UINT32_MAX) {
        out->status = STK_E_LIMIT;
        return;
    }
    if (len > UINT8_MAX) {
        stk_put_be(p + 1, len, 4);
        return;
    }
    int8_t code = (int8_t)p[EXT_HEAD_MAX - 1];
    out->len = head;
    stk_put_ext(out, code, len);
    memmove(out->data + out->len, p + EXT_HEAD_MAX, len);
    out->len += len;
}

static const uint8_t tags[STK_VALUE_KINDS] = {
    [STK_VALUE_TUPLE] = STK_TAG_TUPLE,
    [STK_VALUE_SET] = STK_TAG_SET,
    [STK_VALUE_FROZENSET] = STK_TAG_FROZENSET,
    [STK_VALUE_OBJECT] = STK_TAG_OBJECT,
    [STK_VALUE_ENUM] = STK_TAG_ENUM,
    [STK_VALUE_TENSOR] = STK_TAG_TENSOR,
    [STK_VALUE_NDARRAY] = STK_TAG_NDARRAY,
    [STK_VALUE_STORAGE] = STK_TAG_STORAGE,
    [STK_VALUE_PERSISTENT] = STK_TAG_PERSISTENT,
};

static enum stk_status begin_group(struct stk_msgpack_writer *w, struct stk_buf *out,
                                   struct stk_value value)
{
    struct stk_msgpack_frame frame = {.list = value.items->list, .n = value.items->n};
    if (value.kind == STK_VALUE_LIST) {
        stk_put_array(out, frame.n);
        return stk_msgpack_push_frame(w, frame);
    }
    return begin_ext(w, out, (enum stk_msgpack_tag)tags[value.kind], frame);
}

static enum stk_status begin_dict(struct stk_msgpack_writer *w, struct stk_buf *out,
                                  struct stk_value value)
{
    const struct stk_pairs *pairs = value.pairs;
    stk_put_map(out, pairs->n);
    /* A pair is two values and nothing else. */
    return stk_msgpack_push_frame(
        w, (struct stk_msgpack_frame){
               .list = (const struct stk_value *)(const void *)pairs->list,
               .n = pairs->n * 2});
}

static enum stk_status begin_global(struct stk_msgpack_writer *w, struct stk_buf *out,
                                    const struct stk_name *name)
{
    STK_TRY(begin_ext(w, out, STK_TAG_GLOBAL, (struct stk_msgpack_frame){.n = 0}));
    put_text(out, name->module);
    put_text(out, name->qualified);
    return STK_OK;
}

static enum stk_status begin_buffer(struct stk_msgpack_writer *w, struct stk_buf *out,
                                    const struct stk_buffer *buffer)
{
    STK_TRY(begin_ext(w, out, STK_TAG_BUFFER, (struct stk_msgpack_frame){.n = 0}));
    stk_put_uint(out, buffer->ordinal);
    stk_put_bool(out, buffer->readonly);
    if (buffer->present) {
        stk_put_bin(out, buffer->bytes);
    }
    return STK_OK;
}

/* ---- objects ---- */

static bool type_is_callee(const struct stk_object *o)
{
    return o->type != NULL && o->callee.kind == STK_VALUE_GLOBAL &&
           stk_name_equal(o->callee.name, o->type);
}

/* A storage that lay beside the message goes into this one. */
static bool has_bytes(const struct stk_object *o)
{
    return o->call == STK_CALL_LOAD && o->array != NULL && o->array->present;
}

static uint32_t flags_of(const struct stk_object *o)
{
    uint32_t flags = o->call & STK_OBJECT_CALL;
    flags |= o->has_state ? STK_OBJECT_STATE : 0;
    flags |= o->state_first ? STK_OBJECT_STATE_FIRST : 0;
    flags |= o->by_name ? STK_OBJECT_BY_NAME : 0;
    flags |= o->kwargs.kind != STK_VALUE_NONE ? STK_OBJECT_KWARGS : 0;
    flags |= o->items.n > 0 ? STK_OBJECT_ITEMS : 0;
    flags |= o->members.n > 0 ? STK_OBJECT_MEMBERS : 0;
    flags |= o->pairs.n > 0 ? STK_OBJECT_PAIRS : 0;
    flags |= has_bytes(o) ? STK_OBJECT_BYTES : 0;
    if (type_is_callee(o)) {
        return flags | STK_OBJECT_TYPE_CALLEE;
    }
    return flags | (o->type != NULL ? STK_OBJECT_TYPE : 0);
}

static enum stk_status begin_object(struct stk_msgpack_writer *w, struct stk_buf *out,
                                    struct stk_value value)
{
    if (stk_msgpack_is_timestamp(value)) {
        stk_put_timestamp(out, value.object);
        return STK_OK;
    }
    struct stk_msgpack_frame frame = {.object = value.object,
                                      .kind = value.kind & 0xff,
                                      .flags = flags_of(value.object)};
    STK_TRY(begin_ext(w, out, (enum stk_msgpack_tag)tags[value.kind], frame));
    stk_put_uint(out, frame.flags);
    return STK_OK;
}

static struct stk_value name_value(const struct stk_name *name)
{
    return (struct stk_value){.kind = STK_VALUE_GLOBAL, .name = name};
}

static struct stk_value list_value(const struct stk_items *items)
{
    return (struct stk_value){.kind = STK_VALUE_LIST, .items = items};
}

static struct stk_value dict_value(const struct stk_pairs *pairs)
{
    return (struct stk_value){.kind = STK_VALUE_DICT, .pairs = pairs};
}

static bool field_at(const struct stk_msgpack_frame *frame, uint8_t stage,
                     struct stk_value *ret_value)
{
    const struct stk_object *o = frame->object;
    uint32_t flags = frame->flags;
    switch (stage) {
    case 0:
        *ret_value = o->callee;
        return o->call != STK_CALL_LOAD;
    case 1:
        *ret_value = o->args;
        return true;
    case 2:
        *ret_value = o->kwargs;
        return (flags & STK_OBJECT_KWARGS) != 0;
    case 3:
        *ret_value = o->state;
        return o->has_state;
    case 4:
        *ret_value = list_value(&o->items);
        return o->items.n > 0;
    case 5:
        *ret_value = list_value(&o->members);
        return o->members.n > 0;
    case 6:
        *ret_value = dict_value(&o->pairs);
        return o->pairs.n > 0;
    case 7:
        *ret_value = name_value(o->type);
        return (flags & STK_OBJECT_TYPE) != 0;
    default:
        *ret_value = o->member;
        return frame->kind == STK_VALUE_ENUM;
    }
}

#define FIELDS 9

/* Field by field, without those that are not there; false at the end. */
static bool next_field(struct stk_msgpack_frame *frame, struct stk_value *ret_value)
{
    while (frame->stage < FIELDS) {
        if (field_at(frame, frame->stage++, ret_value)) {
            return true;
        }
    }
    return false;
}

/* ---- one value ---- */

/* *ret_done: it has a number already, which is written; else, if it needs one, it is
 * begun as a shared value. */
static enum stk_status put_number(struct stk_msgpack_writer *w, struct stk_buf *out,
                                  struct stk_value value, bool *ret_done)
{
    uint64_t key = (uint64_t)(uintptr_t)value.items;
    uint64_t number = 0;
    *ret_done = stk_map_get(&w->numbers, key, &number);
    if (!*ret_done) {
        bool added = false;
        STK_TRY(stk_map_put(&w->numbers, key, w->numbers.n_entries, &added));
        return begin_ext(w, out, STK_TAG_SHARED, (struct stk_msgpack_frame){.n = 0});
    }
    uint8_t bytes[9];
    struct stk_buf payload = {.data = bytes, .cap = sizeof bytes, .max = sizeof bytes};
    stk_put_uint(&payload, number);
    put_payload(out, STK_TAG_REF, stk_buf_span(&payload));
    return STK_OK;
}

static enum stk_status put_node(struct stk_msgpack_writer *w, struct stk_buf *out,
                                struct stk_value value, struct stk_msgpack_error *error)
{
    switch (stk_value_kind(value)) {
    case STK_VALUE_STR:
        put_text(out, value.text->bytes);
        return STK_OK;
    case STK_VALUE_BYTES:
        stk_put_bin(out, value.text->bytes);
        return STK_OK;
    case STK_VALUE_BYTEARRAY:
        put_payload(out, STK_TAG_BYTEARRAY, value.text->bytes);
        return STK_OK;
    case STK_VALUE_LIST:
    case STK_VALUE_TUPLE:
    case STK_VALUE_SET:
    case STK_VALUE_FROZENSET:
        return begin_group(w, out, value);
    case STK_VALUE_DICT:
        return begin_dict(w, out, value);
    case STK_VALUE_GLOBAL:
        return begin_global(w, out, value.name);
    case STK_VALUE_OBJECT:
    case STK_VALUE_ENUM:
    case STK_VALUE_TENSOR:
    case STK_VALUE_NDARRAY:
    case STK_VALUE_STORAGE:
    case STK_VALUE_PERSISTENT:
        return begin_object(w, out, value);
    case STK_VALUE_BUFFER:
        return begin_buffer(w, out, value.buffer);
    case STK_VALUE_NONE:
    case STK_VALUE_BOOL:
    case STK_VALUE_INT:
    case STK_VALUE_BIGINT:
    case STK_VALUE_FLOAT:
    case STK_VALUE_REFUSED:
    case STK_VALUE_KINDS:
        break;
    }
    return stk_msgpack_refuse(error, STK_E_UNSUPPORTED, value,
                              "the result of a call that is not vetted");
}

static inline bool keeps_identity(struct stk_value value)
{
    return value.kind != STK_VALUE_STR ||
           value.text->bytes.len > STK_MSGPACK_TEXT_SHARED_MIN;
}

static inline enum stk_status put_value(struct stk_msgpack_writer *w, struct stk_buf *out,
                                        struct stk_value value,
                                        struct stk_msgpack_error *error)
{
    if (stk_is_scalar(value)) {
        stk_put_scalar(out, value);
        return STK_OK;
    }
    if (value.kind == STK_VALUE_BIGINT) {
        put_integer(out, value.big);
        return STK_OK;
    }
    if (keeps_identity(value) && stk_shares_has(&w->shares, value)) {
        bool done = false;
        STK_TRY(put_number(w, out, value, &done));
        if (done) {
            return STK_OK;
        }
    }
    return put_node(w, out, value, error);
}

/* The next value of what is begun, or its end. */
static enum stk_status step(struct stk_msgpack_writer *w, struct stk_buf *out,
                            struct stk_msgpack_error *error)
{
    struct stk_msgpack_frame *frame = &w->frames[w->n_frames - 1];
    struct stk_value field;
    const struct stk_value *list = frame->list;
    size_t i = frame->at;
    size_t n = frame->n;
    while (i < n && stk_is_scalar(list[i])) {
        stk_put_scalar(out, list[i++]);
    }
    frame->at = i < n ? i + 1 : i;
    if (i < n) {
        return put_value(w, out, list[i], error);
    }
    if (frame->object != NULL && next_field(frame, &field)) {
        return put_value(w, out, field, error);
    }
    if (frame->object != NULL && has_bytes(frame->object)) {
        stk_put_bin(out, frame->object->array->bytes);
    }
    if (frame->is_ext) {
        end_ext(out, frame->head);
    }
    w->n_frames--;
    return STK_OK;
}

static enum stk_status write_value(struct stk_msgpack_writer *w, struct stk_value value,
                                   struct stk_buf *out, struct stk_msgpack_error *error)
{
    STK_TRY(stk_shares_find(&w->shares, value));
    STK_TRY(put_value(w, out, value, error));
    while (w->n_frames > 0 && out->status == STK_OK) {
        STK_TRY(step(w, out, error));
    }
    return out->status;
}

void stk_msgpack_writer_begin(struct stk_msgpack_writer *w, struct stk_value value,
                              struct stk_msgpack_error *error)
{
    w->n_frames = 0;
    stk_map_clear(&w->numbers);
    *error = (struct stk_msgpack_error){.off = value.off,
                                        .reason = "the message grows too large"};
}

enum stk_status stk_msgpack_write(struct stk_msgpack_writer *w, struct stk_value value,
                                  struct stk_buf *out,
                                  struct stk_msgpack_error *ret_error)
{
    size_t start = out->len;
    stk_msgpack_writer_begin(w, value, ret_error);
    enum stk_status status = write_value(w, value, out, ret_error);
    if (status != STK_OK) {
        out->len = start;
    }
    return status;
}

void stk_msgpack_writer_init(struct stk_msgpack_writer *w, const struct stk_alloc *alloc)
{
    *w = (struct stk_msgpack_writer){.alloc = alloc};
    stk_shares_init(&w->shares, alloc);
    stk_map_init(&w->numbers, alloc, SIZE_MAX, stk_value_seed());
}

void stk_msgpack_writer_release(struct stk_msgpack_writer *w)
{
    stk_shares_release(&w->shares);
    stk_map_release(&w->numbers);
    stk_free(w->alloc, w->frames, w->cap_frames * sizeof w->frames[0]);
    w->frames = NULL;
    w->cap_frames = 0;
}
