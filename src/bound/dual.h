/* The dual bound: one multiplier per accumulator, checked in integers.
 *
 * For an objective c.z on one or two accumulators of a block L and any
 * multipliers lambda,
 *
 *   D(lambda) = max over the region, with z = b + sum Op a relaxed, of
 *                 c.z_L + sum_k lambda_k (b_k + sum_t Op_t a_source(t) - z_k)
 *
 * bounds the objective from above over the region. It splits into one maximum
 * per accumulator and per input (docs/method.md):
 *
 *   sum_i max_{z in [l_i,u_i]} (mu_i sigma_i(z) - lambda_i z)
 *     + sum_p max (nu_p x_p) + sum lambda_i b_i,
 *   mu_k = sum over the terms t that read block k of Op_t^T lambda_block(t),
 *   nu   = the same sum over the terms that read the input,
 *
 * where accumulators of block L have c_i z in place of mu_i sigma_i(z).
 * Floating point looks for good multipliers; rp_dual_exact evaluates the bound
 * in integers, and only its value closes a node or shrinks an interval. */
#ifndef RAMPART_BOUND_DUAL_H
#define RAMPART_BOUND_DUAL_H

#include <stdbool.h>
#include <stdint.h>

#include "bound/cut.h"
#include "bound/region.h"
#include "core/stats.h"
#include "evidence/proof.h"

enum { RP_OBJECTIVE_ROWS = 2 };

/** Largest coefficient of an objective. */
enum { RP_MOST_COEF = 64 };

/** Maximize sum coef * z_row over accumulators of one block. */
typedef struct rp_objective {
  int32_t block;
  int32_t n_rows;                  /* 1 or 2 */
  int32_t row[RP_OBJECTIVE_ROWS];  /* distinct accumulators of the block */
  int32_t coef[RP_OBJECTIVE_ROWS]; /* -RP_MOST_COEF..RP_MOST_COEF */
  int64_t threshold;               /* wanted: objective >= threshold */
} rp_objective;

/** The same rows with the same coefficients; thresholds may differ. */
bool rp_objective_same(const rp_objective *a, const rp_objective *b);

/** Scratch memory of one thread for one region and objective at a time.
 *  @param net    borrowed for its life
 *  @param stats  borrowed: counts evaluations
 *  Errors: RP_E_MEMORY. */
typedef struct rp_dual rp_dual;
rp_status rp_dual_create(const rp_net *net, rp_stats *stats, rp_dual **dual);
void rp_dual_free(rp_dual *dual);

/** Record in a trail, from now on, every step that rp_dual_closes,
 *  rp_dual_bound and rp_dual_tighten draw from an exact value. Multipliers
 *  that close are then rounded to fewer bits where they still do.
 *  @param trail  borrowed; NULL: record nothing */
void rp_dual_record(rp_dual *dual, rp_trail *trail);
/** The proof that the trail is for: it must be known where cuts are used. */
void rp_dual_record_cuts(rp_dual *dual, rp_proof *proof);

/** Look at a region and an objective: computes corners. Both are borrowed and
 *  must be set again after the region changed. */
void rp_dual_set(rp_dual *dual, const rp_region *region,
                 const rp_objective *objective);
/** Use cuts until the next rp_dual_set: n multipliers follow those of the
 *  accumulators in every vector that is named [n_acc] here, at least 0 each.
 *  Without memory the last ones are left out, and their multipliers not read.
 *  @param cuts  borrowed; their f is that of the region set
 *  Cost: a pass over a row for each. */
void rp_dual_use_cuts(rp_dual *dual, const rp_cuts *cuts);

const rp_net *rp_dual_net(const rp_dual *dual);
/** What it was set to last. */
const rp_region *rp_dual_region(const rp_dual *dual);
const rp_objective *rp_dual_objective(const rp_dual *dual);

/** Multipliers from the hulls' slopes, backward from the objective: free.
 *  @param lambda  out, [n_acc] double */
void rp_dual_slopes(rp_dual *dual, double *lambda);

/** The floating-point value at lambda; its maximizing point stays inside.
 *  Cost: one pass with the transposed operators. */
