/* Staircases of additions: of whole multiples of both summands, and of what the
 * parts deviate from these. */
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "net/pair_rule.h"
#include "net/stair.h"

enum {
  LEAST_BITS = 5,
  MOST_BITS = 15, /* of weights */
  MOST_WEIGHT = INT16_MAX,
  LEAST_DEVIATION = 1 << 6, /* after they were enlarged */
  MOST_DEVIATION = 1 << 12,
  LINE = 6 /* times that is a unit of the line: both deviations are less */
};

/* ---- What has each value. ---- */

/* The accumulators that have each value: least and greatest. */
typedef struct extent {
  int64_t least[RP_PAIR_VALUES], greatest[RP_PAIR_VALUES];
} extent;

static int32_t count_values(const rp_quantized *of) {
  return of->hi - of->lo + 1;
}

static void fill_sums(const rp_pair_rule *r, int16_t *sum) {
  for (int32_t a = r->in[0].lo; a <= r->in[0].hi; a++)
    for (int32_t b = r->in[1].lo; b <= r->in[1].hi; b++)
      *sum++ = (int16_t)rp_pair_rule_apply(r, a, b);
}

/* What each activation adds to the accumulator, and how much of it one unit of
 * the sum is. */
typedef struct parts {
  int64_t of[2][RP_PAIR_VALUES];
  double unit;
} parts;

static void measure(const rp_pair_rule *r, const int16_t *sum, const parts *p,
                    extent *e) {
  for (int32_t i = 0; i < RP_PAIR_VALUES; i++)
    e->least[i] = INT64_MAX, e->greatest[i] = INT64_MIN;
  for (int32_t a = 0; a < count_values(&r->in[0]); a++)
    for (int32_t b = 0; b < count_values(&r->in[1]); b++) {
      const int32_t i = *sum++ - r->out.lo;
      const int64_t z = p->of[0][a] + p->of[1][b];
      if (z < e->least[i]) e->least[i] = z;
      if (z > e->greatest[i]) e->greatest[i] = z;
    }
}

/* Where the line of these parts reaches a value. */
static int64_t find_line(const rp_pair_rule *r, double unit, int32_t value) {
  const double at = ceil(((double)(value - r->out.zero) - 0.5) * unit);
  return (int64_t)fmin(fmax(at, -(double)RP_STAIR_REACH), RP_STAIR_REACH);
}

/* Do all lower values have lower accumulators? Then a threshold may be anywhere
 * between: above what is below, and not above the first that reaches it. */
static bool place_thresholds(const rp_pair_rule *r, double unit,
                             const extent *e, int64_t *threshold) {
  const int32_t n = count_values(&r->out);
  int64_t below = INT64_MIN, above = INT64_MAX;
  for (int32_t i = 1; i < n; i++) { /* for now: what is below */
    if (e->greatest[i - 1] > below) below = e->greatest[i - 1];
    threshold[i - 1] = below;
  }
  for (int32_t i = n - 1; i >= 1; i--) {
    below = threshold[i - 1];
    if (e->least[i] < above) above = e->least[i];
    if (below >= above) return false;
    const int64_t line = find_line(r, unit, r->out.lo + i);
    threshold[i - 1] = line <= below ? below + 1 : line > above ? above : line;
  }
  return true;
}

/* ---- Whole multiples. ---- */

static void choose_weights(const rp_pair_rule *r, int32_t bits,
                           int32_t weight[2]) {
  const double most = (double)fmaxf(r->in[0].scale, r->in[1].scale);
  for (int i = 0; i < 2; i++) {
    const double exact = ldexp((double)r->in[i].scale / most, bits);
    weight[i] = (int32_t)fmin(rint(exact), MOST_WEIGHT);
  }
}

static bool try_parts(const rp_pair_rule *r, const int16_t *sum, const parts *p,
                      int64_t *threshold) {
  extent e;
  measure(r, sum, p, &e);
  return place_thresholds(r, p->unit, &e, threshold);
}

static bool try_weights(const rp_pair_rule *r, const int16_t *sum,
                        const int32_t weight[2], int64_t *threshold) {
  parts p = {.unit = (double)(weight[0] + weight[1]) * (double)r->out.scale /
                     ((double)r->in[0].scale + (double)r->in[1].scale)};
  for (int i = 0; i < 2; i++)
    for (int32_t k = 0; k < count_values(&r->in[i]); k++)
      p.of[i][k] = (int64_t)weight[i] * (r->in[i].lo + k - r->in[i].zero);
  return try_parts(r, sum, &p, threshold);
}

/* Weights that come nearer to the ratio of the scales than all smaller ones do:
 * about as many as the ratio has terms of its continued fraction. */
typedef struct best_weights {
  int larger;
  double ratio, least; /* error so far */
  int32_t weight;      /* of the larger, the next to be looked at */
} best_weights;

static best_weights begin_best(const rp_pair_rule *r, int32_t first) {
  const int larger = r->in[0].scale < r->in[1].scale;
  return (best_weights){
      larger, (double)r->in[!larger].scale / (double)r->in[larger].scale, 1,
      first};
}

static bool next_best(best_weights *best, int32_t weight[2]) {
  while (best->weight <= MOST_WEIGHT) {
    const int32_t w = best->weight++;
    const double other = rint(w * best->ratio);
    const double error = fabs(other / w - best->ratio);
    if (error >= best->least) continue;
    best->least = error;
    weight[best->larger] = w;
    weight[!best->larger] = (int32_t)other;
    return true;
  }
  return false;
}

static bool try_best_weights(const rp_pair_rule *r, const int16_t *sum,
                             int32_t weight[2], int64_t *threshold) {
  best_weights best = begin_best(r, 1 << LEAST_BITS);
  while (next_best(&best, weight))
    if (try_weights(r, sum, weight, threshold)) return true;
  return false;
}

