/* SPDX-License-Identifier: Apache-2.0
 *
 * The writer works off a stack of what is left to be written: values, the rest of a list,
 * a closing bracket.
 */
#include "wire/json_tags.h"

#include <math.h>

#include "base/utf8.h"
#include "value/share.h"
#include "wire/json_emit.h"
#include "wire/json_tag.h"

#define NAN_BITS UINT64_C(0x7ff8000000000000) /* the one that programs make */

enum task_kind {
    TASK_VALUE,
    TASK_LIST,    /* the rest of a list, and its bracket */
    TASK_PAIRS,   /* the same of arrays of two */
    TASK_MEMBERS, /* the same of a dict with str keys */
    TASK_CLOSE,   /* a brace */
    TASK_CLOSE_PAIR,
};

struct task {
    enum task_kind kind;
    const char *name; /* of the member that it is, written first; NULL: none */
    uint64_t off;     /* of the value that it belongs to */
    bool tagged;      /* a list is written with its tag */
    union {
        struct stk_value value;
        struct stk_items items;
        struct stk_pairs pairs;
    };
};

struct writer {
    struct stk_json_emit emit;
    const struct stk_json_write_options *options;
    struct stk_shares shares;
    struct stk_map ids; /* node: its number */
    uint64_t n_ids;
    struct task *tasks; /* owned */
    size_t n;
    size_t cap;
    uint64_t off; /* of the value begun last */
    struct stk_json_error error;
};

static enum stk_status refuse(struct writer *w, enum stk_status status,
                              struct stk_value value, const char *reason)
{
    w->error = (struct stk_json_error){.off = value.off, .reason = reason};
    return status;
}

static enum stk_status push(struct writer *w, struct task task)
{
    if (w->n == w->cap) {
        void *array = w->tasks;
        STK_TRY(stk_grow(w->emit.out->alloc, &array, &w->cap, sizeof *w->tasks, w->n + 1,
                         SIZE_MAX / sizeof *w->tasks));
        w->tasks = array;
    }
    task.off = w->off;
    w->tasks[w->n++] = task;
    return STK_OK;
}

static enum stk_status push_close(struct writer *w)
{
    return push(w, (struct task){.kind = TASK_CLOSE});
}

static enum stk_status open_group(struct writer *w, char bracket, struct stk_value value)
{
    if (w->emit.depth >= w->options->depth_max) {
        return refuse(w, STK_E_LIMIT, value,
                      "arrays and objects would lie too deep inside each other");
    }
    stk_json_emit_open(&w->emit, bracket);
    return STK_OK;
}

/* ---- texts and numbers ---- */

/* A high surrogate in front of a low one: their escapes would read as one character. */
static bool has_paired(struct stk_span text)
{
    const uint8_t *p = text.data;
    for (size_t i = 0; i + 6 <= text.len; i++) {
        const uint8_t *next = memchr(p + i, 0xed, text.len - 5 - i);
        if (next == NULL) {
            return false;
        }
        i = (size_t)(next - p);
        if ((p[i + 1] & 0xf0) == 0xa0 && p[i + 3] == 0xed && p[i + 4] >= 0xb0) {
            return true;
        }
    }
    return false;
}

static bool is_plain_text(const struct stk_text *text)
{
    return text->n_codes == text->bytes.len || !has_paired(text->bytes);
}

static bool keeps_identity(struct stk_value value)
{
    return value.kind != STK_VALUE_GLOBAL && value.kind != STK_VALUE_BIGINT &&
           (value.kind != STK_VALUE_STR ||
            value.text->bytes.len > STK_JSON_TEXT_SHARED_MIN);
}

