/* SPDX-License-Identifier: Apache-2.0
 *
 * What whole processes cost, from start to exit:
 *
 *   cost RUNS PROGRAM ARGUMENT…
 *
 * One line a run: seconds, peak resident kB, exit status. A program of its own, since a
 * process's peak begins with that of the one that started it, and Python is not small.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int run(char **args, const posix_spawn_file_actions_t *quiet)
{
    pid_t child = 0;
    int status = 0;
    struct rusage usage;
    double start = now();
    if (posix_spawnp(&child, args[0], quiet, NULL, args, environ) != 0 ||
        wait4(child, &status, 0, &usage) != child || !WIFEXITED(status)) {
        return 1;
    }
    (void)printf("%.6f %ld %d\n", now() - start, usage.ru_maxrss, WEXITSTATUS(status));
    return 0;
}

int main(int argc, char **argv)
{
    posix_spawn_file_actions_t quiet;
    unsigned long runs = argc > 2 ? strtoul(argv[1], NULL, 10) : 0;
    int failed = posix_spawn_file_actions_init(&quiet) ||
                 posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0) ||
                 posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", O_WRONLY, 0);
    if (runs == 0 || failed) {
        (void)fputs("usage: cost RUNS PROGRAM ARGUMENT...\n", stderr);
        return 2;
    }
    for (unsigned long i = 0; i < runs && !failed; i++) {
        failed = run(argv + 2, &quiet);
    }
    if (failed) {
        (void)fprintf(stderr, "cost: %s did not run to its end\n", argv[2]);
    }
    (void)posix_spawn_file_actions_destroy(&quiet);
    return failed;
}
