/* The rules of addition bit for bit, and the search for weights. */
#include "net/pair_rule.h"

#include <math.h>
#include <stdlib.h>

#include "core/assert.h"
#include "core/memory.h"

enum {
  FACTOR_BITS = 20, /* of the larger multiplier, together */
  LEFT = 20,        /* apart */
  MOST_VALUES = 256,
  LEAST_BITS = 5,
  MOST_BITS = 15, /* of weights */
  MOST_WEIGHT = INT16_MAX
};

static const float LEAST_RATIO = 0x1p-10F, MOST_RATIO = 0x1p8F;

/* ---------------------------------------------------------------- the rules
 */

static rp_status set_ratios(rp_pair_rule *rule, rp_error *err) {
  for (int i = 0; i < 2; i++) {
    rule->ratio[i] = rule->in[i].scale / rule->out.scale;
    if (!(rule->ratio[i] >= LEAST_RATIO && rule->ratio[i] < MOST_RATIO))
      return rp_fail(err, RP_E_INPUT,
                     "expected scales of summands from 2^-10 to below 2^8 of "
                     "the sum's, found %g",
                     (double)rule->ratio[i]);
  }
  return RP_OK;
}

static rp_status set_together(rp_pair_rule *rule, rp_error *err) {
  int exponent;
  RP_TRY(set_ratios(rule, err));
  (void)frexpf(fmaxf(rule->ratio[0], rule->ratio[1]), &exponent);
  rule->bits = FACTOR_BITS - (exponent - 1);
  for (int i = 0; i < 2; i++)
    rule->factor[i] = lrintf(ldexpf(rule->ratio[i], rule->bits));
  return RP_OK;
}

static rp_status set_float(rp_pair_rule *rule, rp_error *err) {
  RP_TRY(set_ratios(rule, err));
  const float part = rule->ratio[1] * (float)rule->in[1].zero;
  rule->fixed = (float)rule->out.zero -
                fmaf(rule->ratio[0], (float)rule->in[0].zero, part);
  return RP_OK;
}

/* The scaled summands reach 1/2 at most, so a multiplier of the sum up to 2^6
 * leaves it far within 32 bits. */
static rp_status set_apart(rp_pair_rule *rule, rp_error *err) {
  enum { ANY = 1 << 16 };
  const double most = 2 * (double)fmaxf(rule->in[0].scale, rule->in[1].scale);
  const double after = most / ((double)(1 << LEFT) * (double)rule->out.scale);
  if (!(after <= 1))
    return rp_fail(err, RP_E_INPUT,
                   "expected scales of summands below 2^19 of the sum's, found "
                   "%g",
                   after * (1 << (LEFT - 1)));
  for (int i = 0; i < 2; i++)
    RP_TRY(rp_requantizer_set(&rule->scale[i], RP_ROUND_TWICE,
                              (double)rule->in[i].scale / most, 0, -ANY, ANY,
                              err));
  return rp_requantizer_set(&rule->sum, RP_ROUND_TWICE, after, 0, -ANY, ANY,
                            err);
}

rp_status rp_pair_rule_set(rp_pair_rule *rule, rp_adding adding,
                           const rp_quantized in[2], const rp_quantized *out,
                           rp_error *err) {
  *rule = (rp_pair_rule){.adding = adding, .in = {in[0], in[1]}, .out = *out};
  RP_ASSERT(out->hi - out->lo < MOST_VALUES);
  switch (adding) {
  case RP_ADD_TOGETHER:
    return set_together(rule, err);
  case RP_ADD_APART:
    return set_apart(rule, err);
  default:
    return set_float(rule, err);
  }
}

static int64_t add_together(const rp_pair_rule *r, int64_t a, int64_t b) {
  const int64_t half = (int64_t)1 << (r->bits - 1);
  return (half + a * r->factor[0] + b * r->factor[1]) >> r->bits;
}

static int64_t add_apart(const rp_pair_rule *r, int64_t a, int64_t b) {
  const int64_t one = (int64_t)1 << LEFT;
  return rp_requantizer_multiply(
      &r->sum, rp_requantizer_multiply(&r->scale[0], a * one) +
                   rp_requantizer_multiply(&r->scale[1], b * one));
}

/* Of the numbers as they are: the zero points are in the fixed part. */
static int64_t add_float(const rp_pair_rule *r, int32_t a, int32_t b) {
  const float rest = fmaf((float)b, r->ratio[1], r->fixed);
  return lrintf(fmaf((float)a, r->ratio[0], rest));
}

static int64_t add(const rp_pair_rule *rule, int32_t a, int32_t b) {
  const int64_t x = a - rule->in[0].zero, y = b - rule->in[1].zero;
  switch (rule->adding) {
  case RP_ADD_TOGETHER:
    return add_together(rule, x, y) + rule->out.zero;
  case RP_ADD_APART:
    return add_apart(rule, x, y) + rule->out.zero;
  default:
    return add_float(rule, a, b);
  }
}

