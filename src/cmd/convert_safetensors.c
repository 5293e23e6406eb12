/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/convert_safetensors.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/checked.h"
#include "cmd/console.h"
#include "cmd/filesource.h"
#include "cmd/output.h"
#include "cmd/progress.h"
#include "container/safetensors_write.h"
#include "decode/checkpoint.h"
#include "decode/gather.h"
#include "decode/torchfile.h"
#include "scan/scan.h"
#include "wire/json_plain.h"

/* Copied between two looks at the terminal and at signals. */
#define PIECE (UINT64_C(16) << 20)

/* What tensors in pieces are gathered into, and from. */
#define ROOM ((size_t)8 << 20)
#define WINDOW ((size_t)1 << 20)

/* A view can repeat its items: the output is at most so many times as large. */
#define GROWTH_MAX 16
#define GROWTH_FREE (UINT64_C(64) << 20)

struct job {
    const struct stk_to_safetensors *options;
    const char *in;
    struct stk_limits limits;
    struct stk_filesource file;
    struct stk_scanner *scanner;
    struct stk_decoder *decoder;
    struct stk_arena arena;
    struct stk_torch_file torch;
    struct stk_checkpoint checkpoint;
    struct stk_safetensor *tensors; /* arena, as the next */
    size_t n_tensors;
    struct stk_safetensors_entry *metadata;
    size_t n_metadata;
    uint64_t data_len;
    struct stk_buf header;
    struct stk_buf notes;
    uint8_t *room; /* owned; ROOM and WINDOW bytes, when needed */
    struct stk_output output;
    struct stk_progress progress;
    uint64_t copied;
    struct stk_decode_error *error;
};

__attribute__((format(printf, 3, 4))) static enum stk_status refuse(struct job *j,
                                                                    struct stk_span name,
                                                                    const char *format,
                                                                    ...)
{
    va_list args;
    va_start(args, format);
    *j->error = (struct stk_decode_error){.verdict = STK_VERDICT_UNDECIDED};
    (void)stk_escape(j->error->path, sizeof j->error->path, name);
    (void)vsnprintf(j->error->reason, sizeof j->error->reason, format, args);
    va_end(args);
    return STK_E_MALFORMED;
}

static enum stk_status complain(const struct job *j, enum stk_status status)
{
    stk_complain(j->in, stk_filesource_text(&j->file, status));
    return status;
}

/* ---- the scan ---- */

static void say_finding(struct job *j, const struct stk_report *report)
{
    const char *message = "not clean; stockade scan says why";
    for (size_t i = 0; i < report->n_notes; i++) {
        message = report->notes[i].finding.message;
    }
    for (size_t i = 0; i < report->n_streams; i++) {
        const struct stk_stream_report *stream = &report->streams[i];
        if (stream->verdict == report->verdict && stream->n_findings > 0) {
            message = stream->findings[0].message;
            j->error->off = stream->findings[0].off;
        }
    }
    (void)snprintf(j->error->reason, sizeof j->error->reason, "%s", message);
    j->error->verdict = report->verdict;
}

/* Where the fifth of the streams that a legacy file begins with ends; 0: nowhere. */
static uint64_t end_of_streams(const struct stk_report *report)
{
    uint64_t end = 0;
    size_t n = 0;
    for (size_t i = 0; i < report->n_streams && n < 5; i++) {
        const struct stk_stream_report *stream = &report->streams[i];
        if (stream->member == NULL && stream->off == end) {
            end += stream->len;
            n++;
        }
    }
    return n == 5 ? end : 0;
}

static enum stk_status scan(struct job *j, uint64_t *ret_streams_len)
{
    const struct stk_report *report = NULL;
    j->scanner = stk_scanner_new(&stk_alloc_libc, &j->limits);
    if (j->scanner == NULL) {
        return STK_E_NOMEM;
    }
    STK_TRY(stk_scan(j->scanner, &j->file.source, &report));
    if (report->verdict != STK_VERDICT_CLEAN) {
        say_finding(j, report);
        return STK_E_MALFORMED;
    }
    *ret_streams_len = 0;
    if (strcmp(report->format, "torch-legacy") == 0) {
        *ret_streams_len = end_of_streams(report);
    }
    if (strcmp(report->format, "torch-zip") != 0 && *ret_streams_len == 0) {
        return refuse(j, stk_span_of(NULL, 0), "no checkpoint of torch, but %s",
                      report->format);
    }
    stk_scanner_free(j->scanner);
    j->scanner = NULL;
    return STK_OK;
}

