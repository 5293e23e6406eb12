/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_restore.h"

/* What an arena may need for len bytes: its chunk's head, and alignment. */
#define ARENA_EXTRA 64

enum stk_status stk_restore_no_memory(struct stk_restore *r, uint64_t off, size_t len)
{
    size_t left = r->arena->cap - r->arena->taken;
    if (len > left || left - len < ARENA_EXTRA) {
        r->error = (struct stk_json_error){.off = off,
                                           .reason = "the values take too much memory"};
        return STK_E_LIMIT;
    }
    return STK_E_NOMEM;
}

enum stk_status stk_restore_array(struct stk_restore *r, uint64_t off, size_t n,
                                  size_t size, void **ret_array)
{
    void *array = stk_arena_array(r->arena, n, size);
    if (array == NULL) {
        return stk_restore_no_memory(r, off, n * size);
    }
    *ret_array = array;
    return STK_OK;
}

enum stk_status stk_restore_put(struct stk_restore *r, struct stk_value value)
{
    if (STK_UNLIKELY(r->n_values == r->cap_values)) {
        void *array = r->values;
        STK_TRY(stk_grow(r->alloc, &array, &r->cap_values, sizeof *r->values,
                         r->n_values + 1, SIZE_MAX / sizeof *r->values));
        r->values = array;
    }
    r->values[r->n_values++] = value;
    return STK_OK;
}

enum stk_status stk_restore_push(struct stk_restore *r, struct stk_restore_frame frame)
{
    if (r->n_frames == r->cap_frames) {
        void *array = r->frames;
        STK_TRY(stk_grow(r->alloc, &array, &r->cap_frames, sizeof *r->frames,
                         r->n_frames + 1, SIZE_MAX / sizeof *r->frames));
        r->frames = array;
    }
    frame.base = r->n_values;
    r->frames[r->n_frames++] = frame;
    return STK_OK;
}

static void mark_incomplete(struct stk_restore *r)
{
    if (r->n_frames > 0) {
        r->frames[r->n_frames - 1].incomplete = true;
    }
}

enum stk_status stk_restore_pop(struct stk_restore *r, struct stk_value value)
{
    struct stk_restore_frame frame = r->frames[--r->n_frames];
    if (frame.id != 0) {
        struct stk_restore_id *id = &r->ids[frame.id - 1];
        id->filled = true;
        id->incomplete = frame.incomplete;
        id->value.kind = value.kind;
    }
    if (frame.incomplete) {
        mark_incomplete(r);
    }
    r->n_values = frame.base;
    return stk_restore_put(r, value);
}

/* ---- references ---- */

static void mark_shared(struct stk_value value)
{
    struct stk_head *head = (struct stk_head *)(uintptr_t)(const void *)value.node;
    head->shared = true;
}

static enum stk_status read_ref(struct stk_restore *r, struct stk_value from,
                                struct stk_value number)
{
    size_t at = 0;
    STK_TRY(stk_restore_id_at(r, number, &at));
    struct stk_restore_id *id = &r->ids[at];
    mark_shared(id->value);
    if (!id->filled) {
        id->handed = true;
    }
    if (!id->filled || id->incomplete) {
        mark_incomplete(r);
    }
    struct stk_value value = id->value;
    value.off = from.off;
    return stk_restore_put(r, value);
}

/* ---- lists and dicts ---- */

/* Lists, sets and dicts without their own node yet get one. */
static enum stk_status push_group(struct stk_restore *r, struct stk_restore_frame frame,
                                  size_t node_size)
{
    if (frame.node == NULL) {
        STK_TRY(stk_restore_array(r, frame.off, 1, node_size, &frame.node));
    }
    return stk_restore_push(r, frame);
}

static enum stk_status push_list(struct stk_restore *r, struct stk_restore_frame frame,
                                 struct stk_value from)
{
    if (from.kind != STK_VALUE_LIST) {
        return stk_restore_fail(r, from.off, "no array where there has to be one");
    }
    bool pairs = frame.kind == STK_VALUE_DICT;
    frame.shape = pairs ? STK_RESTORE_PAIRS : STK_RESTORE_LIST;
    frame.list = from.items->list;
    frame.n = from.items->n * (pairs ? 2 : 1);
    return push_group(r, frame,
                      pairs ? sizeof(struct stk_pairs) : sizeof(struct stk_items));
}

static enum stk_status push_named(struct stk_restore *r, struct stk_restore_frame frame,
                                  struct stk_value from)
{
    frame.shape = STK_RESTORE_NAMED;
    frame.kind = STK_VALUE_DICT;
    frame.pairs = from.pairs->list;
    frame.n = from.pairs->n;
    return push_group(r, frame, sizeof(struct stk_pairs));
}

