/* ONNX files. The size chooses the profile. */
#include <stdlib.h>

#include "fuzz_network.h"
#include "qonnx_sample.h"

static const char *const profiles[] = {"ort", "qonnx-float32"};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  return fuzz_read_network(data, size, "net.onnx", profiles[size % 2],
                           rp_network_read_onnx, rp_interpret_onnx);
}

/* The start of a graph that computes shapes and reorders weights. */
static void add_folding(onnx_bytes *graph) {
  static const int64_t zero = 0, rest = -1;
  const int64_t scalar = -1;
  onnx_add_constant(graph, "i0", ONNX_INT64, &scalar, &zero, sizeof zero);
  onnx_add_constant(graph, "i1", ONNX_INT64, ONNX_DIMS(1), &rest, sizeof rest);
  onnx_add_constant(graph, "i2", ONNX_INT64, ONNX_DIMS(1), &zero, sizeof zero);
  onnx_add_node(graph, "Shape", "x", "n0");
  onnx_add_node(graph, "Gather", "n0 i0", "n1");
  onnx_add_node(graph, "Unsqueeze", "n1 i2", "n2");
  onnx_bytes node = onnx_node("Concat", "", "n2 i1", "n3");
  onnx_add_int(&node, "axis", 0);
  onnx_inner(graph, 1, &node);
  onnx_add_node(graph, "Slice", "n3 i2 n2", "n4");
  onnx_add_node(graph, "Mul", "swa sba", "n5");
  onnx_add_node(graph, "Transpose", "wb", "n6");
  onnx_add_node(graph, "Reshape", "x n3", "n7");
  onnx_add_node(graph, "QuantizeLinear", "swa sx zx", "n8");
}

/* All forms; the first with nodes whose results are outputs too; and networks
 * with each quantizer of QONNX. */
static void make_graph(int number, onnx_bytes *graph) {
  static const char *const outputs[] = {"n3", "n4", "n5", "n6", "n7", "n8"};
  const onnx_sample sample = onnx_make_numbers();
  if (number >= OS_FORMS + 6) {
    qonnx_numbers numbers = qonnx_draw_numbers();
    numbers.kind = (qonnx_kind)(number - OS_FORMS - 6);
    qonnx_make_graph(graph, &numbers);
    return;
  }
  onnx_make_sample(&sample, number < OS_FORMS ? (onnx_form)number : OS_QLINEAR,
                   graph);
  if (number < OS_FORMS) return;
  add_folding(graph);
  onnx_add_value(graph, 12, outputs[number - OS_FORMS], ONNX_INT64,
                 ONNX_DIMS(1));
}

/* A producer's name of one letter makes the size that of the profile. */
bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  static onnx_bytes graph, file;
  if (number >= OS_FORMS + 9) return false;
  const size_t profile = number >= OS_FORMS + 6;
  make_graph(number, &graph);
  onnx_finish(&file, &graph);
  if (file.size % 2 != profile) onnx_text(&file, 2, "x");
  *seed = fuzz_copy(file.bytes, file.size);
  return true;
}
