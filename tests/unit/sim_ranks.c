/* Simulated runs on up to ten thousand ranks: rank 0 is not drowned in
 * messages, and heavy-tailed tasks leave few ranks idle. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "simulated.h"

/* Neither the first deal to so many nor the end, when few tasks are left, may
 * drown rank 0 in messages. */
static void ten_thousand_ranks_are_kept_busy(void **state) {
  (void)state;
  const rp_sim_model model = rp_sim_model_default();
  const int32_t ranks = 10000;
  for (int32_t each = 20; each <= 100; each *= 5) {
    rp_workload w = made("constant:0.05", (int64_t)each * ranks, 1);
    const rp_sim_outcome o = run(&w, &model, ranks);
    const double evenly_s = 0.05 * each;
    assert_true(o.makespan_s < evenly_s + 0.25);
    assert_true(o.messages < ranks * (8 + each / 4));
    rp_workload_free(&w);
  }
}

/* A few tasks are a thousand times as long as most, and nobody knows which. */
static void heavy_tails_keep_many_ranks_busy(void **state) {
  (void)state;
  const rp_sim_model model = rp_sim_model_default();
  static const double least[] = {0.97, 0.95, 0.9}; /* of ten times as many */
  for (int32_t ranks = 100, k = 0; k < 3; ranks *= 10, k++) {
    rp_workload w = made("lognormal:0.01:1.8", 100 * (int64_t)ranks, 1);
    double evenly_s = 0;
    for (int64_t i = 0; i < w.plan.n_queries; i++)
      evenly_s += w.query_s[i] / ranks;
    assert_true(evenly_s > least[k] * run(&w, &model, ranks).makespan_s);
    rp_workload_free(&w);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ten_thousand_ranks_are_kept_busy),
      cmocka_unit_test(heavy_tails_keep_many_ranks_busy),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
