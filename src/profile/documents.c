/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/checked.h"
#include "profile/state.h"
#include "profile/uri.h"
#include "wire/json.h"

/* Longest URI and reference. */
#define URI_MAX ((size_t)8 << 10)

#define ANCHOR_SEED UINT64_C(0x616e63686f72)

/* ---- errors ---- */

static void cut(char *to, size_t size, const char *text, size_t len)
{
    size_t n = len < size - 1 ? len : size - 1;
    stk_copy(to, text, n);
    to[n] = '\0';
}

enum stk_status stk_schema_fail(const struct stk_library *library,
                                struct stk_schema_error *ret_error, uint32_t resource,
                                const char *pointer, uint64_t off, const char *format,
                                ...)
{
    va_list args;
    *ret_error = (struct stk_schema_error){.off = off};
    if (resource != STK_NO_RESOURCE) {
        struct stk_span uri = library->resources[resource].uri;
        cut(ret_error->uri, sizeof ret_error->uri, (const char *)uri.data, uri.len);
    }
    cut(ret_error->pointer, sizeof ret_error->pointer, pointer,
        __builtin_strlen(pointer));
    va_start(args, format);
    (void)vsnprintf(ret_error->reason, sizeof ret_error->reason, format, args);
    va_end(args);
    return STK_E_MALFORMED;
}

/* ---- texts ---- */

const struct stk_value *stk_schema_get(const struct stk_pairs *pairs, const char *key)
{
    struct stk_span text = stk_span_of(key, __builtin_strlen(key));
    return stk_value_get(pairs, text, stk_text_hash(text));
}

const char *stk_pointer_join(struct stk_arena *arena, const char *pointer,
                             struct stk_span token)
{
    size_t before = __builtin_strlen(pointer);
    char *joined = stk_arena_alloc(arena, before + 2 + 2 * token.len);
    size_t at = before;
    if (joined == NULL) {
        return NULL;
    }
    stk_copy(joined, pointer, before);
    joined[at++] = '/';
    for (size_t i = 0; i < token.len; i++) {
        char c = (char)token.data[i];
        joined[at++] = c == '/' ? '~' : c;
        if (c == '~' || c == '/') {
            joined[at++] = c == '~' ? '0' : '1';
        }
    }
    return joined;
}

const char *stk_pointer_index(struct stk_arena *arena, const char *pointer, size_t index)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%zu", index);
    return stk_pointer_join(arena, pointer, stk_span_of(digits, (size_t)len));
}

static struct stk_span keep(struct stk_library *library, struct stk_span text)
{
    return stk_span_of(stk_arena_text(&library->arena, text), text.len);
}

/* ---- look-up ---- */

uint32_t stk_library_find(const struct stk_library *library, struct stk_span uri)
{
    uint64_t index = 0;
    if (!stk_map_get(&library->by_uri, stk_text_hash(uri), &index) ||
        !stk_span_equal(library->resources[index].uri, uri)) {
        return STK_NO_RESOURCE;
    }
    return (uint32_t)index;
}

static uint64_t anchor_hash(uint32_t resource, struct stk_span name)
{
    return stk_hash(name, ANCHOR_SEED + resource);
}

const struct stk_anchor *stk_library_anchor(const struct stk_library *library,
                                            uint32_t resource, struct stk_span name)
{
    uint64_t index = 0;
    if (!stk_map_get(&library->by_anchor, anchor_hash(resource, name), &index)) {
        return NULL;
    }
    const struct stk_anchor *a = &library->anchors[index];
    return a->resource == resource && stk_span_equal(a->name, name) ? a : NULL;
}

const struct stk_place *stk_library_place(const struct stk_library *library,
                                          struct stk_value schema)
{
    uint64_t index = 0;
    if (stk_value_kind(schema) != STK_VALUE_DICT ||
        !stk_map_get(&library->by_pairs, (uint64_t)(uintptr_t)schema.pairs, &index)) {
        return NULL;
    }
    return &library->places[index];
}

/* ---- what a document has inside ---- */

/* One more element of a heap array. */
static enum stk_status grow(struct stk_library *library, void *array, size_t *cap,
                            size_t size, size_t n)
{
    void *items = *(void **)array;
    STK_TRY(stk_grow(library->alloc, &items, cap, size, n + 1, UINT32_MAX / 2));
    *(void **)array = items;
    return STK_OK;
}

