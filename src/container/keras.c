/* SPDX-License-Identifier: Apache-2.0
 *
 * Keras models in HDF5, and the metadata file beside a SavedModel. Both hold the model's
 * configuration as JSON text; a Lambda layer in it is Python code that is unmarshalled on
 * load. HDF5 itself is not parsed: the text can lie anywhere in it, so all of it is
 * searched. A letter that JSON spells as an escape could hide the name, and the writers
 * escape no ASCII letters; where one is, code is assumed.
 */
#include "container/formats.h"
#include "container/reader.h"

enum mark {
    MARK_CONFIG = 1,
    MARK_LAMBDA = 2,
    MARK_FUNCTION = 4,
    MARK_ESCAPES = 8 | 16 | 32 | 64,
};

static const char *const marks[] = {
    "model_config", "\"Lambda\"", "__lambda__", "\\u004", "\\u005", "\\u006", "\\u007",
};

/* The signature is at 0, 512, 1024, 2048, … (HDF5 File Format Specification 3.0, II.A).
 */
static bool is_hdf5(const struct stk_source *source, struct stk_span head)
{
    static const uint8_t magic[] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    uint8_t here[sizeof(magic)];
    if (stk_span_starts(head, magic, sizeof(magic))) {
        return true;
    }
    for (uint64_t pos = 512; pos < source->size && pos < UINT64_MAX / 2; pos *= 2) {
        if (stk_source_read(source, pos, here, sizeof(here)) == STK_OK &&
            stk_span_starts(stk_span_of(here, sizeof(here)), magic, sizeof(magic))) {
            return true;
        }
    }
    return false;
}

static enum stk_status note_code(const struct stk_visitor *v, uint32_t found)
{
    if ((found & (MARK_LAMBDA | MARK_FUNCTION)) != 0) {
        return stk_visitor_note(v, STK_NOTE_CODE, 0, "Keras Lambda layer");
    }
    if ((found & MARK_ESCAPES) != 0) {
        return stk_visitor_note(v, STK_NOTE_CODE, 0,
                                "Keras configuration with escaped letters");
    }
    return STK_OK;
}

static enum stk_status walk_hdf5(const struct stk_source *source,
                                 const struct stk_visitor *v)
{
    uint32_t found = 0;
    STK_TRY(
        stk_search(source, UINT64_MAX, marks, sizeof(marks) / sizeof(marks[0]), &found));
    if ((found & MARK_CONFIG) == 0) {
        return STK_OK;
    }
    v->refine(v->ctx, "keras-hdf5");
    return note_code(v, found);
}

/* keras_metadata.pb: SavedMetadata with nodes (1), whose identifiers name Keras. */
static bool is_metadata(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    return head.len > 2 && head.data[0] == 0x0a &&
           stk_span_find(head, "_tf_keras_", 10) != SIZE_MAX;
}

static enum stk_status walk_metadata(const struct stk_source *source,
                                     const struct stk_visitor *v)
{
    uint32_t found = 0;
    STK_TRY(
        stk_search(source, UINT64_MAX, marks, sizeof(marks) / sizeof(marks[0]), &found));
    return note_code(v, found);
}

const struct stk_format stk_format_hdf5 = {"hdf5", "HDF5 (Keras)", is_hdf5, walk_hdf5};
const struct stk_format stk_format_keras_metadata = {
    "keras-metadata", "Keras metadata of a SavedModel", is_metadata, walk_metadata};
