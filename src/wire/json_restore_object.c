/* SPDX-License-Identifier: Apache-2.0
 *
 * Objects. What a text says of one beyond its call (its type, which member of an enum,
 * that it is a tensor) must be what `complete` finds; without it, what can be kept is.
 */
#include "wire/json_restore.h"

static inline struct stk_restore_frame *top(struct stk_restore *r)
{
    return &r->frames[r->n_frames - 1];
}

static inline uint32_t bit(enum stk_json_field field)
{
    return UINT32_C(1) << field;
}

/* ---- fields ---- */

static enum stk_status read_call(struct stk_restore *r, struct stk_object *object,
                                 struct stk_value from)
{
    for (int call = STK_CALL_REDUCE; call <= STK_CALL_LOAD; call++) {
        if (from.kind == STK_VALUE_STR &&
            stk_span_is(from.text->bytes, stk_json_calls[call])) {
            object->call = (uint8_t)call;
            return STK_OK;
        }
    }
    return stk_restore_fail(r, from.off, "a call that does not exist");
}

static enum stk_status read_flag(struct stk_restore *r, struct stk_value from, bool *flag)
{
    if (from.kind != STK_VALUE_BOOL) {
        return stk_restore_fail(r, from.off, "neither true nor false");
    }
    *flag = from.boolean;
    return STK_OK;
}

static enum stk_status read_arg(struct stk_restore *r, struct stk_value from)
{
    if (from.kind != STK_VALUE_INT || from.integer < 0) {
        return stk_restore_fail(r, from.off, "a place that is not a number");
    }
    top(r)->member_arg = (size_t)from.integer;
    top(r)->member_off = from.off;
    return STK_OK;
}

/* A field whose value is read like any other; it comes back to put_field(). */
static enum stk_status read_part(struct stk_restore *r, enum stk_json_field field,
                                 struct stk_value from)
{
    struct stk_object *object = top(r)->node;
    top(r)->field = field;
    switch ((int)field) {
    case STK_JSON_FIELD_ITEMS:
        return stk_restore_group(r, STK_VALUE_LIST, &object->items, from);
    case STK_JSON_FIELD_MEMBERS:
        return stk_restore_group(r, STK_VALUE_LIST, &object->members, from);
    case STK_JSON_FIELD_PAIRS:
        return stk_restore_group(r, STK_VALUE_DICT, &object->pairs, from);
    case STK_JSON_FIELD_ARGS:
        return from.kind == STK_VALUE_LIST
                   ? stk_restore_group(r, STK_VALUE_TUPLE, NULL, from)
                   : stk_restore_value(r, from);
    default:
        return stk_restore_value(r, from);
    }
}

static enum stk_status read_field(struct stk_restore *r, enum stk_json_field field,
                                  struct stk_value from)
{
    struct stk_object *object = top(r)->node;
    top(r)->seen |= bit(field);
    switch (field) {
    case STK_JSON_FIELD_CALL:
        return read_call(r, object, from);
    case STK_JSON_FIELD_TYPE:
        return stk_restore_name(r, from, &object->type);
    case STK_JSON_FIELD_MEMBER_ARG:
        return read_arg(r, from);
    case STK_JSON_FIELD_BY_NAME:
        return read_flag(r, from, &object->by_name);
    case STK_JSON_FIELD_STATE_FIRST:
        return read_flag(r, from, &object->state_first);
    case STK_JSON_FIELD_ABOUT:
        return STK_OK;
    case STK_JSON_FIELD_MEMBER:
    case STK_JSON_FIELD_CALLEE:
    case STK_JSON_FIELD_ARGS:
    case STK_JSON_FIELD_KWARGS:
    case STK_JSON_FIELD_STATE:
    case STK_JSON_FIELD_ITEMS:
    case STK_JSON_FIELD_MEMBERS:
    case STK_JSON_FIELD_PAIRS:
    case STK_JSON_FIELDS:
        break;
    }
    return read_part(r, field, from);
}

static bool can_be_called(enum stk_value_kind kind)
{
    return kind == STK_VALUE_GLOBAL || stk_json_is_object(kind);
}

