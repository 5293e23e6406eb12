/* SPDX-License-Identifier: Apache-2.0 */
#include "pickle/build.h"

#include "pickle/state.h"

void stk_build_init(struct stk_build *build, const struct stk_alloc *alloc)
{
    *build = (struct stk_build){.alloc = alloc};
    stk_map_init(&build->far, alloc, SIZE_MAX, 3);
    stk_map_init(&build->by_name, alloc, SIZE_MAX, 4);
}

void stk_build_release(struct stk_build *b)
{
    stk_free(b->alloc, b->stack, b->cap_stack * sizeof *b->stack);
    stk_free(b->alloc, b->memo, b->cap_memo * sizeof *b->memo);
    stk_free(b->alloc, b->far_list, b->cap_far * sizeof *b->far_list);
    stk_free(b->alloc, b->names, b->cap_names * sizeof *b->names);
    stk_map_release(&b->far);
    stk_map_release(&b->by_name);
}

void stk_build_begin(struct stk_build *b, struct stk_arena *arena)
{
    b->arena = arena;
    b->n_memo = 0;
    b->n_far = 0;
    b->n_names = 0;
    stk_map_clear(&b->far);
    stk_map_clear(&b->by_name);
    b->is_mapped = false;
    b->sets = NULL;
    b->dicts = NULL;
    b->objects = NULL;
    b->has_made = false;
    b->reason = NULL;
}

bool stk_build_room(struct stk_machine *m)
{
    struct stk_build *b = m->build;
    size_t need = (size_t)(m->stack_end - m->stack);
    void *array = b->stack;
    enum stk_status status =
        need <= b->cap_stack
            ? STK_OK
            : stk_grow(b->alloc, &array, &b->cap_stack, sizeof *b->stack, need, SIZE_MAX);
    b->stack = array;
    return status == STK_OK || stk_failed(m, status);
}

bool stk_build_fault(struct stk_machine *m, const char *reason)
{
    if (m->build->reason == NULL) {
        m->build->reason = reason;
    }
    return stk_fault(m, STK_FAULT_VALUE);
}

static inline struct stk_value node_value(struct stk_machine *m, enum stk_value_kind kind,
                                          const void *node)
{
    return (struct stk_value){
        .kind = kind & 0xff, .off = m->off & STK_VALUE_OFF_MAX, .items = node};
}

/* ---- memo ---- */

static inline void mark_shared(struct stk_value value)
{
    if (stk_value_is_node(value)) {
        ((struct stk_head *)stk_build_own(value.node))->shared = true;
    }
}

/* As in the machine's memo: entries near those before lie in an array. */
#define NEAR 64

static bool memo_extend(struct stk_machine *m, uint64_t index)
{
    struct stk_build *b = m->build;
    void *array = b->memo;
    enum stk_status status = stk_grow(b->alloc, &array, &b->cap_memo, sizeof *b->memo,
                                      (size_t)index + 1, SIZE_MAX / sizeof *b->memo);
    if (status != STK_OK) {
        return stk_build_no_memory(m);
    }
    b->memo = array;
    while (b->n_memo <= index) {
        b->memo[b->n_memo++].kind = STK_VALUE_KINDS;
    }
    return true;
}

static bool put_far(struct stk_machine *m, uint64_t index)
{
    struct stk_build *b = m->build;
    uint64_t at = b->n_far;
    bool added = false;
    if (!stk_map_get(&b->far, index, &at)) {
        void *array = b->far_list;
        if (stk_grow(b->alloc, &array, &b->cap_far, sizeof *b->far_list, b->n_far + 1,
                     SIZE_MAX / sizeof *b->far_list) != STK_OK) {
            return stk_build_no_memory(m);
        }
        b->far_list = array;
        b->n_far++;
        if (stk_map_put(&b->far, index, at, &added) != STK_OK) {
            return stk_build_no_memory(m);
        }
    }
    b->far_list[at] = *stk_build_top(m);
    return true;
}

bool stk_build_put_slow(struct stk_machine *m, uint64_t index)
{
    struct stk_build *b = m->build;
    if (index >= b->n_memo) {
        if (index - b->n_memo > NEAR) {
            return put_far(m, index);
        }
        if (!memo_extend(m, index)) {
            return false;
        }
    }
    b->memo[index] = *stk_build_top(m);
    return true;
}