/* 0: it has none. *ret_met: it was written before. */
static enum stk_status id_of(struct writer *w, struct stk_value value, uint64_t *ret_id,
                             bool *ret_met)
{
    uint64_t key = (uint64_t)(uintptr_t)value.items;
    *ret_id = 0;
    *ret_met = false;
    if (!stk_shares_has(&w->shares, value) || !keeps_identity(value)) {
        return STK_OK;
    }
    if (stk_map_get(&w->ids, key, ret_id)) {
        *ret_met = true;
        return STK_OK;
    }
    *ret_id = ++w->n_ids;
    return stk_map_put(&w->ids, key, *ret_id, &(bool){false});
}

/* {"$id": …, "$tag": — whose value comes next, and a brace after it. */
static enum stk_status open_tag(struct writer *w, struct stk_value value, uint64_t id,
                                enum stk_json_tag tag)
{
    STK_TRY(open_group(w, '{', value));
    if (id != 0) {
        stk_json_emit_member(&w->emit, "$id");
        stk_json_emit_uint(&w->emit, id);
    }
    if (tag != STK_JSON_TAG_NONE) {
        stk_json_emit_member(&w->emit, stk_json_tags[tag].name);
    }
    return STK_OK;
}

static enum stk_status write_base64(struct writer *w, struct stk_value value, uint64_t id,
                                    enum stk_json_tag tag)
{
    STK_TRY(open_tag(w, value, id, tag));
    stk_json_emit_base64(&w->emit, value.text->bytes);
    stk_json_emit_close(&w->emit, '}');
    return STK_OK;
}

static enum stk_status write_text(struct writer *w, struct stk_value value, uint64_t id)
{
    if (!is_plain_text(value.text)) {
        return write_base64(w, value, id, STK_JSON_TAG_STR64);
    }
    if (id == 0) {
        stk_json_emit_text(&w->emit, value.text->bytes);
        return STK_OK;
    }
    STK_TRY(open_tag(w, value, id, STK_JSON_TAG_STR));
    stk_json_emit_text(&w->emit, value.text->bytes);
    stk_json_emit_close(&w->emit, '}');
    return STK_OK;
}

static enum stk_status write_float(struct writer *w, struct stk_value value)
{
    uint64_t bits = 0;
    char hex[17];
    if (isfinite(value.number)) {
        stk_json_emit_float(&w->emit, value.number);
        return STK_OK;
    }
    stk_copy(&bits, &value.number, sizeof bits);
    STK_TRY(open_tag(w, value, 0, STK_JSON_TAG_FLOAT));
    if (bits == NAN_BITS) {
        stk_json_emit_word(&w->emit, "nan");
    } else if (isnan(value.number)) {
        (void)snprintf(hex, sizeof hex, "%016llx", (unsigned long long)bits);
        stk_json_emit_word(&w->emit, hex);
    } else {
        stk_json_emit_word(&w->emit, value.number < 0 ? "-inf" : "inf");
    }
    stk_json_emit_close(&w->emit, '}');
    return STK_OK;
}

static enum stk_status write_big(struct writer *w, struct stk_value value)
{
    if (stk_json_emit_big(&w->emit, value.big, w->options->digits_max)) {
        return STK_OK;
    }
    STK_TRY(open_tag(w, value, 0, STK_JSON_TAG_INT));
    stk_json_emit_hex(&w->emit, value.big);
    stk_json_emit_close(&w->emit, '}');
    return STK_OK;
}

static enum stk_status write_name(struct writer *w, struct stk_value of,
                                  const struct stk_name *name)
{
    const struct stk_span parts[] = {name->module, name->qualified};
    STK_TRY(open_group(w, '[', of));
    for (size_t i = 0; i < 2; i++) {
        if (stk_utf8_valid(parts[i], false) != parts[i].len) {
            return refuse(w, STK_E_UNSUPPORTED, of, "a name that is not UTF-8");
        }
        stk_json_emit_text(&w->emit, parts[i]);
    }
    stk_json_emit_close(&w->emit, ']');
    return STK_OK;
}

