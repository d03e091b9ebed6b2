/* Both encodings of whole networks against enumeration on tiny networks, their
 * limits, aborts and failed allocations, and the file for other solvers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/memory.h"
#include "lp/integer.h"
#include "lp/lp.h"
#include "tiny_net.h"

static const tiny_plan small = {1, 3, 3, 256, 7};
static const rp_integer_encoding encodings[] = {RP_INTEGER_ONEHOT,
                                                RP_INTEGER_COMPACT};
enum { N_ENCODINGS = sizeof encodings / sizeof encodings[0] };

/* A ball around a sample, and whether it holds a counterexample. */
typedef struct scene {
  rp_net *net;
  int32_t label;
  uint8_t lo[TINY_INPUTS], hi[TINY_INPUTS];
  bool violated;
} scene;

static void scene_init(rp_rng *rng, scene *s) {
  enumeration all;
  s->net = tiny_net(rng, &small);
  assert_non_null(s->net);
  enumerate(s->net, &all);
  const int32_t k = (int32_t)rp_rng_below(rng, (uint32_t)all.n);
  const int32_t radius = (int32_t)between(rng, 1, s->net->in_hi);
  const uint8_t *x = input_of(&all, k);
  int32_t distance;
  s->label = all.prediction[k];
  nearest_change(&all, x, s->label, &distance);
  s->violated = distance <= radius;
  for (int32_t p = 0; p < s->net->n_in; p++) {
    s->lo[p] = (uint8_t)(x[p] > radius ? x[p] - radius : 0);
    s->hi[p] = (uint8_t)(x[p] + radius < s->net->in_hi ? x[p] + radius
                                                       : s->net->in_hi);
  }
  enumeration_fini(&all);
}

static void is_a_counterexample(const scene *s, const uint8_t *x) {
  int32_t prediction;
  for (int32_t p = 0; p < s->net->n_in; p++)
    assert_in_range(x[p], s->lo[p], s->hi[p]);
  assert_int_equal(rp_reference_predict(s->net, x, &prediction), RP_OK);
  assert_int_not_equal(prediction, s->label);
}

static rp_integer_query query_of(const scene *s, rp_integer_encoding encoding) {
  return (rp_integer_query){encoding, s->net, s->lo, s->hi, s->label, 2};
}

static rp_integer_outcome solve(const scene *s, rp_integer_encoding encoding,
                                const atomic_bool *stop) {
  const rp_deadline deadline = rp_deadline_after(10, stop);
  const rp_integer_query query = query_of(s, encoding);
  rp_stats stats = {0};
  uint8_t x[TINY_INPUTS] = {0};
  rp_integer_outcome outcome = RP_INTEGER_FAILED;
  assert_int_equal(rp_integer_solve(&query, &deadline, x, &outcome, &stats),
                   RP_OK);
  if (outcome == RP_INTEGER_POINT) is_a_counterexample(s, x);
  return outcome;
}

/* GLPK gives up on numeric grounds once in thousands of tiny networks. */
static void outcomes_are_those_of_enumeration(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t points = 0, claims = 0, failures = 0;
  for (int32_t i = 0; i < 50; i++) {
    scene s;
    scene_init(&rng, &s);
    for (int32_t e = 0; e < N_ENCODINGS; e++) {
      const rp_integer_outcome outcome = solve(&s, encodings[e], NULL);
      failures += outcome == RP_INTEGER_FAILED;
      if (outcome != RP_INTEGER_FAILED)
        assert_int_equal(outcome, s.violated ? RP_INTEGER_POINT
                                             : RP_INTEGER_CLAIMS_ROBUST);
    }
    points += s.violated;
    claims += !s.violated;
    rp_net_free(s.net);
  }
  assert_true(points > 0);
  assert_true(claims > 0);
  assert_true(failures < 3);
}

static void an_abort_of_glpk_is_a_failure(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  scene s;
  scene_init(&rng, &s);
  for (int32_t e = 0; e < N_ENCODINGS; e++) {
    rp_lp_abort_after(1);
    assert_int_equal(solve(&s, encodings[e], NULL), RP_INTEGER_FAILED);
    assert_int_not_equal(solve(&s, encodings[e], NULL), RP_INTEGER_FAILED);
  }
  rp_net_free(s.net);
}

static void fail_every_allocation(const rp_integer_query *query) {
  const rp_deadline deadline = rp_deadline_after(10, NULL);
  rp_status status = RP_E_MEMORY;
  for (uint64_t n = 1; status != RP_OK; n++) {
    rp_stats stats = {0};
    uint8_t x[TINY_INPUTS];
    rp_integer_outcome outcome;
    rp_alloc_fail_after(n);
    status = rp_integer_solve(query, &deadline, x, &outcome, &stats);
    rp_alloc_fail_after(0);
    assert_true(status == RP_OK || status == RP_E_MEMORY);
    assert_true(n < 1000);
  }
}

static void failed_allocations_are_reported(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  scene s;
  scene_init(&rng, &s);
  for (int32_t e = 0; e < N_ENCODINGS; e++) {
    const rp_integer_query query = query_of(&s, encodings[e]);
    fail_every_allocation(&query);
  }
  rp_net_free(s.net);
}

/* Too many neurons and values for the time: 16 inputs, 20 neurons of 16 values,
 * 10 outputs. */
