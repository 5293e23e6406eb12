/* SPDX-License-Identifier: Apache-2.0
 *
 * Walks the input as a ZIP archive, from memory and through a function that reads, once
 * more with an allocation that fails. The walks must agree, stay within the source, hand
 * out no more than the limits allow, and give back all memory.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "container/formats.h"

#define EXPAND_MAX ((uint64_t)1 << 20)

struct heap {
    struct stk_alloc alloc;
    uint64_t requests;
    uint64_t fail_at;
    uint64_t held;
};

struct walk {
    struct stk_visitor visitor;
    struct stk_limits limits;
    uint64_t expand_left;
    uint64_t size;
    uint64_t stored;
    uint64_t n_notes;
    uint64_t sum; /* of all that was handed out */
};

struct file {
    const uint8_t *data;
    size_t len;
};

static void require(int expr)
{
    if (!expr) {
        abort();
    }
}

static void *resize(void *ctx, void *block, size_t old, size_t len)
{
    struct heap *heap = ctx;
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

STK_WRAPS static uint64_t mix(uint64_t sum, uint64_t value)
{
    return (sum ^ value) * UINT64_C(0x100000001b3);
}

static enum stk_status part(void *ctx, const struct stk_part *part)
{
    struct walk *walk = ctx;
    uint64_t len = part->source.size;
    uint8_t byte = 0;
    require(part->name != NULL && len > 0);
    if (part->in_file) {
        require(part->off <= walk->size && len <= walk->size - part->off);
        walk->stored += len;
    } else {
        require(part->off == 0);
    }
    for (uint64_t off = 0; off < len; off += 1 + len / 64) {
        enum stk_status status = stk_source_read(&part->source, off, &byte, 1);
        require(status == STK_OK);
        walk->sum = mix(walk->sum, byte ^ len);
    }
    return STK_OK;
}

static enum stk_status note(void *ctx, enum stk_note_kind kind, uint64_t off,
                            const char *message)
{
    struct walk *walk = ctx;
    (void)kind;
    (void)off;
    for (; *message != '\0'; message++) {
        require(*message >= ' ' && *message <= '~');
    }
    walk->n_notes++;
    return STK_OK;
}

static bool is_storage(void *ctx, struct stk_span key)
{
    (void)ctx;
    return key.len == 1 && key.data[0] == '0';
}

static void refine(void *ctx, const char *format)
{
    (void)ctx;
    require(strlen(format) > 0);
}

static enum stk_status read_at(void *ctx, uint64_t off, void *buf, size_t len)
{
    const struct file *file = ctx;
    require(off <= file->len && len <= file->len - off);
    memcpy(buf, file->data + off, len);
    return STK_OK;
}

static enum stk_status run(const struct stk_source *source, uint64_t fail_at,
                           struct walk *walk)
{
    struct heap heap = {.alloc = {resize, NULL}, .fail_at = fail_at};
    heap.alloc.ctx = &heap;
    *walk = (struct walk){.limits = STK_LIMITS_DEFAULT};
    walk->limits.members_max = 1000;
    walk->expand_left = EXPAND_MAX;
    walk->size = source->size;
    walk->visitor = (struct stk_visitor){
        .ctx = walk,
        .alloc = &heap.alloc,
        .limits = &walk->limits,
        .expand_left = &walk->expand_left,
        .part = part,
        .note = note,
        .is_storage = is_storage,
        .refine = refine,
    };
    enum stk_status status = stk_format_zip.walk(source, &walk->visitor);
    require(heap.held == 0);
    require(walk->stored <= walk->limits.search_factor * walk->size);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct stk_source memory = stk_source_of(stk_span_of(data, len));
    struct file file = {data, len};
    struct stk_source from_file = {.size = len, .read_at = read_at, .ctx = &file};
    struct walk a;
    struct walk b;
    require(run(&memory, 0, &a) == STK_OK);
    require(run(&from_file, 0, &b) == STK_OK);
    require(a.sum == b.sum && a.n_notes == b.n_notes && a.expand_left == b.expand_left);
    (void)stk_format_zip.recognise(&memory, stk_span_of(data, len < 512 ? len : 512));
    if (len > 0) {
        enum stk_status status = run(&from_file, 1 + data[len / 2] % 32, &b);
        require(status == STK_OK || status == STK_E_NOMEM);
    }
    return 0;
}
