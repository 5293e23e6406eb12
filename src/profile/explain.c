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
