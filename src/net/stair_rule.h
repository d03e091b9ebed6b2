/* Rounding rules of runtimes, and tables of thresholds made from them.
 *
 * To requantize, a runtime multiplies an accumulator by a positive real number,
 * rounds, adds the output's zero point and clips. How it does so differs from
 * runtime to runtime and from kernel to kernel, by one unit here and there:
 * what is verified is one of them, bit for bit. Every rule is a chain of maps
 * that never fall, so it is a staircase, and rp_stair_tabulate finds its steps.
 */
#ifndef RAMPART_NET_STAIR_RULE_H
#define RAMPART_NET_STAIR_RULE_H

#include <stdint.h>

#include "net/stair.h"
#include "rampart/status.h"

/** How a multiple M z is rounded. Halves go upward unless said otherwise. */
typedef enum rp_rounding {
  /** QVIP, rule R0: M = 2^-s, (z + 2^(s-1)) >> s. */
  RP_ROUND_SHIFT,
  /** R1: M = q 2^(e-31) with q of 31 bits. z 2^e q is rounded at bit 31 for
   *  e >= 0; for e < 0 z q first at bit 31 and the result, halves away from
   *  zero, at bit -e. gemmlowp, TensorFlow Lite Micro, LiteRT's depthwise. */
  RP_ROUND_TWICE,
  /** R2: the same M, rounded once: (z q + 2^(30-e)) >> (31-e). */
  RP_ROUND_ONCE,
  /** R3: z M in binary64, halves away from zero. */
  RP_ROUND_DOUBLE,
  /** R4: M and z in binary32, their product clipped, halves to even. XNNPACK,
   *  ONNX Runtime. */
  RP_ROUND_FLOAT,
  /** Mean of n: z / n, halves away from zero. */
  RP_ROUND_MEAN
} rp_rounding;

/** One rule with its numbers, set by rp_requantizer_set. */
typedef struct rp_requantizer {
  rp_rounding rounding;
  int32_t lo, hi, zero; /* clips what was rounded, plus zero, to lo..hi */
  int32_t exponent;     /* s or e */
  int64_t factor;       /* q or n */
  double multiplier;    /* of R3 and R4 */
} rp_requantizer;

/** Set up a rule.
 *  @param number  R0: s, 0..30; mean: n, 1..2^24; else M, positive and less
 *                 than 2^30. R1 and R2 take an M below 2^-32 as 0. R4 rounds M
 *                 to binary32
 *  @param zero    zero point of the output, added after rounding
 *  @param lo, hi  activations; all three within +-2^16, lo <= hi
 *  Errors: RP_E_INPUT with what was found. */
rp_status rp_requantizer_set(rp_requantizer *rule, rp_rounding rounding,
                             double number, int32_t zero, int32_t lo,
                             int32_t hi, rp_error *err);

/** The multiplier of R1 and R2 from scales of input, weights and output: one
 *  for the whole tensor, or one a channel, for which it is a product of
 *  doubles, as for R3; and that of R4. */
double rp_multiplier_of_tensor(float input, float weight, float output);
double rp_multiplier_of_channel(float input, float weight, float output);
double rp_multiplier_in_float(float input, float weight, float output);

/** Any monotone rule: never falls as z rises. */
typedef int32_t rp_stair_rule(const void *context, int64_t z);

/** The value of a requantizer, given as `rule`: an rp_stair_rule.
 *  Range: |z| <= RP_STAIR_REACH. Nothing overflows here; whether a runtime's
 *  own accumulators do (R1 shifts them by e > 0 before it rounds) is for the
 *  reader to prove. */
int32_t rp_requantizer_apply(const void *rule, int64_t z);

/** The rounded multiple of R0, R1, R2 and of a mean alone: no zero point, not
 *  clipped. Range: as above; the result fits int64. */
int64_t rp_requantizer_multiply(const rp_requantizer *rule, int64_t z);

/** The thresholds of a monotone rule over +-RP_STAIR_REACH, and a proof that
 *  the table is right on both sides of each: the rule's values there are those
 *  of the table.
 *  @param lo, hi     least and greatest value of the rule
 *  @param threshold  out, [hi - lo] T(lo + 1) .. T(hi), for
 *                    rp_stair_table_create. A value that is always reached or
 *                    never has one just outside of the range
 *  Errors: RP_E_INPUT if the rule leaves lo..hi, or falls where it was looked
 *  at; z and values are named.
 *  Cost: about log2 of a step's width calls a value. */
rp_status rp_stair_tabulate(rp_stair_rule *rule, const void *context,
                            int32_t lo, int32_t hi, int64_t *threshold,
                            rp_error *err);

#endif
