/* SPDX-License-Identifier: Apache-2.0
 *
 * JSON Schema, draft 2020-12, over values of any wire. A library holds documents under
 * their URIs; a schema is compiled from one of them and from what it refers to in the
 * library, which holds the draft's own meta-schemas from the start. There is no network:
 * a reference to a document that was not added is an error of the schema. Compiled once,
 * by one thread; then immutable, and any number of threads may validate, each with a
 * context of its own. Validation allocates nothing once its context has grown to what the
 * messages need.
 */
#pragma once

#include "value/value.h"

/* ---- documents ---- */

struct stk_library;

/* Why a document or a schema is not valid, and where. */
struct stk_schema_error {
    char uri[256];     /* of the document, cut where it is longer */
    char pointer[256]; /* JSON pointer in it */
    uint64_t off;      /* in its text */
    char reason[256];
};

STK_MUST_USE enum stk_status stk_library_new(const struct stk_alloc *alloc,
                                             struct stk_library **ret_library);
void stk_library_free(struct stk_library *library);

/* Adds a JSON document. Both spans are copied. A uri that is there already is an error.
 * STK_E_MALFORMED (and TRUNCATED, LIMIT) with *ret_error, STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_library_add(struct stk_library *library,
                                             struct stk_span uri, struct stk_span text,
                                             struct stk_schema_error *ret_error);

/* A document, or a schema in one, has this URI. */
bool stk_library_has(const struct stk_library *library, struct stk_span uri);

/* ---- schemas ---- */

struct stk_schema;

struct stk_schema_options {
    bool assert_formats; /* `format` refuses, also where the dialect only annotates */
};

/* The schema that `uri` names in the library, which must live as long. STK_E_MALFORMED,
 * or STK_E_UNSUPPORTED for a vocabulary that is not known, with *ret_error; STK_E_NOMEM.
 */
STK_MUST_USE enum stk_status stk_schema_new(struct stk_library *library,
                                            struct stk_span uri,
                                            const struct stk_schema_options *options,
                                            struct stk_schema **ret_schema,
                                            struct stk_schema_error *ret_error);
void stk_schema_free(struct stk_schema *schema);

/* What a schema in stockade's dialect grants by name. The spans live as long as the
 * schema's library. */
enum stk_named {
    STK_NAMED_GLOBAL,
    STK_NAMED_CLASS,
    STK_NAMED_ENUM,
};

struct stk_schema_name {
    struct stk_span module;
    struct stk_span qualified;
    enum stk_named named;
};

const struct stk_schema_name *stk_schema_names(const struct stk_schema *schema,
                                               size_t *ret_n);

/* ---- validation ---- */

/* Ways in which a value breaks a schema. The texts are good until the context's next
 * use. */
struct stk_violation {
    const char *instance; /* JSON pointer */
    const char *keyword;  /* where the keyword stands: URI, # and JSON pointer */
    uint64_t off;         /* of the value in its message */
    const char *message;
};

enum stk_validity {
    STK_INVALID,
    STK_VALID,
    STK_VALIDITY_UNKNOWN, /* a limit of work, depth or a pattern was reached */
};

#define STK_VALIDATION_STEPS_MAX (UINT64_C(1) << 28)
#define STK_VALIDATION_DEPTH_MAX 1200

struct stk_validation; /* the context: one thread's */

STK_MUST_USE enum stk_status stk_validation_new(const struct stk_alloc *alloc,
                                                struct stk_validation **ret_validation);
void stk_validation_free(struct stk_validation *validation);

/* The values that follow come from messages of so many bytes, which bounds the work: few
 * bytes can share values so that a walk over them has no end. At first it is the most. */
void stk_validation_size(struct stk_validation *validation, uint64_t bytes);

/* The values that follow come from a wire that has no classes (docs/profiles.md). Off at
 * first. */
void stk_validation_plain(struct stk_validation *validation, bool plain);

/* Decodes the pickle in a text or bytes (`nested`); *ret_reason: why not, static or in
 * arena. STK_OK, STK_E_MALFORMED, STK_E_NOMEM. Without one nested pickles are refused. */
typedef enum stk_status (*stk_unpickle)(void *ctx, struct stk_arena *arena,
                                        struct stk_span bytes,
                                        struct stk_value *ret_value,
                                        const char **ret_reason);
void stk_validation_unpickle(struct stk_validation *validation, stk_unpickle unpickle,
                             void *ctx);

/* Whether the value matches. STK_E_NOMEM. */
STK_MUST_USE enum stk_status stk_validate(struct stk_validation *validation,
                                          const struct stk_schema *schema,
                                          struct stk_value value,
                                          enum stk_validity *ret_validity);

/* The same, and why not: up to `most` violations, the deepest in the value first. */
STK_MUST_USE enum stk_status stk_validate_explain(struct stk_validation *validation,
                                                  const struct stk_schema *schema,
                                                  struct stk_value value, size_t most,
                                                  enum stk_validity *ret_validity,
                                                  const struct stk_violation **ret_list,
                                                  size_t *ret_n);
