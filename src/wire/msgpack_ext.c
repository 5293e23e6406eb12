/* SPDX-License-Identifier: Apache-2.0
 *
 * Ext types: timestamps, which are objects of the class that Python's msgpack has for
 * them, and our own.
 */
#include "base/utf8.h"
#include "wire/msgpack_state.h"

/* "ext type 7" and so on: a reason is static, and names the code. */
#define TEN(tens)                                                                        \
    "ext type " tens "0", "ext type " tens "1", "ext type " tens "2",                    \
        "ext type " tens "3", "ext type " tens "4", "ext type " tens "5",                \
        "ext type " tens "6", "ext type " tens "7", "ext type " tens "8",                \
        "ext type " tens "9"
#define ALL(sign)                                                                        \
    TEN(sign ""), TEN(sign "1"), TEN(sign "2"), TEN(sign "3"), TEN(sign "4"),            \
        TEN(sign "5"), TEN(sign "6"), TEN(sign "7"), TEN(sign "8"), TEN(sign "9"),       \
        TEN(sign "10"), TEN(sign "11"), TEN(sign "12")

static const char *code_name(int8_t code)
{
    static const char *const positive[] = {ALL("")};
    static const char *const negative[] = {ALL("-")};
    return code < 0 ? negative[-(int)code] : positive[code];
}

/* ---- numbers ---- */

/* The unsigned integer that the payload begins with; *payload becomes the rest. */
static enum stk_status take_number(struct stk_msgpack *m, const uint8_t *p,
                                   struct stk_span *payload, uint64_t *ret_number)
{
    const uint8_t *q = payload->data;
    size_t width = 0;
    uint64_t number = 0;
    if (payload->len > 0 && *q >= 0xcc && *q <= 0xcf) {
        width = (size_t)1 << (*q - 0xcc);
    } else if (payload->len > 0 && *q < 0x80) {
        number = *q;
    } else {
        return stk_msgpack_malformed(m, p, "a tag that lacks its number");
    }
    if (width >= payload->len) {
        return stk_msgpack_malformed(m, p, "a tag that lacks its number");
    }
    for (size_t i = 1; i <= width; i++) {
        number = number << 8 | q[i];
    }
    *payload = stk_span_of(q + 1 + width, payload->len - 1 - width);
    *ret_number = number;
    return STK_OK;
}

/* Two's complement, the first byte first. */
static enum stk_status read_big(struct stk_msgpack *m, const uint8_t *p,
                                struct stk_span payload)
{
    struct stk_value value;
    size_t n = payload.len / 8 + (payload.len % 8 != 0);
    if (payload.len == 0) {
        return stk_msgpack_malformed(m, p, "an integer of no bytes");
    }
    uint64_t *limbs = stk_arena_array(m->arena, n, sizeof *limbs);
    if (limbs == NULL) {
        return stk_msgpack_no_memory(m, p, n * sizeof *limbs);
    }
    bool negative = (payload.data[0] & 0x80) != 0;
    unsigned carry = negative; /* -x is ~x + 1 */
    for (size_t i = 0; i < payload.len; i++) {
        uint8_t byte = payload.data[payload.len - 1 - i];
        unsigned magnitude = (negative ? byte ^ 0xffu : byte) + carry;
        carry = magnitude >> 8;
        limbs[i / 8] |= (uint64_t)(magnitude & 0xff) << (i % 8 * 8);
    }
    if (stk_value_big(m->arena, stk_msgpack_off(m, p), negative, limbs, n, &value) !=
        STK_OK) {
        return stk_msgpack_no_memory(m, p, sizeof(struct stk_big) + n * sizeof *limbs);
    }
    return stk_msgpack_push(m, value);
}

/* ---- names ---- */

/* In one graph, one name has one struct. */
static enum stk_status find_name(struct stk_msgpack *m, const uint8_t *p,
                                 struct stk_span module, struct stk_span qualified,
                                 const struct stk_name **ret_name)
{
    struct stk_name wanted = {.head.shared = true,
                              .module = module,
                              .qualified = qualified,
                              .hash = stk_name_hash(module, qualified)};
    uint64_t place = 0;
    if (stk_map_get(&m->names, wanted.hash, &place)) {
        const struct stk_name *name = (const struct stk_name *)(uintptr_t)place;
        if (stk_name_equal(name, &wanted)) {
            *ret_name = name;
            return STK_OK;
        }
    }
    struct stk_name *name = stk_arena_alloc(m->arena, sizeof *name);
    if (name == NULL) {
        return stk_msgpack_no_memory(m, p, sizeof *name);
    }
    *name = wanted;
    *ret_name = name;
    return stk_map_put(&m->names, name->hash, (uint64_t)(uintptr_t)name, &(bool){false});
}

