/* SPDX-License-Identifier: Apache-2.0
 *
 * Scans bytes, once from memory and once from a source that is read piece by piece, and
 * writes the report down, so that a test can state a whole report as text:
 *
 *   torch-zip dangerous                      format and verdict
 *   archive/data.pkl 0+20 p2 clean           member, offset + length, protocol, verdict
 *   - 0+20 p- review cut os.system           the file itself; no PROTO; no STOP; globals
 *     STK101 12                              a finding of the stream above: rule, offset
 *   ! a.zip STK203 0 some message            a note: member, rule, offset
 *
 * The bytes lie in a heap block of their exact size. Include behind cmocka.h.
 */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "oom.h"
#include "scan/scan.h"

/* A literal and its length, without the NUL behind it. */
#define LIT(text) (text), (sizeof(text) - 1)

struct check_log {
    char text[1 << 17];
    size_t len;
};

__attribute__((format(printf, 2, 3))) static inline void check_add(struct check_log *log,
                                                                   const char *format,
                                                                   ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(log->text + log->len, sizeof(log->text) - log->len, format, args);
    va_end(args);
    assert_true(n >= 0 && (size_t)n < sizeof(log->text) - log->len);
    log->len += (size_t)n;
}

static inline const char *check_member(const char *member)
{
    return member == NULL ? "-" : member;
}

static inline void check_add_stream(struct check_log *log,
                                    const struct stk_stream_report *s)
{
    char protocol[16] = "p-";
    if (s->protocol >= 0) {
        (void)snprintf(protocol, sizeof(protocol), "p%d", s->protocol);
    }
    check_add(log, "%s %llu+%llu %s %s%s", check_member(s->member),
              (unsigned long long)s->off, (unsigned long long)s->len, protocol,
              stk_verdict_name(s->verdict), s->complete ? "" : " cut");
    for (size_t i = 0; i < s->n_globals; i++) {
        const struct stk_global *g = &s->globals[i];
        check_add(log, " %.*s.%.*s", (int)g->mapped_module.len,
                  (const char *)g->mapped_module.data, (int)g->mapped_name.len,
                  (const char *)g->mapped_name.data);
    }
    check_add(log, "\n");
    for (size_t i = 0; i < s->n_findings; i++) {
        check_add(log, "  %s %llu\n", stk_rules[s->findings[i].rule].id,
                  (unsigned long long)s->findings[i].off);
    }
}

static inline void check_write(struct check_log *log, const struct stk_report *report)
{
    log->len = 0;
    check_add(log, "%s %s\n", report->format, stk_verdict_name(report->verdict));
    for (size_t i = 0; i < report->n_streams; i++) {
        check_add_stream(log, &report->streams[i]);
    }
    for (size_t i = 0; i < report->n_notes; i++) {
        const struct stk_note *note = &report->notes[i];
        check_add(log, "! %s %s %llu %s\n", check_member(note->member),
                  stk_rules[note->finding.rule].id, (unsigned long long)note->finding.off,
                  note->finding.message);
    }
}

/* A file whose reads fail from a byte on, or all of them from the n-th on. */
struct check_file {
    const uint8_t *data;
    uint64_t fail_from;   /* UINT64_MAX: none */
    uint64_t fail_read;   /* ordinal from 1; 0: none */
    uint64_t reads;       /* so far */
    uint64_t bytes;       /* read so far */
    enum stk_status fail; /* what a read says then */
};

static inline enum stk_status check_read_at(void *ctx, uint64_t off, void *buf,
                                            size_t len)
{
    struct check_file *file = ctx;
    file->reads++;
    file->bytes += len;
    if (off + len > file->fail_from ||
        (file->fail_read > 0 && file->reads >= file->fail_read)) {
        return file->fail;
    }
    memcpy(buf, file->data + off, len);
    return STK_OK;
}

static inline struct stk_source check_source(struct check_file *file, size_t len)
{
    return (struct stk_source){.size = len, .read_at = check_read_at, .ctx = file};
}

static inline void check_scan(struct check_log *log, const struct stk_limits *limits,
                              const struct stk_source *source)
{
    struct stk_oom oom;
    const struct stk_report *report = NULL;
    stk_oom_init(&oom, 0, false);
    struct stk_scanner *scanner = stk_scanner_new(&oom.alloc, limits);
    assert_non_null(scanner);
    assert_int_equal(stk_scan(scanner, source, &report), STK_OK);
    assert_true(report->size == source->size);
    check_write(log, report);
    stk_scanner_free(scanner);
    assert_true(oom.blocks == 0);
    assert_false(oom.wrong_size);
}

/* The report of the bytes; good until the next call. */
static inline const char *check_report(const struct stk_limits *limits, const void *data,
                                       size_t len)
{
    static struct check_log memory;
    static struct check_log pieces;
    static const struct stk_limits defaults = STK_LIMITS_DEFAULT;
    uint8_t *copy = malloc(len > 0 ? len : 1);
    assert_non_null(copy);
    memcpy(copy, data, len);
    struct check_file file = {.data = copy, .fail_from = UINT64_MAX};
    struct stk_source in_memory = stk_source_of(stk_span_of(copy, len));
    struct stk_source in_file = check_source(&file, len);
    check_scan(&memory, limits == NULL ? &defaults : limits, &in_memory);
    check_scan(&pieces, limits == NULL ? &defaults : limits, &in_file);
    assert_string_equal(memory.text, pieces.text);
    free(copy);
    return memory.text;
}

/* Macros, so that a failure names the line of the test. */
#define CHECK_WITH(limits, data, len, want)                                              \
    assert_string_equal(check_report((limits), (data), (len)), (want))
#define CHECK(data, len, want) CHECK_WITH(NULL, data, len, want)

/* The verdict alone: the word behind the format. */
static inline const char *check_verdict(const struct stk_limits *limits, const void *data,
                                        size_t len)
{
    static char verdict[32];
    const char *report = check_report(limits, data, len);
    const char *word = strchr(report, ' ') + 1;
    size_t n = strcspn(word, "\n");
    assert_true(n < sizeof(verdict));
    memcpy(verdict, word, n);
    verdict[n] = '\0';
    return verdict;
}
