/* The term of a neuron in a dual bound, step by step.
 *
 * Corners carry a staircase whose steps are equally long. How far those of a
 * table stray from a line is made up for by slack, an accumulator unit or so
 * (rp_corners), which is nothing where steps are some hundred units long. Steps
 * of average pools are one to four units long: there the slack is more than
 * what rounding costs, and every step is looked at instead. */
#ifndef RAMPART_BOUND_STEPS_H
#define RAMPART_BOUND_STEPS_H

#include "bound/dual.h"
#include "net/net.h"

/** A staircase over an interval of accumulators. */
typedef struct steps {
  const rp_stair *stair;
  int32_t z_lo, z_hi;
} steps;

/** Means over the ends of steps. */
typedef struct steps_means {
  double value; /* softened maximum */
  double bound; /* the maximum */
  double z, a;
} steps_means;

/** Has a block staircases of short uneven steps? Its neurons are to be looked
 *  at one by one. Cost: constant. */
bool steps_are_short(const rp_block *block);

/** Is the slack of these corners too much for the staircase? Staircases of more
 *  values than 8 bits have keep theirs. */
bool steps_matter(const rp_stair *stair, const rp_corners *corners);

/** The largest mu sigma(z) - lambda z over the interval: in floating point, in
 *  integers, and softened by log-sum-exp over both ends of all steps.
 *  Range: |lambda|, |mu| as of rp_dual_exact. Cost: the steps inside. */
double steps_evaluate(const steps *s, double mu, double lambda);
rp_int128 steps_evaluate_exactly(const steps *s, int64_t mu, int64_t lambda);
steps_means steps_soften(const steps *s, double mu, double lambda,
                         double smoothing);

#endif
