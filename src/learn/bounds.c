/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>

#include "learn/state.h"

/* An integer of more bits has no bound: nobody could read it. */
#define BITS_MAX 4096

uint64_t stk_learn_room(uint64_t n, uint64_t least)
{
    uint64_t room = least;
    while (room < UINT64_C(1) << 62 && room / 2 < n) {
        room *= 2;
    }
    return room;
}

static size_t bits_of(struct stk_value value)
{
    uint64_t top = value.kind == STK_VALUE_INT ? (uint64_t)value.integer
                                               : value.big->limbs[value.big->n - 1];
    if (value.kind == STK_VALUE_INT && value.integer < 0) {
        top = 0 - top;
    }
    size_t bits = value.kind == STK_VALUE_INT ? 0 : (value.big->n - 1) * 64;
    for (; top != 0; top >>= 1) {
        bits++;
    }
    return bits;
}

/* The power of two beyond a finite number, with its sign; NONE: there is none. */
static struct stk_value beyond(struct stk_learner *l, struct stk_value value)
{
    struct stk_value bound = stk_value_none(0);
    if (value.kind == STK_VALUE_FLOAT) {
        double size = value.number < 0 ? -value.number : value.number;
        double power = 1;
        while (power <= size && power < DBL_MAX / 2) {
            power *= 2;
        }
        power = power <= size ? DBL_MAX : power;
        power = value.number < 0 ? -power : power;
        bool whole = power > -9e18 && power < 9e18;
        return whole ? stk_value_int(0, (int64_t)power) : stk_value_float(0, power);
    }
    size_t bits = bits_of(value);
    if (bits >= BITS_MAX) {
        return bound;
    }
    uint64_t limbs[BITS_MAX / 64] = {0};
    bool negative = value.kind == STK_VALUE_INT ? value.integer < 0 : value.big->negative;
    limbs[bits / 64] = UINT64_C(1) << bits % 64;
    enum stk_status status =
        stk_value_big(&l->arena, 0, negative, limbs, bits / 64 + 1, &bound);
    l->status = l->status == STK_OK ? status : l->status;
    return bound;
}

static int sign(struct stk_value value)
{
    return stk_value_compare_numbers(value, stk_value_int(0, 0));
}

struct stk_value stk_learn_least(struct stk_learner *l, const struct stk_learn_numbers *n)
{
    struct stk_value minus_one = stk_value_int(0, -1);
    if (n->unbounded || !n->any) {
        return stk_value_none(0);
    }
    if (sign(n->min) >= 0) {
        return stk_value_int(0, sign(n->min) > 0 && !n->fraction ? 1 : 0);
    }
    return stk_value_compare_numbers(n->min, minus_one) == 0 ? minus_one
                                                             : beyond(l, n->min);
}

struct stk_value stk_learn_most(struct stk_learner *l, const struct stk_learn_numbers *n)
{
    if (n->unbounded || !n->any) {
        return stk_value_none(0);
    }
    if (sign(n->max) < 0) {
        return stk_value_int(0, 0);
    }
    bool share = n->fraction && sign(n->min) >= 0 &&
                 stk_value_compare_numbers(n->max, stk_value_int(0, 1)) <= 0;
    return share ? stk_value_int(0, 1) : beyond(l, n->max);
}
