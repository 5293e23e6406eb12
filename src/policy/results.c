/* SPDX-License-Identifier: Apache-2.0 */
#include "base/checked.h"
#include "policy/state.h"

/* ---- item sizes ---- */

/* Longest dtype text; numpy's are shorter. */
#define DTYPE_MAX 32

/* What an item size is noted as: itself plus 1, so that 0 means none. */
#define SIZE_NOTED_MAX (UINT32_MAX - 1)

/* Digits from *at on; false where there are none or too many. */
static bool read_digits(struct stk_span text, size_t *at, uint64_t *ret_number)
{
    uint64_t number = 0;
    size_t begin = *at;
    while (*at < text.len && text.data[*at] >= '0' && text.data[*at] <= '9') {
        if (*at - begin >= 9) {
            return false;
        }
        number = number * 10 + (uint64_t)(text.data[*at] - '0');
        ++*at;
    }
    *ret_number = number;
    return *at > begin;
}

bool stk_dtype_size(struct stk_span text, uint64_t *ret_size)
{
    size_t at = 0;
    uint64_t size = 0;
    if (at < text.len && __builtin_strchr("<>=|", text.data[at]) != NULL) {
        at++;
    }
    if (at >= text.len || __builtin_strchr("biufcOSUVmM", text.data[at]) == NULL) {
        return false;
    }
    uint8_t kind = text.data[at++];
    if (!read_digits(text, &at, &size)) {
        return false;
    }
    /* M8[ns] */
    if (at < text.len && (text.data[at] != '[' || text.data[text.len - 1] != ']')) {
        return false;
    }
    *ret_size = kind == 'U' ? size * 4 : size;
    return true;
}

bool stk_slot_item_size(stk_slot slot, uint64_t *ret_size)
{
    if (stk_slot_kind(slot) != STK_OBJECT || stk_slot_is_typed(slot) ||
        stk_slot_aux(slot) == 0) {
        return false;
    }
    *ret_size = stk_slot_aux(slot) - 1;
    return true;
}

static bool size_of_value(struct stk_check *check, stk_slot value, uint64_t *ret_size)
{
    int64_t number = 0;
    struct stk_span text = {0};
    if (stk_slot_number(value, &number)) {
        *ret_size = number < 0 ? UINT64_MAX : (uint64_t)number;
        return number >= 0;
    }
    return stk_slot_seen_kind(value) == STK_STR &&
           check->values->text(check->values->ctx, value, DTYPE_MAX, &text) == STK_OK &&
           stk_dtype_size(text, ret_size);
}

/* Item n of the arguments, or of the state. */
static bool item_of(struct stk_check *check, const struct stk_made *made, uint64_t n,
                    stk_slot *ret_item)
{
    if (made->args != NULL) {
        return stk_arguments_get(made->args, n, ret_item);
    }
    struct stk_arguments items = stk_arguments_of(check->values, made->state);
    return stk_arguments_get(&items, n, ret_item);
}

/* A size that is not to be had is noted as none: only joblib's arrays need one, and they
 * are undecided without. */
static uint32_t noted_size(struct stk_check *check, const struct stk_made *made)
{
    const struct stk_result *r = made->result;
    uint64_t size = r->size;
    stk_slot value = 0;
    if (r->size_kind == STK_SIZE_NOTHING) {
        return 0;
    }
    if (r->size_kind == STK_SIZE_INDEX &&
        (!item_of(check, made, r->size, &value) || !size_of_value(check, value, &size))) {
        return 0;
    }
    return size <= SIZE_NOTED_MAX - 1 ? (uint32_t)size + 1 : 0;
}

/* ---- encoded text ---- */

/* Tag and aux of such bytes have the offset of the text plus 1; where that does not fit,
 * they are bytes of which nothing is known. */
#define TEXT_NOTED_BITS 40

