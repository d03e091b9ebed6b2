/* Means of quantized numbers over all positions of a channel: how runtimes
 * round them. Every rule is a staircase of the sum of (number - zero point). */
#ifndef RAMPART_NET_MEAN_RULE_H
#define RAMPART_NET_MEAN_RULE_H

#include "net/pair_rule.h"

/** With n numbers of sum S, M = s_in / (n s_out), and every operation of the
 *  first and the last rule in binary32 where not said otherwise. */
typedef enum rp_averaging {
  /** XNNPACK since 2025: M = (s_in / s_out) (1 / n); S M + (zero_out -
   *  (zero_in n) M) is clipped and rounded half to even. */
  RP_AVERAGE_FLOAT,
  /** Fixed point: q and e of s_in / s_out as in rule R1, then q = floor(q 2^s /
   *  n) and e = e - s with s = floor(log2(n)); rule R1 of S - n zero_in. */
  RP_AVERAGE_FIXED,
  /** Rule R1 of S with M = s_in / (n s_out), plus zero_out less zero_in s_in /
   *  s_out, which is rounded half away from zero. */
  RP_AVERAGE_OFFSET
} rp_averaging;

typedef struct rp_mean_rule {
  rp_averaging averaging;
  rp_quantized out;     /* out.lo..out.hi: clipped to it */
  int64_t origin;       /* n zero_in: S = origin when all numbers are zero_in */
  float factor, added;  /* float */
  rp_requantizer scale; /* fixed, offset */
  int32_t offset;       /* offset */
} rp_mean_rule;

/** Set up a rule.
 *  @param n  numbers in a mean, 1..2^22
 *  Errors: RP_E_INPUT if scales differ by more than the rule allows. */
rp_status rp_mean_rule_set(rp_mean_rule *rule, rp_averaging averaging,
                           int32_t n, const rp_quantized *in,
                           const rp_quantized *out, rp_error *err);

/** The mean as the runtime has it, of numbers whose sum less n zero_in is z; an
 *  rp_stair_rule. Range: |z| <= RP_STAIR_REACH. */
int32_t rp_mean_rule_apply(const void *rule, int64_t z);

#endif
