/* The scheduler against thousands of random runs: workers of random speed that
 * join late and die, messages that take their time in both directions,
 * cancellations that come too late, undecidable radii, stops. Checked: every
 * item has exactly one row, rows are what the oracle says and the same for any
 * order, no task is lost or answered twice, no worker idles while there is
 * something to ask. Some runs end too early and are taken up by another
 * scheduler that knows the answers so far. The seed of a failing run is printed
 * and can be given as the only argument.
 *
 * A question's search is a set of 64 nodes. Workers that are asked to split
 * give some of theirs away; a run that ends ROBUST has closed the rest. A
 * question may end ROBUST only when all 64 nodes have been closed, whatever was
 * lost, stopped, given up or run twice on the way. When a run is stopped,
 * workers hand over all that is open, and the scheduler that takes up the run
 * goes on with what is left. Questions that need much memory end without an
 * answer until they are asked alone, when nothing else is on their node. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"
#include "core/rng.h"
#include "sched/radius.h"
#include "sched/sched.h"

enum {
  MAX_WORKERS = 9,
  MAX_SAMPLES = 24,
  MAX_QUERIES = 200,
  MAX_CAP = 12,
  MAX_RADIUS = MAX_CAP + 3,
  QUEUE = 4096,
  MAX_ANSWERS = 4096,
  MAX_LEFT = 64,
  MAX_PIECES = 256
};

typedef enum event_kind { SEND, RECALL, ABANDON, SPLIT } event_kind;

typedef struct message {
  event_kind kind;
  rp_sched_task task;
  uint64_t nodes;      /* of a task sent */
  int32_t subproblems; /* wanted */
} message;

/* A task at its worker. */
typedef struct far_task {
  rp_sched_task task;
  uint64_t nodes; /* that its run has to close */
  int32_t wanted, given;
} far_task;

typedef struct reply {
  int64_t id;
  bool returned, is_subproblem, last;
  rp_answer answer;
  uint64_t nodes; /* of a subproblem; that an end has closed */
} reply;

/* What a journal would hold. */
typedef struct kept_answer {
  int32_t worker;
  rp_sched_task task;
  rp_answer answer;
  uint8_t witness[4];
} kept_answer;

typedef struct kept_left {
  rp_sched_left left;
  rp_sched_piece piece[MAX_PIECES];
  uint64_t nodes[MAX_PIECES];
} kept_left;

/* A worker as the far end of two ordered channels. */
typedef struct far_worker {
  bool live;
  int32_t hold;
  uint32_t slowness;
  message inbox[QUEUE];
  int32_t in_head, in_tail;
  reply outbox[QUEUE];
  int32_t out_head, out_tail;
  far_task queue[RP_SCHED_HOLD];
  int32_t n_queue;
  /* What the scheduler must think of it. */
  rp_sched_task held[RP_SCHED_HOLD];
  bool let_go[RP_SCHED_HOLD]; /* recalled or abandoned */
  int32_t n_held;
} far_worker;

typedef struct sample_truth {
  int32_t mrr;
  uint32_t undecidable;
  uint32_t hungry;    /* radii that need more memory than a task has at first */
  rp_verdict verdict; /* ROBUST: a sample to decide */
} sample_truth;

typedef struct world {
  rp_rng rng;
  rp_sched *sched;
  rp_sched_plan plan;
  rp_question query[MAX_QUERIES];
  int64_t search[MAX_SAMPLES];
  sample_truth truth[MAX_SAMPLES];
  bool far_witnesses; /* distance is the radius asked */
  bool stopped, lossy;
  bool splits, forgets; /* are asked for; lose subproblems on the way */
  bool keeps_left, is_hungry;
  int32_t node[MAX_WORKERS];
  int64_t fed; /* hungry questions that had an answer */
  int64_t subproblems,
      split_ended[2]; /* questions that were split: UNKNOWN, ROBUST
                       */
  uint64_t closed[MAX_SAMPLES][MAX_RADIUS + 1]; /* nodes, by question */
  bool was_split[MAX_SAMPLES][MAX_RADIUS + 1];
  int64_t limited_rows[2]; /* open, closed, of searches with a limit */
  far_worker worker[MAX_WORKERS];
  int32_t n_workers, n_live;
  int32_t query_rows[MAX_QUERIES], radius_rows[MAX_SAMPLES];
  rp_radius_search seen[MAX_SAMPLES]; /* from the answers given out */
  rp_verdict seen_verdict[MAX_SAMPLES];
  kept_answer kept[MAX_ANSWERS];
  int32_t n_kept;
  kept_left left[MAX_LEFT];
  int32_t n_left;
  bool was_left[MAX_SAMPLES][MAX_RADIUS + 1];
  int64_t left_ended[2]; /* UNKNOWN, ROBUST */
} world;

static const uint64_t ALL_NODES = UINT64_MAX;

static int64_t subproblems_of_all_runs, split_of_all_runs[2];
static int64_t limited_of_all_runs[2], left_of_all_runs[2], fed_of_all_runs;

