/* What the files of rank 0 share: rank0.c runs the loop and takes in events,
 * rank0_actions.c does what the scheduler says, rank0_peers.c knows who lives.
 */
#ifndef RAMPART_CLUSTER_RANK0_INTERNAL_H
#define RAMPART_CLUSTER_RANK0_INTERNAL_H

#include "cluster/ranks.h"
#include "run/progress.h"

/* Another rank. */
typedef struct rp_peer {
  double heard_s;
  double ahead_s; /* rank 0's clock less its own, by its fastest message */
  bool lost, reported;
  bool holds_others; /* than noted for the next run */
  rp_outbox out;
} rp_peer;

struct rp_rank0 {
  const rp_rank0_task *task;
  rp_sched *sched;
  rp_peer *peer;                       /* [size], by rank */
  int32_t *to_post, n_to_post;         /* [size], peers with records to post */
  int32_t *to_note, n_to_note;         /* [size], peers that hold others */
  int64_t returned[RP_SCHED_HOLD + 1]; /* taken back from the own thread */
  int n_returned;
  uint8_t *box;       /* [2][n_in] of the question that is being sent */
  rp_failure failure; /* to keep a row or a proof */
  rp_progress progress;
  double began_s, now_s, save_at_s, look_at_s, alive_at_s;
  double ended_s; /* when the task ended whose answer is taken in */
};

/* rank0_actions.c */

/** The scheduler's actions: messages to others, orders to the own thread, rows
 *  of the results. What fails is noted. */
rp_sched_actions rp_rank0_actions(rp_rank0 *self);

/** Note for the next run what ranks work on, where that has changed. */
void rp_rank0_note_running(rp_rank0 *self);

/** The outbox in which records for a rank gather until rp_rank0_post_all. */
rp_outbox *rp_rank0_outbox(rp_rank0 *self, int32_t rank);
void rp_rank0_post_all(rp_rank0 *self);

/* rank0_peers.c */

/** Give up ranks that are silent for the option lost_after, or whose message
 *  broke off.
 *  @param last_s  the clock at the previous look; now_s is that of this one */
void rp_rank0_look_for_lost(rp_rank0 *self, double last_s);

/** Give up a rank whose message is damaged, since nothing that it sends can be
 *  relied on. */
void rp_rank0_distrust(rp_rank0 *self, int rank);

/** Tell the others that rank 0 is alive: now, and whenever it is time to. */
void rp_rank0_say_alive(rp_rank0 *self);
void rp_rank0_give_sign_of_life(rp_rank0 *self);

/** True while a rank that is not lost has yet to report. */
bool rp_rank0_awaits_reports(const rp_rank0 *self);

#endif
