/* SPDX-License-Identifier: Apache-2.0 */
#include "profile/state.h"
#include "profile/uri.h"

#define DRAFT "https://json-schema.org/draft/2020-12/"

static const struct {
    const char *uri;
    enum stk_vocabulary bit;
} known[] = {
    {DRAFT "vocab/core", STK_VOCABULARY_CORE},
    {DRAFT "vocab/applicator", STK_VOCABULARY_APPLICATOR},
    {DRAFT "vocab/unevaluated", STK_VOCABULARY_UNEVALUATED},
    {DRAFT "vocab/validation", STK_VOCABULARY_VALIDATION},
    {DRAFT "vocab/meta-data", STK_VOCABULARY_META_DATA},
    {DRAFT "vocab/format-annotation", STK_VOCABULARY_FORMAT_ANNOTATION},
    {DRAFT "vocab/format-assertion", STK_VOCABULARY_FORMAT_ASSERTION},
    {DRAFT "vocab/content", STK_VOCABULARY_CONTENT},
    {"urn:stockade:vocabulary:values:1", STK_VOCABULARY_VALUES},
};

static uint32_t bit_of(struct stk_value uri)
{
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (stk_text_is(uri, known[i].uri)) {
            return (uint32_t)known[i].bit;
        }
    }
    return 0;
}

/* What $vocabulary of a meta-schema says. */
static enum stk_status read_vocabularies(const struct stk_library *library,
                                         uint32_t resource, const struct stk_pairs *list,
                                         uint32_t *ret_vocabularies,
                                         struct stk_schema_error *ret_error)
{
    uint32_t bits = STK_VOCABULARY_CORE;
    for (size_t i = 0; i < list->n; i++) {
        const struct stk_pair *pair = &list->list[i];
        uint32_t bit = bit_of(pair->key);
        bool required =
            stk_value_kind(pair->value) == STK_VALUE_BOOL && pair->value.boolean;
        if (bit == 0 && required) {
            struct stk_span uri = stk_text_of(pair->key);
            (void)!stk_schema_fail(library, ret_error, resource, "/$vocabulary",
                                   pair->key.off, "the vocabulary %.*s is not known",
                                   (int)uri.len, (const char *)uri.data);
            return STK_E_UNSUPPORTED;
        }
        bits |= bit;
    }
    *ret_vocabularies = bits;
    return STK_OK;
}

/* The URI without an empty fragment. */
static struct stk_span without_fragment(struct stk_span uri)
{
    bool empty = uri.len > 0 && uri.data[uri.len - 1] == '#';
    return stk_span_of(uri.data, uri.len - (empty ? 1 : 0));
}

static enum stk_status look_up(struct stk_library *library, uint32_t resource,
                               uint32_t *ret_vocabularies,
                               struct stk_schema_error *ret_error)
{
    struct stk_span dialect = without_fragment(library->resources[resource].dialect);
    *ret_vocabularies = STK_VOCABULARIES_DEFAULT;
    if (dialect.len == 0 || stk_span_is(dialect, DRAFT "schema")) {
        return STK_OK;
    }
    uint32_t meta = stk_library_find(library, dialect);
    if (meta == STK_NO_RESOURCE) {
        (void)!stk_schema_fail(library, ret_error, resource, "/$schema", 0,
                               "the dialect %.*s is not known", (int)dialect.len,
                               (const char *)dialect.data);
        return STK_E_UNSUPPORTED;
    }
    struct stk_value root = library->resources[meta].root;
    const struct stk_value *list = stk_value_kind(root) == STK_VALUE_DICT
                                       ? stk_schema_get(root.pairs, "$vocabulary")
                                       : NULL;
    return list == NULL || stk_value_kind(*list) != STK_VALUE_DICT
               ? STK_OK
               : read_vocabularies(library, meta, list->pairs, ret_vocabularies,
                                   ret_error);
}

enum stk_status stk_dialect_of(struct stk_library *library, uint32_t resource,
                               uint32_t *ret_vocabularies,
                               struct stk_schema_error *ret_error)
{
    uint32_t *kept = &library->resources[resource].vocabularies;
    if (*kept == 0) {
        STK_TRY(look_up(library, resource, kept, ret_error));
    }
    *ret_vocabularies = *kept;
    return STK_OK;
}
