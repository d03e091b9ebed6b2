/* Bounds by slopes against what they are defined by: the rule of
 * docs/evidence.md in plain 128-bit loops over single weights. And no input of
 * a region is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bound/group.h"
#include "bound/lanes.h"
#include "bound/slopes.h"
#include "operator_graph.h"
#include "random_region.h"

typedef __int128 int128;

enum { MOST_BLOCKS = 8, MOST_ACC = 600 };

/* Random slopes, not those that the engine would choose. */
typedef struct plain_rule {
  int32_t positive[MOST_ACC], negative[MOST_ACC], bits[MOST_BLOCKS];
} plain_rule;

static void draw_rule(rp_rng *rng, const rp_net *net, plain_rule *rule) {
  assert_in_range(net->n_acc, 1, MOST_ACC);
  assert_in_range(net->n_blocks, 1, MOST_BLOCKS);
  for (int32_t k = 0; k < net->n_blocks; k++)
    rule->bits[k] = (int32_t)between(rng, 0, 20);
  for (int32_t k = 0; k < net->n_blocks; k++)
    for (int32_t i = 0; i < net->block[k].n_acc; i++) {
      const int64_t most = (int64_t)1 << between(rng, 0, rule->bits[k]);
      rule->positive[net->block[k].first + i] =
          (int32_t)between(rng, -most / 8, most);
      rule->negative[net->block[k].first + i] =
          (int32_t)between(rng, -most / 8, most);
    }
}

static int128 floor_divide(int128 value, int32_t bits) {
  const int128 unit = (int128)1 << bits;
  const int128 rest = (value % unit + unit) % unit;
  return (value - rest) / unit;
}

/* Op^T lambda over the blocks up to `top`, for one value of a source. */
static int128 mu_of(const rp_net *net, int32_t source, int32_t j, int32_t top,
                    const int64_t *lambda) {
  int128 sum = 0;
  for (int32_t k = 0; k <= top; k++)
    for (int32_t t = 0; t < net->block[k].n_terms; t++) {
      const rp_term *term = &net->block[k].term[t];
      if (term->source != source) continue;
      for (int32_t i = 0; i < net->block[k].n_acc; i++)
        sum += (int128)rp_op_weight(term->op, i, j) *
               lambda[net->block[k].first + i];
    }
  return sum;
}

/* The corners of the engine, since the checker's maxima may be less. */
static int128 most_of_neuron(const rp_block *block, int32_t i,
                             const rp_region *region, int128 mu,
                             int64_t lambda) {
  rp_corners c;
  const int32_t at = block->first + i;
  rp_stair_find_corners(&block->stair[i], region->z_lo[at], region->z_hi[at],
                        &c);
  int128 best = mu * c.a[0] - (int128)lambda * c.z[0];
  for (int32_t s = 1; s < c.n; s++) {
    const int128 value = mu * c.a[s] - (int128)lambda * c.z[s];
    if (value > best) best = value;
  }
  return best + (int128)llabs(lambda) * c.slack;
}

/* Multipliers and biases of a block, and its neurons' maxima. */
static int128 pass_block(const rp_net *net, const rp_region *region,
                         const plain_rule *rule, int32_t m, int32_t top,
                         int64_t *lambda) {
  const rp_block *block = &net->block[m];
  int128 sum = 0;
  rp_corners corner[MOST_ACC];
  for (int32_t j = 0; j < block->n_acc; j++) {
    const int32_t at = block->first + j;
    const int128 mu = mu_of(net, m, rp_block_owner(block, j), top, lambda);
    int128 v =
        floor_divide(mu * (mu >= 0 ? rule->positive[at] : rule->negative[at]),
                     rule->bits[m]);
    if (v > INT32_MAX) v = INT32_MAX;
    if (v < -INT32_MAX) v = -INT32_MAX;
    lambda[at] = (int64_t)v;
    sum += (int128)lambda[at] * block->bias[j];
    if (!block->owner) sum += most_of_neuron(block, j, region, mu, lambda[at]);
    rp_stair_find_corners(&block->stair[j], region->z_lo[at], region->z_hi[at],
                          &corner[j]);
  }
  for (int32_t j = 0; block->owner && j < block->n_out; j++) {
    const group g = {block, j, region->z_lo + block->first,
                     region->z_hi + block->first, corner};
    sum += group_evaluate_exactly(&g, (int64_t)mu_of(net, m, j, top, lambda),
                                  lambda + block->first);
  }
  return sum;
}

