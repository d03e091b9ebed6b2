/* Searches toward one rival on any network: ascent by gradients; walks and
 * annealing by single inputs, where moves are cheap. */
#ifndef RAMPART_ATTACK_CLIMB_H
#define RAMPART_ATTACK_CLIMB_H

#include "attack/ball.h"

/** Where a search may go, and what for. */
typedef struct climb_goal {
  const uint8_t *lo, *hi; /* [n_in] inclusive */
  int32_t label, rival;
  const rp_deadline *deadline;
  const rp_attack_target *ball; /* that it must not leave; NULL: none */
} climb_goal;

static inline climb_goal climb_goal_of(const rp_attack_target *target,
                                       int32_t rival) {
  return (climb_goal){target->box_lo, target->box_hi,   target->label,
                      rival,          target->deadline, ball_of_target(target)};
}

/** Is a goal reached by the loops of chains? They know boxes alone. */
static inline bool climb_is_on_chain(const rp_attack *attack,
                                     const climb_goal *goal) {
  return attack->n_layers > 0 && !goal->ball;
}

/** Strides of an ascent: the first is `first` of each input's box, and every
 *  next one `factor` times the one before; a direction keeps `momentum` of what
 *  it was. */
typedef struct climb_plan {
  int32_t strides;
  float first, factor, momentum;
} climb_plan;

/** Thirty strides; what a few long ones do not find. */
extern const climb_plan patient_climb;

/** The gradient of z_j - z_y (where there are no such loops as
 * rival_find_weights weighs them) at the point of these accumulators, into
 * attack->gradient. */
void climb_find_gradient(rp_attack *attack, const int32_t *z,
                         const climb_goal *goal);

/** Sort the first n rivals of attack->order by their margin at the sample, the
 *  nearest first. */
void climb_sort_rivals(rp_attack *attack, const rp_attack_target *target,
                       int32_t n);

/** Ascent from attack->x, whose accumulators are in attack->all_z. Without
 *  such loops attack->best is the point of the best margin, *margin,
 * afterwards. Returns true at a counterexample, of any class, in attack->x.
 *  Cost: two to three passes a stride. */
bool climb_by_gradient(rp_attack *attack, const climb_goal *goal,
                       const climb_plan *plan, double *margin);

/** Greedy walk of attack->graph toward the rival until no move helps or *work
 *  (of graph_state) is used up; *work is what is left.
 *  Returns true when the rival has won at attack->graph.x. */
bool graph_walk(rp_attack *attack, const climb_goal *goal, int64_t *work);

/** By how much the move at hand of attack->graph changes the margin inside the
 *  steps of inner neurons, where it does not show yet; to first order, along
 *  the gradient that climb_find_gradient came to last. In the units of
 *  rival_measure_margin. Cost: the accumulators that the move reached. */
double graph_measure_hidden(const rp_attack *attack, const climb_goal *goal);

/** Annealing of attack->graph toward the rival, for that much work (of
 *  graph_state). Returns true when the rival has won at attack->graph.x.
 *  @param margin  out: the greatest one that it came to
 *  Source: Kirkpatrick, Gelatt and Vecchi 1983. */
bool graph_anneal(rp_attack *attack, const climb_goal *goal, int64_t work,
                  rp_rng *rng, double *margin);

/** Multiplications of a forward pass, and its accumulators. */
int64_t graph_count_products(const rp_net *net);

/** Multiplications of a pass that take as long as one of a move. */
enum { GRAPH_PRODUCTS_OF_A_TAP = 10 };

/** Measure on random images whether single moves are worth their cost. The
 *  choice depends on the network alone. Errors: RP_E_MEMORY. */
rp_status graph_choose_moves(rp_attack_tables *tables);

/** From a point toward the rival by what pays on this network: a walk, or a
 *  short ascent. Not of a chain with fast loops.
 *  Returns true at a counterexample in attack->x. */
bool graph_improve(rp_attack *attack, const climb_goal *goal,
                   const uint8_t *start);

/** Ascents from many points, and annealing where moves pay, in turn over the
 *  first n rivals of attack->order; see rp_attack_anneal. For networks without
 *  fast loops of chains. */
bool graph_search(rp_attack *attack, const rp_attack_target *target, int32_t n,
                  int64_t moves, uint8_t *witness, rp_stats *stats);

#endif
