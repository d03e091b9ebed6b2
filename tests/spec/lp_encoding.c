/* The encoding: facets hold in integers on every step of a staircase, rows on
 * every forward pass, and the result does not depend on the threads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lp/hull.h"
#include "random_region.h"

static const random_net_plan narrow = {4, 8, 15};
static const random_net_plan wide = {3, 60, 40000};

static __int128 side_of(const rp_facet *f, int64_t z, int64_t a) {
  return (__int128)f->weight_a * a + (__int128)f->weight_z * z - f->right;
}

/* Valid at every corner of the staircase, hence everywhere; and it touches two
 * of them, hence no weaker than the hull. */
static void facet_is_of_the_hull(const rp_facet *f, const rp_corners *corners) {
  int32_t touched = 0;
  for (int32_t s = 0; s < corners->n; s++) {
    const __int128 side = side_of(f, corners->z[s], corners->a[s]);
    assert_true(side <= 0);
    touched += side == 0;
  }
  assert_true(touched >= 2);
  assert_true(f->weight_a != 0);
}

static void facets_hold_at_every_z(const rp_stair *stair, int32_t lo,
                                   int32_t hi) {
  rp_facet facets[RP_FACETS];
  rp_corners corners;
  rp_stair_find_corners(stair, lo, hi, &corners);
  const int32_t n = rp_facets_of(stair, lo, hi, facets);
  const bool constant = rp_stair_apply(stair, lo) == rp_stair_apply(stair, hi);
  assert_in_range(n, constant ? 0 : 2, constant ? 0 : RP_FACETS);
  for (int32_t f = 0; f < n; f++) {
    facet_is_of_the_hull(&facets[f], &corners);
    for (int64_t z = lo; z <= hi; z++)
      assert_true(side_of(&facets[f], z, rp_stair_apply(stair, z)) <= 0);
  }
}

static void small_staircases(void **state) {
  (void)state;
  for (int32_t shift = 0; shift <= 3; shift++)
    for (int32_t values = 1; values <= 4; values++) {
      const rp_stair stair = {-1, -1 + values, shift};
      const int32_t reach = 5 << shift;
      for (int32_t lo = -reach; lo <= reach; lo++)
        for (int32_t hi = lo; hi <= reach; hi++)
          facets_hold_at_every_z(&stair, lo, hi);
    }
}

static rp_net *some_net(rp_rng *rng) {
  rp_net *net = random_net(rng, rp_rng_below(rng, 3) ? &narrow : &wide);
  assert_non_null(net);
  return net;
}

static void facets_hold_on_forward_passes(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < 150; round++) {
    situation s;
    situation_init(&rng, some_net(&rng), &s);
    for (int32_t k = 0, at = 0; k < s.net->n_layers; k++)
      for (int32_t i = 0; i < s.net->layer[k].n_out; i++, at++) {
        const rp_stair *stair = &s.net->layer[k].stair[i];
        rp_facet facets[RP_FACETS];
        const int32_t n =
            rp_facets_of(stair, s.region->z_lo[at], s.region->z_hi[at], facets);
        for (int32_t f = 0; f < n; f++)
          for (int32_t p = 0; p < s.n_points; p++) {
            const int32_t z = s.points[p].z[at];
            assert_true(side_of(&facets[f], z, rp_stair_apply(stair, z)) <= 0);
          }
      }
    situation_fini(&s);
  }
}

/* ---------------------------------------------------------------- rows */

/* A forward pass as a point of the program; no slack. */
static double *columns_of(const situation *s, const point *p, int32_t n_cols) {
  double *value = zeros((size_t)n_cols, sizeof *value);
  for (int32_t i = 0; i < s->net->n_in; i++)
    value[rp_encoding_x(s->net, i)] = p->x[i];
  for (int32_t k = 0, at = 0; k < s->net->n_layers; k++)
    for (int32_t i = 0; i < s->net->layer[k].n_out; i++, at++) {
      value[rp_encoding_z(s->net, at)] = p->z[at];
      value[rp_encoding_a(s->net, at)] =
          rp_stair_apply(&s->net->layer[k].stair[i], p->z[at]);
    }
  return value;
}

/* Rows of accumulators are integer and hold exactly; those of facets were
 * scaled, so rounding is allowed for. */
