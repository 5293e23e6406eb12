/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages to values. What is open lies on one stack, what was read of it on another, in
 * the order of the message; at a message's end its fields are gathered from there. Only
 * where singular messages may come twice, they wait until then, so that one is read as
 * if its parts were written one behind the other, which is what merging means.
 */
#include "base/checked.h"
#include "base/utf8.h"
#include "wire/protobuf_decode.h"

/* What an arena may need for len bytes: its chunk's head, and alignment. */
#define ARENA_EXTRA 64

#define ENDS "the message ends inside a field"
#define PASSES "a field passes the end of the message that it is in"
#define MEMORY "the values take too much memory"

/* Tags and lengths have 32 bits; parsers differ about longer ones. */
#define SHORT_VARINT_MAX 5
#define VARINT_MAX 10

enum stk_status stk_protobuf_failed(struct stk_protobuf_decoder *d,
                                    enum stk_status status, const uint8_t *p,
                                    const struct stk_protobuf_field *field,
                                    const char *reason)
{
    int json = d->options.json_names;
    d->error =
        (struct stk_protobuf_error){.off = stk_protobuf_off(d, p), .reason = reason};
    if (field != NULL) {
        stk_protobuf_path_put(&d->error, field->names[json]->bytes);
    }
    for (size_t i = d->n_open; i-- > 0;) {
        if (d->opened[i].field != NULL) {
            stk_protobuf_path_put(&d->error, d->opened[i].field->names[json]->bytes);
        }
    }
    return status;
}

/* Something passes the end of what is open last. */
static enum stk_status short_of(struct stk_protobuf_decoder *d, const uint8_t *p,
                                const struct stk_protobuf_field *field)
{
    return d->end == d->last ? stk_protobuf_failed(d, STK_E_TRUNCATED, p, field, ENDS)
                             : stk_protobuf_malformed(d, p, field, PASSES);
}

enum stk_status stk_protobuf_no_memory(struct stk_protobuf_decoder *d, const uint8_t *p,
                                       size_t len)
{
    size_t left = d->arena->cap - d->arena->taken;
    if (len > left || left - len < ARENA_EXTRA) {
        return stk_protobuf_failed(d, STK_E_LIMIT, p, NULL, MEMORY);
    }
    return STK_E_NOMEM;
}

enum stk_status stk_protobuf_grow(struct stk_protobuf_decoder *d, void **array,
                                  size_t *cap, size_t element, size_t need)
{
    enum stk_status status =
        stk_grow(d->arena->alloc, array, cap, element, need, d->arena->cap / element);
    return status == STK_E_LIMIT ? stk_protobuf_failed(d, status, d->at, NULL, MEMORY)
                                 : status;
}

static inline enum stk_status push(struct stk_protobuf_decoder *d,
                                   struct stk_protobuf_read_item item)
{
    if (STK_UNLIKELY(d->n == d->cap)) {
        void *array = d->items;
        STK_TRY(stk_protobuf_grow(d, &array, &d->cap, sizeof item, d->n + 1));
        d->items = array;
    }
    d->items[d->n++] = item;
    return STK_OK;
}

/* ---- numbers ---- */

/* A varint of at most `max` bytes: bytes taken; 0 where [p, end) ends inside it, and
 * max + 1 where it is longer or has more than 64 bits. */
static inline size_t read_varint(const uint8_t *p, const uint8_t *end, size_t max,
                                 uint64_t *ret_number)
{
    uint64_t number = 0;
    for (size_t i = 0; i < max; i++) {
        if (p + i == end) {
            return 0;
        }
        if (i == VARINT_MAX - 1 && p[i] > 1) {
            break;
        }
        number |= (uint64_t)(p[i] & 0x7f) << (7 * i);
        if (p[i] < 0x80) {
            *ret_number = number;
            return i + 1;
        }
    }
    return max + 1;
}

