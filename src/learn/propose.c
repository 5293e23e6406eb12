/* SPDX-License-Identifier: Apache-2.0
 *
 * Recursion here goes down places, which are STK_LEARN_DEPTH levels at most.
 */
#include <stdio.h>

#include "learn/state.h"
#include "wire/json_write.h"

#define TEXT_LEAST 64
#define BYTES_LEAST 64
#define ITEMS_LEAST 16
#define KEYS_LEAST 16
#define KEY_LEAST 64
#define ARRAY_LEAST 4096
#define DIMENSION_LEAST 16

#define KIND(kind) (1u << STK_VALUE_##kind)
#define NUMBERS (KIND(INT) | KIND(FLOAT))
#define RAW (KIND(BYTES) | KIND(BYTEARRAY) | KIND(BUFFER))
#define LISTS (KIND(LIST) | KIND(TUPLE))
#define SETS (KIND(SET) | KIND(FROZENSET))
#define SHAPED (KIND(TENSOR) | KIND(NDARRAY))
#define ARRAYS (SHAPED | KIND(STORAGE))
#define CLASSED (KIND(OBJECT) | KIND(ENUM))

struct proposal {
    struct stk_learner *l;
    const struct stk_propose_options *options;
    struct stk_buf place; /* the way to the place */
    struct stk_buf note;  /* what is said of it */
    bool deep;            /* there is such a place */
};

static struct stk_value schema_of(struct proposal *p, struct stk_learn_node *node);

/* ---- what is said ---- */

static void say(struct proposal *p, const char *words, uint64_t seen, uint64_t allowed)
{
    stk_buf_printf(&p->note, "%s%s of up to %llu seen, %llu allowed",
                   p->note.len == 0 ? "" : "; ", words, (unsigned long long)seen,
                   (unsigned long long)allowed);
}

static void say_value(struct proposal *p, struct stk_value value)
{
    struct stk_json_write_options options = STK_JSON_WRITE_OPTIONS_DEFAULT;
    struct stk_json_error error = {0};
    if (stk_json_write(&p->note, value, &options, &error) != STK_OK) {
        stk_buf_str(&p->note, "?");
    }
}

static void flush_note(struct proposal *p)
{
    if (p->note.len > 0 && p->options->note != NULL) {
        p->options->note(p->options->note_ctx, stk_buf_span(&p->place),
                         stk_buf_span(&p->note));
    }
    stk_buf_clear(&p->note);
}

/* ---- a step down ---- */

static bool is_word(struct stk_span name)
{
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        if (c != '_' && (c < '0' || c > '9') && ((c | 0x20) < 'a' || (c | 0x20) > 'z')) {
            return false;
        }
    }
    return name.len > 0;
}

static struct stk_value below(struct proposal *p, struct stk_learn_node *node,
                              const char *step, struct stk_span name)
{
    size_t len = p->place.len;
    stk_buf_str(&p->place, step);
    if (name.data != NULL && is_word(name)) {
        stk_buf_str(&p->place, ".");
        stk_buf_put(&p->place, name.data, name.len);
    } else if (name.data != NULL) {
        stk_buf_str(&p->place, "[\"");
        stk_buf_put(&p->place, name.data, name.len);
        stk_buf_str(&p->place, "\"]");
    }
    struct stk_value schema = schema_of(p, node);
    p->place.len = len;
    return schema;
}

/* ---- scalars ---- */

static void put_numbers(struct proposal *p, struct stk_put *put,
                        const struct stk_learn_numbers *n)
{
    struct stk_value least = stk_learn_least(p->l, n);
    struct stk_value most = stk_learn_most(p->l, n);
    bool bounded = least.kind != STK_VALUE_NONE && most.kind != STK_VALUE_NONE;
    if (least.kind != STK_VALUE_NONE) {
        stk_put_value(put, "minimum", least);
    }
    if (most.kind != STK_VALUE_NONE) {
        stk_put_value(put, "maximum", most);
    }
    if (!bounded) {
        stk_buf_str(&p->note, n->unbounded ? "NaN or infinite seen, any number allowed"
                                           : "numbers seen that have no bound");
        return;
    }
    say_value(p, n->min);
    stk_buf_str(&p->note, "..");
    say_value(p, n->max);
    stk_buf_str(&p->note, " seen, ");
    say_value(p, least);
    stk_buf_str(&p->note, "..");
    say_value(p, most);
    stk_buf_str(&p->note, " allowed");
}