bool stk_build_get(struct stk_machine *m, uint64_t index)
{
    struct stk_build *b = m->build;
    struct stk_value *value = stk_build_top(m);
    uint64_t at = 0;
    if (index < b->n_memo && b->memo[index].kind != STK_VALUE_KINDS) {
        *value = b->memo[index];
    } else if (stk_map_get(&b->far, index, &at)) {
        *value = b->far_list[at];
    } else {
        return stk_failed(m, STK_E_BUG); /* the machine has it */
    }
    mark_shared(*value);
    return true;
}

bool stk_build_dup(struct stk_machine *m)
{
    struct stk_value *value = stk_build_top(m);
    *value = value[-1];
    mark_shared(*value);
    return true;
}

/* ---- containers ---- */

/* Adds n elements to a growing array; exactly as many as come first, since most
 * containers are filled once. */
static void *extend(struct stk_build *b, const void *array, size_t have, size_t *cap,
                    size_t n, size_t element)
{
    size_t need = have + n;
    if (need <= *cap) {
        return stk_build_own(array);
    }
    size_t grown = have == 0 || need > 2 * *cap ? need : 2 * *cap;
    void *copy = stk_arena_array(b->arena, grown, element);
    if (copy != NULL) {
        stk_copy(copy, array, have * element);
        *cap = grown;
    }
    return copy;
}

/* Whoever was given it may have looked at it then, so that no value stands for both. */
static bool may_grow(struct stk_machine *m, bool given)
{
    return STK_LIKELY(!given) ||
           stk_build_fault(m, "a container that grows after a call or object got it");
}

static bool add_items(struct stk_machine *m, struct stk_items *items, size_t *cap,
                      const struct stk_value *list, size_t n)
{
    if (n == 0) {
        return true;
    }
    struct stk_value *array =
        extend(m->build, items->list, items->n, cap, n, sizeof *array);
    if (array == NULL) {
        return stk_build_no_memory(m);
    }
    stk_copy(array + items->n, list, n * sizeof *array);
    items->list = array;
    items->n += n;
    return true;
}

static bool add_pairs(struct stk_machine *m, struct stk_pairs *pairs, size_t *cap,
                      const struct stk_value *list, size_t n)
{
    if (n == 0) {
        return true;
    }
    struct stk_pair *array =
        extend(m->build, pairs->list, pairs->n, cap, n / 2, sizeof *array);
    if (array == NULL) {
        return stk_build_no_memory(m);
    }
    stk_copy(array + pairs->n, list, n / 2 * sizeof *array);
    pairs->list = array;
    pairs->n += n / 2;
    return true;
}

_Static_assert(sizeof(struct stk_pair) == 2 * sizeof(struct stk_value),
               "a pair is a key and its value on the stack");

static struct stk_growing_list *new_list(struct stk_build *b, enum stk_value_kind kind)
{
    struct stk_growing_list *list = stk_arena_alloc(b->arena, sizeof *list);
    if (list != NULL && kind != STK_VALUE_LIST) {
        list->next = b->sets;
        b->sets = list;
    }
    return list;
}

bool stk_build_list(struct stk_machine *m, enum stk_value_kind kind, size_t n)
{
    struct stk_value *value = stk_build_top(m);
    struct stk_growing_list *list = new_list(m->build, kind);
    if (list == NULL) {
        return stk_build_no_memory(m);
    }
    if (!add_items(m, &list->items, &list->cap, value, n)) {
        return false;
    }
    *value = node_value(m, kind, list);
    return true;
}

bool stk_build_tuple(struct stk_machine *m, size_t n)
{
    struct stk_value *value = stk_build_top(m);
    struct stk_made_tuple *tuple =
        stk_arena_alloc(m->build->arena, sizeof *tuple + n * sizeof *value);
    if (tuple == NULL) {
        return stk_build_no_memory(m);
    }
    struct stk_value *list = (struct stk_value *)(void *)(tuple + 1);
    stk_copy(list, value, n * sizeof *list);
    tuple->items.n = n;
    tuple->items.list = list;
    *value = node_value(m, STK_VALUE_TUPLE, tuple);
    return true;
}

