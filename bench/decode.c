/* SPDX-License-Identifier: Apache-2.0
 *
 * What the machine and the scanner cost on bytes that lie in memory, without a process
 * around them.
 *
 *   decode machine FILE RUNS   the bare machine: stack and memo, a judge that does
 * nothing decode scan FILE RUNS      formats, machine, policy and report
 *
 * One line a run: seconds, bytes, opcodes (0 for scan). bench/run reads them.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pickle/machine.h"
#include "scan/scan.h"

#define RUNS_MAX 1000

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static enum stk_status ignore(void *ctx, struct stk_machine *machine,
                              const struct stk_effect *effect,
                              struct stk_outcome *outcome)
{
    (void)ctx;
    (void)machine;
    (void)effect;
    (void)outcome;
    return STK_OK;
}

static enum stk_status run_machine(const struct stk_source *source, unsigned long runs)
{
    static const struct stk_limits limits = STK_LIMITS_DEFAULT;
    static const struct stk_judge judge = {.effect = ignore};
    struct stk_machine *machine = stk_machine_new(&stk_alloc_libc, &limits);
    enum stk_status status = machine == NULL ? STK_E_NOMEM : STK_OK;
    for (unsigned long i = 0; i < runs && status == STK_OK; i++) {
        struct stk_run run;
        double start = now();
        status =
            stk_machine_run(machine, source, 0, &stk_reading_reference, &judge, &run);
        double seconds = now() - start;
        if (status == STK_OK && !run.stopped) {
            status = STK_E_MALFORMED;
        }
        if (status == STK_OK) {
            (void)printf("%.9f %llu %llu\n", seconds, (unsigned long long)run.end,
                         (unsigned long long)run.n_ops);
        }
    }
    stk_machine_free(machine);
    return status;
}

static enum stk_status run_scan(const struct stk_source *source, unsigned long runs)
{
    static const struct stk_limits limits = STK_LIMITS_DEFAULT;
    struct stk_scanner *scanner = stk_scanner_new(&stk_alloc_libc, &limits);
    enum stk_status status = scanner == NULL ? STK_E_NOMEM : STK_OK;
    for (unsigned long i = 0; i < runs && status == STK_OK; i++) {
        const struct stk_report *report = NULL;
        double start = now();
        status = stk_scan(scanner, source, &report);
        double seconds = now() - start;
        if (status == STK_OK) {
            (void)printf("%.9f %llu 0\n", seconds, (unsigned long long)source->size);
        }
    }
    stk_scanner_free(scanner);
    return status;
}

static enum stk_status measure(const char *what, struct stk_span bytes,
                               unsigned long runs)
{
    struct stk_source source = stk_source_of(bytes);
    return strcmp(what, "machine") == 0 ? run_machine(&source, runs)
                                        : run_scan(&source, runs);
}

/* The file in private memory, each page touched before the clock starts. */
static enum stk_status load(const char *path, struct stk_span *ret_bytes)
{
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return STK_E_IO;
    }
    void *map = MAP_FAILED;
    if (fstat(fd, &st) == 0 && st.st_size > 0) {
        map =
            mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    }
    (void)close(fd);
    if (map == MAP_FAILED) {
        return STK_E_IO;
    }
    *ret_bytes = stk_span_of(map, (size_t)st.st_size);
    return STK_OK;
}

int main(int argc, char **argv)
{
    struct stk_span bytes = {0};
    unsigned long runs = argc == 4 ? strtoul(argv[3], NULL, 10) : 0;
    if (runs == 0 || runs > RUNS_MAX ||
        (strcmp(argv[1], "machine") != 0 && strcmp(argv[1], "scan") != 0)) {
        (void)fputs("usage: decode machine|scan FILE RUNS\n", stderr);
        return 2;
    }
    enum stk_status status = load(argv[2], &bytes);
    if (status == STK_OK) {
        status = measure(argv[1], bytes, runs);
    }
    if (status != STK_OK) {
        (void)fprintf(stderr, "decode: %s: %s\n", argv[2], stk_status_text(status));
    }
    return status == STK_OK ? 0 : 1;
}
