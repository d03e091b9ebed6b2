/* What the tree's files share: nodes, the heap of open ones, and the tools of
 * one thread. */
#ifndef RAMPART_TREE_TREE_INTERNAL_H
#define RAMPART_TREE_TREE_INTERNAL_H

#include <omp.h>
#include <stdatomic.h>

#include "lp/centre.h"
#include "lp/lattice.h"
#include "lp/master.h"
#include "tree/search.h"

/** A split: an accumulator below or from a threshold on, or an input. */
typedef struct branch {
  enum { BRANCH_NONE, BRANCH_STEP, BRANCH_INPUT } kind;
  int32_t at;    /* accumulator or input */
  int32_t block; /* of the accumulator */
  int32_t value; /* low child: < value; high child: >= value */
  double score;  /* of a step: what it promised, for pseudo-costs */
} branch;

/** Pseudo-costs: what splits of an accumulator have gained so far, for each
 *  unit of their score. */
typedef struct pseudo {
  double *gain[2];   /* [n_acc] sum of gain by score; low and high child */
  int32_t *count[2]; /* [n_acc] */
  double all_gain;
  int64_t all_count;
} pseudo;
bool pseudo_init(pseudo *p, size_t n_acc); /* false without memory */
void pseudo_fini(pseudo *p);
/** A child of this split lowered the gap by so much. */
void pseudo_learn(pseudo *p, const branch *split, bool high, double gain);
/** What a child of this split should gain. */
double pseudo_gain(const pseudo *p, const branch *split, bool high);

/** An open node. */
typedef struct node {
  rp_region *region;
  double *lambda;      /* [n_acc] best multipliers found without cuts */
  double *lambda_cut;  /* [n_acc + cuts.n] and with cuts, if it has some */
  rp_cuts cuts;        /* held; none in a node that is packed */
  uint8_t *packed;     /* what stands for both, which are NULL then; or NULL */
  size_t bytes;        /* of memory that it takes */
  double gap;          /* floating-point bound minus threshold: best first */
  double hull_gap;     /* the same without cuts; the gap in wide networks */
  double noted_gap;    /* the gap of a node on the path here, 0: none yet */
  int32_t noted_depth; /* that node's */
  int32_t part, depth;
  branch split;                    /* BRANCH_NONE: not relaxed yet */
  int64_t proof_node, proof_child; /* numbers in the proof: its own, and that
                                      of its low child once it is split */
  struct node *next;               /* in a worker's list, else NULL */
} node;

size_t node_bytes(const rp_net *net); /* one with room for all cuts */
node *node_create(const rp_net *net); /* such a node; NULL without memory */
void node_free(node *n);
/** The node in a block with room for so many cuts, in place of the one that it
 *  was in. NULL without memory: it stays as it is.
 *  @param cuts  its own at least */
node *node_make_room(const rp_net *net, node *n, int32_t cuts);
/** A child: region and multipliers of the parent, cut at its split. */
node *node_child(const rp_net *net, const node *parent, bool high);

/** A node that is going to wait, in less memory. In smaller networks it keeps
 * all bits and loses only the room for more cuts: searches go on as they would
 * without packing. Large ones do without cuts, which a packed node could not
 * keep; the region is kept to the last integer, its multipliers to about 1.4
 * percent, for an interval propagation. Returns the node itself, or the one
 * that replaces it. Never fails: without memory the node stays as it is. */
node *node_pack(const rp_search_task *task, node *n);
/** A copy of a packed node that is not packed; NULL without memory. */
node *node_unpack(const rp_search_task *task, const node *packed);

/** Why a node left the tree. */
typedef enum departure {
  LEFT_CLOSED,  /* an exact bound, an empty interval or its last input */
  LEFT_SPLIT,   /* two children stand for it */
  LEFT_GIVEN,   /* it travels in a subproblem that was taken over */
  LEFT_WITNESS, /* it holds a counterexample */
  LEFT_LOST,    /* there was no memory for it */
  DEPARTURES
} departure;

/** Every node is counted when it enters the tree and when it leaves it, so
 *  that a node that gets lost on the way cannot pass for a closed one. Each
 *  thread counts its own; the search adds them up when the threads have ended.
 */
