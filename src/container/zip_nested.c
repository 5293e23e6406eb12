/* SPDX-License-Identifier: Apache-2.0
 *
 * A ZIP archive that ends near the end of a tar or cpio file is found there by all who
 * search the end record from the back: zipfile and torch open the outer file as ZIP. They
 * then read what the member holds, and that is handed out as a member. Here is found out
 * whether that is all: each directory that leads somewhere in the outer file must lie in
 * one member, lead to the same place in the member alone, and count from no earlier byte.
 */
#include "container/formats.h"
#include "container/zip.h"

static const struct stk_format *const outer_formats[] = {
    &stk_format_tar,
    &stk_format_cpio,
};

/* What a walk has to say about one byte. */
struct seeker {
    uint64_t at;
    uint64_t off; /* of the member that holds it */
    uint64_t len; /* 0: no member does */
    bool odd;     /* something was noted */
};

/* Only members that the scanner recognises again count. */
static enum stk_status see_part(void *ctx, const struct stk_part *part)
{
    struct seeker *seeker = ctx;
    if (part->in_file && part->name != NULL && part->role == STK_ROLE_ANY &&
        seeker->at >= part->off && seeker->at - part->off < part->source.size) {
        seeker->off = part->off;
        seeker->len = part->source.size;
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

static struct stk_visitor visitor_of(struct seeker *seeker,
                                     const struct stk_visitor *visitor)
{
    return (struct stk_visitor){
        .ctx = seeker,
        .alloc = visitor->alloc,
        .limits = visitor->limits,
        .part = see_part,
        .note = see_note,
        .refine = see_name,
    };
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

static bool all_inside(const struct stk_zip *outer, const struct stk_zip *inner,
                       uint64_t off)
{
    for (size_t i = 0; i < outer->n_dirs; i++) {
        size_t k = 0;
        while (k < inner->n_dirs && !is_same_dir(&outer->dirs[i], &inner->dirs[k], off)) {
            k++;
        }
        if (k == inner->n_dirs) {
            return false;
        }
    }
    return true;
}

enum stk_status stk_zip_is_nested(const struct stk_source *source, struct stk_span head,
                                  const struct stk_visitor *visitor, bool *ret_nested)
{
    const struct stk_format *format = outer_format(source, head);
    struct seeker seeker = {.odd = false};
    struct stk_visitor quiet = visitor_of(&seeker, visitor);
    struct stk_zip outer = {.source = source, .visitor = &quiet};
    *ret_nested = false;
    if (format == NULL) {
        return STK_OK;
    }
    STK_TRY(stk_zip_find_dirs(&outer));
    if (outer.n_dirs == 0 || outer.n_ends != 1) {
        return STK_OK;
    }
    seeker.at = outer.ends[0];
    STK_TRY(format->walk(source, &quiet));
    if (seeker.odd || seeker.len == 0) {
        return STK_OK;
    }
    struct stk_source member = stk_source_part(source, seeker.off, seeker.len);
    struct stk_zip inner = {.source = &member, .visitor = &quiet};
    STK_TRY(stk_zip_find_dirs(&inner)); /* what is odd there, its own walk notes */
    *ret_nested = all_inside(&outer, &inner, seeker.off);
    return STK_OK;
}
