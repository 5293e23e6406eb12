/* SPDX-License-Identifier: Apache-2.0
 *
 * Effects as pseudo-Python. It says what an unpickler would do, close enough to read at a
 * glance; nobody is meant to run it.
 */
#include "report/escape.h"
#include "report/listing.h"

/* Room for arguments, and for one value. */
#define ARGS_MAX 96
#define VALUE_MAX 64

const char *stk_effect_name(enum stk_effect_kind kind)
{
    static const char *const names[] = {
        [STK_EFFECT_IMPORT] = "import",         [STK_EFFECT_CALL] = "call",
        [STK_EFFECT_BUILD] = "build",           [STK_EFFECT_ITEMS] = "items",
        [STK_EFFECT_PERSISTENT] = "persistent", [STK_EFFECT_EXTENSION] = "extension",
    };
    return names[kind];
}

static void put_import(struct stk_buf *out, const struct stk_show *show,
                       const struct stk_global *global)
{
    if (global->computed) {
        stk_buf_str(out, "import <computed name>");
        return;
    }
    stk_buf_str(out, "from ");
    stk_escape_put(out, global->mapped_module, show->utf8);
    stk_buf_str(out, " import ");
    stk_escape_put(out, global->mapped_name, show->utf8);
}

/* The arguments of f(*args, **kwargs). */
static void put_arguments(struct stk_buf *out, const struct stk_show *show,
                          const struct stk_effect *effect, bool keywords)
{
    uint64_t n = effect->n_items;
    const stk_slot *items = effect->items;
    bool spread = items == NULL && effect->op != STK_OP_INST && effect->op != STK_OP_OBJ;
    if (spread) {
        items = stk_slot_items(show->machine, effect->args, &n);
    }
    stk_buf_byte(out, '(');
    if (spread && items == NULL) {
        stk_buf_byte(out, '*');
        stk_value_put(out, show, effect->args, ARGS_MAX);
        n = 1;
    } else {
        stk_values_put(out, show, items, n, ARGS_MAX);
    }
    if (keywords) {
        stk_buf_str(out, n > 0 ? ", **" : "**");
        stk_value_put(out, show, effect->kwargs, VALUE_MAX);
    }
    stk_buf_byte(out, ')');
}

static void put_call(struct stk_buf *out, const struct stk_show *show,
                     const struct stk_effect *effect, uint64_t number)
{
    bool keywords = effect->op == STK_OP_NEWOBJ_EX;
    stk_buf_printf(out, "x%llu = ", (unsigned long long)number);
    stk_value_put(out, show, effect->target, VALUE_MAX);
    if (keywords || effect->op == STK_OP_NEWOBJ) {
        stk_buf_str(out, ".__new__");
    }
    put_arguments(out, show, effect, keywords);
}

static void put_items(struct stk_buf *out, const struct stk_show *show,
                      const struct stk_effect *effect)
{
    stk_value_put(out, show, effect->target, VALUE_MAX);
    if (effect->op == STK_OP_SETITEM || effect->op == STK_OP_SETITEMS) {
        stk_buf_str(out, effect->n_items == 2 ? "[" : ".update({");
        if (effect->n_items == 2) {
            stk_value_put(out, show, effect->items[0], VALUE_MAX);
            stk_buf_str(out, "] = ");
            stk_value_put(out, show, effect->items[1], VALUE_MAX);
        } else {
            stk_pairs_put(out, show, effect->items, effect->n_items / 2, ARGS_MAX);
            stk_buf_str(out, "})");
        }
        return;
    }
    bool one = effect->op == STK_OP_APPEND;
    bool set = effect->op == STK_OP_ADDITEMS;
    stk_buf_str(out, one ? ".append(" : set ? ".update([" : ".extend([");
    stk_values_put(out, show, effect->items, effect->n_items, ARGS_MAX);
    stk_buf_str(out, one ? ")" : "])");
}

void stk_effect_put(struct stk_buf *out, const struct stk_show *show,
                    const struct stk_effect *effect, uint64_t number)
{
    switch (effect->kind) {
    case STK_EFFECT_IMPORT:
        put_import(out, show, effect->global);
        break;
    case STK_EFFECT_CALL:
        put_call(out, show, effect, number);
        break;
    case STK_EFFECT_BUILD:
        stk_value_put(out, show, effect->target, VALUE_MAX);
        stk_buf_str(out, ".__setstate__(");
        stk_value_put(out, show, effect->args, ARGS_MAX);
        stk_buf_byte(out, ')');
        break;
    case STK_EFFECT_ITEMS:
        put_items(out, show, effect);
        break;
    case STK_EFFECT_PERSISTENT:
        stk_buf_printf(out, "x%llu = persistent_load(", (unsigned long long)number);
        stk_value_put(out, show, effect->target, ARGS_MAX);
        stk_buf_byte(out, ')');
        break;
    case STK_EFFECT_EXTENSION:
        stk_buf_printf(out, "x%llu = get_extension(%llu)", (unsigned long long)number,
                       (unsigned long long)stk_slot_payload(effect->target));
        break;
    }
}

enum stk_rating stk_effect_rating(const struct stk_inspection *in,
                                  struct stk_machine *machine,
                                  const struct stk_effect *effect)
{
    const struct stk_global *global = effect->kind == STK_EFFECT_IMPORT
                                          ? effect->global
                                          : stk_slot_global(machine, effect->target);
    return global == NULL ? STK_RATING_NONE : stk_inspection_rating(in, global);
}

enum stk_verdict stk_rating_verdict(enum stk_rating rating)
{
    return rating == STK_RATING_DANGEROUS ? STK_VERDICT_DANGEROUS
           : rating == STK_RATING_VETTED  ? STK_VERDICT_CLEAN
                                          : STK_VERDICT_REVIEW;
}
