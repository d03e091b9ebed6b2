/* Good ONNX files, with which targets begin. */
#ifndef RAMPART_TESTS_FUZZ_ONNX_SEEDS_H
#define RAMPART_TESTS_FUZZ_ONNX_SEEDS_H

#include "qonnx_sample.h"

enum { ONNX_SEEDS_ORT = OS_FORMS + 6, ONNX_SEEDS = ONNX_SEEDS_ORT + 3 };

/* The start of a graph that computes shapes and reorders weights. */
static inline void onnx_add_folding(onnx_bytes *graph) {
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
static inline void onnx_make_seed_graph(int number, onnx_bytes *graph) {
  static const char *const outputs[] = {"n3", "n4", "n5", "n6", "n7", "n8"};
  const onnx_sample sample = onnx_make_numbers();
  if (number >= ONNX_SEEDS_ORT) {
    qonnx_numbers numbers = qonnx_draw_numbers();
    numbers.kind = (qonnx_kind)(number - ONNX_SEEDS_ORT);
    qonnx_make_graph(graph, &numbers);
    return;
  }
  onnx_make_sample(&sample, number < OS_FORMS ? (onnx_form)number : OS_QLINEAR,
                   graph);
  if (number < OS_FORMS) return;
  onnx_add_folding(graph);
  onnx_add_value(graph, 12, outputs[number - OS_FORMS], ONNX_INT64,
                 ONNX_DIMS(1));
}

#endif
