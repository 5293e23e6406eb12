/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of JSON Schema, shared by the files of this module only:
 *
 *   documents.c   the library: documents, the resources and anchors in them, references
 *   dialect.c     which vocabularies a resource is written in
 *   compile.c     schemas to nodes and operations
 *   keywords.c    one function a keyword
 *   validate.c    nodes run over values
 *   validation.c  the context of that
 *   unique.c      uniqueItems
 *   explain.c     violations, and how they are worded
 */
#pragma once

#include "base/assert.h"
#include "base/buf.h"
#include "base/map.h"
#include "profile/format.h"
#include "profile/regex.h"
#include "profile/schema.h"

/* ---- documents.c ---- */

enum stk_vocabulary {
    STK_VOCABULARY_CORE = 1,
    STK_VOCABULARY_APPLICATOR = 2,
    STK_VOCABULARY_UNEVALUATED = 4,
    STK_VOCABULARY_VALIDATION = 8,
    STK_VOCABULARY_META_DATA = 16,
    STK_VOCABULARY_FORMAT_ANNOTATION = 32,
    STK_VOCABULARY_FORMAT_ASSERTION = 64,
    STK_VOCABULARY_CONTENT = 128,
};

/* Those of https://json-schema.org/draft/2020-12/schema. */
#define STK_VOCABULARIES_DEFAULT                                                         \
    (STK_VOCABULARY_CORE | STK_VOCABULARY_APPLICATOR | STK_VOCABULARY_UNEVALUATED |      \
     STK_VOCABULARY_VALIDATION | STK_VOCABULARY_META_DATA |                              \
     STK_VOCABULARY_FORMAT_ANNOTATION | STK_VOCABULARY_CONTENT)

/* A schema with a URI of its own: the root of a document, or what has an $id. */
struct stk_resource {
    struct stk_span uri; /* absolute, without fragment */
    struct stk_value root;
    struct stk_span dialect; /* its $schema, or that of the resource around it; may be
                                empty */
    uint32_t vocabularies;   /* 0: not looked up yet */
};

/* A subschema that is an object: where it stands. */
struct stk_place {
    uint32_t resource;
    const char *pointer; /* in the resource */
};

struct stk_anchor {
    uint32_t resource;
    struct stk_span name;
    struct stk_value schema;
    bool dynamic;
};

struct stk_library {
    const struct stk_alloc *alloc;
    struct stk_arena arena;
    struct stk_resource *resources; /* heap, as the next two */
    struct stk_place *places;
    struct stk_anchor *anchors;
    size_t n_resources;
    size_t n_places;
    size_t n_anchors;
    size_t cap_resources;
    size_t cap_places;
    size_t cap_anchors;
    struct stk_map by_uri;    /* hash of a URI: resource */
    struct stk_map by_pairs;  /* address of a subschema's pairs: place */
    struct stk_map by_anchor; /* hash of resource and name: anchor */
};

#define STK_NO_RESOURCE UINT32_MAX

/* The resource of an absolute URI without fragment, or STK_NO_RESOURCE. */
uint32_t stk_library_find(const struct stk_library *library, struct stk_span uri);

/* An anchor of a resource, or NULL. */
const struct stk_anchor *stk_library_anchor(const struct stk_library *library,
                                            uint32_t resource, struct stk_span name);

/* Where a subschema stands, or NULL. */
const struct stk_place *stk_library_place(const struct stk_library *library,
                                          struct stk_value schema);

/* Notes a value that a pointer led to as a subschema, with those inside. */
STK_MUST_USE enum stk_status stk_library_note(struct stk_library *library,
                                              struct stk_value schema, uint32_t resource,
                                              const char *pointer,
                                              struct stk_schema_error *ret_error);

/* What a reference seen from a resource leads to. */
struct stk_target {
    struct stk_value schema;
    uint32_t resource;
    const char *pointer;             /* in the resource */
    const struct stk_anchor *anchor; /* that it names, or NULL */
};

/* STK_E_MALFORMED with the reason alone in *ret_error, STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_library_resolve(struct stk_library *library,
                                                 uint32_t from, struct stk_span reference,
                                                 struct stk_target *ret_target,
                                                 struct stk_schema_error *ret_error);

/* An error at a place; format as printf. Returns STK_E_MALFORMED. */
__attribute__((format(printf, 6, 7))) STK_MUST_USE enum stk_status stk_schema_fail(
    const struct stk_library *library, struct stk_schema_error *ret_error,
    uint32_t resource, const char *pointer, uint64_t off, const char *format, ...);

/* The value of a key of a DICT, or NULL. */
const struct stk_value *stk_schema_get(const struct stk_pairs *pairs, const char *key);

static inline struct stk_span stk_text_of(struct stk_value value)
{
    return value.text->bytes;
}

static inline bool stk_text_is(struct stk_value value, const char *text)
{
    return stk_value_kind(value) == STK_VALUE_STR &&
           stk_span_is(stk_text_of(value), text);
}

