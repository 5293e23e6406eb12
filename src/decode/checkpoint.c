/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/checkpoint.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/utf8.h"
#include "container/container.h"
#include "decode/state.h"

#define SEED UINT64_C(0x636865636b706f69)

/* What a name costs besides its length. */
#define NAME_COST 16

/* In `kinds`. */
enum { OPEN = 1, PLAIN, MIXED };

void stk_checkpoint_init(struct stk_checkpoint *c, const struct stk_alloc *alloc,
                         struct stk_arena *arena)
{
    *c = (struct stk_checkpoint){
        .alloc = alloc, .arena = arena, .names_left = STK_CHECKPOINT_NAMES_MAX};
    stk_map_init(&c->kinds, alloc, SIZE_MAX, SEED);
    stk_map_init(&c->names, alloc, SIZE_MAX, SEED);
}

void stk_checkpoint_release(struct stk_checkpoint *c)
{
    stk_free(c->alloc, c->entries, c->cap_entries * sizeof c->entries[0]);
    stk_map_release(&c->kinds);
    stk_map_release(&c->names);
}

static enum stk_status refuse(struct stk_decode_error *error, struct stk_value value,
                              struct stk_span name, const char *reason)
{
    *error =
        (struct stk_decode_error){.verdict = STK_VERDICT_UNDECIDED, .off = value.off};
    (void)stk_escape(error->path, sizeof error->path, name);
    (void)snprintf(error->reason, sizeof error->reason, "%s", reason);
    return STK_E_MALFORMED;
}

/* ---- lists and dicts ---- */

/* What is in a list or dict: one of both is not NULL. */
struct holder {
    const struct stk_items *items;
    const struct stk_pairs *pairs;
};

/* collections.OrderedDict() and what was set in it. */
static bool is_ordered(struct stk_value value)
{
    if (value.kind != STK_VALUE_OBJECT) {
        return false;
    }
    const struct stk_object *object = value.object;
    return object->call == STK_CALL_REDUCE &&
           stk_value_names(object->callee, "collections", "OrderedDict") &&
           object->args.kind == STK_VALUE_TUPLE && object->args.items->n == 0 &&
           object->items.n == 0 && object->members.n == 0;
}

static bool keys_are_names(const struct stk_pairs *pairs)
{
    for (size_t i = 0; i < pairs->n; i++) {
        uint64_t kind = pairs->list[i].key.kind;
        if (kind != STK_VALUE_STR && kind != STK_VALUE_INT) {
            return false;
        }
    }
    return true;
}

static bool open_holder(struct stk_value value, struct holder *ret_holder)
{
    *ret_holder = (struct holder){0};
    if (value.kind == STK_VALUE_LIST || value.kind == STK_VALUE_TUPLE) {
        ret_holder->items = value.items;
    } else if (value.kind == STK_VALUE_DICT) {
        ret_holder->pairs = value.pairs;
    } else if (is_ordered(value)) {
        ret_holder->pairs = &value.object->pairs;
    }
    return ret_holder->items != NULL ||
           (ret_holder->pairs != NULL && keys_are_names(ret_holder->pairs));
}

static size_t count(const struct holder *holder)
{
    return holder->items != NULL ? holder->items->n : holder->pairs->n;
}

static struct stk_value value_at(const struct holder *holder, size_t i)
{
    return holder->items != NULL ? holder->items->list[i] : holder->pairs->list[i].value;
}

/* ---- which of them are plain ---- */

static bool is_plain_leaf(struct stk_value value)
{
    return value.kind <= STK_VALUE_STR; /* none, bool, numbers, str */
}

struct frame {
    struct stk_value value;
    struct holder holder;
    size_t next;
    bool mixed;
    struct stk_span name;
};

static enum stk_status set_kind(struct stk_checkpoint *c, struct stk_value value,
                                uint64_t kind)
{
    bool added = false;
    return stk_map_put(&c->kinds, (uint64_t)(uintptr_t)value.node, kind, &added);
}

static uint64_t kind_of(const struct stk_checkpoint *c, struct stk_value value)
{
    uint64_t kind = 0;
    (void)stk_map_get(&c->kinds, (uint64_t)(uintptr_t)value.node, &kind);
    return kind;
}