static world *w; /* one at a time; callbacks and oracle share it */
static uint64_t only_seed;

static uint32_t below(uint32_t n) {
  return rp_rng_below(&w->rng, n);
}

/* ---- oracle ---- */

static rp_answer oracle(const rp_sched_task *task) {
  const sample_truth *t = &w->truth[task->question.sample];
  rp_answer a;
  memset(&a, 0, sizeof a);
  a.seconds = 1;
  if (t->verdict != RP_ROBUST) {
    a.verdict = t->verdict;
  } else if (t->undecidable >> task->question.radius & 1) {
    a.verdict = RP_UNKNOWN;
    a.reason = RP_REASON_TIME;
  } else if (task->question.radius <= t->mrr) {
    a.verdict = RP_ROBUST;
    a.evidence = RP_EVIDENCE_TREE;
  } else {
    a.verdict = RP_VIOLATED;
    a.evidence = RP_EVIDENCE_REPLAY;
    a.distance =
        w->far_witnesses
            ? task->question.radius
            : t->mrr + 1 +
                  (int32_t)below((uint32_t)(task->question.radius - t->mrr));
  }
  return a;
}

/* A question takes a second, or what its radius needs of what it is granted;
 * what is undecidable ends by limits of its own now and then, as queries do. */
static rp_answer within_limits(const rp_sched_task *task, rp_answer a) {
  const double granted_s = task->question.cpu_limit_s;
  const double needs_s = 1 + task->question.radius * 5 % 7;
  a.cpu_seconds = 1;
  if (granted_s <= 0 || a.verdict == RP_MISCLASSIFIED ||
      a.verdict == RP_INVALID)
    return a;
  const bool unknown = a.verdict == RP_UNKNOWN;
  a.cpu_seconds = unknown && below(4) ? granted_s : needs_s;
  if (a.cpu_seconds < granted_s) return a;
  return (rp_answer){.verdict = RP_UNKNOWN,
                     .reason = RP_REASON_TIME,
                     .subproblems = a.subproblems,
                     .seconds = 1,
                     .cpu_seconds = granted_s};
}

static bool known_robust(int64_t sample, int32_t radius) {
  const sample_truth *t = &w->truth[sample];
  return radius <= t->mrr && !(t->undecidable >> radius & 1);
}

static bool known_violated(int64_t sample, int32_t radius) {
  const sample_truth *t = &w->truth[sample];
  return radius > t->mrr && !(t->undecidable >> radius & 1);
}

/* What a run tells that had these nodes to close. The counterexample of a
 * violated question is in one of them; an attack may find it from anywhere. */
static rp_answer oracle_of(const far_task *f) {
  const sample_truth *t = &w->truth[f->task.question.sample];
  rp_answer a = oracle(&f->task);
  const uint64_t holds_it = (uint64_t)1 << (f->task.question.radius * 5 % 64);
  if (t->hungry >> f->task.question.radius & 1 && !f->task.alone)
    return (rp_answer){
        .reason = RP_REASON_MEMORY, .seconds = 1, .subproblems = f->given};
  if (a.verdict == RP_VIOLATED && !(f->nodes & holds_it) && below(4)) {
    memset(&a, 0, sizeof a);
    a.verdict = RP_ROBUST;
    a.evidence = RP_EVIDENCE_TREE;
  }
  /* Only the node that is hard cannot be decided. */
  if (a.verdict == RP_UNKNOWN && t->verdict == RP_ROBUST &&
      !(f->nodes & holds_it)) {
    memset(&a, 0, sizeof a);
    a.verdict = RP_ROBUST;
  }
  a.seconds = 1;
  a.subproblems = f->given;
  return within_limits(&f->task, a);
}

static bool all_closed(int64_t sample, int32_t radius) {
  return w->closed[sample][radius] == ALL_NODES;
}

/* The best that can be known of a search from its radii and the queries. */
static void best_interval(int64_t sample, int32_t *lo, int32_t *hi) {
  const int32_t cap = w->plan.cap;
  *lo = 0;
  *hi = cap;
  for (int32_t r = 1; r <= cap; r++)
    if (known_robust(sample, r)) *lo = r;
  for (int32_t r = cap; r >= 1; r--)
    if (known_violated(sample, r)) *hi = r - 1;
  for (int64_t q = 0; q < w->plan.n_queries; q++) {
    if (w->query[q].sample != sample) continue;
    if (w->query[q].radius > cap && known_robust(sample, w->query[q].radius))
      *lo = cap;
  }
}

/* ---- actions ---- */

/* What answers used and what is granted now is within the limit, but for
 * queries that were under way when it was granted; nothing is asked twice but
 * what was cut short. */
