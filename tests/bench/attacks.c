/* bench_attacks: what a single-input move costs beside a forward pass and a
 * stride of the gradient attack, and how far attacks of the same time get, on
 * convolutional networks of the shapes of deployed ones, with random weights.
 * Every point that moves led to is compared with the forward pass.
 *
 *   bench_attacks [moves]
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attack/climb.h"
#include "conv_networks.h"

typedef struct bench {
  const conv_net_plan *plan;
  rp_net *net;
  rp_attack_tables *tables;
  rp_attack *attack;
  uint8_t *x, *lo, *hi; /* an image and the ball around it */
  rp_rng rng;
  rp_deadline deadline;
} bench;

static void begin(const conv_net_plan *plan, bench *b) {
  *b = (bench){.plan = plan, .net = build_conv_network(plan)};
  const size_t n = (size_t)b->net->n_in;
  rp_rng_init(&b->rng, 5);
  b->deadline = rp_deadline_after(3600, NULL);
  if (rp_attack_tables_create(b->net, &b->tables) != RP_OK ||
      rp_attack_create(b->tables, &b->attack) != RP_OK)
    abort();
  b->x = bench_allocate(n, 1);
  b->lo = bench_allocate(n, 1);
  b->hi = bench_allocate(n, 1);
}

static void end(bench *b) {
  free(b->x);
  free(b->lo);
  free(b->hi);
  rp_attack_free(b->attack);
  rp_attack_tables_free(b->tables);
  rp_net_free(b->net);
}

static void draw_image(bench *b) {
  const int32_t radius = b->plan->radius;
  for (int32_t p = 0; p < b->net->n_in; p++) {
    const int32_t x =
        rp_rng_below(&b->rng, 3) ? 0 : (int32_t)rp_rng_below(&b->rng, 256);
    b->x[p] = (uint8_t)x;
    b->lo[p] = (uint8_t)(x > radius ? x - radius : 0);
    b->hi[p] = (uint8_t)(x < 255 - radius ? x + radius : 255);
  }
}

static void stop_if_wrong(bench *b) {
  const graph_state *state = &b->attack->graph;
  rp_net_forward(b->net, state->x, b->attack->all_z, b->attack->out,
                 b->attack->work);
  if (!memcmp(b->attack->all_z, state->z,
              (size_t)b->net->n_acc * sizeof *state->z))
    return;
  fprintf(stderr, "a moved point is not where the forward pass says\n");
  exit(1);
}

/* Seconds of one move to the other end of its box, half of them accepted. */
static double time_moves(bench *b, int32_t moves, double *reached,
                         double *work) {
  graph_state *state = &b->attack->graph;
  int64_t count = 0;
  const int64_t before = state->work;
  graph_move_to(state, b->x, b->attack->work);
  const double start_s = rp_clock_thread_cpu_s();
  for (int32_t m = 0; m < moves; m++) {
    const int32_t p = (int32_t)rp_rng_below(&b->rng, (uint32_t)b->net->n_in);
    graph_try(state, p, state->x[p] == b->hi[p] ? b->lo[p] : b->hi[p]);
    count += graph_count_reached(state);
    if (m % 2)
      graph_accept(state);
    else
      graph_undo(state);
  }
  const double spent_s = rp_clock_thread_cpu_s() - start_s;
  stop_if_wrong(b);
  *reached = (double)count / moves;
  *work = (double)(state->work - before) / moves;
  return spent_s / moves;
}

static double time_passes(bench *b, int32_t passes) {
  const double start_s = rp_clock_thread_cpu_s();
  for (int32_t n = 0; n < passes; n++)
    rp_net_forward(b->net, b->x, b->attack->all_z, b->attack->out,
                   b->attack->work);
  return (rp_clock_thread_cpu_s() - start_s) / passes;
}

static double time_strides(bench *b, int32_t climbs) {
  rp_net_forward(b->net, b->x, b->attack->all_z, b->attack->out,
                 b->attack->work);
  const int32_t label = rp_first_max(b->attack->out, b->net->n_out);
  /* The ball of one point: no stride leads to a counterexample. */
  const climb_goal goal = {b->x, b->x, label, label == 0, &b->deadline, NULL};
  double margin;
  int64_t strides = 0;
  const double start_s = rp_clock_thread_cpu_s();
  for (int32_t n = 0; n < climbs; n++, strides += patient_climb.strides) {
    memcpy(b->attack->x, b->x, (size_t)b->net->n_in);
    if (climb_by_gradient(b->attack, &goal, &patient_climb, &margin)) abort();
  }
  return (rp_clock_thread_cpu_s() - start_s) / (double)strides;
}

static void compare_costs(const conv_net_plan *plan, int32_t moves) {
  bench b;
  double reached, work;
  begin(plan, &b);
  draw_image(&b);
  const double move_s = time_moves(&b, moves, &reached, &work);
  const double pass_s = time_passes(&b, moves / 20 + 1);
  printf("%-10s %5d accumulators: move %.2f us, reaches %.0f, %.0f products, "
         "pass %.1f us, "
         "stride %.1f us\n",
         plan->name, b.net->n_acc, 1e6 * move_s, reached, work, 1e6 * pass_s,
         1e6 * time_strides(&b, moves / 2000 + 1));
  end(&b);
}

int main(int argc, char **argv) {
  const int32_t moves = argc > 1 ? atoi(argv[1]) : 20000;
  for (int p = 0; p < CONV_NETWORKS; p++)
    compare_costs(&conv_networks[p], moves > 0 ? moves : 1);
  return 0;
}