static void row_holds(const rp_encoding *e, int32_t row, const double *value) {
  double sum = 0, size = 1;
  for (int32_t at = e->start[row]; at < e->start[row + 1]; at++) {
    sum += e->value[at] * value[e->col[at]];
    size += fabs(e->value[at] * value[e->col[at]]);
  }
  const double tolerance = row < e->first_facet ? 0 : 1e-12 * size;
  assert_true(sum >= e->row_lo[row] - tolerance);
  assert_true(sum <= e->row_hi[row] + tolerance);
}

static void point_is_encoded(const situation *s, const rp_encoding *e,
                             const point *p) {
  double *value = columns_of(s, p, e->n_cols);
  for (int32_t row = 0; row < e->n_rows; row++) row_holds(e, row, value);
  const int32_t n_acc = rp_layer_end(&s->net->layer[e->last]);
  for (int32_t i = 0; i < s->net->n_in + n_acc; i++)
    assert_true(e->col_lo[i] <= value[i] && value[i] <= e->col_hi[i]);
  for (int32_t at = 0; at < n_acc; at++) {
    const int32_t a = rp_encoding_a(s->net, at);
    assert_true(e->col_lo[a] <= value[a] && value[a] <= e->col_hi[a]);
  }
  free(value);
}

static void same_bytes(const void *a, const void *b, size_t n, size_t size) {
  assert_memory_equal(a, b, n * size);
}

static void encodings_are_equal(const rp_encoding *a, const rp_encoding *b) {
  assert_int_equal(a->n_rows, b->n_rows);
  assert_int_equal(a->n_cols, b->n_cols);
  const size_t rows = (size_t)a->n_rows, cols = (size_t)a->n_cols;
  const size_t entries = (size_t)a->start[rows];
  same_bytes(a->start, b->start, rows + 1, sizeof *a->start);
  same_bytes(a->col, b->col, entries, sizeof *a->col);
  same_bytes(a->value, b->value, entries, sizeof *a->value);
  same_bytes(a->row_lo, b->row_lo, rows, sizeof *a->row_lo);
  same_bytes(a->row_hi, b->row_hi, rows, sizeof *a->row_hi);
  same_bytes(a->col_lo, b->col_lo, cols, sizeof *a->col_lo);
  same_bytes(a->col_hi, b->col_hi, cols, sizeof *a->col_hi);
}

static rp_encoding *encode(const situation *s, int32_t last, int32_t threads) {
  rp_encoding *e;
  assert_int_equal(rp_encoding_build(s->net, s->region, last, threads, &e),
                   RP_OK);
  return e;
}

static void rows_hold_whatever_the_threads(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < 60; round++) {
    situation s;
    situation_init(&rng, some_net(&rng), &s);
    const int32_t last = (int32_t)rp_rng_below(&rng, (uint32_t)s.net->n_layers);
    rp_encoding *one = encode(&s, last, 1);
    for (int32_t p = 0; p < s.n_points; p++)
      point_is_encoded(&s, one, &s.points[p]);
    for (int32_t threads = 2; threads <= 4; threads += 2) {
      rp_encoding *more = encode(&s, last, threads);
      encodings_are_equal(one, more);
      rp_encoding_free(more);
    }
    rp_encoding_free(one);
    situation_fini(&s);
  }
}

/* Neurons written anew after their interval changed: as if built so. */
static void rewritten_neurons_equal_a_new_encoding(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t round = 0; round < 60; round++) {
    situation s;
    situation_init(&rng, some_net(&rng), &s);
    const int32_t last = s.net->n_layers - 1;
    rp_encoding *kept = encode(&s, last, 1);
    cut_accumulators(&rng, &s);
    for (int32_t k = 0; k <= last; k++)
      for (int32_t i = 0; i < s.net->layer[k].n_out; i++)
        rp_encoding_bound(s.net, s.region, k, i, kept);
    rp_encoding *fresh = encode(&s, last, 1);
    encodings_are_equal(kept, fresh);
    rp_encoding_free(kept);
    rp_encoding_free(fresh);
    situation_fini(&s);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(small_staircases),
      cmocka_unit_test(facets_hold_on_forward_passes),
      cmocka_unit_test(rows_hold_whatever_the_threads),
      cmocka_unit_test(rewritten_neurons_equal_a_new_encoding),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