typedef struct census {
  int64_t entered; /* roots, nodes of a subproblem, children */
  int64_t left[DEPARTURES];
} census;
void census_merge(census *into, const census *from);
/** So many nodes are open, and every other one has left for a reason. */
bool census_is_balanced(const census *c, int64_t open);

/** Binary heap of open nodes, greatest gap first. */
typedef struct heap {
  node **item;
  int64_t count, room;
  int64_t bytes; /* of its nodes */
} heap;
bool heap_push(heap *h, node *n); /* false without memory: n not taken */
node *heap_pop(heap *h);          /* NULL if empty */
void heap_fini(heap *h);

/** The tools of one thread. Its programs live in the thread's own GLPK
 *  environment: create and free them there. */
typedef struct worker {
  const rp_search_task *task;
  const rp_part *part; /* of the search, by node's number */
  rp_stats stats;
  int64_t nodes_before; /* of the search, when this worker began */
  census census;
  rp_dual *dual;
  rp_cut_point *cut_point; /* NULL: cuts are not used */
  rp_master *master;       /* NULL unless rp_master_is_for */
  rp_centre *centre; /* where all steps are fixed; this one and lattice: NULL
                        unless rp_centre_is_for, too */
  rp_lattice *lattice;
  bool *counts; /* [first block] scratch of node_settle */
  rp_relaxation *relaxation, *cut_relaxation; /* of hulls, with cuts */
  bool splits_with_cuts; /* is the node at hand split at a point with cuts? */
  rp_attack *attack;
  double *trial;            /* [n_acc + cuts] multipliers */
  uint8_t *point, *witness; /* [n_in] */
  int32_t *z, *out, *work;
  pseudo pseudo;
  int32_t shaved, shaved_closed; /* nodes, and those that it closed */
  int32_t not_shaved;            /* nodes that were due when it did not pay */
  rp_trail trail; /* steps of the node at hand, if there is a proof */
  node *left; /* of a box that was not enumerated to its end: what is open */
} worker;
rp_status worker_create(const rp_search_task *task, const rp_part *parts,
                        worker **w);
void worker_free(worker *w);

struct rp_search {
  const rp_search_task *task;
  worker *own; /* of the calling thread */
  rp_part *part;
  int32_t n_parts, room;

  /* Shared by the threads, under the lock. */
  omp_lock_t lock;
  heap open;
  int32_t busy; /* threads that hold a node */
  int64_t nodes, pause_at;
  double split_from_s;       /* no subproblems before this time */
  int32_t subproblems;       /* given away */
  atomic_bool ended;         /* threads leave as soon as they see it */
  rp_search_outcome outcome; /* the strongest one reported in this round */
  uint8_t *witness;          /* the caller's, while running */
  rp_stats stats;            /* of threads that are done */
  census census;             /* likewise, and of subproblems given away */
};

/** End the round. Of several reports the strongest one stands. Thread: safe. */
void search_end(rp_search *search, rp_search_outcome outcome);

/** Give away subproblems if they are wanted and it is time.
 *  @param holds_one  the caller has an open node besides the heap's */
void search_give(rp_search *search, bool holds_one);

typedef enum fate {
  NODE_CLOSED,   /* in integers */
  NODE_OPEN,     /* bounded; has a split if it was relaxed */
  NODE_WITNESS,  /* the worker's witness violates */
  NODE_STOPPED,  /* deadline; nothing concluded */
  NODE_NO_MEMORY /* nothing concluded */
} fate;

/** Intervals and the part's step condition; false: closed. */
bool node_propagate(worker *w, node *n);
/** Dual descent, exact value, reduced costs; no linear program. */
fate node_bound(worker *w, node *n, int32_t evaluations);
/** Set the worker's dual to the node. Returns the node's multipliers with its
 *  cuts, or those without. */
double *node_set_dual(worker *w, const node *n, bool with_cuts);
/** Bound it with its cuts. */
fate node_bound_with_cuts(worker *w, node *n);
/** Bound it with its cuts, keep the point where that ends, and try it. */
fate node_bound_and_try(worker *w, node *n);
/** Keep the point of the last descent, which was one with cuts. */
void node_keep_point(worker *w);
/** Drop the cuts that had no weight in the node's last descent with cuts, and
 *  add those that its kept point violates, or that of its hulls if it has no
 *  cuts: for its children. */
