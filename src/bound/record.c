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

void rp_dual_record_cuts(rp_dual *dual, rp_proof *proof) {
  dual->proof = proof;
}

/* The cuts that the last exact value used, for the step that follows. */
static void write_cuts(const rp_dual *dual) {
  int32_t used = 0;
  for (int32_t c = 0; c < dual->n_cuts; c++) used += dual->exact_pi[c] > 0;
  if (used == 0) return;
  RP_ASSERT(dual->proof);
  rp_trail_put(dual->trail, RP_STEP_CUTS);
  rp_trail_put(dual->trail, (uint64_t)used);
  for (int32_t c = 0; c < dual->n_cuts; c++) {
    if (dual->exact_pi[c] == 0) continue;
    rp_cut *const cut = dual->cuts->cut[c];
    const int64_t number = rp_cut_record(dual->net, cut, dual->proof);
    rp_trail_put(dual->trail, (uint64_t)number);
    rp_trail_put(dual->trail, (uint64_t)dual->exact_pi[c]);
  }
}

void rp_dual_write_step(const rp_dual *dual, rp_step_action action) {
  if (!dual->trail) return;
  const rp_block *block = &dual->net->block[dual->objective.block];
  const rp_objective *objective = &dual->objective;
  write_cuts(dual);
  rp_trail_put(dual->trail, action);
  RP_ASSERT(action >= RP_STEP_CLOSE && action <= RP_STEP_BELOW);
  RP_ASSERT(dual->exact_frac >= 0);
  if (action == RP_STEP_ABOVE || action == RP_STEP_BELOW)
    rp_trail_put(dual->trail,
                 (uint64_t)block->first + (uint64_t)objective->row[0]);
  rp_trail_put(dual->trail, (uint64_t)dual->exact_frac);
  write_multipliers(dual, rp_block_end(block));
}
