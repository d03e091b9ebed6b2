/* Which ranks are alive. Workers send something at least every RP_ALIVE_SHARE
 * of the option lost_after, so a rank that is silent for all of it is lost.
 * Rank 0 sends something as often as the workers expect. */
#include <math.h>

#include "cluster/comm.h"
#include "cluster/rank0_internal.h"
#include "core/clock.h"
#include "core/log.h"

/* Give up a rank: its tasks go to others, and whatever it still sends is
 * ignored. */
static void give_up(rp_rank0 *self, int rank) {
  self->peer[rank].lost = true;
  rp_comm_note_loss();
  rp_events_lost(self->task->events, rank);
  /* Its tasks are others' now, unless the run stops: the next one then has to
   * know. */
  if (!atomic_load(rp_stop_flag()))
    rp_ledger_running(self->task->ledger, rank, NULL, 0);
  rp_sched_lost(self->sched, rank);
}

static void give_up_silent(rp_rank0 *self, int rank) {
  rp_log(RP_LOG_ERROR, "rank %d is given up after %g s of silence", rank,
         self->now_s - self->peer[rank].heard_s);
  give_up(self, rank);
}

void rp_rank0_distrust(rp_rank0 *self, int rank) {
  if (self->peer[rank].lost) return;
  rp_log(RP_LOG_ERROR, "a message from rank %d is damaged: given up", rank);
  give_up(self, rank);
}

static bool is_awaited(const rp_peer *peer) {
  return !peer->lost && !peer->reported;
}

void rp_rank0_look_for_lost(rp_rank0 *self, double last_s) {
  const double lost_after_s = self->task->job->options.lost_after;
  if (self->now_s - last_s > RP_STANDSTILL_SHARE * lost_after_s)
    for (int r = 1; r < rp_comm_size(); r++)
      self->peer[r].heard_s = self->now_s;
  const int torn = rp_comm_torn();
  if (torn > 0 && !self->peer[torn].lost) give_up_silent(self, torn);
  if (self->now_s < self->look_at_s) return;
  self->look_at_s = self->now_s + fmin(1, lost_after_s / 10);
  for (int r = 1; r < rp_comm_size(); r++)
    if (is_awaited(&self->peer[r]) &&
        self->now_s - self->peer[r].heard_s >= lost_after_s)
      give_up_silent(self, r);
}

void rp_rank0_say_alive(rp_rank0 *self) {
  for (int r = 1; r < rp_comm_size(); r++)
    if (is_awaited(&self->peer[r]))
      rp_outbox_put_plain(rp_rank0_outbox(self, r), RP_MESSAGE_ALIVE, 0,
                          self->task->compute);
}

void rp_rank0_give_sign_of_life(rp_rank0 *self) {
  if (self->now_s < self->alive_at_s) return;
  self->alive_at_s = self->now_s + self->task->job->options.lost_after / 2;
  rp_rank0_say_alive(self);
}

bool rp_rank0_awaits_reports(const rp_rank0 *self) {
  for (int r = 1; r < rp_comm_size(); r++)
    if (is_awaited(&self->peer[r])) return true;
  return false;
}
