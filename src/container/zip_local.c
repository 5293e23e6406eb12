/* SPDX-License-Identifier: Apache-2.0
 *
 * Local headers. Readers of a stream go by these and never see the directory; they also
 * find members that no directory lists. Only headers are read, and what lies between the
 * members; not the members.
 */
#include "base/checked.h"
#include "container/zip.h"

#define AHEAD ((size_t)256)
#define SEARCH ((size_t)64 << 10)
#define NAME_SHOWN 96
#define GAP_MIN 8         /* alignment, and too little for a stream that does anything */
#define DESCRIPTOR_MAX 24 /* 4.3.9, with signature and zip64 sizes */
#define FLAGS_COMPARED                                                                   \
    (STK_ZIP_ENCRYPTED | STK_ZIP_PATCH | STK_ZIP_STRONG | STK_ZIP_MASKED)

static enum stk_status note_entry(struct stk_zip *zip, enum stk_note_kind kind,
                                  const struct stk_zip_entry *entry, const char *what)
{
    char shown[NAME_SHOWN];
    return stk_zip_note(zip, kind, stk_zip_entry_off(entry), "%s: '%s'", what,
                        stk_escape(shown, sizeof(shown), entry->name));
}

struct local {
    struct stk_zip_reading reading;
    struct stk_span name; /* borrowed from the window */
    uint64_t data;
    bool found;
    bool extra_ok;
};

/* The local header at `at`; found is false where there is none. */
static enum stk_status read_local(struct stk_zip *zip, uint64_t at,
                                  struct local *ret_local)
{
    const uint8_t *p = NULL;
    struct local local = {.found = false};
    *ret_local = local;
    enum stk_status status = stk_zip_fetch(zip, at, STK_ZIP_LOCAL_LEN, AHEAD, &p);
    if (status != STK_OK || !stk_span_starts(stk_span_of(p, 4), STK_ZIP_LOCAL, 4)) {
        return status == STK_E_TRUNCATED ? STK_OK : status;
    }
    size_t name_len = stk_le16(p + 26);
    size_t extra_len = stk_le16(p + 28);
    local.reading = (struct stk_zip_reading){.flags = stk_le16(p + 6),
                                             .method = stk_le16(p + 8),
                                             .crc = stk_le32(p + 14),
                                             .packed = stk_le32(p + 18),
                                             .size = stk_le32(p + 22)};
    bool wide = local.reading.packed == UINT32_MAX || local.reading.size == UINT32_MAX;
    size_t len = STK_ZIP_LOCAL_LEN + name_len;
    local.data = at + len + extra_len;
    status = stk_zip_fetch(zip, at, len + (wide ? extra_len : 0), AHEAD, &p);
    if (status != STK_OK || local.data > zip->source->size) {
        return status == STK_E_TRUNCATED ? STK_OK : status;
    }
    local.found = true;
    local.name = stk_span_of(p + STK_ZIP_LOCAL_LEN, name_len);
    struct stk_span extra = stk_span_of(p + len, wide ? extra_len : 0);
    local.extra_ok = stk_zip_extra64(extra, &local.reading, NULL);
    *ret_local = local;
    return STK_OK;
}

/* 4.4.4: with bit 3 the sizes and the checksum follow the data, and are zero here. */
static bool says_later(const struct stk_zip_reading *local)
{
    return (local->flags & STK_ZIP_DESCRIPTOR) != 0 && local->packed == 0 &&
           local->size == 0;
}

static enum stk_status compare(struct stk_zip *zip, struct stk_zip_entry *entry,
                               const struct local *local)
{
    const struct stk_zip_reading *says = &entry->says;
    struct stk_zip_reading *here = &entry->local;
    *here = local->reading;
    if (says_later(here)) {
        here->crc = says->crc;
        here->packed = says->packed;
        here->size = says->size;
    }
    const char *what = NULL;
    if (here->method != says->method || here->packed != says->packed) {
        what = "the local header describes other data than the directory";
        entry->both = here->packed > 0;
    } else if (!stk_span_equal(local->name, entry->name)) {
        what = "the local header has another name than the directory";
    } else if (((here->flags ^ says->flags) & FLAGS_COMPARED) != 0) {
        what = "the local header has other flags than the directory";
    } else if (here->size != says->size || here->crc != says->crc || !local->extra_ok) {
        what = "the local header has another size or checksum than the directory";
    }
    if (what == NULL) {
        return STK_OK;
    }
    entry->odd = true;
    return note_entry(zip, STK_NOTE_AMBIGUOUS, entry, what);
}

