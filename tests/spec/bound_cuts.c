/* Cuts against their definition: the constant of a region written out, every
 * point of the region below it, the bound with any multipliers above every
 * point, and the cut that separation finds as good as it says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bound/cut_pack.h"
#include "core/memory.h"
#include "random_graph.h"
#include "random_region.h"
#include "same_cut.h"
#include "tiny_net.h"

static const random_net_plan narrow = {4, 8, 15};
static const random_net_plan wide = {3, 70, 2000};
static const random_graph_plan graph_plan = {4, 3, 3, 31, 15, 40, true, false};
static const tiny_plan tiny = {1, 4, 6, 4096, 40};

/* Any network; one in four has tables of thresholds. */
static rp_net *some_net(rp_rng *rng) {
  const uint32_t kind = rp_rng_below(rng, 12);
  rp_net *net = kind < 4   ? tiny_net(rng, &tiny)
                : kind < 7 ? random_net(rng, kind < 6 ? &narrow : &wide)
                : kind < 9 ? random_graph(rng, &graph_plan)
                           : random_net_of(rng, &narrow, true);
  assert_non_null(net);
  return net;
}

typedef struct scene {
  situation s;
  rp_tap_space space;
  int16_t *rho; /* of the cut bounded last */
  rp_cut *cut[RP_MOST_CUTS];
  rp_cuts cuts; /* these */
} scene;

static int32_t find_block(const rp_net *net) {
  for (int32_t k = 0; k < net->n_blocks; k++)
    if (rp_cut_is_for(net, k)) return k;
  return -1;
}

static rp_taps get_row(const scene *c, const rp_cut *cut) {
  const rp_block *block = &c->s.net->block[cut->block];
  return rp_op_row(block->term[0].op, cut->at - block->first, c->space);
}

static int64_t rho_of(const scene *c, const rp_cut *cut, int32_t t) {
  return rp_cut_has_chosen(cut, t) ? get_row(c, cut).weight[t] : 0;
}

static int64_t bound_cut(const scene *c, const rp_cut *cut) {
  return rp_cut_bound(c->s.net, cut, c->s.region, c->space, c->rho);
}

/* Any neuron, choice of inputs, unit and place of the kink. */
static rp_cut *random_cut(rp_rng *rng, const scene *c, int32_t k) {
  const rp_block *block = &c->s.net->block[k];
  const int32_t row = (int32_t)rp_rng_below(rng, (uint32_t)block->n_out);
  const rp_taps taps = rp_op_row(block->term[0].op, row, c->space);
  rp_cut *cut = rp_cut_create(taps.n, taps.index);
  assert_non_null(cut);
  cut->block = k;
  cut->at = block->first + row;
  cut->sign = rp_rng_below(rng, 2) ? 1 : -1;
  cut->unit =
      rp_rng_below(rng, 8) ? (int32_t)between(rng, 1, 3000) : RP_MOST_CUT_UNIT;
  cut->from = (int32_t)between(rng, c->s.region->z_lo[cut->at] - 2,
                               c->s.region->z_hi[cut->at] + 2);
  for (int32_t t = 0; t < taps.n; t++)
    if (rp_rng_below(rng, 2) && taps.weight[t] != 0) rp_cut_choose(cut, t);
  return cut;
}

/* Returns false if the network has no block for cuts. */
static bool scene_init(rp_rng *rng, scene *c) {
  memset(c, 0, sizeof *c);
  situation_init(rng, some_net(rng), &c->s);
  const size_t widest = (size_t)c->s.net->widest;
  c->space.index = zeros(widest, sizeof *c->space.index);
  c->space.weight = zeros(widest, sizeof *c->space.weight);
  c->rho = zeros(widest, sizeof *c->rho);
  const int32_t k = find_block(c->s.net);
  const int32_t n =
      (int32_t)between(rng, 1, rp_rng_below(rng, 4) ? 64 : RP_MOST_CUTS);
  c->cuts.cut = c->cut;
  for (c->cuts.n = 0; k >= 0 && c->cuts.n < n; c->cuts.n++)
    c->cuts.cut[c->cuts.n] = random_cut(rng, c, k);
  return k >= 0;
}

