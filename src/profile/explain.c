/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "profile/state.h"

const char *stk_type_words(struct stk_value value)
{
    switch (stk_value_kind(value)) {
    case STK_VALUE_NONE:
        return "null";
    case STK_VALUE_BOOL:
        return "a boolean";
    case STK_VALUE_INT:
    case STK_VALUE_BIGINT:
        return "an integer";
    case STK_VALUE_FLOAT:
        return "a number";
    case STK_VALUE_STR:
        return "a string";
    case STK_VALUE_LIST:
        return "an array";
    case STK_VALUE_TUPLE:
        return "a tuple";
    case STK_VALUE_DICT:
        return "an object";
    case STK_VALUE_BYTES:
    case STK_VALUE_BYTEARRAY:
    case STK_VALUE_SET:
    case STK_VALUE_FROZENSET:
    case STK_VALUE_GLOBAL:
    case STK_VALUE_OBJECT:
    case STK_VALUE_ENUM:
    case STK_VALUE_TENSOR:
    case STK_VALUE_NDARRAY:
    case STK_VALUE_STORAGE:
    case STK_VALUE_PERSISTENT:
    case STK_VALUE_BUFFER:
    case STK_VALUE_REFUSED:
    case STK_VALUE_KINDS:
        break;
    }
    return stk_value_kind_name(stk_value_kind(value));
}

const char *stk_type_list(uint32_t types, char text[STK_TYPE_LIST_MAX])
{
    static const struct {
        uint32_t bits;
        const char *name;
    } names[] = {
        {STK_TYPE_INTEGER | STK_TYPE_NUMBER, "number"},
        {STK_TYPE_INTEGER, "integer"},
        {STK_TYPE_STRING, "string"},
        {STK_TYPE_BOOLEAN, "boolean"},
        {STK_TYPE_NULL, "null"},
        {STK_TYPE_ARRAY, "array"},
        {STK_TYPE_OBJECT, "object"},
    };
    int len = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if ((types & names[i].bits) == names[i].bits) {
            types &= ~names[i].bits;
            len += snprintf(text + len, STK_TYPE_LIST_MAX - (size_t)len, "%s%s",
                            len > 0 ? ", " : "", names[i].name);
        }
    }
    return text;
}

static const char *pointer_of(struct stk_validation *v, const struct stk_step *way,
                              size_t *depth)
{
    const char *up = "";
    if (way == NULL) {
        return up;
    }
    up = pointer_of(v, way->up, depth);
    ++*depth;
    if (up == NULL) {
        return NULL;
    }
    if (way->key == NULL) {
        return stk_pointer_index(&v->arena, up, way->index);
    }
    return stk_pointer_join(&v->arena, up,
                            stk_value_kind(*way->key) == STK_VALUE_STR
                                ? stk_text_of(*way->key)
                                : stk_span_of("?", 1));
}

static char *copy(struct stk_validation *v, const char *text)
{
    return stk_arena_text(&v->arena, stk_span_of(text, __builtin_strlen(text)));
}

static const char *keyword_at(struct stk_validation *v, const struct stk_node *node,
                              const char *keyword)
{
    return keyword == NULL
               ? node->where
               : stk_pointer_join(&v->arena, node->where,
                                  stk_span_of(keyword, __builtin_strlen(keyword)));
}

void stk_violated(struct stk_validation *v, const struct stk_node *node,
                  const char *keyword, struct stk_value value, const struct stk_step *way,
                  const char *format, ...)
{
    char text[256];
    va_list args;
    if (v->n_noted >= v->most) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    struct stk_noted *noted = &v->noted[v->n_noted];
    noted->depth = 0;
    noted->violation = (struct stk_violation){
        .instance = pointer_of(v, way, &noted->depth),
        .keyword = keyword_at(v, node, keyword),
        .off = value.off,
        .message = copy(v, text),
    };
    if (noted->violation.instance == NULL || noted->violation.keyword == NULL ||
        noted->violation.message == NULL) {
        v->status = STK_E_NOMEM;
        v->gave_up = true;
        return;
    }
    v->n_noted++;
}

static int name_len(struct stk_span name)
{
    return (int)(name.len < 60 ? name.len : 60);
}

#define VIOLATED(...) stk_violated(v, node, op->keyword, value, way, __VA_ARGS__)

/* How many there are, against a least or a most. */
static void violated_count(struct stk_validation *v, const struct stk_node *node,
                           const struct stk_op *op, struct stk_value value,
                           const struct stk_step *way)
{
    bool is_text = value.kind == STK_VALUE_STR;
    size_t n = is_text                        ? value.text->n_codes
               : value.kind == STK_VALUE_DICT ? value.pairs->n
                                              : value.items->n;
    VIOLATED("has %zu%s, %s than %llu", n, is_text ? " characters" : "",
             n < op->count ? "fewer" : "more", (unsigned long long)op->count);
}

static void violated_unique(struct stk_validation *v, const struct stk_node *node,
                            const struct stk_op *op, struct stk_value value,
                            const struct stk_step *way)
{
    size_t first = 0;
    size_t second = 0;
    if (stk_find_twins(v, value.items, &first, &second)) {
        VIOLATED("items %zu and %zu are equal", first, second);
    }
}