/* ---- entries ---- */

static enum stk_status drop(struct job *j, const struct stk_checkpoint_entry *entry,
                            const char *reason)
{
    char name[256];
    if (!j->options->drop_other) {
        return refuse(j, entry->name, "%s (--drop-other leaves it out)", reason);
    }
    stk_buf_printf(&j->notes, "left out: %s: %s\n",
                   stk_escape(name, sizeof name, entry->name), reason);
    return STK_OK;
}

static enum stk_status add_metadata(struct job *j, struct stk_span key,
                                    struct stk_span text)
{
    uint8_t *copy = stk_arena_alloc(&j->arena, text.len);
    if (copy == NULL) {
        return STK_E_NOMEM;
    }
    stk_copy(copy, text.data, text.len);
    j->metadata[j->n_metadata++] =
        (struct stk_safetensors_entry){.key = key, .text = stk_span_of(copy, text.len)};
    return STK_OK;
}

/* ASCII: a lone surrogate stays an escape. */
static enum stk_status take_plain(struct job *j, const struct stk_checkpoint_entry *entry)
{
    struct stk_json_plain_options options = STK_JSON_PLAIN_OPTIONS_DEFAULT;
    struct stk_json_error error = {0};
    struct stk_json_lost lost;
    struct stk_buf text;
    options.write.ascii = true;
    stk_buf_init(&text, &stk_alloc_libc, (size_t)1 << 24);
    enum stk_status status =
        stk_json_write_plain(&text, &j->arena, entry->value, &options, &lost, &error);
    if (status == STK_OK) {
        status = add_metadata(j, entry->name, stk_buf_span(&text));
    } else if (!stk_status_is_environment(status)) {
        status = drop(j, entry, error.reason);
    }
    stk_buf_release(&text);
    return status;
}

static enum stk_status take_tensor(struct job *j, size_t index)
{
    const struct stk_checkpoint_entry *entry = &j->checkpoint.entries[index];
    const struct stk_array *array = entry->value.object->array;
    char reason[128];
    const char *why = stk_tensor_refused(entry->value);
    if (stk_safetensors_dtype(array->dtype) == NULL) {
        (void)snprintf(reason, sizeof reason, "safetensors has no %s",
                       stk_dtype_name(array->dtype));
        why = reason;
    }
    if (why != NULL) {
        return drop(j, entry, why);
    }
    j->tensors[j->n_tensors++] = (struct stk_safetensor){.name = entry->name,
                                                         .dtype = array->dtype,
                                                         .rank = array->rank,
                                                         .shape = array->shape,
                                                         .tag = index};
    return STK_OK;
}

static enum stk_status take_entry(struct job *j, size_t index)
{
    const struct stk_checkpoint_entry *entry = &j->checkpoint.entries[index];
    switch (entry->kind) {
    case STK_CHECKPOINT_TENSOR:
        return take_tensor(j, index);
    case STK_CHECKPOINT_PLAIN:
        return take_plain(j, entry);
    case STK_CHECKPOINT_OTHER:
        break;
    }
    char reason[128];
    (void)snprintf(reason, sizeof reason, "safetensors carries no %s",
                   stk_value_kind_name(stk_value_kind(entry->value)));
    return drop(j, entry, reason);
}

/* "format": "pt" is what readers of models look for. */
static enum stk_status add_format(struct job *j)
{
    for (size_t i = 0; i < j->n_metadata; i++) {
        if (stk_span_is(j->metadata[i].key, "format")) {
            return STK_OK;
        }
    }
    return add_metadata(j, stk_span_of("format", 6), stk_span_of("pt", 2));
}

