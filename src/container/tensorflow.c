/* SPDX-License-Identifier: Apache-2.0
 *
 * TensorFlow's SavedModel and GraphDef (tensorflow/core/protobuf/saved_model.proto,
 * core/framework/graph.proto). A graph is a program whose operations are in TensorFlow;
 * a few of them read and write files of the host or call back into Python.
 */
#include "container/formats.h"
#include "container/protobuf.h"

#define OP_MAX 64

/* Operations that reach outside of the graph, and how that is told. */
static const struct op {
    const char *name;
    const char *does;
} ops[] = {
    {"ReadFile", "reads files"},          {"WholeFileReader", "reads files"},
    {"WholeFileReaderV2", "reads files"}, {"MatchingFiles", "lists files"},
    {"WriteFile", "writes files"},        {"PrintV2", "can write files"},
    {"PyFunc", "calls Python"},           {"PyFuncStateless", "calls Python"},
    {"EagerPyFunc", "calls Python"},
};
#define N_OPS (sizeof(ops) / sizeof(ops[0]))

struct seen {
    bool op[N_OPS];
};

/* Fields that matter here, of GraphDef and of MetaGraphDef. Others are skipped, as the
 * parsers of protobuf do. */
#define GRAPH_NODE 1
#define GRAPH_LIBRARY 2
#define META_GRAPH 2

/* NodeDef.op is field 2. */
static void look_at_node(const struct stk_pb *outer, const struct stk_pb_field *node,
                         struct seen *seen)
{
    struct stk_pb message = stk_pb_sub(outer, node);
    struct stk_pb_field field;
    uint8_t buf[OP_MAX];
    while (stk_pb_next(&message, &field)) {
        if (field.number != 2 || field.wire != STK_PB_BYTES || field.len > sizeof(buf)) {
            continue;
        }
        struct stk_span op = stk_pb_bytes(&message, &field, buf, sizeof(buf));
        for (size_t i = 0; i < N_OPS; i++) {
            seen->op[i] = seen->op[i] || stk_span_is(op, ops[i].name);
        }
    }
}

/* FunctionDefLibrary.function (1) holds FunctionDef, whose node_def is 3. */
static void look_at_library(const struct stk_pb *outer,
                            const struct stk_pb_field *library, struct seen *seen)
{
    struct stk_pb message = stk_pb_sub(outer, library);
    struct stk_pb_field field;
    while (stk_pb_next(&message, &field)) {
        if (field.number != 1 || field.wire != STK_PB_BYTES) {
            continue;
        }
        struct stk_pb function = stk_pb_sub(&message, &field);
        struct stk_pb_field part;
        while (stk_pb_next(&function, &part)) {
            if (part.number == 3 && part.wire == STK_PB_BYTES) {
                look_at_node(&function, &part, seen);
            }
        }
    }
}

static void look_at_graph(struct stk_pb graph, struct seen *seen)
{
    struct stk_pb_field field;
    while (stk_pb_next(&graph, &field)) {
        if (field.number == GRAPH_NODE && field.wire == STK_PB_BYTES) {
            look_at_node(&graph, &field, seen);
        } else if (field.number == GRAPH_LIBRARY && field.wire == STK_PB_BYTES) {
            look_at_library(&graph, &field, seen);
        }
    }
}

static void look_at_meta_graph(const struct stk_pb *outer,
                               const struct stk_pb_field *meta_graph, struct seen *seen)
{
    struct stk_pb message = stk_pb_sub(outer, meta_graph);
    struct stk_pb_field field;
    while (stk_pb_next(&message, &field)) {
        if (field.number == META_GRAPH && field.wire == STK_PB_BYTES) {
            look_at_graph(stk_pb_sub(&message, &field), seen);
        }
    }
}

static enum stk_status report(const struct stk_visitor *v, const struct stk_reader *r,
                              const struct seen *seen)
{
    if (stk_status_is_environment(r->status)) {
        return r->status;
    }
    for (size_t i = 0; i < N_OPS; i++) {
        if (seen->op[i]) {
            STK_TRY(stk_visitor_note(v, STK_NOTE_CODE, 0, "TensorFlow operation %s %s",
                                     ops[i].name, ops[i].does));
        }
    }
    return r->status == STK_OK ? STK_OK
                               : stk_visitor_note(v, STK_NOTE_MALFORMED, r->pos,
                                                  "TensorFlow graph is malformed");
}