enum { LARGE_INPUTS = 16 };
static rp_net *large_net(rp_rng *rng) {
  enum { N_IN = LARGE_INPUTS, N_HIDDEN = 20, N_OUT = 10 };
  const int32_t dims[1] = {N_IN};
  int32_t weight[N_HIDDEN * N_IN + N_OUT * N_HIDDEN];
  const int64_t bias[N_HIDDEN] = {0};
  rp_net *net;
  for (size_t i = 0; i < sizeof weight / sizeof weight[0]; i++)
    weight[i] = (int32_t)between(rng, -99, 99);
  assert_int_equal(rp_net_create("large", dims, 1, 255, &net, NULL), RP_OK);
  const rp_dense_spec hidden = {
      N_IN, N_HIDDEN, weight, bias, {0, 15, 12, NULL}};
  const rp_dense_spec last = {
      N_HIDDEN, N_OUT, weight + N_HIDDEN * N_IN, bias, {-8, 7, 9, NULL}};
  assert_int_equal(rp_net_add_dense(net, &hidden, NULL), RP_OK);
  assert_int_equal(rp_net_add_dense(net, &last, NULL), RP_OK);
  assert_int_equal(rp_net_finish(net, NULL), RP_OK);
  return net;
}

/* Returns whether the time ran out. */
static bool runs_out_of_time(const rp_integer_query *query) {
  const double start_s = rp_clock_wall_s();
  const rp_deadline deadline = rp_deadline_after(0.05, NULL);
  rp_stats stats = {0};
  uint8_t x[LARGE_INPUTS];
  rp_integer_outcome outcome;
  assert_int_equal(rp_integer_solve(query, &deadline, x, &outcome, &stats),
                   RP_OK);
  assert_true(rp_clock_wall_s() - start_s < 2);
  return outcome == RP_INTEGER_LIMIT;
}

/* Some radius is neither refuted nor claimed in time. */
static void the_time_limit_holds(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  int32_t limits[N_ENCODINGS] = {0};
  for (int32_t radius = 2; radius <= 64; radius *= 2) {
    rp_net *net = large_net(&rng);
    uint8_t lo[LARGE_INPUTS], hi[LARGE_INPUTS], x[LARGE_INPUTS];
    int32_t label;
    memset(lo, 128 - radius, sizeof lo);
    memset(hi, 128 + radius, sizeof hi);
    memset(x, 128, sizeof x);
    assert_int_equal(rp_reference_predict(net, x, &label), RP_OK);
    for (int32_t e = 0; e < N_ENCODINGS; e++) {
      const rp_integer_query query = {encodings[e], net, lo, hi, label, 1};
      limits[e] += runs_out_of_time(&query);
    }
    rp_net_free(net);
  }
  for (int32_t e = 0; e < N_ENCODINGS; e++) assert_true(limits[e] > 0);
}

static void the_stop_flag_ends_it(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  const atomic_bool stop = true;
  for (int32_t i = 0; i < 20; i++) {
    scene s;
    scene_init(&rng, &s);
    for (int32_t e = 0; e < N_ENCODINGS; e++) {
      const rp_integer_outcome outcome = solve(&s, encodings[e], &stop);
      assert_true(outcome == RP_INTEGER_LIMIT || outcome == RP_INTEGER_FAILED ||
                  (outcome == RP_INTEGER_POINT) == s.violated);
    }
    rp_net_free(s.net);
  }
}

static bool has_line(FILE *file, const char *wanted) {
  char line[256];
  rewind(file);
  while (fgets(line, sizeof line, file))
    if (!strcmp(line, wanted)) return true;
  return false;
}

/* Inputs come first and carry their bounds. */
static void inputs_are_named(const scene *s, FILE *file) {
  for (int32_t p = 0; p < s->net->n_in; p++) {
    char line[64];
    if (s->lo[p] < s->hi[p])
      snprintf(line, sizeof line, " %d <= c%d <= %d\n", s->lo[p], p + 1,
               s->hi[p]);
    else
      snprintf(line, sizeof line, " c%d = %d\n", p + 1, s->lo[p]);
    assert_true(has_line(file, line));
  }
}

static void a_program_is_written(void **state) {
  (void)state;
  rp_rng rng = rng_of_test(__func__);
  for (int32_t e = 0; e < N_ENCODINGS; e++) {
    scene s;
    scene_init(&rng, &s);
    char name[] = "/tmp/rampart-test-XXXXXX";
    FILE *file = fdopen(mkstemp(name), "r");
    assert_non_null(file);
    const rp_integer_query query = query_of(&s, encodings[e]);
    assert_int_equal(rp_integer_write(&query, name), RP_OK);
    inputs_are_named(&s, file);
    assert_true(has_line(file, "End\n"));
    assert_int_equal(rp_integer_write(&query, "/tmp/no/such/folder"), RP_E_IO);
    fclose(file);
    remove(name);
    rp_net_free(s.net);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(outcomes_are_those_of_enumeration),
      cmocka_unit_test(an_abort_of_glpk_is_a_failure),
      cmocka_unit_test(failed_allocations_are_reported),
      cmocka_unit_test(the_time_limit_holds),
      cmocka_unit_test(the_stop_flag_ends_it),
      cmocka_unit_test(a_program_is_written),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