static inline double read_float(const uint8_t *p)
{
    uint32_t bits = stk_le32(p);
    float number = 0;
    __builtin_memcpy(&number, &bits, sizeof number);
    return (double)number;
}

static inline double read_double(const uint8_t *p)
{
    uint64_t bits = stk_le64(p);
    double number = 0;
    __builtin_memcpy(&number, &bits, sizeof number);
    return number;
}

static enum stk_status make_uint(struct stk_protobuf_decoder *d, const uint8_t *p,
                                 uint64_t number, struct stk_value *ret_value)
{
    if (number <= INT64_MAX) {
        *ret_value = stk_value_int(stk_protobuf_off(d, p), (int64_t)number);
        return STK_OK;
    }
    return stk_value_big(d->arena, stk_protobuf_off(d, p), false, &number, 1,
                         ret_value) == STK_OK
               ? STK_OK
               : stk_protobuf_no_memory(d, p, sizeof(struct stk_big) + sizeof number);
}

static inline int64_t unzigzag(uint64_t number)
{
    return (int64_t)(number >> 1) ^ -(int64_t)(number & 1);
}

static enum stk_status make_enum(struct stk_protobuf_decoder *d, const uint8_t *p,
                                 const struct stk_protobuf_field *field, uint64_t number,
                                 struct stk_value *ret_value)
{
    int64_t integer = (int64_t)number;
    if (integer < INT32_MIN || integer > INT32_MAX) {
        return stk_protobuf_malformed(d, p, field,
                                      "a number out of the range of an enum");
    }
    const struct stk_protobuf_enum_value *found =
        stk_protobuf_enum_number(field->values, (int32_t)integer);
    if (found != NULL) {
        *ret_value = (struct stk_value){.kind = STK_VALUE_STR,
                                        .off = stk_protobuf_off(d, p) & STK_VALUE_OFF_MAX,
                                        .text = found->name};
        return STK_OK;
    }
    if (!d->options.take_numbers) {
        return stk_protobuf_malformed(d, p, field,
                                      "a number that its enum does not have");
    }
    *ret_value = stk_value_int(stk_protobuf_off(d, p), integer);
    return STK_OK;
}

/* at: where the value begins, its tag included. */
static enum stk_status make_number(struct stk_protobuf_decoder *d, const uint8_t *at,
                                   const struct stk_protobuf_field *field, uint64_t raw,
                                   struct stk_value *ret_value)
{
    int64_t integer = (int64_t)raw;
    switch ((enum stk_protobuf_kind)field->kind) {
    case STK_PB_UINT64:
        return make_uint(d, at, raw, ret_value);
    case STK_PB_INT32:
        if (integer < INT32_MIN || integer > INT32_MAX) {
            return stk_protobuf_malformed(d, at, field,
                                          "a number out of the range of an int32");
        }
        break;
    case STK_PB_UINT32:
        if (raw > UINT32_MAX) {
            return stk_protobuf_malformed(d, at, field,
                                          "a number out of the range of a uint32");
        }
        break;
    case STK_PB_SINT32:
        if (raw > UINT32_MAX) {
            return stk_protobuf_malformed(d, at, field,
                                          "a number out of the range of a sint32");
        }
        integer = unzigzag(raw);
        break;
    case STK_PB_SINT64:
        integer = unzigzag(raw);
        break;
    case STK_PB_BOOL:
        if (raw > 1) {
            return stk_protobuf_malformed(d, at, field, "a bool that is neither 0 nor 1");
        }
        *ret_value = stk_value_bool(stk_protobuf_off(d, at), raw == 1);
        return STK_OK;
    case STK_PB_ENUM:
        return make_enum(d, at, field, raw, ret_value);
    case STK_PB_INT64:
    case STK_PB_DOUBLE:
    case STK_PB_FLOAT:
    case STK_PB_FIXED_64:
    case STK_PB_FIXED_32:
    case STK_PB_STRING:
    case STK_PB_GROUP_TYPE:
    case STK_PB_MESSAGE:
    case STK_PB_BYTES:
    case STK_PB_SFIXED32:
    case STK_PB_SFIXED64:
    case STK_PB_KINDS:
        break;
    }
    *ret_value = stk_value_int(stk_protobuf_off(d, at), integer);
    return STK_OK;
}

