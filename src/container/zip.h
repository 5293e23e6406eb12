/* SPDX-License-Identifier: Apache-2.0
 *
 * ZIP archives, as .ZIP File Format Specification 6.3.10 (APPNOTE) describes them and as
 * loaders read them, which is not the same: some go by the central directory, some by the
 * local headers, some by sizes and some by counts. Every reading that some loader takes
 * is followed, and where they differ the archive is noted as ambiguous.
 *
 * zip_end.c finds directories, zip_directory.c lists them, zip_local.c reads local
 * headers and what lies between members, zip_member.c hands members out, torchzip.c and
 * keraszip.c know what loaders expect inside. zip_nested.c tells an archive from one that
 * is a member of another file.
 */
#pragma once

#include "base/buf.h"
#include "base/map.h"
#include "container/container.h"

#define STK_ZIP_LOCAL "PK\3\4"     /* APPNOTE 4.3.7 */
#define STK_ZIP_CENTRAL "PK\1\2"   /* 4.3.12 */
#define STK_ZIP_END "PK\5\6"       /* 4.3.16 */
#define STK_ZIP_END64 "PK\6\6"     /* 4.3.14 */
#define STK_ZIP_LOCATOR64 "PK\6\7" /* 4.3.15 */
#define STK_ZIP_LOCAL_LEN 30
#define STK_ZIP_CENTRAL_LEN 46
#define STK_ZIP_END_LEN 22
#define STK_ZIP_END64_LEN 56
#define STK_ZIP_LOCATOR64_LEN 20

#define STK_ZIP_STORED 0
#define STK_ZIP_DEFLATE 8
#define STK_ZIP_BZIP2 12
#define STK_ZIP_LZMA 14
#define STK_ZIP_ZSTD_OLD 20
#define STK_ZIP_ZSTD 93
#define STK_ZIP_XZ 95
#define STK_ZIP_AES 99

#define STK_ZIP_ENCRYPTED 0x0001
#define STK_ZIP_LZMA_END 0x0002   /* 4.4.4: the stream has an end marker */
#define STK_ZIP_DESCRIPTOR 0x0008 /* sizes follow the data */
#define STK_ZIP_PATCH 0x0020
#define STK_ZIP_STRONG 0x0040
#define STK_ZIP_MASKED 0x2000

#define STK_ZIP_DIRS_MAX 8

/* One place where a loader would look for a directory. */
struct stk_zip_dir {
    uint64_t start; /* of its first header */
    uint64_t named; /* the offset that the end record gives; differs behind a prefix */
    uint64_t size;
    uint64_t count;
    uint64_t limit; /* where its end record begins, or the zip64 one */
    uint64_t used;  /* bytes of headers that were there */
    bool wide;      /* zip64: count is not modulo 65536 */
};

/* What one header says of a member. */
struct stk_zip_reading {
    uint16_t method;
    uint16_t flags;
    uint32_t crc;
    uint64_t packed;
    uint64_t size;
};

struct stk_zip_entry {
    struct stk_span name;         /* arena of the archive; as written, not escaped */
    struct stk_zip_reading says;  /* the directory, or the local header if not listed */
    struct stk_zip_reading local; /* the local header */
    uint64_t header;              /* of the header behind `says` */
    uint64_t at;                  /* of the local header */
    uint64_t data;
    bool found;  /* the local header is there */
    bool listed; /* in a directory */
    bool both;   /* the local header describes other data: hand out both */
    bool odd;    /* loaders differ about it: never left out */
};

/* Where a note about it points: its local header, if there is one. */
static inline uint64_t stk_zip_entry_off(const struct stk_zip_entry *entry)
{
    return entry->found ? entry->at : entry->header;
}

struct stk_zip_gap {
    uint64_t off;
    uint64_t len;
};

struct stk_zip {
    const struct stk_source *source; /* borrowed, as the next */
    const struct stk_visitor *visitor;
    struct stk_arena arena;
    struct stk_zip_dir dirs[STK_ZIP_DIRS_MAX];
    size_t n_dirs;
    uint64_t ends[STK_ZIP_DIRS_MAX]; /* where end records are that lead to one */
    size_t n_ends;
    struct stk_zip_entry *entries; /* owned */
    size_t n_entries;
    size_t cap_entries;
    struct stk_zip_gap *gaps; /* owned; bytes that belong to no member */
    size_t n_gaps;
    size_t cap_gaps;
    struct stk_map names;  /* hash of a name to the index of its newest entry */
    struct stk_map handed; /* hash of a reading to twice the entry, plus 1 for local */
    uint64_t stored_left;  /* bytes of members that may still be handed out unexpanded */
    uint8_t *window;       /* owned; what was read last */
    size_t cap_window;
    uint64_t window_off;
    size_t window_len;
    unsigned n_notes[STK_NOTE_ENCRYPTED + 1];
    bool full; /* limits.members_max was reached */
};

