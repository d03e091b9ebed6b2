/* Constants in TFLite files: what operators make of them is computed when the
 * file is read; what cannot be is refused with the operator's name; as summands
 * they become blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "input/network_file.h"
#include "input/network_formats.h"
#include "temp_folder.h"
#include "tflite_file.h"

static rp_error err;
static tflite_sample sample;

/* Two constants, and what is made of them. */
enum { RAW = TF_TENSORS, REAL, LIST, MADE, AGAIN, TENSORS };
enum { ADD = 0, DEQUANTIZE = 6, MUL = 18, RESHAPE = 22, GATHER = 36 };
enum { TRANSPOSE = 39, QUANTIZE = 114, MOST_OPS = 10 };

static tflite_tensor tensor[TENSORS];
static tflite_op op[MOST_OPS];
static int n_ops;

static const float real[32] = {0.06F, -0.09F, 100, -100, 0.03F, 0.0901F};
static const int32_t order[4] = {0, 2, 1, 3};

/* The sample's operators stand behind those that a test puts first. */
static void begin(int n_first, const tflite_op *first) {
  tflite_make_sample(&sample);
  memcpy(tensor, sample.tensor, sizeof sample.tensor);
  tensor[RAW] =
      (tflite_tensor){9, {2, 9, 2}, 2, {0.011F, 0.017F}, 0, 0, sample.wa, 36};
  tensor[REAL] = (tflite_tensor){0, {1, 4, 4, 2}, 0, {0}, 0, 0, real, 128};
  tensor[LIST] = (tflite_tensor){2, {4}, 0, {0}, 0, 0, order, 16};
  tensor[MADE] = tensor[TF_A];
  tensor[AGAIN] = tensor[TF_A];
  memcpy(op, first, (size_t)n_first * sizeof *first);
  memcpy(op + n_first, sample.op, sizeof sample.op);
  n_ops = n_first + TF_OPS;
}

static rp_status read_file(const char *profile, rp_net **net) {
  *net = NULL;
  tflite_build(&sample.file, tensor, TENSORS, op, n_ops, TF_X);
  const rp_file_content content = {"net.tflite", sample.file.bytes,
                                   sample.file.size};
  const rp_network_source source = {.file = "net.tflite", .profile = profile};
  return rp_network_read_tflite(&content, &source, "net", net, &err);
}

static rp_net *read_net(const char *profile) {
  rp_net *net;
  if (read_file(profile, &net) != RP_OK) fail_msg("%s", err.text);
  return net;
}

static void refused(const char *profile, const char *words) {
  rp_net *net;
  assert_int_equal(read_file(profile, &net), RP_E_INPUT);
  if (!strstr(err.text, words)) fail_msg("'%s' lacks '%s'", err.text, words);
}

/* Both compute the same from many inputs. */
static void same_outputs(const rp_net *a, const rp_net *b) {
  uint32_t random = 3;
  for (int run = 0; run < 50; run++) {
    uint8_t x[TF_IN];
    int32_t of_a[TF_OUT], of_b[TF_OUT];
    for (int i = 0; i < TF_IN; i++)
      x[i] = (uint8_t)((random = random * 1664525 + 1013904223) >> 24);
    assert_int_equal(rp_reference_forward(a, x, of_a), RP_OK);
    assert_int_equal(rp_reference_forward(b, x, of_b), RP_OK);
    assert_memory_equal(of_a, of_b, sizeof of_a);
  }
}

static void weights_may_be_reshaped(void **state) {
  (void)state;
  const tflite_op reshape = {RESHAPE, 1, {RAW}, MADE, {0}};
  begin(1, &reshape);
  tensor[MADE] = tensor[TF_WA];
  tensor[MADE].data = NULL;
  op[1].input[1] = MADE;
  rp_net *const folded = read_net("litert-builtin");
  op[1].input[1] = TF_WA;
  rp_net *const plain = read_net("litert-builtin");
  same_outputs(plain, folded);
  assert_int_equal(plain->n_blocks, folded->n_blocks);
  rp_net_free(plain);
  rp_net_free(folded);
  op[1].input[1] = MADE;
  refused("litert-xnnpack",
          "operator 1 (CONV_2D, 1x4x4x2 to 1x4x4x2): operand 1: expected a "
          "constant of the file, found one that other operators compute");
}

/* In steps of 0.04, above a zero point of 5: 1.5, -2.25, too much, too little,
 * 0.75 and 2.25. */
static void summands_become_blocks(void **state) {
  rp_network_comparison found;
  static uint8_t x[20 * TF_IN];
  rp_net *net = NULL;
  rp_network_source source = {.profile = "litert-xnnpack",
                              .file = temp_file(*state, "sum.tflite")};
  const tflite_op first[2] = {{QUANTIZE, 1, {REAL}, MADE, {0}},
                              {TRANSPOSE, 2, {MADE, LIST}, AGAIN, {0}}};
  begin(2, first);
  tensor[MADE].scale[0] = tensor[AGAIN].scale[0] = 0.04F;
  tensor[MADE].zero = tensor[AGAIN].zero = 5;
  op[4].input[0] = AGAIN; /* of the addition */
  tflite_build(&sample.file, tensor, TENSORS, op, n_ops, TF_X);
  bytes_put(source.file, sample.file.bytes, sample.file.size);
  if (rp_network_read(&source, &net, &err) != RP_OK) fail_msg("%s", err.text);
  static const int32_t wanted[6] = {2, -2, 122, -133, 1, 2};
  int32_t block = 0;
  while (net->block[block].term[0].source != RP_INPUT || block == 0) block++;
  for (int i = 0; i < 32; i++) {
    const int row = i / 8, column = i / 2 % 4, from = column * 8 + row * 2;
    const int at = from + i % 2;
    assert_int_equal(net->block[block].bias[i], at < 6 ? wanted[at] : 0);
  }
  for (size_t i = 0; i < sizeof x; i++) x[i] = (uint8_t)(i * i * 7 + i / 3);
  if (rp_network_compare(&source, net, x, 20, &found, &err) != RP_OK)
    fail_msg("%s", err.text);
  if (found.differs) fail_msg("%s", found.difference);
  assert_int_equal(found.tensors, TF_OPS);
  rp_net_free(net);
}

