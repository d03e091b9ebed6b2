/* A small QONNX network: bytes / 255 * 2 - 1 on three levels; a product; a
 * norm; the quantizer that is tested; a product; logits that fall. */
#ifndef RAMPART_TESTS_QONNX_SAMPLE_H
#define RAMPART_TESTS_QONNX_SAMPLE_H

#include <math.h>
#include <stdlib.h>

#include "onnx_sample.h"

#define QONNX_DOMAIN "qonnx.custom_op.general"

static inline void qonnx_add_floats(onnx_bytes *graph, const char *name,
                                    const int64_t *dims, const float *number,
                                    size_t n) {
  onnx_add_constant(graph, name, ONNX_FLOAT, dims, number, n * sizeof *number);
}

static inline void qonnx_add_text(onnx_bytes *node, const char *name,
                                  const char *text) {
  onnx_bytes attribute = {.size = 0};
  onnx_text(&attribute, 1, name);
  onnx_text(&attribute, 4, text);
  onnx_int(&attribute, 20, 3);
  onnx_inner(node, 5, &attribute);
}

static inline void qonnx_add_real(onnx_bytes *node, const char *name,
                                  float value) {
  onnx_bytes attribute = {.size = 0};
  onnx_text(&attribute, 1, name);
  onnx_real(&attribute, 2, value);
  onnx_int(&attribute, 20, 1);
  onnx_inner(node, 5, &attribute);
}

static inline void qonnx_add_quant(onnx_bytes *graph, const char *inputs,
                                   const char *output, int is_signed,
                                   int narrow, const char *rounding) {
  onnx_bytes node = onnx_node("Quant", QONNX_DOMAIN, inputs, output);
  onnx_add_int(&node, "signed", is_signed);
  onnx_add_int(&node, "narrow", narrow);
  qonnx_add_text(&node, "rounding_mode", rounding);
  onnx_inner(graph, 1, &node);
}

enum { QN_IN = 6, QN_MID = 8, QN_OUT = 3 };

static const float QONNX_BY[QN_OUT] = {1.5F, -0.75F, 1.25F};

typedef enum qonnx_kind { QN_QUANT, QN_BIPOLAR, QN_THRESHOLDS } qonnx_kind;

typedef struct qonnx_numbers {
  float wa[QN_IN][QN_MID], wb[QN_MID][QN_OUT];
  float gain[QN_MID], bias[QN_MID], mean[QN_MID], var[QN_MID];
  float threshold[QN_MID][3];
  qonnx_kind kind;
  const char *rounding;
  float scale, zero;
  int is_signed, narrow;
  int by_class; /* the last step has other factors for each class */
} qonnx_numbers;

static inline float qonnx_draw(float width) {
  return ((float)(rand() % 2001) / 1000 - 1) * width;
}

/* Some norms shift nothing, so that sums of 0 lie on a threshold. */
static inline qonnx_numbers qonnx_draw_numbers(void) {
  qonnx_numbers n = {.scale = 0.25F, .rounding = "ROUND"};
  for (int i = 0; i < QN_IN; i++)
    for (int c = 0; c < QN_MID; c++) n.wa[i][c] = qonnx_draw(1);
  for (int i = 0; i < QN_MID; i++)
    for (int o = 0; o < QN_OUT; o++) n.wb[i][o] = qonnx_draw(1);
  for (int c = 0; c < QN_MID; c++) {
    n.gain[c] = c == 7 ? 0 : qonnx_draw(2);
    n.bias[c] = c % 2 ? 0 : qonnx_draw(1);
    n.mean[c] = c % 2 ? 0 : qonnx_draw(1);
    n.var[c] = 1 + fabsf(qonnx_draw(3));
    if (c == 3 || c == 5) { /* hits halves: its gain is a power of two */
      n.gain[c] = c == 3 ? 0.5F : -0.25F;
      n.var[c] = 1 - 1e-5F;
    }
    n.threshold[c][0] = c % 4 != 1 ? qonnx_draw(0.4F) - 0.5F : 0;
    for (int t = 1; t < 3; t++)
      n.threshold[c][t] = n.threshold[c][t - 1] + 0.1F * (float)(t + c % 2);
  }
  return n;
}

