/* Convolutions: where windows lie, and building.
 *
 * With channels last, a window's row is one run of numbers in the input and in
 * the weights of every row. Passes (op_conv_window.c) copy a window's runs to a
 * patch and treat it as a dense operator does its input. */
#include "net/op_conv.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "net/op_conv_internal.h"

static void free_conv(rp_op *op) {
  rp_conv *c = (rp_conv *)op;
  free(c->y);
  free(c->x);
  free(c->weight);
  free(c->by_tap);
  free(c);
}

/* -------------------------------------------------------------------- taps */

/* The tap of a window along one axis that reads coordinate `at`; -1 if none. */
static int32_t find_tap(rp_span span, int32_t dilation, int32_t at) {
  const int64_t distance = (int64_t)at - span.origin;
  if (distance < 0 || distance % dilation != 0) return -1;
  const int64_t tap = distance / dilation;
  return tap >= span.from && tap < span.to ? (int32_t)tap : -1;
}

static int32_t get_weight(const rp_op *op, int32_t row, int32_t col) {
  RP_ASSERT(row >= 0 && row < op->n_out && col >= 0 && col < op->n_in);
  const rp_conv *c = rp_conv_of(op);
  const rp_conv_shape *s = &c->shape;
  const int32_t oc = row % s->out_c, position = row / s->out_c;
  const int32_t ic = col % s->in_c, place = col / s->in_c;
  const int32_t ky =
      find_tap(c->y[position / s->out_w], s->dilation_h, place / s->in_w);
  const int32_t kx =
      find_tap(c->x[position % s->out_w], s->dilation_w, place % s->in_w);
  if (ky < 0 || kx < 0 || ic / c->group_in != oc / c->group_out) return 0;
  const int32_t tap = (ky * s->kernel_w + kx) * c->group_in + ic % c->group_in;
  return c->weight[(size_t)oc * (size_t)c->taps + (size_t)tap];
}

static rp_taps get_row_taps(const rp_op *op, int32_t row, rp_tap_space space) {
  RP_ASSERT(row >= 0 && row < op->n_out);
  const rp_conv *c = rp_conv_of(op);
  const int32_t oc = row % c->shape.out_c;
  const int16_t *weight = c->weight + (size_t)oc * (size_t)c->taps;
  const rp_window window =
      rp_conv_window(c, row / c->shape.out_c, oc / c->group_out);
  rp_walk at = {0};
  rp_run run;
  int32_t n = 0;
  while (rp_window_next(&window, &at, &run))
    for (int32_t t = 0; t < run.n; t++, n++) {
      space.index[n] = run.col + t;
      space.weight[n] = weight[run.tap + t];
    }
  return (rp_taps){n, space.index, space.weight};
}

/* The rows at one position that have a given tap of a group. */
static int32_t add_readers(const rp_conv *c, int32_t position, int32_t group,
                           int32_t tap, rp_tap_space space, int32_t n) {
  const int32_t first = group * c->group_out;
  for (int32_t oc = first; oc < first + c->group_out; oc++, n++) {
    space.index[n] = position * c->shape.out_c + oc;
    space.weight[n] = c->weight[(size_t)oc * (size_t)c->taps + (size_t)tap];
  }
  return n;
}

/* The first window along an axis that may reach a coordinate, and one past the
 * last. */
static rp_span find_windows(int32_t at, int32_t pad, int32_t stride,
                            int32_t reach, int32_t n) {
  const int64_t end = (int64_t)at + pad, start = end - reach;
  const int64_t from = start <= 0 ? 0 : (start + stride - 1) / stride;
  const int64_t to = end / stride + 1;
  return (rp_span){0, (int32_t)(from < n ? from : n),
                   (int32_t)(to < n ? to : n)};
}

static rp_taps get_column_taps(const rp_op *op, int32_t col,
                               rp_tap_space space) {
  RP_ASSERT(col >= 0 && col < op->n_in);
  const rp_conv *c = rp_conv_of(op);
  const rp_conv_shape *s = &c->shape;
  const int32_t ic = col % s->in_c, place = col / s->in_c;
  const int32_t iy = place / s->in_w, ix = place % s->in_w;
  const rp_span rows = find_windows(
      iy, s->pad_top, s->stride_h, (s->kernel_h - 1) * s->dilation_h, s->out_h);
  const rp_span cols =
      find_windows(ix, s->pad_left, s->stride_w,
                   (s->kernel_w - 1) * s->dilation_w, s->out_w);
  int32_t n = 0;
  for (int32_t oy = rows.from; oy < rows.to; oy++) {
    const int32_t ky = find_tap(c->y[oy], s->dilation_h, iy);
    for (int32_t ox = cols.from; ky >= 0 && ox < cols.to; ox++) {
      const int32_t kx = find_tap(c->x[ox], s->dilation_w, ix);
      if (kx < 0) continue;
      const int32_t tap =
          (ky * s->kernel_w + kx) * c->group_in + ic % c->group_in;
      n = add_readers(c, oy * s->out_w + ox, ic / c->group_in, tap, space, n);
    }
  }
  return (rp_taps){n, space.index, space.weight};
}

