/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/library.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/console.h"
#include "cmd/filesource.h"
#include "profile/shipped.h"

/* ---- messages ---- */

static void complain_errno(const char *path, int error)
{
    const char *text = strerrordesc_np(error);
    stk_complain(path, text == NULL ? "unknown error" : text);
}

/* "PATH: REASON, at #/pointer, byte 12 [of URI]" */
static void complain_schema(const char *path, const struct stk_schema_error *error,
                            struct stk_span uri)
{
    char text[sizeof error->reason + sizeof error->pointer + sizeof error->uri + 64];
    bool here = stk_span_is(uri, error->uri) || error->uri[0] == '\0';
    (void)snprintf(text, sizeof text, "%s, at #%s, byte %llu%s%s", error->reason,
                   error->pointer, (unsigned long long)error->off, here ? "" : " of ",
                   here ? "" : error->uri);
    stk_complain(path, text);
}

/* ---- files ---- */

/* Adds the document in a file. */
static bool add_file(struct stk_library *library, struct stk_span uri, const char *path,
                     uint64_t memory_max)
{
    struct stk_schema_error error = {0};
    struct stk_buf text;
    bool added = false;
    stk_buf_init(&text, &stk_alloc_libc, memory_max);
    if (stk_file_read(path, memory_max, &text)) {
        enum stk_status status =
            stk_library_add(library, uri, stk_buf_span(&text), &error);
        added = status == STK_OK;
        if (status == STK_E_NOMEM) {
            stk_complain(path, stk_status_text(status));
        } else if (!added) {
            complain_schema(path, &error, uri);
        }
    }
    stk_buf_release(&text);
    return added;
}

static bool is_json(const char *name)
{
    size_t len = strlen(name);
    return len > 5 && strcmp(name + len - 5, ".json") == 0;
}

static bool add_entry(struct stk_library *library, struct stk_span uri, const char *top,
                      const FTSENT *entry, uint64_t memory_max)
{
    if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR ||
        entry->fts_info == FTS_NS) {
        complain_errno(entry->fts_path, entry->fts_errno);
        return false;
    }
    bool one = entry->fts_level == 0;
    if (entry->fts_info != FTS_F || (!one && !is_json(entry->fts_name))) {
        return true;
    }
    struct stk_buf name;
    stk_buf_init(&name, &stk_alloc_libc, (size_t)1 << 16);
    stk_buf_put(&name, uri.data, uri.len);
    if (!one) {
        const char *rest = entry->fts_path + strlen(top);
        bool slash = uri.len > 0 && uri.data[uri.len - 1] == '/';
        stk_buf_str(&name, *rest == '/' && slash ? rest + 1 : rest);
    }
    bool added = name.status == STK_OK &&
                 add_file(library, stk_buf_span(&name), entry->fts_accpath, memory_max);
    stk_buf_release(&name);
    return added;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strcmp((*a)->fts_name, (*b)->fts_name);
}

static bool add_mapping(struct stk_library *library, const char *mapping,
                        uint64_t memory_max)
{
    const char *path = strchr(mapping, '=');
    if (path == NULL || path == mapping || path[1] == '\0') {
        stk_complain(NULL, "--library takes URI=PATH");
        return false;
    }
    struct stk_span uri = stk_span_of(mapping, (size_t)(path - mapping));
    char *paths[] = {(char *)(uintptr_t)(path + 1), NULL};
    FTS *walk = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, by_name);
    bool added = walk != NULL;
    if (walk == NULL) {
        complain_errno(path + 1, errno);
        return false;
    }
    for (FTSENT *entry; added && (entry = fts_read(walk)) != NULL;) {
        added = add_entry(library, uri, path + 1, entry, memory_max);
    }
    (void)fts_close(walk);
    return added;
}

static bool add_mappings(struct stk_library *library, const struct stk_texts *mappings,
                         uint64_t memory_max)
{
    for (size_t i = 0; i < mappings->n; i++) {
        if (!add_mapping(library, mappings->items[i], memory_max)) {
            return false;
        }
    }
    return true;
}

/* ---- profiles ---- */

static struct stk_schema *compile(struct stk_library *library, struct stk_span uri,
                                  const char *path,
                                  const struct stk_schema_options *options)
{
    struct stk_schema *schema = NULL;
    struct stk_schema_error error = {0};
    enum stk_status status = stk_schema_new(library, uri, options, &schema, &error);
    if (status == STK_E_NOMEM) {
        stk_complain(path, stk_status_text(status));
    } else if (status != STK_OK) {
        complain_schema(path, &error, uri);
    }
    return schema;
}