enum stk_status stk_zip_read_locals(struct stk_zip *zip)
{
    for (size_t i = 0; i < zip->n_entries; i++) {
        struct stk_zip_entry *entry = &zip->entries[i];
        struct local local;
        STK_TRY(read_local(zip, entry->at, &local));
        entry->found = local.found;
        entry->data = local.data;
        if (local.found) {
            STK_TRY(compare(zip, entry, &local));
        } else {
            entry->odd = true;
            STK_TRY(note_entry(zip, STK_NOTE_MALFORMED, entry,
                               "no local header where the directory says"));
        }
    }
    return STK_OK;
}

/* The bytes that something claims; in order of start. */
struct claim {
    uint64_t start;
    uint64_t end;
    enum {
        CLAIM_MEMBER,
        CLAIM_DIRECTORY,
        CLAIM_RECORD,
    } kind;
    bool descriptor; /* one may follow */
};

static void swap(struct claim *a, struct claim *b)
{
    struct claim t = *a;
    *a = *b;
    *b = t;
}

static void sift(struct claim *heap, size_t root, size_t n)
{
    for (;;) {
        size_t child = 2 * root + 1;
        if (child >= n) {
            return;
        }
        child += child + 1 < n && heap[child + 1].start > heap[child].start;
        if (heap[root].start >= heap[child].start) {
            return;
        }
        swap(&heap[root], &heap[child]);
        root = child;
    }
}

/* Heapsort: no memory, and n log n whatever the offsets are. (qsort allocates.) */
static void sort(struct claim *claims, size_t n)
{
    bool sorted = true;
    for (size_t i = 1; i < n && sorted; i++) {
        sorted = claims[i - 1].start <= claims[i].start;
    }
    if (sorted) {
        return;
    }
    for (size_t i = n / 2; i > 0; i--) {
        sift(claims, i - 1, n);
    }
    for (size_t i = n; i > 1; i--) {
        swap(&claims[0], &claims[i - 1]);
        sift(claims, 0, i - 1);
    }
}

/* At most one a member, two a directory, and one an end record. */
static size_t make_claims(const struct stk_zip *zip, struct claim *claims)
{
    size_t n = 0;
    for (size_t i = 0; i < zip->n_entries; i++) {
        const struct stk_zip_entry *entry = &zip->entries[i];
        if (entry->found) {
            uint64_t left = zip->source->size - entry->data;
            uint64_t len = entry->says.packed < left ? entry->says.packed : left;
            uint16_t flags = entry->says.flags | entry->local.flags;
            claims[n++] = (struct claim){entry->at, entry->data + len, CLAIM_MEMBER,
                                         (flags & STK_ZIP_DESCRIPTOR) != 0};
        }
    }
    for (size_t i = 0; i < zip->n_dirs; i++) {
        const struct stk_zip_dir *dir = &zip->dirs[i];
        uint64_t end =
            dir->limit + (dir->wide ? STK_ZIP_END64_LEN + STK_ZIP_LOCATOR64_LEN : 0u);
        claims[n++] =
            (struct claim){dir->start, dir->start + dir->used, CLAIM_DIRECTORY, false};
        claims[n++] = (struct claim){dir->limit, end, CLAIM_RECORD, false};
    }
    for (size_t i = 0; i < zip->n_ends; i++) {
        uint64_t end = zip->ends[i] + STK_ZIP_END_LEN;
        claims[n++] = (struct claim){zip->ends[i], end, CLAIM_RECORD, false};
    }
    sort(claims, n);
    return n;
}

static enum stk_status add_gap(struct stk_zip *zip, uint64_t from, uint64_t to)
{
    if (to <= from || to - from < GAP_MIN) {
        return STK_OK;
    }
    void *gaps = zip->gaps;
    STK_TRY(stk_grow(zip->visitor->alloc, &gaps, &zip->cap_gaps, sizeof(zip->gaps[0]),
                     zip->n_gaps + 1, SIZE_MAX));
    zip->gaps = gaps;
    zip->gaps[zip->n_gaps++] = (struct stk_zip_gap){.off = from, .len = to - from};
    return STK_OK;
}

