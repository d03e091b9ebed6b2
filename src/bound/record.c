/* A step of a proof: the multipliers of the last exact value, as integers, and
 * what they were good for. Runs of zeros, which rows without weight leave, are
 * a zero and the number of further zeros. */
#include "bound/dual_internal.h"
#include "core/assert.h"

void rp_dual_record(rp_dual *dual, rp_trail *trail) {
  dual->trail = trail;
}

static void write_multipliers(const rp_dual *dual, int32_t count) {
  rp_trail *trail = dual->trail;
  for (int32_t at = 0; at < count; at++) {
    const int64_t lambda = dual->exact_lambda[at];
    rp_trail_put_signed(trail, lambda);
    if (lambda != 0) continue;
    int32_t more = 0;
    while (at + 1 < count && dual->exact_lambda[at + 1] == 0) more++, at++;
    rp_trail_put(trail, (uint64_t)more);
  }
}

void rp_dual_write_step(const rp_dual *dual, rp_step_action action) {
  if (!dual->trail) return;
  const rp_block *block = &dual->net->block[dual->objective.block];
  const rp_objective *objective = &dual->objective;
  rp_trail_put(dual->trail, action);
  RP_ASSERT(action >= RP_STEP_CLOSE && action <= RP_STEP_BELOW);
  RP_ASSERT(dual->exact_frac >= 0);
  if (action == RP_STEP_ABOVE || action == RP_STEP_BELOW)
    rp_trail_put(dual->trail,
                 (uint64_t)block->first + (uint64_t)objective->row[0]);
  rp_trail_put(dual->trail, (uint64_t)dual->exact_frac);
  write_multipliers(dual, rp_block_end(block));
}