void node_look_for_cuts(worker *w, node *n);
/** From here on the levels are counted by which the gap falls. */
void node_note_gap(node *n);
/** The same where the gap has fallen to half of what was noted: how it falls
 *  changes on the way down. */
void node_note_half_gap(node *n);
/** Is the tree below an open node likely to cost more than shaving? Where
 *  shaving does not pay, every few calls that would be due are: to be asked
 * once a node. */
bool is_shaving_due(worker *w, const node *n);
/** Try to drop the outer steps of all inner neurons' intervals.
 *  @param shrunk  out: intervals that moved, when open
 *  Cost: up to two short descents for every neuron that is not stable. */
fate node_shave(worker *w, node *n, int32_t *shrunk);
/** All of it: intervals, dual, linear program, points to try, a split. */
fate node_relax(worker *w, node *n);

/** Does anything that decides a node depend on a neuron's step? */
bool node_depends_on(const worker *w, const node *n, int32_t block,
                     int32_t neuron);

/** Exact value at one of the node's vectors of multipliers, then reduced costs.
 * The worker's dual must be set to the node.
 *  @param shrunk  out: intervals that moved, when open */
fate node_tighten(worker *w, node *n, const double *lambda, int32_t *shrunk);
/** Is a point in the ball, and does it violate? Then it is the witness. */
bool node_try(worker *w, const uint8_t *x);
/** Does a relaxed point violate when it is rounded? Then it is the witness.
 */
bool node_try_point(worker *w, const node *n, const rp_relaxation *point);
/** Are all steps fixed that anything depends on? */
bool is_node_settled(const worker *w, const node *n);
/** Bound such a node and try its Chebyshev-like centre, in place of node_bound.
 */
fate node_settle(worker *w, node *n);

/** Does its box hold at most so many points? Cost: O(inputs). */
bool node_has_points_up_to(const worker *w, const node *n, double most);
/** Is it cheaper to look at all points of its box than to go on bounding? */
bool node_is_enumerable(const worker *w, const node *n);
/** Decide a node by its points alone, and bring them into the proof: CLOSED,
 *  WITNESS, or nothing concluded. A node that is split when it was STOPPED has
 *  its place taken by those in the worker's list `left`. Cost: at most twice as
 *  many intervals propagated as there are points. */
fate node_enumerate(worker *w, node *n);

/** Choose a split from a relaxed point; false: nothing is left to split. */
bool branch_choose(worker *w, const node *n, const double *x, const double *z,
                   const double *a, branch *split);

/** Where an input is split: at `value`, unless the region has an L0 ball whose
 *  centre is inside the input's interval. Then it is split from what the input
 *  is there, on the side of `value`.
 *  @param value  above x_lo and at most x_hi */
int32_t branch_value(const rp_region *region, int32_t input, int32_t value);

/** Has the network more than one hidden layer? */
bool is_deep(const worker *w);
/** Is the network narrow, with one hidden layer? */
bool is_flat(const worker *w);
/** Nodes of the search so far: on other ranks, if it goes on with a subproblem,
 *  and on other threads those before this worker began. */
int64_t count_nodes_so_far(const worker *w);
/** Has the search begun anew from better inner bounds, or is it so many nodes
 *  old that some tools begin to pay? */
bool is_search_old(const worker *w);
/** In a deep network, and so many nodes old that looking ahead pays. */
bool is_search_long(const worker *w);
/** What a split would gain in one of its children, at most the gap. The
 *  worker's dual is set to the child afterwards. */
double branch_measure_gain(worker *w, const node *n, const branch *split,
                           bool high);

/** Bring what happened to a node into the proof, if there is one. */
void proof_keep(worker *w, node *n, fate f);
/** Announce a part. Returns its node's number. */
int64_t proof_begin_part(rp_proof *proof, const rp_part *part);

/** Does a node hold the planted point, and does its rival win there? */
bool planted_inside(worker *w, const node *n);
/** End the process if the planted point was inside and no longer is. */
void planted_expect(worker *w, const node *n, bool was_inside, bool closed,
                    const char *where);

#endif
