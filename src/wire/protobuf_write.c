/* SPDX-License-Identifier: Apache-2.0
 *
 * Values to messages. Written from the end to the front, so that a length is known when
 * it is written: fields descending, of each list the last element first.
 */
#include <math.h>

#include "base/utf8.h"
#include "wire/protobuf_state.h"

#define MESSAGE_MAX ((size_t)INT32_MAX)
#define FIRST_CAP 256

struct stk_protobuf_item {
    const struct stk_protobuf_field *field; /* NULL: unknown fields, or entry of a map */
    struct stk_value key;                   /* of an entry */
    struct stk_value value;
};

struct stk_protobuf_frame {
    const struct stk_protobuf_type *type;
    const struct stk_protobuf_field *field; /* that it is; NULL of the outermost */
    size_t first;                           /* its first item */
    size_t at;                              /* items that are left */
    size_t left; /* of the next one: elements that are left; SIZE_MAX: not begun */
    size_t end;  /* bytes that lie behind it */
    uint32_t depth;
    bool map; /* items are entries */
};

struct writing {
    struct stk_protobuf_writer *w;
    const struct stk_protobuf_options *options;
    size_t max;
    struct stk_protobuf_error error;
};

static enum stk_status failed(struct writing *s, enum stk_status status,
                              struct stk_value value,
                              const struct stk_protobuf_field *field, const char *reason)
{
    int json = s->options->json_names;
    s->error = (struct stk_protobuf_error){.off = value.off, .reason = reason};
    if (field != NULL) {
        stk_protobuf_path_put(&s->error, field->names[json]->bytes);
    }
    for (size_t i = s->w->n_frames; i-- > 0;) {
        const struct stk_protobuf_frame *frame = &s->w->frames[i];
        if (frame->field != NULL && !frame->map) {
            stk_protobuf_path_put(&s->error, frame->field->names[json]->bytes);
        }
    }
    return status;
}

static enum stk_status malformed(struct writing *s, struct stk_value value,
                                 const struct stk_protobuf_field *field,
                                 const char *reason)
{
    return failed(s, STK_E_MALFORMED, value, field, reason);
}

/* ---- bytes, from the end ---- */

static enum stk_status make_room(struct writing *s, struct stk_value value, size_t len)
{
    struct stk_protobuf_writer *w = s->w;
    size_t cap = w->cap < FIRST_CAP ? FIRST_CAP : w->cap;
    if (len > s->max - w->len) {
        return failed(s, STK_E_LIMIT, value, NULL, "the message is too long");
    }
    while (cap - w->len < len) {
        cap *= 2; /* max is below SIZE_MAX / 4 */
    }
    uint8_t *data = stk_new_buffer(w->alloc, cap);
    if (data == NULL) {
        return STK_E_NOMEM;
    }
    stk_copy(data + cap - w->len, w->data + w->cap - w->len, w->len);
    stk_free(w->alloc, w->data, w->cap);
    w->data = data;
    w->cap = cap;
    return STK_OK;
}

static inline enum stk_status put(struct writing *s, struct stk_value value,
                                  const void *bytes, size_t len)
{
    struct stk_protobuf_writer *w = s->w;
    if (STK_UNLIKELY(len > w->cap - w->len || len > s->max - w->len)) {
        STK_TRY(make_room(s, value, len));
    }
    w->len += len;
    stk_copy(w->data + w->cap - w->len, bytes, len);
    return STK_OK;
}

static inline enum stk_status put_varint(struct writing *s, struct stk_value value,
                                         uint64_t number)
{
    uint8_t bytes[10];
    size_t n = 0;
    for (; number >= 0x80; number >>= 7) {
        bytes[n++] = (uint8_t)(number & 0x7f) | 0x80;
    }
    bytes[n++] = (uint8_t)number;
    return put(s, value, bytes, n);
}

static enum stk_status put_fixed(struct writing *s, struct stk_value value,
                                 uint64_t number, size_t len)
{
    uint8_t bytes[8];
    for (size_t i = 0; i < len; i++) {
        bytes[i] = (uint8_t)(number >> (8 * i));
    }
    return put(s, value, bytes, len);
}

