/* SPDX-License-Identifier: Apache-2.0 */
#include "report/marks.h"

#include <string.h>

void stk_marks_init(struct stk_marks *marks, const struct stk_alloc *alloc)
{
    *marks = (struct stk_marks){.alloc = alloc};
}

static void leave(struct stk_marks *marks)
{
    struct stk_mark_level *level = &marks->levels[--marks->n_levels];
    marks->n = level->base;
    stk_map_release(&level->memo);
}

void stk_marks_release(struct stk_marks *marks)
{
    while (marks->n_levels > 0) {
        leave(marks);
    }
    stk_free(marks->alloc, marks->marks, marks->cap * sizeof(*marks->marks));
    stk_free(marks->alloc, marks->levels, marks->cap_levels * sizeof(*marks->levels));
    stk_marks_init(marks, marks->alloc);
}

static enum stk_status enter(struct stk_marks *marks)
{
    void *array = marks->levels;
    enum stk_status status =
        stk_grow(marks->alloc, &array, &marks->cap_levels, sizeof(*marks->levels),
                 marks->n_levels + 1, SIZE_MAX / sizeof(*marks->levels));
    marks->levels = array;
    if (status == STK_OK) {
        struct stk_mark_level *level = &marks->levels[marks->n_levels++];
        level->base = marks->n;
        stk_map_init(&level->memo, marks->alloc, SIZE_MAX / 64, 5);
    }
    return status;
}

size_t stk_marks_open(const struct stk_marks *marks)
{
    return marks->n_levels == 0 ? 0 : marks->n - marks->levels[marks->n_levels - 1].base;
}

static enum stk_status set_mark(struct stk_marks *marks, uint64_t off, size_t depth)
{
    void *array = marks->marks;
    enum stk_status status =
        stk_grow(marks->alloc, &array, &marks->cap, sizeof(*marks->marks), marks->n + 1,
                 SIZE_MAX / sizeof(*marks->marks));
    marks->marks = array;
    if (status == STK_OK) {
        marks->marks[marks->n++] = (struct stk_mark){.off = off, .depth = depth};
    }
    return status;
}

/* Words of a column of opcodes.def: each is one value. */
static size_t count_words(const char *text)
{
    size_t n = *text == '\0' ? 0 : 1;
    for (const char *p = text; *p != '\0'; p++) {
        n += *p == ' ';
    }
    return n;
}

/* POP takes the mark where no value lies above it. */
static bool takes_mark(const struct stk_marks *marks, const struct stk_opinfo *info,
                       uint8_t op, size_t depth)
{
    if (op == STK_OP_POP) {
        return stk_marks_open(marks) > 0 && marks->marks[marks->n - 1].depth == depth;
    }
    return strstr(info->before, "mark") != NULL;
}

enum stk_status stk_marks_step(struct stk_marks *marks, const struct stk_machine *machine,
                               uint8_t op, uint64_t off, struct stk_taken *ret_taken)
{
    const struct stk_opinfo *info = &stk_opcodes[op];
    size_t depth = stk_machine_depth(machine);
    size_t levels = (size_t)stk_machine_nesting(machine) + 1;
    while (marks->n_levels > levels) {
        leave(marks);
    }
    while (marks->n_levels < levels) {
        STK_TRY(enter(marks));
    }
    *ret_taken = (struct stk_taken){0};
    if (info->name == NULL) {
        return STK_OK;
    }
    if (op == STK_OP_MARK) {
        return set_mark(marks, off, depth);
    }
    if (!takes_mark(marks, info, op, depth)) {
        ret_taken->n = count_words(info->before);
        return STK_OK;
    }
    ret_taken->mark = true;
    if (stk_marks_open(marks) > 0) {
        const struct stk_mark *mark = &marks->marks[--marks->n];
        bool target = info->before[0] != 'm' && op != STK_OP_POP;
        ret_taken->has_mark = true;
        ret_taken->mark_off = mark->off;
        ret_taken->n = depth - mark->depth;
        ret_taken->below = target ? 1 : 0;
    }
    return STK_OK;
}

enum stk_status stk_marks_put(struct stk_marks *marks, uint64_t index, uint64_t off)
{
    bool added = false;
    return stk_map_put(&marks->levels[marks->n_levels - 1].memo, index, off, &added);
}

uint64_t stk_marks_memoize(const struct stk_marks *marks)
{
    return marks->levels[marks->n_levels - 1].memo.n_entries;
}

bool stk_marks_get(const struct stk_marks *marks, uint64_t index, uint64_t *ret_off)
{
    return stk_map_get(&marks->levels[marks->n_levels - 1].memo, index, ret_off);
}
