/* SPDX-License-Identifier: Apache-2.0
 *
 * What torch.storage._load_from_bytes gets: a legacy file with one storage (torch/
 * serialization.py, _legacy_save): the streams magic number, protocol version, facts of
 * the machine, the storage as a persistent id, and the list of its key; then the number
 * of its items in eight bytes and the items. Anything else is refused.
 */
#include "base/checked.h"
#include "decode/state.h"

#define PROTOCOL_VERSION 1001

/* 0x1950a86a20f9469cfc6c */
static bool is_magic(struct stk_value value)
{
    return value.kind == STK_VALUE_BIGINT && !value.big->negative && value.big->n == 2 &&
           value.big->limbs[0] == UINT64_C(0xa86a20f9469cfc6c) &&
           value.big->limbs[1] == 0x1950;
}

static bool is_little_endian(struct stk_value value)
{
    static const char key[] = "little_endian";
    struct stk_span text = stk_span_of(key, sizeof key - 1);
    if (value.kind != STK_VALUE_DICT) {
        return false;
    }
    const struct stk_value *little =
        stk_value_get(value.pairs, text, stk_text_hash(text));
    return little != NULL && little->kind == STK_VALUE_BOOL && little->boolean;
}

/* The one key that the list has is the storage's. */
static bool is_key_list(struct stk_value value, struct stk_span key)
{
    if (value.kind != STK_VALUE_LIST || value.items->n != 1) {
        return false;
    }
    struct stk_value item = value.items->list[0];
    return item.kind == STK_VALUE_STR && stk_span_equal(item.text->bytes, key);
}

enum { MAGIC, VERSION, FACTS, STORAGE, KEYS, N_STREAMS };

const char *stk_torch_facts(struct stk_value magic, struct stk_value version,
                            struct stk_value facts)
{
    if (!is_magic(magic) || version.kind != STK_VALUE_INT ||
        version.integer != PROTOCOL_VERSION) {
        return "a storage that is no legacy torch file";
    }
    return is_little_endian(facts) ? NULL : "a storage of a big-endian machine";
}

static const char *check(const struct stk_value streams[N_STREAMS])
{
    const char *reason =
        stk_torch_facts(streams[MAGIC], streams[VERSION], streams[FACTS]);
    if (reason != NULL) {
        return reason;
    }
    if (streams[STORAGE].kind != STK_VALUE_STORAGE) {
        return "a legacy torch file that holds something else than a storage";
    }
    return is_key_list(streams[KEYS], streams[STORAGE].object->array->key)
               ? NULL
               : "a storage whose key is not listed";
}

/* The items are all that is left. */
static const char *take_data(struct stk_span rest, const struct stk_array *array,
                             struct stk_span *ret_bytes)
{
    uint64_t size = 0;
    if (rest.len < 8 || stk_le64(rest.data) != array->n_items ||
        !stk_mul(array->n_items, array->item_size, &size) || size != rest.len - 8) {
        return "a storage whose number of items and bytes do not agree";
    }
    *ret_bytes = stk_span_of(rest.data + 8, rest.len - 8);
    return NULL;
}

enum stk_status stk_decode_storage(struct stk_decoder *d, struct stk_arena *arena,
                                   struct stk_span bytes,
                                   struct stk_torch_storage *ret_storage,
                                   const char **ret_reason)
{
    const struct stk_decode_options options = {.loader = STK_LOADER_TORCH,
                                               .trailing = true};
    struct stk_value streams[N_STREAMS];
    struct stk_decode_error error;
    if (d->depth > 0) { /* a storage holds no other */
        *ret_reason = "a storage inside a storage";
        return STK_OK;
    }
    if (d->inner == NULL) {
        STK_TRY(stk_decoder_new(d->alloc, d->limits, &d->inner));
        d->inner->depth = d->depth + 1;
    }
    for (size_t i = 0; i < N_STREAMS; i++) {
        size_t end = 0;
        enum stk_status status = stk_decode_pickle(d->inner, arena, bytes, &options,
                                                   &streams[i], &end, &error);
        if (status != STK_OK) {
            *ret_reason = "a storage whose stream is not clean";
            return status == STK_E_MALFORMED ? STK_OK : status;
        }
        bytes = stk_span_of(bytes.data + end, bytes.len - end);
    }
    *ret_reason = check(streams);
    if (*ret_reason == NULL) {
        ret_storage->id = streams[STORAGE].object->args;
        *ret_reason =
            take_data(bytes, streams[STORAGE].object->array, &ret_storage->bytes);
    }
    return STK_OK;
}
