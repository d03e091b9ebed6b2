/* Training a convolutional network so that it can be certified.
 *
 * Interval bound propagation (Gowal et al. 2018): every sample stands for a
 * box, the images within a radius of it, and the loss is the cross entropy of
 * the worst outputs that interval arithmetic leaves possible. Radii are drawn
 * from 0 to a bound that grows to the plan's, so that the network learns to
 * classify and to be certified at once. Quantization is in the loop (boxes.h).
 * Steps by Adam, learning rate falling linearly to zero. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "boxes.h"
#include "conv.h"
#include "core/memory.h"

enum { BATCH = LANES * DIGITS_CLASSES, N_CALIBRATION = 1000 };

static const float RATE = 0.01f;
static const float RAMP = 0.6f; /* part of the steps in which radii grow */

/** The real numbers of an input's and of a hidden layer's step. Weights adapt
 *  to the second one, so that it may be chosen beforehand. */
static const float IN_UNIT = 1.0f / 256, HIDDEN_UNIT = 4.0f / 256;

typedef struct trainer {
  const conv_plan *plan;
  const digits_set *train;
  box_layer layer[CONV_LAYERS];
  box input;
  lanes margin[DIGITS_CLASSES]; /* or the gradient by them */
  rp_rng rng;
} trainer;

/** The boxes of LANES samples of a class. */
static void draw_boxes(trainer *t, int32_t label, float radius) {
  const digits_set *train = t->train;
  const uint32_t tens = (uint32_t)(train->n / DIGITS_CLASSES);
  for (int i = 0; i < LANES; i++) {
    int64_t s = (int64_t)rp_rng_below(&t->rng, tens) * DIGITS_CLASSES;
    const float r = radius * (float)rp_rng_unit(&t->rng);
    while (train->y[s] != label) s++;
    for (int32_t p = 0; p < DIGITS_PIXELS; p++) {
      const float x = train->x[s * DIGITS_PIXELS + p];
      const float lo = x > r ? x - r : 0, hi = x + r < 255 ? x + r : 255;
      t->input.middle[p][i] = (lo + hi) / 2;
      t->input.half[p][i] = (hi - lo) / 2;
    }
  }
}

/** From margins to the gradient of the cross entropy by them: softmax minus the
 *  label's one. */
static void differentiate_loss(trainer *t, int32_t label) {
  for (int i = 0; i < LANES; i++) {
    float top = 0, sum = 0;
    for (int32_t j = 0; j < DIGITS_CLASSES; j++)
      if (t->margin[j][i] > top) top = t->margin[j][i];
    for (int32_t j = 0; j < DIGITS_CLASSES; j++)
      sum += t->margin[j][i] = exponential(t->margin[j][i] - top);
    for (int32_t j = 0; j < DIGITS_CLASSES; j++)
      t->margin[j][i] = t->margin[j][i] / sum - (j == label ? 1.0f : 0.0f);
  }
}

/** Add the gradient of LANES samples of a class. */
static void collect_class(trainer *t, int32_t label, float radius) {
  box_layer *l = t->layer;
  enum { TOP = CONV_LAYERS - 1 };
  draw_boxes(t, label, radius);
  for (int32_t k = 0; k < TOP; k++) {
    box_forward(&l[k], k ? &l[k - 1].out : &t->input);
    memset(&l[k].above, 0, sizeof l[k].above);
  }
  box_bound_margins(&l[TOP], &l[TOP - 1].out, label, t->margin);
  differentiate_loss(t, label);
  box_pull_margins(&l[TOP], &l[TOP - 1].out, label, t->margin,
                   &l[TOP - 1].above);
  for (int32_t k = TOP - 1; k >= 0; k--)
    box_backward(&l[k], k ? &l[k - 1].out : &t->input,
                 k ? &l[k - 1].above : NULL);
}

static void train_one_step(trainer *t, int32_t step) {
  const float done = (float)step / (float)t->plan->steps;
  const float grown = done < RAMP ? done / RAMP : 1;
  for (int32_t y = 0; y < DIGITS_CLASSES; y++)
    collect_class(t, y, grown * (float)t->plan->radius);
  for (int32_t k = 0; k < CONV_LAYERS; k++) {
    box_layer *l = &t->layer[k];
    box_gather_gradient(l, 1.0f / BATCH);
    descend(&l->parameters, RATE * (1 - done));
    box_round_parameters(l, k + 1 == CONV_LAYERS);
  }
}

/** Shape of layer k above `below`: two convolutions whose windows overlap by a
 *  row, the first one over a padded image, then a dense layer. */
