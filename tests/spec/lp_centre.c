/* The program of the Chebyshev-like centre: no integer point of the box is
 * deeper, the point it gives is as deep as it says, its multipliers show that
 * none is, and it is the same warm as new. Against enumeration of all inputs.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lp/centre.h"
#include "random_region.h"
#include "tiny_net.h"

static const tiny_plan tiny = {2, 2, 6, 1024, 63};

typedef struct scene {
  situation s;
  bool counts[8];
  rp_stats stats;
  rp_relaxation *relaxation;
} scene;

/* Does the box let an accumulator out of its interval? */
static bool is_let_out(const scene *c, int32_t i) {
  const rp_block *layer = &c->s.net->block[0];
  const rp_region *r = c->s.region;
  int64_t lo = layer->bias[i], hi = lo;
  for (int32_t p = 0; p < layer->term[0].op->n_in; p++) {
    const int64_t w = rp_op_weight(layer->term[0].op, i, p);
    lo += w * (w > 0 ? r->x_lo[p] : r->x_hi[p]);
    hi += w * (w > 0 ? r->x_hi[p] : r->x_lo[p]);
  }
  return lo < r->z_lo[i] || hi > r->z_hi[i];
}

/* A step's interval about a point for some accumulators; those that the box
 * lets out of it count. */
static void scene_init(rp_rng *rng, scene *c) {
  memset(c, 0, sizeof *c);
  rp_net *net = tiny_net(rng, &tiny);
  assert_non_null(net);
  situation_init(rng, net, &c->s);
  const int32_t n_out = net->block[0].n_out;
  for (int32_t i = 0; i < n_out; i++) {
    const int32_t z = c->s.points[0].z[i], reach = 1 << rp_rng_below(rng, 8);
    if (rp_rng_below(rng, 4) == 0) continue;
    const int32_t away = (int32_t)between(rng, -2 * reach, 2 * reach);
    c->s.region->z_lo[i] = z + away - reach;
    c->s.region->z_hi[i] = z + away + reach;
    c->counts[i] = is_let_out(c, i);
  }
  assert_int_equal(rp_relaxation_create(net, &c->relaxation), RP_OK);
}

static void scene_fini(scene *c) {
  rp_relaxation_free(c->relaxation);
  situation_fini(&c->s);
}

/* How far inside the intervals that count a point is. */
static double depth_at(const scene *c, const double *x) {
  const rp_block *layer = &c->s.net->block[0];
  double depth = HUGE_VAL;
  for (int32_t i = 0; i < layer->n_out; i++) {
    double z = layer->bias[i];
    for (int32_t p = 0; p < layer->term[0].op->n_in; p++)
      z += rp_op_weight(layer->term[0].op, i, p) * x[p];
    if (!c->counts[i]) continue;
    depth =
        fmin(depth, fmin(z - c->s.region->z_lo[i], c->s.region->z_hi[i] - z));
  }
  return depth;
}

static double deepest_input(const scene *c) {
  const rp_region *r = c->s.region;
  const int32_t n = c->s.net->n_in;
  double x[TINY_INPUTS], deepest = -HUGE_VAL;
  for (int32_t p = 0; p < n; p++) x[p] = r->x_lo[p];
  for (int32_t p = 0; p < n;) {
    deepest = fmax(deepest, depth_at(c, x));
    for (p = 0; p < n && x[p] == r->x_hi[p]; p++) x[p] = r->x_lo[p];
    if (p < n) x[p]++;
  }
  return deepest;
}

/* What the multipliers prove about the depth: the dual value of the first
 * layer alone. */
static double proved_by(const scene *c) {
  const rp_block *layer = &c->s.net->block[0];
  const rp_region *r = c->s.region;
  double value = 0;
  for (int32_t i = 0; i < layer->n_out; i++) {
    const double lambda = c->relaxation->lambda[i];
    value += lambda * layer->bias[i] -
             lambda * (lambda < 0 ? r->z_hi[i] : r->z_lo[i]);
  }
  for (int32_t p = 0; p < layer->term[0].op->n_in; p++) {
    double nu = 0;
    for (int32_t i = 0; i < layer->n_out; i++)
      nu += c->relaxation->lambda[i] * rp_op_weight(layer->term[0].op, i, p);
    value += nu * (nu > 0 ? r->x_hi[p] : r->x_lo[p]);
  }
  return value;
}

static double solved(scene *c, rp_centre *centre) {
  const rp_deadline none = rp_deadline_after(1e9, NULL);
  rp_centre_solve(centre, c->s.region, c->counts, &none, c->relaxation);
  return c->relaxation->found ? c->relaxation->value : HUGE_VAL;
}

static void the_program_holds(scene *c, rp_centre *centre, double deepest) {
  const double depth = solved(c, centre);
  const double near = 1e-6 * (1 + fabs(depth));
  if (!c->relaxation->found) return;
  assert_true(depth >= deepest - near);
  assert_true(depth_at(c, c->relaxation->x) >= depth - 1e3 * near);
  assert_true(proved_by(c) <= depth + 1e3 * near);
}

static void shrink_box(rp_rng *rng, const situation *s) {
  for (int32_t p = 0; p < s->net->n_in; p++) {
    if (rp_rng_below(rng, 2)) continue;
    s->region->x_lo[p] =
        (uint8_t)between(rng, s->region->x_lo[p], s->region->x_hi[p]);
  }
}

/* One box and a smaller one, by the same program and by a new one, which has
 * rows for what the smaller box lets out alone. */
static void a_box_and_a_smaller_one(rp_rng *rng, scene *c, int32_t *empty) {
  rp_centre *warm, *fresh;
  assert_int_equal(rp_centre_create(c->s.net, &c->stats, &warm), RP_OK);
  assert_int_equal(rp_centre_create(c->s.net, &c->stats, &fresh), RP_OK);
  the_program_holds(c, warm, deepest_input(c));
  *empty += c->relaxation->found && c->relaxation->value < 0;
  shrink_box(rng, &c->s);
  the_program_holds(c, warm, deepest_input(c));
  const double depth = c->relaxation->found ? c->relaxation->value : 0;
  if (fabs(depth) > 1e-6 && solved(c, fresh) < HUGE_VAL)
    assert_int_equal(depth < 0, c->relaxation->value < 0);
  rp_centre_free(warm);
  rp_centre_free(fresh);
}

static void the_deepest_point(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t found = 0, empty = 0;
  for (int32_t i = 0; i < 400; i++) {
    scene c;
    scene_init(&rng, &c);
    a_box_and_a_smaller_one(&rng, &c, &empty);
    found += c.relaxation->found;
    scene_fini(&c);
  }
  assert_true(found > 100 && empty > 20);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_deepest_point)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
