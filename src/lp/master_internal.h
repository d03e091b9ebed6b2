/* What the master's files share: one thread's program and its layout. */
#ifndef RAMPART_LP_MASTER_INTERNAL_H
#define RAMPART_LP_MASTER_INTERNAL_H

#include "lp/master.h"
#include "lp/pool.h"

/* The rows that read one neuron, and what a unit of it is worth there. */
typedef struct readers {
  int32_t n, *row;
  double *worth;
  int32_t *place; /* of every row of the program in `row`, from 1; 0: none */
} readers;

struct rp_master {
  const rp_net *net;
  rp_stats *stats;
  rp_lp *lp;              /* NULL: to be built */
  rp_region *region;      /* as loaded in lp */
  rp_objective objective; /* as loaded in lp */
  int32_t below;          /* accumulators below the objective's layer */
  double *scale;          /* [n_blocks] step units per accumulator unit */
  double *centre;         /* [n_acc] */
  double *price;          /* [n_acc] */
  pool *pool;
  int32_t n_loaded; /* vertices of the pool that are in lp */
  int32_t n_maxima; /* neurons with max pooling */
  double *duals, *values;
  double *trial;    /* [n_acc] multipliers to ask at */
  double *maxima;   /* [n_acc] where the dual puts accumulators of maxima */
  double *proposed; /* [n_acc] the master's */
  int32_t *index;   /* entries of one column */
  double *entry;
  readers readers; /* of the neuron at hand */
  rp_tap_space space;
};

/* Numbers of rows and columns. */
static inline int32_t row_acc(int32_t at) {
  return at;
}
static inline int32_t row_objective(const rp_master *m, int32_t r) {
  return m->below + r;
}
static inline int32_t row_convex(const rp_master *m, int32_t at) {
  return m->below + RP_OBJECTIVE_ROWS + at;
}
static inline int32_t row_theta(const rp_master *m) {
  return 2 * m->below + RP_OBJECTIVE_ROWS;
}
static inline int32_t col_corner(int32_t at, int32_t c) {
  return RP_MAX_CORNERS * at + c;
}
/* Slack of row 0 .. below + RP_OBJECTIVE_ROWS - 1. */
static inline int32_t col_slack(const rp_master *m, int32_t row, int32_t side) {
  return RP_MAX_CORNERS * m->below + 2 * row + side;
}
static inline int32_t col_z(const rp_master *m, int32_t r) {
  return col_slack(m, m->below + RP_OBJECTIVE_ROWS, 0) + r;
}
/* The columns of a vertex: theta, then one a maximum. */
static inline int32_t count_vertex_columns(const rp_master *m) {
  return 1 + m->n_maxima;
}
static inline int32_t col_theta(const rp_master *m, int32_t v) {
  return col_z(m, RP_OBJECTIVE_ROWS) + v * count_vertex_columns(m);
}

/** Make the program that of a region and an objective: build it, or rewrite
 *  what changed. Errors: those of GLPK. */
rp_status master_prepare(rp_master *master, const rp_region *region,
                         const rp_objective *objective);
void master_unload(rp_master *master);

/** Take vertices in that were added to the pool. Errors: those of GLPK. */
rp_status master_load_vertices(rp_master *master);

#endif
