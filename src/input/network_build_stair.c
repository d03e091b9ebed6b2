/* Staircases of operators. */
#include <stdlib.h>

#include "core/memory.h"
#include "input/network_build.h"

rp_stair rp_build_plain_stair(const rp_quantized *out) {
  return (rp_stair){out->lo - out->zero, out->hi - out->zero, 0, NULL};
}

rp_status rp_build_table(rp_net *net, const int64_t *threshold,
                         const rp_quantized *out, rp_stair *stair,
                         rp_error *err) {
  *stair = rp_build_plain_stair(out);
  return rp_net_add_table(net, threshold, out->hi - out->lo, &stair->table,
                          err);
}

/* A runtime's accumulators have 32 bits, and so have those that rule R1 shifts
 * to the left. XNNPACK does not take multipliers from 256 on. */
static rp_status check_reach(const rp_requantizer *rule, double number,
                             int64_t most, rp_error *err) {
  const bool shifts = rule->rounding == RP_ROUND_TWICE && rule->exponent > 0;
  const int32_t left = shifts ? rule->exponent : 0;
  if (most > INT32_MAX >> left)
    return rp_fail(err, RP_E_INPUT,
                   "expected accumulators of 32 bits, shifted left by %d, "
                   "found up to %lld, where the runtime overflows",
                   left, (long long)most);
  if (rule->rounding != RP_ROUND_MEAN && number >= 256)
    return rp_fail(err, RP_E_INPUT, "expected a multiplier below 256, found %g",
                   number);
  return RP_OK;
}

rp_status rp_build_stair(rp_net *net, rp_rounding rounding, double number,
                         int64_t most, const rp_quantized *out, rp_stair *stair,
                         rp_error *err) {
  int64_t threshold[UINT8_MAX];
  rp_requantizer rule;
  const int32_t zero = rounding == RP_ROUND_MEAN ? 0 : out->zero;
  RP_TRY(
      rp_requantizer_set(&rule, rounding, number, zero, out->lo, out->hi, err));
  RP_TRY(check_reach(&rule, number, most, err));
  RP_TRY(rp_stair_tabulate(rp_requantizer_apply, &rule, out->lo, out->hi,
                           threshold, err));
  return rp_build_table(net, threshold, out, stair, err);
}

/* ---- Channels. ---- */

int64_t rp_build_measure_sum(const rp_build_linear *l, int32_t channel) {
  const int64_t below = l->in.zero - l->in.lo, above = l->in.hi - l->in.zero;
  const int32_t *const w = l->weight + (size_t)channel * (size_t)l->a_channel;
  int64_t sum = 0;
  for (int32_t i = 0; i < l->a_channel; i++) sum += labs(w[i]);
  return sum * (below > above ? below : above) + llabs(l->bias[channel]);
}

rp_status rp_build_channel_stairs(rp_net *net, const rp_build_linear *linear,
                                  rp_stair *stair, rp_error *err) {
  int64_t most = 0;
  for (int32_t c = 0; c < linear->n_channels; c++) {
    const int64_t sum = rp_build_measure_sum(linear, c);
    if (sum > most) most = sum;
  }
  for (int32_t c = 0; c < linear->n_channels; c++) {
    stair[c] = stair[0];
    if (c < linear->n_multipliers)
      RP_TRY(rp_build_stair(net, linear->rounding, linear->multiplier[c], most,
                            &linear->out, &stair[c], err));
  }
  return RP_OK;
}