bool stk_build_dict(struct stk_machine *m, size_t n)
{
    struct stk_value *value = stk_build_top(m);
    struct stk_growing_dict *dict = stk_arena_alloc(m->build->arena, sizeof *dict);
    if (dict == NULL) {
        return stk_build_no_memory(m);
    }
    dict->next = m->build->dicts;
    m->build->dicts = dict;
    if (!add_pairs(m, &dict->pairs, &dict->cap, value, n)) {
        return false;
    }
    *value = node_value(m, STK_VALUE_DICT, dict);
    return true;
}

static bool is_object(struct stk_value value)
{
    return value.kind >= STK_VALUE_OBJECT && value.kind <= STK_VALUE_PERSISTENT;
}

/* Members of enums, storages and other results are the judge's. */
static bool is_own_object(struct stk_value value)
{
    return value.kind == STK_VALUE_OBJECT || value.kind == STK_VALUE_TENSOR ||
           value.kind == STK_VALUE_NDARRAY;
}

/* What an object gets, in the order in which a writer gives it. */
enum part { PART_ITEMS, PART_MEMBERS, PART_PAIRS };

/* The object that gets items; NULL: what it is was reported. */
static bool object_of(struct stk_machine *m, struct stk_value value, enum part part,
                      struct stk_growing_object **ret_object)
{
    if (value.kind == STK_VALUE_REFUSED || value.kind == STK_VALUE_GLOBAL) {
        *ret_object = NULL;
        return true;
    }
    if (!is_own_object(value)) {
        return stk_build_fault(m, "items given to a value by another kind's opcode");
    }
    struct stk_growing_object *o = stk_build_own(value.object);
    bool has_items = o->object.items.n + o->object.members.n + o->object.pairs.n > 0;
    if ((part < PART_PAIRS && o->object.pairs.n > 0) ||
        (part < PART_MEMBERS && o->object.members.n > 0)) {
        return stk_build_fault(m, "items, members and pairs of one object in disorder");
    }
    if (o->object.has_state && has_items && !o->object.state_first) {
        return stk_build_fault(m, "items before and after the state of one object");
    }
    o->object.state_first = o->object.has_state;
    *ret_object = o;
    return may_grow(m, o->given);
}

/* The n values above the target. */
bool stk_build_append(struct stk_machine *m, size_t n)
{
    struct stk_value *target = stk_build_top(m);
    struct stk_growing_object *o = NULL;
    if (target->kind == STK_VALUE_LIST) {
        struct stk_growing_list *list = stk_build_own(target->items);
        return n == 0 || (may_grow(m, list->given) &&
                          add_items(m, &list->items, &list->cap, target + 1, n));
    }
    return n == 0 ||
           (object_of(m, *target, PART_ITEMS, &o) &&
            (o == NULL || add_items(m, &o->object.items, &o->cap_items, target + 1, n)));
}

bool stk_build_set_items(struct stk_machine *m, size_t n)
{
    struct stk_value *target = stk_build_top(m);
    struct stk_growing_object *o = NULL;
    if (target->kind == STK_VALUE_DICT) {
        struct stk_growing_dict *dict = stk_build_own(target->pairs);
        return n == 0 || (may_grow(m, dict->given) &&
                          add_pairs(m, &dict->pairs, &dict->cap, target + 1, n));
    }
    return n == 0 ||
           (object_of(m, *target, PART_PAIRS, &o) &&
            (o == NULL || add_pairs(m, &o->object.pairs, &o->cap_pairs, target + 1, n)));
}

bool stk_build_add_items(struct stk_machine *m, size_t n)
{
    struct stk_value *target = stk_build_top(m);
    struct stk_growing_object *o = NULL;
    if (target->kind == STK_VALUE_SET) {
        struct stk_growing_list *list = stk_build_own(target->items);
        return n == 0 || (may_grow(m, list->given) &&
                          add_items(m, &list->items, &list->cap, target + 1, n));
    }
    return n == 0 || (object_of(m, *target, PART_MEMBERS, &o) &&
                      (o == NULL ||
                       add_items(m, &o->object.members, &o->cap_members, target + 1, n)));
}

/* ---- names ---- */

static struct stk_span keep(struct stk_build *b, struct stk_span text)
{
    uint8_t *copy = stk_arena_alloc(b->arena, text.len);
    if (copy == NULL) {
        return (struct stk_span){0};
    }
    stk_copy(copy, text.data, text.len);
    return stk_span_of(copy, text.len);
}

