/* The rules bit for bit, and the search for their thresholds. */
#include "net/stair_rule.h"

#include <math.h>

#include "core/assert.h"

typedef __int128 rp_wide;

enum {
  MOST_VALUE = 1 << 16,
  MOST_SHIFT = 30,
  MOST_MEAN = 1 << 24,
  LEAST_EXPONENT = -31, /* R1 and R2: below it a multiplier counts as 0 */
  MOST_EXPONENT = 30
};

/* --------------------------------------------------------------- the rules */

static rp_wide shift_half_up(rp_wide z, int32_t bits) {
  return bits == 0 ? z : (z + ((rp_wide)1 << (bits - 1))) >> bits;
}

static rp_wide shift_half_away(rp_wide z, int32_t bits) {
  return z < 0 ? -shift_half_up(-z, bits) : shift_half_up(z, bits);
}

static rp_wide divide_half_away(int64_t z, int64_t n) {
  return z < 0 ? -((-2 * z + n) / (2 * n)) : (2 * z + n) / (2 * n);
}

static int32_t clip(rp_wide v, int64_t lo, int64_t hi) {
  return (int32_t)(v < lo ? lo : v > hi ? hi : v);
}

static rp_wide round_twice(const rp_requantizer *r, int64_t z) {
  const int32_t left = r->exponent > 0 ? r->exponent : 0;
  const int32_t right = r->exponent > 0 ? 0 : -r->exponent;
  const rp_wide product = (rp_wide)z * ((int64_t)1 << left) * r->factor;
  return shift_half_away(shift_half_up(product, 31), right);
}

static rp_wide round_once(const rp_requantizer *r, int64_t z) {
  return shift_half_up((rp_wide)z * r->factor, 31 - r->exponent);
}

/* Clipped before it is an integer: the product may be beyond all of them. */
static int64_t round_double(const rp_requantizer *r, int64_t z) {
  const double product = round((double)z * r->multiplier);
  return (int64_t)fmin(fmax(product, r->lo - r->zero), r->hi - r->zero);
}

static int64_t round_float(const rp_requantizer *r, int64_t z) {
  const float product = (float)z * (float)r->multiplier;
  const float least = (float)(r->lo - r->zero);
  const float most = (float)(r->hi - r->zero);
  return lrintf(fminf(fmaxf(product, least), most));
}

static rp_wide round_multiple(const rp_requantizer *r, int64_t z) {
  switch (r->rounding) {
  case RP_ROUND_SHIFT:
    return shift_half_up(z, r->exponent);
  case RP_ROUND_TWICE:
    return round_twice(r, z);
  case RP_ROUND_ONCE:
    return round_once(r, z);
  case RP_ROUND_DOUBLE:
    return round_double(r, z);
  case RP_ROUND_FLOAT:
    return round_float(r, z);
  default:
    return divide_half_away(z, r->factor);
  }
}

int32_t rp_requantizer_apply(const void *rule, int64_t z) {
  const rp_requantizer *r = rule;
  RP_ASSERT(z >= -RP_STAIR_REACH && z <= RP_STAIR_REACH);
  return clip(round_multiple(r, z) + r->zero, r->lo, r->hi);
}

int64_t rp_requantizer_multiply(const rp_requantizer *rule, int64_t z) {
  return (int64_t)round_multiple(rule, z);
}

/* ------------------------------------------------------------- their numbers
 */

double rp_multiplier_of_tensor(float input, float weight, float output) {
  const float product = input * weight;
  return (double)product / (double)output;
}

double rp_multiplier_of_channel(float input, float weight, float output) {
  return (double)input * (double)weight / (double)output;
}

double rp_multiplier_in_float(float input, float weight, float output) {
  const float product = input * weight;
  const float quotient = product / output;
  return quotient;
}

/* q and e of M = q 2^(e-31). Rounding M up to 1 moves it to the next power. */
static rp_status set_fixed_point(rp_requantizer *r, double multiplier) {
  const double mantissa = frexp(multiplier, &r->exponent);
  r->factor = (int64_t)round(ldexp(mantissa, 31));
  if (r->factor == (int64_t)1 << 31) {
    r->factor /= 2;
    r->exponent++;
  }
  if (r->exponent < LEAST_EXPONENT) r->exponent = 0, r->factor = 0;
  return r->exponent > MOST_EXPONENT ? RP_E_INPUT : RP_OK;
}

static rp_status set_integer(int64_t *to, double number, double least,
                             double most) {
  if (!(number >= least && number <= most) || number != rint(number))
    return RP_E_INPUT;
  *to = (int64_t)number;
  return RP_OK;
}

static rp_status set_number(rp_requantizer *r, double number) {
  int64_t shift = 0;
  switch (r->rounding) {
  case RP_ROUND_SHIFT:
    RP_TRY(set_integer(&shift, number, 0, MOST_SHIFT));
    r->exponent = (int32_t)shift;
    return RP_OK;
  case RP_ROUND_MEAN:
    return set_integer(&r->factor, number, 1, MOST_MEAN);
  default:
    break;
  }
  if (!(number > 0 && number < ldexp(1, MOST_EXPONENT))) return RP_E_INPUT;
  r->multiplier =
      r->rounding == RP_ROUND_FLOAT ? (double)(float)number : number;
  const bool is_fixed =
      r->rounding == RP_ROUND_TWICE || r->rounding == RP_ROUND_ONCE;
  return is_fixed ? set_fixed_point(r, number) : RP_OK;
}