/* All texts are few, and each was met often. */
static bool is_choice(const struct stk_learn_node *node)
{
    const struct stk_learn_texts *t = node->texts;
    if ((node->kinds & ~(KIND(STR) | KIND(NONE))) != 0 || t->many ||
        t->n < STK_LEARN_TEXT_ALL) {
        return false;
    }
    for (size_t i = 0; i < t->n_list; i++) {
        if (t->list[i].n < STK_LEARN_TEXT_EACH) {
            return false;
        }
    }
    return true;
}

static void sort_texts(struct stk_learn_texts *t)
{
    for (size_t i = 1; i < t->n_list; i++) {
        for (size_t j = i;
             j > 0 && stk_learn_compare(t->list[j].bytes, t->list[j - 1].bytes) < 0;
             j--) {
            struct stk_learn_text other = t->list[j];
            t->list[j] = t->list[j - 1];
            t->list[j - 1] = other;
        }
    }
}

static void put_texts(struct proposal *p, struct stk_put *put,
                      const struct stk_learn_node *node)
{
    struct stk_learn_texts *t = node->texts;
    if (!is_choice(node)) {
        uint64_t room = stk_learn_room(t->codes_max, TEXT_LEAST);
        say(p, "texts", t->codes_max, room);
        stk_put_count(put, "maxLength", room);
        return;
    }
    struct stk_put list = {.l = p->l};
    sort_texts(t);
    for (size_t i = 0; i < t->n_list; i++) {
        stk_put_value(&list, "", stk_put_text(p->l, t->list[i].bytes));
    }
    if ((node->kinds & KIND(NONE)) != 0) {
        stk_put_value(&list, "", stk_value_none(0));
    }
    stk_put_value(put, "enum", stk_put_list(&list));
    stk_buf_printf(&p->note, "%zu texts seen %llu times, no others allowed", t->n_list,
                   (unsigned long long)t->n);
}

/* ---- lists and sets ---- */

static void put_prefix(struct proposal *p, struct stk_put *put,
                       const struct stk_learn_items *items)
{
    struct stk_put list = {.l = p->l};
    stk_put_count(put, "minItems", items->n_max);
    stk_put_count(put, "maxItems", items->n_max);
    flush_note(p);
    for (size_t i = 0; i < items->n_max; i++) {
        char step[24];
        (void)snprintf(step, sizeof step, "[%zu]", i);
        stk_put_value(&list, "", below(p, items->prefix[i], step, (struct stk_span){0}));
    }
    if (list.n > 0) {
        stk_put_value(put, "prefixItems", stk_put_list(&list));
    }
}

static void put_items(struct proposal *p, struct stk_put *put,
                      const struct stk_learn_items *items)
{
    uint64_t room = items->n_max == 0 ? 0 : stk_learn_room(items->n_max, ITEMS_LEAST);
    if (items->alike) {
        put_prefix(p, put, items);
        return;
    }
    say(p, "lengths", items->n_max, room);
    flush_note(p);
    stk_put_count(put, "maxItems", room);
    if (items->item != NULL) {
        stk_put_value(put, "items", below(p, items->item, "[]", (struct stk_span){0}));
    }
}

static void put_elements(struct proposal *p, struct stk_put *put,
                         const struct stk_learn_items *elements)
{
    struct stk_put list = {.l = p->l};
    put_items(p, &list, elements);
    stk_put_value(put, "elements", stk_put_done(&list));
}

/* ---- dicts ---- */

static void put_fields(struct proposal *p, struct stk_put *put,
                       const struct stk_learn_dict *dict)
{
    struct stk_put properties = {.l = p->l};
    struct stk_put required = {.l = p->l};
    flush_note(p);
    for (struct stk_learn_field *f = dict->fields; f != NULL; f = f->next) {
        stk_put_named(&properties, f->name, below(p, f->node, "", f->name));
        if (f->n == dict->n) {
            stk_put_value(&required, "", stk_put_text(p->l, f->name));
        }
    }
    if (properties.n > 0) {
        stk_put_value(put, "properties", stk_put_done(&properties));
    }
    if (required.n > 0) {
        stk_put_value(put, "required", stk_put_list(&required));
    }
    stk_put_bool(put, "additionalProperties", false);
}