static void scene_fini(scene *c) {
  for (int32_t i = 0; i < c->cuts.n; i++) rp_cut_release(c->cuts.cut[i]);
  free(c->space.index);
  free(c->space.weight);
  free(c->rho);
  situation_fini(&c->s);
}

/* ------------------------------------------------------ the definition */

static int64_t greatest(int64_t weight, int64_t lo, int64_t hi) {
  return weight * (weight > 0 ? hi : lo);
}

/* The greatest of one side; INT64_MIN if no z lies there. */
static int64_t value_of_side(const scene *c, const rp_cut *cut, bool high) {
  const rp_region *r = c->s.region;
  const rp_block *block = &c->s.net->block[cut->block];
  const int32_t row = cut->at - block->first;
  const bool steep = high == (cut->sign > 0);
  const int64_t sign = cut->sign;
  int64_t best = INT64_MIN;
  for (int64_t z = r->z_lo[cut->at]; z <= r->z_hi[cut->at]; z++) {
    if ((z >= cut->from) != high) continue;
    const int64_t value =
        cut->unit * sign * rp_stair_apply(&block->stair[row], z) -
        (steep ? sign * z : 0);
    if (value > best) best = value;
  }
  if (best == INT64_MIN) return best;
  const rp_taps taps = get_row(c, cut);
  for (int32_t t = 0; t < taps.n; t++) {
    const int32_t p = rp_taps_index(taps, t);
    const int64_t rho = rho_of(c, cut, t);
    best += greatest(steep ? sign * (taps.weight[t] - rho) : -sign * rho,
                     r->x_lo[p], r->x_hi[p]);
  }
  return best + (steep ? sign * block->bias[row] : 0);
}

/* Is the bound of the corners sharp on both sides? */
static bool is_sharp(const scene *c, const rp_cut *cut) {
  const rp_block *block = &c->s.net->block[cut->block];
  return rp_stair_is_even(&block->stair[cut->at - block->first]);
}

static bool is_narrow(const scene *c, const rp_cut *cut) {
  return c->s.region->z_hi[cut->at] - c->s.region->z_lo[cut->at] < 20000;
}

static void the_constant_is_the_definition(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t compared = 0;
  for (int32_t round = 0; round < 300; round++) {
    scene c;
    (void)scene_init(&rng, &c);
    for (int32_t i = 0; i < c.cuts.n; i++) {
      const rp_cut *cut = c.cuts.cut[i];
      if (!is_narrow(&c, cut)) continue;
      const int64_t low = value_of_side(&c, cut, false);
      const int64_t high = value_of_side(&c, cut, true);
      const int64_t expected = low > high ? low : high;
      const int64_t f = bound_cut(&c, cut);
      assert_true(f >= expected);
      for (int32_t t = 0; t < cut->n; t++)
        assert_true(c.rho[t] == rho_of(&c, cut, t));
      if (!is_sharp(&c, cut)) continue;
      assert_true(f == expected);
      compared++;
    }
    scene_fini(&c);
  }
  assert_true(compared > 1000);
}

static int64_t slack_at(const scene *c, const rp_cut *cut, const point *p,
                        int64_t f) {
  const rp_block *block = &c->s.net->block[cut->block];
  int64_t sum = 0;
  for (int32_t t = 0; t < cut->n; t++)
    sum += rho_of(c, cut, t) * p->x[rp_cut_get_input(cut, t)];
  return cut->sign * sum + f -
         (int64_t)cut->unit * cut->sign *
             rp_stair_apply(&block->stair[cut->at - block->first],
                            p->z[cut->at]);
}

static void every_cut_holds_at_every_point(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t tight = 0;
  for (int32_t round = 0; round < 600; round++) {
    scene c;
    (void)scene_init(&rng, &c);
    for (int32_t i = 0; i < c.cuts.n; i++) {
      const rp_cut *cut = c.cuts.cut[i];
      const int64_t f = bound_cut(&c, cut);
      for (int32_t k = 0; k < c.s.n_points; k++) {
        const int64_t slack = slack_at(&c, cut, &c.s.points[k], f);
        assert_true(slack >= 0);
        tight += slack == 0;
      }
    }
    scene_fini(&c);
  }
  assert_true(tight > 100);
}

/* -------------------------------------------------------- the dual bound */

