/* SPDX-License-Identifier: Apache-2.0
 *
 * 7z and cab through libarchive, which is given memory or the source and never a
 * path. rar and xar are only recognised: their readers carry a virtual machine and an XML
 * parser, which is more than a wall should have in it for formats that no loader opens.
 */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/library.h"
#include "container/codec.h"
#include "container/formats.h"

#define LIBARCHIVE_SONAME "libarchive.so.13"

#define LIBARCHIVE(X)                                                                    \
    X(archive_entry_filetype)                                                            \
    X(archive_entry_is_encrypted)                                                        \
    X(archive_entry_pathname)                                                            \
    X(archive_entry_pathname_utf8)                                                       \
    X(archive_errno)                                                                     \
    X(archive_read_data)                                                                 \
    X(archive_read_free)                                                                 \
    X(archive_read_has_encrypted_entries)                                                \
    X(archive_read_new)                                                                  \
    X(archive_read_next_header)                                                          \
    X(archive_read_open1)                                                                \
    X(archive_read_set_callback_data)                                                    \
    X(archive_read_set_read_callback)                                                    \
    X(archive_read_set_seek_callback)                                                    \
    X(archive_read_set_skip_callback)                                                    \
    X(archive_read_support_format_7zip)                                                  \
    X(archive_read_support_format_cab)                                                   \
    X(archive_set_error)

/* Its functions under their own names, loaded when there is an archive: it brings an XML
 * parser and all of ICU along, which would double the time that the program takes to
 * start. `all` is how they are loaded. */
union libarchive {
#define FIELD(function) __typeof__(function) *function;
    struct {
        LIBARCHIVE(FIELD)
    };
    void (*all[1])(void);
};

#define NAME(function) #function,
static const char *const names[] = {LIBARCHIVE(NAME)};

#define CHUNK ((size_t)1 << 16)

/* libarchive's side of a walk: where it reads from. */
struct feed {
    const struct stk_source *source;
    uint64_t pos;
    enum stk_status status; /* an environment failure of the source */
    const union libarchive *lib;
    uint8_t buf[CHUNK];
};

static la_ssize_t feed_read(struct archive *a, void *ctx, const void **ret_data)
{
    struct feed *feed = ctx;
    uint64_t left = feed->source->size - feed->pos;
    size_t len = left < CHUNK ? (size_t)left : CHUNK;
    enum stk_status status = stk_source_read(feed->source, feed->pos, feed->buf, len);
    if (status != STK_OK) {
        feed->status = status;
        feed->lib->archive_set_error(a, EIO, "source");
        return -1;
    }
    feed->pos += len;
    *ret_data = feed->buf;
    return (la_ssize_t)len;
}

static la_int64_t feed_seek(struct archive *a, void *ctx, la_int64_t off, int whence)
{
    struct feed *feed = ctx;
    (void)a;
    uint64_t from = whence == SEEK_SET   ? 0
                    : whence == SEEK_CUR ? feed->pos
                                         : feed->source->size;
    la_int64_t to = 0;
    if (__builtin_add_overflow((la_int64_t)from, off, &to) || to < 0 ||
        (uint64_t)to > feed->source->size) {
        return ARCHIVE_FATAL;
    }
    feed->pos = (uint64_t)to;
    return to;
}

static la_int64_t feed_skip(struct archive *a, void *ctx, la_int64_t len)
{
    struct feed *feed = ctx;
    (void)a;
    uint64_t left = feed->source->size - feed->pos;
    uint64_t n = len < 0 ? 0 : (uint64_t)len;
    n = n < left ? n : left;
    feed->pos += n;
    return (la_int64_t)n;
}

enum form { FORM_7Z, FORM_CAB };

static const char *const forms[] = {[FORM_7Z] = "7z", [FORM_CAB] = "cab"};

struct walk {
    const struct stk_visitor *visitor;
    const union libarchive *lib;
    struct archive *archive;
    struct feed *feed;
    const char *what; /* "7z" */
    uint64_t n_members;
    bool done;
};

