/* The rounding formulas of runtimes, each written down once more as the runtime
 * has it, in its own widths and order: for interpreters alone, which must not
 * share a mistake with src/net/stair_rule.c and its neighbours. */
#ifndef RAMPART_INPUT_INTERPRET_ROUND_H
#define RAMPART_INPUT_INTERPRET_ROUND_H

#include <stdbool.h>
#include <stdint.h>

/** How accumulators become numbers: docs/formats.md says once, twice, float. */
typedef enum rp_plain_rounding {
  RP_PLAIN_ONCE,
  RP_PLAIN_TWICE,
  RP_PLAIN_FLOAT
} rp_plain_rounding;

/** Numbers of a tensor: they stand for scale (q - zero), and lie in lo..hi. */
typedef struct rp_plain_numbers {
  float scale;
  int32_t zero, lo, hi;
} rp_plain_numbers;

/** A multiplier in fixed point, q 2^(e-31), as gemmlowp and TFLite make it. */
typedef struct rp_plain_multiplier {
  int32_t q, e;
} rp_plain_multiplier;
rp_plain_multiplier rp_plain_quantize(double real);

/** The rounded product, without zero point. Range: |x| 2^e < 2^31. */
int32_t rp_plain_multiply_once(int64_t x, rp_plain_multiplier by);
int32_t rp_plain_multiply_twice(int64_t x, rp_plain_multiplier by);

/** An accumulator of a linear operator.
 *  @param weight      the scale of its weights
 *  @param is_whole    one scale for the whole tensor, multiplied in binary32 */
int32_t rp_plain_requantize(rp_plain_rounding rounding, int64_t z,
                            const rp_plain_numbers *in, float weight,
                            bool is_whole, const rp_plain_numbers *out);

/** The sum of two numbers: docs/formats.md says together, apart. */
int32_t rp_plain_add_together(int32_t a, const rp_plain_numbers *of_a,
                              int32_t b, const rp_plain_numbers *of_b,
                              const rp_plain_numbers *out);
int32_t rp_plain_add_apart(int32_t a, const rp_plain_numbers *of_a, int32_t b,
                           const rp_plain_numbers *of_b,
                           const rp_plain_numbers *out);

/** The same as ONNX Runtime has it: docs/formats.md says added in float32. */
int32_t rp_plain_add_in_float(int32_t a, const rp_plain_numbers *of_a,
                              int32_t b, const rp_plain_numbers *of_b,
                              const rp_plain_numbers *out);

/** Means of n numbers whose sum is `sum`: float, fixed and offset sum; and the
 *  mean of what a window covers, in the same numbers. */
int32_t rp_plain_mean_float(int64_t sum, int32_t n, const rp_plain_numbers *in,
                            const rp_plain_numbers *out);
int32_t rp_plain_mean_fixed(int64_t sum, int32_t n, const rp_plain_numbers *in,
                            const rp_plain_numbers *out);
int32_t rp_plain_mean_offset(int64_t sum, int32_t n, const rp_plain_numbers *in,
                             const rp_plain_numbers *out);
int32_t rp_plain_average(int64_t sum, int32_t n, const rp_plain_numbers *out);

/** A number in other numbers, as LiteRT's kernel for QUANTIZE does it, and
 *  XNNPACK's. */
int32_t rp_plain_convert_twice(int32_t q, const rp_plain_numbers *in,
                               const rp_plain_numbers *out);
int32_t rp_plain_convert_256ths(int32_t q, const rp_plain_numbers *in,
                                const rp_plain_numbers *out);

/** The activation function, by TFLite's number, as limits of numbers. */
void rp_plain_clip(int32_t activation, rp_plain_numbers *numbers);

#endif