static inline void qonnx_add_constants(onnx_bytes *graph,
                                       const qonnx_numbers *n) {
  static const float one = 1, two = 2, four = 4, half = 0.5F, down = -3.7F;
  static const float lift = 0.31F, zero = 0;
  float scales[QN_MID], transposed[QN_MID][QN_IN];
  for (int c = 0; c < QN_MID; c++) scales[c] = c % 3 ? 0.5F : 0.125F;
  for (int c = 0; c < QN_MID; c++)
    for (int i = 0; i < QN_IN; i++) transposed[c][i] = n->wa[i][c];
  onnx_add_scale(graph, "one", one);
  onnx_add_scale(graph, "two", two);
  onnx_add_scale(graph, "four", four);
  onnx_add_scale(graph, "half", half);
  onnx_add_scale(graph, "zero", zero);
  onnx_add_scale(graph, "down", down);
  onnx_add_scale(graph, "lift", lift);
  onnx_add_scale(graph, "s", n->scale);
  onnx_add_scale(graph, "z", n->zero);
  qonnx_add_floats(graph, "scales", ONNX_DIMS(QN_MID, 1), scales, QN_MID);
  qonnx_add_floats(graph, "wa", ONNX_DIMS(QN_MID, QN_IN), transposed[0],
                   QN_IN * QN_MID);
  qonnx_add_floats(graph, "wb", ONNX_DIMS(QN_MID, QN_OUT), n->wb[0],
                   QN_MID * QN_OUT);
  qonnx_add_floats(graph, "gain", ONNX_DIMS(QN_MID), n->gain, QN_MID);
  qonnx_add_floats(graph, "bias", ONNX_DIMS(QN_MID), n->bias, QN_MID);
  qonnx_add_floats(graph, "mean", ONNX_DIMS(QN_MID), n->mean, QN_MID);
  qonnx_add_floats(graph, "var", ONNX_DIMS(QN_MID), n->var, QN_MID);
  qonnx_add_floats(graph, "t", ONNX_DIMS(QN_MID, 3), n->threshold[0],
                   QN_MID * 3);
}

static inline void qonnx_add_tested(onnx_bytes *graph, const qonnx_numbers *n) {
  onnx_bytes node;
  switch (n->kind) {
  case QN_QUANT:
    qonnx_add_quant(graph, "norm s z four", "a", n->is_signed, n->narrow,
                    n->rounding);
    return;
  case QN_BIPOLAR:
    node = onnx_node("BipolarQuant", "onnx.brevitas", "norm s", "a");
    break;
  default:
    node = onnx_node("MultiThreshold", "finn.custom_op.general", "norm t", "a");
    qonnx_add_real(&node, "out_scale", 0.5F);
    qonnx_add_real(&node, "out_bias", -0.5F);
  }
  onnx_inner(graph, 1, &node);
}

static inline void qonnx_make_graph(onnx_bytes *graph, const qonnx_numbers *n) {
  static const int64_t order[] = {1, 0};
  graph->size = 0;
  onnx_add_value(graph, 11, "x", ONNX_FLOAT, ONNX_DIMS(1, QN_IN));
  onnx_add_value(graph, 12, "y", ONNX_FLOAT, ONNX_DIMS(1, QN_OUT));
  onnx_add_value(graph, 13, "a", ONNX_FLOAT, ONNX_DIMS(1, QN_MID));
  qonnx_add_constants(graph, n);
  onnx_add_node(graph, "Mul", "x two", "x2");
  onnx_add_node(graph, "Sub", "x2 one", "x3");
  qonnx_add_quant(graph, "x3 one zero two", "q", 1, 1, "ROUND");
  qonnx_add_quant(graph, "wa scales zero four", "wq", 1, 0, "ROUND");
  onnx_bytes node = onnx_node("Transpose", "", "wq", "wt");
  onnx_add_ints(&node, "perm", 2, order);
  onnx_inner(graph, 1, &node);
  onnx_add_node(graph, "MatMul", "q wt", "sum");
  onnx_add_node(graph, "BatchNormalization", "sum gain bias mean var", "norm");
  qonnx_add_tested(graph, n);
  node = onnx_node("BipolarQuant", QONNX_DOMAIN, "wb half", "wbq");
  onnx_inner(graph, 1, &node);
  onnx_add_node(graph, "MatMul", "a wbq", "logit");
  onnx_add_node(graph, "Div", "logit down", "fall");
  if (n->by_class)
    qonnx_add_floats(graph, "by", ONNX_DIMS(QN_OUT), QONNX_BY, QN_OUT);
  onnx_add_node(graph, n->by_class ? "Mul" : "Add",
                n->by_class ? "fall by" : "fall lift", "y");
}

#endif