static void violated_dependents(struct stk_validation *v, const struct stk_node *node,
                                const struct stk_op *op, struct stk_value value,
                                const struct stk_step *way)
{
    for (size_t i = 0; i < op->dependents.n; i++) {
        const struct stk_dependent *d = &op->dependents.list[i];
        bool asks = stk_value_get(value.pairs, d->name, d->hash) != NULL;
        for (size_t k = 0; asks && k < d->n_names; k++) {
            const struct stk_property *p = &d->names[k];
            if (stk_value_get(value.pairs, p->name, p->hash) == NULL) {
                VIOLATED("has a member %.*s, and no member %.*s that belongs to it",
                         name_len(d->name), (const char *)d->name.data, name_len(p->name),
                         (const char *)p->name.data);
            }
        }
    }
}

static void violated_bytes(struct stk_validation *v, const struct stk_node *node,
                           const struct stk_op *op, struct stk_value value,
                           const struct stk_step *way)
{
    uint64_t n = 0;
    (void)stk_bytes_of(&value, &n);
    if (n == UINT64_MAX) {
        VIOLATED("has bytes whose number is not known");
    } else {
        VIOLATED("has %llu bytes, %s than %llu", (unsigned long long)n,
                 n < op->count ? "fewer" : "more", (unsigned long long)op->count);
    }
}

void stk_violated_assertion(struct stk_validation *v, const struct stk_node *node,
                            const struct stk_op *op, struct stk_value value,
                            const struct stk_step *way)
{
    switch (op->kind) {
    case STK_KEYWORD_CONST:
        VIOLATED("is not the one value that is allowed");
        return;
    case STK_KEYWORD_ENUM:
        VIOLATED("is none of the %zu values that are allowed", op->one_of->values->n);
        return;
    case STK_KEYWORD_MINIMUM:
    case STK_KEYWORD_MAXIMUM:
    case STK_KEYWORD_EXCLUSIVE_MINIMUM:
    case STK_KEYWORD_EXCLUSIVE_MAXIMUM:
        VIOLATED("is beyond the bound");
        return;
    case STK_KEYWORD_MULTIPLE_OF:
        VIOLATED("is no multiple of what it must be one of");
        return;
    case STK_KEYWORD_PATTERN:
        VIOLATED("does not match the pattern");
        return;
    case STK_KEYWORD_FORMAT:
    case STK_KEYWORD_FORMAT_REGEX:
        VIOLATED("does not have the format");
        return;
    case STK_KEYWORD_MIN_LENGTH:
    case STK_KEYWORD_MAX_LENGTH:
    case STK_KEYWORD_MIN_ITEMS:
    case STK_KEYWORD_MAX_ITEMS:
    case STK_KEYWORD_MIN_PROPERTIES:
    case STK_KEYWORD_MAX_PROPERTIES:
        violated_count(v, node, op, value, way);
        return;
    case STK_KEYWORD_UNIQUE_ITEMS:
        violated_unique(v, node, op, value, way);
        return;
    case STK_KEYWORD_DEPENDENT_REQUIRED:
        violated_dependents(v, node, op, value, way);
        return;
    case STK_KEYWORD_KIND:
        VIOLATED("is of the kind %s", stk_value_kind_name(stk_value_kind(value)));
        return;
    case STK_KEYWORD_GLOBAL:
        VIOLATED("is none of the globals that are allowed");
        return;
    case STK_KEYWORD_REFUSE:
        VIOLATED("%.*s",
                 (int)(op->value.text->bytes.len < 200 ? op->value.text->bytes.len : 200),
                 (const char *)op->value.text->bytes.data);
        return;
    case STK_KEYWORD_MIN_BYTES:
    case STK_KEYWORD_MAX_BYTES:
        violated_bytes(v, node, op, value, way);
        return;
    case STK_KEYWORD_DTYPE:
        VIOLATED("has items of the dtype %s", stk_dtype_name(value.object->array->dtype));
        return;
    case STK_KEYWORD_SHAPE:
        VIOLATED("does not have the shape that is asked for");
        return;
    case STK_KEYWORD_MIN_RANK:
    case STK_KEYWORD_MAX_RANK:
        VIOLATED("has %u dimensions, %s than %llu", value.object->array->rank,
                 value.object->array->rank < op->count ? "fewer" : "more",
                 (unsigned long long)op->count);
        return;
    case STK_KEYWORD_MAX_DIMENSION:
        VIOLATED("has a dimension of more than %llu", (unsigned long long)op->count);
        return;
    case STK_KEYWORD_DEVICE:
        VIOLATED("is to be put on a device that is not allowed");
        return;
    case STK_KEYWORD_CONTIGUOUS:
        VIOLATED("has gaps, or another order of its items");
        return;
    case STK_KEYWORD_PATH:
        VIOLATED("leads out of the folders that are allowed");
        return;
    case STK_KEYWORD_CLASS:
    case STK_KEYWORD_ELEMENTS:
    case STK_KEYWORD_NESTED:
    case STK_KEYWORD_KEYS:
    case STK_KEYWORD_VALUES:
    case STK_KEYWORD_REF:
    case STK_KEYWORD_DYNAMIC_REF:
    case STK_KEYWORD_ALL_OF:
    case STK_KEYWORD_ANY_OF:
    case STK_KEYWORD_ONE_OF:
    case STK_KEYWORD_NOT:
    case STK_KEYWORD_IF:
    case STK_KEYWORD_ITEMS:
    case STK_KEYWORD_CONTAINS:
    case STK_KEYWORD_PROPERTIES:
    case STK_KEYWORD_PROPERTY_NAMES:
    case STK_KEYWORD_DEPENDENT_SCHEMAS:
        break;
    }
}