typedef struct bound {
  rp_objective objective;
  rp_dual *dual;
  rp_stats stats;
  double *lambda; /* [n_acc + cuts.n] */
} bound;

static void bound_init(rp_rng *rng, const scene *c, bound *b) {
  memset(b, 0, sizeof *b);
  do {
    b->objective = random_objective(rng, c->s.net);
  } while (b->objective.block <= find_block(c->s.net));
  assert_int_equal(rp_dual_create(c->s.net, &b->stats, &b->dual), RP_OK);
  b->lambda = zeros((size_t)(c->s.n_acc + RP_MOST_CUTS), sizeof *b->lambda);
  rp_dual_set(b->dual, c->s.region, &b->objective);
  rp_dual_use_cuts(b->dual, &c->cuts);
}

static void bound_fini(bound *b) {
  free(b->lambda);
  rp_dual_free(b->dual);
}

/* Those of slopes, or any, and for cuts from none to absurd. */
static void random_multipliers(rp_rng *rng, const scene *c, bound *b) {
  const double size = ldexp(1, (int)between(rng, -30, 20));
  rp_dual_slopes(b->dual, b->lambda);
  for (int32_t at = 0; at < c->s.n_acc && rp_rng_below(rng, 2); at++)
    b->lambda[at] += size * (2 * rp_rng_unit(rng) - 1);
  for (int32_t i = 0; i < c->cuts.n; i++)
    b->lambda[c->s.n_acc + i] =
        rp_rng_below(rng, 3) ? size * rp_rng_unit(rng) : 0;
  if (rp_rng_below(rng, 2))
    (void)rp_dual_descend(b->dual, b->lambda, -1e12, 10);
  for (int32_t i = 0; i < c->cuts.n; i++)
    assert_true(b->lambda[c->s.n_acc + i] >= 0);
}

/* Steps toward a target out of reach may leave the range. */
static bool are_in_range(const scene *c, const bound *b) {
  double most = 0;
  for (int32_t i = 0; i < c->s.n_acc + c->cuts.n; i++)
    most = fmax(most, fabs(b->lambda[i]));
  return most < 0x1p29;
}

/* The intervals left hold every point that reaches the threshold. */
static void check_tightening(const scene *c, bound *b) {
  rp_region *after;
  assert_int_equal(rp_region_create(c->s.net, &after), RP_OK);
  rp_region_copy(c->s.net, after, c->s.region);
  const bool closes = rp_dual_closes(b->dual);
  const int32_t shrunk = closes ? -1 : rp_dual_tighten(b->dual, after);
  for (int32_t i = 0; i < c->s.n_points; i++) {
    const point *p = &c->s.points[i];
    if (objective_at(c->s.net, &b->objective, p) >= b->objective.threshold)
      assert_true(shrunk >= 0 && rp_region_holds(c->s.net, after, p->x, p->z));
  }
  rp_region_free(after);
}

/* Returns false where the multipliers are out of range. */
static bool check_bound(rp_rng *rng, const scene *c, bound *b) {
  b->objective.threshold =
      objective_at(c->s.net, &b->objective,
                   &c->s.points[rp_rng_below(rng, (uint32_t)c->s.n_points)]);
  rp_dual_set(b->dual, c->s.region, &b->objective);
  rp_dual_use_cuts(b->dual, &c->cuts);
  random_multipliers(rng, c, b);
  if (!are_in_range(c, b)) return false;
  rp_int128 value;
  int32_t frac;
  assert_int_equal(rp_dual_exact(b->dual, b->lambda, &value, &frac), RP_OK);
  for (int32_t i = 0; i < c->s.n_points; i++)
    assert_true(value >= (rp_int128)objective_at(c->s.net, &b->objective,
                                                 &c->s.points[i]) *
                             ((rp_int128)1 << frac));
  check_tightening(c, b);
  return true;
}

/* Check something in so many scenes. Returns in how many it could be. */
static int32_t check_scenes(const char *test, int32_t rounds,
                            bool (*check)(rp_rng *, const scene *, bound *)) {
  rp_rng rng = rng_of_test(test);
  int32_t checked = 0;
  for (int32_t round = 0; round < rounds; round++) {
    scene c;
    bound b;
    if (scene_init(&rng, &c)) {
      bound_init(&rng, &c, &b);
      checked += check(&rng, &c, &b);
      bound_fini(&b);
    }
    scene_fini(&c);
  }
  return checked;
}

