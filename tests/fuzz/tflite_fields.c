/* TFLite files that are sound as FlatBuffers and say something else: types,
 * shapes, scales, zero points, data, operands and options of a good file are
 * changed as the input's bytes choose. The first byte chooses the profile. */
#include <math.h>
#include <stdlib.h>

#include "fuzz_network.h"
#include "tflite_file.h"

enum { CONSTANT_OPS = 3, CONSTANTS = 5, TENSORS = TF_TENSORS + CONSTANTS };
enum { OPS = TF_OPS + CONSTANT_OPS, MOST_CHANGES = 6 };

typedef struct graph {
  fuzz_choices choices;
  tflite_sample sample;
  tflite_tensor tensor[TENSORS];
  tflite_op op[OPS];
  int32_t n_ops, input;
} graph;

static graph g;

/* A constant goes through operators and is added to a block. */
static void make_graph(void) {
  static const float reals[TF_IN] = {0.1F, -0.3F, 2, 0.25F};
  static const int32_t order[4] = {0, 2, 1, 3};
  enum { REALS = TF_TENSORS, ORDER, QUANTIZED, TURNED, SUM };
  const tflite_op first[CONSTANT_OPS] = {
      {114, 1, {REALS}, QUANTIZED, {0}},
      {39, 2, {QUANTIZED, ORDER}, TURNED, {0}},
      {0, 2, {TURNED, QUANTIZED}, SUM, {0}}};
  tflite_make_sample(&g.sample);
  memcpy(g.tensor, g.sample.tensor, sizeof g.sample.tensor);
  memcpy(g.op, first, sizeof first);
  memcpy(g.op + CONSTANT_OPS, g.sample.op, sizeof g.sample.op);
  g.tensor[REALS] = (tflite_tensor){0,     {1, 4, 4, 2},         0, {0}, 0, 0,
                                    reals, (int32_t)sizeof reals};
  g.tensor[ORDER] =
      (tflite_tensor){2, {4}, 0, {0}, 0, 0, order, (int32_t)sizeof order};
  for (int t = QUANTIZED; t <= SUM; t++) g.tensor[t] = g.tensor[TF_B];
  g.op[CONSTANT_OPS + 2].input[1] = SUM;
  g.n_ops = OPS;
  g.input = TF_X;
}

static uint8_t choose(void) {
  return fuzz_choose(&g.choices);
}

static int32_t choose_number(void) {
  static const int32_t edges[] = {
      0, -1, 127, 128, 255, 256, -128, -129, 4096, INT32_MAX, INT32_MIN, 65536};
  const uint8_t choice = choose();
  const size_t n = sizeof edges / sizeof *edges;
  return choice % 2 && choice / 2 < n ? edges[choice / 2] : choice / 2 % 12;
}

static float choose_scale(void) {
  static const float edges[] = {0,         -1.0F, 1e-30F,   1e30F, INFINITY,
                                0x1p-140F, NAN,   0x1p-31F, 0.06F, 0.02F};
  const uint8_t choice = choose();
  return choice % 2 ? edges[choice / 2 % 10] : (float)(choice + 1) / 1024;
}

/* ---- Tensors. ---- */

/* Data is never longer than what there is. */
static void change_data(tflite_tensor *t) {
  const tflite_tensor *const from = &g.tensor[choose() % TENSORS];
  t->data = from->data;
  t->n_bytes = from->n_bytes > 0 ? from->n_bytes - choose() % 2 : 0;
}

static void change_shape(tflite_tensor *t) {
  const uint8_t how = choose();
  const tflite_tensor *const from = &g.tensor[choose() % TENSORS];
  const int32_t last = t->dims[0];
  if (how % 4 == 0) memcpy(t->dims, from->dims, sizeof t->dims);
  if (how % 4 == 1) t->dims[how / 4 % 4] = choose_number();
  if (how % 4 == 2) memmove(t->dims, t->dims + 1, 3 * sizeof *t->dims);
  if (how % 4 == 3) {
    t->dims[0] = t->dims[1 + how / 4 % 3];
    t->dims[1 + how / 4 % 3] = last;
  }
}

static void change_tensor(void) {
  static const int32_t types[] = {0, 2, 3, 4, 9, 7, 10, 1};
  tflite_tensor *const t = &g.tensor[choose() % TENSORS];
  const uint8_t what = choose();
  if (what % 8 == 0) t->type = types[choose() % 8];
  if (what % 8 == 1) change_shape(t);
  if (what % 8 == 2) t->n_scales = choose() % 5;
  if (what % 8 == 3) t->scale[choose() % 4] = choose_scale();
  if (what % 8 == 4) t->zero = choose_number();
  if (what % 8 == 5) t->channel_dim = choose_number();
  if (what % 8 == 6) change_data(t);
  if (what % 8 == 7) *t = g.tensor[choose() % TENSORS];
}

/* All tensors that are not weights or biases change to another type. */
static void change_all_types(void) {
  const bool is_unsigned = choose() % 2;
  for (int t = 0; t < TENSORS; t++) {
    if (g.tensor[t].type != 9 || g.tensor[t].data) continue;
    g.tensor[t].type = is_unsigned ? 3 : 9;
    g.tensor[t].zero += is_unsigned ? 128 : 0;
  }
}

/* ---- Operators. ---- */

static void change_op(void) {
  static const int32_t codes[] = {0,  1,  2,  3,  4,  6,  9,  17, 18, 22,
                                  25, 34, 39, 40, 41, 43, 50, 60, 70, 114};
  tflite_op *const op = &g.op[choose() % g.n_ops];
  const uint8_t what = choose();
  if (what % 8 == 0) op->code = codes[choose() % 20];
  if (what % 8 == 1) op->n_inputs = choose() % 4;
  if (what % 8 == 2) op->input[choose() % 3] = choose() % (TENSORS + 2) - 1;
  if (what % 8 == 3) op->output = choose() % TENSORS;
  if (what % 8 > 3) op->options[choose() % 7] = choose_number();
}

static void move_ops(void) {
  const int at = choose() % g.n_ops, other = choose() % g.n_ops;
  const tflite_op op = g.op[at];
  g.op[at] = g.op[other];
  g.op[other] = op;
}

static void change(uint8_t what) {
  if (what % 8 < 3) change_tensor();
  if (what % 8 >= 3 && what % 8 < 6) change_op();
  if (what == 6) move_ops();
  if (what == 14) g.n_ops = 1 + choose() % OPS;
  if (what == 22) g.input = choose() % TENSORS;
  if (what == 7) change_all_types();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const char *const profiles[] = {"litert-xnnpack", "litert-builtin",
                                         "tflm"};
  g.choices = (fuzz_choices){data, data + size};
  make_graph();
  const char *const profile = profiles[choose() % 3];
  for (int n = choose() % MOST_CHANGES; n >= 0; n--) change(choose());
  tflite_build(&g.sample.file, g.tensor, TENSORS, g.op, g.n_ops, g.input);
  return fuzz_read_network(g.sample.file.bytes, g.sample.file.size,
                           "net.tflite", profile, rp_network_read_tflite,
                           rp_interpret_tflite);
}

bool fuzz_make_seed(int number, fuzz_bytes *seed) {
  return fuzz_make_choices(number, seed);
}
