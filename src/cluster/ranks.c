/* What the loops of rank 0 and of the others share. */
#include "ranks.h"

#include <stdlib.h>

#include "comm.h"
#include "rampart/log.h"

void rp_pace_rest(rp_pace *pace, bool was_busy, rp_compute *compute) {
  static const double shortest_s = 50e-6;
  const double longest_s = rp_comm_size() > 1 ? 1e-3 : 20e-3;
  if (was_busy || pace->nap_s < shortest_s)
    pace->nap_s = shortest_s;
  else if (pace->nap_s < longest_s)
    pace->nap_s *= 1.2;
  rp_compute_wait(compute, pace->nap_s);
}

bool rp_post_wire(int to, rp_wire *wire, rp_compute *compute) {
  if (!wire->failed) {
    rp_comm_post(to, wire->data, wire->size);
    return true;
  }
  free(wire->data);
  *wire = (rp_wire){0};
  rp_log(RP_LOG_WARN, "out of memory for a message; trying again");
  rp_compute_wait(compute, 0.5);
  return false;
}

void rp_post_plain(int to, rp_message_kind kind, int64_t task,
                   rp_compute *compute) {
  rp_wire wire = {0};
  do {
    rp_wire_put_message(&wire, kind, task);
  } while (!rp_post_wire(to, &wire, compute));
}