double rp_dual_value(rp_dual *dual, const double *lambda);

/** The last value's maximizing input, [n_in]. */
const uint8_t *rp_dual_point(const rp_dual *dual);

/** Where its maximum is attained, for the accumulators of neurons with max
 *  pooling below the objective's block.
 *  @param lambda  that of the last value
 *  @param z       out, [n_acc]; others are left as they are */
void rp_dual_place_maxima(const rp_dual *dual, const double *lambda, double *z);

/** The weight of each input in the last value, [n_in]. */
const float *rp_dual_nu(const rp_dual *dual);

/** The last value's mu, [n_acc]: weight of each activation in the objective. */
const double *rp_dual_mu(const rp_dual *dual);

/** The last value's weight of one activation, without what cuts add to mu. */
double rp_dual_weight(const rp_dual *dual, const double *lambda, int32_t at);

/** Lower the bound by quasi-Newton steps on a smoothed copy, stopping below
 *  `target`.
 *  @param lambda       in and out, [n_acc]: the best multipliers seen
 *  @param evaluations  at most so many; at least one
 *  Returns the best floating-point value; the last value's point and mu are
 *  not those of the result.
 *  Cost: an evaluation is one pass with the operators and one transposed. */
double rp_dual_descend(rp_dual *dual, double *lambda, double target,
                       int32_t evaluations);

/** From now on descents sum in the order that suits the processor's vectors: a
 *  fifth faster, with other last bits. Wide networks always do. */
void rp_dual_use_lanes(rp_dual *dual);

/** The means at the end of the last descent: close to a solution of the hull
 *  relaxation as far as the descent converged. Below the objective's block.
 *  @param x  out, [n_in]
 *  @param z, a  out, [n_acc] */
void rp_dual_soft_point(const rp_dual *dual, double *x, double *z, double *a);

/** The accumulators of the means of the inputs and activations, where z above
 *  are means of accumulators: they differ as far as the descent did not
 *  converge.
 *  @param z  out, [n_acc] */
void rp_dual_soft_run(const rp_dual *dual, double *z);

/** An accumulator's interval cut to lo..hi. */
typedef struct rp_dual_cut {
  int32_t block; /* the objective's or below */
  int32_t at;    /* accumulator, counted over all blocks */
  int32_t lo, hi;
} rp_dual_cut;

/** What the bound would become with one accumulator's interval cut: the least
 *  floating-point value over that accumulator's own multiplier, the others
 *  kept. For choosing a branch.
 *  @param lambda  [n_acc] those of the last value
 *  @param value   the last value
 *  Cost: about 12 passes over one row. */
double rp_dual_probe(rp_dual *dual, const double *lambda, double value,
                     const rp_dual_cut *cut);

/** Exact integer value of D at lambda rounded to multiples of 2^-frac.
 *  @param value  out, unit 2^-frac of an accumulator unit
 *  @param frac   out, chosen so that every multiplier fits 31 bits, or 14
 *                bits where steps are recorded and the bound closes with them
 *  Range:  |lambda| < 2^31 after scaling, weights int16, columns within
 *          RP_COLUMN_LIMIT: mu and nu fit int64; products with |z| <= 2^31 fit
 * int128. Errors: RP_E_NUMERIC if a multiplier is not finite. Cost: O(weights).
 * Thread: reentrant by workspace. */
rp_status rp_dual_exact(rp_dual *dual, const double *lambda, rp_int128 *value,
                        int32_t *frac);

/** True if the last exact value proves objective < threshold. */
bool rp_dual_closes(const rp_dual *dual);

/** Integer upper bound of the objective from the last exact value; at absurd
 *  multipliers the nearest that +-INT64_MAX holds. */
int64_t rp_dual_bound(const rp_dual *dual);

/** Shrink the region by reduced costs at the last exact multipliers: whatever
 *  is cut off cannot reach the threshold.
 *  @param region  the one set; must be set again if it changed
 *  Returns the number of intervals shrunk, or -1 if one became empty (then the
 *  region holds no input that reaches the threshold). */
int32_t rp_dual_tighten(rp_dual *dual, rp_region *region);

#endif