static inline enum stk_status put_tag(struct writing *s, struct stk_value value,
                                      uint32_t number, uint32_t wire)
{
    return put_varint(s, value, (uint64_t)number << 3 | wire);
}

/* ---- scalars ---- */

#define RANGE "a number out of the range of its field"

static enum stk_status wrong_kind(struct writing *s, struct stk_value value,
                                  const struct stk_protobuf_field *field)
{
    static const char *const reasons[STK_PB_KINDS] = {
        [STK_PB_DOUBLE] = "not a number",     [STK_PB_FLOAT] = "not a number",
        [STK_PB_INT64] = "not an integer",    [STK_PB_UINT64] = "not an integer",
        [STK_PB_INT32] = "not an integer",    [STK_PB_FIXED_64] = "not an integer",
        [STK_PB_FIXED_32] = "not an integer", [STK_PB_BOOL] = "not a bool",
        [STK_PB_STRING] = "not a str",        [STK_PB_GROUP_TYPE] = "a group",
        [STK_PB_MESSAGE] = "not a dict",      [STK_PB_BYTES] = "not bytes",
        [STK_PB_UINT32] = "not an integer",   [STK_PB_ENUM] = "not a name of its enum",
        [STK_PB_SFIXED32] = "not an integer", [STK_PB_SFIXED64] = "not an integer",
        [STK_PB_SINT32] = "not an integer",   [STK_PB_SINT64] = "not an integer",
    };
    return malformed(s, value, field, reasons[field->kind]);
}

static enum stk_status take_signed(struct writing *s, struct stk_value value,
                                   const struct stk_protobuf_field *field, bool narrow,
                                   uint64_t *ret_number)
{
    if (value.kind == STK_VALUE_BIGINT) {
        return malformed(s, value, field, RANGE);
    }
    if (value.kind != STK_VALUE_INT) {
        return wrong_kind(s, value, field);
    }
    if (narrow && (value.integer < INT32_MIN || value.integer > INT32_MAX)) {
        return malformed(s, value, field, RANGE);
    }
    *ret_number = (uint64_t)value.integer;
    return STK_OK;
}

static enum stk_status take_unsigned(struct writing *s, struct stk_value value,
                                     const struct stk_protobuf_field *field, uint64_t max,
                                     uint64_t *ret_number)
{
    uint64_t number = 0;
    if (value.kind == STK_VALUE_BIGINT) {
        if (value.big->negative || value.big->n > 1) {
            return malformed(s, value, field, RANGE);
        }
        number = value.big->limbs[0];
    } else if (value.kind != STK_VALUE_INT) {
        return wrong_kind(s, value, field);
    } else if (value.integer < 0) {
        return malformed(s, value, field, RANGE);
    } else {
        number = (uint64_t)value.integer;
    }
    if (number > max) {
        return malformed(s, value, field, RANGE);
    }
    *ret_number = number;
    return STK_OK;
}

static enum stk_status take_enum(struct writing *s, struct stk_value value,
                                 const struct stk_protobuf_field *field,
                                 uint64_t *ret_number)
{
    const struct stk_protobuf_enum_value *found = NULL;
    if (value.kind == STK_VALUE_STR) {
        found = stk_protobuf_enum_name(field->values, value.text);
        if (found == NULL) {
            return malformed(s, value, field, "a name that its enum does not have");
        }
        *ret_number = (uint64_t)(int64_t)found->number;
        return STK_OK;
    }
    STK_TRY(take_signed(s, value, field, true, ret_number));
    found = stk_protobuf_enum_number(field->values, (int32_t)value.integer);
    return found == NULL && !s->options->take_numbers
               ? malformed(s, value, field, "a number that its enum does not have")
               : STK_OK;
}

/* An INT only if nothing of it is lost. */
static enum stk_status take_double(struct writing *s, struct stk_value value,
                                   const struct stk_protobuf_field *field,
                                   double *ret_number)
{
    if (value.kind == STK_VALUE_FLOAT) {
        *ret_number = value.number;
        return STK_OK;
    }
    if (value.kind != STK_VALUE_INT && value.kind != STK_VALUE_BIGINT) {
        return wrong_kind(s, value, field);
    }
    double number = value.kind == STK_VALUE_INT ? (double)value.integer : (double)NAN;
    double narrow = number;
    if (field->kind == STK_PB_FLOAT) {
        narrow = (double)(float)number;
    }
    if (stk_value_compare_numbers(stk_value_float(0, narrow), value) != 0) {
        return malformed(s, value, field, "an integer that is no such float");
    }
    *ret_number = number;
    return STK_OK;
}

