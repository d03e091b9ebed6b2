/* The scheduler: which query runs where, as a pure state machine. Events go
 * in, actions come out through callbacks; it knows no MPI, no clock and no
 * file, and a test can drive it through any order of events.
 *
 * What is asked and what is reported:
 * - Every query of the plan is asked of the engine once and its answer is its
 *   row, whatever is known about other radii of the sample: rows then do not
 *   depend on the order in which answers arrive.
 * - A radius search asks radii of its own choice, which do depend on that
 *   order. They yield no rows; the search yields one, and where everything can
 *   be decided its lo and hi are the same for any number of workers. Queries of
 *   the same sample feed the search and are heard out before its row. Its
 *   counterexample at hi + 1 is that of a query if one has it; else it is one
 *   of the search, and which one does depend on the order.
 * - A question that ends for lack of memory, or whose worker is lost, is asked
 *   alone at the end (sched_alone.c). That first answer is told to nobody.
 * - A search with a limit of time never promises more than that to the radii it
 *   asks (radius.h), and these are never split: a subproblem would not know
 * what the others use. What a rank had worked before it was lost is not
 * counted.
 */
#ifndef RAMPART_SCHED_SCHED_H
#define RAMPART_SCHED_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "core/answer.h"
#include "rampart/status.h"

/** Greatest number of tasks a worker holds, the running one included. */
enum { RP_SCHED_HOLD = 32 };

/** The seconds that rank 0 needs to receive one message from each worker and to
 *  answer it, with a margin: 40,000 messages a second. */
static inline double rp_sched_round_s(int32_t workers) {
  return 2.5e-5 * workers;
}

/** The seconds of work that each worker prefetches, unless RP_SCHED_HOLD tasks
 *  are less. A worker reports when half of that is done: a few times a second,
 *  but so seldom that rank 0 receives at most 10,000 messages a second. */
static inline double rp_sched_prefetch_s(int32_t workers) {
  const double of_many_s = 8 * rp_sched_round_s(workers);
  return of_many_s > 0.8 ? of_many_s : 0.8;
}

/** What a worker could report. */
typedef struct rp_sched_news {
  int32_t answered;   /* tasks, not yet reported */
  int32_t unanswered; /* tasks held, the running one among them */
  double oldest_s;    /* age of the oldest of these answers */
  double silent_s;    /* age of the last message */
} rp_sched_news;

/** True if the worker should report now. Several short tasks share one message,
 *  but no answer waits for long, and none waits once the worker has run out of
 *  tasks. Before that it reports when half of its tasks are done, and again
 *  when half of the rest are, but not more often than rank 0 can serve all
 *  workers: otherwise every delay at rank 0 would cause more messages. */
static inline bool rp_sched_report_due(const rp_sched_news *news,
                                       int32_t workers) {
  if (news->answered == 0) return false;
  if (news->unanswered == 0 ||
      news->oldest_s > 0.5 * rp_sched_prefetch_s(workers))
    return true;
  return news->answered + 1 >= news->unanswered &&
         news->silent_s >= rp_sched_round_s(workers);
}

/** A task gives subproblems once its question has been worked on for so many
 *  seconds, and a subproblem once it has run for so many itself; that is also
 *  the least time between two givings. Packing, sending and resuming one takes
 *  milliseconds, and its search starts without what the other has learned. */
#define RP_SCHED_SPLIT_AFTER_S 0.25
#define RP_SCHED_SPLIT_AGAIN_S 0.1

/** A task is given up, UNKNOWN for memory, once this many workers that may have
 *  been running it were lost. After the first one it is asked alone. */
enum { RP_SCHED_LOSSES = 3 };

/** A question, or a subproblem of one, for one worker. */
typedef struct rp_sched_task {
  int64_t id;     /* >= 1, unique over the run */
  int64_t query;  /* index in the plan, -1: asked for a search only */
  int64_t search; /* index in the plan of the search it feeds, -1: none */
  int32_t losses; /* workers lost that may have been running it */
  bool alone;     /* no other task runs on its node: it may have all memory */
  double spent_s, spent_cpu_s; /* by a first try, which ended without memory */
  int32_t subproblem_number;   /* 0: the question; else split off from it, 1, 2,
                                  ... */
  /* Sample, radius and limit; the nodes of a subproblem, while it is sent. */
  rp_question question;
} rp_sched_task;