static enum stk_status write_global(struct writer *w, struct stk_value value)
{
    STK_TRY(open_tag(w, value, 0, STK_JSON_TAG_GLOBAL));
    STK_TRY(write_name(w, value, value.name));
    stk_json_emit_close(&w->emit, '}');
    return STK_OK;
}

/* ---- lists and dicts ---- */

static enum stk_json_tag tag_of(enum stk_value_kind kind)
{
    for (int i = STK_JSON_TAG_BYTES; i < STK_JSON_TAGS; i++) {
        if (stk_json_tags[i].kind == kind) {
            return (enum stk_json_tag)i;
        }
    }
    return STK_JSON_TAG_NONE;
}

static enum stk_status write_list(struct writer *w, struct stk_value value, uint64_t id,
                                  bool tagged)
{
    if (tagged || id != 0 || value.kind != STK_VALUE_LIST) {
        STK_TRY(open_tag(w, value, id, tag_of(stk_value_kind(value))));
        STK_TRY(push_close(w));
    }
    STK_TRY(open_group(w, '[', value));
    return push(w, (struct task){.kind = TASK_LIST, .items = *value.items});
}

/* All keys can be names of members. */
static bool has_names(const struct writer *w, const struct stk_pairs *pairs)
{
    for (size_t i = 0; i < pairs->n; i++) {
        struct stk_value key = pairs->list[i].key;
        if (key.kind != STK_VALUE_STR || !is_plain_text(key.text) ||
            (keeps_identity(key) && stk_shares_has(&w->shares, key))) {
            return false;
        }
    }
    return true;
}

static enum stk_status write_dict(struct writer *w, struct stk_value value, uint64_t id)
{
    struct task task = {.kind = TASK_MEMBERS, .pairs = *value.pairs};
    if (has_names(w, value.pairs)) {
        STK_TRY(open_tag(w, value, id, STK_JSON_TAG_NONE));
        return push(w, task);
    }
    task.kind = TASK_PAIRS;
    STK_TRY(open_tag(w, value, id, STK_JSON_TAG_DICT));
    STK_TRY(push_close(w));
    STK_TRY(open_group(w, '[', value));
    return push(w, task);
}

/* ---- objects ---- */

static enum stk_status push_field(struct writer *w, enum stk_json_field field,
                                  struct stk_value value)
{
    return push(w, (struct task){.kind = TASK_VALUE,
                                 .name = stk_json_fields[field],
                                 .tagged = field == STK_JSON_FIELD_ARGS,
                                 .value = value});
}

static enum stk_status push_list(struct writer *w, enum stk_json_field field,
                                 struct stk_items items)
{
    return push(
        w,
        (struct task){.kind = TASK_LIST, .name = stk_json_fields[field], .items = items});
}

/* A tuple of arguments is an array, any other value is written as it is. */
static enum stk_status push_args(struct writer *w, struct stk_value args)
{
    return args.kind == STK_VALUE_TUPLE && !stk_shares_has(&w->shares, args)
               ? push_list(w, STK_JSON_FIELD_ARGS, *args.items)
               : push_field(w, STK_JSON_FIELD_ARGS, args);
}

/* In the reverse order of writing. */
static enum stk_status push_fields(struct writer *w, const struct stk_object *object)
{
    if (object->pairs.n > 0) {
        STK_TRY(push(w, (struct task){.kind = TASK_PAIRS,
                                      .name = stk_json_fields[STK_JSON_FIELD_PAIRS],
                                      .pairs = object->pairs}));
    }
    if (object->members.n > 0) {
        STK_TRY(push_list(w, STK_JSON_FIELD_MEMBERS, object->members));
    }
    if (object->items.n > 0) {
        STK_TRY(push_list(w, STK_JSON_FIELD_ITEMS, object->items));
    }
    if (object->has_state && object->state_first) {
        STK_TRY(push_field(w, STK_JSON_FIELD_STATE_FIRST, stk_value_bool(0, true)));
    }
    if (object->has_state) {
        STK_TRY(push_field(w, STK_JSON_FIELD_STATE, object->state));
    }
    if (object->kwargs.kind != STK_VALUE_NONE) {
        STK_TRY(push_field(w, STK_JSON_FIELD_KWARGS, object->kwargs));
    }
    STK_TRY(push_args(w, object->args));
    return object->call == STK_CALL_LOAD
               ? STK_OK
               : push_field(w, STK_JSON_FIELD_CALLEE, object->callee);
}

