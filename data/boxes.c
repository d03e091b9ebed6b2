#include "boxes.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

/** The least scale of weights is this over 127: a channel that has nearly died
 *  keeps a bias that an accumulator can hold. */
static const float LEAST_WEIGHT = 0.01f;

rp_status box_layer_init(box_layer *l, const conv_shape *shape) {
  l->shape = *shape;
  l->n_weights = conv_n_weights(shape);
  const int32_t n = l->n_weights + shape->c_out;
  RP_TRY(descent_init(&l->parameters, n));
  l->rounded = rp_alloc((size_t)n, 3 * sizeof(float));
  l->gradient = rp_alloc((size_t)n, sizeof(lanes));
  if (!l->rounded || !l->gradient) return RP_E_MEMORY;
  l->scaled = l->rounded + n;
  l->multiplier = l->scaled + n;
  return RP_OK;
}

void box_layer_fini(box_layer *l) {
  descent_fini(&l->parameters);
  free(l->rounded);
  free(l->gradient);
}

/** Nearest integer, half away from zero. Range: |x| < 2^31. */
static float nearest(float x) {
  return (float)(x < 0 ? -(int32_t)(0.5f - x) : (int32_t)(x + 0.5f));
}

/** What one step of n weights stands for: the largest becomes 127. */
static float find_scale(const float *w, int32_t n) {
  float top = LEAST_WEIGHT;
  for (int32_t i = 0; i < n; i++) {
    const float size = w[i] < 0 ? -w[i] : w[i];
    if (size > top) top = size;
  }
  return top / 127;
}

void box_round_parameters(box_layer *l, bool is_output) {
  const int32_t n = conv_row_size(&l->shape);
  const float *value = l->parameters.value;
  const float common = find_scale(value, l->n_weights);
  for (int32_t c = 0; c < l->shape.c_out; c++) {
    const float scale = is_output ? common : find_scale(&value[c * n], n);
    const float unit = scale * l->in_unit;
    l->multiplier[c] = unit / l->out_unit;
    for (int32_t i = c * n; i < (c + 1) * n; i++) {
      l->rounded[i] = nearest(value[i] / scale);
      l->scaled[i] = l->rounded[i] * l->multiplier[c];
    }
    l->rounded[l->n_weights + c] = nearest(value[l->n_weights + c] / unit);
  }
}

/** middle += w in_middle, half += |w| in_half. */
static void add_weight(float w, const float *restrict in_middle,
                       const float *restrict in_half, float *restrict middle,
                       float *restrict half) {
  const float size = w < 0 ? -w : w;
  for (int i = 0; i < LANES; i++) {
    middle[i] += w * in_middle[i];
    half[i] += size * in_half[i];
  }
}

static void add_window(const box_layer *l, const conv_tap *tap, int32_t n_taps,
                       int32_t channel, const box *in, lanes middle,
                       lanes half) {
  const float *row = &l->rounded[channel * conv_row_size(&l->shape)];
  for (int i = 0; i < LANES; i++) {
    middle[i] = l->rounded[l->n_weights + channel];
    half[i] = 0;
  }
  for (int32_t t = 0; t < n_taps; t++)
    for (int32_t c = 0; c < l->shape.c_in; c++)
      add_weight(row[tap[t].weight + c], in->middle[tap[t].from + c],
                 in->half[tap[t].from + c], middle, half);
}

/** Activation 0..255 of an accumulator. */
static float round_sum(float z, float multiplier) {
  float a = z * multiplier + 0.5f;
  a = a < 0 ? 0 : a;
  a = a > 255 ? 255 : a;
  return (float)(int32_t)a;
}

static void round_box(box_layer *l, int32_t neuron, float multiplier) {
  const float *middle = l->sum.middle[neuron], *half = l->sum.half[neuron];
  for (int i = 0; i < LANES; i++) {
    const float lo = round_sum(middle[i] - half[i], multiplier);
    const float hi = round_sum(middle[i] + half[i], multiplier);
    l->out.middle[neuron][i] = (hi + lo) / 2;
    l->out.half[neuron][i] = (hi - lo) / 2;
  }
}

void box_forward(box_layer *l, const box *in) {
  const conv_shape *s = &l->shape;
  for (int32_t p = 0; p < s->out * s->out; p++) {
    conv_tap tap[CONV_MAX_TAPS];
    const int32_t n_taps = conv_find_taps(s, p, tap);
    for (int32_t c = 0; c < s->c_out; c++) {
      const int32_t neuron = p * s->c_out + c;
      add_window(l, tap, n_taps, c, in, l->sum.middle[neuron],
                 l->sum.half[neuron]);
      round_box(l, neuron, l->multiplier[c]);
    }
  }
}

