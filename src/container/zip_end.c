/* SPDX-License-Identifier: Apache-2.0
 *
 * The end of central directory record. Loaders search it from the back and disagree about
 * which bytes are one: CPython takes the last signature whatever follows, others want the
 * comment to reach exactly to the end of the file, others again try each until one leads
 * to a directory. All of these are taken.
 */
#include "base/checked.h"
#include "container/zip.h"

#define TAIL_MAX                                                                         \
    (STK_ZIP_END_LEN + 65535u) /* 4.4.12: the comment's length has 16 bits               \
                                */
#define PIECE 4096u
#define LEADS_MAX 64u /* records that are followed to see if they lead somewhere */

static bool has_mark(const struct stk_source *source, uint64_t off, const char *mark)
{
    uint8_t got[4];
    return stk_source_read(source, off, got, 4) == STK_OK &&
           stk_span_starts(stk_span_of(got, 4), mark, 4);
}

/* What the finder keeps while it goes back. */
struct finder {
    const struct stk_source *source;
    struct stk_zip_end *ends;
    size_t n;
    unsigned leads; /* records followed so far */
    bool seen;      /* a record was found, so that others are not the last */
    bool more;
};

static struct stk_zip_end end_of(const uint8_t *p, uint64_t at, uint64_t size)
{
    return (struct stk_zip_end){
        .at = at,
        .disks = stk_le32(p + 4) != 0 && stk_le32(p + 4) != UINT32_MAX,
        .count = stk_le16(p + 10),
        .size = stk_le32(p + 12),
        .offset = stk_le32(p + 16),
        .exact = stk_le16(p + 20) == size - at - STK_ZIP_END_LEN,
    };
}

static enum stk_status consider(struct finder *f, uint64_t at)
{
    uint8_t bytes[STK_ZIP_END_LEN];
    if (!stk_range_ok(at, sizeof(bytes), f->source->size)) {
        return STK_OK;
    }
    STK_TRY(stk_source_read(f->source, at, bytes, sizeof(bytes)));
    struct stk_zip_end end = end_of(bytes, at, f->source->size);
    end.last = !f->seen;
    f->seen = true;
    bool take = end.last || end.exact;
    if (!take && f->leads < LEADS_MAX) {
        f->leads++;
        take = has_mark(f->source, end.offset, STK_ZIP_CENTRAL);
    } else if (!take) {
        f->more = true;
    }
    if (take && f->n < STK_ZIP_DIRS_MAX) {
        f->ends[f->n++] = end;
    } else if (take) {
        f->more = true;
    }
    return STK_OK;
}

/* The signatures that begin in [from, to), last first. */
static enum stk_status search_piece(struct finder *f, uint64_t from, uint64_t to)
{
    uint8_t piece[PIECE + 3];
    uint64_t left = f->source->size - from;
    uint64_t want = to - from + 3;
    size_t len = (size_t)(want < left ? want : left);
    struct stk_span before = stk_span_of(piece, len);
    if (f->source->mem != NULL) {
        before.data = f->source->mem + from;
    } else {
        STK_TRY(stk_source_read(f->source, from, piece, len));
    }
    for (;;) {
        size_t at = stk_span_find_last(before, STK_ZIP_END, 4);
        if (at == SIZE_MAX) {
            return STK_OK;
        }
        STK_TRY(consider(f, from + at));
        before.len = at + 3; /* others may begin before it, and end inside */
    }
}

enum stk_status stk_zip_find_ends(const struct stk_source *source,
                                  struct stk_zip_end ends[STK_ZIP_DIRS_MAX],
                                  size_t *ret_n, bool *ret_more)
{
    struct finder f = {.source = source, .ends = ends};
    uint64_t tail = source->size < TAIL_MAX ? source->size : TAIL_MAX;
    uint64_t floor = source->size - tail;
    for (uint64_t to = source->size; to > floor;) {
        uint64_t from = to - floor > PIECE ? to - PIECE : floor;
        STK_TRY(search_piece(&f, from, to));
        to = from;
    }
    *ret_n = f.n;
    *ret_more = f.more;
    return STK_OK;
}