/* pointer, a slash and a token with ~ and / escaped; in the arena; NULL: no memory. */
const char *stk_pointer_join(struct stk_arena *arena, const char *pointer,
                             struct stk_span token);
const char *stk_pointer_index(struct stk_arena *arena, const char *pointer, size_t index);

/* ---- meta.c ---- */

/* The documents that every library has. */
struct stk_meta_document {
    const char *uri;
    const char *text;
};
extern const struct stk_meta_document stk_meta_documents[];
extern const size_t stk_n_meta_documents;

/* ---- dialect.c ---- */

/* The vocabularies that a resource is written in. STK_E_UNSUPPORTED for one that is
 * required and not known. */
STK_MUST_USE enum stk_status stk_dialect_of(struct stk_library *library,
                                            uint32_t resource, uint32_t *ret_vocabularies,
                                            struct stk_schema_error *ret_error);

/* ---- compile.c ---- */

/* What JSON calls a value, as bits. */
enum stk_type {
    STK_TYPE_NULL = 1,
    STK_TYPE_BOOLEAN = 2,
    STK_TYPE_INTEGER = 4,
    STK_TYPE_NUMBER = 8, /* the rest of the numbers */
    STK_TYPE_STRING = 16,
    STK_TYPE_ARRAY = 32,
    STK_TYPE_OBJECT = 64,
    STK_TYPE_OTHER = 128, /* what JSON does not have */
};
#define STK_TYPE_ANY 255u

enum stk_op_kind {
    /* any instance */
    STK_KEYWORD_CONST,
    STK_KEYWORD_ENUM,
    STK_KEYWORD_REF,
    STK_KEYWORD_DYNAMIC_REF,
    STK_KEYWORD_ALL_OF,
    STK_KEYWORD_ANY_OF,
    STK_KEYWORD_ONE_OF,
    STK_KEYWORD_NOT,
    STK_KEYWORD_IF,
    /* numbers */
    STK_KEYWORD_MINIMUM,
    STK_KEYWORD_MAXIMUM,
    STK_KEYWORD_EXCLUSIVE_MINIMUM,
    STK_KEYWORD_EXCLUSIVE_MAXIMUM,
    STK_KEYWORD_MULTIPLE_OF,
    /* strings */
    STK_KEYWORD_MIN_LENGTH,
    STK_KEYWORD_MAX_LENGTH,
    STK_KEYWORD_PATTERN,
    STK_KEYWORD_FORMAT,
    STK_KEYWORD_FORMAT_REGEX,
    /* arrays */
    STK_KEYWORD_MIN_ITEMS,
    STK_KEYWORD_MAX_ITEMS,
    STK_KEYWORD_UNIQUE_ITEMS,
    STK_KEYWORD_ITEMS,
    STK_KEYWORD_CONTAINS,
    /* objects */
    STK_KEYWORD_MIN_PROPERTIES,
    STK_KEYWORD_MAX_PROPERTIES,
    STK_KEYWORD_PROPERTIES,
    STK_KEYWORD_PROPERTY_NAMES,
    STK_KEYWORD_DEPENDENT_REQUIRED,
    STK_KEYWORD_DEPENDENT_SCHEMAS,
};

enum stk_op_group {
    STK_GROUP_ANY,
    STK_GROUP_NUMBER,
    STK_GROUP_STRING,
    STK_GROUP_ARRAY,
    STK_GROUP_OBJECT,
    STK_GROUPS,
};

/* Indices of nodes. */
struct stk_branches {
    size_t n;
    const uint32_t *list;
};

#define STK_NO_NODE UINT32_MAX

struct stk_if {
    uint32_t test;
    uint32_t then;
    uint32_t other; /* else */
};

/* prefixItems and items. */
struct stk_items_rule {
    struct stk_branches prefix;
    uint32_t rest; /* or STK_NO_NODE */
};

struct stk_contains_rule {
    uint32_t node;
    uint64_t least;
    uint64_t most;
};

/* A name that properties or required has. */
struct stk_property {
    struct stk_span name;
    uint64_t hash;
    uint32_t node; /* or STK_NO_NODE */
    bool required;
};

struct stk_pattern_rule {
    const struct stk_regex *regex;
    uint32_t node;
};

/* properties, required, patternProperties and additionalProperties: one look at each
 * member. */
struct stk_properties_rule {
    struct stk_property *list;
    size_t n;
    size_t n_required;
    uint32_t *slots; /* open addressing by hash: property + 1, 0 is free */
    size_t mask;
    struct stk_pattern_rule *patterns;
    size_t n_patterns;
    uint32_t rest; /* additionalProperties, or STK_NO_NODE */
};

/* One member of dependentRequired or dependentSchemas. */
struct stk_dependent {
    struct stk_span name;
    uint64_t hash;
    uint32_t node;
    size_t n_names;
    struct stk_property *names;
};