static enum stk_status put_double(struct writing *s, struct stk_value value,
                                  const struct stk_protobuf_field *field)
{
    double number = 0;
    uint64_t bits = 0;
    STK_TRY(take_double(s, value, field, &number));
    if (field->kind == STK_PB_DOUBLE) {
        __builtin_memcpy(&bits, &number, sizeof number);
        return put_fixed(s, value, bits, 8);
    }
    float narrow = (float)number;
    uint32_t word = 0;
    if (isinf(narrow) && !isinf(number)) {
        return malformed(s, value, field, RANGE);
    }
    __builtin_memcpy(&word, &narrow, sizeof narrow);
    return put_fixed(s, value, word, 4);
}

static enum stk_status put_text(struct writing *s, struct stk_value value,
                                const struct stk_protobuf_field *field)
{
    bool is_string = field->kind == STK_PB_STRING;
    bool good = is_string
                    ? value.kind == STK_VALUE_STR
                    : value.kind == STK_VALUE_BYTES || value.kind == STK_VALUE_BYTEARRAY;
    if (!good) {
        return wrong_kind(s, value, field);
    }
    struct stk_span bytes = value.text->bytes;
    if (is_string && bytes.len != value.text->n_codes &&
        stk_utf8_valid(bytes, false) != bytes.len) {
        return malformed(s, value, field, "a str with a lone surrogate");
    }
    STK_TRY(put(s, value, bytes.data, bytes.len));
    return put_varint(s, value, bytes.len);
}

/* A number of a varint field. */
static enum stk_status take_number(struct writing *s, struct stk_value value,
                                   const struct stk_protobuf_field *field,
                                   uint64_t *ret_number)
{
    switch ((enum stk_protobuf_kind)field->kind) {
    case STK_PB_INT64:
    case STK_PB_SFIXED64:
        return take_signed(s, value, field, false, ret_number);
    case STK_PB_INT32:
    case STK_PB_SFIXED32:
        return take_signed(s, value, field, true, ret_number);
    case STK_PB_UINT64:
    case STK_PB_FIXED_64:
        return take_unsigned(s, value, field, UINT64_MAX, ret_number);
    case STK_PB_UINT32:
    case STK_PB_FIXED_32:
        return take_unsigned(s, value, field, UINT32_MAX, ret_number);
    case STK_PB_SINT32:
    case STK_PB_SINT64:
        STK_TRY(take_signed(s, value, field, field->kind == STK_PB_SINT32, ret_number));
        *ret_number = (*ret_number & ~(UINT64_C(1) << 63)) << 1 ^
                      (value.integer < 0 ? UINT64_MAX : 0);
        return STK_OK;
    case STK_PB_BOOL:
        *ret_number = value.kind == STK_VALUE_BOOL && value.boolean;
        return value.kind == STK_VALUE_BOOL ? STK_OK : wrong_kind(s, value, field);
    case STK_PB_ENUM:
        return take_enum(s, value, field, ret_number);
    case STK_PB_GROUP_TYPE:
        return failed(s, STK_E_UNSUPPORTED, value, field, "a group");
    case STK_PB_DOUBLE:
    case STK_PB_FLOAT:
    case STK_PB_STRING:
    case STK_PB_MESSAGE:
    case STK_PB_BYTES:
    case STK_PB_KINDS:
        break;
    }
    return wrong_kind(s, value, field);
}

/* Without its tag. */
static enum stk_status put_scalar(struct writing *s, struct stk_value value,
                                  const struct stk_protobuf_field *field)
{
    uint64_t number = 0;
    if (stk_protobuf_is_text(field->kind)) {
        return put_text(s, value, field);
    }
    if (field->kind == STK_PB_DOUBLE || field->kind == STK_PB_FLOAT) {
        return put_double(s, value, field);
    }
    STK_TRY(take_number(s, value, field, &number));
    if (field->wire == STK_PB_VARINT) {
        return put_varint(s, value, number);
    }
    return put_fixed(s, value, number, field->wire == STK_PB_FIXED64 ? 8 : 4);
}