/** What of the gradient d passes the staircase at z. */
static float pass_gradient(float z, float multiplier, float d) {
  const float a = z * multiplier;
  return (a < 0) | ((a > 255) & (d < 0)) ? 0 : d;
}

/** From the gradient by a neuron's activations to that by its accumulators. */
static void pass_box(const box_layer *l, int32_t neuron, float multiplier,
                     lanes d_middle, lanes d_half) {
  const float *middle = l->sum.middle[neuron], *half = l->sum.half[neuron];
  const float *by_middle = l->above.middle[neuron];
  const float *by_half = l->above.half[neuron];
  for (int i = 0; i < LANES; i++) {
    const float lo = pass_gradient(middle[i] - half[i], multiplier,
                                   (by_middle[i] - by_half[i]) / 2);
    const float hi = pass_gradient(middle[i] + half[i], multiplier,
                                   (by_middle[i] + by_half[i]) / 2);
    d_middle[i] = hi + lo;
    d_half[i] = hi - lo;
  }
}

/** Gradient by a weight that multiplies one activation. */
static void pull_weight(float w, const lanes d_middle, const lanes d_half,
                        const float *restrict in_middle,
                        const float *restrict in_half,
                        float *restrict gradient) {
  const float sign = w < 0 ? -1 : w > 0 ? 1 : 0;
  for (int i = 0; i < LANES; i++)
    gradient[i] += d_middle[i] * in_middle[i] + sign * d_half[i] * in_half[i];
}

void box_backward(box_layer *l, const box *in, box *below) {
  const conv_shape *s = &l->shape;
  for (int32_t p = 0; p < s->out * s->out; p++) {
    conv_tap tap[CONV_MAX_TAPS];
    const int32_t n_taps = conv_find_taps(s, p, tap);
    for (int32_t c = 0; c < s->c_out; c++) {
      lanes d_middle, d_half;
      pass_box(l, p * s->c_out + c, l->multiplier[c], d_middle, d_half);
      for (int32_t t = 0; t < n_taps; t++)
        for (int32_t i = 0; i < s->c_in; i++) {
          const int32_t from = tap[t].from + i;
          const int32_t at = c * conv_row_size(s) + tap[t].weight + i;
          pull_weight(l->scaled[at], d_middle, d_half, in->middle[from],
                      in->half[from], l->gradient[at]);
          if (below)
            add_weight(l->scaled[at], d_middle, d_half, below->middle[from],
                       below->half[from]);
        }
      for (int i = 0; i < LANES; i++)
        l->gradient[l->n_weights + c][i] += d_middle[i];
    }
  }
}

void box_bound_margins(const box_layer *l, const box *in, int32_t label,
                       lanes margin[DIGITS_CLASSES]) {
  const int32_t n = conv_row_size(&l->shape);
  const float *bias = &l->rounded[l->n_weights];
  for (int32_t j = 0; j < DIGITS_CLASSES; j++) {
    lanes middle = {0}, half = {0};
    for (int32_t i = 0; i < n; i++)
      add_weight(l->rounded[j * n + i] - l->rounded[label * n + i],
                 in->middle[i], in->half[i], middle, half);
    for (int i = 0; i < LANES; i++)
      margin[j][i] =
          (middle[i] + half[i] + bias[j] - bias[label]) * l->multiplier[j];
  }
}

void box_pull_margins(box_layer *l, const box *in, int32_t label,
                      const lanes by_margin[DIGITS_CLASSES], box *below) {
  const int32_t n = conv_row_size(&l->shape);
  for (int32_t j = 0; j < DIGITS_CLASSES; j++) {
    const float *d = by_margin[j];
    for (int32_t i = 0; i < n && j != label; i++) {
      const float w = l->scaled[j * n + i] - l->scaled[label * n + i];
      lanes pull = {0};
      pull_weight(w, d, d, in->middle[i], in->half[i], pull);
      add_weight(w, d, d, below->middle[i], below->half[i]);
      for (int k = 0; k < LANES; k++) {
        l->gradient[j * n + i][k] += pull[k];
        l->gradient[label * n + i][k] -= pull[k];
      }
    }
    for (int k = 0; k < LANES && j != label; k++) {
      l->gradient[l->n_weights + j][k] += d[k];
      l->gradient[l->n_weights + label][k] -= d[k];
    }
  }
}

void box_gather_gradient(box_layer *l, float factor) {
  for (int32_t i = 0; i < l->parameters.n; i++) {
    float sum = 0;
    for (int k = 0; k < LANES; k++) sum += l->gradient[i][k];
    const float unit = i < l->n_weights ? l->in_unit : 1;
    l->parameters.gradient[i] = sum * (unit / l->out_unit) * factor;
  }
  memset(l->gradient, 0, sizeof(lanes) * (size_t)l->parameters.n);
}
