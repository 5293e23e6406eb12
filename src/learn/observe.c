/* SPDX-License-Identifier: Apache-2.0 */
#include "learn/state.h"

#include <math.h>

/* ---- places ---- */

struct stk_learn_node *stk_learn_child(struct stk_learner *l,
                                       const struct stk_learn_node *parent,
                                       struct stk_learn_node **place)
{
    if (*place == NULL && parent->depth + 1 >= STK_LEARN_DEPTH) {
        *place = l->deep;
    } else if (*place == NULL) {
        *place = stk_learn_alloc(l, sizeof **place);
        if (*place != NULL) {
            (*place)->depth = parent->depth + 1;
        }
    }
    return *place;
}

void stk_learn_name(struct stk_learner *l, struct stk_learn_name **list,
                    struct stk_span text)
{
    while (*list != NULL && stk_learn_compare((*list)->text, text) < 0) {
        list = &(*list)->next;
    }
    if (*list != NULL && stk_span_equal((*list)->text, text)) {
        return;
    }
    struct stk_learn_name *name = stk_learn_alloc(l, sizeof *name);
    if (name != NULL) {
        name->text = stk_learn_copy(l, text);
        name->next = *list;
        *list = name;
    }
}

void stk_learn_use(struct stk_learner *l, struct stk_learn_node *node,
                   struct stk_learn_class *type)
{
    struct stk_learn_use **at = &node->classes;
    while (*at != NULL && stk_learn_compare((*at)->type->name, type->name) < 0) {
        at = &(*at)->next;
    }
    if (*at != NULL && (*at)->type == type) {
        return;
    }
    struct stk_learn_use *use = stk_learn_alloc(l, sizeof *use);
    if (use != NULL) {
        *use = (struct stk_learn_use){.next = *at, .type = type};
        *at = use;
    }
}

struct stk_learn_items *stk_learn_items(struct stk_learner *l,
                                        struct stk_learn_items **place)
{
    if (*place == NULL) {
        *place = stk_learn_alloc(l, sizeof **place);
        if (*place != NULL) {
            (*place)->n_min = UINT64_MAX;
            (*place)->alike = true;
        }
    }
    return *place;
}

struct stk_learn_dict *stk_learn_dict(struct stk_learner *l, struct stk_learn_node *node)
{
    if (node->dict == NULL) {
        node->dict = stk_learn_alloc(l, sizeof *node->dict);
        if (node->dict != NULL) {
            node->dict->n_min = UINT64_MAX;
        }
    }
    return node->dict;
}

static uint64_t mix(uint64_t hash, const void *p)
{
    return hash ^ ((uint64_t)(uintptr_t)p >> 4) * UINT64_C(0x9e3779b97f4a7c15);
}

static void *get(const struct stk_map *map, uint64_t key)
{
    uint64_t p = 0;
    return stk_map_get(map, key, &p) ? (void *)(uintptr_t)p : NULL;
}

static void put(struct stk_learner *l, struct stk_map *map, uint64_t key, void *p)
{
    bool added = false;
    enum stk_status status = stk_map_put(map, key, (uint64_t)(uintptr_t)p, &added);
    if (status != STK_OK && l->status == STK_OK) {
        l->status = status;
    }
}

struct stk_learn_field *stk_learn_field(struct stk_learner *l,
                                        const struct stk_learn_node *node,
                                        struct stk_span name)
{
    struct stk_learn_dict *dict = node->dict;
    uint64_t key = mix(stk_text_hash(name), dict);
    struct stk_learn_field *first = get(&l->fields, key);
    for (struct stk_learn_field *f = first; f != NULL; f = f->same_hash) {
        if (f->dict == dict && stk_span_equal(f->name, name)) {
            return f;
        }
    }
    struct stk_learn_field *field = stk_learn_alloc(l, sizeof *field);
    if (field == NULL) {
        return NULL;
    }
    *field = (struct stk_learn_field){.next = dict->fields,
                                      .same_hash = first,
                                      .dict = dict,
                                      .name = stk_learn_copy(l, name)};
    dict->fields = field;
    dict->n_fields++;
    put(l, &l->fields, key, field);
    (void)stk_learn_child(l, node, &field->node);
    return l->status == STK_OK ? field : NULL;
}

/* ---- scalars ---- */

