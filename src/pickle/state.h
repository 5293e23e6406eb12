/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of the machine, shared by the files of this module only:
 *
 *   input.c    the window on the source, frames, lines
 *   cuts.c     bytes that one reading drops
 *   memo.c     memo entries, dense and sparse
 *   kept.c     the window of tuples and dicts that contracts may look into
 *   imports.c  globals: names, mapping, the list
 *   effects.c  opcodes that have effects
 *   lines.c    opcodes whose argument is text
 *   content.c  what slots stand for: text, bytes, globals
 *   show.c     how slots are shown to people
 *   loop.c     the loop and all other opcodes
 *   build.c    values beside the slots
 *   machine.c  faults, and a machine's life
 *
 * Functions that return bool return false when the run is over: a fault was noted, or
 * m->status holds a failure of the environment.
 */
#pragma once

#include "base/arena.h"
#include "base/assert.h"
#include "base/checked.h"
#include "base/map.h"
#include "pickle/machine.h"

#define STK_NO_FRAME UINT64_MAX

/* Bytes of a file held at once: large enough that a read costs little per byte, small
 * enough to stay in the L2 cache. */
#define STK_WINDOW_SIZE ((size_t)256 << 10)

/* The memo: entries whose index is near those made before lie in an array, others in a
 * hash table, so that an index of 2^31 costs one entry. */
struct stk_memo {
    stk_slot *dense; /* owned; STK_MEMO_HOLE: not made */
    size_t n_dense;
    size_t cap;
    struct stk_map sparse;
    uint64_t n_entries;
    size_t max;
};

#define STK_MEMO_HOLE (~UINT64_C(0))

/* Tuples and dicts that contracts may look into: a window of slots, newest first to be
 * overwritten. A block is a header, an identity (dicts), then items. */
struct stk_kept {
    stk_slot *slots; /* owned */
    size_t cap;      /* power of two */
    size_t max;
    uint64_t head; /* position of the next block; never decreases */
};

/* What the C unpickler over a file drops: it reads a frame ahead, and an element that
 * does not fit into what is left of the frame is read from behind it
 * (_Unpickler_ReadFromFile replaces the buffer). The source of such a run is the bytes
 * without what was dropped; offsets before a cut stay as they are. */
struct stk_cuts {
    struct stk_source whole;
    struct stk_cut {
        uint64_t at;      /* in what is left; ascending */
        uint64_t dropped; /* bytes, with all cuts before it */
    } * list;             /* owned */
    size_t n;
    size_t cap;
};

/* Pages of a file behind the window, kept since contracts ask for the same few names and
 * texts again and again. */
#define STK_PAGE_SIZE ((size_t)4096)
#define STK_PAGES 16

struct stk_pages {
    uint8_t *bytes;           /* owned; STK_PAGES pages */
    uint64_t held[STK_PAGES]; /* page number + 1; 0: none */
};

struct stk_machine {
    const struct stk_alloc *alloc;
    const struct stk_limits *limits;
    const struct stk_judge *judge;
    const struct stk_reading *reading;

    /* Input. Offsets are the source's; rel = off - win_off. */
    struct stk_source source;
    struct stk_cuts cuts;
    const uint8_t *win;
    uint64_t win_off;
    uint64_t win_len;
    uint64_t fast_len; /* an opcode at rel < fast_len has its fixed part in the window */
    uint64_t soft_len; /* a payload that ends at rel <= soft_len is in window and frame */
    uint64_t frame_end; /* STK_NO_FRAME, or where the frame in force ends */
    uint8_t *win_buf;   /* owned */
    uint8_t bounce[16];
    struct stk_pages pages;

    /* Stack. floor is the first slot above the innermost mark. */
    stk_slot *stack; /* owned */
    stk_slot *sp;    /* one past the top */
    stk_slot *floor;
    stk_slot *stack_end;
    size_t *marks; /* owned; index of floor below each mark */
    size_t n_marks;
    size_t mark_base; /* marks of the stream around a nested one lie below */
    size_t cap_marks;
    uint64_t nesting;

    struct stk_memo memo;
    struct stk_kept kept;
    struct stk_map dirty; /* identities of dicts changed through an alias */
    bool all_dirty;
    struct stk_map held; /* identities of containers that hold more than plain data */
    bool all_held;       /* any of them may */
    bool any_unheld;     /* a global was imported that the judge wants in no container */

    struct stk_arena arena;      /* names and texts of this run */
    struct stk_global **globals; /* owned array, arena entries */
    size_t n_globals;
    size_t cap_globals;
    struct stk_map by_name; /* hash of both spellings -> index */

