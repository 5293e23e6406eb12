/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "base/checked.h"
#include "base/utf8.h"
#include "wire/base64.h"
#include "wire/json_restore.h"

static enum stk_status need_text(struct stk_restore *r, struct stk_value from,
                                 struct stk_span *ret_text)
{
    if (from.kind != STK_VALUE_STR) {
        return stk_restore_fail(r, from.off, "no text where there has to be one");
    }
    *ret_text = from.text->bytes;
    return STK_OK;
}

/* A hex digit's number, or 16. */
static unsigned hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9') {
        return c - (unsigned)'0';
    }
    return c >= 'a' && c <= 'f' ? c - (unsigned)'a' + 10 : 16;
}

/* ---- numbers ---- */

static bool read_bits(struct stk_span text, uint64_t *ret_bits)
{
    uint64_t bits = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned digit = hex_value(text.data[i]);
        if (digit == 16) {
            return false;
        }
        bits = bits << 4 | digit;
    }
    *ret_bits = bits;
    return text.len == 16;
}

static enum stk_status read_float(struct stk_restore *r, uint64_t off,
                                  struct stk_value from, struct stk_value *ret_value)
{
    struct stk_span text;
    double number = 0;
    uint64_t bits = 0;
    STK_TRY(need_text(r, from, &text));
    if (stk_span_is(text, "nan")) {
        number = (double)NAN;
    } else if (stk_span_is(text, "inf")) {
        number = HUGE_VAL;
    } else if (stk_span_is(text, "-inf")) {
        number = -HUGE_VAL;
    } else if (read_bits(text, &bits)) {
        stk_copy(&number, &bits, sizeof number);
        if (!isnan(number)) {
            return stk_restore_fail(r, from.off, "a float that JSON has");
        }
    } else {
        return stk_restore_fail(r, from.off,
                                "neither nan, inf, -inf nor the bits of one");
    }
    *ret_value = stk_value_float(off, number);
    return STK_OK;
}

/* -0x… */
static enum stk_status read_int(struct stk_restore *r, uint64_t off,
                                struct stk_value from, struct stk_value *ret_value)
{
    struct stk_span text;
    void *array = NULL;
    STK_TRY(need_text(r, from, &text));
    bool negative = text.len > 0 && text.data[0] == '-';
    text = stk_span_of(text.data + negative, text.len - negative);
    if (text.len < 3 || text.data[0] != '0' || text.data[1] != 'x') {
        return stk_restore_fail(r, from.off, "an integer that does not begin with 0x");
    }
    size_t n = (text.len - 2 + 15) / 16;
    STK_TRY(stk_restore_array(r, off, n, sizeof(uint64_t), &array));
    uint64_t *limbs = array;
    for (size_t i = 0; i < text.len - 2; i++) {
        unsigned digit = hex_value(text.data[text.len - 1 - i]);
        if (digit == 16) {
            return stk_restore_fail(r, from.off, "an integer with other than hex digits");
        }
        limbs[i / 16] |= (uint64_t)digit << (4 * (i % 16));
    }
    enum stk_status status = stk_value_big(r->arena, off, negative, limbs, n, ret_value);
    return status == STK_OK ? STK_OK : stk_restore_no_memory(r, off, n * sizeof *limbs);
}

/* ---- texts ---- */

static enum stk_status read_base64(struct stk_restore *r, struct stk_value from,
                                   struct stk_span *ret_bytes)
{
    struct stk_span text;
    void *bytes = NULL;
    size_t len = 0;
    size_t at = 0;
    STK_TRY(need_text(r, from, &text));
    STK_TRY(stk_restore_array(r, from.off, text.len / 4 * 3, 1, &bytes));
    if (!stk_base64_decode(text, bytes, &len, &at)) {
        return stk_restore_fail(r, from.off, "a text that is not base64");
    }
    *ret_bytes = stk_span_of(bytes, len);
    return STK_OK;
}

static enum stk_status make_text(struct stk_restore *r, uint64_t off,
                                 enum stk_value_kind kind, struct stk_span bytes,
                                 struct stk_text *node, struct stk_value *ret_value)
{
    struct stk_value value;
    if (stk_value_text(r->arena, off, kind, bytes, &value) != STK_OK) {
        return stk_restore_no_memory(r, off, sizeof *value.text);
    }
    if (node != NULL) {
        bool shared = node->head.shared;
        *node = *value.text;
        node->head.shared = shared;
        value.text = node;
    }
    *ret_value = value;
    return STK_OK;
}

static enum stk_status read_text(struct stk_restore *r, uint64_t off,
                                 enum stk_json_tag tag, struct stk_value from,
                                 struct stk_text *node, struct stk_value *ret_value)
{
    struct stk_span bytes;
    if (tag == STK_JSON_TAG_STR) {
        STK_TRY(need_text(r, from, &bytes));
    } else {
        STK_TRY(read_base64(r, from, &bytes));
    }
    if (tag == STK_JSON_TAG_STR64 && stk_utf8_valid(bytes, true) != bytes.len) {
        return stk_restore_fail(r, from.off, "a str that is not UTF-8");
    }
    return make_text(r, off, stk_json_tags[tag].kind, bytes, node, ret_value);
}

/* ---- names and buffers ---- */