static struct stk_value value_of(const struct stk_restore_frame *frame)
{
    return (struct stk_value){.kind = frame->kind & 0xff,
                              .off = frame->off & STK_VALUE_OFF_MAX,
                              .items = frame->node};
}

/* The values of the frame on top, in the arena. */
static enum stk_status keep_values(struct stk_restore *r, size_t *ret_n, void **ret_list)
{
    const struct stk_restore_frame *frame = &r->frames[r->n_frames - 1];
    size_t n = r->n_values - frame->base;
    STK_TRY(stk_restore_array(r, frame->off, n, sizeof *r->values, ret_list));
    stk_copy(*ret_list, n == 0 ? NULL : r->values + frame->base, n * sizeof *r->values);
    *ret_n = n;
    return STK_OK;
}

static enum stk_status close_list(struct stk_restore *r)
{
    struct stk_restore_frame *frame = &r->frames[r->n_frames - 1];
    struct stk_items *items = frame->node;
    void *list = NULL;
    size_t n = 0;
    STK_TRY(keep_values(r, &n, &list));
    items->list = list;
    items->n = n;
    if (frame->kind == STK_VALUE_SET || frame->kind == STK_VALUE_FROZENSET) {
        struct stk_restore_late late = {.node = items, .hashed = true, .off = frame->off};
        STK_TRY(stk_restore_keys(r, late, frame->incomplete));
    }
    return stk_restore_pop(r, value_of(frame));
}

static enum stk_status close_dict(struct stk_restore *r)
{
    _Static_assert(sizeof(struct stk_pair) == 2 * sizeof(struct stk_value), "no padding");
    struct stk_restore_frame *frame = &r->frames[r->n_frames - 1];
    struct stk_pairs *pairs = frame->node;
    void *list = NULL;
    size_t n = 0;
    STK_TRY(keep_values(r, &n, &list));
    pairs->list = list;
    pairs->n = n / 2;
    struct stk_restore_late late = {
        .node = pairs, .pairs = true, .hashed = frame->field == 0, .off = frame->off};
    STK_TRY(stk_restore_keys(r, late, frame->incomplete));
    return stk_restore_pop(r, value_of(frame));
}

/* [key, value] of which `at` counts two. */
static enum stk_status read_half(struct stk_restore *r, struct stk_restore_frame *frame)
{
    size_t at = frame->at++;
    struct stk_value pair = frame->list[at / 2];
    if (pair.kind != STK_VALUE_LIST || pair.items->n != 2) {
        return stk_restore_fail(r, pair.off, "a pair that is not an array of two");
    }
    return stk_restore_value(r, pair.items->list[at % 2]);
}

/* Of two $ at the beginning one is the name's. */
static enum stk_status put_name(struct stk_restore *r, struct stk_value key)
{
    struct stk_span name = key.text->bytes;
    if (name.len == 0 || name.data[0] != '$') {
        return stk_restore_put(r, key);
    }
    struct stk_value value;
    name = stk_span_of(name.data + 1, name.len - 1);
    if (stk_value_text(r->arena, key.off, STK_VALUE_STR, name, &value) != STK_OK) {
        return stk_restore_no_memory(r, key.off, sizeof *value.text);
    }
    return stk_restore_put(r, value);
}

static enum stk_status read_named(struct stk_restore *r, struct stk_restore_frame *frame)
{
    const struct stk_pair *pair = &frame->pairs[frame->at++];
    if (stk_span_is(pair->key.text->bytes, "$id")) {
        return STK_OK;
    }
    STK_TRY(put_name(r, pair->key));
    return stk_restore_value(r, pair->value);
}

/* ---- everything ---- */

static enum stk_status read_leaf(struct stk_restore *r, const struct stk_restore_tag *t,
                                 struct stk_restore_frame frame)
{
    struct stk_value value;
    STK_TRY(stk_restore_leaf(r, frame.off, t->tag, t->pair->value, frame.node, &value));
    if (frame.id != 0) {
        r->ids[frame.id - 1].filled = true;
    }
    return stk_restore_put(r, value);
}

static enum stk_status push_object(struct stk_restore *r, struct stk_restore_frame frame,
                                   struct stk_value from)
{
    if (from.kind != STK_VALUE_DICT) {
        return stk_restore_fail(r, from.off, "a call that is not an object");
    }
    frame.shape = STK_RESTORE_OBJECT;
    frame.pairs = from.pairs->list;
    frame.n = from.pairs->n;
    frame.member_arg = STK_RESTORE_NO_ARG;
    frame.field = STK_JSON_FIELDS;
    return push_group(r, frame, sizeof(struct stk_object));
}

