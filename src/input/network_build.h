/* What operators of deployed networks become: blocks with the staircases of a
 * rounding rule. Nothing here knows a file format. Errors say what was expected
 * and found; the reader that calls adds the file and the operator. Functions
 * that append a block make it the network's last one. */
#ifndef RAMPART_INPUT_NETWORK_BUILD_H
#define RAMPART_INPUT_NETWORK_BUILD_H

#include "net/net.h"
#include "net/op_conv.h"
#include "net/pair_rule.h"

/** Most accumulators of a max pool, and elements of a tensor. */
enum { RP_BUILD_MOST_ELEMENTS = 1 << 24 };

/* ---- network_build_stair.c: staircases. ---- */

/** The staircase of a rule, from accumulators to numbers less their zero point.
 *  @param rounding, number  as of rp_requantizer_set
 *  @param most              the largest accumulator that can occur
 *  Errors: RP_E_INPUT: one that the runtime's 32 bits cannot hold, or a
 *  multiplier from 256 on; RP_E_MEMORY. */
rp_status rp_build_stair(rp_net *net, rp_rounding rounding, double number,
                         int64_t most, const rp_quantized *out, rp_stair *stair,
                         rp_error *err);

/** The staircase with these thresholds (n = hi - lo). */
rp_status rp_build_table(rp_net *net, const int64_t *threshold,
                         const rp_quantized *out, rp_stair *stair,
                         rp_error *err);

/** The staircase that changes nothing. */
rp_stair rp_build_plain_stair(const rp_quantized *out);

/** An operator with weights: a convolution or a dense layer. Its accumulator is
 *  the sum of (q - zero point) times weight, plus the bias. */
typedef struct rp_build_linear {
  rp_quantized in, out; /* out: clipped to its activation function */
  rp_rounding rounding;
  int32_t n_channels, a_channel; /* weights of one channel */
  const int32_t *weight;         /* [n_channels][a_channel] */
  const int64_t *bias;           /* [n_channels] */
  int32_t n_multipliers;         /* 1 or n_channels */
  const double *multiplier;      /* [n_multipliers] */
} rp_build_linear;

/** The largest sum that a channel may have, whatever its inputs are. */
int64_t rp_build_measure_sum(const rp_build_linear *linear, int32_t channel);

/** The staircases of its channels: one table for all with one multiplier.
 *  @param stair  out, [n_channels] */
rp_status rp_build_channel_stairs(rp_net *net, const rp_build_linear *linear,
                                  rp_stair *stair, rp_error *err);

/* ---- network_build_move.c: selections. ---- */

/** Numbers of a block, or of the input. */
typedef struct rp_build_source {
  int32_t block;        /* or RP_INPUT */
  int32_t n;            /* of its numbers */
  const int32_t *index; /* which ones an operator reads, -1: none; NULL: all,
                           in order */
} rp_build_source;

/** A term that copies n numbers.
 *  @param weight  NULL: 1 */
rp_status rp_build_copy(const rp_build_source *from, int32_t n,
                        const int32_t *weight, rp_term *term, rp_error *err);

/** Append a block of n neurons that are the sums of copies.
 *  @param term  [n_terms] taken, also after an error */
rp_status rp_build_selection(rp_net *net, int32_t n, int32_t n_terms,
                             rp_term *term, const rp_quantized *out,
                             rp_error *err);

/** Append a block of n constants.
 *  @param value  [n] within number->lo..hi */
rp_status rp_build_constants(rp_net *net, int32_t n, const int32_t *value,
                             const rp_quantized *number, rp_error *err);

/** Append a copy of a block's n numbers. */
rp_status rp_build_same(rp_net *net, int32_t block, int32_t n,
                        const rp_quantized *number, rp_error *err);

/** Append a block of n neurons that round numbers once more. */
rp_status rp_build_rounding(rp_net *net, int32_t n, const rp_build_source *from,
                            const rp_stair *stair, rp_error *err);

/* ---- network_build_add.c ---- */

/** Append an addition of n pairs, in one block or up to seven, proved for all
 * values of a pair.
 *  @param out  clipped to its activation function */
rp_status rp_build_addition(rp_net *net, rp_adding adding, int32_t n,
                            const rp_build_source from[2],
                            const rp_quantized in[2], const rp_quantized *out,
                            rp_error *err);

/* ---- network_build_pool.c ---- */

/** Append the sums of (q - zero point) over all positions, and what a staircase
 *  makes of them.
 *  @param shape  one window over all */
rp_status rp_build_mean(rp_net *net, int32_t source, const rp_conv_shape *shape,
                        const rp_stair *stair, rp_error *err);

/** Append the mean of what each window covers of the input, in the type's
 *  numbers, halves away from zero.
 *  @param zero  the input's zero point */
rp_status rp_build_average_pool(rp_net *net, int32_t source,
                                const rp_conv_shape *shape, int32_t zero,
                                const rp_quantized *out, rp_error *err);

/** Append the maximum of what each window covers. Dilation is followed. */
rp_status rp_build_max_pool(rp_net *net, int32_t source,
                            const rp_conv_shape *shape, const rp_quantized *out,
                            rp_error *err);

#endif
