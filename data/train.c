/* Training with quantization in the loop.
 *
 * Forward, every pass uses the quantized weights, biases and activations; by
 * QVIP's rule (Q bits, weights Q-1 and biases and activations Q-2 fractional
 * bits) all sums are multiples of 2^-13 below 2^9, so that single precision
 * holds them exactly and the trained network is the integer network, not an
 * approximation of it. Backward, rounding counts as the identity and clipping
 * passes the gradient where nothing is clipped, or where it leads back inside
 * (straight-through estimator, Bengio et al. 2013). Steps by Adam (Kingma and
 * Ba 2015), learning rate falling linearly to zero.
 *
 * Every second sample is replaced by one moved up to `radius` grey levels
 * against the network (sign of the input gradient, two steps), so that the
 * radii worth computing afterwards are not all 0 and 1.
 *
 * Deviations: the loss is cross entropy on outputs scaled by SHARPNESS, since
 * quantized outputs end near +-2; weights decay toward zero by a constant
 * amount (L1), which leaves many of them zero. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "descent.h"
#include "digits.h"

enum { MAX_LAYERS = 4, MAX_WIDTH = DIGITS_PIXELS, BATCH = 20, IN_BITS = 8 };

static const float SHARPNESS = 4, RATE = 0.004f, DECAY = 1.5e-4f;

/** Parameters of a layer: weights [n_in][n_out], then biases [n_out]. */
typedef struct dense {
  int32_t n_in, n_out;
  descent latent; /* what is trained */
  float *rounded; /* what is used */
} dense;

typedef struct trainer {
  const digits_plan *plan;
  int32_t n_blocks;
  dense layer[MAX_LAYERS];
  float a[MAX_LAYERS + 1][MAX_WIDTH]; /* activations; a[0] is the input */
  float z[MAX_LAYERS][MAX_WIDTH];     /* sums before rounding */
  float d[MAX_LAYERS + 1][MAX_WIDTH]; /* their gradients */
  rp_rng rng;
} trainer;

static float power_of_two(int32_t e) {
  return e < 0 ? 1 / (float)(1 << -e) : (float)(1 << e);
}

/** Nearest multiple of 2^-frac in [lo, hi] 2^-frac, half away from zero. */
static float rounded_weight(float w, int32_t frac, int32_t lo, int32_t hi) {
  const float scaled = w * power_of_two(frac);
  int32_t k = scaled < 0 ? -(int32_t)(0.5f - scaled) : (int32_t)(scaled + 0.5f);
  k = k < lo ? lo : k > hi ? hi : k;
  return (float)k * power_of_two(-frac);
}

/** Rule R0 in real units: half up, clipped to [lo, hi] steps. */
static float rounded_sum(float z, int32_t frac, int32_t lo, int32_t hi) {
  const float shifted = z * power_of_two(frac) + 0.5f;
  if (shifted < (float)lo) return (float)lo * power_of_two(-frac);
  if (shifted >= (float)hi) return (float)hi * power_of_two(-frac);
  const int32_t floor_of = (int32_t)(shifted - (float)lo) + lo;
  return (float)floor_of * power_of_two(-frac);
}

static int32_t step_lo(const trainer *t, int32_t k) {
  return k + 1 == t->n_blocks ? -(1 << (t->plan->bits - 1)) : 0;
}

static int32_t step_hi(const trainer *t, int32_t k) {
  const int32_t bits = t->plan->bits;
  return k + 1 == t->n_blocks ? (1 << (bits - 1)) - 1 : (1 << bits) - 1;
}

static void round_parameters(trainer *t) {
  const int32_t bits = t->plan->bits, hi = (1 << (bits - 1)) - 1;
  for (int32_t k = 0; k < t->n_blocks; k++) {
    dense *l = &t->layer[k];
    const int32_t n_weights = l->n_in * l->n_out;
    for (int32_t i = 0; i < l->latent.n; i++) {
      const int32_t frac = i < n_weights ? bits - 1 : bits - 2;
      l->rounded[i] = rounded_weight(l->latent.value[i], frac, -hi - 1, hi);
    }
  }
}

static void forward(trainer *t) {
  for (int32_t k = 0; k < t->n_blocks; k++) {
    const dense *l = &t->layer[k];
    float *restrict z = t->z[k];
    memcpy(z, &l->rounded[l->n_in * l->n_out], sizeof(float) * l->n_out);
    for (int32_t i = 0; i < l->n_in; i++) {
      const float a = t->a[k][i], *w = &l->rounded[i * l->n_out];
      if (a == 0) continue;
      for (int32_t j = 0; j < l->n_out; j++) z[j] += a * w[j];
    }
    for (int32_t j = 0; j < l->n_out; j++)
      t->a[k + 1][j] =
          rounded_sum(z[j], t->plan->bits - 2, step_lo(t, k), step_hi(t, k));
  }
}

