/* SPDX-License-Identifier: Apache-2.0
 *
 * The form that other tools read. A value that is met more than once is written as often,
 * and what that costs is counted, since it can double with each level.
 */
#include "base/checked.h"
#include "base/utf8.h"
#include "wire/msgpack_data.h"

/* What is known of a node: it is being written, or it was. */
#define NODE_OPEN UINT64_C(1)
#define NODE_WRITTEN UINT64_C(2)

struct plain {
    struct stk_msgpack_writer *w;
    struct stk_buf *out;
    struct stk_msgpack_error *error;
    struct stk_msgpack_losses losses;
    uint64_t again_left;
    size_t n_again;     /* open values that were written before */
    size_t again_start; /* where the outermost of them begins */
};

const char *stk_msgpack_loss_text(enum stk_msgpack_loss loss)
{
    static const char *const texts[] = {
        [STK_MSGPACK_LOSS_TUPLE] = "tuples written as arrays",
        [STK_MSGPACK_LOSS_SET] = "sets written as arrays",
        [STK_MSGPACK_LOSS_BYTEARRAY] = "bytearrays written as bytes",
        [STK_MSGPACK_LOSS_SURROGATE] = "texts with lone surrogates, which were replaced",
        [STK_MSGPACK_LOSS_GLOBAL] = "globals written as their names",
        [STK_MSGPACK_LOSS_CLASS] = "objects written without their class",
        [STK_MSGPACK_LOSS_PART] = "objects of which a part was left out",
        [STK_MSGPACK_LOSS_ENUM] = "enum members written as their values",
        [STK_MSGPACK_LOSS_ARRAY] = "tensors and arrays written as maps",
        [STK_MSGPACK_LOSS_DATA] = "tensors and buffers whose bytes are not there",
        [STK_MSGPACK_LOSS_PERSISTENT] = "persistent objects written as their ids",
        [STK_MSGPACK_LOSS_BUFFER] = "buffers written as bytes",
        [STK_MSGPACK_LOSS_SHARED] = "shared values written more than once",
    };
    STK_ASSERT(loss < STK_MSGPACK_LOSSES);
    return texts[loss];
}

static void lose(struct plain *p, enum stk_msgpack_loss loss)
{
    p->losses.count[loss]++;
}

static enum stk_status refuse(struct plain *p, struct stk_value value, const char *reason)
{
    return stk_msgpack_refuse(p->error, STK_E_UNSUPPORTED, value, reason);
}

static enum stk_status spend(struct plain *p, struct stk_value value, uint64_t bytes)
{
    if (bytes > p->again_left) {
        return stk_msgpack_refuse(p->error, STK_E_LIMIT, value,
                                  "shared values written again take too much");
    }
    p->again_left -= bytes;
    return STK_OK;
}

/* ---- texts ---- */

/* In what was written last, len bytes, which no longer than a code each becomes. */
static void replace_surrogates(struct plain *p, size_t len)
{
    static const uint8_t replacement[] = {0xef, 0xbf, 0xbd}; /* U+FFFD */
    if (p->out->status != STK_OK) {
        return;
    }
    uint8_t *at = p->out->data + (p->out->len - len);
    size_t valid = stk_utf8_valid(stk_span_of(at, len), false);
    if (valid < len) {
        lose(p, STK_MSGPACK_LOSS_SURROGATE);
    }
    while (valid < len && len - valid >= sizeof replacement) {
        stk_copy(at + valid, replacement, sizeof replacement);
        at += valid;
        len -= valid;
        valid = stk_utf8_valid(stk_span_of(at, len), false);
    }
}

static void put_text(struct plain *p, struct stk_span text)
{
    stk_put_str(p->out, text);
    if (!stk_is_ascii(text)) {
        replace_surrogates(p, text.len);
    }
}

static enum stk_status put_global(struct plain *p, const struct stk_name *name)
{
    uint64_t len = 0;
    if (!stk_add(name->module.len, name->qualified.len, &len) || !stk_add(len, 1, &len)) {
        return STK_E_LIMIT;
    }
    lose(p, STK_MSGPACK_LOSS_GLOBAL);
    stk_put_str_head(p->out, len);
    stk_buf_put(p->out, name->module.data, name->module.len);
    stk_buf_byte(p->out, '.');
    stk_buf_put(p->out, name->qualified.data, name->qualified.len);
    replace_surrogates(p, (size_t)len);
    return STK_OK;
}

/* ---- groups ---- */

