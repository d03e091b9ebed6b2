#include "run/replay.h"

#include <stdlib.h>

#include "condition/replay.h"

bool rp_replay_confirms(const rp_setup *setup, int64_t sample, int32_t distance,
                        const uint8_t *x) {
  const int32_t n_in = setup->net->n_in;
  const uint8_t *const from = setup->data->x + (size_t)sample * (size_t)n_in;
  const int32_t label = setup->data->label[sample];
  int32_t prediction;
  for (int32_t i = 0; i < n_in; i++)
    if (x[i] > setup->net->in_hi) return false;
  if (rp_norm_measure(setup->norm, from, x, n_in) != distance) return false;
  bool is_met;
  if (setup->condition)
    return rp_condition_replay(setup->condition, setup->net, x, label,
                               &is_met) == RP_OK &&
           is_met;
  return rp_reference_predict(setup->net, x, &prediction) == RP_OK &&
         prediction != label;
}