static enum stk_status note_malformed(struct walk *w)
{
    w->done = true;
    if (stk_status_is_environment(w->feed->status)) {
        return w->feed->status;
    }
    if (w->lib->archive_errno(w->archive) == ENOMEM) {
        return stk_visitor_note(w->visitor, STK_NOTE_LIMIT, 0,
                                "%s archive asks for more memory than there is", w->what);
    }
    return stk_visitor_note(w->visitor, STK_NOTE_MALFORMED, 0,
                            "%s archive is corrupt or uses an unknown method", w->what);
}

/* Expands the member at hand as far as it goes. */
static enum stk_status expand(struct walk *w, struct stk_buf *buf)
{
    struct stk_codec_out out = {.visitor = w->visitor, .buf = buf};
    for (;;) {
        STK_TRY(stk_codec_room(&out));
        la_ssize_t n = w->lib->archive_read_data(w->archive, out.window, out.window_len);
        if (n == 0) {
            return STK_OK;
        }
        if (n < 0) {
            return STK_E_MALFORMED;
        }
        STK_TRY(stk_codec_took(&out, (size_t)n));
    }
}

static enum stk_status note_expansion(struct walk *w, enum stk_status status)
{
    if (status == STK_E_LIMIT) {
        w->done = true;
        return stk_visitor_note(w->visitor, STK_NOTE_LIMIT, 0,
                                "%s archive expands past expand-max (%" PRIu64 " bytes)",
                                w->what, w->visitor->limits->expand_max);
    }
    return status == STK_E_MALFORMED ? note_malformed(w) : status;
}

static enum stk_status hand_out(struct walk *w, const char *name, struct stk_buf *buf)
{
    enum stk_status status = expand(w, buf);
    if (status != STK_OK) {
        STK_TRY(note_expansion(w, status));
    }
    if (buf->len == 0) {
        return STK_OK;
    }
    struct stk_part part = {
        .name = name,
        .source = stk_source_of(stk_buf_span(buf)),
        .role = STK_ROLE_ANY,
    };
    return w->visitor->part(w->visitor->ctx, &part);
}

static void member_name(struct walk *w, struct archive_entry *entry, char out[1024])
{
    const char *name = w->lib->archive_entry_pathname_utf8(entry);
    name = name != NULL ? name : w->lib->archive_entry_pathname(entry);
    if (name != NULL) {
        stk_escape(out, 1024, stk_span_of(name, strlen(name)));
    } else {
        (void)snprintf(out, 1024, "#%" PRIu64, w->n_members);
    }
}

static enum stk_status visit_entry(struct walk *w, struct archive_entry *entry)
{
    char name[1024];
    struct stk_buf buf;
    w->n_members++;
    if (w->lib->archive_entry_is_encrypted(entry)) {
        w->done = true;
        return stk_visitor_note(w->visitor, STK_NOTE_ENCRYPTED, 0,
                                "%s archive is encrypted", w->what);
    }
    /* A 7z made on Windows has no file types: only what says that it holds no bytes is
     * passed over. */
    unsigned type = w->lib->archive_entry_filetype(entry);
    if (type == AE_IFDIR || type == AE_IFLNK) {
        return STK_OK;
    }
    member_name(w, entry, name);
    stk_buf_init(&buf, w->visitor->alloc, SIZE_MAX);
    enum stk_status status = hand_out(w, name, &buf);
    stk_buf_release(&buf);
    return status;
}

static enum stk_status visit_next(struct walk *w)
{
    struct archive_entry *entry = NULL;
    int code = w->lib->archive_read_next_header(w->archive, &entry);
    if (code == ARCHIVE_EOF) {
        w->done = true;
        return STK_OK;
    }
    if (code != ARCHIVE_OK && code != ARCHIVE_WARN) {
        if (w->lib->archive_read_has_encrypted_entries(w->archive) > 0) {
            w->done = true;
            return stk_visitor_note(w->visitor, STK_NOTE_ENCRYPTED, 0,
                                    "%s archive is encrypted", w->what);
        }
        return note_malformed(w);
    }
    if (w->n_members >= w->visitor->limits->members_max) {
        w->done = true;
        return stk_visitor_note(w->visitor, STK_NOTE_LIMIT, 0,
                                "%s archive has more members than members-max", w->what);
    }
    return visit_entry(w, entry);
}