/* Where CPython reads a directory of this size: right before `limit`. */
static bool before(uint64_t limit, uint64_t size, uint64_t *ret_start)
{
    if (size > limit) {
        return false;
    }
    *ret_start = limit - size;
    return true;
}

bool stk_zip_end_leads(const struct stk_source *source, const struct stk_zip_end *end)
{
    uint64_t start = 0;
    if (has_mark(source, end->offset, STK_ZIP_CENTRAL) ||
        (before(end->at, end->size, &start) &&
         has_mark(source, start, STK_ZIP_CENTRAL))) {
        return true;
    }
    /* Sizes that do not fit 32 bits are in the zip64 record, if there is one. */
    return end->at >= STK_ZIP_LOCATOR64_LEN &&
           has_mark(source, end->at - STK_ZIP_LOCATOR64_LEN, STK_ZIP_LOCATOR64);
}

/* Adds the directory unless it is there already. *ret_found: a loader that looks at
 * dir->start finds one. */
static enum stk_status add_dir(struct stk_zip *zip, const struct stk_zip_dir *dir,
                               bool *ret_found)
{
    *ret_found = dir->count == 0 && dir->size == 0;
    if (*ret_found || !has_mark(zip->source, dir->start, STK_ZIP_CENTRAL)) {
        return STK_OK;
    }
    *ret_found = true;
    for (size_t i = 0; i < zip->n_dirs; i++) {
        const struct stk_zip_dir *old = &zip->dirs[i];
        if (old->start == dir->start && old->named == dir->named &&
            old->size == dir->size && old->count == dir->count) {
            return STK_OK;
        }
    }
    if (zip->n_dirs == STK_ZIP_DIRS_MAX) {
        return stk_zip_note(zip, STK_NOTE_LIMIT, dir->limit,
                            "more than %d central directories", STK_ZIP_DIRS_MAX);
    }
    zip->dirs[zip->n_dirs++] = *dir;
    return STK_OK;
}

/* The directory both where the record says and where CPython infers it to be. */
static enum stk_status add_both(struct stk_zip *zip, struct stk_zip_dir dir,
                                bool *ret_found)
{
    uint64_t inferred = 0;
    bool by_size = false;
    bool by_offset = false;
    if (before(dir.limit, dir.size, &inferred)) {
        dir.start = inferred;
        STK_TRY(add_dir(zip, &dir, &by_size));
    }
    if (!by_size || inferred != dir.named) {
        dir.start = dir.named;
        STK_TRY(add_dir(zip, &dir, &by_offset));
    }
    *ret_found = by_size || by_offset;
    if (by_offset && inferred != dir.named) {
        return stk_zip_note(zip, STK_NOTE_AMBIGUOUS, dir.limit,
                            "the central directory's offset and size name two places");
    }
    return STK_OK;
}

/* The zip64 records of an end record. */
struct wide {
    bool found;   /* a directory */
    bool differs; /* from what the end record says */
};

/* The zip64 end record at `at`; *wide stays as it is where there is none. */
static enum stk_status add_end64(struct stk_zip *zip, const struct stk_zip_end *end,
                                 uint64_t at, struct wide *wide)
{
    uint8_t p[STK_ZIP_END64_LEN];
    if (!has_mark(zip->source, at, STK_ZIP_END64) ||
        !stk_range_ok(at, sizeof(p), zip->source->size)) {
        return STK_OK;
    }
    STK_TRY(stk_source_read(zip->source, at, p, sizeof(p)));
    struct stk_zip_dir dir = {
        .count = stk_le64(p + 32),
        .size = stk_le64(p + 40),
        .named = stk_le64(p + 48),
        .limit = at,
        .wide = true,
    };
    bool found = false;
    STK_TRY(add_both(zip, dir, &found));
    wide->found |= found;
    /* 4.4.1.4: fields that fit are in the end record too; loaders choose either. */
    bool differs = (end->count != UINT16_MAX && end->count != dir.count) ||
                   (end->size != UINT32_MAX && end->size != dir.size) ||
                   (end->offset != UINT32_MAX && end->offset != dir.named);
    wide->differs |= differs;
    return differs ? stk_zip_note(zip, STK_NOTE_AMBIGUOUS, at,
                                  "the zip64 end record contradicts the end record")
                   : STK_OK;
}

