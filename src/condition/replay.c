#include "condition/replay.h"

#include <stdlib.h>

#include "core/memory.h"

typedef bool judge(const rp_condition *condition, const int32_t *out,
                   int32_t n_out, int32_t label);

static rp_status replay(judge *holds, const rp_condition *condition,
                        const rp_net *net, const uint8_t *x, int32_t label,
                        bool *result) {
  int32_t *const out = rp_alloc((size_t)net->n_out, sizeof *out);
  if (!out) return RP_E_MEMORY;
  const rp_status status = rp_reference_forward(net, x, out);
  if (status == RP_OK) *result = holds(condition, out, net->n_out, label);
  free(out);
  return status;
}

rp_status rp_condition_replay(const rp_condition *condition, const rp_net *net,
                              const uint8_t *x, int32_t label, bool *is_met) {
  return replay(rp_condition_is_met, condition, net, x, label, is_met);
}

rp_status rp_condition_find_void(const rp_condition *condition,
                                 const rp_net *net, const uint8_t *x,
                                 int32_t label, bool *is_void) {
  return replay(rp_condition_is_void, condition, net, x, label, is_void);
}
