/* The rules of addition, bit for bit. */
#include "net/pair_rule.h"

#include <math.h>

#include "core/assert.h"

enum {
  FACTOR_BITS = 20, /* of the larger multiplier, together */
  LEFT = 20         /* apart */
};

static const float LEAST_RATIO = 0x1p-10F, MOST_RATIO = 0x1p8F;

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
  rule->after = after;
  return rp_requantizer_set(&rule->sum, RP_ROUND_TWICE, after, 0, -ANY, ANY,
                            err);
}

rp_status rp_pair_rule_set(rp_pair_rule *rule, rp_adding adding,
                           const rp_quantized in[2], const rp_quantized *out,
                           rp_error *err) {
  *rule = (rp_pair_rule){.adding = adding, .in = {in[0], in[1]}, .out = *out};
  RP_ASSERT(out->hi - out->lo < RP_PAIR_VALUES);
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

double rp_pair_rule_part(const rp_pair_rule *r, int i, int32_t q) {
  const int32_t above = q - r->in[i].zero;
  switch (r->adding) {
  case RP_ADD_TOGETHER:
    return ldexp((double)(above * r->factor[i]), -r->bits);
  case RP_ADD_APART:
    return (double)rp_requantizer_multiply(&r->scale[i],
                                           above * ((int64_t)1 << LEFT)) *
           r->after;
  default:
    return i == 0 ? (double)q * (double)r->ratio[0]
                  : (double)fmaf((float)q, r->ratio[1], r->fixed);
  }
}