/* Where the member's value, if it has an identity, is among the arguments. */
static bool find_arg(const struct stk_object *object, size_t *ret_arg)
{
    if (stk_value_node(object->member) == NULL || !keeps_identity(object->member)) {
        return false;
    }
    for (size_t i = 0; object->args.kind == STK_VALUE_TUPLE && i < object->args.items->n;
         i++) {
        struct stk_value arg = object->args.items->list[i];
        if (arg.kind == object->member.kind && arg.items == object->member.items) {
            *ret_arg = i;
            return true;
        }
    }
    return false;
}

static enum stk_status write_value(struct writer *w, struct stk_value value, bool tagged,
                                   bool leaf);

static enum stk_status write_member(struct writer *w, struct stk_value value)
{
    const struct stk_object *object = value.object;
    size_t arg = 0;
    if (find_arg(object, &arg)) {
        stk_json_emit_member(&w->emit, stk_json_fields[STK_JSON_FIELD_MEMBER_ARG]);
        stk_json_emit_uint(&w->emit, arg);
    } else if (stk_json_is_leaf(stk_value_kind(object->member))) {
        stk_json_emit_member(&w->emit, stk_json_fields[STK_JSON_FIELD_MEMBER]);
        STK_TRY(write_value(w, object->member, false, true));
    } else {
        return refuse(w, STK_E_UNSUPPORTED, value,
                      "an enum member whose value is not among its arguments");
    }
    if (object->by_name) {
        stk_json_emit_member(&w->emit, stk_json_fields[STK_JSON_FIELD_BY_NAME]);
        stk_json_emit_bool(&w->emit, true);
    }
    return STK_OK;
}

static void write_about_text(struct writer *w, const char *name, struct stk_span text)
{
    if (text.len > 0 && stk_utf8_valid(text, true) == text.len) {
        stk_json_emit_member(&w->emit, name);
        stk_json_emit_text(&w->emit, text);
    }
}

static enum stk_status write_about(struct writer *w, struct stk_value value)
{
    const struct stk_array *array = value.object->array;
    stk_json_emit_member(&w->emit, stk_json_fields[STK_JSON_FIELD_ABOUT]);
    STK_TRY(open_group(w, '{', value));
    stk_json_emit_member(&w->emit, "dtype");
    stk_json_emit_word(&w->emit, stk_dtype_name(array->dtype));
    write_about_text(w, "type", array->type);
    if (value.kind == STK_VALUE_STORAGE) {
        stk_json_emit_member(&w->emit, "items");
        stk_json_emit_uint(&w->emit, array->n_items);
        write_about_text(w, "location", array->location);
        write_about_text(w, "key", array->key);
    } else {
        stk_json_emit_member(&w->emit, "shape");
        STK_TRY(open_group(w, '[', value));
        for (uint32_t i = 0; i < array->rank; i++) {
            stk_json_emit_uint(&w->emit, array->shape[i]);
        }
        stk_json_emit_close(&w->emit, ']');
    }
    stk_json_emit_close(&w->emit, '}');
    return STK_OK;
}