/* What a field whose default says nothing does not have to say. */
static bool is_default(struct writing *s, size_t end)
{
    const uint8_t *p = s->w->data + s->w->cap - s->w->len;
    for (size_t i = s->w->len - end; i-- > 0;) {
        if (p[i] != 0) {
            return false;
        }
    }
    return true;
}

static enum stk_status put_singular(struct writing *s, struct stk_value value,
                                    const struct stk_protobuf_field *field)
{
    size_t end = s->w->len;
    STK_TRY(put_scalar(s, value, field));
    if (field->implicit && is_default(s, end)) {
        s->w->len = end;
        return STK_OK;
    }
    return put_tag(s, value, field->number, field->wire);
}

static bool is_list(struct stk_value value)
{
    return value.kind == STK_VALUE_LIST || value.kind == STK_VALUE_TUPLE;
}

static enum stk_status put_repeated(struct writing *s, struct stk_value value,
                                    const struct stk_protobuf_field *field)
{
    size_t end = s->w->len;
    if (!is_list(value)) {
        return malformed(s, value, field, "not a list");
    }
    for (size_t i = value.items->n; i-- > 0;) {
        STK_TRY(put_scalar(s, value.items->list[i], field));
        if (!field->packed) {
            STK_TRY(put_tag(s, value, field->number, field->wire));
        }
    }
    if (!field->packed || value.items->n == 0) {
        return STK_OK;
    }
    STK_TRY(put_varint(s, value, s->w->len - end));
    return put_tag(s, value, field->number, STK_PB_LEN);
}

/* ---- unknown fields ---- */

/* The one number that bytes are, in its shortest form. */
static enum stk_status put_raw_varint(struct writing *s, struct stk_value value,
                                      struct stk_span bytes)
{
    uint64_t number = 0;
    for (size_t i = 0; i < bytes.len && i < 10; i++) {
        uint8_t c = bytes.data[i];
        number |= (uint64_t)(c & 0x7f) << (7 * i);
        if (c < 0x80) {
            return i + 1 == bytes.len && (i < 9 || c <= 1)
                       ? put_varint(s, value, number)
                       : malformed(s, value, NULL, "an unknown field that is no number");
        }
    }
    return malformed(s, value, NULL, "an unknown field that is no number");
}

static bool is_unknown_field(const struct stk_protobuf_type *type, struct stk_value value)
{
    if (!is_list(value) || value.items->n != 3) {
        return false;
    }
    const struct stk_value *parts = value.items->list;
    return parts[0].kind == STK_VALUE_INT && parts[1].kind == STK_VALUE_INT &&
           parts[2].kind == STK_VALUE_BYTES && parts[0].integer > 0 &&
           parts[0].integer <= STK_PB_NUMBER_MAX &&
           stk_protobuf_field(type, (uint32_t)parts[0].integer) == NULL;
}

static enum stk_status put_unknown_field(struct writing *s,
                                         const struct stk_protobuf_type *type,
                                         struct stk_value value)
{
    if (!is_unknown_field(type, value)) {
        return malformed(s, value, NULL,
                         "not an unknown field's number, wire type and bytes");
    }
    const struct stk_value *parts = value.items->list;
    struct stk_span bytes = parts[2].text->bytes;
    int64_t wire = parts[1].integer;
    size_t len = wire == STK_PB_FIXED64 ? 8 : wire == STK_PB_FIXED32 ? 4 : bytes.len;
    if (len != bytes.len || wire < 0 || wire > STK_PB_FIXED32 || wire == STK_PB_GROUP ||
        wire == STK_PB_END_GROUP) {
        return malformed(s, value, NULL, "an unknown field of a wrong wire type");
    }
    if (wire == STK_PB_VARINT) {
        STK_TRY(put_raw_varint(s, value, bytes));
    } else {
        STK_TRY(put(s, value, bytes.data, bytes.len));
    }
    if (wire == STK_PB_LEN) {
        STK_TRY(put_varint(s, value, bytes.len));
    }
    return put_tag(s, value, (uint32_t)parts[0].integer, (uint32_t)wire);
}

