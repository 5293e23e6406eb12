/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_plain.h"

#include <math.h>
#include <string.h>

#include "base/assert.h"
#include "wire/json_plain_state.h"

/* Keys that are tuples with such keys in them, … */
#define KEYS_MAX 4

enum { SEEN_OPEN = 1, SEEN_WRITTEN = 2 };

/* ---- frames ---- */

static enum stk_status push(struct stk_plain *p, struct stk_plain_frame frame,
                            struct stk_value value)
{
    if (p->n >= p->options->write.depth_max) {
        return stk_plain_refuse(p, STK_E_LIMIT, value,
                                "values lie too deep inside each other");
    }
    if (p->n == p->cap) {
        void *array = p->frames;
        STK_TRY(stk_grow(p->emit.out->alloc, &array, &p->cap, sizeof *p->frames, p->n + 1,
                         SIZE_MAX / sizeof *p->frames));
        p->frames = array;
    }
    uint64_t seen = 0;
    if (stk_shares_has(p->shares, value)) {
        uint64_t key = (uint64_t)(uintptr_t)value.items;
        frame.node = value.items;
        frame.copy = stk_map_get(p->seen, key, &seen);
        STK_TRY(stk_map_put(p->seen, key, SEEN_OPEN, &(bool){false}));
    }
    if (frame.copy && p->copies++ == 0) {
        p->copy_start = p->emit.out->len;
    }
    p->frames[p->n++] = frame;
    if (frame.bracket != 0) {
        stk_json_emit_open(&p->emit, frame.bracket == ']' ? '[' : '{');
    }
    return STK_OK;
}

static enum stk_status pop(struct stk_plain *p)
{
    struct stk_plain_frame *frame = &p->frames[--p->n];
    if (frame->bracket != 0) {
        stk_json_emit_close(&p->emit, frame->bracket);
    }
    if (frame->copy && --p->copies == 0) {
        p->copied += p->emit.out->len - p->copy_start;
    }
    return frame->node == NULL ? STK_OK
                               : stk_map_put(p->seen, (uint64_t)(uintptr_t)frame->node,
                                             SEEN_WRITTEN, &(bool){false});
}

static enum stk_status push_list(struct stk_plain *p, const struct stk_items *items,
                                 struct stk_value value)
{
    struct stk_plain_frame frame = {
        .bracket = ']', .first = items->list, .step = 1, .n = items->n};
    return push(p, frame, value);
}

static enum stk_status push_pairs(struct stk_plain *p, const struct stk_pair *list,
                                  size_t n, bool merged, struct stk_value value)
{
    _Static_assert(sizeof(struct stk_pair) == 2 * sizeof(struct stk_value), "no padding");
    struct stk_plain_frame frame = {.bracket = '}', .step = 2, .n = n};
    STK_TRY(stk_plain_names(p, list, n, merged, &frame.names));
    frame.keys = n == 0 ? NULL : &list->key;
    frame.first = n == 0 ? NULL : &list->value;
    return push(p, frame, value);
}

/* In the place of a value that stands around it. */
static enum stk_status push_inside(struct stk_plain *p, struct stk_value value,
                                   const struct stk_value *inside)
{
    struct stk_plain_frame frame = {.first = inside, .step = 1, .n = 1};
    return push(p, frame, value);
}

/* ---- objects ---- */

/* What an object has besides its call. */
struct parts {
    size_t n;
    struct stk_span names[6];
    struct stk_value values[6];
};

static void add_part(struct parts *parts, const char *name, struct stk_value value)
{
    parts->names[parts->n] = stk_span_of(name, strlen(name));
    parts->values[parts->n++] = value;
}

static struct stk_value inner(struct stk_value object, enum stk_value_kind kind,
                              const void *node)
{
    return (struct stk_value){.kind = kind & 0xff, .off = object.off, .items = node};
}

static void find_parts(struct stk_value value, struct parts *parts)
{
    const struct stk_object *object = value.object;
    if (object->has_state) {
        add_part(parts, "state", object->state);
    }
    if (object->items.n > 0) {
        add_part(parts, "items", inner(value, STK_VALUE_LIST, &object->items));
    }
    if (object->members.n > 0) {
        add_part(parts, "members", inner(value, STK_VALUE_LIST, &object->members));
    }
    if (object->pairs.n > 0) {
        add_part(parts, "pairs", inner(value, STK_VALUE_DICT, &object->pairs));
    }
}

static bool has_arguments(const struct stk_object *object)
{
    return object->args.kind != STK_VALUE_TUPLE || object->args.items->n > 0 ||
           (object->kwargs.kind == STK_VALUE_DICT && object->kwargs.pairs->n > 0);
}

