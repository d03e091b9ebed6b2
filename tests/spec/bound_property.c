/* The parts of a property against their meaning, exhaustively over all last
 * accumulators of small staircases, equal or not: a rival wins exactly where a
 * part holds, and no bound of a part loses a place where it wins. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "bound/property.h"
#include "net/op_dense.h"
#include "random_stair.h"
#include "seeded.h"

enum { MOST_OUTPUTS = 3 };

/* A network of outputs with any staircases. Its region's accumulators are set
 * by the tests. */
typedef struct output_net {
  rp_net *net;
  rp_region *region;
} output_net;

static void output_net_init(const rp_stair *stair, int32_t n, output_net *o) {
  const int32_t dims[1] = {1}, weight[1] = {1};
  const int64_t bias[MOST_OUTPUTS] = {0};
  rp_term term = {RP_INPUT, rp_op_dense_create(n, 1)};
  assert_non_null(term.op);
  for (int32_t i = 0; i < n; i++)
    assert_int_equal(rp_op_dense_set_row(term.op, i, weight), 1);
  const rp_block_spec spec = {.n_out = n,
                              .n_terms = 1,
                              .term = &term,
                              .bias = bias,
                              .n_stairs = n,
                              .stair = stair};
  assert_int_equal(rp_net_create("outputs", dims, 1, 1, &o->net, NULL), RP_OK);
  assert_int_equal(rp_net_add_block(o->net, &spec, NULL), RP_OK);
  assert_int_equal(rp_net_finish(o->net, NULL), RP_OK);
  assert_int_equal(rp_region_create(o->net, &o->region), RP_OK);
}

static void output_net_fini(output_net *o) {
  rp_region_free(o->region);
  rp_net_free(o->net);
}

/* Two outputs, whose accumulators run over -reach..reach. */
typedef struct pair_net {
  output_net outputs;
  rp_net *net;
  rp_region *region;
  int32_t reach;
  rp_part parts[RP_MAX_PARTS];
  int32_t n_parts, label, rival;
} pair_net;

static void pair_net_init(const rp_stair stair[2], int32_t label, int32_t reach,
                          pair_net *p) {
  output_net_init(stair, 2, &p->outputs);
  p->net = p->outputs.net;
  p->region = p->outputs.region;
  p->reach = reach;
  p->label = label;
  p->rival = 1 - label;
  p->n_parts = rp_property_parts(p->net, label, p->rival, p->parts);
}

static void pair_net_fini(pair_net *p) {
  output_net_fini(&p->outputs);
}

static int32_t get_reach(const rp_stair *stair) {
  const int64_t step = (int64_t)1 << stair->shift;
  const int64_t most = stair->hi > -stair->lo ? stair->hi : -stair->lo;
  return (int32_t)((most + 2) * step);
}

static void whole_range(const pair_net *p) {
  for (int32_t i = 0; i < 2; i++) {
    p->region->z_lo[i] = -p->reach;
    p->region->z_hi[i] = p->reach;
  }
}

static void one_point(const int32_t *z, int32_t n, rp_region *region) {
  memcpy(region->z_lo, z, (size_t)n * sizeof *z);
  memcpy(region->z_hi, z, (size_t)n * sizeof *z);
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
  const rp_stair *stair = p->net->block[0].stair;
  const int32_t out[2] = {rp_stair_apply(&stair[0], z[0]),
                          rp_stair_apply(&stair[1], z[1])};
  return rp_first_max(out, 2) == p->rival;
}

/* In how many parts is the pair, alone in its region? It must then meet the
 * part's objective. */
static int32_t count_parts_at(const pair_net *p, const int32_t z[2]) {
  int32_t held = 0;
  for (int32_t i = 0; i < p->n_parts; i++) {
    one_point(z, 2, p->region);
    if (!rp_part_restrict(p->net, &p->parts[i], p->region)) continue;
    assert_true(reaches_threshold(&p->parts[i].objective, z));
    held++;
  }
  return held;
}

/* Is the pair in a part's bounds over the whole range, and does it meet its
 * objective? */
static bool is_found_in_whole_range(const pair_net *p, const rp_part *part,
                                    const int32_t z[2]) {
  whole_range(p);
  return rp_part_restrict(p->net, part, p->region) && is_held(p->region, z) &&
         reaches_threshold(&part->objective, z);
}

