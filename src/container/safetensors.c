/* SPDX-License-Identifier: Apache-2.0
 *
 * safetensors: the header's length, a JSON object that names tensors, and their bytes
 * (huggingface/safetensors README.md, and safetensors/src/tensor.rs for what its reader
 * refuses). There is nothing to load in it but numbers; what is verified is that the file
 * has the form of which that is true, whole and without holes.
 */
#include <inttypes.h>
#include <string.h>

#include "base/checked.h"
#include "base/map.h"
#include "container/formats.h"
#include "container/jsontext.h"

#define HEADER_MAX UINT64_C(100000000) /* tensor.rs, MAX_HEADER_SIZE */

struct dtype {
    const char *name;
    unsigned bits; /* of one element */
};

static const struct dtype dtypes[] = {
    {"BOOL", 8},    {"U8", 8},      {"I8", 8},      {"F8_E5M2", 8}, {"F8_E4M3", 8},
    {"F8_E8M0", 8}, {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"F4", 4},      {"I16", 16},
    {"U16", 16},    {"F16", 16},    {"BF16", 16},   {"I32", 32},    {"U32", 32},
    {"F32", 32},    {"F64", 64},    {"I64", 64},    {"U64", 64},    {"C64", 64},
};

/* One walk. */
struct header {
    struct stk_reader reader;
    uint64_t data_len;
    uint64_t n_tensors;       /* that are not empty */
    struct stk_map names;     /* hash of a name -> 1 */
    struct stk_map by_start;  /* where a tensor begins -> where it ends */
    struct stk_json_text key; /* scratch */
    struct stk_json_text value;
    const char *trouble; /* first */
};

static void fail(struct header *h, const char *trouble)
{
    h->trouble = h->trouble == NULL ? trouble : h->trouble;
    stk_reader_fail(&h->reader, STK_E_MALFORMED);
}

static bool text_is(const struct stk_json_text *text, const char *want)
{
    return stk_span_is(stk_span_of(text->text, text->len), want);
}

/* False if the key was there before. */
static bool add(struct header *h, struct stk_map *map, uint64_t key, uint64_t value)
{
    bool added = false;
    stk_reader_fail(&h->reader, stk_map_put(map, key, value, &added));
    return added;
}

static void read_metadata(struct header *h)
{
    struct stk_reader *r = &h->reader;
    stk_json_expect(r, '{');
    bool more = !stk_json_accept(r, '}');
    while (more && r->status == STK_OK) {
        stk_json_text(r, &h->key);
        stk_json_expect(r, ':');
        stk_json_text(r, &h->value);
        more = stk_json_accept(r, ',');
        if (!more) {
            stk_json_expect(r, '}');
        }
    }
}

struct tensor {
    unsigned bits;
    uint64_t n_items;
    uint64_t start;
    uint64_t end;
    unsigned seen; /* fields */
};

static void read_dtype(struct header *h, struct tensor *tensor)
{
    stk_json_text(&h->reader, &h->value);
    for (size_t i = 0; i < sizeof(dtypes) / sizeof(dtypes[0]); i++) {
        if (text_is(&h->value, dtypes[i].name)) {
            tensor->bits = dtypes[i].bits;
            return;
        }
    }
    fail(h, "unknown element type");
}

static void read_shape(struct header *h, struct tensor *tensor)
{
    struct stk_reader *r = &h->reader;
    tensor->n_items = 1;
    stk_json_expect(r, '[');
    bool more = !stk_json_accept(r, ']');
    while (more && r->status == STK_OK) {
        if (!stk_mul(tensor->n_items, stk_json_number(r), &tensor->n_items)) {
            fail(h, "shape overflows");
        }
        more = stk_json_accept(r, ',');
        if (!more) {
            stk_json_expect(r, ']');
        }
    }
}

static void read_offsets(struct header *h, struct tensor *tensor)
{
    stk_json_expect(&h->reader, '[');
    tensor->start = stk_json_number(&h->reader);
    stk_json_expect(&h->reader, ',');
    tensor->end = stk_json_number(&h->reader);
    stk_json_expect(&h->reader, ']');
}

static void read_field(struct header *h, struct tensor *tensor)
{
    unsigned bit = 0;
    stk_json_text(&h->reader, &h->key);
    stk_json_expect(&h->reader, ':');
    if (text_is(&h->key, "dtype")) {
        bit = 1;
        read_dtype(h, tensor);
    } else if (text_is(&h->key, "shape")) {
        bit = 2;
        read_shape(h, tensor);
    } else if (text_is(&h->key, "data_offsets")) {
        bit = 4;
        read_offsets(h, tensor);
    }
    if (bit == 0 || (tensor->seen & bit) != 0) {
        fail(h, "tensor has an unknown or repeated field");
    }
    tensor->seen |= bit;
}

