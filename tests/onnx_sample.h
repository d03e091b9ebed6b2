/* Small networks as ONNX files, of QLinear operators, of groups in QDQ form,
 * and with sums of integers that go on in float32: a convolution, a maximum, an
 * addition, a dense layer, softmax. */
#ifndef RAMPART_TESTS_ONNX_SAMPLE_H
#define RAMPART_TESTS_ONNX_SAMPLE_H

#include "onnx_file.h"

#define ONNX_DIMS(...) ((const int64_t[]){__VA_ARGS__, -1})

typedef enum onnx_form { OS_QLINEAR, OS_QDQ, OS_SUMS, OS_FORMS } onnx_form;

enum { OS_SIDE = 4, OS_IN_C = 2, OS_C = 3, OS_FLAT = 12, OS_OUT = 4 };

typedef struct onnx_sample {
  int8_t wa[OS_C * OS_IN_C * 9], wb[OS_FLAT * OS_OUT];
  int32_t ba[OS_C];
  float scale_x, scale_m, scale_a, scale_s, scale_y, scale_wb, scale_wa[OS_C];
  uint8_t zero_x, zero_a, zero_s, zero_y;
} onnx_sample;

static inline onnx_sample onnx_make_numbers(void) {
  onnx_sample s = {.scale_x = 0.02F,
                   .scale_m = 0.00021F,
                   .scale_a = 0.35171F,
                   .scale_s = 0.51333F,
                   .scale_y = 1.25F,
                   .scale_wb = 0.013F,
                   .scale_wa = {0.011F, 0.007F, 0.019F},
                   .ba = {300, -500, 40},
                   .zero_x = 120,
                   .zero_a = 0,
                   .zero_s = 9,
                   .zero_y = 111};
  uint32_t state = 12345;
  for (size_t i = 0; i < sizeof s.wa; i++)
    s.wa[i] = (int8_t)((state = state * 1664525 + 1013904223) >> 24);
  for (size_t i = 0; i < sizeof s.wb; i++)
    s.wb[i] = (int8_t)((state = state * 1664525 + 1013904223) >> 24);
  return s;
}

static inline void onnx_add_scale(onnx_bytes *graph, const char *name,
                                  float value) {
  const int64_t scalar = -1;
  onnx_add_constant(graph, name, ONNX_FLOAT, &scalar, &value, sizeof value);
}

static inline void onnx_add_zero(onnx_bytes *graph, const char *name,
                                 uint8_t value) {
  const int64_t scalar = -1;
  onnx_add_constant(graph, name, ONNX_UINT8, &scalar, &value, sizeof value);
}

static inline void onnx_add_numbers(onnx_bytes *graph, const onnx_sample *s) {
  static const int8_t zeros[OS_C];
  static const int32_t long_zeros[OS_C];
  float product[OS_C];
  for (int c = 0; c < OS_C; c++) product[c] = s->scale_x * s->scale_wa[c];
  onnx_add_scale(graph, "sx", s->scale_x);
  onnx_add_scale(graph, "sm", s->scale_m);
  onnx_add_scale(graph, "sa", s->scale_a);
  onnx_add_scale(graph, "ss", s->scale_s);
  onnx_add_scale(graph, "sy", s->scale_y);
  onnx_add_scale(graph, "swb", s->scale_wb);
  onnx_add_zero(graph, "zx", s->zero_x);
  onnx_add_zero(graph, "za", s->zero_a);
  onnx_add_zero(graph, "zs", s->zero_s);
  onnx_add_zero(graph, "zy", s->zero_y);
  onnx_add_constant(graph, "swa", ONNX_FLOAT, ONNX_DIMS(OS_C), s->scale_wa,
                    sizeof s->scale_wa);
  onnx_add_constant(graph, "sba", ONNX_FLOAT, ONNX_DIMS(OS_C), product,
                    sizeof product);
  onnx_add_constant(graph, "zwa", ONNX_INT8, ONNX_DIMS(OS_C), zeros, OS_C);
  onnx_add_constant(graph, "zba", ONNX_INT32, ONNX_DIMS(OS_C), long_zeros,
                    sizeof long_zeros);
  onnx_add_constant(graph, "zwb", ONNX_INT8, ONNX_DIMS(1), zeros, 1);
  onnx_add_constant(graph, "wa", ONNX_INT8, ONNX_DIMS(OS_C, OS_IN_C, 3, 3),
                    s->wa, sizeof s->wa);
  onnx_add_constant(graph, "wb", ONNX_INT8, ONNX_DIMS(OS_FLAT, OS_OUT), s->wb,
                    sizeof s->wb);
  onnx_add_constant(graph, "ba", ONNX_INT32, ONNX_DIMS(OS_C), s->ba,
                    sizeof s->ba);
}

