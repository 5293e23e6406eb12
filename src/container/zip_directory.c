/* SPDX-License-Identifier: Apache-2.0
 *
 * The central directory. CPython reads as many bytes as the end record says, others as
 * many headers; both are read, and a directory that ends elsewhere is ambiguous.
 */
#include "base/checked.h"
#include "container/zip.h"

#define AHEAD ((size_t)16 << 10)
#define NAME_SHOWN 96
#define VERSION_MAX 63 /* CPython refuses to read members that need more (zipfile) */
#define FLAGS_REFUSED (STK_ZIP_PATCH | STK_ZIP_STRONG | STK_ZIP_MASKED)

#define EXTRA_ZIP64 0x0001
#define EXTRA_UNICODE_PATH 0x7075

static bool take64(struct stk_span *field, uint64_t *ret_value)
{
    if (field->len < 8) {
        return false;
    }
    *ret_value = stk_le64(field->data);
    *field = stk_span_of(field->data + 8, field->len - 8);
    return true;
}

/* 4.5.3: only the values that do not fit their 32 bits, in this order. */
static bool apply64(struct stk_span field, struct stk_zip_reading *reading, uint64_t *at)
{
    if (reading->size == UINT32_MAX && !take64(&field, &reading->size)) {
        return false;
    }
    if (reading->packed == UINT32_MAX && !take64(&field, &reading->packed)) {
        return false;
    }
    return at == NULL || *at != UINT32_MAX || take64(&field, at);
}

/* The next field and its id. False at the end; *ret_ok is false where it is broken. */
static bool next_field(struct stk_span *extra, uint16_t *ret_id,
                       struct stk_span *ret_field, bool *ret_ok)
{
    if (extra->len < 4) {
        return false;
    }
    size_t len = stk_le16(extra->data + 2);
    if (len > extra->len - 4) {
        *ret_ok = false;
        return false;
    }
    *ret_id = stk_le16(extra->data);
    *ret_field = stk_span_of(extra->data + 4, len);
    *extra = stk_span_of(extra->data + 4 + len, extra->len - 4 - len);
    return true;
}

bool stk_zip_extra64(struct stk_span extra, struct stk_zip_reading *reading, uint64_t *at)
{
    bool ok = true;
    uint16_t id = 0;
    struct stk_span field = {0};
    while (next_field(&extra, &id, &field, &ok)) {
        if (id == EXTRA_ZIP64) {
            ok &= apply64(field, reading, at);
        }
    }
    return ok;
}

/* CPython 3.13 takes the name of the Unicode path field instead of the header's. */
static bool has_other_name(struct stk_span extra, struct stk_span name)
{
    bool ok = true;
    uint16_t id = 0;
    struct stk_span field = {0};
    while (next_field(&extra, &id, &field, &ok)) {
        if (id == EXTRA_UNICODE_PATH && field.len > 5 &&
            !stk_span_equal(stk_span_of(field.data + 5, field.len - 5), name)) {
            return true;
        }
    }
    return false;
}

static bool same_reading(const struct stk_zip_entry *a, const struct stk_zip_entry *b)
{
    return a->at == b->at && a->says.method == b->says.method &&
           a->says.flags == b->says.flags && a->says.crc == b->says.crc &&
           a->says.packed == b->says.packed && a->says.size == b->says.size &&
           a->listed == b->listed && stk_span_equal(a->name, b->name);
}

static enum stk_status note_name(struct stk_zip *zip, uint64_t off, const char *what,
                                 struct stk_span name)
{
    char shown[NAME_SHOWN];
    return stk_zip_note(zip, STK_NOTE_AMBIGUOUS, off, "%s: '%s'", what,
                        stk_escape(shown, sizeof(shown), name));
}