static void find_arguments(struct stk_value value, struct parts *parts)
{
    const struct stk_object *object = value.object;
    add_part(parts, "args",
             object->args.kind == STK_VALUE_TUPLE
                 ? inner(value, STK_VALUE_LIST, object->args.items)
                 : object->args);
    if (object->kwargs.kind == STK_VALUE_DICT && object->kwargs.pairs->n > 0) {
        add_part(parts, "kwargs", object->kwargs);
    }
}

static bool is_dict_or_none(struct stk_value value)
{
    return value.kind == STK_VALUE_DICT || value.kind == STK_VALUE_NONE;
}

/* (attributes, slots): what CPython gives for a class with __slots__. */
static bool is_slots(struct stk_value state)
{
    return state.kind == STK_VALUE_TUPLE && state.items->n == 2 &&
           is_dict_or_none(state.items->list[0]) &&
           state.items->list[1].kind == STK_VALUE_DICT;
}

static enum stk_status push_slots(struct stk_plain *p, struct stk_value value)
{
    const struct stk_value *halves = value.object->state.items->list;
    size_t n_first = halves[0].kind == STK_VALUE_DICT ? halves[0].pairs->n : 0;
    size_t n = n_first + halves[1].pairs->n;
    struct stk_pair *list = stk_arena_array(p->scratch, n, sizeof *list);
    if (list == NULL) {
        return STK_E_NOMEM;
    }
    if (n_first > 0) {
        stk_copy(list, halves[0].pairs->list, n_first * sizeof *list);
    }
    stk_copy(list + n_first, halves[1].pairs->list, (n - n_first) * sizeof *list);
    return push_pairs(p, list, n, n_first > 0, value);
}

static enum stk_status push_parts(struct stk_plain *p, const struct parts *parts,
                                  struct stk_value value)
{
    struct parts *copy = stk_arena_alloc(p->scratch, sizeof *copy);
    if (copy == NULL) {
        return STK_E_NOMEM;
    }
    *copy = *parts;
    if (parts->n == 1) {
        return push_inside(p, value, copy->values);
    }
    struct stk_plain_frame frame = {.bracket = '}',
                                    .names = copy->names,
                                    .first = copy->values,
                                    .step = 1,
                                    .n = copy->n};
    return push(p, frame, value);
}

static enum stk_status write_object(struct stk_plain *p, struct stk_value value)
{
    const struct stk_object *object = value.object;
    struct parts parts = {.n = 0};
    STK_TRY(stk_plain_lose(p, STK_JSON_LOSS_CLASS, 1));
    find_parts(value, &parts);
    if (parts.n == 0) {
        find_arguments(value, &parts);
        return push_parts(p, &parts, value);
    }
    if (has_arguments(object)) {
        STK_TRY(stk_plain_lose(p, STK_JSON_LOSS_ARGUMENTS, 1));
    }
    return parts.n == 1 && object->has_state && is_slots(object->state)
               ? push_slots(p, value)
               : push_parts(p, &parts, value);
}

/* ---- what holds no others ---- */

static enum stk_status write_text(struct stk_plain *p, struct stk_value value)
{
    p->emit.lone = false;
    stk_json_emit_text(&p->emit, value.text->bytes);
    return p->emit.lone ? stk_plain_lose(p, STK_JSON_LOSS_SURROGATE, 1) : STK_OK;
}

static enum stk_status write_float(struct stk_plain *p, double number)
{
    if (isfinite(number)) {
        stk_json_emit_float(&p->emit, number);
        return STK_OK;
    }
    stk_json_emit_raw(&p->emit, "null");
    return stk_plain_lose(p, STK_JSON_LOSS_NUMBER, 1);
}

static enum stk_status write_big(struct stk_plain *p, struct stk_value value)
{
    if (stk_json_emit_big(&p->emit, value.big, p->options->write.digits_max)) {
        return STK_OK;
    }
    stk_json_emit_hex(&p->emit, value.big);
    return stk_plain_lose(p, STK_JSON_LOSS_INTEGER, 1);
}

static enum stk_status write_buffer(struct stk_plain *p, const struct stk_buffer *buffer)
{
    if (!buffer->present) {
        stk_json_emit_raw(&p->emit, "null");
        return stk_plain_lose(p, STK_JSON_LOSS_ABSENT, 1);
    }
    stk_json_emit_base64(&p->emit, buffer->bytes);
    return stk_plain_lose(p, STK_JSON_LOSS_BUFFER, 1);
}

