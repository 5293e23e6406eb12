/* SPDX-License-Identifier: Apache-2.0 */
#include "base/checked.h"
#include "base/utf8.h"
#include "decode/state.h"
#include "policy/contract.h"

/* ---- bytes and sets ---- */

/* _codecs.encode(text, 'latin1'): protocols 0 to 2 carry bytes so. */
static enum stk_status encode(struct stk_decoder *d, struct stk_value text, uint64_t off,
                              struct stk_outcome *outcome)
{
    struct stk_span in = text.text->bytes;
    size_t len = 0;
    if (!stk_decode_may_copy(d, in.len)) {
        return STK_OK;
    }
    uint8_t *out = stk_arena_alloc(d->arena, in.len);
    if (out == NULL) {
        return STK_E_NOMEM;
    }
    for (size_t i = 0; i < in.len; i++) {
        uint8_t c = in.data[i];
        if (c >= 0x80) {
            if ((c & 0xfe) != 0xc2) {
                return STK_OK; /* no such text is encoded; the call stays one */
            }
            c = (uint8_t)((c & 3) << 6 | (in.data[++i] & 0x3f));
        }
        out[len++] = c;
    }
    outcome->has_value = true;
    return stk_value_text(d->arena, off, STK_VALUE_BYTES, stk_span_of(out, len),
                          &outcome->value);
}

static bool is_latin1(struct stk_value value)
{
    static const char *const names[] = {"latin1", "latin-1"};
    for (size_t i = 0; value.kind == STK_VALUE_STR && i < 2; i++) {
        if (stk_span_is(value.text->bytes, names[i])) {
            return true;
        }
    }
    return false;
}

/* ---- members of enums ---- */

static enum stk_status make_member(struct stk_decoder *d, const struct stk_effect *effect,
                                   const struct stk_name *type, bool by_name,
                                   struct stk_outcome *outcome)
{
    const struct stk_operands *o = effect->operands;
    struct stk_object *object = stk_arena_alloc(d->arena, sizeof *object);
    if (object == NULL) {
        return STK_E_NOMEM;
    }
    *object = (struct stk_object){.call = STK_CALL_REDUCE,
                                  .callee = o->target,
                                  .args = o->args,
                                  .type = type,
                                  .member = stk_item(o->args, by_name ? 1 : 0),
                                  .by_name = by_name};
    outcome->has_value = true;
    outcome->value = (struct stk_value){
        .kind = STK_VALUE_ENUM, .off = effect->off & STK_VALUE_OFF_MAX, .object = object};
    return STK_OK;
}

/* ---- classes ---- */

/* A name of the catalogue's own. */
static enum stk_status entry_name(struct stk_decoder *d, uint32_t entry,
                                  const struct stk_name **ret_type)
{
    const struct stk_entry *e = &stk_catalogue.entries[entry];
    *ret_type = stk_name_new(d->arena, stk_catalogue_text(&stk_catalogue, e->module),
                             stk_catalogue_text(&stk_catalogue, e->name));
    return *ret_type == NULL ? STK_E_NOMEM : STK_OK;
}

static bool is_granted(uint32_t entry)
{
    return entry == stk_catalogue.granted_class || entry == stk_catalogue.granted_enum;
}

/* The class of what a call made: the callee's name, that of the class which it was given,
 * or what its contract says. */
static enum stk_status type_of_result(struct stk_decoder *d, struct stk_machine *machine,
                                      const struct stk_effect *effect, uint32_t entry,
                                      const struct stk_name **ret_type)
{
    struct stk_value first = stk_item(effect->operands->args, 0);
    const struct stk_global *callee = stk_slot_global(machine, effect->target);
    struct stk_value target = effect->operands->target;
    if (callee != NULL && callee->rating == STK_RATING_VETTED && callee->entry == entry &&
        target.kind == STK_VALUE_GLOBAL) {
        *ret_type = target.name;
        return STK_OK;
    }
    if (first.kind == STK_VALUE_GLOBAL &&
        (is_granted(entry) || stk_catalogue_entry(&stk_catalogue, first.name->module,
                                                  first.name->qualified) == entry)) {
        *ret_type = first.name;
        return STK_OK;
    }
    return is_granted(entry) ? STK_OK : entry_name(d, entry, ret_type);
}

