/* Benchmark: convolutions as operators against the same as dense matrices.
 *
 * For each shape, the passes with both operators and a whole bound of a network
 * of this convolution and two outputs: intervals, slopes, the dual value in
 * floating point and in integers. Prints the median CPU time of each. Ends with
 * exit status 1 if integers differ, or if the bound of the first shape is not
 * RATIO times faster with the operator.
 *
 *   bench_operators [RATIO] */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bound/dual.h"
#include "core/clock.h"
#include "core/rng.h"
#include "net/op_conv.h"
#include "net/op_dense.h"

enum { REPEATS = 7, OUTPUTS = 2 };

typedef struct bench_shape {
  const char *name;
  rp_conv_shape shape;
} bench_shape;

static const bench_shape shapes[] = {
    {"3x3, 64 to 64 channels on 14x14",
     {14, 14, 64, 14, 14, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1}},
    {"1x1, 64 to 64 channels on 14x14",
     {14, 14, 64, 14, 14, 64, 1, 1, 1, 1, 1, 1, 0, 0, 1}},
    {"3x3 depthwise, 64 channels on 14x14",
     {14, 14, 64, 14, 14, 64, 3, 3, 1, 1, 1, 1, 1, 1, 64}},
    {"3x3, 1 to 8 channels on 28x28, stride 2",
     {28, 28, 1, 14, 14, 8, 3, 3, 2, 2, 1, 1, 1, 1, 1}},
    {"3x3, 8 to 16 channels on 7x7",
     {7, 7, 8, 5, 5, 16, 3, 3, 1, 1, 1, 1, 0, 0, 1}},
};

_Noreturn static void fail(const char *why) {
  fprintf(stderr, "bench_operators: %s\n", why);
  exit(1);
}

static void *some(int32_t n, size_t size) {
  void *array = calloc((size_t)n, size);
  if (!array) fail("out of memory");
  return array;
}

/* ---------------------------------------------------------------- operators */

static rp_op *build_conv(const rp_conv_shape *shape) {
  rp_rng rng;
  rp_rng_init(&rng, 1);
  const int32_t n = rp_conv_count_weights(shape);
  int32_t *weights = some(n, sizeof *weights);
  for (int32_t k = 0; k < n; k++)
    weights[k] = (int32_t)rp_rng_below(&rng, 255) - 127;
  rp_op *op;
  rp_error err;
  if (rp_op_conv_create(shape, weights, &op, &err) != RP_OK) fail(err.text);
  free(weights);
  return op;
}

static rp_op *build_dense(const rp_op *conv) {
  rp_op *op = rp_op_dense_create(conv->n_out, conv->n_in);
  if (!op) fail("out of memory");
  int32_t *row = some(conv->n_in, sizeof *row);
  const rp_tap_space space = {some(conv->n_in, sizeof(int32_t)),
                              some(conv->n_in, sizeof(int16_t))};
  for (int32_t i = 0; i < conv->n_out; i++) {
    memset(row, 0, (size_t)conv->n_in * sizeof *row);
    const rp_taps taps = rp_op_row(conv, i, space);
    for (int32_t t = 0; t < taps.n; t++)
      row[rp_taps_index(taps, t)] = taps.weight[t];
    rp_op_dense_set_row(op, i, row);
  }
  free(row);
  free(space.index);
  free(space.weight);
  return op;
}

/* A network whose outputs differ in everything. */
static rp_net *build_net(const rp_conv_shape *s, rp_op *op) {
  const int32_t dims[3] = {s->in_h, s->in_w, s->in_c};
  const int32_t n = op->n_out;
  rp_net *net;
  rp_error err;
  if (rp_net_create("bench", dims, 3, 255, &net, &err) != RP_OK) fail(err.text);
  rp_term term = {RP_INPUT, op};
  const rp_stair relu = {.lo = 0, .hi = 255, .shift = 8};
  int64_t *bias = some(n, sizeof *bias);
  const rp_block_spec block = {.n_out = n,
                               .n_terms = 1,
                               .term = &term,
                               .bias = bias,
                               .n_stairs = 1,
                               .stair = &relu};
  if (rp_net_add_block(net, &block, &err) != RP_OK) fail(err.text);
  int32_t *weight = some(OUTPUTS * n, sizeof *weight);
  for (int32_t k = 0; k < OUTPUTS * n; k++) weight[k] = k * 7 % 41 - 20;
  const rp_stair last = {.lo = -128, .hi = 127, .shift = 12};
  const rp_dense_spec outputs = {n, OUTPUTS, weight, bias, last};
  if (rp_net_add_dense(net, &outputs, &err) != RP_OK) fail(err.text);
  if (rp_net_finish(net, &err) != RP_OK) fail(err.text);
  free(bias);
  free(weight);
  return net;
}

/* ------------------------------------------------------------------- passes */

/* A network with what its passes work on. */
typedef struct bench {
  const rp_net *net;
  const rp_op *op;
  uint8_t *x;
  int32_t *z, *work;
  double *lambda, *mu;
  int64_t *integers, *sums;
  float *nu;
  rp_dual *dual;
  rp_region *region;
  rp_stats stats;
  rp_int128 value;
  double bound;
} bench;