static void check_grant(const rp_sched_task *task) {
  double sum_s = task->question.cpu_limit_s;
  for (int32_t i = 0; i < w->n_kept; i++) {
    const kept_answer *k = &w->kept[i];
    if (k->task.question.sample != task->question.sample) continue;
    if (k->task.query < 0) sum_s += k->answer.cpu_seconds;
    if (k->task.question.radius != task->question.radius ||
        k->task.query != task->query)
      continue;
    assert_true(task->query < 0 && k->answer.reason == RP_REASON_TIME);
    assert_true(task->question.cpu_limit_s > 0);
  }
  for (int32_t i = 0; i < w->n_workers; i++)
    for (int32_t k = 0; k < w->worker[i].n_held; k++)
      if (w->worker[i].held[k].question.sample == task->question.sample &&
          !w->worker[i].let_go[k])
        sum_s += w->worker[i].held[k].question.cpu_limit_s;
  assert_int_equal(task->question.cpu_limit_s > 0,
                   task->query < 0 && w->plan.sample_limit_s > 0);
  if (task->question.cpu_limit_s > 0)
    assert_true(sum_s <= w->plan.sample_limit_s + 1e-9);
}

/* Alone on its node, and with no others but such tasks anywhere. */
static void check_alone(int32_t worker, const rp_sched_task *task) {
  for (int32_t i = 0; i < w->n_workers; i++) {
    const far_worker *f = &w->worker[i];
    for (int32_t k = 0; k < f->n_held; k++) {
      assert_int_equal(f->held[k].alone, task->alone);
      assert_false(task->alone && w->node[i] == w->node[worker]);
    }
  }
}

static void on_send(void *context, int32_t worker, const rp_sched_task *task) {
  assert_ptr_equal(context, w);
  check_alone(worker, task);
  assert_false(w->stopped);
  far_worker *f = &w->worker[worker];
  assert_true(f->live && f->n_held < f->hold);
  for (int32_t i = 0; i < w->n_workers; i++)
    for (int32_t k = 0; k < w->worker[i].n_held; k++)
      assert_true(w->worker[i].held[k].id != task->id);
  check_grant(task);
  f->held[f->n_held] = *task;
  f->let_go[f->n_held++] = false;
  assert_true(f->in_tail < QUEUE);
  uint64_t nodes = ALL_NODES;
  assert_int_equal(task->question.subproblem != NULL,
                   task->subproblem_number > 0);
  if (task->question.subproblem) {
    assert_int_equal(task->question.subproblem_size, sizeof nodes);
    memcpy(&nodes, task->question.subproblem, sizeof nodes);
  }
  f->inbox[f->in_tail++] = (message){SEND, *task, nodes, 0};
}

static void on_split(void *context, int32_t worker, int64_t id,
                     int32_t subproblems) {
  assert_ptr_equal(context, w);
  assert_false(w->stopped);
  far_worker *f = &w->worker[worker];
  assert_true(f->live && subproblems > 0);
  int32_t k = 0;
  while (k < f->n_held && f->held[k].id != id) k++;
  assert_true(f->held[k].question.cpu_limit_s == 0);
  assert_true(k < f->n_held && (k == 0 || !f->let_go[k]));
  assert_true(f->in_tail < QUEUE);
  f->inbox[f->in_tail++] = (message){SPLIT, {.id = id}, 0, subproblems};
}

static void on_hand_over(void *context, int32_t worker, int64_t id) {
  assert_ptr_equal(context, w);
  assert_true(w->stopped);
  far_worker *f = &w->worker[worker];
  if (!f->live) return;
  int32_t k = 0;
  while (k < f->n_held && f->held[k].id != id) k++;
  assert_true(k < f->n_held);
  assert_true(f->in_tail < QUEUE);
  f->inbox[f->in_tail++] =
      (message){SPLIT, {.id = id}, 0, RP_SUBPROBLEMS_OF_ALL};
}

/* Every node is closed or in one of the pieces. */
static void on_left(void *context, const rp_sched_left *left) {
  assert_ptr_equal(context, w);
  assert_true(w->stopped);
  const rp_question *q = &left->task.question;
  uint64_t nodes = w->closed[q->sample][q->radius];
  assert_true(left->n >= 1 && left->n < left->joined);
  assert_true(left->n <= MAX_PIECES && w->n_left < MAX_LEFT);
  kept_left *kept = &w->left[w->n_left++];
  kept->left = *left;
  for (int32_t i = 0; i < left->n; i++) {
    assert_int_equal(left->piece[i].size, sizeof nodes);
    memcpy(&kept->nodes[i], left->piece[i].bytes, sizeof nodes);
    kept->piece[i] = left->piece[i];
    kept->piece[i].bytes = (const uint8_t *)&kept->nodes[i];
    nodes |= kept->nodes[i];
  }
  kept->left.piece = kept->piece;
  assert_true(nodes == ALL_NODES);
}

static void on_cancel(void *context, int32_t worker, int64_t id, bool abandon) {
  assert_ptr_equal(context, w);
  far_worker *f = &w->worker[worker];
  if (!f->live) return;
  int32_t k = 0;
  while (k < f->n_held && f->held[k].id != id) k++;
  assert_true(k < f->n_held);
  assert_true(abandon || k > 0);
  f->let_go[k] = true;
  assert_true(f->in_tail < QUEUE);
  f->inbox[f->in_tail++] =
      (message){abandon ? ABANDON : RECALL, {.id = id}, 0, 0};
}

