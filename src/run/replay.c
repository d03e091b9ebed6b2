#include "run/replay.h"

#include <stdlib.h>

#include "condition/replay.h"
#include "core/family.h"
#include "core/pair.h"

bool rp_replay_confirms(const rp_setup *setup, int64_t sample, int32_t distance,
                        const uint8_t *x) {
  const int32_t n_in = setup->net->n_in;
  const uint8_t *const from =
      setup->data->x + (size_t)rp_setup_sample(setup, sample) * (size_t)n_in;
  const int32_t label = rp_setup_label(setup, sample);
  int32_t prediction;
  for (int32_t i = 0; i < n_in; i++)
    if (x[i] > setup->net->in_hi) return false;
  const rp_family family = {setup->norm, from, n_in, setup->net->in_hi};
  if (rp_change_measure(&family, x) != distance) return false;
  if (setup->boxes &&
      !rp_boxes_hold(setup->boxes, rp_setup_sample(setup, sample), from, x))
    return false;
  for (int32_t i = 0; i < n_in && setup->patch.size; i++)
    if (x[i] != from[i] &&
        !rp_patch_covers(&setup->patch, rp_pair_target(sample, setup->targets),
                         i))
      return false;
  if (setup->condition) {
    bool is_met;
    rp_condition asked = *setup->condition; /* its arrays are borrowed */
    rp_condition_choose(&asked, rp_pair_target(sample, setup->targets));
    return rp_condition_replay(&asked, setup->net, x, label, &is_met) ==
               RP_OK &&
           is_met;
  }
  return rp_reference_predict(setup->net, x, &prediction) == RP_OK &&
         prediction != label;
}
