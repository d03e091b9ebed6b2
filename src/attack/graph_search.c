/* The long search on networks without fast loops: ascents by gradients from
 * random corners against the rivals in turn, each followed by annealing from
 * its best point where single moves are cheap. */
#include <math.h>
#include <string.h>

#include "attack/climb.h"

enum {
  /* Reached accumulators from which a batch of gradient strides is the better
   * buy than a move. */
  MOST_REACHED = 4000,
  PROBES = 24,            /* moves that are measured for that */
  MOVES_OF_A_PASS = 40,   /* annealing moves that may cost as much as a forward
                             pass */
  PASSES_OF_A_STRIDE = 2, /* forward, and back */
  PASSES_OF_A_WALK = 256, /* that it may cost */
  LEAST_ANNEALING = 16,   /* passes that it may cost after an ascent */
  MOST_ANNEALING = 16000
};

int64_t graph_count_products(const rp_net *net) {
  int64_t count = 0;
  for (int32_t k = 0; k < net->n_blocks; k++)
    for (int32_t t = 0; t < net->block[k].n_terms; t++) {
      const rp_op *op = net->block[k].term[t].op;
      count += op->kind->count(op);
    }
  return count + net->n_acc;
}

/* Accumulators that moves of random images reach, in the mean. */
static int64_t measure_reach(rp_attack *attack) {
  const rp_net *net = attack->net;
  int64_t reached = 0;
  rp_rng rng;
  rp_rng_init(&rng, 1);
  for (int32_t probe = 0; probe < PROBES; probe++) {
    for (int32_t p = 0; p < net->n_in; p++)
      attack->x[p] = (uint8_t)rp_rng_below(&rng, (uint32_t)net->in_hi + 1);
    graph_move_to(&attack->graph, attack->x, attack->work);
    const int32_t pixel = (int32_t)rp_rng_below(&rng, (uint32_t)net->n_in);
    const int32_t value = attack->x[pixel];
    graph_try(&attack->graph, pixel, value > net->in_hi / 2 ? 0 : net->in_hi);
    reached += graph_count_reached(&attack->graph);
    graph_undo(&attack->graph);
  }
  return reached / PROBES;
}

rp_status graph_choose_moves(rp_attack_tables *tables) {
  rp_attack *attack;
  RP_TRY(rp_attack_create(tables, &attack));
  tables->moves_pay = measure_reach(attack) <= MOST_REACHED;
  rp_attack_free(attack);
  return RP_OK;
}

/* Where the state's moves led is attack->x, if the rival has won there. */
static bool is_hit(rp_attack *attack, bool won, int32_t label) {
  if (!won) return false;
  memcpy(attack->x, attack->graph.x, (size_t)attack->net->n_in);
  return chain_is_fooled(attack, attack->x, label);
}

bool graph_improve(rp_attack *attack, const climb_goal *goal,
                   const uint8_t *start) {
  static const climb_plan nearby = {10, 0.5f, 0.7f, 0.5f};
  int64_t work = PASSES_OF_A_WALK * graph_count_products(attack->net) /
                 GRAPH_PRODUCTS_OF_A_TAP;
  double margin;
  if (attack->moves_pay) {
    graph_move_to(&attack->graph, start, attack->work);
    return is_hit(attack, graph_walk(attack, goal, &work), goal->label);
  }
  memmove(attack->x, start, (size_t)attack->net->n_in);
  return chain_is_fooled(attack, attack->x, goal->label) ||
         climb_by_gradient(attack, goal, &nearby, &margin);
}

static void choose_corner(rp_attack *attack, const rp_attack_target *target,
                          rp_rng *rng) {
  if (ball_of_target(target)) {
    ball_choose_start(attack, target, rng);
    return;
  }
  for (int32_t p = 0; p < attack->net->n_in; p++)
    attack->x[p] =
        rp_rng_u64(rng) >> 63 ? target->box_hi[p] : target->box_lo[p];
}

typedef struct search {
  const rp_attack_target *target;
  rp_rng rng;
  int64_t products;  /* of a forward pass */
  int64_t left;      /* products */
  int64_t annealing; /* products that it may take after an ascent */
} search;

/* From one random corner toward one rival. */
static bool search_once(rp_attack *attack, search *s, int32_t rival) {
  const rp_attack_target *target = s->target;
  const climb_goal goal = climb_goal_of(target, rival);
  double margin;
  choose_corner(attack, target, &s->rng);
  s->left -= patient_climb.strides * PASSES_OF_A_STRIDE * s->products;
  if (chain_is_fooled(attack, attack->x, target->label) ||
      climb_by_gradient(attack, &goal, &patient_climb, &margin))
    return true;
  attack->promise[rival] = (float)margin;
  if (!attack->moves_pay) return false;
  graph_move_to(&attack->graph, attack->best, attack->work);
  const int64_t before = attack->graph.work;
  const bool won = graph_anneal(
      attack, &goal, s->annealing / GRAPH_PRODUCTS_OF_A_TAP, &s->rng, &margin);
  attack->promise[rival] = (float)margin;
  attack->nearest = fmax(attack->nearest, margin);
  s->left -= (attack->graph.work - before) * GRAPH_PRODUCTS_OF_A_TAP;
  return is_hit(attack, won, target->label);
}

/* Every rival once, then the better half again, and so on. */
static bool search_round(rp_attack *attack, search *s, int32_t n) {
  for (int32_t alive = n; alive > 0; alive /= 2) {
    for (int32_t i = 0; i < alive; i++) {
      if (s->left <= 0 || rp_deadline_has_passed(s->target->deadline))
        return false;
      if (s->target->meanwhile) s->target->meanwhile(s->target->context);
      if (search_once(attack, s, attack->order[i])) return true;
    }
    rivals_sort(attack->order, attack->promise, alive);
  }
  return false;
}

/* As long as lets every rival have its turn. */
static int64_t choose_annealing(int64_t passes) {
  const int64_t rest = passes - patient_climb.strides * PASSES_OF_A_STRIDE;
  if (rest < LEAST_ANNEALING) return LEAST_ANNEALING;
  return rest < MOST_ANNEALING ? rest : MOST_ANNEALING;
}

bool graph_search(rp_attack *attack, const rp_attack_target *target, int32_t n,
                  int64_t moves, uint8_t *witness, rp_stats *stats) {
  const double start_s = rp_clock_wall_s();
  search s = {.target = target, .products = graph_count_products(attack->net)};
  const int64_t passes = moves / MOVES_OF_A_PASS + 1;
  const int64_t most = INT64_MAX / s.products / (n + 1);
  s.left = n * s.products * (passes < most ? passes : most);
  s.annealing = choose_annealing(passes) * s.products;
  rp_rng_init(&s.rng, target->seed * 0x9e3779b97f4a7c15u + UINT64_MAX);
  const int64_t before = attack->graph.moves;
  const bool may_move =
      chain_list_movable(attack, target->box_lo, target->box_hi) > 0;
  bool hit = false;
  climb_sort_rivals(attack, target, n);
  while (may_move && !hit && s.left > 0 &&
         !rp_deadline_has_passed(target->deadline))
    hit = search_round(attack, &s, n);
  if (hit) memcpy(witness, attack->x, (size_t)attack->net->n_in);
  stats->attack_moves += attack->graph.moves - before;
  stats->attack_hits += hit;
  stats->attack_ns += (int64_t)(1e9 * (rp_clock_wall_s() - start_s));
  return hit;
}
