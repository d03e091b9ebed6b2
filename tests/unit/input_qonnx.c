/* QONNX files: networks compute what plain float32 loops over the file's own
 * numbers compute, for all quantizers and roundings, gains of both signs and
 * sums that hit a threshold; what has no exact rule is refused with the
 * operator, its number, its shapes, and what would be needed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/memory.h"
#include "input/network_formats.h"
#include "net/input_quantizer.h"
#include "qonnx_sample.h"

static rp_error err;
static onnx_bytes graph, file;

static rp_status read_graph(rp_net **net) {
  onnx_finish(&file, &graph);
  const rp_file_content content = {"net.onnx", file.bytes, file.size};
  const rp_network_source source = {.file = "net.onnx",
                                    .profile = "qonnx-float32"};
  *net = NULL;
  err.text[0] = 0;
  return rp_network_read_onnx(&content, &source, "net", net, &err);
}

static void refused(const char *words) {
  rp_net *net;
  assert_int_equal(read_graph(&net), RP_E_INPUT);
  if (!strstr(err.text, words)) fail_msg("'%s' lacks '%s'", err.text, words);
}

enum { RUNS = 2000 };

/* ---- The network by hand. ---- */

static float round_as(const char *rounding, float y) {
  const float part = y - floorf(y);
  if (!strcmp(rounding, "CEIL")) return ceilf(y);
  if (!strcmp(rounding, "FLOOR")) return floorf(y);
  if (!strcmp(rounding, "UP")) return y > 0 ? ceilf(y) : floorf(y);
  if (!strcmp(rounding, "DOWN") || !strcmp(rounding, "ROUND_TO_ZERO"))
    return y > 0 ? floorf(y) : ceilf(y);
  if (part != 0.5F) return part < 0.5F ? floorf(y) : ceilf(y);
  if (!strcmp(rounding, "HALF_UP")) return y > 0 ? ceilf(y) : floorf(y);
  if (!strcmp(rounding, "HALF_DOWN")) return y > 0 ? floorf(y) : ceilf(y);
  return fmodf(floorf(y), 2) == 0 ? floorf(y) : ceilf(y);
}

static float quantize(float x, float scale, float zero, float least, float most,
                      const char *rounding) {
  float y = x / scale;
  y = y + zero;
  y = y > most ? most : y < least ? least : y;
  y = round_as(rounding, y) - zero;
  return y * scale;
}

static float quantize_tested(const qonnx_numbers *n, int c, float v) {
  if (n->kind == QN_BIPOLAR) return v >= 0 ? n->scale : -n->scale;
  if (n->kind == QN_THRESHOLDS) {
    float count = 0;
    for (int t = 0; t < 3; t++)
      if (n->threshold[c][t] <= v) count += 1;
    return count * 0.5F - 0.5F;
  }
  const float least = n->is_signed ? (float)(n->narrow - 8) : 0;
  const float most = n->is_signed ? 7 : (float)(15 - n->narrow);
  return quantize(v, n->scale, n->zero, least, most, n->rounding);
}

static float normalize(const qonnx_numbers *n, int c, float sum) {
  const volatile float root = sqrtf(n->var[c] + 1e-5F);
  const volatile float inverse = 1 / root;
  const volatile float gain = inverse * n->gain[c];
  const volatile float moved = n->mean[c] * gain;
  const volatile float shift = n->bias[c] - moved;
  const volatile float product = sum * gain;
  return product + shift;
}

static void run_by_hand(const qonnx_numbers *n, const uint8_t *x, float *y,
                        int *hits) {
  float middle[QN_MID];
  for (int c = 0; c < QN_MID; c++) {
    const float scale = c % 3 ? 0.5F : 0.125F;
    float sum = 0;
    for (int i = 0; i < QN_IN; i++)
      sum += quantize((float)x[i] / 255 * 2 - 1, 1, 0, -1, 1, "ROUND") *
             quantize(n->wa[i][c], scale, 0, -8, 7, "ROUND");
    const float v = normalize(n, c, sum);
    *hits += v == 0;
    middle[c] = quantize_tested(n, c, v);
  }
  for (int o = 0; o < QN_OUT; o++) {
    float sum = 0;
    for (int i = 0; i < QN_MID; i++)
      sum += middle[i] * (n->wb[i][o] >= 0 ? 0.5F : -0.5F);
    sum /= -3.7F;
    y[o] = n->by_class ? sum * QONNX_BY[o] : sum + 0.31F;
  }
}

