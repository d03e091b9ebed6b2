/* The staircase itself, without a binary for each of its values: one integer
 * column a, least..greatest. Steps are equally wide, so T(v) = base + width v
 * also beyond the clipped ends, and where nothing is clipped
 *
 *   base + width a <= z <= base + width a + width - 1.
 *
 * Only an accumulator that reaches beyond a clipped end has to choose there.
 * With z in [l, u] by intervals, below = T(least) - l and above the like, a
 * binary p (q) lets z leave the step downward (upward) and then fixes a:
 *
 *   z - width a + below p >= base
 *   z - width a - above q <= base + width - 1
 *   a + (greatest - least) p <= greatest
 *   a - (greatest - least) q >= least */
#include <math.h>

#include "lp/program.h"

/* A neuron's steps, and how far its accumulator reaches beyond the outer ones;
 * 0: not beyond. */
typedef struct steps {
  double base, width, below, above;
} steps;

static steps compute_steps(const neuron *n) {
  const double width = rp_stair_unit(n->stair);
  const double first = (double)rp_stair_threshold(n->stair, n->least + 1);
  const double base = first - width * (n->least + 1.0);
  return (steps){
      .base = base,
      .width = width,
      .below = fmax(0, first - width - n->z_lo),
      .above = fmax(0, n->z_hi - (base + width * n->greatest + width - 1))};
}

static neuron_size compute_size(const neuron *n) {
  const steps s = compute_steps(n);
  const int32_t ends = (s.below > 0) + (s.above > 0);
  return (neuron_size){.cols = 1 + ends,
                       .value_cols = 1,
                       .rows = 2 + ends,
                       .entries = 4 + 3 * ends};
}

static double get_factor(const neuron *n, int32_t k) {
  (void)n;
  (void)k;
  return 1;
}

/* a + slope end <= greatest, or >= least: the end fixes a. */
static void fix_value(const neuron *n, int32_t end, double lo, double hi,
                      row_writer *w) {
  const double range = (double)n->greatest - n->least;
  col_bound(w, end, 0, 1);
  row_begin(w, lo, hi);
  row_put(w, n->own, 1);
  row_put(w, end, hi < HUGE_VAL ? range : -range);
}

static void fill(const neuron *n, row_writer *w) {
  const steps s = compute_steps(n);
  const int32_t p = n->own + 1, q = n->own + 1 + (s.below > 0);
  col_bound(w, n->own, n->least, n->greatest);
  row_begin(w, s.base, HUGE_VAL);
  row_put(w, n->z, 1);
  row_put(w, n->own, -s.width);
  if (s.below > 0) row_put(w, p, s.below);
  row_begin(w, -HUGE_VAL, s.base + s.width - 1);
  row_put(w, n->z, 1);
  row_put(w, n->own, -s.width);
  if (s.above > 0) row_put(w, q, -s.above);
  if (s.below > 0) fix_value(n, p, -HUGE_VAL, n->greatest, w);
  if (s.above > 0) fix_value(n, q, n->least, HUGE_VAL, w);
}

const staircase_encoding compact_encoding = {compute_size, get_factor, fill};
