/* Branch and bound over all parts of a query at once.
 *
 * Every open node knows its part, its region and a bound; the search expands
 * the best one, dives to its better child until that is closed, and keeps the
 * siblings. A node is closed only in integers: by an empty interval, or by the
 * exact dual bound. Linear programs only propose multipliers, points to try
 * and where to branch.
 *
 * Completeness: a branch splits a staircase at a threshold or an input's range
 * at an integer, both children are smaller, and a region whose inputs are all
 * fixed is decided by running the network. */
#ifndef RAMPART_TREE_SEARCH_H
#define RAMPART_TREE_SEARCH_H

#include <stdatomic.h>

#include "attack/attack.h"
#include "bound/property.h"
#include "core/answer.h"
#include "core/options.h"
#include "rampart/verdict.h"

typedef enum rp_search_outcome {
  RP_SEARCH_PAUSED, /* the call's nodes are used up; may be called again */
  RP_SEARCH_NODES,
  RP_SEARCH_MEMORY, /* too much, or a node was lost for lack of it */
  RP_SEARCH_TIME,
  RP_SEARCH_INTERRUPTED,
  RP_SEARCH_EXHAUSTED, /* every part closed: no input of them violates */
  RP_SEARCH_ERROR,     /* nodes are unaccounted for: nothing is known */
  RP_SEARCH_FOUND      /* the witness violates; to be replayed */
} rp_search_outcome;

/** Which of two outcomes of one search stands: a total order.
 *
 *  A witness wins over everything else: whatever ends a search meanwhile, it
 *  can be replayed. Nodes that are unaccounted for come next: nothing but a
 *  witness can be trusted then. A tree without open nodes proves its claim
 * under any limit. Of the limits, those that end the query for good come before
 *  those that another call could go on from. */
rp_search_outcome rp_search_stronger(rp_search_outcome a, rp_search_outcome b);

/** Subproblems of a running search for others: whoever wants some says how
 * many, and the search gives them between two nodes, once it has run for a
 * while and has open nodes to spare. A subproblem stands for its nodes alone:
 * the search goes on with the others, and is exhausted without them. */
typedef struct rp_split {
  /* Subproblems; back to 0 once some were given. RP_SUBPROBLEMS_OF_ALL: see
   * rp_search_give_all. */
  atomic_int wanted;
  bool only_one;  /* all open nodes go into one subproblem or none */
  double after_s; /* seconds of the query's time before it gives some */
  double again_s; /* seconds of a subproblem's own time, and between givings */
  uint64_t name;  /* of the query's proof: greater than that which a subproblem
                     of it continues */
  /** Take over a subproblem (copied). False: it cannot be kept; its nodes stay.
   *  Called by any thread of the search, one at a time.
   *  @param last  no more of this giving; always said once */
  bool (*give)(void *context, const uint8_t *subproblem, size_t size,
               bool last);
  void *context;
} rp_split;

typedef struct rp_search rp_search;

/** What is searched. All borrowed. */
typedef struct rp_search_task {
  const rp_net *net;
  const rp_attack_tables *attack_tables; /* of the same network */
  const rp_options *options;             /* threads, node and memory limits */
  const rp_attack_target *target;        /* sample, ball, label, deadline */
  const rp_region *root;                 /* valid for every part */
  const uint8_t *planted;      /* [n_in] a counterexample that must never
                                  be cut off, or NULL */
  rp_proof *proof;             /* where every node is recorded, or NULL */
  rp_split *split;             /* who may want subproblems, or NULL */
  bool gives_only_all;         /* no subproblems unless all open nodes are
                                  wanted: another search may replace this one */
  double began_s, began_cpu_s; /* the query's time, by rp_clock_wall_s and
                                  rp_clock_process_cpu_s */
  int64_t nodes_before;        /* of a search that this one replaces: they count
                                  for its limit */
  bool packs_nodes;            /* for tests: however small the network is */
  bool cuts_at_once;           /* for tests: cuts, and shaving at all nodes of
                                  deep networks, however short the search is */
  /* For tests, or NULL: called by a thread that has found a witness, before it
   * reports it. */
  void (*found)(rp_search *search);
} rp_search_task;

/** Errors: RP_E_MEMORY. */
rp_status rp_search_create(const rp_search_task *task, rp_search **search);
void rp_search_free(rp_search *search);

/** Look at one part's root: restricted, bounded, tightened, without a linear
 *  program. It is kept for rp_search_run if it cannot be closed.
 *  @param by_interval  out: true if intervals alone closed it
 *  Errors: RP_E_MEMORY. */
rp_status rp_search_add(rp_search *search, const rp_part *part,
                        bool *by_interval);

/** What a subproblem says of its query before it is searched. */
typedef struct rp_subproblem_head {
  double wall_s, cpu_s; /* it had taken */
  uint64_t source;      /* name of the proof that the subproblem goes on with */
  int64_t nodes;        /* it had looked at */
} rp_subproblem_head;

/** Errors: RP_E_INPUT: no subproblem. */
rp_status rp_subproblem_read_head(const uint8_t *subproblem, size_t size,
                                  rp_subproblem_head *head);

/** Search the nodes of a subproblem, in place of parts; once, before anything
 * else. The ball of task->root must be that of the search it comes from.
 *  Errors: RP_E_MEMORY; RP_E_INPUT: no subproblem, or of another query. */
rp_status rp_search_resume(rp_search *search, const uint8_t *subproblem,
                           size_t size);

/** Give away subproblems if they are wanted and it is time: for the caller's
 * own pauses, while the search does not run. */
void rp_search_give(rp_search *search);

/** If all open nodes are wanted, and it is time: give them away, as few
 *  subproblems as can be. For the caller's own pauses, and after an
 *  interruption. Returns true if all were taken over: the search is exhausted
 *  then (rp_search_state), and they stand for what it has not decided. */
bool rp_search_give_all(rp_search *search);

/** How many were taken over so far. */
int32_t rp_search_count_subproblems(const rp_search *search);

/** Number of nodes that are still open, and whether one of a rival's is. */
int64_t rp_search_count_open(const rp_search *search);
bool rp_search_is_rival_open(const rp_search *search, int32_t rival);

/** What is known without searching further: RP_SEARCH_EXHAUSTED if every node
 *  that entered has left for a reason that proves its part, else
 *  RP_SEARCH_PAUSED, or MEMORY or ERROR if nodes are lost. */
rp_search_outcome rp_search_state(const rp_search *search);

/** Expand open nodes until none is left or something ends the search.
 *  @param nodes    pause after about so many more nodes
 *  @param witness  out, [n_in], on RP_SEARCH_FOUND
 *  RP_SEARCH_EXHAUSTED rests on the count of all nodes (rp_search_state). */
rp_search_outcome rp_search_run(rp_search *search, int64_t nodes,
                                uint8_t *witness);

/** Counters so far. */
const rp_stats *rp_search_stats(const rp_search *search);

#endif