static enum stk_status add_resource(struct stk_library *library, struct stk_span uri,
                                    struct stk_value root, struct stk_span dialect,
                                    uint32_t *ret_resource)
{
    bool added = false;
    size_t n = library->n_resources;
    STK_TRY(grow(library, &library->resources, &library->cap_resources,
                 sizeof *library->resources, n));
    library->resources[n] =
        (struct stk_resource){.uri = uri, .root = root, .dialect = dialect};
    library->n_resources++;
    *ret_resource = (uint32_t)n;
    return stk_map_put(&library->by_uri, stk_text_hash(uri), n, &added);
}

static enum stk_status add_place(struct stk_library *library, struct stk_value schema,
                                 uint32_t resource, const char *pointer)
{
    bool added = false;
    size_t n = library->n_places;
    STK_TRY(grow(library, &library->places, &library->cap_places, sizeof *library->places,
                 n));
    library->places[n] = (struct stk_place){.resource = resource, .pointer = pointer};
    library->n_places++;
    return stk_map_put(&library->by_pairs, (uint64_t)(uintptr_t)schema.pairs, n, &added);
}

static enum stk_status add_anchor(struct stk_library *library,
                                  const struct stk_anchor *anchor)
{
    bool added = false;
    size_t n = library->n_anchors;
    STK_TRY(grow(library, &library->anchors, &library->cap_anchors,
                 sizeof *library->anchors, n));
    library->anchors[n] = *anchor;
    library->n_anchors++;
    return stk_map_put(&library->by_anchor, anchor_hash(anchor->resource, anchor->name),
                       n, &added);
}

/* The URI of `reference` seen from a base, kept; data is NULL where there is no memory.
 */
static enum stk_status resolve_uri(struct stk_library *library, struct stk_span base,
                                   struct stk_span reference, struct stk_span *ret_uri)
{
    struct stk_buf buf;
    stk_buf_init(&buf, library->alloc, URI_MAX);
    stk_uri_resolve(&buf, base, reference);
    enum stk_status status = buf.status;
    if (status == STK_OK) {
        *ret_uri = keep(library, stk_buf_span(&buf));
        status = ret_uri->data == NULL ? STK_E_NOMEM : STK_OK;
    }
    stk_buf_release(&buf);
    return status;
}

/* How a keyword holds subschemas. */
enum holds {
    HOLDS_ONE,
    HOLDS_LIST,
    HOLDS_MAP,
};

static const struct {
    const char *keyword;
    enum holds holds;
} holders[] = {
    {"items", HOLDS_ONE},
    {"contains", HOLDS_ONE},
    {"additionalProperties", HOLDS_ONE},
    {"propertyNames", HOLDS_ONE},
    {"if", HOLDS_ONE},
    {"then", HOLDS_ONE},
    {"else", HOLDS_ONE},
    {"not", HOLDS_ONE},
    {"unevaluatedItems", HOLDS_ONE},
    {"unevaluatedProperties", HOLDS_ONE},
    {"contentSchema", HOLDS_ONE},
    {"prefixItems", HOLDS_LIST},
    {"allOf", HOLDS_LIST},
    {"anyOf", HOLDS_LIST},
    {"oneOf", HOLDS_LIST},
    {"properties", HOLDS_MAP},
    {"patternProperties", HOLDS_MAP},
    {"dependentSchemas", HOLDS_MAP},
    {"$defs", HOLDS_MAP},
};

/* stockade's own; elsewhere these names mean nothing. */
#define OWN_DIALECT "urn:stockade:profile:"

static const char *const own_holders[] = {"keys",      "values",   "elements", "state",
                                          "arguments", "keywords", "entries"};

static enum stk_status note_held(struct stk_library *library, struct stk_value held,
                                 enum holds holds, uint32_t resource, const char *pointer,
                                 struct stk_schema_error *error)
{
    enum stk_value_kind kind = stk_value_kind(held);
    if (holds == HOLDS_ONE) {
        return stk_library_note(library, held, resource, pointer, error);
    }
    if (holds == HOLDS_LIST && kind == STK_VALUE_LIST) {
        for (size_t i = 0; i < held.items->n; i++) {
            const char *inner = stk_pointer_index(&library->arena, pointer, i);
            if (inner == NULL) {
                return STK_E_NOMEM;
            }
            STK_TRY(
                stk_library_note(library, held.items->list[i], resource, inner, error));
        }
    }
    if (holds == HOLDS_MAP && kind == STK_VALUE_DICT) {
        for (size_t i = 0; i < held.pairs->n; i++) {
            const struct stk_pair *pair = &held.pairs->list[i];
            const char *inner =
                stk_pointer_join(&library->arena, pointer, stk_text_of(pair->key));
            if (inner == NULL) {
                return STK_E_NOMEM;
            }
            STK_TRY(stk_library_note(library, pair->value, resource, inner, error));
        }
    }
    return STK_OK;
}