static enum stk_status take_entries(struct job *j)
{
    size_t n = j->checkpoint.n_entries;
    j->tensors = stk_arena_array(&j->arena, n, sizeof j->tensors[0]);
    j->metadata = stk_arena_array(&j->arena, n + 1, sizeof j->metadata[0]);
    if (j->tensors == NULL || j->metadata == NULL) {
        return STK_E_NOMEM;
    }
    for (size_t i = 0; i < n; i++) {
        STK_TRY(take_entry(j, i));
    }
    if (j->n_metadata > 0) {
        stk_buf_printf(&j->notes, "%zu entries that are no tensors are in __metadata__\n",
                       j->n_metadata);
    }
    if (j->checkpoint.n_attributes > 0) {
        stk_buf_printf(&j->notes, "left out: attributes of %" PRIu64 " dicts\n",
                       j->checkpoint.n_attributes);
    }
    return add_format(j);
}

/* ---- storages ---- */

static const struct stk_array *array_of(const struct job *j, size_t i)
{
    return j->checkpoint.entries[j->tensors[i].tag].value.object->array;
}

/* Each tensor gets bytes of its own; who shared some is said. */
static enum stk_status note_shared(struct job *j)
{
    struct stk_map first;
    enum stk_status status = STK_OK;
    stk_map_init(&first, &stk_alloc_libc, SIZE_MAX, 0);
    for (size_t i = 0; i < j->n_tensors && status == STK_OK; i++) {
        struct stk_value storage = array_of(j, i)->storage;
        struct stk_span key = storage.object->array->key;
        uint64_t hash = stk_text_hash(key);
        uint64_t other = 0;
        bool added = false;
        char names[2][200];
        if (stk_map_get(&first, hash, &other)) {
            stk_buf_printf(&j->notes, "%s and %s shared a storage: each is written\n",
                           stk_escape(names[0], sizeof names[0], j->tensors[other].name),
                           stk_escape(names[1], sizeof names[1], j->tensors[i].name));
        } else {
            status = stk_map_put(&first, hash, i, &added);
        }
    }
    stk_map_release(&first);
    return status;
}

/* All that can be refused is refused before anything is written. */
static enum stk_status check_storages(struct job *j)
{
    uint64_t most = 0;
    for (size_t i = 0; i < j->n_tensors; i++) {
        struct stk_torch_place place;
        const struct stk_array *storage = array_of(j, i)->storage.object->array;
        enum stk_status status = stk_torch_place(&j->torch, storage, &place, j->error);
        if (status != STK_OK) {
            (void)stk_escape(j->error->path, sizeof j->error->path, j->tensors[i].name);
            return status;
        }
    }
    if (!stk_mul(j->file.source.size, GROWTH_MAX, &most) ||
        !stk_add(most, GROWTH_FREE, &most)) {
        most = UINT64_MAX;
    }
    if (stk_safetensors_place(j->tensors, j->n_tensors, &j->data_len) != STK_OK ||
        j->data_len > most) {
        return refuse(j, stk_span_of(NULL, 0),
                      "tensors that repeat their items to more than %d times the file",
                      GROWTH_MAX);
    }
    return note_shared(j);
}

/* ---- writing ---- */

static bool step(struct job *j, uint64_t len)
{
    j->copied += len;
    stk_progress_bytes(&j->progress, j->copied);
    return !stk_interrupted();
}

static bool copy_place(struct job *j, const struct stk_torch_place *place, uint64_t off,
                       uint64_t len)
{
    const struct stk_source *file = &j->file.source;
    while (len > 0) {
        uint64_t n = len < PIECE ? len : PIECE;
        bool from_file = place->in_file && file->mem == NULL;
        bool good =
            from_file ? stk_output_copy(&j->output, j->file.fd,
                                        file->base + place->off + off, n)
                      : stk_output_write(&j->output,
                                         stk_span_of(place->source.mem + off, (size_t)n));
        if (!good || !step(j, n)) {
            return false;
        }
        off += n;
        len -= n;
    }
    return true;
}

static bool gather(struct job *j, const struct stk_array *array,
                   const struct stk_torch_place *place)
{
    struct stk_gather g;
    size_t len = 0;
    if (j->room == NULL) {
        j->room = stk_new_buffer(&stk_alloc_libc, ROOM + WINDOW);
        if (j->room == NULL) {
            return complain(j, STK_E_NOMEM) == STK_OK;
        }
    }
    stk_gather_init(&g, array, &place->source, j->room + ROOM, WINDOW);
    do {
        enum stk_status status = stk_gather_next(&g, j->room, ROOM, &len);
        if (status != STK_OK) {
            return complain(j, status) == STK_OK;
        }
        if (!stk_output_write(&j->output, stk_span_of(j->room, len)) || !step(j, len)) {
            return false;
        }
    } while (len > 0);
    return true;
}

