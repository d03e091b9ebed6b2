/* The hull relaxation of a region as a linear program on GLPK.
 *
 * Columns: inputs x_p, accumulators z_i, activations a_i, and two slacks for
 * every accumulator row. Rows: z_i + s+ - s- = W a + b, and the facets of the
 * convex hull of (z, sigma(z)) over [l_i, u_i]. The slacks cost so much that
 * they stay at zero unless the relaxation is empty; so the program always has
 * an optimum, its row duals are multipliers for the dual bound, and an empty
 * relaxation shows as a bound far below the threshold. */
#ifndef RAMPART_LP_HULL_H
#define RAMPART_LP_HULL_H

#include "bound/dual.h"
#include "lp/lp.h"

enum { RP_FACETS = 6 }; /* of one neuron: three above, three below */

/** A facet: weight_a a + weight_z z <= right. Coefficients are integers, so
 *  they hold exactly. */
typedef struct rp_facet {
  int64_t weight_a, weight_z, right;
} rp_facet;

/** Facets of the hull of a staircase over an interval: at most three upper and
 *  three lower. Returns their number; none where the staircase is constant. */
int32_t rp_facets_of(const rp_stair *stair, int32_t lo, int32_t hi,
                     rp_facet facets[RP_FACETS]);

/** Rows in compressed form, as they go into the solver. The row of an
 *  accumulator has its number; facets follow, six for each neuron below the
 *  last layer: first_facet + 6 acc. */
typedef struct rp_encoding {
  int32_t last; /* layer encoded last: accumulators only */
  int32_t first_facet;
  int32_t n_rows, n_cols;
  int32_t *start; /* [n_rows + 1] */
  int32_t *col;   /* [start[n_rows]] */
  double *value;
  double *row_lo, *row_hi; /* [n_rows] */
  double *col_lo, *col_hi; /* [n_cols] */
} rp_encoding;

/** Column numbers of the encoding. */
int32_t rp_encoding_x(const rp_net *net, int32_t input);
int32_t rp_encoding_z(const rp_net *net, int32_t acc);
int32_t rp_encoding_a(const rp_net *net, int32_t acc);
int32_t rp_encoding_slack(const rp_net *net, int32_t acc); /* and the next */

/** Encode layers 0..last over a region. The rows of a layer are filled in
 *  parallel by `threads` OpenMP threads; the result does not depend on them.
 *  Errors: RP_E_MEMORY. Cost: O(weights). */
rp_status rp_encoding_build(const rp_net *net, const rp_region *region,
                            int32_t last, int32_t threads,
                            rp_encoding **encoding);
void rp_encoding_free(rp_encoding *encoding);

/** Write one neuron's bounds and facets anew, after its interval changed. */
void rp_encoding_bound(const rp_net *net, const rp_region *region,
                       int32_t layer, int32_t neuron, rp_encoding *encoding);

/** What a relaxation proposes at a node. Nothing in it is proved.
 *  Errors: RP_E_MEMORY. */
typedef struct rp_relaxation {
  bool found;     /* false: the solver failed or ran out of time */
  double value;   /* bound of the objective in floating point */
  double *lambda; /* [n_acc] multipliers */
  double *x;      /* [n_in] optimal point */
  double *z, *a;  /* [n_acc] */
} rp_relaxation;
rp_status rp_relaxation_create(const rp_net *net, rp_relaxation **relaxation);
void rp_relaxation_free(rp_relaxation *relaxation);

/** One thread's hull program, kept warm from node to node. `threads` fill rows
 *  when it is built. Errors: RP_E_MEMORY. */
typedef struct rp_hull rp_hull;
rp_status rp_hull_create(const rp_net *net, int32_t threads, rp_stats *stats,
                         rp_hull **hull);
void rp_hull_free(rp_hull *hull);

/** Solve over a region. Only bounds and facets that changed since the last
 *  call are rewritten. An abort of GLPK is survived: found is false and the
 *  next call builds the program anew. */
void rp_hull_solve(rp_hull *hull, const rp_region *region,
                   const rp_objective *objective, const rp_deadline *deadline,
                   rp_relaxation *relaxation);

#endif
