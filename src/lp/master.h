/* The hull relaxation by column generation (Dantzig-Wolfe), on GLPK.
 *
 * Written out, the program over the hulls of all staircases has one column an
 * input, but only as many multipliers as there are neurons. Here the hulls
 * stay, and the input box is given by a few of its vertices x^k with weights
 * theta_k >= 0 that sum to one, each a column W_0 x^k + b_0. Solving this small
 * master gives multipliers; the dual bound at them is valid, and its maximizing
 * input is the next column. When bound and master meet, the bound is that of
 * the program written out.
 *
 * The columns stay valid for every node, part and rival of a query: a shrunk
 * box only clips them. From node to node a few corners of a few neurons are
 * rewritten, and the primal simplex goes on from the last basis. */
#ifndef RAMPART_LP_MASTER_H
#define RAMPART_LP_MASTER_H

#include "bound/dual.h"
#include "lp/lp.h"
#include "lp/relaxation.h"

typedef struct rp_master rp_master;

/** Is the master likely to help with a network? It can solve any; those that
 *  are no dense chains with equal steps have to be small. */
bool rp_master_is_for(const rp_net *net);

/** One thread's master for one query, of a network that it is for.
 *  Errors: RP_E_MEMORY. */
rp_status rp_master_create(const rp_net *net, rp_stats *stats,
                           rp_master **master);
void rp_master_free(rp_master *master);

/** How far to go. */
typedef struct rp_master_goal {
  double enough;         /* a bound below this closes the node: stop */
  double tolerance;      /* stop when bound and master are this close */
  double open_tolerance; /* the same once the master shows that the relaxation
                            cannot close the node */
  int32_t columns;       /* at most so many columns are priced */
} rp_master_goal;

/** Solve over the region and objective that the dual bound is set to.
 *  @param dual    prices the columns
 *  @param deadline  may be NULL
 *  @param lambda  in: multipliers at hand; out: the best found, [n_acc]
 *  @param relaxation  out: value is the best bound (floating point), found is
 *                 true if the point comes from a solved master
 *  An abort of GLPK is survived: found is false, the next call builds anew. */
void rp_master_solve(rp_master *master, rp_dual *dual,
                     const rp_master_goal *goal, const rp_deadline *deadline,
                     double *lambda, rp_relaxation *relaxation);

#endif
