/* The encoding of Zhang et al., QVIP (ASE 2022): one binary y_v a value v of a
 * neuron, a = sum_v v y_v. With z in [l, u] by intervals:
 *
 *   sum_v y_v = 1
 *   z - (T(v) - l) y_v >= l           its values but the least
 *   z + (u - T(v+1) + 1) y_v <= u     its values but the greatest
 *
 * Deviations: QVIP writes 2e9 for every big M, which no solver's tolerance
 * bears; here each is the smallest that the intervals allow. Thresholds are
 * integers, so the strict side is one less instead of 1e-4 less. */
#include <math.h>

#include "lp/program.h"

static neuron_size compute_size(const neuron *n) {
  const int64_t steps = (int64_t)n->greatest - n->least;
  return (neuron_size){.cols = steps + 1,
                       .value_cols = steps + 1,
                       .rows = 2 * steps + 1,
                       .entries = 5 * steps + 1};
}

static double get_factor(const neuron *n, int32_t k) {
  return n->least + k;
}

static void fill(const neuron *n, row_writer *w) {
  const int32_t steps = n->greatest - n->least;
  const double l = n->z_lo, u = n->z_hi;
  row_begin(w, 1, 1);
  for (int32_t v = 0; v <= steps; v++) {
    col_bound(w, n->own + v, 0, 1);
    row_put(w, n->own + v, 1);
  }
  for (int32_t v = 0; v < steps; v++) {
    const double t = (double)rp_stair_threshold(n->stair, n->least + v + 1);
    row_begin(w, -HUGE_VAL, u);
    row_put(w, n->z, 1);
    row_put(w, n->own + v, u - t + 1);
    row_begin(w, l, HUGE_VAL);
    row_put(w, n->z, 1);
    row_put(w, n->own + v + 1, l - t);
  }
}

const staircase_encoding onehot_encoding = {compute_size, get_factor, fill};
