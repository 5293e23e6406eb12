/* SPDX-License-Identifier: Apache-2.0 */
#include "decode/torchfile.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/checked.h"
#include "container/inflate.h"
#include "decode/legacy.h"

#define NAME_MAX_LEN 512
#define SEED UINT64_C(0x746f7263687a6970)

__attribute__((format(printf, 2, 3))) static enum stk_status refuse(
    struct stk_decode_error *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    *error = (struct stk_decode_error){.verdict = STK_VERDICT_UNDECIDED};
    (void)vsnprintf(error->reason, sizeof error->reason, format, args);
    va_end(args);
    return STK_E_MALFORMED;
}

/* ---- the archive ---- */

/* Nothing of this is left in an archive that was found clean. */
static enum stk_status note(void *ctx, enum stk_note_kind kind, uint64_t off,
                            const char *message)
{
    struct stk_torch_file *file = ctx;
    (void)kind;
    (void)off;
    (void)message;
    file->noted = true;
    return STK_OK;
}

/* miniz ignores the case of names. */
static uint64_t hash_name(struct stk_span name)
{
    uint8_t lower[NAME_MAX_LEN];
    size_t len = name.len < sizeof lower ? name.len : sizeof lower;
    for (size_t i = 0; i < len; i++) {
        uint8_t c = name.data[i];
        lower[i] = c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
    }
    return stk_hash(stk_span_of(lower, len), SEED);
}

static bool is_data_pkl(struct stk_span name)
{
    size_t slash = stk_span_find(name, "/", 1);
    return slash < name.len &&
           stk_span_is(stk_span_of(name.data + slash + 1, name.len - slash - 1),
                       "data.pkl");
}

static enum stk_status index_members(struct stk_torch_file *file, size_t *ret_pickle,
                                     struct stk_decode_error *ret_error)
{
    const struct stk_zip *zip = &file->zip;
    *ret_pickle = SIZE_MAX;
    for (size_t i = 0; i < zip->n_entries; i++) {
        const struct stk_zip_entry *entry = &zip->entries[i];
        bool added = false;
        STK_TRY(stk_map_put(&file->names, hash_name(entry->name), i, &added));
        if (!added || entry->name.len > NAME_MAX_LEN) {
            return refuse(ret_error, "two members of one name");
        }
        if (is_data_pkl(entry->name)) {
            if (*ret_pickle != SIZE_MAX) {
                return refuse(ret_error, "two members data.pkl");
            }
            *ret_pickle = i;
        }
    }
    return *ret_pickle == SIZE_MAX ? refuse(ret_error, "no member data.pkl") : STK_OK;
}

static enum stk_status list_members(struct stk_torch_file *file)
{
    STK_TRY(stk_zip_find_dirs(&file->zip));
    for (size_t i = 0; i < file->zip.n_dirs; i++) {
        STK_TRY(stk_zip_list(&file->zip, &file->zip.dirs[i]));
    }
    return stk_zip_read_locals(&file->zip);
}

/* Readers agree about it. */
static bool is_plain(const struct stk_zip_entry *entry)
{
    const struct stk_zip_reading *says = &entry->says;
    bool stored = says->method == STK_ZIP_STORED && says->packed == says->size;
    return entry->found && entry->listed && !entry->both && !entry->odd &&
           (says->flags & (STK_ZIP_ENCRYPTED | STK_ZIP_STRONG)) == 0 &&
           (stored || says->method == STK_ZIP_DEFLATE);
}

/* The content of a member in memory: file->content. */
static enum stk_status load_member(struct stk_torch_file *file, size_t index,
                                   struct stk_decode_error *ret_error)
{
    const struct stk_zip_entry *entry = &file->zip.entries[index];
    if (file->content_of == index) {
        return STK_OK;
    }
    file->content_of = SIZE_MAX;
    file->expand_left = file->content.max;
    stk_buf_clear(&file->content);
    enum stk_status status = stk_zip_content(&file->zip, entry, &file->content);
    if (status == STK_E_LIMIT) {
        return refuse(ret_error, "a compressed member of more than %zu bytes",
                      file->content.max);
    }
    if (status != STK_OK) {
        return stk_status_is_environment(status)
                   ? status
                   : refuse(ret_error, "a member with broken compressed data");
    }
    if (file->content.len != entry->says.size ||
        stk_crc32(0, file->content.data, file->content.len) != entry->says.crc) {
        return refuse(ret_error, "a member of the wrong size or checksum");
    }
    file->content_of = index;
    return STK_OK;
}

