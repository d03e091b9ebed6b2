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
#include "conv_networks.h"
#include "core/rng.h"

static int compare_doubles(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* No accumulator of random inputs leaves the region. */
static void check(const rp_net *net, const rp_region *region, rp_rng *rng) {
  uint8_t *x = bench_allocate((size_t)net->n_in, 1);
  int32_t *z = bench_allocate((size_t)net->n_acc, sizeof *z);
  int32_t *out = bench_allocate((size_t)net->n_out, sizeof *out);
  int32_t *work = bench_allocate(rp_net_forward_work(net), sizeof *work);
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

static void run(const conv_net_plan *plan, int32_t repetitions) {
  rp_net *net = build_conv_network(plan);
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
  double *inner = bench_allocate((size_t)repetitions, sizeof *inner);
  double *rivals = bench_allocate((size_t)repetitions, sizeof *rivals);
  double *lambda = bench_allocate((size_t)net->n_acc, sizeof *lambda);
  uint8_t *x = bench_allocate((size_t)net->n_in, 1);
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
  for (int p = 0; p < CONV_NETWORKS; p++)
    run(&conv_networks[p], repetitions > 0 ? repetitions : 1);
  return 0;
}