static enum stk_status push_list(struct plain *p, const struct stk_value *list, size_t n)
{
    return stk_msgpack_push_frame(p->w, (struct stk_msgpack_frame){.list = list, .n = n});
}

static enum stk_status begin_items(struct plain *p, const struct stk_items *items)
{
    stk_put_array(p->out, items->n);
    return push_list(p, items->list, items->n);
}

/* As it is written: a member of an enum is its value. */
static struct stk_value plain_key(struct stk_value key)
{
    return key.kind == STK_VALUE_ENUM ? key.object->member : key;
}

static bool is_plain_key(struct stk_value key)
{
    key = plain_key(key);
    if (key.kind == STK_VALUE_STR) {
        return stk_utf8_valid(key.text->bytes, false) == key.text->bytes.len;
    }
    if (key.kind == STK_VALUE_BIGINT) {
        return stk_big_is_uint64(key.big);
    }
    return stk_is_scalar(key) || key.kind == STK_VALUE_BYTES ||
           key.kind == STK_VALUE_GLOBAL;
}

/* The text of a name, for comparison. */
static enum stk_status name_text(struct stk_arena *arena, const struct stk_name *name,
                                 struct stk_value *ret_value)
{
    struct stk_span a = name->module;
    struct stk_span b = name->qualified;
    uint8_t *text = stk_arena_alloc(arena, a.len + 1 + b.len);
    if (text == NULL) {
        return STK_E_NOMEM;
    }
    stk_copy(text, a.data, a.len);
    text[a.len] = '.';
    stk_copy(text + a.len + 1, b.data, b.len);
    return stk_value_text(arena, 0, STK_VALUE_STR, stk_span_of(text, a.len + 1 + b.len),
                          ret_value);
}

/* Keys that differ may be one as they are written: a name and its text. */
static enum stk_status find_equal_keys(struct stk_arena *arena,
                                       const struct stk_pairs *pairs, size_t *ret_at)
{
    struct stk_value dict;
    struct stk_pair *copy = stk_arena_array(arena, pairs->n, sizeof *copy);
    if (copy == NULL) {
        return STK_E_NOMEM;
    }
    for (size_t i = 0; i < pairs->n; i++) {
        copy[i].key = plain_key(pairs->list[i].key);
        if (copy[i].key.kind == STK_VALUE_GLOBAL) {
            STK_TRY(name_text(arena, copy[i].key.name, &copy[i].key));
        }
    }
    return stk_value_pairs(arena, 0, copy, pairs->n, &dict, ret_at);
}

static enum stk_status check_keys(struct plain *p, const struct stk_pairs *pairs)
{
    bool changed = false;
    for (size_t i = 0; i < pairs->n; i++) {
        struct stk_value key = pairs->list[i].key;
        if (!is_plain_key(key)) {
            return refuse(p, key, "a key that other tools cannot read");
        }
        changed |= key.kind == STK_VALUE_GLOBAL || key.kind == STK_VALUE_ENUM;
    }
    if (!changed) {
        return STK_OK;
    }
    struct stk_arena arena;
    size_t at = pairs->n;
    stk_arena_init(&arena, p->w->alloc, SIZE_MAX);
    enum stk_status status = find_equal_keys(&arena, pairs, &at);
    stk_arena_release(&arena);
    return status == STK_OK && at < pairs->n
               ? refuse(p, pairs->list[at].key, "keys that are one without their class")
               : status;
}

static enum stk_status begin_pairs(struct plain *p, const struct stk_pairs *pairs)
{
    STK_TRY(check_keys(p, pairs));
    stk_put_map(p->out, pairs->n);
    /* A pair is two values and nothing else. */
    return push_list(p, (const struct stk_value *)(const void *)pairs->list,
                     pairs->n * 2);
}

/* ---- objects ---- */

static size_t n_args(const struct stk_object *o)
{
    return o->args.kind == STK_VALUE_TUPLE ? o->args.items->n : 0;
}

static size_t count_parts(const struct stk_object *o)
{
    return (size_t)(n_args(o) > 0) + (o->kwargs.kind != STK_VALUE_NONE) + o->has_state +
           (o->items.n > 0) + (o->members.n > 0) + (o->pairs.n > 0);
}

static bool is_dict_or_none(struct stk_value value)
{
    return value.kind == STK_VALUE_DICT || value.kind == STK_VALUE_NONE;
}