int32_t rp_pair_rule_apply(const rp_pair_rule *rule, int32_t a, int32_t b) {
  const int64_t sum = add(rule, a, b);
  return (int32_t)(sum < rule->out.lo   ? rule->out.lo
                   : sum > rule->out.hi ? rule->out.hi
                                        : sum);
}

/* ------------------------------------------------------------ the staircase
 */

/* The accumulators that have each value: least and greatest. */
typedef struct extent {
  int64_t least[MOST_VALUES], greatest[MOST_VALUES];
} extent;

static int32_t count_values(const rp_quantized *of) {
  return of->hi - of->lo + 1;
}

static void fill_sums(const rp_pair_rule *r, int16_t *sum) {
  for (int32_t a = r->in[0].lo; a <= r->in[0].hi; a++)
    for (int32_t b = r->in[1].lo; b <= r->in[1].hi; b++)
      *sum++ = (int16_t)rp_pair_rule_apply(r, a, b);
}

static void measure(const rp_pair_rule *r, const int16_t *sum,
                    const int32_t weight[2], extent *e) {
  for (int32_t i = 0; i < MOST_VALUES; i++)
    e->least[i] = INT64_MAX, e->greatest[i] = INT64_MIN;
  for (int32_t a = r->in[0].lo; a <= r->in[0].hi; a++)
    for (int32_t b = r->in[1].lo; b <= r->in[1].hi; b++) {
      const int32_t i = *sum++ - r->out.lo;
      const int64_t z = (int64_t)weight[0] * (a - r->in[0].zero) +
                        (int64_t)weight[1] * (b - r->in[1].zero);
      if (z < e->least[i]) e->least[i] = z;
      if (z > e->greatest[i]) e->greatest[i] = z;
    }
}

/* Where the line of these weights reaches a value. */
static int64_t find_line(const rp_pair_rule *r, const int32_t weight[2],
                         int32_t value) {
  const double unit = (double)(weight[0] + weight[1]) * (double)r->out.scale /
                      ((double)r->in[0].scale + (double)r->in[1].scale);
  const double at = ceil(((double)(value - r->out.zero) - 0.5) * unit);
  return (int64_t)fmin(fmax(at, -(double)RP_STAIR_REACH), RP_STAIR_REACH);
}

/* Do all lower values have lower accumulators? Then a threshold may be anywhere
 * between: above what is below, and not above the first that reaches it. */
static bool place_thresholds(const rp_pair_rule *r, const int32_t weight[2],
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
    const int64_t line = find_line(r, weight, r->out.lo + i);
    threshold[i - 1] = line <= below ? below + 1 : line > above ? above : line;
  }
  return true;
}

static void choose_weights(const rp_pair_rule *r, int32_t bits,
                           int32_t weight[2]) {
  const double most = (double)fmaxf(r->in[0].scale, r->in[1].scale);
  for (int i = 0; i < 2; i++) {
    const double exact = ldexp((double)r->in[i].scale / most, bits);
    weight[i] = (int32_t)fmin(rint(exact), MOST_WEIGHT);
  }
}

static bool try_weights(const rp_pair_rule *r, const int16_t *sum,
                        const int32_t weight[2], int64_t *threshold) {
  extent e;
  measure(r, sum, weight, &e);
  return place_thresholds(r, weight, &e, threshold);
}

/* Weights that come nearer to the ratio of the scales than all smaller ones do:
 * about as many as the ratio has terms of its continued fraction. */
static bool try_best_weights(const rp_pair_rule *r, const int16_t *sum,
                             int32_t weight[2], int64_t *threshold) {
  const int larger = r->in[0].scale < r->in[1].scale;
  const double ratio =
      (double)r->in[!larger].scale / (double)r->in[larger].scale;
  double least = 1;
  for (int32_t w = 1 << LEAST_BITS; w <= MOST_WEIGHT; w++) {
    const double other = rint(w * ratio);
    const double error = fabs(other / w - ratio);
    if (error >= least) continue;
    least = error;
    weight[larger] = w;
    weight[!larger] = (int32_t)other;
    if (try_weights(r, sum, weight, threshold)) return true;
  }
  return false;
}

rp_status rp_pair_tabulate(const rp_pair_rule *rule, int32_t weight[2],
                           int64_t *threshold, rp_error *err) {
  bool is_found = false;
  int16_t *const sum = rp_alloc((size_t)count_values(&rule->in[0]) *
                                    (size_t)count_values(&rule->in[1]),
                                sizeof *sum);
  if (!sum) return rp_fail(err, RP_E_MEMORY, "out of memory for an addition");
  fill_sums(rule, sum);
  for (int32_t bits = LEAST_BITS; bits <= MOST_BITS && !is_found; bits++) {
    choose_weights(rule, bits, weight);
    is_found = try_weights(rule, sum, weight, threshold);
  }
  if (!is_found) is_found = try_best_weights(rule, sum, weight, threshold);
  free(sum);
  if (is_found) return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "expected an addition that is a staircase of u a + v b with u "
                 "and v of at most 15 bits, found none for its scales");
}