static void check_tensor(struct header *h, const struct tensor *tensor)
{
    uint64_t bits = 0;
    if (tensor->seen != 7) {
        fail(h, "tensor lacks a field");
    } else if (tensor->start > tensor->end || tensor->end > h->data_len) {
        fail(h, "tensor lies outside the file");
    } else if (!stk_mul(tensor->n_items, tensor->bits, &bits) || bits % 8 != 0 ||
               bits / 8 != tensor->end - tensor->start) {
        fail(h, "tensor's size is not that of its shape");
    } else if (bits > 0) {
        h->n_tensors++;
        if (!add(h, &h->by_start, tensor->start, tensor->end)) {
            fail(h, "tensors overlap");
        }
    }
}

static void read_tensor(struct header *h)
{
    struct stk_reader *r = &h->reader;
    struct tensor tensor = {.seen = 0};
    stk_json_expect(r, '{');
    bool more = !stk_json_accept(r, '}');
    while (more && r->status == STK_OK) {
        read_field(h, &tensor);
        more = stk_json_accept(r, ',');
        if (!more) {
            stk_json_expect(r, '}');
        }
    }
    if (r->status == STK_OK) {
        check_tensor(h, &tensor);
    }
}

static void read_entry(struct header *h)
{
    stk_json_text(&h->reader, &h->key);
    if (!add(h, &h->names, h->key.hash, 1)) {
        fail(h, "two tensors have one name");
    }
    stk_json_expect(&h->reader, ':');
    if (text_is(&h->key, "__metadata__")) {
        read_metadata(h);
    } else {
        read_tensor(h);
    }
}

/* Each tensor begins where another ends: no holes and no overlaps, in linear time. */
static void cover(struct header *h)
{
    uint64_t pos = 0;
    uint64_t n = 0;
    while (stk_map_get(&h->by_start, pos, &pos)) {
        n++; /* pos grows: empty tensors are not in the map */
    }
    if (pos != h->data_len || n != h->n_tensors) {
        fail(h, "tensors overlap or leave holes");
    }
}

static void read_header(struct header *h)
{
    struct stk_reader *r = &h->reader;
    stk_json_expect(r, '{');
    bool more = !stk_json_accept(r, '}');
    while (more && r->status == STK_OK) {
        read_entry(h);
        more = stk_json_accept(r, ',');
        if (!more) {
            stk_json_expect(r, '}');
        }
    }
    while (stk_reader_left(r) > 0) {
        if (stk_reader_u8(r) != ' ') {
            fail(h, "bytes follow the header's JSON");
        }
    }
    if (r->status == STK_OK) {
        cover(h);
    }
}

static bool is_safetensors(const struct stk_source *source, struct stk_span head)
{
    (void)source;
    if (head.len < 10 || head.data[8] != '{' || stk_le64(head.data) > HEADER_MAX) {
        return false;
    }
    size_t i = 9;
    while (i < head.len && (head.data[i] == ' ' || head.data[i] == '\n')) {
        i++;
    }
    return i < head.len && (head.data[i] == '"' || head.data[i] == '}');
}

static enum stk_status report(struct header *h, const struct stk_visitor *v)
{
    enum stk_status status = h->reader.status;
    if (status == STK_OK || stk_status_is_environment(status)) {
        return status;
    }
    const char *trouble = status == STK_E_TRUNCATED ? "ends early"
                          : status == STK_E_LIMIT   ? "names too many tensors"
                          : h->trouble != NULL      ? h->trouble
                                                    : "is not the JSON that is due there";
    return stk_visitor_note(v,
                            status == STK_E_LIMIT ? STK_NOTE_LIMIT : STK_NOTE_MALFORMED,
                            8 + h->reader.pos, "safetensors header: %s", trouble);
}

static enum stk_status walk(const struct stk_source *source, const struct stk_visitor *v)
{
    uint8_t bytes[8];
    STK_TRY(stk_source_read(source, 0, bytes, sizeof(bytes)));
    uint64_t len = stk_le64(bytes);
    if (len > source->size - 8) {
        return stk_visitor_note(v, STK_NOTE_MALFORMED, 0,
                                "safetensors header of %" PRIu64 " bytes leaves the file",
                                len);
    }
    struct header *h = stk_new(v->alloc, sizeof(*h));
    if (h == NULL) {
        return STK_E_NOMEM;
    }
    struct stk_source text = stk_source_part(source, 8, len);
    stk_reader_init(&h->reader, &text);
    h->data_len = source->size - 8 - len;
    stk_map_init(&h->names, v->alloc, (size_t)v->limits->members_max, len);
    stk_map_init(&h->by_start, v->alloc, (size_t)v->limits->members_max, len);
    read_header(h);
    enum stk_status status = report(h, v);
    stk_map_release(&h->names);
    stk_map_release(&h->by_start);
    stk_free(v->alloc, h, sizeof(*h));
    return status;
}

const struct stk_format stk_format_safetensors = {"safetensors", "safetensors",
                                                  is_safetensors, walk};