/* An OrderedDict is never plain: JSON has no name for it, but its items do as well. */
static enum stk_status push_kind(struct stk_checkpoint *c, struct frame *frames,
                                 size_t *n, struct stk_value value, bool *ret_mixed,
                                 struct stk_decode_error *ret_error)
{
    struct stk_span none = {0};
    struct holder holder;
    *ret_mixed = false;
    if (!open_holder(value, &holder)) {
        *ret_mixed = !is_plain_leaf(value);
        return STK_OK;
    }
    uint64_t kind = kind_of(c, value);
    if (kind == OPEN) {
        return refuse(ret_error, value, none, "a value that holds itself");
    }
    if (kind != 0) {
        *ret_mixed = kind == MIXED;
        return STK_OK;
    }
    if (*n == STK_CHECKPOINT_DEPTH_MAX) {
        return refuse(ret_error, value, none, "lists and dicts nest too deep");
    }
    c->n_attributes += value.kind == STK_VALUE_OBJECT && value.object->has_state;
    frames[(*n)++] = (struct frame){
        .value = value, .holder = holder, .mixed = value.kind == STK_VALUE_OBJECT};
    return set_kind(c, value, OPEN);
}

static enum stk_status find_kinds(struct stk_checkpoint *c, struct frame *frames,
                                  struct stk_value root,
                                  struct stk_decode_error *ret_error)
{
    size_t n = 0;
    bool mixed = false;
    STK_TRY(push_kind(c, frames, &n, root, &mixed, ret_error));
    while (n > 0) {
        struct frame *frame = &frames[n - 1];
        if (frame->next < count(&frame->holder)) {
            struct stk_value value = value_at(&frame->holder, frame->next++);
            STK_TRY(push_kind(c, frames, &n, value, &mixed, ret_error));
            frame->mixed |= mixed;
            continue;
        }
        STK_TRY(set_kind(c, frame->value, frame->mixed ? MIXED : PLAIN));
        n--;
        if (n > 0) {
            frames[n - 1].mixed |= frame->mixed;
        }
    }
    return STK_OK;
}

/* ---- names ---- */

static enum stk_status join(struct stk_checkpoint *c, const struct frame *frame,
                            size_t index, struct stk_span *ret_name,
                            struct stk_decode_error *ret_error)
{
    char number[24];
    struct stk_span part;
    struct stk_value key = stk_value_int(0, (int64_t)index);
    if (frame->holder.pairs != NULL) {
        key = frame->holder.pairs->list[index].key;
    }
    if (key.kind == STK_VALUE_STR) {
        part = key.text->bytes;
    } else {
        int len = snprintf(number, sizeof number, "%" PRId64, key.integer);
        part = stk_span_of(number, len < 0 ? 0 : (size_t)len);
    }
    if (stk_utf8_valid(part, false) != part.len) {
        return refuse(ret_error, key, frame->name, "a name that is no Unicode text");
    }
    size_t dot = frame->name.data == NULL ? 0 : 1;
    uint64_t len = (uint64_t)frame->name.len + dot + part.len;
    if (len + NAME_COST > c->names_left) {
        return refuse(ret_error, key, frame->name, "the names are too long together");
    }
    c->names_left -= len + NAME_COST;
    uint8_t *name = stk_arena_alloc(c->arena, (size_t)len + 1);
    if (name == NULL) {
        return STK_E_NOMEM;
    }
    stk_copy(name, frame->name.data, frame->name.len);
    stk_copy(name + frame->name.len, ".", dot);
    stk_copy(name + frame->name.len + dot, part.data, part.len);
    *ret_name = stk_span_of(name, (size_t)len);
    return STK_OK;
}