/* The first local header's signature in [from, to), or `to`. */
static enum stk_status find_mark(struct stk_zip *zip, uint64_t from, uint64_t to,
                                 uint64_t *ret_at)
{
    *ret_at = to;
    while (to - from >= STK_ZIP_LOCAL_LEN) {
        const uint8_t *p = NULL;
        size_t len = to - from < SEARCH ? (size_t)(to - from) : SEARCH;
        STK_TRY(stk_zip_fetch(zip, from, len, 0, &p));
        size_t found = stk_span_find(stk_span_of(p, len), STK_ZIP_LOCAL, 4);
        if (found != SIZE_MAX) {
            *ret_at = from + found;
            return STK_OK;
        }
        from += len - 3;
    }
    return STK_OK;
}

/* Four bytes are found by chance too: what else must be so in a member that a loader can
 * open. */
static bool is_plausible(const struct local *local)
{
    uint16_t method = local->reading.method;
    return local->found && local->name.len > 0 &&
           (method <= STK_ZIP_ZSTD_OLD ||
            (method >= STK_ZIP_ZSTD && method <= STK_ZIP_AES));
}

/* Adds a member that only its local header describes; its data ends at `to` where the
 * header does not say. *ret_end: where to search on. */
static enum stk_status add_hidden(struct stk_zip *zip, uint64_t at, uint64_t to,
                                  const struct local *local, uint64_t *ret_end)
{
    struct stk_zip_entry entry = {
        .name = local->name,
        .says = local->reading,
        .local = local->reading,
        .header = at,
        .at = at,
        .data = local->data,
        .found = true,
        .odd = true,
    };
    *ret_end = local->data;
    if (says_later(&entry.says)) {
        entry.says.packed = to > entry.data ? to - entry.data : 0;
        entry.says.size = entry.says.packed;
    } else if (stk_range_ok(entry.data, entry.says.packed, to)) {
        *ret_end = entry.data + entry.says.packed;
    }
    STK_TRY(
        note_entry(zip, STK_NOTE_AMBIGUOUS, &entry, "a member that no directory lists"));
    struct stk_zip_entry *added = NULL;
    return stk_zip_add(zip, &entry, &added);
}

/* Nobody claims [from, to): looks for members there, keeps the rest as gaps. */
static enum stk_status search_gap(struct stk_zip *zip, uint64_t from, uint64_t to)
{
    uint64_t pos = from;
    while (pos < to && !zip->full) {
        uint64_t at = 0;
        struct local local;
        STK_TRY(find_mark(zip, pos, to, &at));
        if (at == to) {
            break;
        }
        STK_TRY(read_local(zip, at, &local));
        pos = at + 4;
        if (is_plausible(&local)) {
            STK_TRY(add_gap(zip, from, at));
            STK_TRY(add_hidden(zip, at, to, &local, &pos));
            from = pos;
        }
    }
    return add_gap(zip, from, to);
}

/* Between two claims: nothing, a data descriptor, or what nobody claims. */
static enum stk_status between(struct stk_zip *zip, const struct claim *last, uint64_t to)
{
    uint64_t len = to - last->end;
    if (len == 0 || (last->descriptor && len <= DESCRIPTOR_MAX)) {
        return STK_OK;
    }
    return search_gap(zip, last->end, to);
}

/* Where two claims meet: a fault, unless one of them says the same as the other. */
static bool overlaps(const struct claim *last, const struct claim *claim)
{
    bool to_tell = claim->kind == CLAIM_MEMBER ||
                   (claim->kind == CLAIM_DIRECTORY && last->kind == CLAIM_MEMBER);
    return to_tell && claim->start != last->start;
}

static enum stk_status sweep(struct stk_zip *zip, const struct claim *claims, size_t n)
{
    struct claim last = {.start = UINT64_MAX};
    for (size_t i = 0; i < n; i++) {
        const struct claim *claim = &claims[i];
        if (claim->start >= last.end) {
            STK_TRY(between(zip, &last, claim->start));
        } else if (overlaps(&last, claim)) {
            STK_TRY(stk_zip_note(zip, STK_NOTE_AMBIGUOUS, claim->start,
                                 "members overlap each other or the directory"));
        }
        if (claim->end >= last.end) {
            last = *claim;
        }
    }
    uint64_t size = zip->source->size;
    return last.end < size ? between(zip, &last, size) : STK_OK;
}

enum stk_status stk_zip_sweep(struct stk_zip *zip)
{
    size_t len = (zip->n_entries + 3 * STK_ZIP_DIRS_MAX) * sizeof(struct claim);
    struct claim *claims = stk_new(zip->visitor->alloc, len);
    if (claims == NULL) {
        return STK_E_NOMEM;
    }
    enum stk_status status = sweep(zip, claims, make_claims(zip, claims));
    stk_free(zip->visitor->alloc, claims, len);
    return status;
}