static enum stk_status add_name(struct stk_restore *r, const struct stk_name *name,
                                uint64_t key)
{
    void *array = (void *)r->names;
    STK_TRY(stk_map_put(&r->by_name, key, r->n_names, &(bool){false}));
    STK_TRY(stk_grow(r->alloc, &array, &r->cap_names, sizeof *r->names, r->n_names + 1,
                     SIZE_MAX / sizeof *r->names));
    r->names = array;
    r->names[r->n_names++] = name;
    return STK_OK;
}

STK_WRAPS static enum stk_status find_name(struct stk_restore *r, struct stk_value from,
                                           struct stk_span module,
                                           struct stk_span qualified,
                                           const struct stk_name **ret_name)
{
    struct stk_name like = {.module = module,
                            .qualified = qualified,
                            .hash = stk_name_hash(module, qualified)};
    uint64_t key = like.hash;
    for (uint64_t at = 0; stk_map_get(&r->by_name, key, &at); key++) {
        if (stk_name_equal(r->names[at], &like)) {
            *ret_name = r->names[at];
            return STK_OK;
        }
    }
    const struct stk_name *name = stk_name_new(r->arena, module, qualified);
    if (name == NULL) {
        return stk_restore_no_memory(r, from.off, sizeof *name);
    }
    STK_TRY(add_name(r, name, key));
    *ret_name = name;
    return STK_OK;
}

enum stk_status stk_restore_name(struct stk_restore *r, struct stk_value from,
                                 const struct stk_name **ret_name)
{
    struct stk_span parts[2];
    if (from.kind != STK_VALUE_LIST || from.items->n != 2) {
        return stk_restore_fail(r, from.off, "a name other than [module, name]");
    }
    for (size_t i = 0; i < 2; i++) {
        struct stk_value part = from.items->list[i];
        STK_TRY(need_text(r, part, &parts[i]));
        if (stk_utf8_valid(parts[i], false) != parts[i].len) {
            return stk_restore_fail(r, part.off, "a name with surrogates");
        }
    }
    return find_name(r, from, parts[0], parts[1], ret_name);
}

static bool read_ordinal(struct stk_value value, uint64_t *ret_ordinal)
{
    if (value.kind == STK_VALUE_INT && value.integer >= 0) {
        *ret_ordinal = (uint64_t)value.integer;
        return true;
    }
    if (value.kind == STK_VALUE_BIGINT && !value.big->negative && value.big->n == 1) {
        *ret_ordinal = value.big->limbs[0];
        return true;
    }
    return false;
}

static enum stk_status read_buffer_member(struct stk_restore *r,
                                          const struct stk_pair *pair,
                                          struct stk_buffer *buffer, bool *has_ordinal)
{
    struct stk_span name = pair->key.text->bytes;
    if (stk_span_is(name, "ordinal")) {
        *has_ordinal = read_ordinal(pair->value, &buffer->ordinal);
        return *has_ordinal ? STK_OK
                            : stk_restore_fail(r, pair->value.off,
                                               "an ordinal that is not a number");
    }
    if (stk_span_is(name, "readonly") && pair->value.kind == STK_VALUE_BOOL) {
        buffer->readonly = pair->value.boolean;
        return STK_OK;
    }
    if (stk_span_is(name, "data")) {
        buffer->present = true;
        return read_base64(r, pair->value, &buffer->bytes);
    }
    return stk_restore_fail(r, pair->key.off, "a member that buffers do not have");
}

static enum stk_status read_buffer(struct stk_restore *r, uint64_t off,
                                   struct stk_value from, void *node,
                                   struct stk_value *ret_value)
{
    bool has_ordinal = false;
    if (from.kind != STK_VALUE_DICT) {
        return stk_restore_fail(r, from.off, "a buffer that is not an object");
    }
    if (node == NULL) {
        STK_TRY(stk_restore_array(r, off, 1, sizeof(struct stk_buffer), &node));
    }
    for (size_t i = 0; i < from.pairs->n; i++) {
        STK_TRY(read_buffer_member(r, &from.pairs->list[i], node, &has_ordinal));
    }
    if (!has_ordinal) {
        return stk_restore_fail(r, from.off, "a buffer without an ordinal");
    }
    *ret_value = (struct stk_value){
        .kind = STK_VALUE_BUFFER, .off = off & STK_VALUE_OFF_MAX, .buffer = node};
    return STK_OK;
}

enum stk_status stk_restore_leaf(struct stk_restore *r, uint64_t off,
                                 enum stk_json_tag tag, struct stk_value from, void *node,
                                 struct stk_value *ret_value)
{
    const struct stk_name *name = NULL;
    switch ((int)tag) {
    case STK_JSON_TAG_FLOAT:
        return read_float(r, off, from, ret_value);
    case STK_JSON_TAG_INT:
        return read_int(r, off, from, ret_value);
    case STK_JSON_TAG_BUFFER:
        return read_buffer(r, off, from, node, ret_value);
    case STK_JSON_TAG_GLOBAL:
        STK_TRY(stk_restore_name(r, from, &name));
        *ret_value = (struct stk_value){
            .kind = STK_VALUE_GLOBAL, .off = off & STK_VALUE_OFF_MAX, .name = name};
        return STK_OK;
    default:
        return read_text(r, off, tag, from, node, ret_value);
    }
}