static conv_shape make_shape(const conv_plan *plan, int32_t k,
                             const conv_shape *below) {
  conv_shape s = {.c_in = below ? below->c_out : 1,
                  .in = below ? below->out : DIGITS_SIDE};
  if (k + 1 == CONV_LAYERS) {
    s.c_out = DIGITS_CLASSES;
    s.kernel = s.in;
    s.stride = 1;
  } else {
    s.c_out = plan->channels[k];
    s.kernel = k == 0 ? 4 : 3;
    s.stride = s.kernel - 1;
    s.pad = k == 0;
  }
  s.out = (s.in + 2 * s.pad - s.kernel) / s.stride + 1;
  return s;
}

/** Uniform starting weights of variance 1 / n_in. */
static rp_status trainer_init(trainer *t, const conv_plan *plan,
                              const digits_set *train) {
  t->plan = plan;
  t->train = train;
  rp_rng_init(&t->rng, plan->seed);
  for (int32_t k = 0; k < CONV_LAYERS; k++) {
    box_layer *l = &t->layer[k];
    const conv_shape shape = make_shape(plan, k, k ? &l[-1].shape : NULL);
    RP_TRY(box_layer_init(l, &shape));
    l->in_unit = k ? HIDDEN_UNIT : IN_UNIT;
    l->out_unit = k + 1 < CONV_LAYERS ? HIDDEN_UNIT : 1;
    const float span = 2 * sqrtf(3.0f / (float)conv_row_size(&shape));
    for (int32_t i = 0; i < l->n_weights; i++)
      l->parameters.value[i] = span * (float)(rp_rng_unit(&t->rng) - 0.5);
    box_round_parameters(l, k + 1 == CONV_LAYERS);
  }
  return RP_OK;
}

static void trainer_free(trainer *t) {
  for (int32_t k = 0; t && k < CONV_LAYERS; k++) box_layer_fini(&t->layer[k]);
  free(t);
}

/** real = m / 2^shift with 2^30 <= m < 2^31, rounded down.
 *  Range: 2^-20 < real < 2^31. */
static void fix_multiplier(double real, int32_t *m, int32_t *shift) {
  for (*shift = 0; real < (double)(1 << 30); ++*shift) real *= 2;
  *m = (int32_t)real;
}

static rp_status copy_layer(const box_layer *l, conv_layer *to) {
  RP_TRY(conv_layer_init(to, &l->shape));
  to->hi = 255;
  for (int32_t i = 0; i < l->n_weights; i++)
    to->weight[i] = (int8_t)l->rounded[i];
  for (int32_t c = 0; c < l->shape.c_out; c++) {
    to->bias[c] = (int32_t)l->rounded[l->n_weights + c];
    fix_multiplier(l->multiplier[c], &to->multiplier[c], &to->shift[c]);
  }
  return RP_OK;
}

/** The outputs' staircase: -128..127, as fine as the range of their
 *  accumulators on some samples of the training set allows. */
static void calibrate_outputs(conv_net *net, const digits_set *train) {
  conv_layer *last = &net->layer[CONV_LAYERS - 1];
  int64_t top = 1, z[DIGITS_CLASSES];
  for (int64_t i = 0; i < N_CALIBRATION && i < train->n; i++) {
    conv_find_sums(net, &train->x[i * DIGITS_PIXELS], z);
    for (int32_t j = 0; j < DIGITS_CLASSES; j++)
      if (llabs(z[j]) > top) top = llabs(z[j]);
  }
  last->lo = -128;
  last->hi = 127;
  for (int32_t j = 0; j < DIGITS_CLASSES; j++)
    fix_multiplier(127 / (double)top, &last->multiplier[j], &last->shift[j]);
}

rp_status conv_train(const conv_plan *plan, const digits_set *train,
                     conv_net *net) {
  rp_status st = RP_E_MEMORY;
  trainer *t = rp_alloc(1, sizeof *t);
  memset(net, 0, sizeof *net);
  if (!t) return st;
  RP_TRY_OR(st, done, trainer_init(t, plan, train));
  for (int32_t step = 0; step < plan->steps; step++) train_one_step(t, step);
  for (int32_t k = 0; k < CONV_LAYERS; k++)
    RP_TRY_OR(st, done, copy_layer(&t->layer[k], &net->layer[k]));
  calibrate_outputs(net, train);
done:
  trainer_free(t);
  if (st != RP_OK) conv_net_fini(net);
  return st;
}