static struct stk_value global(struct stk_msgpack *m, const uint8_t *p,
                               const struct stk_name *name)
{
    return (struct stk_value){.kind = STK_VALUE_GLOBAL,
                              .off = stk_msgpack_off(m, p) & STK_VALUE_OFF_MAX,
                              .name = name};
}

static enum stk_status close_global(struct stk_msgpack *m,
                                    const struct stk_msgpack_open *open,
                                    struct stk_value *ret_value)
{
    const struct stk_value *list = stk_msgpack_values(m, open);
    const struct stk_name *name = NULL;
    if (m->n - open->first != 2 || list[0].kind != STK_VALUE_STR ||
        list[1].kind != STK_VALUE_STR) {
        return stk_msgpack_malformed(m, open->at, "a name that is not two texts");
    }
    STK_TRY(find_name(m, open->at, list[0].text->bytes, list[1].text->bytes, &name));
    *ret_value = global(m, open->at, name);
    return STK_OK;
}

/* ---- timestamps ---- */

/* spec.md, "Timestamp extension type": the lengths 4, 8 and 12. */
static enum stk_status read_moment(struct stk_msgpack *m, const uint8_t *p,
                                   struct stk_span payload, int64_t *ret_seconds,
                                   uint32_t *ret_nanoseconds)
{
    uint64_t word = 0;
    *ret_nanoseconds = 0;
    switch (payload.len) {
    case 4:
        *ret_seconds = stk_be32(payload.data);
        break;
    case 8:
        word = stk_msgpack_be64(payload.data);
        *ret_seconds = (int64_t)(word & ((UINT64_C(1) << 34) - 1));
        *ret_nanoseconds = (uint32_t)(word >> 34);
        break;
    case 12:
        *ret_seconds = (int64_t)stk_msgpack_be64(payload.data + 4);
        *ret_nanoseconds = stk_be32(payload.data);
        break;
    default:
        return stk_msgpack_malformed(m, p, "a timestamp of neither 4, 8 nor 12 bytes");
    }
    return *ret_nanoseconds < 1000000000
               ? STK_OK
               : stk_msgpack_malformed(m, p, "a timestamp of more than 999999999 ns");
}

static enum stk_status read_timestamp(struct stk_msgpack *m, const uint8_t *p,
                                      struct stk_span payload)
{
    int64_t seconds = 0;
    uint32_t nanoseconds = 0;
    uint64_t off = stk_msgpack_off(m, p);
    const struct stk_name *name = NULL;
    STK_TRY(read_moment(m, p, payload, &seconds, &nanoseconds));
    STK_TRY(find_name(m, p, stk_span_of(STK_TIMESTAMP_MODULE, 11),
                      stk_span_of(STK_TIMESTAMP_NAME, 9), &name));
    const struct stk_value args[] = {stk_value_int(off, seconds),
                                     stk_value_int(off, nanoseconds)};
    struct stk_object *object = stk_arena_alloc(m->arena, sizeof *object);
    if (object == NULL || stk_value_items(m->arena, off, STK_VALUE_TUPLE, args, 2,
                                          &object->args) != STK_OK) {
        return stk_msgpack_no_memory(m, p, sizeof *object);
    }
    object->callee = global(m, p, name);
    object->type = name;
    object->head.shared = stk_msgpack_is_shared(m);
    return stk_msgpack_push(m, (struct stk_value){.kind = STK_VALUE_OBJECT,
                                                  .off = off & STK_VALUE_OFF_MAX,
                                                  .object = object});
}

/* ---- buffers, shared values ---- */

