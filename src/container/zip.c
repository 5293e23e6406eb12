/* SPDX-License-Identifier: Apache-2.0 */
#include "container/zip.h"
#include "container/formats.h"

#include <stdarg.h>
#include <stdio.h>

#define NOTES_MAX 100u
#define SEED UINT64_C(0x7a69705f6e616d65)

enum stk_status stk_zip_note(struct stk_zip *zip, enum stk_note_kind kind, uint64_t off,
                             const char *format, ...)
{
    if (++zip->n_notes[kind] > NOTES_MAX) {
        zip->n_notes[kind] = NOTES_MAX;
        return STK_OK;
    }
    char message[512];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    if (len < 0) {
        return STK_E_BUG;
    }
    return zip->visitor->note(zip->visitor->ctx, kind, off, message);
}

enum stk_status stk_zip_fetch(struct stk_zip *zip, uint64_t off, size_t len, size_t ahead,
                              const uint8_t **ret_bytes)
{
    const struct stk_source *source = zip->source;
    if (off > source->size || len > source->size - off) {
        return STK_E_TRUNCATED;
    }
    if (source->mem != NULL) {
        *ret_bytes = source->mem + off;
        return STK_OK;
    }
    if (off >= zip->window_off && off - zip->window_off <= zip->window_len &&
        len <= zip->window_len - (size_t)(off - zip->window_off)) {
        *ret_bytes = zip->window + (off - zip->window_off);
        return STK_OK;
    }
    uint64_t left = source->size - off;
    size_t want = len + ahead;
    want = want < left ? want : (size_t)left;
    void *window = zip->window;
    STK_TRY(
        stk_grow(zip->visitor->alloc, &window, &zip->cap_window, 1, want + 1, SIZE_MAX));
    zip->window = window;
    zip->window_len = 0;
    STK_TRY(stk_source_read(source, off, zip->window, want));
    zip->window_off = off;
    zip->window_len = want;
    *ret_bytes = zip->window;
    return STK_OK;
}

void stk_zip_init(struct stk_zip *zip, const struct stk_source *source,
                  const struct stk_visitor *visitor)
{
    const struct stk_alloc *alloc = visitor->alloc;
    const struct stk_limits *limits = visitor->limits;
    *zip = (struct stk_zip){.source = source, .visitor = visitor};
    stk_arena_init(&zip->arena, alloc, limits->arena_max);
    stk_map_init(&zip->names, alloc, SIZE_MAX, SEED);
    stk_map_init(&zip->handed, alloc, SIZE_MAX, SEED);
    if (__builtin_mul_overflow(source->size, limits->search_factor, &zip->stored_left)) {
        zip->stored_left = UINT64_MAX;
    }
}

void stk_zip_release(struct stk_zip *zip)
{
    const struct stk_alloc *alloc = zip->visitor->alloc;
    stk_free(alloc, zip->entries, zip->cap_entries * sizeof(zip->entries[0]));
    stk_free(alloc, zip->gaps, zip->cap_gaps * sizeof(zip->gaps[0]));
    stk_free(alloc, zip->window, zip->cap_window);
    stk_map_release(&zip->names);
    stk_map_release(&zip->handed);
    stk_arena_release(&zip->arena);
}

static enum stk_status walk_zip(struct stk_zip *zip)
{
    STK_TRY(stk_zip_find_dirs(zip));
    for (size_t i = 0; i < zip->n_dirs; i++) {
        STK_TRY(stk_zip_list(zip, &zip->dirs[i]));
    }
    STK_TRY(stk_zip_read_locals(zip));
    STK_TRY(stk_zip_sweep(zip));
    STK_TRY(stk_zip_hand_members(zip));
    return stk_zip_hand_gaps(zip);
}

/* Front marks: a member, an empty archive, the marks of spanned ones (APPNOTE 8.5.3). */
static bool starts_as_zip(struct stk_span head)
{
    return stk_span_starts(head, STK_ZIP_LOCAL, 4) ||
           stk_span_starts(head, STK_ZIP_END, 4) ||
           stk_span_starts(head, "PK\7\10PK\3\4", 8) ||
           stk_span_starts(head, "PK00PK\3\4", 8);
}

static enum stk_status is_nested(const struct stk_source *source,
                                 const struct stk_visitor *visitor, bool *ret_nested)
{
    uint8_t bytes[STK_HEAD_MAX];
    size_t len = source->size < sizeof(bytes) ? (size_t)source->size : sizeof(bytes);
    struct stk_span head = stk_span_of(bytes, len);
    STK_TRY(stk_source_read(source, 0, bytes, len));
    if (starts_as_zip(head)) {
        *ret_nested = false;
        return STK_OK;
    }
    return stk_zip_is_nested(source, head, visitor, ret_nested);
}

static enum stk_status walk(const struct stk_source *source,
                            const struct stk_visitor *visitor)
{
    bool nested = false;
    STK_TRY(is_nested(source, visitor, &nested));
    if (nested) {
        return STK_OK;
    }
    struct stk_zip zip;
    stk_zip_init(&zip, source, visitor);
    enum stk_status status = walk_zip(&zip);
    stk_zip_release(&zip);
    return status;
}

/* zipfile looks at the end only: whatever precedes the archive is no obstacle. */
static bool recognise(const struct stk_source *source, struct stk_span head)
{
    struct stk_zip_end ends[STK_ZIP_DIRS_MAX];
    size_t n = 0;
    bool more = false;
    if (starts_as_zip(head)) {
        return true;
    }
    if (stk_zip_find_ends(source, ends, &n, &more) != STK_OK) {
        return false; /* who reads the file will see the failure again */
    }
    for (size_t i = 0; i < n && !more; i++) {
        more = stk_zip_end_leads(source, &ends[i]);
    }
    return more;
}

const struct stk_format stk_format_zip = {
    .name = "zip",
    .title = "ZIP archive (torch, npz, Keras, …)",
    .recognise = recognise,
    .walk = walk,
};