static enum stk_status write_object(struct writer *w, struct stk_value value, uint64_t id)
{
    const struct stk_object *object = value.object;
    STK_TRY(open_tag(w, value, id, tag_of(stk_value_kind(value))));
    STK_TRY(open_group(w, '{', value));
    stk_json_emit_member(&w->emit, stk_json_fields[STK_JSON_FIELD_CALL]);
    stk_json_emit_word(&w->emit, stk_json_calls[object->call]);
    if (object->type != NULL) {
        stk_json_emit_member(&w->emit, stk_json_fields[STK_JSON_FIELD_TYPE]);
        STK_TRY(write_name(w, value, object->type));
    }
    if (value.kind == STK_VALUE_ENUM) {
        STK_TRY(write_member(w, value));
    }
    if (object->array != NULL) {
        STK_TRY(write_about(w, value));
    }
    STK_TRY(push_close(w));
    STK_TRY(push_close(w));
    return push_fields(w, object);
}

static enum stk_status write_buffer(struct writer *w, struct stk_value value, uint64_t id)
{
    const struct stk_buffer *buffer = value.buffer;
    STK_TRY(open_tag(w, value, id, STK_JSON_TAG_BUFFER));
    STK_TRY(open_group(w, '{', value));
    stk_json_emit_member(&w->emit, "ordinal");
    stk_json_emit_uint(&w->emit, buffer->ordinal);
    stk_json_emit_member(&w->emit, "readonly");
    stk_json_emit_bool(&w->emit, buffer->readonly);
    if (buffer->present) {
        stk_json_emit_member(&w->emit, "data");
        stk_json_emit_base64(&w->emit, buffer->bytes);
    }
    stk_json_emit_close(&w->emit, '}');
    stk_json_emit_close(&w->emit, '}');
    return STK_OK;
}

/* ---- everything ---- */

static enum stk_status write_ref(struct writer *w, struct stk_value value, uint64_t id)
{
    STK_TRY(open_tag(w, value, 0, STK_JSON_TAG_REF));
    stk_json_emit_uint(&w->emit, id);
    stk_json_emit_close(&w->emit, '}');
    return STK_OK;
}

/* leaf: whatever its identity. */
static enum stk_status write_value(struct writer *w, struct stk_value value, bool tagged,
                                   bool leaf)
{
    uint64_t id = 0;
    bool met = false;
    w->off = value.off;
    if (!leaf) {
        STK_TRY(id_of(w, value, &id, &met));
    }
    if (met) {
        return write_ref(w, value, id);
    }
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
        return write_big(w, value);
    case STK_VALUE_FLOAT:
        return write_float(w, value);
    case STK_VALUE_STR:
        return write_text(w, value, id);
    case STK_VALUE_BYTES:
    case STK_VALUE_BYTEARRAY:
        return write_base64(w, value, id, tag_of(stk_value_kind(value)));
    case STK_VALUE_LIST:
    case STK_VALUE_TUPLE:
    case STK_VALUE_SET:
    case STK_VALUE_FROZENSET:
        return write_list(w, value, id, tagged);
    case STK_VALUE_DICT:
        return write_dict(w, value, id);
    case STK_VALUE_GLOBAL:
        return write_global(w, value);
    case STK_VALUE_OBJECT:
    case STK_VALUE_ENUM:
    case STK_VALUE_TENSOR:
    case STK_VALUE_NDARRAY:
    case STK_VALUE_STORAGE:
    case STK_VALUE_PERSISTENT:
        return write_object(w, value, id);
    case STK_VALUE_BUFFER:
        return write_buffer(w, value, id);
    case STK_VALUE_REFUSED:
    case STK_VALUE_KINDS:
        break;
    }
    return refuse(w, STK_E_UNSUPPORTED, value, "a call that was refused");
}

/* A name that begins with $ gets another one in front. */
static void write_key(struct writer *w, struct stk_span name)
{
    if (name.len > 0 && name.data[0] == '$') {
        stk_json_emit_name_behind(&w->emit, '$', name);
    } else {
        stk_json_emit_name(&w->emit, name);
    }
}