static void check_loss_or_stop(rp_reason reason) {
  if (reason == RP_REASON_INTERRUPTED)
    assert_true(w->stopped);
  else
    assert_true((reason == RP_REASON_MEMORY && w->lossy) ||
                (reason == RP_REASON_ERROR && w->forgets));
}

static void on_query_row(void *context, int64_t query, int32_t worker,
                         const rp_answer *answer, const uint8_t *witness) {
  assert_ptr_equal(context, w);
  assert_int_equal(w->query_rows[query]++, 0);
  const rp_question *q = &w->query[query];
  const sample_truth *t = &w->truth[q->sample];
  assert_int_equal(witness != NULL, answer->verdict == RP_VIOLATED);
  if (answer->verdict == RP_ROBUST)
    assert_true(all_closed(q->sample, q->radius));
  if (w->was_split[q->sample][q->radius] && answer->verdict != RP_VIOLATED)
    w->split_ended[answer->verdict == RP_ROBUST]++;
  if (w->was_left[q->sample][q->radius] && answer->verdict != RP_VIOLATED)
    w->left_ended[answer->verdict == RP_ROBUST]++;
  if (answer->verdict == RP_UNKNOWN && answer->reason != RP_REASON_TIME) {
    check_loss_or_stop(answer->reason);
    return;
  }
  assert_true(worker >= 0 && worker < w->n_workers);
  if (t->verdict != RP_ROBUST)
    assert_int_equal(answer->verdict, t->verdict);
  else if (answer->verdict == RP_UNKNOWN)
    assert_true(t->undecidable >> q->radius & 1);
  else
    assert_int_equal(answer->verdict,
                     q->radius <= t->mrr ? RP_ROBUST : RP_VIOLATED);
}

static void on_answered(void *context, int32_t worker,
                        const rp_sched_task *task, const rp_answer *answer,
                        const uint8_t *witness) {
  assert_ptr_equal(context, w);
  assert_true(w->n_kept < MAX_ANSWERS);
  assert_true(answer->reason != RP_REASON_INTERRUPTED);
  assert_true(answer->reason != RP_REASON_MEMORY || w->lossy);
  w->fed += w->truth[task->question.sample].hungry >> task->question.radius & 1;
  assert_int_equal(witness != NULL, answer->verdict == RP_VIOLATED);
  kept_answer *k = &w->kept[w->n_kept++];
  *k = (kept_answer){.worker = worker, .task = *task, .answer = *answer};
  if (witness) memcpy(k->witness, witness, sizeof k->witness);
}

/* The most that a question of the search was granted, so far. */
static double most_granted_s(int64_t sample, int32_t radius) {
  double most_s = 0;
  for (int32_t i = 0; i < w->n_kept; i++) {
    const kept_answer *k = &w->kept[i];
    if (k->task.question.sample == sample &&
        k->task.question.radius == radius && k->answer.verdict == RP_UNKNOWN &&
        k->answer.cpu_seconds > most_s)
      most_s = k->answer.cpu_seconds;
  }
  return most_s;
}

/* A radius stays open because it is undecidable, or because what is left of the
 * limit is nothing, or no more than what it was granted in vain. */
static void check_limited_row(const rp_sched_radius *row) {
  const int64_t sample = w->search[row->search];
  const double left_s = w->plan.sample_limit_s - row->cpu_seconds;
  if (left_s < 0.01 * w->plan.sample_limit_s) return;
  for (int32_t r = row->lo + 1; r <= row->hi; r++)
    assert_true(w->truth[sample].undecidable >> r & 1 ||
                left_s <= most_granted_s(sample, r) + 1e-9);
}

static bool is_queried(int64_t sample, int32_t radius) {
  for (int64_t q = 0; q < w->plan.n_queries; q++)
    if (w->query[q].sample == sample && w->query[q].radius == radius)
      return true;
  return false;
}

static void on_radius_row(void *context, const rp_sched_radius *row) {
  assert_ptr_equal(context, w);
  assert_int_equal(w->radius_rows[row->search]++, 0);
  const int64_t sample = w->search[row->search];
  const sample_truth *t = &w->truth[sample];
  assert_false(row->contradiction);
  if (row->verdict == RP_UNKNOWN && row->reason != RP_REASON_TIME)
    check_loss_or_stop(row->reason);
  if (t->verdict != RP_ROBUST && row->lo == -1) {
    assert_int_equal(row->verdict, t->verdict);
    assert_int_equal(row->hi, -1);
    assert_null(row->witness);
    return;
  }
  if (t->verdict == RP_ROBUST) {
    assert_true(row->lo <= t->mrr && row->lo <= row->hi);
    bool proved = row->lo == 0;
    for (int32_t r = row->lo; r <= MAX_RADIUS && !proved; r++)
      proved = all_closed(sample, r);
    assert_true(proved);
    assert_true(row->hi == w->plan.cap || row->hi >= t->mrr);
  }
  assert_int_equal(row->verdict, row->lo == row->hi ? RP_ROBUST : RP_UNKNOWN);
  assert_int_equal(row->reason == RP_REASON_NONE, row->lo == row->hi);
  if (row->witness) assert_int_equal(row->witness[0], row->hi + 1);
  assert_int_equal(row->witness != NULL, row->hi < w->plan.cap);
  if (w->stopped || w->lossy || w->forgets) return;
  if (row->witness && is_queried(sample, row->hi + 1) &&
      known_violated(sample, row->hi + 1))
    assert_int_equal(row->witness[1], true);
  if (w->plan.sample_limit_s > 0) {
    check_limited_row(row);
    w->limited_rows[row->lo == row->hi]++;
    return;
  }
  int32_t lo, hi;
  best_interval(sample, &lo, &hi);
  if (w->far_witnesses || lo == hi) {
    assert_int_equal(row->lo, lo);
    assert_int_equal(row->hi, hi);
  }
}