static inline void onnx_add_node_with(onnx_bytes *graph, onnx_bytes node,
                                      const char *name, int n,
                                      const int64_t *list) {
  onnx_add_ints(&node, name, n, list);
  onnx_inner(graph, 1, &node);
}

/* DequantizeLinear along axis 0. */
static inline void onnx_add_dequantizer(onnx_bytes *graph, const char *inputs,
                                        const char *output) {
  onnx_bytes node = onnx_node("DequantizeLinear", "", inputs, output);
  onnx_add_int(&node, "axis", 0);
  onnx_inner(graph, 1, &node);
}

static inline void onnx_add_pool(onnx_bytes *graph) {
  static const int64_t two[] = {2, 2};
  onnx_bytes node = onnx_node("MaxPool", "", "a", "p");
  onnx_add_ints(&node, "kernel_shape", 2, two);
  onnx_add_node_with(graph, node, "strides", 2, two);
}

static const int64_t onnx_pads[] = {1, 1, 1, 1};

/* A convolution without its bias; one factor for all. */
static inline void onnx_add_sums(onnx_bytes *graph) {
  onnx_add_node_with(graph, onnx_node("ConvInteger", "", "x wa zx", "i"),
                     "pads", 4, onnx_pads);
  onnx_bytes node = onnx_node("Cast", "", "i", "m");
  onnx_add_int(&node, "to", ONNX_FLOAT);
  onnx_inner(graph, 1, &node);
  onnx_add_node(graph, "Mul", "m sm", "n");
  onnx_add_node(graph, "Relu", "n", "r");
  onnx_add_node(graph, "QuantizeLinear", "r sa za", "a");
}

static inline void onnx_add_qlinear(onnx_bytes *graph, bool has_sums) {
  onnx_bytes node =
      onnx_node("QLinearConv", "", "x sx zx wa swa zwa sa za ba", "a");
  if (has_sums)
    onnx_add_sums(graph);
  else
    onnx_add_node_with(graph, node, "pads", 4, onnx_pads);
  onnx_add_pool(graph);
  node = onnx_node("QLinearAdd", "com.microsoft", "p sa za p sa za ss zs", "s");
  onnx_inner(graph, 1, &node);
  onnx_add_node(graph, "Flatten", "s", "f");
  onnx_add_node(graph, "QLinearMatMul", "f ss zs wb swb zwb sy zy", "l");
  onnx_add_node(graph, "DequantizeLinear", "l sy zy", "d");
  onnx_add_node(graph, "Softmax", "d", "y");
}

static inline void onnx_add_qdq(onnx_bytes *graph) {
  onnx_add_node(graph, "DequantizeLinear", "x sx zx", "xf");
  onnx_add_dequantizer(graph, "wa swa zwa", "waf");
  onnx_add_dequantizer(graph, "ba sba zba", "baf");
  onnx_add_node_with(graph, onnx_node("Conv", "", "xf waf baf", "c"), "pads", 4,
                     onnx_pads);
  onnx_add_node(graph, "Relu", "c", "r");
  onnx_add_node(graph, "QuantizeLinear", "r sa za", "a");
  onnx_add_pool(graph);
  onnx_add_node(graph, "DequantizeLinear", "p sa za", "pf");
  onnx_add_node(graph, "Add", "pf pf", "sf");
  onnx_add_node(graph, "QuantizeLinear", "sf ss zs", "s");
  onnx_add_node(graph, "Flatten", "s", "f");
  onnx_add_node(graph, "DequantizeLinear", "f ss zs", "ff");
  onnx_add_node(graph, "DequantizeLinear", "wb swb zwb", "wbf");
  onnx_add_node(graph, "MatMul", "ff wbf", "lf");
  onnx_add_node(graph, "QuantizeLinear", "lf sy zy", "l");
  onnx_add_node(graph, "DequantizeLinear", "l sy zy", "d");
  onnx_add_node(graph, "Softmax", "d", "y");
}

/* The graph's message, to which nodes may be added. */
static inline void onnx_make_sample(const onnx_sample *s, onnx_form form,
                                    onnx_bytes *graph) {
  graph->size = 0;
  onnx_add_value(graph, 11, "x", ONNX_UINT8,
                 ONNX_DIMS(1, OS_IN_C, OS_SIDE, OS_SIDE));
  onnx_add_value(graph, 12, "y", ONNX_FLOAT, ONNX_DIMS(1, OS_OUT));
  onnx_add_numbers(graph, s);
  if (form == OS_QDQ)
    onnx_add_qdq(graph);
  else
    onnx_add_qlinear(graph, form == OS_SUMS);
}

#endif
