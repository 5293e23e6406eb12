/* SPDX-License-Identifier: Apache-2.0
 *
 * Nodes run over values: what validate.c and objects.c share.
 */
#pragma once

#include "profile/state.h"

/* Which items or members of one instance some keyword has looked at: what `unevaluated…`
 * leaves alone. NULL where nobody asks. */
struct stk_seen {
    uint64_t *bits;
    size_t n;
};

static inline void stk_seen_add(struct stk_seen *seen, size_t i)
{
    if (seen != NULL) {
        seen->bits[i / 64] |= UINT64_C(1) << (i % 64);
    }
}

/* Where an instance is looked at from. */
struct stk_view {
    const struct stk_scope *scope;
    const struct stk_step *way; /* NULL while nobody asks */
    struct stk_seen *seen;
};

struct stk_look {
    const struct stk_value *value;
    const struct stk_node *node;
    const struct stk_view *here;
    const struct stk_view *parts; /* of its parts, and of what is only tried */
};

/* What JSON calls a kind, and which operations are for it. */
struct stk_shown {
    uint32_t type;
    enum stk_op_group group;
};
extern const struct stk_shown stk_shown[STK_VALUE_KINDS];

/* JSON has no object with other names than texts. */
static inline uint32_t stk_type_of(const struct stk_value *value)
{
    bool mixed = value->kind == STK_VALUE_DICT && !value->pairs->texts_only;
    return STK_UNLIKELY(mixed) ? STK_TYPE_OTHER : stk_shown[value->kind].type;
}

bool stk_check_asked(struct stk_validation *v, const struct stk_node *node,
                     const struct stk_value *value, const struct stk_view *at);

/* Most values in a message are decided by their type. */
static inline bool stk_check(struct stk_validation *v, uint32_t index,
                             const struct stk_value *value, const struct stk_view *at)
{
    const struct stk_node *node = &v->nodes[index];
    return (node->settled & stk_type_of(value)) != 0 ||
           stk_check_asked(v, node, value, at);
}

/* A part of the instance. */
static inline bool stk_check_part(struct stk_validation *v, const struct stk_look *l,
                                  uint32_t node, const struct stk_value *part,
                                  const struct stk_value *key, size_t index)
{
    if (STK_LIKELY(v->most == 0)) {
        return stk_check(v, node, part, l->parts);
    }
    struct stk_step step = {.up = l->here->way, .key = key, .index = index};
    struct stk_view at = {.scope = l->here->scope, .way = &step};
    return stk_check(v, node, part, &at);
}

/* All that have not been refused are asked, so that all reasons are said; without anybody
 * to hear them, the first decides. */
static inline bool stk_goes_on(const struct stk_validation *v, bool valid)
{
    return STK_LIKELY(valid) || (v->most > 0 && !v->gave_up);
}

/* ---- objects.c ---- */

bool stk_run_keys(struct stk_validation *v, const struct stk_look *l,
                  const struct stk_op *op);
bool stk_run_values(struct stk_validation *v, const struct stk_look *l,
                    const struct stk_op *op);
bool stk_run_elements(struct stk_validation *v, const struct stk_look *l,
                      const struct stk_op *op);
bool stk_run_class(struct stk_validation *v, const struct stk_look *l,
                   const struct stk_op *op);
bool stk_run_nested(struct stk_validation *v, const struct stk_look *l,
                    const struct stk_op *op);