/* Four or eight bytes at p. */
static enum stk_status make_fixed(struct stk_protobuf_decoder *d, const uint8_t *at,
                                  const uint8_t *p,
                                  const struct stk_protobuf_field *field,
                                  struct stk_value *ret_value)
{
    uint64_t off = stk_protobuf_off(d, at);
    if (field->kind == STK_PB_FIXED_64) {
        return make_uint(d, at, stk_le64(p), ret_value);
    }
    if (field->kind == STK_PB_DOUBLE) {
        *ret_value = stk_value_float(off, read_double(p));
    } else if (field->kind == STK_PB_FLOAT) {
        *ret_value = stk_value_float(off, read_float(p));
    } else if (field->kind == STK_PB_FIXED_32) {
        *ret_value = stk_value_int(off, stk_le32(p));
    } else if (field->kind == STK_PB_SFIXED32) {
        *ret_value = stk_value_int(off, (int32_t)stk_le32(p));
    } else {
        *ret_value = stk_value_int(off, (int64_t)stk_le64(p));
    }
    return STK_OK;
}

/* A varint, or four or eight bytes, at p; *ret_len: bytes taken. */
static inline enum stk_status read_scalar(struct stk_protobuf_decoder *d,
                                          const uint8_t *at, const uint8_t *p,
                                          const uint8_t *end,
                                          const struct stk_protobuf_field *field,
                                          struct stk_value *ret_value, size_t *ret_len)
{
    uint64_t raw = 0;
    if (field->wire != STK_PB_VARINT) {
        *ret_len = field->wire == STK_PB_FIXED64 ? 8 : 4;
        return (size_t)(end - p) < *ret_len ? short_of(d, at, field)
                                            : make_fixed(d, at, p, field, ret_value);
    }
    *ret_len = read_varint(p, end, VARINT_MAX, &raw);
    if (*ret_len == 0) {
        return short_of(d, at, field);
    }
    if (*ret_len > VARINT_MAX) {
        return stk_protobuf_malformed(d, at, field, "a number of more than 64 bits");
    }
    return make_number(d, at, field, raw, ret_value);
}

/* ---- texts ---- */

static enum stk_status make_text(struct stk_protobuf_decoder *d, const uint8_t *at,
                                 const struct stk_protobuf_field *field,
                                 struct stk_span bytes, struct stk_value *ret_value)
{
    enum stk_value_kind kind = STK_VALUE_BYTES;
    if (field != NULL && field->kind == STK_PB_STRING) {
        kind = STK_VALUE_STR;
        size_t valid = stk_is_ascii(bytes) ? bytes.len : stk_utf8_valid(bytes, false);
        if (valid != bytes.len) {
            return stk_protobuf_malformed(d, bytes.data + valid, field,
                                          "bytes in a string that are not UTF-8");
        }
    }
    return stk_value_text(d->arena, stk_protobuf_off(d, at), kind, bytes, ret_value) ==
                   STK_OK
               ? STK_OK
               : stk_protobuf_no_memory(d, at, sizeof(struct stk_text));
}

/* ---- packed ---- */

enum stk_status stk_protobuf_list(struct stk_protobuf_decoder *d, const uint8_t *at,
                                  const struct stk_value *list, size_t n,
                                  struct stk_value *ret_value)
{
    struct stk_items *items = stk_arena_alloc(d->arena, sizeof *items);
    if (items == NULL) {
        return stk_protobuf_no_memory(d, at, sizeof *items);
    }
    *items = (struct stk_items){.n = n, .list = list};
    *ret_value = (struct stk_value){.kind = STK_VALUE_LIST,
                                    .off = stk_protobuf_off(d, at) & STK_VALUE_OFF_MAX,
                                    .items = items};
    return STK_OK;
}