/** Gradient of the loss by the outputs: softmax minus the label's one. */
static void differentiate_loss(trainer *t, int32_t label) {
  const float *out = t->a[t->n_blocks];
  float *d = t->d[t->n_blocks], top = out[0], sum = 0;
  for (int32_t j = 1; j < DIGITS_CLASSES; j++)
    if (out[j] > top) top = out[j];
  for (int32_t j = 0; j < DIGITS_CLASSES; j++)
    sum += d[j] = exponential(SHARPNESS * (out[j] - top));
  for (int32_t j = 0; j < DIGITS_CLASSES; j++)
    d[j] = d[j] / sum - (j == label ? 1.0f : 0.0f);
}

/** From the gradient by layer k's activations to that by its sums. */
static void pass_the_clip(trainer *t, int32_t k) {
  const float unit = power_of_two(2 - t->plan->bits);
  const float lo = (float)step_lo(t, k) * unit;
  const float hi = (float)step_hi(t, k) * unit;
  for (int32_t j = 0; j < t->layer[k].n_out; j++) {
    const float z = t->z[k][j], d = t->d[k + 1][j];
    const bool last = k + 1 == t->n_blocks;
    if (z < lo && !(last && d < 0)) t->d[k + 1][j] = 0;
    if (z > hi && d < 0) t->d[k + 1][j] = 0;
  }
}

/** @param collect  add to the parameters' gradients
 *  @param to_input also give the gradient by the input, in d[0] */
static void backward(trainer *t, bool collect, bool to_input) {
  for (int32_t k = t->n_blocks - 1; k >= 0; k--) {
    dense *l = &t->layer[k];
    pass_the_clip(t, k);
    const float *restrict d = t->d[k + 1];
    for (int32_t i = 0; collect && i < l->n_in; i++) {
      float *restrict g = &l->latent.gradient[i * l->n_out];
      const float a = t->a[k][i];
      if (a == 0) continue;
      for (int32_t j = 0; j < l->n_out; j++) g[j] += a * d[j];
    }
    for (int32_t j = 0; collect && j < l->n_out; j++)
      l->latent.gradient[l->n_in * l->n_out + j] += d[j];
    for (int32_t i = 0; (k > 0 || to_input) && i < l->n_in; i++) {
      const float *w = &l->rounded[i * l->n_out];
      float sum = 0;
      for (int32_t j = 0; j < l->n_out; j++) sum += w[j] * d[j];
      t->d[k][i] = sum;
    }
  }
}

static void set_input(trainer *t, const uint8_t *x) {
  for (int32_t i = 0; i < DIGITS_PIXELS; i++)
    t->a[0][i] = (float)x[i] * power_of_two(-IN_BITS);
}

/** Move x by up to `radius` against the network, in two steps. */
static void perturb(trainer *t, const uint8_t *x, int32_t label, int32_t radius,
                    uint8_t *moved) {
  memcpy(moved, x, DIGITS_PIXELS);
  for (int step = 1; step <= 2; step++) {
    const int32_t length = step * radius / 2 - (step - 1) * radius / 2;
    set_input(t, moved);
    forward(t);
    differentiate_loss(t, label);
    backward(t, false, true);
    for (int32_t i = 0; i < DIGITS_PIXELS; i++) {
      const float g = t->d[0][i];
      const int32_t v = moved[i] + (g > 0 ? length : g < 0 ? -length : 0);
      moved[i] = (uint8_t)(v < 0 ? 0 : v > 255 ? 255 : v);
    }
  }
}

static void collect_batch(trainer *t, const digits_set *train) {
  for (int b = 0; b < BATCH; b++) {
    const uint32_t s = rp_rng_below(&t->rng, (uint32_t)train->n);
    const uint8_t *x = &train->x[(int64_t)s * DIGITS_PIXELS];
    uint8_t moved[DIGITS_PIXELS];
    if (b % 2 && t->plan->radius > 0) {
      const uint32_t r = 1 + rp_rng_below(&t->rng, (uint32_t)t->plan->radius);
      perturb(t, x, train->y[s], (int32_t)r, moved);
      x = moved;
    }
    set_input(t, x);
    forward(t);
    differentiate_loss(t, train->y[s]);
    backward(t, true, false);
  }
}

/** Weights decay toward zero, and values stay in the weights' range. */
static void shrink(const trainer *t, dense *l, float decay) {
  const float top = 1 - power_of_two(1 - t->plan->bits);
  for (int32_t i = 0; i < l->latent.n; i++) {
    const float by = i < l->n_in * l->n_out ? decay : 0;
    float w = l->latent.value[i];
    w = w > by ? w - by : w < -by ? w + by : 0;
    l->latent.value[i] = w > top ? top : w < -1 ? -1 : w;
  }
}

