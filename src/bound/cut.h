/* Cuts: bounds of an activation by the inputs, stronger than any line over its
 * accumulator.
 *
 * A cut of neuron i, with row w and bias b, is a choice of some of its inputs.
 * With rho_p = w_p for those and 0 for the others it says, for a sign sg,
 *
 *   unit sg sigma(z_i) <= sg rho x + f
 *
 * for all inputs x of a region. The least f that can be proved follows from the
 * region: let the accumulators from `from` on be the steep side for sg = 1,
 * those below it for sg = -1, and the others the flat side. Then
 *
 *   f = max( max over the flat side of unit sg sigma(z)
 *              + max over the box of -sg rho x,
 *            max over the steep side of (unit sg sigma(z) - sg z)
 *              + sg b + max over the box of sg (w - rho) x ),
 *
 * for z = w x + b lies on one of the two. So a cut is no claim that might be
 * wrong, but a recipe: it holds in any region, with the f of that region.
 *
 * Which cuts are worth it (docs/method.md): the staircase lies below m + max(0,
 * z - k) / unit with k = from - unit, the value m below `from` and the one
 * above from there on. That is a convex function of z = w x + b, and over the
 * box its concave envelope is known: taken along the chain of vertices on which
 * inputs move to the end that raises z one by one, in the order of a point x*.
 */
#ifndef RAMPART_BOUND_CUT_H
#define RAMPART_BOUND_CUT_H

#include <stdatomic.h>

#include "bound/region.h"
#include "evidence/proof.h"

enum {
  RP_MOST_CUTS = 512,        /* in use at a time */
  RP_MOST_CUT_UNIT = 1 << 21 /* with a multiplier below 2^31: 52 bits */
};

/** A cut, shared by the nodes that use it: a search holds many thousands. Never
 *  changed but for its count. */
typedef struct rp_cut {
  atomic_int holders;
  _Atomic int64_t number; /* in the proof, or RP_PROOF_UNNUMBERED */
  int32_t at;             /* accumulator, counted over all blocks */
  int32_t block;
  int32_t sign; /* 1: bounds the activation from above; -1: from below */
  int32_t unit; /* 1..RP_MOST_CUT_UNIT */
  int32_t from; /* first accumulator of the high side */
  int32_t n;
  int32_t *index;  /* [n] inputs; NULL: 0..n-1 */
  uint8_t *chosen; /* [n] bits: does rho have the input's weight, or 0? */
} rp_cut;

/** Cuts in use, with one multiplier each. */
typedef struct rp_cuts {
  int32_t n;
  rp_cut **cut; /* with room for rp_cuts_room */
} rp_cuts;

/** How many cuts a node of the network may have. In narrow networks of several
 *  hidden layers more are not worth their memory. */
int32_t rp_cuts_room(const rp_net *net);

/** Can neurons of a block have cuts? It must read nothing but the input, by one
 *  operator, and pool nothing. */
bool rp_cut_is_for(const rp_net *net, int32_t block);

/** A cut over n inputs, none chosen, that the caller holds; all else is 0. NULL
 *  without memory.
 *  @param index  [n], copied; NULL: inputs 0..n-1 */
rp_cut *rp_cut_create(int32_t n, const int32_t *index);

/** The t-th of its inputs. */
static inline int32_t rp_cut_get_input(const rp_cut *of, int32_t t) {
  return of->index ? of->index[t] : t;
}

/** Choose the t-th of its inputs: its weight is not 0. */
static inline void rp_cut_choose(rp_cut *of, int32_t t) {
  of->chosen[t >> 3] |= (uint8_t)(1 << (t & 7));
}

static inline bool rp_cut_has_chosen(const rp_cut *of, int32_t t) {
  return of->chosen[t >> 3] >> (t & 7) & 1;
}

/** Take part in a cut, and leave it: the last one frees it. Thread: safe. */
rp_cut *rp_cut_hold(rp_cut *cut);
void rp_cut_release(rp_cut *cut);

/** Memory of all cuts of the process, in bytes. Thread: safe. */
int64_t rp_cut_all_bytes(void);

/** The f of a region that is not empty.
 *  Range: |f| < 2^56: |unit sigma| <= 2^54, and what else there is, is within
 *  2^32. Cost: one pass over the row.
 *  @param space  for one row of the network
 *  @param rho    out, [cut->n] of each input its weight, or 0 */
int64_t rp_cut_bound(const rp_net *net, const rp_cut *cut,
                     const rp_region *region, rp_tap_space space, int16_t *rho);

/** Bring a cut into a proof, if it is not there. Returns its number.
 *  Thread: safe. */
int64_t rp_cut_record(const rp_net *net, rp_cut *cut, rp_proof *proof);

/** A relaxed point, and what of it all separations share. */
typedef struct rp_cut_point rp_cut_point;
rp_status rp_cut_point_create(const rp_net *net, rp_cut_point **point);
void rp_cut_point_free(rp_cut_point *point); /* NULL is fine */

/** Look at a point of a region: which inputs are inside their ranges?
 *  @param x  [n_in] any numbers */
void rp_cut_point_set(rp_cut_point *point, const rp_region *region,
                      const double *x);

/** The cut of a neuron that bounds its activation best at the point.
 *  @param sign   1: from above; -1: from below
 *  @param bound  out: the bound of the activation there, sign times it
 *  Returns false if no cut is known there.
 *  Cost: one pass over the row; n log n for inputs inside their ranges. */
bool rp_cut_separate(rp_cut_point *point, int32_t block, int32_t row,
                     int32_t sign, double *bound);

/** Make the cut that was found last. NULL without memory. The caller holds it.
 */
rp_cut *rp_cut_make(const rp_cut_point *point);

#endif