static enum stk_status put_unknown(struct writing *s,
                                   const struct stk_protobuf_type *type,
                                   struct stk_value value)
{
    if (!is_list(value)) {
        return malformed(s, value, NULL, "unknown fields that are not a list");
    }
    for (size_t i = value.items->n; i-- > 0;) {
        STK_TRY(put_unknown_field(s, type, value.items->list[i]));
    }
    return STK_OK;
}

/* ---- messages ---- */

static enum stk_status push_item(struct writing *s, struct stk_protobuf_item item)
{
    struct stk_protobuf_writer *w = s->w;
    if (STK_UNLIKELY(w->n_items == w->cap_items)) {
        void *array = w->items;
        STK_TRY(stk_grow(w->alloc, &array, &w->cap_items, sizeof item, w->n_items + 1,
                         SIZE_MAX / sizeof item));
        w->items = array;
    }
    w->items[w->n_items++] = item;
    return STK_OK;
}

static enum stk_status push_frame(struct writing *s, struct stk_protobuf_frame frame)
{
    struct stk_protobuf_writer *w = s->w;
    if (w->n_frames == w->cap_frames) {
        void *array = w->frames;
        STK_TRY(stk_grow(w->alloc, &array, &w->cap_frames, sizeof frame, w->n_frames + 1,
                         SIZE_MAX / sizeof frame));
        w->frames = array;
    }
    frame.first = w->n_items;
    frame.left = SIZE_MAX;
    frame.end = w->len;
    w->frames[w->n_frames++] = frame;
    return STK_OK;
}

/* Unknown fields last. */
static uint64_t rank(const struct stk_protobuf_item *item)
{
    return item->field == NULL ? UINT64_MAX : item->field->number;
}

static int by_field(const void *a, const void *b)
{
    uint64_t x = rank(a);
    uint64_t y = rank(b);
    return (x > y) - (x < y);
}

/* Keys of one map are of one kind, or putting them fails. */
static int by_key(const void *a, const void *b)
{
    struct stk_value x = ((const struct stk_protobuf_item *)a)->key;
    struct stk_value y = ((const struct stk_protobuf_item *)b)->key;
    if (x.kind == STK_VALUE_STR && y.kind == STK_VALUE_STR) {
        struct stk_span p = x.text->bytes;
        struct stk_span q = y.text->bytes;
        size_t n = p.len < q.len ? p.len : q.len;
        int order = n == 0 ? 0 : memcmp(p.data, q.data, n);
        return order != 0 ? order : (p.len > q.len) - (p.len < q.len);
    }
    if (x.kind == STK_VALUE_BOOL && y.kind == STK_VALUE_BOOL) {
        return (int)x.boolean - (int)y.boolean;
    }
    bool numbers = (x.kind == STK_VALUE_INT || x.kind == STK_VALUE_BIGINT) &&
                   (y.kind == STK_VALUE_INT || y.kind == STK_VALUE_BIGINT);
    return numbers ? stk_value_compare_numbers(x, y) : (int)x.kind - (int)y.kind;
}

static void sort_items(struct stk_protobuf_writer *w, size_t first,
                       int (*compare)(const void *, const void *))
{
    for (size_t i = first + 1; i < w->n_items; i++) {
        if (compare(&w->items[i - 1], &w->items[i]) > 0) {
            qsort(w->items + first, w->n_items - first, sizeof w->items[0], compare);
            return;
        }
    }
}

static enum stk_status check_oneof(struct writing *s, size_t first,
                                   const struct stk_protobuf_item *item)
{
    for (size_t i = first; s->w->items + i != item; i++) {
        const struct stk_protobuf_field *other = s->w->items[i].field;
        if (other != NULL && other->oneof == item->field->oneof) {
            return malformed(s, item->value, item->field, "two members of one oneof");
        }
    }
    return STK_OK;
}

