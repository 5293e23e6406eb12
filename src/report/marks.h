/* SPDX-License-Identifier: Apache-2.0
 *
 * What the machine does not tell whoever lists its opcodes: where open marks were set,
 * and where memo entries were made. A stream that follows in place of a value (joblib's
 * arrays of objects) has marks and a memo of its own.
 */
#pragma once

#include "base/map.h"
#include "pickle/machine.h"

struct stk_mark {
    uint64_t off;
    size_t depth; /* values below it */
};

/* One stream, or one that follows in place inside it. */
struct stk_mark_level {
    struct stk_map memo; /* index -> offset of the opcode that made it */
    size_t base;         /* marks of the stream around it */
};

struct stk_marks {
    const struct stk_alloc *alloc; /* borrowed */
    struct stk_mark *marks;        /* owned array */
    size_t n;
    size_t cap;
    struct stk_mark_level *levels; /* owned array of n_levels */
    size_t n_levels;
    size_t cap_levels;
};

/* What an opcode takes: n values above the mark, or from the top. */
struct stk_taken {
    bool mark;         /* takes a mark */
    bool has_mark;     /* and there is one */
    uint64_t mark_off; /* where it was set */
    size_t n;          /* values above the mark, or fixed number from the top */
    size_t below;      /* further values below the mark */
};

void stk_marks_init(struct stk_marks *marks, const struct stk_alloc *alloc);
void stk_marks_release(struct stk_marks *marks);

/* Tells what the opcode at off will take, and notes the marks that it sets or takes.
 * Call for each opcode, before it is executed. */
STK_MUST_USE enum stk_status stk_marks_step(struct stk_marks *marks,
                                            const struct stk_machine *machine, uint8_t op,
                                            uint64_t off, struct stk_taken *ret_taken);

/* Open marks of the stream that is followed. */
size_t stk_marks_open(const struct stk_marks *marks);

/* Notes an entry. MEMOIZE's index is stk_marks_memoize(). */
STK_MUST_USE enum stk_status stk_marks_put(struct stk_marks *marks, uint64_t index,
                                           uint64_t off);
uint64_t stk_marks_memoize(const struct stk_marks *marks);

/* Where it was made; false: it was not. */
bool stk_marks_get(const struct stk_marks *marks, uint64_t index, uint64_t *ret_off);
