/* SPDX-License-Identifier: Apache-2.0
 *
 * ONNX (onnx/onnx.proto, ModelProto). It has no magic number: a file is one if it is a
 * message to its last byte with a graph and opset imports; fields that are unknown or of
 * another type are skipped, as the parsers of protobuf do. A graph is data; what can run
 * code is a custom operator, for which a runtime loads a shared library. The domains of a
 * model's operators are listed in its opset imports, and a domain for which the model
 * itself brings functions is not a custom one.
 */
#include "container/formats.h"
#include "container/protobuf.h"

#define DOMAIN_MAX 128

/* ModelProto's fields that matter here. */
#define MODEL_GRAPH 7
#define MODEL_OPSET_IMPORT 8
#define MODEL_FUNCTIONS 25

/* Operators of these are part of the standard or of ONNX Runtime itself. */
static const char *const known_domains[] = {
    "",
    "ai.onnx",
    "ai.onnx.ml",
    "ai.onnx.training",
    "ai.onnx.preview",
    "ai.onnx.preview.training",
    "com.microsoft",
    "com.microsoft.experimental",
    "com.microsoft.nchwc",
    "com.ms.internal.nhwc",
};

/* OperatorSetIdProto has a version (2), and a domain (1) unless that is empty. */
static bool is_opset(const struct stk_pb *model, const struct stk_pb_field *field)
{
    struct stk_pb opset = stk_pb_sub(model, field);
    struct stk_pb_field part;
    bool has_version = false;
    while (stk_pb_next(&opset, &part)) {
        has_version = has_version || (part.number == 2 && part.wire == STK_PB_VARINT);
    }
    return has_version && model->reader->status == STK_OK;
}

static bool is_onnx(const struct stk_source *source, struct stk_span head)
{
    struct stk_reader reader;
    struct stk_pb_field field;
    bool has_graph = false;
    bool has_opset = false;
    if (head.len < 8) {
        return false;
    }
    stk_reader_init(&reader, source);
    struct stk_pb model = stk_pb_of(&reader);
    while (stk_pb_next(&model, &field)) {
        if (field.wire != STK_PB_BYTES) {
            continue;
        }
        has_graph = has_graph || field.number == MODEL_GRAPH;
        if (field.number == MODEL_OPSET_IMPORT) {
            if (!is_opset(&model, &field)) {
                return false;
            }
            has_opset = true;
        }
    }
    return has_graph && has_opset && reader.status == STK_OK;
}

/* The text of the last field of that number in a message: of equal fields the last wins.
 * Cut texts equal no known domain. */
static struct stk_span text_field(const struct stk_pb *outer,
                                  const struct stk_pb_field *message, uint64_t number,
                                  uint8_t buf[DOMAIN_MAX])
{
    struct stk_pb inner = stk_pb_sub(outer, message);
    struct stk_pb_field field;
    struct stk_span text = stk_span_of(buf, 0);
    while (stk_pb_next(&inner, &field)) {
        if (field.number == number && field.wire == STK_PB_BYTES) {
            text = stk_pb_bytes(&inner, &field, buf, DOMAIN_MAX);
        }
    }
    return text;
}

static bool is_known(struct stk_span domain)
{
    for (size_t i = 0; i < sizeof(known_domains) / sizeof(known_domains[0]); i++) {
        if (stk_span_is(domain, known_domains[i])) {
            return true;
        }
    }
    return false;
}

/* A function of the model (FunctionProto.domain, 10) is in that domain. */
static bool has_function(struct stk_reader *reader, struct stk_span domain)
{
    struct stk_pb model = stk_pb_of(reader);
    struct stk_pb_field field;
    uint8_t buf[DOMAIN_MAX];
    while (stk_pb_next(&model, &field)) {
        if (field.number == MODEL_FUNCTIONS && field.wire == STK_PB_BYTES &&
            stk_span_equal(text_field(&model, &field, 10, buf), domain)) {
            return true;
        }
    }
    return false;
}

static enum stk_status note_domain(const struct stk_visitor *v, uint64_t off,
                                   struct stk_span domain)
{
    char name[DOMAIN_MAX];
    return stk_visitor_note(v, STK_NOTE_CODE, off, "ONNX custom operators of %s",
                            stk_escape(name, sizeof(name), domain));
}

#define CUSTOM_MAX 16 /* domains for which functions are looked for */

static enum stk_status walk(const struct stk_source *source, const struct stk_visitor *v)
{
    struct stk_reader reader;
    struct stk_pb_field field;
    uint8_t buf[DOMAIN_MAX];
    int n_custom = 0;
    stk_reader_init(&reader, source);
    struct stk_pb model = stk_pb_of(&reader);
    while (stk_pb_next(&model, &field)) {
        if (field.number != MODEL_OPSET_IMPORT || field.wire != STK_PB_BYTES) {
            continue;
        }
        struct stk_span domain = text_field(&model, &field, 1, buf);
        if (is_known(domain)) {
            continue;
        }
        if (n_custom++ == CUSTOM_MAX) {
            return note_domain(v, field.off, domain);
        }
        if (!has_function(&reader, domain)) {
            STK_TRY(note_domain(v, field.off, domain));
        }
    }
    if (reader.status == STK_OK || stk_status_is_environment(reader.status)) {
        return reader.status;
    }
    return stk_visitor_note(v, STK_NOTE_MALFORMED, reader.pos, "ONNX model is malformed");
}

const struct stk_format stk_format_onnx = {"onnx", "ONNX", is_onnx, walk};