/* Names come in the order of the machine's list, but not all are asked for. */
static bool room_for_names(struct stk_machine *m)
{
    struct stk_build *b = m->build;
    void *array = b->names;
    if (m->n_globals <= b->n_names) {
        return true;
    }
    if (stk_grow(b->alloc, &array, &b->cap_names, sizeof *b->names, m->n_globals,
                 SIZE_MAX / sizeof *b->names) != STK_OK) {
        return stk_build_no_memory(m);
    }
    b->names = array;
    while (b->n_names < m->n_globals) {
        b->names[b->n_names++] = NULL;
    }
    return true;
}

static enum stk_status put_name(struct stk_build *b, const struct stk_name *name)
{
    bool added = false;
    return stk_map_put(&b->by_name, name->hash, (uint64_t)(uintptr_t)name, &added);
}

/* One struct a name: Python 2's names are mapped, so that two globals may be one. */
static const struct stk_name *one_name(struct stk_build *b, const struct stk_global *g,
                                       const struct stk_name *name)
{
    uint64_t at = 0;
    if (!b->is_mapped && g->mapped_module.data != g->module.data) {
        b->is_mapped = true;
        for (size_t i = 0; i < b->n_names; i++) {
            if (b->names[i] != NULL && put_name(b, b->names[i]) != STK_OK) {
                return NULL;
            }
        }
    }
    if (!b->is_mapped) {
        return name;
    }
    if (stk_map_get(&b->by_name, name->hash, &at)) {
        const struct stk_name *before = (const struct stk_name *)(uintptr_t)at;
        return stk_name_equal(before, name) ? before : name;
    }
    return put_name(b, name) == STK_OK ? name : NULL;
}

static const struct stk_name *new_name(struct stk_build *b, const struct stk_global *g)
{
    struct stk_span module = keep(b, g->mapped_module);
    struct stk_span qualified = keep(b, g->mapped_name);
    const struct stk_name *name = module.data == NULL || qualified.data == NULL
                                      ? NULL
                                      : stk_name_new(b->arena, module, qualified);
    return name == NULL ? NULL : one_name(b, g, name);
}

static const struct stk_name *name_of(struct stk_machine *m, size_t index)
{
    struct stk_build *b = m->build;
    if (!room_for_names(m)) {
        return NULL;
    }
    if (b->names[index] == NULL) {
        b->names[index] = new_name(b, m->globals[index]);
    }
    return b->names[index] != NULL || stk_build_no_memory(m) ? b->names[index] : NULL;
}

enum stk_status stk_machine_name(struct stk_machine *m, stk_slot global,
                                 const struct stk_name **ret_name)
{
    *ret_name = name_of(m, (size_t)stk_slot_payload(global));
    return *ret_name == NULL ? STK_E_NOMEM : STK_OK;
}

/* A computed name is none: the judge has said so. */
static bool global_value(struct stk_machine *m, stk_slot slot,
                         struct stk_value *ret_value)
{
    size_t index = (size_t)stk_slot_payload(slot);
    if (m->globals[index]->computed) {
        *ret_value = node_value(m, STK_VALUE_REFUSED, NULL);
        return true;
    }
    const struct stk_name *name = name_of(m, index);
    if (name == NULL) {
        return false;
    }
    *ret_value = node_value(m, STK_VALUE_GLOBAL, NULL);
    ret_value->name = name;
    return true;
}

bool stk_build_global(struct stk_machine *m)
{
    return global_value(m, m->sp[-1], stk_build_top(m));
}

/* ---- effects ---- */

/* The arguments of INST and OBJ come as a tuple as well. */
static bool listed_operands(struct stk_machine *m, const struct stk_effect *effect,
                            const struct stk_value *free_top)
{
    struct stk_operands *o = &m->build->operands;
    if (effect->op == STK_OP_INST && !global_value(m, effect->target, &o->target)) {
        return false;
    }
    if (effect->op == STK_OP_OBJ) {
        o->target = free_top[0];
        o->items = free_top + 1;
    }
    enum stk_status status = stk_value_items(m->build->arena, m->off, STK_VALUE_TUPLE,
                                             o->items, effect->n_items, &o->args);
    return status == STK_OK || stk_failed(m, status);
}

/* LIST, DICT and FROZENSET put items into what is not on the stack yet. */
static bool makes_target(enum stk_opcode op)
{
    return op == STK_OP_LIST || op == STK_OP_DICT || op == STK_OP_FROZENSET;
}