/* The state that is a map: the state itself, or one half of (dict, slots); else NULL. */
static const struct stk_value *fields_of(const struct stk_object *o)
{
    if (!o->has_state || o->state.kind == STK_VALUE_DICT) {
        return o->has_state ? &o->state : NULL;
    }
    if (o->state.kind != STK_VALUE_TUPLE || o->state.items->n != 2) {
        return NULL;
    }
    const struct stk_value *half = o->state.items->list;
    if (!is_dict_or_none(half[0]) || !is_dict_or_none(half[1]) ||
        half[0].kind == half[1].kind) {
        return NULL;
    }
    return half[0].kind == STK_VALUE_DICT ? &half[0] : &half[1];
}

static enum stk_status begin_object(struct plain *p, struct stk_value value)
{
    const struct stk_object *o = value.object;
    const struct stk_value *fields = fields_of(o);
    if (stk_msgpack_is_timestamp(value)) {
        stk_put_timestamp(p->out, o);
        return STK_OK;
    }
    lose(p, STK_MSGPACK_LOSS_CLASS);
    if (count_parts(o) > 1) {
        lose(p, STK_MSGPACK_LOSS_PART);
    }
    if (fields != NULL) {
        return push_list(p, fields, 1);
    }
    if (o->items.n > 0) {
        return begin_items(p, &o->items);
    }
    if (o->members.n > 0) {
        return begin_items(p, &o->members);
    }
    if (o->pairs.n == 0 && o->has_state) {
        return push_list(p, &o->state, 1);
    }
    if (o->pairs.n == 0 && n_args(o) > 0) {
        return push_list(p, &o->args, 1);
    }
    return begin_pairs(p, &o->pairs);
}

static enum stk_status put_buffer(struct plain *p, const struct stk_buffer *buffer)
{
    if (buffer->present) {
        lose(p, STK_MSGPACK_LOSS_BUFFER);
        stk_put_bin(p->out, buffer->bytes);
    } else {
        lose(p, STK_MSGPACK_LOSS_DATA);
        stk_put_nil(p->out);
    }
    return STK_OK;
}

static enum stk_status put_array(struct plain *p, struct stk_value value)
{
    struct stk_array_data data;
    lose(p, STK_MSGPACK_LOSS_ARRAY);
    stk_array_data(value, &data);
    if (!data.present) {
        lose(p, STK_MSGPACK_LOSS_DATA);
    } else if (data.len > data.source.len) { /* it repeats its items */
        STK_TRY(spend(p, value, data.len - data.source.len));
    }
    enum stk_status status = stk_put_array_map(p->out, &data);
    return status == STK_E_MALFORMED
               ? stk_msgpack_refuse(p->error, status, value,
                                    "an array whose items lie outside its bytes")
               : status;
}

/* ---- one value ---- */

static enum stk_status put_node(struct plain *p, struct stk_value value)
{
    switch (stk_value_kind(value)) {
    case STK_VALUE_STR:
        put_text(p, value.text->bytes);
        return STK_OK;
    case STK_VALUE_BYTEARRAY:
        lose(p, STK_MSGPACK_LOSS_BYTEARRAY);
        stk_put_bin(p->out, value.text->bytes);
        return STK_OK;
    case STK_VALUE_BYTES:
        stk_put_bin(p->out, value.text->bytes);
        return STK_OK;
    case STK_VALUE_TUPLE:
        lose(p, STK_MSGPACK_LOSS_TUPLE);
        return begin_items(p, value.items);
    case STK_VALUE_SET:
    case STK_VALUE_FROZENSET:
        lose(p, STK_MSGPACK_LOSS_SET);
        return begin_items(p, value.items);
    case STK_VALUE_LIST:
        return begin_items(p, value.items);
    case STK_VALUE_DICT:
        return begin_pairs(p, value.pairs);
    case STK_VALUE_GLOBAL:
        return put_global(p, value.name);
    case STK_VALUE_OBJECT:
        return begin_object(p, value);
    case STK_VALUE_ENUM:
        lose(p, STK_MSGPACK_LOSS_ENUM);
        return push_list(p, &value.object->member, 1);
    case STK_VALUE_PERSISTENT:
        lose(p, STK_MSGPACK_LOSS_PERSISTENT);
        return push_list(p, &value.object->args, 1);
    case STK_VALUE_TENSOR:
    case STK_VALUE_NDARRAY:
    case STK_VALUE_STORAGE:
        return put_array(p, value);
    case STK_VALUE_BUFFER:
        return put_buffer(p, value.buffer);
    case STK_VALUE_BIGINT:
    case STK_VALUE_NONE:
    case STK_VALUE_BOOL:
    case STK_VALUE_INT:
    case STK_VALUE_FLOAT:
    case STK_VALUE_REFUSED:
    case STK_VALUE_KINDS:
        break;
    }
    return refuse(p, value, "the result of a call that is not vetted");
}

