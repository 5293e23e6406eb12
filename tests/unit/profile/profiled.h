/* SPDX-License-Identifier: Apache-2.0
 *
 * Profiles, and pickles and JSON held against them. Profiles are written without braces
 * and $schema, with ' for ". Include behind cmocka.h.
 */
#pragma once

#include "decode/decoded.h"
#include "profile/message.h"
#include "profile/schema.h"
#include "wire/json.h"

#define PROFILE_URI "https://example.org/profile"

struct profiled {
    struct stk_library *library;
    struct stk_schema *schema;
    struct stk_schema_error error;
    enum stk_status status;
};

static inline void profiled_text(struct stk_buf *buf, const char *members)
{
    stk_buf_init(buf, &stk_alloc_libc, 1 << 20);
    stk_buf_str(buf, "{\"$schema\":\"urn:stockade:profile:1\"");
    stk_buf_str(buf, members[0] != '\0' ? "," : "");
    for (const char *c = members; *c != '\0'; c++) {
        stk_buf_byte(buf, *c == '\'' ? '"' : (uint8_t)*c);
    }
    stk_buf_str(buf, "}");
    assert_int_equal(buf->status, STK_OK);
}

static inline void profiled_init(struct profiled *p, const struct stk_alloc *alloc,
                                 const char *members)
{
    struct stk_schema_options options = {.assert_formats = true};
    struct stk_span uri = stk_span_of(PROFILE_URI, sizeof PROFILE_URI - 1);
    struct stk_buf text;
    memset(p, 0, sizeof *p);
    profiled_text(&text, members);
    p->status = stk_library_new(alloc, &p->library);
    if (p->status == STK_OK) {
        p->status =
            stk_library_add(p->library, uri, stk_span_of(text.data, text.len), &p->error);
    }
    if (p->status == STK_OK) {
        p->status = stk_schema_new(p->library, uri, &options, &p->schema, &p->error);
    }
    stk_buf_release(&text);
}

static inline void profiled_release(struct profiled *p)
{
    stk_schema_free(p->schema);
    stk_library_free(p->library);
}

/* Decodes as the boundary does; the unpickler of `nested`. */
static inline enum stk_status profiled_unpickle(void *ctx, struct stk_arena *arena,
                                                struct stk_span bytes,
                                                struct stk_value *ret_value,
                                                const char **ret_reason)
{
    struct decoded *d = ctx;
    size_t end = 0;
    *ret_reason = d->error.reason;
    return stk_decode_pickle(d->decoder, arena, bytes, &d->options, ret_value, &end,
                             &d->error);
}

enum profiled_wire {
    PROFILED_PICKLE,
    PROFILED_TORCH, /* persistent ids are storages */
    PROFILED_JSON,
};

static inline void profiled_expect(const char *file, int line, const char *members,
                                   enum profiled_wire wire, const void *bytes, size_t len,
                                   enum stk_validity want)
{
    struct profiled p;
    struct decoded d;
    struct stk_validation *validation = NULL;
    struct stk_json_options json = STK_JSON_OPTIONS_DEFAULT;
    struct stk_json_error json_error = {0};
    enum stk_validity validity = STK_VALIDITY_UNKNOWN;
    enum stk_validity said = STK_VALIDITY_UNKNOWN;
    const struct stk_violation *list = NULL;
    size_t n = 0;
    profiled_init(&p, &stk_alloc_libc, members);
    decoded_init(&d, &stk_alloc_libc);
    if (p.status != STK_OK) {
        print_error("%s: %s: %s\n", members, p.error.pointer, p.error.reason);
        _fail(file, line);
    }
    d.options.loader = wire == PROFILED_TORCH ? STK_LOADER_TORCH : STK_LOADER_PICKLE;
    if (wire == PROFILED_JSON) {
        d.status = stk_json_decode(&d.arena, stk_span_of(bytes, len), &json, &d.value,
                                   &json_error);
    } else {
        decoded_run(&d, bytes, len);
    }
    if (d.status != STK_OK) {
        print_error("not decoded: %s\n", d.error.reason);
        _fail(file, line);
    }
    assert_int_equal(stk_validation_new(&stk_alloc_libc, &validation), STK_OK);
    stk_validation_plain(validation, wire == PROFILED_JSON);
    stk_validation_unpickle(validation, profiled_unpickle, &d);
    assert_int_equal(stk_validate(validation, p.schema, d.value, &validity), STK_OK);
    assert_int_equal(
        stk_validate_explain(validation, p.schema, d.value, 5, &said, &list, &n), STK_OK);
    if (validity != want || said != want || (want == STK_INVALID) != (n > 0)) {
        print_error("%s of %s: %d, explained %d with %zu violations %s\n", members,
                    show_value(d.value), (int)validity, (int)said, n,
                    n > 0 ? list[0].message : "");
        _fail(file, line);
    }
    stk_validation_free(validation);
    decoded_release(&d);
    profiled_release(&p);
}

#define EXPECT_(members, wire, bytes, validity)                                          \
    profiled_expect(__FILE__, __LINE__, (members), (wire), (bytes), sizeof(bytes) - 1,   \
                    (validity))

#define ACCEPTS(members, pickle) EXPECT_(members, PROFILED_PICKLE, pickle, STK_VALID)
#define REFUSES(members, pickle) EXPECT_(members, PROFILED_PICKLE, pickle, STK_INVALID)
#define ACCEPTS_TORCH(members, pickle) EXPECT_(members, PROFILED_TORCH, pickle, STK_VALID)
#define REFUSES_TORCH(members, pickle)                                                   \
    EXPECT_(members, PROFILED_TORCH, pickle, STK_INVALID)
#define ACCEPTS_PLAIN(members, json) EXPECT_(members, PROFILED_JSON, json, STK_VALID)
#define REFUSES_PLAIN(members, json) EXPECT_(members, PROFILED_JSON, json, STK_INVALID)

/* The profile has an error, at the pointer. */
static inline void profiled_malformed(const char *file, int line, const char *members,
                                      const char *pointer)
{
    struct profiled p;
    profiled_init(&p, &stk_alloc_libc, members);
    if (p.status != STK_E_MALFORMED || strcmp(p.error.pointer, pointer) != 0 ||
        p.error.reason[0] == '\0') {
        print_error("%s: status %d at \"%s\": %s\n", members, (int)p.status,
                    p.error.pointer, p.error.reason);
        _fail(file, line);
    }
    profiled_release(&p);
}

#define MALFORMED(members, pointer)                                                      \
    profiled_malformed(__FILE__, __LINE__, (members), (pointer))
