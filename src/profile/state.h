/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of JSON Schema, shared by the files of this module only:
 *
 *   documents.c   the library: documents, the resources and anchors in them, references
 *   dialect.c     which vocabularies a resource is written in
 *   compile.c     schemas to nodes and operations
 *   keywords.c    one function a keyword
 *   names.c       tables of names
 *   assertions.c  keywords that look at a value alone
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
#include "profile/vocabulary.h"

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
    STK_VOCABULARY_VALUES = 256, /* stockade's */
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

/* Assertions, which a value alone decides, before what applies other schemas to it or to
 * its parts. */
enum stk_op_kind {
    /* any instance */
    STK_KEYWORD_CONST,
    STK_KEYWORD_ENUM,
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
    /* objects */
    STK_KEYWORD_MIN_PROPERTIES,
    STK_KEYWORD_MAX_PROPERTIES,
    STK_KEYWORD_DEPENDENT_REQUIRED,
    /* stockade's */
    STK_KEYWORD_KIND,
    STK_KEYWORD_GLOBAL,
    STK_KEYWORD_REFUSE,
    STK_KEYWORD_MIN_BYTES,
    STK_KEYWORD_MAX_BYTES,
    STK_KEYWORD_DTYPE,
    STK_KEYWORD_SHAPE,
    STK_KEYWORD_MIN_RANK,
    STK_KEYWORD_MAX_RANK,
    STK_KEYWORD_MAX_DIMENSION,
    STK_KEYWORD_DEVICE,
    STK_KEYWORD_CONTIGUOUS,
    STK_KEYWORD_PATH,

    STK_ASSERTIONS,

    /* any instance */
    STK_KEYWORD_REF = STK_ASSERTIONS,
    STK_KEYWORD_DYNAMIC_REF,
    STK_KEYWORD_ALL_OF,
    STK_KEYWORD_ANY_OF,
    STK_KEYWORD_ONE_OF,
    STK_KEYWORD_NOT,
    STK_KEYWORD_IF,
    /* arrays */
    STK_KEYWORD_ITEMS,
    STK_KEYWORD_CONTAINS,
    /* objects */
    STK_KEYWORD_PROPERTIES,
    STK_KEYWORD_PROPERTY_NAMES,
    STK_KEYWORD_DEPENDENT_SCHEMAS,
    /* stockade's */
    STK_KEYWORD_CLASS,
    STK_KEYWORD_ELEMENTS,
    STK_KEYWORD_NESTED,
    STK_KEYWORD_KEYS,
    STK_KEYWORD_VALUES,
};

