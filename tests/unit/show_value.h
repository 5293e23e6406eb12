/* SPDX-License-Identifier: Apache-2.0
 *
 * Graphs as text, for tests. Include behind cmocka.h.
 *
 *   None True 5 0x1fff 2.5 'a' b'a' bytearray(b'a') [1] (1, 2) set(1) frozenset(1)
 *   {'a': 1} m.C                       a global
 *   m.C(1)  new m.C(1)  newex m.C(1; {'a': 1})  load('id')   calls; behind them, in
 *                                      order: .items[…] .members[…] .pairs{…} .state(…)
 *   enum<m.C 1>  enum<m.C by name 'A'>
 *   tensor<float32 2x3 (3, 1) +0 of …>call  array<int32 2 8 bytes>call
 *   storage<float32 4 "0" cpu 16 bytes>
 *   buffer<0>  buffer<0 readonly 3 bytes>  refused
 *   #1=[…] #1                          a node that is marked, where it is met again
 */
#pragma once

#include <inttypes.h>

#include "base/buf.h"
#include "value/object.h"
#include "value/share.h"

struct shown {
    struct stk_buf text;
    const void *met[64]; /* marked nodes */
    size_t n;
};

static void show_any(struct shown *s, struct stk_value value);

static inline void show_escaped(struct shown *s, const char *before,
                                struct stk_span bytes)
{
    stk_buf_str(&s->text, before);
    stk_buf_byte(&s->text, '\'');
    for (size_t i = 0; i < bytes.len; i++) {
        uint8_t c = bytes.data[i];
        if (c < 0x20 || c >= 0x7f || c == '\\' || c == '\'') {
            stk_buf_printf(&s->text, "\\x%02x", c);
        } else {
            stk_buf_byte(&s->text, c);
        }
    }
    stk_buf_byte(&s->text, '\'');
}

static inline void show_span(struct shown *s, struct stk_span bytes)
{
    stk_buf_put(&s->text, bytes.data, bytes.len);
}

static inline void show_name(struct shown *s, const struct stk_name *name)
{
    if (name == NULL) {
        stk_buf_str(&s->text, "?");
        return;
    }
    show_span(s, name->module);
    stk_buf_byte(&s->text, '.');
    show_span(s, name->qualified);
}

static inline void show_list(struct shown *s, const char *open,
                             const struct stk_items *items, const char *close)
{
    stk_buf_str(&s->text, open);
    for (size_t i = 0; i < items->n; i++) {
        stk_buf_str(&s->text, i > 0 ? ", " : "");
        show_any(s, items->list[i]);
    }
    stk_buf_str(&s->text, close);
}

static inline void show_pairs(struct shown *s, const struct stk_pairs *pairs)
{
    stk_buf_byte(&s->text, '{');
    for (size_t i = 0; i < pairs->n; i++) {
        stk_buf_str(&s->text, i > 0 ? ", " : "");
        show_any(s, pairs->list[i].key);
        stk_buf_str(&s->text, ": ");
        show_any(s, pairs->list[i].value);
    }
    stk_buf_byte(&s->text, '}');
}

static inline void show_state(struct shown *s, const struct stk_object *o)
{
    if (o->has_state) {
        stk_buf_str(&s->text, ".state(");
        show_any(s, o->state);
        stk_buf_byte(&s->text, ')');
    }
}

static inline void show_call(struct shown *s, const struct stk_object *o)
{
    static const char *const how[] = {
        [STK_CALL_NEW] = "new ", [STK_CALL_NEW_EX] = "newex ", [STK_CALL_LOAD] = "load"};
    stk_buf_str(&s->text, o->call == STK_CALL_REDUCE ? "" : how[o->call]);
    if (o->call == STK_CALL_LOAD) {
        stk_buf_byte(&s->text, '(');
        show_any(s, o->args);
        stk_buf_byte(&s->text, ')');
    } else {
        show_any(s, o->callee);
        show_any(s, o->args);
    }
    if (o->call == STK_CALL_NEW_EX) {
        stk_buf_str(&s->text, " ** ");
        show_any(s, o->kwargs);
    }
    if (o->state_first) {
        show_state(s, o);
    }
    if (o->items.n > 0) {
        show_list(s, ".items[", &o->items, "]");
    }
    if (o->members.n > 0) {
        show_list(s, ".members[", &o->members, "]");
    }
    if (o->pairs.n > 0) {
        stk_buf_str(&s->text, ".pairs");
        show_pairs(s, &o->pairs);
    }
    if (!o->state_first) {
        show_state(s, o);
    }
}

static inline void show_shape(struct shown *s, const struct stk_array *a)
{
    stk_buf_printf(&s->text, "%s ", stk_dtype_name(a->dtype));
    for (uint32_t i = 0; i < a->rank; i++) {
        stk_buf_printf(&s->text, "%s%" PRIu64, i > 0 ? "x" : "", a->shape[i]);
    }
    for (uint32_t i = 0; a->stride != NULL && i < a->rank; i++) {
        stk_buf_printf(&s->text, "%s%" PRId64, i > 0 ? "," : " by ", a->stride[i]);
    }
    stk_buf_printf(&s->text, " = %" PRIu64 "%s", a->n_items, a->big_endian ? " big" : "");
    if (a->present) {
        stk_buf_printf(&s->text, ", %zu bytes", a->bytes.len);
    }
}

