/* ONNX files: names, shapes and data are checked before anything is made of
 * them; what is constant is folded; damage is found. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "input/network_formats.h"
#include "input/network_onnx_model.h"
#include "onnx_file.h"

#define DIMS(...) ((const int64_t[]){__VA_ARGS__, -1})

static rp_error err;
static onnx_bytes graph, file;
static rp_onnx_model model;

static rp_file_content get_content(void) {
  return (rp_file_content){"net.onnx", file.bytes, file.size};
}

static rp_status parse_bytes(void) {
  static rp_file_content content;
  content = get_content();
  err.text[0] = 0;
  return rp_onnx_model_parse(&content, &model, &err);
}

static rp_status parse(void) {
  onnx_finish(&file, &graph);
  return parse_bytes();
}

static void expect_words(const char *words) {
  if (!strstr(err.text, words)) fail_msg("'%s' lacks '%s'", err.text, words);
}

static void refused(const char *words) {
  assert_int_equal(parse(), RP_E_INPUT);
  expect_words(words);
  rp_onnx_model_fini(&model);
}

static const rp_onnx_tensor *find(const char *name) {
  for (int32_t v = 0; v < model.n_values; v++)
    if (!strcmp(model.value[v].name, name)) return &model.value[v].tensor;
  fail_msg("no value %s", name);
  return NULL;
}

/* Input x, a constant c of int64, and an output y = Identity(x). */
static void begin_graph(void) {
  static const int64_t numbers[] = {3, -4, 1LL << 40};
  graph.size = 0;
  onnx_add_value(&graph, 11, "x", ONNX_UINT8, DIMS(1, 2, 3));
  onnx_add_value(&graph, 12, "y", ONNX_UINT8, DIMS(1, 2, 3));
  onnx_add_constant(&graph, "c", ONNX_INT64, DIMS(3), numbers, sizeof numbers);
  onnx_add_node(&graph, "Identity", "x", "y");
}

static void values_and_nodes_are_found_by_name(void **state) {
  (void)state;
  begin_graph();
  assert_int_equal(parse(), RP_OK);
  assert_int_equal(model.n_values, 3);
  assert_int_equal(model.n_inputs, 1);
  assert_int_equal(model.n_outputs, 1);
  assert_int_equal(find("c")->integer[1], -4);
  assert_true(find("c")->integer[2] == 1LL << 40);
  assert_int_equal(find("x")->count, 6);
  assert_int_equal(find("x")->type, RP_ONNX_UINT8);
  assert_false(rp_onnx_is_constant(find("x")));
  assert_string_equal(model.value[model.node[0].input[0]].name, "x");
  assert_int_equal(model.value[model.node[0].output[0]].producer, 0);
  assert_int_equal(model.node[0].opset, 13);
  rp_onnx_model_fini(&model);
}

static void initializers_may_stand_among_the_inputs(void **state) {
  (void)state;
  begin_graph();
  onnx_add_value(&graph, 11, "c", ONNX_INT64, DIMS(3));
  assert_int_equal(parse(), RP_OK);
  assert_int_equal(model.n_inputs, 1);
  assert_int_equal(find("c")->integer[0], 3);
  rp_onnx_model_fini(&model);
}

static void names_are_unique_and_defined(void **state) {
  (void)state;
  begin_graph();
  onnx_add_node(&graph, "Relu", "x", "y");
  refused("value 'y': expected one definition, found two");
  begin_graph();
  onnx_add_node(&graph, "Relu", "nowhere", "z");
  refused("node 1 (Relu ''): operand 0: expected a value that is defined "
          "before it, found 'nowhere', which nothing defines");
  begin_graph();
  onnx_add_node(&graph, "Relu", "b", "a");
  onnx_add_node(&graph, "Relu", "a", "b");
  refused("node 1 (Relu ''): operand 0: expected a value that is defined "
          "before it, found 'b', which a later node computes");
  begin_graph();
  onnx_add_value(&graph, 12, "z", ONNX_UINT8, DIMS(1));
  refused("output 1 'z'");
}

static void data_matches_shape_and_type(void **state) {
  (void)state;
  onnx_bytes tensor = {.size = 0};
  begin_graph();
  onnx_add_constant(&graph, "d", ONNX_INT32, DIMS(2, 2), "12345678", 8);
  refused("initializer 1 'd': expected 16 bytes of data, found 8");
  begin_graph();
  onnx_int(&tensor, 1, 1);
  onnx_int(&tensor, 2, ONNX_INT8);
  onnx_int(&tensor, 5, 200);
  onnx_text(&tensor, 8, "e");
  onnx_inner(&graph, 5, &tensor);
  refused("initializer 1 'e': element 0: expected -128..127, found 200");
  begin_graph();
  onnx_add_constant(&graph, "f", ONNX_INT8, DIMS(1 << 13, 1 << 13), "", 0);
  refused("initializer 1 'f': expected at most 2^24 elements");
  begin_graph();
  tensor.size = 0;
  onnx_tensor(&tensor, "w", ONNX_INT8, DIMS(3, 4), "", 0);
  onnx_int(&tensor, 14, 1);
  onnx_inner(&graph, 5, &tensor);
  refused("initializer 1 'w': expected data inside the file, found 3x4 of int8 "
          "elsewhere");
}

/* A chain of messages, each in the next: node.attribute.g.node... */
static void nesting_is_bounded(void **state) {
  (void)state;
  onnx_bytes inner = {.size = 0};
  for (int depth = 0; depth < 199; depth++) {
    onnx_bytes outer = {.size = 0};
    static const int fields[] = {1, 6, 5}; /* node, graph, attribute */
    onnx_inner(&outer, fields[depth % 3], &inner);
    inner = outer;
  }
  graph = inner;
  refused("messages nest deeper than 16");
}