/* The value of the field that was read. */
static enum stk_status put_field(struct stk_restore *r)
{
    struct stk_restore_frame *frame = top(r);
    struct stk_object *object = frame->node;
    struct stk_value value = r->values[--r->n_values];
    size_t field = frame->field;
    frame->field = STK_JSON_FIELDS;
    switch ((int)field) {
    case STK_JSON_FIELD_MEMBER:
        object->member = value;
        return stk_json_is_leaf(stk_value_kind(value))
                   ? STK_OK
                   : stk_restore_fail(r, value.off, "a member that holds others");
    case STK_JSON_FIELD_CALLEE:
        object->callee = value;
        return can_be_called(stk_value_kind(value))
                   ? STK_OK
                   : stk_restore_fail(r, value.off, "a value that cannot be called");
    case STK_JSON_FIELD_ARGS:
        object->args = value;
        break;
    case STK_JSON_FIELD_KWARGS:
        object->kwargs = value;
        return value.kind == STK_VALUE_DICT
                   ? STK_OK
                   : stk_restore_fail(r, value.off, "named arguments that are no dict");
    case STK_JSON_FIELD_STATE:
        object->state = value;
        object->has_state = true;
        break;
    default: /* appended, added, set: they lie in the object already */
        break;
    }
    return STK_OK;
}

static enum stk_json_field field_named(struct stk_span name)
{
    int field = 0;
    while (field < STK_JSON_FIELDS && !stk_span_is(name, stk_json_fields[field])) {
        field++;
    }
    return (enum stk_json_field)field;
}

/* ---- whole objects ---- */

static enum stk_status check_call(struct stk_restore *r,
                                  const struct stk_restore_frame *frame)
{
    const struct stk_object *object = frame->node;
    bool load = object->call == STK_CALL_LOAD;
    uint32_t seen = frame->seen;
    if ((seen & bit(STK_JSON_FIELD_CALL)) == 0 ||
        (seen & bit(STK_JSON_FIELD_ARGS)) == 0 ||
        load == ((seen & bit(STK_JSON_FIELD_CALLEE)) != 0)) {
        return stk_restore_fail(r, frame->off, "a call without all its parts");
    }
    if (!load && object->args.kind != STK_VALUE_TUPLE) {
        return stk_restore_fail(r, object->args.off, "arguments that are no tuple");
    }
    if (object->kwargs.kind == STK_VALUE_DICT && object->call != STK_CALL_NEW_EX) {
        return stk_restore_fail(r, object->kwargs.off, "named arguments of such a call");
    }
    if (object->state_first && !object->has_state) {
        return stk_restore_fail(r, frame->off, "no state that could be first");
    }
    if (load ? frame->kind != STK_VALUE_PERSISTENT && frame->kind != STK_VALUE_STORAGE
             : frame->kind == STK_VALUE_PERSISTENT) {
        return stk_restore_fail(r, frame->off, "a call that does not make such a value");
    }
    return STK_OK;
}

static enum stk_status check_member(struct stk_restore *r,
                                    const struct stk_restore_frame *frame)
{
    uint32_t values =
        frame->seen & (bit(STK_JSON_FIELD_MEMBER) | bit(STK_JSON_FIELD_MEMBER_ARG));
    bool one = values != 0 && (values & (values - 1)) == 0;
    if (frame->kind == STK_VALUE_ENUM
            ? !one
            : values != 0 || (frame->seen & bit(STK_JSON_FIELD_BY_NAME)) != 0) {
        return stk_restore_fail(r, frame->off,
                                frame->kind == STK_VALUE_ENUM
                                    ? "an enum member without one value"
                                    : "a member's value of what is no enum member");
    }
    return STK_OK;
}

static enum stk_status find_member(struct stk_restore *r,
                                   const struct stk_restore_frame *frame)
{
    struct stk_object *object = frame->node;
    if (frame->member_arg == STK_RESTORE_NO_ARG) {
        return STK_OK;
    }
    if (object->args.kind != STK_VALUE_TUPLE ||
        frame->member_arg >= object->args.items->n) {
        return stk_restore_fail(r, frame->member_off, "a place behind the arguments");
    }
    object->member = object->args.items->list[frame->member_arg];
    return STK_OK;
}

static bool same_claims(const struct stk_restore_frame *frame,
                        const struct stk_object *claim, struct stk_value value)
{
    const struct stk_object *object = value.object;
    bool gave_up = false;
    if (frame->kind != STK_VALUE_OBJECT && frame->kind != stk_value_kind(value)) {
        return false;
    }
    if (claim->type != NULL &&
        (object->type == NULL || !stk_name_equal(claim->type, object->type))) {
        return false;
    }
    return frame->kind != STK_VALUE_ENUM ||
           (claim->by_name == object->by_name &&
            claim->member.kind == object->member.kind &&
            (stk_value_equal(claim->member, object->member, &gave_up) ||
             claim->member.items == object->member.items));
}