static inline void show_storage(struct shown *s, const struct stk_array *a)
{
    stk_buf_printf(&s->text, "storage<%s ", stk_dtype_name(a->dtype));
    show_span(s, a->type);
    stk_buf_printf(&s->text, " %" PRIu64, a->n_items);
    show_escaped(s, " ", a->key);
    show_escaped(s, " ", a->location);
    if (a->present) {
        stk_buf_printf(&s->text, ", %zu bytes", a->bytes.len);
    }
    stk_buf_byte(&s->text, '>');
}

static inline void show_object(struct shown *s, struct stk_value value)
{
    const struct stk_object *o = value.object;
    const struct stk_array *a = o->array;
    switch (value.kind) {
    case STK_VALUE_ENUM:
        stk_buf_str(&s->text, "enum<");
        show_name(s, o->type);
        stk_buf_str(&s->text, o->by_name ? " by name " : " ");
        show_any(s, o->member);
        stk_buf_byte(&s->text, '>');
        return;
    case STK_VALUE_TENSOR:
        stk_buf_str(&s->text, "tensor<");
        show_shape(s, a);
        stk_buf_printf(&s->text, " +%" PRIu64 ">", a->offset);
        break;
    case STK_VALUE_NDARRAY:
        stk_buf_str(&s->text, "array<");
        show_shape(s, a);
        stk_buf_byte(&s->text, '>');
        break;
    case STK_VALUE_STORAGE:
        show_storage(s, a);
        return;
    default:
        break;
    }
    show_call(s, o);
}

static inline void show_node(struct shown *s, struct stk_value value)
{
    switch (value.kind) {
    case STK_VALUE_BIGINT:
        stk_buf_str(&s->text, value.big->negative ? "-0x" : "0x");
        for (size_t i = value.big->n; i-- > 0;) {
            stk_buf_printf(&s->text, "%0*" PRIx64, i + 1 == value.big->n ? 0 : 16,
                           value.big->limbs[i]);
        }
        return;
    case STK_VALUE_STR:
        show_escaped(s, "", value.text->bytes);
        return;
    case STK_VALUE_BYTES:
        show_escaped(s, "b", value.text->bytes);
        return;
    case STK_VALUE_BYTEARRAY:
        show_escaped(s, "bytearray ", value.text->bytes);
        return;
    case STK_VALUE_LIST:
        show_list(s, "[", value.items, "]");
        return;
    case STK_VALUE_TUPLE:
        show_list(s, "(", value.items, value.items->n == 1 ? ",)" : ")");
        return;
    case STK_VALUE_SET:
        show_list(s, "set(", value.items, ")");
        return;
    case STK_VALUE_FROZENSET:
        show_list(s, "frozenset(", value.items, ")");
        return;
    case STK_VALUE_DICT:
        show_pairs(s, value.pairs);
        return;
    case STK_VALUE_BUFFER:
        stk_buf_printf(&s->text, "buffer<%" PRIu64 "%s", value.buffer->ordinal,
                       value.buffer->readonly ? " readonly" : "");
        if (value.buffer->present) {
            stk_buf_printf(&s->text, " %zu bytes", value.buffer->bytes.len);
        }
        stk_buf_byte(&s->text, '>');
        return;
    default:
        show_object(s, value);
        return;
    }
}

static inline bool show_met(struct shown *s, struct stk_value value)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->met[i] == stk_value_node(value)) {
            stk_buf_printf(&s->text, "#%zu", i + 1);
            return true;
        }
    }
    assert_true(s->n < sizeof s->met / sizeof s->met[0]);
    s->met[s->n++] = stk_value_node(value);
    stk_buf_printf(&s->text, "#%zu=", s->n);
    return false;
}

static void show_any(struct shown *s, struct stk_value value)
{
    switch (value.kind) {
    case STK_VALUE_NONE:
        stk_buf_str(&s->text, "None");
        return;
    case STK_VALUE_BOOL:
        stk_buf_str(&s->text, value.boolean ? "True" : "False");
        return;
    case STK_VALUE_INT:
        stk_buf_printf(&s->text, "%" PRId64, value.integer);
        return;
    case STK_VALUE_FLOAT:
        stk_buf_printf(&s->text, "%.17gf", value.number);
        return;
    case STK_VALUE_GLOBAL:
        show_name(s, value.name);
        return;
    case STK_VALUE_REFUSED:
        stk_buf_str(&s->text, "refused");
        return;
    default:
        if (!stk_value_is_marked(value) || !show_met(s, value)) {
            show_node(s, value);
        }
        return;
    }
}

/* Good until the next call. */
static inline const char *show_value(struct stk_value value)
{
    static char text[16384];
    struct shown s = {.n = 0};
    stk_buf_init(&s.text, &stk_alloc_libc, sizeof text - 1);
    show_any(&s, value);
    assert_int_equal(s.text.status, STK_OK);
    stk_copy(text, s.text.data, s.text.len);
    text[s.text.len] = '\0';
    stk_buf_release(&s.text);
    return text;
}
