/* A rank other than 0: takes tasks, gives answers.
 *
 * It holds no state but its computing thread's and what it has not yet told. It
 * decides nothing about the run: a stop signal is only passed on to rank 0,
 * which cancels what has to be cancelled. Each task ends in exactly one record,
 * RESULT or RETURNED, and REPORT is the last record of all, sent after FINISH
 * came. Results gather while tasks are short (rp_sched_report_due); everything
 * else takes what has gathered along at once. */
#include <stdatomic.h>
#include <stdlib.h>

#include "cluster/comm.h"
#include "cluster/ranks.h"
#include "core/clock.h"
#include "core/log.h"
#include "core/memory.h"

typedef struct worker {
  rp_compute *compute;
  const rp_net *net;
  bool finished, more, told_stop, wanted, deserted;
  double lost_after_s, now_s, heard_s, last_post_s;
  double oldest_s; /* when the oldest result not yet posted was put */
  rp_outbox out;
} worker;

static void post(worker *w) {
  rp_outbox_post(&w->out);
  w->wanted = false;
  w->last_post_s = rp_clock_wall_s();
}

static void post_plain(worker *w, rp_message_kind kind, int64_t task) {
  rp_outbox_put_plain(&w->out, kind, task, w->compute);
  post(w);
}

static void put_result(worker *w, const rp_compute_answer *result) {
  if (w->out.records == 0) w->oldest_s = rp_clock_wall_s();
  do {
    rp_wire_put_result(&w->out.wire, result, w->net->n_in);
  } while (!rp_outbox_keep(&w->out, w->compute));
}

static void post_what_is_due(worker *w) {
  if (w->out.records == 0) return;
  const double now_s = rp_clock_wall_s();
  const rp_sched_news news = {.answered = w->out.records,
                              .unanswered =
                                  rp_compute_count_unanswered(w->compute),
                              .oldest_s = now_s - w->oldest_s,
                              .silent_s = now_s - w->last_post_s};
  if (w->wanted || rp_sched_report_due(&news, rp_comm_size())) post(w);
}

/* Blocks are posted one at a time, so that little waits to be sent. */
static bool post_block(void *context, const rp_proof_key *key,
                       const uint8_t *bytes, size_t size) {
  worker *const w = context;
  rp_bytes *const wire = &w->out.wire;
  do {
    rp_wire_put_message(wire, RP_MESSAGE_PROOF, rp_attempt_task(key->attempt));
    rp_wire_put_proof_key(wire, key);
    rp_bytes_append(wire, bytes, size);
  } while (!rp_outbox_keep(&w->out, w->compute));
  post(w);
  if (!key->last) rp_comm_flush(w->lost_after_s);
  return true;
}

static void post_proof(worker *w, const rp_compute_answer *answer) {
  if (answer->proof && !rp_proof_blocks(answer, post_block, w))
    rp_log(RP_LOG_WARN, "a proof could not be read back, so it is not kept");
}

static void post_report(worker *w) {
  rp_rank_row row = {.rank = rp_comm_rank()};
  rp_compute_counters(w->compute, &row);
  rp_comm_traffic(&row.messages, &row.message_bytes);
  do {
    rp_wire_put_message(&w->out.wire, RP_MESSAGE_REPORT, 0);
    rp_wire_put_rank_row(&w->out.wire, &row);
  } while (!rp_outbox_keep(&w->out, w->compute));
  post(w);
}

/* A task that cannot be taken in is answered as well: UNKNOWN, error. */
static void take_task(worker *w, rp_bytes *wire, int64_t id) {
  rp_compute_task task = {.id = id, .attempt = rp_attempt(id, rp_comm_rank())};
  rp_wire_get_task(wire, &task, w->net->n_in);
  if (!wire->failed && rp_compute_push(w->compute, &task)) return;
  rp_log(RP_LOG_ERROR, "task %lld cannot be taken in", (long long)id);
  const rp_compute_answer answer = {.task.id = id,
                                    .answer = {.reason = RP_REASON_ERROR},
                                    .ended_s = rp_clock_wall_s()};
  put_result(w, &answer);
}

