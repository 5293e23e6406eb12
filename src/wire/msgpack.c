/* SPDX-License-Identifier: Apache-2.0 */
#include "base/checked.h"
#include "base/utf8.h"
#include "wire/msgpack_state.h"

/* What an arena may need for len bytes: its chunk's head, and alignment. */
#define ARENA_EXTRA 64

#define ENDS "the message ends inside a value"

/* A list of so many values goes straight into the arena if they are numbers. */
#define LONG_LIST 8

enum stk_status stk_msgpack_no_memory(struct stk_msgpack *m, const uint8_t *p, size_t len)
{
    size_t left = m->arena->cap - m->arena->taken;
    if (len > left || left - len < ARENA_EXTRA) {
        return stk_msgpack_fail(m, STK_E_LIMIT, p, "the values take too much memory");
    }
    return STK_E_NOMEM;
}

enum stk_status stk_msgpack_short(struct stk_msgpack *m, const uint8_t *p)
{
    for (size_t i = 0; i < m->n_open; i++) {
        if (m->opened[i].tag != STK_TAG_NONE) { /* all of its bytes are there */
            return stk_msgpack_malformed(m, p, "a value passes the end of its ext type");
        }
    }
    return stk_msgpack_fail(m, STK_E_TRUNCATED, p, ENDS);
}

static enum stk_status grow_stack(struct stk_msgpack *m)
{
    void *array = m->stack;
    size_t max = m->arena->cap / sizeof m->stack[0];
    enum stk_status status =
        stk_grow(m->arena->alloc, &array, &m->cap, sizeof m->stack[0], m->n + 1, max);
    if (status == STK_E_LIMIT) {
        return stk_msgpack_fail(m, status, m->at, "the values take too much memory");
    }
    m->stack = array;
    return status;
}

static inline enum stk_status push(struct stk_msgpack *m, struct stk_value value)
{
    if (STK_UNLIKELY(m->n == m->cap)) {
        STK_TRY(grow_stack(m));
    }
    m->stack[m->n++] = value;
    return STK_OK;
}

enum stk_status stk_msgpack_push(struct stk_msgpack *m, struct stk_value value)
{
    return push(m, value);
}

/* ---- texts ---- */

static size_t count_codes(struct stk_span bytes)
{
    size_t n = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        n += (bytes.data[i] & 0xc0) != 0x80;
    }
    return n;
}

enum stk_status stk_msgpack_push_text(struct stk_msgpack *m, const uint8_t *p,
                                      enum stk_value_kind kind, struct stk_span bytes)
{
    struct stk_text *text = stk_arena_alloc(m->arena, sizeof *text);
    if (text == NULL) {
        return stk_msgpack_no_memory(m, p, sizeof *text);
    }
    text->bytes = bytes;
    text->head.shared = stk_msgpack_is_shared(m);
    if (kind == STK_VALUE_STR) {
        text->hash = stk_text_hash(bytes);
        text->n_codes = stk_is_ascii(bytes) ? bytes.len : count_codes(bytes);
    }
    return push(m, (struct stk_value){.kind = kind & 0xff,
                                      .off = stk_msgpack_off(m, p) & STK_VALUE_OFF_MAX,
                                      .text = text});
}

/* The bytes of a text behind its head; `at` moves behind them. */
static inline enum stk_status take(struct stk_msgpack *m, const uint8_t *p, size_t head,
                                   uint64_t len, struct stk_span *ret_bytes)
{
    if (STK_UNLIKELY(len > (size_t)(m->end - p) - head)) {
        return stk_msgpack_short(m, p);
    }
    *ret_bytes = stk_span_of(p + head, (size_t)len);
    m->at = p + head + len;
    return STK_OK;
}

static inline enum stk_status read_str(struct stk_msgpack *m, const uint8_t *p,
                                       size_t head, uint64_t len)
{
    struct stk_span bytes = stk_span_of(NULL, 0);
    STK_TRY(take(m, p, head, len, &bytes));
    if (!stk_is_ascii(bytes)) {
        size_t valid = stk_utf8_valid(bytes, m->options.take_surrogates);
        if (valid != bytes.len && m->options.take_raw) {
            return stk_msgpack_push_text(m, p, STK_VALUE_BYTES, bytes);
        }
        if (valid != bytes.len) {
            return stk_msgpack_malformed(m, bytes.data + valid,
                                         "bytes in a str that are not UTF-8");
        }
    }
    return stk_msgpack_push_text(m, p, STK_VALUE_STR, bytes);
}