/* An entry of the same name is there: the same one again, or loaders choose. */
static enum stk_status meet_namesake(struct stk_zip *zip, uint64_t index,
                                     struct stk_zip_entry *entry, bool *ret_same)
{
    struct stk_zip_entry *old = &zip->entries[index];
    *ret_same = same_reading(old, entry);
    if (*ret_same) {
        return STK_OK;
    }
    old->odd = true;
    entry->odd = true;
    return note_name(zip, entry->header, "two members of one name", entry->name);
}

static enum stk_status is_full(struct stk_zip *zip, const struct stk_zip_entry *entry)
{
    if (zip->full) {
        return STK_OK;
    }
    zip->full = true;
    return stk_zip_note(zip, STK_NOTE_LIMIT, entry->header, "more than %llu members",
                        (unsigned long long)zip->visitor->limits->members_max);
}

static enum stk_status append(struct stk_zip *zip, const struct stk_zip_entry *entry)
{
    void *entries = zip->entries;
    STK_TRY(stk_grow(zip->visitor->alloc, &entries, &zip->cap_entries,
                     sizeof(zip->entries[0]), zip->n_entries + 1, SIZE_MAX));
    zip->entries = entries;
    zip->entries[zip->n_entries] = *entry;
    zip->entries[zip->n_entries].name.data =
        (const uint8_t *)stk_arena_text(&zip->arena, entry->name);
    if (zip->entries[zip->n_entries].name.data == NULL) {
        return STK_E_NOMEM;
    }
    zip->n_entries++;
    return STK_OK;
}

enum stk_status stk_zip_add(struct stk_zip *zip, const struct stk_zip_entry *entry,
                            struct stk_zip_entry **ret_entry)
{
    struct stk_zip_entry added = *entry;
    uint64_t hash = stk_hash(entry->name, zip->names.seed);
    uint64_t namesake = 0;
    bool same = false;
    if (stk_map_get(&zip->names, hash, &namesake)) {
        STK_TRY(meet_namesake(zip, namesake, &added, &same));
    }
    *ret_entry = NULL;
    if (same) {
        return STK_OK;
    }
    if (zip->n_entries >= zip->visitor->limits->members_max) {
        return is_full(zip, entry);
    }
    bool fresh = false;
    STK_TRY(append(zip, &added));
    STK_TRY(stk_map_put(&zip->names, hash, zip->n_entries - 1, &fresh));
    *ret_entry = &zip->entries[zip->n_entries - 1];
    return STK_OK;
}

/* Behind a prefix, offsets count from where the archive begins. An offset that leads out
 * of the file stays outside of it. */
static uint64_t from_start(const struct stk_zip_dir *dir, uint64_t at)
{
    uint64_t sum = 0;
    if (!stk_add(dir->start, at, &sum) || sum < dir->named) {
        return UINT64_MAX;
    }
    return sum - dir->named;
}

/* What loaders refuse, each for its own reason. */
static enum stk_status judge_header(struct stk_zip *zip, const uint8_t *p,
                                    const struct stk_zip_entry *entry, bool extra_ok)
{
    uint64_t off = entry->header;
    if (stk_span_find(entry->name, "\0", 1) != SIZE_MAX) {
        STK_TRY(note_name(zip, off, "a name with NUL in it", entry->name));
    }
    if ((entry->says.flags & FLAGS_REFUSED) != 0) {
        STK_TRY(note_name(zip, off, "flags that some loaders refuse", entry->name));
    }
    if (p[6] > VERSION_MAX) {
        STK_TRY(note_name(zip, off, "a version that some loaders refuse", entry->name));
    }
    if (!extra_ok) {
        STK_TRY(note_name(zip, off, "a broken extra field", entry->name));
    }
    return STK_OK;
}

/* The fixed part, and as much of name and extra field as the file has: zipfile takes a
 * last header that is cut there. */