static void put_map(struct proposal *p, struct stk_put *put,
                    const struct stk_learn_dict *dict)
{
    uint64_t room = stk_learn_room(dict->n_max, KEYS_LEAST);
    uint64_t key_room = stk_learn_room(dict->key_codes_max, KEY_LEAST);
    struct stk_put names = {.l = p->l};
    say(p, "any keys: dicts", dict->n_max, room);
    stk_put_count(put, "maxProperties", room);
    if (dict->keys == NULL || dict->keys == p->l->deep) {
        say(p, "keys", dict->key_codes_max, key_room);
        stk_put_count(&names, "maxLength", key_room);
        stk_put_value(put, "propertyNames", stk_put_done(&names));
    }
    flush_note(p);
    if (dict->keys != NULL) {
        stk_put_value(put, "keys", below(p, dict->keys, ".keys", (struct stk_span){0}));
    }
    stk_put_value(put, "values", below(p, dict->values, ".*", (struct stk_span){0}));
}

static void put_dict(struct proposal *p, struct stk_put *put,
                     const struct stk_learn_dict *dict)
{
    if (dict->n_max > 0 && dict->values != NULL) {
        put_map(p, put, dict);
    } else {
        put_fields(p, put, dict);
    }
}

/* ---- tensors and arrays ---- */

static void put_array(struct proposal *p, struct stk_put *put,
                      const struct stk_learn_node *node)
{
    const struct stk_learn_array *a = node->array;
    struct stk_put dtypes = {.l = p->l};
    struct stk_put devices = {.l = p->l};
    for (unsigned i = 0; i < STK_DTYPES; i++) {
        if ((a->dtypes >> i & 1) != 0) {
            stk_put_str(&dtypes, "", stk_dtype_name((enum stk_dtype)i));
        }
    }
    stk_put_value(put, "dtype", stk_put_one_or_list(&dtypes));
    if (a->shaped) {
        uint64_t dimension = stk_learn_room(a->dimension_max, DIMENSION_LEAST);
        say(p, "dimensions", a->dimension_max, dimension);
        stk_put_count(put, "minRank", a->rank_min);
        stk_put_count(put, "maxRank", a->rank_max);
        stk_put_count(put, "maxDimension", dimension);
        if (!a->gaps) {
            stk_put_bool(put, "contiguous", true);
        }
    }
    for (const struct stk_learn_name *d = a->devices; d != NULL; d = d->next) {
        stk_put_value(&devices, "", stk_put_text(p->l, d->text));
    }
    if (devices.n > 0 && !a->placeless) {
        stk_put_value(put, "device", stk_put_one_or_list(&devices));
    }
}

/* Bytes of texts and of arrays have one keyword. */
static void put_bytes(struct proposal *p, struct stk_put *put,
                      const struct stk_learn_node *node)
{
    uint64_t seen = (node->kinds & RAW) != 0 ? node->bytes_max : 0;
    uint64_t least = BYTES_LEAST;
    if (node->array != NULL) {
        seen = node->array->bytes_max > seen ? node->array->bytes_max : seen;
        least = ARRAY_LEAST;
    }
    uint64_t room = stk_learn_room(seen, least);
    say(p, "bytes", seen, room);
    stk_put_count(put, "maxBytes", room);
}

/* ---- a place ---- */

static void put_kinds(struct proposal *p, struct stk_put *put, uint32_t kinds)
{
    struct stk_put list = {.l = p->l};
    for (unsigned i = 0; i < STK_VALUE_KINDS; i++) {
        if ((kinds >> i & 1) != 0) {
            stk_put_str(&list, "", stk_value_kind_name((enum stk_value_kind)i));
        }
    }
    stk_put_value(put, "kind", stk_put_one_or_list(&list));
}