/* floor(D / 2^frac) for e z of accumulator i of block k. */
static int64_t plain_bound(const rp_net *net, const rp_region *region,
                           const plain_rule *rule, int32_t k, int32_t i,
                           int32_t frac, int64_t e) {
  int64_t lambda[MOST_ACC] = {0};
  lambda[net->block[k].first + i] = e * ((int64_t)1 << frac);
  int128 sum = (int128)e * ((int64_t)1 << frac) * net->block[k].bias[i];
  for (int32_t m = k - 1; m >= 0; m--)
    sum += pass_block(net, region, rule, m, k, lambda);
  for (int32_t p = 0; p < net->n_in; p++) {
    const int128 nu = mu_of(net, RP_INPUT, p, k, lambda);
    sum += nu * (nu > 0 ? region->x_hi[p] : region->x_lo[p]);
  }
  return (int64_t)floor_divide(sum, frac);
}

/* Random accumulators of one block, as many as are bounded at once. */
static int64_t equals_the_rule(rp_rng *rng, const situation *s) {
  const int32_t k = (int32_t)rp_rng_below(rng, (uint32_t)s->net->n_blocks);
  const int32_t n_out = s->net->block[k].n_acc;
  plain_rule rule;
  draw_rule(rng, s->net, &rule);
  int32_t row[LANE_ROWS];
  lane_rows rows = {k, n_out < LANE_ROWS ? n_out : LANE_ROWS, row};
  rows.n = (int32_t)between(rng, 1, rows.n);
  for (int32_t r = 0; r < rows.n; r++)
    row[r] = (int32_t)between(rng, 0, n_out - 1);
  lanes *l = lanes_create(s->net);
  assert_non_null(l);
  for (int32_t m = 0; m <= k; m++) lanes_set_block(l, s->region, m);
  int64_t upper[LANE_ROWS], lower[LANE_ROWS], compared = 0;
  const lane_rule of = {rule.positive, rule.negative, rule.bits};
  const int32_t frac = (int32_t)between(rng, 0, 24);
  for (int32_t again = 0; again < 2; again++) { /* nothing is left behind */
    if (!lanes_bound(l, &of, &rows, frac, upper, lower)) continue;
    for (int32_t r = 0; r < rows.n; r++) {
      assert_true(upper[r] ==
                  plain_bound(s->net, s->region, &rule, k, row[r], frac, 1));
      assert_true(lower[r] ==
                  plain_bound(s->net, s->region, &rule, k, row[r], frac, -1));
      compared++;
    }
  }
  lanes_free(l);
  return compared;
}

static void no_point_is_lost(const situation *s) {
  rp_stats stats = {0};
  rp_slopes *slopes;
  const rp_deadline deadline = rp_deadline_after(3600, NULL);
  assert_int_equal(rp_slopes_create(s->net, &stats, &slopes), RP_OK);
  assert_true(rp_slopes_tighten(slopes, s->region, s->net->n_blocks - 1, NULL,
                                &deadline));
  for (int32_t i = 0; i < s->n_points; i++)
    assert_true(
        rp_region_holds(s->net, s->region, s->points[i].x, s->points[i].z));
  rp_slopes_free(slopes);
}

static void bounds_are_those_of_the_rule(void **state) {
  (void)state;
  static const random_net_plan plans[] = {{4, 12, 100}, {3, 30, 70000}};
  static const tiny_plan graphs = {1, 5, 0, 4096, 31};
  rp_rng rng = rng_of_test(__func__);
  int64_t compared = 0;
  for (int32_t n = 0; n < 1500; n++) {
    rp_net *net = n % 3 < 2 ? random_net(&rng, &plans[n % 3])
                            : operator_graph(&rng, &graphs);
    if (!net) continue;
    situation s;
    situation_init(&rng, net, &s);
    compared += equals_the_rule(&rng, &s);
    no_point_is_lost(&s);
    situation_fini(&s);
  }
  printf("%lld bounds\n", (long long)compared);
  assert_true(compared > 1000);
}

/* The chord, the line, or nothing. */
static void slopes_follow_the_longer_side(void **state) {
  (void)state;
  const rp_stair relu = {0, 1000, 4, NULL};
  assert_true(rp_slope_choose(&relu, -500, -20, true) == 0);
  assert_true(rp_slope_choose(&relu, -500, 100, false) == 0);
  assert_true(rp_slope_choose(&relu, -100, 500, false) == 1.0 / 16);
  assert_true(rp_slope_choose(&relu, -300, 300, true) < 1.0 / 16);
  assert_true(rp_slope_choose(&relu, 7, 8, true) == 1.0 / 16); /* not 1 */
  const rp_stair top = {0, 10, 4, NULL};
  assert_true(rp_slope_choose(&top, 100, 1000, true) == 0);
  assert_true(rp_slope_choose(&top, -1000, 180, true) > 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(bounds_are_those_of_the_rule),
      cmocka_unit_test(slopes_follow_the_longer_side)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