struct stk_dependents {
    size_t n;
    struct stk_dependent *list;
};

/* Where one name of a $dynamicAnchor leads in each resource that has it. */
struct stk_dynamic {
    struct stk_span name;
    size_t n;
    struct {
        uint32_t resource;
        uint32_t node;
    } * list;
};

/* $dynamicRef. */
struct stk_dynamic_ref {
    const struct stk_dynamic *names;
    uint32_t first; /* node that it leads to if the dynamic scope has none */
};

struct stk_op {
    enum stk_op_kind kind;
    const char *keyword;
    union {
        struct stk_value value;
        const struct stk_items *values;
        uint64_t count;
        uint32_t node;
        struct stk_branches branches;
        struct stk_if cases;
        struct stk_dynamic_ref dynamic;
        const struct stk_regex *regex;
        stk_format_check format;
        struct stk_items_rule items;
        struct stk_contains_rule contains;
        const struct stk_properties_rule *properties;
        struct stk_dependents dependents;
    };
};

struct stk_node {
    uint32_t types; /* that it takes */
    uint32_t resource;
    bool is_false;
    const struct stk_op *ops; /* group after group */
    uint16_t n_ops[STK_GROUPS];
    uint32_t unevaluated_items; /* nodes, or STK_NO_NODE */
    uint32_t unevaluated_properties;
    const char *where; /* URI, # and JSON pointer */
};

struct stk_schema {
    const struct stk_alloc *alloc;
    struct stk_arena arena;
    struct stk_node *nodes; /* heap */
    size_t n_nodes;
    size_t cap_nodes;
    uint32_t root;
    struct stk_regex **regexes; /* heap; owned */
    size_t n_regexes;
    size_t cap_regexes;
};

/* The compiler while it runs. */
struct stk_compiler {
    struct stk_library *library;
    struct stk_schema *schema;
    bool assert_formats;
    struct stk_map by_pairs; /* address of a subschema's pairs: node */
    struct stk_map entered;  /* resources that have a node */
    struct stk_schema_error *error;
    struct stk_dynamic **dynamics; /* heap: those whose lists are not complete */
    size_t n_dynamics;
    size_t cap_dynamics;
};

/* One subschema while its keywords are read. */
struct stk_reading_schema {
    struct stk_compiler *c;
    const struct stk_pairs *pairs;
    uint32_t resource;
    const char *pointer;
    uint32_t vocabularies;
    struct stk_node node;
    struct stk_op ops[STK_GROUPS][16];
};

/* The node of a subschema; a value that is none is an error. */
STK_MUST_USE enum stk_status stk_compile(struct stk_compiler *c, struct stk_value schema,
                                         uint32_t resource, const char *pointer,
                                         uint32_t *ret_node);

/* ---- keywords.c ---- */

STK_MUST_USE enum stk_status stk_compile_keywords(struct stk_reading_schema *s);

/* ---- validate.c ---- */

/* The resources that were entered on the way to a schema, the innermost first. */
struct stk_scope {
    const struct stk_scope *outer;
    uint32_t resource;
};

/* The way to an instance, the last step first. */
struct stk_step {
    const struct stk_step *up;
    const struct stk_value *key; /* NULL: an array's */
    size_t index;
};

struct stk_noted {
    struct stk_violation violation;
    size_t depth;
};

struct stk_validation {
    const struct stk_alloc *alloc;
    struct stk_arena arena; /* of one validation; keeps a chunk for the next */
    struct stk_regex_scratch *scratch;
    const struct stk_node *nodes;
    uint64_t steps; /* that are left */
    uint32_t depth;
    bool gave_up;
    enum stk_status status; /* STK_E_NOMEM; then it gave up as well */

    /* What explain.c collects; most is 0 while nobody asks. */
    size_t most;
    struct stk_noted *noted; /* arena */
    size_t n_noted;
    struct stk_violation *list; /* arena */
};

bool stk_check_root(struct stk_validation *v, uint32_t node, struct stk_value value);

/* ---- explain.c ---- */

/* Notes that a keyword of a node refuses a value; keyword may be NULL: the node itself.
 */
__attribute__((format(printf, 6, 7))) void stk_violated(
    struct stk_validation *v, const struct stk_node *node, const char *keyword,
    struct stk_value value, const struct stk_step *way, const char *format, ...);

/* "a string", "null", …; what JSON lacks by the kind's name. */
const char *stk_type_words(struct stk_value value);

/* "string, null"; returns text. */
#define STK_TYPE_LIST_MAX 80
const char *stk_type_list(uint32_t types, char text[STK_TYPE_LIST_MAX]);

/* ---- unique.c ---- */

/* Two equal items; false: none, or v gave up. */
bool stk_find_twins(struct stk_validation *v, const struct stk_items *items,
                    size_t *ret_first, size_t *ret_second);
