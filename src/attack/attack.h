/* Falsification: search for counterexamples, never a proof.
 *
 * Every point returned here has been run through the fast forward pass; the
 * caller replays it with the reference pass before it believes it. */
#ifndef RAMPART_ATTACK_ATTACK_H
#define RAMPART_ATTACK_ATTACK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/clock.h"
#include "core/norm.h"
#include "core/stats.h"
#include "net/net.h"

/** A network made ready for attacks: for a dense chain its weights by column,
 * as integers and as floats; for any other whether single moves are cheap,
 * which is measured on random images. Read only, shared by threads.
 *  @param net  borrowed for their life. Errors: RP_E_MEMORY. */
typedef struct rp_attack_tables rp_attack_tables;
rp_status rp_attack_tables_create(const rp_net *net, rp_attack_tables **tables);
void rp_attack_tables_free(rp_attack_tables *tables); /* NULL is fine */

/** The scratch memory of one thread.
 *  @param tables  borrowed for its life. Errors: RP_E_MEMORY. */
typedef struct rp_attack rp_attack;
rp_status rp_attack_create(const rp_attack_tables *tables, rp_attack **attack);
void rp_attack_free(rp_attack *attack); /* NULL is fine */

/** What is attacked: inputs with box_lo <= x <= box_hi, in the norms L1 and L0
 *  only those within a radius of the sample. */
typedef struct rp_attack_target {
  const uint8_t *x;               /* [n_in] the sample */
  const uint8_t *box_lo, *box_hi; /* [n_in] inclusive, already clipped */
  rp_norm norm;
  int32_t radius; /* not read in L-infinity: the box says it */
  int32_t label;
  uint64_t seed; /* the same seed, the same walk */
  const rp_deadline *deadline;
  /* Annealing calls it now and then, so that its caller need not wait for the
   * end of a long one; NULL: nothing to do. */
  void (*meanwhile)(void *context);
  void *context;
} rp_attack_target;

/** Six strides of each ascent, or thirty that keep part of their direction. */
typedef enum rp_attack_effort {
  RP_ATTACK_QUICK,
  RP_ATTACK_PATIENT
} rp_attack_effort;

/** Sign-gradient ascent on the integer network, straight-through, over the
 *  rivals (of dense chains all, else the five nearest), several starts. Cost: a
 *  few hundred passes, patiently five times as many.
 *  @param witness  out, [n_in], written only on success
 *  Returns true if a counterexample was found. Source: Madry et al. 2018
 * (projected gradient), with the straight-through estimator of Bengio et al.
 * 2013. */
bool rp_attack_gradient(rp_attack *attack, const rp_attack_target *target,
                        rp_attack_effort effort, uint8_t *witness,
                        rp_stats *stats);

/** Annealing on the margin of the step condition: short series for each, then
 * longer ones for the half that came nearest, and so on; again and again from
 * random corners, with longer series for fewer, until the moves are spent.
 * Finds more for the same effort than rivals in turn, above all with many
 * classes.
 *  @param rivals  [n_out] classes worth trying, or NULL: all but the label
 *  @param moves   single-pixel moves to try, for each rival in the mean
 *  Source: Kirkpatrick, Gelatt and Vecchi 1983.
 *  Networks that are no dense chains with equal steps get, for the cost of as
 *  many fortieths of a forward pass, gradient ascents from random corners, and
 *  from their best points annealing, where single moves are cheap. */
bool rp_attack_anneal(rp_attack *attack, const rp_attack_target *target,
                      const bool *rivals, int64_t moves, uint8_t *witness,
                      rp_stats *stats);

/** Is a target annealed by the loops of dense chains, which know boxes alone?
 */
bool rp_attack_is_on_chain(const rp_attack *attack,
                           const rp_attack_target *target);

/** How near the last attack by gradients or annealing came to a counterexample,
 *  in steps of the outputs: less than 0 is certainly none. NAN: not measured,
 *  as after gradients on dense chains. */
double rp_attack_nearest(const rp_attack *attack);

/** Greedy walk from an integer point toward the property of one rival, single
 *  pixels, until no move helps. Used at LP points and dual maximizers. Where
 *  single moves are dear, a short gradient ascent. */
bool rp_attack_walk(rp_attack *attack, const rp_attack_target *target,
                    int32_t rival, const uint8_t *start, uint8_t *witness,
                    rp_stats *stats);

/** Move a counterexample toward the sample while it stays one: first by
 *  scaling back to smaller balls, then pixel by pixel at the greatest distance.
 *  @param witness  in and out, [n_in]; still a counterexample afterwards
 *  In L1 and L0 inputs go back to the sample one by one.
 *  @param target  its box is not read in L-infinity
 *  Returns its distance in the target's norm. */
int32_t rp_attack_shrink(rp_attack *attack, const rp_attack_target *target,
                         uint8_t *witness);

#endif