static struct stk_value keep_number(struct stk_learner *l, struct stk_value value)
{
    if (value.kind == STK_VALUE_BIGINT) {
        enum stk_status status = stk_value_big(&l->arena, 0, value.big->negative,
                                               value.big->limbs, value.big->n, &value);
        l->status = l->status == STK_OK ? status : l->status;
    }
    return value;
}

void stk_learn_number(struct stk_learner *l, struct stk_learn_node *node,
                      struct stk_value value)
{
    if (node->numbers == NULL) {
        node->numbers = stk_learn_alloc(l, sizeof *node->numbers);
    }
    struct stk_learn_numbers *n = node->numbers;
    if (n == NULL) {
        return;
    }
    n->fraction = n->fraction || value.kind == STK_VALUE_FLOAT;
    if (value.kind == STK_VALUE_FLOAT && !isfinite(value.number)) {
        n->unbounded = true;
        return;
    }
    if (!n->any || stk_value_compare_numbers(value, n->min) < 0) {
        n->min = keep_number(l, value);
    }
    if (!n->any || stk_value_compare_numbers(value, n->max) > 0) {
        n->max = keep_number(l, value);
    }
    n->any = true;
}

void stk_learn_text(struct stk_learner *l, struct stk_learn_node *node,
                    struct stk_span bytes, uint64_t n_codes, uint64_t n)
{
    if (node->texts == NULL) {
        node->texts = stk_learn_alloc(l, sizeof *node->texts);
    }
    struct stk_learn_texts *t = node->texts;
    if (t == NULL) {
        return;
    }
    t->n += n;
    t->codes_max = n_codes > t->codes_max ? n_codes : t->codes_max;
    size_t i = 0;
    while (i < t->n_list && !stk_span_equal(t->list[i].bytes, bytes)) {
        i++;
    }
    if (i < t->n_list) {
        t->list[i].n += n;
    } else if (i == STK_LEARN_TEXTS || bytes.len > STK_LEARN_TEXT_BYTES) {
        t->many = true;
    } else {
        t->list[t->n_list++] =
            (struct stk_learn_text){.bytes = stk_learn_copy(l, bytes), .n = n};
    }
}

/* ---- what holds others ---- */

static void visit(struct stk_learner *l, struct stk_learn_node *node,
                  struct stk_value value);

static void lengths(struct stk_learn_items *items, uint64_t n)
{
    items->alike = items->alike && (items->n_min == UINT64_MAX || items->n_min == n);
    items->n_min = n < items->n_min ? n : items->n_min;
    items->n_max = n > items->n_max ? n : items->n_max;
}

static void take_items(struct stk_learner *l, struct stk_learn_node *node,
                       struct stk_value value)
{
    bool set = value.kind == STK_VALUE_SET || value.kind == STK_VALUE_FROZENSET;
    bool tuple = value.kind == STK_VALUE_TUPLE;
    struct stk_learn_items *items =
        stk_learn_items(l, set ? &node->elements : &node->items);
    if (items == NULL) {
        return;
    }
    lengths(items, value.items->n);
    items->alike = items->alike && tuple && value.items->n <= STK_LEARN_PREFIX;
    for (size_t i = 0; i < value.items->n && l->status == STK_OK; i++) {
        bool own = tuple && i < STK_LEARN_PREFIX;
        visit(l, stk_learn_child(l, node, own ? &items->prefix[i] : &items->item),
              value.items->list[i]);
    }
}

static void take_pairs(struct stk_learner *l, struct stk_learn_node *node,
                       const struct stk_pairs *pairs)
{
    struct stk_learn_dict *dict = stk_learn_dict(l, node);
    if (dict == NULL) {
        return;
    }
    dict->n++;
    dict->n_min = pairs->n < dict->n_min ? pairs->n : dict->n_min;
    dict->n_max = pairs->n > dict->n_max ? pairs->n : dict->n_max;
    for (size_t i = 0; i < pairs->n && l->status == STK_OK; i++) {
        struct stk_value key = pairs->list[i].key;
        struct stk_value value = pairs->list[i].value;
        if (key.kind != STK_VALUE_STR) {
            visit(l, stk_learn_child(l, node, &dict->keys), key);
            visit(l, stk_learn_child(l, node, &dict->values), value);
            continue;
        }
        size_t codes = key.text->n_codes;
        dict->key_codes_max = codes > dict->key_codes_max ? codes : dict->key_codes_max;
        if (node == l->deep) {
            visit(l, node, value);
            continue;
        }
        struct stk_learn_field *field = stk_learn_field(l, node, key.text->bytes);
        if (field != NULL) {
            field->n++;
            visit(l, field->node, value);
        }
    }
}

