/* SPDX-License-Identifier: Apache-2.0 */
#include "report/locate.h"

#include <string.h>

#include "container/container.h"
#include "container/formats.h"
#include "container/textstream.h"

/* Longest text that the scan decodes from base64 or hex. */
#define TEXT_STREAM_MAX (UINT64_C(64) << 20)

/* Bytes on the way to the stream, and what the report calls them. */
struct place {
    const char *member; /* NULL: the file itself */
    struct stk_source source;
    enum stk_role role;
    uint64_t base; /* of the source in the member */
};

struct search {
    const struct stk_locate_options *options;
    const struct stk_report *report;
    const struct stk_stream_report *target;
    size_t alike; /* streams that look the same and stand before it in the report */
    uint64_t depth;
    uint64_t expand_left;
    bool found;
};

static bool same_member(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* The member is the target's, or one that it lies in. */
static bool leads_to(const struct search *s, const char *member)
{
    const char *target = s->target->member;
    size_t len = member == NULL ? 0 : strlen(member);
    return member == NULL || (target != NULL && strncmp(target, member, len) == 0 &&
                              (target[len] == '\0' || target[len] == '!'));
}

static enum stk_loader loader_of(enum stk_role role)
{
    return role == STK_ROLE_TORCH    ? STK_LOADER_TORCH
           : role == STK_ROLE_JOBLIB ? STK_LOADER_JOBLIB
                                     : STK_LOADER_PICKLE;
}

/* "outer!/inner": the arena of the caller's inspection is not there yet, so it goes into
 * a buffer, with its NUL. */
static const char *name_inside(struct stk_buf *buf, const char *outer,
                               const char *separator, const char *inner)
{
    char escaped[1024];
    if (outer != NULL) {
        stk_buf_str(buf, outer);
        stk_buf_str(buf, separator);
    }
    stk_buf_str(buf,
                stk_escape(escaped, sizeof(escaped), stk_span_of(inner, strlen(inner))));
    stk_buf_byte(buf, 0);
    return buf->status == STK_OK ? (const char *)buf->data : NULL;
}

static enum stk_status enter(struct search *s, const struct place *place);

/* ---- one stream ---- */

/* What the questions of the judge need to know. */
struct asked {
    struct search *s;
    const struct place *place;
    bool descend; /* look for the target in what the stream carries */
};

static enum stk_status enter_text(struct search *s, const struct place *place)
{
    if (place->source.size > TEXT_STREAM_MAX) {
        return STK_OK;
    }
    const struct stk_alloc *alloc = s->options->alloc;
    size_t len = (size_t)place->source.size;
    struct stk_buf decoded;
    stk_buf_init(&decoded, alloc, len + 1);
    uint8_t *text = stk_new_buffer(alloc, len + 1);
    enum stk_status status =
        text == NULL ? STK_E_NOMEM : stk_source_read(&place->source, 0, text, len);
    if (status == STK_OK &&
        stk_textstream_decode(stk_span_of(text, len), alloc, &decoded)) {
        struct place inner = {
            .member = place->member,
            .source = stk_source_of(stk_buf_span(&decoded)),
            .role = STK_ROLE_ANY,
        };
        status = enter(s, &inner);
    }
    stk_free(alloc, text, len + 1);
    stk_buf_release(&decoded);
    return status;
}

/* The report has what the scan made of the bytes at off: the worst of the streams in
 * them. */
static enum stk_verdict reported(const struct search *s, const char *member)
{
    enum stk_verdict worst = STK_VERDICT_UNDECIDED;
    bool any = false;
    for (size_t i = 0; i < s->report->n_streams; i++) {
        const struct stk_stream_report *stream = &s->report->streams[i];
        if (same_member(stream->member, member)) {
            worst = !any || stream->verdict > worst ? stream->verdict : worst;
            any = true;
        }
    }
    return worst;
}

static enum stk_status nested(void *ctx, const char *how, uint64_t off, uint64_t len,
                              enum stk_verdict *ret_verdict)
{
    struct asked *asked = ctx;
    struct search *s = asked->s;
    struct stk_buf at;
    struct stk_buf name;
    stk_buf_init(&at, s->options->alloc, 4096);
    stk_buf_init(&name, s->options->alloc, 1 << 17);
    stk_buf_printf(&at, "%s@%llu", how, (unsigned long long)off);
    stk_buf_byte(&at, 0);
    struct place inner = {
        .source = stk_source_part(&asked->place->source, off, len),
        .role = STK_ROLE_ANY,
    };
    enum stk_status status = STK_E_NOMEM;
    if (at.status == STK_OK) {
        inner.member =
            name_inside(&name, asked->place->member, "!", (const char *)at.data);
    }
    if (inner.member != NULL) {
        *ret_verdict = reported(s, inner.member);
        status = STK_OK;
        if (asked->descend && !s->found && leads_to(s, inner.member)) {
            status = enter(s, &inner);
            if (status == STK_OK && !s->found) {
                status = enter_text(s, &inner);
            }
        }
    }
    stk_buf_release(&at);
    stk_buf_release(&name);
    return status;
}

static bool is_target(const struct search *s, const struct stk_inspection *in)
{
    return in->run.end - in->run.begin == s->target->len &&
           in->run.stopped == s->target->complete;
}

/* Follows the stream at off, and hands it out if it is the one. */
static enum stk_status try_stream(struct search *s, const struct place *place,
                                  uint64_t off, enum stk_loader loader, bool descend,
                                  uint64_t *ret_end)
{
    struct asked asked = {.s = s, .place = place, .descend = descend};
    struct stk_inspection_options options = {
        .alloc = s->options->alloc,
        .limits = s->options->limits,
        .loader = loader,
        .nested = nested,
        .ctx = &asked,
    };
    struct stk_inspection in;
    enum stk_status status = stk_inspection_open(&in, &options, &place->source, off);
    *ret_end = in.run.stopped ? in.run.end : 0;
    bool match = status == STK_OK && !descend && !s->found && is_target(s, &in);
    if (match && s->alike > 0) {
        s->alike--;
        match = false;
    }
    if (match) {
        s->found = true;
        if (s->options->reading != NULL) {
            options.reading = s->options->reading;
            stk_inspection_release(&in);
            status = stk_inspection_open(&in, &options, &place->source, off);
        }
        status = status == STK_OK ? stk_inspection_compare(&in, &options) : status;
        in.report = s->report;
        in.stream = s->target;
        if (status == STK_OK) {
            status = s->options->use(s->options->ctx, &in);
        }
    }
    stk_inspection_release(&in);
    return status;
}

static bool holds(const struct place *place, const struct stk_stream_report *stream)
{
    return stream->off >= place->base && stream->off - place->base < place->source.size;
}

/* The stream is in this place, unless it lies deeper under the same name. */
static enum stk_status try_place(struct search *s, const struct place *place)
{
    enum stk_loader loader = loader_of(place->role);
    uint64_t end = 0;
    for (int round = 0; round < 2 && !s->found; round++) {
        if (holds(place, s->target)) {
            STK_TRY(
                try_stream(s, place, s->target->off - place->base, loader, false, &end));
        }
        if (loader != STK_LOADER_JOBLIB) {
            break;
        }
        loader = STK_LOADER_PICKLE; /* joblib's files are read by pickle.load as well */
    }
    return STK_OK;
}

/* The target is carried by one of this place's streams, as the argument of a call. */
static enum stk_status try_carriers(struct search *s, const struct place *place)
{
    for (size_t i = 0; i < s->report->n_streams && !s->found; i++) {
        const struct stk_stream_report *stream = &s->report->streams[i];
        uint64_t end = 0;
        if (same_member(stream->member, place->member) && holds(place, stream)) {
            STK_TRY(try_stream(s, place, stream->off - place->base,
                               loader_of(place->role), true, &end));
        }
    }
    return STK_OK;
}

/* ---- containers ---- */

struct walk {
    struct search *s;
    const struct place *place;
};

static uint64_t base_of(const struct walk *w, const struct stk_part *part)
{
    return part->name == NULL && part->in_file ? w->place->base + part->off : 0;
}

static enum stk_status part(void *ctx, const struct stk_part *part)
{
    struct walk *w = ctx;
    struct search *s = w->s;
    struct place inner = {.member = w->place->member,
                          .source = part->source,
                          .role = part->role,
                          .base = base_of(w, part)};
    if (s->found || part->role == STK_ROLE_DATA) {
        return STK_OK;
    }
    if (part->name == NULL) {
        return enter(s, &inner);
    }
    struct stk_buf name;
    stk_buf_init(&name, s->options->alloc, 1 << 17);
    inner.member = name_inside(&name, w->place->member, "!/", part->name);
    enum stk_status status = inner.member == NULL        ? STK_E_NOMEM
                             : leads_to(s, inner.member) ? enter(s, &inner)
                                                         : STK_OK;
    stk_buf_release(&name);
    return status;
}

/* Walks one of the streams that a format has in a row. */
static enum stk_status stream(void *ctx, const struct stk_part *part, uint64_t *ret_end)
{
    struct walk *w = ctx;
    struct place inner = {
        .member = w->place->member, .source = part->source, .role = part->role};
    inner.base = base_of(w, part);
    bool named = same_member(inner.member, w->s->target->member);
    bool here = named && w->s->target->off == inner.base;
    if (!named && leads_to(w->s, inner.member)) {
        STK_TRY(try_carriers(w->s, &inner));
    }
    struct search pass = *w->s;
    pass.found = pass.found || !here;
    enum stk_status status =
        try_stream(&pass, &inner, 0, loader_of(inner.role), false, ret_end);
    w->s->alike = pass.alike;
    w->s->found = w->s->found || (here && pass.found);
    return status;
}

static enum stk_status note(void *ctx, enum stk_note_kind kind, uint64_t off,
                            const char *message)
{
    (void)ctx;
    (void)kind;
    (void)off;
    (void)message;
    return STK_OK;
}

/* Nothing is passed over as a storage: only the members on the path are opened. */
static bool is_storage(void *ctx, struct stk_span key)
{
    (void)ctx;
    (void)key;
    return false;
}

static bool storage_size(void *ctx, struct stk_span key, uint64_t *ret_items,
                         uint64_t *ret_item_size)
{
    (void)ctx;
    (void)key;
    (void)ret_items;
    (void)ret_item_size;
    return false;
}

static void refine(void *ctx, const char *format)
{
    (void)ctx;
    (void)format;
}

static enum stk_status walk_formats(struct search *s, const struct place *place)
{
    uint8_t head[STK_HEAD_MAX];
    struct walk w = {.s = s, .place = place};
    struct stk_visitor visitor = {
        .ctx = &w,
        .alloc = s->options->alloc,
        .limits = s->options->limits,
        .expand_left = &s->expand_left,
        .part = part,
        .note = note,
        .is_storage = is_storage,
        .storage_size = storage_size,
        .stream = stream,
        .refine = refine,
    };
    size_t len =
        place->source.size < sizeof(head) ? (size_t)place->source.size : sizeof(head);
    STK_TRY(stk_source_read(&place->source, 0, head, len));
    for (size_t i = 0; stk_formats[i] != NULL && !s->found; i++) {
        if (stk_formats[i]->recognise(&place->source, stk_span_of(head, len))) {
            STK_TRY(stk_formats[i]->walk(&place->source, &visitor));
        }
    }
    return STK_OK;
}

static enum stk_status look(struct search *s, const struct place *place)
{
    if (place->role == STK_ROLE_ANY) {
        STK_TRY(walk_formats(s, place));
    }
    if (s->found) {
        return STK_OK;
    }
    return same_member(place->member, s->target->member) ? try_place(s, place)
                                                         : try_carriers(s, place);
}

static enum stk_status enter(struct search *s, const struct place *place)
{
    if (s->depth >= s->options->limits->depth_max) {
        return STK_OK;
    }
    s->depth++;
    enum stk_status status = look(s, place);
    s->depth--;
    return status;
}

/* Streams of the report that look like the target and come before it. */
static size_t count_alike(const struct stk_report *report, size_t index)
{
    const struct stk_stream_report *target = &report->streams[index];
    size_t n = 0;
    for (size_t i = 0; i < index; i++) {
        const struct stk_stream_report *stream = &report->streams[i];
        n += same_member(stream->member, target->member) && stream->off == target->off &&
             stream->len == target->len && stream->complete == target->complete;
    }
    return n;
}

enum stk_status stk_locate(const struct stk_source *source,
                           const struct stk_report *report, size_t index,
                           const struct stk_locate_options *options, bool *ret_found)
{
    struct search s = {
        .options = options,
        .report = report,
        .target = &report->streams[index],
        .alike = count_alike(report, index),
        .expand_left = options->limits->expand_max,
    };
    struct place place = {.source = *source, .role = STK_ROLE_ANY};
    STK_TRY(enter(&s, &place));
    *ret_found = s.found;
    return STK_OK;
}

enum stk_status stk_locate_raw(const struct stk_source *source, uint64_t off,
                               const struct stk_report *report,
                               const struct stk_locate_options *options)
{
    struct stk_inspection_options open = {
        .alloc = options->alloc,
        .limits = options->limits,
        .reading = options->reading,
        .loader = STK_LOADER_PICKLE,
    };
    struct stk_inspection in;
    enum stk_status status = stk_inspection_open(&in, &open, source, off);
    if (status == STK_OK) {
        status = stk_inspection_compare(&in, &open);
    }
    in.report = report;
    if (status == STK_OK) {
        status = options->use(options->ctx, &in);
    }
    stk_inspection_release(&in);
    return status;
}