/* How many numbers there are in a packed part; one that it ends inside of is one. */
static size_t count_packed(const struct stk_protobuf_field *field, struct stk_span part)
{
    if (field->wire != STK_PB_VARINT) {
        return part.len / (field->wire == STK_PB_FIXED64 ? 8 : 4);
    }
    size_t n = 0;
    for (size_t i = 0; i < part.len; i++) {
        n += part.data[i] < 0x80;
    }
    return n;
}

static enum stk_status read_packed(struct stk_protobuf_decoder *d, const uint8_t *at,
                                   const struct stk_protobuf_field *field,
                                   struct stk_span part)
{
    size_t n = count_packed(field, part);
    struct stk_value *list = stk_arena_array(d->arena, n, sizeof *list);
    if (list == NULL) {
        return stk_protobuf_no_memory(d, at, n * sizeof *list);
    }
    const uint8_t *p = part.data;
    const uint8_t *end = part.data + part.len;
    for (size_t i = 0; p < end; i++) {
        size_t len = 0;
        if (i == n) {
            return stk_protobuf_malformed(d, p, field,
                                          "a packed field ends inside a number");
        }
        STK_TRY(read_scalar(d, p, p, end, field, &list[i], &len));
        p += len;
    }
    struct stk_protobuf_read_item item = {.field = field, .at = at, .list = true};
    STK_TRY(stk_protobuf_list(d, at, list, n, &item.value));
    return push(d, item);
}

/* ---- messages ---- */

static enum stk_status open_message(struct stk_protobuf_decoder *d,
                                    struct stk_protobuf_open open, struct stk_span bytes)
{
    if (d->n_open >= d->options.depth_max) {
        return stk_protobuf_failed(d, STK_E_LIMIT, open.at, open.field,
                                   "messages lie too deep inside each other");
    }
    if (open.type->ambiguous && d->options.json_names) {
        return stk_protobuf_failed(d, STK_E_UNSUPPORTED, open.at, open.field,
                                   "two fields of this type have one JSON name");
    }
    if (d->n_open == d->cap_open) {
        void *array = d->opened;
        STK_TRY(stk_protobuf_grow(d, &array, &d->cap_open, sizeof open, d->n_open + 1));
        d->opened = array;
    }
    open.first = d->n;
    open.walk = d->n;
    open.resume = d->at;
    open.resume_end = d->end;
    d->opened[d->n_open++] = open;
    d->at = bytes.data;
    d->end = bytes.data + bytes.len;
    return STK_OK;
}

static enum stk_status read_message_field(struct stk_protobuf_decoder *d,
                                          const uint8_t *at,
                                          const struct stk_protobuf_field *field,
                                          struct stk_span bytes)
{
    if (d->options.take_duplicates && !field->repeated) {
        return push(d, (struct stk_protobuf_read_item){
                           .field = field, .at = at, .later = bytes, .waits = true});
    }
    struct stk_protobuf_open open = {.type = field->message,
                                     .field = field,
                                     .at = at,
                                     .part = SIZE_MAX,
                                     .item = SIZE_MAX};
    return open_message(d, open, bytes);
}

/* ---- fields ---- */

static enum stk_status read_len(struct stk_protobuf_decoder *d, const uint8_t *at,
                                const uint8_t *p, const struct stk_protobuf_field *field,
                                struct stk_span *ret_bytes)
{
    uint64_t len = 0;
    size_t head = read_varint(p, d->end, SHORT_VARINT_MAX, &len);
    if (head > SHORT_VARINT_MAX) {
        return stk_protobuf_malformed(d, at, field, "a length of more than 5 bytes");
    }
    if (head == 0 || len > (size_t)(d->end - p) - head) {
        return short_of(d, at, field);
    }
    *ret_bytes = stk_span_of(p + head, (size_t)len);
    d->at = p + head + len;
    return STK_OK;
}