/* The profiles that are compiled in, under their own URIs, behind what the user gave. */
static bool add_shipped(struct stk_library *library, const char *path)
{
    struct stk_schema_error error = {0};
    for (size_t i = 0; i < stk_n_shipped_profiles; i++) {
        const struct stk_shipped_profile *p = &stk_shipped_profiles[i];
        struct stk_span uri = stk_span_of(p->uri, strlen(p->uri));
        if (stk_library_has(library, uri)) {
            continue; /* the user's own is meant */
        }
        enum stk_status status =
            stk_library_add(library, uri, stk_span_of(p->text, strlen(p->text)), &error);
        if (status != STK_OK) {
            stk_complain(path, stk_status_text(status));
            return false;
        }
    }
    return true;
}

/* The URI under which the profile is in the library. */
static bool add_profile(struct stk_library *library, const char *path,
                        uint64_t memory_max, struct stk_buf *uri)
{
    bool is_file = strchr(path, '/') != NULL || access(path, F_OK) == 0;
    if (!is_file) {
        stk_buf_printf(uri, "urn:stockade:profiles:%s", path);
        for (size_t i = 0; i < stk_n_shipped_profiles; i++) {
            if (stk_span_is(stk_buf_span(uri), stk_shipped_profiles[i].uri)) {
                return true;
            }
        }
        stk_buf_clear(uri);
    }
    /* Of a relative path that begins with dots, a URI would lose them. */
    char real[PATH_MAX];
    bool dots = path[0] == '.' && realpath(path, real) != NULL;
    stk_buf_printf(uri, "file:%s", dots ? real : path);
    return uri->status == STK_OK &&
           add_file(library, stk_buf_span(uri), path, memory_max);
}

static enum stk_grant grant_of(enum stk_named named)
{
    switch (named) {
    case STK_NAMED_GLOBAL:
        return STK_GRANT_VALUE;
    case STK_NAMED_CLASS:
        return STK_GRANT_CLASS;
    case STK_NAMED_ENUM:
        return STK_GRANT_ENUM;
    }
    return STK_GRANT_NONE;
}

static bool add_grants(struct stk_profile *profile, const char *path)
{
    size_t n = 0;
    const struct stk_schema_name *names = stk_schema_names(profile->schema, &n);
    for (size_t i = 0; i < n; i++) {
        const char *reason = NULL;
        enum stk_status status =
            stk_grants_add(&profile->grants, names[i].module, names[i].qualified,
                           grant_of(names[i].named), &reason);
        if (status != STK_OK) {
            char text[512];
            (void)snprintf(text, sizeof text, "%.*s:%.*s cannot be granted: %s",
                           (int)names[i].module.len, (const char *)names[i].module.data,
                           (int)names[i].qualified.len,
                           (const char *)names[i].qualified.data,
                           status == STK_E_NOMEM ? stk_status_text(status)
                           : reason != NULL      ? reason
                                            : "it is named as a class and as an enum");
            stk_complain(path, text);
            return false;
        }
    }
    return true;
}

bool stk_profile_read(struct stk_profile *profile, const char *path,
                      const struct stk_texts *mappings,
                      const struct stk_schema_options *options, uint64_t memory_max)
{
    struct stk_buf uri;
    *profile = (struct stk_profile){.library = NULL};
    stk_grants_init(&profile->grants, &stk_alloc_libc);
    if (stk_library_new(&stk_alloc_libc, &profile->library) != STK_OK) {
        stk_complain(path, stk_status_text(STK_E_NOMEM));
        return false;
    }
    stk_buf_init(&uri, &stk_alloc_libc, (size_t)1 << 16);
    if (add_mappings(profile->library, mappings, memory_max) &&
        add_profile(profile->library, path, memory_max, &uri) &&
        add_shipped(profile->library, path)) {
        profile->schema = compile(profile->library, stk_buf_span(&uri), path, options);
    }
    stk_buf_release(&uri);
    return profile->schema != NULL && add_grants(profile, path);
}

void stk_profile_release(struct stk_profile *profile)
{
    stk_schema_free(profile->schema);
    stk_library_free(profile->library);
    stk_grants_release(&profile->grants);
}