enum stk_op_group {
    STK_GROUP_ANY,
    STK_GROUP_NUMBER,
    STK_GROUP_STRING,
    STK_GROUP_ARRAY,
    STK_GROUP_OBJECT,
    STK_GROUP_OTHER, /* what JSON does not have */
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

/* A name that properties or required has, or a text of an enum. */
struct stk_property {
    struct stk_span name;
    uint64_t hash;
    uint32_t node; /* or STK_NO_NODE */
    bool required;
};

struct stk_names {
    struct stk_property *list;
    size_t n;
    uint32_t *slots; /* open addressing: property + 1, 0 is free */
    size_t mask;
    unsigned shift; /* of the hash to its slot */
};

/* enum: the texts by hash, what else there is one by one. */
struct stk_enum_rule {
    struct stk_names texts;
    const struct stk_items *values;
    bool texts_only;
};

/* A bound, and the same as a double where there is one. */
struct stk_bound {
    struct stk_value value;
    double number;
    bool is_int;
    bool is_exact;
};

struct stk_pattern_rule {
    const struct stk_regex *regex;
    uint32_t node;
};

/* properties, required, patternProperties and additionalProperties: one look at each
 * member. */
struct stk_properties_rule {
    struct stk_names names;
    size_t n_required;
    struct stk_pattern_rule *patterns;
    size_t n_patterns;
    uint32_t rest;   /* additionalProperties, or STK_NO_NODE */
    uint32_t others; /* the same where there are no patterns; else STK_NO_NODE */
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

struct stk_op;

/* Whether an assertion holds of a value of its group. false, too, where v gave up. */
typedef bool (*stk_assertion)(struct stk_validation *v, const struct stk_op *op,
                              const struct stk_value *value);

struct stk_op {
    enum stk_op_kind kind;
    const char *keyword;
    stk_assertion holds; /* NULL: it is none */
    union {
        struct stk_value value;
        struct stk_bound bound;
        const struct stk_enum_rule *one_of;
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
        struct stk_name_list names;
        struct stk_shape_rule shape;
        const struct stk_path_rule *path;
        const struct stk_class_rule *class_rule;
        const struct stk_nested_rule *nested;
    };
};

/* What is asked of the instances of one group, that which is asked of any among it: first
 * the assertions, from the cheapest on, then the rest. */
struct stk_ops {
    const struct stk_op *list;
    const struct stk_op *applicators; /* the rest of it */
    const struct stk_op *end;
    uint32_t unevaluated; /* node of the parts that nothing looked at, or STK_NO_NODE */
    bool applies;         /* there is more than assertions */
};

struct stk_node {
    uint32_t types;   /* that it takes */
    uint32_t settled; /* those of them of which nothing more is asked */
    uint32_t resource;
    struct stk_ops ops[STK_GROUPS];
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
    struct stk_schema_name *names; /* heap */
    size_t n_names;
    size_t cap_names;
    const struct stk_message_rule *message;
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
    struct stk_op ops[STK_GROUPS][24];
    size_t n_ops[STK_GROUPS];
};

/* The node of a subschema; a value that is none is an error. */
STK_MUST_USE enum stk_status stk_compile(struct stk_compiler *c, struct stk_value schema,
                                         uint32_t resource, const char *pointer,
                                         uint32_t *ret_node);

/* URI, # and pointer, in the schema's arena; NULL: no memory. */
const char *stk_schema_where(struct stk_compiler *c, uint32_t resource,
                             const char *pointer);

/* ---- message.c ---- */

/* What the root of a document says of its frames; node: the root's. */
STK_MUST_USE enum stk_status stk_compile_message(struct stk_compiler *c,
                                                 struct stk_value root, uint32_t resource,
                                                 uint32_t node);

/* ---- keywords.c ---- */

STK_MUST_USE enum stk_status stk_compile_keywords(struct stk_reading_schema *s);

/* For those who read keywords. An operation, to be filled in. */
struct stk_op *stk_add_op(struct stk_reading_schema *s, enum stk_op_group group,
                          enum stk_op_kind kind, const char *keyword);

/* The keyword's value is not valid. Returns STK_E_MALFORMED. */
enum stk_status stk_keyword_fail(struct stk_reading_schema *s, const char *keyword,
                                 struct stk_value value, const char *reason);

/* The subschema under a keyword; token: of a list or a map, may have no data. */
STK_MUST_USE enum stk_status stk_subschema(struct stk_reading_schema *s,
                                           const char *keyword, struct stk_span token,
                                           struct stk_value value, uint32_t *ret_node);

/* An operation whose value is a natural number. */
STK_MUST_USE enum stk_status stk_read_count(struct stk_reading_schema *s,
                                            const char *keyword, struct stk_value value,
                                            enum stk_op_group group,
                                            enum stk_op_kind kind);

/* ---- vocabulary.c, objects.c ---- */

STK_MUST_USE enum stk_status stk_compile_vocabulary(struct stk_reading_schema *s);
stk_assertion stk_vocabulary_assertion(enum stk_op_kind kind);

STK_MUST_USE enum stk_status stk_read_names(struct stk_reading_schema *s,
                                            const char *keyword, struct stk_value value,
                                            struct stk_name_list *ret_names);
bool stk_names_have(const struct stk_name_list *names, const struct stk_name *name);

/* Notes names as ones that the schema grants. */
STK_MUST_USE enum stk_status stk_schema_name(struct stk_compiler *c,
                                             const struct stk_name_list *names,
                                             enum stk_named named);

/* The bytes of bytes, buffers, tensors, arrays and storages; UINT64_MAX: not known. */
bool stk_bytes_of(const struct stk_value *value, uint64_t *ret_n);

STK_MUST_USE enum stk_status stk_read_keys(struct stk_reading_schema *s,
                                           const char *keyword, struct stk_value value);
STK_MUST_USE enum stk_status stk_read_values(struct stk_reading_schema *s,
                                             const char *keyword, struct stk_value value);
STK_MUST_USE enum stk_status stk_read_elements(struct stk_reading_schema *s,
                                               const char *keyword,
                                               struct stk_value value);
STK_MUST_USE enum stk_status stk_read_class(struct stk_reading_schema *s,
                                            const char *keyword, struct stk_value value);
STK_MUST_USE enum stk_status stk_read_nested(struct stk_reading_schema *s,
                                             const char *keyword, struct stk_value value);

/* ---- names.c ---- */

/* Room for n names. STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_names_init(struct stk_names *names,
                                            struct stk_arena *arena, size_t n);

/* Adds a name, or finds it. */
struct stk_property *stk_names_add(struct stk_names *names, struct stk_value name);

/* Arranges the table, once all names are in it. */
void stk_names_spread(struct stk_names *names);

/* As stk_span_equal, without a call where they are as short as names are. */
static inline bool stk_span_same(struct stk_span a, struct stk_span b)
{
    size_t len = a.len;
    if (len != b.len || len > 16) {
        return len == b.len && stk_span_equal(a, b);
    }
    if (len < 4) { /* of three bytes: each */
        return len == 0 ||
               (a.data[0] == b.data[0] && a.data[len / 2] == b.data[len / 2] &&
                a.data[len - 1] == b.data[len - 1]);
    }
    /* Two words, which may overlap. */
    return len < 8 ? stk_le32(a.data) == stk_le32(b.data) &&
                         stk_le32(a.data + len - 4) == stk_le32(b.data + len - 4)
                   : stk_le64(a.data) == stk_le64(b.data) &&
                         stk_le64(a.data + len - 8) == stk_le64(b.data + len - 8);
}

/* Finds a name, or NULL. */
static inline const struct stk_property *stk_names_find(const struct stk_names *names,
                                                        const struct stk_text *text)
{
    uint64_t hash = text->hash;
    size_t at = (hash >> names->shift) & names->mask;
    for (; names->slots[at] != 0; at = (at + 1) & names->mask) {
        const struct stk_property *p = &names->list[names->slots[at] - 1];
        if (p->hash == hash && stk_span_same(p->name, text->bytes)) {
            return p;
        }
    }
    return NULL;
}

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
    uint64_t steps_max;
    uint32_t depth;
    bool gave_up;
    bool plain; /* the values come from a wire without classes */
    stk_unpickle unpickle;
    void *unpickle_ctx;
    enum stk_status status; /* STK_E_NOMEM; then it gave up as well */