static enum stk_status read_dict(struct stk_restore *r, struct stk_value from)
{
    struct stk_restore_tag t;
    STK_TRY(stk_restore_read_tag(r, from, &t));
    struct stk_restore_frame frame = {.kind = stk_json_tags[t.tag].kind, .off = from.off};
    if (t.id != NULL) {
        STK_TRY(stk_restore_id_at(r, *t.id, &frame.id));
        frame.node = (void *)(uintptr_t)(const void *)r->ids[frame.id].value.items;
        frame.id++;
    }
    if (t.tag == STK_JSON_TAG_NONE) {
        return push_named(r, frame, from);
    }
    if (t.tag == STK_JSON_TAG_REF) {
        return read_ref(r, from, t.pair->value);
    }
    if (stk_json_is_object(frame.kind)) {
        return push_object(r, frame, t.pair->value);
    }
    if (frame.kind >= STK_VALUE_LIST && frame.kind <= STK_VALUE_DICT) {
        return push_list(r, frame, t.pair->value);
    }
    return read_leaf(r, &t, frame);
}

enum stk_status stk_restore_value(struct stk_restore *r, struct stk_value from)
{
    switch ((int)from.kind) {
    case STK_VALUE_NONE:
    case STK_VALUE_BOOL:
    case STK_VALUE_INT:
    case STK_VALUE_BIGINT:
    case STK_VALUE_FLOAT:
    case STK_VALUE_STR:
        return stk_restore_put(r, from);
    case STK_VALUE_LIST:
        return push_list(
            r, (struct stk_restore_frame){.kind = STK_VALUE_LIST, .off = from.off}, from);
    case STK_VALUE_DICT:
        return read_dict(r, from);
    default:
        return stk_restore_fail(r, from.off, "a value that is not from JSON");
    }
}

enum stk_status stk_restore_group(struct stk_restore *r, enum stk_value_kind kind,
                                  void *node, struct stk_value from)
{
    struct stk_restore_frame frame = {
        .kind = kind, .node = node, .field = node != NULL, .off = from.off};
    return push_list(r, frame, from);
}

static enum stk_status step(struct stk_restore *r)
{
    struct stk_restore_frame *frame = &r->frames[r->n_frames - 1];
    bool done = frame->at == frame->n;
    switch (frame->shape) {
    case STK_RESTORE_LIST:
        return done ? close_list(r) : stk_restore_value(r, frame->list[frame->at++]);
    case STK_RESTORE_NAMED:
        return done ? close_dict(r) : read_named(r, frame);
    case STK_RESTORE_PAIRS:
        return done ? close_dict(r) : read_half(r, frame);
    case STK_RESTORE_OBJECT:
        break;
    }
    return stk_restore_object(r);
}

static enum stk_status restore(struct stk_restore *r, struct stk_value decoded,
                               struct stk_value *ret_value)
{
    STK_TRY(stk_restore_find_ids(r, decoded));
    STK_TRY(stk_restore_value(r, decoded));
    while (r->n_frames > 0) {
        STK_TRY(step(r));
    }
    struct stk_value value = r->values[0];
    r->n_values = 0;
    STK_TRY(stk_restore_late_members(r));
    STK_TRY(stk_restore_late_keys(r));
    STK_TRY(stk_restore_late_objects(r));
    *ret_value = value;
    return STK_OK;
}

static void release(struct stk_restore *r)
{
    stk_free(r->alloc, r->frames, r->cap_frames * sizeof *r->frames);
    stk_free(r->alloc, r->values, r->cap_values * sizeof *r->values);
    stk_free(r->alloc, r->ids, r->cap_ids * sizeof *r->ids);
    stk_free(r->alloc, r->late, r->cap_late * sizeof *r->late);
    stk_free(r->alloc, r->objects, r->cap_objects * sizeof *r->objects);
    stk_free(r->alloc, (void *)r->names, r->cap_names * sizeof *r->names);
    stk_map_release(&r->by_id);
    stk_map_release(&r->by_name);
    stk_map_release(&r->hashable);
}

enum stk_status stk_json_restore(struct stk_arena *arena, struct stk_value decoded,
                                 const struct stk_json_restore_options *options,
                                 struct stk_value *ret_value,
                                 struct stk_json_error *ret_error)
{
    struct stk_restore r = {.arena = arena, .options = options, .alloc = arena->alloc};
    stk_map_init(&r.by_id, r.alloc, SIZE_MAX, stk_value_seed());
    stk_map_init(&r.by_name, r.alloc, SIZE_MAX, stk_value_seed());
    stk_map_init(&r.hashable, r.alloc, SIZE_MAX, stk_value_seed());
    enum stk_status status = restore(&r, decoded, ret_value);
    if (status != STK_OK && status != STK_E_NOMEM) {
        *ret_error = r.error;
    }
    release(&r);
    return status;
}
