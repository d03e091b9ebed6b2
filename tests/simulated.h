/* Simulated runs of drawn workloads, and what holds of every one of them. */
#ifndef RAMPART_TESTS_SIMULATED_H
#define RAMPART_TESTS_SIMULATED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sim/simulate.h"

static inline rp_workload made(const char *text, int64_t rows, uint64_t seed) {
  rp_sim_law law;
  rp_workload w;
  assert_int_equal(rp_sim_law_parse(text, &law, NULL), RP_OK);
  assert_int_equal(rp_workload_make(&law, rows, seed, &w, NULL), RP_OK);
  return w;
}

static inline rp_sim_outcome run(const rp_workload *w,
                                 const rp_sim_model *model, int32_t ranks) {
  rp_sim_outcome o;
  rp_error err = {""};
  const rp_status st = rp_simulate(w, model, ranks, &o, &err);
  if (st != RP_OK) print_message("%s\n", err.text);
  assert_int_equal(st, RP_OK);
  assert_int_equal(o.rows, w->plan.n_queries + w->plan.n_searches);
  assert_true(o.busy_s <= o.makespan_s * ranks * (1 + 1e-9));
  assert_true(o.tail_s >= 0 && o.tail_s <= o.makespan_s);
  return o;
}

#endif