/* <prefix><dir><name>; false: there is no such member. */
static bool find_member(const struct stk_torch_file *file, const char *dir,
                        struct stk_span name, size_t *ret_index)
{
    char path[NAME_MAX_LEN];
    uint64_t index = 0;
    size_t dir_len = strlen(dir);
    size_t len = file->prefix.len + dir_len + name.len;
    if (name.len > sizeof path || len > sizeof path) {
        return false;
    }
    stk_copy(path, file->prefix.data, file->prefix.len);
    stk_copy(path + file->prefix.len, dir, dir_len);
    stk_copy(path + file->prefix.len + dir_len, name.data, name.len);
    struct stk_span whole = stk_span_of(path, len);
    if (!stk_map_get(&file->names, hash_name(whole), &index) ||
        !stk_span_equal(file->zip.entries[index].name, whole)) {
        return false;
    }
    *ret_index = (size_t)index;
    return true;
}

/* torch.load swaps bytes where this member says so. */
static enum stk_status check_byte_order(struct stk_torch_file *file,
                                        struct stk_decode_error *ret_error)
{
    size_t index = 0;
    if (!find_member(file, "byteorder", stk_span_of(NULL, 0), &index)) {
        return STK_OK;
    }
    if (!is_plain(&file->zip.entries[index])) {
        return refuse(ret_error, "a member that readers do not agree about");
    }
    STK_TRY(load_member(file, index, ret_error));
    return stk_span_is(stk_buf_span(&file->content), "little")
               ? STK_OK
               : refuse(ret_error, "storages of a big-endian machine");
}

/* The stream outlives what is expanded after it: a copy. */
static enum stk_status copy_content(const struct stk_torch_file *file,
                                    struct stk_span *ret_bytes)
{
    uint8_t *copy = stk_arena_alloc(file->arena, file->content.len);
    if (copy == NULL) {
        return STK_E_NOMEM;
    }
    stk_copy(copy, file->content.data, file->content.len);
    *ret_bytes = stk_span_of(copy, file->content.len);
    return STK_OK;
}

static enum stk_status open_archive(struct stk_torch_file *file,
                                    struct stk_decoder *decoder,
                                    struct stk_decode_error *ret_error)
{
    const struct stk_decode_options options = {.loader = STK_LOADER_TORCH,
                                               .trailing = true};
    struct stk_span bytes;
    size_t pickle = 0;
    size_t end = 0;
    STK_TRY(list_members(file));
    if (file->noted || file->zip.n_dirs != 1 || file->zip.full) {
        return refuse(ret_error, "an archive that readers do not agree about");
    }
    STK_TRY(index_members(file, &pickle, ret_error));
    const struct stk_zip_entry *entry = &file->zip.entries[pickle];
    if (!is_plain(entry)) {
        return refuse(ret_error, "a member that readers do not agree about");
    }
    file->prefix = stk_span_of(entry->name.data, entry->name.len - strlen("data.pkl"));
    STK_TRY(check_byte_order(file, ret_error));
    STK_TRY(load_member(file, pickle, ret_error));
    STK_TRY(copy_content(file, &bytes));
    return stk_decode_pickle(decoder, file->arena, bytes, &options, &file->value, &end,
                             ret_error);
}

static enum stk_status place_member(struct stk_torch_file *file, struct stk_span key,
                                    uint64_t len, struct stk_torch_place *ret_place,
                                    struct stk_decode_error *ret_error)
{
    size_t index = 0;
    if (!find_member(file, "data/", key, &index)) {
        return refuse(ret_error, "a storage that is not in the archive");
    }
    const struct stk_zip_entry *entry = &file->zip.entries[index];
    if (!is_plain(entry)) {
        return refuse(ret_error, "a member that readers do not agree about");
    }
    if (entry->says.size != len) {
        return refuse(ret_error, "a storage of %llu bytes, of which the archive has %llu",
                      (unsigned long long)len, (unsigned long long)entry->says.size);
    }
    if (entry->says.method != STK_ZIP_STORED) {
        STK_TRY(load_member(file, index, ret_error));
        *ret_place = (struct stk_torch_place){
            .source = stk_source_of(stk_buf_span(&file->content))};
        return STK_OK;
    }
    *ret_place = (struct stk_torch_place){
        .source = stk_source_part(file->source, entry->data, len),
        .off = entry->data,
        .in_file = true};
    return ret_place->source.size == len
               ? STK_OK
               : refuse(ret_error, "a storage that ends behind the archive");
}