static enum stk_status read_bin(struct stk_msgpack *m, const uint8_t *p, size_t head,
                                uint64_t len)
{
    struct stk_span bytes = stk_span_of(NULL, 0);
    STK_TRY(take(m, p, head, len, &bytes));
    return stk_msgpack_push_text(m, p, STK_VALUE_BYTES, bytes);
}

/* ---- groups ---- */

/* A node before anything is in it, so that what is inside can lead to it. */
static enum stk_status make_node(struct stk_msgpack *m, struct stk_msgpack_open *open)
{
    bool is_object = open->kind >= STK_VALUE_OBJECT && open->kind < STK_VALUE_BUFFER;
    size_t len = is_object                      ? sizeof(struct stk_object)
                 : open->kind == STK_VALUE_DICT ? sizeof(struct stk_pairs)
                                                : sizeof(struct stk_items);
    open->node = stk_arena_alloc(m->arena, len);
    if (open->node == NULL) {
        return stk_msgpack_no_memory(m, open->at, len);
    }
    m->refs[open->number].open = true;
    m->refs[open->number].value =
        (struct stk_value){.kind = open->kind & 0xff,
                           .off = stk_msgpack_off(m, open->at) & STK_VALUE_OFF_MAX,
                           .items = open->node};
    return STK_OK;
}

static inline bool holds_others(enum stk_value_kind kind)
{
    return kind >= STK_VALUE_LIST && kind < STK_VALUE_BUFFER && kind != STK_VALUE_GLOBAL;
}

/* The value that is read now was promised by an array or map. */
static inline bool is_in_group(const struct stk_msgpack *m)
{
    return m->n_open > 0 && m->opened[m->n_open - 1].tag == STK_TAG_NONE;
}

enum stk_status stk_msgpack_begin(struct stk_msgpack *m, struct stk_msgpack_open open)
{
    if (open.tag != STK_TAG_SHARED && m->depth++ >= m->options.depth_max) {
        return stk_msgpack_fail(m, STK_E_LIMIT, open.at,
                                "arrays, maps and tags lie too deep inside each other");
    }
    if (open.tag != STK_TAG_SHARED) {
        open.number = stk_msgpack_is_shared(m) ? stk_msgpack_top(m)->number : SIZE_MAX;
        if (open.number != SIZE_MAX && holds_others(open.kind)) {
            STK_TRY(make_node(m, &open));
        }
    }
    if (m->n_open == m->cap_open) {
        void *array = m->opened;
        STK_TRY(stk_grow(m->arena->alloc, &array, &m->cap_open, sizeof m->opened[0],
                         m->n_open + 1, SIZE_MAX / sizeof m->opened[0]));
        m->opened = array;
    }
    open.first = m->n;
    m->promised -= is_in_group(m);
    m->promised += open.tag == STK_TAG_NONE ? open.left : 0;
    m->opened[m->n_open++] = open;
    m->end = open.end;
    return STK_OK;
}

/* n values, each of at least a byte, are to come. */
static enum stk_status open_group(struct stk_msgpack *m, const uint8_t *p, size_t head,
                                  enum stk_value_kind kind, uint64_t n)
{
    uint64_t left = (uint64_t)(m->last - p) - head;
    if (n > (uint64_t)(m->end - p) - head) {
        return stk_msgpack_short(m, p);
    }
    uint64_t others = m->promised - is_in_group(m);
    if (others > left || n > left - others) {
        return stk_msgpack_fail(m, STK_E_TRUNCATED, p, ENDS);
    }
    m->at = p + head;
    return stk_msgpack_begin(
        m, (struct stk_msgpack_open){.kind = kind, .left = n, .at = p, .end = m->end});
}

static enum stk_status open_array(struct stk_msgpack *m, const uint8_t *p, size_t head,
                                  uint64_t n)
{
    return open_group(m, p, head, STK_VALUE_LIST, n);
}