static enum stk_status note_keyword(struct stk_library *library, struct stk_value schema,
                                    const char *keyword, enum holds holds,
                                    uint32_t resource, const char *pointer,
                                    struct stk_schema_error *error)
{
    const struct stk_value *held = stk_schema_get(schema.pairs, keyword);
    if (held == NULL) {
        return STK_OK;
    }
    const char *inner = stk_pointer_join(&library->arena, pointer,
                                         stk_span_of(keyword, __builtin_strlen(keyword)));
    return inner == NULL ? STK_E_NOMEM
                         : note_held(library, *held, holds, resource, inner, error);
}

/* The schema of `nested`. */
static enum stk_status note_nested(struct stk_library *library, struct stk_value schema,
                                   uint32_t resource, const char *pointer,
                                   struct stk_schema_error *error)
{
    const struct stk_value *nested = stk_schema_get(schema.pairs, "nested");
    if (nested == NULL || stk_value_kind(*nested) != STK_VALUE_DICT) {
        return STK_OK;
    }
    pointer = stk_pointer_join(&library->arena, pointer, stk_span_of("nested", 6));
    return pointer == NULL ? STK_E_NOMEM
                           : note_keyword(library, *nested, "schema", HOLDS_ONE, resource,
                                          pointer, error);
}

/* The base of a schema with an $id is another one: it is a resource of its own. */
static enum stk_status note_id(struct stk_library *library, struct stk_value schema,
                               uint32_t *resource, const char **pointer,
                               struct stk_schema_error *error)
{
    const struct stk_value *id = stk_schema_get(schema.pairs, "$id");
    const struct stk_value *dialect = stk_schema_get(schema.pairs, "$schema");
    struct stk_resource around = library->resources[*resource];
    if (id == NULL || stk_value_kind(*id) != STK_VALUE_STR) {
        return STK_OK; /* the compiler says so of one that is no text */
    }
    struct stk_uri parts = stk_uri_split(stk_text_of(*id));
    struct stk_span uri = {0};
    if (parts.fragment.len > 0) {
        return stk_schema_fail(library, error, *resource, *pointer, id->off,
                               "$id has a fragment; $anchor is what names a place");
    }
    STK_TRY(resolve_uri(library, around.uri, stk_text_of(*id), &uri));
    if (stk_span_equal(uri, around.uri)) {
        return STK_OK;
    }
    uint32_t there = stk_library_find(library, uri);
    if (there != STK_NO_RESOURCE &&
        library->resources[there].root.pairs != schema.pairs) {
        return stk_schema_fail(library, error, *resource, *pointer, id->off,
                               "another schema has this $id");
    }
    struct stk_span text = dialect != NULL && stk_value_kind(*dialect) == STK_VALUE_STR
                               ? stk_text_of(*dialect)
                               : around.dialect;
    *pointer = "";
    return there != STK_NO_RESOURCE ? STK_OK
                                    : add_resource(library, uri, schema, text, resource);
}

static enum stk_status note_anchor(struct stk_library *library, struct stk_value schema,
                                   uint32_t resource, const char *keyword)
{
    const struct stk_value *name = stk_schema_get(schema.pairs, keyword);
    if (name == NULL || stk_value_kind(*name) != STK_VALUE_STR) {
        return STK_OK;
    }
    return add_anchor(library, &(struct stk_anchor){.resource = resource,
                                                    .name = stk_text_of(*name),
                                                    .schema = schema,
                                                    .dynamic = keyword[1] == 'd'});
}

/* As deep as the document: the decoder bounds it. */
enum stk_status stk_library_note(struct stk_library *library, struct stk_value schema,
                                 uint32_t resource, const char *pointer,
                                 struct stk_schema_error *ret_error)
{
    if (stk_value_kind(schema) != STK_VALUE_DICT ||
        stk_library_place(library, schema) != NULL) {
        return STK_OK;
    }
    STK_TRY(note_id(library, schema, &resource, &pointer, ret_error));
    STK_TRY(add_place(library, schema, resource, pointer));
    STK_TRY(note_anchor(library, schema, resource, "$anchor"));
    STK_TRY(note_anchor(library, schema, resource, "$dynamicAnchor"));
    for (size_t i = 0; i < sizeof holders / sizeof holders[0]; i++) {
        STK_TRY(note_keyword(library, schema, holders[i].keyword, holders[i].holds,
                             resource, pointer, ret_error));
    }
    bool own = stk_span_starts(library->resources[resource].dialect, OWN_DIALECT,
                               sizeof OWN_DIALECT - 1);
    for (size_t i = 0; own && i < sizeof own_holders / sizeof own_holders[0]; i++) {
        STK_TRY(note_keyword(library, schema, own_holders[i], HOLDS_ONE, resource,
                             pointer, ret_error));
    }
    return own ? note_nested(library, schema, resource, pointer, ret_error) : STK_OK;
}

