/* What is asked about a network, what is answered, and counts of answers: the
 * types that the engine, the scheduler, messages and the journal share. */
#ifndef RAMPART_CORE_ANSWER_H
#define RAMPART_CORE_ANSWER_H

#include <stddef.h>
#include <stdint.h>

#include "core/stats.h"
#include "rampart/verdict.h"

/** Is there an input within L-infinity distance radius of a sample, inside the
 *  input range, that the network does not predict as label? */
typedef struct rp_question {
  int64_t sample;   /* its index in the dataset, or a pair (pair.h); the engine
                       does not read it */
  const uint8_t *x; /* [n_in] the sample, borrowed; NULL to the scheduler */
  int32_t label;    /* 0 to the scheduler, which does not read it */
  int32_t target;   /* of a pair: the class asked about; else not read */
  int32_t radius;   /* 1..RP_RADIUS_MAX */
  /* [n_in] each, borrowed: a box around x in place of the ball of the radius;
   * NULL: the ball. A proof of it names the radius. */
  const uint8_t *box_lo, *box_hi;
  /* [subproblem_size] a subproblem of this question (tree/search.h) that is
   * asked in its place, borrowed; NULL: all of it. ROBUST then speaks of the
   * subproblem alone. */
  const uint8_t *subproblem;
  size_t subproblem_size;
  double cpu_limit_s;   /* beside the options' limits; 0: none */
  int32_t memory_times; /* times the option memory_limit; 0: once */
} rp_question;

/** Asked for in place of a number of subproblems: all open nodes, so that
 *  nothing is left to the search. */
enum { RP_SUBPROBLEMS_OF_ALL = UINT16_MAX };

typedef struct rp_answer {
  rp_verdict verdict;
  rp_reason reason;
  rp_evidence evidence;
  int32_t distance;    /* of the counterexample; 0: none */
  int32_t subproblems; /* given away: ROBUST is about the rest alone */
  double seconds, cpu_seconds;
  rp_stats stats;
} rp_answer;

/* X(name, field of rp_verdict_count), in the order in which they are told. */
#define RP_VERDICT_COUNT_TABLE(X)                                              \
  X(robust, of[RP_ROBUST])                                                     \
  X(violated, of[RP_VIOLATED])                                                 \
  X(unknown, of[RP_UNKNOWN])                                                   \
  X(closed, closed)                                                            \
  X(capped, capped)                                                            \
  X(open, open)                                                                \
  X(misclassified, of[RP_MISCLASSIFIED])                                       \
  X(invalid, of[RP_INVALID])

/** Rows by how they ended. */
typedef struct rp_verdict_count {
  /* Queries; of radius searches only the misclassified and the invalid ones. */
  int64_t of[RP_VERDICT_COUNT];
  int64_t closed, capped, open; /* searches; capped: robust at the cap */
} rp_verdict_count;

#endif
