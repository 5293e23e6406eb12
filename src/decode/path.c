/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/map.h"
#include "decode/state.h"
#include "value/share.h"

/* One value on the way, and how its holder names it. */
struct stop {
    struct stk_value value;
    size_t from; /* stop that holds it */
    struct stk_value key;
    enum { STOP_INDEX, STOP_KEY, STOP_NAME, STOP_PLAIN } how;
    size_t index;
    const char *name;
};

struct search {
    const struct stk_alloc *alloc;
    struct stop *stops; /* owned */
    size_t n;
    size_t cap;
    struct stk_map seen;
    bool failed;
};

static void add(struct search *s, struct stop stop)
{
    void *array = s->stops;
    if (s->failed || stk_grow(s->alloc, &array, &s->cap, sizeof stop, s->n + 1,
                              SIZE_MAX / sizeof stop) != STK_OK) {
        s->failed = true;
        return;
    }
    s->stops = array;
    s->stops[s->n++] = stop;
}

static void add_named(struct search *s, size_t from, struct stk_value value,
                      const char *name)
{
    add(s, (struct stop){.value = value,
                         .from = from,
                         .how = name == NULL ? STOP_PLAIN : STOP_NAME,
                         .name = name});
}

static void add_items(struct search *s, size_t from, const struct stk_items *items)
{
    for (size_t i = 0; i < items->n; i++) {
        add(s, (struct stop){
                   .value = items->list[i], .from = from, .how = STOP_INDEX, .index = i});
    }
}

static void add_pairs(struct search *s, size_t from, const struct stk_pairs *pairs)
{
    for (size_t i = 0; i < pairs->n; i++) {
        const struct stk_pair *pair = &pairs->list[i];
        add(s,
            (struct stop){
                .value = pair->value, .from = from, .how = STOP_KEY, .key = pair->key});
        add_named(s, from, pair->key, "<key>");
    }
}

static void add_object(struct search *s, size_t from, const struct stk_object *object)
{
    add_named(s, from, object->callee, "<callee>");
    add_named(s, from, object->args, "<args>");
    add_named(s, from, object->kwargs, "<kwargs>");
    add_named(s, from, object->state, NULL);
    add_items(s, from, &object->items);
    add_items(s, from, &object->members);
    add_pairs(s, from, &object->pairs);
}

static void add_inside(struct search *s, size_t from)
{
    struct stk_value value = s->stops[from].value;
    const void *node = stk_value_node(value);
    bool new = false;
    if (node == NULL ||
        stk_map_put(&s->seen, (uint64_t)(uintptr_t)node, 0, &new) != STK_OK || !new) {
        return;
    }
    if (value.kind == STK_VALUE_DICT) {
        add_pairs(s, from, value.pairs);
    } else if (value.kind >= STK_VALUE_LIST && value.kind <= STK_VALUE_FROZENSET) {
        add_items(s, from, value.items);
    } else if (value.kind >= STK_VALUE_OBJECT && value.kind <= STK_VALUE_PERSISTENT) {
        add_object(s, from, value.object);
    }
}

/* A text of a path: what is no plain name stands in quotes, escaped. */
static size_t put_key(char *out, size_t size, struct stk_value key)
{
    char text[64];
    size_t n = 0;
    if (key.kind == STK_VALUE_INT) {
        return (size_t)snprintf(out, size, "[%lld]", (long long)key.integer);
    }
    if (key.kind != STK_VALUE_STR) {
        return (size_t)snprintf(out, size, "[<%s>]",
                                stk_value_kind_name(stk_value_kind(key)));
    }
    struct stk_span bytes = key.text->bytes;
    for (size_t i = 0; i < bytes.len && n + 5 < sizeof text; i++) {
        uint8_t c = bytes.data[i];
        if (c < 0x20 || c >= 0x7f || c == '\\' || c == '\'') {
            n += (size_t)snprintf(text + n, sizeof text - n, "\\x%02x", c);
        } else {
            text[n++] = (char)c;
        }
    }
    text[n] = 0;
    bool plain = n > 0;
    for (size_t i = 0; i < n; i++) {
        bool letter = (text[i] | 0x20) >= 'a' && (text[i] | 0x20) <= 'z';
        plain = plain && (letter || text[i] == '_' || (text[i] >= '0' && text[i] <= '9'));
    }
    return (size_t)snprintf(out, size, plain ? ".%s" : "['%s']", text);
}