/* ---- the library ---- */

static enum stk_status add_meta(struct stk_library *library)
{
    for (size_t i = 0; i < stk_n_meta_documents; i++) {
        const struct stk_meta_document *m = &stk_meta_documents[i];
        struct stk_schema_error error;
        enum stk_status status =
            stk_library_add(library, stk_span_of(m->uri, __builtin_strlen(m->uri)),
                            stk_span_of(m->text, __builtin_strlen(m->text)), &error);
        STK_ASSERT(status == STK_OK || status == STK_E_NOMEM);
        STK_TRY(status);
    }
    return STK_OK;
}

enum stk_status stk_library_new(const struct stk_alloc *alloc,
                                struct stk_library **ret_library)
{
    struct stk_library *library = stk_new(alloc, sizeof *library);
    if (library == NULL) {
        return STK_E_NOMEM;
    }
    library->alloc = alloc;
    stk_arena_init(&library->arena, alloc, SIZE_MAX);
    stk_map_init(&library->by_uri, alloc, SIZE_MAX, 1);
    stk_map_init(&library->by_pairs, alloc, SIZE_MAX, 2);
    stk_map_init(&library->by_anchor, alloc, SIZE_MAX, 3);
    enum stk_status status = add_meta(library);
    if (status != STK_OK) {
        stk_library_free(library);
        return status;
    }
    *ret_library = library;
    return STK_OK;
}

void stk_library_free(struct stk_library *library)
{
    if (library == NULL) {
        return;
    }
    const struct stk_alloc *alloc = library->alloc;
    stk_free(alloc, library->resources,
             library->cap_resources * sizeof *library->resources);
    stk_free(alloc, library->places, library->cap_places * sizeof *library->places);
    stk_free(alloc, library->anchors, library->cap_anchors * sizeof *library->anchors);
    stk_map_release(&library->by_uri);
    stk_map_release(&library->by_pairs);
    stk_map_release(&library->by_anchor);
    stk_arena_release(&library->arena);
    stk_free(alloc, library, sizeof *library);
}

static struct stk_span dialect_of(struct stk_value root)
{
    const struct stk_value *dialect = stk_value_kind(root) == STK_VALUE_DICT
                                          ? stk_schema_get(root.pairs, "$schema")
                                          : NULL;
    return dialect != NULL && stk_value_kind(*dialect) == STK_VALUE_STR
               ? stk_text_of(*dialect)
               : stk_span_of("", 0);
}

enum stk_status stk_library_add(struct stk_library *library, struct stk_span uri,
                                struct stk_span text, struct stk_schema_error *ret_error)
{
    struct stk_json_options options = STK_JSON_OPTIONS_DEFAULT;
    struct stk_json_error at = {0};
    struct stk_value root = {0};
    uint32_t resource = 0;
    struct stk_span name = keep(library, uri);
    struct stk_span copy = keep(library, text);
    if (name.data == NULL || copy.data == NULL) {
        return STK_E_NOMEM;
    }
    enum stk_status status = stk_json_decode(&library->arena, copy, &options, &root, &at);
    if (status == STK_E_NOMEM) {
        return status;
    }
    if (status != STK_OK) {
        status = stk_schema_fail(library, ret_error, STK_NO_RESOURCE, "", at.off, "%s",
                                 at.reason);
        cut(ret_error->uri, sizeof ret_error->uri, (const char *)uri.data, uri.len);
        return status;
    }
    if (stk_library_find(library, name) != STK_NO_RESOURCE) {
        return stk_schema_fail(library, ret_error, stk_library_find(library, name), "", 0,
                               "another document has this URI");
    }
    STK_TRY(add_resource(library, name, root, dialect_of(root), &resource));
    return stk_library_note(library, root, resource, "", ret_error);
}

/* ---- references ---- */

/* One token of a pointer, ~0 and ~1 resolved in place. */
static struct stk_span token_of(uint8_t *text, size_t len)
{
    size_t n = 0;
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '~' && i + 1 < len && (text[i + 1] == '0' || text[i + 1] == '1')) {
            text[n++] = text[++i] == '0' ? '~' : '/';
        } else {
            text[n++] = text[i];
        }
    }
    return stk_span_of(text, n);
}