static void what_cannot_be_folded_is_refused_by_name(void **state) {
  (void)state;
  rp_net *net;
  tflite_op first[2] = {{GATHER, 2, {RAW, LIST}, MADE, {0}}};
  begin(1, first);
  tensor[MADE] = tensor[TF_WA];
  tensor[MADE].data = NULL;
  op[1].input[1] = MADE;
  refused("tflm", "operator 0 (GATHER, 2x9x2 to 2x3x3x2): profile tflm has no "
                  "rule for operator number 36");
  op[1].input[1] = TF_WA; /* nothing needs it now */
  assert_int_equal(read_file("tflm", &net), RP_OK);
  rp_net_free(net);
  op[1].input[1] = MADE;
  op[0] = (tflite_op){RESHAPE, 1, {RAW}, MADE, {0}};
  tensor[MADE].scale[1] = 0.02F;
  refused("tflm", "operator 0 (RESHAPE, 2x9x2 to 2x3x3x2): expected the same "
                  "type, scales and zero points of constants");
  op[0] = (tflite_op){RESHAPE, 1, {TF_G}, MADE, {0}};
  refused("tflm", "operator 0 (RESHAPE, 1x3 to 2x3x3x2): operand 0: expected "
                  "what depends on the input, found a tensor");
  op[0] = (tflite_op){TRANSPOSE, 2, {TF_WA, LIST}, MADE, {0}};
  tensor[LIST].data = NULL;
  refused("tflm", "operand 0: expected what depends on the input, found a "
                  "constant");
  tensor[LIST].data = order;
  op[0] = (tflite_op){MUL, 2, {RAW, RAW}, MADE, {0}};
  refused("tflm", "operator 0 (MUL, ");
  op[0] = (tflite_op){3, 3, {TF_A, TF_WA, TF_BA}, MADE, {0, 1, 1}};
  op[0].input[0] = TF_WA;
  refused("tflm", "operator 0 (CONV_2D, 2x3x3x2 to 2x3x3x2): expected what "
                  "depends on the input, found constants");
}

static void reals_are_checked(void **state) {
  (void)state;
  static float odd[32];
  const tflite_op first[2] = {{DEQUANTIZE, 1, {TF_X}, MADE, {0}},
                              {QUANTIZE, 1, {REAL}, AGAIN, {0}}};
  begin(2, first);
  op[4].input[0] = AGAIN;
  odd[7] = (float)(1e38 * 10);
  tensor[REAL].data = odd;
  refused("litert-xnnpack", "operator 1 (QUANTIZE, 1x4x4x2 to 1x4x4x2): "
                            "expected finite numbers, found inf at number 7");
  op[1] = (tflite_op){ADD, 2, {REAL, REAL}, AGAIN, {0, 0, 0, 0, 0, 0, 0}};
  refused("litert-xnnpack", "expected two operands of the output's type");
  tensor[AGAIN] = tensor[REAL];
  tensor[AGAIN].data = NULL;
  op[1].options[0] = 1;
  refused("litert-xnnpack", "expected no activation function of constants");
}

/* 65536 reshapes of a large constant would need a terabyte. */
static void computed_constants_have_a_limit(void **state) {
  (void)state;
  enum { LARGE = 1 << 13, OTHER = 1 << 11 };
  static int8_t zeros[LARGE];
  const tflite_op first[2] = {{ADD, 2, {RAW, REAL}, MADE, {0}},
                              {RESHAPE, 1, {MADE}, AGAIN, {0}}};
  begin(2, first);
  tensor[RAW] = (tflite_tensor){9, {LARGE, 1}, 1, {0.02F}, 0, 0, zeros, LARGE};
  tensor[REAL] = tensor[RAW];
  tensor[REAL].dims[0] = 1;
  tensor[REAL].dims[1] = OTHER;
  tensor[REAL].n_bytes = OTHER;
  tensor[MADE] = (tflite_tensor){9, {LARGE, OTHER}, 1, {0.02F}, 0, 0, NULL, 0};
  tensor[AGAIN] = tensor[MADE];
  op[4].input[0] = AGAIN;
  refused("tflm", "at most 16777216");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(weights_may_be_reshaped),
      cmocka_unit_test(summands_become_blocks),
      cmocka_unit_test(what_cannot_be_folded_is_refused_by_name),
      cmocka_unit_test(reals_are_checked),
      cmocka_unit_test(computed_constants_have_a_limit),
  };
  return cmocka_run_group_tests(tests, temp_folder_made, temp_folder_removed);
}