/* The bytes of a field whose type is not known. */
static enum stk_status read_raw(struct stk_protobuf_decoder *d, const uint8_t *at,
                                const uint8_t *p, uint32_t wire,
                                struct stk_span *ret_bytes)
{
    uint64_t number = 0;
    if (wire == STK_PB_LEN) {
        return read_len(d, at, p, NULL, ret_bytes);
    }
    size_t len = wire == STK_PB_FIXED64   ? 8
                 : wire == STK_PB_FIXED32 ? 4
                                          : read_varint(p, d->end, VARINT_MAX, &number);
    if (wire == STK_PB_VARINT && len > VARINT_MAX) {
        return stk_protobuf_malformed(d, at, NULL, "a number of more than 64 bits");
    }
    if (len == 0 || (size_t)(d->end - p) < len) {
        return short_of(d, at, NULL);
    }
    *ret_bytes = stk_span_of(p, len);
    d->at = p + len;
    return STK_OK;
}

static enum stk_status read_unknown(struct stk_protobuf_decoder *d, const uint8_t *at,
                                    const uint8_t *p, uint32_t number, uint32_t wire)
{
    struct stk_value parts[3];
    struct stk_span bytes = stk_span_of(NULL, 0);
    bool is_entry = d->opened[d->n_open - 1].type->is_entry;
    if (!d->drop_unknown && (!d->options.take_unknown || is_entry)) {
        return stk_protobuf_malformed(d, at, NULL, "a field that its type does not have");
    }
    STK_TRY(read_raw(d, at, p, wire, &bytes));
    if (d->drop_unknown) {
        return STK_OK;
    }
    struct stk_protobuf_read_item item = {.at = at};
    parts[0] = stk_value_int(stk_protobuf_off(d, at), number);
    parts[1] = stk_value_int(stk_protobuf_off(d, at), wire);
    STK_TRY(make_text(d, at, NULL, bytes, &parts[2]));
    if (stk_value_items(d->arena, stk_protobuf_off(d, at), STK_VALUE_TUPLE, parts, 3,
                        &item.value) != STK_OK) {
        return stk_protobuf_no_memory(d, at, sizeof(struct stk_items) + sizeof parts);
    }
    return push(d, item);
}

static enum stk_status read_known(struct stk_protobuf_decoder *d, const uint8_t *at,
                                  const uint8_t *p,
                                  const struct stk_protobuf_field *field, uint32_t wire)
{
    struct stk_protobuf_read_item item = {.field = field, .at = at};
    struct stk_span bytes = stk_span_of(NULL, 0);
    if (field->wire == wire && wire != STK_PB_LEN) {
        size_t len = 0;
        STK_TRY(read_scalar(d, at, p, d->end, field, &item.value, &len));
        d->at = p + len;
        return push(d, item);
    }
    bool packed = wire == STK_PB_LEN && field->wire != STK_PB_LEN && field->repeated;
    if (field->wire != wire && !packed) {
        return stk_protobuf_malformed(d, at, field,
                                      "a wire type that its field does not have");
    }
    STK_TRY(read_len(d, at, p, field, &bytes));
    if (packed) {
        return read_packed(d, at, field, bytes);
    }
    if (field->kind == STK_PB_MESSAGE) {
        return read_message_field(d, at, field, bytes);
    }
    STK_TRY(make_text(d, at, field, bytes, &item.value));
    return push(d, item);
}