static enum stk_status call_gives_object(struct stk_decoder *d,
                                         struct stk_machine *machine,
                                         const struct stk_effect *effect,
                                         struct stk_outcome *outcome)
{
    uint32_t entry = stk_slot_class(outcome->result);
    enum stk_entry_kind kind = (enum stk_entry_kind)stk_catalogue.entries[entry].kind;
    const struct stk_global *callee = stk_slot_global(machine, effect->target);
    STK_TRY(type_of_result(d, machine, effect, entry, &outcome->type));
    if (kind != STK_ENTRY_ENUM && kind != STK_ENTRY_FLAG) {
        return STK_OK;
    }
    bool by_name = callee == NULL || callee->entry != entry;
    return make_member(d, effect, outcome->type, by_name, outcome);
}

/* A list or tuple of what a set can hold; no set of anything else can be made. */
static bool is_listed(struct stk_value value)
{
    if (value.kind != STK_VALUE_LIST && value.kind != STK_VALUE_TUPLE) {
        return false;
    }
    for (size_t i = 0; i < value.items->n; i++) {
        enum stk_value_kind kind = stk_value_kind(value.items->list[i]);
        if (kind == STK_VALUE_LIST || kind == STK_VALUE_DICT || kind == STK_VALUE_SET ||
            kind == STK_VALUE_BYTEARRAY) {
            return false;
        }
    }
    return true;
}

/* set([…]), frozenset([…]) */
static enum stk_status make_set(struct stk_decoder *d, struct stk_machine *machine,
                                const struct stk_effect *effect, bool frozen,
                                struct stk_outcome *outcome)
{
    static const struct stk_items none;
    const struct stk_items *args = effect->operands->args.items;
    const struct stk_items *items = args->n == 0 ? &none : args->list[0].items;
    if (args->n > 1 || (args->n == 1 && !is_listed(args->list[0])) ||
        !stk_decode_may_copy(d, items->n)) {
        return STK_OK;
    }
    outcome->has_value = true;
    return stk_machine_make_set(machine, frozen ? STK_VALUE_FROZENSET : STK_VALUE_SET,
                                effect->off, items, &outcome->value);
}

/* A call of which the catalogue knows the type alone. */
static enum stk_status call_gives_plain(struct stk_decoder *d,
                                        struct stk_machine *machine,
                                        const struct stk_effect *effect,
                                        struct stk_outcome *outcome)
{
    struct stk_value callee = effect->operands->target;
    struct stk_value args = effect->operands->args;
    struct stk_value first = stk_item(args, 0);
    if (args.kind != STK_VALUE_TUPLE || effect->operands->kwargs.kind != STK_VALUE_NONE) {
        return STK_OK;
    }
    if (stk_value_names(callee, "_codecs", "encode") && first.kind == STK_VALUE_STR &&
        is_latin1(stk_item(args, 1))) {
        return encode(d, first, effect->off, outcome);
    }
    bool frozen = stk_value_names(callee, "builtins", "frozenset");
    if (frozen || stk_value_names(callee, "builtins", "set")) {
        return make_set(d, machine, effect, frozen, outcome);
    }
    size_t n = args.items->n;
    if (stk_value_names(callee, "builtins", "bytearray") &&
        (n == 0 || (n == 1 && first.kind == STK_VALUE_BYTES &&
                    stk_decode_may_copy(d, first.text->bytes.len)))) {
        outcome->has_value = true;
        return stk_value_text(d->arena, effect->off, STK_VALUE_BYTEARRAY,
                              n == 0 ? (struct stk_span){0} : first.text->bytes,
                              &outcome->value);
    }
    if (stk_value_names(callee, "builtins", "bytes") && n == 0) {
        outcome->has_value = true;
        return stk_value_text(d->arena, effect->off, STK_VALUE_BYTES,
                              (struct stk_span){0}, &outcome->value);
    }
    return STK_OK;
}