static enum stk_status open_map(struct stk_msgpack *m, const uint8_t *p, size_t head,
                                uint64_t n)
{
    return open_group(m, p, head, STK_VALUE_DICT, n * 2);
}

/* Of values on the stack only: Python could not make a key of it. */
#define UNHASHABLE 1

static bool is_unhashable(struct stk_value value)
{
    return value.kind == STK_VALUE_LIST || value.kind == STK_VALUE_DICT ||
           value.kind == STK_VALUE_SET || value.kind == STK_VALUE_BYTEARRAY ||
           (value.spare & UNHASHABLE) != 0;
}

/* Every step-th value of a list can be a key; NULL or the first that cannot. The mark is
 * taken away, since it means nothing in a graph. */
static struct stk_value *find_unhashable(struct stk_value *list, size_t n, size_t step)
{
    struct stk_value *found = NULL;
    for (size_t i = n; i-- > 0;) {
        if (i % step == 0 && is_unhashable(list[i])) {
            found = &list[i];
        }
        list[i].spare = 0;
    }
    return found;
}

static enum stk_status cannot_be_key(struct stk_msgpack *m, const struct stk_value *value)
{
    return stk_msgpack_malformed(m, m->start + value->off,
                                 "a value that cannot be a key");
}

static enum stk_status group_failed(struct stk_msgpack *m, const uint8_t *p,
                                    enum stk_status status, size_t len)
{
    return status == STK_E_LIMIT
               ? stk_msgpack_fail(m, status, p, "keys that are too many and too alike")
               : stk_msgpack_no_memory(m, p, len);
}

/* A list whose values lie in the arena already. */
static enum stk_status make_list(struct stk_msgpack *m,
                                 const struct stk_msgpack_open *open,
                                 struct stk_value *ret_value)
{
    struct stk_items *items = open->node;
    if (items == NULL) {
        items = stk_arena_alloc(m->arena, sizeof *items);
    }
    if (items == NULL) {
        return stk_msgpack_no_memory(m, open->at, sizeof *items);
    }
    *items = (struct stk_items){
        .n = open->n_list, .list = open->list, .head.shared = open->node != NULL};
    *ret_value =
        (struct stk_value){.kind = STK_VALUE_LIST,
                           .off = stk_msgpack_off(m, open->at) & STK_VALUE_OFF_MAX,
                           .items = items};
    return STK_OK;
}

enum stk_status stk_msgpack_make_items(struct stk_msgpack *m,
                                       const struct stk_msgpack_open *open,
                                       struct stk_value *ret_value)
{
    struct stk_value *list = stk_msgpack_values(m, open);
    struct stk_value value;
    size_t n = m->n - open->first;
    const struct stk_value *unhashable =
        m->options.take_tags ? find_unhashable(list, n, 1) : NULL;
    bool is_set = open->kind == STK_VALUE_SET || open->kind == STK_VALUE_FROZENSET;
    if (is_set && unhashable != NULL) {
        return cannot_be_key(m, unhashable);
    }
    enum stk_status status = stk_value_items(m->arena, stk_msgpack_off(m, open->at),
                                             open->kind, list, n, &value);
    if (status != STK_OK) {
        return group_failed(m, open->at, status, n * sizeof *list);
    }
    if (value.items->n < n && !m->options.take_duplicates) {
        return stk_msgpack_malformed(m, open->at, "a set with two equal members");
    }
    if (open->node != NULL) {
        struct stk_items *items = open->node;
        *items = *value.items;
        items->head.shared = true;
        value.items = items;
    }
    value.spare = unhashable != NULL ? UNHASHABLE : 0;
    *ret_value = value;
    return STK_OK;
}