/* Outputs are in one order, and equal where they are. */
static void compare_runs(const qonnx_numbers *n, const rp_net *net) {
  int hits = 0, changes = 0;
  float last = 0;
  for (int run = 0; run < RUNS; run++) {
    uint8_t x[QN_IN];
    float y[QN_OUT];
    int32_t out[QN_OUT];
    for (int i = 0; i < QN_IN; i++) x[i] = (uint8_t)(rand() >> 3);
    run_by_hand(n, x, y, &hits);
    assert_int_equal(rp_reference_forward(net, x, out), RP_OK);
    for (int a = 0; a < QN_OUT; a++)
      for (int b = 0; b < QN_OUT; b++) {
        assert_int_equal(y[a] < y[b], out[a] < out[b]);
        assert_int_equal(y[a] == y[b], out[a] == out[b]);
      }
    changes += y[0] != last;
    last = y[0];
  }
  assert_true(hits > 100);
  assert_true(changes > 20);
}

static void expect_same(const qonnx_numbers *n) {
  rp_net *net;
  qonnx_make_graph(&graph, n);
  if (read_graph(&net) != RP_OK) fail_msg("%s", err.text);
  assert_string_equal(net->profile, "qonnx-float32");
  assert_int_equal(net->in_hi, 255);
  compare_runs(n, net);
  rp_net_free(net);
}

static void all_roundings_are_float32(void **state) {
  static const char *const roundings[] = {
      "ROUND", "HALF_EVEN",     "CEIL",    "FLOOR",    "UP",
      "DOWN",  "ROUND_TO_ZERO", "HALF_UP", "HALF_DOWN"};
  (void)state;
  srand(11);
  for (size_t i = 0; i < sizeof roundings / sizeof *roundings; i++) {
    qonnx_numbers n = qonnx_draw_numbers();
    n.rounding = roundings[i];
    n.is_signed = i % 2 == 0;
    n.narrow = i % 3 == 0;
    n.zero = (float)(i % 4);
    expect_same(&n);
  }
}

static void classes_may_have_steps_of_their_own(void **state) {
  (void)state;
  srand(14);
  for (int kind = 0; kind < 3; kind++) {
    qonnx_numbers n = qonnx_draw_numbers();
    n.kind = (qonnx_kind)kind;
    n.is_signed = 1;
    n.by_class = 1;
    expect_same(&n);
  }
}

static void signs_and_thresholds_are_float32(void **state) {
  (void)state;
  srand(12);
  for (int run = 0; run < 4; run++) {
    qonnx_numbers n = qonnx_draw_numbers();
    n.kind = run % 2 ? QN_BIPOLAR : QN_THRESHOLDS;
    expect_same(&n);
  }
}

/* ---- Inputs. ---- */

static void quantized_inputs_are_integers(void **state) {
  static const float w[] = {1, -1, -1, 2, 1, 1};
  rp_net *net;
  int32_t out[2];
  (void)state;
  graph.size = 0;
  onnx_add_value(&graph, 11, "x", ONNX_FLOAT, ONNX_DIMS(1, 3));
  onnx_add_value(&graph, 12, "y", ONNX_FLOAT, ONNX_DIMS(1, 2));
  qonnx_add_floats(&graph, "w", ONNX_DIMS(3, 2), w, 6);
  onnx_add_scale(&graph, "s", 0.1875F);
  onnx_add_scale(&graph, "z", 0);
  onnx_add_scale(&graph, "bits", 4);
  qonnx_add_quant(&graph, "x s z bits", "q", 1, 0, "ROUND");
  onnx_add_node(&graph, "MatMul", "q w", "y");
  if (read_graph(&net) != RP_OK) fail_msg("%s", err.text);
  assert_int_equal(net->in_lo, -8);
  assert_int_equal(net->in_hi, 15);
  assert_int_equal(rp_net_quantize(net, 0.1875F * 2.5F), 10);
  assert_int_equal(rp_net_quantize(net, -100), 0);
  const uint8_t x[] = {9, 15, 0}; /* 1, 7, -8 */
  assert_int_equal(rp_reference_forward(net, x, out), RP_OK);
  assert_int_equal(out[0] - out[1], (1 - 7 - 8) - (-1 + 14 - 8));
  rp_net_free(net);
}

