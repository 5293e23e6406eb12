/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bytes_build.h"
#include "walk.h"

static struct bb graph;
static struct bb part;
static struct bb library;
static struct bb model;

static int start(void **state)
{
    (void)state;
    graph.len = 0;
    library.len = 0;
    return 0;
}

static void make_node(const char *op)
{
    part.len = 0;
    bb_text_field(&part, 1, "node");
    bb_text_field(&part, 2, op);
    bb_text_field(&part, 3, "input");
}

static void add_node(const char *op)
{
    make_node(op);
    bb_message(&graph, 1, &part);
}

/* A function with one node, in the graph's library. */
static void add_function(const char *op)
{
    static struct bb function;
    make_node(op);
    function.len = 0;
    bb_message(&function, 3, &part);
    library.len = 0;
    bb_message(&library, 1, &function);
    bb_message(&graph, 2, &library);
}

static void make_model(void)
{
    part.len = 0;
    bb_text_field(&part, 1, ""); /* meta_info_def */
    bb_message(&part, 2, &graph);
    model.len = 0;
    bb_int_field(&model, 1, 1);
    bb_message(&model, 2, &part);
}

static void harmless_operations(void **state)
{
    (void)state;
    add_node("MatMul");
    add_function("Relu");
    walk_expect(&stk_format_tf_graph, graph.data, graph.len, "");
    make_model();
    walk_expect(&stk_format_savedmodel, model.data, model.len, "");
}

static void operations_that_reach_out(void **state)
{
    (void)state;
    add_node("WriteFile");
    add_node("WriteFile");
    add_function("PyFunc");
    static const char want[] = "! code 0 TensorFlow operation WriteFile writes files\n"
                               "! code 0 TensorFlow operation PyFunc calls Python\n";
    walk_expect(&stk_format_tf_graph, graph.data, graph.len, want);
    make_model();
    walk_expect(&stk_format_savedmodel, model.data, model.len, want);
    bb_int_field(&model, 99, 1); /* a field that parsers skip */
    walk_expect(&stk_format_savedmodel, model.data, model.len, want);
}

/* A message is read to its end before anything is said to be whole. */
static void a_graph_that_breaks_off(void **state)
{
    (void)state;
    add_node("ReadFile");
    bb_varint(&graph, 2 << 3 | 2);
    bb_varint(&graph, 1);
    bb_number(&graph, 0x0a, 1); /* a library with a field that leaves it */
    walk_expect(&stk_format_tf_graph, graph.data, graph.len,
                "! code 0 TensorFlow operation ReadFile reads files\n"
                "! malformed 28 TensorFlow graph is malformed\n");
}

static void what_is_no_graph(void **state)
{
    (void)state;
    add_node("not an identifier");
    assert_false(walk_recognises(&stk_format_tf_graph, graph.data, graph.len));
    start(state);
    add_node("MatMul");
    assert_false(walk_recognises(&stk_format_tf_graph, graph.data, graph.len - 1));
    assert_false(walk_recognises(&stk_format_savedmodel, graph.data, graph.len));
    make_model();
    assert_false(walk_recognises(&stk_format_tf_graph, model.data, model.len));
    assert_false(walk_recognises(&stk_format_savedmodel, model.data + 2, model.len - 2));
    assert_false(walk_recognises(&stk_format_onnx, model.data, model.len));
}

static void environment(void **state)
{
    (void)state;
    add_node("MatMul");
    walk_expect_shrunk(&stk_format_tf_graph, graph.data, graph.len, 8);
    make_model();
    walk_expect_shrunk(&stk_format_savedmodel, model.data, model.len, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(harmless_operations, start),
        cmocka_unit_test_setup(operations_that_reach_out, start),
        cmocka_unit_test_setup(a_graph_that_breaks_off, start),
        cmocka_unit_test_setup(what_is_no_graph, start),
        cmocka_unit_test_setup(environment, start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