/* ---- loads ---- */

static enum stk_status make_load(struct stk_decoder *d, const struct stk_effect *effect,
                                 struct stk_outcome *outcome)
{
    struct stk_object *object = stk_arena_alloc(d->arena, sizeof *object);
    const char *reason = NULL;
    if (object == NULL) {
        return STK_E_NOMEM;
    }
    *object =
        (struct stk_object){.call = STK_CALL_LOAD, .args = effect->operands->target};
    outcome->has_value = true;
    outcome->value = (struct stk_value){.kind = STK_VALUE_STORAGE,
                                        .off = effect->off & STK_VALUE_OFF_MAX,
                                        .object = object};
    STK_TRY(stk_storage_array(d->arena, object->args, &object->array, &reason));
    return reason == NULL ? STK_OK : stk_decode_refuse(d, &outcome->value, reason);
}

/* The bytes as the storage's own: who meets the argument elsewhere does not meet it in
 * the storage, which is written from its array. */
static enum stk_status own_carrier(struct stk_decoder *d, const struct stk_effect *effect,
                                   struct stk_value *ret_args)
{
    struct stk_value carrier = stk_item(effect->operands->args, 0);
    *ret_args = stk_value_none(effect->off);
    if (carrier.kind != STK_VALUE_BYTES) {
        d->has_storage = false;
        return STK_OK;
    }
    STK_TRY(stk_value_text(d->arena, carrier.off, STK_VALUE_BYTES, carrier.text->bytes,
                           &carrier));
    return stk_value_items(d->arena, effect->operands->args.off, STK_VALUE_TUPLE,
                           &carrier, 1, ret_args);
}

/* torch.storage._load_from_bytes(bytes) */
static enum stk_status call_gives_storage(struct stk_decoder *d,
                                          const struct stk_effect *effect,
                                          struct stk_outcome *outcome)
{
    struct stk_object *object = stk_arena_alloc(d->arena, sizeof *object);
    struct stk_array *array = stk_arena_alloc(d->arena, sizeof *array);
    const struct stk_array *named = NULL;
    const char *reason = NULL;
    if (object == NULL || array == NULL) {
        return STK_E_NOMEM;
    }
    outcome->has_value = true;
    *object =
        (struct stk_object){.call = STK_CALL_REDUCE, .callee = effect->operands->target};
    outcome->value = (struct stk_value){.kind = STK_VALUE_STORAGE,
                                        .off = effect->off & STK_VALUE_OFF_MAX,
                                        .object = object};
    STK_TRY(own_carrier(d, effect, &object->args));
    if (!d->has_storage) {
        return stk_decode_refuse(d, &outcome->value, "a storage that cannot be read");
    }
    STK_TRY(stk_storage_array(d->arena, d->storage.id, &named, &reason));
    if (reason != NULL) {
        return stk_decode_refuse(d, &outcome->value, reason);
    }
    *array = *named;
    array->bytes = d->storage.bytes;
    array->present = true;
    object->array = array;
    return STK_OK;
}

enum stk_status stk_decode_effect(struct stk_decoder *d, struct stk_machine *machine,
                                  const struct stk_effect *effect,
                                  struct stk_outcome *outcome)
{
    enum stk_kind kind = stk_slot_kind(outcome->result);
    if (effect->kind == STK_EFFECT_PERSISTENT) {
        return kind == STK_PERSISTENT ? make_load(d, effect, outcome) : STK_OK;
    }
    if (effect->kind != STK_EFFECT_CALL || kind == STK_OPAQUE) {
        return STK_OK;
    }
    if (kind == STK_PERSISTENT) {
        return call_gives_storage(d, effect, outcome);
    }
    return kind == STK_OBJECT && !stk_slot_is_typed(outcome->result)
               ? call_gives_object(d, machine, effect, outcome)
               : call_gives_plain(d, machine, effect, outcome);
}
