/* A random network, a random region of it, and points known to lie in it. */
#ifndef RAMPART_TESTS_RANDOM_REGION_H
#define RAMPART_TESTS_RANDOM_REGION_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bound/dual.h"
#include "random_net.h"

enum { MOST_POINTS = 40 };

/** A point with its accumulators. */
typedef struct point {
  uint8_t *x; /* [n_in] */
  int32_t *z; /* [n_acc] */
} point;

typedef struct situation {
  rp_net *net;
  rp_region *region;
  int32_t n_acc, n_points; /* at least one */
  point points[MOST_POINTS];
} situation;

static inline void *zeros(size_t count, size_t size) {
  void *block = calloc(count ? count : 1, size);
  if (!block) abort();
  return block;
}

static inline void run_network(const rp_net *net, const point *p) {
  int32_t *work = zeros(rp_net_forward_work(net), sizeof *work);
  int32_t *out = zeros((size_t)net->n_out, sizeof *out);
  rp_net_forward(net, p->x, p->z, out, work);
  free(work);
  free(out);
}

static inline point random_point(rp_rng *rng, const situation *s) {
  const rp_region *r = s->region;
  point p = {zeros((size_t)s->net->n_in, 1),
             zeros((size_t)s->n_acc, sizeof *p.z)};
  const uint32_t near = s->n_points > 0 ? rp_rng_below(rng, 3) : 0;
  for (int32_t i = 0; i < s->net->n_in; i++)
    p.x[i] = near && rp_rng_below(rng, near == 1 ? 2 : 8)
                 ? s->points[0].x[i]
                 : (uint8_t)between(rng, r->x_lo[i], r->x_hi[i]);
  run_network(s->net, &p);
  return p;
}

static inline void propagate_all(const situation *s) {
  int32_t *work = zeros(rp_interval_work(s->net), sizeof *work);
  if (!rp_interval_propagate(s->net, 0, s->net->n_blocks - 1, s->region, work))
    abort();
  free(work);
}

/* Cut some accumulators on either side of the first point's. */
static inline void cut_accumulators(rp_rng *rng, const situation *s) {
  rp_region *r = s->region;
  const int32_t cuts = (int32_t)rp_rng_below(rng, 4);
  for (int32_t i = 0; i < cuts; i++) {
    const int32_t at = (int32_t)rp_rng_below(rng, (uint32_t)s->n_acc);
    const int32_t z = s->points[0].z[at];
    if (rp_rng_below(rng, 2))
      r->z_lo[at] = (int32_t)between(rng, r->z_lo[at], z);
    else
      r->z_hi[at] = (int32_t)between(rng, z, r->z_hi[at]);
  }
}

static inline void point_free(point p) {
  free(p.x);
  free(p.z);
}

static inline void sample_points(rp_rng *rng, situation *s) {
  for (int32_t i = 0; i < 2 * MOST_POINTS && s->n_points < MOST_POINTS; i++) {
    const point p = random_point(rng, s);
    if (rp_region_holds(s->net, s->region, p.x, p.z))
      s->points[s->n_points++] = p;
    else
      point_free(p);
  }
}

/** A box around or beside a random input, intervals, cuts, intervals again.
 *  Takes the network. */
static inline void situation_init(rp_rng *rng, rp_net *net, situation *s) {
  memset(s, 0, sizeof *s);
  s->net = net;
  s->n_acc = net->n_acc;
  if (rp_region_create(net, &s->region) != RP_OK) abort();
  uint8_t *x = zeros((size_t)net->n_in, 1);
  random_input(rng, net, x);
  rp_region_ball(net, x, (int32_t)between(rng, 0, net->in_hi), s->region);
  free(x);
  s->points[0] = random_point(rng, s);
  s->n_points = 1;
  if (rp_rng_below(rng, 8)) propagate_all(s);
  cut_accumulators(rng, s);
  if (rp_rng_below(rng, 4)) propagate_all(s);
  sample_points(rng, s);
}

static inline void situation_fini(situation *s) {
  for (int32_t i = 0; i < s->n_points; i++) point_free(s->points[i]);
  rp_region_free(s->region);
  rp_net_free(s->net);
}

static inline rp_objective random_objective(rp_rng *rng, const rp_net *net) {
  rp_objective o = {.block =
                        (int32_t)rp_rng_below(rng, (uint32_t)net->n_blocks)};
  const int32_t n_out = net->block[o.block].n_out;
  o.n_rows = n_out > 1 ? (int32_t)between(rng, 1, 2) : 1;
  o.row[0] = (int32_t)rp_rng_below(rng, (uint32_t)n_out);
  o.coef[0] = rp_rng_below(rng, 2) ? 1 : -1;
  if (o.n_rows == 1) return o;
  o.row[1] =
      (o.row[0] + 1 + (int32_t)rp_rng_below(rng, (uint32_t)n_out - 1)) % n_out;
  o.coef[1] = (int32_t)between(rng, -1, 1);
  return o;
}

static inline int64_t objective_at(const rp_net *net, const rp_objective *o,
                                   const point *p) {
  const int32_t first = net->block[o->block].first;
  int64_t sum = 0;
  for (int32_t r = 0; r < o->n_rows; r++)
    sum += (int64_t)o->coef[r] * p->z[first + o->row[r]];
  return sum;
}

/* Does the accumulator carry a multiplier under the objective? */
static inline bool carries(const rp_objective *o, int32_t layer, int32_t i) {
  if (layer != o->block) return layer < o->block;
  return i == o->row[0] || (o->n_rows == 2 && i == o->row[1]);
}

static inline double largest_of(double lo, double hi) {
  return fmax(fabs(lo), fabs(hi));
}

static inline double largest_value(const rp_net *net, int32_t source,
                                   int32_t m) {
  if (source == RP_INPUT) return net->in_hi;
  const rp_block *block = &net->block[source];
  const rp_stair *stair =
      &block->stair[rp_block_accumulators(block, &m).row[0]];
  return largest_of(stair->lo, stair->hi);
}

/* Sum of the sizes of all products in an accumulator, over the input range. */
static inline double size_of_products(const rp_net *net, int32_t k, int32_t i) {
  const rp_block *block = &net->block[k];
  double sum = fabs((double)block->bias[i]);
  for (int32_t t = 0; t < block->n_terms; t++) {
    const rp_term *term = &block->term[t];
    for (int32_t m = 0; m < term->op->n_in; m++)
      sum += abs(rp_op_weight(term->op, i, m)) *
             largest_value(net, term->source, m);
  }
  return sum;
}

/** Sum of the sizes of all products in a dual value: what its rounding errors
 *  are relative to. */
static inline double size_of_terms(const rp_net *net, const rp_objective *o,
                                   const double *lambda) {
  double sum = 1;
  for (int32_t k = 0, at = 0; k <= o->block; k++)
    for (int32_t i = 0; i < net->block[k].n_acc; i++, at++)
      if (carries(o, k, i))
        sum += (1 + fabs(lambda[at])) *
               (largest_of(net->block[k].z_lo[i], net->block[k].z_hi[i]) +
                size_of_products(net, k, i));
  return sum;
}

#endif
