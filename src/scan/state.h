/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the scanner, shared by the files of this module only:
 *
 *   place.c    what parts are called, and who loads them (place.h)
 *   scan.c     life, the report, containers and what lies in them
 *   streams.c  one stream: machine, judge, report
 *   search.c   looking for streams in bytes of no known format
 */
#pragma once

#include "base/assert.h"
#include "base/buf.h"
#include "base/checked.h"
#include "base/map.h"
#include "container/container.h"
#include "policy/judge.h"
#include "scan/place.h"
#include "scan/scan.h"

/* Bytes being looked at, and what they are called. */
struct stk_place {
    const char *member; /* NULL: the file itself; arena */
    struct stk_source source;
    uint64_t base; /* of the source in the member: added to offsets in the report */
};

/* A storage that a torch stream named. */
struct stk_storage {
    uint64_t items;
    uint64_t item_size;
};

struct stk_scanner {
    const struct stk_alloc *alloc;
    const struct stk_limits *limits;
    /* One a level, made when first needed: a nested stream is looked into while the
     * machine around it waits. */
    struct stk_machine **machines; /* owned array of depth_max + 1, owned entries */
    struct stk_arena arena;        /* the report */

    struct stk_stream_report *streams; /* owned array */
    size_t n_streams;
    size_t cap_streams;
    struct stk_note *notes; /* owned array */
    size_t n_notes;
    size_t cap_notes;
    struct stk_storage *storages; /* owned array */
    size_t n_storages;
    size_t cap_storages;
    struct stk_map storage_by_key; /* stk_storage_hash -> index */
    uint64_t walk;                 /* the container that is being walked; 0: none */
    uint64_t n_walks;

    uint64_t depth;
    uint64_t depth_max; /* as limited, and no more than the stack bears */
    uint64_t expand_left;
    uint64_t search_left;
    uint64_t nested_left;   /* bytes that loading callables may still get, added up */
    bool made;              /* a stream's value was more than data and storages */
    enum stk_verdict worst; /* of what was found since it was last set */
    const char *format;     /* of the file, once it is known */
    enum stk_status (*found)(void *ctx, const struct stk_scan_found *found);
    void *found_ctx;
    struct stk_report report;
};

/* A storage belongs to the archive whose stream named it, not to others in the file. */
static inline uint64_t stk_storage_hash(const struct stk_scanner *s, struct stk_span key)
{
    return stk_hash(key, 4 + s->walk);
}

/* How sure it must be that bytes are a stream. */
enum stk_stance {
    STK_STANCE_DECLARED, /* a loader unpickles these bytes, whatever they are */
    STK_STANCE_LOADER,   /* a loader might: the start of a file, or behind a STOP */
    STK_STANCE_FOUND,    /* found by searching, and probed */
};

/* The machine of the level that is being looked at; NULL: no memory. */
struct stk_machine *stk_scanner_machine(struct stk_scanner *s);

/* ---- scan.c ---- */

/* Looks at a place in which a loader does what role says, one level deeper. */
enum stk_status stk_scan_inside(struct stk_scanner *s, const struct stk_place *place,
                                enum stk_role role);

/* A finding about the place itself. The message is copied. */
enum stk_status stk_scan_note(struct stk_scanner *s, const struct stk_place *place,
                              enum stk_rule rule, uint64_t off, const char *message);

/* A buffer for the name of a part, and the name in the arena; NULL: no memory. The buffer
 * is released. */
void stk_scan_name_init(struct stk_scanner *s, struct stk_buf *name);
const char *stk_scan_name_keep(struct stk_scanner *s, struct stk_buf *name);

/* ---- streams.c ---- */

/* Follows the stream at off and adds it to the report if it is one. *ret_run says how it
 * ended, *ret_found whether it is in the report. */
enum stk_status stk_scan_stream(struct stk_scanner *s, const struct stk_place *place,
                                uint64_t off, enum stk_loader loader,
                                enum stk_stance stance, struct stk_run *ret_run,
                                bool *ret_found);

/* The streams that follow each other from the first byte on. *ret_end: where the rest
 * begins, which is no stream. */
enum stk_status stk_scan_row(struct stk_scanner *s, const struct stk_place *place,
                             enum stk_loader loader, enum stk_stance stance,
                             uint64_t *ret_end);

/* A second load of the same file may begin at other bytes than behind this run's STOP. */
enum stk_status stk_scan_frame_note(struct stk_scanner *s, const struct stk_place *place,
                                    const struct stk_run *run);

/* The same row, and a search behind the last. */
enum stk_status stk_scan_streams(struct stk_scanner *s, const struct stk_place *place,
                                 enum stk_loader loader, enum stk_stance stance);

/* A name that the import system could find. */
bool stk_is_module_name(struct stk_span name);

/* ---- search.c ---- */

/* Looks for streams in [off, end of the place). */
enum stk_status stk_scan_search(struct stk_scanner *s, const struct stk_place *place,
                                uint64_t off);