/* ---- the far ends ---- */

static reply *put_reply(far_worker *f, int64_t id, const rp_answer *answer) {
  assert_true(f->out_tail < QUEUE);
  reply *r = &f->outbox[f->out_tail++];
  memset(r, 0, sizeof *r);
  r->id = id;
  r->returned = answer == NULL;
  if (answer) r->answer = *answer;
  return r;
}

/* Some nodes of the running task, a part for each of the subproblems that are
 * wanted. Some are lost on the way, where that is to be tried. */
static void far_split(far_worker *f) {
  far_task *own = &f->queue[0];
  const bool all = own->wanted == RP_SUBPROBLEMS_OF_ALL;
  const bool limited = own->task.question.cpu_limit_s > 0;
  const int32_t of_all = limited ? 1 : 1 + (int32_t)below(3);
  const int32_t subproblems = all ? of_all : own->wanted;
  own->wanted = 0;
  for (int32_t k = 0; k < subproblems; k++) {
    const uint64_t subproblem = all && k + 1 == subproblems
                                    ? own->nodes
                                    : own->nodes & rp_rng_u64(&w->rng);
    own->nodes &= ~subproblem;
    own->given++;
    if (w->forgets && below(20) == 0) continue;
    reply *r = put_reply(f, own->task.id, NULL);
    r->returned = false;
    r->is_subproblem = true;
    r->nodes = subproblem;
    r->last = k + 1 == subproblems;
  }
}

static void unqueue(far_worker *f, int32_t k) {
  f->n_queue--;
  for (; k < f->n_queue; k++) f->queue[k] = f->queue[k + 1];
}

static void far_finish(far_worker *f) {
  const rp_answer a = oracle_of(&f->queue[0]);
  put_reply(f, f->queue[0].task.id, &a)->nodes = f->queue[0].nodes;
  unqueue(f, 0);
}

static void far_receive(far_worker *f) {
  const message m = f->inbox[f->in_head++];
  if (m.kind == SEND) {
    assert_true(f->n_queue < RP_SCHED_HOLD);
    f->queue[f->n_queue++] = (far_task){m.task, m.nodes, 0, 0};
    return;
  }
  for (int32_t k = 0; k < f->n_queue; k++) {
    if (f->queue[k].task.id != m.task.id) continue;
    if (m.kind == SPLIT) {
      f->queue[k].wanted = m.subproblems;
    } else if (k > 0) {
      put_reply(f, m.task.id, NULL);
      unqueue(f, k);
    } else if (m.kind == ABANDON) {
      if (f->queue[0].wanted == RP_SUBPROBLEMS_OF_ALL && below(4)) {
        far_split(f);
        far_finish(f);
        return;
      }
      rp_answer a = oracle_of(&f->queue[0]);
      if (below(2)) {
        memset(&a, 0, sizeof a);
        a.reason = RP_REASON_INTERRUPTED;
      }
      put_reply(f, m.task.id, &a)->nodes = f->queue[0].nodes;
      unqueue(f, 0);
    }
    return;
  }
}

/* ---- what the test knows from the answers it handed in ---- */

/* A run that is told to be robust has closed its nodes. */
static void note_closed(const rp_sched_task *task, const reply *r) {
  if (r->answer.verdict == RP_ROBUST)
    w->closed[task->question.sample][task->question.radius] |= r->nodes;
}

static void note_answer(const rp_sched_task *task, const rp_answer *a) {
  if (a->reason == RP_REASON_INTERRUPTED) return;
  if (a->reason == RP_REASON_MEMORY && !task->alone) return;
  if (a->verdict == RP_ROBUST &&
      !all_closed(task->question.sample, task->question.radius))
    return;
  rp_radius_answer(&w->seen[task->question.sample], task->question.radius, a);
  if (a->verdict == RP_MISCLASSIFIED || a->verdict == RP_INVALID)
    w->seen_verdict[task->question.sample] = a->verdict;
}

static rp_sched_task forget_held(far_worker *f, int64_t id) {
  int32_t k = 0;
  while (k < f->n_held && f->held[k].id != id) k++;
  assert_true(k < f->n_held);
  const rp_sched_task task = f->held[k];
  f->n_held--;
  for (; k < f->n_held; k++) {
    f->held[k] = f->held[k + 1];
    f->let_go[k] = f->let_go[k + 1];
  }
  return task;
}