bool stk_build_operands(struct stk_machine *m, const struct stk_effect *effect)
{
    struct stk_operands *o = &m->build->operands;
    struct stk_value *free_top = m->build->stack + (m->sp - m->stack);
    *o = (struct stk_operands){.items = free_top, .n_items = effect->n_items};
    m->build->has_made = false;
    switch (effect->kind) {
    case STK_EFFECT_CALL:
        if (effect->op == STK_OP_INST || effect->op == STK_OP_OBJ) {
            return listed_operands(m, effect, free_top);
        }
        o->target = free_top[0];
        o->args = free_top[1];
        o->kwargs = effect->op == STK_OP_NEWOBJ_EX ? free_top[2] : stk_value_none(m->off);
        break;
    case STK_EFFECT_BUILD:
        o->target = free_top[-1];
        o->args = free_top[0];
        break;
    case STK_EFFECT_ITEMS:
        o->target = makes_target(effect->op) ? stk_value_none(m->off) : free_top[-1];
        break;
    case STK_EFFECT_PERSISTENT:
        if (effect->op == STK_OP_BINPERSID) {
            o->target = free_top[0];
        }
        break;
    case STK_EFFECT_IMPORT:
    case STK_EFFECT_EXTENSION:
        break;
    }
    return true;
}

void stk_build_outcome(struct stk_machine *m, const struct stk_outcome *outcome)
{
    m->build->has_made = outcome->has_value;
    m->build->made = outcome->value;
    m->build->type = outcome->type;
}

static bool tell_object(struct stk_machine *m, struct stk_value *value)
{
    if (m->judge->object == NULL || !is_object(*value)) {
        return true;
    }
    struct stk_object *object = stk_build_own(value->object);
    enum stk_status status =
        m->judge->object(m->judge->ctx, m->build->arena, object, value);
    return status == STK_OK || stk_failed(m, status);
}

static void give(struct stk_value value)
{
    if (value.kind == STK_VALUE_LIST || value.kind == STK_VALUE_SET) {
        ((struct stk_growing_list *)stk_build_own(value.items))->given = true;
    } else if (value.kind == STK_VALUE_DICT) {
        ((struct stk_growing_dict *)stk_build_own(value.pairs))->given = true;
    } else if (is_own_object(value)) {
        ((struct stk_growing_object *)stk_build_own(value.object))->given = true;
    }
}

/* Arguments or a state: what they hold directly is what a callee copies. Each tuple is
 * gone through once. */
static void give_all(struct stk_value value)
{
    struct stk_made_tuple *tuple = stk_build_own(value.items);
    if (value.kind != STK_VALUE_TUPLE) {
        give(value);
        return;
    }
    for (size_t i = 0; !tuple->given && i < tuple->items.n; i++) {
        give(tuple->items.list[i]);
    }
    tuple->given = true;
}

static void give_operands(struct stk_machine *m)
{
    const struct stk_operands *o = &m->build->operands;
    if (m->op == STK_OP_INST || m->op == STK_OP_OBJ) {
        for (size_t i = 0; i < o->n_items; i++) {
            give(o->args.items->list[i]);
        }
        return;
    }
    give_all(o->args);
    give(o->kwargs);
}

static enum stk_object_call call_of(uint8_t op, size_t n_items)
{
    if (op == STK_OP_NEWOBJ_EX) {
        return STK_CALL_NEW_EX;
    }
    /* Without arguments INST and OBJ make an instance as NEWOBJ does. */
    bool bare = (op == STK_OP_INST || op == STK_OP_OBJ) && n_items == 0;
    return op == STK_OP_NEWOBJ || bare ? STK_CALL_NEW : STK_CALL_REDUCE;
}

bool stk_build_call(struct stk_machine *m)
{
    struct stk_build *b = m->build;
    struct stk_operands o = b->operands;
    struct stk_value *value = stk_build_top(m);
    give_operands(m);
    if (b->has_made || stk_slot_kind(m->sp[-1]) == STK_OPAQUE) {
        *value = b->has_made ? b->made : node_value(m, STK_VALUE_REFUSED, NULL);
        return true;
    }
    struct stk_growing_object *object = stk_arena_alloc(b->arena, sizeof *object);
    if (object == NULL) {
        return stk_build_no_memory(m);
    }
    object->next = b->objects;
    b->objects = object;
    object->object = (struct stk_object){.call = (uint8_t)call_of(m->op, o.n_items),
                                         .callee = o.target,
                                         .args = o.args,
                                         .kwargs = o.kwargs,
                                         .type = b->type};
    *value = node_value(m, STK_VALUE_OBJECT, object);
    return tell_object(m, value);
}

