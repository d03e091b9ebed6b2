/* bench_inner_bounds: how long all inner bounds by slopes and the exact bounds
 * of all rivals take, on convolutional networks of the shapes of deployed ones,
 * with random weights. Every bound is checked against random inputs.
 *
 *   bench_inner_bounds [repetitions]
 */
#include <stdio.h>
#include <stdlib.h>

#include "bound/property.h"
#include "bound/slopes.h"
#include "core/rng.h"
#include "net/op_conv.h"

typedef struct layer_plan {
  int32_t c, kernel_h, kernel_w, stride, pad, groups; /* c: channels out */
} layer_plan;

typedef struct net_plan {
  const char *name;
  int32_t radius, n;
  layer_plan layer[6];
} net_plan;

/* The shapes of TinyMaix's networks for MNIST: convolutions, a mean over what
 * is left, a dense layer. */
static const net_plan plans[] = {
    {"valid",
     4,
     3,
     {{4, 3, 3, 2, 0, 1}, {8, 3, 3, 2, 0, 1}, {16, 3, 3, 2, 0, 1}}},
    {"rect",
     4,
     3,
     {{4, 5, 3, 2, 1, 1}, {8, 5, 3, 2, 1, 1}, {16, 5, 3, 2, 1, 1}}},
    {"depthwise",
     2,
     4,
     {{4, 3, 3, 2, 1, 1},
      {4, 3, 3, 1, 1, 4},
      {16, 3, 3, 2, 1, 1},
      {32, 3, 3, 2, 1, 1}}}};

typedef struct shape {
  int32_t h, w, c;
} shape;

static void *allocate(size_t count, size_t size) {
  void *block = calloc(count ? count : 1, size);
  if (!block) abort();
  return block;
}

/* A staircase of 0..255, steps of `unit`, thresholds off the line by rounding.
 */
static rp_stair make_stair(rp_net *net, double unit) {
  int64_t threshold[255];
  const rp_stair_table *table;
  for (int32_t v = 0; v < 255; v++)
    threshold[v] = (int64_t)((v + 0.5) * unit + 0.999);
  if (rp_net_add_table(net, threshold, 255, &table, NULL) != RP_OK) abort();
  return (rp_stair){0, 255, 0, table};
}

static void add_conv(rp_net *net, rp_rng *rng, const rp_conv_shape *s,
                     bool is_mean) {
  const int32_t n_weights = rp_conv_count_weights(s);
  const int32_t taps = n_weights / s->out_c,
                n_out = s->out_h * s->out_w * s->out_c;
  int32_t *weight = allocate((size_t)n_weights, sizeof *weight);
  int64_t *bias = allocate((size_t)n_out, sizeof *bias);
  rp_stair *stair = allocate((size_t)s->out_c, sizeof *stair);
  for (int32_t i = 0; i < n_weights; i++)
    weight[i] = is_mean ? 1 : (int32_t)rp_rng_below(rng, 200) - 95;
  for (int32_t c = 0; c < s->out_c; c++)
    stair[c] = make_stair(
        net, is_mean ? taps : 40.0 * taps / 9 * (1 + rp_rng_unit(rng)));
  rp_term term = {net->n_blocks - 1, NULL};
  if (rp_op_conv_create(s, weight, &term.op, NULL) != RP_OK) abort();
  const rp_block_spec spec = {.n_out = n_out,
                              .n_terms = 1,
                              .term = &term,
                              .bias = bias,
                              .n_stairs = s->out_c,
                              .stair = stair};
  rp_error err;
  if (rp_net_add_block(net, &spec, &err) != RP_OK) {
    fprintf(stderr, "%s\n", err.text);
    exit(1);
  }
  free(weight);
  free(bias);
  free(stair);
}

static rp_net *build(const net_plan *plan) {
  rp_rng rng;
  rp_rng_init(&rng, 7);
  const int32_t dims[3] = {28, 28, 1};
  rp_net *net;
  if (rp_net_create(plan->name, dims, 3, 255, &net, NULL) != RP_OK) abort();
  shape in = {28, 28, 1};
  for (int32_t k = 0; k < plan->n; k++) {
    const layer_plan *l = &plan->layer[k];
    const shape out = {(in.h + 2 * l->pad - l->kernel_h) / l->stride + 1,
                       (in.w + 2 * l->pad - l->kernel_w) / l->stride + 1, l->c};
    const rp_conv_shape s = {in.h,      in.w,      in.c,        out.h,
                             out.w,     out.c,     l->kernel_h, l->kernel_w,
                             l->stride, l->stride, 1,           1,
                             l->pad,    l->pad,    l->groups};
    add_conv(net, &rng, &s, false);
    in = out;
  }
  const rp_conv_shape mean = {in.h, in.w, in.c, 1, 1, in.c, in.h, in.w,
                              1,    1,    1,    1, 0, 0,    in.c};
  add_conv(net, &rng, &mean, true);
  const rp_conv_shape last = {1, 1, in.c, 1, 1, 10, 1, 1, 1, 1, 1, 1, 0, 0, 1};
  add_conv(net, &rng, &last, false);
  if (rp_net_finish(net, NULL) != RP_OK) abort();
  return net;
}