static bool is_meta_graph(const struct stk_pb *outer, const struct stk_pb_field *field)
{
    struct stk_pb message = stk_pb_sub(outer, field);
    struct stk_pb_field part;
    bool has_graph = false;
    while (stk_pb_next(&message, &part)) {
        has_graph = has_graph || (part.number == META_GRAPH && part.wire == STK_PB_BYTES);
    }
    return has_graph && message.reader->status == STK_OK;
}

/* SavedModel: a schema version (1) and meta graphs (2), to the last byte. */
static bool is_savedmodel(const struct stk_source *source, struct stk_span head)
{
    struct stk_reader reader;
    struct stk_pb_field field;
    bool has_version = false;
    bool has_graph = false;
    if (head.len < 4) {
        return false;
    }
    stk_reader_init(&reader, source);
    struct stk_pb model = stk_pb_of(&reader);
    while (stk_pb_next(&model, &field)) {
        has_version = has_version || (field.number == 1 && field.wire == STK_PB_VARINT);
        if (field.number == 2 && field.wire == STK_PB_BYTES) {
            if (!is_meta_graph(&model, &field)) {
                return false;
            }
            has_graph = true;
        }
    }
    return has_version && has_graph && reader.status == STK_OK;
}

static enum stk_status walk_savedmodel(const struct stk_source *source,
                                       const struct stk_visitor *v)
{
    struct stk_reader reader;
    struct stk_pb_field field;
    struct seen seen = {.op = {false}};
    stk_reader_init(&reader, source);
    struct stk_pb model = stk_pb_of(&reader);
    while (stk_pb_next(&model, &field)) {
        if (field.number == 2 && field.wire == STK_PB_BYTES) {
            look_at_meta_graph(&model, &field, &seen);
        }
    }
    return report(v, &reader, &seen);
}

static bool is_identifier(struct stk_span text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t lower = text.data[i] | 0x20;
        bool letter = (lower >= 'a' && lower <= 'z') || text.data[i] == '_';
        bool digit = text.data[i] >= '0' && text.data[i] <= '9';
        if (!letter && !(digit && i > 0)) {
            return false;
        }
    }
    return text.len > 0;
}

/* A NodeDef: it has a name (1) and an operation (2) that is an identifier. */
static bool is_node(const struct stk_pb *outer, const struct stk_pb_field *field)
{
    struct stk_pb message = stk_pb_sub(outer, field);
    struct stk_pb_field part;
    uint8_t buf[OP_MAX];
    bool has_name = false;
    bool has_op = false;
    while (stk_pb_next(&message, &part)) {
        if (part.wire == STK_PB_BYTES && part.number == 1) {
            has_name = true;
        } else if (part.wire == STK_PB_BYTES && part.number == 2) {
            has_op = is_identifier(stk_pb_bytes(&message, &part, buf, sizeof(buf)));
        }
    }
    return has_name && has_op && message.reader->status == STK_OK;
}

/* GraphDef, as a frozen graph is stored: nodes, to the last byte. */
static bool is_graph(const struct stk_source *source, struct stk_span head)
{
    struct stk_reader reader;
    struct stk_pb_field field;
    bool has_node = false;
    if (head.len < 4) {
        return false;
    }
    stk_reader_init(&reader, source);
    struct stk_pb graph = stk_pb_of(&reader);
    while (stk_pb_next(&graph, &field)) {
        if (field.number == GRAPH_NODE && field.wire == STK_PB_BYTES) {
            if (!is_node(&graph, &field)) {
                return false;
            }
            has_node = true;
        }
    }
    return has_node && reader.status == STK_OK;
}

static enum stk_status walk_graph(const struct stk_source *source,
                                  const struct stk_visitor *v)
{
    struct stk_reader reader;
    struct seen seen = {.op = {false}};
    stk_reader_init(&reader, source);
    look_at_graph(stk_pb_of(&reader), &seen);
    return report(v, &reader, &seen);
}

const struct stk_format stk_format_savedmodel = {"tf-savedmodel", "TensorFlow SavedModel",
                                                 is_savedmodel, walk_savedmodel};
const struct stk_format stk_format_tf_graph = {"tf-graph", "TensorFlow GraphDef",
                                               is_graph, walk_graph};