static void the_bound_is_above_every_point(void **state) {
  (void)state;
  assert_true(check_scenes(__func__, 1200, check_bound) > 600);
}

/* The first cuts are used as if there were no others. */
static bool check_without_memory(rp_rng *rng, const scene *c, bound *b) {
  const int32_t first = (int32_t)rp_rng_below(rng, (uint32_t)c->cuts.n);
  rp_dual *cut_short;
  random_multipliers(rng, c, b);
  assert_int_equal(rp_dual_create(c->s.net, &b->stats, &cut_short), RP_OK);
  rp_dual_set(cut_short, c->s.region, &b->objective);
  rp_alloc_fail_after((uint64_t)first + 1);
  rp_dual_use_cuts(cut_short, &c->cuts);
  rp_alloc_fail_after(0);
  rp_dual_set(b->dual, c->s.region, &b->objective);
  rp_dual_use_cuts(b->dual, &(rp_cuts){first, c->cuts.cut});
  assert_true(rp_dual_value(cut_short, b->lambda) ==
              rp_dual_value(b->dual, b->lambda));
  rp_dual_free(cut_short);
  return true;
}

static void cuts_that_lack_memory_are_left_out(void **state) {
  (void)state;
  assert_true(check_scenes(__func__, 100, check_without_memory) > 50);
}

/* ----------------------------------------------------------------- probe */

static double choose_tolerance(const scene *c, const bound *b) {
  const rp_region *region = c->s.region;
  double sum = 1;
  for (int32_t at = 0; at < c->s.n_acc; at++)
    sum += fabs(b->lambda[at]) *
           (fabs((double)region->z_lo[at]) + fabs((double)region->z_hi[at]));
  for (int32_t i = 0; i < c->cuts.n; i++) {
    const rp_cut *cut = c->cuts.cut[i];
    const double f = (double)bound_cut(c, cut);
    sum += b->lambda[c->s.n_acc + i] * (fabs(f) / cut->unit + 100);
  }
  return 1e-5 * sum;
}

/* It is a value of the region whose interval is cut, so that it is above every
 * point there, with the neuron's own cuts at 0. */
static bool check_probe(rp_rng *rng, const scene *c, bound *b) {
  rp_region *region = c->s.region;
  const int32_t at = c->cuts.cut[0]->at, block = c->cuts.cut[0]->block;
  rp_dual_slopes(b->dual, b->lambda);
  for (int32_t i = 0; i < c->cuts.n; i++)
    b->lambda[c->s.n_acc + i] = rp_rng_below(rng, 3) ? rp_rng_unit(rng) : 0;
  const int32_t lo = (int32_t)between(rng, region->z_lo[at], region->z_hi[at]);
  const int32_t hi = (int32_t)between(rng, lo, region->z_hi[at]);
  const double tolerance = choose_tolerance(c, b);
  const double value = rp_dual_value(b->dual, b->lambda);
  const double probe = rp_dual_probe(b->dual, b->lambda, value,
                                     &(rp_dual_cut){block, at, lo, hi});
  region->z_lo[at] = lo;
  region->z_hi[at] = hi;
  for (int32_t i = 0; i < c->cuts.n; i++)
    if (c->cuts.cut[i]->at == at) b->lambda[c->s.n_acc + i] = 0;
  rp_dual_set(b->dual, region, &b->objective);
  rp_dual_use_cuts(b->dual, &c->cuts);
  assert_true(probe <= rp_dual_value(b->dual, b->lambda) + tolerance);
  for (int32_t i = 0; i < c->s.n_points; i++) {
    const point *p = &c->s.points[i];
    if (p->z[at] >= lo && p->z[at] <= hi)
      assert_true(probe + tolerance >=
                  (double)objective_at(c->s.net, &b->objective, p));
  }
  return true;
}

static void a_probe_leaves_the_cuts_of_its_neuron_out(void **state) {
  (void)state;
  assert_true(check_scenes(__func__, 400, check_probe) > 200);
}

/* ------------------------------------------------------------ separation */

