/* SPDX-License-Identifier: Apache-2.0
 *
 * What file formats have in common for a scanner: each is recognised by its content, and
 * walked, which means that it hands every part in which a loader could find a stream to
 * the visitor. A format never judges, never keeps what it handed out, and never trusts a
 * length: sources end where the bytes end. One file a format, or a family; formats.c is
 * the list.
 */
#pragma once

#include "base/arena.h"
#include "base/limits.h"
#include "base/source.h"

/* What a loader does with a part. */
enum stk_role {
    STK_ROLE_ANY,    /* any format may follow; recognise it again */
    STK_ROLE_STREAM, /* a loader unpickles it from its first byte on */
    STK_ROLE_TORCH,  /* the same, with torch's persistent ids */
    STK_ROLE_JOBLIB, /* the same, with joblib's raw arrays between opcodes */
    STK_ROLE_DATA,   /* numbers that no loader takes for anything else: not looked at */
};

struct stk_part {
    const char *name; /* member name, escaped to ASCII; NULL: the whole; borrowed */
    struct stk_source source; /* good until the visitor returns */
    uint64_t off;             /* where it begins in the walked source; 0 if expanded */
    enum stk_role role;
    bool in_file; /* source is a piece of the walked one: offsets can be added up */
};

enum stk_note_kind {
    STK_NOTE_MALFORMED,   /* breaks the rules of its format */
    STK_NOTE_AMBIGUOUS,   /* loaders would open it differently */
    STK_NOTE_LIMIT,       /* a limit of limits.h was reached */
    STK_NOTE_UNSUPPORTED, /* a feature that stockade does not analyse */
    STK_NOTE_CODE,        /* carries code that stockade does not analyse yet */
    STK_NOTE_ENCRYPTED,
};

/* The scanner's side of a walk. */
struct stk_visitor {
    void *ctx;
    const struct stk_alloc *alloc; /* for what lives as long as the walk; borrowed */
    const struct stk_limits *limits;
    uint64_t *expand_left; /* bytes that may still be expanded in this file; shared */
    /* Called for each part. A status other than OK ends the walk and is returned. */
    enum stk_status (*part)(void *ctx, const struct stk_part *part);
    /* Something about the container itself; message is one ASCII line, copied. */
    enum stk_status (*note)(void *ctx, enum stk_note_kind kind, uint64_t off,
                            const char *message);
    /* A stream walked before named this torch storage (data/<key>). */
    bool (*is_storage)(void *ctx, struct stk_span key);
    /* What that storage was said to be: how many items of how many bytes each. False if
     * no stream walked before named it, or its type is not one of torch's. */
    bool (*storage_size)(void *ctx, struct stk_span key, uint64_t *ret_items,
                         uint64_t *ret_item_size);
    /* Like part(), but only the one stream at the part's start. *ret_end is where it ends
     * in the part, behind its STOP; 0 if it has no end. */
    enum stk_status (*stream)(void *ctx, const struct stk_part *part, uint64_t *ret_end);
    /* The format turned out to be a more specific one ("torch-zip" for "zip"). */
    void (*refine)(void *ctx, const char *format);
};

/* The first bytes, as many as there are, at most STK_HEAD_MAX. */
#define STK_HEAD_MAX 512

struct stk_format {
    const char *name;  /* as in reports: "zip" */
    const char *title; /* for docs: "ZIP archive (torch, npz, keras, …)" */
    /* True if a loader would take these bytes for this format. The source is there for
     * formats whose mark is not at the front (tar at 257, zip at the end). */
    bool (*recognise)(const struct stk_source *source, struct stk_span head);
    /* STK_OK whatever the bytes are (trouble goes to visitor->note); environment
     * failures; what the visitor returned. */
    enum stk_status (*walk)(const struct stk_source *source,
                            const struct stk_visitor *visitor);
};

/* All formats in the order in which they are tried; NULL-terminated. A file may be more
 * than one (polyglots): the scanner walks each that recognises it. */
extern const struct stk_format *const stk_formats[];

/* note() with a printf format; attacker's bytes must be escaped by the caller. */
__attribute__((format(printf, 4, 5))) STK_MUST_USE enum stk_status stk_visitor_note(
    const struct stk_visitor *visitor, enum stk_note_kind kind, uint64_t off,
    const char *format, ...);

/* Escapes bytes to ASCII as Python's repr would (\n, \x1b, \xff; no quotes added), cut to
 * size - 1 with "..." at the end. Returns out. */
char *stk_escape(char *out, size_t size, struct stk_span text);