/** What is to be decided; the arrays are borrowed. */
typedef struct rp_sched_plan {
  const rp_question *query; /* strictly ascending (sample, radius); the
                               scheduler reads nothing else */
  int64_t n_queries;
  const int64_t *search; /* samples, strictly ascending */
  int64_t n_searches;
  int32_t cap;           /* of all searches */
  double sample_limit_s; /* CPU time of a search over all that it asks, the
                            queries of its sample included; 0: no limit */
  int32_t n_in;          /* bytes of a witness */
} rp_sched_plan;

/** What is left of a question at the end of a run: all its open nodes are in
 *  these subproblems, and everything else of it was proved. Borrowed. */
typedef struct rp_sched_piece {
  int32_t number;       /* >= 1 */
  const uint8_t *bytes; /* [size] */
  size_t size;          /* >= 1 */
} rp_sched_piece;

typedef struct rp_sched_left {
  rp_sched_task task; /* query, sample, radius and limit count */
  rp_answer answer;   /* counters of what has ended */
  int32_t joined;     /* subproblems that there ever were, the task itself
                         being one; all but n were proved */
  int32_t last_number;
  int64_t last_id; /* of all tasks so far */
  int32_t n;
  const rp_sched_piece *piece; /* [n] */
} rp_sched_left;

/** The end of one radius search. */
typedef struct rp_sched_radius {
  int64_t search; /* index in the plan */
  int32_t lo, hi;
  rp_verdict verdict; /* MISCLASSIFIED, INVALID, ROBUST: closed, UNKNOWN */
  rp_reason reason;
  bool contradiction;          /* answers that cannot all be true: log it */
  const uint8_t *witness;      /* at distance hi + 1; NULL: none */
  double seconds, cpu_seconds; /* of all answers it took in */
} rp_sched_radius;

/** Actions. Pointers are valid during the call; no calls back into the
 *  scheduler. */
typedef struct rp_sched_actions {
  void *context;
  /** Send a task to a worker, which answers it once: with a result or a return.
   */
  void (*send)(void *context, int32_t worker, const rp_sched_task *task);
  /** Give a task back if it has not begun; with abandon also end it if it
   *  runs. A task that is no longer there is no error. */
  void (*cancel)(void *context, int32_t worker, int64_t task, bool abandon);
  /** Some worker is idle: ask a task to give away subproblems of its search
   * once it has run long enough for that to pay. A task that never gives any is
   * no error. NULL: nothing is ever split. */
  void (*split)(void *context, int32_t worker, int64_t task,
                int32_t subproblems);
  /** A live worker holds other tasks than before. NULL: not wanted. */
  void (*holds_others)(void *context, int32_t worker);
  /** The run stops: ask a task for all open nodes of its search, before it is
   * cancelled. One that gives none is no error. NULL: not wanted. */
  void (*hand_over)(void *context, int32_t worker, int64_t task);
  /** After a stop: what is left of a question that was split or handed over,
   * before its row. NULL: not wanted. */
  void (*left)(void *context, const rp_sched_left *left);
  /** A finished query. worker -1: it was never run to an end. */
  void (*query_row)(void *context, int64_t query, int32_t worker,
                    const rp_answer *answer, const uint8_t *witness);
  void (*radius_row)(void *context, const rp_sched_radius *row);
  /** A task has run, for a timeline; before the rows that follow from it.
   *  NULL: not wanted. */
  void (*task_ended)(void *context, int32_t worker, const rp_sched_task *task,
                     const rp_answer *answer);
  /** An answer that was taken in, before the rows it leads to, unless it was
   *  interrupted; answers to cancelled tasks are not. NULL: not wanted. */
  void (*answered)(void *context, int32_t worker, const rp_sched_task *task,
                   const rp_answer *answer, const uint8_t *witness);
} rp_sched_actions;

typedef struct rp_sched rp_sched;

/** @param n_workers  workers are 0..n_workers-1; each joins on its own
 *  Errors: RP_E_MEMORY. */
rp_status rp_sched_create(const rp_sched_plan *plan,
                          const rp_sched_actions *actions, int32_t n_workers,
                          rp_sched **sched);
void rp_sched_free(rp_sched *sched);

/* Events. Cost of each: O(log n) or better in tasks and workers; an answer to
 * a search O(cap). None can fail: a search that finds no memory ends as
 * UNKNOWN, memory. */

/** Say on which node, 0..n_workers-1, a worker is, before it joins. All are on
 *  node 0 of which nothing is said. */
void rp_sched_place(rp_sched *sched, int32_t worker, int32_t node);

/** @param hold  tasks it may hold, the running one included,
 *               1..RP_SCHED_HOLD */
void rp_sched_join(rp_sched *sched, int32_t worker, int32_t hold);

