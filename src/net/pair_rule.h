/* Additions of quantized numbers: how runtimes round the sum of two activations
 * with scales of their own, and one staircase that does the same.
 *
 * A runtime scales both summands, one after the other or together, and rounds
 * once or three times. The result is a function of two activations, and in all
 * known cases a staircase of u a + v b with small whole u and v. That is proved
 * for each addition by comparing all pairs of activations. */
#ifndef RAMPART_NET_PAIR_RULE_H
#define RAMPART_NET_PAIR_RULE_H

#include "net/stair_rule.h"

typedef enum rp_adding {
  RP_ADD_TOGETHER, /* XNNPACK: multipliers of 21 bits, one shift */
  RP_ADD_APART,    /* three multiplications of rule R1, 20 bits further left */
  /* ONNX Runtime on x64 with AVX2, in binary32 with fused multiply-adds: with r
   * = scale / scale of the sum, a r0 + (b r1 + fixed), halves to even, where
   * fixed = zero of the sum - (r0 zero0 + rounded r1 zero1). */
  RP_ADD_FLOAT
} rp_adding;

/** A quantized number stands for scale (q - zero), and lies in lo..hi. Scales
 *  are normal and positive; lo..hi are at most 256 numbers. */
typedef struct rp_quantized {
  float scale;
  int32_t zero, lo, hi;
} rp_quantized;

typedef struct rp_pair_rule {
  rp_adding adding;
  rp_quantized in[2], out; /* out.lo..out.hi: clipped to it */
  int32_t bits;            /* together: of the fraction of the factors */
  int64_t factor[2];
  rp_requantizer scale[2], sum; /* apart */
  float ratio[2], fixed;        /* float */
} rp_pair_rule;

/** Set up a rule.
 *  Errors: RP_E_INPUT if scales differ by more than the rule allows: expected
 *  and found. */
rp_status rp_pair_rule_set(rp_pair_rule *rule, rp_adding adding,
                           const rp_quantized in[2], const rp_quantized *out,
                           rp_error *err);

/** The sum as the runtime has it. Range: a and b lie in their in[].lo..hi. */
int32_t rp_pair_rule_apply(const rp_pair_rule *rule, int32_t a, int32_t b);

/** The same as a staircase of weight[0] (a - zero) + weight[1] (b - zero), and
 *  a proof for all pairs. Between accumulators that occur, thresholds are put
 *  as near to a line as can be.
 *  @param weight     out, 0..32767
 *  @param threshold  out, [out.hi - out.lo], as of rp_stair_tabulate
 *  Errors: RP_E_INPUT if no such weights are found; RP_E_MEMORY.
 *  Cost: 65,536 applications and a dozen passes over them, or a few dozen. */
rp_status rp_pair_tabulate(const rp_pair_rule *rule, int32_t weight[2],
                           int64_t *threshold, rp_error *err);

#endif
