/* SPDX-License-Identifier: Apache-2.0
 *
 * Turns a fuzz target into a test: runs it over every file of the corpora named as
 * arguments. Each input is given in a heap block of its exact size, so that a read of one
 * byte more is seen by AddressSanitizer. A corpus that is missing or empty is a failure.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
__attribute__((weak)) int LLVMFuzzerInitialize(int *argc, char ***argv);

static _Noreturn void fail(const char *path, const char *why)
{
    fprintf(stderr, "%s: %s\n", path, why);
    exit(2);
}

static uint8_t *read_exactly(const char *path, size_t len)
{
    FILE *file = fopen(path, "rb");
    if (!file) {
        fail(path, strerror(errno));
    }
    /* malloc(0) may return NULL; one byte then, of which the target is told nothing. */
    uint8_t *data = malloc(len ? len : 1);
    if (!data || fread(data, 1, len, file) != len) {
        fail(path, "cannot be read");
    }
    fclose(file);
    return data;
}

static size_t replay_file(const char *path, size_t len)
{
    uint8_t *data = read_exactly(path, len);
    /* First, so that the last line before a crash names the input. */
    fprintf(stderr, "%s\n", path);
    LLVMFuzzerTestOneInput(data, len);
    free(data);
    return 1;
}

static size_t replay(const char *path);

static int no_dots(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static size_t replay_directory(const char *path)
{
    struct dirent **entries = NULL;
    int n = scandir(path, &entries, no_dots, alphasort);
    if (n < 0) {
        fail(path, strerror(errno));
    }
    size_t replayed = 0;
    for (int i = 0; i < n; i++) {
        char child[4096];
        int len = snprintf(child, sizeof child, "%s/%s", path, entries[i]->d_name);
        if (len < 0 || (size_t)len >= sizeof child) {
            fail(path, "name too long");
        }
        replayed += replay(child);
        free(entries[i]);
    }
    free(entries);
    return replayed;
}

static size_t replay(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        fail(path, strerror(errno));
    }
    if (S_ISDIR(info.st_mode)) {
        return replay_directory(path);
    }
    return replay_file(path, (size_t)info.st_size);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fail(argv[0], "usage: CORPUS…");
    }
    if (LLVMFuzzerInitialize) {
        LLVMFuzzerInitialize(&argc, &argv);
    }
    for (int i = 1; i < argc; i++) {
        size_t replayed = replay(argv[i]);
        if (replayed == 0) {
            fail(argv[i], "empty corpus");
        }
        printf("%s: %zu inputs\n", argv[i], replayed);
    }
    return 0;
}