/* ---- arrays ---- */

static bool has_gaps(const struct stk_array *a)
{
    uint64_t step = 1;
    for (uint32_t i = a->stride == NULL ? 0 : a->rank; i-- > 0;) {
        if (a->shape[i] != 1 && (uint64_t)a->stride[i] != step) {
            return a->n_items != 0;
        }
        step *= a->shape[i];
    }
    return false;
}

static void take_array(struct stk_learner *l, struct stk_learn_node *node,
                       struct stk_value value)
{
    const struct stk_array *a = value.object->array;
    if (node->array == NULL) {
        node->array = stk_learn_alloc(l, sizeof *node->array);
    }
    struct stk_learn_array *seen = node->array;
    if (a == NULL || seen == NULL) {
        stk_learn_refuse(l, "an array whose layout is not known");
        return;
    }
    seen->dtypes |= 1u << a->dtype;
    uint64_t bytes = a->n_items * a->item_size; /* fits: it was decoded */
    seen->bytes_max = bytes > seen->bytes_max ? bytes : seen->bytes_max;
    if (value.kind != STK_VALUE_STORAGE) {
        bool first = !seen->shaped;
        seen->shaped = true;
        seen->gaps = seen->gaps || has_gaps(a);
        seen->rank_min = first || a->rank < seen->rank_min ? a->rank : seen->rank_min;
        seen->rank_max = a->rank > seen->rank_max ? a->rank : seen->rank_max;
        for (uint32_t i = 0; i < a->rank; i++) {
            seen->dimension_max =
                a->shape[i] > seen->dimension_max ? a->shape[i] : seen->dimension_max;
        }
    }
    if (value.kind == STK_VALUE_TENSOR && a->storage.kind == STK_VALUE_STORAGE) {
        a = a->storage.object->array;
    }
    if (value.kind != STK_VALUE_NDARRAY && (a == NULL || a->location.len == 0)) {
        seen->placeless = true;
    } else if (value.kind != STK_VALUE_NDARRAY) {
        stk_learn_name(l, &seen->devices, a->location);
    }
}

/* ---- objects ---- */

static struct stk_span full_name(struct stk_learner *l, const struct stk_name *name)
{
    bool inner = memchr(name->qualified.data, '.', name->qualified.len) != NULL;
    size_t len = name->module.len + 1 + name->qualified.len;
    uint8_t *text = stk_learn_alloc(l, len);
    if (text == NULL) {
        return (struct stk_span){0};
    }
    stk_copy(text, name->module.data, name->module.len);
    text[name->module.len] = inner ? ':' : '.';
    stk_copy(text + name->module.len + 1, name->qualified.data, name->qualified.len);
    return stk_span_of(text, len);
}

static struct stk_learn_node *part(struct stk_learner *l)
{
    return stk_learn_alloc(l, sizeof(struct stk_learn_node));
}

static struct stk_learn_class *class_of(struct stk_learner *l,
                                        const struct stk_name *type)
{
    struct stk_span name = full_name(l, type);
    uint64_t key = stk_text_hash(name);
    struct stk_learn_class *first = get(&l->by_class, key);
    for (struct stk_learn_class *c = first; c != NULL; c = c->same_hash) {
        if (stk_span_equal(c->name, name)) {
            return c;
        }
    }
    struct stk_learn_class *c = stk_learn_alloc(l, sizeof *c);
    if (c == NULL) {
        return NULL;
    }
    *c = (struct stk_learn_class){.same_hash = first,
                                  .name = name,
                                  .state = part(l),
                                  .arguments = part(l),
                                  .keywords = part(l),
                                  .elements = part(l),
                                  .entries = part(l)};
    struct stk_learn_class **at = &l->classes;
    while (*at != NULL && stk_learn_compare((*at)->name, name) < 0) {
        at = &(*at)->next;
    }
    c->next = *at;
    *at = c;
    put(l, &l->by_class, key, c);
    return l->status == STK_OK ? c : NULL;
}

static int compare_members(const struct stk_learn_member *m, bool by_name,
                           struct stk_value value)
{
    if (m->by_name != by_name) {
        return m->by_name ? 1 : -1;
    }
    if (m->value.kind != value.kind) {
        return m->value.kind > value.kind ? 1 : -1;
    }
    return value.kind == STK_VALUE_STR
               ? stk_learn_compare(m->value.text->bytes, value.text->bytes)
               : (m->value.integer > value.integer) - (m->value.integer < value.integer);
}

