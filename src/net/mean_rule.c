/* The rules of means bit for bit. */
#include "net/mean_rule.h"

#include <math.h>

#include "core/assert.h"

enum { MOST_NUMBERS = 1 << 22, ANY = 1 << 16, MOST_SHIFT = 31 };

static void set_float(rp_mean_rule *rule, int32_t n, const rp_quantized *in,
                      const rp_quantized *out) {
  const float ratio = in->scale / out->scale;
  const float part = 1.0F / (float)n;
  rule->factor = ratio * part;
  const float moved = (float)rule->origin * rule->factor;
  rule->added = (float)out->zero - moved;
}

/* The multiplier stays below one, so that nothing is shifted to the left. */
static rp_status set_fixed(rp_mean_rule *rule, int32_t n,
                           const rp_quantized *in, const rp_quantized *out,
                           rp_error *err) {
  rp_requantizer *const scale = &rule->scale;
  int32_t shift = 0;
  RP_TRY(rp_requantizer_set(scale, RP_ROUND_TWICE,
                            (double)in->scale / (double)out->scale, 0, -ANY,
                            ANY, err));
  while (n >> (shift + 1) > 0) shift++;
  if (shift > MOST_SHIFT + scale->exponent)
    shift = MOST_SHIFT + scale->exponent;
  scale->factor = (scale->factor << shift) / n;
  scale->exponent -= shift;
  return RP_OK;
}

static rp_status set_offset(rp_mean_rule *rule, int32_t n,
                            const rp_quantized *in, const rp_quantized *out,
                            rp_error *err) {
  const float all = (float)n * out->scale;
  const float factor = in->scale / all;
  const float moved = (float)in->zero * in->scale;
  const float steps = moved / out->scale;
  if (!(fabsf(steps) < ANY))
    return rp_fail(err, RP_E_INPUT,
                   "expected a zero point of at most %d steps of the mean's, "
                   "found %g",
                   ANY, (double)steps);
  rule->offset = out->zero - (int32_t)(steps > 0 ? steps + 0.5F : steps - 0.5F);
  return rp_requantizer_set(&rule->scale, RP_ROUND_TWICE, (double)factor, 0,
                            -ANY, ANY, err);
}

rp_status rp_mean_rule_set(rp_mean_rule *rule, rp_averaging averaging,
                           int32_t n, const rp_quantized *in,
                           const rp_quantized *out, rp_error *err) {
  *rule = (rp_mean_rule){.averaging = averaging, .out = *out};
  if (n < 1 || n > MOST_NUMBERS)
    return rp_fail(err, RP_E_INPUT, "expected means of 1..%d numbers, found %d",
                   MOST_NUMBERS, n);
  rule->origin = (int64_t)n * in->zero;
  switch (averaging) {
  case RP_AVERAGE_FLOAT:
    set_float(rule, n, in, out);
    return RP_OK;
  case RP_AVERAGE_FIXED:
    return set_fixed(rule, n, in, out, err);
  default:
    return set_offset(rule, n, in, out, err);
  }
}

static int64_t average_in_float(const rp_mean_rule *r, int64_t z) {
  const float product = (float)(z + r->origin) * r->factor;
  const float mean = product + r->added;
  return lrintf(fminf(fmaxf(mean, (float)r->out.lo), (float)r->out.hi));
}

static int64_t average(const rp_mean_rule *r, int64_t z) {
  switch (r->averaging) {
  case RP_AVERAGE_FLOAT:
    return average_in_float(r, z);
  case RP_AVERAGE_FIXED:
    return rp_requantizer_multiply(&r->scale, z) + r->out.zero;
  default:
    return rp_requantizer_multiply(&r->scale, z + r->origin) + r->offset;
  }
}

int32_t rp_mean_rule_apply(const void *rule, int64_t z) {
  const rp_mean_rule *const r = rule;
  RP_ASSERT(z >= -RP_STAIR_REACH && z <= RP_STAIR_REACH);
  const int64_t mean = average(r, z);
  return (int32_t)(mean < r->out.lo   ? r->out.lo
                   : mean > r->out.hi ? r->out.hi
                                      : mean);
}
