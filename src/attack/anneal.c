/* Simulated annealing over single pixels, against one rival class.
 *
 * The objective is the slack of the property's own condition (move.h). (The
 * plain difference of the two classes misses saturation and fails.) Nine moves
 * of ten change no output: they end inside the steps of hidden neurons. What
 * they change there is counted too, in full at the start and a quarter of it in
 * the end, when steps of the outputs are what is missing.
 *
 * Almost all moves go to an end of the pixel's box: moves into its interior
 * find less for the same effort. Every series but the first begins at a random
 * corner of the box.
 *
 * Temperatures are in steps of the last layer: networks of 4 and of 6 bits
 * differ in the unit of their accumulators, but not in the best temperature
 * per step. */
#include <math.h>
#include <string.h>

#include "attack/climb.h"
#include "attack/move.h"
#include "core/assert.h"

enum { MOVES_BETWEEN_CHECKS = 2048 };

typedef struct schedule {
  float hot, cold;   /* temperatures, in steps of the last layer */
  float early, late; /* share of what is hidden that counts */
} schedule;

/* Series double for the better half of rivals, and so on until one is left;
 * then again from the start, without the worse half. */
enum { SHORT_SERIES = 20000, LEAST_ENTRANTS = 3 };
static const schedule of_classes = {0.015f, 0.001f, 1, 0.25f};

/* What a condition counts are whole steps of the outputs below it: a move
 * changes it by one or more, if at all. Colder series are stuck at once. */
static const schedule of_conditions = {0.1f, 0.01f, 1, 0.25f};

/* Most moves are hopeless: they are not tried, if first-order pulls of inputs
 * say that they would be turned down by more than so many temperatures. */
static const float DOUBT = 4;

typedef struct annealing {
  const rp_attack_target *target;
  rp_rng rng;
  int64_t left;   /* moves */
  int64_t series; /* moves of one series */
  int32_t n_movable;
  float temperature; /* in accumulator units */
  float doubt;       /* by which a guess may be wrong, in these */
  float share;       /* of what is hidden in the score */
  chain_ends ends;   /* at attack->x */
  float score;       /* there */
  float best;        /* of the series */
} annealing;

static const schedule *choose_schedule(const rp_stair *output) {
  return rp_stair_has_two_values(output) ? &of_conditions : &of_classes;
}

/* The next value of a pixel: 15 times in 16 an end of its box. */
RP_INLINED int32_t propose_value(const rp_attack_target *target, uint64_t noise,
                                 int32_t pixel, int32_t value) {
  const int32_t lo = target->box_lo[pixel], hi = target->box_hi[pixel];
  if ((noise & 15) == 0) {
    const uint32_t at = (uint32_t)(noise >> 16 & 0xffff);
    return lo + (int32_t)(at * (uint32_t)(hi - lo + 1) >> 16);
  }
  const int32_t end = noise & 16 ? hi : lo;
  return end != value ? end : lo + hi - end;
}

/* The score after a move, by the pulls of inputs. */
RP_INLINED float guess_score(const rp_attack *attack, const annealing *run,
                             int32_t pixel, int32_t change) {
  const chain_aim *aim = &attack->aim;
  const chain_ends *at = &run->ends;
  return compute_slack(aim,
                       (float)at->z_y + run->share * at->hidden_y +
                           (float)change * aim->input.y[pixel],
                       (float)at->z_j + run->share * at->hidden_j +
                           (float)change * aim->input.j[pixel]);
}

/* Moves at one temperature; true when the aim is met at attack->x. */
RP_VECTOR_CLONES
static bool try_moves(rp_attack *attack, annealing *run, int64_t moves) {
  RP_ASSERT(run->n_movable > 0 && run->temperature > 0);
  for (int64_t m = 0; m < moves; m++) {
    const uint64_t noise = rp_rng_u64(&run->rng);
    const uint64_t pick = (noise >> 32) * (uint64_t)run->n_movable >> 32;
    const int32_t pixel = attack->movable[pick];
    const int32_t value = attack->x[pixel];
    const int32_t next = propose_value(run->target, noise, pixel, value);
    RP_ASSERT(next >= run->target->box_lo[pixel]);
    RP_ASSERT(next <= run->target->box_hi[pixel]);
    if (next == value) continue;
    const float bonus =
        run->temperature * attack->minus_log[noise >> 5 & (LOG_TABLE - 1)];
    const float least = run->score - bonus;
    if (guess_score(attack, run, pixel, next - value) + run->doubt < least)
      continue;
    const chain_ends ends =
        compute_ends_after_move(attack, pixel, next - value);
    const float score = compute_score(&attack->aim, &ends, run->share);
    if (score < least) continue;
    accept_move(attack, pixel, next - value);
    run->ends = ends;
    run->score = score;
    if (is_aim_met(attack, &ends)) return true;
  }
  return false;
}

/* A series from attack->x; run->best is the slack it came to. True when the aim
 * is met at attack->x. */