static void take_member(struct stk_learner *l, struct stk_learn_class *c, bool by_name,
                        struct stk_value value)
{
    struct stk_learn_member **at = &c->members;
    if (value.kind != STK_VALUE_STR && value.kind != STK_VALUE_INT) {
        c->called_more = true;
        return;
    }
    while (*at != NULL && compare_members(*at, by_name, value) < 0) {
        at = &(*at)->next;
    }
    if ((*at != NULL && compare_members(*at, by_name, value) == 0) ||
        c->n_members > STK_LEARN_MEMBERS) {
        return;
    }
    struct stk_learn_member *m = stk_learn_alloc(l, sizeof *m);
    if (m == NULL) {
        return;
    }
    if (value.kind == STK_VALUE_STR) {
        value = stk_put_text(l, value.text->bytes);
    }
    *m = (struct stk_learn_member){.next = *at, .by_name = by_name, .value = value};
    *at = m;
    c->n_members++;
}

/* Of (None, dict) and (dict, None), which slots make, the dict counts. */
static struct stk_value state_of(const struct stk_object *object)
{
    struct stk_value state = object->state;
    for (size_t i = 0; i < 2 && state.kind == STK_VALUE_TUPLE && state.items->n == 2;
         i++) {
        if (state.items->list[i].kind == STK_VALUE_NONE &&
            state.items->list[1 - i].kind == STK_VALUE_DICT) {
            return state.items->list[1 - i];
        }
    }
    return state;
}

static void check_state_keys(struct stk_learner *l, const struct stk_learn_class *c,
                             struct stk_value state)
{
    for (size_t i = 0; state.kind == STK_VALUE_DICT && i < state.pairs->n; i++) {
        struct stk_value key = state.pairs->list[i].key;
        struct stk_span text =
            key.kind == STK_VALUE_STR ? key.text->bytes : (struct stk_span){0};
        if (key.kind != STK_VALUE_STR ||
            (text.len > 4 && stk_span_starts(text, "__", 2) &&
             text.data[text.len - 1] == '_' && text.data[text.len - 2] == '_')) {
            stk_learn_refuse(l,
                             "an object of %.*s with the state key \"%.*s\", which "
                             "profiles refuse",
                             (int)c->name.len, (const char *)c->name.data,
                             (int)(text.len < 80 ? text.len : 80),
                             text.len == 0 ? "" : (const char *)text.data);
        }
    }
}

static void take_parts(struct stk_learner *l, struct stk_learn_class *c,
                       const struct stk_object *o)
{
    static const struct stk_pairs no_pairs = {.texts_only = true};
    struct stk_value none = {.kind = STK_VALUE_DICT, .pairs = &no_pairs};
    struct stk_value state = o->has_state ? state_of(o) : none;
    bool set = o->members.n > 0;
    struct stk_value list = {.kind = STK_VALUE_LIST,
                             .items = set ? &o->members : &o->items};
    struct stk_value dict = {.kind = STK_VALUE_DICT, .pairs = &o->pairs};
    if (set && o->items.n > 0) {
        stk_learn_refuse(l, "an object of %.*s with both items and members",
                         (int)c->name.len, (const char *)c->name.data);
    }
    check_state_keys(l, c, state);
    visit(l, c->state, state);
    visit(l, c->arguments, o->args);
    visit(l, c->keywords, o->kwargs);
    visit(l, c->elements, list);
    visit(l, c->entries, dict);
}

static void take_object(struct stk_learner *l, struct stk_learn_node *node,
                        struct stk_value value)
{
    const struct stk_object *o = value.object;
    if (o->type == NULL) {
        stk_learn_refuse(l, "an object at byte %llu whose class is not known",
                         (unsigned long long)value.off);
        return;
    }
    struct stk_learn_class *c = class_of(l, o->type);
    if (c == NULL) {
        return;
    }
    stk_learn_use(l, node, c);
    if (o->head.shared && get(&l->seen, mix(0, o)) != NULL) {
        return;
    }
    if (o->head.shared) {
        put(l, &l->seen, mix(0, o), l);
    }
    if (value.kind == STK_VALUE_ENUM) {
        c->by_getattr = c->by_getattr || o->by_name;
        take_member(l, c, o->by_name, o->member);
        return;
    }
    c->calls |= 1u << o->call;
    bool scalar = o->call == STK_CALL_REDUCE && o->callee.kind == STK_VALUE_GLOBAL &&
                  stk_name_equal(o->callee.name, o->type) &&
                  o->args.kind == STK_VALUE_TUPLE && o->args.items->n == 1 &&
                  !o->has_state && o->items.n + o->members.n + o->pairs.n == 0;
    if (scalar) {
        take_member(l, c, false, o->args.items->list[0]);
    } else {
        c->called_more = true;
    }
    take_parts(l, c, o);
}