/* Inputs at their ends, or some eighths of the way between. */
static void random_relaxed_point(rp_rng *rng, const scene *c, double *x) {
  const rp_region *r = c->s.region;
  for (int32_t p = 0; p < c->s.net->n_in; p++) {
    const int64_t eighths =
        rp_rng_below(rng, 3) ? 8 * between(rng, 0, 1) : between(rng, 0, 8);
    x[p] = r->x_lo[p] + (double)eighths / 8 * (r->x_hi[p] - r->x_lo[p]);
  }
}

static double value_of_cut(const scene *c, const rp_cut *cut, const double *x,
                           int64_t f) {
  double sum = 0;
  for (int32_t t = 0; t < cut->n; t++)
    sum += (double)rho_of(c, cut, t) * x[rp_cut_get_input(cut, t)];
  return (cut->sign * sum + (double)f) / cut->unit;
}

static void separation_finds_what_it_promises(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t found = 0;
  for (int32_t round = 0; round < 600; round++) {
    scene c;
    rp_cut_point *at;
    const bool is_for = scene_init(&rng, &c);
    double *x = zeros((size_t)c.s.net->n_in, sizeof *x), promised;
    const rp_block *block = &c.s.net->block[is_for ? find_block(c.s.net) : 0];
    random_relaxed_point(&rng, &c, x);
    assert_int_equal(rp_cut_point_create(c.s.net, &at), RP_OK);
    rp_cut_point_set(at, c.s.region, x);
    for (int32_t i = 0; is_for && i < 2 * block->n_out; i++) {
      const int32_t k = (int32_t)(block - c.s.net->block);
      if (!rp_cut_separate(at, k, i / 2, i % 2 ? 1 : -1, &promised)) continue;
      rp_cut *cut = rp_cut_make(at);
      assert_non_null(cut);
      const int64_t f = bound_cut(&c, cut);
      if (is_sharp(&c, cut))
        assert_true(value_of_cut(&c, cut, x, f) <= promised + 1e-6);
      found++;
      rp_cut_release(cut);
    }
    rp_cut_point_free(at);
    free(x);
    scene_fini(&c);
  }
  assert_true(found > 1000);
}

/* Whatever the bytes say, there is no cut or one that can be bounded. */
static bool try_reading(const scene *c, const uint8_t *bytes, size_t size) {
  rp_trail_reader from = {.data = bytes, .size = size};
  rp_cut *const cut = rp_cut_get(c->s.net, &from, c->space);
  assert_true(!cut == from.failed);
  if (!cut) return false;
  assert_true(cut->unit >= 1 && cut->unit <= RP_MOST_CUT_UNIT);
  (void)bound_cut(c, cut);
  rp_cut_release(cut);
  return true;
}

static void cuts_come_back_from_their_bytes(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t refused = 0;
  for (int32_t round = 0; round < 300; round++) {
    scene c;
    (void)scene_init(&rng, &c);
    for (int32_t i = 0; i < c.cuts.n && i < 20; i++) {
      rp_trail bytes = {0};
      rp_cut_put(c.s.net, c.cut[i], &bytes);
      rp_trail_reader from = {.data = bytes.data, .size = bytes.size};
      rp_cut *const cut = rp_cut_get(c.s.net, &from, c.space);
      assert_non_null(cut);
      assert_int_equal(from.at, bytes.size);
      assert_same_cut(c.cut[i], cut);
      rp_cut_release(cut);
      assert_false(try_reading(&c, bytes.data, bytes.size - 1));
      bytes.data[rp_rng_below(&rng, (uint32_t)bytes.size)] =
          (uint8_t)rp_rng_u64(&rng);
      refused += !try_reading(&c, bytes.data, bytes.size);
      rp_trail_fini(&bytes);
    }
    scene_fini(&c);
  }
  assert_true(refused > 300);
  assert_int_equal(rp_cut_all_bytes(), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_constant_is_the_definition),
      cmocka_unit_test(every_cut_holds_at_every_point),
      cmocka_unit_test(the_bound_is_above_every_point),
      cmocka_unit_test(cuts_that_lack_memory_are_left_out),
      cmocka_unit_test(a_probe_leaves_the_cuts_of_its_neuron_out),
      cmocka_unit_test(separation_finds_what_it_promises),
      cmocka_unit_test(cuts_come_back_from_their_bytes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