static void put_plain(struct proposal *p, struct stk_put *put,
                      const struct stk_learn_node *node, uint32_t kinds)
{
    put_kinds(p, put, kinds);
    if ((kinds & NUMBERS) != 0) {
        put_numbers(p, put, node->numbers);
    }
    if ((kinds & KIND(STR)) != 0) {
        put_texts(p, put, node);
    }
    if ((kinds & ARRAYS) != 0) {
        put_array(p, put, node);
    }
    if ((kinds & (RAW | ARRAYS)) != 0) {
        put_bytes(p, put, node);
    }
    if ((kinds & KIND(GLOBAL)) != 0) {
        struct stk_put names = {.l = p->l};
        for (struct stk_learn_name *g = node->globals; g != NULL; g = g->next) {
            stk_put_value(&names, "", stk_put_text(p->l, g->text));
        }
        stk_put_value(put, "global", stk_put_one_or_list(&names));
    }
    if ((kinds & LISTS) != 0) {
        put_items(p, put, node->items);
    }
    if ((kinds & SETS) != 0) {
        put_elements(p, put, node->elements);
    }
    if ((kinds & KIND(DICT)) != 0) {
        put_dict(p, put, node->dict);
    }
    flush_note(p);
}

/* "#/$defs/NAME", as a URI fragment that is a JSON pointer. */
static struct stk_value reference(struct stk_learner *l, struct stk_span name)
{
    static const char hex[] = "0123456789ABCDEF";
    static const char prefix[] = "#/$defs/";
    size_t n = sizeof prefix - 1;
    uint8_t *text = stk_learn_alloc(l, n + 3 * name.len);
    if (text == NULL) {
        return stk_value_none(0);
    }
    stk_copy(text, prefix, n);
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.data[i];
        struct stk_span one = stk_span_of(&c, 1);
        if (is_word(one) || c == '.' || c == ':' || c == '-') {
            text[n++] = c;
        } else {
            text[n++] = '%';
            text[n++] = (uint8_t)hex[c >> 4];
            text[n++] = (uint8_t)hex[c & 15];
        }
    }
    struct stk_put put = {.l = l};
    stk_put_value(&put, "$ref", stk_put_text(l, stk_span_of(text, n)));
    return stk_put_done(&put);
}

static struct stk_value place_of(struct proposal *p, const struct stk_learn_node *node)
{
    struct stk_put branches = {.l = p->l};
    struct stk_put plain = {.l = p->l};
    uint32_t kinds = node->kinds & ~CLASSED;
    if (kinds != 0 || node->classes == NULL) {
        put_plain(p, &plain, node, kinds);
        stk_put_value(&branches, "", stk_put_done(&plain));
    }
    for (struct stk_learn_use *use = node->classes; use != NULL; use = use->next) {
        stk_put_value(&branches, "", reference(p->l, use->type->name));
    }
    if (branches.n == 1) {
        return branches.list[0].value;
    }
    struct stk_put any = {.l = p->l};
    stk_put_value(&any, "anyOf", stk_put_list(&branches));
    return stk_put_done(&any);
}

static struct stk_value schema_of(struct proposal *p, struct stk_learn_node *node)
{
    if (node == p->l->deep) {
        p->deep = true;
        return reference(p->l, stk_span_of("deep", 4));
    }
    return place_of(p, node);
}

/* ---- classes ---- */

static bool is_enum(const struct stk_learn_class *c)
{
    return c->by_getattr ||
           (!c->called_more && c->members != NULL && c->n_members <= STK_LEARN_MEMBERS);
}

/* A member met by its name has that for a value, one met by its value a name made of it:
 * nothing in a stream says more. */
static void put_members(struct proposal *p, struct stk_put *put,
                        const struct stk_learn_class *c)
{
    struct stk_put members = {.l = p->l};
    for (struct stk_learn_member *m = c->members; m != NULL; m = m->next) {
        char name[40];
        if (m->value.kind == STK_VALUE_STR) {
            stk_put_named(&members, m->value.text->bytes, m->value);
            continue;
        }
        bool negative = m->value.integer < 0;
        (void)snprintf(name, sizeof name, "%s%llu", negative ? "VALUE_MINUS_" : "VALUE_",
                       negative ? 0 - (unsigned long long)m->value.integer
                                : (unsigned long long)m->value.integer);
        stk_put_value(&members, name, m->value);
    }
    stk_put_value(put, "members", stk_put_done(&members));
    stk_buf_printf(&p->note, "an enum: %zu members seen, no others allowed",
                   c->n_members);
    flush_note(p);
}

static bool has_contents(const struct stk_learn_node *node)
{
    return (node->kinds & ~(KIND(NONE) | KIND(DICT) | LISTS)) != 0 ||
           (node->dict != NULL && node->dict->n_max > 0) ||
           (node->items != NULL && node->items->n_max > 0);
}