    /* What explain.c collects; most is 0 while nobody asks. */
    size_t most;
    struct stk_noted *noted; /* arena */
    size_t n_noted;
    struct stk_violation *list; /* arena */
};

bool stk_check_root(struct stk_validation *v, uint32_t node, struct stk_value value);

/* ---- assertions.c ---- */

/* What decides an assertion of this kind; NULL: the kind is none. */
stk_assertion stk_assertion_of(enum stk_op_kind kind);

/* The text has a match somewhere. false, too, where v gave up. */
bool stk_matches(struct stk_validation *v, const struct stk_regex *regex,
                 struct stk_span text);

/* ---- explain.c ---- */

/* Notes that a keyword of a node refuses a value; keyword may be NULL: the node itself.
 */
__attribute__((format(printf, 6, 7))) void stk_violated(
    struct stk_validation *v, const struct stk_node *node, const char *keyword,
    struct stk_value value, const struct stk_step *way, const char *format, ...);

/* The same of an assertion. */
void stk_violated_assertion(struct stk_validation *v, const struct stk_node *node,
                            const struct stk_op *op, struct stk_value value,
                            const struct stk_step *way);

/* "a string", "null", …; what JSON lacks by the kind's name. */
const char *stk_type_words(struct stk_value value);

/* "string, null"; returns text. */
#define STK_TYPE_LIST_MAX 80
const char *stk_type_list(uint32_t types, char text[STK_TYPE_LIST_MAX]);

/* ---- unique.c ---- */

/* Two equal items; false: none, or v gave up. */
bool stk_find_twins(struct stk_validation *v, const struct stk_items *items,
                    size_t *ret_first, size_t *ret_second);