/** @param answer   its `subproblems` have all been told by
 * rp_sched_add_subproblem before; else it counts as UNKNOWN, error, unless it
 * is VIOLATED
 *  @param witness  [n_in] when VIOLATED, else NULL
 *  A task that is not the worker's (it was declared lost) is ignored. */
void rp_sched_result(rp_sched *sched, int32_t worker, int64_t task,
                     const rp_answer *answer, const uint8_t *witness);

/** A task gave a subproblem away, which is dealt like a task.
 *  The answer of the question is then that of all its subproblems together.
 *  @param subproblem  [size] copied; size 0: none after all
 *  @param last   all of this giving are here
 *  A task that is not the worker's is ignored. */
void rp_sched_add_subproblem(rp_sched *sched, int32_t worker, int64_t task,
                             const uint8_t *subproblem, size_t size, bool last);

/** What an earlier run found out (its `answered`), to be taken in before any
 *  worker joins, in the order of then: rows are the same as if it had been
 *  asked now.
 *  @param worker  it answered then, for the row
 *  @param task    sample, query, radius and limit count; query -1: asked for a
 *                 search
 *  @param witness [n_in] when VIOLATED, else NULL
 *  False if the plan has no such question. The first answer to a query counts.
 */
bool rp_sched_known(rp_sched *sched, int32_t worker, const rp_sched_task *task,
                    const rp_answer *answer, const uint8_t *witness);

/** Go on with what an earlier run left of a question (its `left`), after all
 *  calls of rp_sched_known and rp_sched_known_radius and before any worker
 *  joins. Nothing is done if the question is answered, or its answer would not
 *  matter.
 *  False: the numbers do not balance, the plan has no such question, or there
 *  is no memory; the question is then asked from the start. */
bool rp_sched_known_left(rp_sched *sched, const rp_sched_left *left);

/** Take in that workers of earlier runs were lost, task->losses of them, which
 *  may have been running a question: it is asked alone, or given up. To be
 *  called after rp_sched_known_left, where task->alone and losses say the same.
 *  False: the plan has no such question, it is answered, or its answer would
 * not matter; nothing is done. */
bool rp_sched_known_loss(rp_sched *sched, const rp_sched_task *task);

/** Number tasks from last + 1 on, before any worker joins. */
void rp_sched_number_after(rp_sched *sched, int64_t last);

/** What older results say about a maximum radius. */
typedef struct rp_sched_interval {
  int64_t sample;
  rp_verdict verdict;     /* MISCLASSIFIED or INVALID; else the ends count */
  int32_t lo;             /* proved robust; 0: nothing is */
  int32_t refuted;        /* a counterexample is at this distance; 0: none is
                             known */
  const uint8_t *witness; /* [n_in], that one, or NULL */
  double seconds, cpu_seconds; /* over all answers, also those of queries */
} rp_sched_interval;

/** Take in an interval of an earlier run, after all calls of rp_sched_known.
 *  The search goes on from there, and the time that it took before does not
 *  count against its limit. Returns false if the plan searches no radius of the
 *  sample. */
bool rp_sched_known_radius(rp_sched *sched, const rp_sched_interval *known);

/** The task was taken back before it began. */
void rp_sched_returned(rp_sched *sched, int32_t worker, int64_t task);

/** A worker was lost: its tasks go to others, and whatever it still sends is
 *  ignored. */
void rp_sched_lost(rp_sched *sched, int32_t worker);

/** List the tasks that a worker may begin before it is heard again, the running
 *  one first, but for those that were abandoned: of which it may die unheard.
 *  @param task  out
 *  Returns their number. */
int32_t rp_sched_list_begun(const rp_sched *sched, int32_t worker,
                            rp_sched_task task[RP_SCHED_HOLD]);

/** Stop the run: deal nothing more and cancel what runs. Every query and search
 *  that is not finished gets a row UNKNOWN, interrupted. */
void rp_sched_stop(rp_sched *sched);

/** True once every query and every search has had its row. */
bool rp_sched_done(const rp_sched *sched);

/** Counts of rows, and of workers now. */
typedef struct rp_sched_progress {
  int64_t total, done;
  rp_verdict_count count;
  int32_t workers, busy;
} rp_sched_progress;

rp_sched_progress rp_sched_progress_get(const rp_sched *sched);

/** The task that a worker runs now, as far as its answers tell: the oldest one
 *  that it holds. Returns false if there is none, or if that task was
 *  abandoned. */
bool rp_sched_running(const rp_sched *sched, int32_t worker,
                      rp_sched_task *task);

#endif