/* Everywhere: in exactly one part if the rival wins, else in none; and the
 * bounds of the whole range hold it, in parts B and C nothing else. */
static void parts_cover_exactly(const pair_net *p) {
  for (int32_t z0 = -p->reach; z0 <= p->reach; z0++)
    for (int32_t z1 = -p->reach; z1 <= p->reach; z1++) {
      const int32_t z[2] = {z0, z1};
      const bool wins = rp_rival_wins(p->net, z, p->label, p->rival);
      bool covered = false;
      assert_int_equal(wins, rival_is_predicted(p, z));
      assert_int_equal(count_parts_at(p, z), wins);
      for (int32_t i = 0; i < p->n_parts; i++) {
        const bool inside = is_found_in_whole_range(p, &p->parts[i], z);
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
          const rp_stair stair = {lo, hi, shift, NULL};
          const rp_stair both[2] = {stair, stair};
          pair_net_init(both, label, get_reach(&stair), &p);
          assert_in_range(p.n_parts, 1, RP_MAX_PARTS);
          parts_cover_exactly(&p);
          for (int32_t i = 0; i < 20 * p.n_parts; i++)
            propagation_keeps_winners(&p, &p.parts[i % p.n_parts], &rng);
          pair_net_fini(&p);
        }
}

static rp_stair random_stair(rp_rng *rng, rp_stair_table **table) {
  int64_t threshold[8];
  const int32_t n = (int32_t)between(rng, 1, 8);
  const rp_stair stair =
      random_table_stair(rng, n, (int32_t)between(rng, 0, 5), threshold, table);
  if (rp_rng_below(rng, 3)) return stair;
  return (rp_stair){stair.lo, stair.hi, (int32_t)rp_rng_below(rng, 4), NULL};
}

static void every_kind_of_pair(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t met[3] = {0};
  for (int round = 0; round < 600; round++) {
    rp_stair_table *table[2];
    rp_stair stair[2];
    for (int i = 0; i < 2; i++) stair[i] = random_stair(&rng, &table[i]);
    pair_net p;
    pair_net_init(stair, round % 2, 25, &p);
    assert_in_range(p.n_parts, 0, RP_MAX_PARTS);
    for (int32_t i = 0; i < p.n_parts; i++) met[p.parts[i].kind - 'A']++;
    parts_cover_exactly(&p);
    for (int32_t i = 0; i < 20 * p.n_parts; i++)
      propagation_keeps_winners(&p, &p.parts[i % p.n_parts], &rng);
    pair_net_fini(&p);
    for (int i = 0; i < 2; i++) rp_stair_table_free(table[i]);
  }
  for (int kind = 0; kind < 3; kind++) assert_true(met[kind] > 100);
}

/* With any number of rivals, the label loses exactly where some part of some
 * rival holds. */
static void check_all_rivals(output_net *o, int32_t label, int32_t reach) {
  const rp_stair *stair = o->net->block[0].stair;
  rp_part part[MOST_OUTPUTS * RP_MAX_PARTS];
  int32_t n = 0, z[3];
  for (int32_t rival = 0; rival < 3; rival++)
    if (rival != label) n += rp_property_parts(o->net, label, rival, part + n);
  for (z[0] = -reach; z[0] <= reach; z[0]++)
    for (z[1] = -reach; z[1] <= reach; z[1]++)
      for (z[2] = -reach; z[2] <= reach; z[2]++) {
        int32_t out[3];
        rp_stair_apply_all(stair, 3, z, out);
        bool is_lost = false;
        for (int32_t i = 0; i < n && !is_lost; i++) {
          one_point(z, 3, o->region);
          is_lost = rp_part_restrict(o->net, &part[i], o->region);
        }
        assert_int_equal(is_lost, rp_first_max(out, 3) != label);
      }
}

static void every_kind_of_three(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int round = 0; round < 150; round++) {
    rp_stair_table *table[3];
    rp_stair stair[3];
    for (int i = 0; i < 3; i++) stair[i] = random_stair(&rng, &table[i]);
    output_net o;
    output_net_init(stair, 3, &o);
    check_all_rivals(&o, round % 3, 10);
    output_net_fini(&o);
    for (int i = 0; i < 3; i++) rp_stair_table_free(table[i]);
  }
}

