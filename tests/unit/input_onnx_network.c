/* Networks from ONNX files: what they compute is what plain loops over the
 * file's own numbers compute, in QLinear form as in QDQ form; what no rule is
 * known for is refused with the operator, its number, its shapes, and what
 * would be needed. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/memory.h"
#include "input/network_formats.h"
#include "onnx_sample.h"
#include "same_net.h"

static rp_error err;
static onnx_bytes graph, file;
static onnx_sample sample;

static rp_status read_graph(rp_net **net) {
  onnx_finish(&file, &graph);
  const rp_file_content content = {"net.onnx", file.bytes, file.size};
  const rp_network_source source = {.file = "net.onnx", .profile = "ort"};
  *net = NULL;
  err.text[0] = 0;
  return rp_network_read_onnx(&content, &source, "net", net, &err);
}

static void refused(const char *words) {
  rp_net *net;
  assert_int_equal(read_graph(&net), RP_E_INPUT);
  if (!strstr(err.text, words)) fail_msg("'%s' lacks '%s'", err.text, words);
}

static void begin(onnx_form form) {
  sample = onnx_make_numbers();
  onnx_make_sample(&sample, form, &graph);
}

/* ---- The same by hand, channels first as in the file. ---- */

static int requantize(int z, float in, float w, float out, int zero) {
  const float product = in * w;
  const float m = product / out;
  const long v = lrintf((float)z * m) + zero;
  return v < 0 ? 0 : v > 255 ? 255 : (int)v;
}

static int sum_window(const uint8_t *x, int out, int y0, int x0) {
  int sum = 0;
  for (int c = 0; c < OS_IN_C; c++)
    for (int k = 0; k < 9; k++) {
      const int y = y0 + k / 3 - 1, at = x0 + k % 3 - 1;
      if (y < 0 || y >= OS_SIDE || at < 0 || at >= OS_SIDE) continue;
      sum += (x[(c * OS_SIDE + y) * OS_SIDE + at] - sample.zero_x) *
             sample.wa[(out * OS_IN_C + c) * 9 + k];
    }
  return sum;
}

static int add_twice(int a) {
  const float r = sample.scale_a / sample.scale_s;
  const float part = r * (float)sample.zero_a;
  const float fixed =
      (float)sample.zero_s - fmaf(r, (float)sample.zero_a, part);
  const long v = lrintf(fmaf((float)a, r, fmaf((float)a, r, fixed)));
  return v < 0 ? 0 : v > 255 ? 255 : (int)v;
}

static int convolve(onnx_form form, const uint8_t *x, int c, int y0, int x0) {
  const int sum = sum_window(x, c, y0, x0);
  if (form != OS_SUMS)
    return requantize(sum + sample.ba[c], sample.scale_x, sample.scale_wa[c],
                      sample.scale_a, sample.zero_a);
  const float product = (float)sum * sample.scale_m;
  const long v = lrintf(product / sample.scale_a) + sample.zero_a;
  return v < 0 ? 0 : v > 255 ? 255 : (int)v;
}

static void run_by_hand(onnx_form form, const uint8_t *x, int logits[OS_OUT]) {
  int flat[OS_FLAT] = {0};
  for (int i = 0; i < OS_C * OS_SIDE * OS_SIDE; i++) {
    const int c = i / 16, row = i / 4 % 4, column = i % 4;
    const int v = convolve(form, x, c, row, column);
    int *const most = &flat[(c * 2 + row / 2) * 2 + column / 2];
    if (v > *most) *most = v;
  }
  for (int o = 0; o < OS_OUT; o++) {
    int z = 0;
    for (int i = 0; i < OS_FLAT; i++)
      z += (add_twice(flat[i]) - sample.zero_s) * sample.wb[i * OS_OUT + o];
    logits[o] = requantize(z, sample.scale_s, sample.scale_wb, sample.scale_y,
                           sample.zero_y);
  }
}

/* Inputs of networks have channels last. */
static void compare_runs(onnx_form form, const rp_net *net) {
  uint8_t x[OS_IN_C * OS_SIDE * OS_SIDE], last[sizeof x];
  int seen[OS_OUT] = {0};
  srand(7);
  for (int run = 0; run < 500; run++) {
    int wanted[OS_OUT];
    int32_t out[OS_OUT];
    for (size_t i = 0; i < sizeof x; i++) x[i] = (uint8_t)(rand() >> 3);
    for (size_t i = 0; i < sizeof x; i++) last[i % 16 * 2 + i / 16] = x[i];
    run_by_hand(form, x, wanted);
    assert_int_equal(rp_reference_forward(net, last, out), RP_OK);
    for (int o = 0; o < OS_OUT; o++) {
      assert_int_equal(out[o] + sample.zero_y, wanted[o]);
      seen[o] += wanted[o] > 0 && wanted[o] < 255;
    }
  }
  for (int o = 0; o < OS_OUT; o++) assert_true(seen[o] > 100);
}