/* The next of a list; the rest stays on the stack. */
static enum stk_status write_next(struct writer *w)
{
    struct task *task = &w->tasks[w->n - 1];
    if (task->items.n == 0) {
        w->n--;
        stk_json_emit_close(&w->emit, ']');
        return STK_OK;
    }
    task->items.n--;
    return write_value(w, *task->items.list++, false, false);
}

static enum stk_status write_next_pair(struct writer *w)
{
    struct task *task = &w->tasks[w->n - 1];
    if (task->pairs.n == 0) {
        w->n--;
        stk_json_emit_close(&w->emit, ']');
        return STK_OK;
    }
    const struct stk_pair *pair = task->pairs.list++;
    task->pairs.n--;
    STK_TRY(open_group(w, '[', pair->key));
    STK_TRY(push(w, (struct task){.kind = TASK_CLOSE_PAIR}));
    STK_TRY(push(w, (struct task){.kind = TASK_VALUE, .value = pair->value}));
    return write_value(w, pair->key, false, false);
}

static enum stk_status write_next_member(struct writer *w)
{
    struct task *task = &w->tasks[w->n - 1];
    if (task->pairs.n == 0) {
        w->n--;
        stk_json_emit_close(&w->emit, '}');
        return STK_OK;
    }
    const struct stk_pair *pair = task->pairs.list++;
    task->pairs.n--;
    write_key(w, pair->key.text->bytes);
    return write_value(w, pair->value, false, false);
}

/* What is a member of an object has a name, and a list its bracket. */
static enum stk_status begin_task(struct writer *w, struct task *task)
{
    const char *name = task->name;
    if (name == NULL) {
        return STK_OK;
    }
    task->name = NULL;
    stk_json_emit_member(&w->emit, name);
    return task->kind == TASK_VALUE ? STK_OK
                                    : open_group(w, '[', stk_value_none(task->off));
}

static enum stk_status write_task(struct writer *w)
{
    struct task *task = &w->tasks[w->n - 1];
    STK_TRY(begin_task(w, task));
    switch (task->kind) {
    case TASK_VALUE:
        w->n--;
        return write_value(w, task->value, task->tagged, false);
    case TASK_LIST:
        return write_next(w);
    case TASK_PAIRS:
        return write_next_pair(w);
    case TASK_MEMBERS:
        return write_next_member(w);
    case TASK_CLOSE:
    case TASK_CLOSE_PAIR:
        w->n--;
        stk_json_emit_close(&w->emit, task->kind == TASK_CLOSE ? '}' : ']');
        break;
    }
    return STK_OK;
}

static enum stk_status write_all(struct writer *w, struct stk_value value)
{
    STK_TRY(stk_shares_find(&w->shares, value));
    STK_TRY(write_value(w, value, false, false));
    while (w->n > 0 && w->emit.out->status == STK_OK) {
        STK_TRY(write_task(w));
    }
    return w->emit.out->status != STK_E_LIMIT
               ? w->emit.out->status
               : refuse(w, STK_E_LIMIT, value, "the text is longer than it may be");
}

enum stk_status stk_json_write_tagged(struct stk_buf *out, struct stk_value value,
                                      const struct stk_json_write_options *options,
                                      struct stk_json_error *ret_error)
{
    struct writer w = {.options = options};
    size_t len = out->len;
    w.emit = (struct stk_json_emit){
        .out = out, .indent = options->indent, .ascii = options->ascii};
    stk_shares_init(&w.shares, out->alloc);
    stk_map_init(&w.ids, out->alloc, SIZE_MAX, stk_value_seed());
    enum stk_status status = write_all(&w, value);
    if (status != STK_OK) {
        out->len = len;
    }
    if (status != STK_OK && status != STK_E_NOMEM) {
        *ret_error = w.error;
    }
    stk_free(out->alloc, w.tasks, w.cap * sizeof *w.tasks);
    stk_map_release(&w.ids);
    stk_shares_release(&w.shares);
    return status;
}