stk_slot stk_slot_encoded(stk_slot value)
{
    uint64_t noted = stk_slot_payload(value) + 1;
    if (stk_slot_kind(value) != STK_STR || noted >> TEXT_NOTED_BITS != 0) {
        return stk_slot_typed(STK_BYTES);
    }
    return stk_slot_object(STK_CLASS_TYPED + STK_BYTES, (uint8_t)(noted & 0xff),
                           (uint32_t)(noted >> 8));
}

bool stk_slot_encoded_text(stk_slot slot, stk_slot *ret_text)
{
    uint64_t noted = stk_slot_tag(slot) | (uint64_t)stk_slot_aux(slot) << 8;
    if (!stk_slot_is_typed(slot) || stk_slot_seen_kind(slot) != STK_BYTES || noted == 0) {
        return false;
    }
    *ret_text = stk_slot_make(STK_STR, noted - 1);
    return true;
}

/* ---- objects ---- */

static bool make_object(struct stk_check *check, const struct stk_made *made,
                        uint32_t entry, stk_slot *ret_slot)
{
    uint32_t aux = noted_size(check, made);
    *ret_slot = stk_slot_object((uint16_t)entry, made->result->tag, aux);
    return true;
}

/* What a state makes of its object. The memo may hold the object as it was before, so a
 * tag or size, once noted, cannot become another one. */
static bool make_again(struct stk_check *check, const struct stk_made *made,
                       stk_slot *ret_slot)
{
    const struct stk_result *r = made->result;
    uint32_t old_aux = stk_slot_aux(made->self);
    uint8_t old_tag = stk_slot_tag(made->self);
    uint32_t aux = r->size_kind != STK_SIZE_NOTHING ? noted_size(check, made) : old_aux;
    uint8_t tag = r->tag != 0 ? r->tag : old_tag;
    if ((old_aux != 0 && aux != old_aux) || (old_tag != 0 && tag != old_tag)) {
        return false;
    }
    *ret_slot = stk_slot_object(stk_slot_class(made->self), tag, aux);
    return true;
}

/* The object of a class that a value names. */
static bool make_of_global(struct stk_check *check, const struct stk_made *made,
                           stk_slot value, stk_slot *ret_slot)
{
    if (stk_slot_seen_kind(value) != STK_GLOBAL) {
        return false;
    }
    uint32_t entry = check->values->entry(check->values->ctx, value);
    return entry != STK_ENTRY_NONE && stk_entry_is_class(check->catalogue, entry) &&
           make_object(check, made, entry, ret_slot);
}

static stk_slot make_typed(uint32_t kind, uint32_t entry)
{
    if (kind == STK_NONE) {
        return stk_slot_make(STK_NONE, 0);
    }
    if (kind == STK_PERSISTENT) {
        return stk_slot_make(STK_PERSISTENT, entry);
    }
    return stk_slot_typed((enum stk_kind)kind);
}

bool stk_result_make(struct stk_check *check, const struct stk_made *made,
                     stk_slot *ret_slot)
{
    const struct stk_result *r = made->result;
    stk_slot value = 0;
    switch ((enum stk_result_kind)r->kind) {
    case STK_RESULT_SELF:
        return stk_slot_kind(made->self) == STK_OBJECT
                   ? make_again(check, made, ret_slot)
                   : make_object(check, made, made->entry, ret_slot);
    case STK_RESULT_CLASS:
        return make_object(check, made, r->value, ret_slot);
    case STK_RESULT_INDEX:
        return item_of(check, made, r->value, &value) &&
               make_of_global(check, made, value, ret_slot);
    case STK_RESULT_KEY:
        return stk_contract_key(check, made->state,
                                stk_catalogue_text(check->catalogue, r->value), &value) &&
               make_of_global(check, made, value, ret_slot);
    case STK_RESULT_TYPE:
        *ret_slot = make_typed(r->value, made->entry);
        return true;
    case STK_RESULT_ARG:
        return item_of(check, made, r->value, ret_slot);
    case STK_RESULT_NEW:
    case STK_RESULT_MEMBER:
        break; /* calls.c */
    }
    return false;
}