static bool try_all_weights(const rp_pair_rule *rule, const int16_t *sum,
                            int32_t weight[2], int64_t *threshold) {
  for (int32_t bits = LEAST_BITS; bits <= MOST_BITS; bits++) {
    choose_weights(rule, bits, weight);
    if (try_weights(rule, sum, weight, threshold)) return true;
  }
  return try_best_weights(rule, sum, weight, threshold);
}

/* ---- Whole multiples, and how far the exact parts are from them. ---- */

/* What each part is more than its share of a line, in units of the output. */
typedef struct deviations {
  double of[2][RP_PAIR_VALUES], most;
} deviations;

static double find_slope(const rp_pair_rule *r, int i) {
  const int32_t lo = r->in[i].lo, hi = r->in[i].hi;
  return (rp_pair_rule_part(r, i, hi) - rp_pair_rule_part(r, i, lo)) /
         (hi - lo);
}

static void find_deviations(const rp_pair_rule *r, const int32_t weight[2],
                            deviations *d) {
  const double slope = (find_slope(r, 0) + find_slope(r, 1)) /
                       ((double)weight[0] + (double)weight[1]);
  d->most = 0;
  for (int i = 0; i < 2; i++) {
    const double at_zero = rp_pair_rule_part(r, i, r->in[i].zero);
    for (int32_t k = 0; k < count_values(&r->in[i]); k++) {
      const int32_t q = r->in[i].lo + k;
      d->of[i][k] = rp_pair_rule_part(r, i, q) - at_zero -
                    slope * weight[i] * (q - r->in[i].zero);
      d->most = fmax(d->most, fabs(d->of[i][k]));
    }
  }
}

/* The deviations are enlarged to `most`, so that where whole multiples are
 * equal, as they are halfway between two values, deviations decide. */
static void fill_split(const rp_pair_rule *r, const deviations *d,
                       const int32_t weight[2], int32_t most,
                       rp_pair_split *split) {
  const double by = d->most > 0 ? most / d->most : 0;
  for (int i = 0; i < 2; i++) {
    split->weight[i] = weight[i] * LINE * most;
    for (int32_t k = 0; k < count_values(&r->in[i]); k++)
      split->rest[i][k] = (int32_t)lrint(by * d->of[i][k]);
  }
}

/* Can blocks hold it? */
static bool is_small(const rp_pair_rule *r, const rp_pair_split *split,
                     const parts *p) {
  int64_t reach = 0;
  for (int i = 0; i < 2; i++) {
    const int32_t n = count_values(&r->in[i]);
    int32_t rises = 0, falls = 0;
    for (int32_t k = 1; k < n; k++) {
      const int32_t step = split->rest[i][k] - split->rest[i][k - 1];
      rises += step > 0 ? step : 0;
      falls += step < 0 ? -step : 0;
    }
    if (rises > RP_MOST_STEPS || falls > RP_MOST_STEPS) return false;
    reach += rises + falls + llabs(p->of[i][0]) + llabs(p->of[i][n - 1]);
  }
  return reach < RP_PAIR_REACH;
}

static bool try_split(const rp_pair_rule *r, const int16_t *sum,
                      const rp_pair_split *split, double unit,
                      int64_t *threshold) {
  parts p = {.unit = unit};
  for (int i = 0; i < 2; i++)
    for (int32_t k = 0; k < count_values(&r->in[i]); k++)
      p.of[i][k] =
          (int64_t)split->weight[i] * (r->in[i].lo + k - r->in[i].zero) +
          split->rest[i][k];
  return is_small(r, split, &p) && try_parts(r, sum, &p, threshold);
}

static bool try_deviations(const rp_pair_rule *r, const int16_t *sum,
                           const int32_t weight[2], rp_pair_split *split,
                           int64_t *threshold) {
  deviations d;
  find_deviations(r, weight, &d);
  for (int32_t most = LEAST_DEVIATION; most <= MOST_DEVIATION; most *= 2) {
    if ((int64_t)(weight[0] + weight[1]) * LINE * most > RP_PAIR_MOST_WEIGHT)
      return false;
    fill_split(r, &d, weight, most, split);
    const double unit = (double)(split->weight[0] + split->weight[1]) /
                        (find_slope(r, 0) + find_slope(r, 1));
    if (try_split(r, sum, split, unit, threshold)) return true;
  }
  return false;
}

static bool try_best_deviations(const rp_pair_rule *r, const int16_t *sum,
                                rp_pair_split *split, int64_t *threshold) {
  best_weights best = begin_best(r, 1);
  int32_t weight[2];
  while (next_best(&best, weight))
    if (weight[0] > 0 && weight[1] > 0 &&
        try_deviations(r, sum, weight, split, threshold))
      return true;
  return false;
}

rp_status rp_pair_tabulate(const rp_pair_rule *rule, rp_pair_split *split,
                           int64_t *threshold, rp_error *err) {
  int16_t *const sum = rp_alloc((size_t)count_values(&rule->in[0]) *
                                    (size_t)count_values(&rule->in[1]),
                                sizeof *sum);
  if (!sum) return rp_fail(err, RP_E_MEMORY, "out of memory for an addition");
  fill_sums(rule, sum);
  *split = (rp_pair_split){{0, 0}, {{0}}};
  const bool is_found = try_all_weights(rule, sum, split->weight, threshold) ||
                        try_best_deviations(rule, sum, split, threshold);
  free(sum);
  if (is_found) return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "expected an addition that is a staircase of a sum of two "
                 "functions of at most 2^16 steps, found none for its scales");
}
