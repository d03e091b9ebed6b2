/* Handing tasks to the computing thread, and answers back.
 *
 * There is a fixed set of cells. A cell goes from free to waiting, running,
 * answered, taken and back to free, always under one lock. The stop flag of the
 * running query is set and cleared under the same lock, so that a late
 * cancellation can never end the next query. Cells are served in the order in
 * which they were filled. */
#include "run/compute.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/memory.h"
#include "lp/lp.h"
#include "sched/sched.h"
#include "verify/verify.h"

/* One for each task held, and one for the answer being looked at. */
enum { CELLS = RP_SCHED_HOLD + 1 };

typedef enum cell_state { FREE, WAITING, RUNNING, ANSWERED, TAKEN } cell_state;

typedef struct cell {
  cell_state state;
  uint64_t order;       /* of pushes, then of answers */
  rp_compute_task task; /* its x and subproblem are the cell's */
  uint8_t *subproblem;
  int32_t wanted;             /* subproblems, while it waits */
  uint8_t *x, *box, *witness; /* box: [2][n_in] */
  rp_proof *proof;            /* NULL: none is wanted */
  rp_answer answer;
  double ended_s;
} cell;

/* A subproblem on its way to the main thread. */
typedef struct given {
  rp_compute_subproblem subproblem;
  struct given *next;
} given;

struct rp_compute {
  const rp_net *net;
  rp_options options;
  pthread_t thread;
  bool joined;
  double cpu_at_start_s, wall_at_start_s;
  double served_at_start_s; /* CPU of the main thread */
  atomic_bool stop;         /* of the running query */
  rp_split split;           /* likewise */
  int64_t splits_id;

  pthread_mutex_t lock;
  pthread_cond_t to_thread, to_main;
  /* All below under the lock. */
  cell cell[CELLS];
  given *first_given, **last_given;
  uint64_t last_order;
  bool started, ending;
  rp_status start_status;
  rp_error start_error;
  rp_rank_row counters;
};

static cell *find_oldest(rp_compute *c, cell_state state) {
  cell *found = NULL;
  for (int i = 0; i < CELLS; i++)
    if (c->cell[i].state == state &&
        (!found || c->cell[i].order < found->order))
      found = &c->cell[i];
  return found;
}

static int32_t count(const rp_compute *c, cell_state state) {
  int32_t n = 0;
  for (int i = 0; i < CELLS; i++) n += c->cell[i].state == state;
  return n;
}

/* Waking the main thread for each of many short tasks would take longer than
 * the tasks. */
static bool has_much_to_say(const rp_compute *c) {
  const rp_sched_news news = {.answered = count(c, ANSWERED),
                              .unanswered =
                                  count(c, WAITING) + count(c, RUNNING),
                              .silent_s = 1};
  return c->first_given || rp_sched_report_due(&news, 1);
}

/* ---- the computing thread ---- */

/* Called by the running search, from any of its threads. */
static bool give_subproblem(void *context, const uint8_t *bytes, size_t size,
                            bool last) {
  rp_compute *const c = context;
  given *const p = rp_alloc(1, sizeof *p);
  uint8_t *const own = size > 0 ? rp_alloc(size, 1) : NULL;
  if (own) memcpy(own, bytes, size);
  if (!p) {
    free(own);
    return false;
  }
  p->subproblem =
      (rp_compute_subproblem){c->splits_id, own, own ? size : 0, last};
  pthread_mutex_lock(&c->lock);
  *c->last_given = p;
  c->last_given = &p->next;
  pthread_cond_signal(&c->to_main);
  pthread_mutex_unlock(&c->lock);
  return own != NULL;
}

static void run_one(rp_compute *c, rp_verifier *verifier, cell *one) {
  one->state = RUNNING;
  atomic_store(&c->stop, false);
  atomic_store(&c->split.wanted, one->wanted);
  c->split.name = one->task.attempt;
  /* Subproblems side by side would not know what the others use. */
  c->split.only_one = one->task.question.cpu_limit_s > 0;
  c->splits_id = one->task.id;
  pthread_mutex_unlock(&c->lock);
  const double began_s = rp_clock_wall_s();
  rp_verifier_record(verifier, one->proof);
  rp_verify(verifier, &one->task.question, &c->stop, one->witness,
            &one->answer);
  const double ended_s = rp_clock_wall_s();
  pthread_mutex_lock(&c->lock);
  one->state = ANSWERED;
  one->ended_s = ended_s;
  one->order = ++c->last_order;
  c->counters.tasks++;
  c->counters.busy_seconds += ended_s - began_s;
  rp_stats_merge(&c->counters.stats, &one->answer.stats);
  if (has_much_to_say(c)) pthread_cond_signal(&c->to_main);
}