enum stk_status stk_msgpack_make_pairs(struct stk_msgpack *m,
                                       const struct stk_msgpack_open *open,
                                       struct stk_value *ret_value)
{
    _Static_assert(sizeof(struct stk_pair) == 2 * sizeof(struct stk_value), "no padding");
    struct stk_value *list = stk_msgpack_values(m, open);
    const struct stk_pair *pairs = (const struct stk_pair *)(const void *)list;
    struct stk_value value;
    size_t n = (m->n - open->first) / 2;
    const struct stk_value *unhashable = find_unhashable(list, n * 2, 2);
    if (unhashable != NULL) {
        return cannot_be_key(m, unhashable);
    }
    size_t duplicate = n;
    enum stk_status status = stk_value_pairs(m->arena, stk_msgpack_off(m, open->at),
                                             pairs, n, &value, &duplicate);
    if (status != STK_OK) {
        return group_failed(m, open->at, status, n * sizeof *pairs);
    }
    if (duplicate < n && !m->options.take_duplicates) {
        return stk_msgpack_malformed(m, m->start + pairs[duplicate].key.off,
                                     "a key that the map has already");
    }
    if (open->node != NULL) {
        struct stk_pairs *into = open->node;
        *into = *value.pairs;
        into->head.shared = true;
        value.pairs = into;
    }
    *ret_value = value;
    return STK_OK;
}

static bool is_full(const struct stk_msgpack *m)
{
    const struct stk_msgpack_open *top = &m->opened[m->n_open - 1];
    return top->tag == STK_TAG_NONE ? top->left == 0 : m->at == top->end;
}

/* Puts what is open last, and full, in the place of its values. */
static enum stk_status close_top(struct stk_msgpack *m)
{
    struct stk_msgpack_open *top = stk_msgpack_top(m);
    struct stk_value value;
    if (top->tag != STK_TAG_NONE) {
        STK_TRY(stk_msgpack_close_ext(m, &value));
    } else if (top->list != NULL) {
        STK_TRY(make_list(m, top, &value));
    } else if (top->kind == STK_VALUE_LIST) {
        STK_TRY(stk_msgpack_make_items(m, top, &value));
    } else {
        STK_TRY(stk_msgpack_make_pairs(m, top, &value));
    }
    if (top->node != NULL) {
        m->refs[top->number].open = false;
    }
    m->depth -= top->tag != STK_TAG_SHARED;
    m->n = top->first;
    m->n_open--;
    m->end = m->n_open > 0 ? m->opened[m->n_open - 1].end : m->last;
    return push(m, value);
}

/* ---- one value ---- */

static inline enum stk_status push_int(struct stk_msgpack *m, const uint8_t *p,
                                       size_t len, int64_t integer)
{
    m->at = p + len;
    return push(m, stk_value_int(stk_msgpack_off(m, p), integer));
}

static inline enum stk_status push_float(struct stk_msgpack *m, const uint8_t *p,
                                         size_t len, double number)
{
    m->at = p + len;
    return push(m, stk_value_float(stk_msgpack_off(m, p), number));
}

static enum stk_status push_uint(struct stk_msgpack *m, const uint8_t *p)
{
    struct stk_value value;
    uint64_t limb = stk_msgpack_be64(p + 1);
    if (stk_value_big(m->arena, stk_msgpack_off(m, p), false, &limb, 1, &value) !=
        STK_OK) {
        return stk_msgpack_no_memory(m, p, sizeof(struct stk_big) + sizeof limb);
    }
    m->at = p + 9;
    return push(m, value);
}

static double read_float32(const uint8_t *p)
{
    uint32_t bits = stk_be32(p);
    float number = 0;
    __builtin_memcpy(&number, &bits, sizeof number);
    return (double)number;
}

static double read_float64(const uint8_t *p)
{
    uint64_t bits = stk_msgpack_be64(p);
    double number = 0;
    __builtin_memcpy(&number, &bits, sizeof number);
    return number;
}

/* An ext type of len bytes; its code is the last byte of its head. */
static enum stk_status read_ext(struct stk_msgpack *m, const uint8_t *p, size_t head,
                                uint64_t len, bool *ret_opened)
{
    struct stk_span payload = stk_span_of(NULL, 0);
    STK_TRY(take(m, p, head, len, &payload));
    return stk_msgpack_ext(m, p, (int8_t)p[head - 1], payload, ret_opened);
}

/* Bytes of c0 to df with what they say about their value, without its content. */
static const uint8_t heads[32] = {
    1, 1, 1, 1, 2, 3, 5, 3, 4, 6, 5, 9, 2, 3, 5, 9,
    2, 3, 5, 9, 2, 2, 2, 2, 2, 2, 3, 5, 3, 5, 3, 5,
};