static void deliver_subproblem(int32_t worker, const reply *r) {
  const far_worker *f = &w->worker[worker];
  int32_t k = 0;
  while (k < f->n_held && f->held[k].id != r->id) k++;
  assert_true(k < f->n_held);
  const rp_sched_task *task = &f->held[k];
  w->was_split[task->question.sample][task->question.radius] = true;
  w->subproblems++;
  rp_sched_add_subproblem(w->sched, worker, r->id, (const uint8_t *)&r->nodes,
                          sizeof r->nodes, r->last);
}

static void deliver_reply(int32_t worker) {
  far_worker *f = &w->worker[worker];
  const reply r = f->outbox[f->out_head++];
  if (r.is_subproblem) {
    deliver_subproblem(worker, &r);
    return;
  }
  const rp_sched_task task = forget_held(f, r.id);
  if (r.returned) {
    rp_sched_returned(w->sched, worker, r.id);
    return;
  }
  uint8_t witness[4] = {(uint8_t)r.answer.distance, task.query >= 0};
  const bool violated = r.answer.verdict == RP_VIOLATED;
  note_closed(&task, &r);
  note_answer(&task, &r.answer);
  rp_sched_result(w->sched, worker, r.id, &r.answer, violated ? witness : NULL);
}

static bool is_held(int64_t sample, int32_t radius) {
  for (int32_t i = 0; i < w->n_workers; i++)
    for (int32_t k = 0; k < w->worker[i].n_held; k++)
      if (w->worker[i].held[k].question.sample == sample &&
          w->worker[i].held[k].question.radius == radius)
        return true;
  return false;
}

/* Idle workers, less the recalls on their way to them. */
static int32_t idle_workers(void) {
  int32_t idle = 0;
  for (int32_t i = 0; i < w->n_workers; i++) {
    const far_worker *f = &w->worker[i];
    if (!f->live) continue;
    if (f->n_held == 0) idle++;
    for (int32_t k = 1; k < f->n_held; k++)
      if (f->let_go[k]) idle--;
  }
  return idle;
}

static void check_nobody_starves(void) {
  if (w->stopped || idle_workers() <= 0) return;
  if (w->lossy || w->is_hungry) return; /* some are asked alone, later */
  for (int32_t i = 0; i < w->n_workers; i++)
    for (int32_t k = 1; k < w->worker[i].n_held; k++)
      assert_true(w->worker[i].let_go[k]);
  for (int64_t q = 0; q < w->plan.n_queries; q++)
    assert_true(w->query_rows[q] ||
                is_held(w->query[q].sample, w->query[q].radius));
  /* An answer without all its subproblems gives its radius up, unseen here;
   * where time is limited, it may all be promised. */
  if (w->forgets || w->plan.sample_limit_s > 0) return;
  for (int64_t s = 0; s < w->plan.n_searches; s++) {
    const rp_radius_search *seen = &w->seen[w->search[s]];
    if (w->radius_rows[s]) continue;
    for (int32_t r = seen->lo + 1; r <= seen->hi; r++)
      assert_true(seen->mark[r].given_up || is_held(w->search[s], r));
  }
}

/* ---- random runs ---- */

static void make_plan(void) {
  rp_sched_plan *plan = &w->plan;
  const int64_t samples = 1 + below(MAX_SAMPLES);
  const uint32_t density = below(3), searched = below(4);
  plan->cap = 1 + (int32_t)below(MAX_CAP);
  plan->n_in = 4;
  if (below(3) == 0) plan->sample_limit_s = 5 + below(60);
  plan->query = w->query;
  plan->search = w->search;
  w->far_witnesses = below(2);
  w->is_hungry = plan->sample_limit_s <= 0 && below(3) == 0;
  for (int64_t i = 0; i < samples; i++) {
    sample_truth *t = &w->truth[i];
    t->mrr = (int32_t)below((uint32_t)plan->cap + 4);
    t->undecidable = 0;
    for (uint32_t k = 0; k < density; k++)
      t->undecidable |= (uint32_t)1 << below(16);
    t->hungry = w->is_hungry ? (uint32_t)1 << below(16) : 0;
    t->verdict =
        below(8) ? RP_ROBUST : (below(2) ? RP_MISCLASSIFIED : RP_INVALID);
    for (int32_t r = 1; r <= MAX_CAP + 3 && plan->n_queries < MAX_QUERIES; r++)
      if (below(4) == 0 && searched != 1)
        w->query[plan->n_queries++] = (rp_question){.sample = i, .radius = r};
    if (below(4) < searched) w->search[plan->n_searches++] = i;
    assert_true(rp_radius_init(&w->seen[i], plan->cap, 0));
  }
}

static void join(int32_t worker) {
  far_worker *f = &w->worker[worker];
  f->live = true;
  f->hold = 1 + (int32_t)below(RP_SCHED_HOLD);
  f->slowness = 1 + below(20);
  w->n_live++;
  w->node[worker] = (int32_t)below((uint32_t)w->n_workers);
  rp_sched_place(w->sched, worker, w->node[worker]);
  rp_sched_join(w->sched, worker, f->hold);
}