static void put_part(struct proposal *p, struct stk_put *put, const char *keyword,
                     struct stk_learn_node *node, const char *step)
{
    if (has_contents(node)) {
        stk_put_value(put, keyword, below(p, node, step, (struct stk_span){0}));
    }
}

static void put_call(struct proposal *p, struct stk_put *put, uint32_t calls)
{
    struct stk_put list = {.l = p->l};
    uint32_t reduce = 1u << STK_CALL_REDUCE;
    if ((calls & reduce) == 0) {
        return;
    }
    stk_put_str(&list, "", "reduce");
    if ((calls & ~reduce) != 0) {
        stk_put_str(&list, "", "new");
    }
    stk_put_value(put, "call", stk_put_one_or_list(&list));
}

static struct stk_value class_schema(struct proposal *p, const struct stk_learn_class *c)
{
    struct stk_put put = {.l = p->l};
    stk_buf_clear(&p->place);
    stk_buf_put(&p->place, c->name.data, c->name.len);
    stk_put_value(&put, "class", stk_put_text(p->l, c->name));
    if (is_enum(c)) {
        put_members(p, &put, c);
        return stk_put_done(&put);
    }
    put_call(p, &put, c->calls);
    put_part(p, &put, "state", c->state, "");
    put_part(p, &put, "arguments", c->arguments, ".arguments");
    put_part(p, &put, "keywords", c->keywords, ".keywords");
    put_part(p, &put, "elements", c->elements, ".elements");
    put_part(p, &put, "entries", c->entries, ".entries");
    return stk_put_done(&put);
}

/* ---- the profile ---- */

static void put_defs(struct proposal *p, struct stk_put *put)
{
    struct stk_put defs = {.l = p->l};
    for (struct stk_learn_class *c = p->l->classes; c != NULL; c = c->next) {
        stk_put_named(&defs, c->name, class_schema(p, c));
    }
    if (p->deep) {
        stk_buf_clear(&p->place);
        stk_buf_str(&p->place, "(deeper than 32 levels)");
        stk_put_value(&defs, "deep", place_of(p, p->l->deep));
    }
    if (defs.n > 0) {
        stk_put_value(put, "$defs", stk_put_done(&defs));
    }
}

static struct stk_value profile_of(struct proposal *p)
{
    const struct stk_propose_options *options = p->options;
    struct stk_put put = {.l = p->l};
    char samples[40];
    (void)snprintf(samples, sizeof samples, "%llu sample%s",
                   (unsigned long long)p->l->n_samples, p->l->n_samples == 1 ? "" : "s");
    stk_put_str(&put, "$schema", "urn:stockade:profile:1");
    if (options->title != NULL) {
        stk_put_str(&put, "title", options->title);
    }
    stk_put_str(&put, "madeFrom",
                options->made_from == NULL ? samples : options->made_from);
    stk_buf_str(&p->place, "$");
    struct stk_value root = schema_of(p, p->l->root);
    for (size_t i = 0; root.kind == STK_VALUE_DICT && i < root.pairs->n; i++) {
        stk_put_named(&put, root.pairs->list[i].key.text->bytes,
                      root.pairs->list[i].value);
    }
    put_defs(p, &put);
    return stk_put_done(&put);
}

enum stk_status stk_learner_propose(struct stk_learner *l,
                                    const struct stk_propose_options *options,
                                    struct stk_buf *out, const char **ret_reason)
{
    struct stk_json_write_options write = STK_JSON_WRITE_OPTIONS_DEFAULT;
    struct stk_json_error error = {0};
    struct proposal p = {.l = l, .options = options};
    write.indent = 2;
    *ret_reason = l->reason;
    stk_learn_settle(l);
    stk_buf_init(&p.place, l->alloc, (size_t)1 << 20);
    stk_buf_init(&p.note, l->alloc, (size_t)1 << 20);
    struct stk_value profile = profile_of(&p);
    stk_buf_release(&p.place);
    stk_buf_release(&p.note);
    STK_TRY(l->status);
    enum stk_status status = stk_json_write(out, profile, &write, &error);
    if (status == STK_OK) {
        stk_buf_str(out, "\n");
        status = out->status;
    } else if (error.reason != NULL) {
        *ret_reason = error.reason;
    }
    return status;
}
