/* SPDX-License-Identifier: Apache-2.0
 *
 * A ZIP archive that ends near the end of a tar or cpio file is found there by all who
 * search the end record from the back: zipfile and torch open the outer file as ZIP. They
 * then read what the member holds, and that is handed out as a member. Here is found out
 * whether that is all: each directory in the outer file must have its end record in a
 * member, lie at the same place in that member alone, and count from no earlier byte. One
 * that an offset names from the start of the outer file is met by chance too, where many
 * archives are in it; its headers then lead to no member.
 */
#include "container/formats.h"
#include "container/zip.h"

static const struct stk_format *const outer_formats[] = {
    &stk_format_tar,
    &stk_format_cpio,
};

struct range {
    uint64_t off;
    uint64_t len;
};

/* What a walk of the outer file has to say about the directories. */
struct seeker {
    const struct stk_zip *outer;
    struct range members[STK_ZIP_DIRS_MAX]; /* that hold the end records; or empty */
    bool odd;                               /* the walk had something to note */
};

/* Only members that the scanner recognises again count. */
static enum stk_status see_part(void *ctx, const struct stk_part *part)
{
    struct seeker *seeker = ctx;
    bool counts = part->in_file && part->name != NULL && part->role == STK_ROLE_ANY;
    for (size_t i = 0; i < seeker->outer->n_dirs; i++) {
        uint64_t at = seeker->outer->dirs[i].limit;
        if (counts && at >= part->off && at - part->off < part->source.size) {
            seeker->members[i] = (struct range){part->off, part->source.size};
        }
    }
    return STK_OK;
}

static enum stk_status see_note(void *ctx, enum stk_note_kind kind, uint64_t off,
                                const char *message)
{
    struct seeker *seeker = ctx;
    (void)kind;
    (void)off;
    (void)message;
    seeker->odd = true;
    return STK_OK;
}

static void see_name(void *ctx, const char *format)
{
    (void)ctx;
    (void)format;
}

/* NULL where the source is no archive that holds members as they are. */
static const struct stk_format *outer_format(const struct stk_source *source,
                                             struct stk_span head)
{
    for (size_t i = 0; i < sizeof(outer_formats) / sizeof(outer_formats[0]); i++) {
        if (outer_formats[i]->recognise(source, head)) {
            return outer_formats[i];
        }
    }
    return NULL;
}

/* No byte before the member counts: offsets are from `start - named` on. */
static bool is_same_dir(const struct stk_zip_dir *outer, const struct stk_zip_dir *inner,
                        uint64_t off)
{
    return outer->start == off + inner->start && outer->limit == off + inner->limit &&
           outer->named == inner->named && outer->size == inner->size &&
           outer->count == inner->count && outer->wide == inner->wide &&
           inner->start >= inner->named;
}

/* The directory is one of the member alone. */
static enum stk_status is_inside(const struct stk_zip *outer,
                                 const struct stk_zip_dir *dir, const struct range *in,
                                 bool *ret_yes)
{
    struct stk_source member = stk_source_part(outer->source, in->off, in->len);
    struct stk_zip inner = {.source = &member, .visitor = outer->visitor};
    STK_TRY(stk_zip_find_dirs(&inner));
    *ret_yes = false;
    for (size_t i = 0; i < inner.n_dirs; i++) {
        *ret_yes = *ret_yes || is_same_dir(dir, &inner.dirs[i], in->off);
    }
    return STK_OK;
}

/* None of its headers leads to a member. */
static enum stk_status leads_nowhere(const struct stk_zip *outer, struct stk_zip_dir dir,
                                     bool *ret_yes)
{
    struct stk_zip zip;
    stk_zip_init(&zip, outer->source, outer->visitor);
    enum stk_status status = stk_zip_list(&zip, &dir);
    if (status == STK_OK) {
        status = stk_zip_read_locals(&zip);
    }
    *ret_yes = !zip.full;
    for (size_t i = 0; i < zip.n_entries; i++) {
        *ret_yes = *ret_yes && !zip.entries[i].found;
    }
    stk_zip_release(&zip);
    return status;
}

static enum stk_status all_nested(const struct stk_zip *outer,
                                  const struct range *members, bool *ret_yes)
{
    *ret_yes = outer->n_dirs > 0;
    for (size_t i = 0; i < outer->n_dirs && *ret_yes; i++) {
        const struct stk_zip_dir *dir = &outer->dirs[i];
        STK_TRY(is_inside(outer, dir, &members[i], ret_yes));
        if (!*ret_yes && dir->start == dir->named) {
            STK_TRY(leads_nowhere(outer, *dir, ret_yes));
        }
    }
    return STK_OK;
}

/* Limits and trouble of the outer file: what was found is not all. */
static enum stk_status see_limit(void *ctx, enum stk_note_kind kind, uint64_t off,
                                 const char *message)
{
    return kind == STK_NOTE_LIMIT ? see_note(ctx, kind, off, message) : STK_OK;
}

enum stk_status stk_zip_is_nested(const struct stk_source *source, struct stk_span head,
                                  const struct stk_visitor *visitor, bool *ret_nested)
{
    const struct stk_format *format = outer_format(source, head);
    struct stk_zip outer = {.source = source};
    struct seeker seeker = {.outer = &outer};
    struct stk_visitor quiet = {
        .ctx = &seeker,
        .alloc = visitor->alloc,
        .limits = visitor->limits,
        .part = see_part,
        .note = see_note,
        .refine = see_name,
    };
    struct stk_visitor deaf = quiet;
    deaf.note = see_limit; /* what is odd in a member, its own walk notes */
    outer.visitor = &deaf;
    *ret_nested = false;
    if (format == NULL) {
        return STK_OK;
    }
    STK_TRY(stk_zip_find_dirs(&outer));
    STK_TRY(format->walk(source, &quiet));
    return seeker.odd ? STK_OK : all_nested(&outer, seeker.members, ret_nested);
}