static void lose(int32_t worker) {
  far_worker *f = &w->worker[worker];
  w->lossy = true;
  w->n_live--;
  const rp_answer poison = {.reason = RP_REASON_MEMORY};
  for (int32_t k = 0; k < (f->n_held + 1) / 2; k++)
    if (f->held[k].losses + 1 == RP_SCHED_LOSSES)
      note_answer(&f->held[k], &poison);
  f->live = false;
  f->n_held = f->n_queue = 0;
  f->in_head = f->in_tail = f->out_head = f->out_tail = 0;
  rp_sched_lost(w->sched, worker);
}

static void one_event(int32_t worker, bool losses) {
  far_worker *f = &w->worker[worker];
  if (f->hold == 0) {
    if (below(10) == 0) join(worker);
    return;
  }
  if (!f->live) return;
  const uint32_t what = below(losses ? 200 : 199);
  if (what == 199 && w->n_live > 1)
    lose(worker);
  else if (what % 3 == 0 && f->in_head < f->in_tail)
    far_receive(f);
  else if (what % 3 == 1 && f->out_head < f->out_tail)
    deliver_reply(worker);
  else if (what % 3 == 2 && f->n_queue > 0 && f->queue[0].wanted > 0 &&
           below(4) == 0)
    far_split(f);
  else if (what % 3 == 2 && f->n_queue > 0 && below(f->slowness) == 0)
    far_finish(f);
}

static void check_end(void) {
  const rp_sched_progress p = rp_sched_progress_get(w->sched);
  assert_int_equal(p.done, p.total);
  int64_t counted = p.count.closed + p.count.capped + p.count.open;
  for (int v = 0; v < RP_VERDICT_COUNT; v++) counted += p.count.of[v];
  assert_int_equal(counted, p.total);
  assert_int_equal(p.workers, w->n_live);
  for (int64_t q = 0; q < w->plan.n_queries; q++)
    assert_int_equal(w->query_rows[q], 1);
  for (int64_t s = 0; s < w->plan.n_searches; s++)
    assert_int_equal(w->radius_rows[s], 1);
}

static void create(void) {
  rp_sched_actions actions = {.context = w,
                              .send = on_send,
                              .cancel = on_cancel,
                              .query_row = on_query_row,
                              .radius_row = on_radius_row,
                              .answered = on_answered};
  if (w->splits) actions.split = on_split;
  if (w->keeps_left) actions.hand_over = on_hand_over;
  if (w->keeps_left) actions.left = on_left;
  assert_int_equal(rp_sched_create(&w->plan, &actions, w->n_workers, &w->sched),
                   RP_OK);
}

/* As the last stop left it; a question that was answered since needs nothing.
 */
static void go_on_with(const kept_left *kept) {
  const rp_sched_left *left = &kept->left;
  const rp_question *q = &left->task.question;
  uint64_t *closed = &w->closed[q->sample][q->radius];
  rp_sched_left wrong = *left;
  wrong.joined--;
  assert_false(rp_sched_known_left(w->sched, &wrong));
  assert_true(rp_sched_known_left(w->sched, left));
  assert_true(rp_sched_known_left(w->sched, left)); /* twice is once */
  w->was_left[q->sample][q->radius] = true;
  if (*closed == ALL_NODES) return;
  *closed = ALL_NODES;
  for (int32_t i = 0; i < left->n; i++) *closed &= ~kept->nodes[i];
}

static void forget_seen(void) {
  for (int i = 0; i < MAX_SAMPLES; i++) rp_radius_fini(&w->seen[i]);
}

/* Everything ends here, and only the answers kept are known to the next. */
static void begin_again(void) {
  rp_sched_free(w->sched);
  memset(w->worker, 0, sizeof w->worker);
  memset(w->query_rows, 0, sizeof w->query_rows);
  memset(w->radius_rows, 0, sizeof w->radius_rows);
  memset(w->seen_verdict, 0, sizeof w->seen_verdict);
  memset(w->closed, 0, sizeof w->closed);
  forget_seen();
  for (int i = 0; i < MAX_SAMPLES; i++)
    assert_true(rp_radius_init(&w->seen[i], w->plan.cap, 0));
  w->stopped = false;
  w->n_live = 0;
  w->n_workers = 1 + (int32_t)below(MAX_WORKERS);
  create();
  for (int32_t i = 0; i < w->n_kept; i++) {
    const kept_answer *k = &w->kept[i];
    const bool violated = k->answer.verdict == RP_VIOLATED;
    const int32_t before = w->n_kept;
    if (k->answer.verdict == RP_ROBUST)
      w->closed[k->task.question.sample][k->task.question.radius] = ALL_NODES;
    assert_true(rp_sched_known(w->sched, 0, &k->task, &k->answer,
                               violated ? k->witness : NULL));
    assert_int_equal(w->n_kept, before);
    note_answer(&k->task, &k->answer);
  }
  for (int32_t i = 0; i < w->n_left; i++) go_on_with(&w->left[i]);
  w->n_left = 0;
  join(0);
}