/* ---- Refusals. ---- */

/* An input, y as the output, constants, and two quantizers of the input. */
static void begin_inputs(void) {
  static const float weights[] = {1, 0.3F, -1, 1, 1, 1};
  static const float uneven[] = {1, 2, 3};
  graph.size = 0;
  onnx_add_value(&graph, 11, "x", ONNX_FLOAT, ONNX_DIMS(1, 3));
  onnx_add_value(&graph, 12, "y", ONNX_FLOAT, ONNX_DIMS(1, 2));
  qonnx_add_floats(&graph, "w", ONNX_DIMS(3, 2), weights, 6);
  qonnx_add_floats(&graph, "v", ONNX_DIMS(3, 1), uneven, 3);
  onnx_add_scale(&graph, "s", 0.1F);
  onnx_add_scale(&graph, "one", 1);
  onnx_add_scale(&graph, "zero", 0);
  onnx_add_scale(&graph, "bits", 3);
  qonnx_add_quant(&graph, "x one zero bits", "q", 1, 0, "ROUND");
  qonnx_add_quant(&graph, "x s zero bits", "f", 1, 0, "ROUND");
}

static void begin_one(const char *op, const char *domain, const char *inputs) {
  const onnx_bytes node = onnx_node(op, domain, inputs, "y");
  begin_inputs();
  onnx_inner(&graph, 1, &node);
}

static void what_is_not_exact_is_refused(void **state) {
  (void)state;
  begin_one("Sigmoid", "", "q");
  refused("node 2 (Sigmoid '', 1x3 to 1x2): profile qonnx-float32 has no rule "
          "for it");
  begin_one("Trunc", QONNX_DOMAIN, "q");
  refused("has no rule for it, of domain qonnx.custom_op.general");
  begin_one("MatMul", "", "q w");
  refused("node 2 (MatMul '', 1x3 to 1x2): weight 0: expected all weights as "
          "multiples of one number that fit 16 bits, found 1 in units of "
          "2^-24: scales that are powers of two would be needed");
  begin_one("MatMul", "", "x w");
  refused("operand 0 of MatMul: expected quantized numbers, equally spaced in "
          "float32, found bytes of the input behind float32 operators: a "
          "quantizer right before it would be needed");
  begin_one("MatMul", "", "f w");
  refused("node 1 (Quant '', 1x3 to an unknown shape): expected levels that "
          "are equally spaced in float32, found scale 0.1");
  begin_one("Add", "", "q q");
  refused("expected a constant as one operand, found none");
  begin_one("Div", "", "one q");
  refused("expected a constant divisor");
  begin_one("Div", "", "q zero");
  refused("element 0 of the divisor: it is 0");
  begin_one("Mul", "", "q w");
  refused("expected a constant of float32 that is repeated over the other "
          "operand, found float32 of shape 3x2");
}

/* Levels 1, 4, 7 make weights of 60000 of one of 20000. */
static void weights_of_more_than_16_bits_are_refused(void **state) {
  static const float steps[] = {0.5F, 1.5F};
  float weights[] = {20000, 1, 1, 1, 1, 1};
  (void)state;
  for (int run = 0; run < 2; run++) {
    rp_net *net;
    begin_inputs();
    qonnx_add_floats(&graph, "t", ONNX_DIMS(1, 2), steps, 2);
    qonnx_add_floats(&graph, "wide", ONNX_DIMS(3, 2), weights, 6);
    onnx_bytes node = onnx_node("MultiThreshold", QONNX_DOMAIN, "q t", "a");
    qonnx_add_real(&node, "out_scale", 3);
    qonnx_add_real(&node, "out_bias", 1);
    onnx_inner(&graph, 1, &node);
    onnx_add_node(&graph, "MatMul", "a wide", "y");
    if (run == 0) {
      refused("channel 0: expected weights of 16 bits, found others");
    } else {
      if (read_graph(&net) != RP_OK) fail_msg("%s", err.text);
      rp_net_free(net);
    }
    weights[0] = 10000;
  }
}