    uint8_t op;
    uint64_t off;  /* of the opcode in execution */
    uint64_t next; /* of the opcode behind it */
    int protocol;  /* in force */
    uint64_t n_buffers;
    bool text_is_ascii;        /* the one that was read last */
    uint64_t memo_line;        /* the index of a text GET or PUT */
    struct stk_build *build;   /* NULL while rating */
    struct stk_build *builder; /* owned; made when it is first needed */
    struct stk_run run;
    enum stk_status status;
};

/* Notes the first fault at the opcode in execution; always false. */
bool stk_fault(struct stk_machine *m, enum stk_fault_code code);

/* Notes a failure of the environment; always false. */
bool stk_failed(struct stk_machine *m, enum stk_status status);

/* The stream touches a quirk here. */
void stk_quirk_note(struct stk_machine *m, enum stk_quirk quirk);

/* The same where readings stop or go on; c_goes_on: at it, the C way is the one that does
 * not stop. True where the reading of this run goes on. */
bool stk_quirk(struct stk_machine *m, enum stk_quirk quirk, bool c_goes_on);

/* Whether the reading of this run goes the Python way at a quirk. */
static inline bool stk_goes_python(const struct stk_machine *m, enum stk_quirk quirk)
{
    return (m->reading->choice >> quirk) & 1;
}

/* ---- input.c ---- */

void stk_input_open(struct stk_machine *m, const struct stk_source *source, uint64_t off);

/* The opcode at m->off with all its fixed bytes; NULL when the run is over. */
const uint8_t *stk_input_opcode(struct stk_machine *m);

/* Another source, or other bytes of it: nothing that was read may be used again. */
void stk_input_forget(struct stk_machine *m);

/* Recomputes fast_len and soft_len after frame_end or the window changed. */
void stk_input_bounds(struct stk_machine *m);

/* A payload of len bytes at off: it exists, and the reading reads it as one piece. */
bool stk_input_piece(struct stk_machine *m, uint64_t off, uint64_t len);

/* Bytes [off, off + len) that exist, in the window or copied to the arena; borrowed until
 * the next call that reads. NULL when the run is over. */
const uint8_t *stk_input_bytes(struct stk_machine *m, uint64_t off, uint64_t len);

/* Copies bytes that exist, from the window where they lie in it. */
STK_MUST_USE enum stk_status stk_input_copy(struct stk_machine *m, uint64_t off,
                                            void *buf, size_t len);

/* A line at off: its bytes as the reading sees them, without newline, and where the next
 * one begins. Longer than max bytes: STK_FAULT_LIMIT_NAME. */
bool stk_input_line(struct stk_machine *m, uint64_t off, uint64_t max,
                    struct stk_span *ret_line, uint64_t *ret_next);

/* The byte at off, or -1 where there is none. */
int stk_input_peek(struct stk_machine *m, uint64_t off);

/* The payload is UTF-8 with surrogatepass. */
bool stk_input_text(struct stk_machine *m, uint64_t off, uint64_t len);

/* FRAME: the next len bytes are one. */
bool stk_input_frame(struct stk_machine *m, uint64_t begin, uint64_t len);

/* ---- content.c ---- */

/* One of the strings of Python 2, whose type and characters the loader's encoding says.
 */
bool stk_is_string8(struct stk_machine *m, stk_slot slot);

/* Where the payload or the line of a text lies in the bytes of this run. */
STK_MUST_USE enum stk_status stk_slot_payload_at(struct stk_machine *m, stk_slot slot,
                                                 uint64_t *ret_off, uint64_t *ret_len);

/* ---- cuts.c ---- */

/* Takes [from, to) out of the source; what lies there has not been read yet. */
bool stk_cuts_drop(struct stk_machine *m, uint64_t from, uint64_t to);

/* Where a byte lies in the stream as it was given. */
uint64_t stk_cuts_real(const struct stk_machine *m, uint64_t off);

/* ---- memo.c ---- */

void stk_memo_init(struct stk_memo *memo, const struct stk_alloc *alloc,
                   const struct stk_limits *limits);
void stk_memo_clear(struct stk_memo *memo);
void stk_memo_release(struct stk_memo *memo, const struct stk_alloc *alloc);
bool stk_memo_put_at(struct stk_machine *m, uint64_t index, stk_slot slot);
bool stk_memo_get(struct stk_machine *m, uint64_t index, stk_slot *ret_slot);

/* ---- kept.c ---- */

/* The slot for a tuple of these items. */
bool stk_kept_tuple(struct stk_machine *m, const stk_slot *items, size_t n,
                    stk_slot *ret_slot);

/* The slot that `dict` becomes when pairs (2 * n slots) are added to it. */
bool stk_kept_pairs(struct stk_machine *m, stk_slot dict, const stk_slot *pairs, size_t n,
                    stk_slot *ret_slot);

/* The same dict or list as another slot may refer to it: entries no longer vouched for.
 */
stk_slot stk_kept_alias(struct stk_machine *m, stk_slot slot);

