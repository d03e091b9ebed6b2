/* The statistics table: every counter, its unit, and how it is merged over
 * parts, queries and ranks. The struct, the merge function and the columns of
 * counters in the results are made from it. */
#ifndef RAMPART_CORE_STATS_H
#define RAMPART_CORE_STATS_H

#include <stddef.h>
#include <stdint.h>

/* X(name, merge, unit, help); merge is sum or max. All are int64. */
#define RP_STATS_TABLE(X)                                                      \
  X(queries, sum, "", "queries decided or left unknown")                       \
  X(parts, sum, "", "parts of properties examined")                            \
  X(nodes, sum, "", "branch-and-bound nodes")                                  \
  X(depth, max, "", "greatest depth of a node")                                \
  X(points, sum, "", "inputs run while enumerating small boxes")               \
  X(dual_evals, sum, "", "floating-point evaluations of the dual bound")       \
  X(exact_evals, sum, "", "integer evaluations of the dual bound")             \
  X(tightenings, sum, "", "intervals shrunk by reduced costs")                 \
  X(lp_solves, sum, "", "linear programs solved")                              \
  X(lp_iterations, sum, "", "simplex pivots")                                  \
  X(lp_failures, sum, "", "aborts and failures of GLPK that were caught")      \
  X(attack_moves, sum, "", "annealing moves")                                  \
  X(attack_hits, sum, "", "counterexamples found by attack or dive")           \
  X(attack_ns, sum, "ns", "wall time in attacks")                              \
  X(bound_ns, sum, "ns",                                                       \
    "wall time in interval bounds, dual bounds and tightening")                \
  X(lp_ns, sum, "ns", "wall time in linear programs")                          \
  X(memory_peak, max, "B", "largest memory of one query's tree and LP")

typedef struct rp_stats {
#define RP_STATS_FIELD(name, merge, unit, help) int64_t name;
  RP_STATS_TABLE(RP_STATS_FIELD)
#undef RP_STATS_FIELD
} rp_stats;

typedef struct rp_stats_info {
  const char *name, *merge, *unit, *help;
  size_t offset;
} rp_stats_info;

const rp_stats_info *rp_stats_rows(size_t *count);

/** Merge the counters of `from` into those of `into`. */
void rp_stats_merge(rp_stats *into, const rp_stats *from);

#endif