static const struct stk_value *item_of(const struct stk_items *items,
                                       struct stk_span token)
{
    size_t index = 0;
    for (size_t i = 0; i < token.len; i++) {
        if (token.data[i] < '0' || token.data[i] > '9' || index >= items->n) {
            return NULL;
        }
        index = index * 10 + (size_t)(token.data[i] - '0');
    }
    bool plain = token.len == 1 || (token.len > 1 && token.data[0] != '0');
    return plain && index < items->n ? &items->list[index] : NULL;
}

static const struct stk_value *step(struct stk_value value, struct stk_span token)
{
    if (stk_value_kind(value) == STK_VALUE_DICT) {
        return stk_value_get(value.pairs, token, stk_text_hash(token));
    }
    return stk_value_kind(value) == STK_VALUE_LIST ? item_of(value.items, token) : NULL;
}

/* Follows a JSON pointer from the root of target's resource. */
static enum stk_status follow(struct stk_library *library, struct stk_buf *pointer,
                              struct stk_target *target)
{
    size_t at = 0;
    while (at < pointer->len) {
        size_t end = ++at;
        while (end < pointer->len && pointer->data[end] != '/') {
            end++;
        }
        struct stk_span token = token_of(pointer->data + at, end - at);
        const struct stk_value *next = step(target->schema, token);
        if (next == NULL) {
            return STK_E_MALFORMED;
        }
        target->schema = *next;
        target->pointer = stk_pointer_join(&library->arena, target->pointer, token);
        if (target->pointer == NULL) {
            return STK_E_NOMEM;
        }
        const struct stk_place *place = stk_library_place(library, *next);
        if (place != NULL) {
            target->resource = place->resource;
            target->pointer = place->pointer;
        }
        at = end;
    }
    return STK_OK;
}

static enum stk_status to_anchor(const struct stk_library *library, struct stk_span name,
                                 struct stk_target *target)
{
    target->anchor = stk_library_anchor(library, target->resource, name);
    if (target->anchor == NULL) {
        return STK_E_MALFORMED;
    }
    const struct stk_place *place = stk_library_place(library, target->anchor->schema);
    target->schema = target->anchor->schema;
    target->pointer = place != NULL ? place->pointer : "";
    return STK_OK;
}

static enum stk_status to_fragment(struct stk_library *library, struct stk_span fragment,
                                   struct stk_target *target)
{
    struct stk_buf buf;
    stk_buf_init(&buf, library->alloc, URI_MAX);
    bool ok = stk_uri_decode(&buf, fragment);
    enum stk_status status = ok ? buf.status : STK_E_MALFORMED;
    if (status == STK_OK && buf.len > 0 && buf.data[0] != '/') {
        status = to_anchor(library, stk_buf_span(&buf), target);
    } else if (status == STK_OK) {
        status = follow(library, &buf, target);
    }
    stk_buf_release(&buf);
    return status;
}

enum stk_status stk_library_resolve(struct stk_library *library, uint32_t from,
                                    struct stk_span reference,
                                    struct stk_target *ret_target,
                                    struct stk_schema_error *ret_error)
{
    struct stk_uri parts = stk_uri_split(reference);
    struct stk_span uri = {0};
    enum stk_status status =
        resolve_uri(library, library->resources[from].uri, reference, &uri);
    if (status == STK_E_LIMIT) {
        return stk_schema_fail(library, ret_error, from, "", 0, "a reference too long");
    }
    STK_TRY(status);
    uint32_t resource = stk_library_find(library, uri);
    if (resource == STK_NO_RESOURCE) {
        return stk_schema_fail(library, ret_error, from, "", 0,
                               "no document of the library has the URI %.*s",
                               (int)uri.len, (const char *)uri.data);
    }
    *ret_target = (struct stk_target){
        .schema = library->resources[resource].root, .resource = resource, .pointer = ""};
    const struct stk_place *place = stk_library_place(library, ret_target->schema);
    if (place != NULL) { /* a root with an $id is there under that */
        ret_target->resource = place->resource;
    }
    status = to_fragment(library, parts.fragment, ret_target);
    if (status == STK_E_MALFORMED || status == STK_E_LIMIT) {
        return stk_schema_fail(library, ret_error, from, "", 0, "%.*s has no place #%.*s",
                               (int)uri.len, (const char *)uri.data,
                               (int)parts.fragment.len,
                               (const char *)parts.fragment.data);
    }
    STK_TRY(status);
    return stk_library_note(library, ret_target->schema, ret_target->resource,
                            ret_target->pointer, ret_error);
}

bool stk_library_has(const struct stk_library *library, struct stk_span uri)
{
    return stk_library_find(library, uri) != STK_NO_RESOURCE;
}
