/* The two sides of a run: rank 0, which deals and computes, and the others,
 * which compute. Both loops serve the computing thread and the messages, and
 * sleep in between. */
#ifndef RAMPART_CLUSTER_RANKS_H
#define RAMPART_CLUSTER_RANKS_H

#include "input/job.h"
#include "run/compute.h"
#include "run/events.h"
#include "run/ledger.h"
#include "run/setup.h"
#include "run/wire.h"
#include "store/results.h"

/** How long a loop sleeps when there was nothing to do: from 50 us, growing to
 *  1 ms, so that busy ranks answer at once and waiting ones use no core; longer
 *  where no messages can come. Not at all after a turn with something to do.
 *  Enough answers of the own thread wake it. */
typedef struct rp_pace {
  double nap_s;
} rp_pace;
void rp_pace_rest(rp_pace *pace, bool was_busy, rp_compute *compute);

/** The first failure of work that goes on in spite of it. */
typedef struct rp_failure {
  rp_status status; /* RP_OK: none so far */
  rp_error err;
} rp_failure;
void rp_failure_note(rp_failure *first, rp_status status, const rp_error *err);

/** Records for one rank, gathered until they are posted as one message. */
typedef struct rp_outbox {
  int to;
  bool listed; /* in rank 0's list of those to post */
  int32_t records;
  size_t whole;  /* bytes of these records */
  rp_bytes wire; /* the next one is written here */
} rp_outbox;

/** Keep the record that was just written to the wire. A lost record would be a
 *  task that never ends, so if there was no memory for it: post the others,
 *  wait a little, return false; the caller writes it again. What has grown
 *  large is posted here. */
bool rp_outbox_keep(rp_outbox *outbox, rp_compute *compute);
void rp_outbox_put_plain(rp_outbox *outbox, rp_message_kind kind, int64_t task,
                         rp_compute *compute);

/** Post the records that have gathered, if there are any. */
void rp_outbox_post(rp_outbox *outbox);
void rp_outbox_free(rp_outbox *outbox);

/** Cut the proof of an answer into blocks and hand over one after the other.
 *  Returns false if it could not be read back or handed over. */
typedef bool rp_block_taker(void *context, const rp_proof_key *key,
                            const uint8_t *bytes, size_t size);
bool rp_proof_blocks(const rp_compute_answer *answer, rp_block_taker *take,
                     void *context);

/** Parts of the silence after which a rank counts as dead (option lost_after):
 *  so often a rank that has nothing to say gives a sign of life, rank 0 too; a
 *  longer pause in a rank's own loop means that it was stopped itself, and that
 *  the silence of others means nothing. A worker is more patient with rank 0,
 *  without which it can do nothing. */
#define RP_ALIVE_SHARE (1.0 / 12)
#define RP_STANDSTILL_SHARE (1.0 / 6)
enum { RP_PATIENCE_FACTOR = 5 };

typedef rp_status rp_work(void *context);
typedef void rp_tell(void *context);

/** Rank 0: do work on a thread of its own; meanwhile the calling thread tells
 *  that rank 0 lives. Without a thread to be had the work is just done.
 *  @param tell     called by the calling thread, with the same context
 *  @param every_s  so often, while the work lasts
 *  Returns the work's status. */
rp_status rp_work_beside(rp_work *work, void *context, rp_tell *tell,
                         double every_s);

/** Serve rank 0 until it says that all is done.
 *  @param lost_after_s  the option
 *  @param more          out: another run follows
 *  Errors: RP_E_STOPPED: rank 0 has been silent for RP_PATIENCE_FACTOR times as
 *  long. */
rp_status rp_worker_run(rp_compute *compute, const rp_net *net,
                        double lost_after_s, bool *more);

/** What rank 0 needs for a run. */
typedef struct rp_rank0_task {
  const rp_job *job;
  const rp_setup *setup;
  rp_compute *compute; /* of rank 0 itself */
  rp_results *results; /* rows are added; provenance is filled in */
  rp_ledger *ledger;   /* opened */
  rp_events *events;   /* NULL: not wanted */
  bool live;
  bool more; /* another run is to follow */
} rp_rank0_task;

typedef struct rp_rank0 rp_rank0;

/** Takes in what the ledger knows of an earlier run.
 *  @param task  borrowed until rp_rank0_free
 *  Errors: RP_E_MEMORY; those of rp_ledger_begin. */
rp_status rp_rank0_create(const rp_rank0_task *task, rp_rank0 **rank0,
                          rp_error *err);

/** Deal until every row is there, then let the others go and take in their
 *  counters. Whatever happens, the others are let go. The ledger is not ended.
 *  @param others_wait  out: for another run
 *  Errors: RP_E_MEMORY, RP_E_RANGE, RP_E_IO: a row or a proof could not be
 *  kept. */
rp_status rp_rank0_run(rp_rank0 *rank0, bool *others_wait, rp_error *err);
void rp_rank0_free(rp_rank0 *rank0); /* NULL is fine */

#endif
