/* Pairs of a sample and a target.
 *
 * A run that asks about every class in turn (`targets: all`) asks about pairs:
 * is there an input near this sample that is classified as that target? To
 * whoever only tells questions apart (scheduler, journal, proofs, tables in
 * memory) a pair is one number in place of the sample's:
 *
 *   pair = sample * targets + target
 *
 * `targets` is the number of classes; it is 0 in all other runs, and the number
 * is then the sample's own. In a run about patches (core/patch.h) the places of
 * the patch stand for the targets. */
#ifndef RAMPART_CORE_PAIR_H
#define RAMPART_CORE_PAIR_H

#include <stdint.h>

/** @param target  0..targets-1; not read if targets is 0 */
static inline int64_t rp_pair(int64_t sample, int32_t target, int32_t targets) {
  return targets > 0 ? sample * targets + target : sample;
}

/** The sample of a pair that is not negative. */
static inline int64_t rp_pair_sample(int64_t pair, int32_t targets) {
  return targets > 0 ? pair / targets : pair;
}

/** The target of a pair; -1 if there is none. */
static inline int32_t rp_pair_target(int64_t pair, int32_t targets) {
  return targets > 0 ? (int32_t)(pair % targets) : -1;
}

#endif