static void bench_init(bench *b, const rp_net *net) {
  *b = (bench){.net = net, .op = net->block[0].term[0].op};
  b->x = some(net->n_in, sizeof *b->x);
  b->z = some(net->n_acc, sizeof *b->z);
  b->work = some((int32_t)rp_interval_work(net), sizeof *b->work);
  b->lambda = some(net->n_acc, sizeof *b->lambda);
  b->mu = some(net->n_in, sizeof *b->mu);
  b->integers = some(net->n_acc, sizeof *b->integers);
  b->sums = some(net->n_in, sizeof *b->sums);
  b->nu = some(net->n_in, sizeof *b->nu);
  for (int32_t j = 0; j < net->n_in; j++) b->x[j] = (uint8_t)(j * 37 % 256);
  for (int32_t i = 0; i < net->n_acc; i++) {
    b->integers[i] = (int64_t)i * 123456789 % INT32_MAX + 1;
    b->lambda[i] = (double)b->integers[i] / INT32_MAX;
  }
  if (rp_dual_create(net, &b->stats, &b->dual) != RP_OK ||
      rp_region_create(net, &b->region) != RP_OK)
    fail("out of memory");
}

static void bench_fini(bench *b) {
  free(b->x);
  free(b->z);
  free(b->work);
  free(b->lambda);
  free(b->mu);
  free(b->integers);
  free(b->sums);
  free(b->nu);
  rp_dual_free(b->dual);
  rp_region_free(b->region);
}

static void apply(bench *b) {
  memset(b->z, 0, (size_t)b->op->n_out * sizeof *b->z);
  b->op->kind->apply_bytes(b->op, b->x, b->z);
}

static void transpose_float(bench *b) {
  memset(b->nu, 0, (size_t)b->op->n_in * sizeof *b->nu);
  b->op->kind->transpose_float(b->op, rp_op_rows(b->op), b->lambda, b->nu);
}

static void transpose_real(bench *b) {
  memset(b->mu, 0, (size_t)b->op->n_in * sizeof *b->mu);
  b->op->kind->transpose(b->op, rp_op_rows(b->op), b->lambda, b->mu);
}

static void transpose_exact(bench *b) {
  memset(b->sums, 0, (size_t)b->op->n_in * sizeof *b->sums);
  b->op->kind->transpose_exact(b->op, rp_op_rows(b->op), b->integers, b->sums);
}

static void bound(bench *b) {
  const rp_objective objective = {
      .block = 1, .n_rows = 2, .row = {0, 1}, .coef = {1, -1}};
  double *lambda = some(b->net->n_acc, sizeof *lambda);
  int32_t frac;
  rp_region_ball(b->net, b->x, 4, b->region);
  if (!rp_interval_propagate(b->net, 0, 1, b->region, b->work))
    fail("the region is empty");
  rp_dual_set(b->dual, b->region, &objective);
  rp_dual_slopes(b->dual, lambda);
  b->bound = rp_dual_value(b->dual, lambda);
  if (rp_dual_exact(b->dual, lambda, &b->value, &frac) != RP_OK)
    fail("a multiplier is not finite");
  free(lambda);
}

typedef struct pass {
  const char *name;
  void (*run)(bench *b);
} pass;

static const pass passes[] = {
    {"apply to bytes", apply},
    {"transpose, float", transpose_float},
    {"transpose, double", transpose_real},
    {"transpose, exact", transpose_exact},
    {"bound", bound},
};

static int compare(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

/* Median milliseconds of a pass. */
static double measure(const pass *p, bench *b) {
  double ms[REPEATS];
  for (int32_t r = 0; r < REPEATS; r++) {
    const double start = rp_clock_thread_cpu_s();
    int32_t times = 0;
    do p->run(b);
    while (++times < 1000 && rp_clock_thread_cpu_s() - start < 0.01);
    ms[r] = 1000 * (rp_clock_thread_cpu_s() - start) / times;
  }
  qsort(ms, REPEATS, sizeof *ms, compare);
  return ms[REPEATS / 2];
}

static void demand_equality(const bench *conv, const bench *dense) {
  const size_t n_in = (size_t)conv->op->n_in, n_out = (size_t)conv->op->n_out;
  if (memcmp(conv->z, dense->z, n_out * sizeof *conv->z) != 0)
    fail("accumulators differ");
  if (memcmp(conv->sums, dense->sums, n_in * sizeof *conv->sums) != 0)
    fail("exact transposes differ");
  for (size_t j = 0; j < n_in; j++)
    if (fabs((double)conv->nu[j] - conv->mu[j]) > 1 ||
        fabs(conv->mu[j] - dense->mu[j]) > 1e-6)
      fail("transposes differ by more than rounding");
  if (conv->value != dense->value) fail("exact bounds differ");
}

/* How much faster the bound is. */
static double compare_shape(const bench_shape *s) {
  rp_op *conv_op = build_conv(&s->shape), *dense_op = build_dense(conv_op);
  rp_net *nets[2] = {build_net(&s->shape, conv_op),
                     build_net(&s->shape, dense_op)};
  bench conv, dense;
  bench_init(&conv, nets[0]);
  bench_init(&dense, nets[1]);
  printf("%s (%lld of %lld products):\n", s->name,
         (long long)conv_op->kind->count(conv_op),
         (long long)dense_op->kind->count(dense_op));
  double ratio = 0;
  for (size_t k = 0; k < sizeof passes / sizeof *passes; k++) {
    const double as_conv = measure(&passes[k], &conv);
    const double as_dense = measure(&passes[k], &dense);
    ratio = as_dense / as_conv;
    printf("  %-18s %9.4f ms, as matrix %9.4f ms, ratio %6.1f\n",
           passes[k].name, as_conv, as_dense, ratio);
  }
  demand_equality(&conv, &dense);
  bench_fini(&conv);
  bench_fini(&dense);
  rp_net_free(nets[0]);
  rp_net_free(nets[1]);
  return ratio;
}

int main(int argc, char **argv) {
  const double wanted = argc > 1 ? atof(argv[1]) : 0;
  for (size_t k = 0; k < sizeof shapes / sizeof *shapes; k++) {
    const double ratio = compare_shape(&shapes[k]);
    if (k == 0 && ratio < wanted) fail("the bound is not that much faster");
  }
  return 0;
}