static enum stk_status close_buffer(struct stk_msgpack *m,
                                    const struct stk_msgpack_open *open,
                                    struct stk_value *ret_value)
{
    const struct stk_value *list = stk_msgpack_values(m, open);
    size_t n = m->n - open->first;
    if (n < 2 || n > 3 || list[0].kind != STK_VALUE_INT || list[0].integer < 0 ||
        list[1].kind != STK_VALUE_BOOL || (n == 3 && list[2].kind != STK_VALUE_BYTES)) {
        return stk_msgpack_malformed(m, open->at,
                                     "a buffer that is not a number, a bool and bytes");
    }
    struct stk_buffer *buffer = stk_arena_alloc(m->arena, sizeof *buffer);
    if (buffer == NULL) {
        return stk_msgpack_no_memory(m, open->at, sizeof *buffer);
    }
    *buffer = (struct stk_buffer){.ordinal = (uint64_t)list[0].integer,
                                  .readonly = list[1].boolean,
                                  .present = n == 3,
                                  .head.shared = open->number != SIZE_MAX};
    if (n == 3) {
        buffer->bytes = list[2].text->bytes;
    }
    *ret_value =
        (struct stk_value){.kind = STK_VALUE_BUFFER,
                           .off = stk_msgpack_off(m, open->at) & STK_VALUE_OFF_MAX,
                           .buffer = buffer};
    return STK_OK;
}

static enum stk_status open_shared(struct stk_msgpack *m, struct stk_msgpack_open open)
{
    if (stk_msgpack_is_shared(m)) {
        return stk_msgpack_malformed(m, open.at, "a shared value that is only another");
    }
    if (m->n_refs == m->cap_refs) {
        void *array = m->refs;
        STK_TRY(stk_grow(m->arena->alloc, &array, &m->cap_refs, sizeof m->refs[0],
                         m->n_refs + 1, SIZE_MAX / sizeof m->refs[0]));
        m->refs = array;
    }
    open.number = m->n_refs++;
    m->refs[open.number] =
        (struct stk_msgpack_ref){.value = {.kind = STK_VALUE_KINDS & 0xff}};
    return stk_msgpack_begin(m, open);
}

static enum stk_status close_shared(struct stk_msgpack *m,
                                    const struct stk_msgpack_open *open,
                                    struct stk_value *ret_value)
{
    if (m->n - open->first != 1) {
        return stk_msgpack_malformed(m, open->at, "a shared value that is not one");
    }
    *ret_value = m->stack[open->first];
    m->refs[open->number].value = *ret_value;
    return STK_OK;
}

static enum stk_status read_ref(struct stk_msgpack *m, const uint8_t *p,
                                struct stk_span payload)
{
    uint64_t number = 0;
    STK_TRY(take_number(m, p, &payload, &number));
    if (payload.len > 0) {
        return stk_msgpack_malformed(m, p, "a reference that is not one number");
    }
    if (number >= m->n_refs || m->refs[number].value.kind == STK_VALUE_KINDS) {
        return stk_msgpack_malformed(m, p, "a reference to no value before it");
    }
    m->refs[number].given |= m->refs[number].open;
    return stk_msgpack_push(m, m->refs[number].value);
}

/* ---- objects ---- */

static bool is_load(const struct stk_msgpack_open *open)
{
    return (open->flags & STK_OBJECT_CALL) == STK_CALL_LOAD;
}

/* What the tag says, as far as that needs no knowledge of the class. */
static enum stk_value_kind plain_kind(const struct stk_msgpack_open *open)
{
    if (open->tag == STK_TAG_ENUM) {
        return STK_VALUE_ENUM;
    }
    return is_load(open) ? STK_VALUE_PERSISTENT : STK_VALUE_OBJECT;
}

static enum stk_status open_object(struct stk_msgpack *m, struct stk_msgpack_open open,
                                   struct stk_span payload)
{
    uint64_t flags = 0;
    STK_TRY(take_number(m, open.at, &payload, &flags));
    open.flags = (uint32_t)(flags & STK_OBJECT_FLAGS);
    if (flags > STK_OBJECT_FLAGS ||
        (flags & STK_OBJECT_TYPE_CALLEE && flags & STK_OBJECT_TYPE) ||
        (flags & STK_OBJECT_BYTES && !is_load(&open))) {
        return stk_msgpack_malformed(m, open.at, "an object of unknown fields");
    }
    if (m->options.complete == NULL) {
        open.kind = plain_kind(&open);
    }
    m->at = payload.data;
    return stk_msgpack_begin(m, open);
}

/* An object in the making: its next field, and the first thing that is wrong. */
struct making {
    struct stk_msgpack *m;
    const struct stk_msgpack_open *open;
    size_t at; /* stack index */
    enum stk_status status;
};

static void wrong(struct making *making, struct stk_value field, const char *reason)
{
    if (making->status == STK_OK) {
        making->status =
            stk_msgpack_malformed(making->m, making->m->start + field.off, reason);
    }
}

