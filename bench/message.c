/* SPDX-License-Identifier: Apache-2.0
 *
 * What a server pays to rate one message through the library:
 *
 *   message FILE CALLS   stockade_scan_bytes and stockade_report_free, again and again
 *
 * Prints one line: microseconds a call (best and median of ten batches), the verdict.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <stockade/scan.h>

#define BATCHES 10

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

static enum stockade_status batch(const uint8_t *data, size_t len, unsigned long calls,
                                  enum stockade_verdict *ret_verdict)
{
    for (unsigned long i = 0; i < calls; i++) {
        struct stockade_report *report = NULL;
        enum stockade_status status = stockade_scan_bytes(data, len, NULL, &report);
        if (status != STOCKADE_OK) {
            return status;
        }
        *ret_verdict = stockade_report_verdict(report);
        stockade_report_free(report);
    }
    return STOCKADE_OK;
}

int main(int argc, char **argv)
{
    static uint8_t data[1 << 20];
    double microseconds[BATCHES];
    enum stockade_verdict verdict = STOCKADE_UNDECIDED;
    unsigned long calls = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    FILE *file = calls == 0 ? NULL : fopen(argv[1], "rb");
    if (file == NULL) {
        (void)fputs("usage: message FILE CALLS\n", stderr);
        return 2;
    }
    size_t len = fread(data, 1, sizeof(data), file);
    (void)fclose(file);
    for (size_t i = 0; i < BATCHES; i++) {
        double start = now();
        if (batch(data, len, calls, &verdict) != STOCKADE_OK) {
            (void)fputs("message: the scan failed\n", stderr);
            return 1;
        }
        microseconds[i] = (now() - start) * 1e6 / (double)calls;
    }
    qsort(microseconds, BATCHES, sizeof(microseconds[0]), ascending);
    (void)printf("%.3f %.3f %s\n", microseconds[0], microseconds[BATCHES / 2],
                 stockade_verdict_name(verdict));
    return 0;
}