static void random_run(uint64_t seed) {
  memset(w, 0, sizeof *w);
  rp_rng_init(&w->rng, seed);
  make_plan();
  w->n_workers = 1 + (int32_t)below(MAX_WORKERS);
  w->splits = below(3) > 0;
  w->forgets = w->splits && below(5) == 0;
  w->keeps_left = below(4) > 0;
  create();
  join(0);
  const uint32_t again_at = below(3) ? UINT32_MAX : below(3000);
  const bool losses = below(4) == 0;
  const uint32_t stop_at = below(4) ? UINT32_MAX : below(3000);
  for (uint32_t step = 0; !rp_sched_done(w->sched) || w->stopped; step++) {
    assert_true(step < 1000000);
    if (step == again_at || rp_sched_done(w->sched)) begin_again();
    if (rp_sched_done(w->sched)) break;
    if (step == stop_at) {
      w->stopped = true;
      rp_sched_stop(w->sched);
    }
    one_event((int32_t)below((uint32_t)w->n_workers), losses);
    check_nobody_starves();
  }
  check_end();
  rp_sched_free(w->sched);
  subproblems_of_all_runs += w->subproblems;
  for (int i = 0; i < 2; i++) split_of_all_runs[i] += w->split_ended[i];
  for (int i = 0; i < 2; i++) limited_of_all_runs[i] += w->limited_rows[i];
  for (int i = 0; i < 2; i++) left_of_all_runs[i] += w->left_ended[i];
  fed_of_all_runs += w->fed;
  forget_seen();
}

static uint64_t running_seed;

static void thousands_of_random_runs(void **state) {
  (void)state;
  w = calloc(1, sizeof *w);
  assert_non_null(w);
  for (running_seed = 1; running_seed <= 2500; running_seed++)
    if (!only_seed || running_seed == only_seed) random_run(running_seed);
  running_seed = 0;
  print_message("%lld subproblems, %lld split queries robust, %lld unknown\n",
                (long long)subproblems_of_all_runs,
                (long long)split_of_all_runs[1],
                (long long)split_of_all_runs[0]);
  print_message("%lld radii closed within a limit, %lld open\n",
                (long long)limited_of_all_runs[1],
                (long long)limited_of_all_runs[0]);
  print_message("%lld queries gone on with robust, %lld unknown\n",
                (long long)left_of_all_runs[1], (long long)left_of_all_runs[0]);
  print_message("%lld questions answered alone\n", (long long)fed_of_all_runs);
  if (!only_seed)
    assert_true(left_of_all_runs[1] > 50 && fed_of_all_runs > 500);
  if (!only_seed)
    assert_true(subproblems_of_all_runs > 500 && split_of_all_runs[1] > 50 &&
                limited_of_all_runs[0] > 500 && limited_of_all_runs[1] > 500);
  free(w);
}

static int tell_seed(void **state) {
  (void)state;
  if (running_seed)
    print_message("failed with seed %llu\n", (unsigned long long)running_seed);
  return 0;
}

static void keep_row(void *context, const rp_sched_radius *row) {
  rp_sched_radius *seen = context;
  assert_int_equal(seen->search, -1);
  *seen = *row;
}

static void ignore_send(void *context, int32_t worker,
                        const rp_sched_task *task) {
  (void)context, (void)worker, (void)task;
}

static void ignore_cancel(void *context, int32_t worker, int64_t task,
                          bool abandon) {
  (void)context, (void)worker, (void)task, (void)abandon;
}

static void a_search_without_memory_is_a_row(void **state) {
  (void)state;
  static const int64_t search[1] = {7};
  const rp_sched_plan plan = {
      .search = search, .n_searches = 1, .cap = 30, .n_in = 4};
  rp_sched_radius row = {.search = -1};
  const rp_sched_actions actions = {.context = &row,
                                    .send = ignore_send,
                                    .cancel = ignore_cancel,
                                    .radius_row = keep_row};
  rp_sched *sched;
  for (uint64_t n = 1; n <= 7; n++) {
    rp_alloc_fail_after(n);
    assert_int_equal(rp_sched_create(&plan, &actions, 1, &sched), RP_E_MEMORY);
  }
  rp_alloc_fail_after(8);
  assert_int_equal(rp_sched_create(&plan, &actions, 1, &sched), RP_OK);
  rp_sched_join(sched, 0, 1);
  rp_alloc_fail_after(0);
  assert_true(rp_sched_done(sched));
  assert_int_equal(row.verdict, RP_UNKNOWN);
  assert_int_equal(row.reason, RP_REASON_MEMORY);
  assert_true(row.lo == 0 && row.hi == 30 && !row.witness);
  rp_sched_free(sched);
}

int main(int argc, char **argv) {
  if (argc > 1) only_seed = strtoull(argv[1], NULL, 10);
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_teardown(thousands_of_random_runs, tell_seed),
      cmocka_unit_test(a_search_without_memory_is_a_row),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
