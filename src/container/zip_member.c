/* SPDX-License-Identifier: Apache-2.0
 *
 * Hands members out. Stored ones are parts of the file; the others are expanded, as far
 * as the limits let them. A lie in a header (checksum, size, encryption) does not keep a
 * member from being looked at: some loader does not check.
 */
#include "base/checked.h"
#include "container/expand.h"
#include "container/inflate.h"
#include "container/zip.h"

#define NAME_SHOWN 512
#define CRC_MAX ((uint64_t)1 << 20) /* larger members are not checksummed, by cost */
#define PIECE ((size_t)4096)
#define LZMA_WINDOW_MAX (UINT32_C(1) << 27) /* more is not needed for data up to that */

/* What is being handed out. */
struct item {
    const struct stk_zip_entry *entry;
    const struct stk_zip_reading *reading;
    struct stk_source source; /* packed */
    enum stk_role role;
    char name[NAME_SHOWN];
};

static bool is_encrypted(const struct item *item)
{
    return (item->reading->flags & STK_ZIP_ENCRYPTED) != 0 ||
           item->reading->method == STK_ZIP_AES;
}

/* Sizes and checksum stand behind the data, where nobody knows the end of. */
static bool is_open_ended(const struct item *item)
{
    return !item->entry->listed && (item->reading->flags & STK_ZIP_DESCRIPTOR) != 0;
}

static enum stk_status note(struct stk_zip *zip, enum stk_note_kind kind,
                            const struct item *item, const char *what)
{
    return stk_zip_note(zip, kind, item->entry->header, "%s: '%.96s'", what, item->name);
}

static enum stk_status hand(struct stk_zip *zip, const struct item *item,
                            const struct stk_source *source, bool in_file)
{
    struct stk_part part = {
        .name = item->name,
        .source = *source,
        .off = in_file ? item->entry->data : 0,
        .role = item->role,
        .in_file = in_file,
    };
    return zip->visitor->part(zip->visitor->ctx, &part);
}

/* Members that overlap could each be the whole file: what is handed out of it in place is
 * bounded by a multiple of its size. */
static enum stk_status spend(struct stk_zip *zip, uint64_t off, uint64_t len,
                             bool *ret_ok)
{
    *ret_ok = len <= zip->stored_left;
    if (*ret_ok) {
        zip->stored_left -= len;
        return STK_OK;
    }
    return stk_zip_note(zip, STK_NOTE_LIMIT, off,
                        "members add up to more than %llu times the file",
                        (unsigned long long)zip->visitor->limits->search_factor);
}

static enum stk_status checksum(const struct stk_source *source, uint32_t *ret_crc)
{
    uint8_t piece[PIECE];
    uint32_t crc = 0;
    for (uint64_t off = 0; off < source->size;) {
        uint64_t left = source->size - off;
        size_t len = left < PIECE ? (size_t)left : PIECE;
        STK_TRY(stk_source_read(source, off, piece, len));
        crc = stk_crc32(crc, piece, len);
        off += len;
    }
    *ret_crc = crc;
    return STK_OK;
}

/* Holds the content against what the header says of it. */
static enum stk_status check_content(struct stk_zip *zip, const struct item *item,
                                     const struct stk_source *content)
{
    bool wrong = content->size != item->reading->size;
    bool checked = content->size <= CRC_MAX || item->role == STK_ROLE_TORCH;
    if (is_open_ended(item)) {
        return STK_OK;
    }
    if (!wrong && checked) {
        uint32_t crc = 0;
        STK_TRY(checksum(content, &crc));
        wrong = crc != item->reading->crc;
    }
    if (is_encrypted(item)) {
        return wrong || !checked
                   ? STK_OK
                   : note(zip, STK_NOTE_AMBIGUOUS, item, "not encrypted, but says so");
    }
    return wrong ? note(zip, STK_NOTE_AMBIGUOUS, item, "wrong size or checksum") : STK_OK;
}

static enum stk_status hand_packed(struct stk_zip *zip, const struct item *item)
{
    bool ok = false;
    STK_TRY(spend(zip, item->entry->data, item->source.size, &ok));
    return ok ? hand(zip, item, &item->source, true) : STK_OK;
}

static enum stk_status hand_stored(struct stk_zip *zip, const struct item *item)
{
    STK_TRY(check_content(zip, item, &item->source));
    return hand_packed(zip, item);
}

/* APPNOTE 5.8.8: version, length of properties, properties, then a bare LZMA stream. The
 * library wants the properties and the size in front, as in a .lzma file. */
struct lzma_view {
    uint8_t head[13];
    struct stk_source rest;
};