/* NONE where there is none, since there must be as many as the flags say. */
static struct stk_value next_field(struct making *making, bool present)
{
    struct stk_msgpack *m = making->m;
    struct stk_value field =
        stk_value_none(stk_msgpack_off(m, making->open->at) & STK_VALUE_OFF_MAX);
    if (!present || making->status != STK_OK) {
        return field;
    }
    if (making->at == m->n) {
        wrong(making, field, "an object of fewer fields than it says");
        return field;
    }
    field = m->stack[making->at++];
    field.spare = 0;
    return field;
}

static bool has(const struct making *making, uint32_t flag)
{
    return (making->open->flags & flag) != 0;
}

static struct stk_value next_callee(struct making *making)
{
    struct stk_value callee = next_field(making, !is_load(making->open));
    bool callable =
        callee.kind >= STK_VALUE_GLOBAL && callee.kind <= STK_VALUE_PERSISTENT;
    if (callable == is_load(making->open)) {
        wrong(making, callee, "an object that no global or object made");
    }
    return callee;
}

static struct stk_value next_args(struct making *making)
{
    struct stk_value args = next_field(making, true);
    if (args.kind != STK_VALUE_TUPLE && !is_load(making->open)) {
        wrong(making, args, "arguments that are no tuple");
    }
    return args;
}

static struct stk_value next_kwargs(struct making *making)
{
    struct stk_value kwargs = next_field(making, has(making, STK_OBJECT_KWARGS));
    if (kwargs.kind != STK_VALUE_DICT && has(making, STK_OBJECT_KWARGS)) {
        wrong(making, kwargs, "keyword arguments that are no map");
    }
    return kwargs;
}

/* What belongs to the object alone; another's may still be open. */
static struct stk_items next_items(struct making *making, uint32_t flag)
{
    struct stk_value list = next_field(making, has(making, flag));
    if (list.kind == STK_VALUE_LIST && !list.items->head.shared) {
        return *list.items;
    }
    if (has(making, flag)) {
        wrong(making, list, "items that are no array");
    }
    return (struct stk_items){.n = 0};
}

static struct stk_pairs next_pairs(struct making *making)
{
    struct stk_value dict = next_field(making, has(making, STK_OBJECT_PAIRS));
    if (dict.kind == STK_VALUE_DICT && !dict.pairs->head.shared) {
        return *dict.pairs;
    }
    if (has(making, STK_OBJECT_PAIRS)) {
        wrong(making, dict, "pairs that are no map");
    }
    return (struct stk_pairs){.n = 0};
}

static const struct stk_name *next_type(struct making *making, struct stk_value callee)
{
    struct stk_value type = has(making, STK_OBJECT_TYPE_CALLEE)
                                ? callee
                                : next_field(making, has(making, STK_OBJECT_TYPE));
    if (type.kind == STK_VALUE_GLOBAL) {
        return type.name;
    }
    if (has(making, STK_OBJECT_TYPE_CALLEE | STK_OBJECT_TYPE)) {
        wrong(making, type, "a type that is no name");
    }
    return NULL;
}

/* What lay beside the message when it was written: the bytes of a storage. */
static const struct stk_array *next_bytes(struct making *making)
{
    struct stk_value bytes = next_field(making, has(making, STK_OBJECT_BYTES));
    if (!has(making, STK_OBJECT_BYTES) || making->status != STK_OK) {
        return NULL;
    }
    if (bytes.kind != STK_VALUE_BYTES) {
        wrong(making, bytes, "a storage's bytes that are none");
        return NULL;
    }
    struct stk_array *array = stk_arena_alloc(making->m->arena, sizeof *array);
    if (array == NULL) {
        making->status =
            stk_msgpack_no_memory(making->m, making->open->at, sizeof *array);
        return NULL;
    }
    *array = (struct stk_array){.present = true, .bytes = bytes.text->bytes};
    return array;
}