/* ---- all of it ---- */

static bool holds_others(enum stk_value_kind kind)
{
    return (kind >= STK_VALUE_LIST && kind <= STK_VALUE_DICT) || kind == STK_VALUE_OBJECT;
}

static void take_global(struct stk_learner *l, struct stk_learn_node *node,
                        const struct stk_name *name)
{
    stk_learn_name(l, &node->globals, full_name(l, name));
}

static void take_leaf(struct stk_learner *l, struct stk_learn_node *node,
                      struct stk_value value)
{
    enum stk_value_kind kind = stk_value_kind(value);
    struct stk_span bytes = {0};
    if (kind == STK_VALUE_INT || kind == STK_VALUE_BIGINT || kind == STK_VALUE_FLOAT) {
        stk_learn_number(l, node, value);
    } else if (kind == STK_VALUE_STR) {
        stk_learn_text(l, node, value.text->bytes, value.text->n_codes, 1);
    } else if (kind == STK_VALUE_BYTES || kind == STK_VALUE_BYTEARRAY) {
        bytes = value.text->bytes;
    } else if (kind == STK_VALUE_BUFFER) {
        bytes = value.buffer->bytes;
    } else if (kind == STK_VALUE_GLOBAL) {
        take_global(l, node, value.name);
    } else if (kind == STK_VALUE_ENUM) {
        take_object(l, node, value);
    } else if (kind >= STK_VALUE_TENSOR && kind <= STK_VALUE_STORAGE) {
        take_array(l, node, value);
    } else if (kind >= STK_VALUE_PERSISTENT) {
        stk_learn_refuse(l, "a %s at byte %llu, of which a profile can say nothing",
                         stk_value_kind_name(kind), (unsigned long long)value.off);
    }
    node->bytes_max = bytes.len > node->bytes_max ? bytes.len : node->bytes_max;
}

static void visit(struct stk_learner *l, struct stk_learn_node *node,
                  struct stk_value value)
{
    enum stk_value_kind kind = stk_value_kind(value);
    if (node == NULL || l->status != STK_OK) {
        return;
    }
    node->kinds |= 1u << (kind == STK_VALUE_BIGINT ? STK_VALUE_INT : kind);
    if (!holds_others(kind)) {
        take_leaf(l, node, value);
        return;
    }
    void *array = l->tasks;
    l->status = stk_grow(l->alloc, &array, &l->cap_tasks, sizeof *l->tasks,
                         l->n_tasks + 1, SIZE_MAX / sizeof *l->tasks);
    if (l->status == STK_OK) {
        l->tasks = array;
        l->tasks[l->n_tasks++] = (struct stk_learn_task){.node = node, .value = value};
    }
}

/* What is met again at the same place is not taken in again. */
static bool is_known(struct stk_learner *l, const struct stk_learn_task *task)
{
    if (!task->value.node->shared) {
        return false;
    }
    uint64_t key = mix(mix(1, task->node) * 31, task->value.node);
    bool known = get(&l->seen, key) != NULL;
    if (!known) {
        put(l, &l->seen, key, l);
    }
    return known;
}

enum stk_status stk_learner_observe(struct stk_learner *l, struct stk_value value,
                                    const char **ret_reason)
{
    stk_map_clear(&l->seen);
    l->n_samples++;
    visit(l, l->root, value);
    while (l->n_tasks > 0 && l->status == STK_OK) {
        struct stk_learn_task task = l->tasks[--l->n_tasks];
        if (is_known(l, &task)) {
            continue;
        }
        if (task.value.kind == STK_VALUE_OBJECT) {
            take_object(l, task.node, task.value);
        } else if (task.value.kind == STK_VALUE_DICT) {
            take_pairs(l, task.node, task.value.pairs);
        } else {
            take_items(l, task.node, task.value);
        }
    }
    *ret_reason = l->reason;
    return l->status;
}