/* All fields of a message are on the stack. */
static enum stk_status check_items(struct writing *s, struct stk_value value,
                                   const struct stk_protobuf_type *type, size_t first)
{
    uint32_t n_required = 0;
    for (size_t i = first; i < s->w->n_items; i++) {
        const struct stk_protobuf_item *item = &s->w->items[i];
        n_required += item->field != NULL && item->field->required;
        if (item->field != NULL && item->field->oneof != STK_PB_NONE) {
            STK_TRY(check_oneof(s, first, item));
        }
    }
    size_t at = first;
    for (uint32_t i = 0; n_required < type->n_required && i < type->n; i++) {
        const struct stk_protobuf_field *field = &type->fields[i];
        bool there = at < s->w->n_items && s->w->items[at].field == field;
        at += there;
        if (field->required && !there) {
            return malformed(s, value, field, "a required field is missing");
        }
    }
    return STK_OK;
}

static enum stk_status push_member(struct writing *s,
                                   const struct stk_protobuf_type *type,
                                   const struct stk_pair *pair)
{
    if (pair->key.kind != STK_VALUE_STR) {
        return malformed(s, pair->key, NULL, "a key that is no name of a field");
    }
    const struct stk_protobuf_field *field =
        stk_protobuf_field_named(type, s->options->json_names, pair->key.text);
    bool is_unknown = field == NULL && s->options->take_unknown &&
                      stk_span_is(pair->key.text->bytes, STK_PROTOBUF_UNKNOWN);
    if (field == NULL && !is_unknown) {
        return malformed(s, pair->key, NULL, "a member that its type does not have");
    }
    return push_item(s, (struct stk_protobuf_item){.field = field, .value = pair->value});
}

static enum stk_status begin_message(struct writing *s, struct stk_value value,
                                     const struct stk_protobuf_type *type,
                                     const struct stk_protobuf_field *field,
                                     uint32_t depth)
{
    struct stk_protobuf_writer *w = s->w;
    if (depth >= s->options->depth_max) {
        return failed(s, STK_E_LIMIT, value, field,
                      "messages lie too deep inside each other");
    }
    if (value.kind != STK_VALUE_DICT) {
        return malformed(s, value, field, "not a dict");
    }
    if (type->ambiguous && s->options->json_names) {
        return failed(s, STK_E_UNSUPPORTED, value, field,
                      "two fields of this type have one JSON name");
    }
    STK_TRY(push_frame(
        s, (struct stk_protobuf_frame){.type = type, .field = field, .depth = depth}));
    size_t first = w->n_items;
    for (size_t i = 0; i < value.pairs->n; i++) {
        STK_TRY(push_member(s, type, &value.pairs->list[i]));
    }
    sort_items(w, first, by_field);
    w->frames[w->n_frames - 1].at = w->n_items;
    return check_items(s, value, type, first);
}

static enum stk_status begin_map(struct writing *s, struct stk_value value,
                                 const struct stk_protobuf_field *field, uint32_t depth)
{
    struct stk_protobuf_writer *w = s->w;
    if (value.kind != STK_VALUE_DICT) {
        return malformed(s, value, field, "not a dict");
    }
    STK_TRY(push_frame(
        s, (struct stk_protobuf_frame){
               .type = field->message, .field = field, .depth = depth, .map = true}));
    size_t first = w->n_items;
    for (size_t i = 0; i < value.pairs->n; i++) {
        const struct stk_pair *pair = &value.pairs->list[i];
        STK_TRY(push_item(
            s, (struct stk_protobuf_item){.key = pair->key, .value = pair->value}));
    }
    sort_items(w, first, by_key);
    w->frames[w->n_frames - 1].at = w->n_items;
    return STK_OK;
}

static enum stk_status begin_entry(struct writing *s, struct stk_protobuf_frame map,
                                   struct stk_protobuf_item entry)
{
    struct stk_protobuf_writer *w = s->w;
    if (map.depth + 1 >= s->options->depth_max) {
        return failed(s, STK_E_LIMIT, entry.value, map.field,
                      "messages lie too deep inside each other");
    }
    STK_TRY(push_frame(s, (struct stk_protobuf_frame){.type = map.type,
                                                      .field = map.field,
                                                      .depth = map.depth + 1}));
    STK_TRY(push_item(s, (struct stk_protobuf_item){.field = &map.type->fields[0],
                                                    .value = entry.key}));
    STK_TRY(push_item(s, (struct stk_protobuf_item){.field = &map.type->fields[1],
                                                    .value = entry.value}));
    w->frames[w->n_frames - 1].at = w->n_items;
    return STK_OK;
}