static void inputs_are_floats(void **state) {
  (void)state;
  graph.size = 0;
  onnx_add_value(&graph, 11, "x", ONNX_UINT8, ONNX_DIMS(1, 3));
  onnx_add_value(&graph, 12, "y", ONNX_FLOAT, ONNX_DIMS(1, 3));
  onnx_add_scale(&graph, "one", 1);
  onnx_add_node(&graph, "Mul", "x one", "y");
  refused("operand 0: expected an input of float32, found integers");
}

static void quantizers_are_checked(void **state) {
  (void)state;
  begin_one("Quant", QONNX_DOMAIN, "q one zero bits");
  refused("(Quant '', 1x3 to 1x2): expected attributes signed and narrow");
  begin_one("BipolarQuant", QONNX_DOMAIN, "q zero");
  refused("expected a positive scale, found 0");
  begin_one("BipolarQuant", QONNX_DOMAIN, "q v");
  refused("operand 1: expected one constant scale, found 3");
  begin_one("MultiThreshold", QONNX_DOMAIN, "q one");
  refused("operand 1: expected constant thresholds");
  begin_inputs();
  qonnx_add_quant(&graph, "q one s bits", "y", 1, 0, "ROUND");
  refused("expected an integer zero point");
  begin_inputs();
  qonnx_add_quant(&graph, "q one zero bits", "y", 1, 0, "STOCHASTIC");
  refused("attribute rounding_mode: expected ROUND");
  begin_inputs();
  qonnx_add_quant(&graph, "q one zero zero", "y", 1, 0, "ROUND");
  refused("expected 1..16 bits, found 0");
  begin_inputs();
  qonnx_add_quant(&graph, "q one zero one", "y", 1, 0, "ROUND");
  refused("expected 2 bits or more, found a signed bit");
}

/* An index is an output, the greatest number is none. */
static void ends_keep_the_class(void **state) {
  static const int64_t one = 1, two = 2;
  (void)state;
  for (int k = 0; k < 2; k++) {
    const onnx_bytes node = onnx_node("TopK", "", "q k", k ? "y -" : "- y");
    begin_inputs();
    onnx_add_constant(&graph, "k", ONNX_INT64, ONNX_DIMS(1), k ? &one : &two,
                      sizeof one);
    onnx_inner(&graph, 1, &node);
    refused(k ? "expected its indices alone as an output, found its values"
              : "expected the greatest one of all logits along its axis");
  }
  begin_one("Mul", "", "q v");
  refused("repeated over the other operand");
}

static void failed_allocations_are_errors(void **state) {
  (void)state;
  srand(13);
  const qonnx_numbers n = qonnx_draw_numbers();
  qonnx_make_graph(&graph, &n);
  for (uint64_t k = 1;; k++) {
    rp_net *net;
    rp_alloc_fail_after(k);
    const rp_status status = read_graph(&net);
    rp_alloc_fail_after(0);
    if (status == RP_OK) {
      assert_true(k > 100);
      rp_net_free(net);
      break;
    }
    assert_int_equal(status, RP_E_MEMORY);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_roundings_are_float32),
      cmocka_unit_test(classes_may_have_steps_of_their_own),
      cmocka_unit_test(signs_and_thresholds_are_float32),
      cmocka_unit_test(quantized_inputs_are_integers),
      cmocka_unit_test(what_is_not_exact_is_refused),
      cmocka_unit_test(weights_of_more_than_16_bits_are_refused),
      cmocka_unit_test(inputs_are_floats),
      cmocka_unit_test(quantizers_are_checked),
      cmocka_unit_test(ends_keep_the_class),
      cmocka_unit_test(failed_allocations_are_errors)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