static int32_t get_period(const rp_op *op) {
  return rp_conv_of(op)->shape.out_c;
}

static void clear_row(rp_op *op, int32_t row) {
  RP_ASSERT(row >= 0 && row < op->n_out);
  rp_conv *c = (rp_conv *)op;
  const size_t oc = (size_t)(row % c->shape.out_c);
  memset(c->weight + oc * (size_t)c->taps, 0,
         (size_t)c->taps * sizeof *c->weight);
  for (size_t t = 0; c->by_tap && t < (size_t)c->taps; t++)
    c->by_tap[t * (size_t)c->shape.out_c + oc] = 0;
}

static int64_t count_taps(const rp_op *op) {
  return rp_conv_of(op)->count;
}

static const rp_op_kind conv_kind = {
    .name = "conv",
    .free = free_conv,
    .weight = get_weight,
    .row = get_row_taps,
    .column = get_column_taps,
    .period = get_period,
    .clear_row = clear_row,
    .count = count_taps,
    .apply_bytes = rp_conv_apply_bytes,
    .apply = rp_conv_apply,
    .range_narrow = rp_conv_range_narrow,
    .range = rp_conv_range,
    .apply_float = rp_conv_apply_float,
    .apply_real = rp_conv_apply_real,
    .transpose_float = rp_conv_transpose_float,
    .transpose = rp_conv_transpose,
    .transpose_exact = rp_conv_transpose_exact,
    .transpose_gradient = rp_conv_transpose_gradient,
    .transpose_sizes = rp_conv_transpose_sizes,
};

/* ---------------------------------------------------------------- checking */

static rp_status check_numbers(const rp_conv_shape *s, rp_error *err) {
  const struct {
    const char *name;
    int32_t value, least;
  } numbers[] = {
      {"input height", s->in_h, 1},
      {"input width", s->in_w, 1},
      {"input channels", s->in_c, 1},
      {"output height", s->out_h, 1},
      {"output width", s->out_w, 1},
      {"output channels", s->out_c, 1},
      {"kernel height", s->kernel_h, 1},
      {"kernel width", s->kernel_w, 1},
      {"vertical stride", s->stride_h, 1},
      {"horizontal stride", s->stride_w, 1},
      {"vertical dilation", s->dilation_h, 1},
      {"horizontal dilation", s->dilation_w, 1},
      {"padding above", s->pad_top, 0},
      {"padding on the left", s->pad_left, 0},
      {"groups", s->groups, 1},
  };
  for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++)
    if (numbers[k].value < numbers[k].least)
      return rp_fail(err, RP_E_INPUT,
                     "convolution, %s: expected at least %d, found %d",
                     numbers[k].name, numbers[k].least, numbers[k].value);
  return RP_OK;
}

/* Is a product of positive numbers within int32? */
static bool is_small(int32_t a, int32_t b, int32_t c) {
  const int64_t ab = (int64_t)a * b;
  return ab <= INT32_MAX && ab * c <= INT32_MAX;
}

static rp_status check_sizes(const rp_conv_shape *s, rp_error *err) {
  if (s->in_c % s->groups != 0 || s->out_c % s->groups != 0)
    return rp_fail(err, RP_E_INPUT,
                   "convolution: expected groups that divide %d input and %d "
                   "output channels, found %d",
                   s->in_c, s->out_c, s->groups);
  if (!is_small(s->in_h, s->in_w, s->in_c) ||
      !is_small(s->out_h, s->out_w, s->out_c))
    return rp_fail(err, RP_E_INPUT,
                   "convolution: expected at most %d inputs and outputs, found "
                   "%d x %d x %d and %d x %d x %d",
                   INT32_MAX, s->in_h, s->in_w, s->in_c, s->out_h, s->out_w,
                   s->out_c);
  if (!is_small(s->kernel_h, s->kernel_w, s->in_c / s->groups) ||
      !is_small(s->out_c, s->kernel_h * s->kernel_w, s->in_c / s->groups))
    return rp_fail(err, RP_E_INPUT,
                   "convolution: expected at most %d weights, found "
                   "%d x %d x %d x %d",
                   INT32_MAX, s->out_c, s->kernel_h, s->kernel_w,
                   s->in_c / s->groups);
  return RP_OK;
}

/* The last window's last tap must have a coordinate of 32 bits. */
static rp_status check_axis(const char *axis, const int32_t numbers[4],
                            rp_error *err) {
  const int32_t out = numbers[0], stride = numbers[1];
  const int32_t kernel = numbers[2], dilation = numbers[3];
  const int64_t start = (int64_t)(out - 1) * stride;
  const int64_t reach = (int64_t)(kernel - 1) * dilation;
  if (start <= INT32_MAX && reach <= INT32_MAX && start + reach <= INT32_MAX)
    return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "convolution: expected windows that reach at most %d numbers "
                 "%s, found %d outputs with stride %d and a kernel of %d with "
                 "dilation %d",
                 INT32_MAX, axis, out, stride, kernel, dilation);
}

