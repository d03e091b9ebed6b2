/* Plain loops over a convolutional network: forward pass and intervals. */
#include "conv.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/** Least and greatest value of every activation of a layer. */
typedef struct bounds {
  int32_t lo[CONV_MAX_WIDTH], hi[CONV_MAX_WIDTH];
} bounds;

int32_t conv_find_taps(const conv_shape *s, int32_t position,
                       conv_tap tap[CONV_MAX_TAPS]) {
  const int32_t top = position / s->out * s->stride - s->pad;
  const int32_t left = position % s->out * s->stride - s->pad;
  int32_t n = 0;
  for (int32_t y = 0; y < s->kernel; y++)
    for (int32_t x = 0; x < s->kernel; x++) {
      const int32_t row = top + y, column = left + x;
      if (row < 0 || row >= s->in || column < 0 || column >= s->in) continue;
      tap[n].from = (row * s->in + column) * s->c_in;
      tap[n++].weight = (y * s->kernel + x) * s->c_in;
    }
  return n;
}

rp_status conv_layer_init(conv_layer *l, const conv_shape *shape) {
  l->shape = *shape;
  l->weight = rp_alloc((size_t)conv_n_weights(shape), sizeof *l->weight);
  l->bias = rp_alloc((size_t)shape->c_out, 3 * sizeof *l->bias);
  if (!l->weight || !l->bias) return RP_E_MEMORY;
  l->multiplier = l->bias + shape->c_out;
  l->shift = l->multiplier + shape->c_out;
  return RP_OK;
}

void conv_net_fini(conv_net *net) {
  for (int32_t k = 0; k < CONV_LAYERS; k++) {
    free(net->layer[k].weight);
    free(net->layer[k].bias);
  }
  memset(net, 0, sizeof *net);
}

/** a / b, rounded up. Range: b > 0. */
static int64_t divide_up(int64_t a, int64_t b) {
  return a > 0 ? (a - 1) / b + 1 : a / b;
}

int64_t conv_find_threshold(const conv_layer *l, int32_t c, int32_t v) {
  const int64_t one = (int64_t)1 << l->shift[c];
  return divide_up(v * one - one / 2, l->multiplier[c]);
}

int32_t conv_round(const conv_layer *l, int32_t c, int64_t z) {
  const int64_t one = (int64_t)1 << l->shift[c];
  const int64_t above_lo = z * l->multiplier[c] + one / 2 - l->lo * one;
  if (above_lo < 0) return l->lo;
  const int64_t steps = above_lo / one;
  return steps > l->hi - l->lo ? l->hi : l->lo + (int32_t)steps;
}

/** Least and greatest value of an accumulator. */
static void bound_sum(const conv_layer *l, const conv_tap *tap, int32_t n_taps,
                      int32_t channel, const bounds *in, int64_t z[2]) {
  const int8_t *row = &l->weight[channel * conv_row_size(&l->shape)];
  z[0] = z[1] = l->bias[channel];
  for (int32_t t = 0; t < n_taps; t++)
    for (int32_t c = 0; c < l->shape.c_in; c++) {
      const int64_t w = row[tap[t].weight + c];
      const int32_t lo = in->lo[tap[t].from + c], hi = in->hi[tap[t].from + c];
      z[0] += w * (w < 0 ? hi : lo);
      z[1] += w * (w < 0 ? lo : hi);
    }
}

static void bound_layer(const conv_layer *l, const bounds *in, bounds *out) {
  const conv_shape *s = &l->shape;
  for (int32_t p = 0; p < s->out * s->out; p++) {
    conv_tap tap[CONV_MAX_TAPS];
    const int32_t n_taps = conv_find_taps(s, p, tap);
    for (int32_t c = 0; c < s->c_out; c++) {
      int64_t z[2];
      bound_sum(l, tap, n_taps, c, in, z);
      out->lo[p * s->c_out + c] = conv_round(l, c, z[0]);
      out->hi[p * s->c_out + c] = conv_round(l, c, z[1]);
    }
  }
}

/** Bounds of the last hidden layer for all inputs within `radius` of x. */
static void bound_hidden(const conv_net *net, const uint8_t *x, int32_t radius,
                         bounds *top) {
  bounds in;
  for (int32_t i = 0; i < DIGITS_PIXELS; i++) {
    in.lo[i] = x[i] > radius ? x[i] - radius : 0;
    in.hi[i] = x[i] + radius < 255 ? x[i] + radius : 255;
  }
  for (int32_t k = 0; k + 1 < CONV_LAYERS; k++) {
    bound_layer(&net->layer[k], &in, top);
    in = *top;
  }
}

void conv_find_sums(const conv_net *net, const uint8_t *x,
                    int64_t z[DIGITS_CLASSES]) {
  const conv_layer *last = &net->layer[CONV_LAYERS - 1];
  conv_tap tap[CONV_MAX_TAPS];
  bounds top;
  bound_hidden(net, x, 0, &top);
  const int32_t n_taps = conv_find_taps(&last->shape, 0, tap);
  for (int32_t j = 0; j < DIGITS_CLASSES; j++) {
    int64_t both[2];
    bound_sum(last, tap, n_taps, j, &top, both);
    z[j] = both[0];
  }
}

int32_t conv_predict(const conv_net *net, const uint8_t *x) {
  int64_t z[DIGITS_CLASSES];
  int32_t out[DIGITS_CLASSES];
  conv_find_sums(net, x, z);
  for (int32_t j = 0; j < DIGITS_CLASSES; j++)
    out[j] = conv_round(&net->layer[CONV_LAYERS - 1], j, z[j]);
  return rp_first_max(out, DIGITS_CLASSES);
}

/** May class j win? Not if the label's output is greater, or equal with the
 *  label first. As the outputs have one staircase, an accumulator that is not
 *  less gives an output that is not less; and one that is greater by a step
 *  gives a greater one, unless the label's is clamped. */
static bool can_win(const conv_layer *l, int32_t j, int32_t label,
                    const bounds *in) {
  const int32_t n = conv_row_size(&l->shape);
  int64_t lead = l->bias[label] - l->bias[j], label_z[2];
  conv_tap tap[CONV_MAX_TAPS];
  for (int32_t i = 0; i < n; i++) {
    const int64_t w = l->weight[label * n + i] - l->weight[j * n + i];
    lead += w * (w < 0 ? in->hi[i] : in->lo[i]);
  }
  if (label < j) return lead < 0;
  bound_sum(l, tap, conv_find_taps(&l->shape, 0, tap), label, in, label_z);
  const int64_t step =
      divide_up((int64_t)1 << l->shift[label], l->multiplier[label]);
  return lead < step || conv_round(l, label, label_z[0]) == l->lo ||
         conv_round(l, label, label_z[1]) == l->hi;
}

static bool is_certified(const conv_net *net, const uint8_t *x, int32_t label,
                         int32_t radius) {
  bounds top;
  bound_hidden(net, x, radius, &top);
  for (int32_t j = 0; j < DIGITS_CLASSES; j++)
    if (j != label && can_win(&net->layer[CONV_LAYERS - 1], j, label, &top))
      return false;
  return true;
}

int32_t conv_certify(const conv_net *net, const uint8_t *x, int32_t label,
                     int32_t cap) {
  int32_t radius = 0;
  if (conv_predict(net, x) != label) return -1;
  while (radius < cap && is_certified(net, x, label, radius + 1)) radius++;
  return radius;
}
