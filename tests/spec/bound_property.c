/* The parts of a property against their meaning, exhaustively over all pairs of
 * last accumulators of small staircases: a rival wins exactly where a part
 * holds, and no bound of a part loses a pair where it wins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bound/property.h"
#include "seeded.h"

/* Two outputs, whose accumulators run over -reach..reach. */
typedef struct pair_net {
  rp_net *net;
  rp_region *region;
  int32_t reach;
  rp_part parts[RP_MAX_PARTS];
  int32_t n_parts, label, rival;
} pair_net;

static void pair_net_init(rp_stair stair, int32_t label, pair_net *p) {
  const int32_t dims[1] = {1}, weight[2] = {1, 1};
  const int64_t step = (int64_t)1 << stair.shift;
  const int64_t most = stair.hi > -stair.lo ? stair.hi : -stair.lo;
  p->reach = (int32_t)((most + 2) * step);
  const int64_t bias[2] = {0, 0};
  const rp_dense_spec spec = {1, 2, weight, bias, stair};
  assert_int_equal(rp_net_create("pair", dims, 1, 1, &p->net, NULL), RP_OK);
  assert_int_equal(rp_net_add_dense(p->net, &spec, NULL), RP_OK);
  assert_int_equal(rp_net_finish(p->net, NULL), RP_OK);
  assert_int_equal(rp_region_create(p->net, &p->region), RP_OK);
  p->label = label;
  p->rival = 1 - label;
  p->n_parts = rp_property_parts(p->net, label, p->rival, p->parts);
}

static void pair_net_fini(pair_net *p) {
  rp_region_free(p->region);
  rp_net_free(p->net);
}

static void whole_range(const pair_net *p) {
  for (int32_t i = 0; i < 2; i++) {
    p->region->z_lo[i] = -p->reach;
    p->region->z_hi[i] = p->reach;
  }
}

static bool is_held(const rp_region *region, const int32_t z[2]) {
  return region->z_lo[0] <= z[0] && z[0] <= region->z_hi[0] &&
         region->z_lo[1] <= z[1] && z[1] <= region->z_hi[1];
}

static bool reaches_threshold(const rp_objective *o, const int32_t z[2]) {
  int64_t sum = 0;
  for (int32_t r = 0; r < o->n_rows; r++)
    sum += (int64_t)o->coef[r] * z[o->row[r]];
  return sum >= o->threshold;
}

/* By the definition: the first maximum of the two outputs is the rival. */
static bool rival_is_predicted(const pair_net *p, const int32_t z[2]) {
  const rp_stair *stair = &p->net->block[0].stair[0];
  const int32_t out[2] = {rp_stair_apply(stair, z[0]),
                          rp_stair_apply(stair, z[1])};
  return rp_first_max(out, 2) == p->rival;
}

/* Everywhere: in some part if the rival wins; and in parts B and C, whose
 * conditions are sufficient, only if it wins. */
static void parts_cover_exactly(const pair_net *p) {
  rp_region *region = p->region;
  for (int32_t z0 = -p->reach; z0 <= p->reach; z0++)
    for (int32_t z1 = -p->reach; z1 <= p->reach; z1++) {
      const int32_t z[2] = {z0, z1};
      const bool wins = rp_rival_wins(p->net, z, p->label, p->rival);
      bool covered = false;
      assert_int_equal(wins, rival_is_predicted(p, z));
      for (int32_t i = 0; i < p->n_parts; i++) {
        whole_range(p);
        const bool inside = rp_part_restrict(p->net, &p->parts[i], region) &&
                            is_held(region, z) &&
                            reaches_threshold(&p->parts[i].objective, z);
        covered = covered || inside;
        if (p->parts[i].kind != 'A' && inside) assert_true(wins);
      }
      if (wins) assert_true(covered);
    }
}

/* Over random intervals: what wins within the part stays. */
static void propagation_keeps_winners(const pair_net *p, const rp_part *part,
                                      rp_rng *rng) {
  rp_region *region = p->region;
  whole_range(p);
  if (!rp_part_restrict(p->net, part, region)) return;
  int32_t lo[2], hi[2];
  for (int32_t i = 0; i < 2; i++) {
    lo[i] = (int32_t)between(rng, region->z_lo[i], region->z_hi[i]);
    hi[i] = (int32_t)between(rng, lo[i], region->z_hi[i]);
  }
  memcpy(region->z_lo, lo, sizeof lo);
  memcpy(region->z_hi, hi, sizeof hi);
  const bool whole = rp_part_propagate(p->net, part, region);
  for (int32_t z0 = lo[0]; z0 <= hi[0]; z0++)
    for (int32_t z1 = lo[1]; z1 <= hi[1]; z1++) {
      const int32_t z[2] = {z0, z1};
      if (rp_rival_wins(p->net, z, p->label, p->rival))
        assert_true(whole && is_held(region, z));
    }
}

static void every_small_staircase(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t lo = -2; lo <= 0; lo++)
    for (int32_t hi = lo + 1; hi <= 3; hi++)
      for (int32_t shift = 0; shift <= 3; shift++)
        for (int32_t label = 0; label < 2; label++) {
          pair_net p;
          pair_net_init((rp_stair){lo, hi, shift, NULL}, label, &p);
          assert_in_range(p.n_parts, 1, RP_MAX_PARTS);
          parts_cover_exactly(&p);
          for (int32_t i = 0; i < 20 * p.n_parts; i++)
            propagation_keeps_winners(&p, &p.parts[i % p.n_parts], &rng);
          pair_net_fini(&p);
        }
}

/* A part's threshold is the greatest that is still necessary: some winning
 * pair in it meets it exactly. */
static void thresholds_are_tight(void **state) {
  (void)state;
  for (int32_t shift = 0; shift <= 3; shift++)
    for (int32_t label = 0; label < 2; label++) {
      pair_net p;
      pair_net_init((rp_stair){-2, 3, shift, NULL}, label, &p);
      for (int32_t i = 0; i < p.n_parts; i++) {
        rp_objective above = p.parts[i].objective;
        above.threshold++;
        bool needed = false;
        whole_range(&p);
        assert_true(rp_part_restrict(p.net, &p.parts[i], p.region));
        for (int32_t z0 = -p.reach; z0 <= p.reach; z0++)
          for (int32_t z1 = -p.reach; z1 <= p.reach; z1++) {
            const int32_t z[2] = {z0, z1};
            needed = needed || (is_held(p.region, z) &&
                                rp_rival_wins(p.net, z, label, 1 - label) &&
                                !reaches_threshold(&above, z));
          }
        assert_true(needed);
      }
      pair_net_fini(&p);
    }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_small_staircase),
      cmocka_unit_test(thresholds_are_tight),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
