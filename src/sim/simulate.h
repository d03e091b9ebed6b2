/* Simulated runs: the real scheduler is driven by a clock that jumps from event
 * to event, with task times that were recorded or drawn and a model of the cost
 * of messages. This predicts how long a job takes on more ranks than there are.
 */
#ifndef RAMPART_SIM_SIMULATE_H
#define RAMPART_SIM_SIMULATE_H

#include <stdint.h>

#include "rampart/status.h"
#include "sched/sched.h"
#include "store/results.h"

/* ---- what is to be done ---- */

/** How long a search's question at a radius took. */
typedef struct rp_sim_probe {
  int64_t search; /* index in the plan */
  int32_t radius;
  double seconds;
} rp_sim_probe;

/** A plan, and what is found when it is carried out. */
typedef struct rp_workload {
  rp_sched_plan plan;  /* its arrays are those below */
  rp_question *query;  /* [plan.n_queries] */
  double *query_s;     /* [plan.n_queries] */
  rp_verdict *verdict; /* [plan.n_queries] */
  int32_t *distance;   /* [plan.n_queries] */
  int64_t *search;     /* [plan.n_searches], samples */
  int32_t *lo, *hi;    /* [plan.n_searches]; lo -1: misclassified */
  double *search_s;    /* [plan.n_searches], summed over its questions */
  rp_sim_probe *probe; /* [n_probes], by (search, radius) */
  int64_t n_probes;
} rp_workload;

/** Which times are taken. */
typedef enum rp_sim_times {
  RP_SIM_RECORDED,  /* wall time of each task as it was */
  RP_SIM_CPU,       /* its CPU time, for records of a loaded machine */
  RP_SIM_LOGNORMAL, /* a = median, b = standard deviation of the logarithm */
  RP_SIM_PARETO,    /* a = least, b = exponent: P(t > x) = (a / x)^b */
  RP_SIM_CONSTANT   /* a */
} rp_sim_times;

typedef struct rp_sim_law {
  rp_sim_times times;
  double a, b; /* 0: to be fitted */
} rp_sim_law;

/** Parse "recorded", "cpu", "lognormal" or "pareto" (to be fitted), or with
 *  numbers: "lognormal:MEDIAN:SIGMA", "pareto:LEAST:EXPONENT",
 *  "constant:SECONDS". Errors: RP_E_USAGE. */
rp_status rp_sim_law_parse(const char *text, rp_sim_law *law, rp_error *err);

/** Fill in a lognormal's or Pareto's numbers by maximum likelihood over the
 *  tasks of a workload; times below a microsecond count as one.
 *  Errors: RP_E_INPUT if it has no task. */
rp_status rp_sim_law_fit(const rp_workload *recorded, rp_sim_law *law,
                         rp_error *err);

/** The queries and searches of results files, one behind the other. Where a
 *  file has a timeline, searches know how long each radius took; else each
 *  question took an equal share of its search.
 *  @param files  [n]; times: RP_SIM_RECORDED or RP_SIM_CPU
 *  Errors: RP_E_MEMORY; RP_E_INPUT if they hold no row. */
rp_status rp_workload_record(const rp_results *const *files, int32_t n,
                             rp_sim_times times, rp_workload *workload,
                             rp_error *err);

/** Samples drawn at random, with all that is asked of them, until there are
 *  so many rows.
 *  Errors: RP_E_MEMORY. */
rp_status rp_workload_draw(const rp_workload *recorded, int64_t rows,
                           uint64_t seed, rp_workload *workload, rp_error *err);

/** So many queries with times by a law. Errors: RP_E_MEMORY. */
rp_status rp_workload_make(const rp_sim_law *law, int64_t rows, uint64_t seed,
                           rp_workload *workload, rp_error *err);

void rp_workload_free(rp_workload *workload);

/* ---- carrying it out ---- */

/** What messages cost. Defaults: rp_sim_model_default. */
typedef struct rp_sim_model {
  double latency_s;     /* one way, between two ranks */
  double bytes_per_s;   /* of rank 0's link */
  double message_s;     /* rank 0: taking in or posting one message */
  double look_rank_s;   /* rank 0: looking for messages, for every rank there
                           is; all that wait cost one such look together */
  double task_s;        /* rank 0: one task dealt, half of it, and answered and
                           kept, the other half */
  double poll_s;        /* until a loop that sleeps looks for messages */
  double split_after_s; /* a task gives subproblems of what is left of it once
                           its question was worked on for so long; 0: never */
  double split_again_s; /* the least time that a subproblem runs before it gives
                           some, and between two givings */
  double subproblem_s;  /* to resume a subproblem, beyond its share */
  int32_t n_in;         /* bytes of a sample */
} rp_sim_model;

/** Costs as measured by tests/bench/dispatch (results/SCALING.md), latency and
 *  bandwidth of a slow cluster network. */
rp_sim_model rp_sim_model_default(void);

typedef struct rp_sim_outcome {
  int32_t ranks;
  int64_t rows, tasks; /* tasks run: more than rows where radii are searched */
  double makespan_s;
  double one_rank_s; /* the same work on one rank */
  double busy_s;     /* summed over ranks */
  double tail_s;     /* at the end, with under nine tenths of the ranks busy */
  double rank0_s;    /* rank 0 busy with messages and tasks */
  int64_t messages, message_bytes;
} rp_sim_outcome;

/** Carry out a workload on so many ranks, rank 0 among them.
 *  @param one_rank_s  left to the caller (0)
 *  Errors: RP_E_MEMORY; RP_E_INTERNAL if it comes to a standstill.
 *  Cost: O((tasks + messages) log ranks); memory about 8 KiB a rank. */
rp_status rp_simulate(const rp_workload *workload, const rp_sim_model *model,
                      int32_t ranks, rp_sim_outcome *outcome, rp_error *err);

#endif
