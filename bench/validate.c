/* SPDX-License-Identifier: Apache-2.0
 *
 * What validation of parsed messages costs, warm:
 *
 *   validate SCHEMA ROUNDS FILE…
 *
 * One line a file: nanoseconds of one validation (best round), and whether it is valid.
 * bench/validate.mjs and bench/validate.py do the same with other validators.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "profile/schema.h"
#include "wire/json.h"

#define CALLS 2000
#define TEXT_MAX ((size_t)1 << 20)
#define FILES_MAX 64

static double now_ns(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static enum stk_status load(struct stk_arena *arena, const char *path,
                            struct stk_span *ret_text)
{
    FILE *file = fopen(path, "rbe");
    uint8_t *text = stk_arena_alloc(arena, TEXT_MAX);
    size_t len = file != NULL && text != NULL ? fread(text, 1, TEXT_MAX, file) : 0;
    if (file != NULL) {
        (void)fclose(file);
    }
    *ret_text = stk_span_of(text, len);
    return len > 0 ? STK_OK : STK_E_IO;
}

struct bench {
    struct stk_arena arena;
    struct stk_library *library;
    struct stk_schema *schema;
    struct stk_validation *validation;
};

static enum stk_status compile(struct bench *b, const char *path)
{
    static const struct stk_schema_options options;
    struct stk_span uri = stk_span_of("bench:schema", strlen("bench:schema"));
    struct stk_schema_error error = {0};
    struct stk_span text;
    STK_TRY(load(&b->arena, path, &text));
    STK_TRY(stk_library_new(&stk_alloc_libc, &b->library));
    STK_TRY(stk_library_add(b->library, uri, text, &error));
    STK_TRY(stk_schema_new(b->library, uri, &options, &b->schema, &error));
    return stk_validation_new(&stk_alloc_libc, &b->validation);
}

static enum stk_status decode(struct bench *b, const char *path,
                              struct stk_value *ret_value)
{
    static const struct stk_json_options options = STK_JSON_OPTIONS_DEFAULT;
    struct stk_json_error error;
    struct stk_span text;
    STK_TRY(load(&b->arena, path, &text));
    return stk_json_decode(&b->arena, text, &options, ret_value, &error);
}

/* Nanoseconds of one validation. */
static enum stk_status round_of(struct bench *b, struct stk_value value,
                                enum stk_validity *ret_validity, double *ret_ns)
{
    double start = now_ns();
    for (size_t i = 0; i < CALLS; i++) {
        STK_TRY(stk_validate(b->validation, b->schema, value, ret_validity));
    }
    *ret_ns = (now_ns() - start) / CALLS;
    return STK_OK;
}

static enum stk_status measure(struct bench *b, unsigned long rounds, char **paths,
                               size_t n)
{
    struct stk_value values[FILES_MAX];
    enum stk_validity validities[FILES_MAX];
    double best[FILES_MAX];
    for (size_t i = 0; i < n; i++) {
        STK_TRY(decode(b, paths[i], &values[i]));
    }
    for (unsigned long round = 0; round < rounds; round++) {
        for (size_t i = 0; i < n; i++) {
            double ns = 0;
            STK_TRY(round_of(b, values[i], &validities[i], &ns));
            best[i] = round == 0 || ns < best[i] ? ns : best[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        (void)printf("%.1f %s\n", best[i],
                     validities[i] == STK_VALID     ? "valid"
                     : validities[i] == STK_INVALID ? "invalid"
                                                    : "unknown");
    }
    return STK_OK;
}

int main(int argc, char **argv)
{
    struct bench b = {0};
    unsigned long rounds = argc > 3 ? strtoul(argv[2], NULL, 10) : 0;
    if (rounds == 0 || argc - 3 > FILES_MAX) {
        (void)fputs("usage: validate SCHEMA ROUNDS FILE...\n", stderr);
        return 2;
    }
    stk_arena_init(&b.arena, &stk_alloc_libc, SIZE_MAX);
    enum stk_status status = compile(&b, argv[1]);
    if (status == STK_OK) {
        status = measure(&b, rounds, argv + 3, (size_t)argc - 3);
    }
    stk_validation_free(b.validation);
    stk_schema_free(b.schema);
    stk_library_free(b.library);
    stk_arena_release(&b.arena);
    if (status != STK_OK) {
        (void)fprintf(stderr, "validate: %s\n", stk_status_text(status));
    }
    return status == STK_OK ? 0 : 1;
}