static enum stk_status put_big(struct plain *p, struct stk_value value)
{
    if (!stk_big_is_uint64(value.big)) {
        return refuse(p, value, "an integer of more than 64 bits");
    }
    stk_put_uint(p->out, value.big->limbs[0]);
    return STK_OK;
}

static bool has_identity(struct stk_value value)
{
    return value.kind >= STK_VALUE_BYTEARRAY && value.kind != STK_VALUE_GLOBAL;
}

/* A node that the graph meets more than once. */
static enum stk_status put_shared(struct plain *p, struct stk_value value)
{
    uint64_t key = (uint64_t)(uintptr_t)value.items;
    uint64_t known = 0;
    bool again = stk_map_get(&p->w->numbers, key, &known);
    size_t start = p->out->len;
    size_t n_frames = p->w->n_frames;
    if (known == NODE_OPEN) {
        return refuse(p, value, "a value that contains itself");
    }
    if (again && has_identity(value)) {
        lose(p, STK_MSGPACK_LOSS_SHARED);
    }
    STK_TRY(put_node(p, value));
    if (p->w->n_frames == n_frames) { /* nothing is in it */
        STK_TRY(again && p->n_again == 0 ? spend(p, value, p->out->len - start) : STK_OK);
        return stk_map_put(&p->w->numbers, key, NODE_WRITTEN, &(bool){false});
    }
    struct stk_msgpack_frame *frame = &p->w->frames[n_frames];
    frame->node = key;
    frame->again = again;
    if (again && p->n_again++ == 0) {
        p->again_start = start;
    }
    return stk_map_put(&p->w->numbers, key, NODE_OPEN, &(bool){false});
}

static enum stk_status put_value(struct plain *p, struct stk_value value)
{
    if (stk_is_scalar(value)) {
        stk_put_scalar(p->out, value);
        return STK_OK;
    }
    if (value.kind == STK_VALUE_BIGINT) {
        return put_big(p, value);
    }
    return stk_shares_has(&p->w->shares, value) ? put_shared(p, value)
                                                : put_node(p, value);
}

static enum stk_status end_frame(struct plain *p)
{
    struct stk_msgpack_frame *frame = &p->w->frames[--p->w->n_frames];
    if (frame->again && --p->n_again == 0) {
        uint64_t bytes = p->out->len - p->again_start;
        p->again_left -= bytes < p->again_left ? bytes : p->again_left;
    }
    return frame->node == 0
               ? STK_OK
               : stk_map_put(&p->w->numbers, frame->node, NODE_WRITTEN, &(bool){false});
}

/* The next value of what is begun, or its end. */
static enum stk_status step(struct plain *p)
{
    struct stk_msgpack_frame *frame = &p->w->frames[p->w->n_frames - 1];
    if (frame->at == frame->n) {
        return end_frame(p);
    }
    struct stk_value value = frame->list[frame->at++];
    STK_TRY(put_value(p, value));
    if (p->n_again > 0 && p->out->len - p->again_start > p->again_left) {
        return spend(p, value, UINT64_MAX);
    }
    return STK_OK;
}

static enum stk_status write_plain(struct plain *p, struct stk_value value)
{
    STK_TRY(stk_shares_find(&p->w->shares, value));
    STK_TRY(put_value(p, value));
    while (p->w->n_frames > 0 && p->out->status == STK_OK) {
        STK_TRY(step(p));
    }
    return p->out->status;
}

enum stk_status stk_msgpack_write_plain(struct stk_msgpack_writer *w,
                                        struct stk_value value, uint64_t again_max,
                                        struct stk_buf *out,
                                        struct stk_msgpack_losses *ret_losses,
                                        struct stk_msgpack_error *ret_error)
{
    struct plain p = {.w = w, .out = out, .error = ret_error, .again_left = again_max};
    size_t start = out->len;
    stk_msgpack_writer_begin(w, value, ret_error);
    enum stk_status status = write_plain(&p, value);
    if (status == STK_OK) {
        *ret_losses = p.losses;
    } else {
        out->len = start;
    }
    return status;
}