/* zip64: CPython before 2025 takes the record in front of the locator, others the one
 * that the locator points to. */
static enum stk_status add_zip64(struct stk_zip *zip, const struct stk_zip_end *end,
                                 struct wide *wide)
{
    uint8_t p[STK_ZIP_LOCATOR64_LEN];
    if (end->at < sizeof(p) ||
        !has_mark(zip->source, end->at - sizeof(p), STK_ZIP_LOCATOR64)) {
        return STK_OK;
    }
    uint64_t locator = end->at - sizeof(p);
    STK_TRY(stk_source_read(zip->source, locator, p, sizeof(p)));
    uint64_t named = stk_le64(p + 8);
    uint64_t adjacent =
        locator >= STK_ZIP_END64_LEN ? locator - STK_ZIP_END64_LEN : named;
    STK_TRY(add_end64(zip, end, adjacent, wide));
    /* Behind a prefix the locator's offset leads elsewhere, as all others do. */
    if (named == adjacent || !has_mark(zip->source, named, STK_ZIP_END64)) {
        return STK_OK;
    }
    STK_TRY(add_end64(zip, end, named, wide));
    return stk_zip_note(zip, STK_NOTE_AMBIGUOUS, locator,
                        "the zip64 locator points away from the record before it");
}

static enum stk_status add_end(struct stk_zip *zip, const struct stk_zip_end *end,
                               bool *ret_found)
{
    struct wide wide = {false, false};
    STK_TRY(add_zip64(zip, end, &wide));
    if (end->disks) {
        STK_TRY(stk_zip_note(zip, STK_NOTE_AMBIGUOUS, end->at,
                             "an archive of several disks"));
    }
    struct stk_zip_dir dir = {
        .count = end->count,
        .size = end->size,
        .named = end->offset,
        .start = end->offset,
        .limit = end->at,
    };
    bool found = false;
    if (!wide.found) {
        STK_TRY(add_both(zip, dir, &found));
    } else if (wide.differs) {
        /* With zip64 records in between, the size leads nowhere, but the offset might. */
        STK_TRY(add_dir(zip, &dir, &found));
    }
    *ret_found = found || wide.found;
    if (*ret_found) {
        zip->ends[zip->n_ends++] = end->at;
    }
    return STK_OK;
}

enum stk_status stk_zip_find_dirs(struct stk_zip *zip)
{
    struct stk_zip_end ends[STK_ZIP_DIRS_MAX];
    size_t n = 0;
    bool more = false;
    STK_TRY(stk_zip_find_ends(zip->source, ends, &n, &more));
    for (size_t i = 0; i < n; i++) {
        bool found = false;
        STK_TRY(add_end(zip, &ends[i], &found));
        if (!found && ends[i].last) {
            STK_TRY(stk_zip_note(zip, STK_NOTE_MALFORMED, ends[i].at,
                                 "no central directory where the end record says"));
        }
    }
    if (n == 0) {
        STK_TRY(stk_zip_note(zip, STK_NOTE_MALFORMED, zip->source->size,
                             "no end of central directory record"));
    }
    if (zip->n_ends > 1) {
        STK_TRY(stk_zip_note(zip, STK_NOTE_AMBIGUOUS, zip->ends[1],
                             "more than one end of central directory record"));
    }
    if (more) {
        return stk_zip_note(zip, STK_NOTE_LIMIT, zip->source->size,
                            "more end of central directory records than are followed");
    }
    return STK_OK;
}
