/* SPDX-License-Identifier: Apache-2.0
 *
 * What each target over containers does with its input: a format that recognises it walks
 * it from memory, and through a function that reads, and once more with an allocation
 * that fails. The walks must agree, stay within the source, hand out no more than the
 * limits allow, read no more than a multiple of the input, and give back all memory.
 */
#pragma once

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "container/formats.h"

#define FUZZ_EXPAND_MAX ((uint64_t)1 << 20)
#define FUZZ_MEMBERS_MAX 1000
#define FUZZ_NAME_MAX 2048
/* Reads of formats with a few jumps fill a window for each. */
#define FUZZ_READ_FLOOR ((uint64_t)1 << 26)
#define FUZZ_READ_FACTOR 64

struct fuzz_heap {
    struct stk_alloc alloc;
    uint64_t requests;
    uint64_t fail_at;
    uint64_t held;
};

struct fuzz_file {
    const uint8_t *data;
    size_t len;
    uint64_t read;
};

struct fuzz_walk {
    struct stk_visitor visitor;
    struct stk_limits limits;
    uint64_t expand_left;
    uint64_t size;
    uint64_t stored;   /* bytes handed out in place */
    uint64_t expanded; /* and others */
    uint64_t n_parts;
    uint64_t n_notes;
    uint64_t sum; /* of all that was handed out */
};

static inline void require(int expr)
{
    if (!expr) {
        abort();
    }
}

static inline void *fuzz_resize(void *ctx, void *block, size_t old, size_t len)
{
    struct fuzz_heap *heap = ctx;
    if (len == 0) {
        free(block);
        heap->held -= old;
        return NULL;
    }
    if (++heap->requests == heap->fail_at) {
        return NULL;
    }
    void *next = realloc(block, len);
    require(next != NULL);
    heap->held += len;
    heap->held -= old;
    return next;
}

STK_WRAPS static inline uint64_t fuzz_mix(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * UINT64_C(0x100000001b3);
}

static inline void fuzz_text(struct fuzz_walk *walk, const char *text)
{
    size_t len = strlen(text);
    require(len < FUZZ_NAME_MAX);
    for (size_t i = 0; i < len; i++) {
        require(text[i] >= ' ' && text[i] <= '~');
        walk->sum = fuzz_mix(walk->sum, (uint64_t)(uint8_t)text[i]);
    }
}

static inline enum stk_status fuzz_part(void *ctx, const struct stk_part *part)
{
    struct fuzz_walk *walk = ctx;
    uint64_t len = part->source.size;
    uint8_t byte = 0;
    if (part->name != NULL) {
        fuzz_text(walk, part->name);
    }
    if (part->in_file) {
        require(part->off <= walk->size && len <= walk->size - part->off);
        walk->stored += len;
    } else {
        require(part->off == 0 && len > 0);
        walk->expanded += len;
        require(walk->expanded <= FUZZ_EXPAND_MAX - walk->expand_left);
    }
    for (uint64_t off = 0; off < len; off += 1 + len / 64) {
        require(stk_source_read(&part->source, off, &byte, 1) == STK_OK);
        walk->sum = fuzz_mix(walk->sum, byte ^ len << 8 ^ (uint64_t)part->role << 56);
    }
    walk->n_parts++;
    return STK_OK;
}

/* A stream ends behind its first dot, which is near enough. */
static inline enum stk_status fuzz_stream(void *ctx, const struct stk_part *part,
                                          uint64_t *ret_end)
{
    uint8_t byte = 0;
    *ret_end = 0;
    for (uint64_t off = 0; off < part->source.size && byte != '.'; off++) {
        require(stk_source_read(&part->source, off, &byte, 1) == STK_OK);
        *ret_end = byte == '.' ? off + 1 : 0;
    }
    return fuzz_part(ctx, part);
}

static inline enum stk_status fuzz_note(void *ctx, enum stk_note_kind kind, uint64_t off,
                                        const char *message)
{
    struct fuzz_walk *walk = ctx;
    require(kind <= STK_NOTE_ENCRYPTED && off <= walk->size && *message != '\0');
    fuzz_text(walk, message);
    walk->n_notes++;
    return STK_OK;
}