static enum stk_status lzma_read(void *ctx, uint64_t off, void *buf, size_t len)
{
    struct lzma_view *view = ctx;
    size_t n = 0;
    if (off < sizeof(view->head)) {
        n = sizeof(view->head) - (size_t)off;
        n = n < len ? n : len;
        stk_copy(buf, view->head + off, n);
    }
    return n == len ? STK_OK
                    : stk_source_read(&view->rest, off + n - sizeof(view->head),
                                      (uint8_t *)buf + n, len - n);
}

static enum stk_status expand_lzma(struct stk_zip *zip, const struct item *item,
                                   struct stk_buf *out)
{
    static const uint8_t window[4] = {0, 0, 0, LZMA_WINDOW_MAX >> 24};
    struct lzma_view view;
    uint8_t head[9];
    if (item->source.size < sizeof(head)) {
        return STK_E_TRUNCATED;
    }
    STK_TRY(stk_source_read(&item->source, 0, head, sizeof(head)));
    if (stk_le16(head + 2) != 5) {
        return STK_E_MALFORMED;
    }
    bool marked = (item->reading->flags & STK_ZIP_LZMA_END) != 0;
    uint64_t size = marked ? UINT64_MAX : item->reading->size;
    stk_copy(view.head, head + 4, 5);
    if (stk_le32(view.head + 1) > LZMA_WINDOW_MAX) {
        stk_copy(view.head + 1, window, sizeof(window));
    }
    for (unsigned i = 0; i < 8; i++) {
        view.head[5 + i] = (uint8_t)(size >> (8 * i));
    }
    view.rest = stk_source_part(&item->source, sizeof(head), UINT64_MAX);
    struct stk_source in = {
        .size = sizeof(view.head) + view.rest.size, .read_at = lzma_read, .ctx = &view};
    return stk_expand_lzma(zip->visitor, &in, out);
}

static enum stk_status expand_deflate(struct stk_zip *zip, const struct item *item,
                                      struct stk_buf *out)
{
    uint64_t used = 0;
    return stk_expand_deflate_used(zip->visitor, &item->source, out, &used);
}

static enum stk_status expand(struct stk_zip *zip, const struct item *item,
                              struct stk_buf *out)
{
    switch (item->reading->method) {
    case STK_ZIP_DEFLATE:
        return expand_deflate(zip, item, out);
    case STK_ZIP_BZIP2:
        return stk_expand_bz2(zip->visitor, &item->source, out);
    case STK_ZIP_LZMA:
        return expand_lzma(zip, item, out);
    case STK_ZIP_ZSTD_OLD:
    case STK_ZIP_ZSTD:
        return stk_expand_zstd(zip->visitor, &item->source, out);
    case STK_ZIP_XZ:
        return stk_expand_xz(zip->visitor, &item->source, out);
    default:
        return STK_E_UNSUPPORTED;
    }
}

static enum stk_status note_expansion(struct stk_zip *zip, const struct item *item,
                                      enum stk_status status)
{
    if (status == STK_E_LIMIT) {
        return note(zip, STK_NOTE_LIMIT, item, "expands to more than the limit");
    }
    if (is_encrypted(item)) {
        return STK_OK; /* noted as such */
    }
    if (status == STK_E_UNSUPPORTED) {
        return note(zip, STK_NOTE_UNSUPPORTED, item, "an unknown compression method");
    }
    return note(zip, STK_NOTE_MALFORMED, item, "broken compressed data");
}

/* What was expanded before a fault is handed out: a loader that streams has read it. */
static enum stk_status hand_content(struct stk_zip *zip, const struct item *item,
                                    const struct stk_buf *content, enum stk_status status)
{
    struct stk_source source = stk_source_of(stk_buf_span(content));
    if (status == STK_OK) {
        STK_TRY(check_content(zip, item, &source));
    } else {
        STK_TRY(note_expansion(zip, item, status));
    }
    if (status == STK_E_UNSUPPORTED) {
        return hand_packed(zip, item);
    }
    return source.size == 0 ? STK_OK : hand(zip, item, &source, false);
}

static enum stk_status hand_expanded(struct stk_zip *zip, const struct item *item)
{
    struct stk_buf content;
    stk_buf_init(&content, zip->visitor->alloc, SIZE_MAX);
    enum stk_status status = expand(zip, item, &content);
    if (!stk_status_is_environment(status)) {
        status = hand_content(zip, item, &content, status);
    }
    stk_buf_release(&content);
    return status;
}

/* The same bytes, read the same way, were handed out under another name: true. */
static bool same_data(const struct stk_zip *zip, uint64_t value, const struct item *item)
{
    const struct stk_zip_entry *old = &zip->entries[value / 2];
    const struct stk_zip_reading *reading = value % 2 == 0 ? &old->says : &old->local;
    return old->data == item->entry->data && reading->method == item->reading->method &&
           reading->packed == item->reading->packed &&
           reading->size == item->reading->size && reading->flags == item->reading->flags;
}

