/* What the loops of rank 0 and of the other ranks have in common. */
#include "cluster/ranks.h"

#include <stdlib.h>

#include "cluster/comm.h"
#include "core/log.h"

void rp_pace_rest(rp_pace *pace, bool was_busy, rp_compute *compute) {
  static const double shortest_s = 50e-6;
  const double longest_s = rp_comm_size() > 1 ? 1e-3 : 20e-3;
  if (was_busy) {
    pace->nap_s = 0;
    return;
  }
  if (pace->nap_s < shortest_s)
    pace->nap_s = shortest_s;
  else if (pace->nap_s < longest_s)
    pace->nap_s *= 1.2;
  rp_compute_wait(compute, pace->nap_s);
}

void rp_failure_note(rp_failure *first, rp_status status, const rp_error *err) {
  if (status == RP_OK || first->status != RP_OK) return;
  *first = (rp_failure){status, *err};
}

void rp_outbox_post(rp_outbox *outbox) {
  if (outbox->records == 0) return;
  rp_comm_post(outbox->to, outbox->wire.data, outbox->whole);
  outbox->wire = (rp_bytes){0};
  outbox->records = 0;
  outbox->whole = 0;
}

bool rp_outbox_keep(rp_outbox *outbox, rp_compute *compute) {
  enum { LARGE = 1 << 18 };
  rp_bytes *const wire = &outbox->wire;
  if (!wire->failed) {
    outbox->whole = wire->size;
    outbox->records++;
    if (outbox->whole >= LARGE) rp_outbox_post(outbox);
    return true;
  }
  wire->size = outbox->whole;
  wire->failed = false;
  rp_outbox_post(outbox);
  rp_log(RP_LOG_WARN, "out of memory for a message; trying again");
  rp_compute_wait(compute, 0.5);
  return false;
}

void rp_outbox_put_plain(rp_outbox *outbox, rp_message_kind kind, int64_t task,
                         rp_compute *compute) {
  do {
    rp_wire_put_message(&outbox->wire, kind, task);
  } while (!rp_outbox_keep(outbox, compute));
}

void rp_outbox_free(rp_outbox *outbox) {
  free(outbox->wire.data);
  *outbox = (rp_outbox){0};
}