static inline bool fuzz_is_storage(void *ctx, struct stk_span key)
{
    (void)ctx;
    return key.len == 1 && key.data[0] == '0';
}

static inline bool fuzz_storage_size(void *ctx, struct stk_span key, uint64_t *ret_items,
                                     uint64_t *ret_item_size)
{
    *ret_items = key.len > 1 ? key.data[1] : 2;
    *ret_item_size = key.len > 2 ? UINT64_MAX / 2 : 4;
    return fuzz_is_storage(ctx, stk_span_of(key.data, key.len > 0));
}

static inline void fuzz_refine(void *ctx, const char *format)
{
    require(*format != '\0');
    fuzz_text(ctx, format);
}

static inline enum stk_status fuzz_read_at(void *ctx, uint64_t off, void *buf, size_t len)
{
    struct fuzz_file *file = ctx;
    require(off <= file->len && len <= file->len - off);
    memcpy(buf, file->data + off, len);
    file->read += len;
    return STK_OK;
}

static inline enum stk_status fuzz_run(const struct stk_format *format,
                                       const struct stk_source *source, uint64_t fail_at,
                                       struct fuzz_walk *walk)
{
    struct fuzz_heap heap = {.alloc = {fuzz_resize, NULL}, .fail_at = fail_at};
    heap.alloc.ctx = &heap;
    *walk = (struct fuzz_walk){.limits = STK_LIMITS_DEFAULT};
    walk->limits.members_max = FUZZ_MEMBERS_MAX;
    walk->limits.expand_max = FUZZ_EXPAND_MAX;
    walk->expand_left = FUZZ_EXPAND_MAX;
    walk->size = source->size;
    walk->visitor = (struct stk_visitor){
        .ctx = walk,
        .alloc = &heap.alloc,
        .limits = &walk->limits,
        .expand_left = &walk->expand_left,
        .part = fuzz_part,
        .stream = fuzz_stream,
        .note = fuzz_note,
        .is_storage = fuzz_is_storage,
        .storage_size = fuzz_storage_size,
        .refine = fuzz_refine,
    };
    enum stk_status status = format->walk(source, &walk->visitor);
    require(heap.held == 0);
    require(walk->stored <= walk->limits.search_factor * walk->size);
    return status;
}

/* One format. The heap that fails is chosen by the input, so that it replays. */
static inline void fuzz_format(const struct stk_format *format, const uint8_t *data,
                               size_t len)
{
    struct stk_source memory = stk_source_of(stk_span_of(data, len));
    struct fuzz_file file = {.data = data, .len = len};
    struct stk_source pieces = {.size = len, .read_at = fuzz_read_at, .ctx = &file};
    struct stk_span head = stk_span_of(data, len < STK_HEAD_MAX ? len : STK_HEAD_MAX);
    struct fuzz_walk a;
    struct fuzz_walk b;
    bool recognised = format->recognise(&memory, head);
    require(format->recognise(&pieces, head) == recognised);
    if (!recognised) {
        return;
    }
    require(fuzz_run(format, &memory, 0, &a) == STK_OK);
    require(fuzz_run(format, &pieces, 0, &b) == STK_OK);
    require(file.read <= FUZZ_READ_FLOOR + FUZZ_READ_FACTOR * (uint64_t)len);
    require(a.sum == b.sum && a.n_notes == b.n_notes && a.n_parts == b.n_parts &&
            a.expand_left == b.expand_left);
    enum stk_status status = fuzz_run(format, &pieces, 1 + data[len / 2] % 32, &b);
    require(status == STK_OK || status == STK_E_NOMEM);
}

/* Each of them, NULL-terminated. */
static inline void fuzz_formats(const struct stk_format *const *formats,
                                const uint8_t *data, size_t len)
{
    for (size_t i = 0; formats[i] != NULL; i++) {
        fuzz_format(formats[i], data, len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