static bool is_value(int32_t v) {
  return v >= -MOST_VALUE && v <= MOST_VALUE;
}

rp_status rp_requantizer_set(rp_requantizer *rule, rp_rounding rounding,
                             double number, int32_t zero, int32_t lo,
                             int32_t hi, rp_error *err) {
  *rule =
      (rp_requantizer){.rounding = rounding, .lo = lo, .hi = hi, .zero = zero};
  if (lo > hi || !is_value(lo) || !is_value(hi) || !is_value(zero))
    return rp_fail(err, RP_E_INPUT,
                   "requantization: expected activations and a zero point "
                   "within +-%d, found %d..%d and %d",
                   MOST_VALUE, lo, hi, zero);
  if (set_number(rule, number) == RP_OK) return RP_OK;
  const char *expected = rounding == RP_ROUND_SHIFT ? "a shift of 0..30 bits"
                         : rounding == RP_ROUND_MEAN
                             ? "a mean of 1..2^24 values"
                             : "a multiplier above 0 and below 2^30";
  return rp_fail(err, RP_E_INPUT, "requantization: expected %s, found %.17g",
                 expected, number);
}

/* ------------------------------------------------------------- their tables */

/* Just outside of what a table knows. */
static const int64_t ALWAYS = -(int64_t)RP_STAIR_REACH - 1;
static const int64_t NEVER = (int64_t)RP_STAIR_REACH + 1;

typedef struct tabulation {
  rp_stair_rule *rule;
  const void *context;
  int32_t lo, hi;
  int64_t stride; /* the last step's width, a guess of the next one's */
} tabulation;

static int32_t ask(const tabulation *t, int64_t z) {
  return t->rule(t->context, z);
}

/* The least z in below + 1 .. above with rule(z) >= v, if only the last one is
 * known to be one. */
static int64_t bisect(const tabulation *t, int32_t v, int64_t below,
                      int64_t above) {
  while (above - below > 1) {
    const int64_t middle = below + (above - below) / 2;
    if (ask(t, middle) >= v)
      above = middle;
    else
      below = middle;
  }
  return above;
}

/* T(v), not below `from`, the threshold of v - 1: strides that double, until
 * one is too long. */
static int64_t find_threshold(tabulation *t, int32_t v, int64_t from) {
  int64_t below = from < -RP_STAIR_REACH ? -RP_STAIR_REACH : from;
  if (from > RP_STAIR_REACH || ask(t, below) >= v) return from;
  int64_t above, stride = t->stride;
  for (;; below = above, stride *= 2) {
    above = below + stride < RP_STAIR_REACH ? below + stride : RP_STAIR_REACH;
    if (ask(t, above) >= v) break;
    if (above == RP_STAIR_REACH) return NEVER;
  }
  const int64_t found = bisect(t, v, below, above);
  if (from >= -RP_STAIR_REACH) t->stride = found - from;
  return found;
}

static rp_status expect_value(const tabulation *t, int64_t z, int32_t value,
                              rp_error *err) {
  const int32_t found = ask(t, z);
  if (found == value) return RP_OK;
  return rp_fail(err, RP_E_INPUT,
                 "rounding rule: expected values of %d..%d that never fall, "
                 "here %d at %lld, found %d",
                 t->lo, t->hi, value, (long long)z, found);
}

/* The values on both sides of every threshold, and at both ends. */
static rp_status prove_table(const tabulation *t, const int64_t *threshold,
                             rp_error *err) {
  const int32_t lo = t->lo, n = t->hi - lo;
  int32_t reached = 0; /* of thresholds, up to the one at hand */
  while (reached < n && threshold[reached] == ALWAYS) reached++;
  RP_TRY(expect_value(t, -RP_STAIR_REACH, lo + reached, err));
  while (reached < n && threshold[reached] != NEVER) {
    const int64_t at = threshold[reached];
    RP_TRY(expect_value(t, at - 1, lo + reached, err));
    while (reached < n && threshold[reached] == at) reached++;
    RP_TRY(expect_value(t, at, lo + reached, err));
  }
  return expect_value(t, RP_STAIR_REACH, lo + reached, err);
}

rp_status rp_stair_tabulate(rp_stair_rule *rule, const void *context,
                            int32_t lo, int32_t hi, int64_t *threshold,
                            rp_error *err) {
  tabulation t = {rule, context, lo, hi, 1};
  int64_t from = ALWAYS;
  RP_ASSERT(lo <= hi && (int64_t)hi - lo <= RP_MOST_STEPS);
  for (int32_t i = 0; i < hi - lo; i++)
    threshold[i] = from = find_threshold(&t, lo + i + 1, from);
  return prove_table(&t, threshold, err);
}