static enum stk_status read_field(struct stk_protobuf_decoder *d)
{
    const uint8_t *at = d->at;
    uint64_t tag = at[0];
    size_t head = 1;
    if (tag >= 0x80) {
        head = read_varint(at, d->end, SHORT_VARINT_MAX, &tag);
    }
    if (head == 0) {
        return short_of(d, at, NULL);
    }
    if (head > SHORT_VARINT_MAX || tag > UINT32_MAX) {
        return stk_protobuf_malformed(d, at, NULL, "a tag of more than 32 bits");
    }
    uint32_t number = (uint32_t)tag >> 3;
    uint32_t wire = tag & 7;
    if (number == 0) {
        return stk_protobuf_malformed(d, at, NULL, "a field of number 0");
    }
    const struct stk_protobuf_field *field =
        stk_protobuf_field(d->opened[d->n_open - 1].type, number);
    if (wire == STK_PB_GROUP || wire == STK_PB_END_GROUP) {
        return stk_protobuf_failed(d, STK_E_UNSUPPORTED, at, field, "a group");
    }
    if (wire > STK_PB_FIXED32) {
        return stk_protobuf_malformed(d, at, field, "a wire type that does not exist");
    }
    return field == NULL ? read_unknown(d, at, at + head, number, wire)
                         : read_known(d, at, at + head, field, wire);
}

/* ---- entries of maps ---- */

/* What a key or value that an entry does not have is. */
static enum stk_status make_default(struct stk_protobuf_decoder *d, const uint8_t *at,
                                    const struct stk_protobuf_field *field,
                                    struct stk_value *ret_value)
{
    static const uint8_t zeroes[8];
    if (stk_protobuf_is_text(field->kind)) {
        return make_text(d, at, field, stk_span_of(zeroes, 0), ret_value);
    }
    if (field->wire != STK_PB_LEN && field->wire != STK_PB_VARINT) {
        return make_fixed(d, at, zeroes, field, ret_value);
    }
    if (field->kind == STK_PB_ENUM) {
        return make_enum(d, at, field, (uint64_t)field->values->first, ret_value);
    }
    if (field->kind != STK_PB_MESSAGE) {
        return make_number(d, at, field, 0, ret_value);
    }
    if (field->message->n_required > 0) {
        return stk_protobuf_malformed(d, at, field, "a required field is missing");
    }
    struct stk_pairs *pairs = stk_arena_alloc(d->arena, sizeof *pairs);
    if (pairs == NULL) {
        return stk_protobuf_no_memory(d, at, sizeof *pairs);
    }
    pairs->texts_only = true;
    *ret_value = (struct stk_value){.kind = STK_VALUE_DICT,
                                    .off = stk_protobuf_off(d, at) & STK_VALUE_OFF_MAX,
                                    .pairs = pairs};
    return STK_OK;
}

static enum stk_status gather_entry(struct stk_protobuf_decoder *d,
                                    const struct stk_protobuf_open *top,
                                    struct stk_value *ret_key,
                                    struct stk_value *ret_value)
{
    struct stk_value *parts[2] = {ret_key, ret_value};
    bool there[2] = {false, false};
    for (size_t i = top->first; i < d->n; i++) {
        if (d->items[i].n > 0) {
            *parts[d->items[i].field->at] = d->items[i].value;
            there[d->items[i].field->at] = true;
        }
    }
    for (size_t i = 0; i < 2; i++) {
        if (!there[i]) {
            STK_TRY(make_default(d, top->at, &top->type->fields[i], parts[i]));
        }
    }
    return STK_OK;
}

/* ---- the message ---- */

/* Opens the next message that waits, if there is one. */
static enum stk_status open_waiting(struct stk_protobuf_decoder *d,
                                    struct stk_protobuf_open *top, bool *ret_opened)
{
    for (; top->walk < d->n; top->walk++) {
        const struct stk_protobuf_read_item *item = &d->items[top->walk];
        if (!item->waits || (item->n == 0 && !item->dropped)) {
            continue;
        }
        struct stk_protobuf_open open = {.type = item->field->message,
                                         .field = item->field,
                                         .at = item->at,
                                         .part = item->next,
                                         .item = top->walk++};
        *ret_opened = true;
        return open_message(d, open, item->later);
    }
    return STK_OK;
}

