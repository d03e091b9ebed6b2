/* Additions of quantized numbers: how runtimes round the sum of two activations
 * with scales of their own, and one staircase that does the same.
 *
 * A runtime scales both summands, one after the other or together, and rounds
 * once or three times. The result is a function of two activations, and nearly
 * always a staircase of u a + v b with small whole u and v. With scales of few
 * digits many sums lie halfway between two values, where the last bits of
 * binary32 decide: then it is a staircase of a sum of two functions, nearly
 * straight ones. Either is proved for each addition on all pairs of
 * activations.
 */
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

enum {
  RP_PAIR_VALUES = 256,
  RP_PAIR_MOST_WEIGHT = 1 << 22,
  RP_PAIR_REACH = 1 << 30 /* of accumulators */
};

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
  double after;                 /* what the sum is multiplied by, apart */
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

/** The part of the sum, in units of the output, that one summand is: the sum is
 *  a staircase of both parts together. Exact for RP_ADD_TOGETHER and FLOAT.
 *  @param i  0 or 1 */
double rp_pair_rule_part(const rp_pair_rule *rule, int i, int32_t q);

/** Two functions of a summand q, weight (q - zero) + rest(q). */
typedef struct rp_pair_split {
  int32_t weight[2];               /* 0..RP_PAIR_MOST_WEIGHT */
  int32_t rest[2][RP_PAIR_VALUES]; /* by q - lo; all rises together are at most
                                      RP_MOST_STEPS, and so are all falls */
} rp_pair_split;

/** The same as a staircase of the sum of two such functions, which is below
 *  RP_PAIR_REACH, and a proof for all pairs. Without rests, and with weights of
 *  at most 32767, if that can be. Between accumulators that occur, thresholds
 *  are put as near to a line as can be.
 *  @param threshold  out, [out.hi - out.lo], as of rp_stair_tabulate
 *  Errors: RP_E_INPUT if no such functions are found; RP_E_MEMORY.
 *  Cost: 65,536 applications and a dozen passes over them, or a few dozen. */
rp_status rp_pair_tabulate(const rp_pair_rule *rule, rp_pair_split *split,
                           int64_t *threshold, rp_error *err);

#endif