static void step_down(trainer *t, float rate) {
  for (int32_t k = 0; k < t->n_blocks; k++) {
    dense *l = &t->layer[k];
    float *gradient = l->latent.gradient;
    for (int32_t i = 0; i < l->latent.n; i++) gradient[i] /= BATCH;
    descend(&l->latent, rate);
    memset(gradient, 0, sizeof *gradient * (size_t)l->latent.n);
    shrink(t, l, DECAY * rate / RATE);
  }
}

static void trainer_fini(trainer *t) {
  for (int32_t k = 0; k < t->n_blocks; k++) {
    descent_fini(&t->layer[k].latent);
    free(t->layer[k].rounded);
  }
}

/** Uniform starting weights of variance about 1 / n_in. */
static rp_status trainer_init(trainer *t, const digits_plan *plan) {
  memset(t, 0, sizeof *t);
  t->plan = plan;
  t->n_blocks = plan->n_hidden + 1;
  rp_rng_init(&t->rng, plan->seed);
  for (int32_t k = 0; k < t->n_blocks; k++) {
    dense *l = &t->layer[k];
    l->n_in = k ? plan->hidden[k - 1] : DIGITS_PIXELS;
    l->n_out = k < plan->n_hidden ? plan->hidden[k] : DIGITS_CLASSES;
    const int32_t n = (l->n_in + 1) * l->n_out;
    RP_TRY(descent_init(&l->latent, n));
    l->rounded = rp_alloc((size_t)n, sizeof *l->rounded);
    if (!l->rounded) return RP_E_MEMORY;
    const float span = 2 * sqrtf(3.0f / (float)l->n_in);
    for (int32_t i = 0; i < l->n_in * l->n_out; i++)
      l->latent.value[i] = span * (float)(rp_rng_unit(&t->rng) - 0.5);
  }
  return RP_OK;
}

/** Layer k in integers: the accumulator's unit is 2^-(Q-1+in_frac). */
static rp_status add_layer(const trainer *t, int32_t k, rp_net *net,
                           rp_error *err) {
  const dense *l = &t->layer[k];
  const int32_t bits = t->plan->bits, in_frac = k ? bits - 2 : IN_BITS;
  int32_t *weight = rp_alloc((size_t)(l->n_in * l->n_out), sizeof *weight);
  int64_t *bias = rp_alloc((size_t)l->n_out, sizeof *bias);
  rp_status st = RP_E_MEMORY;
  if (weight && bias) {
    for (int32_t j = 0; j < l->n_out; j++) {
      for (int32_t i = 0; i < l->n_in; i++)
        weight[j * l->n_in + i] =
            (int32_t)(l->rounded[i * l->n_out + j] * power_of_two(bits - 1));
      bias[j] = (int64_t)(l->rounded[l->n_in * l->n_out + j] *
                          power_of_two(bits - 1 + in_frac));
    }
    const rp_dense_spec spec = {
        l->n_in,
        l->n_out,
        weight,
        bias,
        {.lo = step_lo(t, k), .hi = step_hi(t, k), .shift = in_frac + 1}};
    st = rp_net_add_dense(net, &spec, err);
  }
  free(weight);
  free(bias);
  return st;
}

static rp_status build_net(const trainer *t, rp_net **net, rp_error *err) {
  const int32_t dims[2] = {DIGITS_SIDE, DIGITS_SIDE};
  rp_net *built = NULL;
  rp_status st = rp_net_create(t->plan->name, dims, 2, 255, &built, err);
  for (int32_t k = 0; st == RP_OK && k < t->n_blocks; k++)
    st = add_layer(t, k, built, err);
  if (st == RP_OK) st = rp_net_finish(built, err);
  if (st == RP_OK)
    *net = built;
  else
    rp_net_free(built);
  return st;
}

rp_status digits_train(const digits_plan *plan, const digits_set *train,
                       rp_net **net, rp_error *err) {
  trainer t;
  if (plan->n_hidden >= MAX_LAYERS)
    return rp_fail(err, RP_E_USAGE, "%s: at most %d hidden layers", plan->name,
                   MAX_LAYERS - 1);
  rp_status st = trainer_init(&t, plan);
  if (st == RP_OK) round_parameters(&t);
  for (int32_t step = 0; st == RP_OK && step < plan->steps; step++) {
    collect_batch(&t, train);
    step_down(&t, RATE * (float)(plan->steps - step) / (float)plan->steps);
    round_parameters(&t);
  }
  if (st == RP_OK) st = build_net(&t, net, err);
  trainer_fini(&t);
  return st;
}