static int compare_doubles(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* No accumulator of random inputs leaves the region. */
static void check(const rp_net *net, const rp_region *region, rp_rng *rng) {
  uint8_t *x = allocate((size_t)net->n_in, 1);
  int32_t *z = allocate((size_t)net->n_acc, sizeof *z);
  int32_t *out = allocate((size_t)net->n_out, sizeof *out);
  int32_t *work = allocate(rp_net_forward_work(net), sizeof *work);
  for (int32_t n = 0; n < 200; n++) {
    for (int32_t p = 0; p < net->n_in; p++)
      x[p] = rp_rng_below(rng, 2) ? region->x_lo[p] : region->x_hi[p];
    rp_net_forward(net, x, z, out, work);
    if (!rp_region_holds(net, region, x, z)) {
      fprintf(stderr, "an input was lost\n");
      exit(1);
    }
  }
  free(x);
  free(z);
  free(out);
  free(work);
}

static double bound_rivals(const rp_net *net, const rp_region *region,
                           rp_dual *dual, double *lambda) {
  const double start_s = rp_clock_thread_cpu_s();
  for (int32_t rival = 1; rival < net->n_out; rival++) {
    rp_part parts[RP_MAX_PARTS];
    rp_int128 value;
    int32_t frac;
    (void)rp_property_parts(net, 0, rival, parts);
    rp_dual_set(dual, region, &parts[0].objective);
    rp_dual_slopes(dual, lambda);
    (void)rp_dual_exact(dual, lambda, &value, &frac);
  }
  return rp_clock_thread_cpu_s() - start_s;
}

static void run(const net_plan *plan, int32_t repetitions) {
  rp_net *net = build(plan);
  rp_rng rng;
  rp_rng_init(&rng, 3);
  rp_stats stats = {0};
  rp_region *region;
  rp_slopes *slopes;
  rp_dual *dual;
  if (rp_region_create(net, &region) != RP_OK ||
      rp_slopes_create(net, &stats, &slopes) != RP_OK ||
      rp_dual_create(net, &stats, &dual) != RP_OK)
    abort();
  double *inner = allocate((size_t)repetitions, sizeof *inner);
  double *rivals = allocate((size_t)repetitions, sizeof *rivals);
  double *lambda = allocate((size_t)net->n_acc, sizeof *lambda);
  uint8_t *x = allocate((size_t)net->n_in, 1);
  const rp_deadline deadline = rp_deadline_after(3600, NULL);
  for (int32_t n = 0; n < repetitions; n++) {
    for (int32_t p = 0; p < net->n_in; p++)
      x[p] = (uint8_t)(rp_rng_below(&rng, 3) ? 0 : rp_rng_below(&rng, 256));
    rp_region_ball(net, x, plan->radius, region);
    const double start_s = rp_clock_thread_cpu_s();
    (void)rp_slopes_tighten(slopes, region, net->n_blocks - 2, NULL, &deadline);
    inner[n] = rp_clock_thread_cpu_s() - start_s;
    rivals[n] = bound_rivals(net, region, dual, lambda);
    if (n == 0) check(net, region, &rng);
  }
  qsort(inner, (size_t)repetitions, sizeof *inner, compare_doubles);
  qsort(rivals, (size_t)repetitions, sizeof *rivals, compare_doubles);
  printf("%-10s %6d accumulators, radius %d: inner bounds %.3f ms (%lld a "
         "query), rivals %.3f ms\n",
         plan->name, net->n_acc, plan->radius, 1e3 * inner[repetitions / 2],
         (long long)(stats.exact_evals / repetitions),
         1e3 * rivals[repetitions / 2]);
  free(inner);
  free(rivals);
  free(lambda);
  free(x);
  rp_region_free(region);
  rp_slopes_free(slopes);
  rp_dual_free(dual);
  rp_net_free(net);
}

int main(int argc, char **argv) {
  const int32_t repetitions = argc > 1 ? atoi(argv[1]) : 51;
  for (size_t p = 0; p < sizeof plans / sizeof *plans; p++)
    run(&plans[p], repetitions > 0 ? repetitions : 1);
  return 0;
}