static void damage_is_found(void **state) {
  (void)state;
  begin_graph();
  onnx_finish(&file, &graph);
  const onnx_bytes good = file;
  const rp_file_content whole = get_content();
  assert_true(rp_network_is_onnx(&whole));
  for (size_t n = 0; n < good.size; n++) {
    file.size = n;
    const rp_status status = parse_bytes();
    assert_true(status == RP_OK || status == RP_E_INPUT);
    rp_onnx_model_fini(&model);
  }
  file = good;
  onnx_int(&file, 1, 8);
  assert_int_equal(parse_bytes(), RP_E_INPUT);
  expect_words("a field comes twice");
  rp_onnx_model_fini(&model);
  file = good;
  file.bytes[0] = 0x0f; /* field 1, a wire type that there is not */
  assert_int_equal(parse_bytes(), RP_E_INPUT);
  expect_words("at byte 0 a field is malformed");
  rp_onnx_model_fini(&model);
}

/* ---- Folding. ---- */

static void fold_all(void) {
  for (int32_t k = 0; k < model.n_nodes; k++) {
    bool folded;
    if (rp_onnx_fold(&model, &model.node[k], &folded, &err) != RP_OK)
      fail_msg("%s", err.text);
  }
}

/* Reshape(x, [Shape(x)[0], -1]) as PyTorch writes it. */
static void shapes_are_computed(void **state) {
  static const int64_t zero = 0, minus = -1;
  (void)state;
  begin_graph();
  onnx_add_constant(&graph, "zero", ONNX_INT64, ((const int64_t[]){-1}), &zero,
                    8);
  onnx_add_constant(&graph, "rest", ONNX_INT64, DIMS(1), &minus, 8);
  onnx_add_constant(&graph, "front", ONNX_INT64, DIMS(1), &zero, 8);
  onnx_add_node(&graph, "Shape", "x", "s");
  onnx_add_node(&graph, "Gather", "s zero", "n");
  onnx_add_node(&graph, "Unsqueeze", "n front", "n1");
  onnx_bytes node = onnx_node("Concat", "", "n1 rest", "shape");
  onnx_add_int(&node, "axis", 0);
  onnx_inner(&graph, 1, &node);
  assert_int_equal(parse(), RP_OK);
  fold_all();
  assert_int_equal(find("n")->n_dims, 0);
  assert_int_equal(find("shape")->count, 2);
  assert_int_equal(find("shape")->integer[0], 1);
  assert_int_equal(find("shape")->integer[1], -1);
  rp_onnx_model_fini(&model);
}

static void weights_are_moved_and_quantized(void **state) {
  static const float w[] = {-1.25F, 0.25F, 0.75F, 100, 0.5F, -0.5F};
  static const float scale[] = {0.5F, 0.25F};
  static const int8_t zeros[] = {0, 0};
  static const int64_t begin[] = {1}, end[] = {INT64_MAX};
  (void)state;
  begin_graph();
  onnx_add_constant(&graph, "w", ONNX_FLOAT, DIMS(2, 3), w, sizeof w);
  onnx_add_constant(&graph, "sc", ONNX_FLOAT, DIMS(2), scale, sizeof scale);
  onnx_add_constant(&graph, "zp", ONNX_INT8, DIMS(2), zeros, sizeof zeros);
  onnx_add_constant(&graph, "b", ONNX_INT64, DIMS(1), begin, sizeof begin);
  onnx_add_constant(&graph, "e", ONNX_INT64, DIMS(1), end, sizeof end);
  onnx_add_node(&graph, "Transpose", "w", "wt");
  onnx_add_node(&graph, "QuantizeLinear", "wt sc zp", "q");
  onnx_add_constant(&graph, "s1", ONNX_FLOAT, DIMS(1), scale, sizeof *scale);
  onnx_add_node(&graph, "QuantizeLinear", "w s1", "plain");
  onnx_add_node(&graph, "Slice", "q b e", "cut");
  onnx_add_node(&graph, "Add", "wt sc", "sum");
  assert_int_equal(parse(), RP_OK);
  fold_all();
  /* wt = [[-1.25, 100], [.25, .5], [.75, -.5]], halves to even. */
  static const int64_t q[] = {-2, 127, 0, 2, 2, -2};
  for (int i = 0; i < 6; i++) assert_int_equal(find("q")->integer[i], q[i]);
  assert_int_equal(find("plain")->type, RP_ONNX_UINT8);
  assert_int_equal(find("plain")->integer[0], 0);
  assert_int_equal(find("plain")->integer[3], 200);
  assert_int_equal(find("cut")->count, 4);
  assert_int_equal(find("cut")->integer[0], 0);
  assert_int_equal(find("cut")->integer[3], -2);
  assert_true(find("sum")->real[4] == 1.25F && find("sum")->real[5] == -0.25F);
  rp_onnx_model_fini(&model);
}

static void what_depends_on_the_input_stays(void **state) {
  bool folded = true;
  (void)state;
  begin_graph();
  assert_int_equal(parse(), RP_OK);
  assert_int_equal(rp_onnx_fold(&model, &model.node[0], &folded, &err), RP_OK);
  assert_false(folded);
  rp_onnx_model_fini(&model);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(values_and_nodes_are_found_by_name),
      cmocka_unit_test(initializers_may_stand_among_the_inputs),
      cmocka_unit_test(names_are_unique_and_defined),
      cmocka_unit_test(data_matches_shape_and_type),
      cmocka_unit_test(nesting_is_bounded),
      cmocka_unit_test(damage_is_found),
      cmocka_unit_test(shapes_are_computed),
      cmocka_unit_test(weights_are_moved_and_quantized),
      cmocka_unit_test(what_depends_on_the_input_stays)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
