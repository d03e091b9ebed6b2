/* Convolutions: every function against plain loops over weights, and these
 * against the textbook. */
#include "net/op_conv.h"

#include "op_checks.h"
#include "rampart/status.h"

enum { ROUNDS = 500 };

/* Small shapes, with windows that hang over or lie outside. */
static rp_conv_shape draw_shape(rp_rng *rng) {
  const int32_t groups = rp_rng_below(rng, 2) ? 1 : (int32_t)between(rng, 1, 5);
  const int32_t most = rp_rng_below(rng, 3) == 0 ? 1 : 4; /* 1: depthwise */
  return (rp_conv_shape){
      .in_h = (int32_t)between(rng, 1, 7),
      .in_w = (int32_t)between(rng, 1, 7),
      .in_c = groups * (int32_t)between(rng, 1, most),
      .out_h = (int32_t)between(rng, 1, 6),
      .out_w = (int32_t)between(rng, 1, 6),
      .out_c = groups * (int32_t)between(rng, 1, most),
      .kernel_h = (int32_t)between(rng, 1, 5),
      .kernel_w = (int32_t)between(rng, 1, 5),
      .stride_h = (int32_t)between(rng, 1, 3),
      .stride_w = (int32_t)between(rng, 1, 3),
      .dilation_h = (int32_t)between(rng, 1, 3),
      .dilation_w = rp_rng_below(rng, 2) ? 1 : (int32_t)between(rng, 1, 3),
      .pad_top = (int32_t)between(rng, 0, 4),
      .pad_left = (int32_t)between(rng, 0, 4),
      .groups = groups,
  };
}

/* Windows of more taps than fit a patch, one of them a dense layer. */
static rp_conv_shape draw_large_window(rp_rng *rng) {
  const int32_t pad = (int32_t)between(rng, 0, 2);
  const int32_t groups = rp_rng_below(rng, 3) == 0 ? 2 : 1;
  return (rp_conv_shape){8, 8, 20 * groups, 2, 2,   2 * groups, 8,     8,
                         1, 1, 1,           1, pad, pad,        groups};
}

/* Pointwise: one run of channels at each position. */
static rp_conv_shape draw_pointwise(rp_rng *rng) {
  const int32_t stride = (int32_t)between(rng, 1, 2);
  return (rp_conv_shape){6, 5, 9, 3, 3, 7, 1, 1, stride, 1, 1, 1, 0, 0, 1};
}

static rp_conv_shape draw(rp_rng *rng, int32_t round) {
  if (round % 50 == 0) return draw_large_window(rng);
  if (round % 10 == 1) return draw_pointwise(rng);
  return draw_shape(rng);
}

static int32_t *draw_weights(rp_rng *rng, const rp_conv_shape *shape,
                             int32_t size) {
  const int32_t n = rp_conv_count_weights(shape);
  int32_t *weights = some(n, sizeof *weights);
  for (int32_t k = 0; k < n; k++)
    weights[k] = (int32_t)between(rng, -size - 1, size);
  return weights;
}

static rp_op *build(rp_rng *rng, const rp_conv_shape *shape, int32_t size) {
  int32_t *weights = draw_weights(rng, shape, size);
  rp_op *op = NULL;
  rp_error err;
  assert_int_equal(rp_op_conv_create(shape, weights, &op, &err), RP_OK);
  assert_string_equal(op->kind->name, "conv");
  assert_memory_equal(rp_op_conv_shape(op), shape, sizeof *shape);
  for (int32_t k = 0; k < rp_conv_count_weights(shape); k++)
    assert_int_equal(rp_op_conv_weights(op)[k], weights[k]);
  free(weights);
  return op;
}

static void functions_equal_loops_over_weights(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < ROUNDS; round++) {
    const rp_conv_shape shape = draw(&rng, round);
    const int32_t size = rp_rng_below(&rng, 2) ? 9 : 2000;
    rp_op *op = build(&rng, &shape, size);
    check_operator(&rng, op);
    rp_op_free(op);
  }
}

/* Activations that leave 16 bits take other loops. */
static void wide_activations(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < ROUNDS; round++) {
    const rp_conv_shape shape = draw(&rng, round);
    rp_op *op = build(&rng, &shape, 1);
    op_scene s;
    op_scene_init(&rng, op, &s);
    check_integer_passes(&s, 32767 / 5);
    check_integer_passes(&s, -32768 / 4);
    check_integer_passes(&s, -100000);
    op_scene_fini(&s);
    rp_op_free(op);
  }
}

/* The definition: six loops. */
static int64_t convolve(const rp_conv_shape *s, const int32_t *weights,
                        const uint8_t *x, const int32_t out[3]) {
  const int32_t per_group = s->in_c / s->groups;
  const int32_t group = out[2] / (s->out_c / s->groups);
  int64_t sum = 0;
  for (int32_t ky = 0; ky < s->kernel_h; ky++)
    for (int32_t kx = 0; kx < s->kernel_w; kx++)
      for (int32_t c = 0; c < per_group; c++) {
        const int32_t iy =
            out[0] * s->stride_h - s->pad_top + ky * s->dilation_h;
        const int32_t ix =
            out[1] * s->stride_w - s->pad_left + kx * s->dilation_w;
        if (iy < 0 || iy >= s->in_h || ix < 0 || ix >= s->in_w) continue;
        sum +=
            (int64_t)weights[((out[2] * s->kernel_h + ky) * s->kernel_w + kx) *
                                 per_group +
                             c] *
            x[(iy * s->in_w + ix) * s->in_c + group * per_group + c];
      }
  return sum;
}