static void all_forms_compute_what_the_formulas_do(void **state) {
  (void)state;
  for (onnx_form form = 0; form < OS_FORMS; form++) {
    rp_net *net;
    begin(form);
    if (read_graph(&net) != RP_OK) fail_msg("%s", err.text);
    assert_int_equal(net->n_dims, 3);
    assert_int_equal(net->dims[2], OS_IN_C);
    assert_int_equal(net->in_zero, sample.zero_x);
    assert_string_equal(net->profile, "ort");
    assert_true(net->in_step == (form == OS_SUMS ? 0 : sample.scale_x));
    compare_runs(form, net);
    rp_net_free(net);
  }
}

static void both_forms_are_one_network(void **state) {
  rp_net *a, *b;
  (void)state;
  begin(OS_QLINEAR);
  assert_int_equal(read_graph(&a), RP_OK);
  begin(OS_QDQ);
  assert_int_equal(read_graph(&b), RP_OK);
  same_net(a, b);
  rp_net_free(a);
  rp_net_free(b);
}

/* ---- Refusals. ---- */

/* A graph of one node that computes y from x. */
static void begin_one(const char *op, const char *domain, const char *inputs) {
  const onnx_bytes node = onnx_node(op, domain, inputs, "y");
  graph.size = 0;
  onnx_add_value(&graph, 11, "x", ONNX_UINT8, ONNX_DIMS(1, 2, 4, 4));
  onnx_add_value(&graph, 12, "y", ONNX_UINT8, ONNX_DIMS(1, 2, 4, 4));
  sample = onnx_make_numbers();
  onnx_add_numbers(&graph, &sample);
  onnx_inner(&graph, 1, &node);
}

static void operators_without_a_rule_are_refused(void **state) {
  (void)state;
  begin_one("Sigmoid", "", "x");
  refused("node 0 (Sigmoid '', 1x2x4x4 to 1x2x4x4): profile ort has no rule "
          "for it");
  begin_one("Gelu", "com.example", "x");
  refused("profile ort has no rule for it, of domain com.example");
  begin_one("QLinearAveragePool", "com.microsoft", "x sx zx sa za");
  refused("node 0 (QLinearAveragePool '', 1x2x4x4 to 1x2x4x4): the runtime "
          "adds float32 numbers one after the other");
  begin_one("QLinearSigmoid", "com.microsoft", "x sx zx sa za");
  refused("(QLinearSigmoid ''");
}

static void attributes_without_a_meaning_are_refused(void **state) {
  onnx_bytes node =
      onnx_node("QLinearMatMul", "", "x sx zx wb swb zwb sy zy", "y");
  (void)state;
  onnx_add_int(&node, "block_size", 2);
  graph.size = 0;
  onnx_add_value(&graph, 11, "x", ONNX_UINT8, ONNX_DIMS(1, OS_FLAT));
  onnx_add_value(&graph, 12, "y", ONNX_UINT8, ONNX_DIMS(1, OS_OUT));
  sample = onnx_make_numbers();
  onnx_add_numbers(&graph, &sample);
  onnx_inner(&graph, 1, &node);
  refused("node 0 (QLinearMatMul '', 1x12 to 1x4): attribute block_size: "
          "expected none");
  graph.size = 0;
  onnx_add_value(&graph, 11, "x", ONNX_UINT8, ONNX_DIMS(1, OS_FLAT));
  onnx_add_value(&graph, 12, "y", ONNX_INT8, ONNX_DIMS(1, OS_OUT));
  onnx_add_numbers(&graph, &sample);
  onnx_add_node(&graph, "QLinearMatMul", "x sx zx wb swb zwb sy zy", "y");
  refused("expected the type that the file says, int8, found uint8");
}

static void operands_are_checked(void **state) {
  (void)state;
  begin_one("QLinearConv", "", "x sx zwb wa swa zwa sa za ba");
  refused("operand 0: expected a zero point of the type of its numbers");
  begin_one("QLinearConv", "", "x swa zx wa swa zwa sa za ba");
  refused("operand 1: expected one constant scale of float32, found several");
  begin_one("QLinearConv", "", "x sx zx x swa zwa sa za ba");
  refused("weights: expected");
  begin_one("QLinearConv", "", "x sx zx wa swa zwa sa za swa");
  refused("bias: expected 3 constants of int32, found 3 of float32");
  begin_one("QLinearConv", "", "x sx zx wa swa zwa sa za ba");
  refused("expected the shape that the file says, found 1x3x2x2");
  begin_one("QLinearMatMul", "", "x sx zx wb swb zwb sy zy");
  refused("weights: expected two dimensions and one sample of as many numbers, "
          "found 12 x 4 for 32");
  begin_one("QLinearAdd", "com.microsoft", "x sx zx zs sa za ss zs");
  refused("operand 3: expected quantized integers, found a constant");
  begin_one("QLinearAdd", "com.microsoft", "x sx zx x sx zs ss zs");
  refused("operand 3: expected zero point 120, as what computed it, found 9");
}

