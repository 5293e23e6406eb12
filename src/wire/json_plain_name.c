/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "wire/base64.h"
#include "wire/json_plain_state.h"

/* A member of an enum in one in one. */
#define ENUMS_MAX 16

static bool has_surrogates(const struct stk_text *text)
{
    return text->n_codes != text->bytes.len &&
           stk_utf8_valid(text->bytes, false) != text->bytes.len;
}

static bool is_name(struct stk_value key)
{
    return key.kind == STK_VALUE_STR && !has_surrogates(key.text);
}

static enum stk_status keep(struct stk_plain *p, struct stk_buf *text,
                            struct stk_span *ret_text)
{
    struct stk_span span = stk_buf_span(text);
    const char *copy = text->status == STK_OK ? stk_arena_text(p->scratch, span) : NULL;
    size_t len = text->len;
    stk_buf_release(text);
    if (copy == NULL) {
        return STK_E_NOMEM;
    }
    *ret_text = stk_span_of(copy, len);
    return STK_OK;
}

static enum stk_status replaced(struct stk_plain *p, struct stk_span text,
                                struct stk_span *ret_text)
{
    struct stk_buf out;
    stk_buf_init(&out, p->emit.out->alloc, SIZE_MAX);
    for (size_t at = 0; at < text.len;) {
        size_t good = stk_utf8_valid(stk_span_of(text.data + at, text.len - at), false);
        stk_buf_put(&out, text.data + at, good);
        at += good;
        if (at < text.len) { /* three bytes are a surrogate */
            stk_buf_put(&out, "\xef\xbf\xbd", 3);
            at += 3;
        }
    }
    STK_TRY(keep(p, &out, ret_text));
    return stk_plain_lose(p, STK_JSON_LOSS_SURROGATE, 1);
}

static enum stk_status encoded(struct stk_plain *p, struct stk_span bytes,
                               struct stk_span *ret_text)
{
    struct stk_buf out;
    stk_buf_init(&out, p->emit.out->alloc, SIZE_MAX);
    stk_base64_encode(&out, bytes);
    STK_TRY(keep(p, &out, ret_text));
    return stk_plain_lose(p, STK_JSON_LOSS_BYTES, 1);
}

static enum stk_status dotted(struct stk_plain *p, struct stk_value global,
                              struct stk_span *ret_text)
{
    struct stk_buf out;
    const struct stk_name *name = global.name;
    if (stk_utf8_valid(name->module, true) != name->module.len ||
        stk_utf8_valid(name->qualified, true) != name->qualified.len) {
        return stk_plain_refuse(p, STK_E_UNSUPPORTED, global, "a name that is not UTF-8");
    }
    stk_buf_init(&out, p->emit.out->alloc, SIZE_MAX);
    stk_buf_put(&out, name->module.data, name->module.len);
    stk_buf_byte(&out, '.');
    stk_buf_put(&out, name->qualified.data, name->qualified.len);
    STK_TRY(keep(p, &out, ret_text));
    return stk_plain_lose(p, STK_JSON_LOSS_GLOBAL, 1);
}

enum stk_status stk_plain_name(struct stk_plain *p, struct stk_value key,
                               struct stk_span *ret_text)
{
    for (int i = 0; key.kind == STK_VALUE_ENUM && i < ENUMS_MAX; i++) {
        STK_TRY(stk_plain_lose(p, STK_JSON_LOSS_ENUM, 1));
        key = key.object->member;
    }
    switch ((int)key.kind) {
    case STK_VALUE_STR:
        if (has_surrogates(key.text)) {
            return replaced(p, key.text->bytes, ret_text);
        }
        *ret_text = key.text->bytes;
        return STK_OK;
    case STK_VALUE_BYTES:
    case STK_VALUE_BYTEARRAY:
        return encoded(p, key.text->bytes, ret_text);
    case STK_VALUE_GLOBAL:
        return dotted(p, key, ret_text);
    default:
        return stk_plain_key(p, key, ret_text);
    }
}

/* Two keys of one name would be one member, or none, depending on who reads it. */
static enum stk_status check_names(struct stk_plain *p, const struct stk_pair *list,
                                   const struct stk_span *names, size_t n)
{
    struct stk_pair *pairs = stk_arena_array(p->scratch, n, sizeof *pairs);
    struct stk_value dict;
    size_t duplicate = n;
    if (pairs == NULL) {
        return STK_E_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        STK_TRY(stk_value_text(p->scratch, 0, STK_VALUE_STR, names[i], &pairs[i].key));
    }
    STK_TRY(stk_value_pairs(p->scratch, 0, pairs, n, &dict, &duplicate));
    return duplicate == n ? STK_OK
                          : stk_plain_refuse(p, STK_E_UNSUPPORTED, list[duplicate].key,
                                             "two keys that are one name in JSON");
}

enum stk_status stk_plain_names(struct stk_plain *p, const struct stk_pair *list,
                                size_t n, bool merged, const struct stk_span **ret_names)
{
    size_t plain = 0;
    *ret_names = NULL;
    while (plain < n && is_name(list[plain].key)) {
        plain++;
    }
    if (plain == n && !merged) {
        return STK_OK;
    }
    struct stk_span *names = stk_arena_array(p->scratch, n, sizeof *names);
    if (names == NULL) {
        return STK_E_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        if (is_name(list[i].key)) {
            names[i] = list[i].key.text->bytes;
            continue;
        }
        if (list[i].key.kind != STK_VALUE_STR) {
            STK_TRY(stk_plain_lose(p, STK_JSON_LOSS_KEY, 1));
        }
        STK_TRY(stk_plain_name(p, list[i].key, &names[i]));
    }
    STK_TRY(check_names(p, list, names, n));
    *ret_names = names;
    return STK_OK;
}
