/* SPDX-License-Identifier: Apache-2.0
 *
 * What a boundary pays for one message: decoded, held against a shipped profile, written
 * again.
 *
 *   boundary PROFILE CALLS FRAME…
 *
 * Prints one line: microseconds a call (best and median of ten batches), and the bytes of
 * raw frames that were copied, which are those that do not lie where they lay.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "boundary/boundary.h"
#include "profile/shipped.h"

#define BATCHES 10
#define FRAMES_MAX 8

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

_Noreturn static void fail(const char *what, const char *why)
{
    (void)fprintf(stderr, "boundary: %s: %s\n", what, why);
    exit(1);
}

static struct stk_span read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL || fseek(file, 0, SEEK_END) != 0) {
        fail(path, "cannot be read");
    }
    size_t len = (size_t)ftell(file);
    uint8_t *data = malloc(len + 1);
    rewind(file);
    if (data == NULL || fread(data, 1, len, file) != len) {
        fail(path, "cannot be read");
    }
    (void)fclose(file);
    return stk_span_of(data, len);
}

static struct stk_schema *compile(const char *name)
{
    struct stk_library *library = NULL;
    struct stk_schema *schema = NULL;
    struct stk_schema_error error = {0};
    struct stk_schema_options options = {.assert_formats = false};
    char uri[256];
    (void)snprintf(uri, sizeof uri, "urn:stockade:profiles:%s", name);
    if (stk_library_new(&stk_alloc_libc, &library) != STK_OK) {
        fail(name, "no memory");
    }
    for (size_t i = 0; i < stk_n_shipped_profiles; i++) {
        const struct stk_shipped_profile *p = &stk_shipped_profiles[i];
        if (stk_library_add(library, stk_span_of(p->uri, strlen(p->uri)),
                            stk_span_of(p->text, strlen(p->text)), &error) != STK_OK) {
            fail(p->uri, error.reason);
        }
    }
    if (stk_schema_new(library, stk_span_of(uri, strlen(uri)), &options, &schema,
                       &error) != STK_OK) {
        fail(uri, error.reason);
    }
    return schema;
}

static void grant_names(struct stk_grants *grants, const struct stk_schema *schema)
{
    size_t n = 0;
    const struct stk_schema_name *names = stk_schema_names(schema, &n);
    static const enum stk_grant kinds[] = {[STK_NAMED_GLOBAL] = STK_GRANT_VALUE,
                                           [STK_NAMED_CLASS] = STK_GRANT_CLASS,
                                           [STK_NAMED_ENUM] = STK_GRANT_ENUM};
    stk_grants_init(grants, &stk_alloc_libc);
    for (size_t i = 0; i < n; i++) {
        const char *reason = NULL;
        if (stk_grants_add(grants, names[i].module, names[i].qualified,
                           kinds[names[i].named], &reason) != STK_OK) {
            fail("a name of the profile", reason);
        }
    }
}

static size_t copied(const struct stk_boundary *b, const struct stk_span *before,
                     const struct stk_span *after, size_t n)
{
    size_t bytes = 0;
    for (size_t i = 0; i < n; i++) {
        bool raw = stk_boundary_value(b, i) == NULL;
        bytes += raw && before[i].data != after[i].data ? after[i].len : 0;
    }
    return bytes;
}

static void one(struct stk_boundary *b, const struct stk_span *frames, size_t n,
                const struct stk_span **ret_frames)
{
    struct stk_judgement j;
    struct stk_write_error error = {0};
    size_t frame = 0;
    if (stk_boundary_judge(b, frames, n, &j) != STK_OK || j.validity != STK_VALID) {
        fail(j.reason != NULL     ? j.reason
             : j.n_violations > 0 ? j.violations[0].instance
                                  : "the message",
             j.n_violations > 0 ? j.violations[0].message : "does not match");
    }
    if (stk_boundary_rebuild(b, STK_PICKLE_PROTOCOL_DEFAULT, ret_frames, &frame,
                             &error) != STK_OK) {
        fail("the message", error.reason);
    }
}

int main(int argc, char **argv)
{
    static const struct stk_limits limits = STK_LIMITS_DEFAULT;
    struct stk_span frames[FRAMES_MAX];
    const struct stk_span *after = NULL;
    double microseconds[BATCHES];
    struct stk_boundary *b = NULL;
    struct stk_grants grants;
    unsigned long calls = argc > 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (calls == 0 || argc > 3 + FRAMES_MAX) {
        (void)fputs("usage: boundary PROFILE CALLS FRAME...\n", stderr);
        return 2;
    }
    size_t n = (size_t)argc - 3;
    for (size_t i = 0; i < n; i++) {
        frames[i] = read_file(argv[3 + i]);
    }
    struct stk_schema *schema = compile(argv[1]);
    grant_names(&grants, schema);
    struct stk_boundary_options options = {.schema = schema,
                                           .grants = &grants,
                                           .limits = &limits,
                                           .memory_max = (size_t)1 << 30,
                                           .violations_max = 10};
    if (stk_boundary_new(&stk_alloc_libc, &options, &b) != STK_OK) {
        fail(argv[1], "no memory");
    }
    for (size_t i = 0; i < BATCHES; i++) {
        double start = now();
        for (unsigned long k = 0; k < calls; k++) {
            one(b, frames, n, &after);
        }
        microseconds[i] = (now() - start) * 1e6 / (double)calls;
    }
    qsort(microseconds, BATCHES, sizeof(microseconds[0]), ascending);
    (void)printf("%.3f %.3f %zu\n", microseconds[0], microseconds[BATCHES / 2],
                 copied(b, frames, after, n));
    return 0;
}