static bool write_tensor(struct job *j, size_t i)
{
    const struct stk_array *array = array_of(j, i);
    struct stk_torch_place place;
    enum stk_status status =
        stk_torch_place(&j->torch, array->storage.object->array, &place, j->error);
    if (status != STK_OK) { /* it was there a moment ago */
        return complain(j, status) == STK_OK;
    }
    return stk_array_in_one_piece(array)
               ? copy_place(j, &place, array->offset * array->item_size,
                            j->tensors[i].len)
               : gather(j, array, &place);
}

static bool write_file(struct job *j, const char *out)
{
    if (!stk_output_begin(&j->output, out)) {
        return false;
    }
    stk_progress_init(&j->progress, true);
    j->progress.total = j->data_len;
    j->progress.complete = true;
    bool good = stk_output_write(&j->output, stk_buf_span(&j->header));
    for (size_t i = 0; i < j->n_tensors && good; i++) {
        good = write_tensor(j, i);
    }
    stk_progress_clear(&j->progress);
    if (!good || stk_interrupted()) {
        stk_output_abandon(&j->output);
        return false;
    }
    return stk_output_commit(&j->output);
}

static enum stk_status prepare(struct job *j)
{
    uint64_t streams_len = 0;
    STK_TRY(
        stk_filesource_open(&j->file, AT_FDCWD, strcmp(j->in, "-") == 0 ? NULL : j->in));
    STK_TRY(scan(j, &streams_len));
    STK_TRY(stk_decoder_new(&stk_alloc_libc, &j->limits, &j->decoder));
    STK_TRY(stk_torch_open(&j->torch, &stk_alloc_libc, &j->limits, j->decoder, &j->arena,
                           &j->file.source, streams_len, j->error));
    STK_TRY(stk_checkpoint_list(&j->checkpoint, j->torch.value, j->error));
    STK_TRY(take_entries(j));
    STK_TRY(check_storages(j));
    enum stk_status status = stk_safetensors_header(j->tensors, j->n_tensors, j->metadata,
                                                    j->n_metadata, &j->header);
    return status == STK_E_LIMIT
               ? refuse(j, stk_span_of(NULL, 0), "a header that readers find too long")
               : status;
}

static void release(struct job *j)
{
    stk_scanner_free(j->scanner);
    stk_decoder_free(j->decoder);
    if (j->torch.source != NULL) {
        stk_torch_release(&j->torch);
    }
    stk_checkpoint_release(&j->checkpoint);
    stk_free(&stk_alloc_libc, j->room, ROOM + WINDOW);
    stk_buf_release(&j->notes);
    stk_buf_release(&j->header);
    stk_arena_release(&j->arena);
    stk_filesource_release(&j->file);
}

enum stk_status stk_convert_safetensors(const struct stk_to_safetensors *options,
                                        const char *in, const char *out,
                                        struct stk_decode_error *ret_error)
{
    struct job j = {.options = options, .in = in, .error = ret_error};
    j.limits = (struct stk_limits)STK_LIMITS_DEFAULT;
    *ret_error = (struct stk_decode_error){.verdict = STK_VERDICT_UNDECIDED};
    stk_filesource_init(&j.file, options->memory_max);
    stk_arena_init(&j.arena, &stk_alloc_libc, (size_t)options->memory_max);
    stk_checkpoint_init(&j.checkpoint, &stk_alloc_libc, &j.arena);
    stk_buf_init(&j.header, &stk_alloc_libc, STK_SAFETENSORS_HEADER_MAX + 4096);
    stk_buf_init(&j.notes, &stk_alloc_libc, (size_t)1 << 20);
    stk_interrupt_catch();
    enum stk_status status = prepare(&j);
    if (status == STK_OK) {
        status = write_file(&j, out) ? STK_OK : STK_E_IO;
        if (status == STK_OK) {
            stk_complain_lines(in, stk_buf_span(&j.notes));
        }
    } else if (status != STK_E_MALFORMED) {
        (void)complain(&j, status);
    }
    release(&j);
    return status;
}