/* The group that is refused, of the sample in QDQ form. */
static void groups_that_do_not_fuse_are_refused(void **state) {
  (void)state;
  begin(OS_QDQ);
  graph.size = 0;
  sample.zero_a = 3;
  onnx_make_sample(&sample, OS_QDQ, &graph);
  refused(
      "node 3 (Conv '', 1x2x4x4 to an unknown shape): expected zero point "
      "0 behind Relu, found 3: the runtime does not fuse them, and computes "
      "in float32");
  begin(OS_QDQ);
  onnx_add_node(&graph, "Identity", "r", "again"); /* leads nowhere */
  refused("expected a quantizer alone behind it");
  begin_one("DequantizeLinear", "", "wa -");
  refused("(DequantizeLinear '', 3x2x3x3 to 1x2x4x4): expected constant scales "
          "of float32, found none");
  begin_one("AveragePool", "", "x");
  refused("(AveragePool ''");
  begin_one("Conv", "", "x wa");
  refused("operand 0: expected dequantized numbers, found quantized integers");
}

static void sums_need_rising_steps(void **state) {
  const float minus = -1;
  (void)state;
  begin(OS_QLINEAR);
  begin_one("DynamicQuantizeLinear", "", "x");
  refused("its scale depends on the input");
  begin_one("ConvInteger", "", "x wa zx");
  refused("net.onnx: output: expected quantized logits");
  begin_one("Mul", "", "x sx");
  refused("(Mul ''");
  for (int step = 0; step < 2; step++) {
    graph.size = 0;
    onnx_add_value(&graph, 11, "x", ONNX_UINT8, ONNX_DIMS(1, 2, 4, 4));
    onnx_add_value(&graph, 12, "y", ONNX_UINT8, ONNX_DIMS(1, 3, 2, 2));
    onnx_add_numbers(&graph, &sample);
    onnx_add_scale(&graph, "minus", minus);
    onnx_add_node(&graph, "ConvInteger", "x wa zx", "i");
    onnx_bytes node = onnx_node("Cast", "", "i", "m");
    onnx_add_int(&node, "to", step == 0 ? ONNX_FLOAT : ONNX_INT32);
    onnx_inner(&graph, 1, &node);
    onnx_add_node(&graph, "Mul", "m minus", "n");
    onnx_add_node(&graph, "QuantizeLinear", "n sa za", "y");
    refused(step == 0
                ? "node 2 (Mul '', an unknown shape to an unknown shape): "
                  "channel 0: expected a finite number, positive as a "
                  "factor, found -1"
                : "expected Cast to float32 behind ConvInteger");
  }
}

static void inputs_and_outputs_are_one_sample(void **state) {
  (void)state;
  begin_one("QLinearConv", "", "x sx zx wa swa zwa sa za ba");
  onnx_add_value(&graph, 11, "more", ONNX_UINT8, ONNX_DIMS(1));
  refused("net.onnx: expected 1 input, found 2");
  begin(OS_QLINEAR);
  onnx_add_value(&graph, 12, "f", ONNX_UINT8, ONNX_DIMS(1, OS_FLAT));
  refused("net.onnx: expected 1 output, found 2");
  graph.size = 0;
  onnx_add_value(&graph, 11, "x", ONNX_UINT8, ONNX_DIMS(8, 2));
  onnx_add_node(&graph, "Identity", "x", "y");
  onnx_add_value(&graph, 12, "y", ONNX_UINT8, ONNX_DIMS(8, 2));
  refused("expected an input of one sample");
  graph.size = 0;
  onnx_add_value(&graph, 11, "x", ONNX_UINT8, ONNX_DIMS(1, 2));
  onnx_add_value(&graph, 12, "x", ONNX_UINT8, ONNX_DIMS(1, 2));
  refused("expected operators before the output, found none");
}

static void failed_allocations_are_errors(void **state) {
  (void)state;
  for (onnx_form form = 0; form < OS_FORMS; form++)
    for (uint64_t n = 1;; n++) {
      rp_net *net;
      begin(form);
      rp_alloc_fail_after(n);
      const rp_status status = read_graph(&net);
      rp_alloc_fail_after(0);
      if (status == RP_OK) {
        assert_true(n > 100);
        rp_net_free(net);
        break;
      }
      assert_int_equal(status, RP_E_MEMORY);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(all_forms_compute_what_the_formulas_do),
      cmocka_unit_test(both_forms_are_one_network),
      cmocka_unit_test(operators_without_a_rule_are_refused),
      cmocka_unit_test(attributes_without_a_meaning_are_refused),
      cmocka_unit_test(operands_are_checked),
      cmocka_unit_test(groups_that_do_not_fuse_are_refused),
      cmocka_unit_test(sums_need_rising_steps),
      cmocka_unit_test(inputs_and_outputs_are_one_sample),
      cmocka_unit_test(failed_allocations_are_errors)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
