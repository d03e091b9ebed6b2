/* The staircase itself, without a binary for each of its values where steps
 * are equally wide: one integer column a, least..greatest. Then T(v) = base +
 * width v also beyond the clipped ends, and where nothing is clipped
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
 *   a - (greatest - least) q >= least
 *
 * Steps that are not equally wide take a binary each, set from its threshold
 * on: d_v = 1 if and only if z >= T(v), for least < v <= greatest. With
 * T(least) = l and T(greatest + 1) = u + 1,
 *
 *   a - sum_v d_v = least,     d_v >= d_(v+1)
 *   z - sum_v (T(v) - T(v-1)) d_v >= l
 *   z - sum_v (T(v+1) - T(v)) d_v <= T(least + 1) - 1.
 *
 * Values that are skipped have equal thresholds, and both bounds on z leave no
 * room between them. */
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

static neuron_size compute_even_size(const neuron *n) {
  const steps s = compute_steps(n);
  const int32_t ends = (s.below > 0) + (s.above > 0);
  return (neuron_size){.cols = 1 + ends,
                       .value_cols = 1,
                       .rows = 2 + ends,
                       .entries = 4 + 3 * ends};
}

static neuron_size compute_uneven_size(const neuron *n) {
  const int64_t n_steps = (int64_t)n->greatest - n->least;
  return (neuron_size){.cols = 1 + n_steps,
                       .value_cols = 1,
                       .rows = 2 + n_steps,
                       .entries = 3 * (n_steps + 1) + 2 * (n_steps - 1)};
}

static neuron_size compute_size(const neuron *n) {
  return rp_stair_is_even(n->stair) ? compute_even_size(n)
                                    : compute_uneven_size(n);
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

static void fill_even(const neuron *n, row_writer *w) {
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

/* T(v), from the least z of the interval to one past its greatest. */
static double get_threshold(const neuron *n, int32_t v) {
  if (v == n->least) return n->z_lo;
  if (v > n->greatest) return n->z_hi + 1.0;
  return (double)rp_stair_threshold(n->stair, v);
}

/* One of the two bounds that the steps' binaries put on z.
 * @param shift  0: T(v) - T(v-1), 1: T(v+1) - T(v) */
static void fill_uneven_bound(const neuron *n, int32_t shift, row_writer *w) {
  row_put(w, n->z, 1);
  for (int32_t v = n->least + 1; v <= n->greatest; v++)
    row_put(w, n->own + v - n->least,
            get_threshold(n, v + shift - 1) - get_threshold(n, v + shift));
}

static void fill_uneven(const neuron *n, row_writer *w) {
  const int32_t n_steps = n->greatest - n->least;
  col_bound(w, n->own, n->least, n->greatest);
  row_begin(w, n->least, n->least);
  row_put(w, n->own, 1);
  for (int32_t d = 1; d <= n_steps; d++) {
    col_bound(w, n->own + d, 0, 1);
    row_put(w, n->own + d, -1);
  }
  row_begin(w, n->z_lo, HUGE_VAL);
  fill_uneven_bound(n, 0, w);
  row_begin(w, -HUGE_VAL, get_threshold(n, n->least + 1) - 1);
  fill_uneven_bound(n, 1, w);
  for (int32_t d = 1; d < n_steps; d++) {
    row_begin(w, 0, HUGE_VAL);
    row_put(w, n->own + d, 1);
    row_put(w, n->own + d + 1, -1);
  }
}

static void fill(const neuron *n, row_writer *w) {
  if (rp_stair_is_even(n->stair))
    fill_even(n, w);
  else
    fill_uneven(n, w);
}

const staircase_encoding compact_encoding = {compute_size, get_factor, fill};