void stk_zip_init(struct stk_zip *zip, const struct stk_source *source,
                  const struct stk_visitor *visitor);
void stk_zip_release(struct stk_zip *zip);

/* note() for the archive: after the first hundred of a kind, more of it are dropped. */
__attribute__((format(printf, 4, 5))) STK_MUST_USE enum stk_status stk_zip_note(
    struct stk_zip *zip, enum stk_note_kind kind, uint64_t off, const char *format, ...);

/* len bytes at off, and up to `ahead` more are read with them. Borrowed until the next
 * fetch. STK_E_TRUNCATED where the range leaves the source. */
STK_MUST_USE enum stk_status stk_zip_fetch(struct stk_zip *zip, uint64_t off, size_t len,
                                           size_t ahead, const uint8_t **ret_bytes);

/* zip_end.c: fills ends with the end records that some loader would take, last first. */
struct stk_zip_end {
    uint64_t at;
    uint64_t size;   /* of the directory */
    uint64_t offset; /* of the directory */
    uint32_t count;
    bool disks; /* speaks of more than one disk */
    bool last;  /* CPython takes the last one, whatever its comment length */
    bool exact; /* its comment ends where the file ends */
};
STK_MUST_USE enum stk_status stk_zip_find_ends(const struct stk_source *source,
                                               struct stk_zip_end ends[STK_ZIP_DIRS_MAX],
                                               size_t *ret_n, bool *ret_more);
/* True if a directory that is not empty lies where the end record, or CPython, says. */
bool stk_zip_end_leads(const struct stk_source *source, const struct stk_zip_end *end);
STK_MUST_USE enum stk_status stk_zip_find_dirs(struct stk_zip *zip);

/* zip_directory.c */
STK_MUST_USE enum stk_status stk_zip_list(struct stk_zip *zip, struct stk_zip_dir *dir);
/* Adds an entry, finds duplicates; *ret_entry is NULL if the same is there already or
 * no more are taken. Borrowed until the next one is added. */
STK_MUST_USE enum stk_status stk_zip_add(struct stk_zip *zip,
                                         const struct stk_zip_entry *entry,
                                         struct stk_zip_entry **ret_entry);
/* Applies zip64 sizes (APPNOTE 4.5.3); at may be NULL. False where the extra field is
 * broken in a way that CPython refuses. */
bool stk_zip_extra64(struct stk_span extra, struct stk_zip_reading *reading,
                     uint64_t *at);

/* zip_local.c: reads all local headers, then finds members that no directory lists and
 * the gaps that no member claims. */
STK_MUST_USE enum stk_status stk_zip_read_locals(struct stk_zip *zip);
STK_MUST_USE enum stk_status stk_zip_sweep(struct stk_zip *zip);

/* zip_member.c */
STK_MUST_USE enum stk_status stk_zip_hand_out(struct stk_zip *zip, size_t index,
                                              enum stk_role role);
STK_MUST_USE enum stk_status stk_zip_hand_gaps(struct stk_zip *zip);
/* The content as the directory reads it, appended to out, at most out->max. */
STK_MUST_USE enum stk_status stk_zip_content(struct stk_zip *zip,
                                             const struct stk_zip_entry *entry,
                                             struct stk_buf *out);

/* zip_nested.c: true if the source is another archive, whose head is no ZIP archive's,
 * and all that loaders would find in it as ZIP is what they find in one of its members
 * alone. There is nothing to hand out then that the other archive does not hand out. */
STK_MUST_USE enum stk_status stk_zip_is_nested(const struct stk_source *source,
                                               struct stk_span head,
                                               const struct stk_visitor *visitor,
                                               bool *ret_nested);

/* torchzip.c: recognises what the archive is for, and hands out its members in the order
 * and the roles of that loader. */
STK_MUST_USE enum stk_status stk_zip_hand_members(struct stk_zip *zip);

/* keraszip.c: config.json makes Keras run code. */
STK_MUST_USE enum stk_status stk_keras_config(struct stk_zip *zip,
                                              const struct stk_zip_entry *config);
