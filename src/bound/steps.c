#include "bound/steps.h"

#include <math.h>

#include "core/assert.h"

/* Steps shorter than this many accumulator units are short; a slack of less
 * than a 16th of a step does not matter. */
static const double SHORT = 16, LEAST_SLACK = 1.0 / 16;

/* To look at more steps than those of 8 bits takes longer than it is worth. */
enum { MOST_STEPS = 256 };

bool steps_are_short(const rp_block *block) {
  const rp_stair *stair = &block->stair[0];
  return !block->owner && !rp_stair_is_even(stair) &&
         rp_stair_unit(stair) < SHORT;
}

bool steps_matter(const rp_stair *stair, const rp_corners *corners) {
  return stair->hi - stair->lo <= MOST_STEPS &&
         corners->slack > LEAST_SLACK * rp_stair_unit(stair);
}

/* The accumulators of one step, from `first` to `last`; none (first > last) if
 * a table skips the value. */
typedef struct step_ends {
  int64_t first, last;
} step_ends;

/* The next step of a walk from the lowest one up. */
static step_ends find_ends(const steps *s, int32_t v, int32_t top,
                           int64_t first) {
  const int64_t last =
      v < top ? rp_stair_threshold(s->stair, v + 1) - 1 : s->z_hi;
  return (step_ends){first, last};
}

rp_int128 steps_evaluate_exactly(const steps *s, int64_t mu, int64_t lambda) {
  const int32_t low = rp_stair_apply(s->stair, s->z_lo);
  const int32_t top = rp_stair_apply(s->stair, s->z_hi);
  int64_t first = s->z_lo;
  rp_int128 best = (rp_int128)mu * low - (rp_int128)lambda * first;
  for (int32_t v = low; v <= top; v++) {
    const step_ends ends = find_ends(s, v, top, first);
    first = ends.last + 1;
    if (ends.first > ends.last) continue;
    const int64_t z = lambda > 0 ? ends.first : ends.last;
    const rp_int128 value = (rp_int128)mu * v - (rp_int128)lambda * z;
    if (value > best) best = value;
  }
  RP_ASSERT(first == (int64_t)s->z_hi + 1);
  return best;
}

double steps_evaluate(const steps *s, double mu, double lambda) {
  const int32_t low = rp_stair_apply(s->stair, s->z_lo);
  const int32_t top = rp_stair_apply(s->stair, s->z_hi);
  int64_t first = s->z_lo;
  double best = -HUGE_VAL;
  for (int32_t v = low; v <= top; v++) {
    const step_ends ends = find_ends(s, v, top, first);
    first = ends.last + 1;
    if (ends.first > ends.last) continue;
    const double z = (double)(lambda > 0 ? ends.first : ends.last);
    best = fmax(best, mu * v - lambda * z);
  }
  return best;
}

/* Sums over ends of steps, each as a share of the maximum. */
typedef struct sums {
  double most, sharpness, mu, lambda;
  double share, z, a;
} sums;

static void add_end(sums *s, int32_t v, double z) {
  const double below = (s->mu * v - s->lambda * z - s->most) * s->sharpness;
  if (below < -30) return; /* nothing in double precision's sight */
  const double share = exp(below);
  s->share += share;
  s->z += share * z;
  s->a += share * v;
}

steps_means steps_soften(const steps *s, double mu, double lambda,
                         double smoothing) {
  RP_ASSERT(smoothing > 0);
  sums sum = {.most = steps_evaluate(s, mu, lambda),
              .sharpness = 1 / smoothing,
              .mu = mu,
              .lambda = lambda};
  const int32_t top = rp_stair_apply(s->stair, s->z_hi);
  int64_t first = s->z_lo;
  for (int32_t v = rp_stair_apply(s->stair, s->z_lo); v <= top; v++) {
    const step_ends ends = find_ends(s, v, top, first);
    first = ends.last + 1;
    if (ends.first > ends.last) continue;
    add_end(&sum, v, (double)ends.first);
    if (ends.last > ends.first) add_end(&sum, v, (double)ends.last);
  }
  return (steps_means){sum.most + smoothing * log(sum.share), sum.most,
                       sum.z / sum.share, sum.a / sum.share};
}