/* Asks what a call made. */
static enum stk_status ask(struct stk_restore *r, const struct stk_restore_frame *frame,
                           struct stk_value *ret_value)
{
    struct stk_object *object = frame->node;
    const struct stk_object claim = *object;
    struct stk_value value = *ret_value;
    value.kind = object->call == STK_CALL_LOAD ? STK_VALUE_PERSISTENT : STK_VALUE_OBJECT;
    object->type = NULL;
    object->member = stk_value_none(0);
    object->by_name = false;
    enum stk_status status =
        r->options->complete(r->options->ctx, r->arena, object, &value);
    if (status != STK_OK) {
        (void)stk_restore_fail(r, frame->off, "a call that is refused");
        return status;
    }
    if (!stk_json_is_object(stk_value_kind(value)) || value.object != object) {
        (void)stk_restore_fail(r, frame->off, "a call was not understood");
        return STK_E_BUG;
    }
    if (!same_claims(frame, &claim, value)) {
        return stk_restore_fail(r, frame->off, "a call does not make what the text says");
    }
    *ret_value = value;
    return STK_OK;
}

static enum stk_status keep_for_later(struct stk_restore *r,
                                      const struct stk_restore_frame *frame)
{
    void *array = r->objects;
    STK_TRY(stk_grow(r->alloc, &array, &r->cap_objects, sizeof *r->objects,
                     r->n_objects + 1, SIZE_MAX / sizeof *r->objects));
    r->objects = array;
    r->objects[r->n_objects++] = *frame;
    return STK_OK;
}

/* References that were read already have the kind that it was to be. */
static enum stk_status check_handed(struct stk_restore *r,
                                    const struct stk_restore_frame *frame,
                                    struct stk_value value)
{
    const struct stk_restore_id *id = frame->id == 0 ? NULL : &r->ids[frame->id - 1];
    return id != NULL && id->handed && id->value.kind != value.kind
               ? stk_restore_fail(r, frame->off,
                                  "a call is used before its kind is known")
               : STK_OK;
}

static bool is_load(const struct stk_restore_frame *frame)
{
    return ((const struct stk_object *)frame->node)->call == STK_CALL_LOAD;
}

static enum stk_status close_object(struct stk_restore *r)
{
    struct stk_restore_frame *frame = top(r);
    struct stk_value value = {.off = frame->off & STK_VALUE_OFF_MAX,
                              .object = frame->node};
    STK_TRY(check_call(r, frame));
    STK_TRY(check_member(r, frame));
    value.kind = stk_restore_kind(r, frame->kind, is_load(frame)) & 0xff;
    if (frame->incomplete) {
        STK_TRY(keep_for_later(r, frame));
    } else {
        STK_TRY(find_member(r, frame));
        if (r->options->complete != NULL) {
            STK_TRY(ask(r, frame, &value));
        }
    }
    STK_TRY(check_handed(r, frame, value));
    return stk_restore_pop(r, value);
}

enum stk_status stk_restore_object(struct stk_restore *r)
{
    if (top(r)->field != STK_JSON_FIELDS) {
        STK_TRY(put_field(r));
    }
    struct stk_restore_frame *frame = top(r);
    if (frame->at == frame->n) {
        return close_object(r);
    }
    const struct stk_pair *pair = &frame->pairs[frame->at++];
    enum stk_json_field field = field_named(pair->key.text->bytes);
    if (field == STK_JSON_FIELDS) {
        return stk_restore_fail(r, pair->key.off, "a member that calls do not have");
    }
    return read_field(r, field, pair->value);
}

enum stk_status stk_restore_late_members(struct stk_restore *r)
{
    for (size_t i = 0; i < r->n_objects; i++) {
        STK_TRY(find_member(r, &r->objects[i]));
    }
    return STK_OK;
}

/* Their kinds are in use already. */
enum stk_status stk_restore_late_objects(struct stk_restore *r)
{
    for (size_t i = 0; i < r->n_objects && r->options->complete != NULL; i++) {
        struct stk_restore_frame *frame = &r->objects[i];
        struct stk_value value = {.off = frame->off & STK_VALUE_OFF_MAX,
                                  .object = frame->node};
        STK_TRY(ask(r, frame, &value));
        if (stk_value_kind(value) != frame->kind) {
            return stk_restore_fail(r, frame->off,
                                    "a call is used before its kind is known");
        }
    }
    return STK_OK;
}