static rp_status check_shape(const rp_conv_shape *s, rp_error *err) {
  RP_TRY(check_numbers(s, err));
  RP_TRY(check_sizes(s, err));
  const int32_t down[4] = {s->out_h, s->stride_h, s->kernel_h, s->dilation_h};
  const int32_t right[4] = {s->out_w, s->stride_w, s->kernel_w, s->dilation_w};
  RP_TRY(check_axis("down", down, err));
  return check_axis("to the right", right, err);
}

static rp_status check_weights(const rp_conv_shape *s, const int32_t *weights,
                               rp_error *err) {
  const int32_t n = rp_conv_count_weights(s), taps = n / s->out_c;
  for (int32_t k = 0; k < n; k++)
    if (weights[k] < INT16_MIN || weights[k] > INT16_MAX)
      return rp_fail(err, RP_E_INPUT,
                     "convolution, output channel %d, tap %d: expected a "
                     "weight in %d..%d, found %d",
                     k / taps, k % taps, INT16_MIN, INT16_MAX, weights[k]);
  return RP_OK;
}

/* ---------------------------------------------------------------- building */

/* The sum of existing taps over an axis. */
static int64_t place_windows(rp_span *span, const int32_t numbers[6]) {
  const int32_t out = numbers[0], in = numbers[1], kernel = numbers[2];
  const int32_t stride = numbers[3], dilation = numbers[4], pad = numbers[5];
  int64_t sum = 0;
  for (int32_t o = 0; o < out; o++) {
    const int64_t origin = (int64_t)o * stride - pad;
    int64_t from = origin < 0 ? (-origin + dilation - 1) / dilation : 0;
    int64_t to = origin < in ? (in - 1 - origin) / dilation + 1 : 0;
    if (to > kernel) to = kernel;
    if (from > to) from = to;
    span[o] = (rp_span){(int32_t)origin, (int32_t)from, (int32_t)to};
    sum += to - from;
  }
  return sum;
}

static void place(rp_conv *c) {
  const rp_conv_shape *s = &c->shape;
  const int32_t down[6] = {s->out_h,    s->in_h,       s->kernel_h,
                           s->stride_h, s->dilation_h, s->pad_top};
  const int32_t right[6] = {s->out_w,    s->in_w,       s->kernel_w,
                            s->stride_w, s->dilation_w, s->pad_left};
  const int64_t taps_y = place_windows(c->y, down);
  const int64_t taps_x = place_windows(c->x, right);
  c->count = taps_y * taps_x * c->group_in * s->out_c;
}

static bool is_depthwise(const rp_conv_shape *s) {
  return s->groups > 1 && s->groups == s->in_c && s->groups == s->out_c;
}

static rp_conv *allocate(const rp_conv_shape *s) {
  rp_conv *c = rp_alloc(1, sizeof *c);
  if (!c) return NULL;
  c->op = (rp_op){&conv_kind, s->out_h * s->out_w * s->out_c,
                  s->in_h * s->in_w * s->in_c};
  c->shape = *s;
  c->group_in = s->in_c / s->groups;
  c->group_out = s->out_c / s->groups;
  c->taps = s->kernel_h * s->kernel_w * c->group_in;
  c->has_row_runs = s->groups == 1 && s->dilation_w == 1;
  c->may_be_run = s->kernel_h == 1 && (c->has_row_runs || s->kernel_w == 1);
  const size_t n_weights = (size_t)rp_conv_count_weights(s);
  c->y = rp_alloc((size_t)s->out_h, sizeof *c->y);
  c->x = rp_alloc((size_t)s->out_w, sizeof *c->x);
  c->weight = rp_alloc(n_weights, sizeof *c->weight);
  if (is_depthwise(s)) c->by_tap = rp_alloc(n_weights, sizeof *c->by_tap);
  if (c->y && c->x && c->weight && (c->by_tap || !is_depthwise(s))) return c;
  free_conv(&c->op);
  return NULL;
}

static void set_weights(rp_conv *c, const int32_t *weights) {
  const size_t taps = (size_t)c->taps, out_c = (size_t)c->shape.out_c;
  for (size_t oc = 0; oc < out_c; oc++)
    for (size_t t = 0; t < taps; t++) {
      const int16_t weight = (int16_t)weights[oc * taps + t];
      c->weight[oc * taps + t] = weight;
      if (c->by_tap) c->by_tap[t * out_c + oc] = weight;
    }
}

rp_status rp_op_conv_create(const rp_conv_shape *shape, const int32_t *weights,
                            rp_op **op, rp_error *err) {
  RP_TRY(check_shape(shape, err));
  RP_TRY(check_weights(shape, weights, err));
  rp_conv *c = allocate(shape);
  if (!c)
    return rp_fail(err, RP_E_MEMORY, "out of memory while building a network");
  place(c);
  set_weights(c, weights);
  *op = &c->op;
  return RP_OK;
}

const rp_conv_shape *rp_op_conv_shape(const rp_op *op) {
  return op->kind == &conv_kind ? &rp_conv_of(op)->shape : NULL;
}

const int16_t *rp_op_conv_weights(const rp_op *op) {
  return op->kind == &conv_kind ? rp_conv_of(op)->weight : NULL;
}
