/* SPDX-License-Identifier: Apache-2.0
 *
 * Tables of names. A hash has 64 bits, and a table needs a few of them: those are looked
 * for that tell its names apart, so that most are found at once.
 */
#include "profile/state.h"

/* More names than this are found by the lowest bits. */
#define SPREAD_MAX 64
#define SHIFTS 48

enum stk_status stk_names_init(struct stk_names *names, struct stk_arena *arena, size_t n)
{
    size_t slots = 8;
    while (slots < 4 * n) {
        slots *= 2;
    }
    *names = (struct stk_names){.mask = slots - 1};
    names->list = stk_arena_array(arena, n, sizeof *names->list);
    names->slots = stk_arena_array(arena, slots, sizeof *names->slots);
    return names->list == NULL || names->slots == NULL ? STK_E_NOMEM : STK_OK;
}

/* Takes a slot; whether it had to give way to another name. */
static bool put(struct stk_names *names, size_t i)
{
    size_t first = (names->list[i].hash >> names->shift) & names->mask;
    size_t at = first;
    while (names->slots[at] != 0) {
        at = (at + 1) & names->mask;
    }
    names->slots[at] = (uint32_t)i + 1;
    return at != first;
}

struct stk_property *stk_names_add(struct stk_names *names, struct stk_value name)
{
    const struct stk_property *found = stk_names_find(names, name.text);
    if (found != NULL) {
        return &names->list[found - names->list];
    }
    struct stk_property *p = &names->list[names->n];
    *p = (struct stk_property){
        .name = stk_text_of(name), .hash = name.text->hash, .node = STK_NO_NODE};
    (void)put(names, names->n++);
    return p;
}

/* By the bits from `shift` on; how many names give way. */
static size_t arrange(struct stk_names *names, unsigned shift)
{
    size_t moved = 0;
    names->shift = shift;
    for (size_t i = 0; i <= names->mask; i++) {
        names->slots[i] = 0;
    }
    for (size_t i = 0; i < names->n; i++) {
        moved += put(names, i) ? 1 : 0;
    }
    return moved;
}

void stk_names_spread(struct stk_names *names)
{
    size_t fewest = SIZE_MAX;
    unsigned best = 0;
    if (names->n > SPREAD_MAX) {
        return;
    }
    for (unsigned shift = 0; shift < SHIFTS && fewest > 0; shift++) {
        size_t moved = arrange(names, shift);
        best = moved < fewest ? shift : best;
        fewest = moved < fewest ? moved : fewest;
    }
    (void)arrange(names, best);
}
