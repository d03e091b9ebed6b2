/* What the dual bound's files share: one thread's workspace. */
#ifndef RAMPART_BOUND_DUAL_INTERNAL_H
#define RAMPART_BOUND_DUAL_INTERNAL_H

#include "bound/cut.h"
#include "bound/group.h"
#include "bound/steps.h"

/* Workspace of a descent (descent.c). */
typedef struct rp_descent rp_descent;
rp_descent *rp_descent_create(const rp_net *net); /* NULL: memory */
void rp_descent_free(rp_descent *descent);

struct rp_dual {
  const rp_net *net; /* borrowed */
  rp_stats *stats;
  const rp_region *region; /* borrowed, set by rp_dual_set */
  rp_objective objective;
  rp_corners *corner;  /* [n_acc], below the objective's layer */
  const rp_cuts *cuts; /* borrowed; NULL: none */
  int32_t n_cuts;
  int64_t cut_bound[RP_MOST_CUTS]; /* their f in the region */
  int16_t *cut_rho[RP_MOST_CUTS];  /* [n_in] each their rho; NULL: not needed
                                      so far */

  /* The last floating-point value's parts and maximizing point. */
  double *mu;      /* [n_acc] */
  float *nu;       /* [n_in] */
  float *probe_nu; /* [n_in] scratch of a probe */
  uint8_t *x;      /* [n_in] */

  rp_ball_view view;    /* of the region's inputs */
  uint8_t *view_memory; /* [rp_ball_view_bytes] */
  rp_ball_reals items;  /* room for all inputs */
  double price;         /* of the last value, if the view is used */

  rp_descent *descent; /* its workspace */
  rp_tap_space space;  /* for one row */

  /* The last exact value, in units of 2^-frac. */
  int64_t *exact_lambda, *exact_mu; /* [n_acc] */
  int64_t exact_pi[RP_MOST_CUTS];   /* of the cuts */
  int64_t *exact_nu;                /* [n_in] */
  rp_ball_longs exact_items;        /* room for all inputs */
  rp_int128 exact_price;            /* 0 if the view is not used */
  rp_int128 exact_value;
  int32_t exact_frac;

  rp_trail *trail; /* borrowed: where steps are recorded; NULL: nowhere */
  rp_proof *proof; /* borrowed: where cuts are; NULL: there are none */
};

/** Record what the last exact multipliers were good for. */
void rp_dual_write_step(const rp_dual *dual, rp_step_action action);

/* The rows of a block that carry multipliers: all of them below the
 * objective's block, the objective's own rows in it. */
static inline rp_rows rp_dual_rows(const rp_dual *dual, int32_t block) {
  return block == dual->objective.block
             ? (rp_rows){dual->objective.n_rows, dual->objective.row}
             : (rp_rows){dual->net->block[block].n_acc, NULL};
}

/* A neuron that is a maximum, as the dual sees it. */
static inline group rp_dual_group(const rp_dual *dual, int32_t block,
                                  int32_t neuron) {
  const rp_block *of = &dual->net->block[block];
  return (group){of, neuron, dual->region->z_lo + of->first,
                 dual->region->z_hi + of->first, dual->corner + of->first};
}

/* A neuron that is none, and its staircase over the interval. */
static inline steps rp_dual_steps(const rp_dual *dual, int32_t block,
                                  int32_t neuron) {
  const rp_block *of = &dual->net->block[block];
  const int32_t at = of->first + neuron;
  return (steps){&of->stair[neuron], dual->region->z_lo[at],
                 dual->region->z_hi[at]};
}

/* What cuts add to an evaluation: multipliers follow those of accumulators. */
static inline const double *rp_dual_pi(const rp_dual *dual,
                                       const double *lambda) {
  return lambda + dual->net->n_acc;
}
void rp_dual_add_cuts_to_mu(rp_dual *dual, int32_t block, const double *lambda);
void rp_dual_add_cuts_to_nu(rp_dual *dual, const double *lambda);
double rp_dual_value_of_cuts(const rp_dual *dual, const double *lambda);
/* nu without the cuts of one accumulator. Returns their part of the value.
 * Cost: a pass over the inputs for each. */
double rp_dual_leave_cuts_out(const rp_dual *dual, const double *lambda,
                              int32_t at, float *nu);
/* The size of a step of its multiplier. */
double rp_dual_scale_of_cut(const rp_dual *dual, int32_t c);
/* How far a cut is from being tight at a point, in activations: the derivative
 * of its multiplier. */
double rp_dual_slack_of_cut(const rp_dual *dual, int32_t c, const float *x,
                            const double *a);
/* Round the multipliers; then their parts of the exact value. */
void rp_dual_round_cuts(rp_dual *dual, const double *lambda);
rp_int128 rp_dual_value_of_cuts_exactly(const rp_dual *dual);
void rp_dual_add_cuts_to_exact_mu(rp_dual *dual, int32_t block);
void rp_dual_add_cuts_to_exact_nu(rp_dual *dual);

/* Parts of an evaluation: mu of a block below the objective's, nu of the
 * inputs, sum of lambda times bias. */
void rp_dual_mu_of_block(rp_dual *dual, int32_t k, const double *lambda);
void rp_dual_weigh_inputs(rp_dual *dual, const double *lambda);
double rp_dual_value_of_biases(const rp_dual *dual, const double *lambda);

#endif