static enum stk_status write_bytes(struct stk_plain *p, struct stk_value value)
{
    stk_json_emit_base64(&p->emit, value.text->bytes);
    return stk_plain_lose(p, STK_JSON_LOSS_BYTES, 1);
}

static enum stk_status write_global(struct stk_plain *p, struct stk_value value)
{
    struct stk_span text;
    STK_TRY(stk_plain_name(p, value, &text));
    stk_json_emit_text(&p->emit, text);
    return STK_OK;
}

/* ---- everything ---- */

static enum stk_status lose_and_push_list(struct stk_plain *p, enum stk_json_loss loss,
                                          struct stk_value value)
{
    STK_TRY(stk_plain_lose(p, loss, 1));
    return push_list(p, value.items, value);
}

static enum stk_status lose_and_push_inside(struct stk_plain *p, enum stk_json_loss loss,
                                            struct stk_value value,
                                            const struct stk_value *inside)
{
    STK_TRY(stk_plain_lose(p, loss, 1));
    return push_inside(p, value, inside);
}

static enum stk_status write_any(struct stk_plain *p, struct stk_value value)
{
    switch (stk_value_kind(value)) {
    case STK_VALUE_NONE:
        stk_json_emit_raw(&p->emit, "null");
        return STK_OK;
    case STK_VALUE_BOOL:
        stk_json_emit_bool(&p->emit, value.boolean);
        return STK_OK;
    case STK_VALUE_INT:
        stk_json_emit_int(&p->emit, value.integer);
        return STK_OK;
    case STK_VALUE_BIGINT:
        return write_big(p, value);
    case STK_VALUE_FLOAT:
        return write_float(p, value.number);
    case STK_VALUE_STR:
        return write_text(p, value);
    case STK_VALUE_BYTES:
    case STK_VALUE_BYTEARRAY:
        return write_bytes(p, value);
    case STK_VALUE_LIST:
        return push_list(p, value.items, value);
    case STK_VALUE_TUPLE:
        return lose_and_push_list(p, STK_JSON_LOSS_TUPLE, value);
    case STK_VALUE_SET:
    case STK_VALUE_FROZENSET:
        return lose_and_push_list(p, STK_JSON_LOSS_SET, value);
    case STK_VALUE_DICT:
        return push_pairs(p, value.pairs->list, value.pairs->n, false, value);
    case STK_VALUE_GLOBAL:
        return write_global(p, value);
    case STK_VALUE_TENSOR:
    case STK_VALUE_NDARRAY:
    case STK_VALUE_STORAGE:
        return value.object->array != NULL ? stk_plain_array(p, value)
                                           : write_object(p, value);
    case STK_VALUE_OBJECT:
        return write_object(p, value);
    case STK_VALUE_ENUM:
        return lose_and_push_inside(p, STK_JSON_LOSS_ENUM, value, &value.object->member);
    case STK_VALUE_PERSISTENT:
        return lose_and_push_inside(p, STK_JSON_LOSS_PERSISTENT, value,
                                    &value.object->args);
    case STK_VALUE_BUFFER:
        return write_buffer(p, value.buffer);
    case STK_VALUE_REFUSED:
    case STK_VALUE_KINDS:
        break;
    }
    return stk_plain_refuse(p, STK_E_UNSUPPORTED, value, "a call that was refused");
}

/* Immutable values without others in them can be written twice, and nobody knows. */
static bool loses_identity(enum stk_value_kind kind)
{
    return kind >= STK_VALUE_BYTEARRAY && kind != STK_VALUE_GLOBAL;
}

static enum stk_status check_copied(struct stk_plain *p)
{
    uint64_t copied = p->copied;
    copied += p->copies > 0 ? p->emit.out->len - p->copy_start : 0;
    return copied <= p->options->copied_max
               ? STK_OK
               : stk_plain_refuse(p, STK_E_LIMIT, p->last,
                                  "too much text for values that are shared");
}

static enum stk_status write_value(struct stk_plain *p, struct stk_value value)
{
    uint64_t seen = 0;
    size_t depth = p->n;
    size_t len = p->emit.out->len;
    p->last = value;
    if (stk_shares_has(p->shares, value)) {
        (void)stk_map_get(p->seen, (uint64_t)(uintptr_t)value.items, &seen);
        if (seen == SEEN_OPEN) {
            return stk_plain_refuse(p, STK_E_UNSUPPORTED, value,
                                    "a value that holds itself");
        }
        if (seen == SEEN_WRITTEN && loses_identity(stk_value_kind(value))) {
            STK_TRY(stk_plain_lose(p, STK_JSON_LOSS_SHARED, 1));
        }
    }
    STK_TRY(write_any(p, value));
    if (p->n > depth || !stk_shares_has(p->shares, value)) {
        return STK_OK;
    }
    if (seen == SEEN_WRITTEN && p->copies == 0) {
        p->copied += p->emit.out->len - len;
    }
    return stk_map_put(p->seen, (uint64_t)(uintptr_t)value.items, SEEN_WRITTEN,
                       &(bool){false});
}