/* A part's threshold is the greatest that is still necessary: some winning
 * pair in it meets it exactly. */
static void check_tightness(pair_net *p) {
  for (int32_t i = 0; i < p->n_parts; i++) {
    rp_objective above = p->parts[i].objective;
    above.threshold++;
    bool needed = false;
    whole_range(p);
    assert_true(rp_part_restrict(p->net, &p->parts[i], p->region));
    for (int32_t z0 = -p->reach; z0 <= p->reach; z0++)
      for (int32_t z1 = -p->reach; z1 <= p->reach; z1++) {
        const int32_t z[2] = {z0, z1};
        needed = needed || (is_held(p->region, z) &&
                            rp_rival_wins(p->net, z, p->label, p->rival) &&
                            !reaches_threshold(&above, z));
      }
    assert_true(needed);
  }
}

static void thresholds_are_tight(void **state) {
  (void)state;
  for (int32_t shift = 0; shift <= 3; shift++)
    for (int32_t label = 0; label < 2; label++) {
      pair_net p;
      const rp_stair stair = {-2, 3, shift, NULL};
      const rp_stair both[2] = {stair, stair};
      pair_net_init(both, label, get_reach(&stair), &p);
      check_tightness(&p);
      pair_net_fini(&p);
    }
}

/* All steps are there, so every value can be met. */
static void thresholds_of_tables_are_tight(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int round = 0; round < 200; round++) {
    rp_stair_table *table[2];
    rp_stair stair[2];
    for (int i = 0; i < 2; i++) {
      int64_t threshold[5];
      const int32_t n = (int32_t)between(&rng, 1, 5);
      for (int32_t v = 0; v < n; v++)
        threshold[v] =
            v ? threshold[v - 1] + between(&rng, 1, 9) : between(&rng, -20, 0);
      assert_int_equal(rp_stair_table_create(threshold, n, &table[i], NULL),
                       RP_OK);
      const int32_t lo = (int32_t)between(&rng, -2, 1);
      stair[i] = (rp_stair){lo, lo + n, 0, table[i]};
    }
    pair_net p;
    pair_net_init(stair, round % 2, 45, &p);
    check_tightness(&p);
    pair_net_fini(&p);
    for (int i = 0; i < 2; i++) rp_stair_table_free(table[i]);
  }
}

/* Steps of both are made about equally long, whatever their ratio. */
static void factors_make_steps_equal(void **state) {
  (void)state;
  const int32_t shift[5][2] = {{3, 3}, {0, 6}, {6, 0}, {0, 30}, {2, 5}};
  const int32_t factor[5][2] = {{1, 1}, {64, 1}, {1, 64}, {64, 1}, {8, 1}};
  for (int i = 0; i < 5; i++) {
    const rp_stair stair[2] = {{-4, 3, shift[i][0], NULL},
                               {-4, 3, shift[i][1], NULL}};
    pair_net p;
    pair_net_init(stair, 1, 1, &p);
    assert_int_equal(p.parts[0].kind, 'A');
    assert_int_equal(p.parts[0].objective.coef[0], factor[i][0]);
    assert_int_equal(p.parts[0].objective.coef[1], -factor[i][1]);
    pair_net_fini(&p);
  }
}

/* Where the label never wins, nothing is asked. */
static void a_label_that_never_wins(void **state) {
  (void)state;
  const rp_stair stair[2] = {{5, 9, 2, NULL}, {-3, 4, 2, NULL}};
  pair_net p;
  pair_net_init(stair, 1, 40, &p);
  assert_int_equal(p.n_parts, 1);
  assert_int_equal(p.parts[0].kind, 'C');
  assert_int_equal(p.parts[0].objective.coef[0], 0);
  assert_int_equal(p.parts[0].objective.threshold, 0);
  parts_cover_exactly(&p);
  pair_net_fini(&p);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_small_staircase),
      cmocka_unit_test(every_kind_of_pair),
      cmocka_unit_test(every_kind_of_three),
      cmocka_unit_test(thresholds_are_tight),
      cmocka_unit_test(thresholds_of_tables_are_tight),
      cmocka_unit_test(factors_make_steps_equal),
      cmocka_unit_test(a_label_that_never_wins),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