static void serve_record(worker *w, rp_bytes *wire) {
  const rp_message message = rp_wire_get_message(wire);
  switch (message.kind) {
  case RP_MESSAGE_TASK:
    take_task(w, wire, message.task);
    break;
  case RP_MESSAGE_RECALL:
  case RP_MESSAGE_ABANDON:
    if (rp_compute_cancel(w->compute, message.task,
                          message.kind == RP_MESSAGE_ABANDON))
      rp_outbox_put_plain(&w->out, RP_MESSAGE_RETURNED, message.task,
                          w->compute);
    w->wanted = true; /* rank 0 needs tasks, or wants to end the run */
    break;
  case RP_MESSAGE_SPLIT:
    rp_compute_split(w->compute, message.task, (int32_t)rp_bytes_get(wire, 2));
    break;
  case RP_MESSAGE_FINISH:
    w->finished = true;
    w->more = message.task != 0;
    break;
  case RP_MESSAGE_ALIVE:
    break;
  case RP_MESSAGE_RESULT:
  case RP_MESSAGE_SUBPROBLEM:
  case RP_MESSAGE_PROOF:
  case RP_MESSAGE_RETURNED:
  case RP_MESSAGE_STOP:
  case RP_MESSAGE_REPORT:
  case RP_MESSAGE_COUNT:
    rp_log(RP_LOG_ERROR, "unknown message kind from rank 0");
    wire->failed = true;
    break;
  }
}

static bool serve_messages(worker *w) {
  bool any = false;
  int from;
  uint8_t *data;
  size_t size;
  while (!w->finished && rp_comm_poll(&from, &data, &size)) {
    rp_bytes wire = rp_bytes_over(data, size);
    do {
      serve_record(w, &wire);
    } while (!wire.failed && wire.at < wire.size);
    free(data);
    any = true;
    w->heard_s = rp_clock_wall_s();
  }
  return any;
}

/* Subproblems are sent at once, since some rank is idle. */
static bool serve_subproblems(worker *w) {
  bool any = false;
  rp_compute_subproblem subproblem;
  while (rp_compute_take_subproblem(w->compute, &subproblem)) {
    do {
      rp_wire_put_subproblem(&w->out.wire, &subproblem);
    } while (!rp_outbox_keep(&w->out, w->compute));
    free(subproblem.bytes);
    any = true;
  }
  if (any) post(w);
  return any;
}

static bool serve_answers(worker *w) {
  bool any = serve_subproblems(w);
  rp_compute_answer a;
  while (rp_compute_take(w->compute, &a)) {
    post_proof(w, &a);
    put_result(w, &a);
    any = true;
  }
  return any;
}

/* Under mpirun --enable-recovery nothing else ends this rank once rank 0 has
 * died. */
static void look_for_rank0(worker *w, double last_s) {
  const double patience_s = RP_PATIENCE_FACTOR * w->lost_after_s;
  if (w->now_s - last_s > RP_STANDSTILL_SHARE * w->lost_after_s)
    w->heard_s = w->now_s;
  const bool torn = rp_comm_torn() >= 0;
  if (!torn && w->now_s - w->heard_s < patience_s) return;
  rp_log(RP_LOG_ERROR, "rank 0 is given up after %g s of silence: ending",
         w->now_s - w->heard_s);
  w->finished = w->deserted = true;
}

static void serve_clock(worker *w) {
  const double last_s = w->now_s;
  w->now_s = rp_clock_wall_s();
  if (!w->told_stop && atomic_load(rp_stop_flag())) {
    w->told_stop = true;
    post_plain(w, RP_MESSAGE_STOP, 0);
  }
  if (w->now_s - w->last_post_s > RP_ALIVE_SHARE * w->lost_after_s)
    post_plain(w, RP_MESSAGE_ALIVE, 0);
  look_for_rank0(w, last_s);
}

rp_status rp_worker_run(rp_compute *compute, const rp_net *net,
                        double lost_after_s, bool *more) {
  worker w = {.compute = compute,
              .net = net,
              .lost_after_s = lost_after_s,
              .now_s = rp_clock_wall_s()};
  w.heard_s = w.last_post_s = w.now_s;
  rp_pace pace = {0};
  while (!w.finished) {
    bool busy = serve_answers(&w);
    if (serve_messages(&w)) busy = true;
    post_what_is_due(&w);
    serve_clock(&w);
    if (!w.finished) rp_pace_rest(&pace, busy, compute);
  }
  rp_compute_stop(compute);
  if (!w.deserted) post_report(&w);
  if (!w.deserted) rp_comm_flush(lost_after_s);
  rp_outbox_free(&w.out);
  *more = w.more && !w.deserted;
  return w.deserted ? RP_E_STOPPED : RP_OK;
}