static void *compute_thread(void *argument) {
  rp_compute *const c = argument;
  rp_verifier *verifier = NULL;
  rp_error err = {""};
  const rp_status st = rp_verifier_create(c->net, &c->options, &verifier, &err);
  if (st == RP_OK) rp_verifier_split(verifier, &c->split);
  pthread_mutex_lock(&c->lock);
  c->started = true;
  c->start_status = st;
  c->start_error = err;
  pthread_cond_signal(&c->to_main);
  while (st == RP_OK && !c->ending) {
    cell *const task = find_oldest(c, WAITING);
    if (task)
      run_one(c, verifier, task);
    else
      pthread_cond_wait(&c->to_thread, &c->lock);
  }
  pthread_mutex_unlock(&c->lock);
  if (st == RP_OK) rp_verifier_free(verifier);
  rp_lp_thread_fini(); /* memory of this thread's linear programs */
  return NULL;
}

/* ---- the main thread ---- */

static rp_status init_locks(rp_compute *c) {
  pthread_condattr_t monotonic;
  if (pthread_condattr_init(&monotonic) != 0) return RP_E_MEMORY;
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_mutex_init(&c->lock, NULL);
  pthread_cond_init(&c->to_thread, NULL);
  pthread_cond_init(&c->to_main, &monotonic);
  pthread_condattr_destroy(&monotonic);
  return RP_OK;
}

static bool allocate_cells(rp_compute *c) {
  const size_t n_in = (size_t)c->net->n_in;
  for (int i = 0; i < CELLS; i++) {
    cell *const one = &c->cell[i];
    one->x = rp_alloc(n_in, 1);
    one->box = rp_alloc(2 * n_in, 1);
    one->witness = rp_alloc(n_in, 1);
    if (!one->x || !one->box || !one->witness) return false;
    if (c->options.evidence == RP_KEEP_FULL &&
        rp_proof_create(&one->proof) != RP_OK)
      return false;
  }
  return true;
}

static rp_status await_start(rp_compute *c, rp_error *err) {
  pthread_mutex_lock(&c->lock);
  while (!c->started) pthread_cond_wait(&c->to_main, &c->lock);
  const rp_status st = c->start_status;
  if (st != RP_OK && err) *err = c->start_error;
  pthread_mutex_unlock(&c->lock);
  return st;
}

rp_status rp_compute_create(const rp_net *net, const rp_options *options,
                            rp_compute **compute, rp_error *err) {
  *compute = NULL;
  rp_compute *const c = rp_alloc(1, sizeof *c);
  if (!c) return rp_fail(err, RP_E_MEMORY, "computing thread: out of memory");
  c->net = net;
  c->options = *options;
  c->last_given = &c->first_given;
  c->split.after_s = RP_SCHED_SPLIT_AFTER_S;
  c->split.again_s = RP_SCHED_SPLIT_AGAIN_S;
  c->split.give = give_subproblem;
  c->split.context = c;
  c->joined = true; /* there is no thread to join yet */
  c->cpu_at_start_s = rp_clock_process_cpu_s();
  c->wall_at_start_s = rp_clock_wall_s();
  c->served_at_start_s = rp_clock_thread_cpu_s();
  c->counters.threads = (int32_t)options->threads;
  gethostname(c->counters.host, sizeof c->counters.host - 1);
  rp_status st = init_locks(c);
  if (st != RP_OK || !allocate_cells(c) ||
      pthread_create(&c->thread, NULL, compute_thread, c) != 0) {
    rp_compute_free(c);
    return rp_fail(err, RP_E_MEMORY, "computing thread: cannot be started");
  }
  c->joined = false;
  st = await_start(c, err);
  if (st == RP_OK)
    *compute = c;
  else
    rp_compute_free(c);
  return st;
}

void rp_compute_stop(rp_compute *c) {
  if (c->joined) return;
  pthread_mutex_lock(&c->lock);
  c->ending = true;
  for (int i = 0; i < CELLS; i++)
    if (c->cell[i].state == WAITING) c->cell[i].state = FREE;
  atomic_store(&c->stop, true);
  pthread_cond_signal(&c->to_thread);
  pthread_mutex_unlock(&c->lock);
  pthread_join(c->thread, NULL);
  c->joined = true;
}

void rp_compute_free(rp_compute *c) {
  if (!c) return;
  rp_compute_stop(c);
  rp_compute_subproblem left;
  while (rp_compute_take_subproblem(c, &left)) free(left.bytes);
  for (int i = 0; i < CELLS; i++) {
    free(c->cell[i].subproblem);
    free(c->cell[i].x);
    free(c->cell[i].box);
    free(c->cell[i].witness);
    rp_proof_free(c->cell[i].proof);
  }
  pthread_cond_destroy(&c->to_thread);
  pthread_cond_destroy(&c->to_main);
  pthread_mutex_destroy(&c->lock);
  free(c);
}