/* spec.md, "Formats": a first byte of c0 to df. */
static enum stk_status read_long(struct stk_msgpack *m, const uint8_t *p,
                                 bool *ret_opened)
{
    size_t head = heads[*p - 0xc0];
    if ((size_t)(m->end - p) < head) {
        return stk_msgpack_short(m, p);
    }
    switch (*p) {
    case 0xc0:
        m->at = p + 1;
        return push(m, stk_value_none(stk_msgpack_off(m, p)));
    case 0xc2:
    case 0xc3:
        m->at = p + 1;
        return push(m, stk_value_bool(stk_msgpack_off(m, p), *p == 0xc3));
    case 0xc4:
        return read_bin(m, p, head, p[1]);
    case 0xc5:
        return read_bin(m, p, head, stk_msgpack_be16(p + 1));
    case 0xc6:
        return read_bin(m, p, head, stk_be32(p + 1));
    case 0xc7:
        return read_ext(m, p, head, p[1], ret_opened);
    case 0xc8:
        return read_ext(m, p, head, stk_msgpack_be16(p + 1), ret_opened);
    case 0xc9:
        return read_ext(m, p, head, stk_be32(p + 1), ret_opened);
    case 0xca:
        return push_float(m, p, head, read_float32(p + 1));
    case 0xcb:
        return push_float(m, p, head, read_float64(p + 1));
    case 0xcc:
        return push_int(m, p, head, p[1]);
    case 0xcd:
        return push_int(m, p, head, stk_msgpack_be16(p + 1));
    case 0xce:
        return push_int(m, p, head, stk_be32(p + 1));
    case 0xcf:
        return push_uint(m, p);
    case 0xd0:
        return push_int(m, p, head, (int8_t)p[1]);
    case 0xd1:
        return push_int(m, p, head, (int16_t)stk_msgpack_be16(p + 1));
    case 0xd2:
        return push_int(m, p, head, (int32_t)stk_be32(p + 1));
    case 0xd3:
        return push_int(m, p, head, (int64_t)stk_msgpack_be64(p + 1));
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xd7:
    case 0xd8:
        return read_ext(m, p, head, UINT64_C(1) << (*p - 0xd4), ret_opened);
    case 0xd9:
        return read_str(m, p, head, p[1]);
    case 0xda:
        return read_str(m, p, head, stk_msgpack_be16(p + 1));
    case 0xdb:
        return read_str(m, p, head, stk_be32(p + 1));
    case 0xdc:
        *ret_opened = true;
        return open_array(m, p, head, stk_msgpack_be16(p + 1));
    case 0xdd:
        *ret_opened = true;
        return open_array(m, p, head, stk_be32(p + 1));
    case 0xde:
        *ret_opened = true;
        return open_map(m, p, head, stk_msgpack_be16(p + 1));
    case 0xdf:
        *ret_opened = true;
        return open_map(m, p, head, stk_be32(p + 1));
    default:
        return stk_msgpack_malformed(m, p, "the byte c1, which begins no value");
    }
}

/* *ret_opened: a group is open now, and its values follow. */
static inline enum stk_status read_value(struct stk_msgpack *m, bool *ret_opened)
{
    const uint8_t *p = m->at;
    if (STK_UNLIKELY(p == m->end)) {
        return stk_msgpack_short(m, p);
    }
    uint8_t c = *p;
    if (c < 0x80 || c >= 0xe0) {
        return push_int(m, p, 1, (int8_t)c);
    }
    if (c >= 0xc0) {
        return read_long(m, p, ret_opened);
    }
    if (c >= 0xa0) {
        return read_str(m, p, 1, c & 0x1f);
    }
    *ret_opened = true;
    return c >= 0x90 ? open_array(m, p, 1, c & 0x0f) : open_map(m, p, 1, c & 0x0f);
}

/* The number at p, if it is of a common format and all there: bytes taken, or 0. */
static inline size_t read_number(const uint8_t *p, size_t left, uint64_t off,
                                 struct stk_value *ret_value)
{
    if (*p < 0x80) {
        *ret_value = stk_value_int(off, *p);
        return 1;
    }
    if (*p < 0xcb || *p > 0xce || left < heads[*p - 0xc0]) {
        return 0;
    }
    if (*p == 0xcd) {
        *ret_value = stk_value_int(off, stk_msgpack_be16(p + 1));
        return 3;
    }
    if (*p == 0xce) {
        *ret_value = stk_value_int(off, stk_be32(p + 1));
        return 5;
    }
    if (*p == 0xcc) {
        *ret_value = stk_value_int(off, p[1]);
        return 2;
    }
    *ret_value = stk_value_float(off, read_float64(p + 1));
    return 9;
}