static enum stk_status fetch_header(struct stk_zip *zip, uint64_t off,
                                    const uint8_t **ret_p, struct stk_span *ret_name,
                                    struct stk_span *ret_extra)
{
    const uint8_t *p = NULL;
    STK_TRY(stk_zip_fetch(zip, off, STK_ZIP_CENTRAL_LEN, AHEAD, &p));
    if (!stk_span_starts(stk_span_of(p, 4), STK_ZIP_CENTRAL, 4)) {
        return STK_E_MALFORMED;
    }
    uint64_t left = zip->source->size - off - STK_ZIP_CENTRAL_LEN;
    size_t name = stk_le16(p + 28);
    size_t extra = stk_le16(p + 30);
    name = name < left ? name : (size_t)left;
    extra = extra < left - name ? extra : (size_t)(left - name);
    STK_TRY(stk_zip_fetch(zip, off, STK_ZIP_CENTRAL_LEN + name + extra, AHEAD, &p));
    *ret_p = p;
    *ret_name = stk_span_of(p + STK_ZIP_CENTRAL_LEN, name);
    *ret_extra = stk_span_of(p + STK_ZIP_CENTRAL_LEN + name, extra);
    return STK_OK;
}

static struct stk_zip_entry entry_of(const struct stk_zip_dir *dir, uint64_t off,
                                     const uint8_t *p, struct stk_span name,
                                     struct stk_span extra, bool *ret_ok)
{
    struct stk_zip_entry entry = {
        .name = name,
        .says = {.flags = stk_le16(p + 8),
                 .method = stk_le16(p + 10),
                 .crc = stk_le32(p + 16),
                 .packed = stk_le32(p + 20),
                 .size = stk_le32(p + 24)},
        .header = off,
        .at = stk_le32(p + 42),
        .listed = true,
    };
    *ret_ok = stk_zip_extra64(extra, &entry.says, &entry.at) &&
              name.len == stk_le16(p + 28) && extra.len == stk_le16(p + 30);
    entry.odd = has_other_name(extra, name);
    entry.at = from_start(dir, entry.at);
    return entry;
}

/* One header at off; *ret_len is 0 where there is none. */
static enum stk_status list_one(struct stk_zip *zip, const struct stk_zip_dir *dir,
                                uint64_t off, uint64_t *ret_len)
{
    const uint8_t *p = NULL;
    struct stk_span name = {0};
    struct stk_span extra = {0};
    *ret_len = 0;
    enum stk_status status = fetch_header(zip, off, &p, &name, &extra);
    if (status != STK_OK) {
        return stk_status_is_environment(status) ? status : STK_OK;
    }
    bool ok = false;
    struct stk_zip_entry entry = entry_of(dir, off, p, name, extra, &ok);
    struct stk_zip_entry *added = NULL;
    *ret_len = (uint64_t)STK_ZIP_CENTRAL_LEN + name.len + extra.len + stk_le16(p + 32);
    STK_TRY(judge_header(zip, p, &entry, ok));
    return stk_zip_add(zip, &entry, &added);
}

static bool is_done(const struct stk_zip_dir *dir, uint64_t n)
{
    uint64_t mask = dir->wide ? UINT64_MAX : UINT16_MAX; /* Java counts modulo 65536 */
    return dir->used >= dir->size && (n & mask) == dir->count;
}

enum stk_status stk_zip_list(struct stk_zip *zip, struct stk_zip_dir *dir)
{
    uint64_t n = 0;
    dir->used = 0;
    while (!is_done(dir, n) && !zip->full) {
        uint64_t len = 0;
        STK_TRY(list_one(zip, dir, dir->start + dir->used, &len));
        if (len == 0) {
            break;
        }
        dir->used += len;
        n++;
    }
    if (zip->full || (is_done(dir, n) && dir->used == dir->size)) {
        return STK_OK;
    }
    uint64_t off = dir->start + dir->used; /* a comment may leave the file */
    off = off < zip->source->size ? off : zip->source->size;
    return stk_zip_note(zip, STK_NOTE_AMBIGUOUS, off,
                        "the central directory has another size or count than its end "
                        "record says");
}