static void equals_the_textbook(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < ROUNDS; round++) {
    const rp_conv_shape s = draw(&rng, round);
    int32_t *weights = draw_weights(&rng, &s, INT16_MAX);
    rp_op *op = NULL;
    assert_int_equal(rp_op_conv_create(&s, weights, &op, NULL), RP_OK);
    uint8_t *x = some(op->n_in, sizeof *x);
    int32_t *z = some(op->n_out, sizeof *z);
    for (int32_t j = 0; j < op->n_in; j++)
      x[j] = (uint8_t)rp_rng_below(&rng, 16);
    op->kind->apply_bytes(op, x, z);
    for (int32_t oy = 0, i = 0; oy < s.out_h; oy++)
      for (int32_t ox = 0; ox < s.out_w; ox++)
        for (int32_t oc = 0; oc < s.out_c; oc++, i++) {
          const int32_t out[3] = {oy, ox, oc};
          assert_true(z[i] == convolve(&s, weights, x, out));
        }
    free(weights);
    free(x);
    free(z);
    rp_op_free(op);
  }
}

static bool has_same_channel(const rp_op *op, int32_t a, int32_t b) {
  const int32_t out_c = rp_op_conv_shape(op)->out_c;
  return a % out_c == b % out_c;
}

static void clearing_a_row_clears_its_channel(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 1; round < ROUNDS / 5; round++) {
    const rp_conv_shape shape = draw(&rng, round);
    rp_op *op = build(&rng, &shape, 9);
    check_cleared(&rng, op, has_same_channel);
    rp_op_free(op);
  }
}

static void expect_error(rp_conv_shape shape, int32_t weight,
                         const char *text) {
  const int32_t weights[4] = {0, 0, weight, 0};
  rp_op *op = NULL;
  rp_error err;
  assert_int_equal(rp_op_conv_create(&shape, weights, &op, &err), RP_E_INPUT);
  assert_string_equal(err.text, text);
  assert_null(op);
}

static void bad_shapes_are_told(void **state) {
  (void)state;
  const rp_conv_shape good = {.in_h = 2,
                              .in_w = 2,
                              .in_c = 1,
                              .out_h = 1,
                              .out_w = 1,
                              .out_c = 1,
                              .kernel_h = 2,
                              .kernel_w = 2,
                              .stride_h = 1,
                              .stride_w = 1,
                              .dilation_h = 1,
                              .dilation_w = 1,
                              .groups = 1};
  rp_conv_shape s = good;
  expect_error(good, 32768,
               "convolution, output channel 0, tap 2: expected a weight in "
               "-32768..32767, found 32768");
  s.stride_w = 0;
  expect_error(s, 0,
               "convolution, horizontal stride: expected at least 1, found 0");
  s = good;
  s.pad_top = -1;
  expect_error(s, 0,
               "convolution, padding above: expected at least 0, found -1");
  s = good;
  s.groups = 2;
  expect_error(s, 0,
               "convolution: expected groups that divide 1 input and 1 output "
               "channels, found 2");
  s = good;
  s.in_h = s.in_w = 1 << 16;
  expect_error(s, 0,
               "convolution: expected at most 2147483647 inputs and outputs, "
               "found 65536 x 65536 x 1 and 1 x 1 x 1");
  s = good;
  s.kernel_h = s.kernel_w = INT32_MAX;
  expect_error(s, 0,
               "convolution: expected at most 2147483647 weights, found "
               "1 x 2147483647 x 2147483647 x 1");
  s = good;
  s.out_h = 3;
  s.stride_h = 1 << 30;
  expect_error(s, 0,
               "convolution: expected windows that reach at most 2147483647 "
               "numbers down, found 3 outputs with stride 1073741824 and a "
               "kernel of 2 with dilation 1");
}

/* The largest numbers that pass are no trouble: all windows but one lie outside
 * the input. */
static void far_windows_are_empty(void **state) {
  (void)state;
  const rp_conv_shape shape = {1,         1, 1, 2, 2, 1,         1, 1,
                               INT32_MAX, 1, 1, 1, 0, INT32_MAX, 1};
  const int32_t weight = 5;
  rp_op *op = NULL;
  assert_int_equal(rp_op_conv_create(&shape, &weight, &op, NULL), RP_OK);
  assert_int_equal(op->kind->count(op), 0);
  rp_rng rng = rng_of_test(__func__);
  check_operator(&rng, op);
  rp_op_free(op);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(functions_equal_loops_over_weights),
      cmocka_unit_test(wide_activations),
      cmocka_unit_test(equals_the_textbook),
      cmocka_unit_test(clearing_a_row_clears_its_channel),
      cmocka_unit_test(bad_shapes_are_told),
      cmocka_unit_test(far_windows_are_empty),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