/* As many numbers as the list begins with: long lists of them are what messages are
 * about. Room for all that it claims is no more than a value a byte, added up over all
 * that is open (see open_group). */
static enum stk_status read_numbers(struct stk_msgpack *m)
{
    struct stk_msgpack_open *top = stk_msgpack_top(m);
    const uint8_t *p = m->at;
    size_t n = (size_t)top->left;
    size_t i = 0;
    struct stk_value *list = stk_arena_array(m->arena, n, sizeof *list);
    if (list == NULL) {
        return stk_msgpack_no_memory(m, top->at, n * sizeof *list);
    }
    for (size_t len = 1; i < n && p<m->end; p += len, i += len> 0) {
        len = read_number(p, (size_t)(m->end - p), stk_msgpack_off(m, p), &list[i]);
        if (len == 0) {
            break;
        }
    }
    m->at = p;
    m->promised -= i;
    top->left -= i;
    if (i == n) {
        top->list = list;
        top->n_list = n;
        return STK_OK;
    }
    for (size_t k = 0; k < i; k++) {
        STK_TRY(push(m, list[k]));
    }
    return STK_OK;
}

static bool is_long_list(const struct stk_msgpack *m)
{
    const struct stk_msgpack_open *top = &m->opened[m->n_open - 1];
    struct stk_value first;
    return top->tag == STK_TAG_NONE && top->kind == STK_VALUE_LIST &&
           top->left >= LONG_LIST &&
           read_number(m->at, (size_t)(m->end - m->at), 0, &first) > 0;
}

/* Behind a value: counts it, and closes what is full with it. was_open: what promised it
 * knows already. */
static enum stk_status count_value(struct stk_msgpack *m, bool was_open)
{
    for (; m->n_open > 0; was_open = true) {
        m->promised -= !was_open && is_in_group(m);
        stk_msgpack_top(m)->left--;
        if (!is_full(m)) {
            break;
        }
        STK_TRY(close_top(m));
    }
    return STK_OK;
}

static enum stk_status read_message(struct stk_msgpack *m)
{
    do {
        bool opened = false;
        STK_TRY(read_value(m, &opened));
        if (opened && is_long_list(m)) {
            STK_TRY(read_numbers(m));
        }
        if (opened && !is_full(m)) {
            continue;
        }
        if (opened) {
            STK_TRY(close_top(m));
        }
        STK_TRY(count_value(m, opened));
    } while (m->n_open > 0);
    if (m->at != m->end) {
        return stk_msgpack_malformed(m, m->at, "something behind the value");
    }
    return STK_OK;
}

static void release(struct stk_msgpack *m)
{
    const struct stk_alloc *alloc = m->arena->alloc;
    stk_free(alloc, m->stack, m->cap * sizeof m->stack[0]);
    stk_free(alloc, m->opened, m->cap_open * sizeof m->opened[0]);
    stk_free(alloc, m->refs, m->cap_refs * sizeof m->refs[0]);
    stk_map_release(&m->names);
}

enum stk_status stk_msgpack_decode(struct stk_arena *arena, struct stk_span message,
                                   const struct stk_msgpack_options *options,
                                   struct stk_value *ret_value,
                                   struct stk_msgpack_error *ret_error)
{
    static const uint8_t nothing[1];
    struct stk_msgpack m = {.arena = arena, .options = *options};
    m.start = message.len == 0 ? nothing : message.data;
    m.at = m.start;
    m.last = m.start + message.len;
    m.end = m.last;
    stk_map_init(&m.names, arena->alloc, SIZE_MAX, stk_value_seed());
    enum stk_status status = read_message(&m);
    if (status == STK_OK) {
        *ret_value = m.stack[0];
        ret_value->spare = 0;
    } else if (status != STK_E_NOMEM) {
        *ret_error = m.error;
    }
    release(&m);
    return status;
}