static enum stk_status add_entry(struct stk_checkpoint *c, struct stk_span name,
                                 struct stk_value value, enum stk_checkpoint_kind kind,
                                 struct stk_decode_error *ret_error)
{
    void *array = c->entries;
    bool added = false;
    if (stk_span_is(name, "__metadata__")) {
        return refuse(ret_error, value, name, "a name that safetensors reserves");
    }
    STK_TRY(stk_map_put(&c->names, stk_text_hash(name), c->n_entries, &added));
    if (!added) {
        return refuse(ret_error, value, name, "two entries would have this name");
    }
    STK_TRY(stk_grow(c->alloc, &array, &c->cap_entries, sizeof c->entries[0],
                     c->n_entries + 1, SIZE_MAX / sizeof c->entries[0]));
    c->entries = array;
    c->entries[c->n_entries++] =
        (struct stk_checkpoint_entry){.name = name, .value = value, .kind = kind};
    return STK_OK;
}

/* ---- the list ---- */

static enum stk_status visit(struct stk_checkpoint *c, struct frame *frames, size_t *n,
                             struct stk_span name, struct stk_value value,
                             struct stk_decode_error *ret_error)
{
    struct holder holder;
    if (value.kind == STK_VALUE_TENSOR) {
        return add_entry(c, name, value, STK_CHECKPOINT_TENSOR, ret_error);
    }
    if (!open_holder(value, &holder)) {
        return add_entry(c, name, value,
                         is_plain_leaf(value) ? STK_CHECKPOINT_PLAIN
                                              : STK_CHECKPOINT_OTHER,
                         ret_error);
    }
    if (kind_of(c, value) == PLAIN) {
        return add_entry(c, name, value, STK_CHECKPOINT_PLAIN, ret_error);
    }
    frames[(*n)++] = (struct frame){.value = value, .holder = holder, .name = name};
    return STK_OK;
}

static enum stk_status list(struct stk_checkpoint *c, struct frame *frames,
                            struct stk_value root, struct stk_decode_error *ret_error)
{
    static const char alone[] = "tensor";
    struct holder holder;
    size_t n = 0;
    STK_TRY(find_kinds(c, frames, root, ret_error));
    if (!open_holder(root, &holder)) {
        return visit(c, frames, &n, stk_span_of(alone, sizeof alone - 1), root,
                     ret_error);
    }
    frames[n++] = (struct frame){.value = root, .holder = holder};
    while (n > 0) {
        struct frame *frame = &frames[n - 1];
        if (frame->next == count(&frame->holder)) {
            n--;
            continue;
        }
        size_t index = frame->next++;
        struct stk_span name;
        STK_TRY(join(c, frame, index, &name, ret_error));
        STK_TRY(visit(c, frames, &n, name, value_at(&frame->holder, index), ret_error));
    }
    return STK_OK;
}

enum stk_status stk_checkpoint_list(struct stk_checkpoint *c, struct stk_value value,
                                    struct stk_decode_error *ret_error)
{
    size_t size = (STK_CHECKPOINT_DEPTH_MAX + 1) * sizeof(struct frame);
    struct frame *frames = stk_new(c->alloc, size);
    if (frames == NULL) {
        return STK_E_NOMEM;
    }
    enum stk_status status = list(c, frames, value, ret_error);
    stk_free(c->alloc, frames, size);
    return status;
}

/* ---- tensors ---- */

/* Bits that torch keeps beside the items: {"conj": True, "neg": True}. */
static bool has_marks(struct stk_value metadata)
{
    return metadata.kind != STK_VALUE_NONE &&
           !(metadata.kind == STK_VALUE_DICT && metadata.pairs->n == 0);
}

const char *stk_tensor_refused(struct stk_value tensor)
{
    const struct stk_array *array = tensor.object->array;
    if (array->storage.kind != STK_VALUE_STORAGE) {
        return "a tensor without a storage";
    }
    if (array->big_endian) {
        return "a tensor of a big-endian machine";
    }
    while (tensor.kind == STK_VALUE_TENSOR) {
        struct stk_value callee = tensor.object->callee;
        struct stk_value args = tensor.object->args;
        if (stk_value_names(callee, "torch._tensor", "_rebuild_from_type_v2")) {
            callee = stk_item(args, 0);
            args = stk_item(args, 2);
        }
        bool v3 = stk_value_names(callee, "torch._utils", "_rebuild_tensor_v3");
        if (has_marks(stk_item(args, v3 ? 7 : 6))) {
            return "a tensor with the conj or neg bit";
        }
        tensor = stk_item(args, 0);
    }
    return NULL;
}