static enum stk_status take_fields(struct stk_msgpack *m,
                                   const struct stk_msgpack_open *open,
                                   struct stk_object *object)
{
    struct making making = {.m = m, .open = open, .at = open->first};
    object->call = open->flags & STK_OBJECT_CALL;
    object->has_state = has(&making, STK_OBJECT_STATE);
    object->state_first = has(&making, STK_OBJECT_STATE_FIRST);
    object->by_name = has(&making, STK_OBJECT_BY_NAME);
    object->callee = next_callee(&making);
    object->args = next_args(&making);
    object->kwargs = next_kwargs(&making);
    object->state = next_field(&making, object->has_state);
    object->items = next_items(&making, STK_OBJECT_ITEMS);
    object->members = next_items(&making, STK_OBJECT_MEMBERS);
    object->pairs = next_pairs(&making);
    object->type = next_type(&making, object->callee);
    object->member = next_field(&making, open->tag == STK_TAG_ENUM);
    object->array = next_bytes(&making);
    if (making.at < m->n) {
        wrong(&making, m->stack[making.at], "an object of more fields than it says");
    }
    return making.status;
}

static bool same_member(const struct stk_object *claimed, const struct stk_object *object)
{
    bool gave_up = false;
    return claimed->by_name == object->by_name &&
           stk_value_equal(claimed->member, object->member, &gave_up) && !gave_up;
}

/* What the message says of the object is what it turned out to be. Values that are in it
 * already may lead to it as the kind of its tag. */
static bool is_claimed(struct stk_msgpack *m, const struct stk_msgpack_open *open,
                       const struct stk_object *claimed, struct stk_value value)
{
    bool given = open->node != NULL && m->refs[open->number].given;
    const struct stk_name *type = value.object->type;
    if (value.kind != open->kind && (given || open->tag != STK_TAG_OBJECT)) {
        return false;
    }
    if (claimed->type != NULL && (type == NULL || !stk_name_equal(claimed->type, type))) {
        return false;
    }
    return open->tag != STK_TAG_ENUM || same_member(claimed, value.object);
}

static enum stk_status complete(struct stk_msgpack *m,
                                const struct stk_msgpack_open *open,
                                struct stk_object *object, struct stk_value *inout)
{
    struct stk_object claimed = *object;
    object->type = NULL;
    object->member = stk_value_none(inout->off);
    object->by_name = false;
    inout->kind = (is_load(open) ? STK_VALUE_PERSISTENT : STK_VALUE_OBJECT) & 0xff;
    enum stk_status status =
        m->options.complete(m->options.complete_ctx, m->arena, object, inout);
    if (status == STK_E_NOMEM) {
        return status;
    }
    if (status != STK_OK) {
        return stk_msgpack_fail(m, status, open->at, "an object that is not taken");
    }
    return is_claimed(m, open, &claimed, *inout)
               ? STK_OK
               : stk_msgpack_malformed(m, open->at, "an object that is not what it says");
}

static enum stk_status close_object(struct stk_msgpack *m,
                                    const struct stk_msgpack_open *open,
                                    struct stk_value *ret_value)
{
    struct stk_object *object = open->node;
    if (object == NULL) {
        object = stk_arena_alloc(m->arena, sizeof *object);
    }
    if (object == NULL) {
        return stk_msgpack_no_memory(m, open->at, sizeof *object);
    }
    STK_TRY(take_fields(m, open, object));
    object->head.shared = open->node != NULL;
    struct stk_value value = {.kind = plain_kind(open) & 0xff,
                              .off = stk_msgpack_off(m, open->at) & STK_VALUE_OFF_MAX,
                              .object = object};
    if (m->options.complete != NULL) {
        STK_TRY(complete(m, open, object, &value));
    }
    *ret_value = value;
    return STK_OK;
}

/* ---- which ---- */

/* What tags of values become. */
static const uint8_t kinds[STK_TAGS] = {
    [STK_TAG_SHARED] = STK_VALUE_NONE,     [STK_TAG_TUPLE] = STK_VALUE_TUPLE,
    [STK_TAG_SET] = STK_VALUE_SET,         [STK_TAG_FROZENSET] = STK_VALUE_FROZENSET,
    [STK_TAG_GLOBAL] = STK_VALUE_GLOBAL,   [STK_TAG_BUFFER] = STK_VALUE_BUFFER,
    [STK_TAG_OBJECT] = STK_VALUE_OBJECT,   [STK_TAG_ENUM] = STK_VALUE_ENUM,
    [STK_TAG_TENSOR] = STK_VALUE_TENSOR,   [STK_TAG_NDARRAY] = STK_VALUE_NDARRAY,
    [STK_TAG_STORAGE] = STK_VALUE_STORAGE, [STK_TAG_PERSISTENT] = STK_VALUE_PERSISTENT,
};

