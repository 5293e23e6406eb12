/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/legacy.h"

#include <stdio.h>

#include "base/checked.h"
#include "decode/state.h"

#define SEED UINT64_C(0x746f7263686f6c64)

enum { MAGIC, VERSION, FACTS, OBJECT, KEYS, N_STREAMS };

static enum stk_status refuse(struct stk_decode_error *error, const char *reason)
{
    *error = (struct stk_decode_error){.verdict = STK_VERDICT_UNDECIDED};
    (void)snprintf(error->reason, sizeof error->reason, "%s", reason);
    return STK_E_MALFORMED;
}

static bool are_keys(struct stk_value value)
{
    if (value.kind != STK_VALUE_LIST) {
        return false;
    }
    for (size_t i = 0; i < value.items->n; i++) {
        if (value.items->list[i].kind != STK_VALUE_STR) {
            return false;
        }
    }
    return true;
}

enum stk_status stk_legacy_decode(struct stk_decoder *decoder, struct stk_arena *arena,
                                  struct stk_span bytes, struct stk_legacy *ret_legacy,
                                  struct stk_decode_error *ret_error)
{
    const struct stk_decode_options options = {.loader = STK_LOADER_TORCH,
                                               .trailing = true};
    struct stk_value streams[N_STREAMS];
    size_t pos = 0;
    for (size_t i = 0; i < N_STREAMS; i++) {
        struct stk_span rest = stk_span_of(bytes.data + pos, bytes.len - pos);
        size_t end = 0;
        enum stk_status status = stk_decode_pickle(decoder, arena, rest, &options,
                                                   &streams[i], &end, ret_error);
        if (status != STK_OK) {
            ret_error->off += pos;
            return status;
        }
        pos += end;
    }
    const char *reason =
        stk_torch_facts(streams[MAGIC], streams[VERSION], streams[FACTS]);
    if (reason != NULL) {
        return refuse(ret_error, reason);
    }
    if (pos != bytes.len || !are_keys(streams[KEYS])) {
        return refuse(ret_error, "a legacy torch file without its list of keys");
    }
    *ret_legacy =
        (struct stk_legacy){.value = streams[OBJECT], .keys = streams[KEYS].items};
    return STK_OK;
}

/* ---- where storages are ---- */

/* What the object says of its storages, by the hash of their keys. */
struct said {
    struct stk_map arrays; /* to the address of an stk_array */
    bool failed;
};

struct collector {
    struct said *said;
};

/* Accepts nothing: the search for it comes past every storage. */
static bool collect(const void *ctx, struct stk_value value)
{
    struct said *said = ((const struct collector *)ctx)->said;
    bool added = false;
    if (value.kind == STK_VALUE_STORAGE && value.object->array != NULL) {
        const struct stk_array *array = value.object->array;
        said->failed |= stk_map_put(&said->arrays, stk_text_hash(array->key),
                                    (uint64_t)(uintptr_t)array, &added) != STK_OK;
    }
    return false;
}

/* torch refuses a count other than that of the object (_set_from_file). */
static enum stk_status storage_len(const struct stk_source *source, uint64_t pos,
                                   const struct said *said, struct stk_span key,
                                   uint64_t *ret_len, struct stk_decode_error *ret_error)
{
    uint8_t count[8];
    uint64_t address = 0;
    uint64_t len = 0;
    if (!stk_map_get(&said->arrays, stk_text_hash(key), &address)) {
        return refuse(ret_error, "a storage that the object does not have");
    }
    const struct stk_array *array = (const struct stk_array *)(uintptr_t)address;
    if (!stk_range_ok(pos, sizeof count, source->size)) {
        return refuse(ret_error, "a legacy torch file that ends before its storages");
    }
    STK_TRY(stk_source_read(source, pos, count, sizeof count));
    if (!stk_span_equal(array->key, key) || stk_le64(count) != array->n_items ||
        !stk_mul(array->n_items, array->item_size, &len) ||
        !stk_range_ok(pos + sizeof count, len, source->size)) {
        return refuse(ret_error,
                      "a storage whose number of items and bytes do not agree");
    }
    *ret_len = len;
    return STK_OK;
}

static enum stk_status find_places(const struct stk_source *source, uint64_t at,
                                   const struct stk_legacy *legacy,
                                   const struct said *said, struct stk_map *index,
                                   uint64_t *places, struct stk_decode_error *ret_error)
{
    for (size_t i = 0; i < legacy->keys->n; i++) {
        struct stk_span key = legacy->keys->list[i].text->bytes;
        uint64_t len = 0;
        bool added = false;
        STK_TRY(storage_len(source, at, said, key, &len, ret_error));
        STK_TRY(stk_map_put(index, stk_text_hash(key), i, &added));
        if (!added) {
            return refuse(ret_error, "a storage that is listed twice");
        }
        places[i] = at + 8;
        at += 8 + len;
    }
    return STK_OK;
}

enum stk_status stk_legacy_places(const struct stk_alloc *alloc, struct stk_arena *arena,
                                  const struct stk_source *source, uint64_t at,
                                  const struct stk_legacy *legacy, struct stk_map *index,
                                  const uint64_t **ret_places,
                                  struct stk_decode_error *ret_error)
{
    struct said said = {.failed = false};
    struct collector collector = {.said = &said};
    char path[1];
    uint64_t *places = stk_arena_array(arena, legacy->keys->n, sizeof *places);
    if (places == NULL) {
        return STK_E_NOMEM;
    }
    stk_map_init(&said.arrays, alloc, SIZE_MAX, SEED);
    (void)stk_value_path(alloc, legacy->value, collect, &collector, path, sizeof path);
    enum stk_status status =
        said.failed ? STK_E_NOMEM
                    : find_places(source, at, legacy, &said, index, places, ret_error);
    stk_map_release(&said.arrays);
    if (status == STK_OK) {
        *ret_places = places;
    }
    return status;
}