static enum stk_status write_next(struct stk_plain *p)
{
    struct stk_plain_frame *frame = &p->frames[p->n - 1];
    if (frame->at == frame->n) {
        return pop(p);
    }
    struct stk_value value = frame->first[frame->at * frame->step];
    if (frame->bracket == '}') {
        stk_json_emit_name(&p->emit, stk_plain_member(frame, frame->at));
    }
    frame->at++;
    return write_value(p, value);
}

static enum stk_status write_all(struct stk_plain *p, struct stk_value value)
{
    STK_TRY(write_value(p, value));
    while (p->n > 0 && p->emit.out->status == STK_OK) {
        STK_TRY(write_next(p));
        STK_TRY(check_copied(p));
    }
    return p->emit.out->status != STK_E_LIMIT
               ? p->emit.out->status
               : stk_plain_refuse(p, STK_E_LIMIT, value,
                                  "the text is longer than it may be");
}

static enum stk_status write_key(struct stk_plain *p, struct stk_plain *around,
                                 struct stk_value key, struct stk_span *ret_text)
{
    struct stk_buf *out = p->emit.out;
    enum stk_status status = write_all(p, key);
    around->copied = p->copied;
    if (status != STK_OK) {
        around->error = p->error;
        return status;
    }
    const char *copy = stk_arena_text(p->scratch, stk_buf_span(out));
    *ret_text = stk_span_of(copy, out->len);
    return copy == NULL ? STK_E_NOMEM : STK_OK;
}

enum stk_status stk_plain_key(struct stk_plain *around, struct stk_value key,
                              struct stk_span *ret_text)
{
    struct stk_plain p = *around;
    struct stk_buf out;
    if (around->keys == KEYS_MAX) {
        return stk_plain_refuse(around, STK_E_LIMIT, key,
                                "keys lie too deep inside each other");
    }
    stk_buf_init(&out, around->emit.out->alloc, around->emit.out->max);
    p.emit = (struct stk_json_emit){.out = &out, .replace = true};
    p.around = around;
    p.keys++;
    p.copies = 0;
    p.frames = NULL;
    p.n = 0;
    p.cap = 0;
    enum stk_status status = write_key(&p, around, key, ret_text);
    stk_free(out.alloc, p.frames, p.cap * sizeof *p.frames);
    stk_buf_release(&out);
    return status;
}

static enum stk_status write_from(struct stk_plain *p, struct stk_value value)
{
    STK_TRY(stk_shares_find(p->shares, value));
    return write_all(p, value);
}

enum stk_status stk_json_write_plain(struct stk_buf *out, struct stk_arena *arena,
                                     struct stk_value value,
                                     const struct stk_json_plain_options *options,
                                     struct stk_json_lost *ret_lost,
                                     struct stk_json_error *ret_error)
{
    struct stk_arena scratch;
    struct stk_shares shares;
    struct stk_map seen;
    struct stk_json_lost lost = {.list = {{0, NULL}}};
    size_t len = out->len;
    stk_arena_init(&scratch, out->alloc, SIZE_MAX);
    stk_shares_init(&shares, out->alloc);
    stk_map_init(&seen, out->alloc, SIZE_MAX, stk_value_seed());
    struct stk_plain p = {.options = options,
                          .arena = arena,
                          .scratch = &scratch,
                          .shares = &shares,
                          .seen = &seen,
                          .lost = &lost};
    p.emit = (struct stk_json_emit){.out = out,
                                    .indent = options->write.indent,
                                    .ascii = options->write.ascii,
                                    .replace = true};
    enum stk_status status = write_from(&p, value);
    if (status == STK_OK) {
        *ret_lost = lost;
    } else {
        out->len = len;
        if (status != STK_E_NOMEM) {
            *ret_error = p.error;
        }
    }
    stk_free(out->alloc, p.frames, p.cap * sizeof *p.frames);
    stk_map_release(&seen);
    stk_shares_release(&shares);
    stk_arena_release(&scratch);
    return status;
}