/* ---- legacy files ---- */

static enum stk_status open_legacy(struct stk_torch_file *file,
                                   struct stk_decoder *decoder, uint64_t streams_len,
                                   struct stk_decode_error *ret_error)
{
    struct stk_legacy legacy;
    size_t len = 0;
    if (!stk_to_size(streams_len, &len)) {
        return STK_E_NOMEM;
    }
    uint8_t *bytes = stk_arena_alloc(file->arena, len);
    if (bytes == NULL) {
        return STK_E_NOMEM;
    }
    STK_TRY(stk_source_read(file->source, 0, bytes, len));
    STK_TRY(stk_legacy_decode(decoder, file->arena, stk_span_of(bytes, len), &legacy,
                              ret_error));
    file->value = legacy.value;
    file->keys = legacy.keys;
    return stk_legacy_places(file->alloc, file->arena, file->source, streams_len, &legacy,
                             &file->names, &file->places, ret_error);
}

static enum stk_status place_legacy(struct stk_torch_file *file, struct stk_span key,
                                    uint64_t len, struct stk_torch_place *ret_place,
                                    struct stk_decode_error *ret_error)
{
    uint64_t i = 0;
    if (!stk_map_get(&file->names, stk_text_hash(key), &i) ||
        !stk_span_equal(file->keys->list[i].text->bytes, key)) {
        return refuse(ret_error, "a storage that is not in the file");
    }
    *ret_place = (struct stk_torch_place){
        .source = stk_source_part(file->source, file->places[i], len),
        .off = file->places[i],
        .in_file = true};
    return ret_place->source.size == len
               ? STK_OK
               : refuse(ret_error, "a storage that ends behind the file");
}

/* ---- both ---- */

enum stk_status stk_torch_open(struct stk_torch_file *file, const struct stk_alloc *alloc,
                               const struct stk_limits *limits,
                               struct stk_decoder *decoder, struct stk_arena *arena,
                               const struct stk_source *source, uint64_t streams_len,
                               struct stk_decode_error *ret_error)
{
    *file = (struct stk_torch_file){.source = source,
                                    .alloc = alloc,
                                    .limits = limits,
                                    .arena = arena,
                                    .content_of = SIZE_MAX,
                                    .legacy = streams_len > 0};
    file->visitor = (struct stk_visitor){.ctx = file,
                                         .alloc = alloc,
                                         .limits = limits,
                                         .expand_left = &file->expand_left,
                                         .note = note};
    stk_zip_init(&file->zip, source, &file->visitor);
    stk_map_init(&file->names, alloc, SIZE_MAX, SEED);
    stk_buf_init(&file->content, alloc, STK_TORCH_PACKED_MAX);
    enum stk_status status = file->legacy
                                 ? open_legacy(file, decoder, streams_len, ret_error)
                                 : open_archive(file, decoder, ret_error);
    if (status != STK_OK && status != STK_E_MALFORMED &&
        !stk_status_is_environment(status)) {
        return refuse(ret_error, "a torch file that is not read: %s",
                      stk_status_text(status));
    }
    return status;
}

void stk_torch_release(struct stk_torch_file *file)
{
    stk_buf_release(&file->content);
    stk_map_release(&file->names);
    stk_zip_release(&file->zip);
}

enum stk_status stk_torch_place(struct stk_torch_file *file,
                                const struct stk_array *storage,
                                struct stk_torch_place *ret_place,
                                struct stk_decode_error *ret_error)
{
    uint64_t len = 0;
    if (!stk_mul(storage->n_items, storage->item_size, &len)) {
        return refuse(ret_error, "a storage of an impossible size");
    }
    if (storage->present) {
        *ret_place = (struct stk_torch_place){.source = stk_source_of(storage->bytes)};
        return storage->bytes.len == len ? STK_OK
                                         : refuse(ret_error, "a storage of another size");
    }
    return file->legacy ? place_legacy(file, storage->key, len, ret_place, ret_error)
                        : place_member(file, storage->key, len, ret_place, ret_error);
}
