/* SPDX-License-Identifier: Apache-2.0 */
#include "wire/json_plain_state.h"

const char *stk_json_loss_text(enum stk_json_loss loss)
{
    static const char *const texts[STK_JSON_LOSSES] = {
        [STK_JSON_LOSS_TUPLE] = "tuple written as array",
        [STK_JSON_LOSS_SET] = "set written as array",
        [STK_JSON_LOSS_BYTES] = "bytes written as base64 text",
        [STK_JSON_LOSS_NUMBER] = "NaN or infinity written as null",
        [STK_JSON_LOSS_INTEGER] = "long integer written as hexadecimal text",
        [STK_JSON_LOSS_SURROGATE] = "text with lone surrogates written with U+FFFD",
        [STK_JSON_LOSS_KEY] = "key other than text written as text",
        [STK_JSON_LOSS_GLOBAL] = "global written as its name",
        [STK_JSON_LOSS_CLASS] = "object written without its class",
        [STK_JSON_LOSS_ARGUMENTS] = "object written without its arguments",
        [STK_JSON_LOSS_ENUM] = "enum member written as its value or name",
        [STK_JSON_LOSS_ARRAY] = "tensor or array written as dtype, shape and data",
        [STK_JSON_LOSS_ITEMS] = "items of an array written as base64 text",
        [STK_JSON_LOSS_ABSENT] = "bytes that are not in the message written as null",
        [STK_JSON_LOSS_PERSISTENT] = "persistent id written as a value",
        [STK_JSON_LOSS_BUFFER] = "out-of-band buffer written as base64 text",
        [STK_JSON_LOSS_SHARED] = "shared value written out again",
    };
    return texts[loss];
}

/* A name that needs no quotation marks in a place. */
static bool is_word(struct stk_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
        if (!letter && (i == 0 || c < '0' || c > '9')) {
            return false;
        }
    }
    return name.len > 0;
}

static void put_name(struct stk_buf *out, struct stk_span name)
{
    struct stk_json_emit emit = {.out = out, .replace = true};
    if (name.len > STK_JSON_PLACE_MAX) { /* cut off anyway */
        name.len = STK_JSON_PLACE_MAX;
        while ((name.data[name.len] & 0xc0) == 0x80) {
            name.len--;
        }
    }
    if (is_word(name)) {
        stk_buf_byte(out, '.');
        stk_buf_put(out, name.data, name.len);
    } else {
        stk_buf_byte(out, '[');
        stk_json_emit_quoted(&emit, name);
        stk_buf_byte(out, ']');
    }
}

static void put_place(struct stk_buf *out, const struct stk_plain *p)
{
    if (p->around != NULL) {
        put_place(out, p->around);
        return;
    }
    stk_buf_byte(out, '$');
    for (size_t i = 0; i < p->n && out->len <= STK_JSON_PLACE_MAX; i++) {
        const struct stk_plain_frame *frame = &p->frames[i];
        if (frame->bracket == ']') {
            stk_buf_printf(out, "[%zu]", frame->at - 1);
        } else if (frame->bracket == '}') {
            put_name(out, stk_plain_member(frame, frame->at - 1));
        }
    }
}

enum stk_status stk_plain_lose(struct stk_plain *p, enum stk_json_loss loss,
                               uint64_t count)
{
    if (p->lost->list[loss].count == 0 && count > 0) {
        struct stk_buf place;
        stk_buf_init(&place, p->emit.out->alloc, SIZE_MAX);
        put_place(&place, p);
        if (place.len > STK_JSON_PLACE_MAX) {
            place.len = STK_JSON_PLACE_MAX;
            while ((place.data[place.len] & 0xc0) == 0x80) {
                place.len--;
            }
            stk_buf_str(&place, "…");
        }
        p->lost->list[loss].first = place.status != STK_OK
                                        ? NULL
                                        : stk_arena_text(p->arena, stk_buf_span(&place));
        stk_buf_release(&place);
        if (p->lost->list[loss].first == NULL) {
            return STK_E_NOMEM;
        }
    }
    p->lost->list[loss].count += count;
    return STK_OK;
}