/* Puts what is open last in its place. */
static enum stk_status close_top(struct stk_protobuf_decoder *d,
                                 struct stk_value *ret_value)
{
    struct stk_protobuf_open top = d->opened[d->n_open - 1];
    struct stk_protobuf_read_item item = {.field = top.field, .at = top.at};
    if (top.type->is_entry) {
        STK_TRY(gather_entry(d, &top, &item.key, &item.value));
    } else {
        STK_TRY(stk_protobuf_gather_dict(d, &top, &item.value));
    }
    d->n = top.first;
    d->n_open--;
    d->at = top.resume;
    d->end = top.resume_end;
    if (d->n_open == 0) {
        *ret_value = item.value;
        return STK_OK;
    }
    if (top.item != SIZE_MAX) {
        d->items[top.item].value = item.value;
        return STK_OK;
    }
    return push(d, item);
}

static void next_part(struct stk_protobuf_decoder *d, struct stk_protobuf_open *top)
{
    const struct stk_protobuf_read_item *item = &d->items[top->part];
    d->at = item->later.data;
    d->end = item->later.data + item->later.len;
    top->part = item->next;
}

static enum stk_status read_message(struct stk_protobuf_decoder *d,
                                    struct stk_value *ret_value)
{
    while (d->n_open > 0) {
        struct stk_protobuf_open *top = &d->opened[d->n_open - 1];
        bool opened = false;
        if (d->at < d->end) {
            STK_TRY(read_field(d));
            continue;
        }
        if (top->part != SIZE_MAX) {
            next_part(d, top);
            continue;
        }
        if (!top->ended) {
            STK_TRY(stk_protobuf_link_items(d, top));
        }
        STK_TRY(open_waiting(d, top, &opened));
        if (!opened) {
            STK_TRY(close_top(d, ret_value));
        }
    }
    return STK_OK;
}

static enum stk_status decode(struct stk_protobuf_decoder *d, struct stk_span message,
                              const struct stk_protobuf_type *type,
                              struct stk_value *ret_value,
                              struct stk_protobuf_error *ret_error)
{
    static const uint8_t nothing[1];
    const struct stk_alloc *alloc = d->arena->alloc;
    struct stk_value value = stk_value_none(0);
    d->start = message.len == 0 ? nothing : message.data;
    d->at = d->start;
    d->last = d->start + message.len;
    d->end = d->last;
    struct stk_protobuf_open open = {
        .type = type, .at = d->start, .part = SIZE_MAX, .item = SIZE_MAX};
    enum stk_status status = open_message(d, open, stk_span_of(d->start, message.len));
    if (status == STK_OK) {
        status = read_message(d, &value);
    }
    if (status == STK_OK) {
        *ret_value = value;
    } else if (status != STK_E_NOMEM) {
        *ret_error = d->error;
    }
    stk_free(alloc, d->items, d->cap * sizeof d->items[0]);
    stk_free(alloc, d->opened, d->cap_open * sizeof d->opened[0]);
    stk_free(alloc, d->marks, d->cap_marks * sizeof d->marks[0]);
    return status;
}

enum stk_status stk_protobuf_decode(struct stk_arena *arena, struct stk_span message,
                                    const struct stk_protobuf_type *type,
                                    const struct stk_protobuf_options *options,
                                    struct stk_value *ret_value,
                                    struct stk_protobuf_error *ret_error)
{
    struct stk_protobuf_decoder d = {.arena = arena, .options = *options};
    return decode(&d, message, type, ret_value, ret_error);
}

enum stk_status stk_protobuf_decode_dropping(struct stk_arena *arena,
                                             struct stk_span message,
                                             const struct stk_protobuf_type *type,
                                             struct stk_value *ret_value,
                                             struct stk_protobuf_error *ret_error)
{
    struct stk_protobuf_decoder d = {.arena = arena, .drop_unknown = true};
    d.options = (struct stk_protobuf_options)STK_PROTOBUF_OPTIONS_DEFAULT;
    return decode(&d, message, type, ret_value, ret_error);
}
