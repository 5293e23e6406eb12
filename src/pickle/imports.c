/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "pickle/state.h"

struct fix {
    const char *module;
    const char *name; /* NULL: every name of the module */
    const char *new_module;
    const char *new_name;
    size_t module_len; /* compared first: each import asks the whole table */
};

static const struct fix fixes[] = {
#define STK_FIX_NAME(module, name, new_module, new_name)                                 \
    {(module), (name), (new_module), (new_name), sizeof(module) - 1},
#define STK_FIX_MODULE(module, new_module)                                               \
    {(module), NULL, (new_module), NULL, sizeof(module) - 1},
#include "pickle/fiximports.def"
#undef STK_FIX_NAME
#undef STK_FIX_MODULE
};

/* fix_imports applies below this protocol (Lib/pickle.py, find_class). */
#define FIX_IMPORTS_BELOW 3

static struct stk_span text_span(const char *text)
{
    return stk_span_of(text, __builtin_strlen(text));
}

/* Names come first in the table, so that the first hit is the right one. */
static const struct fix *find_fix(struct stk_span module, struct stk_span name)
{
    for (size_t i = 0; i < sizeof fixes / sizeof fixes[0]; i++) {
        const struct fix *fix = &fixes[i];
        if (fix->module_len == module.len && fix->module[0] == module.data[0] &&
            stk_span_is(module, fix->module) &&
            (fix->name == NULL || stk_span_is(name, fix->name))) {
            return fix;
        }
    }
    return NULL;
}

bool stk_name_is_fixed(struct stk_span module, struct stk_span name)
{
    return find_fix(module, name) != NULL;
}

/* What Python 3 imports for a name of Python 2. */
static void map_names(const struct stk_machine *m, struct stk_global *g)
{
    g->mapped_module = g->module;
    g->mapped_name = g->name;
    g->fixes = m->protocol < FIX_IMPORTS_BELOW;
    const struct fix *fix = g->fixes ? find_fix(g->module, g->name) : NULL;
    if (fix != NULL) {
        g->mapped_module = text_span(fix->new_module);
        if (fix->new_name != NULL) {
            g->mapped_name = text_span(fix->new_name);
        }
    }
}

/* The same text maps to the same names unless the protocol has changed in between. */
static bool same_names(const struct stk_machine *m, const struct stk_global *listed,
                       const struct stk_global *seen)
{
    if (listed->computed != seen->computed || !stk_span_equal(listed->name, seen->name) ||
        !stk_span_equal(listed->module, seen->module)) {
        return false;
    }
    if (listed->fixes == (m->protocol < FIX_IMPORTS_BELOW)) {
        return true;
    }
    struct stk_global mapped = *seen;
    map_names(m, &mapped);
    return stk_span_equal(listed->mapped_module, mapped.mapped_module) &&
           stk_span_equal(listed->mapped_name, mapped.mapped_name);
}

/* Begins with what no stream can know: with a fixed seed, names of one hash are easily
 * made, and each of them would be compared with all before it. */
static uint64_t names_hash(const struct stk_machine *m, const struct stk_global *g)
{
    uint64_t secret = (uint64_t)(uintptr_t)m ^ (uint64_t)(uintptr_t)m->alloc << 32;
    return stk_hash(g->name, stk_hash(g->module, secret + (g->computed ? 1 : 0)));
}

static struct stk_span keep_text(struct stk_machine *m, struct stk_span text)
{
    uint8_t *copy = stk_arena_alloc(&m->arena, text.len);
    if (copy == NULL) {
        return stk_span_of(NULL, 0);
    }
    stk_copy(copy, text.data, text.len);
    return stk_span_of(copy, text.len);
}

/* Lists a global that was not listed before; first: index + 1 of those with its hash, or
 * 0. The names are copied. */
static bool list_global(struct stk_machine *m, const struct stk_global *seen,
                        uint64_t hash, size_t first, size_t *ret_index)
{
    if (m->n_globals >= m->limits->globals_max) {
        return stk_fault(m, STK_FAULT_LIMIT_GLOBAL);
    }
    void *array = m->globals;
    bool added = false;
    struct stk_global *g = stk_arena_alloc(&m->arena, sizeof *g);
    enum stk_status status =
        g == NULL ? STK_E_NOMEM
                  : stk_grow(m->alloc, &array, &m->cap_globals, sizeof *m->globals,
                             m->n_globals + 1, SIZE_MAX / sizeof *m->globals);
    m->globals = array;
    if (status == STK_OK) {
        status = stk_map_put(&m->by_name, hash, m->n_globals, &added);
    }
    if (status != STK_OK) {
        return stk_failed(m, status == STK_E_LIMIT ? STK_E_NOMEM : status);
    }
    *g = *seen;
    g->module = keep_text(m, seen->module);
    g->name = keep_text(m, seen->name);
    map_names(m, g);
    g->off = stk_cuts_real(m, m->off);
    g->order = m->n_globals;
    g->next = first;
    *ret_index = m->n_globals;
    m->globals[m->n_globals++] = g;
    return g->module.data != NULL && g->name.data != NULL ? true
                                                          : stk_failed(m, STK_E_NOMEM);
}

/* The index of a global with these names. */
static bool find_global(struct stk_machine *m, const struct stk_global *seen,
                        size_t *ret_index)
{
    uint64_t hash = names_hash(m, seen);
    uint64_t newest = 0;
    size_t first = stk_map_get(&m->by_name, hash, &newest) ? (size_t)newest + 1 : 0;
    for (size_t at = first; at > 0; at = m->globals[at - 1]->next) {
        if (same_names(m, m->globals[at - 1], seen)) {
            *ret_index = at - 1;
            return true;
        }
    }
    return list_global(m, seen, hash, first, ret_index);
}

static bool import(struct stk_machine *m, const struct stk_global *seen,
                   stk_slot *ret_slot)
{
    size_t index = 0;
    if (!find_global(m, seen, &index)) {
        return false;
    }
    struct stk_effect effect = {.kind = STK_EFFECT_IMPORT, .global = m->globals[index]};
    struct stk_outcome outcome = {0};
    *ret_slot = stk_slot_make(STK_GLOBAL, index);
    if (!stk_effect(m, &effect, &outcome)) {
        return false;
    }
    if (effect.global->unheld) {
        *ret_slot |= STK_SLOT_UNHELD;
        m->any_unheld = true;
    }
    return true;
}

bool stk_import(struct stk_machine *m, struct stk_span module, struct stk_span name,
                stk_slot *ret_slot)
{
    if (module.len > m->limits->name_max || name.len > m->limits->name_max) {
        return stk_fault(m, STK_FAULT_LIMIT_NAME);
    }
    struct stk_global seen = {.module = module, .name = name};
    return import(m, &seen, ret_slot);
}

bool stk_import_computed(struct stk_machine *m, stk_slot *ret_slot)
{
    struct stk_global seen = {.computed = true};
    return import(m, &seen, ret_slot);
}