enum stk_status stk_msgpack_close_ext(struct stk_msgpack *m, struct stk_value *ret_value)
{
    const struct stk_msgpack_open *open = stk_msgpack_top(m);
    switch (open->tag) {
    case STK_TAG_SHARED:
        return close_shared(m, open, ret_value);
    case STK_TAG_TUPLE:
    case STK_TAG_SET:
    case STK_TAG_FROZENSET:
        return stk_msgpack_make_items(m, open, ret_value);
    case STK_TAG_GLOBAL:
        return close_global(m, open, ret_value);
    case STK_TAG_BUFFER:
        return close_buffer(m, open, ret_value);
    case STK_TAG_OBJECT:
    case STK_TAG_ENUM:
    case STK_TAG_TENSOR:
    case STK_TAG_NDARRAY:
    case STK_TAG_STORAGE:
    case STK_TAG_PERSISTENT:
        return close_object(m, open, ret_value);
    case STK_TAG_NONE:
    case STK_TAG_REF:
    case STK_TAG_BYTEARRAY:
    case STK_TAG_INT:
    case STK_TAG_STR:
    case STK_TAGS:
        break;
    }
    return STK_E_BUG; /* none of these is ever open */
}

static enum stk_status read_surrogates(struct stk_msgpack *m, const uint8_t *p,
                                       struct stk_span payload)
{
    size_t valid = stk_utf8_valid(payload, true);
    if (valid < payload.len) {
        return stk_msgpack_malformed(m, payload.data + valid,
                                     "bytes in a str that are not UTF-8");
    }
    return stk_msgpack_push_text(m, p, STK_VALUE_STR, payload);
}

static enum stk_status open_tag(struct stk_msgpack *m, const uint8_t *p,
                                enum stk_msgpack_tag tag, struct stk_span payload,
                                bool *ret_opened)
{
    struct stk_msgpack_open open = {.tag = tag,
                                    .kind = (enum stk_value_kind)kinds[tag],
                                    .left = UINT64_MAX,
                                    .at = p,
                                    .end = payload.data + payload.len};
    *ret_opened = true;
    m->at = payload.data;
    if (tag == STK_TAG_SHARED) {
        return open_shared(m, open);
    }
    return tag < STK_TAG_OBJECT ? stk_msgpack_begin(m, open)
                                : open_object(m, open, payload);
}

static enum stk_status read_tag(struct stk_msgpack *m, const uint8_t *p,
                                enum stk_msgpack_tag tag, struct stk_span payload,
                                bool *ret_opened)
{
    switch (tag) {
    case STK_TAG_REF:
        return read_ref(m, p, payload);
    case STK_TAG_BYTEARRAY:
        return stk_msgpack_push_text(m, p, STK_VALUE_BYTEARRAY, payload);
    case STK_TAG_INT:
        return read_big(m, p, payload);
    case STK_TAG_STR:
        return read_surrogates(m, p, payload);
    case STK_TAG_SHARED:
    case STK_TAG_TUPLE:
    case STK_TAG_SET:
    case STK_TAG_FROZENSET:
    case STK_TAG_GLOBAL:
    case STK_TAG_BUFFER:
    case STK_TAG_OBJECT:
    case STK_TAG_ENUM:
    case STK_TAG_TENSOR:
    case STK_TAG_NDARRAY:
    case STK_TAG_STORAGE:
    case STK_TAG_PERSISTENT:
    case STK_TAG_NONE:
    case STK_TAGS:
        break;
    }
    return open_tag(m, p, tag, payload, ret_opened);
}

static bool is_bytes(const struct stk_msgpack *m, int8_t code)
{
    for (size_t i = 0; i < m->options.n_bytes_codes; i++) {
        if (m->options.bytes_codes[i] == code) {
            return true;
        }
    }
    return false;
}

enum stk_status stk_msgpack_ext(struct stk_msgpack *m, const uint8_t *p, int8_t code,
                                struct stk_span payload, bool *ret_opened)
{
    if (is_bytes(m, code)) {
        return stk_msgpack_push_text(m, p, STK_VALUE_BYTES, payload);
    }
    if (code == STK_MSGPACK_TIMESTAMP) {
        return read_timestamp(m, p, payload);
    }
    if (m->options.take_tags && code >= STK_TAG_SHARED && code < STK_TAGS) {
        return read_tag(m, p, (enum stk_msgpack_tag)code, payload, ret_opened);
    }
    return stk_msgpack_fail(m, STK_E_UNSUPPORTED, p, code_name(code));
}