static enum stk_status was_handed(struct stk_zip *zip, uint64_t value,
                                  const struct item *item, bool *ret_was)
{
    uint64_t key[4] = {item->entry->data, item->reading->packed, item->reading->size,
                       item->reading->method};
    uint64_t hash = stk_hash(stk_span_of(key, sizeof(key)), zip->handed.seed);
    uint64_t old = 0;
    bool added = false;
    *ret_was = stk_map_get(&zip->handed, hash, &old) && same_data(zip, old, item);
    return *ret_was ? STK_OK : stk_map_put(&zip->handed, hash, value, &added);
}

/* The packed bytes. Where a stored member has two sizes, loaders read one or the other:
 * the longer one shows both. */
static enum stk_status open_item(struct stk_zip *zip, struct item *item)
{
    const struct stk_zip_reading *r = item->reading;
    uint64_t len = r->packed;
    if (r->method == STK_ZIP_STORED && !is_encrypted(item) && r->size != len) {
        len = r->size > len ? r->size : len;
        STK_TRY(note(zip, STK_NOTE_AMBIGUOUS, item, "stored, but of two sizes"));
    }
    item->source = stk_source_part(zip->source, item->entry->data, len);
    if (item->source.size < len) {
        return note(zip, STK_NOTE_MALFORMED, item, "runs past the end of the archive");
    }
    return STK_OK;
}

static enum stk_status hand_reading(struct stk_zip *zip, size_t index, bool local,
                                    enum stk_role role)
{
    const struct stk_zip_entry *entry = &zip->entries[index];
    struct item item = {
        .entry = entry,
        .reading = local ? &entry->local : &entry->says,
        .role = role,
    };
    bool was = false;
    (void)stk_escape(item.name, sizeof(item.name), entry->name);
    STK_TRY(open_item(zip, &item));
    if (item.source.size == 0) {
        return check_content(zip, &item, &item.source);
    }
    STK_TRY(was_handed(zip, 2 * (uint64_t)index + local, &item, &was));
    if (was) {
        return STK_OK;
    }
    if (is_encrypted(&item)) {
        STK_TRY(note(zip, STK_NOTE_ENCRYPTED, &item, "encrypted"));
    }
    return item.reading->method == STK_ZIP_STORED ? hand_stored(zip, &item)
                                                  : hand_expanded(zip, &item);
}

enum stk_status stk_zip_hand_out(struct stk_zip *zip, size_t index, enum stk_role role)
{
    if (!zip->entries[index].found) {
        return STK_OK;
    }
    STK_TRY(hand_reading(zip, index, false, role));
    return zip->entries[index].both ? hand_reading(zip, index, true, role) : STK_OK;
}

static enum stk_status hand_gap(struct stk_zip *zip, const struct stk_zip_gap *gap)
{
    bool ok = false;
    STK_TRY(spend(zip, gap->off, gap->len, &ok));
    if (!ok) {
        return STK_OK;
    }
    struct stk_part part = {
        .name = "(between members)",
        .source = stk_source_part(zip->source, gap->off, gap->len),
        .off = gap->off,
        .role = STK_ROLE_ANY,
        .in_file = true,
    };
    if (gap->off == 0) {
        part.name = "(before the archive)";
    } else if (gap->off + gap->len == zip->source->size) {
        part.name = "(behind the archive)";
    }
    return zip->visitor->part(zip->visitor->ctx, &part);
}

enum stk_status stk_zip_hand_gaps(struct stk_zip *zip)
{
    for (size_t i = 0; i < zip->n_gaps; i++) {
        STK_TRY(hand_gap(zip, &zip->gaps[i]));
    }
    return STK_OK;
}

static enum stk_status copy_stored(const struct stk_source *source, struct stk_buf *out)
{
    size_t most = out->max - out->len;
    size_t len = source->size < most ? (size_t)source->size : most;
    uint8_t *to = stk_buf_room(out, len);
    if (to == NULL) {
        return out->status;
    }
    STK_TRY(stk_source_read(source, 0, to, len));
    out->len += len;
    return len < source->size ? STK_E_LIMIT : STK_OK;
}

enum stk_status stk_zip_content(struct stk_zip *zip, const struct stk_zip_entry *entry,
                                struct stk_buf *out)
{
    struct item item = {.entry = entry, .reading = &entry->says};
    item.source = stk_source_part(zip->source, entry->data, entry->says.packed);
    return entry->says.method == STK_ZIP_STORED ? copy_stored(&item.source, out)
                                                : expand(zip, &item, out);
}
