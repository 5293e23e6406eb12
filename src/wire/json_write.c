/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_write.h"

#include <math.h>

#include "base/assert.h"
#include "base/map.h"
#include "value/share.h"
#include "wire/json_emit.h"

/* An open array or object. */
struct frame {
    const struct stk_value *at; /* next item; keys and values in turn */
    const struct stk_value *end;
    const void *marked; /* its node, if it may lead to itself */
    bool dict;
};

struct writer {
    struct stk_json_emit emit;
    const struct stk_json_write_options *options;
    struct frame *stack; /* owned */
    size_t n;
    size_t cap;
    struct stk_map open; /* marked nodes: 1 while they are on the stack */
    struct stk_json_error error;
};

static enum stk_status refuse(struct writer *w, enum stk_status status,
                              struct stk_value value, const char *reason)
{
    w->error = (struct stk_json_error){.off = value.off, .reason = reason};
    return status;
}

/* A marked node is opened: one that is open already would never end. */
static enum stk_status mark_open(struct writer *w, struct stk_value value)
{
    uint64_t key = (uint64_t)(uintptr_t)value.items;
    uint64_t is_open = 0;
    if (stk_map_get(&w->open, key, &is_open) && is_open != 0) {
        return refuse(w, STK_E_UNSUPPORTED, value, "a value that holds itself");
    }
    return stk_map_put(&w->open, key, 1, &(bool){false});
}

static enum stk_status open_group(struct writer *w, struct stk_value value)
{
    _Static_assert(sizeof(struct stk_pair) == 2 * sizeof(struct stk_value), "no padding");
    struct frame frame = {.dict = value.kind == STK_VALUE_DICT};
    if (w->emit.depth >= w->options->depth_max) {
        return refuse(w, STK_E_LIMIT, value,
                      "arrays and objects lie too deep inside each other");
    }
    if (stk_value_is_marked(value)) {
        STK_TRY(mark_open(w, value));
        frame.marked = value.items;
    }
    if (w->n == w->cap) {
        void *array = w->stack;
        STK_TRY(stk_grow(w->emit.out->alloc, &array, &w->cap, sizeof *w->stack, w->n + 1,
                         SIZE_MAX / sizeof *w->stack));
        w->stack = array;
    }
    size_t n = 0;
    if (frame.dict) {
        frame.at = (const struct stk_value *)(const void *)value.pairs->list;
        n = 2 * value.pairs->n;
    } else {
        frame.at = value.items->list;
        n = value.items->n;
    }
    frame.end = n == 0 ? frame.at : frame.at + n;
    w->stack[w->n++] = frame;
    stk_json_emit_open(&w->emit, frame.dict ? '{' : '[');
    return STK_OK;
}

static enum stk_status close_group(struct writer *w)
{
    struct frame *frame = &w->stack[--w->n];
    stk_json_emit_close(&w->emit, frame->dict ? '}' : ']');
    return frame->marked == NULL
               ? STK_OK
               : stk_map_put(&w->open, (uint64_t)(uintptr_t)frame->marked, 0,
                             &(bool){false});
}

static inline enum stk_status check_text(struct writer *w, struct stk_value value)
{
    return STK_LIKELY(!w->emit.paired)
               ? STK_OK
               : refuse(w, STK_E_UNSUPPORTED, value,
                        "surrogates that JSON would read as one character");
}

static inline enum stk_status write_value(struct writer *w, struct stk_value value)
{
    switch (stk_value_kind(value)) {
    case STK_VALUE_NONE:
        stk_json_emit_raw(&w->emit, "null");
        return STK_OK;
    case STK_VALUE_BOOL:
        stk_json_emit_bool(&w->emit, value.boolean);
        return STK_OK;
    case STK_VALUE_INT:
        stk_json_emit_int(&w->emit, value.integer);
        return STK_OK;
    case STK_VALUE_BIGINT:
        return stk_json_emit_big(&w->emit, value.big, w->options->digits_max)
                   ? STK_OK
                   : refuse(w, STK_E_LIMIT, value, "an integer of too many digits");
    case STK_VALUE_FLOAT:
        if (!isfinite(value.number)) {
            return refuse(w, STK_E_UNSUPPORTED, value, "NaN or infinity");
        }
        stk_json_emit_float(&w->emit, value.number);
        return STK_OK;
    case STK_VALUE_STR:
        stk_json_emit_text(&w->emit, value.text->bytes);
        return check_text(w, value);
    case STK_VALUE_LIST:
    case STK_VALUE_DICT:
        return open_group(w, value);
    case STK_VALUE_BYTES:
    case STK_VALUE_BYTEARRAY:
    case STK_VALUE_TUPLE:
    case STK_VALUE_SET:
    case STK_VALUE_FROZENSET:
    case STK_VALUE_GLOBAL:
    case STK_VALUE_OBJECT:
    case STK_VALUE_ENUM:
    case STK_VALUE_TENSOR:
    case STK_VALUE_NDARRAY:
    case STK_VALUE_STORAGE:
    case STK_VALUE_PERSISTENT:
    case STK_VALUE_BUFFER:
    case STK_VALUE_REFUSED:
    case STK_VALUE_KINDS:
        break;
    }
    return refuse(w, STK_E_UNSUPPORTED, value, "a value of a kind that JSON lacks");
}

static enum stk_status write_next(struct writer *w)
{
    struct frame *frame = &w->stack[w->n - 1];
    if (frame->at == frame->end) {
        return close_group(w);
    }
    if (frame->dict) {
        struct stk_value key = *frame->at++;
        if (key.kind != STK_VALUE_STR) {
            return refuse(w, STK_E_UNSUPPORTED, key, "a key that is not a str");
        }
        stk_json_emit_name(&w->emit, key.text->bytes);
        STK_TRY(check_text(w, key));
    }
    return write_value(w, *frame->at++);
}

static enum stk_status write_all(struct writer *w, struct stk_value value)
{
    STK_TRY(write_value(w, value));
    while (w->n > 0 && w->emit.out->status == STK_OK) {
        STK_TRY(write_next(w));
    }
    return w->emit.out->status != STK_E_LIMIT
               ? w->emit.out->status
               : refuse(w, STK_E_LIMIT, value, "the text is longer than it may be");
}

enum stk_status stk_json_write(struct stk_buf *out, struct stk_value value,
                               const struct stk_json_write_options *options,
                               struct stk_json_error *ret_error)
{
    struct writer w = {.options = options};
    size_t len = out->len;
    w.emit = (struct stk_json_emit){
        .out = out, .indent = options->indent, .ascii = options->ascii};
    stk_map_init(&w.open, out->alloc, SIZE_MAX, stk_value_seed());
    enum stk_status status = write_all(&w, value);
    if (status != STK_OK) {
        out->len = len;
    }
    if (status != STK_OK && status != STK_E_NOMEM) {
        *ret_error = w.error;
    }
    stk_map_release(&w.open);
    stk_free(out->alloc, w.stack, w.cap * sizeof *w.stack);
    return status;
}