/* A dict is changed through one of several slots that refer to it. */
bool stk_kept_dirty(struct stk_machine *m, stk_slot slot);

/* Notes what a list, dict or set holds once it got these items. */
bool stk_kept_hold(struct stk_machine *m, stk_slot target, const stk_slot *items,
                   size_t n);

/* ---- imports.c ---- */

/* The global of these names, listed when it is new, and its slot. */
bool stk_import(struct stk_machine *m, struct stk_span module, struct stk_span name,
                stk_slot *ret_slot);

/* The same when a name is no plain string. */
bool stk_import_computed(struct stk_machine *m, stk_slot *ret_slot);

/* Protocols below 3 import another name for this one. */
bool stk_name_is_fixed(struct stk_span module, struct stk_span name);

/* ---- effects.c ---- */

bool stk_effect(struct stk_machine *m, struct stk_effect *effect,
                struct stk_outcome *outcome);
bool stk_op_global(struct stk_machine *m);
bool stk_op_stack_global(struct stk_machine *m);
bool stk_op_inst(struct stk_machine *m);
bool stk_op_obj(struct stk_machine *m);
bool stk_op_reduce(struct stk_machine *m);
bool stk_op_newobj(struct stk_machine *m, bool with_kwargs);
bool stk_op_build(struct stk_machine *m);
bool stk_op_persid(struct stk_machine *m);
bool stk_op_binpersid(struct stk_machine *m);
bool stk_op_ext(struct stk_machine *m, int64_t code);

/* Items given to something that is not the container which the opcode is for: n slots
 * from `items` on; target below them. */
bool stk_effect_items(struct stk_machine *m, stk_slot *target, const stk_slot *items,
                      size_t n);

/* ---- lines.c ---- */

bool stk_op_int(struct stk_machine *m);
bool stk_op_long(struct stk_machine *m);
bool stk_op_float(struct stk_machine *m);
bool stk_op_string(struct stk_machine *m);
bool stk_op_unicode(struct stk_machine *m);
bool stk_op_get(struct stk_machine *m);
bool stk_op_put(struct stk_machine *m);

/* ---- loop.c ---- */

/* Runs opcodes from m->next until STOP or a fault. */
void stk_machine_loop(struct stk_machine *m);

/* Takes the innermost mark off; *ret_items are the *ret_n slots above it, which are
 * dropped but stay readable until the next push. */
bool stk_pop_mark(struct stk_machine *m, stk_slot **ret_items, size_t *ret_n);

bool stk_stack_grow(struct stk_machine *m);

/* Most streams import nothing of the kind, and pay for one test. */
static inline bool stk_any_unheld(const struct stk_machine *m, const stk_slot *items,
                                  size_t n)
{
    for (size_t i = 0; m->any_unheld && i < n; i++) {
        if (stk_slot_is_unheld(items[i])) {
            return true;
        }
    }
    return false;
}

static inline bool stk_memo_put(struct stk_machine *m, uint64_t index, stk_slot slot)
{
    struct stk_memo *memo = &m->memo;
    enum stk_kind kind = stk_slot_kind(slot);
    if (kind == STK_DICT || kind == STK_DICT_KEPT) {
        slot = stk_kept_alias(m, slot);
    } else if (kind == STK_LIST || kind == STK_SET) {
        slot |= STK_SLOT_ALIAS;
    }
    /* Whoever writes a stream numbers from 0 on: the next entry needs no look-up. */
    if (STK_LIKELY(index == memo->n_dense && index < memo->cap &&
                   memo->sparse.n_entries == 0)) {
        memo->dense[memo->n_dense++] = slot;
        memo->n_entries++;
        return true;
    }
    return stk_memo_put_at(m, index, slot);
}

static inline bool stk_push(struct stk_machine *m, stk_slot slot)
{
    if (STK_UNLIKELY(m->sp == m->stack_end) && !stk_stack_grow(m)) {
        return false;
    }
    *m->sp++ = slot;
    return true;
}

/* At least n slots lie above the innermost mark. */
static inline bool stk_has(struct stk_machine *m, size_t n)
{
    return STK_LIKELY((size_t)(m->sp - m->floor) >= n) ||
           stk_fault(m, STK_FAULT_UNDERFLOW);
}

/* The slot of an integer that the opcode in execution made. */
static inline stk_slot stk_int_slot(const struct stk_machine *m, bool fits, int64_t value)
{
    return fits && value >= STK_INT_MIN && value <= STK_INT_MAX
               ? stk_slot_int(value)
               : stk_slot_make(STK_BIGINT, m->off);
}

/* Made by the stream itself, so that what an opcode does to it is known. */
static inline bool stk_is_literal(stk_slot slot)
{
    return stk_slot_kind(slot) < STK_GLOBAL;
}
