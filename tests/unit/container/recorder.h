/* SPDX-License-Identifier: Apache-2.0
 *
 * A visitor that writes down what a walk hands out and notes, one line each, so that a
 * test can state a whole walk as text:
 *
 *   data.pkl 38+51 torch          part of the walked source: offset + length, role
 *   a.txt 0+5 any expanded: hello short printable content is shown
 *   ! ambiguous 97 some message   note: kind, offset
 *   format torch-zip              refine
 *
 * Include behind cmocka.h.
 */
#pragma once

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "container/container.h"

struct recorder {
    struct stk_visitor visitor;
    struct stk_limits limits;
    uint64_t expand_left;
    char log[65536];
    size_t len;
    const char *storages;   /* keys that are storages, each between spaces: " 0 1 " */
    enum stk_status answer; /* what part() returns */
};

static inline void recorder_add(struct recorder *r, const char *text)
{
    size_t len = strlen(text);
    assert_true(r->len + len < sizeof(r->log));
    memcpy(r->log + r->len, text, len + 1);
    r->len += len;
}

static inline void recorder_content(struct recorder *r, const struct stk_source *source)
{
    uint8_t bytes[24];
    char shown[sizeof(bytes) + 4];
    if (source->size == 0 || source->size > sizeof(bytes)) {
        return;
    }
    assert_int_equal(stk_source_read(source, 0, bytes, (size_t)source->size), STK_OK);
    for (size_t i = 0; i < source->size; i++) {
        if (bytes[i] < ' ' || bytes[i] > '~') {
            return;
        }
    }
    (void)snprintf(shown, sizeof(shown), ": %.*s", (int)source->size, (char *)bytes);
    recorder_add(r, shown);
}

static inline enum stk_status recorder_part(void *ctx, const struct stk_part *part)
{
    static const char *const roles[] = {"any", "stream", "torch", "joblib", "data"};
    struct recorder *r = ctx;
    char line[1024];
    (void)snprintf(line, sizeof(line), "%s %llu+%llu %s%s", part->name,
                   (unsigned long long)part->off, (unsigned long long)part->source.size,
                   roles[part->role], part->in_file ? "" : " expanded");
    recorder_add(r, line);
    recorder_content(r, &part->source);
    recorder_add(r, "\n");
    return r->answer;
}

static inline enum stk_status recorder_note(void *ctx, enum stk_note_kind kind,
                                            uint64_t off, const char *message)
{
    static const char *const kinds[] = {"malformed",   "ambiguous", "limit",
                                        "unsupported", "code",      "encrypted"};
    char line[1024];
    (void)snprintf(line, sizeof(line), "! %s %llu %s\n", kinds[kind],
                   (unsigned long long)off, message);
    recorder_add(ctx, line);
    return STK_OK;
}

static inline bool recorder_is_storage(void *ctx, struct stk_span key)
{
    const struct recorder *r = ctx;
    char word[64];
    (void)snprintf(word, sizeof(word), " %.*s ", (int)key.len, (const char *)key.data);
    return r->storages != NULL && strstr(r->storages, word) != NULL;
}

static inline void recorder_refine(void *ctx, const char *format)
{
    recorder_add(ctx, "format ");
    recorder_add(ctx, format);
    recorder_add(ctx, "\n");
}

/* The visitor's context is the struct itself: do not move it. */
static inline void recorder_init(struct recorder *r, const struct stk_alloc *alloc)
{
    memset(r, 0, sizeof(*r));
    r->limits = (struct stk_limits)STK_LIMITS_DEFAULT;
    r->expand_left = r->limits.expand_max;
    r->visitor = (struct stk_visitor){
        .ctx = r,
        .alloc = alloc,
        .limits = &r->limits,
        .expand_left = &r->expand_left,
        .part = recorder_part,
        .note = recorder_note,
        .is_storage = recorder_is_storage,
        .refine = recorder_refine,
    };
}