/* What is open last is written. */
static enum stk_status close_top(struct writing *s)
{
    struct stk_protobuf_writer *w = s->w;
    struct stk_protobuf_frame top = w->frames[w->n_frames - 1];
    w->n_items = top.first;
    w->n_frames--;
    if (top.field == NULL || top.map) {
        return STK_OK;
    }
    STK_TRY(put_varint(s, stk_value_none(0), w->len - top.end));
    return put_tag(s, stk_value_none(0), top.field->number, STK_PB_LEN);
}

static enum stk_status next_message(struct writing *s, struct stk_protobuf_frame *top,
                                    struct stk_protobuf_item item)
{
    const struct stk_protobuf_field *field = item.field;
    if (!field->repeated) {
        top->at--;
        return begin_message(s, item.value, field->message, field, top->depth + 1);
    }
    if (!is_list(item.value)) {
        return malformed(s, item.value, field, "not a list");
    }
    top->left = top->left == SIZE_MAX ? item.value.items->n : top->left;
    if (top->left == 0) {
        top->at--;
        top->left = SIZE_MAX;
        return STK_OK;
    }
    top->left--;
    return begin_message(s, item.value.items->list[top->left], field->message, field,
                         top->depth + 1);
}

static enum stk_status next_item(struct writing *s, struct stk_protobuf_frame *top)
{
    struct stk_protobuf_item item = s->w->items[top->at - 1];
    if (item.field != NULL && item.field->kind == STK_PB_MESSAGE && !item.field->map) {
        return next_message(s, top, item);
    }
    top->at--;
    if (top->map) {
        return begin_entry(s, *top, item);
    }
    if (item.field == NULL) {
        return put_unknown(s, top->type, item.value);
    }
    if (item.field->map) {
        return begin_map(s, item.value, item.field, top->depth);
    }
    return item.field->repeated ? put_repeated(s, item.value, item.field)
                                : put_singular(s, item.value, item.field);
}

static enum stk_status write_message(struct writing *s, struct stk_value value,
                                     const struct stk_protobuf_type *type)
{
    struct stk_protobuf_writer *w = s->w;
    STK_TRY(begin_message(s, value, type, NULL, 0));
    while (w->n_frames > 0) {
        struct stk_protobuf_frame *top = &w->frames[w->n_frames - 1];
        if (top->at == top->first) {
            STK_TRY(close_top(s));
        } else {
            STK_TRY(next_item(s, top));
        }
    }
    return STK_OK;
}

void stk_protobuf_writer_init(struct stk_protobuf_writer *writer,
                              const struct stk_alloc *alloc)
{
    *writer = (struct stk_protobuf_writer){.alloc = alloc};
}

void stk_protobuf_writer_release(struct stk_protobuf_writer *writer)
{
    stk_free(writer->alloc, writer->data, writer->cap);
    stk_free(writer->alloc, writer->frames,
             writer->cap_frames * sizeof writer->frames[0]);
    stk_free(writer->alloc, writer->items, writer->cap_items * sizeof writer->items[0]);
    *writer = (struct stk_protobuf_writer){.alloc = writer->alloc};
}

enum stk_status stk_protobuf_write(struct stk_protobuf_writer *writer,
                                   struct stk_value value,
                                   const struct stk_protobuf_type *type,
                                   const struct stk_protobuf_options *options,
                                   struct stk_buf *out,
                                   struct stk_protobuf_error *ret_error)
{
    size_t room = out->max - out->len;
    struct writing s = {
        .w = writer, .options = options, .max = room < MESSAGE_MAX ? room : MESSAGE_MAX};
    writer->len = 0;
    writer->n_frames = 0;
    writer->n_items = 0;
    enum stk_status status = write_message(&s, value, type);
    if (status == STK_OK && writer->len > 0) {
        uint8_t *to = stk_buf_room(out, writer->len);
        status = to == NULL ? out->status : STK_OK;
        if (to != NULL) {
            stk_copy(to, writer->data + writer->cap - writer->len, writer->len);
            out->len += writer->len;
        }
    }
    if (status != STK_OK && status != STK_E_NOMEM) {
        *ret_error = s.error;
    }
    return status;
}