/* The task with copies of its sample and its subproblem. False: no memory. */
static bool fill_cell(const rp_compute *c, cell *to,
                      const rp_compute_task *task) {
  const rp_question *const question = &task->question;
  free(to->subproblem);
  to->subproblem =
      question->subproblem ? rp_alloc(question->subproblem_size, 1) : NULL;
  if (question->subproblem && !to->subproblem) return false;
  if (to->subproblem)
    memcpy(to->subproblem, question->subproblem, question->subproblem_size);
  memcpy(to->x, question->x, (size_t)c->net->n_in);
  to->task = *task;
  to->task.question.x = to->x;
  if (question->box_lo) {
    memcpy(to->box, question->box_lo, (size_t)c->net->n_in);
    memcpy(to->box + c->net->n_in, question->box_hi, (size_t)c->net->n_in);
    to->task.question.box_lo = to->box;
    to->task.question.box_hi = to->box + c->net->n_in;
  }
  to->task.question.subproblem = to->subproblem;
  to->wanted = 0;
  return true;
}

bool rp_compute_push(rp_compute *c, const rp_compute_task *task) {
  pthread_mutex_lock(&c->lock);
  cell *const place = find_oldest(c, FREE);
  const bool fits = place && fill_cell(c, place, task);
  if (fits) {
    place->state = WAITING;
    place->order = ++c->last_order;
    pthread_cond_signal(&c->to_thread);
  }
  pthread_mutex_unlock(&c->lock);
  return fits;
}

bool rp_compute_cancel(rp_compute *c, int64_t id, bool abandon) {
  bool taken_back = false;
  pthread_mutex_lock(&c->lock);
  for (int i = 0; i < CELLS; i++) {
    cell *const one = &c->cell[i];
    if (one->task.id != id) continue;
    if (one->state == WAITING) {
      one->state = FREE;
      taken_back = true;
    } else if (one->state == RUNNING && abandon) {
      atomic_store(&c->stop, true);
    }
  }
  pthread_mutex_unlock(&c->lock);
  return taken_back;
}

void rp_compute_split(rp_compute *c, int64_t id, int32_t subproblems) {
  pthread_mutex_lock(&c->lock);
  for (int i = 0; i < CELLS; i++) {
    cell *const one = &c->cell[i];
    if (one->task.id != id) continue;
    if (one->state == WAITING) one->wanted = subproblems;
    if (one->state == RUNNING) atomic_store(&c->split.wanted, subproblems);
  }
  pthread_mutex_unlock(&c->lock);
}

bool rp_compute_take_subproblem(rp_compute *c, rp_compute_subproblem *taken) {
  pthread_mutex_lock(&c->lock);
  given *const first = c->first_given;
  if (first) c->first_given = first->next;
  if (!c->first_given) c->last_given = &c->first_given;
  pthread_mutex_unlock(&c->lock);
  if (!first) return false;
  *taken = first->subproblem;
  free(first);
  return true;
}

bool rp_compute_take(rp_compute *c, rp_compute_answer *answer) {
  pthread_mutex_lock(&c->lock);
  cell *const before = find_oldest(c, TAKEN);
  if (before) before->state = FREE;
  cell *const found = c->first_given ? NULL : find_oldest(c, ANSWERED);
  if (found) {
    found->state = TAKEN;
    answer->task = found->task;
    answer->answer = found->answer;
    answer->witness =
        found->answer.verdict == RP_VIOLATED ? found->witness : NULL;
    answer->ended_s = found->ended_s;
    answer->proof =
        found->proof && rp_proof_size(found->proof) > 0 ? found->proof : NULL;
  }
  pthread_mutex_unlock(&c->lock);
  return found != NULL;
}

void rp_compute_wait(rp_compute *c, double seconds) {
  struct timespec until;
  clock_gettime(CLOCK_MONOTONIC, &until);
  const long ns = until.tv_nsec + (long)(1e9 * seconds);
  until.tv_sec += ns / 1000000000;
  until.tv_nsec = ns % 1000000000;
  pthread_mutex_lock(&c->lock);
  int status = 0;
  while (!has_much_to_say(c) && status == 0)
    status = pthread_cond_timedwait(&c->to_main, &c->lock, &until);
  pthread_mutex_unlock(&c->lock);
}

int32_t rp_compute_count_unanswered(rp_compute *c) {
  pthread_mutex_lock(&c->lock);
  const int32_t unanswered = count(c, WAITING) + count(c, RUNNING);
  pthread_mutex_unlock(&c->lock);
  return unanswered;
}

void rp_compute_counters(rp_compute *c, rp_rank_row *row) {
  const int32_t rank = row->rank;
  pthread_mutex_lock(&c->lock);
  *row = c->counters;
  pthread_mutex_unlock(&c->lock);
  row->rank = rank;
  row->cpu_seconds = rp_clock_process_cpu_s() - c->cpu_at_start_s;
  row->wall_seconds = rp_clock_wall_s() - c->wall_at_start_s;
  row->serving_seconds = rp_clock_thread_cpu_s() - c->served_at_start_s;
}