/* The way, from the end of the buffer to its beginning. */
static void write_way(const struct search *s, size_t at, char *path, size_t size)
{
    char piece[128];
    size_t begin = size - 1;
    path[begin] = 0;
    for (; at != 0; at = s->stops[at].from) {
        const struct stop *stop = &s->stops[at];
        size_t n = 0;
        if (stop->how == STOP_INDEX) {
            n = (size_t)snprintf(piece, sizeof piece, "[%zu]", stop->index);
        } else if (stop->how == STOP_KEY) {
            n = put_key(piece, sizeof piece, stop->key);
        } else if (stop->how == STOP_NAME) {
            n = (size_t)snprintf(piece, sizeof piece, ".%s", stop->name);
        }
        if (n >= sizeof piece || n + 4 > begin) {
            begin -= 3;
            __builtin_memset(path + begin, '.', 3);
            break;
        }
        begin -= n;
        __builtin_memcpy(path + begin, piece, n);
    }
    path[--begin] = '$';
    __builtin_memmove(path, path + begin, size - begin);
}

bool stk_value_path(const struct stk_alloc *alloc, struct stk_value root,
                    bool (*is)(const void *ctx, struct stk_value value), const void *ctx,
                    char *path, size_t size)
{
    struct search s = {.alloc = alloc};
    bool found = false;
    stk_map_init(&s.seen, alloc, SIZE_MAX, stk_value_seed());
    add_named(&s, 0, root, NULL);
    for (size_t i = 0; i < s.n && !s.failed && !found; i++) {
        found = is(ctx, s.stops[i].value);
        if (found) {
            write_way(&s, i, path, size);
        } else {
            add_inside(&s, i);
        }
    }
    stk_map_release(&s.seen);
    stk_free(alloc, s.stops, s.cap * sizeof *s.stops);
    return found;
}

/* ---- pointers ---- */

/* The next token of a pointer, unescaped; false: longer than any name that is looked for,
 * or no pointer. */
static bool take_token(const char **pointer, char *token, size_t size, size_t *ret_len)
{
    const char *p = *pointer;
    size_t n = 0;
    if (*p++ != '/') {
        return false;
    }
    for (; *p != '\0' && *p != '/'; p++) {
        char c = *p;
        if (c == '~') {
            p++;
            if (*p != '0' && *p != '1') {
                return false;
            }
            c = *p == '0' ? '~' : '/';
        }
        if (n == size) {
            return false;
        }
        token[n++] = c;
    }
    *pointer = p;
    *ret_len = n;
    return true;
}

static bool item_at(const struct stk_items *items, struct stk_span token,
                    struct stk_value *ret_part)
{
    size_t index = 0;
    for (size_t i = 0; i < token.len; i++) {
        uint8_t c = token.data[i];
        if (c < '0' || c > '9' || i > 9 || (i == 0 && c == '0' && token.len > 1)) {
            return false;
        }
        index = index * 10 + (size_t)(c - '0');
    }
    if (token.len == 0 || index >= items->n) {
        return false;
    }
    *ret_part = items->list[index];
    return true;
}

static bool member_at(const struct stk_pairs *pairs, struct stk_span token,
                      struct stk_value *ret_part)
{
    const struct stk_value *found = stk_value_get(pairs, token, stk_text_hash(token));
    if (found != NULL) {
        *ret_part = *found;
    }
    return found != NULL;
}

static bool step(struct stk_value value, struct stk_span token,
                 struct stk_value *ret_part)
{
    if (value.kind >= STK_VALUE_OBJECT && value.kind <= STK_VALUE_PERSISTENT) {
        const struct stk_object *object = value.object;
        if (object->state.kind != STK_VALUE_DICT) {
            return member_at(&object->pairs, token, ret_part) ||
                   item_at(&object->items, token, ret_part);
        }
        value = object->state;
    }
    if (value.kind == STK_VALUE_DICT) {
        return member_at(value.pairs, token, ret_part);
    }
    bool listed = value.kind == STK_VALUE_LIST || value.kind == STK_VALUE_TUPLE;
    return listed && item_at(value.items, token, ret_part);
}

bool stk_value_at(struct stk_value root, const char *pointer, struct stk_value *ret_part)
{
    char token[256];
    size_t len = 0;
    *ret_part = root;
    while (pointer != NULL && *pointer != '\0') {
        if (!take_token(&pointer, token, sizeof token, &len) ||
            !step(*ret_part, stk_span_of(token, len), ret_part)) {
            return false;
        }
    }
    return true;
}