static bool cool_down(rp_attack *attack, annealing *run) {
  chain_move_to(attack, attack->x);
  run->ends = compute_ends(attack, 0);
  if (is_aim_met(attack, &run->ends)) return true;
  const int64_t most = run->n_movable > 0 ? run->left : 0;
  const int64_t moves = most < run->series ? most : run->series;
  const schedule *plan = choose_schedule(attack->aim.stair);
  const float rate = logf(plan->cold / plan->hot);
  for (int64_t done = 0; done < moves;) {
    if (rp_deadline_has_passed(run->target->deadline)) break;
    if (run->target->meanwhile) run->target->meanwhile(run->target->context);
    const float part = (float)done / (float)moves;
    run->temperature = attack->aim.step * plan->hot * expf(rate * part);
    run->share = plan->early + (plan->late - plan->early) * part;
    run->doubt = DOUBT * run->temperature;
    run->score = compute_score(&attack->aim, &run->ends, run->share);
    chain_find_input_pull(attack);
    const int64_t rest = moves - done;
    const int64_t some =
        rest < MOVES_BETWEEN_CHECKS ? rest : MOVES_BETWEEN_CHECKS;
    done += some;
    run->left -= some;
    RP_ASSERT(some > 0 && run->left >= 0);
    if (try_moves(attack, run, some)) return true;
    chain_find_pulls(attack);
    run->ends = compute_ends(attack, 0);
  }
  run->best = compute_score(&attack->aim, &run->ends, 0);
  return false;
}

static bool is_over(const annealing *run) {
  return run->left <= 0 || run->n_movable == 0 ||
         rp_deadline_has_passed(run->target->deadline);
}

static void choose_corner(rp_attack *attack, annealing *run) {
  const rp_attack_target *target = run->target;
  for (int32_t p = 0; p < attack->net->n_in; p++)
    attack->x[p] =
        rp_rng_u64(&run->rng) >> 63 ? target->box_hi[p] : target->box_lo[p];
}

static void begin(rp_attack *attack, const rp_attack_target *target,
                  uint64_t stream, int64_t moves, annealing *run) {
  *run = (annealing){.target = target, .left = moves};
  rp_rng_init(&run->rng, target->seed * 0x9e3779b97f4a7c15u + stream);
  run->n_movable = chain_list_movable(attack, target->box_lo, target->box_hi);
}

/* The moves of n rivals. */
static int64_t compute_budget(int32_t n, int64_t moves) {
  return moves < INT64_MAX / (n + 1) ? n * moves : INT64_MAX;
}

static bool is_hit(rp_attack *attack, const annealing *run, uint8_t *witness) {
  if (!chain_is_fooled(attack, attack->x, run->target->label)) return false;
  memcpy(witness, attack->x, (size_t)attack->net->n_in);
  return true;
}

static void count(const annealing *run, int64_t moves, double start_s, bool hit,
                  rp_stats *stats) {
  stats->attack_moves += moves - run->left;
  stats->attack_hits += hit;
  stats->attack_ns += (int64_t)(1e9 * (rp_clock_wall_s() - start_s));
}

/* One series against each of the first n rivals in order. */
static bool anneal_one_round(rp_attack *attack, annealing *run, int32_t n,
                             bool from_sample, uint8_t *witness) {
  for (int32_t i = 0; i < n && !is_over(run); i++) {
    const int32_t rival = attack->order[i];
    RP_ASSERT(rival != run->target->label);
    chain_aim_at(attack, run->target->label, rival);
    if (from_sample)
      memcpy(attack->x, run->target->x, (size_t)attack->net->n_in);
    else
      choose_corner(attack, run);
    if (cool_down(attack, run) && is_hit(attack, run, witness)) return true;
    attack->promise[rival] = run->best;
    attack->nearest =
        fmax(attack->nearest, (double)(run->best / attack->aim.step));
  }
  return false;
}

bool rp_attack_is_on_chain(const rp_attack *attack,
                           const rp_attack_target *target) {
  return attack->n_layers > 0 && !ball_of_target(target);
}

bool rp_attack_anneal(rp_attack *attack, const rp_attack_target *target,
                      const bool *rivals, int64_t moves, uint8_t *witness,
                      rp_stats *stats) {
  const double start_s = rp_clock_wall_s();
  const int32_t n = chain_list_rivals(attack, target->label, rivals);
  attack->nearest = NAN;
  if (!rp_attack_is_on_chain(attack, target))
    return graph_search(attack, target, n, moves, witness, stats);
  const int64_t budget = compute_budget(n, moves), fair = moves / 4 + 1;
  annealing run;
  begin(attack, target, UINT64_MAX, budget, &run);
  bool hit = false, from_sample = true;
  int64_t series = fair < SHORT_SERIES ? fair : SHORT_SERIES;
  int32_t entrants = n;
  for (; !hit && n > 0 && !is_over(&run); series *= 2) {
    run.series = series;
    RP_ASSERT(series > 0);
    for (int32_t alive = entrants; alive > 0 && !hit; alive /= 2) {
      hit = anneal_one_round(attack, &run, alive, from_sample, witness);
      rivals_sort(attack->order, attack->promise, alive);
      run.series *= 2;
      from_sample = false;
    }
    if (entrants > LEAST_ENTRANTS) entrants /= 2;
  }
  count(&run, budget, start_s, hit, stats);
  return hit;
}
