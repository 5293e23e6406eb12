/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/catalogue.h"

#include "base/checked.h"

#define FREE_SLOT 0xffff

/* Components of a name at which a danger may begin. Names with more are not honest, and
 * no decision rests on finding one. */
#define STARTS_MAX 64

#define HASH_BEGIN UINT32_C(0x811c9dc5)

/* FNV-1a, as tools/catalogue-gen has it. */
STK_WRAPS static uint32_t hash_byte(uint32_t hash, uint8_t byte)
{
    return (hash ^ byte) * UINT32_C(0x01000193);
}

static uint32_t hash_span(uint32_t hash, struct stk_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        hash = hash_byte(hash, text.data[i]);
    }
    return hash;
}

struct stk_span stk_catalogue_text(const struct stk_catalogue *c, uint32_t text)
{
    uint32_t begin = c->text_at[text];
    return stk_span_of(c->texts + begin, c->text_at[text + 1] - begin - 1);
}

uint32_t stk_catalogue_entry(const struct stk_catalogue *c, struct stk_span module,
                             struct stk_span name)
{
    uint32_t mask = c->n_name_slots - 1;
    uint32_t hash = hash_span(hash_byte(hash_span(HASH_BEGIN, module), 0xff), name);
    for (uint32_t at = hash & mask; c->name_slots[at] != FREE_SLOT;
         at = (at + 1) & mask) {
        const struct stk_catalogue_name *n = &c->names[c->name_slots[at]];
        if (stk_span_equal(stk_catalogue_text(c, n->name), name) &&
            stk_span_equal(stk_catalogue_text(c, n->module), module)) {
            return n->entry;
        }
    }
    return STK_ENTRY_NONE;
}

/* Module and name with a dot between them, without a copy. */
struct path {
    struct stk_span module;
    struct stk_span name;
};

static size_t path_len(const struct path *p)
{
    return p->module.len + 1 + p->name.len;
}

static uint8_t path_byte(const struct path *p, size_t at)
{
    if (at < p->module.len) {
        return p->module.data[at];
    }
    return at == p->module.len ? '.' : p->name.data[at - p->module.len - 1];
}

static bool path_has(const struct path *p, size_t at, struct stk_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (path_byte(p, at + i) != text.data[i]) {
            return false;
        }
    }
    return true;
}

/* The danger whose key is the path's [at, at + len); more: the path goes on behind it. */
static const struct stk_danger *find_key(const struct stk_catalogue *c,
                                         const struct path *p, size_t at, size_t len,
                                         uint32_t hash, bool more)
{
    uint32_t mask = c->n_danger_slots - 1;
    for (uint32_t i = hash & mask; c->danger_slots[i] != FREE_SLOT; i = (i + 1) & mask) {
        const struct stk_danger *d = &c->dangers[c->danger_slots[i]];
        struct stk_span key = stk_catalogue_text(c, d->key);
        if (key.len == len && (more || !d->wild) && path_has(p, at, key)) {
            return d;
        }
    }
    return NULL;
}

/* The danger with the longest key that the path from `at` begins with. */
static const struct stk_danger *find_from(const struct stk_catalogue *c,
                                          const struct path *p, size_t at)
{
    const struct stk_danger *found = NULL;
    uint32_t hash = HASH_BEGIN;
    size_t left = path_len(p) - at;
    for (size_t i = 0; i <= left && i <= c->danger_max; i++) {
        bool end = i == left;
        uint8_t byte = end ? '.' : path_byte(p, at + i);
        if (byte == '.' && i > 0) {
            const struct stk_danger *d = find_key(c, p, at, i, hash, !end);
            found = d != NULL ? d : found;
        }
        hash = hash_byte(hash, byte);
    }
    return found;
}

/* A component of the name that is dangerous anywhere; at is the dot before it. */
static const struct stk_danger *find_component(const struct stk_catalogue *c,
                                               const struct path *p, size_t at)
{
    size_t len = path_len(p);
    uint32_t hash = hash_byte(HASH_BEGIN, '.');
    size_t i = at + 1;
    for (; i < len && path_byte(p, i) != '.'; i++) {
        if (i - at > c->danger_max) {
            return NULL;
        }
        hash = hash_byte(hash, path_byte(p, i));
    }
    return find_key(c, p, at, i - at, hash, false);
}

/* At one component of the name. Modules keep other modules under their own name or, by
 * custom, with underscores before it: random._os.system. */
static const struct stk_danger *find_at(const struct stk_catalogue *c,
                                        const struct path *p, size_t at)
{
    size_t len = path_len(p);
    const struct stk_danger *d = find_component(c, p, at - 1);
    if (d == NULL) {
        d = find_from(c, p, at);
    }
    size_t bare = at;
    while (bare < len && path_byte(p, bare) == '_') {
        bare++;
    }
    if (d == NULL && bare > at && bare < len) {
        d = find_from(c, p, bare);
    }
    return d;
}

const struct stk_danger *stk_catalogue_danger(const struct stk_catalogue *c,
                                              struct stk_span module,
                                              struct stk_span name)
{
    struct path p = {module, name};
    const struct stk_danger *d = find_from(c, &p, 0);
    size_t starts = 0;
    for (size_t i = module.len; d == NULL && i < path_len(&p); i++) {
        if (path_byte(&p, i) != '.') {
            continue;
        }
        if (++starts > STARTS_MAX) {
            break;
        }
        d = find_at(c, &p, i + 1);
    }
    return d;
}

const struct stk_alternative *stk_entry_clause(const struct stk_catalogue *c,
                                               uint32_t entry, enum stk_clause clause,
                                               size_t *ret_n)
{
    const struct stk_entry *e = &c->entries[entry];
    uint32_t at = e->first;
    for (uint32_t i = 0; i < (uint32_t)clause; i++) {
        at += e->n_alternatives[i];
    }
    *ret_n = e->n_alternatives[clause];
    return &c->alternatives[at];
}

bool stk_entry_is_class(const struct stk_catalogue *c, uint32_t entry)
{
    enum stk_entry_kind kind = (enum stk_entry_kind)c->entries[entry].kind;
    return kind != STK_ENTRY_CALL && kind != STK_ENTRY_PERSISTENT;
}