static enum stk_status open_and_walk(struct walk *w, enum form form)
{
    struct archive *a = w->archive;
    int known = form == FORM_7Z ? w->lib->archive_read_support_format_7zip(a)
                                : w->lib->archive_read_support_format_cab(a);
    if (known != ARCHIVE_OK ||
        w->lib->archive_read_set_read_callback(a, feed_read) != 0 ||
        w->lib->archive_read_set_seek_callback(a, feed_seek) != 0 ||
        w->lib->archive_read_set_skip_callback(a, feed_skip) != 0 ||
        w->lib->archive_read_set_callback_data(a, w->feed) != 0) {
        return STK_E_NOMEM;
    }
    if (w->lib->archive_read_open1(a) != ARCHIVE_OK) {
        return note_malformed(w);
    }
    enum stk_status status = STK_OK;
    while (!w->done && status == STK_OK) {
        status = visit_next(w);
    }
    return status;
}

static enum stk_status walk_with(const union libarchive *lib, struct feed *feed,
                                 const struct stk_visitor *v, enum form form)
{
    struct archive *archive = lib->archive_read_new();
    if (archive == NULL) {
        return STK_E_NOMEM;
    }
    struct walk w = {
        .visitor = v, .lib = lib, .archive = archive, .feed = feed, .what = forms[form]};
    enum stk_status status = open_and_walk(&w, form);
    (void)lib->archive_read_free(archive);
    return status;
}

static enum stk_status walk(const struct stk_source *source, const struct stk_visitor *v,
                            enum form form)
{
    union libarchive lib;
    struct stk_library *library = stk_library_open(
        LIBARCHIVE_SONAME, names, sizeof(names) / sizeof(names[0]), lib.all);
    if (library == NULL) {
        return stk_visitor_note(v, STK_NOTE_UNSUPPORTED, 0,
                                "%s archive: " LIBARCHIVE_SONAME " is not installed",
                                forms[form]);
    }
    enum stk_status status = STK_E_NOMEM;
    struct feed *feed = stk_new(v->alloc, sizeof(*feed));
    if (feed != NULL) {
        feed->source = source;
        feed->lib = &lib;
        status = walk_with(&lib, feed, v, form);
    }
    stk_free(v->alloc, feed, sizeof(*feed));
    stk_library_close(library);
    return status;
}

static enum stk_status walk_7z(const struct stk_source *source,
                               const struct stk_visitor *v)
{
    return walk(source, v, FORM_7Z);
}

static enum stk_status walk_cab(const struct stk_source *source,
                                const struct stk_visitor *v)
{
    return walk(source, v, FORM_CAB);
}

static enum stk_status walk_closed(const struct stk_source *source,
                                   const struct stk_visitor *v)
{
    (void)source;
    return stk_visitor_note(v, STK_NOTE_UNSUPPORTED, 0,
                            "archive's members are not unpacked");
}

static bool is_7z(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    return stk_span_starts(head, "7z\xbc\xaf\x27\x1c", 6);
}

static bool is_cab(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    return head.len >= 36 && stk_span_starts(head, "MSCF\0\0\0\0", 8);
}

static bool is_rar(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    return stk_span_starts(head, "Rar!\x1a\x07", 6);
}

static bool is_xar(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    return head.len >= 28 && stk_span_starts(head, "xar!\0", 5);
}

const struct stk_format stk_format_7z = {"7z", "7z", is_7z, walk_7z};
const struct stk_format stk_format_cab = {"cab", "Microsoft cabinet", is_cab, walk_cab};
const struct stk_format stk_format_rar = {"rar", "RAR", is_rar, walk_closed};
const struct stk_format stk_format_xar = {"xar", "xar", is_xar, walk_closed};