bool stk_build_state(struct stk_machine *m)
{
    struct stk_value *value = stk_build_top(m);
    struct stk_value state = value[1];
    if (value->kind == STK_VALUE_REFUSED) {
        return true;
    }
    if (!is_object(*value)) { /* an empty state, or the judge has said what it is */
        if (value->kind == STK_VALUE_GLOBAL) {
            *value = node_value(m, STK_VALUE_REFUSED, NULL);
        }
        return true;
    }
    if (stk_slot_kind(m->sp[-1]) == STK_OPAQUE) {
        *value = node_value(m, STK_VALUE_REFUSED, NULL);
        return true;
    }
    struct stk_object *object = stk_build_own(value->object);
    if (object->has_state) {
        return stk_build_fault(m, "a second state for one object");
    }
    give_all(state);
    object->has_state = true;
    object->state = state;
    return tell_object(m, value);
}

/* What the judge made of a persistent id or an extension. */
bool stk_build_made(struct stk_machine *m)
{
    *stk_build_top(m) =
        m->build->has_made ? m->build->made : node_value(m, STK_VALUE_REFUSED, NULL);
    return tell_object(m, stk_build_top(m));
}

enum stk_status stk_machine_make_set(struct stk_machine *m, enum stk_value_kind kind,
                                     uint64_t off, const struct stk_items *items,
                                     struct stk_value *ret_value)
{
    struct stk_growing_list *list = new_list(m->build, kind);
    if (list == NULL || !add_items(m, &list->items, &list->cap, items->list, items->n)) {
        return STK_E_NOMEM;
    }
    for (size_t i = 0; i < items->n; i++) { /* they are in the other container too */
        mark_shared(items->list[i]);
    }
    *ret_value = node_value(m, kind, list);
    ret_value->off = off & STK_VALUE_OFF_MAX;
    return STK_OK;
}

/* ---- buffers ---- */

static bool push_buffer(struct stk_machine *m, uint64_t ordinal, bool readonly)
{
    struct stk_buffer *buffer = stk_arena_alloc(m->build->arena, sizeof *buffer);
    if (buffer == NULL) {
        return stk_build_no_memory(m);
    }
    buffer->ordinal = ordinal;
    buffer->readonly = readonly;
    if (m->judge->buffers != NULL) {
        if (ordinal >= m->judge->n_buffers) {
            return stk_build_fault(m, "an out-of-band buffer that is not there");
        }
        buffer->present = true;
        buffer->bytes = m->judge->buffers[ordinal];
    }
    *stk_build_top(m) = node_value(m, STK_VALUE_BUFFER, NULL);
    stk_build_top(m)->buffer = buffer;
    return true;
}

bool stk_build_buffer(struct stk_machine *m)
{
    return push_buffer(m, stk_slot_payload(m->sp[-1]), false);
}

bool stk_build_readonly(struct stk_machine *m)
{
    const struct stk_value *value = stk_build_top(m);
    if (value->kind == STK_VALUE_BUFFER && value->buffer->readonly) {
        return true;
    }
    if (value->kind == STK_VALUE_BUFFER) {
        return push_buffer(m, value->buffer->ordinal, true);
    }
    return value->kind == STK_VALUE_BYTES || value->kind == STK_VALUE_REFUSED ||
           stk_build_fault(m, "a read-only view of what is no buffer");
}

/* ---- the end ---- */

enum stk_status stk_build_finish(struct stk_build *b)
{
    for (struct stk_growing_list *set = b->sets; set != NULL; set = set->next) {
        STK_TRY(stk_items_group(b->arena, &set->items));
    }
    for (struct stk_growing_dict *dict = b->dicts; dict != NULL; dict = dict->next) {
        STK_TRY(stk_pairs_group(b->arena, &dict->pairs));
    }
    for (struct stk_growing_object *o = b->objects; o != NULL; o = o->next) {
        STK_TRY(stk_items_group(b->arena, &o->object.members));
        STK_TRY(stk_pairs_group(b->arena, &o->object.pairs));
    }
    return STK_OK;
}
